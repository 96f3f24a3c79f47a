// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * show - sites, links and leases as tables
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/ctl.h"
#include "common/core/units.h"
#include "common/sys/clock.h"
#include "common/sys/conf_optical.h"

/* Leases in one page: some 2 MB of JSON. */
#define PAGE_LEASES 2000

/* The agent's state; also printed as it came, and *DONE set, for --json. */
static struct ocs_state *get_state(struct ctl *ctl, bool *done,
				   struct ocs_error *err)
{
	struct ocs_state *state = NULL;
	struct reply reply;

	*done = false;
	if (ctl_request(ctl, "GET", "/v1/state", NULL, &reply, err) < 0)
		return NULL;
	state = ocs_wire_decode_state(reply.text, reply.len, err);
	for (unsigned int i = 0; state && i < state->nalarms; i++)
		fprintf(stderr, "opticalctl: ALARM: %s\n",
			state->alarm[i].text);
	if (state && ctl->json) {
		ctl_print_json(&reply);
		*done = true;
	}
	reply_fini(&reply);
	return state;
}

const char *state_color(const char *text)
{
	static const struct {
		const char *word, *color;
	} colors[] = {
		{ "ACTIVE", "32" }, { "UP", "32" }, { "PROVISIONED", "32" },
		{ "up", "32" }, { "HELD", "36" }, { "COMMITTED", "36" },
		{ "PROVISIONING", "36" }, { "WAITING", "36" },
		{ "OVERDUE", "33" }, { "IMPAIRED", "33" },
		{ "RELEASING", "33" }, { "RESTORING", "33" },
		{ "ATTACHING", "36" }, { "ATTACHED", "32" },
		{ "DETACHING", "33" }, { "DETACHED", "2" },
		{ "drained", "33" }, { "UNKNOWN", "31" }, { "FAILED", "31" },
		{ "DOWN", "31" }, { "down", "31" }, { "down+drained", "31" },
		{ "frozen", "36" }, { "down+frozen", "31" },
		{ "drained+frozen", "33" }, { "down+drained+frozen", "31" },
		{ "GONE", "2" }, { "TERMINATED", "2" }, { "RELEASED", "2" },
	};

	for (size_t i = 0; i < sizeof(colors) / sizeof(colors[0]); i++)
		if (!strcmp(text, colors[i].word))
			return colors[i].color;
	return NULL;
}

void cell_rate(struct table *t, uint64_t bps)
{
	char buf[OCS_RATE_TEXT_MAX];

	table_cell(t, "%s", ocs_rate_format(bps, buf));
}

void cell_time(struct table *t, uint64_t us)
{
	char buf[OCS_TIME_TEXT_MAX];

	table_cell(t, "%s", us ? ocs_time_format(us, buf) : "-");
}

static const struct table_column site_columns[] = {
	{ "SITE", TABLE_LEFT, NULL }, { "LINKS", TABLE_RIGHT, NULL },
	{ "CAPACITY", TABLE_RIGHT, NULL }, { "BOOKED", TABLE_RIGHT, NULL },
	{ "FREE", TABLE_RIGHT, NULL }, { "LEASES", TABLE_RIGHT, NULL },
	{ "NODES", TABLE_LEFT, NULL }, { NULL, TABLE_LEFT, NULL },
};

static unsigned int leases_at(const struct ocs_state *state, const char *site)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < state->nleases; i++) {
		const struct ocs_lease *l = state->lease[i];

		for (unsigned int s = 0; s < l->nsites; s++)
			if (!strcmp(l->site[s].name, site) &&
			    ocs_lease_booked(l))
				n++;
	}
	return n;
}

static const char *nodes_of(const struct ocs_conf *conf, const char *site)
{
	for (unsigned int i = 0; conf && i < conf->nsites; i++)
		if (!strcmp(conf->site[i].name, site))
			return conf->site[i].nodes;
	return "-";
}

