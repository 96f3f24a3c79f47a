/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http - one HTTP/1.1 connection to the agent
 *
 * Plain HTTP to one Unix socket or loopback port, where no names are looked up;
 * or TLS 1.2 and later to one host, whose certificate must be for it and from
 * our authority; that is libcurl's, and stops at http_curl.c.  No proxy, no
 * redirect, no other protocol.  No signal is raised, no descriptor is inherited.
 * Every request ends at its deadline, to the millisecond that poll() has,
 * whatever the peer does.
 *
 * An ocs_http belongs to one thread at a time.
 */
#ifndef OCS_NET_HTTP_H
#define OCS_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/core/error.h"
#include "common/sys/agent_url.h"

struct ocs_http;

struct ocs_http_request {
	const char *method;
	const char *path;		/* with its query */
	const char *authorization;	/* NULL: none */
	const char *body;		/* JSON; NULL: none */
	unsigned int timeout_ms;
	size_t reply_max;		/* bytes of body */
	/* Use the connection that is there; never open one.  A failure then
	 * leaves only ocs_http_destroy() to do, and that is left to a thread
	 * that may wait. */
	bool no_connect;
	int wake_fd;	/* readable: end with OCS_IO; -1: none */
};

struct ocs_http_reply {
	int status;	/* 0: no whole answer came */
	char *body;	/* NUL-terminated, the caller's; NULL after -1 */
	size_t len;
	bool sent;	/* the peer may have seen some of the request; known
			 * for no_connect only, otherwise true */
};

/* NULL with ERR set: out of memory, or AT's URL or files are no good (these are
 * looked at here, and read when a connection is opened). Connects to nothing
 * yet. */
struct ocs_http *ocs_http_create(const struct ocs_agent_at *at,
				 struct ocs_error *err);
void ocs_http_destroy(struct ocs_http *h);

/*
 * Returns 0 with *REPLY for every whole answer, whatever its status; or -1
 * with ERR set: OCS_TIMEOUT, OCS_IO, OCS_RANGE (more than reply_max),
 * OCS_NOMEM.  *REPLY is always filled.
 * A kept connection that turns out to be closed is replaced and the request
 * sent again, unless no_connect.
 */
int ocs_http_perform(struct ocs_http *h, const struct ocs_http_request *rq,
		     struct ocs_http_reply *reply, struct ocs_error *err);

/* True if a connection is open, idle, and not closed by the peer. Never
 * blocks. */
bool ocs_http_alive(const struct ocs_http *h);

#endif
