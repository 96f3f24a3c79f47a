// SPDX-License-Identifier: GPL-2.0-or-later
/* net.c, paths.c and ocs_route_find(): hand-made graphs, and random ones
 * against all routes tried one by one */
#include "common/core/net.h"

#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"
#include "tests/unit/graph.h"

static const char *const cities[] = { "paris", "lyon", "nice", "metz" };

/*
 *   paris --par-lyo 2274-- lyon --lyo-nic 1000-- nice      metz (nothing)
 *      \------------ par-nic 4000 ---------------/
 */
static const struct line france[] = {
	{ "par-lyo", 0, 1, 3200, 0, 400, 2274, false, false },
	{ "lyo-nic", 1, 2, 800, 0, 100, 1000, false, false },
	{ "par-nic", 0, 2, 400, 0, 0, 4000, false, false },
};

static void route_text(const struct ocs_net *net, const struct ocs_route *r,
		       char *buf)
{
	sprintf(buf, "%u:", (unsigned int) r->latency_us);
	for (unsigned int i = 0; i < r->nhops; i++)
		sprintf(buf + strlen(buf), " %s", net->link[r->link[i]].name);
}

static void test_basics(void)
{
	struct ocs_net net, copy;
	int made, rc;

	GRAPH(&net, 4, cities, france);
	is_num(ocs_net_site(&net, "nice"), 2, "site by name");
	is_num(ocs_net_site(&net, "Nice"), -1, "names are exact");
	is_num(ocs_net_site(&net, ""), -1, "no name");
	is_num(ocs_net_link(&net, "par-nic"), 2, "link by name");
	is_num(ocs_net_link(&net, "par"), -1, "whole names");

	NOMEM_EACH(made, rc = ocs_net_copy(&copy, &net),
		   rc == -1 && !copy.site && !copy.link && !copy.nsites &&
		   !copy.nlinks);
	is_num(made, 2, "a copy makes two allocations");
	ok(copy.nsites == 4 && copy.nlinks == 3 &&
	   !memcmp(copy.site, net.site, 4 * sizeof(*net.site)) &&
	   !memcmp(copy.link, net.link, 3 * sizeof(*net.link)),
	   "the copy is the same");
	ok(copy.site != net.site && copy.link != net.link, "and its own");
	ocs_net_fini(&copy);
	ok(!copy.site && !copy.nsites, "zeroed");
	ocs_net_fini(&copy);
	ocs_net_fini(NULL);
	ocs_net_fini(&net);
	is_num(ocs_net_copy(&copy, &net), 0, "nothing is copied");
	ok(!copy.site && !copy.link, "to nothing");
}

static void test_index(void)
{
	struct ocs_net net, copy;
	int made, rc;

	GRAPH(&net, 4, cities, france);
	net.site[1].no_regen = true;
	for (unsigned int i = 0; i < 3; i++)
		net.link[i].wave_bps = 100 * G;
	net.link[0].grain = net.link[2].grain = OCS_GRAIN_WAVELENGTH;
	net.link[1].grain = OCS_GRAIN_ODU;
	NOMEM_EACH(made, rc = ocs_net_index(&net),
		   rc == -1 && !net.sorted && !net.sorted_sites &&
			   !net.wave);
	is_num(made, 5, "an index makes five allocations");
	is_num(net.link[0].nwaves, 32, "light may go on at lyon");
	is_num(net.link[1].nwaves, 8, "an odu link's");
	is_num(net.link[1].first_wave, 32, "follow");
	is_num(net.link[2].nwaves, 0, "paris and nice regenerate");
	is_num(net.nwaves, 40, "all");
	is_num(ocs_net_resources(&net), 43, "links and wavelengths");
	is_num(ocs_net_link(&net, "lyo-nic"), 1, "a link by name");
	is_num(ocs_net_link(&net, "par-nic"), 2, "another");
	is_num(ocs_net_link(&net, "par-oslo"), -1, "none");
	for (unsigned int i = 0; i < net.nsites; i++)
		is_num(ocs_net_site(&net, net.site[i].name), (int) i,
		       "site %s by name", net.site[i].name);
	is_num(ocs_net_site(&net, "oslo"), -1, "no such site");
	is_num(ocs_net_risk(&net, "rhone"), 0, "a risk group");
	is_num(ocs_net_risk(&net, "a7"), 1, "another");
	is_num(ocs_net_risk(&net, "rhone"), 0, "the first again");
	is_num(ocs_net_domain(&net, "nren"), 1, "a domain; 0 has no name");
	net.wave[3].booked_bps = net.link[0].booked_bps = 100 * G;
	net.wave[4].lit = net.link[1].drained = true;
	is_num(ocs_net_copy(&copy, &net), 0, "a copy");
	ok(copy.nwaves == 40 && copy.wave[3].booked_bps == 100 * G &&
	   copy.nrisks == 2 && copy.ndomains == 2 &&
	   ocs_net_link(&copy, "par-lyo") == 0, "has all of it");
	ocs_net_idle(&copy);
	ok(!copy.wave[3].booked_bps && !copy.link[0].booked_bps &&
	   !copy.wave[4].lit && !copy.link[1].drained, "idle");
	net.link[1].hidden = net.link[0].hidden = true;
	is_num(ocs_net_index(&net), 0, "again");
	is_num(net.nwaves, 8, "what is hidden does not go on");
	ocs_net_fini(&copy);
	ocs_net_fini(&net);
}

