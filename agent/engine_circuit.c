// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_circuit - from what a lease wants to what the network shows
 *
 *  wanted lit (COMMITTED)
 *      LOOK --absent--> CREATE --done--> LOOK --lit--> PROVISIONED, UP
 *        +---lit--------------------------------------^
 *      refused: the lease FAILED, LOOK whether something was built after all
 *      fault:   the lease FAILED, UNKNOWN, REMOVE
 *  wanted dark (FAILED, TERMINATED, and not yet RELEASED)
 *      REMOVE, once it is detached --> LOOK --absent--> RELEASED
 *
 *  PROVISIONED at another rate than granted
 *      RESIZE --done--> the new rate; refused upwards: the old rate is granted
 *
 * Looking comes before creating and after every end of it, so that a crash
 * anywhere is healed by looking again; all driver calls are idempotent. A
 * lease that once was ACTIVE does not fail: its circuits are tried again.
 * Before the driver is told to change anything, engine_gate.c is asked.
 * I6: the first circuit that fails takes the others down with it.
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "agent/point.h"
#include "common/core/units.h"
#include "common/sys/clock.h"

/* The first of a circuit has the name that the circuit had when it was set up
 * as one: what an older agent lit is known again. */
void engine_service_id(const struct ocs_lease *l, unsigned int s,
		       char id[static OCS_SERVICE_ID_MAX])
{
	struct ocs_strand st = ocs_strand_get(l, s);
	int n = snprintf(id, OCS_SERVICE_ID_MAX, "%s.%hu", l->id,
			 (unsigned short) st.circuit);

	if (st.nth)
		snprintf(id + n, OCS_SERVICE_ID_MAX - (size_t) n, "m%hu",
			 (unsigned short) (st.nth + 1));
}

void engine_service_of(const struct ocs_lease *l, unsigned int s,
		       struct ocs_service *svc)
{
	struct ocs_strand st = ocs_strand_get(l, s);
	const struct ocs_circuit *c = &l->circuit[st.circuit];
	const struct ocs_member *m = st.member < 0 ? NULL :
				     &l->member[st.member];

	memset(svc, 0, sizeof(*svc));
	engine_service_id(l, s, svc->id);
	strcpy(svc->a, c->a);
	strcpy(svc->z, c->z);
	if (m && m->port_a[0])
		svc->port_a = m->port_a;
	if (m && m->port_z[0])
		svc->port_z = m->port_z;
	svc->rate_bps = ocs_strand_bps(l, s, c->granted_bps);
	svc->nhops = ocs_strand_nhops(l, s);
	for (unsigned int j = 0; j < svc->nhops; j++)
		strcpy(svc->hop[j], ocs_strand_hop(l, s, j));
}

/* The strand of L that the rest of a service's id, I[mN], names, or -1. */
static int strand_named(const struct ocs_lease *l, const char *rest)
{
	unsigned long i, n = 1;
	char *end;

	i = strtoul(rest, &end, 10);
	if (*end == 'm' && (n = strtoul(end + 1, &end, 10)) < 2)
		return -1;
	if (*end || i >= l->ncircuits || n > OCS_MEMBERS_MAX)
		return -1;
	return ocs_strand_find(l, (unsigned int) i, (unsigned int) n - 1);
}

/* The rec and strand of service ID, or NULL. */
struct engine_rec *engine_rec_of_service(struct ocs_engine *e, const char *id,
					 unsigned int *s)
{
	char lease[OCS_LEASE_ID_MAX];
	struct engine_rec *rec;
	int found;

	if (strlen(id) < OCS_LEASE_ID_MAX + 1 ||
	    id[OCS_LEASE_ID_MAX - 1] != '.')
		return NULL;
	memcpy(lease, id, OCS_LEASE_ID_MAX - 1);
	lease[OCS_LEASE_ID_MAX - 1] = '\0';
	if (!(rec = engine_rec_find(e, lease)))
		return NULL;
	found = strand_named(rec->cur->lease, id + OCS_LEASE_ID_MAX);
	*s = found < 0 ? 0 : (unsigned int) found;
	return found < 0 ? NULL : rec;
}

