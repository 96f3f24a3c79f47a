// SPDX-License-Identifier: GPL-2.0-or-later
/* text - for the small documents that no struct stands behind */
#include "agent/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From there on a text grows by an eighth: a state of many leases is as large as
 * all else that we have, and what is not used of it is memory. */
#define LARGE (1U << 20)

static bool room(struct ocs_text *t, size_t more)
{
	size_t cap = t->cap ? t->cap : 256;
	char *grown;

	if (t->nomem)
		return false;
	while (cap - t->len <= more)
		cap += cap < LARGE ? cap : cap / 8;
	if (cap == t->cap)
		return true;
	if (!(grown = realloc(t->buf, cap))) {
		t->nomem = true;
		return false;
	}
	t->buf = grown;
	t->cap = cap;
	return true;
}

void ocs_text_add_bytes(struct ocs_text *t, const char *bytes, size_t len)
{
	if (!room(t, len))
		return;
	memcpy(t->buf + t->len, bytes, len);
	t->len += len;
	t->buf[t->len] = '\0';
}

void ocs_text_add(struct ocs_text *t, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && room(t, (size_t) n)) {
		vsnprintf(t->buf + t->len, (size_t) n + 1, fmt, again);
		t->len += (size_t) n;
	}
	va_end(again);
	va_end(ap);
}

void ocs_text_add_json(struct ocs_text *t, const char *s)
{
	ocs_text_add_bytes(t, "\"", 1);
	for (; *s; s++) {
		unsigned char c = (unsigned char) *s;

		if (c == '"' || c == '\\')
			ocs_text_add(t, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			ocs_text_add(t, "\\u%04x", c);
		else
			ocs_text_add_bytes(t, s, 1);
	}
	ocs_text_add_bytes(t, "\"", 1);
}

char *ocs_text_take(struct ocs_text *t)
{
	char *buf = t->buf;

	if (t->nomem) {
		free(buf);
		buf = NULL;
	} else if (!buf) {
		buf = strdup("");
	}
	memset(t, 0, sizeof(*t));
	return buf;
}
