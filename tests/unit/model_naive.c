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

static bool on_link(const struct model *m, const struct ocs_circuit *c,
		    unsigned int link)
{
	for (unsigned int i = 0; i < c->nhops; i++)
		if (!strcmp(c->hop[i], m->net.link[link].name))
			return true;
	return false;
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
			sum += eats(&m->net.link[link], rate);
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
	uint64_t sum = 0, cap = m->net.link[link].capacity_bps;

	for (unsigned int i = 0; i < m->nshown; i++)
		if (m->shown[i] && !same(m->shown[i], own))
			sum += naive_booked(m, m->shown[i], link, t, tail);
	return sum < cap ? cap - sum : 0;
}

static bool closed_in(const struct model *m, unsigned int link,
		      int64_t start_s, int64_t end_s)
{
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
	uint64_t room[LINKS_MAX];	/* 0: may not be used */
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
	walk(s, a, 1U << a);
	return s->found;
}

/* Could C ever be, were it alone? */
static enum ocs_code ever(const struct model *m, const struct ocs_circuit *c)
{
	struct search s = { .m = m };
	struct ocs_circuit any = *c;

	for (unsigned int i = 0; i < m->net.nlinks; i++)
		s.room[i] = m->net.link[i].capacity_bps;
	if (find(&s, c))
		return OCS_BUSY;
	any.granted_bps = 1;
	any.max_latency_us = 0;
	for (unsigned int i = 0; i < m->net.nlinks; i++)
		s.room[i] = UINT64_MAX;
	return find(&s, &any) ? OCS_RANGE : OCS_NOT_FOUND;
}

enum ocs_code naive_route(const struct model *m, struct ocs_lease *l,
			  const struct ocs_lease *own, enum tail tail)
{
	int64_t start = l->start_s > now_s() ? l->start_s : now_s();
	int64_t end = naive_end_s(m, l);
	struct search s = { .m = m };
	bool closed;

	if (end < start + ENGINE_STEP_S)
		end = start + ENGINE_STEP_S;
	for (unsigned int i = 0; i < m->net.nlinks; i++) {
		uint64_t now = naive_now(m, i), cap;

		s.room[i] = naive_free(m, i, start, end, own, tail, &closed);
		if (start <= now_s()) {
			if (own && own->sched != OCS_WAITING)
				now -= amount(m, own, i);
			cap = m->net.link[i].capacity_bps;
			cap = now < cap ? cap - now : 0;
			if (cap < s.room[i])
				s.room[i] = cap;
			closed |= m->down[i];
		}
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
	}
	return OCS_OK;
}

enum ocs_code naive_change(const struct model *m, const struct ocs_lease *l,
			   const struct ocs_lease *next, enum tail tail)
{
	int64_t from = next->held_ms / 1000 > next->start_s ?
		       next->held_ms / 1000 : next->start_s;
	int64_t to = naive_end_s(m, next);

	if (to < now_s() + ENGINE_STEP_S)
		to = now_s() + ENGINE_STEP_S;
	for (unsigned int i = 0; i < m->net.nlinks; i++) {
		/* Moments: starts and ends of the two, starts of others. */
		int64_t t[2 * LEASES_MAX + 4 + 2 * WINDOWS_MAX];
		unsigned int n = 0;

		if (!amount(m, next, i))
			continue;
		t[n++] = from;
		t[n++] = naive_end_s(m, l);
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
			had = naive_booked(m, l, i, t[n], tail);
			if (more <= had)
				continue;
			if (closed_in(m, i, t[n], t[n] + 1) ||
			    free_at(m, i, t[n], l, tail) < more)
				return OCS_BUSY;
		}
	}
	return OCS_OK;
}
