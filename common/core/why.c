// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * why - what is in the way of a circuit: the word for squeue, the sentence for
 * people
 *
 * First whether it could ever be, and if not, without which of its wishes it
 * could; else what is short now on the way that is best were nothing booked.
 */
#include <string.h>

#include "common/core/signal.h"
#include "common/core/units.h"

#define GBPS UINT64_C(1000000000)

/* The circuit that has no route, and those that have. */
struct inquest {
	struct ocs_paths *p;
	enum ocs_room room;
	const struct ocs_plan *plan;
	const unsigned int *order;
	unsigned int n;			/* routed, of ORDER */
	const struct ocs_want *want;
};

struct pair {
	const char *a, *z;
	uint64_t rate_bps;
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

/* What the routed circuits take of LINK. */
static uint64_t own_use(const struct inquest *in, unsigned int link)
{
	const struct ocs_net *net = in->p->net;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < in->n; i++) {
		const struct ocs_plan_circuit *c;

		c = &in->plan->circuit[in->order[i]];
		if (!c->nmembers)
			sum += consumed_by(net, &c->route, link,
					   c->granted_bps);
		for (unsigned int k = 0; k < c->nmembers; k++) {
			const struct ocs_plan_member *m;

			m = &in->plan->member[c->first_member + k];
			sum += consumed_by(net, &m->route, link, m->bps);
		}
	}
	return sum;
}

/* The same of PORT. */
static uint64_t own_port_use(const struct inquest *in, unsigned int port)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; in->plan && i < in->plan->nmembers; i++) {
		const struct ocs_plan_member *m = &in->plan->member[i];

		if (m->port_a == port || m->port_z == port)
			sum += m->bps;
	}
	return sum;
}

/* What reasons call LINK: the pair where it is hidden. */
static void name_link(const struct ocs_net *net, const struct ocs_link *link,
		      char name[static 2 * OCS_NAME_MAX])
{
	size_t n = strlen(net->site[link->a].name);

	if (!link->hidden) {
		strcpy(name, link->name);
		return;
	}
	memcpy(name, net->site[link->a].name, n);
	name[n] = '-';
	strcpy(name + n + 1, net->site[link->z].name);
}

static int fail_link(const struct inquest *in, const struct ocs_link *link,
		     uint64_t need_bps, const struct pair *pair,
		     struct ocs_error *err)
{
	char need[OCS_RATE_TEXT_MAX], left[OCS_RATE_TEXT_MAX];
	char name[2 * OCS_NAME_MAX];

	name_link(in->p->net, link, name);
	ocs_rate_format(need_bps, need);
	ocs_rate_format(has(link, in->room), left);
	if (in->room == OCS_ROOM_CAPACITY) {
		ocs_fail(err, OCS_RANGE,
			 "the circuits of the job need %s on link %s between "
			 "%s and %s, which never has more than %s", need,
			 name, pair->a, pair->z, left);
		return ocs_fail_reason(err, "OpticalLink(%s,need=%s,max=%s)",
				       name, need, left);
	}
	if (link->drained) {
		ocs_fail(err, OCS_BUSY,
			 "link %s between %s and %s is drained", name,
			 pair->a, pair->z);
		return ocs_fail_reason(err, "OpticalLinkDrained(%s)", name);
	}
	ocs_fail(err, OCS_BUSY,
		 "link %s between %s and %s %s %s free, %s is needed",
		 name, pair->a, pair->z,
		 link->down ? "is down and has" : "has", left, need);
	return ocs_fail_reason(err, "OpticalLink(%s,need=%s,free=%s)",
			       name, need, left);
}

