// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_settle - what callers wait for gets onto stable storage
 *
 * One sync is for all that was written before it began, whoever wants it. The
 * syncer, a thread, does it without the engine's lock, so that holds don't
 * wait for a disk. Where a sync takes less time than to wake a thread and to be
 * woken by it, the caller of a commit does it itself; a disk that was slow the
 * last time is left to the syncer.
 *
 * The mover, another thread, moves the log into the database when it has
 * grown: nobody waits for that.
 */
#include "agent/engine_priv.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/log.h"
#include "common/sys/clock.h"

/* A caller syncs itself while syncs take less. */
#define WAIT_HERE_US 250

/* Of the disk alone, whose time no test turns on. */
static uint64_t disk_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}

void engine_want(struct ocs_engine *e, uint64_t seq)
{
	if (seq > e->want_seq)
		e->want_seq = seq;
	if (!e->wait_here && !e->syncing)
		pthread_cond_signal(&e->dirty);
}

static void failed(struct ocs_engine *e, const struct ocs_error *err)
{
	/* What the kernel dropped it will not report again: nothing more can
	 * be promised by this process. */
	e->disk_failed = true;
	snprintf(e->disk_text, sizeof(e->disk_text), "%.240s", err->text);
	ocs_log("ledger-failed", "cause=%s note=\"restart opticald\"",
		ocs_quote(err->text).text);
	if (e->settled)
		e->settled(e->changed_arg, UINT64_MAX);
}

/* Slower counts at once, faster only when it lasts. */
static uint64_t of_late(uint64_t was_us, uint64_t is_us)
{
	return is_us > was_us ? is_us : (was_us * 7 + is_us) / 8;
}

void engine_settle(struct ocs_engine *e)
{
	uint64_t seq = e->seq, from = disk_us(), took;
	struct ocs_error err = { 0 };
	int rc;

	e->syncing = true;
	pthread_mutex_unlock(&e->lock);
	rc = ocs_store_sync(e->store, &err);
	took = disk_us() - from;
	pthread_mutex_lock(&e->lock);
	e->syncing = false;
	e->sync_us = of_late(e->sync_us, took);
	ocs_times_add(&e->stats.sync, &ocs_times_short, took);
	if (rc < 0) {
		failed(e, &err);
		return;
	}
	e->settled_seq = seq;
	if (e->todo_list)
		e->todo = true;
	if (e->todo_list || ocs_clock_mono_ms() >= e->scan_ms)
		pthread_cond_signal(&e->wake);
	if (e->settled)
		e->settled(e->changed_arg, seq);
	if (ocs_store_grown(e->store))
		pthread_cond_signal(&e->grown);
}

void engine_wait_begin(struct ocs_engine *e)
{
	e->wait_here = true;
}

void engine_wait_end(struct ocs_engine *e, uint64_t seq)
{
	e->wait_here = false;
	if (e->want_seq <= e->settled_seq || e->disk_failed)
		return;
	/* With others at work, one sync later is for all of them. */
	if (e->running && !e->syncing && seq == e->seq &&
	    e->sync_us < WAIT_HERE_US)
		engine_settle(e);
	if (e->want_seq > e->settled_seq && !e->syncing)
		pthread_cond_signal(&e->dirty);
}

static void *syncer_main(void *arg)
{
	struct ocs_engine *e = arg;

	pthread_mutex_lock(&e->lock);
	while (!e->stopping) {
		if (e->disk_failed || e->syncing ||
		    e->want_seq <= e->settled_seq)
			pthread_cond_wait(&e->dirty, &e->lock);
		else
			engine_settle(e);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

static void *mover_main(void *arg)
{
	struct ocs_engine *e = arg;

	pthread_mutex_lock(&e->lock);
	while (!e->stopping) {
		if (!ocs_store_grown(e->store)) {
			pthread_cond_wait(&e->grown, &e->lock);
			continue;
		}
		pthread_mutex_unlock(&e->lock);
		ocs_store_checkpoint(e->store);
		pthread_mutex_lock(&e->lock);
		ocs_store_checkpoint_rest(e->store);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

int ocs_engine_settled(struct ocs_engine *e, uint64_t seq,
		       struct ocs_error *err)
{
	int rc;

	pthread_mutex_lock(&e->lock);
	if (e->settled_seq >= seq)
		rc = 1;
	else if (e->disk_failed)
		rc = ocs_fail(err, OCS_IO, "%s", e->disk_text);
	else
		rc = 0;
	pthread_mutex_unlock(&e->lock);
	return rc;
}

static void stop(struct ocs_engine *e)
{
	pthread_mutex_lock(&e->lock);
	e->stopping = true;
	pthread_cond_signal(&e->dirty);
	pthread_cond_signal(&e->grown);
	pthread_mutex_unlock(&e->lock);
}

int engine_settle_start(struct ocs_engine *e, struct ocs_error *err)
{
	int rc = pthread_create(&e->syncer, NULL, syncer_main, e);

	if (rc)
		return ocs_fail(err, OCS_IO, "thread: %s", strerror(rc));
	if (!(rc = pthread_create(&e->mover, NULL, mover_main, e)))
		return 0;
	stop(e);
	pthread_join(e->syncer, NULL);
	return ocs_fail(err, OCS_IO, "thread: %s", strerror(rc));
}

void engine_settle_stop(struct ocs_engine *e)
{
	stop(e);
	pthread_join(e->syncer, NULL);
	pthread_join(e->mover, NULL);
}
