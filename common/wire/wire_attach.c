// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_attach - attachments as JSON: of a circuit, to a program, from it
 */
#include "common/wire/wire_attach.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/wire_int.h"

/* ---- of a circuit ---- */

static void put_end(struct ocs_json_out *out, const char *name,
		    const struct ocs_attach_end *end)
{
	ocs_json_put_open(out, name, '{');
	ocs_json_put_bool(out, "hook", end->hook);
	ocs_json_put_str(out, "interface", end->interface);
	ocs_json_put_str(out, "prefix", end->prefix);
	ocs_json_put_close(out, '}');
}

void ocs_wire_put_attachment(struct ocs_json_out *out,
			     const struct ocs_attachment *at)
{
	ocs_json_put_open(out, "attachment", '{');
	ocs_json_put_str(out, "state", ocs_attach_name(at->state));
	ocs_json_put_u64(out, "vlan", at->vlan);
	ocs_json_put_u64(out, "mtu", at->mtu);
	ocs_json_put_u64(out, "told_bps", at->told_bps);
	ocs_json_put_i64(out, "since_ms", at->since_ms);
	ocs_json_put_str(out, "cause", at->cause);
	put_end(out, "a", &at->a);
	put_end(out, "z", &at->z);
	ocs_json_put_close(out, '}');
}

/* The object NAME of AT as *SUB; 1, 0 if there is none, or -1. */
static int member(const struct ocs_json_at *at, const char *name,
		  struct ocs_json_at *sub)
{
	struct json_object *obj;

	if (!json_object_object_get_ex(at->obj, name, &obj) || !obj)
		return 0;
	if (!json_object_is_type(obj, json_type_object))
		return ocs_json_fail(at, name, OCS_SYNTAX,
				     "an object is expected");
	*sub = (struct ocs_json_at) { .up = at, .name = name, .index = -1,
				      .obj = obj, .err = at->err };
	return 1;
}

static int get_interface(const struct ocs_json_at *at, char *buf)
{
	const char *text;

	if (ocs_json_string(at, "interface", false, OCS_IFACE_MAX, &text) < 0)
		return -1;
	if (text && *text && !ocs_iface_ok(text))
		return ocs_json_fail(at, "interface", OCS_SYNTAX,
				     "a name of at most 15 of A-Z a-z 0-9 . _ - is expected");
	if (text)
		strcpy(buf, text);
	return 0;
}

static int get_prefix(const struct ocs_json_at *at, char *buf)
{
	const char *text;

	if (ocs_json_string(at, "prefix", false, OCS_PREFIX_MAX, &text) < 0)
		return -1;
	if (text && *text && !ocs_prefix_ok(text))
		return ocs_json_fail(at, "prefix", OCS_SYNTAX,
				     "a prefix such as 10.1.37.0/25 is expected");
	if (text)
		strcpy(buf, text);
	return 0;
}

static int get_end(const struct ocs_json_at *at, const char *name,
		   struct ocs_attach_end *end)
{
	struct ocs_json_at sub;
	int rc = member(at, name, &sub);

	if (rc <= 0)
		return rc;
	return ocs_json_bool(&sub, "hook", false, &end->hook) < 0 ||
	       get_interface(&sub, end->interface) < 0 ||
	       get_prefix(&sub, end->prefix) < 0 ? -1 : 0;
}

static int get_attachment(const struct ocs_json_at *at,
			  struct ocs_attachment *got)
{
	uint64_t vlan = 0, mtu = 0;
	char state[16] = "";

	if (ocs_json_text(at, "state", false, state, sizeof(state)) < 0 ||
	    ocs_json_u64(at, "vlan", false, 0, OCS_VLAN_MAX, &vlan) < 0 ||
	    ocs_json_u64(at, "mtu", false, 0, OCS_MTU_MAX, &mtu) < 0 ||
	    ocs_json_u64(at, "told_bps", false, 0, OCS_RATE_MAX_BPS,
			 &got->told_bps) < 0 ||
	    ocs_json_i64(at, "since_ms", false, OCS_JSON_TIME_MS_MAX,
			 &got->since_ms) < 0 ||
	    ocs_json_text(at, "cause", false, got->cause,
			  sizeof(got->cause)) < 0 ||
	    get_end(at, "a", &got->a) < 0 || get_end(at, "z", &got->z) < 0)
		return -1;
	if (state[0] && ocs_attach_from_name(state, &got->state) < 0)
		return ocs_json_fail(at, "state", OCS_SYNTAX,
				     "unknown word '%.15s'", state);
	got->vlan = (uint16_t) vlan;
	got->mtu = (uint32_t) mtu;
	return 0;
}

