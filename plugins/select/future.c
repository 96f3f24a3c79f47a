// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * future - the links over time, as the job that is tested finds them
 *
 * What is booked is the snapshot's, with what we took since; until when, our
 * own leases say (those of others never end, as far as we know). What jobs
 * were promised is remembered from one backfill pass to the next ones.
 */
#include "plugins/select/optical.h"

#include <stdlib.h>

#include "common/core/books.h"

/* A promise outlives so many backfill passes that don't renew it, and this
 * long at least, in s: one pass may take a while. */
#define PASSES 5
#define KEEP_MIN_S 120
/* What is lit past its end may go at any moment: soon, in s. */
#define OVERDUE_S 10

/* All under the job write lock. */
static struct ocs_promises *promises;
static struct {
	char instance[OCS_LEASE_ID_MAX];
	uint64_t generation, version;
	int64_t stale_s;	/* by then something should have ended */
} base;
static int64_t pruned_s;
static unsigned int keep_s = KEEP_MIN_S;

void future_reconfigured(void)
{
	const char *text = xstrcasestr(slurm_conf.sched_params,
				       "bf_interval=");
	long interval = text ? strtol(strchr(text, '=') + 1, NULL, 10) : 30;

	if (interval < 1 || interval > 86400)
		interval = 30;
	keep_s = MAX(KEEP_MIN_S, PASSES * (unsigned int) interval);
}

void future_rank(const job_record_t *job, struct ocs_rank *rank)
{
	*rank = (struct ocs_rank) {
		.reserved = job->resv_id || job->resv_ptr,
		.tier = job->part_ptr ? job->part_ptr->priority_tier : 0,
		.priority = job->priority,
		.submit_s = job->details ? job->details->submit_time : 0,
		/* what a component is promised is its leader's */
		.job_id = job->het_job_id ? job->het_job_id : job->job_id,
	};
}

int64_t future_duration(const job_record_t *job)
{
	uint32_t limit = job->time_limit;

	if (limit == NO_VAL && job->part_ptr)
		limit = job->part_ptr->default_time != NO_VAL ?
			job->part_ptr->default_time : job->part_ptr->max_time;
	if (limit == NO_VAL || limit == INFINITE)
		return OCS_TIME_OPEN;
	return MAX((int64_t) limit * 60, 1);
}

/* The bookings of our own leases; what should be over will be soon. */
static struct ocs_booking *bookings(const struct ocs_state *state, int64_t now,
				    unsigned int *n)
{
	struct ocs_booking *b;
	unsigned int max = OVERLAY_BOOKINGS_MAX;

	*n = 0;
	for (unsigned int i = 0; i < state->nleases; i++)
		for (unsigned int k = 0; k < state->lease[i]->ncircuits; k++)
			max += ocs_circuit_uses_max(state->lease[i], k);
	if (!(b = calloc(max, sizeof(*b))))
		return NULL;
	for (unsigned int i = 0; i < state->nleases; i++) {
		const struct ocs_lease *l = state->lease[i];
		int64_t end = l->end_s;

		if (!ocs_lease_booked(l))
			continue;
		if (l->resv != OCS_HELD && l->resv != OCS_COMMITTED)
			end = now;
		for (unsigned int k = 0; end && k < l->ncircuits; k++)
			*n += overlay_book(&state->net, l, k,
					   MAX(l->start_s, 1), end, b + *n);
	}
	*n += overlay_bookings(state, b + *n);
	base.stale_s = INT64_MAX;
	for (unsigned int i = 0; i < *n; i++) {
		b[i].end_s = MAX(b[i].end_s, now + OVERDUE_S);
		b[i].end_s = MAX(b[i].end_s, b[i].start_s + 1);
		base.stale_s = MIN(base.stale_s, b[i].end_s);
	}
	return b;
}

/* Maintenance, which a job must be out of the way of in time: it has its circuits
 * a little longer than its limit. Without memory the agent's refusal has to
 * do. */
static void windows(const struct ocs_state *state, const struct ocs_net *net)
{
	struct ocs_booking *b = calloc(state->nwindows + 1, sizeof(*b));
	unsigned int n = 0;

	for (unsigned int i = 0; b && i < state->nwindows; i++) {
		const struct ocs_window *w = &state->window[i];
		int link = ocs_net_link(net, w->link);

		if (link < 0)
			continue;
		b[n].link = (unsigned int) link;
		b[n].start_s = w->start_s - jobinfo_lease_grace();
		b[n++].end_s = w->end_s;
	}
	if (b)
		(void) ocs_promises_windows(promises, b, n);
	free(b);
}

