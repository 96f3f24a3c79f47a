// SPDX-License-Identifier: GPL-2.0-or-later
/* net - the graph of sites and links; the agent owns it, plugins have copies */
#include "common/core/net.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const grain_names[] = { "client", "wavelength", "odu" };
static const char *const sharing_names[] = { "delegated", "shared" };
static const char *const source_names[] = {
	"configured", "computed", "reported", "measured"
};
static const char *const transport_names[] = { "ethernet", "infiniband" };
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *name_of(const char *const *names, size_t n, unsigned int v)
{
	return v < n ? names[v] : "?";
}

static int value_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; name && i < n; i++)
		if (!strcmp(names[i], name))
			return (int) i;
	return -1;
}

const char *ocs_grain_name(enum ocs_grain v)
{
	return name_of(grain_names, COUNT(grain_names), v);
}

const char *ocs_sharing_name(enum ocs_sharing v)
{
	return name_of(sharing_names, COUNT(sharing_names), v);
}

const char *ocs_source_name(enum ocs_source v)
{
	return name_of(source_names, COUNT(source_names), v);
}

const char *ocs_transport_name(enum ocs_transport v)
{
	return name_of(transport_names, COUNT(transport_names), v);
}

int ocs_grain_from_name(const char *name, enum ocs_grain *v)
{
	int i = value_of(grain_names, COUNT(grain_names), name);

	if (i >= 0)
		*v = (enum ocs_grain) i;
	return i < 0 ? -1 : 0;
}

int ocs_sharing_from_name(const char *name, enum ocs_sharing *v)
{
	int i = value_of(sharing_names, COUNT(sharing_names), name);

	if (i >= 0)
		*v = (enum ocs_sharing) i;
	return i < 0 ? -1 : 0;
}

int ocs_source_from_name(const char *name, enum ocs_source *v)
{
	int i = value_of(source_names, COUNT(source_names), name);

	if (i >= 0)
		*v = (enum ocs_source) i;
	return i < 0 ? -1 : 0;
}

int ocs_transport_from_name(const char *name, enum ocs_transport *v)
{
	int i = value_of(transport_names, COUNT(transport_names), name);

	if (i >= 0)
		*v = (enum ocs_transport) i;
	return i < 0 ? -1 : 0;
}

void ocs_net_fini(struct ocs_net *net)
{
	if (!net)
		return;
	free(net->site);
	free(net->link);
	free(net->port);
	free(net->wave);
	free(net->risk);
	free(net->domain);
	free(net->sorted);
	free(net->sorted_sites);
	memset(net, 0, sizeof(*net));
}

/* N things of SIZE copied, NULL for none (or for nothing to copy); -1 when out
 * of memory. */
static int copy_array(void *dst, const void *src, size_t n, size_t size)
{
	void *copy = NULL;

	if (n && src && !(copy = malloc(n * size)))
		return -1;
	if (copy)
		memcpy(copy, src, n * size);
	memcpy(dst, &copy, sizeof(copy));
	return 0;
}

int ocs_net_copy(struct ocs_net *dst, const struct ocs_net *src)
{
	struct ocs_net new = { 0 };

	memset(dst, 0, sizeof(*dst));
	if (copy_array(&new.site, src->site, src->nsites,
		       sizeof(*src->site)) < 0 ||
	    copy_array(&new.link, src->link, src->nlinks,
		       sizeof(*src->link)) < 0 ||
	    copy_array(&new.port, src->port, src->nports,
		       sizeof(*src->port)) < 0 ||
	    copy_array(&new.wave, src->wave, src->nwaves,
		       sizeof(*src->wave)) < 0 ||
	    copy_array(&new.risk, src->risk, src->nrisks,
		       sizeof(*src->risk)) < 0 ||
	    copy_array(&new.domain, src->domain, src->ndomains,
		       sizeof(*src->domain)) < 0 ||
	    copy_array(&new.sorted, src->sorted, src->nlinks,
		       sizeof(*src->sorted)) < 0 ||
	    copy_array(&new.sorted_sites, src->sorted_sites, src->nsites,
		       sizeof(*src->sorted_sites)) < 0) {
		ocs_net_fini(&new);
		return -1;
	}
	new.nsites = src->nsites;
	new.nlinks = src->nlinks;
	new.nports = src->nports;
	new.nwaves = src->nwaves;
	new.nrisks = src->nrisks;
	new.ndomains = src->ndomains;
	*dst = new;
	return 0;
}