static void site_row(struct table *t, const struct ocs_state *state,
		     unsigned int site, const struct ocs_conf *conf)
{
	uint64_t capacity = 0, booked = 0, room = 0;
	unsigned int n = 0;

	for (unsigned int i = 0; i < state->net.nlinks; i++) {
		const struct ocs_link *link = &state->net.link[i];

		if (link->a != site && link->z != site)
			continue;
		n++;
		capacity += link->capacity_bps;
		booked += link->booked_bps;
		room += ocs_link_free(link);
	}
	table_cell(t, "%s", state->net.site[site].name);
	table_cell(t, "%u", n);
	cell_rate(t, capacity);
	cell_rate(t, booked);
	cell_rate(t, room);
	table_cell(t, "%u", leases_at(state, state->net.site[site].name));
	table_cell(t, "%s", nodes_of(conf, state->net.site[site].name));
}

int cmd_sites(struct ctl *ctl, int argc, char **argv)
{
	char path[4096];
	struct ocs_error err;
	struct ocs_state *state;
	struct ocs_conf *conf;
	struct table *t;
	bool done;

	state = get_state(ctl, &done, &err);
	if (!state)
		return ctl_fail(ctl, &err);
	if (done) {
		ocs_state_destroy(state);
		return CTL_OK;
	}
	/* Most users can't or needn't read it; a wrong one is check's to say */
	conf = ocs_conf_read(ctl_optical_conf(ctl, path, sizeof(path)), NULL);
	t = table_create(site_columns);
	for (unsigned int i = 0; t && i < state->net.nsites; i++)
		site_row(t, state, i, conf);
	ocs_conf_destroy(conf);
	ocs_state_destroy(state);
	return ctl_print_table(ctl, t);
}

static const struct table_column link_columns[] = {
	{ "LINK", TABLE_LEFT, NULL }, { "A", TABLE_LEFT, NULL },
	{ "Z", TABLE_LEFT, NULL }, { "CAPACITY", TABLE_RIGHT, NULL },
	{ "BOOKED", TABLE_RIGHT, NULL }, { "FREE", TABLE_RIGHT, NULL },
	{ "STEP", TABLE_RIGHT, NULL }, { "LATENCY", TABLE_RIGHT, NULL },
	{ "FROM", TABLE_LEFT, NULL },
	{ "STATE", TABLE_LEFT, state_color }, { NULL, TABLE_LEFT, NULL },
};

/* "measured(12s)": where a number is from, and its age where it has one. */
static void cell_source(struct table *t, enum ocs_source source,
			int64_t time_ms)
{
	int64_t age_s = (int64_t) time(NULL) - time_ms / 1000;
	char text[OCS_TIME_TEXT_MAX];

	if (!time_ms)
		table_cell(t, "%s", ocs_source_name(source));
	else
		table_cell(t, "%s(%s)", ocs_source_name(source),
			   ocs_time_format(age_s > 0 ? (uint64_t) age_s *
					   1000000 : 0, text));
}

int cmd_links(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_error err;
	struct ocs_state *state;
	struct table *t;
	bool done;

	state = get_state(ctl, &done, &err);
	if (!state)
		return ctl_fail(ctl, &err);
	if (done) {
		ocs_state_destroy(state);
		return CTL_OK;
	}
	t = table_create(link_columns);
	for (unsigned int i = 0; t && i < state->net.nlinks; i++) {
		const struct ocs_link *link = &state->net.link[i];

		table_cell(t, "%s", link->name);
		table_cell(t, "%s", state->net.site[link->a].name);
		table_cell(t, "%s", state->net.site[link->z].name);
		cell_rate(t, link->capacity_bps);
		cell_rate(t, link->booked_bps);
		cell_rate(t, ocs_link_free(link));
		if (link->granule_bps)
			cell_rate(t, link->granule_bps);
		else
			table_cell(t, "-");
		cell_time(t, link->latency_us);
		cell_source(t, link->latency_source, link->latency_ms);
		table_cell(t, "%s%s", link->down && link->drained ?
			   "down+drained" : link->down ? "down" :
			   link->drained ? "drained" :
			   link->frozen ? "" : "up",
			   !link->frozen ? "" : link->down || link->drained ?
			   "+frozen" : "frozen");
	}
	if (t && state->simulated && !ctl->parsable && !ctl->noheader)
		puts("SIMULATED network");
	ocs_state_destroy(state);
	return ctl_print_table(ctl, t);
}

