// SPDX-License-Identifier: GPL-2.0-or-later
/* auth - before any route is looked at, every request passes here */
#include "agent/auth.h"

#include <inttypes.h>
#include <munge.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "agent/log.h"
#include "agent/refusals.h"
#include "common/sys/clock.h"

enum cause {
	CAUSE_NONE, CAUSE_SCHEME, CAUSE_REPLAYED, CAUSE_EXPIRED, CAUSE_INVALID,
	CAUSE_OTHER_REQUEST, CAUSE_MUNGED, CAUSE_SESSION, CAUSE_SILENT,
	CAUSE_UNBOUND,
	CAUSE_CERT,		/* and on, by enum ocs_tls_verdict */
	NCAUSES = CAUSE_CERT + OCS_TLS_BAD + 1
};
static const char *const cause_texts[NCAUSES] = {
	[CAUSE_NONE] = "there is no credential: Authorization: Munge CREDENTIAL is expected",
	[CAUSE_SCHEME] = "the Authorization header is neither Munge nor Bearer",
	[CAUSE_REPLAYED] = "the munge credential was used before",
	[CAUSE_EXPIRED] = "the munge credential is expired or from the future",
	[CAUSE_INVALID] = "the munge credential is not valid here",
	[CAUSE_OTHER_REQUEST] = "the munge credential was made for another request: its payload is METHOD TARGET",
	[CAUSE_MUNGED] = "munged can't be asked",
	[CAUSE_SESSION] = "the session is not known or has ended",
	[CAUSE_SILENT] = "a connection to a TLS port ended before its first request: no TLS 1.2 or later, or our certificate was not accepted",
	[CAUSE_UNBOUND] = "the certificate is good, but no Certificate= has one of its names: Authorization: Munge CREDENTIAL is expected",
	[CAUSE_CERT + OCS_TLS_FOREIGN] = "the certificate is not from an authority in TlsClientCA",
	[CAUSE_CERT + OCS_TLS_EXPIRED] = "the certificate is expired",
	[CAUSE_CERT + OCS_TLS_EARLY] = "the certificate is not valid yet",
	[CAUSE_CERT + OCS_TLS_PURPOSE] = "the certificate is not for TLS clients",
	[CAUSE_CERT + OCS_TLS_REVOKED] = "the certificate is revoked",
	[CAUSE_CERT + OCS_TLS_CRL_OLD] = "the list of revoked certificates is out of date, so no certificate is taken",
	[CAUSE_CERT + OCS_TLS_WEAK] = "the certificate's key or signature is too weak",
	[CAUSE_CERT + OCS_TLS_BAD] = "the certificate can't be verified",
};

struct session {
	unsigned char token[OCS_TOKEN_MAX - 1];
	uid_t uid;
	uint64_t until_ms;	/* monotonic; 0: free */
};

struct ocs_auth {
	char munge_socket[108];
	pthread_mutex_t lock;	/* guards all below */
	struct ocs_agent_users users;
	struct session session[OCS_SESSIONS_MAX];
	struct ocs_refusals refusals;
};

struct ocs_auth *ocs_auth_create(const struct ocs_agent_users *users,
				 const char *munge_socket,
				 struct ocs_error *err)
{
	struct ocs_auth *auth = calloc(1, sizeof(*auth));

	if (!auth || pthread_mutex_init(&auth->lock, NULL)) {
		free(auth);
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	auth->users = *users;
	snprintf(auth->munge_socket, sizeof(auth->munge_socket), "%s",
		 munge_socket);
	return auth;
}

void ocs_auth_destroy(struct ocs_auth *auth)
{
	if (!auth)
		return;
	pthread_mutex_destroy(&auth->lock);
	explicit_bzero(auth->session, sizeof(auth->session));
	free(auth);
}

void ocs_auth_users(struct ocs_auth *auth, const struct ocs_agent_users *users)
{
	pthread_mutex_lock(&auth->lock);
	auth->users = *users;
	pthread_mutex_unlock(&auth->lock);
}

static void note(struct ocs_auth *auth, const struct ocs_auth_try *try,
		 enum cause cause, const char *more)
{
	const char *from = try->from ? try->from : "";
	uint64_t since = 0;
	bool say;

	pthread_mutex_lock(&auth->lock);
	say = ocs_refusals_note(&auth->refusals, cause, from,
				ocs_clock_mono_ms(), &since);
	pthread_mutex_unlock(&auth->lock);
	if (say)
		ocs_log("unauthenticated",
			"cause=%s more=%s from=%s suppressed=%" PRIu64,
			ocs_quote(cause_texts[cause]).text,
			ocs_quote(more).text, ocs_quote(from).text, since);
}

static int refuse(struct ocs_auth *auth, const struct ocs_auth_try *try,
		  enum cause cause, const char *more, struct ocs_error *err)
{
	note(auth, try, cause, more);
	return ocs_fail(err, OCS_UNAUTH, "%s", cause_texts[cause]);
}

void ocs_auth_silent(struct ocs_auth *auth, const char *from)
{
	struct ocs_auth_try try = { .from = from };

	note(auth, &try, CAUSE_SILENT, "");
}

/* The role of UID; a cluster's user that is an operator too is an operator. */
static void caller_fill(struct ocs_auth *auth, uid_t uid, enum ocs_via via,
			struct ocs_caller *caller)
{
	const struct ocs_agent_users *u = &auth->users;
	bool operator = uid == 0;

