/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine_priv - what the files of the engine share
 *
 *  engine.c          the calls: hold, commit, release
 *  engine_attach.c   VLANs, and programs that bring traffic onto circuits
 *  engine_change.c   one change of one lease: ledger, bookings, who is told
 *  engine_doc.c      documents in the ledger
 *  engine_lit.c      which wavelengths carry light
 *  engine_circuit.c  from what is wanted to what is lit, by the driver
 *  engine_figure.c   which latency counts: measured, reported, configured
 *  engine_gate.c     the operator's say: what may go to the network now
 *  engine_freeze.c    and what operators say in the moment
 *  engine_maint.c    drains and maintenance windows
 *  engine_modify.c   a lease is made longer, shorter, wider, narrower
 *  engine_real.c     what the network really built; what others have
 *  engine_restore.c  a circuit goes dark: who brings it back
 *  engine_reroute.c   over which other route
 *  engine_run.c      life: loading, timers
 *  engine_settle.c   onto stable storage, by a thread or by who waits
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

#include "agent/attach.h"
#include "agent/engine.h"
#include "common/core/calendar.h"
#include "common/core/figure.h"
#include "common/core/maint.h"
#include "common/core/strand.h"

/* Bounds and times of the agent alone, in ms unless told. */
/* Ended leases stay visible this long. */
#define ENGINE_VISIBLE_MS 600000
/* A released id that we never knew is remembered for a day: no message of a
 * controller is older. */
#define ENGINE_TOMBSTONE_MS 86400000
/* First wait before something is tried again, doubled up to the last. */
#define ENGINE_RETRY_MS 1000
#define ENGINE_RETRY_MAX_MS 60000
/* A controller says so often that a circuit is set up which is not there. */
#define ENGINE_SAID_DONE_MAX 3
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
/* The texts of leases that change are kept for states to come, while there are
 * fewer leases than this: 20 MB. Above it they are made each time, some 2 us. */
#define ENGINE_TEXTS_MAX 20000
/* Past leases in one answer. */
#define ENGINE_PAST_MAX 10000

/* A HELD lease that nobody committed; it alone may be taken again. */
#define ENGINE_CAUSE_EXPIRED "hold expired"

/* The worker looks at so many leases, some 0.1 ms, then lets others in for this
 * long: after a start there are as many as the ledger has. */
#define ENGINE_WORK 64
#define ENGINE_LET_IN_US 50

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
	bool lit;		/* some circuit of it is, or may be, lit */
};

/* Why an operation has to wait. */
enum engine_gate_why {
	GATE_OPEN, GATE_OBSERVE, GATE_FROZEN, GATE_APPROVAL, GATE_WINDOW,
	GATE_RATE, GATE_RATE_ALL, GATE_DEGREE, GATE_LIT, ENGINE_GATES,
	GATE_EXPIRED = ENGINE_GATES
};

/* When the last set-ups were, monotonic; a ring once it is full. */
struct engine_rate {
	uint32_t n, next;
	uint64_t *at_ms;	/* owned */
};

struct engine_gate {
	struct ocs_freeze all, *link;	/* as many as links */
	unsigned int nfrozen;		/* links */
	/* What the configuration has for some link: OneOpPerDegree=,
	 * Mode=approve, Mode=observe, and what bears upon holds. */
	bool degrees, approves, observes, rules;
	unsigned int *ops;		/* per link, under way */
	struct engine_rate rate_all, *rate;
	/* Who waits longest, per link: for a degree, for the rate. */
	uint64_t ticket, ntickets, queued;
	uint64_t *first, *first_rate, first_rate_all;
};

/* What we are doing about one strand (common/core/strand.h); the lease says what
 * is known. */
struct engine_strand {
	uint64_t op;		/* under way at the driver; 0: none */
	enum engine_next kind;	/* of op */
	enum engine_next next;	/* to do when op is 0 and retry_ms is past */
	uint64_t retry_ms;	/* monotonic */
	uint64_t deadline_ms;	/* of op, monotonic */
	unsigned int tries;
	unsigned int said_done;	/* set-ups that are said to be done, since it
				 * was last seen */
	unsigned char gate;	/* enum engine_gate_why: what next waits for */
	bool looked;		/* before a removal that has to wait */
	bool resized;		/* carries what is granted now; others of its
				 * circuit do not yet */
	uint64_t ticket;	/* its turn; 0: none */
	struct engine_watch *watch;	/* owned; NULL: it was never dark */
	struct engine_seen *seen;	/* owned; NULL: nothing was measured */
	unsigned int *degree;	/* owned: how many, and the links that op
				 * occupies; or NULL */
};

