// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * worker - steps 5, 6 and 8: commit, start, release
 *
 * One thread of our own. It talks with the agent while it holds no lock, and
 * takes Slurm's locks for a moment to open a gate, to requeue a job or to look
 * at one.
 *
 *  PH_COMMIT --commit()--> PH_WAIT_UP --ACTIVE--> PH_RUNNING
 *      |                       |                      |
 *      +------ failed ---------+                      |
 *                  |  (requeue: job_fini)             | job_fini
 *                  v                                  v
 *             PH_COMPLETING -- job left COMPLETING --> PH_RELEASE --> gone
 */
#include "plugins/select/optical.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

/* One call to the agent may take this long; the worker has no locks. */
#define CALL_MS 2000
/* Without events the worker looks around this often. */
#define TICK_MS 1000
/* Between the reading of the state and the taking of control. */
#define ARMED_MS 50
/* Beyond KillWait, how long COMPLETING may keep a circuit lit. */
#define COMPLETING_GRACE_S 60

/* Another controller has taken over at the agent. By Slurm's own ways we have
 * ended before this, if it is a backup that found us frozen; else we are in
 * charge still. */
#define TAKE_BACK_MS 60000

/* No hold takes longer: HoldTimeout has 500 ms at most. */
#define HOLD_MAX_MS 1000

#define SETUP "OpticalSetup"

/* After a restart slurmctld knows a node as up when it has registered; a job
 * that could start waits so long for its nodes. */
#define NODES_UP_MS 60000

/* guards the next five */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond;
static bool woken, started, reconfigured;
/* Does this slurmctld rule? ARMED: it has read the state and will. */
static enum { CHARGE_NONE, CHARGE_ARMED, CHARGE_IN, CHARGE_OUT } charge;
static uint64_t stale_ms;	/* a hold was refused as stale; 0: none */

/* The worker's alone. */
static uint64_t controller_epoch;
static uint64_t agent_retry_ms;
static uint64_t took_ms;		/* when we took control */
static uint64_t take_back_ms;	/* not before, without an epoch */
static char agent_instance[OCS_LEASE_ID_MAX];

void worker_wake(void)
{
	pthread_mutex_lock(&lock);
	woken = true;
	if (started)
		pthread_cond_signal(&cond);
	pthread_mutex_unlock(&lock);
}

void worker_reconfigured(void)
{
	pthread_mutex_lock(&lock);
	reconfigured = true;
	pthread_mutex_unlock(&lock);
	worker_wake();
}

bool worker_arm(void)
{
	bool anew;

	pthread_mutex_lock(&lock);
	anew = charge == CHARGE_NONE || charge == CHARGE_OUT ||
	       (charge == CHARGE_IN && !compat_in_charge());
	if (anew)
		charge = CHARGE_ARMED;
	pthread_mutex_unlock(&lock);
	return anew;
}

/* True if this slurmctld is in charge. One that has given its control to
 * another lets go of the agent, and does nothing until it has it again. */
static bool in_charge(void)
{
	bool now = compat_in_charge(), left, came;
	struct ocs_error err;

	pthread_mutex_lock(&lock);
	left = charge == CHARGE_IN && !now;
	came = (charge == CHARGE_ARMED || charge == CHARGE_OUT) && now;
	if (left)
		charge = CHARGE_OUT;
	else if (came)
		charge = CHARGE_IN;
	pthread_mutex_unlock(&lock);
	if (left) {
		info("ocs: event=control_given_back");
		controller_epoch = 0;
		lib_ops()->stop();
	} else if (came) {
		controller_epoch = take_back_ms = agent_retry_ms = 0;
		if (lib_ops()->watch(&err) < 0)
			error("ocs: event=watch_failed error=\"%s\"", err.text);
	}
	return now;
}

void worker_stale(void)
{
	pthread_mutex_lock(&lock);
	stale_ms = now_ms();
	pthread_mutex_unlock(&lock);
	worker_wake();
}

