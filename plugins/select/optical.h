/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * optical - what the parts of the select plugin share
 *
 * Locks: Slurm's first, then one of ours; two of ours are never held at once,
 * and no Slurm lock is taken while one of ours is held. Ids cross threads,
 * pointers to job records never do.
 */
#ifndef OCS_SELECT_OPTICAL_H
#define OCS_SELECT_OPTICAL_H

#include "plugins/select/slurm_compat.h"

#include "common/core/lease.h"
#include "common/core/net.h"
#include "common/core/promises.h"
#include "common/core/request.h"
#include "common/core/units.h"
#include "common/net/ocslib.h"
#include "plugins/select/optical_token.h"

/* ---- lib.c: libocs.so and the map of sites ---- */

/* libocs.so's functions; NULL until it was loaded inside slurmctld. */
const struct ocslib_ops *lib_ops(void);
/* Load it (once), (re)read optical.conf, rebuild the map. Job and node write
 * locks held. 0, or -1 with ERR set: the former map stays in use. */
int lib_configure(struct ocs_error *err);

/* Sites under NODES, a host list of Slurm's, into NAME, at most MAX. Node read
 * lock held. */
unsigned int sitemap_names(const char *nodes, unsigned int max,
			   char (*name)[OCS_NAME_MAX]);

/* Nodes by site, in the order of their first nodes. Read and changed under
 * Slurm's node lock. */
struct sitemap_site {
	char name[OCS_NAME_MAX];
	bitstr_t *nodes;
	unsigned int gpus, nics;	/* per node */
};
struct sitemap {
	unsigned int nsites;
	struct sitemap_site *site;
	bitstr_t *any;			/* nodes in some site */
};
const struct sitemap *sitemap_get(void);	/* nsites 0: none */
/* The site of which NODES (in the order of node records, which is that of
 * ranks) are not together, borrowed; NULL: each site's are. */
const char *sitemap_split(const bitstr_t *nodes);
int sitemap_find(const struct sitemap *map, const char *name);

/* ---- jobinfo.c: our marks in the job record; job write lock held ---- */

/* The job's request; false if it has none (or an unreadable one: logged), or
 * is to expand another. */