/* There is something to do about strand S. */
static bool wants_step(const struct ocs_lease *l, unsigned int s)
{
	return engine_lit_wanted(l) || ocs_strand_prov(l, s) != OCS_RELEASED;
}

static void issue(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		  uint64_t now)
{
	const struct ocs_driver_ops *ops = e->drv->ops;
	struct engine_strand *es = &rec->strand[s];
	struct ocs_service svc;

	engine_service_of(rec->cur->lease, s, &svc);
	es->op = ++e->last_op;
	es->kind = es->next;
	es->deadline_ms = now + (e->conf->driver_timeout_ms ?
				  e->conf->driver_timeout_ms :
				  OCS_DRIVER_TIMEOUT_S * 1000);
	engine_timer(e, es->deadline_ms);
	ocs_log_debug("driver", "service=%s operation=%s time_ms=%" PRId64,
		      svc.id, es->kind == NEXT_CREATE ? "create" :
		      es->kind == NEXT_REMOVE ? "remove" :
		      es->kind == NEXT_RESIZE ? "resize" : "look",
		      ocs_clock_unix_ms());
	switch (es->kind) {
	case NEXT_CREATE:
		OCS_POINT("driver.create");
		ops->create(e->drv, &svc, es->op, engine_driver_done, e);
		return;
	case NEXT_REMOVE:
		OCS_POINT("driver.remove");
		ops->remove(e->drv, &svc, es->op, engine_driver_done, e);
		return;
	case NEXT_RESIZE:	/* only where the driver can */
		OCS_POINT("driver.resize");
		ops->resize(e->drv, &svc, es->op, engine_driver_done, e);
		return;
	case NEXT_LOOK:
	case NEXT_NONE:
		break;
	}
	OCS_POINT("driver.look");
	ops->look(e->drv, &svc, es->op, engine_driver_done, e);
}

void engine_step(struct ocs_engine *e, struct engine_rec *rec, uint64_t now)
{
	enum engine_gate_answer may;

	if (rec->seq > e->settled_seq)	/* I2: the disk first */
		return;
	engine_todo_drop(rec);
	engine_attach_step(e, rec, now);
	if (rec->seq > e->settled_seq) {
		engine_todo_later(e, rec);
		return;
	}
	for (unsigned int s = 0; s < ocs_strands(rec->cur->lease); s++) {
		const struct ocs_lease *l = rec->cur->lease;
		struct engine_strand *es = &rec->strand[s];

		if (es->op || es->next == NEXT_NONE || !wants_step(l, s) ||
		    (es->next == NEXT_REMOVE &&
		     engine_attach_keeps(l, ocs_strand_get(l, s).circuit)))
			continue;
		if (es->retry_ms > now) {
			engine_timer(e, es->retry_ms);
			continue;
		}
		may = engine_gate_ask(e, rec, s, now);
		if (may == ENGINE_GATE_GO)
			issue(e, rec, s, now);
		else if (may == ENGINE_GATE_GONE)
			return;		/* it begins anew */
	}
}

bool engine_restoring(const struct ocs_lease *l, unsigned int s)
{
	return engine_lit_wanted(l) && l->active_ms &&
	       ocs_strand_data(l, s) != OCS_UP;
}

void engine_redirect(struct ocs_engine *e, struct engine_rec *rec,
		     unsigned int s, enum engine_next next)
{
	struct engine_strand *es = &rec->strand[s];

	struct engine_watch *watch = es->watch;
	struct engine_seen *seen = es->seen;

	engine_gate_done(e, es);
	memset(es, 0, sizeof(*es));
	es->watch = watch;
	es->seen = seen;
	es->next = next;
	engine_todo(e, rec);
}

static void then(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		 enum engine_next next)
{
	rec->strand[s].next = next;
	rec->strand[s].retry_ms = 0;
	engine_todo(e, rec);
}

