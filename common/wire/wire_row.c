// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_row - leases as this version writes them, read without a tree
 *
 * A ledger of many leases is read before the agent is ready, and almost all of
 * its rows are exactly what ocs_wire_put_lease() makes: these members in this
 * order, no blanks, nothing escaped, no attachment. Such a text is read here in
 * one pass; all else, good or bad, is left to ocs_wire_decode_lease(). Nothing
 * is taken here that it would refuse, or take for something else.
 */
#include <stdlib.h>
#include <string.h>

#include "common/wire/wire_int.h"

struct row {
	const char *at, *end;
};

static bool lit(struct row *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t) (r->end - r->at) < n || memcmp(r->at, text, n))
		return false;
	r->at += n;
	return true;
}

/* BEFORE, and a number from 0 to MAX as it is printed. */
static bool num(struct row *r, const char *before, uint64_t max, uint64_t *v)
{
	const char *from;

	if (!lit(r, before))
		return false;
	*v = 0;
	for (from = r->at; r->at < r->end && *r->at >= '0' && *r->at <= '9' &&
			   r->at - from < 19; r->at++)
		*v = *v * 10 + (uint64_t) (*r->at - '0');
	return r->at > from && (*from != '0' || r->at == from + 1) &&
	       *v <= max;
}

static bool num32(struct row *r, const char *before, uint32_t max, uint32_t *v)
{
	uint64_t wide;

	if (!num(r, before, max, &wide))
		return false;
	*v = (uint32_t) wide;
	return true;
}

static bool when(struct row *r, const char *before, int64_t max, int64_t *v)
{
	uint64_t wide;

	if (!num(r, before, (uint64_t) max, &wide))
		return false;
	*v = (int64_t) wide;
	return true;
}

/* BEFORE, and the rest of a string without anything escaped: *LEN bytes, or
 * NULL. */
static const char *string(struct row *r, const char *before, size_t *len)
{
	const char *from;

	if (!lit(r, before))
		return NULL;
	for (from = r->at; r->at < r->end && *r->at != '"'; r->at++)
		if (*r->at < ' ' || *r->at >= 0x7f || *r->at == '\\')
			return NULL;
	*len = (size_t) (r->at - from);
	return lit(r, "\"") ? from : NULL;
}

/* The same into BUF, which has room for SIZE bytes. */
static bool text(struct row *r, const char *before, char *buf, size_t size)
{
	size_t len;
	const char *from = string(r, before, &len);

	if (!from || len >= size)
		return false;
	memcpy(buf, from, len);
	buf[len] = '\0';
	return true;
}

static bool name(struct row *r, const char *before, char *buf)
{
	return text(r, before, buf, OCS_NAME_MAX) && ocs_json_name_ok(buf);
}

static bool word(struct row *r, const char *before, char buf[static 24])
{
	return text(r, before, buf, 24);
}

/* One more of an array that ends in "]": 1, at its end 0, -1. */
static int more(struct row *r, unsigned int n)
{
	if (lit(r, "]"))
		return 0;
	return !n || lit(r, ",") ? 1 : -1;
}

static bool job(struct row *r, struct ocs_lease *l)
{
	bool is = text(r, "{\"id\":\"", l->id, sizeof(l->id)) &&
		  ocs_lease_id_ok(l->id) &&
		  name(r, ",\"cluster\":\"", l->cluster) &&
		  num32(r, ",\"job_id\":", UINT32_MAX, &l->job_id) &&
		  num32(r, ",\"user_id\":", UINT32_MAX, &l->user_id) &&
		  text(r, ",\"user\":\"", l->user, sizeof(l->user)) &&
		  !strchr(l->user, ' ') &&
		  when(r, ",\"submit_s\":", OCS_JSON_TIME_S_MAX,
		       &l->submit_s) &&
		  num32(r, ",\"restart_cnt\":", UINT32_MAX, &l->restart_cnt) &&
		  when(r, ",\"start_s\":", OCS_JSON_TIME_S_MAX, &l->start_s) &&
		  when(r, ",\"end_s\":", OCS_JSON_TIME_S_MAX, &l->end_s) &&
		  num32(r, ",\"grace_s\":", OCS_GRACE_MAX_S, &l->grace_s) &&
		  num(r, ",\"controller_epoch\":", OCS_JSON_NUMBER_MAX,
		      &l->controller_epoch);

	return is && (!l->end_s || l->end_s > l->start_s);
}

