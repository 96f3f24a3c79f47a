// SPDX-License-Identifier: GPL-2.0-or-later
/* lease.c: words, questions and copies */
#include "common/core/lease.h"

#include <stdlib.h>

#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"

#define ID "0123456789abcdef0123456789abcdef"

/* State of one circuit; a lease has one or two of them. */
struct axes {
	enum ocs_prov prov;
	enum ocs_data data;
};

static const struct {
	const char *word;
	enum ocs_resv resv;
	struct axes c[2];
	bool active;		/* was, once */
	bool booked, up;
} words[] = {
	{ "HELD", OCS_HELD, { { OCS_RELEASED, OCS_DOWN },
	  { OCS_RELEASED, OCS_DOWN } }, false, true, false },
	{ "PROVISIONING", OCS_COMMITTED, { { OCS_RELEASED, OCS_DOWN },
	  { OCS_RELEASED, OCS_DOWN } }, false, true, false },
	{ "PROVISIONING", OCS_COMMITTED, { { OCS_PROVISIONING, OCS_DOWN },
	  { OCS_PROVISIONED, OCS_UP } }, false, true, false },
	{ "PROVISIONING", OCS_COMMITTED, { { OCS_PROVISIONED, OCS_DOWN },
	  { OCS_PROVISIONED, OCS_UP } }, false, true, false },
	{ "PROVISIONING", OCS_COMMITTED, { { OCS_PROVISIONING, OCS_UP },
	  { OCS_PROVISIONED, OCS_UP } }, false, true, false },
	{ "PROVISIONING", OCS_COMMITTED, { { OCS_UNKNOWN, OCS_DOWN },
	  { OCS_PROVISIONED, OCS_UP } }, false, true, false },
	{ "ACTIVE", OCS_COMMITTED, { { OCS_PROVISIONED, OCS_UP },
	  { OCS_PROVISIONED, OCS_UP } }, false, true, true },
	{ "ACTIVE", OCS_COMMITTED, { { OCS_PROVISIONED, OCS_UP },
	  { OCS_PROVISIONED, OCS_UP } }, true, true, true },
	{ "IMPAIRED", OCS_COMMITTED, { { OCS_PROVISIONED, OCS_UP },
	  { OCS_PROVISIONED, OCS_DOWN } }, true, true, false },
	{ "IMPAIRED", OCS_COMMITTED, { { OCS_PROVISIONED, OCS_UP },
	  { OCS_PROVISIONED, OCS_RESTORING } }, false, true, false },
	{ "IMPAIRED", OCS_COMMITTED, { { OCS_PROVISIONED, OCS_IMPAIRED },
	  { OCS_PROVISIONED, OCS_UP } }, false, true, false },
	{ "IMPAIRED", OCS_COMMITTED, { { OCS_UNKNOWN, OCS_UP },
	  { OCS_PROVISIONED, OCS_UP } }, true, true, false },
	{ "FAILED", OCS_FAILED, { { OCS_RELEASING, OCS_DOWN },
	  { OCS_RELEASED, OCS_DOWN } }, false, true, false },
	{ "FAILED", OCS_FAILED, { { OCS_RELEASED, OCS_DOWN },
	  { OCS_UNKNOWN, OCS_DOWN } }, true, true, false },
	{ "GONE", OCS_FAILED, { { OCS_RELEASED, OCS_DOWN },
	  { OCS_RELEASED, OCS_DOWN } }, false, false, false },
	{ "RELEASING", OCS_TERMINATED, { { OCS_PROVISIONED, OCS_UP },
	  { OCS_PROVISIONED, OCS_UP } }, true, true, true },
	{ "RELEASING", OCS_TERMINATED, { { OCS_RELEASED, OCS_DOWN },
	  { OCS_RELEASING, OCS_UP } }, true, true, false },
	{ "RELEASING", OCS_TERMINATED, { { OCS_RELEASED, OCS_DOWN },
	  { OCS_UNKNOWN, OCS_DOWN } }, false, true, false },
	{ "GONE", OCS_TERMINATED, { { OCS_RELEASED, OCS_DOWN },
	  { OCS_RELEASED, OCS_DOWN } }, true, false, false },
};

