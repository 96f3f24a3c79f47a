// SPDX-License-Identifier: GPL-2.0-or-later
/* store_write - what is written to the ledger, within a transaction */
#include "agent/store_sql.h"

#include <stdio.h>

#include "agent/point.h"

static void bind_lease(struct ocs_store *s, enum stmt q,
		       const struct ocs_lease *lease, const char *json)
{
	sqlite3_stmt *st = sql_text(s, q, 1, lease->id);

	sqlite3_bind_int64(st, 6, ocs_lease_gbps(lease));
	sql_text(s, q, 7, ocs_resv_name(lease->resv));
	sqlite3_bind_int64(st, 8, lease->held_ms);
	sqlite3_bind_int64(st, 9, lease->committed_ms);
	sqlite3_bind_int64(st, 10, lease->active_ms);
	sqlite3_bind_int64(st, 11, lease->ended_ms);
	sqlite3_bind_int64(st, 12, lease->gone_ms);
	sqlite3_bind_int64(st, 13, (sqlite3_int64) s->fence);
	sql_text(s, q, 14, json);
}

int ocs_store_lease_put(struct ocs_store *s, const struct ocs_lease *lease,
			const char *json, struct ocs_error *err)
{
	sqlite3_stmt *st = s->stmt[Q_LEASE_PUT];

	OCS_POINT("ledger.lease");
	bind_lease(s, Q_LEASE_SET, lease, json);
	if (sql_run(s, Q_LEASE_SET, err) < 0)
		return -1;
	if (sqlite3_changes(s->db))
		return 0;
	bind_lease(s, Q_LEASE_PUT, lease, json);
	sql_text(s, Q_LEASE_PUT, 2, lease->cluster);
	sqlite3_bind_int64(st, 3, lease->job_id);
	sqlite3_bind_int64(st, 4, lease->user_id);
	sql_text(s, Q_LEASE_PUT, 5, lease->user);
	return sql_run(s, Q_LEASE_PUT, err);
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
	sqlite3_stmt *st = sql_text(s, Q_EVENT_ADD, 1, lease_id);

	sqlite3_bind_int64(st, 2, event_number(s));
	sqlite3_bind_int64(st, 3, event->time_ms);
	sql_text(s, Q_EVENT_ADD, 4, event->axis);
	sql_text(s, Q_EVENT_ADD, 5, event->circuit);
	sql_text(s, Q_EVENT_ADD, 6, event->from);
	sql_text(s, Q_EVENT_ADD, 7, event->to);
	sql_text(s, Q_EVENT_ADD, 8, event->cause);
	sqlite3_bind_int64(st, 9, (sqlite3_int64) s->fence);
	OCS_POINT("ledger.event");
	return sql_run(s, Q_EVENT_ADD, err);
}

int ocs_store_cluster_put(struct ocs_store *s,
			  const struct ocs_store_cluster *cluster,
			  struct ocs_error *err)
{
	sqlite3_stmt *st = sql_text(s, Q_CLUSTER_PUT, 1, cluster->name);

	sqlite3_bind_int64(st, 2, (sqlite3_int64) cluster->epoch);
	sqlite3_bind_int(st, 3, cluster->brake);
	OCS_POINT("ledger.cluster");
	return sql_run(s, Q_CLUSTER_PUT, err);
}

int ocs_store_removal_add(struct ocs_store *s, const char *cluster,
			  int64_t time_ms, struct ocs_error *err)
{
	sqlite3_bind_int64(sql_text(s, Q_REMOVAL_ADD, 1, cluster), 2,
			   time_ms);
	OCS_POINT("ledger.removal");
	return sql_run(s, Q_REMOVAL_ADD, err);
}

int ocs_store_removal_forget(struct ocs_store *s, const char *cluster,
			     int64_t before_ms, struct ocs_error *err)
{
	sqlite3_bind_int64(sql_text(s, Q_REMOVAL_FORGET, 1, cluster), 2,
			   before_ms);
	return sql_run(s, Q_REMOVAL_FORGET, err);
}

int ocs_store_tombstone_add(struct ocs_store *s, const char *lease_id,
			    int64_t time_ms, int64_t before_ms,
			    struct ocs_error *err)
{
	sqlite3_bind_int64(s->stmt[Q_TOMB_PRUNE], 1, before_ms);
	if (sql_run(s, Q_TOMB_PRUNE, err) < 0)
		return -1;
	sqlite3_bind_int64(sql_text(s, Q_TOMB_ADD, 1, lease_id), 2, time_ms);
	OCS_POINT("ledger.tombstone");
	return sql_run(s, Q_TOMB_ADD, err);
}

int ocs_store_doc_put(struct ocs_store *s, const char *kind, const char *id,
		      const char *json, struct ocs_error *err)
{
	sql_text(s, Q_DOC_PUT, 1, kind);
	sql_text(s, Q_DOC_PUT, 2, id);
	sql_text(s, Q_DOC_PUT, 3, json);
	OCS_POINT("ledger.doc");
	return sql_run(s, Q_DOC_PUT, err);
}

int ocs_store_doc_del(struct ocs_store *s, const char *kind, const char *id,
		      struct ocs_error *err)
{
	sql_text(s, Q_DOC_DEL, 1, kind);
	sql_text(s, Q_DOC_DEL, 2, id);
	return sql_run(s, Q_DOC_DEL, err);
}

int ocs_store_prune(struct ocs_store *s, int64_t before_ms, unsigned int max,
		    struct ocs_error *err)
{
	char id[OCS_LEASE_ID_MAX];
	int rc, n = 0;

	while (max--) {
		sqlite3_bind_int64(s->stmt[Q_OLD], 1, before_ms);
		if ((rc = sql_row(s, Q_OLD, err)) <= 0)
			return rc < 0 ? -1 : n;
		sql_copy(s->stmt[Q_OLD], 0, id, sizeof(id));
		sql_done(s, Q_OLD);
		sql_text(s, Q_OLD_EVENTS, 1, id);
		if (sql_run(s, Q_OLD_EVENTS, err) < 0)
			return -1;
		sql_text(s, Q_OLD_LEASE, 1, id);
		if (sql_run(s, Q_OLD_LEASE, err) < 0)
			return -1;
		n++;
	}
	return n;
}

int ocs_store_generation_put(struct ocs_store *s, uint64_t value,
			     struct ocs_error *err)
{
	OCS_POINT("ledger.generation");
	return sql_put_u64(s, "generation", value, err);
}

uint64_t ocs_store_generation(struct ocs_store *s)
{
	uint64_t value = 0;

	if (sql_get_u64(s, "generation", &value, NULL) < 0)
		return 0;
	return value;
}
