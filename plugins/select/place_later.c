// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * place_later - when could a job start? backfill asks, and sbatch --test-only
 *
 * cons_tres says when there are nodes, the links over time when there are
 * circuits; the later of the two is promised to the job.
 */
#include "plugins/select/place_job.h"

#include <inttypes.h>

/* When the first sites that do could start later only, others are asked for
 * as long as this, in us: one answer of cons_tres may take 2 s. */
#define LATER_US 20000

/* The sites of the nodes that were found; of a component with those of the
 * components before it. */
static bool all_sites(const struct attempt *a,
		      unsigned int site[static OCS_SPAN_MAX],
		      unsigned int *nsites)
{
	unsigned int least = a->req.span_min, most = OCS_SPAN_MAX;
	bitstr_t *nodes = NULL;
	bool good;

	if (a->leader) {
		nodes = bit_copy(a->bitmap);
		het_others(a->job, true, nodes);
		if (!het_is_last(a->job, a->leader))
			least = 1;
		most = a->req.span_max;
	}
	good = place_sites(&a->net, nodes ? nodes : a->bitmap, site, nsites) &&
		*nsites >= least && *nsites <= most;
	FREE_NULL_BITMAP(nodes);
	return good;
}

/* As cons_tres does for nodes: the start is now, so that backfill preempts. */
static bool could_preempt(struct attempt *a, const unsigned int *site,
			  unsigned int nsites, struct ocs_plan *plan)
{
	struct ocs_net net = { 0 };
	struct victims v;
	bool could;

	victims_find(a->candidates, &v);
	if (!v.n || ocs_net_copy(&net, &a->net) < 0)
		return false;
	victims_gone(a->state, &v, v.n, &net);
	could = ocs_plan_make(&net, site, nsites, &a->req, plan, NULL) == 0;
	ocs_net_fini(&net);
	return could;
}

/*
 * After cons_tres said when the nodes are free: when are the circuits? PLAN is
 * what they will be. Sites in back-off: nobody knows when a fault ends.
 */
static int raise_start(struct attempt *a, struct ocs_plan *plan)
{
	unsigned int site[OCS_SPAN_MAX], nsites;
	int64_t start = a->job->start_time, now = time(NULL), when;
	struct ocs_error err = { 0 };

	if (!all_sites(a, site, &nsites))
		return ESLURM_NODES_BUSY;
	if (future_earliest(a->state, a->job, MAX(start, now), site, nsites,
			    &a->req, &when, plan, &err) < 0) {
		a->err = err;
		return ESLURM_NODES_BUSY;
	}
	if (when > MAX(start, now) && start <= now &&
	    could_preempt(a, site, nsites, plan)) {
		a->err = err;
	} else if (when > MAX(start, now)) {
		a->job->start_time = when;
		if (start <= now)
			place_judge(a, site, nsites, &err);
		a->err = err;
	} else if (place_backed_off(a, plan)) {
		/* Keep no nodes for it; else look again a minute later. */
		if (compat_in_backfill(a->job))
			return ESLURM_NODES_BUSY;
		a->job->start_time = MAX(start, now + 60);
	}
	return SLURM_SUCCESS;
}

/* The earliest start found so far. */
struct best {
	bitstr_t *bitmap;	/* NULL: none */
	time_t start;
	struct ocs_plan plan;
	struct ocs_error err;
};

static void keep_best(struct attempt *a, struct best *best,
		      const struct ocs_plan *plan)
{
	if (best->bitmap && a->job->start_time >= best->start)
		return;
	FREE_NULL_BITMAP(best->bitmap);
	best->bitmap = bit_copy(a->bitmap);
	best->start = a->job->start_time;
	best->plan = *plan;
	best->err = a->err;
}

/* "latency=2ms,protect=1+1": what the job asks of each circuit besides. */
static void write_bounds(const struct ocs_request *req, char *buf, size_t size)
{
	char time[OCS_TIME_TEXT_MAX], percent[OCS_AVAILABILITY_TEXT_MAX];
	size_t n = 0;

	buf[0] = '\0';
	if (req->latency_us)
		n += snprintf(buf, size, "latency=%s",
			      ocs_time_format(req->latency_us, time));
	if (req->delay_variation_us && n < size)
		n += snprintf(buf + n, size - n, "%svariation=%s",
			      n ? "," : "",
			      ocs_time_format(req->delay_variation_us, time));
	if (req->unavailable_ppb && n < size)
		n += snprintf(buf + n, size - n, "%savailability=%s",
			      n ? "," : "",
			      ocs_availability_format(req->unavailable_ppb,
						      percent));
	if (req->protect && n < size)
		snprintf(buf + n, size - n, "%sprotect=%s", n ? "," : "",
			 ocs_protect_name(req->protect));
}

