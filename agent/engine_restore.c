// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_restore - a circuit of a running job goes dark: who brings it back
 *
 *  data plane, per circuit (Restore= of its links)
 *      UP --dark--> DOWN                       none: nobody does
 *      UP --dark--> DOWN -> RESTORING          controller, agent
 *      RESTORING --light--> UP                 or IMPAIRED: a bound is broken
 *      RESTORING --RestoreTimeout--> DOWN      nobody is hoped for any more
 *      UP <-> IMPAIRED                         flapping, until it is calm
 *
 *  Restore=agent, after HoldOff=
 *      another route is known --> RELEASING --absent--> routed anew,
 *      PROVISIONING --> PROVISIONED
 *  Booked are the links of the old route until its absence is confirmed, then
 *  those of the new one (I1). Without another route nothing is taken down. A
 *  route that breaks what was asked for is better than none: IMPAIRED.
 *
 *  Revert=yes (G.873.1's revertive operation): when all links of the route that
 *  it had at first have been up for WaitToRestore=, the same way back, which
 *  interrupts it once more. The first route is in the ledger.
 *
 * Each strand by itself: of a circuit of several the others carry on meanwhile.
 * One of a diverse or 1+1 circuit goes apart from the others if there is a way;
 * without one it goes where there is one, and the circuit is IMPAIRED. It ends
 * at the ports at which it ended, where the traffic is.
 *
 * DOWN therefore means that nobody restores it, RESTORING that somebody does:
 * who waits for the job can tell by the lease's cause: OpticalDown(a-z),
 * OpticalRestoring(a-z), OpticalImpaired(a-z).
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "common/core/units.h"
#include "common/sys/clock.h"
#include "common/wire/wire_gate.h"

#define HOME "home"		/* the ledger's documents of first routes */
/* So often dark within FLAP_MS is flapping; it is calm after CALM_MS without
 * a change. */
#define FLAPS 4
#define FLAP_MS 60000
#define CALM_MS 30000
/* Without another route: look again. */
#define SEARCH_MS 5000

/* What is known of a circuit that was dark once. */
struct engine_watch {
	bool lit;		/* so the network said last */
	bool gave_up;
	bool reverting;		/* on its way home */
	unsigned int flaps;
	uint64_t flap_ms;	/* monotonic: the first of them */
	uint64_t calm_ms;	/* flapping until then; 0: it is not */
	uint64_t dark_ms;	/* since; 0: it is not */
	uint64_t act_ms;	/* not before */
	uint64_t home_ms;	/* its first route is fine since; 0: it isn't */
	struct ocs_home home;	/* nhops 0: it is on it */
};

/* ---- policy ---- */

/* Of strand S of L. */
static int link_of(const struct ocs_engine *e, const struct ocs_lease *l,
		   unsigned int s, unsigned int hop)
{
	return engine_link(e, ocs_strand_hop(l, s, hop));
}

/* Of all links of strand S: the most careful. */
static struct ocs_rules policy(const struct ocs_engine *e,
			       const struct ocs_lease *l, unsigned int s)
{
	static const int care[] = { [OCS_RESTORE_AGENT] = 0,
				    [OCS_RESTORE_CONTROLLER] = 1,
				    [OCS_RESTORE_NONE] = 2 };
	struct ocs_rules p = e->conf->rules;

	for (unsigned int j = 0; j < ocs_strand_nhops(l, s); j++) {
		int k = link_of(e, l, s, j);
		const struct ocs_rules *r;

		if (k < 0)
			continue;
		r = ocs_agent_conf_rules(e->conf, (unsigned int) k);
		if (j == 0 || care[r->restore] > care[p.restore])
			p.restore = r->restore;
		if (j == 0 || r->hold_off_ms > p.hold_off_ms)
			p.hold_off_ms = r->hold_off_ms;
		if (j == 0 || !r->restore_s ||
		    (p.restore_s && r->restore_s > p.restore_s))
			p.restore_s = r->restore_s;
	}
	return p;
}

static bool reverts(const struct ocs_engine *e, const struct ocs_home *home,
		    uint32_t *wait_s)
{
	*wait_s = 0;
	for (unsigned int j = 0; j < home->nhops; j++) {
		int k = engine_link(e, home->hop[j]);
		const struct ocs_rules *r;

		if (k < 0)
			return false;
		r = ocs_agent_conf_rules(e->conf, (unsigned int) k);
		if (!r->revert)
			return false;
		if (r->wait_to_restore_s > *wait_s)
			*wait_s = r->wait_to_restore_s;
	}
	return home->nhops > 0;
}

static const char *how_known(const struct ocs_figure *f)
{
	return f->source == OCS_SOURCE_MEASURED ? "measured " :
	       f->source == OCS_SOURCE_REPORTED ? "reported " : "";
}

/* What its light is worth: UP, or IMPAIRED and CAUSE says why. */
static enum ocs_data worth(const struct ocs_engine *e,
			   const struct engine_rec *rec, unsigned int s,
			   char cause[static 160])
{
	const struct ocs_lease *l = rec->cur->lease;
	const struct ocs_circuit *c =
		&l->circuit[ocs_strand_get(l, s).circuit];
	char is[OCS_TIME_TEXT_MAX], max[OCS_TIME_TEXT_MAX];
	struct ocs_figure latency, variation;

	cause[0] = '\0';
	engine_figure_of(e, rec, s, &latency, &variation);
	if (c->max_latency_us && latency.us > c->max_latency_us) {
		snprintf(cause, 160, "its %slatency is %s, at most %s was asked for",
			 how_known(&latency), ocs_time_format(latency.us, is),
			 ocs_time_format(c->max_latency_us, max));
		return OCS_IMPAIRED;
	}
	if (c->max_delay_variation_us &&
	    variation.us > c->max_delay_variation_us) {
		snprintf(cause, 160, "its %sdelay variation is %s, at most %s was asked for",
			 how_known(&variation),
			 ocs_time_format(variation.us, is),
			 ocs_time_format(c->max_delay_variation_us, max));
		return OCS_IMPAIRED;
	}
	return ocs_strand_available(&e->net, l, s, cause) ? OCS_UP :
							   OCS_IMPAIRED;
}

/* ---- the ledger ---- */

/* JSON NULL: away with it. A route home that is lost costs the way back. */
static void keep_home(struct ocs_engine *e, const struct ocs_lease *l,
		      unsigned int s, const char *json)
{
	char id[OCS_SERVICE_ID_MAX];
	struct ocs_error err;

	engine_service_id(l, s, id);
	if (e->disk_failed || ocs_store_begin(e->store, &err) < 0)
		return;
	if ((json ? ocs_store_doc_put(e->store, HOME, id, json, &err) :
		    ocs_store_doc_del(e->store, HOME, id, &err)) < 0 ||
	    ocs_store_end(e->store, &err) < 0) {
		ocs_store_undo(e->store);
		ocs_log("ledger-error", "lease=%s cause=%s", l->id,
			ocs_quote(err.text).text);
		return;
	}
	e->seq++;
}

static void remember_home(struct ocs_engine *e, const struct ocs_lease *l,
			  unsigned int s, struct engine_watch *w)
{
	uint32_t wait_s;
	char *json;

	if (w->home.nhops)
		return;
	w->home.nhops = ocs_strand_nhops(l, s);
	for (unsigned int j = 0; j < w->home.nhops; j++)
		strcpy(w->home.hop[j], ocs_strand_hop(l, s, j));
	if (!reverts(e, &w->home, &wait_s)) {
		w->home.nhops = 0;
		return;
	}
	if ((json = ocs_wire_encode_home(&w->home)))
		keep_home(e, l, s, json);
	free(json);
}

void engine_watch_free(struct ocs_engine *e, struct engine_rec *rec,
		       unsigned int s, bool gone)
{
	struct engine_watch *w = rec->strand[s].watch;

	if (w && gone && w->home.nhops)
		keep_home(e, rec->cur->lease, s, NULL);
	free(w);
	rec->strand[s].watch = NULL;
}

bool engine_restore_calm(const struct engine_rec *rec, unsigned int s)
{
	const struct engine_watch *w = rec->strand[s].watch;

	return !w || (w->lit && !w->calm_ms && !w->dark_ms);
}

static struct engine_watch *watch(struct engine_strand *es)
{
	if (!es->watch)
		es->watch = calloc(1, sizeof(*es->watch));
	return es->watch;
}

/* ---- what the network shows ---- */

/* Strand S's data plane is DATA now; with it PROV. */
static bool show(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		 enum ocs_prov prov, enum ocs_data data, const char *cause,
		 bool restoring, const char *how)
{
	enum ocs_data was = ocs_strand_data(rec->cur->lease, s);
	struct engine_change ch;
	struct ocs_error err;

	if (ocs_strand_prov(rec->cur->lease, s) == prov &&
	    was == (restoring ? OCS_RESTORING : data))
		return true;
	if (engine_change_begin(&ch, rec, rec->cur->lease, &err) == 0) {
		engine_change_prov(&ch, s, prov, how);
		if (!restoring || was != OCS_RESTORING)
			engine_change_data(&ch, s, data, cause);
		if (restoring)
			engine_change_data(&ch, s, OCS_RESTORING, how);
		if (engine_change_apply(e, &ch, NULL, &err) == 0)
			return true;
	}
	ocs_log("ledger-error", "lease=%s cause=%s", rec->cur->lease->id,
		ocs_quote(err.text).text);
	return false;
}

static void look_at(struct ocs_engine *e, struct engine_watch *w, uint64_t at)
{
	w->act_ms = at;
	engine_timer(e, at);
}

static bool flaps(struct engine_watch *w, uint64_t now)
{
	if (!w->flaps || now - w->flap_ms > FLAP_MS) {
		w->flaps = 0;
		w->flap_ms = now;
	}
	return ++w->flaps >= FLAPS;
}

/* Dark, and it counts. */
static void dark(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		 const char *cause, uint64_t now)
{
	static const char *const how[] = {
		[OCS_RESTORE_CONTROLLER] = "its controller is to restore it",
		[OCS_RESTORE_AGENT] = "the agent looks for another route",
	};
	struct engine_watch *w = rec->strand[s].watch;
	struct ocs_rules p = policy(e, rec->cur->lease, s);

	if (!w) {	/* no memory: at least it is told */
		show(e, rec, s, OCS_PROVISIONED, OCS_DOWN, cause, false, "");
		return;
	}
	if (!w->dark_ms)
		w->dark_ms = now;
	w->home_ms = 0;
	if (p.restore == OCS_RESTORE_NONE || w->gave_up) {
		show(e, rec, s, OCS_PROVISIONED, OCS_DOWN, cause, false, "");
		return;
	}
	show(e, rec, s, OCS_PROVISIONED, OCS_DOWN, cause, true,
	     how[p.restore]);
	look_at(e, w, w->dark_ms + p.hold_off_ms);
}

void engine_light(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		  bool lit, const char *cause)
{
	struct engine_strand *es = &rec->strand[s];
	uint64_t now = ocs_clock_mono_ms();
	struct engine_watch *w = lit ? es->watch : watch(es);
	enum ocs_data data;
	char why[160];

	if (w && w->calm_ms) {		/* flapping: once it is calm */
		if (w->lit != lit)
			w->calm_ms = now + CALM_MS;
		w->lit = lit;
		look_at(e, w, w->calm_ms);
		return;
	}
	if (!lit) {
		if (w && !w->dark_ms && flaps(w, now)) {
			w->lit = false;
			w->calm_ms = now + CALM_MS;
			look_at(e, w, w->calm_ms);
			show(e, rec, s, OCS_PROVISIONED, OCS_IMPAIRED,
			     "it goes dark and comes back again and again",
			     false, "");
			return;
		}
		if (w)
			w->lit = false;
		dark(e, rec, s, cause, now);
		return;
	}
	data = worth(e, rec, s, why);
	if (w) {
		w->lit = true;
		w->dark_ms = 0;
		w->gave_up = false;
		look_at(e, w, now);
	}
	engine_found_lit(e, rec, s, data, *why ? why : cause);
}

/* ---- another route ---- */

/* Does strand S of L go over HOME? */
static bool at_home(const struct ocs_lease *l, unsigned int s,
		    const struct ocs_home *home)
{
	if (ocs_strand_nhops(l, s) != home->nhops)
		return false;
	for (unsigned int j = 0; j < home->nhops; j++)
		if (strcmp(ocs_strand_hop(l, s, j), home->hop[j]))
			return false;
	return true;
}

/* The route that strand S should have next. */
static struct ocs_lease *next_route(struct ocs_engine *e,
				    const struct engine_rec *rec,
				    unsigned int s, struct ocs_error *err)
{
	const struct engine_watch *w = rec->strand[s].watch;

	return engine_reroute_find(e, rec->cur->lease, s,
				   w && w->reverting && w->home.nhops ?
				   &w->home : NULL, err);
}

/* Take down what is dark: another route is known. */
static void take_down(struct ocs_engine *e, struct engine_rec *rec,
		      unsigned int s, const char *cause)
{
	struct engine_watch *w = rec->strand[s].watch;

	remember_home(e, rec->cur->lease, s, w);
	if (show(e, rec, s, OCS_RELEASING, OCS_DOWN, cause, !w->gave_up,
		 cause))
		engine_redirect(e, rec, s, NEXT_REMOVE);
}

bool engine_restore_elsewhere(const struct ocs_engine *e,
			      const struct engine_rec *rec, unsigned int s)
{
	const struct ocs_lease *l = rec->cur->lease;

	return rec->strand[s].tries &&
	       ocs_strand_prov(l, s) == OCS_PROVISIONING &&
	       policy(e, l, s).restore == OCS_RESTORE_AGENT;
}

/* The old route is not there any more: the next one. */
void engine_restore_absent(struct ocs_engine *e, struct engine_rec *rec,
			   unsigned int s)
{
	const struct ocs_lease *l = rec->cur->lease;
	unsigned int tries = rec->strand[s].tries;
	struct ocs_lease *one;
	struct engine_change ch = { 0 };
	struct ocs_circuit *c;
	struct ocs_error err;
	char cause[256], id[OCS_SERVICE_ID_MAX];

	engine_service_id(l, s, id);
	if (!(one = next_route(e, rec, s, &err))) {
		ocs_log("no-route", "lease=%s service=%s cause=%s", l->id, id,
			ocs_quote(err.text).text);
		engine_later(e, rec, s, NEXT_LOOK);
		return;
	}
	snprintf(cause, sizeof(cause), "its route begins with %s now%s",
		 one->circuit[0].hop[0],
		 one->circuit[0].nhops > 1 ? ", and goes on" : "");
	if (engine_change_begin(&ch, rec, l, &err) == 0 &&
	    engine_reroute_put(e, ch.next, s, one) < 0) {
		engine_change_drop(&ch);
	} else if (ch.next) {
		c = &ch.next->circuit[ocs_strand_get(ch.next, s).circuit];
		c->latency_ms = ch.now_ms;
		c->latency_reported = false;
		engine_change_prov(&ch, s, OCS_PROVISIONING, cause);
		if (engine_change_apply(e, &ch, NULL, &err) == 0) {
			ocs_lease_destroy(one);
			engine_redirect(e, rec, s, NEXT_CREATE);
			rec->strand[s].tries = tries;
			return;
		}
	}
	ocs_lease_destroy(one);
	engine_later(e, rec, s, NEXT_LOOK);
}

/* ---- the clock ---- */

/* Nothing of strand S is frozen, or only observed. */
static bool may_change(const struct ocs_engine *e, const struct ocs_lease *l,
		       unsigned int s)
{
	for (unsigned int j = 0; j < ocs_strand_nhops(l, s); j++) {
		int k = link_of(e, l, s, j);

		if (k >= 0 && (e->net.link[k].frozen ||
			       ocs_agent_conf_rules(e->conf, (unsigned int)
						    k)->mode ==
			       OCS_MODE_OBSERVE))
			return false;
	}
	return true;
}

/* Going back is planned: at times for that only. */
static bool in_window(const struct ocs_engine *e, const struct ocs_link *link)
{
	unsigned int k = (unsigned int) (link - e->net.link);

	return !ocs_week_wait_s(&ocs_agent_conf_rules(e->conf, k)->window,
				ocs_clock_unix_ms() / 1000);
}

static void try_agent(struct ocs_engine *e, struct engine_rec *rec,
		      unsigned int s, uint64_t now)
{
	struct engine_watch *w = rec->strand[s].watch;
	char id[OCS_SERVICE_ID_MAX];
	struct ocs_lease *one;
	struct ocs_error err;

	look_at(e, w, now + SEARCH_MS);
	if (rec->strand[s].op || rec->strand[s].next != NEXT_NONE ||
	    !may_change(e, rec->cur->lease, s))
		return;
	one = next_route(e, rec, s, &err);
	if (!one) {
		engine_service_id(rec->cur->lease, s, id);
		ocs_log("no-route", "lease=%s service=%s cause=%s",
			rec->cur->lease->id, id, ocs_quote(err.text).text);
		return;
	}
	ocs_lease_destroy(one);
	take_down(e, rec, s, "taken down, to go another way");
}

/* It was dark for long enough. */
static void act(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		uint64_t now)
{
	struct engine_watch *w = rec->strand[s].watch;
	struct ocs_rules p = policy(e, rec->cur->lease, s);
	uint64_t until = w->dark_ms + p.hold_off_ms +
			 (uint64_t) p.restore_s * 1000;
	char cause[96];

	if (p.restore_s && now >= until && !w->gave_up) {
		w->gave_up = true;
		snprintf(cause, sizeof(cause), "not restored in %" PRIu32 " s",
			 p.restore_s);
		show(e, rec, s, ocs_strand_prov(rec->cur->lease, s), OCS_DOWN,
		     cause, false, "");
	}
	if (p.restore == OCS_RESTORE_AGENT)
		try_agent(e, rec, s, now);
	else if (p.restore_s && !w->gave_up)
		look_at(e, w, until);
}

/* Lit, but not where it was at first. */
static void revert(struct ocs_engine *e, struct engine_rec *rec,
		   unsigned int s, uint64_t now)
{
	struct engine_watch *w = rec->strand[s].watch;
	const struct ocs_lease *l = rec->cur->lease;
	const struct ocs_home *home = &w->home;
	struct ocs_lease *one;
	uint32_t wait_s;
	struct ocs_error err;
	bool fine;

	if (!w->home.nhops)
		return;
	if (at_home(l, s, home)) {
		keep_home(e, l, s, NULL);
		w->home.nhops = 0;
		w->reverting = false;
		return;
	}
	fine = reverts(e, home, &wait_s);
	for (unsigned int j = 0; fine && j < home->nhops; j++) {
		const struct ocs_link *k =
			&e->net.link[engine_link(e, home->hop[j])];

		fine = !k->down && !k->drained && !k->frozen && in_window(e, k);
	}
	look_at(e, w, now + 1000);
	if (!fine)
		w->home_ms = 0;
	else if (!w->home_ms)
		w->home_ms = now;
	if (!fine || !may_change(e, l, s) ||
	    now < w->home_ms + (uint64_t) wait_s * 1000 ||
	    rec->strand[s].op || rec->strand[s].next != NEXT_NONE)
		return;
	w->reverting = true;
	one = next_route(e, rec, s, &err);
	if (one && at_home(one, 0, home))
		take_down(e, rec, s, "taken down, to go back to where it was");
	else
		w->reverting = false;	/* there is no room */
	ocs_lease_destroy(one);
}

void engine_restore_tick(struct ocs_engine *e, struct engine_rec *rec,
			 unsigned int s, uint64_t now, uint64_t *at_ms)
{
	struct engine_watch *w = rec->strand[s].watch;
	const struct ocs_lease *l = rec->cur->lease;

	if (!w || !engine_lit_wanted(l) || !w->act_ms)
		return;
	if (w->act_ms > now) {
		if (w->act_ms < *at_ms)
			*at_ms = w->act_ms;
		return;
	}
	w->act_ms = 0;
	if (ocs_strand_prov(l, s) != OCS_PROVISIONED) {
		/* under way; the time it takes counts */
		if (w->dark_ms)
			act(e, rec, s, now);
	} else if (w->calm_ms) {
		w->calm_ms = 0;
		w->flaps = 0;
		engine_light(e, rec, s, w->lit, "it is calm");
	} else if (!w->lit) {
		act(e, rec, s, now);
	} else {
		revert(e, rec, s, now);
	}
	w = rec->strand[s].watch;
	if (w && w->act_ms && w->act_ms < *at_ms)
		*at_ms = w->act_ms;
}

/* ---- loading ---- */

struct loading {
	struct ocs_engine *e;
	unsigned int n;
	char (*old)[OCS_SERVICE_ID_MAX];	/* of leases that are gone */
};

static int load_home(const char *id, const char *json, void *arg,
		     struct ocs_error *err)
{
	struct loading *ld = arg;
	unsigned int s;
	struct engine_rec *rec = engine_rec_of_service(ld->e, id, &s);
	struct ocs_home home;
	void *grown;

	if (rec && engine_lit_wanted(rec->cur->lease) &&
	    ocs_wire_decode_home(json, strlen(json), &home, err) == 0) {
		if (!watch(&rec->strand[s]))
			return ocs_fail(err, OCS_NOMEM, "out of memory");
		rec->strand[s].watch->home = home;
		return 0;
	}
	if (strlen(id) < OCS_SERVICE_ID_MAX &&
	    (grown = realloc(ld->old, (ld->n + 1) * sizeof(*ld->old)))) {
		ld->old = grown;
		strcpy(ld->old[ld->n++], id);
	}
	return 0;
}

int engine_restore_load(struct ocs_engine *e, struct ocs_error *err)
{
	struct loading ld = { .e = e };
	int rc = ocs_store_docs(e->store, HOME, load_home, &ld, err);

	for (unsigned int i = 0; rc == 0 && i < ld.n; i++) {
		if (ocs_store_begin(e->store, err) < 0)
			break;
		if (ocs_store_doc_del(e->store, HOME, ld.old[i], err) < 0 ||
		    ocs_store_end(e->store, err) < 0)
			ocs_store_undo(e->store);
	}
	free(ld.old);
	return rc;
}
