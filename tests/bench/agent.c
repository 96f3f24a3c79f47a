// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * agent - is opticald as fast as what it is built of lets it be?
 *
 * Usage: agent OPTICALD DIR [PART...]; DIR is made, on the disk that is to be
 * measured. Each figure is a line "NAME value limit ok|short"; lines with #
 * are what they were made of. What is compared takes turns, in one run. With
 * tests/fake/slow_sync.c loaded all figures are of a disk that is so much slower,
 * for the agent and for what it is compared with, and are named so.
 * Exits 1 if a figure is short, 2 if nothing could be measured.
 */
#include "ocs_config.h"	/* _GNU_SOURCE */

#include "tests/bench/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 5
#define ROUND_S 1.0
#define CONNS 32
#define READERS 1000
/* A cluster has at most so many connections. */
#define READERS_PER_USER 200
#define READERS_UID 60001
#define SYNC_BYTES 512

static const char small_conf[] =
	"Cluster=bench User=0\n"
	"Cluster=c1 User=60001\nCluster=c2 User=60002\n"
	"Cluster=c3 User=60003\nCluster=c4 User=60004\n"
	"Cluster=c5 User=60005\n"
	"SiteName=paris\nSiteName=lyon\nSiteName=nice\n"
	"LinkName=par-lyo1 A=paris Z=lyon Km=460 Wavelengths=250 Rate=400G Granularity=client\n"
	"LinkName=par-lyo2 A=paris Z=lyon Km=470 Wavelengths=250 Rate=400G Granularity=client\n"
	"LinkName=par-lyo3 A=paris Z=lyon Km=480 Wavelengths=250 Rate=400G Granularity=client\n"
	"LinkName=par-lyo4 A=paris Z=lyon Km=490 Wavelengths=250 Rate=400G Granularity=client\n"
	"LinkName=par-lyo5 A=paris Z=lyon Km=500 Wavelengths=250 Rate=400G Granularity=client\n"
	"LinkName=lyo-nce A=lyon Z=nice Km=300 Wavelengths=2 Rate=400G\n";

static const char *program, *top;
static bool any_short;
/* "" or, with a disk that we make slower, what says so in figures' names */
static char slower[32];

/* A figure and its limit; AT_LEAST: or more, else or less. */
static void figure(const char *name, double value, double limit, bool at_least)
{
	bool ok = at_least ? value >= limit : value <= limit;

	any_short = any_short || !ok;
	printf("%s%s %.3f %g %s\n", name, slower, value, limit,
	       ok ? "ok" : "short");
	fflush(stdout);
}

static void note(const char *name, double value)
{
	printf("# %s%s %.3f\n", name, slower, value);
	fflush(stdout);
}

static void subdir(const char *name, char dir[static BENCH_PATH_MAX])
{
	if (snprintf(dir, BENCH_PATH_MAX, "%s/%s", top, name) >=
	    BENCH_PATH_MAX)
		bench_die("%s: the path is too long", top);
	if (mkdir(dir, 0755) < 0)
		bench_die("%s: %s", dir, strerror(errno));
}

/* ---- requests ---- */

static void lease_id(char id[static 33])
{
	snprintf(id, 33, "%016" PRIx64 "%016" PRIx64, bench_dice(UINT64_MAX),
		 bench_dice(UINT64_MAX));
}

static size_t lease_body(char *buf, size_t size, const char *id,
			 const char *a, const char *z, int64_t end_s)
{
	int n = snprintf(buf, size,
		"{\"id\":\"%s\",\"cluster\":\"bench\",\"job_id\":42,"
		"\"user_id\":1000,\"user\":\"somebody\",\"submit_s\":1,"
		"\"restart_cnt\":0,\"end_s\":%" PRId64 ","
		"\"controller_epoch\":1,\"sites\":[{\"name\":\"%s\","
		"\"nodes\":\"n[1-8]\"},{\"name\":\"%s\",\"nodes\":\"m[1-8]\"}],"
		"\"circuits\":[{\"a\":\"%s\",\"z\":\"%s\","
		"\"requested_bps\":1000000000}]}", id, end_s, a, z, a, z);

	return (size_t) n < size ? (size_t) n : 0;
}

