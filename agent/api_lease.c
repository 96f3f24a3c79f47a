// SPDX-License-Identifier: GPL-2.0-or-later
/* api_lease - leases: hold, commit, read, release */
#include "agent/api_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The lease in the body, of a cluster that the caller writes for. */
static struct ocs_lease *body_lease(struct ocs_api_call *call,
				    struct ocs_error *err)
{
	struct ocs_lease *want;

	if (!(want = ocs_wire_decode_lease(call->body, call->len, err)))
		return NULL;
	for (unsigned int i = 0; i < want->ncircuits; i++) {
		want->circuit[i].measured_latency_us = 0;
		want->circuit[i].measured_ms = 0;
	}
	if (ocs_caller_may_write(&call->caller, want->cluster))
		return want;
	ocs_fail(err, OCS_DENIED, "you may not write for cluster '%s'",
		 want->cluster);
	ocs_lease_destroy(want);
	return NULL;
}

int api_post_lease(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply)
{
	struct ocs_lease_ref *ref = NULL;
	struct ocs_lease *want;
	struct ocs_error err;
	bool fresh;
	int rc;

	if (!(want = body_lease(call, &err)))
		return api_problem(reply, &err);
	rc = ocs_engine_hold(api->engine, want, &ref, &fresh, &err);
	ocs_lease_destroy(want);
	if (rc < 0)
		return api_problem(reply, &err);
	rc = api_answer_lease(call, reply, fresh ? 201 : 200, ref);
	ocs_lease_ref_put(ref);
	return rc;
}

static int commit(struct ocs_api *api, struct ocs_api_call *call,
		  const char *id, struct ocs_error *err)
{
	struct ocs_lease *want;
	bool fresh;
	int rc;

	if (!(want = body_lease(call, err)))
		return -1;
	if (strcmp(want->id, id))
		rc = ocs_fail(err, OCS_SYNTAX,
			      "the address says lease %.32s, the body %s", id,
			      want->id);
	else
		rc = ocs_engine_commit(api->engine, want, &call->ref, &fresh,
				       &call->seq, err);
	ocs_lease_destroy(want);
	if (rc < 0)
		return -1;
	call->done = true;
	call->status = fresh ? 202 : 200;
	return 0;
}

int api_post_commit(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply)
{
	struct ocs_error err;
	int rc;

	if (!call->done && commit(api, call, call->target->segment[2],
				  &err) < 0)
		return api_problem(reply, &err);
	if ((rc = api_settled(api, call, &err)) > 0)
		return 1;
	return rc < 0 ? api_problem(reply, &err) :
	       api_answer_lease(call, reply, call->status, call->ref);
}

int api_get_leases(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply)
{
	const char *cluster = ocs_target_query(call->target, "cluster");
	const char *after = ocs_target_query(call->target, "after");
	struct ocs_lease_query q = {
		.cluster = cluster ? cluster : "", .after = after ? after : "",
	};
	uint64_t job_id, all, limit;
	bool found, limited;
	struct ocs_error err;
	char *text;

	if (ocs_target_query_u64(call->target, "job_id", UINT32_MAX, &job_id,
				 &found, &err) < 0 ||
	    ocs_target_query_u64(call->target, "all", 1, &all, &found,
				 &err) < 0 ||
	    ocs_target_query_u64(call->target, "limit", OCS_PAGE_MAX, &limit,
				 &limited, &err) < 0)
		return api_problem(reply, &err);
	if (limited && !limit) {
		ocs_fail(&err, OCS_RANGE,
			 "limit: a number from 1 to %d is expected",
			 OCS_PAGE_MAX);
		return api_problem(reply, &err);
	}
	if (after && !ocs_lease_id_ok(after)) {
		ocs_fail(&err, OCS_SYNTAX,
			 "after: the id of a lease is expected");
		return api_problem(reply, &err);
	}
	q.job_id = (uint32_t) job_id;
	q.past = all;
	q.limit = (unsigned int) limit;
	text = ocs_engine_leases_text(api->engine, &call->caller, &q, &err);
	return text ? api_answer(reply, 200, text) : api_problem(reply, &err);
}

/* The lease with what was measured on its circuits. */
static int answer_measured(struct ocs_api *api, struct ocs_api_call *call,
			   struct ocs_reply *reply, struct ocs_lease_ref *ref)
{
	struct ocs_lease_ref with = { .json = NULL };
	int rc;

	if (!(with.lease = ocs_measures_shown(api->measures, ref->lease)))
		return api_answer_lease(call, reply, 200, ref);
	if ((with.json = ocs_wire_encode_lease(with.lease)))
		ref = &with;
	rc = api_answer_lease(call, reply, 200, ref);
	ocs_lease_destroy(with.lease);
	free(with.json);
	return rc;
}

