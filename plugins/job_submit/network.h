/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network - what capacity and latency of the network exclude for ever
 *
 * Looks at the snapshot as if nothing were booked, drained or cut. Runs under
 * slurmctld's locks: what passes ends at the first pair of sites that can, and
 * what is not found out within a bound passes. Pure.
 */
#ifndef OCS_JOB_SUBMIT_NETWORK_H
#define OCS_JOB_SUBMIT_NETWORK_H

#include "plugins/job_submit/logic.h"

/*
 * Refuse REQ when no two of its sites could ever have the circuit (SPANS: it
 * may have several sites), even a job that may run on one site alone, because
 * the option was meant for something; and when its anchor is no endpoint, or
 * none of the sites could have a circuit to it.
 * Without a snapshot everything passes.
 * Returns 0, or -1 with ERR set (OCS_RANGE, OCS_NOMEM).
 */
int ocs_network_check(const struct ocs_submit_in *in,
		      const struct ocs_request *req, bool spans,
		      struct ocs_error *err);

#endif
