// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * auth - munge credentials and session tokens, for requests over TCP
 */
#include "common/net/auth.h"

#include <munge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/sys/clock.h"
#include "common/wire/wire.h"

#define SESSION_PATH "/v1/sessions"
/* Sessions with less than this left, or half of their life, are renewed. */
#define RENEW_MS 120000
#define TOKEN_MAX 256
/* A certificate that the agent did not know is shown again after this: its
 * Certificate= may be there by now. */
#define CERT_AGAIN_MS 10000
/* expires_s is how long the session lasts: ten minutes, never days */
#define SESSION_MAX_S 86400

struct ocs_auth {
	bool needed;		/* a session is */
	bool cert;		/* we have a certificate; it was of no use if
				 * NEEDED, and is tried again then: */
	uint64_t again_ms;	/* monotonic */
	char munge_socket[256];
	char header[sizeof("Bearer ") + TOKEN_MAX];	/* "": no session */
	uint64_t renew_ms;	/* monotonic */
	uint64_t end_ms;
};

struct ocs_auth *ocs_auth_create(const struct ocs_agent_at *at,
				 struct ocs_error *err)
{
	struct ocs_agent_url url;
	struct ocs_auth *auth;

	if (ocs_agent_url_parse(at->url, &url, err) < 0)
		return NULL;
	if (!(auth = calloc(1, sizeof(*auth)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	auth->cert = url.tls && *at->cert;
	auth->needed = !*url.path && !auth->cert;
	strcpy(auth->munge_socket, at->munge_socket);
	return auth;
}

void ocs_auth_destroy(struct ocs_auth *auth)
{
	if (!auth)
		return;
	explicit_bzero(auth, sizeof(*auth));
	free(auth);
}

/* "Munge CRED" for one request, the caller's; or NULL with ERR set. */
static char *credential(const struct ocs_auth *auth, const char *payload,
			struct ocs_error *err)
{
	char *cred = NULL, *header = NULL;
	munge_err_t rc = EMUNGE_NO_MEMORY;
	munge_ctx_t ctx = munge_ctx_create();

	if (!ctx)
		goto out;
	if (*auth->munge_socket &&
	    (rc = munge_ctx_set(ctx, MUNGE_OPT_SOCKET,
				auth->munge_socket)) != EMUNGE_SUCCESS)
		goto out;
	if ((rc = munge_encode(&cred, ctx, payload,
			       (int) strlen(payload))) != EMUNGE_SUCCESS)
		goto out;
	if ((header = malloc(strlen(cred) + sizeof("Munge "))))
		sprintf(header, "Munge %s", cred);
	else
		rc = EMUNGE_NO_MEMORY;
out:
	if (rc != EMUNGE_SUCCESS)
		ocs_fail(err, OCS_UNAUTH, "munge gives no credential: %s",
			 (ctx && munge_ctx_strerror(ctx)) ?
				 munge_ctx_strerror(ctx) : munge_strerror(rc));
	free(cred);
	if (ctx)
		munge_ctx_destroy(ctx);
	return header;
}

/* What may stand in a header (RFC 6750). */
static bool token_ok(const char *token)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._~+/=";

	return *token && !token[strspn(token, allowed)];
}

static int take_session(struct ocs_auth *auth,
			const struct ocs_http_reply *reply, uint64_t asked_ms,
			struct ocs_error *err)
{
	char token[TOKEN_MAX];
	uint64_t expires_s = 0, life_ms;

	if (ocs_wire_decode_string(reply->body, reply->len, "token", token,
				   sizeof(token), err) < 0 ||
	    ocs_wire_decode_u64(reply->body, reply->len, "expires_s",
				&expires_s, err) < 0)
		return -1;
	if (!token_ok(token) || expires_s < 1 || expires_s > SESSION_MAX_S)
		return ocs_fail(err, OCS_SYNTAX,
				"the agent's session can't be used");
	life_ms = expires_s * 1000;
	snprintf(auth->header, sizeof(auth->header), "Bearer %s", token);
	auth->end_ms = asked_ms + life_ms;
	auth->renew_ms = auth->end_ms -
			 (life_ms > 2 * RENEW_MS ? RENEW_MS : life_ms / 2);
	explicit_bzero(token, sizeof(token));
	return 0;
}

static int get_session(struct ocs_auth *auth, struct ocs_http *http,
		       unsigned int timeout_ms, int wake_fd,
		       struct ocs_error *err)
{
	uint64_t asked_ms = ocs_clock_mono_ms(), spent_ms;
	struct ocs_http_request rq = {
		.method = "POST", .path = SESSION_PATH, .body = "{}",
		.reply_max = OCS_REQUEST_BODY_MAX, .wake_fd = wake_fd,
	};
	struct ocs_http_reply reply;
	char *header;
	int rc;

	if (!(header = credential(auth, "POST " SESSION_PATH, err)))
		return -1;
	spent_ms = ocs_clock_mono_ms() - asked_ms;
	rq.timeout_ms = spent_ms < timeout_ms ?
				timeout_ms - (unsigned int) spent_ms : 0;
	rq.authorization = header;
	rc = ocs_http_perform(http, &rq, &reply, err);
	explicit_bzero(header, strlen(header));
	free(header);
	if (rc < 0)
		return -1;
	if (reply.status < 200 || reply.status > 299) {
		ocs_wire_decode_problem(reply.status, reply.body, reply.len,
					err);
		rc = -1;
	} else {
		rc = take_session(auth, &reply, asked_ms, err);
	}
	explicit_bzero(reply.body, reply.len);
	free(reply.body);
	return rc;
}

int ocs_auth_ready(struct ocs_auth *auth, struct ocs_http *http,
		   unsigned int timeout_ms, int wake_fd, struct ocs_error *err)
{
	struct ocs_error why;

	if (auth->cert && auth->needed && ocs_clock_mono_ms() >= auth->again_ms)
		auth->needed = false;
	if (!auth->needed ||
	    (*auth->header && ocs_clock_mono_ms() < auth->renew_ms))
		return 0;
	explicit_bzero(auth->header, sizeof(auth->header));
	if (get_session(auth, http, timeout_ms, wake_fd, &why) == 0)
		return 0;
	if (!auth->cert)
		return ocs_fail(err, why.code, "%s", why.text);
	auth->needed = false;
	return ocs_fail(err, why.code,
			"the agent has no role for our certificate; and without it: %s",
			why.text);
}

const char *ocs_auth_header(const struct ocs_auth *auth)
{
	return auth->needed ? auth->header : NULL;
}

uint64_t ocs_auth_end_ms(const struct ocs_auth *auth)
{
	return auth->needed ? auth->end_ms : UINT64_MAX;
}

bool ocs_auth_forget(struct ocs_auth *auth)
{
	bool had = *auth->header;

	if (auth->cert && !auth->needed) {
		auth->again_ms = ocs_clock_mono_ms() + CERT_AGAIN_MS;
		return auth->needed = true;	/* a session is kept */
	}
	explicit_bzero(auth->header, sizeof(auth->header));
	return had;
}
