// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * metrics - counts of requests, and the text that monitoring reads
 *
 * The engine counts leases, the server tells requests. Each metric is there
 * from the start, at 0, so that rates and alerts work at the first event.
 */
#include "agent/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/api.h"
#include "agent/text.h"
#include "common/sys/clock.h"
#include "ocs_config.h"

/* The worker looks at its timers when they are due; so late it is stuck. */
#define LATE_MS 30000

static const int statuses[] = {
	200, 201, 202, 400, 401, 403, 404, 405, 409, 413, 422, 423, 500, 501,
	503, 504,
};
#define NSTATUSES (sizeof(statuses) / sizeof(statuses[0]))
#define NCODES (OCS_INTERNAL + 1)

struct route_counts {
	atomic_uint_fast64_t status[NSTATUSES + 1];	/* last: others */
	atomic_uint_fast64_t bucket[OCS_TIMES_MAX];
	atomic_uint_fast64_t sum_us;
};

struct ocs_metrics {
	const struct ocs_agent_conf *conf;
	struct ocs_engine *engine;
	int64_t start_ms;	/* Unix */
	atomic_uint_fast64_t code[NCODES];
	struct route_counts route[OCS_API_ROUTES_MAX];
	atomic_int_fast64_t ends_s[OCS_TLS_NFILES];
	pthread_mutex_t lock;	/* guards what is below */
	unsigned int nseen;
	struct {
		char name[OCS_NAME_MAX];
		int64_t ms;	/* Unix */
	} seen[OCS_PING_CLUSTERS_MAX];
};

struct ocs_metrics *ocs_metrics_create(const struct ocs_agent_conf *conf,
				       struct ocs_engine *engine,
				       struct ocs_error *err)
{
	struct ocs_metrics *m = calloc(1, sizeof(*m));

