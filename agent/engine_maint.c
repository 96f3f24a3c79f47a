// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_maint - drains and maintenance windows: what operators take away
 *
 * Both are in the ledger before they are answered. A drained link, and one in a
 * window, takes nothing new; what is there stays, is told to the operator, and
 * is MAINTENANCE on the administrative axis for as long.
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "common/sys/clock.h"
#include "common/wire/wire_maint.h"

/* Leases whose administrative state is written in one go of the worker. */
#define ADMIN_BATCH 256

/* ---- questions ---- */

bool engine_maint_over(const struct ocs_engine *e, unsigned int link,
		       int64_t start_s, int64_t end_s)
{
	if (e->net.link[link].drained)
		return true;
	for (unsigned int i = 0; i < e->nwindows; i++)
		if (e->window[i].link == (int) link &&
		    e->window[i].w.start_s < end_s &&
		    e->window[i].w.end_s > start_s)
			return true;
	return false;
}

static bool named_over(const struct ocs_engine *e, const char *link,
		       int64_t now_s)
{
	int k = engine_link(e, link);

	return k >= 0 &&
	       engine_maint_over(e, (unsigned int) k, now_s, now_s + 1);
}

enum ocs_admin engine_admin(const struct ocs_engine *e,
			    const struct ocs_lease *l, int64_t now_s)
{
	if (!e->ndrains && !e->nwindows)
		return OCS_IN_SERVICE;
	for (unsigned int i = 0; i < l->ncircuits; i++)
		for (unsigned int j = 0; j < l->circuit[i].nhops; j++)
			if (named_over(e, l->circuit[i].hop[j], now_s))
				return OCS_MAINTENANCE;
	for (unsigned int i = 0; i < l->nmember_hops; i++)
		if (named_over(e, l->member_hop[i], now_s))
			return OCS_MAINTENANCE;
	return OCS_IN_SERVICE;
}

/* ---- who is touched ---- */

void ocs_lease_refs_fini(struct ocs_lease_refs *refs)
{
	for (unsigned int i = 0; i < refs->n; i++)
		ocs_lease_ref_put(refs->ref[i]);
	free(refs->ref);
	memset(refs, 0, sizeof(*refs));
}

static int refs_add(struct ocs_lease_refs *refs, struct ocs_lease_ref *ref)
{
	struct ocs_lease_ref **grown;

	if (refs->n == refs->cap) {
		unsigned int cap = refs->cap ? 2 * refs->cap : 16;

		grown = realloc(refs->ref, cap * sizeof(*grown));
		if (!grown)
			return -1;
		refs->ref = grown;
		refs->cap = cap;
	}
	refs->ref[refs->n++] = ocs_lease_ref_get(ref);
	return 0;
}

/* Those that have LINK booked at any time of [START_S, END_S). */
static int touched(struct ocs_engine *e, unsigned int link, int64_t start_s,
		   int64_t end_s, struct ocs_lease_refs *refs,
		   struct ocs_error *err)
{
	memset(refs, 0, sizeof(*refs));
	for (unsigned int n = 0; n < e->nbuckets; n++) {
		for (struct engine_rec *r = e->bucket[n]; r; r = r->hash_next) {
			bool on = false;

			for (unsigned int i = 0; i < r->books.n; i++)
				on |= r->books.b[i].link == link &&
				      r->books.b[i].start_s < end_s &&
				      r->books.b[i].end_s > start_s;
			if (!on || refs_add(refs, r->cur) == 0)
				continue;
			ocs_lease_refs_fini(refs);
			return ocs_fail(err, OCS_NOMEM, "out of memory");
		}
	}
	return 0;
}

/* ---- the ledger ---- */

static void told(struct ocs_engine *e)
{
	e->admin_todo = true;
	engine_timer(e, 0);
	engine_bump(e);
}

static int find_link(struct ocs_engine *e, const char *name,
		     enum ocs_code code, struct ocs_error *err)
{
	int link = engine_link(e, name);

	if (link >= 0)
		return link;
	return ocs_fail(err, code, "there is no link '%s'", name);
}

/* ---- drains ---- */

/* In the calendar a drain is a window without end. */
static int drain_link(struct ocs_engine *e, unsigned int link, bool drained,
		      struct ocs_error *err)
{
	struct ocs_booking all = { link, UINT64_MAX, 0, OCS_TIME_OPEN };

