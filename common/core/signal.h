/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signal - the members of one circuit: ports, planes, routes, wavelengths;
 * private to common/core
 *
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_SIGNAL_H
#define OCS_CORE_SIGNAL_H

#include "common/core/hunt.h"

/* What does not count, to find out what is in the way. */
#define OCS_ANY_PORT 1U
#define OCS_ANY_REACH 2U

/*
 * Route WANT over what is left in P and take it there, as ocs_route_circuits()
 * says: true with C's route, members (the next of PLAN), worst latency, delay
 * variation and availability; C has its ends already. Or false, and nothing is taken.
 * P is ready (ocs_paths_ready()) if ocs_signal_hard(P, WANT).
 */
bool ocs_signal_route(struct ocs_paths *p, const struct ocs_want *want,
		      unsigned int ignore, struct ocs_plan *plan,
		      struct ocs_plan_circuit *c);
/* Does WANT need more than the plain search? */
bool ocs_signal_hard(const struct ocs_paths *p, const struct ocs_want *want);

/* The largest rate of a port at SITE; 0: it has none. */
uint64_t ocs_port_rate(const struct ocs_net *net, unsigned int site);
/* How many members WANT has at least, for the ports at its ends. */
unsigned int ocs_signal_members(const struct ocs_net *net,
				const struct ocs_want *want);

/*
 * Why WANT has no route when links have what ROOM says and the circuits
 * PLAN->circuit[ORDER[0..N)] have theirs. Returns -1 with ERR set as
 * ocs_route_circuits(). P is used up.
 */
int ocs_why(struct ocs_paths *p, enum ocs_room room,
	    const struct ocs_plan *plan, const unsigned int *order,
	    unsigned int n, const struct ocs_want *want, struct ocs_error *err);

#endif
