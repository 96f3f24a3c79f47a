// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests wire: what comes back is what went out, and all else is refused. */
#include <stdlib.h>

#include "common/wire/wire.h"
#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"

#define ID "0123456789abcdef0123456789abcdef"

static const char lease_text[] =
	"{\"id\":\"" ID "\",\"cluster\":\"alpha\",\"job_id\":42,"
	"\"user_id\":1000,\"user\":\"ada\",\"submit_s\":1700000000,"
	"\"restart_cnt\":1,\"end_s\":1700003600,\"controller_epoch\":7,"
	"\"sites\":[{\"name\":\"paris\",\"nodes\":\"par[001-004]\"},"
	"{\"name\":\"lyon\",\"nodes\":\"lyo[1,3]\"},{\"name\":\"nice\"}],"
	"\"circuits\":[{\"a\":\"paris\",\"z\":\"lyon\","
	"\"requested_bps\":400000000000,\"granted_bps\":200000000000,"
	"\"max_latency_us\":3000,\"latency_us\":2274,"
	"\"route\":[\"par-lyo\",\"x.2\"],\"provisioning\":\"PROVISIONED\","
	"\"data_plane\":\"UP\",\"up_ms\":1700000000123},"
	"{\"a\":\"nice\",\"z\":\"paris\",\"requested_bps\":1}],"
	"\"reservation\":\"COMMITTED\",\"blame\":\"none\",\"cause\":\"why\","
	"\"held_ms\":1,\"committed_ms\":2,\"active_ms\":3,\"ended_ms\":4,"
	"\"gone_ms\":5,\"state\":\"ACTIVE\"}";

static const char state_text[] =
	"{\"instance\":\"" ID "\",\"generation\":9007199254740993,"
	"\"time_ms\":1700000000000,\"simulated\":true,\"brake\":false,"
	"\"sites\":[{\"name\":\"paris\"},{\"name\":\"lyon\"}],"
	"\"links\":[{\"name\":\"par-lyo\",\"a\":\"paris\",\"z\":\"lyon\","
	"\"capacity_bps\":3200000000000,\"booked_bps\":400000000000,"
	"\"granule_bps\":400000000000,\"latency_us\":2274,\"drained\":true,"
	"\"down\":false}],\"leases\":[]}";

/* Circuits of members, with all that they can have. */
static const char members_text[] =
	"{\"id\":\"" ID "\",\"cluster\":\"alpha\",\"job_id\":42,"
	"\"user_id\":1000,\"sites\":[{\"name\":\"paris\"},"
	"{\"name\":\"lyon\"}],\"circuits\":[{\"a\":\"paris\","
	"\"z\":\"lyon\",\"requested_bps\":400000000000,"
	"\"granted_bps\":400000000000,\"route\":[\"x\",\"y\"],"
	"\"protect\":\"1+1\",\"max_delay_variation_us\":30,"
	"\"max_unavailable_ppb\":100000,"
	"\"delay_variation_us\":21,"
	"\"members\":[{\"port_a\":\"par-1\",\"port_z\":\"lyo-1\","
	"\"wavelengths\":[3,0]},{\"standby\":true,\"route\":[\"z\"],"
	"\"wavelengths\":[1000]}]},"
	"{\"a\":\"campus\",\"z\":\"lyon\",\"requested_bps\":1,"
	"\"members\":[{\"port_z\":\"lyo-2\"}]}]}";

static const char network_text[] =
	"{\"instance\":\"" ID "\",\"generation\":1,\"time_ms\":1,"
	"\"sites\":[{\"name\":\"paris\"},{\"name\":\"lyon\","
	"\"regen\":false},{\"name\":\"campus\",\"external\":true,"
	"\"interdomain\":true}],"
	"\"links\":[{\"name\":\"x\",\"a\":\"paris\",\"z\":\"lyon\","
	"\"capacity_bps\":800000000000,\"booked_bps\":400000000000,"
	"\"granule_bps\":400000000000,\"latency_us\":2274,"
	"\"hidden\":false,\"granularity\":\"wavelength\","
	"\"capacity\":\"shared\",\"latency_source\":\"measured\","
	"\"latency_ms\":5,\"wavelength_bps\":400000000000,\"lit\":2,"
	"\"metres\":460000,\"reach_m\":718000,\"delay_variation_us\":20,"
	"\"unavailable_ppb\":100000,\"cost_milli\":250,"
	"\"energy_pj_per_bit\":300,\"plane\":0,\"domain\":\"nren\","
	"\"risks\":[\"a7\",\"rhone\"],\"wavelengths\":[{\"number\":2,"
	"\"booked_bps\":400000000000,\"lit\":true}]}],"
	"\"ports\":[{\"name\":\"par-1\",\"site\":\"paris\","
	"\"gateway\":\"gw1\",\"rate_bps\":400000000000,"
	"\"booked_bps\":100000000000,\"plane\":63,\"mtu\":9216,"
	"\"transport\":\"infiniband\",\"drained\":true,\"down\":false}],"
	"\"windows\":[{\"link\":\"x\",\"start_s\":5,\"end_s\":9}],"
	"\"leases\":[]}";

/* BASE with the first FROM replaced by TO; the caller frees. */
static char *edit(const char *base, const char *from, const char *to)
{
	const char *at = strstr(base, from);
	char *text;

	if (!at)
		return NULL;
	text = malloc(strlen(base) + strlen(to) + 1);
	sprintf(text, "%.*s%s%s", (int) (at - base), base, to,
		at + strlen(from));
	return text;
}

struct edit_case {
	const char *from, *to;
	enum ocs_code code;	/* OCS_OK: taken */
	const char *want;	/* a part of the text */
};

