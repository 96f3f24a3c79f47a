// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hold - select_p_job_begin() waits for this, and the whole cluster with it
 *
 *  H1  A hold ends within its deadline plus one tick of poll(), whatever the
 *      agent does.
 *  H2  It never opens a connection: the callback that would refuses.
 *  H3  A line is with one owner: the slot, one hold, one prime, or the trash.
 *  H4  If the agent may have taken the lease, the caller is told so.
 */
#include "common/net/hold.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/net/auth.h"
#include "common/net/http.h"
#include "common/sys/clock.h"
#include "common/wire/wire.h"

/* A line whose session has less than this left is not used. */
#define SESSION_MARGIN_MS 2000

struct line {
	struct line *next;	/* in the trash */
	struct ocs_http *http;
	char *authorization;	/* NULL: none is needed */
	uint64_t session_end_ms;
	uint64_t made_ms;
	unsigned int era;
};

struct ocs_hold {
	pthread_mutex_t lock;	/* guards slot, trash, era; held for moments */
	struct line *slot;
	struct line *trash;
	unsigned int era;	/* counts drops: older lines are void */
	unsigned int fresh_ms;	/* never changes */
	pthread_mutex_t prime_lock;	/* guards the rest; taken first */
	struct ocs_auth *auth;
	struct ocs_agent_at at;	/* that auth is for */
};

static void line_destroy(struct line *line)
{
	if (!line)
		return;
	ocs_http_destroy(line->http);
	if (line->authorization)
		explicit_bzero(line->authorization,
			       strlen(line->authorization));
	free(line->authorization);
	free(line);
}

struct ocs_hold *ocs_hold_create(unsigned int fresh_ms)
{
	struct ocs_hold *hold = calloc(1, sizeof(*hold));

	if (!hold)
		return NULL;
	hold->fresh_ms = fresh_ms;
	pthread_mutex_init(&hold->lock, NULL);
	pthread_mutex_init(&hold->prime_lock, NULL);
	return hold;
}

/* HOLD's lock is held. */
static void to_trash(struct ocs_hold *hold, struct line *line)
{
	if (!line)
		return;
	line->next = hold->trash;
	hold->trash = line;
}

static void empty_trash(struct ocs_hold *hold)
{
	struct line *line, *next;

	pthread_mutex_lock(&hold->lock);
	line = hold->trash;
	hold->trash = NULL;
	pthread_mutex_unlock(&hold->lock);
	for (; line; line = next) {
		next = line->next;
		line_destroy(line);
	}
}

void ocs_hold_drop(struct ocs_hold *hold)
{
	pthread_mutex_lock(&hold->lock);
	hold->era++;
	to_trash(hold, hold->slot);
	hold->slot = NULL;
	pthread_mutex_unlock(&hold->lock);
}

void ocs_hold_close(struct ocs_hold *hold)
{
	ocs_hold_drop(hold);
	empty_trash(hold);
}

void ocs_hold_destroy(struct ocs_hold *hold)
{
	if (!hold)
		return;
	ocs_hold_close(hold);
	ocs_auth_destroy(hold->auth);
	pthread_mutex_destroy(&hold->prime_lock);
	pthread_mutex_destroy(&hold->lock);
	free(hold);
}

static bool usable(const struct line *line, uint64_t now_ms)
{
	return line && ocs_http_alive(line->http) &&
	       (line->session_end_ms == UINT64_MAX ||
		now_ms + SESSION_MARGIN_MS < line->session_end_ms);
}

bool ocs_hold_ready(struct ocs_hold *hold)
{
	bool ready;

	pthread_mutex_lock(&hold->lock);
	ready = usable(hold->slot, ocs_clock_mono_ms());
	pthread_mutex_unlock(&hold->lock);
	return ready;
}

/* True if the slot holds a line that needs no replacement yet; *ERA is what a
 * new one belongs to. */
