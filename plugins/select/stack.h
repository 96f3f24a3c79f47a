/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack - the entry points that Slurm of every version looks up, but job_test
 *
 * Slurm declares them nowhere. For select_VERSION.c, after Slurm's headers.
 */
#ifndef OCS_SELECT_STACK_H
#define OCS_SELECT_STACK_H

/* What this plugin is called, and its id, which is ID unless it stands before
 * cons_tres under that one's name (shadow.h): then clients know no other. */
#ifdef OCS_SHADOW
#define STACK_TYPE "select/cons_tres"
#define STACK_ID(id) 109
#else
#define STACK_TYPE "select/cons_tres_optical"
#define STACK_ID(id) id
#endif

/* Both of a version's tables, from one list of its operations: names without
 * their select_p_. */
#define STACK_OP(name) __typeof__(&select_p_##name) name;
#define STACK_SYM(name) "select_p_" #name,

/* Those of this file, and job_test. */
#define STACK_COMMON(X) \
	X(node_init) X(job_test) X(job_begin) X(job_ready) X(job_expand) \
	X(job_resized) X(job_fini) X(job_suspend) X(job_resume) \
	X(select_nodeinfo_set_all) X(select_nodeinfo_set) X(reconfigure)

extern int init(void);
extern int fini(void);
extern int select_p_node_init(void);
extern int select_p_job_begin(job_record_t *job);
extern int select_p_job_ready(job_record_t *job);
extern int select_p_job_expand(job_record_t *from, job_record_t *to);
extern int select_p_job_resized(job_record_t *job, node_record_t *node);
extern int select_p_job_fini(job_record_t *job);
extern int select_p_job_suspend(job_record_t *job, bool indf_susp);
extern int select_p_job_resume(job_record_t *job, bool indf_susp);
extern int select_p_select_nodeinfo_set_all(void);
extern int select_p_select_nodeinfo_set(job_record_t *job);
extern int select_p_reconfigure(void);

#endif
