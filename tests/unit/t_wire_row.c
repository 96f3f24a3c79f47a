// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests wire_row: what it takes is what decode_lease takes, and the same
 *
 * A text is changed at each of its bytes in many ways. Few of them are JSON, and
 * fewer a lease; the question is only whether both readers agree.
 */
#include <stdlib.h>

#include "common/wire/wire.h"
#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"

#define ID "0123456789abcdef0123456789abcdef"

static const char plain[] =
	"{\"id\":\"" ID "\",\"cluster\":\"alpha\",\"job_id\":42,"
	"\"user_id\":1000,\"user\":\"ada\",\"submit_s\":1700000000,"
	"\"restart_cnt\":1,\"start_s\":5,\"end_s\":1700003600,\"grace_s\":60,"
	"\"controller_epoch\":7,"
	"\"sites\":[{\"name\":\"paris\",\"nodes\":\"par[001-004]\"},"
	"{\"name\":\"lyon\",\"nodes\":\"lyo[1,3]\"},{\"name\":\"nice\"}],"
	"\"circuits\":[{\"a\":\"paris\",\"z\":\"lyon\","
	"\"requested_bps\":400000000000,\"granted_bps\":200000000000,"
	"\"max_latency_us\":3000,\"latency_us\":2274,"
	"\"route\":[\"par-lyo\",\"x.2\"],\"provisioning\":\"PROVISIONED\","
	"\"data_plane\":\"UP\",\"up_ms\":1700000000123,\"lit_bps\":0},"
	"{\"a\":\"nice\",\"z\":\"paris\",\"requested_bps\":1}],"
	"\"reservation\":\"COMMITTED\",\"blame\":\"none\",\"cause\":\"why\","
	"\"held_ms\":1,\"committed_ms\":2,\"active_ms\":3,\"ended_ms\":4,"
	"\"gone_ms\":5}";

static const char rich[] =
	"{\"id\":\"" ID "\",\"cluster\":\"alpha\",\"job_id\":42,"
	"\"user_id\":1000,\"sites\":[{\"name\":\"paris\"},"
	"{\"name\":\"lyon\"}],\"circuits\":[{\"a\":\"paris\","
	"\"z\":\"lyon\",\"requested_bps\":400000000000,"
	"\"granted_bps\":400000000000,\"route\":[\"x\",\"y\"],"
	"\"protect\":\"1+1\",\"max_delay_variation_us\":30,"
	"\"max_unavailable_ppb\":100000,"
	"\"delay_variation_us\":21,\"latency_source\":\"reported\","
	"\"latency_ms\":1700000000456,\"energy_unknown\":true,"
	"\"energy_mj\":123456789,\"power_mw\":250000,"
	"\"cost_micro\":1999999,\"cost_micro_per_h\":17,"
	"\"members\":[{\"port_a\":\"par-1\",\"port_z\":\"lyo-1\","
	"\"wavelengths\":[3,0]},{\"standby\":true,\"route\":[\"z\"],"
	"\"wavelengths\":[1000]},{\"port_a\":\"par-2\",\"route\":[]}]},"
	"{\"a\":\"campus\",\"z\":\"lyon\",\"requested_bps\":1,"
	"\"members\":[{\"port_z\":\"lyo-2\"}]}],\"approved_ms\":77,"
	"\"billed_ms\":1700000000789}";

/* The text of what decode_lease makes of TEXT, or NULL. */
static char *decoded(const char *text, size_t len)
{
	struct ocs_error err;
	struct ocs_lease *l = ocs_wire_decode_lease(text, len, &err);
	char *out = l ? ocs_wire_encode_lease(l) : NULL;

	ocs_lease_destroy(l);
	return out;
}

static unsigned int ntaken;

/* Do both readers agree on TEXT, as far as read_row takes it? */
static bool agree(const char *text, size_t len)
{
	struct ocs_lease *row = ocs_wire_read_row(text, len);
	char *got, *want;
	bool same;

	if (!row)
		return true;
	ntaken++;
	got = ocs_wire_encode_lease(row);
	want = decoded(text, len);
	same = got && want && !strcmp(got, want);
	if (!same)
		printf("# %.*s\n# is %s\n", (int) len, text,
		       want ? want : "no lease");
	free(got);
	free(want);
	ocs_lease_destroy(row);
	return same;
}

static void test_bytes(const char *text, const char *what)
{
	static const char bytes[] = "\"\\{}[],:09-.aAz_ \n\x7f\x1f\xc3\xa9+e";
	size_t len = strlen(text);
	char *copy = malloc(len + 2);
	bool same = true;

	ntaken = 0;
	for (size_t i = 0; i < len; i++) {
		for (size_t k = 0; k < sizeof(bytes); k++) {
			memcpy(copy, text, len);
			copy[i] = bytes[k];
			same = agree(copy, len) && same;
			memcpy(copy + i + 1, text + i, len - i);
			same = agree(copy, len + 1) && same;
		}
		memcpy(copy, text, i);
		memcpy(copy + i, text + i + 1, len - i - 1);
		same = agree(copy, len - 1) && same;
		same = agree(text, i) && same;
	}
	ok(same, "%s: both agree whatever byte is changed", what);
	ok(ntaken > 1000, "%s: %u of these texts are leases", what, ntaken);
	free(copy);
}

