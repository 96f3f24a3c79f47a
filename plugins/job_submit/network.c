// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * network - what no two endpoints can ever have; part of verb 2, validate
 *
 * Runs under slurmctld's read locks, so it is bounded: when more pairs of sites
 * would have to be tried than PAIRS_MAX the request is accepted, and the job
 * waits with a reason if it can't be.
 */
#include "plugins/job_submit/network.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/units.h"

/* Circuits that are routed for one submit: over links alone one takes some
 * 10 us, with ports, wavelengths or protection up to 1 ms. */
#define PAIRS_MAX 2048
#define HARD_PAIRS_MAX 32

/* The snapshot's network as if nothing were booked, drained or cut. */
static int idle_net(const struct ocs_net *src, struct ocs_net *dst,
		    struct ocs_error *err)
{
	if (ocs_net_copy(dst, src) < 0)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	ocs_net_idle(dst);
	return 0;
}

/* The pairs of endpoints between which the job might want a circuit. */
struct pairs {
	const struct ocs_net *net;
	unsigned int n;
	unsigned int *site;	/* indexes in net, owned */
	int anchor;		/* index: from it to each; -1: all pairs */
	bool hard;		/* links alone don't decide */
};

static int pairs_make(const struct ocs_submit_in *in,
		      const struct ocs_request *req, const struct ocs_net *net,
		      struct pairs *p)
{
	p->net = net;
	p->n = 0;
	p->anchor = -1;
	p->hard = net->nports || net->nwaves || req->protect ||
		  req->delay_variation_us || req->unavailable_ppb;
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

/* Where one is in the pairs; zeroed at the start. */
struct cursor {
	unsigned int i, k;
};

/* The next pair; false: that was all. */
static bool next_pair(const struct pairs *p, struct cursor *c, unsigned int *a,
		      unsigned int *z)
{
	if (p->anchor >= 0) {
		while (c->i < p->n && p->site[c->i] == (unsigned) p->anchor)
			c->i++;
		if (c->i >= p->n)
			return false;
		*a = (unsigned int) p->anchor;
		*z = p->site[c->i++];
		return true;
	}
	while (++c->k >= p->n) {
		c->k = ++c->i;
		if (c->i >= p->n)
			return false;
	}
	*a = p->site[c->i];
	*z = p->site[c->k];
	return true;
}

static struct ocs_want want_of(const struct ocs_request *req, unsigned int a,
			       unsigned int z)
{
	return (struct ocs_want) {
		.a = a, .z = z, .rate_bps = req->min_bps,
		.latency_us = req->latency_us,
		.delay_variation_us = req->delay_variation_us,
		.unavailable_ppb = req->unavailable_ppb,
		.protect = req->protect,
	};
}

/* Some pair can have what REQ asks for, or there are too many to know. */
static bool any_pair(const struct pairs *p, const struct ocs_request *req)
{
	unsigned int left = p->hard ? HARD_PAIRS_MAX : PAIRS_MAX, a, z;
	struct cursor c = { 0 };
	struct ocs_plan plan;

	while (next_pair(p, &c, &a, &z)) {
		struct ocs_want want = want_of(req, a, z);

		if (!left-- ||
		    ocs_route_circuits(p->net, &want, 1, &plan, NULL) == 0)
			return true;
	}
	return false;
}

/* The pair with the lowest latency at RATE: 0 with *BEST_US and the pair's
 * indexes, or -1. */
static int best_pair(const struct pairs *p, uint64_t rate, uint64_t *best_us,
		     unsigned int *best_a, unsigned int *best_z)
{
	unsigned int left = PAIRS_MAX, a, z;
	struct cursor c = { 0 };
	struct ocs_route route;
	int rc = -1;

	while (left-- && next_pair(p, &c, &a, &z)) {
		if (ocs_route_find(p->net, a, z, rate, 0, &route, NULL) < 0)
			continue;
		if (rc == 0 && route.latency_us >= *best_us)
			continue;
		rc = 0;
		*best_us = route.latency_us;
		*best_a = a;
		*best_z = z;
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

/* True if the ends of some pair have the same label in PART. */
static bool any_joined(const struct pairs *p, const unsigned int *part)
{
	struct cursor c = { 0 };
	unsigned int a, z;

	while (next_pair(p, &c, &a, &z))
		if (part[a] == part[z])
			return true;
	return false;
}

/*
 * The largest rate that any pair can have; 0 when nothing joins them. The
 * widest links are put in first, until the ends of a pair are in one part.
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

/* "between any two sites", or "from campus to any site" */
static const char *between(const struct pairs *p,
			   char buf[static OCS_NAME_MAX + 32])
{
	if (p->anchor < 0)
		return "between any two sites";
	snprintf(buf, OCS_NAME_MAX + 32, "from %s to any site",
		 p->net->site[p->anchor].name);
	return buf;
}

/* The option that REASON is about. */
static const char *option_of(const char *reason)
{
	static const struct {
		const char *word, *option;
	} t[] = {
		{ "OpticalLatency(", "latency" },
		{ "OpticalDelayVariation(", "delay-variation" },
		{ "OpticalAvailability(", "class" },
		{ "OpticalDiverse(", "protect" },
	};

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (!strncmp(reason, t[i].word, strlen(t[i].word)))
			return t[i].option;
	return "bw";
}

/* Why A-Z, the nearest pair at whatever rate, can't have it. */
static int refuse_hard(const struct pairs *p, const struct ocs_request *req,
		       unsigned int a, unsigned int z, struct ocs_error *err)
{
	struct ocs_want want = want_of(req, a, z);
	bool others = p->n > (p->anchor < 0 ? 2 : 1);
	struct ocs_error why = { 0 };
	struct ocs_plan plan;

	/* not tried, because there were too many */
	if (ocs_route_circuits(p->net, &want, 1, &plan, &why) == 0)
		return 0;
	return ocs_fail(err, OCS_RANGE, "--optical-%s: %s%s",
			option_of(why.reason), why.text,
			others ? ", nor can any other pair have it" : "");
}

static int refuse_network(const struct pairs *p, const struct ocs_request *req,
			  struct ocs_error *err)
{
	char t1[OCS_TIME_TEXT_MAX], t2[OCS_TIME_TEXT_MAX];
	char rate[OCS_RATE_TEXT_MAX], most[OCS_RATE_TEXT_MAX];
	char where[OCS_NAME_MAX + 32];
	unsigned int a = 0, z = 0;
	uint64_t us = 0, largest;

	if (best_pair(p, req->min_bps, &us, &a, &z) == 0 && req->latency_us &&
	    us > req->latency_us)
		return ocs_fail(err, OCS_RANGE,
				"--optical-latency=%s: the lowest latency %s is %" PRIu64
				"us (%s-%s); ask for at least %s",
				ocs_time_format(req->latency_us, t1),
				between(p, where), us, p->net->site[a].name,
				p->net->site[z].name, round_up(us, t2));
	if (best_pair(p, 1, &us, &a, &z) < 0)
		return p->anchor < 0 ?
			ocs_fail(err, OCS_RANGE,
				 "--optical-bw: no link joins any two of the sites that the job may use") :
			ocs_fail(err, OCS_RANGE,
				 "--optical-anchor: no link leads from %s to any of the sites that the job may use",
				 p->net->site[p->anchor].name);
	if (p->hard)
		return refuse_hard(p, req, a, z, err);
	largest = largest_rate(p);
	return ocs_fail(err, OCS_RANGE,
			"--optical-bw=%s: the largest circuit %s is %s",
			ocs_rate_format(req->min_bps, rate),
			between(p, where), ocs_rate_format(largest, most));
}

/* Endpoints first, then sites, as many as fit. */
static void list_endpoints(const struct ocs_net *net, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (int sites = 0; sites < 2; sites++)
		for (unsigned int i = 0; i < net->nsites; i++) {
			const char *name = net->site[i].name;

			if (net->site[i].external == !!sites)
				continue;
			if (n + strlen(name) + 6 >= size) {
				snprintf(buf + n, size - n, ",...");
				return;
			}
			n += (size_t) snprintf(buf + n, size - n, "%s%s",
					       n ? "," : "", name);
		}
}

/* Could the job run without a circuit from its anchor, at the anchor? */
static bool at_anchor(const struct pairs *p, const struct ocs_request *req)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->site[i] == (unsigned int) p->anchor)
			return req->span_min == 1;
	return false;
}

static int check_anchor(const struct ocs_request *req, struct pairs *p,
			struct ocs_error *err)
{
	char known[200];

	p->anchor = ocs_net_site(p->net, req->anchor);
	if (p->anchor < 0) {
		list_endpoints(p->net, known, sizeof(known));
		return ocs_fail(err, OCS_RANGE,
				"--optical-anchor: no endpoint '%s' (known: %s)",
				req->anchor, known);
	}
	if (at_anchor(p, req) || any_pair(p, req))
		return 0;
	return refuse_network(p, req, err);
}

int ocs_network_check(const struct ocs_submit_in *in,
		      const struct ocs_request *req, bool spans,
		      struct ocs_error *err)
{
	struct ocs_net net = { 0 };
	struct pairs p = { 0 };
	int rc = 0;

	if (!in->state)
		return 0;
	if (idle_net(&in->state->net, &net, err) < 0)
		return -1;
	if (pairs_make(in, req, &net, &p) < 0)
		rc = ocs_fail(err, OCS_NOMEM, "out of memory");
	else if (spans && !any_pair(&p, req))
		rc = refuse_network(&p, req, err);
	if (rc == 0 && req->anchor[0])
		rc = check_anchor(req, &p, err);
	free(p.site);
	ocs_net_fini(&net);
	return rc;
}
