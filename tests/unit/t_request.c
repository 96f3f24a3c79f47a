// SPDX-License-Identifier: GPL-2.0-or-later
/* request.c: options, comment and normalised text, by table */
#include "common/core/request.h"

#include "tests/unit/tap.h"

#define T16 "aaaaaaaaaaaaaaaa"
#define T63 T16 T16 T16 "aaaaaaaaaaaaaaa"

/* One option on a fresh request with bw=400G: what the normalised text then
 * says after its bw, or the code. */
static const struct {
	const char *name, *value;
	enum ocs_code code;
	const char *text;
} options[] = {
	{ "bw", "400G", OCS_OK, "v1;bw=400000000000;min=400000000000;"
	  "span=1-4;hints=on" },
	{ "bw", "1.6Tbps,min=200g", OCS_OK, "v1;bw=1600000000000;"
	  "min=200000000000;span=1-4;hints=on" },
	{ "bw", "400G,MIN=400G", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on" },
	{ "bw", "none", OCS_OK, "v1;bw=none" },
	{ "bw", "NONE", OCS_OK, "v1;bw=none" },
	{ "latency", "2ms", OCS_OK, "v1;bw=400000000000;min=400000000000;"
	  "span=1-4;hints=on;latency=2000" },
	{ "latency", "10", OCS_OK, "v1;bw=400000000000;min=400000000000;"
	  "span=1-4;hints=on;latency=10000000" },
	{ "sites", "paris,lyon", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;sites=paris,lyon" },
	{ "sites", "a.b_c-1", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;sites=a.b_c-1" },
	{ "sites", T63, OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;sites=" T63 },
	{ "span", "2", OCS_OK, "v1;bw=400000000000;min=400000000000;"
	  "span=2-2;hints=on" },
	{ "span", "2-8", OCS_OK, "v1;bw=400000000000;min=400000000000;"
	  "span=2-8;hints=on" },
	{ "hints", "off", OCS_OK, "v1;bw=400000000000;min=400000000000;"
	  "span=1-4;hints=off" },
	{ "hints", "Print", OCS_OK, "v1;bw=400000000000;min=400000000000;"
	  "span=1-4;hints=print" },

	{ "bw", NULL, OCS_SYNTAX, NULL },
	{ "bw", "", OCS_SYNTAX, NULL },
	{ "bw", "400", OCS_SYNTAX, NULL },
	{ "bw", "-1G", OCS_SYNTAX, NULL },
	{ "bw", "all", OCS_SYNTAX, NULL },
	{ "bw", "none,min=1G", OCS_SYNTAX, NULL },
	{ "bw", "400G,", OCS_SYNTAX, NULL },
	{ "bw", "400G,200G", OCS_SYNTAX, NULL },
	{ "bw", "400G,min=", OCS_SYNTAX, NULL },
	{ "bw", "400G,min=200", OCS_SYNTAX, NULL },
	{ "bw", "400G,min=200G,min=100G", OCS_SYNTAX, NULL },
	{ "bw", "400G,max=800G", OCS_SYNTAX, NULL },
	{ "bw", "min=200G,400G", OCS_SYNTAX, NULL },
	{ "bw", ",min=200G", OCS_SYNTAX, NULL },
	{ "bw", "400G, min=200G", OCS_SYNTAX, NULL },
	{ "bw", "1" T63 "G", OCS_SYNTAX, NULL },
	{ "bw", T63 T63 ",min=2G", OCS_SYNTAX, NULL },
	{ "bw", "0G", OCS_RANGE, NULL },
	{ "bw", "101T", OCS_RANGE, NULL },
	{ "bw", "400G,min=0G", OCS_RANGE, NULL },
	{ "bw", "2T,min=2001G", OCS_RANGE, NULL },
	{ "latency", "", OCS_SYNTAX, NULL },
	{ "latency", "fast", OCS_SYNTAX, NULL },
	{ "latency", "1.5", OCS_SYNTAX, NULL },
	{ "latency", "-2ms", OCS_SYNTAX, NULL },
	{ "latency", "0", OCS_RANGE, NULL },
	{ "latency", "0ms", OCS_RANGE, NULL },
	{ "latency", "10000001us", OCS_RANGE, NULL },
	{ "latency", "1:00", OCS_RANGE, NULL },
	{ "sites", "", OCS_SYNTAX, NULL },
	{ "sites", ",", OCS_SYNTAX, NULL },
	{ "sites", "a,", OCS_SYNTAX, NULL },
	{ "sites", ",a", OCS_SYNTAX, NULL },
	{ "sites", "a,,b", OCS_SYNTAX, NULL },
	{ "sites", "a, b", OCS_SYNTAX, NULL },
	{ "sites", "a;b", OCS_SYNTAX, NULL },
	{ "sites", "a=b", OCS_SYNTAX, NULL },
	{ "sites", "a(b)", OCS_SYNTAX, NULL },
	{ "sites", "a\nb", OCS_SYNTAX, NULL },
	{ "sites", "z\xc3\xbcrich", OCS_SYNTAX, NULL },
	{ "sites", "a,b,a", OCS_SYNTAX, NULL },
	{ "sites", "a" T63, OCS_RANGE, NULL },
	{ "sites", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", OCS_RANGE, NULL },
	{ "span", "", OCS_SYNTAX, NULL },
	{ "span", "x", OCS_SYNTAX, NULL },
	{ "span", "1-", OCS_SYNTAX, NULL },
	{ "span", "-4", OCS_SYNTAX, NULL },
	{ "span", "1-4-5", OCS_SYNTAX, NULL },
	{ "span", "1,4", OCS_SYNTAX, NULL },
	{ "span", "1 - 4", OCS_SYNTAX, NULL },
	{ "span", "2.5", OCS_SYNTAX, NULL },
	{ "span", "0", OCS_RANGE, NULL },
	{ "span", "0-4", OCS_RANGE, NULL },
	{ "span", "9", OCS_RANGE, NULL },
	{ "span", "1-9", OCS_RANGE, NULL },
	{ "span", "3-2", OCS_RANGE, NULL },
	{ "span", "4294967297", OCS_RANGE, NULL },
	{ "span", "1-18446744073709551617", OCS_RANGE, NULL },
	{ "hints", "", OCS_SYNTAX, NULL },
	{ "hints", "yes", OCS_SYNTAX, NULL },
	{ "hints", "on ", OCS_SYNTAX, NULL },
	{ "bandwidth", "400G", OCS_SYNTAX, NULL },
	{ "BW", "400G", OCS_SYNTAX, NULL },
	{ "", "400G", OCS_SYNTAX, NULL },
	{ NULL, "400G", OCS_SYNTAX, NULL },
	{ "delay-variation", "10us", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;variation=10" },
	{ "delay-variation", "1s", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;variation=1000000" },
	{ "delay-variation", "", OCS_SYNTAX, NULL },
	{ "delay-variation", "10", OCS_RANGE, NULL },
	{ "delay-variation", "0us", OCS_RANGE, NULL },
	{ "delay-variation", "2s", OCS_RANGE, NULL },
	{ "delay-variation", "-1us", OCS_SYNTAX, NULL },
	{ "shape", "mesh", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on" },
	{ "shape", "Ring", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;shape=ring" },
	{ "shape", "star", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;shape=star" },
	{ "shape", "", OCS_SYNTAX, NULL },
	{ "shape", "line", OCS_SYNTAX, NULL },
	{ "shape", "rings", OCS_SYNTAX, NULL },
	{ "shape", "ring,star", OCS_SYNTAX, NULL },
	{ "anchor", "campus", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;anchor=campus" },
	{ "anchor", "", OCS_SYNTAX, NULL },
	{ "anchor", "a b", OCS_SYNTAX, NULL },
	{ "anchor", "a,b", OCS_SYNTAX, NULL },
	{ "anchor", "a;b", OCS_SYNTAX, NULL },
	{ "anchor", "a" T63, OCS_RANGE, NULL },
	{ "protect", "1+1", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;protect=1+1" },
	{ "protect", "Diverse", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;protect=diverse" },
	{ "protect", "restorable", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;protect=restorable" },
	{ "protect", "none", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on" },
	{ "protect", "", OCS_SYNTAX, NULL },
	{ "protect", "1:1", OCS_SYNTAX, NULL },
	{ "protect", "1+1 ", OCS_SYNTAX, NULL },
	{ "protect", "yes", OCS_SYNTAX, NULL },
	{ "class", "inference", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;class=inference" },
	{ "class", "", OCS_SYNTAX, NULL },
	{ "class", "a b", OCS_SYNTAX, NULL },
	{ "class", "a;b", OCS_SYNTAX, NULL },
	{ "class", "a" T63, OCS_RANGE, NULL },
	{ "on-failure", "requeue", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;on-failure=requeue" },
	{ "on-failure", "Continue", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on" },
	{ "on-failure", "signal=sigusr1", OCS_OK, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;on-failure=signal=USR1" },
	{ "on-failure", "", OCS_SYNTAX, NULL },
	{ "on-failure", "stop", OCS_SYNTAX, NULL },
	{ "on-failure", "signal", OCS_SYNTAX, NULL },
	{ "on-failure", "signal=", OCS_SYNTAX, NULL },
	{ "on-failure", "signal=9", OCS_SYNTAX, NULL },
	{ "on-failure", "signal=STOP", OCS_SYNTAX, NULL },
};

static void init(struct ocs_request *req)
{
	memset(req, 0x5a, sizeof(*req));
	ocs_request_init(req);
}

static void test_options(void)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		const char *n = options[i].name, *v = options[i].value;
		struct ocs_error err = { OCS_OK, "", "" };
		struct ocs_request req, before;
		char buf[OCS_REQUEST_TEXT_MAX];

		init(&req);
		ocs_request_set(&req, "bw", "400G", NULL);
		before = req;
		ocs_request_set(&req, n, v, &err);
		is_num(err.code, options[i].code, "--optical-%s=%s: code",
		       n ? n : "(null)", v ? v : "(null)");
		if (options[i].code) {
			ok(!memcmp(&req, &before, sizeof(req)), "untouched");
			ok(strstr(err.text, "--optical-") &&
			   strstr(err.text, "(example: "), "%s", err.text);
			is_num(ocs_request_set(&req, n, v, NULL), -1,
			       "without an error");
			continue;
		}
		is_num(ocs_request_format(&req, buf, sizeof(buf)), 0, "text");
		is_str(buf, options[i].text, "--optical-%s=%s: text", n, v);
	}
}

static void test_table(void)
{
	unsigned int supported = 0, n = 0;

	for (const struct ocs_option *o = ocs_options; o->name; o++, n++) {
		struct ocs_error err = { OCS_OK, "", "" };
		struct ocs_request req;

		init(&req);
		ok(o->arginfo && *o->arginfo && o->usage && *o->usage,
		   "%s has help", o->name);
		ocs_request_set(&req, o->name, o->example, &err);
		is_num(err.code, o->supported ? OCS_OK : OCS_UNSUPPORTED,
		       "%s takes its own example", o->name);
		supported += o->supported;
	}
	is_num(n, 11, "all options of the design");
	is_num(supported, 11, "supported ones");
}

static void test_words(void)
{
	struct ocs_request req;
	struct ocs_error err;

	init(&req);
	ocs_request_set(&req, "bw", "400", &err);
	is_str(err.text, "bad --optical-bw '400': a rate ends in M, G or T "
	       "(example: 400G,min=200G)", "what would be right");
	ocs_request_set(&req, "protect", "2+1", &err);
	is_str(err.text, "bad --optical-protect '2+1': it is none, restorable, "
	       "diverse or 1+1 (example: diverse)", "of words, too");
	ocs_request_set(&req, "bw", "none", NULL);
	ocs_request_set(&req, "bw", "1G", NULL);
	ok(!req.none && req.want_bps, "the last bw counts, none first");
	ocs_request_set(&req, "bw", "none", NULL);
	ok(req.none && !req.want_bps && !req.min_bps, "and none last");
	ocs_request_set(&req, "sites", "a,b,c", NULL);
	ocs_request_set(&req, "sites", "d", NULL);
	is_num(req.nsites, 1, "the last sites count");
}

static void test_init(void)
{
	struct ocs_request req;
	char buf[64] = "x";

	init(&req);
	ok(!req.none && !req.want_bps && !req.min_bps && !req.latency_us &&
	   !req.nsites, "nothing asked for");
	ok(req.span_min == 1 && req.span_max == 4 && req.hints == OCS_HINTS_ON,
	   "defaults");
	is_num(ocs_request_check(&req, NULL), 0, "nothing is fine");
	is_num(ocs_request_format(&req, buf, sizeof(buf)), -1, "but no text");
	is_str(buf, "", "the buffer is empty");
}

/* All options together. */
static const struct {
	const char *bw, *name, *value;
	enum ocs_code code;
} together[] = {
	{ "400G", "latency", "2ms", OCS_OK },
	{ "400G", "sites", "a,b", OCS_OK },
	{ "400G", "span", "2", OCS_OK },
	{ "none", "span", "1-4", OCS_OK },
	{ "none", "hints", "on", OCS_OK },
	{ NULL, "span", "1-4", OCS_OK },
	{ NULL, "latency", "2ms", OCS_SYNTAX },
	{ NULL, "sites", "a", OCS_SYNTAX },
	{ NULL, "span", "2", OCS_SYNTAX },
	{ NULL, "span", "1-3", OCS_SYNTAX },
	{ NULL, "hints", "off", OCS_SYNTAX },
	{ "none", "latency", "2ms", OCS_SYNTAX },
	{ "none", "sites", "a", OCS_SYNTAX },
	{ "none", "span", "2", OCS_SYNTAX },
	{ "none", "hints", "print", OCS_SYNTAX },
	{ "400G", "shape", "ring", OCS_OK },
	{ "400G", "anchor", "campus", OCS_OK },
	{ "400G", "delay-variation", "10us", OCS_OK },
	{ NULL, "shape", "ring", OCS_SYNTAX },
	{ "400G", "protect", "1+1", OCS_OK },
	{ NULL, "protect", "1+1", OCS_SYNTAX },
	{ "none", "protect", "diverse", OCS_SYNTAX },
	{ NULL, "anchor", "campus", OCS_SYNTAX },
	{ NULL, "delay-variation", "10us", OCS_SYNTAX },
	{ "none", "shape", "star", OCS_SYNTAX },
	{ "none", "anchor", "campus", OCS_SYNTAX },
	{ "none", "delay-variation", "10us", OCS_SYNTAX },
};

static void test_check(void)
{
	struct ocs_request req;
	struct ocs_error err;

	for (size_t i = 0; i < sizeof(together) / sizeof(*together); i++) {
		err.code = OCS_OK;
		init(&req);
		if (together[i].bw)
			ocs_request_set(&req, "bw", together[i].bw, NULL);
		ocs_request_set(&req, together[i].name, together[i].value,
				NULL);
		is_num(ocs_request_check(&req, &err), together[i].code ? -1 : 0,
		       "bw=%s with %s=%s", together[i].bw, together[i].name,
		       together[i].value);
		is_num(err.code, together[i].code, "its code");
		if (together[i].code)
			is_num(!!strstr(err.text, "bw=none"),
			       together[i].bw != NULL, "%s", err.text);
	}
	init(&req);
	ocs_request_set(&req, "bw", "1G", NULL);
	ocs_request_set(&req, "sites", "a", NULL);
	ocs_request_set(&req, "span", "2-3", NULL);
	is_num(ocs_request_check(&req, &err), -1, "fewer sites than span");
	is_num(err.code, OCS_RANGE, "is out of range");
	ok(strstr(err.text, "--optical-span=1-1"), "%s", err.text);
}

static const struct {
	const char *comment;
	enum ocs_code code;
	bool found;
	const char *text;	/* NULL: nothing asked for */
} comments[] = {
	{ NULL, OCS_OK, false, NULL },
	{ "", OCS_OK, false, NULL },
	{ "my job", OCS_OK, false, NULL },
	{ "optical", OCS_OK, false, NULL },
	{ "optical (bw=400G)", OCS_OK, false, NULL },
	{ "nonoptical(bw=400G)", OCS_OK, false, NULL },
	{ "x_optical(bw=400G)", OCS_OK, false, NULL },
	{ "Optical(bw=400G)", OCS_OK, false, NULL },
	{ "optical(bw=400G)", OCS_OK, true, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on" },
	{ "run 7,optical(bw=400G,min=200G;latency=2ms) (2nd)", OCS_OK, true,
	  "v1;bw=400000000000;min=200000000000;span=1-4;hints=on;"
	  "latency=2000" },
	{ "nonoptical( optical( bw=1G ;\tsites=a,b ) )", OCS_OK, true,
	  "v1;bw=1000000000;min=1000000000;span=1-4;hints=on;sites=a,b" },
	{ "optical(bw=none)", OCS_OK, true, "v1;bw=none" },
	{ "optical(", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400G", OCS_SYNTAX, true, NULL },
	{ "optical()", OCS_SYNTAX, true, NULL },
	{ "optical(;)", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400G;)", OCS_SYNTAX, true, NULL },
	{ "optical(;bw=400G)", OCS_SYNTAX, true, NULL },
	{ "optical(bw)", OCS_SYNTAX, true, NULL },
	{ "optical(bw=)", OCS_SYNTAX, true, NULL },
	{ "optical(=400G)", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400)", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400G;min=200G)", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400G;bw=400G)", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400G;color=red)", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400G) optical(bw=400G)", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400G) optical(", OCS_SYNTAX, true, NULL },
	{ "optical(optical(bw=400G))", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400G;span=9)", OCS_RANGE, true, NULL },
	{ "optical(bw=400G;shape=ring;anchor=campus;delay-variation=10us)",
	  OCS_OK, true, "v1;bw=400000000000;min=400000000000;span=1-4;"
	  "hints=on;variation=10;shape=ring;anchor=campus" },
	{ "optical(bw=400G;shape=ring;shape=star)", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400G;delay_variation=10us)", OCS_SYNTAX, true, NULL },
	{ "optical(bw=400G;protect=1+1)", OCS_OK, true, "v1;bw=400000000000;"
	  "min=400000000000;span=1-4;hints=on;protect=1+1" },
	{ "optical(bw=400G;protect=1+2)", OCS_SYNTAX, true, NULL },
};

static void test_comments(void)
{
	static char longer[3000] = "optical(sites=";
	struct ocs_request req, before;
	struct ocs_error err;
	bool found;

	for (size_t i = 0; i < sizeof(comments) / sizeof(*comments); i++) {
		const char *c = comments[i].comment;
		char buf[OCS_REQUEST_TEXT_MAX];

		init(&req);
		before = req;
		err.code = OCS_OK;
		is_num(ocs_request_parse_comment(c, &req, &found, &err),
		       comments[i].code ? -1 : 0, "comment '%s'", c);
		is_num(err.code, comments[i].code, "its code");
		is_num(found, comments[i].found, "found");
		if (!comments[i].text) {
			ok(!memcmp(&req, &before, sizeof(req)), "untouched");
			continue;
		}
		ocs_request_format(&req, buf, sizeof(buf));
		is_str(buf, comments[i].text, "its text");
	}
	memset(longer + strlen(longer), 'a', sizeof(longer) - 20);
	longer[sizeof(longer) - 2] = ')';
	longer[sizeof(longer) - 1] = '\0';
	is_num(ocs_request_parse_comment(longer, &req, &found, &err), -1,
	       "a comment of 3 kB");
}

static const char *const bad_texts[] = {
	"", "v1", "v1;", "v2;bw=none", "bw=none", "v1;bw=none;", "v1;bw=NONE",
	"v1;bw=none;span=1-4", "v1;bw=", "v1;bw=1", " v1;bw=none",
	"v1;bw=400G;min=400G;span=1-4;hints=on",
	"v1;bw=0;min=0;span=1-4;hints=on",
	"v1;bw=2;min=3;span=1-4;hints=on",
	"v1;bw=2;min=0;span=1-4;hints=on",
	"v1;bw=02;min=1;span=1-4;hints=on",
	"v1;bw=-2;min=1;span=1-4;hints=on",
	"v1;bw=100000000000001;min=1;span=1-4;hints=on",
	"v1;bw=18446744073709551618;min=1;span=1-4;hints=on",
	"v1;min=1;bw=2;span=1-4;hints=on",
	"v1;bw=2;min=1;span=1;hints=on",
	"v1;bw=2;min=1;span=4;hints=on",
	"v1;bw=2;min=1;span=1-9;hints=on",
	"v1;bw=2;min=1;span=0-4;hints=on",
	"v1;bw=2;min=1;span=01-4;hints=on",
	"v1;bw=2;min=1;hints=on",
	"v1;bw=2;min=1;span=1-4",
	"v1;bw=2;min=1;span=1-4;hints=ON",
	"v1;bw=2;min=1;span=1-4;hints=maybe",
	"v1;bw=2;min=1;span=1-4;hints=on;",
	"v1;bw=2;min=1;span=1-4;hints=on;latency=0",
	"v1;bw=2;min=1;span=1-4;hints=on;class=",
	"v1;bw=2;min=1;span=1-4;hints=on;class=a b",
	"v1;bw=2;min=1;span=1-4;hints=on;on-failure=continue",
	"v1;bw=2;min=1;span=1-4;hints=on;on-failure=signal=usr1",
	"v1;bw=2;min=1;span=1-4;hints=on;on-failure=requeue;class=a",
	"v1;bw=2;min=1;span=1-4;hints=on;shape=mesh",
	"v1;bw=2;min=1;span=1-4;hints=on;protect=2+2",
	"v1;bw=2;min=1;span=1-4;hints=on;variation=0",
	"v1;bw=2;min=1;span=1-4;hints=on;unavailable=",
	"v1;bw=2;min=1;span=1-4;hints=on;unavailable=0",
	"v1;bw=2;min=1;span=1-4;hints=on;unavailable=01",
	"v1;bw=2;min=1;span=1-4;hints=on;unavailable=-1",
	"v1;bw=2;min=1;span=1-4;hints=on;unavailable=1000000000",
	"v1;bw=2;min=1;span=1-4;hints=on;unavailable=4294967297",
	"v1;bw=2;min=1;span=1-4;hints=on;unavailable=99.99",
	"v1;bw=2;min=1;span=1-4;hints=on;unavailable=1;unavailable=1",
	"v1;bw=2;min=1;span=1-4;hints=on;unavailable=1;variation=1",
	"v1;bw=2;min=1;span=1-4;hints=on;shape=ring;unavailable=1",
	"v1;bw=none;unavailable=1",
	"v1;bw=2;min=1;span=1-4;hints=on;latency=2ms",
	"v1;bw=2;min=1;span=1-4;hints=on;latency=10000001",
	"v1;bw=2;min=1;span=1-4;hints=on;latency=1;latency=1",
	"v1;bw=2;min=1;span=1-4;hints=on;sites=",
	"v1;bw=2;min=1;span=1-4;hints=on;sites=a,a",
	"v1;bw=2;min=1;span=1-4;hints=on;sites=a;latency=1",
	"v1;bw=2;min=1;span=2-4;hints=on;sites=a",
	"v1;bw=2;min=1;span=1-4;hints=on;sites=a;evil=1",
	"v1;bw=2;min=1;span=1-4;hints=on\n",
};

static void test_text(void)
{
	struct ocs_request req, back, before;
	char buf[OCS_REQUEST_TEXT_MAX], sites[1100] = "";
	struct ocs_error err;

	init(&before);
	for (size_t i = 0; i < sizeof(bad_texts) / sizeof(*bad_texts); i++) {
		back = before;
		is_num(ocs_request_parse(bad_texts[i], &back, &err), -1,
		       "bad text '%s'", bad_texts[i]);
		is_num(err.code, OCS_SYNTAX, "its code");
		ok(!memcmp(&back, &before, sizeof(back)), "untouched");
	}
	is_num(ocs_request_parse(NULL, &back, &err), -1, "no text");

	/* of a class: no option says it, the text carries it */
	init(&req);
	ocs_request_set(&req, "bw", "1G", NULL);
	ocs_request_set(&req, "delay-variation", "10us", NULL);
	ocs_request_set(&req, "protect", "1+1", NULL);
	req.unavailable_ppb = OCS_PPB - 1;
	ocs_request_format(&req, buf, sizeof(buf));
	is_str(buf, "v1;bw=1000000000;min=1000000000;span=1-4;hints=on;"
	       "variation=10;unavailable=999999999;protect=1+1",
	       "availability in the text");
	is_num(ocs_request_parse(buf, &back, NULL), 0, "and back");
	ok(!memcmp(&req, &back, sizeof(req)), "the same");
	is_num(ocs_request_set(&req, "availability", "99", &err), -1,
	       "but no option");

	/* the largest request there is, and back */
	for (int i = 0; i < OCS_REQUEST_SITES_MAX; i++)
		sprintf(sites + strlen(sites), "%s%c" "%s", i ? "," : "",
			'a' + i, &T63[1]);
	init(&req);
	ocs_request_set(&req, "bw", "100T,min=99.999999999999T", NULL);
	ocs_request_set(&req, "latency", "10s", NULL);
	ocs_request_set(&req, "span", "8-8", NULL);
	ocs_request_set(&req, "hints", "print", NULL);
	is_num(ocs_request_set(&req, "sites", sites, NULL), 0, "16 sites");
	is_num(ocs_request_format(&req, buf, sizeof(buf)), 0, "all fits");
	is_num(ocs_request_parse(buf, &back, NULL), 0, "and back");
	ok(!memcmp(&req, &back, sizeof(req)), "the same");
	is_num(ocs_request_format(&req, buf, strlen(buf) + 1), 0, "just fits");
	for (size_t n = strlen(buf); n; n -= n > 40 ? 37 : 1) {
		memset(buf, 'x', sizeof(buf));
		if (ocs_request_format(&req, buf, n) == 0 || buf[0] ||
		    buf[n] != 'x')
			break;
		if (n == 1)
			ok(true, "nothing shorter does");
	}
	is_num(ocs_request_format(&req, NULL, 0), -1, "no buffer");
	is_num(ocs_request_parse("v1;bw=none", &back, NULL), 0, "none");
	ok(back.none && !back.want_bps, "says none");
}

static void test_site_ok(void)
{
	struct ocs_request req;

	init(&req);
	ok(ocs_request_site_ok(&req, "anywhere"), "all sites by default");
	ocs_request_set(&req, "sites", "paris,lyon", NULL);
	ok(ocs_request_site_ok(&req, "lyon"), "a named site");
	ok(!ocs_request_site_ok(&req, "nice"), "another site");
	ok(!ocs_request_site_ok(&req, "Lyon"), "case counts");
	ok(!ocs_request_site_ok(&req, ""), "no site");
}

int main(void)
{
	test_init();
	test_options();
	test_table();
	test_words();
	test_check();
	test_comments();
	test_text();
	test_site_ok();
	return tap_done();
}
