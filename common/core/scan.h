/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan - reading parts of option values; private to common/core
 *
 * Where units.h makes a whole sentence, these say only why, so that the
 * caller's sentence can name its own option and example.
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_SCAN_H
#define OCS_CORE_SCAN_H

#include <stdint.h>

#include "common/core/error.h"

/*
 * Read TEXT as ocs_rate_parse() and ocs_time_parse() do. OCS_OK and the
 * value; or a code with *WHY, a constant, and the value untouched.
 */
enum ocs_code ocs_rate_scan(const char *text, uint64_t *bps, const char **why);
enum ocs_code ocs_time_scan(const char *text, uint64_t *us, const char **why);

/*
 * Digits at *P: 0, *P behind them and *VALUE; or -1 when there are none or
 * they don't fit (*P is behind them all the same, *VALUE is UINT64_MAX if
 * they don't fit, else 0).
 */
int ocs_digits_scan(const char **p, uint64_t *value);

#endif