static bool has_site(const struct ocs_lease *l, const char *site)
{
	for (unsigned int i = 0; i < l->nsites; i++)
		if (!strcmp(l->site[i].name, site))
			return true;
	return false;
}

static bool site(struct row *r, struct ocs_lease *l)
{
	const char *nodes;
	size_t len;

	if (l->nsites == OCS_SPAN_MAX ||
	    !name(r, "{\"name\":\"", l->site[l->nsites].name) ||
	    has_site(l, l->site[l->nsites].name) ||
	    !(nodes = string(r, ",\"nodes\":\"", &len)) || !lit(r, "}") ||
	    len >= OCS_WIRE_NODES_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!ocs_json_name_char(nodes[i]) && nodes[i] != ',' &&
		    nodes[i] != '[' && nodes[i] != ']')
			return false;
	if (!(l->site[l->nsites].nodes = malloc(len + 1)))
		return false;
	memcpy(l->site[l->nsites].nodes, nodes, len);
	l->site[l->nsites].nodes[len] = '\0';
	l->nsites++;
	return true;
}

static bool sites(struct row *r, struct ocs_lease *l)
{
	int any = -1;

	if (!lit(r, ",\"sites\":["))
		return false;
	while ((any = more(r, l->nsites)) > 0)
		if (!site(r, l))
			return false;
	return any == 0;
}

static bool route(struct row *r, const char *before,
		  char hop[][OCS_NAME_MAX], unsigned int *nhops)
{
	int any = -1;

	*nhops = 0;
	if (!lit(r, before))
		return false;
	while ((any = more(r, *nhops)) > 0)
		if (*nhops == OCS_HOPS_MAX || !name(r, "\"", hop[(*nhops)++]))
			return false;
	return any == 0;
}

/* ---- members ---- */

static bool own_route(struct row *r, struct ocs_lease *l, struct ocs_member *m)
{
	char hop[OCS_HOPS_MAX][OCS_NAME_MAX] = { "" };
	char (*grown)[OCS_NAME_MAX];
	unsigned int n;

	if (!route(r, "", hop, &n) ||
	    !(grown = realloc(l->member_hop, (l->nmember_hops + n + 1) *
					     sizeof(*grown))))
		return false;
	l->member_hop = grown;
	memcpy(grown + l->nmember_hops, hop, n * sizeof(*hop));
	m->own_route = true;
	m->nhops = (uint16_t) n;
	m->first_hop = l->nmember_hops;
	l->nmember_hops += n;
	return true;
}

static bool waves(struct row *r, struct ocs_member *m, unsigned int nhops)
{
	unsigned int n = 0;
	uint64_t v;
	int any = -1;

	for (; (any = more(r, n)) > 0; n++) {
		if (n == nhops || !num(r, "", OCS_WAVELENGTHS_MAX, &v))
			return false;
		m->wave[n] = (uint16_t) v;
	}
	return any == 0 && n == nhops;
}

/* MEMBER, which may be left out, comes next; ANY: it is not the first. */
static bool next(struct row *r, bool *any, const char *member)
{
	struct row from = *r;

	if ((*any && !lit(r, ",")) || !lit(r, member)) {
		*r = from;
		return false;
	}
	*any = true;
	return true;
}

/* One of several has states of its own. */
static bool member_states(struct row *r, struct ocs_member *m, bool *any)
{
	char prov[24], data[24];
	enum ocs_prov p;
	enum ocs_data d;

	if (!next(r, any, "\"provisioning\":\""))
		return true;
	if (!word(r, "", prov) || ocs_prov_from_name(prov, &p) < 0 ||
	    !word(r, ",\"data_plane\":\"", data) ||
	    ocs_data_from_name(data, &d) < 0)
		return false;
	m->prov = (uint8_t) p;
	m->data = (uint8_t) d;
	return !next(r, any, "\"latency_us\":") ||
	       num32(r, "", UINT32_MAX, &m->latency_us);
}

static bool member(struct row *r, struct ocs_lease *l, struct ocs_member *m)
{
	bool any = false;

	if (!lit(r, "{") || !member_states(r, m, &any))
		return false;
	m->standby = next(r, &any, "\"standby\":true");
	if (next(r, &any, "\"port_a\":\"") && !name(r, "", m->port_a))
		return false;
	if (next(r, &any, "\"port_z\":\"") && !name(r, "", m->port_z))
		return false;
	if (next(r, &any, "\"route\":[") && !own_route(r, l, m))
		return false;
	if (next(r, &any, "\"wavelengths\":[") &&
	    !waves(r, m, ocs_member_nhops(l, m)))
		return false;
	return lit(r, "}");
}