	memset(caller, 0, sizeof(*caller));
	caller->uid = uid;
	caller->via = via;
	pthread_mutex_lock(&auth->lock);
	for (unsigned int i = 0; i < u->noperators; i++)
		operator |= u->op[i].uid == uid;
	for (unsigned int i = 0; i < u->nmeasurers; i++)
		caller->measurer |= u->measurer[i].uid == uid;
	for (unsigned int i = 0; i < u->nclusters; i++)
		if (operator || (u->cluster[i].name[0] &&
				 u->cluster[i].uid == uid))
			strcpy(caller->cluster[caller->nclusters++],
			       u->cluster[i].cluster);
	pthread_mutex_unlock(&auth->lock);
	caller->role = operator ? OCS_ROLE_OPERATOR :
		       caller->nclusters ? OCS_ROLE_CLUSTER : OCS_ROLE_USER;
}

/* ---- munge ---- */

static enum cause munge_cause(munge_err_t rc)
{
	switch (rc) {
	case EMUNGE_CRED_REPLAYED:
		return CAUSE_REPLAYED;
	case EMUNGE_CRED_EXPIRED:
	case EMUNGE_CRED_REWOUND:
		return CAUSE_EXPIRED;
	case EMUNGE_SOCKET:
	case EMUNGE_TIMEOUT:
	case EMUNGE_NO_MEMORY:
	case EMUNGE_SNAFU:
		return CAUSE_MUNGED;
	default:
		return CAUSE_INVALID;
	}
}

/* True if the payload is "METHOD TARGET", nothing more. */
static bool made_for(const struct ocs_auth_try *try, const char *payload,
		     int len)
{
	size_t m = strlen(try->method), t = strlen(try->target);

	if (len > 0 && !payload[len - 1])
		len--;		/* a C string was encoded with its NUL */
	return len >= 0 && (size_t) len == m + 1 + t &&
	       !memcmp(payload, try->method, m) && payload[m] == ' ' &&
	       !memcmp(payload + m + 1, try->target, t);
}

static int check_munge(struct ocs_auth *auth, const struct ocs_auth_try *try,
		       const char *credential, struct ocs_caller *caller,
		       struct ocs_error *err)
{
	munge_ctx_t ctx = munge_ctx_create();
	munge_err_t rc = EMUNGE_NO_MEMORY;
	void *payload = NULL;
	uid_t uid = 0;
	gid_t gid;
	int len = 0;
	bool ours;

	if (ctx && auth->munge_socket[0] &&
	    munge_ctx_set(ctx, MUNGE_OPT_SOCKET, auth->munge_socket) !=
	    EMUNGE_SUCCESS) {
		munge_ctx_destroy(ctx);
		ctx = NULL;
	}
	if (ctx)
		rc = munge_decode(credential, ctx, &payload, &len, &uid, &gid);
	ours = rc == EMUNGE_SUCCESS && payload &&
	       made_for(try, payload, len);
	free(payload);		/* may be there on failure too */
	if (ctx)
		munge_ctx_destroy(ctx);
	if (rc != EMUNGE_SUCCESS)
		return refuse(auth, try, munge_cause(rc), munge_strerror(rc), err);
	if (!ours)
		return refuse(auth, try, CAUSE_OTHER_REQUEST, "", err);
	caller_fill(auth, uid, OCS_VIA_MUNGE, caller);
	return 0;
}

/* ---- sessions ---- */

/* Equal, in a time that does not tell where they differ. */
static bool same_secret(const unsigned char *x, const unsigned char *y,
			size_t n)
{
	volatile unsigned char diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= x[i] ^ y[i];
	return !diff;
}

static int check_session(struct ocs_auth *auth,
			 const struct ocs_auth_try *try, const char *token,
			 struct ocs_caller *caller, struct ocs_error *err)
{
	uint64_t now = ocs_clock_mono_ms();
	bool found = false;
	uid_t uid = 0;

