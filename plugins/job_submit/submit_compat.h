/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * submit_compat - what differs between Slurm's versions, for job_submit
 *
 * submit_VERSION.c has Slurm's job_modify() and the function below. No other
 * file tests a version.
 */
#ifndef OCS_JOB_SUBMIT_SUBMIT_COMPAT_H
#define OCS_JOB_SUBMIT_SUBMIT_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

#include "src/common/slurm_xlator.h"
#include "src/common/hostlist.h"
#include "src/slurmctld/slurmctld.h"

/* A pointer, however this Slurm calls it. */
typedef __typeof__(hostlist_create(NULL)) submit_hostlist;

/* Coordinates UID the account? */
bool submit_is_coordinator(uint32_t uid, char *account);

/* What job_modify() does. *ERR_MSG (ERR_MSG may be NULL): xmalloc'ed text for
 * the user. A Slurm errno. */
int submit_modify(job_desc_msg_t *job, job_record_t *job_ptr, uint32_t uid,
		  char **err_msg);

#endif