static bool members(struct row *r, struct ocs_lease *l, unsigned int circuit)
{
	struct ocs_member *grown;
	unsigned int n = 0;
	int any = -1;

	if (!lit(r, ",\"members\":["))
		return true;	/* there are none */
	for (; (any = more(r, n)) > 0; n++) {
		if (n == OCS_MEMBERS_MAX ||
		    !(grown = realloc(l->member,
				      (l->nmembers + 1) * sizeof(*grown))))
			return false;
		l->member = grown;
		grown += l->nmembers;
		memset(grown, 0, sizeof(*grown));
		grown->circuit = (uint16_t) circuit;
		grown->prov = (uint8_t) l->circuit[circuit].prov;
		grown->data = (uint8_t) l->circuit[circuit].data;
		if (!member(r, l, grown))
			return false;
		l->nmembers++;
	}
	return any == 0;
}

/* ---- circuits ---- */

static bool same_ends(const struct ocs_circuit *x, const struct ocs_circuit *y)
{
	return (!strcmp(x->a, y->a) && !strcmp(x->z, y->z)) ||
	       (!strcmp(x->a, y->z) && !strcmp(x->z, y->a));
}

static bool ends(const struct ocs_lease *l, const struct ocs_circuit *c)
{
	if ((!has_site(l, c->a) && !has_site(l, c->z)) || !strcmp(c->a, c->z))
		return false;
	for (unsigned int i = 0; i < l->ncircuits; i++)
		if (same_ends(&l->circuit[i], c))
			return false;
	return true;
}

static bool circuit(struct row *r, const struct ocs_lease *l,
		    struct ocs_circuit *c)
{
	char prov[24], data[24];

	return name(r, "{\"a\":\"", c->a) && name(r, ",\"z\":\"", c->z) &&
	       num(r, ",\"requested_bps\":", OCS_RATE_MAX_BPS,
		   &c->requested_bps) && c->requested_bps &&
	       num(r, ",\"granted_bps\":", c->requested_bps,
		   &c->granted_bps) &&
	       num(r, ",\"max_latency_us\":", OCS_LATENCY_MAX_US,
		   &c->max_latency_us) &&
	       num(r, ",\"latency_us\":", OCS_LATENCY_MAX_US * OCS_HOPS_MAX,
		   &c->latency_us) &&
	       route(r, ",\"route\":[", c->hop, &c->nhops) &&
	       word(r, ",\"provisioning\":\"", prov) &&
	       ocs_prov_from_name(prov, &c->prov) == 0 &&
	       word(r, ",\"data_plane\":\"", data) &&
	       ocs_data_from_name(data, &c->data) == 0 &&
	       when(r, ",\"up_ms\":", OCS_JSON_TIME_MS_MAX, &c->up_ms) &&
	       num(r, ",\"lit_bps\":", OCS_RATE_MAX_BPS, &c->lit_bps) &&
	       ends(l, c);
}

static bool source(struct row *r, struct ocs_circuit *c)
{
	char from[24];

	if (!word(r, "", from) || (strcmp(from, "reported") &&
				   strcmp(from, "computed")))
		return false;
	c->latency_reported = !strcmp(from, "reported");
	return when(r, ",\"latency_ms\":", OCS_JSON_TIME_MS_MAX,
		    &c->latency_ms);
}

static bool thousandths(struct row *r, const char *before, float *value)
{
	uint64_t n;

	if (!num(r, before, OCS_JSON_NUMBER_MAX, &n))
		return false;
	*value = ocs_wire_milli(n);
	return true;
}

static bool bill(struct row *r, struct ocs_circuit *c)
{
	c->energy_unknown = lit(r, ",\"energy_unknown\":true");
	if (!lit(r, ",\"energy_mj\":"))
		return !c->energy_unknown;
	if (!thousandths(r, "", &c->joule) ||
	    !thousandths(r, ",\"power_mw\":", &c->watt) ||
	    !thousandths(r, ",\"cost_micro\":", &c->cost) ||
	    !thousandths(r, ",\"cost_micro_per_h\":", &c->cost_per_h))
		return false;
	c->cost /= 1000;
	c->cost_per_h /= 1000;
	return true;
}

