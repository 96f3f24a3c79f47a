// SPDX-License-Identifier: GPL-2.0-or-later
/* plan.c and earliest.c: all circuits of a job together, now and later */
#include "common/core/net.h"

#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"
#include "tests/unit/graph.h"

static void want(struct ocs_request *req, const char *bw, const char *latency)
{
	ocs_request_init(req);
	ocs_request_set(req, "bw", bw, NULL);
	if (latency)
		ocs_request_set(req, "latency", latency, NULL);
}

/* "rate latency a-z:link,link a-z:link ..." */
static void plan_text(const struct ocs_net *net, const struct ocs_plan *p,
		      char *buf)
{
	sprintf(buf, "%uG %u", (unsigned int) (p->granted_bps / G),
		(unsigned int) p->worst_latency_us);
	for (unsigned int i = 0; i < p->ncircuits; i++) {
		const struct ocs_plan_circuit *c = &p->circuit[i];

		sprintf(buf + strlen(buf), " %u-%u", c->a, c->z);
		for (unsigned int j = 0; j < c->route.nhops; j++)
			sprintf(buf + strlen(buf), "%c%s", j ? ',' : ':',
				net->link[c->route.link[j]].name);
	}
}

/* 0, 1, 2 around hub 3; 0 and 1 have a link of their own, longer. */
static const struct line star[] = {
	{ "a", 0, 3, 800, 0, 0, 100, false, false },
	{ "b", 1, 3, 800, 0, 0, 100, false, false },
	{ "c", 2, 3, 800, 0, 100, 100, false, false },
	{ "ab", 0, 1, 400, 0, 0, 500, false, false },
};

/* The best way from 0 to 1 is what 0-2 and 1-2 need. */
static const struct line jam[] = {
	{ "p", 0, 2, 400, 0, 0, 1, false, false },
	{ "q", 1, 2, 400, 0, 0, 1, false, false },
	{ "r", 0, 1, 400, 0, 0, 10, false, false },
};

/* As star, but a and b are partly taken. */
static const struct line taken[] = {
	{ "a", 0, 3, 800, 350, 0, 100, false, false },
	{ "b", 1, 3, 800, 360, 0, 100, false, false },
	{ "c", 2, 3, 800, 0, 0, 100, false, false },
};

struct row {
	const char *what;
	unsigned int nsites, site[4];
	const char *bw, *latency;
	int link;		/* -1: none is changed */
	unsigned int booked;
	bool drained;
	enum ocs_code code;
	const char *answer;	/* the plan or the reason */
};

