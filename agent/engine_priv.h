/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine_priv - what the files of the engine share
 *
 *  engine.c          the calls: hold, commit, release
 *  engine_change.c   one change of one lease: ledger, bookings, who is told
 *  engine_circuit.c  from what is wanted to what is lit, by the driver
 *  engine_maint.c    drains and maintenance windows
 *  engine_modify.c   a lease is made longer, shorter, wider, narrower
 *  engine_run.c      life: loading, timers, syncing
 *  engine_shown.c    the state's text, made once for many readers
 *  engine_stats.c    what is counted
 *  engine_term.c     the calendar: what is booked when; starts and ends
 *  engine_view.c     what callers may see
 *  engine_whatif.c   what would be, if
 *
 * Lock order: the engine's, then the driver's or the server's. "Locked" below
 * means: called with the engine's lock held.
 */
#ifndef OCS_AGENT_ENGINE_PRIV_H
#define OCS_AGENT_ENGINE_PRIV_H

#include <pthread.h>

#include "agent/engine.h"
#include "common/core/calendar.h"
#include "common/core/maint.h"

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
/* Leases that are long gone leave the ledger, so many at a time, every so
 * often; sooner while there are more. */
#define ENGINE_PRUNE 100
#define ENGINE_PRUNE_MS 600000
#define ENGINE_PRUNE_MORE_MS 1000
/* Past leases in one answer. */
#define ENGINE_PAST_MAX 10000

/* A HELD lease that nobody committed; it alone may be taken again. */
#define ENGINE_CAUSE_EXPIRED "hold expired"

/* What has no known end is booked for so long, again and again. */
#define ENGINE_STEP_S 60
/* A lease that could not start for lack of room tries again. */
#define ENGINE_START_RETRY_S 5
/* The wall clock may be set: leases' times are compared at least this often. */
#define ENGINE_CLOCK_MS 30000
/* Maintenance windows at any time. */
#define ENGINE_WINDOWS_MAX 1024

enum engine_next {
	NEXT_NONE, NEXT_LOOK, NEXT_CREATE, NEXT_REMOVE, NEXT_RESIZE
};

struct engine_window {
	struct ocs_window w;
	int link;		/* -1: no longer configured */
	bool began;
};

/* What a lease has in the calendar, exactly. */
struct engine_books {
	unsigned int n;
	struct ocs_booking *b;	/* owned */
	bool now;		/* counts as booked at this moment */
};

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
	struct engine_books books;
	int64_t due_s;		/* Unix: start, end, or to be booked on;
				 * INT64_MAX: never */
	int64_t retry_s;	/* Unix: not before, after a start without room */
	/* Among those that the worker is to look at; back NULL: not. */
	struct engine_rec *todo_next, **todo_back;
	bool held_back;		/* the brake refused its removal */
	bool confirmed;		/* an operator has seen that since */
};

struct engine_cluster {
	struct ocs_store_cluster kept;
	unsigned int nremovals, cap;
	int64_t *removal_ms;	/* Unix ms, within the brake's window */
};

/* What is counted; what follows from other members is not here. */
struct engine_stats {
	struct ocs_times sync, setup;
	uint64_t event[OCS_STATS_EVENTS];
	uint64_t op[OCS_STATS_OPS][OCS_STATS_OUTCOMES];
	uint64_t circuit[OCS_STATS_PROVS][OCS_STATS_DATAS];
	unsigned int nclusters;
	struct ocs_stats_cluster *cluster;	/* that had a lease */
};

