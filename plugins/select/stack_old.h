/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_old - the entry points that Slurm had until 24.11: clients and node
 * daemons had them, too
 *
 * For select_VERSION.c of those, after Slurm's headers.
 */
#ifndef OCS_SELECT_STACK_OLD_H
#define OCS_SELECT_STACK_OLD_H

#define STACK_OLD(X) \
	X(state_save) X(state_restore) X(job_init) X(step_pick_nodes) \
	X(step_start) X(step_finish) X(select_nodeinfo_pack) \
	X(select_nodeinfo_unpack) X(select_nodeinfo_alloc) \
	X(select_nodeinfo_free) X(select_nodeinfo_get) \
	X(select_jobinfo_alloc) X(select_jobinfo_free) \
	X(select_jobinfo_set) X(select_jobinfo_get) X(select_jobinfo_copy) \
	X(select_jobinfo_pack) X(select_jobinfo_unpack) \
	X(get_info_from_plugin)

extern int select_p_state_save(char *dir_name);
extern int select_p_state_restore(char *dir_name);
extern int select_p_job_init(struct xlist *jobs);
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
extern int select_p_get_info_from_plugin(enum select_plugindata_info dinfo,
					 job_record_t *job, void *data);

#endif