int ocs_wire_get_attachment(const struct ocs_json_at *at,
			    struct ocs_attachment **attachment)
{
	struct ocs_attachment *got;
	struct ocs_json_at sub;
	int rc = member(at, "attachment", &sub);

	if (rc <= 0)
		return rc;
	if (!(got = calloc(1, sizeof(*got))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	if (get_attachment(&sub, got) < 0) {
		free(got);
		return -1;
	}
	*attachment = got;
	return 0;
}

/* ---- to a program and from it ---- */

static const char *nodes_of(const struct ocs_lease *lease, const char *site)
{
	for (unsigned int i = 0; i < lease->nsites; i++)
		if (!strcmp(lease->site[i].name, site) && lease->site[i].nodes)
			return lease->site[i].nodes;
	return "";
}

static void put_job(struct ocs_json_out *out, const struct ocs_lease *lease)
{
	ocs_json_put_str(out, "lease", lease->id);
	ocs_json_put_str(out, "cluster", lease->cluster);
	ocs_json_put_u64(out, "job_id", lease->job_id);
	ocs_json_put_str(out, "user", lease->user);
	ocs_json_put_u64(out, "user_id", lease->user_id);
}

/* Members have ports of their own. */
static void put_ports(struct ocs_json_out *out, const struct ocs_lease *lease,
		      unsigned int i, bool z)
{
	ocs_json_put_open(out, "ports", '[');
	for (unsigned int j = 0; j < lease->nmembers; j++) {
		const struct ocs_member *m = &lease->member[j];
		const char *port = z ? m->port_z : m->port_a;

		if (m->circuit == i && port[0])
			ocs_json_put_str(out, NULL, port);
	}
	ocs_json_put_close(out, ']');
}

char *ocs_wire_encode_hook(const struct ocs_lease *lease, unsigned int i,
			   bool z, bool attach)
{
	const struct ocs_circuit *c = &lease->circuit[i];
	const struct ocs_attach_end *mine = z ? &c->at->z : &c->at->a;
	const struct ocs_attach_end *peer = z ? &c->at->a : &c->at->z;
	const char *site = z ? c->z : c->a, *other = z ? c->a : c->z;
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_u64(&out, "version", OCS_HOOK_VERSION);
	ocs_json_put_str(&out, "action", attach ? "attach" : "detach");
	put_job(&out, lease);
	ocs_json_put_u64(&out, "circuit", i);
	ocs_json_put_str(&out, "end", z ? "z" : "a");
	ocs_json_put_str(&out, "site", site);
	ocs_json_put_str(&out, "nodes", nodes_of(lease, site));
	ocs_json_put_str(&out, "peer_site", other);
	ocs_json_put_str(&out, "peer_nodes", nodes_of(lease, other));
	put_ports(&out, lease, i, z);
	ocs_json_put_u64(&out, "vlan", c->at->vlan);
	ocs_json_put_str(&out, "interface", mine->interface);
	ocs_json_put_str(&out, "prefix", mine->prefix);
	ocs_json_put_str(&out, "peer_prefix", peer->prefix);
	ocs_json_put_u64(&out, "rate_bps", c->granted_bps);
	ocs_json_put_u64(&out, "mtu", c->at->mtu);
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

int ocs_wire_decode_hook_answer(const char *text, size_t len,
				struct ocs_hook_answer *answer,
				struct ocs_error *err)
{
	struct ocs_json_at at = { .index = -1, .err = err };
	struct ocs_hook_answer got = { 0 };
	uint64_t version;
	int rc = -1;

	memset(answer, 0, sizeof(*answer));
	if (!(at.obj = ocs_json_parse(text, len, OCS_HOOK_ANSWER_MAX, err)))
		return -1;
	if (ocs_json_u64(&at, "version", true, OCS_HOOK_VERSION,
			 OCS_HOOK_VERSION, &version) == 0 &&
	    get_interface(&at, got.interface) == 0 &&
	    get_prefix(&at, got.prefix) == 0 &&
	    ocs_json_text(&at, "cause", false, got.cause,
			  sizeof(got.cause)) == 0) {
		*answer = got;
		rc = 0;
	}
	json_object_put(at.obj);
	return rc;
}
