// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check_topology - what TopologyPlugin= forbids jobs over several sites
 *
 * topology/tree gives a job nodes below one switch only, topology/block nodes
 * of one block or of blocks that are one aggregated block. Sites that nothing
 * of topology.conf joins can't be spanned, whatever circuits there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/check.h"
#include "common/sys/kvfile.h"

/* More sites than these are not looked at, nor more switches. */
#define SITES_MAX 64
#define SWITCHES_MAX 4096

struct node_switch {
	char name[OCS_HOST_NAME_MAX];
	char *below;			/* owned; Switches=, or NULL */
	uint64_t sites;			/* of its nodes, and of those below */
};

struct topology {
	struct check *c;
	unsigned int n;
	struct node_switch *v;		/* owned */
	unsigned int nblocks;
	uint64_t blocks;		/* sites that share a block */
};

static uint64_t sites_of(struct check *c, const char *nodes)
{
	struct ocs_hostlist list = { 0 };
	uint64_t sites = 0;

	if (ocs_hostlist_add(&list, nodes, NULL) < 0)
		return 0;
	for (unsigned int i = 0; i < list.n; i++) {
		const struct check_node *node = check_node_find(c,
								list.name[i]);

		if (node && node->site < SITES_MAX)
			sites |= UINT64_C(1) << node->site;
	}
	ocs_hostlist_fini(&list);
	return sites;
}

static int take_line(const struct ocs_kvline *line, void *arg,
		     struct ocs_error *err)
{
	const char *name = ocs_kv_get(line, "SwitchName");
	const char *nodes = ocs_kv_get(line, "Nodes");
	const char *below = ocs_kv_get(line, "Switches");
	struct topology *t = arg;
	struct node_switch *v;

	if (ocs_kv_get(line, "BlockName") && nodes) {
		uint64_t sites = sites_of(t->c, nodes);

		t->nblocks++;
		if (sites & (sites - 1))
			t->blocks |= sites;
	}
	if (!name)
		return 0;
	if (t->n == SWITCHES_MAX)
		return ocs_fail(err, OCS_RANGE, "too many switches");
	if (!(v = realloc(t->v, (t->n + 1) * sizeof(*v))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	t->v = v;
	v += t->n++;
	memset(v, 0, sizeof(*v));
	snprintf(v->name, sizeof(v->name), "%s", name);
	v->sites = nodes ? sites_of(t->c, nodes) : 0;
	if (below && !(v->below = strdup(below)))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	return 0;
}

static uint64_t sites_named(const struct topology *t,
			    const struct ocs_hostlist *names)
{
	uint64_t sites = 0;

	for (unsigned int i = 0; i < names->n; i++)
		for (unsigned int k = 0; k < t->n; k++)
			if (!strcmp(t->v[k].name, names->name[i]))
				sites |= t->v[k].sites;
	return sites;
}

/* What is below comes up: as many rounds as there are levels. */
static void climb(struct topology *t)
{
	bool more = true;

	for (unsigned int level = 0; more && level < 32; level++) {
		more = false;
		for (unsigned int i = 0; i < t->n; i++) {
			struct node_switch *v = &t->v[i];
			struct ocs_hostlist names = { 0 };
			uint64_t was = v->sites;

			if (!v->below ||
			    ocs_hostlist_add(&names, v->below, NULL) < 0)
				continue;
			v->sites |= sites_named(t, &names);
			more |= v->sites != was;
			ocs_hostlist_fini(&names);
		}
	}
}

static bool joined(const struct topology *t, uint64_t both)
{
	for (unsigned int i = 0; i < t->n; i++)
		if ((t->v[i].sites & both) == both)
			return true;
	return false;
}

static void judge_tree(struct topology *t, const char *path)
{
	const struct ocs_conf *o = t->c->conf;
	unsigned int n = o->nsites < SITES_MAX ? o->nsites : SITES_MAX;

	climb(t);
	for (unsigned int a = 0; a < n; a++)
		for (unsigned int z = a + 1; z < n; z++) {
			if (joined(t, UINT64_C(1) << a | UINT64_C(1) << z))
				continue;
			report_add(t->c->report, REPORT_WARN, path,
				   "no switch joins sites %s and %s: topology/tree gives no job nodes of both; add a switch above theirs",
				   o->site[a].name, o->site[z].name);
			return;	/* one is enough to look at the file */
		}
}

void check_topology(struct check *c, const char *plugin,
		    const char *slurm_conf)
{
	struct topology t = { .c = c };
	const char *slash = strrchr(slurm_conf, '/');
	char path[4096];
	struct ocs_error err;
	bool tree, block;

	tree = plugin && strstr(plugin, "tree");
	block = plugin && strstr(plugin, "block");
	if ((!tree && !block) || !c->conf || c->conf->nsites < 2 || !slash)
		return;
	snprintf(path, sizeof(path), "%.*s/topology.conf",
		 (int) (slash - slurm_conf), slurm_conf);
	if (ocs_kvfile_read(path, take_line, &t, &err) < 0)
		report_add(c->report, REPORT_WARN, path,
			   "%s: whether jobs can span sites is not known",
			   err.text);
	else if (tree)
		judge_tree(&t, path);
	else if (t.nblocks && !t.blocks)
		report_add(c->report, REPORT_WARN, path,
			   "no block has nodes of two sites: topology/block lets a job span them only where aggregated blocks (BlockSizes=) join their blocks");
	for (unsigned int i = 0; i < t.n; i++)
		free(t.v[i].below);
	free(t.v);
}
