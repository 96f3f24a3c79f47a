// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire_net - the network as JSON: sites and endpoints, ports, links
 *
 * What is as it is in most networks is left out.
 */
#include "common/wire/wire_int.h"

#include <stdlib.h>
#include <string.h>

/* ---- out ---- */

static void put_site(struct ocs_json_out *out, const struct ocs_site *s)
{
	ocs_json_put_open(out, NULL, '{');
	ocs_json_put_str(out, "name", s->name);
	if (s->external)
		ocs_json_put_bool(out, "external", true);
	if (s->interdomain)
		ocs_json_put_bool(out, "interdomain", true);
	if (s->no_regen)
		ocs_json_put_bool(out, "regen", false);
	ocs_json_put_close(out, '}');
}

static void put_plane(struct ocs_json_out *out, unsigned int plane)
{
	if (plane != OCS_PLANE_ANY)
		ocs_json_put_u64(out, "plane", plane - 1);
}

static void put_port(struct ocs_json_out *out, const struct ocs_net *net,
		     const struct ocs_port *p)
{
	ocs_json_put_open(out, NULL, '{');
	ocs_json_put_str(out, "name", p->name);
	ocs_json_put_str(out, "site", net->site[p->site].name);
	if (p->gateway[0])
		ocs_json_put_str(out, "gateway", p->gateway);
	ocs_json_put_u64(out, "rate_bps", p->rate_bps);
	ocs_json_put_u64(out, "booked_bps", p->booked_bps);
	put_plane(out, p->plane);
	if (p->mtu)
		ocs_json_put_u64(out, "mtu", p->mtu);
	ocs_json_put_str(out, "transport", ocs_transport_name(p->transport));
	if (p->exclusive)
		ocs_json_put_bool(out, "exclusive", true);
	ocs_json_put_bool(out, "drained", p->drained);
	ocs_json_put_bool(out, "down", p->down);
	ocs_json_put_close(out, '}');
}

/* Only wavelengths that are not dark and free. */
static void put_waves(struct ocs_json_out *out, const struct ocs_net *net,
		      const struct ocs_link *l)
{
	bool any = false;

	for (unsigned int i = 0; i < l->nwaves; i++) {
		const struct ocs_wave *w = &net->wave[l->first_wave + i];

		if (!w->booked_bps && !w->lit)
			continue;
		if (!any)
			ocs_json_put_open(out, "wavelengths", '[');
		any = true;
		ocs_json_put_open(out, NULL, '{');
		ocs_json_put_u64(out, "number", i + 1);
		ocs_json_put_u64(out, "booked_bps", w->booked_bps);
		ocs_json_put_bool(out, "lit", w->lit);
		ocs_json_put_close(out, '}');
	}
	if (any)
		ocs_json_put_close(out, ']');
}

static void put_nonzero(struct ocs_json_out *out, const char *name, uint64_t v)
{
	if (v)
		ocs_json_put_u64(out, name, v);
}

static void put_risks(struct ocs_json_out *out, const struct ocs_net *net,
		      const struct ocs_link *l)
{
	if (!l->nrisks)
		return;
	ocs_json_put_open(out, "risks", '[');
	for (unsigned int i = 0; i < l->nrisks; i++)
		ocs_json_put_str(out, NULL, net->risk[l->risk[i]].name);
	ocs_json_put_close(out, ']');
}

