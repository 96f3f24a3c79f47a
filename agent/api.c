// SPDX-License-Identifier: GPL-2.0-or-later
/* api - the routes, and what the handlers in api_*.c share */
#include "agent/api_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/sys/clock.h"

#define JSON "application/json"

/* Errors to HTTP: the one table. */
static const int statuses[] = {
	[OCS_OK] = 200,		 [OCS_SYNTAX] = 400,	[OCS_RANGE] = 422,
	[OCS_UNSUPPORTED] = 501, [OCS_NOT_FOUND] = 404, [OCS_CONFLICT] = 409,
	[OCS_BUSY] = 409,	 [OCS_STALE] = 409,	[OCS_BRAKE] = 423,
	[OCS_UNAUTH] = 401,	 [OCS_DENIED] = 403,	[OCS_TIMEOUT] = 504,
	[OCS_IO] = 503,		 [OCS_NOMEM] = 503,	[OCS_INTERNAL] = 500,
};

void ocs_api_problem(struct ocs_reply *reply, int status,
		     const struct ocs_error *err)
{
	unsigned int n = sizeof(statuses) / sizeof(statuses[0]);

	memset(reply, 0, sizeof(*reply));
	if (!status)
		status = (unsigned int) err->code < n ? statuses[err->code]
						      : 500;
	reply->status = status;
	reply->code = err->code;
	reply->type = "application/problem+json";
	reply->body = ocs_wire_encode_problem(status, err);
}

void ocs_reply_fini(struct ocs_reply *reply)
{
	if (reply->shared)
		ocs_shared_put(reply->shared);
	else
		free(reply->body);
	reply->shared = NULL;
	reply->body = NULL;
}

int api_problem(struct ocs_reply *reply, const struct ocs_error *err)
{
	ocs_api_problem(reply, 0, err);
	return 0;
}

int api_answer(struct ocs_reply *reply, int status, char *body)
{
	struct ocs_error err;

	if (!body) {
		ocs_fail(&err, OCS_NOMEM, "out of memory");
		return api_problem(reply, &err);
	}
	reply->status = status;
	reply->type = JSON;
	reply->body = body;
	return 0;
}

int api_answer_lease(struct ocs_api_call *call, struct ocs_reply *reply,
		     int status, const struct ocs_lease_ref *ref)
{
	struct ocs_error err;
	char *text = ocs_engine_lease_text(&call->caller, ref, &err);

	return text ? api_answer(reply, status, text) :
	       api_problem(reply, &err);
}

int api_denied(struct ocs_reply *reply, const char *what)
{
	struct ocs_error err;

	ocs_fail(&err, OCS_DENIED, "%s", what);
	return api_problem(reply, &err);
}

bool api_may_wait(struct ocs_api_call *call, uint64_t wait_s)
{
	uint64_t now = ocs_clock_mono_ms();

	if (!call->deadline_ms)
		call->deadline_ms = now + wait_s * 1000;
	return !call->stopping && now < call->deadline_ms;
}

int api_settled(struct ocs_api *api, struct ocs_api_call *call,
		struct ocs_error *err)
{
	int rc = ocs_engine_settled(api->engine, call->seq, err);

	if (rc != 0)
		return rc > 0 ? 0 : -1;
	if (api_may_wait(call, OCS_WAIT_MAX_S)) {
		call->for_disk = true;
		return 1;
	}
	return ocs_fail(err, OCS_IO,
			"the ledger's disk has not answered in time");
}

void api_who(const struct ocs_api_call *call, char who[static API_WHO_MAX])
{
	const struct ocs_caller *c = &call->caller;

	if (c->uid == (uid_t) -1)
		snprintf(who, API_WHO_MAX, "cert=%.26s", c->cluster[0]);
	else
		snprintf(who, API_WHO_MAX, "uid=%u", (unsigned int) c->uid);
}

struct ocs_lease_ref *api_lease(struct ocs_api *api, struct ocs_api_call *call,
				const char *id, struct ocs_error *err)
{
	struct ocs_lease_ref *ref = ocs_engine_lease(api->engine, id, err);

	if (!ref || ocs_caller_may_see(&call->caller, ref->lease))
		return ref;
	ocs_lease_ref_put(ref);
	ocs_fail(err, OCS_DENIED, "this lease is not yours");
	return NULL;
}

struct ocs_lease_ref *api_seen_lease(struct ocs_api *api,
				     struct ocs_api_call *call,
				     struct ocs_error *err)
{
	return api_lease(api, call, call->target->segment[2], err);
}

