// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * place_job - step 3, place: narrow the nodes to sites, then cons_tres decides
 *
 * Works on memory alone: the snapshot, the map of sites, the bitmaps. The
 * job and node write locks are held throughout, so what holds here still holds
 * in job_begin unless the agent itself changes.
 */
#include "plugins/select/hooks.h"
#include "plugins/select/optical.h"

#include "common/core/place.h"

#include <stdlib.h>

#define MODE_BASE 0xff
#define MODE_RUN_NOW 0
#define MODE_WILL_RUN 2

/* When the first sites that do could start later only, others are asked for
 * as long as this, in us: one answer of cons_tres may take 2 s. */
#define LATER_US 20000

/*
 * Candidates take 22 KB each, and there are three in each list: too much for
 * the stacks of slurmctld's threads, which keep what was touched when they are
 * used again. One of these for all: job_test runs under the job write lock.
 */
static struct work {
	struct ocs_candidate found[OCS_CANDIDATES_MAX];	/* now or later */
	struct ocs_candidate gone[OCS_CANDIDATES_MAX];
	struct ocs_candidate judged[OCS_CANDIDATES_MAX];
} *work;

/* All that the steps of one job_test share. */
struct attempt {
	job_record_t *job;
	bitstr_t *bitmap;	/* the caller's: result on success */
	bitstr_t *all;		/* copy of what the caller offered */
	uint32_t min_nodes;
	compat_test_f test;
	void *arg;
	struct xlist *candidates;	/* that may be preempted; or NULL */
	struct xlist **preemptees;	/* that must be */
	struct ocs_request req;
	const struct ocs_conf *conf;
	const struct ocs_state *state;
	struct ocs_net net;	/* as the job finds it from now on */
	const struct sitemap *map;
	unsigned int nsupply;
	struct ocs_supply *supply;	/* sites that both sides know */
	unsigned int *mapsite;		/* index in map of supply[i] */
	struct ocs_error err;		/* why not */
	unsigned int tries;
	job_record_t *leader;	/* of a heterogeneous job; else NULL */
};

bool place_sites(const struct ocs_net *net, const bitstr_t *bitmap,
		 unsigned int site[static OCS_SPAN_MAX], unsigned int *nsites)
{
	const struct sitemap *map = sitemap_get();

	*nsites = 0;
	if (!map->any || !bit_super_set((bitstr_t *) bitmap, map->any))
		return false;
	for (unsigned int i = 0; i < map->nsites; i++) {
		int s;

		if (!bit_overlap_any((bitstr_t *) bitmap, map->site[i].nodes))
			continue;
		if (*nsites == OCS_SPAN_MAX)
			return false;
		s = ocs_net_site(net, map->site[i].name);
		if (s < 0)
			return false;
		site[(*nsites)++] = (unsigned int) s;
	}
	return *nsites > 0;
}

/* Count what each site offers; EVERY: partly used nodes, too. */
static void count_supply(struct attempt *a, bool every)
{
	uint64_t gpus = compat_gpus_wanted(a->job);
	bitstr_t *req_nodes = a->job->details->req_node_bitmap;

	for (unsigned int i = 0; i < a->nsupply; i++) {
		bitstr_t *b = bit_copy(a->map->site[a->mapsite[i]].nodes);
		struct ocs_supply *s = &a->supply[i];

		bit_and(b, a->all);
		s->nodes = bit_set_count(b);
		s->idle = idle_node_bitmap ? bit_overlap(b, idle_node_bitmap) :
			s->nodes;
		s->required = req_nodes && bit_overlap_any(req_nodes,
				a->map->site[a->mapsite[i]].nodes);
		if (!every && s->idle < s->nodes) {
			uint32_t partly = 0;

			bit_and_not(b, idle_node_bitmap);
			for (int n = bit_ffs(b); gpus && n >= 0 &&
			     n < bit_size(b); n++)
				if (bit_test(b, n) &&
				    compat_gpus_free(n) >= gpus)
					partly++;
			s->nodes = s->idle + partly;
		}
		FREE_NULL_BITMAP(b);
	}
}

static int supply_init(struct attempt *a)
{
	a->supply = calloc(a->map->nsites + 1, sizeof(*a->supply));
	a->mapsite = calloc(a->map->nsites + 1, sizeof(*a->mapsite));
	if (!a->supply || !a->mapsite)
		return ocs_fail(&a->err, OCS_NOMEM, "out of memory");
	if (future_net(a->state, a->job, true, &a->net, &a->err) < 0)
		return -1;
	for (unsigned int i = 0; i < a->map->nsites; i++) {
		int s = ocs_net_site(&a->net, a->map->site[i].name);

		if (s < 0)
			continue;
		a->supply[a->nsupply].site = (unsigned int) s;
		a->mapsite[a->nsupply++] = i;
	}
	return 0;
}

/* The nodes of the sites of PLAN, out of all that were offered. */
static void narrow(struct attempt *a, const struct ocs_plan *plan)
{
	bit_clear_all(a->bitmap);
	for (unsigned int i = 0; i < plan->nsites; i++)
		for (unsigned int k = 0; k < a->nsupply; k++)
			if (a->supply[k].site == plan->site[i])
				bit_or(a->bitmap,
				       a->map->site[a->mapsite[k]].nodes);
	bit_and(a->bitmap, a->all);
}