static const struct row star_rows[] = {
	{ "one site", 1, { 2 }, "400G", NULL, -1, 0, false,
	  OCS_OK, "0G 0" },
	{ "bw=none", 3, { 0, 1, 2 }, "none", NULL, -1, 0, false,
	  OCS_OK, "0G 0" },
	{ "two sites", 2, { 0, 2 }, "400G", NULL, -1, 0, false,
	  OCS_OK, "400G 200 0-2:a,c" },
	{ "the order of sites is the caller's", 2, { 2, 0 }, "400G", NULL, -1,
	  0, false, OCS_OK, "400G 200 2-0:c,a" },
	{ "three: each leg is used twice", 3, { 0, 1, 2 }, "400G", NULL, -1, 0,
	  false, OCS_OK, "400G 200 0-1:a,b 0-2:a,c 1-2:b,c" },
	{ "four: the hub as well", 4, { 0, 1, 2, 3 }, "200G", NULL, -1, 0,
	  false, OCS_OK,
	  "200G 200 0-1:a,b 0-2:a,c 0-3:a 1-2:b,c 1-3:b 2-3:c" },
	/* a: 300G + 300G of 600G; b and c could do 400G */
	{ "less on a shared leg", 3, { 0, 1, 2 }, "400G,min=100G",
	  "300us", 0, 200, false,
	  OCS_OK, "300G 200 0-1:a,b 0-2:a,c 1-2:b,c" },
	{ "0-1 gives way", 3, { 0, 1, 2 }, "400G,min=100G", NULL,
	  0, 200, false, OCS_OK, "400G 500 0-1:ab 0-2:a,c 1-2:b,c" },
	/* c: 2 x 100G of 350G with granule 100G */
	{ "granules count twice", 3, { 0, 1, 2 }, "400G,min=50G", NULL,
	  2, 450, false, OCS_OK, "100G 200 0-1:a,b 0-2:a,c 1-2:b,c" },
	{ "whole Gb/s", 2, { 0, 3 }, "400G,min=2.5G", "300us", 0, 743, false,
	  OCS_OK, "57G 100 0-3:a" },
	{ "just the least", 2, { 0, 3 }, "400G,min=57G", "300us", 0, 743, false,
	  OCS_OK, "57G 100 0-3:a" },
	{ "one less than the least", 2, { 0, 2 }, "400G,min=58G", "300us", 0,
	  743, false, OCS_BUSY, "OpticalLink(a,need=58G,free=57G)" },
	{ "busy", 2, { 0, 3 }, "400G", "300us", 0, 500, false,
	  OCS_BUSY, "OpticalLink(a,need=400G,free=300G)" },
	{ "own circuits add up", 3, { 0, 1, 2 }, "400G", NULL, 2, 400, false,
	  OCS_BUSY, "OpticalLink(c,need=800G,free=400G)" },
	{ "drained", 3, { 0, 1, 2 }, "400G", NULL, 2, 0, true,
	  OCS_BUSY, "OpticalLinkDrained(c)" },
	{ "too much together for ever", 3, { 0, 1, 2 }, "401G", NULL, -1, 0,
	  false, OCS_RANGE, "OpticalLink(a,need=802G,max=800G)" },
	{ "too much together, taken or not", 3, { 0, 1, 2 }, "401G", NULL,
	  2, 800, false, OCS_RANGE, "OpticalLink(a,need=802G,max=800G)" },
	{ "too much for one", 2, { 0, 2 }, "801G", NULL, -1, 0, false,
	  OCS_RANGE, "OpticalLink(a,need=801G,max=800G)" },
	{ "too far", 3, { 0, 1, 2 }, "400G,min=1G", "199us", 2, 800, false,
	  OCS_RANGE, "OpticalLatency(s0-s1,need=199us,best=200us)" },
	{ "no site", 0, { 0 }, "400G", NULL, -1, 0, false, OCS_RANGE, "" },
	{ "twice the same", 3, { 0, 1, 0 }, "400G", NULL, -1, 0, false,
	  OCS_INTERNAL, "" },
	{ "an unknown one", 2, { 0, 4 }, "400G", NULL, -1, 0, false,
	  OCS_INTERNAL, "" },
	{ "an unknown one alone", 1, { 4 }, "400G", NULL, -1, 0, false,
	  OCS_INTERNAL, "" },
};

static const struct row jam_rows[] = {
	{ "another order", 3, { 0, 1, 2 }, "400G", NULL, -1, 0, false,
	  OCS_OK, "400G 10 0-1:r 0-2:p 1-2:q" },
	{ "half fits as it is", 3, { 0, 1, 2 }, "200G", NULL, -1, 0, false,
	  OCS_OK, "200G 2 0-1:p,q 0-2:p 1-2:q" },
	{ "less when nearer", 3, { 0, 1, 2 }, "400G,min=1G", "5us", -1, 0,
	  false, OCS_OK, "200G 2 0-1:p,q 0-2:p 1-2:q" },
	{ "nearer, not less", 3, { 0, 1, 2 }, "400G,min=201G", "5us", -1, 0,
	  false, OCS_RANGE, "OpticalLink(p,need=402G,max=400G)" },
};

static const struct row taken_rows[] = {
	{ "b has least, a is short after 0-2", 3, { 0, 1, 2 }, "400G", NULL,
	  -1, 0, false, OCS_BUSY, "OpticalLink(a,need=800G,free=450G)" },
};