/* The agent may be another one now: its epochs are its own. */
static void check_reconfigured(void)
{
	bool was;

	pthread_mutex_lock(&lock);
	was = reconfigured;
	reconfigured = false;
	pthread_mutex_unlock(&lock);
	if (was)
		controller_epoch = take_back_ms = 0;
}

/* Our epoch is over: write nothing more for now. */
static void replaced(const struct ocs_error *err)
{
	if (controller_epoch)
		error("ocs: event=replaced error=\"%s\" (control is taken back in %d s, or by scontrol reconfigure)",
		      err->text, TAKE_BACK_MS / 1000);
	controller_epoch = 0;
	take_back_ms = now_ms() + TAKE_BACK_MS;
}

/* A hold was refused for that. One that was under way when we took control,
 * which is bounded by HoldTimeout, had no epoch yet. */
static void check_stale(void)
{
	struct ocs_error err;
	uint64_t at_ms;

	pthread_mutex_lock(&lock);
	at_ms = stale_ms;
	stale_ms = 0;
	pthread_mutex_unlock(&lock);
	if (!controller_epoch || at_ms < took_ms + HOLD_MAX_MS)
		return;
	ocs_fail(&err, OCS_STALE, "a hold came from an older controller");
	replaced(&err);
}

static void wait_event(void)
{
	struct timespec ts;
	uint64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	pthread_mutex_lock(&lock);
	ms = charge == CHARGE_ARMED ? ARMED_MS : TICK_MS;
	ts.tv_sec += (ts.tv_nsec / 1000000 + ms) / 1000;
	ts.tv_nsec = (ts.tv_nsec + ms * 1000000) % 1000000000;
	while (!woken)
		if (pthread_cond_timedwait(&cond, &lock, &ts) == ETIMEDOUT)
			break;
	woken = false;
	pthread_mutex_unlock(&lock);
}

static void retry_later(struct entry *e, void *arg)
{
	uint64_t ms = 250;

	for (unsigned int i = 0; i < e->tries && ms < 10000; i++)
		ms *= 2;
	e->tries++;
	e->retry_ms = now_ms() + ms;
}

static void set_phase(struct entry *e, void *arg)
{
	enum phase to = *(enum phase *) arg;

	/* job_fini may have come first. */
	if (e->phase == PH_COMPLETING && to != PH_RELEASE)
		return;
	e->phase = to;
	e->tries = 0;
	e->retry_ms = 0;
}

static void phase(const char *id, enum phase to)
{
	(void) table_with(id, set_phase, &to);
}

static void acknowledged(struct entry *e, void *arg)
{
	e->committed_ms = now_ms();
}

static void ungate(struct entry *e, void *arg)
{
	*(bool *) arg = e->gated;
	e->gated = false;
}

job_record_t *worker_job(const struct entry *e)
{
	job_record_t *job = find_job_record(e->job_id);
	const char *id = job && job->details ? jobinfo_lease_id(job) : NULL;

	return id && !strcmp(id, e->lease_id) ? job : NULL;
}

/* Give up our count in prolog_running, if it is still there. Write locks. */
static void gate_open(const struct entry *e, job_record_t *job)
{
	bool gated = false;

	(void) table_with(e->lease_id, ungate, &gated);
	if (!gated || !job || !job->details)
		return;
	het_gates_open(job);
	if (job->details->prolog_running)
		compat_gate_open(job);
}

static void token_circuits(struct token *t, const struct ocs_lease *lease)
{
	char rate[OCS_RATE_TEXT_MAX];
	size_t n = 0;

	t->circuits[0] = '\0';
	for (unsigned int i = 0; i < lease->ncircuits; i++) {
		const struct ocs_circuit *c = &lease->circuit[i];
		int k = snprintf(t->circuits + n, sizeof(t->circuits) - n,
				 "%s%s-%s:%s", i ? "," : "", c->a, c->z,
				 ocs_rate_format(c->granted_bps, rate));

		if (k < 0 || n + k >= sizeof(t->circuits)) {
			t->circuits[n] = '\0';
			break;
		}
		n += k;
	}
}

