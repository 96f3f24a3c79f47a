// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_net - sites, endpoints, ports and links of opticald.conf
 *
 * Links and ports are kept as written until all sites are known.
 */
#include "agent/conf_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/units.h"
#include "common/wire/wire.h"

#define GBPS UINT64_C(1000000000)

struct ocs_conf_link {
	struct ocs_link link;
	struct ocs_rules rules;
	char a[OCS_NAME_MAX], z[OCS_NAME_MAX];
	char where[300];	/* FILE:LINE */
	uint64_t wavelengths;
	bool km, latency, reach;
};

struct ocs_conf_port {
	struct ocs_port port;
	char site[OCS_NAME_MAX];
	char where[300];
};

/* *LIST of N things of SIZE with one more, zeroed, at the end; or NULL. */
static void *grow(void *list, unsigned int n, size_t size,
		  struct ocs_error *err)
{
	char *grown = realloc(list, (n + 1) * size);

	if (!grown) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	memset(grown + n * size, 0, size);
	return grown;
}

/* ---- values ---- */

/* A decimal number of up to PLACES places in units of the last, at most MAX of
 * them: "460" or "0.5" with 3 places is 460000 or 500. */
static int read_fixed(const struct ocs_kvline *line, const struct ocs_kv *kv,
		      unsigned int places, uint64_t max, const char *expected,
		      uint64_t *value, struct ocs_error *err)
{
	const char *p = kv->value;
	unsigned int digits = 0, have = 0;
	bool dot = false;
	uint64_t v = 0;

	for (; *p; p++) {
		if (*p == '.' && !dot && digits) {
			dot = true;
			continue;
		}
		if (*p < '0' || *p > '9' || (dot && ++have > places) ||
		    ++digits > 6 + places)
			break;
		v = v * 10 + (uint64_t) (*p - '0');
	}
	if (*p || !digits || (dot && !have))
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "bad %s='%.40s': %s expected", kv->key,
				   kv->value, expected);
	for (; have < places; have++)
		v *= 10;
	if (v > max)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "bad %s='%.40s': %s expected", kv->key,
				   kv->value, expected);
	*value = v;
	return 0;
}

static int read_fixed32(const struct ocs_kvline *line,
			const struct ocs_kv *kv, unsigned int places,
			uint32_t max, const char *expected, uint32_t *value,
			struct ocs_error *err)
{
	uint64_t v = 0;

	if (read_fixed(line, kv, places, max, expected, &v, err) < 0)
		return -1;
	*value = (uint32_t) v;
	return 0;
}

/* Kilometres with up to three decimals as metres. */
static int read_km(const struct ocs_kvline *line, const struct ocs_kv *kv,
		   uint32_t *metres, struct ocs_error *err)
{
	return read_fixed32(line, kv, 3, 40000000,
			    "kilometres of fibre, 0 to 40000, are (example: 460)",
			    metres, err);
}

static int read_us(const struct ocs_kvline *line, const struct ocs_kv *kv,
		   uint64_t min, uint64_t max, const char *expected,
		   uint64_t *us, struct ocs_error *err)
{
	struct ocs_error why;
	uint64_t v;

	if (ocs_time_parse(kv->value, &v, &why) < 0)
		return ocs_kv_fail(line, err, why.code,
				   "bad %s='%.40s': a time such as 2274us is expected",
				   kv->key, kv->value);
	if (v < min || v > max)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "bad %s='%.40s': %s", kv->key, kv->value,
				   expected);
	*us = v;
	return 0;
}

static int read_plane(const struct ocs_kvline *line, const struct ocs_kv *kv,
		      unsigned int *plane, struct ocs_error *err)
{
	uint64_t v;

	if (ocs_kv_uint(line, kv, 0, OCS_PLANE_MAX, &v, err) < 0)
		return -1;
	*plane = (unsigned int) v + 1;
	return 0;
}

static bool name_ok(const char *p, size_t len)
{
	return len && len < OCS_NAME_MAX &&
	       strspn(p, "abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") >= len;
}

/* NAME[,NAME...], each a shared-risk group. */
static int read_risks(const struct ocs_kvline *line, const struct ocs_kv *kv,
		      struct ocs_net *net, struct ocs_link *link,
		      struct ocs_error *err)
{
	const char *p = kv->value;
	char name[OCS_NAME_MAX];
	size_t len;
	int risk;

