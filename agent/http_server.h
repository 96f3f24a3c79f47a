/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_server - HTTP/1.1 on Unix and TCP sockets, TLS on the latter if there
 * is any; libmicrohttpd stops at http_*.c
 *
 * Sizes, connections and times are bounded; requests that wait take no thread.
 * Sockets are bound first (perhaps as root) and answer only after start:
 * whoever connects before that is refused.
 */
#ifndef OCS_AGENT_HTTP_SERVER_H
#define OCS_AGENT_HTTP_SERVER_H

#include "agent/api.h"
#include "agent/conf.h"
#include "agent/tls.h"
#include "common/core/error.h"

struct ocs_http;

/* Bind all LISTEN[0..N). NULL with ERR set: OCS_CONFLICT somebody listens
 * there already, OCS_IO. */
struct ocs_http *ocs_http_bind(const struct ocs_agent_listen *listen,
			       unsigned int n, struct ocs_error *err);
/* Bind LISTEN[0..N) too, for anybody: what public.h answers, no more. 0 or -1
 * with ERR as above. */
int ocs_http_bind_public(struct ocs_http *http,
			 const struct ocs_agent_listen *listen,
			 unsigned int n, struct ocs_error *err);
/* From now on certificates are by TLS, whose reference is taken over (NULL:
 * plain HTTP). Whether there is TLS is settled by the first call before start;
 * connections that are there keep theirs. */
void ocs_http_tls(struct ocs_http *http, struct ocs_tls *tls);
/* Answer by API, which outlives the server. Logs where. 0 or -1 with ERR. */
int ocs_http_start(struct ocs_http *http, struct ocs_api *api,
		   struct ocs_error *err);
/* Something changed: requests that wait for that are looked at again. Never
 * blocks for long; any thread. */
void ocs_http_wake(struct ocs_http *http);
/* The same for those that wait for the disk, up to SEQ (UINT64_MAX: all of
 * them, now and later). */
void ocs_http_settled(struct ocs_http *http, uint64_t seq);
/* Take no more connections, answer those that wait, end; the Unix sockets'
 * files are removed. */
void ocs_http_stop(struct ocs_http *http);
void ocs_http_destroy(struct ocs_http *http);

#endif
