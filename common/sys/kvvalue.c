// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvvalue - what the values of kvfile mean, and what is wrong with them
 */
#include "common/sys/kvfile.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/core/units.h"

int ocs_kv_fail(const struct ocs_kvline *line, struct ocs_error *err,
		enum ocs_code code, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return ocs_fail(err, code, "%s:%u: %s", line->file, line->line, text);
}

/* `bad KEY='VALUE': WHY` */
__attribute__((format(printf, 5, 6))) static int
bad(const struct ocs_kvline *line, const struct ocs_kv *kv,
    struct ocs_error *err, enum ocs_code code, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return ocs_kv_fail(line, err, code, "bad %s='%.80s': %s", kv->key,
			   kv->value, why);
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

/* Edits that turn X into Y (Levenshtein); large when they are long. */
static unsigned int distance(const char *x, const char *y)
{
	size_t nx = strlen(x), ny = strlen(y);
	unsigned int row[64];

	if (nx >= 64 || ny >= 64)
		return 64;
	for (size_t j = 0; j <= ny; j++)
		row[j] = (unsigned int) j;
	for (size_t i = 1; i <= nx; i++) {
		unsigned int diag = row[0];

		row[0] = (unsigned int) i;
		for (size_t j = 1; j <= ny; j++) {
			unsigned int best = diag;

			if (lower(x[i - 1]) != lower(y[j - 1]))
				best++;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diag = row[j];
			row[j] = best;
		}
	}
	return row[ny];
}

/* The word nearest to WORD, if it is near enough to be meant; or NULL. */
static const char *nearest(const char *word, const char *const *known)
{
	size_t limit = strlen(word) / 3 + 1;
	const char *found = NULL;
	unsigned int best = 64;

	for (; *known; known++) {
		unsigned int d = distance(word, *known);

		if (d < best) {
			best = d;
			found = *known;
		}
	}
	return best <= limit ? found : NULL;
}

int ocs_kv_known(const struct ocs_kvline *line, const char *key,
		 const char *const *known, struct ocs_error *err)
{
	const char *near;

	for (int i = 0; known[i]; i++)
		if (!strcasecmp(known[i], key))
			return i;
	if ((near = nearest(key, known)))
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "unknown key '%.60s' (did you mean %s?)",
				   key, near);
	return ocs_kv_fail(line, err, OCS_SYNTAX, "unknown key '%.60s'", key);
}

/* Digits at the start of TEXT into *VALUE, *END behind them. */
static enum ocs_code digits(const char *text, uint64_t *value,
			    const char **end)
{
	uint64_t v = 0;

	if (*text < '0' || *text > '9')
		return OCS_SYNTAX;
	for (; *text >= '0' && *text <= '9'; text++) {
		unsigned int d = (unsigned int) (*text - '0');

		if (v > (UINT64_MAX - d) / 10)
			return OCS_RANGE;
		v = v * 10 + d;
	}
	*value = v;
	*end = text;
	return OCS_OK;
}

int ocs_kv_uint(const struct ocs_kvline *line, const struct ocs_kv *kv,
		uint64_t min, uint64_t max, uint64_t *value,
		struct ocs_error *err)
{
	const char *end = "";
	uint64_t v = 0;
	enum ocs_code code = digits(kv->value, &v, &end);

	if (code == OCS_OK && *end)
		code = OCS_SYNTAX;
	if (code == OCS_OK && (v < min || v > max))
		code = OCS_RANGE;
	if (code != OCS_OK)
		return bad(line, kv, err, code,
			   "a number from %" PRIu64 " to %" PRIu64
			   " is expected", min, max);
	*value = v;
	return 0;
}

int ocs_kv_bool(const struct ocs_kvline *line, const struct ocs_kv *kv,
		bool *value, struct ocs_error *err)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "0", "1", "off", "on", NULL
	};

	for (int i = 0; words[i]; i++) {
		if (!strcasecmp(kv->value, words[i])) {
			*value = i % 2;
			return 0;
		}
	}
	return bad(line, kv, err, OCS_SYNTAX, "yes or no is expected");
}

int ocs_kv_ms(const struct ocs_kvline *line, const struct ocs_kv *kv,
	      uint64_t min_ms, uint64_t max_ms, uint64_t *ms,
	      struct ocs_error *err)
{
	char lo[OCS_TIME_TEXT_MAX], hi[OCS_TIME_TEXT_MAX];
	enum ocs_code code = OCS_RANGE;
	struct ocs_error why;
	uint64_t us = 0;

