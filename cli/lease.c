// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lease - one lease, or all of one job, with what happened when
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/ctl.h"
#include "common/core/strand.h"
#include "common/core/units.h"

/* One line of the timeline. */
struct moment {
	int64_t time_ms;
	unsigned int order;	/* keeps equal times as the agent has them */
	const char *circuit;	/* "": the lease */
	const char *state;
	const char *cause;
};

/* A lease and its events, both owned. */
struct story {
	struct ocs_lease *lease;
	char *events_json;	/* as the agent sent it */
	struct ocs_event *event;
	unsigned int nevents;
};

static void story_fini(struct story *s)
{
	ocs_lease_destroy(s->lease);
	free(s->events_json);
	free(s->event);
	memset(s, 0, sizeof(*s));
}

/* Fill S, whose lease is there already, with its events. */
static int get_events(struct ctl *ctl, struct story *s, struct ocs_error *err)
{
	char path[96];
	struct reply reply;

	snprintf(path, sizeof(path), "/v1/leases/%s/events", s->lease->id);
	if (ctl_request(ctl, "GET", path, NULL, &reply, err) < 0)
		return -1;
	if (ocs_wire_decode_events(reply.text, reply.len, &s->event,
				   &s->nevents, err) < 0) {
		reply_fini(&reply);
		return -1;
	}
	s->events_json = reply.text;
	return 0;
}

