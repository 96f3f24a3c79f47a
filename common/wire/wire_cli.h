/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_cli - what only opticalctl writes as JSON
 */
#ifndef OCS_WIRE_WIRE_CLI_H
#define OCS_WIRE_WIRE_CLI_H

#include <stdbool.h>
#include <stdint.h>

/* What one thing that opticalctl check looked at came to. */
struct ocs_finding {
	const char *level;	/* "ok", "warning", "error" */
	const char *where;	/* "slurm.conf:12", "agent" */
	const char *text;
};

/* A NIC of this node (opticalctl node). */
struct ocs_nic_port {
	const char *name;
	bool rdma;
	uint64_t rate_bps;	/* 0: unknown */
};

/* These return malloc'ed text (the caller frees) or NULL: out of memory. */

/* {"link","fault","count"}: the body of POST /v1/sim/faults. */
char *ocs_wire_encode_fault(const char *link, const char *fault,
			    unsigned int count);
/* {"ok":BOOL,"findings":[{"level","where","text"}]}; ok: no error is in it. */
char *ocs_wire_encode_findings(const struct ocs_finding *finding,
			       unsigned int n);
/* {"node","gpus","nics":[{"name","rdma","rate_bps"}]} */
char *ocs_wire_encode_node(const char *name, unsigned int gpus,
			   const struct ocs_nic_port *port, unsigned int n);

#endif
