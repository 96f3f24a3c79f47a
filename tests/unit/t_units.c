// SPDX-License-Identifier: GPL-2.0-or-later
/* units.c: rates, times and availability, by table */
#include "common/core/units.h"

#include "common/core/defaults.h"
#include "tests/unit/tap.h"

struct row {
	const char *text;
	enum ocs_code code;
	uint64_t value;
};

static const struct row rates[] = {
	{ "400G", OCS_OK, UINT64_C(400000000000) },
	{ "400g", OCS_OK, UINT64_C(400000000000) },
	{ "400Gbps", OCS_OK, UINT64_C(400000000000) },
	{ "400GBPS", OCS_OK, UINT64_C(400000000000) },
	{ "250Mbps", OCS_OK, 250000000 },
	{ "1.6T", OCS_OK, UINT64_C(1600000000000) },
	{ "2.5G", OCS_OK, UINT64_C(2500000000) },
	{ "1.250000G", OCS_OK, 1250000000 },
	{ "0.000001M", OCS_OK, 1 },
	{ "0.000000000001T", OCS_OK, 1 },
	{ "0.0000000000010000000000T", OCS_OK, 1 },
	{ "0.999999999999T", OCS_OK, UINT64_C(999999999999) },
	{ "007G", OCS_OK, UINT64_C(7000000000) },
	{ "100T", OCS_OK, OCS_RATE_MAX_BPS },
	{ "", OCS_SYNTAX, 0 },
	{ "400", OCS_SYNTAX, 0 },
	{ "G", OCS_SYNTAX, 0 },
	{ "-1G", OCS_SYNTAX, 0 },
	{ "+1G", OCS_SYNTAX, 0 },
	{ " 1G", OCS_SYNTAX, 0 },
	{ "1 G", OCS_SYNTAX, 0 },
	{ "1G ", OCS_SYNTAX, 0 },
	{ "1.G", OCS_SYNTAX, 0 },
	{ ".5G", OCS_SYNTAX, 0 },
	{ "1,5G", OCS_SYNTAX, 0 },
	{ "1.5.5G", OCS_SYNTAX, 0 },
	{ "1e3G", OCS_SYNTAX, 0 },
	{ "0x1G", OCS_SYNTAX, 0 },
	{ "400K", OCS_SYNTAX, 0 },
	{ "400bps", OCS_SYNTAX, 0 },
	{ "400GB", OCS_SYNTAX, 0 },
	{ "400GBps/s", OCS_SYNTAX, 0 },
	{ "400GiB", OCS_SYNTAX, 0 },
	{ "400Gb", OCS_SYNTAX, 0 },
	{ "0.0000001M", OCS_SYNTAX, 0 },
	{ "1.0000000001G", OCS_SYNTAX, 0 },
	{ "1.0000000000001T", OCS_SYNTAX, 0 },
	{ "0G", OCS_RANGE, 0 },
	{ "0.0T", OCS_RANGE, 0 },
	{ "100.000000000001T", OCS_RANGE, 0 },
	{ "101T", OCS_RANGE, 0 },
	{ "18446744073709551615T", OCS_RANGE, 0 },
	{ "18446744073709551616M", OCS_RANGE, 0 },
	{ "99999999999999999999999999999G", OCS_RANGE, 0 },
	{ NULL, OCS_OK, 0 }
};

