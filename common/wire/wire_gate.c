// SPDX-License-Identifier: GPL-2.0-or-later
/* wire_gate - freezes, approvals and first routes as JSON */
#include "common/wire/wire_gate.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/wire_int.h"

static int parse(struct ocs_json_at *at, const char *text, size_t len,
		 size_t max, struct ocs_error *err)
{
	*at = (struct ocs_json_at) { .index = -1, .err = err };
	return (at->obj = ocs_json_parse(text, len, max, err)) ? 0 : -1;
}

static int need_bool(const struct ocs_json_at *at, const char *name,
		     bool *value)
{
	struct json_object *obj;

	if (!json_object_object_get_ex(at->obj, name, &obj))
		return ocs_json_fail(at, name, OCS_SYNTAX,
				     "true or false is expected");
	return ocs_json_bool(at, name, true, value);
}

/* ---- freezes ---- */

static void put_freeze(struct ocs_json_out *out, const struct ocs_freeze *f)
{
	ocs_json_put_open(out, NULL, '{');
	if (*f->link)
		ocs_json_put_str(out, "link", f->link);
	ocs_json_put_bool(out, "frozen", f->frozen);
	ocs_json_put_i64(out, "since_ms", f->since_ms);
	ocs_json_put_str(out, "who", f->who);
	ocs_json_put_str(out, "why", f->why);
	ocs_json_put_close(out, '}');
}

char *ocs_wire_encode_freeze(const struct ocs_freeze *f)
{
	struct ocs_json_out out = { 0 };

	put_freeze(&out, f);
	return ocs_json_put_end(&out);
}

static int get_freeze(const struct ocs_json_at *at, struct ocs_freeze *f)
{
	memset(f, 0, sizeof(*f));
	if (need_bool(at, "frozen", &f->frozen) < 0 ||
	    ocs_json_name(at, "link", false, f->link, sizeof(f->link)) < 0 ||
	    ocs_json_i64(at, "since_ms", false, OCS_JSON_TIME_MS_MAX,
			 &f->since_ms) < 0 ||
	    ocs_json_text(at, "who", false, f->who, sizeof(f->who)) < 0)
		return -1;
	return ocs_json_text(at, "why", false, f->why, sizeof(f->why));
}

int ocs_wire_decode_freeze(const char *text, size_t len, struct ocs_freeze *f,
			   struct ocs_error *err)
{
	struct ocs_json_at at;
	int rc;

	if (parse(&at, text, len, OCS_REQUEST_BODY_MAX, err) < 0)
		return -1;
	rc = get_freeze(&at, f);
	json_object_put(at.obj);
	return rc;
}

char *ocs_wire_encode_freezes(const struct ocs_freeze *list, unsigned int n)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_open(&out, "freezes", '[');
	for (unsigned int i = 0; i < n; i++)
		put_freeze(&out, &list[i]);
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static int get_freezes(const struct ocs_json_at *at, struct ocs_freeze **list,
		       unsigned int *n)
{
	struct json_object *array;
	struct ocs_json_at elem;

	if (ocs_json_array(at, "freezes", true, OCS_WIRE_LINKS_MAX + 1, &array,
			   n) < 0)
		return -1;
	if (!(*list = calloc(*n + 1, sizeof(**list))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < *n; i++)
		if (ocs_json_elem(at, "freezes", array, i, &elem) < 0 ||
		    get_freeze(&elem, &(*list)[i]) < 0)
			return -1;
	return 0;
}

int ocs_wire_decode_freezes(const char *text, size_t len,
			    struct ocs_freeze **list, unsigned int *n,
			    struct ocs_error *err)
{
	struct ocs_json_at at;
	int rc;

	*list = NULL;
	if (parse(&at, text, len, OCS_BODY_MAX, err) < 0)
		return -1;
	if ((rc = get_freezes(&at, list, n)) < 0) {
		free(*list);
		*list = NULL;
	}
	json_object_put(at.obj);
	return rc;
}

/* ---- first routes ---- */

char *ocs_wire_encode_home(const struct ocs_home *home)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_open(&out, "route", '[');
	for (unsigned int i = 0; i < home->nhops; i++)
		ocs_json_put_str(&out, NULL, home->hop[i]);
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

int ocs_wire_decode_home(const char *text, size_t len, struct ocs_home *home,
			 struct ocs_error *err)
{
	struct json_object *array;
	struct ocs_json_at at;
	int rc;

	memset(home, 0, sizeof(*home));
	if (parse(&at, text, len, OCS_REQUEST_BODY_MAX, err) < 0)
		return -1;
	rc = ocs_json_array(&at, "route", true, OCS_HOPS_MAX, &array,
			    &home->nhops);
	for (unsigned int i = 0; rc == 0 && i < home->nhops; i++)
		rc = ocs_json_elem_name(&at, "route", array, i, home->hop[i],
					sizeof(home->hop[i]));
	json_object_put(at.obj);
	return rc;
}

/* ---- approvals ---- */

char *ocs_wire_encode_approval(const struct ocs_approval *a)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_bool(&out, "approve", a->approve);
	ocs_json_put_str(&out, "why", a->why);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

int ocs_wire_decode_approval(const char *text, size_t len,
			     struct ocs_approval *a, struct ocs_error *err)
{
	struct ocs_json_at at;
	int rc;

	if (parse(&at, text, len, OCS_REQUEST_BODY_MAX, err) < 0)
		return -1;
	memset(a, 0, sizeof(*a));
	rc = need_bool(&at, "approve", &a->approve);
	if (rc == 0)
		rc = ocs_json_text(&at, "why", false, a->why, sizeof(a->why));
	json_object_put(at.obj);
	return rc;
}
