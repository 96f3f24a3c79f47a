// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compute - what the sites have idle, as the clusters told the agent
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ctl.h"
#include "common/wire/wire_compute.h"

static const char *age_color(const char *text)
{
	return strstr(text, "stale") ? "33" : NULL;
}

static const struct table_column columns[] = {
	{ "CLUSTER", TABLE_LEFT, NULL }, { "SITE", TABLE_LEFT, NULL },
	{ "NODES", TABLE_RIGHT, NULL }, { "IDLE", TABLE_RIGHT, NULL },
	{ "TYPE", TABLE_LEFT, NULL }, { "GPUS", TABLE_RIGHT, NULL },
	{ "IDLE", TABLE_RIGHT, NULL }, { "AGE", TABLE_RIGHT, age_color },
	{ NULL, TABLE_LEFT, NULL },
};

static const struct table_column pending_columns[] = {
	{ "CLUSTER", TABLE_LEFT, NULL }, { "PENDING", TABLE_RIGHT, NULL },
	{ "RATE", TABLE_RIGHT, NULL }, { "NEXT", TABLE_LEFT, NULL },
	{ "SITES", TABLE_LEFT, NULL }, { NULL, TABLE_LEFT, NULL },
};

static void row(struct table *t, const struct ocs_compute *c,
		const struct ocs_compute_site *s,
		const struct ocs_compute_gpus *g)
{
	table_cell(t, "%s", c->cluster);
	table_cell(t, "%s", s->name);
	table_cell(t, "%" PRIu32, s->nodes_total);
	table_cell(t, "%" PRIu32, s->nodes_idle);
	table_cell(t, "%s", g ? g->type : "-");
	table_cell(t, "%" PRIu32, g ? g->total : 0);
	table_cell(t, "%" PRIu32, g ? g->idle : 0);
	table_cell(t, "%" PRIu64 "s%s", c->age_s, c->stale ? "(stale)" : "");
}

static void rows(struct table *t, const struct ocs_compute *c)
{
	for (unsigned int i = 0; i < c->nsites; i++) {
		const struct ocs_compute_site *s = &c->site[i];

		for (unsigned int k = 0; k < s->ngpus; k++)
			row(t, c, s, &s->gpus[k]);
		if (!s->ngpus)
			row(t, c, s, NULL);
	}
}

static const struct ocs_compute_start *next_start(const struct ocs_compute *c)
{
	const struct ocs_compute_start *next = NULL;

	for (unsigned int i = 0; i < c->nstarts; i++)
		if (!next || c->start[i].start_s < next->start_s)
			next = &c->start[i];
	return next;
}

static void pending_row(struct table *t, const struct ocs_compute *c)
{
	const struct ocs_compute_start *next = next_start(c);
	char stamp[STAMP_TEXT_MAX], sites[OCS_SPAN_MAX * OCS_NAME_MAX] = "-";
	size_t used = 0;

	for (unsigned int i = 0; next && i < next->nsites; i++)
		used += (size_t) snprintf(sites + used, sizeof(sites) - used,
					  "%s%s", i ? "," : "", next->site[i]);
	table_cell(t, "%s", c->cluster);
	table_cell(t, "%" PRIu32, c->pending_jobs);
	cell_rate(t, c->pending_bps);
	table_cell(t, "%s", next ? stamp_format(next->start_s * 1000LL, false,
						stamp) : "-");
	table_cell(t, "%s", sites);
}

static int print(const struct ctl *ctl, struct ocs_compute **c,
		 unsigned int n)
{
	struct table *t = table_create(columns);
	int rc;

	for (unsigned int i = 0; t && i < n; i++)
		if (!ctl->cluster || !strcmp(ctl->cluster, c[i]->cluster))
			rows(t, c[i]);
	rc = ctl_print_table(ctl, t);
	if (rc || ctl->parsable)
		return rc;
	t = table_create(pending_columns);
	for (unsigned int i = 0; t && i < n; i++)
		if (c[i]->pending_jobs &&
		    (!ctl->cluster || !strcmp(ctl->cluster, c[i]->cluster)))
			pending_row(t, c[i]);
	if (t && !table_rows(t)) {
		table_destroy(t);
		return CTL_OK;
	}
	putchar('\n');
	return ctl_print_table(ctl, t);
}

int cmd_compute(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_compute **c = NULL;
	struct ocs_error err;
	struct reply reply;
	unsigned int n = 0;
	int rc;

	if (ctl->cluster && !ctl_plain(ctl->cluster))
		return ctl_usage(ctl, "'%s' is no cluster's name",
				 ctl->cluster);
	if (ctl_request(ctl, "GET", "/v1/compute", NULL, &reply, &err) < 0)
		return ctl_fail(ctl, &err);
	rc = ocs_wire_decode_computes(reply.text, reply.len, &c, &n, &err);
	if (rc == 0 && ctl->json)
		ctl_print_json(&reply);
	reply_fini(&reply);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	rc = ctl->json ? CTL_OK : print(ctl, c, n);
	for (unsigned int i = 0; i < n; i++)
		ocs_compute_destroy(c[i]);
	free(c);
	return rc;
}
