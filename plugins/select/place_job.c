// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * place_job - step 3, place: narrow the nodes to sites, then cons_tres decides
 *
 * Works on memory alone: the snapshot, the map of sites, the bitmaps. The
 * job and node write locks are held throughout, so what holds here still holds
 * in job_begin unless the agent itself changes.
 */
#include "plugins/select/place_job.h"

#include <stdlib.h>

#define MODE_BASE 0xff

struct place_work *place_work;

bool place_backed_off(struct attempt *a, const struct ocs_plan *plan)
{
	for (unsigned int i = 0; i < plan->ncircuits; i++) {
		const char *x = a->net.site[plan->circuit[i].a].name;
		const char *z = a->net.site[plan->circuit[i].z].name;
		unsigned int left = backoff_left(x, z);

		if (left) {
			ocs_fail(&a->err, OCS_BUSY,
				 "set-up between %s and %s failed a while ago",
				 x, z);
			ocs_fail_reason(&a->err, "OpticalBackoff(%s-%s,~%us)",
					x, z, left);
			return true;
		}
	}
	return false;
}

/* What the nodes chosen by cons_tres really need; it may have left a site
 * out. */
static int plan_result(struct attempt *a, struct ocs_plan *plan)
{
	unsigned int site[OCS_SPAN_MAX], nsites;

	if (!place_sites(&a->net, a->bitmap, site, &nsites))
		return ocs_fail(&a->err, OCS_INTERNAL, "nodes in no site");
	if (nsites < a->req.span_min)
		return ocs_fail(&a->err, OCS_BUSY, "too few sites");
	return ocs_plan_make(&a->net, site, nsites, &a->req, plan,
			     &a->err);
}

static uint32_t plan_gbps(const struct ocs_plan *plan)
{
	return ocs_rate_gbps(plan->metered_bps);
}

/* What is free is not for this job: others were promised it. */
static void blame_promise(struct ocs_error *err)
{
	static const char *const word[] = {
		"OpticalLink(", "OpticalPort(", "OpticalDiverse(",
	};
	struct ocs_error was = *err;

	for (unsigned int i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
		size_t n = strlen(word[i]);

		if (strncmp(was.reason, word[i], n))
			continue;
		ocs_fail(err, OCS_BUSY, "%.200s (the rest was promised to jobs before it in the queue)",
			 was.text);
		ocs_fail_reason(err, "OpticalPromised(%s", was.reason + n);
	}
}

void place_judge(struct attempt *a, const unsigned int *site,
		 unsigned int nsites, struct ocs_error *err)
{
	struct ocs_candidate *c = place_work->judged;
	struct ocs_error other = { 0 };
	struct ocs_net net = { 0 };
	bool would;

	if (!err->reason[0] || !future_promised() ||
	    future_net(a->state, a->job, false, &net, NULL) < 0)
		return;
	if (nsites)
		would = ocs_plan_make(&net, site, nsites, &a->req, &c->plan,
				      &other) == 0;
	else
		would = ocs_place(&net, a->supply, a->nsupply, a->min_nodes,
				  &a->req, false, c, &other) > 0;
	if (would)
		blame_promise(err);
	else if (other.reason[0])
		*err = other;
	ocs_net_fini(&net);
}

/*
 * The first N of V are gone: sites for the job, with nodes. They are chosen,
 * and the job is promised what they leave, until it starts.
 */
static int test_without(struct attempt *a, const struct victims *v,
			unsigned int n, const struct ocs_candidate *c,
			unsigned int nc)
{
	struct ocs_plan plan;

	for (unsigned int i = 0; i < nc; i++) {
		if (a->tries >= 2 * OCS_CANDIDATES_MAX)
			break;
		if (place_backed_off(a, &c[i].plan) ||
		    place_delegate_sites(a, &c[i].plan) != SLURM_SUCCESS ||
		    plan_result(a, &plan) < 0)
			continue;
		victims_choose(v, n, a->preemptees);
		future_promise(a->job, time(NULL), &plan);
		return SLURM_SUCCESS;
	}
	return ESLURM_NODES_BUSY;
}

/* No circuits: would there be any if jobs that may be preempted were gone? As
 * few as will do, in Slurm's order. */
