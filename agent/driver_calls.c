// SPDX-License-Identifier: GPL-2.0-or-later
/* driver_calls - from a driver to the engine, without a lock, in order */
#include "ocs_config.h"	/* vasprintf() */

#include "agent/driver_calls.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { ANSWER, SERVICE, LINK, FOREIGN, LATENCY };

struct call {
	struct call *next;
	enum kind kind;
	struct ocs_owed to;
	enum ocs_outcome outcome;
	enum ocs_light light;
	bool down;
	uint64_t bps, us, variation_us;
	char *text;		/* owned; NULL: "" */
	char name[OCS_NAME_MAX];	/* service or link */
};

struct ocs_calls {
	pthread_mutex_t lock;	/* guards what is below; a leaf */
	pthread_cond_t wake;
	pthread_t thread;
	bool running, stopping;
	struct ocs_driver_watch watch;
	struct call *first, **last;
};

struct ocs_calls *ocs_calls_create(struct ocs_error *err)
{
	struct ocs_calls *calls = calloc(1, sizeof(*calls));

	if (!calls) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&calls->lock, NULL);
	pthread_cond_init(&calls->wake, NULL);
	calls->last = &calls->first;
	return calls;
}

static void make(const struct ocs_driver_watch *watch, const struct call *c)
{
	const char *text = c->text ? c->text : "";

	switch (c->kind) {
	case ANSWER:
		c->to.done(c->to.arg, c->name, c->to.op, c->outcome, c->light,
			   text);
		return;
	case SERVICE:
		watch->service(watch->arg, c->name, c->light, text);
		return;
	case LINK:
		watch->link(watch->arg, c->name, c->down);
		return;
	case FOREIGN:
		if (watch->foreign)
			watch->foreign(watch->arg, c->name, c->bps);
		return;
	case LATENCY:
		if (watch->latency)
			watch->latency(watch->arg, c->name, c->us,
				       c->variation_us);
	}
}

static void *calls_main(void *arg)
{
	struct ocs_calls *calls = arg;
	struct call *c;

	pthread_mutex_lock(&calls->lock);
	while (!calls->stopping) {
		if (!(c = calls->first)) {
			pthread_cond_wait(&calls->wake, &calls->lock);
			continue;
		}
		if (!(calls->first = c->next))
			calls->last = &calls->first;
		pthread_mutex_unlock(&calls->lock);
		make(&calls->watch, c);
		free(c->text);
		free(c);
		pthread_mutex_lock(&calls->lock);
	}
	pthread_mutex_unlock(&calls->lock);
	return NULL;
}

int ocs_calls_start(struct ocs_calls *calls, const char *name,
		    const struct ocs_driver_watch *watch,
		    struct ocs_error *err)
{
	int rc;

	calls->watch = *watch;
	if ((rc = pthread_create(&calls->thread, NULL, calls_main, calls)))
		return ocs_fail(err, OCS_IO, "driver %s: thread: %s", name,
				strerror(rc));
	calls->running = true;
	return 0;
}

void ocs_calls_stop(struct ocs_calls *calls)
{
	if (!calls || !calls->running)
		return;
	pthread_mutex_lock(&calls->lock);
	calls->stopping = true;
	pthread_cond_signal(&calls->wake);
	pthread_mutex_unlock(&calls->lock);
	pthread_join(calls->thread, NULL);
	calls->running = false;
}

void ocs_calls_destroy(struct ocs_calls *calls)
{
	struct call *c;

	if (!calls)
		return;
	ocs_calls_stop(calls);
	while ((c = calls->first)) {
		calls->first = c->next;
		free(c->text);
		free(c);
	}
	pthread_cond_destroy(&calls->wake);
	pthread_mutex_destroy(&calls->lock);
	free(calls);
}

static struct call *call_create(enum kind kind, const char *name)
{
	struct call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->kind = kind;
	snprintf(c->name, sizeof(c->name), "%s", name);
	return c;
}

static void put(struct ocs_calls *calls, struct call *c)
{
	pthread_mutex_lock(&calls->lock);
	*calls->last = c;
	calls->last = &c->next;
	pthread_cond_signal(&calls->wake);
	pthread_mutex_unlock(&calls->lock);
}

static void say(struct call *c, const char *fmt, va_list ap)
{
	if (vasprintf(&c->text, fmt, ap) < 0)
		c->text = NULL;
}

void ocs_calls_answer(struct ocs_calls *calls, struct ocs_owed *to,
		      const char *id, enum ocs_outcome outcome,
		      enum ocs_light light, const char *fmt, ...)
{
	struct call *c;
	va_list ap;

	if (!to->op || !(c = call_create(ANSWER, id)))
		return;
	c->to = *to;
	c->outcome = outcome;
	c->light = light;
	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
	put(calls, c);
	memset(to, 0, sizeof(*to));
}

void ocs_calls_service(struct ocs_calls *calls, const char *id,
		       enum ocs_light light, const char *fmt, ...)
{
	struct call *c = call_create(SERVICE, id);
	va_list ap;

	if (!c)
		return;
	c->light = light;
	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
	put(calls, c);
}

void ocs_calls_link(struct ocs_calls *calls, const char *name, bool down)
{
	struct call *c = call_create(LINK, name);

	if (!c)
		return;
	c->down = down;
	put(calls, c);
}

void ocs_calls_foreign(struct ocs_calls *calls, const char *name,
		       uint64_t bps)
{
	struct call *c = call_create(FOREIGN, name);

	if (!c)
		return;
	c->bps = bps;
	put(calls, c);
}

void ocs_calls_latency(struct ocs_calls *calls, const char *name, uint64_t us,
		       uint64_t variation_us)
{
	struct call *c = call_create(LATENCY, name);

	if (!c)
		return;
	c->us = us;
	c->variation_us = variation_us;
	put(calls, c);
}