static const struct edit_case lease_cases[] = {
	/* taken */
	{ "\"user\":\"ada\",", "", OCS_OK, "" },
	{ "\"user\":\"ada\"", "\"user\":\"d@x+\\u00e9\"", OCS_OK, "" },
	{ "\"submit_s\":1700000000,", "", OCS_OK, "" },
	{ "\"submit_s\":1700000000", "\"submit_s\":null", OCS_OK, "" },
	{ "\"cause\"", "\"later\":{\"x\":[1,2.5,\"y\"]},\"cause\"", OCS_OK,
	  "" },
	{ "\"state\":\"ACTIVE\"", "\"state\":\"anything\"", OCS_OK, "" },
	{ "\"job_id\":42", "\"job_id\":4294967295", OCS_OK, "" },
	/* wrong types and missing ones, each with its path */
	{ "\"id\":", "\"ID\":", OCS_SYNTAX, "id: " },
	{ "\"cluster\":\"alpha\"", "\"cluster\":5", OCS_SYNTAX, "cluster: " },
	{ "\"cluster\":\"alpha\",", "", OCS_SYNTAX,
	  "cluster: a string is missing" },
	{ "\"job_id\":42", "\"job_id\":\"42\"", OCS_SYNTAX,
	  "job_id: a whole number is expected" },
	{ "\"job_id\":42", "\"job_id\":42.0", OCS_SYNTAX, "job_id" },
	{ "\"job_id\":42", "\"job_id\":4e1", OCS_SYNTAX, "job_id" },
	{ "\"job_id\":42", "\"job_id\":true", OCS_SYNTAX, "job_id" },
	{ "\"job_id\":42", "\"job_id\":null", OCS_SYNTAX, "is missing" },
	{ "\"job_id\":42", "\"job_id\":{}", OCS_SYNTAX, "job_id" },
	{ "\"job_id\":42", "\"job_id\":-0.0", OCS_SYNTAX, "job_id" },
	{ "\"sites\":[", "\"sites\":3,\"x\":[", OCS_SYNTAX,
	  "sites: an array is expected" },
	{ "\"sites\":[", "\"sites\":{\"x\":[", OCS_SYNTAX, "" },
	{ "{\"name\":\"nice\"}", "7", OCS_SYNTAX, "element 2" },
	{ "{\"name\":\"nice\"}", "null", OCS_SYNTAX, "element 2" },
	{ "{\"name\":\"nice\"}", "[]", OCS_SYNTAX, "element 2" },
	{ "\"circuits\":", "\"circuit\":", OCS_SYNTAX, "circuits" },
	{ "\"route\":[\"par-lyo\"", "\"route\":[17", OCS_SYNTAX,
	  "circuits[0].route" },
	{ "\"route\":[", "\"route\":[[],", OCS_SYNTAX, "circuits[0].route" },
	{ "\"requested_bps\":1}", "\"granted_bps\":1}", OCS_SYNTAX,
	  "circuits[1].requested_bps: a whole number is missing" },
	{ "\"reservation\":\"COMMITTED\"", "\"reservation\":\"MINE\"",
	  OCS_SYNTAX, "reservation: unknown word 'MINE'" },
	{ "\"reservation\":\"COMMITTED\"", "\"reservation\":2", OCS_SYNTAX,
	  "reservation" },
	{ "\"blame\":\"none\"", "\"blame\":[]", OCS_SYNTAX, "blame" },
	{ "\"PROVISIONED\"", "\"provisioned\"", OCS_SYNTAX,
	  "circuits[0].provisioning" },
	{ "\"UP\"", "\"\"", OCS_SYNTAX, "circuits[0].data_plane" },
	{ "\"cause\":\"why\"", "\"cause\":[\"why\"]", OCS_SYNTAX, "cause" },
	/* numbers */
	{ "\"job_id\":42", "\"job_id\":-1", OCS_RANGE, "job_id" },
	{ "\"job_id\":42", "\"job_id\":4294967296", OCS_RANGE, "job_id" },
	{ "\"controller_epoch\":7", "\"controller_epoch\":9223372036854775808",
	  OCS_RANGE, "controller_epoch" },
	{ "\"end_s\":1700003600", "\"end_s\":1700003600000", OCS_RANGE,
	  "end_s" },
	{ "\"held_ms\":1", "\"held_ms\":-1", OCS_RANGE, "held_ms" },
	{ "\"requested_bps\":1}", "\"requested_bps\":0}", OCS_RANGE,
	  "circuits[1].requested_bps: a number from 1 to 100000000000000" },
	{ "\"requested_bps\":1}", "\"requested_bps\":100000000000001}",
	  OCS_RANGE, "circuits[1].requested_bps" },
	{ "\"granted_bps\":200", "\"granted_bps\":401", OCS_RANGE,
	  "circuits[0].granted_bps" },
	{ "\"max_latency_us\":3000", "\"max_latency_us\":10000001", OCS_RANGE,
	  "max_latency_us" },
	{ "42,", "0x2a,", OCS_SYNTAX, "bad JSON" },
	{ "42,", "NaN,", OCS_SYNTAX, "" },
	{ "42,", "Infinity,", OCS_SYNTAX, "" },
	{ "42,", "+42,", OCS_SYNTAX, "" },
	/* names and ids */
	{ ID, "0123456789abcdef0123456789abcde", OCS_SYNTAX, "id" },
	{ ID, "0123456789abcdef0123456789abcdeg", OCS_SYNTAX, "id" },
	{ ID, "0123456789ABCDEF0123456789ABCDEF", OCS_SYNTAX, "id" },
	{ ID, ID "0", OCS_RANGE, "id" },
	{ "alpha", "", OCS_SYNTAX, "cluster" },
	{ "alpha", "al pha", OCS_SYNTAX, "cluster" },
	{ "alpha", "al/../pha", OCS_SYNTAX, "cluster" },
	{ "alpha", "al\\u0000pha", OCS_SYNTAX, "NUL" },
	{ "alpha", "al\\npha", OCS_SYNTAX, "cluster" },
	{ "alpha", "a123456789b123456789c123456789d123456789e123456789f1234567"
		   "89abcd", OCS_RANGE, "cluster: more than 63 bytes" },
	{ "\"ada\"", "\"a da\"", OCS_SYNTAX, "user" },
	{ "\"ada\"", "\"a\\u0007da\"", OCS_SYNTAX, "user" },
	{ "\"ada\"", "\"a\\u0000da\"", OCS_SYNTAX, "user" },
	{ "par[001-004]", "par[001-004] x", OCS_SYNTAX, "sites[0].nodes" },
	{ "par[001-004]", "$(reboot)", OCS_SYNTAX, "sites[0].nodes" },
	{ "\"x.2\"", "\"\"", OCS_SYNTAX, "circuits[0].route" },
	{ "\"x.2\"", "\"x\\u00002\"", OCS_SYNTAX, "circuits[0].route" },
	/* what does not fit together */
	{ "{\"name\":\"nice\"}", "{\"name\":\"lyon\"}", OCS_RANGE,
	  "sites[2].name: site lyon is given twice" },
	{ "{\"name\":\"nice\"}", "{\"name\":\"rome\"}", OCS_OK, "" },
	{ "\"a\":\"paris\",\"z\":\"lyon\"",
	  "\"a\":\"oslo\",\"z\":\"rome\"", OCS_RANGE,
	  "circuits[0].a: oslo is no site of this lease, nor is rome" },
	{ "\"z\":\"lyon\"", "\"z\":\"paris\"", OCS_RANGE, "both ends" },
	{ "\"a\":\"nice\"", "\"a\":\"lyon\"", OCS_RANGE,
	  "lyon-paris is given twice" },
	/* counts */
	{ "\"sites\":[", "\"sites\":[{\"name\":\"a\"},{\"name\":\"b\"},"
			 "{\"name\":\"c\"},{\"name\":\"d\"},{\"name\":\"e\"},"
			 "{\"name\":\"f\"},", OCS_RANGE,
	  "sites: more than 8 elements" },
	{ "\"route\":[", "\"route\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\","
			 "\"7\",\"8\",\"9\",\"a\",\"b\",\"c\",\"d\",\"e\","
			 "\"f\",", OCS_RANGE, "route: more than 16" },
	/* the JSON itself */
	{ "\"why\"", "\"\xff\"", OCS_SYNTAX, "bad JSON" },
	{ "\"why\"", "\"\xc0\x80\"", OCS_SYNTAX, "bad JSON" },
	{ "\"why\"", "\"\xe2\x82\"", OCS_SYNTAX, "bad JSON" },
	{ "\"why\"", "'why'", OCS_SYNTAX, "bad JSON" },
	{ "\"why\"", "\"why\\q\"", OCS_SYNTAX, "bad JSON" },
	{ "\"why\"", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", OCS_RANGE,
	  "levels deep" },
	{ "{\"id\"", "/* x */{\"id\"", OCS_SYNTAX, "bad JSON" },
	{ "{\"id\"", "[{\"id\"", OCS_SYNTAX, "" },
	{ "{\"id\"", "\xef\xbb\xbf{\"id\"", OCS_SYNTAX, "bad JSON" },
	{ "\"ACTIVE\"}", "\"ACTIVE\",}", OCS_SYNTAX, "bad JSON" },
	{ "\"ACTIVE\"}", "\"ACTIVE\"}}", OCS_SYNTAX, "text follows" },
	{ "\"ACTIVE\"}", "\"ACTIVE\"}{}", OCS_SYNTAX, "text follows" },
	{ "\"ACTIVE\"}", "\"ACTIVE\"} \n\t\r", OCS_OK, "" },
};