static int test_victims(struct attempt *a)
{
	struct ocs_candidate *c = place_work->gone;
	struct ocs_error why = a->err;
	struct ocs_net now = a->net;
	struct victims v;
	int rc = ESLURM_NODES_BUSY;

	victims_find(a->candidates, &v);
	place_count(a, true);
	for (unsigned int k = 0, n = 0; v.n && !n && k <= v.n; k++) {
		if (ocs_net_copy(&a->net, &now) < 0)
			break;
		victims_gone(a->state, &v, k, &a->net);
		n = ocs_place(&a->net, a->supply, a->nsupply, a->min_nodes,
			      &a->req, false, c, NULL);
		/* nobody needs to go: what is leaving will do */
		if (n && !k)
			future_promise(a->job, time(NULL), &c[0].plan);
		else if (n)
			rc = test_without(a, &v, k, c, n);
		ocs_net_fini(&a->net);
	}
	a->net = now;
	a->err = why;
	return rc;
}

/* Free circuits and nodes at the same time, right now. */
static int test_now(struct attempt *a)
{
	struct ocs_candidate *c = place_work->found;
	struct ocs_plan plan;
	int rc = ESLURM_NODES_BUSY;

	for (int pass = 0; pass < 2; pass++) {
		unsigned int n;

		place_count(a, pass);
		n = ocs_place(&a->net, a->supply, a->nsupply,
			      a->min_nodes, &a->req, false, c, &a->err);
		if (!n)
			place_judge(a, NULL, 0, &a->err);
		if (!n && pass && a->candidates && a->err.reason[0])
			return test_victims(a);
		for (unsigned int i = 0; i < n; i++) {
			if (a->tries >= OCS_CANDIDATES_MAX)
				return rc;
			if (place_backed_off(a, &c[i].plan))
				continue;
			if ((rc = place_delegate_sites(a, &c[i].plan)) !=
			    SLURM_SUCCESS)
				continue;
			if (plan_result(a, &plan) == 0) {
				compat_set_license(a->job, plan_gbps(&plan),
						   false);
				/* else it starts when they are gone */
				if (!a->preemptees || !*a->preemptees)
					future_forget(a->job);
				else
					future_promise(a->job, time(NULL),
						       &plan);
				return SLURM_SUCCESS;
			}
			rc = ESLURM_NODES_BUSY;
		}
	}
	return rc;
}

/* A component keeps to what backfill has planned for all of them; the leader
 * asks for the circuits. */
static int test_component(struct attempt *a)
{
	unsigned int site[OCS_SPAN_MAX], nsites;
	const bitstr_t *mine = het_nodes(a->job);
	struct ocs_plan plan = { 0 };
	bitstr_t *nodes;
	int rc;

	if (!mine || !het_planned(a->leader) ||
	    !bit_super_set((bitstr_t *) mine, a->all))
		return ESLURM_NODES_BUSY;
	nodes = bit_copy((bitstr_t *) mine);
	het_others(a->job, false, nodes);
	rc = place_sites(&a->net, nodes, site, &nsites) &&
		nsites >= a->req.span_min && nsites <= a->req.span_max ?
		SLURM_SUCCESS : ESLURM_NODES_BUSY;
	FREE_NULL_BITMAP(nodes);
	if (rc == SLURM_SUCCESS && !a->job->het_job_offset &&
	    (ocs_plan_make(&a->net, site, nsites, &a->req, &plan,
			   &a->err) < 0 || place_backed_off(a, &plan)))
		return ESLURM_NODES_BUSY;
	if (rc != SLURM_SUCCESS)
		return rc;
	bit_copybits(a->bitmap, (bitstr_t *) mine);
	if ((rc = place_delegate(a)) == SLURM_SUCCESS)
		compat_set_license(a->job, plan_gbps(&plan), false);
	return rc;
}

/* A refused hold: nothing has changed at the agent since. */
static bool refused_before(struct attempt *a)
{
	uint64_t gen = reasons_refused(a->job->job_id, &a->err);

	return gen && gen == a->state->generation;
}

/* There may be room, but none that the agent would give: as with a back-off,
 * nobody knows until when, and backfill keeps no nodes for the job. */
static bool no_hold_yet(struct attempt *a)
{
	return reserve_stalled(&a->err) || refused_before(a);
}

