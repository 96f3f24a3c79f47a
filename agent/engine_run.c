// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_run - the engine's life: what the ledger says, timers, the disk
 *
 * The worker, a thread, expires holds, forgets what is long gone and drives
 * circuits.
 */
#include "agent/engine_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/log.h"
#include "common/core/books.h"
#include "common/sys/clock.h"

/* ---- loading ---- */

struct loading {
	struct ocs_engine *e;
	unsigned int nlive;
};

/* Not all that L uses is booked: something of it is not there. */
static bool lacks(const struct engine_rec *rec, const struct ocs_lease *l)
{
	unsigned int uses = 0;

	for (unsigned int i = 0; i < l->ncircuits; i++)
		if (ocs_circuit_booked(l, &l->circuit[i]))
			uses += ocs_circuit_uses_max(l, i);
	return rec->books.n < uses;
}

static void warn_unknown_links(struct ocs_engine *e, const struct ocs_lease *l)
{
	for (unsigned int s = 0; s < ocs_strands(l); s++)
		for (unsigned int j = 0; j < ocs_strand_nhops(l, s); j++)
			if (engine_link(e, ocs_strand_hop(l, s, j)) < 0 &&
			    ocs_lease_booked(l))
				ocs_log("unknown-link",
					"lease=%s link=%s note=\"it is in the ledger but not in the configuration\"",
					l->id, ocs_strand_hop(l, s, j));
}

static int load_lease(struct ocs_lease *lease, void *arg,
		      struct ocs_error *err)
{
	struct loading *ld = arg;
	struct ocs_engine *e = ld->e;
	uint64_t now = ocs_clock_mono_ms();
	struct engine_rec *rec = engine_rec_add(e, lease);
	const struct ocs_lease *l;

	if (!rec)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	l = rec->cur->lease;
	if (lacks(rec, l))
		warn_unknown_links(e, l);
	if (l->resv == OCS_HELD)	/* the whole time again */
		rec->until_ms = now + e->conf->hold_ttl_ms;
	else if (l->gone_ms)
		rec->until_ms = now + ENGINE_VISIBLE_MS;
	for (unsigned int s = 0; s < ocs_strands(l); s++)
		if (engine_lit_wanted(l) ||
		    ocs_strand_prov(l, s) != OCS_RELEASED)
			engine_redirect(e, rec, s, NEXT_LOOK);
	if (engine_attach_todo(l))
		engine_todo(e, rec);
	ld->nlive += !l->gone_ms;
	return 0;
}

static int load_cluster(const struct ocs_store_cluster *kept, void *arg)
{
	struct engine_cluster *c = engine_cluster_get(arg, kept->name);

	if (!c)
		return -1;
	c->kept = *kept;
	return 0;
}

static int load_removal(const char *cluster, int64_t time_ms, void *arg)
{
	struct engine_cluster *c = engine_cluster_get(arg, cluster);

	return c ? engine_cluster_removal(c, time_ms) : -1;
}

int ocs_engine_clusters(struct ocs_engine *e,
			const struct ocs_agent_users *users,
			struct ocs_error *err)
{
	int rc = 0;

	pthread_mutex_lock(&e->lock);
	for (unsigned int i = 0; i < users->nclusters; i++)
		if (!engine_cluster_get(e, users->cluster[i].cluster))
			rc = ocs_fail(err, OCS_NOMEM, "out of memory");
	pthread_mutex_unlock(&e->lock);
	return rc;
}

static int load(struct ocs_engine *e, struct ocs_error *err)
{
	struct loading ld = { .e = e };

	if (engine_maint_load(e, err) < 0 || engine_gate_load(e, err) < 0 ||
	    ocs_engine_clusters(e, &e->conf->users, err) < 0 ||
	    ocs_store_clusters(e->store, load_cluster, e, err) < 0 ||
	    ocs_store_removals(e->store, load_removal, e, err) < 0 ||
	    ocs_store_each_live(e->store, ocs_clock_unix_ms() -
				ENGINE_VISIBLE_MS, load_lease, &ld, err) < 0)
		return -1;
	if (engine_restore_load(e, err) < 0)
		return -1;
	/* All that was shown before was below what was kept. */
	e->generation = ocs_store_generation(e->store) + 1;
	e->generation_kept = e->generation + ENGINE_GENERATIONS;
	if (ocs_store_generation_put(e->store, e->generation_kept, err) < 0)
		return -1;
	ocs_log("ledger", "instance=%s leases=%u fence=%" PRIu64,
		ocs_store_instance(e->store), ld.nlive,
		ocs_store_fence(e->store));
	return 0;
}