void engine_later(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		  enum engine_next next)
{
	struct engine_strand *es = &rec->strand[s];
	uint64_t wait = ENGINE_RETRY_MS;

	for (unsigned int n = es->tries; n && wait < ENGINE_RETRY_MAX_MS; n--)
		wait *= 2;
	if (wait > ENGINE_RETRY_MAX_MS)
		wait = ENGINE_RETRY_MAX_MS;
	es->tries++;
	es->next = next;
	es->retry_ms = ocs_clock_mono_ms() + wait;
	engine_todo(e, rec);
}

/* The ledger refused what the network shows: look again later. */
static void not_written(struct ocs_engine *e, struct engine_rec *rec,
			unsigned int s, const struct ocs_error *err)
{
	ocs_log("ledger-error", "lease=%s cause=%s", rec->cur->lease->id,
		ocs_quote(err->text).text);
	engine_later(e, rec, s, NEXT_LOOK);
}

void engine_circuit_fail(struct ocs_engine *e, struct engine_rec *rec,
			 unsigned int s, enum ocs_blame blame,
			 const char *cause)
{
	unsigned int i = ocs_strand_get(rec->cur->lease, s).circuit;
	const struct ocs_attachment *at = rec->cur->lease->circuit[i].at;
	bool lit = at && at->state == OCS_ATTACHING;
	struct engine_change ch;
	struct ocs_error err;

	if (engine_change_begin(&ch, rec, rec->cur->lease, &err) < 0) {
		not_written(e, rec, s, &err);
		return;
	}
	engine_change_resv(&ch, OCS_FAILED, cause);
	ch.next->blame = blame;
	ch.next->ended_ms = ch.now_ms;
	snprintf(ch.next->cause, sizeof(ch.next->cause), "%s", cause);
	if (blame == OCS_BLAME_FAULT && !lit)
		engine_change_prov(&ch, s, OCS_UNKNOWN, cause);
	if (ocs_strand_prov(ch.next, s) != OCS_RELEASED)
		engine_change_prov(&ch, s, OCS_RELEASING, cause);
	engine_change_away(&ch, "lease failed");
	engine_attach_away(&ch, cause);
	ch.settle = true;
	if (engine_change_apply(e, &ch, NULL, &err) < 0) {
		not_written(e, rec, s, &err);
		return;
	}
	for (unsigned int j = 0; j < ocs_strands(rec->cur->lease); j++)
		engine_redirect(e, rec, j, blame == OCS_BLAME_NONE ||
				(j == s && blame == OCS_BLAME_REFUSED &&
				 !lit) ?
				NEXT_LOOK : NEXT_REMOVE);
}

static bool resizing(const struct ocs_circuit *c)
{
	return c->lit_bps && c->lit_bps != c->granted_bps;
}

/* Write PROV and DATA of strand S, then do NEXT. */
static void found(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		  enum ocs_prov prov, enum ocs_data data, const char *cause,
		  enum engine_next next)
{
	const struct ocs_lease *l = rec->cur->lease;
	unsigned int i = ocs_strand_get(l, s).circuit;
	struct engine_change ch;
	struct ocs_circuit *c;
	struct ocs_error err;

	/* A resize that a look has interrupted is still to be done. */
	if (next == NEXT_NONE && prov == OCS_PROVISIONED &&
	    resizing(&l->circuit[i]) && !rec->strand[s].resized)
		next = NEXT_RESIZE;
	rec->strand[s].next = next;
	if (ocs_strand_prov(l, s) != prov || ocs_strand_data(l, s) != data ||
	    engine_attach_due(l, i)) {
		if (engine_change_begin(&ch, rec, l, &err) < 0) {
			not_written(e, rec, s, &err);
			return;
		}
		engine_change_prov(&ch, s, prov, cause);
		engine_change_data(&ch, s, data, cause);
		engine_change_circuits(e, &ch);
		c = &ch.next->circuit[i];
		if (c->prov == OCS_PROVISIONED && !c->lit_bps)
			c->lit_bps = c->granted_bps;
		if (c->prov == OCS_RELEASED)
			c->lit_bps = 0;
		if (engine_attach_due(ch.next, i))
			engine_attach_begin(&ch, i);
		if (engine_change_apply(e, &ch, NULL, &err) < 0) {
			not_written(e, rec, s, &err);
			return;
		}
		if (engine_attach_todo(rec->cur->lease))
			engine_todo(e, rec);
	}
	if (prov == OCS_RELEASED) {
		engine_watch_free(e, rec, s, true);
		engine_seen_free(&rec->strand[s]);
	}
	if (next != NEXT_NONE)
		then(e, rec, s, next);
	else
		rec->strand[s].tries = rec->strand[s].said_done = 0;
}

