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
#include "common/core/books.h"
#include "common/sys/clock.h"

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

static bool may_be_lit(const struct ocs_lease *lease)
{
	for (unsigned int i = 0; i < lease->ncircuits; i++)
		if (lease->circuit[i].prov != OCS_RELEASED)
			return true;
	return false;
}

/* Circuit I of LEASE into BOOKS, which have room for it. */
static int book_circuit(const struct ocs_engine *e,
			const struct ocs_lease *lease, unsigned int i,
			struct ocs_booking when, struct engine_books *books)
{
	unsigned int max = ocs_circuit_uses_max(lease, i), n;
	struct ocs_use *use = malloc((max + 1) * sizeof(*use));

	if (!use)
		return -1;
	n = ocs_circuit_uses(&e->net, lease, i, carried(&lease->circuit[i]),
			     use);
	for (unsigned int k = 0; k < n; k++) {
		when.link = use[k].resource;
		when.bps = use[k].bps;
		books->b[books->n++] = when;
	}
	free(use);
	return 0;
}

int engine_books_make(const struct ocs_engine *e,
		      const struct ocs_lease *lease, int64_t now_s,
		      struct engine_books *books, struct ocs_error *err)
{
	struct ocs_booking when = { 0 };
	size_t max = 0;

	memset(books, 0, sizeof(*books));
	for (unsigned int i = 0; i < lease->ncircuits; i++)
		if (ocs_circuit_booked(lease, &lease->circuit[i]))
			max += ocs_circuit_uses_max(lease, i);
	if (!max)
		return 0;
	if (!(books->b = malloc(max * sizeof(*books->b))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	interval(e, lease, now_s, &when);
	books->now = lease->sched != OCS_WAITING;
	books->lit = may_be_lit(lease);
	for (unsigned int i = 0; i < lease->ncircuits; i++)
		if (ocs_circuit_booked(lease, &lease->circuit[i]) &&
		    book_circuit(e, lease, i, when, books) < 0) {
			free(books->b);
			memset(books, 0, sizeof(*books));
			return ocs_fail(err, OCS_NOMEM, "out of memory");
		}
	return 0;
}

/* What is booked at this moment, by BOOKS more or less. */
static void count_now(struct ocs_engine *e, const struct engine_books *books,
		      bool more)
{
	for (unsigned int i = 0; books->now && i < books->n; i++) {
		unsigned int r = books->b[i].link;
		uint64_t cap = ocs_net_capacity(&e->net, r);
		uint64_t *booked = &e->booked[r];

		*booked += more ? books->b[i].bps : -books->b[i].bps;
		if (r < e->net.nlinks)
			engine_show_booked(e, r);
		else
			*ocs_net_booked(&e->net, r) = *booked < cap ? *booked :
								      cap;
	}
	engine_lit_count(e, books, more);
}

void engine_show_booked(struct ocs_engine *e, unsigned int l)
{
	uint64_t used = e->booked[l] + e->foreign[l];
	struct ocs_link *link = &e->net.link[l];

	link->foreign_bps = e->foreign[l];
	link->booked_bps = used < link->capacity_bps ? used :
			   link->capacity_bps;
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

/* Who asks for room, and when. */
struct asking {
	int64_t start_s, end_s, now_s;
	const struct engine_books *own;	/* NULL: gives nothing back */
	uint64_t rates;
	unsigned int signals;
};

/* Room of resource R: exact where it is less than ENOUGH. */
static uint64_t room_of(struct ocs_engine *e, unsigned int r,
			const struct asking *a, uint64_t enough)
{
	uint64_t always = ocs_calendar_always_free(e->cal, r);

	if (always >= enough)
		return always;
	return a->own ? ocs_calendar_free_without(e->cal, a->own->b, a->own->n,
						  r, a->start_s, a->end_s) :
			ocs_calendar_free(e->cal, r, a->start_s, a->end_s);
}

/* What R, of CAP, has LEFT by the calendar, as it counts as booked: at this
 * moment there may be more than the calendar knows. */
static uint64_t taken_of(const struct ocs_engine *e, unsigned int r,
			 uint64_t cap, uint64_t left, const struct asking *a)
{
	uint64_t now;

	if (a->start_s <= a->now_s) {
		now = e->booked[r] - own_now(a->own, r);
		if (now >= cap)
			left = 0;
		else if (left > cap - now)
			left = cap - now;
	}
	return left < cap ? cap - left : 0;
}

static void room_of_link(struct ocs_engine *e, unsigned int i,
			 const struct asking *a)
{
	const struct ocs_link *link = &e->net.link[i];
	struct ocs_link *room = &e->scratch.link[i];
	uint64_t enough = a->rates + a->signals * link->granule_bps, left;

	/* Windows are told apart from bookings by the flag. */
	if (room->drained)
		left = link->capacity_bps -
		       ocs_calendar_booked(e->cal, i, a->start_s, a->end_s);
	else
		left = room_of(e, i, a, enough);
	room->down = a->start_s <= a->now_s && link->down;
	room->booked_bps = taken_of(e, i, link->capacity_bps, left, a);
	room->lit = link->lit;
	for (unsigned int k = 0; k < link->nwaves; k++) {
		unsigned int w = link->first_wave + k;
		unsigned int r = ocs_wave_resource(&e->net, w);

		e->scratch.wave[w].lit = e->net.wave[w].lit;
		e->scratch.wave[w].booked_bps =
			taken_of(e, r, link->wave_bps,
				 room_of(e, r, a, link->wave_bps), a);
	}
}

static void room_of_port(struct ocs_engine *e, unsigned int i,
			 const struct asking *a)
{
	const struct ocs_port *port = &e->net.port[i];
	unsigned int r = ocs_port_resource(&e->net, i);

	e->scratch.port[i].drained = port->drained;
	e->scratch.port[i].down = a->start_s <= a->now_s && port->down;
	e->scratch.port[i].booked_bps =
		taken_of(e, r, port->rate_bps,
			 room_of(e, r, a, port->rate_bps), a);
}

void engine_room(struct ocs_engine *e, const struct ocs_lease *lease,
		 int64_t start_s, int64_t end_s, int64_t now_s,
		 const struct engine_books *own)
{
	struct asking a = { start_s, end_s, now_s, own, 0,
			    lease->ncircuits * 2 * OCS_MEMBERS_MAX };

	for (unsigned int i = 0; i < lease->ncircuits; i++)
		a.rates += 2 * lease->circuit[i].granted_bps;
	for (unsigned int i = 0; i < e->net.nlinks; i++)
		e->scratch.link[i].drained = e->net.link[i].drained;
	for (unsigned int i = 0; i < e->nwindows; i++)
		if (e->window[i].link >= 0 && e->window[i].w.start_s < end_s &&
		    e->window[i].w.end_s > start_s)
			e->scratch.link[e->window[i].link].drained = true;
	for (unsigned int i = 0; i < e->net.nlinks; i++)
		room_of_link(e, i, &a);
	for (unsigned int i = 0; i < e->net.nports; i++)
		room_of_port(e, i, &a);
}

int engine_route(struct ocs_engine *e, struct ocs_lease *lease,
		 struct ocs_error *err)
{
	struct ocs_want want[OCS_CIRCUITS_MAX];
	struct ocs_plan plan;

	for (unsigned int i = 0; i < lease->ncircuits; i++) {
		const struct ocs_circuit *c = &lease->circuit[i];

		want[i] = (struct ocs_want) {
			.a = (unsigned int) ocs_net_site(&e->net, c->a),
			.z = (unsigned int) ocs_net_site(&e->net, c->z),
			.rate_bps = c->granted_bps,
			.latency_us = c->max_latency_us,
			.delay_variation_us = c->max_delay_variation_us,
			.unavailable_ppb = c->max_unavailable_ppb,
			.protect = c->protect,
		};
	}
	if (ocs_route_circuits(&e->scratch, want, lease->ncircuits, &plan,
			       err) < 0)
		return -1;
	if (ocs_lease_route(lease, &e->net, &plan) < 0)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	return 0;
}

/* Neither drained nor down. */
static bool usable(const struct ocs_net *net, unsigned int r)
{
	if (r < net->nlinks)
		return !net->link[r].drained && !net->link[r].down;
	r -= net->nlinks;
	return r >= net->nports || (!net->port[r].drained &&
				    !net->port[r].down);
}

/* Has the route that L has room in scratch? */
static bool route_fits(struct ocs_engine *e, const struct ocs_lease *l)
{
	bool fits = true;

	for (unsigned int i = 0; fits && i < l->ncircuits; i++) {
		unsigned int max = ocs_circuit_uses_max(l, i), n;
		struct ocs_use *use = malloc((max + 1) * sizeof(*use));

		if (!use)
			return false;
		n = ocs_circuit_uses(&e->net, l, i,
				     l->circuit[i].granted_bps, use);
		/* a link, port or wavelength that is gone: another route */
		fits = n == max;
		for (unsigned int k = 0; fits && k < n; k++) {
			uint64_t *booked = ocs_net_booked(&e->scratch,
							  use[k].resource);
			uint64_t cap = ocs_net_capacity(&e->scratch,
							use[k].resource);

			fits = usable(&e->scratch, use[k].resource) &&
			       *booked <= cap && use[k].bps <= cap - *booked;
			if (fits)
				*booked += use[k].bps;
		}
		free(use);
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
	for (unsigned int s = 0; s < ocs_strands(ch.next); s++)
		engine_change_prov(&ch, s, OCS_PROVISIONING, "");
	ch.settle = true;
	if (engine_change_apply(e, &ch, NULL, &err) < 0) {
		try_again(e, rec, now_s, &err);
		return;
	}
	for (unsigned int s = 0; s < ocs_strands(rec->cur->lease); s++)
		engine_redirect(e, rec, s, NEXT_LOOK);
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
