// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests what monitoring is told: counts that agree with the leases after any
 * history, an agent that stands still, no memory, the service manager.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent/engine.h"
#include "agent/log.h"
#include "agent/metrics.h"
#include "agent/notify.h"
#include "agent/public.h"
#include "common/sys/clock.h"
#include "common/wire/wire.h"
#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"

#define G UINT64_C(1000000000)
#define LEASES 40
#define STEPS 3000
#define SEED 20261

static atomic_llong ahead_ms;

static int64_t read_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000 +
	       atomic_load(&ahead_ms) * 1000;
}

int64_t ocs_clock_unix_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

uint64_t ocs_clock_mono_us(void)
{
	return (uint64_t) read_us(CLOCK_MONOTONIC);
}

uint64_t ocs_clock_mono_ms(void)
{
	return ocs_clock_mono_us() / 1000;
}

static char dir[] = "/tmp/ocs-t_ops.XXXXXX";
static char sim_path[64];
static struct ocs_agent_conf conf;
static struct ocs_store *store;
static struct ocs_driver *drv;
static struct ocs_engine *engine;
static struct ocs_metrics *metrics;

static void init_conf(void)
{
	static struct ocs_site sites[] = { { .name = "paris" }, { .name = "lyon" },
					    { .name = "nice" } };
	static struct ocs_link links[] = {
		{ .name = "par-lyo", .a = 0, .z = 1,
		  .capacity_bps = 1600 * G, .granule_bps = G,
		  .latency_us = 2274 },
		{ .name = "spare", .a = 1, .z = 0, .capacity_bps = 400 * G,
		  .granule_bps = 400 * G, .latency_us = 9000 },
		{ .name = "lyo-nce", .a = 1, .z = 2, .capacity_bps = 800 * G,
		  .granule_bps = G, .latency_us = 1490 },
	};

	snprintf(conf.ledger, sizeof(conf.ledger), "%s/ledger.db", dir);
	snprintf(sim_path, sizeof(sim_path), "%s/sim", dir);
	conf.net.nsites = 3;
	conf.net.site = sites;
	conf.net.nlinks = 3;
	conf.net.link = links;
	conf.hold_ttl_ms = 60000;
	conf.grace_s = 10;
	conf.overdue_max_s = 3600;
	conf.users.nclusters = 2;
	strcpy(conf.users.cluster[0].cluster, "alpha");
	strcpy(conf.users.cluster[1].cluster, "beta");
}

static void boot(bool start)
{
	struct ocs_error err;

	store = ocs_store_open(conf.ledger, &err);
	drv = ocs_driver_sim_create(sim_path, conf.net.link, conf.net.nlinks,
				    0, 0, &err);
	engine = store && drv ? ocs_engine_create(&conf, store, drv, &err) :
		 NULL;
	metrics = engine ? ocs_metrics_create(&conf, engine, &err) : NULL;
	if (metrics && (!start || ocs_engine_start(engine, &err) == 0))
		return;
	printf("Bail out! %s\n", err.text);
	exit(1);
}

static void halt(void)
{
	ocs_engine_stop(engine);
	ocs_metrics_destroy(metrics);
	ocs_engine_destroy(engine);
	drv->ops->destroy(drv);
	ocs_store_close(store);
}

/* ---- histories ---- */

static uint64_t state = SEED;

static unsigned int roll(unsigned int n)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned int) (state >> 33) % n;
}

static struct ocs_lease *want(unsigned int n)
{
	struct ocs_lease *l = ocs_lease_create();
	int64_t now = ocs_clock_unix_ms() / 1000;

	snprintf(l->id, sizeof(l->id), "%032x", n);
	strcpy(l->cluster, n % 2 ? "alpha" : "beta");
	l->job_id = n;
	l->end_s = n % 3 ? now + 30 : 0;
	l->nsites = 3;
	strcpy(l->site[0].name, "paris");
	strcpy(l->site[1].name, "lyon");
	strcpy(l->site[2].name, "nice");
	l->ncircuits = 1 + n % 2;
	l->circuit = calloc(2, sizeof(*l->circuit));
	for (unsigned int i = 0; i < 2; i++) {
		strcpy(l->circuit[i].a, i ? "lyon" : "paris");
		strcpy(l->circuit[i].z, i ? "nice" : "lyon");
		l->circuit[i].requested_bps = (1 + n % 7) * 20 * G;
	}
	return l;
}

