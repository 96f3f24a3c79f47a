// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_reroute - another route for one strand of a lease
 *
 * It is sought for a lease of the strand alone, on the room that there is with
 * what it has booked given back.
 */
#include "agent/engine_priv.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/hunt.h"
#include "common/sys/clock.h"

/* Member M of L as one of circuit I of TO, which has room for it. */
static void add_member(struct ocs_lease *to, unsigned int i,
		       const struct ocs_lease *l, const struct ocs_member *m)
{
	struct ocs_member *next = &to->member[to->nmembers++];

	*next = *m;
	next->circuit = (uint16_t) i;
	next->first_hop = to->nmember_hops;
	for (unsigned int j = 0; m->own_route && j < m->nhops; j++)
		memcpy(to->member_hop[to->nmember_hops++],
		       l->member_hop[m->first_hop + j], OCS_NAME_MAX);
}

/* The members of circuit I of L become those of circuit K of FROM. 0, or -1
 * (out of memory), L then as it was. */
static int take_members(struct ocs_lease *l, unsigned int i,
			const struct ocs_lease *from, unsigned int k)
{
	struct ocs_lease to = { 0 };
	size_t n = l->nmembers + from->nmembers + 1;
	size_t hops = l->nmember_hops + from->nmember_hops + 1;

	if (!(to.member = calloc(n, sizeof(*to.member))) ||
	    !(to.member_hop = calloc(hops, sizeof(*to.member_hop)))) {
		free(to.member);
		return -1;
	}
	for (unsigned int c = 0; c < l->ncircuits; c++) {
		const struct ocs_lease *src = c == i ? from : l;

		for (unsigned int m = 0; m < src->nmembers; m++)
			if (src->member[m].circuit == (c == i ? k : c))
				add_member(&to, c, src, &src->member[m]);
	}
	ocs_lease_members_drop(l);
	l->nmembers = to.nmembers;
	l->member = to.member;
	l->nmember_hops = to.nmember_hops;
	l->member_hop = to.member_hop;
	return 0;
}

/* Strand S of L, one of several, as the only one of circuit C. */
static int alone_of_several(struct ocs_lease *one, struct ocs_circuit *c,
			    const struct ocs_lease *l, unsigned int s)
{
	struct ocs_strand st = ocs_strand_get(l, s);
	struct ocs_member *m = malloc(sizeof(*m));

	if (!m)
		return -1;
	*m = l->member[st.member];
	c->nhops = ocs_strand_nhops(l, s);
	memset(c->hop, 0, sizeof(c->hop));
	for (unsigned int j = 0; j < c->nhops; j++)
		strcpy(c->hop[j], ocs_strand_hop(l, s, j));
	c->granted_bps = ocs_strand_bps(l, s, c->granted_bps);
	c->lit_bps = ocs_strand_bps(l, s, c->lit_bps);
	c->latency_us = ocs_strand_latency_us(l, s);
	c->protect = OCS_UNPROTECTED;	/* room() keeps it apart */
	c->prov = (enum ocs_prov) m->prov;
	m->circuit = 0;
	m->own_route = m->standby = false;
	m->nhops = 0;
	m->first_hop = 0;
	one->member = m;
	one->nmembers = 1;
	return 0;
}

/* A lease of strand S alone, as it would be taken anew: no nodes, no
 * attachment. The caller destroys it; NULL: no memory. */
static struct ocs_lease *alone(const struct ocs_lease *l, unsigned int s)
{
	struct ocs_lease *one = ocs_lease_create();
	struct ocs_circuit *c = calloc(1, sizeof(*c));
	struct ocs_strand st = ocs_strand_get(l, s);
	unsigned int i = st.circuit;

	if (!one || !c) {
		free(c);
		ocs_lease_destroy(one);
		return NULL;
	}
	/* the last one is packed */
	memcpy(c, &l->circuit[i], offsetof(struct ocs_circuit, hop));
	memcpy(c->hop, l->circuit[i].hop, c->nhops * sizeof(c->hop[0]));
	c->at = NULL;
	memcpy(one->id, l->id, sizeof(one->id));
	one->start_s = l->start_s;
	one->end_s = l->end_s;
	one->grace_s = l->grace_s;
	one->resv = l->resv;
	one->sched = l->sched;
	one->held_ms = l->held_ms;
	one->circuit = c;
	one->ncircuits = 1;
	if ((st.several ? alone_of_several(one, c, l, s) :
			  take_members(one, 0, l, i)) == 0)
		return one;
	ocs_lease_destroy(one);
	return NULL;
}

