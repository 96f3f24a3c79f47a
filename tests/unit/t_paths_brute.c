// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests ocs_route_circuits() on thousands of small random networks against all
 * simple routes tried one by one; shares no code with common/core's searches.
 *
 * One circuit each: a single member must have the very route that is best, two
 * legs the least longer latency; whatever comes must be possible.
 * t_paths_brute [--seed=N] [--networks=N]
 */
#include <stdlib.h>

#include "common/core/net.h"
#include "tests/unit/tap.h"

#define G UINT64_C(1000000000)
#define SITES 6
#define LINKS 9
#define PORTS 6
#define ROUTES 4096

static uint64_t state;

static unsigned int dice(unsigned int n)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);	/* splitmix64 */

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (unsigned int) ((z ^ (z >> 31)) % n);
}

/* ---- a network ---- */

static struct ocs_site site[SITES];
static struct ocs_link link_[LINKS];
static struct ocs_port port[PORTS];

static void random_link(struct ocs_net *net, unsigned int i)
{
	struct ocs_link *l = &link_[i];

	memset(l, 0, sizeof(*l));
	sprintf(l->name, "l%u", i);
	l->a = dice(net->nsites);
	l->z = (l->a + 1 + dice(net->nsites - 1)) % net->nsites;
	l->grain = (enum ocs_grain) dice(3);
	l->wave_bps = 100 * G;
	l->capacity_bps = (1 + dice(3)) * l->wave_bps;
	l->granule_bps = l->grain == OCS_GRAIN_CLIENT ? G :
			 l->grain == OCS_GRAIN_ODU ? OCS_SLOT_BPS : 100 * G;
	l->latency_us = 1 + dice(8);
	l->delay_variation_us = dice(4);
	l->unavailable_ppb = dice(3) * 200000000;	/* two are a product */
	l->cost = dice(3);
	l->energy_pj = dice(3);
	l->metres = dice(4) * 100;
	l->reach_m = dice(2) ? 0 : l->metres + dice(3) * 100;
	l->plane = dice(3) ? 0 : 1 + dice(2);
	l->hidden = dice(8) == 0;
	l->domain = dice(5) == 0;
	l->nrisks = dice(3) == 0;
	l->risk[0] = (uint16_t) dice(3);
	l->drained = dice(14) == 0;
}

static void random_bookings(struct ocs_net *net)
{
	for (unsigned int i = 0; i < net->nlinks; i++) {
		struct ocs_link *l = &link_[i];

		if (!l->nwaves)
			l->booked_bps = dice(2) ? 0 :
				dice(1 + (unsigned int) (l->capacity_bps /
							 l->granule_bps)) *
					l->granule_bps;
		for (unsigned int k = 0; k < l->nwaves; k++) {
			uint64_t bps = dice(2) ? 0 :
				l->grain == OCS_GRAIN_ODU ?
				dice(81) * OCS_SLOT_BPS : 100 * G;

			net->wave[l->first_wave + k].booked_bps = bps;
			net->wave[l->first_wave + k].lit = bps || !dice(3);
			l->booked_bps += bps;
		}
	}
	for (unsigned int i = 0; i < net->nports; i++)
		port[i].booked_bps = dice(3) * port[i].rate_bps / 2;
}

static void random_net(struct ocs_net *net)
{
	bool planes = dice(2);

	memset(net, 0, sizeof(*net));
	memset(site, 0, sizeof(site));
	memset(port, 0, sizeof(port));
	net->site = site;
	net->link = link_;
	net->port = port;
	net->nsites = 2 + dice(SITES - 1);
	net->nlinks = 1 + dice(LINKS);
	net->nports = dice(2) ? 0 : dice(PORTS + 1);
	for (unsigned int i = 0; i < net->nsites; i++) {
		sprintf(site[i].name, "s%u", i);
		site[i].no_regen = dice(2);
		site[i].external = dice(6) == 0;
		site[i].interdomain = site[i].external && dice(2);
	}
	for (unsigned int i = 0; i < net->nports; i++) {
		sprintf(port[i].name, "p%u", i);
		port[i].site = dice(2);	/* the ends */
		port[i].rate_bps = 100 * G;
		port[i].plane = planes ? dice(3) : 0;
		port[i].drained = dice(10) == 0;
	}
	for (unsigned int i = 0; i < net->nlinks; i++)
		random_link(net, i);
	if (ocs_net_index(net) < 0)
		exit(2);
	random_bookings(net);
}

