// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * store_sqlite - the ledger in SQLite: opened, its statements, stable storage;
 * sqlite3 stops at store_*.c
 *
 * The journal is a write-ahead log with synchronous=NORMAL: a commit is one
 * write() and survives kill -9. Stable storage comes by ocs_store_sync(),
 * which syncs the log file through a descriptor of its own beside the writers:
 * a commit that waits for the disk never makes a hold wait. (The log is no
 * file that SQLite locks, so a descriptor of ours releases none of its locks.)
 * Checkpoints run on a second connection for the same reason.
 *
 * A lease is kept as its JSON; the columns beside it are for finding it. The
 * view `circuits` shows the JSON's circuits to people with sqlite3(1).
 */
#include "agent/store_sql.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/point.h"
#include "common/core/defaults.h"

/* The log is moved into the database each time it has grown by so many pages
 * of 4 KiB; it begins anew once all of it is there. Under a load that never
 * pauses that takes a moment without writers: above LOG_LONG_PAGES. */
#define LOG_MAX_PAGES 1000
#define LOG_LONG_PAGES 16000
/* Checked whole at each start up to this size: some 50 ms. */
#define CHECK_MAX_BYTES (32 << 20)

static const char *const sql[NSTMT] = {
	[Q_BEGIN] = "BEGIN IMMEDIATE",
	[Q_END] = "COMMIT",
	[Q_UNDO] = "ROLLBACK",
	/* what may change while a lease is there; no index is touched */
	[Q_LEASE_SET] = "UPDATE leases SET gbps = ?6, reservation = ?7,"
			" held_ms = ?8, committed_ms = ?9, active_ms = ?10,"
			" ended_ms = ?11, fence = ?13, body = ?14"
			" WHERE id = ?1 AND gone_ms = ?12",
	[Q_LEASE_PUT] = "REPLACE INTO leases VALUES"
			" (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
	[Q_LEASE_GET] = "SELECT body FROM leases WHERE id = ?1",
	/* in any order: sorting a large ledger takes as long as reading it */
	[Q_LIVE] = "SELECT body FROM leases WHERE gone_ms = 0 UNION ALL"
		   " SELECT body FROM leases WHERE gone_ms > max(?1, 0)",
	[Q_PAST] = "SELECT body FROM leases WHERE gone_ms > 0"
		   " AND gone_ms <= ?1 AND (?2 = '' OR cluster = ?2)"
		   " AND (?3 = 0 OR job_id = ?3)"
		   " ORDER BY gone_ms DESC, id LIMIT ?4",
	[Q_PAGE] = "SELECT id, cluster, user_id, body FROM leases"
		   " WHERE id > ?1 AND (?2 = '' OR cluster = ?2)"
		   " AND (?3 = 0 OR job_id = ?3) ORDER BY id",
	[Q_EVENT_ADD] = "INSERT INTO events VALUES"
			" (?1,?2,?3,?4,?5,?6,?7,?8,?9)",
	[Q_EVENTS] = "SELECT time_ms, axis, circuit, was, now, cause"
		     " FROM events WHERE lease = ?1 ORDER BY n LIMIT ?2",
	[Q_CLUSTER_PUT] = "REPLACE INTO clusters VALUES (?1,?2,?3)",
	[Q_CLUSTERS] = "SELECT name, controller_epoch, brake FROM clusters",
	[Q_REMOVAL_ADD] = "INSERT INTO removals VALUES (?1,?2)",
	[Q_REMOVAL_FORGET] = "DELETE FROM removals WHERE cluster = ?1"
			     " AND time_ms <= ?2",
	[Q_REMOVALS] = "SELECT cluster, time_ms FROM removals"
		       " ORDER BY time_ms",
	[Q_TOMB_ADD] = "REPLACE INTO tombstones VALUES (?1,?2)",
	[Q_TOMB_PRUNE] = "DELETE FROM tombstones WHERE time_ms < ?1",
	[Q_TOMB_HAS] = "SELECT 1 FROM tombstones WHERE lease = ?1",
	[Q_META_PUT] = "REPLACE INTO meta VALUES (?1,?2)",
	[Q_META_GET] = "SELECT value FROM meta WHERE key = ?1",
	[Q_DOC_PUT] = "REPLACE INTO doc VALUES (?1,?2,?3)",
	[Q_OLD] = "SELECT id FROM leases WHERE gone_ms > 0 AND gone_ms < ?1"
		  " LIMIT 1",
	[Q_OLD_EVENTS] = "DELETE FROM events WHERE lease = ?1",
	[Q_OLD_LEASE] = "DELETE FROM leases WHERE id = ?1",
	[Q_DOC_DEL] = "DELETE FROM doc WHERE kind = ?1 AND id = ?2",
	[Q_DOCS] = "SELECT id, json FROM doc WHERE kind = ?1 ORDER BY id",
};