/* A text of the state that may be shown again. */
#define ENGINE_SHOWN 8
struct engine_shown {
	struct ocs_caller caller;	/* to those who see the same */
	uint64_t generation, made_ms;
	struct ocs_shared *shared;	/* NULL: nothing */
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
	const struct ocs_link **by_name;	/* of net */
	uint64_t *booked;	/* per link, as it is at this moment */
	struct ocs_calendar *cal;
	struct ocs_net scratch;	/* what a route finds; as engine_room() left it */
	unsigned int nwindows;
	struct engine_window *window;	/* any order */
	unsigned int ndrains;
	struct ocs_drain *drain;	/* what operators said */
	bool *draining;		/* per link: so it is in the calendar */
	int64_t window_s;	/* Unix: the next that begins or ends */
	bool admin_todo;	/* leases' administrative states may be old */
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
	unsigned int nstrays;	/* lit in the network, unknown to us */
	char (*stray)[OCS_SERVICE_ID_MAX];
	uint64_t scan_ms;	/* monotonic: next look at all timers */
	uint64_t prune_ms;	/* monotonic: next look for what is long gone */
	struct engine_rec *todo_list;
	bool todo;		/* the worker is to look at them now */
	struct engine_stats stats;
	struct engine_shown shown[ENGINE_SHOWN];
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
				  struct ocs_lease *lease);
void engine_rec_drop(struct ocs_engine *e, struct engine_rec *rec);
int engine_change_begin(struct engine_change *ch, struct engine_rec *rec,
			const struct ocs_lease *from, struct ocs_error *err);
void engine_change_resv(struct engine_change *ch, enum ocs_resv to,
			const char *cause);
void engine_change_prov(struct engine_change *ch, unsigned int i,
			enum ocs_prov to, const char *cause);
void engine_change_data(struct engine_change *ch, unsigned int i,
			enum ocs_data to, const char *cause);
void engine_change_sched(struct engine_change *ch, enum ocs_sched to,
			 const char *cause);
void engine_change_admin(struct engine_change *ch, enum ocs_admin to,
			 const char *cause);
/* Make it so: 0, or -1 with ERR set and no effect. CH is done with either way.
 * *REC (may be NULL) is the lease's. */
int engine_change_apply(struct ocs_engine *e, struct engine_change *ch,
			struct engine_rec **rec, struct ocs_error *err);
void engine_change_drop(struct engine_change *ch);
/* An event that is no transition, STATE to STATE. */
void engine_change_note(struct engine_change *ch, const char *axis,
			const char *state, const char *cause);
void engine_change_note_circuit(struct engine_change *ch, unsigned int i,
				const char *axis, const char *state,
				const char *cause);
/* Index of link NAME, or -1. */
int engine_link(const struct ocs_engine *e, const char *name);
void engine_bump(struct ocs_engine *e);	/* a new generation; tell everybody */
/* SEQ is to be settled soon. */
void engine_want(struct ocs_engine *e, uint64_t seq);
void engine_todo(struct ocs_engine *e, struct engine_rec *rec);
/* The same when something else wakes the worker; and no longer. */
void engine_todo_later(struct ocs_engine *e, struct engine_rec *rec);
void engine_todo_drop(struct engine_rec *rec);
void engine_timer(struct ocs_engine *e, uint64_t at_ms);
struct engine_cluster *engine_cluster_find(struct ocs_engine *e,
					   const char *name);
/* The cluster NAME, made if it must be; NULL: no memory. */
struct engine_cluster *engine_cluster_get(struct ocs_engine *e,
					  const char *name);
int engine_cluster_removal(struct engine_cluster *c, int64_t time_ms);

/* engine_run.c; locked: one round of the worker, true if there is more to do
 * at once; one of the syncer, which lets go of the lock meanwhile */
bool engine_work(struct ocs_engine *e);
void engine_settle(struct ocs_engine *e);

/* engine.c; locked. counts: against the brake. */
int engine_terminate(struct ocs_engine *e, struct engine_rec *rec,
		     const struct ocs_release *rel, bool counts,
		     struct ocs_error *err);
int engine_find(struct ocs_engine *e, const char *id, struct engine_rec **rec,
		struct ocs_error *err);
int engine_check_epoch(struct ocs_engine *e, const char *cluster,
		       uint64_t epoch, struct ocs_error *err);

