// SPDX-License-Identifier: GPL-2.0-or-later
/* lib - libocs.so inside slurmctld, optical.conf and the map of sites */
#include "plugins/select/optical.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "src/common/hostlist.h"

/* Written once under Slurm's write locks, before the worker starts. */
static const struct ocslib_ops *ops;
static struct sitemap map;

const struct ocslib_ops *lib_ops(void)
{
	return ops;
}

const struct sitemap *sitemap_get(void)
{
	return &map;
}

int sitemap_find(const struct sitemap *m, const char *name)
{
	for (unsigned int i = 0; i < m->nsites; i++)
		if (!strcmp(m->site[i].name, name))
			return (int) i;
	return -1;
}

uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

uint64_t now_ms(void)
{
	return now_us() / 1000;
}

static int load(struct ocs_error *err)
{
	static const char path[] = OCS_PKGLIBDIR "/" OCSLIB_NAME;
	const struct ocslib_ops *found;
	void *handle;

	if (ops)
		return 0;
	if (!(handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)))
		return ocs_fail(err, OCS_IO, "%s", dlerror());
	if (!(found = dlsym(handle, OCSLIB_SYMBOL)) ||
	    found->abi != OCSLIB_ABI) {
		dlclose(handle);
		return ocs_fail(err, OCS_IO, "%s is of another version", path);
	}
	ops = found;
	return 0;
}

static void map_fini(struct sitemap *m)
{
	for (unsigned int i = 0; i < m->nsites; i++)
		FREE_NULL_BITMAP(m->site[i].nodes);
	FREE_NULL_BITMAP(m->any);
	free(m->site);
	memset(m, 0, sizeof(*m));
}

static int map_site(struct sitemap *m, struct sitemap_site *site,
		    const struct ocs_conf_site *oc, struct ocs_error *err)
{
	compat_hostlist hl;
	char *name;
	int rc = 0;

	memcpy(site->name, oc->name, sizeof(site->name));
	site->gpus = oc->gpus;
	site->nics = oc->nics;
	site->nodes = bit_alloc(compat_node_count());
	if (!(hl = hostlist_create(oc->nodes)))
		return ocs_fail(err, OCS_SYNTAX, "SiteName=%s: bad Nodes=%s",
				oc->name, oc->nodes);
	while (!rc && (name = hostlist_shift(hl))) {
		int i = compat_node_index(name);

		if (i < 0)
			info("ocs: event=unknown_node site=%s node=%s (not in slurm.conf, ignored)",
			     oc->name, name);
		else if (bit_test(m->any, i))
			rc = ocs_fail(err, OCS_SYNTAX,
				      "node %s is in two sites", name);
		else {
			bit_set(m->any, i);
			bit_set(site->nodes, i);
		}
		free(name);
	}
	hostlist_destroy(hl);
	return rc;
}

unsigned int sitemap_names(const char *nodes, unsigned int max,
			   char (*found)[OCS_NAME_MAX])
{
	compat_hostlist hl = nodes ? hostlist_create(nodes) : NULL;
	unsigned int n = 0, j;
	char *name;

	while (hl && n < max && (name = hostlist_shift(hl))) {
		int i = compat_node_index(name);

		for (j = 0; i >= 0 && j < map.nsites; j++)
			if (bit_test(map.site[j].nodes, i))
				break;
		free(name);
		if (i < 0 || j == map.nsites)
			continue;
		for (i = 0; (unsigned int) i < n; i++)
			if (!strcmp(found[i], map.site[j].name))
				break;
		if ((unsigned int) i == n)
			memcpy(found[n++], map.site[j].name, OCS_NAME_MAX);
	}
	if (hl)
		hostlist_destroy(hl);
	return n;
}

/* The site of node I of M, or -1. */
static int site_of(const struct sitemap *m, int i)
{
	for (unsigned int s = 0; s < m->nsites; s++)
		if (bit_test(m->site[s].nodes, i))
			return (int) s;
	return -1;
}

/* Once a site's nodes are over none of them may come again. */
static const char *split(const struct sitemap *m, const bitstr_t *nodes)
{
	bitstr_t *rest = bit_copy((bitstr_t *) nodes), *run;
	const char *name = NULL;
	int i;

	if (m->any)
		bit_and(rest, m->any);
	while (m->any && !name && (i = bit_ffs(rest)) >= 0) {
		int s = site_of(m, i);

		run = bit_copy(m->site[s].nodes);
		bit_and(run, rest);
		for (; i < bit_size(rest) && (!bit_test(rest, i) ||
					      bit_test(run, i)); i++)
			bit_clear(run, i);
		if (bit_ffs(run) >= 0)
			name = m->site[s].name;
		bit_and_not(rest, m->site[s].nodes);
		FREE_NULL_BITMAP(run);
	}
	FREE_NULL_BITMAP(rest);
	return name;
}

const char *sitemap_split(const bitstr_t *nodes)
{
	return split(&map, nodes);
}

/* Sites in the order of their first nodes, which is that of ranks. */
static int by_first_node(const void *x, const void *y)
{
	const struct sitemap_site *a = x, *b = y;
	int i = bit_ffs(a->nodes), k = bit_ffs(b->nodes);

	if (i < 0 || k < 0)	/* none that Slurm knows: last */
		return (i < 0) - (k < 0);
	return (i > k) - (i < k);
}

static int map_build(const struct ocs_conf *oc, struct ocs_error *err)
{
	struct sitemap m = { 0 };

	if (!(m.site = calloc(oc->nsites ? oc->nsites : 1,
			      sizeof(*m.site))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	m.any = bit_alloc(compat_node_count());
	for (unsigned int i = 0; i < oc->nsites; i++) {
		m.nsites = i + 1;
		if (map_site(&m, &m.site[i], &oc->site[i], err) < 0) {
			map_fini(&m);
			return -1;
		}
	}
	qsort(m.site, m.nsites, sizeof(*m.site), by_first_node);
	map_fini(&map);
	map = m;
	if (map.any && split(&map, map.any))
		info("ocs: event=sites_split site=%s (its nodes are not together in slurm.conf: ranks of jobs over several sites may alternate between them)",
		     split(&map, map.any));
	return 0;
}

int lib_configure(struct ocs_error *err)
{
	const struct ocs_conf *oc;
	char *path = NULL, *slash;
	int rc = -1;

	if (load(err) < 0)
		return -1;
	/* optical.conf lies beside slurm.conf. */
	path = xstrdup(slurm_conf.slurm_conf);
	if (path && (slash = strrchr(path, '/')))
		slash[1] = '\0';
	else
		xfree(path);
	xstrcat(path, "optical.conf");
	rc = ops->configure(path, slurm_conf.cluster_name, err);
	xfree(path);

	/* A damaged file leaves the former configuration in use; nodes may
	 * have changed all the same. */
	if ((oc = ops->conf_get())) {
		if (map_build(oc, rc < 0 ? NULL : err) < 0)
			rc = -1;
		ops->conf_put(oc);
	}
	/* A map of another number of nodes is worse than none. */
	if (map.any && (unsigned int) bit_size(map.any) != compat_node_count())
		map_fini(&map);
	return rc;
}