static void test_words(void)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct ocs_circuit c[2] = { 0 };
		struct ocs_lease l = {
			.resv = words[i].resv,
			.ncircuits = 2,
			.circuit = c,
			.active_ms = words[i].active ? 1700000000000 : 0,
		};

		for (int j = 0; j < 2; j++) {
			c[j].prov = words[i].c[j].prov;
			c[j].data = words[i].c[j].data;
		}
		is_str(ocs_lease_word(&l), words[i].word, "row %zu: %s", i,
		       words[i].word);
		is_num(ocs_lease_booked(&l), words[i].booked,
		       "row %zu: booked (I1)", i);
		is_num(ocs_lease_up(&l), words[i].up, "row %zu: up (I4)", i);
	}
}

static void test_empty(void)
{
	struct ocs_lease l = { .resv = OCS_COMMITTED };

	ok(!ocs_lease_up(&l), "no circuits are never up (I4)");
	ok(ocs_lease_booked(&l), "but committed is booked");
	is_str(ocs_lease_word(&l), "PROVISIONING", "and waits");
	l.resv = OCS_TERMINATED;
	is_str(ocs_lease_word(&l), "GONE", "until it is released");
	is_num(ocs_lease_gbps(&l), 0, "no circuits, no bandwidth");
}

static void test_names(void)
{
	enum ocs_resv resv;
	enum ocs_prov prov;
	enum ocs_data data;
	enum ocs_blame blame;

	for (int i = OCS_HELD; i <= OCS_TERMINATED; i++)
		ok(!ocs_resv_from_name(ocs_resv_name((enum ocs_resv) i),
				       &resv) && (int) resv == i,
		   "%s and back", ocs_resv_name((enum ocs_resv) i));
	for (int i = OCS_RELEASED; i <= OCS_UNKNOWN; i++)
		ok(!ocs_prov_from_name(ocs_prov_name((enum ocs_prov) i),
				       &prov) && (int) prov == i,
		   "%s and back", ocs_prov_name((enum ocs_prov) i));
	for (int i = OCS_DOWN; i <= OCS_IMPAIRED; i++)
		ok(!ocs_data_from_name(ocs_data_name((enum ocs_data) i),
				       &data) && (int) data == i,
		   "%s and back", ocs_data_name((enum ocs_data) i));
	for (int i = OCS_BLAME_NONE; i <= OCS_BLAME_FAULT; i++)
		ok(!ocs_blame_from_name(ocs_blame_name((enum ocs_blame) i),
					&blame) && (int) blame == i,
		   "%s and back", ocs_blame_name((enum ocs_blame) i));

	resv = OCS_FAILED;
	is_num(ocs_resv_from_name("held", &resv), -1, "case counts");
	is_num(ocs_resv_from_name("", &resv), -1, "empty name");
	is_num(ocs_resv_from_name(NULL, &resv), -1, "no name");
	is_num(resv, OCS_FAILED, "untouched");
	is_num(ocs_prov_from_name("HELD", &prov), -1, "another axis");
	is_num(ocs_data_from_name("UPPER", &data), -1, "more than a name");
	is_num(ocs_blame_from_name("NONE", &blame), -1, "blames are small");
	is_str(ocs_resv_name((enum ocs_resv) 9), "?", "unknown reservation");
	is_str(ocs_prov_name((enum ocs_prov) 9), "?", "unknown provisioning");
	is_str(ocs_data_name((enum ocs_data) -1), "?", "unknown data plane");
	is_str(ocs_blame_name((enum ocs_blame) 3), "?", "unknown blame");
}

static struct ocs_lease *sample(void)
{
	struct ocs_lease *l = ocs_lease_create();

	strcpy(l->id, ID);
	strcpy(l->cluster, "alpha");
	strcpy(l->user, "ada");
	l->job_id = 42;
	l->user_id = 1001;
	l->submit_s = 1700000000;
	l->restart_cnt = 1;
	l->nsites = 2;
	strcpy(l->site[0].name, "paris");
	strcpy(l->site[1].name, "lyon");
	l->site[0].nodes = strdup("par[001-004]");
	l->ncircuits = 2;
	l->circuit = calloc(2, sizeof(*l->circuit));
	strcpy(l->circuit[0].a, "paris");
	strcpy(l->circuit[0].z, "lyon");
	l->circuit[0].requested_bps = UINT64_C(400000000000);
	l->circuit[0].granted_bps = UINT64_C(200000000000);
	l->circuit[0].max_latency_us = 3000;
	l->circuit[1] = l->circuit[0];
	return l;
}

