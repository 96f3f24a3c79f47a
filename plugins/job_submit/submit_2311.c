// SPDX-License-Identifier: GPL-2.0-or-later
/* submit_2311 - job_submit's face to Slurm from 23.11 on */
#include "plugins/job_submit/submit_compat.h"

#include "src/common/assoc_mgr.h"

/* slurmctld's: declared weak, never defined here. */
extern void *acct_db_conn __attribute__((weak));

__attribute__((visibility("default")))
extern int job_modify(job_desc_msg_t *job, job_record_t *job_ptr, uint32_t uid,
		      char **err_msg);
extern int job_modify(job_desc_msg_t *job, job_record_t *job_ptr, uint32_t uid,
		      char **err_msg)
{
	return submit_modify(job, job_ptr, uid, err_msg);
}

bool submit_is_coordinator(uint32_t uid, char *account)
{
	return assoc_mgr_is_user_acct_coord(acct_db_conn, uid, account, false);
}
