// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hunt - routes one after the other, the best first
 *
 * A label is a route from A so far, with what its last transparent section
 * still has. The open label that can be best is taken first (A*: the rows of
 * paths.c say how near the end is at least), so that the first route that
 * arrives is the best, and the next ones follow in order. No label stands for
 * another one: with wavelengths, reach and disjointness the shorter way to a
 * site may not be the one that goes on. OCS_LABELS_MAX bounds them.
 */
#include "common/core/hunt.h"

#include <stdlib.h>
#include <string.h>

#define WORDS (OCS_WAVES_MAX / 64)
#define NO_PARENT UINT32_MAX

struct ocs_label {
	uint64_t set[WORDS];	/* wavelengths free all along the section */
	uint64_t unavailable, cost, energy;
	uint32_t site, link, parent;
	uint32_t latency_us, least_us;	/* so far; to the end at least */
	uint32_t variation_us;
	uint32_t section_m, reach_m;	/* of the section */
	uint16_t hops, lanes;
	uint32_t heap;		/* the heap lies in this member of all */
};

struct hunt {
	struct ocs_paths *p;
	const struct ocs_quest *q;
	struct ocs_label *label;
	unsigned int nlabels, nopen;
};

struct ocs_label *ocs_labels_create(void)
{
	return malloc(OCS_LABELS_MAX * sizeof(struct ocs_label));
}

uint64_t ocs_lane_bps(uint64_t rate_bps, unsigned int lanes)
{
	return lanes > 1 && rate_bps ? (rate_bps - 1) / lanes + 1 : rate_bps;
}

bool ocs_light_goes_on(const struct ocs_net *net, const struct ocs_link *x,
		       const struct ocs_link *y, unsigned int site)
{
	return net->site[site].no_regen && x->nwaves && y->nwaves &&
	       x->grain == OCS_GRAIN_WAVELENGTH &&
	       y->grain == OCS_GRAIN_WAVELENGTH && x->domain == y->domain;
}

bool ocs_links_apart(const struct ocs_link *x, const struct ocs_link *y)
{
	if (x == y)
		return false;
	for (unsigned int i = 0; i < x->nrisks; i++)
		for (unsigned int k = 0; k < y->nrisks; k++)
			if (x->risk[i] == y->risk[k])
				return false;
	return !x->hidden || !y->hidden || x->domain != y->domain ||
	       (x->nrisks && y->nrisks);
}

static bool link_apart(const struct ocs_net *net, unsigned int link,
		       const struct ocs_route *route)
{
	for (unsigned int i = 0; i < route->nhops; i++)
		if (!ocs_links_apart(&net->link[link],
				     &net->link[route->link[i]]))
			return false;
	return true;
}

bool ocs_routes_apart(const struct ocs_net *net, const struct ocs_route *x,
		      const struct ocs_route *y)
{
	for (unsigned int i = 0; i < x->nhops; i++)
		if (!link_apart(net, x->link[i], y))
			return false;
	return true;
}

/* ---- which label first ---- */

static int compare(uint64_t x, uint64_t y)
{
	return (x > y) - (x < y);
}

static void links_of(const struct hunt *h, const struct ocs_label *l,
		     unsigned int link[OCS_HOPS_MAX])
{
	for (; l->hops; l = &h->label[l->parent])
		link[l->hops - 1] = l->link;
}

static int by_links(const struct hunt *h, const struct ocs_label *x,
		    const struct ocs_label *y)
{
	unsigned int a[OCS_HOPS_MAX], b[OCS_HOPS_MAX];

	links_of(h, x, a);
	links_of(h, y, b);
	for (unsigned int i = 0; i < x->hops; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

/* True if label I comes before label K. */
static bool before(const struct hunt *h, uint32_t i, uint32_t k)
{
	const struct ocs_label *x = &h->label[i], *y = &h->label[k];
	int c = compare(x->least_us, y->least_us);

	if (!c)
		c = compare(x->unavailable, y->unavailable);
	if (!c)
		c = compare(x->cost, y->cost);
	if (!c)
		c = compare(x->energy, y->energy);
	if (!c)
		c = compare(x->hops, y->hops);
	if (!c)
		c = by_links(h, x, y);
	return c < 0;
}

/* The heap's element I is member heap of label I: there are never more open
 * labels than labels. */
static void heap_put(struct hunt *h, uint32_t label)
{
	unsigned int at = h->nopen++;

	while (at && before(h, label, h->label[(at - 1) / 2].heap)) {
		h->label[at].heap = h->label[(at - 1) / 2].heap;
		at = (at - 1) / 2;
	}
	h->label[at].heap = label;
}

static uint32_t heap_take(struct hunt *h)
{
	uint32_t first = h->label[0].heap, last;
	unsigned int at = 0, child;

	last = h->label[--h->nopen].heap;
	while ((child = 2 * at + 1) < h->nopen) {
		if (child + 1 < h->nopen &&
		    before(h, h->label[child + 1].heap, h->label[child].heap))
			child++;
		if (!before(h, h->label[child].heap, last))
			break;
		h->label[at].heap = h->label[child].heap;
		at = child;
	}
	h->label[at].heap = last;
	return first;
}

/* ---- one more link ---- */

static void free_waves(const struct ocs_paths *p, const struct ocs_link *l,
		       uint64_t set[WORDS])
{
	memset(set, 0, WORDS * sizeof(*set));
	for (unsigned int i = 0; i < l->nwaves && i < OCS_WAVES_MAX; i++)
		if (p->wave_room[l->first_wave + i] >= l->wave_bps)
			set[i / 64] |= UINT64_C(1) << i % 64;
}

static unsigned int count(const uint64_t set[WORDS])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WORDS; i++)
		n += (unsigned int) __builtin_popcountll(set[i]);
	return n;
}

