// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * paths - searching routes; runs under slurmctld's lock at each job_test
 *
 * Row h of the table holds, per site, the least latency to the root over at
 * most h links; each layer looks only at the arcs of sites that the layer
 * before improved. So the bound on hops is exact, and the first row that has
 * the least latency tells the fewest hops that reach it. The walk then takes,
 * from A on, the lowest link that keeps to both.
 */
#include "common/core/paths.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/hunt.h"

#define ROWS (OCS_HOPS_MAX + 1)
/* Far beyond any network; keeps the sizes below from overflow. */
#define SITES_LIMIT 65536
#define LINKS_LIMIT 1048576
#define NO_GOAL UINT32_MAX

static bool usable(const struct ocs_net *net, const struct ocs_link *link)
{
	return link->a != link->z && link->a < net->nsites &&
	       link->z < net->nsites &&
	       link->latency_us <= OCS_LATENCY_MAX_US;
}

/* A counting sort: the arcs of a site lie together, by link index. */
static void fill_arcs(struct ocs_paths *p)
{
	const struct ocs_net *net = p->net;
	uint32_t *fill = p->front, sum = 0;

	for (unsigned int i = 0; i < net->nlinks; i++)
		if (usable(net, &net->link[i])) {
			p->first[net->link[i].a]++;
			p->first[net->link[i].z]++;
		}
	for (unsigned int s = 0; s <= net->nsites; s++) {
		uint32_t n = p->first[s];

		p->first[s] = sum;
		sum += n;
	}
	memcpy(fill, p->first, net->nsites * sizeof(*fill));
	for (unsigned int i = 0; i < net->nlinks; i++) {
		const struct ocs_link *l = &net->link[i];
		uint32_t us = (uint32_t) l->latency_us;

		if (!usable(net, l))
			continue;
		p->arc[fill[l->a]++] = (struct ocs_arc) { l->z, i, us };
		p->arc[fill[l->z]++] = (struct ocs_arc) { l->a, i, us };
	}
}

/* Is there anything that the plain search does not look at? */
static bool rich(const struct ocs_net *net)
{
	if (net->nports || net->nwaves)
		return true;
	for (unsigned int i = 0; i < net->nlinks; i++) {
		const struct ocs_link *l = &net->link[i];

		if (l->unavailable_ppb || l->cost || l->energy_pj)
			return true;
	}
	return false;
}