/* What not every circuit has, in its order. */
static bool circuit_more(struct row *r, struct ocs_circuit *c)
{
	char how[24];

	if (lit(r, ",\"mtu\":") && !num32(r, "", OCS_MTU_MAX, &c->mtu))
		return false;
	if (lit(r, ",\"protect\":\"") &&
	    (!word(r, "", how) || ocs_protect_from_name(how, &c->protect) < 0))
		return false;
	if (lit(r, ",\"max_delay_variation_us\":") &&
	    !num(r, "", OCS_LATENCY_MAX_US, &c->max_delay_variation_us))
		return false;
	if (lit(r, ",\"max_unavailable_ppb\":") &&
	    !num32(r, "", OCS_PPB - 1, &c->max_unavailable_ppb))
		return false;
	if (lit(r, ",\"delay_variation_us\":") &&
	    !num(r, "", OCS_VARIATION_MAX_US * OCS_HOPS_MAX,
		 &c->delay_variation_us))
		return false;
	if (lit(r, ",\"latency_source\":\"") && !source(r, c))
		return false;
	return bill(r, c);
}

static bool circuits(struct row *r, struct ocs_lease *l)
{
	struct ocs_circuit *grown;
	int any = -1;

	if (!lit(r, ",\"circuits\":["))
		return false;
	while ((any = more(r, l->ncircuits)) > 0) {
		if (l->ncircuits == OCS_CIRCUITS_MAX ||
		    !(grown = realloc(l->circuit, (l->ncircuits + 1) *
						  sizeof(*grown))))
			return false;
		l->circuit = grown;
		grown += l->ncircuits;
		memset(grown, 0, sizeof(*grown));
		if (!circuit(r, l, grown) || !circuit_more(r, grown) ||
		    !members(r, l, l->ncircuits) || !lit(r, "}"))
			return false;
		l->ncircuits++;
	}
	return any == 0;
}

static bool states(struct row *r, struct ocs_lease *l)
{
	char resv[24], sched[24], admin[24], blame[24], shown[24];

	return word(r, ",\"reservation\":\"", resv) &&
	       ocs_resv_from_name(resv, &l->resv) == 0 &&
	       word(r, ",\"schedule\":\"", sched) &&
	       ocs_sched_from_name(sched, &l->sched) == 0 &&
	       word(r, ",\"administrative\":\"", admin) &&
	       ocs_admin_from_name(admin, &l->admin) == 0 &&
	       num32(r, ",\"version\":", UINT32_MAX, &l->version) &&
	       word(r, ",\"blame\":\"", blame) &&
	       ocs_blame_from_name(blame, &l->blame) == 0 &&
	       text(r, ",\"cause\":\"", l->cause, sizeof(l->cause)) &&
	       when(r, ",\"held_ms\":", OCS_JSON_TIME_MS_MAX, &l->held_ms) &&
	       when(r, ",\"committed_ms\":", OCS_JSON_TIME_MS_MAX,
		    &l->committed_ms) &&
	       (!lit(r, ",\"approved_ms\":") ||
		when(r, "", OCS_JSON_TIME_MS_MAX, &l->approved_ms)) &&
	       when(r, ",\"active_ms\":", OCS_JSON_TIME_MS_MAX,
		    &l->active_ms) &&
	       when(r, ",\"ended_ms\":", OCS_JSON_TIME_MS_MAX,
		    &l->ended_ms) &&
	       when(r, ",\"gone_ms\":", OCS_JSON_TIME_MS_MAX, &l->gone_ms) &&
	       (!lit(r, ",\"billed_ms\":") ||
		when(r, "", OCS_JSON_TIME_MS_MAX, &l->billed_ms)) &&
	       word(r, ",\"state\":\"", shown) && lit(r, "}") &&
	       r->at == r->end;
}

/* A bound that holds for a tree holds here, too. */
static bool few_values(const char *body, size_t len)
{
	size_t values = 0;

	for (size_t i = 0; len > OCS_JSON_VALUES_MAX(len) && i < len; i++)
		values += body[i] == ',' || body[i] == '[' || body[i] == '{';
	return values <= OCS_JSON_VALUES_MAX(len);
}

struct ocs_lease *ocs_wire_read_row(const char *body, size_t len)
{
	struct row r = { body, body + len };
	struct ocs_lease *l = NULL;

	if (len <= OCS_REQUEST_BODY_MAX && few_values(body, len) &&
	    (l = ocs_lease_create()) && job(&r, l) && sites(&r, l) &&
	    circuits(&r, l) && states(&r, l))
		return l;
	ocs_lease_destroy(l);
	return NULL;
}
