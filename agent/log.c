// SPDX-License-Identifier: GPL-2.0-or-later
/* log - where every edge of the agent tells what happened */
#include "agent/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static atomic_bool verbose;

void ocs_log_verbose(bool on)
{
	atomic_store(&verbose, on);
}

/* The line's length, with its end. */
__attribute__((format(printf, 3, 0))) static size_t
format(char line[static LINE_MAX_BYTES], const char *event, const char *fmt,
       va_list ap)
{
	int n, m;

	n = snprintf(line, LINE_MAX_BYTES, "opticald: event=%s%s", event,
		     *fmt ? " " : "");
	m = vsnprintf(line + n, LINE_MAX_BYTES - (size_t) n - 1, fmt, ap);
	if (m > 0)
		n += m;
	if (n > LINE_MAX_BYTES - 2)
		n = LINE_MAX_BYTES - 2;
	line[n++] = '\n';
	return (size_t) n;
}

static void put(const char *text, size_t len)
{
	ssize_t done = write(STDERR_FILENO, text, len);

	(void) done;		/* nobody is left to be told */
}

__attribute__((format(printf, 2, 0))) static void
emit(const char *event, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];

	put(line, format(line, event, fmt, ap));
}

void ocs_log_flush(struct ocs_log_lines *lines)
{
	if (lines->len)
		put(lines->text, lines->len);
	lines->len = 0;
}

void ocs_log_add(struct ocs_log_lines *lines, const char *event,
		 const char *fmt, ...)
{
	va_list ap;

	if (sizeof(lines->text) - lines->len < LINE_MAX_BYTES)
		ocs_log_flush(lines);
	va_start(ap, fmt);
	lines->len += format(lines->text + lines->len, event, fmt, ap);
	va_end(ap);
}

void ocs_log(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(event, fmt, ap);
	va_end(ap);
}

void ocs_log_debug(const char *event, const char *fmt, ...)
{
	va_list ap;

	if (!atomic_load(&verbose))
		return;
	va_start(ap, fmt);
	emit(event, fmt, ap);
	va_end(ap);
}

struct ocs_quoted ocs_quote(const char *text)
{
	struct ocs_quoted q;
	size_t n = 0;

	q.text[n++] = '"';
	for (; text && *text && n < sizeof(q.text) - 3; text++) {
		unsigned char c = (unsigned char) *text;

		if (c == '"' || c == '\\')
			q.text[n++] = '\\';
		q.text[n++] = c < ' ' || c == 0x7f ? '?' : (char) c;
	}
	q.text[n++] = '"';
	q.text[n] = '\0';
	return q;
}
