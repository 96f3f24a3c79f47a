// SPDX-License-Identifier: GPL-2.0-or-later
/* attach.c and wire_attach.c: VLANs, templates, programs' answers, by table */
#include <stdlib.h>

#include "common/core/attach.h"
#include "common/wire/wire.h"
#include "common/wire/wire_attach.h"
#include "tests/unit/tap.h"

/* ---- sets of VLANs ---- */

static const struct {
	const char *text;
	unsigned int count;	/* 0: refused */
} vlans[] = {
	{ "1", 1 },
	{ "4094", 1 },
	{ "1-4094", 4094 },
	{ "100-199", 100 },
	{ "100-199,300", 101 },
	{ "64,63,65", 3 },
	{ "5,5,4-6", 3 },
	{ "0007", 1 },
	{ "", 0 },
	{ "0", 0 },
	{ "4095", 0 },
	{ "0-5", 0 },
	{ "5-0", 0 },
	{ "7-5", 0 },
	{ "1-", 0 },
	{ "-1", 0 },
	{ "1,", 0 },
	{ ",1", 0 },
	{ "1,,2", 0 },
	{ "1 2", 0 },
	{ " 1", 0 },
	{ "1-2-3", 0 },
	{ "a", 0 },
	{ "1a", 0 },
	{ "99999999999999999999", 0 },
	{ "00001", 0 },
};

static void test_vlans(void)
{
	struct ocs_vlans v, w;
	struct ocs_error err;

	for (size_t i = 0; i < sizeof(vlans) / sizeof(vlans[0]); i++) {
		int rc = ocs_vlans_parse(vlans[i].text, &v, &err);

		ok(vlans[i].count ? rc == 0 &&
		   ocs_vlans_count(&v) == vlans[i].count :
		   rc < 0 && err.code == OCS_SYNTAX &&
		   strstr(err.text, "100-199,300"), "VLANs '%s'",
		   vlans[i].text);
	}
	ocs_vlans_parse("100-199,4094", &v, &err);
	ok(!ocs_vlans_has(&v, 99) && ocs_vlans_has(&v, 100) &&
	   ocs_vlans_has(&v, 199) && !ocs_vlans_has(&v, 200) &&
	   ocs_vlans_has(&v, 4094) && !ocs_vlans_has(&v, 4095) &&
	   !ocs_vlans_has(&v, 0), "what is in it");
	w = v;
	ok(ocs_vlans_parse("7,x", &w, &err) < 0 && !memcmp(&v, &w, sizeof(v)),
	   "untouched when refused");
	ocs_vlans_parse("200-300", &w, &err);
	ok(!ocs_vlans_common(&v, &w), "none in common");
	ocs_vlans_parse("199-300", &w, &err);
	ok(ocs_vlans_common(&v, &w), "one in common");
}

/* ---- templates ---- */

static const struct {
	const char *template;
	unsigned int vlan;
	const char *want;	/* NULL: refused */
} templates[] = {
	{ "bond0.{vlan}", 137, "bond0.137" },
	{ "bond0", 0, "bond0" },
	{ "", 137, "" },
	{ "10.{vlan/100}.{vlan%100}.0/24", 137, "10.1.37.0/24" },
	{ "10.{vlan/100}.{vlan%100}.0/24", 4094, "10.40.94.0/24" },
	{ "10.{vlan/256}.{vlan%256}.0/24", 4094, "10.15.254.0/24" },
	{ "fd00:{vlan}::/64", 9, "fd00:9::/64" },
	{ "{vlan}{vlan}", 12, "1212" },
	{ "{vlan/4096}", 4094, "0" },
	{ "123456789012345678901234567890", 1,
	  "123456789012345678901234567890" },
	{ "1234567890123456789012345678901", 1, NULL },
	{ "12345678901234567890123456789{vlan}", 12, NULL },
	{ "bond0.{vlan}", 0, NULL },
	{ "{vlan/0}", 5, NULL },
	{ "{vlan%0}", 5, NULL },
	{ "{vlan/4097}", 5, NULL },
	{ "{vlan/-1}", 5, NULL },
	{ "{vlan/}", 5, NULL },
	{ "{vlan+1}", 5, NULL },
	{ "{vlan", 5, NULL },
	{ "{vlan/7", 5, NULL },
	{ "{", 5, NULL },
	{ "{}", 5, NULL },
	{ "{site}", 5, NULL },
	{ "{vlan/99999999999999999999}", 5, NULL },
};

