// SPDX-License-Identifier: GPL-2.0-or-later
/* calendar.c and steps.c: by table, against every second, without memory */
#include "common/core/calendar.h"

#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"
#include "tests/unit/graph.h"

#define OPEN OCS_TIME_OPEN
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* x 800G, y 400G, z 100G */
static const struct line links[] = {
	{ "x", 0, 1, 800, 0, 0, 1, false, false },
	{ "y", 1, 2, 400, 0, 0, 1, false, false },
	{ "z", 0, 2, 100, 0, 0, 1, false, false },
};
enum { X, Y, Z };

static struct ocs_calendar *fresh(void)
{
	struct ocs_calendar *cal;
	struct ocs_net net;

	GRAPH(&net, 3, NULL, links);
	cal = ocs_calendar_create(&net);
	ocs_net_fini(&net);
	return cal;
}

/* ---- tables ---- */

/* Booked before each row: x 300G in [10,20), x 200G in [20,OPEN), y 100G in
 * [10,30), and z in maintenance in [50,60), 60G of it in [70,80). */
static const struct ocs_booking there[] = {
	{ X, 300 * G, 10, 20 },
	{ X, 200 * G, 20, OPEN },
	{ Y, 100 * G, 10, 30 },
};
static const struct ocs_booking windows[] = {
	{ Z, UINT64_MAX, 50, 60 },
	{ Z, 60 * G, 70, 80 },
};

static struct ocs_calendar *furnished(void)
{
	struct ocs_calendar *cal = fresh();

	ocs_calendar_change(cal, NULL, 0, there, COUNT(there), NULL);
	for (unsigned int i = 0; i < COUNT(windows); i++)
		ocs_calendar_window(cal, NULL, &windows[i], NULL);
	return cal;
}