	if (strlen(token) != OCS_TOKEN_MAX - 1)
		return refuse(auth, try, CAUSE_SESSION, "", err);
	pthread_mutex_lock(&auth->lock);
	for (unsigned int i = 0; i < OCS_SESSIONS_MAX; i++) {
		struct session *s = &auth->session[i];

		if (s->until_ms > now &&
		    same_secret(s->token, (const unsigned char *) token,
				sizeof(s->token))) {
			found = true;
			uid = s->uid;
		}
	}
	pthread_mutex_unlock(&auth->lock);
	if (!found)
		return refuse(auth, try, CAUSE_SESSION, "", err);
	caller_fill(auth, uid, OCS_VIA_SESSION, caller);
	return 0;
}

/* Locked. A free place; else the oldest of UID if it has its share. */
static struct session *session_place(struct ocs_auth *auth, uid_t uid,
				     uint64_t now)
{
	struct session *empty = NULL, *oldest = NULL;
	unsigned int own = 0;

	for (unsigned int i = 0; i < OCS_SESSIONS_MAX; i++) {
		struct session *s = &auth->session[i];

		if (s->until_ms <= now) {
			empty = empty ? empty : s;
		} else if (s->uid == uid) {
			own++;
			if (!oldest || s->until_ms < oldest->until_ms)
				oldest = s;
		}
	}
	return own >= OCS_SESSIONS_PER_USER || !empty ? oldest : empty;
}

int ocs_auth_session(struct ocs_auth *auth, const struct ocs_caller *caller,
		     char token[static OCS_TOKEN_MAX], struct ocs_error *err)
{
	unsigned char raw[(OCS_TOKEN_MAX - 1) / 2];
	uint64_t now = ocs_clock_mono_ms();
	struct session *s;

	if (caller->via == OCS_VIA_SESSION || caller->via == OCS_VIA_CERT)
		return ocs_fail(err, OCS_DENIED, "%s",
				caller->via == OCS_VIA_CERT ?
				"a certificate needs no session" :
				"a session can't open another: use a munge credential");
	if (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
		return ocs_fail(err, OCS_IO, "there is no randomness");
	for (size_t i = 0; i < sizeof(raw); i++)
		sprintf(token + 2 * i, "%02x", raw[i]);
	pthread_mutex_lock(&auth->lock);
	if ((s = session_place(auth, caller->uid, now))) {
		memcpy(s->token, token, sizeof(s->token));
		s->uid = caller->uid;
		s->until_ms = now + OCS_SESSION_S * 1000;
	}
	pthread_mutex_unlock(&auth->lock);
	return s ? 0 : ocs_fail(err, OCS_BUSY, "there are too many sessions");
}

/* ---- certificates ---- */

/* True if one of the names in CERT is that of USER. */
static bool is_bound(const struct ocs_agent_user *user,
		     const struct ocs_tls_peer *cert)
{
	for (unsigned int i = 0; user->certificate[0] && i < cert->nnames; i++)
		if (!strcmp(user->certificate, cert->name[i]))
			return true;
	return false;
}

/* The role of CERT: what it is bound to, not what else that user may. */
static int check_cert(struct ocs_auth *auth, const struct ocs_auth_try *try,
		      struct ocs_caller *caller, struct ocs_error *err)
{
	const struct ocs_agent_users *u = &auth->users;
	const struct ocs_tls_peer *cert = try->cert;
	const struct ocs_agent_user *is = NULL;
	bool operator = false;

	memset(caller, 0, sizeof(*caller));
	caller->via = OCS_VIA_CERT;
	pthread_mutex_lock(&auth->lock);
	for (unsigned int i = 0; i < u->noperators; i++)
		if (is_bound(&u->op[i], cert)) {
			operator = true;
			is = &u->op[i];
		}
	for (unsigned int i = 0; i < u->nclusters; i++)
		if (operator || is_bound(&u->cluster[i], cert)) {
			is = operator ? is : &u->cluster[i];
			strcpy(caller->cluster[caller->nclusters++],
			       u->cluster[i].cluster);
		}
	if (is)
		caller->uid = is->uid;
	pthread_mutex_unlock(&auth->lock);
	caller->role = operator ? OCS_ROLE_OPERATOR : OCS_ROLE_CLUSTER;
	return is ? 0 : refuse(auth, try, CAUSE_UNBOUND,
			       cert->nnames ? cert->name[0] : "", err);
}

/* ---- the one entry ---- */

/* What follows SCHEME and blanks in HEADER, or NULL. */
static const char *scheme(const char *header, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(header, name, n) || header[n] != ' ')
		return NULL;
	header += n;
	return header + strspn(header, " ");
}

int ocs_auth_check(struct ocs_auth *auth, const struct ocs_auth_try *try,
		   struct ocs_caller *caller, struct ocs_error *err)
{
	const char *rest;

	if (try->peer) {
		caller_fill(auth, try->peer_uid, OCS_VIA_PEER, caller);
		return 0;
	}
	if (try->cert && try->cert->verdict > OCS_TLS_GOOD)
		return refuse(auth, try, CAUSE_CERT + try->cert->verdict,
			      try->cert->nnames ? try->cert->name[0] : "",
			      err);
	if (!try->authorization && try->cert &&
	    try->cert->verdict == OCS_TLS_GOOD)
		return check_cert(auth, try, caller, err);
	if (!try->authorization)
		return refuse(auth, try, CAUSE_NONE, "", err);
	if ((rest = scheme(try->authorization, "Munge")))
		return check_munge(auth, try, rest, caller, err);
	if ((rest = scheme(try->authorization, "Bearer")))
		return check_session(auth, try, rest, caller, err);
	return refuse(auth, try, CAUSE_SCHEME, "", err);
}
