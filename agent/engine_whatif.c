// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_whatif - could it start, what is short, when else, what else
 *
 * "Could it" is what a hold answers at that moment, by the same functions: room
 * with the agent's grace, routes, the operators' say, VLANs; "what it waits for"
 * is what the commit would be kept back by.
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

#include "common/core/books.h"
#include "common/core/units.h"
#include "common/sys/clock.h"

/* Times that are tried before the answer is the calendar's. */
#define TRIES_MAX 32
#define GBPS UINT64_C(1000000000)

/* The lease that W would be, each circuit of at most MAX_BPS, if it were held
 * at START_S. */
static void lease_of(const struct ocs_engine *e, const struct ocs_whatif *w,
		     int64_t start_s, uint64_t max_bps, struct ocs_lease *l,
		     struct ocs_circuit *circuit)
{
	memset(l, 0, sizeof(*l));
	l->circuit = circuit;
	l->ncircuits = w->ncircuits;
	l->start_s = start_s;
	if (w->duration_s && w->duration_s < OCS_TIME_OPEN - start_s -
					     (int64_t) e->conf->grace_s)
		l->end_s = start_s + w->duration_s;
	for (unsigned int i = 0; i < w->ncircuits; i++) {
		circuit[i] = w->circuit[i];
		circuit[i].granted_bps = circuit[i].requested_bps < max_bps ?
					 circuit[i].requested_bps : max_bps;
	}
}

static int add_site(struct ocs_engine *e, const char *name,
		    struct ocs_lease *l, struct ocs_error *err)
{
	int site = ocs_net_site(&e->net, name);

	if (site < 0 || e->net.site[site].external)
		return 0;
	for (unsigned int i = 0; i < l->nsites; i++)
		if (!strcmp(l->site[i].name, name))
			return 0;
	if (l->nsites == OCS_SPAN_MAX)
		return ocs_fail(err, OCS_RANGE,
				"circuits: they join more than %d sites",
				OCS_SPAN_MAX);
	memcpy(l->site[l->nsites++].name, name, OCS_NAME_MAX);
	return 0;
}

/* What a hold is refused for whatever is booked. */
static int check(struct ocs_engine *e, const struct ocs_whatif *w,
		 struct ocs_circuit *circuit, struct ocs_error *err)
{
	struct ocs_lease l;

	lease_of(e, w, 0, UINT64_MAX, &l, circuit);
	for (unsigned int i = 0; i < w->ncircuits; i++)
		if (add_site(e, circuit[i].a, &l, err) < 0 ||
		    add_site(e, circuit[i].z, &l, err) < 0)
			return -1;
	return engine_check_circuits(e, &l, err);
}

/*
 * Could it be held for START_S? The routes are in circuit[]. SAY_S: when
 * operators are asked, START_S for a job that waits until then, now for one
 * that asks now. WAITS (may be NULL) is what its set-up would wait for; what is
 * frozen is not thawed by waiting. *AGAIN_S (may be NULL): when operators let
 * more be set up, if it is they who don't.
 */
static int at(struct ocs_engine *e, const struct ocs_whatif *w,
	      int64_t start_s, int64_t now_s, int64_t say_s,
	      struct ocs_circuit *circuit, char *waits, int64_t *again_s,
	      struct ocs_error *err)
{
	bool gated = again_s && (e->gate.rules || e->gate.nfrozen);
	struct ocs_error why = { 0 };
	struct ocs_lease l;
	int rc;

	lease_of(e, w, start_s, UINT64_MAX, &l, circuit);
	/* finding out why takes longer than finding out that */
	rc = engine_place(e, &l, now_s, NULL, say_s,
			  err || gated ? &why : NULL);
	if (rc == 0 && waits && !engine_gate_waits(e, &l, now_s, waits))
		*waits = '\0';
	if (rc < 0 && again_s)
		*again_s = strncmp(why.reason, "OpticalChangeWindow(", 20) ?
			   OCS_TIME_OPEN : engine_gate_opens_s(e, &l, say_s);
	ocs_lease_members_drop(&l);
	if (rc < 0 && err)
		*err = why;
	return rc;
}

/* The same for one that asks now; a VLAN is a lease's from its hold on. */
static int at_once(struct ocs_engine *e, const struct ocs_whatif *w,
		   int64_t start_s, int64_t now_s,
		   struct ocs_circuit *circuit, char *waits,
		   struct ocs_error *err)
{
	struct ocs_lease l = { .ncircuits = w->ncircuits, .circuit = circuit };

