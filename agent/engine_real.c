// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_real - what the network really built, and what others have there
 *
 * A controller may take another route than it was told, carry less, or restore
 * a circuit over a longer way. What is really used is what is booked (I1); a
 * route that breaks the bound on latency, the rate or capacity fails a circuit
 * that nobody uses yet, and impairs one that a job runs over. Others' use of a
 * link (Capacity=shared) takes room away as maintenance does: what we have
 * booked stays, and the controller may then refuse it.
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "common/core/units.h"

/* ---- the real route ---- */

static uint64_t route_latency(const struct ocs_engine *e,
			      const struct ocs_real *real)
{
	uint64_t us = real->latency_us;

	for (unsigned int i = 0; !real->latency_us && i < real->nhops; i++)
		us += e->net.link[engine_link(e, real->hop[i])].latency_us;
	return us;
}

/* What can't be is not known. */
static void weigh(const struct ocs_engine *e, struct ocs_real *real)
{
	uint64_t fibre_us = 0;

	for (unsigned int i = 0; i < real->nhops; i++)
		fibre_us += e->net.link[engine_link(e, real->hop[i])].fibre_us;
	if (!ocs_figure_physical(real->latency_us, fibre_us))
		real->latency_us = 0;
}

static bool same_route(const struct ocs_lease *l, unsigned int s,
		       const struct ocs_real *real)
{
	if (ocs_strand_nhops(l, s) != real->nhops)
		return false;
	for (unsigned int i = 0; i < real->nhops; i++)
		if (strcmp(ocs_strand_hop(l, s, i), real->hop[i]))
			return false;
	return true;
}

/* The route as text, for people. */
static const char *describe(const struct ocs_real *real, char text[static 160])
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < real->nhops && n < 159; i++)
		n += (size_t) snprintf(text + n, 160 - n, "%s%s", i ? "," : "",
				       real->hop[i]);
	return text;
}

/* The bounds of strand S that REAL breaks, into WHY. */
static bool breaks_bound(const struct ocs_lease *l, unsigned int s,
			 const struct ocs_real *real,
			 const struct ocs_figure *latency, char why[static 256])
{
	const struct ocs_circuit *c =
		&l->circuit[ocs_strand_get(l, s).circuit];
	uint64_t granted = ocs_strand_bps(l, s, c->granted_bps);
	uint64_t lit = ocs_strand_bps(l, s, c->lit_bps);
	char route[160], got[OCS_RATE_TEXT_MAX], want[OCS_RATE_TEXT_MAX];

	if (c->max_latency_us && latency->us > c->max_latency_us) {
		snprintf(why, 256,
			 "it goes over %.140s: %s%" PRIu64 "us, at most %" PRIu64 "us were asked for",
			 describe(real, route),
			 latency->source == OCS_SOURCE_MEASURED ? "measured " :
			 "", latency->us, c->max_latency_us);
		return true;
	}
	/* while it is resized, either rate is right */
	if (real->rate_bps && real->rate_bps < granted &&
	    (!lit || real->rate_bps < lit)) {
		snprintf(why, 256, "it carries %s of %s",
			 ocs_rate_format(real->rate_bps, got),
			 ocs_rate_format(granted, want));
		return true;
	}
	return false;
}

uint64_t engine_strand_variation(const struct ocs_engine *e,
				 const struct ocs_lease *l, unsigned int s)
{
	struct ocs_strand st = ocs_strand_get(l, s);
	uint64_t us = 0;

	if (!st.several)
		return l->circuit[st.circuit].delay_variation_us;
	for (unsigned int j = 0; j < ocs_strand_nhops(l, s); j++) {
		int k = engine_link(e, ocs_strand_hop(l, s, j));

		us += k < 0 ? 0 : e->net.link[k].delay_variation_us;
	}
	return us;
}

static uint64_t route_variation(const struct ocs_engine *e,
				const struct ocs_real *real)
{
	uint64_t us = 0;

	for (unsigned int i = 0; i < real->nhops; i++)
		us += e->net.link[engine_link(e, real->hop[i])]
		      .delay_variation_us;
	return us;
}

/* Book REAL for strand S instead of what is booked. 0; -1 with WHY: there is
 * no room, or no such link. */