static int init_lock(struct ocs_engine *e)
{
	pthread_condattr_t attr;

	if (pthread_mutex_init(&e->lock, NULL))
		return -1;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&e->wake, &attr);
	pthread_cond_init(&e->dirty, &attr);
	pthread_cond_init(&e->grown, &attr);
	pthread_condattr_destroy(&attr);
	return 0;
}

static int by_name(const void *x, const void *y)
{
	const struct ocs_link *const *a = x, *const *b = y;

	return strcmp((*a)->name, (*b)->name);
}

static int init_net(struct ocs_engine *e, const struct ocs_net *net)
{
	if (ocs_net_copy(&e->net, net) < 0 ||
	    ocs_net_copy(&e->scratch, net) < 0 ||
	    !(e->foreign = calloc(net->nlinks + 1, sizeof(*e->foreign))) ||
	    !(e->booked = calloc(ocs_net_resources(net) + 1,
				 sizeof(*e->booked))) ||
	    engine_lit_init(e) < 0 || engine_figure_init(e) < 0 ||
	    !(e->by_name = calloc(net->nlinks + 1, sizeof(*e->by_name))) ||
	    !(e->cal = ocs_calendar_create(net)))
		return -1;
	for (unsigned int i = 0; i < net->nlinks; i++) {
		e->by_name[i] = &e->net.link[i];
		e->billing |= net->link[i].energy_pj || net->link[i].cost;
	}
	if (net->nlinks)
		qsort(e->by_name, net->nlinks, sizeof(*e->by_name), by_name);
	return 0;
}

struct ocs_engine *ocs_engine_create(const struct ocs_agent_conf *conf,
				     struct ocs_store *store,
				     struct ocs_driver *drv,
				     struct ocs_error *err)
{
	struct ocs_engine *e = calloc(1, sizeof(*e));

	if (!e || init_lock(e) < 0) {
		free(e);
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	e->conf = conf;
	e->store = store;
	e->drv = drv;
	e->scan_ms = ocs_clock_mono_ms();
	if (init_net(e, &conf->net) < 0 || engine_attach_init(e) < 0) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto fail;
	}
	if (load(e, err) < 0)
		goto fail;
	return e;
fail:
	ocs_engine_destroy(e);
	return NULL;
}