	for (;; p += len + 1) {
		len = strcspn(p, ",");
		if (!name_ok(p, len))
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "bad Risk='%.80s': names of risk groups with commas between them are expected (example: rhone,a7)",
					   kv->value);
		if (link->nrisks == OCS_LINK_RISKS_MAX)
			return ocs_kv_fail(line, err, OCS_RANGE,
					   "bad Risk='%.80s': at most %d are possible",
					   kv->value, OCS_LINK_RISKS_MAX);
		memcpy(name, p, len);
		name[len] = '\0';
		if ((risk = ocs_net_risk(net, name)) < 0)
			return ocs_kv_fail(line, err, OCS_NOMEM,
					   "out of memory, or more than %d risk groups",
					   OCS_RISKS_MAX);
		link->risk[link->nrisks++] = (uint16_t) risk;
		if (!p[len])
			return 0;
	}
}

static int read_domain(const struct ocs_kvline *line, const struct ocs_kv *kv,
		       struct ocs_net *net, unsigned int *domain,
		       struct ocs_error *err)
{
	char name[OCS_NAME_MAX];
	int i;

	if (ocs_kv_name(line, kv, name, sizeof(name), err) < 0)
		return -1;
	if ((i = ocs_net_domain(net, name)) < 0)
		return ocs_kv_fail(line, err, OCS_NOMEM,
				   "out of memory, or more than %d domains",
				   OCS_DOMAINS_MAX - 1);
	*domain = (unsigned int) i;
	return 0;
}

/* ---- sites and endpoints ---- */

static int add_site(const struct ocs_kvline *line, struct ocs_net *net,
		    const struct ocs_site *site, const char *key,
		    struct ocs_error *err)
{
	struct ocs_site *grown;

	for (unsigned int i = 0; i < net->nsites; i++)
		if (!strcmp(net->site[i].name, site->name))
			return ocs_kv_fail(line, err, OCS_CONFLICT,
					   "%s=%s is there twice%s", key,
					   site->name,
					   net->site[i].external !=
						   site->external ?
					   ": sites and endpoints share their names" :
					   "");
	if (net->nsites == OCS_WIRE_SITES_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "at most %d sites are possible",
				   OCS_WIRE_SITES_MAX);
	if (!(grown = grow(net->site, net->nsites, sizeof(*grown), err)))
		return -1;
	net->site = grown;
	net->site[net->nsites++] = *site;
	return 0;
}

/* How the site that was read last attaches. */
static int add_attach(const struct ocs_kvline *line, struct ocs_conf_net *cn,
		      struct ocs_attach_site *attach, struct ocs_error *err)
{
	return ocs_attach_site_whole(line, attach, err) < 0 ||
	       ocs_attach_sites_add(&cn->attach, cn->net.nsites - 1, attach,
				    err) < 0 ? -1 : 0;
}

static int read_site(const struct ocs_kvline *line, struct ocs_conf_net *cn,
		     struct ocs_error *err)
{
	static const char *const keys[] = {
		"SiteName", "Regen", OCS_ATTACH_KEYS, NULL
	};
	struct ocs_attach_site attach = { 0 };
	struct ocs_site site = { 0 };
	bool regen = true;

	for (unsigned int i = 0; i < line->nkv; i++) {
		const struct ocs_kv *kv = &line->kv[i];
		int k = ocs_kv_known(line, kv->key, keys, err);

		if (k < 0 ||
		    (k == 0 && ocs_kv_name(line, kv, site.name,
					   sizeof(site.name), err) < 0) ||
		    (k == 1 && ocs_kv_bool(line, kv, &regen, err) < 0) ||
		    (k > 1 && ocs_attach_site_key(line, kv,
						  (unsigned int) k - 2,
						  &attach, err) < 0))
			return -1;
	}
	site.no_regen = !regen;
	return add_site(line, &cn->net, &site, "SiteName", err) < 0 ? -1 :
	       add_attach(line, cn, &attach, err);
}

static int read_endpoint(const struct ocs_kvline *line,
			 struct ocs_conf_net *cn, struct ocs_error *err)
{
	static const char *const keys[] = {
		"EndpointName", "InterDomain", OCS_ATTACH_KEYS, NULL
	};
	struct ocs_attach_site attach = { 0 };
	struct ocs_site site = { .external = true };

