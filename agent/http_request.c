// SPDX-License-Identifier: GPL-2.0-or-later
/* http_request - one request: who sends it, its body, the API's reply */
#include "agent/http_priv.h"

#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "agent/metrics.h"
#include "agent/point.h"
#include "agent/public.h"
#include "common/sys/clock.h"

void *http_on_target(void *cls, const char *raw, struct MHD_Connection *con)
{
	struct http_socket *s = cls;
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->http = s->http;
	r->con = con;
	if (!(r->raw = strdup(raw))) {
		free(r);
		return NULL;
	}
	pthread_mutex_lock(&s->http->lock);
	s->http->nrequests++;
	pthread_mutex_unlock(&s->http->lock);
	return r;
}

void http_on_completed(void *cls, struct MHD_Connection *con, void **context,
		       enum MHD_RequestTerminationCode code)
{
	struct request *r = *context;

	if (!r)
		return;
	OCS_POINT("reply.sent");
	pthread_mutex_lock(&r->http->lock);
	http_wait_forget(r);
	if (!--r->http->nrequests && r->http->stopping)
		pthread_cond_signal(&r->http->timer);
	pthread_mutex_unlock(&r->http->lock);
	ocs_api_fini(&r->call);
	free(r->raw);
	free(r->body);
	free(r);
	*context = NULL;
}

static void on_shared_sent(void *shared)
{
	ocs_shared_put(shared);
}

/* REPLY's body is the response's from now on. NULL: out of memory. */
static struct MHD_Response *response_of(struct ocs_reply *reply)
{
	struct MHD_Response *response;

	if (reply->shared)
		response = MHD_create_response_from_buffer_with_free_callback_cls(
			reply->shared->len, reply->shared->text,
			on_shared_sent, reply->shared);
	else
		response = MHD_create_response_from_buffer(
			reply->body ? strlen(reply->body) : 0, reply->body,
			MHD_RESPMEM_MUST_FREE);
	if (!response)
		ocs_reply_fini(reply);
	return response;
}

static enum MHD_Result send_reply(struct MHD_Connection *con,
				  struct ocs_reply *reply, bool close_after)
{
	struct MHD_Response *response = response_of(reply);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	if (reply->type)
		MHD_add_response_header(response, "Content-Type", reply->type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	if (reply->status == 401)
		MHD_add_response_header(response, "WWW-Authenticate", "Munge");
	if (reply->allow[0])
		MHD_add_response_header(response, "Allow", reply->allow);
	if (reply->policy) {
		MHD_add_response_header(response, "Content-Security-Policy",
					reply->policy);
		MHD_add_response_header(response, "X-Content-Type-Options",
					"nosniff");
		MHD_add_response_header(response, "Referrer-Policy",
					"no-referrer");
	}
	if (close_after)
		MHD_add_response_header(response, "Connection", "close");
	OCS_POINT("reply.made");
	rc = MHD_queue_response(con, (unsigned int) reply->status, response);
	OCS_POINT("reply.queued");
	MHD_destroy_response(response);
	return rc;
}

/* The API has answered R, or somebody before it. */
static void count(struct request *r, const struct ocs_reply *reply)
{
	const struct ocs_metrics_request req = {
		.route = r->call.route,
		.status = reply->status,
		.code = reply->code,
		.waited = r->waited,
		.us = ocs_clock_mono_us() - r->begun_us,
	};

	if (!r->open)
		ocs_metrics_request(r->http->api->metrics, &req);
}

/* Refuse R before or after its body. */
static enum MHD_Result refuse(struct request *r, int status,
			      const struct ocs_error *err)
{
	struct ocs_reply reply;

	r->refused = true;
	ocs_api_problem(&reply, status, err);
	count(r, &reply);
	return send_reply(r->con, &reply, true);
}

static enum MHD_Result refuse_too_long(struct request *r)
{
	struct ocs_error err;

	ocs_fail(&err, OCS_RANGE, "a body has at most %u bytes",
		 (unsigned int) OCS_REQUEST_BODY_MAX);
	return refuse(r, 413, &err);
}

/* The header is in; nobody is asked who they are. */
static enum MHD_Result begin_public(struct request *r)
{
	struct ocs_error err;

