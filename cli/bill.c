// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bill - opticalctl report: what circuits each job had, for how long, and what
 * their light took in energy and cost
 *
 * The ledger has what each circuit took (core/bill.h), by Energy= and Cost= of
 * its links at the time. Of leases from before it had, an estimate is made of
 * their routes, rates and times by the links as they are now.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ctl.h"
#include "common/core/bill.h"
#include "common/sys/clock.h"

/* Sums over one lease, or over all. */
struct bill {
	double seconds;		/* from the job's start to its end, as sacct */
	double joule;
	double cost;		/* in units of Cost= */
	bool unknown;		/* a link has no Energy= */
	bool estimated;		/* the ledger does not have it */
};

static const struct table_column columns[] = {
	{ "CLUSTER", TABLE_LEFT, NULL }, { "JOBID", TABLE_RIGHT, NULL },
	{ "USER", TABLE_LEFT, NULL }, { "START", TABLE_LEFT, NULL },
	{ "SECONDS", TABLE_RIGHT, NULL }, { "GBPS", TABLE_RIGHT, NULL },
	{ "CIRCUITS", TABLE_LEFT, NULL }, { "ENERGY_WH", TABLE_RIGHT, NULL },
	{ "COST", TABLE_RIGHT, NULL }, { NULL, TABLE_LEFT, NULL },
};

static struct bill make_bill(const struct ocs_net *net, struct ocs_lease *l,
			     int64_t now_ms)
{
	int64_t ended = l->ended_ms ? l->ended_ms : now_ms;
	struct bill b = { .seconds = (double) (ended - l->held_ms) / 1000,
			  .estimated = !ocs_bill_kept(l) };

	if (b.estimated)
		ocs_bill_estimate(net, l, now_ms);
	else
		ocs_bill_until(l, now_ms);
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		b.joule += (double) l->circuit[i].joule;
		b.cost += (double) l->circuit[i].cost;
		b.unknown |= l->circuit[i].energy_unknown;
	}
	return b;
}

static void circuits_text(const struct ocs_lease *l, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		int n = snprintf(text + used, size - used, "%s%s-%s",
				 i ? "," : "", l->circuit[i].a,
				 l->circuit[i].z);

		if (n < 0 || (size_t) n >= size - used)
			return;
		used += (size_t) n;
	}
}

static void row(struct table *t, const struct ocs_lease *l,
		const struct bill *b)
{
	char stamp[STAMP_TEXT_MAX], user[CTL_USER_MAX];
	char text[OCS_CIRCUITS_MAX * 2 * OCS_NAME_MAX];

	circuits_text(l, text, sizeof(text));
	table_cell(t, "%s", l->cluster);
	table_cell(t, "%" PRIu32, l->job_id);
	table_cell(t, "%s", ctl_user(l, user));
	table_cell(t, "%s", stamp_format(l->held_ms, false, stamp));
	table_cell(t, "%.0f", b->seconds);
	table_cell(t, "%" PRIu32, ocs_lease_gbps(l));
	table_cell(t, "%s", text);
	if (b->unknown)
		table_cell(t, "-");
	else
		table_cell(t, "%s%.3f", b->estimated ? "~" : "",
			   b->joule / 3600);
	table_cell(t, "%s%.3f", b->estimated ? "~" : "", b->cost);
}

static void print_json(struct ocs_lease **lease, unsigned int n,
		       const struct ocs_net *net, int64_t now_ms)
{
	bool begun = false;

	fputs("{\"jobs\":[", stdout);
	for (unsigned int i = 0; i < n; i++) {
		struct ocs_lease *l = lease[i];
		struct bill b;

		if (!l->active_ms)
			continue;
		b = make_bill(net, l, now_ms);
		printf("%s{\"cluster\":\"%s\",\"job_id\":%" PRIu32
		       ",\"user_id\":%" PRIu32 ",\"lease\":\"%s\",\"start_ms\":%" PRId64
		       ",\"seconds\":%.3f,\"gbps\":%" PRIu32 ",\"energy_wh\":",
		       begun ? "," : "", l->cluster, l->job_id, l->user_id,
		       l->id, l->held_ms, b.seconds, ocs_lease_gbps(l));
		printf(b.unknown ? "null" : "%.6f", b.joule / 3600);
		printf(",\"cost\":%.6f,\"estimated\":%s,\"circuits\":[",
		       b.cost, b.estimated ? "true" : "false");
		for (unsigned int k = 0; k < l->ncircuits; k++) {
			const struct ocs_circuit *c = &l->circuit[k];

			printf("%s{\"a\":\"%s\",\"z\":\"%s\",\"energy_wh\":",
			       k ? "," : "", c->a, c->z);
			printf(c->energy_unknown ? "null" : "%.6f",
			       (double) c->joule / 3600);
			printf(",\"cost\":%.6f}", (double) c->cost);
		}
		fputs("]}", stdout);
		begun = true;
	}
	puts("]}");
}

static int print_rows(const struct ctl *ctl, struct ocs_lease **lease,
		      unsigned int n, const struct ocs_net *net,
		      int64_t now_ms)
{
	struct table *t = table_create(columns);

	for (unsigned int i = 0; t && i < n; i++) {
		struct bill b;

		if (!lease[i]->active_ms)	/* it never had light */
			continue;
		b = make_bill(net, lease[i], now_ms);
		row(t, lease[i], &b);
	}
	return ctl_print_table(ctl, t);
}

int cmd_report(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_lease **lease = NULL;
	struct ocs_state *state;
	struct ocs_error err;
	unsigned int n = 0;
	struct reply reply;
	int rc;

	if (ctl_request(ctl, "GET", "/v1/state", NULL, &reply, &err) < 0)
		return ctl_fail(ctl, &err);
	state = ocs_wire_decode_state(reply.text, reply.len, &err);
	reply_fini(&reply);
	if (!state)
		return ctl_fail(ctl, &err);
	rc = ctl_leases(ctl, &lease, &n);
	if (rc == CTL_OK && ctl->json)
		print_json(lease, n, &state->net, state->time_ms);
	else if (rc == CTL_OK)
		rc = print_rows(ctl, lease, n, &state->net, state->time_ms);
	ctl_leases_destroy(lease, n);
	ocs_state_destroy(state);
	return rc;
}
