/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine_priv - what the files of the engine share
 *
 *  engine.c          the calls: hold, commit, release
 *  engine_change.c   one change of one lease: ledger, bookings, who is told
 *  engine_circuit.c  from what is wanted to what is lit, by the driver
 *  engine_run.c      life: loading, timers, syncing
 *  engine_view.c     what callers may see
 *
 * Lock order: the engine's, then the driver's or the server's. "Locked" below
 * means: called with the engine's lock held.
 */
#ifndef OCS_AGENT_ENGINE_PRIV_H
#define OCS_AGENT_ENGINE_PRIV_H

#include <pthread.h>

#include "agent/engine.h"

/* Bounds and times of the agent alone, in ms unless told. */
/* Ended leases stay visible this long. */
#define ENGINE_VISIBLE_MS 600000
/* A released id that we never knew is remembered for a day: no message of a
 * controller is older. */
#define ENGINE_TOMBSTONE_MS 86400000
/* First wait before something is tried again, doubled up to the last. */
#define ENGINE_RETRY_MS 1000
#define ENGINE_RETRY_MAX_MS 60000
/* A driver that has not answered by then has lost the operation: longer than
 * the slowest wavelength set-up known (16 min). */
#define ENGINE_OP_TIMEOUT_MS 1200000
/* Generations are reserved in the ledger in blocks. */
#define ENGINE_GENERATIONS 1000000
/* The log is synced and moved into the database at least every so many
 * transactions, though nobody waits for it. */
#define ENGINE_SYNC_EVERY 512
/* Past leases in one answer. */
#define ENGINE_PAST_MAX 10000

/* A HELD lease that nobody committed; it alone may be taken again. */
#define ENGINE_CAUSE_EXPIRED "hold expired"

enum engine_next { NEXT_NONE, NEXT_LOOK, NEXT_CREATE, NEXT_REMOVE };

/* What we are doing about one circuit; the lease says what is known. */
struct engine_circuit {
	uint64_t op;		/* under way at the driver; 0: none */
	enum engine_next kind;	/* of op */
	enum engine_next next;	/* to do when op is 0 and retry_ms is past */
	uint64_t retry_ms;	/* monotonic */
	uint64_t deadline_ms;	/* of op, monotonic */
	unsigned int tries;
};

struct engine_rec {
	struct engine_rec *hash_next;
	struct ocs_lease_ref *cur;
	struct engine_circuit *circuit;	/* as many as cur has */
	uint64_t seq;		/* the driver waits until this is settled */
	uint64_t until_ms;	/* monotonic: HELD expires, gone is forgotten */
	bool todo;		/* the worker is to look at it */
};

struct engine_cluster {
	struct ocs_store_cluster kept;
	unsigned int nremovals, cap;
	int64_t *removal_ms;	/* Unix ms, within the brake's window */
};

struct ocs_engine {
	const struct ocs_agent_conf *conf;
	struct ocs_store *store;
	struct ocs_driver *drv;
	void (*changed)(void *arg);
	void *changed_arg;

	pthread_mutex_t lock;	/* guards all below, and the store */
	pthread_cond_t wake;	/* the worker */
	pthread_cond_t dirty;	/* the syncer */
	pthread_t worker, syncer;
	bool running, stopping;
	struct ocs_net net;	/* booked_bps: as shown, <= capacity */
	uint64_t *booked;	/* per link, as it is */
	unsigned int nbuckets, nrecs;
	struct engine_rec **bucket;
	unsigned int nclusters;
	struct engine_cluster *cluster;
	uint64_t generation, generation_kept;
	uint64_t seq;		/* of the last transaction */
	uint64_t want_seq;	/* somebody waits for its settling */
	uint64_t settled_seq;
	bool disk_failed;
	char disk_text[256];
	uint64_t last_op;
	uint64_t scan_ms;	/* monotonic: next look at all timers */
	bool todo;		/* some rec has todo */
};

/* A change of one lease in the making. */
struct engine_change {
	struct engine_rec *rec;		/* NULL: a new one */
	struct ocs_lease *next;		/* owned */
	int64_t now_ms;
	unsigned int nevents, cap;
	struct ocs_event *event;
	bool nomem;
	bool settle;			/* the caller will wait */
	const struct ocs_store_cluster *cluster;	/* written along */
	bool removal;			/* counts against the brake */
};

/* engine_change.c; all locked */
struct engine_rec *engine_rec_find(struct ocs_engine *e, const char *id);
/* The rec of LEASE, which is taken over even on failure (NULL: no memory). */
struct engine_rec *engine_rec_add(struct ocs_engine *e,
				  struct ocs_lease *lease, const char *json);
void engine_rec_drop(struct ocs_engine *e, struct engine_rec *rec);
int engine_change_begin(struct engine_change *ch, struct engine_rec *rec,
			const struct ocs_lease *from, struct ocs_error *err);
void engine_change_resv(struct engine_change *ch, enum ocs_resv to,
			const char *cause);
void engine_change_prov(struct engine_change *ch, unsigned int i,
			enum ocs_prov to, const char *cause);
void engine_change_data(struct engine_change *ch, unsigned int i,
			enum ocs_data to, const char *cause);
/* Make it so: 0, or -1 with ERR set and no effect. CH is done with either way.
 * *REC (may be NULL) is the lease's. */
int engine_change_apply(struct ocs_engine *e, struct engine_change *ch,
			struct engine_rec **rec, struct ocs_error *err);
void engine_change_drop(struct engine_change *ch);
void engine_book(struct ocs_engine *e, const struct ocs_lease *lease,
		 bool take);
void engine_bump(struct ocs_engine *e);	/* a new generation; tell everybody */
/* SEQ is to be settled soon. */
void engine_want(struct ocs_engine *e, uint64_t seq);
void engine_todo(struct ocs_engine *e, struct engine_rec *rec);
void engine_timer(struct ocs_engine *e, uint64_t at_ms);
struct engine_cluster *engine_cluster_find(struct ocs_engine *e,
					   const char *name);
/* The cluster NAME, made if it must be; NULL: no memory. */
struct engine_cluster *engine_cluster_get(struct ocs_engine *e,
					  const char *name);
int engine_cluster_removal(struct engine_cluster *c, int64_t time_ms);

/* engine_circuit.c; locked */
void engine_step(struct ocs_engine *e, struct engine_rec *rec, uint64_t now);
/* Drop what is under way for circuit I and do NEXT. */
void engine_redirect(struct ocs_engine *e, struct engine_rec *rec,
		     unsigned int i, enum engine_next next);
/* Deadlines of operations: *AT_MS becomes the earliest. */
void engine_overdue(struct ocs_engine *e, struct engine_rec *rec,
		    uint64_t now, uint64_t *at_ms);
/* not locked: the driver's calls */
void engine_driver_done(void *arg, const char *id, uint64_t op,
			enum ocs_outcome outcome, enum ocs_light light,
			const char *cause);
void engine_driver_service(void *arg, const char *id, enum ocs_light light,
			   const char *cause);
void engine_driver_link(void *arg, const char *name, bool down);

#endif
