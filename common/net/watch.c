// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch - where the plugins' snapshots come from
 *
 *  W1  A snapshot is never changed once it is on the shelf.
 *  W2  A snapshot is of the agent that is configured now.
 *  W3  Two questions are at least POLL_MIN_MS apart, and PAUSE_MIN_MS to
 *      PAUSE_MAX_MS when the last one failed.
 *  W4  The thread takes no more than 1/POLL_SHARE of a processor, however
 *      large snapshots are and however often they change.
 */
#include "common/net/watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/net/client.h"
#include "common/net/shelf.h"
#include "common/sys/clock.h"

/* The agent answers after this at the latest; in seconds. */
#define WAIT_S 4
/* No answer after this is none. */
#define TIMEOUT_MS 8000
/* Changes that follow each other fast are taken together. */
#define POLL_MIN_MS 20
#define POLL_SHARE 20
/* but W4 does not make a snapshot older than this */
#define POLL_MAX_MS 1000
/* Between questions when the agent answers, unasked, the same again. */
#define POLL_SAME_MS 200
#define PAUSE_MIN_MS 200
#define PAUSE_MAX_MS 2000

static void destroy_state(void *state)
{
	ocs_state_destroy(state);
}

static struct ocs_shelf shelf = OCS_SHELF_INIT(destroy_state);

static struct {
	pthread_mutex_t control;	/* start and stop, one at a time */
	pthread_t thread;		/* valid while running; by control */
	bool running;
	/* taken after control; held for moments, never during a request */
	pthread_mutex_t lock;
	/* all below: guarded by lock */
	pthread_cond_t changed;		/* stop, target */
	bool stop;
	struct ocs_agent_at at;		/* url "": nowhere yet */
	unsigned int target;		/* counts changes of it */
	struct ocs_client *client;	/* of the request under way */
	void (*fn)(void *arg);
	void *arg;
	bool heard;			/* at least once */
	uint64_t heard_ms;		/* monotonic */
	bool lost;
	struct ocs_error why;
} w = {
	.control = PTHREAD_MUTEX_INITIALIZER,
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

/* What the thread alone knows. */
struct self {
	struct ocs_client *client;
	unsigned int target;		/* that client leads to */
	bool have;			/* a snapshot of it */
	uint64_t generation;
	char instance[OCS_LEASE_ID_MAX];
	unsigned int pause_ms;
};

static void tell(void)
{
	void (*fn)(void *arg);
	void *arg;

	pthread_mutex_lock(&w.lock);
	fn = w.fn;
	arg = w.arg;
	pthread_mutex_unlock(&w.lock);
	if (fn)
		fn(arg);
}

/* Sleep MS, less when there is something else to do. */
static void nap(const struct self *me, unsigned int ms)
{
	uint64_t end_ms = ocs_clock_mono_ms() + ms;
	struct timespec ts = {
		.tv_sec = (time_t) (end_ms / 1000),
		.tv_nsec = (long) (end_ms % 1000) * 1000000,
	};

	pthread_mutex_lock(&w.lock);
	while (!w.stop && w.target == me->target &&
	       ocs_clock_mono_ms() < end_ms)
		if (pthread_cond_timedwait(&w.changed, &w.lock, &ts))
			break;
	pthread_mutex_unlock(&w.lock);
}

/* The target into AT if it is not ME's. */
static bool moved(struct self *me, struct ocs_agent_at *at)
{
	bool yes;

	pthread_mutex_lock(&w.lock);
	yes = !me->client || me->target != w.target;
	if (me->target != w.target)
		me->pause_ms = 0;
	if (yes) {
		me->target = w.target;
		*at = w.at;
	}
	w.client = yes ? NULL : me->client;
	pthread_mutex_unlock(&w.lock);
	return yes;
}

/* Have a client for the target; NULL with ERR set. Not under w.lock: the first
 * client makes libcurl set itself up. */
static void renew_client(struct self *me, struct ocs_error *err)
{
	struct ocs_agent_at at;

	if (!moved(me, &at))
		return;
	ocs_client_destroy(me->client);
	me->client = NULL;
	me->have = false;
	me->client = ocs_client_create(&at, err);
}

/* Be ready for a request to the target of now; false: stop. */
static bool aim(struct self *me, struct ocs_error *err)
{
	bool stop, aimed;

	do {
		renew_client(me, err);
		pthread_mutex_lock(&w.lock);
		stop = w.stop;
		aimed = me->target == w.target;
		w.client = me->client;		/* from now on it is woken */
		pthread_mutex_unlock(&w.lock);
	} while (!stop && !aimed);
	return !stop;
}

/* A new snapshot, or the same again: of a later time, by which the age of its
 * leases is told. True if the listener must be told. */
static bool take(struct self *me, struct ocs_state *state, bool *same)
{
	bool stale;

	*same = me->have && state->generation == me->generation &&
		!strcmp(state->instance, me->instance);
	pthread_mutex_lock(&w.lock);
	stale = me->target != w.target;		/* W2 */
	if (!stale) {
		uint64_t generation = state->generation;

		w.heard = true;
		w.heard_ms = ocs_clock_mono_ms();
		w.lost = false;
		memcpy(me->instance, state->instance, sizeof(me->instance));
		if (ocs_shelf_set(&shelf, state) == 0) {
			me->have = true;
			me->generation = generation;
			state = NULL;		/* the shelf's now */
		}
	}
	pthread_mutex_unlock(&w.lock);
	ocs_state_destroy(state);
	ocs_shelf_sweep(&shelf);
	return !stale && !*same;
}

/* True if the listener must be told. */
static bool note_failure(struct self *me, const struct ocs_error *err)
{
	bool news = false;

	/* when it is back: ask for all at once, and tell */
	me->have = false;
	pthread_mutex_lock(&w.lock);
	if (!w.stop && me->target == w.target) {
		news = !w.lost;
		w.lost = true;
		w.why = *err;
	}
	pthread_mutex_unlock(&w.lock);
	me->pause_ms = me->pause_ms ? me->pause_ms * 2 : PAUSE_MIN_MS;
	if (me->pause_ms > PAUSE_MAX_MS)
		me->pause_ms = PAUSE_MAX_MS;
	return news;
}

/* Until the next question, when this round took CPU_US of a processor. */
static unsigned int gap_ms(uint64_t cpu_us)
{
	uint64_t ms = cpu_us * POLL_SHARE / 1000;

	if (ms > POLL_MAX_MS)
		return POLL_MAX_MS;
	return ms > POLL_MIN_MS ? (unsigned int) ms : POLL_MIN_MS;
}

static void one_round(struct self *me, struct ocs_error *err)
{
	uint64_t asked_ms = ocs_clock_mono_ms(), cpu_us = ocs_clock_cpu_us();
	struct ocs_state *state = NULL;
	bool same = false;

	if (!me->client ||
	    ocs_client_state(me->client, me->generation,
			     me->have ? WAIT_S : 0, &state, TIMEOUT_MS,
			     err) < 0) {
		if (note_failure(me, err))
			tell();
		nap(me, me->pause_ms);
		return;
	}
	me->pause_ms = 0;
	if (take(me, state, &same))
		tell();
	if (same && ocs_clock_mono_ms() - asked_ms < POLL_SAME_MS)
		nap(me, POLL_SAME_MS);
	else
		nap(me, gap_ms(ocs_clock_cpu_us() - cpu_us));
}

static void *run(void *arg)
{
	struct ocs_error err = { 0 };
	struct self me = { 0 };

	while (aim(&me, &err))
		one_round(&me, &err);
	pthread_mutex_lock(&w.lock);
	w.client = NULL;
	pthread_mutex_unlock(&w.lock);
	ocs_client_destroy(me.client);
	return NULL;
}

void ocs_watch_target(const struct ocs_agent_at *at)
{
	pthread_mutex_lock(&w.lock);
	if (ocs_agent_at_same(&w.at, at)) {
		pthread_mutex_unlock(&w.lock);
		return;
	}
	w.at = *at;
	w.target++;
	w.heard = w.lost = false;
	ocs_shelf_set(&shelf, NULL);
	if (w.client)
		ocs_client_wake(w.client);
	if (w.running)
		pthread_cond_signal(&w.changed);
	pthread_mutex_unlock(&w.lock);
}

/* The thread must not take signals that are slurmctld's. */
static int spawn(struct ocs_error *err)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	int rc;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w.changed, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc) {
		pthread_cond_destroy(&w.changed);
		return ocs_fail(err, OCS_NOMEM, "can't start a thread: %s",
				strerror(rc));
	}
	return 0;
}

