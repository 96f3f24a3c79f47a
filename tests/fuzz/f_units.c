// SPDX-License-Identifier: GPL-2.0-or-later
/* Rates, times and addresses of agents. */
#include "common/core/units.h"
#include "common/core/defaults.h"
#include "common/sys/agent_url.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), rate[OCS_RATE_TEXT_MAX];
	char time[OCS_TIME_TEXT_MAX];
	struct ocs_agent_url url;
	uint64_t v = 7, w = 0;
	struct ocs_error err;

	if (ocs_rate_parse(text, &v, &err) < 0) {
		must(v == 7);
	} else {
		must(v && v <= OCS_RATE_MAX_BPS);
		must(ocs_rate_parse(ocs_rate_format(v, rate), &w, &err) == 0 &&
		     v == w);
		must((uint64_t) ocs_rate_gbps(v) * 1000000000 >= v);
	}
	v = 7;
	if (ocs_time_parse(text, &v, &err) < 0)
		must(v == 7);
	else
		must(ocs_time_parse(ocs_time_format(v, time), &w, &err) == 0 &&
		     v == w);
	if (ocs_agent_url_parse(text, &url, &err) == 0)
		must(!url.path[0] == !!url.host[0] && url.port < 65536);
	free(text);
	return 0;
}