static const struct change {
	const char *what;
	unsigned int nout, nin;
	struct ocs_booking out[2], in[3];
	enum ocs_code code;
	const char *reason;
} changes[] = {
	{ "nothing at all", 0, 0, {{ 0 }}, {{ 0 }}, OCS_OK, "" },
	{ "what is left", 0, 1, {{ 0 }}, {{ X, 500 * G, 10, 20 }}, OCS_OK,
	  "" },
	{ "a bit more", 0, 1, {{ 0 }}, {{ X, 501 * G, 10, 20 }}, OCS_BUSY,
	  "OpticalLink(x,need=501G,free=500G)" },
	{ "the last second counts", 0, 1, {{ 0 }}, {{ X, 600 * G, 19, 99 }},
	  OCS_BUSY, "OpticalLink(x,need=600G,free=500G)" },
	{ "the second after does not", 0, 1, {{ 0 }},
	  {{ X, 600 * G, 20, 99 }}, OCS_OK, "" },
	{ "before it", 0, 1, {{ 0 }}, {{ X, 800 * G, 0, 10 }}, OCS_OK, "" },
	{ "for ever", 0, 1, {{ 0 }}, {{ X, 600 * G, 1000, OPEN }}, OCS_OK,
	  "" },
	{ "for ever, too much", 0, 1, {{ 0 }}, {{ X, 601 * G, 1000, OPEN }},
	  OCS_BUSY, "OpticalLink(x,need=601G,free=600G)" },
	{ "more than the link has", 0, 1, {{ 0 }}, {{ Y, 401 * G, 40, 50 }},
	  OCS_BUSY, "OpticalLink(y,need=401G,free=400G)" },
	{ "two on one link add up", 0, 2, {{ 0 }},
	  {{ Y, 200 * G, 10, 30 }, { Y, 101 * G, 20, 40 }}, OCS_BUSY,
	  "OpticalLink(y,need=301G,free=300G)" },
	{ "two that just touch", 0, 2, {{ 0 }},
	  {{ Y, 300 * G, 10, 20 }, { Y, 300 * G, 20, 30 }}, OCS_OK, "" },
	{ "all links or none", 0, 3, {{ 0 }},
	  {{ X, 100 * G, 10, 20 }, { Z, 100 * G, 10, 20 },
	   { Y, 301 * G, 10, 20 }}, OCS_BUSY,
	  "OpticalLink(y,need=301G,free=300G)" },
	{ "release", 2, 0, {{ X, 300 * G, 10, 20 }, { Y, 100 * G, 10, 30 }},
	  {{ 0 }}, OCS_OK, "" },
	{ "extend", 1, 1, {{ Y, 100 * G, 10, 30 }}, {{ Y, 100 * G, 10, 90 }},
	  OCS_OK, "" },
	{ "shorten", 1, 1, {{ Y, 100 * G, 10, 30 }}, {{ Y, 100 * G, 10, 11 }},
	  OCS_OK, "" },
	{ "widen to all there is", 1, 1, {{ X, 300 * G, 10, 20 }},
	  {{ X, 800 * G, 10, 20 }}, OCS_OK, "" },
	{ "widen too far", 1, 1, {{ X, 300 * G, 10, 20 }},
	  {{ X, 801 * G, 10, 20 }}, OCS_BUSY,
	  "OpticalLink(x,need=501G,free=500G)" },
	{ "widen and extend into another", 1, 1, {{ X, 300 * G, 10, 20 }},
	  {{ X, 700 * G, 10, 30 }}, OCS_BUSY,
	  "OpticalLink(x,need=700G,free=600G)" },
	{ "another route", 1, 1, {{ Y, 100 * G, 10, 30 }},
	  {{ Z, 100 * G, 10, 30 }}, OCS_OK, "" },
	{ "another route that is full", 1, 1, {{ X, 300 * G, 10, 20 }},
	  {{ Y, 301 * G, 10, 20 }}, OCS_BUSY,
	  "OpticalLink(y,need=301G,free=300G)" },
	{ "into maintenance", 0, 1, {{ 0 }}, {{ Z, 1 * G, 40, 51 }}, OCS_BUSY,
	  "OpticalLinkDrained(z)" },
	{ "up to maintenance", 0, 1, {{ 0 }}, {{ Z, 100 * G, 40, 50 }},
	  OCS_OK, "" },
	{ "from its end on", 0, 1, {{ 0 }}, {{ Z, 100 * G, 60, 70 }}, OCS_OK,
	  "" },
	{ "beside a part of a window", 0, 1, {{ 0 }}, {{ Z, 40 * G, 65, 90 }},
	  OCS_OK, "" },
	{ "into a part of a window", 0, 1, {{ 0 }}, {{ Z, 41 * G, 65, 90 }},
	  OCS_BUSY, "OpticalLinkDrained(z)" },
	{ "no such link", 0, 1, {{ 0 }}, {{ 3, 1, 0, 1 }}, OCS_RANGE, "" },
	{ "no time", 0, 1, {{ 0 }}, {{ X, 1, 5, 5 }}, OCS_RANGE, "" },
	{ "backwards", 0, 1, {{ 0 }}, {{ X, 1, 5, 4 }}, OCS_RANGE, "" },
	{ "starts at the end of time", 0, 1, {{ 0 }}, {{ X, 1, OPEN, OPEN }},
	  OCS_RANGE, "" },
	{ "nothing", 0, 1, {{ 0 }}, {{ X, 0, 0, 1 }}, OCS_RANGE, "" },
	{ "more than there is anywhere", 0, 1, {{ 0 }},
	  {{ X, UINT64_MAX, 0, 1 }}, OCS_RANGE, "" },
	{ "more than can be counted", 0, 2, {{ 0 }},
	  {{ X, INT64_MAX / 4, 0, 1 }, { X, INT64_MAX / 4, 1, 2 }}, OCS_RANGE,
	  "" },
	{ "more with what is there", 0, 1, {{ 0 }},
	  {{ X, INT64_MAX / 4, 30, 31 }}, OCS_RANGE, "" },
	{ "give back what is not there", 1, 0, {{ X, 300 * G, 10, 21 }},
	  {{ 0 }}, OCS_INTERNAL, "" },
	{ "give back more than is there", 1, 0, {{ X, 501 * G, 10, 20 }},
	  {{ 0 }}, OCS_INTERNAL, "" },
	{ "give back twice", 2, 0,
	  {{ Y, 50 * G, 10, 30 }, { Y, 50 * G, 10, 30 }}, {{ 0 }},
	  OCS_INTERNAL, "" },
	{ "give back on no link", 1, 0, {{ 9, 300 * G, 10, 20 }}, {{ 0 }},
	  OCS_RANGE, "" },
	{ "a good one out, a bad one in", 1, 1, {{ X, 300 * G, 10, 20 }},
	  {{ X, 1, 2, 2 }}, OCS_RANGE, "" },
};

