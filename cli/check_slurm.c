// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check_slurm - slurm.conf: the part of check about the cluster
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/slurmconf.h"
#include "common/core/units.h"
#include "common/sys/shadow.h"

/* Slurm's defaults, all versions, in seconds. */
#define SUSPEND_TIMEOUT_S 30
#define RESUME_TIMEOUT_S 60
/* salloc of 22.05 waits so many times the sum of both for an allocation to
 * be ready, or 300 s when both are 0. */
#define SALLOC_FACTOR 5
#define SALLOC_WAIT_S 300

struct slurm_check {
	struct check *c;
	const struct slurm_conf *conf;
	const char *path;
	unsigned int bad;
};

__attribute__((format(printf, 3, 4))) static void
bad(struct slurm_check *s, const struct slurm_setting *at, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->bad++;
	report_add(s->c->report, REPORT_BAD, at->where ? at->where : s->path,
		   "%s", text);
}

__attribute__((format(printf, 3, 4))) static void
warn(struct slurm_check *s, const struct slurm_setting *at, const char *fmt,
     ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report_add(s->c->report, REPORT_WARN, at->where ? at->where : s->path,
		   "%s", text);
}

static void check_plugins(struct slurm_check *s)
{
	const struct slurm_conf *k = s->conf;
	const char *select = k->select_type.value;
	int last;

	if (!select)
		bad(s, &k->select_type,
		    "SelectType is missing: write SelectType=select/cons_tres_optical");
	else if (strcasecmp(select, "select/cons_tres_optical") &&
		 !ocs_shadowed(select, k->plugin_dir.value))
		bad(s, &k->select_type,
		    "SelectType=%s: write SelectType=select/cons_tres_optical, which adds circuits to select/cons_tres",
		    select);
	if (!slurm_list_place(k->job_submit_plugins.value, "optical",
			      "job_submit/", &last))
		bad(s, &k->job_submit_plugins,
		    "JobSubmitPlugins lacks optical: write JobSubmitPlugins=%s%soptical",
		    k->job_submit_plugins.value ? k->job_submit_plugins.value :
		    "", k->job_submit_plugins.value ? "," : "");
	else if (!last)
		bad(s, &k->job_submit_plugins,
		    "JobSubmitPlugins=%s: optical must be the last, so that no other plugin changes what it has checked",
		    k->job_submit_plugins.value);
}

/* To the agent we are a cluster's user: of this cluster's, too? */
static void check_cluster(struct slurm_check *s)
{
	const struct ocs_ping *ping = &s->c->ping;
	const char *name = s->conf->cluster_name.value;

	if (!name || strcmp(ping->role, "cluster"))
		return;
	for (unsigned int i = 0; i < ping->nclusters; i++)
		if (!strcmp(ping->cluster[i], name))
			return;
	bad(s, &s->conf->cluster_name,
	    "to the agent %s is not the user of cluster %s: opticald.conf needs Cluster=%s User=%s",
	    ping->user, name, name, ping->user);
}

/* All that all links carry together, in Gb/s: no jobs hold more. 0: not
 * known, as to users, who see pairs of sites that share links. */
static uint64_t all_gbps(const struct check *c)
{
	uint64_t sum = 0;

	if (!c->state || !strcmp(c->ping.role, "user"))
		return 0;
	for (unsigned int i = 0; i < c->state->net.nlinks; i++)
		sum += ocs_rate_gbps(c->state->net.link[i].capacity_bps);
	return sum;
}

static void check_licence(struct slurm_check *s)
{
	const struct slurm_conf *k = s->conf;
	uint64_t n = k->licenses.value ?
		slurm_licence_count(k->licenses.value, "optical") : 0;
	uint64_t all = all_gbps(s->c);
	uint64_t right = all ? 2 * all : 100000;
	int last;

	if (!n)
		bad(s, &k->licenses,
		    "Licenses lacks optical: write Licenses=%s%soptical:%" PRIu64
		    " (it measures Gb/s and must never limit)",
		    k->licenses.value ? k->licenses.value : "",
		    k->licenses.value ? "," : "", right);
	else if (n <= all)
		bad(s, &k->licenses,
		    "Licenses has optical:%" PRIu64 ", but all links together carry %"
		    PRIu64 " Gb/s: write optical:%" PRIu64
		    " (it measures and must never limit)", n, all, right);
	if (!slurm_list_place(k->storage_tres.value, "license/optical", "",
			      &last))
		bad(s, &k->storage_tres,
		    "AccountingStorageTRES lacks license/optical: write AccountingStorageTRES=%s%slicense/optical",
		    k->storage_tres.value ? k->storage_tres.value : "",
		    k->storage_tres.value ? "," : "");
	if (!k->storage_type.value ||
	    strcasecmp(k->storage_type.value, "accounting_storage/slurmdbd"))
		warn(s, &k->storage_type,
		     "without AccountingStorageType=accounting_storage/slurmdbd sacct does not show what jobs had");
}