	if (!m) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	m->conf = conf;
	m->engine = engine;
	m->start_ms = ocs_clock_unix_ms();
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void ocs_metrics_destroy(struct ocs_metrics *m)
{
	if (!m)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* ---- counting ---- */

void ocs_metrics_request(struct ocs_metrics *m,
			 const struct ocs_metrics_request *req)
{
	struct route_counts *r =
		&m->route[req->route < OCS_API_ROUTES_MAX ? req->route : 0];
	unsigned int s = 0, b = 0;

	while (s < NSTATUSES && statuses[s] != req->status)
		s++;
	atomic_fetch_add(&r->status[s], 1);
	if ((unsigned int) req->code < NCODES)
		atomic_fetch_add(&m->code[req->code], 1);
	if (req->waited)
		return;
	while (b < ocs_times_short.n && req->us > ocs_times_short.us[b])
		b++;
	atomic_fetch_add(&r->bucket[b], 1);
	atomic_fetch_add(&r->sum_us, req->us);
}

void ocs_metrics_seen(struct ocs_metrics *m, const struct ocs_caller *caller)
{
	int64_t now = ocs_clock_unix_ms();

	if (caller->role != OCS_ROLE_CLUSTER)
		return;
	pthread_mutex_lock(&m->lock);
	for (unsigned int i = 0; i < caller->nclusters; i++) {
		unsigned int j = 0;

		while (j < m->nseen &&
		       strcmp(m->seen[j].name, caller->cluster[i]))
			j++;
		if (j == OCS_PING_CLUSTERS_MAX)
			continue;
		if (j == m->nseen) {
			strcpy(m->seen[j].name, caller->cluster[i]);
			m->nseen++;
		}
		m->seen[j].ms = now;
	}
	pthread_mutex_unlock(&m->lock);
}

void ocs_metrics_certificate(struct ocs_metrics *m, enum ocs_tls_file file,
			     int64_t ends_s)
{
	atomic_store(&m->ends_s[file], ends_s);
}

/* ---- the text ---- */

static void head(struct ocs_text *t, const char *name, const char *type,
		 const char *help)
{
	ocs_text_add(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		     type);
}

static void one(struct ocs_text *t, const char *name, const char *type,
		const char *help, uint64_t value)
{
	head(t, name, type, help);
	ocs_text_add(t, "%s %" PRIu64 "\n", name, value);
}

/* Microseconds as seconds, to the last digit. */
static void add_s(struct ocs_text *t, uint64_t us)
{
	ocs_text_add(t, "%" PRIu64 ".%06" PRIu64 "\n", us / 1000000,
		     us % 1000000);
}

/* LABELS: `a="b",` or "". */
static void times(struct ocs_text *t, const char *name, const char *labels,
		  const struct ocs_times_bounds *bounds,
		  const struct ocs_times *times_of)
{
	int len = (int) strlen(labels);
	uint64_t n = 0;

	for (unsigned int i = 0; i <= bounds->n; i++) {
		n += times_of->bucket[i];
		ocs_text_add(t, "%s_bucket{%sle=\"", name, labels);
		if (i == bounds->n)
			ocs_text_add(t, "+Inf");
		else
			ocs_text_add(t, "%g", (double) bounds->us[i] / 1e6);
		ocs_text_add(t, "\"} %" PRIu64 "\n", n);
	}
	if (len)
		len--;		/* the last comma */
	ocs_text_add(t, "%s_sum%s%.*s%s ", name, len ? "{" : "", len, labels,
		     len ? "}" : "");
	add_s(t, times_of->sum_us);
	ocs_text_add(t, "%s_count%s%.*s%s %" PRIu64 "\n", name, len ? "{" : "",
		     len, labels, len ? "}" : "", n);
}

static void add_agent(struct ocs_text *t, const struct ocs_metrics *m,
		      const struct ocs_stats *s)
{
	const struct ocs_driver_ops *ops = ocs_engine_driver(m->engine)->ops;

	head(t, "opticald_build_info", "gauge", "What this agent is.");
	ocs_text_add(t, "opticald_build_info{version=\"%s\",driver=\"%s\"} 1\n",
		     PACKAGE_VERSION, ops->name);
	one(t, "opticald_simulated", "gauge",
	    "1 when the network is only simulated.", ops->simulated);
	one(t, "opticald_ready", "gauge",
	    "1 when it takes reservations; as /readyz.",
	    s->running && !s->disk_failed && s->late_ms < LATE_MS);
	one(t, "opticald_generation", "gauge",
	    "Number of the state that it shows.", s->generation);
	head(t, "opticald_worker_late_seconds", "gauge",
	     "Since the engine's worker should have looked at its timers.");
	ocs_text_add(t, "opticald_worker_late_seconds ");
	add_s(t, s->late_ms * 1000);
}

/* One gauge of all links; OF: which. */
enum link_value {
	LINK_CAPACITY, LINK_BOOKED, LINK_DOWN, LINK_DRAINED, LINK_FROZEN,
	LINK_MAINTENANCE,
	LINK_VALUES
};

static uint64_t link_value(const struct ocs_stats *s, unsigned int i,
			   enum link_value of)
{
	const struct ocs_link *l = &s->net.link[i];

	switch (of) {
	case LINK_CAPACITY:
		return l->capacity_bps;
	case LINK_BOOKED:
		return l->booked_bps;
	case LINK_DOWN:
		return l->down;
	case LINK_DRAINED:
		return l->drained;
	case LINK_FROZEN:
		return l->frozen;
	case LINK_MAINTENANCE:
	case LINK_VALUES:
		break;
	}
	return s->maintenance[i];
}

static void add_links(struct ocs_text *t, const struct ocs_stats *s)
{
	static const struct {
		const char *name, *help;
	} metrics[LINK_VALUES] = {
		{ "opticald_link_capacity_bps",
		  "What a link carries, in bits per second." },
		{ "opticald_link_booked_bps",
		  "What is booked on it now, in bits per second." },
		{ "opticald_link_down",
		  "1 when its data plane is reported down." },
		{ "opticald_link_drained",
		  "1 when an operator or the configuration drained it." },
		{ "opticald_link_frozen",
		  "1 when an operator lets nothing of it be changed." },
		{ "opticald_link_maintenance",
		  "1 when it is drained or in a maintenance window." },
	};

	for (unsigned int k = 0; k < LINK_VALUES; k++) {
		head(t, metrics[k].name, "gauge", metrics[k].help);
		for (unsigned int i = 0; i < s->net.nlinks; i++) {
			const struct ocs_link *l = &s->net.link[i];

			ocs_text_add(t, "%s{link=\"%s\",a=\"%s\",z=\"%s\"} %"
				     PRIu64 "\n", metrics[k].name, l->name,
				     s->net.site[l->a].name,
				     s->net.site[l->z].name,
				     link_value(s, i, (enum link_value) k));
		}
	}
	one(t, "opticald_unknown_circuits", "gauge",
	    "Circuits of the network that the ledger does not know.",
	    s->strays);
	one(t, "opticald_maintenance_windows", "gauge",
	    "Maintenance windows that are not over.", s->windows);
	head(t, "opticald_operations_waiting", "gauge",
	     "Changes of the network that operators' rules keep back.");
	for (unsigned int i = 1; i < OCS_STATS_GATES; i++)
		ocs_text_add(t, "opticald_operations_waiting{why=\"%s\"} %"
			     PRIu64 "\n", ocs_stats_gates[i], s->waits[i]);
}

static void add_seen(struct ocs_text *t, struct ocs_metrics *m)
{
	head(t, "opticald_cluster_seen_timestamp_seconds", "gauge",
	     "When a cluster last sent a request.");
	pthread_mutex_lock(&m->lock);
	for (unsigned int i = 0; i < m->nseen; i++)
		ocs_text_add(t, "opticald_cluster_seen_timestamp_seconds{cluster=\"%s\"} %"
			     PRId64 ".%03d\n", m->seen[i].name,
			     m->seen[i].ms / 1000,
			     (int) (m->seen[i].ms % 1000));
	pthread_mutex_unlock(&m->lock);
}

static void add_clusters(struct ocs_text *t, const struct ocs_stats *s)
{
	head(t, "opticald_leases", "gauge",
	     "Leases by cluster and state; those that are gone don't count.");
	for (unsigned int i = 0; i < s->nclusters; i++)
		for (unsigned int w = 0; w < OCS_STATS_WORDS; w++)
			ocs_text_add(t, "opticald_leases{cluster=\"%s\",state=\"%s\"} %"
				     PRIu64 "\n", s->cluster[i].name,
				     ocs_stats_words[w],
				     s->cluster[i].leases[w]);
	head(t, "opticald_cluster_brake", "gauge",
	     "1 when the brake of a cluster waits for opticalctl confirm.");
	for (unsigned int i = 0; i < s->nclusters; i++)
		ocs_text_add(t, "opticald_cluster_brake{cluster=\"%s\"} %d\n",
			     s->cluster[i].name, s->cluster[i].brake);
	head(t, "opticald_cluster_removals_held", "gauge",
	     "Leases whose removal the brake holds back.");
	for (unsigned int i = 0; i < s->nclusters; i++)
		ocs_text_add(t, "opticald_cluster_removals_held{cluster=\"%s\"} %u\n",
			     s->cluster[i].name, s->cluster[i].held_back);
	head(t, "opticald_cluster_removals", "gauge",
	     "Removals by reconcile that count against the brake.");
	for (unsigned int i = 0; i < s->nclusters; i++)
		ocs_text_add(t, "opticald_cluster_removals{cluster=\"%s\"} %u\n",
			     s->cluster[i].name, s->cluster[i].removals);
}

static void add_leases(struct ocs_text *t, const struct ocs_stats *s)
{
	head(t, "opticald_circuits", "gauge",
	     "Circuits of leases that are not gone.");
	for (int p = 0; p < OCS_STATS_PROVS; p++)
		for (int d = 0; d < OCS_STATS_DATAS; d++)
			ocs_text_add(t, "opticald_circuits{provisioning=\"%s\",data_plane=\"%s\"} %"
				     PRIu64 "\n",
				     ocs_prov_name((enum ocs_prov) p),
				     ocs_data_name((enum ocs_data) d),
				     s->circuit[p][d]);
	head(t, "opticald_lease_events_total", "counter",
	     "What happened to leases.");
	for (int i = 0; i < OCS_STATS_EVENTS; i++)
		ocs_text_add(t, "opticald_lease_events_total{event=\"%s\"} %"
			     PRIu64 "\n", ocs_stats_events[i], s->event[i]);
	head(t, "opticald_setup_seconds", "histogram",
	     "From the commit of a lease, or its start, to ACTIVE.");
	times(t, "opticald_setup_seconds", "", &ocs_times_long, &s->setup);
	head(t, "opticald_driver_operations_total", "counter",
	     "What the driver was asked for and how it ended.");
	for (int o = 0; o < OCS_STATS_OPS; o++)
		for (int r = 0; r < OCS_STATS_OUTCOMES; r++)
			ocs_text_add(t, "opticald_driver_operations_total{operation=\"%s\",outcome=\"%s\"} %"
				     PRIu64 "\n", ocs_stats_ops[o],
				     ocs_stats_outcomes[r], s->op[o][r]);
}

static void add_attachments(struct ocs_text *t, const struct ocs_stats *s)
{
	static const char *const action[] = { "detach", "attach" };

	head(t, "opticald_attach_calls_total", "counter",
	     "Calls of attachment programs and how they ended.");
	for (int a = 0; a < 2; a++)
		for (int r = 0; r < OCS_STATS_ATTACHED; r++)
			ocs_text_add(t, "opticald_attach_calls_total{action=\"%s\",outcome=\"%s\"} %"
				     PRIu64 "\n", action[a],
				     ocs_stats_attached[r], s->attach[a][r]);
	head(t, "opticald_attach_failing", "gauge",
	     "Circuits whose attachment program fails and is called again.");
	ocs_text_add(t, "opticald_attach_failing %u\n", s->attach_failing);
}

static uint64_t file_bytes(const char *path, const char *suffix)
{
	char name[300];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &st) == 0 ? (uint64_t) st.st_size : 0;
}

static void add_ledger(struct ocs_text *t, const struct ocs_metrics *m,
		       const struct ocs_stats *s)
{
	const char *path = m->conf->ledger;
	char dir[sizeof(m->conf->ledger)];
	struct statvfs fs;

	one(t, "opticald_ledger_transactions_total", "counter",
	    "Transactions that ended.", s->transactions);
	one(t, "opticald_ledger_unsettled", "gauge",
	    "Transactions that wait for the disk.", s->unsettled);
	one(t, "opticald_ledger_failed", "gauge",
	    "1 when the disk failed: restart opticald.", s->disk_failed);
	head(t, "opticald_ledger_sync_seconds", "histogram",
	     "How long the disk took.");
	times(t, "opticald_ledger_sync_seconds", "", &ocs_times_short,
	      &s->sync);
	one(t, "opticald_ledger_bytes", "gauge", "Size of the database.",
	    file_bytes(path, ""));
	one(t, "opticald_ledger_log_bytes", "gauge",
	    "Size of its write-ahead log.", file_bytes(path, "-wal"));
	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = '\0';
	if (statvfs(dir[0] ? dir : "/", &fs) == 0)
		one(t, "opticald_ledger_disk_free_bytes", "gauge",
		    "What is free on its file system.",
		    (uint64_t) fs.f_bavail * fs.f_frsize);
}

static void add_requests(struct ocs_text *t, struct ocs_metrics *m)
{
	char labels[160];

	head(t, "opticald_requests_total", "counter",
	     "Requests of the API by route and HTTP status.");
	for (unsigned int r = 0; r < OCS_API_ROUTES_MAX; r++) {
		if (!ocs_api_route_name(r, labels, sizeof(labels)))
			break;
		for (unsigned int i = 0; i <= NSTATUSES; i++) {
			uint64_t n = atomic_load(&m->route[r].status[i]);

			if (!n)
				continue;
			ocs_text_add(t, "opticald_requests_total{%s,status=\"",
				     labels);
			if (i == NSTATUSES)
				ocs_text_add(t, "other");
			else
				ocs_text_add(t, "%d", statuses[i]);
			ocs_text_add(t, "\"} %" PRIu64 "\n", n);
		}
	}
	head(t, "opticald_refusals_total", "counter",
	     "Requests of the API that were refused, by the problem's code.");
	for (int i = OCS_OK + 1; i < (int) NCODES; i++)
		ocs_text_add(t, "opticald_refusals_total{code=\"%s\"} %"
			     PRIu64 "\n", ocs_code_name((enum ocs_code) i),
			     (uint64_t) atomic_load(&m->code[i]));
	head(t, "opticald_request_seconds", "histogram",
	     "How long requests took that did not ask to wait.");
	for (unsigned int r = 0; r < OCS_API_ROUTES_MAX; r++) {
		struct ocs_times took = { .sum_us =
			atomic_load(&m->route[r].sum_us) };
		uint64_t n = 0;

		if (!ocs_api_route_name(r, labels, sizeof(labels) - 1))
			break;
		for (unsigned int i = 0; i <= ocs_times_short.n; i++)
			n += took.bucket[i] =
				atomic_load(&m->route[r].bucket[i]);
		strcat(labels, ",");
		if (n)
			times(t, "opticald_request_seconds", labels,
			      &ocs_times_short, &took);
	}
}

static void add_certificates(struct ocs_text *t, const struct ocs_metrics *m)
{
	head(t, "opticald_certificate_end_timestamp_seconds", "gauge",
	     "When a file of TLS is no longer valid.");
	for (enum ocs_tls_file f = 0; f < OCS_TLS_NFILES; f++) {
		int64_t ends_s = atomic_load(&m->ends_s[f]);

		if (ends_s > 0)
			ocs_text_add(t, "opticald_certificate_end_timestamp_seconds{file=\"%s\"} %"
				     PRId64 "\n", ocs_tls_file_key(f),
				     ends_s);
	}
}

static uint64_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n > 3 ? n - 3 : 0;	/* ".", ".." and our own */
}