/* By hand: 1.25G slots up to 100G, 5G above; more than a wavelength in equal
 * parts. */
static void test_slots(void)
{
	struct ocs_link l = { .grain = OCS_GRAIN_ODU, .capacity_bps = 800 * G,
			      .wave_bps = 100 * G,
			      .granule_bps = OCS_SLOT_BPS };

	is_num(ocs_slot_bps(100 * G), OCS_SLOT_BPS, "ODU4 has slots of 1.25G");
	is_num(ocs_slot_bps(100 * G + 1), OCS_SLOT_C_BPS, "ODUC2 of 5G");
	is_num(ocs_link_consumed(&l, 1), 1250000000, "1 b/s is a slot");
	is_num(ocs_link_consumed(&l, 10 * G), 10 * G, "10G are 8 slots");
	is_num(ocs_link_consumed(&l, 11 * G), 11250000000, "11G are 9");
	is_num(ocs_link_consumed(&l, 100 * G), 100 * G, "100G are 80");
	/* 250G: 3 parts of 83.33G, 67 slots of 1.25G = 83.75G each */
	is_num(ocs_link_consumed(&l, 250 * G), 251250000000, "250G in three");
	is_num(ocs_member_share(250 * G, 1), 250 * G, "one member is all");
	is_num(ocs_member_share(1600 * G, 4), 400 * G, "four of 400G");
	is_num(ocs_member_share(1000 * G, 3), 333333333333,
	       "three, rounded down");
	is_num(ocs_reach_m(400 * G), 718000, "reach of 400G");
	is_num(ocs_reach_m(1), 2874000, "of the slowest");
	is_num(ocs_reach_m(800 * G), 143000, "of 800ZR");
}

static const struct {
	uint64_t cap, booked, granule, rate;
	bool drained, down;
	uint64_t consumed, free;
} links[] = {
	{ 3200 * G, 0, 400 * G, 400 * G, false, false, 400 * G, 3200 * G },
	{ 3200 * G, 400 * G, 400 * G, 1, false, false, 400 * G, 2800 * G },
	{ 3200 * G, 400 * G, 400 * G, 401 * G, false, false, 800 * G,
	  2800 * G },
	{ 3200 * G, 3200 * G, 0, 401 * G, false, false, 401 * G, 0 },
	{ 3200 * G, 3300 * G, 0, 0, false, false, 0, 0 },
	{ 3200 * G, 400 * G, G, 1, true, false, G, 0 },
	{ 3200 * G, 400 * G, G, 1, false, true, G, 0 },
	{ 0, 0, UINT64_MAX, UINT64_MAX - 1, false, false, UINT64_MAX, 0 },
	{ 0, 0, UINT64_MAX - 1, UINT64_MAX, false, false, UINT64_MAX, 0 },
};

static void test_links(void)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		struct ocs_link l = {
			.capacity_bps = links[i].cap,
			.booked_bps = links[i].booked,
			.granule_bps = links[i].granule,
			.drained = links[i].drained,
			.down = links[i].down,
		};

		ok(ocs_link_consumed(&l, links[i].rate) == links[i].consumed,
		   "link %zu: consumed", i);
		ok(ocs_link_free(&l) == links[i].free, "link %zu: free", i);
	}
}