/* What connections of a load do, and what came of it. */
struct mix {
	bool commits;		/* each hold is committed */
	unsigned int nsites;	/* of a large network; 0: the small one */
	bool whatif;
	int64_t end_s;
	struct {
		char id[33];
		bool held;
	} conn[CONNS];
	struct bench_values us;	/* of holds, answers or reads */
	unsigned int done;	/* reads, or holds that were committed */
	unsigned int most;	/* of them; 0: no limit */
	unsigned int refused;
};

static size_t next_read(void *arg, unsigned int conn, char *buf, size_t size)
{
	(void) arg;
	(void) conn;
	return bench_request(buf, size, "GET", "/v1/state", NULL);
}

static void was_read(void *arg, const struct bench_reply *r)
{
	struct mix *mix = arg;

	if (r->status != 200)
		bench_die("a read is answered by %d", r->status);
	bench_add(&mix->us, r->us);
	mix->done++;
}

static void two_sites(const struct mix *mix, char a[static 32],
		      char z[static 32])
{
	unsigned int i, j;

	strcpy(a, "paris");
	strcpy(z, "lyon");
	if (!mix->nsites)
		return;
	i = (unsigned int) bench_dice(mix->nsites);
	j = (i + 1 + (unsigned int) bench_dice(mix->nsites - 1)) % mix->nsites;
	snprintf(a, 32, "s%04u", i);
	snprintf(z, 32, "s%04u", j);
}

static size_t next_lease(void *arg, unsigned int conn, char *buf, size_t size)
{
	struct mix *mix = arg;
	char body[2048], target[80], a[32], z[32];
	char *id = mix->conn[conn].id;

	if (mix->most && mix->done >= mix->most)
		return 0;
	two_sites(mix, a, z);
	if (mix->conn[conn].held) {
		snprintf(target, sizeof(target), "/v1/leases/%s/commit", id);
	} else {
		strcpy(target, "/v1/leases");
		lease_id(id);
	}
	lease_body(body, sizeof(body), id, a, z, mix->end_s);
	return bench_request(buf, size, "POST", target, body);
}

static size_t next_whatif(void *arg, unsigned int conn, char *buf, size_t size)
{
	char body[512], a[32], z[32];

	(void) conn;
	two_sites(arg, a, z);
	snprintf(body, sizeof(body),
		 "{\"circuits\":[{\"a\":\"%s\",\"z\":\"%s\","
		 "\"requested_bps\":400000000000}],\"duration_s\":3600}", a, z);
	return bench_request(buf, size, "POST", "/v1/what-if", body);
}

static void was_answered(void *arg, const struct bench_reply *r)
{
	struct mix *mix = arg;
	bool held = mix->conn[r->conn].held;

	if (r->status >= 300) {
		if (!mix->refused++)
			printf("# refused: %d %.200s\n", r->status, r->body);
		mix->conn[r->conn].held = false;
		return;
	}
	if (!held)
		bench_add(&mix->us, r->us);
	mix->done += held || !mix->commits;
	mix->conn[r->conn].held = mix->commits && !held;
}

static double mix_run(struct mix *mix, const char *socket, unsigned int nconns,
		      double seconds)
{
	struct bench_load load = {
		.path = socket, .nconns = nconns, .seconds = seconds,
		.next = mix->whatif ? next_whatif : next_lease,
		.reply = was_answered, .arg = mix,
	};

	double took;

	mix->done = 0;
	memset(mix->conn, 0, sizeof(mix->conn));
	mix->end_s = (int64_t) time(NULL) + 86400;
	took = bench_load(&load);
	return mix->done / took;
}

/* ---- reading the state ---- */