	r->open = true;
	return ocs_target_parse(r->raw, &r->target, &err) == 0 ? MHD_YES :
	       refuse(r, 0, &err);
}

/* The header is in. */
static enum MHD_Result begin(struct request *r, struct http_socket *s,
			     const char *method)
{
	const union MHD_ConnectionInfo *info;
	struct ocs_auth_try try = { 0 };
	struct peer *peer = NULL;
	const char *length;
	struct ocs_error err;

	OCS_POINT("request.head");
	r->begun = true;
	r->begun_us = ocs_clock_mono_us();
	r->call.method = method;
	r->call.target = &r->target;
	if (s->open)
		return begin_public(r);
	info = MHD_get_connection_info(r->con,
				       MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	if (info)
		peer = info->socket_context;
	try.peer = s->at.is_unix && peer && peer->known;
	try.peer_uid = try.peer ? peer->uid : (uid_t) -1;
	if (!s->at.is_unix) {
		if (!peer)
			return MHD_NO;
		peer->asked = true;
		try.from = peer->from;
		if (s->tls)
			try.cert = http_peer_cert(s->http, r->con, peer);
	}
	try.authorization = MHD_lookup_connection_value(r->con,
							MHD_HEADER_KIND,
							"Authorization");
	try.method = method;
	try.target = r->raw;
	if (ocs_auth_check(s->http->api->auth, &try, &r->call.caller,
			   &err) < 0 ||
	    ocs_target_parse(r->raw, &r->target, &err) < 0)
		return refuse(r, 0, &err);
	if (!s->at.is_unix)
		MHD_set_connection_option(r->con,
					  MHD_CONNECTION_OPTION_TIMEOUT,
					  (unsigned int) IDLE_S);
	ocs_metrics_seen(s->http->api->metrics, &r->call.caller);
	length = MHD_lookup_connection_value(r->con, MHD_HEADER_KIND,
					     "Content-Length");
	if (length && strtoull(length, NULL, 10) > OCS_REQUEST_BODY_MAX)
		return refuse_too_long(r);
	return MHD_YES;
}

static enum MHD_Result take_body(struct request *r, const char *data,
				 size_t *size)
{
	size_t n = *size;
	char *grown;

	OCS_POINT("request.body");
	*size = 0;
	if (r->open || r->refused || r->too_long || r->nomem)
		return MHD_YES;		/* read on, keep nothing */
	if (n > OCS_REQUEST_BODY_MAX - r->len) {
		r->too_long = true;
		free(r->body);
		r->body = NULL;
		return MHD_YES;
	}
	if (r->len + n + 1 > r->cap) {
		size_t cap = r->cap ? r->cap : 4096;

		while (cap < r->len + n + 1)
			cap *= 2;
		if (!(grown = realloc(r->body, cap))) {
			r->nomem = true;
			return MHD_YES;
		}
		r->body = grown;
		r->cap = cap;
	}
	memcpy(r->body + r->len, data, n);
	r->len += n;
	r->body[r->len] = '\0';
	return MHD_YES;
}

static enum MHD_Result handle_public(struct request *r)
{
	struct ocs_reply reply;

	ocs_public_handle(r->http->api, r->call.method, &r->target, &reply);
	ocs_log_debug("public", "method=%s path=%s status=%d",
		      ocs_quote(r->call.method).text, ocs_quote(r->raw).text,
		      reply.status);
	return send_reply(r->con, &reply, reply.status >= 400);
}

/* A GET that waits for something to happen says nothing about how fast we
 * are. */
static bool asked_to_wait(const struct request *r)
{
	return !strcmp(r->call.method, "GET");
}

static enum MHD_Result handle(struct request *r)
{
	struct ocs_http *http = r->http;
	struct ocs_reply reply;
	uint64_t changes;

	if (r->call.deadline_ms)
		OCS_POINT("request.awake");
	else
		OCS_POINT("request.dispatch");
	r->call.body = r->body ? r->body : "";
	r->call.len = r->len;
	for (;;) {
		pthread_mutex_lock(&http->lock);
		changes = http->changes;
		r->call.stopping = http->stopping;
		pthread_mutex_unlock(&http->lock);
		if (ocs_api_handle(http->api, &r->call, &reply) == 0)
			break;
		r->waited = asked_to_wait(r);
		if (http_wait(r, changes))
			return MHD_YES;
	}
	count(r, &reply);
	ocs_log_debug("request", "uid=%u method=%s path=%s status=%d",
		      (unsigned int) r->call.caller.uid, r->call.method,
		      ocs_quote(r->raw).text, reply.status);
	return send_reply(r->con, &reply, r->call.stopping);
}

enum MHD_Result http_on_request(void *cls, struct MHD_Connection *con,
				const char *url, const char *method,
				const char *version, const char *data,
				size_t *size, void **context)
{
	struct request *r = *context;
	struct ocs_error err;

	if (!r)
		return MHD_NO;		/* out of memory: hang up */
	if (!r->begun)
		return begin(r, cls, method);
	if (*size)
		return take_body(r, data, size);
	if (r->too_long)
		return refuse_too_long(r);
	if (r->nomem) {
		ocs_fail(&err, OCS_NOMEM, "out of memory");
		return refuse(r, 0, &err);
	}
	if (r->open)
		return handle_public(r);
	return handle(r);
}