/* ---- all routes ---- */

struct path {
	unsigned int n, link[SITES];
	uint64_t us, variation, unavailable, cost, energy;
};
static struct path path[ROUTES];
static unsigned int npaths;

static bool room(const struct ocs_net *net, unsigned int l, uint64_t rate)
{
	const struct ocs_link *k = &net->link[l];
	uint64_t need = (rate + k->granule_bps - 1) / k->granule_bps *
			k->granule_bps;

	if (k->drained || k->booked_bps + need > k->capacity_bps)
		return false;
	for (unsigned int w = 0; w < k->nwaves; w++)
		if (net->wave[k->first_wave + w].booked_bps + need <=
		    k->wave_bps)
			return true;
	return !k->nwaves;
}

/* Does light of X go on over Y, which meet at S? */
static bool goes_on(const struct ocs_link *x, const struct ocs_link *y,
		    unsigned int s)
{
	return site[s].no_regen && x->grain == OCS_GRAIN_WAVELENGTH &&
	       y->grain == OCS_GRAIN_WAVELENGTH && !x->hidden && !y->hidden &&
	       x->domain == y->domain;
}

/* One wavelength for LINK[0..N), and not too far? */
static bool section(const struct ocs_net *net, const unsigned int *link,
		    unsigned int n)
{
	uint64_t metres = 0, reach = UINT64_MAX;

	for (unsigned int i = 0; i < n; i++) {
		const struct ocs_link *l = &net->link[link[i]];

		metres += l->metres;
		if (l->reach_m && l->reach_m < reach)
			reach = l->reach_m;
	}
	if (n > 1 && metres > reach)
		return false;
	for (unsigned int w = 0; w < 3; w++) {
		bool good = true;

		for (unsigned int i = 0; good && i < n; i++) {
			const struct ocs_link *l = &net->link[link[i]];

			good = !l->nwaves ||
			       (w < l->nwaves &&
				!net->wave[l->first_wave + w].booked_bps);
		}
		if (good)
			return true;
	}
	return false;
}

static unsigned int other(const struct ocs_link *l, unsigned int s)
{
	return l->a == s ? l->z : l->a;
}

static bool possible(const struct ocs_net *net, const struct path *p,
		     unsigned int a, uint64_t rate, unsigned int plane)
{
	unsigned int s = a, first = 0;

	for (unsigned int i = 0; i < p->n; i++) {
		const struct ocs_link *l = &net->link[p->link[i]];

		if (!room(net, p->link[i], rate) ||
		    (plane && l->plane && l->plane != plane))
			return false;
		if (i && !goes_on(&net->link[p->link[i - 1]], l, s))
			first = i;
		/* each beginning of a section is one as well */
		if (l->grain == OCS_GRAIN_WAVELENGTH &&
		    !section(net, p->link + first, i - first + 1))
			return false;
		s = other(l, s);
	}
	return true;
}

static void walk(const struct ocs_net *net, struct path *p, unsigned int at,
		 unsigned int z, unsigned int visited)
{
	if (at == z) {
		path[npaths++] = *p;
		return;
	}
	if (p->n && site[at].external && !site[at].interdomain)
		return;
	for (unsigned int i = 0; i < net->nlinks; i++) {
		const struct ocs_link *l = &net->link[i];
		struct path q = *p;

		if ((l->a != at && l->z != at) ||
		    (visited >> other(l, at) & 1))
			continue;
		q.link[q.n++] = i;
		q.us += l->latency_us;
		q.variation += l->delay_variation_us;
		q.unavailable += l->unavailable_ppb;
		q.cost += l->cost;
		q.energy += l->energy_pj;
		walk(net, &q, other(l, at), z,
		     visited | 1U << other(l, at));
	}
}

