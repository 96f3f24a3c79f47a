// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * place - sets of sites for a job; step 3 of its way, in job_test, under
 * slurmctld's job and node locks: what it costs is bounded
 */
#include "common/core/place.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/sets.h"

/* Sets looked at in one call, and the share of the first size that works. */
#define SETS_MAX 4096
#define FIRST_SETS_MAX 3072
/* What making one plan at the end may spend on a better rate, in arcs. */
#define PLAN_WORK 50000

struct search {
	struct ocs_sets sets;
	const struct ocs_supply *supply;
	unsigned int k_min, k_max;
};

static int by_idle(const void *x, const void *y)
{
	const struct ocs_usable *a = x, *b = y;

	if (a->required != b->required)
		return a->required ? -1 : 1;
	if (a->idle != b->idle)
		return a->idle > b->idle ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static int by_value(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Fill USE; SUPPLY may have any number of sites: the least of them drops. */
static int gather(struct ocs_sets *s, const struct ocs_supply *supply,
		  unsigned int nsupply, struct ocs_error *err)
{
	for (unsigned int i = 0; i < nsupply; i++) {
		const struct ocs_supply *from = &supply[i];
		struct ocs_usable u = { i, from->site, from->nodes, from->idle,
				    from->required };
		const char *name;

		if (from->site >= s->net->nsites)
			continue;
		name = s->net->site[from->site].name;
		if (!from->nodes || !ocs_request_site_ok(s->req, name)) {
			if (!from->required)
				continue;
			ocs_fail(err, OCS_BUSY,
				 "the job needs nodes of site %s, which %s",
				 name, from->nodes ? "it does not allow" :
						     "has none to use");
			return ocs_fail_reason(err, "OpticalSite(%s)", name);
		}
		if (s->n == OCS_SETS_SITES) {
			if (by_idle(&u, &s->use[OCS_SETS_SITES - 1]) > 0)
				continue;
			s->n--;
		}
		s->use[s->n++] = u;
		for (unsigned int j = s->n - 1;
		     j && by_idle(&s->use[j], &s->use[j - 1]) < 0; j--) {
			struct ocs_usable swap = s->use[j];

			s->use[j] = s->use[j - 1];
			s->use[j - 1] = swap;
		}
	}
	return 0;
}

/* How many of the largest sites have MIN_NODES; or n + 1. */
static unsigned int fewest(const struct ocs_sets *s)
{
	uint64_t nodes[OCS_SETS_SITES], sum = 0;
	unsigned int k = 0;

	for (unsigned int i = 0; i < s->n; i++)
		nodes[i] = s->use[i].nodes;
	qsort(nodes, s->n, sizeof(*nodes), by_value);
	while (k < s->n && sum < s->min_nodes)
		sum += nodes[s->n - ++k];
	return sum < s->min_nodes ? s->n + 1 : k;
}

static unsigned int larger(unsigned int x, unsigned int y)
{
	return x > y ? x : y;
}

static unsigned int smaller(unsigned int x, unsigned int y)
{
	return x < y ? x : y;
}

static int fail_nodes(const struct ocs_sets *s, struct ocs_error *err)
{
	return ocs_fail(err, OCS_BUSY,
			"no %u to %u of the %u sites that can be used have "
			"%u nodes for the job", larger(s->req->span_min, 1),
			s->req->span_max, s->n, s->min_nodes);
}

/* Which numbers of sites come into question; -1 with ERR set if none. */
static int bound_size(struct search *s, struct ocs_error *err)
{
	struct ocs_sets *sets = &s->sets;
	const struct ocs_request *req = sets->req;
	unsigned int nrequired = 0;

	for (unsigned int i = 0; i < sets->n; i++) {
		if (sets->use[i].nodes > sets->most_nodes)
			sets->most_nodes = sets->use[i].nodes;
		if (!sets->use[i].required)
			continue;
		sets->required |= UINT64_C(1) << i;
		nrequired++;
	}
	s->k_min = larger(larger(req->span_min, nrequired), fewest(sets));
	/* a site without a node of the job would have circuits for nothing */
	s->k_max = larger(sets->min_nodes, s->k_min);
	s->k_max = smaller(s->k_max, smaller(req->span_max, OCS_SPAN_MAX));
	s->k_max = smaller(s->k_max, sets->n);
	if (s->k_min <= s->k_max)
		return 0;
	return fail_nodes(sets, err);
}

/* The plan of the set that SCORE tells of, as REQ wants it. */
static int make_plan(struct search *s, const struct ocs_score *score,
		     const struct ocs_request *req, bool capacity_only,
		     struct ocs_plan *plan, struct ocs_error *err)
{
	struct ocs_paths *p = &s->sets.paths;
	unsigned int site[OCS_SPAN_MAX], k = s->sets.k;

	for (unsigned int i = 0; i < k; i++)
		site[i] = s->supply[score->order[i]].site;
	if (k == 1 && !req->anchor[0]) {
		memset(plan, 0, sizeof(*plan));
		plan->nsites = 1;
		plan->site[0] = site[0];
		return 0;
	}
	p->work_max = p->work + PLAN_WORK;
	return ocs_paths_plan(p, site, k, req, capacity_only, plan, err);
}

/* Fill OUT; how many, or -1 with ERR set when out of memory. */
static int find(struct search *s, struct ocs_candidate *out,
		struct ocs_error *err)
{
	struct ocs_sets *sets = &s->sets;
	unsigned int n = 0;
	bool next = false;

	for (unsigned int k = s->k_min; k <= s->k_max; k++) {
		sets->sets_max = next ? SETS_MAX : FIRST_SETS_MAX;
		if (ocs_sets_find(sets, k, next ? 1 : 2, err) < 0)
			return -1;
		for (unsigned int i = 0; i < sets->nbest; i++) {
			if (sets->plan[i].nsites)
				ocs_plan_copy(&out[n++].plan, &sets->plan[i]);
			else if (!make_plan(s, &sets->best[i], sets->req,
					    sets->capacity_only, &out[n].plan,
					    NULL))
				n++;
		}
		if (next && sets->nbest)
			break;
		next = n > 0;
	}
	return (int) n;
}

/* The best set by REQ with nothing booked; false if there is none. */
static bool find_refused(struct search *s, const struct ocs_request *req)
{
	struct ocs_sets *sets = &s->sets;

	sets->req = req;
	sets->capacity_only = true;
	sets->ready = false;
	sets->sets = sets->steps = 0;
	sets->sets_max = SETS_MAX;
	for (unsigned int k = s->k_min; k <= s->k_max; k++)
		if (!ocs_sets_find(sets, k, 1, NULL) && sets->nbest)
			return true;
	return false;
}

/*
 * Why REQ was refused: asked of the set that would be the best were nothing
 * booked; else with any rate and latency; else by nodes alone.
 * Returns 1 if that set can be had after all, else 0 with ERR set.
 */
static int explain(struct search *s, struct ocs_candidate *out,
		   struct ocs_error *err)
{
	const struct ocs_request *req = s->sets.req;
	bool capacity_only = s->sets.capacity_only;
	struct ocs_request any = *req;

	if (!err)
		return 0;
	if (!find_refused(s, req)) {
		any.want_bps = any.min_bps = 1;
		any.latency_us = any.delay_variation_us = 0;
		any.unavailable_ppb = 0;
		any.protect = OCS_UNPROTECTED;
		if (!find_refused(s, &any)) {
			any.want_bps = any.min_bps = 0;
			if (!find_refused(s, &any))
				return fail_nodes(&s->sets, err) + 1;
		}
	}
	if (!make_plan(s, &s->sets.best[0], req, capacity_only, &out->plan,
		       err))
		return 1;
	if (err->code != OCS_NOMEM)
		err->code = OCS_BUSY;
	return 0;
}

/* The search is too large for the stack of one of slurmctld's threads. */
static struct search *new_search(const struct ocs_net *net,
				 const struct ocs_supply *supply,
				 uint32_t min_nodes,
				 const struct ocs_request *req,
				 bool capacity_only)
{
	struct search *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sets.net = net;
	s->sets.req = req;
	s->sets.capacity_only = capacity_only;
	s->sets.min_nodes = larger(min_nodes, 1);
	s->supply = supply;
	return s;
}

unsigned int ocs_place(const struct ocs_net *net,
		       const struct ocs_supply *supply, unsigned int nsupply,
		       uint32_t min_nodes, const struct ocs_request *req,
		       bool capacity_only,
		       struct ocs_candidate out[static OCS_CANDIDATES_MAX],
		       struct ocs_error *err)
{
	struct search *s = new_search(net, supply, min_nodes, req,
				      capacity_only);
	int n = 0;

	if (!s) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return 0;
	}
	if (gather(&s->sets, supply, nsupply, err) == 0 &&
	    bound_size(s, err) == 0) {
		if (!(n = find(s, out, err)))
			n = explain(s, out, err);
		ocs_sets_fini(&s->sets);
	}
	free(s);
	return n > 0 ? (unsigned int) n : 0;
}
