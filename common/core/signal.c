// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * signal - the members of one circuit
 *
 * A circuit is N members, each from a port to a port, and each of so many
 * lanes, signals side by side, as the wavelengths on its way take: N * LANES
 * signals of equal parts. Protected by two routes, each leg is one quest for
 * all of its signals together. What is found is taken from the workspace; when
 * something is missing all of it is given back.
 */
#include "common/core/signal.h"

#include <string.h>

#define PLANES (OCS_PLANE_MAX + 2)	/* OCS_PLANE_ANY among them */

struct circuit {
	struct ocs_paths *p;
	const struct ocs_want *want;
	unsigned int ignore;
	struct ocs_plan *plan;
	unsigned int first;		/* its first member in PLAN */
	unsigned int n, lanes;		/* members, and lanes of each */
	unsigned int more_lanes;	/* what a route took; above LANES: again */
	uint64_t part_bps;		/* of each lane */
	unsigned int used[PLANES];	/* members by plane */
	unsigned int nbackups;		/* routes kept free meanwhile */
	struct ocs_plan_member backup[OCS_MEMBERS_MAX];
	uint64_t variation_us, unavailable_ppb;	/* of its worst route */
};

/* ---- taking ---- */

static void add(uint64_t *room, uint64_t bps, bool back)
{
	*room += back ? bps : -bps;
}

static void take(struct ocs_paths *p, const struct ocs_plan_member *m,
		 bool back)
{
	for (unsigned int i = 0; i < m->route.nhops; i++) {
		const struct ocs_link *l = &p->net->link[m->route.link[i]];
		uint64_t bps = ocs_link_consumed(l, m->bps);

		add(&p->room[m->route.link[i]], bps, back);
		if (m->wave[i])
			add(&p->wave_room[l->first_wave + m->wave[i] - 1],
			    bps, back);
	}
	if (m->port_a != OCS_NO_PORT)
		add(&p->port_room[m->port_a], m->bps, back);
	if (m->port_z != OCS_NO_PORT)
		add(&p->port_room[m->port_z], m->bps, back);
}

/* A wavelength of odu link L with room for BPS: a lit one first, of these the
 * fullest; 0: none. */
static uint16_t odu_wave(const struct ocs_paths *p, const struct ocs_link *l,
			 uint64_t bps)
{
	uint64_t need = ocs_link_consumed(l, bps), least = UINT64_MAX;
	uint16_t best = 0;
	bool best_lit = false;

	for (unsigned int i = 0; i < l->nwaves; i++) {
		uint64_t room = p->wave_room[l->first_wave + i];
		bool lit = room < l->wave_bps ||
			   p->net->wave[l->first_wave + i].lit;

		if (room < need || (best && best_lit > lit) ||
		    (best && best_lit == lit && room >= least))
			continue;
		best = (uint16_t) (i + 1);
		best_lit = lit;
		least = room;
	}
	return best;
}

/* How many links of LINK[0..N) have wavelength W lit; -1: not free on all. */
static int free_on_all(const struct ocs_paths *p, const unsigned int *link,
		       unsigned int n, unsigned int w)
{
	int lit = 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct ocs_link *l = &p->net->link[link[i]];

		if (w >= l->nwaves ||
		    p->wave_room[l->first_wave + w] < l->wave_bps)
			return -1;
		lit += p->net->wave[l->first_wave + w].lit;
	}
	return lit;
}

/* The wavelength of the section LINK[0..N): the one lit on most of it, then the
 * lowest; 0: none. */
static uint16_t section_wave(const struct ocs_paths *p,
			     const unsigned int *link, unsigned int n)
{
	unsigned int best = 0;
	int most = -1;

	for (unsigned int w = 0; w < p->net->link[link[0]].nwaves; w++) {
		int lit = free_on_all(p, link, n, w);

		if (lit <= most)
			continue;
		most = lit;
		best = w + 1;
	}
	return (uint16_t) best;
}

/* The site at which hops I and I + 1 of R meet: no route goes there and back,
 * so there is one. */
static unsigned int joint(const struct ocs_net *net, const struct ocs_route *r,
			  unsigned int i)
{
	const struct ocs_link *x = &net->link[r->link[i]];
	const struct ocs_link *y = &net->link[r->link[i + 1]];

	return x->a == y->a || x->a == y->z ? x->a : x->z;
}

