// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report - what opticalctl check found; see the header
 */
#include "ocs_config.h"		/* vasprintf */

#include "cli/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire/wire_cli.h"

static const struct {
	const char *word;
	const char *color;
} levels[] = {
	[REPORT_GOOD] = { "ok", "32" },
	[REPORT_WARN] = { "warning", "33" },
	[REPORT_BAD] = { "error", "31" },
};

struct report {
	unsigned int n, room;
	struct {
		enum report_level level;
		char *where;
		char *text;
	} *finding;
	bool failed;		/* memory ran out */
};

struct report *report_create(void)
{
	return calloc(1, sizeof(struct report));
}

void report_destroy(struct report *r)
{
	if (!r)
		return;
	for (unsigned int i = 0; i < r->n; i++) {
		free(r->finding[i].where);
		free(r->finding[i].text);
	}
	free(r->finding);
	free(r);
}

static bool make_room(struct report *r)
{
	unsigned int room = r->room ? 2 * r->room : 32;
	void *grown;

	if (r->n < r->room)
		return true;
	grown = realloc(r->finding, room * sizeof(*r->finding));
	if (!grown)
		return false;
	r->finding = grown;
	r->room = room;
	return true;
}

void report_add(struct report *r, enum report_level level, const char *where,
		const char *fmt, ...)
{
	char *text = NULL, *w = strdup(where);
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text || !w || !make_room(r)) {
		free(text);
		free(w);
		r->failed = true;
		return;
	}
	r->finding[r->n].level = level;
	r->finding[r->n].where = w;
	r->finding[r->n].text = text;
	r->n++;
}

unsigned int report_count(const struct report *r, enum report_level level)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < r->n; i++)
		n += r->finding[i].level == level;
	return n;
}

static void print_level(const struct report *r, enum report_level level,
			FILE *out, bool color)
{
	for (unsigned int i = 0; i < r->n; i++) {
		if (r->finding[i].level != level)
			continue;
		fprintf(out, "%s%s%s%-8s%s %s: %s\n", color ? "\033[" : "",
			color ? levels[level].color : "", color ? "m" : "",
			levels[level].word, color ? "\033[0m" : "",
			r->finding[i].where, r->finding[i].text);
	}
}

int report_print(const struct report *r, FILE *out, bool color, bool sum)
{
	print_level(r, REPORT_GOOD, out, color);
	print_level(r, REPORT_WARN, out, color);
	print_level(r, REPORT_BAD, out, color);
	if (sum)
		fprintf(out, "errors: %u, warnings: %u\n",
			report_count(r, REPORT_BAD),
			report_count(r, REPORT_WARN));
	return r->failed ? -1 : 0;
}

int report_print_json(const struct report *r, FILE *out)
{
	struct ocs_finding *f = calloc(r->n ? r->n : 1, sizeof(*f));
	char *text = NULL;

	for (unsigned int i = 0; f && i < r->n; i++) {
		f[i].level = levels[r->finding[i].level].word;
		f[i].where = r->finding[i].where;
		f[i].text = r->finding[i].text;
	}
	if (f && !r->failed)
		text = ocs_wire_encode_findings(f, r->n);
	free(f);
	if (!text)
		return -1;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}
