// SPDX-License-Identifier: GPL-2.0-or-later
/* api_compute - what clusters tell of their compute */
#include "agent/api_priv.h"

#include <string.h>

int api_put_compute(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply)
{
	const char *cluster = call->target->segment[2];
	struct ocs_compute *c;
	struct ocs_error err;

	if (!ocs_caller_may_write(&call->caller, cluster))
		return api_denied(reply, "this cluster is not yours");
	if (!(c = ocs_wire_decode_compute(call->body, call->len, &err)))
		return api_problem(reply, &err);
	if (c->cluster[0] && strcmp(c->cluster, cluster)) {
		ocs_fail(&err, OCS_SYNTAX,
			 "the address says cluster %.60s, the body %s", cluster,
			 c->cluster);
		ocs_compute_destroy(c);
		return api_problem(reply, &err);
	}
	if (strlen(cluster) < sizeof(c->cluster))
		strcpy(c->cluster, cluster);
	if (ocs_computes_put(api->computes, c, &err) < 0)
		return api_problem(reply, &err);
	return api_answer(reply, 200, strdup("{}"));
}

int api_get_compute(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply)
{
	if (call->caller.role == OCS_ROLE_USER)
		return api_denied(reply,
				  "only operators and clusters see compute");
	return api_answer(reply, 200,
			  ocs_computes_text(api->computes, &call->caller));
}
