/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock - the two clocks: one for how long, one for when
 */
#ifndef OCS_SYS_CLOCK_H
#define OCS_SYS_CLOCK_H

#include <stdint.h>

/* Milliseconds that only grow, for deadlines; nothing else is said by them. */
uint64_t ocs_clock_mono_ms(void);
/* The same in microseconds. */
uint64_t ocs_clock_mono_us(void);
/* What the calling thread has taken of processors, in microseconds. */
uint64_t ocs_clock_cpu_us(void);
/* Unix time in milliseconds; may jump. */
int64_t ocs_clock_unix_ms(void);

#endif
