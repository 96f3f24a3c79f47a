/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic - the NICs and GPUs that this node really has
 *
 * For people to compare with Nics= and Gpus= of optical.conf; nothing is set
 * or changed by it. hwloc stops here; it is too heavy for anything that sbatch
 * or slurmstepd load.
 */
#ifndef OCS_NODE_NIC_H
#define OCS_NODE_NIC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/error.h"

/* No node has more of either. */
#define OCS_NODE_NICS_MAX 64
/* An Ethernet port without RDMA counts from this rate on: below, it is for
 * management. In bps. */
#define OCS_NODE_NIC_MIN_BPS UINT64_C(25000000000)

struct ocs_nic {
	char name[32];		/* "mlx5_0", or "eth0" without RDMA */
	bool rdma;
	uint64_t rate_bps;	/* of its first port; 0: down or not known */
};

struct ocs_node {
	unsigned int nnics;	/* for data: RDMA, or Ethernet that is fast */
	struct ocs_nic nic[OCS_NODE_NICS_MAX];
	unsigned int ngpus;
};

/* Where to look; zeroed: this node. */
struct ocs_node_source {
	const char *hwloc_xml;	/* a saved topology instead of this node's */
	const char *sysfs;	/* "/sys" */
};

/* 0 with *NODE filled, or -1 with ERR set (OCS_IO, OCS_NOMEM). */
int ocs_node_read(const struct ocs_node_source *from, struct ocs_node *node,
		  struct ocs_error *err);

#endif
