// SPDX-License-Identifier: GPL-2.0-or-later
/* strand - from circuits and members to what is set up one by one */
#include "common/core/strand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/units.h"

/* Index of the first member of circuit I, or -1; members are by circuit. */
static int first_member(const struct ocs_lease *l, unsigned int i)
{
	for (unsigned int k = 0; k < l->nmembers; k++)
		if (l->member[k].circuit == i)
			return (int) k;
	return -1;
}

static bool is_first(const struct ocs_lease *l, unsigned int k)
{
	return !k || l->member[k - 1].circuit != l->member[k].circuit;
}

unsigned int ocs_strands(const struct ocs_lease *l)
{
	unsigned int n = l->ncircuits;

	for (unsigned int k = 0; k < l->nmembers; k++)
		n += !is_first(l, k);
	return n;
}

struct ocs_strand ocs_strand_get(const struct ocs_lease *l, unsigned int s)
{
	struct ocs_strand st = { .circuit = s, .member = -1 };
	unsigned int at = l->ncircuits;

	if (s < l->ncircuits) {
		st.member = first_member(l, s);
		st.several = st.member >= 0 &&
			     (unsigned int) st.member + 1 < l->nmembers &&
			     !is_first(l, (unsigned int) st.member + 1);
		return st;
	}
	for (unsigned int k = 0; k < l->nmembers; k++) {
		if (is_first(l, k) || at++ != s)
			continue;
		st.circuit = l->member[k].circuit;
		st.member = (int) k;
		st.nth = k - (unsigned int) first_member(l, st.circuit);
		st.several = true;
		break;
	}
	return st;
}

int ocs_strand_find(const struct ocs_lease *l, unsigned int i,
		    unsigned int nth)
{
	unsigned int at = l->ncircuits, of = 0;

	if (i >= l->ncircuits)
		return -1;
	if (!nth)
		return (int) i;
	for (unsigned int k = 0; k < l->nmembers; k++) {
		if (is_first(l, k)) {
			of = 0;
			continue;
		}
		if (l->member[k].circuit == i && ++of == nth)
			return (int) at;
		at++;
	}
	return -1;
}

/* ---- one ---- */

enum ocs_prov ocs_strand_prov(const struct ocs_lease *l, unsigned int s)
{
	struct ocs_strand st = ocs_strand_get(l, s);

	return st.several ? (enum ocs_prov) l->member[st.member].prov :
			    l->circuit[st.circuit].prov;
}

enum ocs_data ocs_strand_data(const struct ocs_lease *l, unsigned int s)
{
	struct ocs_strand st = ocs_strand_get(l, s);

	return st.several ? (enum ocs_data) l->member[st.member].data :
			    l->circuit[st.circuit].data;
}

uint64_t ocs_strand_latency_us(const struct ocs_lease *l, unsigned int s)
{
	struct ocs_strand st = ocs_strand_get(l, s);

	return st.several && l->member[st.member].latency_us ?
		       l->member[st.member].latency_us :
		       l->circuit[st.circuit].latency_us;
}

unsigned int ocs_strand_nhops(const struct ocs_lease *l, unsigned int s)
{
	struct ocs_strand st = ocs_strand_get(l, s);

	return st.member >= 0 ? ocs_member_nhops(l, &l->member[st.member]) :
				l->circuit[st.circuit].nhops;
}

const char *ocs_strand_hop(const struct ocs_lease *l, unsigned int s,
			   unsigned int hop)
{
	struct ocs_strand st = ocs_strand_get(l, s);

	return st.member >= 0 ? ocs_member_hop(l, &l->member[st.member], hop) :
				l->circuit[st.circuit].hop[hop];
}

uint64_t ocs_strand_bps(const struct ocs_lease *l, unsigned int s,
			uint64_t rate_bps)
{
	struct ocs_strand st = ocs_strand_get(l, s);

	return st.several ? ocs_lease_member_bps(l, st.circuit, rate_bps) :
			    rate_bps;
}

void ocs_strand_set_prov(struct ocs_lease *l, unsigned int s,
			 enum ocs_prov prov)
{
	struct ocs_strand st = ocs_strand_get(l, s);

	if (st.several)
		l->member[st.member].prov = (uint8_t) prov;
	else
		l->circuit[st.circuit].prov = prov;
}

void ocs_strand_set_data(struct ocs_lease *l, unsigned int s,
			 enum ocs_data data)
{
	struct ocs_strand st = ocs_strand_get(l, s);

	if (st.several)
		l->member[st.member].data = (uint8_t) data;
	else
		l->circuit[st.circuit].data = data;
}

/* ---- another route ---- */

/* A route, borrowed. */
struct way {
	unsigned int nhops;
	const char (*hop)[OCS_NAME_MAX];
};

