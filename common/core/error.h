/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error - what went wrong, as a code for programs and a sentence for people
 *
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_ERROR_H
#define OCS_CORE_ERROR_H

/* At the edges one table turns these into exit, HTTP or Slurm codes. */
enum ocs_code {
	OCS_OK = 0,
	OCS_SYNTAX,		/* text that can't be read */
	OCS_RANGE,		/* readable, but outside what can be had */
	OCS_UNSUPPORTED,	/* known, but not by this version */
	OCS_NOT_FOUND,
	OCS_CONFLICT,		/* same id, another body; or ended already */
	OCS_BUSY,		/* could be had, but not now: see reason */
	OCS_STALE,		/* an older controller epoch */
	OCS_BRAKE,		/* too many removals: an operator must confirm */
	OCS_UNAUTH,		/* no or bad credential */
	OCS_DENIED,		/* known caller, but not allowed */
	OCS_TIMEOUT,
	OCS_IO,			/* connection, file or disk */
	OCS_NOMEM,
	OCS_INTERNAL,
};

struct ocs_error {
	enum ocs_code code;
	char text[512];		/* a sentence for people */
	char reason[128];	/* blank-free, for squeue; "" when none:
				 * OpticalLink(par-lyo,need=400G,free=0G) */
};

/*
 * Fill ERR (may be NULL) with CODE and the formatted text; reason becomes "".
 * Text that does not fit ends in "..."; control characters, which a user may
 * have typed, become '?': the text is one line.
 * Always returns -1: `return ocs_fail(err, OCS_RANGE, ...);`
 */
int ocs_fail(struct ocs_error *err, enum ocs_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Set ERR's reason (may be NULL); blanks become '_'. Always returns -1. */
int ocs_fail_reason(struct ocs_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A short name of CODE such as "busy"; never NULL. */
const char *ocs_code_name(enum ocs_code code);

/* The code of NAME as ocs_code_name() gives it; OCS_INTERNAL if unknown. */
enum ocs_code ocs_code_from_name(const char *name);

#endif
