/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * units - rates, times and availability as people write them
 *
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_UNITS_H
#define OCS_CORE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "common/core/error.h"

/*
 * RATE: a decimal number and M, G or T, in any case, optionally followed by
 * "bps" ("400G", "1.6T", "250Mbps"); decimal bits per second. A fraction must
 * come out as whole bits. A bare number is refused with the right form.
 * Returns 0, or -1 with ERR set (OCS_SYNTAX; OCS_RANGE for 0 and for more than
 * OCS_RATE_MAX_BPS), *BPS untouched.
 */
int ocs_rate_parse(const char *text, uint64_t *bps, struct ocs_error *err);

/* The shortest exact form: "400G", "1600G", "2.5G", "250M", "0G". Up to
 * 10T it stays in G, so that columns compare. Returns BUF. */
#define OCS_RATE_TEXT_MAX 32
char *ocs_rate_format(uint64_t bps, char buf[static OCS_RATE_TEXT_MAX]);

/* Whole Gb/s, rounded up: the unit of license/optical. */
uint32_t ocs_rate_gbps(uint64_t bps);

/*
 * TIME: number + us, ms, s, min or h, or Slurm's [D-]HH:MM:SS and MM:SS; a
 * bare number is seconds. Decimal fractions are allowed with a unit.
 * In microseconds. 0 is a value. Returns 0, or -1 with ERR set.
 */
int ocs_time_parse(const char *text, uint64_t *us, struct ocs_error *err);

/* The shortest exact form with one unit: "2274us", "3ms", "20min". */
#define OCS_TIME_TEXT_MAX 32
char *ocs_time_format(uint64_t us, char buf[static OCS_TIME_TEXT_MAX]);

/*
 * PERCENT of the time that something works: 0 to 100, up to seven decimals, no
 * sign ("99.99"). As the share of time that it fails, in 1e-9: 0 to OCS_PPB.
 * Returns 0, or -1 with ERR set, *PPB untouched.
 */
int ocs_availability_parse(const char *text, uint32_t *ppb,
			   struct ocs_error *err);

/* The shortest exact form: "99.99"; "0" for OCS_PPB and more. Returns BUF. */
#define OCS_AVAILABILITY_TEXT_MAX 32
char *ocs_availability_format(uint64_t ppb,
			      char buf[static OCS_AVAILABILITY_TEXT_MAX]);

/* The smallest power of two >= N; 1 for 0; 2^63 at most. */
uint64_t ocs_pow2_ceil(uint64_t n);

#endif