/* All that can be asked of CAL, as a sum: changes of it are seen. */
static uint64_t print(const struct ocs_calendar *cal)
{
	uint64_t h = 14695981039346656037u;

	for (unsigned int l = 0; l < COUNT(links); l++)
		for (int64_t t = 0; t < 100; t++) {
			h = (h ^ ocs_calendar_free(cal, l, t, t + 1)) *
			    1099511628211u;
			h = (h ^ ocs_calendar_booked(cal, l, t, OPEN)) *
			    1099511628211u;
		}
	return h;
}

static void test_changes(void)
{
	for (unsigned int i = 0; i < COUNT(changes); i++) {
		const struct change *c = &changes[i];
		struct ocs_calendar *cal = furnished();
		struct ocs_error err = { 0 };
		uint64_t before = print(cal);
		int rc = ocs_calendar_check(cal, c->out, c->nout, c->in,
					    c->nin, &err);

		ok(rc == (c->code == OCS_OK ? 0 : -1) && err.code == c->code &&
		   !strcmp(err.reason, c->reason) && print(cal) == before,
		   "%s: so it would be", c->what);
		rc = ocs_calendar_change(cal, c->out, c->nout, c->in, c->nin,
					 &err);

		is_num(err.code, c->code, "%s: %s", c->what,
		       ocs_code_name(c->code));
		is_str(err.reason, c->reason, "%s: reason", c->what);
		if (c->code != OCS_OK)
			ok(rc == -1 && err.text[0] && print(cal) == before,
			   "%s: says why, has no effect", c->what);
		else
			ok(!rc && !ocs_calendar_change(cal, c->in, c->nin,
						       c->out, c->nout, NULL) &&
			   print(cal) == before, "%s: and back", c->what);
		ocs_calendar_destroy(cal);
	}
}

static void test_less_is_possible(void)
{
	struct ocs_booking full = { Y, 900 * G, 0, 100 };
	struct ocs_booking less = { Y, 800 * G, 0, 100 };
	struct ocs_booking shorter = { Y, 800 * G, 0, 50 };
	struct ocs_booking longer = { Y, 800 * G, 0, 51 };
	struct ocs_booking all = { Y, UINT64_MAX, 0, OPEN };
	struct ocs_booking most = { X, INT64_MAX / 4, 0, 9 };
	struct ocs_calendar *cal = fresh();
	struct ocs_error err;

	ok(!ocs_calendar_force(cal, NULL, 0, &full, 1, &err),
	   "a ledger may know of more than a link has");
	is_num(ocs_calendar_free(cal, Y, 0, 1), 0, "then nothing is free");
	is_num(ocs_calendar_booked(cal, Y, 0, 1), 900 * G, "it is booked");
	ok(!ocs_calendar_window(cal, NULL, &all, &err), "drained as well");
	ok(!ocs_calendar_change(cal, &full, 1, &less, 1, &err), "narrower");
	ok(!ocs_calendar_change(cal, &less, 1, &shorter, 1, &err), "shorter");
	ok(ocs_calendar_change(cal, &shorter, 1, &longer, 1, &err) < 0 &&
	   err.code == OCS_BUSY, "but not longer again");
	ok(!ocs_calendar_change(cal, &shorter, 1, NULL, 0, &err), "gone");
	ok(!ocs_calendar_window(cal, &all, NULL, &err), "drained no more");
	is_num(ocs_calendar_free(cal, Y, 0, OPEN), 400 * G, "all is free");
	ok(ocs_calendar_window(cal, &all, NULL, &err) < 0 &&
	   err.code == OCS_INTERNAL, "a window ends once");
	ok(!ocs_calendar_force(cal, NULL, 0, &most, 1, &err) &&
	   !ocs_calendar_force(cal, &most, 1, &most, 1, &err) &&
	   !ocs_calendar_force(cal, &most, 1, NULL, 0, &err) &&
	   !ocs_calendar_force(cal, NULL, 0, &most, 1, &err),
	   "what was given back counts no more");
	ocs_calendar_destroy(cal);
	ocs_calendar_destroy(NULL);
}

