// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sim_optics - how a simulated optical network behaves (SimRealism=full)
 *
 * Times, of the simulated clock:
 *  set-up of a wavelength	transponder warm-up 120 s, then 20 s of power
 *	adjustment at each degree of the route, two for a link; a degree adjusts
 *	one wavelength at a time (TransportPCE PowerMgmtImpl.java:65-67, Jira
 *	TRNSPRTPCE-88); log-normal, at most 10 min of warm-up
 *  a circuit on a link that grooms and carries light already	1 to 10 s
 *	(our estimate: electrical cross-connect and controller)
 *  release	12 s at each degree, one at a time (OpenROADM's most per degree)
 *  restoration by the controller	1 to 8 min (NTT: at most 8 min)
 *
 * A wavelength is the same on all links of a route, so that a set-up can be
 * blocked though each link has one free. Each end takes a transponder for each
 * wavelength. A controller that finds no room where it was told to go looks
 * for another route itself. What is not full has none of this: the fixed times,
 * the routes asked for, capacity.
 */
#include "agent/sim_priv.h"

#include <inttypes.h>
#include <string.h>

#include "common/core/units.h"

#define WARM_UP_MS 120000
#define WARM_UP_MAX_MS 600000
#define ADJUST_MS 20000
#define ADJUST_DOWN_MS 12000
#define RESTORE_MS 240000

/* splitmix64: Steele, Lea, Flood, OOPSLA 2014 */
uint64_t sim_random(struct sim *sim, uint64_t below)
{
	uint64_t z = (sim->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return below ? z % below : 0;
}

bool sim_chance(struct sim *sim, unsigned int per_mille)
{
	return sim->opt.full && sim_random(sim, 1000) < per_mille;
}

int64_t sim_ms(const struct sim *sim, int64_t ms)
{
	return ms / (sim->opt.speed ? sim->opt.speed : 1);
}

/* MEDIAN times exp(0.35 z), z normal: its quantiles at 0, 1/16 ... 1, the ends
 * being those of 0.01 and 0.999, with straight lines between. */
static int64_t spread(struct sim *sim, int64_t median)
{
	static const int quantile[] = {	/* per mille */
		443, 585, 669, 733, 790, 843, 894, 946, 1000, 1056, 1118, 1187,
		1266, 1364, 1496, 1711, 2950
	};
	unsigned int at = (unsigned int) sim_random(sim, 16 * 256);
	int lo = quantile[at / 256], hi = quantile[at / 256 + 1];

	return median * (lo + (hi - lo) * (int) (at % 256) / 256) / 1000;
}

uint64_t sim_consumed(const struct sim *sim, const struct sim_link *l,
		      uint64_t rate_bps)
{
	return ocs_link_consumed(&sim->net.link[l->index], rate_bps);
}

uint64_t sim_capacity(const struct sim *sim, const struct sim_link *l)
{
	return sim->net.link[l->index].capacity_bps;
}

static struct sim_link *hop(struct sim *sim, const struct sim_place *at,
			    unsigned int i)
{
	return &sim->link[at->hop[i] + 1];
}

uint64_t sim_latency_us(const struct sim *sim, const struct sim_service *s)
{
	uint64_t us = 0;

	for (unsigned int i = 0; i < s->at.nhops; i++)
		us += sim->net.link[s->at.hop[i]].latency_us;
	return us;
}

bool sim_route_asked(struct sim *sim, struct sim_service *s)
{
	s->at.nhops = 0;
	for (unsigned int i = 0; i < s->svc.nhops; i++) {
		struct sim_link *l = sim_link_find(sim, s->svc.hop[i]);

		if (!l || l == &sim->link[0]) {
			s->at.nhops = 0;
			return false;
		}
		s->at.hop[s->at.nhops++] = l->index;
	}
	return true;
}

/* ---- wavelengths and transponders ---- */

static bool channel_used(const struct sim_link *l, unsigned int c)
{
	return l->used[c / 64] >> (c % 64) & 1;
}

/* How many wavelengths RATE needs there; 0: no link of it tells them apart. */
static unsigned int channels_needed(struct sim *sim,
				    const struct sim_place *at, uint64_t rate)
{
	for (unsigned int i = 0; sim->opt.full && i < at->nhops; i++) {
		const struct ocs_link *l = &sim->net.link[at->hop[i]];

		if (hop(sim, at, i)->nchannels && l->granule_bps)
			return (unsigned int) (ocs_link_consumed(l, rate) /
					       l->granule_bps);
	}
	return 0;
}

/* Wavelengths that are free all along; fewer than NEED: blocked. */
static unsigned int find_channels(struct sim *sim, struct sim_place *at,
				  unsigned int need)
{
	unsigned int n = 0;

	for (unsigned int c = 0; c < SIM_CHANNELS_MAX && n < need; c++) {
		bool is_free = true;

		for (unsigned int i = 0; is_free && i < at->nhops; i++) {
			const struct sim_link *l = hop(sim, at, i);

			is_free = !l->nchannels ||
				  (c < l->nchannels && !channel_used(l, c));
		}
		if (is_free)
			at->channel[n++] = (uint16_t) c;
	}
	return n;
}

/* Transponders of SITE, which has one for each wavelength of its links unless
 * there is a pool of another size. */
static unsigned int pool(const struct sim *sim, unsigned int site)
{
	unsigned int n = 0;

	if (sim->opt.transponders)
		return sim->opt.transponders;
	for (unsigned int i = 1; i < sim->nlinks; i++) {
		const struct ocs_link *l = &sim->net.link[sim->link[i].index];

		if (l->a == site || l->z == site)
			n += sim->link[i].nchannels;
	}
	return n;
}

/* The sites at which S ends; false: they have no names here. */
static bool ends(const struct sim *sim, const struct sim_service *s,
		 unsigned int end[static 2])
{
	int a = ocs_net_site(&sim->net, s->svc.a);
	int z = ocs_net_site(&sim->net, s->svc.z);

	if (a < 0 || z < 0)
		return false;
	end[0] = (unsigned int) a;
	end[1] = (unsigned int) z;
	return true;
}

static void occupy_link(struct sim *sim, const struct sim_service *s,
			struct sim_link *l, bool more)
{
	uint64_t bps = sim_consumed(sim, l, s->svc.rate_bps);

	l->used_bps += more ? bps : -bps;
	if (s->foreign)
		l->foreign_bps += more ? bps : -bps;
	for (unsigned int c = 0; l->nchannels && c < s->at.nchannels; c++) {
		uint64_t bit = UINT64_C(1) << (s->at.channel[c] % 64);

		if (more)
			l->used[s->at.channel[c] / 64] |= bit;
		else
			l->used[s->at.channel[c] / 64] &= ~bit;
	}
}

static void occupy_port(struct sim *sim, const struct sim_service *s,
			int port, bool more)
{
	if (port >= 0)
		sim->port_bps[port] += more ? s->svc.rate_bps :
				       -s->svc.rate_bps;
}

void sim_occupy(struct sim *sim, struct sim_service *s, bool more)
{
	unsigned int end[2];

	for (unsigned int i = 0; i < s->at.nhops; i++)
		occupy_link(sim, s, hop(sim, &s->at, i), more);
	if (s->at.nhops) {
		occupy_port(sim, s, s->port_a, more);
		occupy_port(sim, s, s->port_z, more);
	}
	if (!s->at.nchannels || s->foreign || !ends(sim, s, end))
		return;
	for (unsigned int i = 0; i < 2; i++)
		sim->transponders[end[i]] += more ? s->at.nchannels :
					     -s->at.nchannels;
}

static int no_transponder(struct sim *sim, const struct sim_service *s,
			  const struct sim_place *at, char cause[static 200])
{
	unsigned int end[2];

	if (!at->nchannels || s->foreign || !ends(sim, s, end))
		return 0;
	for (unsigned int i = 0; i < 2; i++) {
		if (sim->transponders[end[i]] + at->nchannels <=
		    pool(sim, end[i]))
			continue;
		snprintf(cause, 200,
			 "sim refused %s: no transponder is left at %s",
			 hop(sim, at, 0)->name, sim->net.site[end[i]].name);
		return -1;
	}
	return 0;
}

/* Has PORT room for S at RATE, of which it has OWN already? */
static bool port_fits(const struct sim *sim, int port, uint64_t rate,
		      uint64_t own)
{
	const struct ocs_port *p = port < 0 ? NULL : &sim->net.port[port];

	return !p || (rate <= p->rate_bps &&
		      sim->port_bps[port] - own <= p->rate_bps - rate);
}

static int no_port(const struct sim *sim, const struct sim_service *s,
		   char cause[static 200])
{
	int port = !port_fits(sim, s->port_a, s->svc.rate_bps, 0) ? s->port_a :
		   !port_fits(sim, s->port_z, s->svc.rate_bps, 0) ? s->port_z :
		   -1;

	if (port < 0)
		return 0;
	snprintf(cause, 200, "sim refused it: port %s is in use",
		 sim->net.port[port].name);
	return -1;
}

/* Room for S on the route of AT: 0, and which wavelengths; -1 with CAUSE. */
static int fits(struct sim *sim, const struct sim_service *s,
		struct sim_place *at, char cause[static 200])
{
	unsigned int need = channels_needed(sim, at, s->svc.rate_bps);

	at->nchannels = 0;
	for (unsigned int i = 0; i < at->nhops; i++) {
		const struct sim_link *l = hop(sim, at, i);
		uint64_t bps = sim_consumed(sim, l, s->svc.rate_bps);

		if (bps > sim_capacity(sim, l) ||
		    l->used_bps > sim_capacity(sim, l) - bps) {
			snprintf(cause, 200,
				 "sim refused %s: no capacity is left there",
				 l->name);
			return -1;
		}
	}
	if (need > SIM_CHANNELS_EACH || find_channels(sim, at, need) < need) {
		snprintf(cause, 200,
			 "sim refused %s: blocked, no wavelength is free all along the route",
			 hop(sim, at, 0)->name);
		return -1;
	}
	at->nchannels = need;
	if (no_port(sim, s, cause) < 0)
		return -1;
	return no_transponder(sim, s, at, cause);
}

/* Another route for S than over link NOT_OVER, as the controller finds it. */
static bool other_route(struct sim *sim, const struct sim_service *s,
			unsigned int not_over, struct sim_place *at)
{
	struct ocs_route route;
	struct ocs_error err;
	unsigned int end[2];

	if (!ends(sim, s, end))
		return false;
	for (unsigned int i = 0; i < sim->net.nlinks; i++) {
		struct ocs_link *l = &sim->net.link[i];
		const struct sim_link *is = &sim->link[i + 1];

		l->down = is->down;
		l->drained = i == not_over;
		l->booked_bps = is->used_bps < l->capacity_bps ?
				is->used_bps : l->capacity_bps;
	}
	if (ocs_route_find(&sim->net, end[0], end[1], s->svc.rate_bps, 0,
			   &route, &err) < 0)
		return false;
	at->nhops = route.nhops;
	memcpy(at->hop, route.link, route.nhops * sizeof(at->hop[0]));
	return true;
}

int sim_settle(struct sim *sim, struct sim_service *s, bool other,
	       char cause[static 200])
{
	struct sim_place asked = s->at, alt = s->at;
	bool have = fits(sim, s, &asked, cause) == 0;
	char why[200];

	if (!asked.nhops)
		return 0;	/* it will fail, dark */
	if ((other || (!have && sim->opt.full)) &&
	    other_route(sim, s, asked.hop[0], &alt) &&
	    fits(sim, s, &alt, why) == 0) {
		asked = alt;
		have = true;
	}
	if (!have)
		return -1;
	s->at = asked;
	sim_occupy(sim, s, true);
	return 0;
}

bool sim_restore(struct sim *sim, struct sim_service *s)
{
	struct sim_place alt = s->at;
	bool have;
	char why[200];

	sim_occupy(sim, s, false);
	have = other_route(sim, s, sim->net.nlinks, &alt) &&
	       fits(sim, s, &alt, why) == 0;
	if (have)
		s->at = alt;
	sim_occupy(sim, s, true);
	return have;
}

bool sim_can_carry(struct sim *sim, struct sim_service *s, uint64_t rate_bps)
{
	uint64_t rate = s->svc.rate_bps;
	bool can = channels_needed(sim, &s->at, rate_bps) ==
			   s->at.nchannels &&
		   port_fits(sim, s->port_a, rate_bps, rate) &&
		   port_fits(sim, s->port_z, rate_bps, rate);

	for (unsigned int i = 0; i < s->at.nhops; i++) {
		const struct sim_link *l = hop(sim, &s->at, i);

		if (l->used_bps - sim_consumed(sim, l, rate) +
		    sim_consumed(sim, l, rate_bps) > sim_capacity(sim, l))
			can = false;
	}
	return can;
}

/* ---- times ---- */

/* The degrees of S adjust one after the other, each one thing at a time. */
static int64_t adjust(struct sim *sim, const struct sim_service *s,
		      int64_t from, int64_t each)
{
	int64_t t = from;

	for (unsigned int i = 0; i < s->at.nhops; i++) {
		for (unsigned int end = 0; end < 2; end++) {
			int64_t *busy = &hop(sim, &s->at, i)->adjust_ms[end];

			if (*busy > t)
				t = *busy;
			t += sim_ms(sim, spread(sim, each));
			*busy = t;
		}
	}
	return t;
}

/* S goes over light that is there already: all its links groom, and carry
 * others than it. */
static bool on_lit(struct sim *sim, const struct sim_service *s)
{
	for (unsigned int i = 0; i < s->at.nhops; i++) {
		const struct sim_link *l = hop(sim, &s->at, i);

		if (l->nchannels ||
		    l->used_bps <= sim_consumed(sim, l, s->svc.rate_bps))
			return false;
	}
	return s->at.nhops;
}

int64_t sim_setup_due(struct sim *sim, const struct sim_service *s,
		      int64_t now)
{
	int64_t warm;

	if (!sim->opt.full)
		return now + sim_ms(sim, (int64_t) sim->opt.setup_ms);
	if (on_lit(sim, s))
		return now + sim_ms(sim, 1000 + (int64_t)
				    sim_random(sim, 9000));
	warm = spread(sim, WARM_UP_MS);
	if (warm > WARM_UP_MAX_MS)
		warm = WARM_UP_MAX_MS;
	return adjust(sim, s, now + sim_ms(sim, warm), ADJUST_MS);
}

int64_t sim_release_due(struct sim *sim, const struct sim_service *s,
			int64_t now)
{
	if (!sim->opt.full)
		return now + sim_ms(sim, (int64_t) sim->opt.release_ms);
	if (on_lit(sim, s))
		return now + sim_ms(sim, 1000 + (int64_t)
				    sim_random(sim, 9000));
	return adjust(sim, s, now, ADJUST_DOWN_MS);
}

int64_t sim_restore_time(struct sim *sim)
{
	int64_t ms = spread(sim, RESTORE_MS);

	return sim_ms(sim, ms > 480000 ? 480000 : ms);
}
