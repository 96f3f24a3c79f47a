// SPDX-License-Identifier: GPL-2.0-or-later
/* promises.c: who sees what of whom, when at the earliest, without memory */
#include "common/core/promises.h"

#include "tests/unit/graph.h"
#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"

#define OPEN OCS_TIME_OPEN
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW 1000

/* s0 - s1 by x, and a longer way by y and z; x has 300G booked, of which 200G
 * end at 1100; y 100G until 1200. */
static const struct line links[] = {
	{ "x", 0, 1, 400, 300, 0, 10, false, false },
	{ "y", 0, 2, 400, 100, 0, 100, false, false },
	{ "z", 2, 1, 400, 0, 0, 100, false, false },
};
static const struct ocs_booking booked[] = {
	{ 0, 200 * G, 1, 1100 },
	{ 1, 100 * G, 1, 1200 },
};
static const unsigned int pair[] = { 0, 1 };

static struct ocs_promises *fresh(void)
{
	struct ocs_promises *p = ocs_promises_create();
	long left = nomem_left;
	struct ocs_net net;

	nomem_left = -1;
	GRAPH(&net, 3, NULL, links);
	nomem_left = left;
	if (p && ocs_promises_base(p, &net, booked, COUNT(booked), NOW,
				   NULL) < 0) {
		ocs_promises_destroy(p);
		p = NULL;
	}
	ocs_net_fini(&net);
	return p;
}

static struct ocs_request request(unsigned int gbps, uint64_t latency_us)
{
	struct ocs_request req;

	ocs_request_init(&req);
	req.want_bps = req.min_bps = gbps * G;
	req.latency_us = latency_us;
	return req;
}

static struct ocs_rank rank(uint32_t priority, uint32_t job_id)
{
	return (struct ocs_rank) { .priority = priority, .job_id = job_id };
}

/* ---- the order of the queue ---- */

static void test_rank(void)
{
	static const struct ocs_rank order[] = {
		{ true, 1, 1, 9, 9 },
		{ false, 2, 1, 9, 8 },
		{ false, 1, 7, 9, 7 },
		{ false, 1, 6, 4, 6 },
		{ false, 1, 6, 5, 1 },
		{ false, 1, 6, 5, 2 },
	};

	for (unsigned int i = 0; i < COUNT(order); i++)
		for (unsigned int j = 0; j < COUNT(order); j++)
			ok(ocs_rank_before(&order[i], &order[j]) == (i < j),
			   "rank %u before %u: %d", i, j, i < j);
}

/* ---- the earliest start ---- */

static const struct when {
	const char *what;
	unsigned int gbps;
	uint64_t latency_us;
	int64_t from_s, duration_s;
	int64_t when_s;			/* 0: never */
	const char *reason;		/* what is short at FROM_S */
} whens[] = {
	{ "what is free, now", 100, 0, NOW, 60, NOW, NULL },
	{ "more, over the other way, now", 300, 0, NOW, 60, NOW, NULL },
	{ "more, near, when x has room", 300, 50, NOW, 60, 1100,
	  "OpticalLink(x,need=300G,free=100G)" },
	{ "the same, for ever", 300, 50, NOW, OPEN, 1100,
	  "OpticalLink(x,need=300G,free=100G)" },
	{ "all of the other way, when y has ended", 400, 0, NOW, 60, 1200,
	  "OpticalLink(x,need=400G,free=100G)" },
	{ "all of x, which never ends", 400, 50, NOW, 60, 0,
	  "OpticalLink(x,need=400G,free=100G)" },
	{ "from later on, at once", 300, 50, 1150, 60, 1150, NULL },
	{ "more than there is", 500, 0, NOW, 60, 0,
	  "OpticalLink(x,need=500G,max=400G)" },
	{ "nearer than there is", 100, 5, NOW, 60, 0,
	  "OpticalLatency(s0-s1,need=5us,best=10us)" },
};