	for (unsigned int i = 0; i < line->nkv; i++) {
		const struct ocs_kv *kv = &line->kv[i];
		int k = ocs_kv_known(line, kv->key, keys, err);

		if (k < 0 ||
		    (k == 0 && ocs_kv_name(line, kv, site.name,
					   sizeof(site.name), err) < 0) ||
		    (k == 1 && ocs_kv_bool(line, kv, &site.interdomain,
					   err) < 0) ||
		    (k > 1 && ocs_attach_site_key(line, kv,
						  (unsigned int) k - 2,
						  &attach, err) < 0))
			return -1;
	}
	return add_site(line, &cn->net, &site, "EndpointName", err) < 0 ? -1 :
	       add_attach(line, cn, &attach, err);
}

/* ---- ports ---- */

static int read_port_key(const struct ocs_kvline *line,
			 const struct ocs_kv *kv, int key,
			 struct ocs_conf_port *p, struct ocs_error *err)
{
	static const char *const transports[] = {
		"ethernet", "infiniband", NULL
	};
	unsigned int word;
	uint64_t mtu;

	switch (key) {
	case 0:
		return ocs_kv_name(line, kv, p->port.name, OCS_NAME_MAX, err);
	case 1:
		return ocs_kv_name(line, kv, p->site, OCS_NAME_MAX, err);
	case 2:
		return ocs_kv_name(line, kv, p->port.gateway, OCS_NAME_MAX,
				   err);
	case 3:
		return ocs_kv_rate(line, kv, &p->port.rate_bps, err);
	case 4:
		return read_plane(line, kv, &p->port.plane, err);
	case 5:
		if (ocs_kv_uint(line, kv, OCS_MTU_MIN, OCS_MTU_MAX, &mtu,
				err) < 0)
			return -1;
		p->port.mtu = (uint32_t) mtu;
		return 0;
	case 6:
		if (ocs_kv_word(line, kv, transports, &word, err) < 0)
			return -1;
		p->port.transport = (enum ocs_transport) word;
		return 0;
	case 7:
		return ocs_kv_bool(line, kv, &p->port.drained, err);
	}
	return -1;
}

static int read_port(const struct ocs_kvline *line, struct ocs_conf_net *cn,
		     struct ocs_error *err)
{
	static const char *const keys[] = {
		"PortName", "Site", "Gateway", "Rate", "Plane", "Mtu",
		"Transport", "Drain", NULL
	};
	struct ocs_conf_port p = { 0 }, *grown;

	for (unsigned int i = 0; i < line->nkv; i++)
		if (read_port_key(line, &line->kv[i],
				  ocs_kv_known(line, line->kv[i].key, keys,
					       err), &p, err) < 0)
			return -1;
	if (!p.site[0] || !p.port.rate_bps)
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "PortName=%s lacks %s (example: PortName=par-1 Site=paris Rate=400G Plane=0)",
				   p.port.name,
				   p.site[0] ? "Rate=RATE" : "Site=SITE");
	for (unsigned int i = 0; i < cn->nports; i++)
		if (!strcmp(cn->port[i].port.name, p.port.name))
			return ocs_kv_fail(line, err, OCS_CONFLICT,
					   "PortName=%s is there twice",
					   p.port.name);
	if (cn->nports == OCS_PORTS_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "at most %d ports are possible",
				   OCS_PORTS_MAX);
	snprintf(p.where, sizeof(p.where), "%s:%u", line->file, line->line);
	if (!(grown = grow(cn->port, cn->nports, sizeof(*grown), err)))
		return -1;
	cn->port = grown;
	cn->port[cn->nports++] = p;
	return 0;
}

/* ---- links ---- */

enum link_key {
	L_NAME, L_A, L_Z, L_KM, L_LATENCY, L_WAVELENGTHS, L_RATE, L_GRAIN,
	L_DRAIN, L_HIDDEN, L_DOMAIN, L_CAPACITY, L_RISK, L_PLANE, L_REACH,
	L_VARIATION, L_AVAILABILITY, L_COST, L_ENERGY
};
static const char *const link_keys[] = {
	"LinkName", "A", "Z", "Km", "Latency", "Wavelengths", "Rate",
	"Granularity", "Drain", "Hidden", "Domain", "Capacity", "Risk",
	"Plane", "Reach", "DelayVariation", "Availability", "Cost", "Energy",
	NULL
};

