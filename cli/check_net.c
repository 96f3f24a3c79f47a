// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check_net - sites, nodes and links: the part of check about the network
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check.h"
#include "common/core/strand.h"
#include "common/core/units.h"

/* Nodes named in a message at most. */
#define NAMED_MAX 3

static int by_name(const void *x, const void *y)
{
	const struct check_node *a = x, *b = y;
	int order = strcmp(a->name, b->name);

	if (order)
		return order;
	return a->site < b->site ? -1 : a->site > b->site;
}

/* Append the nodes of site number SITE; false out of memory. */
static bool add_nodes(struct check *c, unsigned int site,
		      struct ocs_hostlist *list)
{
	struct check_node *grown;

	if (!list->n)
		return true;
	grown = realloc(c->node, (c->nnodes + list->n) * sizeof(*grown));
	if (!grown)
		return false;
	c->node = grown;
	for (unsigned int i = 0; i < list->n; i++) {
		grown[c->nnodes++] = (struct check_node) {
			.name = list->name[i], .site = site };
		list->name[i] = NULL;	/* the node owns it now */
	}
	return true;
}

/* Nodes that are there twice, once they are sorted. */
static void report_doubles(struct check *c)
{
	unsigned int n = 0;

	for (unsigned int i = 1; i < c->nnodes; i++) {
		const struct check_node *a = &c->node[i - 1], *b = &c->node[i];

		if (strcmp(a->name, b->name) || n++ >= NAMED_MAX)
			continue;
		if (a->site == b->site)
			report_add(c->report, REPORT_BAD, c->conf->path,
				   "node %s is twice in site %s", a->name,
				   c->conf->site[a->site].name);
		else
			report_add(c->report, REPORT_BAD, c->conf->path,
				   "node %s is in two sites, %s and %s",
				   a->name, c->conf->site[a->site].name,
				   c->conf->site[b->site].name);
	}
	if (n > NAMED_MAX)
		report_add(c->report, REPORT_BAD, c->conf->path,
			   "%u more nodes are there twice", n - NAMED_MAX);
	if (!n && c->nnodes)
		report_add(c->report, REPORT_GOOD, c->conf->path,
			   "nodes: %u, each in one site", c->nnodes);
}

void check_nodes(struct check *c)
{
	for (unsigned int i = 0; i < c->conf->nsites; i++) {
		const struct ocs_conf_site *site = &c->conf->site[i];
		struct ocs_hostlist list = { 0 };
		struct ocs_error err;

		if (ocs_hostlist_add(&list, site->nodes, &err) < 0)
			report_add(c->report, REPORT_BAD, c->conf->path,
				   "site %s: %s", site->name, err.text);
		else if (!add_nodes(c, i, &list))
			report_add(c->report, REPORT_BAD, c->conf->path,
				   "out of memory");
		ocs_hostlist_fini(&list);
	}
	if (c->nnodes)
		qsort(c->node, c->nnodes, sizeof(*c->node), by_name);
	report_doubles(c);
}

struct check_node *check_node_find(const struct check *c, const char *name)
{
	unsigned int lo = 0, hi = c->nnodes;

	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;
		int order = strcmp(name, c->node[mid].name);

