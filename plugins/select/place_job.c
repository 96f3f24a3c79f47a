// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugins/select/hooks.h"
int place_job_test(job_record_t *job, bitstr_t *bitmap, uint32_t min_nodes,
		   uint16_t mode, compat_test_f test, void *arg)
{
	return test(arg, bitmap);
}
int reserve_job_begin(job_record_t *job) { return 0; }
void reserve_job_fini(job_record_t *job) { }
bool reserve_job_ready(job_record_t *job) { return true; }
void recover_reconfigure(void) { }