#define ROW "{\"name\":\"up\",\"a\":\"paris\",\"z\":\"lyon\"," \
	"\"capacity_bps\":1,\"booked_bps\":0,\"latency_us\":0}"
static const struct edit_case state_cases[] = {
	{ "\"booked_bps\":400000000000", "\"booked_bps\":3200000000001",
	  OCS_OK, "" },
	{ "\"drained\":true,", "", OCS_OK, "" },
	{ "\"sites\":[{\"name\":\"paris\"},{\"name\":\"lyon\"}],",
	  "\"sites\":[],", OCS_RANGE, "links[0].a: site paris is not known" },
	{ "\"z\":\"lyon\"", "\"z\":\"Lyon\"", OCS_RANGE, "links[0].z" },
	{ "\"z\":\"lyon\"", "\"z\":1", OCS_SYNTAX, "links[0].z" },
	{ "\"z\":\"lyon\"", "\"z\":\"paris\"", OCS_RANGE, "same site" },
	{ "{\"name\":\"lyon\"}", "{\"name\":\"paris\"}", OCS_RANGE,
	  "sites[1].name: site paris is given twice" },
	{ "\"links\":[", "\"links\":[{\"name\":\"par-lyo\",\"a\":\"paris\","
			 "\"z\":\"lyon\",\"capacity_bps\":0,\"booked_bps\":0,"
			 "\"latency_us\":0},", OCS_RANGE,
	  "links: link par-lyo is given twice" },
	{ "\"drained\":true", "\"drained\":1", OCS_SYNTAX,
	  "links[0].drained: true or false" },
	{ "\"drained\":true", "\"drained\":\"true\"", OCS_SYNTAX, "drained" },
	{ "\"capacity_bps\":3200000000000", "\"capacity_bps\":-1", OCS_RANGE,
	  "capacity_bps" },
	{ "\"capacity_bps\":3200000000000", "\"capacity_bps\":1e12",
	  OCS_SYNTAX, "capacity_bps" },
	{ "\"capacity_bps\":3200000000000,", "", OCS_SYNTAX, "capacity_bps" },
	{ "\"generation\":9007199254740993", "\"generation\":\"9\"",
	  OCS_SYNTAX, "generation" },
	{ "\"generation\":9007199254740993",
	  "\"generation\":18446744073709551615", OCS_RANGE, "generation" },
	{ "\"leases\":[]", "\"leases\":null", OCS_SYNTAX, "leases" },
	{ "\"leases\":[]", "\"leases\":{}", OCS_SYNTAX, "leases" },
	{ "\"leases\":[]", "\"leases\":[{}]", OCS_SYNTAX, "leases[0].id" },
	{ "\"leases\":[]", "\"leases\":[5]", OCS_SYNTAX, "leases: element 0" },
	{ "\"leases\":[]", "\"leases\":[],\"x\":[,]", OCS_SYNTAX, "bad JSON" },
	/* long arrays are read row by row */
	{ "\"leases\":[]", "\"leases\":[ \n]", OCS_OK, "" },
	{ "\"leases\":[]", "\"leases\":[,]", OCS_SYNTAX, "leases: element 0" },
	{ "\"leases\":[]", "\"leases\":[", OCS_SYNTAX, "bad JSON" },
	{ "\"leases\":[]", "\"leases\":[}", OCS_SYNTAX, "" },
	{ "\"leases\":[]", "\"leases\":[]]", OCS_SYNTAX, "bad JSON" },
	{ "\"leases\":[]", "\"leases\":[],\"leases\":[]", OCS_SYNTAX,
	  "leases: given twice" },
	{ "\"leases\":[]", "\"leases\":[],\"l\\u0065ases\":[{}]",
	  OCS_OK, "" },
	{ "\"leases\":[]", "\"l\\u0065ases\":[{}]", OCS_SYNTAX,
	  "leases[0].id" },
	{ "\"leases\":[]", "\"leases\":[],\"x\":\"\\\"leases\\\":[{}]\"",
	  OCS_OK, "" },
	{ "\"links\":[", "\"links\" : [ " ROW " ,\n\t", OCS_OK, "" },
	{ "\"links\":[", "\"links\":[" ROW, OCS_SYNTAX,
	  "links: a comma is expected after element 0" },
	{ "\"links\":[", "\"links\":[" ROW ",,", OCS_SYNTAX,
	  "links: element 1: bad JSON" },
	{ "\"links\":[", "\"links\":[" ROW ",[]," , OCS_SYNTAX,
	  "links: element 1: a JSON object is expected" },
	{ "\"links\":[", "\"links\":[" ROW ",{\"x\":}," , OCS_SYNTAX,
	  "links: element 1: bad JSON" },
	{ "\"links\":[", "\"links\":[" ROW "}]},", OCS_SYNTAX, "" },
	{ "\"down\":false}]", "\"down\":false},]", OCS_SYNTAX,
	  "links: element 1: the JSON document is cut off" },
	{ "\"down\":false}]", "\"down\":false]", OCS_SYNTAX, "" },
	{ "\"down\":false}]", "\"down\":false,\"x\":\"]}\\\"\"}]", OCS_OK,
	  "" },
	{ "\"down\":false}]", "\"down\":false,\"x\":\"]}\\\"}]", OCS_SYNTAX,
	  "" },
	{ "\"down\":false}]",
	  "\"down\":[[[[[[[[[[[[[1]]]]]]]]]]]]]}]", OCS_RANGE,
	  "links: element 0: JSON is more than 10 levels deep" },
	{ "\"instance\":\"" ID "\",", "", OCS_SYNTAX, "instance" },
	{ "\"instance\":\"" ID "\"", "\"instance\":\"\"", OCS_SYNTAX,
	  "instance" },
	{ "\"time_ms\":1700000000000,", "", OCS_SYNTAX, "time_ms" },
};

