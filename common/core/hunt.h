/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hunt - routes one after the other, the best first, with all that a signal
 * needs of them; private to common/core
 *
 * Where paths.c knows links of so much room, this knows wavelengths, slots,
 * reach, planes, delay variation, availability and routes that must be
 * disjoint. It goes only where a row of ocs_paths_grow() says that the end is
 * near enough.
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_HUNT_H
#define OCS_CORE_HUNT_H

#include "common/core/paths.h"

struct ocs_label;

/* What a route must be. Bounds: UINT32_MAX is none. */
struct ocs_quest {
	unsigned int a, z;
	uint64_t rate_bps;	/* of all signals together */
	unsigned int lanes;	/* at least so many side by side; 0 is 1 */
	uint32_t bound_us, variation_us;
	uint64_t unavailable_ppb;	/* UINT64_MAX: no bound */
	unsigned int plane;	/* or OCS_PLANE_ANY */
	bool any_reach;		/* reach does not count */
	const struct ocs_route *apart;	/* disjoint from this; NULL: free */
};

struct ocs_found {
	struct ocs_route route;
	unsigned int lanes;	/* signals side by side that it takes */
	uint32_t variation_us;
	uint64_t unavailable_ppb;
};

/* Labels for one search, to be freed; NULL: no memory. */
struct ocs_label *ocs_labels_create(void);

/*
 * Tell TELL of the routes that Q asks for, the best first, until it returns
 * true or there are no more; LABELS are ocs_labels_create()'s. Only after
 * ocs_paths_grow(P, Q->z, RATE, BOUND) for no more rate and no less bound.
 * True if TELL returned true.
 */
bool ocs_hunt(struct ocs_paths *p, struct ocs_label *labels,
	      const struct ocs_quest *q,
	      bool (*tell)(const struct ocs_found *f, void *arg), void *arg);

/* Does light go on from link X to link Y at SITE as it is? */
bool ocs_light_goes_on(const struct ocs_net *net, const struct ocs_link *x,
		       const struct ocs_link *y, unsigned int site);
/* Are links X and Y, and routes, disjoint as enum ocs_protect says? */
bool ocs_links_apart(const struct ocs_link *x, const struct ocs_link *y);
bool ocs_routes_apart(const struct ocs_net *net, const struct ocs_route *x,
		      const struct ocs_route *y);
/* What each of LANES signals of RATE_BPS together carries. */
uint64_t ocs_lane_bps(uint64_t rate_bps, unsigned int lanes);

#endif
