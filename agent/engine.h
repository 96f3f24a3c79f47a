/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine - the one owner of leases: decides, books, and has circuits lit
 *
 * One lock for changes. A lease once shown never changes: each change makes a
 * new version of it, and readers keep the old one for as long as they like.
 * A change is in the ledger before anybody can see it; commits and releases
 * are on stable storage before they are answered and before the driver is
 * told (I2): callers wait with ocs_engine_settled().
 *
 * Thread safe. Who may do what is the caller's business, except where told.
 */
#ifndef OCS_AGENT_ENGINE_H
#define OCS_AGENT_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/caller.h"
#include "agent/conf.h"
#include "agent/driver.h"
#include "agent/stats.h"
#include "agent/store.h"
#include "common/core/error.h"
#include "common/core/lease.h"
#include "common/core/maint.h"
#include "common/wire/wire_measure.h"

struct ocs_engine;

/* One version of a lease: immutable, counted. */
struct ocs_lease_ref {
	atomic_uint refs;
	struct ocs_lease *lease;
	char *json;	/* NULL: made when it is asked for */
};
struct ocs_lease_ref *ocs_lease_ref_get(struct ocs_lease_ref *ref);
void ocs_lease_ref_put(struct ocs_lease_ref *ref);	/* NULL is allowed */

/* Read the ledger; nothing runs yet. CONF, STORE and DRV are borrowed and
 * outlive the engine. NULL with ERR set. */
struct ocs_engine *ocs_engine_create(const struct ocs_agent_conf *conf,
				     struct ocs_store *store,
				     struct ocs_driver *drv,
				     struct ocs_error *err);
void ocs_engine_destroy(struct ocs_engine *e);
/* CHANGED after each visible change; SETTLED when all up to SEQ is on stable
 * storage, or, UINT64_MAX, when nothing more will be. Both with the engine's
 * lock held: they must not call the engine. Before start. */
void ocs_engine_on_change(struct ocs_engine *e, void (*changed)(void *arg),
			  void (*settled)(void *arg, uint64_t seq), void *arg);
/* Start timers, syncing and the driver. 0 or -1 with ERR set. */
int ocs_engine_start(struct ocs_engine *e, struct ocs_error *err);
/* Stop them; the ledger is synced. */
void ocs_engine_stop(struct ocs_engine *e);

/* The clusters of USERS may have leases from now on; none is taken away. */
int ocs_engine_clusters(struct ocs_engine *e,
			const struct ocs_agent_users *users,
			struct ocs_error *err);

/*
 * The calls. Each returns 0, or -1 with ERR set and no effect; *REF is the
 * caller's to put.  *SEQ is what ocs_engine_settled() wants to know.
 */
/* Hold WANT, routed over all its circuits. *FRESH: it was not there before. */
int ocs_engine_hold(struct ocs_engine *e, const struct ocs_lease *want,
		    struct ocs_lease_ref **ref, bool *fresh,
		    struct ocs_error *err);
/* Commit WANT, held or not; its set-up begins. */
int ocs_engine_commit(struct ocs_engine *e, const struct ocs_lease *want,
		      struct ocs_lease_ref **ref, bool *fresh, uint64_t *seq,
		      struct ocs_error *err);

struct ocs_release {
	const char *id;
	const char *why;	/* "job", "reconcile", "unknown" (the cluster
				 * does not even know the job) or "operator" */
	const char *who;	/* for the record */
	bool any_epoch;		/* operators need none */
	uint64_t epoch;
	int64_t ended_s;	/* when the job ended; 0: now */
};
/* OCS_NOT_FOUND (*SEQ valid: the id is remembered), OCS_BRAKE. *CHANGED tells
 * whether something is still being released. */
int ocs_engine_release(struct ocs_engine *e, const struct ocs_release *rel,
		       struct ocs_lease_ref **ref, bool *releasing,
		       uint64_t *seq, struct ocs_error *err);

/* Change a lease that is HELD or COMMITTED, all of MOD or nothing: OCS_BUSY,
 * OCS_CONFLICT, OCS_STALE, OCS_RANGE. *CHANGED: it was not like that before. */
int ocs_engine_modify(struct ocs_engine *e, const char *id,
		      const struct ocs_modify *mod, const char *who,
		      struct ocs_lease_ref **ref, bool *changed,
		      uint64_t *seq, struct ocs_error *err);
/* What would be. LINKS: the answer may name links, else pairs of sites. */
int ocs_engine_whatif(struct ocs_engine *e, const struct ocs_whatif *want,
		      bool links, struct ocs_whatif_answer *answer,
		      struct ocs_error *err);

/* References to leases; the caller's to fini. */
struct ocs_lease_refs {
	unsigned int n, cap;
	struct ocs_lease_ref **ref;
};
void ocs_lease_refs_fini(struct ocs_lease_refs *refs);

/* REFS: the leases that are touched. OCS_NOT_FOUND: no such link. */
int ocs_engine_drain(struct ocs_engine *e, const struct ocs_drain *want,
		     const char *who, struct ocs_lease_refs *refs,
		     uint64_t *seq, struct ocs_error *err);
/* Idempotent by id; OCS_CONFLICT: it is there with other times. */
int ocs_engine_window_put(struct ocs_engine *e, const struct ocs_window *want,
			  const char *who, struct ocs_lease_refs *refs,
			  bool *fresh, uint64_t *seq, struct ocs_error *err);
int ocs_engine_window_del(struct ocs_engine *e, const char *id,
			  const char *who, uint64_t *seq,
			  struct ocs_error *err);
