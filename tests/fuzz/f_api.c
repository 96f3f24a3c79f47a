// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to the agent, one after the other: a line of ROLE METHOD TARGET,
 * then the body up to a line "--". */
#include <strings.h>

#include "tests/fuzz/rig.h"
#include "tests/fuzz/fuzz.h"

/* The Authorization header of a request over TCP. Munge's credentials are
 * libmunge's to parse, and need its daemon. */
static void authorize(struct rig *r, const char *header)
{
	const struct ocs_auth_try try = {
		.authorization = header, .method = "GET", .target = "/",
	};
	struct ocs_caller caller;
	struct ocs_error err;

	if (strncasecmp(header, "munge", 5))
		must(ocs_auth_check(r->api.auth, &try, &caller, &err) < 0 &&
		     err.code == OCS_UNAUTH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rig r;
	char *text, *rest, *line;
	struct ocs_error err;

	if (!r.conf)
		rig_init(&r);
	rig_ledger(&r, NULL, 0);
	must(rig_up(&r, &err) == 0);
	text = rest = fuzz_text(data, size);
	for (int n = 0; rest && n < 32; n++) {
		char *body, *end = strstr(rest, "\n--\n"), *next = NULL;
		const char *role, *method;

		if (end) {
			*end = '\0';
			next = end + 4;
		}
		body = rest;
		line = fuzz_cut(&body, '\n');
		role = fuzz_cut(&line, ' ');
		if (*role == 'A') {
			authorize(&r, line ? line : "");
		} else if ((method = fuzz_cut(&line, ' '))) {
			rig_request(&r, *role, method, line ? line : "",
				    body ? body : "");
		}
		rest = next;
	}
	rig_read_all(&r);
	rig_down(&r);
	free(text);
	return 0;
}
