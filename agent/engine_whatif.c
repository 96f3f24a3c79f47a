// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_whatif - could it start, what is short, when else, what else
 *
 * The earliest start is the first of the times at which something ends that has
 * room for all circuits together; of many such times only the first are tried,
 * then the answer is the earliest for the routes that are best without any
 * bookings: a start that is possible, though not always the very first.
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/units.h"
#include "common/sys/clock.h"

/* Times that are tried before the answer is the calendar's. */
#define TRIES_MAX 32
#define GBPS UINT64_C(1000000000)

static int check(struct ocs_engine *e, const struct ocs_whatif *w,
		 struct ocs_error *err)
{
	for (unsigned int i = 0; i < w->ncircuits; i++) {
		const struct ocs_circuit *c = &w->circuit[i];

		if (ocs_net_site(&e->net, c->a) < 0 ||
		    ocs_net_site(&e->net, c->z) < 0)
			return ocs_fail(err, OCS_RANGE,
					"circuits[%u]: there is no site '%s'",
					i, ocs_net_site(&e->net, c->a) < 0 ?
					c->a : c->z);
		if (!strcmp(c->a, c->z))
			return ocs_fail(err, OCS_RANGE,
					"circuits[%u] joins %s with itself", i,
					c->a);
	}
	return 0;
}

/* L = the lease that W would be, each circuit of at most MAX_BPS. */
static void lease_of(const struct ocs_whatif *w, uint64_t max_bps,
		     struct ocs_lease *l, struct ocs_circuit *circuit)
{
	memset(l, 0, sizeof(*l));
	l->circuit = circuit;
	l->ncircuits = w->ncircuits;
	for (unsigned int i = 0; i < w->ncircuits; i++) {
		circuit[i] = w->circuit[i];
		circuit[i].granted_bps = circuit[i].requested_bps < max_bps ?
					 circuit[i].requested_bps : max_bps;
	}
}

static int64_t end_of(const struct ocs_whatif *w, int64_t start_s)
{
	if (!w->duration_s || w->duration_s > OCS_TIME_OPEN - start_s)
		return OCS_TIME_OPEN;
	return start_s + w->duration_s;
}

/* Route it at START_S; the routes are in L's circuits. */
static int at(struct ocs_engine *e, const struct ocs_whatif *w,
	      int64_t start_s, int64_t now_s, uint64_t max_bps,
	      struct ocs_circuit *circuit, struct ocs_error *err)
{
	struct ocs_lease l;

	lease_of(w, max_bps, &l, circuit);
	engine_room(e, &l, start_s, end_of(w, start_s), now_s, NULL);
	return engine_route(e, &l, err);
}

static void worst_latency(const struct ocs_whatif *w,
			  const struct ocs_circuit *circuit,
			  struct ocs_whatif_answer *a)
{
	for (unsigned int i = 0; i < w->ncircuits; i++)
		if (circuit[i].latency_us > a->latency_us)
			a->latency_us = circuit[i].latency_us;
}

static int by_time(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* The first times in (FROM_S, UNTIL_S) at which bookings or windows end,
 * sorted; their number. */
static unsigned int ends(struct ocs_engine *e, int64_t from_s, int64_t until_s,
			 int64_t time[TRIES_MAX])
{
	int64_t end;
	unsigned int n = 0;

	for (unsigned int b = 0; b < e->nbuckets + e->nwindows; b++) {
		struct engine_rec *r = b < e->nbuckets ? e->bucket[b] : NULL;

		do {
			end = b >= e->nbuckets ?
				e->window[b - e->nbuckets].w.end_s :
				r && r->books.n ? r->books.b[0].end_s : 0;
			if (r)
				r = r->hash_next;
			if (end <= from_s || end >= until_s ||
			    (n && bsearch(&end, time, n, sizeof(end),
					  by_time)))
				continue;
			if (n == TRIES_MAX && end > time[n - 1])
				continue;
			if (n < TRIES_MAX)
				n++;
			time[n - 1] = end;
			qsort(time, n, sizeof(end), by_time);
		} while (r);
	}
	return n;
}

/* The earliest start over the routes that an empty network would give; -1:
 * never. */
static int64_t by_calendar(struct ocs_engine *e, const struct ocs_whatif *w,
			   int64_t from_s, struct ocs_circuit *circuit)
{
	struct ocs_booking *need;
	struct ocs_lease l;
	unsigned int n = 0;
	int64_t when = -1;

	need = calloc(OCS_CIRCUITS_MAX * OCS_HOPS_MAX, sizeof(*need));
	if (!need)
		return -1;
	lease_of(w, UINT64_MAX, &l, circuit);
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		e->scratch.link[i].booked_bps = 0;
		e->scratch.link[i].down = false;
		e->scratch.link[i].drained = e->net.link[i].drained;
	}
	if (engine_route(e, &l, NULL) == 0) {
		for (unsigned int i = 0; i < l.ncircuits; i++) {
			for (unsigned int j = 0; j < circuit[i].nhops; j++) {
				int k = engine_link(e, circuit[i].hop[j]);

				need[n].link = (unsigned int) k;
				need[n++].bps =
					ocs_link_consumed(&e->net.link[k],
							  circuit[i].granted_bps);
			}
		}
		if (ocs_calendar_earliest(e->cal, need, n, from_s,
					  w->duration_s ? w->duration_s :
					  OCS_TIME_OPEN, &when, NULL) < 0)
			when = -1;
	}
	free(need);
	return when;
}