static void test_asking(void)
{
	struct ocs_calendar *cal = furnished();
	struct ocs_net net;

	is_num(ocs_calendar_free(cal, X, 0, 10), 800 * G, "before");
	is_num(ocs_calendar_free(cal, X, 0, 11), 500 * G, "its first second");
	is_num(ocs_calendar_free(cal, X, 15, 500), 500 * G, "the least of it");
	is_num(ocs_calendar_free(cal, X, 20, OPEN), 600 * G, "to the end");
	is_num(ocs_calendar_free(cal, Z, 0, OPEN), 0, "over maintenance");
	is_num(ocs_calendar_free(cal, Z, 70, 71), 40 * G, "over a part");
	is_num(ocs_calendar_free(cal, 3, 0, 1), 0, "no such link");
	is_num(ocs_calendar_free(cal, X, 9, 9), 0, "no time");
	is_num(ocs_calendar_booked(cal, X, 0, OPEN), 300 * G, "most booked");
	is_num(ocs_calendar_booked(cal, Z, 0, OPEN), 0,
	       "maintenance is no booking");
	is_num(ocs_calendar_booked(cal, 3, 0, 1), 0, "no such link");

	GRAPH(&net, 3, NULL, links);
	ocs_calendar_show(cal, 5, 55, &net);
	ok(ocs_link_free(&net.link[X]) == 500 * G &&
	   ocs_link_free(&net.link[Y]) == 300 * G &&
	   ocs_link_free(&net.link[Z]) == 0, "a net of that time");
	ocs_net_fini(&net);
	ocs_calendar_destroy(cal);
}

static const struct early {
	const char *what;
	unsigned int n;
	struct ocs_booking need[3];
	int64_t from, duration;
	enum ocs_code code;
	int64_t when;
	const char *reason;
} earlies[] = {
	{ "nothing", 0, {{ 0 }}, 7, 1, OCS_OK, 7, "" },
	{ "at once", 1, {{ X, 500 * G, 0, 0 }}, 0, 100, OCS_OK, 0, "" },
	{ "in the gap before", 1, {{ X, 600 * G, 0, 0 }}, 0, 10, OCS_OK, 0,
	  "" },
	{ "the gap is too short", 1, {{ X, 600 * G, 0, 0 }}, 0, 11, OCS_OK,
	  20, "" },
	{ "the gap is half over", 1, {{ X, 600 * G, 0, 0 }}, 1, 10, OCS_OK,
	  20, "" },
	{ "for ever", 1, {{ X, 600 * G, 0, 0 }}, 0, OPEN, OCS_OK, 20, "" },
	{ "never", 1, {{ X, 601 * G, 0, 0 }}, 5, 10, OCS_BUSY, 0,
	  "OpticalLink(x,need=601G,free=600G)" },
	{ "more than it has", 1, {{ X, 801 * G, 0, 0 }}, 0, 1, OCS_RANGE, 0,
	  "OpticalLink(x,need=801G,max=800G)" },
	{ "together more than it has", 2,
	  {{ X, 500 * G, 0, 0 }, { X, 301 * G, 0, 0 }}, 0, 1, OCS_RANGE, 0,
	  "OpticalLink(x,need=801G,max=800G)" },
	{ "the later of two links", 2,
	  {{ X, 600 * G, 0, 0 }, { Y, 301 * G, 0, 0 }}, 5, 6, OCS_OK, 30,
	  "" },
	{ "round each window", 2, {{ Y, 400 * G, 0, 0 }, { Z, 50 * G, 0, 0 }},
	  10, 21, OCS_OK, 80, "" },
	{ "between windows", 2, {{ Y, 400 * G, 0, 0 }, { Z, 50 * G, 0, 0 }},
	  45, 10, OCS_OK, 60, "" },
	{ "beside a part", 1, {{ Z, 40 * G, 0, 0 }}, 45, OPEN, OCS_OK, 60,
	  "" },
	{ "a link twice", 2, {{ Z, 50 * G, 0, 0 }, { Z, 50 * G, 0, 0 }}, 41,
	  10, OCS_OK, 60, "" },
	{ "no link", 1, {{ 3, 1, 0, 0 }}, 0, 1, OCS_RANGE, 0, "" },
	{ "no amount", 1, {{ X, 0, 0, 0 }}, 0, 1, OCS_RANGE, 0, "" },
	{ "no duration", 1, {{ X, 1, 0, 0 }}, 0, 0, OCS_RANGE, 0, "" },
};

