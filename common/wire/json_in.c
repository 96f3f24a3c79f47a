// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * json_in - every number, word and count of a document passes here
 *
 * json-c saturates numbers that are too large, lets NUL bytes into strings and
 * asserts on arrays that are none: all of it is caught before use.
 */
#include "common/wire/json.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* "leases[3].circuits[0]." into BUF, as much as fits. */
static size_t path_of(const struct ocs_json_at *at, char *buf, size_t size)
{
	size_t n = 0;

	if (!at->name)
		return 0;
	if (at->up)
		n = path_of(at->up, buf, size);
	if (n < size && at->index >= 0)
		n += (size_t) snprintf(buf + n, size - n, "%s[%d].", at->name,
				       at->index);
	else if (n < size)
		n += (size_t) snprintf(buf + n, size - n, "%s.", at->name);
	return n;
}

int ocs_json_fail(const struct ocs_json_at *at, const char *name,
		  enum ocs_code code, const char *fmt, ...)
{
	char path[160] = "", text[256];
	va_list ap;

	path_of(at, path, sizeof(path));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return ocs_fail(at->err, code, "%s%s: %s", path, name, text);
}

/*
 * Member NAME of TYPE: 1 and *VALUE; 0 if it is missing and may be; -1.
 * WHAT is what should be there.
 */
static int member(const struct ocs_json_at *at, const char *name, bool needed,
		  enum json_type type, const char *what,
		  struct json_object **value)
{
	if (!json_object_object_get_ex(at->obj, name, value) || !*value) {
		if (needed)
			return ocs_json_fail(at, name, OCS_SYNTAX,
					     "%s is missing", what);
		return 0;
	}
	if (!json_object_is_type(*value, type))
		return ocs_json_fail(at, name, OCS_SYNTAX, "%s is expected",
				     what);
	return 1;
}

int ocs_json_u64(const struct ocs_json_at *at, const char *name, bool needed,
		 uint64_t min, uint64_t max, uint64_t *value)
{
	struct json_object *obj;
	int rc = member(at, name, needed, json_type_int, "a whole number",
			&obj);
	uint64_t v;

	if (rc <= 0)
		return rc;
	/* json-c clamps what is too large or negative */
	v = json_object_get_uint64(obj);
	if (json_object_get_int64(obj) < 0 || v < min || v > max)
		return ocs_json_fail(at, name, OCS_RANGE,
				     "a number from %" PRIu64 " to %" PRIu64
				     " is expected", min, max);
	*value = v;
	return 0;
}

int ocs_json_u32(const struct ocs_json_at *at, const char *name, bool needed,
		 uint32_t *value)
{
	uint64_t v = *value;

	if (ocs_json_u64(at, name, needed, 0, UINT32_MAX, &v) < 0)
		return -1;
	*value = (uint32_t) v;
	return 0;
}

int ocs_json_i64(const struct ocs_json_at *at, const char *name, bool needed,
		 int64_t max, int64_t *value)
{
	uint64_t v = (uint64_t) *value;

	if (ocs_json_u64(at, name, needed, 0, (uint64_t) max, &v) < 0)
		return -1;
	*value = (int64_t) v;
	return 0;
}

int ocs_json_bool(const struct ocs_json_at *at, const char *name, bool needed,
		  bool *value)
{
	struct json_object *obj;
	int rc = member(at, name, needed, json_type_boolean, "true or false",
			&obj);

	if (rc > 0)
		*value = json_object_get_boolean(obj);
	return rc < 0 ? -1 : 0;
}

int ocs_json_ratio(const struct ocs_json_at *at, const char *name, bool needed,
		   uint32_t *ppb)
{
	struct json_object *obj;
	double v;

	if (!json_object_object_get_ex(at->obj, name, &obj) || !obj)
		return needed ? ocs_json_fail(at, name, OCS_SYNTAX,
					      "a number is missing") : 0;
	if (!json_object_is_type(obj, json_type_double) &&
	    !json_object_is_type(obj, json_type_int))
		return ocs_json_fail(at, name, OCS_SYNTAX,
				     "a number is expected");
	v = json_object_get_double(obj);
	if (!(v >= 0 && v <= 1))	/* NaN is neither */
		return ocs_json_fail(at, name, OCS_RANGE,
				     "a number from 0 to 1 is expected");
	*ppb = (uint32_t) (v * 1e9 + 0.5);
	return 0;
}