static struct way way_of(const struct ocs_lease *l, const struct ocs_member *m)
{
	const struct ocs_circuit *c = &l->circuit[m->circuit];

	return m->own_route ?
		(struct way) { m->nhops, (void *) &l->member_hop[m->first_hop] } :
		(struct way) { c->nhops, (void *) c->hop };
}

static bool same_way(const struct way *x, const struct way *y)
{
	for (unsigned int h = 0; h < x->nhops && x->nhops == y->nhops; h++)
		if (strcmp(x->hop[h], y->hop[h]))
			return false;
	return x->nhops == y->nhops;
}

/* M's wavelengths of links that it keeps, over TO instead of FROM. */
static void move_waves(struct ocs_member *m, const struct way *from,
		       const struct way *to)
{
	uint16_t wave[OCS_HOPS_MAX] = { 0 };

	for (unsigned int h = 0; h < to->nhops; h++)
		for (unsigned int k = 0; k < from->nhops; k++)
			if (!strcmp(to->hop[h], from->hop[k]))
				wave[h] = m->wave[k];
	memcpy(m->wave, wave, sizeof(m->wave));
}

static void put_circuit_route(struct ocs_circuit *c, const struct way *w)
{
	char hop[OCS_HOPS_MAX][OCS_NAME_MAX] = { 0 };	/* W may be C's own */

	memcpy(hop, w->hop, w->nhops * sizeof(hop[0]));
	c->nhops = w->nhops;
	memcpy(c->hop, hop, sizeof(c->hop));
}

/* All ways of L's members as they are to be, W, into L. */
static int put_ways(struct ocs_lease *l, const struct way *w)
{
	char (*hops)[OCS_NAME_MAX];
	unsigned int n = 0, first = 0;

	for (unsigned int k = 0; k < l->nmembers; k++)
		n += w[k].nhops;
	if (!(hops = calloc(n + 1, sizeof(*hops))))
		return -1;
	n = 0;
	for (unsigned int k = 0; k < l->nmembers; k++) {
		struct ocs_member *m = &l->member[k];

		if (is_first(l, k))
			first = k;
		m->own_route = !same_way(&w[k], &w[first]);
		m->nhops = 0;
		m->first_hop = 0;
		if (!m->own_route)
			continue;
		m->nhops = (uint16_t) w[k].nhops;
		m->first_hop = n;
		memcpy(hops[n], w[k].hop, w[k].nhops * sizeof(*hops));
		n += w[k].nhops;
	}
	for (unsigned int k = 0; k < l->nmembers; k++)
		if (is_first(l, k))
			put_circuit_route(&l->circuit[l->member[k].circuit],
					  &w[k]);
	free(l->member_hop);
	l->member_hop = hops;
	l->nmember_hops = n;
	return 0;
}

static void put_latency(struct ocs_lease *l, unsigned int member,
			uint64_t latency_us)
{
	struct ocs_member *m = &l->member[member];
	struct ocs_circuit *c = &l->circuit[m->circuit];
	bool known = true;
	uint64_t worst = 0;

	m->latency_us = latency_us < UINT32_MAX ? (uint32_t) latency_us :
						  UINT32_MAX;
	for (unsigned int k = 0; k < l->nmembers; k++) {
		if (l->member[k].circuit != m->circuit)
			continue;
		known &= l->member[k].latency_us != 0;
		if (l->member[k].latency_us > worst)
			worst = l->member[k].latency_us;
	}
	if (known || worst > c->latency_us)
		c->latency_us = worst;
}

int ocs_strand_set_route(struct ocs_lease *l, unsigned int s,
			 unsigned int nhops, const char (*hop)[OCS_NAME_MAX],
			 uint64_t latency_us)
{
	struct ocs_strand st = ocs_strand_get(l, s);
	struct way to = { nhops, hop }, from, *way;
	struct ocs_member was;
	int rc;

	if (st.member < 0) {
		put_circuit_route(&l->circuit[st.circuit], &to);
		l->circuit[st.circuit].latency_us = latency_us;
		return 0;
	}
	if (!(way = malloc(l->nmembers * sizeof(*way))))
		return -1;
	for (unsigned int k = 0; k < l->nmembers; k++)
		way[k] = way_of(l, &l->member[k]);
	from = way[st.member];
	way[st.member] = to;
	was = l->member[st.member];
	move_waves(&l->member[st.member], &from, &to);
	if ((rc = put_ways(l, way)) < 0)
		l->member[st.member] = was;
	else
		put_latency(l, (unsigned int) st.member, latency_us);
	free(way);
	return rc;
}

/* ---- all of a circuit ---- */

