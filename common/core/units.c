// SPDX-License-Identifier: GPL-2.0-or-later
/* units - rates, times and availability as text; first thing a user's value goes through */
#include "common/core/units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/core/defaults.h"
#include "common/core/scan.h"

#define MBPS UINT64_C(1000000)
#define GBPS UINT64_C(1000000000)
#define TBPS UINT64_C(1000000000000)
#define US_PER_S UINT64_C(1000000)
#define PPB_PER_CENT UINT64_C(10000000)

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit rate_units[] = {
	{ "M", MBPS }, { "G", GBPS }, { "T", TBPS },
	{ "Mbps", MBPS }, { "Gbps", GBPS }, { "Tbps", TBPS },
	{ NULL, 0 }
};

/* Largest first: ties in length go to the larger. */
static const struct unit time_units[] = {
	{ "h", 3600 * US_PER_S }, { "min", 60 * US_PER_S }, { "s", US_PER_S },
	{ "ms", 1000 }, { "us", 1 }, { NULL, 0 }
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int ocs_digits_scan(const char **p, uint64_t *value)
{
	const char *start = *p;
	uint64_t v = 0;
	bool fits = true;

	for (; is_digit(**p); (*p)++) {
		if (!fits)
			continue;
		fits = !__builtin_mul_overflow(v, 10, &v) &&
		       !__builtin_add_overflow(v, **p - '0', &v);
	}
	*value = fits ? v : UINT64_MAX;
	return *p != start && fits ? 0 : -1;
}

/* A number as written: WHOLE.FRACTION, the latter in units of 1/SCALE. */
struct decimal {
	uint64_t whole;
	uint64_t fraction;
	uint64_t scale;
	bool point;
	bool fits;		/* false: too large */
	bool exact;		/* false: too fine to be whole in any unit */
};

static void scan_fraction(const char **p, struct decimal *d)
{
	const char *end = *p, *last = *p;

	for (; is_digit(*end); end++)
		if (*end != '0')
			last = end + 1;
	for (const char *c = *p; c < last; c++) {
		if (d->scale > UINT64_C(100000000000)) {	/* 12 digits */
			d->exact = false;
			break;
		}
		d->fraction = d->fraction * 10 + (uint64_t) (*c - '0');
		d->scale *= 10;
	}
	*p = end;
}

/* 0, or -1 if there is no number at *P. */
static int scan_decimal(const char **p, struct decimal *d)
{
	*d = (struct decimal) { .scale = 1, .exact = true };
	if (!is_digit(**p))
		return -1;
	d->fits = !ocs_digits_scan(p, &d->whole);
	if (**p != '.')
		return 0;
	d->point = true;
	(*p)++;
	if (!is_digit(**p))
		return -1;
	scan_fraction(p, d);
	return 0;
}

/* D in units of FACTOR. */
static enum ocs_code decimal_value(const struct decimal *d, uint64_t factor,
				   uint64_t *value)
{
	uint64_t part = factor, scale = d->scale, v;

	if (!d->exact)
		return OCS_SYNTAX;
	/* cancelling tens keeps fraction * part far from overflow */
	for (; scale > 1 && part % 10 == 0; scale /= 10)
		part /= 10;
	if (d->fraction * part % scale)
		return OCS_SYNTAX;
	if (!d->fits || __builtin_mul_overflow(d->whole, factor, &v) ||
	    __builtin_add_overflow(v, d->fraction * part / scale, &v))
		return OCS_RANGE;
	*value = v;
	return OCS_OK;
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (!strcasecmp(units->name, name))
			return units;
	return NULL;
}

enum ocs_code ocs_rate_scan(const char *text, uint64_t *bps, const char **why)
{
	const struct unit *unit;
	enum ocs_code code;
	struct decimal d;
	uint64_t v;

	if (scan_decimal(&text, &d) < 0) {
		*why = "a rate is a number and M, G or T";
		return OCS_SYNTAX;
	}
	if (!(unit = find_unit(rate_units, text))) {
		*why = "a rate ends in M, G or T";
		return OCS_SYNTAX;
	}
	code = decimal_value(&d, unit->factor, &v);
	if (code == OCS_SYNTAX) {
		*why = "a rate is a whole number of bits per second";
		return code;
	}
	if (code == OCS_RANGE || v > OCS_RATE_MAX_BPS) {
		*why = "a rate is at most 100T";
		return OCS_RANGE;
	}
	if (!v) {
		*why = "a rate is more than 0";
		return OCS_RANGE;
	}
	*bps = v;
	return OCS_OK;
}

/* Slurm's [D-]HH:MM:SS and MM:SS. */
static enum ocs_code scan_clock(const char *p, uint64_t *us, const char **why)
{
	static const uint64_t field_s[] = { 1, 60, 3600 };
	uint64_t v[3], sum = 0, part;
	unsigned int n = 0;
	bool days = false, fits = true;

	*why = "a time is [DAYS-]HH:MM:SS or MM:SS";
	for (;;) {
		if (!is_digit(*p))
			return OCS_SYNTAX;
		fits &= !ocs_digits_scan(&p, &v[n]);
		if (*p == '-' && !n && !days) {
			days = true;
			fits &= !__builtin_mul_overflow(v[0], 86400, &sum);
			p++;
			continue;
		}
		n++;
		if (*p != ':')
			break;
		if (n == 3)
			return OCS_SYNTAX;
		p++;
	}
	if (*p || n < 2 || (days && n != 3))
		return OCS_SYNTAX;
	for (unsigned int i = 0; i < n; i++) {
		uint64_t s = field_s[n - 1 - i];

		/* only the first field may be more than a clock shows */
		if ((i || days) && v[i] >= (s == 3600 ? 24 : 60))
			return OCS_SYNTAX;
		fits &= !__builtin_mul_overflow(v[i], s, &part) &&
			!__builtin_add_overflow(sum, part, &sum);
	}
	if (!fits || __builtin_mul_overflow(sum, US_PER_S, &sum)) {
		*why = "a time this long can't be counted";
		return OCS_RANGE;
	}
	*us = sum;
	return OCS_OK;
}

enum ocs_code ocs_time_scan(const char *text, uint64_t *us, const char **why)
{
	const struct unit *unit;
	const char *p = text;
	enum ocs_code code;
	struct decimal d;
	uint64_t v;

	if (strchr(text, ':'))
		return scan_clock(text, us, why);
	if (scan_decimal(&p, &d) < 0) {
		*why = "a time is a number and us, ms, s, min or h";
		return OCS_SYNTAX;
	}
	unit = find_unit(time_units, *p || d.point ? p : "s");
	if (!unit) {
		*why = "a time ends in us, ms, s, min or h";
		return OCS_SYNTAX;
	}
	code = decimal_value(&d, unit->factor, &v);
	if (code == OCS_SYNTAX)
		*why = "a time is a whole number of microseconds";
	else if (code)
		*why = "a time this long can't be counted";
	else
		*us = v;
	return code;
}

int ocs_rate_parse(const char *text, uint64_t *bps, struct ocs_error *err)
{
	const char *why = "";
	enum ocs_code code = ocs_rate_scan(text, bps, &why);

	if (code)
		return ocs_fail(err, code,
				"bad rate '%.40s': %s (example: 400G)", text,
				why);
	return 0;
}

int ocs_time_parse(const char *text, uint64_t *us, struct ocs_error *err)
{
	const char *why = "";
	enum ocs_code code = ocs_time_scan(text, us, &why);

	if (code)
		return ocs_fail(err, code,
				"bad time '%.40s': %s (example: 2ms)", text,
				why);
	return 0;
}

int ocs_availability_parse(const char *text, uint32_t *ppb,
			   struct ocs_error *err)
{
	const char *p = text, *why = "it is more than 100";
	enum ocs_code code = OCS_SYNTAX;
	struct decimal d;
	uint64_t v = 0;

	if (scan_decimal(&p, &d) < 0 || *p)
		why = "it is a number without a sign behind it";
	else if ((code = decimal_value(&d, PPB_PER_CENT, &v)) == OCS_SYNTAX)
		why = "it has at most 7 decimals";
	else if (code == OCS_OK && v > OCS_PPB)
		code = OCS_RANGE;
	if (code)
		return ocs_fail(err, code,
				"bad per cent of the time '%.40s': %s (example: 99.99)",
				text, why);
	*ppb = (uint32_t) (OCS_PPB - v);
	return 0;
}

/* V in units of FACTOR, a power of ten, without trailing zeros. */
static int put_decimal(char *buf, size_t size, uint64_t v, uint64_t factor,
		       const char *unit)
{
	uint64_t rest = v % factor;
	int digits = 0;

	for (uint64_t f = factor; f > 1; f /= 10)
		digits++;
	for (; rest && rest % 10 == 0; digits--)
		rest /= 10;
	if (!rest)
		return snprintf(buf, size, "%" PRIu64 "%s", v / factor, unit);
	return snprintf(buf, size, "%" PRIu64 ".%0*" PRIu64 "%s", v / factor,
			digits, rest, unit);
}

char *ocs_rate_format(uint64_t bps, char buf[static OCS_RATE_TEXT_MAX])
{
	char tera[OCS_RATE_TEXT_MAX];
	int n, t;

	if (bps && bps < GBPS) {
		put_decimal(buf, OCS_RATE_TEXT_MAX, bps, MBPS, "M");
		return buf;
	}
	n = put_decimal(buf, OCS_RATE_TEXT_MAX, bps, GBPS, "G");
	if (bps > 10 * TBPS) {
		t = put_decimal(tera, sizeof(tera), bps, TBPS, "T");
		if (t <= n)
			memcpy(buf, tera, sizeof(tera));
	}
	return buf;
}

uint32_t ocs_rate_gbps(uint64_t bps)
{
	uint64_t gbps = bps / GBPS + (bps % GBPS != 0);

	return gbps > UINT32_MAX ? UINT32_MAX : (uint32_t) gbps;
}

char *ocs_time_format(uint64_t us, char buf[static OCS_TIME_TEXT_MAX])
{
	char text[OCS_TIME_TEXT_MAX];
	int best = OCS_TIME_TEXT_MAX, n;

	if (!us) {
		memcpy(buf, "0s", sizeof("0s"));
		return buf;
	}
	for (const struct unit *u = time_units; u->name; u++) {
		if (us % u->factor)
			continue;
		n = snprintf(text, sizeof(text), "%" PRIu64 "%s",
			     us / u->factor, u->name);
		if (n >= best)
			continue;
		memcpy(buf, text, sizeof(text));
		best = n;
	}
	return buf;
}

char *ocs_availability_format(uint64_t ppb,
			      char buf[static OCS_AVAILABILITY_TEXT_MAX])
{
	put_decimal(buf, OCS_AVAILABILITY_TEXT_MAX,
		    ppb < OCS_PPB ? OCS_PPB - ppb : 0, PPB_PER_CENT, "");
	return buf;
}

uint64_t ocs_pow2_ceil(uint64_t n)
{
	const uint64_t top = UINT64_C(1) << 63;

	if (n <= 1)
		return 1;
	if (n > top)
		return top;
	return UINT64_C(1) << (64 - __builtin_clzll(n - 1));
}