/*
 * cons_tres takes as few nodes as will do, perhaps all of them at one site.
 * For a job that must span its sites, leave each site so many nodes that none
 * of them can be done without: MIN_NODES in all, wholly idle ones first. What
 * a site lacks of its share the others have, whatever their order.
 */
static void spread(struct attempt *a, const struct ocs_plan *plan)
{
	bitstr_t *req_nodes = a->job->details->req_node_bitmap;
	bitstr_t *kept = bit_alloc(bit_size(a->all));
	uint32_t left = a->min_nodes;

	for (unsigned int j = 0; left && j < 2 * plan->nsites; j++) {
		unsigned int i = j % plan->nsites;
		uint32_t quota = j < plan->nsites ?
				 left / (plan->nsites - i) : left;
		bitstr_t *b = NULL;

		for (unsigned int k = 0; k < a->nsupply && !b; k++)
			if (a->supply[k].site == plan->site[i])
				b = bit_copy(a->map->site[
					a->mapsite[k]].nodes);
		if (!b)
			continue;
		bit_and(b, a->all);
		for (int pass = 0; pass < 3; pass++)
			for (int n = bit_ffs(b); quota && n >= 0 &&
			     n < bit_size(b); n++) {
				if (!bit_test(b, n) || bit_test(kept, n) ||
				    (pass == 0 && (!req_nodes ||
						   !bit_test(req_nodes, n))) ||
				    (pass == 1 && idle_node_bitmap &&
				     !bit_test(idle_node_bitmap, n)))
					continue;
				bit_set(kept, n);
				quota--;
				left--;
			}
		FREE_NULL_BITMAP(b);
	}
	bit_copybits(a->bitmap, kept);
	FREE_NULL_BITMAP(kept);
}

static int delegate(struct attempt *a)
{
	bitstr_t *req_nodes = a->job->details->req_node_bitmap;

	if ((uint32_t) bit_set_count(a->bitmap) < a->min_nodes)
		return ESLURM_NODES_BUSY;
	if (req_nodes && !bit_super_set(req_nodes, a->bitmap))
		return ESLURM_NODES_BUSY;
	a->tries++;
	return a->test(a->arg, a->bitmap);
}

/* cons_tres's answer for the sites of PLAN, all of them used if they must be. */
static int delegate_sites(struct attempt *a, const struct ocs_plan *plan)
{
	narrow(a, plan);
	if (!a->leader && a->req.span_min > 1 && a->min_nodes >= plan->nsites &&
	    plan->nsites <= a->req.span_min)
		spread(a, plan);
	return delegate(a);
}

/* A pair in back-off is as good as taken. */
static bool backed_off(struct attempt *a, const struct ocs_plan *plan)
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

/*
 * There is no room, ERR says why: is there any but for what others were
 * promised? On these sites; NSITES 0: on any. If not, ERR says what is short
 * without that: what `opticalctl links` shows.
 */
