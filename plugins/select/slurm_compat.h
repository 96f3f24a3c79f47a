/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slurm_compat - what differs between Slurm's versions, behind one face
 *
 * select_VERSION.c implements this for one version: the entry points that
 * Slurm looks up, the stack on select/cons_tres, and the functions below. No
 * other file tests a version.
 */
#ifndef OCS_SELECT_SLURM_COMPAT_H
#define OCS_SELECT_SLURM_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

#include "src/common/slurm_xlator.h"
#include "slurm/slurm_errno.h"
#include "src/common/bitstring.h"
#include "src/common/hostlist.h"
#include "src/common/list.h"
#include "src/common/log.h"
#include "src/common/node_conf.h"
#include "src/common/read_config.h"
#include "src/common/xmalloc.h"
#include "src/common/xstring.h"
#include "src/slurmctld/locks.h"
#include "src/slurmctld/slurmctld.h"

/*
 * slurmctld's own data: declared weak, never defined here. With hidden
 * visibility a definition would bind to a NULL of our own. The last two are
 * in every program of Slurm's, but not in those that link the public libslurm,
 * which loads this plugin, too.
 */
extern struct xlist *job_list __attribute__((weak));
extern time_t last_job_update __attribute__((weak));
extern bitstr_t *idle_node_bitmap __attribute__((weak));
extern bitstr_t *up_node_bitmap __attribute__((weak));
extern slurmctld_config_t slurmctld_config __attribute__((weak));
extern node_record_t **node_record_table_ptr __attribute__((weak));
extern int node_record_count __attribute__((weak));

/* One of the PREEMPT_MODE_*; its header has moved between versions. */
extern uint16_t slurm_job_preempt_mode(job_record_t *job_ptr);

/* A pointer, however this Slurm calls it. */
typedef __typeof__(hostlist_create(NULL)) compat_hostlist;

/* One attempt: let select/cons_tres test the job on BITMAP (changed). */
typedef int (*compat_test_f)(void *arg, bitstr_t *bitmap);

/* True while this slurmctld is the one in charge: not before its state is read
 * and not in a backup that has given control back, which is the same process
 * still. No lock needed. */
bool compat_in_charge(void);
/* True while backfill asks when JOB could start. */
bool compat_in_backfill(const job_record_t *job);
/* What job_test answers while circuits are lacking: where this Slurm has an
 * answer that lets later jobs of the partition try, that one. */
int compat_no_circuits(void);
/* JOB_CONFIGURING on; job write lock held. */
void compat_set_configuring(job_record_t *job);
/* Job write, node write, fed read, conf read; and job and node read. */
void compat_lock_write(void);
void compat_unlock_write(void);
void compat_lock_read(void);
void compat_unlock_read(void);
/* Put a running job back into the queue; HELD: and hold it there. A Slurm
 * errno: ESLURM_BATCH_ONLY, ESLURM_DISABLED when it can't be requeued. */
int compat_requeue(job_record_t *job, bool held);
/* Kill it; MESSAGE is for its salloc or srun. */
void compat_kill(job_record_t *job, const char *message);
/* Send SIG to its steps and its batch script. */
void compat_signal(job_record_t *job, int sig);
/* Let the schedulers look again, soon. No lock held. */
void compat_schedule(void);
/* End of the gate: launches a batch job. */
void compat_gate_open(job_record_t *job);
/*
 * Make license/optical of JOB count GBPS: in license_list and the counts that
 * limits are tested with. WITH_TEXT: in the text that is kept over restarts,
 * too. Does nothing for a job without this licence.
 */
void compat_set_license(job_record_t *job, uint32_t gbps, bool with_text);
/* GPUs of node INODE that no job has; UINT64_MAX if it has no gres/gpu. */
uint64_t compat_gpus_free(unsigned int inode);
/* FN for each type of GPU of node INODE, TYPE "" where Slurm knows none; false
 * if it has no gres/gpu. Node read lock held. */
typedef void (*compat_gpus_f)(const char *type, uint64_t total, uint64_t idle,
			      void *arg);
bool compat_each_gpu(unsigned int inode, compat_gpus_f fn, void *arg);
/* GPUs per node that JOB asks for; 0 none; at least 1 if by job or task. */
uint64_t compat_gpus_wanted(job_record_t *job);
/* The node record with index INODE. */
const char *compat_node_name(unsigned int inode);
unsigned int compat_node_count(void);
/* True for a bitmap of one node named NAME: its index, or -1. */
int compat_node_index(const char *name);
/* Jobs of the list, one by one, under at least the job read lock. */
void compat_each_job(int (*fn)(job_record_t *job, void *arg), void *arg);

#endif