void ocs_net_idle(struct ocs_net *net)
{
	for (unsigned int i = 0; i < net->nlinks; i++) {
		net->link[i].booked_bps = 0;
		net->link[i].drained = net->link[i].down = false;
		net->link[i].lit = 0;
	}
	for (unsigned int i = 0; i < net->nports; i++) {
		net->port[i].booked_bps = 0;
		net->port[i].drained = net->port[i].down = false;
	}
	if (net->nwaves)
		memset(net->wave, 0, net->nwaves * sizeof(*net->wave));
}

/* ---- the index ---- */

/* Does light go on through a site at either end of L, as it is? */
static bool through(const struct ocs_net *net, const struct ocs_link *l)
{
	return (l->a < net->nsites && net->site[l->a].no_regen) ||
	       (l->z < net->nsites && net->site[l->z].no_regen);
}

static unsigned int waves_of(const struct ocs_net *net,
			     const struct ocs_link *l)
{
	uint64_t n = l->wave_bps ? l->capacity_bps / l->wave_bps : 0;

	if (l->grain == OCS_GRAIN_CLIENT ||
	    (l->grain == OCS_GRAIN_WAVELENGTH &&
	     (l->hidden || !through(net, l) || n > OCS_WAVES_MAX)))
		return 0;
	return n <= OCS_WAVELENGTHS_MAX ? (unsigned int) n : 0;
}

struct entry {
	const char *name;
	unsigned int index;
};

static int by_name(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	return strcmp(a->name, b->name);
}

_Static_assert(offsetof(struct ocs_link, name) == 0 &&
	       offsetof(struct ocs_site, name) == 0, "names come first");

/* The indexes of N things by name, which is the first member of each of SIZE
 * bytes; NULL: no memory. */
static unsigned int *sort_names(const void *thing, unsigned int n, size_t size)
{
	struct entry *entry = calloc(n + 1, sizeof(*entry));
	unsigned int *sorted = calloc(n + 1, sizeof(*sorted));

	for (unsigned int i = 0; entry && i < n; i++)
		entry[i] = (struct entry) {
			(const char *) thing + i * size, i
		};
	if (entry && n)
		qsort(entry, n, sizeof(*entry), by_name);
	for (unsigned int i = 0; entry && sorted && i < n; i++)
		sorted[i] = entry[i].index;
	if (!entry) {
		free(sorted);
		return NULL;
	}
	free(entry);
	return sorted;
}

int ocs_net_index(struct ocs_net *net)
{
	unsigned int *links = sort_names(net->link, net->nlinks,
					 sizeof(*net->link));
	unsigned int *sites = sort_names(net->site, net->nsites,
					 sizeof(*net->site));
	unsigned int total = 0, n;
	struct ocs_wave *wave;

	for (unsigned int i = 0; i < net->nlinks; i++) {
		n = waves_of(net, &net->link[i]);
		total += n <= OCS_NET_WAVES_MAX - total ? n : 0;
	}
	wave = calloc(total + 1, sizeof(*wave));
	if (!links || !sites || !wave) {
		free(links);
		free(sites);
		free(wave);
		return -1;
	}
	free(net->sorted);
	free(net->sorted_sites);
	free(net->wave);
	net->sorted = links;
	net->sorted_sites = sites;
	net->wave = wave;
	net->nwaves = 0;
	for (unsigned int i = 0; i < net->nlinks; i++) {
		struct ocs_link *l = &net->link[i];

		n = waves_of(net, l);
		l->first_wave = net->nwaves;
		l->nwaves = n <= total - net->nwaves ? n : 0;
		net->nwaves += l->nwaves;
	}
	return 0;
}

/* The index of NAME among N things of SIZE bytes that begin with their names,
 * or -1; SORTED: see sort_names(), or NULL. */