static void test_rows(const struct line *line, unsigned int nlinks,
		      const struct row *row, size_t nrows)
{
	for (; nrows--; row++) {
		struct ocs_error err = { OCS_OK, "", "" };
		struct ocs_plan plan, before;
		struct ocs_request req;
		struct ocs_net net;
		char buf[512];

		graph_init(&net, 4, NULL, line, nlinks);
		if (row->link >= 0) {
			net.link[row->link].booked_bps = row->booked * G;
			net.link[row->link].drained = row->drained;
		}
		want(&req, row->bw, row->latency);
		memset(&plan, 0x5a, sizeof(plan));
		before = plan;
		is_num(ocs_plan_make(&net, row->site, row->nsites, &req, &plan,
				     &err), row->code ? -1 : 0, "%s",
		       row->what);
		is_num(err.code, row->code, "%s: code", row->what);
		if (!row->code) {
			plan_text(&net, &plan, buf);
			is_str(buf, row->answer, "%s: plan", row->what);
			is_num(plan.nsites, row->nsites, "its sites");
		} else {
			is_str(err.reason, row->answer, "%s: %s", row->what,
			       err.text);
			ok(!memcmp(&plan, &before, sizeof(plan)), "untouched");
			is_num(ocs_plan_make(&net, row->site, row->nsites,
					     &req, &plan, NULL), -1,
			       "no error wanted");
		}
		ocs_net_fini(&net);
	}
}

/* a and b fail for 1000 ppb each, c and ab never. */
static void test_available(void)
{
	static const struct {
		uint32_t max;
		enum ocs_code code;
		const char *answer;
	} t[] = {
		{ 0, OCS_OK, "400G 200 0-1:a,b 0-2:a,c 1-2:b,c" },
		{ 2000, OCS_OK, "400G 200 0-1:a,b 0-2:a,c 1-2:b,c" },
		/* of one circuit only it is too much */
		{ 1999, OCS_OK, "400G 500 0-1:ab 0-2:a,c 1-2:b,c" },
		{ 1000, OCS_OK, "400G 500 0-1:ab 0-2:a,c 1-2:b,c" },
		{ 999, OCS_RANGE,
		  "OpticalAvailability(s0-s2,need=99.9999001,best=99.9999)" },
		{ 1, OCS_RANGE,
		  "OpticalAvailability(s0-s2,need=99.9999999,best=99.9999)" },
	};
	static const unsigned int site[] = { 0, 1, 2 };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ocs_error err = { OCS_OK, "", "" };
		struct ocs_request req;
		struct ocs_plan plan;
		struct ocs_net net;
		char buf[512] = "";

		graph_init(&net, 4, NULL, star, 4);
		net.link[0].unavailable_ppb = 1000;
		net.link[1].unavailable_ppb = 1000;
		want(&req, "400G", NULL);
		req.unavailable_ppb = t[i].max;
		if (ocs_plan_make(&net, site, 3, &req, &plan, &err) == 0)
			plan_text(&net, &plan, buf);
		is_num(err.code, t[i].code, "unavailable %u", t[i].max);
		is_str(t[i].code ? err.reason : buf, t[i].answer, "%s",
		       err.text);
		ocs_net_fini(&net);
	}
}

static void test_many_sites(void)
{
	unsigned int site[OCS_SPAN_MAX + 1];
	struct line line[OCS_SPAN_MAX + 1];
	struct ocs_request req;
	struct ocs_plan plan;
	struct ocs_error err;
	struct ocs_net net;

	for (unsigned int i = 0; i <= OCS_SPAN_MAX; i++) {
		site[i] = i;
		line[i] = (struct line) { "x", i, OCS_SPAN_MAX + 1, 700, 0, 0,
					  50, false, false };
	}
	graph_init(&net, OCS_SPAN_MAX + 2, NULL, line, OCS_SPAN_MAX + 1);
	want(&req, "100G", NULL);
	is_num(ocs_plan_make(&net, site, 8, &req, &plan, NULL), 0, "8 sites");
	is_num(plan.ncircuits, 28, "28 circuits");
	is_num(plan.circuit[27].granted_bps, 100 * G, "each has the rate");
	want(&req, "101G", NULL);
	is_num(ocs_plan_make(&net, site, 8, &req, &plan, &err), -1, "no more");
	is_str(err.reason, "OpticalLink(x,need=707G,max=700G)", "seven times");
	is_num(ocs_plan_make(&net, site, 9, &req, &plan, &err), -1, "9 sites");
	is_num(err.code, OCS_RANGE, "are too many");
	ocs_net_fini(&net);
}

