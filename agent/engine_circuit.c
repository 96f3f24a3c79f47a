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
 *      REMOVE --> LOOK --absent--> RELEASED
 *
 *  PROVISIONED at another rate than granted
 *      RESIZE --done--> the new rate; refused upwards: the old rate is granted
 *
 * Looking comes before creating and after every end of it, so that a crash
 * anywhere is healed by looking again; all driver calls are idempotent. A
 * lease that once was ACTIVE does not fail: its circuits are tried again.
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

static void service_of(const struct ocs_lease *l, unsigned int i,
		       struct ocs_service *svc)
{
	const struct ocs_circuit *c = &l->circuit[i];

	memset(svc, 0, sizeof(*svc));
	snprintf(svc->id, sizeof(svc->id), "%s.%u", l->id, i);
	strcpy(svc->a, c->a);
	strcpy(svc->z, c->z);
	svc->rate_bps = c->granted_bps;
	svc->nhops = c->nhops;
	memcpy(svc->hop, c->hop, c->nhops * sizeof(svc->hop[0]));
}

/* The rec and circuit of service ID, or NULL. */
struct engine_rec *engine_rec_of_service(struct ocs_engine *e, const char *id,
					 unsigned int *i)
{
	char lease[OCS_LEASE_ID_MAX];
	struct engine_rec *rec;
	char *end;

	if (strlen(id) < OCS_LEASE_ID_MAX + 1 ||
	    id[OCS_LEASE_ID_MAX - 1] != '.')
		return NULL;
	memcpy(lease, id, OCS_LEASE_ID_MAX - 1);
	lease[OCS_LEASE_ID_MAX - 1] = '\0';
	*i = (unsigned int) strtoul(id + OCS_LEASE_ID_MAX, &end, 10);
	rec = *end ? NULL : engine_rec_find(e, lease);
	return rec && *i < rec->cur->lease->ncircuits ? rec : NULL;
}

/* There is something to do about circuit I. */
static bool wants_step(const struct ocs_lease *l, unsigned int i)
{
	return engine_lit_wanted(l) || l->circuit[i].prov != OCS_RELEASED;
}

static void issue(struct ocs_engine *e, struct engine_rec *rec, unsigned int i,
		  uint64_t now)
{
	const struct ocs_driver_ops *ops = e->drv->ops;
	struct engine_circuit *ec = &rec->circuit[i];
	struct ocs_service svc;

	service_of(rec->cur->lease, i, &svc);
	ec->op = ++e->last_op;
	ec->kind = ec->next;
	ec->deadline_ms = now + ENGINE_OP_TIMEOUT_MS;
	engine_timer(e, ec->deadline_ms);
	switch (ec->kind) {
	case NEXT_CREATE:
		OCS_POINT("driver.create");
		ops->create(e->drv, &svc, ec->op, engine_driver_done, e);
		return;
	case NEXT_REMOVE:
		OCS_POINT("driver.remove");
		ops->remove(e->drv, &svc, ec->op, engine_driver_done, e);
		return;
	case NEXT_RESIZE:	/* only where the driver can */
		OCS_POINT("driver.resize");
		ops->resize(e->drv, &svc, ec->op, engine_driver_done, e);
		return;
	case NEXT_LOOK:
	case NEXT_NONE:
		break;
	}
	OCS_POINT("driver.look");
	ops->look(e->drv, &svc, ec->op, engine_driver_done, e);
}

void engine_step(struct ocs_engine *e, struct engine_rec *rec, uint64_t now)
{
	const struct ocs_lease *l = rec->cur->lease;

	if (rec->seq > e->settled_seq)	/* I2: the disk first */
		return;
	engine_todo_drop(rec);
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		struct engine_circuit *ec = &rec->circuit[i];

		if (ec->op || ec->next == NEXT_NONE || !wants_step(l, i))
			continue;
		if (ec->retry_ms > now)
			engine_timer(e, ec->retry_ms);
		else
			issue(e, rec, i, now);
	}
}

void engine_redirect(struct ocs_engine *e, struct engine_rec *rec,
		     unsigned int i, enum engine_next next)
{
	struct engine_circuit *ec = &rec->circuit[i];

	memset(ec, 0, sizeof(*ec));
	ec->next = next;
	engine_todo(e, rec);
}

