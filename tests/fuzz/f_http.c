// SPDX-License-Identifier: GPL-2.0-or-later
/* An agent's answer, in two pieces: the first byte says where it is cut. */
#include "common/net/http_parse.h"
#include "tests/fuzz/fuzz.h"

#define MAX 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ocs_http_parse *p = malloc(sizeof(*p));
	struct ocs_error err = { 0 };
	size_t cut, len;
	char *body;
	int rc = 0;

	must(p);
	ocs_http_parse_init(p, MAX);
	if (size) {
		cut = data[0] < size - 1 ? data[0] : size - 1;
		if (cut)
			rc = ocs_http_parse_more(p, (const char *) data + 1,
						 cut, &err);
		if (!rc && size - 1 > cut)
			rc = ocs_http_parse_more(p, (const char *) data + 1 +
						 cut, size - 1 - cut, &err);
	}
	if (!rc)
		rc = ocs_http_parse_end(p, &err);
	if (rc > 0) {
		must(p->status >= 200 && p->status <= 999);
		body = ocs_http_parse_take(p, &len);
		must(body && len <= MAX && !body[len]);
		free(body);
	} else {
		must(rc == -1 && err.code != OCS_OK && *err.text);
	}
	ocs_http_parse_fini(p);
	free(p);
	return 0;
}