static uint64_t resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(f);
	return (uint64_t) pages * (uint64_t) sysconf(_SC_PAGESIZE);
}

/* The names that Prometheus' own libraries have. */
static void add_process(struct ocs_text *t, const struct ocs_metrics *m)
{
	struct rusage ru = { 0 };
	struct rlimit rl = { 0 };

	getrusage(RUSAGE_SELF, &ru);
	getrlimit(RLIMIT_NOFILE, &rl);
	head(t, "process_cpu_seconds_total", "counter",
	     "User and system time.");
	ocs_text_add(t, "process_cpu_seconds_total ");
	add_s(t, (uint64_t) (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) *
	      1000000 + (uint64_t) (ru.ru_utime.tv_usec +
				    ru.ru_stime.tv_usec));
	one(t, "process_resident_memory_bytes", "gauge", "Memory in use.",
	    resident_bytes());
	one(t, "process_open_fds", "gauge", "Open files and connections.",
	    open_files());
	one(t, "process_max_fds", "gauge", "How many there may be.",
	    (uint64_t) rl.rlim_cur);
	head(t, "process_start_time_seconds", "gauge",
	     "When the process started.");
	ocs_text_add(t, "process_start_time_seconds ");
	add_s(t, (uint64_t) m->start_ms * 1000);
}

