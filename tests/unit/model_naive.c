// SPDX-License-Identifier: GPL-2.0-or-later
/* model_naive - what is free and where a route goes, by brute force */
#include "tests/unit/model.h"

#include <string.h>

int64_t model_now_ms;

uint32_t roll(struct dice *d, uint32_t sides)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);	/* splitmix64 */

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t) ((z ^ (z >> 31)) % sides);
}

static int64_t now_s(void)
{
	return model_now_ms / 1000;
}

bool naive_runs(const struct ocs_lease *l)
{
	return l->resv == OCS_HELD || l->resv == OCS_COMMITTED;
}

int64_t naive_end_s(const struct model *m, const struct ocs_lease *l)
{
	if (!l->end_s)
		return INT64_MAX;
	return l->end_s + (l->grace_s ? l->grace_s : m->grace_s);
}

/* RATE in whole granules. */
static uint64_t eats(const struct ocs_link *link, uint64_t rate)
{
	uint64_t g = link->granule_bps ? link->granule_bps : 1;

	return rate % g ? rate - rate % g + g : rate;
}

unsigned int naive_resources(const struct model *m)
{
	return m->net.nlinks + m->net.nports;
}

uint64_t naive_capacity(const struct model *m, unsigned int link)
{
	return link < m->net.nlinks ? m->net.link[link].capacity_bps :
	       m->net.port[link - m->net.nlinks].rate_bps;
}

static bool on_link(const struct model *m, const struct ocs_circuit *c,
		    unsigned int link)
{
	const char *site;

	for (unsigned int i = 0; link < m->net.nlinks && i < c->nhops; i++)
		if (!strcmp(c->hop[i], m->net.link[link].name))
			return true;
	if (link < m->net.nlinks || !c->nhops)
		return false;
	site = m->net.site[m->net.port[link - m->net.nlinks].site].name;
	return !strcmp(c->a, site) || !strcmp(c->z, site);
}

/* RATE as LINK counts it. */
static uint64_t eats_of(const struct model *m, unsigned int link,
			uint64_t rate)
{
	return link < m->net.nlinks ? eats(&m->net.link[link], rate) : rate;
}

/* What L books on LINK while it books anything. */
static uint64_t amount(const struct model *m, const struct ocs_lease *l,
		       unsigned int link)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < l->ncircuits; i++) {
		const struct ocs_circuit *c = &l->circuit[i];
		uint64_t rate = c->granted_bps > c->lit_bps ? c->granted_bps :
				c->lit_bps;

		if ((naive_runs(l) || c->prov != OCS_RELEASED) &&
		    on_link(m, c, link))
			sum += eats_of(m, link, rate);
	}
	return sum;
}

uint64_t naive_booked(const struct model *m, const struct ocs_lease *l,
		      unsigned int link, int64_t time_s, enum tail tail)
{
	int64_t from = l->held_ms / 1000, to = now_s() + tail;

	if (l->start_s > from)
		from = l->start_s;
	if (naive_runs(l) && naive_end_s(m, l) > to)
		to = naive_end_s(m, l);
	return time_s >= from && time_s < to ? amount(m, l, link) : 0;
}

uint64_t naive_now(const struct model *m, unsigned int link)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < m->nshown; i++)
		if (m->shown[i] && m->shown[i]->sched != OCS_WAITING)
			sum += amount(m, m->shown[i], link);
	return sum;
}

static bool same(const struct ocs_lease *x, const struct ocs_lease *y)
{
	return x && y && !strcmp(x->id, y->id);
}

static uint64_t free_at(const struct model *m, unsigned int link, int64_t t,
			const struct ocs_lease *own, enum tail tail)
{
	uint64_t sum = 0, cap = naive_capacity(m, link);

	for (unsigned int i = 0; i < m->nshown; i++)
		if (m->shown[i] && !same(m->shown[i], own))
			sum += naive_booked(m, m->shown[i], link, t, tail);
	return sum < cap ? cap - sum : 0;
}