struct engine_rec {
	struct engine_rec *hash_next;
	struct ocs_lease_ref *cur;
	struct engine_strand *strand;	/* as many as cur has */
	struct engine_attach *attach;	/* by circuit; NULL: nothing to do */
	uint64_t seq;		/* the driver waits until this is settled */
	uint64_t until_ms;	/* monotonic: HELD expires, gone is forgotten */
	struct engine_books books;
	int64_t due_s;		/* Unix: start, end, or to be booked on;
				 * INT64_MAX: never */
	int64_t retry_s;	/* Unix: not before, after a start without room */
	/* In one of the worker's lists; back NULL: in none. */
	struct engine_rec *todo_next, **todo_back;
	bool held_back;		/* the brake refused its removal */
	bool confirmed;		/* an operator has seen that since */
	uint32_t hash;		/* of its id */
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
	uint64_t attach[2][OCS_STATS_ATTACHED];
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
	void (*settled)(void *arg, uint64_t seq);
	void *changed_arg;

	pthread_mutex_t lock;	/* guards all below, and the store */
	pthread_cond_t wake;	/* the worker */
	pthread_cond_t dirty;	/* the syncer */
	pthread_cond_t grown;	/* the mover */
	pthread_t worker, syncer, mover;
	bool running, stopping;
	struct ocs_net net;	/* booked_bps: as shown, <= capacity */
	const struct ocs_link **by_name;	/* of net */
	uint64_t *booked;	/* per resource, as it is at this moment */
	uint64_t *lit_bps;	/* the same, of what is lit */
	int64_t *lit_until_s;	/* Unix: per resource, stays lit; 0: dark */
	int64_t lit_next_s;	/* Unix: the next of them; INT64_MAX */
	uint16_t **vlan;	/* per site with a pool: who has a VLAN, 1 or 0 */
	unsigned int last_vlan;	/* that was given */
	unsigned int nfailing;	/* circuits whose programs fail and must not */
	struct ocs_attacher *attacher;	/* NULL: no site has programs */
	bool billing;		/* a link has Energy= or Cost= */
	struct engine_figures *figures;	/* per link: where its latency is from */
	int64_t figure_ms;	/* Unix ms: the next of them that is too old */
	bool figure_due;	/* in this round of the worker */
	uint64_t *foreign;	/* per link, what others have; a window of the
				 * calendar */
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
	bool syncing;		/* somebody is, without the lock */
	bool wait_here;		/* who wants it may sync itself */
	uint64_t sync_us;	/* how long one takes, of late */
	bool disk_failed;
	char disk_text[256];
	uint64_t last_op;
	unsigned int nstrays;	/* lit in the network, unknown to us */
	char (*stray)[OCS_SERVICE_ID_MAX];
	uint64_t scan_ms;	/* monotonic: next look at all timers */
	uint64_t prune_ms;	/* monotonic: next look for what is long gone */
	struct engine_rec *todo_list;
	struct engine_rec *todo_now;	/* of this round, still to be done */
	bool todo;		/* the worker is to look at them now */
	struct engine_gate gate;
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
	bool told_apart;		/* of what is not diverse any more */
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
/* Of strand S; its circuit follows. */
void engine_change_prov(struct engine_change *ch, unsigned int s,
			enum ocs_prov to, const char *cause);
void engine_change_data(struct engine_change *ch, unsigned int s,
			enum ocs_data to, const char *cause);
/* Data planes of circuits with several strands, as these have them now. */
void engine_change_circuits(const struct ocs_engine *e,
			    struct engine_change *ch);
/* All strands that are not RELEASED are RELEASING. */
void engine_change_away(struct engine_change *ch, const char *cause);
void engine_change_attach(struct engine_change *ch, unsigned int i,
			  enum ocs_attach to, const char *cause);
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
/* The same of circuit I, of strand S. */
void engine_change_note_circuit(struct engine_change *ch, unsigned int i,
				const char *axis, const char *state,
				const char *cause);
void engine_change_note_strand(struct engine_change *ch, unsigned int s,
			       const char *axis, const char *state,
			       const char *cause);
/* Index of link NAME, or -1. */
int engine_link(const struct ocs_engine *e, const char *name);
void engine_bump(struct ocs_engine *e);	/* a new generation; tell everybody */
/* SEQ is to be settled soon. engine_settle.c. */
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
 * at once */
bool engine_work(struct ocs_engine *e);

/* engine_settle.c; locked. Sync all that is written; lets go of the lock
 * meanwhile. */
void engine_settle(struct ocs_engine *e);
/* Between the two, engine_want() leaves it to end() to have SEQ settled: by the
 * caller's own thread where that is soonest, else by the syncer. */
void engine_wait_begin(struct ocs_engine *e);
void engine_wait_end(struct ocs_engine *e, uint64_t seq);
/* Its threads. start: 0 or -1 with ERR set. stop: not locked. */
int engine_settle_start(struct ocs_engine *e, struct ocs_error *err);
void engine_settle_stop(struct ocs_engine *e);

/* engine.c; locked. counts: against the brake. */
int engine_terminate(struct ocs_engine *e, struct engine_rec *rec,
		     const struct ocs_release *rel, bool counts,
		     struct ocs_error *err);
int engine_find(struct ocs_engine *e, const char *id, struct engine_rec **rec,
		struct ocs_error *err);
/* The same, but that there is none is OCS_NOT_FOUND. */
int engine_find_one(struct ocs_engine *e, const char *id,
		    struct engine_rec **rec, struct ocs_error *err);
/* Circuits that a hold of WANT would take. */
int engine_check_circuits(struct ocs_engine *e, const struct ocs_lease *want,
			  struct ocs_error *err);
/* scratch = what engine_place() finds for L, also if L asked for less; true if
 * operators keep it off some of it. */
bool engine_place_room(struct ocs_engine *e, const struct ocs_lease *l,
		       int64_t now_s, const struct engine_books *own,
		       int64_t say_s);
/* Route L, not booked yet, over what is there for it. OWN: what it gives back,
 * or NULL. SAY_S: only where operators let it be set up, as if it were SAY_S
 * (Unix); 0: wherever there is room. */
int engine_place(struct ocs_engine *e, struct ocs_lease *l, int64_t now_s,
		 const struct engine_books *own, int64_t say_s,
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
/* booked_bps of link L, as shown: ours and others', never above capacity. */
void engine_show_booked(struct ocs_engine *e, unsigned int l);
/* Route all circuits of LEASE over scratch, which stays as it is. */
int engine_route(struct ocs_engine *e, struct ocs_lease *lease,
		 struct ocs_error *err);
/* What follows from the clock for LEASE, and when to look again. */
void engine_due(struct ocs_engine *e, struct engine_rec *rec);
void engine_term(struct ocs_engine *e, struct engine_rec *rec, int64_t now_s);

/* engine_doc.c; locked */
/* A document of what an operator said; JSON NULL: away with it. *SEQ is what
 * settles it. 0, or -1 with ERR set. */
int engine_doc_settle(struct ocs_engine *e, const char *kind, const char *id,
		      const char *json, uint64_t *seq, struct ocs_error *err);

/* engine_figure.c; locked */
int engine_figure_init(struct ocs_engine *e);	/* -1: no memory */
void engine_figure_fini(struct ocs_engine *e);
/* What counts of strand S of REC. What is measured on a circuit is seen on its
 * first. */
void engine_figure_of(const struct ocs_engine *e,
		      const struct engine_rec *rec, unsigned int s,
		      struct ocs_figure *latency, struct ocs_figure *variation);
/* What is too old counts no longer: of links; of strand S, after that. */
void engine_figure_step(struct ocs_engine *e);
void engine_figure_tick(struct ocs_engine *e, struct engine_rec *rec,
			unsigned int s);
void engine_seen_free(struct engine_strand *es);
/* not locked: the driver's call */
void engine_driver_latency(void *arg, const char *name, uint64_t us,
			   uint64_t variation_us);

/* engine_lit.c; locked */
int engine_lit_init(struct ocs_engine *e);	/* -1: no memory */
void engine_lit_fini(struct ocs_engine *e);
/* BOOKS are booked now, or (MORE false) were. */
void engine_lit_count(struct ocs_engine *e, const struct engine_books *books,
		      bool more);
/* Does LINK, in wavelength WAVE (from 1; 0: not told), carry light for what has
 * BOOKS that nobody else needs there? */
bool engine_lit_alone(const struct ocs_engine *e,
		      const struct engine_books *books, unsigned int link,
		      unsigned int wave);
/* Wavelengths whose time is over go dark. */
void engine_lit_step(struct ocs_engine *e, int64_t now_s);

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

/* engine_gate.c; locked */
int engine_gate_load(struct ocs_engine *e, struct ocs_error *err);
void engine_gate_fini(struct ocs_engine *e);
/* Take out of scratch what operators keep a lease that begins like L off;
 * true if there was anything. */
bool engine_gate_close(struct ocs_engine *e, const struct ocs_lease *l,
		       int64_t now_s);
/* When the first change window opens of those that are shut when L begins;
 * OCS_TIME_OPEN: none is shut. */
int64_t engine_gate_opens_s(const struct ocs_engine *e,
			    const struct ocs_lease *l, int64_t now_s);
/* What the set-up of L, over its routes, would have to wait for once it is
 * committed, though it may be held: REASON, or false. */
bool engine_gate_waits(const struct ocs_engine *e, const struct ocs_lease *l,
		       int64_t now_s, char reason[static 128]);
/* ERR says why L may not be set up on its routes. Always -1. */
int engine_gate_refuse(struct ocs_engine *e, const struct ocs_lease *l,
		       int64_t now_s, struct ocs_error *err);
/* May strand S do what is next? GONE: the lease has failed over it. */
enum engine_gate_answer {
	ENGINE_GATE_GO, ENGINE_GATE_WAIT, ENGINE_GATE_GONE
};
enum engine_gate_answer engine_gate_ask(struct ocs_engine *e,
					struct engine_rec *rec, unsigned int s,
					uint64_t now);
/* ES's operation has ended, or is given up. */
void engine_gate_done(struct ocs_engine *e, struct engine_strand *es);
/* Before the worker goes through its list: whose turn is it? */
void engine_gate_queue(struct ocs_engine *e);
/* How many operations wait for what. */
void engine_gate_count(const struct ocs_engine *e,
		       uint64_t waits[static ENGINE_GATES]);

/* engine_freeze.c; locked */
int engine_freeze_load(struct ocs_engine *e, struct ocs_error *err);
/* True while everything, or a link of circuit I's, is frozen. */
bool engine_frozen(const struct ocs_engine *e, const struct ocs_lease *l,
		   unsigned int i);

/* engine_reroute.c; locked */
/* A lease of strand S of L alone on another route, HOME if that is given and
 * has room; the caller destroys it. NULL with ERR set: OCS_BUSY there is none,
 * OCS_NOMEM. */
struct ocs_lease *engine_reroute_find(struct ocs_engine *e,
				      const struct ocs_lease *l,
				      unsigned int s,
				      const struct ocs_home *home,
				      struct ocs_error *err);
/* The route of ONE becomes that of strand S of L, a copy that is not packed. 0,
 * or -1 without memory. */
int engine_reroute_put(const struct ocs_engine *e, struct ocs_lease *l,
		       unsigned int s, const struct ocs_lease *one);

/* engine_restore.c; locked */
/* The network shows strand S, PROVISIONED, lit or dark. */
void engine_light(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		  bool lit, const char *cause);
/* What the agent took down to restore it is gone. */
void engine_restore_absent(struct ocs_engine *e, struct engine_rec *rec,
			   unsigned int s);
/* Strand S was built anew by the agent and failed: another route? */
bool engine_restore_elsewhere(const struct ocs_engine *e,
			      const struct engine_rec *rec, unsigned int s);
/* Times of strand S: *AT_MS becomes the earliest. */
void engine_restore_tick(struct ocs_engine *e, struct engine_rec *rec,
			 unsigned int s, uint64_t now, uint64_t *at_ms);
int engine_restore_load(struct ocs_engine *e, struct ocs_error *err);
/* Strand S is lit as far as anybody knows, and does not flap. */
bool engine_restore_calm(const struct engine_rec *rec, unsigned int s);
/* GONE: and in the ledger. */
void engine_watch_free(struct ocs_engine *e, struct engine_rec *rec,
		       unsigned int s, bool gone);

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
void engine_stats_attach(struct ocs_engine *e, bool attach,
			 enum ocs_attach_end_of how);
void engine_stats_fini(struct ocs_engine *e);

/* engine_attach.c; locked */
int engine_attach_init(struct ocs_engine *e);	/* 0, or -1: no memory */
void engine_attach_fini(struct ocs_engine *e);
/* LEASE, in the table, has its VLANs, or (MORE false) had. */
void engine_attach_count(struct ocs_engine *e, const struct ocs_lease *lease,
			 bool more);
/* What is done and told at the ends of LEASE's circuits, and a VLAN for each
 * that needs one: that which its attachment has, if it is free. 0; or -1 with
 * ERR set (OCS_BUSY, OCS_RANGE, OCS_NOMEM). */
int engine_attach_plan(struct ocs_engine *e, struct ocs_lease *lease,
		       struct ocs_error *err);
/* Is there a VLAN for each circuit of L that needs one? 0 or -1 as plan(). */
int engine_attach_room(struct ocs_engine *e, const struct ocs_lease *l,
		       struct ocs_error *err);
/* Unix s from which on there is, if what is booked ends as it says; OCS_TIME_OPEN:
 * not known, or never. */
int64_t engine_attach_free_s(const struct ocs_engine *e,
			     const struct ocs_lease *l);
/* Circuit I, as LEASE has it, is to be attached: then begin(). */
bool engine_attach_due(const struct ocs_lease *lease, unsigned int i);
void engine_attach_begin(struct engine_change *ch, unsigned int i);
/* All that is attached, or about to be, goes. */
void engine_attach_away(struct engine_change *ch, const char *cause);
/* The light of circuit I must stay until it is detached. */
bool engine_attach_keeps(const struct ocs_lease *lease, unsigned int i);
/* Programs are to be called for LEASE. */
bool engine_attach_todo(const struct ocs_lease *lease);
void engine_attach_step(struct ocs_engine *e, struct engine_rec *rec,
			uint64_t now);
/* *AT_MS becomes the earliest of its times. */
void engine_attach_overdue(struct ocs_engine *e, struct engine_rec *rec,
			   uint64_t now, uint64_t *at_ms);
void engine_attach_drop(struct ocs_engine *e, struct engine_rec *rec);
/* not locked: the programs' answers */
void engine_attach_done(void *arg, const struct ocs_attach_call *call,
			enum ocs_attach_end_of how,
			const struct ocs_hook_answer *answer,
			const char *cause);

/* engine_real.c; locked. Strand S was found lit: book what it really uses. */
enum engine_fit {
	ENGINE_FITS,
	ENGINE_BREAKS,	/* it is booked, but not what was asked for: WHY */
	ENGINE_NO_ROOM,	/* what it uses can't be booked: WHY */
};
enum engine_fit engine_read_back(struct ocs_engine *e, struct engine_rec *rec,
				 unsigned int s, char why[static 256]);
/* Delay variation of strand S: its circuit's, if it is the only one. */
uint64_t engine_strand_variation(const struct ocs_engine *e,
				 const struct ocs_lease *lease,
				 unsigned int s);
/* not locked: the driver's call */
void engine_driver_foreign(void *arg, const char *name, uint64_t bps);

/* engine_circuit.c; locked */
/* Strand S could not be set up: the lease fails as a whole (I6). */
void engine_circuit_fail(struct ocs_engine *e, struct engine_rec *rec,
			 unsigned int s, enum ocs_blame blame,
			 const char *cause);
/* The service of LEASE's strand S: its id, and all of it. Ports are borrowed
 * from LEASE. */
void engine_service_id(const struct ocs_lease *lease, unsigned int s,
		       char id[static OCS_SERVICE_ID_MAX]);
void engine_service_of(const struct ocs_lease *lease, unsigned int s,
		       struct ocs_service *svc);
/* And back: the strand, or NULL. */
struct engine_rec *engine_rec_of_service(struct ocs_engine *e, const char *id,
					 unsigned int *s);
void engine_step(struct ocs_engine *e, struct engine_rec *rec, uint64_t now);
/* The lease had all its circuits once: what is done about S brings it back. */
bool engine_restoring(const struct ocs_lease *l, unsigned int s);
/* Strand S is lit, its data plane DATA. */
void engine_found_lit(struct ocs_engine *e, struct engine_rec *rec,
		      unsigned int s, enum ocs_data data, const char *cause);
/* What counts of lit strand S has changed: is it within its bounds? */
void engine_circuit_judge(struct ocs_engine *e, struct engine_rec *rec,
			  unsigned int s);
/* Do NEXT after a while that grows with each try. */
void engine_later(struct ocs_engine *e, struct engine_rec *rec, unsigned int s,
		  enum engine_next next);
/* Drop what is under way for strand S and do NEXT. */
void engine_redirect(struct ocs_engine *e, struct engine_rec *rec,
		     unsigned int s, enum engine_next next);
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
