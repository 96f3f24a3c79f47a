// SPDX-License-Identifier: GPL-2.0-or-later
/* site - an opticald of our own; clocks, dice and medians */
#include "ocs_config.h"	/* _GNU_SOURCE */

#include "tests/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_S 60

double bench_now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double) ts.tv_sec + 1e-9 * (double) ts.tv_nsec;
}

void bench_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "bench: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(2);
}

uint64_t bench_dice(uint64_t n)
{
	static uint64_t x = 88172645463325252U;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x % n;
}

void bench_add(struct bench_values *vs, double v)
{
	if (vs->n == vs->cap) {
		vs->cap = vs->cap ? 2 * vs->cap : 1024;
		vs->v = realloc(vs->v, vs->cap * sizeof(*vs->v));
		if (!vs->v)
			bench_die("out of memory");
	}
	vs->v[vs->n++] = v;
}

void bench_clear(struct bench_values *vs)
{
	free(vs->v);
	memset(vs, 0, sizeof(*vs));
}

static int by_value(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

double bench_part(struct bench_values *vs, double part)
{
	size_t i = (size_t) ((double) vs->n * part);

	if (!vs->n)
		return 0;
	qsort(vs->v, vs->n, sizeof(*vs->v), by_value);
	return vs->v[i < vs->n ? i : vs->n - 1];
}

void bench_agent_conf(struct bench_agent *a, const char *dir,
		      const char *lines)
{
	char path[BENCH_PATH_MAX + 32];
	FILE *f;

	memset(a, 0, sizeof(*a));
	snprintf(a->dir, sizeof(a->dir), "%s", dir);
	snprintf(a->socket, sizeof(a->socket), "%s/sock", dir);
	snprintf(path, sizeof(path), "%s/ledger", dir);
	mkdir(dir, 0755);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		bench_die("%s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), "%s/opticald.conf", dir);
	if (!(f = fopen(path, "w")))
		bench_die("%s: %s", path, strerror(errno));
	fprintf(f, "Listen=unix:%s\nLedger=%s/ledger/ledger.db\n", a->socket,
		dir);
	if (geteuid())
		fprintf(f, "Operator=%u\n", (unsigned int) geteuid());
	fprintf(f, "Driver=sim SimRealism=off\n%s", lines);
	if (fclose(f))
		bench_die("%s: %s", path, strerror(errno));
}

static void run(const struct bench_agent *a, const char *program)
{
	char conf[BENCH_PATH_MAX + 32], log[BENCH_PATH_MAX + 32];
	int fd;

	snprintf(conf, sizeof(conf), "%s/opticald.conf", a->dir);
	snprintf(log, sizeof(log), "%s/log", a->dir);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd >= 0)
		dup2(fd, 2);
	execl(program, program, "-f", conf, (char *) NULL);
	_exit(127);
}

double bench_agent_start(struct bench_agent *a, const char *program)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	double from = bench_now_s();
	char *text;

	if ((a->pid = fork()) < 0)
		bench_die("fork: %s", strerror(errno));
	if (!a->pid)
		run(a, program);
	while (!(text = bench_try(a->socket, "GET", "/v1/ping", NULL, NULL))) {
		if (waitpid(a->pid, NULL, WNOHANG) == a->pid ||
		    bench_now_s() > from + START_S)
			bench_die("opticald does not start: %s/log", a->dir);
		nanosleep(&pause, NULL);
	}
	free(text);
	return bench_now_s() - from;
}

void bench_agent_kill(struct bench_agent *a)
{
	if (a->pid > 0) {
		kill(a->pid, SIGKILL);
		waitpid(a->pid, NULL, 0);
	}
	a->pid = 0;
}

double bench_agent_mb(const struct bench_agent *a, bool most)
{
	const char *want = most ? "VmHWM:" : "VmRSS:";
	char path[64], line[256];
	unsigned long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int) a->pid);
	if (!(f = fopen(path, "r")))
		bench_die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, want, strlen(want)))
			kb = strtoul(line + strlen(want), NULL, 10);
	fclose(f);
	return (double) kb / 1000;
}