static void test_copy(void)
{
	struct ocs_lease *l = sample(), *copy = NULL;
	int made;

	l->circuit[0].at = calloc(1, sizeof(*l->circuit[0].at));
	l->circuit[0].at->vlan = 137;
	NOMEM_EACH(made, copy = ocs_lease_copy(l), !copy);
	is_num(made, 4, "a copy makes four allocations");
	ok(copy->circuit[0].at != l->circuit[0].at &&
	   copy->circuit[0].at->vlan == 137, "attachments are its own");
	ok(ocs_lease_same_request(l, copy), "the copy is the same");
	ok(copy->circuit != l->circuit, "circuits are its own");
	ok(copy->site[0].nodes != l->site[0].nodes, "nodes are its own");
	is_str(copy->site[0].nodes, "par[001-004]", "nodes");
	ok(!copy->site[1].nodes, "no nodes stay no nodes");
	ocs_lease_destroy(copy);
	free(l->circuit[0].at);
	free(l->circuit);
	l->circuit = NULL;
	l->ncircuits = 0;
	copy = ocs_lease_copy(l);
	ok(copy && !copy->circuit, "no circuits");
	ocs_lease_destroy(copy);
	ocs_lease_destroy(l);
	ocs_lease_destroy(NULL);
	NOMEM_EACH(made, copy = ocs_lease_create(), !copy);
	ocs_lease_destroy(copy);
}

/* A packed lease has no more than it needs (ASan sees the rest), its copy has
 * room again. */
static void test_pack(void)
{
	struct ocs_lease *l = sample(), *packed = NULL, *copy;
	int made;

	for (unsigned int i = 0; i < 2; i++) {
		l->circuit[i].nhops = 2;
		strcpy(l->circuit[i].hop[1], "par-lyo");
	}
	NOMEM_EACH(made, packed = ocs_lease_pack(l), !packed);
	is_num(made, 2, "packing makes two allocations");
	copy = ocs_lease_copy(packed);
	ok(ocs_lease_same_request(copy, packed), "the copy is the same");
	is_str(packed->site[1].name, "lyon", "the last site");
	is_str(packed->site[0].nodes, "par[001-004]", "nodes");
	is_str(packed->circuit[1].hop[1], "par-lyo", "the last hop");
	is_str(copy->circuit[1].hop[1], "par-lyo", "and of the copy");
	ok(!copy->site[OCS_SPAN_MAX - 1].nodes, "it has room for sites");
	memset(copy->circuit[1].hop[OCS_HOPS_MAX - 1], 'x', OCS_NAME_MAX - 1);
	ok(!copy->circuit[1].hop[OCS_HOPS_MAX - 1][OCS_NAME_MAX - 1],
	   "and for hops");
	packed = ocs_lease_pack(packed);
	ok(ocs_lease_same_request(copy, packed), "packed twice");
	ocs_lease_destroy(copy);
	ocs_lease_destroy(packed);
	packed = ocs_lease_pack(ocs_lease_create());
	ok(packed && !packed->nsites, "nothing at all");
	ocs_lease_destroy(packed);
}

/* Each counts: with it changed the request is another one (I3). */
#define CHANGE(name, what) \
	static void name(struct ocs_lease *l) { what; }
