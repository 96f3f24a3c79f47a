// SPDX-License-Identifier: GPL-2.0-or-later
/* api - between the bytes of HTTP and the calls of the engine */
#include "agent/api.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "agent/text.h"
#include "common/sys/clock.h"
#include "ocs_config.h"

#define JSON "application/json"

/* Errors to HTTP: the one table. */
static const int statuses[] = {
	[OCS_OK] = 200,
	[OCS_SYNTAX] = 400,
	[OCS_RANGE] = 422,
	[OCS_UNSUPPORTED] = 501,
	[OCS_NOT_FOUND] = 404,
	[OCS_CONFLICT] = 409,
	[OCS_BUSY] = 409,
	[OCS_STALE] = 409,
	[OCS_BRAKE] = 423,
	[OCS_UNAUTH] = 401,
	[OCS_DENIED] = 403,
	[OCS_TIMEOUT] = 504,
	[OCS_IO] = 503,
	[OCS_NOMEM] = 503,
	[OCS_INTERNAL] = 500,
};

void ocs_api_problem(struct ocs_reply *reply, int status,
		     const struct ocs_error *err)
{
	unsigned int n = sizeof(statuses) / sizeof(statuses[0]);

	memset(reply, 0, sizeof(*reply));
	if (!status)
		status = (unsigned int) err->code < n ? statuses[err->code] :
			 500;
	reply->status = status;
	reply->type = "application/problem+json";
	reply->body = ocs_wire_encode_problem(status, err);
}

static int problem(struct ocs_reply *reply, const struct ocs_error *err)
{
	ocs_api_problem(reply, 0, err);
	return 0;
}

/* BODY is taken over; NULL: out of memory. */
static int answer(struct ocs_reply *reply, int status, char *body)
{
	struct ocs_error err;

	if (!body) {
		ocs_fail(&err, OCS_NOMEM, "out of memory");
		return problem(reply, &err);
	}
	reply->status = status;
	reply->type = JSON;
	reply->body = body;
	return 0;
}

static int answer_lease(struct ocs_api_call *call, struct ocs_reply *reply,
			int status, const struct ocs_lease_ref *ref)
{
	struct ocs_error err;
	char *text = ocs_engine_lease_text(&call->caller, ref, &err);

	return text ? answer(reply, status, text) : problem(reply, &err);
}

static int denied(struct ocs_reply *reply, const char *what)
{
	struct ocs_error err;

	ocs_fail(&err, OCS_DENIED, "%s", what);
	return problem(reply, &err);
}

/* Set the deadline at the first handling; true while there is time. */
static bool may_wait(struct ocs_api_call *call, uint64_t wait_s)
{
	uint64_t now = ocs_clock_mono_ms();

	if (!call->deadline_ms)
		call->deadline_ms = now + wait_s * 1000;
	return !call->stopping && now < call->deadline_ms;
}

/* The change is made: wait until it is on disk (I2). 1: not yet. */
static int settled(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_error *err)
{
	int rc = ocs_engine_settled(api->engine, call->seq, err);

	if (rc != 0)
		return rc > 0 ? 0 : -1;
	if (may_wait(call, OCS_WAIT_MAX_S))
		return 1;
	return ocs_fail(err, OCS_IO,
			"the ledger's disk has not answered in time");
}

static bool uid_name(uid_t uid, char *name, size_t size)
{
	struct passwd pw, *found = NULL;
	char buf[16384];

	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) || !found) {
		snprintf(name, size, "%u", (unsigned int) uid);
		return false;
	}
	snprintf(name, size, "%s", found->pw_name);
	return true;
}

/* ---- ping, state, sessions ---- */

static int get_ping(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply)
{
	const struct ocs_caller *c = &call->caller;
	struct ocs_ping ping = { 0 };

	snprintf(ping.instance, sizeof(ping.instance), "%s",
		 ocs_engine_instance(api->engine));
	ping.generation = ocs_engine_generation(api->engine);
	snprintf(ping.version, sizeof(ping.version), "%s", PACKAGE_VERSION);
	snprintf(ping.role, sizeof(ping.role), "%s", ocs_role_name(c->role));
	uid_name(c->uid, ping.user, sizeof(ping.user));
	ping.nclusters = c->nclusters;
	memcpy(ping.cluster, c->cluster, sizeof(ping.cluster));
	ping.simulated = ocs_engine_driver(api->engine)->ops->simulated;
	return answer(reply, 200, ocs_wire_encode_ping(&ping));
}

