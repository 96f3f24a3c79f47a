// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_change - one change of one lease
 *
 * The order is what makes it safe: the ledger first, then memory and the
 * bookings, then everybody is told. If the ledger refuses, nothing happened.
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "common/core/bill.h"
#include "agent/point.h"
#include "common/sys/clock.h"

struct ocs_lease_ref *ocs_lease_ref_get(struct ocs_lease_ref *ref)
{
	atomic_fetch_add(&ref->refs, 1);
	return ref;
}

void ocs_lease_ref_put(struct ocs_lease_ref *ref)
{
	if (!ref || atomic_fetch_sub(&ref->refs, 1) != 1)
		return;
	ocs_lease_destroy(ref->lease);
	free(ref->json);
	free(ref);
}

/* Takes over LEASE and JSON, even on failure. */
static struct ocs_lease_ref *ref_create(struct ocs_lease *lease, char *json)
{
	struct ocs_lease_ref *ref = malloc(sizeof(*ref));
	struct ocs_lease *packed = ref && lease ? ocs_lease_pack(lease) : NULL;

	if (!packed) {
		free(ref);
		ocs_lease_destroy(lease);
		free(json);
		return NULL;
	}
	atomic_init(&ref->refs, 1);
	ref->lease = packed;
	ref->json = json;
	return ref;
}

/* ---- the table of leases ---- */

/* Ids are random: any part of one is a good hash. */
static uint32_t hash(const char *id)
{
	uint32_t h = 2166136261U;

	for (; *id; id++)
		h = (h ^ (unsigned char) *id) * 16777619U;
	return h;
}

static struct engine_rec **bucket(const struct ocs_engine *e, uint32_t h)
{
	return &e->bucket[h & (e->nbuckets - 1)];
}

struct engine_rec *engine_rec_find(struct ocs_engine *e, const char *id)
{
	struct engine_rec *rec;
	uint32_t h = hash(id);

	if (!e->nbuckets)
		return NULL;
	/* other leases are not touched: they are far away in memory */
	rec = *bucket(e, h);
	while (rec && (rec->hash != h || strcmp(rec->cur->lease->id, id)))
		rec = rec->hash_next;
	return rec;
}

static int grow(struct ocs_engine *e)
{
	unsigned int old = e->nbuckets, i;
	struct engine_rec **from = e->bucket, **to, *rec;

	if (e->nrecs < e->nbuckets)
		return 0;
	if (!(to = calloc(old ? 2 * old : 64, sizeof(*to))))
		return old ? 0 : -1;	/* a full table is only slow */
	e->nbuckets = old ? 2 * old : 64;
	e->bucket = to;
	for (i = 0; i < old; i++) {
		while ((rec = from[i])) {
			struct engine_rec **at = bucket(e, rec->hash);

			from[i] = rec->hash_next;
			rec->hash_next = *at;
			*at = rec;
		}
	}
	free(from);
	return 0;
}

static struct engine_rec *rec_create(struct ocs_engine *e,
				     unsigned int nstrands)
{
	struct engine_rec *rec;

	if (grow(e) < 0 || !(rec = calloc(1, sizeof(*rec))))
		return NULL;
	rec->strand = calloc(nstrands ? nstrands : 1, sizeof(*rec->strand));
	rec->due_s = INT64_MAX;
	if (rec->strand)
		return rec;
	free(rec);
	return NULL;
}

static void rec_link(struct ocs_engine *e, struct engine_rec *rec)
{
	struct engine_rec **at;

	rec->hash = hash(rec->cur->lease->id);
	at = bucket(e, rec->hash);
	rec->hash_next = *at;
	*at = rec;
	e->nrecs++;
}

struct engine_rec *engine_rec_add(struct ocs_engine *e,
				  struct ocs_lease *lease)
{
	struct engine_rec *rec = rec_create(e, ocs_strands(lease));
	struct ocs_lease_ref *ref = ref_create(lease, NULL);

	if (!rec || !ref) {
		if (rec)
			free(rec->strand);
		free(rec);
		ocs_lease_ref_put(ref);
		return NULL;
	}
	rec->cur = ref;
	rec->due_s = INT64_MAX;
	if (engine_books_add(e, ref->lease, ocs_clock_unix_ms() / 1000,
			     &rec->books, NULL) < 0) {
		free(rec->strand);
		free(rec);
		ocs_lease_ref_put(ref);
		return NULL;
	}
	rec_link(e, rec);
	engine_attach_count(e, ref->lease, true);
	engine_stats_lease(e, ref->lease, true);
	engine_due(e, rec);
	return rec;
}