CHANGE(change_id, l->id[0] = 'f')
CHANGE(change_cluster, l->cluster[0] = 'A')
CHANGE(change_job, l->job_id++)
CHANGE(change_user, l->user_id++)
CHANGE(change_submit, l->submit_s++)
CHANGE(change_restart, l->restart_cnt++)
CHANGE(change_nsites, l->nsites--)
CHANGE(change_site, strcpy(l->site[1].name, "nice"))
CHANGE(change_nodes, l->site[0].nodes[4] = '9')
CHANGE(change_ncircuits, l->ncircuits--)
CHANGE(change_a, strcpy(l->circuit[1].a, "nice"))
CHANGE(change_z, strcpy(l->circuit[1].z, "nice"))
CHANGE(change_rate, l->circuit[1].requested_bps++)
CHANGE(change_granted, l->circuit[1].granted_bps++)
CHANGE(change_bound, l->circuit[1].max_latency_us = 0)
CHANGE(change_available, l->circuit[1].max_unavailable_ppb = 1)
static void (*const changes[])(struct ocs_lease *) = {
	change_id, change_cluster, change_job, change_user, change_submit,
	change_restart, change_nsites, change_site, change_nodes,
	change_ncircuits, change_a, change_z, change_rate, change_granted,
	change_bound, change_available,
};

/* None of these counts. */
CHANGE(keep_user, strcpy(l->user, "bob"))
CHANGE(keep_end, l->end_s = 1800000000)
CHANGE(keep_epoch, l->controller_epoch = 9)
CHANGE(keep_state, l->resv = OCS_COMMITTED; l->held_ms = 1; l->gone_ms = 2;
       l->blame = OCS_BLAME_FAULT; strcpy(l->cause, "x"))
CHANGE(keep_route, l->circuit[0].nhops = 1;
       strcpy(l->circuit[0].hop[0], "par-lyo");
       l->circuit[0].latency_us = 2274; l->circuit[0].prov = OCS_UNKNOWN;
       l->circuit[0].data = OCS_UP; l->circuit[0].up_ms = 3)
CHANGE(keep_ungranted, l->circuit[0].granted_bps = 0)
CHANGE(keep_no_nodes, l->site[1].nodes = strdup(""))
static void (*const keeps[])(struct ocs_lease *) = {
	keep_user, keep_end, keep_epoch, keep_state, keep_route,
	keep_ungranted, keep_no_nodes,
};

static void test_same(void)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct ocs_lease *x = sample(), *y = sample();

		ok(ocs_lease_same_request(x, y), "same (I3)");
		changes[i](y);
		ok(!ocs_lease_same_request(x, y), "change %zu counts", i);
		ok(!ocs_lease_same_request(y, x), "change %zu, turned", i);
		ocs_lease_destroy(x);
		ocs_lease_destroy(y);
	}
	for (size_t i = 0; i < sizeof(keeps) / sizeof(*keeps); i++) {
		struct ocs_lease *x = sample(), *y = sample();

		keeps[i](y);
		ok(ocs_lease_same_request(x, y), "%zu does not count", i);
		ok(ocs_lease_same_request(y, x), "%zu, turned", i);
		ocs_lease_destroy(x);
		ocs_lease_destroy(y);
	}
}

static void test_gbps(void)
{
	struct ocs_circuit c[3] = { 0 };
	struct ocs_lease l = { .ncircuits = 3, .circuit = c };

	for (int i = 0; i < 3; i++)
		c[i].granted_bps = UINT64_C(2500000000);
	is_num(ocs_lease_gbps(&l), 8, "3 x 2.5G, rounded up once");
	c[0].requested_bps = UINT64_C(900000000000);
	is_num(ocs_lease_gbps(&l), 8, "granted, not requested");
	c[0].granted_bps = c[1].granted_bps = UINT64_MAX - 1;
	is_num(ocs_lease_gbps(&l), UINT32_MAX, "no overflow");
}

static void test_id(void)
{
	static const char *const bad[] = {
		"", "0", "0123456789abcdef0123456789abcde",
		"0123456789abcdef0123456789abcdef0",
		"0123456789ABCDEF0123456789abcdef",
		"0123456789abcdefg123456789abcdef",
		"0123456789abcdef 123456789abcdef",
		"../../../../../../../../../../ab",
		"0123456789abcdef-123456789abcdef",
	};

	ok(ocs_lease_id_ok(ID), "32 hexadecimal digits");
	ok(!ocs_lease_id_ok(NULL), "no id");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(!ocs_lease_id_ok(bad[i]), "not '%s'", bad[i]);
}

int main(void)
{
	test_words();
	test_empty();
	test_names();
	test_copy();
	test_pack();
	test_same();
	test_gbps();
	test_id();
	return tap_done();
}
