/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place - which sites a job should run on
 *
 * By counting alone: how many usable nodes each site offers, and whether the
 * circuits between a set of sites can be had. What really fits on the nodes is
 * cons_tres's to say. Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_PLACE_H
#define OCS_CORE_PLACE_H

#include "common/core/net.h"

/* What one site offers to this job. */
struct ocs_supply {
	unsigned int site;	/* index in net */
	uint32_t nodes;		/* that the job could use now */
	uint32_t idle;		/* of these, wholly idle */
	bool required;		/* holds nodes that the job insists on */
};

struct ocs_candidate {
	struct ocs_plan plan;	/* its sites and circuits */
};

/* Delegated calls are not free: at most this many candidates are tried. */
#define OCS_CANDIDATES_MAX 3

/*
 * Sets of sites on which MIN_NODES nodes could run, best first, into OUT:
 * fewest sites (from req->span_min to span_max), then lowest worst latency,
 * then least booked links (by the fullest one), then the most idle nodes, then
 * the order of SUPPLY. A set never has more sites than MIN_NODES unless
 * span_min or required sites ask for them: some would be without a node.
 * The first two are the best of the smallest possible number of sites, the
 * third the best of the next larger number, where these exist.
 * A set holds every required site and only sites that the request allows.
 * Bounded: looks at no more than 4096 sets of the 64 sites that are required
 * or most idle; ordered so that the best come first.
 * When free capacity is ignored (CAPACITY_ONLY true) links count as if
 * nothing were booked, drained or down: "could this ever run".
 * Returns how many, 1..OCS_CANDIDATES_MAX; or 0 with ERR set: OCS_BUSY with
 * the reason of the set that would be best were nothing booked
 * (OpticalLink(...), OpticalLatency(...)); OCS_BUSY with OpticalSite(NAME) when
 * a required site has no nodes or is not allowed; OCS_BUSY with reason "" when
 * simply nodes are missing; or OCS_NOMEM.
 */
unsigned int ocs_place(const struct ocs_net *net,
		       const struct ocs_supply *supply, unsigned int nsupply,
		       uint32_t min_nodes, const struct ocs_request *req,
		       bool capacity_only,
		       struct ocs_candidate out[static OCS_CANDIDATES_MAX],
		       struct ocs_error *err);

#endif
