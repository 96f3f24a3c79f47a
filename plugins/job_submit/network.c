// SPDX-License-Identifier: GPL-2.0-or-later
/* network - what no two sites can ever have; part of verb 2, validate */
#include "plugins/job_submit/network.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/core/units.h"

/* The snapshot's network as if nothing were booked, drained or cut. */
static int idle_net(const struct ocs_net *src, struct ocs_net *dst,
		    struct ocs_error *err)
{
	if (ocs_net_copy(dst, src) < 0)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < dst->nlinks; i++) {
		dst->link[i].booked_bps = 0;
		dst->link[i].drained = false;
		dst->link[i].down = false;
	}
	return 0;
}

/* The pairs of sites between which the job might want a circuit. */
struct pairs {
	const struct ocs_net *net;
	unsigned int n;
	unsigned int *site;	/* indexes in net, owned */
};

static int pairs_make(const struct ocs_submit_in *in,
		      const struct ocs_request *req, const struct ocs_net *net,
		      struct pairs *p)
{
	p->net = net;
	p->n = 0;
	p->site = calloc(in->conf->nsites + 1, sizeof(*p->site));
	if (!p->site)
		return -1;
	for (unsigned int i = 0; i < in->conf->nsites; i++) {
		const char *name = in->conf->site[i].name;
		int at = ocs_net_site(net, name);

		if (at >= 0 && ocs_request_site_ok(req, name))
			p->site[p->n++] = at;
	}
	return 0;
}

/* True if some pair can have RATE within MAX_US (0: any latency). */
static bool any_pair(const struct pairs *p, uint64_t rate, uint64_t max_us)
{
	struct ocs_route route;

	for (unsigned int i = 0; i < p->n; i++)
		for (unsigned int k = i + 1; k < p->n; k++)
			if (ocs_route_find(p->net, p->site[i], p->site[k], rate,
					   max_us, &route, NULL) == 0)
				return true;
	return false;
}

/* The pair with the lowest latency at RATE: 0 with *BEST_US and the pair's
 * indexes, or -1. */
static int best_pair(const struct pairs *p, uint64_t rate, uint64_t *best_us,
		     unsigned int *a, unsigned int *z)
{
	struct ocs_route route;
	int rc = -1;

	for (unsigned int i = 0; i < p->n; i++) {
		for (unsigned int k = i + 1; k < p->n; k++) {
			if (ocs_route_find(p->net, p->site[i], p->site[k],
					   rate, 0, &route, NULL) < 0)
				continue;
			if (rc == 0 && route.latency_us >= *best_us)
				continue;
			rc = 0;
			*best_us = route.latency_us;
			*a = p->site[i];
			*z = p->site[k];
		}
	}
	return rc;
}

/* The largest rate that LINK can carry. */
static uint64_t link_rate(const struct ocs_link *link)
{
	if (!link->granule_bps)
		return link->capacity_bps;
	return link->capacity_bps - link->capacity_bps % link->granule_bps;
}

static int wider_first(const void *x, const void *y)
{
	uint64_t a = link_rate(x), b = link_rate(y);

	return (a < b) - (a > b);
}

/* True if two of the sites have the same label in PART. */
static bool any_joined(const struct pairs *p, const unsigned int *part)
{
	for (unsigned int i = 0; i < p->n; i++)
		for (unsigned int k = i + 1; k < p->n; k++)
			if (part[p->site[i]] == part[p->site[k]])
				return true;
	return false;
}

/*
 * The largest rate that any pair can have; 0 when nothing joins them. The
 * widest links are put in first, until two of the sites are in one part.
 * Reorders the links, which are our own copy's.
 */
static uint64_t largest_rate(const struct pairs *p)
{
	unsigned int *part = calloc(p->net->nsites + 1, sizeof(*part));
	struct ocs_link *link = p->net->link;
	uint64_t rate = 0;

	if (!part)
		return 0;
	for (unsigned int s = 0; s < p->net->nsites; s++)
		part[s] = s;
	if (link)
		qsort(link, p->net->nlinks, sizeof(*link), wider_first);
	for (unsigned int i = 0; i < p->net->nlinks && !rate; i++) {
		unsigned int from = part[link[i].a], to = part[link[i].z];

		for (unsigned int s = 0; s < p->net->nsites; s++)
			if (part[s] == from)
				part[s] = to;
		if (any_joined(p, part))
			rate = link_rate(&link[i]);
	}
	free(part);
	return rate;
}

/* LATENCY as people would ask for it: whole ms once it is that long. */
static char *round_up(uint64_t us, char buf[static OCS_TIME_TEXT_MAX])
{
	return ocs_time_format(us < 1000 ? us : (us + 999) / 1000 * 1000, buf);
}

static int refuse_network(const struct pairs *p, const struct ocs_request *req,
			  struct ocs_error *err)
{
	char t1[OCS_TIME_TEXT_MAX], t2[OCS_TIME_TEXT_MAX];
	char rate[OCS_RATE_TEXT_MAX], most[OCS_RATE_TEXT_MAX];
	unsigned int a = 0, z = 0;
	uint64_t us = 0, largest;

	if (best_pair(p, req->min_bps, &us, &a, &z) == 0)
		return ocs_fail(err, OCS_RANGE,
				"--optical-latency=%s: the lowest latency between any two sites is %" PRIu64
				"us (%s-%s); ask for at least %s",
				ocs_time_format(req->latency_us, t1), us,
				p->net->site[a].name, p->net->site[z].name,
				round_up(us, t2));
	largest = largest_rate(p);
	if (!largest)
		return ocs_fail(err, OCS_RANGE,
				"--optical-bw: no link joins any two of the sites that the job may use");
	return ocs_fail(err, OCS_RANGE,
			"--optical-bw=%s: the largest circuit between any two sites is %s",
			ocs_rate_format(req->min_bps, rate),
			ocs_rate_format(largest, most));
}

int ocs_network_check(const struct ocs_submit_in *in,
		      const struct ocs_request *req, struct ocs_error *err)
{
	struct ocs_net net = { 0 };
	struct pairs p = { 0 };
	int rc = -1;

	if (!in->state)
		return 0;
	if (idle_net(&in->state->net, &net, err) < 0)
		return -1;
	if (pairs_make(in, req, &net, &p) < 0) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	if (any_pair(&p, req->min_bps, req->latency_us))
		rc = 0;
	else
		refuse_network(&p, req, err);
out:
	free(p.site);
	ocs_net_fini(&net);
	return rc;
}
