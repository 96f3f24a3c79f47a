/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold - the one exchange with the agent under slurmctld's locks
 *
 *  ocs_hold_prime()  worker: connects, authenticates, asks once, and lays the
 *                    connection ready
 *  ocs_hold_post()   job_begin: takes it, asks, lays it back; whatever goes
 *                    wrong, it ends at its deadline, and never connects,
 *                    looks up, authenticates or tidies up
 *
 * What fails goes to the trash, which the next prime empties.
 */
#ifndef OCS_NET_HOLD_H
#define OCS_NET_HOLD_H

#include <stdbool.h>

#include "common/core/lease.h"
#include "common/sys/agent_url.h"

struct ocs_hold;

/* A connection is replaced at this age, long before the agent thinks it idle,
 * so that an agent that no longer answers is found out by a prime. */
#define OCS_HOLD_FRESH_MS 15000

/* FRESH_MS: OCS_HOLD_FRESH_MS, less in tests. NULL: out of memory. */
struct ocs_hold *ocs_hold_create(unsigned int fresh_ms);
/* Nobody may use it any more. */
void ocs_hold_destroy(struct ocs_hold *hold);

/*
 * Have a connection to AT ready; a fresh one is kept.  0, or -1 with ERR set
 * and no connection ready.
 */
int ocs_hold_prime(struct ocs_hold *hold, const struct ocs_agent_at *at,
		   unsigned int timeout_ms, struct ocs_error *err);

/* True if a connection is ready. Never blocks. */
bool ocs_hold_ready(struct ocs_hold *hold);

/* Forget the connection: it leads to an agent that is no longer ours. */
void ocs_hold_drop(struct ocs_hold *hold);
/* The worker's: forget it, and close what was forgotten at once. */
void ocs_hold_close(struct ocs_hold *hold);

/* As struct ocslib_ops.hold says. */
int ocs_hold_post(struct ocs_hold *hold, const struct ocs_lease *want,
		  unsigned int deadline_ms, struct ocs_lease **got,
		  bool *maybe_held, struct ocs_error *err);

#endif