static int64_t earliest(struct ocs_engine *e, const struct ocs_whatif *w,
			int64_t start_s, int64_t now_s,
			struct ocs_circuit *circuit)
{
	int64_t sure = by_calendar(e, w, start_s + 1, circuit);
	int64_t time[TRIES_MAX];
	unsigned int n = ends(e, start_s, sure < 0 ? OCS_TIME_OPEN : sure,
			      time);

	for (unsigned int i = 0; i < n; i++)
		if (at(e, w, time[i], now_s, UINT64_MAX, circuit, NULL) == 0)
			return time[i];
	return sure > 0 && at(e, w, sure, now_s, UINT64_MAX, circuit,
			      NULL) == 0 ? sure : 0;
}

/* The largest whole Gb/s that all circuits could have at START_S. */
static uint64_t largest(struct ocs_engine *e, const struct ocs_whatif *w,
			int64_t start_s, int64_t now_s,
			struct ocs_circuit *circuit)
{
	uint64_t low = 0, high = 0, mid;

	for (unsigned int i = 0; i < w->ncircuits; i++)
		if (w->circuit[i].requested_bps / GBPS > high)
			high = w->circuit[i].requested_bps / GBPS;
	while (low < high) {
		mid = low + (high - low + 1) / 2;
		if (at(e, w, start_s, now_s, mid * GBPS, circuit, NULL) == 0)
			low = mid;
		else
			high = mid - 1;
	}
	return low * GBPS;
}

/* Links are not for everybody: the pair that is short instead. */
static void veil(const struct ocs_whatif *w, struct ocs_whatif_answer *a)
{
	const char *open = strchr(a->reason, '(');
	int kind = open ? (int) (open - a->reason) : 0;
	char reason[sizeof(a->reason)];

	snprintf(reason, sizeof(reason), "%.*s(%.40s-%.40s)",
		 kind ? kind : 11, kind ? a->reason : "OpticalLink",
		 w->circuit[0].a, w->circuit[0].z);
	memcpy(a->reason, reason, sizeof(reason));
	snprintf(a->detail, sizeof(a->detail),
		 "there is no room between these sites");
}

static void advise(const struct ocs_whatif *w, int64_t start_s,
		   struct ocs_whatif_answer *a)
{
	char rate[OCS_RATE_TEXT_MAX];

	if (a->rate_bps)
		snprintf(a->change, sizeof(a->change),
			 "ask for %s%s", ocs_rate_format(a->rate_bps, rate),
			 w->start_s ? " at that time" : " to start now");
	else if (a->when_s)
		snprintf(a->change, sizeof(a->change),
			 "start %" PRId64 " s later", a->when_s - start_s);
	else
		snprintf(a->change, sizeof(a->change),
			 "choose other sites, less bandwidth or a longer latency");
}

int ocs_engine_whatif(struct ocs_engine *e, const struct ocs_whatif *want,
		      bool links, struct ocs_whatif_answer *a,
		      struct ocs_error *err)
{
	struct ocs_circuit *circuit = calloc(OCS_CIRCUITS_MAX,
					     sizeof(*circuit));
	struct ocs_error why = { 0 };
	int64_t now_s = ocs_clock_unix_ms() / 1000, start_s;
	int rc;

	memset(a, 0, sizeof(*a));
	if (!circuit)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	start_s = want->start_s > now_s ? want->start_s : now_s;
	pthread_mutex_lock(&e->lock);
	rc = check(e, want, err);
	if (rc == 0 && at(e, want, start_s, now_s, UINT64_MAX, circuit,
			  &why) == 0) {
		a->possible = true;
		a->when_s = start_s;
		worst_latency(want, circuit, a);
		a->rate_bps = UINT64_MAX;
		for (unsigned int i = 0; i < want->ncircuits; i++)
			if (want->circuit[i].requested_bps < a->rate_bps)
				a->rate_bps = want->circuit[i].requested_bps;
	} else if (rc == 0 && why.code == OCS_NOMEM) {
		rc = ocs_fail(err, OCS_NOMEM, "out of memory");
	} else if (rc == 0) {
		snprintf(a->reason, sizeof(a->reason), "%s", why.reason);
		snprintf(a->detail, sizeof(a->detail), "%.250s", why.text);
		a->when_s = earliest(e, want, start_s, now_s, circuit);
		a->rate_bps = largest(e, want, start_s, now_s, circuit);
		if (!links)
			veil(want, a);
		advise(want, start_s, a);
	}
	pthread_mutex_unlock(&e->lock);
	free(circuit);
	return rc;
}
