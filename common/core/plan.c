// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plan - the circuits of one job, routed together; why.c has the reasons why
 * not
 *
 * Circuits are routed one after the other on what the ones before left. When
 * one finds nothing left, all is tried again with that one first, a few times:
 * bounded, and the same answer in agent and plugin.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/net.h"
#include "common/core/signal.h"

#define GBPS UINT64_C(1000000000)
/* Orders in which the circuits of one plan are tried at one rate. */
#define ORDERS_MAX 4

/* How far routing all circuits at one rate came. */
struct attempt {
	unsigned int order[OCS_CIRCUITS_MAX];
	unsigned int routed;	/* of ORDER; the next one found no route */
};

static int fail_no_site(struct ocs_error *err)
{
	return ocs_fail(err, OCS_INTERNAL,
			"a circuit needs two different sites of the network");
}

int ocs_route_find(const struct ocs_net *net, unsigned int a, unsigned int z,
		   uint64_t rate_bps, uint64_t max_latency_us,
		   struct ocs_route *route, struct ocs_error *err)
{
	struct ocs_want want = { .a = a, .z = z, .rate_bps = rate_bps,
				 .latency_us = max_latency_us };
	struct ocs_paths p;
	int rc = 0;

	if (a >= net->nsites || z >= net->nsites || a == z)
		return fail_no_site(err);
	if (ocs_paths_init(&p, net, err) < 0)
		return -1;
	p.rich = false;
	ocs_paths_reset(&p, OCS_ROOM_FREE);
	if (!ocs_paths_find(&p, a, z, rate_bps, max_latency_us, route))
		rc = ocs_why(&p, OCS_ROOM_FREE, NULL, NULL, 0, &want, err);
	ocs_paths_fini(&p);
	return rc;
}

