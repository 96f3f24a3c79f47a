// SPDX-License-Identifier: GPL-2.0-or-later
/* The network's state as JSON, and what is computed from it. */
#include "common/wire/wire.h"
#include "tests/fuzz/fuzz.h"

/* A route in whatever graph came: never above what is free (I1). */
static void route(const struct ocs_net *net)
{
	struct ocs_error err;
	struct ocs_route r;

	if (net->nsites < 2 ||
	    ocs_route_find(net, 0, net->nsites - 1, UINT64_C(100000000000), 0,
			   &r, &err) < 0)
		return;
	must(r.nhops && r.nhops <= OCS_HOPS_MAX);
	for (unsigned int i = 0; i < r.nhops; i++) {
		must(r.link[i] < net->nlinks);
		must(ocs_link_free(&net->link[r.link[i]]) >=
		     UINT64_C(100000000000));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ocs_state *s, *again;
	struct ocs_error err = { 0 };
	char *text, *text2;

	s = ocs_wire_decode_state((const char *) data, size, &err);
	if (!s) {
		must(err.code != OCS_OK && err.text[0]);
		return 0;
	}
	for (unsigned int i = 0; i < s->net.nlinks; i++) {
		const struct ocs_link *l = &s->net.link[i];

		must(l->a < s->net.nsites && l->z < s->net.nsites);
		must(ocs_link_free(l) <= l->capacity_bps);
	}
	route(&s->net);
	for (unsigned int i = 0; i < s->nleases; i++)
		must(ocs_state_lease(s, s->lease[i]->id));
	must(text = ocs_wire_encode_state(s));
	must(again = ocs_wire_decode_state(text, strlen(text), &err));
	must(text2 = ocs_wire_encode_state(again));
	must(!strcmp(text, text2));
	free(text2);
	free(text);
	ocs_state_destroy(again);
	ocs_state_destroy(s);
	return 0;
}