/* How many hops from I on are one transparent section. */
static unsigned int section(const struct ocs_net *net,
			    const struct ocs_route *r, unsigned int i)
{
	unsigned int n = 1;

	while (i + n < r->nhops &&
	       ocs_light_goes_on(net, &net->link[r->link[i + n - 1]],
				 &net->link[r->link[i + n]],
				 joint(net, r, i + n - 1)))
		n++;
	return n;
}

/* Wavelengths for M, whose route is set; false: there are none. */
static bool assign(const struct ocs_paths *p, struct ocs_plan_member *m)
{
	for (unsigned int i = 0, n; i < m->route.nhops; i += n) {
		const struct ocs_link *l = &p->net->link[m->route.link[i]];
		uint16_t wave = 0;

		n = 1;
		if (p->room[m->route.link[i]] < ocs_link_consumed(l, m->bps))
			return false;
		if (!l->nwaves)
			continue;
		if (l->grain == OCS_GRAIN_ODU) {
			wave = odu_wave(p, l, m->bps);
		} else {
			n = section(p->net, &m->route, i);
			wave = section_wave(p, m->route.link + i, n);
		}
		if (!wave)
			return false;
		for (unsigned int k = 0; k < n; k++)
			m->wave[i + k] = wave;
	}
	return true;
}

/* ---- ports and planes ---- */

uint64_t ocs_port_rate(const struct ocs_net *net, unsigned int site)
{
	uint64_t rate = 0;

	for (unsigned int i = 0; i < net->nports; i++)
		if (net->port[i].site == site && net->port[i].rate_bps > rate)
			rate = net->port[i].rate_bps;
	return rate;
}

/* The next lower rate of a port at either end of W below LIMIT; 0: none. */
static uint64_t lower_rate(const struct ocs_net *net, const struct ocs_want *w,
			   uint64_t limit)
{
	uint64_t rate = 0;

	for (unsigned int i = 0; i < net->nports; i++) {
		const struct ocs_port *p = &net->port[i];

		if ((p->site == w->a || p->site == w->z) &&
		    p->rate_bps < limit && p->rate_bps > rate)
			rate = p->rate_bps;
	}
	return rate;
}

static bool has_ports(const struct circuit *c, unsigned int site)
{
	return !(c->ignore & OCS_ANY_PORT) &&
	       ocs_port_rate(c->p->net, site) > 0;
}

/* What one member takes of its ports. */
static uint64_t port_need(const struct circuit *c)
{
	return c->lanes * c->part_bps;
}

static bool on_plane(const struct ocs_port *port, unsigned int plane)
{
	return port->plane == plane || port->plane == OCS_PLANE_ANY;
}

/* Is port I among the ports of MEMBER[0..N)? */
static bool port_of(const struct ocs_plan_member *member, unsigned int n,
		    unsigned int i)
{
	for (unsigned int k = 0; k < n; k++)
		if (member[k].port_a == i || member[k].port_z == i)
			return true;
	return false;
}

/* The port of PLANE at SITE for a member, none of LEG's: rather of that plane
 * than of none, then the fullest that has room; OCS_NO_PORT: none. */
static unsigned int pick_port(const struct circuit *c, unsigned int site,
			      unsigned int plane,
			      const struct ocs_plan_member *leg,
			      unsigned int nleg)
{
	unsigned int best = OCS_NO_PORT;
	uint64_t need = port_need(c), least = UINT64_MAX;
	bool exact = false;

	for (unsigned int i = 0; i < c->p->net->nports; i++) {
		const struct ocs_port *port = &c->p->net->port[i];
		uint64_t room = c->p->port_room[i];
		bool same = port->plane == plane;

		if (port->site != site || room < need || (exact && !same) ||
		    (best != OCS_NO_PORT && exact == same && room >= least) ||
		    !on_plane(port, plane) || port_of(leg, nleg, i))
			continue;
		best = i;
		least = room;
		exact = same;
	}
	return best;
}

/* Are there ports at SITE for N members on PLANE[0] and N others, on other
 * ports, on PLANE[1]? */
static bool ports_for_legs(const struct circuit *c, unsigned int site,
			   unsigned int n, const unsigned int plane[2])
{
	struct ocs_plan_member leg[OCS_MEMBERS_MAX];
	unsigned int had = 0, port = 0;

	if (!has_ports(c, site))
		return true;
	for (; had < 2 * n && had < OCS_MEMBERS_MAX; had++) {
		port = pick_port(c, site, plane[had / n], leg,
				 had < n ? 0 : n);
		if (port == OCS_NO_PORT)
			break;
		c->p->port_room[port] -= port_need(c);
		leg[had].port_a = leg[had].port_z = port;
	}
	for (unsigned int i = 0; i < had; i++)
		c->p->port_room[leg[i].port_a] += port_need(c);
	return had == 2 * n;
}

