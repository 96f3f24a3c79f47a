// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests strands: which there are, what follows from their states, their routes,
 * and whether one cut takes too much of them. */
#include <stdlib.h>

#include "common/core/strand.h"
#include "tests/unit/graph.h"
#include "tests/unit/tap.h"

/* Routes by one letter a link: l, m, n; h and i are hidden. l and n share a
 * risk. */
static struct ocs_net net;

static void init_net(void)
{
	static const struct line lines[] = {
		{ "l", 0, 1, 800, 0, 0, 100, false, false },
		{ "m", 0, 1, 800, 0, 0, 200, false, false },
		{ "n", 0, 1, 800, 0, 0, 300, false, false },
		{ "h", 0, 1, 800, 0, 0, 100, false, false },
		{ "i", 0, 1, 800, 0, 0, 100, false, false },
	};

	GRAPH(&net, 2, NULL, lines);
	net.link[0].risk[0] = net.link[2].risk[0] =
		(uint16_t) ocs_net_risk(&net, "rhone");
	net.link[0].nrisks = net.link[2].nrisks = 1;
	net.link[3].hidden = net.link[4].hidden = true;
}

/* COUNT[i] members of circuit i; 0: it has none. All go over "l". */
static struct ocs_lease *lease(const unsigned int *count, unsigned int n)
{
	struct ocs_lease *l = ocs_lease_create();

	l->ncircuits = n;
	l->circuit = calloc(n, sizeof(*l->circuit));
	l->member = calloc(64, sizeof(*l->member));
	l->resv = OCS_COMMITTED;
	for (unsigned int i = 0; i < n; i++) {
		strcpy(l->circuit[i].a, "s0");
		strcpy(l->circuit[i].z, "s1");
		l->circuit[i].granted_bps = 1200 * G;
		l->circuit[i].nhops = 1;
		strcpy(l->circuit[i].hop[0], "l");
		for (unsigned int k = 0; k < count[i]; k++)
			l->member[l->nmembers++].circuit = (uint16_t) i;
	}
	return l;
}

static void test_numbers(void)
{
	static const unsigned int count[] = { 3, 0, 1, 2 };
	/* circuit, nth, member, several of each strand */
	static const int want[][4] = {
		{ 0, 0, 0, 1 }, { 1, 0, -1, 0 }, { 2, 0, 3, 0 }, { 3, 0, 4, 1 },
		{ 0, 1, 1, 1 }, { 0, 2, 2, 1 }, { 3, 1, 5, 1 },
	};
	struct ocs_lease *l = lease(count, 4);

	is_num(ocs_strands(l), 7, "seven strands");
	for (unsigned int s = 0; s < 7; s++) {
		struct ocs_strand st = ocs_strand_get(l, s);

		ok((int) st.circuit == want[s][0] && (int) st.nth == want[s][1] &&
		   st.member == want[s][2] && st.several == want[s][3],
		   "strand %u: circuit %u, %u, member %d", s, st.circuit,
		   st.nth, st.member);
		is_num(ocs_strand_find(l, st.circuit, st.nth), s,
		       "and it is found");
	}
	is_num(ocs_strand_find(l, 0, 3), -1, "no fourth one of the first");
	is_num(ocs_strand_find(l, 1, 1), -1, "no second one of the second");
	is_num(ocs_strand_find(l, 4, 0), -1, "no fifth circuit");
	is_num(ocs_strand_bps(l, 4, 1200 * G), 400 * G, "a third of it each");
	is_num(ocs_strand_bps(l, 1, 1200 * G), 1200 * G, "all, if alone");
	ocs_lease_destroy(l);
	l = lease((const unsigned int[]) { 0, 0 }, 2);
	is_num(ocs_strands(l), 2, "without members as many as circuits");
	ocs_strand_set_prov(l, 1, OCS_PROVISIONED);
	ocs_strand_set_data(l, 1, OCS_UP);
	ok(l->circuit[1].prov == OCS_PROVISIONED && l->circuit[1].data == OCS_UP,
	   "the circuit's states are its own");
	ocs_lease_destroy(l);
}