static void test_earliest(void)
{
	struct ocs_promises *p = fresh();
	struct ocs_rank r = rank(1, 1);

	for (unsigned int i = 0; i < COUNT(whens); i++) {
		const struct when *w = &whens[i];
		struct ocs_request req = request(w->gbps, w->latency_us);
		struct ocs_error err = { 0 };
		struct ocs_plan plan;
		int64_t when = 7;
		int rc = ocs_promises_earliest(p, &r, w->from_s,
					       w->duration_s, pair, 2, &req,
					       &when, &plan, &err);

		ok(rc == (w->when_s ? 0 : -1) &&
		   when == (w->when_s ? w->when_s : 7),
		   "%s: rc %d at %ld", w->what, rc, (long) when);
		if (w->reason)
			is_str(err.reason, w->reason, "%s: why", w->what);
	}
	ocs_promises_destroy(p);
}

/* ---- what was promised ---- */

static uint64_t x_free(struct ocs_promises *p, const struct ocs_rank *r,
		       int64_t from_s, int64_t to_s)
{
	struct ocs_net net;
	uint64_t left;

	GRAPH(&net, 3, NULL, links);
	ocs_promises_view(p, r, from_s, to_s, &net);
	left = ocs_link_free(&net.link[0]) / G;
	ocs_net_fini(&net);
	return left;
}

static bool is_seven(uint32_t job_id, void *arg)
{
	return job_id == 7 && arg;
}

static int promise(struct ocs_promises *p, const struct ocs_rank *r,
		   unsigned int gbps, int64_t *when)
{
	struct ocs_request req = request(gbps, 50);
	struct ocs_plan plan;

	if (ocs_promises_earliest(p, r, NOW, 100, pair, 2, &req, when, &plan,
				  NULL) < 0)
		return -1;
	return ocs_promises_put(p, r, *when, *when + 100, &plan, NOW + 300);
}

static int64_t longest(struct ocs_promises *p, const struct ocs_rank *r,
		       unsigned int gbps)
{
	struct ocs_request req = request(gbps, 50);

	return ocs_promises_longest(p, r, NOW, pair, 2, &req);
}

static void test_views(void)
{
	struct ocs_promises *p = fresh();
	struct ocs_rank high = rank(9, 7), low = rank(5, 3), top = rank(10, 9);
	int64_t when = 0;

	is_num(promise(p, &high, 250, &when), 0, "250G of x are promised");
	is_num(when, 1100, "from the end of what is booked");
	is_num(ocs_promises_start(p, 7), 1100, "and that is remembered");
	is_num(x_free(p, &low, NOW, 1050), 100, "low: 100G until then");
	is_num(x_free(p, &low, NOW, 1150), 50, "low: 50G through it");
	is_num(x_free(p, &high, NOW, 1150), 100, "high does not see itself");
	is_num(x_free(p, &top, NOW, 1150), 100, "nor does top");
	is_num(x_free(p, NULL, NOW, 1150), 100, "nor does nobody");
	is_num(x_free(p, &low, 1100, 1150), 50, "low: 50G beside it");
	is_num(x_free(p, &low, 1200, 1300), 300, "low: 300G after it");

	is_num(longest(p, &low, 100), 100, "low: 100G for as long as high waits");
	is_num(longest(p, &low, 300), 0, "300G for no time");
	is_num(longest(p, &top, 100), 0, "top waits for nobody");

	is_num(promise(p, &low, 100, &when), 0, "100G are promised to low");
	is_num(when, NOW, "now: it has ended by then");
	is_num(promise(p, &top, 100, &when), 0, "and to top");
	is_num(when, NOW, "now");
	is_num(promise(p, &high, 250, &when), 0, "high is asked again");
	is_num(when, 1100, "top's has ended by then");
	is_num(promise(p, &low, 100, &when), 0, "low is asked again");
	is_num(when, 1200, "top's and high's are in the way");
	is_num(ocs_promises_count(p), 3, "there are three promises");

	ocs_promises_drop(p, 99);
	is_num(ocs_promises_count(p), 3, "nothing is promised to job 99");
	ocs_promises_prune(p, NOW, is_seven, p);
	is_num(ocs_promises_start(p, 7), 0, "job 7 is gone");
	is_num(ocs_promises_count(p), 2, "the others are not");
	is_num(x_free(p, &low, 1100, 1150), 300, "low: 300G then");
	ocs_promises_drop(p, 9);
	is_num(ocs_promises_start(p, 9), 0, "job 9 has started");
	ocs_promises_prune(p, NOW + 300, NULL, NULL);
	is_num(ocs_promises_count(p), 1, "kept as long as it was to be");
	ocs_promises_prune(p, NOW + 301, NULL, NULL);
	is_num(ocs_promises_count(p), 0, "and no longer");
	ocs_promises_destroy(p);
}