static bool closed_in(const struct model *m, unsigned int link,
		      int64_t start_s, int64_t end_s)
{
	if (link >= m->net.nlinks)
		return false;
	if (m->drained[link])
		return true;
	for (unsigned int i = 0; i < WINDOWS_MAX; i++)
		if (m->window[i].end_s && m->window[i].link == link &&
		    m->window[i].start_s < end_s &&
		    m->window[i].end_s > start_s)
			return true;
	return false;
}

uint64_t naive_free(const struct model *m, unsigned int link, int64_t start_s,
		    int64_t end_s, const struct ocs_lease *own,
		    enum tail tail, bool *closed)
{
	uint64_t least = free_at(m, link, start_s, own, tail), at;

	/* It is worst at the start or where something begins. */
	for (unsigned int i = 0; i < m->nshown; i++) {
		const struct ocs_lease *l = m->shown[i];
		int64_t t;

		if (!l)
			continue;
		t = l->held_ms / 1000 > l->start_s ? l->held_ms / 1000 :
		    l->start_s;
		if (t <= start_s || t >= end_s)
			continue;
		at = free_at(m, link, t, own, tail);
		if (at < least)
			least = at;
	}
	*closed = closed_in(m, link, start_s, end_s);
	return least;
}

/* ---- routes ---- */

struct search {
	const struct model *m;
	const struct ocs_circuit *c;
	uint64_t room[RESOURCES_MAX];	/* 0: may not be used */
	unsigned int z, n;
	unsigned int path[HOPS_MAX + 1];
	uint64_t latency;
	unsigned int best_n, best[HOPS_MAX + 1];
	uint64_t best_latency;
	bool found;
};

static void walk(struct search *s, unsigned int at, unsigned int visited)
{
	if (at == s->z) {
		if (s->found && s->latency >= s->best_latency)
			return;
		s->found = true;
		s->best_latency = s->latency;
		s->best_n = s->n;
		memcpy(s->best, s->path, sizeof(s->best));
		return;
	}
	for (unsigned int i = 0; i < s->m->net.nlinks && s->n < HOPS_MAX; i++) {
		const struct ocs_link *l = &s->m->net.link[i];
		unsigned int to = l->a == at ? l->z : l->z == at ? l->a : 99;

		if (to == 99 || (visited >> to & 1) ||
		    s->room[i] < eats(l, s->c->granted_bps))
			continue;
		s->path[s->n++] = i;
		s->latency += l->latency_us;
		if (!s->c->max_latency_us || s->latency <= s->c->max_latency_us)
			walk(s, to, visited | 1U << to);
		s->latency -= l->latency_us;
		s->n--;
	}
}

static bool find(struct search *s, const struct ocs_circuit *c)
{
	unsigned int a = (unsigned int) ocs_net_site(&s->m->net, c->a);

	s->c = c;
	s->z = (unsigned int) ocs_net_site(&s->m->net, c->z);
	s->n = 0;
	s->latency = 0;
	s->found = false;
	for (unsigned int i = 0; i < s->m->net.nports; i++) {
		unsigned int site = s->m->net.port[i].site;

		if ((site == a || site == s->z) &&
		    s->room[s->m->net.nlinks + i] < c->granted_bps)
			return false;
	}
	walk(s, a, 1U << a);
	return s->found;
}

/* Could C ever be, were it alone? */
static enum ocs_code ever(const struct model *m, const struct ocs_circuit *c)
{
	struct search s = { .m = m };
	struct ocs_circuit any = *c;

	for (unsigned int i = 0; i < naive_resources(m); i++)
		s.room[i] = naive_capacity(m, i);
	if (find(&s, c))
		return OCS_BUSY;
	any.granted_bps = 1;
	any.max_latency_us = 0;
	for (unsigned int i = 0; i < naive_resources(m); i++)
		s.room[i] = UINT64_MAX;
	return find(&s, &any) ? OCS_RANGE : OCS_NOT_FOUND;
}