static bool within(const struct path *p, const struct ocs_want *w)
{
	return (!w->latency_us || p->us <= w->latency_us) &&
	       (!w->delay_variation_us ||
		p->variation <= w->delay_variation_us);
}

/* The same of how often it fails: alone, or at once with Y. */
static bool available(const struct path *x, const struct path *y,
		      const struct ocs_want *w)
{
	double both = (x->unavailable > 1e9 ? 1 : (double) x->unavailable / 1e9);

	if (y)
		both *= y->unavailable > 1e9 ? 1 : (double) y->unavailable / 1e9;
	return !w->unavailable_ppb ||
	       both <= (double) w->unavailable_ppb / 1e9 + 1e-10;
}

static int compare(const struct path *x, const struct path *y)
{
	const uint64_t v[][2] = {
		{ x->us, y->us }, { x->unavailable, y->unavailable },
		{ x->cost, y->cost }, { x->energy, y->energy },
		{ x->n, y->n },
	};

	for (unsigned int i = 0; i < 5; i++)
		if (v[i][0] != v[i][1])
			return v[i][0] < v[i][1] ? -1 : 1;
	for (unsigned int i = 0; i < x->n; i++)
		if (x->link[i] != y->link[i])
			return x->link[i] < y->link[i] ? -1 : 1;
	return 0;
}

static bool apart(const struct ocs_net *net, const struct path *x,
		  const struct path *y)
{
	for (unsigned int i = 0; i < x->n; i++)
		for (unsigned int k = 0; k < y->n; k++) {
			const struct ocs_link *a = &net->link[x->link[i]];
			const struct ocs_link *b = &net->link[y->link[k]];

			if (a == b ||
			    (a->nrisks && b->nrisks &&
			     a->risk[0] == b->risk[0]) ||
			    (a->hidden && b->hidden && a->domain == b->domain &&
			     !(a->nrisks && b->nrisks)))
				return false;
		}
	return true;
}

/* ---- ports ---- */

static unsigned int ports_at(const struct ocs_net *net, unsigned int s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < net->nports; i++)
		n += port[i].site == s;
	return n;
}

static bool port_fits(unsigned int i, unsigned int s, unsigned int plane,
		      uint64_t rate)
{
	return port[i].site == s && !port[i].drained &&
	       port[i].booked_bps + rate <= port[i].rate_bps &&
	       (!port[i].plane || port[i].plane == plane);
}

/* Has S a port of PLANE (PLANE 0: of none); and, P2 >= 0, another one of P2? */
static bool has_port(const struct ocs_net *net, unsigned int s,
		     unsigned int plane, int p2, uint64_t rate)
{
	if (!ports_at(net, s))
		return true;
	for (unsigned int i = 0; i < net->nports; i++) {
		if (!port_fits(i, s, plane, rate))
			continue;
		if (p2 < 0)
			return true;
		for (unsigned int k = 0; k < net->nports; k++)
			if (k != i && port_fits(k, s, (unsigned int) p2, rate))
				return true;
	}
	return false;
}

/* Is PLANE one that a member can be on? One that no port has is none. */
static bool on(const struct ocs_net *net, const struct ocs_want *w,
	       unsigned int plane, uint64_t rate)
{
	bool named = !plane;

	for (unsigned int i = 0; i < net->nports; i++)
		named |= port[i].plane == plane &&
			 (port_fits(i, w->a, plane, rate) ||
			  port_fits(i, w->z, plane, rate));
	return named && has_port(net, w->a, plane, -1, rate) &&
	       has_port(net, w->z, plane, -1, rate);
}

static bool planes_at(const struct ocs_net *net, unsigned int s)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < net->nports; i++)
		if (port[i].site == s && port[i].plane)
			seen |= 1U << port[i].plane;
	return seen == 6;
}

/* ---- answers ---- */

