/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net - the network between sites as a graph, and routes over it
 *
 * The agent decides and the plugin predicts with this same code.
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_NET_H
#define OCS_CORE_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/error.h"
#include "common/core/request.h"

struct ocs_site {
	char name[OCS_NAME_MAX];
};

/* A TE link (RFC 8795), both directions alike. */
struct ocs_link {
	char name[OCS_NAME_MAX];
	unsigned int a, z;	/* indexes of sites */
	uint64_t capacity_bps;
	uint64_t booked_bps;	/* consumed now; never above capacity (I1) */
	uint64_t granule_bps;	/* bookings are multiples of this; 0: any */
	uint64_t latency_us;	/* one way, client port to client port */
	uint64_t fibre_us;	/* of its length alone, rounded down; 0: not
				 * known, and never on the wire */
	bool drained;		/* takes nothing new */
	bool down;		/* data plane */
};

struct ocs_net {
	unsigned int nsites;
	struct ocs_site *site;	/* owned */
	unsigned int nlinks;
	struct ocs_link *link;	/* owned */
};

/* Frees what NET holds and zeroes it; NULL is allowed. */
void ocs_net_fini(struct ocs_net *net);
/* A deep copy. 0 or -1 (out of memory), *DST then zeroed. */
int ocs_net_copy(struct ocs_net *dst, const struct ocs_net *src);
/* Index of site NAME (exact), or -1. */
int ocs_net_site(const struct ocs_net *net, const char *name);
int ocs_net_link(const struct ocs_net *net, const char *name);

/* What a circuit of RATE books on LINK: RATE rounded up to the granule. */
uint64_t ocs_link_consumed(const struct ocs_link *link, uint64_t rate_bps);
/* What a new booking can still have: 0 when drained or down. */
uint64_t ocs_link_free(const struct ocs_link *link);

struct ocs_route {
	unsigned int nhops;
	unsigned int link[OCS_HOPS_MAX];	/* indexes, from a to z */
	uint64_t latency_us;			/* sum over the hops */
};

/*
 * The route of lowest latency from site A to site Z on which RATE_BPS is free
 * now on every link; ties: fewer hops, then lower link indexes.
 * MAX_LATENCY_US 0 means no bound. Links with a latency over
 * OCS_LATENCY_MAX_US are never used.
 * Returns 0; or -1 with ERR set and *ROUTE untouched:
 *  OCS_BUSY   a route exists but is taken: reason names the link that is short
 *             on the route that would be best were nothing booked:
 *             OpticalLink(par-lyo,need=400G,free=200G), or OpticalLinkDrained
 *  OCS_RANGE  never possible: capacity (OpticalLink(par-lyo,need=800G,
 *             max=400G)) or latency (OpticalLatency(paris-lyon,need=1ms,
 *             best=2274us)); text says what would be
 *  OCS_NOT_FOUND  no links lead there: OpticalLink(paris-lyon,none)
 *  OCS_NOMEM, OCS_INTERNAL (not two sites of NET)
 */
int ocs_route_find(const struct ocs_net *net, unsigned int a, unsigned int z,
		   uint64_t rate_bps, uint64_t max_latency_us,
		   struct ocs_route *route, struct ocs_error *err);

struct ocs_plan_circuit {
	unsigned int a, z;	/* indexes of sites, a < z in PLAN's order */
	uint64_t granted_bps;
	struct ocs_route route;
};

/* The circuits of one job over given sites (mesh). */
struct ocs_plan {
	unsigned int nsites;
	unsigned int site[OCS_SPAN_MAX];
	unsigned int ncircuits;		/* 0 for one site */
	struct ocs_plan_circuit circuit[OCS_CIRCUITS_MAX];
	uint64_t granted_bps;		/* of each circuit; 0 when none */
	uint64_t worst_latency_us;	/* over the circuits */
};

/*
 * Route a circuit between each pair of SITE[0..NSITES), all of them together
 * (a link that two circuits share is counted twice). Every circuit gets the
 * same rate: want_bps, or, when that is not free, the largest that is, down to
 * min_bps, in whole Gb/s. Without a wanted rate (bw=none) there are no
 * circuits.
 * Returns 0 with *PLAN filled; or -1, *PLAN untouched, with ERR as
 * ocs_route_find(): OCS_RANGE also when the circuits don't fit together even
 * with nothing booked; "need" is then what the job's own circuits add up to.
 */
int ocs_plan_make(const struct ocs_net *net, const unsigned int *site,
		  unsigned int nsites, const struct ocs_request *req,
		  struct ocs_plan *plan, struct ocs_error *err);

/* A booking that ends: link LINK gets BPS back at END_S (Unix time; 0: never;
 * a time that has passed: at any moment, that is, a second from now). */
struct ocs_booking_end {
	int64_t end_s;
	unsigned int link;
	uint64_t bps;
};

/*
 * The earliest time >= NOW_S at which ocs_plan_make() succeeds, if the
 * bookings END[0..NENDS) (any order) end as they say and nothing new comes.
 * Returns 0 with *WHEN_S and *PLAN; -1 with ERR if never, both untouched.
 */
int ocs_plan_earliest(const struct ocs_net *net,
		      const struct ocs_booking_end *end, unsigned int nends,
		      const unsigned int *site, unsigned int nsites,
		      const struct ocs_request *req, int64_t now_s,
		      int64_t *when_s, struct ocs_plan *plan,
		      struct ocs_error *err);

#endif
