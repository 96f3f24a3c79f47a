// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * victims - circuits that would be free if others were gone
 *
 * Slurm offers the jobs that may be preempted for this one. Those that would
 * be requeued or cancelled give back their circuits; one that would be
 * suspended keeps them. No more are chosen than needed: what is on its way out
 * already is waited for.
 */
#include "plugins/select/optical.h"

static int collect(void *x, void *arg)
{
	job_record_t *job = x;
	struct victims *v = arg;
	uint16_t mode = slurm_job_preempt_mode(job);

	if ((mode != PREEMPT_MODE_REQUEUE && mode != PREEMPT_MODE_CANCEL) ||
	    !job->details || !jobinfo_lease_id(job))
		return 0;
	if (v->n < VICTIMS_MAX)
		v->job[v->n++] = job;
	return 0;
}

void victims_find(struct xlist *candidates, struct victims *v)
{
	v->n = 0;
	if (candidates)
		(void) list_for_each(candidates, collect, v);
}

static bool is_one_of(const struct ocs_lease *lease, const struct victims *v,
		      unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const char *id = jobinfo_lease_id(v->job[i]);

		if (id && !strcmp(id, lease->id))
			return true;
	}
	return false;
}

/* Its job has ended, or does not hold it any more. */
static bool is_leaving(const struct ocs_lease *lease)
{
	job_record_t *job = find_job_record(lease->job_id);
	const char *id = job && job->details ? jobinfo_lease_id(job) : NULL;

	if (lease->resv != OCS_HELD && lease->resv != OCS_COMMITTED)
		return true;
	return !id || strcmp(id, lease->id) ||
		!(IS_JOB_RUNNING(job) || IS_JOB_SUSPENDED(job));
}

void victims_gone(const struct ocs_state *state, const struct victims *v,
		  unsigned int n, struct ocs_net *net)
{
	for (unsigned int i = 0; i < state->nleases; i++) {
		const struct ocs_lease *l = state->lease[i];

		if (!strcmp(l->cluster, slurm_conf.cluster_name) &&
		    ocs_lease_booked(l) &&
		    (is_leaving(l) || is_one_of(l, v, n)))
			overlay_change(net, l, false);
	}
}

static int is_it(void *x, void *key)
{
	return x == key;
}

void victims_choose(const struct victims *v, unsigned int n,
		    struct xlist **chosen)
{
	if (!chosen)
		return;
	if (!*chosen)
		*chosen = list_create(NULL);
	for (unsigned int i = 0; i < n; i++)
		if (!list_find_first(*chosen, is_it, v->job[i]))
			list_append(*chosen, v->job[i]);
}
