// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_lease - leases as JSON: holds, commits, and what the agent answers
 */
#include "common/wire/wire_int.h"

#include <stdlib.h>
#include <string.h>

/* What few circuits have. */
static void put_circuit_more(struct ocs_json_out *out,
			     const struct ocs_circuit *c)
{
	if (c->protect)
		ocs_json_put_str(out, "protect", ocs_protect_name(c->protect));
	if (c->max_delay_variation_us)
		ocs_json_put_u64(out, "max_delay_variation_us",
				 c->max_delay_variation_us);
	if (c->max_unavailable_ppb)
		ocs_json_put_u64(out, "max_unavailable_ppb",
				 c->max_unavailable_ppb);
	if (c->delay_variation_us)
		ocs_json_put_u64(out, "delay_variation_us",
				 c->delay_variation_us);
	if (c->latency_ms) {
		ocs_json_put_str(out, "latency_source", c->latency_reported ?
				 "reported" : "computed");
		ocs_json_put_i64(out, "latency_ms", c->latency_ms);
	}
	if (c->measured_ms) {
		ocs_json_put_u64(out, "measured_latency_us",
				 c->measured_latency_us);
		ocs_json_put_i64(out, "measured_ms", c->measured_ms);
	}
}

static uint64_t milli(double x)
{
	return x > 0 ? (uint64_t) (x * 1000 + 0.5) : 0;
}

/* Energy in mJ and mW, cost in millionths. */
static void put_bill(struct ocs_json_out *out, const struct ocs_circuit *c)
{
	if (c->energy_unknown)
		ocs_json_put_bool(out, "energy_unknown", true);
	ocs_json_put_u64(out, "energy_mj", milli((double) c->joule));
	ocs_json_put_u64(out, "power_mw", milli((double) c->watt));
	ocs_json_put_u64(out, "cost_micro", milli((double) c->cost * 1000));
	ocs_json_put_u64(out, "cost_micro_per_h",
			 milli((double) c->cost_per_h * 1000));
}

static void put_circuit(struct ocs_json_out *out, const struct ocs_lease *l,
			unsigned int circuit)
{
	const struct ocs_circuit *c = &l->circuit[circuit];

	ocs_json_put_open(out, NULL, '{');
	ocs_json_put_str(out, "a", c->a);
	ocs_json_put_str(out, "z", c->z);
	ocs_json_put_u64(out, "requested_bps", c->requested_bps);
	ocs_json_put_u64(out, "granted_bps", c->granted_bps);
	ocs_json_put_u64(out, "max_latency_us", c->max_latency_us);
	ocs_json_put_u64(out, "latency_us", c->latency_us);
	ocs_json_put_open(out, "route", '[');
	for (unsigned int i = 0; i < c->nhops; i++)
		ocs_json_put_str(out, NULL, c->hop[i]);
	ocs_json_put_close(out, ']');
	ocs_json_put_str(out, "provisioning", ocs_prov_name(c->prov));
	ocs_json_put_str(out, "data_plane", ocs_data_name(c->data));
	ocs_json_put_i64(out, "up_ms", c->up_ms);
	ocs_json_put_u64(out, "lit_bps", c->lit_bps);
	if (c->mtu)
		ocs_json_put_u64(out, "mtu", c->mtu);
	put_circuit_more(out, c);
	if (l->billed_ms)
		put_bill(out, c);
	ocs_wire_put_members(out, l, circuit);
	if (c->at)
		ocs_wire_put_attachment(out, c->at);
	ocs_json_put_close(out, '}');
}

