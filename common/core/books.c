// SPDX-License-Identifier: GPL-2.0-or-later
/* books - between leases, which have names, and networks, which have numbers */
#include "common/core/books.h"

#include <stdlib.h>
#include <string.h>

static unsigned int uses_of(const struct ocs_lease *lease,
			    const struct ocs_member *m)
{
	unsigned int n = ocs_member_nhops(lease, m);

	for (unsigned int i = 0; i < OCS_HOPS_MAX; i++)
		n += m->wave[i] != 0;
	return n + (m->port_a[0] != '\0') + (m->port_z[0] != '\0');
}

unsigned int ocs_circuit_uses_max(const struct ocs_lease *lease,
				  unsigned int i)
{
	unsigned int n = 0;

	for (unsigned int k = 0; k < lease->nmembers; k++)
		if (lease->member[k].circuit == i)
			n += uses_of(lease, &lease->member[k]);
	return n ? n : lease->circuit[i].nhops;
}

static bool ends_at(const struct ocs_member *m, const char *port)
{
	return !strcmp(m->port_a, port) || !strcmp(m->port_z, port);
}

/* What member K, which carries BPS, takes of the exclusive port P: the first one
 * of its lease there takes all that the others leave. */
static uint64_t exclusive_bps(const struct ocs_lease *l, unsigned int k,
			      const struct ocs_port *p, uint64_t bps)
{
	uint64_t others = 0;

	for (unsigned int j = 0; j < l->nmembers; j++) {
		const struct ocs_member *m = &l->member[j];
		const struct ocs_circuit *c = &l->circuit[m->circuit];

		if (j == k || !ends_at(m, p->name) ||
		    !ocs_circuit_booked(l, c))
			continue;
		if (j < k)
			return bps;
		others += m->circuit == l->member[k].circuit ? bps :
			ocs_lease_member_bps(l, m->circuit,
					     c->lit_bps > c->granted_bps ?
					     c->lit_bps : c->granted_bps);
	}
	return p->rate_bps > others + bps ? p->rate_bps - others : bps;
}

/* The port NAME, at which member K of LEASE ends. */
static unsigned int use_port(const struct ocs_net *net,
			     const struct ocs_lease *lease, unsigned int k,
			     const char *name, uint64_t bps,
			     struct ocs_use *use)
{
	int port = name[0] ? ocs_net_port(net, name) : -1;

	if (port < 0)
		return 0;
	if (net->port[port].exclusive)
		bps = exclusive_bps(lease, k, &net->port[port], bps);
	*use = (struct ocs_use) {
		ocs_port_resource(net, (unsigned int) port), bps
	};
	return 1;
}

/* A hop over the link NAME in wavelength WAVE (from 1; 0: none). */
static unsigned int use_hop(const struct ocs_net *net, const char *name,
			    unsigned int wave, uint64_t bps,
			    struct ocs_use *use)
{
	int link = ocs_net_link(net, name);
	const struct ocs_link *l;

	if (link < 0)
		return 0;
	l = &net->link[link];
	bps = ocs_link_consumed(l, bps);
	use[0] = (struct ocs_use) { (unsigned int) link, bps };
	if (!wave || wave > l->nwaves)
		return 1;
	use[1] = (struct ocs_use) {
		ocs_wave_resource(net, l->first_wave + wave - 1), bps
	};
	return 2;
}

unsigned int ocs_circuit_uses(const struct ocs_net *net,
			      const struct ocs_lease *lease, unsigned int i,
			      uint64_t rate_bps, struct ocs_use *use)
{
	const struct ocs_circuit *c = &lease->circuit[i];
	uint64_t bps = ocs_lease_member_bps(lease, i, rate_bps);
	unsigned int n = 0;
	bool any = false;

	for (unsigned int k = 0; k < lease->nmembers; k++) {
		const struct ocs_member *m = &lease->member[k];

		if (m->circuit != i)
			continue;
		any = true;
		for (unsigned int h = 0; h < ocs_member_nhops(lease, m); h++)
			n += use_hop(net, ocs_member_hop(lease, m, h),
				     m->wave[h], bps, use + n);
		n += use_port(net, lease, k, m->port_a, bps, use + n);
		n += use_port(net, lease, k, m->port_z, bps, use + n);
	}
	for (unsigned int h = 0; !any && h < c->nhops; h++)
		n += use_hop(net, c->hop[h], 0, rate_bps, use + n);
	return n;
}

uint64_t *ocs_net_booked(struct ocs_net *net, unsigned int resource)
{
	if (resource < net->nlinks)
		return &net->link[resource].booked_bps;
	resource -= net->nlinks;
	if (resource < net->nports)
		return &net->port[resource].booked_bps;
	return &net->wave[resource - net->nports].booked_bps;
}