static void test_states(void)
{
	static const struct {
		enum ocs_prov prov[3], want;
	} prov[] = {
		{ { 0, 0, 0 }, OCS_RELEASED },
		{ { 2, 2, 2 }, OCS_PROVISIONED },
		{ { 1, 2, 2 }, OCS_PROVISIONING },
		{ { 0, 2, 2 }, OCS_PROVISIONING },
		{ { 0, 1, 0 }, OCS_PROVISIONING },
		{ { 3, 2, 1 }, OCS_RELEASING },
		{ { 0, 0, 3 }, OCS_RELEASING },
		{ { 3, 4, 1 }, OCS_UNKNOWN },
	};
	static const struct {
		enum ocs_data data[3], fresh, used;
	} data[] = {
		{ { OCS_DOWN, OCS_DOWN, OCS_DOWN }, OCS_DOWN, OCS_DOWN },
		{ { OCS_UP, OCS_UP, OCS_UP }, OCS_UP, OCS_UP },
		{ { OCS_UP, OCS_DOWN, OCS_UP }, OCS_DOWN, OCS_IMPAIRED },
		{ { OCS_UP, OCS_RESTORING, OCS_UP }, OCS_RESTORING,
		  OCS_IMPAIRED },
		{ { OCS_UP, OCS_IMPAIRED, OCS_UP }, OCS_IMPAIRED,
		  OCS_IMPAIRED },
		{ { OCS_DOWN, OCS_RESTORING, OCS_DOWN }, OCS_RESTORING,
		  OCS_RESTORING },
		{ { OCS_IMPAIRED, OCS_DOWN, OCS_DOWN }, OCS_DOWN,
		  OCS_IMPAIRED },
	};
	struct ocs_lease *l = lease((const unsigned int[]) { 3 }, 1);

	for (size_t i = 0; i < sizeof(prov) / sizeof(prov[0]); i++) {
		for (unsigned int k = 0; k < 3; k++)
			ocs_strand_set_prov(l, k, prov[i].prov[k]);
		is_str(ocs_prov_name(ocs_strands_prov(l, 0)),
		       ocs_prov_name(prov[i].want), "%s, %s, %s",
		       ocs_prov_name(prov[i].prov[0]),
		       ocs_prov_name(prov[i].prov[1]),
		       ocs_prov_name(prov[i].prov[2]));
	}
	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
		for (unsigned int k = 0; k < 3; k++)
			ocs_strand_set_data(l, k, data[i].data[k]);
		is_str(ocs_data_name(ocs_strands_data(l, 0, false)),
		       ocs_data_name(data[i].fresh), "%s, %s, %s, not used yet",
		       ocs_data_name(data[i].data[0]),
		       ocs_data_name(data[i].data[1]),
		       ocs_data_name(data[i].data[2]));
		is_str(ocs_data_name(ocs_strands_data(l, 0, true)),
		       ocs_data_name(data[i].used), "in use");
	}
	ocs_lease_destroy(l);
}

/* WAY, a letter for each link, becomes the route of strand S. */
static void go(struct ocs_lease *l, unsigned int s, const char *way,
	       uint64_t us)
{
	char hop[OCS_HOPS_MAX][OCS_NAME_MAX] = { 0 };
	unsigned int n = 0;

	for (; way[n]; n++)
		hop[n][0] = way[n];
	if (ocs_strand_set_route(l, s, n, (const void *) hop, us) < 0)
		abort();
}

static const char *ways(const struct ocs_lease *l)
{
	static char text[256];
	size_t n = 0;

	for (unsigned int s = 0; s < ocs_strands(l); s++) {
		for (unsigned int h = 0; h < ocs_strand_nhops(l, s); h++)
			text[n++] = ocs_strand_hop(l, s, h)[0];
		text[n++] = ' ';
	}
	text[n - 1] = '\0';
	return text;
}

static void test_routes(void)
{
	struct ocs_lease *l = lease((const unsigned int[]) { 3, 2 }, 2);

	is_str(ways(l), "l l l l l", "all go one way");
	l->member[0].wave[0] = 5;
	l->member[1].wave[0] = 6;
	go(l, 0, "ml", 300);
	is_str(ways(l), "ml l l l l", "the first goes another, alone");
	is_num(l->circuit[0].nhops, 2, "which is the circuit's now");
	is_num(l->member[0].wave[1], 5, "the link that it keeps, its wavelength");
	is_num(l->member[0].wave[0], 0, "of the other one none is known");
	is_num(l->member[1].wave[0], 6, "those that stay keep theirs");
	ok(l->member[1].own_route && l->member[2].own_route,
	   "the others have routes of their own");
	go(l, 2, "mm", 400);
	go(l, 3, "n", 50);
	is_str(ways(l), "ml l mm n l", "each its own");
	go(l, 0, "l", 100);
	is_str(ways(l), "l l mm n l", "and back");
	is_num(l->nmember_hops, 3, "nothing is left of what was");
	is_num(ocs_strand_latency_us(l, 0), 100, "a latency of its own");
	go(l, 2, "l", 200);
	go(l, 4, "l", 90);
	is_num(l->circuit[0].latency_us, 200, "the circuit's is the worst one's");
	ok(!l->member[1].own_route && l->member[2].own_route,
	   "who goes the circuit's way has no route of its own");
	ocs_lease_destroy(l);
}

