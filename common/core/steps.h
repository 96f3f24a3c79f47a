/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steps - a step function of time: how much is taken, and by what
 *
 * A sum of bars, each an amount over [start_s, end_s). Two kinds are kept
 * apart: what is booked, and what is taken away (maintenance). Adding, taking
 * back and asking cost O(log n) in the number of different starts and ends;
 * the shape depends on what is in it alone, not on the order in which it came.
 *
 * Pure: no files, no network, no Slurm. For calendar.c.
 */
#ifndef OCS_CORE_STEPS_H
#define OCS_CORE_STEPS_H

#include <stdbool.h>
#include <stdint.h>

/* An end that never comes. */
#define OCS_TIME_OPEN INT64_MAX

enum ocs_steps_kind { OCS_STEPS_BOOKED, OCS_STEPS_AWAY };

struct ocs_steps_node;

struct ocs_steps {
	struct ocs_steps_node *root;
};

/* Nodes for later: adding itself cannot fail. */
struct ocs_steps_spare {
	struct ocs_steps_node *first;
};
/* Have N more nodes in SPARE: 2 for each bar to come. 0 or -1 (no memory),
 * what SPARE had stays. */
int ocs_steps_reserve(struct ocs_steps_spare *spare, unsigned int n);
void ocs_steps_spare_fini(struct ocs_steps_spare *spare);

void ocs_steps_fini(struct ocs_steps *s);

/* Add the bar; SPARE has 2 nodes for it. The caller keeps the sum of all bars
 * of S within INT64_MAX / 2. */
void ocs_steps_add(struct ocs_steps *s, enum ocs_steps_kind kind,
		   int64_t start_s, int64_t end_s, int64_t amount,
		   struct ocs_steps_spare *spare);
/* Take back a bar that was added. */
void ocs_steps_drop(struct ocs_steps *s, enum ocs_steps_kind kind,
		    int64_t start_s, int64_t end_s, int64_t amount);
/* True if bars start or end at TIME_S at least N times: what ocs_steps_drop()
 * needs. OCS_TIME_OPEN always has them. */
bool ocs_steps_has(const struct ocs_steps *s, int64_t time_s, unsigned int n);

/* The most that is taken at any time in [start_s, end_s). */
int64_t ocs_steps_peak(const struct ocs_steps *s, int64_t start_s,
		       int64_t end_s);
/* The most that is ever taken. O(1). */
int64_t ocs_steps_peak_ever(const struct ocs_steps *s);
/* The same as ocs_steps_peak() without what is taken away. */
int64_t ocs_steps_peak_booked(const struct ocs_steps *s, int64_t start_s,
			      int64_t end_s);
/* The first time >= FROM_S at which more than LIMIT is taken; or at most
 * LIMIT. OCS_TIME_OPEN: never. */
int64_t ocs_steps_above(const struct ocs_steps *s, int64_t from_s,
			int64_t limit);
int64_t ocs_steps_within(const struct ocs_steps *s, int64_t from_s,
			 int64_t limit);

#endif