static void then(struct ocs_engine *e, struct engine_rec *rec, unsigned int i,
		 enum engine_next next)
{
	rec->circuit[i].next = next;
	rec->circuit[i].retry_ms = 0;
	engine_todo(e, rec);
}

/* Do NEXT after a while that grows with each try. */
static void later(struct ocs_engine *e, struct engine_rec *rec, unsigned int i,
		  enum engine_next next)
{
	struct engine_circuit *ec = &rec->circuit[i];
	uint64_t wait = ENGINE_RETRY_MS;

	for (unsigned int n = ec->tries; n && wait < ENGINE_RETRY_MAX_MS; n--)
		wait *= 2;
	if (wait > ENGINE_RETRY_MAX_MS)
		wait = ENGINE_RETRY_MAX_MS;
	ec->tries++;
	ec->next = next;
	ec->retry_ms = ocs_clock_mono_ms() + wait;
	engine_todo(e, rec);
}

/* The ledger refused what the network shows: look again later. */
static void not_written(struct ocs_engine *e, struct engine_rec *rec,
			unsigned int i, const struct ocs_error *err)
{
	ocs_log("ledger-error", "lease=%s cause=%s", rec->cur->lease->id,
		ocs_quote(err->text).text);
	later(e, rec, i, NEXT_LOOK);
}

/* Circuit I could not be set up: the lease fails as a whole (I6). */
static void fail_lease(struct ocs_engine *e, struct engine_rec *rec,
		       unsigned int i, enum ocs_blame blame, const char *cause)
{
	struct engine_change ch;
	struct ocs_error err;

	if (engine_change_begin(&ch, rec, rec->cur->lease, &err) < 0) {
		not_written(e, rec, i, &err);
		return;
	}
	engine_change_resv(&ch, OCS_FAILED, cause);
	ch.next->blame = blame;
	ch.next->ended_ms = ch.now_ms;
	snprintf(ch.next->cause, sizeof(ch.next->cause), "%s", cause);
	if (blame == OCS_BLAME_FAULT)
		engine_change_prov(&ch, i, OCS_UNKNOWN, cause);
	for (unsigned int j = 0; j < ch.next->ncircuits; j++)
		if (ch.next->circuit[j].prov != OCS_RELEASED)
			engine_change_prov(&ch, j, OCS_RELEASING,
					   j == i ? cause : "lease failed");
	ch.settle = true;
	if (engine_change_apply(e, &ch, NULL, &err) < 0) {
		not_written(e, rec, i, &err);
		return;
	}
	for (unsigned int j = 0; j < rec->cur->lease->ncircuits; j++)
		engine_redirect(e, rec, j,
				j == i && blame == OCS_BLAME_REFUSED ?
				NEXT_LOOK : NEXT_REMOVE);
}

static bool resizing(const struct ocs_circuit *c)
{
	return c->lit_bps && c->lit_bps != c->granted_bps;
}

/* Write PROV and DATA of circuit I, then do NEXT. */
static void found(struct ocs_engine *e, struct engine_rec *rec, unsigned int i,
		  enum ocs_prov prov, enum ocs_data data, const char *cause,
		  enum engine_next next)
{
	const struct ocs_circuit *c = &rec->cur->lease->circuit[i];
	struct engine_change ch;
	struct ocs_error err;

	/* A resize that a look has interrupted is still to be done. */
	if (next == NEXT_NONE && prov == OCS_PROVISIONED && resizing(c))
		next = NEXT_RESIZE;
	rec->circuit[i].next = next;
	if (c->prov != prov || c->data != data) {
		if (engine_change_begin(&ch, rec, rec->cur->lease, &err) < 0) {
			not_written(e, rec, i, &err);
			return;
		}
		if (prov == OCS_PROVISIONED && !c->lit_bps)
			ch.next->circuit[i].lit_bps = c->granted_bps;
		if (prov == OCS_RELEASED)
			ch.next->circuit[i].lit_bps = 0;
		engine_change_prov(&ch, i, prov, cause);
		engine_change_data(&ch, i, data, cause);
		if (engine_change_apply(e, &ch, NULL, &err) < 0) {
			not_written(e, rec, i, &err);
			return;
		}
	}
	if (next != NEXT_NONE)
		then(e, rec, i, next);
	else
		rec->circuit[i].tries = 0;
}

