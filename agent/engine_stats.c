// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_stats - the engine counts as it goes, so that telling is cheap
 *
 * Leases are counted when they change: however many there are, who asks holds
 * the lock for as long as it takes to copy the links and clusters.
 */
#include "agent/engine_priv.h"

#include <stdlib.h>
#include <string.h>

#include "common/sys/clock.h"

const struct ocs_times_bounds ocs_times_short = { 13, {
	1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
	1000000, 2500000, 5000000, 10000000,
} };
const struct ocs_times_bounds ocs_times_long = { 13, {
	100000, 500000, 1000000, 2000000, 5000000, 10000000, 30000000,
	60000000, 120000000, 300000000, 600000000, 900000000, 1200000000,
} };
const char *const ocs_stats_words[OCS_STATS_WORDS] = {
	"HELD", "WAITING", "PROVISIONING", "ACTIVE", "IMPAIRED", "OVERDUE",
	"RELEASING", "FAILED",
};
const char *const ocs_stats_events[OCS_STATS_EVENTS] = {
	"held", "committed", "active", "setup_refused", "setup_fault",
	"hold_expired", "released", "overdue", "changed", "gone",
};
const char *const ocs_stats_ops[OCS_STATS_OPS] = {
	"look", "create", "remove", "resize",
};
const char *const ocs_stats_outcomes[OCS_STATS_OUTCOMES] = {
	"done", "refused", "fault", "aborted", "lost",
};

const char *const ocs_stats_attached[OCS_STATS_ATTACHED] = {
	"done", "refused", "fault",
};

void ocs_times_add(struct ocs_times *t, const struct ocs_times_bounds *bounds,
		   uint64_t us)
{
	unsigned int i = 0;

	while (i < bounds->n && us > bounds->us[i])
		i++;
	t->bucket[i]++;
	t->sum_us += us;
}

/* ---- counting ---- */

