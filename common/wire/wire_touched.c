// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_touched - who is told of a drain
 */
#include "common/wire/wire_touched.h"

#include <stdlib.h>

#include "common/wire/wire_int.h"

static int get_one(const struct ocs_json_at *at, struct ocs_touched *t)
{
	if (ocs_wire_get_id(at, "id", true, t->id) < 0 ||
	    ocs_json_name(at, "cluster", true, t->cluster,
			  sizeof(t->cluster)) < 0 ||
	    ocs_json_u32(at, "job_id", true, &t->job_id) < 0 ||
	    ocs_json_text(at, "user", false, t->user, sizeof(t->user)) < 0 ||
	    ocs_json_i64(at, "start_s", false, OCS_JSON_TIME_S_MAX,
			 &t->start_s) < 0 ||
	    ocs_json_i64(at, "end_s", false, OCS_JSON_TIME_S_MAX,
			 &t->end_s) < 0)
		return -1;
	return ocs_json_text(at, "state", false, t->state, sizeof(t->state));
}

static int get_all(const struct ocs_json_at *at, struct ocs_touched **t,
		   unsigned int *n)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int count;

	if (ocs_json_array(at, "leases", false, OCS_WIRE_LEASES_MAX, &array,
			   &count) < 0)
		return -1;
	if (!(*t = calloc(count + 1, sizeof(**t))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (*n = 0; *n < count; (*n)++)
		if (ocs_json_elem(at, "leases", array, *n, &elem) < 0 ||
		    get_one(&elem, &(*t)[*n]) < 0)
			return -1;
	return 0;
}

int ocs_wire_decode_touched(const char *text, size_t len,
			    struct ocs_touched **t, unsigned int *n,
			    struct ocs_error *err)
{
	struct ocs_json_at at = { .index = -1, .err = err };
	int rc;

	*t = NULL;
	*n = 0;
	if (!(at.obj = ocs_json_parse(text, len, OCS_BODY_MAX, err)))
		return -1;
	rc = get_all(&at, t, n);
	json_object_put(at.obj);
	if (rc < 0) {
		free(*t);
		*t = NULL;
		*n = 0;
	}
	return rc;
}
