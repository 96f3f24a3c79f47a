// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * json_parse - text becomes json-c's tree, long arrays one row at a time
 *
 * A tree takes twenty times its text: what may have thousands of rows (links,
 * leases) is cut out and read row by row. Where it stands a scanner finds that
 * knows strings and brackets only; that each piece is JSON is json-c's to say.
 */
#include "common/wire/json.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The character at P, and its length; 0: that is no UTF-8. */
static size_t decode(const char *p, size_t left, uint32_t *code)
{
	const unsigned char *u = (const unsigned char *) p;
	uint32_t c;
	size_t n;

	*code = *u;
	if (*u < 0x80)
		return 1;
	n = *u >= 0xf0 && *u < 0xf5 ? 4 : *u >= 0xe0 && *u < 0xf0 ? 3 :
	    *u >= 0xc2 && *u < 0xe0 ? 2 : 0;
	if (!n || n > left)
		return 0;
	c = *u & (0xffU >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3f);
	}
	if (n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000)))
		return 0;
	if (n == 4 && (c < 0x10000 || c > 0x10ffff))
		return 0;
	*code = c;
	return n;
}

size_t ocs_json_utf8_len(const char *p, size_t left)
{
	uint32_t c;

	return decode(p, left, &c);
}

/*
 * What json-c does not see, or too late: it lets a character through that is
 * cut off, and allocates before values could be counted.  Commas and brackets
 * in strings count too, which errs to the safe side.
 */
static int check_bytes(const char *text, size_t len, struct ocs_error *err)
{
	size_t values = 0, n;

	for (size_t i = 0; i < len; i += n) {
		if (!(n = ocs_json_utf8_len(text + i, len - i)))
			return ocs_fail(err, OCS_SYNTAX,
					"bad JSON at byte %zu: no UTF-8", i);
		values += text[i] == ',' || text[i] == '[' || text[i] == '{';
	}
	if (values > OCS_JSON_VALUES_MAX(len))
		return ocs_fail(err, OCS_RANGE,
				"a document of too many values");
	return 0;
}

/* Whether the digits before TEXT + AT are more than 64 bits hold: not all
 * json-c saturate. */
static bool too_large(const char *text, size_t at)
{
	const char *most = "9223372036854775807";
	size_t n = 0;

	while (n < at && text[at - 1 - n] >= '0' && text[at - 1 - n] <= '9')
		n++;
	return n > strlen(most) ||
		(n == strlen(most) && memcmp(text + at - n, most, n) > 0);
}

static int parse_fail(struct json_tokener *tok, const char *text, size_t len,
		      size_t at, int depth, struct ocs_error *err)
{
	enum json_tokener_error why = json_tokener_get_error(tok);

	switch (why) {
	case json_tokener_success:
	case json_tokener_continue:
		return ocs_fail(err, OCS_SYNTAX,
				"the JSON document is cut off at byte %zu",
				len);
	case json_tokener_error_depth:
		return ocs_fail(err, OCS_RANGE,
				"JSON is more than %d levels deep",
				depth);
	default:
		if (too_large(text, at))
			return ocs_fail(err, OCS_RANGE,
					"the number before byte %zu is too large",
					at);
		return ocs_fail(err, OCS_SYNTAX, "bad JSON at byte %zu: %s",
				at, json_tokener_error_desc(why));
	}
}

/* Character C, as JSON escapes it (RFC 8259, 7); the length. */
static int escape(uint32_t c, char out[16])
{
	if (c < 0x10000)
		return snprintf(out, 16, "\\u%04x", c);
	c -= 0x10000;
	return snprintf(out, 16, "\\u%04x\\u%04x", 0xd800 + (c >> 10),
			0xdc00 + (c & 0x3ff));
}

/* The bytes from P on that json-c gets as they are. */
static size_t plain_run(const char *p, const char *end)
{
	const char *from = p;

	while (p < end && !(*p & 0x80))
		p++;
	return (size_t) (p - from);
}

static bool is_escaped(const char *text, const char *p)
{
	const char *from = p;

	while (from > text && from[-1] == '\\')
		from--;
	return (p - from) & 1;
}

/*
 * Give TEXT to TOK. Characters beyond ASCII go in as escapes: json-c 0.18
 * refuses them where it is strict (it compares a signed char). Where it stopped.
 */
static size_t feed(struct json_tokener *tok, const char *text, size_t len,
		   struct json_object **obj)
{
	const char *end = text + len, *p = text;

