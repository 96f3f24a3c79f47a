/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * library - job_submit's way to libocs.so, which it shares with select
 *
 * Opened by its absolute path when first needed, and never closed. What can't
 * be had is told, not logged: a cluster without optical.conf runs as before.
 * Not thread safe: slurmctld calls job_submit plugins one at a time.
 */
#ifndef OCS_JOB_SUBMIT_LIBRARY_H
#define OCS_JOB_SUBMIT_LIBRARY_H

#include "common/net/ocslib.h"

struct ocs_loan {
	const struct ocs_conf *conf;	/* NULL: not to be had ... */
	const char *why;		/* ... because of this */
	const struct ocs_state *state;	/* NULL: no snapshot */
};

/*
 * Borrow configuration and snapshot into *LOAN. SLURM_CONF is the path of
 * slurm.conf, beside which optical.conf lies; CLUSTER its ClusterName.
 */
void ocs_library_borrow(struct ocs_loan *loan, const char *slurm_conf,
			const char *cluster);
/* Give back what *LOAN has. */
void ocs_library_return(struct ocs_loan *loan);

#endif
