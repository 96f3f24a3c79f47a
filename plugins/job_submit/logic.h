/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * logic - what job_submit decides about a job, without Slurm
 *
 * Refuses what node counts, configured ceilings and the network's capacity
 * exclude for ever, naming the option that asks for it. What is only short now
 * is not its business. Without a snapshot it judges by optical.conf alone.
 * Pure: the texts are the caller's, nothing is kept.
 */
#ifndef OCS_JOB_SUBMIT_LOGIC_H
#define OCS_JOB_SUBMIT_LOGIC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/request.h"
#include "common/sys/conf_optical.h"
#include "common/wire/wire.h"

/* The licence that meters circuits, in whole Gb/s. */
#define OCS_LICENSE "optical"
/* Slurm's name of option NAME in a job's spank_job_env is this and NAME, with
 * what is not alphanumeric as '_'. */
#define OCS_SPANK_ENV "_SLURM_SPANK_OPTION_optical_optical_"

struct ocs_submit_in {
	char *const *spank_env;		/* job_desc's, may be NULL */
	uint32_t nspank_env;
	const char *comment;		/* may be NULL, as all below */
	const char *licenses;		/* as typed */
	const char *partitions;		/* comma separated, default filled in */
	const char *reservations;	/* comma separated */
	uint32_t min_nodes;		/* 0: not known */
	uint32_t max_nodes;		/* 0: not known */
	bool expands;			/* to expand another job */
	/* It was here before: a job that is put back comes to the other clusters
	 * of a federation as its record has it, with the licence that we set. That
	 * is set anew, so that it is no gain to claim it. */
	bool again;
	/* slurm.conf */
	const char *slurm_licenses;
	const char *slurm_tres;
	const char *slurm_select;
	bool shadowed;		/* it says select/cons_tres, which is ours */
	bool accounting;		/* AccountingStorageType is not none */
	/* ours */
	const struct ocs_conf *conf;	/* NULL: could not be had ... */
	const char *conf_why;		/* ... because of this */
	const struct ocs_state *state;	/* NULL: no snapshot */
	/* nodes in host list expression NODES */
	uint32_t (*count_nodes)(const char *nodes);
	/* nodes of PARTITION (NULL: of all) that are in no site; may be NULL */
	uint32_t (*count_outside)(const char *partition);
};

/* A job that expands another takes part in the circuits of that one: it never
 * has any of its own. */
struct ocs_submit_out {
	bool asked;			/* the job names any option */
	bool dropped;			/* what it asks for is another job's */
	struct ocs_request req;
	char request[OCS_REQUEST_TEXT_MAX];	/* normalised; "" unless asked */
	uint32_t gbps;			/* to be added as licence; 0: none */
};

/*
 * Decide about a job that is being submitted.
 * Returns 0 with *OUT; or -1 with ERR set, its text for the user:
 *  OCS_SYNTAX, OCS_RANGE, OCS_UNSUPPORTED  the request itself
 *  OCS_BUSY      more nodes than there can be
 *  OCS_DENIED    licences that users don't type
 *  OCS_CONFLICT  slurm.conf lacks a line
 *  OCS_IO        no configuration
 */
int ocs_submit_decide(const struct ocs_submit_in *in,
		      struct ocs_submit_out *out, struct ocs_error *err);

/* True if ENTRY of a spank_job_env is OPTICAL_REQUEST=..., which nobody but us
 * may write. */
bool ocs_submit_env_ours(const char *entry);
/* True if ENTRY of a batch job's environment tells of another job's circuits or
 * request, inherited or forged. */
bool ocs_submit_env_stale(const char *entry);

/* True if the licence list TEXT (may be NULL) names ours. */
bool ocs_submit_names_license(const char *text);
/*
 * LICENSES (may be NULL) without ours, and with GBPS of ours when not 0; in
 * malloc'ed text, "" when nothing is left. NULL: out of memory.
 */
char *ocs_submit_licenses(const char *licenses, uint32_t gbps);

/* What job_modify needs to know of the job. */
struct ocs_modify_in {
	const char *request;	/* the job's OPTICAL_REQUEST value, or NULL */
	bool pending;
	const char *licenses;	/* the update's, or NULL */
	const char *comment;	/* the update's, or NULL */
};

/*
 * Decide about an update. *CHANGED tells that SUBMIT (filled for the job as it
 * is, its licenses without ours, spank_env ignored) asks for something new, in
 * *OUT. Returns 0 or -1 with ERR set as above; OCS_DENIED also for what may
 * not change any more.
 */
int ocs_modify_decide(const struct ocs_modify_in *in,
		      const struct ocs_submit_in *submit, bool *changed,
		      struct ocs_submit_out *out, struct ocs_error *err);

#endif
