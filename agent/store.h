/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store - the ledger: what was acknowledged is in it (I2)
 *
 * A transaction that ocs_store_end() has ended survives the death of the
 * process; after ocs_store_sync() it survives the loss of power too.  One
 * agent per ledger: the second is refused.
 *
 * All calls come from one thread at a time (the engine's lock), except
 * ocs_store_sync(), ocs_store_grown() and ocs_store_checkpoint(), which may run
 * beside them; the last not beside itself.  Nothing here logs.
 */
#ifndef OCS_AGENT_STORE_H
#define OCS_AGENT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/error.h"
#include "common/core/lease.h"
#include "common/wire/wire.h"

struct ocs_store;

/* What is kept of a cluster. */
struct ocs_store_cluster {
	char name[OCS_NAME_MAX];
	uint64_t epoch;		/* newest controller epoch; 0: none yet */
	bool brake;
};

/* Open or make the ledger at PATH. NULL with ERR set: OCS_IO, OCS_CONFLICT
 * another agent has it, OCS_UNSUPPORTED a newer version wrote it. */
struct ocs_store *ocs_store_open(const char *path, struct ocs_error *err);
void ocs_store_close(struct ocs_store *store);
/* 32 hexadecimal digits, random at the ledger's creation. */
const char *ocs_store_instance(const struct ocs_store *store);
/* How often the ledger was opened: part of every write's fence. */
uint64_t ocs_store_fence(const struct ocs_store *store);

/* All writes stand between begin and end; an error in between, or of end,
 * undoes them all (call ocs_store_undo). 0, or -1 with ERR set. */
int ocs_store_begin(struct ocs_store *store, struct ocs_error *err);
int ocs_store_end(struct ocs_store *store, struct ocs_error *err);
void ocs_store_undo(struct ocs_store *store);

/* JSON is LEASE encoded. */
int ocs_store_lease_put(struct ocs_store *store, const struct ocs_lease *lease,
			const char *json, struct ocs_error *err);
int ocs_store_event_add(struct ocs_store *store, const char *lease_id,
			const struct ocs_event *event, struct ocs_error *err);
int ocs_store_cluster_put(struct ocs_store *store,
			  const struct ocs_store_cluster *cluster,
			  struct ocs_error *err);
/* A removal that counts against the brake; forget: all of CLUSTER up to
 * BEFORE_MS. */
int ocs_store_removal_add(struct ocs_store *store, const char *cluster,
			  int64_t time_ms, struct ocs_error *err);
int ocs_store_removal_forget(struct ocs_store *store, const char *cluster,
			     int64_t before_ms, struct ocs_error *err);
/* A released id that we never knew; those before BEFORE_MS are forgotten. */
int ocs_store_tombstone_add(struct ocs_store *store, const char *lease_id,
			    int64_t time_ms, int64_t before_ms,
			    struct ocs_error *err);
/* A document of KIND by its ID: put over an older one, or away. */
int ocs_store_doc_put(struct ocs_store *store, const char *kind,
		      const char *id, const char *json, struct ocs_error *err);
int ocs_store_doc_del(struct ocs_store *store, const char *kind,
		      const char *id, struct ocs_error *err);
/* FN returns 0 to go on, or -1 with ERR set; it must not call the store. */
typedef int (*ocs_store_doc_f)(const char *id, const char *json, void *arg,
			       struct ocs_error *err);
int ocs_store_docs(struct ocs_store *store, const char *kind,
		   ocs_store_doc_f fn, void *arg, struct ocs_error *err);
/* Take out at most MAX leases, and their events, that were gone before
 * BEFORE_MS; returns how many there were, or -1. */
int ocs_store_prune(struct ocs_store *store, int64_t before_ms,
		    unsigned int max, struct ocs_error *err);
/* All generations below VALUE may have been shown. */
int ocs_store_generation_put(struct ocs_store *store, uint64_t value,
			     struct ocs_error *err);

uint64_t ocs_store_generation(struct ocs_store *store);
/* *LEASE is the caller's; NULL when there is none. */
int ocs_store_lease_get(struct ocs_store *store, const char *id,
			struct ocs_lease **lease, struct ocs_error *err);
/* 1 there is one, 0 none, -1 ERR set. */
int ocs_store_tombstone_has(struct ocs_store *store, const char *id,
			    struct ocs_error *err);
/* FN takes over LEASE, packed, and returns 0 to go on or -1 with ERR set.  each_live:
 * those not gone, and those gone after SINCE_MS, in any order.  each_past:
 * those gone by SINCE_MS, newest first, at most MAX; CLUSTER "" and JOB_ID 0
 * mean any. */
typedef int (*ocs_store_lease_f)(struct ocs_lease *lease, void *arg,
				 struct ocs_error *err);
int ocs_store_each_live(struct ocs_store *store, int64_t since_ms,
			ocs_store_lease_f fn, void *arg,
			struct ocs_error *err);
int ocs_store_each_past(struct ocs_store *store, int64_t since_ms,
			const char *cluster, uint32_t job_id, unsigned int max,
			ocs_store_lease_f fn, void *arg,
			struct ocs_error *err);
/* Rows of leases, gone or not, with ids above AFTER, in order of ids; CLUSTER ""
 * and JOB_ID 0 mean any.  FN returns 0 to go on, 1 to stop, or -1 with ERR set.
 * 1: FN stopped it; 0: there are no more; -1. */
struct ocs_store_row {
	const char *id, *cluster, *body;	/* borrowed */
	uint32_t user_id;
};
typedef int (*ocs_store_row_f)(const struct ocs_store_row *row, void *arg,
			       struct ocs_error *err);
int ocs_store_page(struct ocs_store *store, const char *after,
		   const char *cluster, uint32_t job_id, ocs_store_row_f fn,
		   void *arg, struct ocs_error *err);
/* *EVENT is the caller's to free, oldest first, at most
 * OCS_WIRE_EVENTS_MAX; none is no error. */
int ocs_store_events(struct ocs_store *store, const char *lease_id,
		     struct ocs_event **event, unsigned int *nevents,
		     struct ocs_error *err);
int ocs_store_clusters(struct ocs_store *store,
		       int (*fn)(const struct ocs_store_cluster *c, void *arg),
		       void *arg, struct ocs_error *err);
int ocs_store_removals(struct ocs_store *store,
		       int (*fn)(const char *cluster, int64_t time_ms,
				 void *arg),
		       void *arg, struct ocs_error *err);

/* Put all ended transactions on stable storage. 0 or -1 with ERR set: the
 * ledger can no longer be trusted with promises. */
int ocs_store_sync(struct ocs_store *store, struct ocs_error *err);
/* The log has grown since the last checkpoint: there is reason for one. */
bool ocs_store_grown(const struct ocs_store *store);
/* Move the log into the database file when it has grown; never needed for
 * safety, so errors are not reported. */
void ocs_store_checkpoint(struct ocs_store *store);
/* After it, with no other call under way: what was written meanwhile, if the
 * log is so long that it must begin anew. */
void ocs_store_checkpoint_rest(struct ocs_store *store);

/*
 * store_check.c: beside an agent that runs, or without any. PATH is only read.
 */
/* The schema that this version writes. */
#define OCS_STORE_VERSION 5
/* 'OCSL' */
#define OCS_STORE_APPLICATION_ID 1329812300
#define OCS_STORE_APPLICATION_ID_TEXT "1329812300"

struct ocs_store_found {
	int version;		/* of the schema */
	unsigned int live;	/* leases that are booked */
	unsigned int past;
};
/* Every page, every lease. 0, or -1 with ERR saying what is wrong first. */
int ocs_store_verify(const char *path, struct ocs_store_found *found,
		     struct ocs_error *err);
/* A copy of PATH as it is at one moment, whole, verified and on stable storage,
 * mode 0600, in place of TO; or -1 with ERR set and TO as it was. */
int ocs_store_backup(const char *path, const char *to,
		     struct ocs_store_found *found, struct ocs_error *err);

#endif
