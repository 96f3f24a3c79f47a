// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * store_sqlite - the ledger in SQLite; sqlite3 stops here
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
#include "agent/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/point.h"
#include "common/core/defaults.h"

/* The log is moved into the database each time it has grown by so many pages
 * of 4 KiB; it begins anew once all of it is there. Under a load that never
 * pauses that takes a moment without writers: above LOG_LONG_PAGES. */
#define LOG_MAX_PAGES 1000
#define LOG_LONG_PAGES 16000
/* A large ledger is read so many rows at a time, by so many threads. */
#define BATCH_ROWS 2048
#define DECODERS 4
/* Checked whole at each start up to this size: some 50 ms. */
#define CHECK_MAX_BYTES (32 << 20)

/* migration[N] makes version N + 1 of version N; 0 is an empty file. A step that
 * was released never changes: a new one follows it. */
static const char *const migration[] = {
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE leases ("
	" id TEXT PRIMARY KEY, cluster TEXT NOT NULL, job_id INTEGER NOT NULL,"
	" user_id INTEGER NOT NULL, user TEXT NOT NULL, gbps INTEGER NOT NULL,"
	" reservation TEXT NOT NULL, held_ms INTEGER NOT NULL,"
	" committed_ms INTEGER NOT NULL, active_ms INTEGER NOT NULL,"
	" ended_ms INTEGER NOT NULL, gone_ms INTEGER NOT NULL,"
	" fence INTEGER NOT NULL, body TEXT NOT NULL);"
	"CREATE INDEX leases_gone ON leases (gone_ms);"
	"CREATE INDEX leases_job ON leases (cluster, job_id);"
	"CREATE VIEW circuits AS SELECT leases.id AS lease,"
	" json_extract(c.value, '$.a') AS a, json_extract(c.value, '$.z') AS z,"
	" json_extract(c.value, '$.granted_bps') AS granted_bps,"
	" json_extract(c.value, '$.route') AS route,"
	" json_extract(c.value, '$.provisioning') AS provisioning,"
	" json_extract(c.value, '$.data_plane') AS data_plane"
	" FROM leases, json_each(leases.body, '$.circuits') AS c;"
	"CREATE TABLE events ("
	" lease TEXT NOT NULL, time_ms INTEGER NOT NULL, axis TEXT NOT NULL,"
	" circuit TEXT NOT NULL, was TEXT NOT NULL, now TEXT NOT NULL,"
	" cause TEXT NOT NULL, fence INTEGER NOT NULL);"
	"CREATE INDEX events_lease ON events (lease);"
	"CREATE TABLE clusters (name TEXT PRIMARY KEY,"
	" controller_epoch INTEGER NOT NULL, brake INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE removals (cluster TEXT NOT NULL,"
	" time_ms INTEGER NOT NULL);"
	"CREATE TABLE tombstones (lease TEXT PRIMARY KEY,"
	" time_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX tombstones_time ON tombstones (time_ms);",

	/* What operators and clusters say, each as its JSON. */
	"CREATE TABLE doc (kind TEXT NOT NULL, id TEXT NOT NULL,"
	" json TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;",

	/* file(1) and we know it for a ledger. */
	"PRAGMA application_id=" OCS_STORE_APPLICATION_ID_TEXT ";",

	/* A transaction touches fewer pages: a lease's events stand together,
	 * in the order of n, and nothing asks for leases by their jobs alone. */
	"DROP INDEX leases_job;"
	"CREATE TABLE events_of_lease ("
	" lease TEXT NOT NULL, n INTEGER NOT NULL, time_ms INTEGER NOT NULL,"
	" axis TEXT NOT NULL, circuit TEXT NOT NULL, was TEXT NOT NULL,"
	" now TEXT NOT NULL, cause TEXT NOT NULL, fence INTEGER NOT NULL,"
	" PRIMARY KEY (lease, n)) WITHOUT ROWID;"
	"INSERT INTO events_of_lease SELECT lease, rowid, time_ms, axis,"
	" circuit, was, now, cause, fence FROM events ORDER BY lease, rowid;"
	"DROP TABLE events;"
	"ALTER TABLE events_of_lease RENAME TO events;",

	/* What circuits took until billed_ms; NULL: it was not written then. */
	"DROP VIEW circuits;"
	"CREATE VIEW circuits AS SELECT leases.id AS lease,"
	" json_extract(c.value, '$.a') AS a, json_extract(c.value, '$.z') AS z,"
	" json_extract(c.value, '$.granted_bps') AS granted_bps,"
	" json_extract(c.value, '$.route') AS route,"
	" json_extract(c.value, '$.provisioning') AS provisioning,"
	" json_extract(c.value, '$.data_plane') AS data_plane,"
	" CASE WHEN json_extract(c.value, '$.energy_unknown') THEN NULL"
	" ELSE json_extract(c.value, '$.energy_mj') / 3.6e6 END AS energy_wh,"
	" json_extract(c.value, '$.cost_micro') / 1e6 AS cost,"
	" json_extract(leases.body, '$.billed_ms') AS billed_ms"
	" FROM leases, json_each(leases.body, '$.circuits') AS c;",
};
#define SCHEMA_VERSION OCS_STORE_VERSION
_Static_assert(sizeof(migration) / sizeof(migration[0]) == SCHEMA_VERSION,
	       "a step of migration for each version");

enum stmt {
	Q_BEGIN, Q_END, Q_UNDO, Q_LEASE_SET, Q_LEASE_PUT, Q_LEASE_GET, Q_LIVE,
	Q_PAST,
	Q_PAGE,
	Q_EVENT_ADD, Q_EVENTS, Q_CLUSTER_PUT, Q_CLUSTERS, Q_REMOVAL_ADD,
	Q_REMOVAL_FORGET, Q_REMOVALS, Q_TOMB_ADD, Q_TOMB_PRUNE, Q_TOMB_HAS,
	Q_META_PUT, Q_META_GET, Q_DOC_PUT, Q_DOC_DEL, Q_DOCS,
	Q_OLD, Q_OLD_EVENTS, Q_OLD_LEASE, NSTMT
};
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

struct ocs_store {
	char path[256];
	int dir_fd;		/* flock()ed while we live */
	int log_fd;		/* the write-ahead log, for syncing */
	sqlite3 *db;
	sqlite3 *checkpointer;
	sqlite3_stmt *stmt[NSTMT];
	bool unbound;		/* no memory for a value of the next one */
	char instance[OCS_LEASE_ID_MAX];
	uint64_t fence;
	uint64_t nevents;	/* written by us */
	atomic_int log_pages;
	atomic_int log_moved;	/* of them, when we last looked */
};

/* SQLite tells after each commit how long the log is. */
static int log_grew(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct ocs_store *s = arg;

	if (pages < atomic_exchange(&s->log_pages, pages))
		atomic_store(&s->log_moved, 0);	/* it began anew */
	return SQLITE_OK;
}

static int db_fail(const struct ocs_store *s, sqlite3 *db,
		   struct ocs_error *err)
{
	return ocs_fail(err, OCS_IO, "ledger %s: %s", s->path,
			db ? sqlite3_errmsg(db) : "out of memory");
}

static int exec(struct ocs_store *s, const char *text, struct ocs_error *err)
{
	if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(s, s->db, err);
	return 0;
}

/* TEXT stays until the statement is reset. */
static sqlite3_stmt *bound_text(struct ocs_store *s, enum stmt q, int at,
				const char *text)
{
	/* What is not bound is NULL, and would be written as such. */
	if (sqlite3_bind_text(s->stmt[q], at, text, -1, SQLITE_STATIC) !=
	    SQLITE_OK)
		s->unbound = true;
	return s->stmt[q];
}

static void done_rows(struct ocs_store *s, enum stmt q)
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
	done_rows(s, q);
	return ocs_fail(err, OCS_NOMEM, "ledger %s: out of memory", s->path);
}

