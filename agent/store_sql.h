/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store_sql - the ledger's statements; private to store_*.c
 *
 * One thread at a time, as store.h says. A statement is bound, run or read row
 * by row, and after that ready for the next time.
 */
#ifndef OCS_AGENT_STORE_SQL_H
#define OCS_AGENT_STORE_SQL_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>

#include "agent/store.h"

enum stmt {
	Q_BEGIN, Q_END, Q_UNDO, Q_LEASE_SET, Q_LEASE_PUT, Q_LEASE_GET, Q_LIVE,
	Q_PAST,
	Q_PAGE,
	Q_EVENT_ADD, Q_EVENTS, Q_CLUSTER_PUT, Q_CLUSTERS, Q_REMOVAL_ADD,
	Q_REMOVAL_FORGET, Q_REMOVALS, Q_TOMB_ADD, Q_TOMB_PRUNE, Q_TOMB_HAS,
	Q_META_PUT, Q_META_GET, Q_DOC_PUT, Q_DOC_DEL, Q_DOCS,
	Q_OLD, Q_OLD_EVENTS, Q_OLD_LEASE, NSTMT
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

/* ---- store_sqlite.c; all return 0, or -1 with ERR set (OCS_IO) ---- */

/* What went wrong in DB (NULL: no memory) last; -1. */
int sql_fail(const struct ocs_store *s, sqlite3 *db, struct ocs_error *err);
/* TEXT, one or more statements that return nothing. */
int sql_exec(struct ocs_store *s, const char *text, struct ocs_error *err);
/* Bind TEXT, borrowed until Q is reset, as value AT of Q; Q's statement. */
sqlite3_stmt *sql_text(struct ocs_store *s, enum stmt q, int at,
		       const char *text);
/* Run Q, which returns no row that matters. */
int sql_run(struct ocs_store *s, enum stmt q, struct ocs_error *err);
/* 1 a row is there, 0 no more, -1 ERR set; the last two reset Q. */
int sql_row(struct ocs_store *s, enum stmt q, struct ocs_error *err);
/* No more rows of Q are wanted. */
void sql_done(struct ocs_store *s, enum stmt q);
/* Numbers in meta; 1 if KEY is there. */
int sql_put_u64(struct ocs_store *s, const char *key, uint64_t value,
		struct ocs_error *err);
int sql_get_u64(struct ocs_store *s, const char *key, uint64_t *value,
		struct ocs_error *err);

/* Column I as text, "" for NULL; until the next step. */
static inline const char *sql_column(sqlite3_stmt *st, int i)
{
	const unsigned char *text = sqlite3_column_text(st, i);

	return text ? (const char *) text : "";
}

/* The same into BUF, cut to SIZE. */
static inline void sql_copy(sqlite3_stmt *st, int i, char *buf, size_t size)
{
	snprintf(buf, size, "%s", sql_column(st, i));
}

/* ---- store_schema.c ---- */

/* Is this a ledger, or a new one? Asked before anything is written: the file may
 * be another program's. 0, or -1 with ERR set (OCS_CONFLICT, OCS_IO). */
int schema_known(struct ocs_store *s, struct ocs_error *err);
/* Make it a ledger of this version, whole or not at all. 0, or -1 with ERR set
 * (OCS_UNSUPPORTED: a later one's). */
int schema_check(struct ocs_store *s, struct ocs_error *err);

#endif
