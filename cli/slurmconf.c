// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slurmconf - the lines of slurm.conf that matter to us; see the header
 */
#include "ocs_config.h"		/* asprintf */

#include "cli/slurmconf.h"

#include <ctype.h>
#include <glob.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/sys/kvfile.h"

#define PLUGSTACK_DEPTH_MAX 8
/* Files read in all: those that include each other multiply. */
#define PLUGSTACK_FILES_MAX 200

struct key {
	const char *name;
	size_t offset;		/* of its struct slurm_setting */
};

static const struct key keys[] = {
	{ "ClusterName", offsetof(struct slurm_conf, cluster_name) },
	{ "SelectType", offsetof(struct slurm_conf, select_type) },
	{ "JobSubmitPlugins", offsetof(struct slurm_conf, job_submit_plugins) },
	{ "Licenses", offsetof(struct slurm_conf, licenses) },
	{ "AccountingStorageTRES", offsetof(struct slurm_conf, storage_tres) },
	{ "AccountingStorageType", offsetof(struct slurm_conf, storage_type) },
	{ "SchedulerType", offsetof(struct slurm_conf, scheduler_type) },
	{ "SchedulerParameters", offsetof(struct slurm_conf, scheduler_params) },
	{ "SuspendTimeout", offsetof(struct slurm_conf, suspend_timeout) },
	{ "ResumeTimeout", offsetof(struct slurm_conf, resume_timeout) },
	{ "PluginDir", offsetof(struct slurm_conf, plugin_dir) },
	{ "PlugStackConfig", offsetof(struct slurm_conf, plugstack) },
	{ "JobRequeue", offsetof(struct slurm_conf, job_requeue) },
	{ "MaxNodeCount", offsetof(struct slurm_conf, max_node_count) },
	{ "TopologyPlugin", offsetof(struct slurm_conf, topology_plugin) },
};

static int remember(struct slurm_setting *s, const struct ocs_kvline *line,
		    const char *value, struct ocs_error *err)
{
	char *where = NULL, *copy = strdup(value);

	if (!copy || asprintf(&where, "%s:%u", line->file, line->line) < 0) {
		free(copy);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	free(s->value);		/* the last one counts, as in Slurm */
	free(s->where);
	s->value = copy;
	s->where = where;
	return 0;
}

static int add_partition(struct slurm_conf *conf, const char *name,
			 struct ocs_error *err)
{
	char **grown = realloc(conf->partition, (conf->npartitions + 1) *
			       sizeof(*grown));

	if (!grown)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	conf->partition = grown;
	grown[conf->npartitions] = strdup(name);
	if (!grown[conf->npartitions])
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	conf->npartitions++;
	return 0;
}

static int take_line(const struct ocs_kvline *line, void *arg,
		     struct ocs_error *err)
{
	struct slurm_conf *conf = arg;
	const char *first = line->kv[0].key, *value = line->kv[0].value;
	struct ocs_error bad;

	if (!strcasecmp(first, "NodeName")) {
		if (!strcasecmp(value, "DEFAULT"))
			return 0;
		if (ocs_hostlist_add(&conf->nodes, value, &bad) < 0)
			return ocs_kv_fail(line, err, bad.code, "%s", bad.text);
		return 0;
	}
	if (!strcasecmp(first, "PartitionName"))
		return strcasecmp(value, "DEFAULT") ?
			add_partition(conf, value, err) : 0;
	for (unsigned int i = 0; i < line->nkv; i++)
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if (!strcasecmp(line->kv[i].key, keys[k].name) &&
			    remember((void *) ((char *) conf + keys[k].offset),
				     line, line->kv[i].value, err) < 0)
				return -1;
	return 0;
}

struct slurm_conf *slurm_conf_read(const char *path, struct ocs_error *err)
{
	struct slurm_conf *conf = calloc(1, sizeof(*conf));

	if (!conf) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	if (ocs_kvfile_read(path, take_line, conf, err) < 0) {
		slurm_conf_destroy(conf);
		return NULL;
	}
	return conf;
}

void slurm_conf_destroy(struct slurm_conf *conf)
{
	if (!conf)
		return;
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		struct slurm_setting *s =
			(void *) ((char *) conf + keys[k].offset);

		free(s->value);
		free(s->where);
	}
	for (unsigned int i = 0; i < conf->npartitions; i++)
		free(conf->partition[i]);
	free(conf->partition);
	ocs_hostlist_fini(&conf->nodes);
	free(conf);
}

