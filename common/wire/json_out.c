// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * json_out - JSON text, written straight into one growing buffer
 *
 * Building a tree first would cost an allocation for each value: the agent
 * writes its whole state to every cluster after every change.
 */
#include "common/wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct ocs_json_out *out, const char *text, size_t len)
{
	if (out->failed)
		return;
	if (len >= out->size - out->len) {
		size_t size = (out->len + len + 256) * 2;
		char *more = realloc(out->text, size);

		if (!more) {
			out->failed = true;
			return;
		}
		out->text = more;
		out->size = size;
	}
	memcpy(out->text + out->len, text, len);
	out->len += len;
	out->text[out->len] = '\0';
}

static void put_quoted(struct ocs_json_out *out, const char *text)
{
	const char *end = text + strlen(text), *plain = text;
	char esc[8];

	put(out, "\"", 1);
	for (const char *p = text; p < end;) {
		unsigned char c = (unsigned char) *p;
		size_t n = ocs_json_utf8_len(p, (size_t) (end - p));

		if (n && c >= ' ' && c != '"' && c != '\\') {
			p += n;
			continue;
		}
		put(out, plain, (size_t) (p - plain));
		if (!n)
			strcpy(esc, "?");
		else
			snprintf(esc, sizeof(esc), c >= ' ' ? "\\%c" :
							      "\\u%04x", c);
		put(out, esc, strlen(esc));
		plain = ++p;
	}
	put(out, plain, (size_t) (end - plain));
	put(out, "\"", 1);
}

static void put_name(struct ocs_json_out *out, const char *name)
{
	if (out->comma)
		put(out, ",", 1);
	out->comma = true;
	if (name) {
		put_quoted(out, name);
		put(out, ":", 1);
	}
}

void ocs_json_put_open(struct ocs_json_out *out, const char *name, char c)
{
	put_name(out, name);
	put(out, &c, 1);
	out->comma = false;
}

void ocs_json_put_close(struct ocs_json_out *out, char c)
{
	put(out, &c, 1);
	out->comma = true;
}

void ocs_json_put_u64(struct ocs_json_out *out, const char *name, uint64_t v)
{
	char buf[24];
	int n = snprintf(buf, sizeof(buf), "%" PRIu64, v);

	put_name(out, name);
	put(out, buf, (size_t) n);
}

void ocs_json_put_i64(struct ocs_json_out *out, const char *name, int64_t v)
{
	char buf[24];
	int n = snprintf(buf, sizeof(buf), "%" PRId64, v);

	put_name(out, name);
	put(out, buf, (size_t) n);
}

void ocs_json_put_bool(struct ocs_json_out *out, const char *name, bool v)
{
	put_name(out, name);
	put(out, v ? "true" : "false", v ? 4 : 5);
}

void ocs_json_put_ratio(struct ocs_json_out *out, const char *name,
			uint32_t ppb)
{
	char buf[24];
	int n = snprintf(buf, sizeof(buf), "%u.%09u",
			 (unsigned int) (ppb / 1000000000),
			 (unsigned int) (ppb % 1000000000));

	put_name(out, name);
	put(out, buf, (size_t) n);
}

void ocs_json_put_str(struct ocs_json_out *out, const char *name,
		      const char *text)
{
	put_name(out, name);
	put_quoted(out, text ? text : "");
}

void ocs_json_put_raw(struct ocs_json_out *out, const char *json)
{
	put_name(out, NULL);
	put(out, json, strlen(json));
}

char *ocs_json_put_end(struct ocs_json_out *out)
{
	char *text = out->text;

	if (out->failed) {
		free(text);
		text = NULL;
	}
	memset(out, 0, sizeof(*out));
	return text;
}
