// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_maint - what operators say of links, and questions about leases
 */
#include "common/wire/wire_maint.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/wire_int.h"

/* Windows and drains in one document. */
#define MAINT_MAX 16384

static int parse(struct ocs_json_at *at, const char *text, size_t len,
		 size_t max, struct ocs_error *err)
{
	*at = (struct ocs_json_at) { .index = -1, .err = err };
	return (at->obj = ocs_json_parse(text, len, max, err)) ? 0 : -1;
}

/* ---- who is touched ---- */

static void put_touched(struct ocs_json_out *out,
			const struct ocs_lease *const *lease, unsigned int n)
{
	ocs_json_put_open(out, "leases", '[');
	for (unsigned int i = 0; i < n; i++) {
		const struct ocs_lease *l = lease[i];

		ocs_json_put_open(out, NULL, '{');
		ocs_json_put_str(out, "id", l->id);
		ocs_json_put_str(out, "cluster", l->cluster);
		ocs_json_put_u64(out, "job_id", l->job_id);
		ocs_json_put_str(out, "user", l->user);
		ocs_json_put_i64(out, "start_s", l->start_s);
		ocs_json_put_i64(out, "end_s", l->end_s);
		ocs_json_put_str(out, "state", ocs_lease_word(l));
		ocs_json_put_close(out, '}');
	}
	ocs_json_put_close(out, ']');
}

/* ---- drains ---- */

static void put_drain(struct ocs_json_out *out, const struct ocs_drain *d)
{
	ocs_json_put_str(out, "link", d->link);
	ocs_json_put_bool(out, "drained", d->drained);
	ocs_json_put_str(out, "note", d->note);
}

char *ocs_wire_encode_drain(const struct ocs_drain *drain)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	put_drain(&out, drain);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

char *ocs_wire_encode_drained(const struct ocs_drain *drain,
			      const struct ocs_lease *const *lease,
			      unsigned int nleases)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	put_drain(&out, drain);
	put_touched(&out, lease, nleases);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static int get_drain(const struct ocs_json_at *at, struct ocs_drain *d)
{
	struct json_object *obj;

	memset(d, 0, sizeof(*d));
	if (!json_object_object_get_ex(at->obj, "drained", &obj))
		return ocs_json_fail(at, "drained", OCS_SYNTAX,
				     "true or false is expected");
	if (ocs_json_name(at, "link", false, d->link, sizeof(d->link)) < 0 ||
	    ocs_json_bool(at, "drained", true, &d->drained) < 0)
		return -1;
	return ocs_json_text(at, "note", false, d->note, sizeof(d->note));
}

int ocs_wire_decode_drain(const char *text, size_t len,
			  struct ocs_drain *drain, struct ocs_error *err)
{
	struct ocs_json_at at;
	int rc;

	if (parse(&at, text, len, OCS_REQUEST_BODY_MAX, err) < 0)
		return -1;
	rc = get_drain(&at, drain);
	json_object_put(at.obj);
	return rc;
}

/* ---- windows ---- */

static void put_window(struct ocs_json_out *out, const struct ocs_window *w)
{
	ocs_json_put_str(out, "id", w->id);
	ocs_json_put_str(out, "link", w->link);
	ocs_json_put_i64(out, "start_s", w->start_s);
	ocs_json_put_i64(out, "end_s", w->end_s);
	ocs_json_put_str(out, "note", w->note);
}

char *ocs_wire_encode_window(const struct ocs_window *window)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	put_window(&out, window);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

char *ocs_wire_encode_window_of(const struct ocs_window *window,
				const struct ocs_lease *const *lease,
				unsigned int nleases)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	put_window(&out, window);
	put_touched(&out, lease, nleases);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static int get_window(const struct ocs_json_at *at, struct ocs_window *w)
{
	memset(w, 0, sizeof(*w));
	if (ocs_wire_get_id(at, "id", true, w->id) < 0 ||
	    ocs_json_name(at, "link", true, w->link, sizeof(w->link)) < 0 ||
	    ocs_json_i64(at, "start_s", false, OCS_JSON_TIME_S_MAX,
			 &w->start_s) < 0 ||
	    ocs_json_i64(at, "end_s", false, OCS_JSON_TIME_S_MAX,
			 &w->end_s) < 0 ||
	    ocs_json_text(at, "note", false, w->note, sizeof(w->note)) < 0)
		return -1;
	if (w->end_s <= w->start_s)
		return ocs_json_fail(at, "end_s", OCS_RANGE,
				     "an end after start_s is expected");
	return 0;
}

int ocs_wire_decode_window(const char *text, size_t len,
			   struct ocs_window *window, struct ocs_error *err)
{
	struct ocs_json_at at;
	int rc;

	if (parse(&at, text, len, OCS_REQUEST_BODY_MAX, err) < 0)
		return -1;
	rc = get_window(&at, window);
	json_object_put(at.obj);
	return rc;
}

/* ---- both ---- */