static int by_time(const void *x, const void *y)
{
	const struct moment *a = x, *b = y;

	if (a->time_ms != b->time_ms)
		return a->time_ms < b->time_ms ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void add_moment(struct moment *m, unsigned int *n, int64_t time_ms,
		       const char *circuit, const char *state,
		       const char *cause)
{
	m[*n] = (struct moment) { time_ms, *n, circuit, state, cause };
	(*n)++;
}

/* The events, and the two moments of the whole lease that no axis has. */
static struct moment *moments(const struct story *s, unsigned int *n)
{
	const struct ocs_lease *l = s->lease;
	struct moment *m = calloc(s->nevents + 2, sizeof(*m));

	*n = 0;
	if (!m)
		return NULL;
	for (unsigned int i = 0; i < s->nevents; i++) {
		const struct ocs_event *e = &s->event[i];

		add_moment(m, n, e->time_ms, e->circuit, e->to, e->cause);
	}
	if (l->active_ms)
		add_moment(m, n, l->active_ms, "", "ACTIVE", "");
	if (l->gone_ms)
		add_moment(m, n, l->gone_ms, "", "GONE", "");
	qsort(m, *n, sizeof(*m), by_time);
	return m;
}

static const struct table_column moment_columns[] = {
	{ "TIME", TABLE_LEFT, NULL }, { "AFTER", TABLE_RIGHT, NULL },
	{ "CIRCUIT", TABLE_LEFT, NULL }, { "STATE", TABLE_LEFT, state_color },
	{ "CAUSE", TABLE_LEFT, NULL }, { NULL, TABLE_LEFT, NULL },
};

static const struct table_column job_columns[] = {
	{ "LEASE", TABLE_LEFT, NULL }, { "TIME", TABLE_LEFT, NULL },
	{ "AFTER", TABLE_RIGHT, NULL }, { "CIRCUIT", TABLE_LEFT, NULL },
	{ "STATE", TABLE_LEFT, state_color }, { "CAUSE", TABLE_LEFT, NULL },
	{ NULL, TABLE_LEFT, NULL },
};

/* Rows of the timeline of S; with the lease's id first if WITH_ID. */
static int moment_rows(struct table *t, const struct story *s, bool with_id)
{
	unsigned int n;
	struct moment *m = moments(s, &n);

	if (!m)
		return -1;
	for (unsigned int i = 0; i < n; i++) {
		char stamp[STAMP_TEXT_MAX];

		if (with_id)
			table_cell(t, "%s", s->lease->id);
		table_cell(t, "%s", stamp_format(m[i].time_ms, true, stamp));
		table_cell(t, "+%.3f", (double) (m[i].time_ms - m[0].time_ms) /
			   1000);
		table_cell(t, "%s", *m[i].circuit ? m[i].circuit : "-");
		table_cell(t, "%s", m[i].state);
		table_cell(t, "%s", m[i].cause);
	}
	free(m);
	return 0;
}

static const struct table_column circuit_columns[] = {
	{ "CIRCUIT", TABLE_LEFT, NULL }, { "ASKED", TABLE_RIGHT, NULL },
	{ "GRANTED", TABLE_RIGHT, NULL }, { "LATENCY", TABLE_RIGHT, NULL },
	{ "MEASURED", TABLE_RIGHT, NULL },
	{ "PROVISIONING", TABLE_LEFT, state_color },
	{ "DATA", TABLE_LEFT, state_color }, { "ROUTE", TABLE_LEFT, NULL },
	{ "PORTS", TABLE_LEFT, NULL },
	{ NULL, TABLE_LEFT, NULL },
};

/* Of strand S. */
static void cell_route(struct table *t, const struct ocs_lease *l,
		       unsigned int s)
{
	char text[OCS_HOPS_MAX * OCS_NAME_MAX] = "-";
	size_t used = 0;

	for (unsigned int i = 0; i < ocs_strand_nhops(l, s); i++) {
		int n = snprintf(text + used, sizeof(text) - used, "%s%s",
				 i ? "," : "", ocs_strand_hop(l, s, i));

		if (n < 0 || (size_t) n >= sizeof(text) - used)
			break;
		used += (size_t) n;
	}
	table_cell(t, "%s", text);
}

static void cell_ports(struct table *t, const struct ocs_lease *l,
		       unsigned int s)
{
	int k = ocs_strand_get(l, s).member;
	const struct ocs_member *m = k < 0 ? NULL : &l->member[k];

	if (m && (m->port_a[0] || m->port_z[0]))
		table_cell(t, "%s,%s", m->port_a[0] ? m->port_a : "-",
			   m->port_z[0] ? m->port_z : "-");
	else
		table_cell(t, "-");
}

static void cell_latency(struct table *t, uint64_t us)
{
	char time[OCS_TIME_TEXT_MAX];

	table_cell(t, "%s", us ? ocs_time_format(us, time) : "-");
}

static void circuit_row(struct table *t, const struct ocs_lease *l,
			unsigned int i)
{
	const struct ocs_circuit *c = &l->circuit[i];
	bool several = ocs_strand_get(l, i).several;
	char rate[OCS_RATE_TEXT_MAX], time[OCS_TIME_TEXT_MAX];

	table_cell(t, "%s-%s", c->a, c->z);
	table_cell(t, "%s", ocs_rate_format(c->requested_bps, rate));
	table_cell(t, "%s", ocs_rate_format(c->granted_bps, rate));
	cell_latency(t, c->latency_us);
	table_cell(t, "%s", c->measured_ms ?
		   ocs_time_format(c->measured_latency_us, time) : "-");
	table_cell(t, "%s", ocs_prov_name(c->prov));
	table_cell(t, "%s", ocs_data_name(c->data));
	if (several) {
		table_cell(t, "-");
		table_cell(t, "-");
		return;
	}
	cell_route(t, l, i);
	cell_ports(t, l, i);
}

/* Strand S, one of several. */
static void member_row(struct table *t, const struct ocs_lease *l,
		       unsigned int s)
{
	struct ocs_strand st = ocs_strand_get(l, s);
	const struct ocs_circuit *c = &l->circuit[st.circuit];
	char rate[OCS_RATE_TEXT_MAX];

	table_cell(t, "%s-%s/%u%s", c->a, c->z, st.nth + 1,
		   l->member[st.member].standby ? "(standby)" : "");
	table_cell(t, "-");
	table_cell(t, "%s", ocs_rate_format(ocs_strand_bps(l, s,
							   c->granted_bps),
					    rate));
	cell_latency(t, l->member[st.member].latency_us);
	table_cell(t, "-");
	table_cell(t, "%s", ocs_prov_name(ocs_strand_prov(l, s)));
	table_cell(t, "%s", ocs_data_name(ocs_strand_data(l, s)));
	cell_route(t, l, s);
	cell_ports(t, l, s);
}

static struct table *circuit_table(const struct ocs_lease *l)
{
	struct table *t = table_create(circuit_columns);
	int s;

	for (unsigned int i = 0; t && i < l->ncircuits; i++) {
		circuit_row(t, l, i);
		for (unsigned int k = 0; ocs_strand_get(l, i).several &&
					 (s = ocs_strand_find(l, i, k)) >= 0;
		     k++)
			member_row(t, l, (unsigned int) s);
	}
	return t;
}

static void print_stamps(const struct ocs_lease *l)
{
	char a[STAMP_TEXT_MAX], b[STAMP_TEXT_MAX], c[STAMP_TEXT_MAX];

	printf("   Held=%s Committed=%s Active=%s\n",
	       stamp_format(l->held_ms, false, a),
	       stamp_format(l->committed_ms, false, b),
	       stamp_format(l->active_ms, false, c));
	printf("   Ended=%s Gone=%s", stamp_format(l->ended_ms, false, a),
	       stamp_format(l->gone_ms, false, b));
	if (l->active_ms && l->committed_ms)
		printf(" SetupTime=%.3fs",
		       (double) (l->active_ms - l->committed_ms) / 1000);
	putchar('\n');
}

/* Which latency of a circuit counts, where it is from, and its age. */
static void print_latency(const struct ocs_circuit *c)
{
	int64_t at_ms = c->measured_ms ? c->measured_ms : c->latency_ms;
	int64_t age_s = (int64_t) time(NULL) - at_ms / 1000;
	char text[OCS_TIME_TEXT_MAX];

	printf("   Latency=%s-%s,%s Source=%s", c->a, c->z,
	       ocs_time_format(c->measured_ms ? c->measured_latency_us :
			       c->latency_us, text),
	       c->measured_ms ? "measured" : c->latency_reported ?
	       "reported" : "computed");
	if (at_ms)
		printf(" Age=%s", ocs_time_format(age_s > 0 ?
						  (uint64_t) age_s * 1000000 :
						  0, text));
	putchar('\n');
}

/* As scontrol show does it. */
static void print_details(const struct ocs_lease *l)
{
	char a[STAMP_TEXT_MAX], b[STAMP_TEXT_MAX], c[STAMP_TEXT_MAX];
	char user[CTL_USER_MAX];

	printf("Lease=%s State=%s\n", l->id, ocs_lease_word(l));
	printf("   Cluster=%s JobId=%" PRIu32 " User=%s(%" PRIu32
	       ") Restarts=%" PRIu32 "\n", l->cluster, l->job_id,
	       ctl_user(l, user), l->user_id, l->restart_cnt);
	printf("   SubmitTime=%s StartTime=%s EndTime=%s\n",
	       stamp_format(l->submit_s * 1000LL, false, a),
	       l->start_s ? stamp_format(l->start_s * 1000LL, false, c) :
	       "AtOnce",
	       l->end_s ? stamp_format(l->end_s * 1000LL, false, b) :
	       "Unknown");
	printf("   Schedule=%s Administrative=%s Version=%" PRIu32 "\n",
	       ocs_sched_name(l->sched), ocs_admin_name(l->admin), l->version);
	printf("   Reservation=%s Gbps=%" PRIu32, ocs_resv_name(l->resv),
	       ocs_lease_gbps(l));
	if (l->blame != OCS_BLAME_NONE)
		printf(" Blame=%s", ocs_blame_name(l->blame));
	if (*l->cause)
		printf(" Cause=%s", l->cause);
	putchar('\n');
	print_stamps(l);
	for (unsigned int i = 0; i < l->ncircuits; i++)
		print_latency(&l->circuit[i]);
	for (unsigned int i = 0; i < l->nsites; i++)
		printf("   Site=%s Nodes=%s\n", l->site[i].name,
		       l->site[i].nodes ? l->site[i].nodes : "-");
}

static void print_end(const char *site, const struct ocs_attach_end *end)
{
	printf(" %s=%s,%s%s", site, end->interface[0] ? end->interface : "-",
	       end->prefix[0] ? end->prefix : "-", end->hook ? ",hook" : "");
}

/* How traffic gets onto the circuits, where there is anything to say. */
static void print_attachments(const struct ocs_lease *l)
{
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		const struct ocs_circuit *c = &l->circuit[i];

		if (!c->at)
			continue;
		printf("   Attachment=%s-%s State=%s Vlan=%u Mtu=%" PRIu32,
		       c->a, c->z, ocs_attach_name(c->at->state), c->at->vlan,
		       c->at->mtu);
		print_end(c->a, &c->at->a);
		print_end(c->z, &c->at->z);
		if (c->at->cause[0])
			printf(" Cause=%s", c->at->cause);
		putchar('\n');
	}
}

