/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lease - all the circuits that one job run holds, and their states
 *
 * Reservation, provisioning and data plane are axes of their own (NSI CS 2.1);
 * one derived word is shown.
 *
 *  reservation, per lease
 *      hold() --> HELD --commit()--> COMMITTED --release()--> TERMINATED
 *                   |                    +--set-up fails--> FAILED
 *                   +--HoldTTL, release()--> TERMINATED         |
 *                                       TERMINATED <--release()-+
 *  provisioning, per circuit
 *      RELEASED -> PROVISIONING -> PROVISIONED -> RELEASING -> RELEASED
 *      any of the two in the middle -> UNKNOWN (an error whose effect is not
 *      known) -> RELEASING
 *  data plane, per circuit, observed
 *      DOWN <-> UP, UP -> IMPAIRED, DOWN -> RESTORING
 *  schedule, per lease
 *      WAITING --start_s--> IN_TERM --end_s + grace_s--> PAST_END
 *      IN_TERM <--a later end-- PAST_END
 *  administrative, per lease
 *      IN_SERVICE <-> MAINTENANCE (a link of it is drained or in a window)
 *
 * Booked is what is HELD, COMMITTED, or not RELEASED on the provisioning axis
 * (I1). Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_LEASE_H
#define OCS_CORE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/error.h"

enum ocs_resv { OCS_HELD, OCS_COMMITTED, OCS_FAILED, OCS_TERMINATED };
enum ocs_prov {
	OCS_RELEASED, OCS_PROVISIONING, OCS_PROVISIONED, OCS_RELEASING,
	OCS_UNKNOWN
};
enum ocs_data { OCS_DOWN, OCS_UP, OCS_RESTORING, OCS_IMPAIRED };
enum ocs_sched { OCS_IN_TERM, OCS_WAITING, OCS_PAST_END };
enum ocs_admin { OCS_IN_SERVICE, OCS_MAINTENANCE };
/* Why a set-up failed: only a refusal counts against the request. */
enum ocs_blame { OCS_BLAME_NONE, OCS_BLAME_REFUSED, OCS_BLAME_FAULT };

const char *ocs_resv_name(enum ocs_resv v);	/* "HELD" */
const char *ocs_prov_name(enum ocs_prov v);
const char *ocs_data_name(enum ocs_data v);
const char *ocs_sched_name(enum ocs_sched v);
const char *ocs_admin_name(enum ocs_admin v);
const char *ocs_blame_name(enum ocs_blame v);	/* "none|refused|fault" */
/* 0 and *V, or -1 */
int ocs_resv_from_name(const char *name, enum ocs_resv *v);
int ocs_prov_from_name(const char *name, enum ocs_prov *v);
int ocs_data_from_name(const char *name, enum ocs_data *v);
int ocs_sched_from_name(const char *name, enum ocs_sched *v);
int ocs_admin_from_name(const char *name, enum ocs_admin *v);
int ocs_blame_from_name(const char *name, enum ocs_blame *v);

struct ocs_circuit {
	char a[OCS_NAME_MAX];		/* endpoints, names of sites */
	char z[OCS_NAME_MAX];
	uint64_t requested_bps;
	uint64_t granted_bps;		/* what the job may use */
	uint64_t max_latency_us;	/* bound asked for; 0: none */
	uint64_t latency_us;		/* of the route, one way */
	unsigned int nhops;		/* 0: not routed yet */
	enum ocs_prov prov;
	enum ocs_data data;
	int64_t up_ms;			/* when last seen up, Unix ms; 0 never */
	/* What the network was last told to carry; differs from granted_bps
	 * while it is being resized. 0: nothing, or granted_bps. */
	uint64_t lit_bps;
	/* What somebody measured, while it is valid; 0: nothing. Shown beside
	 * latency_us, never used instead of it. */
	uint64_t measured_latency_us;
	int64_t measured_ms;		/* Unix ms */
	/* Names of links; last, see ocs_lease_pack(). */
	char hop[OCS_HOPS_MAX][OCS_NAME_MAX];
};

struct ocs_lease {
	char id[OCS_LEASE_ID_MAX];
	char cluster[OCS_NAME_MAX];
	uint32_t job_id;
	uint32_t user_id;
	char user[OCS_NAME_MAX];
	int64_t submit_s;		/* attributes of the job, never keys */
	uint32_t restart_cnt;
	int64_t start_s;		/* Unix s; 0: at once */
	int64_t end_s;			/* expected, Unix s; 0: no limit */
	uint32_t grace_s;		/* booked on past end_s; 0: the agent's */
	uint64_t controller_epoch;	/* of the writer */
	unsigned int nsites;
	struct {
		char name[OCS_NAME_MAX];
		char *nodes;		/* host list expression, owned */
	} site[OCS_SPAN_MAX];
	unsigned int ncircuits;
	struct ocs_circuit *circuit;	/* owned */
	/* below: set by the agent */
	enum ocs_resv resv;
	enum ocs_sched sched;
	enum ocs_admin admin;
	uint32_t version;		/* 1, and 1 more for each change asked
					 * for; 0: from before there were any */
	enum ocs_blame blame;
	char cause[256];		/* why FAILED or TERMINATED; else "" */
	int64_t held_ms;		/* Unix ms; 0: not yet */
	int64_t committed_ms;
	int64_t active_ms;		/* all circuits up and attached */
	int64_t ended_ms;		/* FAILED or release asked for */
	int64_t gone_ms;		/* all released, nothing booked */
};

struct ocs_lease *ocs_lease_create(void);	/* zeroed, or NULL */
void ocs_lease_destroy(struct ocs_lease *lease);
struct ocs_lease *ocs_lease_copy(const struct ocs_lease *lease); /* or NULL */

/* Give back the room of hops that are not there: from then on LEASE is only
 * read, and copied by ocs_lease_copy() alone. 0, or -1 (out of memory), LEASE
 * then as it was. */
int ocs_lease_pack(struct ocs_lease *lease);

/* The one word that people see: HELD, WAITING (to start), PROVISIONING,
 * ACTIVE, IMPAIRED, OVERDUE, RELEASING, FAILED or GONE (nothing booked any more, whether it FAILED or
 * was TERMINATED: resv and cause say). */
const char *ocs_lease_word(const struct ocs_lease *lease);
/* True while anything of LEASE is booked. */
bool ocs_lease_booked(const struct ocs_lease *lease);
/* True if all circuits are PROVISIONED and UP (I4); false without circuits. */
bool ocs_lease_up(const struct ocs_lease *lease);
/* Same request: id, cluster, job, sites, start, circuits' ends, rates and
 * bounds; states, routes, end, grace and epoch don't count (I3). A granted rate
 * of 0 leaves it to the agent and is the same as any. Of a lease that was
 * changed since (version above 1) start and rates don't count either. */
bool ocs_lease_same_request(const struct ocs_lease *x,
			    const struct ocs_lease *y);
/* Sum of granted rates over the circuits in whole Gb/s, rounded up once:
 * license/optical. */
uint32_t ocs_lease_gbps(const struct ocs_lease *lease);
/* True for 32 lower-case hexadecimal digits. */
bool ocs_lease_id_ok(const char *id);

#endif