static const struct row times[] = {
	{ "0", OCS_OK, 0 },
	{ "0us", OCS_OK, 0 },
	{ "2274us", OCS_OK, 2274 },
	{ "2ms", OCS_OK, 2000 },
	{ "2MS", OCS_OK, 2000 },
	{ "1.5ms", OCS_OK, 1500 },
	{ "0.001ms", OCS_OK, 1 },
	{ "5", OCS_OK, 5000000 },
	{ "5s", OCS_OK, 5000000 },
	{ "0.5min", OCS_OK, 30000000 },
	{ "1.25h", OCS_OK, UINT64_C(4500000000) },
	{ "1:30", OCS_OK, 90000000 },
	{ "90:00", OCS_OK, UINT64_C(5400000000) },
	{ "01:00:00", OCS_OK, UINT64_C(3600000000) },
	{ "30:00:00", OCS_OK, UINT64_C(108000000000) },
	{ "1-00:00:00", OCS_OK, UINT64_C(86400000000) },
	{ "2-03:04:05", OCS_OK, UINT64_C(183845000000) },
	{ "", OCS_SYNTAX, 0 },
	{ "ms", OCS_SYNTAX, 0 },
	{ "-1", OCS_SYNTAX, 0 },
	{ "1.5", OCS_SYNTAX, 0 },
	{ "1.", OCS_SYNTAX, 0 },
	{ "2 ms", OCS_SYNTAX, 0 },
	{ "2ms ", OCS_SYNTAX, 0 },
	{ "2m", OCS_SYNTAX, 0 },
	{ "2d", OCS_SYNTAX, 0 },
	{ "2ns", OCS_SYNTAX, 0 },
	{ "0.5us", OCS_SYNTAX, 0 },
	{ "1.0001ms", OCS_SYNTAX, 0 },
	{ "1:", OCS_SYNTAX, 0 },
	{ ":1", OCS_SYNTAX, 0 },
	{ "1:60", OCS_SYNTAX, 0 },
	{ "1:60:00", OCS_SYNTAX, 0 },
	{ "1:00:60", OCS_SYNTAX, 0 },
	{ "1:2:3:4", OCS_SYNTAX, 0 },
	{ "1-24:00:00", OCS_SYNTAX, 0 },
	{ "1-1:00", OCS_SYNTAX, 0 },
	{ "1-12", OCS_SYNTAX, 0 },
	{ "1-2-03:04:05", OCS_SYNTAX, 0 },
	{ "-03:04:05", OCS_SYNTAX, 0 },
	{ "1:00s", OCS_SYNTAX, 0 },
	{ "1:-1", OCS_SYNTAX, 0 },
	{ "18446744073709551616us", OCS_RANGE, 0 },
	{ "18446744073709551615ms", OCS_RANGE, 0 },
	{ "5124095577h", OCS_RANGE, 0 },
	{ "18446744073709551615:00", OCS_RANGE, 0 },
	{ "213503983-00:00:00", OCS_RANGE, 0 },
	{ NULL, OCS_OK, 0 }
};

typedef int (*parse_f)(const char *, uint64_t *, struct ocs_error *);

static void test_parse(const char *what, parse_f parse, const struct row *row)
{
	for (; row->text; row++) {
		struct ocs_error err = { OCS_OK, "", "" };
		uint64_t value = 4711;
		int rc = parse(row->text, &value, &err);

		is_num(err.code, row->code, "%s '%s': code", what, row->text);
		is_num(rc, row->code ? -1 : 0, "%s '%s': return", what,
		       row->text);
		ok(value == (row->code ? 4711 : row->value),
		   "%s '%s': value", what, row->text);
		if (row->code)
			ok(strstr(err.text, "(example: "),
			   "%s '%s': %s", what, row->text, err.text);
		is_num(parse(row->text, &value, NULL), rc,
		       "%s '%s': without an error", what, row->text);
	}
}

static const struct {
	uint64_t bps;
	const char *text;
} rate_texts[] = {
	{ 0, "0G" },
	{ 1, "0.000001M" },
	{ 250000000, "250M" },
	{ 100000000, "100M" },
	{ 999500000, "999.5M" },
	{ UINT64_C(1000000000), "1G" },
	{ UINT64_C(2500000000), "2.5G" },
	{ UINT64_C(400000000000), "400G" },
	{ UINT64_C(1600000000000), "1600G" },
	{ UINT64_C(10000000000000), "10000G" },
	{ UINT64_C(12500000000000), "12.5T" },
	{ UINT64_C(100000000000000), "100T" },
	{ UINT64_MAX, "18446744.073709551615T" },
};

static const struct {
	uint64_t us;
	const char *text;
} time_texts[] = {
	{ 0, "0s" },		{ 1, "1us" },
	{ 2274, "2274us" },	{ 3000, "3ms" },
	{ 1500000, "1500ms" },	{ 5000000, "5s" },
	{ 90000000, "90s" },	{ 1200000000, "20min" },
	{ UINT64_C(86400000000), "24h" },
	{ UINT64_MAX, "18446744073709551615us" },
};

static void test_format(void)
{
	char buf[OCS_RATE_TEXT_MAX], tbuf[OCS_TIME_TEXT_MAX];
	uint64_t back;

	for (size_t i = 0; i < sizeof(rate_texts) / sizeof(*rate_texts); i++) {
		uint64_t bps = rate_texts[i].bps;

		is_str(ocs_rate_format(bps, buf), rate_texts[i].text,
		       "rate as %s", rate_texts[i].text);
		if (bps && bps <= OCS_RATE_MAX_BPS)
			ok(!ocs_rate_parse(buf, &back, NULL) && back == bps,
			   "%s and back", buf);
	}
	for (size_t i = 0; i < sizeof(time_texts) / sizeof(*time_texts); i++) {
		is_str(ocs_time_format(time_texts[i].us, tbuf),
		       time_texts[i].text, "time as %s", time_texts[i].text);
		ok(!ocs_time_parse(tbuf, &back, NULL) &&
		   back == time_texts[i].us, "%s and back", tbuf);
	}
}

