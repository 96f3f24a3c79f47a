// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_term - the calendar, and what the clock does to leases
 *
 *  schedule   WAITING --start_s, and there is room--> IN_TERM
 *             IN_TERM --end_s + grace--> PAST_END --OverdueMax--> released
 *
 * A lease is booked from its start to its end. What has no end that can be
 * relied on (past its end, or being taken down) is booked for a minute, and on
 * before that is over: at this moment nothing is oversold (I1). A promise for
 * later may meet a lease that has outstayed its own: it then waits for room,
 * on another route if there is one, and says what it waits for.
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "common/sys/clock.h"

/* I1: what is held, committed or not known to be dark is booked. */
static bool circuit_booked(const struct ocs_lease *lease,
			   const struct ocs_circuit *c)
{
	return lease->resv == OCS_HELD || lease->resv == OCS_COMMITTED ||
	       c->prov != OCS_RELEASED;
}

static bool runs(const struct ocs_lease *l)
{
	return l->resv == OCS_HELD || l->resv == OCS_COMMITTED;
}

bool engine_lit_wanted(const struct ocs_lease *l)
{
	return l->resv == OCS_COMMITTED && l->sched != OCS_WAITING;
}

int64_t engine_end_s(const struct ocs_engine *e, const struct ocs_lease *l)
{
	uint64_t grace = l->grace_s ? l->grace_s : e->conf->grace_s;

	return l->end_s ? l->end_s + (int64_t) grace : OCS_TIME_OPEN;
}

/* ---- what a lease books ---- */

static void interval(const struct ocs_engine *e, const struct ocs_lease *l,
		     int64_t now_s, struct ocs_booking *b)
{
	int64_t held_s = l->held_ms ? l->held_ms / 1000 : now_s;

	b->start_s = l->start_s > held_s ? l->start_s : held_s;
	b->end_s = runs(l) ? engine_end_s(e, l) : 0;
	if (b->end_s < now_s + ENGINE_STEP_S)
		b->end_s = now_s + ENGINE_STEP_S;
	if (b->start_s >= b->end_s)	/* the clock was set back */
		b->start_s = b->end_s - 1;
}

static uint64_t carried(const struct ocs_circuit *c)
{
	return c->lit_bps > c->granted_bps ? c->lit_bps : c->granted_bps;
}

int engine_books_make(const struct ocs_engine *e,
		      const struct ocs_lease *lease, int64_t now_s,
		      struct engine_books *books, struct ocs_error *err)
{
	struct ocs_booking when = { 0 };
	size_t max = 0;

	memset(books, 0, sizeof(*books));
	for (unsigned int i = 0; i < lease->ncircuits; i++)
		if (circuit_booked(lease, &lease->circuit[i]))
			max += lease->circuit[i].nhops;
	if (!max)
		return 0;
	if (!(books->b = malloc(max * sizeof(*books->b))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	interval(e, lease, now_s, &when);
	books->now = lease->sched != OCS_WAITING;
	for (unsigned int i = 0; i < lease->ncircuits; i++) {
		const struct ocs_circuit *c = &lease->circuit[i];

		for (unsigned int j = 0;
		     circuit_booked(lease, c) && j < c->nhops; j++) {
			int l = engine_link(e, c->hop[j]);

			if (l < 0)
				continue;	/* no longer configured */
			when.link = (unsigned int) l;
			when.bps = ocs_link_consumed(&e->net.link[l],
						     carried(c));
			books->b[books->n++] = when;
		}
	}
	return 0;
}

/* What is booked at this moment, by BOOKS more or less. */
static void count_now(struct ocs_engine *e, const struct engine_books *books,
		      bool more)
{
	for (unsigned int i = 0; books->now && i < books->n; i++) {
		struct ocs_link *link = &e->net.link[books->b[i].link];
		uint64_t *booked = &e->booked[books->b[i].link];

		*booked += more ? books->b[i].bps : -books->b[i].bps;
		link->booked_bps = *booked < link->capacity_bps ?
				   *booked : link->capacity_bps;
	}
}

int engine_books_add(struct ocs_engine *e, const struct ocs_lease *lease,
		     int64_t now_s, struct engine_books *books,
		     struct ocs_error *err)
{
	if (engine_books_make(e, lease, now_s, books, err) < 0)
		return -1;
	if (ocs_calendar_force(e->cal, NULL, 0, books->b, books->n, err) < 0) {
		free(books->b);
		memset(books, 0, sizeof(*books));
		return -1;
	}
	count_now(e, books, true);
	return 0;
}

void engine_books_drop(struct ocs_engine *e, struct engine_books *books)
{
	ocs_calendar_give_back(e->cal, books->b, books->n);
	count_now(e, books, false);
	free(books->b);
	memset(books, 0, sizeof(*books));
}

/* ---- routes ---- */

static uint64_t own_now(const struct engine_books *own, unsigned int link)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; own && own->now && i < own->n; i++)
		if (own->b[i].link == link)
			sum += own->b[i].bps;
	return sum;
}

