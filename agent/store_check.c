// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * store_check - is a ledger whole, and a copy of it while it is written
 *
 * A write-ahead log lets readers see one moment of the database while the agent
 * goes on; SQLite's backup reads just that.
 */
#include "agent/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/wire/wire.h"

static int db_fail(const char *path, sqlite3 *db, struct ocs_error *err)
{
	return ocs_fail(err, OCS_IO, "ledger %s: %s", path,
			db ? sqlite3_errmsg(db) : "out of memory");
}

static sqlite3 *open_db(const char *path, int flags, struct ocs_error *err)
{
	sqlite3 *db = NULL;
	struct stat st;

	if (!(flags & SQLITE_OPEN_CREATE) && stat(path, &st) < 0) {
		ocs_fail(err, OCS_IO, "ledger %s: %s", path, strerror(errno));
		return NULL;
	}
	if (sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(db, 5000);
		return db;
	}
	db_fail(path, db, err);
	sqlite3_close(db);
	return NULL;
}

/* FN for each row of SQL: 0 to go on. */
static int each(const char *path, sqlite3 *db, const char *sql,
		int (*fn)(sqlite3_stmt *row, void *arg, struct ocs_error *err),
		void *arg, struct ocs_error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL), ret = 0;

	if (rc != SQLITE_OK)
		ret = db_fail(path, db, err);
	while (ret == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW)
		ret = fn(st, arg, err);
	if (ret == 0 && rc != SQLITE_DONE)
		ret = db_fail(path, db, err);
	sqlite3_finalize(st);
	return ret;
}

static int get_int(sqlite3_stmt *row, void *arg, struct ocs_error *err)
{
	*(int *) arg = sqlite3_column_int(row, 0);
	return 0;
}

static const char *text_of(sqlite3_stmt *row, int i)
{
	const unsigned char *text = sqlite3_column_text(row, i);

	return text ? (const char *) text : "";
}

static int sound(sqlite3_stmt *row, void *arg, struct ocs_error *err)
{
	if (!strcmp(text_of(row, 0), "ok"))
		return 0;
	return ocs_fail(err, OCS_IO,
			"ledger %s is damaged: %.200s: restore a backup (opticald(8))",
			(const char *) arg, text_of(row, 0));
}

struct leases {
	const char *path;
	struct ocs_store_found *found;
};

static int one_lease(sqlite3_stmt *row, void *arg, struct ocs_error *err)
{
	struct leases *ls = arg;
	const char *id = text_of(row, 0), *body = text_of(row, 1);
	struct ocs_error why;
	struct ocs_lease *l = ocs_wire_decode_lease(body, strlen(body), &why);

	if (!l)
		return ocs_fail(err, OCS_IO,
				"ledger %s: lease '%.40s' can't be read: %.200s",
				ls->path, id, why.text);
	if (strcmp(l->id, id)) {
		ocs_lease_destroy(l);
		return ocs_fail(err, OCS_IO,
				"ledger %s: lease '%.40s' says that it is another",
				ls->path, id);
	}
	if (ocs_lease_booked(l))
		ls->found->live++;
	else
		ls->found->past++;
	ocs_lease_destroy(l);
	return 0;
}

static int verify(const char *path, sqlite3 *db, struct ocs_store_found *found,
		  struct ocs_error *err)
{
	struct leases ls = { path, found };
	int app = 0;

	memset(found, 0, sizeof(*found));
	if (each(path, db, "PRAGMA integrity_check(1)", sound, (void *) path,
		 err) < 0 ||
	    each(path, db, "PRAGMA user_version", get_int, &found->version,
		 err) < 0 ||
	    each(path, db, "PRAGMA application_id", get_int, &app, err) < 0)
		return -1;
	if (found->version > OCS_STORE_VERSION)
		return ocs_fail(err, OCS_UNSUPPORTED,
				"ledger %s has schema %d, this opticald knows %d",
				path, found->version, OCS_STORE_VERSION);
	if (!found->version ||
	    (found->version > 2 && app != OCS_STORE_APPLICATION_ID))
		return ocs_fail(err, OCS_CONFLICT,
				"%s is no ledger of opticald", path);
	return each(path, db, "SELECT id, body FROM leases", one_lease, &ls,
		    err);
}

int ocs_store_verify(const char *path, struct ocs_store_found *found,
		     struct ocs_error *err)
{
	sqlite3 *db = open_db(path, SQLITE_OPEN_READONLY, err);
	int rc = db ? verify(path, db, found, err) : -1;

	sqlite3_close(db);
	return rc;
}

/* ---- backup ---- */

static int copy(const char *path, sqlite3 *from, const char *tmp,
		struct ocs_store_found *found, struct ocs_error *err)
{
	mode_t mask = umask(077);
	sqlite3 *to = open_db(tmp, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			      err);
	sqlite3_backup *b;
	int step, rc = -1;

	umask(mask);
	if (!to)
		return -1;
	if (!(b = sqlite3_backup_init(to, "main", from, "main"))) {
		db_fail(tmp, to, err);
		goto out;
	}
	step = sqlite3_backup_step(b, -1);
	if (sqlite3_backup_finish(b) != SQLITE_OK || step != SQLITE_DONE) {
		ocs_fail(err, OCS_IO, "backup of %s to %s: %s", path, tmp,
			 sqlite3_errstr(step));
		goto out;
	}
	/* One file, that needs no log beside it. */
	if (sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL,
			 NULL) != SQLITE_OK) {
		db_fail(tmp, to, err);
		goto out;
	}
	rc = verify(tmp, to, found, err);
out:
	sqlite3_close(to);
	return rc;
}

static int sync_path(const char *path, int flags, struct ocs_error *err)
{
	int fd = open(path, flags | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) < 0 ?
		 ocs_fail(err, OCS_IO, "%s: %s", path, strerror(errno)) : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

static void drop(const char *tmp)
{
	char path[4200];

	unlink(tmp);
	snprintf(path, sizeof(path), "%s-journal", tmp);
	unlink(path);
}

int ocs_store_backup(const char *path, const char *to,
		     struct ocs_store_found *found, struct ocs_error *err)
{
	char tmp[4096], dir[4096];
	sqlite3 *from;
	int rc;

	if (strlen(to) > sizeof(tmp) - 32)
		return ocs_fail(err, OCS_RANGE, "the backup's path is too long");
	snprintf(tmp, sizeof(tmp), "%s.%ld", to, (long) getpid());
	snprintf(dir, sizeof(dir), "%s", to);
	if (!(from = open_db(path, SQLITE_OPEN_READONLY, err)))
		return -1;
	rc = copy(path, from, tmp, found, err);
	sqlite3_close(from);
	if (rc == 0)
		rc = sync_path(tmp, O_RDONLY, err);
	if (rc == 0 && rename(tmp, to) < 0)
		rc = ocs_fail(err, OCS_IO, "%s: %s", to, strerror(errno));
	if (rc == 0)
		rc = sync_path(dirname(dir), O_RDONLY | O_DIRECTORY, err);
	if (rc < 0)
		drop(tmp);
	return rc;
}
