// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * raw_submit - what a user's own program can send to slurmctld
 *
 * Submits a batch job whose description has entries of the caller's making,
 * past sbatch and its plugins: raw_submit NODES WORKDIR LICENSES COMMENT
 * [ENTRY]..., each ENTRY is put into spank_job_env as it is. "" is: not set.
 * Prints the id of the job, which is RAW_JOB_ID of the response: Slurm moved it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

extern char **environ;

int main(int argc, char **argv)
{
	submit_response_msg_t *resp = NULL;
	job_desc_msg_t job;
	char out[4096];

	if (argc < 5)
		return 2;
	slurm_init(NULL);
	slurm_init_job_desc_msg(&job);
	snprintf(out, sizeof(out), "%s/%%j.out", argv[2]);
	job.name = "raw";
	job.user_id = getuid();
	job.group_id = getgid();
	job.min_nodes = strtoul(argv[1], NULL, 10);
	job.work_dir = argv[2];
	job.std_out = out;
	job.licenses = *argv[3] ? argv[3] : NULL;
	job.comment = *argv[4] ? argv[4] : NULL;
	job.script = "#!/bin/bash\n"
		"env | grep -E '^OPTICAL_' | sort\n"
		"until [ -e \"go.$SLURM_JOB_ID\" ]; do sleep 0.1; done\n";
	job.environment = environ;
	while (environ[job.env_size])
		job.env_size++;
	job.spank_job_env = argv + 5;
	job.spank_job_env_size = argc - 5;
	if (slurm_submit_batch_job(&job, &resp) != SLURM_SUCCESS) {
		fprintf(stderr, "raw_submit: %s\n",
			slurm_strerror(errno));
		return 1;
	}
	printf("%u\n", resp->RAW_JOB_ID);
	slurm_free_submit_response_response_msg(resp);
	return 0;
}