static unsigned int newest = LEASES;

static void step(void)
{
	char id[OCS_LEASE_ID_MAX];
	struct ocs_release rel = { .id = id, .why = "job", .who = "test",
				   .any_epoch = true };
	unsigned int n = newest - roll(LEASES);
	struct ocs_lease *l = want(n);
	struct ocs_lease_ref *ref = NULL;
	struct ocs_error err;
	uint64_t seq;
	bool flag;

	strcpy(id, l->id);
	switch (roll(12)) {
	case 0: case 1: case 2:
		ocs_engine_hold(engine, l, &ref, &flag, &err);
		break;
	case 3: case 4: case 5:
		ocs_engine_commit(engine, l, &ref, &flag, &seq, &err);
		break;
	case 6: case 7: case 8:
		ocs_engine_release(engine, &rel, &ref, &flag, &seq, &err);
		break;
	case 9:
		if (roll(3))
			break;
		drv->ops->fault(drv, "*", roll(2) ? "refuse" : "fail_late", 1,
				&err);
		break;
	case 10:
		drv->ops->fault(drv, "par-lyo", roll(5) ? "recover" : "cut",
				1, &err);
		break;
	case 11:
		atomic_fetch_add(&ahead_ms, roll(20000));
		newest++;
		break;
	}
	ocs_lease_ref_put(ref);
	ocs_lease_destroy(l);
}

/* What the leases themselves say, in NAME's. */
static void count(struct ocs_lease **lease, unsigned int n, const char *name,
		  uint64_t words[OCS_STATS_WORDS],
		  uint64_t circuits[OCS_STATS_PROVS][OCS_STATS_DATAS])
{
	for (unsigned int i = 0; i < n; i++) {
		const struct ocs_lease *l = lease[i];

		if (strcmp(l->cluster, name))
			continue;
		for (unsigned int w = 0; w < OCS_STATS_WORDS; w++)
			words[w] += !strcmp(ocs_lease_word(l),
					    ocs_stats_words[w]);
		for (unsigned int c = 0; c < l->ncircuits; c++)
			circuits[l->circuit[c].prov][l->circuit[c].data]++;
	}
}

static bool same(const struct ocs_stats *s, struct ocs_lease **lease,
		 unsigned int n)
{
	uint64_t circuits[OCS_STATS_PROVS][OCS_STATS_DATAS] = { 0 };
	bool good = true;

	for (unsigned int i = 0; i < s->nclusters; i++) {
		uint64_t words[OCS_STATS_WORDS] = { 0 };

		count(lease, n, s->cluster[i].name, words, circuits);
		good &= !memcmp(words, s->cluster[i].leases, sizeof(words));
	}
	return good && !memcmp(circuits, s->circuit, sizeof(circuits));
}

/* 1 they agree, 0 they don't, -1 something changed in between. */
static int agree(void)
{
	const struct ocs_caller caller = { .role = OCS_ROLE_OPERATOR };
	const struct ocs_lease_query q = { .cluster = "", .after = "" };
	uint64_t before = ocs_engine_generation(engine);
	struct ocs_lease **lease = NULL;
	unsigned int n = 0;
	struct ocs_stats s = { 0 };
	struct ocs_error err;
	char *text = ocs_engine_leases_text(engine, &caller, &q, &err);
	int rc = 0;

	if (text && ocs_engine_stats(engine, &s, &err) == 0 &&
	    ocs_wire_decode_leases(text, strlen(text), &lease, &n, &err) == 0)
		rc = s.generation != before ? -1 : same(&s, lease, n);
	for (unsigned int i = 0; i < n; i++)
		ocs_lease_destroy(lease[i]);
	free(lease);
	free(text);
	ocs_stats_fini(&s);
	return rc;
}

static void test_counts(void)
{
	unsigned int bad = 0, compared = 0;
	struct ocs_stats s;

	boot(true);
	for (unsigned int i = 0; i < STEPS; i++) {
		int rc;

		step();
		for (unsigned int t = 0; (rc = agree()) < 0 && t < 1000; t++)
			;
		compared += rc >= 0;
		bad += rc == 0;
		if (i % 500 == 499 && i < STEPS / 2) {
			halt();
			boot(true);
		}
	}
	is_num(bad, 0, "counts and leases agree");
	ok(compared > STEPS / 2, "compared %u times", compared);
	if (!ok(ocs_engine_stats(engine, &s, NULL) == 0, "stats"))
		return;
	for (unsigned int i = 0; i < OCS_STATS_EVENTS; i++)
		if (i != OCS_EV_CHANGED)
			ok(s.event[i], "event %s: %" PRIu64,
			   ocs_stats_events[i], s.event[i]);
	ocs_stats_fini(&s);
	halt();
}