static const struct edit_case members_cases[] = {
	{ "\"1+1\"", "\"DIVERSE\"", OCS_OK, "" },
	{ "\"1+1\"", "\"always\"", OCS_SYNTAX,
	  "circuits[0].protect: unknown word 'always'" },
	{ "\"1+1\"", "2", OCS_SYNTAX, "protect" },
	{ "max_delay_variation_us\":30", "max_delay_variation_us\":10000001",
	  OCS_RANGE, "max_delay_variation_us" },
	{ "max_unavailable_ppb\":100000", "max_unavailable_ppb\":999999999",
	  OCS_OK, "" },
	{ "max_unavailable_ppb\":100000", "max_unavailable_ppb\":1000000000",
	  OCS_RANGE, "max_unavailable_ppb" },
	{ "max_unavailable_ppb\":100000", "max_unavailable_ppb\":4295067296",
	  OCS_RANGE, "max_unavailable_ppb" },
	{ "max_unavailable_ppb\":100000", "max_unavailable_ppb\":-1",
	  OCS_RANGE, "max_unavailable_ppb" },
	{ "max_unavailable_ppb\":100000", "max_unavailable_ppb\":\"99.99\"",
	  OCS_SYNTAX, "max_unavailable_ppb" },
	{ "max_unavailable_ppb\":100000", "max_unavailable_ppb\":1.5",
	  OCS_SYNTAX, "max_unavailable_ppb" },
	{ "\"delay_variation_us\":21", "\"delay_variation_us\":-1",
	  OCS_RANGE, "delay_variation_us" },
	{ "[3,0]", "[3]", OCS_RANGE,
	  "circuits[0].members[0].wavelengths: one for each of 2 hops" },
	{ "[3,0]", "[]", OCS_OK, "" },
	{ "[3,0]", "[3,1001]", OCS_RANGE, "0 to 1000 are expected" },
	{ "[3,0]", "[3,-1]", OCS_RANGE, "0 to 1000" },
	{ "[3,0]", "[3,\"0\"]", OCS_RANGE, "0 to 1000" },
	{ "[3,0]", "7", OCS_SYNTAX, "wavelengths" },
	{ "\"par-1\"", "\"par 1\"", OCS_SYNTAX,
	  "circuits[0].members[0].port_a" },
	{ "\"members\":[{", "\"members\":[7,{", OCS_SYNTAX, "members" },
	{ "\"members\":[{", "\"members\":{\"x\":[{", OCS_SYNTAX, "" },
	{ "\"route\":[\"z\"]", "\"route\":[\"\"]", OCS_SYNTAX, "route" },
	{ "\"route\":[\"z\"]", "\"route\":null", OCS_SYNTAX, "route" },
	{ "\"standby\":true", "\"standby\":1", OCS_SYNTAX, "standby" },
	{ "\"members\":[{", "\"members\":[{},{},{},{},{},{},{},{},{},{},{},"
	  "{},{},{},{},{", OCS_RANGE, "members: more than 16 elements" },
};

static const struct edit_case network_cases[] = {
	{ "\"regen\":false", "\"regen\":0", OCS_SYNTAX, "sites[1].regen" },
	{ "\"windows\":[{\"link\":\"x\",\"start_s\":5,\"end_s\":9}],", "",
	  OCS_OK, "" },
	{ "\"end_s\":9", "\"end_s\":5", OCS_RANGE,
	  "windows[0].end_s: an end after start_s is expected" },
	{ "\"link\":\"x\"", "\"link\":5", OCS_SYNTAX, "windows[0].link" },
	{ "\"start_s\":5,", "", OCS_SYNTAX, "windows[0].start_s" },
	{ "\"external\":true", "\"external\":\"\"", OCS_SYNTAX,
	  "sites[2].external" },
	{ "\"granularity\":\"wavelength\"", "\"granularity\":\"fibre\"",
	  OCS_SYNTAX, "links[0].granularity: unknown word 'fibre'" },
	{ "\"shared\"", "\"lent\"", OCS_SYNTAX, "links[0].capacity" },
	{ "\"measured\"", "\"guessed\"", OCS_SYNTAX, "latency_source" },
	{ "\"plane\":0", "\"plane\":64", OCS_RANGE, "links[0].plane" },
	{ "\"a7\",\"rhone\"", "\"1\",\"2\",\"3\",\"4\",\"5\",\"6\","
	  "\"7\",\"8\",\"9\"", OCS_RANGE, "risks: more than 8" },
	{ "\"a7\"", "\"a 7\"", OCS_SYNTAX, "risks" },
	{ "\"nren\"", "\"n/n\"", OCS_SYNTAX, "domain" },
	{ "\"lit\":2", "\"lit\":1001", OCS_RANGE, "links[0].lit" },
	{ "\"unavailable_ppb\":100000", "\"unavailable_ppb\":1000000001",
	  OCS_RANGE, "unavailable_ppb" },
	{ "\"number\":2", "\"number\":0", OCS_RANGE,
	  "links[0].wavelengths[0].number" },
	{ "\"number\":2", "\"number\":3", OCS_OK, "" },
	{ "\"number\":2,", "", OCS_SYNTAX, "number" },
	{ "\"site\":\"paris\"", "\"site\":\"rome\"", OCS_RANGE,
	  "ports[0].site: site rome is not known" },
	{ "\"rate_bps\":400000000000,", "", OCS_SYNTAX, "ports[0].rate_bps" },
	{ "\"mtu\":9216", "\"mtu\":65537", OCS_RANGE, "ports[0].mtu" },
	{ "\"infiniband\"", "\"fddi\"", OCS_SYNTAX, "transport" },
	{ "\"plane\":63", "\"plane\":64", OCS_RANGE, "ports[0].plane" },
	{ "\"ports\":[", "\"ports\":{\"x\":[", OCS_SYNTAX, "" },
	{ "\"ports\":[", "\"ports\":null,\"x\":[", OCS_OK, "" },
};

/* True if TEXT is taken by the decoder of its kind. */
static bool takes(bool state, const char *text, size_t len,
		  struct ocs_error *err)
{
	struct ocs_state *s = NULL;
	struct ocs_lease *l = NULL;
	bool taken;

