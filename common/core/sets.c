// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sets - which sites go together; runs in job_test, under slurmctld's job and
 * node locks, for each pending job in each pass
 *
 * Pairs of sites are put in one after the other, the nearest first; when a
 * pair comes in, all sets that it completes are those whose worst latency is
 * that pair's. So sets come up in the order that is wanted, and the search
 * stops as soon as nothing better can follow. Routes are searched once per
 * site, not once per pair or set.
 */
#include "common/core/sets.h"

#include <stdlib.h>
#include <string.h>

/* Steps of the search in one call, sets or not. */
#define STEPS_MAX 32768
/* What one call may spend on sets that share links or don't get the wanted
 * rate, in arcs looked at: 100,000 are 0.4 ms. Beyond the first such sets get
 * no plans any more, beyond the second there are no more sets. */
#define PLAN_WORK_MAX 100000
#define WORK_MAX 200000
/* What looking at one circuit of a set takes, in arcs looked at. */
#define CIRCUIT_WORK 8

static int by_value(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static struct ocs_pair *pair_of(const struct ocs_sets *s, unsigned int x,
			    unsigned int y)
{
	return x < y ? &s->pair[y * (y - 1) / 2 + x] :
		       &s->pair[x * (x - 1) / 2 + y];
}

/* Sets whose plans are more than the best route of each pair. */
static bool hard(const struct ocs_sets *s)
{
	const struct ocs_request *req = s->req;

	return s->paths.rich || req->protect || req->delay_variation_us ||
	       req->shape != OCS_MESH || req->anchor[0];
}

/* The routes that end at Z and come from where SUPPLY has earlier sites: the
 * direction that plans have. */
static void fill_routes(struct ocs_sets *s, unsigned int z, bool one)
{
	const struct ocs_request *req = s->req;
	struct ocs_paths *p = &s->paths;
	unsigned int root = s->use[z].site;

	ocs_paths_grow(p, root, req->want_bps, req->latency_us);
	for (unsigned int a = 0; a < s->n; a++) {
		struct ocs_pair *pair = pair_of(s, a, z);

		if (s->use[a].order >= s->use[z].order)
			continue;
		pair->direct = !hard(s) &&
			       ocs_paths_walk(p, s->use[a].site,
					      req->want_bps, &pair->route);
		pair->least_us = ocs_paths_latency(p, s->use[a].site);
	}
	if (one)
		return;
	ocs_paths_grow(p, root, req->min_bps, req->latency_us);
	for (unsigned int a = 0; a < s->n; a++)
		if (s->use[a].order < s->use[z].order)
			pair_of(s, a, z)->least_us =
				ocs_paths_latency(p, s->use[a].site);
}

/* No link has room for the least rate, but not for the wanted one: routes for
 * both are the same. */
static bool one_rate(const struct ocs_sets *s)
{
	const uint64_t *room = s->paths.base;

	for (unsigned int i = 0; i < s->net->nlinks; i++)
		if (room[i] >= s->req->min_bps && room[i] < s->req->want_bps)
			return false;
	return true;
}

static int allocate(struct ocs_sets *s, struct ocs_error *err)
{
	size_t npairs = s->n * (s->n - 1) / 2;

	if (s->pair)
		return 0;
	if (ocs_paths_init(&s->paths, s->net, err) < 0)
		return -1;
	s->pair = calloc(1, npairs * (sizeof(*s->pair) + sizeof(*s->edge)) +
				    s->net->nlinks * sizeof(*s->taken) + 1);
	if (!s->pair)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	s->edge = (uint64_t *) (s->pair + npairs);
	s->taken = s->edge + npairs;
	return 0;
}

static int get_ready(struct ocs_sets *s, struct ocs_error *err)
{
	bool one;

	if (s->ready)
		return 0;
	if (allocate(s, err) < 0)
		return -1;
	memset(s->pair, 0, s->n * (s->n - 1) / 2 * sizeof(*s->pair));
	ocs_paths_reset(&s->paths, s->capacity_only ? OCS_ROOM_CAPACITY :
						      OCS_ROOM_FREE);
	s->nedges = 0;
	one = one_rate(s);
	for (unsigned int y = 0; s->req->want_bps && y < s->n; y++)
		fill_routes(s, y, one);
	for (unsigned int y = 1; y < s->n; y++)
		for (unsigned int x = 0; x < y; x++) {
			uint64_t us = pair_of(s, x, y)->least_us;

			if (us != OCS_FAR)
				s->edge[s->nedges++] = us << 16 | x << 8 | y;
		}
	qsort(s->edge, s->nedges, sizeof(*s->edge), by_value);
	s->paths.work = s->plan_work = 0;
	s->ready = true;
	return 0;
}

/* How booked the fullest link of ROUTE is, in 1/1000. */
static uint64_t booked_share(const struct ocs_sets *s,
			     const struct ocs_route *route)
{
	uint64_t most = 0;

	for (unsigned int i = 0; !s->capacity_only && i < route->nhops; i++) {
		const struct ocs_link *l = &s->net->link[route->link[i]];
		uint64_t share = l->booked_bps / (l->capacity_bps / 1000 + 1);

		if (share > most)
			most = share;
	}
	return most;
}

static void score_route(const struct ocs_sets *s, const struct ocs_route *route,
			struct ocs_score *score)
{
	uint64_t booked = booked_share(s, route);

	if (route->latency_us > score->worst_us)
		score->worst_us = route->latency_us;
	if (booked > score->booked)
		score->booked = booked;
}

/* Add ROUTE to what the set takes, or, with SIGN -1, undo that. True if its
 * links have room for it. */
static bool take(struct ocs_sets *s, const struct ocs_route *route, int sign)
{
	uint64_t rate = s->req->want_bps;
	bool fits = true;

	s->paths.work += route->nhops;
	for (unsigned int i = 0; i < route->nhops; i++) {
		unsigned int l = route->link[i];
		uint64_t bps = ocs_link_consumed(&s->net->link[l], rate);

		s->taken[l] += sign < 0 ? -bps : bps;
		fits &= s->taken[l] <= s->paths.base[l];
	}
	return fits;
}

/*
 * If each pair's own best route has the wanted rate and all fit together, then
 * these are what ocs_plan_make() finds: score them. Else false.
 */
static bool score_direct(struct ocs_sets *s, const unsigned int *x,
			 struct ocs_score *score)
{
	bool fits = true;

	if (!s->req->want_bps)
		return true;
	for (unsigned int i = 0; i < s->k; i++)
		for (unsigned int j = i + 1; j < s->k; j++)
			if (!pair_of(s, x[i], x[j])->direct)
				return false;
	for (unsigned int i = 0; i < s->k; i++)
		for (unsigned int j = i + 1; j < s->k; j++) {
			struct ocs_pair *pair = pair_of(s, x[i], x[j]);

			fits &= take(s, &pair->route, 1);
			score_route(s, &pair->route, score);
		}
	for (unsigned int i = 0; i < s->k; i++)
		for (unsigned int j = i + 1; j < s->k; j++)
			take(s, &pair_of(s, x[i], x[j])->route, -1);
	return fits;
}

/* The long way: a plan, while there is time for that. */
static bool score_plan(struct ocs_sets *s, const unsigned int *x,
		       struct ocs_plan *plan, struct ocs_score *score)
{
	uint64_t before = s->paths.work;
	unsigned int site[OCS_SPAN_MAX];
	int rc;

	if (s->plan_work >= PLAN_WORK_MAX)
		return false;
	for (unsigned int i = 0; i < s->k; i++)
		site[i] = s->use[x[i]].site;
	s->paths.work_max = before + PLAN_WORK_MAX - s->plan_work;
	rc = ocs_paths_plan(&s->paths, site, s->k, s->req, s->capacity_only,
			    plan, NULL);
	s->plan_work += s->paths.work - before;
	if (rc < 0)
		return false;
	score->worst_us = score->booked = 0;
	for (unsigned int i = 0; i < plan->ncircuits; i++)
		score_route(s, &plan->circuit[i].route, score);
	return true;
}

static bool better(const struct ocs_sets *s, const struct ocs_score *a,
		   const struct ocs_score *b)
{
	if (a->worst_us != b->worst_us)
		return a->worst_us < b->worst_us;
	if (a->booked != b->booked)
		return a->booked < b->booked;
	if (a->idle != b->idle)
		return a->idle > b->idle;
	for (unsigned int i = 0; i < s->k; i++)
		if (a->order[i] != b->order[i])
			return a->order[i] < b->order[i];
	return false;
}

/* The members of SET in the order of SUPPLY. */
static void list_members(const struct ocs_sets *s, uint64_t set,
			 unsigned int *x)
{
	unsigned int n = 0, at;

	for (; set; set &= set - 1) {
		unsigned int i = (unsigned int) __builtin_ctzll(set);

		for (at = n++; at; at--) {
			if (s->use[x[at - 1]].order < s->use[i].order)
				break;
			x[at] = x[at - 1];
		}
		x[at] = i;
	}
}

/* Put SCORE, and PLAN where one was made, among the best if it is. */
static void keep(struct ocs_sets *s, const struct ocs_score *score,
		 const struct ocs_plan *plan)
{
	unsigned int at = s->nbest;

	while (at && better(s, score, &s->best[at - 1]))
		at--;
	if (at == s->wanted)
		return;
	if (!at && s->wanted == 2) {
		s->best[1] = s->best[0];
		ocs_plan_copy(&s->plan[1], &s->plan[0]);
	}
	s->best[at] = *score;
	if (plan)
		ocs_plan_copy(&s->plan[at], plan);
	else
		s->plan[at].nsites = 0;
	if (s->nbest < s->wanted)
		s->nbest++;
}

static void look_at(struct ocs_sets *s, uint64_t set)
{
	struct ocs_score score = { 0 };
	unsigned int x[OCS_SPAN_MAX];
	struct ocs_plan plan;
	bool direct;

	s->sets++;
	s->paths.work += CIRCUIT_WORK * s->k * (s->k - 1) / 2;
	list_members(s, set, x);
	direct = s->k == 1 ? !s->req->anchor[0] : score_direct(s, x, &score);
	if (!direct && !score_plan(s, x, &plan, &score))
		return;
	for (unsigned int i = 0; i < s->k; i++) {
		score.idle += s->use[x[i]].idle;
		score.order[i] = s->use[x[i]].order;
	}
	keep(s, &score, direct ? NULL : &plan);
}

static bool spent(const struct ocs_sets *s)
{
	return s->sets >= s->sets_max || s->steps >= STEPS_MAX ||
	       s->paths.work >= WORK_MAX;
}

/* Look at all sets of SET and LEFT more of CAND, all near each other. */
static void extend(struct ocs_sets *s, uint64_t set, uint64_t cand,
		   unsigned int left, uint64_t nodes)
{
	s->steps++;
	if (!left) {
		if (nodes >= s->min_nodes)
			look_at(s, set);
		return;
	}
	if (nodes + (uint64_t) left * s->most_nodes < s->min_nodes)
		return;
	while (cand && !spent(s)) {
		unsigned int i = (unsigned int) __builtin_ctzll(cand);

		cand &= cand - 1;
		extend(s, set | UINT64_C(1) << i, cand & s->near[i], left - 1,
		       nodes + s->use[i].nodes);
	}
}

/* Look at the sets in which X and Y are farthest apart. */
static void extend_pair(struct ocs_sets *s, unsigned int x, unsigned int y)
{
	uint64_t set = UINT64_C(1) << x | UINT64_C(1) << y;
	uint64_t cand = s->near[x] & s->near[y];
	uint64_t nodes = (uint64_t) s->use[x].nodes + s->use[y].nodes;
	unsigned int left = s->k - 2;

	for (uint64_t r = s->required & ~set; r; r &= r - 1) {
		unsigned int i = (unsigned int) __builtin_ctzll(r);

		if (!left || !(cand >> i & 1))
			return;
		set |= UINT64_C(1) << i;
		cand &= s->near[i];
		nodes += s->use[i].nodes;
		left--;
	}
	extend(s, set, cand, left, nodes);
}

static void search_pairs(struct ocs_sets *s)
{
	memset(s->near, 0, sizeof(s->near));
	for (unsigned int e = 0; e < s->nedges && !spent(s); e++) {
		unsigned int x = s->edge[e] >> 8 & 0xff;
		unsigned int y = s->edge[e] & 0xff;

		if (s->nbest == s->wanted &&
		    s->edge[e] >> 16 > s->best[s->nbest - 1].worst_us)
			break;
		extend_pair(s, x, y);
		s->near[x] |= UINT64_C(1) << y;
		s->near[y] |= UINT64_C(1) << x;
	}
}

int ocs_sets_find(struct ocs_sets *s, unsigned int k, unsigned int wanted,
		  struct ocs_error *err)
{
	s->k = k;
	s->wanted = wanted;
	s->nbest = 0;
	if ((k > 1 || s->req->anchor[0]) && get_ready(s, err) < 0)
		return -1;
	if (k == 1) {
		for (unsigned int i = 0; i < s->n; i++)
			if (!(s->required & ~(UINT64_C(1) << i)) &&
			    s->use[i].nodes >= s->min_nodes)
				look_at(s, UINT64_C(1) << i);
		return 0;
	}
	search_pairs(s);
	return 0;
}

void ocs_sets_fini(struct ocs_sets *s)
{
	ocs_paths_fini(&s->paths);
	free(s->pair);
	s->pair = NULL;
}