static void test_diverse(void)
{
	static const struct {
		enum ocs_protect protect;
		const char *way[4];	/* "+": standby */
		const char *why;	/* "": as promised */
	} row[] = {
		{ OCS_DIVERSE, { "l", "m" }, "" },
		{ OCS_DIVERSE, { "l", "l" },
		  "not diverse any more: link l has 2 of its 2 members" },
		{ OCS_DIVERSE, { "l", "n" },
		  "not diverse any more: risk group rhone has 2 of its 2 members" },
		{ OCS_DIVERSE, { "l", "ml" },
		  "not diverse any more: link l has 2 of its 2 members" },
		{ OCS_DIVERSE, { "l", "l", "m", "m" }, "" },
		{ OCS_DIVERSE, { "l", "n", "m", "m" }, "" },
		{ OCS_DIVERSE, { "l", "n", "m", "l" },
		  "not diverse any more: risk group rhone has 3 of its 4 members" },
		{ OCS_DIVERSE, { "h", "i" },
		  "not diverse any more: what is hidden in domain x has 2 of its 2 members" },
		{ OCS_ONE_PLUS_ONE, { "l", "+m" }, "" },
		{ OCS_ONE_PLUS_ONE, { "l", "+n" },
		  "not 1+1 any more: risk group rhone has 2 of its 2 members" },
		{ OCS_ONE_PLUS_ONE, { "l", "l", "+m", "+m" }, "" },
		{ OCS_ONE_PLUS_ONE, { "l", "m", "+m", "+m" },
		  "not 1+1 any more: link m has 3 of its 4 members" },
		{ OCS_UNPROTECTED, { "l", "l" }, "" },
		{ OCS_RESTORABLE, { "l", "l" }, "" },
	};

	net.link[3].domain = net.link[4].domain =
		(unsigned int) ocs_net_domain(&net, "x");
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		unsigned int n = row[i].way[2] ? 4 : 2;
		struct ocs_lease *l = lease(&n, 1);
		char why[160];

		l->circuit[0].protect = row[i].protect;
		for (unsigned int k = 0; k < n; k++) {
			l->member[k].standby = row[i].way[k][0] == '+';
			go(l, k, row[i].way[k] + l->member[k].standby, 100);
		}
		is_num(ocs_strands_diverse(&net, l, 0, why), !row[i].why[0],
		       "%s over %s and %s", ocs_protect_name(row[i].protect),
		       row[i].way[0], row[i].way[1]);
		is_str(why, row[i].why, "and why not");
		ocs_lease_destroy(l);
	}
}

