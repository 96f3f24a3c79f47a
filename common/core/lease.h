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
 *      DOWN <-> UP; DOWN: of one that was up, nobody restores it
 *      DOWN -> RESTORING: somebody does; -> UP, or DOWN when it takes too long
 *      UP <-> IMPAIRED: lit, but it flaps or a bound of it is broken
 *  schedule, per lease
 *      WAITING --start_s--> IN_TERM --end_s + grace_s--> PAST_END
 *      IN_TERM <--a later end-- PAST_END
 *  administrative, per lease
 *      IN_SERVICE <-> MAINTENANCE (a link of it is drained or in a window)
 *
 *  attachment, per circuit: see attach.h
 *
 * Booked is what is HELD, COMMITTED, not RELEASED on the provisioning axis or
 * not DETACHED (I1). Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_LEASE_H
#define OCS_CORE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/attach.h"
#include "common/core/defaults.h"
#include "common/core/error.h"
#include "common/core/request.h"

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
	bool latency_reported;		/* latency_us: the network says so */
	bool energy_unknown;		/* a link that it was on has no Energy= */
	/* Since when latency_us is so, Unix ms: it was read back, or the circuit
	 * went another way. 0: since it was routed. */
	int64_t latency_ms;
	int64_t up_ms;			/* when last seen up, Unix ms; 0 never */
	/* What the network was last told to carry; differs from granted_bps
	 * while it is being resized. 0: nothing, or granted_bps. */
	uint64_t lit_bps;
	/* What somebody measured, while it counts; 0: nothing. Beats latency_us;
	 * filled in where a lease is shown. */
	uint64_t measured_latency_us;
	int64_t measured_ms;		/* Unix ms */
	enum ocs_protect protect;	/* asked for */
	uint32_t mtu;			/* bytes, of the ports where it ends; 0:
					 * not known */
	uint64_t max_delay_variation_us;	/* asked for; 0: none */
	/* Most of the time that its route may fail, in 1e-9, below OCS_PPB
	 * (diverse or 1+1: both routes at once); asked for; 0: none. */
	uint32_t max_unavailable_ppb;
	uint64_t delay_variation_us;	/* of the worst member's route */
	/* What it took until the lease's billed_ms, and takes since: see
	 * bill.h. */
	float joule, cost, watt, cost_per_h;
	/* Owned; NULL: there is nothing to do or to tell at its ends. */
	struct ocs_attachment *at;
	/* Names of links; last, see ocs_lease_pack(). */
	char hop[OCS_HOPS_MAX][OCS_NAME_MAX];
};

/*
 * One signal of a circuit: from port to port over links, in one wavelength
 * each. Members that are not standby carry equal parts, see
 * ocs_lease_member_bps(). A circuit without members is one signal over its
 * route, and nothing is known of ports and wavelengths. The first member of a
 * circuit goes over the circuit's hops.
 *
 * Where a circuit has several, each is set up by itself (strand.h), has states
 * of its own, and the circuit's follow from them.
 */
struct ocs_member {
	uint16_t circuit;		/* index in the lease */
	bool standby;			/* second leg of 1+1: the same again */
	bool own_route;			/* false: the circuit's hops */
	uint16_t nhops;			/* if own_route */
	uint8_t prov;			/* enum ocs_prov, if one of several */
	uint8_t data;			/* enum ocs_data, the same */
	uint32_t first_hop;		/* in the lease's member_hop */
	uint32_t latency_us;		/* of its route; 0: not known */
	char port_a[OCS_NAME_MAX];	/* "": none in particular */
	char port_z[OCS_NAME_MAX];
	uint16_t wave[OCS_HOPS_MAX];	/* per hop, from 1; 0: none */
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
	unsigned int ncircuits;
	struct ocs_circuit *circuit;	/* owned */
	unsigned int nmembers;
	struct ocs_member *member;	/* owned; by circuit, set by the agent */
	unsigned int nmember_hops;
	char (*member_hop)[OCS_NAME_MAX];	/* owned */
	/* below: set by the agent */
	enum ocs_resv resv;
	enum ocs_sched sched;
	enum ocs_admin admin;
	uint32_t version;		/* 1, and 1 more for each change asked
					 * for; 0: from before there were any */
	enum ocs_blame blame;
	char cause[256];		/* why FAILED or TERMINATED; what it
					 * waits for; ocs_lease_trouble(); else "" */
	int64_t held_ms;		/* Unix ms; 0: not yet */
	int64_t committed_ms;
	int64_t approved_ms;		/* by an operator; 0: nobody did */
	int64_t active_ms;		/* all circuits up and attached */
	int64_t ended_ms;		/* FAILED or release asked for */
	int64_t gone_ms;		/* all released, nothing booked */
	int64_t billed_ms;		/* energy and cost are counted until
					 * then; 0: they are not */
	/* by whoever makes it; last, see ocs_lease_pack() */
	struct {
		char name[OCS_NAME_MAX];
		char *nodes;		/* host list expression, owned */
	} site[OCS_SPAN_MAX];
};

