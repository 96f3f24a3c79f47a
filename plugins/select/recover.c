// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recover - step 9, reconcile: the agent's leases and this cluster's jobs
 *
 * After a start the table is rebuilt from the job list; then, every few
 * seconds, both directions are compared: a lease without a job is given back
 * (the agent's brake bounds this), a job whose lease the agent lost is
 * committed again.
 */
#include "plugins/select/hooks.h"
#include "plugins/select/optical.h"

#include <inttypes.h>
#include <stdlib.h>

/* A lease may end so much before or after its job's end. */
#define END_TOLERANCE_S 5
/* What ended so long before we began, our predecessor may not have told. */
#define UNTOLD_S 300
/* An extension that was refused is asked for again so much later. */
#define EXTEND_RETRY_MS 60000

/* When the table was made; the worker reads it. */
static _Atomic(time_t) began_s;

/* The job's own idea of its lease counts from here on. */
static bool holds(const job_record_t *job)
{
	return IS_JOB_RUNNING(job) || IS_JOB_SUSPENDED(job) ||
		IS_JOB_COMPLETING(job);
}

static void adopted(struct entry *e, void *arg)
{
	e->adopted_ms = now_ms();
}

/* Write locks held; the worker is not in charge yet. */
static int adopt(job_record_t *job, void *arg)
{
	const struct ocs_conf *oc = arg;
	const char *id = job->details ? jobinfo_lease_id(job) : NULL;
	struct ocs_lease *lease;
	bool gate;

	/* A component: its leader's entry opens the gate. */
	if (job->details && jobinfo_env(job, HET_GATE) &&
	    IS_JOB_RUNNING(job) && IS_JOB_CONFIGURING(job))
		job->details->prolog_running++;
	if (!id || !holds(job))
		return 0;
	/* Slurm told us of its end while it read the jobs, before we were
	 * here to listen. */
	if (IS_JOB_COMPLETING(job)) {
		reserve_job_fini(job);
		return 0;
	}
	/* Slurm forgets prolog_running at a restart; a batch job that is still
	 * CONFIGURING is not launched before the first background pass. */
	gate = IS_JOB_RUNNING(job) && IS_JOB_CONFIGURING(job);
	lease = jobinfo_lease(job);
	if (!lease)
		error("ocs: job=%u lease=%.8s event=unreadable_record",
		      job->job_id, id);
	if (table_add(id, job->job_id, gate ? PH_COMMIT : PH_RUNNING, gate,
		      now_ms() + (uint64_t) oc->commit_timeout_s * 1000,
		      lease) < 0) {
		ocs_lease_destroy(lease);
		return 0;
	}
	if (gate) {
		job->details->prolog_running++;
		(void) table_with(id, adopted, NULL);
	}
	broken_adopt(job, id);
	info("ocs: job=%u lease=%.8s event=adopt gate=%d", job->job_id, id,
	     gate);
	return 0;
}

void recover_reconfigure(void)
{
	const struct ocs_conf *oc;
	struct ocs_error err;

	if (lib_configure(&err) < 0)
		error("ocs: event=configure error=\"%s\"", err.text);
	future_reconfigured();
	if (!lib_ops() || !(oc = lib_ops()->conf_get()))
		return;
	if (worker_arm()) {
		began_s = time(NULL);
		table_clear();
		compat_each_job(adopt, (void *) oc);
		worker_start();
	}
	lib_ops()->conf_put(oc);
	worker_reconfigured();
}

/* Ids of leases that jobs hold, sorted. */
struct ids {
	unsigned int n, max;
	struct {
		char id[OCS_LEASE_ID_MAX];
		uint32_t job_id;
		int64_t end_s, slack_s;	/* see jobinfo_lease_end() */
	} *v;
	bool short_of_memory;
	time_t from_s, to_s;	/* what begins after FROM_S, up to TO_S */
};

static int by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Jobs that were put back begin a while later; nothing else that happens then
 * makes Slurm look at its queue within a minute. */
static void kick_if_begins(const job_record_t *job, const struct ids *ids)
{
	if (IS_JOB_PENDING(job) && job->details && jobinfo_requested(job) &&
	    job->details->begin_time > ids->from_s &&
	    job->details->begin_time <= ids->to_s)
		kick_in(0);
}

static int collect(job_record_t *job, void *arg)
{
	struct ids *ids = arg;
	const char *id;

	kick_if_begins(job, ids);
	if (!holds(job) || !job->details || !(id = jobinfo_lease_id(job)))
		return 0;
	if (ids->n == ids->max) {
		unsigned int max = ids->max ? ids->max * 2 : 64;
		void *v = reallocarray(ids->v, max, sizeof(*ids->v));

		if (!v) {
			ids->short_of_memory = true;
			return -1;
		}
		ids->v = v;
		ids->max = max;
	}
	memcpy(ids->v[ids->n].id, id, OCS_LEASE_ID_MAX);
	ids->v[ids->n].end_s = jobinfo_lease_end(job,
						 &ids->v[ids->n].slack_s);
	ids->v[ids->n++].job_id = job->job_id;
	return 0;
}

/* True if the job that LEASE was for is in our list, in whatever state. One
 * that has its id, but was submitted at another time, is another, unless it was
 * requeued, which sets that time anew. */
static bool job_known(const struct ocs_lease *lease)
{
	job_record_t *job;
	bool known;

	compat_lock_read();
	job = find_job_record(lease->job_id);
	known = job && job->details && job->user_id == lease->user_id &&
		(job->details->submit_time == lease->submit_s ||
		 job->restart_cnt > lease->restart_cnt);
	compat_unlock_read();
	return known;
}

/* True if the job's record says that it was this very lease's and has ended:
 * slurmctld did not live to give it back. */
static bool job_ended(const struct ocs_lease *lease, int64_t *ended_s)
{
	job_record_t *job;
	const char *id;
	bool ended;

	compat_lock_read();
	job = find_job_record(lease->job_id);
	id = job && job->details ? jobinfo_lease_id(job) : NULL;
	ended = id && !strcmp(id, lease->id) && IS_JOB_FINISHED(job) &&
		!IS_JOB_COMPLETING(job);
	if (ended)
		*ended_s = job->end_time;
	compat_unlock_read();
	return ended;
}

/* A lease that no job of ours holds, and that nobody is dealing with. Where we
 * know nothing of its job the list of jobs may be lost (slurmctld -c, an empty
 * StateSaveLocation): an operator must say that it may go. */
static void orphan(const struct ocs_lease *lease, int64_t now_at_agent_ms)
{
	struct ocs_error err;
	const char *word = ocs_lease_word(lease), *why = "reconcile";
	int64_t ended_s = 0;

	if (!strcmp(word, "GONE") || !strcmp(word, "RELEASING") ||
	    table_has(lease->id))
		return;
	if (job_ended(lease, &ended_s)) {
		/* Nothing to guess if our predecessor did not live to say so.
		 * What has ended since we did say: the agent has lost it. */
		if (ended_s <= began_s && ended_s >= began_s - UNTOLD_S)
			why = "job";
	} else {
		if (now_at_agent_ms - lease->held_ms <
		    OCS_RECONCILE_YOUNG_S * 1000)
			return;
		if (!job_known(lease))
			why = "unknown";
	}
	if (lib_ops()->release(lease->id, why, ended_s, 2000, &err) == 0)
		info("ocs: job=%u lease=%.8s event=orphan_released",
		     lease->job_id, lease->id);
	else if (err.code == OCS_STALE)
		worker_stale();
	else
		error("ocs: job=%u lease=%.8s event=orphan_kept error=\"%s\"",
		      lease->job_id, lease->id, err.text);
}

static void again(struct entry *e, void *arg)
{
	/* A snapshot may be older than the acknowledgement of the commit; by
	 * then the watcher has a newer one. */
	if (now_ms() - e->committed_ms < OCS_AGENT_SILENT_MS)
		return;
	if ((e->phase == PH_RUNNING || e->phase == PH_WAIT_UP) && e->lease) {
		e->phase = PH_COMMIT;
		*(bool *) arg = true;
	}
}

/* A job runs, but the agent has nothing for it: ask for the same again. */
static void lost(const char *id, uint32_t job_id)
{
	bool asked = false;

	if (!table_with(id, again, &asked)) {
		struct ocs_lease *lease = NULL;
		job_record_t *job;

		compat_lock_read();
		if ((job = find_job_record(job_id)) && job->details &&
		    holds(job) && !IS_JOB_COMPLETING(job))
			lease = jobinfo_lease(job);
		compat_unlock_read();
		if (!lease || strcmp(lease->id, id) ||
		    table_add(id, job_id, PH_COMMIT, false, 0, lease) < 0) {
			ocs_lease_destroy(lease);
			return;
		}
		asked = true;
	}
	if (asked) {
		info("ocs: job=%u lease=%.8s event=recommit", job_id, id);
		worker_wake();
	}
}

static void may_extend(struct entry *e, void *arg)
{
	*(bool *) arg = e->phase == PH_RUNNING && now_ms() >= e->extend_ms;
}

static void extend_later(struct entry *e, void *arg)
{
	e->extend_ms = now_ms() + EXTEND_RETRY_MS;
}

/* The job has another end than its lease: its time limit was changed, it was
 * launched later than it was placed, it is suspended, or it has no end and
 * tells so from time to time. */
static void follow_end(const struct ocs_lease *l, uint32_t job_id,
		       int64_t end_s, int64_t slack_s)
{
	bool may = false;
	struct ocs_error err;

	if (l->resv != OCS_COMMITTED)
		return;
	if (slack_s ? l->end_s >= end_s - slack_s :
	    l->end_s >= end_s - END_TOLERANCE_S &&
	    l->end_s <= end_s + END_TOLERANCE_S)
		return;
	if (!table_with(l->id, may_extend, &may) || !may)
		return;
	if (lib_ops()->extend(l->id, end_s, 2000, &err) == 0) {
		debug("ocs: job=%u lease=%.8s event=extend end_s=%"PRId64,
		      job_id, l->id, end_s);
		return;
	}
	if (err.code == OCS_STALE) {
		worker_stale();
		return;
	}
	/* It runs on, OVERDUE in the end; the agent tells its operators. */
	info("ocs: job=%u lease=%.8s event=extend_refused end_s=%"PRId64" error=\"%s\"",
	     job_id, l->id, end_s, err.text);
	(void) table_with(l->id, extend_later, NULL);
}

void recover_reconcile(void)
{
	const struct ocslib_ops *lib = lib_ops();
	static time_t looked_s;
	const struct ocs_state *state;
	struct ids ids = { .from_s = looked_s, .to_s = time(NULL) };
	uint64_t silent = lib->silent_ms();

	/* Only against a snapshot of now. */
	if (silent > OCS_AGENT_SILENT_MS || !(state = lib->state_get()))
		return;
	compat_lock_read();
	compat_each_job(collect, &ids);
	compat_unlock_read();
	looked_s = ids.to_s;
	if (ids.short_of_memory)
		goto out;
	qsort(ids.v, ids.n, sizeof(*ids.v), by_id);

	for (unsigned int i = 0; i < state->nleases; i++) {
		const struct ocs_lease *l = state->lease[i];

		if (!strcmp(l->cluster, slurm_conf.cluster_name) &&
		    (!ids.n || !bsearch(l->id, ids.v, ids.n, sizeof(*ids.v),
					by_id)))
			orphan(l, state->time_ms);
	}
	/* The snapshot was taken before the jobs were looked at: a lease that
	 * was just held is in the table as gated, and left alone by again(). */
	for (unsigned int i = 0; i < ids.n; i++) {
		const struct ocs_lease *l = ocs_state_lease(state,
							    ids.v[i].id);

		if (!l || l->resv == OCS_HELD ||
		    (l->resv == OCS_TERMINATED && !ocs_lease_booked(l)))
			lost(ids.v[i].id, ids.v[i].job_id);
		else
			follow_end(l, ids.v[i].job_id, ids.v[i].end_s,
				   ids.v[i].slack_s);
	}
out:
	free(ids.v);
	lib->state_put(state);
}
