/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth - who we are to the agent
 *
 * Nothing on a Unix socket, where the kernel says it, nor over TLS with a
 * certificate, which says it.  Else a munge credential, good for one request,
 * buys a session token; the token is kept in memory only, is never logged, and
 * is renewed well before it ends.  When the agent does not know a certificate,
 * munge is tried, and the certificate again a while later.
 */
#ifndef OCS_NET_AUTH_H
#define OCS_NET_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/net/http.h"

struct ocs_auth;

/* NULL with ERR set: AT's URL is no good, out of memory. */
struct ocs_auth *ocs_auth_create(const struct ocs_agent_at *at,
				 struct ocs_error *err);
void ocs_auth_destroy(struct ocs_auth *auth);

/*
 * Have a session that lasts for a while, getting one over HTTP if need be.
 * munged is asked with its own limits (some seconds when it does not answer).
 * Returns 0, or -1 with ERR set (OCS_UNAUTH when munge or the agent refuses).
 */
int ocs_auth_ready(struct ocs_auth *auth, struct ocs_http *http,
		   unsigned int timeout_ms, int wake_fd,
		   struct ocs_error *err);

/* The value of the header Authorization, borrowed; NULL: none is needed. */
const char *ocs_auth_header(const struct ocs_auth *auth);

/* When the session ends, ocs_clock_mono_ms(); UINT64_MAX: never. */
uint64_t ocs_auth_end_ms(const struct ocs_auth *auth);

/* The agent answered 401: drop the session, or what said that none is needed.
 * True if another try may do better. */
bool ocs_auth_forget(struct ocs_auth *auth);

#endif
