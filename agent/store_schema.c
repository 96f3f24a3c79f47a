// SPDX-License-Identifier: GPL-2.0-or-later
/* store_schema - the ledger's tables and their versions */
#include "agent/store_sql.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

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
		sql_fail(s, s->db, err);
	}
	sqlite3_finalize(st);
	return rc;
}

int schema_known(struct ocs_store *s, struct ocs_error *err)
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
	return sql_exec(s, text, err);
}

/* From VERSION to ours, whole or not at all. */
static int migrate(struct ocs_store *s, int version, struct ocs_error *err)
{
	char text[60];
	int rc;

	if (sql_exec(s, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	for (rc = 0; rc == 0 && version < SCHEMA_VERSION; version++) {
		rc = sql_exec(s, migration[version], err);
		if (rc == 0 && version == 0)
			rc = make_instance(s, err);
	}
	snprintf(text, sizeof(text), "PRAGMA user_version=%d; COMMIT",
		 SCHEMA_VERSION);
	if (rc == 0 && sql_exec(s, text, err) == 0)
		return 0;
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

int schema_check(struct ocs_store *s, struct ocs_error *err)
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
