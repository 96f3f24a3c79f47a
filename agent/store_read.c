// SPDX-License-Identifier: GPL-2.0-or-later
/* store_read - what the ledger has: leases, their events, and the rest */
#include "agent/store_sql.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A large ledger is read so many rows at a time, by so many threads. */
#define BATCH_ROWS 2048
#define DECODERS 4

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
	return decode(s->path, sql_column(s->stmt[q], 0), err);
}

int ocs_store_lease_get(struct ocs_store *s, const char *id,
			struct ocs_lease **lease, struct ocs_error *err)
{
	int rc;

	*lease = NULL;
	sql_text(s, Q_LEASE_GET, 1, id);
	if ((rc = sql_row(s, Q_LEASE_GET, err)) <= 0)
		return rc;
	*lease = decode_row(s, Q_LEASE_GET, err);
	sql_done(s, Q_LEASE_GET);
	return *lease ? 0 : -1;
}

int ocs_store_tombstone_has(struct ocs_store *s, const char *id,
			    struct ocs_error *err)
{
	int rc;

	sql_text(s, Q_TOMB_HAS, 1, id);
	rc = sql_row(s, Q_TOMB_HAS, err);
	sql_done(s, Q_TOMB_HAS);
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

	while (b->n < BATCH_ROWS && (rc = sql_row(s, q, err)) > 0) {
		if (!(b->body[b->n] = strdup(sql_column(s->stmt[q], 0))))
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
		sql_done(s, q);
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
		sql_done(s, q);
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
	sqlite3_stmt *st = sql_text(s, Q_PAST, 2, cluster);

	sqlite3_bind_int64(st, 1, since_ms);
	sqlite3_bind_int64(st, 3, job_id);
	sqlite3_bind_int64(st, 4, max);
	return each_lease(s, Q_PAST, fn, arg, err);
}

int ocs_store_page(struct ocs_store *s, const char *after,
		   const char *cluster, uint32_t job_id, ocs_store_row_f fn,
		   void *arg, struct ocs_error *err)
{
	sqlite3_stmt *st = sql_text(s, Q_PAGE, 1, after);
	int rc;

	sql_text(s, Q_PAGE, 2, cluster);
	sqlite3_bind_int64(st, 3, job_id);
	while ((rc = sql_row(s, Q_PAGE, err)) > 0) {
		struct ocs_store_row row = {
			.id = sql_column(st, 0), .cluster = sql_column(st, 1),
			.user_id = (uint32_t) sqlite3_column_int64(st, 2),
			.body = sql_column(st, 3),
		};

		if ((rc = fn(&row, arg, err))) {
			sql_done(s, Q_PAGE);
			return rc;
		}
	}
	return rc;
}

int ocs_store_events(struct ocs_store *s, const char *lease_id,
		     struct ocs_event **event, unsigned int *nevents,
		     struct ocs_error *err)
{
	sqlite3_stmt *st = sql_text(s, Q_EVENTS, 1, lease_id);
	struct ocs_event *list = NULL;
	unsigned int n = 0, cap = 0;
	int rc;

	sqlite3_bind_int64(st, 2, OCS_WIRE_EVENTS_MAX);
	while ((rc = sql_row(s, Q_EVENTS, err)) > 0) {
		if (n == cap) {
			struct ocs_event *grown;

			cap = cap ? 2 * cap : 16;
			grown = realloc(list, cap * sizeof(*list));
			if (!grown) {
				sql_done(s, Q_EVENTS);
				ocs_fail(err, OCS_NOMEM, "out of memory");
				rc = -1;
				break;
			}
			list = grown;
		}
		memset(&list[n], 0, sizeof(list[n]));
		list[n].time_ms = sqlite3_column_int64(st, 0);
		sql_copy(st, 1, list[n].axis, sizeof(list[n].axis));
		sql_copy(st, 2, list[n].circuit, sizeof(list[n].circuit));
		sql_copy(st, 3, list[n].from, sizeof(list[n].from));
		sql_copy(st, 4, list[n].to, sizeof(list[n].to));
		sql_copy(st, 5, list[n].cause, sizeof(list[n].cause));
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

	while ((rc = sql_row(s, Q_CLUSTERS, err)) > 0) {
		sql_copy(st, 0, c.name, sizeof(c.name));
		c.epoch = (uint64_t) sqlite3_column_int64(st, 1);
		c.brake = sqlite3_column_int(st, 2);
		if (fn(&c, arg) < 0) {
			sql_done(s, Q_CLUSTERS);
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

	while ((rc = sql_row(s, Q_REMOVALS, err)) > 0) {
		if (fn(sql_column(st, 0), sqlite3_column_int64(st, 1), arg) < 0) {
			sql_done(s, Q_REMOVALS);
			return ocs_fail(err, OCS_NOMEM, "out of memory");
		}
	}
	return rc;
}

int ocs_store_docs(struct ocs_store *s, const char *kind, ocs_store_doc_f fn,
		   void *arg, struct ocs_error *err)
{
	int rc;

	sql_text(s, Q_DOCS, 1, kind);
	while ((rc = sql_row(s, Q_DOCS, err)) > 0) {
		if (fn(sql_column(s->stmt[Q_DOCS], 0),
		       sql_column(s->stmt[Q_DOCS], 1), arg, err) == 0)
			continue;
		sql_done(s, Q_DOCS);
		return -1;
	}
	return rc;
}
