// SPDX-License-Identifier: GPL-2.0-or-later
/* api_modify - leases that are there: change them; and what would be, if */
#include "agent/api_priv.h"

#include "common/wire/wire_maint.h"

static int modify(struct ocs_api *api, struct ocs_api_call *call,
		  struct ocs_error *err)
{
	char who[API_WHO_MAX];
	struct ocs_lease_ref *old;
	struct ocs_modify mod;
	bool changed, may;

	if (ocs_wire_decode_modify(call->body, call->len, &mod, err) < 0 ||
	    !(old = api_seen_lease(api, call, err)))
		return -1;
	may = ocs_caller_may_write(&call->caller, old->lease->cluster);
	ocs_lease_ref_put(old);
	if (!may)
		return ocs_fail(err, OCS_DENIED,
				"users may not change leases: change the job");
	if (call->caller.role != OCS_ROLE_OPERATOR)
		mod.has_epoch = true;
	api_who(call, who);
	if (ocs_engine_modify(api->engine, call->target->segment[2], &mod,
			      who, &call->ref, &changed, &call->seq, err) < 0)
		return -1;
	call->done = true;
	call->status = changed ? 202 : 200;
	return 0;
}

int api_patch_lease(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply)
{
	struct ocs_error err;
	int rc;

	if (!call->done && modify(api, call, &err) < 0)
		return api_problem(reply, &err);
	if ((rc = api_settled(api, call, &err)) > 0)
		return 1;
	return rc < 0 ? api_problem(reply, &err) :
	       api_answer_lease(call, reply, call->status, call->ref);
}

int api_post_whatif(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply)
{
	struct ocs_whatif_answer answer;
	struct ocs_whatif want;
	struct ocs_error err;

	if (ocs_wire_decode_whatif(call->body, call->len, &want, &err) < 0 ||
	    ocs_engine_whatif(api->engine, &want,
			      call->caller.role != OCS_ROLE_USER, &answer,
			      &err) < 0)
		return api_problem(reply, &err);
	return api_answer(reply, 200, ocs_wire_encode_whatif_answer(&answer));
}
