// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests the lines of opticald-exec(7), and that no memory is only an error. */
#include <stdlib.h>
#include <string.h>

#include "common/wire/wire_exec.h"
#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"

#define ID "0123456789abcdef0123456789abcdef.0"

/* WANT: a part of the error's text, "" for what is taken */
static const struct {
	const char *text, *want;
} lines[] = {
	{ "{\"id\":1,\"outcome\":\"done\"}", "" },
	{ "{\"id\":1,\"outcome\":\"done\",\"protocol\":1,\"resize\":true}", "" },
	{ "{\"id\":1,\"outcome\":\"lost\",\"more\":{\"to\":[\"come\"]}}", "" },
	{ "{\"id\":1,\"outcome\":\"done\",\"light\":\"lit\",\"rate_bps\":1,"
	  "\"latency_us\":2274,\"route\":[\"par-lyo\"]}", "" },
	{ "{\"id\":1,\"outcome\":\"done\",\"services\":[]}", "" },
	{ "{\"id\":1,\"outcome\":\"done\",\"services\":[{\"id\":\"" ID
	  "\",\"light\":\"dark\"}],\"links\":[{\"name\":\"x\"}]}", "" },
	{ "{\"event\":\"service\",\"service\":\"" ID "\",\"light\":\"dark\"}",
	  "" },
	{ "{\"event\":\"link\",\"link\":\"x\",\"down\":false}", "" },
	{ "{\"event\":\"link\",\"link\":\"x\",\"foreign_bps\":0}", "" },
	{ "{\"event\":\"link\",\"link\":\"x\",\"latency_us\":0}", "" },
	{ "{\"event\":\"link\",\"link\":\"x\",\"latency_us\":\"1\"}",
	  "latency_us" },
	{ "{\"id\":1,\"outcome\":\"done\",\"links\":[{\"name\":\"x\","
	  "\"latency_us\":1,\"delay_variation_us\":-1}]}",
	  "links[0].delay_variation_us" },
	{ "", "JSON" },
	{ "nonsense", "JSON" },
	{ "[]", "object" },
	{ "{\"id\":1,\"outcome\":\"done\"} {}", "JSON" },
	{ "{\"id\":1}", "outcome" },
	{ "{\"outcome\":\"done\"}", "id" },
	{ "{\"id\":0,\"outcome\":\"done\"}", "id" },
	{ "{\"id\":-1,\"outcome\":\"done\"}", "id" },
	{ "{\"id\":\"1\",\"outcome\":\"done\"}", "id" },
	{ "{\"id\":1,\"outcome\":\"perhaps\"}", "outcome: 'perhaps'" },
	{ "{\"id\":1,\"outcome\":0}", "outcome" },
	{ "{\"id\":1,\"outcome\":\"done\",\"light\":\"bright\"}", "light" },
	{ "{\"id\":1,\"outcome\":\"done\",\"rate_bps\":0}", "rate_bps" },
	{ "{\"id\":1,\"outcome\":\"done\",\"rate_bps\":100000000000001}",
	  "rate_bps" },
	{ "{\"id\":1,\"outcome\":\"done\",\"latency_us\":10000001}",
	  "latency_us" },
	{ "{\"id\":1,\"outcome\":\"done\",\"route\":[\"a b\"]}", "route" },
	{ "{\"id\":1,\"outcome\":\"done\",\"route\":[1]}", "route" },
	{ "{\"id\":1,\"outcome\":\"done\",\"route\":\"x\"}", "route" },
	{ "{\"id\":1,\"outcome\":\"done\",\"route\":[\"a\",\"a\",\"a\",\"a\","
	  "\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
	  "\"a\",\"a\"]}", "route" },
	{ "{\"id\":1,\"outcome\":\"done\",\"services\":[{\"id\":\"x\"}]}",
	  "services[0].light" },
	{ "{\"id\":1,\"outcome\":\"done\",\"services\":[{\"light\":\"lit\"}]}",
	  "services[0].id" },
	{ "{\"id\":1,\"outcome\":\"done\",\"services\":[{\"id\":"
	  "\"../../etc/passwd\",\"light\":\"lit\"}]}", "services[0].id" },
	{ "{\"id\":1,\"outcome\":\"done\",\"services\":[{\"id\":"
	  "\"01234567890123456789012345678901234567890\",\"light\":\"lit\"}]}",
	  "services[0].id" },
	{ "{\"id\":1,\"outcome\":\"done\",\"services\":{}}", "services" },
	{ "{\"id\":1,\"outcome\":\"done\",\"links\":[{}]}", "links[0].name" },
	{ "{\"id\":1,\"outcome\":\"done\",\"links\":[{\"name\":\"x\","
	  "\"down\":1}]}", "links[0].down" },
	{ "{\"id\":1,\"outcome\":\"done\",\"links\":[{\"name\":\"x\","
	  "\"foreign_bps\":-1}]}", "links[0].foreign_bps" },
	{ "{\"event\":\"service\",\"service\":\"x\"}", "light" },
	{ "{\"event\":\"service\",\"light\":\"lit\"}", "service" },
	{ "{\"event\":\"link\"}", "link" },
	{ "{\"event\":\"storm\"}", "'storm' is neither" },
	{ "{\"event\":7}", "event" },
};