/* The text of OBJ, a string; NULL if it holds a NUL. */
static const char *string_of(struct json_object *obj, size_t *len)
{
	const char *text = json_object_get_string(obj);

	*len = (size_t) json_object_get_string_len(obj);
	return text && strlen(text) == *len ? text : NULL;
}

int ocs_json_string(const struct ocs_json_at *at, const char *name,
		    bool needed, size_t size, const char **text)
{
	struct json_object *obj;
	int rc = member(at, name, needed, json_type_string, "a string", &obj);
	size_t len = 0;

	*text = NULL;
	if (rc <= 0)
		return rc;
	if (!(*text = string_of(obj, &len)))
		return ocs_json_fail(at, name, OCS_SYNTAX,
				     "a NUL byte in a string");
	if (len >= size) {
		*text = NULL;
		return ocs_json_fail(at, name, OCS_RANGE,
				     "more than %zu bytes", size - 1);
	}
	return 0;
}

bool ocs_json_name_ok(const char *text)
{
	const char *p = text;

	while (ocs_json_name_char(*p))
		p++;
	return p > text && !*p;
}

static int name_fail(const struct ocs_json_at *at, const char *name)
{
	return ocs_json_fail(at, name, OCS_SYNTAX,
			     "a name of letters, digits, '.', '_' and '-' is expected");
}

int ocs_json_name(const struct ocs_json_at *at, const char *name, bool needed,
		  char *buf, size_t size)
{
	const char *text;

	if (ocs_json_string(at, name, needed, size, &text) < 0)
		return -1;
	if (!text)
		return 0;
	if (!ocs_json_name_ok(text))
		return name_fail(at, name);
	memcpy(buf, text, strlen(text) + 1);
	return 0;
}

int ocs_json_text(const struct ocs_json_at *at, const char *name, bool needed,
		  char *buf, size_t size)
{
	const char *text;
	size_t n;

	if (ocs_json_string(at, name, needed, SIZE_MAX, &text) < 0)
		return -1;
	if (!text)
		return 0;
	n = strlen(text);
	if (n >= size) {
		n = size > 4 ? size - 4 : 0;
		/* never cut inside a character */
		while (n && (text[n] & 0xc0) == 0x80)
			n--;
	}
	for (size_t i = 0; i < n; i++)
		buf[i] = (unsigned char) text[i] < ' ' || text[i] == 0x7f ?
				 ' ' : text[i];
	strcpy(buf + n, text[n] && size > 4 ? "..." : "");
	return 0;
}

int ocs_json_array(const struct ocs_json_at *at, const char *name, bool needed,
		   unsigned int max, struct json_object **array,
		   unsigned int *n)
{
	int rc;

	*n = 0;
	rc = member(at, name, needed, json_type_array, "an array", array);
	if (rc <= 0) {
		*array = NULL;
		return rc;
	}
	if (json_object_array_length(*array) > max)
		return ocs_json_fail(at, name, OCS_RANGE,
				     "more than %u elements", max);
	*n = (unsigned int) json_object_array_length(*array);
	return 0;
}

int ocs_json_elem(const struct ocs_json_at *at, const char *name,
		  struct json_object *array, unsigned int index,
		  struct ocs_json_at *elem)
{
	elem->up = at;
	elem->name = name;
	elem->index = (int) index;
	elem->obj = json_object_array_get_idx(array, index);
	elem->err = at->err;
	elem->cut = NULL;
	if (!json_object_is_type(elem->obj, json_type_object))
		return ocs_json_fail(at, name, OCS_SYNTAX,
				     "element %u: an object is expected",
				     index);
	return 0;
}

int ocs_json_elem_name(const struct ocs_json_at *at, const char *name,
		       struct json_object *array, unsigned int index,
		       char *buf, size_t size)
{
	struct json_object *obj = json_object_array_get_idx(array, index);
	const char *text = NULL;
	size_t len = 0;

	if (json_object_is_type(obj, json_type_string))
		text = string_of(obj, &len);
	if (!text || !ocs_json_name_ok(text))
		return name_fail(at, name);
	if (len >= size)
		return ocs_json_fail(at, name, OCS_RANGE,
				     "element %u: more than %zu bytes", index,
				     size - 1);
	memcpy(buf, text, len + 1);
	return 0;
}
