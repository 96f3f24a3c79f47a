// SPDX-License-Identifier: GPL-2.0-or-later
/* scontrol show job as opticalctl why reads it. */
#include <stdlib.h>
#include <string.h>

#include "cli/why.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct why_job *job = calloc(1, sizeof(*job));
	char *text = calloc(1, size + 1);
	struct ocs_error err = { 0 };

	if (job && text) {
		memcpy(text, data, size);
		if (why_parse(text, job, &err) < 0)
			must(err.code != OCS_OK && err.text[0]);
		must(job->ncircuits <= OCS_CIRCUITS_MAX);
		for (unsigned int i = 0; i < job->ncircuits; i++)
			must(job->circuit[i].requested_bps);
	}
	free(text);
	free(job);
	return 0;
}
