/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * books - what a circuit of a lease takes of the network; and routes back into
 * leases
 *
 * Agent and plugin count with this same code. Pure: no files, no network, no
 * Slurm.
 */
#ifndef OCS_CORE_BOOKS_H
#define OCS_CORE_BOOKS_H

#include "common/core/lease.h"
#include "common/core/net.h"

/* That much of a resource, see ocs_net_resources(). */
struct ocs_use {
	unsigned int resource;
	uint64_t bps;
};

/* Of one circuit: per member each hop's link and wavelength, and two ports. */
#define OCS_USES_MAX (OCS_MEMBERS_MAX * (2 * OCS_HOPS_MAX + 2))

/* How many places ocs_circuit_uses() needs for circuit I of LEASE: so many it
 * returns if NET knows all of it. */
unsigned int ocs_circuit_uses_max(const struct ocs_lease *lease,
				  unsigned int i);
/*
 * What circuit I of LEASE takes of NET when it carries RATE_BPS, into USE, which
 * has room for ocs_circuit_uses_max(); a resource may be there several times.
 * An exclusive port is taken whole, by all that is booked of LEASE together.
 * What NET does not know (any more) is left out. Returns how many.
 */
unsigned int ocs_circuit_uses(const struct ocs_net *net,
			      const struct ocs_lease *lease, unsigned int i,
			      uint64_t rate_bps, struct ocs_use *use);

/* What is booked of RESOURCE in NET, and what it has. */
uint64_t *ocs_net_booked(struct ocs_net *net, unsigned int resource);
uint64_t ocs_net_capacity(const struct ocs_net *net, unsigned int resource);

/* Routes, ports and wavelengths of PLAN, which is over NET, into the circuits
 * of LEASE, as many and in the same order. 0 or -1 (out of memory), LEASE then
 * without members. */
int ocs_lease_route(struct ocs_lease *lease, const struct ocs_net *net,
		    const struct ocs_plan *plan);

#endif