char *ocs_wire_encode_maint(const struct ocs_window *window,
			    unsigned int nwindows,
			    const struct ocs_drain *drain,
			    unsigned int ndrains)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_open(&out, "windows", '[');
	for (unsigned int i = 0; i < nwindows; i++) {
		ocs_json_put_open(&out, NULL, '{');
		put_window(&out, &window[i]);
		ocs_json_put_close(&out, '}');
	}
	ocs_json_put_close(&out, ']');
	ocs_json_put_open(&out, "drains", '[');
	for (unsigned int i = 0; i < ndrains; i++) {
		ocs_json_put_open(&out, NULL, '{');
		put_drain(&out, &drain[i]);
		ocs_json_put_close(&out, '}');
	}
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static int get_windows(const struct ocs_json_at *at,
		       struct ocs_window **window, unsigned int *nwindows)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "windows", true, MAINT_MAX, &array, &n) < 0)
		return -1;
	if (!(*window = calloc(n + 1, sizeof(**window))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++)
		if (ocs_json_elem(at, "windows", array, i, &elem) < 0 ||
		    get_window(&elem, &(*window)[i]) < 0)
			return -1;
	*nwindows = n;
	return 0;
}

static int get_drains(const struct ocs_json_at *at, struct ocs_drain **drain,
		      unsigned int *ndrains)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "drains", true, MAINT_MAX, &array, &n) < 0)
		return -1;
	if (!(*drain = calloc(n + 1, sizeof(**drain))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++)
		if (ocs_json_elem(at, "drains", array, i, &elem) < 0 ||
		    get_drain(&elem, &(*drain)[i]) < 0)
			return -1;
	*ndrains = n;
	return 0;
}

int ocs_wire_decode_maint(const char *text, size_t len,
			  struct ocs_window **window, unsigned int *nwindows,
			  struct ocs_drain **drain, unsigned int *ndrains,
			  struct ocs_error *err)
{
	struct ocs_json_at at;
	int rc;

	*window = NULL;
	*drain = NULL;
	if (parse(&at, text, len, OCS_BODY_MAX, err) < 0)
		return -1;
	rc = get_windows(&at, window, nwindows) < 0 ||
	     get_drains(&at, drain, ndrains) < 0 ? -1 : 0;
	json_object_put(at.obj);
	if (rc == 0)
		return 0;
	free(*window);
	free(*drain);
	*window = NULL;
	*drain = NULL;
	return -1;
}

/* ---- a change of a lease ---- */

char *ocs_wire_encode_modify(const struct ocs_modify *mod)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	if (mod->has_epoch)
		ocs_json_put_u64(&out, "controller_epoch",
				 mod->controller_epoch);
	if (mod->has_version)
		ocs_json_put_u64(&out, "version", mod->version);
	if (mod->has_start)
		ocs_json_put_i64(&out, "start_s", mod->start_s);
	if (mod->has_end)
		ocs_json_put_i64(&out, "end_s", mod->end_s);
	if (mod->has_rate)
		ocs_json_put_u64(&out, "rate_bps", mod->rate_bps);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static bool has(const struct ocs_json_at *at, const char *name)
{
	struct json_object *obj;

	return json_object_object_get_ex(at->obj, name, &obj) && obj;
}

static int get_modify(const struct ocs_json_at *at, struct ocs_modify *mod)
{
	memset(mod, 0, sizeof(*mod));
	mod->has_epoch = has(at, "controller_epoch");
	mod->has_version = has(at, "version");
	mod->has_start = has(at, "start_s");
	mod->has_end = has(at, "end_s");
	mod->has_rate = has(at, "rate_bps");
	if (ocs_json_u64(at, "controller_epoch", false, 0,
			 OCS_JSON_NUMBER_MAX, &mod->controller_epoch) < 0 ||
	    ocs_json_u32(at, "version", false, &mod->version) < 0 ||
	    ocs_json_i64(at, "start_s", false, OCS_JSON_TIME_S_MAX,
			 &mod->start_s) < 0 ||
	    ocs_json_i64(at, "end_s", false, OCS_JSON_TIME_S_MAX,
			 &mod->end_s) < 0 ||
	    ocs_json_u64(at, "rate_bps", false, 1, OCS_RATE_MAX_BPS,
			 &mod->rate_bps) < 0)
		return -1;
	if (!mod->has_start && !mod->has_end && !mod->has_rate)
		return ocs_fail(at->err, OCS_SYNTAX,
				"one of start_s, end_s and rate_bps is expected");
	return 0;
}

int ocs_wire_decode_modify(const char *text, size_t len,
			   struct ocs_modify *mod, struct ocs_error *err)
{
	struct ocs_json_at at;
	int rc;

	if (parse(&at, text, len, OCS_REQUEST_BODY_MAX, err) < 0)
		return -1;
	rc = get_modify(&at, mod);
	json_object_put(at.obj);
	return rc;
}

/* ---- what if ---- */