static void check_scheduler(struct slurm_check *s)
{
	const struct slurm_conf *k = s->conf;
	const char *type = k->scheduler_type.value;
	int last;

	if (type && !strcasecmp(type, "sched/builtin"))
		warn(s, &k->scheduler_type,
		     "SchedulerType=sched/builtin: a job that waits for circuits blocks those behind it in its partition; sched/backfill starts them");
	if (slurm_list_place(k->scheduler_params.value, "bf_licenses", "",
			     &last))
		warn(s, &k->scheduler_params,
		     "SchedulerParameters=bf_licenses: backfill then reserves optical licences, too, and a job that waits for them can stop the main loop");
	if (k->job_requeue.value && !strcmp(k->job_requeue.value, "0"))
		warn(s, &k->job_requeue,
		     "JobRequeue=0: a job whose circuits fail to come up is ended instead of queued again");
}

/* Slurm's own times are whole seconds; anything else is Slurm's to refuse. */
static unsigned long seconds(const struct slurm_setting *at,
			     unsigned long missing)
{
	return at->value ? strtoul(at->value, NULL, 10) : missing;
}

static void check_timeouts(struct slurm_check *s)
{
	unsigned long wait, suspend, resume;
	unsigned int commit = s->c->conf ? s->c->conf->commit_timeout_s :
		OCS_COMMIT_TIMEOUT_S;

	suspend = seconds(&s->conf->suspend_timeout, SUSPEND_TIMEOUT_S);
	resume = seconds(&s->conf->resume_timeout, RESUME_TIMEOUT_S);
	wait = suspend || resume ? SALLOC_FACTOR * (suspend + resume) :
		SALLOC_WAIT_S;
	if (wait < commit)
		warn(s, &s->conf->resume_timeout,
		     "salloc and srun of Slurm 22.05 give up after %lu s (5 x (SuspendTimeout %lu + ResumeTimeout %lu)), but circuits may take CommitTimeout=%us: raise ResumeTimeout to %lu, or lower CommitTimeout in optical.conf",
		     wait, suspend, resume, commit,
		     (commit + SALLOC_FACTOR - 1) / SALLOC_FACTOR - suspend);
}

static bool in_dirs(const char *dirs, const char *file)
{
	char path[4096];

	while (*dirs) {
		size_t n = strcspn(dirs, ":");

		snprintf(path, sizeof(path), "%.*s/%s", (int) n, dirs, file);
		if (!access(path, R_OK))
			return true;
		dirs += n + (dirs[n] == ':');
	}
	return false;
}

static void check_files(struct slurm_check *s)
{
	static const char *const files[] = {
		"select_cons_tres_optical.so", "job_submit_optical.so",
	};
	const char *dirs = s->conf->plugin_dir.value;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (in_dirs(dirs ? dirs : CTL_SLURMPLUGINDIR, files[i]))
			continue;
		if (!i && ocs_shadowed(s->conf->select_type.value, dirs))
			continue;
		if (dirs)
			bad(s, &s->conf->plugin_dir,
			    "%s is in no directory of PluginDir=%s", files[i],
			    dirs);
		else
			warn(s, &s->conf->plugin_dir, "%s is not in %s",
			     files[i], CTL_SLURMPLUGINDIR);
	}
}

