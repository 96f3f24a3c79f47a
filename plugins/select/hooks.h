/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks - what the entry points call, the same for every version of Slurm
 */
#ifndef OCS_SELECT_HOOKS_H
#define OCS_SELECT_HOOKS_H

#include "plugins/select/slurm_compat.h"

/*
 * select_p_job_test. TEST does cons_tres's part and may be called several
 * times, each with a bitmap of its own; the last successful call counts.
 * CANDIDATES (may be NULL) are jobs that may be preempted; those that must be,
 * for nodes or for circuits, are in *PREEMPTEES.
 * Called with the job and node write locks held.
 */
int place_job_test(job_record_t *job, bitstr_t *bitmap, uint32_t min_nodes,
		   uint16_t mode, struct xlist *candidates,
		   struct xlist **preemptees, compat_test_f test, void *arg);

/* select_p_job_begin, after cons_tres. 0, or -1: the job stays pending. */
int reserve_job_begin(job_record_t *job);

/* select_p_job_fini, idempotent. */
void reserve_job_fini(job_record_t *job);

/* select_p_job_ready: false while the circuits are not up (true for a job that
 * has a burst buffer). */
bool reserve_job_ready(job_record_t *job);

/* select_p_reconfigure: slurmctld is in charge, its jobs are loaded. */
void recover_reconfigure(void);

#endif