/* Where strand S goes, its circuit is no longer what it was promised to be:
 * WHY. */
static bool not_promised(const struct ocs_engine *e, const struct ocs_lease *l,
			 unsigned int s, char why[static 256])
{
	unsigned int i = ocs_strand_get(l, s).circuit;
	char text[160];

	if (ocs_strands_diverse(&e->net, l, i, text) &&
	    ocs_strand_available(&e->net, l, s, text) &&
	    ocs_strands_available(&e->net, l, i, text))
		return false;
	snprintf(why, 256, "%s", text);
	return true;
}

/* Strand S shines: is it what was asked for? Of one that was in use, what its
 * circuit is worth is said of that: engine_change_circuits(). */
static void found_lit(struct ocs_engine *e, struct engine_rec *rec,
		      unsigned int s)
{
	enum engine_fit fit;
	char why[256] = "";

	fit = engine_read_back(e, rec, s, why);
	if (fit == ENGINE_FITS && !rec->cur->lease->active_ms &&
	    not_promised(e, rec->cur->lease, s, why))
		fit = ENGINE_BREAKS;
	if (fit == ENGINE_FITS)
		engine_light(e, rec, s, true, "");
	else if (!rec->cur->lease->active_ms)
		engine_circuit_fail(e, rec, s, OCS_BLAME_FAULT, why);
	else
		found(e, rec, s, OCS_PROVISIONED, OCS_IMPAIRED, why,
		      NEXT_NONE);
	if (fit == ENGINE_NO_ROOM && rec->cur->lease->resv == OCS_COMMITTED)
		engine_later(e, rec, s, NEXT_LOOK);	/* others may leave */
}

/* Strand S is not there: set it up; but a controller that says so again and
 * again without doing it is not asked for ever. */
static void found_absent(struct ocs_engine *e, struct engine_rec *rec,
			 unsigned int s)
{
	const struct ocs_lease *l = rec->cur->lease;
	unsigned int said = rec->strand[s].said_done;
	enum ocs_prov prov = ocs_strand_prov(l, s);
	const char *cause = prov == OCS_PROVISIONED ?
			    "not found in the network" : "";

	if (l->active_ms && (prov == OCS_RELEASING ||
			     engine_restore_elsewhere(e, rec, s))) {
		engine_restore_absent(e, rec, s);
		return;
	}
	if (said >= ENGINE_SAID_DONE_MAX && !l->active_ms) {
		engine_circuit_fail(e, rec, s, OCS_BLAME_FAULT,
				    "said to be set up, but not there");
		return;
	}
	found(e, rec, s, OCS_PROVISIONING, l->active_ms ? OCS_RESTORING :
	      OCS_DOWN, cause, NEXT_CREATE);
	if (said && rec->strand[s].next == NEXT_CREATE)
		engine_later(e, rec, s, NEXT_CREATE);
}

void engine_circuit_judge(struct ocs_engine *e, struct engine_rec *rec,
			  unsigned int s)
{
	const struct ocs_lease *l = rec->cur->lease;
	enum ocs_data data = ocs_strand_data(l, s);

	if (engine_lit_wanted(l) && ocs_strand_prov(l, s) == OCS_PROVISIONED &&
	    (data == OCS_UP || data == OCS_IMPAIRED) &&
	    !rec->strand[s].op && rec->strand[s].next == NEXT_NONE &&
	    engine_restore_calm(rec, s))
		found_lit(e, rec, s);
}

void engine_found_lit(struct ocs_engine *e, struct engine_rec *rec,
		      unsigned int s, enum ocs_data data, const char *cause)
{
	found(e, rec, s, OCS_PROVISIONED, data, cause, rec->strand[s].next);
}

