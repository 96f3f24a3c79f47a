// SPDX-License-Identifier: GPL-2.0-or-later
/* api_cluster - a cluster's controller epoch and brake */
#include "agent/api_priv.h"

#include <string.h>

int api_post_epoch(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply)
{
	const char *cluster = call->target->segment[2];
	struct ocs_error err;
	int rc;

	if (!ocs_caller_may_write(&call->caller, cluster))
		return api_denied(reply, "this cluster is not yours");
	if (!call->done) {
		if (ocs_engine_epoch(api->engine, cluster, &call->number,
				     &call->seq, &err) < 0)
			return api_problem(reply, &err);
		call->done = true;
	}
	if ((rc = api_settled(api, call, &err)) > 0)
		return 1;
	if (rc < 0)
		return api_problem(reply, &err);
	return api_answer(reply, 200, ocs_wire_encode_u64("controller_epoch",
							  call->number));
}

int api_post_confirm(struct ocs_api *api, struct ocs_api_call *call,
		     struct ocs_reply *reply)
{
	struct ocs_error err;
	char who[API_WHO_MAX];
	int rc;

	if (call->caller.role != OCS_ROLE_OPERATOR)
		return api_denied(reply, "only operators confirm removals");
	api_who(call, who);
	if (!call->done) {
		if (ocs_engine_confirm(api->engine, call->target->segment[2],
				       who, &call->seq, &err) < 0)
			return api_problem(reply, &err);
		call->done = true;
	}
	if ((rc = api_settled(api, call, &err)) > 0)
		return 1;
	return rc < 0 ? api_problem(reply, &err)
		      : api_answer(reply, 200, strdup("{}"));
}
