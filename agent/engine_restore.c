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
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "common/core/hunt.h"
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

/* Member M of L as one of circuit I of TO, which has room for it. */
static void add_member(struct ocs_lease *to, unsigned int i,
		       const struct ocs_lease *l, const struct ocs_member *m)
{
	struct ocs_member *next = &to->member[to->nmembers++];

	*next = *m;
	next->circuit = (uint16_t) i;
	next->first_hop = to->nmember_hops;
	for (unsigned int j = 0; m->own_route && j < m->nhops; j++)
		memcpy(to->member_hop[to->nmember_hops++],
		       l->member_hop[m->first_hop + j], OCS_NAME_MAX);
}

/* The members of circuit I of L become those of circuit K of FROM. 0, or -1
 * (out of memory), L then as it was. */
static int take_members(struct ocs_lease *l, unsigned int i,
			const struct ocs_lease *from, unsigned int k)
{
	struct ocs_lease to = { 0 };
	size_t n = l->nmembers + from->nmembers + 1;
	size_t hops = l->nmember_hops + from->nmember_hops + 1;

	if (!(to.member = calloc(n, sizeof(*to.member))) ||
	    !(to.member_hop = calloc(hops, sizeof(*to.member_hop)))) {
		free(to.member);
		return -1;
	}
	for (unsigned int c = 0; c < l->ncircuits; c++) {
		const struct ocs_lease *src = c == i ? from : l;

		for (unsigned int m = 0; m < src->nmembers; m++)
			if (src->member[m].circuit == (c == i ? k : c))
				add_member(&to, c, src, &src->member[m]);
	}
	ocs_lease_members_drop(l);
	l->nmembers = to.nmembers;
	l->member = to.member;
	l->nmember_hops = to.nmember_hops;
	l->member_hop = to.member_hop;
	return 0;
}

/* Strand S of L, one of several, as the only one of circuit C. */
static int alone_of_several(struct ocs_lease *one, struct ocs_circuit *c,
			    const struct ocs_lease *l, unsigned int s)
{
	struct ocs_strand st = ocs_strand_get(l, s);
	struct ocs_member *m = malloc(sizeof(*m));

	if (!m)
		return -1;
	*m = l->member[st.member];
	c->nhops = ocs_strand_nhops(l, s);
	memset(c->hop, 0, sizeof(c->hop));
	for (unsigned int j = 0; j < c->nhops; j++)
		strcpy(c->hop[j], ocs_strand_hop(l, s, j));
	c->granted_bps = ocs_strand_bps(l, s, c->granted_bps);
	c->lit_bps = ocs_strand_bps(l, s, c->lit_bps);
	c->latency_us = ocs_strand_latency_us(l, s);
	c->protect = OCS_UNPROTECTED;	/* room() keeps it apart */
	c->prov = (enum ocs_prov) m->prov;
	m->circuit = 0;
	m->own_route = m->standby = false;
	m->nhops = 0;
	m->first_hop = 0;
	one->member = m;
	one->nmembers = 1;
	return 0;
}

/* A lease of strand S alone, as it would be taken anew: no nodes, no
 * attachment. The caller destroys it; NULL: no memory. */
static struct ocs_lease *alone(const struct ocs_lease *l, unsigned int s)
{
	struct ocs_lease *one = ocs_lease_create();
	struct ocs_circuit *c = calloc(1, sizeof(*c));
	struct ocs_strand st = ocs_strand_get(l, s);
	unsigned int i = st.circuit;

	if (!one || !c) {
		free(c);
		ocs_lease_destroy(one);
		return NULL;
	}
	/* the last one is packed */
	memcpy(c, &l->circuit[i], offsetof(struct ocs_circuit, hop));
	memcpy(c->hop, l->circuit[i].hop, c->nhops * sizeof(c->hop[0]));
	c->at = NULL;
	memcpy(one->id, l->id, sizeof(one->id));
	one->start_s = l->start_s;
	one->end_s = l->end_s;
	one->grace_s = l->grace_s;
	one->resv = l->resv;
	one->sched = l->sched;
	one->held_ms = l->held_ms;
	one->circuit = c;
	one->ncircuits = 1;
	if ((st.several ? alone_of_several(one, c, l, s) :
			  take_members(one, 0, l, i)) == 0)
		return one;
	ocs_lease_destroy(one);
	return NULL;
}

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