static int read_grain(const struct ocs_kvline *line, const struct ocs_kv *kv,
		      enum ocs_grain *grain, struct ocs_error *err)
{
	static const char *const grains[] = {
		"wavelength", "client", "odu", NULL
	};
	static const enum ocs_grain values[] = {
		OCS_GRAIN_WAVELENGTH, OCS_GRAIN_CLIENT, OCS_GRAIN_ODU
	};
	unsigned int word;

	if (ocs_kv_word(line, kv, grains, &word, err) < 0)
		return -1;
	*grain = values[word];
	return 0;
}

static int read_sharing(const struct ocs_kvline *line,
			const struct ocs_kv *kv, enum ocs_sharing *sharing,
			struct ocs_error *err)
{
	static const char *const words[] = { "delegated", "shared", NULL };
	unsigned int word;

	if (ocs_kv_word(line, kv, words, &word, err) < 0)
		return -1;
	*sharing = (enum ocs_sharing) word;
	return 0;
}

static int read_variation(const struct ocs_kvline *line,
			  const struct ocs_kv *kv, uint32_t *variation,
			  struct ocs_error *err)
{
	uint64_t us;

	if (read_us(line, kv, 0, OCS_VARIATION_MAX_US,
		    "delay variation is at most 1s", &us, err) < 0)
		return -1;
	*variation = (uint32_t) us;
	return 0;
}

/* What else links have than ends, length and capacity. */
static int read_link_more(const struct ocs_kvline *line,
			  const struct ocs_kv *kv, int key,
			  struct ocs_conf_net *cn, struct ocs_conf_link *raw,
			  struct ocs_error *err)
{
	struct ocs_link *l = &raw->link;

	switch (key) {
	case L_HIDDEN:
		return ocs_kv_bool(line, kv, &l->hidden, err);
	case L_DOMAIN:
		return read_domain(line, kv, &cn->net, &l->domain, err);
	case L_CAPACITY:
		return read_sharing(line, kv, &l->sharing, err);
	case L_RISK:
		return read_risks(line, kv, &cn->net, l, err);
	case L_PLANE:
		return read_plane(line, kv, &l->plane, err);
	case L_REACH:
		raw->reach = true;
		return read_km(line, kv, &l->reach_m, err);
	case L_VARIATION:
		return read_variation(line, kv, &l->delay_variation_us, err);
	case L_AVAILABILITY:
		return ocs_kv_availability(line, kv, 0, OCS_PPB,
					   &l->unavailable_ppb, err);
	case L_COST:
		return read_fixed32(line, kv, 3, 1000000000,
				    "a cost per Gb/s and hour, 0 to 1000000, is (example: 0.25)",
				    &l->cost, err);
	case L_ENERGY:
		return read_fixed32(line, kv, 0, 1000000,
				    "pJ per bit, 0 to 1000000, are (example: 300)",
				    &l->energy_pj, err);
	}
	return -1;	/* not known: said already */
}

static int read_link_key(const struct ocs_kvline *line,
			 const struct ocs_kv *kv, struct ocs_conf_net *cn,
			 struct ocs_conf_link *raw, struct ocs_error *err)
{
	struct ocs_link *l = &raw->link;
	int key = ocs_rules_read(line, kv, true, &raw->rules, err);

	if (key)
		return key < 0 ? -1 : 0;
	key = ocs_kv_known(line, kv->key, link_keys, err);
	switch (key) {
	case L_NAME:
		return ocs_kv_name(line, kv, l->name, OCS_NAME_MAX, err);
	case L_A:
		return ocs_kv_name(line, kv, raw->a, OCS_NAME_MAX, err);
	case L_Z:
		return ocs_kv_name(line, kv, raw->z, OCS_NAME_MAX, err);
	case L_KM:
		raw->km = true;
		return read_km(line, kv, &l->metres, err);
	case L_LATENCY:
		raw->latency = true;
		return read_us(line, kv, 1, OCS_LATENCY_MAX_US,
			       "one way is 1us to 10s", &l->latency_us, err);
	case L_WAVELENGTHS:
		return ocs_kv_uint(line, kv, 1, OCS_WAVELENGTHS_MAX,
				   &raw->wavelengths, err);
	case L_RATE:
		return ocs_kv_rate(line, kv, &l->wave_bps, err);
	case L_GRAIN:
		return read_grain(line, kv, &l->grain, err);
	case L_DRAIN:
		return ocs_kv_bool(line, kv, &l->drained, err);
	}
	return read_link_more(line, kv, key, cn, raw, err);
}

