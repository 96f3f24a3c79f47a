// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * expand - a job that is to expand another (--dependency=expand:JOB): verb 3
 *
 * Its nodes become the other's, whose circuits stay as they are. So it has no
 * circuits of its own, whatever it asks for, and goes only where that one is.
 */
#include "plugins/select/optical.h"

bool expand_is(const job_record_t *job)
{
	return job->details && job->details->expanding_jobid;
}

/* The other one must stay where it is: between its sites it has circuits, or it
 * is at one site because it has to be. */
static bool bound(const job_record_t *base, const struct ocs_conf *oc)
{
	struct ocs_request req;

	if (jobinfo_requested(base))
		return jobinfo_request(base, &req) && !req.none;
	return ocs_conf_without(oc, base->part_ptr ? base->part_ptr->name : NULL,
				base->resv_ptr ? base->resv_ptr->name : NULL) ==
		OCS_SINGLE_SITE;
}

void expand_narrow(const job_record_t *job, const struct ocs_conf *oc,
		   bitstr_t *nodes)
{
	job_record_t *base = find_job_record(job->details->expanding_jobid);
	const struct sitemap *map = sitemap_get();

	if (!base || !base->details || !base->node_bitmap || !bound(base, oc))
		return;
	for (unsigned int i = 0; i < map->nsites; i++)
		if (!bit_overlap_any(base->node_bitmap, map->site[i].nodes))
			bit_and_not(nodes, map->site[i].nodes);
	/* nodes that are in no site are a place of their own */
	if (map->any && bit_super_set(base->node_bitmap, map->any))
		bit_and(nodes, map->any);
}
