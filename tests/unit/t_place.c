// SPDX-License-Identifier: GPL-2.0-or-later
/* place.c and sets.c: hand-made cases, and all sets of random nets tried one
 * by one; what a call costs is tests/bench/place.c's */
#include "common/core/place.h"

#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"
#include "tests/unit/graph.h"

static void want(struct ocs_request *req, const char *bw, const char *latency,
		 const char *span, const char *sites)
{
	ocs_request_init(req);
	ocs_request_set(req, "bw", bw, NULL);
	if (latency)
		ocs_request_set(req, "latency", latency, NULL);
	if (span)
		ocs_request_set(req, "span", span, NULL);
	if (sites)
		ocs_request_set(req, "sites", sites, NULL);
}

/* "0 | 0 1 @2274 400G | ..." : sites, worst latency and rate */
static void picks_text(const struct ocs_candidate *c, unsigned int n,
		       char *buf)
{
	*buf = '\0';
	for (unsigned int i = 0; i < n; i++) {
		const struct ocs_plan *p = &c[i].plan;

		sprintf(buf + strlen(buf), "%s", i ? " |" : "");
		for (unsigned int j = 0; j < p->nsites; j++)
			sprintf(buf + strlen(buf), "%s%u", i || j ? " " : "",
				p->site[j]);
		if (p->ncircuits)
			sprintf(buf + strlen(buf), " @%u %uG",
				(unsigned int) p->worst_latency_us,
				(unsigned int) (p->granted_bps / G));
	}
}

/*
 * par 0 --100-- lyo 1 --100-- nic 2, par 0 --150-- nic 2, met 3 --900-- nic 2,
 * and oslo 4 with no link
 */
static const char *const cities[] = { "par", "lyo", "nic", "met", "oslo" };
static const struct line lines[] = {
	{ "pl", 0, 1, 800, 0, 0, 100, false, false },
	{ "ln", 1, 2, 800, 400, 0, 100, false, false },
	{ "pn", 0, 2, 400, 0, 0, 150, false, false },
	{ "mn", 3, 2, 400, 0, 0, 900, false, false },
};

#define MET 1	/* met is required */
#define OSLO 2	/* oslo is */
#define CAP 4	/* capacity only */
#define DRAIN 8	/* pl is drained */
#define FULL 16	/* pn is fully booked */
#define EMPTY 32	/* met has no node */
#define SMALL 64	/* pl has 200G and 50 us */

