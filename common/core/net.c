// SPDX-License-Identifier: GPL-2.0-or-later
/* net - the graph of sites and links; the agent owns it, plugins have copies */
#include "common/core/net.h"

#include <stdlib.h>
#include <string.h>

void ocs_net_fini(struct ocs_net *net)
{
	if (!net)
		return;
	free(net->site);
	free(net->link);
	memset(net, 0, sizeof(*net));
}

/* N things of SIZE copied, NULL for none; -1 when out of memory. */
static int copy_array(void **dst, const void *src, size_t n, size_t size)
{
	*dst = NULL;
	if (!n)
		return 0;
	if (!(*dst = calloc(n, size)))
		return -1;
	memcpy(*dst, src, n * size);
	return 0;
}

int ocs_net_copy(struct ocs_net *dst, const struct ocs_net *src)
{
	void *site = NULL, *link = NULL;

	memset(dst, 0, sizeof(*dst));
	if (copy_array(&site, src->site, src->nsites, sizeof(*src->site)) < 0 ||
	    copy_array(&link, src->link, src->nlinks, sizeof(*src->link)) < 0) {
		free(site);
		return -1;
	}
	dst->nsites = src->nsites;
	dst->site = site;
	dst->nlinks = src->nlinks;
	dst->link = link;
	return 0;
}

int ocs_net_site(const struct ocs_net *net, const char *name)
{
	for (unsigned int i = 0; i < net->nsites; i++)
		if (!strcmp(net->site[i].name, name))
			return (int) i;
	return -1;
}

int ocs_net_link(const struct ocs_net *net, const char *name)
{
	for (unsigned int i = 0; i < net->nlinks; i++)
		if (!strcmp(net->link[i].name, name))
			return (int) i;
	return -1;
}

uint64_t ocs_link_consumed(const struct ocs_link *link, uint64_t rate_bps)
{
	uint64_t over = link->granule_bps ? rate_bps % link->granule_bps : 0;
	uint64_t sum;

	if (!over)
		return rate_bps;
	if (__builtin_add_overflow(rate_bps, link->granule_bps - over, &sum))
		return UINT64_MAX;
	return sum;
}

uint64_t ocs_link_free(const struct ocs_link *link)
{
	if (link->drained || link->down ||
	    link->booked_bps >= link->capacity_bps)
		return 0;
	return link->capacity_bps - link->booked_bps;
}
