// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * select_2205 - the select plugin's face to Slurm 22.05
 *
 * Every symbol that 22.05 looks up forwards to select/cons_tres; five of them
 * call our hooks besides. Slurm's clients, slurmd and slurmstepd load this
 * file too: there it forwards and does nothing else.
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

/* 110 is the only id besides cons_tres's own that 22.05 treats as one that
 * counts cores and GPUs, and a second plugin must not have cons_tres's. */
const char plugin_name[] = "Trackable RESources and optical circuits";
const char plugin_type[] = "select/cons_tres_optical";
const uint32_t plugin_id = 110;
const uint32_t plugin_version = SLURM_VERSION_NUMBER;

static slurm_select_ops_t ops;
static plugin_context_t *context;

/* In the order of slurm_select_ops_t. */
static const char *syms[] = {
	"plugin_id",
	"select_p_state_save",
	"select_p_state_restore",
	"select_p_job_init",
	"select_p_node_init",
	"select_p_job_test",
	"select_p_job_begin",
	"select_p_job_ready",
	"select_p_job_expand",
	"select_p_job_resized",
	"select_p_job_signal",
	"select_p_job_fini",
	"select_p_job_suspend",
	"select_p_job_resume",
	"select_p_step_pick_nodes",
	"select_p_step_start",
	"select_p_step_finish",
	"select_p_select_nodeinfo_pack",
	"select_p_select_nodeinfo_unpack",
	"select_p_select_nodeinfo_alloc",
	"select_p_select_nodeinfo_free",
	"select_p_select_nodeinfo_set_all",
	"select_p_select_nodeinfo_set",
	"select_p_select_nodeinfo_get",
	"select_p_select_jobinfo_alloc",
	"select_p_select_jobinfo_free",
	"select_p_select_jobinfo_set",
	"select_p_select_jobinfo_get",
	"select_p_select_jobinfo_copy",
	"select_p_select_jobinfo_pack",
	"select_p_select_jobinfo_unpack",
	"select_p_select_jobinfo_sprint",
	"select_p_select_jobinfo_xstrdup",
	"select_p_get_info_from_plugin",
	"select_p_update_node_config",
	"select_p_reconfigure",
	"select_p_resv_test",
};
_Static_assert(sizeof(syms) == sizeof(slurm_select_ops_t),
	       "one name for each operation of this Slurm");

/* Slurm's headers declare the entry points of this version nowhere. */
extern int init(void);
extern int fini(void);
extern int select_p_state_save(char *dir_name);
extern int select_p_state_restore(char *dir_name);
extern int select_p_job_init(List jobs);
extern int select_p_node_init(void);
extern int select_p_job_test(job_record_t *job, bitstr_t *bitmap,
			     uint32_t min_nodes, uint32_t max_nodes,
			     uint32_t req_nodes, uint16_t mode,
			     List preemptee_candidates,
			     List *preemptee_job_list,
			     bitstr_t *exc_core_bitmap);
extern int select_p_job_begin(job_record_t *job);
extern int select_p_job_ready(job_record_t *job);
extern int select_p_job_expand(job_record_t *from, job_record_t *to);
extern int select_p_job_resized(job_record_t *job, node_record_t *node);
extern int select_p_job_signal(job_record_t *job, int sig);
extern int select_p_job_fini(job_record_t *job);
extern int select_p_job_suspend(job_record_t *job, bool indf_susp);
extern int select_p_job_resume(job_record_t *job, bool indf_susp);
extern bitstr_t *select_p_step_pick_nodes(job_record_t *job,
					  select_jobinfo_t *step_jobinfo,
					  uint32_t node_count,
					  bitstr_t **avail_nodes);
extern int select_p_step_start(step_record_t *step);
extern int select_p_step_finish(step_record_t *step, bool killing_step);
extern int select_p_select_nodeinfo_pack(select_nodeinfo_t *nodeinfo,
					 buf_t *buffer,
					 uint16_t protocol_version);
extern int select_p_select_nodeinfo_unpack(select_nodeinfo_t **nodeinfo,
					   buf_t *buffer,
					   uint16_t protocol_version);
extern select_nodeinfo_t *select_p_select_nodeinfo_alloc(void);
extern int select_p_select_nodeinfo_free(select_nodeinfo_t *nodeinfo);
extern int select_p_select_nodeinfo_set_all(void);
extern int select_p_select_nodeinfo_set(job_record_t *job);
extern int select_p_select_nodeinfo_get(select_nodeinfo_t *nodeinfo,
					enum select_nodedata_type dinfo,
					enum node_states state, void *data);
