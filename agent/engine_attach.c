// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_attach - VLANs, and the programs that bring traffic onto circuits
 *
 *  DETACHED --the light is up--> ATTACHING --all ends--> ATTACHED
 *                                    |                      |
 *                a program failed,   +----> DETACHING <-----+ released
 *                or released                    |
 *  DETACHED <-----------all ends----------------+   then the light may go
 *
 * Without a program ATTACHING and DETACHING are passed at once. What is about
 * to be called is on stable storage first (I2), so that after any crash it is
 * called again; programs are idempotent. A program that fails to attach fails
 * the lease; one that fails to detach is called for ever: light and VLAN stay
 * booked (I1) and an operator is told. When a lit circuit's rate changes,
 * programs are told by another attach.
 *
 * Both ends of a circuit are called beside each other, but never one end while
 * a call of it runs. A VLAN is a lease's from its hold until it is gone, also
 * of a lease that begins later.
 */
#include "agent/engine_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/attach.h"
#include "agent/log.h"
#include "common/core/units.h"
#include "common/sys/clock.h"

enum goal { GOAL_NONE, GOAL_ATTACH, GOAL_DETACH };

/* What we are doing about one circuit's attachment. */
struct engine_attach {
	enum goal goal;
	uint64_t bps;		/* that attach tells */
	struct {
		uint64_t op;	/* a call under way; 0: none */
		bool done;	/* for this goal */
		struct ocs_hook_answer said;
	} end[2];
	uint64_t retry_ms;	/* monotonic */
	unsigned int tries;
	bool failing;		/* counted in the engine's nfailing */
};

/* ---- VLANs ---- */

static const struct ocs_attach_site *site_of(const struct ocs_engine *e,
					     const char *name, int *index)
{
	int i = e->conf->attach.n ? ocs_net_site(&e->net, name) : -1;

	if (index)
		*index = i;
	return i < 0 ? NULL : ocs_attach_sites_get(&e->conf->attach,
						   (unsigned int) i);
}

int engine_attach_init(struct ocs_engine *e)
{
	unsigned int n = e->conf->attach.n;
	const struct ocs_attach_site *site;

	if (n && !(e->vlan = calloc(n, sizeof(*e->vlan))))
		return -1;
	for (unsigned int i = 0; i < n; i++)
		if ((site = ocs_attach_sites_get(&e->conf->attach, i)) &&
		    site->pool && !(e->vlan[i] = calloc(OCS_VLAN_MAX + 1,
					  sizeof(*e->vlan[i]))))
			return -1;
	return 0;
}

void engine_attach_fini(struct ocs_engine *e)
{
	for (unsigned int i = 0; e->vlan && i < e->conf->attach.n; i++)
		free(e->vlan[i]);
	free(e->vlan);
}

static void count_at(struct ocs_engine *e, const char *site, unsigned int vlan,
		     bool more)
{
	int i;

	if (site_of(e, site, &i) && e->vlan[i])
		e->vlan[i][vlan] += more ? 1 : -1;
}

void engine_attach_count(struct ocs_engine *e, const struct ocs_lease *l,
			 bool more)
{
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		const struct ocs_circuit *c = &l->circuit[i];

		if (!c->at || !c->at->vlan || !ocs_circuit_booked(l, c))
			continue;
		count_at(e, c->a, c->at->vlan, more);
		count_at(e, c->z, c->at->vlan, more);
	}
}

/* One end that has a pool, or none. */
struct pool {
	const struct ocs_attach_site *site;
	const uint16_t *used;
};

static struct pool pool_of(const struct ocs_engine *e, const char *name)
{
	struct pool p = { NULL, NULL };
	int i;

	p.site = site_of(e, name, &i);
	if (!p.site || !p.site->pool)
		return (struct pool) { NULL, NULL };
	p.used = e->vlan[i];
	return p;
}

/* Of a site that has a pool; else -1. */
static int pool_index(const struct ocs_engine *e, const char *name)
{
	int i;

	return site_of(e, name, &i) && e->vlan[i] ? i : -1;
}

static bool is_free(const struct pool *p, unsigned int vlan)
{
	return !p->site || (ocs_vlans_has(&p->site->vlans, vlan) &&
			    !p->used[vlan]);
}

/* X ends at NAME, which has a pool. */
static bool ends_at(const struct ocs_engine *e, const struct ocs_circuit *x,
		    const char *name)
{
	return (!strcmp(x->a, name) || !strcmp(x->z, name)) &&
	       pool_index(e, name) >= 0;
}