/* Routes and refusals in FRANCE with one link changed. */
static const struct {
	const char *what;
	unsigned int a, z;
	uint64_t rate, bound;
	int link;		/* -1: none is changed */
	unsigned int booked;
	bool drained, down;
	enum ocs_code code;
	const char *answer;	/* the route or the reason */
} routes[] = {
	{ "a link", 0, 1, 400 * G, 0, -1, 0, false, false,
	  OCS_OK, "2274: par-lyo" },
	{ "the other way", 1, 0, 400 * G, 0, -1, 0, false, false,
	  OCS_OK, "2274: par-lyo" },
	{ "shorter over two", 0, 2, 400 * G, 0, -1, 0, false, false,
	  OCS_OK, "3274: par-lyo lyo-nic" },
	{ "from its end", 2, 0, 400 * G, 0, -1, 0, false, false,
	  OCS_OK, "3274: lyo-nic par-lyo" },
	{ "the bound is just kept", 0, 2, 400 * G, 3274, -1, 0, false, false,
	  OCS_OK, "3274: par-lyo lyo-nic" },
	{ "round what is taken", 0, 2, 400 * G, 0, 1, 500, false, false,
	  OCS_OK, "4000: par-nic" },
	{ "round what is drained", 0, 2, 400 * G, 0, 0, 0, true, false,
	  OCS_OK, "4000: par-nic" },
	{ "round what is down", 0, 1, 400 * G, 0, 0, 0, false, true,
	  OCS_OK, "5000: par-nic lyo-nic" },
	{ "granules are whole", 0, 1, 401 * G, 0, 0, 2400, false, false,
	  OCS_OK, "2274: par-lyo" },
	{ "a granule is short", 0, 1, 401 * G, 0, 0, 2800, false, false,
	  OCS_BUSY, "OpticalLink(par-lyo,need=800G,free=400G)" },
	{ "half a granule is none", 0, 1, 500 * G, 0, 0, 3000, false, false,
	  OCS_BUSY, "OpticalLink(par-lyo,need=800G,free=200G)" },
	{ "one granule and a half are one", 0, 1, 500 * G, 0, 0, 2600, false,
	  false, OCS_BUSY, "OpticalLink(par-lyo,need=800G,free=600G)" },
	{ "taken", 0, 1, 800 * G, 0, 0, 2800, false, false,
	  OCS_BUSY, "OpticalLink(par-lyo,need=800G,free=400G)" },
	{ "taken wholly", 0, 1, 800 * G, 0, 0, 3200, false, false,
	  OCS_BUSY, "OpticalLink(par-lyo,need=800G,free=0G)" },
	{ "drained", 0, 1, 800 * G, 0, 0, 0, true, false,
	  OCS_BUSY, "OpticalLinkDrained(par-lyo)" },
	{ "down", 0, 1, 800 * G, 0, 0, 0, false, true,
	  OCS_BUSY, "OpticalLink(par-lyo,need=800G,free=0G)" },
	{ "there is a detour, but it is too long", 0, 2, 400 * G, 3500, 1,
	  500, false, false,
	  OCS_BUSY, "OpticalLink(lyo-nic,need=400G,free=300G)" },
	{ "too long", 0, 2, 400 * G, 3273, -1, 0, false, false,
	  OCS_RANGE, "OpticalLatency(paris-nice,need=3273us,best=3274us)" },
	{ "too long, whatever is taken", 0, 1, 400 * G, 1000, 0, 3200, false,
	  false, OCS_RANGE, "OpticalLatency(paris-lyon,need=1ms,best=2274us)" },
	{ "too long for that rate", 0, 2, 800 * G, 1000, -1, 0, false, false,
	  OCS_RANGE, "OpticalLatency(paris-nice,need=1ms,best=3274us)" },
	{ "too wide", 0, 2, 801 * G, 0, -1, 0, false, false,
	  OCS_RANGE, "OpticalLink(lyo-nic,need=801G,max=800G)" },
	{ "no link", 0, 3, 1, 0, -1, 0, false, false,
	  OCS_NOT_FOUND, "OpticalLink(paris-metz,none)" },
	{ "no link back", 3, 1, 1, 1, -1, 0, false, false,
	  OCS_NOT_FOUND, "OpticalLink(metz-lyon,none)" },
	{ "to itself", 1, 1, 1, 0, -1, 0, false, false, OCS_INTERNAL, "" },
	{ "from nowhere", 4, 1, 1, 0, -1, 0, false, false, OCS_INTERNAL, "" },
	{ "to nowhere", 1, UINT32_MAX, 1, 0, -1, 0, false, false,
	  OCS_INTERNAL, "" },
};