	if (at(e, w, start_s, now_s, now_s, circuit, waits, NULL, err) < 0)
		return -1;
	return engine_attach_room(e, &l, err);
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

/* What circuits of L take, as bookings without times; the caller frees. NULL:
 * no memory. */
static struct ocs_booking *needs(const struct ocs_engine *e,
				 const struct ocs_lease *l, unsigned int *n)
{
	struct ocs_use *use = malloc(OCS_USES_MAX * sizeof(*use));
	struct ocs_booking *need;
	size_t max = 0;

	*n = 0;
	for (unsigned int i = 0; i < l->ncircuits; i++)
		max += ocs_circuit_uses_max(l, i);
	need = calloc(max + 1, sizeof(*need));
	for (unsigned int i = 0; use && need && i < l->ncircuits; i++) {
		unsigned int k = ocs_circuit_uses(&e->net, l, i,
						  l->circuit[i].granted_bps,
						  use);

		for (unsigned int j = 0; j < k; j++) {
			need[*n].link = use[j].resource;
			need[(*n)++].bps = use[j].bps;
		}
	}
	if (!use) {
		free(need);
		need = NULL;
	}
	free(use);
	return need;
}

/* The earliest start over the routes that an empty network would give; -1:
 * never. */
static int64_t by_calendar(struct ocs_engine *e, const struct ocs_whatif *w,
			   int64_t from_s, struct ocs_circuit *circuit)
{
	struct ocs_booking *need = NULL;
	struct ocs_lease l;
	unsigned int n = 0;
	int64_t when = -1;

	lease_of(e, w, from_s, UINT64_MAX, &l, circuit);
	ocs_net_idle(&e->scratch);
	for (unsigned int i = 0; i < e->net.nlinks; i++)
		e->scratch.link[i].drained = e->net.link[i].drained;
	for (unsigned int i = 0; i < e->net.nports; i++)
		e->scratch.port[i].drained = e->net.port[i].drained;
	if (engine_route(e, &l, NULL) == 0)
		need = needs(e, &l, &n);
	if (need && ocs_calendar_earliest(e->cal, need, n, from_s,
					  l.end_s ? engine_end_s(e, &l) -
					  from_s : OCS_TIME_OPEN, &when,
					  NULL) < 0)
		when = -1;
	ocs_lease_members_drop(&l);
	free(need);
	return when;
}

/* The first time from T on, before LIMIT_S, at which operators let what has
 * room at T be set up; OCS_TIME_OPEN: none is known. */
static int64_t allowed(struct ocs_engine *e, const struct ocs_whatif *w,
		       int64_t t, int64_t limit_s, int64_t now_s,
		       struct ocs_circuit *circuit)
{
	int64_t again;

	for (int n = 0; n < TRIES_MAX && t < limit_s; n++, t = again)
		if (at(e, w, t, now_s, t, circuit, NULL, &again, NULL) == 0)
			return t;
	return OCS_TIME_OPEN;
}

/* 0: never. CODE is why it is not possible at START_S. */
static int64_t earliest(struct ocs_engine *e, const struct ocs_whatif *w,
			int64_t start_s, int64_t now_s, enum ocs_code code,
			struct ocs_circuit *circuit)
{
	struct ocs_lease l = { .ncircuits = w->ncircuits, .circuit = circuit };
	int64_t time[TRIES_MAX], from, t, best;
	unsigned int n;

	if (code != OCS_BUSY)	/* not even if nothing were booked */
		return 0;
	from = engine_attach_free_s(e, &l);
	if (from == OCS_TIME_OPEN)
		return 0;
	if (from <= start_s)
		from = start_s + 1;
	best = allowed(e, w, from, OCS_TIME_OPEN, now_s, circuit);
	t = by_calendar(e, w, from, circuit);
	if (t > 0 && (t = allowed(e, w, t, best, now_s, circuit)) < best)
		best = t;
	n = ends(e, from, best, time);
	for (unsigned int i = 0; i < n && time[i] < best; i++)
		if ((t = allowed(e, w, time[i], best, now_s, circuit)) < best)
			best = t;
	return best == OCS_TIME_OPEN ? 0 : best;
}

/* The largest whole Gb/s that all circuits could have at START_S. */
static uint64_t largest(struct ocs_engine *e, const struct ocs_whatif *w,
			int64_t start_s, int64_t now_s,
			struct ocs_circuit *circuit)
{
	uint64_t low = 0, high = 0, mid;
	struct ocs_lease l;

