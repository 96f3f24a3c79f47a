/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table - rows of text, aligned as squeue and sinfo do, or |-separated
 *
 * Pure but for the stream that table_print() writes to.
 */
#ifndef OCS_CLI_TABLE_H
#define OCS_CLI_TABLE_H

#include <stdbool.h>
#include <stdio.h>

enum table_align { TABLE_LEFT, TABLE_RIGHT };

struct table_column {
	const char *head;	/* NULL ends the list of columns */
	enum table_align align;
	/* The terminal's colour for a cell, as "31", or NULL: none. */
	const char *(*color)(const char *text);
};

#define TABLE_HEADER 1
#define TABLE_PARSABLE 2
#define TABLE_COLOR 4

struct table;

/* COLUMNS is borrowed for the table's life. NULL: out of memory. */
struct table *table_create(const struct table_column *columns);
void table_destroy(struct table *t);

/* The next cell of the current row, printf-like; after the last column a new
 * row begins by itself. A failure is remembered and told by table_print(). */
void table_cell(struct table *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
unsigned int table_rows(const struct table *t);

/* FLAGS: TABLE_HEADER; TABLE_PARSABLE: cells separated by '|', a '|' in a cell
 * becomes '/', nothing aligned or coloured; TABLE_COLOR. Returns 0, or -1 if
 * memory had run out. */
int table_print(const struct table *t, FILE *out, unsigned int flags);

/*
 * Which of the NULL-terminated WORDS is nearest to TEXT (fewest insertions,
 * deletions, substitutions, swaps; at most a third of its length, at least
 * one), or NULL if none is near.
 */
const char *nearest_word(const char *text, const char *const *words);

/* "12-03:04:05" as squeue writes spans of time; "3:04" below an hour. */
#define SPAN_TEXT_MAX 32
char *span_format(long long seconds, char buf[static SPAN_TEXT_MAX]);

/* "2024-05-01T10:02:03", with .123 if MS_SHOWN, in local time; "-" for 0. */
#define STAMP_TEXT_MAX 48
char *stamp_format(long long ms, bool ms_shown,
		   char buf[static STAMP_TEXT_MAX]);

#endif
