// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_compute - a cluster's compute as JSON
 */
#include "common/wire/wire_compute.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/wire_int.h"

struct ocs_compute *ocs_compute_create(void)
{
	return calloc(1, sizeof(struct ocs_compute));
}

void ocs_compute_destroy(struct ocs_compute *c)
{
	if (!c)
		return;
	free(c->site);
	free(c->start);
	free(c);
}

static void put_site(struct ocs_json_out *out,
		     const struct ocs_compute_site *s)
{
	ocs_json_put_open(out, NULL, '{');
	ocs_json_put_str(out, "name", s->name);
	ocs_json_put_u64(out, "nodes_total", s->nodes_total);
	ocs_json_put_u64(out, "nodes_idle", s->nodes_idle);
	ocs_json_put_open(out, "gpus", '[');
	for (unsigned int i = 0; i < s->ngpus; i++) {
		ocs_json_put_open(out, NULL, '{');
		ocs_json_put_str(out, "type", s->gpus[i].type);
		ocs_json_put_u64(out, "total", s->gpus[i].total);
		ocs_json_put_u64(out, "idle", s->gpus[i].idle);
		ocs_json_put_close(out, '}');
	}
	ocs_json_put_close(out, ']');
	ocs_json_put_close(out, '}');
}

static void put_start(struct ocs_json_out *out,
		      const struct ocs_compute_start *s)
{
	ocs_json_put_open(out, NULL, '{');
	ocs_json_put_i64(out, "start_s", s->start_s);
	ocs_json_put_open(out, "sites", '[');
	for (unsigned int i = 0; i < s->nsites; i++)
		ocs_json_put_str(out, NULL, s->site[i]);
	ocs_json_put_close(out, ']');
	ocs_json_put_u64(out, "rate_bps", s->rate_bps);
	ocs_json_put_close(out, '}');
}

static void put_compute(struct ocs_json_out *out, const struct ocs_compute *c,
			bool shown)
{
	ocs_json_put_open(out, NULL, '{');
	if (shown) {
		ocs_json_put_str(out, "cluster", c->cluster);
		ocs_json_put_u64(out, "age_s", c->age_s);
		ocs_json_put_bool(out, "stale", c->stale);
	}
	ocs_json_put_i64(out, "time_ms", c->time_ms);
	ocs_json_put_u64(out, "valid_s", c->valid_s);
	ocs_json_put_open(out, "sites", '[');
	for (unsigned int i = 0; i < c->nsites; i++)
		put_site(out, &c->site[i]);
	ocs_json_put_close(out, ']');
	ocs_json_put_open(out, "pending", '{');
	ocs_json_put_u64(out, "jobs", c->pending_jobs);
	ocs_json_put_u64(out, "circuits_bps", c->pending_bps);
	ocs_json_put_close(out, '}');
	ocs_json_put_open(out, "predicted_starts", '[');
	for (unsigned int i = 0; i < c->nstarts; i++)
		put_start(out, &c->start[i]);
	ocs_json_put_close(out, ']');
	ocs_json_put_close(out, '}');
}

char *ocs_wire_encode_compute(const struct ocs_compute *c, bool shown)
{
	struct ocs_json_out out = { 0 };

	put_compute(&out, c, shown);
	return ocs_json_put_end(&out);
}

char *ocs_wire_encode_computes(const struct ocs_compute *const *c,
			       unsigned int n)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_open(&out, "clusters", '[');
	for (unsigned int i = 0; i < n; i++)
		put_compute(&out, c[i], true);
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static int get_gpus(const struct ocs_json_at *at, struct ocs_compute_site *s)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "gpus", false, OCS_COMPUTE_GPUS_MAX, &array,
			   &n) < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++) {
		struct ocs_compute_gpus *g = &s->gpus[i];

		if (ocs_json_elem(at, "gpus", array, i, &elem) < 0 ||
		    ocs_json_name(&elem, "type", true, g->type,
				  sizeof(g->type)) < 0 ||
		    ocs_json_u32(&elem, "total", true, &g->total) < 0 ||
		    ocs_json_u32(&elem, "idle", true, &g->idle) < 0)
			return -1;
		if (g->idle > g->total)
			return ocs_json_fail(&elem, "idle", OCS_RANGE,
					     "more than there are");
		for (unsigned int j = 0; j < i; j++)
			if (!strcmp(s->gpus[j].type, g->type))
				return ocs_json_fail(&elem, "type", OCS_RANGE,
						     "%s is given twice",
						     g->type);
		s->ngpus = i + 1;
	}
	return 0;
}

static int get_sites(const struct ocs_json_at *at, struct ocs_compute *c)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "sites", true, OCS_WIRE_SITES_MAX, &array,
			   &n) < 0)
		return -1;
	if (!(c->site = calloc(n + 1, sizeof(*c->site))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		struct ocs_compute_site *s = &c->site[i];

		if (ocs_json_elem(at, "sites", array, i, &elem) < 0 ||
		    ocs_json_name(&elem, "name", true, s->name,
				  sizeof(s->name)) < 0 ||
		    ocs_json_u32(&elem, "nodes_total", true,
				 &s->nodes_total) < 0 ||
		    ocs_json_u32(&elem, "nodes_idle", true,
				 &s->nodes_idle) < 0 ||
		    get_gpus(&elem, s) < 0)
			return -1;
		if (s->nodes_idle > s->nodes_total)
			return ocs_json_fail(&elem, "nodes_idle", OCS_RANGE,
					     "more than there are");
		for (unsigned int j = 0; j < i; j++)
			if (!strcmp(c->site[j].name, s->name))
				return ocs_json_fail(&elem, "name", OCS_RANGE,
						     "site %s is given twice",
						     s->name);
		c->nsites = i + 1;
	}
	return 0;
}