static void test_other_links(void)
{
	/* x is the last one */
	static const struct line moved[] = {
		{ "z", 2, 1, 400, 0, 0, 100, false, false },
		{ "y", 0, 2, 400, 0, 0, 100, false, false },
		{ "x", 0, 1, 400, 0, 0, 10, false, false },
	};
	struct ocs_promises *p = fresh();
	struct ocs_rank high = rank(9, 7), low = rank(5, 3);
	struct ocs_net net;
	int64_t when = 0;

	is_num(promise(p, &high, 250, &when), 0, "250G of x are promised");
	GRAPH(&net, 3, NULL, moved);
	is_num(ocs_promises_base(p, &net, NULL, 0, NOW + 5, NULL), 0,
	       "the links come in another order");
	ocs_promises_view(p, &low, NOW + 5, 1150, &net);
	is_num(ocs_link_free(&net.link[2]) / G, 150, "x is known by its name");
	is_num(ocs_link_free(&net.link[0]) / G, 400, "the first one is free");
	net.nlinks = 2;
	is_num(ocs_promises_base(p, &net, NULL, 0, NOW + 6, NULL), 0,
	       "x is gone");
	ocs_promises_view(p, &low, NOW + 6, 1150, &net);
	is_num(ocs_link_free(&net.link[0]) / G +
	       ocs_link_free(&net.link[1]) / G, 800, "the others are free");
	ocs_net_fini(&net);
	GRAPH(&net, 3, NULL, moved);
	is_num(ocs_promises_base(p, &net, NULL, 0, NOW + 7, NULL), 0,
	       "x is back");
	ocs_promises_view(p, &low, NOW + 7, 1150, &net);
	is_num(ocs_link_free(&net.link[2]) / G, 150, "and so is the promise");
	ocs_net_fini(&net);
	ocs_promises_destroy(p);
}

/* Many ends: past the first ones the calendar knows. */
static void test_many(void)
{
	struct ocs_promises *p = ocs_promises_create();
	struct ocs_booking b[100];
	struct ocs_request req = request(400, 50);
	struct ocs_rank r = rank(1, 1);
	struct ocs_plan plan = { 0 };
	struct ocs_net net;
	int64_t when = 0;

	GRAPH(&net, 3, NULL, links);
	for (unsigned int i = 0; i < COUNT(b); i++)
		b[i] = (struct ocs_booking) { 0, 3 * G, 1, 1100 + i };
	is_num(ocs_promises_base(p, &net, b, COUNT(b), NOW, NULL), 0,
	       "300G in a hundred bookings");
	is_num(ocs_promises_earliest(p, &r, NOW, 60, pair, 2, &req, &when,
				     &plan, NULL), 0, "all of x");
	is_num(when, 1199, "when the last one has ended");
	is_num(plan.granted_bps / G, 400, "at its rate");
	ocs_net_fini(&net);
	ocs_promises_destroy(p);
}

/* ---- maintenance ---- */