char *ocs_metrics_text(struct ocs_metrics *m, struct ocs_error *err)
{
	struct ocs_text t = { 0 };
	struct ocs_stats s;
	char *text;

	if (ocs_engine_stats(m->engine, &s, err) < 0)
		return NULL;
	add_agent(&t, m, &s);
	add_links(&t, &s);
	add_clusters(&t, &s);
	add_seen(&t, m);
	add_leases(&t, &s);
	add_attachments(&t, &s);
	add_ledger(&t, m, &s);
	add_requests(&t, m);
	add_certificates(&t, m);
	add_process(&t, m);
	ocs_stats_fini(&s);
	if (!(text = ocs_text_take(&t)))
		ocs_fail(err, OCS_NOMEM, "out of memory");
	return text;
}

/* ---- health ---- */

bool ocs_metrics_alive(struct ocs_metrics *m)
{
	struct ocs_stats s;
	bool alive;

	if (ocs_engine_stats(m->engine, &s, NULL) < 0)
		return true;	/* slow, and here */
	alive = s.late_ms < LATE_MS;
	ocs_stats_fini(&s);
	return alive;
}

char *ocs_metrics_trouble(struct ocs_metrics *m)
{
	struct ocs_text t = { 0 };
	struct ocs_stats s;

	if (ocs_engine_stats(m->engine, &s, NULL) < 0)
		return NULL;
	ocs_text_add(&t, "%s", "");
	if (!s.running)
		ocs_text_add(&t, "stopping\n");
	if (s.disk_failed)
		ocs_text_add(&t, "the ledger's disk failed: restart opticald\n");
	if (s.late_ms >= LATE_MS)
		ocs_text_add(&t, "the engine's worker stands still\n");
	ocs_stats_fini(&s);
	return ocs_text_take(&t);
}