/* The link that has wavelength WAVE of NET's. */
static const struct ocs_link *link_of(const struct ocs_net *net,
				      unsigned int wave)
{
	unsigned int low = 0, high = net->nlinks;

	/* the last that begins at or before it: those without come before */
	while (low + 1 < high) {
		unsigned int mid = low + (high - low) / 2;

		if (net->link[mid].first_wave <= wave)
			low = mid;
		else
			high = mid;
	}
	return &net->link[low];
}

uint64_t ocs_net_capacity(const struct ocs_net *net, unsigned int resource)
{
	if (resource < net->nlinks)
		return net->link[resource].capacity_bps;
	resource -= net->nlinks;
	if (resource < net->nports)
		return net->port[resource].rate_bps;
	return link_of(net, resource - net->nports)->wave_bps;
}

/* ---- a plan into a lease ---- */

static bool same_route(const struct ocs_route *x, const struct ocs_route *y)
{
	return x->nhops == y->nhops &&
	       !memcmp(x->link, y->link, x->nhops * sizeof(x->link[0]));
}

static void put_member(struct ocs_lease *lease, const struct ocs_net *net,
		       const struct ocs_plan_circuit *c, unsigned int i,
		       const struct ocs_plan_member *from)
{
	struct ocs_member *m = &lease->member[lease->nmembers++];

	m->circuit = (uint16_t) i;
	m->standby = from->standby;
	if (from->port_a != OCS_NO_PORT)
		strcpy(m->port_a, net->port[from->port_a].name);
	if (from->port_z != OCS_NO_PORT)
		strcpy(m->port_z, net->port[from->port_z].name);
	memcpy(m->wave, from->wave, sizeof(m->wave));
	m->latency_us = from->route.latency_us < UINT32_MAX ?
			(uint32_t) from->route.latency_us : UINT32_MAX;
	if (same_route(&from->route, &c->route))
		return;
	m->own_route = true;
	m->nhops = (uint16_t) from->route.nhops;
	m->first_hop = lease->nmember_hops;
	for (unsigned int h = 0; h < from->route.nhops; h++)
		strcpy(lease->member_hop[lease->nmember_hops++],
		       net->link[from->route.link[h]].name);
}

/* The least MTU of the ports at which the members of FROM end; 0: none is
 * known. */
static uint32_t mtu_of(const struct ocs_net *net, const struct ocs_plan *plan,
		       const struct ocs_plan_circuit *from)
{
	uint32_t mtu = 0;

	for (unsigned int k = 0; k < from->nmembers; k++) {
		const struct ocs_plan_member *m =
			&plan->member[from->first_member + k];
		const unsigned int port[] = { m->port_a, m->port_z };

		for (unsigned int i = 0; i < 2; i++) {
			uint32_t is = port[i] == OCS_NO_PORT ? 0 :
				      net->port[port[i]].mtu;

			if (is && (!mtu || is < mtu))
				mtu = is;
		}
	}
	return mtu;
}

static int room_for_members(struct ocs_lease *lease,
			    const struct ocs_plan *plan)
{
	size_t hops = 0;

	ocs_lease_members_drop(lease);
	for (unsigned int i = 0; i < plan->nmembers; i++)
		hops += plan->member[i].route.nhops;
	if (!plan->nmembers)
		return 0;
	lease->member = calloc(plan->nmembers, sizeof(*lease->member));
	lease->member_hop = calloc(hops + 1, sizeof(*lease->member_hop));
	if (lease->member && lease->member_hop)
		return 0;
	ocs_lease_members_drop(lease);
	return -1;
}

int ocs_lease_route(struct ocs_lease *lease, const struct ocs_net *net,
		    const struct ocs_plan *plan)
{
	if (room_for_members(lease, plan) < 0)
		return -1;
	for (unsigned int i = 0; i < lease->ncircuits; i++) {
		const struct ocs_plan_circuit *from = &plan->circuit[i];
		struct ocs_circuit *c = &lease->circuit[i];

		c->latency_us = from->worst_latency_us;
		c->delay_variation_us = from->delay_variation_us;
		c->mtu = mtu_of(net, plan, from);
		c->nhops = from->route.nhops;
		memset(c->hop, 0, sizeof(c->hop));
		for (unsigned int h = 0; h < c->nhops; h++)
			strcpy(c->hop[h], net->link[from->route.link[h]].name);
		for (unsigned int k = 0; k < from->nmembers; k++)
			put_member(lease, net, from, i,
				   &plan->member[from->first_member + k]);
	}
	return 0;
}
