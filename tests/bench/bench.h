/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench - what the parts of `make bench-agent` share
 *
 * A program of its own: what fails ends it with a sentence (bench_die()).
 */
#ifndef OCS_TESTS_BENCH_H
#define OCS_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BENCH_PATH_MAX 256

double bench_now_s(void);		/* monotonic */
__attribute__((noreturn, format(printf, 1, 2)))
void bench_die(const char *fmt, ...);
uint64_t bench_dice(uint64_t n);	/* 0 .. n-1, the same in each run */

/* Values measured, in the order in which they came; any unit. */
struct bench_values {
	size_t n, cap;
	double *v;
};
void bench_add(struct bench_values *values, double v);
void bench_clear(struct bench_values *values);
/* Sorts. PART 0.5 is the median; 0 without values. */
double bench_part(struct bench_values *values, double part);

/* ---- load.c: a client, many connections in one thread ---- */

struct bench_reply {
	unsigned int conn;
	int status;
	const char *body;	/* NUL terminated */
	size_t len;
	double us;		/* since its request was sent */
};
struct bench_load {
	const char *path;	/* of the Unix socket */
	unsigned int nconns;
	double seconds;		/* no new request after that; 0: no limit */
	/* The next request of a connection into BUF; its length, 0: none. */
	size_t (*next)(void *arg, unsigned int conn, char *buf, size_t size);
	void (*reply)(void *arg, const struct bench_reply *reply);
	void *arg;
};
/* Until all connections have nothing more to ask. Seconds that it took. */
double bench_load(const struct bench_load *load);

/* For those that wait long: one request each, from users UID + I / PER_USER
 * (0: who we are). */
struct bench_readers;
struct bench_readers *bench_readers_open(const char *path, unsigned int n,
					 uid_t uid, unsigned int per_user);
void bench_readers_ask(struct bench_readers *readers, const char *request);
/* FN for each reply until each has one; seconds since FROM_S in reply.us. */
void bench_readers_wait(struct bench_readers *readers, double from_s,
			void (*fn)(void *arg, const struct bench_reply *reply),
			void *arg);
void bench_readers_close(struct bench_readers *readers);

/* One request and its reply, on a connection of its own. The body, the
 * caller's; *STATUS may be NULL. */
char *bench_ask(const char *path, const char *method, const char *target,
		const char *body, int *status);
/* As ask; NULL where nobody answers. */
char *bench_try(const char *path, const char *method, const char *target,
		const char *body, int *status);
/* A request in BUF; its length. */
size_t bench_request(char *buf, size_t size, const char *method,
		     const char *target, const char *body);

/* ---- bare.c: the building blocks alone ---- */

/* A process that answers each request on the Unix socket PATH with BODY, by
 * libmicrohttpd as the agent uses it. */
pid_t bench_bare_http(const char *path, const char *body, size_t len);
/* Appends of LEN bytes to a file in DIR, each synced: so many per second. */
double bench_bare_sync(const char *dir, size_t len, double seconds);
/* Rows with BODY that SQLite takes per second: WAL, synchronous=SYNC, ROWS of
 * them in a transaction. */
double bench_bare_sqlite(const char *dir, const char *body, double seconds,
			 const char *sync, unsigned int rows);

/* ---- site.c: an agent of our own ---- */

struct bench_agent {
	char dir[BENCH_PATH_MAX];
	char socket[BENCH_PATH_MAX + 16];
	pid_t pid;
};
/* In DIR, which must be there, its configuration: HEAD's lines on top of what
 * each has. */
void bench_agent_conf(struct bench_agent *agent, const char *dir,
		      const char *lines);
/* Start; seconds until it answered. */
double bench_agent_start(struct bench_agent *agent, const char *program);
void bench_agent_kill(struct bench_agent *agent);
/* What it has in memory at most, or now, in MB. */
double bench_agent_mb(const struct bench_agent *agent, bool most);

/* ---- large.c ---- */

struct bench_large {
	unsigned int nsites, nlinks, nleases;
};
/* Configuration, ledger and simulated network in DIR. */
void bench_large_make(struct bench_agent *agent, const char *dir,
		      const struct bench_large *large);

#endif