/* x takes nothing in [1050, 1150) and [1300, 1400), y nothing in [1350, 1500). */
static const struct ocs_booking shut[] = {
	{ 0, 0, 1050, 1150 }, { 1, 0, 1350, 1500 }, { 0, 0, 1300, 1400 },
	{ 0, 0, 200000, 300000 },
	{ 9, 0, 1, 2000 },	/* no such link */
};

static const struct {
	const char *what;
	unsigned int gbps;
	uint64_t latency_us;
	int64_t from_s, duration_s, when_s;
	const char *reason;
} in_windows[] = {
	{ "it ends before the window", 100, 50, NOW, 50, NOW, NULL },
	{ "it would end in it", 100, 50, NOW, 51, 1150,
	  "OpticalLinkDrained(x)" },
	{ "so it takes the other way", 100, 0, NOW, 51, NOW, NULL },
	{ "from within it on", 100, 50, 1100, 10, 1150,
	  "OpticalLinkDrained(x)" },
	{ "between the two there is not enough time", 100, 50, NOW, 151, 1400,
	  "OpticalLinkDrained(x)" },
	{ "what is booked ends within it: its end counts", 300, 50, NOW, 50,
	  1150, "OpticalLink(x,need=300G,free=100G)" },
	/* 300G of y are free, of x from 1100 on; both ways shut until 1400 */
	{ "both ways are shut", 300, 0, 1360, 10, 1400,
	  "OpticalLinkDrained(x)" },
	/* a day at a time: all but the last of x are within that */
	{ "without end", 100, 50, NOW, OPEN, 1400, "OpticalLinkDrained(x)" },
};

static void test_windows(void)
{
	struct ocs_promises *p = fresh();
	struct ocs_rank r = rank(1, 1);
	struct ocs_plan plan;
	struct ocs_net net;
	int64_t longest;

	is_num(ocs_promises_windows(p, shut, COUNT(shut)), 0, "windows");
	for (size_t i = 0; i < COUNT(in_windows); i++) {
		struct ocs_request req = request(in_windows[i].gbps,
						 in_windows[i].latency_us);
		struct ocs_error err = { 0 };
		int64_t when = 0;

		ocs_promises_earliest(p, &r, in_windows[i].from_s,
				      in_windows[i].duration_s, pair, 2, &req,
				      &when, &plan, &err);
		is_num(when, in_windows[i].when_s, "windows: %s",
		       in_windows[i].what);
		is_str(err.reason, in_windows[i].reason ?
		       in_windows[i].reason : "", "its reason");
	}
	GRAPH(&net, 3, NULL, links);
	ocs_promises_view(p, &r, NOW, 1060, &net);
	ok(net.link[0].drained && !net.link[1].drained, "a view has them");
	ocs_promises_view(p, &r, NOW, 1050, &net);
	ok(!net.link[0].drained, "and an earlier one has not");
	ocs_promises_view(p, &r, 1500, OPEN, &net);
	ok(!net.link[0].drained && !net.link[1].drained, "nor a later one");
	{
		struct ocs_request req = request(100, 50);

		longest = ocs_promises_longest(p, &r, NOW, pair, 2, &req);
	}
	is_num(longest, 50, "the longest that ends before one begins");
	is_num(ocs_promises_base(p, &net, NULL, 0, NOW, NULL), 0,
	       "another network");
	ocs_promises_view(p, &r, NOW, 1060, &net);
	ok(!net.link[0].drained, "has no windows until they are told");
	ocs_net_fini(&net);
	ocs_promises_destroy(p);
}

/* ---- ports and wavelengths ---- */

/* One wide link and one whose two wavelengths are told apart; site 0 has ports
 * of 400G, which come in another order when TURNED. */
static struct ocs_promises *with_ports(struct ocs_net *net, bool turned,
				       struct ocs_promises *p)
{
	static const struct line wide[] = {
		{ "w", 0, 1, 4000, 0, 0, 10, false, false },
		{ "o", 1, 2, 800, 0, 0, 10, false, false },
	};

