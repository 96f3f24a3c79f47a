/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts - what a job is told of its circuits as a whole, hints among it
 *
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_FACTS_H
#define OCS_CORE_FACTS_H

#include "common/core/lease.h"

/*
 * Of the circuits between the sites of LEASE: the smallest granted rate, and the
 * longest latency, one way. Where a site has no circuit to the one that follows
 * it (the last: to the first; ranks go round like that), as in a star, the
 * shortest way over other sites' circuits counts, too. A job at one site: the
 * circuits to its anchor. Both 0 if there are no circuits.
 */
void ocs_lease_facts(const struct ocs_lease *lease, uint64_t *rate_bps,
		     uint64_t *latency_us);

#endif
