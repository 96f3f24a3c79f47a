// SPDX-License-Identifier: GPL-2.0-or-later
/* A damaged ledger: the bytes of the database file. */
#include "tests/fuzz/rig.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rig r;
	struct ocs_error err = { 0 };

	if (!r.conf)
		rig_init(&r);
	rig_ledger(&r, data, size);
	if (rig_up(&r, &err) < 0) {
		must(err.code != OCS_OK && err.text[0]);
		return 0;
	}
	rig_read_all(&r);
	rig_request(&r, 'o', "POST", "/v1/clusters/alpha/confirm", "");
	rig_request(&r, 'o', "DELETE",
		    "/v1/leases/0123456789abcdef0123456789abcdef?why=operator",
		    "");
	rig_down(&r);
	return 0;
}