static void looked_for_light(struct ocs_engine *e, struct engine_rec *rec,
			     unsigned int s, enum ocs_light light)
{
	const struct ocs_lease *l = rec->cur->lease;
	enum ocs_prov prov = ocs_strand_prov(l, s);

	switch (light) {
	case OCS_LIGHT_LIT:
		found_lit(e, rec, s);
		return;
	case OCS_LIGHT_DARK:
		if (!l->active_ms) {
			engine_circuit_fail(e, rec, s, OCS_BLAME_FAULT,
					    "found dark after its set-up");
		} else if (prov == OCS_PROVISIONED) {
			engine_light(e, rec, s, false, "found dark");
		} else {
			engine_later(e, rec, s, NEXT_REMOVE);
		}
		return;
	case OCS_LIGHT_ABSENT:
		found_absent(e, rec, s);
		return;
	case OCS_LIGHT_BUILDING:	/* or only a part of it is there */
		if (prov == OCS_PROVISIONED)
			found(e, rec, s, OCS_PROVISIONED, OCS_DOWN,
			      "found not whole", NEXT_CREATE);
		else if (prov == OCS_RELEASING)
			engine_later(e, rec, s, NEXT_REMOVE);
		else
			then(e, rec, s, NEXT_CREATE);	/* joins it */
		return;
	case OCS_LIGHT_TEARING:
		break;
	}
	engine_later(e, rec, s, NEXT_LOOK);
}

static void look_done(struct ocs_engine *e, struct engine_rec *rec,
		      unsigned int s, enum ocs_light light)
{
	if (engine_lit_wanted(rec->cur->lease)) {
		looked_for_light(e, rec, s, light);
	} else if (light == OCS_LIGHT_ABSENT) {
		found(e, rec, s, OCS_RELEASED, OCS_DOWN, "", NEXT_NONE);
	} else if (rec->strand[s].tries) {
		engine_later(e, rec, s, NEXT_REMOVE);
	} else {
		rec->strand[s].tries = 1;
		then(e, rec, s, NEXT_REMOVE);
	}
}

static void create_done(struct ocs_engine *e, struct engine_rec *rec,
			unsigned int s, enum ocs_outcome outcome,
			const char *cause)
{
	bool once_active = rec->cur->lease->active_ms;
	char id[OCS_SERVICE_ID_MAX];

	if (outcome == OCS_DRV_DONE) {
		rec->strand[s].said_done++;
		then(e, rec, s, NEXT_LOOK);	/* read back */
	} else if (outcome == OCS_DRV_LOST || outcome == OCS_DRV_ABORTED) {
		engine_later(e, rec, s, NEXT_LOOK);
	} else if (once_active) {
		engine_service_id(rec->cur->lease, s, id);
		ocs_log("retry", "lease=%s service=%s cause=%s",
			rec->cur->lease->id, id, ocs_quote(cause).text);
		engine_later(e, rec, s, outcome == OCS_DRV_REFUSED ? NEXT_LOOK :
		      NEXT_REMOVE);
	} else {
		engine_circuit_fail(e, rec, s, outcome == OCS_DRV_REFUSED ?
				    OCS_BLAME_REFUSED : OCS_BLAME_FAULT,
				    cause);
	}
}

/* ---- another rate ---- */

/* Strand S of circuit I carries what is granted, and so do all others. */
static bool all_resized(struct engine_rec *rec, unsigned int i)
{
	for (unsigned int s = 0; s < ocs_strands(rec->cur->lease); s++)
		if (ocs_strand_get(rec->cur->lease, s).circuit == i &&
		    !rec->strand[s].resized)
			return false;
	return true;
}

/* Some of circuit I's strands may carry more than they did. */
static bool some_resized(struct engine_rec *rec, unsigned int i,
			 unsigned int but)
{
	for (unsigned int s = 0; s < ocs_strands(rec->cur->lease); s++)
		if (s != but &&
		    ocs_strand_get(rec->cur->lease, s).circuit == i &&
		    (rec->strand[s].resized ||
		     (rec->strand[s].op && rec->strand[s].kind == NEXT_RESIZE)))
			return true;
	return false;
}

