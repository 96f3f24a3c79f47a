/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place_job - one job_test, private to place_*.c
 *
 * All of it under slurmctld's job and node write locks. What answers as
 * job_test does returns SLURM_SUCCESS, with the bitmap as cons_tres left it, or
 * a Slurm errno.
 */
#ifndef OCS_SELECT_PLACE_JOB_H
#define OCS_SELECT_PLACE_JOB_H

#include "plugins/select/hooks.h"
#include "plugins/select/optical.h"

#include "common/core/place.h"

#define MODE_RUN_NOW 0
#define MODE_WILL_RUN 2

/* All that the steps of one job_test share. */
struct attempt {
	job_record_t *job;
	bitstr_t *bitmap;	/* the caller's: result on success */
	bitstr_t *all;		/* copy of what the caller offered */
	uint32_t min_nodes;
	compat_test_f test;
	void *arg;
	struct xlist *candidates;	/* that may be preempted; or NULL */
	struct xlist **preemptees;	/* that must be */
	struct ocs_request req;
	const struct ocs_conf *conf;
	const struct ocs_state *state;
	struct ocs_net net;	/* as the job finds it from now on */
	const struct sitemap *map;
	unsigned int nsupply;
	struct ocs_supply *supply;	/* sites that both sides know */
	unsigned int *mapsite;		/* index in map of supply[i] */
	struct ocs_error err;		/* why not */
	unsigned int tries;
	job_record_t *leader;	/* of a heterogeneous job; else NULL */
};

/*
 * Candidates take 22 KB each, and there are three in each list: too much for
 * the stacks of slurmctld's threads, which keep what was touched when they are
 * used again. One of these for all: job_test runs under the job write lock.
 */
extern struct place_work {
	struct ocs_candidate found[OCS_CANDIDATES_MAX];	/* now or later */
	struct ocs_candidate gone[OCS_CANDIDATES_MAX];
	struct ocs_candidate judged[OCS_CANDIDATES_MAX];
} *place_work;

/* ---- place_nodes.c: sites to nodes, and cons_tres's answer ---- */

/* The sites that both sides know, and the network: A's supply, mapsite, net.
 * 0, or -1 with A's err set; what there is of it is A's to free. */
int place_supply(struct attempt *a);
/* Count what each site offers; EVERY: partly used nodes, too. */
void place_count(struct attempt *a, bool every);
/* cons_tres's answer for A's bitmap. */
int place_delegate(struct attempt *a);
/* cons_tres's answer for the sites of PLAN, all of them used if they must be. */
int place_delegate_sites(struct attempt *a, const struct ocs_plan *plan);

/* ---- place_job.c ---- */

/* A pair in back-off is as good as taken: true, with A's err set. */
bool place_backed_off(struct attempt *a, const struct ocs_plan *plan);
/*
 * There is no room, ERR says why: is there any but for what others were
 * promised? On these sites; NSITES 0: on any. If not, ERR says what is short
 * without that: what `opticalctl links` shows.
 */
void place_judge(struct attempt *a, const unsigned int *site,
		 unsigned int nsites, struct ocs_error *err);

/* ---- place_later.c ---- */

/* When could it start? Sites that are free now first, then any that ever
 * could be. The earliest start counts, ties go to fewer sites. */
int place_later(struct attempt *a);

/* ---- place_plain.c: without circuits ---- */

/* AgentDown=run: one allowed site if it can be, else all of them, and no
 * circuits. */
int place_without_agent(struct attempt *a);
/* Jobs without the option: one site, MUST: or none; else one if it can be. */
int place_one_site(struct attempt *a, unsigned int mode, bool must);
/* The nodes become another job's: where that one is. */
int place_expand(struct attempt *a);

#endif