static void put_link_more(struct ocs_json_out *out, const struct ocs_net *net,
			  const struct ocs_link *l)
{
	if (l->hidden)
		ocs_json_put_bool(out, "hidden", true);
	if (l->grain != OCS_GRAIN_CLIENT)
		ocs_json_put_str(out, "granularity", ocs_grain_name(l->grain));
	if (l->sharing != OCS_DELEGATED)
		ocs_json_put_str(out, "capacity",
				 ocs_sharing_name(l->sharing));
	if (l->latency_source != OCS_SOURCE_CONFIGURED)
		ocs_json_put_str(out, "latency_source",
				 ocs_source_name(l->latency_source));
	if (l->latency_ms)
		ocs_json_put_i64(out, "latency_ms", l->latency_ms);
	put_nonzero(out, "wavelength_bps", l->wave_bps);
	put_nonzero(out, "lit", l->lit);
	put_nonzero(out, "metres", l->metres);
	put_nonzero(out, "reach_m", l->reach_m);
	put_nonzero(out, "delay_variation_us", l->delay_variation_us);
	put_nonzero(out, "unavailable_ppb", l->unavailable_ppb);
	put_nonzero(out, "cost_milli", l->cost);
	put_nonzero(out, "energy_pj_per_bit", l->energy_pj);
	put_plane(out, l->plane);
	if (l->domain)
		ocs_json_put_str(out, "domain", net->domain[l->domain].name);
	put_risks(out, net, l);
	put_waves(out, net, l);
}

static void put_link(struct ocs_json_out *out, const struct ocs_net *net,
		     const struct ocs_link *l)
{
	ocs_json_put_open(out, NULL, '{');
	ocs_json_put_str(out, "name", l->name);
	ocs_json_put_str(out, "a", net->site[l->a].name);
	ocs_json_put_str(out, "z", net->site[l->z].name);
	ocs_json_put_u64(out, "capacity_bps", l->capacity_bps);
	ocs_json_put_u64(out, "booked_bps", l->booked_bps);
	if (l->foreign_bps)
		ocs_json_put_u64(out, "foreign_bps", l->foreign_bps);
	ocs_json_put_u64(out, "granule_bps", l->granule_bps);
	ocs_json_put_u64(out, "latency_us", l->latency_us);
	ocs_json_put_bool(out, "drained", l->drained);
	ocs_json_put_bool(out, "down", l->down);
	if (l->frozen)
		ocs_json_put_bool(out, "frozen", true);
	put_link_more(out, net, l);
	ocs_json_put_close(out, '}');
}

void ocs_wire_put_net(struct ocs_json_out *out, const struct ocs_net *net)
{
	ocs_json_put_open(out, "sites", '[');
	for (unsigned int i = 0; i < net->nsites; i++)
		put_site(out, &net->site[i]);
	ocs_json_put_close(out, ']');
	ocs_json_put_open(out, "links", '[');
	for (unsigned int i = 0; i < net->nlinks; i++)
		put_link(out, net, &net->link[i]);
	ocs_json_put_close(out, ']');
	if (!net->nports)
		return;
	ocs_json_put_open(out, "ports", '[');
	for (unsigned int i = 0; i < net->nports; i++)
		put_port(out, net, &net->port[i]);
	ocs_json_put_close(out, ']');
}

/* ---- in ---- */