struct ocs_maint {
	unsigned int nwindows, ndrains;
	struct ocs_window *window;	/* that are not over */
	struct ocs_drain *drain;	/* links that are drained now */
};
int ocs_engine_maint(struct ocs_engine *e, struct ocs_maint *maint,
		     struct ocs_error *err);
void ocs_maint_fini(struct ocs_maint *maint);

/* Freeze or thaw WANT's link (OCS_NOT_FOUND) or everything; idempotent. When
 * this returns, nothing that changes the network goes out any more. */
int ocs_engine_freeze(struct ocs_engine *e, const struct ocs_freeze *want,
		      const char *who, uint64_t *seq, struct ocs_error *err);
/* What is frozen; the caller frees *LIST. */
int ocs_engine_freezes(struct ocs_engine *e, struct ocs_freeze **list,
		       unsigned int *n, struct ocs_error *err);
/* An operator lets the set-up of a committed lease begin (YES), or it fails as
 * refused. OCS_NOT_FOUND, OCS_CONFLICT: it is not committed, or set up. */
int ocs_engine_approve(struct ocs_engine *e, const char *id, bool yes,
		       const char *why, const char *who,
		       struct ocs_lease_ref **ref, uint64_t *seq,
		       struct ocs_error *err);

/* 1: SEQ is on stable storage; 0: not yet; -1: the disk failed, ERR set. */
int ocs_engine_settled(struct ocs_engine *e, uint64_t seq,
		       struct ocs_error *err);

/* A new, higher controller epoch for CLUSTER. */
int ocs_engine_epoch(struct ocs_engine *e, const char *cluster,
		     uint64_t *epoch, uint64_t *seq, struct ocs_error *err);
/* Take the brake of CLUSTER off and forget the removals so far. */
int ocs_engine_confirm(struct ocs_engine *e, const char *cluster,
		       const char *who, uint64_t *seq, struct ocs_error *err);

/* Reading. OCS_NOT_FOUND when there is none. */
struct ocs_lease_ref *ocs_engine_lease(struct ocs_engine *e, const char *id,
				       struct ocs_error *err);
int ocs_engine_events(struct ocs_engine *e, const char *id,
		      struct ocs_event **event, unsigned int *nevents,
		      struct ocs_error *err);
/* Which leases a list has. */
struct ocs_lease_query {
	const char *cluster;	/* "": any */
	uint32_t job_id;	/* 0: any */
	bool past;		/* also those long gone */
	const char *after;	/* only ids above; "": all */
	unsigned int limit;	/* at most so many; 0: no limit */
};
/* {"leases":[...]} of what CALLER may see, in order of ids; with "next", the
 * last id, when the limit left some out. NULL with ERR set; the caller
 * frees. */
char *ocs_engine_leases_text(struct ocs_engine *e,
			     const struct ocs_caller *caller,
			     const struct ocs_lease_query *q,
			     struct ocs_error *err);
/* The state as CALLER may see it. */
char *ocs_engine_state_text(struct ocs_engine *e,
			    const struct ocs_caller *caller,
			    struct ocs_error *err);
/* The same for many readers; immutable, counted. NULL with ERR set; the
 * caller puts it. */
struct ocs_shared {
	atomic_uint refs;
	size_t len;
	char *text;
};
struct ocs_shared *ocs_engine_state(struct ocs_engine *e,
				    const struct ocs_caller *caller,
				    struct ocs_error *err);
void ocs_shared_put(struct ocs_shared *shared);	/* NULL is allowed */
/* LEASE's JSON as CALLER may see it: users see no routes. */
char *ocs_engine_lease_text(const struct ocs_caller *caller,
			    const struct ocs_lease_ref *ref,
			    struct ocs_error *err);
/* Keep a document of KIND in the ledger; JSON NULL: away with it. It survives
 * the process; the loss of power perhaps not. 0, or -1 with ERR set. */
int ocs_engine_doc_put(struct ocs_engine *e, const char *kind, const char *id,
		       const char *json, struct ocs_error *err);
/* FN for each; it must not call the engine. */
int ocs_engine_docs(struct ocs_engine *e, const char *kind, ocs_store_doc_f fn,
		    void *arg, struct ocs_error *err);
bool ocs_engine_has_cluster(struct ocs_engine *e, const char *name);
bool ocs_engine_has_site(const struct ocs_engine *e, const char *name);
/* What light needs, one way, in the fibre of C's route: of the links whose
 * length is known. */
uint64_t ocs_engine_fibre_us(const struct ocs_engine *e,
			     const struct ocs_circuit *c);
/* M was measured on circuit INDEX of lease ID: it counts from now on, see
 * core/figure.h. Of what is not lit (any more) nothing is kept. */
int ocs_engine_measured(struct ocs_engine *e, const char *id,
			unsigned int index, const struct ocs_measurement *m,
			struct ocs_error *err);
/* Does what was measured on C at TIME_MS, valid for VALID_S, count? Not if it is
 * too old, or C went another way since. */
bool ocs_engine_measure_counts(const struct ocs_engine *e,
			       const struct ocs_circuit *c, int64_t time_ms,
			       uint32_t valid_s);
/* What it counted, and how its links are. STATS is the caller's to fini. */
int ocs_engine_stats(struct ocs_engine *e, struct ocs_stats *stats,
		     struct ocs_error *err);
uint64_t ocs_engine_generation(struct ocs_engine *e);
const char *ocs_engine_instance(const struct ocs_engine *e);
struct ocs_driver *ocs_engine_driver(struct ocs_engine *e);

#endif
