/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * when - points in time as people type them
 */
#ifndef OCS_CLI_WHEN_H
#define OCS_CLI_WHEN_H

#include <stdint.h>

#include "common/core/error.h"

/*
 * TEXT as Unix s into *S: "2026-05-01T08:00" (local time, seconds optional),
 * "now", "+2h" or "now+2h" (spans as ocs_time_parse() takes them) from NOW_S
 * on.  0, or -1 with ERR set (OCS_SYNTAX, OCS_RANGE).
 */
int when_parse(const char *text, int64_t now_s, int64_t *s,
	       struct ocs_error *err);
/* A span in whole seconds. */
int when_span(const char *text, int64_t *s, struct ocs_error *err);

#endif