enum ocs_prov ocs_strands_prov(const struct ocs_lease *l, unsigned int i)
{
	unsigned int has[OCS_UNKNOWN + 1] = { 0 };

	for (unsigned int k = 0; k < l->nmembers; k++)
		if (l->member[k].circuit == i &&
		    l->member[k].prov <= OCS_UNKNOWN)
			has[l->member[k].prov]++;
	if (has[OCS_UNKNOWN])
		return OCS_UNKNOWN;
	if (has[OCS_RELEASING])
		return OCS_RELEASING;
	if (has[OCS_PROVISIONING] ||
	    (has[OCS_RELEASED] && has[OCS_PROVISIONED]))
		return OCS_PROVISIONING;
	return has[OCS_PROVISIONED] ? OCS_PROVISIONED : OCS_RELEASED;
}

enum ocs_data ocs_strands_data(const struct ocs_lease *l, unsigned int i,
			       bool active)
{
	unsigned int has[OCS_IMPAIRED + 1] = { 0 };

	for (unsigned int k = 0; k < l->nmembers; k++)
		if (l->member[k].circuit == i &&
		    l->member[k].data <= OCS_IMPAIRED)
			has[l->member[k].data]++;
	if (!has[OCS_DOWN] && !has[OCS_RESTORING])
		return has[OCS_IMPAIRED] ? OCS_IMPAIRED : OCS_UP;
	if (active && (has[OCS_UP] || has[OCS_IMPAIRED]))
		return OCS_IMPAIRED;
	return has[OCS_RESTORING] ? OCS_RESTORING : OCS_DOWN;
}

void ocs_strands_count(const struct ocs_lease *l, unsigned int i,
		       unsigned int *n, unsigned int *lit)
{
	*n = *lit = 0;
	for (unsigned int k = 0; k < l->nmembers; k++) {
		if (l->member[k].circuit != i)
			continue;
		++*n;
		*lit += l->member[k].data == OCS_UP ||
			l->member[k].data == OCS_IMPAIRED;
	}
}

/* ---- one cut ---- */

/* What one cut takes: a link, a risk group, or all that is hidden in a domain
 * that tells no risks (as ocs_links_apart()). */
struct cut {
	int link, risk, hidden;		/* -1: not that */
};

static bool meets(const struct ocs_net *net, const struct ocs_lease *l,
		  const struct ocs_member *m, const struct cut *cut)
{
	for (unsigned int h = 0; h < ocs_member_nhops(l, m); h++) {
		int k = ocs_net_link(net, ocs_member_hop(l, m, h));
		const struct ocs_link *link = k < 0 ? NULL : &net->link[k];

		if (!link)
			continue;
		if (k == cut->link)
			return true;
		for (unsigned int r = 0; r < link->nrisks; r++)
			if (link->risk[r] == cut->risk)
				return true;
		if (cut->hidden >= 0 && link->hidden &&
		    link->domain == (unsigned int) cut->hidden)
			return true;
	}
	return false;
}

/* CUT takes more of circuit I than its protection allows; N: how many. */
static bool too_much(const struct ocs_net *net, const struct ocs_lease *l,
		     unsigned int i, const struct cut *cut, unsigned int *n,
		     unsigned int *all)
{
	unsigned int standby = 0;

	*n = *all = 0;
	for (unsigned int k = 0; k < l->nmembers; k++) {
		const struct ocs_member *m = &l->member[k];

		if (m->circuit != i)
			continue;
		++*all;
		if (!meets(net, l, m, cut))
			continue;
		++*n;
		standby += m->standby;
	}
	if (l->circuit[i].protect == OCS_ONE_PLUS_ONE)
		return standby && standby < *n;
	return *n > *all / 2;
}

static bool survives(const struct ocs_net *net, const struct ocs_lease *l,
		     unsigned int i, const struct ocs_link *link,
		     char why[static 160])
{
	struct cut cut = { (int) (link - net->link), -1, -1 };
	const char *what = "link", *name = link->name;
	unsigned int n, all;
	bool bad = too_much(net, l, i, &cut, &n, &all);

	for (unsigned int r = 0; !bad && r < link->nrisks; r++) {
		cut = (struct cut) { -1, link->risk[r], -1 };
		bad = too_much(net, l, i, &cut, &n, &all);
		what = "risk group";
		name = net->risk[link->risk[r]].name;
	}
	if (!bad && link->hidden && !link->nrisks) {
		cut = (struct cut) { -1, -1, (int) link->domain };
		bad = too_much(net, l, i, &cut, &n, &all);
		what = "what is hidden in domain";
		name = link->domain < net->ndomains ?
			       net->domain[link->domain].name : "";
	}
	if (bad)
		snprintf(why, 160, "not %s any more: %s %s has %u of its %u members",
			 ocs_protect_name(l->circuit[i].protect), what,
			 *name ? name : "of no name", n, all);
	return !bad;
}