static bool is_base(const struct ocs_state *state, int64_t now)
{
	return promises && base.generation == state->generation &&
		base.version == overlay_version() && now < base.stale_s &&
		!strcmp(base.instance, state->instance);
}

static int make_base(const struct ocs_state *state, int64_t now,
		     struct ocs_error *err)
{
	struct ocs_booking *b = NULL;
	struct ocs_net net = { 0 };
	unsigned int n;
	int rc = -1;

	base.instance[0] = '\0';
	if (!promises && !(promises = ocs_promises_create()))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	if (overlay_net(state, &net) < 0 || !(b = bookings(state, now, &n)))
		ocs_fail(err, OCS_NOMEM, "out of memory");
	else
		rc = ocs_promises_base(promises, &net, b, n, now, err);
	if (rc == 0)
		windows(state, &net);
	free(b);
	ocs_net_fini(&net);
	if (rc < 0)
		return -1;
	base.generation = state->generation;
	base.version = overlay_version();
	memcpy(base.instance, state->instance, sizeof(base.instance));
	return 0;
}

static bool gone(uint32_t job_id, void *arg)
{
	job_record_t *job = find_job_record(job_id);

	/* revoked: it runs at another cluster of the federation */
	return !job || !IS_JOB_PENDING(job) || IS_JOB_REVOKED(job) ||
	       !job->priority;
}

int future_look(const struct ocs_state *state, struct ocs_error *err)
{
	int64_t now = time(NULL);

	if (!is_base(state, now) && make_base(state, now, err) < 0)
		return -1;
	if (pruned_s != now)
		ocs_promises_prune(promises, now, gone, NULL);
	pruned_s = now;
	return 0;
}

int future_net(const struct ocs_state *state, const job_record_t *job,
	       bool promised, struct ocs_net *net, struct ocs_error *err)
{
	int64_t now = time(NULL), duration = future_duration(job);
	struct ocs_rank rank;

	future_rank(job, &rank);
	if (future_look(state, err) < 0)
		return -1;
	if (!net->nsites && ocs_net_copy(net, &state->net) < 0)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	ocs_promises_view(promises, promised ? &rank : NULL, now,
			  duration > OCS_TIME_OPEN - now ? OCS_TIME_OPEN :
			  now + duration, net);
	return 0;
}

int future_earliest(const struct ocs_state *state, const job_record_t *job,
		    int64_t from_s, const unsigned int *site,
		    unsigned int nsites, const struct ocs_request *req,
		    int64_t *when_s, struct ocs_plan *plan,
		    struct ocs_error *err)
{
	struct ocs_rank rank;

	future_rank(job, &rank);
	if (future_look(state, err) < 0)
		return -1;
	return ocs_promises_earliest(promises, &rank, from_s,
				     future_duration(job), site, nsites, req,
				     when_s, plan, err);
}

void future_promise(const job_record_t *job, int64_t start_s,
		    const struct ocs_plan *plan)
{
	int64_t duration = future_duration(job);
	struct ocs_rank rank;

	future_rank(job, &rank);
	if (promises)
		(void) ocs_promises_put(promises, &rank, start_s,
					duration > OCS_TIME_OPEN - start_s ?
					OCS_TIME_OPEN : start_s + duration,
					plan, time(NULL) + keep_s);
}

int64_t future_longest(const struct ocs_state *state, const job_record_t *job,
		       const unsigned int *site, unsigned int nsites,
		       const struct ocs_request *req)
{
	struct ocs_rank rank;

	future_rank(job, &rank);
	if (future_look(state, NULL) < 0)
		return 0;
	return ocs_promises_longest(promises, &rank, time(NULL), site, nsites,
				    req);
}

void future_forget(const job_record_t *job)
{
	struct ocs_rank rank;

	future_rank(job, &rank);
	if (promises)
		ocs_promises_drop(promises, rank.job_id);
}

bool future_promised(void)
{
	return promises && ocs_promises_count(promises);
}
