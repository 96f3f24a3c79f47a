// SPDX-License-Identifier: GPL-2.0-or-later
/* optical.conf */
#include "common/sys/agent_url.h"
#include "common/sys/conf_optical.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *path;
	struct ocs_conf_partition p;
	struct ocs_agent_url url;
	struct ocs_error err = { 0 };
	struct ocs_conf *c;

	if (!path)
		path = fuzz_path("optical.conf");
	fuzz_file(path, data, size);
	if (!(c = ocs_conf_read(path, &err))) {
		must(err.code != OCS_OK && err.text[0]);
		return 0;
	}
	must(c->nsites <= OCS_CONF_SITES_MAX);
	must(c->npartitions <= OCS_CONF_PARTITIONS_MAX);
	must(c->hold_timeout_ms >= 5 && c->hold_timeout_ms <= 500);
	must(ocs_agent_url_parse(c->agent.url, &url, &err) == 0);
	for (unsigned int i = 0; i < c->nsites; i++)
		must(c->site[i].name[0] && c->site[i].nodes);
	for (unsigned int i = 0; i < c->npartitions; i++)
		must(ocs_conf_partition_get(c, c->partition[i].name, &p) ==
		     &p);
	ocs_conf_partition_get(c, NULL, &p);
	ocs_conf_destroy(c);
	return 0;
}