static void token_write(job_record_t *job, const char *word,
			const struct ocs_lease *lease, bool simulated,
			const char *cause)
{
	struct token t = { .simulated = simulated };

	snprintf(t.state, sizeof(t.state), "%s", word);
	if (lease) {
		snprintf(t.lease, sizeof(t.lease), "%.8s", lease->id);
		token_circuits(&t, lease);
	}
	t.failures = jobinfo_failures(job, &t.held);
	if (cause)
		snprintf(t.cause, sizeof(t.cause), "%s", cause);
	jobinfo_token_set(job, &t);
}

/* Slurm refuses the steps of a job whose nodes are not all up, and its srun
 * then waits for minutes before it asks again. After a restart nodes are not up
 * before they have registered. */
static bool nodes_ready(const struct entry *e)
{
	job_record_t *job;
	bool ready;

	if (!e->adopted_ms || now_ms() - e->adopted_ms > NODES_UP_MS)
		return true;
	compat_lock_read();
	job = worker_job(e);
	ready = !job || !job->node_bitmap ||
		bit_super_set(job->node_bitmap, up_node_bitmap);
	compat_unlock_read();
	return ready;
}

/* What the components of a job are told of its circuits. */
struct told {
	const struct ocs_lease *lease;
	const struct ocs_request *req;
	const struct ocs_conf *oc;
	bool simulated;
};

static void tell_component(job_record_t *job, void *arg)
{
	const struct told *t = arg;

	if (!jobinfo_requested(job) || !IS_JOB_RUNNING(job))
		return;
	token_write(job, "ACTIVE", t->lease, t->simulated, NULL);
	jobinfo_component(job, t->lease, t->req, t->oc, t->simulated);
}

/* A warning for the user, or NULL. */
static const char *split_text(const job_record_t *job, char *buf, size_t size)
{
	const char *site = job->node_bitmap ?
		sitemap_split(job->node_bitmap) : NULL;

	if (!site)
		return NULL;
	snprintf(buf, size, "ranks are not together by site: nodes of others come between those of %s",
		 site);
	return buf;
}

/* All circuits are up and attached (I4): let the job start. */
static void start_job(const struct entry *e, const struct ocs_lease *lease,
		      bool simulated)
{
	const struct ocslib_ops *lib = lib_ops();
	const struct ocs_conf *oc = lib->conf_get();
	char text[160];
	struct ocs_request req;
	job_record_t *job;

	compat_lock_write();
	if ((job = worker_job(e)) && IS_JOB_RUNNING(job)) {
		jobinfo_failures_set(job, 0, false);
		token_write(job, "ACTIVE", lease, simulated,
			    split_text(job, text, sizeof(text)));
		/* The real route may differ from the predicted one. */
		if (oc && jobinfo_request(job, &req)) {
			struct told told = { lease, &req, oc, simulated };

			jobinfo_env_facts(job, lease, &req, oc, simulated);
			het_each(job, tell_component, &told);
		}
		if (!xstrncmp(job->state_desc, "Optical", 7))
			xfree(job->state_desc);
		gate_open(e, job);
		info("ocs: job=%u lease=%.8s event=active", e->job_id,
		     e->lease_id);
	}
	compat_unlock_write();
	if (oc)
		lib->conf_put(oc);
	for (unsigned int i = 0; i < lease->ncircuits; i++)
		backoff_clear(lease->circuit[i].a, lease->circuit[i].z);
	phase(e->lease_id, PH_RUNNING);
}

static void begin_with(job_record_t *job, void *arg)
{
	job->details->begin_time = *(time_t *) arg;
}