/* Strands FROM and on of REC are nobody's any more. */
static void strands_drop(struct ocs_engine *e, struct engine_rec *rec,
			 unsigned int from)
{
	for (unsigned int s = from; s < ocs_strands(rec->cur->lease); s++) {
		engine_gate_done(e, &rec->strand[s]);
		engine_watch_free(e, rec, s, false);
		engine_seen_free(&rec->strand[s]);
	}
}

/* Room in REC for the strands of NEXT; as many of one that is lit. 0 or -1. */
static int strands_fit(struct engine_rec *rec, const struct ocs_lease *next)
{
	unsigned int had = ocs_strands(rec->cur->lease);
	unsigned int n = ocs_strands(next);
	struct engine_strand *grown;

	if (n <= had)
		return 0;
	if (!(grown = realloc(rec->strand, n * sizeof(*grown))))
		return -1;
	memset(grown + had, 0, (n - had) * sizeof(*grown));
	rec->strand = grown;
	return 0;
}

void engine_rec_drop(struct ocs_engine *e, struct engine_rec *rec)
{
	struct engine_rec **at = bucket(e, rec->hash);

	while (*at && *at != rec)
		at = &(*at)->hash_next;
	if (*at) {
		*at = rec->hash_next;
		e->nrecs--;
		engine_stats_lease(e, rec->cur->lease, false);
		engine_attach_count(e, rec->cur->lease, false);
	}
	engine_books_drop(e, &rec->books);
	strands_drop(e, rec, 0);
	engine_todo_drop(rec);
	engine_attach_drop(e, rec);
	ocs_lease_ref_put(rec->cur);
	free(rec->strand);
	free(rec);
}

/* ---- clusters ---- */

struct engine_cluster *engine_cluster_find(struct ocs_engine *e,
					   const char *name)
{
	for (unsigned int i = 0; i < e->nclusters; i++)
		if (!strcmp(e->cluster[i].kept.name, name))
			return &e->cluster[i];
	return NULL;
}