bool ocs_strands_diverse(const struct ocs_net *net, const struct ocs_lease *l,
			 unsigned int i, char why[static 160])
{
	enum ocs_protect protect = l->circuit[i].protect;

	why[0] = '\0';
	if (protect != OCS_DIVERSE && protect != OCS_ONE_PLUS_ONE)
		return true;
	for (unsigned int k = 0; k < l->nmembers; k++) {
		const struct ocs_member *m = &l->member[k];

		for (unsigned int h = 0; m->circuit == i &&
					 h < ocs_member_nhops(l, m); h++) {
			int link = ocs_net_link(net, ocs_member_hop(l, m, h));

			if (link >= 0 && !survives(net, l, i, &net->link[link],
						   why))
				return false;
		}
	}
	return true;
}

/* ---- availability ---- */

static bool two_routes(const struct ocs_lease *l, unsigned int i)
{
	enum ocs_protect protect = l->circuit[i].protect;

	return (protect == OCS_DIVERSE || protect == OCS_ONE_PLUS_ONE) &&
	       ocs_lease_members(l, i) > 1;
}

/* The share of time that strand S fails; links that NET does not know never
 * do. */
static uint64_t unavailable(const struct ocs_net *net,
			    const struct ocs_lease *l, unsigned int s)
{
	uint64_t ppb = 0;

	for (unsigned int h = 0; h < ocs_strand_nhops(l, s); h++) {
		int k = ocs_net_link(net, ocs_strand_hop(l, s, h));

		ppb += k < 0 ? 0 : net->link[k].unavailable_ppb;
	}
	return ppb;
}

/* Which of the two routes of its circuit strand S is for. */
static unsigned int leg_of(const struct ocs_lease *l, unsigned int s)
{
	struct ocs_strand st = ocs_strand_get(l, s);

	if (l->circuit[st.circuit].protect == OCS_ONE_PLUS_ONE)
		return st.member >= 0 && l->member[st.member].standby;
	return st.nth >= ocs_lease_members(l, st.circuit) / 2;
}

/* The same of each leg of circuit I: the worst of its strands. */
static void legs(const struct ocs_net *net, const struct ocs_lease *l,
		 unsigned int i, uint64_t ppb[2])
{
	ppb[0] = ppb[1] = 0;
	for (unsigned int s = 0; s < ocs_strands(l); s++) {
		unsigned int leg = leg_of(l, s);
		uint64_t is = unavailable(net, l, s);

		if (ocs_strand_get(l, s).circuit == i && is > ppb[leg])
			ppb[leg] = is;
	}
}

static bool within(const struct ocs_lease *l, unsigned int i, uint64_t ppb,
		   const char *what, char why[static 160])
{
	uint32_t max = l->circuit[i].max_unavailable_ppb;
	char is[OCS_AVAILABILITY_TEXT_MAX], least[OCS_AVAILABILITY_TEXT_MAX];

	why[0] = '\0';
	if (!max || ppb <= max)
		return true;
	snprintf(why, 160,
		 "%s available %s%% of the time, at least %s%% was asked for",
		 what, ocs_availability_format(ppb, is),
		 ocs_availability_format(max, least));
	return false;
}

bool ocs_strand_available(const struct ocs_net *net,
			  const struct ocs_lease *l, unsigned int s,
			  char why[static 160])
{
	unsigned int i = ocs_strand_get(l, s).circuit;

	return within(l, i, two_routes(l, i) ? 0 : unavailable(net, l, s),
		      "its route is", why);
}

bool ocs_strands_available(const struct ocs_net *net,
			   const struct ocs_lease *l, unsigned int i,
			   char why[static 160])
{
	uint64_t ppb[2] = { 0 };

	if (l->circuit[i].max_unavailable_ppb && two_routes(l, i))
		legs(net, l, i, ppb);
	return within(l, i, ocs_unavailable_both(ppb[0], ppb[1]),
		      "its two routes are", why);
}

uint32_t ocs_strand_bound_ppb(const struct ocs_net *net,
			      const struct ocs_lease *l, unsigned int s)
{
	unsigned int i = ocs_strand_get(l, s).circuit;
	uint32_t max = l->circuit[i].max_unavailable_ppb;
	uint64_t ppb[2], most;

	if (!max || !two_routes(l, i))
		return max;
	legs(net, l, i, ppb);
	most = ocs_unavailable_other(max, ppb[1 - leg_of(l, s)]);
	return most == UINT64_MAX ? 0 : (uint32_t) most;
}