static void test_small(void)
{
	is_num(ocs_rate_gbps(0), 0, "0 is 0G");
	is_num(ocs_rate_gbps(1), 1, "rounded up");
	is_num(ocs_rate_gbps(UINT64_C(400000000000)), 400, "400G");
	is_num(ocs_rate_gbps(UINT64_C(400000000001)), 401, "and a bit");
	is_num(ocs_rate_gbps(UINT64_MAX), UINT32_MAX, "no overflow");
	is_num(ocs_pow2_ceil(0), 1, "pow2 of 0");
	is_num(ocs_pow2_ceil(1), 1, "pow2 of 1");
	is_num(ocs_pow2_ceil(2), 2, "pow2 of 2");
	is_num(ocs_pow2_ceil(3), 4, "pow2 of 3");
	is_num(ocs_pow2_ceil(4194304), 4194304, "pow2 of itself");
	is_num(ocs_pow2_ceil(4194305), 8388608, "pow2 of one more");
	ok(ocs_pow2_ceil(UINT64_C(1) << 63) == UINT64_C(1) << 63, "2^63");
	ok(ocs_pow2_ceil(UINT64_MAX) == UINT64_C(1) << 63, "2^63 at most");
}

static void test_words(void)
{
	struct ocs_error err;
	uint64_t v;

	ocs_rate_parse("400", &v, &err);
	is_str(err.text, "bad rate '400': a rate ends in M, G or T "
	       "(example: 400G)", "what would be right");
	ocs_rate_parse("1\n2G", &v, &err);
	ok(!strchr(err.text, '\n'), "no line break from outside");
}

static const struct row availabilities[] = {
	{ "99.99", OCS_OK, 100000 },
	{ "100", OCS_OK, 0 },
	{ "100.000", OCS_OK, 0 },
	{ "0", OCS_OK, OCS_PPB },
	{ "0.0000001", OCS_OK, OCS_PPB - 1 },
	{ "99.9999999", OCS_OK, 1 },
	{ "099.50", OCS_OK, 5000000 },
	{ "99.99000000000", OCS_OK, 100000 },
	{ "", OCS_SYNTAX, 0 },
	{ "99.99%", OCS_SYNTAX, 0 },
	{ "99.99 ", OCS_SYNTAX, 0 },
	{ " 99.99", OCS_SYNTAX, 0 },
	{ "99,99", OCS_SYNTAX, 0 },
	{ "99.", OCS_SYNTAX, 0 },
	{ ".5", OCS_SYNTAX, 0 },
	{ "-1", OCS_SYNTAX, 0 },
	{ "+1", OCS_SYNTAX, 0 },
	{ "5nines", OCS_SYNTAX, 0 },
	{ "1e2", OCS_SYNTAX, 0 },
	{ "99.99.9", OCS_SYNTAX, 0 },
	{ "99.99999999", OCS_SYNTAX, 0 },
	{ "100.0000001", OCS_RANGE, 0 },
	{ "101", OCS_RANGE, 0 },
	{ "18446744073709551616", OCS_RANGE, 0 },
	{ NULL, OCS_OK, 0 }
};

/* As the others are. */
static int parse_availability(const char *text, uint64_t *ppb,
			      struct ocs_error *err)
{
	uint32_t v;

	if (ocs_availability_parse(text, &v, err) < 0)
		return -1;
	*ppb = v;
	return 0;
}

static void test_availability(void)
{
	static const struct {
		uint64_t ppb;
		const char *text;
	} texts[] = {
		{ 0, "100" }, { 1, "99.9999999" }, { 100000, "99.99" },
		{ 10000000, "99" }, { OCS_PPB - 1, "0.0000001" },
		{ OCS_PPB, "0" }, { UINT64_MAX, "0" },
	};
	char buf[OCS_AVAILABILITY_TEXT_MAX];
	struct ocs_error err;
	uint32_t v;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		is_str(ocs_availability_format(texts[i].ppb, buf),
		       texts[i].text, "availability as %s", texts[i].text);
	ocs_availability_parse("99.99%", &v, &err);
	is_str(err.text, "bad per cent of the time '99.99%': it is a number without a sign behind it (example: 99.99)",
	       "what would be right");
}

int main(void)
{
	test_parse("rate", ocs_rate_parse, rates);
	test_parse("time", ocs_time_parse, times);
	test_parse("availability", parse_availability, availabilities);
	test_availability();
	test_format();
	test_small();
	test_words();
	return tap_done();
}