static int book(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		const struct ocs_real *real, uint64_t latency_us,
		char why[static 256])
{
	struct engine_books books;
	struct engine_change ch;
	struct ocs_circuit *c;
	struct ocs_strand st;
	struct ocs_error err;
	char route[160];
	int rc;

	if (engine_change_begin(&ch, rec, rec->cur->lease, &err) < 0)
		goto fail;
	if (ocs_strand_set_route(ch.next, s, real->nhops,
				 (const void *) real->hop, latency_us) < 0) {
		engine_change_drop(&ch);
		ocs_fail(&err, OCS_NOMEM, "out of memory");
		goto fail;
	}
	st = ocs_strand_get(ch.next, s);
	c = &ch.next->circuit[st.circuit];
	c->latency_reported = real->latency_us != 0;
	c->latency_ms = ch.now_ms;
	if (!st.several)
		c->delay_variation_us = route_variation(e, real);
	if (engine_books_make(e, ch.next, ch.now_ms / 1000, &books, &err) < 0) {
		engine_change_drop(&ch);
		goto fail;
	}
	rc = ocs_calendar_check(e->cal, rec->books.b, rec->books.n, books.b,
				books.n, &err);
	free(books.b);
	if (rc < 0) {
		engine_change_drop(&ch);
		goto fail;
	}
	engine_change_note_strand(&ch, s, "route", describe(real, route),
				  "as the network really goes");
	if (engine_change_apply(e, &ch, NULL, &err) == 0)
		return 0;
fail:
	snprintf(why, 256, "it goes over %.120s: %.100s",
		 describe(real, route), err.text);
	return -1;
}

static bool links_known(const struct ocs_engine *e,
			const struct ocs_real *real, char why[static 256])
{
	for (unsigned int i = 0; i < real->nhops; i++) {
		if (engine_link(e, real->hop[i]) >= 0)
			continue;
		snprintf(why, 256,
			 "it goes over %s, which is not configured here",
			 real->hop[i]);
		return false;
	}
	return true;
}

enum engine_fit engine_read_back(struct ocs_engine *e, struct engine_rec *rec,
				 unsigned int s, char why[static 256])
{
	const struct ocs_lease *l = rec->cur->lease;
	struct ocs_service svc;
	struct ocs_real real;
	struct ocs_figure latency, variation;
	uint64_t latency_us;
	bool breaks, other;

	engine_service_of(l, s, &svc);
	if (!e->drv->ops->real || !e->drv->ops->real(e->drv, &svc, &real))
		return ENGINE_FITS;
	if (!links_known(e, &real, why))
		return ENGINE_NO_ROOM;
	if (!real.nhops) {
		real.nhops = svc.nhops;
		memcpy(real.hop, svc.hop, svc.nhops * sizeof(svc.hop[0]));
	}
	weigh(e, &real);
	latency_us = route_latency(e, &real);
	/* That links are known better now is no other way. */
	other = !same_route(l, s, &real) ||
		(real.latency_us && ocs_strand_latency_us(l, s) != latency_us);
	engine_figure_of(e, rec, s, &latency, &variation);
	if (other) {	/* what was measured before does not count */
		latency.us = latency_us;
		latency.source = OCS_SOURCE_REPORTED;
	}
	breaks = breaks_bound(l, s, &real, &latency, why);
	if (other && book(e, rec, s, &real, latency_us, why) < 0)
		return ENGINE_NO_ROOM;
	return breaks ? ENGINE_BREAKS : ENGINE_FITS;
}

/* ---- others ---- */

void engine_driver_foreign(void *arg, const char *name, uint64_t bps)
{
	struct ocs_engine *e = arg;
	struct ocs_booking out = { .end_s = OCS_TIME_OPEN }, in = out;
	struct ocs_error err;
	int l;

	pthread_mutex_lock(&e->lock);
	l = ocs_net_link(&e->net, name);
	if (l < 0)
		goto out;
	if (bps > e->net.link[l].capacity_bps)
		bps = e->net.link[l].capacity_bps;
	if (e->foreign[l] == bps)
		goto out;
	out.link = in.link = (unsigned int) l;
	out.bps = e->foreign[l];
	in.bps = bps;
	if (ocs_calendar_window(e->cal, out.bps ? &out : NULL,
				in.bps ? &in : NULL, &err) < 0) {
		ocs_log("foreign", "link=%s cause=%s", name,
			ocs_quote(err.text).text);
		goto out;
	}
	e->foreign[l] = bps;
	engine_show_booked(e, (unsigned int) l);
	ocs_log("foreign", "link=%s bps=%" PRIu64, name, bps);
	engine_bump(e);
out:
	pthread_mutex_unlock(&e->lock);
}
