// SPDX-License-Identifier: GPL-2.0-or-later
/* The address of an HTTP request. */
#include "agent/target.h"
#include "tests/fuzz/fuzz.h"

static void inside(const struct ocs_target *t, const char *s)
{
	must(s);
	for (; *s; s++)
		must((unsigned char) *s >= ' ' && *s != 0x7f);
	must(s == t->query[0].value || (s >= t->buf &&
					s < t->buf + sizeof(t->buf)) ||
	     t->nqueries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ocs_target *t = malloc(sizeof(*t));
	char *text = fuzz_text(data, size);
	struct ocs_error err;
	uint64_t v;
	bool found;

	must(t);
	if (ocs_target_parse(text, t, &err) == 0) {
		must(t->nsegments <= OCS_TARGET_SEGMENTS);
		must(t->nqueries <= OCS_TARGET_QUERIES);
		for (unsigned int i = 0; i < t->nsegments; i++)
			inside(t, t->segment[i]);
		for (unsigned int i = 0; i < t->nqueries; i++) {
			inside(t, t->query[i].name);
			inside(t, t->query[i].value);
			must(ocs_target_query(t, t->query[i].name) ==
			     t->query[i].value);
			if (ocs_target_query_u64(t, t->query[i].name, 1000, &v,
						 &found, &err) == 0)
				must(found && v <= 1000);
		}
	}
	free(text);
	free(t);
	return 0;
}
