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

/* All that the steps of one job_test share. */
struct attempt {
	job_record_t *job;
	bitstr_t *bitmap;	/* the caller's: result on success */
	bitstr_t *all;		/* copy of what the caller offered */
	uint32_t min_nodes;
	compat_test_f test;
	void *arg;
	struct ocs_request req;
	const struct ocs_conf *conf;
	const struct ocs_state *state;
	struct ocs_net net;	/* the state's, with what we took since */
	const struct sitemap *map;
	unsigned int nsupply;
	struct ocs_supply *supply;	/* sites that both sides know */
	unsigned int *mapsite;		/* index in map of supply[i] */
	struct ocs_error err;		/* why not */
	unsigned int tries;
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
	if (!a->supply || !a->mapsite || overlay_net(a->state, &a->net) < 0)
		return ocs_fail(&a->err, OCS_NOMEM, "out of memory");
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
 * of them can be done without: MIN_NODES in all, wholly idle ones first.
 */
static void spread(struct attempt *a, const struct ocs_plan *plan)
{
	bitstr_t *req_nodes = a->job->details->req_node_bitmap;
	bitstr_t *kept = bit_alloc(bit_size(a->all));
	uint32_t left = a->min_nodes;

	for (unsigned int i = 0; i < plan->nsites; i++) {
		uint32_t quota = left / (plan->nsites - i);
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
	if (a->req.span_min > 1 && a->min_nodes >= plan->nsites &&
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
	uint32_t sum = 0;

	for (unsigned int i = 0; i < plan->ncircuits; i++)
		sum += ocs_rate_gbps(plan->circuit[i].granted_bps);
	return sum;
}

/* Free circuits and nodes at the same time, right now. */
static int test_now(struct attempt *a)
{
	struct ocs_candidate c[OCS_CANDIDATES_MAX];
	struct ocs_plan plan;
	int rc = ESLURM_NODES_BUSY;

	for (int pass = 0; pass < 2; pass++) {
		unsigned int n;

		count_supply(a, pass);
		n = ocs_place(&a->net, a->supply, a->nsupply,
			      a->min_nodes, &a->req, false, c, &a->err);
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
				return SLURM_SUCCESS;
			}
			rc = ESLURM_NODES_BUSY;
		}
	}
	return rc;
}

static struct ocs_booking_end *booking_ends(const struct ocs_state *state,
					    unsigned int *n)
{
	struct ocs_booking_end *end;
	unsigned int max = 0;

	*n = 0;
	for (unsigned int i = 0; i < state->nleases; i++)
		max += state->lease[i]->ncircuits * OCS_HOPS_MAX;
	if (!(end = calloc(max ? max : 1, sizeof(*end))))
		return NULL;
	for (unsigned int i = 0; i < state->nleases; i++) {
		const struct ocs_lease *l = state->lease[i];

		if (!l->end_s || !ocs_lease_booked(l))
			continue;
		for (unsigned int k = 0; k < l->ncircuits; k++)
			for (unsigned int h = 0; h < l->circuit[k].nhops; h++) {
				int link = ocs_net_link(&state->net,
						l->circuit[k].hop[h]);

				if (link < 0)
					continue;
				end[*n].end_s = l->end_s;
				end[*n].link = (unsigned int) link;
				end[(*n)++].bps = ocs_link_consumed(
					&state->net.link[link],
					l->circuit[k].granted_bps);
			}
	}
	return end;
}

/* After cons_tres said when the nodes are free: when are the circuits? */
static int raise_start(struct attempt *a)
{
	struct ocs_booking_end *end;
	unsigned int site[OCS_SPAN_MAX], nsites, n;
	int64_t start = a->job->start_time, now = time(NULL), when;
	struct ocs_plan plan;
	int rc;

	if (!place_sites(&a->net, a->bitmap, site, &nsites) ||
	    nsites < a->req.span_min)
		return ESLURM_NODES_BUSY;
	if (ocs_plan_make(&a->net, site, nsites, &a->req, &plan,
			  &a->err) == 0) {
		if (!backed_off(a, &plan))
			return SLURM_SUCCESS;
		/* Nobody knows when a fault ends: keep no nodes for it. */
		if (compat_in_backfill(a->job))
			return ESLURM_NODES_BUSY;
	}
	if (!(end = booking_ends(a->state, &n)))
		return ESLURM_NODES_BUSY;
	rc = ocs_plan_earliest(&a->net, end, n, site, nsites, &a->req,
			       MAX(start, now), &when, &plan, NULL);
	free(end);
	if (rc < 0)
		return ESLURM_NODES_BUSY;
	/* In back-off nothing says when; look again a minute later. */
	if (when <= now)
		when = now + 60;
	if (when > start)
		a->job->start_time = when;
	reasons_note(a->job->job_id, &a->err, 0);
	return SLURM_SUCCESS;
}

/* When could it start? Sites that are free now first, then any that ever
 * could be. */
static int test_later(struct attempt *a)
{
	struct ocs_candidate c[OCS_CANDIDATES_MAX];
	int rc = ESLURM_NODES_BUSY;

	for (int pass = 0; pass < 2; pass++) {
		struct ocs_error err, *e = pass ? &err : &a->err;
		unsigned int n;

		count_supply(a, true);
		n = ocs_place(&a->net, a->supply, a->nsupply,
			      a->min_nodes, &a->req, pass, c, e);
		for (unsigned int i = 0; i < n; i++) {
			if (a->tries >= OCS_CANDIDATES_MAX)
				return rc;
			if ((rc = delegate_sites(a, &c[i].plan)) ==
			    SLURM_SUCCESS && (rc = raise_start(a)) == SLURM_SUCCESS)
				return rc;
		}
	}
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

static int test_optical(struct attempt *a, unsigned int mode)
{
	struct ocs_conf_partition part;
	const char *name = a->job->part_ptr ? a->job->part_ptr->name : NULL;

	if (reserve_agent_down() || !a->state) {
		ocs_conf_partition_get(a->conf, name, &part);
		if (part.agent_down == OCS_AGENT_RUN)
			return test_without_agent(a);
		ocs_fail(&a->err, OCS_IO, "the agent does not answer");
		ocs_fail_reason(&a->err, "OpticalAgentDown");
		return ESLURM_NODES_BUSY;
	}
	if (supply_init(a) < 0)
		return ESLURM_NODES_BUSY;
	if (mode == MODE_WILL_RUN)
		return test_later(a);
	if (!reserve_possible(&a->err) || refused_before(a))
		return ESLURM_NODES_BUSY;
	return test_now(a);
}

/* The owner released a job that was held for refused set-ups. */
static void reset_if_released(job_record_t *job)
{
	bool held;

	(void) jobinfo_failures(job, &held);
	if (held && job->priority)
		jobinfo_failures_set(job, 0, false);
}

/* Jobs without the option: one site, or one if it can be. */
static int test_one_site(struct attempt *a, bool must)
{
	unsigned int order[OCS_CANDIDATES_MAX], n = 0;
	int rc = ESLURM_NODES_BUSY;
	bitstr_t *rest;

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
	for (unsigned int i = 0; i < n; i++) {
		bit_copybits(a->bitmap, a->map->site[order[i]].nodes);
		bit_and(a->bitmap, a->all);
		if ((rc = delegate(a)) == SLURM_SUCCESS)
			return rc;
	}
	rest = bit_copy(a->all);
	if (must && a->map->any)
		bit_and_not(rest, a->map->any);
	bit_copybits(a->bitmap, rest);
	FREE_NULL_BITMAP(rest);
	return bit_ffs(a->bitmap) < 0 ? rc : delegate(a);
}

int place_job_test(job_record_t *job, bitstr_t *bitmap, uint32_t min_nodes,
		   uint16_t mode, compat_test_f test, void *arg)
{
	unsigned int base = mode & MODE_BASE;
	struct attempt a = {
		.job = job, .bitmap = bitmap, .min_nodes = min_nodes,
		.test = test, .arg = arg, .map = sitemap_get(),
	};
	const struct ocslib_ops *lib = lib_ops();
	struct ocs_conf_partition part;
	bool asked = lib && jobinfo_requested(job);
	int rc;

	/* Fabricated reservation jobs, and the question whether the job could
	 * ever run: as cons_tres says. */
	if (!lib || !job->job_id || !job->details ||
	    (base != MODE_RUN_NOW && base != MODE_WILL_RUN) ||
	    !(a.conf = lib->conf_get()))
		return test(arg, bitmap);

	ocs_conf_partition_get(a.conf,
			       job->part_ptr ? job->part_ptr->name : NULL,
			       &part);
	if (asked && (!jobinfo_request(job, &a.req) || a.req.none))
		asked = false, part.without = OCS_ANY;
	if (!asked && part.without == OCS_ANY) {
		lib->conf_put(a.conf);
		return test(arg, bitmap);
	}

	a.all = bit_copy(bitmap);
	if (asked) {
		if (base == MODE_RUN_NOW)
			reset_if_released(job);
		a.state = lib->state_get();
		rc = test_optical(&a, base);
		if (rc != SLURM_SUCCESS && a.err.reason[0] &&
		    base == MODE_RUN_NOW)
			rc = compat_no_circuits();
		if (rc != SLURM_SUCCESS && a.err.reason[0])
			reasons_note(job->job_id, &a.err, 0);
		else if (rc != SLURM_SUCCESS)
			reasons_forget(job->job_id);
	} else {
		rc = test_one_site(&a, part.without == OCS_SINGLE_SITE);
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