static int get_site(const struct ocs_json_at *at, struct ocs_site *s)
{
	bool regen = true;

	if (ocs_json_name(at, "name", true, s->name, OCS_NAME_MAX) < 0 ||
	    ocs_json_bool(at, "external", false, &s->external) < 0 ||
	    ocs_json_bool(at, "interdomain", false, &s->interdomain) < 0 ||
	    ocs_json_bool(at, "regen", false, &regen) < 0)
		return -1;
	s->no_regen = !regen;
	return 0;
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
		if (ocs_json_elem(at, "sites", array, i, &elem) < 0 ||
		    get_site(&elem, &net->site[i]) < 0)
			return -1;
		if (ocs_net_site(net, net->site[i].name) >= 0)
			return ocs_json_fail(&elem, "name", OCS_RANGE,
					     "site %s is given twice",
					     net->site[i].name);
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

static int get_number(const struct ocs_json_at *at, const char *name,
		      uint32_t max, uint32_t *value)
{
	uint64_t v = *value;

	if (ocs_json_u64(at, name, false, 0, max, &v) < 0)
		return -1;
	*value = (uint32_t) v;
	return 0;
}

static int get_plane(const struct ocs_json_at *at, unsigned int *plane)
{
	uint32_t v = UINT32_MAX;

	if (get_number(at, "plane", OCS_PLANE_MAX, &v) < 0)
		return -1;
	*plane = v == UINT32_MAX ? OCS_PLANE_ANY : v + 1;
	return 0;
}

/* The text that member NAME is, borrowed; NULL when missing. */
static int get_text(const struct ocs_json_at *at, const char *name,
		    const char **text)
{
	return ocs_json_string(at, name, false, OCS_NAME_MAX, text);
}

static int bad_word(const struct ocs_json_at *at, const char *name,
		    const char *text)
{
	return ocs_json_fail(at, name, OCS_SYNTAX, "unknown word '%.40s'",
			     text);
}

static int get_port(const struct ocs_json_at *at, const struct ocs_net *net,
		    struct ocs_port *p)
{
	const char *transport;

	if (ocs_json_name(at, "name", true, p->name, OCS_NAME_MAX) < 0 ||
	    get_end(at, "site", net, &p->site) < 0 ||
	    ocs_json_name(at, "gateway", false, p->gateway,
			  OCS_NAME_MAX) < 0 ||
	    ocs_json_bool(at, "exclusive", false, &p->exclusive) < 0 ||
	    ocs_json_u64(at, "rate_bps", true, 0, OCS_RATE_MAX_BPS,
			 &p->rate_bps) < 0 ||
	    ocs_json_u64(at, "booked_bps", false, 0, OCS_RATE_MAX_BPS,
			 &p->booked_bps) < 0 ||
	    get_plane(at, &p->plane) < 0 ||
	    get_number(at, "mtu", OCS_MTU_MAX, &p->mtu) < 0 ||
	    get_text(at, "transport", &transport) < 0 ||
	    ocs_json_bool(at, "drained", false, &p->drained) < 0 ||
	    ocs_json_bool(at, "down", false, &p->down) < 0)
		return -1;
	if (transport && ocs_transport_from_name(transport, &p->transport) < 0)
		return bad_word(at, "transport", transport);
	if (p->booked_bps > p->rate_bps)
		p->booked_bps = p->rate_bps;
	return 0;
}

static int get_ports(const struct ocs_json_at *at, struct ocs_net *net)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "ports", false, OCS_PORTS_MAX, &array, &n) < 0)
		return -1;
	if (n && !(net->port = calloc(n, sizeof(*net->port))))
		return ocs_fail(at->err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		if (ocs_json_elem(at, "ports", array, i, &elem) < 0 ||
		    get_port(&elem, net, &net->port[i]) < 0)
			return -1;
		net->nports = i + 1;
	}
	return 0;
}

static int get_risks(const struct ocs_json_at *at, struct ocs_net *net,
		     struct ocs_link *l)
{
	struct json_object *array;
	char name[OCS_NAME_MAX];
	unsigned int n;

	if (ocs_json_array(at, "risks", false, OCS_LINK_RISKS_MAX, &array,
			   &n) < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++) {
		int risk;

		if (ocs_json_elem_name(at, "risks", array, i, name,
				       sizeof(name)) < 0)
			return -1;
		if ((risk = ocs_net_risk(net, name)) < 0)
			return ocs_fail(at->err, OCS_NOMEM,
					"too many risk groups");
		l->risk[i] = (uint16_t) risk;
		l->nrisks = i + 1;
	}
	return 0;
}

static int get_domain(const struct ocs_json_at *at, struct ocs_net *net,
		      struct ocs_link *l)
{
	char name[OCS_NAME_MAX] = "";
	int domain;

	if (ocs_json_name(at, "domain", false, name, sizeof(name)) < 0)
		return -1;
	if (!name[0])
		return 0;
	if ((domain = ocs_net_domain(net, name)) < 0)
		return ocs_fail(at->err, OCS_NOMEM, "too many domains");
	l->domain = (unsigned int) domain;
	return 0;
}

