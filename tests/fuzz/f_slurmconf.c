// SPDX-License-Identifier: GPL-2.0-or-later
/* slurm.conf and plugstack.conf as opticalctl check reads them. */
#include "cli/slurmconf.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *path;
	struct slurm_conf *c;
	struct ocs_error err = { 0 };
	int last;

	if (!path)
		path = fuzz_path("slurm.conf");
	fuzz_file(path, data, size);
	(void) plugstack_has(path, "spank_optical.so");
	if (!(c = slurm_conf_read(path, &err))) {
		must(err.code != OCS_OK && err.text[0]);
		return 0;
	}
	(void) slurm_licence_count(c->licenses.value, "optical");
	(void) slurm_list_place(c->job_submit_plugins.value, "optical",
				"job_submit/", &last);
	for (unsigned int i = 0; i < c->npartitions; i++)
		must(c->partition[i]);
	slurm_conf_destroy(c);
	return 0;
}