void ocs_plan_copy(struct ocs_plan *dst, const struct ocs_plan *src)
{
	memcpy(dst, src, offsetof(struct ocs_plan, member) +
				 src->nmembers * sizeof(src->member[0]));
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

static struct ocs_want want_of(const struct ocs_request *req,
			       const struct ocs_plan_circuit *c,
			       uint64_t rate_bps)
{
	return (struct ocs_want) {
		.a = c->a, .z = c->z, .rate_bps = rate_bps,
		.latency_us = req->latency_us,
		.delay_variation_us = req->delay_variation_us,
		.unavailable_ppb = req->unavailable_ppb,
		.protect = req->protect,
	};
}

/* Route all circuits of PLAN at RATE_BPS; false: ATT tells how far it came. */
static bool route_all(struct ocs_paths *p, enum ocs_room room,
		      const struct ocs_request *req, uint64_t rate_bps,
		      struct ocs_plan *plan, struct attempt *att)
{
	unsigned int i;

	for (i = 0; i < plan->ncircuits; i++)
		att->order[i] = i;
	for (unsigned int n = 1;; n++) {
		ocs_paths_reset(p, room);
		plan->nmembers = 0;
		for (i = 0; i < plan->ncircuits; i++) {
			struct ocs_plan_circuit *c;
			struct ocs_want want;

			c = &plan->circuit[att->order[i]];
			c->granted_bps = rate_bps;
			want = want_of(req, c, rate_bps);
			if (!ocs_signal_route(p, &want, 0, plan, c))
				break;
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

static void add_pair(struct ocs_plan *plan, unsigned int a, unsigned int z)
{
	struct ocs_plan_circuit *c = &plan->circuit[plan->ncircuits++];

	c->a = a;
	c->z = z;
}

/* Has the shape a circuit between places I < J of N sites? */
static bool joined(enum ocs_shape shape, unsigned int i, unsigned int j,
		   unsigned int n, unsigned int centre)
{
	switch (shape) {
	case OCS_MESH:
		return true;
	case OCS_RING:
		return j == i + 1 || (i == 0 && j == n - 1);
	case OCS_STAR:
		return i == centre || j == centre;
	}
	return false;
}

static bool have_pair(const struct ocs_plan *plan, unsigned int a,
		      unsigned int z)
{
	for (unsigned int i = 0; i < plan->ncircuits; i++) {
		const struct ocs_plan_circuit *c = &plan->circuit[i];

		if ((c->a == a && c->z == z) || (c->a == z && c->z == a))
			return true;
	}
	return false;
}

/* From the request's anchor to each site that it is not, unless the shape has
 * that circuit already. */
static int add_anchor(const struct ocs_net *net, const struct ocs_request *req,
		      struct ocs_plan *plan, struct ocs_error *err)
{
	int anchor = ocs_net_site(net, req->anchor);

	if (anchor < 0) {
		ocs_fail(err, OCS_RANGE, "there is no endpoint '%s'",
			 req->anchor);
		return ocs_fail_reason(err, "OpticalAnchor(%s)", req->anchor);
	}
	for (unsigned int i = 0; i < plan->nsites; i++)
		if (plan->site[i] != (unsigned int) anchor &&
		    !have_pair(plan, (unsigned int) anchor, plan->site[i]))
			add_pair(plan, (unsigned int) anchor, plan->site[i]);
	return 0;
}

static int init_plan(const struct ocs_net *net, const unsigned int *site,
		     unsigned int nsites, const struct ocs_request *req,
		     unsigned int centre, struct ocs_plan *plan,
		     struct ocs_error *err)
{
	memset(plan, 0, offsetof(struct ocs_plan, member));
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
		for (unsigned int j = i + 1; j < nsites; j++)
			if (joined(req->shape, i, j, nsites, centre))
				add_pair(plan, site[i], site[j]);
	return req->anchor[0] ? add_anchor(net, req, plan, err) : 0;
}

/* A rate between min and want that is free, the largest that is found. PLAN is
 * routed at min when this is called. */
static void improve(struct ocs_paths *p, enum ocs_room room,
		    const struct ocs_request *req, struct ocs_plan *plan)
{
	uint64_t lo = req->min_bps / GBPS, hi = (req->want_bps - 1) / GBPS;
	struct attempt att;
	struct ocs_plan try;

	ocs_plan_copy(&try, plan);

	while (lo < hi && !out_of_work(p)) {
		uint64_t mid = lo + (hi - lo + 1) / 2;

		if (!route_all(p, room, req, mid * GBPS, &try, &att)) {
			hi = mid - 1;
			continue;
		}
		lo = mid;
		ocs_plan_copy(plan, &try);
		plan->granted_bps = mid * GBPS;
	}
}

static void finish_plan(const struct ocs_request *req, struct ocs_plan *plan)
{
	uint64_t legs = req->protect == OCS_ONE_PLUS_ONE ? 2 : 1;

	for (unsigned int i = 0; i < plan->ncircuits; i++) {
		struct ocs_plan_circuit *c = &plan->circuit[i];

		c->granted_bps = plan->granted_bps;
		plan->metered_bps += legs * plan->granted_bps;
		if (c->worst_latency_us > plan->worst_latency_us)
			plan->worst_latency_us = c->worst_latency_us;
	}
}

/* Not even min is free: is it ever? */
static int explain_plan(struct ocs_paths *p, enum ocs_room room,
			const struct ocs_request *req, struct ocs_plan *plan,
			struct attempt *att, struct ocs_error *err)
{
	struct attempt ever;
	struct ocs_want want;
	struct ocs_plan try;

	if (!err)
		return -1;
	ocs_plan_copy(&try, plan);
	if (room == OCS_ROOM_FREE &&
	    !route_all(p, OCS_ROOM_CAPACITY, req, req->min_bps, &try, &ever)) {
		room = OCS_ROOM_CAPACITY;
		ocs_plan_copy(plan, &try);
		*att = ever;
	}
	want = want_of(req, &plan->circuit[att->order[att->routed]],
		       req->min_bps);
	return ocs_why(p, room, plan, att->order, att->routed, &want, err);
}

/* The plan with the star's centre at place CENTRE. */
static int plan_around(struct ocs_paths *p, const unsigned int *site,
		       unsigned int nsites, const struct ocs_request *req,
		       unsigned int centre, enum ocs_room room,
		       struct ocs_plan *plan, struct ocs_error *err)
{
	struct attempt att;

	if (init_plan(p->net, site, nsites, req, centre, plan, err) < 0)
		return -1;
	if (!plan->ncircuits)
		return 0;
	if ((p->rich || req->protect || req->delay_variation_us) &&
	    ocs_paths_ready(p, err) < 0)
		return -1;
	plan->granted_bps = req->want_bps;
	if (!route_all(p, room, req, req->want_bps, plan, &att)) {
		plan->granted_bps = req->min_bps;
		if (req->min_bps >= req->want_bps ||
		    !route_all(p, room, req, req->min_bps, plan, &att))
			return explain_plan(p, room, req, plan, &att, err);
		improve(p, room, req, plan);
	}
	finish_plan(req, plan);
	return 0;
}

int ocs_paths_plan(struct ocs_paths *p, const unsigned int *site,
		   unsigned int nsites, const struct ocs_request *req,
		   bool capacity_only, struct ocs_plan *plan,
		   struct ocs_error *err)
{
	enum ocs_room room = capacity_only ? OCS_ROOM_CAPACITY : OCS_ROOM_FREE;
	unsigned int centres = req->shape == OCS_STAR ? nsites : 1;
	struct ocs_plan new;
	bool found = false;

	for (unsigned int i = 0; i < centres || !i; i++) {
		if (plan_around(p, site, nsites, req, i, room, &new,
				found ? NULL : err) < 0) {
			if (err && !found && err->code == OCS_NOMEM)
				return -1;
			continue;
		}
		if (found && (new.granted_bps < plan->granted_bps ||
			      (new.granted_bps == plan->granted_bps &&
			       new.worst_latency_us >=
				       plan->worst_latency_us)))
			continue;
		found = true;
		ocs_plan_copy(plan, &new);
	}
	return found ? 0 : -1;
}

int ocs_route_circuits(const struct ocs_net *net, const struct ocs_want *want,
		       unsigned int n, struct ocs_plan *plan,
		       struct ocs_error *err)
{
	unsigned int order[OCS_CIRCUITS_MAX];
	struct ocs_paths p;
	int rc = 0;

	memset(plan, 0, offsetof(struct ocs_plan, member));
	if (n > OCS_CIRCUITS_MAX)
		return ocs_fail(err, OCS_RANGE, "at most %d circuits",
				OCS_CIRCUITS_MAX);
	if (ocs_paths_init(&p, net, err) < 0)
		return -1;
	ocs_paths_reset(&p, OCS_ROOM_FREE);
	for (unsigned int i = 0; rc == 0 && i < n; i++) {
		struct ocs_plan_circuit *c = &plan->circuit[i];

		order[i] = i;
		c->a = want[i].a;
		c->z = want[i].z;
		c->granted_bps = want[i].rate_bps;
		if (c->a >= net->nsites || c->z >= net->nsites || c->a == c->z)
			rc = fail_no_site(err);
		else if (ocs_signal_hard(&p, &want[i]) &&
			 ocs_paths_ready(&p, err) < 0)
			rc = -1;
		else if (!ocs_signal_route(&p, &want[i], 0, plan, c))
			rc = ocs_why(&p, OCS_ROOM_FREE, plan, order, i,
				     &want[i], err);
		else
			plan->ncircuits = i + 1;
	}
	ocs_paths_fini(&p);
	return rc;
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