static int get_state(struct ocs_api *api, struct ocs_api_call *call,
		     struct ocs_reply *reply)
{
	uint64_t since, wait_s;
	bool have_since, have_wait;
	struct ocs_error err;
	char *text;

	if (ocs_target_query_u64(call->target, "since", UINT64_MAX, &since,
				 &have_since, &err) < 0 ||
	    ocs_target_query_u64(call->target, "wait", OCS_WAIT_MAX_S, &wait_s,
				 &have_wait, &err) < 0)
		return problem(reply, &err);
	if (have_since && have_wait &&
	    ocs_engine_generation(api->engine) == since &&
	    may_wait(call, wait_s))
		return 1;
	text = ocs_engine_state_text(api->engine, &call->caller, &err);
	return text ? answer(reply, 200, text) : problem(reply, &err);
}

static int post_session(struct ocs_api *api, struct ocs_api_call *call,
			struct ocs_reply *reply)
{
	char token[OCS_TOKEN_MAX];
	struct ocs_error err;
	struct ocs_text t = { 0 };

	if (ocs_auth_session(api->auth, &call->caller, token, &err) < 0)
		return problem(reply, &err);
	ocs_text_add(&t, "{\"token\":\"%s\",\"expires_s\":%d}", token,
		     OCS_SESSION_S);
	explicit_bzero(token, sizeof(token));
	return answer(reply, 201, ocs_text_take(&t));
}

/* ---- leases ---- */

/* The lease in the body, of a cluster that the caller writes for. */
static struct ocs_lease *body_lease(struct ocs_api_call *call,
				    struct ocs_error *err)
{
	struct ocs_lease *want;

	if (!(want = ocs_wire_decode_lease(call->body, call->len, err)))
		return NULL;
	if (ocs_caller_may_write(&call->caller, want->cluster))
		return want;
	ocs_fail(err, OCS_DENIED, "you may not write for cluster '%s'",
		 want->cluster);
	ocs_lease_destroy(want);
	return NULL;
}

static int post_lease(struct ocs_api *api, struct ocs_api_call *call,
		      struct ocs_reply *reply)
{
	struct ocs_lease_ref *ref = NULL;
	struct ocs_lease *want;
	struct ocs_error err;
	bool fresh;
	int rc;

	if (!(want = body_lease(call, &err)))
		return problem(reply, &err);
	rc = ocs_engine_hold(api->engine, want, &ref, &fresh, &err);
	ocs_lease_destroy(want);
	if (rc < 0)
		return problem(reply, &err);
	rc = answer_lease(call, reply, fresh ? 201 : 200, ref);
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

static int post_commit(struct ocs_api *api, struct ocs_api_call *call,
		       struct ocs_reply *reply)
{
	struct ocs_error err;
	int rc;

	if (!call->done && commit(api, call, call->target->segment[2],
				  &err) < 0)
		return problem(reply, &err);
	if ((rc = settled(api, call, &err)) > 0)
		return 1;
	return rc < 0 ? problem(reply, &err) :
	       answer_lease(call, reply, call->status, call->ref);
}

static int get_leases(struct ocs_api *api, struct ocs_api_call *call,
		      struct ocs_reply *reply)
{
	const char *cluster = ocs_target_query(call->target, "cluster");
	uint64_t job_id, all;
	struct ocs_error err;
	bool found;
	char *text;

	if (ocs_target_query_u64(call->target, "job_id", UINT32_MAX, &job_id,
				 &found, &err) < 0 ||
	    ocs_target_query_u64(call->target, "all", 1, &all, &found,
				 &err) < 0)
		return problem(reply, &err);
	text = ocs_engine_leases_text(api->engine, &call->caller,
				      cluster ? cluster : "",
				      (uint32_t) job_id, all, &err);
	return text ? answer(reply, 200, text) : problem(reply, &err);
}

/* The lease of the address, if the caller may see it. */
static struct ocs_lease_ref *seen_lease(struct ocs_api *api,
					struct ocs_api_call *call,
					struct ocs_error *err)
{
	struct ocs_lease_ref *ref;