void ocs_wire_put_lease(struct ocs_json_out *out, const struct ocs_lease *l)
{
	ocs_json_put_open(out, NULL, '{');
	ocs_json_put_str(out, "id", l->id);
	ocs_json_put_str(out, "cluster", l->cluster);
	ocs_json_put_u64(out, "job_id", l->job_id);
	ocs_json_put_u64(out, "user_id", l->user_id);
	ocs_json_put_str(out, "user", l->user);
	ocs_json_put_i64(out, "submit_s", l->submit_s);
	ocs_json_put_u64(out, "restart_cnt", l->restart_cnt);
	ocs_json_put_i64(out, "start_s", l->start_s);
	ocs_json_put_i64(out, "end_s", l->end_s);
	ocs_json_put_u64(out, "grace_s", l->grace_s);
	ocs_json_put_u64(out, "controller_epoch", l->controller_epoch);
	ocs_json_put_open(out, "sites", '[');
	for (unsigned int i = 0; i < l->nsites; i++) {
		ocs_json_put_open(out, NULL, '{');
		ocs_json_put_str(out, "name", l->site[i].name);
		ocs_json_put_str(out, "nodes", l->site[i].nodes);
		ocs_json_put_close(out, '}');
	}
	ocs_json_put_close(out, ']');
	ocs_json_put_open(out, "circuits", '[');
	for (unsigned int i = 0; i < l->ncircuits; i++)
		put_circuit(out, l, i);
	ocs_json_put_close(out, ']');
	ocs_json_put_str(out, "reservation", ocs_resv_name(l->resv));
	ocs_json_put_str(out, "schedule", ocs_sched_name(l->sched));
	ocs_json_put_str(out, "administrative", ocs_admin_name(l->admin));
	ocs_json_put_u64(out, "version", l->version);
	ocs_json_put_str(out, "blame", ocs_blame_name(l->blame));
	ocs_json_put_str(out, "cause", l->cause);
	ocs_json_put_i64(out, "held_ms", l->held_ms);
	ocs_json_put_i64(out, "committed_ms", l->committed_ms);
	if (l->approved_ms)
		ocs_json_put_i64(out, "approved_ms", l->approved_ms);
	ocs_json_put_i64(out, "active_ms", l->active_ms);
	ocs_json_put_i64(out, "ended_ms", l->ended_ms);
	ocs_json_put_i64(out, "gone_ms", l->gone_ms);
	if (l->billed_ms)
		ocs_json_put_i64(out, "billed_ms", l->billed_ms);
	ocs_json_put_str(out, "state", ocs_lease_word(l));
	ocs_json_put_close(out, '}');
}

char *ocs_wire_encode_lease(const struct ocs_lease *lease)
{
	struct ocs_json_out out = { 0 };

	ocs_wire_put_lease(&out, lease);
	return ocs_json_put_end(&out);
}

char *ocs_wire_encode_leases(const struct ocs_lease *const *lease,
			     unsigned int nleases)
{
	struct ocs_json_out out = { 0 };

	ocs_json_put_open(&out, NULL, '{');
	ocs_json_put_open(&out, "leases", '[');
	for (unsigned int i = 0; i < nleases; i++)
		ocs_wire_put_lease(&out, lease[i]);
	ocs_json_put_close(&out, ']');
	ocs_json_put_close(&out, '}');
	return ocs_json_put_end(&out);
}

int ocs_wire_get_id(const struct ocs_json_at *at, const char *name,
		    bool needed, char buf[static OCS_LEASE_ID_MAX])
{
	const char *text;

	if (ocs_json_string(at, name, needed, OCS_LEASE_ID_MAX, &text) < 0)
		return -1;
	if (!text)
		return 0;
	if (!ocs_lease_id_ok(text))
		return ocs_json_fail(at, name, OCS_SYNTAX,
				     "32 hexadecimal digits are expected");
	memcpy(buf, text, OCS_LEASE_ID_MAX);
	return 0;
}

/* A user's name: anything that can stand in a list between blanks. */
static int get_user(const struct ocs_json_at *at, char *buf, size_t size)
{
	const char *text;

	if (ocs_json_string(at, "user", false, size, &text) < 0)
		return -1;
	if (!text)
		return 0;
	for (const char *p = text; *p; p++)
		if ((unsigned char) *p <= ' ' || *p == 0x7f)
			return ocs_json_fail(at, "user", OCS_SYNTAX,
					     "a name without blanks is expected");
	memcpy(buf, text, strlen(text) + 1);
	return 0;
}