	ocs_time_format(min_ms * 1000, lo);
	ocs_time_format(max_ms * 1000, hi);
	if (ocs_time_parse(kv->value, &us, &why) < 0)
		code = why.code;
	else if (us % 1000 == 0 && us / 1000 >= min_ms && us / 1000 <= max_ms)
		code = OCS_OK;
	if (code != OCS_OK)
		return bad(line, kv, err, code,
			   "a time from %s to %s in whole ms is expected", lo,
			   hi);
	*ms = us / 1000;
	return 0;
}

static unsigned int unit_shift(const char *unit)
{
	if (!*unit)
		return 0;
	if (unit[1])
		return 64;
	switch (lower(*unit)) {
	case 'k':
		return 10;
	case 'm':
		return 20;
	case 'g':
		return 30;
	}
	return 64;
}

int ocs_kv_bytes(const struct ocs_kvline *line, const struct ocs_kv *kv,
		 uint64_t min, uint64_t max, uint64_t *bytes,
		 struct ocs_error *err)
{
	const char *end = "";
	uint64_t v = 0;
	enum ocs_code code = digits(kv->value, &v, &end);
	unsigned int shift = unit_shift(end);

	if (code == OCS_OK && shift == 64)
		code = OCS_SYNTAX;
	if (code == OCS_OK && v > UINT64_MAX >> shift)
		code = OCS_RANGE;
	if (code == OCS_OK && (v << shift < min || v << shift > max))
		code = OCS_RANGE;
	if (code != OCS_OK)
		return bad(line, kv, err, code,
			   "bytes from %" PRIu64 " to %" PRIu64
			   " are expected, with K, M or G if you like", min,
			   max);
	*bytes = v << shift;
	return 0;
}

int ocs_kv_rate(const struct ocs_kvline *line, const struct ocs_kv *kv,
		uint64_t *bps, struct ocs_error *err)
{
	struct ocs_error why;

	if (ocs_rate_parse(kv->value, bps, &why) < 0)
		return bad(line, kv, err, why.code,
			   "a rate such as 400G or 1.6T is expected");
	return 0;
}

int ocs_kv_availability(const struct ocs_kvline *line,
			const struct ocs_kv *kv, uint32_t min, uint32_t max,
			uint32_t *ppb, struct ocs_error *err)
{
	char lo[OCS_AVAILABILITY_TEXT_MAX], hi[OCS_AVAILABILITY_TEXT_MAX];
	enum ocs_code code = OCS_OK;
	struct ocs_error why;
	uint32_t v = 0;

	if (ocs_availability_parse(kv->value, &v, &why) < 0)
		code = why.code;
	else if (v < min || v > max)
		code = OCS_RANGE;
	if (code != OCS_OK)
		return bad(line, kv, err, code,
			   "per cent of the time, %s to %s, up to 7 decimals and no sign, are expected (example: 99.99)",
			   ocs_availability_format(max, lo),
			   ocs_availability_format(min, hi));
	*ppb = v;
	return 0;
}

int ocs_kv_text(const struct ocs_kvline *line, const struct ocs_kv *kv,
		char *buf, unsigned int size, struct ocs_error *err)
{
	size_t len = strlen(kv->value);

	if (!len)
		return bad(line, kv, err, OCS_SYNTAX, "it must not be empty");
	if (len >= size)
		return bad(line, kv, err, OCS_RANGE,
			   "at most %u bytes are possible", size - 1);
	memcpy(buf, kv->value, len + 1);
	return 0;
}

int ocs_kv_name(const struct ocs_kvline *line, const struct ocs_kv *kv,
		char *buf, unsigned int size, struct ocs_error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	if (!*kv->value || kv->value[strspn(kv->value, allowed)])
		return bad(line, kv, err, OCS_SYNTAX,
			   "a name of letters, digits, '.', '_' and '-' is expected");
	return ocs_kv_text(line, kv, buf, size, err);
}

int ocs_kv_word(const struct ocs_kvline *line, const struct ocs_kv *kv,
		const char *const *words, unsigned int *index,
		struct ocs_error *err)
{
	char list[160] = "";
	size_t n = 0;

	for (unsigned int i = 0; words[i]; i++) {
		if (!strcasecmp(words[i], kv->value)) {
			*index = i;
			return 0;
		}
		if (n < sizeof(list))
			n += (size_t) snprintf(list + n, sizeof(list) - n,
					       "%s%s", i ? "|" : "", words[i]);
	}
	return bad(line, kv, err, OCS_SYNTAX, "%s is expected", list);
}
