// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_gate - the operator's say: what may go to the network now
 *
 * Everything that changes the network (create, remove, resize) passes here,
 * with the engine's lock held, in the moment before the driver is told; looking
 * changes nothing and always may. So after a freeze is answered nothing more
 * goes out; what was under way finishes. What has to wait stays what it is:
 * booked, in the ledger, and on the worker's list.
 *
 *  OpticalObserve(LINK)            Mode=observe: never
 *  OpticalFrozen(LINK)             until opticalctl unfreeze
 *  OpticalApproval(LINK)           until opticalctl approve
 *  OpticalChangeWindow(LINK,...)   until its ChangeWindow= opens
 *  OpticalSetupRate(LINK,...)      MaxSetupsPerHour= is used up
 *  OpticalDegreeBusy(LINK)         another photonic operation is there, unless
 *                                  OneOpPerDegree=no
 *  OpticalMinLit(LINK)             MinLit= is not over
 *  OpticalMinJob(LINK,...)         MinJobForSetup=: refused when it is held
 *
 * Who brings back what was cut does not wait for windows, rates or approval.
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/log.h"
#include "common/core/units.h"
#include "common/sys/clock.h"

#define HOUR_MS 3600000

_Static_assert(ENGINE_GATES == OCS_STATS_GATES, "as many names");
const char *const ocs_stats_gates[OCS_STATS_GATES] = {
	"", "observe", "frozen", "approval", "window", "rate", "rate_all",
	"degree", "lit",
};

static const struct ocs_rules *rules(const struct ocs_engine *e,
				     unsigned int link)
{
	return ocs_agent_conf_rules(e->conf, link);
}

/* ---- rates ---- */

/* Milliseconds until one more is allowed; 0: now. */
static uint64_t rate_wait(const struct engine_rate *r, uint32_t limit,
			  uint64_t now)
{
	if (!limit || r->n < limit || r->at_ms[r->next] + HOUR_MS <= now)
		return 0;
	return r->at_ms[r->next] + HOUR_MS - now;
}

/* A ring of the last LIMIT. Without memory it is not counted. */
static void rate_add(struct engine_rate *r, uint32_t limit, uint64_t at)
{
	uint64_t *grown;

	if (!limit)
		return;
	if (r->n < limit) {
		grown = realloc(r->at_ms, (r->n + 1) * sizeof(*grown));
		if (!grown)
			return;
		r->at_ms = grown;
		grown[r->n++] = at;
		return;
	}
	r->at_ms[r->next] = at;
	r->next = (r->next + 1) % r->n;
}

/* ---- questions about links ---- */

/* Is LINK shut for all changes? WHY and REASON say so. */
static enum engine_gate_why shut(const struct ocs_engine *e, unsigned int link,
				 int64_t now_s, bool windows,
				 char reason[static 128])
{
	const struct ocs_rules *r = rules(e, link);
	const char *name = e->net.link[link].name;
	int64_t wait;
	struct tm tm;
	time_t opens;

	if (r->mode == OCS_MODE_OBSERVE) {
		snprintf(reason, 128, "OpticalObserve(%s)", name);
		return GATE_OBSERVE;
	}
	if (e->net.link[link].frozen) {
		snprintf(reason, 128, "OpticalFrozen(%s)", name);
		return GATE_FROZEN;
	}
	if (windows && (wait = ocs_week_wait_s(&r->window, now_s)) > 0) {
		char text[16] = "";

		opens = (time_t) (now_s + wait);
		if (localtime_r(&opens, &tm))
			strftime(text, sizeof(text), "%a.%H:%M", &tm);
		snprintf(reason, 128, "OpticalChangeWindow(%s,opens=%s)", name,
			 text);
		return GATE_WINDOW;
	}
	return GATE_OPEN;
}

/* ---- at the hold ---- */

/* Wavelengths of LINK that carry light have room for all that L could want. */
static bool lit_room(const struct ocs_engine *e, unsigned int link,
		     const struct ocs_lease *l)
{
	const struct ocs_link *k = &e->net.link[link];
	uint64_t want = 0;

	for (unsigned int i = 0; i < l->ncircuits; i++)
		want += ocs_link_consumed(k, l->circuit[i].granted_bps);
	return k->lit * k->wave_bps >= k->booked_bps + want;
}