static int get_link_words(const struct ocs_json_at *at, struct ocs_link *l)
{
	const char *grain, *sharing, *source;

	if (get_text(at, "granularity", &grain) < 0 ||
	    get_text(at, "capacity", &sharing) < 0 ||
	    get_text(at, "latency_source", &source) < 0)
		return -1;
	if (grain && ocs_grain_from_name(grain, &l->grain) < 0)
		return bad_word(at, "granularity", grain);
	if (sharing && ocs_sharing_from_name(sharing, &l->sharing) < 0)
		return bad_word(at, "capacity", sharing);
	if (source && ocs_source_from_name(source, &l->latency_source) < 0)
		return bad_word(at, "latency_source", source);
	return 0;
}

static int get_link_more(const struct ocs_json_at *at, struct ocs_net *net,
			 struct ocs_link *l)
{
	if (get_link_words(at, l) < 0 ||
	    ocs_json_bool(at, "hidden", false, &l->hidden) < 0 ||
	    ocs_json_i64(at, "latency_ms", false, OCS_JSON_TIME_MS_MAX,
			 &l->latency_ms) < 0 ||
	    ocs_json_u64(at, "wavelength_bps", false, 0, OCS_RATE_MAX_BPS,
			 &l->wave_bps) < 0 ||
	    get_number(at, "lit", OCS_WAVELENGTHS_MAX, &l->lit) < 0 ||
	    get_number(at, "metres", 40000000, &l->metres) < 0 ||
	    get_number(at, "reach_m", 40000000, &l->reach_m) < 0 ||
	    get_number(at, "delay_variation_us", OCS_VARIATION_MAX_US,
		       &l->delay_variation_us) < 0 ||
	    get_number(at, "unavailable_ppb", OCS_PPB,
		       &l->unavailable_ppb) < 0 ||
	    get_number(at, "cost_milli", 1000000000, &l->cost) < 0 ||
	    get_number(at, "energy_pj_per_bit", 1000000, &l->energy_pj) < 0 ||
	    get_plane(at, &l->plane) < 0 || get_domain(at, net, l) < 0)
		return -1;
	return get_risks(at, net, l);
}

static int get_link(const struct ocs_json_at *at, struct ocs_net *net,
		    struct ocs_link *l)
{
	if (ocs_json_name(at, "name", true, l->name, sizeof(l->name)) < 0 ||
	    get_end(at, "a", net, &l->a) < 0 ||
	    get_end(at, "z", net, &l->z) < 0 ||
	    ocs_json_u64(at, "capacity_bps", true, 0, OCS_RATE_MAX_BPS,
			 &l->capacity_bps) < 0 ||
	    ocs_json_u64(at, "booked_bps", true, 0, OCS_RATE_MAX_BPS,
			 &l->booked_bps) < 0 ||
	    ocs_json_u64(at, "foreign_bps", false, 0, OCS_RATE_MAX_BPS,
			 &l->foreign_bps) < 0 ||
	    ocs_json_u64(at, "granule_bps", false, 0, OCS_RATE_MAX_BPS,
			 &l->granule_bps) < 0 ||
	    ocs_json_u64(at, "latency_us", true, 0, OCS_LATENCY_MAX_US,
			 &l->latency_us) < 0 ||
	    ocs_json_bool(at, "drained", false, &l->drained) < 0 ||
	    ocs_json_bool(at, "down", false, &l->down) < 0 ||
	    ocs_json_bool(at, "frozen", false, &l->frozen) < 0 ||
	    get_link_more(at, net, l) < 0)
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

/* No two links of NET, which is indexed, have one name. */
static int check_names(const struct ocs_json_at *at, const struct ocs_net *net)
{
	for (unsigned int i = 1; i < net->nlinks; i++) {
		const char *name = net->link[net->sorted[i]].name;

		if (!strcmp(net->link[net->sorted[i - 1]].name, name))
			return ocs_json_fail(at, "links", OCS_RANGE,
					     "link %s is given twice", name);
	}
	return 0;
}

/* A wavelength as the document tells it: net->wave is there only when all
 * links are known. */
struct told_wave {
	unsigned int link, number;
	uint64_t booked_bps;
	bool lit;
};
struct told {
	struct told_wave *wave;
	unsigned int n, room;
};

static int tell(const struct ocs_json_at *at, struct told *told,
		const struct told_wave *w)
{
	if (told->n == told->room) {
		unsigned int room = told->room ? 2 * told->room : 64;
		struct told_wave *more = realloc(told->wave, room *
						 sizeof(*more));

		if (!more)
			return ocs_fail(at->err, OCS_NOMEM, "out of memory");
		told->wave = more;
		told->room = room;
	}
	told->wave[told->n++] = *w;
	return 0;
}

static int get_wave(const struct ocs_json_at *at, unsigned int link,
		    struct told *told)
{
	struct told_wave w = { .link = link };
	uint64_t number;