/* engine_term.c; locked */
/* When LEASE's booking ends if it ends in time; OCS_TIME_OPEN: never. */
int64_t engine_end_s(const struct ocs_engine *e, const struct ocs_lease *lease);
/* True while circuits of LEASE are to be lit. */
bool engine_lit_wanted(const struct ocs_lease *lease);
/* What LEASE books as it is at NOW_S; BOOKS is the caller's to free. */
int engine_books_make(const struct ocs_engine *e,
		      const struct ocs_lease *lease, int64_t now_s,
		      struct engine_books *books, struct ocs_error *err);
/* The same, put into the calendar though there may be no room. */
int engine_books_add(struct ocs_engine *e, const struct ocs_lease *lease,
		     int64_t now_s, struct engine_books *books,
		     struct ocs_error *err);
/* Out of the calendar, and freed. */
void engine_books_drop(struct ocs_engine *e, struct engine_books *books);
/* scratch = what is there for LEASE in [START_S, END_S) if it gives back OWN
 * (NULL: nothing); links that have more than it could use may show less. */
void engine_room(struct ocs_engine *e, const struct ocs_lease *lease,
		 int64_t start_s, int64_t end_s, int64_t now_s,
		 const struct engine_books *own);
/* Route all circuits of LEASE over scratch, which is used up. */
int engine_route(struct ocs_engine *e, struct ocs_lease *lease,
		 struct ocs_error *err);
/* What follows from the clock for LEASE, and when to look again. */
void engine_due(struct ocs_engine *e, struct engine_rec *rec);
void engine_term(struct ocs_engine *e, struct engine_rec *rec, int64_t now_s);

/* engine_maint.c; locked */
int engine_maint_load(struct ocs_engine *e, struct ocs_error *err);
void engine_maint_fini(struct ocs_engine *e);
/* A drain or a window of LINK in [START_S, END_S). */
bool engine_maint_over(const struct ocs_engine *e, unsigned int link,
		       int64_t start_s, int64_t end_s);
enum ocs_admin engine_admin(const struct ocs_engine *e,
			    const struct ocs_lease *lease, int64_t now_s);
/* Windows that begin or end, and what follows for leases. */
void engine_maint_step(struct ocs_engine *e, int64_t now_s);

/* engine_page.c; not locked. As ocs_engine_leases_text(), for past and limit. */
char *engine_page_text(struct ocs_engine *e, const struct ocs_caller *caller,
		       const struct ocs_lease_query *q, struct ocs_error *err);

/* engine_alarm.c; locked */
/* What waits for an operator, as far as CALLER may know, into ST. */
void engine_alarms(struct ocs_engine *e, const struct ocs_caller *caller,
		   struct ocs_state *st);
/* The network has (or no longer has) service ID, which no lease of ours is. */
void engine_stray(struct ocs_engine *e, const char *id, bool there);
/* How many there are. */
unsigned int engine_strays(struct ocs_engine *e);
/* Leases of CLUSTER whose removal is held back. */
unsigned int engine_held_back(const struct ocs_engine *e, const char *cluster);
/* REC's removal is refused, CAUSE says why. */
void engine_hold_back(struct ocs_engine *e, struct engine_rec *rec,
		      const char *cause);
/* All that was held back of CLUSTER may go. */
void engine_let_go(struct ocs_engine *e, const char *cluster);

/* engine_shown.c */
void engine_shown_fini(struct ocs_engine *e);

/* engine_stats.c; locked */
/* LEASE is in the table, or (MORE false) was. */
void engine_stats_lease(struct ocs_engine *e, const struct ocs_lease *lease,
			bool more);
/* A lease of the table changed; WAS NULL: it is new. */
void engine_stats_change(struct ocs_engine *e, const struct ocs_lease *was,
			 const struct ocs_lease *is);
void engine_stats_op(struct ocs_engine *e, enum engine_next kind,
		     enum ocs_outcome outcome);
void engine_stats_fini(struct ocs_engine *e);

/* engine_circuit.c; locked */
struct engine_rec *engine_rec_of_service(struct ocs_engine *e, const char *id,
					 unsigned int *circuit);
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