/* The best route of one member; NULL: none. */
static const struct path *best_one(const struct ocs_net *net,
				   const struct ocs_want *w)
{
	const struct path *best = NULL;

	for (unsigned int plane = 0; plane < 3; plane++) {
		const struct path *here = NULL;

		if (!on(net, w, plane, w->rate_bps))
			continue;
		for (unsigned int i = 0; i < npaths; i++) {
			bool second = w->protect != OCS_RESTORABLE;

			if (!within(&path[i], w) ||
			    !available(&path[i], NULL, w) ||
			    !possible(net, &path[i], w->a, w->rate_bps, plane))
				continue;
			for (unsigned int k = 0; !second && k < npaths; k++)
				second = within(&path[k], w) &&
					 available(&path[k], NULL, w) &&
					 apart(net, &path[i], &path[k]) &&
					 possible(net, &path[k], w->a,
						  w->rate_bps, plane);
			if (second && (!here || compare(&path[i], here) < 0))
				here = &path[i];
		}
		if (here && (!best || here->us < best->us))
			best = here;
	}
	return best;
}

/* The longer latency of the best two legs of RATE each; 0: none. */
static uint64_t best_two(const struct ocs_net *net, const struct ocs_want *w,
			 uint64_t rate)
{
	bool both = planes_at(net, w->a) && planes_at(net, w->z);
	uint64_t best = 0;

	for (unsigned int p = 0; p < 3; p++)
		for (unsigned int q = 0; q < 3; q++) {
			if (!on(net, w, p, rate) || !on(net, w, q, rate) ||
			    (both && p && p == q) ||
			    !has_port(net, w->a, p, (int) q, rate) ||
			    !has_port(net, w->z, p, (int) q, rate))
				continue;
			for (unsigned int i = 0; i < npaths; i++)
				for (unsigned int k = 0; k < npaths; k++) {
					uint64_t us = path[i].us > path[k].us ?
						path[i].us : path[k].us;

					if ((!best || us < best) &&
					    within(&path[i], w) &&
					    within(&path[k], w) &&
					    available(&path[i], &path[k], w) &&
					    apart(net, &path[i], &path[k]) &&
					    possible(net, &path[i], w->a, rate,
						     p) &&
					    possible(net, &path[k], w->a, rate,
						     q))
						best = us;
				}
		}
	return best;
}

/* What is wrong with member M, by itself; NULL: nothing. */
static const char *wrong(const struct ocs_net *net, const struct ocs_want *w,
			 const struct ocs_plan_member *m)
{
	struct path p = { .n = m->route.nhops };
	unsigned int s = w->a;

	memcpy(p.link, m->route.link, p.n * sizeof(p.link[0]));
	if (!possible(net, &p, w->a, m->bps, 0))
		return "its route is not possible";
	for (unsigned int i = 0; i < p.n; i++) {
		const struct ocs_link *l = &net->link[p.link[i]];
		uint64_t need = (m->bps + l->granule_bps - 1) /
				l->granule_bps * l->granule_bps;

		p.us += l->latency_us;
		if (!l->nwaves != !m->wave[i] || m->wave[i] > l->nwaves)
			return "its wavelength is none";
		if (l->nwaves &&
		    net->wave[l->first_wave + m->wave[i] - 1].booked_bps +
				    need > l->wave_bps)
			return "its wavelength is taken";
		if (i && goes_on(&net->link[p.link[i - 1]], l, s) &&
		    m->wave[i] != m->wave[i - 1])
			return "its wavelength changes";
		s = other(l, s);
	}
	if (s != w->z || p.us != m->route.latency_us)
		return "it does not arrive in time";
	if ((m->port_a == OCS_NO_PORT) != !ports_at(net, w->a) ||
	    (m->port_z == OCS_NO_PORT) != !ports_at(net, w->z))
		return "it has no port";
	if (m->port_a != OCS_NO_PORT && m->port_z != OCS_NO_PORT &&
	    port[m->port_a].plane && port[m->port_z].plane &&
	    port[m->port_a].plane != port[m->port_z].plane)
		return "its ports are of two planes";
	return NULL;
}

