// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests wire_compute: there and back, and all else is refused. */
#include <stdlib.h>
#include <string.h>

#include "common/wire/wire_compute.h"
#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"

static const char base[] =
	"{\"time_ms\":1700000000000,\"valid_s\":60,\"sites\":[{\"name\":"
	"\"paris\",\"nodes_total\":4,\"nodes_idle\":3,\"gpus\":[{\"type\":"
	"\"a100\",\"total\":32,\"idle\":24},{\"type\":\"h100\",\"total\":8,"
	"\"idle\":0}]},{\"name\":\"lyon\",\"nodes_total\":1,\"nodes_idle\":0,"
	"\"gpus\":[]}],\"pending\":{\"jobs\":2,\"circuits_bps\":800000000000},"
	"\"predicted_starts\":[{\"start_s\":1700000100,\"sites\":[\"paris\","
	"\"lyon\"],\"rate_bps\":400000000000}]}";

static const struct {
	const char *from, *to;
	enum ocs_code code;
	const char *want;
} cases[] = {
	{ "\"time_ms\":1700000000000,", "", OCS_OK, "" },
	{ "\"valid_s\":60,", "", OCS_OK, "" },
	{ "\"gpus\":[]", "\"later\":1", OCS_OK, "" },
	{ "\"pending\"", "\"later\"", OCS_OK, "" },
	{ "\"predicted_starts\"", "\"later\"", OCS_OK, "" },
	{ "\"sites\":[\"paris\",\"lyon\"]", "\"sites\":[]", OCS_OK, "" },
	{ "\"sites\":[{", "\"site\":[{", OCS_SYNTAX, "sites: an array" },
	{ "\"nodes_total\":4,", "", OCS_SYNTAX, "sites[0].nodes_total" },
	{ "\"nodes_idle\":3,", "", OCS_SYNTAX, "sites[0].nodes_idle" },
	{ "\"nodes_idle\":3", "\"nodes_idle\":5", OCS_RANGE,
	  "sites[0].nodes_idle: more than there are" },
	{ "\"nodes_idle\":3", "\"nodes_idle\":-1", OCS_RANGE, "nodes_idle" },
	{ "\"nodes_idle\":3", "\"nodes_idle\":\"3\"", OCS_SYNTAX,
	  "nodes_idle" },
	{ "\"idle\":24", "\"idle\":33", OCS_RANGE,
	  "sites[0].gpus[0].idle: more than there are" },
	{ "\"idle\":24", "\"idle\":4294967296", OCS_RANGE, "idle" },
	{ "\"a100\"", "\"a 100\"", OCS_SYNTAX, "sites[0].gpus[0].type" },
	{ "\"a100\"", "\"h100\"", OCS_RANGE, "h100 is given twice" },
	{ "\"name\":\"lyon\"", "\"name\":\"paris\"", OCS_RANGE,
	  "site paris is given twice" },
	{ "\"name\":\"lyon\"", "\"name\":\"\"", OCS_SYNTAX, "sites[1].name" },
	{ "\"paris\",\"lyon\"]", "\"paris\",\"rome\"]", OCS_RANGE,
	  "predicted_starts[0].sites: rome is no site above" },
	{ "\"paris\",\"lyon\"]",
	  "\"paris\",\"paris\",\"paris\",\"paris\",\"paris\",\"paris\","
	  "\"paris\",\"paris\",\"lyon\"]", OCS_RANGE, "more than 8" },
	{ "\"rate_bps\":400000000000", "\"rate_bps\":100000000000001",
	  OCS_RANGE, "rate_bps" },
	{ "\"rate_bps\":400000000000", "\"rate_bps\":1e9", OCS_SYNTAX,
	  "rate_bps" },
	{ "\"start_s\":1700000100,", "", OCS_SYNTAX, "start_s" },
	{ "\"start_s\":1700000100", "\"start_s\":1700000100000", OCS_RANGE,
	  "start_s" },
	{ "{\"jobs\":2,", "[{\"jobs\":2,", OCS_SYNTAX, "" },
	{ "{\"jobs\":2,\"circuits_bps\":800000000000}", "3", OCS_SYNTAX,
	  "pending: an object is expected" },
	{ "\"jobs\":2", "\"jobs\":-2", OCS_RANGE, "pending.jobs" },
	{ "\"valid_s\":60", "\"valid_s\":0", OCS_RANGE, "valid_s" },
	{ "\"valid_s\":60", "\"valid_s\":86401", OCS_RANGE, "valid_s" },
	{ "\"time_ms\":1700000000000", "\"time_ms\":9e9", OCS_SYNTAX,
	  "time_ms" },
	{ "}]}", "}]", OCS_SYNTAX, "" },
};

