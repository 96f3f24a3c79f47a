/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compute - what each cluster last told of its compute, and how old that is
 *
 * Its age is on the agent's monotonic clock, plus what it had when it came.
 * Thread safe. Neither routing nor booking looks at it.
 */
#ifndef OCS_AGENT_COMPUTE_H
#define OCS_AGENT_COMPUTE_H

#include "agent/caller.h"
#include "agent/engine.h"
#include "common/wire/wire_compute.h"

struct ocs_computes;

/* With what the ledger has. ENGINE is borrowed and outlives it. NULL with ERR
 * set. */
struct ocs_computes *ocs_computes_create(struct ocs_engine *engine,
					 struct ocs_error *err);
void ocs_computes_destroy(struct ocs_computes *t);

/*
 * Keep C, taken over even on failure, for C->cluster instead of what was
 * there. 0, or -1 with ERR set: OCS_NOT_FOUND no such cluster, OCS_RANGE it
 * names a site that the agent has not, or is of the future or too old.
 */
int ocs_computes_put(struct ocs_computes *t, struct ocs_compute *c,
		     struct ocs_error *err);
/* {"clusters":[...]} of those that CALLER writes for. NULL: out of memory. */
char *ocs_computes_text(struct ocs_computes *t,
			const struct ocs_caller *caller);

#endif