/* The narrowest link of ROUTE, counting what ROOM says less own use. */
static unsigned int narrowest(const struct inquest *in,
			      const struct ocs_route *route)
{
	unsigned int found = route->link[0];
	uint64_t least = UINT64_MAX;

	for (unsigned int i = 0; i < route->nhops; i++) {
		unsigned int l = route->link[i];
		uint64_t left = has(&in->p->net->link[l], in->room);
		uint64_t own = own_use(in, l);

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
	uint64_t lo = 0, hi = pair->rate_bps / GBPS, width = 0;
	char need[OCS_RATE_TEXT_MAX], most[OCS_RATE_TEXT_MAX];
	struct inquest in = { .p = p, .room = OCS_ROOM_CAPACITY };
	unsigned int l = narrowest(&in, any);
	char name[2 * OCS_NAME_MAX];
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
	name_link(p->net, &p->net->link[l], name);
	return ocs_fail_reason(err, "OpticalLink(%s,need=%s,max=%s)", name,
			       need, most);
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

/* ---- what only members have ---- */

/* The port of SITE with most room, of PLAN's circuits their own taken off;
 * OCS_NO_PORT: there is none. */
static unsigned int widest_port(const struct inquest *in, unsigned int site,
				uint64_t *left)
{
	unsigned int best = OCS_NO_PORT;

	for (unsigned int i = 0; i < in->p->net->nports; i++) {
		const struct ocs_port *port = &in->p->net->port[i];
		uint64_t room = in->room == OCS_ROOM_FREE ?
				ocs_port_free(port) : port->rate_bps;
		uint64_t own = own_port_use(in, i);

		if (port->site != site)
			continue;
		room = room > own ? room - own : 0;
		if (best != OCS_NO_PORT && room <= *left)
			continue;
		best = i;
		*left = room;
	}
	return best;
}

/* How many members of NEED the ports of SITE still take; UINT_MAX: any. */
static uint64_t members_fit(const struct inquest *in, unsigned int site,
			    uint64_t need)
{
	uint64_t sum = 0;
	bool any = false;

	for (unsigned int i = 0; i < in->p->net->nports; i++) {
		const struct ocs_port *port = &in->p->net->port[i];
		uint64_t room = in->room == OCS_ROOM_FREE ?
				ocs_port_free(port) : port->rate_bps;
		uint64_t own = own_port_use(in, i);

		if (port->site != site)
			continue;
		any = true;
		sum += room > own ? (room - own) / need : 0;
	}
	return any ? sum : UINT64_MAX;
}

/* The ports of an end have no room for all members: say so, and return true. */
static bool short_of_ports(const struct inquest *in, const struct pair *pair,
			   struct ocs_error *err)
{
	const struct ocs_want *w = in->want;
	unsigned int n = ocs_signal_members(in->p->net, w), port;
	uint64_t part = ocs_member_share(w->rate_bps, n), left = 0;
	char need[OCS_RATE_TEXT_MAX], room[OCS_RATE_TEXT_MAX];
	unsigned int site = w->a;
	const char *name;

	if (w->protect == OCS_ONE_PLUS_ONE)
		n *= 2;
	if (!part || members_fit(in, site, part) >= n)
		site = w->z;
	if (!part || members_fit(in, site, part) >= n)
		return false;
	port = widest_port(in, site, &left);
	name = in->p->net->port[port].name;
	ocs_rate_format(part, need);
	ocs_rate_format(left, room);
	if (in->room == OCS_ROOM_CAPACITY) {
		ocs_fail(err, OCS_RANGE,
			 "between %s and %s %u members of %s are needed, which the ports of %s never have",
			 pair->a, pair->z, n, need,
			 in->p->net->site[site].name);
		ocs_rate_format(in->p->net->port[port].rate_bps, room);
		ocs_fail_reason(err, "OpticalPort(%s,need=%s,max=%s)", name,
				need, room);
		return true;
	}
	ocs_fail(err, OCS_BUSY,
		 "between %s and %s %u members of %s are needed, port %s of %s has most free: %s",
		 pair->a, pair->z, n, need, name,
		 in->p->net->site[site].name, room);
	ocs_fail_reason(err, "OpticalPort(%s,need=%s,free=%s)", name, need,
			room);
	return true;
}

/* Would W be, without what IGNORE says and with all capacity? */
static bool would_be(struct inquest *in, const struct ocs_want *w,
		     unsigned int ignore, struct ocs_plan_circuit *c)
{
	static const struct ocs_plan_circuit none;
	struct ocs_plan plan;

	memset(c, 0, sizeof(*c));
	*c = none;
	plan.nmembers = 0;
	c->a = w->a;
	c->z = w->z;
	ocs_paths_reset(in->p, OCS_ROOM_CAPACITY);
	return ocs_signal_route(in->p, w, ignore, &plan, c);
}

/* The least delay variation of any way; C is one. */
static uint64_t least_variation(struct inquest *in, const struct ocs_want *want,
				struct ocs_plan_circuit *c)
{
	struct ocs_want w = *want;
	uint64_t least;

	do {
		least = c->delay_variation_us;
		w.delay_variation_us = least - 1;
	} while (least > 1 && would_be(in, &w, 0, c));
	return least;
}

static int fail_variation(const struct pair *pair, uint64_t bound_us,
			  uint64_t best_us, struct ocs_error *err)
{
	char need[OCS_TIME_TEXT_MAX], best[OCS_TIME_TEXT_MAX];

	ocs_time_format(bound_us, need);
	ocs_time_format(best_us, best);
	ocs_fail(err, OCS_RANGE,
		 "from %s to %s delay varies by at least %s, but at most %s is asked for",
		 pair->a, pair->z, best, need);
	return ocs_fail_reason(err,
			       "OpticalDelayVariation(%s-%s,need=%s,best=%s)",
			       pair->a, pair->z, need, best);
}

/* The least of the time that any way fails; C is one. */
static uint64_t least_unavailable(struct inquest *in,
				  const struct ocs_want *want,
				  struct ocs_plan_circuit *c)
{
	struct ocs_want w = *want;
	uint64_t least;

	do {
		least = ocs_unavailable_cap(c->unavailable_ppb);
		w.unavailable_ppb = least ? (uint32_t) least - 1 : 0;
	} while (least > 1 && would_be(in, &w, 0, c));
	return least;
}

static int fail_availability(const struct pair *pair,
			     const struct ocs_want *want, uint64_t best_ppb,
			     struct ocs_error *err)
{
	static const char *const what[] = {
		[OCS_UNPROTECTED] = "route is",
		[OCS_RESTORABLE] = "route and its replacement are each",
		[OCS_DIVERSE] = "two routes together are",
		[OCS_ONE_PLUS_ONE] = "two routes together are",
	};
	char need[OCS_AVAILABILITY_TEXT_MAX], best[OCS_AVAILABILITY_TEXT_MAX];

	ocs_availability_format(want->unavailable_ppb, need);
	ocs_availability_format(best_ppb, best);
	ocs_fail(err, OCS_RANGE,
		 "from %s to %s the best %s available %s%% of the time, but at least %s%% is asked for",
		 pair->a, pair->z, what[want->protect], best, need);
	return ocs_fail_reason(err,
			       "OpticalAvailability(%s-%s,need=%s,best=%s)",
			       pair->a, pair->z, need, best);
}

/* WITHIN: "", or what else the routes must be. */
static int fail_protect(const struct pair *pair, bool ever,
			const char *within, struct ocs_error *err)
{
	ocs_fail(err, ever ? OCS_BUSY : OCS_RANGE,
		 "between %s and %s there are %s two disjoint routes%s",
		 pair->a, pair->z, ever ? "no" : "never",
		 ever ? " free" : within);
	return ocs_fail_reason(err, "OpticalDiverse(%s-%s%s)", pair->a,
			       pair->z, ever ? "" : ",none");
}

static int fail_reach(const struct pair *pair, struct ocs_error *err)
{
	ocs_fail(err, OCS_RANGE,
		 "light does not reach from %s to %s without regeneration",
		 pair->a, pair->z);
	return ocs_fail_reason(err, "OpticalReach(%s-%s)", pair->a, pair->z);
}

/* Even with nothing booked it can't be, though links have the room: without
 * which wish could it? */
static int never(struct inquest *in, const struct pair *pair,
		 struct ocs_error *err)
{
	/* a route that is only kept free is no member of C */
	static const char within[] = " within the bounds";
	struct ocs_want w = *in->want;
	struct ocs_plan_circuit c;
	uint64_t least;

	in->room = OCS_ROOM_CAPACITY;
	in->n = 0;
	in->plan = NULL;
	if (short_of_ports(in, pair, err))
		return -1;
	w.latency_us = 0;
	if (would_be(in, &w, 0, &c))
		return c.worst_latency_us > in->want->latency_us ?
			fail_latency(pair, in->want->latency_us,
				     c.worst_latency_us, err) :
			fail_protect(pair, false, within, err);
	w.delay_variation_us = 0;
	if (would_be(in, &w, 0, &c)) {
		least = least_variation(in, &w, &c);
		return least > in->want->delay_variation_us ?
			fail_variation(pair, in->want->delay_variation_us,
				       least, err) :
			fail_protect(pair, false, within, err);
	}
	w.unavailable_ppb = 0;
	if (would_be(in, &w, 0, &c)) {
		least = least_unavailable(in, &w, &c);
		return least > in->want->unavailable_ppb ?
			fail_availability(pair, in->want, least, err) :
			fail_protect(pair, false, within, err);
	}
	if (would_be(in, &w, OCS_ANY_REACH, &c))
		return fail_reach(pair, err);
	w.protect = OCS_UNPROTECTED;
	if (would_be(in, &w, 0, &c) || would_be(in, &w, OCS_ANY_REACH, &c))
		return fail_protect(pair, false, "", err);
	ocs_fail(err, OCS_RANGE,
		 "no ports, planes and wavelengths between %s and %s ever carry it",
		 pair->a, pair->z);
	return ocs_fail_reason(err, "OpticalLink(%s-%s,none)", pair->a,
			       pair->z);
}

/* It can be, and its links have the room: no wavelength, slot, or second
 * route. */
static int not_now(struct inquest *in, const struct ocs_route *best,
		   const struct pair *pair, struct ocs_error *err)
{
	const struct ocs_net *net = in->p->net;
	char need[OCS_RATE_TEXT_MAX], name[2 * OCS_NAME_MAX];
	unsigned int l = best->link[0];
	uint64_t least = UINT64_MAX;

	if (in->want->protect)
		return fail_protect(pair, true, "", err);
	for (unsigned int i = 0; i < best->nhops; i++) {
		const struct ocs_link *link = &net->link[best->link[i]];
		uint64_t free = 0;

		for (unsigned int k = 0; k < link->nwaves; k++)
			free += link->wave_bps >
				net->wave[link->first_wave + k].booked_bps;
		if (!link->nwaves || free >= least)
			continue;
		least = free;
		l = best->link[i];
	}
	name_link(net, &net->link[l], name);
	ocs_rate_format(in->want->rate_bps, need);
	ocs_fail(err, OCS_BUSY,
		 "between %s and %s no wavelength has room for %s all along; link %s has fewest",
		 pair->a, pair->z, need, name);
	return ocs_fail_reason(err, "OpticalLink(%s,need=%s,wavelength=none)",
			       name, need);
}

/* ---- the order of questions ---- */

/* WANT needs members: links alone have had nothing to say. */
static int why_hard(struct inquest *in, const struct pair *pair,
		    struct ocs_error *err)
{
	const struct ocs_net *net = in->p->net;
	struct ocs_plan_circuit c;
	unsigned int l;
	uint64_t need;

	if (!would_be(in, in->want, 0, &c))
		return never(in, pair, err);
	if (short_of_ports(in, pair, err))
		return -1;
	l = narrowest(in, &c.route);
	need = own_use(in, l) +
	       ocs_link_consumed(&net->link[l], in->want->rate_bps);
	if (need > has(&net->link[l], in->room))
		return fail_link(in, &net->link[l], need, pair, err);
	return not_now(in, &c.route, pair, err);
}

int ocs_why(struct ocs_paths *p, enum ocs_room room,
	    const struct ocs_plan *plan, const unsigned int *order,
	    unsigned int n, const struct ocs_want *want, struct ocs_error *err)
{
	const struct ocs_net *net = p->net;
	unsigned int a = want->a, z = want->z, l;
	struct pair pair = { net->site[a].name, net->site[z].name,
			     want->rate_bps };
	struct inquest in = { p, room, plan, order, n, want };
	struct ocs_route any, best;

	if (!err)
		return -1;
	ocs_paths_reset(p, OCS_ROOM_ANY);
	if (!ocs_paths_find(p, a, z, 0, 0, &any)) {
		ocs_fail(err, OCS_NOT_FOUND, "no links lead from %s to %s",
			 pair.a, pair.z);
		return ocs_fail_reason(err, "OpticalLink(%s-%s,none)", pair.a,
				       pair.z);
	}
	if (ocs_signal_hard(p, want) &&
	    ocs_signal_members(net, want) > OCS_MEMBERS_MAX)
		return never(&in, &pair, err);
	ocs_paths_reset(p, OCS_ROOM_CAPACITY);
	if (!ocs_paths_find(p, a, z, ocs_signal_hard(p, want) ?
			    ocs_member_share(want->rate_bps,
					     ocs_signal_members(net, want)) :
			    want->rate_bps, 0, &best))
		return fail_capacity(p, a, z, &any, &pair, err);
	if (want->latency_us && best.latency_us > want->latency_us)
		return fail_latency(&pair, want->latency_us, best.latency_us,
				    err);
	if (ocs_signal_hard(p, want))
		return why_hard(&in, &pair, err);
	l = narrowest(&in, &best);
	return fail_link(&in, &net->link[l],
			 own_use(&in, l) +
				 ocs_link_consumed(&net->link[l],
						   want->rate_bps),
			 &pair, err);
}