static void test_lines(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct ocs_exec_line line;
		struct ocs_error err = { 0 };
		int rc = ocs_wire_exec_decode(lines[i].text,
					      strlen(lines[i].text), &line,
					      &err);

		ok(lines[i].want[0] ? rc < 0 && strstr(err.text, lines[i].want) :
		   rc == 0, "%s", lines[i].want[0] ? lines[i].want : "taken");
		if (rc == 0)
			ocs_exec_line_fini(&line);
		else if (!lines[i].want[0] || !strstr(err.text, lines[i].want))
			printf("# line %zu: %s\n", i, err.text);
	}
}

static void test_members(void)
{
	static const char text[] = "{\"id\":7,\"outcome\":\"refused\","
		"\"cause\":\"no\\u0007port\",\"light\":\"tearing\",\"links\":["
		"{\"name\":\"x\",\"down\":true},{\"name\":\"y\","
		"\"foreign_bps\":5,\"latency_us\":9},{\"name\":\"z\","
		"\"latency_us\":0,\"delay_variation_us\":3}],\"services\":[]}";
	struct ocs_exec_line line;
	struct ocs_error err;

	ok(ocs_wire_exec_decode(text, strlen(text), &line, &err) == 0, "taken");
	ok(line.what == OCS_EXEC_ANSWER && line.id == 7 &&
	   line.outcome == OCS_EXEC_REFUSED, "an answer");
	is_str(line.cause, "no port", "what is printed is printable");
	ok(line.service.has_light && line.service.light == OCS_EXEC_TEARING,
	   "light");
	ok(line.has_inventory && !line.nservices, "an empty inventory");
	ok(line.nlinks == 3 && line.link[0].has_down && line.link[0].down &&
	   !line.link[0].has_foreign, "a link that is down");
	ok(!line.link[1].has_down && line.link[1].has_foreign &&
	   line.link[1].foreign_bps == 5, "others on a link");
	ok(!line.link[0].has_latency && line.link[1].has_latency &&
	   line.link[1].latency_us == 9 &&
	   line.link[1].variation_us == UINT64_MAX, "a latency");
	ok(line.link[2].has_latency && !line.link[2].latency_us &&
	   line.link[2].variation_us == 3, "one that is not known any more");
	ocs_exec_line_fini(&line);
}

static void test_requests(void)
{
	static const char hop[2][OCS_NAME_MAX] = { "par-lyo", "lyo-nce" };
	const struct ocs_exec_want want = {
		.id = ID, .a = "paris", .z = "nice",
		.rate_bps = UINT64_C(400000000000), .nhops = 2, .hop = hop,
	};
	struct ocs_site site[] = { { .name = "paris" }, { .name = "lyon" } };
	struct ocs_link link = { .name = "par-lyo", .z = 1, .capacity_bps = 9 };
	const struct ocs_net net = {
		.nsites = 2, .site = site, .nlinks = 1, .link = &link,
	};
	char *text;

	text = ocs_wire_exec_request(OCS_EXEC_CREATE, 3, &want);
	is_str(text, "{\"id\":3,\"op\":\"create\",\"service\":{\"id\":\"" ID
	       "\",\"a\":\"paris\",\"z\":\"nice\",\"rate_bps\":400000000000,"
	       "\"route\":[\"par-lyo\",\"lyo-nce\"]}}\n", "create");
	free(text);
	text = ocs_wire_exec_request(OCS_EXEC_INVENTORY, 4, NULL);
	is_str(text, "{\"id\":4,\"op\":\"inventory\"}\n", "inventory");
	free(text);
	text = ocs_wire_exec_hello(1, "opticald 1", &net);
	is_str(text, "{\"id\":1,\"op\":\"hello\",\"protocol\":1,\"agent\":"
	       "\"opticald 1\",\"links\":[{\"name\":\"par-lyo\",\"a\":\"paris\","
	       "\"z\":\"lyon\",\"capacity_bps\":9}]}\n", "hello");
	free(text);
}

static void test_nomem(void)
{
	const char *text = lines[5].text;
	struct ocs_exec_line line;
	struct ocs_error err;
	long made;
	int rc;

	NOMEM_EACH(made, rc = ocs_wire_exec_decode(text, strlen(text), &line,
						   &err),
		   rc < 0 && err.code == OCS_NOMEM);
	ok(rc == 0 && made > 1, "a line takes %ld allocations", made);
	ocs_exec_line_fini(&line);
}

int main(void)
{
	test_lines();
	test_members();
	test_requests();
	test_nomem();
	return tap_done();
}