static bool has_site(const struct ocs_compute *c, const char *name)
{
	for (unsigned int i = 0; i < c->nsites; i++)
		if (!strcmp(c->site[i].name, name))
			return true;
	return false;
}

static int get_start(const struct ocs_json_at *at, const struct ocs_compute *c,
		     struct ocs_compute_start *s)
{
	struct json_object *array;
	unsigned int n;

	if (ocs_json_i64(at, "start_s", true, OCS_JSON_TIME_S_MAX,
			 &s->start_s) < 0 ||
	    ocs_json_u64(at, "rate_bps", true, 0, OCS_RATE_MAX_BPS,
			 &s->rate_bps) < 0 ||
	    ocs_json_array(at, "sites", false, OCS_SPAN_MAX, &array, &n) < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++) {
		if (ocs_json_elem_name(at, "sites", array, i, s->site[i],
				       sizeof(s->site[i])) < 0)
			return -1;
		if (!has_site(c, s->site[i]))
			return ocs_json_fail(at, "sites", OCS_RANGE,
					     "%s is no site above",
					     s->site[i]);
		s->nsites = i + 1;
	}
	return 0;
}

static int get_starts(const struct ocs_json_at *at, struct ocs_compute *c)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "predicted_starts", false,
			   OCS_COMPUTE_STARTS_MAX, &array, &n) < 0)
		return -1;
	if (!(c->start = calloc(n + 1, sizeof(*c->start))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		if (ocs_json_elem(at, "predicted_starts", array, i,
				  &elem) < 0 ||
		    get_start(&elem, c, &c->start[i]) < 0)
			return -1;
		c->nstarts = i + 1;
	}
	return 0;
}

static int get_pending(const struct ocs_json_at *at, struct ocs_compute *c)
{
	struct ocs_json_at pending = {
		.up = at, .name = "pending", .index = -1, .err = at->err,
	};

	if (!json_object_object_get_ex(at->obj, "pending", &pending.obj) ||
	    !pending.obj)
		return 0;
	if (!json_object_is_type(pending.obj, json_type_object))
		return ocs_json_fail(at, "pending", OCS_SYNTAX,
				     "an object is expected");
	return ocs_json_u32(&pending, "jobs", false, &c->pending_jobs) < 0 ?
	       -1 : ocs_json_u64(&pending, "circuits_bps", false, 0,
				 OCS_JSON_NUMBER_MAX, &c->pending_bps);
}

static struct ocs_compute *get_compute(const struct ocs_json_at *at)
{
	struct ocs_compute *c = ocs_compute_create();
	uint64_t valid = OCS_COMPUTE_VALID_S;

	if (!c) {
		ocs_fail(at->err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	if (ocs_json_name(at, "cluster", false, c->cluster,
			  sizeof(c->cluster)) == 0 &&
	    ocs_json_i64(at, "time_ms", false, OCS_JSON_TIME_MS_MAX,
			 &c->time_ms) == 0 &&
	    ocs_json_u64(at, "valid_s", false, 1, OCS_VALID_MAX_S,
			 &valid) == 0 &&
	    ocs_json_u64(at, "age_s", false, 0, OCS_JSON_NUMBER_MAX,
			 &c->age_s) == 0 &&
	    ocs_json_bool(at, "stale", false, &c->stale) == 0 &&
	    get_sites(at, c) == 0 && get_pending(at, c) == 0 &&
	    get_starts(at, c) == 0) {
		c->valid_s = (uint32_t) valid;
		return c;
	}
	ocs_compute_destroy(c);
	return NULL;
}

struct ocs_compute *ocs_wire_decode_compute(const char *text, size_t len,
					    struct ocs_error *err)
{
	struct ocs_json_at at = { .index = -1, .err = err };
	struct ocs_compute *c;

	if (!(at.obj = ocs_json_parse(text, len, OCS_REQUEST_BODY_MAX, err)))
		return NULL;
	c = get_compute(&at);
	json_object_put(at.obj);
	return c;
}

static int get_computes(const struct ocs_json_at *at, struct ocs_compute ***c,
			unsigned int *n)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int count;

	if (ocs_json_array(at, "clusters", true, OCS_WIRE_CLUSTERS_MAX,
			   &array, &count) < 0)
		return -1;
	if (!(*c = calloc(count + 1, sizeof(**c))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (*n = 0; *n < count; (*n)++)
		if (ocs_json_elem(at, "clusters", array, *n, &elem) < 0 ||
		    !((*c)[*n] = get_compute(&elem)))
			return -1;
	return 0;
}

int ocs_wire_decode_computes(const char *text, size_t len,
			     struct ocs_compute ***c, unsigned int *n,
			     struct ocs_error *err)
{
	struct ocs_json_at at = { .index = -1, .err = err };
	int rc;

	*c = NULL;
	*n = 0;
	if (!(at.obj = ocs_json_parse(text, len, OCS_BODY_MAX, err)))
		return -1;
	rc = get_computes(&at, c, n);
	json_object_put(at.obj);
	if (rc == 0)
		return 0;
	while (*n)
		ocs_compute_destroy((*c)[--*n]);
	free(*c);
	*c = NULL;
	return -1;
}
