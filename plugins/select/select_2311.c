// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * select_2311 - the select plugin's face to Slurm 23.11
 *
 * Between the versions that are tested on clusters: it builds. As for those, every
 * symbol forwards to select/cons_tres and five call our hooks besides.
 */
#include "plugins/select/hooks.h"

#include "src/common/assoc_mgr.h"
#include "src/common/plugin.h"
#include "src/common/run_in_daemon.h"
#include "src/interfaces/gres.h"
#include "src/interfaces/select.h"
#include "src/slurmctld/job_scheduler.h"
#include "src/slurmctld/licenses.h"
#include "src/slurmctld/srun_comm.h"

/* The build hides every symbol; select.map says which of these Slurm sees. */
#pragma GCC visibility push(default)

#include "plugins/select/stack.h"
#include "plugins/select/stack_old.h"

/* All select plugins of a host are loaded, and no two may have one id. */
const char plugin_name[] = "Trackable RESources and optical circuits";
const char plugin_type[] = STACK_TYPE;
const uint32_t plugin_id = STACK_ID(110);
const uint32_t plugin_version = SLURM_VERSION_NUMBER;

extern int select_p_job_test(job_record_t *job, bitstr_t *bitmap,
			     uint32_t min_nodes, uint32_t max_nodes,
			     uint32_t req_nodes, uint16_t mode,
			     struct xlist *candidates,
			     struct xlist **preemptees,
			     resv_exc_t *exc);

#define OPS(X) STACK_COMMON(X) STACK_OLD(X)
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
			    c->preemptees, c->exc);
}

extern int select_p_job_test(job_record_t *job, bitstr_t *bitmap,
			     uint32_t min_nodes, uint32_t max_nodes,
			     uint32_t req_nodes, uint16_t mode,
			     struct xlist *candidates,
			     struct xlist **preemptees,
			     resv_exc_t *exc)
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
		.pn_min_memory = job->details ? job->details->pn_min_memory : 0,
	};

	return place_job_test(job, bitmap, min_nodes, mode, candidates,
			      preemptees, test_once, &call);
}

/* Blocks the partition's main loop as any job does that waits for nodes;
 * others start by backfill. */
int compat_no_circuits(void)
{
	return ESLURM_NODES_BUSY;
}

void compat_set_configuring(job_record_t *job)
{
	job->job_state |= JOB_CONFIGURING;
}

int compat_requeue(job_record_t *job, bool held)
{
	/* Of a heterogeneous job only the leader can be. */
	return job_requeue(0, job->het_job_id ? job->het_job_id : job->job_id,
			   NULL, false, held ? JOB_REQUEUE_HOLD : 0);
}

/* What a restart counts by. */
static void keep_licenses(job_record_t *job)
{
	xfree(job->licenses);
	job->licenses = license_list_to_string(job->license_list);
}

#include "plugins/select/stack_code.h"
#include "plugins/select/stack_old_code.h"

#pragma GCC visibility pop
