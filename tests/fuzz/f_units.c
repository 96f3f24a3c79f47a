// SPDX-License-Identifier: GPL-2.0-or-later
/* Rates, times, availability and addresses of agents. */
#include "common/core/units.h"
#include "common/core/defaults.h"
#include "common/sys/agent_url.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), rate[OCS_RATE_TEXT_MAX];
	char time[OCS_TIME_TEXT_MAX], percent[OCS_AVAILABILITY_TEXT_MAX];
	struct ocs_agent_url url;
	uint32_t ppb = 7, again = 0;
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
	if (ocs_availability_parse(text, &ppb, &err) < 0)
		must(ppb == 7);
	else
		must(ppb <= OCS_PPB &&
		     ocs_availability_parse(ocs_availability_format(ppb, percent),
					    &again, &err) == 0 && again == ppb);
	if (ocs_agent_url_parse(text, &url, &err) == 0)
		must(!url.path[0] == !!url.host[0] && url.port < 65536);
	free(text);
	return 0;
}