extern select_jobinfo_t *select_p_select_jobinfo_alloc(void);
extern int select_p_select_jobinfo_free(select_jobinfo_t *jobinfo);
extern int select_p_select_jobinfo_set(select_jobinfo_t *jobinfo,
				       enum select_jobdata_type data_type,
				       void *data);
extern int select_p_select_jobinfo_get(select_jobinfo_t *jobinfo,
				       enum select_jobdata_type data_type,
				       void *data);
extern select_jobinfo_t *select_p_select_jobinfo_copy(
	select_jobinfo_t *jobinfo);
extern int select_p_select_jobinfo_pack(select_jobinfo_t *jobinfo,
					buf_t *buffer,
					uint16_t protocol_version);
extern int select_p_select_jobinfo_unpack(select_jobinfo_t **jobinfo,
					  buf_t *buffer,
					  uint16_t protocol_version);
extern char *select_p_select_jobinfo_sprint(select_jobinfo_t *jobinfo,
					    char *buf, size_t size, int mode);
extern char *select_p_select_jobinfo_xstrdup(select_jobinfo_t *jobinfo,
					     int mode);
extern int select_p_get_info_from_plugin(enum select_plugindata_info dinfo,
					 job_record_t *job, void *data);
extern int select_p_update_node_config(int index);
extern int select_p_reconfigure(void);
extern bitstr_t *select_p_resv_test(resv_desc_msg_t *resv_desc,
				    uint32_t node_cnt,
				    bitstr_t *avail_bitmap,
				    bitstr_t **core_bitmap);

extern int init(void)
{
	context = plugin_context_create("select", "select/cons_tres",
					(void **) &ops, syms, sizeof(syms));
	if (!context) {
		error("ocs: select/cons_tres can't be loaded: select/cons_tres_optical stacks on it and needs it in PluginDir");
		return SLURM_ERROR;
	}
	return SLURM_SUCCESS;
}

extern int fini(void)
{
	if (context)
		plugin_context_destroy(context);
	context = NULL;
	return SLURM_SUCCESS;
}

/* One call of job_test, to be repeated on other bitmaps. */
struct test_call {
	job_record_t *job;
	uint32_t min_nodes, max_nodes, req_nodes;
	uint16_t mode;
	List candidates;
	List *preemptees;
	bitstr_t *exc_core_bitmap;
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
			    c->preemptees, c->exc_core_bitmap);
}

extern int select_p_job_test(job_record_t *job, bitstr_t *bitmap,
			     uint32_t min_nodes, uint32_t max_nodes,
			     uint32_t req_nodes, uint16_t mode,
			     List preemptee_candidates,
			     List *preemptee_job_list,
			     bitstr_t *exc_core_bitmap)
{
	struct test_call call = {
		.job = job,
		.min_nodes = min_nodes,
		.max_nodes = max_nodes,
		.req_nodes = req_nodes,
		.mode = mode,
		.candidates = preemptee_candidates,
		.preemptees = preemptee_job_list,
		.exc_core_bitmap = exc_core_bitmap,
		.pn_min_memory = job->details ? job->details->pn_min_memory : 0,
	};

	return place_job_test(job, bitmap, min_nodes, mode, test_once, &call);
}

extern int select_p_job_begin(job_record_t *job)
{
	int rc = ops.job_begin(job);

	if (rc != SLURM_SUCCESS)
		return rc;
	if (reserve_job_begin(job) < 0) {
		errno = ESLURM_NODES_BUSY;
		return SLURM_ERROR;
	}
	return SLURM_SUCCESS;
}

extern int select_p_job_ready(job_record_t *job)
{
	return reserve_job_ready(job) ? ops.job_ready(job) : 0;
}

extern int select_p_job_fini(job_record_t *job)
{
	reserve_job_fini(job);
	return ops.job_fini(job);
}

extern int select_p_reconfigure(void)
{
	int rc = ops.reconfigure();

	if (running_in_slurmctld())
		recover_reconfigure();
	return rc;
}

/* What follows only forwards. */

extern int select_p_state_save(char *dir_name)
{
	return ops.state_save(dir_name);
}

extern int select_p_state_restore(char *dir_name)
{
	return ops.state_restore(dir_name);
}

extern int select_p_job_init(List jobs)
{
	return ops.job_init(jobs);
}

extern int select_p_node_init(void)
{
	return ops.node_init();
}

extern int select_p_job_expand(job_record_t *from, job_record_t *to)
{
	return ops.job_expand(from, to);
}

extern int select_p_job_resized(job_record_t *job, node_record_t *node)
{
	return ops.job_resized(job, node);
}

extern int select_p_job_signal(job_record_t *job, int sig)
{
	return ops.job_signal(job, sig);
}