static void judge_promises(struct attempt *a, const unsigned int *site,
			   unsigned int nsites, struct ocs_error *err)
{
	struct ocs_candidate *c = work->judged;
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
		if (backed_off(a, &c[i].plan) ||
		    delegate_sites(a, &c[i].plan) != SLURM_SUCCESS ||
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
	struct ocs_candidate *c = work->gone;
	struct ocs_error why = a->err;
	struct ocs_net now = a->net;
	struct victims v;
	int rc = ESLURM_NODES_BUSY;

	victims_find(a->candidates, &v);
	count_supply(a, true);
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
	struct ocs_candidate *c = work->found;
	struct ocs_plan plan;
	int rc = ESLURM_NODES_BUSY;

	for (int pass = 0; pass < 2; pass++) {
		unsigned int n;

		count_supply(a, pass);
		n = ocs_place(&a->net, a->supply, a->nsupply,
			      a->min_nodes, &a->req, false, c, &a->err);
		if (!n)
			judge_promises(a, NULL, 0, &a->err);
		if (!n && pass && a->candidates && a->err.reason[0])
			return test_victims(a);
		for (unsigned int i = 0; i < n; i++) {
			if (a->tries >= OCS_CANDIDATES_MAX)
				return rc;
			if (backed_off(a, &c[i].plan))
				continue;
			if ((rc = delegate_sites(a, &c[i].plan)) !=
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
			judge_promises(a, site, nsites, &err);
		a->err = err;
	} else if (backed_off(a, plan)) {
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

	if ((*rc = delegate_sites(a, sites)) == SLURM_SUCCESS &&
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

/* When could it start? Sites that are free now first, then any that ever
 * could be. The earliest start counts, ties go to fewer sites. */
static int test_later(struct attempt *a)
{
	struct ocs_candidate *c = work->found;
	struct best best = { 0 };
	unsigned int span_min = a->req.span_min;
	uint64_t begun_us = now_us();
	int rc = ESLURM_NODES_BUSY;

	if (compat_in_backfill(a->job) && !a->job->het_job_offset)
		future_forget(a->job);
	count_supply(a, true);
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
			   &a->err) < 0 || backed_off(a, &plan)))
		return ESLURM_NODES_BUSY;
	if (rc != SLURM_SUCCESS)
		return rc;
	bit_copybits(a->bitmap, (bitstr_t *) mine);
	if ((rc = delegate(a)) == SLURM_SUCCESS)
		compat_set_license(a->job, plan_gbps(&plan), false);
	return rc;
}

/* AgentDown=run: one allowed site if it can be, else all of them, and no
 * circuits. */
static int test_without_agent(struct attempt *a)
{
	int rc = ESLURM_NODES_BUSY;
	bitstr_t *any = bit_alloc(bit_size(a->all));

	for (unsigned int i = 0; i < a->map->nsites; i++) {
		if (!ocs_request_site_ok(&a->req, a->map->site[i].name))
			continue;
		bit_or(any, a->map->site[i].nodes);
		if (a->tries >= OCS_CANDIDATES_MAX || a->req.span_min > 1)
			continue;
		bit_copybits(a->bitmap, a->map->site[i].nodes);
		bit_and(a->bitmap, a->all);
		if ((rc = delegate(a)) == SLURM_SUCCESS)
			goto out;
	}
	bit_copybits(a->bitmap, any);
	bit_and(a->bitmap, a->all);
	rc = delegate(a);
out:
	if (rc == SLURM_SUCCESS)
		compat_set_license(a->job, 0, false);
	FREE_NULL_BITMAP(any);
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
			return test_without_agent(a);
		ocs_fail(&a->err, OCS_IO, "the agent does not answer");
		ocs_fail_reason(&a->err, "OpticalAgentDown");
		return ESLURM_NODES_BUSY;
	}
	if (supply_init(a) < 0 ||
	    (!work && !(work = calloc(1, sizeof(*work)))))
		return ESLURM_NODES_BUSY;
	if (mode == MODE_WILL_RUN && compat_in_backfill(a->job) &&
	    no_hold_yet(a)) {
		future_forget(a->job);
		return ESLURM_NODES_BUSY;
	}
	if (mode == MODE_WILL_RUN)
		return test_later(a);
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

/* The nodes of site I alone. */
static int test_site(struct attempt *a, unsigned int i)
{
	bit_copybits(a->bitmap, a->map->site[i].nodes);
	bit_and(a->bitmap, a->all);
	return delegate(a);
}

/* One of the N sites of ORDER, the first that will do; when asked for the
 * future, that where it starts first. */
static int test_sites(struct attempt *a, unsigned int mode,
		      const unsigned int *order, unsigned int n)
{
	int best = -1, rc = ESLURM_NODES_BUSY;
	time_t start = 0;

	for (unsigned int i = 0; i < n; i++) {
		int got = test_site(a, order[i]);

		if (got != SLURM_SUCCESS) {
			rc = got;
			continue;
		}
		if (mode != MODE_WILL_RUN || a->job->start_time <= time(NULL))
			return SLURM_SUCCESS;
		if (best < 0 || a->job->start_time < start) {
			best = (int) i;
			start = a->job->start_time;
		}
	}
	if (best < 0)
		return rc;
	/* What the last test left is another site's. */
	return best == (int) n - 1 ? SLURM_SUCCESS : test_site(a, order[best]);
}

/* Jobs without the option: one site, or one if it can be. */
static int test_one_site(struct attempt *a, unsigned int mode, bool must)
{
	unsigned int order[OCS_CANDIDATES_MAX], n = 0;
	bitstr_t *rest;
	int rc;

	/* The fullest sites that still have room keep the others whole. */
	for (unsigned int i = 0; i < a->map->nsites; i++) {
		uint32_t have = bit_overlap(a->all, a->map->site[i].nodes);
		unsigned int k = n;

		if (have < a->min_nodes)
			continue;
		for (; k > 0; k--)
			if (have >= (uint32_t) bit_overlap(a->all,
					a->map->site[order[k - 1]].nodes))
				break;
			else if (k < OCS_CANDIDATES_MAX)
				order[k] = order[k - 1];
		if (k < OCS_CANDIDATES_MAX) {
			order[k] = i;
			n = MIN(n + 1, OCS_CANDIDATES_MAX);
		}
	}
	rc = test_sites(a, mode, order, n);
	if (rc == SLURM_SUCCESS)
		return rc;
	rest = bit_copy(a->all);
	if (must && a->map->any)
		bit_and_not(rest, a->map->any);
	bit_copybits(a->bitmap, rest);
	FREE_NULL_BITMAP(rest);
	return bit_ffs(a->bitmap) < 0 ? rc : delegate(a);
}

/* The nodes become another job's: where that one is. */
static int test_expand(struct attempt *a)
{
	expand_narrow(a->job, a->conf, a->bitmap);
	return delegate(a);
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
		rc = test_expand(&a);
	} else {
		rc = test_one_site(&a, base, without == OCS_SINGLE_SITE);
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