/* A host list expression: par[001-004,007],lyo9 */
static int get_nodes(const struct ocs_json_at *at, char **nodes)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-,[]";
	const char *text;

	if (ocs_json_string(at, "nodes", false, OCS_WIRE_NODES_MAX,
			    &text) < 0)
		return -1;
	if (text && text[strspn(text, allowed)])
		return ocs_json_fail(at, "nodes", OCS_SYNTAX,
				     "a host list such as par[001-004] is expected");
	if (!(*nodes = strdup(text ? text : "")))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	return 0;
}

static bool has_site(const struct ocs_lease *l, const char *name)
{
	for (unsigned int i = 0; i < l->nsites; i++)
		if (!strcmp(l->site[i].name, name))
			return true;
	return false;
}

static int get_sites(const struct ocs_json_at *at, struct ocs_lease *l)
{
	struct json_object *array;
	struct ocs_json_at elem;
	char name[OCS_NAME_MAX];
	unsigned int n;

	if (ocs_json_array(at, "sites", true, OCS_SPAN_MAX, &array, &n) < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++) {
		if (ocs_json_elem(at, "sites", array, i, &elem) < 0 ||
		    ocs_json_name(&elem, "name", true, name,
				  sizeof(name)) < 0)
			return -1;
		if (has_site(l, name))
			return ocs_json_fail(&elem, "name", OCS_RANGE,
					     "site %s is given twice", name);
		if (get_nodes(&elem, &l->site[i].nodes) < 0)
			return -1;
		memcpy(l->site[i].name, name, sizeof(name));
		l->nsites = i + 1;
	}
	return 0;
}

static int get_route(const struct ocs_json_at *at, struct ocs_circuit *c)
{
	struct json_object *array;
	unsigned int n;

	if (ocs_json_array(at, "route", false, OCS_HOPS_MAX, &array, &n) < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++)
		if (ocs_json_elem_name(at, "route", array, i, c->hop[i],
				       sizeof(c->hop[i])) < 0)
			return -1;
	c->nhops = n;
	return 0;
}

/* The word that member NAME is; NULL when missing, "" when it is no word. */
static const char *word(const struct ocs_json_at *at, const char *name)
{
	struct json_object *obj;

	if (!json_object_object_get_ex(at->obj, name, &obj) || !obj)
		return NULL;
	return json_object_is_type(obj, json_type_string) ?
		       json_object_get_string(obj) : "";
}

static int word_fail(const struct ocs_json_at *at, const char *name,
		     const char *text)
{
	return ocs_json_fail(at, name, OCS_SYNTAX, "unknown word '%.40s'",
			     text);
}

static int get_circuit_states(const struct ocs_json_at *at,
			      struct ocs_circuit *c)
{
	const char *prov = word(at, "provisioning");
	const char *data = word(at, "data_plane");
	const char *source = word(at, "latency_source");
	uint64_t mtu = 0;

	if (source && strcmp(source, "reported") && strcmp(source, "computed"))
		return word_fail(at, "latency_source", source);
	c->latency_reported = source && !strcmp(source, "reported");
	if (ocs_json_u64(at, "mtu", false, 0, OCS_MTU_MAX, &mtu) < 0)
		return -1;
	c->mtu = (uint32_t) mtu;
	if (prov && ocs_prov_from_name(prov, &c->prov) < 0)
		return word_fail(at, "provisioning", prov);
	if (data && ocs_data_from_name(data, &c->data) < 0)
		return word_fail(at, "data_plane", data);
	if (ocs_json_u64(at, "lit_bps", false, 0, OCS_RATE_MAX_BPS,
			 &c->lit_bps) < 0 ||
	    ocs_json_u64(at, "measured_latency_us", false, 0,
			 OCS_LATENCY_MAX_US, &c->measured_latency_us) < 0 ||
	    ocs_json_i64(at, "latency_ms", false, OCS_JSON_TIME_MS_MAX,
			 &c->latency_ms) < 0 ||
	    ocs_json_i64(at, "measured_ms", false, OCS_JSON_TIME_MS_MAX,
			 &c->measured_ms) < 0)
		return -1;
	return ocs_json_i64(at, "up_ms", false, OCS_JSON_TIME_MS_MAX,
			    &c->up_ms);
}