	do {
		size_t n = plain_run(p, end);
		int given = (int) n;
		const char *in = p;
		char u[16];
		uint32_t c;

		if (!n && p < end && is_escaped(text, p)) {
			n = 1;	/* no escape that there is: json-c will say */
			given = 1;
		} else if (!n && p < end) {
			n = decode(p, (size_t) (end - p), &c);
			given = escape(c, u);
			in = u;
		}
		*obj = json_tokener_parse_ex(tok, in, given);
		if (json_tokener_get_error(tok) != json_tokener_continue)
			return (size_t) (p - text) + (in == p ?
				json_tokener_get_parse_end(tok) : 0);
		p += n;
	} while (p < end);
	return len;
}

/* The value that TEXT begins with, and where it ends. */
static struct json_object *parse_value(const char *text, size_t len, int depth,
				       size_t *end, struct ocs_error *err)
{
	struct json_object *obj = NULL;
	struct json_tokener *tok;

	if (!(tok = json_tokener_new_ex(depth))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT |
				    JSON_TOKENER_ALLOW_TRAILING_CHARS);
	*end = feed(tok, text, len, &obj);
	if (json_tokener_get_error(tok) != json_tokener_success) {
		parse_fail(tok, text, len, *end, depth, err);
		json_object_put(obj);
		obj = NULL;
	} else if (!json_object_is_type(obj, json_type_object)) {
		ocs_fail(err, OCS_SYNTAX, "a JSON object is expected");
		json_object_put(obj);
		obj = NULL;
	}
	json_tokener_free(tok);
	return obj;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct json_object *parse_all(const char *text, size_t len,
				     struct ocs_error *err)
{
	size_t end;
	struct json_object *obj = parse_value(text, len, OCS_JSON_DEPTH_MAX,
					      &end, err);

	while (obj && end < len && is_blank(text[end]))
		end++;
	if (obj && end != len) {
		ocs_fail(err, OCS_SYNTAX,
			 "text follows the JSON document at byte %zu", end);
		json_object_put(obj);
		obj = NULL;
	}
	return obj;
}

static int check_text(const char *text, size_t len, size_t len_max,
		      struct ocs_error *err)
{
	if (len > len_max || len > INT_MAX)
		return ocs_fail(err, OCS_RANGE,
				"a document of %zu bytes is larger than %zu",
				len, len_max);
	return check_bytes(text, len, err);
}

struct json_object *ocs_json_parse(const char *text, size_t len,
				   size_t len_max, struct ocs_error *err)
{
	if (check_text(text, len, len_max, err) < 0)
		return NULL;
	return parse_all(text, len, err);
}

/* ---- arrays that stay text ---- */

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* After the string that begins at P, or END. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

/* After the value that begins at P, or END; what it is json-c will say. */
static const char *skip_value(const char *p, const char *end)
{
	unsigned int depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (*p == '}' || *p == ']') {
			if (!depth)
				return p;
			depth--;
			p++;
		} else if (*p == ',' && !depth) {
			return p;
		} else {
			p++;
			continue;
		}
		if (!depth)
			return p;
	}
	return end;
}

static struct ocs_json_cut *cut_of(struct ocs_json_cut *cut, const char *key,
				   size_t len)
{
	for (; cut->name; cut++)
		if (strlen(cut->name) == len && !memcmp(cut->name, key, len))
			return cut;
	return NULL;
}

/* Where the arrays of CUT stand in the object TEXT. Where TEXT is no object as
 * it should be this stops: json-c will tell. */
static int find_cuts(const char *text, size_t len, struct ocs_json_cut *cut,
		     struct ocs_error *err)
{
	const char *end = text + len, *p = skip_blanks(text, end);

	if (p == end || *p++ != '{')
		return 0;
	for (;;) {
		struct ocs_json_cut *c;
		const char *key, *value;

		p = key = skip_blanks(p, end);
		if (p == end || *p != '"')
			return 0;
		p = skip_string(p, end);
		c = cut_of(cut, key + 1, (size_t) (p - key) - 2);
		p = skip_blanks(p, end);
		if (p == end || *p++ != ':')
			return 0;
		value = skip_blanks(p, end);
		p = skip_value(value, end);
		if (c && c->text)
			return ocs_fail(err, OCS_SYNTAX, "%s: given twice",
					c->name);
		if (c && p > value + 1 && *value == '[' && p[-1] == ']') {
			c->text = value + 1;
			c->len = (size_t) (p - value) - 2;
		}
		p = skip_blanks(p, end);
		if (p == end || *p++ != ',')
			return 0;
	}
}

