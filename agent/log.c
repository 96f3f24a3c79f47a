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

__attribute__((format(printf, 2, 0))) static void
emit(const char *event, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	int n, m;
	ssize_t done;

	n = snprintf(line, sizeof(line), "opticald: event=%s%s", event,
		     *fmt ? " " : "");
	m = vsnprintf(line + n, sizeof(line) - (size_t) n - 1, fmt, ap);
	if (m > 0)
		n += m;
	if (n > (int) sizeof(line) - 2)
		n = (int) sizeof(line) - 2;
	line[n++] = '\n';
	done = write(STDERR_FILENO, line, (size_t) n);
	(void) done;		/* nobody is left to be told */
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