static void check_plugstack(struct slurm_check *s)
{
	const struct slurm_setting *at = &s->conf->plugstack;
	const char *slash = strrchr(s->path, '/');
	char path[4096];
	int rc;

	if (at->value)
		snprintf(path, sizeof(path), "%s", at->value);
	else
		snprintf(path, sizeof(path), "%.*splugstack.conf",
			 slash ? (int) (slash + 1 - s->path) : 0, s->path);
	rc = plugstack_has(path, "spank_optical.so");
	if (rc <= 0)
		report_add(s->c->report, REPORT_WARN, path,
			   "%s: sbatch, salloc and srun have no --optical options and tasks get no hints",
			   rc ? "can't be read" : "has no line with spank_optical.so");
}

/* Nodes of sites that slurm.conf does not have. */
static void check_missing(struct slurm_check *s)
{
	const struct check *c = s->c;
	const char *example = NULL;
	unsigned int n = 0;

	for (unsigned int i = 0; i < c->nnodes; i++)
		if (!c->node[i].in_slurm && !n++)
			example = c->node[i].name;
	/* MaxNodeCount: nodes may come that nobody has written down */
	if (n && !s->conf->max_node_count.value)
		report_add(c->report, REPORT_BAD, c->conf->path,
			   "%u nodes of sites are not in slurm.conf (%s%s)",
			   n, example, n > 1 ? ", ..." : "");
}

static void check_node_names(struct slurm_check *s)
{
	const struct check *c = s->c;
	const struct ocs_hostlist *nodes = &s->conf->nodes;
	const char *example = NULL;
	unsigned int n = 0;

	if (!c->nnodes || !nodes->n)
		return;
	for (unsigned int i = 0; i < nodes->n; i++) {
		struct check_node *node = check_node_find(c, nodes->name[i]);

		if (node)
			node->in_slurm = true;
		else if (!n++)
			example = nodes->name[i];
	}
	if (n)
		report_add(c->report, REPORT_WARN, s->path,
			   "%u nodes are in no site of optical.conf (%s%s): no job with circuits runs on them",
			   n, example, n > 1 ? ", ..." : "");
	check_missing(s);
}

/* Ranks follow the order of nodes in slurm.conf: those of a site should be
 * together, so that neighbours in a ring mostly are at one site. */
static void check_order(struct slurm_check *s)
{
	const struct ocs_hostlist *nodes = &s->conf->nodes;
	const struct ocs_conf *o = s->c->conf;
	bool *over = o ? calloc(o->nsites + 1, sizeof(*over)) : NULL;
	unsigned int last = 0;
	bool any = false;

	for (unsigned int i = 0; over && i < nodes->n; i++) {
		const struct check_node *node =
			check_node_find(s->c, nodes->name[i]);

		if (!node || node->site >= o->nsites)
			continue;
		if (any && node->site != last)
			over[last] = true;
		if (over[node->site]) {
			report_add(s->c->report, REPORT_WARN, s->path,
				   "%s: nodes of site %s are not together: ranks of a job over several sites alternate between them; write the nodes of a site one after the other",
				   node->name, o->site[node->site].name);
			break;
		}
		last = node->site;
		any = true;
	}
	free(over);
}

static void check_partitions(struct slurm_check *s)
{
	const struct ocs_conf *o = s->c->conf;

	for (unsigned int i = 0; o && i < o->npartitions; i++) {
		bool found = false;

		for (unsigned int p = 0; p < s->conf->npartitions; p++)
			found |= !strcmp(o->partition[i].name,
					 s->conf->partition[p]);
		if (!found)
			report_add(s->c->report, REPORT_WARN, o->path,
				   "partition %s is not in slurm.conf",
				   o->partition[i].name);
	}
}

void check_slurm(struct check *c, const char *path)
{
	struct slurm_check s = { .c = c, .path = path };
	struct slurm_conf *conf;
	struct ocs_error err;

	conf = slurm_conf_read(path, &err);
	if (!conf) {
		report_add(c->report, REPORT_BAD, "slurm.conf", "%s",
			   err.text);
		return;
	}
	s.conf = conf;
	check_cluster(&s);
	check_plugins(&s);
	check_licence(&s);
	check_scheduler(&s);
	check_timeouts(&s);
	check_files(&s);
	check_plugstack(&s);
	check_node_names(&s);
	check_order(&s);
	check_partitions(&s);
	check_topology(c, conf->topology_plugin.value, path);
	if (!s.bad)
		report_add(c->report, REPORT_GOOD, path,
			   "plugins, licence and accounting are as needed");
	slurm_conf_destroy(conf);
}