	lease_of(e, w, start_s, UINT64_MAX, &l, circuit);
	if (engine_attach_room(e, &l, NULL) < 0)
		return 0;
	engine_place_room(e, &l, now_s, NULL, now_s);
	for (unsigned int i = 0; i < w->ncircuits; i++)
		if (w->circuit[i].requested_bps / GBPS > high)
			high = w->circuit[i].requested_bps / GBPS;
	while (low < high) {
		mid = low + (high - low + 1) / 2;
		lease_of(e, w, start_s, mid * GBPS, &l, circuit);
		if (engine_route(e, &l, NULL) == 0)
			low = mid;
		else
			high = mid - 1;
		ocs_lease_members_drop(&l);
	}
	return low * GBPS;
}

/* What operators say, not what is there. */
static bool operators_say(const char *reason)
{
	static const char *const kinds[] = {
		"OpticalFrozen(", "OpticalObserve(", "OpticalChangeWindow(",
		"OpticalMinJob(",
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(reason, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

/* Links are not for everybody: the pair that is short instead. */
static void veil(const struct ocs_whatif *w, char reason[static 128])
{
	const char *open = strchr(reason, '(');
	int kind = open ? (int) (open - reason) : 0;
	char text[128];

	snprintf(text, sizeof(text), "%.*s(%.40s-%.40s)", kind ? kind : 11,
		 kind ? reason : "OpticalLink", w->circuit[0].a,
		 w->circuit[0].z);
	memcpy(reason, text, sizeof(text));
}

static void advise(int64_t start_s, bool later, struct ocs_whatif_answer *a)
{
	char rate[OCS_RATE_TEXT_MAX];

	if (a->rate_bps)
		snprintf(a->change, sizeof(a->change),
			 "ask for %s%s", ocs_rate_format(a->rate_bps, rate),
			 later ? " at that time" : " to start now");
	else if (a->when_s)
		snprintf(a->change, sizeof(a->change),
			 "start %" PRId64 " s later", a->when_s - start_s);
	else if (!strncmp(a->reason, "OpticalMinJob(", 14))
		snprintf(a->change, sizeof(a->change),
			 "ask for a longer time limit");
	else if (operators_say(a->reason))
		snprintf(a->change, sizeof(a->change),
			 "choose other sites, or wait for the operators");
	else if (!strncmp(a->reason, "OpticalVlan(", 12))
		snprintf(a->change, sizeof(a->change), "choose other sites");
	else
		snprintf(a->change, sizeof(a->change),
			 "choose other sites, less bandwidth or a longer latency");
}

static void impossible(struct ocs_engine *e, const struct ocs_whatif *w,
		       int64_t start_s, int64_t now_s, bool links,
		       struct ocs_circuit *circuit,
		       const struct ocs_error *why,
		       struct ocs_whatif_answer *a)
{
	*a->waits = '\0';
	snprintf(a->reason, sizeof(a->reason), "%s", why->reason);
	snprintf(a->detail, sizeof(a->detail), "%.250s", why->text);
	a->when_s = earliest(e, w, start_s, now_s, why->code, circuit);
	a->rate_bps = largest(e, w, start_s, now_s, circuit);
	advise(start_s, w->start_s, a);
	if (links)
		return;
	veil(w, a->reason);
	snprintf(a->detail, sizeof(a->detail), operators_say(a->reason) ?
		 "operators don't let this be set up then" :
		 "there is no room between these sites");
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
	rc = check(e, want, circuit, err);
	if (rc == 0 && at_once(e, want, start_s, now_s, circuit, a->waits,
			       &why) == 0) {
		a->possible = true;
		a->when_s = start_s;
		worst_latency(want, circuit, a);
		a->rate_bps = UINT64_MAX;
		for (unsigned int i = 0; i < want->ncircuits; i++)
			if (want->circuit[i].requested_bps < a->rate_bps)
				a->rate_bps = want->circuit[i].requested_bps;
		if (*a->waits && !links)
			veil(want, a->waits);
	} else if (rc == 0 && why.code == OCS_NOMEM) {
		rc = ocs_fail(err, OCS_NOMEM, "out of memory");
	} else if (rc == 0) {
		impossible(e, want, start_s, now_s, links, circuit, &why, a);
	}
	pthread_mutex_unlock(&e->lock);
	free(circuit);
	return rc;
}
