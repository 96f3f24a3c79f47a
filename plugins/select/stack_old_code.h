/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_old_code - forwards what Slurm looked up until 24.11
 *
 * Code, included once by select_VERSION.c of those, which has defined ops.
 */

extern int select_p_state_save(char *dir_name)
{
	return ops.state_save(dir_name);
}

extern int select_p_state_restore(char *dir_name)
{
	return ops.state_restore(dir_name);
}

extern int select_p_job_init(struct xlist *jobs)
{
	return ops.job_init(jobs);
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
	return ops.select_nodeinfo_pack(nodeinfo, buffer, protocol_version);
}

extern int select_p_select_nodeinfo_unpack(select_nodeinfo_t **nodeinfo,
					   buf_t *buffer,
					   uint16_t protocol_version)
{
	return ops.select_nodeinfo_unpack(nodeinfo, buffer, protocol_version);
}

extern select_nodeinfo_t *select_p_select_nodeinfo_alloc(void)
{
	return ops.select_nodeinfo_alloc();
}

extern int select_p_select_nodeinfo_free(select_nodeinfo_t *nodeinfo)
{
	return ops.select_nodeinfo_free(nodeinfo);
}

extern int select_p_select_nodeinfo_get(select_nodeinfo_t *nodeinfo,
					enum select_nodedata_type dinfo,
					enum node_states state, void *data)
{
	return ops.select_nodeinfo_get(nodeinfo, dinfo, state, data);
}

extern select_jobinfo_t *select_p_select_jobinfo_alloc(void)
{
	return ops.select_jobinfo_alloc();
}

extern int select_p_select_jobinfo_free(select_jobinfo_t *jobinfo)
{
	return ops.select_jobinfo_free(jobinfo);
}

extern int select_p_select_jobinfo_set(select_jobinfo_t *jobinfo,
				       enum select_jobdata_type data_type,
				       void *data)
{
	return ops.select_jobinfo_set(jobinfo, data_type, data);
}

extern int select_p_select_jobinfo_get(select_jobinfo_t *jobinfo,
				       enum select_jobdata_type data_type,
				       void *data)
{
	return ops.select_jobinfo_get(jobinfo, data_type, data);
}

extern select_jobinfo_t *
select_p_select_jobinfo_copy(select_jobinfo_t *jobinfo)
{
	return ops.select_jobinfo_copy(jobinfo);
}

extern int select_p_select_jobinfo_pack(select_jobinfo_t *jobinfo,
					buf_t *buffer,
					uint16_t protocol_version)
{
	return ops.select_jobinfo_pack(jobinfo, buffer, protocol_version);
}

extern int select_p_select_jobinfo_unpack(select_jobinfo_t **jobinfo,
					  buf_t *buffer,
					  uint16_t protocol_version)
{
	return ops.select_jobinfo_unpack(jobinfo, buffer, protocol_version);
}

extern int select_p_get_info_from_plugin(enum select_plugindata_info dinfo,
					 job_record_t *job, void *data)
{
	return ops.get_info_from_plugin(dinfo, job, data);
}