static int test_optical(struct attempt *a, unsigned int mode)
{
	struct ocs_conf_partition part;
	const char *name = a->job->part_ptr ? a->job->part_ptr->name : NULL;

	if (a->conf->optical_jobs == OCS_JOBS_HOLD) {
		switch_off_refuse(&a->err);
		return ESLURM_NODES_BUSY;
	}
	if (reserve_agent_down() || !a->state) {
		ocs_conf_partition_get(a->conf, name, &part);
		if (part.agent_down == OCS_AGENT_RUN)
			return place_without_agent(a);
		ocs_fail(&a->err, OCS_IO, "the agent does not answer");
		ocs_fail_reason(&a->err, "OpticalAgentDown");
		return ESLURM_NODES_BUSY;
	}
	if (place_supply(a) < 0 ||
	    (!place_work && !(place_work = calloc(1, sizeof(*place_work)))))
		return ESLURM_NODES_BUSY;
	if (mode == MODE_WILL_RUN && compat_in_backfill(a->job) &&
	    no_hold_yet(a)) {
		future_forget(a->job);
		return ESLURM_NODES_BUSY;
	}
	if (mode == MODE_WILL_RUN)
		return place_later(a);
	if (!reserve_possible(&a->err) || refused_before(a))
		return ESLURM_NODES_BUSY;
	return a->leader ? test_component(a) : test_now(a);
}

/* The owner released a job that was held for refused set-ups. */
static void reset_if_released(job_record_t *job)
{
	bool held;

	(void) jobinfo_failures(job, &held);
	if (held && job->priority)
		jobinfo_failures_set(job, 0, false);
}

/* No optical.conf whose sites are those of Slurm's nodes could be read since
 * this slurmctld has started: jobs that want circuits wait, others start as if
 * there was no plugin. There may be no worker that writes reasons, but backfill
 * keeps what it finds. */
static int test_unconfigured(struct attempt *a, bool asked, unsigned int mode)
{
	if (!asked || !jobinfo_request(a->job, &a->req) || a->req.none)
		return a->test(a->arg, a->bitmap);
	ocs_fail(&a->err, OCS_SYNTAX, "optical.conf could not be read");
	ocs_fail_reason(&a->err, "OpticalNotConfigured");
	reasons_note(a->job->job_id, &a->err, 0);
	if (mode == MODE_WILL_RUN) {
		xfree(a->job->state_desc);
		a->job->state_desc = xstrdup(a->err.reason);
	}
	return compat_no_circuits();
}

int place_job_test(job_record_t *job, bitstr_t *bitmap, uint32_t min_nodes,
		   uint16_t mode, struct xlist *candidates,
		   struct xlist **preemptees, compat_test_f test, void *arg)
{
	unsigned int base = mode & MODE_BASE;
	struct attempt a = {
		.job = job, .bitmap = bitmap, .min_nodes = min_nodes,
		.test = test, .arg = arg, .map = sitemap_get(),
		.candidates = candidates, .preemptees = preemptees,
	};
	const struct ocslib_ops *lib = lib_ops();
	enum ocs_without_request without;
	bool asked = lib && jobinfo_requested(job);
	int rc;

	/* Fabricated reservation jobs, and the question whether the job could
	 * ever run: as cons_tres says. */
	if (!lib || !job->job_id || !job->details ||
	    (base != MODE_RUN_NOW && base != MODE_WILL_RUN))
		return test(arg, bitmap);
	if (!a.map->any || !(a.conf = lib->conf_get()))
		return test_unconfigured(&a, asked, base);

	without = ocs_conf_without(a.conf,
				   job->part_ptr ? job->part_ptr->name : NULL,
				   job->resv_ptr ? job->resv_ptr->name : NULL);
	if (asked && (!jobinfo_request(job, &a.req) || a.req.none))
		asked = false, without = OCS_ANY;
	if (!asked && without == OCS_ANY && !expand_is(job)) {
		lib->conf_put(a.conf);
		return test(arg, bitmap);
	}

	a.all = bit_copy(bitmap);
	if (asked) {
		if (base == MODE_RUN_NOW)
			reset_if_released(job);
		a.leader = het_leader(job);
		a.state = lib->state_get();
		rc = test_optical(&a, base);
		if (rc != SLURM_SUCCESS && a.err.reason[0] &&
		    base == MODE_RUN_NOW)
			rc = compat_no_circuits();
		if (rc != SLURM_SUCCESS && a.err.reason[0])
			reasons_note(job->job_id, &a.err, 0);
		else if (rc != SLURM_SUCCESS)
			reasons_forget(job->job_id);
	} else if (expand_is(job)) {
		rc = place_expand(&a);
	} else {
		rc = place_one_site(&a, base, without == OCS_SINGLE_SITE);
	}
	if (rc != SLURM_SUCCESS)
		bit_copybits(bitmap, a.all);
	if (a.state)
		lib->state_put(a.state);
	lib->conf_put(a.conf);
	FREE_NULL_BITMAP(a.all);
	ocs_net_fini(&a.net);
	free(a.supply);
	free(a.mapsite);
	return rc;
}