	GRAPH(net, 3, NULL, wide);
	net->nports = 2;
	net->port = calloc(2, sizeof(*net->port));
	for (unsigned int i = 0; i < 2; i++) {
		sprintf(net->port[i].name, "p%u", turned ? 1 - i : i);
		net->port[i].rate_bps = 400 * G;
		net->port[i].drained = net->port[i].name[1] == '1';
	}
	net->link[1].grain = OCS_GRAIN_ODU;
	net->link[1].wave_bps = 400 * G;
	net->link[1].granule_bps = 5 * G;
	if (ocs_net_index(net) < 0 || net->link[1].nwaves != 2)
		return NULL;
	if (!p)
		p = ocs_promises_create();
	return ocs_promises_base(p, net, NULL, 0, NOW, NULL) < 0 ? NULL : p;
}

static int64_t starts(struct ocs_promises *p, const struct ocs_rank *r,
		      const unsigned int *site, unsigned int gbps,
		      bool put, struct ocs_error *err)
{
	struct ocs_request req = request(gbps, 0);
	static struct ocs_plan plan;
	int64_t when = 0;

	if (ocs_promises_earliest(p, r, put ? 1100 : NOW, 150, site, 2, &req,
				  &when, &plan, err) < 0)
		return 0;
	if (put)
		ocs_promises_put(p, r, when, when + 150, &plan, NOW + 900);
	return when;
}

static void test_ports(void)
{
	static const unsigned int at_ports[] = { 0, 1 }, at_odu[] = { 1, 2 };
	struct ocs_rank high = rank(9, 7), also = rank(8, 6), low = rank(5, 3);
	struct ocs_error err = { 0 };
	struct ocs_promises *p;
	struct ocs_net net;

	p = with_ports(&net, false, NULL);
	ok(p, "a network with ports and wavelengths");
	ocs_net_fini(&net);
	is_num(starts(p, &high, at_ports, 300, true, NULL), 1100,
	       "300G of the only port, from 1100 on");
	is_num(starts(p, &low, at_ports, 100, false, NULL), NOW,
	       "100G beside them");
	is_num(starts(p, &low, at_ports, 200, false, &err), 1250,
	       "200G would delay them, though the link has room");
	is_str(err.reason, "OpticalPort(p0,need=200G,free=100G)",
	       "the port is in the way");
	p = with_ports(&net, true, p);
	ocs_net_fini(&net);
	is_num(starts(p, &low, at_ports, 200, false, NULL), 1250,
	       "known by its name");

	is_num(starts(p, &high, at_odu, 250, true, NULL), 1100,
	       "250G in one wavelength");
	is_num(starts(p, &also, at_odu, 250, true, NULL), 1100,
	       "and in the other one");
	is_num(starts(p, &low, at_odu, 150, false, NULL), NOW,
	       "150G fit beside one of them");
	is_num(starts(p, &low, at_odu, 200, false, &err), 1250,
	       "200G do not, though the link has 300G left");
	is_str(err.reason, "OpticalLink(o,need=200G,wavelength=none)",
	       "no wavelength has them");
	ocs_promises_destroy(p);
}

static struct ocs_promises *made_p;
static int made_rc;

static void make(void)
{
	struct ocs_rank high = rank(9, 7);
	int64_t when;

	made_rc = -1;
	if ((made_p = fresh()) &&
	    ocs_promises_windows(made_p, shut, COUNT(shut)) == 0)
		made_rc = promise(made_p, &high, 250, &when);
}

static bool whole(void)
{
	bool good = made_rc == 0 || !made_p || !ocs_promises_count(made_p);

	ocs_promises_destroy(made_p);
	return good;
}

static void test_nomem(void)
{
	long made;

	NOMEM_EACH(made, make(), whole());
	is_num(made_rc, 0, "with all %ld allocations", made);
	ocs_promises_destroy(made_p);
}

int main(void)
{
	test_rank();
	test_earliest();
	test_views();
	test_other_links();
	test_many();
	test_windows();
	test_ports();
	test_nomem();
	return tap_done();
}
