/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_compute - what a cluster tells the network's side about its compute
 *
 * Per site nodes and GPUs, what pending jobs would want of the network, and
 * when they are expected to start: PUT /v1/clusters/NAME/compute, read again
 * by GET /v1/compute.  It is a forecast that grows old: nothing is booked by
 * it.
 */
#ifndef OCS_WIRE_WIRE_COMPUTE_H
#define OCS_WIRE_WIRE_COMPUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/error.h"

struct ocs_compute_gpus {
	char type[OCS_NAME_MAX];	/* Slurm's gres type; "gpu" if none */
	uint32_t total, idle;		/* idle <= total */
};

struct ocs_compute_site {
	char name[OCS_NAME_MAX];
	uint32_t nodes_total, nodes_idle;
	unsigned int ngpus;
	struct ocs_compute_gpus gpus[OCS_COMPUTE_GPUS_MAX];
};

/* A pending job that is expected to start. */
struct ocs_compute_start {
	int64_t start_s;		/* Unix s */
	uint64_t rate_bps;		/* of each of its circuits */
	unsigned int nsites;		/* 0: not chosen yet */
	char site[OCS_SPAN_MAX][OCS_NAME_MAX];
};

struct ocs_compute {
	char cluster[OCS_NAME_MAX];
	int64_t time_ms;		/* when it was counted, Unix ms */
	uint32_t valid_s;		/* after that it is stale */
	unsigned int nsites;
	struct ocs_compute_site *site;	/* owned */
	uint32_t pending_jobs;		/* that want circuits */
	uint64_t pending_bps;		/* the sum of one circuit of each */
	unsigned int nstarts;
	struct ocs_compute_start *start;	/* owned */
	/* set by the agent */
	uint64_t age_s;
	bool stale;
};

struct ocs_compute *ocs_compute_create(void);	/* zeroed, or NULL */
void ocs_compute_destroy(struct ocs_compute *c);

/* One cluster's; SHOWN with cluster, age_s and stale. The caller frees; NULL:
 * out of memory. */
char *ocs_wire_encode_compute(const struct ocs_compute *c, bool shown);
/* {"clusters":[...]} of N. */
char *ocs_wire_encode_computes(const struct ocs_compute *const *c,
			       unsigned int n);
/* The caller destroys it; NULL with ERR set. TEXT may lack the cluster, the
 * time (0 then) and how long it is valid (OCS_COMPUTE_VALID_S). */
struct ocs_compute *ocs_wire_decode_compute(const char *text, size_t len,
					    struct ocs_error *err);
/* 0 with an array that the caller frees, each destroyed; or -1 with ERR set. */
int ocs_wire_decode_computes(const char *text, size_t len,
			     struct ocs_compute ***c, unsigned int *n,
			     struct ocs_error *err);

#endif