/* Capacity and granule from wavelengths, rate and granularity. */
static int size_link(const struct ocs_kvline *line, struct ocs_conf_link *raw,
		     struct ocs_error *err)
{
	struct ocs_link *l = &raw->link;

	if (raw->wavelengths > OCS_RATE_MAX_BPS / l->wave_bps)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "LinkName=%s has more than 100T", l->name);
	l->capacity_bps = raw->wavelengths * l->wave_bps;
	switch (l->grain) {
	case OCS_GRAIN_WAVELENGTH:
		l->granule_bps = l->wave_bps;
		return 0;
	case OCS_GRAIN_CLIENT:
		l->granule_bps = GBPS;
		if (l->capacity_bps % GBPS)
			return ocs_kv_fail(line, err, OCS_RANGE,
					   "LinkName=%s: with Granularity=client the capacity is whole Gb/s",
					   l->name);
		return 0;
	case OCS_GRAIN_ODU:
		break;
	}
	l->granule_bps = ocs_slot_bps(l->wave_bps);
	if (l->wave_bps % l->granule_bps)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "LinkName=%s: with Granularity=odu the rate is whole slots of %s (example: %s)",
				   l->name,
				   l->granule_bps == OCS_SLOT_BPS ? "1.25G" :
								    "5G",
				   l->granule_bps == OCS_SLOT_BPS ? "100G" :
								    "400G");
	return 0;
}

/* Latency and reach from the length. */
static int measure_link(const struct ocs_kvline *line,
			struct ocs_conf_link *raw, struct ocs_error *err)
{
	struct ocs_link *l = &raw->link;
	uint64_t fibre_ns = (uint64_t) l->metres * OCS_FIBRE_NS_PER_KM / 1000;

	if (raw->km && raw->latency)
		return ocs_kv_fail(line, err, OCS_CONFLICT,
				   "LinkName=%s has Km and Latency: one of them is expected",
				   l->name);
	l->fibre_us = fibre_ns / 1000;
	if (raw->km) {
		l->latency_us = (fibre_ns + 2 * OCS_TRANSPONDER_NS + 999) /
				1000;
		l->latency_source = OCS_SOURCE_COMPUTED;
	}
	if (raw->reach && l->metres > l->reach_m)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "LinkName=%s is longer than its Reach: make it two links that meet at a site with regenerators",
				   l->name);
	if (!raw->reach && raw->km && l->grain == OCS_GRAIN_WAVELENGTH) {
		l->reach_m = ocs_reach_m(l->wave_bps);
		/* it works: whoever built it knows better than the table */
		if (l->reach_m < l->metres)
			l->reach_m = l->metres;
	}
	return 0;
}

static int read_link(const struct ocs_kvline *line, struct ocs_conf_net *cn,
		     struct ocs_error *err)
{
	struct ocs_conf_link raw = { .link.grain = OCS_GRAIN_WAVELENGTH };
	struct ocs_conf_link *grown;
	const char *lacks;

	for (unsigned int i = 0; i < line->nkv; i++)
		if (read_link_key(line, &line->kv[i], cn, &raw, err) < 0)
			return -1;
	lacks = !raw.a[0] ? "A=SITE" : !raw.z[0] ? "Z=SITE" :
		!raw.wavelengths ? "Wavelengths=N" :
		!raw.link.wave_bps ? "Rate=RATE" :
		!raw.km && !raw.latency ? "Km=N or Latency=TIME" : NULL;
	if (lacks)
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "LinkName=%s lacks %s (example: LinkName=par-lyo A=paris Z=lyon Km=460 Wavelengths=8 Rate=400G)",
				   raw.link.name, lacks);
	for (unsigned int i = 0; i < cn->nlinks; i++)
		if (!strcmp(cn->link[i].link.name, raw.link.name))
			return ocs_kv_fail(line, err, OCS_CONFLICT,
					   "LinkName=%s is there twice",
					   raw.link.name);
	if (!strcmp(raw.a, raw.z))
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "LinkName=%s joins site %s with itself",
				   raw.link.name, raw.a);
	if (size_link(line, &raw, err) < 0 || measure_link(line, &raw, err) < 0)
		return -1;
	if (cn->nlinks == OCS_WIRE_LINKS_MAX)
		return ocs_kv_fail(line, err, OCS_RANGE,
				   "at most %d links are possible",
				   OCS_WIRE_LINKS_MAX);
	snprintf(raw.where, sizeof(raw.where), "%s:%u", line->file,
		 line->line);
	if (!(grown = grow(cn->link, cn->nlinks, sizeof(*grown), err)))
		return -1;
	cn->link = grown;
	cn->link[cn->nlinks++] = raw;
	return 0;
}

