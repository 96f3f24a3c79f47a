// SPDX-License-Identifier: GPL-2.0-or-later
/* api_maint - drains and maintenance windows, for operators */
#include "agent/api_priv.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/wire_maint.h"

/* Once what was done is on disk: BODY of the first handling. */
static int when_settled(struct ocs_api *api, struct ocs_api_call *call,
			struct ocs_reply *reply)
{
	struct ocs_error err;
	char *body;
	int rc;

	if ((rc = api_settled(api, call, &err)) > 0)
		return 1;
	if (rc < 0)
		return api_problem(reply, &err);
	body = call->kept;
	call->kept = NULL;
	return api_answer(reply, call->status, body);
}

/* The leases behind REFS, for the encoders; the caller frees. */
static const struct ocs_lease **leases_of(const struct ocs_lease_refs *refs)
{
	const struct ocs_lease **lease = calloc(refs->n + 1, sizeof(*lease));

	for (unsigned int i = 0; lease && i < refs->n; i++)
		lease[i] = refs->ref[i]->lease;
	return lease;
}

static int drain(struct ocs_api *api, struct ocs_api_call *call,
		 struct ocs_error *err)
{
	const char *link = call->target->segment[2];
	struct ocs_lease_refs refs = { 0 };
	const struct ocs_lease **lease;
	struct ocs_drain want;
	char who[API_WHO_MAX];

	if (ocs_wire_decode_drain(call->body, call->len, &want, err) < 0)
		return -1;
	if (want.link[0] && strcmp(want.link, link))
		return ocs_fail(err, OCS_SYNTAX,
				"the address says link %.63s, the body %s",
				link, want.link);
	if (strlen(link) >= sizeof(want.link))
		return ocs_fail(err, OCS_NOT_FOUND, "there is no such link");
	strcpy(want.link, link);
	api_who(call, who);
	if (ocs_engine_drain(api->engine, &want, who, &refs, &call->seq,
			     err) < 0)
		return -1;
	call->done = true;
	call->status = 200;
	if ((lease = leases_of(&refs)))
		call->kept = ocs_wire_encode_drained(&want, lease, refs.n);
	free(lease);
	ocs_lease_refs_fini(&refs);
	return 0;
}

int api_post_drain(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply)
{
	struct ocs_error err;

	if (call->caller.role != OCS_ROLE_OPERATOR)
		return api_denied(reply, "only operators drain links");
	if (!call->done && drain(api, call, &err) < 0)
		return api_problem(reply, &err);
	return when_settled(api, call, reply);
}

static int window_put(struct ocs_api *api, struct ocs_api_call *call,
		      struct ocs_error *err)
{
	struct ocs_lease_refs refs = { 0 };
	const struct ocs_lease **lease;
	struct ocs_window want;
	char who[API_WHO_MAX];
	bool fresh;

	api_who(call, who);
	if (ocs_wire_decode_window(call->body, call->len, &want, err) < 0 ||
	    ocs_engine_window_put(api->engine, &want, who, &refs, &fresh,
				  &call->seq, err) < 0)
		return -1;
	call->done = true;
	call->status = fresh ? 201 : 200;
	if ((lease = leases_of(&refs)))
		call->kept = ocs_wire_encode_window_of(&want, lease, refs.n);
	free(lease);
	ocs_lease_refs_fini(&refs);
	return 0;
}

int api_post_window(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply)
{
	struct ocs_error err;

	if (call->caller.role != OCS_ROLE_OPERATOR)
		return api_denied(reply, "only operators plan maintenance");
	if (!call->done && window_put(api, call, &err) < 0)
		return api_problem(reply, &err);
	return when_settled(api, call, reply);
}

int api_delete_window(struct ocs_api *api, struct ocs_api_call *call,
		      struct ocs_reply *reply)
{
	char who[API_WHO_MAX];
	struct ocs_error err;

	if (call->caller.role != OCS_ROLE_OPERATOR)
		return api_denied(reply, "only operators plan maintenance");
	if (!call->done) {
		api_who(call, who);
		if (ocs_engine_window_del(api->engine,
					  call->target->segment[2], who,
					  &call->seq, &err) < 0)
			return api_problem(reply, &err);
		call->done = true;
		call->status = 200;
		call->kept = strdup("{}");
	}
	return when_settled(api, call, reply);
}

int api_get_windows(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply)
{
	struct ocs_maint maint;
	struct ocs_error err;
	char *text;

	if (call->caller.role == OCS_ROLE_USER)
		return api_denied(reply,
				  "maintenance is for operators and clusters");
	if (ocs_engine_maint(api->engine, &maint, &err) < 0)
		return api_problem(reply, &err);
	text = ocs_wire_encode_maint(maint.window, maint.nwindows, maint.drain,
				     maint.ndrains);
	ocs_maint_fini(&maint);
	return api_answer(reply, 200, text);
}