	memset(err, 0, sizeof(*err));
	if (state)
		s = ocs_wire_decode_state(text, len, err);
	else
		l = ocs_wire_decode_lease(text, len, err);
	taken = s || l;
	ocs_state_destroy(s);
	ocs_lease_destroy(l);
	return taken;
}

static void test_edits(bool state, const char *base,
		       const struct edit_case *c, size_t n)
{
	struct ocs_error err;

	ok(takes(state, base, strlen(base), &err), "the base is taken");
	for (size_t i = 0; i < n; i++) {
		char *text = edit(base, c[i].from, c[i].to);
		bool taken = text && takes(state, text, strlen(text), &err);
		bool good = text && (taken ? c[i].code == OCS_OK :
					     err.code == c[i].code &&
					     strstr(err.text, c[i].want));

		if (!ok(good, "%s %zu: %.50s", state ? "state" : "lease", i,
			c[i].want))
			printf("# %s -> %s: %s %s\n", c[i].from, c[i].to,
			       ocs_code_name(err.code), err.text);
		free(text);
	}
}

/*
 * Cut at every byte: nothing is taken. Each byte replaced by some others:
 * whatever comes, nothing breaks, and what is taken can be written and read.
 */
static void test_bytes(bool state, const char *base)
{
	static const char others[] = "\0\xff\"{}[],:0-9\\x\n";
	size_t len = strlen(base), wrong = 0, taken = 0;
	struct ocs_error err;
	char *text = malloc(len);

	for (size_t i = 0; i < len; i++) {
		/* a copy of its own: a read beyond is seen by ASan */
		char *part = malloc(i ? i : 1);

		memcpy(part, base, i);
		wrong += takes(state, part, i, &err) ||
			 err.code == OCS_OK || !*err.text;
		free(part);
	}
	is_num(wrong, 0, "%s cut at every byte", state ? "state" : "lease");
	memcpy(text, base, len);
	for (size_t i = 0; i < len; i++) {
		for (size_t k = 0; k < sizeof(others) - 1; k++) {
			text[i] = others[k];
			taken += takes(state, text, len, &err);
		}
		text[i] = base[i];
	}
	ok(taken < len * sizeof(others), "%s with each byte changed: %zu of %zu "
	   "taken", state ? "state" : "lease", taken, len * sizeof(others));
	free(text);
}

static void test_lease_values(void)
{
	struct ocs_lease *l, *again;
	struct ocs_error err;
	char *text;

	l = ocs_wire_decode_lease(lease_text, strlen(lease_text), &err);
	if (!ok(l, "a lease"))
		return;
	is_str(l->id, ID, "id");
	is_str(l->cluster, "alpha", "cluster");
	is_num(l->job_id, 42, "job_id");
	is_num(l->user_id, 1000, "user_id");
	is_str(l->user, "ada", "user");
	is_num(l->submit_s, 1700000000, "submit_s");
	is_num(l->restart_cnt, 1, "restart_cnt");
	is_num(l->end_s, 1700003600, "end_s");
	is_num(l->controller_epoch, 7, "controller_epoch");
	is_num(l->nsites, 3, "sites");
	is_str(l->site[1].nodes, "lyo[1,3]", "nodes");
	is_str(l->site[2].nodes, "", "no nodes");
	is_num(l->ncircuits, 2, "circuits");
	is_num(l->circuit[0].granted_bps, 200000000000, "granted_bps");
	is_num(l->circuit[0].nhops, 2, "route");
	is_str(l->circuit[0].hop[1], "x.2", "second hop");
	is_num(l->circuit[0].prov, OCS_PROVISIONED, "provisioning");
	is_num(l->circuit[0].data, OCS_UP, "data_plane");
	is_num(l->circuit[0].up_ms, 1700000000123, "up_ms");
	is_num(l->circuit[1].prov, OCS_RELEASED, "not provisioned yet");
	is_num(l->resv, OCS_COMMITTED, "reservation");
	is_str(l->cause, "why", "cause");
	is_num(l->gone_ms, 5, "gone_ms");

	text = ocs_wire_encode_lease(l);
	again = ocs_wire_decode_lease(text, strlen(text), &err);
	ok(again && ocs_lease_same_request(l, again), "there and back");
	free(text);
	text = again ? ocs_wire_encode_lease(again) : NULL;
	ocs_lease_destroy(again);
	again = text ? ocs_wire_decode_lease(text, strlen(text), &err) : NULL;
	ok(again && again->held_ms == 1 && again->active_ms == 3 &&
	   again->circuit[0].latency_us == 2274 &&
	   !strcmp(again->circuit[0].hop[0], "par-lyo"), "and again");
	free(text);
	ocs_lease_destroy(again);
	ocs_lease_destroy(l);
}

/* Some json-c saturate, and the member is out of range; others refuse. */
static void test_too_large(void)
{
	static const char *const to[] = {
		"\"controller_epoch\":99999999999999999999999999",
		"\"controller_epoch\":-99999999999999999999999999",
	};
	struct ocs_error err;

	for (int i = 0; i < 2; i++) {
		char *text = edit(lease_text, "\"controller_epoch\":7", to[i]);
		bool taken = takes(false, text, strlen(text), &err);

		if (!ok(!taken && err.code == OCS_RANGE &&
			(strstr(err.text, "controller_epoch") ||
			 strstr(err.text, "is too large")), "%s", to[i]))
			printf("# %s\n", err.text);
		free(text);
	}
}

/* What people wrote: cut, cleaned, never a reason to refuse. */
static void test_texts(void)
{
	struct ocs_lease *l, *again = NULL;
	struct ocs_error err;
	char *text, big[700];

	memset(big, 'c', sizeof(big));
	memcpy(big, "\"cause\":\"a\\nb\\u007f\xc3\xa9", 21);
	strcpy(big + sizeof(big) - 2, "\"");
	text = edit(lease_text, "\"cause\":\"why\"", big);
	l = ocs_wire_decode_lease(text, strlen(text), &err);
	ok(l && strlen(l->cause) == sizeof(l->cause) - 1 &&
	   !strncmp(l->cause, "a b \xc3\xa9" "c", 7) &&
	   !strcmp(l->cause + strlen(l->cause) - 3, "..."),
	   "a cause is cleaned and cut");
	ocs_lease_destroy(l);
	free(text);

	/* the cut never splits a character */
	memset(big, '\xa9', 400);
	for (int i = 0; i < 400; i += 2)
		big[i] = '\xc3';
	memcpy(big, "\"cause\":\"xx", 11);
	big[11] = 'y';
	strcpy(big + 400, "\"");
	text = edit(lease_text, "\"cause\":\"why\"", big);
	l = ocs_wire_decode_lease(text, strlen(text), &err);
	free(text);
	text = l ? ocs_wire_encode_lease(l) : NULL;
	again = text ? ocs_wire_decode_lease(text, strlen(text), &err) : NULL;
	ok(again && !strchr(again->cause, '?') &&
	   strlen(again->cause) >= 250, "between characters");
	ocs_lease_destroy(l);
	ocs_lease_destroy(again);
	free(text);

	l = ocs_wire_decode_lease(lease_text, strlen(lease_text), &err);
	strcpy(l->cause, "\"q\\\x01\xff\xed\xa0\x80\xf4\x90\x80\x80"
			 "\xe0\x80\x80\xf0\x9f\x98\x80 \xc3");
	text = ocs_wire_encode_lease(l);
	again = ocs_wire_decode_lease(text, strlen(text), &err);
	is_str(again ? again->cause : err.text,
	       "\"q\\ ???????????\xf0\x9f\x98\x80 ?",
	       "whatever is in a cause can be written");
	free(text);
	ocs_lease_destroy(again);
	ocs_lease_destroy(l);
}

