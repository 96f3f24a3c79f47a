// SPDX-License-Identifier: GPL-2.0-or-later
/* error - codes for programs, sentences for people; used on every path */
#include "common/core/error.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
	[OCS_OK] = "ok",
	[OCS_SYNTAX] = "syntax",
	[OCS_RANGE] = "range",
	[OCS_UNSUPPORTED] = "unsupported",
	[OCS_NOT_FOUND] = "not_found",
	[OCS_CONFLICT] = "conflict",
	[OCS_BUSY] = "busy",
	[OCS_STALE] = "stale",
	[OCS_BRAKE] = "brake",
	[OCS_UNAUTH] = "unauth",
	[OCS_DENIED] = "denied",
	[OCS_TIMEOUT] = "timeout",
	[OCS_IO] = "io",
	[OCS_NOMEM] = "nomem",
	[OCS_INTERNAL] = "internal",
};
#define NCODES (sizeof(names) / sizeof(names[0]))

static void mark_cut(char *buf, size_t size, int n)
{
	if (n >= (int) size)
		memcpy(buf + size - 4, "...", 4);
}

int ocs_fail(struct ocs_error *err, enum ocs_code code, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!err)
		return -1;
	err->code = code;
	err->reason[0] = '\0';
	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	mark_cut(err->text, sizeof(err->text), n);
	for (char *p = err->text; *p; p++)
		if (iscntrl((unsigned char) *p))
			*p = '?';
	return -1;
}

int ocs_fail_reason(struct ocs_error *err, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!err)
		return -1;
	va_start(ap, fmt);
	n = vsnprintf(err->reason, sizeof(err->reason), fmt, ap);
	va_end(ap);
	mark_cut(err->reason, sizeof(err->reason), n);
	for (char *p = err->reason; *p; p++)
		if (isspace((unsigned char) *p))
			*p = '_';
	return -1;
}

const char *ocs_code_name(enum ocs_code code)
{
	return (unsigned int) code < NCODES ? names[code] : "internal";
}

enum ocs_code ocs_code_from_name(const char *name)
{
	for (unsigned int i = 0; name && i < NCODES; i++)
		if (!strcmp(names[i], name))
			return (enum ocs_code) i;
	return OCS_INTERNAL;
}