/* RATE_BPS of it is in the ledger, or is to be granted again. */
static bool write_rate(struct ocs_engine *e, struct engine_rec *rec,
		       unsigned int s, bool granted, uint64_t lit_bps,
		       const char *text)
{
	unsigned int i = ocs_strand_get(rec->cur->lease, s).circuit;
	struct engine_change ch;
	struct ocs_circuit *c;
	struct ocs_error err;

	if (engine_change_begin(&ch, rec, rec->cur->lease, &err) < 0) {
		not_written(e, rec, s, &err);
		return false;
	}
	c = &ch.next->circuit[i];
	if (!granted) {
		c->granted_bps = c->lit_bps;
		ch.next->version++;
	}
	c->lit_bps = lit_bps;
	engine_change_note_circuit(&ch, i, "provisioning",
				   ocs_prov_name(c->prov), text);
	ch.settle = true;
	if (engine_change_apply(e, &ch, NULL, &err) < 0) {
		not_written(e, rec, s, &err);
		return false;
	}
	if (engine_attach_todo(rec->cur->lease))
		engine_todo(e, rec);
	return true;
}

/* Each strand of circuit I is told its rate (once more). */
static void resize_all(struct ocs_engine *e, struct engine_rec *rec,
		       unsigned int i)
{
	for (unsigned int s = 0; s < ocs_strands(rec->cur->lease); s++)
		if (ocs_strand_get(rec->cur->lease, s).circuit == i)
			engine_redirect(e, rec, s, NEXT_RESIZE);
}

/* The network carries what is granted now, or won't: then what it carried is
 * what is granted, and strands that carry more go back. */
static void resize_done(struct ocs_engine *e, struct engine_rec *rec,
			unsigned int s, enum ocs_outcome outcome,
			const char *cause)
{
	unsigned int i = ocs_strand_get(rec->cur->lease, s).circuit;
	const struct ocs_circuit *c = &rec->cur->lease->circuit[i];
	uint64_t granted = c->granted_bps, lit = c->lit_bps;
	char text[256], rate[OCS_RATE_TEXT_MAX];
	bool back;

	if (outcome != OCS_DRV_DONE &&
	    (outcome != OCS_DRV_REFUSED || lit > granted)) {
		engine_later(e, rec, s, NEXT_RESIZE);
		return;
	}
	if (outcome == OCS_DRV_DONE) {
		rec->strand[s].resized = true;
		if (!all_resized(rec, i))
			return;
		snprintf(text, sizeof(text), "resized to %s",
			 ocs_rate_format(granted, rate));
		if (!write_rate(e, rec, s, true, granted, text)) {
			rec->strand[s].resized = false;
			return;
		}
		for (s = 0; s < ocs_strands(rec->cur->lease); s++)
			if (ocs_strand_get(rec->cur->lease, s).circuit == i)
				rec->strand[s].resized = false;
		return;
	}
	snprintf(text, sizeof(text), "stays at %s: %.200s",
		 ocs_rate_format(lit, rate), cause);
	back = some_resized(rec, i, s);
	if (write_rate(e, rec, s, false, back ? granted : lit, text) && back)
		resize_all(e, rec, i);
}

static void op_done(struct ocs_engine *e, struct engine_rec *rec,
		    unsigned int s, enum ocs_outcome outcome,
		    enum ocs_light light, const char *cause)
{
	struct engine_strand *es = &rec->strand[s];

	engine_stats_op(e, es->kind, outcome);
	engine_gate_done(e, es);
	es->op = 0;
	es->next = NEXT_NONE;
	if (!wants_step(rec->cur->lease, s))
		return;
	switch (es->kind) {
	case NEXT_CREATE:
		create_done(e, rec, s, outcome, cause);
		break;
	case NEXT_REMOVE:	/* believed only after looking */
		if (outcome == OCS_DRV_DONE)
			then(e, rec, s, NEXT_LOOK);
		else
			engine_later(e, rec, s, NEXT_LOOK);
		break;
	case NEXT_RESIZE:
		resize_done(e, rec, s, outcome, cause);
		break;
	case NEXT_LOOK:
	case NEXT_NONE:
		if (outcome == OCS_DRV_DONE)
			look_done(e, rec, s, light);
		else
			engine_later(e, rec, s, NEXT_LOOK);
	}
}

