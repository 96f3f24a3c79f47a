// SPDX-License-Identifier: GPL-2.0-or-later
/* bill.c: energy and cost of circuits, by hand */
#include <math.h>
#include <stdlib.h>

#include "common/core/bill.h"
#include "tests/unit/tap.h"

#define G UINT64_C(1000000000)
#define T0 INT64_C(1700000000000)

static struct ocs_site sites[] = {
	{ .name = "a" }, { .name = "b" }, { .name = "c" }
};
static struct ocs_link links[] = {
	{ .name = "ab", .a = 0, .z = 1, .energy_pj = 60000, .cost = 2000 },
	{ .name = "bc", .a = 1, .z = 2, .energy_pj = 40000, .cost = 500 },
	{ .name = "ac", .a = 0, .z = 2, .cost = 1000 },
};
static struct ocs_net net = {
	.nsites = 3, .site = sites, .nlinks = 3, .link = links
};

static struct ocs_lease *lease(const char *hop1, const char *hop2)
{
	struct ocs_lease *l = ocs_lease_create();
	struct ocs_circuit *c = l->circuit = calloc(1, sizeof(*c));

	l->ncircuits = 1;
	c->granted_bps = 400 * G;
	c->prov = OCS_PROVISIONED;
	c->up_ms = T0;
	c->nhops = hop2 ? 2 : 1;
	strcpy(c->hop[0], hop1);
	if (hop2)
		strcpy(c->hop[1], hop2);
	return l;
}

static bool is_near(double x, double y)
{
	return fabs(x - y) <= 1e-6 * fabs(y);
}

static void test_rates(void)
{
	struct ocs_lease *l = lease("ab", NULL);
	struct ocs_circuit *c = l->circuit;

	ocs_bill_rate(&net, l, 0);
	/* 60 nJ/bit would be much; 60000 pJ/bit * 4e11 b/s = 24 kW */
	ok(is_near(c->watt, 24000) && is_near(c->cost_per_h, 800) &&
	   !c->energy_unknown, "400G over one link");
	c->lit_bps = 100 * G;
	ocs_bill_rate(&net, l, 0);
	ok(is_near(c->watt, 6000) && is_near(c->cost_per_h, 200),
	   "what is carried counts, not what is granted");
	c->prov = OCS_PROVISIONING;
	ocs_bill_rate(&net, l, 0);
	ok(c->watt == 0 && c->cost_per_h == 0, "not lit yet");
	c->prov = OCS_RELEASING;
	ocs_bill_rate(&net, l, 0);
	ok(is_near(c->watt, 6000), "lit until it is gone");
	c->up_ms = 0;
	ocs_bill_rate(&net, l, 0);
	ok(c->watt == 0, "one that never was up takes nothing");
	ocs_lease_destroy(l);

	l = lease("ab", "bc");
	ocs_bill_rate(&net, l, 0);
	ok(is_near(l->circuit->watt, 40000) &&
	   is_near(l->circuit->cost_per_h, 1000), "two links add up");
	ocs_lease_destroy(l);

	l = lease("ac", NULL);
	ocs_bill_rate(&net, l, 0);
	ok(l->circuit->energy_unknown && l->circuit->watt == 0 &&
	   is_near(l->circuit->cost_per_h, 400),
	   "a link without Energy= is not known");
	ocs_lease_destroy(l);

	l = lease("gone", NULL);
	ocs_bill_rate(&net, l, 0);
	ok(l->circuit->energy_unknown && l->circuit->cost_per_h == 0,
	   "nor one that is not there");
	ocs_lease_destroy(l);
}

/* 1+1: both legs, each the whole rate; two members: each half. */
static void test_members(void)
{
	struct ocs_lease *l = lease("ab", NULL);

	l->nmembers = 2;
	l->member = calloc(2, sizeof(*l->member));
	l->nmember_hops = 1;
	l->member_hop = calloc(1, sizeof(*l->member_hop));
	strcpy(l->member_hop[0], "bc");
	l->member[1].own_route = true;
	l->member[1].nhops = 1;
	l->member[1].standby = true;
	ocs_bill_rate(&net, l, 0);
	ok(is_near(l->circuit->watt, 40000), "1+1 takes both legs");
	l->member[1].standby = false;
	ocs_bill_rate(&net, l, 0);
	ok(is_near(l->circuit->watt, 20000), "two members share the rate");
	ocs_lease_destroy(l);
}

static void test_times(void)
{
	struct ocs_lease *l = lease("ab", NULL);
	struct ocs_circuit *c = l->circuit;

	ok(!ocs_bill_kept(l), "nothing is kept");
	l->billed_ms = T0;
	ocs_bill_rate(&net, l, 0);
	ocs_bill_until(l, T0 + 3600000);
	ok(is_near(c->joule, 24000. * 3600) && is_near(c->cost, 800) &&
	   l->billed_ms == T0 + 3600000 && ocs_bill_kept(l), "one hour");
	ocs_bill_until(l, T0 + 3600000);
	ok(is_near(c->joule, 24000. * 3600), "nothing twice");
	ocs_bill_until(l, T0);
	ok(is_near(c->joule, 24000. * 3600) &&
	   l->billed_ms == T0 + 3600000, "a clock that is set back");
	links[0].energy_pj = 30000;
	ocs_bill_rate(&net, l, 0);
	ocs_bill_until(l, T0 + 7200000);
	ok(is_near(c->joule, 36000. * 3600), "another hour at half of it");
	links[0].energy_pj = 60000;
	c->prov = OCS_RELEASED;
	ocs_bill_rate(&net, l, 0);
	ocs_bill_until(l, T0 + 9000000);
	ok(is_near(c->joule, 36000. * 3600), "and nothing when it is dark");
	ocs_lease_destroy(l);

	l = lease("ab", NULL);
	l->active_ms = T0;
	l->gone_ms = T0 + 1800000;
	l->circuit->prov = OCS_RELEASED;
	ocs_bill_estimate(&net, l, T0 + 99999999);
	ok(is_near(l->circuit->joule, 24000. * 1800) &&
	   l->circuit->prov == OCS_RELEASED, "estimated until it was gone");
	l->gone_ms = 0;
	l->circuit->joule = l->circuit->cost = 0;
	ocs_bill_estimate(&net, l, T0 + 3600000);
	ok(is_near(l->circuit->cost, 800), "or until now");
	ocs_lease_destroy(l);
}

int main(void)
{
	test_rates();
	test_members();
	test_times();
	return tap_done();
}