		if (!order)
			return &c->node[mid];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static bool conf_has_site(const struct ocs_conf *conf, const char *name)
{
	for (unsigned int i = 0; i < conf->nsites; i++)
		if (!strcmp(conf->site[i].name, name))
			return true;
	return false;
}

static void check_sites(struct check *c)
{
	const struct ocs_net *net = &c->state->net;
	unsigned int bad = 0;

	for (unsigned int i = 0; c->conf && i < c->conf->nsites; i++) {
		const char *name = c->conf->site[i].name;

		if (ocs_net_site(net, name) >= 0)
			continue;
		bad++;
		report_add(c->report, REPORT_BAD, c->conf->path,
			   "site %s is not one of the agent's: names must be the same in optical.conf and opticald.conf",
			   name);
	}
	for (unsigned int i = 0; c->conf && i < net->nsites; i++)
		if (!conf_has_site(c->conf, net->site[i].name))
			report_add(c->report, REPORT_WARN, "agent",
				   "site %s has no nodes in optical.conf",
				   net->site[i].name);
	for (unsigned int i = 0; i < net->nsites; i++) {
		bool linked = false;

		for (unsigned int l = 0; l < net->nlinks; l++)
			linked |= net->link[l].a == i || net->link[l].z == i;
		if (!linked)
			report_add(c->report, REPORT_WARN, "agent",
				   "no link ends at site %s: no job with circuits can span it",
				   net->site[i].name);
	}
	if (c->conf && !bad)
		report_add(c->report, REPORT_GOOD, "agent",
			   "knows all %u sites of optical.conf",
			   c->conf->nsites);
}

/* What C books: held, committed, or anything but known to be released. */
static bool circuit_booked(const struct ocs_lease *l,
			   const struct ocs_circuit *c)
{
	return l->resv == OCS_HELD || l->resv == OCS_COMMITTED ||
	       c->prov != OCS_RELEASED;
}

/* What circuit K of L consumes on LINK, members and all. */
static uint64_t consumed_on(const struct ocs_lease *l, unsigned int k,
			    const struct ocs_link *link)
{
	uint64_t sum = 0;

	for (unsigned int s = 0; s < ocs_strands(l); s++)
		for (unsigned int h = 0; ocs_strand_get(l, s).circuit == k &&
					 h < ocs_strand_nhops(l, s); h++)
			if (!strcmp(ocs_strand_hop(l, s, h), link->name))
				sum += ocs_link_consumed(link,
					ocs_strand_bps(l, s,
						       l->circuit[k].granted_bps));
	return sum;
}

/* Sum over the leases of what they consume on LINK. */
static uint64_t booked_by_leases(const struct ocs_state *state,
				 const struct ocs_link *link)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < state->nleases; i++) {
		const struct ocs_lease *l = state->lease[i];

		for (unsigned int k = 0; k < l->ncircuits; k++)
			if (circuit_booked(l, &l->circuit[k]))
				sum += consumed_on(l, k, link);
	}
	return sum;
}

/* I1, as far as this caller sees it. */
static void check_links(struct check *c)
{
	bool all = !strcmp(c->ping.role, "operator");
	bool good = true;

	for (unsigned int i = 0; i < c->state->net.nlinks; i++) {
		const struct ocs_link *link = &c->state->net.link[i];
		uint64_t sum = booked_by_leases(c->state, link);
		char a[OCS_RATE_TEXT_MAX], b[OCS_RATE_TEXT_MAX];

		/* what it says is booked, the decoder has cut to capacity */
		if (sum > link->capacity_bps) {
			good = false;
			report_add(c->report, REPORT_BAD, "agent",
				   "link %s is oversold: leases of %s on %s (I1)",
				   link->name, ocs_rate_format(sum, a),
				   ocs_rate_format(link->capacity_bps, b));
		}
		if (all ? sum != link->booked_bps : sum > link->booked_bps) {
			good = false;
			report_add(c->report, REPORT_BAD, "agent",
				   "link %s: %s booked, but its leases come to %s (I1)",
				   link->name,
				   ocs_rate_format(link->booked_bps, a),
				   ocs_rate_format(sum, b));
		}
		if (link->down || link->drained || link->frozen)
			report_add(c->report, REPORT_WARN, "agent",
				   "link %s is %s", link->name, link->down ?
				   "down" : link->drained ? "drained" :
				   "frozen");
	}
	if (good)
		report_add(c->report, REPORT_GOOD, "agent",
			   "links: %u, none oversold%s", c->state->net.nlinks,
			   all ? ", bookings and leases agree" : "");
}

void check_state(struct check *c)
{
	check_sites(c);
	check_links(c);
	for (unsigned int i = 0; i < c->state->nalarms; i++)
		report_add(c->report, REPORT_WARN, "agent", "%s",
			   c->state->alarm[i].text);
}
