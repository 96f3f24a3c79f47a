// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hostlist - a host list expression in full; see the header
 */
#include "cli/hostlist.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One expression between top-level commas, being expanded. */
struct expand {
	struct ocs_hostlist *list;
	unsigned int room;	/* allocated in list->name */
	const char *text;	/* of the whole expression, for messages */
	struct ocs_error *err;
};

static int append(struct expand *x, const char *name, size_t len)
{
	struct ocs_hostlist *l = x->list;
	char **grown, *copy;

	if (l->n >= OCS_HOSTLIST_MAX)
		return ocs_fail(x->err, OCS_RANGE,
				"host list '%s': more than %d names",
				x->text, OCS_HOSTLIST_MAX);
	if (l->n == x->room) {
		unsigned int room = x->room ? 2 * x->room : 64;

		grown = realloc(l->name, room * sizeof(*grown));
		if (!grown)
			return ocs_fail(x->err, OCS_NOMEM, "out of memory");
		l->name = grown;
		x->room = room;
	}
	copy = malloc(len + 1);
	if (!copy)
		return ocs_fail(x->err, OCS_NOMEM, "out of memory");
	memcpy(copy, name, len);
	copy[len] = '\0';
	l->name[l->n++] = copy;
	return 0;
}

/* A number of at most nine digits at *P; its width with leading zeros. */
static int number(const char **p, const char *end, uint32_t *value, int *width)
{
	const char *s = *p;

	*value = 0;
	while (s < end && isdigit((unsigned char) *s) && s - *p < 9)
		*value = *value * 10 + (uint32_t) (*s++ - '0');
	*width = (int) (s - *p);
	if (!*width || (s < end && isdigit((unsigned char) *s)))
		return -1;
	*p = s;
	return 0;
}

static int bad(struct expand *x, const char *why)
{
	return ocs_fail(x->err, OCS_SYNTAX,
			"bad host list '%s': %s (example: par[001-064,070])",
			x->text, why);
}

/*
 * Expand TEXT[0..LEN) behind the LEN(BUF) bytes already in BUF. Depth is
 * bounded by the number of brackets in a name of OCS_HOST_NAME_MAX bytes.
 */
static int expand_one(struct expand *x, char *buf, size_t used,
		      const char *text, size_t len)
{
	const char *open = memchr(text, '[', len);
	const char *end = text + len, *close, *p;
	size_t plain = open ? (size_t) (open - text) : len;

	if (used + plain >= OCS_HOST_NAME_MAX)
		return ocs_fail(x->err, OCS_RANGE,
				"host list '%s': a name of more than %d bytes",
				x->text, OCS_HOST_NAME_MAX - 1);
	memcpy(buf + used, text, plain);
	used += plain;
	if (!open)
		return append(x, buf, used);

	close = memchr(open, ']', (size_t) (end - open));
	if (!close)
		return bad(x, "'[' without ']'");
	for (p = open + 1;;) {
		uint32_t lo, hi;
		int width, hi_width;

		if (number(&p, close, &lo, &width) < 0)
			return bad(x, "a number of 1 to 9 digits is missing");
		hi = lo;
		if (p < close && *p == '-') {
			p++;
			if (number(&p, close, &hi, &hi_width) < 0)
				return bad(x, "a range lacks its end");
			if (hi < lo)
				return bad(x, "a range runs backwards");
		}
		for (uint32_t v = lo; v <= hi; v++) {
			char digits[16];
			int n = snprintf(digits, sizeof(digits), "%0*" PRIu32,
					 width, v);

			if (used + (size_t) n >= OCS_HOST_NAME_MAX)
				return bad(x, "a name is too long");
			memcpy(buf + used, digits, (size_t) n);
			if (expand_one(x, buf, used + (size_t) n, close + 1,
				       (size_t) (end - close - 1)) < 0)
				return -1;
		}
		if (p == close)
			return 0;
		if (*p++ != ',')
			return bad(x, "between '[' and ']' are numbers, '-' and ','");
	}
}

static bool name_char(char c)
{
	return isalnum((unsigned char) c) || strchr("-_.[],", c);
}

/* Each expression between commas that are outside brackets. */
static int expand_all(struct expand *x)
{
	const char *start = x->text, *p;
	char buf[OCS_HOST_NAME_MAX];
	bool inside = false;

	for (p = start;; p++) {
		if (*p == '[' && inside)
			return bad(x, "'[' inside '['");
		if (*p == ']' && !inside)
			return bad(x, "']' without '['");
		if (*p == '[')
			inside = true;
		else if (*p == ']')
			inside = false;
		else if (*p && !name_char(*p))
			return bad(x, "a character that no host name has");
		if (*p && (*p != ',' || inside))
			continue;
		if (inside)
			return bad(x, "'[' without ']'");
		if (p == start)
			return bad(x, "a name between commas is missing");
		if (expand_one(x, buf, 0, start, (size_t) (p - start)) < 0)
			return -1;
		if (!*p)
			return 0;
		start = p + 1;
	}
}

int ocs_hostlist_add(struct ocs_hostlist *list, const char *text,
		     struct ocs_error *err)
{
	struct expand x = { .list = list, .text = text, .err = err };
	unsigned int before = list->n;

	if (!*text)
		return 0;
	x.room = before;	/* realloc grows from what is there */
	if (expand_all(&x) < 0) {
		while (list->n > before)
			free(list->name[--list->n]);
		return -1;
	}
	return 0;
}

void ocs_hostlist_fini(struct ocs_hostlist *list)
{
	if (!list)
		return;
	for (unsigned int i = 0; i < list->n; i++)
		free(list->name[i]);
	free(list->name);
	memset(list, 0, sizeof(*list));
}