static int find_name(const void *thing, unsigned int n, size_t size,
		     const unsigned int *sorted, const char *name)
{
	unsigned int low = 0, high = n;

	for (unsigned int i = 0; !sorted && i < n; i++)
		if (!strcmp((const char *) thing + i * size, name))
			return (int) i;
	while (sorted && low < high) {
		unsigned int mid = low + (high - low) / 2;
		int cmp = strcmp((const char *) thing + sorted[mid] * size,
				 name);

		if (!cmp)
			return (int) sorted[mid];
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

int ocs_net_site(const struct ocs_net *net, const char *name)
{
	return find_name(net->site, net->nsites, sizeof(*net->site),
			 net->sorted_sites, name);
}

int ocs_net_link(const struct ocs_net *net, const char *name)
{
	return find_name(net->link, net->nlinks, sizeof(*net->link),
			 net->sorted, name);
}

int ocs_net_port(const struct ocs_net *net, const char *name)
{
	for (unsigned int i = 0; i < net->nports; i++)
		if (!strcmp(net->port[i].name, name))
			return (int) i;
	return -1;
}

/* The place of NAME in LIST of *N words, at its end if it is new. */
static int word_add(struct ocs_word **list, unsigned int *n, const char *name,
		    unsigned int max)
{
	struct ocs_word *grown;
	size_t len = strlen(name);

	for (unsigned int i = 0; i < *n; i++)
		if (!strcmp((*list)[i].name, name))
			return (int) i;
	if (*n >= max || len >= OCS_NAME_MAX ||
	    !(grown = realloc(*list, (*n + 1) * sizeof(*grown))))
		return -1;
	*list = grown;
	memset(&grown[*n], 0, sizeof(*grown));
	memcpy(grown[*n].name, name, len);
	return (int) (*n)++;
}

int ocs_net_risk(struct ocs_net *net, const char *name)
{
	return word_add(&net->risk, &net->nrisks, name, OCS_RISKS_MAX);
}

int ocs_net_domain(struct ocs_net *net, const char *name)
{
	if (!net->ndomains &&
	    word_add(&net->domain, &net->ndomains, "", OCS_DOMAINS_MAX) < 0)
		return -1;
	return word_add(&net->domain, &net->ndomains, name, OCS_DOMAINS_MAX);
}

uint32_t ocs_reach_m(uint64_t rate_bps)
{
	static const struct {
		uint64_t gbps;
		uint32_t metres;
	} reach[] = {
		{ 100, 2874000 }, { 200, 1437000 }, { 300, 1078000 },
		{ 400, 718000 },
	};

	for (size_t i = 0; i < COUNT(reach); i++)
		if (rate_bps <= reach[i].gbps * 1000000000)
			return reach[i].metres;
	return 143000;
}

uint64_t ocs_slot_bps(uint64_t rate_bps)
{
	return rate_bps > OCS_ODU4_BPS ? OCS_SLOT_C_BPS : OCS_SLOT_BPS;
}

static uint64_t round_up(uint64_t bps, uint64_t granule)
{
	uint64_t over = granule ? bps % granule : 0, sum;

	if (!over)
		return bps;
	if (__builtin_add_overflow(bps, granule - over, &sum))
		return UINT64_MAX;
	return sum;
}

uint64_t ocs_link_consumed(const struct ocs_link *link, uint64_t rate_bps)
{
	uint64_t parts, sum;

	if (link->grain != OCS_GRAIN_ODU || !link->wave_bps ||
	    rate_bps <= link->wave_bps)
		return round_up(rate_bps, link->granule_bps);
	parts = (rate_bps - 1) / link->wave_bps + 1;
	sum = round_up((rate_bps - 1) / parts + 1, link->granule_bps);
	return __builtin_mul_overflow(sum, parts, &sum) ? UINT64_MAX : sum;
}

uint64_t ocs_member_share(uint64_t rate_bps, unsigned int n)
{
	if (n < 2)
		return rate_bps;
	return rate_bps && rate_bps < n ? 1 : rate_bps / n;
}

uint64_t ocs_link_free(const struct ocs_link *link)
{
	if (link->drained || link->down ||
	    link->booked_bps >= link->capacity_bps)
		return 0;
	return link->capacity_bps - link->booked_bps;
}

uint64_t ocs_port_free(const struct ocs_port *port)
{
	if (port->drained || port->down || port->booked_bps >= port->rate_bps ||
	    (port->exclusive && port->booked_bps))
		return 0;
	return port->rate_bps - port->booked_bps;
}
