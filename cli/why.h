/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * why - what `scontrol -o show job` says of one job, as far as circuits go
 *
 * Reads text of another program: every size is bounded, what is not as it
 * should be is left out.
 */
#ifndef OCS_CLI_WHY_H
#define OCS_CLI_WHY_H

#include <stdint.h>

#include "common/core/error.h"
#include "common/core/lease.h"

struct why_job {
	char id[32];
	char state[32];		/* "PENDING" */
	char reason[128];	/* "None", "Resources", "OpticalLink(...)" */
	char start[32];		/* as Slurm writes times; "" or "Unknown" */
	int64_t limit_s;	/* its time limit; 0: none */
	/* of the word optical{...} in AdminComment */
	char cause[256];	/* what is short, or what happened */
	char advice[128];	/* what would help */
	char bounds[96];	/* of its circuits, as people read them */
	unsigned int ncircuits;	/* that it takes, or would */
	struct ocs_circuit circuit[OCS_CIRCUITS_MAX];
};

/* The first record of TEXT into *JOB. 0; or -1 with ERR set: OCS_NOT_FOUND
 * there is none. */
int why_parse(const char *text, struct why_job *job, struct ocs_error *err);

#endif
