/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * strand - what of a lease is set up by itself
 *
 * A circuit of one signal is one strand; of several, each member is. A strand
 * is one service in the network, with a route and states of its own. Those of
 * a lease have numbers: first the first one of each circuit, so that a lease
 * without members has as many strands as circuits, in the same order; then the
 * further ones, by circuit.
 *
 *  of a circuit with several	its state is
 *   provisioning	UNKNOWN, RELEASING, PROVISIONING if one of them is; some
 *			RELEASED and some not: PROVISIONING
 *   data plane		UP if all are; once it was in use IMPAIRED while some
 *			carry light, but not all of what was asked for; else
 *			RESTORING if one is, or DOWN
 *
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_STRAND_H
#define OCS_CORE_STRAND_H

#include "common/core/lease.h"
#include "common/core/net.h"

struct ocs_strand {
	unsigned int circuit;		/* index in the lease */
	unsigned int nth;		/* of the circuit's, from 0 */
	int member;			/* index in the lease; -1: it is none */
	bool several;			/* of a circuit that has more */
};

/* How many strands LEASE has. */
unsigned int ocs_strands(const struct ocs_lease *lease);
/* Strand S, below that. */
struct ocs_strand ocs_strand_get(const struct ocs_lease *lease,
				 unsigned int s);
/* The number of circuit I's NTH strand, or -1. */
int ocs_strand_find(const struct ocs_lease *lease, unsigned int i,
		    unsigned int nth);

/* Questions about strand S of LEASE. */
enum ocs_prov ocs_strand_prov(const struct ocs_lease *lease, unsigned int s);
enum ocs_data ocs_strand_data(const struct ocs_lease *lease, unsigned int s);
uint64_t ocs_strand_latency_us(const struct ocs_lease *lease, unsigned int s);
unsigned int ocs_strand_nhops(const struct ocs_lease *lease, unsigned int s);
const char *ocs_strand_hop(const struct ocs_lease *lease, unsigned int s,
			   unsigned int hop);
/* What it carries if its circuit carries RATE_BPS. */
uint64_t ocs_strand_bps(const struct ocs_lease *lease, unsigned int s,
			uint64_t rate_bps);

void ocs_strand_set_prov(struct ocs_lease *lease, unsigned int s,
			 enum ocs_prov prov);
void ocs_strand_set_data(struct ocs_lease *lease, unsigned int s,
			 enum ocs_data data);
/*
 * Strand S goes over HOP[0..NHOPS) now, LATENCY_US long. A hop that it had
 * keeps its wavelength, of others none is known; the circuit's latency is that
 * of its worst strand. LEASE must not be packed. 0, or -1 (out of memory),
 * LEASE then as it was.
 */
int ocs_strand_set_route(struct ocs_lease *lease, unsigned int s,
			 unsigned int nhops, const char (*hop)[OCS_NAME_MAX],
			 uint64_t latency_us);

/* What follows for circuit I from its strands, which are several. ACTIVE: it
 * was in use once. */
enum ocs_prov ocs_strands_prov(const struct ocs_lease *lease, unsigned int i);
enum ocs_data ocs_strands_data(const struct ocs_lease *lease, unsigned int i,
			       bool active);
/* How many of circuit I's strands there are, and how many of them carry
 * light. */
void ocs_strands_count(const struct ocs_lease *lease, unsigned int i,
		       unsigned int *n, unsigned int *lit);

/*
 * Does circuit I still survive one cut, as its protection promises? False: WHY
 * says what takes too much of it. True of one that is promised nothing. What
 * NET does not know is left out.
 */
bool ocs_strands_diverse(const struct ocs_net *net,
			 const struct ocs_lease *lease, unsigned int i,
			 char why[static 160]);

/*
 * Is strand S available as often as was asked for, by the links of its route in
 * NET? False: WHY says how often it is. Of a circuit whose protection is two
 * routes that is asked of both at once: ocs_strand_available() is true of each
 * of its strands, and ocs_strands_available() is the answer; it is true of any
 * other circuit. A leg of several strands fails as the worst of them does.
 */
bool ocs_strand_available(const struct ocs_net *net,
			  const struct ocs_lease *lease, unsigned int s,
			  char why[static 160]);
bool ocs_strands_available(const struct ocs_net *net,
			   const struct ocs_lease *lease, unsigned int i,
			   char why[static 160]);
/* What ocs_want.unavailable_ppb is of another route for strand S alone, with
 * the others as they are; 0: no bound. */
uint32_t ocs_strand_bound_ppb(const struct ocs_net *net,
			      const struct ocs_lease *lease, unsigned int s);

#endif