bool jobinfo_request(const job_record_t *job, struct ocs_request *req);
/* True if the job carries a request at all: cheap. */
bool jobinfo_requested(const job_record_t *job);
/* Variable NAME of the job's environment as we set it; borrowed or NULL. */
const char *jobinfo_env(const job_record_t *job, const char *name);
void jobinfo_env_set(job_record_t *job, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void jobinfo_env_unset(job_record_t *job, const char *name);
/* Drop every OPTICAL_* that an earlier run of this job was given. */
void jobinfo_env_clear(job_record_t *job);
/* The lease of the job's present run, borrowed; NULL if none. */
const char *jobinfo_lease_id(const job_record_t *job);
/* Tell the job what it got: facts that hints are computed from. */
void jobinfo_env_facts(job_record_t *job, const struct ocs_lease *lease,
		       const struct ocs_request *req,
		       const struct ocs_conf *oc, bool simulated);
/* The same for a component of a heterogeneous job, whose leader has LEASE. */
void jobinfo_component(job_record_t *job, const struct ocs_lease *lease,
		       const struct ocs_request *req,
		       const struct ocs_conf *oc, bool simulated);
/* When JOB's lease is to end, Unix s. *SLACK_S: a lease that ends no more than
 * so much earlier need not be told; 0: tell each change. */
int64_t jobinfo_lease_end(const job_record_t *job, int64_t *slack_s);
/* How long after its end Slurm may let a job run, at most, in s. */
uint32_t jobinfo_lease_grace(void);
/* Cluster, job, user and times of JOB into LEASE. */
void jobinfo_lease_job(const job_record_t *job, struct ocs_lease *lease);
/* The lease as the job record remembers it, for an agent that lost it. */
struct ocs_lease *jobinfo_lease(const job_record_t *job);

/* Refused set-ups in a row, and whether the job was held for them. */
unsigned int jobinfo_failures(const job_record_t *job, bool *held);
void jobinfo_failures_set(job_record_t *job, unsigned int failures, bool held);
void jobinfo_token_get(const job_record_t *job, struct token *token);
void jobinfo_token_set(job_record_t *job, const struct token *token);

/* ---- place_nodes.c ---- */

/*
 * The sites under the nodes of BITMAP, in the order of the map, as indexes of
 * NET. False if a node is in no site or the agent knows a site not.
 */
bool place_sites(const struct ocs_net *net, const bitstr_t *bitmap,
		 unsigned int site[static OCS_SPAN_MAX], unsigned int *nsites);

/* ---- overlay.c: what was granted since the snapshot ---- */

/* Remember GOT, which the agent has just granted. */
void overlay_add(const struct ocs_lease *got);
/*
 * STATE's network with the leases booked that were granted since: a copy in
 * *NET, for ocs_net_fini(). 0, or -1 out of memory. One snapshot later than
 * the grant there is nothing to add, and *NET is a plain copy.
 */
int overlay_net(const struct ocs_state *state, struct ocs_net *net);
/* Counts what was granted: another number, another network. */
uint64_t overlay_version(void);
/* What was granted since the snapshot, as far as it has an end, into OUT, of
 * at most OVERLAY_BOOKINGS_MAX; how many. Links are those of STATE. */
#define OVERLAY_GRANTS 64
#define OVERLAY_BOOKINGS_MAX (OVERLAY_GRANTS * 4 * OCS_CIRCUITS_MAX)
unsigned int overlay_bookings(const struct ocs_state *state,
			      struct ocs_booking *out);
/* What circuit I of L books of NET, into OUT, ocs_circuit_uses_max() at
 * most. */
unsigned int overlay_book(const struct ocs_net *net,
			  const struct ocs_lease *l, unsigned int i,
			  int64_t start_s, int64_t end_s,
			  struct ocs_booking *out);
/* Book all that L does in NET, or give it back. */
void overlay_change(struct ocs_net *net, const struct ocs_lease *l, bool more);

/*
 * ---- future.c: the links over time; job write lock held ----
 *
 * "Later" is from now on until the job's time limit: what a job finds free is
 * free all that time, and was promised to no job before it in the queue.
 */
void future_reconfigured(void);
void future_rank(const job_record_t *job, struct ocs_rank *rank);
int64_t future_duration(const job_record_t *job);	/* s, OCS_TIME_OPEN */
/* Bring all up to date with STATE. 0, or -1 with ERR set. */
int future_look(const struct ocs_state *state, struct ocs_error *err);
/* NET, zeroed or made by this function, as JOB finds it from now on; PROMISED
 * false: as if nothing were promised to anybody. For ocs_net_fini(). 0, or -1
 * with ERR set. */
int future_net(const struct ocs_state *state, const job_record_t *job,
	       bool promised, struct ocs_net *net, struct ocs_error *err);
/* ocs_promises_earliest() for JOB. */
int future_earliest(const struct ocs_state *state, const job_record_t *job,
		    int64_t from_s, const unsigned int *site,
		    unsigned int nsites, const struct ocs_request *req,
		    int64_t *when_s, struct ocs_plan *plan,
		    struct ocs_error *err);
/* JOB was told that it starts at START_S with PLAN, made for the snapshot that
 * was looked at last. */
void future_promise(const job_record_t *job, int64_t start_s,
		    const struct ocs_plan *plan);
/* The longest duration, in s, for which these sites have circuits for JOB from
 * now on in spite of what was promised; 0: none. */
int64_t future_longest(const struct ocs_state *state, const job_record_t *job,
		       const unsigned int *site, unsigned int nsites,
		       const struct ocs_request *req);
void future_forget(const job_record_t *job);
bool future_promised(void);	/* anything to anybody */

/* ---- victims.c: circuits of jobs that may be preempted; write locks ---- */

/* Jobs of more than so many candidates are left alone. */
#define VICTIMS_MAX 64
struct victims {
	unsigned int n;
	job_record_t *job[VICTIMS_MAX];	/* that have circuits, Slurm's order */
};
/* Those of CANDIDATES (may be NULL) that would give back circuits. */
void victims_find(struct xlist *candidates, struct victims *v);
/* Make NET what it is when the first N of V are gone, and all that is leaving
 * already. */
void victims_gone(const struct ocs_state *state, const struct victims *v,
		  unsigned int n, struct ocs_net *net);
/* Put the first N of V into *CHOSEN, a list of jobs, made if there is none. */
void victims_choose(const struct victims *v, unsigned int n,
		    struct xlist **chosen);

/*
 * ---- het.c: heterogeneous jobs; job write lock held ----
 */
#define HET_COMPONENTS_MAX 128	/* Slurm's own limit */
/* Set in the environment of a component whose gate is closed by us. */
#define HET_GATE "OPTICAL_HET_GATE"
/* JOB's leader, if it has one that asks for circuits; else NULL. */
job_record_t *het_leader(const job_record_t *job);
/* Component JOB would run on NODES. */
void het_plan(const job_record_t *job, const bitstr_t *nodes);
const bitstr_t *het_nodes(const job_record_t *job);	/* borrowed or NULL */
/* Add to NODES where the other components would run; BEFORE: those before
 * JOB only. */
void het_others(const job_record_t *job, bool before, bitstr_t *nodes);
unsigned int het_count(const job_record_t *leader);
bool het_is_last(const job_record_t *job, const job_record_t *leader);
/* True if all components have a plan. */
bool het_planned(const job_record_t *leader);
/* The other components, one by one. Nothing for a job that is not one. */
void het_each(const job_record_t *leader,
	      void (*fn)(job_record_t *job, void *arg), void *arg);
/* Open the gates that we have closed for the other components. */
void het_gates_open(const job_record_t *leader);
/* True if another component is COMPLETING. Read lock. */
bool het_completing(const job_record_t *leader);

/* ---- expand.c: jobs that are to expand another; write locks ---- */

/* JOB is one. It never has circuits of its own. */
bool expand_is(const job_record_t *job);
/* Leave of NODES those at sites of the job that JOB expands, if that must stay
 * there. */
void expand_narrow(const job_record_t *job, const struct ocs_conf *oc,
		   bitstr_t *nodes);

/* ---- reserve.c ---- */

/* May a hold be tried now? Else ERR has the reason for squeue. Never blocks. */
bool reserve_possible(struct ocs_error *err);
/* The same question without a word to anybody. */
bool reserve_usable(void);
/* True while the last hold got no answer: nobody knows when one will. ERR has
 * the reason for squeue. */
bool reserve_stalled(struct ocs_error *err);
/* The agent's silence, judged: no snapshot or too old. */
bool reserve_agent_down(void);
/* A one-line summary of holds since the start, for the log; false if nothing
 * changed since the last call. */
bool reserve_stats(char *buf, size_t size);

/* ---- reasons.c: why jobs pend, for squeue ---- */

/* Remember that JOB pends for ERR's reason; GENERATION != 0: until the
 * snapshot moves on from it, job_test says no (a hold was refused). */
void reasons_note(uint32_t job_id, const struct ocs_error *err,
		  uint64_t generation);
/* More of a noted job: the circuits that it would take ("a-z:400G,...", with
 * '/' for a name that has a '-'), their bounds as in struct token, and what
 * would let it start ("": nothing is known). */
void reasons_explain(uint32_t job_id, const char *circuits,
		     const char *bounds, const char *advice);
void reasons_forget(uint32_t job_id);
/* The generation noted for JOB_ID, 0 if none, and its reason. */
uint64_t reasons_refused(uint32_t job_id, struct ocs_error *err);
/* Write noted reasons to the jobs that show none. Takes Slurm's locks. */
void reasons_apply(void);

/* True while some optical job waits for a reason of ours. */
bool reasons_any(void);

/* Pairs of sites whose set-up failed by a fault of the network. What fails while
 * they are left alone makes that no longer: it was under way already. */
void backoff_add(const char *a, const char *z);
void backoff_clear(const char *a, const char *z);
/* Seconds left, 0 if none. */
unsigned int backoff_left(const char *a, const char *z);

/* ---- table.c: leases that this controller looks after ---- */

enum phase {
	PH_COMMIT,	/* held; commit not acknowledged yet */
	PH_WAIT_UP,	/* committed; circuits not up yet */
	PH_RUNNING,	/* the job runs with its circuits */
	PH_COMPLETING,	/* the job has ended, may still be COMPLETING */
	PH_RELEASE,	/* to be deleted, for ever until it is */
};

struct entry {
	struct entry *next;
	char lease_id[OCS_LEASE_ID_MAX];
	uint32_t job_id;
	enum phase phase;
	bool gated;			/* prolog_running counts us */
	struct ocs_lease *lease;	/* owned; NULL when only to be freed */
	uint64_t deadline_ms;		/* monotonic: of commit and set-up */
	uint64_t retry_ms;		/* monotonic: not before */
	uint64_t fini_ms;		/* monotonic: when the job ended */
	int64_t ended_s;
	unsigned int tries;
	uint64_t committed_ms;		/* monotonic: acknowledged; 0: not yet */
	const char *why;		/* "job" or "reconcile" */
	uint64_t extend_ms;		/* monotonic: not before, after a refusal */
	uint64_t adopted_ms;		/* monotonic: found at a restart; else 0 */
	uint64_t broken_ms;		/* monotonic: a circuit is down since; 0 */
	bool acted;			/* the job has been told of that */
	uint32_t told;			/* hash of the reason that squeue shows
					 * for its set-up; 0: OpticalSetup */
};

/* Add an entry; takes LEASE (may be NULL). 0, or -1 out of memory (LEASE is
 * then still the caller's). An entry of the same id is kept as it is. */
int table_add(const char *lease_id, uint32_t job_id, enum phase phase,
	      bool gated, uint64_t deadline_ms, struct ocs_lease *lease);
/* Call FN on the entry under the table's lock; false if there is none. FN
 * neither blocks nor calls table functions. */
bool table_with(const char *lease_id, void (*fn)(struct entry *e, void *arg),
		void *arg);
void table_drop(const char *lease_id);
bool table_has(const char *lease_id);
/* Drop them all: the jobs are read anew. */
void table_clear(void);
/* A copy of all entries (without lease), malloc'ed; *N of them. */
struct entry *table_list(unsigned int *n);
/* A copy of the entry's lease, or NULL. */
struct ocs_lease *table_lease(const char *lease_id);

/* ---- kick.c: wake Slurm's schedulers ---- */

void kick_in(uint64_t ms);	/* once, so many ms from now; never blocks */
/* The worker's: GENERATION of the snapshot. Takes Slurm's locks. */
void kick_run(uint64_t generation);

/* ---- worker.c ---- */

void worker_start(void);	/* once */
/* The state was read, at the first reconfigure or at one in a backup that takes
 * over: true if this slurmctld gains control by it, so that what it knew before
 * is void. Job write lock held. */
bool worker_arm(void);
void worker_wake(void);		/* never blocks */
void worker_stale(void);	/* the agent says our epoch is over */
void worker_reconfigured(void);	/* optical.conf was read anew */
/* The job of an entry if it still is the run that the lease was for. Job lock
 * held. */
job_record_t *worker_job(const struct entry *e);

/* broken.c: has a circuit of a running job broken? Takes Slurm's locks if it
 * must. */
void broken_check(const struct entry *e, const struct ocs_state *state);
/* After a restart, once the table has the lease: JOB knows of it. */
void broken_adopt(const job_record_t *job, const char *lease_id);

/* recover.c: agent's leases against this controller's jobs. */
void recover_reconcile(void);

/* switch_off.c: OpticalJobs=hold */

/* Hold the jobs that wait for circuits, if OC (may be NULL) says so and it is
 * DUE, or one of them has wanted to start. Takes Slurm's locks. */
void switch_off_run(const struct ocs_conf *oc, bool due);
/* Why such a job does not start: into ERR. It is held at once. Never blocks. */
void switch_off_refuse(struct ocs_error *err);

/* compute.c: what the sites have, told to the agent. Takes Slurm's read locks
 * for a moment, then asks without. */
void compute_tell(const struct ocs_conf *oc, unsigned int timeout_ms);

/* Monotonic milliseconds and microseconds. */
uint64_t now_ms(void);
uint64_t now_us(void);

#endif