	if (ocs_json_u64(at, "number", true, 1, OCS_WAVELENGTHS_MAX,
			 &number) < 0 ||
	    ocs_json_u64(at, "booked_bps", true, 0, OCS_RATE_MAX_BPS,
			 &w.booked_bps) < 0 ||
	    ocs_json_bool(at, "lit", false, &w.lit) < 0)
		return -1;
	w.number = (unsigned int) number;
	return tell(at, told, &w);
}

static int get_waves(const struct ocs_json_at *at, unsigned int link,
		     struct told *told)
{
	struct json_object *array;
	struct ocs_json_at elem;
	unsigned int n;

	if (ocs_json_array(at, "wavelengths", false, OCS_WAVELENGTHS_MAX,
			   &array, &n) < 0)
		return -1;
	for (unsigned int i = 0; i < n; i++)
		if (ocs_json_elem(at, "wavelengths", array, i, &elem) < 0 ||
		    get_wave(&elem, link, told) < 0)
			return -1;
	return 0;
}

static void told_to_net(struct ocs_net *net, const struct told *told)
{
	for (unsigned int i = 0; i < told->n; i++) {
		const struct told_wave *t = &told->wave[i];
		const struct ocs_link *l = &net->link[t->link];
		struct ocs_wave *w;

		if (t->number > l->nwaves)
			continue;	/* an agent that tells others apart */
		w = &net->wave[l->first_wave + t->number - 1];
		w->booked_bps = t->booked_bps;
		if (w->booked_bps > l->wave_bps)
			w->booked_bps = l->wave_bps;
		w->lit = t->lit;
	}
}

static int get_rows(struct ocs_json_rows *rows, struct ocs_net *net,
		    struct told *told)
{
	struct ocs_json_at *at;
	int rc;

	while ((rc = ocs_json_rows_next(rows, &at)) > 0) {
		if (get_link(at, net, &net->link[net->nlinks]) < 0 ||
		    get_waves(at, net->nlinks, told) < 0)
			return -1;
		net->nlinks++;
	}
	return rc;
}

static int get_links(const struct ocs_json_at *at, struct ocs_net *net)
{
	struct told told = { 0 };
	struct ocs_json_rows rows;
	unsigned int n;
	int rc = -1;

	if (ocs_json_rows_open(at, "links", true, OCS_WIRE_LINKS_MAX, &rows,
			       &n) < 0)
		return -1;
	if (n && !(net->link = calloc(n, sizeof(*net->link))))
		ocs_fail(at->err, OCS_NOMEM, "out of memory");
	else
		rc = get_rows(&rows, net, &told);
	ocs_json_rows_close(&rows);
	if (rc == 0 && (rc = ocs_net_index(net)) < 0)
		ocs_fail(at->err, OCS_NOMEM, "out of memory");
	if (rc == 0)
		told_to_net(net, &told);
	free(told.wave);
	return rc < 0 ? -1 : check_names(at, net);
}

int ocs_wire_get_net(const struct ocs_json_at *at, struct ocs_net *net)
{
	if (get_sites(at, net) < 0 || get_links(at, net) < 0)
		return -1;
	return get_ports(at, net);
}