static bool fresh(struct ocs_hold *hold, unsigned int *era)
{
	uint64_t now_ms = ocs_clock_mono_ms();
	bool yes;

	pthread_mutex_lock(&hold->lock);
	*era = hold->era;
	yes = usable(hold->slot, now_ms) &&
	      now_ms - hold->slot->made_ms < hold->fresh_ms;
	pthread_mutex_unlock(&hold->lock);
	return yes;
}

/* Put LINE (NULL: none) into the slot. What was there goes to the trash. */
static void swap_in(struct ocs_hold *hold, struct line *line)
{
	pthread_mutex_lock(&hold->lock);
	to_trash(hold, hold->slot);
	hold->slot = NULL;
	if (line && line->era == hold->era)
		hold->slot = line;
	else
		to_trash(hold, line);
	pthread_mutex_unlock(&hold->lock);
}

/* Credentials are kept from one line to the next, for one agent. */
static int set_agent(struct ocs_hold *hold, const struct ocs_agent_at *at,
		     struct ocs_error *err)
{
	if (hold->auth && ocs_agent_at_same(&hold->at, at))
		return 0;
	ocs_auth_destroy(hold->auth);
	hold->at = *at;
	hold->auth = ocs_auth_create(at, err);
	return hold->auth ? 0 : -1;
}

/* One ping over HTTP, which opens the connection. *STATUS of it. */
static int ask_once(struct ocs_hold *hold, struct ocs_http *http,
		    unsigned int timeout_ms, int *status,
		    struct ocs_error *err)
{
	struct ocs_http_request rq = {
		.method = "GET", .path = "/v1/ping",
		.timeout_ms = timeout_ms, .reply_max = OCS_REQUEST_BODY_MAX,
		.wake_fd = -1,
	};
	struct ocs_http_reply reply;
	struct ocs_ping ping;
	int rc;

	*status = 0;
	if (ocs_auth_ready(hold->auth, http, timeout_ms, -1, err) < 0)
		return -1;
	rq.authorization = ocs_auth_header(hold->auth);
	if (ocs_http_perform(http, &rq, &reply, err) < 0)
		return -1;
	*status = reply.status;
	if (reply.status == 200) {
		rc = ocs_wire_decode_ping(reply.body, reply.len, &ping, err);
	} else {
		ocs_wire_decode_problem(reply.status, reply.body, reply.len,
					err);
		rc = -1;
	}
	free(reply.body);
	return rc;
}

static struct line *line_make(struct ocs_hold *hold,
			      const struct ocs_agent_at *at,
			      unsigned int timeout_ms, struct ocs_error *err)
{
	struct line *line = calloc(1, sizeof(*line));
	const char *header;
	int status, rc;

	if (!line) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	if (!(line->http = ocs_http_create(at, err)))
		goto fail;
	rc = ask_once(hold, line->http, timeout_ms, &status, err);
	/* the agent was restarted and knows no session of before; or it does
	 * not know our certificate */
	if (rc < 0 && status == 401 && ocs_auth_forget(hold->auth))
		rc = ask_once(hold, line->http, timeout_ms, &status, err);
	if (rc < 0)
		goto fail;
	if (!ocs_http_alive(line->http)) {
		ocs_fail(err, OCS_IO, "the agent keeps no connection open");
		goto fail;
	}
	header = ocs_auth_header(hold->auth);
	if (header && !(line->authorization = strdup(header))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto fail;
	}
	line->session_end_ms = ocs_auth_end_ms(hold->auth);
	line->made_ms = ocs_clock_mono_ms();
	return line;
fail:
	line_destroy(line);
	return NULL;
}

