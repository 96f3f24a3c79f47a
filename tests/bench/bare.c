// SPDX-License-Identifier: GPL-2.0-or-later
/* bare - what the agent is built of, each alone: HTTP, the disk, SQLite */
#include "ocs_config.h"	/* _GNU_SOURCE */

#include "tests/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* As in agent/http_server.c. */
#define POOL_THREADS 17
#define CONNECTION_BYTES (64 * 1024)

struct page {
	const char *body;
	size_t len;
};

static enum MHD_Result on_request(void *cls, struct MHD_Connection *con,
				  const char *url, const char *method,
				  const char *version, const char *data,
				  size_t *size, void **context)
{
	static int begun;
	const struct page *page = cls;
	struct MHD_Response *r;
	enum MHD_Result rc;

	(void) url;
	(void) method;
	(void) version;
	(void) data;
	if (!*context) {
		*context = &begun;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	r = MHD_create_response_from_buffer(page->len, (void *) page->body,
					    MHD_RESPMEM_PERSISTENT);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", "application/json");
	rc = MHD_queue_response(con, 200, r);
	MHD_destroy_response(r);
	return rc;
}

static int listen_at(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *) &sun, sizeof(sun)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		bench_die("%s: %s", path, strerror(errno));
	return fd;
}

pid_t bench_bare_http(const char *path, const char *body, size_t len)
{
	struct page page = { body, len };
	int fd = listen_at(path);
	pid_t pid = fork();

	if (pid < 0)
		bench_die("fork: %s", strerror(errno));
	if (pid) {
		close(fd);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL,
			      on_request, &page, MHD_OPTION_LISTEN_SOCKET, fd,
			      MHD_OPTION_THREAD_POOL_SIZE,
			      (unsigned int) POOL_THREADS,
			      MHD_OPTION_CONNECTION_MEMORY_LIMIT,
			      (size_t) CONNECTION_BYTES, MHD_OPTION_END))
		_exit(1);
	for (;;)
		pause();
}

double bench_bare_sync(const char *dir, size_t len, double seconds)
{
	char path[BENCH_PATH_MAX + 32], block[4096];
	double from, now;
	unsigned int n = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/sync", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		bench_die("%s: %s", path, strerror(errno));
	memset(block, 'x', sizeof(block));
	from = bench_now_s();
	do {
		if (pwrite(fd, block, len, (off_t) (n * len)) < 0 ||
		    fdatasync(fd) < 0)
			bench_die("%s: %s", path, strerror(errno));
		n++;
	} while ((now = bench_now_s()) < from + seconds);
	close(fd);
	unlink(path);
	return n / (now - from);
}

static void exec(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		bench_die("sqlite: %s", sqlite3_errmsg(db));
}

double bench_bare_sqlite(const char *dir, const char *body, double seconds,
			 const char *sync, unsigned int rows)
{
	static unsigned int file;
	char path[BENCH_PATH_MAX + 32], id[40];
	sqlite3_stmt *put;
	double from, now;
	unsigned int n = 0;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/bare%u.db", dir, file++);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		bench_die("%s: %s", path, sqlite3_errmsg(db));
	exec(db, "PRAGMA journal_mode=WAL;"
		 "CREATE TABLE leases (id TEXT PRIMARY KEY, body TEXT)");
	snprintf(path, sizeof(path), "PRAGMA synchronous=%s", sync);
	exec(db, path);
	if (sqlite3_prepare_v2(db, "INSERT INTO leases VALUES (?1, ?2)", -1,
			       &put, NULL) != SQLITE_OK)
		bench_die("sqlite: %s", sqlite3_errmsg(db));
	from = bench_now_s();
	do {
		if (rows > 1 && n % rows == 0)
			exec(db, n ? "COMMIT; BEGIN" : "BEGIN");
		snprintf(id, sizeof(id), "%016llx%016llx",
			 (unsigned long long) bench_dice(UINT64_MAX),
			 (unsigned long long) n);
		sqlite3_bind_text(put, 1, id, -1, SQLITE_TRANSIENT);
		sqlite3_bind_text(put, 2, body, -1, SQLITE_TRANSIENT);
		if (sqlite3_step(put) != SQLITE_DONE)
			bench_die("sqlite: %s", sqlite3_errmsg(db));
		sqlite3_reset(put);
		n++;
	} while ((now = bench_now_s()) < from + seconds);
	sqlite3_finalize(put);
	sqlite3_close(db);
	return n / (now - from);
}
