// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * select_2605 - the select plugin's face to Slurm 26.05
 *
 * Every symbol that it looks up forwards to select/cons_tres; five of them call
 * our hooks besides. Only slurmctld loads this file.
 */
#include "plugins/select/hooks.h"

#include "src/common/assoc_mgr.h"
#include "src/common/plugin.h"
#include "src/common/run_in_daemon.h"
#include "src/interfaces/gres.h"
#include "src/interfaces/select.h"
#include "src/slurmctld/job_scheduler.h"
#include "src/slurmctld/licenses.h"
#include "src/stepmgr/srun_comm.h"

/* The build hides every symbol; select.map says which of these Slurm sees. */
#pragma GCC visibility push(default)

#include "plugins/select/stack.h"

/* cons_tres's own id: this Slurm loads one select plugin and knows by its id
 * whether it counts cores and GPUs. */
const char plugin_name[] = "Trackable RESources and optical circuits";
const char plugin_type[] = STACK_TYPE;
const uint32_t plugin_id = STACK_ID(109);
const uint32_t plugin_version = SLURM_VERSION_NUMBER;

extern void select_p_job_mem_reduce(job_record_t *job);
extern int select_p_job_test(job_record_t *job, bitstr_t *bitmap,
			     uint32_t min_nodes, uint32_t max_nodes,
			     uint32_t req_nodes, uint16_t mode,
			     struct xlist *candidates,
			     struct xlist **preemptees,
			     resv_exc_t *exc,
			     will_run_data_t *will_run);

#define OPS(X) STACK_COMMON(X) \
	X(job_mem_reduce)
static struct {
	uint32_t *plugin_id;
	OPS(STACK_OP)
} ops;
static const char *syms[] = { "plugin_id", OPS(STACK_SYM) };
_Static_assert(sizeof(syms) == sizeof(ops), "one name for each operation");

/* One call of job_test, to be repeated on other bitmaps. */
struct test_call {
	job_record_t *job;
	uint32_t min_nodes, max_nodes, req_nodes;
	uint16_t mode;
	struct xlist *candidates;
	struct xlist **preemptees;
	resv_exc_t *exc;
	will_run_data_t *will_run;
	uint64_t pn_min_memory;	/* cons_tres changes it: restored */
};

static int test_once(void *arg, bitstr_t *bitmap)
{
	struct test_call *c = arg;

	if (c->job->details)
		c->job->details->pn_min_memory = c->pn_min_memory;
	if (c->preemptees)
		FREE_NULL_LIST(*c->preemptees);
	return ops.job_test(c->job, bitmap, c->min_nodes, c->max_nodes,
			    c->req_nodes, c->mode, c->candidates,
			    c->preemptees, c->exc, c->will_run);
}

extern int select_p_job_test(job_record_t *job, bitstr_t *bitmap,
			     uint32_t min_nodes, uint32_t max_nodes,
			     uint32_t req_nodes, uint16_t mode,
			     struct xlist *candidates,
			     struct xlist **preemptees,
			     resv_exc_t *exc,
			     will_run_data_t *will_run)
{
	struct test_call call = {
		.job = job,
		.min_nodes = min_nodes,
		.max_nodes = max_nodes,
		.req_nodes = req_nodes,
		.mode = mode,
		.candidates = candidates,
		.preemptees = preemptees,
		.exc = exc,
		.will_run = will_run,
		.pn_min_memory = job->details ? job->details->pn_min_memory : 0,
	};

	return place_job_test(job, bitmap, min_nodes, mode, candidates,
			      preemptees, test_once, &call);
}

extern void select_p_job_mem_reduce(job_record_t *job)
{
	ops.job_mem_reduce(job);
}

/* As for a licence that is used up: the next job of the partition is tried. */
int compat_no_circuits(void)
{
	return ESLURM_LICENSES_UNAVAILABLE;
}

void compat_set_configuring(job_record_t *job)
{
	job_state_set_flag(job, JOB_CONFIGURING);
}

int compat_requeue(job_record_t *job, bool held)
{
	/* Of a heterogeneous job only the leader can be. */
	if (job->het_job_id && !(job = find_job_record(job->het_job_id)))
		return ESLURM_INVALID_JOB_ID;
	return job_requeue_internal(0, job, false,
				    held ? JOB_REQUEUE_HOLD : 0);
}

/* It keeps what a job was given besides what it asked for. */
static void keep_licenses(job_record_t *job)
{
}

#include "plugins/select/stack_code.h"

#pragma GCC visibility pop
