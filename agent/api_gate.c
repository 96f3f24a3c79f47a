// SPDX-License-Identifier: GPL-2.0-or-later
/* api_gate - freeze, unfreeze, approve, deny, for operators */
#include "agent/api_priv.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/wire_gate.h"

static int freeze(struct ocs_api *api, struct ocs_api_call *call,
		  struct ocs_error *err)
{
	const char *link = call->target->nsegments > 2 ?
			   call->target->segment[2] : "";
	struct ocs_freeze want;
	char who[API_WHO_MAX];

	if (ocs_wire_decode_freeze(call->body, call->len, &want, err) < 0)
		return -1;
	if (want.link[0] && strcmp(want.link, link))
		return ocs_fail(err, OCS_SYNTAX,
				"the address says %s%.63s, the body %s",
				*link ? "link " : "all links", link,
				want.link);
	if (strlen(link) >= sizeof(want.link))
		return ocs_fail(err, OCS_NOT_FOUND, "there is no such link");
	strcpy(want.link, link);
	api_who(call, who);
	if (ocs_engine_freeze(api->engine, &want, who, &call->seq, err) < 0)
		return -1;
	call->done = true;
	return 0;
}

static int answer(struct ocs_api *api, struct ocs_reply *reply)
{
	struct ocs_freeze *list;
	struct ocs_error err;
	unsigned int n;
	char *text;

	if (ocs_engine_freezes(api->engine, &list, &n, &err) < 0)
		return api_problem(reply, &err);
	text = ocs_wire_encode_freezes(list, n);
	free(list);
	return api_answer(reply, 200, text);
}

int api_post_freeze(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply)
{
	struct ocs_error err;
	int rc;

	if (call->caller.role != OCS_ROLE_OPERATOR)
		return api_denied(reply, "only operators freeze the network");
	if (!call->done && freeze(api, call, &err) < 0)
		return api_problem(reply, &err);
	if ((rc = api_settled(api, call, &err)) > 0)
		return 1;
	return rc < 0 ? api_problem(reply, &err) : answer(api, reply);
}

int api_get_freeze(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply)
{
	if (call->caller.role == OCS_ROLE_USER)
		return api_denied(reply,
				  "freezes are for operators and clusters");
	return answer(api, reply);
}

int api_post_approve(struct ocs_api *api, struct ocs_api_call *call,
		     struct ocs_reply *reply)
{
	struct ocs_approval a;
	char who[API_WHO_MAX];
	struct ocs_error err;
	int rc;

	if (call->caller.role != OCS_ROLE_OPERATOR)
		return api_denied(reply, "only operators approve set-ups");
	if (!call->done) {
		api_who(call, who);
		if (ocs_wire_decode_approval(call->body, call->len, &a,
					     &err) < 0 ||
		    ocs_engine_approve(api->engine, call->target->segment[2],
				       a.approve, a.why, who, &call->ref,
				       &call->seq, &err) < 0)
			return api_problem(reply, &err);
		call->done = true;
	}
	if ((rc = api_settled(api, call, &err)) > 0)
		return 1;
	return rc < 0 ? api_problem(reply, &err) :
	       api_answer_lease(call, reply, 200, call->ref);
}