static const struct {
	const char *what;
	uint32_t nodes;		/* each site has 4, idle 1 0 2 2 1 */
	const char *bw, *latency, *span, *sites;
	unsigned int flags;
	unsigned int n;		/* 0: refused with */
	const char *answer;	/* picks, or the reason */
} rows[] = {
	/* idle: nic and met before par and oslo; the third from two sites */
	{ "one site does", 4, "400G", NULL, NULL, NULL, 0, 3,
	  "2 | 3 | 0 1 @100 400G" },
	{ "no nodes asked for is one", 0, "400G", NULL, NULL, NULL, 0, 2,
	  "2 | 3" },
	{ "one node is in one site", 1, "400G", NULL, NULL, NULL, 0, 2,
	  "2 | 3" },
	{ "unless more are wanted", 1, "400G", NULL, "2", NULL, 0, 2,
	  "0 1 @100 400G | 1 2 @100 400G" },
	{ "two sites: less booked first", 5, "400G", NULL, NULL, NULL, 0, 3,
	  "0 1 @100 400G | 1 2 @100 400G | 0 1 2 @150 400G" },
	/* three would share mn, which has 400G */
	{ "two sites, one of them far", 5, "400G", NULL, NULL, NULL, MET, 2,
	  "2 3 @900 400G | 1 3 @1000 400G" },
	{ "three sites", 9, "400G", NULL, NULL, NULL, 0, 1,
	  "0 1 2 @150 400G" },
	/* ln has 400G for 1-2 and 0-2; for 1-2 and 1-3; for all four */
	{ "three sites, less", 9, "400G,min=100G", NULL, NULL, NULL, FULL, 3,
	  "0 1 2 @200 200G | 1 2 3 @1000 200G | 0 1 2 3 @1100 100G" },
	{ "four sites share the way to met", 13, "400G,min=10G", NULL, NULL,
	  NULL, 0, 1, "0 1 2 3 @1050 133G" },
	{ "only some sites", 4, "400G", NULL, NULL, "lyo,par", 0, 3,
	  "0 | 1 | 0 1 @100 400G" },
	{ "a span of one", 4, "400G", NULL, "1", NULL, 0, 2, "2 | 3" },
	{ "one site, and it is required", 4, "400G", NULL, "1-1", NULL, OSLO,
	  1, "4" },
	{ "no circuits wanted", 5, "none", NULL, NULL, NULL, 0, 3,
	  "2 3 | 0 2 | 0 2 3" },
	{ "round the drained link", 5, "400G", NULL, NULL, "par,lyo", DRAIN, 1,
	  "0 1 @250 400G" },
	{ "were nothing drained", 5, "400G", NULL, NULL, "par,lyo",
	  DRAIN | CAP, 1, "0 1 @100 400G" },
	{ "were nothing booked", 5, "800G", NULL, NULL, NULL, CAP, 2,
	  "1 2 @100 800G | 0 1 @100 800G" },

	{ "nodes are missing", 17, "400G", NULL, NULL, NULL, 0, 0, "" },
	{ "nodes of few sites", 9, "400G", NULL, "1-2", NULL, 0, 0, "" },
	{ "nodes of named sites", 9, "400G", NULL, NULL, "par,lyo", 0, 0, "" },
	{ "nodes of nowhere", 1, "400G", NULL, NULL, "rome", 0, 0, "" },
	{ "fewer sites than wanted", 1, "400G", NULL, "6", NULL, 0, 0, "" },
	{ "more required than wanted", 1, "400G", NULL, "1", NULL, MET | OSLO,
	  0, "" },
	{ "a required site is excluded", 1, "400G", NULL, NULL, "par,lyo",
	  MET, 0, "OpticalSite(met)" },
	{ "a required site is empty", 1, "400G", NULL, NULL, NULL,
	  MET | EMPTY, 0, "OpticalSite(met)" },
	{ "a required site is enough", 5, "400G", NULL, "1", NULL, MET, 0,
	  "" },
	{ "too far for the bound", 5, "400G", "120us", NULL, "par,nic", 0, 0,
	  "OpticalLatency(par-nic,need=120us,best=150us)" },
	/* 1 2 would be best for 800G were nothing booked: more idle nodes */
	{ "taken", 5, "800G", NULL, "1-2", "lyo,nic", 0, 0,
	  "OpticalLink(ln,need=800G,free=400G)" },
	{ "what can ever be had, not what is nearest", 5, "800G", NULL, NULL,
	  "par,lyo,nic", SMALL, 0, "OpticalLink(ln,need=800G,free=400G)" },
	{ "drained", 5, "800G", NULL, NULL, "lyo,par", DRAIN, 0,
	  "OpticalLinkDrained(pl)" },
	{ "never so much", 5, "801G", NULL, NULL, "lyo,par", 0, 0,
	  "OpticalLink(pl,need=801G,max=800G)" },
	{ "not even were nothing booked", 5, "801G", NULL, NULL, "lyo,par",
	  CAP, 0, "OpticalLink(pl,need=801G,max=800G)" },
	{ "too far", 5, "400G", "99us", NULL, NULL, 0, 0,
	  "OpticalLatency(lyo-nic,need=99us,best=100us)" },
	{ "no link", 5, "400G", NULL, NULL, "oslo,par", 0, 0,
	  "OpticalLink(par-oslo,none)" },
	{ "no link from all", 5, "400G", NULL, NULL, NULL, OSLO, 0,
	  "OpticalLink(nic-oslo,none)" },
	/* pn is full, and ln has room for 1-2 or 0-2 */
	{ "own circuits", 9, "400G", NULL, NULL, "par,lyo,nic", FULL, 0,
	  "OpticalLink(pn,need=400G,free=0G)" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned int f = rows[i].flags, n;
		struct ocs_supply supply[] = {
			{ 0, 4, 1, false }, { 1, 4, 0, false },
			{ 2, 4, 2, false }, { 3, 4, 2, false },
			{ 4, 4, 1, false },
		};
		struct ocs_candidate out[OCS_CANDIDATES_MAX];
		struct ocs_error err = { OCS_OK, "", "?" };
		struct ocs_request req;
		struct ocs_net net;
		char buf[256];

		GRAPH(&net, 5, cities, lines);
		net.link[0].drained = f & DRAIN;
		net.link[2].booked_bps = f & FULL ? 400 * G : 0;
		supply[3].required = f & MET;
		supply[4].required = f & OSLO;
		if (f & SMALL) {
			net.link[0].capacity_bps = 200 * G;
			net.link[0].latency_us = 50;
		}
		if (f & EMPTY)
			supply[3].nodes = 0;
		want(&req, rows[i].bw, rows[i].latency, rows[i].span,
		     rows[i].sites);
		n = ocs_place(&net, supply, 5, rows[i].nodes, &req, f & CAP,
			      out, &err);
		is_num(n, rows[i].n, "%s: how many", rows[i].what);
		if (rows[i].n) {
			picks_text(out, n, buf);
			is_str(buf, rows[i].answer, "%s: picks", rows[i].what);
		} else {
			is_num(err.code, OCS_BUSY, "%s: busy", rows[i].what);
			is_str(err.reason, rows[i].answer, "%s: %s",
			       rows[i].what, err.text);
		}
		is_num(ocs_place(&net, supply, 5, rows[i].nodes, &req, f & CAP,
				 out, NULL), n, "no error wanted");
		ocs_net_fini(&net);
	}
}

