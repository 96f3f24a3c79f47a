/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slurmconf - the lines of slurm.conf that matter to us
 *
 * Not a second parser of slurm.conf: what else is in it is Slurm's business.
 */
#ifndef OCS_CLI_SLURMCONF_H
#define OCS_CLI_SLURMCONF_H

#include <stdint.h>

#include "cli/hostlist.h"

/* A setting and where it stands; value NULL: not set. */
struct slurm_setting {
	char *value;
	char *where;		/* "/etc/slurm/slurm.conf:12" */
};

struct slurm_conf {
	struct slurm_setting cluster_name, select_type, job_submit_plugins;
	struct slurm_setting licenses, storage_tres, storage_type;
	struct slurm_setting scheduler_type, scheduler_params;
	struct slurm_setting suspend_timeout, resume_timeout;
	struct slurm_setting plugin_dir, plugstack, job_requeue;
	struct slurm_setting max_node_count, topology_plugin;
	struct ocs_hostlist nodes;
	unsigned int npartitions;
	char **partition;
};

/* Read PATH and what it includes. NULL with ERR set. */
struct slurm_conf *slurm_conf_read(const char *path, struct ocs_error *err);
void slurm_conf_destroy(struct slurm_conf *conf);

/*
 * How many of licence NAME a Licenses= value gives: "optical:800,matlab:2".
 * 0: it isn't there.
 */
uint64_t slurm_licence_count(const char *licenses, const char *name);
/* Which place ITEM has in a comma-separated LIST (any case), from 1; 0: none.
 * *LAST tells whether it is the last one. A leading PREFIX of an item counts
 * as not there: "job_submit/optical" is "optical". */
unsigned int slurm_list_place(const char *list, const char *item,
			      const char *prefix, int *last);

/*
 * Find LIBRARY ("spank_optical.so") in plugstack file PATH and what it
 * includes: 1 found, 0 not, -1 PATH can't be read.
 */
int plugstack_has(const char *path, const char *library);

#endif