/* Lease, circuits, timeline for people. */
static int print_story(struct ctl *ctl, const struct story *s)
{
	struct table *t;
	int rc;

	print_details(s->lease);
	print_attachments(s->lease);
	putchar('\n');
	rc = ctl_print_table(ctl, circuit_table(s->lease));
	if (rc)
		return rc;
	putchar('\n');
	t = table_create(moment_columns);
	if (t && moment_rows(t, s, false) < 0) {
		table_destroy(t);
		t = NULL;
	}
	return ctl_print_table(ctl, t);
}

/* {"lease":{...},"events":[...]}: what the agent sent has its own braces. */
static int print_story_json(const struct story *s)
{
	const char *events = strchr(s->events_json, '{');
	char *lease = ocs_wire_encode_lease(s->lease);

	if (!lease || !events) {
		free(lease);
		fputs("opticalctl: out of memory\n", stderr);
		return CTL_REFUSED;
	}
	printf("{\"lease\":%s,%s", lease, events + 1);
	free(lease);
	return CTL_OK;
}

static int print_stories(struct ctl *ctl, const struct story *s,
			 unsigned int n)
{
	int rc = CTL_OK;
	struct table *t;

	if (ctl->json) {
		fputs("{\"leases\":[", stdout);
		for (unsigned int i = 0; i < n && !rc; i++) {
			if (i)
				putchar(',');
			rc = print_story_json(&s[i]);
		}
		puts("]}");
		return rc;
	}
	if (ctl->parsable) {
		t = table_create(job_columns);
		for (unsigned int i = 0; t && i < n; i++)
			if (moment_rows(t, &s[i], true) < 0) {
				table_destroy(t);
				t = NULL;
			}
		return ctl_print_table(ctl, t);
	}
	for (unsigned int i = 0; i < n && !rc; i++) {
		if (i)
			putchar('\n');
		rc = print_story(ctl, &s[i]);
	}
	return rc;
}