static void test_signals(void)
{
	struct ocs_error err;
	struct ocs_lease *l, *copy;
	char *text, *again;

	l = ocs_wire_decode_lease(members_text, strlen(members_text), &err);
	if (!ok(l && l->nmembers == 3, "three members"))
		return;
	is_num(l->circuit[0].protect, OCS_ONE_PLUS_ONE, "protect");
	is_num(l->circuit[0].max_delay_variation_us, 30, "its bound");
	is_num(l->circuit[0].max_unavailable_ppb, 100000, "and another one");
	is_num(l->circuit[1].max_unavailable_ppb, 0, "which few have");
	is_str(l->member[0].port_a, "par-1", "port_a");
	is_num(l->member[0].wave[0], 3, "wavelength");
	is_num(ocs_member_nhops(l, &l->member[0]), 2, "the circuit's route");
	is_str(ocs_member_hop(l, &l->member[0], 1), "y", "its hop");
	ok(l->member[1].standby && l->member[1].own_route, "its standby");
	is_num(ocs_member_nhops(l, &l->member[1]), 1, "has its own");
	is_str(ocs_member_hop(l, &l->member[1], 0), "z", "hop");
	is_num(l->member[2].circuit, 1, "the other circuit's");
	is_num(ocs_lease_members(l, 0), 2, "members of the first");
	is_num(ocs_lease_member_bps(l, 0, 400000000000), 400000000000,
	       "a standby carries the same again");
	is_num(ocs_lease_gbps(l), 800, "1+1 counts twice");
	text = ocs_wire_encode_lease(l);
	copy = ocs_lease_copy(l);
	ocs_lease_destroy(l);
	again = ocs_wire_encode_lease(copy);
	is_str(again, text, "a copy is the same");
	free(again);
	ocs_lease_destroy(copy);
	l = ocs_wire_decode_lease(text, strlen(text), &err);
	again = l ? ocs_wire_encode_lease(l) : NULL;
	is_str(again ? again : err.text, text, "there and back again");
	free(again);
	free(text);
	ocs_lease_destroy(l);
}

static void test_network(void)
{
	struct ocs_state *s, *back;
	struct ocs_error err;
	char *text, *again;

	s = ocs_wire_decode_state(network_text, strlen(network_text), &err);
	if (!ok(s && s->net.nports == 1, "a network: %s", s ? "" : err.text))
		return;
	ok(s->net.site[1].no_regen && s->net.site[2].external &&
	   s->net.site[2].interdomain && !s->net.site[0].no_regen, "sites");
	is_num(s->net.nwaves, 2, "wavelengths are told apart");
	ok(s->net.wave[1].lit && s->net.wave[1].booked_bps == 400000000000 &&
	   !s->net.wave[0].booked_bps, "the second is booked");
	ok(s->net.link[0].plane == 1 && s->net.port[0].plane == 64, "planes");
	is_num(s->net.link[0].nrisks, 2, "risks");
	text = ocs_wire_encode_state(s);
	back = ocs_wire_decode_state(text, strlen(text), &err);
	again = back ? ocs_wire_encode_state(back) : NULL;
	is_str(again ? again : err.text, text, "there and back again");
	ok(strstr(text, "\"risks\":[\"a7\",\"rhone\"]") &&
	   strstr(text, "\"domain\":\"nren\"") &&
	   strstr(text, "\"regen\":false"), "with all of it");
	free(text);
	free(again);
	ocs_state_destroy(back);
	ocs_state_destroy(s);
}

static void test_state_values(void)
{
	struct ocs_state *s, *again;
	struct ocs_error err;
	char ids[3][OCS_LEASE_ID_MAX] = { ID, ID, ID };
	char *text;

	s = ocs_wire_decode_state(state_text, strlen(state_text), &err);
	if (!ok(s, "a state"))
		return;
	is_num(s->generation, 9007199254740993, "a number that no double has");
	ok(s->simulated && !s->brake && s->transport_up, "its flags");
	is_num(s->net.nsites, 2, "sites");
	is_num(s->net.link[0].z, 1, "z is an index");
	is_num(s->net.link[0].granule_bps, 400000000000, "granule_bps");
	ok(s->net.link[0].drained && !s->net.link[0].down, "drained");
	ok(!ocs_state_lease(s, ID), "no lease is found in none");

	ids[0][0] = 'c';
	ids[1][0] = 'a';
	ids[2][0] = 'b';
	s->lease = calloc(3, sizeof(*s->lease));
	for (int i = 0; i < 3; i++) {
		s->lease[i] = ocs_wire_decode_lease(lease_text,
						    strlen(lease_text), &err);
		strcpy(s->lease[i]->id, ids[i]);
	}
	s->nleases = 3;
	text = ocs_wire_encode_state(s);
	again = ocs_wire_decode_state(text, strlen(text), &err);
	ok(again && again->nleases == 3 && !strcmp(again->lease[0]->id, ids[1]),
	   "a decoded state is sorted by id");
	for (int i = 0; again && i < 3; i++)
		ok(ocs_state_lease(again, ids[i]) &&
		   !strcmp(ocs_state_lease(again, ids[i])->id, ids[i]),
		   "lease %d is found", i);
	ok(again && !ocs_state_lease(again, ID), "another is not");
	ocs_state_destroy(again);
	free(text);

	strcpy(s->lease[2]->id, ids[0]);
	text = ocs_wire_encode_state(s);
	again = ocs_wire_decode_state(text, strlen(text), &err);
	ok(!again && err.code == OCS_RANGE && strstr(err.text, "given twice"),
	   "a lease that is there twice is refused");
	free(text);
	ocs_state_sort(s);
	is_str(s->lease[0]->id, ids[1], "sorted by hand");
	ocs_state_destroy(s);

	text = edit(state_text, "\"booked_bps\":400000000000",
		    "\"booked_bps\":3200000000001");
	s = ocs_wire_decode_state(text, strlen(text), &err);
	ok(s && s->net.link[0].booked_bps == s->net.link[0].capacity_bps,
	   "I1: never more booked than there is");
	ocs_state_destroy(s);
	free(text);
}