static const struct table_column lease_columns[] = {
	{ "LEASE", TABLE_LEFT, NULL }, { "CLUSTER", TABLE_LEFT, NULL },
	{ "JOBID", TABLE_RIGHT, NULL }, { "USER", TABLE_LEFT, NULL },
	{ "STATE", TABLE_LEFT, state_color }, { "TIME", TABLE_RIGHT, NULL },
	{ "GBPS", TABLE_RIGHT, NULL }, { "CIRCUITS(CAUSE)", TABLE_LEFT, NULL },
	{ NULL, TABLE_LEFT, NULL },
};

/* "paris-lyon:400G,..." as much as fits; the cause of what has failed. */
static void cell_circuits(struct table *t, const struct ocs_lease *l)
{
	char text[OCS_CIRCUITS_MAX * (2 * OCS_NAME_MAX + OCS_RATE_TEXT_MAX)];
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		const struct ocs_circuit *c = &l->circuit[i];
		char rate[OCS_RATE_TEXT_MAX];
		int n;

		n = snprintf(text + used, sizeof(text) - used, "%s%s-%s:%s",
			     i ? "," : "", c->a, c->z,
			     ocs_rate_format(c->granted_bps, rate));
		if (n < 0 || (size_t) n >= sizeof(text) - used)
			break;
		used += (size_t) n;
	}
	if (*l->cause)
		table_cell(t, "%s(%s)", text, l->cause);
	else
		table_cell(t, "%s", text);
}

static void lease_row(const struct ctl *ctl, struct table *t,
		      const struct ocs_lease *l, int64_t now_ms)
{
	int64_t until = l->gone_ms ? l->gone_ms : now_ms;
	char span[SPAN_TEXT_MAX], user[CTL_USER_MAX];

	table_cell(t, "%.*s", ctl->parsable ? OCS_LEASE_ID_MAX : 8, l->id);
	table_cell(t, "%s", l->cluster);
	table_cell(t, "%" PRIu32, l->job_id);
	table_cell(t, "%s", ctl_user(l, user));
	table_cell(t, "%s", ocs_lease_word(l));
	table_cell(t, "%s", span_format(l->held_ms ?
		   (until - l->held_ms) / 1000 : -1, span));
	table_cell(t, "%" PRIu32, ocs_lease_gbps(l));
	cell_circuits(t, l);
}

/* As they came; the agent's order is that of their random ids. */
static int by_held(const void *x, const void *y)
{
	const struct ocs_lease *const *a = x, *const *b = y;

	return (*a)->held_ms < (*b)->held_ms ? -1 :
	       (*a)->held_ms > (*b)->held_ms;
}

static int print_leases(const struct ctl *ctl, struct ocs_lease **lease,
			unsigned int n)
{
	struct table *t = table_create(lease_columns);
	int64_t now_ms = ocs_clock_unix_ms();

	if (n)
		qsort(lease, n, sizeof(struct ocs_lease *), by_held);
	for (unsigned int i = 0; t && i < n; i++)
		lease_row(ctl, t, lease[i], now_ms);
	return ctl_print_table(ctl, t);
}

/* All that the agent has listed so far. */
struct listed {
	struct ocs_lease **lease;
	unsigned int n;
	bool begun;	/* JSON */
};

/* Print what stands between the brackets of {"leases":[...]}. */
static void print_elements(struct listed *l, const struct reply *reply)
{
	const char *from = strchr(reply->text, '['), *to;

	to = from ? strrchr(from, ']') : NULL;
	if (!to || to == from + 1)
		return;
	fputs(l->begun ? "," : "{\"leases\":[", stdout);
	l->begun = true;
	fwrite(from + 1, 1, (size_t) (to - from - 1), stdout);
}

