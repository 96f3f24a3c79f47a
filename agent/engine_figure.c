// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_figure - which latency and delay variation count, and what follows
 *
 * Of each link: what is configured, what its driver reports, what was measured
 * last on a circuit of that link alone. The one that counts (core/figure.h) is
 * net.link's: routes, bounds, what-if and schedulers see it, with its source
 * and time. A number that changes by less than 1 % wakes nobody.
 *
 * Of each circuit: the sum over its links, or what the network says of it once
 * it is lit (engine_real.c); what was measured on it beats both while it is
 * valid, unless the circuit has gone another way since. A lit circuit is
 * compared with its bounds when a measurement comes and when it is over.
 *
 * Measurements are in the ledger (agent/measure.c), reports come again.
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "common/core/figure.h"
#include "common/sys/clock.h"

enum { CONFIGURED, REPORTED, MEASURED, NFIGURES };

struct engine_figures {
	struct ocs_figure latency[NFIGURES], variation[NFIGURES];
	bool has_variation;		/* the report has */
	uint64_t told_us;		/* since schedulers were woken */
};

/* What was measured on one circuit. */
struct engine_seen {
	struct ocs_figure latency, variation;
};

/* ---- links ---- */

int engine_figure_init(struct ocs_engine *e)
{
	if (!(e->figures = calloc(e->net.nlinks + 1, sizeof(*e->figures))))
		return -1;
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		const struct ocs_link *l = &e->net.link[i];
		struct engine_figures *f = &e->figures[i];

		f->latency[CONFIGURED] = (struct ocs_figure) {
			.known = true, .source = l->latency_source,
			.us = l->latency_us, .time_ms = l->latency_ms,
		};
		f->variation[CONFIGURED] = f->latency[CONFIGURED];
		f->variation[CONFIGURED].us = l->delay_variation_us;
		f->told_us = l->latency_us;
	}
	e->figure_ms = INT64_MAX;
	return 0;
}

void engine_figure_fini(struct ocs_engine *e)
{
	free(e->figures);
}

static void wake_at(struct ocs_engine *e, const struct ocs_figure *f,
		    int64_t now_ms)
{
	int64_t until = ocs_figure_until_ms(f, e->conf->measure_max_age_s);

	if (until == INT64_MAX || until < now_ms)
		return;
	if (until < e->figure_ms)
		e->figure_ms = until;
	engine_timer(e, ocs_clock_mono_ms() + (uint64_t) (until - now_ms));
}

static const struct ocs_figure *best(const struct ocs_engine *e,
				     const struct ocs_figure *f,
				     int64_t now_ms)
{
	int i = ocs_figure_best(f, NFIGURES, now_ms,
				e->conf->measure_max_age_s);

	return &f[i < 0 ? CONFIGURED : i];
}

/* What counts of link L is shown. */
static void refresh(struct ocs_engine *e, unsigned int l)
{
	struct engine_figures *f = &e->figures[l];
	int64_t now_ms = ocs_clock_unix_ms();
	const struct ocs_figure *is = best(e, f->latency, now_ms);
	const struct ocs_figure *variation = best(e, f->variation, now_ms);
	struct ocs_link *link = &e->net.link[l];
	bool other = link->latency_source != is->source;
	uint64_t step = is->us > f->told_us ? is->us - f->told_us :
					      f->told_us - is->us;

	wake_at(e, is, now_ms);
	wake_at(e, variation, now_ms);
	other |= link->delay_variation_us != (uint32_t) variation->us;
	link->latency_us = is->us;
	link->latency_source = is->source;
	link->latency_ms = is->time_ms;
	link->delay_variation_us = (uint32_t) variation->us;
	e->scratch.link[l].latency_us = is->us;
	e->scratch.link[l].delay_variation_us = (uint32_t) variation->us;
	if (!other && step * 100 <= f->told_us)
		return;
	f->told_us = is->us;
	ocs_log("latency", "link=%s latency_us=%" PRIu64 " source=%s",
		link->name, is->us, ocs_source_name(is->source));
	engine_bump(e);
}

/* Equipment that does not know says the same of each link: then none of domain
 * D is known. */
static void weigh(struct ocs_engine *e, unsigned int d)
{
	const struct ocs_figure **f = calloc(e->net.nlinks + 1, sizeof(*f));
	unsigned int n = 0;
	bool alike;

	for (unsigned int i = 0; f && i < e->net.nlinks; i++) {
		struct ocs_figure *r = &e->figures[i].latency[REPORTED];

		if (e->net.link[i].domain != d || !r->us)
			continue;
		r->known = true;
		f[n++] = r;
	}
	alike = !f || ocs_figures_alike(f, n);
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		struct engine_figures *k = &e->figures[i];

		if (e->net.link[i].domain != d || !k->latency[REPORTED].us)
			continue;
		k->latency[REPORTED].known = !alike;
		k->variation[REPORTED].known = !alike && k->has_variation;
		refresh(e, i);
	}
	free(f);
}

void engine_driver_latency(void *arg, const char *name, uint64_t us,
			   uint64_t variation_us)
{
	struct ocs_engine *e = arg;
	struct engine_figures *f;
	int l;

	pthread_mutex_lock(&e->lock);
	if ((l = engine_link(e, name)) < 0)
		goto out;
	f = &e->figures[l];
	if (us && !ocs_figure_physical(us, e->net.link[l].fibre_us)) {
		ocs_log("latency", "link=%s reported_us=%" PRIu64 " cause=\"it can't be: it is not known\"",
			name, us);
		us = 0;
	}
	f->latency[REPORTED] = (struct ocs_figure) {
		.source = OCS_SOURCE_REPORTED, .us = us,
		.time_ms = ocs_clock_unix_ms(),
	};
	f->variation[REPORTED] = f->latency[REPORTED];
	f->variation[REPORTED].us = variation_us;
	f->has_variation = variation_us <= OCS_VARIATION_MAX_US;
	weigh(e, e->net.link[l].domain);
	refresh(e, (unsigned int) l);
out:
	pthread_mutex_unlock(&e->lock);
}

