/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check - what the parts of opticalctl check hand to each other
 */
#ifndef OCS_CLI_CHECK_H
#define OCS_CLI_CHECK_H

#include "cli/hostlist.h"
#include "cli/report.h"
#include "common/sys/conf_optical.h"
#include "common/wire/wire.h"

struct check {
	struct report *report;
	struct ocs_conf *conf;		/* NULL: optical.conf is unreadable */
	struct ocs_state *state;	/* NULL: the agent has not told it */
	struct ocs_ping ping;		/* role "": the agent is not there */
	unsigned int nnodes;		/* of all sites */
	struct check_node {
		char *name;		/* owned */
		unsigned int site;	/* index in conf */
		bool in_slurm;		/* slurm.conf has it, too */
	} *node;			/* owned, sorted by name */
};

/* Nodes of the sites: one site each. Fills C's node list. */
void check_nodes(struct check *c);
/* The node of a site that is called NAME, or NULL. */
struct check_node *check_node_find(const struct check *c, const char *name);
/* What the agent says agrees with optical.conf, and with itself (I1). */
void check_state(struct check *c);
/* Whether TopologyPlugin=PLUGIN (NULL: none) lets jobs span sites, by the
 * topology.conf beside SLURM_CONF. */
void check_topology(struct check *c, const char *plugin,
		    const char *slurm_conf);
/* slurm.conf at PATH, against all of the above. */
void check_slurm(struct check *c, const char *path);

#endif
