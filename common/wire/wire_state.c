// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_state - the agent's whole state as JSON: what snapshots are made of
 */
#include "common/wire/wire_int.h"

#include <stdlib.h>
#include <string.h>

static void put_net(struct ocs_json_out *out, const struct ocs_net *net)
{
	ocs_json_put_open(out, "sites", '[');
	for (unsigned int i = 0; i < net->nsites; i++) {
		ocs_json_put_open(out, NULL, '{');
		ocs_json_put_str(out, "name", net->site[i].name);
		ocs_json_put_close(out, '}');
	}
	ocs_json_put_close(out, ']');
	ocs_json_put_open(out, "links", '[');
	for (unsigned int i = 0; i < net->nlinks; i++) {
		const struct ocs_link *l = &net->link[i];

		ocs_json_put_open(out, NULL, '{');
		ocs_json_put_str(out, "name", l->name);
		ocs_json_put_str(out, "a", net->site[l->a].name);
		ocs_json_put_str(out, "z", net->site[l->z].name);
		ocs_json_put_u64(out, "capacity_bps", l->capacity_bps);
		ocs_json_put_u64(out, "booked_bps", l->booked_bps);
		ocs_json_put_u64(out, "granule_bps", l->granule_bps);
		ocs_json_put_u64(out, "latency_us", l->latency_us);
		ocs_json_put_bool(out, "drained", l->drained);
		ocs_json_put_bool(out, "down", l->down);
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
	put_net(out, &state->net);
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

static int get_sites(const struct ocs_json_at *at, struct ocs_net *net)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "sites", true, OCS_WIRE_SITES_MAX, &array,
			   &n) < 0)
		return -1;
	if (n && !(net->site = calloc(n, sizeof(*net->site))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		char *name = net->site[i].name;

		if (ocs_json_elem(at, "sites", array, i, &elem) < 0 ||
		    ocs_json_name(&elem, "name", true, name,
				  OCS_NAME_MAX) < 0)
			return -1;
		if (ocs_net_site(net, name) >= 0)
			return ocs_json_fail(&elem, "name", OCS_RANGE,
					     "site %s is given twice", name);
		net->nsites = i + 1;
	}
	return 0;
}

static int get_end(const struct ocs_json_at *at, const char *member,
		   const struct ocs_net *net, unsigned int *end)
{
	char name[OCS_NAME_MAX] = "";
	int site;

	if (ocs_json_name(at, member, true, name, sizeof(name)) < 0)
		return -1;
	if ((site = ocs_net_site(net, name)) < 0)
		return ocs_json_fail(at, member, OCS_RANGE,
				     "site %s is not known", name);
	*end = (unsigned int) site;
	return 0;
}

static int get_link(const struct ocs_json_at *at, const struct ocs_net *net,
		    struct ocs_link *l)
{
	if (ocs_json_name(at, "name", true, l->name, sizeof(l->name)) < 0 ||
	    get_end(at, "a", net, &l->a) < 0 ||
	    get_end(at, "z", net, &l->z) < 0 ||
	    ocs_json_u64(at, "capacity_bps", true, 0, OCS_RATE_MAX_BPS,
			 &l->capacity_bps) < 0 ||
	    ocs_json_u64(at, "booked_bps", true, 0, OCS_RATE_MAX_BPS,
			 &l->booked_bps) < 0 ||
	    ocs_json_u64(at, "granule_bps", false, 0, OCS_RATE_MAX_BPS,
			 &l->granule_bps) < 0 ||
	    ocs_json_u64(at, "latency_us", true, 0, OCS_LATENCY_MAX_US,
			 &l->latency_us) < 0 ||
	    ocs_json_bool(at, "drained", false, &l->drained) < 0 ||
	    ocs_json_bool(at, "down", false, &l->down) < 0)
		return -1;
	if (l->a == l->z)
		return ocs_json_fail(at, "z", OCS_RANGE,
				     "both ends of %s are the same site",
				     l->name);
	/* A link that was made smaller under its bookings has nothing free;
	 * who computes with it may rely on booked <= capacity (I1). */
	if (l->booked_bps > l->capacity_bps)
		l->booked_bps = l->capacity_bps;
	return 0;
}

static int by_name(const void *x, const void *y)
{
	const struct ocs_link *const *a = x, *const *b = y;

	return strcmp((*a)->name, (*b)->name);
}

static int check_names(const struct ocs_json_at *at, const struct ocs_net *net)
{
	const struct ocs_link **sorted;
	int rc = 0;

	if (net->nlinks < 2)
		return 0;
	if (!(sorted = calloc(net->nlinks, sizeof(*sorted))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < net->nlinks; i++)
		sorted[i] = &net->link[i];
	qsort(sorted, net->nlinks, sizeof(*sorted), by_name);
	for (unsigned int i = 1; rc == 0 && i < net->nlinks; i++)
		if (!strcmp(sorted[i - 1]->name, sorted[i]->name))
			rc = ocs_json_fail(at, "links", OCS_RANGE,
					   "link %s is given twice",
					   sorted[i]->name);
	free(sorted);
	return rc;
}

static int get_links(const struct ocs_json_at *at, struct ocs_net *net)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "links", true, OCS_WIRE_LINKS_MAX, &array,
			   &n) < 0)
		return -1;
	if (n && !(net->link = calloc(n, sizeof(*net->link))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		if (ocs_json_elem(at, "links", array, i, &elem) < 0 ||
		    get_link(&elem, net, &net->link[i]) < 0)
			return -1;
		net->nlinks = i + 1;
	}
	return check_names(at, net);
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
	    get_sites(at, &state->net) < 0 || get_links(at, &state->net) < 0 ||
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
	struct ocs_json_at at = { .index = -1, .err = err };
	struct ocs_state *state = NULL;

	if (!(at.obj = ocs_json_parse(text, len, OCS_BODY_MAX, err)))
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