/* Each number in turn becomes one that no, or not every, member may have. */
static void test_numbers(const char *text, const char *what)
{
	static const char *const number[] = {
		"0", "00", "01", "65536", "999999999", "1000000000",
		"4294967295", "4294967296",
		"86400", "253402300799", "253402300800", "253402300799999",
		"100000000000000", "100000000000001", "9223372036854775807",
		"9223372036854775808", "18446744073709551616",
		"99999999999999999999", "-1", "-0", "1.0", "1e3", "null", "",
	};
	char copy[4096];
	bool same = true;
	unsigned int n = 0;

	ntaken = 0;
	for (const char *p = text; *p; p++) {
		size_t digits = strspn(p, "0123456789");

		if (!digits || !strchr(":[,", p[-1]))
			continue;
		for (size_t k = 0; k < sizeof(number) / sizeof(*number); k++) {
			int len = snprintf(copy, sizeof(copy), "%.*s%s%s",
					   (int) (p - text), text, number[k],
					   p + digits);

			same = agree(copy, (size_t) len) && same;
			n++;
		}
		p += digits - 1;
	}
	ok(same && n > 400, "%s: both agree on %u numbers", what, n);
	ok(ntaken > 60, "%s: %u of these texts are leases", what, ntaken);
}

/* Each piece between commas is left out, said twice, or comes too early. */
static void test_pieces(const char *text, const char *what)
{
	char copy[8192];
	bool same = true;

	for (const char *p = text; (p = strchr(p, ',')); p++) {
		size_t at = (size_t) (p - text), n = 1 + strcspn(p + 1, ",");
		size_t then = p[n] ? 1 + strcspn(p + n + 1, ",") : 0;
		int len = snprintf(copy, sizeof(copy), "%.*s%s", (int) at,
				   text, p + n);

		same = agree(copy, (size_t) len) && same;
		len = snprintf(copy, sizeof(copy), "%.*s%.*s%s", (int) at,
			       text, (int) n, p, p);
		same = agree(copy, (size_t) len) && same;
		if (!p[n])
			break;
		len = snprintf(copy, sizeof(copy), "%.*s%.*s%.*s%s", (int) at,
			       text, (int) then, p + n, (int) n, p,
			       p + n + then);
		same = agree(copy, (size_t) len) && same;
	}
	ok(same, "%s: both agree whatever piece moves", what);
}

/* Each string becomes each other one: names that are there twice, words of
 * other members. */
static void test_strings(const char *text, const char *what)
{
	char copy[8192];
	bool same = true;
	size_t n, m;

	for (const char *p = text; (p = strchr(p, '"')); p += n + 2) {
		n = strcspn(p + 1, "\"");
		for (const char *q = text; (q = strchr(q, '"')); q += m + 2) {
			int len;

			m = strcspn(q + 1, "\"");
			len = snprintf(copy, sizeof(copy), "%.*s%.*s%s",
				       (int) (p + 1 - text), text, (int) m,
				       q + 1, p + 1 + n);
			same = agree(copy, (size_t) len) && same;
		}
	}
	ok(same, "%s: both agree whatever string moves", what);
}

/* Very many values in few bytes are no lease. */
static void test_bound(void)
{
	static const char member[] = "{\"route\":[\"a\",\"a\",\"a\",\"a\"],"
				     "\"wavelengths\":[0,0,0,0]}";
	char *text = malloc(1 << 20), *want;
	size_t len;

	want = decoded(rich, strlen(rich));
	len = (size_t) (strstr(want, "\"circuits\":[") + 12 - want);
	memcpy(text, want, len);
	for (unsigned int i = 0; i < OCS_CIRCUITS_MAX; i++) {
		len += (size_t) sprintf(text + len,
			"%s{\"a\":\"paris\",\"z\":\"s%u\",\"requested_bps\":1,"
			"\"granted_bps\":1,\"max_latency_us\":0,"
			"\"latency_us\":0,\"route\":[],"
			"\"provisioning\":\"RELEASED\",\"data_plane\":\"DOWN\","
			"\"up_ms\":0,\"lit_bps\":0,\"members\":[",
			i ? "," : "", i);
		for (unsigned int k = 0; k < OCS_MEMBERS_MAX; k++)
			len += (size_t) sprintf(text + len, "%s%s",
						k ? "," : "", member);
		len += (size_t) sprintf(text + len, "]}");
	}
	len += (size_t) sprintf(text + len, "%s",
				strstr(want, "],\"reservation\""));
	ok(agree(text, len), "both agree on %zu bytes", len);
	free(text);
	free(want);
}

static void test_one(const char *base, const char *what)
{
	char *text = decoded(base, strlen(base));
	struct ocs_lease *l = NULL;
	char *got;
	int made;

	ok(text, "%s: a lease", what);
	if (!text)
		return;
	l = ocs_wire_read_row(text, strlen(text));
	got = l ? ocs_wire_encode_lease(l) : NULL;
	is_str(got, text, "%s: is read as it was written", what);
	free(got);
	ocs_lease_destroy(l);
	ok(!ocs_wire_read_row(base, strlen(base)),
	   "%s: what we don't write like that is left to others", what);
	test_bytes(text, what);
	test_numbers(text, what);
	test_pieces(text, what);
	test_strings(text, what);
	NOMEM_EACH(made, l = ocs_wire_read_row(text, strlen(text)), !l);
	ok(l && made >= 4, "%s: %d allocations", what, made);
	ocs_lease_destroy(l);
	free(text);
}

int main(void)
{
	test_one(plain, "plain");
	test_one(rich, "members");
	test_bound();
	return tap_done();
}
