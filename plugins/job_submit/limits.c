// SPDX-License-Identifier: GPL-2.0-or-later
/* limits - what a request can never get; part of verb 2, validate */
#include "plugins/job_submit/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/units.h"
#include "plugins/job_submit/network.h"

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

/* What would give the job more nodes; CEILING: the smallest MaxSpan, or 0. */
static const char *more_nodes(const struct ocs_request *req,
			      unsigned int allowed, unsigned int ceiling)
{
	if (allowed > req->span_max)
		return ceiling && req->span_max >= ceiling
			? ", and no more sites are allowed here"
			: ": allow more sites with --optical-span";
	return req->nsites ? ": name more sites with --optical-sites" : "";
}

static int check_nodes(const struct ocs_submit_in *in,
		       const struct ocs_request *req, unsigned int ceiling,
		       struct ocs_error *err)
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
			more_nodes(req, allowed, ceiling));
}

int ocs_limits_check(const struct ocs_submit_in *in, struct ocs_request *req,
		     struct ocs_error *err)
{
	const char *next = in->partitions ? in->partitions : "";
	struct ocs_conf_partition part;
	char name[OCS_NAME_MAX];
	unsigned int ceiling = 0;

	if (req->none)
		return 0;
	if (check_sites(in->conf, req, err) < 0)
		return -1;
	while (next_partition(in, &next, name, &part)) {
		if (check_ceilings(name, &part, req, err) < 0)
			return -1;
		if (part.max_span && (!ceiling || part.max_span < ceiling))
			ceiling = part.max_span;
	}
	if (check_nodes(in, req, ceiling, err) < 0)
		return -1;
	return ocs_network_check(in, req, req->span_max > 1 &&
				 allowed_sites(in->conf, req) > 1, err);
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

/* A job that names several reservations runs in one of them: it must have one
 * site only if it must in each. */
static bool one_site(const struct ocs_submit_in *in, const char *partition)
{
	const char *p = in->reservations ? in->reservations : "";
	char name[OCS_NAME_MAX];
	size_t len;

	for (;; p += len + 1) {
		len = strcspn(p, ",");
		snprintf(name, sizeof(name), "%.*s", (int) len, p);
		if (ocs_conf_without(in->conf, partition[0] ? partition : NULL,
				     name[0] ? name : NULL) != OCS_SINGLE_SITE)
			return false;
		if (!p[len])
			return true;
	}
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
		if (one_site(in, name) && check_single(in, name, err) < 0)
			return -1;
	}
	return 0;
}
