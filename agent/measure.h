/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure - what was measured on circuits, for as long as it is valid
 *
 * The engine is told of each, which decides what follows (engine_figure.c):
 * what counts is one rule for both, ocs_engine_measure_counts().
 * Thread safe.
 */
#ifndef OCS_AGENT_MEASURE_H
#define OCS_AGENT_MEASURE_H

#include "agent/engine.h"
#include "common/wire/wire_measure.h"

/* Kept at most: beyond that the one that ends first goes. */
#define OCS_MEASURES_MAX 65536

struct ocs_measures;

/* With what the ledger has that is valid. ENGINE is borrowed and outlives it.
 * NULL with ERR set. */
struct ocs_measures *ocs_measures_create(struct ocs_engine *engine,
					 struct ocs_error *err);
void ocs_measures_destroy(struct ocs_measures *t);

/*
 * Keep M (its time filled in) for circuit INDEX of LEASE. FIBRE_US: what light
 * needs in its fibre at least. 0, or -1 with ERR set: OCS_RANGE what can't be,
 * OCS_CONFLICT the circuit is not lit.
 */
int ocs_measures_put(struct ocs_measures *t, const struct ocs_lease *lease,
		     unsigned int index, uint64_t fibre_us,
		     struct ocs_measurement *m, struct ocs_error *err);
/* The measurement of circuit INDEX of LEASE if it counts still. */
bool ocs_measures_get(struct ocs_measures *t, const struct ocs_lease *lease,
		      unsigned int index, struct ocs_measurement *m);
/* LEASE, its circuits with what is valid of them; a copy that the caller
 * destroys. NULL when there is nothing valid (or no memory for it). */
struct ocs_lease *ocs_measures_shown(struct ocs_measures *t,
				     const struct ocs_lease *lease);

#endif
