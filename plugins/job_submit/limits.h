/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits - what node counts, ceilings and the network exclude for ever
 *
 * Pure. Each text names the option that asks for too much and what would do.
 */
#ifndef OCS_JOB_SUBMIT_LIMITS_H
#define OCS_JOB_SUBMIT_LIMITS_H

#include "plugins/job_submit/logic.h"

/*
 * Check REQ, whose syntax is right, of a job that asked for circuits or for
 * none. span_max that is the default gives way to MaxSpan.
 * in->conf is not NULL. Returns 0, or -1 with ERR set (OCS_RANGE, OCS_BUSY).
 */
int ocs_limits_check(const struct ocs_submit_in *in, struct ocs_request *req,
		     struct ocs_error *err);

/* The same for a job that did not ask: RequireOption, JobsWithoutRequest. */
int ocs_limits_check_plain(const struct ocs_submit_in *in,
			   struct ocs_error *err);

#endif