static void test_earliest(void)
{
	struct ocs_calendar *cal = furnished();

	for (unsigned int i = 0; i < COUNT(earlies); i++) {
		const struct early *e = &earlies[i];
		struct ocs_error err = { 0 };
		int64_t when = -9;
		int rc = ocs_calendar_earliest(cal, e->need, e->n, e->from,
					       e->duration, &when, &err);

		is_num(err.code, e->code, "earliest %s: %s", e->what,
		       ocs_code_name(e->code));
		is_num(when, rc ? -9 : e->when, "earliest %s: when", e->what);
		is_str(err.reason, e->reason, "earliest %s: reason", e->what);
	}
	ocs_calendar_destroy(cal);
}

/* ---- against every second ---- */

#define SECONDS 64
#define KEPT_MAX 40

/* What is booked and taken away at each second; the last stands for all after
 * it. */
static struct {
	int64_t booked[COUNT(links)][SECONDS + 1];
	int64_t away[COUNT(links)][SECONDS + 1];
} naive;
static const int64_t capacity[] = { 800, 400, 100 };	/* G */

static void naive_add(int64_t row[SECONDS + 1], const struct ocs_booking *b,
		      int sign)
{
	for (int64_t t = b->start_s; t <= SECONDS && t < b->end_s; t++)
		row[t] += sign * (int64_t) (b->bps / G);
}

/* The one check that matters: nowhere more than before and too much. */
static bool naive_may(const struct ocs_booking *out, unsigned int nout,
		      const struct ocs_booking *in, unsigned int nin)
{
	for (unsigned int l = 0; l < COUNT(links); l++) {
		int64_t more[SECONDS + 1] = { 0 };

		for (unsigned int i = 0; i < nout; i++)
			if (out[i].link == l)
				naive_add(more, &out[i], -1);
		for (unsigned int i = 0; i < nin; i++)
			if (in[i].link == l)
				naive_add(more, &in[i], 1);
		for (unsigned int t = 0; t <= SECONDS; t++)
			if (more[t] > 0 &&
			    more[t] + naive.booked[l][t] + naive.away[l][t] >
			    capacity[l])
				return false;
	}
	return true;
}

static int64_t naive_free(unsigned int l, int64_t from, int64_t to)
{
	int64_t left = INT64_MAX;

	for (int64_t t = from; t <= SECONDS && t < to; t++) {
		int64_t f = capacity[l] - naive.booked[l][t] -
			    naive.away[l][t];

		if (f < left)
			left = f;
	}
	return left > 0 ? left : 0;
}

static int64_t naive_booked(unsigned int l, int64_t from, int64_t to)
{
	int64_t most = 0;

	for (int64_t t = from; t <= SECONDS && t < to; t++)
		if (naive.booked[l][t] > most)
			most = naive.booked[l][t];
	return most;
}

static void random_times(int64_t *start, int64_t *end)
{
	*start = dice(SECONDS);
	*end = dice(4) ? *start + 1 + dice((unsigned int) (SECONDS - *start)) :
			 OPEN;
}

static void random_booking(struct ocs_booking *b)
{
	b->link = dice(COUNT(links));
	b->bps = (1 + dice((unsigned int) capacity[b->link] / 2)) * G;
	random_times(&b->start_s, &b->end_s);
}

static bool same_everywhere(const struct ocs_calendar *cal)
{
	for (unsigned int l = 0; l < COUNT(links); l++)
		for (int64_t t = 0; t < SECONDS; t++)
			if (ocs_calendar_free(cal, l, t, t + 1) !=
			    (uint64_t) naive_free(l, t, t + 1) * G ||
			    ocs_calendar_booked(cal, l, t, t + 1) !=
			    (uint64_t) naive_booked(l, t, t + 1) * G)
				return false;
	return true;
}

static bool same_intervals(const struct ocs_calendar *cal)
{
	for (unsigned int i = 0; i < 5; i++) {
		unsigned int l = dice(COUNT(links));
		int64_t start, end;

		random_times(&start, &end);
		if (ocs_calendar_free(cal, l, start, end) !=
		    (uint64_t) naive_free(l, start, end) * G ||
		    ocs_calendar_booked(cal, l, start, end) !=
		    (uint64_t) naive_booked(l, start, end) * G)
			return false;
	}
	return true;
}