extern int select_p_job_suspend(job_record_t *job, bool indf_susp)
{
	return ops.job_suspend(job, indf_susp);
}

extern int select_p_job_resume(job_record_t *job, bool indf_susp)
{
	return ops.job_resume(job, indf_susp);
}

extern bitstr_t *select_p_step_pick_nodes(job_record_t *job,
					  select_jobinfo_t *step_jobinfo,
					  uint32_t node_count,
					  bitstr_t **avail_nodes)
{
	return ops.step_pick_nodes(job, step_jobinfo, node_count, avail_nodes);
}

extern int select_p_step_start(step_record_t *step)
{
	return ops.step_start(step);
}

extern int select_p_step_finish(step_record_t *step, bool killing_step)
{
	return ops.step_finish(step, killing_step);
}

extern int select_p_select_nodeinfo_pack(select_nodeinfo_t *nodeinfo,
					 buf_t *buffer,
					 uint16_t protocol_version)
{
	return ops.nodeinfo_pack(nodeinfo, buffer, protocol_version);
}

extern int select_p_select_nodeinfo_unpack(select_nodeinfo_t **nodeinfo,
					   buf_t *buffer,
					   uint16_t protocol_version)
{
	return ops.nodeinfo_unpack(nodeinfo, buffer, protocol_version);
}

extern select_nodeinfo_t *select_p_select_nodeinfo_alloc(void)
{
	return ops.nodeinfo_alloc();
}

extern int select_p_select_nodeinfo_free(select_nodeinfo_t *nodeinfo)
{
	return ops.nodeinfo_free(nodeinfo);
}

extern int select_p_select_nodeinfo_set_all(void)
{
	return ops.nodeinfo_set_all();
}

extern int select_p_select_nodeinfo_set(job_record_t *job)
{
	return ops.nodeinfo_set(job);
}

extern int select_p_select_nodeinfo_get(select_nodeinfo_t *nodeinfo,
					enum select_nodedata_type dinfo,
					enum node_states state, void *data)
{
	return ops.nodeinfo_get(nodeinfo, dinfo, state, data);
}

extern select_jobinfo_t *select_p_select_jobinfo_alloc(void)
{
	return ops.jobinfo_alloc();
}

extern int select_p_select_jobinfo_free(select_jobinfo_t *jobinfo)
{
	return ops.jobinfo_free(jobinfo);
}

extern int select_p_select_jobinfo_set(select_jobinfo_t *jobinfo,
				       enum select_jobdata_type data_type,
				       void *data)
{
	return ops.jobinfo_set(jobinfo, data_type, data);
}

extern int select_p_select_jobinfo_get(select_jobinfo_t *jobinfo,
				       enum select_jobdata_type data_type,
				       void *data)
{
	return ops.jobinfo_get(jobinfo, data_type, data);
}

extern select_jobinfo_t *
select_p_select_jobinfo_copy(select_jobinfo_t *jobinfo)
{
	return ops.jobinfo_copy(jobinfo);
}

extern int select_p_select_jobinfo_pack(select_jobinfo_t *jobinfo,
					buf_t *buffer,
					uint16_t protocol_version)
{
	return ops.jobinfo_pack(jobinfo, buffer, protocol_version);
}

extern int select_p_select_jobinfo_unpack(select_jobinfo_t **jobinfo,
					  buf_t *buffer,
					  uint16_t protocol_version)
{
	return ops.jobinfo_unpack(jobinfo, buffer, protocol_version);
}

extern char *select_p_select_jobinfo_sprint(select_jobinfo_t *jobinfo,
					    char *buf, size_t size, int mode)
{
	return ops.jobinfo_sprint(jobinfo, buf, size, mode);
}

extern char *select_p_select_jobinfo_xstrdup(select_jobinfo_t *jobinfo,
					     int mode)
{
	return ops.jobinfo_xstrdup(jobinfo, mode);
}