static struct ocs_compute *decode(const char *text, struct ocs_error *err)
{
	memset(err, 0, sizeof(*err));
	return ocs_wire_decode_compute(text, strlen(text), err);
}

static void test_edits(void)
{
	char text[2048];
	struct ocs_compute *c;
	struct ocs_error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = strstr(base, cases[i].from);

		if (!ok(at, "case %zu is about something", i))
			continue;
		snprintf(text, sizeof(text), "%.*s%s%s", (int) (at - base),
			 base, cases[i].to, at + strlen(cases[i].from));
		c = decode(text, &err);
		if (!ok(c ? cases[i].code == OCS_OK :
			err.code == cases[i].code &&
			strstr(err.text, cases[i].want), "%zu: %s -> %s", i,
			cases[i].from, cases[i].to))
			printf("# %s: %s\n", ocs_code_name(err.code),
			       err.text);
		ocs_compute_destroy(c);
	}
}

static void test_cut(void)
{
	struct ocs_error err;
	unsigned int wrong = 0;

	for (size_t i = 0; i < strlen(base); i++) {
		char *part = malloc(i ? i : 1);
		struct ocs_compute *c;

		memcpy(part, base, i);
		c = ocs_wire_decode_compute(part, i, &err);
		wrong += c != NULL;
		ocs_compute_destroy(c);
		free(part);
	}
	is_num(wrong, 0, "cut at every byte");
}

static void test_values(void)
{
	struct ocs_error err;
	struct ocs_compute *c = decode(base, &err), **all = NULL;
	unsigned int n = 0;
	char *text;

	if (!ok(c, "the base is taken"))
		return;
	is_num(c->nsites, 2, "sites");
	is_num(c->site[0].nodes_idle, 3, "idle nodes");
	is_num(c->site[0].ngpus, 2, "types of GPUs");
	is_str(c->site[0].gpus[0].type, "a100", "type");
	is_num(c->site[0].gpus[0].idle, 24, "idle GPUs");
	is_num(c->pending_jobs, 2, "pending jobs");
	is_num(c->pending_bps, 800000000000, "what they want");
	is_str(c->start[0].site[1], "lyon", "where one will start");
	text = ocs_wire_encode_compute(c, false);
	is_str(text, base, "there and back");
	free(text);
	strcpy(c->cluster, "alpha");
	c->age_s = 7;
	c->stale = true;
	text = ocs_wire_encode_computes((const struct ocs_compute *const *) &c,
					1);
	ok(text && ocs_wire_decode_computes(text, strlen(text), &all, &n,
					    &err) == 0 && n == 1 &&
	   all[0]->age_s == 7 && all[0]->stale &&
	   !strcmp(all[0]->cluster, "alpha"), "as the agent shows it");
	if (n)
		ocs_compute_destroy(all[0]);
	free(all);
	free(text);
	ocs_compute_destroy(c);
}

static void test_no_memory(void)
{
	const char all_text[] = "{\"clusters\":[{\"sites\":[]},"
				"{\"sites\":[]}]}";
	struct ocs_compute *c = NULL, **all = NULL;
	struct ocs_error err;
	unsigned int n = 0;
	char *text;
	long made;

	NOMEM_EACH(made, c = decode(base, &err),
		   !c && err.code == OCS_NOMEM);
	ok(c && made > 2, "it takes %ld allocations", made);
	NOMEM_EACH(made, text = ocs_wire_encode_compute(c, true), !text);
	free(text);
	ocs_compute_destroy(c);
	NOMEM_EACH(made, ocs_wire_decode_computes(all_text, strlen(all_text),
						  &all, &n, &err),
		   !all && err.code == OCS_NOMEM);
	is_num(n, 2, "two clusters");
	for (unsigned int i = 0; i < n; i++)
		ocs_compute_destroy(all[i]);
	free(all);
}

int main(void)
{
	test_values();
	test_edits();
	test_cut();
	test_no_memory();
	return tap_done();
}
