// SPDX-License-Identifier: GPL-2.0-or-later
/* bill - energy and cost of circuits; see bill.h */
#include "common/core/bill.h"

bool ocs_bill_due(const struct ocs_circuit *c)
{
	return c->up_ms && c->prov != OCS_RELEASED &&
	       c->prov != OCS_PROVISIONING;
}

void ocs_bill_until(struct ocs_lease *l, int64_t now_ms)
{
	double s = (double) (now_ms - l->billed_ms) / 1000;

	for (unsigned int i = 0; s > 0 && l->billed_ms && i < l->ncircuits;
	     i++) {
		struct ocs_circuit *c = &l->circuit[i];

		c->joule = (float) ((double) c->joule + (double) c->watt * s);
		c->cost = (float) ((double) c->cost +
				   (double) c->cost_per_h * s / 3600);
	}
	if (now_ms > l->billed_ms)
		l->billed_ms = now_ms;
}

static void add_hop(struct ocs_circuit *c, const struct ocs_net *net,
		    const char *name, uint64_t bps)
{
	int i = ocs_net_link(net, name);

	if (i < 0 || !net->link[i].energy_pj)
		c->energy_unknown = true;
	if (i < 0)
		return;
	c->watt += (float) ((double) net->link[i].energy_pj * 1e-12 *
			    (double) bps);
	c->cost_per_h += (float) ((double) net->link[i].cost / 1000 *
				  (double) bps / 1e9);
}

void ocs_bill_rate(const struct ocs_net *net, struct ocs_lease *l,
		   unsigned int i)
{
	struct ocs_circuit *c = &l->circuit[i];
	uint64_t bps = c->lit_bps ? c->lit_bps : c->granted_bps;
	bool any = false;

	c->watt = c->cost_per_h = 0;
	if (!ocs_bill_due(c))
		return;
	for (unsigned int m = 0; m < l->nmembers; m++) {
		const struct ocs_member *k = &l->member[m];

		if (k->circuit != i)
			continue;
		any = true;
		for (unsigned int h = 0; h < ocs_member_nhops(l, k); h++)
			add_hop(c, net, ocs_member_hop(l, k, h),
				ocs_lease_member_bps(l, i, bps));
	}
	for (unsigned int h = 0; !any && h < c->nhops; h++)
		add_hop(c, net, c->hop[h], bps);
}

bool ocs_bill_kept(const struct ocs_lease *l)
{
	return l->billed_ms != 0;
}

void ocs_bill_estimate(const struct ocs_net *net, struct ocs_lease *l,
		       int64_t now_ms)
{
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		struct ocs_circuit *c = &l->circuit[i];
		enum ocs_prov prov = c->prov;
		int64_t up_ms = c->up_ms;

		c->prov = OCS_PROVISIONED;	/* it was */
		c->up_ms = 1;
		ocs_bill_rate(net, l, i);
		c->prov = prov;
		c->up_ms = up_ms;
	}
	l->billed_ms = l->active_ms;
	ocs_bill_until(l, l->gone_ms ? l->gone_ms : now_ms);
}