/* A bound on what fails counts where sites are looked for. */
static void test_available(void)
{
	static const struct {
		uint32_t pl, all;	/* of par-lyo, of all links */
		const char *sites;
		unsigned int n;
		const char *answer;
	} t[] = {
		{ 1000, 0, NULL, 3,
		  "0 1 @100 400G | 1 2 @100 400G | 0 1 2 @150 400G" },
		/* par-lyo goes over nic, if it must be; not beside the others */
		{ 1001, 0, NULL, 2, "1 2 @100 400G | 0 2 @150 400G" },
		{ 1001, 0, "par,lyo", 1, "0 1 @250 400G" },
		{ 0, 2000, "par,lyo", 0,
		  "OpticalAvailability(par-lyo,need=99.9999,best=99.9998)" },
		/* what is joined counts, not what is most idle */
		{ 0, 2000, "par,lyo,oslo", 0,
		  "OpticalAvailability(par-lyo,need=99.9999,best=99.9998)" },
	};
	struct ocs_supply supply[] = {
		{ 0, 4, 1, false }, { 1, 4, 0, false }, { 2, 4, 2, false },
		{ 4, 4, 4, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ocs_candidate out[OCS_CANDIDATES_MAX];
		struct ocs_error err = { OCS_OK, "", "" };
		struct ocs_request req;
		struct ocs_net net;
		char buf[256];
		unsigned int n;

		GRAPH(&net, 5, cities, lines);
		for (unsigned int l = 0; l < net.nlinks; l++)
			net.link[l].unavailable_ppb = t[i].all;
		net.link[0].unavailable_ppb += t[i].pl;
		want(&req, "400G", NULL, NULL, t[i].sites);
		req.unavailable_ppb = 1000;
		n = ocs_place(&net, supply, 4, 5, &req, false, out, &err);
		is_num(n, t[i].n, "availability %zu: how many", i);
		if (n)
			picks_text(out, n, buf);
		is_str(n ? buf : err.reason, t[i].answer, "%s", err.text);
		ocs_net_fini(&net);
	}
}

/* What sets are compared by, as place.h says it. */
struct set {
	bool ok;
	unsigned int bits, k;
	uint64_t us, booked, idle;
	struct ocs_plan plan;
};

static bool better(const struct set *x, const struct set *y)
{
	if (x->us != y->us)
		return x->us < y->us;
	if (x->booked != y->booked)
		return x->booked < y->booked;
	if (x->idle != y->idle)
		return x->idle > y->idle;
	/* the first that only one of them has */
	return (x->bits ^ y->bits) & -(x->bits ^ y->bits) & x->bits;
}

static void try_set(const struct ocs_net *net, const struct ocs_supply *supply,
		    unsigned int n, unsigned int bits, uint32_t min_nodes,
		    const struct ocs_request *req, bool capacity_only,
		    struct set *set)
{
	unsigned int site[8], k = 0;
	uint64_t nodes = 0;

	*set = (struct set) { .bits = bits };
	for (unsigned int i = 0; i < n; i++) {
		if (!(bits >> i & 1)) {
			if (supply[i].required)
				return;
			continue;
		}
		if (!supply[i].nodes)
			return;
		site[k++] = supply[i].site;
		nodes += supply[i].nodes;
		set->idle += supply[i].idle;
	}
	set->k = k;
	if (nodes < min_nodes || k > OCS_SPAN_MAX ||
	    ocs_plan_make(net, site, k, req, &set->plan, NULL) < 0)
		return;
	set->ok = true;
	set->us = set->plan.worst_latency_us;
	for (unsigned int c = 0; c < set->plan.ncircuits; c++) {
		const struct ocs_route *r = &set->plan.circuit[c].route;

		for (unsigned int h = 0; h < r->nhops && !capacity_only; h++) {
			const struct ocs_link *l = &net->link[r->link[h]];
			uint64_t share = l->booked_bps /
					 (l->capacity_bps / 1000 + 1);

			if (share > set->booked)
				set->booked = share;
		}
	}
}

/* Up to WANTED best of K sites, without the one that is SKIP. */
static bool best_of(const struct set *set, unsigned int nsets, unsigned int k,
		    unsigned int skip, struct set *best)
{
	best->ok = false;
	for (unsigned int b = 1; b < nsets; b++)
		if (set[b].ok && set[b].k == k && b != skip &&
		    (!best->ok || better(&set[b], best)))
			*best = set[b];
	return best->ok;
}

static bool same_plan(const struct ocs_plan *x, const struct ocs_plan *y)
{
	if (x->nsites != y->nsites || x->ncircuits != y->ncircuits ||
	    x->granted_bps != y->granted_bps ||
	    memcmp(x->site, y->site, x->nsites * sizeof(*x->site)))
		return false;
	for (unsigned int c = 0; c < x->ncircuits; c++) {
		const struct ocs_route *a = &x->circuit[c].route;
		const struct ocs_route *b = &y->circuit[c].route;

		if (a->nhops != b->nhops ||
		    memcmp(a->link, b->link, a->nhops * sizeof(*a->link)))
			return false;
	}
	return true;
}

/* One random case; true if what ocs_place() says is what all sets say. */
static bool random_case(unsigned int *found)
{
	struct ocs_candidate out[OCS_CANDIDATES_MAX];
	unsigned int n, nsets, got, k, min, max, at = 0, required = 0;
	struct ocs_supply supply[6];
	struct ocs_net net, full;
	struct ocs_request req;
	struct set set[64], b;
	uint32_t min_nodes = 1 + dice(12);
	bool cap = dice(4) == 0, good = true;

	graph_random(&net);
	n = net.nsites;
	nsets = 1u << n;
	for (unsigned int i = 0; i < n; i++) {
		supply[i] = (struct ocs_supply) { n - 1 - i, 1 + dice(4),
						  dice(4), dice(10) == 0 };
		required += supply[i].required;
	}
	ocs_request_init(&req);
	req.want_bps = (1 + dice(400)) * G;
	req.min_bps = dice(2) ? req.want_bps : G;
	req.latency_us = dice(8);
	req.span_min = 1 + dice(2);
	ocs_net_copy(&full, &net);
	for (unsigned int l = 0; cap && l < full.nlinks; l++) {
		full.link[l].booked_bps = 0;
		full.link[l].drained = full.link[l].down = false;
	}
	set[0].ok = false;
	for (unsigned int bits = 1; bits < nsets; bits++)
		try_set(&full, supply, n, bits, min_nodes, &req, cap,
			&set[bits]);

	got = ocs_place(&net, supply, n, min_nodes, &req, cap, out, NULL);
	*found += got;
	min = req.span_min > required ? req.span_min : required;
	max = min_nodes > min ? min_nodes : min;
	for (k = min; k <= max && k <= req.span_max; k++) {
		if (!best_of(set, nsets, k, 0, &b))
			continue;
		good &= at < got && same_plan(&out[at].plan, &b.plan);
		at++;
		if (at == 1 && best_of(set, nsets, k, b.bits, &b)) {
			good &= at < got && same_plan(&out[at].plan, &b.plan);
			at++;
		} else if (at > 1) {
			break;
		}
	}
	good &= at == got;
	ocs_net_fini(&net);
	ocs_net_fini(&full);
	return good;
}

static void test_random(void)
{
	unsigned int wrong = 0, found = 0;

	for (int i = 0; i < 5000; i++)
		wrong += !random_case(&found);
	is_num(wrong, 0, "5000 random cases against all sets");
	ok(found > 2000, "%u picks", found);
}

/* More sites than one search holds: the required one is among them. */
static void test_many(void)
{
	struct ocs_candidate out[OCS_CANDIDATES_MAX];
	struct ocs_supply supply[100];
	struct line line[99];
	struct ocs_request req;
	struct ocs_net net;
	char buf[256];

	for (unsigned int i = 0; i < 100; i++)
		supply[i] = (struct ocs_supply) { i, 2, i, false };
	for (unsigned int i = 0; i < 99; i++)
		line[i] = (struct line) { "x", i, i + 1, 400, 0, 0, 10, false,
					  false };
	graph_init(&net, 100, NULL, line, 99);
	want(&req, "400G", NULL, NULL, NULL);
	ocs_place(&net, supply, 100, 3, &req, false, out, NULL);
	picks_text(out, 2, buf);
	is_str(buf, "98 99 @10 400G | 97 98 @10 400G", "the most idle");
	supply[0].required = true;
	is_num(ocs_place(&net, supply, 100, 3, &req, false, out, NULL), 0,
	       "far from all that are idle");
	supply[1].required = true;
	is_num(ocs_place(&net, supply, 100, 3, &req, false, out, NULL), 1,
	       "two that are required");
	picks_text(out, 1, buf);
	is_str(buf, "0 1 @10 400G", "though not idle");
	ocs_net_fini(&net);
}

static void test_nomem(void)
{
	static const struct ocs_supply supply[] = {
		{ 0, 4, 0, false }, { 1, 4, 0, false }, { 2, 4, 0, false },
	};
	struct ocs_candidate out[OCS_CANDIDATES_MAX];
	struct ocs_request req;
	struct ocs_error err;
	struct ocs_net net;
	unsigned int n;
	int made;

	GRAPH(&net, 5, cities, lines);
	want(&req, "400G", NULL, NULL, NULL);
	NOMEM_EACH(made, n = ocs_place(&net, supply, 3, 5, &req, false, out,
				       &err), !n && err.code == OCS_NOMEM);
	ok(made > 0 && n == 3, "and then there is memory");
	want(&req, "900G", NULL, NULL, NULL);
	NOMEM_EACH(made, n = ocs_place(&net, supply, 3, 5, &req, false, out,
				       &err), !n && err.code == OCS_NOMEM);
	ok(made > 0 && !n && err.code == OCS_BUSY, "also for a reason");
	ocs_net_fini(&net);
}

/*
 * Figure 1 of the UONACO draft: A and B have many idle GPUs and 100G between
 * them, both have 400G to a busy C.
 */
static const char *const draft[] = { "A", "B", "C" };
static const struct line draft_lines[] = {
	{ "ab", 0, 1, 100, 0, 0, 100, false, false },
	{ "ac", 0, 2, 400, 0, 0, 100, false, false },
	{ "bc", 1, 2, 400, 0, 0, 100, false, false },
};

static const struct {
	const char *bw, *latency;
	unsigned int ac, bc;	/* booked, in G */
	unsigned int at_c;	/* nodes that C has for it */
	const char *answer;
} draft_rows[] = {
	/* C is busy, and so is the way over it: not on A and B */
	{ "400G", NULL, 300, 0, 0, "OpticalLink(ac,need=400G,free=100G)" },
	{ "400G", NULL, 0, 1, 0, "OpticalLink(bc,need=400G,free=399G)" },
	/* over C it is 200 us: too long for this job, whatever is free */
	{ "400G", "199us", 0, 0, 0,
	  "OpticalLatency(A-B,need=199us,best=200us)" },
	/* the way over C is free: 400G between A and B can be had there */
	{ "400G", NULL, 0, 0, 0, "0 1 @200 400G" },
	/* C has room: with it, over one link, and not A with B over two */
	{ "400G", NULL, 0, 0, 4, "0 2 @100 400G | 1 2 @100 400G" },
	{ "400G", NULL, 300, 0, 4, "1 2 @100 400G" },
	{ "400G", NULL, 300, 300, 4, "OpticalLink(ac,need=400G,free=100G)" },
	/* what needs no more than 100G goes there */
	{ "100G", NULL, 400, 400, 0, "0 1 @100 100G" },
	{ "400G,min=100G", NULL, 400, 400, 0, "0 1 @100 100G" },
	{ "101G", NULL, 300, 300, 0, "OpticalLink(ac,need=101G,free=100G)" },
};

static void test_draft(void)
{
	for (size_t i = 0; i < sizeof(draft_rows) / sizeof(*draft_rows); i++) {
		struct ocs_supply supply[] = {
			{ 0, 64, 64, false }, { 1, 64, 64, false },
			{ 2, draft_rows[i].at_c, draft_rows[i].at_c, false },
		};
		struct ocs_candidate out[OCS_CANDIDATES_MAX];
		struct ocs_error err = { OCS_OK, "", "" };
		struct ocs_request req;
		struct ocs_net net;
		unsigned int n;
		char buf[256];

		GRAPH(&net, 3, draft, draft_lines);
		net.link[1].booked_bps = draft_rows[i].ac * G;
		net.link[2].booked_bps = draft_rows[i].bc * G;
		want(&req, draft_rows[i].bw, draft_rows[i].latency, "2", NULL);
		n = ocs_place(&net, supply, 3, 8, &req, false, out, &err);
		picks_text(out, n, buf);
		is_str(n ? buf : err.reason, draft_rows[i].answer,
		       "figure 1 of the draft, %zu: %s", i, draft_rows[i].bw);
		ocs_net_fini(&net);
	}
}

int main(void)
{
	test_rows();
	test_available();
	test_draft();
	test_random();
	test_many();
	test_nomem();
	return tap_done();
}