static int init_rooms(struct ocs_paths *p, struct ocs_error *err)
{
	size_t ports = p->net->nports, waves = p->net->nwaves;

	if (!ports && !waves)
		return 0;
	p->port_base = malloc(2 * (ports + waves) * sizeof(*p->port_base));
	if (!p->port_base) {
		ocs_paths_fini(p);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	p->port_room = p->port_base + ports;
	p->wave_base = p->port_room + ports;
	p->wave_room = p->wave_base + waves;
	return 0;
}

int ocs_paths_init(struct ocs_paths *p, const struct ocs_net *net,
		   struct ocs_error *err)
{
	size_t v = net->nsites, e = net->nlinks;
	uint32_t *u;

	memset(p, 0, sizeof(*p));
	if (v > SITES_LIMIT || e > LINKS_LIMIT)
		return ocs_fail(err, OCS_NOMEM,
				"%zu sites and %zu links are too many", v, e);
	p->base = calloc(1, 2 * e * sizeof(*p->base) +
				    2 * e * sizeof(*p->arc) +
				    (v + 1 + (ROWS + 3) * v) * sizeof(*u));
	if (!p->base)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	p->net = net;
	p->room = p->base + e;
	p->arc = (struct ocs_arc *) (p->room + e);
	u = (uint32_t *) (p->arc + 2 * e);
	p->first = u;
	p->row = p->first + v + 1;
	p->front = p->row + ROWS * v;
	p->next = p->front + v;
	p->mark = p->next + v;
	fill_arcs(p);
	p->rich = rich(net);
	return init_rooms(p, err);
}

int ocs_paths_ready(struct ocs_paths *p, struct ocs_error *err)
{
	for (unsigned int i = 0; i < 2; i++)
		if (!p->label[i] && !(p->label[i] = ocs_labels_create()))
			return ocs_fail(err, OCS_NOMEM, "out of memory");
	return 0;
}

void ocs_paths_fini(struct ocs_paths *p)
{
	free(p->label[0]);
	free(p->label[1]);
	free(p->port_base);
	free(p->base);
	memset(p, 0, sizeof(*p));
}

static void fill_waves(struct ocs_paths *p, const struct ocs_link *l,
		       enum ocs_room room)
{
	for (unsigned int i = 0; i < l->nwaves; i++) {
		uint64_t booked = p->net->wave[l->first_wave + i].booked_bps;
		uint64_t left = l->wave_bps;

		if (room == OCS_ROOM_FREE)
			left = booked < left ? left - booked : 0;
		p->wave_base[l->first_wave + i] = left;
	}
}

static void fill_base(struct ocs_paths *p, enum ocs_room room)
{
	for (unsigned int i = 0; i < p->net->nlinks; i++) {
		const struct ocs_link *l = &p->net->link[i];
		uint64_t bps = UINT64_MAX;

		if (room != OCS_ROOM_ANY) {
			bps = room == OCS_ROOM_FREE ? ocs_link_free(l) :
						      l->capacity_bps;
			if (l->granule_bps)
				bps -= bps % l->granule_bps;
		}
		p->base[i] = bps;
	}
	for (unsigned int i = 0; i < p->net->nports; i++) {
		const struct ocs_port *port = &p->net->port[i];

		p->port_base[i] = room == OCS_ROOM_ANY ? UINT64_MAX :
				  room == OCS_ROOM_FREE ?
				  ocs_port_free(port) : port->rate_bps;
	}
	for (unsigned int i = 0; i < p->net->nlinks; i++)
		fill_waves(p, &p->net->link[i], room);
}

void ocs_paths_reset(struct ocs_paths *p, enum ocs_room room)
{
	if (!p->base_valid || p->base_room != room) {
		fill_base(p, room);
		p->base_valid = true;
		p->base_room = room;
	}
	memcpy(p->room, p->base, p->net->nlinks * sizeof(*p->room));
	if (!p->port_base)
		return;
	memcpy(p->port_room, p->port_base,
	       p->net->nports * sizeof(*p->port_room));
	memcpy(p->wave_room, p->wave_base,
	       p->net->nwaves * sizeof(*p->wave_room));
}

void ocs_paths_changed(struct ocs_paths *p)
{
	p->base_valid = false;
}

void ocs_paths_take(struct ocs_paths *p, const struct ocs_route *route,
		    uint64_t rate_bps)
{
	for (unsigned int i = 0; i < route->nhops; i++) {
		unsigned int l = route->link[i];

		p->room[l] -= ocs_link_consumed(&p->net->link[l], rate_bps);
	}
}

/*
 * Fill the rows with the latencies to Z. What is past BOUND, or can't be on a
 * best route from GOAL because GOAL is nearer already, is not followed.
 */
static void grow(struct ocs_paths *p, uint32_t z, uint32_t goal,
		 uint64_t rate_bps, uint32_t bound)
{
	const size_t v = p->net->nsites;
	uint32_t *row = p->row, *swap, nfront = 1, nnext;

	p->root = z;
	memset(row, 0xff, v * sizeof(*row));	/* OCS_FAR */
	row[z] = 0;
	p->front[0] = z;
	for (p->depth = 0; nfront && p->depth < OCS_HOPS_MAX; p->depth++) {
		const uint32_t *old = row;

		row += v;
		memcpy(row, old, v * sizeof(*row));
		nnext = 0;
		if (!++p->epoch) {
			memset(p->mark, 0, v * sizeof(*p->mark));
			p->epoch = 1;
		}
		for (uint32_t f = 0; f < nfront; f++) {
			uint32_t s = p->front[f], from = old[s];

			if (!ocs_paths_transit(p, s) && s != z)
				continue;
			for (uint32_t i = p->first[s]; i < p->first[s + 1];
			     i++) {
				const struct ocs_arc *arc = &p->arc[i];
				uint32_t us = from + arc->latency_us;

				if (us >= row[arc->to] || us > bound ||
				    p->room[arc->link] < rate_bps)
					continue;
				if (goal != NO_GOAL && us >= row[goal])
					continue;
				row[arc->to] = us;
				if (p->mark[arc->to] == p->epoch)
					continue;
				p->mark[arc->to] = p->epoch;
				p->next[nnext++] = arc->to;
			}
			p->work += p->first[s + 1] - p->first[s];
		}
		swap = p->front;
		p->front = p->next;
		p->next = swap;
		nfront = nnext;
	}
}

static uint32_t bound_of(uint64_t bound_us)
{
	return bound_us && bound_us < OCS_FAR ? (uint32_t) bound_us :
						OCS_FAR - 1;
}

void ocs_paths_grow(struct ocs_paths *p, unsigned int z, uint64_t rate_bps,
		    uint64_t bound_us)
{
	grow(p, z, NO_GOAL, rate_bps, bound_of(bound_us));
}

uint32_t ocs_paths_latency(const struct ocs_paths *p, unsigned int a)
{
	return p->row[p->depth * (size_t) p->net->nsites + a];
}

/* The lowest link from *S over which *ROW's latency comes about. */
static unsigned int step(const struct ocs_paths *p, uint32_t *s,
			 const uint32_t *row, uint64_t rate_bps)
{
	const uint32_t *before = row - p->net->nsites;

	for (uint32_t i = p->first[*s]; i < p->first[*s + 1]; i++) {
		const struct ocs_arc *arc = &p->arc[i];

		if (p->room[arc->link] >= rate_bps &&
		    before[arc->to] != OCS_FAR &&
		    (ocs_paths_transit(p, arc->to) || arc->to == p->root) &&
		    before[arc->to] + arc->latency_us == row[*s]) {
			*s = arc->to;
			return arc->link;
		}
	}
	return UINT32_MAX;	/* not reached: some arc made the latency */
}

bool ocs_paths_walk(const struct ocs_paths *p, unsigned int a,
		    uint64_t rate_bps, struct ocs_route *route)
{
	const size_t v = p->net->nsites;
	uint32_t latency = ocs_paths_latency(p, a), s = a;
	unsigned int hops = 0;

	if (latency == OCS_FAR)
		return false;
	while (p->row[hops * v + a] != latency)
		hops++;
	memset(route, 0, sizeof(*route));
	route->nhops = hops;
	route->latency_us = latency;
	for (unsigned int i = 0; i < hops; i++)
		route->link[i] = step(p, &s, p->row + (hops - i) * v,
				      rate_bps);
	return true;
}

bool ocs_paths_find(struct ocs_paths *p, unsigned int a, unsigned int z,
		    uint64_t rate_bps, uint64_t bound_us,
		    struct ocs_route *route)
{
	grow(p, z, a, rate_bps, bound_of(bound_us));
	return ocs_paths_walk(p, a, rate_bps, route);
}