void engine_driver_done(void *arg, const char *id, uint64_t op,
			enum ocs_outcome outcome, enum ocs_light light,
			const char *cause)
{
	struct ocs_engine *e = arg;
	struct engine_rec *rec;
	unsigned int s;

	OCS_POINT("driver.answer");
	pthread_mutex_lock(&e->lock);
	rec = engine_rec_of_service(e, id, &s);
	if (rec && rec->strand[s].op == op)	/* else: overtaken */
		op_done(e, rec, s, outcome, light, cause);
	pthread_mutex_unlock(&e->lock);
	OCS_POINT("driver.answered");
}

void engine_overdue(struct ocs_engine *e, struct engine_rec *rec,
		    uint64_t now, uint64_t *at_ms)
{
	engine_attach_overdue(e, rec, now, at_ms);
	for (unsigned int s = 0; s < ocs_strands(rec->cur->lease); s++) {
		struct engine_strand *es = &rec->strand[s];
		char id[OCS_SERVICE_ID_MAX];

		if (es->op && es->deadline_ms <= now) {
			engine_service_id(rec->cur->lease, s, id);
			ocs_log("driver-silent", "lease=%s service=%s",
				rec->cur->lease->id, id);
			op_done(e, rec, s, OCS_DRV_LOST, OCS_LIGHT_ABSENT,
				"the driver did not answer");
		}
		if (es->op && es->deadline_ms < *at_ms)
			*at_ms = es->deadline_ms;
		engine_restore_tick(e, rec, s, now, at_ms);
		engine_figure_tick(e, rec, s);
		if (!es->op && es->retry_ms > now && es->retry_ms < *at_ms)
			*at_ms = es->retry_ms;
		if (!es->op && es->next != NEXT_NONE && es->retry_ms <= now)
			engine_todo(e, rec);
	}
}

void engine_driver_service(void *arg, const char *id, enum ocs_light light,
			   const char *cause)
{
	struct ocs_engine *e = arg;
	struct engine_rec *rec;
	enum ocs_prov prov;
	unsigned int s;

	OCS_POINT("driver.service");
	pthread_mutex_lock(&e->lock);
	rec = engine_rec_of_service(e, id, &s);
	if (!rec) {
		/* Never removed by itself: the ledger may be an old one. */
		engine_stray(e, id, light != OCS_LIGHT_ABSENT);
		goto out;
	}
	prov = ocs_strand_prov(rec->cur->lease, s);
	if (!engine_lit_wanted(rec->cur->lease))
		goto out;
	/* About to be restored, it came back by itself. */
	if (prov == OCS_RELEASING && light == OCS_LIGHT_LIT &&
	    !rec->strand[s].op)
		engine_redirect(e, rec, s, NEXT_LOOK);
	if (prov != OCS_PROVISIONED)
		goto out;
	if (light == OCS_LIGHT_DARK ||
	    (light == OCS_LIGHT_LIT && !e->drv->ops->real))
		engine_light(e, rec, s, light == OCS_LIGHT_LIT, cause);
	else	/* lit: perhaps by another route */
		engine_redirect(e, rec, s, NEXT_LOOK);
out:
	pthread_mutex_unlock(&e->lock);
}

void engine_driver_link(void *arg, const char *name, bool down)
{
	struct ocs_engine *e = arg;
	int l;

	OCS_POINT("driver.link");
	pthread_mutex_lock(&e->lock);
	l = ocs_net_link(&e->net, name);
	if (l >= 0 && e->net.link[l].down != down) {
		e->net.link[l].down = down;
		ocs_log("link", "link=%s data_plane=%s", name,
			down ? "DOWN" : "UP");
		engine_bump(e);
	}
	pthread_mutex_unlock(&e->lock);
}