static bool too_short(const struct ocs_engine *e, unsigned int link,
		      const struct ocs_lease *l, int64_t now_s)
{
	int64_t from = l->start_s > now_s ? l->start_s : now_s;
	uint32_t min = rules(e, link)->min_job_s;

	return min && l->end_s && l->end_s - from < (int64_t) min &&
	       !lit_room(e, link, l);
}

bool engine_gate_close(struct ocs_engine *e, const struct ocs_lease *l,
		       int64_t now_s)
{
	int64_t from = l->start_s > now_s ? l->start_s : now_s;
	char reason[128];
	bool any = false;

	if (!e->gate.rules && !e->gate.nfrozen)
		return false;
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		enum engine_gate_why why = shut(e, i, from, true, reason);

		/* What begins later may find it thawed. */
		if (why == GATE_FROZEN && from > now_s)
			why = GATE_OPEN;
		if (why == GATE_OPEN && !too_short(e, i, l, now_s))
			continue;
		e->scratch.link[i].drained = true;
		any = true;
	}
	return any;
}

int64_t engine_gate_opens_s(const struct ocs_engine *e,
			    const struct ocs_lease *l, int64_t now_s)
{
	int64_t from = l->start_s > now_s ? l->start_s : now_s;
	int64_t opens = OCS_TIME_OPEN;

	for (unsigned int i = 0; e->gate.rules && i < e->net.nlinks; i++) {
		int64_t wait = ocs_week_wait_s(&rules(e, i)->window, from);

		if (wait > 0 && from + wait < opens)
			opens = from + wait;
	}
	return opens;
}

static bool rate_full(const char *name, const struct engine_rate *rate,
		      uint32_t limit, uint64_t first, uint64_t now,
		      char reason[static 128])
{
	if (!limit || (!rate_wait(rate, limit, now) && first == UINT64_MAX))
		return false;
	snprintf(reason, 128, "OpticalSetupRate(%s,max=%" PRIu32 "/h)", name,
		 limit);
	return true;
}

/* The same of one link. */
static bool link_waits(const struct ocs_engine *e, unsigned int link,
		       bool later, uint64_t now, char reason[static 128])
{
	const struct engine_gate *g = &e->gate;
	const char *name = e->net.link[link].name;

	if (e->net.link[link].frozen) {
		snprintf(reason, 128, "OpticalFrozen(%s)", name);
		return true;
	}
	if (rules(e, link)->mode == OCS_MODE_APPROVE) {
		snprintf(reason, 128, "OpticalApproval(%s)", name);
		return true;
	}
	return !later && e->conf->link_rules &&
	       rate_full(name, &g->rate[link], rules(e, link)->setups_per_h,
			 g->first_rate[link], now, reason);
}

bool engine_gate_waits(const struct ocs_engine *e, const struct ocs_lease *l,
		       int64_t now_s, char reason[static 128])
{
	uint64_t now = ocs_clock_mono_ms();
	bool later = l->start_s > now_s;

	for (unsigned int s = 0; s < ocs_strands(l); s++)
		for (unsigned int j = 0; j < ocs_strand_nhops(l, s); j++) {
			int k = engine_link(e, ocs_strand_hop(l, s, j));

			if (k >= 0 && link_waits(e, (unsigned int) k, later,
						 now, reason))
				return true;
		}
	return !later && rate_full("all", &e->gate.rate_all,
				   e->conf->rules.setups_per_h,
				   e->gate.first_rate_all, now, reason);
}

static int refuse_short(const struct ocs_engine *e, unsigned int link,
			const struct ocs_lease *l, int64_t now_s,
			struct ocs_error *err)
{
	int64_t from = l->start_s > now_s ? l->start_s : now_s;
	char need[OCS_TIME_TEXT_MAX], is[OCS_TIME_TEXT_MAX];
	const char *name = e->net.link[link].name;

	ocs_time_format((uint64_t) rules(e, link)->min_job_s * 1000000, need);
	ocs_time_format((uint64_t) (l->end_s - from) * 1000000, is);
	ocs_fail(err, OCS_BUSY,
		 "a job of %s gets no new light on %s: a time limit of at least %s is right there (MinJobForSetup)",
		 is, name, need);
	return ocs_fail_reason(err, "OpticalMinJob(%s,need=%s,is=%s)", name,
			       need, is);
}