char *ocs_wire_encode_whatif(const struct ocs_whatif *want)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_open(&out, "circuits", '[');
	for (unsigned int i = 0; i < want->ncircuits; i++) {
		const struct ocs_circuit *c = &want->circuit[i];

		ocs_json_put_open(&out, NULL, '{');
		ocs_json_put_str(&out, "a", c->a);
		ocs_json_put_str(&out, "z", c->z);
		ocs_json_put_u64(&out, "requested_bps", c->requested_bps);
		ocs_json_put_u64(&out, "max_latency_us", c->max_latency_us);
		if (c->max_delay_variation_us)
			ocs_json_put_u64(&out, "max_delay_variation_us",
					 c->max_delay_variation_us);
		if (c->max_unavailable_ppb)
			ocs_json_put_u64(&out, "max_unavailable_ppb",
					 c->max_unavailable_ppb);
		if (c->protect)
			ocs_json_put_str(&out, "protect",
					 ocs_protect_name(c->protect));
		ocs_json_put_close(&out, '}');
	}
	ocs_json_put_close(&out, ']');
	ocs_json_put_i64(&out, "start_s", want->start_s);
	ocs_json_put_i64(&out, "duration_s", want->duration_s);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static int get_whatif(const struct ocs_json_at *at, struct ocs_whatif *want)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	memset(want, 0, sizeof(*want));
	if (ocs_json_array(at, "circuits", true, OCS_CIRCUITS_MAX, &array,
			   &n) < 0)
		return -1;
	if (!n)
		return ocs_json_fail(at, "circuits", OCS_RANGE,
				     "1 to %d are expected", OCS_CIRCUITS_MAX);
	for (unsigned int i = 0; i < n; i++) {
		struct ocs_circuit *c = &want->circuit[i];

		if (ocs_json_elem(at, "circuits", array, i, &elem) < 0 ||
		    ocs_json_name(&elem, "a", true, c->a, sizeof(c->a)) < 0 ||
		    ocs_json_name(&elem, "z", true, c->z, sizeof(c->z)) < 0 ||
		    ocs_json_u64(&elem, "requested_bps", true, 1,
				 OCS_RATE_MAX_BPS, &c->requested_bps) < 0 ||
		    ocs_json_u64(&elem, "max_latency_us", false, 0,
				 OCS_LATENCY_MAX_US, &c->max_latency_us) < 0 ||
		    ocs_wire_get_protect(&elem, c) < 0)
			return -1;
	}
	want->ncircuits = n;
	if (ocs_json_i64(at, "start_s", false, OCS_JSON_TIME_S_MAX,
			 &want->start_s) < 0)
		return -1;
	return ocs_json_i64(at, "duration_s", false, OCS_JSON_TIME_S_MAX,
			    &want->duration_s);
}

int ocs_wire_decode_whatif(const char *text, size_t len,
			   struct ocs_whatif *want, struct ocs_error *err)
{
	struct ocs_json_at at;
	int rc;

	if (parse(&at, text, len, OCS_REQUEST_BODY_MAX, err) < 0)
		return -1;
	rc = get_whatif(&at, want);
	json_object_put(at.obj);
	return rc;
}

char *ocs_wire_encode_whatif_answer(const struct ocs_whatif_answer *a)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_bool(&out, "possible", a->possible);
	if (a->when_s)
		ocs_json_put_i64(&out, "when_s", a->when_s);
	ocs_json_put_str(&out, "reason", a->reason);
	ocs_json_put_str(&out, "detail", a->detail);
	ocs_json_put_u64(&out, "latency_us", a->latency_us);
	ocs_json_put_u64(&out, "rate_bps", a->rate_bps);
	ocs_json_put_str(&out, "change", a->change);
	if (*a->waits)
		ocs_json_put_str(&out, "waits", a->waits);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static int get_answer(const struct ocs_json_at *at,
		      struct ocs_whatif_answer *a)
{
	memset(a, 0, sizeof(*a));
	if (ocs_json_bool(at, "possible", true, &a->possible) < 0 ||
	    ocs_json_i64(at, "when_s", false, OCS_JSON_TIME_S_MAX,
			 &a->when_s) < 0 ||
	    ocs_json_text(at, "reason", false, a->reason,
			  sizeof(a->reason)) < 0 ||
	    ocs_json_text(at, "detail", false, a->detail,
			  sizeof(a->detail)) < 0 ||
	    ocs_json_u64(at, "latency_us", false, 0,
			 OCS_LATENCY_MAX_US * OCS_HOPS_MAX,
			 &a->latency_us) < 0 ||
	    ocs_json_u64(at, "rate_bps", false, 0, OCS_RATE_MAX_BPS,
			 &a->rate_bps) < 0 ||
	    ocs_json_text(at, "waits", false, a->waits,
			  sizeof(a->waits)) < 0)
		return -1;
	return ocs_json_text(at, "change", false, a->change,
			     sizeof(a->change));
}

int ocs_wire_decode_whatif_answer(const char *text, size_t len,
				  struct ocs_whatif_answer *answer,
				  struct ocs_error *err)
{
	struct ocs_json_at at;
	int rc;

	if (parse(&at, text, len, OCS_REQUEST_BODY_MAX, err) < 0)
		return -1;
	rc = get_answer(&at, answer);
	json_object_put(at.obj);
	return rc;
}
