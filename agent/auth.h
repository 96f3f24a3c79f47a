/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth - who a request comes from
 *
 * On a Unix socket the kernel says. Over TCP a munge credential made for this
 * one request (its payload is "METHOD TARGET"), the token of a session that
 * such a credential opened, or, without either, the client's certificate if a
 * Certificate= binds one of its names. A certificate that is no good is
 * refused whatever comes with it. Refusals are logged, each cause once a minute
 * for each peer; credentials and tokens never are. Thread safe.
 */
#ifndef OCS_AGENT_AUTH_H
#define OCS_AGENT_AUTH_H

#include "agent/caller.h"
#include "agent/conf.h"
#include "agent/tls.h"
#include "common/core/error.h"

/* A session: life in s, of one user at most so many, in all so many. */
#define OCS_SESSION_S 600
#define OCS_SESSIONS_PER_USER 64
#define OCS_SESSIONS_MAX 4096
/* 128 random bits in hexadecimal, with NUL. */
#define OCS_TOKEN_MAX 33

struct ocs_auth;

struct ocs_auth_try {
	bool peer;		/* Unix socket: peer_uid is the kernel's word */
	uid_t peer_uid;
	const char *authorization;	/* header, or NULL */
	const char *method;
	const char *target;	/* as in the request line */
	const char *from;	/* the peer's address, for the log; NULL: none */
	const struct ocs_tls_peer *cert;	/* NULL: no TLS */
};

struct ocs_auth *ocs_auth_create(const struct ocs_agent_users *users,
				 const char *munge_socket,
				 struct ocs_error *err);
void ocs_auth_destroy(struct ocs_auth *auth);
/* Take over other users; sessions stay, their roles follow. */
void ocs_auth_users(struct ocs_auth *auth,
		    const struct ocs_agent_users *users);
/* 0 with *CALLER, or -1 with ERR set (OCS_UNAUTH). A munge credential is used
 * up by this. */
int ocs_auth_check(struct ocs_auth *auth, const struct ocs_auth_try *try,
		   struct ocs_caller *caller, struct ocs_error *err);
/* A connection from FROM ended before it asked for anything. */
void ocs_auth_silent(struct ocs_auth *auth, const char *from);
/* Open a session for CALLER, who must not come by a session or certificate. */
int ocs_auth_session(struct ocs_auth *auth, const struct ocs_caller *caller,
		     char token[static OCS_TOKEN_MAX], struct ocs_error *err);

#endif
