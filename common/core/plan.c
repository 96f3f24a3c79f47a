// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plan - the circuits of one job, routed together, or the reason why not
 *
 * Circuits are routed one after the other on what the ones before left. When
 * one finds nothing left, all is tried again with that one first, a few times:
 * bounded, and the same answer in agent and plugin.
 */
#include <stdlib.h>
#include <string.h>

#include "common/core/net.h"
#include "common/core/paths.h"
#include "common/core/units.h"

#define GBPS UINT64_C(1000000000)
/* Orders in which the circuits of one plan are tried at one rate. */
#define ORDERS_MAX 4

/* How far routing all circuits at one rate came. */
struct attempt {
	uint64_t rate_bps;
	unsigned int order[OCS_CIRCUITS_MAX];
	unsigned int routed;	/* of ORDER; the next one found no route */
};

static uint64_t has(const struct ocs_link *link, enum ocs_room room)
{
	return room == OCS_ROOM_FREE ? ocs_link_free(link) :
				       link->capacity_bps;
}

static uint64_t consumed_by(const struct ocs_net *net,
			    const struct ocs_route *route, unsigned int link,
			    uint64_t rate_bps)
{
	for (unsigned int i = 0; i < route->nhops; i++)
		if (route->link[i] == link)
			return ocs_link_consumed(&net->link[link], rate_bps);
	return 0;
}

/* What the routed circuits of ATT (may be NULL) take of LINK. */
static uint64_t own_use(const struct ocs_net *net, const struct attempt *att,
			const struct ocs_plan *plan, unsigned int link)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; att && i < att->routed; i++)
		sum += consumed_by(net, &plan->circuit[att->order[i]].route,
				   link, att->rate_bps);
	return sum;
}

struct pair {
	const char *a, *z;
	uint64_t rate_bps;
};

static int fail_link(const struct ocs_link *link, enum ocs_room room,
		     uint64_t need_bps, const struct pair *pair,
		     struct ocs_error *err)
{
	char need[OCS_RATE_TEXT_MAX], left[OCS_RATE_TEXT_MAX];

	ocs_rate_format(need_bps, need);
	ocs_rate_format(has(link, room), left);
	if (room == OCS_ROOM_CAPACITY) {
		ocs_fail(err, OCS_RANGE,
			 "the circuits of the job need %s on link %s between "
			 "%s and %s, which never has more than %s", need,
			 link->name, pair->a, pair->z, left);
		return ocs_fail_reason(err, "OpticalLink(%s,need=%s,max=%s)",
				       link->name, need, left);
	}
	if (link->drained) {
		ocs_fail(err, OCS_BUSY,
			 "link %s between %s and %s is drained", link->name,
			 pair->a, pair->z);
		return ocs_fail_reason(err, "OpticalLinkDrained(%s)",
				       link->name);
	}
	ocs_fail(err, OCS_BUSY,
		 "link %s between %s and %s %s %s free, %s is needed",
		 link->name, pair->a, pair->z,
		 link->down ? "is down and has" : "has", left, need);
	return ocs_fail_reason(err, "OpticalLink(%s,need=%s,free=%s)",
			       link->name, need, left);
}

/* The narrowest link of ROUTE, counting what ROOM says less own use. */
static unsigned int narrowest(const struct ocs_net *net, enum ocs_room room,
			      const struct attempt *att,
			      const struct ocs_plan *plan,
			      const struct ocs_route *route)
{
	unsigned int found = route->link[0];
	uint64_t least = UINT64_MAX;

	for (unsigned int i = 0; i < route->nhops; i++) {
		unsigned int l = route->link[i];
		uint64_t left = has(&net->link[l], room);
		uint64_t own = own_use(net, att, plan, l);

		left = left > own ? left - own : 0;
		if (left < least) {
			least = left;
			found = l;
		}
	}
	return found;
}

/* Even with nothing booked no route carries the rate; P has all capacity. */
static int fail_capacity(struct ocs_paths *p, unsigned int a, unsigned int z,
			 const struct ocs_route *any, const struct pair *pair,
			 struct ocs_error *err)
{
	unsigned int l = narrowest(p->net, OCS_ROOM_CAPACITY, NULL, NULL, any);
	uint64_t lo = 0, hi = pair->rate_bps / GBPS, width = 0;
	char need[OCS_RATE_TEXT_MAX], most[OCS_RATE_TEXT_MAX];
	struct ocs_route route;

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo + 1) / 2;

		if (!ocs_paths_find(p, a, z, mid * GBPS, 0, &route)) {
			hi = mid - 1;
			continue;
		}
		lo = mid;
		width = UINT64_MAX;
		for (unsigned int i = 0; i < route.nhops; i++)
			if (p->room[route.link[i]] < width)
				width = p->room[route.link[i]];
	}
	ocs_rate_format(pair->rate_bps, need);
	ocs_fail(err, OCS_RANGE,
		 "no route from %s to %s ever carries %s: at most %s", pair->a,
		 pair->z, need, ocs_rate_format(width, most));
	ocs_rate_format(p->net->link[l].capacity_bps, most);
	return ocs_fail_reason(err, "OpticalLink(%s,need=%s,max=%s)",
			       p->net->link[l].name, need, most);
}