int ocs_hold_prime(struct ocs_hold *hold, const struct ocs_agent_at *at,
		   unsigned int timeout_ms, struct ocs_error *err)
{
	struct line *line = NULL;
	unsigned int era = 0;
	int rc = 0;

	pthread_mutex_lock(&hold->prime_lock);
	empty_trash(hold);
	if (fresh(hold, &era))
		goto out;
	if (set_agent(hold, at, err) < 0 ||
	    !(line = line_make(hold, at, timeout_ms, err)))
		rc = -1;
	else
		line->era = era;
	/* an agent that does not answer now would cost a hold its deadline */
	swap_in(hold, line);
	empty_trash(hold);
out:
	pthread_mutex_unlock(&hold->prime_lock);
	return rc;
}

static struct line *take(struct ocs_hold *hold)
{
	struct line *line;

	pthread_mutex_lock(&hold->lock);
	line = hold->slot;
	hold->slot = NULL;
	if (line && !usable(line, ocs_clock_mono_ms())) {
		to_trash(hold, line);
		line = NULL;
	}
	pthread_mutex_unlock(&hold->lock);
	return line;
}

/* LINE comes back, GOOD if it can be used again. */
static void lay_back(struct ocs_hold *hold, struct line *line, bool good)
{
	pthread_mutex_lock(&hold->lock);
	if (good && !hold->slot && line->era == hold->era)
		hold->slot = line;
	else
		to_trash(hold, line);
	pthread_mutex_unlock(&hold->lock);
}

/* The answer must be the lease that was asked for, held. */
static int check(const struct ocs_lease *want, const struct ocs_lease *got,
		 struct ocs_error *err)
{
	if (strcmp(want->id, got->id))
		return ocs_fail(err, OCS_SYNTAX,
				"the agent answers for another lease (%.8s)",
				got->id);
	if (got->resv != OCS_HELD && got->resv != OCS_COMMITTED)
		return ocs_fail(err, OCS_CONFLICT,
				"the agent says that the lease is %s",
				ocs_lease_word(got));
	if (got->ncircuits != want->ncircuits)
		return ocs_fail(err, OCS_SYNTAX,
				"the agent holds %u circuits instead of %u",
				got->ncircuits, want->ncircuits);
	return 0;
}

static int read_answer(const struct ocs_lease *want,
		       const struct ocs_http_reply *reply,
		       struct ocs_lease **got, bool *maybe_held,
		       struct ocs_error *err)
{
	struct ocs_lease *lease;

	if (reply->status != 200 && reply->status != 201) {
		/* a refusal is one; after anything else who knows (H4) */
		*maybe_held = reply->status < 400 || reply->status > 499;
		ocs_wire_decode_problem(reply->status, reply->body,
					reply->len, err);
		return -1;
	}
	*maybe_held = true;
	if (!(lease = ocs_wire_decode_lease(reply->body, reply->len, err)))
		return -1;
	if (check(want, lease, err) < 0) {
		ocs_lease_destroy(lease);
		return -1;
	}
	*maybe_held = false;		/* it is certain */
	*got = lease;
	return 0;
}

int ocs_hold_post(struct ocs_hold *hold, const struct ocs_lease *want,
		  unsigned int deadline_ms, struct ocs_lease **got,
		  bool *maybe_held, struct ocs_error *err)
{
	struct ocs_http_request rq = {
		.method = "POST", .path = "/v1/leases",
		.timeout_ms = deadline_ms, .reply_max = OCS_REQUEST_BODY_MAX,
		.no_connect = true, .wake_fd = -1,
	};
	struct ocs_http_reply reply;
	struct line *line;
	char *body;
	int rc;

	*maybe_held = false;
	if (!(line = take(hold)))
		return ocs_fail(err, OCS_IO,
				"no connection to the agent is ready");
	if (!(body = ocs_wire_encode_lease(want))) {
		lay_back(hold, line, true);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	rq.body = body;
	rq.authorization = line->authorization;
	if ((rc = ocs_http_perform(line->http, &rq, &reply, err)) < 0)
		*maybe_held = reply.sent;
	lay_back(hold, line, rc == 0 && reply.status != 401);
	if (rc == 0)
		rc = read_answer(want, &reply, got, maybe_held, err);
	free(reply.body);
	free(body);
	return rc;
}