void ocs_engine_destroy(struct ocs_engine *e)
{
	if (!e)
		return;
	ocs_engine_stop(e);
	for (unsigned int b = 0; b < e->nbuckets; b++)
		while (e->bucket[b])
			engine_rec_drop(e, e->bucket[b]);
	for (unsigned int i = 0; i < e->nclusters; i++)
		free(e->cluster[i].removal_ms);
	free(e->cluster);
	free(e->bucket);
	free(e->booked);
	free(e->foreign);
	engine_lit_fini(e);
	engine_figure_fini(e);
	free(e->stray);
	engine_shown_fini(e);
	free(e->by_name);
	engine_maint_fini(e);
	engine_attach_fini(e);
	engine_gate_fini(e);
	engine_stats_fini(e);
	ocs_calendar_destroy(e->cal);
	ocs_net_fini(&e->scratch);
	ocs_net_fini(&e->net);
	pthread_cond_destroy(&e->wake);
	pthread_cond_destroy(&e->dirty);
	pthread_cond_destroy(&e->grown);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

/* ---- timers ---- */

static void expire(struct ocs_engine *e, struct engine_rec *rec)
{
	struct engine_change ch;
	struct ocs_error err;

	if (engine_change_begin(&ch, rec, rec->cur->lease, &err) == 0) {
		engine_change_resv(&ch, OCS_TERMINATED, ENGINE_CAUSE_EXPIRED);
		strcpy(ch.next->cause, ENGINE_CAUSE_EXPIRED);
		ch.next->ended_ms = ch.now_ms;
		if (engine_change_apply(e, &ch, NULL, &err) == 0)
			return;
	}
	ocs_log("ledger-error", "lease=%s cause=%s", rec->cur->lease->id,
		ocs_quote(err.text).text);
	rec->until_ms = ocs_clock_mono_ms() + ENGINE_RETRY_MS;
}

/* The sooner of AT_MS, monotonic, and DUE_S, of the wall clock. That may be
 * set, so that we look at it again before long. */
static uint64_t sooner(uint64_t at_ms, uint64_t now_ms, int64_t due_s,
		       int64_t unix_ms)
{
	int64_t left = due_s > INT64_MAX / 1000 ? INT64_MAX :
		       due_s * 1000 - unix_ms;
	uint64_t due_ms;

	if (left < 0)
		left = 0;
	if (left > ENGINE_CLOCK_MS)
		left = ENGINE_CLOCK_MS;
	due_ms = now_ms + (uint64_t) left;
	return due_ms < at_ms ? due_ms : at_ms;
}

/* Look at all timers; the next look is at the earliest that is left. */
static void scan(struct ocs_engine *e, uint64_t now)
{
	struct engine_rec *rec, *next;
	uint64_t at = UINT64_MAX;
	bool forgot = false;
	int64_t now_ms = ocs_clock_unix_ms(), next_s = INT64_MAX;

	e->scan_ms = UINT64_MAX;
	engine_maint_step(e, now_ms / 1000);
	engine_lit_step(e, now_ms / 1000);
	engine_figure_step(e);
	for (unsigned int b = 0; b < e->nbuckets; b++) {
		for (rec = e->bucket[b]; rec; rec = next) {
			bool held = rec->cur->lease->resv == OCS_HELD;

			next = rec->hash_next;
			if (rec->until_ms <= now && held) {
				expire(e, rec);
			} else if (rec->until_ms <= now &&
				   rec->cur->lease->gone_ms) {
				engine_rec_drop(e, rec);
				forgot = true;
				continue;
			}
			held = rec->cur->lease->resv == OCS_HELD;
			if ((held || rec->cur->lease->gone_ms) &&
			    rec->until_ms < at)
				at = rec->until_ms;
			engine_overdue(e, rec, now, &at);
			if (rec->due_s <= now_ms / 1000)
				engine_term(e, rec, now_ms / 1000);
			if (rec->due_s < next_s)
				next_s = rec->due_s;
		}
	}
	if (e->window_s < next_s)
		next_s = e->window_s;
	if (e->admin_todo)
		at = now;
	else if (next_s != INT64_MAX)
		at = sooner(at, now, next_s, now_ms);
	if (e->prune_ms < at)
		at = e->prune_ms;
	if (at < e->scan_ms)
		e->scan_ms = at;
	if (forgot)
		engine_bump(e);
}

/* All that is to be done now becomes a round; what comes meanwhile waits for
 * the next one. */
static void begin_round(struct ocs_engine *e)
{
	e->todo = false;
	engine_gate_queue(e);
	e->todo_now = e->todo_list;
	e->todo_list = NULL;
	if (e->todo_now)
		e->todo_now->todo_back = &e->todo_now;
}

static void work(struct ocs_engine *e, uint64_t now)
{
	struct engine_rec *r;

	if (!e->todo_now)
		begin_round(e);
	for (unsigned int n = 0; n < ENGINE_WORK && (r = e->todo_now); n++) {
		engine_todo_drop(r);
		engine_todo_later(e, r);	/* until the step says else */
		engine_step(e, r, now);
	}
}

/* What is long gone leaves the ledger, a few at a time. */
static void prune(struct ocs_engine *e, uint64_t now)
{
	int64_t before = ocs_clock_unix_ms() - e->conf->keep_finished_s * 1000;
	struct ocs_error err;
	int n = -1;

	e->prune_ms = now + ENGINE_PRUNE_MS;
	if (!e->conf->keep_finished_s || e->disk_failed)
		return;
	if (ocs_store_begin(e->store, &err) == 0) {
		n = ocs_store_prune(e->store, before, ENGINE_PRUNE, &err);
		if (n < 0 || ocs_store_end(e->store, &err) < 0) {
			ocs_store_undo(e->store);
			n = -1;
		}
	}
	if (n < 0)
		ocs_log("ledger-error", "cause=%s", ocs_quote(err.text).text);
	else if (n)
		ocs_log("prune", "leases=%d", n);
	if (n == ENGINE_PRUNE)
		e->prune_ms = now + ENGINE_PRUNE_MORE_MS;
}

bool engine_work(struct ocs_engine *e)
{
	uint64_t now = ocs_clock_mono_ms();

	if (now >= e->prune_ms)
		prune(e, now);
	if (now >= e->scan_ms)
		scan(e, now);
	if (e->todo || e->todo_now)
		work(e, now);
	return e->todo || e->todo_now || ocs_clock_mono_ms() >= e->scan_ms;
}

/* Locked. Who waits for the lock gets it, which giving it back alone does not
 * make sure. */
static void let_in(struct ocs_engine *e)
{
	const struct timespec moment = { .tv_nsec = ENGINE_LET_IN_US * 1000 };

	pthread_mutex_unlock(&e->lock);
	nanosleep(&moment, NULL);
	pthread_mutex_lock(&e->lock);
}

static void *worker_main(void *arg)
{
	struct ocs_engine *e = arg;
	struct timespec ts;

	pthread_mutex_lock(&e->lock);
	while (!e->stopping) {
		bool more = engine_work(e);

		if (e->todo_now)
			let_in(e);
		if (more || e->stopping)
			continue;
		if (e->scan_ms == UINT64_MAX) {
			pthread_cond_wait(&e->wake, &e->lock);
			continue;
		}
		ts.tv_sec = (time_t) (e->scan_ms / 1000);
		ts.tv_nsec = (long) (e->scan_ms % 1000) * 1000000;
		pthread_cond_timedwait(&e->wake, &e->lock, &ts);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

/* ---- start and stop ---- */

void ocs_engine_on_change(struct ocs_engine *e, void (*changed)(void *arg),
			  void (*settled)(void *arg, uint64_t seq), void *arg)
{
	e->changed = changed;
	e->settled = settled;
	e->changed_arg = arg;
}

/* No answer of a program comes after this. */
static void attacher_stop(struct ocs_engine *e)
{
	struct ocs_attacher *a;

	pthread_mutex_lock(&e->lock);
	a = e->attacher;
	e->attacher = NULL;
	pthread_mutex_unlock(&e->lock);
	ocs_attacher_destroy(a);
}

int ocs_engine_start(struct ocs_engine *e, struct ocs_error *err)
{
	struct ocs_driver_watch watch = {
		.service = engine_driver_service,
		.link = engine_driver_link,
		.foreign = engine_driver_foreign,
		.latency = engine_driver_latency,
		.arg = e,
	};
	int rc;

	if (ocs_attach_sites_hooks(&e->conf->attach) &&
	    !(e->attacher = ocs_attacher_create(e->conf, engine_attach_done, e,
						err)))
		return -1;
	if (engine_settle_start(e, err) < 0) {
		attacher_stop(e);
		return -1;
	}
	if ((rc = pthread_create(&e->worker, NULL, worker_main, e))) {
		engine_settle_stop(e);
		attacher_stop(e);
		return ocs_fail(err, OCS_IO, "thread: %s", strerror(rc));
	}
	pthread_mutex_lock(&e->lock);
	e->running = true;
	pthread_mutex_unlock(&e->lock);
	if (e->drv->ops->start(e->drv, &watch, err) < 0) {
		ocs_engine_stop(e);
		return -1;
	}
	return 0;
}

void ocs_engine_stop(struct ocs_engine *e)
{
	if (!e->running)
		return;
	e->drv->ops->stop(e->drv);
	attacher_stop(e);
	pthread_mutex_lock(&e->lock);
	e->running = false;
	e->stopping = true;
	pthread_cond_signal(&e->wake);
	pthread_mutex_unlock(&e->lock);
	pthread_join(e->worker, NULL);
	engine_settle_stop(e);
	if (!e->disk_failed)
		ocs_store_sync(e->store, NULL);
}
