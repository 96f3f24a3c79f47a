// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table - rows of text for people and for scripts; see the header
 */
#include "ocs_config.h"		/* vasprintf */

#include "cli/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct table {
	const struct table_column *column;
	unsigned int ncolumns;
	unsigned int ncells;
	unsigned int room;
	char **cell;		/* row by row */
	bool failed;
};

struct table *table_create(const struct table_column *columns)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->column = columns;
	while (columns[t->ncolumns].head)
		t->ncolumns++;
	return t;
}

void table_destroy(struct table *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; i < t->ncells; i++)
		free(t->cell[i]);
	free(t->cell);
	free(t);
}

void table_cell(struct table *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	if (t->ncells == t->room) {
		unsigned int room = t->room ? 2 * t->room : 64;
		char **grown = realloc(t->cell, room * sizeof(*grown));

		if (!grown) {
			t->failed = true;
			return;
		}
		t->cell = grown;
		t->room = room;
	}
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text) {
		t->failed = true;
		return;
	}
	/* What the agent sent is not trusted with the terminal. */
	for (char *p = text; *p; p++)
		if ((unsigned char) *p < ' ' || *p == 127)
			*p = '?';
	t->cell[t->ncells++] = text;
}

unsigned int table_rows(const struct table *t)
{
	return t->ncells / t->ncolumns;
}

static void print_aligned(const struct table *t, FILE *out, const char *text,
			  unsigned int col, int width, const char *color)
{
	bool last = col + 1 == t->ncolumns;

	if (color)
		fprintf(out, "\033[%sm", color);
	if (t->column[col].align == TABLE_RIGHT)
		fprintf(out, "%*s", width, text);
	else if (last)
		fputs(text, out);
	else
		fprintf(out, "%-*s", width, text);
	if (color)
		fputs("\033[0m", out);
	putc(last ? '\n' : ' ', out);
}

static void print_parsable(const struct table *t, FILE *out, const char *text,
			   unsigned int col)
{
	for (; *text; text++)
		putc(*text == '|' ? '/' : *text, out);
	putc(col + 1 == t->ncolumns ? '\n' : '|', out);
}

static void print_cell(const struct table *t, FILE *out, unsigned int i,
		       const int *width, unsigned int flags)
{
	unsigned int col = i % t->ncolumns;
	const char *color = NULL;

	if (flags & TABLE_PARSABLE) {
		print_parsable(t, out, t->cell[i], col);
		return;
	}
	if ((flags & TABLE_COLOR) && t->column[col].color)
		color = t->column[col].color(t->cell[i]);
	print_aligned(t, out, t->cell[i], col, width[col], color);
}

static void print_head(const struct table *t, FILE *out, const int *width,
		       unsigned int flags)
{
	for (unsigned int c = 0; c < t->ncolumns; c++) {
		if (flags & TABLE_PARSABLE)
			print_parsable(t, out, t->column[c].head, c);
		else
			print_aligned(t, out, t->column[c].head, c, width[c],
				      NULL);
	}
}

int table_print(const struct table *t, FILE *out, unsigned int flags)
{
	int *width;

	if (t->failed)
		return -1;
	width = calloc(t->ncolumns, sizeof(*width));
	if (!width)
		return -1;
	for (unsigned int c = 0; c < t->ncolumns; c++)
		if (flags & TABLE_HEADER)
			width[c] = (int) strlen(t->column[c].head);
	for (unsigned int i = 0; i < t->ncells; i++) {
		int len = (int) strlen(t->cell[i]);

		if (len > width[i % t->ncolumns])
			width[i % t->ncolumns] = len;
	}
	if (flags & TABLE_HEADER)
		print_head(t, out, width, flags);
	for (unsigned int i = 0; i < t->ncells; i++)
		print_cell(t, out, i, width, flags);
	free(width);
	return 0;
}

#define WORD_MAX 32

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment distance of two words below WORD_MAX bytes. */
static unsigned int distance(const char *x, const char *y)
{
	unsigned int d[WORD_MAX][WORD_MAX];
	size_t nx = strlen(x), ny = strlen(y);

	for (size_t i = 0; i <= nx; i++) {
		for (size_t j = 0; j <= ny; j++) {
			unsigned int cost;

			if (!i || !j) {
				d[i][j] = (unsigned int) (i + j);
				continue;
			}
			cost = x[i - 1] != y[j - 1];
			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
				       d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && x[i - 1] == y[j - 2] &&
			    x[i - 2] == y[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[nx][ny];
}

const char *nearest_word(const char *text, const char *const *words)
{
	size_t len = strlen(text);
	unsigned int best;
	const char *found = NULL;

	if (!len || len >= WORD_MAX)
		return NULL;
	best = (unsigned int) (len < 3 ? 1 : len / 3);
	for (; *words; words++) {
		unsigned int d;

		if (strlen(*words) >= WORD_MAX)
			continue;
		/* The beginning of a word is near, too. */
		d = distance(text, *words);
		if (d > 1 && len > 1 && !strncmp(text, *words, len))
			d = 1;
		if (d < best || (d == best && !found)) {
			best = d;
			found = *words;
		}
	}
	return found;
}

char *span_format(long long s, char buf[static SPAN_TEXT_MAX])
{
	if (s < 0)
		snprintf(buf, SPAN_TEXT_MAX, "-");
	else if (s >= 86400)
		snprintf(buf, SPAN_TEXT_MAX, "%lld-%02lld:%02lld:%02lld",
			 s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
	else if (s >= 3600)
		snprintf(buf, SPAN_TEXT_MAX, "%lld:%02lld:%02lld",
			 s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buf, SPAN_TEXT_MAX, "%lld:%02lld", s / 60, s % 60);
	return buf;
}

char *stamp_format(long long ms, bool ms_shown,
		   char buf[static STAMP_TEXT_MAX])
{
	time_t t = (time_t) (ms / 1000);
	struct tm tm;
	size_t n;

	if (ms <= 0 || !localtime_r(&t, &tm) ||
	    !(n = strftime(buf, STAMP_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm)))
		return strcpy(buf, "-");
	if (ms_shown)
		snprintf(buf + n, STAMP_TEXT_MAX - n, ".%03d",
			 (int) (ms % 1000));
	return buf;
}