/* Has a circuit of L before I, at the same site, VLAN? */
static bool taken_before(const struct ocs_engine *e,
			 const struct ocs_lease *l, unsigned int i,
			 unsigned int vlan)
{
	const struct ocs_circuit *c = &l->circuit[i];

	for (unsigned int j = 0; j < i; j++)
		if (l->circuit[j].at && l->circuit[j].at->vlan == vlan &&
		    (ends_at(e, &l->circuit[j], c->a) ||
		     ends_at(e, &l->circuit[j], c->z)))
			return true;
	return false;
}

static int no_vlan(const struct ocs_circuit *c, const struct pool *a,
		   const struct pool *z, struct ocs_error *err)
{
	if (a->site && z->site &&
	    !ocs_vlans_common(&a->site->vlans, &z->site->vlans)) {
		ocs_fail(err, OCS_RANGE,
			 "the VLANs of %s and %s have none in common", c->a,
			 c->z);
		return ocs_fail_reason(err, "OpticalVlan(%s-%s,none)", c->a,
				       c->z);
	}
	ocs_fail(err, OCS_BUSY, "no VLAN is free between %s and %s", c->a,
		 c->z);
	return ocs_fail_reason(err, "OpticalVlan(%s-%s,free=0)", c->a, c->z);
}

/* A VLAN for circuit I of L; WISH if it is free. The ones that were free
 * longest, that is after *LAST, come first: what is still under way then is
 * nobody's. */
static int choose(const struct ocs_engine *e, const struct ocs_lease *l,
		  unsigned int i, unsigned int wish, unsigned int *last,
		  uint16_t *vlan, struct ocs_error *err)
{
	const struct ocs_circuit *c = &l->circuit[i];
	struct pool a = pool_of(e, c->a), z = pool_of(e, c->z);
	unsigned int v = wish;

	*vlan = 0;
	if (!a.site && !z.site)
		return 0;
	for (unsigned int n = 0; n <= OCS_VLAN_MAX; n++) {
		if (v && is_free(&a, v) && is_free(&z, v) &&
		    !taken_before(e, l, i, v)) {
			*vlan = (uint16_t) v;
			if (v != wish)
				*last = v;
			return 0;
		}
		v = (*last + n) % OCS_VLAN_MAX + 1;
	}
	return no_vlan(c, &a, &z, err);
}

/* ---- what a lease is promised ---- */

static int fill_end(const struct ocs_attach_site *site, unsigned int vlan,
		    struct ocs_attach_end *end, struct ocs_error *err)
{
	if (!site)
		return 0;
	end->hook = site->by == OCS_BY_HOOK;
	if (!site->pool)
		vlan = 0;
	return ocs_attach_expand(site->interface, vlan, end->interface,
				 sizeof(end->interface), err) < 0 ||
	       ocs_attach_expand(site->prefix, vlan, end->prefix,
				 sizeof(end->prefix), err) < 0 ? -1 : 0;
}

/* Of two, 0: not known. */
static uint32_t least_mtu(uint32_t x, uint32_t y)
{
	return !x || (y && y < x) ? y : x;
}

static int plan(struct ocs_engine *e, struct ocs_lease *l, unsigned int i,
		struct ocs_error *err)
{
	struct ocs_circuit *c = &l->circuit[i];
	const struct ocs_attach_site *a = site_of(e, c->a, NULL);
	const struct ocs_attach_site *z = site_of(e, c->z, NULL);
	unsigned int wish = c->at ? c->at->vlan : 0;