/* Room in [START_S, END_S): exact where it is less than ENOUGH. */
static uint64_t room_of(struct ocs_engine *e, unsigned int link,
			int64_t start_s, int64_t end_s, uint64_t enough,
			const struct engine_books *own)
{
	uint64_t always = ocs_calendar_always_free(e->cal, link);

	if (always >= enough)
		return always;
	return own ? ocs_calendar_free_without(e->cal, own->b, own->n, link,
					       start_s, end_s) :
		     ocs_calendar_free(e->cal, link, start_s, end_s);
}

void engine_room(struct ocs_engine *e, const struct ocs_lease *lease,
		 int64_t start_s, int64_t end_s, int64_t now_s,
		 const struct engine_books *own)
{
	uint64_t rates = 0;

	for (unsigned int i = 0; i < lease->ncircuits; i++)
		rates += lease->circuit[i].granted_bps;
	for (unsigned int i = 0; i < e->net.nlinks; i++)
		e->scratch.link[i].drained = e->net.link[i].drained;
	for (unsigned int i = 0; i < e->nwindows; i++)
		if (e->window[i].link >= 0 && e->window[i].w.start_s < end_s &&
		    e->window[i].w.end_s > start_s)
			e->scratch.link[e->window[i].link].drained = true;
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		const struct ocs_link *link = &e->net.link[i];
		struct ocs_link *room = &e->scratch.link[i];
		uint64_t enough = rates +
				  lease->ncircuits * link->granule_bps;
		uint64_t now = e->booked[i] - own_now(own, i), left;

		/* Windows are told apart from bookings by the flag. */
		if (room->drained)
			left = link->capacity_bps -
			       ocs_calendar_booked(e->cal, i, start_s, end_s);
		else
			left = room_of(e, i, start_s, end_s, enough, own);
		room->down = false;
		if (start_s <= now_s) {
			room->down = link->down;
			if (now >= link->capacity_bps)
				left = 0;
			else if (left > link->capacity_bps - now)
				left = link->capacity_bps - now;
		}
		room->booked_bps = left < link->capacity_bps ?
				   link->capacity_bps - left : 0;
	}
}

static void use_up(struct ocs_engine *e, const struct ocs_route *route,
		   uint64_t rate_bps)
{
	for (unsigned int i = 0; i < route->nhops; i++) {
		struct ocs_link *l = &e->scratch.link[route->link[i]];

		l->booked_bps += ocs_link_consumed(l, rate_bps);
		if (l->booked_bps > l->capacity_bps)
			l->booked_bps = l->capacity_bps;
	}
}

int engine_route(struct ocs_engine *e, struct ocs_lease *lease,
		 struct ocs_error *err)
{
	struct ocs_route route;

