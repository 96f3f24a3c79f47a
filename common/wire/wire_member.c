// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_member - members of circuits as JSON: ports, wavelengths, routes; and
 * states, where there are several
 */
#include "common/wire/wire_int.h"

#include <stdlib.h>
#include <string.h>

static void put_states(struct ocs_json_out *out, const struct ocs_member *m)
{
	ocs_json_put_str(out, "provisioning",
			 ocs_prov_name((enum ocs_prov) m->prov));
	ocs_json_put_str(out, "data_plane",
			 ocs_data_name((enum ocs_data) m->data));
	if (m->latency_us)
		ocs_json_put_u64(out, "latency_us", m->latency_us);
}

static void put_member(struct ocs_json_out *out, const struct ocs_lease *l,
		       const struct ocs_member *m, bool several)
{
	unsigned int nhops = ocs_member_nhops(l, m);
	bool waves = false;

	ocs_json_put_open(out, NULL, '{');
	if (several)
		put_states(out, m);
	if (m->standby)
		ocs_json_put_bool(out, "standby", true);
	if (m->port_a[0])
		ocs_json_put_str(out, "port_a", m->port_a);
	if (m->port_z[0])
		ocs_json_put_str(out, "port_z", m->port_z);
	if (m->own_route) {
		ocs_json_put_open(out, "route", '[');
		for (unsigned int i = 0; i < nhops; i++)
			ocs_json_put_str(out, NULL, ocs_member_hop(l, m, i));
		ocs_json_put_close(out, ']');
	}
	for (unsigned int i = 0; i < nhops; i++)
		waves |= m->wave[i] != 0;
	if (waves) {
		ocs_json_put_open(out, "wavelengths", '[');
		for (unsigned int i = 0; i < nhops; i++)
			ocs_json_put_u64(out, NULL, m->wave[i]);
		ocs_json_put_close(out, ']');
	}
	ocs_json_put_close(out, '}');
}

void ocs_wire_put_members(struct ocs_json_out *out, const struct ocs_lease *l,
			  unsigned int circuit)
{
	unsigned int n = ocs_lease_members(l, circuit);

	if (!n)
		return;
	ocs_json_put_open(out, "members", '[');
	for (unsigned int i = 0; i < l->nmembers; i++)
		if (l->member[i].circuit == circuit)
			put_member(out, l, &l->member[i], n > 1);
	ocs_json_put_close(out, ']');
}

/* Names of the hops of M, from its own route. */
static int get_member_route(const struct ocs_json_at *at, struct ocs_lease *l,
			    struct ocs_member *m)
{
	char (*grown)[OCS_NAME_MAX];
	struct json_object *array;
	unsigned int n;

	if (!json_object_object_get_ex(at->obj, "route", NULL))
		return 0;
	if (ocs_json_array(at, "route", true, OCS_HOPS_MAX, &array, &n) < 0)
		return -1;
	grown = realloc(l->member_hop,
			(l->nmember_hops + n + 1) * sizeof(*grown));
	if (!grown)
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	l->member_hop = grown;
	for (unsigned int i = 0; i < n; i++)
		if (ocs_json_elem_name(at, "route", array, i,
				       grown[l->nmember_hops + i],
				       OCS_NAME_MAX) < 0)
			return -1;
	m->own_route = true;
	m->nhops = (uint16_t) n;
	m->first_hop = l->nmember_hops;
	l->nmember_hops += n;
	return 0;
}

static int get_waves(const struct ocs_json_at *at, struct ocs_member *m,
		     unsigned int nhops)
{
	struct json_object *array;
	unsigned int n;

	if (ocs_json_array(at, "wavelengths", false, OCS_HOPS_MAX, &array,
			   &n) < 0)
		return -1;
	if (n && n != nhops)
		return ocs_json_fail(at, "wavelengths", OCS_RANGE,
				     "one for each of %u hops is expected",
				     nhops);
	for (unsigned int i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(array, i);
		int64_t v = json_object_is_type(o, json_type_int) ?
				    json_object_get_int64(o) : -1;

		if (v < 0 || v > OCS_WAVELENGTHS_MAX)
			return ocs_json_fail(at, "wavelengths", OCS_RANGE,
					     "0 to %d are expected",
					     OCS_WAVELENGTHS_MAX);
		m->wave[i] = (uint16_t) v;
	}
	return 0;
}

/* M has its circuit's states; one of several has its own, unless an agent wrote
 * it which set up all of them as one. */
static int get_states(const struct ocs_json_at *at, struct ocs_member *m)
{
	uint64_t latency_us = 0;
	char text[16] = "";
	enum ocs_prov prov;
	enum ocs_data data;

	if (ocs_json_text(at, "provisioning", false, text,
			  sizeof(text)) < 0 ||
	    ocs_json_u64(at, "latency_us", false, 0, UINT32_MAX,
			 &latency_us) < 0)
		return -1;
	if (text[0] && ocs_prov_from_name(text, &prov) < 0)
		return ocs_json_fail(at, "provisioning", OCS_SYNTAX,
				     "unknown word '%.15s'", text);
	if (text[0])
		m->prov = (uint8_t) prov;
	text[0] = '\0';
	if (ocs_json_text(at, "data_plane", false, text, sizeof(text)) < 0)
		return -1;
	if (text[0] && ocs_data_from_name(text, &data) < 0)
		return ocs_json_fail(at, "data_plane", OCS_SYNTAX,
				     "unknown word '%.15s'", text);
	if (text[0])
		m->data = (uint8_t) data;
	m->latency_us = (uint32_t) latency_us;
	return 0;
}

static int get_member(const struct ocs_json_at *at, struct ocs_lease *l,
		      struct ocs_member *m)
{
	if (ocs_json_bool(at, "standby", false, &m->standby) < 0 ||
	    ocs_json_name(at, "port_a", false, m->port_a, OCS_NAME_MAX) < 0 ||
	    ocs_json_name(at, "port_z", false, m->port_z, OCS_NAME_MAX) < 0 ||
	    get_states(at, m) < 0 || get_member_route(at, l, m) < 0)
		return -1;
	return get_waves(at, m, ocs_member_nhops(l, m));
}

int ocs_wire_get_members(const struct ocs_json_at *at, struct ocs_lease *l,
			 unsigned int circuit)
{
	struct json_object *array;
	struct ocs_member *grown;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "members", false, OCS_MEMBERS_MAX, &array,
			   &n) < 0)
		return -1;
	if (!n)
		return 0;
	if (!(grown = realloc(l->member, (l->nmembers + n) * sizeof(*grown))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	l->member = grown;
	for (unsigned int i = 0; i < n; i++) {
		struct ocs_member *m = &l->member[l->nmembers];

		memset(m, 0, sizeof(*m));
		m->circuit = (uint16_t) circuit;
		m->prov = (uint8_t) l->circuit[circuit].prov;
		m->data = (uint8_t) l->circuit[circuit].data;
		if (ocs_json_elem(at, "members", array, i, &elem) < 0 ||
		    get_member(&elem, l, m) < 0)
			return -1;
		l->nmembers++;
	}
	return 0;
}
