// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * when - "+2h", "2026-05-01T08:00"
 */
#define _GNU_SOURCE
#include "cli/when.h"

#include <string.h>
#include <time.h>

#include "common/core/units.h"

/* A hundred years: more is a typing error. */
#define SPAN_MAX_S INT64_C(3155760000)

int when_span(const char *text, int64_t *s, struct ocs_error *err)
{
	uint64_t us;

	if (ocs_time_parse(text, &us, err) < 0)
		return -1;
	if (us % 1000000 || us / 1000000 > (uint64_t) SPAN_MAX_S)
		return ocs_fail(err, OCS_RANGE,
				"bad time '%.40s': whole seconds up to 100 years are expected",
				text);
	*s = (int64_t) (us / 1000000);
	return 0;
}

int when_parse(const char *text, int64_t now_s, int64_t *s,
	       struct ocs_error *err)
{
	static const char *const forms[] = {
		"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d",
	};
	const char *rest = text, *end;
	int64_t span = 0;
	time_t t;

	if (!strncmp(rest, "now", 3))
		rest += 3;
	if (rest != text || *rest == '+') {
		if (*rest == '+' && when_span(rest + 1, &span, err) < 0)
			return -1;
		if (*rest == '+' || !*rest) {
			*s = now_s + span;
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { .tm_isdst = -1 };

		end = strptime(text, forms[i], &tm);
		if (!end || *end)
			continue;
		if ((t = mktime(&tm)) > 0) {
			*s = t;
			return 0;
		}
	}
	return ocs_fail(err, OCS_SYNTAX,
			"bad time '%.40s': 2026-05-01T08:00, now or +2h are right",
			text);
}