/* Planes of ports at SITE that have room for a member into PLANE; how many
 * there are besides OCS_PLANE_ANY. */
static unsigned int planes_at(const struct circuit *c, unsigned int site,
			      bool plane[PLANES])
{
	unsigned int n = 0;

	memset(plane, 0, PLANES * sizeof(*plane));
	if (!has_ports(c, site)) {
		plane[OCS_PLANE_ANY] = true;
		return 0;
	}
	for (unsigned int i = 0; i < c->p->net->nports; i++) {
		const struct ocs_port *port = &c->p->net->port[i];

		if (port->site != site || port->plane >= PLANES ||
		    c->p->port_room[i] < port_need(c) || plane[port->plane])
			continue;
		plane[port->plane] = true;
		n += port->plane != OCS_PLANE_ANY;
	}
	return n;
}

/* The planes that a member may use; false: none. *SEVERAL: the ports of both
 * ends, with or without room, are on two planes or more. */
static bool planes_of(const struct circuit *c, bool plane[PLANES])
{
	bool a[PLANES], z[PLANES], any = false;

	planes_at(c, c->want->a, a);
	planes_at(c, c->want->z, z);
	for (unsigned int i = 0; i < PLANES; i++) {
		plane[i] = i == OCS_PLANE_ANY ? a[i] && z[i] :
			   (a[i] && z[i]) ||
			   (a[i] && z[OCS_PLANE_ANY]) ||
			   (z[i] && a[OCS_PLANE_ANY]);
		any |= plane[i];
	}
	return any;
}

static bool several(const struct circuit *c, unsigned int site)
{
	unsigned int first = OCS_PLANE_ANY;

	for (unsigned int i = 0; i < c->p->net->nports; i++) {
		const struct ocs_port *port = &c->p->net->port[i];

		if (port->site != site || port->plane == OCS_PLANE_ANY)
			continue;
		if (first != OCS_PLANE_ANY && first != port->plane)
			return true;
		first = port->plane;
	}
	return false;
}

/* ---- members ---- */

static struct ocs_quest quest(const struct circuit *c, unsigned int members)
{
	const struct ocs_want *w = c->want;

	return (struct ocs_quest) {
		.a = w->a, .z = w->z, .lanes = members * c->lanes,
		.rate_bps = members * c->lanes * c->part_bps,
		.bound_us = w->latency_us && w->latency_us < OCS_FAR ?
			    (uint32_t) w->latency_us : OCS_FAR - 1,
		.variation_us = w->delay_variation_us &&
				w->delay_variation_us < UINT32_MAX ?
				(uint32_t) w->delay_variation_us : UINT32_MAX,
		.unavailable_ppb = w->unavailable_ppb ? w->unavailable_ppb :
							UINT64_MAX,
		.any_reach = c->ignore & OCS_ANY_REACH,
	};
}

/* The lanes of one member over F, from PORT_A to PORT_Z, into OUT; taken. The
 * number that came about. */
static unsigned int lay(struct circuit *c, const struct ocs_found *f,
			unsigned int port_a, unsigned int port_z, bool standby,
			struct ocs_plan_member *out)
{
	unsigned int i;

	for (i = 0; i < c->lanes; i++) {
		struct ocs_plan_member *m = &out[i];

		memset(m, 0, sizeof(*m));
		m->route = f->route;
		m->bps = c->part_bps;
		m->port_a = port_a;
		m->port_z = port_z;
		m->standby = standby;
		if (!assign(c->p, m))
			break;
		take(c->p, m, false);
	}
	return i;
}

