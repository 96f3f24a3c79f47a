/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats - what the engine counts about itself, at one moment
 *
 * Counters begin at 0 when the engine is made and only grow. Nothing here
 * names a lease, a job or a user.
 */
#ifndef OCS_AGENT_STATS_H
#define OCS_AGENT_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/attach.h"
#include "agent/driver.h"
#include "common/core/defaults.h"
#include "common/core/lease.h"
#include "common/core/net.h"

/* How often something took how long: bucket i has what took at most its bound,
 * the last one all the rest. */
#define OCS_TIMES_MAX 16
struct ocs_times {
	uint64_t bucket[OCS_TIMES_MAX];
	uint64_t sum_us;
};
/* Upper bounds in us, ascending. */
struct ocs_times_bounds {
	unsigned int n;			/* < OCS_TIMES_MAX */
	uint64_t us[OCS_TIMES_MAX];
};
void ocs_times_add(struct ocs_times *t, const struct ocs_times_bounds *bounds,
		   uint64_t us);
/* Of answers and of the disk: 1 ms to 10 s. */
extern const struct ocs_times_bounds ocs_times_short;
/* Of set-ups: 0.1 s to 20 min. */
extern const struct ocs_times_bounds ocs_times_long;

/* Words of ocs_lease_word() but GONE, in ocs_stats_words[]. */
#define OCS_STATS_WORDS 8
extern const char *const ocs_stats_words[OCS_STATS_WORDS];
#define OCS_STATS_PROVS (OCS_UNKNOWN + 1)
#define OCS_STATS_DATAS (OCS_IMPAIRED + 1)

/* What happened to leases. */
enum ocs_stats_event {
	OCS_EV_HELD, OCS_EV_COMMITTED, OCS_EV_ACTIVE, OCS_EV_REFUSED,
	OCS_EV_FAULT, OCS_EV_EXPIRED, OCS_EV_RELEASED, OCS_EV_OVERDUE,
	OCS_EV_CHANGED, OCS_EV_GONE, OCS_STATS_EVENTS
};
extern const char *const ocs_stats_events[OCS_STATS_EVENTS];

/* What was asked of the driver, and how it ended. */
enum ocs_stats_op {
	OCS_OP_LOOK, OCS_OP_CREATE, OCS_OP_REMOVE, OCS_OP_RESIZE,
	OCS_STATS_OPS
};
extern const char *const ocs_stats_ops[OCS_STATS_OPS];
#define OCS_STATS_OUTCOMES (OCS_DRV_LOST + 1)
extern const char *const ocs_stats_outcomes[OCS_STATS_OUTCOMES];

/* Calls of attachment programs, by enum ocs_attach_end_of. */
#define OCS_STATS_ATTACHED (OCS_ATTACH_FAULT + 1)
extern const char *const ocs_stats_attached[OCS_STATS_ATTACHED];

/* What operations wait for. */
#define OCS_STATS_GATES 9
extern const char *const ocs_stats_gates[OCS_STATS_GATES];	/* [0]: "" */

struct ocs_stats_cluster {
	char name[OCS_NAME_MAX];
	bool brake;
	unsigned int removals;		/* that count against the brake */
	unsigned int held_back;		/* by it */
	uint64_t leases[OCS_STATS_WORDS];
};

struct ocs_stats {
	uint64_t generation;
	bool running;			/* and not stopping */
	uint64_t late_ms;		/* since its worker should have looked */
	bool disk_failed;
	uint64_t transactions;		/* since the start */
	uint64_t unsettled;		/* that somebody waits for */
	struct ocs_times sync;		/* of the disk */
	struct ocs_times setup;		/* from commit to ACTIVE */
	uint64_t event[OCS_STATS_EVENTS];
	uint64_t op[OCS_STATS_OPS][OCS_STATS_OUTCOMES];
	uint64_t attach[2][OCS_STATS_ATTACHED];	/* [1]: attach; [0]: detach */
	unsigned int attach_failing;	/* circuits whose programs fail */
	/* of leases that are not gone */
	uint64_t circuit[OCS_STATS_PROVS][OCS_STATS_DATAS];
	unsigned int strays;		/* lit, and unknown to the ledger */
	unsigned int windows;		/* of maintenance, begun or to come */
	/* Operations that operators' rules keep back, by reason. */
	uint64_t waits[OCS_STATS_GATES];
	struct ocs_net net;		/* owned; booked_bps as it is */
	bool *maintenance;		/* per link: drained or in a window */
	unsigned int nclusters;
	struct ocs_stats_cluster *cluster;	/* owned */
};
void ocs_stats_fini(struct ocs_stats *stats);

#endif
