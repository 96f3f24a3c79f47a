/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request - what a user asked for with the --optical-* options
 *
 * One parser for all ways in: SPANK option, comment form, normalised text.
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_REQUEST_H
#define OCS_CORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/error.h"

enum ocs_hints_mode { OCS_HINTS_ON = 0, OCS_HINTS_OFF, OCS_HINTS_PRINT };

/* Which pairs of a job's sites get a circuit. */
enum ocs_shape { OCS_MESH, OCS_RING, OCS_STAR };

/*
 * How a circuit survives a cut. Two routes are disjoint if they share no link
 * and no risk group, and are not both hidden in one domain without risk groups.
 *  restorable	when it is taken, a disjoint route has room for it; not booked
 *  diverse	an even number of members, half of them on each of two disjoint
 *		routes: half of the rate survives
 *  1+1		twice the whole rate, on disjoint routes (G.873.1); both booked
 * The two halves of the last two also share no port, nor a plane where both
 * ends have several.
 */
enum ocs_protect {
	OCS_UNPROTECTED, OCS_RESTORABLE, OCS_DIVERSE, OCS_ONE_PLUS_ONE
};
const char *ocs_protect_name(enum ocs_protect v);	/* "none", "1+1" */
int ocs_protect_from_name(const char *name, enum ocs_protect *v); /* 0 or -1 */

/* What happens to the job when a circuit breaks and is not restored. */
enum ocs_on_failure { OCS_CONTINUE, OCS_REQUEUE, OCS_SIGNAL };
#define OCS_SIGNAL_MAX 8	/* bytes of a signal's name with its NUL */

struct ocs_request {
	bool none;		/* --optical-bw=none: no circuits wanted */
	uint64_t want_bps;	/* 0 until bw is given, and when none */
	uint64_t min_bps;	/* start with no less; <= want_bps */
	uint64_t latency_us;	/* most one-way latency; 0: no bound */
	unsigned int span_min;	/* sites; 1.. ; MIN alone sets both */
	unsigned int span_max;	/* ..OCS_SPAN_MAX */
	enum ocs_hints_mode hints;
	uint64_t delay_variation_us;	/* most of it; 0: no bound */
	/* Most of the time that a circuit may fail, in 1e-9; below OCS_PPB; 0:
	 * no bound. Of a class: there is no option for it. */
	uint32_t unavailable_ppb;
	enum ocs_shape shape;
	enum ocs_protect protect;
	char anchor[OCS_NAME_MAX];	/* "": none */
	char class_name[OCS_NAME_MAX];	/* an intent of optical.conf; "" */
	enum ocs_on_failure on_failure;
	char signal[OCS_SIGNAL_MAX];	/* "USR1", without SIG; else "" */
	unsigned int nsites;	/* 0: all sites */
	char site[OCS_REQUEST_SITES_MAX][OCS_NAME_MAX];
};

/* One --optical-NAME option; the table ends with name NULL. */
struct ocs_option {
	const char *name;	/* "bw" for --optical-bw */
	const char *arginfo;	/* "RATE[,min=RATE]" */
	const char *usage;	/* one line of help */
	bool supported;		/* false: known, refused by this version */
	const char *example;	/* a value that would be right */
};
extern const struct ocs_option ocs_options[];

/* Defaults of design section 4; nothing asked for yet. */
void ocs_request_init(struct ocs_request *req);

/*
 * Set option NAME ("bw", "latency", ...) of *REQ from VALUE as typed.
 * Returns 0; or -1 with ERR set (OCS_SYNTAX, OCS_RANGE, OCS_UNSUPPORTED), the
 * text naming the option and a right example, *REQ untouched:
 * `bad --optical-bw '400': a rate ends in M, G or T (example: 400G,min=200G)`.
 */
int ocs_request_set(struct ocs_request *req, const char *name,
		    const char *value, struct ocs_error *err);

/* What only all options together show: options without bw or class, bw=none with
 * others, fewer sites than span_min. Returns 0 or -1 with ERR set. */
int ocs_request_check(const struct ocs_request *req, struct ocs_error *err);

/*
 * Find `optical(NAME=VALUE;NAME=VALUE)` in COMMENT (may be NULL) and set each
 * option of it; NAME as in --optical-NAME, but min is an option of its own in
 * bw's value: "optical(bw=400G,min=200G;latency=2ms)".
 * An option twice is OCS_SYNTAX; *REQ is untouched on any error.
 * *FOUND tells whether there was one. Other text of the comment is ignored.
 * Two of them, or an unclosed one, is OCS_SYNTAX.
 */
int ocs_request_parse_comment(const char *comment, struct ocs_request *req,
			      bool *found, struct ocs_error *err);

/* The normalised text, as job_submit writes and the select plugin reads it:
 * "v1;bw=400000000000;min=400000000000;span=1-4;hints=on[;latency=2000]
 * [;sites=a,b][;variation=10][;unavailable=100000][;shape=ring][;anchor=x]
 * [;protect=1+1][;class=x][;on-failure=signal=USR1]" or "v1;bw=none". format: 0, or -1 if SIZE is too small or
 * nothing was asked for, BUF then "". parse takes this one form only: 0, or -1
 * with ERR set (OCS_SYNTAX), *REQ untouched. */
#define OCS_REQUEST_TEXT_MAX 2048
#define OCS_REQUEST_ENV "OPTICAL_REQUEST"
int ocs_request_format(const struct ocs_request *req, char *buf, size_t size);
int ocs_request_parse(const char *text, struct ocs_request *req,
		      struct ocs_error *err);

/* True if site NAME is allowed by the request. */
bool ocs_request_site_ok(const struct ocs_request *req, const char *name);

#endif
