/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report - what opticalctl check found, gathered and then told
 */
#ifndef OCS_CLI_REPORT_H
#define OCS_CLI_REPORT_H

#include <stdbool.h>
#include <stdio.h>

enum report_level { REPORT_GOOD, REPORT_WARN, REPORT_BAD };

struct report;

struct report *report_create(void);	/* or NULL: out of memory */
void report_destroy(struct report *r);

/* One finding about WHERE ("agent", "slurm.conf:12"). */
void report_add(struct report *r, enum report_level level, const char *where,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

unsigned int report_count(const struct report *r, enum report_level level);

/* For people: one line each, worst last, and a sum; or as JSON. 0, or -1 if
 * memory had run out. */
int report_print(const struct report *r, FILE *out, bool color, bool sum);
int report_print_json(const struct report *r, FILE *out);

#endif