/* COUNT members over F on PLANE, their ports none of LEG's. */
static bool lay_members(struct circuit *c, const struct ocs_found *f,
			unsigned int count, unsigned int plane, bool standby,
			const struct ocs_plan_member *leg, unsigned int nleg)
{
	struct ocs_plan *plan = c->plan;
	const struct ocs_want *w = c->want;

	if (f->variation_us > c->variation_us)
		c->variation_us = f->variation_us;
	if (f->unavailable_ppb > c->unavailable_ppb)
		c->unavailable_ppb = f->unavailable_ppb;
	for (unsigned int i = 0; i < count; i++) {
		unsigned int a = OCS_NO_PORT, z = OCS_NO_PORT, made;

		if (has_ports(c, w->a) &&
		    (a = pick_port(c, w->a, plane, leg, nleg)) == OCS_NO_PORT)
			return false;
		if (has_ports(c, w->z) &&
		    (z = pick_port(c, w->z, plane, leg, nleg)) == OCS_NO_PORT)
			return false;
		if (plan->nmembers + c->lanes > OCS_PLAN_MEMBERS_MAX ||
		    plan->nmembers + c->lanes - c->first > OCS_MEMBERS_MAX)
			return false;
		made = lay(c, f, a, z, standby,
			   &plan->member[plan->nmembers]);
		plan->nmembers += made;
		if (made < c->lanes)
			return false;
	}
	return true;
}

/* ---- one route after the other ---- */

struct pick {
	struct circuit *c;
	unsigned int plane;
	struct ocs_found found, backup;
};

static bool first_found(const struct ocs_found *f, void *arg)
{
	*(struct ocs_found *) arg = *f;
	return true;
}

/* F will do if another route, disjoint from it, is free, too. */
static bool restorable(const struct ocs_found *f, void *arg)
{
	struct pick *pick = arg;
	struct ocs_quest q = quest(pick->c, 1);

	pick->found = *f;
	q.plane = pick->plane;
	q.apart = &pick->found.route;
	return ocs_hunt(pick->c->p, pick->c->p->label[1], &q, first_found,
			&pick->backup);
}

static bool hunt_one(struct circuit *c, unsigned int plane, struct pick *pick)
{
	struct ocs_quest q = quest(c, 1);

	pick->c = c;
	pick->plane = q.plane = plane;
	if (c->want->protect == OCS_RESTORABLE)
		return ocs_hunt(c->p, c->p->label[0], &q, restorable, pick);
	return ocs_hunt(c->p, c->p->label[0], &q, first_found, &pick->found);
}

static bool keep_backup(struct circuit *c, const struct ocs_found *f)
{
	unsigned int made;

	if (c->want->protect != OCS_RESTORABLE)
		return true;
	if (c->nbackups + c->lanes > OCS_MEMBERS_MAX)
		return false;
	made = lay(c, f, OCS_NO_PORT, OCS_NO_PORT, true,
		   &c->backup[c->nbackups]);
	c->nbackups += made;
	return made == c->lanes;
}

/* One member, on the plane that has the shortest route for it. */
static bool add_member(struct circuit *c)
{
	struct pick pick, best = { .c = NULL };
	bool plane[PLANES];

	if (!planes_of(c, plane))
		return false;
	ocs_paths_grow(c->p, c->want->z, c->lanes * c->part_bps,
		       c->want->latency_us);
	for (unsigned int i = 0; i < PLANES; i++) {
		if (!plane[i] || !hunt_one(c, i, &pick))
			continue;
		if (best.c && (pick.found.route.latency_us >
			       best.found.route.latency_us ||
			       (pick.found.route.latency_us ==
				best.found.route.latency_us &&
				c->used[i] >= c->used[best.plane])))
			continue;
		best = pick;
	}
	if (!best.c)
		return false;
	c->more_lanes = best.found.lanes;
	if (c->want->protect == OCS_RESTORABLE &&
	    best.backup.lanes > c->more_lanes)
		c->more_lanes = best.backup.lanes;
	if (c->more_lanes > c->lanes)
		return false;
	c->used[best.plane]++;
	return lay_members(c, &best.found, 1, best.plane, false, NULL, 0) &&
	       keep_backup(c, &best.backup);
}

/* ---- two disjoint routes ---- */

struct pair {
	struct circuit *c;
	unsigned int legs;		/* members of each leg */
	unsigned int plane[2];		/* tried now */
	unsigned int looked_at;
	bool found;
	struct ocs_found best[2];	/* the shorter one first */
	unsigned int best_plane[2];
};

