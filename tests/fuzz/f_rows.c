// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows of a ledger that is sound as a database. A line is SQL's table (l, e,
 * c, r, t, m, d) and its columns, separated by TAB; the rest of a lease's are
 * zero. */
#include <sqlite3.h>

#include "tests/fuzz/rig.h"
#include "tests/fuzz/fuzz.h"

static const struct {
	char kind;
	int ncolumns;
	const char *sql;
} tables[] = {
	{ 'l', 6, "REPLACE INTO leases VALUES"
		  " (?1,?2,?3,1000,'ada',400,?4,0,0,0,0,?5,1,?6)" },
	{ 'e', 7, "INSERT INTO events VALUES (?1,(SELECT count(*) FROM events),"
		"?2,?3,?4,?5,?6,?7,1)" },
	{ 'c', 3, "REPLACE INTO clusters VALUES (?1,?2,?3)" },
	{ 'r', 2, "INSERT INTO removals VALUES (?1,?2)" },
	{ 't', 2, "REPLACE INTO tombstones VALUES (?1,?2)" },
	{ 'm', 2, "REPLACE INTO meta VALUES (?1,?2)" },
	{ 'd', 3, "REPLACE INTO doc VALUES (?1,?2,?3)" },
};

static void insert(sqlite3 *db, char *line)
{
	char kind = *line, *column;
	sqlite3_stmt *st;

	if (kind)
		line++;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (tables[i].kind != kind)
			continue;
		must(sqlite3_prepare_v2(db, tables[i].sql, -1, &st, NULL) ==
		     SQLITE_OK);
		for (int c = 1; c <= tables[i].ncolumns; c++) {
			/* the last one takes the rest */
			column = fuzz_cut(&line, c < tables[i].ncolumns ?
					  '\t' : '\n');
			sqlite3_bind_text(st, c, column ? column : "", -1,
					  SQLITE_TRANSIENT);
		}
		sqlite3_step(st);
		sqlite3_finalize(st);
	}
}

static void fill(const char *path, char *text)
{
	sqlite3 *db = NULL;
	char *line;

	must(sqlite3_open(path, &db) == SQLITE_OK);
	sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	while ((line = fuzz_cut(&text, '\n')))
		insert(db, line);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rig r;
	struct ocs_error err = { 0 };
	char *text;

	if (!r.conf)
		rig_init(&r);
	rig_ledger(&r, NULL, 0);
	text = fuzz_text(data, size);
	fill(r.ledger, text);
	free(text);
	if (rig_up(&r, &err) < 0) {
		must(err.code != OCS_OK && err.text[0]);
		return 0;
	}
	rig_read_all(&r);
	rig_request(&r, 'o', "POST", "/v1/clusters/alpha/confirm", "");
	rig_request(&r, 'c', "POST", "/v1/clusters/alpha/epoch", "");
	rig_request(&r, 'c', "DELETE",
		    "/v1/leases/0123456789abcdef0123456789abcdef?why=reconcile&controller_epoch=9",
		    "");
	rig_request(&r, 'o', "DELETE",
		    "/v1/leases/0123456789abcdef0123456789abcdef?why=operator",
		    "");
	rig_down(&r);
	return 0;
}
