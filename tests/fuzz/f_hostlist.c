// SPDX-License-Identifier: GPL-2.0-or-later
/* Host lists; two, so that an error must leave the first as it was. */
#include "cli/hostlist.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *second = text, *first;
	struct ocs_hostlist list = { 0 };
	struct ocs_error err;
	unsigned int n;

	first = fuzz_cut(&second, '\n');
	(void) ocs_hostlist_add(&list, first, &err);
	n = list.n;
	if (second && ocs_hostlist_add(&list, second, &err) < 0)
		must(list.n == n);
	must(list.n >= n && list.n <= OCS_HOSTLIST_MAX);
	for (unsigned int i = 0; i < list.n; i++)
		must(list.name[i][0] &&
		     strlen(list.name[i]) < OCS_HOST_NAME_MAX);
	ocs_hostlist_fini(&list);
	must(!list.n && !list.name);
	free(text);
	return 0;
}