static void test_routes(void)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		struct ocs_error err = { OCS_OK, "", "" };
		struct ocs_route r, before;
		struct ocs_net net;
		char buf[256];
		int rc;

		GRAPH(&net, 4, cities, france);
		if (routes[i].link >= 0) {
			struct ocs_link *l = &net.link[routes[i].link];

			l->booked_bps = routes[i].booked * G;
			l->drained = routes[i].drained;
			l->down = routes[i].down;
		}
		memset(&r, 0x5a, sizeof(r));
		before = r;
		rc = ocs_route_find(&net, routes[i].a, routes[i].z,
				    routes[i].rate, routes[i].bound, &r, &err);
		is_num(err.code, routes[i].code, "%s: code", routes[i].what);
		is_num(rc, routes[i].code ? -1 : 0, "%s: return",
		       routes[i].what);
		if (!routes[i].code) {
			route_text(&net, &r, buf);
			is_str(buf, routes[i].answer, "%s", routes[i].what);
		} else {
			is_str(err.reason, routes[i].answer, "%s: %s",
			       routes[i].what, err.text);
			ok(!memcmp(&r, &before, sizeof(r)), "untouched");
			is_num(ocs_route_find(&net, routes[i].a, routes[i].z,
					      routes[i].rate, routes[i].bound,
					      &r, NULL), -1, "no error wanted");
		}
		ocs_net_fini(&net);
	}
}

/* Same latency: fewer hops, then lower link indexes from the start. */
static void test_ties(void)
{
	static const struct line lines[] = {
		{ "c", 1, 3, 400, 0, 0, 10, false, false },
		{ "b2", 0, 2, 400, 0, 0, 10, false, false },
		{ "b1", 0, 1, 400, 0, 0, 10, false, false },
		{ "d", 2, 3, 400, 0, 0, 10, false, false },
		{ "d2", 2, 3, 400, 0, 0, 10, false, false },
		{ "e", 0, 3, 400, 0, 0, 20, false, false },
		{ "zero", 3, 4, 400, 0, 0, 0, false, false },
		{ "self", 0, 0, 400, 0, 0, 0, false, false },
		{ "wild", 0, 77, 400, 0, 0, 0, false, false },
		{ "slow", 0, 4, 400, 0, 0, 10000001, false, false },
	};
	struct ocs_route r;
	struct ocs_net net;
	char buf[256];

	GRAPH(&net, 5, NULL, lines);
	ocs_route_find(&net, 0, 3, G, 0, &r, NULL);
	route_text(&net, &r, buf);
	is_str(buf, "20: e", "fewer hops");
	net.link[5].drained = true;
	ocs_route_find(&net, 0, 3, G, 0, &r, NULL);
	route_text(&net, &r, buf);
	is_str(buf, "20: b2 d", "lower first link, lower parallel link");
	ocs_route_find(&net, 3, 0, G, 0, &r, NULL);
	route_text(&net, &r, buf);
	is_str(buf, "20: c b1", "from the other end another one");
	ocs_route_find(&net, 0, 4, G, 0, &r, NULL);
	route_text(&net, &r, buf);
	is_str(buf, "20: b2 d zero", "links without latency, no too slow one");
	net.link[6].drained = true;
	is_num(ocs_route_find(&net, 0, 4, G, 0, &r, NULL), -1,
	       "a latency of more than 10 s is none");
	ocs_net_fini(&net);
}