/* L's wavelengths are told apart: do N's lanes find theirs, after FROM? */
static bool waves_fit(const struct hunt *h, const struct ocs_label *from,
		      const struct ocs_link *l, struct ocs_label *n)
{
	const struct ocs_net *net = h->p->net;

	free_waves(h->p, l, n->set);
	n->section_m = l->metres;
	n->reach_m = l->reach_m ? l->reach_m : UINT32_MAX;
	if (from->hops && ocs_light_goes_on(net, &net->link[from->link], l,
					    from->site)) {
		for (unsigned int i = 0; i < WORDS; i++)
			n->set[i] &= from->set[i];
		n->section_m += from->section_m;
		if (from->reach_m < n->reach_m)
			n->reach_m = from->reach_m;
		if (n->section_m > n->reach_m && !h->q->any_reach)
			return false;
	}
	return count(n->set) >= n->lanes;
}

/* Slots of an odu link for N's lanes, each in one wavelength. */
static bool slots_fit(const struct hunt *h, const struct ocs_link *l,
		      const struct ocs_label *n)
{
	uint64_t need = ocs_link_consumed(l, ocs_lane_bps(h->q->rate_bps,
							  n->lanes));
	uint64_t have = 0;

	for (unsigned int i = 0; need && i < l->nwaves && have < n->lanes; i++)
		have += h->p->wave_room[l->first_wave + i] / need;
	return have >= n->lanes;
}

static bool link_fits(const struct hunt *h, const struct ocs_label *from,
		      unsigned int link, struct ocs_label *n)
{
	const struct ocs_link *l = &h->p->net->link[link];
	const struct ocs_quest *q = h->q;
	uint64_t need;

	if (q->plane && l->plane && q->plane != l->plane)
		return false;
	if (q->apart && !link_apart(h->p->net, link, q->apart))
		return false;
	if (l->nwaves && l->wave_bps &&
	    ocs_lane_bps(q->rate_bps, n->lanes) > l->wave_bps) {
		need = (q->rate_bps - 1) / l->wave_bps + 1;
		if (need > OCS_MEMBERS_MAX)
			return false;
		n->lanes = (uint16_t) need;
	}
	need = ocs_link_consumed(l, ocs_lane_bps(q->rate_bps, n->lanes));
	if (need > h->p->room[link] / n->lanes)
		return false;
	if (!l->nwaves)
		return true;
	return l->grain == OCS_GRAIN_ODU ? slots_fit(h, l, n) :
					   waves_fit(h, from, l, n);
}

static bool visited(const struct hunt *h, const struct ocs_label *l,
		    uint32_t site)
{
	for (; l->site != site; l = &h->label[l->parent])
		if (!l->hops)
			return false;
	return true;
}

/* The label that ARC makes of label PARENT, if there is one. */
static void extend(struct hunt *h, uint32_t parent, const struct ocs_arc *arc)
{
	const struct ocs_label *from = &h->label[parent];
	const struct ocs_link *l = &h->p->net->link[arc->link];
	uint32_t left = ocs_paths_latency(h->p, arc->to);
	struct ocs_label n = { .site = arc->to, .link = arc->link,
			       .parent = parent, .lanes = from->lanes };

	if (left == OCS_FAR || h->nlabels == OCS_LABELS_MAX ||
	    visited(h, from, arc->to))
		return;
	n.latency_us = from->latency_us + arc->latency_us;
	n.least_us = n.latency_us + left;
	n.variation_us = from->variation_us + l->delay_variation_us;
	n.unavailable = from->unavailable + l->unavailable_ppb;
	if (n.least_us > h->q->bound_us ||
	    n.variation_us > h->q->variation_us ||
	    n.unavailable > h->q->unavailable_ppb ||
	    !link_fits(h, from, arc->link, &n))
		return;
	n.hops = (uint16_t) (from->hops + 1);
	n.cost = from->cost + l->cost;
	n.energy = from->energy + l->energy_pj;
	h->label[h->nlabels] = n;
	heap_put(h, h->nlabels++);
}

static void found(const struct hunt *h, const struct ocs_label *l,
		  struct ocs_found *f)
{
	memset(f, 0, sizeof(*f));
	f->route.nhops = l->hops;
	f->route.latency_us = l->latency_us;
	f->lanes = l->lanes;
	f->variation_us = l->variation_us;
	f->unavailable_ppb = l->unavailable;
	links_of(h, l, f->route.link);
}

bool ocs_hunt(struct ocs_paths *p, struct ocs_label *labels,
	      const struct ocs_quest *q,
	      bool (*tell)(const struct ocs_found *f, void *arg), void *arg)
{
	struct hunt h = { .p = p, .q = q, .label = labels, .nlabels = 1 };
	struct ocs_found f;

	if (ocs_paths_latency(p, q->a) == OCS_FAR)
		return false;
	labels[0] = (struct ocs_label) {
		.site = q->a, .parent = NO_PARENT,
		.least_us = ocs_paths_latency(p, q->a),
		.lanes = (uint16_t) (q->lanes ? q->lanes : 1),
	};
	heap_put(&h, 0);
	while (h.nopen) {
		uint32_t at = heap_take(&h), s = labels[at].site;

		if (s == q->z) {
			found(&h, &labels[at], &f);
			if (tell(&f, arg))
				return true;
			continue;
		}
		if (labels[at].hops == OCS_HOPS_MAX ||
		    (s != q->a && !ocs_paths_transit(p, s)))
			continue;
		p->work += p->first[s + 1] - p->first[s];
		for (uint32_t i = p->first[s]; i < p->first[s + 1]; i++)
			extend(&h, at, &p->arc[i]);
	}
	return false;
}