/* Of what a route is sought for. */
struct seeking {
	struct ocs_lease *one;		/* strand s alone */
	const struct ocs_lease *l;	/* that it is of */
	unsigned int s;
	struct engine_books own;	/* what it gives back */
};

/* No other port of its ends than those that it has. */
static void close_ports(struct ocs_engine *e, const struct seeking *k)
{
	const struct ocs_circuit *c = &k->one->circuit[0];
	const struct ocs_member *m = k->one->member;
	int a = ocs_net_site(&e->net, c->a), z = ocs_net_site(&e->net, c->z);

	for (unsigned int i = 0; k->one->nmembers && i < e->net.nports; i++) {
		const struct ocs_port *port = &e->net.port[i];

		if (((int) port->site == a && m->port_a[0] &&
		     strcmp(port->name, m->port_a)) ||
		    ((int) port->site == z && m->port_z[0] &&
		     strcmp(port->name, m->port_z)))
			e->scratch.port[i].drained = true;
	}
}

/* Strands X and Y of L, of one circuit, are to be apart. */
static bool to_be_apart(const struct ocs_lease *l, unsigned int x,
			unsigned int y)
{
	struct ocs_strand a = ocs_strand_get(l, x), b = ocs_strand_get(l, y);
	const struct ocs_circuit *c = &l->circuit[a.circuit];
	unsigned int half = ocs_lease_members(l, a.circuit) / 2;

	if (a.circuit != b.circuit || !a.several)
		return false;
	if (c->protect == OCS_ONE_PLUS_ONE)
		return l->member[a.member].standby !=
		       l->member[b.member].standby;
	return c->protect == OCS_DIVERSE && (a.nth < half) != (b.nth < half);
}

/* No link that a strand uses from which this one is to be apart, nor one that
 * fails with it. */
static void close_shared(struct ocs_engine *e, const struct seeking *k)
{
	for (unsigned int s = 0; s < ocs_strands(k->l); s++) {
		if (s == k->s || !to_be_apart(k->l, k->s, s))
			continue;
		for (unsigned int j = 0; j < ocs_strand_nhops(k->l, s); j++) {
			int h = link_of(e, k->l, s, j);

			for (unsigned int i = 0; h >= 0 && i < e->net.nlinks;
			     i++)
				if (!ocs_links_apart(&e->net.link[h],
						     &e->net.link[i]))
					e->scratch.link[i].drained = true;
		}
	}
}

/* What there is room on, with what it gives back. APART: as its circuit
 * promises; ELSEWHERE: not over links that it has. */
static void room(struct ocs_engine *e, const struct seeking *k, bool apart,
		 bool elsewhere)
{
	const struct ocs_lease *one = k->one;
	int64_t now_s = ocs_clock_unix_ms() / 1000;
	int64_t end = engine_end_s(e, one);

	if (end < now_s + ENGINE_STEP_S)
		end = now_s + ENGINE_STEP_S;
	engine_room(e, one, now_s, end, now_s, &k->own);
	for (unsigned int j = 0; elsewhere && j < ocs_strand_nhops(k->l, k->s);
	     j++) {
		int h = link_of(e, k->l, k->s, j);

		if (h >= 0)
			e->scratch.link[h].drained = true;
	}
	if (apart)
		close_shared(e, k);
	close_ports(e, k);
	/* What is frozen or only observed can't be built on. */
	for (unsigned int i = 0; i < e->net.nlinks; i++)
		if (e->net.link[i].frozen ||
		    ocs_agent_conf_rules(e->conf, i)->mode == OCS_MODE_OBSERVE)
			e->scratch.link[i].drained = true;
}

/* It gets a route over what there is room on: as one strand still. */
static int seek(struct ocs_engine *e, struct seeking *k, struct ocs_error *err)
{
	if (engine_route(e, k->one, err) < 0)
		return -1;
	if (ocs_strands(k->one) == 1)
		return 0;
	return ocs_fail(err, OCS_BUSY, "it would need more than one signal");
}

/* What was asked for of a route. */
struct bounds {
	uint64_t latency_us, variation_us;
	uint32_t unavailable_ppb;
};

static void set_bounds(struct ocs_circuit *c, const struct bounds *b)
{
	c->max_latency_us = b->latency_us;
	c->max_delay_variation_us = b->variation_us;
	c->max_unavailable_ppb = b->unavailable_ppb;
}