static int fail_latency(const struct pair *pair, uint64_t bound_us,
			uint64_t best_us, struct ocs_error *err)
{
	char need[OCS_TIME_TEXT_MAX], best[OCS_TIME_TEXT_MAX];

	ocs_time_format(bound_us, need);
	ocs_time_format(best_us, best);
	ocs_fail(err, OCS_RANGE,
		 "from %s to %s it is at least %s one way, but at most %s is "
		 "asked for", pair->a, pair->z, best, need);
	return ocs_fail_reason(err, "OpticalLatency(%s-%s,need=%s,best=%s)",
			       pair->a, pair->z, need, best);
}

/*
 * Say why there is no route from A to Z: none at all, none that is wide or
 * short enough, or else which link is short of ROOM after ATT's own circuits
 * (may be NULL) on the route that would be best were nothing booked.
 */
static int explain(struct ocs_paths *p, enum ocs_room room,
		   const struct attempt *att, const struct ocs_plan *plan,
		   unsigned int a, unsigned int z, uint64_t rate_bps,
		   uint64_t bound_us, struct ocs_error *err)
{
	const struct ocs_net *net = p->net;
	struct pair pair = { net->site[a].name, net->site[z].name, rate_bps };
	struct ocs_route any, best;
	unsigned int l;

	ocs_paths_reset(p, OCS_ROOM_ANY);
	if (!ocs_paths_find(p, a, z, 0, 0, &any)) {
		ocs_fail(err, OCS_NOT_FOUND, "no links lead from %s to %s",
			 pair.a, pair.z);
		return ocs_fail_reason(err, "OpticalLink(%s-%s,none)", pair.a,
				       pair.z);
	}
	ocs_paths_reset(p, OCS_ROOM_CAPACITY);
	if (!ocs_paths_find(p, a, z, rate_bps, 0, &best))
		return fail_capacity(p, a, z, &any, &pair, err);
	if (bound_us && best.latency_us > bound_us)
		return fail_latency(&pair, bound_us, best.latency_us, err);
	l = narrowest(net, room, att, plan, &best);
	return fail_link(&net->link[l], room,
			 own_use(net, att, plan, l) +
				 ocs_link_consumed(&net->link[l], rate_bps),
			 &pair, err);
}

static int fail_no_site(struct ocs_error *err)
{
	return ocs_fail(err, OCS_INTERNAL,
			"a circuit needs two different sites of the network");
}

int ocs_route_find(const struct ocs_net *net, unsigned int a, unsigned int z,
		   uint64_t rate_bps, uint64_t max_latency_us,
		   struct ocs_route *route, struct ocs_error *err)
{
	struct ocs_paths p;
	int rc = 0;

	if (a >= net->nsites || z >= net->nsites || a == z)
		return fail_no_site(err);
	if (ocs_paths_init(&p, net, err) < 0)
		return -1;
	ocs_paths_reset(&p, OCS_ROOM_FREE);
	if (!ocs_paths_find(&p, a, z, rate_bps, max_latency_us, route))
		rc = explain(&p, OCS_ROOM_FREE, NULL, NULL, a, z, rate_bps,
			     max_latency_us, err);
	ocs_paths_fini(&p);
	return rc;
}

static bool out_of_work(const struct ocs_paths *p)
{
	return p->work_max && p->work > p->work_max;
}

/* ORDER with its element AT first, the others behind as they were. */
static void move_to_front(unsigned int *order, unsigned int at)
{
	unsigned int c = order[at];

	memmove(order + 1, order, at * sizeof(*order));
	order[0] = c;
}

/* Route all circuits of PLAN at RATE_BPS; false: ATT tells how far it came. */
static bool route_all(struct ocs_paths *p, enum ocs_room room,
		      uint64_t rate_bps, uint64_t bound_us,
		      struct ocs_plan *plan, struct attempt *att)
{
	unsigned int i;

	att->rate_bps = rate_bps;
	for (i = 0; i < plan->ncircuits; i++)
		att->order[i] = i;
	for (unsigned int n = 1;; n++) {
		ocs_paths_reset(p, room);
		for (i = 0; i < plan->ncircuits; i++) {
			struct ocs_plan_circuit *c;

			c = &plan->circuit[att->order[i]];
			if (!ocs_paths_find(p, c->a, c->z, rate_bps, bound_us,
					    &c->route))
				break;
			ocs_paths_take(p, &c->route, rate_bps);
		}
		att->routed = i;
		if (i == plan->ncircuits)
			return true;
		/* the first has the whole net: no order helps it */
		if (!i || n == ORDERS_MAX || out_of_work(p))
			return false;
		move_to_front(att->order, i);
	}
}