static int get_circuit(const struct ocs_json_at *at, struct ocs_circuit *c)
{
	if (ocs_json_name(at, "a", true, c->a, sizeof(c->a)) < 0 ||
	    ocs_json_name(at, "z", true, c->z, sizeof(c->z)) < 0 ||
	    ocs_json_u64(at, "requested_bps", true, 1, OCS_RATE_MAX_BPS,
			 &c->requested_bps) < 0 ||
	    ocs_json_u64(at, "granted_bps", false, 0, c->requested_bps,
			 &c->granted_bps) < 0 ||
	    ocs_json_u64(at, "max_latency_us", false, 0, OCS_LATENCY_MAX_US,
			 &c->max_latency_us) < 0 ||
	    ocs_json_u64(at, "latency_us", false, 0,
			 OCS_LATENCY_MAX_US * OCS_HOPS_MAX,
			 &c->latency_us) < 0 ||
	    get_route(at, c) < 0)
		return -1;
	return get_circuit_states(at, c);
}

/* NAME in thousandths. */
static int get_milli(const struct ocs_json_at *at, const char *name,
		     float *value)
{
	uint64_t n = 0;

	if (ocs_json_u64(at, name, false, 0, OCS_JSON_NUMBER_MAX, &n) < 0)
		return -1;
	*value = ocs_wire_milli(n);
	return 0;
}

static int get_bill(const struct ocs_json_at *at, struct ocs_circuit *c)
{
	if (ocs_json_bool(at, "energy_unknown", false,
			  &c->energy_unknown) < 0 ||
	    get_milli(at, "energy_mj", &c->joule) < 0 ||
	    get_milli(at, "power_mw", &c->watt) < 0 ||
	    get_milli(at, "cost_micro", &c->cost) < 0 ||
	    get_milli(at, "cost_micro_per_h", &c->cost_per_h) < 0)
		return -1;
	c->cost /= 1000;
	c->cost_per_h /= 1000;
	return 0;
}

int ocs_wire_get_protect(const struct ocs_json_at *at, struct ocs_circuit *c)
{
	const char *protect = word(at, "protect");
	uint64_t ppb = 0;

	if (protect && ocs_protect_from_name(protect, &c->protect) < 0)
		return word_fail(at, "protect", protect);
	if (ocs_json_u64(at, "max_delay_variation_us", false, 0,
			 OCS_LATENCY_MAX_US, &c->max_delay_variation_us) < 0)
		return -1;
	if (ocs_json_u64(at, "max_unavailable_ppb", false, 0, OCS_PPB - 1,
			 &ppb) < 0)
		return -1;
	c->max_unavailable_ppb = (uint32_t) ppb;
	return ocs_json_u64(at, "delay_variation_us", false, 0,
			    OCS_VARIATION_MAX_US * OCS_HOPS_MAX,
			    &c->delay_variation_us);
}

/* Ends are sites of the lease (one of them may be an endpoint that the agent
 * knows), and each pair has one circuit: C is none of the circuits that L has
 * so far. */