uint64_t slurm_licence_count(const char *licenses, const char *name)
{
	size_t len = strlen(name);
	const char *p = licenses;

	while (p && *p) {
		while (isspace((unsigned char) *p) || *p == ',' || *p == ';')
			p++;
		if (!strncmp(p, name, len)) {
			if (p[len] == ':' || p[len] == '=' || p[len] == '*')
				return strtoull(p + len + 1, NULL, 10);
			if (!p[len] || p[len] == ',' || p[len] == ';')
				return 1;
		}
		p = strpbrk(p, ",;");
	}
	return 0;
}

unsigned int slurm_list_place(const char *list, const char *item,
			      const char *prefix, int *last)
{
	unsigned int n = 0, found = 0;
	size_t plen = strlen(prefix), len = strlen(item);
	const char *p = list;

	*last = 0;
	while (p && *p) {
		size_t end = strcspn(p, ",");
		const char *name = p;
		size_t nlen = end;

		while (nlen && isspace((unsigned char) *name)) {
			name++;
			nlen--;
		}
		while (nlen && isspace((unsigned char) name[nlen - 1]))
			nlen--;
		if (nlen > plen && !strncasecmp(name, prefix, plen)) {
			name += plen;
			nlen -= plen;
		}
		if (nlen) {
			n++;
			if (nlen == len && !strncasecmp(name, item, len))
				found = n;
		}
		p += end + (p[end] == ',');
	}
	*last = found && found == n;
	return found;
}

static int plugstack_file(const char *path, const char *library,
			  unsigned int depth, unsigned int *left);

/* An include names files by a pattern, relative to the file it stands in. */
static bool plugstack_include(const char *from, const char *pattern,
			      const char *library, unsigned int depth,
			      unsigned int *left)
{
	const char *slash = strrchr(from, '/');
	bool found = false;
	char *full = NULL;
	glob_t g;

	if (depth >= PLUGSTACK_DEPTH_MAX || !*left)
		return false;
	if (asprintf(&full, "%.*s%s", *pattern == '/' || !slash ? 0 :
		     (int) (slash + 1 - from), from, pattern) < 0)
		return false;
	if (!glob(full, 0, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc && !found; i++)
			found = plugstack_file(g.gl_pathv[i], library,
					       depth + 1, left) > 0;
		globfree(&g);
	}
	free(full);
	return found;
}

/* True if the path WORD ends in LIBRARY. */
static bool names_library(const char *word, const char *library)
{
	const char *slash = strrchr(word, '/');

	return !strcmp(slash ? slash + 1 : word, library);
}

static int plugstack_file(const char *path, const char *library,
			  unsigned int depth, unsigned int *left)
{
	char *line = NULL;
	size_t size = 0;
	int found = 0;
	FILE *in;

	if (!*left || !(in = fopen(path, "re")))
		return -1;
	(*left)--;
	while (!found && getline(&line, &size, in) > 0) {
		char *save, *first, *second;

		line[strcspn(line, "#\n")] = '\0';
		first = strtok_r(line, " \t", &save);
		second = first ? strtok_r(NULL, " \t", &save) : NULL;
		if (!second)
			continue;
		if (!strcasecmp(first, "include"))
			found = plugstack_include(path, second, library,
						  depth, left);
		else
			found = names_library(second, library);
	}
	free(line);
	fclose(in);
	return found;
}

int plugstack_has(const char *path, const char *library)
{
	unsigned int left = PLUGSTACK_FILES_MAX;

	return plugstack_file(path, library, 0, &left);
}
