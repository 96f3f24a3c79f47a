/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_code - what does not differ, but needs headers that lie elsewhere in
 * each Slurm: the stack on select/cons_tres, and the most of slurm_compat.h
 *
 * Code, included once at the end of select_VERSION.c, which has ops, syms and
 * keep_licenses().
 */

#ifdef OCS_SHADOW
#include "plugins/select/stack_next.h"
#else
static plugin_context_t *context;

static bool stack_open(void)
{
	context = plugin_context_create("select", "select/cons_tres",
					(void **) &ops, syms, sizeof(syms));
	return context;
}

static void stack_close(void)
{
	plugin_context_destroy(context);
	context = NULL;
}
#endif

/* Slurm may load a plugin more than once: select/cons_tres_optical finds the
 * shadow where it looks for cons_tres. */
static unsigned int users;

extern int init(void)
{
	if (users++ || stack_open())
		return SLURM_SUCCESS;
	users = 0;
	error("ocs: select/cons_tres can't be loaded: slurm-optical's " STACK_TYPE
	      " stacks on it and needs it in PluginDir");
	return SLURM_ERROR;
}

extern int fini(void)
{
	if (users && !--users)
		stack_close();
	return SLURM_SUCCESS;
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

extern int select_p_job_suspend(job_record_t *job, bool indf_susp)
{
	return ops.job_suspend(job, indf_susp);
}

extern int select_p_job_resume(job_record_t *job, bool indf_susp)
{
	return ops.job_resume(job, indf_susp);
}

extern int select_p_select_nodeinfo_set_all(void)
{
	return ops.select_nodeinfo_set_all();
}

extern int select_p_select_nodeinfo_set(job_record_t *job)
{
	return ops.select_nodeinfo_set(job);
}

/* slurm_compat.h */

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

bool compat_in_charge(void)
{
	/* The thread that saves the state: started last when control is taken,
	 * ended and forgotten when it is given back. */
	return slurmctld_config.thread_id_save &&
	       !slurmctld_config.shutdown_time;
}

bool compat_in_backfill(const job_record_t *job)
{
	return job->bit_flags & BACKFILL_TEST;
}

void compat_kill(job_record_t *job, const char *message)
{
	char *text = xstrdup(message);

	(void) srun_user_message(job, text);
	xfree(text);
	(void) job_signal(job, SIGKILL, 0, 0, false);
}

void compat_signal(job_record_t *job, int sig)
{
	(void) job_signal(job, sig, KILL_FULL_JOB, 0, false);
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
	if (with_text)
		keep_licenses(job);
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
