// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_freeze - what operators say in the moment: freeze, approve, deny
 *
 * A freeze is in the ledger before it is answered.
 */
#include "agent/engine_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "common/sys/clock.h"
#include "common/wire/wire_gate.h"

/* The ledger's document of the freeze of everything. */
#define ALL "*"

/* ---- freeze ---- */

static bool strand_frozen(const struct ocs_engine *e,
			  const struct ocs_lease *l, unsigned int s)
{
	for (unsigned int j = 0; j < ocs_strand_nhops(l, s); j++) {
		int link = engine_link(e, ocs_strand_hop(l, s, j));

		if (link >= 0 && e->net.link[link].frozen)
			return true;
	}
	return false;
}

bool engine_frozen(const struct ocs_engine *e, const struct ocs_lease *l,
		   unsigned int i)
{
	if (e->gate.all.frozen)
		return true;
	for (unsigned int s = 0; e->gate.nfrozen && s < ocs_strands(l); s++)
		if (ocs_strand_get(l, s).circuit == i &&
		    strand_frozen(e, l, s))
			return true;
	return false;
}

static void show_frozen(struct ocs_engine *e)
{
	e->gate.nfrozen = 0;
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		e->net.link[i].frozen = e->gate.all.frozen ||
					e->gate.link[i].frozen;
		e->gate.nfrozen += e->net.link[i].frozen;
	}
}

static int freeze(struct ocs_engine *e, const struct ocs_freeze *want,
		  const char *who, uint64_t *seq, struct ocs_error *err)
{
	int link = *want->link ? engine_link(e, want->link) : -1;
	struct ocs_freeze *f, next = *want;
	char *json;
	int rc;

	if (*want->link && link < 0)
		return ocs_fail(err, OCS_NOT_FOUND, "there is no link '%s'",
				want->link);
	f = link < 0 ? &e->gate.all : &e->gate.link[link];
	next.since_ms = f->frozen ? f->since_ms : ocs_clock_unix_ms();
	snprintf(next.who, sizeof(next.who), "%s", who);
	if (!(json = ocs_wire_encode_freeze(&next)))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	rc = engine_doc_settle(e, "freeze", link < 0 ? ALL : want->link,
			       want->frozen ? json : NULL, seq, err);
	free(json);
	if (rc < 0)
		return -1;
	*f = next;
	show_frozen(e);
	ocs_log(want->frozen ? "freeze" : "unfreeze",
		"link=%s by=%s why=%s", link < 0 ? "all" : want->link,
		ocs_quote(who).text, ocs_quote(want->why).text);
	e->todo = true;
	pthread_cond_signal(&e->wake);
	engine_timer(e, 0);
	engine_bump(e);
	return 0;
}

int ocs_engine_freeze(struct ocs_engine *e, const struct ocs_freeze *want,
		      const char *who, uint64_t *seq, struct ocs_error *err)
{
	int rc;

	*seq = 0;
	pthread_mutex_lock(&e->lock);
	rc = freeze(e, want, who, seq, err);
	pthread_mutex_unlock(&e->lock);
	return rc;
}

int ocs_engine_freezes(struct ocs_engine *e, struct ocs_freeze **list,
		       unsigned int *n, struct ocs_error *err)
{
	*n = 0;
	pthread_mutex_lock(&e->lock);
	*list = calloc(e->net.nlinks + 1, sizeof(**list));
	if (*list && e->gate.all.frozen)
		(*list)[(*n)++] = e->gate.all;
	for (unsigned int i = 0; *list && i < e->net.nlinks; i++)
		if (e->gate.link[i].frozen)
			(*list)[(*n)++] = e->gate.link[i];
	pthread_mutex_unlock(&e->lock);
	return *list ? 0 : ocs_fail(err, OCS_NOMEM, "out of memory");
}

/* ---- approval ---- */

static int approve(struct ocs_engine *e, const char *id, bool yes,
		   const char *why, const char *who, struct engine_rec **out,
		   struct ocs_error *err)
{
	const struct ocs_lease *l;
	struct engine_change ch;
	struct engine_rec *rec;
	char cause[256];

	if (engine_find_one(e, id, &rec, err) < 0)
		return -1;
	l = rec->cur->lease;
	*out = rec;
	if (yes && l->approved_ms && l->resv == OCS_COMMITTED)
		return 0;
	if (l->resv != OCS_COMMITTED || l->active_ms)
		return ocs_fail(err, OCS_CONFLICT,
				"lease %s is %s: one that is committed and not yet set up is approved or denied",
				id, ocs_lease_word(l));
	if (!yes) {
		snprintf(cause, sizeof(cause), "OpticalDenied(%s): %.180s",
			 who, *why ? why : "by an operator");
		engine_circuit_fail(e, rec, 0, OCS_BLAME_REFUSED, cause);
		return rec->cur->lease->resv == OCS_FAILED ? 0 :
			ocs_fail(err, OCS_IO, "the ledger refused it");
	}
	if (engine_change_begin(&ch, rec, l, err) < 0)
		return -1;
	ch.next->approved_ms = ch.now_ms;
	snprintf(cause, sizeof(cause), "approved by %s%s%.180s", who,
		 *why ? ": " : "", why);
	engine_change_note(&ch, "reservation", ocs_resv_name(l->resv), cause);
	ch.settle = true;
	if (engine_change_apply(e, &ch, NULL, err) < 0)
		return -1;
	engine_todo(e, rec);
	return 0;
}

int ocs_engine_approve(struct ocs_engine *e, const char *id, bool yes,
		       const char *why, const char *who,
		       struct ocs_lease_ref **ref, uint64_t *seq,
		       struct ocs_error *err)
{
	struct engine_rec *rec;
	int rc;

	*seq = 0;
	pthread_mutex_lock(&e->lock);
	rc = approve(e, id, yes, why, who, &rec, err);
	if (rc == 0) {
		*seq = rec->seq;
		*ref = ocs_lease_ref_get(rec->cur);
	}
	pthread_mutex_unlock(&e->lock);
	return rc;
}

/* ---- loading ---- */

static int load_freeze(const char *id, const char *json, void *arg,
		       struct ocs_error *err)
{
	struct ocs_engine *e = arg;
	int link = engine_link(e, id);
	struct ocs_freeze f;

	if (ocs_wire_decode_freeze(json, strlen(json), &f, err) < 0)
		return -1;
	if (!strcmp(id, ALL))
		e->gate.all = f;
	else if (link >= 0)
		e->gate.link[link] = f;
	else
		ocs_log("unknown-link", "link=%s note=\"frozen in the ledger but not in the configuration\"",
			id);
	return 0;
}

int engine_freeze_load(struct ocs_engine *e, struct ocs_error *err)
{
	if (ocs_store_docs(e->store, "freeze", load_freeze, e, err) < 0)
		return -1;
	show_frozen(e);
	return 0;
}
