// SPDX-License-Identifier: GPL-2.0-or-later
/* place_plain - sites for jobs that have no circuits */
#include "plugins/select/place_job.h"

int place_without_agent(struct attempt *a)
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
		if ((rc = place_delegate(a)) == SLURM_SUCCESS)
			goto out;
	}
	bit_copybits(a->bitmap, any);
	bit_and(a->bitmap, a->all);
	rc = place_delegate(a);
out:
	if (rc == SLURM_SUCCESS)
		compat_set_license(a->job, 0, false);
	FREE_NULL_BITMAP(any);
	return rc;
}

/* The nodes of site I alone. */
static int test_site(struct attempt *a, unsigned int i)
{
	bit_copybits(a->bitmap, a->map->site[i].nodes);
	bit_and(a->bitmap, a->all);
	return place_delegate(a);
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

int place_one_site(struct attempt *a, unsigned int mode, bool must)
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
	return bit_ffs(a->bitmap) < 0 ? rc : place_delegate(a);
}

int place_expand(struct attempt *a)
{
	expand_narrow(a->job, a->conf, a->bitmap);
	return place_delegate(a);
}
