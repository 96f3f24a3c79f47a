/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target - the request-target of HTTP: path segments and query
 */
#ifndef OCS_AGENT_TARGET_H
#define OCS_AGENT_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/error.h"

#define OCS_TARGET_MAX 2048
#define OCS_TARGET_SEGMENTS 8
#define OCS_TARGET_QUERIES 16

struct ocs_target {
	char buf[OCS_TARGET_MAX];	/* what the rest points into */
	unsigned int nsegments;
	const char *segment[OCS_TARGET_SEGMENTS];
	unsigned int nqueries;
	struct {
		const char *name, *value;
	} query[OCS_TARGET_QUERIES];
};

/* Take RAW ("/v1/leases?all=1") apart, %XX decoded. 0 or -1 with ERR set
 * (OCS_SYNTAX, OCS_RANGE). */
int ocs_target_parse(const char *raw, struct ocs_target *target,
		     struct ocs_error *err);
/* The value of query NAME, or NULL. */
const char *ocs_target_query(const struct ocs_target *target,
			     const char *name);
/* Query NAME as a number up to MAX; *FOUND false and *VALUE 0 when missing. */
int ocs_target_query_u64(const struct ocs_target *target, const char *name,
			 uint64_t max, uint64_t *value, bool *found,
			 struct ocs_error *err);

#endif