/* Back into the queue, or to its end when it can't be. Write locks held. */
static void put_back(job_record_t *job, const struct entry *e,
		     enum ocs_blame blame, const char *pair, const char *cause,
		     const struct ocs_conf *oc)
{
	bool held;
	unsigned int failures = jobinfo_failures(job, &held);
	char *message = NULL;
	int rc;

	if (blame == OCS_BLAME_REFUSED)
		failures++;
	held = failures >= oc->max_setup_failures;
	/* First: Slurm logs the end of this run inside the requeue. */
	jobinfo_failures_set(job, failures, held);
	token_write(job, "FAILED", NULL, false, cause);
	job->details->begin_time = time(NULL) + oc->setup_retry_delay_s;
	het_each(job, begin_with, &job->details->begin_time);
	rc = compat_requeue(job, held);
	info("ocs: job=%u lease=%.8s event=setup_failed blame=%s failures=%u held=%d requeue=%d cause=\"%s\"",
	     job->job_id, e->lease_id, ocs_blame_name(blame), failures, held,
	     rc, cause);
	if (rc != SLURM_SUCCESS) {
		xstrfmtcat(message, "optical: the circuit between %s could not be set up: %s; job killed",
			   pair, cause);
		compat_kill(job, message);
		xfree(message);
	} else if (!held) {
		kick_in((uint64_t) oc->setup_retry_delay_s * 1000 + 500);
	} else {
		xfree(job->state_desc);
		xstrfmtcat(job->state_desc, "OpticalSetupFailed(%s)", pair);
		last_job_update = time(NULL);
	}
}

/* Which circuit of LEASE it was that failed: what became of it nobody knows, or
 * the cause names a link of its route; else the first. */
static unsigned int failed_circuit(const struct ocs_lease *lease,
				   const char *cause)
{
	unsigned int found = 0;

	for (unsigned int i = lease->ncircuits; i-- > 0; ) {
		const struct ocs_circuit *c = &lease->circuit[i];

		if (c->prov == OCS_UNKNOWN)
			return i;
		for (unsigned int h = 0; h < c->nhops; h++)
			if (xstrstr(cause, c->hop[h]))
				found = i;
	}
	return found;
}

static void fail_job(const struct entry *e, const struct ocs_lease *lease,
		     enum ocs_blame blame, const char *cause)
{
	const struct ocslib_ops *lib = lib_ops();
	const struct ocs_conf *oc = lib->conf_get();
	enum phase release = PH_RELEASE;
	char pair[2 * OCS_NAME_MAX] = "its sites";
	job_record_t *job;

	if (!oc)
		return;
	if (lease && lease->ncircuits) {
		const struct ocs_circuit *c =
			&lease->circuit[failed_circuit(lease, cause)];

		snprintf(pair, sizeof(pair), "%s-%s", c->a, c->z);
	}
	for (unsigned int i = 0; lease && i < lease->ncircuits; i++)
		if (blame == OCS_BLAME_FAULT)
			backoff_add(lease->circuit[i].a, lease->circuit[i].z);
	compat_lock_write();
	if ((job = worker_job(e)) && IS_JOB_RUNNING(job))
		put_back(job, e, blame, pair, cause, oc);
	/* Only now: opened earlier it could launch the job. */
	gate_open(e, job);
	compat_unlock_write();
	lib->conf_put(oc);
	/* No task of it ever ran: nothing to wait for. */
	(void) table_with(e->lease_id, set_phase, &release);
	worker_wake();
}

/* What its operators keep a set-up waiting for: the agent says so as the lease's
 * cause, the first word of which is a reason. NULL: nothing. */
static const char *kept_back(const struct ocs_lease *lease)
{
	return lease->resv == OCS_COMMITTED && !lease->active_ms &&
	       !xstrncmp(lease->cause, "Optical", 7) ? lease->cause : NULL;
}

