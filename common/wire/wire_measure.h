/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_measure - what somebody measured on one circuit
 *
 * PUT and GET /v1/circuits/LEASEID.INDEX/measurements. It is shown, with when
 * and how it was measured, and counts more than what is reported or configured
 * (core/figure.h).
 */
#ifndef OCS_WIRE_WIRE_MEASURE_H
#define OCS_WIRE_WIRE_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/error.h"

/* "LEASEID.INDEX" with its NUL. */
#define OCS_CIRCUIT_ID_MAX 40

struct ocs_measurement {
	uint64_t latency_us;		/* one way */
	bool has_variation, has_loss;
	uint64_t delay_variation_us;
	uint32_t loss_ppb;		/* lost of a billion */
	char source[32];		/* how: "STAMP", "ODU" */
	int64_t time_ms;		/* Unix ms; 0: when it comes in */
	uint32_t valid_s;
};

/* CIRCUIT: LEASEID.INDEX, or NULL to leave it out. The caller frees; NULL: out
 * of memory. */
char *ocs_wire_encode_measurement(const char *circuit,
				  const struct ocs_measurement *m);
/* 0, or -1 with ERR set and *M as it was. */
int ocs_wire_decode_measurement(const char *text, size_t len,
				struct ocs_measurement *m,
				struct ocs_error *err);

#endif