/* Run a statement that returns no row, and make it ready for the next time. */
static int run(struct ocs_store *s, enum stmt q, struct ocs_error *err)
{
	int rc;

	if (bound(s, q, err) < 0)
		return -1;
	rc = sqlite3_step(s->stmt[q]);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		db_fail(s, s->db, err);
	sqlite3_reset(s->stmt[q]);
	sqlite3_clear_bindings(s->stmt[q]);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -1;
}

/* 1 a row is there, 0 no more, -1 ERR set; the last two reset Q. */
static int next_row(struct ocs_store *s, enum stmt q, struct ocs_error *err)
{
	int rc;

	if (bound(s, q, err) < 0)
		return -1;
	rc = sqlite3_step(s->stmt[q]);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		db_fail(s, s->db, err);
	sqlite3_reset(s->stmt[q]);
	sqlite3_clear_bindings(s->stmt[q]);
	return rc == SQLITE_DONE ? 0 : -1;
}

static const char *column(sqlite3_stmt *st, int i)
{
	const unsigned char *text = sqlite3_column_text(st, i);

	return text ? (const char *) text : "";
}

static int meta_put_u64(struct ocs_store *s, const char *key, uint64_t value,
			struct ocs_error *err)
{
	sqlite3_bind_int64(bound_text(s, Q_META_PUT, 1, key), 2,
			   (sqlite3_int64) value);
	return run(s, Q_META_PUT, err);
}