/* squeue and scontrol say what a CONFIGURING job waits for. */
static void tell_setup(const struct entry *e, const struct ocs_lease *lease)
{
	const char *kept = kept_back(lease);
	job_record_t *job;

	compat_lock_write();
	if ((job = worker_job(e)) && IS_JOB_CONFIGURING(job)) {
		xfree(job->state_desc);
		if (kept)
			job->state_desc = xstrndup(kept, strcspn(kept, " "));
		for (unsigned int i = 0; !kept && i < lease->ncircuits; i++)
			xstrfmtcat(job->state_desc, "%s%s-%s",
				   i ? "," : SETUP "(", lease->circuit[i].a,
				   lease->circuit[i].z);
		if (!kept)
			xstrcat(job->state_desc, ")");
		last_job_update = time(NULL);
	}
	compat_unlock_write();
}

static void note_told(struct entry *e, void *arg)
{
	e->told = *(const uint32_t *) arg;
}

/* The same when it is another reason than last time: the agent's view of it. */
static void tell_waits(const struct entry *e, const struct ocs_lease *lease)
{
	uint32_t told = 0;

	for (const char *p = kept_back(lease); p && *p; p++)
		told = told * 31 + (unsigned char) *p;
	if (told == e->told)
		return;
	tell_setup(e, lease);
	info("ocs: job=%u lease=%.8s event=waits reason=%s", e->job_id,
	     e->lease_id, told ? lease->cause : "none");
	(void) table_with(e->lease_id, note_told, &told);
}

/* A burst buffer's pre_run is at work for the job. When the job is put back
 * meanwhile burst_buffer/lua takes it for running once pre_run is done, and never
 * lets it start again: not now, unless CommitTimeout is over. */
static bool pre_run(const struct entry *e)
{
	job_record_t *job;
	bool runs;

	if (!e->gated || now_ms() > e->deadline_ms)
		return false;
	compat_lock_read();
	job = worker_job(e);
	runs = job && IS_JOB_RUNNING(job) && job->burst_buffer &&
		job->burst_buffer[0] && job->details->prolog_running > 1;
	compat_unlock_read();
	return runs;
}

static void do_commit(const struct entry *e)
{
	struct ocs_lease *lease = table_lease(e->lease_id);
	struct ocs_error err;

	if (!lease && e->gated) {
		fail_job(e, NULL, OCS_BLAME_FAULT,
			 "the job's record of its circuits can't be read");
		return;
	}
	if (!lease) {
		phase(e->lease_id, PH_RUNNING);
		return;
	}
	if (lib_ops()->commit(lease, CALL_MS, &err) == 0) {
		info("ocs: job=%u lease=%.8s event=commit", e->job_id,
		     e->lease_id);
		(void) table_with(e->lease_id, acknowledged, NULL);
		if (e->gated)
			tell_setup(e, lease);
		phase(e->lease_id, e->gated ? PH_WAIT_UP : PH_RUNNING);
	} else if (err.code == OCS_IO || err.code == OCS_TIMEOUT ||
		   err.code == OCS_NOMEM || err.code == OCS_UNAUTH) {
		if (err.code == OCS_IO || err.code == OCS_TIMEOUT)
			agent_retry_ms = now_ms() + TICK_MS;
		(void) table_with(e->lease_id, retry_later, NULL);
		if (e->gated && now_ms() > e->deadline_ms)
			fail_job(e, lease, OCS_BLAME_FAULT,
				 "the agent did not answer");
	} else if (err.code == OCS_STALE) {
		replaced(&err);
	} else if (pre_run(e)) {
		(void) table_with(e->lease_id, retry_later, NULL);
	} else if (e->gated) {
		fail_job(e, lease, err.code == OCS_BUSY ? OCS_BLAME_FAULT :
			 OCS_BLAME_REFUSED, err.text);
	} else {
		/* A running job whose lease can't be had again. */
		error("ocs: job=%u lease=%.8s event=lost error=\"%s\"",
		      e->job_id, e->lease_id, err.text);
		phase(e->lease_id, PH_RUNNING);
	}
	ocs_lease_destroy(lease);
}

