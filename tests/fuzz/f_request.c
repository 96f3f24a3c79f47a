// SPDX-License-Identifier: GPL-2.0-or-later
/* What a user asks for: lines of NAME=VALUE as of --optical-NAME=VALUE; and
 * the whole as a comment, and as the normalised text. */
#include "common/core/request.h"
#include "tests/fuzz/fuzz.h"

/* What passes the check is written and read back the same. */
static void round_trip(const struct ocs_request *req)
{
	char text[OCS_REQUEST_TEXT_MAX], text2[OCS_REQUEST_TEXT_MAX];
	struct ocs_request again;
	struct ocs_error err;

	if (ocs_request_check(req, &err) < 0 ||
	    ocs_request_format(req, text, sizeof(text)) < 0)
		return;
	must(ocs_request_parse(text, &again, &err) == 0);
	must(ocs_request_format(&again, text2, sizeof(text2)) == 0);
	must(!strcmp(text, text2));
	must(req->none || (req->min_bps && req->min_bps <= req->want_bps));
	must(req->span_min && req->span_min <= req->span_max);
	must(req->span_max <= OCS_SPAN_MAX);
	must(req->nsites <= OCS_REQUEST_SITES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text, *line;
	struct ocs_request req, before;
	struct ocs_error err;
	bool found = false;

	memset(&req, 0, sizeof(req));
	ocs_request_init(&req);
	before = req;
	if (ocs_request_parse_comment(text, &req, &found, &err) < 0)
		must(!memcmp(&req, &before, sizeof(req)));
	else if (found)
		round_trip(&req);
	ocs_request_init(&req);
	if (ocs_request_parse(text, &req, &err) == 0)
		round_trip(&req);

	ocs_request_init(&req);
	while ((line = fuzz_cut(&rest, '\n'))) {
		char *value = line, *name = fuzz_cut(&value, '=');

		before = req;
		if (ocs_request_set(&req, name, value ? value : "", &err) < 0) {
			must(!memcmp(&req, &before, sizeof(req)));
			must(!strpbrk(err.text, "\n\r\x1b"));
		}
	}
	round_trip(&req);
	free(text);
	return 0;
}