static void test_templates(void)
{
	struct ocs_error err;
	char buf[31];

	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		const char *want = templates[i].want;
		int rc = ocs_attach_expand(templates[i].template,
					   templates[i].vlan, buf, sizeof(buf),
					   &err);

		ok(want ? rc == 0 && !strcmp(buf, want) : rc < 0,
		   "template '%s' of %u", templates[i].template,
		   templates[i].vlan);
	}
}

/* ---- words ---- */

static const struct {
	const char *text;
	bool iface, prefix;
} words[] = {
	{ "eth0", true, false },
	{ "bond0.137", true, false },
	{ "a_b-c.d", true, false },
	{ "123456789012345", true, false },
	{ "1234567890123456", false, false },
	{ "", false, false },
	{ ".", false, false },
	{ "..", false, false },
	{ "a b", false, false },
	{ "a/b", false, false },
	{ "a;b", false, false },
	{ "10.1.37.0/25", false, true },
	{ "0.0.0.0/0", false, true },
	{ "10.1.37.1/32", false, true },
	{ "fd00:137::/64", false, true },
	{ "::/0", false, true },
	{ "fd00:1:2:3:4:5:6:7/128", false, true },
	{ "10.1.37.0", true, false },
	{ "10.1.37.0/", false, false },
	{ "10.1.37.0/33", false, false },
	{ "10.1.37.0/-1", false, false },
	{ "10.1.37.0/0x8", false, false },
	{ "10.1.37.0/8/8", false, false },
	{ "10.1.37/24", false, false },
	{ "10.1.256.0/24", false, false },
	{ "fd00::/129", false, false },
	{ "fd00:::/64", false, false },
	{ "host/24", false, false },
	{ "/24", false, false },
	{ "10.0.0.0/999999999999", false, false },
};

static void test_words(void)
{
	enum ocs_attach v = OCS_DETACHED;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		ok(ocs_iface_ok(words[i].text) == words[i].iface,
		   "interface '%s'", words[i].text);
		ok(ocs_prefix_ok(words[i].text) == words[i].prefix,
		   "prefix '%s'", words[i].text);
	}
	for (int i = OCS_DETACHED; i <= OCS_DETACHING; i++)
		ok(ocs_attach_from_name(ocs_attach_name((enum ocs_attach) i),
					&v) == 0 && (int) v == i, "%s",
		   ocs_attach_name((enum ocs_attach) i));
	ok(ocs_attach_from_name("attached", &v) < 0 &&
	   ocs_attach_from_name("", &v) < 0 &&
	   ocs_attach_from_name(NULL, &v) < 0, "other words are none");
	is_str(ocs_attach_name((enum ocs_attach) 99), "?", "no such state");
}

/* ---- what programs answer ---- */

static const struct {
	const char *text;
	const char *interface, *prefix, *cause;	/* NULL: refused */
} answers[] = {
	{ "{\"version\":1}", "", "", "" },
	{ " {\"version\":1,\"more\":[{}]}\n", "", "", "" },
	{ "{\"version\":1,\"interface\":\"opt7\",\"prefix\":\"10.0.7.0/24\"}",
	  "opt7", "10.0.7.0/24", "" },
	{ "{\"version\":1,\"interface\":null,\"prefix\":\"\"}", "", "", "" },
	{ "{\"version\":1,\"cause\":\"no\\nway\"}", "", "", "no way" },
	{ "", NULL, NULL, NULL },
	{ "{", NULL, NULL, NULL },
	{ "[]", NULL, NULL, NULL },
	{ "1", NULL, NULL, NULL },
	{ "{}", NULL, NULL, NULL },
	{ "{\"version\":0}", NULL, NULL, NULL },
	{ "{\"version\":2}", NULL, NULL, NULL },
	{ "{\"version\":\"1\"}", NULL, NULL, NULL },
	{ "{\"version\":1}{\"version\":1}", NULL, NULL, NULL },
	{ "{\"version\":1,\"interface\":\"a b\"}", NULL, NULL, NULL },
	{ "{\"version\":1,\"interface\":\"1234567890123456\"}", NULL, NULL,
	  NULL },
	{ "{\"version\":1,\"interface\":[]}", NULL, NULL, NULL },
	{ "{\"version\":1,\"interface\":\"a\\u0000b\"}", NULL, NULL, NULL },
	{ "{\"version\":1,\"prefix\":\"10.0.7.0\"}", NULL, NULL, NULL },
	{ "{\"version\":1,\"prefix\":7}", NULL, NULL, NULL },
	{ "{\"version\":1,\"cause\":{}}", NULL, NULL, NULL },
};