int cmd_lease(struct ctl *ctl, int argc, char **argv)
{
	char id[OCS_LEASE_ID_MAX], path[96];
	struct story story = { .lease = NULL };
	struct ocs_error err;
	struct reply reply;
	int rc;

	if (ctl_lease_id(ctl, argv[0], id, &err) < 0)
		return err.code == OCS_SYNTAX && !ctl->client ?
			ctl_usage(ctl, "%s", err.text) : ctl_fail(ctl, &err);
	snprintf(path, sizeof(path), "/v1/leases/%s", id);
	if (ctl_request(ctl, "GET", path, NULL, &reply, &err) < 0)
		return ctl_fail(ctl, &err);
	story.lease = ocs_wire_decode_lease(reply.text, reply.len, &err);
	reply_fini(&reply);
	if (!story.lease || get_events(ctl, &story, &err) < 0)
		rc = ctl_fail(ctl, &err);
	else if (ctl->json)
		rc = print_story_json(&story);
	else
		rc = print_stories(ctl, &story, 1);
	if (ctl->json && !rc)
		putchar('\n');
	story_fini(&story);
	return rc;
}

/* Runs of a job in the order in which they were held. */
static int by_held(const void *x, const void *y)
{
	const struct story *a = x, *b = y;

	return a->lease->held_ms < b->lease->held_ms ? -1 :
	       a->lease->held_ms > b->lease->held_ms;
}

/* Move the leases into stories and fill in their events. */
static struct story *tell(struct ctl *ctl, struct ocs_lease **lease,
			  unsigned int n, struct ocs_error *err)
{
	struct story *s = calloc(n, sizeof(*s));

	if (!s) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	for (unsigned int i = 0; i < n; i++) {
		s[i].lease = lease[i];
		lease[i] = NULL;	/* the story owns it now */
	}
	qsort(s, n, sizeof(*s), by_held);
	for (unsigned int i = 0; i < n; i++) {
		if (get_events(ctl, &s[i], err) == 0)
			continue;
		while (n--)
			story_fini(&s[n]);
		free(s);
		return NULL;
	}
	return s;
}

int cmd_job(struct ctl *ctl, int argc, char **argv)
{
	char path[256];
	struct ocs_lease **lease = NULL;
	struct story *s = NULL;
	struct ocs_error err;
	struct reply reply;
	unsigned int n = 0;
	int rc;

	if (strspn(argv[0], "0123456789") != strlen(argv[0]) ||
	    !ctl_plain(argv[0]) || strlen(argv[0]) > 10)
		return ctl_usage(ctl, "'%s' is no job id: the number that `scontrol show job` calls JobId is",
				 argv[0]);
	if (ctl->cluster && !ctl_plain(ctl->cluster))
		return ctl_usage(ctl, "'%s' is no cluster's name", ctl->cluster);
	snprintf(path, sizeof(path), "/v1/leases?all=1&job_id=%s%s%s", argv[0],
		 ctl->cluster ? "&cluster=" : "",
		 ctl->cluster ? ctl->cluster : "");
	if (ctl_request(ctl, "GET", path, NULL, &reply, &err) < 0)
		return ctl_fail(ctl, &err);
	rc = ocs_wire_decode_leases(reply.text, reply.len, &lease, &n, &err);
	reply_fini(&reply);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	if (!n)
		ocs_fail(&err, OCS_NOT_FOUND,
			 "job %s has no lease that the agent knows%s: it runs in one site, has not started, or is long gone",
			 argv[0], ctl->cluster ? " in that cluster" : "");
	else
		s = tell(ctl, lease, n, &err);
	rc = s ? print_stories(ctl, s, n) : ctl_fail(ctl, &err);
	for (unsigned int i = 0; s && i < n; i++)
		story_fini(&s[i]);
	free(s);
	ctl_leases_destroy(lease, n);
	return rc;
}