/* What is asked of one route, and of two at once; what is left for another. */
static void test_available(void)
{
	static const struct {
		enum ocs_protect protect;
		uint32_t max;
		const char *way[4];	/* "+": standby */
		const char *one, *two;	/* of strand 0; why not, "": it is */
		uint32_t bound;		/* for strand 0 anew */
	} row[] = {
		/* l 1 %, m 0.1 %, n 1e-9, h 60 %, i 60 % */
		{ OCS_UNPROTECTED, 10000000, { "l" }, "", "", 10000000 },
		{ OCS_UNPROTECTED, 9999999, { "l" },
		  "its route is available 99% of the time, at least 99.0000001% was asked for",
		  "", 9999999 },
		{ OCS_UNPROTECTED, 11000000, { "lm" }, "", "", 11000000 },
		{ OCS_UNPROTECTED, 10999999, { "lm" },
		  "its route is available 98.9% of the time, at least 98.9000001% was asked for",
		  "", 10999999 },
		{ OCS_UNPROTECTED, 1, { "n" }, "", "", 1 },
		{ OCS_UNPROTECTED, 999999999, { "hi" },
		  "its route is available 0% of the time, at least 0.0000001% was asked for",
		  "", 999999999 },
		{ OCS_UNPROTECTED, 0, { "hi" }, "", "", 0 },
		/* each by itself */
		{ OCS_UNPROTECTED, 1000000, { "m", "l" }, "", "", 1000000 },
		{ OCS_RESTORABLE, 1000000, { "l" },
		  "its route is available 99% of the time, at least 99.9% was asked for",
		  "", 1000000 },
		/* 1 % of 0.1 % */
		{ OCS_DIVERSE, 10000, { "l", "m" }, "", "", 10000000 },
		{ OCS_DIVERSE, 9999, { "l", "m" }, "",
		  "its two routes are available 99.999% of the time, at least 99.9990001% was asked for",
		  9999000 },
		{ OCS_ONE_PLUS_ONE, 10000, { "l", "+m" }, "", "", 10000000 },
		{ OCS_ONE_PLUS_ONE, 9999, { "l", "+m" }, "",
		  "its two routes are available 99.999% of the time, at least 99.9990001% was asked for",
		  9999000 },
		/* a leg is its worst member */
		{ OCS_ONE_PLUS_ONE, 10000, { "m", "l", "+m", "+m" }, "", "",
		  10000000 },
		{ OCS_ONE_PLUS_ONE, 10000, { "m", "l", "+m", "+l" }, "",
		  "its two routes are available 99.99% of the time, at least 99.999% was asked for",
		  1000000 },
		{ OCS_DIVERSE, 10000, { "m", "l", "m", "l" }, "",
		  "its two routes are available 99.99% of the time, at least 99.999% was asked for",
		  1000000 },
		{ OCS_DIVERSE, 10000, { "l", "l", "m", "m" }, "", "",
		  10000000 },
		{ OCS_ONE_PLUS_ONE, 9999, { "l", "m", "+m", "+m" }, "",
		  "its two routes are available 99.999% of the time, at least 99.9990001% was asked for",
		  9999000 },
		/* 10000.001e-9 are above 10000e-9 */
		{ OCS_ONE_PLUS_ONE, 10000, { "ln", "+m" }, "",
		  "its two routes are available 99.9989999% of the time, at least 99.999% was asked for",
		  10000000 },
		/* any will do beside one that hardly fails */
		{ OCS_ONE_PLUS_ONE, 1, { "hi", "+n" }, "", "", 0 },
		{ OCS_ONE_PLUS_ONE, 1000000, { "hi", "+m" }, "", "", 0 },
		{ OCS_ONE_PLUS_ONE, 999999, { "hi", "+m" }, "",
		  "its two routes are available 99.9% of the time, at least 99.9000001% was asked for",
		  999999000 },
		{ OCS_ONE_PLUS_ONE, 0, { "hi", "+hi" }, "", "", 0 },
	};

	net.link[0].unavailable_ppb = 10000000;
	net.link[1].unavailable_ppb = 1000000;
	net.link[2].unavailable_ppb = 1;
	net.link[3].unavailable_ppb = net.link[4].unavailable_ppb = 600000000;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		unsigned int n = row[i].way[2] ? 4 : row[i].way[1] ? 2 : 1;
		struct ocs_lease *l = lease(&n, 1);
		char why[160];

		l->circuit[0].protect = row[i].protect;
		l->circuit[0].max_unavailable_ppb = row[i].max;
		for (unsigned int k = 0; k < n; k++) {
			l->member[k].standby = row[i].way[k][0] == '+';
			go(l, k, row[i].way[k] + l->member[k].standby, 100);
		}
		is_num(ocs_strand_available(&net, l, 0, why), !row[i].one[0],
		       "%zu: %s over %s", i, ocs_protect_name(row[i].protect),
		       row[i].way[0]);
		is_str(why, row[i].one, "and why not");
		is_num(ocs_strands_available(&net, l, 0, why), !row[i].two[0],
		       "%zu: all of it", i);
		is_str(why, row[i].two, "and why not");
		is_num(ocs_strand_bound_ppb(&net, l, 0), row[i].bound,
		       "%zu: another route may have", i);
		ocs_lease_destroy(l);
	}
}

int main(void)
{
	init_net();
	test_numbers();
	test_states();
	test_routes();
	test_diverse();
	test_available();
	ocs_net_fini(&net);
	return tap_done();
}