	ref = ocs_engine_lease(api->engine, call->target->segment[2], err);
	if (!ref || ocs_caller_may_see(&call->caller, ref->lease))
		return ref;
	ocs_lease_ref_put(ref);
	ocs_fail(err, OCS_DENIED, "this lease is not yours");
	return NULL;
}

static int get_lease(struct ocs_api *api, struct ocs_api_call *call,
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
		return problem(reply, &err);
	if (!(ref = seen_lease(api, call, &err)))
		return problem(reply, &err);
	if (have_wait && !call->word[0])	/* no state: a change from now */
		snprintf(call->word, sizeof(call->word), "%s",
			 word ? word : ocs_lease_word(ref->lease));
	if (have_wait && !strcmp(ocs_lease_word(ref->lease), call->word) &&
	    may_wait(call, wait_s))
		rc = 1;
	else
		rc = answer_lease(call, reply, 200, ref);
	ocs_lease_ref_put(ref);
	return rc;
}

static int get_events(struct ocs_api *api, struct ocs_api_call *call,
		      struct ocs_reply *reply)
{
	struct ocs_lease_ref *ref;
	struct ocs_event *event = NULL;
	unsigned int n = 0;
	struct ocs_error err;
	int rc;

	if (!(ref = seen_lease(api, call, &err)))
		return problem(reply, &err);
	rc = ocs_engine_events(api->engine, ref->lease->id, &event, &n, &err);
	ocs_lease_ref_put(ref);
	if (rc < 0)
		return problem(reply, &err);
	rc = answer(reply, 200, ocs_wire_encode_events(event, n));
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
		     strcmp(why, "operator")))
		return ocs_fail(err, OCS_SYNTAX,
				"why=job, why=reconcile or why=operator is expected");
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
	char who[32];
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
	snprintf(who, sizeof(who), "uid=%u", (unsigned int) call->caller.uid);
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

static int delete_lease(struct ocs_api *api, struct ocs_api_call *call,
			struct ocs_reply *reply)
{
	struct ocs_error err;
	int rc;

	if (!call->done && release(api, call, &err) < 0)
		return problem(reply, &err);
	if ((rc = settled(api, call, &err)) > 0)
		return 1;
	if (rc < 0)
		return problem(reply, &err);
	return call->ref ?
	       answer_lease(call, reply, call->status, call->ref) :
	       problem(reply, &call->problem);
}

/* ---- clusters ---- */

static int post_epoch(struct ocs_api *api, struct ocs_api_call *call,
		      struct ocs_reply *reply)
{
	const char *cluster = call->target->segment[2];
	struct ocs_error err;
	int rc;

	if (!ocs_caller_may_write(&call->caller, cluster))
		return denied(reply, "this cluster is not yours");
	if (!call->done) {
		if (ocs_engine_epoch(api->engine, cluster, &call->number,
				     &call->seq, &err) < 0)
			return problem(reply, &err);
		call->done = true;
	}
	if ((rc = settled(api, call, &err)) > 0)
		return 1;
	if (rc < 0)
		return problem(reply, &err);
	return answer(reply, 200, ocs_wire_encode_u64("controller_epoch",
						      call->number));
}

static int post_confirm(struct ocs_api *api, struct ocs_api_call *call,
			struct ocs_reply *reply)
{
	struct ocs_error err;
	char who[32];
	int rc;

	if (call->caller.role != OCS_ROLE_OPERATOR)
		return denied(reply, "only operators confirm removals");
	snprintf(who, sizeof(who), "uid=%u", (unsigned int) call->caller.uid);
	if (!call->done) {
		if (ocs_engine_confirm(api->engine, call->target->segment[2],
				       who, &call->seq, &err) < 0)
			return problem(reply, &err);
		call->done = true;
	}
	if ((rc = settled(api, call, &err)) > 0)
		return 1;
	return rc < 0 ? problem(reply, &err) :
	       answer(reply, 200, strdup("{}"));
}

/* ---- the simulator's faults ---- */