int engine_gate_refuse(struct ocs_engine *e, const struct ocs_lease *l,
		       int64_t now_s, struct ocs_error *err)
{
	int64_t from = l->start_s > now_s ? l->start_s : now_s;
	char reason[128];

	for (unsigned int s = 0; s < ocs_strands(l); s++) {
		for (unsigned int j = 0; j < ocs_strand_nhops(l, s); j++) {
			const char *hop = ocs_strand_hop(l, s, j);
			int k = engine_link(e, hop);
			enum engine_gate_why why;

			if (k < 0)
				continue;
			why = shut(e, (unsigned int) k, from, true, reason);
			if (why == GATE_OPEN &&
			    too_short(e, (unsigned int) k, l, now_s))
				return refuse_short(e, (unsigned int) k, l,
						    now_s, err);
			if (why == GATE_OPEN)
				continue;
			ocs_fail(err, OCS_BUSY, why == GATE_OBSERVE ?
				 "link %s: the agent only observes (Mode=observe); this would have been set up" :
				 why == GATE_FROZEN ?
				 "link %s is frozen by an operator: nothing is set up until opticalctl unfreeze" :
				 "link %s may not be changed now (ChangeWindow)",
				 hop);
			return ocs_fail_reason(err, "%s", reason);
		}
	}
	return ocs_fail(err, OCS_INTERNAL, "the operator's say is not known");
}

/* ---- before the driver is told ---- */

struct asked {
	struct ocs_engine *e;
	struct engine_rec *rec;
	unsigned int s;
	enum engine_next kind;
	uint64_t now;		/* monotonic */
	uint64_t again_ms;	/* monotonic: look again; 0: when told */
	int64_t now_ms;		/* Unix */
	bool restoring;
	char reason[128];
};

static const struct ocs_circuit *circuit_of(const struct asked *a)
{
	const struct ocs_lease *l = a->rec->cur->lease;

	return &l->circuit[ocs_strand_get(l, a->s).circuit];
}

/* Hop J of its route, a link, or -1: no longer configured. */
static int hop_of(const struct asked *a, unsigned int j)
{
	return engine_link(a->e, ocs_strand_hop(a->rec->cur->lease, a->s, j));
}

static unsigned int nhops_of(const struct asked *a)
{
	return ocs_strand_nhops(a->rec->cur->lease, a->s);
}

static enum engine_gate_why check_approval(struct asked *a, unsigned int link)
{
	const struct ocs_lease *l = a->rec->cur->lease;
	int64_t from = l->committed_ms, left;

	if (a->kind != NEXT_CREATE || a->restoring || l->active_ms ||
	    l->approved_ms || rules(a->e, link)->mode != OCS_MODE_APPROVE)
		return GATE_OPEN;
	if (l->start_s < INT64_MAX / 1000 && l->start_s * 1000 > from)
		from = l->start_s * 1000;
	left = from + (int64_t) a->e->conf->rules.approve_s * 1000 - a->now_ms;
	a->again_ms = a->now + (left > 0 ? (uint64_t) left : 0);
	snprintf(a->reason, sizeof(a->reason), "OpticalApproval(%s)",
		 a->e->net.link[link].name);
	return left > 0 ? GATE_APPROVAL : GATE_EXPIRED;
}

static enum engine_gate_why check_lit(struct asked *a, unsigned int link)
{
	const struct ocs_lease *l = a->rec->cur->lease;
	int64_t since = l->active_ms ? l->active_ms : circuit_of(a)->up_ms;
	int64_t left;

	if (a->kind != NEXT_REMOVE || a->restoring || !since)
		return GATE_OPEN;
	left = since + (int64_t) rules(a->e, link)->min_lit_s * 1000 -
	       a->now_ms;
	if (left <= 0)
		return GATE_OPEN;
	a->again_ms = a->now + (uint64_t) left;
	snprintf(a->reason, sizeof(a->reason), "OpticalMinLit(%s)",
		 a->e->net.link[link].name);
	return GATE_LIT;
}

/* Those who have waited longer come first. */
static bool elder(uint64_t first, const struct asked *a)
{
	uint64_t mine = a->rec->strand[a->s].ticket;

	return first < (mine ? mine : UINT64_MAX);
}

static enum engine_gate_why rate_limited(struct asked *a, const char *name,
					 const struct engine_rate *rate,
					 uint32_t limit, uint64_t first,
					 enum engine_gate_why why)
{
	uint64_t wait = rate_wait(rate, limit, a->now);