/* Of what a route is sought for. */
struct seeking {
	struct ocs_lease *one;		/* strand s alone */
	const struct ocs_lease *l;	/* that it is of */
	unsigned int s;
	struct engine_books own;	/* what it gives back */
};

/* No other port of its ends than those that it has. */
static void close_ports(struct ocs_engine *e, const struct seeking *k)
{
	const struct ocs_circuit *c = &k->one->circuit[0];
	const struct ocs_member *m = k->one->member;
	int a = ocs_net_site(&e->net, c->a), z = ocs_net_site(&e->net, c->z);

	for (unsigned int i = 0; k->one->nmembers && i < e->net.nports; i++) {
		const struct ocs_port *port = &e->net.port[i];

		if (((int) port->site == a && m->port_a[0] &&
		     strcmp(port->name, m->port_a)) ||
		    ((int) port->site == z && m->port_z[0] &&
		     strcmp(port->name, m->port_z)))
			e->scratch.port[i].drained = true;
	}
}

/* Strands X and Y of L, of one circuit, are to be apart. */
static bool to_be_apart(const struct ocs_lease *l, unsigned int x,
			unsigned int y)
{
	struct ocs_strand a = ocs_strand_get(l, x), b = ocs_strand_get(l, y);
	const struct ocs_circuit *c = &l->circuit[a.circuit];
	unsigned int half = ocs_lease_members(l, a.circuit) / 2;

	if (a.circuit != b.circuit || !a.several)
		return false;
	if (c->protect == OCS_ONE_PLUS_ONE)
		return l->member[a.member].standby !=
		       l->member[b.member].standby;
	return c->protect == OCS_DIVERSE && (a.nth < half) != (b.nth < half);
}

/* No link that a strand uses from which this one is to be apart, nor one that
 * fails with it. */
static void close_shared(struct ocs_engine *e, const struct seeking *k)
{
	for (unsigned int s = 0; s < ocs_strands(k->l); s++) {
		if (s == k->s || !to_be_apart(k->l, k->s, s))
			continue;
		for (unsigned int j = 0; j < ocs_strand_nhops(k->l, s); j++) {
			int h = engine_link(e, ocs_strand_hop(k->l, s, j));

			for (unsigned int i = 0; h >= 0 && i < e->net.nlinks;
			     i++)
				if (!ocs_links_apart(&e->net.link[h],
						     &e->net.link[i]))
					e->scratch.link[i].drained = true;
		}
	}
}

/* What there is room on, with what it gives back. APART: as its circuit
 * promises; ELSEWHERE: not over links that it has. */
static void room(struct ocs_engine *e, const struct seeking *k, bool apart,
		 bool elsewhere)
{
	const struct ocs_lease *one = k->one;
	int64_t now_s = ocs_clock_unix_ms() / 1000;
	int64_t end = engine_end_s(e, one);

	if (end < now_s + ENGINE_STEP_S)
		end = now_s + ENGINE_STEP_S;
	engine_room(e, one, now_s, end, now_s, &k->own);
	for (unsigned int j = 0; elsewhere && j < ocs_strand_nhops(k->l, k->s);
	     j++) {
		int h = engine_link(e, ocs_strand_hop(k->l, k->s, j));

		if (h >= 0)
			e->scratch.link[h].drained = true;
	}
	if (apart)
		close_shared(e, k);
	close_ports(e, k);
	/* What is frozen or only observed can't be built on. */
	for (unsigned int i = 0; i < e->net.nlinks; i++)
		if (e->net.link[i].frozen ||
		    ocs_agent_conf_rules(e->conf, i)->mode == OCS_MODE_OBSERVE)
			e->scratch.link[i].drained = true;
}

/* It gets a route over what there is room on: as one strand still. */
static int seek(struct ocs_engine *e, struct seeking *k, struct ocs_error *err)
{
	if (engine_route(e, k->one, err) < 0)
		return -1;
	if (ocs_strands(k->one) == 1)
		return 0;
	return ocs_fail(err, OCS_BUSY, "it would need more than one signal");
}

/* What was asked for of a route. */
struct bounds {
	uint64_t latency_us, variation_us;
	uint32_t unavailable_ppb;
};

