// SPDX-License-Identifier: GPL-2.0-or-later
/* http_wait - requests that wait, without a thread */
#include "agent/http_priv.h"

#include <time.h>

#include "agent/log.h"
#include "agent/point.h"
#include "common/sys/clock.h"

void http_wait_forget(struct request *r)
{
	if (!r->back)
		return;
	*r->back = r->next;
	if (r->next)
		r->next->back = r->back;
	r->back = NULL;
}

bool http_wait(struct request *r, uint64_t changes)
{
	struct ocs_http *http = r->http;
	struct request **list;
	bool aside;

	pthread_mutex_lock(&http->lock);
	list = r->call.for_disk ? &http->for_disk : &http->waiting;
	aside = r->call.for_disk ? http->settled < r->call.seq :
				   http->changes == changes;
	aside = aside && !http->stopping;
	if (aside) {
		OCS_POINT("request.asleep");
		MHD_suspend_connection(r->con);
		r->next = *list;
		if (r->next)
			r->next->back = &r->next;
		r->back = list;
		*list = r;
		if (r->call.deadline_ms < http->timer_ms)
			pthread_cond_signal(&http->timer);
	}
	if (aside)	/* unlocked, R may be gone already */
		ocs_log_debug("waiting", "uid=%u method=%s path=%s",
			      (unsigned int) r->call.caller.uid,
			      r->call.method, ocs_quote(r->raw).text);
	pthread_mutex_unlock(&http->lock);
	return aside;
}

/* Locked. */
static void resume(struct request *r)
{
	http_wait_forget(r);
	MHD_resume_connection(r->con);
}

void http_wait_none(struct ocs_http *http)
{
	while (http->waiting)
		resume(http->waiting);
	while (http->for_disk)
		resume(http->for_disk);
}

/* Locked. Resume those of LIST whose time has come; returns when the next
 * one's comes. */
static uint64_t resume_late(struct request *list)
{
	uint64_t now = ocs_clock_mono_ms(), at = UINT64_MAX;
	struct request *r, *next;

	for (r = list; r; r = next) {
		next = r->next;
		if (r->call.deadline_ms <= now)
			resume(r);
		else if (r->call.deadline_ms < at)
			at = r->call.deadline_ms;
	}
	return at;
}

void ocs_http_wake(struct ocs_http *http)
{
	pthread_mutex_lock(&http->lock);
	http->changes++;
	while (http->waiting)
		resume(http->waiting);
	pthread_mutex_unlock(&http->lock);
}

void ocs_http_settled(struct ocs_http *http, uint64_t seq)
{
	struct request *r, *next;

	pthread_mutex_lock(&http->lock);
	http->settled = seq;
	for (r = http->for_disk; r; r = next) {
		next = r->next;
		if (r->call.seq <= seq)
			resume(r);
	}
	pthread_mutex_unlock(&http->lock);
}

void *http_wait_timer(void *arg)
{
	struct ocs_http *http = arg;
	struct timespec ts;
	uint64_t at, other;

	pthread_mutex_lock(&http->lock);
	while (!http->stopping) {
		at = resume_late(http->waiting);
		other = resume_late(http->for_disk);
		http->timer_ms = at = other < at ? other : at;
		if (at == UINT64_MAX) {
			pthread_cond_wait(&http->timer, &http->lock);
			continue;
		}
		ts.tv_sec = (time_t) (at / 1000);
		ts.tv_nsec = (long) (at % 1000) * 1000000;
		pthread_cond_timedwait(&http->timer, &http->lock, &ts);
	}
	pthread_mutex_unlock(&http->lock);
	return NULL;
}