/* I1: what a plan books is free. */
static bool fits(const struct ocs_net *net, const struct ocs_plan *p,
		 uint64_t bound)
{
	for (unsigned int l = 0; l < net->nlinks; l++) {
		uint64_t sum = 0;

		for (unsigned int c = 0; c < p->ncircuits; c++)
			for (unsigned int h = 0; h < p->circuit[c].route.nhops;
			     h++)
				if (p->circuit[c].route.link[h] == l)
					sum += ocs_link_consumed(&net->link[l],
							p->granted_bps);
		if (sum > ocs_link_free(&net->link[l]))
			return false;
	}
	return !bound || p->worst_latency_us <= bound;
}

/* With any routes at all, can circuits C.. of the mesh be had at RATE? */
static bool possible(struct ocs_net *net, const unsigned int *site,
		     unsigned int n, unsigned int c, unsigned int at,
		     unsigned int seen, uint64_t us, uint64_t rate,
		     uint64_t bound)
{
	unsigned int i, j = 0, k = c;

	for (i = 0; k >= n - 1 - i; i++)
		if ((k -= n - 1 - i) == 0 && i == n - 2)
			return true;
	j = i + 1 + k;
	if (at == UINT32_MAX)
		return possible(net, site, n, c, site[i], 1u << site[i], 0,
				rate, bound);
	if (at == site[j])
		return c + 1 == n * (n - 1) / 2 ||
		       possible(net, site, n, c + 1, UINT32_MAX, 0, 0, rate,
				bound);
	for (unsigned int e = 0; e < net->nlinks; e++) {
		struct ocs_link *l = &net->link[e];
		unsigned int to = l->a == at ? l->z : l->a;
		uint64_t bps = ocs_link_consumed(l, rate);
		bool yes;

		if ((l->a != at && l->z != at) || seen >> to & 1 ||
		    bps > ocs_link_free(l) ||
		    (bound && us + l->latency_us > bound))
			continue;
		l->booked_bps += bps;
		yes = possible(net, site, n, c, to, seen | 1u << to,
			       us + l->latency_us, rate, bound);
		l->booked_bps -= bps;
		if (yes)
			return true;
	}
	return false;
}

/*
 * Two sites: the answer is the best there is. Three: what it gives fits, and
 * it hardly ever misses what all combinations of routes would have found.
 */
static void test_random(unsigned int nsites, unsigned int runs)
{
	unsigned int wrong = 0, missed = 0, given = 0, less = 0;

	for (unsigned int i = 0; i < runs; i++) {
		unsigned int site[3], first;
		struct ocs_request req;
		struct ocs_plan p;
		struct ocs_net net;

		graph_random(&net);
		first = dice(net.nsites);
		for (unsigned int j = 0; j < nsites; j++)
			site[j] = (first + j) % net.nsites;
		ocs_request_init(&req);
		req.want_bps = (1 + dice(400)) * G;
		req.min_bps = 1 + dice((unsigned int) (req.want_bps / G));
		req.min_bps *= G;
		req.latency_us = dice(6);
		if (ocs_plan_make(&net, site, nsites, &req, &p, NULL) < 0) {
			missed += possible(&net, site, nsites, 0, UINT32_MAX,
					   0, 0, req.min_bps, req.latency_us);
		} else {
			given++;
			less += p.granted_bps < req.want_bps;
			wrong += !fits(&net, &p, req.latency_us) ||
				 p.granted_bps < req.min_bps ||
				 p.granted_bps > req.want_bps;
			missed += p.granted_bps < req.want_bps &&
				  possible(&net, site, nsites, 0, UINT32_MAX,
					   0, 0, p.granted_bps + G,
					   req.latency_us);
		}
		ocs_net_fini(&net);
	}
	is_num(wrong, 0, "%u random plans of %u sites fit (I1)", given,
	       nsites);
	ok(given > runs / 20 && less > runs / 100, "%u get less", less);
	if (nsites == 2)
		is_num(missed, 0, "nothing better exists");
	else
		ok(missed <= runs / 1000, "%u miss something", missed);
}