static void set_bounds(struct ocs_circuit *c, const struct bounds *b)
{
	c->max_latency_us = b->latency_us;
	c->max_delay_variation_us = b->variation_us;
	c->max_unavailable_ppb = b->unavailable_ppb;
}

/* Within BOUNDS if there is such a route, else without; of links
 * that it does not have now if there is one. */
static int search(struct ocs_engine *e, struct seeking *k,
		  const struct bounds *bounds, struct ocs_error *err)
{
	static const struct bounds none;
	int rc = -1;

	for (unsigned int step = 0; rc < 0 && step < 8; step++) {
		bool apart = step < 4, bound = step % 4 < 2;

		set_bounds(&k->one->circuit[0], bound ? bounds : &none);
		room(e, k, apart, step % 2 == 0);
		rc = seek(e, k, err);
	}
	return rc;
}

/* The route HOME, if it has room. */
static int go_home(struct ocs_engine *e, struct seeking *k,
		   const struct ocs_home *home, struct ocs_error *err)
{
	static const struct bounds none;

	room(e, k, false, false);
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		unsigned int j = 0;

		while (j < home->nhops &&
		       strcmp(home->hop[j], e->net.link[i].name))
			j++;
		if (j == home->nhops)
			e->scratch.link[i].drained = true;
	}
	set_bounds(&k->one->circuit[0], &none);
	return seek(e, k, err);
}

struct ocs_lease *engine_reroute_find(struct ocs_engine *e,
				      const struct ocs_lease *l,
				      unsigned int s,
				      const struct ocs_home *home,
				      struct ocs_error *err)
{
	struct seeking k = { .l = l, .s = s };
	struct bounds bounds;
	int rc = -1;

	if (!(k.one = alone(k.l, s))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	bounds = (struct bounds) {
		.latency_us = k.one->circuit[0].max_latency_us,
		.variation_us = k.one->circuit[0].max_delay_variation_us,
		.unavailable_ppb = ocs_strand_bound_ppb(&e->net, k.l, s),
	};
	if (engine_books_make(e, k.one, ocs_clock_unix_ms() / 1000, &k.own,
			      err) < 0)
		goto out;
	if (home)
		rc = go_home(e, &k, home, err);
	if (rc < 0)
		rc = search(e, &k, &bounds, err);
	set_bounds(&k.one->circuit[0], &bounds);
	free(k.own.b);
out:
	if (rc == 0)
		return k.one;
	ocs_lease_destroy(k.one);
	return NULL;
}

/* The route of ONE, a lease of it alone, becomes that of strand S of L, which is
 * one of several. */
static int put_several(const struct ocs_engine *e, struct ocs_lease *l,
		       unsigned int s, const struct ocs_lease *one)
{
	struct ocs_strand st = ocs_strand_get(l, s);
	const struct ocs_circuit *from = &one->circuit[0];
	uint64_t worst_us = 0;

	if (ocs_strand_set_route(l, s, from->nhops, (const void *) from->hop,
				 from->latency_us) < 0)
		return -1;
	for (unsigned int j = 0; one->nmembers && j < OCS_HOPS_MAX; j++)
		l->member[st.member].wave[j] = one->member[0].wave[j];
	for (unsigned int k = 0; k < ocs_strands(l); k++)
		if (ocs_strand_get(l, k).circuit == st.circuit &&
		    engine_strand_variation(e, l, k) > worst_us)
			worst_us = engine_strand_variation(e, l, k);
	l->circuit[st.circuit].delay_variation_us = worst_us;
	return 0;
}

/* The same of the only one of its circuit. */
static int put_single(struct ocs_lease *l, unsigned int s,
		      const struct ocs_lease *one)
{
	unsigned int i = ocs_strand_get(l, s).circuit;
	struct ocs_circuit *c = &l->circuit[i];	/* copies are not packed */

	if (take_members(l, i, one, 0) < 0)
		return -1;
	c->nhops = one->circuit[0].nhops;
	memcpy(c->hop, one->circuit[0].hop, sizeof(c->hop));
	c->latency_us = one->circuit[0].latency_us;
	c->delay_variation_us = one->circuit[0].delay_variation_us;
	c->lit_bps = 0;
	return 0;
}

int engine_reroute_put(const struct ocs_engine *e, struct ocs_lease *l,
		       unsigned int s, const struct ocs_lease *one)
{
	return ocs_strand_get(l, s).several ? put_several(e, l, s, one) :
					      put_single(l, s, one);
}
