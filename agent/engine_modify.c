// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_modify - a lease is made longer, shorter, later, wider or narrower
 *
 * All of a change or nothing. Room is asked for only where more is taken than
 * before. A lease that is not lit may find other routes; one that is lit keeps
 * its own and is resized by the driver: what is more is booked first, what is
 * less is booked until the network has let go of it.
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "common/core/units.h"
#include "common/sys/clock.h"

static int check_begun(const struct ocs_lease *l, const struct ocs_modify *mod,
		       struct ocs_error *err)
{
	if (l->resv != OCS_HELD && l->resv != OCS_COMMITTED)
		return ocs_fail(err, OCS_CONFLICT, "lease %s has ended (%s)",
				l->id, l->cause[0] ? l->cause :
				ocs_resv_name(l->resv));
	if (mod->has_version && mod->version != l->version)
		return ocs_fail(err, OCS_CONFLICT,
				"lease %s has version %" PRIu32 ", not %" PRIu32,
				l->id, l->version, mod->version);
	if (mod->has_start && mod->start_s != l->start_s &&
	    l->sched != OCS_WAITING)
		return ocs_fail(err, OCS_CONFLICT,
				"lease %s has begun: its start can't be changed",
				l->id);
	return 0;
}

static int check_times(const struct ocs_lease *old, const struct ocs_lease *l,
		       int64_t now_s, struct ocs_error *err)
{
	int64_t from = l->start_s > now_s ? l->start_s : now_s;

	if (l->start_s != old->start_s && l->start_s <= now_s)
		return ocs_fail(err, OCS_RANGE,
				"start_s: a time after now is expected");
	if (l->end_s && l->end_s <= from &&
	    (l->end_s != old->end_s || l->start_s != old->start_s))
		return ocs_fail(err, OCS_RANGE,
				"end_s: a time after %s is expected, or 0",
				from == now_s ? "now" : "start_s");
	return 0;
}

/* May the circuits of L, which are or become lit, have another rate? */
static int check_rate(struct ocs_engine *e, const struct ocs_lease *l,
		      struct ocs_error *err)
{
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		const struct ocs_circuit *c = &l->circuit[i];

		if (c->prov == OCS_RELEASED)
			continue;
		if (!e->drv->ops->resize)
			return ocs_fail(err, OCS_CONFLICT,
					"driver %s can't resize a circuit that is lit",
					e->drv->ops->name);
		if (c->prov != OCS_PROVISIONED ||
		    (c->lit_bps && c->lit_bps != c->granted_bps))
			return ocs_fail(err, OCS_CONFLICT,
					"circuit %s-%s is being set up or resized: try again",
					c->a, c->z);
	}
	return 0;
}

static bool lit(const struct ocs_lease *l)
{
	for (unsigned int i = 0; i < l->ncircuits; i++)
		if (l->circuit[i].prov != OCS_RELEASED)
			return true;
	return false;
}

/* NEXT = LEASE changed by MOD; true if it is another. */
static bool make(struct ocs_lease *next, const struct ocs_modify *mod)
{
	bool other = false;

	if (mod->has_start && mod->start_s != next->start_s) {
		next->start_s = mod->start_s;
		other = true;
	}
	if (mod->has_end && mod->end_s != next->end_s) {
		next->end_s = mod->end_s;
		other = true;
	}
	for (unsigned int i = 0; mod->has_rate && i < next->ncircuits; i++) {
		struct ocs_circuit *c = &next->circuit[i];

		if (c->granted_bps == mod->rate_bps)
			continue;
		if (c->prov != OCS_RELEASED && !c->lit_bps)
			c->lit_bps = c->granted_bps;
		c->granted_bps = mod->rate_bps;
		if (c->requested_bps < mod->rate_bps)
			c->requested_bps = mod->rate_bps;
		other = true;
	}
	return other;
}

/* Is there room for NEXT in place of REC? Routes of what is not lit may
 * change. */
static int check_room(struct ocs_engine *e, struct engine_rec *rec,
		      struct ocs_lease *next, int64_t now_s,
		      struct ocs_error *err)
{
	struct engine_books books;
	int64_t start, end;
	int rc;