int ocs_watch_start(struct ocs_error *err)
{
	bool aimed;
	int rc = 0;

	pthread_mutex_lock(&w.control);
	pthread_mutex_lock(&w.lock);
	aimed = *w.at.url;
	w.stop = false;
	pthread_mutex_unlock(&w.lock);
	if (!aimed)
		rc = ocs_fail(err, OCS_NOT_FOUND,
			      "optical.conf has not been read");
	else if (!w.running && (rc = spawn(err)) == 0) {
		pthread_mutex_lock(&w.lock);
		w.running = true;
		pthread_mutex_unlock(&w.lock);
	}
	pthread_mutex_unlock(&w.control);
	return rc;
}

void ocs_watch_stop(void)
{
	pthread_mutex_lock(&w.control);
	if (w.running) {
		pthread_mutex_lock(&w.lock);
		w.stop = true;
		if (w.client)
			ocs_client_wake(w.client);
		pthread_cond_signal(&w.changed);
		pthread_mutex_unlock(&w.lock);
		pthread_join(w.thread, NULL);
		pthread_mutex_lock(&w.lock);
		w.running = false;
		w.heard = w.lost = false;
		pthread_mutex_unlock(&w.lock);
		pthread_cond_destroy(&w.changed);
	}
	pthread_mutex_unlock(&w.control);
	ocs_shelf_sweep(&shelf);
}

const struct ocs_state *ocs_watch_get(void)
{
	return ocs_shelf_get(&shelf);
}

void ocs_watch_put(const struct ocs_state *state)
{
	ocs_shelf_put(&shelf, state);
}

uint64_t ocs_watch_silent_ms(void)
{
	uint64_t ms = UINT64_MAX;

	pthread_mutex_lock(&w.lock);
	if (w.heard)
		ms = ocs_clock_mono_ms() - w.heard_ms;
	pthread_mutex_unlock(&w.lock);
	return ms;
}

bool ocs_watch_trouble(struct ocs_error *err)
{
	bool lost;

	pthread_mutex_lock(&w.lock);
	lost = w.lost;
	if (lost && err)
		*err = w.why;
	pthread_mutex_unlock(&w.lock);
	return lost;
}

void ocs_watch_listen(void (*fn)(void *arg), void *arg)
{
	pthread_mutex_lock(&w.lock);
	w.fn = fn;
	w.arg = arg;
	pthread_mutex_unlock(&w.lock);
}