/* F is the first of a pair: find the second. */
static bool pair_with(const struct ocs_found *f, void *arg)
{
	struct pair *pair = arg;
	struct ocs_paths *p = pair->c->p;
	struct ocs_quest q = quest(pair->c, pair->legs);
	struct ocs_found second;
	const struct ocs_found *x = f, *y = &second;
	unsigned int first = 0;

	if ((pair->found &&
	     f->route.latency_us >= pair->best[1].route.latency_us) ||
	    ++pair->looked_at > OCS_PAIRS_MAX)
		return true;	/* those that follow are no better */
	q.plane = pair->plane[1];
	q.apart = &f->route;
	q.unavailable_ppb = ocs_unavailable_other(
		pair->c->want->unavailable_ppb, f->unavailable_ppb);
	if (!ocs_hunt(p, p->label[1], &q, first_found, &second))
		return false;
	if (second.route.latency_us < f->route.latency_us) {
		x = &second;
		y = f;
		first = 1;
	}
	if (pair->found &&
	    (y->route.latency_us > pair->best[1].route.latency_us ||
	     (y->route.latency_us == pair->best[1].route.latency_us &&
	      x->route.latency_us >= pair->best[0].route.latency_us)))
		return false;
	pair->found = true;
	pair->best[0] = *x;
	pair->best[1] = *y;
	pair->best_plane[0] = pair->plane[first];
	pair->best_plane[1] = pair->plane[1 - first];
	return false;
}

static void hunt_pair(struct pair *pair)
{
	struct circuit *c = pair->c;
	struct ocs_quest q = quest(c, pair->legs);

	q.plane = pair->plane[0];
	q.unavailable_ppb = UINT64_MAX;	/* the second may make up for it */
	pair->looked_at = 0;
	ocs_hunt(c->p, c->p->label[0], &q, pair_with, pair);
}

static bool add_pair(struct circuit *c, unsigned int legs, bool standby)
{
	bool apart = several(c, c->want->a) && several(c, c->want->z);
	struct pair pair = { .c = c, .legs = legs };
	bool plane[PLANES];
	unsigned int first, taken;

	if (!planes_of(c, plane))
		return false;
	ocs_paths_grow(c->p, c->want->z, legs * c->lanes * c->part_bps,
		       c->want->latency_us);
	for (unsigned int i = 0; i < PLANES; i++)
		for (unsigned int k = i; plane[i] && k < PLANES; k++) {
			if (!plane[k] ||
			    (apart && i == k && i != OCS_PLANE_ANY))
				continue;
			pair.plane[0] = i;
			pair.plane[1] = k;
			if (ports_for_legs(c, c->want->a, legs, pair.plane) &&
			    ports_for_legs(c, c->want->z, legs, pair.plane))
				hunt_pair(&pair);
		}
	if (!pair.found)
		return false;
	c->more_lanes = pair.best[0].lanes > pair.best[1].lanes ?
				pair.best[0].lanes : pair.best[1].lanes;
	c->more_lanes = (c->more_lanes + legs - 1) / legs;
	if (c->more_lanes > c->lanes)
		return false;
	first = c->plan->nmembers;
	if (!lay_members(c, &pair.best[0], legs, pair.best_plane[0], false,
			 NULL, 0))
		return false;
	taken = c->plan->nmembers - first;
	if (!lay_members(c, &pair.best[1], legs, pair.best_plane[1], standby,
			 &c->plan->member[first], taken))
		return false;
	c->unavailable_ppb = ocs_unavailable_both(pair.best[0].unavailable_ppb,
						  pair.best[1].unavailable_ppb);
	return true;
}

/* ---- the circuit ---- */

static void give_back(struct circuit *c, bool all)
{
	while (c->nbackups)
		take(c->p, &c->backup[--c->nbackups], true);
	while (all && c->plan->nmembers > c->first)
		take(c->p, &c->plan->member[--c->plan->nmembers], true);
}

static bool try_members(struct circuit *c)
{
	enum ocs_protect protect = c->want->protect;
	bool good = true;

	memset(c->used, 0, sizeof(c->used));
	c->variation_us = c->unavailable_ppb = 0;
	c->more_lanes = 0;
	c->part_bps = ocs_member_share(c->want->rate_bps, c->n * c->lanes);
	if (protect == OCS_DIVERSE)
		good = add_pair(c, c->n / 2, false);
	else if (protect == OCS_ONE_PLUS_ONE)
		good = add_pair(c, c->n, true);
	for (unsigned int i = 0; good && i < c->n &&
				 (protect == OCS_UNPROTECTED ||
				  protect == OCS_RESTORABLE); i++)
		good = add_member(c);
	give_back(c, !good);
	return good;
}

/* The same, with as many lanes as it takes. */
static bool try_lanes(struct circuit *c)
{
	for (c->lanes = 1; c->n * c->lanes <= OCS_MEMBERS_MAX;
	     c->lanes = c->more_lanes) {
		if (try_members(c))
			return true;
		if (c->more_lanes <= c->lanes)
			return false;
	}
	return false;
}