struct engine_cluster *engine_cluster_get(struct ocs_engine *e,
					  const char *name)
{
	struct engine_cluster *c = engine_cluster_find(e, name), *grown;

	if (c)
		return c;
	grown = realloc(e->cluster, (e->nclusters + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	e->cluster = grown;
	c = &grown[e->nclusters++];
	memset(c, 0, sizeof(*c));
	snprintf(c->kept.name, sizeof(c->kept.name), "%s", name);
	return c;
}

int engine_cluster_removal(struct engine_cluster *c, int64_t time_ms)
{
	int64_t *grown;

	if (c->nremovals == c->cap) {
		unsigned int cap = c->cap ? 2 * c->cap : 16;

		if (!(grown = realloc(c->removal_ms, cap * sizeof(*grown))))
			return -1;
		c->removal_ms = grown;
		c->cap = cap;
	}
	c->removal_ms[c->nremovals++] = time_ms;
	return 0;
}

/* ---- links ---- */

int engine_link(const struct ocs_engine *e, const char *name)
{
	unsigned int low = 0, high = e->net.nlinks;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		int cmp = strcmp(name, e->by_name[mid]->name);

		if (!cmp)
			return (int) (e->by_name[mid] - e->net.link);
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

/* ---- a change ---- */

/* "paris-lyon", of the second of several "paris-lyon/2". */
static void name_strand(const struct ocs_lease *l, unsigned int s, bool whole,
			char name[static 2 * OCS_NAME_MAX + 8])
{
	struct ocs_strand st = ocs_strand_get(l, s);
	const struct ocs_circuit *c = &l->circuit[st.circuit];
	int n = snprintf(name, 2 * OCS_NAME_MAX, "%s-%s", c->a, c->z);

	if (st.several && !whole)
		snprintf(name + n, 8, "/%hu", (unsigned short) (st.nth + 1));
}

int engine_change_begin(struct engine_change *ch, struct engine_rec *rec,
			const struct ocs_lease *from, struct ocs_error *err)
{
	memset(ch, 0, sizeof(*ch));
	ch->rec = rec;
	ch->now_ms = ocs_clock_unix_ms();
	ch->next = ocs_lease_copy(from);
	return ch->next ? 0 : ocs_fail(err, OCS_NOMEM, "out of memory");
}

void engine_change_drop(struct engine_change *ch)
{
	ocs_lease_destroy(ch->next);
	free(ch->event);
	ch->next = NULL;
	ch->event = NULL;
}

/* STRAND below 0: of the lease; WHOLE: of all its circuit. */
static void event_put(struct engine_change *ch, const char *axis, int strand,
		      bool whole, const char *from, const char *to,
		      const char *cause)
{
	struct ocs_event *ev;

	if (ch->nevents == ch->cap) {
		unsigned int cap = ch->cap ? 2 * ch->cap : 8;

		ev = realloc(ch->event, cap * sizeof(*ev));
		if (!ev) {
			ch->nomem = true;
			return;
		}
		ch->event = ev;
		ch->cap = cap;
	}
	ev = &ch->event[ch->nevents++];
	memset(ev, 0, sizeof(*ev));
	ev->time_ms = ch->now_ms;
	snprintf(ev->axis, sizeof(ev->axis), "%s", axis);
	if (strand >= 0)
		name_strand(ch->next, (unsigned int) strand, whole,
			    ev->circuit);
	snprintf(ev->from, sizeof(ev->from), "%s", from);
	snprintf(ev->to, sizeof(ev->to), "%s", to);
	snprintf(ev->cause, sizeof(ev->cause), "%s", cause);
}

static void event_add(struct engine_change *ch, const char *axis, int circuit,
		      const char *from, const char *to, const char *cause)
{
	event_put(ch, axis, circuit, true, from, to, cause);
}

void engine_change_note(struct engine_change *ch, const char *axis,
			const char *state, const char *cause)
{
	event_add(ch, axis, -1, state, state, cause);
}

void engine_change_note_circuit(struct engine_change *ch, unsigned int i,
				const char *axis, const char *state,
				const char *cause)
{
	event_add(ch, axis, (int) i, state, state, cause);
}

void engine_change_note_strand(struct engine_change *ch, unsigned int s,
			       const char *axis, const char *state,
			       const char *cause)
{
	event_put(ch, axis, (int) s, false, state, state, cause);
}

void engine_change_sched(struct engine_change *ch, enum ocs_sched to,
			 const char *cause)
{
	if (ch->next->sched == to)
		return;
	event_add(ch, "schedule", -1, ocs_sched_name(ch->next->sched),
		  ocs_sched_name(to), cause);
	ch->next->sched = to;
}

void engine_change_admin(struct engine_change *ch, enum ocs_admin to,
			 const char *cause)
{
	if (ch->next->admin == to)
		return;
	event_add(ch, "administrative", -1, ocs_admin_name(ch->next->admin),
		  ocs_admin_name(to), cause);
	ch->next->admin = to;
}

void engine_change_resv(struct engine_change *ch, enum ocs_resv to,
			const char *cause)
{
	bool begins = !ch->rec && !ch->nevents;

	event_add(ch, "reservation", -1,
		  begins ? "" : ocs_resv_name(ch->next->resv),
		  ocs_resv_name(to), cause);
	ch->next->resv = to;
}

static void circuit_prov(struct engine_change *ch, unsigned int i,
			 const char *cause)
{
	struct ocs_circuit *c = &ch->next->circuit[i];
	enum ocs_prov to = ocs_strands_prov(ch->next, i);

	if (c->prov == to)
		return;
	event_add(ch, "provisioning", (int) i, ocs_prov_name(c->prov),
		  ocs_prov_name(to), cause);
	c->prov = to;
}

void engine_change_prov(struct engine_change *ch, unsigned int s,
			enum ocs_prov to, const char *cause)
{
	struct ocs_strand st = ocs_strand_get(ch->next, s);
	enum ocs_prov from = ocs_strand_prov(ch->next, s);

	if (from == to)
		return;
	event_put(ch, "provisioning", (int) s, false, ocs_prov_name(from),
		  ocs_prov_name(to), cause);
	ocs_strand_set_prov(ch->next, s, to);
	if (st.several)
		circuit_prov(ch, st.circuit, cause);
}

void engine_change_data(struct engine_change *ch, unsigned int s,
			enum ocs_data to, const char *cause)
{
	struct ocs_strand st = ocs_strand_get(ch->next, s);
	enum ocs_data from = ocs_strand_data(ch->next, s);

	if (to == OCS_UP && !st.several)
		ch->next->circuit[st.circuit].up_ms = ch->now_ms;
	if (from == to)
		return;
	event_put(ch, "data_plane", (int) s, false, ocs_data_name(from),
		  ocs_data_name(to), cause);
	ocs_strand_set_data(ch->next, s, to);
}

/* All strands of circuit I of L are lit, but they are not apart, or both routes
 * fail at once too often: CAUSE. */
static bool not_promised(const struct ocs_engine *e, const struct ocs_lease *l,
			 unsigned int i, char cause[static 160])
{
	cause[0] = '\0';
	return l->active_ms && ocs_strands_data(l, i, true) == OCS_UP &&
	       (!ocs_strands_diverse(&e->net, l, i, cause) ||
		!ocs_strands_available(&e->net, l, i, cause));
}

/* The data plane of a circuit with several strands: that of all of them, worth
 * what was asked for. What is being taken down is dark when all of it is. */
static void circuit_data(const struct ocs_engine *e, struct engine_change *ch,
			 unsigned int i)
{
	struct ocs_lease *l = ch->next;
	struct ocs_circuit *c = &l->circuit[i];
	enum ocs_data to = ocs_strands_data(l, i, l->active_ms != 0);
	char cause[160], before[160];
	unsigned int n, lit;
	bool news = false;

	if (!engine_lit_wanted(l) && to != OCS_DOWN)
		return;
	ocs_strands_count(l, i, &n, &lit);
	if (not_promised(e, l, i, cause)) {
		to = OCS_IMPAIRED;
		news = !not_promised(e, ch->rec->cur->lease, i, before) ||
		       strcmp(before, cause);
	}
	if (lit < n)
		snprintf(cause, sizeof(cause), "%u of its %u members carr%s light",
			 lit, n, lit == 1 ? "ies" : "y");
	if (to == OCS_UP && c->data != OCS_UP)
		c->up_ms = ch->now_ms;
	if (c->data == to && !(news && !ch->told_apart))
		return;
	ch->told_apart |= news;
	event_add(ch, "data_plane", (int) i, ocs_data_name(c->data),
		  ocs_data_name(to), cause);
	c->data = to;
}

void engine_change_circuits(const struct ocs_engine *e,
			    struct engine_change *ch)
{
	for (unsigned int i = 0; i < ch->next->ncircuits; i++)
		if (ch->next->nmembers && ocs_strand_get(ch->next, i).several)
			circuit_data(e, ch, i);
}

void engine_change_away(struct engine_change *ch, const char *cause)
{
	for (unsigned int s = 0; s < ocs_strands(ch->next); s++)
		if (ocs_strand_prov(ch->next, s) != OCS_RELEASED)
			engine_change_prov(ch, s, OCS_RELEASING, cause);
}

void engine_change_attach(struct engine_change *ch, unsigned int i,
			  enum ocs_attach to, const char *cause)
{
	struct ocs_attachment *at = ch->next->circuit[i].at;

	if (at->state == to)
		return;
	event_add(ch, "attachment", (int) i, ocs_attach_name(at->state),
		  ocs_attach_name(to), cause);
	at->state = to;
	at->since_ms = ch->now_ms;
}

/* Strand S goes the same way in both. */
static bool same_hops(const struct ocs_lease *x, const struct ocs_lease *y,
		      unsigned int s)
{
	unsigned int n = ocs_strand_nhops(x, s);

	if (n != ocs_strand_nhops(y, s))
		return false;
	for (unsigned int j = 0; j < n; j++)
		if (strcmp(ocs_strand_hop(x, s, j), ocs_strand_hop(y, s, j)))
			return false;
	return true;
}

/* Circuit I takes in CH what it took before: its price is that of when its
 * light went on, or was changed. */
static bool same_light(const struct engine_change *ch, unsigned int i)
{
	const struct ocs_lease *l = ch->rec ? ch->rec->cur->lease : NULL;
	const struct ocs_circuit *is = &ch->next->circuit[i], *was;

	if (!l || !l->billed_ms)
		return false;
	was = &l->circuit[i];
	if (ocs_bill_due(was) != ocs_bill_due(is) ||
	    l->nmembers != ch->next->nmembers ||
	    was->granted_bps != is->granted_bps || was->lit_bps != is->lit_bps)
		return false;
	for (unsigned int s = 0; s < ocs_strands(l); s++)
		if (ocs_strand_get(l, s).circuit == i &&
		    !same_hops(l, ch->next, s))
			return false;
	return true;
}

/* Energy and cost until now, and from now on. Nothing is written of a network
 * whose links have neither. */
static void bill(struct ocs_engine *e, struct engine_change *ch)
{
	struct ocs_lease *l = ch->next;
	bool due = false;

	if (!e->billing)
		return;
	if (!l->billed_ms && ch->rec && ch->rec->cur->lease->active_ms) {
		/* lit by a version that kept no bill */
		for (unsigned int i = 0; i < l->ncircuits; i++)
			ocs_bill_rate(&e->net, l, i);
		l->billed_ms = l->active_ms;
	}
	if (l->billed_ms)
		ocs_bill_until(l, ch->now_ms);
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		if (!same_light(ch, i))
			ocs_bill_rate(&e->net, l, i);
		due |= ocs_bill_due(&l->circuit[i]);
	}
	if (due && !l->billed_ms)
		l->billed_ms = ch->now_ms;
}

/* What follows from the rest. */
static void derive(struct ocs_engine *e, struct engine_change *ch)
{
	struct ocs_lease *l = ch->next;
	int64_t now_s = ch->now_ms / 1000;
	enum ocs_admin admin = engine_admin(e, l, now_s);

	engine_change_circuits(e, ch);

	if (l->resv == OCS_COMMITTED && l->sched != OCS_WAITING) {
		if (engine_end_s(e, l) <= now_s)
			engine_change_sched(ch, OCS_PAST_END,
					    "it is past its end");
		else
			engine_change_sched(ch, OCS_IN_TERM,
					    "its end is later now");
	}
	if (l->resv != OCS_HELD && l->resv != OCS_COMMITTED)
		admin = l->admin;
	engine_change_admin(ch, admin, admin == OCS_MAINTENANCE ?
			    "a link of it is drained or in a window" :
			    "all its links are in service");
	if (l->resv == OCS_COMMITTED && ocs_lease_up(l) && !l->active_ms)
		l->active_ms = ch->now_ms;
	/* Until then it says what its set-up waits for. */
	if (l->resv == OCS_COMMITTED && l->active_ms)
		ocs_lease_trouble(l, l->cause);
	if (ocs_lease_booked(l))
		l->gone_ms = 0;
	else if (!l->gone_ms)
		l->gone_ms = ch->now_ms;
	bill(e, ch);
}

static int write_change(struct ocs_engine *e, const struct engine_change *ch,
			const char *json, struct ocs_error *err)
{
	struct ocs_store *s = e->store;

	if (ocs_store_begin(s, err) < 0)
		return -1;
	if (ocs_store_lease_put(s, ch->next, json, err) < 0)
		goto undo;
	for (unsigned int i = 0; i < ch->nevents; i++)
		if (ocs_store_event_add(s, ch->next->id, &ch->event[i],
					err) < 0)
			goto undo;
	if (ch->cluster && ocs_store_cluster_put(s, ch->cluster, err) < 0)
		goto undo;
	if (ch->removal && ocs_store_removal_add(s, ch->next->cluster,
						 ch->now_ms, err) < 0)
		goto undo;
	if (ocs_store_end(s, err) == 0)
		return 0;
undo:
	ocs_store_undo(s);
	return -1;
}

static void log_change(const struct engine_change *ch)
{
	const struct ocs_lease *l = ch->next;
	struct ocs_log_lines lines;

	lines.len = 0;
	for (unsigned int i = 0; i < ch->nevents; i++) {
		const struct ocs_event *ev = &ch->event[i];

		ocs_log_add(&lines, "lease",
			"lease=%s cluster=%s job=%" PRIu32 " axis=%s%s%s from=%s to=%s%s%s",
			l->id, l->cluster, l->job_id, ev->axis,
			ev->circuit[0] ? " circuit=" : "", ev->circuit,
			ev->from[0] ? ev->from : "none", ev->to,
			ev->cause[0] ? " cause=" : "",
			ev->cause[0] ? ocs_quote(ev->cause).text : "");
	}
	ocs_log_flush(&lines);
}

/* LEASE as text, without the room that it grew into. NULL: no memory. */
static char *text_of(const struct ocs_lease *lease)
{
	char *text = ocs_wire_encode_lease(lease), *fits;

	fits = text ? realloc(text, strlen(text) + 1) : NULL;
	if (!fits)
		free(text);
	return fits;
}

int engine_change_apply(struct ocs_engine *e, struct engine_change *ch,
			struct engine_rec **out, struct ocs_error *err)
{
	struct engine_rec *rec = ch->rec;
	struct ocs_lease_ref *ref = NULL;
	struct engine_books books = { 0 };
	struct ocs_lease *packed;
	char *json = NULL;
	int rc = -1;

	derive(e, ch);
	packed = ch->nomem ? NULL : ocs_lease_pack(ch->next);
	if (packed)
		ch->next = packed;
	if (!packed || !(json = text_of(ch->next)) ||
	    (!rec && !(rec = rec_create(e, ocs_strands(ch->next)))) ||
	    (ch->rec && strands_fit(ch->rec, ch->next) < 0)) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	if (!(ref = malloc(sizeof(*ref)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	if (e->disk_failed) {
		ocs_fail(err, OCS_IO, "%s", e->disk_text);
		goto out;
	}
	if (engine_books_add(e, ch->next, ch->now_ms / 1000, &books, err) < 0)
		goto out;
	if (write_change(e, ch, json, err) < 0) {
		engine_books_drop(e, &books);
		goto out;
	}

	/* From here on nothing fails. */
	log_change(ch);
	engine_stats_change(e, ch->rec ? rec->cur->lease : NULL, ch->next);
	atomic_init(&ref->refs, 1);
	ref->lease = ch->next;
	ref->json = NULL;
	ch->next = NULL;
	if (e->nrecs < ENGINE_TEXTS_MAX) {
		ref->json = json;
		json = NULL;
	}
	engine_attach_count(e, ref->lease, true);
	if (ch->rec) {
		engine_books_drop(e, &rec->books);
		engine_attach_count(e, rec->cur->lease, false);
		strands_drop(e, rec, ocs_strands(ref->lease));
		ocs_lease_ref_put(rec->cur);
		rec->cur = ref;
	} else {
		rec->cur = ref;
		rec_link(e, rec);
	}
	rec->books = books;
	engine_due(e, rec);
	OCS_POINT("lease.applied");
	e->seq++;
	if (ch->settle) {
		rec->seq = e->seq;
		engine_want(e, e->seq);
	}
	if (e->seq % ENGINE_SYNC_EVERY == 0)
		engine_want(e, e->seq);
	if (ref->lease->gone_ms) {
		rec->until_ms = ocs_clock_mono_ms() + ENGINE_VISIBLE_MS;
		engine_timer(e, rec->until_ms);
	}
	engine_bump(e);
	if (out)
		*out = rec;
	rec = NULL;
	ref = NULL;
	rc = 0;
out:
	if (rc < 0 && !ch->rec && rec) {
		free(rec->strand);
		free(rec);
	}
	free(ref);
	free(json);
	engine_change_drop(ch);
	return rc;
}

/* ---- telling ---- */

void engine_bump(struct ocs_engine *e)
{
	e->generation++;
	if (e->generation >= e->generation_kept) {
		uint64_t kept = e->generation + ENGINE_GENERATIONS;

		if (ocs_store_generation_put(e->store, kept, NULL) == 0)
			e->generation_kept = kept;
	}
	if (e->changed)
		e->changed(e->changed_arg);
}

void engine_todo(struct ocs_engine *e, struct engine_rec *rec)
{
	engine_todo_later(e, rec);
	e->todo = true;
	pthread_cond_signal(&e->wake);
}

void engine_todo_later(struct ocs_engine *e, struct engine_rec *rec)
{
	if (rec->todo_back)
		return;
	rec->todo_next = e->todo_list;
	if (rec->todo_next)
		rec->todo_next->todo_back = &rec->todo_next;
	rec->todo_back = &e->todo_list;
	e->todo_list = rec;
}

void engine_todo_drop(struct engine_rec *rec)
{
	if (!rec->todo_back)
		return;
	*rec->todo_back = rec->todo_next;
	if (rec->todo_next)
		rec->todo_next->todo_back = rec->todo_back;
	rec->todo_next = NULL;
	rec->todo_back = NULL;
}

void engine_timer(struct ocs_engine *e, uint64_t at_ms)
{
	uint64_t now = ocs_clock_mono_ms();

	if (at_ms < now)	/* how late the worker is can be told by it */
		at_ms = now;
	if (at_ms >= e->scan_ms)
		return;
	e->scan_ms = at_ms;
	pthread_cond_signal(&e->wake);
}