/* NULL: no memory; its leases are then not counted, which is all. */
static struct ocs_stats_cluster *tally(struct engine_stats *s,
				       const char *name, bool make)
{
	struct ocs_stats_cluster *grown;

	for (unsigned int i = 0; i < s->nclusters; i++)
		if (!strcmp(s->cluster[i].name, name))
			return &s->cluster[i];
	if (!make)
		return NULL;
	grown = realloc(s->cluster, (s->nclusters + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	s->cluster = grown;
	grown += s->nclusters++;
	memset(grown, 0, sizeof(*grown));
	strcpy(grown->name, name);
	return grown;
}

void engine_stats_lease(struct ocs_engine *e, const struct ocs_lease *l,
			bool more)
{
	struct engine_stats *s = &e->stats;
	const char *word = ocs_lease_word(l);
	struct ocs_stats_cluster *c;

	if (l->gone_ms)
		return;
	for (unsigned int i = 0; i < l->ncircuits; i++)
		s->circuit[l->circuit[i].prov][l->circuit[i].data] +=
			more ? 1 : (uint64_t) -1;
	if (!(c = tally(s, l->cluster, more)))
		return;
	for (unsigned int w = 0; w < OCS_STATS_WORDS; w++) {
		if (strcmp(word, ocs_stats_words[w]))
			continue;
		if (more)
			c->leases[w]++;
		else if (c->leases[w])	/* one without memory was left out */
			c->leases[w]--;
	}
}

/* From its commit, or its start when that came later. */
static uint64_t setup_us(const struct ocs_lease *l)
{
	int64_t from = l->start_s < INT64_MAX / 1000 &&
		       l->start_s * 1000 > l->committed_ms ?
		       l->start_s * 1000 : l->committed_ms;

	return l->active_ms > from ? (uint64_t) (l->active_ms - from) * 1000 :
	       0;
}

void engine_stats_change(struct ocs_engine *e, const struct ocs_lease *was,
			 const struct ocs_lease *is)
{
	uint64_t *n = e->stats.event;
	bool moved = !was || was->resv != is->resv;

	if (was)
		engine_stats_lease(e, was, false);
	engine_stats_lease(e, is, true);
	if (moved && is->resv == OCS_HELD)
		n[OCS_EV_HELD]++;
	if (moved && is->resv == OCS_COMMITTED)
		n[OCS_EV_COMMITTED]++;
	if (moved && is->resv == OCS_FAILED)
		n[is->blame == OCS_BLAME_REFUSED ? OCS_EV_REFUSED :
		  OCS_EV_FAULT]++;
	if (moved && is->resv == OCS_TERMINATED)
		n[strcmp(is->cause, ENGINE_CAUSE_EXPIRED) ? OCS_EV_RELEASED :
		  OCS_EV_EXPIRED]++;
	if (is->active_ms && (!was || !was->active_ms)) {
		n[OCS_EV_ACTIVE]++;
		ocs_times_add(&e->stats.setup, &ocs_times_long, setup_us(is));
	}
	if (is->sched == OCS_PAST_END && was && was->sched != OCS_PAST_END)
		n[OCS_EV_OVERDUE]++;
	if (was && is->version > was->version)
		n[OCS_EV_CHANGED]++;
	if (is->gone_ms && (!was || !was->gone_ms))
		n[OCS_EV_GONE]++;
}

void engine_stats_op(struct ocs_engine *e, enum engine_next kind,
		     enum ocs_outcome outcome)
{
	static const enum ocs_stats_op ops[] = {
		[NEXT_NONE] = OCS_OP_LOOK,	[NEXT_LOOK] = OCS_OP_LOOK,
		[NEXT_CREATE] = OCS_OP_CREATE,	[NEXT_REMOVE] = OCS_OP_REMOVE,
		[NEXT_RESIZE] = OCS_OP_RESIZE,
	};

	e->stats.op[ops[kind]][outcome]++;
}

void engine_stats_attach(struct ocs_engine *e, bool attach,
			 enum ocs_attach_end_of how)
{
	e->stats.attach[attach][how]++;
}

void engine_stats_fini(struct ocs_engine *e)
{
	free(e->stats.cluster);
	e->stats.cluster = NULL;
	e->stats.nclusters = 0;
}

/* ---- telling ---- */

/* Removals that count still. */
static unsigned int removals(const struct engine_cluster *c)
{
	int64_t since = ocs_clock_unix_ms() -
			(int64_t) OCS_AUTO_REMOVE_WINDOW_S * 1000;
	unsigned int n = 0;

	for (unsigned int i = 0; i < c->nremovals; i++)
		n += c->removal_ms[i] > since;
	return n;
}

/* Locked. Those that are configured, then those that only have leases. */
static int tell_clusters(const struct ocs_engine *e, struct ocs_stats *out)
{
	const struct engine_stats *s = &e->stats;
	unsigned int n = e->nclusters + s->nclusters;

	if (!(out->cluster = calloc(n + 1, sizeof(*out->cluster))))
		return -1;
	for (unsigned int i = 0; i < e->nclusters; i++) {
		struct ocs_stats_cluster *c = &out->cluster[out->nclusters++];

		memcpy(c->name, e->cluster[i].kept.name, sizeof(c->name));
		c->brake = e->cluster[i].kept.brake;
		c->removals = removals(&e->cluster[i]);
		if (c->brake)
			c->held_back = engine_held_back(e, c->name);
	}
	for (unsigned int i = 0; i < s->nclusters; i++) {
		unsigned int j = 0;

		while (j < out->nclusters &&
		       strcmp(out->cluster[j].name, s->cluster[i].name))
			j++;
		if (j == out->nclusters)
			memcpy(out->cluster[out->nclusters++].name,
			       s->cluster[i].name, OCS_NAME_MAX);
		memcpy(out->cluster[j].leases, s->cluster[i].leases,
		       sizeof(out->cluster[j].leases));
	}
	return 0;
}

/* Locked. */
static int tell_links(const struct ocs_engine *e, struct ocs_stats *out)
{
	int64_t now_s = ocs_clock_unix_ms() / 1000;

	if (ocs_net_copy(&out->net, &e->net) < 0 ||
	    !(out->maintenance = calloc(e->net.nlinks + 1,
					sizeof(*out->maintenance))))
		return -1;
	for (unsigned int i = 0; i < e->net.nlinks; i++) {
		out->net.link[i].booked_bps = e->booked[i];
		out->maintenance[i] = e->net.link[i].drained;
	}
	for (unsigned int i = 0; i < e->nwindows; i++)
		if (e->window[i].link >= 0 &&
		    e->window[i].w.start_s <= now_s &&
		    e->window[i].w.end_s > now_s)
			out->maintenance[e->window[i].link] = true;
	return 0;
}

static void tell(struct ocs_engine *e, struct ocs_stats *out)
{
	uint64_t now = ocs_clock_mono_ms();

	out->generation = e->generation;
	out->running = !e->stopping;
	out->late_ms = now > e->scan_ms ? now - e->scan_ms : 0;
	out->disk_failed = e->disk_failed;
	out->transactions = e->seq;
	out->unsettled = e->want_seq > e->settled_seq ?
			 e->want_seq - e->settled_seq : 0;
	out->sync = e->stats.sync;
	out->setup = e->stats.setup;
	memcpy(out->event, e->stats.event, sizeof(out->event));
	memcpy(out->op, e->stats.op, sizeof(out->op));
	memcpy(out->circuit, e->stats.circuit, sizeof(out->circuit));
	memcpy(out->attach, e->stats.attach, sizeof(out->attach));
	out->attach_failing = e->nfailing;
	out->windows = e->nwindows;
	engine_gate_count(e, out->waits);
	out->strays = engine_strays(e);
}

int ocs_engine_stats(struct ocs_engine *e, struct ocs_stats *stats,
		     struct ocs_error *err)
{
	int rc = -1;

	memset(stats, 0, sizeof(*stats));
	pthread_mutex_lock(&e->lock);
	tell(e, stats);
	if (tell_links(e, stats) == 0)
		rc = tell_clusters(e, stats);
	pthread_mutex_unlock(&e->lock);
	if (rc == 0)
		return 0;
	ocs_stats_fini(stats);
	return ocs_fail(err, OCS_NOMEM, "out of memory");
}

void ocs_stats_fini(struct ocs_stats *stats)
{
	ocs_net_fini(&stats->net);
	free(stats->maintenance);
	free(stats->cluster);
	memset(stats, 0, sizeof(*stats));
}