static void looked_for_light(struct ocs_engine *e, struct engine_rec *rec,
			     unsigned int i, enum ocs_light light)
{
	const struct ocs_lease *l = rec->cur->lease;
	const struct ocs_circuit *c = &l->circuit[i];

	switch (light) {
	case OCS_LIGHT_LIT:
		found(e, rec, i, OCS_PROVISIONED, OCS_UP, "", NEXT_NONE);
		return;
	case OCS_LIGHT_DARK:
		if (!l->active_ms) {
			fail_lease(e, rec, i, OCS_BLAME_FAULT,
				   "found dark after its set-up");
		} else if (c->prov == OCS_PROVISIONED) {
			found(e, rec, i, OCS_PROVISIONED, OCS_DOWN,
			      "found dark", NEXT_NONE);
		} else {
			later(e, rec, i, NEXT_REMOVE);
		}
		return;
	case OCS_LIGHT_ABSENT:
		found(e, rec, i, OCS_PROVISIONING, OCS_DOWN,
		      c->prov == OCS_PROVISIONED ?
		      "not found in the network" : "", NEXT_CREATE);
		return;
	case OCS_LIGHT_BUILDING:
		then(e, rec, i, NEXT_CREATE);	/* joins it */
		return;
	case OCS_LIGHT_TEARING:
		break;
	}
	later(e, rec, i, NEXT_LOOK);
}

static void look_done(struct ocs_engine *e, struct engine_rec *rec,
		      unsigned int i, enum ocs_light light)
{
	if (engine_lit_wanted(rec->cur->lease)) {
		looked_for_light(e, rec, i, light);
	} else if (light == OCS_LIGHT_ABSENT) {
		found(e, rec, i, OCS_RELEASED, OCS_DOWN, "", NEXT_NONE);
	} else if (rec->circuit[i].tries) {
		later(e, rec, i, NEXT_REMOVE);
	} else {
		rec->circuit[i].tries = 1;
		then(e, rec, i, NEXT_REMOVE);
	}
}

static void create_done(struct ocs_engine *e, struct engine_rec *rec,
			unsigned int i, enum ocs_outcome outcome,
			const char *cause)
{
	bool once_active = rec->cur->lease->active_ms;

	if (outcome == OCS_DRV_DONE) {
		then(e, rec, i, NEXT_LOOK);	/* read back */
	} else if (outcome == OCS_DRV_LOST || outcome == OCS_DRV_ABORTED) {
		later(e, rec, i, NEXT_LOOK);
	} else if (once_active) {
		ocs_log("retry", "lease=%s circuit=%s-%s cause=%s",
			rec->cur->lease->id, rec->cur->lease->circuit[i].a,
			rec->cur->lease->circuit[i].z, ocs_quote(cause).text);
		later(e, rec, i, outcome == OCS_DRV_REFUSED ? NEXT_LOOK :
		      NEXT_REMOVE);
	} else {
		fail_lease(e, rec, i, outcome == OCS_DRV_REFUSED ?
			   OCS_BLAME_REFUSED : OCS_BLAME_FAULT, cause);
	}
}

/* The network carries what is granted now, or won't: then what it carries is
 * what is granted. */
static void resize_done(struct ocs_engine *e, struct engine_rec *rec,
			unsigned int i, enum ocs_outcome outcome,
			const char *cause)
{
	const struct ocs_circuit *c = &rec->cur->lease->circuit[i];
	struct engine_change ch;
	struct ocs_error err;
	char text[256], rate[OCS_RATE_TEXT_MAX];

	if (outcome != OCS_DRV_DONE &&
	    (outcome != OCS_DRV_REFUSED || c->lit_bps > c->granted_bps)) {
		later(e, rec, i, NEXT_RESIZE);
		return;
	}
	if (engine_change_begin(&ch, rec, rec->cur->lease, &err) < 0) {
		not_written(e, rec, i, &err);
		return;
	}
	c = &ch.next->circuit[i];
	if (outcome == OCS_DRV_DONE) {
		ch.next->circuit[i].lit_bps = c->granted_bps;
		snprintf(text, sizeof(text), "resized to %s",
			 ocs_rate_format(c->granted_bps, rate));
	} else {
		ch.next->circuit[i].granted_bps = c->lit_bps;
		ch.next->version++;
		snprintf(text, sizeof(text), "stays at %s: %.200s",
			 ocs_rate_format(c->lit_bps, rate), cause);
	}
	engine_change_note_circuit(&ch, i, "provisioning",
				   ocs_prov_name(c->prov), text);
	ch.settle = true;
	if (engine_change_apply(e, &ch, NULL, &err) < 0)
		not_written(e, rec, i, &err);
}

