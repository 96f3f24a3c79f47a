/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * figure - one number about the network: where it comes from, how old it is,
 * and which of several counts
 *
 *  measured  beats  reported  beats  computed and configured
 *
 * What was measured counts for as long as who measured it says, and no longer
 * than the agent lets it; what was reported, until something else is. A report
 * that can't be, or that is the same of each link, is none: equipment says so
 * when it does not know. Sources are never averaged: of a route each link has
 * the number that counts there, and the sum is no better than the worst of
 * them.
 *
 * Pure: no files, no network, no Slurm, no clock.
 */
#ifndef OCS_CORE_FIGURE_H
#define OCS_CORE_FIGURE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/net.h"

/* Of latency or delay variation, one way. */
struct ocs_figure {
	bool known;
	enum ocs_source source;
	uint32_t valid_s;	/* counts for so long; 0: until another comes */
	uint64_t us;
	int64_t time_ms;	/* when it was so, Unix ms; 0: not told */
};

/* Unix ms from which on F does not count any more; INT64_MAX: it always does.
 * MAX_AGE_S is what the agent lets measurements be; 0: no bound. */
int64_t ocs_figure_until_ms(const struct ocs_figure *f, uint32_t max_age_s);
bool ocs_figure_counts(const struct ocs_figure *f, int64_t now_ms,
		       uint32_t max_age_s);
/* The one of F[0..N) that counts at NOW_MS; of one source the newest. -1: none
 * does. */
int ocs_figure_best(const struct ocs_figure *f, unsigned int n,
		    int64_t now_ms, uint32_t max_age_s);
/* Light can take US over a route whose fibre needs FIBRE_US (0: not known). */
bool ocs_figure_physical(uint64_t us, uint64_t fibre_us);
/* All of F[0..N), two at least, are known and say the same. */
bool ocs_figures_alike(const struct ocs_figure *const *f, unsigned int n);
/* SUM, which begins zeroed, gets one hop more: the weakest source, the oldest
 * of the times that are told. */
void ocs_figure_add(struct ocs_figure *sum, const struct ocs_figure *hop);

#endif