static unsigned int members_at(const struct ocs_want *w, uint64_t limit)
{
	uint64_t n = limit && w->rate_bps ? (w->rate_bps - 1) / limit + 1 : 1;

	if (n > OCS_MEMBERS_MAX)
		return OCS_MEMBERS_MAX + 1;
	if (w->protect == OCS_DIVERSE)
		n += n % 2;
	return (unsigned int) n;
}

static uint64_t rate_limit(const struct ocs_net *net, const struct ocs_want *w)
{
	uint64_t a = ocs_port_rate(net, w->a), z = ocs_port_rate(net, w->z);

	return a && z ? (a < z ? a : z) : a + z;
}

unsigned int ocs_signal_members(const struct ocs_net *net,
				const struct ocs_want *want)
{
	return members_at(want, rate_limit(net, want));
}

/* As few members as there are ports for: of the largest rate, or of lower
 * ones that some ports have. */
static bool try_all(struct circuit *c)
{
	const struct ocs_net *net = c->p->net;
	uint64_t limit = c->ignore & OCS_ANY_PORT ? 0 :
			 rate_limit(net, c->want);

	c->n = 0;
	do {
		unsigned int n = members_at(c->want, limit);

		if (n > OCS_MEMBERS_MAX)
			return false;
		if (n != c->n) {
			c->n = n;
			if (try_lanes(c))
				return true;
		}
		limit = limit ? lower_rate(net, c->want, limit) : 0;
	} while (limit);
	return false;
}

/* True if nothing of C's only member is told apart. */
static bool plain(const struct circuit *c)
{
	const struct ocs_plan_member *m = &c->plan->member[c->first];

	if (c->plan->nmembers != c->first + 1 || m->port_a != OCS_NO_PORT ||
	    m->port_z != OCS_NO_PORT)
		return false;
	for (unsigned int i = 0; i < m->route.nhops; i++)
		if (m->wave[i])
			return false;
	return true;
}

static void finish(const struct circuit *c, struct ocs_plan_circuit *out)
{
	struct ocs_plan *plan = c->plan;

	out->route = plan->member[c->first].route;
	out->first_member = c->first;
	out->nmembers = plan->nmembers - c->first;
	out->worst_latency_us = 0;
	out->delay_variation_us = c->variation_us;
	out->unavailable_ppb = c->unavailable_ppb;
	for (unsigned int i = c->first; i < plan->nmembers; i++)
		if (plan->member[i].route.latency_us > out->worst_latency_us)
			out->worst_latency_us =
				plan->member[i].route.latency_us;
	if (plain(c)) {
		plan->nmembers = c->first;
		out->nmembers = 0;
	}
}

/* A bound on what fails is none to ask for: with a link that does, P is rich. */
bool ocs_signal_hard(const struct ocs_paths *p, const struct ocs_want *want)
{
	return p->rich || want->protect || want->delay_variation_us;
}

/* One signal over links alone. */
static bool route_plain(struct ocs_paths *p, const struct ocs_want *want,
			struct ocs_plan_circuit *out)
{
	if (!ocs_paths_find(p, want->a, want->z, want->rate_bps,
			    want->latency_us, &out->route))
		return false;
	ocs_paths_take(p, &out->route, want->rate_bps);
	out->nmembers = 0;
	out->worst_latency_us = out->route.latency_us;
	out->delay_variation_us = out->unavailable_ppb = 0;
	for (unsigned int i = 0; i < out->route.nhops; i++)
		out->delay_variation_us +=
			p->net->link[out->route.link[i]].delay_variation_us;
	return true;
}

static bool route_hard(struct ocs_paths *p, const struct ocs_want *want,
		       unsigned int ignore, struct ocs_plan *plan,
		       struct ocs_plan_circuit *out)
{
	struct circuit c = { .p = p, .want = want, .ignore = ignore,
			     .plan = plan, .first = plan->nmembers };

	if (!try_all(&c))
		return false;
	finish(&c, out);
	return true;
}

bool ocs_signal_route(struct ocs_paths *p, const struct ocs_want *want,
		      unsigned int ignore, struct ocs_plan *plan,
		      struct ocs_plan_circuit *c)
{
	return ocs_signal_hard(p, want) ?
		       route_hard(p, want, ignore, plan, c) :
		       route_plain(p, want, c);
}
