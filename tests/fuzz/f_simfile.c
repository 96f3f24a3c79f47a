// SPDX-License-Identifier: GPL-2.0-or-later
/* The file of the simulated network: what is taken is written anew, and that
 * is taken again. */
#include "agent/driver.h"
#include "common/core/net.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ocs_link links[] = {
		{ .name = "par-lyo" }, { .name = "lyo-nic" },
	};
	static char *path;
	struct ocs_error err = { 0 };
	struct ocs_driver *drv;

	if (!path)
		path = fuzz_path("ledger.db.sim");
	fuzz_file(path, data, size);
	for (int i = 0; i < 2; i++) {
		drv = ocs_driver_sim_create(path, links, 2, 0, 0, &err);
		if (!drv) {
			must(i == 0 && err.code != OCS_OK && err.text[0]);
			return 0;
		}
		free(drv->ops->faults(drv));
		drv->ops->destroy(drv);
	}
	return 0;
}