/* SQLite tells after each commit how long the log is. */
static int log_grew(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct ocs_store *s = arg;

	if (pages < atomic_exchange(&s->log_pages, pages))
		atomic_store(&s->log_moved, 0);	/* it began anew */
	return SQLITE_OK;
}

int sql_fail(const struct ocs_store *s, sqlite3 *db, struct ocs_error *err)
{
	return ocs_fail(err, OCS_IO, "ledger %s: %s", s->path,
			db ? sqlite3_errmsg(db) : "out of memory");
}

int sql_exec(struct ocs_store *s, const char *text, struct ocs_error *err)
{
	if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return sql_fail(s, s->db, err);
	return 0;
}

sqlite3_stmt *sql_text(struct ocs_store *s, enum stmt q, int at,
		       const char *text)
{
	/* What is not bound is NULL, and would be written as such. */
	if (sqlite3_bind_text(s->stmt[q], at, text, -1, SQLITE_STATIC) !=
	    SQLITE_OK)
		s->unbound = true;
	return s->stmt[q];
}

void sql_done(struct ocs_store *s, enum stmt q)
{
	sqlite3_reset(s->stmt[q]);
	sqlite3_clear_bindings(s->stmt[q]);
}

/* Have all values of Q been bound? */
static int bound(struct ocs_store *s, enum stmt q, struct ocs_error *err)
{
	if (!s->unbound)
		return 0;
	s->unbound = false;
	sql_done(s, q);
	return ocs_fail(err, OCS_NOMEM, "ledger %s: out of memory", s->path);
}

int sql_run(struct ocs_store *s, enum stmt q, struct ocs_error *err)
{
	int rc;

	if (bound(s, q, err) < 0)
		return -1;
	rc = sqlite3_step(s->stmt[q]);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		sql_fail(s, s->db, err);
	sqlite3_reset(s->stmt[q]);
	sqlite3_clear_bindings(s->stmt[q]);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -1;
}

int sql_row(struct ocs_store *s, enum stmt q, struct ocs_error *err)
{
	int rc;

	if (bound(s, q, err) < 0)
		return -1;
	rc = sqlite3_step(s->stmt[q]);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		sql_fail(s, s->db, err);
	sqlite3_reset(s->stmt[q]);
	sqlite3_clear_bindings(s->stmt[q]);
	return rc == SQLITE_DONE ? 0 : -1;
}

int sql_put_u64(struct ocs_store *s, const char *key, uint64_t value,
		struct ocs_error *err)
{
	sqlite3_bind_int64(sql_text(s, Q_META_PUT, 1, key), 2,
			   (sqlite3_int64) value);
	return sql_run(s, Q_META_PUT, err);
}

int sql_get_u64(struct ocs_store *s, const char *key, uint64_t *value,
		struct ocs_error *err)
{
	int rc;

	sql_text(s, Q_META_GET, 1, key);
	if ((rc = sql_row(s, Q_META_GET, err)) <= 0)
		return rc;
	*value = (uint64_t) sqlite3_column_int64(s->stmt[Q_META_GET], 0);
	sql_done(s, Q_META_GET);
	return 1;
}