/* Within BOUNDS if there is such a route, else without; of links
 * that it does not have now if there is one. */
static int search(struct ocs_engine *e, struct seeking *k,
		  const struct bounds *bounds, struct ocs_error *err)
{
	static const struct bounds none;
	int rc = -1;

	for (unsigned int step = 0; rc < 0 && step < 8; step++) {
		bool apart = step < 4, bound = step % 4 < 2;

		set_bounds(&k->one->circuit[0], bound ? bounds : &none);
		room(e, k, apart, step % 2 == 0);
		rc = seek(e, k, err);
	}
	return rc;
}

/* The route HOME, if it has room. */
static int go_home(struct ocs_engine *e, struct seeking *k,
		   const struct ocs_home *home, struct ocs_error *err)
{
	static const struct bounds none;

	room(e, k, false, false);
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		unsigned int j = 0;

		while (j < home->nhops &&
		       strcmp(home->hop[j], e->net.link[i].name))
			j++;
		if (j == home->nhops)
			e->scratch.link[i].drained = true;
	}
	set_bounds(&k->one->circuit[0], &none);
	return seek(e, k, err);
}

/* A lease of strand S alone on its next route, or NULL with ERR set. */
static struct ocs_lease *next_route(struct ocs_engine *e,
				    const struct engine_rec *rec,
				    unsigned int s, struct ocs_error *err)
{
	const struct engine_watch *w = rec->strand[s].watch;
	struct seeking k = { .l = rec->cur->lease, .s = s };
	struct bounds bounds;
	int rc = -1;

	if (!(k.one = alone(k.l, s))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	bounds = (struct bounds) {
		.latency_us = k.one->circuit[0].max_latency_us,
		.variation_us = k.one->circuit[0].max_delay_variation_us,
		.unavailable_ppb = ocs_strand_bound_ppb(&e->net, k.l, s),
	};
	if (engine_books_make(e, k.one, ocs_clock_unix_ms() / 1000, &k.own,
			      err) < 0)
		goto out;
	if (w && w->reverting && w->home.nhops)
		rc = go_home(e, &k, &w->home, err);
	if (rc < 0)
		rc = search(e, &k, &bounds, err);
	set_bounds(&k.one->circuit[0], &bounds);
	free(k.own.b);
out:
	if (rc == 0)
		return k.one;
	ocs_lease_destroy(k.one);
	return NULL;
}

/* The route of ONE, a lease of it alone, becomes that of strand S of L, which is
 * one of several. */
static int put_several(const struct ocs_engine *e, struct ocs_lease *l,
		       unsigned int s, const struct ocs_lease *one)
{
	struct ocs_strand st = ocs_strand_get(l, s);
	const struct ocs_circuit *from = &one->circuit[0];
	uint64_t worst_us = 0;

	if (ocs_strand_set_route(l, s, from->nhops, (const void *) from->hop,
				 from->latency_us) < 0)
		return -1;
	for (unsigned int j = 0; one->nmembers && j < OCS_HOPS_MAX; j++)
		l->member[st.member].wave[j] = one->member[0].wave[j];
	for (unsigned int k = 0; k < ocs_strands(l); k++)
		if (ocs_strand_get(l, k).circuit == st.circuit &&
		    engine_strand_variation(e, l, k) > worst_us)
			worst_us = engine_strand_variation(e, l, k);
	l->circuit[st.circuit].delay_variation_us = worst_us;
	return 0;
}

/* The same of the only one of its circuit. */
static int put_single(struct ocs_lease *l, unsigned int s,
		      const struct ocs_lease *one)
{
	unsigned int i = ocs_strand_get(l, s).circuit;
	struct ocs_circuit *c = &l->circuit[i];	/* copies are not packed */

	if (take_members(l, i, one, 0) < 0)
		return -1;
	c->nhops = one->circuit[0].nhops;
	memcpy(c->hop, one->circuit[0].hop, sizeof(c->hop));
	c->latency_us = one->circuit[0].latency_us;
	c->delay_variation_us = one->circuit[0].delay_variation_us;
	c->lit_bps = 0;
	return 0;
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
	    (ocs_strand_get(l, s).several ?
		     put_several(e, ch.next, s, one) :
		     put_single(ch.next, s, one)) < 0) {
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
