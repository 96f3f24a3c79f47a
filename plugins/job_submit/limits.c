// SPDX-License-Identifier: GPL-2.0-or-later
/* limits - what a request can never get; part of verb 2, validate */
#include "plugins/job_submit/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/units.h"

/* Append NAME to the comma separated list in BUF; what does not fit: "...". */
static void list_add(char *buf, size_t size, const char *name)
{
	size_t n = strlen(buf);

	if (n + strlen(name) + 6 < size)
		snprintf(buf + n, size - n, "%s%s", n ? "," : "", name);
	else if (n < 3 || strcmp(buf + n - 3, "..."))
		snprintf(buf + n, size - n, ",...");
}

/* The settings of the next of PARTITIONS at *P; false when there is none. A
 * job without known partition has the cluster's settings, once. */
static bool next_partition(const struct ocs_submit_in *in, const char **p,
			   char name[static OCS_NAME_MAX],
			   struct ocs_conf_partition *out)
{
	size_t len;

	if (!*p)
		return false;
	len = strcspn(*p, ",");
	snprintf(name, OCS_NAME_MAX, "%.*s", (int) len, *p);
	*p = (*p)[len] ? *p + len + 1 : NULL;
	ocs_conf_partition_get(in->conf, name[0] ? name : NULL, out);
	return true;
}

static int check_sites(const struct ocs_conf *conf,
		       const struct ocs_request *req, struct ocs_error *err)
{
	char known[256] = "";

	for (unsigned int i = 0; i < req->nsites; i++) {
		unsigned int k = 0;

		while (k < conf->nsites &&
		       strcmp(conf->site[k].name, req->site[i]))
			k++;
		if (k < conf->nsites)
			continue;
		for (k = 0; k < conf->nsites; k++)
			list_add(known, sizeof(known), conf->site[k].name);
		return ocs_fail(err, OCS_RANGE,
				"--optical-sites: no site '%s' (known: %s)",
				req->site[i], known);
	}
	return 0;
}

static unsigned int allowed_sites(const struct ocs_conf *conf,
				  const struct ocs_request *req)
{
	return req->nsites ? req->nsites : conf->nsites;
}

static int check_ceilings(const char *where,
			  const struct ocs_conf_partition *part,
			  struct ocs_request *req, struct ocs_error *err)
{
	char rate[OCS_RATE_TEXT_MAX], max[OCS_RATE_TEXT_MAX];

	if (part->max_rate_bps && req->want_bps > part->max_rate_bps)
		return ocs_fail(err, OCS_RANGE,
				"--optical-bw=%s is more than %s%s allows: %s",
				ocs_rate_format(req->want_bps, rate),
				where[0] ? "partition " : "this cluster",
				where, ocs_rate_format(part->max_rate_bps,
						       max));
	if (!part->max_span || req->span_max <= part->max_span)
		return 0;
	if (req->span_min <= part->max_span &&
	    req->span_max == OCS_SPAN_DEFAULT_MAX) {
		req->span_max = part->max_span;
		return 0;
	}
	return ocs_fail(err, OCS_RANGE,
			"--optical-span: %u sites are more than %s%s allows: %u",
			req->span_max, where[0] ? "partition " : "this cluster",
			where, part->max_span);
}

struct counted {
	const char *name;
	uint32_t nodes;
};

static int larger_first(const void *x, const void *y)
{
	const struct counted *a = x, *b = y;

	return (a->nodes < b->nodes) - (a->nodes > b->nodes);
}

/*
 * Most nodes on at most SPAN of the sites that REQ (NULL: any) allows; their
 * names into NAMES. UINT32_MAX when they can't be counted.
 */
static uint32_t most_nodes(const struct ocs_submit_in *in,
			   const struct ocs_request *req, unsigned int span,
			   char *names, size_t size)
{
	struct counted *c = calloc(in->conf->nsites + 1, sizeof(*c));
	unsigned int n = 0;
	uint64_t sum = 0;

	names[0] = '\0';
	if (!c)
		return UINT32_MAX;
	for (unsigned int i = 0; i < in->conf->nsites; i++) {
		const struct ocs_conf_site *s = &in->conf->site[i];

		if (req && !ocs_request_site_ok(req, s->name))
			continue;
		c[n].name = s->name;
		c[n++].nodes = in->count_nodes(s->nodes);
	}
	qsort(c, n, sizeof(*c), larger_first);
	for (unsigned int i = 0; i < n && i < span; i++) {
		list_add(names, size, c[i].name);
		sum += c[i].nodes;
	}
	free(c);
	return sum < UINT32_MAX ? sum : UINT32_MAX;
}

