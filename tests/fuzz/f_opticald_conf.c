// SPDX-License-Identifier: GPL-2.0-or-later
/* opticald.conf */
#include "agent/conf.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *path;
	struct ocs_agent_conf *c;
	struct ocs_error err = { 0 };

	if (!path)
		path = fuzz_path("opticald.conf");
	fuzz_file(path, data, size);
	if (!(c = ocs_agent_conf_read(path, &err))) {
		must(err.code != OCS_OK && err.text[0]);
		return 0;
	}
	must(c->nlisten <= OCS_AGENT_LISTEN_MAX && c->drivers.n);
	must(c->users.nclusters <= OCS_PING_CLUSTERS_MAX);
	must(c->users.noperators <= OCS_AGENT_OPERATORS_MAX);
	for (unsigned int i = 0; i < c->net.nlinks; i++) {
		const struct ocs_link *l = &c->net.link[i];

		must(l->a < c->net.nsites && l->z < c->net.nsites);
		must(l->a != l->z && l->capacity_bps && !l->booked_bps);
		must(l->latency_us <= OCS_LATENCY_MAX_US);
	}
	ocs_agent_conf_destroy(c);
	return 0;
}