/* Something ends its circuits before it does: how long could it have them? */
static bool ends_too_late(const char *reason)
{
	return !strncmp(reason, "OpticalPromised", 15) ||
	       !strncmp(reason, "OpticalLinkDrained", 18);
}

/* For `opticalctl why`: the circuits, and what would let it start now. */
static void explain(struct attempt *a, const struct ocs_plan *plan)
{
	char text[128] = "", advice[96] = "", rate[OCS_RATE_TEXT_MAX];
	char bounds[96];
	size_t n = 0;
	int64_t s;

	for (unsigned int i = 0; i < plan->ncircuits; i++) {
		const struct ocs_plan_circuit *c = &plan->circuit[i];
		const char *x = a->net.site[c->a].name;
		const char *z = a->net.site[c->z].name;
		int k = snprintf(text + n, sizeof(text) - n, "%s%s%s%s:%s",
				 n ? "," : "", x,
				 strchr(x, '-') || strchr(z, '-') ? "/" : "-",
				 z, ocs_rate_format(c->granted_bps, rate));

		if (k < 0 || n + k >= sizeof(text)) {
			text[n] = '\0';
			break;
		}
		n += k;
	}
	if (ends_too_late(a->err.reason) &&
	    (s = future_longest(a->state, a->job, plan->site, plan->nsites,
				&a->req)) >= 60)
		snprintf(advice, sizeof(advice),
			 "a time limit of %"PRId64" min, so that it ends before %s",
			 s / 60, a->err.reason[7] == 'P' ? "others start" :
			 "the maintenance");
	write_bounds(&a->req, bounds, sizeof(bounds));
	reasons_explain(a->job->job_id, text, bounds, advice);
}

/* Another candidate might start earlier, and there is time to ask. */
static bool go_on(const struct attempt *a, const struct best *best,
		  uint64_t begun_us)
{
	if (a->tries >= OCS_CANDIDATES_MAX)
		return false;
	return !best->bitmap || (best->start > time(NULL) &&
				 now_us() - begun_us < LATER_US);
}

static void try_later(struct attempt *a, const struct ocs_plan *sites,
		      struct best *best, int *rc)
{
	struct ocs_plan plan;

	if ((*rc = place_delegate_sites(a, sites)) == SLURM_SUCCESS &&
	    (*rc = raise_start(a, &plan)) == SLURM_SUCCESS)
		keep_best(a, best, &plan);
}

/* A component goes where those before it are, if it can. */
static void try_with_others(struct attempt *a, struct best *best, int *rc)
{
	struct ocs_plan sites = { 0 };
	bitstr_t *nodes;

	if (!a->leader)
		return;
	nodes = bit_alloc(bit_size(a->all));
	het_others(a->job, true, nodes);
	if (bit_ffs(nodes) >= 0 &&
	    place_sites(&a->net, nodes, sites.site, &sites.nsites) &&
	    sites.nsites >= a->req.span_min)
		try_later(a, &sites, best, rc);
	FREE_NULL_BITMAP(nodes);
}

int place_later(struct attempt *a)
{
	struct ocs_candidate *c = place_work->found;
	struct best best = { 0 };
	unsigned int span_min = a->req.span_min;
	uint64_t begun_us = now_us();
	int rc = ESLURM_NODES_BUSY;

	if (compat_in_backfill(a->job) && !a->job->het_job_offset)
		future_forget(a->job);
	place_count(a, true);
	try_with_others(a, &best, &rc);
	for (int pass = 0; pass < 2; pass++) {
		struct ocs_error err, *e = pass ? &err : &a->err;
		unsigned int n;

		if (a->leader)	/* counted over all components */
			a->req.span_min = 1;
		n = ocs_place(&a->net, a->supply, a->nsupply, a->min_nodes,
			      &a->req, pass, c, e);

		a->req.span_min = span_min;
		for (unsigned int i = 0;
		     i < n && go_on(a, &best, begun_us); i++)
			try_later(a, &c[i].plan, &best, &rc);
	}
	if (!best.bitmap)
		return rc;
	bit_copybits(a->bitmap, best.bitmap);
	FREE_NULL_BITMAP(best.bitmap);
	a->job->start_time = best.start;
	a->err = best.err;
	if (compat_in_backfill(a->job)) {
		if (a->leader)
			het_plan(a->job, a->bitmap);
		future_promise(a->job, MAX(best.start, time(NULL)),
			       &best.plan);
		reasons_note(a->job->job_id, &a->err, 0);
		explain(a, &best.plan);
	}
	return SLURM_SUCCESS;
}