/* "*" is any segment, segment[2] in all of them. */
static const struct route {
	const char *method;
	const char *segment[5];
	api_handler_f fn;
} routes[] = {
	{ "GET", { "v1", "ping" }, api_get_ping },
	{ "GET", { "v1", "state" }, api_get_state },
	{ "POST", { "v1", "sessions" }, api_post_session },
	{ "POST", { "v1", "leases" }, api_post_lease },
	{ "GET", { "v1", "leases" }, api_get_leases },
	{ "GET", { "v1", "leases", "*" }, api_get_lease },
	{ "PATCH", { "v1", "leases", "*" }, api_patch_lease },
	{ "DELETE", { "v1", "leases", "*" }, api_delete_lease },
	{ "POST", { "v1", "leases", "*", "commit" }, api_post_commit },
	{ "GET", { "v1", "leases", "*", "events" }, api_get_events },
	{ "POST", { "v1", "leases", "*", "approve" }, api_post_approve },
	{ "POST", { "v1", "what-if" }, api_post_whatif },
	{ "GET", { "v1", "freeze" }, api_get_freeze },
	{ "POST", { "v1", "freeze" }, api_post_freeze },
	{ "POST", { "v1", "links", "*", "freeze" }, api_post_freeze },
	{ "POST", { "v1", "links", "*", "drain" }, api_post_drain },
	{ "POST", { "v1", "windows" }, api_post_window },
	{ "GET", { "v1", "windows" }, api_get_windows },
	{ "DELETE", { "v1", "windows", "*" }, api_delete_window },
	{ "POST", { "v1", "clusters", "*", "epoch" }, api_post_epoch },
	{ "POST", { "v1", "clusters", "*", "confirm" }, api_post_confirm },
	{ "PUT", { "v1", "clusters", "*", "compute" }, api_put_compute },
	{ "GET", { "v1", "compute" }, api_get_compute },
	{ "PUT", { "v1", "circuits", "*", "measurements" },
	  api_put_measurement },
	{ "GET", { "v1", "circuits", "*", "measurements" },
	  api_get_measurement },
	{ "GET", { "v1", "sim", "faults" }, api_faults },
	{ "POST", { "v1", "sim", "faults" }, api_faults },
};

#define NROUTES (sizeof(routes) / sizeof(routes[0]))
_Static_assert(NROUTES < OCS_API_ROUTES_MAX, "OCS_API_ROUTES_MAX");

bool ocs_api_route_name(unsigned int route, char *buf, size_t size)
{
	const struct route *r;
	int n;

	if (route > NROUTES)
		return false;
	r = route ? &routes[route - 1] : NULL;
	n = snprintf(buf, size, "method=\"%s\",route=\"", r ? r->method : "");
	for (unsigned int i = 0; r && i < 5 && r->segment[i]; i++)
		n += snprintf(buf + n, size - (size_t) n, "/%s",
			      r->segment[i]);
	snprintf(buf + n, size - (size_t) n, "\"");
	return true;
}

static bool matches(const struct route *r, const struct ocs_target *t)
{
	unsigned int i;

	for (i = 0; i < t->nsegments && i < 5 && r->segment[i]; i++)
		if (strcmp(r->segment[i], "*") &&
		    strcmp(r->segment[i], t->segment[i]))
			return false;
	return i == t->nsegments && (i == 5 || !r->segment[i]);
}

/* "GET, POST": the methods of the address of CALL; "" if there is none. */
static void allowed(const struct ocs_api_call *call, char *list, size_t size)
{
	size_t len = 0;

	list[0] = '\0';
	for (size_t i = 0; i < NROUTES; i++)
		if (matches(&routes[i], call->target) && len < size)
			len += snprintf(list + len, size - len, "%s%s",
					len ? ", " : "", routes[i].method);
}

int ocs_api_handle(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply)
{
	char list[sizeof(reply->allow)];
	struct ocs_error err;

	memset(reply, 0, sizeof(*reply));
	call->for_disk = false;
	for (size_t i = 0; i < NROUTES; i++) {
		if (strcmp(routes[i].method, call->method) ||
		    !matches(&routes[i], call->target))
			continue;
		call->route = (unsigned int) i + 1;
		return routes[i].fn(api, call, reply);
	}
	allowed(call, list, sizeof(list));
	if (!list[0]) {
		ocs_fail(&err, OCS_NOT_FOUND, "there is no such address");
		return api_problem(reply, &err);
	}
	ocs_fail(&err, OCS_UNSUPPORTED, "this address takes %s", list);
	ocs_api_problem(reply, 405, &err);
	memcpy(reply->allow, list, sizeof(list));
	return 0;
}

void ocs_api_fini(struct ocs_api_call *call)
{
	ocs_lease_ref_put(call->ref);
	call->ref = NULL;
	free(call->kept);
	call->kept = NULL;
}
