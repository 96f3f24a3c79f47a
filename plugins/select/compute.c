// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compute - what the sites have idle and what waits, for the network's side
 *
 * Counted under Slurm's read locks in one pass over nodes and jobs, told to
 * the agent without any. Nothing is decided by it.
 */
#include "plugins/select/optical.h"

#include <ctype.h>
#include <stdlib.h>
#include <time.h>

static struct ocs_compute_gpus *gpus_of(struct ocs_compute_site *site,
					const char *type)
{
	char name[OCS_NAME_MAX];
	unsigned int i;

	snprintf(name, sizeof(name), "%s", type && *type ? type : "gpu");
	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char) *p) &&
		    !strchr("._-", *p))
			*p = '_';
	for (i = 0; i < site->ngpus; i++)
		if (!strcmp(site->gpus[i].type, name))
			return &site->gpus[i];
	if (i == OCS_COMPUTE_GPUS_MAX)
		return &site->gpus[i - 1];	/* one more kind than is told */
	memcpy(site->gpus[i].type, name, sizeof(name));
	site->ngpus++;
	return &site->gpus[i];
}

struct count {
	struct ocs_compute_site *site;
	bool usable;	/* the node can run something new */
};

static void count_gpus(const char *type, uint64_t total, uint64_t idle,
		       void *arg)
{
	struct count *n = arg;
	struct ocs_compute_gpus *g = gpus_of(n->site, type);

	g->total += total;
	if (n->usable)
		g->idle += idle;
}

static void count_node(struct ocs_compute_site *site,
		       const struct sitemap_site *map, unsigned int inode)
{
	node_record_t *node = node_record_table_ptr[inode];
	struct count n = { .site = site };
	bool idle;

	n.usable = !IS_NODE_UNKNOWN(node) && !IS_NODE_DOWN(node) &&
		   !IS_NODE_DRAIN(node) && !IS_NODE_FAIL(node) &&
		   !IS_NODE_NO_RESPOND(node);
	idle = n.usable && IS_NODE_IDLE(node) && !IS_NODE_COMPLETING(node);
	site->nodes_total++;
	site->nodes_idle += idle;
	/* Without gres/gpu optical.conf knows, and jobs take whole nodes. */
	if (!compat_each_gpu(inode, count_gpus, &n) && map->gpus) {
		n.usable = idle;
		count_gpus("", map->gpus, map->gpus, &n);
	}
}

static void count_nodes(struct ocs_compute *c, const struct sitemap *map)
{
	for (unsigned int i = 0; i < map->nsites; i++) {
		memcpy(c->site[i].name, map->site[i].name, OCS_NAME_MAX);
		for (unsigned int k = 0; k < compat_node_count(); k++)
			if (bit_test(map->site[i].nodes, k) &&
			    node_record_table_ptr[k])
				count_node(&c->site[i], &map->site[i], k);
	}
	c->nsites = map->nsites;
}

static int count_job(job_record_t *job, void *arg)
{
	struct ocs_compute *c = arg;
	struct ocs_compute_start *s = &c->start[c->nstarts];
	struct ocs_request req;
	unsigned int tasks = 1;

	if (!IS_JOB_PENDING(job) || !job->details ||
	    !jobinfo_request(job, &req) || req.none || !req.want_bps)
		return 0;
	if (job->array_recs && job->array_recs->task_cnt)
		tasks = job->array_recs->task_cnt;
	c->pending_jobs += tasks;
	c->pending_bps += (uint64_t) tasks * req.want_bps;
	/* Where and when backfill expects it. */
	if (job->start_time <= time(NULL) || job->start_time >= INFINITE ||
	    c->nstarts == OCS_COMPUTE_STARTS_MAX)
		return 0;
	s->start_s = job->start_time;
	s->rate_bps = req.want_bps;
	s->nsites = sitemap_names(job->sched_nodes, OCS_SPAN_MAX, s->site);
	c->nstarts++;
	return 0;
}

static bool count(struct ocs_compute *c)
{
	const struct sitemap *map;

	c->start = calloc(OCS_COMPUTE_STARTS_MAX, sizeof(*c->start));
	compat_lock_read();
	map = sitemap_get();
	c->site = calloc(map->nsites + 1, sizeof(*c->site));
	if (c->site && c->start) {
		count_nodes(c, map);
		compat_each_job(count_job, c);
	}
	compat_unlock_read();
	return c->site && c->start && c->nsites;
}

void compute_tell(const struct ocs_conf *oc, unsigned int timeout_ms)
{
	static enum ocs_code last;	/* the worker's alone */
	struct ocs_compute c = { .valid_s = 2 * oc->compute_interval_s };
	struct ocs_error err = { 0 };

	if (c.valid_s < OCS_COMPUTE_VALID_S)
		c.valid_s = OCS_COMPUTE_VALID_S;
	c.time_ms = (int64_t) time(NULL) * 1000;
	if (count(&c) && lib_ops()->compute(&c, timeout_ms, &err) < 0 &&
	    err.code != last)
		info("ocs: event=compute_not_told error=\"%s\"", err.text);
	last = err.code;
	free(c.site);
	free(c.start);
}