static const struct ocs_json_cut *first_cut(const struct ocs_json_cut *cut,
					    const char *from)
{
	const struct ocs_json_cut *first = NULL;

	for (; cut->name; cut++)
		if (cut->len && cut->text >= from &&
		    (!first || cut->text < first->text))
			first = cut;
	return first;
}

/* TEXT without what is cut, the caller's to free. */
static char *without_cuts(const char *text, size_t len,
			  const struct ocs_json_cut *cut, size_t *left)
{
	const char *end = text + len;
	const struct ocs_json_cut *next;
	char *bare, *to;

	for (next = cut; next->name; next++)
		len -= next->len;
	if (!(bare = to = malloc(len + 1)))
		return NULL;
	while ((next = first_cut(cut, text))) {
		memcpy(to, text, (size_t) (next->text - text));
		to += next->text - text;
		text = next->text + next->len;
	}
	memcpy(to, text, (size_t) (end - text));
	*left = len;
	return bare;
}

struct json_object *ocs_json_parse_cut(const char *text, size_t len,
				       size_t len_max,
				       struct ocs_json_cut *cut,
				       struct ocs_error *err)
{
	struct json_object *obj;
	size_t left;
	char *bare;

	for (struct ocs_json_cut *c = cut; c->name; c++) {
		c->text = NULL;
		c->len = 0;
	}
	if (check_text(text, len, len_max, err) < 0 ||
	    find_cuts(text, len, cut, err) < 0)
		return NULL;
	if (!(bare = without_cuts(text, len, cut, &left))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	obj = parse_all(bare, left, err);
	free(bare);
	return obj;
}

int ocs_json_rows_open(const struct ocs_json_at *at, const char *name,
		       bool needed, unsigned int max,
		       struct ocs_json_rows *rows, unsigned int *count)
{
	const struct ocs_json_cut *c = at->cut;
	size_t n = 1;

	*rows = (struct ocs_json_rows) {
		.elem = { .up = at, .name = name, .err = at->err },
	};
	while (c && c->name && (strcmp(c->name, name) || !c->text))
		c++;
	if (!c || !c->name)
		return ocs_json_array(at, name, needed, max, &rows->array,
				      count);
	rows->end = c->text + c->len;
	rows->at = skip_blanks(c->text, rows->end);
	if (rows->at == rows->end)
		n = 0;
	for (const char *p = rows->at; p < rows->end; p++) {
		p = skip_value(p, rows->end);
		n += p < rows->end && *p == ',';
	}
	if (n > max)
		return ocs_json_fail(at, name, OCS_RANGE,
				     "more than %u elements", max);
	*count = rows->count = (unsigned int) n;
	return 0;
}

/* The next object of an array that is text: 1; at the end 0; -1. */
static int next_of_text(struct ocs_json_rows *r)
{
	struct ocs_error why;
	size_t n;

	json_object_put(r->obj);
	r->obj = NULL;
	if (!r->count)
		return 0;
	if (r->next) {
		r->at = skip_blanks(r->at, r->end);
		if (r->at == r->end)
			return 0;
		if (*r->at != ',')
			return ocs_json_fail(r->elem.up, r->elem.name,
					     OCS_SYNTAX,
					     "a comma is expected after element %u",
					     r->next - 1);
		r->at = skip_blanks(r->at + 1, r->end);
		if (r->next == r->count)
			return ocs_json_fail(r->elem.up, r->elem.name,
					     OCS_SYNTAX,
					     "more than %u elements", r->count);
	}
	r->obj = parse_value(r->at, (size_t) (r->end - r->at),
			     OCS_JSON_DEPTH_MAX - 2, &n, &why);
	if (!r->obj)
		return ocs_json_fail(r->elem.up, r->elem.name, why.code,
				     "element %u: %s", r->next, why.text);
	r->at += n;
	return 1;
}

int ocs_json_rows_next(struct ocs_json_rows *r, struct ocs_json_at **elem)
{
	const struct ocs_json_at *up = r->elem.up;
	const char *name = r->elem.name;
	int rc;

	if (r->end) {
		if ((rc = next_of_text(r)) <= 0)
			return rc;
		r->elem.obj = r->obj;
		r->elem.index = (int) r->next;
	} else {
		if (!r->array || r->next == json_object_array_length(r->array))
			return 0;
		if (ocs_json_elem(up, name, r->array, r->next, &r->elem) < 0)
			return -1;
	}
	r->next++;
	*elem = &r->elem;
	return 1;
}

void ocs_json_rows_close(struct ocs_json_rows *rows)
{
	json_object_put(rows->obj);
	rows->obj = NULL;
}