/* One agent per ledger directory, however the ledger is called. */
static int lock_directory(struct ocs_store *s, struct ocs_error *err)
{
	char copy[sizeof(s->path)], *dir;

	strcpy(copy, s->path);
	dir = dirname(copy);
	s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return ocs_fail(err, OCS_IO, "ledger directory %s: %s", dir,
				strerror(errno));
	if (flock(s->dir_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return ocs_fail(err, OCS_CONFLICT,
				"ledger directory %s is used by another opticald",
				dir);
	return ocs_fail(err, OCS_IO, "ledger directory %s: flock: %s", dir,
			strerror(errno));
}

static int open_files(struct ocs_store *s, struct ocs_error *err)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			  SQLITE_OPEN_NOMUTEX;	/* one thread at a time */
	mode_t mask = umask(077);
	int rc;

	rc = sqlite3_open_v2(s->path, &s->db, flags, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_open_v2(s->path, &s->checkpointer, flags, NULL);
	if (rc != SQLITE_OK) {
		umask(mask);
		return sql_fail(s, s->checkpointer ? s->checkpointer : s->db,
				err);
	}
	sqlite3_busy_timeout(s->db, 200);
	sqlite3_busy_timeout(s->checkpointer, 0);
	rc = schema_known(s, err);
	if (rc == 0)
		rc = sql_exec(s, "PRAGMA journal_mode=WAL;"
			     "PRAGMA synchronous=NORMAL;"
			     "PRAGMA cache_size=-8192;"	/* KiB */
			     "PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=ON", err);
	umask(mask);
	if (rc == 0 && sqlite3_exec(s->checkpointer, "PRAGMA synchronous=FULL",
				    NULL, NULL, NULL) != SQLITE_OK)
		return sql_fail(s, s->checkpointer, err);
	return rc;
}

static int open_log(struct ocs_store *s, struct ocs_error *err)
{
	char path[sizeof(s->path) + 8];

	/* A connection that has read nothing knows of no log. */
	if (sqlite3_exec(s->checkpointer, "SELECT count(*) FROM meta", NULL,
			 NULL, NULL) != SQLITE_OK)
		return sql_fail(s, s->checkpointer, err);
	sqlite3_wal_hook(s->db, log_grew, s);

	snprintf(path, sizeof(path), "%s-wal", s->path);
	s->log_fd = open(path, O_RDWR | O_CLOEXEC);
	if (s->log_fd < 0)
		return ocs_fail(err, OCS_IO, "%s: %s", path, strerror(errno));
	if (fsync(s->dir_fd) < 0)
		return ocs_fail(err, OCS_IO, "ledger directory: fsync: %s",
				strerror(errno));
	return ocs_store_sync(s, err);
}

/* A small ledger is looked at whole; `opticald --check-ledger` does a large
 * one, which would keep us from being ready. */
static int check_pages(struct ocs_store *s, struct ocs_error *err)
{
	sqlite3_stmt *st = NULL;
	struct stat file;
	int rc = 0;

	if (stat(s->path, &file) < 0 || file.st_size > CHECK_MAX_BYTES)
		return 0;
	if (sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &st,
			       NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		rc = sql_fail(s, s->db, err);
	else if (strcmp(sql_column(st, 0), "ok"))
		rc = ocs_fail(err, OCS_IO,
			      "ledger %s is damaged: %.200s: restore a backup (opticald(8))",
			      s->path, sql_column(st, 0));
	sqlite3_finalize(st);
	return rc;
}

static int read_meta(struct ocs_store *s, struct ocs_error *err)
{
	int rc;

	sql_text(s, Q_META_GET, 1, "instance");
	if ((rc = sql_row(s, Q_META_GET, err)) < 0)
		return -1;
	if (rc)
		snprintf(s->instance, sizeof(s->instance), "%s",
			 sql_column(s->stmt[Q_META_GET], 0));
	sql_done(s, Q_META_GET);
	if (!ocs_lease_id_ok(s->instance))
		return ocs_fail(err, OCS_IO, "ledger %s has no instance id",
				s->path);
	if (sql_get_u64(s, "fence", &s->fence, err) < 0)
		return -1;
	return sql_put_u64(s, "fence", ++s->fence, err);
}

struct ocs_store *ocs_store_open(const char *path, struct ocs_error *err)
{
	struct ocs_store *s, *open_store = NULL;

	if (!(s = calloc(1, sizeof(*s)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	s->dir_fd = s->log_fd = -1;
	if (strlen(path) >= sizeof(s->path)) {
		ocs_fail(err, OCS_RANGE, "ledger path is too long");
		goto out;
	}
	strcpy(s->path, path);
	if (lock_directory(s, err) < 0 || open_files(s, err) < 0 ||
	    check_pages(s, err) < 0 || schema_check(s, err) < 0)
		goto out;
	for (unsigned int i = 0; i < NSTMT; i++) {
		if (sqlite3_prepare_v3(s->db, sql[i], -1,
				       SQLITE_PREPARE_PERSISTENT, &s->stmt[i],
				       NULL) != SQLITE_OK) {
			sql_fail(s, s->db, err);
			goto out;
		}
	}
	if (read_meta(s, err) < 0 || open_log(s, err) < 0)
		goto out;
	open_store = s;
	s = NULL;
out:
	ocs_store_close(s);
	return open_store;
}

void ocs_store_close(struct ocs_store *s)
{
	int keep = errno;

	if (!s)
		return;
	for (unsigned int i = 0; i < NSTMT; i++)
		sqlite3_finalize(s->stmt[i]);
	if (s->log_fd >= 0)
		close(s->log_fd);
	sqlite3_close(s->checkpointer);
	sqlite3_close(s->db);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	free(s);
	errno = keep;
}

const char *ocs_store_instance(const struct ocs_store *s)
{
	return s->instance;
}

uint64_t ocs_store_fence(const struct ocs_store *s)
{
	return s->fence;
}

/* A write counts only while nobody else has opened the ledger since us. */
static int check_fence(struct ocs_store *s, struct ocs_error *err)
{
	uint64_t fence = 0;

	if (sql_get_u64(s, "fence", &fence, err) < 0)
		return -1;
	if (fence == s->fence)
		return 0;
	return ocs_fail(err, OCS_IO,
			"ledger %s: another opticald has taken it over",
			s->path);
}

int ocs_store_begin(struct ocs_store *s, struct ocs_error *err)
{
	if (sql_run(s, Q_BEGIN, err) < 0)
		return -1;
	OCS_POINT("ledger.begin");
	if (check_fence(s, err) == 0)
		return 0;
	sql_run(s, Q_UNDO, NULL);
	return -1;
}

int ocs_store_end(struct ocs_store *s, struct ocs_error *err)
{
	int rc;

	OCS_POINT("ledger.end");
	rc = sql_run(s, Q_END, err);
	OCS_POINT("ledger.ended");
	return rc;
}

void ocs_store_undo(struct ocs_store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		sql_run(s, Q_UNDO, NULL);
}

int ocs_store_sync(struct ocs_store *s, struct ocs_error *err)
{
	OCS_POINT("ledger.sync");
	if (fdatasync(s->log_fd) < 0)
		return ocs_fail(err, OCS_IO, "ledger %s: fdatasync: %s",
				s->path, strerror(errno));
	OCS_POINT("ledger.synced");
	return 0;
}

bool ocs_store_grown(const struct ocs_store *s)
{
	return atomic_load(&s->log_pages) - atomic_load(&s->log_moved) >=
	       LOG_MAX_PAGES;
}

void ocs_store_checkpoint(struct ocs_store *s)
{
	int pages = atomic_load(&s->log_pages);

	if (!ocs_store_grown(s))
		return;
	atomic_store(&s->log_moved, pages);
	OCS_POINT("ledger.checkpoint");
	sqlite3_wal_checkpoint_v2(s->checkpointer, NULL,
				  SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	OCS_POINT("ledger.checkpointed");
}

void ocs_store_checkpoint_rest(struct ocs_store *s)
{
	if (atomic_load(&s->log_pages) >= LOG_LONG_PAGES)
		sqlite3_wal_checkpoint_v2(s->checkpointer, NULL,
					  SQLITE_CHECKPOINT_PASSIVE, NULL,
					  NULL);
}