static void op_done(struct ocs_engine *e, struct engine_rec *rec,
		    unsigned int i, enum ocs_outcome outcome,
		    enum ocs_light light, const char *cause)
{
	struct engine_circuit *ec = &rec->circuit[i];

	engine_stats_op(e, ec->kind, outcome);
	ec->op = 0;
	ec->next = NEXT_NONE;
	if (!wants_step(rec->cur->lease, i))
		return;
	switch (ec->kind) {
	case NEXT_CREATE:
		create_done(e, rec, i, outcome, cause);
		break;
	case NEXT_REMOVE:	/* believed only after looking */
		if (outcome == OCS_DRV_DONE)
			then(e, rec, i, NEXT_LOOK);
		else
			later(e, rec, i, NEXT_LOOK);
		break;
	case NEXT_RESIZE:
		resize_done(e, rec, i, outcome, cause);
		break;
	case NEXT_LOOK:
	case NEXT_NONE:
		if (outcome == OCS_DRV_DONE)
			look_done(e, rec, i, light);
		else
			later(e, rec, i, NEXT_LOOK);
	}
}

void engine_driver_done(void *arg, const char *id, uint64_t op,
			enum ocs_outcome outcome, enum ocs_light light,
			const char *cause)
{
	struct ocs_engine *e = arg;
	struct engine_rec *rec;
	unsigned int i;

	OCS_POINT("driver.answer");
	pthread_mutex_lock(&e->lock);
	rec = engine_rec_of_service(e, id, &i);
	if (rec && rec->circuit[i].op == op)	/* else: overtaken */
		op_done(e, rec, i, outcome, light, cause);
	pthread_mutex_unlock(&e->lock);
	OCS_POINT("driver.answered");
}

void engine_overdue(struct ocs_engine *e, struct engine_rec *rec,
		    uint64_t now, uint64_t *at_ms)
{
	for (unsigned int i = 0; i < rec->cur->lease->ncircuits; i++) {
		struct engine_circuit *ec = &rec->circuit[i];

		if (ec->op && ec->deadline_ms <= now) {
			ocs_log("driver-silent", "lease=%s circuit=%u",
				rec->cur->lease->id, i);
			op_done(e, rec, i, OCS_DRV_LOST, OCS_LIGHT_ABSENT,
				"the driver did not answer");
		}
		if (ec->op && ec->deadline_ms < *at_ms)
			*at_ms = ec->deadline_ms;
		if (!ec->op && ec->retry_ms > now && ec->retry_ms < *at_ms)
			*at_ms = ec->retry_ms;
		if (!ec->op && ec->next != NEXT_NONE && ec->retry_ms <= now)
			engine_todo(e, rec);
	}
}

void engine_driver_service(void *arg, const char *id, enum ocs_light light,
			   const char *cause)
{
	struct ocs_engine *e = arg;
	struct engine_rec *rec;
	struct ocs_circuit *c;
	unsigned int i;

	OCS_POINT("driver.service");
	pthread_mutex_lock(&e->lock);
	rec = engine_rec_of_service(e, id, &i);
	if (!rec) {
		/* Never removed by itself: the ledger may be an old one. */
		engine_stray(e, id, light != OCS_LIGHT_ABSENT);
		goto out;
	}
	c = &rec->cur->lease->circuit[i];
	if (!engine_lit_wanted(rec->cur->lease) || c->prov != OCS_PROVISIONED)
		goto out;
	if (light == OCS_LIGHT_LIT)
		found(e, rec, i, OCS_PROVISIONED, OCS_UP, cause,
		      rec->circuit[i].next);
	else if (light == OCS_LIGHT_DARK)
		found(e, rec, i, OCS_PROVISIONED, OCS_DOWN, cause,
		      rec->circuit[i].next);
	else
		engine_redirect(e, rec, i, NEXT_LOOK);
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
