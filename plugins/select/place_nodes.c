// SPDX-License-Identifier: GPL-2.0-or-later
/* place_nodes - from sites to nodes, and what cons_tres makes of them */
#include "plugins/select/place_job.h"

#include <stdlib.h>

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

void place_count(struct attempt *a, bool every)
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

int place_supply(struct attempt *a)
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

int place_delegate(struct attempt *a)
{
	bitstr_t *req_nodes = a->job->details->req_node_bitmap;

	if ((uint32_t) bit_set_count(a->bitmap) < a->min_nodes)
		return ESLURM_NODES_BUSY;
	if (req_nodes && !bit_super_set(req_nodes, a->bitmap))
		return ESLURM_NODES_BUSY;
	a->tries++;
	return a->test(a->arg, a->bitmap);
}

int place_delegate_sites(struct attempt *a, const struct ocs_plan *plan)
{
	narrow(a, plan);
	if (!a->leader && a->req.span_min > 1 && a->min_nodes >= plan->nsites &&
	    plan->nsites <= a->req.span_min)
		spread(a, plan);
	return place_delegate(a);
}
