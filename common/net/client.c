// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client - one conversation with the agent
 *
 * Used by opticalctl, and in slurmctld by the worker (epoch, commit, release)
 * and the watcher (state), each with a client of its own.
 */
#include "common/net/client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/net/auth.h"
#include "common/net/http.h"
#include "common/sys/clock.h"
#include "common/wire/wire_maint.h"

struct ocs_client {
	struct ocs_http *http;
	struct ocs_auth *auth;
	int wake_fd;
};

struct ocs_client *ocs_client_create(const struct ocs_agent_at *at,
				     struct ocs_error *err)
{
	struct ocs_client *c;

	if (!(c = calloc(1, sizeof(*c)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake_fd < 0)
		ocs_fail(err, OCS_IO, "no eventfd: %s", strerror(errno));
	if (c->wake_fd < 0 || !(c->http = ocs_http_create(at, err)) ||
	    !(c->auth = ocs_auth_create(at, err))) {
		ocs_client_destroy(c);
		return NULL;
	}
	return c;
}

void ocs_client_destroy(struct ocs_client *c)
{
	if (!c)
		return;
	ocs_auth_destroy(c->auth);
	ocs_http_destroy(c->http);
	if (c->wake_fd >= 0)
		close(c->wake_fd);
	free(c);
}

void ocs_client_wake(struct ocs_client *c)
{
	uint64_t one = 1;
	int saved = errno;

	if (write(c->wake_fd, &one, sizeof(one)) < 0)
		errno = saved;	/* full: it is awake */
}

/* A wake has done its work once a request ended. */
static void drain(struct ocs_client *c)
{
	uint64_t n;

	while (read(c->wake_fd, &n, sizeof(n)) > 0)
		;
}

static unsigned int left_ms(uint64_t end_ms)
{
	uint64_t now_ms = ocs_clock_mono_ms();

	return now_ms < end_ms ? (unsigned int) (end_ms - now_ms) : 0;
}

/* One try, with the session that we have or get. */
static int attempt(struct ocs_client *c, struct ocs_http_request *rq,
		   uint64_t end_ms, struct ocs_http_reply *reply,
		   struct ocs_error *err)
{
	memset(reply, 0, sizeof(*reply));
	if (ocs_auth_ready(c->auth, c->http, left_ms(end_ms), c->wake_fd,
			   err) < 0)
		return -1;
	rq->authorization = ocs_auth_header(c->auth);
	rq->timeout_ms = left_ms(end_ms);
	return ocs_http_perform(c->http, rq, reply, err);
}

static int send_it(struct ocs_client *c, struct ocs_http_request *rq,
		   unsigned int timeout_ms, struct ocs_http_reply *reply,
		   struct ocs_error *err)
{
	uint64_t end_ms = ocs_clock_mono_ms() + timeout_ms;

	if (attempt(c, rq, end_ms, reply, err) < 0)
		return -1;
	/* the agent was restarted and knows no session of before; or it does
	 * not know our certificate */
	if (reply->status == 401 && ocs_auth_forget(c->auth)) {
		free(reply->body);
		return attempt(c, rq, end_ms, reply, err);
	}
	return 0;
}

int ocs_client_request(struct ocs_client *c, const char *method,
		       const char *path, const char *body,
		       unsigned int timeout_ms, int *status, char **reply,
		       size_t *len, struct ocs_error *err)
{
	struct ocs_http_request rq = {
		.method = method, .path = path, .body = body,
		.reply_max = OCS_BODY_MAX, .wake_fd = c->wake_fd,
	};
	struct ocs_http_reply rp;
	int rc = 0;

	if (status)
		*status = 0;
	if (send_it(c, &rq, timeout_ms, &rp, err) < 0) {
		drain(c);
		return -1;
	}
	if (status)
		*status = rp.status;
	if (rp.status < 200 || rp.status > 299) {
		ocs_wire_decode_problem(rp.status, rp.body, rp.len, err);
		rc = -1;
	} else {
		if (len)
			*len = rp.len;
		if (reply) {
			*reply = rp.body;
			rp.body = NULL;		/* the caller's now */
		}
	}
	free(rp.body);
	return rc;
}

int ocs_client_ping(struct ocs_client *c, struct ocs_ping *ping,
		    unsigned int timeout_ms, struct ocs_error *err)
{
	char *reply = NULL;
	size_t len = 0;
	int rc;

	if (ocs_client_request(c, "GET", "/v1/ping", NULL, timeout_ms, NULL,
			       &reply, &len, err) < 0)
		return -1;
	rc = ocs_wire_decode_ping(reply, len, ping, err);
	free(reply);
	return rc;
}

int ocs_client_state(struct ocs_client *c, uint64_t since, unsigned int wait_s,
		     struct ocs_state **state, unsigned int timeout_ms,
		     struct ocs_error *err)
{
	struct ocs_state *got;
	char *reply = NULL;
	char path[96];
	size_t len = 0;

	if (wait_s)
		snprintf(path, sizeof(path),
			 "/v1/state?since=%" PRIu64 "&wait=%u", since, wait_s);
	else
		snprintf(path, sizeof(path), "/v1/state");
	if (ocs_client_request(c, "GET", path, NULL, timeout_ms, NULL, &reply,
			       &len, err) < 0)
		return -1;
	got = ocs_wire_decode_state(reply, len, err);
	free(reply);
	if (!got)
		return -1;
	*state = got;
	return 0;
}

int ocs_client_epoch(struct ocs_client *c, const char *cluster,
		     uint64_t *epoch, unsigned int timeout_ms,
		     struct ocs_error *err)
{
	char path[OCS_NAME_MAX + 32];
	char *reply = NULL;
	size_t len = 0;
	int rc;

	snprintf(path, sizeof(path), "/v1/clusters/%s/epoch", cluster);
	if (ocs_client_request(c, "POST", path, "{}", timeout_ms, NULL, &reply,
			       &len, err) < 0)
		return -1;
	rc = ocs_wire_decode_u64(reply, len, "controller_epoch", epoch, err);
	free(reply);
	return rc;
}

int ocs_client_commit(struct ocs_client *c, const struct ocs_lease *lease,
		      struct ocs_lease **got, unsigned int timeout_ms,
		      struct ocs_error *err)
{
	struct ocs_lease *answer = NULL;
	char *body = NULL, *reply = NULL;
	char path[OCS_LEASE_ID_MAX + 32];
	size_t len = 0;
	int rc = -1;

	if (!(body = ocs_wire_encode_lease(lease))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	snprintf(path, sizeof(path), "/v1/leases/%s/commit", lease->id);
	if (ocs_client_request(c, "POST", path, body, timeout_ms, NULL, &reply,
			       &len, err) < 0)
		goto out;
	if (!(answer = ocs_wire_decode_lease(reply, len, err)))
		goto out;
	if (strcmp(answer->id, lease->id)) {
		ocs_fail(err, OCS_SYNTAX,
			 "the agent answers for another lease (%.8s)",
			 answer->id);
		goto out;
	}
	if (got) {
		*got = answer;
		answer = NULL;		/* the caller's now */
	}
	rc = 0;
out:
	ocs_lease_destroy(answer);
	free(reply);
	free(body);
	return rc;
}

int ocs_client_release(struct ocs_client *c, const char *id, uint64_t epoch,
		       const char *why, int64_t ended_s,
		       unsigned int timeout_ms, struct ocs_error *err)
{
	char path[192];
	int n;

	n = snprintf(path, sizeof(path),
		     "/v1/leases/%.32s?controller_epoch=%" PRIu64 "&why=%.20s",
		     id, epoch, why);
	if (ended_s > 0)
		snprintf(path + n, sizeof(path) - (size_t) n,
			 "&ended_s=%" PRId64, ended_s);
	return ocs_client_request(c, "DELETE", path, NULL, timeout_ms, NULL,
				  NULL, NULL, err);
}

int ocs_client_modify(struct ocs_client *c, const char *id,
		      const struct ocs_modify *mod, unsigned int timeout_ms,
		      struct ocs_error *err)
{
	char path[OCS_LEASE_ID_MAX + 32];
	char *body = ocs_wire_encode_modify(mod);
	int rc;

	if (!body)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	snprintf(path, sizeof(path), "/v1/leases/%.32s", id);
	rc = ocs_client_request(c, "PATCH", path, body, timeout_ms, NULL, NULL,
				NULL, err);
	free(body);
	return rc;
}

int ocs_client_compute(struct ocs_client *c, const char *cluster,
		       const struct ocs_compute *compute,
		       unsigned int timeout_ms, struct ocs_error *err)
{
	char path[OCS_NAME_MAX + 32];
	char *body = ocs_wire_encode_compute(compute, false);
	int rc;

	if (!body)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	snprintf(path, sizeof(path), "/v1/clusters/%.63s/compute", cluster);
	rc = ocs_client_request(c, "PUT", path, body, timeout_ms, NULL, NULL,
				NULL, err);
	free(body);
	return rc;
}
