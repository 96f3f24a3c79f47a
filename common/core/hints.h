/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hints - NCCL variables that fit the circuits of a job
 *
 * Formulas: reference/nccl.md section 8.2, from NCCL 2.30's own code: at most
 * NCCL_BUFFSIZE bytes are in flight per channel and connection.
 * The same facts give the same values on every node.
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_HINTS_H
#define OCS_CORE_HINTS_H

#include <stdint.h>

struct ocs_hint_facts {
	unsigned int nsites;
	uint64_t rate_bps;	/* smallest granted rate over the circuits */
	uint64_t rtt_us;	/* worst, there and back */
	unsigned int nics;	/* per node, smallest over the sites */
	unsigned int gpus;	/* per node, smallest over the sites */
	uint64_t buffsize_max;	/* bytes, cap of NCCL_BUFFSIZE */
};

struct ocs_hint {
	char name[40];
	char value[40];
	unsigned int group;	/* coupled: skip the group if one is set */
};

#define OCS_HINTS_MAX 8

/*
 * Returns how many hints OUT holds; 0 for fewer than two sites, unknown or
 * unphysical facts (RTT outside 50 us..100 ms, rate outside 1G..12800G).
 */
unsigned int ocs_hints_compute(const struct ocs_hint_facts *facts,
			       struct ocs_hint out[static OCS_HINTS_MAX]);

#endif
