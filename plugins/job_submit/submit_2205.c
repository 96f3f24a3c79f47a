// SPDX-License-Identifier: GPL-2.0-or-later
/* submit_2205 - job_submit's face to Slurm 22.05 */
#include "plugins/job_submit/submit_compat.h"

#include "src/common/assoc_mgr.h"

/* slurmctld's: declared weak, never defined here. */
extern void *acct_db_conn __attribute__((weak));

/* It has no way to tell the user more than a code. */
__attribute__((visibility("default")))
extern int job_modify(job_desc_msg_t *job, job_record_t *job_ptr, uint32_t uid);
extern int job_modify(job_desc_msg_t *job, job_record_t *job_ptr, uint32_t uid)
{
	return submit_modify(job, job_ptr, uid, NULL);
}

bool submit_is_coordinator(uint32_t uid, char *account)
{
	return assoc_mgr_is_user_acct_coord(acct_db_conn, uid, account);
}