static int init_plan(const struct ocs_net *net, const unsigned int *site,
		     unsigned int nsites, const struct ocs_request *req,
		     struct ocs_plan *plan, struct ocs_error *err)
{
	memset(plan, 0, sizeof(*plan));
	if (!nsites || nsites > OCS_SPAN_MAX)
		return ocs_fail(err, OCS_RANGE, "a job spans 1 to %d sites",
				OCS_SPAN_MAX);
	for (unsigned int i = 0; i < nsites; i++) {
		if (site[i] >= net->nsites)
			return fail_no_site(err);
		for (unsigned int j = 0; j < i; j++)
			if (site[j] == site[i])
				return fail_no_site(err);
		plan->site[i] = site[i];
	}
	plan->nsites = nsites;
	if (!req->want_bps)
		return 0;
	for (unsigned int i = 0; i < nsites; i++)
		for (unsigned int j = i + 1; j < nsites; j++) {
			struct ocs_plan_circuit *c;

			c = &plan->circuit[plan->ncircuits++];
			c->a = site[i];
			c->z = site[j];
		}
	return 0;
}

/* A rate between min and want that is free, the largest that is found. PLAN is
 * routed at min when this is called. */
static void improve(struct ocs_paths *p, enum ocs_room room,
		    const struct ocs_request *req, struct ocs_plan *plan)
{
	uint64_t lo = req->min_bps / GBPS, hi = (req->want_bps - 1) / GBPS;
	struct ocs_plan try = *plan;
	struct attempt att;

	while (lo < hi && !out_of_work(p)) {
		uint64_t mid = lo + (hi - lo + 1) / 2;

		if (!route_all(p, room, mid * GBPS, req->latency_us, &try,
			       &att)) {
			hi = mid - 1;
			continue;
		}
		lo = mid;
		*plan = try;
		plan->granted_bps = mid * GBPS;
	}
}

static void finish_plan(struct ocs_plan *plan)
{
	for (unsigned int i = 0; i < plan->ncircuits; i++) {
		struct ocs_plan_circuit *c = &plan->circuit[i];

		c->granted_bps = plan->granted_bps;
		if (c->route.latency_us > plan->worst_latency_us)
			plan->worst_latency_us = c->route.latency_us;
	}
}

/* Not even min is free: is it ever? */
static int explain_plan(struct ocs_paths *p, enum ocs_room room,
			const struct ocs_request *req, struct ocs_plan *plan,
			struct attempt *att, struct ocs_error *err)
{
	const struct ocs_plan_circuit *c;
	struct attempt ever;
	struct ocs_plan try = *plan;

	if (!err)
		return -1;
	if (room == OCS_ROOM_FREE &&
	    !route_all(p, OCS_ROOM_CAPACITY, req->min_bps, req->latency_us,
		       &try, &ever)) {
		room = OCS_ROOM_CAPACITY;
		*plan = try;
		*att = ever;
	}
	c = &plan->circuit[att->order[att->routed]];
	return explain(p, room, att, plan, c->a, c->z, req->min_bps,
		       req->latency_us, err);
}

int ocs_paths_plan(struct ocs_paths *p, const unsigned int *site,
		   unsigned int nsites, const struct ocs_request *req,
		   bool capacity_only, struct ocs_plan *plan,
		   struct ocs_error *err)
{
	enum ocs_room room = capacity_only ? OCS_ROOM_CAPACITY : OCS_ROOM_FREE;
	struct ocs_plan new;
	struct attempt att;

	if (init_plan(p->net, site, nsites, req, &new, err) < 0)
		return -1;
	if (new.ncircuits) {
		new.granted_bps = req->want_bps;
		if (!route_all(p, room, req->want_bps, req->latency_us, &new,
			       &att)) {
			new.granted_bps = req->min_bps;
			if (req->min_bps >= req->want_bps ||
			    !route_all(p, room, req->min_bps, req->latency_us,
				       &new, &att))
				return explain_plan(p, room, req, &new, &att,
						    err);
			improve(p, room, req, &new);
		}
		finish_plan(&new);
	}
	*plan = new;
	return 0;
}

int ocs_plan_make(const struct ocs_net *net, const unsigned int *site,
		  unsigned int nsites, const struct ocs_request *req,
		  struct ocs_plan *plan, struct ocs_error *err)
{
	struct ocs_paths p;
	int rc;

	if (ocs_paths_init(&p, net, err) < 0)
		return -1;
	rc = ocs_paths_plan(&p, site, nsites, req, false, plan, err);
	ocs_paths_fini(&p);
	return rc;
}