static void test_bounds(void)
{
	size_t len = (size_t) OCS_REQUEST_BODY_MAX + 1;
	struct ocs_error err;
	char *text = malloc(len);

	memset(text, ' ', len);
	memcpy(text, lease_text, strlen(lease_text));
	ok(!takes(false, text, len, &err) && err.code == OCS_RANGE,
	   "a lease of more than 1 MiB is refused");
	ok(takes(false, text, len - 1, &err), "one of 1 MiB is not");
	memset(text, ',', len);
	memcpy(text, "{\"x\":[", 6);
	for (size_t i = 6; i + 1 < len; i += 2)
		text[i] = '1';
	ok(!takes(false, text, len - 1, &err) && err.code == OCS_RANGE &&
	   strstr(err.text, "too many values"),
	   "values are counted before they are made");
	memset(text, '[', len);
	ok(!takes(true, text, len, &err), "a deep nest is refused");
	ok(!takes(false, "", 0, &err) && err.code == OCS_SYNTAX,
	   "nothing is refused");
	ok(!takes(false, "null", 4, &err) && !takes(false, "1", 1, &err) &&
	   !takes(true, "\"x\"", 3, &err) && !takes(true, "[]", 2, &err),
	   "what is no object is refused");
	ok(!ocs_wire_decode_lease("{}", 2, NULL), "err may be NULL");
	free(text);
}

static const struct {
	int status;
	const char *text;
	enum ocs_code code;
	const char *want, *reason;
} problems[] = {
	{ 409, "{\"code\":\"busy\",\"detail\":\"d\",\"reason\":\"R(x)\"}",
	  OCS_BUSY, "d", "R(x)" },
	{ 409, "{\"code\":\"stale\",\"title\":\"t\"}", OCS_STALE, "t", "" },
	{ 409, "{\"code\":\"busy\",\"reason\":\"a b\\n\\u00e9\\u001b[2J\"}",
	  OCS_BUSY, "Not free now", "a_b____[2J" },
	{ 409, "{\"code\":\"busy\",\"detail\":\"a\\nb\"}", OCS_BUSY, "a b",
	  "" },
	{ 423, "{\"code\":\"new_word\",\"detail\":\"d\"}", OCS_BRAKE, "d",
	  "" },
	{ 500, "{\"code\":\"ok\",\"detail\":\"d\"}", OCS_INTERNAL, "d", "" },
	{ 503, "{\"code\":5}", OCS_IO, "HTTP status 503", "" },
	{ 404, "{}", OCS_NOT_FOUND, "HTTP status 404", "" },
	{ 404, "<html>", OCS_NOT_FOUND, "HTTP status 404", "" },
	{ 413, "", OCS_RANGE, "HTTP status 413", "" },
	{ 400, "[", OCS_SYNTAX, "HTTP", "" },
	{ 401, "x", OCS_UNAUTH, "HTTP", "" },
	{ 403, "x", OCS_DENIED, "HTTP", "" },
	{ 409, "x", OCS_CONFLICT, "HTTP", "" },
	{ 422, "x", OCS_RANGE, "HTTP", "" },
	{ 501, "x", OCS_UNSUPPORTED, "HTTP", "" },
	{ 504, "x", OCS_TIMEOUT, "HTTP", "" },
	{ 302, "x", OCS_INTERNAL, "HTTP", "" },
};

static void test_problems(void)
{
	struct ocs_error err, back;
	char *text;

	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		ocs_wire_decode_problem(problems[i].status, problems[i].text,
					strlen(problems[i].text), &err);
		if (!ok(err.code == problems[i].code &&
			strstr(err.text, problems[i].want) &&
			!strcmp(err.reason, problems[i].reason),
			"problem %d %.40s", problems[i].status,
			problems[i].text))
			printf("# %s '%s' '%s'\n", ocs_code_name(err.code),
			       err.text, err.reason);
	}
	ocs_wire_decode_problem(500, NULL, 0, &err);
	is_num(err.code, OCS_INTERNAL, "no text at all");
	ocs_wire_decode_problem(500, NULL, 0, NULL);
	for (int code = OCS_SYNTAX; code <= OCS_INTERNAL; code++) {
		ocs_fail(&err, (enum ocs_code) code, "text %d \"x\"", code);
		ocs_fail_reason(&err, "OpticalLink(par-lyo)");
		text = ocs_wire_encode_problem(400, &err);
		ocs_wire_decode_problem(499, text, strlen(text), &back);
		ok(back.code == err.code && !strcmp(back.text, err.text) &&
		   !strcmp(back.reason, err.reason), "problem %s comes back",
		   ocs_code_name(err.code));
		free(text);
	}
}

static void test_documents(void)
{
	struct ocs_ping ping = { .generation = 5, .nclusters = 2,
				 .simulated = true }, back;
	struct ocs_event event[2] = { { .time_ms = 7 }, { .time_ms = 8 } };
	struct ocs_event *events = NULL;
	struct ocs_lease **leases = NULL, *l;
	struct ocs_error err;
	unsigned int n = 0;
	char *text;

	strcpy(ping.instance, ID);
	strcpy(ping.version, "0.1.0");
	strcpy(ping.role, "cluster");
	strcpy(ping.user, "slurm");
	strcpy(ping.cluster[0], "alpha");
	strcpy(ping.cluster[1], "beta");
	text = ocs_wire_encode_ping(&ping);
	ok(ocs_wire_decode_ping(text, strlen(text), &back, &err) == 0 &&
	   !strcmp(back.cluster[1], "beta") && back.simulated &&
	   back.generation == 5 && !strcmp(back.user, "slurm"),
	   "a ping there and back");
	for (size_t i = 0; i < strlen(text); i++)
		if (ocs_wire_decode_ping(text, i, &back, &err) == 0)
			ok(false, "a ping cut at %zu", i);
	free(text);

	strcpy(event[1].axis, "provisioning");
	strcpy(event[1].circuit, "paris-lyon");
	strcpy(event[1].from, "RELEASED");
	strcpy(event[1].to, "PROVISIONING");
	strcpy(event[1].cause, "x");
	text = ocs_wire_encode_events(event, 2);
	ok(ocs_wire_decode_events(text, strlen(text), &events, &n, &err) == 0 &&
	   n == 2 && !strcmp(events[1].circuit, "paris-lyon") &&
	   !strcmp(events[1].to, "PROVISIONING") && events[0].time_ms == 7,
	   "events there and back");
	free(events);
	free(text);
	events = (void *) &n;
	ok(ocs_wire_decode_events("{\"events\":[]}", 13, &events, &n,
				  &err) == 0 && n == 0 && !events, "no events");
	ok(ocs_wire_decode_events("{\"events\":[{}]}", 15, &events, &n,
				  &err) < 0 && strstr(err.text, "events[0]."),
	   "an empty event is refused");

	l = ocs_wire_decode_lease(lease_text, strlen(lease_text), &err);
	text = ocs_wire_encode_leases(
		(const struct ocs_lease *const[]) { l, l }, 2);
	ok(ocs_wire_decode_leases(text, strlen(text), &leases, &n, &err) == 0 &&
	   n == 2 && leases[1]->job_id == 42, "leases there and back");
	for (unsigned int i = 0; i < n; i++)
		ocs_lease_destroy(leases[i]);
	free(leases);
	ocs_lease_destroy(l);
	free(text);
	ok(ocs_wire_decode_leases("{\"leases\":[{}]}", 15, &leases, &n,
				  &err) < 0, "an empty lease is refused");
}