/* ---- standing still ---- */

static void test_still(void)
{
	struct ocs_lease *l = want(1000001);
	struct ocs_lease_ref *ref = NULL;
	struct ocs_target target = { .nsegments = 1, .segment = { "healthz" } };
	struct ocs_api api = { 0 };
	struct ocs_reply reply;
	struct ocs_error err;
	char *text;
	bool fresh;

	boot(false);		/* its worker never runs */
	api.engine = engine;
	api.metrics = metrics;
	ok(ocs_metrics_alive(metrics), "alive");
	text = ocs_metrics_trouble(metrics);
	is_str(text, "", "and ready");
	free(text);
	ok(ocs_engine_hold(engine, l, &ref, &fresh, &err) == 0, "a hold: %s",
	   err.text);
	atomic_fetch_add(&ahead_ms, 29000);
	ok(ocs_metrics_alive(metrics), "29 s late: alive still");
	atomic_fetch_add(&ahead_ms, 2000);
	ok(!ocs_metrics_alive(metrics), "31 s late: not alive");
	ocs_public_handle(&api, "GET", &target, &reply);
	is_num(reply.status, 503, "healthz");
	free(reply.body);
	text = ocs_metrics_trouble(metrics);
	is_str(text, "the engine's worker stands still\n", "nor ready");
	free(text);
	text = ocs_metrics_text(metrics, &err);
	ok(text && strstr(text, "\nopticald_ready 0\n"), "as told");
	free(text);
	ocs_lease_ref_put(ref);
	ocs_lease_destroy(l);
	halt();
}

/* ---- no memory, odd names ---- */

static void test_memory(void)
{
	struct ocs_error err;
	char *text;
	long made;

	boot(false);
	NOMEM_EACH(made, text = ocs_metrics_text(metrics, &err),
		   !text && err.code == OCS_NOMEM);
	ok(text && made > 3, "metrics: each of %ld allocations may fail",
	   made);
	free(text);
	NOMEM_EACH(made, text = ocs_public_page(engine, &err),
		   !text && err.code == OCS_NOMEM);
	ok(text && made > 3, "page: each of %ld allocations may fail", made);
	free(text);
	NOMEM_EACH(made, text = ocs_metrics_trouble(metrics), !text);
	ok(text && made > 1, "readiness: each of %ld", made);
	free(text);
	halt();

	/* names are checked where they come in; the page trusts nobody */
	strcpy(conf.net.link[1].name, "<b>&\"x");
	boot(false);
	text = ocs_public_page(engine, &err);
	ok(text && strstr(text, "&lt;b>&amp;&quot;x") &&
	   !strstr(text, "<b>"), "the page quotes names");
	free(text);
	strcpy(conf.net.link[1].name, "spare");
	halt();
}

static void test_requests(void)
{
	struct ocs_metrics_request req = { .route = 3, .status = 201,
					   .us = 2000 };
	struct ocs_caller caller = { .role = OCS_ROLE_CLUSTER, .nclusters = 1,
				     .cluster = { "alpha" } };
	struct ocs_error err;
	char labels[160], line[256], *text;

	boot(false);
	ocs_metrics_request(metrics, &req);
	req.us = 11000000;
	ocs_metrics_request(metrics, &req);
	req.waited = true;
	ocs_metrics_request(metrics, &req);
	req.status = 418;
	req.route = 9999;
	req.code = (enum ocs_code) 99;
	ocs_metrics_request(metrics, &req);
	strcpy(caller.cluster[0], "nobody");
	caller.role = OCS_ROLE_USER;
	ocs_metrics_seen(metrics, &caller);
	caller.role = OCS_ROLE_CLUSTER;
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(caller.cluster[0], OCS_NAME_MAX, "c%u", i);
		ocs_metrics_seen(metrics, &caller);
	}
	text = ocs_metrics_text(metrics, &err);
	ok(ocs_api_route_name(3, labels, sizeof(labels)), "a route: %s",
	   labels);
	snprintf(line, sizeof(line),
		 "opticald_requests_total{%s,status=\"201\"} 3\n", labels);
	ok(text && strstr(text, line), "three requests");
	snprintf(line, sizeof(line),
		 "opticald_request_seconds_bucket{%s,le=\"0.0025\"} 1\n",
		 labels);
	ok(text && strstr(text, line), "one was fast");
	snprintf(line, sizeof(line),
		 "opticald_request_seconds_bucket{%s,le=\"10\"} 1\n", labels);
	ok(text && strstr(text, line), "one was not");
	snprintf(line, sizeof(line),
		 "opticald_request_seconds_sum{%s} 11.002000\n", labels);
	ok(text && strstr(text, line), "both together");
	ok(text && strstr(text, "{method=\"\",route=\"\",status=\"other\"} 1\n"),
	   "what is nowhere else");
	ok(text && strstr(text, "seen_timestamp_seconds{cluster=\"c31\"}") &&
	   !strstr(text, "{cluster=\"c32\"}") && !strstr(text, "nobody"),
	   "clusters seen are bounded");
	free(text);
	ok(!ocs_api_route_name(OCS_API_ROUTES_MAX, labels, sizeof(labels)),
	   "no route");
	halt();
}