static int check_ends(const struct ocs_json_at *at, const struct ocs_lease *l,
		      const struct ocs_circuit *c)
{
	if (!has_site(l, c->a) && !has_site(l, c->z))
		return ocs_json_fail(at, "a", OCS_RANGE,
				     "%s is no site of this lease, nor is %s",
				     c->a, c->z);
	if (!strcmp(c->a, c->z))
		return ocs_json_fail(at, "z", OCS_RANGE,
				     "both ends are %s", c->z);
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		const struct ocs_circuit *o = &l->circuit[i];

		if ((!strcmp(o->a, c->a) && !strcmp(o->z, c->z)) ||
		    (!strcmp(o->a, c->z) && !strcmp(o->z, c->a)))
			return ocs_json_fail(at, "a", OCS_RANGE,
					     "%s-%s is given twice", c->a,
					     c->z);
	}
	return 0;
}

static int get_circuits(const struct ocs_json_at *at, struct ocs_lease *l)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "circuits", true, OCS_CIRCUITS_MAX, &array,
			   &n) < 0)
		return -1;
	if (n && !(l->circuit = calloc(n, sizeof(*l->circuit))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		if (ocs_json_elem(at, "circuits", array, i, &elem) < 0 ||
		    get_circuit(&elem, &l->circuit[i]) < 0 ||
		    ocs_wire_get_protect(&elem, &l->circuit[i]) < 0 ||
		    get_bill(&elem, &l->circuit[i]) < 0 ||
		    check_ends(&elem, l, &l->circuit[i]) < 0 ||
		    ocs_wire_get_members(&elem, l, i) < 0 ||
		    ocs_wire_get_attachment(&elem, &l->circuit[i].at) < 0)
			return -1;
		l->ncircuits = i + 1;
	}
	return 0;
}

static int get_job(const struct ocs_json_at *at, struct ocs_lease *l)
{
	if (ocs_wire_get_id(at, "id", true, l->id) < 0 ||
	    ocs_json_name(at, "cluster", true, l->cluster,
			  sizeof(l->cluster)) < 0 ||
	    ocs_json_u32(at, "job_id", true, &l->job_id) < 0 ||
	    ocs_json_u32(at, "user_id", true, &l->user_id) < 0 ||
	    get_user(at, l->user, sizeof(l->user)) < 0 ||
	    ocs_json_i64(at, "submit_s", false, OCS_JSON_TIME_S_MAX,
			 &l->submit_s) < 0 ||
	    ocs_json_u32(at, "restart_cnt", false, &l->restart_cnt) < 0 ||
	    ocs_json_i64(at, "start_s", false, OCS_JSON_TIME_S_MAX,
			 &l->start_s) < 0 ||
	    ocs_json_i64(at, "end_s", false, OCS_JSON_TIME_S_MAX,
			 &l->end_s) < 0 ||
	    ocs_json_u32(at, "grace_s", false, &l->grace_s) < 0)
		return -1;
	if (l->end_s && l->end_s <= l->start_s)
		return ocs_json_fail(at, "end_s", OCS_RANGE,
				     "an end after start_s is expected");
	if (l->grace_s > OCS_GRACE_MAX_S)
		return ocs_json_fail(at, "grace_s", OCS_RANGE,
				     "at most %d is expected",
				     OCS_GRACE_MAX_S);
	return ocs_json_u64(at, "controller_epoch", false, 0,
			    OCS_JSON_NUMBER_MAX, &l->controller_epoch);
}

