/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_touched - the leases that a drain or a maintenance window touches, as
 * the agent's answer lists them
 */
#ifndef OCS_WIRE_WIRE_TOUCHED_H
#define OCS_WIRE_WIRE_TOUCHED_H

#include <stddef.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/error.h"

struct ocs_touched {
	char id[OCS_LEASE_ID_MAX];
	char cluster[OCS_NAME_MAX];
	uint32_t job_id;
	char user[OCS_NAME_MAX];
	int64_t start_s, end_s;
	char state[16];
};

/* The member "leases" of TEXT; 0 and *T is the caller's to free, or -1 with
 * ERR set. */
int ocs_wire_decode_touched(const char *text, size_t len,
			    struct ocs_touched **t, unsigned int *n,
			    struct ocs_error *err);

#endif