static const struct {
	const char *what, *bw;
	unsigned int nends;
	struct ocs_booking_end end[5];
	int64_t when;		/* 0: never */
	unsigned int gbps;	/* or the code */
	const char *reason;
} later[] = {
	{ "now", "100G", 0, { { 0, 0, 0 } }, 1000, 100, NULL },
	{ "now, in spite of ends", "100G", 1, { { 2000, 0, G } }, 1000, 100,
	  NULL },
	{ "less now rather than later", "400G,min=100G", 1,
	  { { 2000, 0, 300 * G } }, 1000, 100, NULL },
	{ "at an end", "400G", 1, { { 2000, 0, 300 * G } }, 2000, 400, NULL },
	{ "at the second of three", "300G", 3, { { 4000, 0, 100 * G },
	  { 2000, 0, 100 * G }, { 3000, 0, 100 * G } }, 3000, 300, NULL },
	{ "two of one second", "300G", 3, { { 3000, 0, 100 * G },
	  { 2500, 1, 100 * G }, { 3000, 0, 100 * G } }, 3000, 300, NULL },
	{ "the largest then", "400G,min=150G", 2, { { 2000, 0, 80 * G },
	  { 3000, 0, 200 * G } }, 2000, 180, NULL },
	{ "what should have ended", "400G", 1, { { 900, 0, 300 * G } },
	  1001, 400, NULL },
	{ "and at this second", "400G", 1, { { 1000, 0, 300 * G } },
	  1001, 400, NULL },
	{ "more ends than was booked", "400G", 2, { { 2000, 0, 250 * G },
	  { 2001, 0, UINT64_MAX } }, 2001, 400, NULL },
	{ "nothing ends", "400G", 0, { { 0, 0, 0 } }, 0, OCS_BUSY,
	  "OpticalLink(x,need=400G,free=100G)" },
	{ "what never ends", "400G", 1, { { 0, 0, 300 * G } }, 0, OCS_BUSY,
	  "OpticalLink(x,need=400G,free=100G)" },
	{ "not enough ends", "400G", 1, { { 2000, 0, 299 * G } }, 0, OCS_BUSY,
	  "OpticalLink(x,need=400G,free=399G)" },
	{ "ends of other links", "400G", 2, { { 2000, 1, 300 * G },
	  { 2000, 7, 300 * G } }, 0, OCS_BUSY,
	  "OpticalLink(x,need=400G,free=100G)" },
	{ "more than there is", "401G", 1, { { 2000, 0, 300 * G } }, 0,
	  OCS_RANGE, "OpticalLink(x,need=401G,max=400G)" },
};

static void test_earliest(void)
{
	static const struct line lines[] = {
		{ "x", 0, 1, 400, 300, 0, 10, false, false },
		{ "y", 1, 2, 400, 300, 0, 10, false, false },
	};
	static const unsigned int site[] = { 0, 1 };

	for (size_t i = 0; i < sizeof(later) / sizeof(*later); i++) {
		struct ocs_error err = { OCS_OK, "", "" };
		struct ocs_plan plan = { .nsites = 77 };
		struct ocs_request req;
		struct ocs_net net;
		int64_t when = -7;
		int rc;

		GRAPH(&net, 3, NULL, lines);
		want(&req, later[i].bw, NULL);
		rc = ocs_plan_earliest(&net, later[i].end, later[i].nends,
				       site, 2, &req, 1000, &when, &plan,
				       &err);
		is_num(rc, later[i].when ? 0 : -1, "%s", later[i].what);
		if (later[i].when) {
			is_num(when, later[i].when, "%s: when",
			       later[i].what);
			is_num(plan.granted_bps / G, later[i].gbps, "its rate");
		} else {
			is_num(err.code, later[i].gbps, "%s: code",
			       later[i].what);
			is_str(err.reason, later[i].reason, "its reason");
			is_num(when, -7, "the time is untouched");
			is_num(plan.nsites, 77, "the plan is untouched");
		}
		ok(net.link[0].booked_bps == 300 * G, "the net is untouched");
		ocs_net_fini(&net);
	}
}