/* A chain of 17 links of 1 us beside one of 16 of 10 us each. */
static void test_hops(void)
{
	struct ocs_error err;
	struct line line[34];
	struct ocs_route r;
	struct ocs_net net;
	unsigned int n = 0;

	for (unsigned int i = 0; i < 17; i++)
		line[n++] = (struct line) { "x", i, i + 1, 400, 0, 0, 1,
					    false, false };
	for (unsigned int i = 0; i < 15; i++)
		line[n++] = (struct line) { "y", i ? 17 + i : 0, 18 + i, 400,
					    0, 0, 10, false, false };
	line[n++] = (struct line) { "y", 32, 17, 400, 0, 0, 10, false, false };
	graph_init(&net, 33, NULL, line, n);
	is_num(ocs_route_find(&net, 0, 16, G, 0, &r, NULL), 0, "16 links");
	is_num(r.nhops, 16, "are all used");
	is_num(ocs_route_find(&net, 0, 17, G, 0, &r, NULL), 0,
	       "17 links are too many");
	is_num(r.latency_us, 160, "so the slower 16 serve");
	net.nlinks = 17;
	is_num(ocs_route_find(&net, 0, 17, G, 0, &r, &err), -1,
	       "without them there is none");
	is_num(err.code, OCS_NOT_FOUND, "none at all");
	ocs_net_fini(&net);
}

/* All simple routes, one by one. */
struct best {
	const struct ocs_net *net;
	unsigned int z;
	uint64_t rate;
	struct ocs_route now, best;
	bool found;
};

static bool better(const struct ocs_route *x, const struct ocs_route *y)
{
	if (x->latency_us != y->latency_us)
		return x->latency_us < y->latency_us;
	if (x->nhops != y->nhops)
		return x->nhops < y->nhops;
	for (unsigned int i = 0; i < x->nhops; i++)
		if (x->link[i] != y->link[i])
			return x->link[i] < y->link[i];
	return false;
}

static void try_all(struct best *b, unsigned int at, unsigned int seen)
{
	if (at == b->z) {
		if (!b->found || better(&b->now, &b->best))
			b->best = b->now;
		b->found = true;
		return;
	}
	for (unsigned int i = 0; i < b->net->nlinks; i++) {
		const struct ocs_link *l = &b->net->link[i];
		unsigned int to = l->a == at ? l->z : l->a;

		if ((l->a != at && l->z != at) || seen >> to & 1 ||
		    ocs_link_consumed(l, b->rate) > ocs_link_free(l))
			continue;
		b->now.link[b->now.nhops++] = i;
		b->now.latency_us += l->latency_us;
		try_all(b, to, seen | 1u << to);
		b->now.link[--b->now.nhops] = 0;
		b->now.latency_us -= l->latency_us;
	}
}

static void test_random(void)
{
	unsigned int wrong = 0, found = 0;

	for (int i = 0; i < 20000; i++) {
		struct best b = { .rate = (1 + dice(4)) * 100 * G };
		unsigned int a;
		struct ocs_route r;
		struct ocs_net net;
		int rc;

		graph_random(&net);
		b.net = &net;
		a = dice(net.nsites);
		b.z = (a + 1 + dice(net.nsites - 1)) % net.nsites;
		try_all(&b, a, 1u << a);
		rc = ocs_route_find(&net, a, b.z, b.rate, 0, &r, NULL);
		found += b.found;
		if ((rc == 0) != b.found ||
		    (b.found && (r.nhops != b.best.nhops ||
				 r.latency_us != b.best.latency_us ||
				 memcmp(r.link, b.best.link,
					r.nhops * sizeof(*r.link)))))
			wrong++;
		ocs_net_fini(&net);
	}
	is_num(wrong, 0, "20000 random nets against all routes");
	ok(found > 5000 && found < 18000, "%u of them have one", found);
}

static void test_nomem(void)
{
	struct ocs_error err;
	struct ocs_route r;
	struct ocs_net net;
	int made, rc;

	GRAPH(&net, 4, cities, france);
	NOMEM_EACH(made, rc = ocs_route_find(&net, 0, 2, G, 0, &r, &err),
		   rc == -1 && err.code == OCS_NOMEM);
	is_num(rc, 0, "and then there is memory");
	ok(made > 0, "it does allocate");
	ocs_net_fini(&net);
	net.nsites = 1 << 20;
	net.nlinks = 0;
	net.site = calloc(net.nsites, sizeof(*net.site));
	is_num(ocs_route_find(&net, 0, 1, G, 0, &r, &err), -1,
	       "a million sites");
	is_num(err.code, OCS_NOMEM, "are too many");
	ocs_net_fini(&net);
}

int main(void)
{
	test_basics();
	test_index();
	test_slots();
	test_links();
	test_routes();
	test_ties();
	test_hops();
	test_random();
	test_nomem();
	return tap_done();
}