	for (unsigned int i = 0; i < lease->ncircuits; i++) {
		struct ocs_circuit *c = &lease->circuit[i];
		int a = ocs_net_site(&e->net, c->a);
		int z = ocs_net_site(&e->net, c->z);

		if (ocs_route_find(&e->scratch, (unsigned int) a,
				   (unsigned int) z, c->granted_bps,
				   c->max_latency_us, &route, err) < 0)
			return -1;
		use_up(e, &route, c->granted_bps);
		c->latency_us = route.latency_us;
		c->nhops = route.nhops;
		memset(c->hop, 0, sizeof(c->hop));
		for (unsigned int j = 0; j < route.nhops; j++)
			strcpy(c->hop[j], e->net.link[route.link[j]].name);
	}
	return 0;
}

/* Has the route that L has room in scratch? */
static bool route_fits(struct ocs_engine *e, const struct ocs_lease *l)
{
	bool fits = true;

	for (unsigned int i = 0; i < l->ncircuits; i++) {
		const struct ocs_circuit *c = &l->circuit[i];

		for (unsigned int j = 0; j < c->nhops; j++) {
			int k = engine_link(e, c->hop[j]);
			struct ocs_link *room;
			uint64_t bps;

			if (k < 0)
				return false;
			room = &e->scratch.link[k];
			bps = ocs_link_consumed(room, c->granted_bps);
			if (bps > ocs_link_free(room))
				fits = false;
			else
				room->booked_bps += bps;
		}
	}
	return fits;
}

/* ---- the clock ---- */

static int64_t least(int64_t x, int64_t y)
{
	return x < y ? x : y;
}

void engine_due(struct ocs_engine *e, struct engine_rec *rec)
{
	const struct ocs_lease *l = rec->cur->lease;
	int64_t end = engine_end_s(e, l), due = INT64_MAX;
	uint64_t mono = ocs_clock_mono_ms();
	int64_t left;

	if (l->resv == OCS_COMMITTED && l->sched == OCS_WAITING)
		due = least(l->start_s > rec->retry_s ? l->start_s :
			    rec->retry_s, end);
	else if (l->resv == OCS_COMMITTED && l->sched == OCS_PAST_END)
		due = end + e->conf->overdue_max_s;
	else if (l->resv == OCS_COMMITTED)
		due = end;
	/* what outlives its booking is booked on */
	if (rec->books.n && rec->books.b[0].end_s != end &&
	    !(l->resv == OCS_COMMITTED && l->sched == OCS_WAITING))
		due = least(due, rec->books.b[0].end_s - ENGINE_STEP_S / 2);
	else if (rec->books.n && l->resv == OCS_HELD)
		due = least(due, end);
	rec->due_s = due;
	if (due == INT64_MAX)
		return;
	left = due * 1000 - ocs_clock_unix_ms();
	engine_timer(e, left > 0 ? mono + (uint64_t) left : mono);
}

static void try_again(struct ocs_engine *e, struct engine_rec *rec,
		      int64_t now_s, const struct ocs_error *err)
{
	ocs_log("ledger-error", "lease=%s cause=%s", rec->cur->lease->id,
		ocs_quote(err->text).text);
	rec->retry_s = rec->due_s = now_s + 1;
	engine_timer(e, ocs_clock_mono_ms() + ENGINE_RETRY_MS);
}

/* There is no room at the start: say what it waits for. */
static void blocked(struct ocs_engine *e, struct engine_rec *rec,
		    struct engine_change *ch, int64_t now_s,
		    const struct ocs_error *why)
{
	const struct ocs_lease *l = rec->cur->lease;
	const char *text = why->reason[0] ? why->reason : why->text;
	struct ocs_error err;

	rec->retry_s = now_s + ENGINE_START_RETRY_S;
	engine_change_drop(ch);
	if (!strncmp(l->cause, text, sizeof(l->cause) - 1)) {
		engine_due(e, rec);
		return;
	}
	if (engine_change_begin(ch, rec, l, &err) < 0) {
		try_again(e, rec, now_s, &err);
		return;
	}
	snprintf(ch->next->cause, sizeof(ch->next->cause), "%.255s", text);
	engine_change_note(ch, "schedule", ocs_sched_name(l->sched), text);
	if (engine_change_apply(e, ch, NULL, &err) < 0)
		try_again(e, rec, now_s, &err);
}