int ocs_conf_net_line(struct ocs_conf_net *cn, const struct ocs_kvline *line,
		      struct ocs_error *err)
{
	int rc;

	if (ocs_kv_get(line, "LinkName"))
		rc = read_link(line, cn, err);
	else if (ocs_kv_get(line, "PortName"))
		rc = read_port(line, cn, err);
	else if (ocs_kv_get(line, "EndpointName"))
		rc = read_endpoint(line, cn, err);
	else if (ocs_kv_get(line, "SiteName"))
		rc = read_site(line, cn, err);
	else
		return 0;
	return rc < 0 ? -1 : 1;
}

/* ---- all together ---- */

static int resolve_links(struct ocs_conf_net *cn, struct ocs_error *err)
{
	struct ocs_net *net = &cn->net;

	if (cn->nlinks &&
	    !(net->link = calloc(cn->nlinks, sizeof(*net->link))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < cn->nlinks; i++) {
		struct ocs_conf_link *raw = &cn->link[i];
		int a = ocs_net_site(net, raw->a);
		int z = ocs_net_site(net, raw->z);

		if (a < 0 || z < 0)
			return ocs_fail(err, OCS_NOT_FOUND,
					"%s: LinkName=%s names site '%s', which no SiteName= or EndpointName= line has",
					raw->where, raw->link.name,
					a < 0 ? raw->a : raw->z);
		raw->link.a = (unsigned int) a;
		raw->link.z = (unsigned int) z;
		if (raw->link.grain == OCS_GRAIN_WAVELENGTH &&
		    raw->wavelengths > OCS_WAVES_MAX &&
		    (net->site[a].no_regen || net->site[z].no_regen))
			return ocs_fail(err, OCS_RANGE,
					"%s: LinkName=%s ends at a site with Regen=no: at most %d wavelengths are possible there",
					raw->where, raw->link.name,
					OCS_WAVES_MAX);
		net->link[i] = raw->link;
		net->nlinks = i + 1;
	}
	return 0;
}

/* Nothing tells the traffic of two leases apart at SITE. */
static bool by_port(const struct ocs_conf_net *cn, unsigned int site)
{
	const struct ocs_attach_site *at =
		ocs_attach_sites_get(&cn->attach, site);

	return !at || at->by == OCS_BY_PORT;
}

static int resolve_ports(struct ocs_conf_net *cn, struct ocs_error *err)
{
	struct ocs_net *net = &cn->net;

	if (cn->nports &&
	    !(net->port = calloc(cn->nports, sizeof(*net->port))))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < cn->nports; i++) {
		struct ocs_conf_port *raw = &cn->port[i];
		int site = ocs_net_site(net, raw->site);

		if (site < 0)
			return ocs_fail(err, OCS_NOT_FOUND,
					"%s: PortName=%s names site '%s', which no SiteName= or EndpointName= line has",
					raw->where, raw->port.name, raw->site);
		raw->port.site = (unsigned int) site;
		raw->port.exclusive = by_port(cn, raw->port.site);
		net->port[i] = raw->port;
		net->nports = i + 1;
	}
	return 0;
}

int ocs_conf_net_finish(struct ocs_conf_net *cn, const struct ocs_rules *all,
			struct ocs_net *net, struct ocs_rules **rules,
			struct ocs_error *err)
{
	struct ocs_rules *r;

	if (resolve_links(cn, err) < 0 || resolve_ports(cn, err) < 0)
		return -1;
	if (!(r = calloc(cn->nlinks + 1, sizeof(*r))) ||
	    ocs_net_index(&cn->net) < 0) {
		free(r);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	for (unsigned int i = 0; i < cn->nlinks; i++) {
		r[i] = cn->link[i].rules;
		ocs_rules_inherit(&r[i], all);
	}
	*rules = r;
	*net = cn->net;
	memset(&cn->net, 0, sizeof(cn->net));
	return 0;
}

void ocs_conf_net_fini(struct ocs_conf_net *cn)
{
	ocs_net_fini(&cn->net);
	free(cn->link);
	free(cn->port);
	ocs_attach_sites_fini(&cn->attach);
	memset(cn, 0, sizeof(*cn));
}