static int check_nodes(const struct ocs_submit_in *in,
		       const struct ocs_request *req, struct ocs_error *err)
{
	unsigned int allowed = allowed_sites(in->conf, req);
	char names[200];
	uint32_t most;

	if (req->span_min > allowed)
		return ocs_fail(err, OCS_RANGE,
				"--optical-span: %u sites are more than the %u that %s",
				req->span_min, allowed,
				req->nsites ? "--optical-sites names"
					    : "there are");
	if (in->max_nodes && req->span_min > in->max_nodes)
		return ocs_fail(err, OCS_RANGE,
				"--optical-span: %u sites need at least %u nodes, but -N allows %" PRIu32,
				req->span_min, req->span_min, in->max_nodes);
	most = most_nodes(in, req, req->span_max, names, sizeof(names));
	if (in->min_nodes <= most)
		return 0;
	return ocs_fail(err, OCS_BUSY,
			"-N %" PRIu32 " needs more nodes than the %" PRIu32
			" of %s%s", in->min_nodes, most, names,
			allowed > req->span_max
			? ": allow more sites with --optical-span"
			: req->nsites ? ": name more sites with --optical-sites"
				      : "");
}

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

/*
 * The pair with the lowest latency at RATE, within MAX_US if that is not 0.
 * Returns 0 with *BEST_US and the pair's indexes, or -1.
 */
static int best_pair(const struct pairs *p, uint64_t rate, uint64_t max_us,
		     uint64_t *best_us, unsigned int *a, unsigned int *z)
{
	struct ocs_route route;
	int rc = -1;

	for (unsigned int i = 0; i < p->n; i++) {
		for (unsigned int k = i + 1; k < p->n; k++) {
			if (ocs_route_find(p->net, p->site[i], p->site[k],
					   rate, max_us, &route, NULL) < 0)
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

/* The largest rate that any pair can have: one of the links' capacities. */
static uint64_t largest_rate(const struct pairs *p)
{
	uint64_t best = 0, us;
	unsigned int a, z;

	for (unsigned int i = 0; i < p->net->nlinks; i++) {
		uint64_t rate = p->net->link[i].capacity_bps;

		if (rate > best && best_pair(p, rate, 0, &us, &a, &z) == 0)
			best = rate;
	}
	return best;
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

	if (best_pair(p, req->min_bps, 0, &us, &a, &z) == 0)
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

/* Refuse when no two sites could ever have the circuit; a job that may run on
 * one site alone too, because the option was meant for something. */
static int check_network(const struct ocs_submit_in *in,
			 const struct ocs_request *req, struct ocs_error *err)
{
	struct ocs_net net = { 0 };
	struct pairs p = { 0 };
	unsigned int a, z;
	uint64_t us;
	int rc = -1;

	if (!in->state || req->span_max < 2 ||
	    allowed_sites(in->conf, req) < 2)
		return 0;
	if (idle_net(&in->state->net, &net, err) < 0)
		return -1;
	if (pairs_make(in, req, &net, &p) < 0) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	if (best_pair(&p, req->min_bps, req->latency_us, &us, &a, &z) == 0)
		rc = 0;
	else
		refuse_network(&p, req, err);
out:
	free(p.site);
	ocs_net_fini(&net);
	return rc;
}

int ocs_limits_check(const struct ocs_submit_in *in, struct ocs_request *req,
		     struct ocs_error *err)
{
	const char *next = in->partitions ? in->partitions : "";
	struct ocs_conf_partition part;
	char name[OCS_NAME_MAX];

	if (req->none)
		return 0;
	if (check_sites(in->conf, req, err) < 0)
		return -1;
	while (next_partition(in, &next, name, &part))
		if (check_ceilings(name, &part, req, err) < 0)
			return -1;
	if (check_nodes(in, req, err) < 0)
		return -1;
	return check_network(in, req, err);
}

/* JobsWithoutRequest=single_site: could the job ever fit into one? */
static int check_single(const struct ocs_submit_in *in, const char *partition,
			struct ocs_error *err)
{
	char names[OCS_NAME_MAX + 8];
	uint32_t most, outside = 0;

	if (!in->conf->nsites)
		return 0;
	most = most_nodes(in, NULL, 1, names, sizeof(names));
	if (in->min_nodes <= most)
		return 0;
	if (in->count_outside)
		outside = in->count_outside(partition[0] ? partition : NULL);
	if (in->min_nodes <= outside)
		return 0;
	return ocs_fail(err, OCS_BUSY,
			"job needs %" PRIu32
			" nodes but the largest site has %" PRIu32
			": add --optical-bw=RATE (example: --optical-bw=400G) or --optical-bw=none",
			in->min_nodes, most);
}

int ocs_limits_check_plain(const struct ocs_submit_in *in,
			   struct ocs_error *err)
{
	const char *next = in->partitions ? in->partitions : "";
	struct ocs_conf_partition part;
	char name[OCS_NAME_MAX];

	while (next_partition(in, &next, name, &part)) {
		if (part.require_option)
			return ocs_fail(err, OCS_RANGE,
					"partition %s wants every job to say what it needs between sites: add --optical-bw=RATE (example: --optical-bw=400G) or --optical-bw=none",
					name);
		if (part.without == OCS_SINGLE_SITE &&
		    check_single(in, name, err) < 0)
			return -1;
	}
	return 0;
}