int api_get_lease(struct ocs_api *api, struct ocs_api_call *call,
		  struct ocs_reply *reply)
{
	const char *word = ocs_target_query(call->target, "state");
	struct ocs_lease_ref *ref;
	struct ocs_error err;
	uint64_t wait_s;
	bool have_wait;
	int rc;

	if (ocs_target_query_u64(call->target, "wait", OCS_WAIT_MAX_S, &wait_s,
				 &have_wait, &err) < 0)
		return api_problem(reply, &err);
	if (!(ref = api_seen_lease(api, call, &err)))
		return api_problem(reply, &err);
	if (have_wait && !call->word[0])	/* no state: a change from now */
		snprintf(call->word, sizeof(call->word), "%s",
			 word ? word : ocs_lease_word(ref->lease));
	if (have_wait && !strcmp(ocs_lease_word(ref->lease), call->word) &&
	    api_may_wait(call, wait_s))
		rc = 1;
	else
		rc = answer_measured(api, call, reply, ref);
	ocs_lease_ref_put(ref);
	return rc;
}

int api_get_events(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply)
{
	struct ocs_lease_ref *ref;
	struct ocs_event *event = NULL;
	unsigned int n = 0;
	struct ocs_error err;
	int rc;

	if (!(ref = api_seen_lease(api, call, &err)))
		return api_problem(reply, &err);
	rc = ocs_engine_events(api->engine, ref->lease->id, &event, &n, &err);
	ocs_lease_ref_put(ref);
	if (rc < 0)
		return api_problem(reply, &err);
	rc = api_answer(reply, 200, ocs_wire_encode_events(event, n));
	free(event);
	return rc;
}

/* May the caller release the lease of the address, for this reason? */
static int check_release(struct ocs_api *api, struct ocs_api_call *call,
			 const char *why, struct ocs_error *err)
{
	const struct ocs_caller *c = &call->caller;
	struct ocs_lease_ref *ref;
	bool may;

	if (!why || (strcmp(why, "job") && strcmp(why, "reconcile") &&
		     strcmp(why, "unknown") && strcmp(why, "operator")))
		return ocs_fail(err, OCS_SYNTAX,
				"why=job, why=reconcile, why=unknown or why=operator is expected");
	if (!ocs_lease_id_ok(call->target->segment[2]))
		return ocs_fail(err, OCS_NOT_FOUND, "there is no such lease");
	if (c->role == OCS_ROLE_USER)
		return ocs_fail(err, OCS_DENIED,
				"users may not release leases: cancel the job");
	if (!strcmp(why, "operator") && c->role != OCS_ROLE_OPERATOR)
		return ocs_fail(err, OCS_DENIED, "you are no operator");
	ref = ocs_engine_lease(api->engine, call->target->segment[2], err);
	if (!ref)	/* unknown: its id is remembered */
		return err->code == OCS_NOT_FOUND ? 0 : -1;
	may = ocs_caller_may_write(c, ref->lease->cluster);
	ocs_lease_ref_put(ref);
	return may ? 0 : ocs_fail(err, OCS_DENIED,
				  "this lease is not your cluster's");
}

static int release(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_error *err)
{
	const char *why = ocs_target_query(call->target, "why");
	struct ocs_release rel = { .id = call->target->segment[2] };
	char who[API_WHO_MAX];
	uint64_t epoch, ended_s;
	bool have_epoch, have_ended, releasing = false;

	rel.why = why ? why : call->caller.role == OCS_ROLE_OPERATOR ?
		  "operator" : "job";
	if (ocs_target_query_u64(call->target, "controller_epoch", INT64_MAX,
				 &epoch, &have_epoch, err) < 0 ||
	    ocs_target_query_u64(call->target, "ended_s", INT64_MAX, &ended_s,
				 &have_ended, err) < 0 ||
	    check_release(api, call, rel.why, err) < 0)
		return -1;
	api_who(call, who);
	rel.who = who;
	rel.epoch = epoch;
	rel.any_epoch = !have_epoch && call->caller.role == OCS_ROLE_OPERATOR;
	rel.ended_s = (int64_t) ended_s;
	if (ocs_engine_release(api->engine, &rel, &call->ref, &releasing,
			       &call->seq, err) < 0) {
		if (err->code != OCS_NOT_FOUND || !call->seq)
			return -1;
		call->problem = *err;	/* once the id is remembered */
	}
	call->done = true;
	call->status = releasing ? 202 : 200;
	return 0;
}

int api_delete_lease(struct ocs_api *api, struct ocs_api_call *call,
		     struct ocs_reply *reply)
{
	struct ocs_error err;
	int rc;

	if (!call->done && release(api, call, &err) < 0)
		return api_problem(reply, &err);
	if ((rc = api_settled(api, call, &err)) > 0)
		return 1;
	if (rc < 0)
		return api_problem(reply, &err);
	return call->ref ?
	       api_answer_lease(call, reply, call->status, call->ref) :
	       api_problem(reply, &call->problem);
}