	if (!wait && (!limit || !elder(first, a)))
		return GATE_OPEN;
	a->again_ms = wait ? a->now + wait : 0;
	snprintf(a->reason, sizeof(a->reason),
		 "OpticalSetupRate(%s,max=%" PRIu32 "/h)", name, limit);
	return why;
}

static enum engine_gate_why check_rate(struct asked *a, unsigned int link)
{
	struct engine_gate *g = &a->e->gate;
	enum engine_gate_why why = GATE_OPEN;

	if (a->kind != NEXT_CREATE || a->restoring)
		return GATE_OPEN;
	if (a->e->conf->link_rules)
		why = rate_limited(a, a->e->net.link[link].name,
				   &g->rate[link],
				   rules(a->e, link)->setups_per_h,
				   g->first_rate[link], GATE_RATE);
	if (why == GATE_OPEN)
		why = rate_limited(a, "all", &g->rate_all,
				   a->e->conf->rules.setups_per_h,
				   g->first_rate_all, GATE_RATE_ALL);
	return why;
}

/* The wavelength that it has on LINK, from 1; 0: none is told. */
static unsigned int wave_of(const struct asked *a, unsigned int link)
{
	const struct ocs_lease *l = a->rec->cur->lease;
	int m = ocs_strand_get(l, a->s).member;

	for (unsigned int j = 0; m >= 0 && j < nhops_of(a); j++)
		if (hop_of(a, j) == (int) link)
			return l->member[m].wave[j];
	return 0;
}

/* Does it make a wavelength of LINK light or dark? What goes into light that
 * others have there is switched electrically; a link without wavelengths, or
 * whose route is hidden, has no degrees that we know. */
static bool photonic(const struct asked *a, unsigned int link)
{
	const struct ocs_link *l = &a->e->net.link[link];

	if ((a->kind != NEXT_CREATE && a->kind != NEXT_REMOVE) ||
	    !l->wave_bps || l->hidden)
		return false;
	return l->grain == OCS_GRAIN_WAVELENGTH ||
	       engine_lit_alone(a->e, &a->rec->books, link, wave_of(a, link));
}

/* A degree is one end of a link: who uses the link has both. */
static enum engine_gate_why check_degree(struct asked *a, unsigned int link)
{
	struct engine_gate *g = &a->e->gate;

	if (!rules(a->e, link)->one_per_degree || !photonic(a, link) ||
	    (!g->ops[link] && !elder(g->first[link], a)))
		return GATE_OPEN;
	snprintf(a->reason, sizeof(a->reason), "OpticalDegreeBusy(%s)",
		 a->e->net.link[link].name);
	return GATE_DEGREE;
}

static enum engine_gate_why check_shut(struct asked *a, unsigned int link)
{
	enum engine_gate_why why = shut(a->e, link, a->now_ms / 1000,
					!a->restoring, a->reason);

	if (why == GATE_WINDOW)
		a->again_ms = a->now + 1000 * (uint64_t)
			ocs_week_wait_s(&rules(a->e, link)->window,
					a->now_ms / 1000);
	return why;
}

static enum engine_gate_why check(struct asked *a)
{
	static enum engine_gate_why (*const checks[])(struct asked *,
						      unsigned int) = {
		check_shut, check_approval, check_lit, check_rate,
		check_degree,
	};
	enum engine_gate_why why;

	for (size_t k = 0; k < sizeof(checks) / sizeof(checks[0]); k++) {
		for (unsigned int j = 0; j < nhops_of(a); j++) {
			int link = hop_of(a, j);

			if (link < 0)
				continue;
			why = checks[k](a, (unsigned int) link);
			if (why != GATE_OPEN)
				return why;
		}
	}
	return GATE_OPEN;
}

/* The lease says what its set-up waits for: once for each reason. */
static void say(struct asked *a, const char *reason)
{
	const struct ocs_lease *l = a->rec->cur->lease;
	struct engine_change ch;
	struct ocs_error err;

	if (!engine_lit_wanted(l) || l->active_ms || !strcmp(l->cause, reason))
		return;
	if (engine_change_begin(&ch, a->rec, l, &err) == 0) {
		snprintf(ch.next->cause, sizeof(ch.next->cause), "%s", reason);
		engine_change_note_strand(&ch, a->s, "provisioning",
					  ocs_prov_name(ocs_strand_prov(l, a->s)),
					  *reason ? reason : "it may go on");
		if (engine_change_apply(a->e, &ch, NULL, &err) == 0)
			return;
	}
	ocs_log("ledger-error", "lease=%s cause=%s", l->id,
		ocs_quote(err.text).text);
}