	if (e->draining[link] != drained &&
	    ocs_calendar_window(e->cal, drained ? NULL : &all,
				drained ? &all : NULL, err) < 0)
		return -1;
	e->draining[link] = drained;
	e->net.link[link].drained = drained;
	return 0;
}

static struct ocs_drain *drain_get(struct ocs_engine *e, const char *link)
{
	struct ocs_drain *grown;

	for (unsigned int i = 0; i < e->ndrains; i++)
		if (!strcmp(e->drain[i].link, link))
			return &e->drain[i];
	grown = realloc(e->drain, (e->ndrains + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	e->drain = grown;
	memset(&grown[e->ndrains], 0, sizeof(*grown));
	snprintf(grown[e->ndrains].link, OCS_NAME_MAX, "%s", link);
	grown[e->ndrains].drained =
		e->net.link[engine_link(e, link)].drained;
	return &grown[e->ndrains++];
}

static int drain(struct ocs_engine *e, const struct ocs_drain *want,
		 const char *who, struct ocs_lease_refs *refs, uint64_t *seq,
		 struct ocs_error *err)
{
	int link = find_link(e, want->link, OCS_NOT_FOUND, err);
	struct ocs_drain *d;
	char *json = NULL;
	bool was;
	int rc;

	*seq = 0;
	if (link < 0 || touched(e, (unsigned int) link, 0, OCS_TIME_OPEN, refs,
				err) < 0)
		return -1;
	if (!(d = drain_get(e, want->link)) ||
	    !(json = ocs_wire_encode_drain(want))) {
		rc = ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	was = e->net.link[link].drained;
	rc = drain_link(e, (unsigned int) link, want->drained, err);
	if (rc < 0)
		goto out;
	rc = engine_doc_settle(e, "drain", want->link, json, seq, err);
	if (rc < 0) {
		/* Giving back can't fail, and what was taken had no room. */
		drain_link(e, (unsigned int) link, was, NULL);
		goto out;
	}
	*d = *want;
	ocs_log("drain", "link=%s drained=%s leases=%u by=%s note=%s",
		want->link, want->drained ? "yes" : "no", refs->n,
		ocs_quote(who).text, ocs_quote(want->note).text);
	told(e);
out:
	free(json);
	if (rc < 0)
		ocs_lease_refs_fini(refs);
	return rc;
}

int ocs_engine_drain(struct ocs_engine *e, const struct ocs_drain *want,
		     const char *who, struct ocs_lease_refs *refs,
		     uint64_t *seq, struct ocs_error *err)
{
	int rc;

	pthread_mutex_lock(&e->lock);
	rc = drain(e, want, who, refs, seq, err);
	pthread_mutex_unlock(&e->lock);
	return rc;
}

/* ---- windows ---- */

static struct engine_window *window_find(struct ocs_engine *e, const char *id)
{
	for (unsigned int i = 0; i < e->nwindows; i++)
		if (!strcmp(e->window[i].w.id, id))
			return &e->window[i];
	return NULL;
}

static struct ocs_booking away(const struct engine_window *w)
{
	return (struct ocs_booking) { (unsigned int) w->link, UINT64_MAX,
				      w->w.start_s, w->w.end_s };
}

/* Into the calendar and the list; there is room in the list. */
static int window_add(struct ocs_engine *e, const struct ocs_window *want,
		      struct ocs_error *err)
{
	struct engine_window w = { .w = *want };
	struct engine_window *grown;
	struct ocs_booking b;

	w.link = engine_link(e, want->link);
	grown = realloc(e->window, (e->nwindows + 1) * sizeof(*grown));
	if (!grown)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	e->window = grown;
	b = away(&w);
	if (w.link >= 0 && ocs_calendar_window(e->cal, NULL, &b, err) < 0)
		return -1;
	e->window[e->nwindows++] = w;
	return 0;
}

/* A window that can't be taken out of the calendar for lack of memory ends
 * there by itself. */
static void window_drop(struct ocs_engine *e, struct engine_window *w)
{
	struct ocs_booking b = away(w);

	if (w->link >= 0)
		ocs_calendar_window(e->cal, &b, NULL, NULL);
	*w = e->window[--e->nwindows];
}

static int check_window(struct ocs_engine *e, const struct ocs_window *want,
			struct ocs_error *err)
{
	int64_t now_s = ocs_clock_unix_ms() / 1000;

	if (!ocs_lease_id_ok(want->id))
		return ocs_fail(err, OCS_SYNTAX,
				"id: 32 lower-case hexadecimal digits are expected");
	if (find_link(e, want->link, OCS_RANGE, err) < 0)
		return -1;
	if (want->start_s >= want->end_s || want->end_s <= now_s)
		return ocs_fail(err, OCS_RANGE,
				"end_s: a time after start_s and after now is expected");
	if (e->nwindows >= ENGINE_WINDOWS_MAX)
		return ocs_fail(err, OCS_RANGE,
				"there are %d maintenance windows already",
				ENGINE_WINDOWS_MAX);
	return 0;
}

static bool same_window(const struct ocs_window *x, const struct ocs_window *y)
{
	return !strcmp(x->link, y->link) && x->start_s == y->start_s &&
	       x->end_s == y->end_s && !strcmp(x->note, y->note);
}

static int window_put(struct ocs_engine *e, const struct ocs_window *want,
		      const char *who, struct ocs_lease_refs *refs,
		      bool *fresh, uint64_t *seq, struct ocs_error *err)
{
	struct engine_window *old = window_find(e, want->id);
	char *json;
	int rc;

	*seq = 0;
	*fresh = false;
	if (old && !same_window(&old->w, want))
		return ocs_fail(err, OCS_CONFLICT,
				"window %s is there with other times", want->id);
	if (!old && check_window(e, want, err) < 0)
		return -1;
	if (touched(e, (unsigned int) engine_link(e, want->link),
		    want->start_s, want->end_s, refs, err) < 0)
		return -1;
	if (old) {
		*seq = e->seq;
		engine_want(e, e->seq);
		return 0;
	}
	if (!(json = ocs_wire_encode_window(want))) {
		ocs_lease_refs_fini(refs);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	rc = window_add(e, want, err);
	if (rc == 0 &&
	    engine_doc_settle(e, "window", want->id, json, seq, err) < 0) {
		window_drop(e, &e->window[e->nwindows - 1]);
		rc = -1;
	}
	free(json);
	if (rc < 0) {
		ocs_lease_refs_fini(refs);
		return -1;
	}
	*fresh = true;
	ocs_log("window", "window=%s link=%s start_s=%" PRId64 " end_s=%" PRId64 " leases=%u by=%s note=%s",
		want->id, want->link, want->start_s, want->end_s, refs->n,
		ocs_quote(who).text, ocs_quote(want->note).text);
	told(e);
	return 0;
}

int ocs_engine_window_put(struct ocs_engine *e, const struct ocs_window *want,
			  const char *who, struct ocs_lease_refs *refs,
			  bool *fresh, uint64_t *seq, struct ocs_error *err)
{
	int rc;

	pthread_mutex_lock(&e->lock);
	rc = window_put(e, want, who, refs, fresh, seq, err);
	pthread_mutex_unlock(&e->lock);
	return rc;
}

int ocs_engine_window_del(struct ocs_engine *e, const char *id,
			  const char *who, uint64_t *seq,
			  struct ocs_error *err)
{
	struct engine_window *w;
	int rc = -1;

	pthread_mutex_lock(&e->lock);
	*seq = 0;
	if (!(w = window_find(e, id))) {
		ocs_fail(err, OCS_NOT_FOUND, "there is no window %.32s", id);
	} else if (engine_doc_settle(e, "window", id, NULL, seq, err) == 0) {
		ocs_log("window-away", "window=%s link=%s by=%s", id,
			w->w.link, ocs_quote(who).text);
		window_drop(e, w);
		told(e);
		rc = 0;
	}
	pthread_mutex_unlock(&e->lock);
	return rc;
}

int ocs_engine_maint(struct ocs_engine *e, struct ocs_maint *maint,
		     struct ocs_error *err)
{
	unsigned int n;

	memset(maint, 0, sizeof(*maint));
	pthread_mutex_lock(&e->lock);
	maint->window = calloc(e->nwindows + 1, sizeof(*maint->window));
	maint->drain = calloc(e->net.nlinks + 1, sizeof(*maint->drain));
	if (!maint->window || !maint->drain) {
		pthread_mutex_unlock(&e->lock);
		ocs_maint_fini(maint);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	for (unsigned int i = 0; i < e->nwindows; i++)
		maint->window[maint->nwindows++] = e->window[i].w;
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		struct ocs_drain *d = &maint->drain[maint->ndrains];

		if (!e->net.link[i].drained)
			continue;
		strcpy(d->link, e->net.link[i].name);
		d->drained = true;
		for (n = 0; n < e->ndrains; n++)
			if (!strcmp(e->drain[n].link, d->link))
				*d = e->drain[n];
		maint->ndrains++;
	}
	pthread_mutex_unlock(&e->lock);
	return 0;
}

void ocs_maint_fini(struct ocs_maint *maint)
{
	free(maint->window);
	free(maint->drain);
	memset(maint, 0, sizeof(*maint));
}

/* ---- the clock ---- */

/* Windows begin and end; the next such time is kept for the worker. */
static void windows_step(struct ocs_engine *e, int64_t now_s)
{
	uint64_t seq;
	struct ocs_error err;

	e->window_s = INT64_MAX;
	for (unsigned int i = 0; i < e->nwindows;) {
		struct engine_window *w = &e->window[i];
		int64_t next = w->w.start_s;

		if (w->w.start_s <= now_s) {
			next = w->w.end_s;
			if (!w->began) {
				w->began = true;
				told(e);
				ocs_log("window-begins", "window=%s link=%s",
					w->w.id, w->w.link);
			}
		}
		if (w->w.end_s <= now_s) {
			if (engine_doc_settle(e, "window", w->w.id, NULL,
					      &seq, &err) == 0) {
				ocs_log("window-ends", "window=%s link=%s",
					w->w.id, w->w.link);
				window_drop(e, w);
				told(e);
				continue;
			}
			next = now_s + 1;	/* the ledger refused */
		}
		if (next < e->window_s)
			e->window_s = next;
		i++;
	}
}

/* Write administrative states that are no longer true. */
static void admin_step(struct ocs_engine *e, int64_t now_s)
{
	unsigned int left = ADMIN_BATCH;
	struct engine_change ch;
	struct ocs_error err;

	e->admin_todo = false;
	for (unsigned int n = 0; n < e->nbuckets; n++) {
		for (struct engine_rec *r = e->bucket[n]; r; r = r->hash_next) {
			const struct ocs_lease *l = r->cur->lease;

			if ((l->resv != OCS_HELD && l->resv != OCS_COMMITTED) ||
			    engine_admin(e, l, now_s) == l->admin)
				continue;
			if (!left--) {
				e->admin_todo = true;
				return;
			}
			if (engine_change_begin(&ch, r, l, &err) == 0 &&
			    engine_change_apply(e, &ch, NULL, &err) == 0)
				continue;
			ocs_log("ledger-error", "lease=%s cause=%s", l->id,
				ocs_quote(err.text).text);
			e->window_s = now_s + 1;	/* look again */
			return;
		}
	}
}

void engine_maint_step(struct ocs_engine *e, int64_t now_s)
{
	if (now_s >= e->window_s) {
		windows_step(e, now_s);
		e->admin_todo = true;
	}
	if (e->admin_todo)
		admin_step(e, now_s);
}

/* ---- loading ---- */

static int load_drain(const char *id, const char *json, void *arg,
		      struct ocs_error *err)
{
	struct ocs_engine *e = arg;
	int link = engine_link(e, id);
	struct ocs_drain d, *kept;

	if (ocs_wire_decode_drain(json, strlen(json), &d, err) < 0)
		return -1;
	if (link < 0) {
		ocs_log("unknown-link", "link=%s note=\"drained in the ledger but not in the configuration\"",
			id);
		return 0;
	}
	if (!(kept = drain_get(e, id)))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	*kept = d;
	e->net.link[link].drained = d.drained;
	return 0;
}

static int load_window(const char *id, const char *json, void *arg,
		       struct ocs_error *err)
{
	struct ocs_window w;

	(void) id;
	if (ocs_wire_decode_window(json, strlen(json), &w, err) < 0)
		return -1;
	return window_add(arg, &w, err);
}

int engine_maint_load(struct ocs_engine *e, struct ocs_error *err)
{
	if (!(e->draining = calloc(e->net.nlinks + 1, sizeof(bool))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	if (ocs_store_docs(e->store, "drain", load_drain, e, err) < 0 ||
	    ocs_store_docs(e->store, "window", load_window, e, err) < 0)
		return -1;
	for (unsigned int i = 0; i < e->net.nlinks; i++)
		if (drain_link(e, i, e->net.link[i].drained, err) < 0)
			return -1;
	e->admin_todo = true;
	return 0;
}

void engine_maint_fini(struct ocs_engine *e)
{
	free(e->draining);
	free(e->window);
	free(e->drain);
}
