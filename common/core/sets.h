/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sets - looking for the best sets of sites; private to common/core
 *
 * place.c says which sites and how many, sets.c which of them go together.
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_SETS_H
#define OCS_CORE_SETS_H

#include "common/core/paths.h"

/* Sites in one search: one word of bits. */
#define OCS_SETS_SITES 64

/* A usable site; in the order of idle nodes, so that the best of equally near
 * ones come up first. */
struct ocs_usable {
	unsigned int order;	/* in supply */
	unsigned int site;	/* in net */
	uint32_t nodes, idle;
	bool required;
};

/* Two of them, x < y. */
struct ocs_pair {
	uint32_t least_us;	/* at the least rate: no plan is below it */
	bool direct;		/* ROUTE has the wanted rate */
	struct ocs_route route;
};

/* What sets are compared by; the least is the best. */
struct ocs_score {
	uint64_t worst_us;
	uint64_t booked;	/* of the fullest link, in 1/1000 */
	uint64_t idle;		/* here, the most is */
	unsigned int order[OCS_SPAN_MAX];	/* in supply, ascending */
};

struct ocs_sets {
	const struct ocs_net *net;
	const struct ocs_request *req;
	bool capacity_only;
	uint32_t min_nodes;
	/* usable sites; bits of a word stand for them */
	struct ocs_usable use[OCS_SETS_SITES];
	unsigned int n;
	uint64_t required;
	uint32_t most_nodes;	/* that any of them has */
	/* routes between them */
	struct ocs_paths paths;
	struct ocs_pair *pair;	/* owned; n * (n - 1) / 2 */
	uint64_t *edge;		/* owned; least_us, x, y in one word */
	unsigned int nedges;
	uint64_t *taken;	/* owned; per link, by the set looked at */
	bool ready;		/* the above is filled */
	/* sets of K sites */
	unsigned int k, wanted;
	unsigned int sets, sets_max, steps;
	uint64_t plan_work;	/* of PATHS' work, that of making plans */
	uint64_t near[OCS_SETS_SITES];	/* by pairs put in so far */
	struct ocs_score best[2];
	struct ocs_plan plan[2];	/* of BEST; no sites: not made yet */
	unsigned int nbest;
};

/*
 * Find the WANTED (1 or 2) best sets of K sites into S->best; S has all up to
 * MOST_NODES from the caller, the rest zeroed. Call it again for another K;
 * clear READY after req or capacity_only has changed.
 * 0, or -1 with ERR set (OCS_NOMEM).
 */
int ocs_sets_find(struct ocs_sets *s, unsigned int k, unsigned int wanted,
		  struct ocs_error *err);
/* Frees what S owns. */
void ocs_sets_fini(struct ocs_sets *s);

#endif