/* ---- the service manager ---- */

static void receive(int fd, const char *want_text, const char *what)
{
	char buf[2048];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	buf[n > 0 ? n : 0] = '\0';
	is_str(buf, want_text, "%s", what);
}

static int listen_at(const char *name, size_t len)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(sun.sun_path, name, len);
	if (bind(fd, (struct sockaddr *) &sun, (socklen_t)
		 (offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		perror("bind");
	return fd;
}

static void test_notify(void)
{
	static const char *const bad[] = {
		"relative", "/nonexistent/x",
		"/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678",
	};
	char path[64], pid[32], abstract[64];
	int fd;

	unsetenv("NOTIFY_SOCKET");
	is_num(ocs_notify("READY=1"), 0, "nobody to tell");
	setenv("NOTIFY_SOCKET", "", 1);
	is_num(ocs_notify("READY=1"), 0, "nor here");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("NOTIFY_SOCKET", bad[i], 1);
		is_num(ocs_notify("READY=1"), -1, "bad: %.20s", bad[i]);
	}
	snprintf(path, sizeof(path), "%s/notify", dir);
	fd = listen_at(path, strlen(path));
	setenv("NOTIFY_SOCKET", path, 1);
	is_num(ocs_notify("STATUS=%d of %s", 3, "x"), 1, "told");
	receive(fd, "STATUS=3 of x", "heard");
	for (unsigned int i = 0; i < 10000 && ocs_notify("x") > 0; i++)
		;
	is_num(ocs_notify("x"), -1, "one who does not listen blocks nobody");
	close(fd);
	unlink(path);
	snprintf(abstract, sizeof(abstract), "@ocs-t_ops-%d", (int) getpid());
	setenv("NOTIFY_SOCKET", abstract, 1);
	abstract[0] = '\0';
	fd = listen_at(abstract, 1 + strlen(abstract + 1));
	is_num(ocs_notify("READY=1"), 1, "told, abstract");
	receive(fd, "READY=1", "heard");
	close(fd);
	unsetenv("NOTIFY_SOCKET");

	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	is_num(ocs_notify_watchdog_ms(), 0, "no watchdog");
	setenv("WATCHDOG_USEC", "30000000", 1);
	is_num(ocs_notify_watchdog_ms(), 30000, "30 s");
	snprintf(pid, sizeof(pid), "%d", (int) getpid());
	setenv("WATCHDOG_PID", pid, 1);
	is_num(ocs_notify_watchdog_ms(), 30000, "ours");
	setenv("WATCHDOG_PID", "1", 1);
	is_num(ocs_notify_watchdog_ms(), 0, "another's");
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "x", 1);
	is_num(ocs_notify_watchdog_ms(), 0, "no number");
	setenv("WATCHDOG_USEC", "99999999999999999999999", 1);
	is_num(ocs_notify_watchdog_ms(), 0, "too big");
}

int main(void)
{
	char cmd[128];

	if (!mkdtemp(dir) || !freopen("/dev/null", "w", stderr))
		return 1;
	init_conf();
	test_counts();
	test_still();
	test_requests();
	test_memory();
	test_notify();
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd))
		perror("rm");
	return tap_done();
}