/* One booking at one second: room over all of DURATION on all of NEED. */
static bool naive_fits(const struct ocs_booking *need, unsigned int n,
		       int64_t at, int64_t duration)
{
	int64_t end = duration == OPEN ? OPEN : at + duration;

	for (unsigned int l = 0; l < COUNT(links); l++) {
		int64_t sum = 0;

		for (unsigned int i = 0; i < n; i++)
			if (need[i].link == l)
				sum += (int64_t) (need[i].bps / G);
		if (sum && sum > naive_free(l, at, end))
			return false;
	}
	return true;
}

static bool same_earliest(const struct ocs_calendar *cal, unsigned int *hits)
{
	struct ocs_booking need[3];
	unsigned int n = 1 + dice(3);
	int64_t from = dice(SECONDS), when = -9, at = from;
	int64_t duration = dice(4) ? 1 + dice(20) : OPEN;
	int rc;

	for (unsigned int i = 0; i < n; i++)
		random_booking(&need[i]);
	while (at <= SECONDS && !naive_fits(need, n, at, duration))
		at++;
	rc = ocs_calendar_earliest(cal, need, n, from, duration, &when, NULL);
	hits[at > SECONDS ? 0 : at == from ? 1 : 2]++;
	return at > SECONDS ? rc == -1 && when == -9 : !rc && when == at;
}

struct kept {
	unsigned int n;
	struct ocs_booking b[KEPT_MAX][3];
	unsigned int nb[KEPT_MAX];
};

static void naive_change(const struct ocs_booking *b, unsigned int n, int sign)
{
	for (unsigned int i = 0; i < n; i++)
		naive_add(naive.booked[b[i].link], &b[i], sign);
}

/* What is free without IN, which is booked. */
static bool without_ok(struct ocs_calendar *cal, const struct ocs_booking *in,
		       unsigned int nin)
{
	unsigned int link = dice(COUNT(links));
	uint64_t said, is;
	int64_t start, end;

	random_times(&start, &end);
	if (ocs_calendar_always_free(cal, link) >
	    ocs_calendar_free(cal, link, start, end) && start < end)
		return false;
	said = ocs_calendar_free_without(cal, in, nin, link, start, end);
	ocs_calendar_give_back(cal, in, nin);
	is = ocs_calendar_free(cal, link, start, end);
	return !ocs_calendar_force(cal, NULL, 0, in, nin, NULL) && said == is;
}

/* Hold, release or modify one of KEPT. */
static bool random_change(struct ocs_calendar *cal, struct kept *k,
			  unsigned int *took, unsigned int *refused)
{
	bool add = !k->n || (k->n < KEPT_MAX && dice(3) == 0);
	unsigned int at = add ? k->n : dice(k->n);
	struct ocs_booking in[3], *out = k->b[at];
	unsigned int nout = add ? 0 : k->nb[at];
	unsigned int nin = add || dice(3) ? 1 + dice(3) : 0;
	bool force = dice(20) == 0, may;
	struct ocs_error err = { 0 };

	for (unsigned int i = 0; i < nin; i++) {
		random_booking(&in[i]);
		if (i < nout && dice(2)) {	/* only its end or its rate */
			uint64_t bps = in[i].bps;

			in[i] = out[i];
			if (dice(2))
				random_times(&in[i].start_s, &in[i].end_s);
			else if (bps <= (uint64_t) capacity[in[i].link] * G)
				in[i].bps = bps;
		}
	}
	may = force || naive_may(out, nout, in, nin);
	if (!force && may != !ocs_calendar_check(cal, out, nout, in, nin,
						 NULL))
		return false;
	if (nout && !nin && dice(2))
		ocs_calendar_give_back(cal, out, nout);
	else if ((force ? ocs_calendar_force : ocs_calendar_change)
	    (cal, out, nout, in, nin, &err) < 0) {
		++*refused;
		return !may && err.code == OCS_BUSY && err.reason[0];
	}
	++*took;
	naive_change(out, nout, -1);
	naive_change(in, nin, 1);
	if (nin && !without_ok(cal, in, nin))
		return false;
	if (nin) {
		memcpy(k->b[at], in, sizeof(in));
		k->nb[at] = nin;
		k->n += add;
	} else if (!add) {
		k->n--;
		memcpy(k->b[at], k->b[k->n], sizeof(in));
		k->nb[at] = k->nb[k->n];
	}
	return may;
}