extern int select_p_get_info_from_plugin(enum select_plugindata_info dinfo,
					 job_record_t *job, void *data)
{
	return ops.get_info_from_plugin(dinfo, job, data);
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

/* slurm_compat.h for 22.05 */

static const slurmctld_lock_t write_locks = {
	.conf = READ_LOCK,
	.job = WRITE_LOCK,
	.node = WRITE_LOCK,
	.fed = READ_LOCK,
};
static const slurmctld_lock_t read_locks = {
	.job = READ_LOCK,
	.node = READ_LOCK,
};

void compat_lock_write(void)
{
	lock_slurmctld(write_locks);
}

void compat_unlock_write(void)
{
	unlock_slurmctld(write_locks);
}

void compat_lock_read(void)
{
	lock_slurmctld(read_locks);
}

void compat_unlock_read(void)
{
	unlock_slurmctld(read_locks);
}

bool compat_in_backfill(const job_record_t *job)
{
	return job->bit_flags & BACKFILL_TEST;
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

void compat_kill(job_record_t *job, const char *message)
{
	char *text = xstrdup(message);

	(void) srun_user_message(job, text);
	xfree(text);
	(void) job_signal(job, SIGKILL, 0, 0, false);
}

void compat_schedule(void)
{
	/* Backfill skips its round unless a job has changed. */
	lock_slurmctld(write_locks);
	last_job_update = time(NULL);
	unlock_slurmctld(write_locks);
	queue_job_scheduler();
}

void compat_gate_open(job_record_t *job)
{
	prolog_running_decr(job);
}

static int find_optical(void *x, void *key)
{
	licenses_t *l = x;

	return !xstrcmp(l->name, key);
}

void compat_set_license(job_record_t *job, uint32_t gbps, bool with_text)
{
	licenses_t *l = NULL;

	if (job->license_list)
		l = list_find_first(job->license_list, find_optical,
				    "optical");
	if (!l)
		return;
	if (l->total != gbps) {
		l->total = gbps;
		/* A count of 0 would leave the former one: clear first. */
		slurmdb_tres_rec_t rec = { .type = "license",
					   .name = "optical" };
		assoc_mgr_lock_t locks = { .tres = READ_LOCK };
		int pos;

		assoc_mgr_lock(&locks);
		pos = assoc_mgr_find_tres_pos(&rec, true);
		if (pos >= 0 && job->tres_req_cnt)
			job->tres_req_cnt[pos] = gbps;
		assoc_mgr_unlock(&locks);
	}
	if (with_text) {
		xfree(job->licenses);
		job->licenses = license_list_to_string(job->license_list);
	}
}

static int find_gpu(void *x, void *key)
{
	gres_state_t *g = x;

	return !xstrcmp(g->gres_name, "gpu");
}

uint64_t compat_gpus_free(unsigned int inode)
{
	node_record_t *node = node_record_table_ptr[inode];
	gres_state_t *g;
	gres_node_state_t *ns;

	if (!node || !node->gres_list)
		return UINT64_MAX;
	if (!(g = list_find_first(node->gres_list, find_gpu, NULL)))
		return UINT64_MAX;
	ns = g->gres_data;
	return ns->gres_cnt_avail > ns->gres_cnt_alloc ?
		ns->gres_cnt_avail - ns->gres_cnt_alloc : 0;
}

bool compat_each_gpu(unsigned int inode, compat_gpus_f fn, void *arg)
{
	node_record_t *node = node_record_table_ptr[inode];
	uint64_t left = compat_gpus_free(inode);
	gres_node_state_t *ns;

	if (left == UINT64_MAX)
		return false;
	ns = ((gres_state_t *) list_find_first(node->gres_list, find_gpu,
					       NULL))->gres_data;
	if (!ns->type_cnt)
		fn("", ns->gres_cnt_avail, left, arg);
	for (unsigned int i = 0; i < ns->type_cnt; i++) {
		uint64_t total = ns->type_cnt_avail[i], idle = 0;

		/* Those asked for without a type count in the sum alone. */
		if (total > ns->type_cnt_alloc[i])
			idle = MIN(total - ns->type_cnt_alloc[i], left);
		left -= idle;
		fn(ns->type_name[i], total, idle, arg);
	}
	return true;
}

uint64_t compat_gpus_wanted(job_record_t *job)
{
	gres_state_t *g;
	gres_job_state_t *js;

	if (!job->gres_list_req ||
	    !(g = list_find_first(job->gres_list_req, find_gpu, NULL)))
		return 0;
	js = g->gres_data;
	return js->gres_per_node ? js->gres_per_node : 1;
}

const char *compat_node_name(unsigned int inode)
{
	return node_record_table_ptr[inode] ?
		node_record_table_ptr[inode]->name : NULL;
}

unsigned int compat_node_count(void)
{
	return node_record_count;
}

int compat_node_index(const char *name)
{
	node_record_t *node = find_node_record((char *) name);

	return node ? (int) node->index : -1;
}

struct each {
	int (*fn)(job_record_t *job, void *arg);
	void *arg;
};

static int each_job(void *x, void *arg)
{
	struct each *e = arg;

	return e->fn(x, e->arg);
}

void compat_each_job(int (*fn)(job_record_t *job, void *arg), void *arg)
{
	struct each e = { .fn = fn, .arg = arg };

	if (&job_list && job_list)
		list_for_each(job_list, each_job, &e);
}

#pragma GCC visibility pop
