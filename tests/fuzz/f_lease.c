// SPDX-License-Identifier: GPL-2.0-or-later
/* One lease as JSON: what is taken comes back the same. */
#include "common/wire/wire.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ocs_error err = { 0 };
	struct ocs_lease *l, *again, *copy, *row;
	char *text, *text2;

	l = ocs_wire_decode_lease((const char *) data, size, &err);
	row = ocs_wire_read_row((const char *) data, size);
	if (!l) {
		must(!row);
		must(err.code != OCS_OK && err.text[0]);
		return 0;
	}
	must(ocs_lease_id_ok(l->id));
	must(l->nsites <= OCS_SPAN_MAX && l->ncircuits <= OCS_CIRCUITS_MAX);
	must(text = ocs_wire_encode_lease(l));
	must(again = ocs_wire_decode_lease(text, strlen(text), &err));
	must(ocs_lease_same_request(l, again));
	must(copy = ocs_lease_copy(again));
	must(text2 = ocs_wire_encode_lease(copy));
	must(!strcmp(text, text2));
	must(ocs_lease_word(l)[0]);
	(void) ocs_lease_gbps(l);
	(void) ocs_lease_up(l);
	free(text2);
	if (row) {
		must(text2 = ocs_wire_encode_lease(row));
		must(!strcmp(text, text2));
		free(text2);
	}
	free(text);
	ocs_lease_destroy(row);
	ocs_lease_destroy(copy);
	ocs_lease_destroy(again);
	ocs_lease_destroy(l);
	return 0;
}
