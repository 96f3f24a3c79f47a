/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bill - what the light of circuits takes in energy and cost
 *
 * A circuit takes what its rate takes over its routes, whether bits flow or
 * not, from when it is first up until it is released: Energy= of its links in
 * pJ/bit, both ways, and Cost= per Gb/s and hour, as they are when its light goes
 * on or changes its rate or its way. So the ledger tells what a job took though links cost something else
 * today.
 *
 * Pure: no files, no network, no Slurm, no clock.
 */
#ifndef OCS_CORE_BILL_H
#define OCS_CORE_BILL_H

#include "common/core/lease.h"
#include "common/core/net.h"

/* Add to each circuit of L what it took since l->billed_ms, until NOW_MS, at
 * the rates that it has. */
void ocs_bill_until(struct ocs_lease *l, int64_t now_ms);
/* Circuit I of L takes from now on what the links of NET say; nothing if it is
 * not lit. */
void ocs_bill_rate(const struct ocs_net *net, struct ocs_lease *l,
		   unsigned int i);
/* True while C is lit, or has been and may be: it is paid for. */
bool ocs_bill_due(const struct ocs_circuit *c);
/* The ledger has what L took: else (from a version that did not write it, or
 * no link had Energy= or Cost=) only an estimate is possible. */
bool ocs_bill_kept(const struct ocs_lease *l);
/* As the ledger would have it if the links had always been as in NET: from
 * active_ms until gone_ms or NOW_MS. */
void ocs_bill_estimate(const struct ocs_net *net, struct ocs_lease *l,
		       int64_t now_ms);

#endif