static double read_round(const char *socket, struct bench_values *p99)
{
	struct mix mix = { 0 };
	struct bench_load load = {
		.path = socket, .nconns = CONNS, .seconds = ROUND_S,
		.next = next_read, .reply = was_read, .arg = &mix,
	};
	double rate;

	rate = bench_load(&load);
	rate = mix.done / rate;
	bench_add(p99, bench_part(&mix.us, 0.99));
	bench_clear(&mix.us);
	return rate;
}

/* LEASES of them, ACTIVE. */
static char *settled_state(const char *socket, unsigned int leases)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	double until = bench_now_s() + 30;

	for (;;) {
		char *text = bench_ask(socket, "GET", "/v1/state", NULL, NULL);
		unsigned int n = 0;

		for (char *s = text; (s = strstr(s, "\"ACTIVE\"")); s++)
			n++;
		if (n >= leases)
			return text;
		free(text);
		if (bench_now_s() > until)
			bench_die("the leases don't become ACTIVE");
		nanosleep(&pause, NULL);
	}
}

static void part_read(void)
{
	struct bench_values rate[2] = { { 0 } }, p99[2] = { { 0 } };
	char dir[BENCH_PATH_MAX], conf[4096], bare[BENCH_PATH_MAX + 16], *text;
	struct bench_agent agent;
	struct mix mix = { .commits = true, .most = 20 };
	pid_t pid;

	subdir("read", dir);
	snprintf(conf, sizeof(conf), "%sSimSetupTime=10ms\n", small_conf);
	bench_agent_conf(&agent, dir, conf);
	bench_agent_start(&agent, program);
	mix_run(&mix, agent.socket, 1, 0);
	text = settled_state(agent.socket, mix.most);
	note("state_bytes", (double) strlen(text));
	snprintf(bare, sizeof(bare), "%s/bare", dir);
	pid = bench_bare_http(bare, text, strlen(text));
	for (int i = 0; i < ROUNDS; i++) {
		bench_add(&rate[0], read_round(agent.socket, &p99[0]));
		bench_add(&rate[1], read_round(bare, &p99[1]));
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	bench_agent_kill(&agent);
	free(text);
	bench_clear(&mix.us);
	note("state_reads_per_s", bench_part(&rate[0], 0.5));
	note("bare_http_reads_per_s", bench_part(&rate[1], 0.5));
	note("state_read_p99_us", bench_part(&p99[0], 0.5));
	note("bare_http_read_p99_us", bench_part(&p99[1], 0.5));
	figure("state_read_rate_of_bare_http", bench_part(&rate[0], 0.5) /
	       bench_part(&rate[1], 0.5), 0.5, true);
	figure("state_read_p99_of_bare_http", bench_part(&p99[0], 0.5) /
	       bench_part(&p99[1], 0.5), 2, false);
}

/* ---- holds and commits ---- */

/* What libmicrohttpd alone makes of as many requests as a hold and its commit
 * are, answered at once with BODY: pairs per second of 1 and of CONNS clients. */
static void bare_pairs(const char *dir, const char *body, double per_s[2])
{
	static const unsigned int nconns[] = { 1, CONNS };
	char bare[BENCH_PATH_MAX + 16], name[64];
	pid_t pid;

	snprintf(bare, sizeof(bare), "%s/bare", dir);
	pid = bench_bare_http(bare, body, strlen(body));
	for (int i = 0; i < 2; i++) {
		struct mix mix = { .commits = true };

		per_s[i] = mix_run(&mix, bare, nconns[i], ROUND_S);
		snprintf(name, sizeof(name), "bare_http_pairs_%u_client%s_per_s",
			 nconns[i], i ? "s" : "");
		note(name, per_s[i]);
		bench_clear(&mix.us);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/*
 * What the two figures of commits could be at most, were they made of nothing
 * but their blocks: two requests, a row for each in SQLite (a hold outlives the
 * process), one sync; of many at once the rows in one transaction and the sync
 * shared, on all processors.
 */
static void bounds(const char *dir, const char *body, double sync, double full)
{
	double http[2], row = bench_bare_sqlite(dir, body, ROUND_S, "NORMAL",
						1);
	double rows = bench_bare_sqlite(dir, body, ROUND_S, "NORMAL", CONNS);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	bare_pairs(dir, body, http);
	note("bare_sqlite_unsynced_rows_per_s", row);
	note("bare_sqlite_grouped_rows_per_s", rows);
	note("hold_commit_1_client_bound",
	     1 / (1 / http[0] + 2 / row + 1 / sync) / sync);
	note("hold_commit_32_clients_bound",
	     1 / (1 / http[1] + 2 / rows / (double) cores) / full);
}

static void part_write(void)
{
	struct bench_values rate[4] = { { 0 } };
	struct mix one = { .commits = true }, many = { .commits = true };
	struct mix hold = { 0 };
	char dir[BENCH_PATH_MAX], conf[4096], *text, id[33], body[2048];
	struct bench_agent agent;
	unsigned int refused;

	subdir("write", dir);
	/* optics excluded: nothing is lit before the end */
	snprintf(conf, sizeof(conf), "%sSimSetupTime=3600s\n", small_conf);
	bench_agent_conf(&agent, dir, conf);
	bench_agent_start(&agent, program);
	lease_id(id);
	lease_body(body, sizeof(body), id, "paris", "lyon",
		   (int64_t) time(NULL) + 86400);
	text = bench_ask(agent.socket, "POST", "/v1/leases", body, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		bench_add(&rate[0], mix_run(&one, agent.socket, 1, ROUND_S));
		bench_add(&rate[1], bench_bare_sync(dir, SYNC_BYTES, ROUND_S));
		bench_add(&rate[2], mix_run(&many, agent.socket, CONNS,
					    ROUND_S));
		bench_add(&rate[3], bench_bare_sqlite(dir, text, ROUND_S,
						      "FULL", 1));
		mix_run(&hold, agent.socket, 1, ROUND_S / 2);
	}
	refused = one.refused + many.refused + hold.refused;
	bench_agent_kill(&agent);
	bounds(dir, text, bench_part(&rate[1], 0.5), bench_part(&rate[3], 0.5));
	free(text);
	if (refused)
		note("refused", refused);
	note("hold_commit_1_client_per_s", bench_part(&rate[0], 0.5));
	note("bare_fdatasync_per_s", bench_part(&rate[1], 0.5));
	note("hold_commit_32_clients_per_s", bench_part(&rate[2], 0.5));
	note("bare_sqlite_full_per_s", bench_part(&rate[3], 0.5));
	note("hold_p50_us", bench_part(&hold.us, 0.5));
	figure("hold_commit_1_client_of_fdatasync", bench_part(&rate[0], 0.5) /
	       bench_part(&rate[1], 0.5), 0.5, true);
	figure("hold_commit_32_clients_of_sqlite_full",
	       bench_part(&rate[2], 0.5) / bench_part(&rate[3], 0.5), 5, true);
	figure("hold_p99_ms", bench_part(&hold.us, 0.99) / 1000, 1, false);
	bench_clear(&one.us);
	bench_clear(&many.us);
	bench_clear(&hold.us);
}

/* ---- a large network ---- */

static void part_large(void)
{
	const struct bench_large large = { 1000, 5000, 100000 };
	struct mix hold = { .nsites = 1000 };
	struct mix whatif = { .nsites = 1000, .whatif = true };
	char dir[BENCH_PATH_MAX];
	struct bench_values ready = { 0 };
	struct bench_agent agent;
	char *text;

	subdir("large", dir);
	bench_large_make(&agent, dir, &large);
	for (int i = 0; i < 3; i++) {
		bench_agent_kill(&agent);
		bench_add(&ready, bench_agent_start(&agent, program));
	}
	note("large_started_mb", bench_agent_mb(&agent, false));
	mix_run(&whatif, agent.socket, 1, 3 * ROUND_S);
	mix_run(&hold, agent.socket, 1, 3 * ROUND_S);
	note("large_answered_mb", bench_agent_mb(&agent, true));
	text = bench_ask(agent.socket, "GET", "/v1/state", NULL, NULL);
	note("large_state_bytes", (double) strlen(text));
	free(text);
	if (whatif.refused + hold.refused)
		note("refused", whatif.refused + hold.refused);
	note("large_whatifs", (double) whatif.us.n);
	note("large_holds", (double) hold.us.n);
	note("large_hold_p99_ms", bench_part(&hold.us, 0.99) / 1000);
	figure("large_path_answer_p99_ms",
	       bench_part(&whatif.us, 0.99) / 1000, 5, false);
	figure("large_memory_mb", bench_agent_mb(&agent, true), 500, false);
	figure("large_restart_to_ready_s", bench_part(&ready, 0.5), 2, false);
	bench_agent_kill(&agent);
	bench_clear(&ready);
	bench_clear(&hold.us);
	bench_clear(&whatif.us);
}

/* ---- many readers ---- */

static void was_told(void *arg, const struct bench_reply *r)
{
	if (r->status != 200)
		bench_die("a reader is answered by %d", r->status);
	bench_add(arg, r->us);
}

static uint64_t generation(const char *socket)
{
	char *text = bench_ask(socket, "GET", "/v1/ping", NULL, NULL);
	char *at = strstr(text, "\"generation\":");
	uint64_t value = at ? strtoull(at + 13, NULL, 10) : 0;

	free(text);
	return value;
}

static void part_readers(void)
{
	const struct timespec settle = { .tv_nsec = 500000000 };
	char dir[BENCH_PATH_MAX], id[33], body[2048], request[256], target[80];
	struct bench_readers *readers;
	struct bench_values us = { 0 };
	struct bench_agent agent;
	double from;
	int status;

	if (geteuid()) {
		printf("# readers: only root can be several users, as one cluster has at most 256 connections\n");
		return;
	}
	subdir("readers", dir);
	bench_agent_conf(&agent, dir, small_conf);
	bench_agent_start(&agent, program);
	readers = bench_readers_open(agent.socket, READERS, READERS_UID,
				     READERS_PER_USER);
	for (int i = 0; i < 2 * ROUNDS; i++) {
		snprintf(target, sizeof(target),
			 "/v1/state?since=%" PRIu64 "&wait=30",
			 generation(agent.socket));
		bench_request(request, sizeof(request), "GET", target, NULL);
		bench_readers_ask(readers, request);
		nanosleep(&settle, NULL);	/* until all of them wait */
		lease_id(id);
		lease_body(body, sizeof(body), id, "paris", "lyon",
			   (int64_t) time(NULL) + 86400);
		from = bench_now_s();
		free(bench_ask(agent.socket, "POST", "/v1/leases", body,
			       &status));
		if (status != 201)
			bench_die("a hold is answered by %d", status);
		bench_readers_wait(readers, from, was_told, &us);
	}
	bench_readers_close(readers);
	bench_agent_kill(&agent);
	note("readers_told", (double) us.n);
	note("readers_p50_ms", bench_part(&us, 0.5) / 1000);
	figure("readers_1000_p99_ms", bench_part(&us, 0.99) / 1000, 100,
	       false);
	bench_clear(&us);
}

static const struct {
	const char *name;
	void (*run)(void);
} parts[] = {
	{ "read", part_read }, { "write", part_write },
	{ "readers", part_readers }, { "large", part_large },
};

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 3; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc <= 3;
}

int main(int argc, char **argv)
{
	struct statfs fs;

	if (argc < 3)
		bench_die("usage: agent OPTICALD DIR [read] [write] [readers] [large]");
	program = argv[1];
	top = argv[2];
	signal(SIGPIPE, SIG_IGN);
	if (getenv("OCS_SLOW_SYNC_US"))
		snprintf(slower, sizeof(slower), "_sync_%luus_slower",
			 strtoul(getenv("OCS_SLOW_SYNC_US"), NULL, 10));
	if (statfs(top, &fs) < 0)
		bench_die("%s: %s", top, strerror(errno));
	printf("# file_system_type 0x%lx\n", (unsigned long) fs.f_type);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (wanted(parts[i].name, argc, argv))
			parts[i].run();
	return any_short;
}