	if (engine_books_make(e, next, now_s, &books, err) < 0)
		return -1;
	rc = ocs_calendar_check(e->cal, rec->books.b, rec->books.n, books.b,
				books.n, err);
	free(books.b);
	if (rc == 0 || err->code != OCS_BUSY || lit(next))
		return rc;
	start = next->start_s > now_s ? next->start_s : now_s;
	end = engine_end_s(e, next);
	if (end < start + ENGINE_STEP_S)
		end = start + ENGINE_STEP_S;
	engine_room(e, next, start, end, now_s, &rec->books);
	return engine_route(e, next, err);
}

static void describe(const struct ocs_modify *mod, const char *who,
		     char *text, size_t size)
{
	char rate[OCS_RATE_TEXT_MAX];
	size_t n = (size_t) snprintf(text, size, "modified by %s:", who);

	if (mod->has_start)
		n += (size_t) snprintf(text + n, size - n,
				       " start_s=%" PRId64, mod->start_s);
	if (mod->has_end)
		n += (size_t) snprintf(text + n, size - n, " end_s=%" PRId64,
				       mod->end_s);
	if (mod->has_rate)
		snprintf(text + n, size - n, " rate=%s",
			 ocs_rate_format(mod->rate_bps, rate));
}

static int modify(struct ocs_engine *e, const char *id,
		  const struct ocs_modify *mod, const char *who,
		  struct engine_rec **out, bool *changed,
		  struct ocs_error *err)
{
	const struct ocs_lease *l;
	struct engine_change ch;
	struct engine_rec *rec;
	char cause[200];

	*changed = false;
	if (engine_find_one(e, id, &rec, err) < 0)
		return -1;
	l = rec->cur->lease;
	if ((mod->has_epoch &&
	     engine_check_epoch(e, l->cluster, mod->controller_epoch,
				err) < 0) ||
	    check_begun(l, mod, err) < 0 ||
	    engine_change_begin(&ch, rec, l, err) < 0)
		return -1;
	*out = rec;
	if (!make(ch.next, mod)) {
		engine_change_drop(&ch);
		return 0;
	}
	if (check_times(l, ch.next, ch.now_ms / 1000, err) < 0 ||
	    (mod->has_rate && check_rate(e, l, err) < 0) ||
	    check_room(e, rec, ch.next, ch.now_ms / 1000, err) < 0) {
		engine_change_drop(&ch);
		return -1;
	}
	ch.next->version = (l->version ? l->version : 1) + 1;
	if (mod->has_epoch)
		ch.next->controller_epoch = mod->controller_epoch;
	describe(mod, who, cause, sizeof(cause));
	engine_change_note(&ch, "reservation", ocs_resv_name(l->resv), cause);
	ch.settle = true;
	rec->retry_s = 0;
	if (engine_change_apply(e, &ch, NULL, err) < 0)
		return -1;
	l = rec->cur->lease;
	for (unsigned int s = 0; s < ocs_strands(l); s++) {
		const struct ocs_circuit *c =
			&l->circuit[ocs_strand_get(l, s).circuit];

		if (c->prov == OCS_PROVISIONED && c->lit_bps &&
		    c->lit_bps != c->granted_bps)
			engine_redirect(e, rec, s, NEXT_RESIZE);
	}
	*changed = true;
	return 0;
}

int ocs_engine_modify(struct ocs_engine *e, const char *id,
		      const struct ocs_modify *mod, const char *who,
		      struct ocs_lease_ref **ref, bool *changed,
		      uint64_t *seq, struct ocs_error *err)
{
	struct engine_rec *rec;
	int rc;

	*seq = 0;
	pthread_mutex_lock(&e->lock);
	rc = modify(e, id, mod, who, &rec, changed, err);
	if (rc == 0) {
		*seq = rec->seq;
		*ref = ocs_lease_ref_get(rec->cur);
	}
	pthread_mutex_unlock(&e->lock);
	return rc;
}