static void do_wait_up(const struct entry *e, const struct ocs_state *state)
{
	const struct ocs_lease *lease;

	lease = state ? ocs_state_lease(state, e->lease_id) : NULL;
	if (lease && (lease->resv == OCS_FAILED ||
		      lease->resv == OCS_TERMINATED) && pre_run(e)) {
		debug2("ocs: job=%u lease=%.8s event=pre_run_awaited",
		       e->job_id, e->lease_id);
	} else if (lease && lease->resv == OCS_FAILED) {
		fail_job(e, lease, lease->blame, lease->cause);
	} else if (lease && lease->resv == OCS_COMMITTED &&
		   ocs_lease_up(lease)) {
		if (!nodes_ready(e))
			return;
		start_job(e, lease, state->simulated);
	} else if (lease && lease->resv == OCS_TERMINATED) {
		fail_job(e, lease, OCS_BLAME_FAULT, "the lease was ended by the agent");
	} else if (now_ms() > e->deadline_ms) {
		struct ocs_lease *mine = table_lease(e->lease_id);
		const char *kept = lease ? kept_back(lease) : NULL;
		char cause[160];

		snprintf(cause, sizeof(cause),
			 "the circuits did not come up within CommitTimeout%s%.90s",
			 kept ? ": " : "", kept ? kept : "");
		fail_job(e, mine, OCS_BLAME_FAULT, cause);
		ocs_lease_destroy(mine);
	} else if (lease && e->gated) {
		tell_waits(e, lease);
	}
}

static void do_completing(const struct entry *e)
{
	uint64_t patience = (slurm_conf.kill_wait + COMPLETING_GRACE_S) * 1000;
	bool done = now_ms() - e->fini_ms > patience;
	job_record_t *job;

	if (e->gated) {
		compat_lock_write();
		job = worker_job(e);
		gate_open(e, job);
		compat_unlock_write();
	}
	if (!done) {
		compat_lock_read();
		job = worker_job(e);
		done = !job || !(IS_JOB_COMPLETING(job) ||
				 het_completing(job));
		compat_unlock_read();
	}
	if (done)
		phase(e->lease_id, PH_RELEASE);
}

static void do_release(const struct entry *e)
{
	struct ocs_error err;

	if (lib_ops()->release(e->lease_id, e->why, e->ended_s, CALL_MS,
			       &err) == 0) {
		info("ocs: job=%u lease=%.8s event=release why=%s", e->job_id,
		     e->lease_id, e->why);
		table_drop(e->lease_id);
	} else if (err.code == OCS_BRAKE || err.code == OCS_DENIED) {
		/* Reconcile asks again; `opticalctl confirm` decides. */
		error("ocs: job=%u lease=%.8s event=release_refused error=\"%s\"",
		      e->job_id, e->lease_id, err.text);
		table_drop(e->lease_id);
	} else {
		if (err.code == OCS_STALE)
			replaced(&err);
		if (err.code == OCS_IO || err.code == OCS_TIMEOUT)
			agent_retry_ms = now_ms() + TICK_MS;
		if (!e->tries)
			info("ocs: job=%u lease=%.8s event=release_retry error=\"%s\"",
			     e->job_id, e->lease_id, err.text);
		(void) table_with(e->lease_id, retry_later, NULL);
	}
}

/* True if the agent can be asked: connection, epoch. */
static bool agent_ready(void)
{
	const struct ocslib_ops *lib = lib_ops();
	struct ocs_error err;

	if (now_ms() < agent_retry_ms ||
	    (!controller_epoch && now_ms() < take_back_ms))
		return false;
	/* Returns at once while the connection is ready and fresh. */
	if (lib->prime(CALL_MS, &err) < 0)
		goto fail;
	if (!controller_epoch) {
		if (lib->take_control(&controller_epoch, CALL_MS, &err) < 0)
			goto fail;
		took_ms = now_ms();
	}
	return true;
fail:
	debug("ocs: event=agent_away error=\"%s\"", err.text);
	agent_retry_ms = now_ms() + TICK_MS;
	return false;
}