static unsigned long nrouted, nrefused, npairs, nwaves;

static const char *check_plan(const struct ocs_net *net,
			      const struct ocs_want *w,
			      const struct ocs_plan *plan)
{
	const struct ocs_plan_circuit *c = &plan->circuit[0];
	const struct path *one;
	const char *why;

	for (unsigned int i = 0; i < c->nmembers; i++) {
		if ((why = wrong(net, w, &plan->member[i])))
			return why;
		for (unsigned int h = 0; h < OCS_HOPS_MAX; h++)
			nwaves += plan->member[i].wave[h] != 0;
	}
	if (w->protect == OCS_DIVERSE || w->protect == OCS_ONE_PLUS_ONE) {
		npairs++;
		return c->nmembers != 2 ? "not two legs" :
		       c->worst_latency_us !=
		       best_two(net, w, w->protect == OCS_DIVERSE ?
				w->rate_bps / 2 : w->rate_bps) ?
		       "not the best pair" : NULL;
	}
	if (!(one = best_one(net, w)))
		return "there is none";
	if (one->n != c->route.nhops ||
	    memcmp(one->link, c->route.link, one->n * sizeof(one->link[0])))
		return "not the best route";
	return NULL;
}

static const char *check_refusal(const struct ocs_net *net,
				 const struct ocs_want *w,
				 const struct ocs_error *err)
{
	bool pair = w->protect == OCS_DIVERSE ||
		    w->protect == OCS_ONE_PLUS_ONE;

	if (!err->reason[0] || strchr(err->reason, ' '))
		return "no reason";
	if (pair)
		return best_two(net, w, w->protect == OCS_DIVERSE ?
				w->rate_bps / 2 : w->rate_bps) ?
		       "there are two" : NULL;
	return best_one(net, w) ? "there is one" : NULL;
}

static bool test_network(uint64_t seed)
{
	static struct ocs_plan plan;
	struct ocs_error err = { 0 };
	struct path none = { 0 };
	struct ocs_want w = { .a = 0, .z = 1 };
	struct ocs_net net;
	const char *why;
	int rc;

	state = seed;
	random_net(&net);
	w.rate_bps = (2 + 2 * dice(50)) * G;
	w.latency_us = dice(3) ? 0 : 1 + dice(20);
	w.delay_variation_us = dice(3) ? 0 : 1 + dice(6);
	w.protect = (enum ocs_protect) dice(4);
	w.unavailable_ppb = dice(3) ? 0 : (1 + dice(24)) * 40000000;
	npaths = 0;
	walk(&net, &none, 0, 1, 1);
	rc = ocs_route_circuits(&net, &w, 1, &plan, &err);
	why = rc < 0 ? check_refusal(&net, &w, &err) :
		       check_plan(&net, &w, &plan);
	nrouted += rc == 0;
	nrefused += rc < 0;
	if (why)
		printf("# seed %llu: %s %s: %s\n", (unsigned long long) seed,
		       ocs_protect_name(w.protect), err.reason, why);
	free(net.wave);
	free(net.sorted);
	free(net.sorted_sites);
	return !why;
}

int main(int argc, char **argv)
{
	unsigned long n = 20000, bad = 0;
	uint64_t first = 1;

	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--seed=", 7))
			first = strtoull(argv[i] + 7, NULL, 10);
		if (!strncmp(argv[i], "--networks=", 11))
			n = strtoul(argv[i] + 11, NULL, 10);
	}
	for (unsigned long i = 0; i < n && bad < 10; i++)
		bad += !test_network(first + i);
	is_num(bad, 0, "%lu networks answer as all routes do", n);
	ok(n < 1000 || (nrouted > n / 10 && nrefused > n / 10 &&
			npairs > n / 50 && nwaves > n / 10),
	   "%lu routed, %lu refused, %lu pairs, %lu wavelengths", nrouted,
	   nrefused, npairs, nwaves);
	return tap_done();
}
