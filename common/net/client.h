/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client - requests to the agent, authenticated
 *
 * For those that may wait: opticalctl, the plugins' worker and watcher.  What
 * may not (the hold under slurmctld's locks) is in ocslib.h.
 *
 * An ocs_client keeps one connection and is used by one thread at a time; only
 * ocs_client_wake() may be called by others.  It never logs and raises no
 * signal.
 *
 * Who we are: see auth.h.
 */
#ifndef OCS_NET_CLIENT_H
#define OCS_NET_CLIENT_H

#include <stddef.h>

#include "common/core/error.h"
#include "common/core/lease.h"
#include "common/core/maint.h"
#include "common/sys/agent_url.h"
#include "common/wire/wire.h"
#include "common/wire/wire_compute.h"

struct ocs_client;

/*
 * A client of the agent that AT, which is copied, leads to (agent_url.h).
 * Nothing is sent before the first request.  NULL with ERR set: OCS_SYNTAX,
 * OCS_RANGE, OCS_UNSUPPORTED (http beyond loopback), OCS_NOT_FOUND and
 * OCS_DENIED (its files), OCS_NOMEM.
 */
struct ocs_client *ocs_client_create(const struct ocs_agent_at *at,
				     struct ocs_error *err);
void ocs_client_destroy(struct ocs_client *c);

/*
 * Send METHOD ("GET", "POST", "DELETE", "PATCH", "PUT") PATH ("/v1/leases?all=1", query
 * escaped by the caller) with BODY (JSON; NULL: none) and wait for the whole
 * answer, at most TIMEOUT_MS over everything.
 * Returns 0 for 2xx with *STATUS, *REPLY (NUL-terminated, the caller frees;
 * "" when empty) and *LEN; each of the three may be NULL.
 * Otherwise -1 with ERR set: a problem document as the agent says it, with its
 * status in *STATUS; OCS_IO no connection or broken off, OCS_TIMEOUT,
 * OCS_UNAUTH, OCS_RANGE an answer above OCS_BODY_MAX; *STATUS is then 0.
 * Sent again when a kept connection turns out to be closed, and once after 401
 * with a fresh session: all that the agent offers may be repeated (I3).
 */
int ocs_client_request(struct ocs_client *c, const char *method,
		       const char *path, const char *body,
		       unsigned int timeout_ms, int *status, char **reply,
		       size_t *len, struct ocs_error *err);

/* End the request that is under way, or else the next one, with OCS_IO.
 * Safe in any thread and in a signal handler. */
void ocs_client_wake(struct ocs_client *c);

/*
 * The calls that have a meaning.  Each returns 0, or -1 with ERR as above;
 * an answer that can't be understood is OCS_SYNTAX.
 */
/* Who we are to the agent and what it is. */
int ocs_client_ping(struct ocs_client *c, struct ocs_ping *ping,
		    unsigned int timeout_ms, struct ocs_error *err);
/* The whole state. With SINCE its generation and WAIT_S > 0 the agent waits
 * that long for a change. *STATE is the caller's. */
int ocs_client_state(struct ocs_client *c, uint64_t since, unsigned int wait_s,
		     struct ocs_state **state, unsigned int timeout_ms,
		     struct ocs_error *err);
/* A new controller epoch for CLUSTER. */
int ocs_client_epoch(struct ocs_client *c, const char *cluster,
		     uint64_t *epoch, unsigned int timeout_ms,
		     struct ocs_error *err);
/* Commit LEASE; *GOT (may be NULL) is the caller's. */
int ocs_client_commit(struct ocs_client *c, const struct ocs_lease *lease,
		      struct ocs_lease **got, unsigned int timeout_ms,
		      struct ocs_error *err);
/* Tell what CLUSTER has: see wire_compute.h. */
int ocs_client_compute(struct ocs_client *c, const char *cluster,
		       const struct ocs_compute *compute,
		       unsigned int timeout_ms, struct ocs_error *err);
/* Change lease ID: OCS_BUSY, OCS_CONFLICT, OCS_STALE, OCS_RANGE, OCS_NOT_FOUND
 * as the agent says. */
int ocs_client_modify(struct ocs_client *c, const char *id,
		      const struct ocs_modify *mod, unsigned int timeout_ms,
		      struct ocs_error *err);
/* Release lease ID; ENDED_S 0: unknown. OCS_NOT_FOUND is for the caller to
 * judge. */
int ocs_client_release(struct ocs_client *c, const char *id, uint64_t epoch,
		       const char *why, int64_t ended_s,
		       unsigned int timeout_ms, struct ocs_error *err);

#endif
