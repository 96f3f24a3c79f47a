// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_state - the agent's whole state as JSON: what snapshots are made of
 */
#include "common/wire/wire_int.h"

#include <stdlib.h>
#include <string.h>

static void put_windows(struct ocs_json_out *out,
			const struct ocs_state *state)
{
	ocs_json_put_open(out, "windows", '[');
	for (unsigned int i = 0; i < state->nwindows; i++) {
		const struct ocs_window *w = &state->window[i];

		ocs_json_put_open(out, NULL, '{');
		ocs_json_put_str(out, "link", w->link);
		ocs_json_put_i64(out, "start_s", w->start_s);
		ocs_json_put_i64(out, "end_s", w->end_s);
		ocs_json_put_close(out, '}');
	}
	ocs_json_put_close(out, ']');
}

/* All before the first lease. */
static void put_head(struct ocs_json_out *out, const struct ocs_state *state)
{
	ocs_json_put_open(out, NULL, '{');
	ocs_json_put_str(out, "instance", state->instance);
	ocs_json_put_u64(out, "generation", state->generation);
	ocs_json_put_i64(out, "time_ms", state->time_ms);
	ocs_json_put_bool(out, "simulated", state->simulated);
	ocs_json_put_bool(out, "brake", state->brake);
	ocs_json_put_open(out, "alarms", '[');
	for (unsigned int i = 0; i < state->nalarms; i++) {
		const struct ocs_alarm *a = &state->alarm[i];

		ocs_json_put_open(out, NULL, '{');
		ocs_json_put_str(out, "code", a->code);
		ocs_json_put_str(out, "cluster", a->cluster);
		ocs_json_put_u64(out, "count", a->count);
		ocs_json_put_str(out, "text", a->text);
		ocs_json_put_close(out, '}');
	}
	ocs_json_put_close(out, ']');
	ocs_wire_put_net(out, &state->net);
	put_windows(out, state);
	ocs_json_put_open(out, "leases", '[');
}

char *ocs_wire_encode_state_texts(const struct ocs_state *state,
				  const char *const *lease_text,
				  unsigned int n)
{
	struct ocs_json_out out = { 0 };

	put_head(&out, state);
	for (unsigned int i = 0; i < n; i++)
		ocs_json_put_raw(&out, lease_text[i]);
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

char *ocs_wire_encode_state(const struct ocs_state *state)
{
	struct ocs_json_out out = { 0 };

	put_head(&out, state);
	for (unsigned int i = 0; i < state->nleases; i++)
		ocs_wire_put_lease(&out, state->lease[i]);
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

static int get_alarms(const struct ocs_json_at *at, struct ocs_state *state)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "alarms", false, OCS_ALARMS_MAX, &array,
			   &n) < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++) {
		struct ocs_alarm *a = &state->alarm[i];

		if (ocs_json_elem(at, "alarms", array, i, &elem) < 0 ||
		    ocs_json_name(&elem, "code", true, a->code,
				  sizeof(a->code)) < 0 ||
		    ocs_json_text(&elem, "cluster", false, a->cluster,
				  sizeof(a->cluster)) < 0 ||
		    ocs_json_u32(&elem, "count", false, &a->count) < 0 ||
		    ocs_json_text(&elem, "text", true, a->text,
				  sizeof(a->text)) < 0)
			return -1;
		state->nalarms = i + 1;
	}
	return 0;
}

static int get_windows(const struct ocs_json_at *at, struct ocs_state *state)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "windows", false, OCS_WIRE_WINDOWS_MAX, &array,
			   &n) < 0)
		return -1;
	if (n && !(state->window = calloc(n, sizeof(*state->window))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		struct ocs_window *w = &state->window[i];

		if (ocs_json_elem(at, "windows", array, i, &elem) < 0 ||
		    ocs_json_name(&elem, "link", true, w->link,
				  sizeof(w->link)) < 0 ||
		    ocs_json_i64(&elem, "start_s", true, OCS_JSON_TIME_S_MAX,
				 &w->start_s) < 0 ||
		    ocs_json_i64(&elem, "end_s", true, OCS_JSON_TIME_S_MAX,
				 &w->end_s) < 0)
			return -1;
		if (w->end_s <= w->start_s)
			return ocs_json_fail(&elem, "end_s", OCS_RANGE,
					     "an end after start_s is expected");
		state->nwindows = i + 1;
	}
	return 0;
}

static int get_state(const struct ocs_json_at *at, struct ocs_state *state)
{
	if (ocs_wire_get_id(at, "instance", true, state->instance) < 0 ||
	    ocs_json_u64(at, "generation", true, 0, OCS_JSON_NUMBER_MAX,
			 &state->generation) < 0 ||
	    ocs_json_i64(at, "time_ms", true, OCS_JSON_TIME_MS_MAX,
			 &state->time_ms) < 0 ||
	    ocs_json_bool(at, "simulated", false, &state->simulated) < 0 ||
	    ocs_json_bool(at, "brake", false, &state->brake) < 0 ||
	    get_alarms(at, state) < 0 ||
	    ocs_wire_get_net(at, &state->net) < 0 ||
	    get_windows(at, state) < 0 ||
	    ocs_wire_get_leases(at, &state->lease, &state->nleases) < 0)
		return -1;
	ocs_state_sort(state);
	for (unsigned int i = 1; i < state->nleases; i++)
		if (!strcmp(state->lease[i - 1]->id, state->lease[i]->id))
			return ocs_json_fail(at, "leases", OCS_RANGE,
					     "lease %s is given twice",
					     state->lease[i]->id);
	return 0;
}

struct ocs_state *ocs_wire_decode_state(const char *text, size_t len,
					struct ocs_error *err)
{
	struct ocs_json_cut cut[] = {
		{ .name = "links" }, { .name = "leases" }, { .name = NULL }
	};
	struct ocs_json_at at = { .index = -1, .err = err, .cut = cut };
	struct ocs_state *state = NULL;

	if (!(at.obj = ocs_json_parse_cut(text, len, OCS_BODY_MAX, cut, err)))
		return NULL;
	if (!(state = ocs_state_create()))
		ocs_fail(err, OCS_NOMEM, "out of memory");
	else if (get_state(&at, state) < 0) {
		ocs_state_destroy(state);
		state = NULL;
	}
	json_object_put(at.obj);
	return state;
}