static bool others_wait(const struct engine_rec *rec, unsigned int s)
{
	for (unsigned int j = 0; j < ocs_strands(rec->cur->lease); j++)
		if (j != s && rec->strand[j].gate)
			return true;
	return false;
}

/* The degrees that the operation uses; false: no memory for that. */
static bool occupy(struct asked *a)
{
	struct engine_strand *es = &a->rec->strand[a->s];
	unsigned int n = 0;

	if ((a->kind != NEXT_CREATE && a->kind != NEXT_REMOVE) ||
	    !a->e->gate.degrees)
		return true;
	if (!(es->degree = malloc((nhops_of(a) + 1) * sizeof(*es->degree))))
		return false;
	for (unsigned int j = 0; j < nhops_of(a); j++) {
		int link = hop_of(a, j);

		if (link < 0 || !photonic(a, (unsigned int) link))
			continue;
		es->degree[++n] = (unsigned int) link;
		a->e->gate.ops[link]++;
	}
	es->degree[0] = n;
	return true;
}

static void count(struct asked *a)
{
	struct engine_gate *g = &a->e->gate;

	if (a->kind != NEXT_CREATE)
		return;
	rate_add(&g->rate_all, a->e->conf->rules.setups_per_h, a->now);
	for (unsigned int j = 0; a->e->conf->link_rules && j < nhops_of(a);
	     j++) {
		int link = hop_of(a, j);

		if (link >= 0)
			rate_add(&g->rate[link], rules(a->e, (unsigned int)
						       link)->setups_per_h,
				 a->now);
	}
}

static void wait_for(struct asked *a, enum engine_gate_why why)
{
	struct engine_strand *es = &a->rec->strand[a->s];
	struct engine_gate *g = &a->e->gate;
	char id[OCS_SERVICE_ID_MAX];
	bool queues = why == GATE_DEGREE || why == GATE_RATE ||
		      why == GATE_RATE_ALL;

	if (queues && !es->ticket) {
		es->ticket = ++g->ticket;
		g->ntickets++;
	} else if (!queues && es->ticket) {
		es->ticket = 0;
		g->ntickets--;
	}
	if (a->again_ms)
		engine_timer(a->e, a->again_ms);
	engine_todo_later(a->e, a->rec);
	if (es->gate == why)
		return;
	es->gate = (unsigned char) why;
	engine_service_id(a->rec->cur->lease, a->s, id);
	ocs_log("waits", "lease=%s service=%s operation=%s reason=%s",
		a->rec->cur->lease->id, id,
		a->kind == NEXT_CREATE ? "create" :
		a->kind == NEXT_REMOVE ? "remove" : "resize", a->reason);
	if (a->kind == NEXT_CREATE)
		say(a, a->reason);
}

enum engine_gate_answer engine_gate_ask(struct ocs_engine *e,
					struct engine_rec *rec, unsigned int s,
					uint64_t now)
{
	struct engine_strand *es = &rec->strand[s];
	struct asked a = { .e = e, .rec = rec, .s = s, .kind = es->next,
			   .now = now, .now_ms = ocs_clock_unix_ms() };
	enum engine_gate_why why;
	bool waited = es->gate;
	char cause[256];

	if (es->next == NEXT_LOOK || es->next == NEXT_NONE)
		return ENGINE_GATE_GO;
	a.restoring = engine_restoring(rec->cur->lease, s);
	why = check(&a);
	if (why == GATE_EXPIRED) {
		snprintf(cause, sizeof(cause), "%s: no operator approved it in %" PRIu32 " s",
			 a.reason, e->conf->rules.approve_s);
		engine_circuit_fail(e, rec, s, OCS_BLAME_NONE, cause);
		return ENGINE_GATE_GONE;
	}
	if (why == GATE_OPEN && occupy(&a)) {
		count(&a);
		if (es->ticket)
			e->gate.ntickets--;
		es->ticket = 0;
		es->gate = GATE_OPEN;
		if (waited && a.kind == NEXT_CREATE && !others_wait(rec, s))
			say(&a, "");
		return ENGINE_GATE_GO;
	}
	/* What was never built needs no removal: looking tells. */
	if (a.kind == NEXT_REMOVE && !es->looked &&
	    (why == GATE_OBSERVE || why == GATE_FROZEN ||
	     why == GATE_WINDOW)) {
		es->looked = true;
		es->next = NEXT_LOOK;
		return ENGINE_GATE_GO;
	}
	if (why == GATE_OPEN)		/* no memory */
		a.again_ms = now + ENGINE_RETRY_MS;
	wait_for(&a, why);
	return ENGINE_GATE_WAIT;
}

