// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * select_2205 - the select plugin's face to Slurm 22.05
 *
 * Every symbol that it looks up forwards to select/cons_tres; five of them call
 * our hooks besides. Its clients, slurmd and slurmstepd load this file too: there
 * it forwards and does nothing else.
 */
#include "plugins/select/hooks.h"

#include "src/common/assoc_mgr.h"
#include "src/common/gres.h"
#include "src/common/plugin.h"
#include "src/common/run_in_daemon.h"
#include "src/common/select.h"
#include "src/slurmctld/gres_ctld.h"
#include "src/slurmctld/job_scheduler.h"
#include "src/slurmctld/licenses.h"
#include "src/slurmctld/srun_comm.h"

/* The build hides every symbol; select.map says which of these Slurm sees. */
#pragma GCC visibility push(default)

#include "plugins/select/stack.h"
#include "plugins/select/stack_old.h"

/* 110 is the only id besides cons_tres's own that it treats as one that counts
 * cores and GPUs, and no two select plugins of a host may have one id. */
const char plugin_name[] = "Trackable RESources and optical circuits";
const char plugin_type[] = STACK_TYPE;
const uint32_t plugin_id = STACK_ID(110);
const uint32_t plugin_version = SLURM_VERSION_NUMBER;

extern int select_p_job_signal(job_record_t *job, int sig);
extern char *select_p_select_jobinfo_sprint(select_jobinfo_t *jobinfo,
					    char *buf, size_t size, int mode);
extern char *select_p_select_jobinfo_xstrdup(select_jobinfo_t *jobinfo,
					     int mode);
extern int select_p_update_node_config(int index);
extern bitstr_t *select_p_resv_test(resv_desc_msg_t *resv_desc,
				    uint32_t node_cnt,
				    bitstr_t *avail_bitmap,
				    bitstr_t **core_bitmap);
extern int select_p_job_test(job_record_t *job, bitstr_t *bitmap,
			     uint32_t min_nodes, uint32_t max_nodes,
			     uint32_t req_nodes, uint16_t mode,
			     struct xlist *candidates,
			     struct xlist **preemptees,
			     bitstr_t *exc_cores);

#define OPS(X) STACK_COMMON(X) STACK_OLD(X) \
	X(job_signal) X(select_jobinfo_sprint) X(select_jobinfo_xstrdup) \
	X(update_node_config) X(resv_test)
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
	bitstr_t *exc_cores;
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
			    c->preemptees, c->exc_cores);
}

extern int select_p_job_test(job_record_t *job, bitstr_t *bitmap,
			     uint32_t min_nodes, uint32_t max_nodes,
			     uint32_t req_nodes, uint16_t mode,
			     struct xlist *candidates,
			     struct xlist **preemptees,
			     bitstr_t *exc_cores)
{
	struct test_call call = {
		.job = job,
		.min_nodes = min_nodes,
		.max_nodes = max_nodes,
		.req_nodes = req_nodes,
		.mode = mode,
		.candidates = candidates,
		.preemptees = preemptees,
		.exc_cores = exc_cores,
		.pn_min_memory = job->details ? job->details->pn_min_memory : 0,
	};

	return place_job_test(job, bitmap, min_nodes, mode, candidates,
			      preemptees, test_once, &call);
}

extern int select_p_job_signal(job_record_t *job, int sig)
{
	return ops.job_signal(job, sig);
}

extern char *select_p_select_jobinfo_sprint(select_jobinfo_t *jobinfo,
					    char *buf, size_t size, int mode)
{
	return ops.select_jobinfo_sprint(jobinfo, buf, size, mode);
}

extern char *select_p_select_jobinfo_xstrdup(select_jobinfo_t *jobinfo,
					     int mode)
{
	return ops.select_jobinfo_xstrdup(jobinfo, mode);
}

extern int select_p_update_node_config(int index)
{
	return ops.update_node_config(index);
}

extern bitstr_t *select_p_resv_test(resv_desc_msg_t *resv_desc,
				    uint32_t node_cnt,
				    bitstr_t *avail_bitmap,
				    bitstr_t **core_bitmap)
{
	return ops.resv_test(resv_desc, node_cnt, avail_bitmap, core_bitmap);
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
