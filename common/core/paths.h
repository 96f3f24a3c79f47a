/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paths - the workspace in which routes are searched; private to common/core
 *
 * One block of memory for any number of searches over one net, which must stay
 * as it is meanwhile (but see ocs_paths_changed). Searching never allocates and
 * never fails for other reasons than that there is no route. Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_PATHS_H
#define OCS_CORE_PATHS_H

#include "common/core/net.h"

/* What a link counts as having, before this job's own circuits. */
enum ocs_room {
	OCS_ROOM_FREE,		/* what is not booked, drained or down */
	OCS_ROOM_CAPACITY,	/* all, as if nothing were booked */
	OCS_ROOM_ANY,		/* anything: is there a link at all */
};

struct ocs_arc {
	uint32_t to;
	uint32_t link;
	uint32_t latency_us;
};

/* Sums of OCS_HOPS_MAX latencies of OCS_LATENCY_MAX_US each are below it. */
#define OCS_FAR UINT32_MAX

struct ocs_paths {
	const struct ocs_net *net;
	uint64_t work;		/* arcs looked at so far */
	uint64_t work_max;	/* 0: none; past it plans are not improved */
	/* per link: what one more circuit can have, at first and now */
	uint64_t *base;
	uint64_t *room;
	/* The same for ports, and for wavelengths told apart; owned. RICH:
	 * plans must look at them, or at what decides between equal routes. */
	bool rich;
	uint64_t *port_base, *port_room;
	uint64_t *wave_base, *wave_room;
	struct ocs_label *label[2];	/* for hunt.c; owned, or NULL */
	/* rest private to paths.c; these arrays lie in one block */
	bool base_valid;
	enum ocs_room base_room;
	uint32_t *first;	/* arcs of site S: first[S] .. first[S + 1] */
	struct ocs_arc *arc;	/* by link index at each site */
	uint32_t *row;		/* [hops][site]: least latency to the root */
	uint32_t *front, *next;	/* sites that the last layer improved */
	uint32_t *mark, epoch;
	unsigned int depth;	/* the last row of the last search */
	uint32_t root;		/* and where it ended */
};

/*
 * Make a workspace for NET, borrowed. Links that lead nowhere or have a latency
 * above OCS_LATENCY_MAX_US are left out. 0, or -1 with ERR set (OCS_NOMEM).
 */
int ocs_paths_init(struct ocs_paths *p, const struct ocs_net *net,
		   struct ocs_error *err);
void ocs_paths_fini(struct ocs_paths *p);

/* Forget what was taken; links have what ROOM says. */
void ocs_paths_reset(struct ocs_paths *p, enum ocs_room room);
/* Have what ocs_hunt() needs; 0, or -1 with ERR set (OCS_NOMEM). */
int ocs_paths_ready(struct ocs_paths *p, struct ocs_error *err);
/* May a circuit go through site S? */
static inline bool ocs_paths_transit(const struct ocs_paths *p, uint32_t s)
{
	return !p->net->site[s].external || p->net->site[s].interdomain;
}
/* To be called, before the next reset, after bookings of the net changed. */
void ocs_paths_changed(struct ocs_paths *p);
/* Take a circuit of RATE_BPS over ROUTE, which has room for it. */
void ocs_paths_take(struct ocs_paths *p, const struct ocs_route *route,
		    uint64_t rate_bps);

/*
 * The best route as ocs_route_find() defines it: true and *ROUTE, or false,
 * *ROUTE untouched. BOUND_US 0: no bound.
 */
bool ocs_paths_find(struct ocs_paths *p, unsigned int a, unsigned int z,
		    uint64_t rate_bps, uint64_t bound_us,
		    struct ocs_route *route);

/* The same from any A to one Z: grow first, then ask as often as needed. */
void ocs_paths_grow(struct ocs_paths *p, unsigned int z, uint64_t rate_bps,
		    uint64_t bound_us);
/* OCS_FAR when there is no route. */
uint32_t ocs_paths_latency(const struct ocs_paths *p, unsigned int a);
bool ocs_paths_walk(const struct ocs_paths *p, unsigned int a,
		    uint64_t rate_bps, struct ocs_route *route);

/* ocs_plan_make() in P; CAPACITY_ONLY as in ocs_place(). Without ERR it does
 * not look for the reason of a failure, which takes a while. */
int ocs_paths_plan(struct ocs_paths *p, const unsigned int *site,
		   unsigned int nsites, const struct ocs_request *req,
		   bool capacity_only, struct ocs_plan *plan,
		   struct ocs_error *err);

#endif