void engine_gate_done(struct ocs_engine *e, struct engine_strand *es)
{
	if (es->ticket)
		e->gate.ntickets--;
	es->ticket = 0;
	es->gate = GATE_OPEN;
	if (!es->degree)
		return;
	for (unsigned int n = 1; n <= es->degree[0]; n++)
		e->gate.ops[es->degree[n]]--;
	free(es->degree);
	es->degree = NULL;
	e->todo = true;		/* the next may have its turn */
	pthread_cond_signal(&e->wake);
}

static void queue_strand(struct ocs_engine *e, const struct engine_rec *rec,
			 unsigned int s)
{
	const struct engine_strand *es = &rec->strand[s];
	const struct ocs_lease *l = rec->cur->lease;
	struct engine_gate *g = &e->gate;
	uint64_t *first = es->gate == GATE_DEGREE ? g->first : g->first_rate;

	if (!es->ticket)
		return;
	if (es->gate == GATE_RATE_ALL) {
		if (es->ticket < g->first_rate_all)
			g->first_rate_all = es->ticket;
		return;
	}
	for (unsigned int j = 0; j < ocs_strand_nhops(l, s); j++) {
		int k = engine_link(e, ocs_strand_hop(l, s, j));

		if (k >= 0 && es->ticket < first[k])
			first[k] = es->ticket;
	}
}

void engine_gate_queue(struct ocs_engine *e)
{
	struct engine_gate *g = &e->gate;

	if (!g->ntickets && !g->queued)
		return;
	g->queued = g->ntickets;
	g->first_rate_all = UINT64_MAX;
	for (unsigned int k = 0; k < e->net.nlinks; k++)
		g->first[k] = g->first_rate[k] = UINT64_MAX;
	for (struct engine_rec *r = e->todo_list; r; r = r->todo_next)
		for (unsigned int s = 0; s < ocs_strands(r->cur->lease); s++)
			queue_strand(e, r, s);
}

/* ---- telling ---- */

static void count_waits(const struct engine_rec *r, uint64_t *waits)
{
	for (; r; r = r->todo_next)
		for (unsigned int s = 0; s < ocs_strands(r->cur->lease); s++)
			waits[r->strand[s].gate]++;
}

void engine_gate_count(const struct ocs_engine *e,
		       uint64_t waits[static ENGINE_GATES])
{
	for (unsigned int i = 0; i < ENGINE_GATES; i++)
		waits[i] = 0;
	count_waits(e->todo_list, waits);
	count_waits(e->todo_now, waits);
	waits[GATE_OPEN] = 0;
}

/* ---- loading ---- */

int engine_gate_load(struct ocs_engine *e, struct ocs_error *err)
{
	struct engine_gate *g = &e->gate;
	unsigned int n = e->net.nlinks + 1;

	if (!(g->link = calloc(n, sizeof(*g->link))) ||
	    !(g->ops = calloc(n, sizeof(*g->ops))) ||
	    !(g->first = malloc(n * sizeof(*g->first))) ||
	    !(g->first_rate = malloc(n * sizeof(*g->first_rate))) ||
	    !(g->rate = calloc(n, sizeof(*g->rate))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		g->first[i] = g->first_rate[i] = UINT64_MAX;
		g->degrees |= rules(e, i)->one_per_degree;
		g->rules |= rules(e, i)->mode == OCS_MODE_OBSERVE ||
			    rules(e, i)->min_job_s || rules(e, i)->window.n;
		g->approves |= rules(e, i)->mode == OCS_MODE_APPROVE;
		g->observes |= rules(e, i)->mode == OCS_MODE_OBSERVE;
	}
	g->first_rate_all = UINT64_MAX;
	return engine_freeze_load(e, err);
}

void engine_gate_fini(struct ocs_engine *e)
{
	struct engine_gate *g = &e->gate;

	for (unsigned int i = 0; g->rate && i < e->net.nlinks; i++)
		free(g->rate[i].at_ms);
	free(g->rate_all.at_ms);
	free(g->rate);
	free(g->link);
	free(g->ops);
	free(g->first);
	free(g->first_rate);
}