bool naive_frozen(const struct model *m, unsigned int link)
{
	return m->frozen_all || m->frozen[link];
}

/* When what is frozen is shut. */
enum obey { NEVER, AT_ONCE, ALWAYS };

static enum ocs_code route(const struct model *m, struct ocs_lease *l,
			   const struct ocs_lease *own, enum tail tail,
			   enum obey obey)
{
	int64_t start = l->start_s > now_s() ? l->start_s : now_s();
	int64_t end = naive_end_s(m, l);
	struct search s = { .m = m };
	bool closed;

	if (end < start + ENGINE_STEP_S)
		end = start + ENGINE_STEP_S;
	for (unsigned int i = 0; i < naive_resources(m); i++) {
		uint64_t now = naive_now(m, i), cap;

		s.room[i] = naive_free(m, i, start, end, own, tail, &closed);
		if (start <= now_s()) {
			if (own && own->sched != OCS_WAITING)
				now -= amount(m, own, i);
			cap = naive_capacity(m, i);
			cap = now < cap ? cap - now : 0;
			if (cap < s.room[i])
				s.room[i] = cap;
			closed |= i < m->net.nlinks && m->down[i];
		}
		if (i < m->net.nlinks && naive_frozen(m, i))
			closed |= obey == ALWAYS ||
				  (obey == AT_ONCE && start <= now_s());
		if (closed)
			s.room[i] = 0;
	}
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		struct ocs_circuit *c = &l->circuit[i];

		if (!find(&s, c))
			return ever(m, c);
		c->nhops = s.best_n;
		for (unsigned int j = 0; j < s.best_n; j++) {
			const struct ocs_link *link =
				&m->net.link[s.best[j]];

			strcpy(c->hop[j], link->name);
			s.room[s.best[j]] -= eats(link, c->granted_bps);
		}
		for (unsigned int j = m->net.nlinks; j < naive_resources(m);
		     j++)
			if (on_link(m, c, j))
				s.room[j] -= c->granted_bps;
	}
	return OCS_OK;
}

enum ocs_code naive_route(const struct model *m, struct ocs_lease *l,
			  const struct ocs_lease *own, enum tail tail)
{
	return route(m, l, own, tail, NEVER);
}

enum ocs_code naive_hold(const struct model *m, struct ocs_lease *l,
			 enum tail tail, bool later)
{
	enum ocs_code code = route(m, l, NULL, tail,
				   later ? ALWAYS : AT_ONCE);

	if (code == OCS_OK)
		return code;
	code = route(m, l, NULL, tail, NEVER);
	return code == OCS_OK ? OCS_BUSY : code;
}

/* ---- VLANs ---- */

struct vlans {
	const struct model *m;
	const struct ocs_lease *l;
	uint32_t used[SITES_MAX];	/* bits, from VLAN_FIRST on */
	bool can, must;
};

static void mark(const struct model *m, const struct ocs_circuit *c,
		 unsigned int bit, uint32_t *used)
{
	int a = ocs_net_site(&m->net, c->a), z = ocs_net_site(&m->net, c->z);

	if (m->pool[a])
		used[a] ^= UINT32_C(1) << bit;
	if (m->pool[z])
		used[z] ^= UINT32_C(1) << bit;
}

static void choose(struct vlans *v, unsigned int i)
{
	const struct ocs_circuit *c;
	uint32_t used = 0;
	bool any = false;
	int a, z;

	if (i == v->l->ncircuits) {
		v->can = true;
		return;
	}
	c = &v->l->circuit[i];
	a = ocs_net_site(&v->m->net, c->a);
	z = ocs_net_site(&v->m->net, c->z);
	if (!v->m->pool[a] && !v->m->pool[z]) {
		choose(v, i + 1);
		return;
	}
	used = (v->m->pool[a] ? v->used[a] : 0) |
	       (v->m->pool[z] ? v->used[z] : 0);
	for (unsigned int b = 0; b < v->m->nvlans; b++) {
		if (used >> b & 1)
			continue;
		any = true;
		mark(v->m, c, b, v->used);
		choose(v, i + 1);
		mark(v->m, c, b, v->used);
	}
	v->must &= any;
}