struct ocs_lease *ocs_lease_create(void);	/* zeroed, or NULL */
void ocs_lease_destroy(struct ocs_lease *lease);
struct ocs_lease *ocs_lease_copy(const struct ocs_lease *lease); /* or NULL */

/* Give back the room of hops and sites that are not there: from then on the
 * lease is only read, and copied by ocs_lease_copy() alone. Returns it, LEASE
 * being gone; or NULL (out of memory), LEASE being there still, as it would be. */
struct ocs_lease *ocs_lease_pack(struct ocs_lease *lease);

/* Forget all members of LEASE. */
void ocs_lease_members_drop(struct ocs_lease *lease);
/* How many of circuit I there are, standby or not. */
unsigned int ocs_lease_members(const struct ocs_lease *lease, unsigned int i);
/* What each member of circuit I carries if the circuit carries RATE_BPS. */
uint64_t ocs_lease_member_bps(const struct ocs_lease *lease, unsigned int i,
			      uint64_t rate_bps);
/* Hops of member M of LEASE, and the name of hop I. */
unsigned int ocs_member_nhops(const struct ocs_lease *lease,
			      const struct ocs_member *m);
const char *ocs_member_hop(const struct ocs_lease *lease,
			   const struct ocs_member *m, unsigned int i);

/* The one word that people see: HELD, WAITING (to start), PROVISIONING,
 * ACTIVE, IMPAIRED, OVERDUE, RELEASING, FAILED or GONE (nothing booked any more, whether it FAILED or
 * was TERMINATED: resv and cause say). */
const char *ocs_lease_word(const struct ocs_lease *lease);
/*
 * What of a lease that was ACTIVE is not as it should be, blank-free, "" if all
 * is: OpticalDown(a-z) nobody restores a circuit; OpticalRestoring(a-z) somebody
 * does; OpticalImpaired(a-z) it is lit, and less than was asked for. The worst
 * of its circuits counts. It is the lease's cause.
 */
void ocs_lease_trouble(const struct ocs_lease *lease, char cause[static 256]);
/* True while anything of LEASE is booked. */
bool ocs_lease_booked(const struct ocs_lease *lease);
/* True while the light of C, of LEASE, or its attachment is booked. */
bool ocs_circuit_booked(const struct ocs_lease *lease,
			const struct ocs_circuit *c);
/* True if all circuits are PROVISIONED, UP and ATTACHED (I4); false without
 * circuits. */
bool ocs_lease_up(const struct ocs_lease *lease);
/* Same request: id, cluster, job, sites, start, circuits' ends, rates and
 * bounds; states, routes, end, grace and epoch don't count (I3). A granted rate
 * of 0 leaves it to the agent and is the same as any. Of a lease that was
 * changed since (version above 1) start and rates don't count either. */
bool ocs_lease_same_request(const struct ocs_lease *x,
			    const struct ocs_lease *y);
/* Sum of granted rates over the circuits in whole Gb/s, rounded up once:
 * license/optical. What protects counts: 1+1 is twice the rate. */
uint32_t ocs_lease_gbps(const struct ocs_lease *lease);
/* True for 32 lower-case hexadecimal digits. */
bool ocs_lease_id_ok(const char *id);

#endif