/* Another ledger: its epochs start anew. */
static void check_instance(const struct ocs_state *state)
{
	if (!state || !strcmp(state->instance, agent_instance))
		return;
	if (agent_instance[0])
		error("ocs: event=other_ledger old=%.8s new=%.8s",
		      agent_instance, state->instance);
	memcpy(agent_instance, state->instance, sizeof(agent_instance));
	controller_epoch = take_back_ms = 0;
}

static void do_entry(const struct entry *e, const struct ocs_state *state,
		     bool ready)
{
	bool due = now_ms() >= e->retry_ms;

	switch (e->phase) {
	case PH_COMMIT:
		if (ready && due)
			do_commit(e);
		else if (e->gated && now_ms() > e->deadline_ms)
			fail_job(e, NULL, OCS_BLAME_FAULT,
				 "the agent did not answer");
		break;
	case PH_WAIT_UP:
		do_wait_up(e, state);
		break;
	case PH_COMPLETING:
		do_completing(e);
		break;
	case PH_RELEASE:
		if (ready && due)
			do_release(e);
		break;
	case PH_RUNNING:
		broken_check(e, state);
		break;
	}
}

static void round_once(void)
{
	const struct ocslib_ops *lib = lib_ops();
	const struct ocs_state *state = lib->state_get();
	bool ready;
	struct entry *list;
	unsigned int n;

	check_stale();
	check_reconfigured();
	check_instance(state);
	ready = agent_ready();
	if ((list = table_list(&n)))
		for (unsigned int i = 0; i < n; i++) {
			do_entry(&list[i], state, ready);
			/* One silent call is enough to know. */
			if (ready && now_ms() < agent_retry_ms)
				ready = false;
		}
	free(list);
	kick_run(state ? state->generation : 0);
	if (state)
		lib->state_put(state);
}

static void *worker(void *arg)
{
	uint64_t reconcile_ms = 0, stats_ms = 0, told_ms = 0;
	char text[256];

	prctl(PR_SET_NAME, "ocs_worker");
	for (;;) {
		const struct ocs_conf *oc;
		uint64_t interval = OCS_RECONCILE_INTERVAL_S;

		if (!in_charge()) {
			wait_event();
			continue;
		}
		oc = lib_ops()->conf_get();
		if (oc)
			interval = oc->reconcile_interval_s;
		round_once();
		if (oc && oc->compute_interval_s && controller_epoch &&
		    now_ms() >= agent_retry_ms &&
		    now_ms() - told_ms >= oc->compute_interval_s * 1000ULL) {
			compute_tell(oc, CALL_MS);
			told_ms = now_ms();
		}
		switch_off_run(oc, now_ms() >= reconcile_ms);
		if (oc)
			lib_ops()->conf_put(oc);
		if (now_ms() >= reconcile_ms) {
			recover_reconcile();
			reconcile_ms = now_ms() + interval * 1000;
		}
		reasons_apply();
		if (now_ms() >= stats_ms) {
			if (reserve_stats(text, sizeof(text)))
				info("ocs: event=stats %s", text);
			stats_ms = now_ms() + 10000;
		}
		wait_event();
	}
	return NULL;
}

static void changed(void *arg)
{
	worker_wake();
}

void worker_start(void)
{
	pthread_condattr_t attr;
	pthread_t thread;
	struct ocs_error err;

	if (started)
		return;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&cond, &attr);
	pthread_condattr_destroy(&attr);
	lib_ops()->on_change(changed, NULL);
	if (lib_ops()->watch(&err) < 0) {
		error("ocs: event=watch_failed error=\"%s\"", err.text);
		return;
	}
	if (pthread_create(&thread, NULL, worker, NULL)) {
		error("ocs: event=worker_failed error=\"%m\"");
		return;
	}
	pthread_detach(thread);
	pthread_mutex_lock(&lock);
	started = true;
	pthread_mutex_unlock(&lock);
}