static bool random_window(struct ocs_calendar *cal, struct ocs_booking *w,
			  bool *on)
{
	if (*on) {
		naive_add(naive.away[w->link], w, -1);
		*on = false;
		return !ocs_calendar_window(cal, w, NULL, NULL);
	}
	random_booking(w);
	naive_add(naive.away[w->link], w, 1);
	*on = true;
	return !ocs_calendar_window(cal, NULL, w, NULL);
}

static void test_random(void)
{
	unsigned int took = 0, refused = 0, hits[3] = { 0 };
	unsigned int changed = 0, asked = 0, early = 0, steps = 0;

	for (unsigned int round = 0; round < 100; round++) {
		struct ocs_calendar *cal = fresh();
		struct ocs_booking w[3];
		bool on[3] = { false };
		struct kept k = { 0 };

		memset(&naive, 0, sizeof(naive));
		for (unsigned int i = 0; i < 200; i++, steps++) {
			unsigned int j = dice(3);

			changed += dice(10) ?
				random_change(cal, &k, &took, &refused) :
				random_window(cal, &w[j], &on[j]);
			asked += same_everywhere(cal) && same_intervals(cal);
			early += same_earliest(cal, hits);
		}
		ocs_calendar_destroy(cal);
	}
	is_num(changed, steps, "each change as second by second");
	is_num(asked, steps, "each answer as second by second");
	is_num(early, steps, "each earliest start as second by second");
	ok(took > 1000 && refused > 1000, "%u were taken, %u refused", took,
	   refused);
	ok(hits[0] > 1000 && hits[1] > 1000 && hits[2] > 1000,
	   "earliest: %u never, %u at once, %u later", hits[0], hits[1],
	   hits[2]);
}

/* The order in which bookings come must not show. */
static void test_order(void)
{
	enum { N = 500 };
	struct ocs_calendar *one = fresh(), *two = fresh();
	static struct ocs_booking b[N];
	bool right = true;

	for (unsigned int i = 0; i < N; i++) {
		random_booking(&b[i]);
		ocs_calendar_force(one, NULL, 0, &b[i], 1, NULL);
	}
	ocs_calendar_force(two, NULL, 0, b, N, NULL);
	ok(print(one) == print(two), "one by one is as all at once");
	for (unsigned int i = N; i-- > 0;)
		right = !ocs_calendar_force(one, &b[i], 1, NULL, 0, NULL) &&
			right;
	ok(right && !ocs_calendar_booked(one, X, INT64_MIN, OPEN),
	   "and all of it can be given back");
	ok(!ocs_calendar_force(two, b, N, NULL, 0, NULL) &&
	   print(two) == print(one), "at once too");
	ocs_calendar_destroy(one);
	ocs_calendar_destroy(two);
}

/* ---- without memory ---- */

static void test_nomem(void)
{
	struct ocs_booking in[] = {
		{ X, 100 * G, 11, 12 }, { Y, 100 * G, 13, 14 },
	};
	struct ocs_calendar *cal = furnished(), *none = NULL;
	uint64_t before = print(cal);
	struct ocs_error err;
	struct ocs_net net;
	int64_t when = -9;
	int rc = 0;
	long made;

	GRAPH(&net, 3, NULL, links);
	NOMEM_EACH(made, none = ocs_calendar_create(&net), !none);
	is_num(made, 3, "create: 3 allocations");
	ocs_calendar_destroy(none);
	ocs_net_fini(&net);
	NOMEM_EACH(made, rc = ocs_calendar_change(cal, there, 2, in, 2, &err),
		   rc == -1 && err.code == OCS_NOMEM && print(cal) == before);
	is_num(made, 5, "change: 5 allocations");
	ok(!rc && print(cal) != before, "and then it is done");
	ocs_calendar_change(cal, in, 2, there, 2, NULL);
	NOMEM_EACH(made, rc = ocs_calendar_change(cal, there, 2, NULL, 0,
						  &err),
		   rc == -1 && err.code == OCS_NOMEM && print(cal) == before);
	is_num(made, 1, "release: 1 allocation");
	NOMEM_EACH(made, rc = ocs_calendar_earliest(cal, in, 2, 0, 1, &when,
						    &err),
		   rc == -1 && err.code == OCS_NOMEM && when == -9);
	is_num(made, 1, "earliest: 1 allocation");
	ocs_calendar_destroy(cal);
}

int main(void)
{
	test_changes();
	test_less_is_possible();
	test_asking();
	test_earliest();
	test_random();
	test_order();
	test_nomem();
	return tap_done();
}