/* Take over N leases of LEASE. */
static int listed_add(struct listed *l, struct ocs_lease **lease,
		      unsigned int n, struct ocs_error *err)
{
	struct ocs_lease **grown;

	grown = realloc(l->lease, ((size_t) l->n + n + 1) * sizeof(*grown));
	if (!grown) {
		ctl_leases_destroy(lease, n);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	if (n)
		memcpy(grown + l->n, lease, n * sizeof(*grown));
	l->lease = grown;
	l->n += n;
	free(lease);
	return 0;
}

/* One page after *NEXT, which becomes the next one; "": that was all. */
static int get_page(struct ctl *ctl, const char *path, bool echo,
		    struct listed *l, char next[static OCS_LEASE_ID_MAX], struct ocs_error *err)
{
	char page[512], after[OCS_LEASE_ID_MAX];
	struct ocs_lease **lease = NULL;
	struct reply reply;
	unsigned int n = 0;
	int rc;

	memcpy(after, next, sizeof(after));
	snprintf(page, sizeof(page), "%s%s%s", path, *after ? "&after=" : "",
		 after);
	if (ctl_request(ctl, "GET", page, NULL, &reply, err) < 0)
		return -1;
	rc = ocs_wire_decode_page(reply.text, reply.len, &lease, &n, next,
				  err);
	if (rc == 0 && *next && strcmp(next, after) <= 0)
		rc = ocs_fail(err, OCS_SYNTAX,
			      "the agent's pages of leases don't go on");
	if (rc == 0 && echo)
		print_elements(l, &reply);
	reply_fini(&reply);
	if (rc == 0)
		return listed_add(l, lease, n, err);
	ctl_leases_destroy(lease, n);
	return -1;
}

/* All pages into L, which the caller destroys; with ECHO also printed as they
 * come, without the end. CTL_OK, or what to exit with. */
static int get_leases(struct ctl *ctl, bool all, bool echo, struct listed *l)
{
	char path[256], next[OCS_LEASE_ID_MAX] = "";
	struct ocs_error err;
	int rc;

	if (ctl->cluster && !ctl_plain(ctl->cluster))
		return ctl_usage(ctl, "'%s' is no cluster's name", ctl->cluster);
	if (ctl->job && (!ctl_plain(ctl->job) ||
			 strspn(ctl->job, "0123456789") != strlen(ctl->job)))
		return ctl_usage(ctl, "'%s' is no job id: a number is", ctl->job);
	snprintf(path, sizeof(path), "/v1/leases?limit=%d%s%s%s%s%s",
		 PAGE_LEASES, all ? "&all=1" : "",
		 ctl->cluster ? "&cluster=" : "",
		 ctl->cluster ? ctl->cluster : "",
		 ctl->job ? "&job_id=" : "", ctl->job ? ctl->job : "");
	do
		rc = get_page(ctl, path, echo, l, next, &err);
	while (rc == 0 && *next);
	return rc < 0 ? ctl_fail(ctl, &err) : CTL_OK;
}

int ctl_leases(struct ctl *ctl, struct ocs_lease ***lease, unsigned int *n)
{
	struct listed l = { .n = 0 };
	int rc = get_leases(ctl, true, false, &l);

	if (l.n)
		qsort(l.lease, l.n, sizeof(struct ocs_lease *), by_held);
	*lease = l.lease;
	*n = l.n;
	return rc;
}

int cmd_leases(struct ctl *ctl, int argc, char **argv)
{
	struct listed l = { .n = 0 };
	int rc = get_leases(ctl, ctl->all, ctl->json, &l);

	if (rc == CTL_OK && !ctl->json)
		rc = print_leases(ctl, l.lease, l.n);
	else if (rc == CTL_OK)
		puts(l.begun ? "]}" : "{\"leases\":[]}");
	ctl_leases_destroy(l.lease, l.n);
	return rc;
}