static void test_members(void)
{
	uint64_t v = 3;
	struct ocs_error err;
	char buf[8] = "as was", *text;

#define U64(doc) ocs_wire_decode_u64(doc, strlen(doc), "n", &v, &err)
#define STR(doc) ocs_wire_decode_string(doc, strlen(doc), "n", buf, \
					sizeof(buf), &err)
	text = ocs_wire_encode_u64("n", INT64_MAX);
	ok(U64(text) == 0 && v == INT64_MAX, "a number there and back");
	free(text);
	v = 3;
	ok(U64("{}") < 0 && err.code == OCS_NOT_FOUND, "missing");
	ok(U64("{\"n\":null}") < 0 && err.code == OCS_NOT_FOUND, "null");
	ok(U64("{\"n\":-1}") < 0 && err.code == OCS_RANGE, "negative");
	ok(U64("{\"n\":9223372036854775808}") < 0 && err.code == OCS_RANGE,
	   "too large");
	ok(U64("{\"n\":\"5\"}") < 0 && err.code == OCS_SYNTAX, "a string");
	ok(U64("[]") < 0 && err.code == OCS_SYNTAX, "an array");
	is_num(v, 3, "untouched by all of these");
	ok(STR("{\"n\":5}") < 0 && err.code == OCS_SYNTAX, "a number");
	ok(STR("{\"n\":1234567890123456789x}") < 0 && err.code == OCS_SYNTAX,
	   "no number, but not too large");
	ok(STR("{\"n\":\"12345678\"}") < 0 && err.code == OCS_RANGE,
	   "one byte too long");
	ok(STR("{\"n\":\"a\\u0000b\"}") < 0 && err.code == OCS_SYNTAX, "NUL");
	is_str(buf, "as was", "untouched by all of these");
	ok(STR("{\"n\":\"1234567\"}") == 0 && !strcmp(buf, "1234567"),
	   "just fits");
	ok(STR("{\"n\":\"\xc3\xa9\xf0\x9f\x98\x80\"}") == 0 &&
	   !strcmp(buf, "\xc3\xa9\xf0\x9f\x98\x80"),
	   "two and four bytes a character");
	ok(STR("{\"n\":\"\\\\\xe2\x82\xac\"}") == 0 &&
	   !strcmp(buf, "\\\xe2\x82\xac"), "after an escaped backslash");
	ok(STR("{\"n\":\"\\\xc3\xa9\"}") < 0 && err.code == OCS_SYNTAX,
	   "escaped, which is no escape");
	ok(STR("{\xc3\xa9\"n\":\"\"}") < 0 && err.code == OCS_SYNTAX &&
	   strstr(err.text, "at byte 1:"), "outside of strings");
	ok(STR("{\"n\":\"\xc3\xa9\",x}") < 0 && err.code == OCS_SYNTAX &&
	   strstr(err.text, "at byte 10:"), "bytes are counted as they came");
	ok(STR("{\"n\":\"\xc3\xa9") < 0 && err.code == OCS_SYNTAX &&
	   strstr(err.text, "cut off at byte 8"), "cut off after one");
}

/* Our allocations fail, one after the other; json-c's are its own. */
static void test_no_memory(void)
{
	char *text = NULL, *full = edit(state_text, "[]}", "[");
	struct ocs_lease *l = NULL, **all = NULL;
	struct ocs_state *s = NULL;
	struct ocs_event *events = NULL;
	struct ocs_event event = { .time_ms = 1, .axis = "x", .to = "y" };
	struct ocs_error err;
	unsigned int n = 0;
	long made;

	full = realloc(full, strlen(full) + sizeof(lease_text) + 8);
	strcat(full, lease_text);
	strcat(full, "]}");
	NOMEM_EACH(made, l = ocs_wire_decode_lease(lease_text,
						   strlen(lease_text), &err),
		   !l && err.code == OCS_NOMEM);
	ok(l && made > 3, "a lease takes %ld allocations", made);
	NOMEM_EACH(made, s = ocs_wire_decode_state(full, strlen(full), &err),
		   !s && err.code == OCS_NOMEM);
	ok(s && made > 6, "a state takes %ld allocations", made);
	NOMEM_EACH(made, text = ocs_wire_encode_state(s), !text);
	ok(text && made > 0, "its text takes %ld", made);
	free(text);
	NOMEM_EACH(made, text = ocs_wire_encode_events(&event, 1), !text);
	NOMEM_EACH(made, ocs_wire_decode_events(text, strlen(text), &events,
						&n, &err),
		   !events && err.code == OCS_NOMEM);
	free(events);
	free(text);
	NOMEM_EACH(made, text = ocs_wire_encode_leases(
			   (const struct ocs_lease *const *) s->lease,
			   s->nleases), !text);
	NOMEM_EACH(made, ocs_wire_decode_leases(text, strlen(text), &all, &n,
						&err),
		   !all && err.code == OCS_NOMEM);
	for (unsigned int i = 0; all && i < n; i++)
		ocs_lease_destroy(all[i]);
	free(all);
	free(text);
	free(full);
	ocs_state_destroy(s);
	ocs_lease_destroy(l);
}

int main(void)
{
	test_lease_values();
	test_state_values();
	test_too_large();
	test_texts();
	test_edits(false, lease_text, lease_cases,
		   sizeof(lease_cases) / sizeof(lease_cases[0]));
	test_edits(true, state_text, state_cases,
		   sizeof(state_cases) / sizeof(state_cases[0]));
	test_edits(false, members_text, members_cases,
		   sizeof(members_cases) / sizeof(members_cases[0]));
	test_edits(true, network_text, network_cases,
		   sizeof(network_cases) / sizeof(network_cases[0]));
	test_bytes(false, lease_text);
	test_bytes(true, state_text);
	test_bytes(false, members_text);
	test_bytes(true, network_text);
	test_signals();
	test_network();
	test_bounds();
	test_problems();
	test_documents();
	test_members();
	test_no_memory();
	return tap_done();
}