static int meta_get_u64(struct ocs_store *s, const char *key, uint64_t *value,
			struct ocs_error *err)
{
	int rc;

	bound_text(s, Q_META_GET, 1, key);
	if ((rc = next_row(s, Q_META_GET, err)) <= 0)
		return rc;
	*value = (uint64_t) sqlite3_column_int64(s->stmt[Q_META_GET], 0);
	done_rows(s, Q_META_GET);
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

static int pragma_int(struct ocs_store *s, const char *text, int *version,
		      struct ocs_error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = -1;

	if (sqlite3_prepare_v2(s->db, text, -1, &st, NULL) ==
	    SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		*version = sqlite3_column_int(st, 0);
		rc = 0;
	} else {
		db_fail(s, s->db, err);
	}
	sqlite3_finalize(st);
	return rc;
}

/* Is this a ledger, or a new one? Asked before anything is written: the file may
 * be another program's. */
static int identify(struct ocs_store *s, struct ocs_error *err)
{
	int version, app, tables, ours;

	if (pragma_int(s, "PRAGMA user_version", &version, err) < 0 ||
	    pragma_int(s, "PRAGMA application_id", &app, err) < 0 ||
	    pragma_int(s, "SELECT count(*) FROM sqlite_master", &tables,
		       err) < 0 ||
	    pragma_int(s, "SELECT count(*) FROM sqlite_master WHERE"
			  " type = 'table' AND name IN ('meta','leases',"
			  "'events','clusters','removals','tombstones')",
		       &ours, err) < 0)
		return -1;
	if (version == 0 ? !tables && !app :
	    version <= 2 ? ours == 6 && !app :
	    app == OCS_STORE_APPLICATION_ID)
		return 0;
	return ocs_fail(err, OCS_CONFLICT,
			"%s is a database, but no ledger of opticald: Ledger= names another file?",
			s->path);
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
		return db_fail(s, s->checkpointer ? s->checkpointer : s->db,
			       err);
	}
	sqlite3_busy_timeout(s->db, 200);
	sqlite3_busy_timeout(s->checkpointer, 0);
	rc = identify(s, err);
	if (rc == 0)
		rc = exec(s, "PRAGMA journal_mode=WAL;"
			     "PRAGMA synchronous=NORMAL;"
			     "PRAGMA cache_size=-8192;"	/* KiB */
			     "PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=ON", err);
	umask(mask);
	if (rc == 0 && sqlite3_exec(s->checkpointer, "PRAGMA synchronous=FULL",
				    NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(s, s->checkpointer, err);
	return rc;
}

static int open_log(struct ocs_store *s, struct ocs_error *err)
{
	char path[sizeof(s->path) + 8];

	/* A connection that has read nothing knows of no log. */
	if (sqlite3_exec(s->checkpointer, "SELECT count(*) FROM meta", NULL,
			 NULL, NULL) != SQLITE_OK)
		return db_fail(s, s->checkpointer, err);
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

/* Within a transaction. */
static int make_instance(struct ocs_store *s, struct ocs_error *err)
{
	unsigned char raw[(OCS_LEASE_ID_MAX - 1) / 2];
	char id[OCS_LEASE_ID_MAX], text[100];

	if (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
		return ocs_fail(err, OCS_IO, "getrandom: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(raw); i++)
		sprintf(id + 2 * i, "%02x", raw[i]);
	snprintf(text, sizeof(text),
		 "INSERT INTO meta VALUES ('instance','%s')", id);
	return exec(s, text, err);
}

/* From VERSION to ours, whole or not at all. */
static int migrate(struct ocs_store *s, int version, struct ocs_error *err)
{
	char text[60];
	int rc;

	if (exec(s, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	for (rc = 0; rc == 0 && version < SCHEMA_VERSION; version++) {
		rc = exec(s, migration[version], err);
		if (rc == 0 && version == 0)
			rc = make_instance(s, err);
	}
	snprintf(text, sizeof(text), "PRAGMA user_version=%d; COMMIT",
		 SCHEMA_VERSION);
	if (rc == 0 && exec(s, text, err) == 0)
		return 0;
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

static int check_schema(struct ocs_store *s, struct ocs_error *err)
{
	int version;

	if (pragma_int(s, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (version < 0 || version > SCHEMA_VERSION)
		return ocs_fail(err, OCS_UNSUPPORTED,
				"ledger %s has schema %d, this opticald knows %d: use the version that wrote it",
				s->path, version, SCHEMA_VERSION);
	return version < SCHEMA_VERSION ? migrate(s, version, err) : 0;
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
		rc = db_fail(s, s->db, err);
	else if (strcmp(column(st, 0), "ok"))
		rc = ocs_fail(err, OCS_IO,
			      "ledger %s is damaged: %.200s: restore a backup (opticald(8))",
			      s->path, column(st, 0));
	sqlite3_finalize(st);
	return rc;
}

static int read_meta(struct ocs_store *s, struct ocs_error *err)
{
	int rc;

	bound_text(s, Q_META_GET, 1, "instance");
	if ((rc = next_row(s, Q_META_GET, err)) < 0)
		return -1;
	if (rc)
		snprintf(s->instance, sizeof(s->instance), "%s",
			 column(s->stmt[Q_META_GET], 0));
	done_rows(s, Q_META_GET);
	if (!ocs_lease_id_ok(s->instance))
		return ocs_fail(err, OCS_IO, "ledger %s has no instance id",
				s->path);
	if (meta_get_u64(s, "fence", &s->fence, err) < 0)
		return -1;
	return meta_put_u64(s, "fence", ++s->fence, err);
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
	    check_pages(s, err) < 0 || check_schema(s, err) < 0)
		goto out;
	for (unsigned int i = 0; i < NSTMT; i++) {
		if (sqlite3_prepare_v3(s->db, sql[i], -1,
				       SQLITE_PREPARE_PERSISTENT, &s->stmt[i],
				       NULL) != SQLITE_OK) {
			db_fail(s, s->db, err);
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

	if (meta_get_u64(s, "fence", &fence, err) < 0)
		return -1;
	if (fence == s->fence)
		return 0;
	return ocs_fail(err, OCS_IO,
			"ledger %s: another opticald has taken it over",
			s->path);
}

int ocs_store_begin(struct ocs_store *s, struct ocs_error *err)
{
	if (run(s, Q_BEGIN, err) < 0)
		return -1;
	OCS_POINT("ledger.begin");
	if (check_fence(s, err) == 0)
		return 0;
	run(s, Q_UNDO, NULL);
	return -1;
}

int ocs_store_end(struct ocs_store *s, struct ocs_error *err)
{
	int rc;

	OCS_POINT("ledger.end");
	rc = run(s, Q_END, err);
	OCS_POINT("ledger.ended");
	return rc;
}

void ocs_store_undo(struct ocs_store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		run(s, Q_UNDO, NULL);
}

static void bind_lease(struct ocs_store *s, enum stmt q,
		       const struct ocs_lease *lease, const char *json)
{
	sqlite3_stmt *st = bound_text(s, q, 1, lease->id);

	sqlite3_bind_int64(st, 6, ocs_lease_gbps(lease));
	bound_text(s, q, 7, ocs_resv_name(lease->resv));
	sqlite3_bind_int64(st, 8, lease->held_ms);
	sqlite3_bind_int64(st, 9, lease->committed_ms);
	sqlite3_bind_int64(st, 10, lease->active_ms);
	sqlite3_bind_int64(st, 11, lease->ended_ms);
	sqlite3_bind_int64(st, 12, lease->gone_ms);
	sqlite3_bind_int64(st, 13, (sqlite3_int64) s->fence);
	bound_text(s, q, 14, json);
}

int ocs_store_lease_put(struct ocs_store *s, const struct ocs_lease *lease,
			const char *json, struct ocs_error *err)
{
	sqlite3_stmt *st = s->stmt[Q_LEASE_PUT];

	OCS_POINT("ledger.lease");
	bind_lease(s, Q_LEASE_SET, lease, json);
	if (run(s, Q_LEASE_SET, err) < 0)
		return -1;
	if (sqlite3_changes(s->db))
		return 0;
	bind_lease(s, Q_LEASE_PUT, lease, json);
	bound_text(s, Q_LEASE_PUT, 2, lease->cluster);
	sqlite3_bind_int64(st, 3, lease->job_id);
	sqlite3_bind_int64(st, 4, lease->user_id);
	bound_text(s, Q_LEASE_PUT, 5, lease->user);
	return run(s, Q_LEASE_PUT, err);
}

/* Events of an older agent come before ours, and those of schema 3, which had
 * the numbers of rows, before all. */
static int64_t event_number(struct ocs_store *s)
{
	return (int64_t) (s->fence << 32 | s->nevents++);
}

int ocs_store_event_add(struct ocs_store *s, const char *lease_id,
			const struct ocs_event *event, struct ocs_error *err)
{
	sqlite3_stmt *st = bound_text(s, Q_EVENT_ADD, 1, lease_id);

	sqlite3_bind_int64(st, 2, event_number(s));
	sqlite3_bind_int64(st, 3, event->time_ms);
	bound_text(s, Q_EVENT_ADD, 4, event->axis);
	bound_text(s, Q_EVENT_ADD, 5, event->circuit);
	bound_text(s, Q_EVENT_ADD, 6, event->from);
	bound_text(s, Q_EVENT_ADD, 7, event->to);
	bound_text(s, Q_EVENT_ADD, 8, event->cause);
	sqlite3_bind_int64(st, 9, (sqlite3_int64) s->fence);
	OCS_POINT("ledger.event");
	return run(s, Q_EVENT_ADD, err);
}

int ocs_store_cluster_put(struct ocs_store *s,
			  const struct ocs_store_cluster *cluster,
			  struct ocs_error *err)
{
	sqlite3_stmt *st = bound_text(s, Q_CLUSTER_PUT, 1, cluster->name);

	sqlite3_bind_int64(st, 2, (sqlite3_int64) cluster->epoch);
	sqlite3_bind_int(st, 3, cluster->brake);
	OCS_POINT("ledger.cluster");
	return run(s, Q_CLUSTER_PUT, err);
}

int ocs_store_removal_add(struct ocs_store *s, const char *cluster,
			  int64_t time_ms, struct ocs_error *err)
{
	sqlite3_bind_int64(bound_text(s, Q_REMOVAL_ADD, 1, cluster), 2,
			   time_ms);
	OCS_POINT("ledger.removal");
	return run(s, Q_REMOVAL_ADD, err);
}

int ocs_store_removal_forget(struct ocs_store *s, const char *cluster,
			     int64_t before_ms, struct ocs_error *err)
{
	sqlite3_bind_int64(bound_text(s, Q_REMOVAL_FORGET, 1, cluster), 2,
			   before_ms);
	return run(s, Q_REMOVAL_FORGET, err);
}

int ocs_store_tombstone_add(struct ocs_store *s, const char *lease_id,
			    int64_t time_ms, int64_t before_ms,
			    struct ocs_error *err)
{
	sqlite3_bind_int64(s->stmt[Q_TOMB_PRUNE], 1, before_ms);
	if (run(s, Q_TOMB_PRUNE, err) < 0)
		return -1;
	sqlite3_bind_int64(bound_text(s, Q_TOMB_ADD, 1, lease_id), 2, time_ms);
	OCS_POINT("ledger.tombstone");
	return run(s, Q_TOMB_ADD, err);
}

int ocs_store_doc_put(struct ocs_store *s, const char *kind, const char *id,
		      const char *json, struct ocs_error *err)
{
	bound_text(s, Q_DOC_PUT, 1, kind);
	bound_text(s, Q_DOC_PUT, 2, id);
	bound_text(s, Q_DOC_PUT, 3, json);
	OCS_POINT("ledger.doc");
	return run(s, Q_DOC_PUT, err);
}

int ocs_store_doc_del(struct ocs_store *s, const char *kind, const char *id,
		      struct ocs_error *err)
{
	bound_text(s, Q_DOC_DEL, 1, kind);
	bound_text(s, Q_DOC_DEL, 2, id);
	return run(s, Q_DOC_DEL, err);
}

int ocs_store_docs(struct ocs_store *s, const char *kind, ocs_store_doc_f fn,
		   void *arg, struct ocs_error *err)
{
	int rc;

	bound_text(s, Q_DOCS, 1, kind);
	while ((rc = next_row(s, Q_DOCS, err)) > 0) {
		if (fn(column(s->stmt[Q_DOCS], 0), column(s->stmt[Q_DOCS], 1),
		       arg, err) == 0)
			continue;
		done_rows(s, Q_DOCS);
		return -1;
	}
	return rc;
}

static void copy_column(sqlite3_stmt *st, int i, char *buf, size_t size)
{
	snprintf(buf, size, "%s", column(st, i));
}

int ocs_store_prune(struct ocs_store *s, int64_t before_ms, unsigned int max,
		    struct ocs_error *err)
{
	char id[OCS_LEASE_ID_MAX];
	int rc, n = 0;

	while (max--) {
		sqlite3_bind_int64(s->stmt[Q_OLD], 1, before_ms);
		if ((rc = next_row(s, Q_OLD, err)) <= 0)
			return rc < 0 ? -1 : n;
		copy_column(s->stmt[Q_OLD], 0, id, sizeof(id));
		done_rows(s, Q_OLD);
		bound_text(s, Q_OLD_EVENTS, 1, id);
		if (run(s, Q_OLD_EVENTS, err) < 0)
			return -1;
		bound_text(s, Q_OLD_LEASE, 1, id);
		if (run(s, Q_OLD_LEASE, err) < 0)
			return -1;
		n++;
	}
	return n;
}

int ocs_store_generation_put(struct ocs_store *s, uint64_t value,
			     struct ocs_error *err)
{
	OCS_POINT("ledger.generation");
	return meta_put_u64(s, "generation", value, err);
}

uint64_t ocs_store_generation(struct ocs_store *s)
{
	uint64_t value = 0;

	if (meta_get_u64(s, "generation", &value, NULL) < 0)
		return 0;
	return value;
}

static struct ocs_lease *decode(const char *path, const char *body,
				struct ocs_error *err)
{
	struct ocs_error why = { 0 };
	size_t len = strlen(body);
	struct ocs_lease *lease = ocs_wire_read_row(body, len);

	if (!lease)
		lease = ocs_wire_decode_lease(body, len, &why);
	if (!lease)
		ocs_fail(err, why.code == OCS_NOMEM ? OCS_NOMEM : OCS_IO,
			 "ledger %s: a lease can't be read: %s", path,
			 why.text);
	return lease;
}

static struct ocs_lease *decode_row(struct ocs_store *s, enum stmt q,
				    struct ocs_error *err)
{
	return decode(s->path, column(s->stmt[q], 0), err);
}

int ocs_store_lease_get(struct ocs_store *s, const char *id,
			struct ocs_lease **lease, struct ocs_error *err)
{
	int rc;

	*lease = NULL;
	bound_text(s, Q_LEASE_GET, 1, id);
	if ((rc = next_row(s, Q_LEASE_GET, err)) <= 0)
		return rc;
	*lease = decode_row(s, Q_LEASE_GET, err);
	done_rows(s, Q_LEASE_GET);
	return *lease ? 0 : -1;
}

int ocs_store_tombstone_has(struct ocs_store *s, const char *id,
			    struct ocs_error *err)
{
	int rc;

	bound_text(s, Q_TOMB_HAS, 1, id);
	rc = next_row(s, Q_TOMB_HAS, err);
	done_rows(s, Q_TOMB_HAS);
	return rc;
}

/* ---- all of them ---- */

/* Of a large ledger rows are read in batches. While threads decode one, the one
 * before is handed over. */
struct share {
	struct batch *batch;
	unsigned int first;
	bool running;
	pthread_t thread;
	struct ocs_error err;
	int rc;
};

struct batch {
	const char *path;
	unsigned int n;
	char *body[BATCH_ROWS];
	struct ocs_lease *lease[BATCH_ROWS];
	struct share share[DECODERS];
};

static void *decode_share(void *arg)
{
	struct share *sh = arg;
	struct batch *b = sh->batch;

	for (unsigned int i = sh->first; i < b->n; i += DECODERS) {
		struct ocs_lease *l = decode(b->path, b->body[i], &sh->err);
		struct ocs_lease *packed = l ? ocs_lease_pack(l) : NULL;

		/* each is small before the next is made: no holes between */
		b->lease[i] = packed ? packed : l;
		free(b->body[i]);
		b->body[i] = NULL;
		if (!l)
			sh->rc = -1;
	}
	return NULL;
}

/* Small ones are not worth a thread; nor is there need of any. */
static void decode_begin(struct batch *b)
{
	for (unsigned int i = 0; i < DECODERS; i++) {
		struct share *sh = &b->share[i];

		*sh = (struct share) { .batch = b, .first = i };
		sh->running = b->n >= BATCH_ROWS / 2 &&
			      !pthread_create(&sh->thread, NULL, decode_share,
					      sh);
	}
}

static int decode_end(struct batch *b, struct ocs_error *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < DECODERS; i++) {
		struct share *sh = &b->share[i];

		if (sh->running)
			pthread_join(sh->thread, NULL);
		else
			decode_share(sh);
		if (sh->rc < 0 && rc == 0) {
			rc = -1;
			if (err)
				*err = sh->err;
		}
	}
	return rc;
}

static int read_batch(struct ocs_store *s, enum stmt q, struct batch *b,
		      bool *more, struct ocs_error *err)
{
	int rc = 1;

	while (b->n < BATCH_ROWS && (rc = next_row(s, q, err)) > 0) {
		if (!(b->body[b->n] = strdup(column(s->stmt[q], 0))))
			return ocs_fail(err, OCS_NOMEM, "out of memory");
		b->lease[b->n++] = NULL;
	}
	*more = rc > 0;
	return rc < 0 ? -1 : 0;
}

/* Give FN what is in B, in its order. */
static int hand_over(struct batch *b, ocs_store_lease_f fn, void *arg,
		     struct ocs_error *err)
{
	struct ocs_lease *l;
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < b->n; i++) {
		l = b->lease[i];
		b->lease[i] = NULL;	/* it is FN's, even if that fails */
		rc = fn(l, arg, err);
	}
	return rc;
}

static void empty(struct batch *b)
{
	while (b->n--) {
		free(b->body[b->n]);
		ocs_lease_destroy(b->lease[b->n]);
	}
	b->n = 0;
}

static int each_lease(struct ocs_store *s, enum stmt q, ocs_store_lease_f fn,
		      void *arg, struct ocs_error *err)
{
	struct batch *two = calloc(2, sizeof(*two)), *b = two, *last = two + 1;
	struct ocs_error why;
	bool more = true;
	int rc = 0, decoded;

	if (!two) {
		done_rows(s, q);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	two[0].path = two[1].path = s->path;
	do {
		if (more && (rc = read_batch(s, q, b, &more, err)) < 0)
			break;
		decode_begin(b);
		rc = hand_over(last, fn, arg, err);
		decoded = decode_end(b, &why);
		if (rc == 0 && (rc = decoded) < 0 && err)
			*err = why;
		empty(last);
		last = b;
		b = b == two ? two + 1 : two;
	} while (rc == 0 && last->n);
	if (rc < 0)
		done_rows(s, q);
	empty(&two[0]);
	empty(&two[1]);
	free(two);
	return rc;
}

int ocs_store_each_live(struct ocs_store *s, int64_t since_ms,
			ocs_store_lease_f fn, void *arg, struct ocs_error *err)
{
	sqlite3_bind_int64(s->stmt[Q_LIVE], 1, since_ms);
	return each_lease(s, Q_LIVE, fn, arg, err);
}

int ocs_store_each_past(struct ocs_store *s, int64_t since_ms,
			const char *cluster, uint32_t job_id, unsigned int max,
			ocs_store_lease_f fn, void *arg, struct ocs_error *err)
{
	sqlite3_stmt *st = bound_text(s, Q_PAST, 2, cluster);

	sqlite3_bind_int64(st, 1, since_ms);
	sqlite3_bind_int64(st, 3, job_id);
	sqlite3_bind_int64(st, 4, max);
	return each_lease(s, Q_PAST, fn, arg, err);
}

int ocs_store_page(struct ocs_store *s, const char *after,
		   const char *cluster, uint32_t job_id, ocs_store_row_f fn,
		   void *arg, struct ocs_error *err)
{
	sqlite3_stmt *st = bound_text(s, Q_PAGE, 1, after);
	int rc;

	bound_text(s, Q_PAGE, 2, cluster);
	sqlite3_bind_int64(st, 3, job_id);
	while ((rc = next_row(s, Q_PAGE, err)) > 0) {
		struct ocs_store_row row = {
			.id = column(st, 0), .cluster = column(st, 1),
			.user_id = (uint32_t) sqlite3_column_int64(st, 2),
			.body = column(st, 3),
		};

		if ((rc = fn(&row, arg, err))) {
			done_rows(s, Q_PAGE);
			return rc;
		}
	}
	return rc;
}

int ocs_store_events(struct ocs_store *s, const char *lease_id,
		     struct ocs_event **event, unsigned int *nevents,
		     struct ocs_error *err)
{
	sqlite3_stmt *st = bound_text(s, Q_EVENTS, 1, lease_id);
	struct ocs_event *list = NULL;
	unsigned int n = 0, cap = 0;
	int rc;

	sqlite3_bind_int64(st, 2, OCS_WIRE_EVENTS_MAX);
	while ((rc = next_row(s, Q_EVENTS, err)) > 0) {
		if (n == cap) {
			struct ocs_event *grown;

			cap = cap ? 2 * cap : 16;
			grown = realloc(list, cap * sizeof(*list));
			if (!grown) {
				done_rows(s, Q_EVENTS);
				ocs_fail(err, OCS_NOMEM, "out of memory");
				rc = -1;
				break;
			}
			list = grown;
		}
		memset(&list[n], 0, sizeof(list[n]));
		list[n].time_ms = sqlite3_column_int64(st, 0);
		copy_column(st, 1, list[n].axis, sizeof(list[n].axis));
		copy_column(st, 2, list[n].circuit, sizeof(list[n].circuit));
		copy_column(st, 3, list[n].from, sizeof(list[n].from));
		copy_column(st, 4, list[n].to, sizeof(list[n].to));
		copy_column(st, 5, list[n].cause, sizeof(list[n].cause));
		n++;
	}
	if (rc < 0) {
		free(list);
		return -1;
	}
	*event = list;
	*nevents = n;
	return 0;
}

int ocs_store_clusters(struct ocs_store *s,
		       int (*fn)(const struct ocs_store_cluster *c, void *arg),
		       void *arg, struct ocs_error *err)
{
	sqlite3_stmt *st = s->stmt[Q_CLUSTERS];
	struct ocs_store_cluster c;
	int rc;

	while ((rc = next_row(s, Q_CLUSTERS, err)) > 0) {
		copy_column(st, 0, c.name, sizeof(c.name));
		c.epoch = (uint64_t) sqlite3_column_int64(st, 1);
		c.brake = sqlite3_column_int(st, 2);
		if (fn(&c, arg) < 0) {
			done_rows(s, Q_CLUSTERS);
			return ocs_fail(err, OCS_NOMEM, "out of memory");
		}
	}
	return rc;
}

int ocs_store_removals(struct ocs_store *s,
		       int (*fn)(const char *cluster, int64_t time_ms,
				 void *arg),
		       void *arg, struct ocs_error *err)
{
	sqlite3_stmt *st = s->stmt[Q_REMOVALS];
	int rc;

	while ((rc = next_row(s, Q_REMOVALS, err)) > 0) {
		if (fn(column(st, 0), sqlite3_column_int64(st, 1), arg) < 0) {
			done_rows(s, Q_REMOVALS);
			return ocs_fail(err, OCS_NOMEM, "out of memory");
		}
	}
	return rc;
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