/* ---- circuits ---- */

void engine_seen_free(struct engine_strand *es)
{
	free(es->seen);
	es->seen = NULL;
}

bool ocs_engine_measure_counts(const struct ocs_engine *e,
			       const struct ocs_circuit *c, int64_t time_ms,
			       uint32_t valid_s)
{
	const struct ocs_figure f = {
		.known = true, .source = OCS_SOURCE_MEASURED,
		.valid_s = valid_s, .time_ms = time_ms,
	};

	return time_ms >= c->latency_ms &&
	       ocs_figure_counts(&f, ocs_clock_unix_ms(),
				 e->conf->measure_max_age_s);
}

void engine_figure_of(const struct ocs_engine *e,
		      const struct engine_rec *rec, unsigned int s,
		      struct ocs_figure *latency, struct ocs_figure *variation)
{
	const struct ocs_lease *l = rec->cur->lease;
	const struct ocs_circuit *c =
		&l->circuit[ocs_strand_get(l, s).circuit];
	const struct engine_seen *seen = rec->strand[s].seen;
	struct ocs_figure is = {
		.known = true, .us = ocs_strand_latency_us(l, s),
		.time_ms = c->latency_ms,
		.source = c->latency_reported ? OCS_SOURCE_REPORTED :
						OCS_SOURCE_COMPUTED,
	};

	*latency = *variation = is;
	variation->us = engine_strand_variation(e, l, s);
	variation->source = OCS_SOURCE_COMPUTED;
	if (!seen || seen->latency.time_ms < c->latency_ms)
		return;
	if (ocs_figure_counts(&seen->latency, ocs_clock_unix_ms(),
			      e->conf->measure_max_age_s)) {
		*latency = seen->latency;
		if (seen->variation.known)
			*variation = seen->variation;
	}
}

/* A circuit of one signal over one link: what is measured there is the
 * link's. */
static void measured_link(struct ocs_engine *e, const struct ocs_lease *l,
			  unsigned int i, const struct engine_seen *s)
{
	const struct ocs_circuit *c = &l->circuit[i];
	int k = c->nhops == 1 && ocs_lease_members(l, i) <= 1 ?
		engine_link(e, c->hop[0]) : -1;
	struct engine_figures *f;

	if (k < 0)
		return;
	f = &e->figures[k];
	if (f->latency[MEASURED].known &&
	    f->latency[MEASURED].time_ms > s->latency.time_ms)
		return;
	f->latency[MEASURED] = s->latency;
	if (s->variation.known)
		f->variation[MEASURED] = s->variation;
	refresh(e, (unsigned int) k);
}

int ocs_engine_measured(struct ocs_engine *e, const char *id, unsigned int i,
			const struct ocs_measurement *m, struct ocs_error *err)
{
	struct ocs_figure f = {
		.known = true, .source = OCS_SOURCE_MEASURED,
		.valid_s = m->valid_s, .us = m->latency_us,
		.time_ms = m->time_ms,
	};
	struct engine_strand *es;
	struct engine_rec *rec;
	int rc = 0;

	pthread_mutex_lock(&e->lock);
	rec = engine_rec_find(e, id);
	if (!rec || i >= rec->cur->lease->ncircuits ||
	    rec->cur->lease->circuit[i].prov != OCS_PROVISIONED)
		goto out;
	es = &rec->strand[i];
	if (!es->seen && !(es->seen = calloc(1, sizeof(*es->seen)))) {
		rc = ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	es->seen->latency = es->seen->variation = f;
	es->seen->variation.us = m->delay_variation_us;
	es->seen->variation.known = m->has_variation;
	wake_at(e, &f, ocs_clock_unix_ms());
	measured_link(e, rec->cur->lease, i, es->seen);
	engine_circuit_judge(e, rec, i);
out:
	pthread_mutex_unlock(&e->lock);
	return rc;
}

/* ---- the clock ---- */

void engine_figure_step(struct ocs_engine *e)
{
	int64_t now_ms = ocs_clock_unix_ms();

	e->figure_due = now_ms >= e->figure_ms;
	if (!e->figure_due) {
		if (e->figure_ms != INT64_MAX)
			engine_timer(e, ocs_clock_mono_ms() +
				     (uint64_t) (e->figure_ms - now_ms));
		return;
	}
	e->figure_ms = INT64_MAX;
	for (unsigned int i = 0; i < e->net.nlinks; i++)
		if (e->figures[i].latency[MEASURED].known)
			refresh(e, i);
}

void engine_figure_tick(struct ocs_engine *e, struct engine_rec *rec,
			unsigned int s)
{
	const struct engine_seen *seen = rec->strand[s].seen;
	int64_t now_ms;

	if (!seen || !e->figure_due)
		return;
	now_ms = ocs_clock_unix_ms();
	if (ocs_figure_counts(&seen->latency, now_ms,
			      e->conf->measure_max_age_s)) {
		wake_at(e, &seen->latency, now_ms);
		return;
	}
	engine_seen_free(&rec->strand[s]);
	engine_circuit_judge(e, rec, s);
}