/* The light or the attachment of C is not all gone. */
static bool has_vlan(const struct ocs_lease *l, const struct ocs_circuit *c)
{
	return c->at && c->at->vlan &&
	       (naive_runs(l) || c->prov != OCS_RELEASED ||
		c->at->state != OCS_DETACHED);
}

void naive_vlans(const struct model *m, const struct ocs_lease *l, bool *can,
		 bool *must)
{
	struct vlans v = { .m = m, .l = l, .must = true };

	for (unsigned int i = 0; i < m->nshown; i++)
		for (unsigned int k = 0; m->shown[i] &&
					 k < m->shown[i]->ncircuits; k++) {
			const struct ocs_circuit *c =
				&m->shown[i]->circuit[k];

			if (has_vlan(m->shown[i], c))
				mark(m, c, c->at->vlan - VLAN_FIRST, v.used);
		}
	choose(&v, 0);
	*can = v.can;
	*must = v.must;
}

unsigned int naive_vlan_twice(const struct model *m)
{
	uint32_t used[SITES_MAX] = { 0 };

	for (unsigned int i = 0; i < m->nshown; i++)
		for (unsigned int k = 0; m->shown[i] &&
					 k < m->shown[i]->ncircuits; k++) {
			const struct ocs_circuit *c =
				&m->shown[i]->circuit[k];
			uint32_t before[SITES_MAX];

			if (!has_vlan(m->shown[i], c))
				continue;
			memcpy(before, used, sizeof(used));
			mark(m, c, c->at->vlan - VLAN_FIRST, used);
			for (unsigned int s = 0; s < SITES_MAX; s++)
				if (before[s] & ~used[s])
					return c->at->vlan;
		}
	return 0;
}

enum ocs_code naive_change(const struct model *m, const struct ocs_lease *l,
			   const struct ocs_lease *next, enum tail own,
			   enum tail tail)
{
	int64_t from = next->held_ms / 1000 > next->start_s ?
		       next->held_ms / 1000 : next->start_s;
	int64_t to = naive_end_s(m, next);

	if (to < now_s() + ENGINE_STEP_S)
		to = now_s() + ENGINE_STEP_S;
	for (unsigned int i = 0; i < naive_resources(m); i++) {
		/* Moments: starts and ends of the two, starts of others. */
		int64_t t[2 * LEASES_MAX + 5 + 2 * WINDOWS_MAX];
		unsigned int n = 0;

		if (!amount(m, next, i))
			continue;
		t[n++] = from;
		t[n++] = naive_end_s(m, l);
		t[n++] = now_s() + own;
		t[n++] = now_s() + tail;
		for (unsigned int k = 0; k < m->nshown; k++)
			if (m->shown[k])
				t[n++] = m->shown[k]->held_ms / 1000 >
					 m->shown[k]->start_s ?
					 m->shown[k]->held_ms / 1000 :
					 m->shown[k]->start_s;
		for (unsigned int k = 0; k < WINDOWS_MAX; k++)
			t[n++] = m->window[k].start_s;
		while (n--) {
			uint64_t more = amount(m, next, i), had;

			if (t[n] < from || t[n] >= to)
				continue;
			had = naive_booked(m, l, i, t[n], own);
			if (more <= had)
				continue;
			if (closed_in(m, i, t[n], t[n] + 1) ||
			    free_at(m, i, t[n], l, tail) < more)
				return OCS_BUSY;
		}
	}
	return OCS_OK;
}
