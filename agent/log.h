/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log - one line per event on stderr: `opticald: event=NAME key=value ...`
 *
 * A line is within one write(2), so that threads don't mix.  Never credentials,
 * tokens or bodies.
 */
#ifndef OCS_AGENT_LOG_H
#define OCS_AGENT_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Say more (ocs_log_debug) from now on. */
void ocs_log_verbose(bool on);

/* FMT is the `key=value ...` part, "" for none; ocs_quote() what may hold
 * blanks. Cut at 2 KiB. */
void ocs_log(const char *event, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void ocs_log_debug(const char *event, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Lines that are written together: one write(2) for all, or as many as a pipe
 * needs. Zeroed by the caller; ocs_log_flush() at the end. */
#define OCS_LOG_TOGETHER 4096
struct ocs_log_lines {
	size_t len;
	char text[OCS_LOG_TOGETHER];
};
void ocs_log_add(struct ocs_log_lines *lines, const char *event,
		 const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void ocs_log_flush(struct ocs_log_lines *lines);

struct ocs_quoted {
	char text[700];
};
/* TEXT as a value: in double quotes, control characters as '?'. Lives as long
 * as the expression: ocs_log("x", "cause=%s", ocs_quote(t).text). */
struct ocs_quoted ocs_quote(const char *text);

#endif
