// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_doc - the small documents: problems, pings, events, one number
 */
#include "common/wire/wire_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line for each kind of problem, as RFC 9457 wants its title. */
static const char *title(enum ocs_code code)
{
	switch (code) {
	case OCS_SYNTAX:
		return "The request can't be read";
	case OCS_RANGE:
		return "The request is outside what can be had";
	case OCS_UNSUPPORTED:
		return "Not supported by this version";
	case OCS_NOT_FOUND:
		return "Not found";
	case OCS_CONFLICT:
		return "The request contradicts an earlier one";
	case OCS_BUSY:
		return "Not free now";
	case OCS_STALE:
		return "A newer controller has taken over";
	case OCS_BRAKE:
		return "Too many removals: an operator must confirm";
	case OCS_UNAUTH:
		return "Who is asking is not known";
	case OCS_DENIED:
		return "Not allowed";
	case OCS_TIMEOUT:
		return "It took too long";
	case OCS_IO:
		return "A part that is needed can't be reached";
	case OCS_NOMEM:
		return "Out of memory";
	case OCS_OK:
	case OCS_INTERNAL:
		break;
	}
	return "Internal error";
}

char *ocs_wire_encode_problem(int status, const struct ocs_error *problem)
{
	const char *code = ocs_code_name(problem->code);
	struct ocs_json_out out = { 0 };
	char type[96];

	snprintf(type, sizeof(type), "urn:slurm-optical:problem:%s", code);
	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_str(&out, "type", type);
	ocs_json_put_str(&out, "title", title(problem->code));
	ocs_json_put_u64(&out, "status", status > 0 ? (uint64_t) status : 0);
	ocs_json_put_str(&out, "detail", problem->text);
	ocs_json_put_str(&out, "code", code);
	ocs_json_put_str(&out, "reason", problem->reason);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

/* What a status says when the body says nothing. */
static enum ocs_code code_of(int status)
{
	switch (status) {
	case 400:
		return OCS_SYNTAX;
	case 401:
		return OCS_UNAUTH;
	case 403:
		return OCS_DENIED;
	case 404:
		return OCS_NOT_FOUND;
	case 409:
		return OCS_CONFLICT;
	case 413:
	case 422:
		return OCS_RANGE;
	case 423:
		return OCS_BRAKE;
	case 501:
		return OCS_UNSUPPORTED;
	case 502:
	case 503:
		return OCS_IO;
	case 504:
		return OCS_TIMEOUT;
	}
	return OCS_INTERNAL;
}

/* A reason goes into squeue as it is: blank-free, printable ASCII. */
static void clean_reason(char *reason)
{
	for (char *p = reason; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			*p = '_';
}

static int get_problem(const struct ocs_json_at *at, int status,
		       struct ocs_error *problem)
{
	char code[32] = "", text[sizeof(problem->text)] = "";
	char reason[sizeof(problem->reason)] = "";
	enum ocs_code known;

	if (ocs_json_text(at, "code", true, code, sizeof(code)) < 0 ||
	    ocs_json_text(at, "detail", false, text, sizeof(text)) < 0 ||
	    ocs_json_text(at, "reason", false, reason, sizeof(reason)) < 0)
		return -1;
	if (!*text && ocs_json_text(at, "title", false, text,
				    sizeof(text)) < 0)
		return -1;
	known = ocs_code_from_name(code);
	/* "ok" is no problem, and an unknown word is a newer agent's */
	if (known == OCS_OK || (known == OCS_INTERNAL &&
				strcmp(code, ocs_code_name(OCS_INTERNAL))))
		known = code_of(status);
	ocs_fail(problem, known, "%s", *text ? text : title(known));
	if (*reason) {
		clean_reason(reason);
		ocs_fail_reason(problem, "%s", reason);
	}
	return 0;
}

void ocs_wire_decode_problem(int status, const char *text, size_t len,
			     struct ocs_error *problem)
{
	struct ocs_json_at at = { .index = -1 };
	int rc = -1;

	if (!problem)
		return;
	if (text)
		at.obj = ocs_json_parse(text, len, OCS_REQUEST_BODY_MAX, NULL);
	if (at.obj)
		rc = get_problem(&at, status, problem);
	if (rc < 0)
		ocs_fail(problem, code_of(status),
			 "the agent answers HTTP status %d", status);
	json_object_put(at.obj);
}

char *ocs_wire_encode_ping(const struct ocs_ping *ping)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_str(&out, "instance", ping->instance);
	ocs_json_put_u64(&out, "generation", ping->generation);
	ocs_json_put_str(&out, "version", ping->version);
	ocs_json_put_str(&out, "role", ping->role);
	ocs_json_put_str(&out, "user", ping->user);
	ocs_json_put_open(&out, "clusters", '[');
	for (unsigned int i = 0; i < ping->nclusters; i++)
		ocs_json_put_str(&out, NULL, ping->cluster[i]);
	ocs_json_put_close(&out, ']');
	ocs_json_put_bool(&out, "simulated", ping->simulated);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static int get_ping(const struct ocs_json_at *at, struct ocs_ping *p)
{
	struct json_object *array;
	unsigned int n;

	if (ocs_wire_get_id(at, "instance", true, p->instance) < 0 ||
	    ocs_json_u64(at, "generation", true, 0, OCS_JSON_NUMBER_MAX,
			 &p->generation) < 0 ||
	    ocs_json_text(at, "version", true, p->version,
			  sizeof(p->version)) < 0 ||
	    ocs_json_text(at, "role", true, p->role, sizeof(p->role)) < 0 ||
	    ocs_json_text(at, "user", false, p->user, sizeof(p->user)) < 0 ||
	    ocs_json_bool(at, "simulated", false, &p->simulated) < 0 ||
	    ocs_json_array(at, "clusters", false, OCS_PING_CLUSTERS_MAX,
			   &array, &n) < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++)
		if (ocs_json_elem_name(at, "clusters", array, i,
				       p->cluster[i], OCS_NAME_MAX) < 0)
			return -1;
	p->nclusters = n;
	return 0;
}

int ocs_wire_decode_ping(const char *text, size_t len, struct ocs_ping *ping,
			 struct ocs_error *err)
{
	struct ocs_json_at at = { .index = -1, .err = err };
	struct ocs_ping p = { 0 };
	int rc;

	if (!(at.obj = ocs_json_parse(text, len, OCS_REQUEST_BODY_MAX, err)))
		return -1;
	if ((rc = get_ping(&at, &p)) == 0)
		*ping = p;
	json_object_put(at.obj);
	return rc;
}

char *ocs_wire_encode_events(const struct ocs_event *event,
			     unsigned int nevents)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_open(&out, "events", '[');
	for (unsigned int i = 0; i < nevents; i++) {
		ocs_json_put_open(&out, NULL, '{');
		ocs_json_put_i64(&out, "time_ms", event[i].time_ms);
		ocs_json_put_str(&out, "axis", event[i].axis);
		ocs_json_put_str(&out, "circuit", event[i].circuit);
		ocs_json_put_str(&out, "from", event[i].from);
		ocs_json_put_str(&out, "to", event[i].to);
		ocs_json_put_str(&out, "cause", event[i].cause);
		ocs_json_put_close(&out, '}');
	}
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static int get_event(const struct ocs_json_at *at, struct ocs_event *e)
{
	if (ocs_json_i64(at, "time_ms", true, OCS_JSON_TIME_MS_MAX,
			 &e->time_ms) < 0 ||
	    ocs_json_text(at, "axis", true, e->axis, sizeof(e->axis)) < 0 ||
	    ocs_json_text(at, "circuit", false, e->circuit,
			  sizeof(e->circuit)) < 0 ||
	    ocs_json_text(at, "from", false, e->from, sizeof(e->from)) < 0 ||
	    ocs_json_text(at, "to", true, e->to, sizeof(e->to)) < 0)
		return -1;
	return ocs_json_text(at, "cause", false, e->cause, sizeof(e->cause));
}

static int get_events(const struct ocs_json_at *at, struct ocs_event **event,
		      unsigned int *nevents)
{
	struct ocs_event *all = NULL;
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "events", true, OCS_WIRE_EVENTS_MAX, &array,
			   &n) < 0)
		return -1;
	if (n && !(all = calloc(n, sizeof(*all))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		if (ocs_json_elem(at, "events", array, i, &elem) < 0 ||
		    get_event(&elem, &all[i]) < 0) {
			free(all);
			return -1;
		}
	}
	*event = all;
	*nevents = n;
	return 0;
}

int ocs_wire_decode_events(const char *text, size_t len,
			   struct ocs_event **event, unsigned int *nevents,
			   struct ocs_error *err)
{
	struct ocs_json_at at = { .index = -1, .err = err };
	int rc;

	if (!(at.obj = ocs_json_parse(text, len, OCS_BODY_MAX, err)))
		return -1;
	rc = get_events(&at, event, nevents);
	json_object_put(at.obj);
	return rc;
}

char *ocs_wire_encode_u64(const char *member, uint64_t value)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_u64(&out, member, value);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

/* The document of which MEMBER is wanted; AT's object is the caller's. */
static int open_flat(const char *text, size_t len, const char *member,
		     struct ocs_json_at *at, struct ocs_error *err)
{
	struct json_object *obj;

	at->index = -1;
	at->err = err;
	if (!(at->obj = ocs_json_parse(text, len, OCS_REQUEST_BODY_MAX, err)))
		return -1;
	if (json_object_object_get_ex(at->obj, member, &obj) && obj)
		return 0;
	json_object_put(at->obj);
	return ocs_fail(err, OCS_NOT_FOUND, "%s is missing", member);
}

int ocs_wire_decode_u64(const char *text, size_t len, const char *member,
			uint64_t *value, struct ocs_error *err)
{
	struct ocs_json_at at = { 0 };
	int rc;

	if (open_flat(text, len, member, &at, err) < 0)
		return -1;
	rc = ocs_json_u64(&at, member, true, 0, OCS_JSON_NUMBER_MAX, value);
	json_object_put(at.obj);
	return rc;
}

int ocs_wire_decode_string(const char *text, size_t len, const char *member,
			   char *buf, size_t size, struct ocs_error *err)
{
	struct ocs_json_at at = { 0 };
	const char *found;
	int rc;

	if (open_flat(text, len, member, &at, err) < 0)
		return -1;
	rc = ocs_json_string(&at, member, true, size, &found);
	if (rc == 0)
		memcpy(buf, found, strlen(found) + 1);
	json_object_put(at.obj);
	return rc;
}