static int get_states(const struct ocs_json_at *at, struct ocs_lease *l)
{
	const struct {
		const char *name;
		int64_t *value;
	} times[] = {
		{ "held_ms", &l->held_ms },
		{ "committed_ms", &l->committed_ms },
		{ "approved_ms", &l->approved_ms },
		{ "active_ms", &l->active_ms },
		{ "ended_ms", &l->ended_ms },
		{ "gone_ms", &l->gone_ms },
		{ "billed_ms", &l->billed_ms },
	};
	const char *resv = word(at, "reservation"), *blame = word(at, "blame");
	const char *sched = word(at, "schedule");
	const char *admin = word(at, "administrative");

	if (resv && ocs_resv_from_name(resv, &l->resv) < 0)
		return word_fail(at, "reservation", resv);
	if (sched && ocs_sched_from_name(sched, &l->sched) < 0)
		return word_fail(at, "schedule", sched);
	if (admin && ocs_admin_from_name(admin, &l->admin) < 0)
		return word_fail(at, "administrative", admin);
	if (ocs_json_u32(at, "version", false, &l->version) < 0)
		return -1;
	if (blame && ocs_blame_from_name(blame, &l->blame) < 0)
		return word_fail(at, "blame", blame);
	for (unsigned int i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (ocs_json_i64(at, times[i].name, false,
				 OCS_JSON_TIME_MS_MAX, times[i].value) < 0)
			return -1;
	return ocs_json_text(at, "cause", false, l->cause, sizeof(l->cause));
}

struct ocs_lease *ocs_wire_get_lease(const struct ocs_json_at *at)
{
	struct ocs_lease *l = ocs_lease_create();

	if (!l) {
		ocs_fail(at->err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	if (get_job(at, l) < 0 || get_sites(at, l) < 0 ||
	    get_circuits(at, l) < 0 || get_states(at, l) < 0) {
		ocs_lease_destroy(l);
		return NULL;
	}
	return l;
}

struct ocs_lease *ocs_wire_decode_lease(const char *text, size_t len,
					struct ocs_error *err)
{
	struct ocs_json_at at = { .index = -1, .err = err };
	struct ocs_lease *l;

	if (!(at.obj = ocs_json_parse(text, len, OCS_REQUEST_BODY_MAX, err)))
		return NULL;
	l = ocs_wire_get_lease(&at);
	json_object_put(at.obj);
	return l;
}

void ocs_wire_free_leases(struct ocs_lease **lease, unsigned int nleases)
{
	for (unsigned int i = 0; lease && i < nleases; i++)
		ocs_lease_destroy(lease[i]);
	free(lease);
}

int ocs_wire_get_leases(const struct ocs_json_at *at,
			struct ocs_lease ***lease, unsigned int *nleases)
{
	struct ocs_lease **all = NULL;
	struct ocs_json_rows rows;
	struct ocs_json_at *elem;
	unsigned int n, got = 0;
	int rc = -1;

	if (ocs_json_rows_open(at, "leases", true, OCS_WIRE_LEASES_MAX, &rows,
			       &n) < 0)
		return -1;
	if (n && !(all = calloc(n, sizeof(struct ocs_lease *))))
		ocs_fail(at->err, OCS_NOMEM, "out of memory");
	else
		while ((rc = ocs_json_rows_next(&rows, &elem)) > 0)
			if (!(all[got] = ocs_wire_get_lease(elem))) {
				rc = -1;
				break;
			} else {
				got++;
			}
	ocs_json_rows_close(&rows);
	if (rc < 0) {
		ocs_wire_free_leases(all, got);
		return -1;
	}
	*lease = all;
	*nleases = got;
	return 0;
}

int ocs_wire_decode_leases(const char *text, size_t len,
			   struct ocs_lease ***lease, unsigned int *nleases,
			   struct ocs_error *err)
{
	char next[OCS_LEASE_ID_MAX];

	return ocs_wire_decode_page(text, len, lease, nleases, next, err);
}

int ocs_wire_decode_page(const char *text, size_t len,
			 struct ocs_lease ***lease, unsigned int *nleases,
			 char next[static OCS_LEASE_ID_MAX],
			 struct ocs_error *err)
{
	struct ocs_json_cut cut[] = { { .name = "leases" }, { .name = NULL } };
	struct ocs_json_at at = { .index = -1, .err = err, .cut = cut };
	int rc;

	next[0] = '\0';
	if (!(at.obj = ocs_json_parse_cut(text, len, OCS_BODY_MAX, cut, err)))
		return -1;
	rc = ocs_wire_get_id(&at, "next", false, next);
	if (rc == 0)
		rc = ocs_wire_get_leases(&at, lease, nleases);
	json_object_put(at.obj);
	return rc;
}
