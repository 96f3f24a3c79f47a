// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of a program that drives a network: all members are within bounds. */
#include "common/wire/wire_exec.h"
#include "tests/fuzz/fuzz.h"

static void check_service(const struct ocs_exec_service *s)
{
	must(strlen(s->id) < sizeof(s->id));
	must(s->light <= OCS_EXEC_TEARING);
	must(s->rate_bps <= OCS_RATE_MAX_BPS);
	must(s->latency_us <= OCS_LATENCY_MAX_US);
	must(s->nhops <= OCS_HOPS_MAX);
	for (unsigned int i = 0; i < s->nhops; i++)
		must(s->hop[i][0] && strlen(s->hop[i]) < OCS_NAME_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct ocs_exec_line line;
	struct ocs_error err = { 0 };

	if (ocs_wire_exec_decode(text, strlen(text), &line, &err) < 0) {
		must(err.code != OCS_OK && err.text[0]);
		free(text);
		return 0;
	}
	must(line.outcome <= OCS_EXEC_LOST);
	must(strlen(line.cause) < sizeof(line.cause));
	must(!strpbrk(line.cause, "\n\r"));
	must(line.what != OCS_EXEC_ANSWER || line.id);
	must(line.what != OCS_EXEC_EVENT_LINK || line.nlinks == 1);
	must(line.what != OCS_EXEC_EVENT_SERVICE || line.service.id[0]);
	must(line.nservices <= OCS_EXEC_SERVICES_MAX);
	check_service(&line.service);
	for (unsigned int i = 0; i < line.nservices; i++)
		must(line.services[i].id[0] &&
		     line.services[i].light <= OCS_EXEC_TEARING);
	for (unsigned int i = 0; i < line.nlinks; i++)
		must(line.link[i].name[0] && (!line.link[i].has_foreign ||
		     line.link[i].foreign_bps <= OCS_RATE_MAX_BPS));
	ocs_exec_line_fini(&line);
	free(text);
	return 0;
}