static int faults(struct ocs_api *api, struct ocs_api_call *call,
		  struct ocs_reply *reply)
{
	struct ocs_driver *drv = ocs_engine_driver(api->engine);
	char link[OCS_NAME_MAX], kind[OCS_NAME_MAX];
	struct ocs_error err;
	uint64_t count = 1;

	if (call->caller.role != OCS_ROLE_OPERATOR)
		return denied(reply, "only operators make faults");
	if (!drv->ops->fault) {
		ocs_fail(&err, OCS_UNSUPPORTED,
			 "driver %s makes no faults", drv->ops->name);
		return problem(reply, &err);
	}
	if (!strcmp(call->method, "GET"))
		return answer(reply, 200, drv->ops->faults(drv));
	if (ocs_wire_decode_string(call->body, call->len, "link", link,
				   sizeof(link), &err) < 0 ||
	    ocs_wire_decode_string(call->body, call->len, "fault", kind,
				   sizeof(kind), &err) < 0 ||
	    (ocs_wire_decode_u64(call->body, call->len, "count", &count,
				 &err) < 0 && err.code != OCS_NOT_FOUND))
		return problem(reply, &err);
	if (count > UINT32_MAX)
		count = UINT32_MAX;	/* refused below */
	if (drv->ops->fault(drv, link, kind, (unsigned int) count, &err) < 0)
		return problem(reply, &err);
	ocs_log("fault", "link=%s fault=%s count=%" PRIu64, link, kind, count);
	return answer(reply, 200, drv->ops->faults(drv));
}

/* ---- routes ---- */

/* "*" is any segment, segment[2] in all of them. */
static const struct route {
	const char *method;
	const char *segment[5];
	int (*fn)(struct ocs_api *api, struct ocs_api_call *call,
		  struct ocs_reply *reply);
} routes[] = {
	{ "GET", { "v1", "ping" }, get_ping },
	{ "GET", { "v1", "state" }, get_state },
	{ "POST", { "v1", "sessions" }, post_session },
	{ "POST", { "v1", "leases" }, post_lease },
	{ "GET", { "v1", "leases" }, get_leases },
	{ "GET", { "v1", "leases", "*" }, get_lease },
	{ "DELETE", { "v1", "leases", "*" }, delete_lease },
	{ "POST", { "v1", "leases", "*", "commit" }, post_commit },
	{ "GET", { "v1", "leases", "*", "events" }, get_events },
	{ "POST", { "v1", "clusters", "*", "epoch" }, post_epoch },
	{ "POST", { "v1", "clusters", "*", "confirm" }, post_confirm },
	{ "GET", { "v1", "sim", "faults" }, faults },
	{ "POST", { "v1", "sim", "faults" }, faults },
};

static bool matches(const struct route *r, const struct ocs_target *t)
{
	unsigned int i;

	for (i = 0; i < t->nsegments && i < 5 && r->segment[i]; i++)
		if (strcmp(r->segment[i], "*") &&
		    strcmp(r->segment[i], t->segment[i]))
			return false;
	return i == t->nsegments && (i == 5 || !r->segment[i]);
}

int ocs_api_handle(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply)
{
	static const char *const allows[] = {
		NULL, "GET", "POST", "GET, POST", "DELETE", "GET, DELETE",
		"POST, DELETE", "GET, POST, DELETE"
	};
	unsigned int known = 0;
	struct ocs_error err;

	memset(reply, 0, sizeof(*reply));
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!matches(&routes[i], call->target))
			continue;
		if (!strcmp(routes[i].method, call->method))
			return routes[i].fn(api, call, reply);
		known |= routes[i].method[0] == 'G' ? 1 :
			 routes[i].method[0] == 'P' ? 2 : 4;
	}
	if (!known) {
		ocs_fail(&err, OCS_NOT_FOUND, "there is no such address");
		return problem(reply, &err);
	}
	ocs_fail(&err, OCS_UNSUPPORTED, "this address takes %s",
		 allows[known]);
	ocs_api_problem(reply, 405, &err);
	reply->allow = allows[known];
	return 0;
}

void ocs_api_fini(struct ocs_api_call *call)
{
	ocs_lease_ref_put(call->ref);
	call->ref = NULL;
}