/* Against each time tried one after the other. */
static void test_earliest_random(void)
{
	unsigned int wrong = 0, waited = 0;

	for (int i = 0; i < 3000; i++) {
		struct ocs_booking_end end[6];
		unsigned int site[2] = { 0, 1 }, n = dice(7);
		int64_t when = 0, slow = -1;
		struct ocs_request req;
		struct ocs_plan plan;
		struct ocs_net net, then;
		int rc;

		graph_random(&net);
		for (unsigned int j = 0; j < n; j++)
			end[j] = (struct ocs_booking_end) {
				100 + dice(5), dice(net.nlinks),
				dice(4) * 100 * G };
		ocs_request_init(&req);
		req.want_bps = req.min_bps = (1 + dice(4)) * 100 * G;
		for (int64_t t = 100; t < 105 && slow < 0; t++) {
			ocs_net_copy(&then, &net);
			for (unsigned int j = 0; j < n; j++) {
				struct ocs_link *l = &then.link[end[j].link];

				/* what ends at 100 may do so at 101 */
				if (t == 100 || end[j].end_s > t)
					continue;
				l->booked_bps -= end[j].bps < l->booked_bps ?
					end[j].bps : l->booked_bps;
			}
			if (!ocs_plan_make(&then, site, 2, &req, &plan, NULL))
				slow = t;
			ocs_net_fini(&then);
		}
		rc = ocs_plan_earliest(&net, end, n, site, 2, &req, 100, &when,
				       &plan, NULL);
		wrong += rc < 0 ? slow >= 0 : when != slow;
		waited += !rc && when > 100;
		ocs_net_fini(&net);
	}
	is_num(wrong, 0, "3000 random calendars");
	ok(waited > 30, "%u of them wait", waited);
}

static void test_nomem(void)
{
	static const struct ocs_booking_end end = { 2000, 2, 400 * G };
	static const unsigned int site[] = { 0, 1, 2 };
	struct ocs_plan plan = { .nsites = 77 };
	struct ocs_request req;
	struct ocs_error err;
	struct ocs_net net;
	int64_t when = -7;
	int made, rc;

	GRAPH(&net, 4, NULL, star);
	want(&req, "400G", NULL);
	NOMEM_EACH(made,
		   rc = ocs_plan_make(&net, site, 3, &req, &plan, &err),
		   rc == -1 && err.code == OCS_NOMEM && plan.nsites == 77);
	ok(made > 0 && !rc, "and then there is memory");
	net.link[2].booked_bps = 400 * G;
	plan.nsites = 77;
	NOMEM_EACH(made, rc = ocs_plan_earliest(&net, &end, 1, site, 3, &req,
						1000, &when, &plan, &err),
		   rc == -1 && err.code == OCS_NOMEM && plan.nsites == 77 &&
		   when == -7);
	ok(made >= 4 && !rc && when == 2000, "and later");
	ocs_net_fini(&net);
}

int main(void)
{
	test_rows(star, 4, star_rows, sizeof(star_rows) / sizeof(*star_rows));
	test_rows(jam, 3, jam_rows, sizeof(jam_rows) / sizeof(*jam_rows));
	test_rows(taken, 3, taken_rows, 1);
	test_available();
	test_many_sites();
	test_random(2, 20000);
	test_random(3, 10000);
	test_earliest();
	test_earliest_random();
	test_nomem();
	return tap_done();
}