	if (!a && !z) {
		free(c->at);
		c->at = NULL;
		return 0;
	}
	if (!c->at && !(c->at = malloc(sizeof(*c->at))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	memset(c->at, 0, sizeof(*c->at));
	if (choose(e, l, i, wish, &e->last_vlan, &c->at->vlan, err) < 0 ||
	    fill_end(a, c->at->vlan, &c->at->a, err) < 0 ||
	    fill_end(z, c->at->vlan, &c->at->z, err) < 0)
		return -1;
	c->at->mtu = least_mtu(c->mtu, least_mtu(a ? a->mtu : 0,
						 z ? z->mtu : 0));
	return 0;
}

int engine_attach_plan(struct ocs_engine *e, struct ocs_lease *l,
		       struct ocs_error *err)
{
	for (unsigned int i = 0; i < l->ncircuits; i++)
		if (plan(e, l, i, err) < 0)
			return -1;
	return 0;
}

/* ---- what would be promised ---- */

/* L's circuits, with attachments of AT[] that stand for a VLAN each. */
static void borrow(const struct ocs_lease *l, struct ocs_lease *copy,
		   struct ocs_circuit *circuit, struct ocs_attachment *at)
{
	*copy = *l;
	copy->circuit = circuit;
	memcpy(circuit, l->circuit, l->ncircuits * sizeof(*circuit));
	memset(at, 0, l->ncircuits * sizeof(*at));
	for (unsigned int i = 0; i < l->ncircuits; i++)
		circuit[i].at = &at[i];
}

int engine_attach_room(struct ocs_engine *e, const struct ocs_lease *l,
		       struct ocs_error *err)
{
	struct ocs_attachment at[OCS_CIRCUITS_MAX];
	struct ocs_circuit *circuit;
	unsigned int last = e->last_vlan;
	struct ocs_lease copy;
	int rc = 0;

	if (!e->conf->attach.n)
		return 0;
	if (!(circuit = malloc(l->ncircuits * sizeof(*circuit))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	borrow(l, &copy, circuit, at);
	for (unsigned int i = 0; rc == 0 && i < l->ncircuits; i++)
		rc = choose(e, &copy, i, 0, &last, &at[i].vlan, err);
	free(circuit);
	return rc;
}

/* When each VLAN of each site with a pool is free: of those that leases have. */
static void note_end(const struct ocs_engine *e, const struct engine_rec *r,
		     int64_t (*until)[OCS_VLAN_MAX + 1])
{
	const struct ocs_lease *l = r->cur->lease;
	int64_t end = r->books.n ? r->books.b[0].end_s : OCS_TIME_OPEN;

	for (unsigned int i = 0; i < l->ncircuits; i++) {
		const struct ocs_circuit *c = &l->circuit[i];
		int site[2] = { pool_index(e, c->a), pool_index(e, c->z) };

		if (!c->at || !c->at->vlan || !ocs_circuit_booked(l, c))
			continue;
		for (int k = 0; k < 2; k++)
			if (site[k] >= 0 && until[site[k]][c->at->vlan] < end)
				until[site[k]][c->at->vlan] = end;
	}
}

/* The VLAN that is free first for circuit I of L; it is not after that. */
static int64_t first_free(const struct ocs_engine *e,
			  const struct ocs_lease *l, unsigned int i,
			  int64_t (*until)[OCS_VLAN_MAX + 1])
{
	const struct ocs_circuit *c = &l->circuit[i];
	struct pool a = pool_of(e, c->a), z = pool_of(e, c->z);
	int at_a = pool_index(e, c->a), at_z = pool_index(e, c->z);
	int64_t best = OCS_TIME_OPEN;
	unsigned int which = 0;

	if (!a.site && !z.site)
		return 0;
	for (unsigned int v = 1; v <= OCS_VLAN_MAX; v++) {
		int64_t s = a.site ? until[at_a][v] : 0;

		if ((a.site && !ocs_vlans_has(&a.site->vlans, v)) ||
		    (z.site && !ocs_vlans_has(&z.site->vlans, v)))
			continue;
		if (z.site && until[at_z][v] > s)
			s = until[at_z][v];
		if (s < best) {
			best = s;
			which = v;
		}
	}
	if (at_a >= 0)
		until[at_a][which] = OCS_TIME_OPEN;
	if (at_z >= 0)
		until[at_z][which] = OCS_TIME_OPEN;
	return best;
}

int64_t engine_attach_free_s(const struct ocs_engine *e,
			     const struct ocs_lease *l)
{
	int64_t (*until)[OCS_VLAN_MAX + 1], latest = 0;

	if (!e->conf->attach.n)
		return 0;
	until = calloc(e->conf->attach.n, sizeof(*until));
	if (!until)
		return OCS_TIME_OPEN;
	for (unsigned int b = 0; b < e->nbuckets; b++)
		for (struct engine_rec *r = e->bucket[b]; r; r = r->hash_next)
			note_end(e, r, until);
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		int64_t s = first_free(e, l, i, until);

		if (s > latest)
			latest = s;
	}
	free(until);
	return latest;
}

/* ---- the arrows ---- */

bool engine_attach_due(const struct ocs_lease *l, unsigned int i)
{
	const struct ocs_circuit *c = &l->circuit[i];

	return c->at && c->at->state == OCS_DETACHED && engine_lit_wanted(l) &&
	       c->prov == OCS_PROVISIONED && c->data == OCS_UP;
}

void engine_attach_begin(struct engine_change *ch, unsigned int i)
{
	bool hook = ocs_attach_by_hook(ch->next->circuit[i].at);

	engine_change_attach(ch, i, hook ? OCS_ATTACHING : OCS_ATTACHED, "");
	ch->settle |= hook;
}

void engine_attach_away(struct engine_change *ch, const char *cause)
{
	for (unsigned int i = 0; i < ch->next->ncircuits; i++) {
		const struct ocs_attachment *at = ch->next->circuit[i].at;

		if (!at || (at->state != OCS_ATTACHING &&
			    at->state != OCS_ATTACHED))
			continue;
		engine_change_attach(ch, i, ocs_attach_by_hook(at) ?
				     OCS_DETACHING : OCS_DETACHED, cause);
		ch->settle = true;
	}
}

bool engine_attach_keeps(const struct ocs_lease *l, unsigned int i)
{
	const struct ocs_attachment *at = l->circuit[i].at;

	return !engine_lit_wanted(l) && at && at->state != OCS_DETACHED;
}

static enum goal goal_of(const struct ocs_lease *l, unsigned int i)
{
	const struct ocs_circuit *c = &l->circuit[i];

	if (!ocs_attach_by_hook(c->at))
		return GOAL_NONE;
	switch (c->at->state) {
	case OCS_ATTACHING:
		return GOAL_ATTACH;
	case OCS_DETACHING:
		return GOAL_DETACH;
	case OCS_ATTACHED:	/* the network has it; do programs know? */
		return c->at->told_bps != c->granted_bps &&
		       c->prov == OCS_PROVISIONED &&
		       (!c->lit_bps || c->lit_bps == c->granted_bps) ?
		       GOAL_ATTACH : GOAL_NONE;
	case OCS_DETACHED:
		break;
	}
	return GOAL_NONE;
}

bool engine_attach_todo(const struct ocs_lease *l)
{
	for (unsigned int i = 0; i < l->ncircuits; i++)
		if (goal_of(l, i) != GOAL_NONE)
			return true;
	return false;
}

/* ---- calling ---- */

static void failing(struct ocs_engine *e, struct engine_attach *ea, bool is)
{
	if (ea->failing != is)
		e->nfailing += is ? 1 : -1U;
	ea->failing = is;
}

static void later(struct ocs_engine *e, struct engine_rec *rec,
		  unsigned int i)
{
	struct engine_attach *ea = &rec->attach[i];
	uint64_t wait = ENGINE_RETRY_MS;

	for (unsigned int n = ea->tries; n && wait < ENGINE_RETRY_MAX_MS; n--)
		wait *= 2;
	if (wait > ENGINE_RETRY_MAX_MS)
		wait = ENGINE_RETRY_MAX_MS;
	ea->tries++;
	ea->retry_ms = ocs_clock_mono_ms() + wait;
	engine_timer(e, ea->retry_ms);
}

/* It did not work, and must: again after a while, and say so. */
static void again(struct ocs_engine *e, struct engine_rec *rec, unsigned int i,
		  const char *cause)
{
	const struct ocs_circuit *c = &rec->cur->lease->circuit[i];
	struct engine_change ch;
	struct ocs_error err;

	later(e, rec, i);
	failing(e, &rec->attach[i], true);
	ocs_log("attach-retry", "lease=%s circuit=%s-%s state=%s tries=%u cause=%s",
		rec->cur->lease->id, c->a, c->z,
		ocs_attach_name(c->at->state), rec->attach[i].tries,
		ocs_quote(cause).text);
	if (!strncmp(c->at->cause, cause, sizeof(c->at->cause) - 1))
		return;
	if (engine_change_begin(&ch, rec, rec->cur->lease, &err) == 0) {
		snprintf(ch.next->circuit[i].at->cause,
			 sizeof(ch.next->circuit[i].at->cause), "%s", cause);
		engine_change_note_circuit(&ch, i, "attachment",
					   ocs_attach_name(c->at->state),
					   cause);
		if (engine_change_apply(e, &ch, NULL, &err) == 0)
			return;
	}
	ocs_log("ledger-error", "lease=%s cause=%s", rec->cur->lease->id,
		ocs_quote(err.text).text);
}

static void call_end(struct ocs_engine *e, struct engine_rec *rec,
		     unsigned int i, bool z)
{
	const struct ocs_lease *l = rec->cur->lease;
	const struct ocs_circuit *c = &l->circuit[i];
	const char *name = z ? c->z : c->a;
	const struct ocs_attach_site *site = site_of(e, name, NULL);
	struct engine_attach *ea = &rec->attach[i];
	struct ocs_attach_call call = {
		.z = z, .attach = ea->goal == GOAL_ATTACH,
		.op = ++e->last_op,
	};
	char cause[160];

	if (!site || site->by != OCS_BY_HOOK) {
		snprintf(cause, sizeof(cause),
			 "Attach=hook of site %.63s is gone from opticald.conf",
			 name);
		again(e, rec, i, cause);
		return;
	}
	snprintf(call.id, sizeof(call.id), "%.32s.%u", l->id, i & 0xff);
	call.program = site->program;
	call.timeout_ms = site->timeout_ms;
	call.text = ocs_wire_encode_hook(l, i, z, call.attach);
	if (!e->attacher)	/* we are about to end */
		free(call.text);
	if (!e->attacher || !call.text ||
	    ocs_attacher_call(e->attacher, &call) < 0)
		later(e, rec, i);
	else
		ea->end[z].op = call.op;
}

static bool is_hook(const struct ocs_attachment *at, bool z)
{
	return z ? at->z.hook : at->a.hook;
}

static void step(struct ocs_engine *e, struct engine_rec *rec, unsigned int i,
		 uint64_t now)
{
	const struct ocs_circuit *c = &rec->cur->lease->circuit[i];
	struct engine_attach *ea = &rec->attach[i];
	enum goal goal = goal_of(rec->cur->lease, i);

	if (ea->end[0].op || ea->end[1].op)	/* first hear of these */
		return;
	if (ea->goal != goal ||
	    (goal == GOAL_ATTACH && ea->bps != c->granted_bps)) {
		failing(e, ea, false);
		memset(ea, 0, sizeof(*ea));
		ea->goal = goal;
		ea->bps = c->granted_bps;
	}
	if (goal == GOAL_NONE)
		return;
	if (ea->retry_ms > now) {
		engine_timer(e, ea->retry_ms);
		return;
	}
	/* Programs change gateways: they wait as the network does. */
	if (engine_frozen(e, rec->cur->lease, i)) {
		ea->retry_ms = now + ENGINE_RETRY_MS;
		engine_timer(e, ea->retry_ms);
		return;
	}
	for (int z = 0; z < 2; z++)	/* a call may make another version */
		if (is_hook(rec->cur->lease->circuit[i].at, z) &&
		    !ea->end[z].done)
			call_end(e, rec, i, z);
}

void engine_attach_step(struct ocs_engine *e, struct engine_rec *rec,
			uint64_t now)
{
	unsigned int n = rec->cur->lease->ncircuits;

	if (!rec->attach && !engine_attach_todo(rec->cur->lease))
		return;
	if (!rec->attach && !(rec->attach = calloc(n, sizeof(*rec->attach)))) {
		engine_todo_later(e, rec);
		engine_timer(e, now + ENGINE_RETRY_MS);
		return;
	}
	for (unsigned int i = 0; i < n; i++)
		step(e, rec, i, now);
}

void engine_attach_overdue(struct ocs_engine *e, struct engine_rec *rec,
			   uint64_t now, uint64_t *at_ms)
{
	for (unsigned int i = 0; rec->attach &&
				 i < rec->cur->lease->ncircuits; i++) {
		const struct engine_attach *ea = &rec->attach[i];

		if (ea->goal == GOAL_NONE || ea->end[0].op || ea->end[1].op)
			continue;
		if (ea->retry_ms > now && ea->retry_ms < *at_ms)
			*at_ms = ea->retry_ms;
		else if (ea->retry_ms && ea->retry_ms <= now)
			engine_todo(e, rec);
	}
}

void engine_attach_drop(struct ocs_engine *e, struct engine_rec *rec)
{
	for (unsigned int i = 0; rec->attach &&
				 i < rec->cur->lease->ncircuits; i++)
		failing(e, &rec->attach[i], false);
	free(rec->attach);
	rec->attach = NULL;
}

/* ---- answers ---- */

static void told(struct ocs_attach_end *end, const struct ocs_hook_answer *said)
{
	if (said->interface[0])
		strcpy(end->interface, said->interface);
	if (said->prefix[0])
		strcpy(end->prefix, said->prefix);
}

/* All programs of circuit I have done what EA wants. */
static void reached(struct ocs_engine *e, struct engine_rec *rec,
		    unsigned int i)
{
	struct engine_attach *ea = &rec->attach[i];
	char text[64], rate[OCS_RATE_TEXT_MAX];
	struct ocs_attachment *at;
	struct engine_change ch;
	struct ocs_error err;

	if (engine_change_begin(&ch, rec, rec->cur->lease, &err) < 0)
		goto fail;
	at = ch.next->circuit[i].at;
	at->cause[0] = '\0';
	at->told_bps = ea->goal == GOAL_ATTACH ? ea->bps : 0;
	if (ea->goal == GOAL_ATTACH) {
		told(&at->a, &ea->end[0].said);
		told(&at->z, &ea->end[1].said);
	}
	if (ea->goal == GOAL_ATTACH && at->state == OCS_ATTACHED) {
		snprintf(text, sizeof(text), "told %s",
			 ocs_rate_format(ea->bps, rate));
		engine_change_note_circuit(&ch, i, "attachment",
					   ocs_attach_name(at->state), text);
	} else {
		engine_change_attach(&ch, i, ea->goal == GOAL_ATTACH ?
				     OCS_ATTACHED : OCS_DETACHED, "");
	}
	if (engine_change_apply(e, &ch, NULL, &err) < 0)
		goto fail;
	failing(e, ea, false);
	ea->tries = 0;
	return;
fail:
	ocs_log("ledger-error", "lease=%s cause=%s", rec->cur->lease->id,
		ocs_quote(err.text).text);
	ea->end[0].done = ea->end[1].done = false;
	later(e, rec, i);
}

static void failed(struct ocs_engine *e, struct engine_rec *rec,
		   unsigned int i, const struct ocs_attach_call *call,
		   enum ocs_attach_end_of how, const char *cause)
{
	const struct ocs_lease *l = rec->cur->lease;
	const struct ocs_circuit *c = &l->circuit[i];
	char text[256];

	snprintf(text, sizeof(text), "%s at %.63s: %.150s",
		 call->attach ? "attach" : "detach", call->z ? c->z : c->a,
		 cause);
	if (c->at->state == OCS_ATTACHING && !l->active_ms)
		engine_circuit_fail(e, rec, i, how == OCS_ATTACH_REFUSED ?
				    OCS_BLAME_REFUSED : OCS_BLAME_FAULT,
				    text);
	else
		again(e, rec, i, text);
}

static void answered(struct ocs_engine *e, struct engine_rec *rec,
		     unsigned int i, const struct ocs_attach_call *call,
		     enum ocs_attach_end_of how,
		     const struct ocs_hook_answer *answer, const char *cause)
{
	const struct ocs_circuit *c = &rec->cur->lease->circuit[i];
	struct engine_attach *ea = &rec->attach[i];
	enum goal goal = goal_of(rec->cur->lease, i);

	if (goal != ea->goal || (goal == GOAL_ATTACH) != call->attach ||
	    (goal == GOAL_ATTACH && ea->bps != c->granted_bps))
		return;		/* something else is wanted by now */
	if (how != OCS_ATTACH_DONE) {
		failed(e, rec, i, call, how, cause);
		return;
	}
	ea->end[call->z].done = true;
	ea->end[call->z].said = *answer;
	if ((!c->at->a.hook || ea->end[0].done) &&
	    (!c->at->z.hook || ea->end[1].done))
		reached(e, rec, i);
}

void engine_attach_done(void *arg, const struct ocs_attach_call *call,
			enum ocs_attach_end_of how,
			const struct ocs_hook_answer *answer,
			const char *cause)
{
	struct ocs_engine *e = arg;
	struct engine_rec *rec;
	unsigned int i;

	pthread_mutex_lock(&e->lock);
	engine_stats_attach(e, call->attach, how);
	rec = engine_rec_of_service(e, call->id, &i);
	if (rec && rec->attach && rec->attach[i].end[call->z].op == call->op) {
		rec->attach[i].end[call->z].op = 0;
		answered(e, rec, i, call, how, answer, cause);
		engine_todo(e, rec);
	}
	pthread_mutex_unlock(&e->lock);
}