static void test_answers(void)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const char *text = answers[i].text;
		struct ocs_hook_answer a;
		struct ocs_error err;
		int rc = ocs_wire_decode_hook_answer(text, strlen(text), &a,
						     &err);

		ok(answers[i].cause ? rc == 0 &&
		   !strcmp(a.interface, answers[i].interface) &&
		   !strcmp(a.prefix, answers[i].prefix) &&
		   !strcmp(a.cause, answers[i].cause) :
		   rc < 0 && err.text[0] && !a.cause[0] && !a.interface[0],
		   "answer '%s'", text);
	}
}

/* ---- what they are told, and what leases say ---- */

static const char lease_text[] =
	"{\"id\":\"00112233445566778899aabbccddeeff\",\"cluster\":\"alpha\","
	"\"job_id\":42,\"user_id\":1001,\"user\":\"anna\",\"sites\":["
	"{\"name\":\"paris\",\"nodes\":\"par[1-2]\"},"
	"{\"name\":\"lyon\",\"nodes\":\"lyo7\"}],\"circuits\":["
	"{\"a\":\"paris\",\"z\":\"lyon\",\"requested_bps\":7,"
	"\"granted_bps\":7,\"attachment\":{\"state\":\"DETACHING\","
	"\"vlan\":137,\"mtu\":9000,\"told_bps\":7,\"since_ms\":5,"
	"\"cause\":\"x\",\"a\":{\"hook\":true,\"interface\":\"opt1\","
	"\"prefix\":\"10.0.0.0/25\"},\"z\":{\"prefix\":\"fd00::/64\"}}}]}";
static const char told[] =
	"{\"version\":1,\"action\":\"detach\","
	"\"lease\":\"00112233445566778899aabbccddeeff\",\"cluster\":\"alpha\","
	"\"job_id\":42,\"user\":\"anna\",\"user_id\":1001,\"circuit\":0,"
	"\"end\":\"z\",\"site\":\"lyon\",\"nodes\":\"lyo7\","
	"\"peer_site\":\"paris\",\"peer_nodes\":\"par[1-2]\",\"ports\":[],"
	"\"vlan\":137,\"interface\":\"\",\"prefix\":\"fd00::/64\","
	"\"peer_prefix\":\"10.0.0.0/25\",\"rate_bps\":7,\"mtu\":9000}";

static void test_lease(void)
{
	struct ocs_error err;
	struct ocs_lease *l = ocs_wire_decode_lease(lease_text,
						    strlen(lease_text), &err);
	struct ocs_lease *copy = l ? ocs_lease_copy(l) : NULL;
	char *text, *again;

	if (!ok(l && copy && l->circuit[0].at, "a lease with an attachment"))
		return;
	ok(l->circuit[0].at != copy->circuit[0].at &&
	   !memcmp(l->circuit[0].at, copy->circuit[0].at,
		   sizeof(*l->circuit[0].at)), "its copy has its own");
	text = ocs_wire_encode_lease(l);
	again = ocs_wire_encode_lease(copy);
	is_str(text, again, "and says the same");
	free(text);
	free(again);
	text = ocs_wire_encode_hook(l, 0, true, false);
	is_str(text, told, "what the program of the z end is told");
	free(text);
	l->resv = OCS_TERMINATED;
	ok(ocs_lease_booked(l), "DETACHING is booked (I1)");
	is_str(ocs_lease_word(l), "RELEASING", "and shown as RELEASING");
	l->circuit[0].at->state = OCS_DETACHED;
	ok(!ocs_lease_booked(l), "DETACHED is not");
	l->resv = OCS_COMMITTED;
	l->circuit[0].prov = OCS_PROVISIONED;
	l->circuit[0].data = OCS_UP;
	for (int i = OCS_DETACHED; i <= OCS_DETACHING; i++) {
		l->circuit[0].at->state = (enum ocs_attach) i;
		ok(ocs_lease_up(l) == (i == OCS_ATTACHED),
		   "lit and %s: up or not (I4)",
		   ocs_attach_name((enum ocs_attach) i));
	}
	ocs_lease_destroy(l);
	ocs_lease_destroy(copy);
}

int main(void)
{
	test_vlans();
	test_templates();
	test_words();
	test_answers();
	test_lease();
	return tap_done();
}
