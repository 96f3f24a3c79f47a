// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * switch_off - OpticalJobs=hold: before the plugin goes, waiting jobs are held
 *
 * Without this plugin nothing would stop a job that waits for circuits from
 * starting without them. The hold and its reason are in the job's record, which
 * Slurm saves: they stay when select/cons_tres takes over, and when the files
 * are gone.
 */
#include "plugins/select/optical.h"

#include <stdatomic.h>

#define REASON "OpticalSwitchedOff"
#define CAUSE "circuits are switched off here; released it runs without"

/* One that is to be held, now. Any job lock held. */
static bool must_hold(const job_record_t *job)
{
	struct ocs_request req;

	/* What is completing is held once it is through. */
	return IS_JOB_PENDING(job) && !IS_JOB_COMPLETING(job) &&
	       job->details && job->priority && jobinfo_requested(job) &&
	       jobinfo_request(job, &req) && !req.none;
}

static int count(job_record_t *job, void *arg)
{
	unsigned int *n = arg;

	if (must_hold(job))
		(*n)++;
	return 0;
}

static int hold(job_record_t *job, void *arg)
{
	struct token t;

	if (!must_hold(job))
		return 0;
	job->direct_set_prio = 0;
	job->priority = 0;
	/* its owner may release it, too */
	job->state_reason = WAIT_HELD_USER;
	xfree(job->state_desc);
	job->state_desc = xstrdup(REASON);
	jobinfo_token_get(job, &t);
	snprintf(t.state, sizeof(t.state), "SWITCHED_OFF");
	snprintf(t.cause, sizeof(t.cause), "%s", CAUSE);
	jobinfo_token_set(job, &t);
	reasons_forget(job->job_id);
	last_job_update = time(NULL);
	info("ocs: job=%u event=switched_off held=1", job->job_id);
	return 0;
}

/* A job that is not held wanted to start; set under Slurm's locks. */
static atomic_bool wanted;

void switch_off_refuse(struct ocs_error *err)
{
	/* No reason: only who is held shows ours. */
	ocs_fail(err, OCS_UNSUPPORTED,
		 "circuits are switched off on this cluster");
	atomic_store(&wanted, true);
	worker_wake();
}

void switch_off_run(const struct ocs_conf *oc, bool due)
{
	unsigned int n = 0;

	if (!atomic_exchange(&wanted, false) && !due)
		return;
	if (!oc || oc->optical_jobs != OCS_JOBS_HOLD)
		return;
	/* Mostly there is nothing to do. */
	compat_lock_read();
	compat_each_job(count, &n);
	compat_unlock_read();
	if (!n)
		return;
	compat_lock_write();
	compat_each_job(hold, NULL);
	compat_unlock_write();
}