/* WAITING, and its start has come. */
static void start(struct ocs_engine *e, struct engine_rec *rec, int64_t now_s)
{
	const struct ocs_lease *l = rec->cur->lease;
	int64_t end = engine_end_s(e, l);
	struct engine_change ch;
	struct ocs_error err;

	if (end < now_s + ENGINE_STEP_S)
		end = now_s + ENGINE_STEP_S;
	if (engine_change_begin(&ch, rec, l, &err) < 0) {
		try_again(e, rec, now_s, &err);
		return;
	}
	engine_room(e, l, now_s, end, now_s, &rec->books);
	if (!route_fits(e, l)) {
		engine_room(e, l, now_s, end, now_s, &rec->books);
		if (engine_route(e, ch.next, &err) < 0) {
			blocked(e, rec, &ch, now_s, &err);
			return;
		}
	}
	engine_change_sched(&ch, OCS_IN_TERM, "its start has come");
	ch.next->cause[0] = '\0';
	for (unsigned int i = 0; i < ch.next->ncircuits; i++)
		engine_change_prov(&ch, i, OCS_PROVISIONING, "");
	ch.settle = true;
	if (engine_change_apply(e, &ch, NULL, &err) < 0) {
		try_again(e, rec, now_s, &err);
		return;
	}
	for (unsigned int i = 0; i < rec->cur->lease->ncircuits; i++)
		engine_redirect(e, rec, i, NEXT_LOOK);
}

static void end(struct ocs_engine *e, struct engine_rec *rec, int64_t now_s,
		const char *why)
{
	struct ocs_release rel = { .id = rec->cur->lease->id, .why = why,
				   .who = "opticald", .any_epoch = true };
	struct ocs_error err;

	if (engine_terminate(e, rec, &rel, false, &err) < 0)
		try_again(e, rec, now_s, &err);
}

/* A change of the clock alone: what follows is engine_change_apply()'s. */
static void renew(struct ocs_engine *e, struct engine_rec *rec, int64_t now_s)
{
	struct engine_change ch;
	struct ocs_error err;

	if (engine_change_begin(&ch, rec, rec->cur->lease, &err) < 0 ||
	    engine_change_apply(e, &ch, NULL, &err) < 0)
		try_again(e, rec, now_s, &err);
}

/* Book on what has outstayed its booking. */
static void book_on(struct ocs_engine *e, struct engine_rec *rec,
		    int64_t now_s)
{
	struct engine_books books;
	struct ocs_error err;

	if (engine_books_add(e, rec->cur->lease, now_s, &books, &err) < 0) {
		try_again(e, rec, now_s, &err);
		return;
	}
	engine_books_drop(e, &rec->books);
	rec->books = books;
	engine_due(e, rec);
}

void engine_term(struct ocs_engine *e, struct engine_rec *rec, int64_t now_s)
{
	const struct ocs_lease *l = rec->cur->lease;
	int64_t last = engine_end_s(e, l);

	if (l->resv != OCS_COMMITTED)
		book_on(e, rec, now_s);
	else if (l->sched == OCS_WAITING && last <= now_s)
		end(e, rec, now_s, "over before there was room");
	else if (l->sched == OCS_WAITING && l->start_s <= now_s)
		start(e, rec, now_s);
	else if (l->sched == OCS_PAST_END &&
		 last + e->conf->overdue_max_s <= now_s)
		end(e, rec, now_s, "overdue");
	else if (l->sched == OCS_IN_TERM && last <= now_s)
		renew(e, rec, now_s);
	else
		book_on(e, rec, now_s);
}
