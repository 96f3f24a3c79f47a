// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reserve - step 4, hold: the one exchange with the agent under Slurm's locks
 *
 * Bounded three times: HoldTimeout for one hold, HoldBudget for all holds
 * within any second, and a breaker that opens after a hold that got no answer.
 * When a bound is reached job_test already says "not now".
 */
#include "plugins/select/hooks.h"
#include "plugins/select/optical.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "src/common/hostlist.h"

/* Holds of the last second; more than fit is "budget gone". */
#define RING 256
#define WINDOW_US 1000000
/* A hold that got no answer counts for so long, unless a later one got one. */
#define STALLED_MS 60000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* all below */
static struct { uint64_t end_us, spent_us; } ring[RING];
static unsigned int ring_next;
static uint64_t breaker_until_ms;
static uint64_t stalled_until_ms;
static struct {
	uint64_t holds, refused, failed;
	uint64_t max_us;		/* longest hold */
	uint64_t window_max_us;		/* most within one second */
	uint64_t begin_max_us;		/* longest job_begin */
	uint64_t total_us;
} stats;
static uint64_t stats_told;

/* Lock held. */
static uint64_t window_us(uint64_t now)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < RING; i++)
		if (ring[i].spent_us && now - ring[i].end_us < WINDOW_US)
			sum += ring[i].spent_us;
	return sum;
}

static void spent(uint64_t us, bool answered, bool refused,
		  unsigned int breaker_ms)
{
	uint64_t now = now_us(), w;

	pthread_mutex_lock(&lock);
	ring[ring_next].end_us = now;
	ring[ring_next].spent_us = us ? us : 1;
	ring_next = (ring_next + 1) % RING;
	w = window_us(now);
	stats.holds++;
	stats.total_us += us;
	stats.max_us = MAX(stats.max_us, us);
	stats.window_max_us = MAX(stats.window_max_us, w);
	if (refused)
		stats.refused++;
	if (!answered) {
		stats.failed++;
		breaker_until_ms = now / 1000 + breaker_ms;
	}
	stalled_until_ms = answered ? 0 : now / 1000 + STALLED_MS;
	pthread_mutex_unlock(&lock);
}

bool reserve_stats(char *buf, size_t size)
{
	bool changed;

	pthread_mutex_lock(&lock);
	changed = stats.holds != stats_told;
	stats_told = stats.holds;
	snprintf(buf, size, "holds=%"PRIu64" refused=%"PRIu64" failed=%"PRIu64
		 " hold_max_us=%"PRIu64" hold_second_max_us=%"PRIu64
		 " hold_total_us=%"PRIu64" begin_max_us=%"PRIu64,
		 stats.holds, stats.refused, stats.failed, stats.max_us,
		 stats.window_max_us, stats.total_us, stats.begin_max_us);
	pthread_mutex_unlock(&lock);
	return changed;
}

/* Milliseconds that a hold may take now; 0: none. */
static unsigned int allowance_ms(const struct ocs_conf *oc)
{
	uint64_t budget = (uint64_t) oc->hold_budget_ms * 1000, used, now;
	unsigned int left = 0;

	pthread_mutex_lock(&lock);
	now = now_us();
	used = window_us(now);
	if (now / 1000 >= breaker_until_ms && used < budget)
		left = (unsigned int) MIN((budget - used) / 1000,
					  oc->hold_timeout_ms);
	pthread_mutex_unlock(&lock);
	return left;
}

bool reserve_agent_down(void)
{
	const struct ocslib_ops *lib = lib_ops();

	return !lib || lib->silent_ms() > OCS_AGENT_SILENT_MS;
}

bool reserve_usable(void)
{
	const struct ocslib_ops *lib = lib_ops();
	const struct ocs_conf *oc = lib ? lib->conf_get() : NULL;
	unsigned int ms = oc ? allowance_ms(oc) : 0;

	if (oc)
		lib->conf_put(oc);
	/* Less than this answers nobody. */
	return ms >= 5 && !reserve_agent_down() && lib->hold_ready();
}

static void slow(struct ocs_error *err)
{
	ocs_fail(err, OCS_TIMEOUT, "the agent answers slowly");
	ocs_fail_reason(err, "OpticalAgentSlow");
}

bool reserve_possible(struct ocs_error *err)
{
	if (reserve_usable())
		return true;
	worker_wake();
	slow(err);
	return false;
}

bool reserve_stalled(struct ocs_error *err)
{
	bool stalled;

	pthread_mutex_lock(&lock);
	stalled = now_ms() < stalled_until_ms;
	pthread_mutex_unlock(&lock);
	if (stalled)
		slow(err);
	return stalled;
}

static int new_id(char id[static OCS_LEASE_ID_MAX])
{
	unsigned char r[16];

	if (getrandom(r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		return -1;
	for (unsigned int i = 0; i < sizeof(r); i++)
		snprintf(id + 2 * i, 3, "%02x", r[i]);
	return 0;
}

/* Those of NODES at site NAME, as a host list. */
static char *nodes_at(const bitstr_t *nodes, const char *name)
{
	const struct sitemap *map = sitemap_get();
	int s = sitemap_find(map, name);
	char *text, *copy;
	bitstr_t *b;

	if (s < 0)
		return NULL;
	b = bit_copy(map->site[s].nodes);
	bit_and(b, (bitstr_t *) nodes);
	text = bitmap2node_name(b);
	FREE_NULL_BITMAP(b);
	copy = text ? strdup(text) : NULL;
	xfree(text);
	return copy;
}

static int lease_sites(const bitstr_t *nodes, const struct ocs_net *net,
		       const unsigned int *site, unsigned int nsites,
		       struct ocs_lease *lease)
{
	for (unsigned int i = 0; i < nsites; i++) {
		memcpy(lease->site[i].name, net->site[site[i]].name,
		       OCS_NAME_MAX);
		lease->nsites = i + 1;
		if (!(lease->site[i].nodes = nodes_at(nodes,
						      lease->site[i].name)))
			return -1;
	}
	return 0;
}

static int lease_circuits(const struct ocs_net *net,
			  const struct ocs_request *req,
			  const struct ocs_plan *plan, struct ocs_lease *lease)
{
	lease->circuit = calloc(plan->ncircuits, sizeof(*lease->circuit));
	if (!lease->circuit)
		return -1;
	for (unsigned int i = 0; i < plan->ncircuits; i++) {
		const struct ocs_plan_circuit *p = &plan->circuit[i];
		struct ocs_circuit *c = &lease->circuit[i];

		memcpy(c->a, net->site[p->a].name, OCS_NAME_MAX);
		memcpy(c->z, net->site[p->z].name, OCS_NAME_MAX);
		c->requested_bps = req->want_bps;
		c->granted_bps = p->granted_bps;
		c->max_latency_us = req->latency_us;
		c->max_delay_variation_us = req->delay_variation_us;
		c->max_unavailable_ppb = req->unavailable_ppb;
		c->protect = req->protect;
		c->latency_us = p->worst_latency_us;
	}
	lease->ncircuits = plan->ncircuits;
	return 0;
}

/* What is granted and told; the job's record remembers all of it. Takes GOT.
 * On failure the hold is left to its HoldTTL. */
static int granted(job_record_t *job, struct ocs_lease *got,
		   const struct ocs_request *req, const struct ocs_conf *oc,
		   const struct ocs_state *state, struct ocs_error *err)
{
	uint64_t deadline = now_ms() + (uint64_t) oc->commit_timeout_s * 1000;
	unsigned int circuits = got->ncircuits;
	uint32_t gbps = ocs_lease_gbps(got);
	char id[OCS_LEASE_ID_MAX];

	memcpy(id, got->id, sizeof(id));
	overlay_add(got);
	jobinfo_env_facts(job, got, req, oc, state->simulated);
	if (table_add(id, job->job_id, PH_COMMIT, true, deadline, got) < 0) {
		jobinfo_env_clear(job);
		ocs_lease_destroy(got);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	compat_set_license(job, gbps, true);
	future_forget(job);
	job->details->prolog_running++;
	compat_set_configuring(job);
	reasons_forget(job->job_id);
	info("ocs: job=%u lease=%.8s event=hold circuits=%u gbps=%u",
	     job->job_id, id, circuits, gbps);
	worker_wake();
	return 0;
}

static int hold(job_record_t *job, struct ocs_lease *want,
		const struct ocs_request *req, const struct ocs_conf *oc,
		const struct ocs_state *state, struct ocs_error *err)
{
	const struct ocslib_ops *lib = lib_ops();
	unsigned int ms = allowance_ms(oc);
	struct ocs_lease *got = NULL;
	bool maybe = false, refused, unknown;
	uint64_t start = now_us();
	int rc;

	if (!ms) {
		ocs_fail(err, OCS_TIMEOUT, "the agent answers slowly");
		return ocs_fail_reason(err, "OpticalAgentSlow");
	}
	rc = lib->hold(want, ms, &got, &maybe, err);
	refused = rc < 0 && err->code != OCS_TIMEOUT && err->code != OCS_IO;
	/* it is not the job's request that is refused, but us */
	unknown = refused && (err->code == OCS_UNAUTH ||
			      err->code == OCS_DENIED);
	spent(now_us() - start, rc == 0 || refused, refused,
	      oc->breaker_time_ms);
	if (maybe)
		(void) table_add(want->id, job->job_id, PH_RELEASE, false, 0,
				 NULL);
	if (rc < 0) {
		if (!refused)
			ocs_fail_reason(err, "OpticalAgentSlow");
		else if (unknown)
			ocs_fail_reason(err, "OpticalAgentDown");
		info("ocs: job=%u lease=%.8s event=hold_%s error=\"%s\"",
		     job->job_id, want->id, refused ? "refused" : "failed",
		     err->text);
		reasons_note(job->job_id, err,
			     refused && !unknown ? state->generation : 0);
		if (err->code == OCS_STALE)
			worker_stale();
		worker_wake();
		return -1;
	}
	return granted(job, got, req, oc, state, err);
}

/* No circuits: the job runs in one site, or without the agent. */
static void no_circuits(job_record_t *job, const struct ocs_lease *lease,
			const struct ocs_request *req,
			const struct ocs_conf *oc)
{
	struct token t;

	jobinfo_env_facts(job, lease, req, oc, false);
	compat_set_license(job, 0, true);
	reasons_forget(job->job_id);
	/* what it waited for counts no more */
	jobinfo_token_get(job, &t);
	if (strcmp(t.state, "PENDING"))
		return;
	memset(&t, 0, sizeof(t));
	snprintf(t.state, sizeof(t.state), "NONE");
	jobinfo_token_set(job, &t);
}

static void without_agent(job_record_t *job)
{
	struct token token;

	jobinfo_env_clear(job);
	jobinfo_env_set(job, "OPTICAL_JOB_ID", "%u", job->job_id);
	jobinfo_env_set(job, "OPTICAL_DEGRADED", "agent-down");
	compat_set_license(job, 0, true);
	jobinfo_token_get(job, &token);
	snprintf(token.state, sizeof(token.state), "NONE");
	snprintf(token.cause, sizeof(token.cause),
		 "started without circuits: agent down");
	jobinfo_token_set(job, &token);
	info("ocs: job=%u event=degraded cause=agent-down", job->job_id);
}

static int begin(job_record_t *job, const struct ocs_request *req,
		 const struct ocs_conf *oc, const struct ocs_state *state,
		 struct ocs_error *err)
{
	unsigned int site[OCS_SPAN_MAX], nsites;
	struct ocs_lease *want = NULL;
	struct ocs_net net = { 0 };
	struct ocs_plan plan;
	bitstr_t *nodes = bit_copy(job->node_bitmap);
	int rc = -1;

	if (het_leader(job))
		het_others(job, false, nodes);
	if (!place_sites(&state->net, nodes, site, &nsites)) {
		ocs_fail(err, OCS_INTERNAL,
			 "the nodes lie in no site that the agent knows");
		goto out;
	}
	if (future_net(state, job, true, &net, err) < 0)
		goto out;
	if (!(want = ocs_lease_create()) ||
	    lease_sites(nodes, &net, site, nsites, want) < 0) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	jobinfo_lease_job(job, want);
	if (ocs_plan_make(&net, site, nsites, req, &plan, err) < 0)
		goto out;
	if (!plan.ncircuits) {
		no_circuits(job, want, req, oc);
		rc = 0;
		goto out;
	}
	if (lease_circuits(&net, req, &plan, want) < 0 ||
	    new_id(want->id) < 0) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	rc = hold(job, want, req, oc, state, err);
out:
	FREE_NULL_BITMAP(nodes);
	ocs_net_fini(&net);
	ocs_lease_destroy(want);
	return rc;
}

static void is_running(struct entry *e, void *arg)
{
	*(bool *) arg = e->phase != PH_COMMIT && e->phase != PH_WAIT_UP;
}

static bool circuits_up(const job_record_t *job)
{
	const char *id = jobinfo_lease_id(job);
	bool up = true;

	if (lib_ops() && id)
		(void) table_with(id, is_running, &up);
	return up;
}

/* A later component: its leader has started, with the circuits of all. */
static int join(job_record_t *job, job_record_t *leader,
		const struct ocs_request *req, const struct ocs_conf *oc,
		const struct ocs_state *state, struct ocs_error *err)
{
	struct ocs_lease *lease;

	if (!IS_JOB_RUNNING(leader))
		return ocs_fail(err, OCS_CONFLICT, "the leader has not started");
	if (!jobinfo_lease_id(leader))
		return begin(job, req, oc, state, err);
	if (!(lease = jobinfo_lease(leader)))
		return ocs_fail(err, OCS_INTERNAL,
				"the leader's circuits can't be read");
	jobinfo_component(job, lease, req, oc, state->simulated);
	ocs_lease_destroy(lease);
	compat_set_license(job, 0, true);
	reasons_forget(job->job_id);
	if (circuits_up(leader))
		return 0;
	jobinfo_env_set(job, HET_GATE, "1");
	job->details->prolog_running++;
	compat_set_configuring(job);
	return 0;
}

static bool may_run_without(const job_record_t *job,
			    const struct ocs_conf *oc)
{
	struct ocs_conf_partition part;

	ocs_conf_partition_get(oc, job->part_ptr ? job->part_ptr->name : NULL,
			       &part);
	return part.agent_down == OCS_AGENT_RUN;
}

static int begin_optical(job_record_t *job, const struct ocs_request *req)
{
	const struct ocslib_ops *lib = lib_ops();
	const struct ocs_conf *oc = lib->conf_get();
	const struct ocs_state *state = lib->state_get();
	struct ocs_error err = { 0 };
	uint64_t start = now_us();
	job_record_t *leader;
	int rc = -1;

	if (!oc) {
		ocs_fail(&err, OCS_IO, "no configuration");
	} else if (!state || reserve_agent_down()) {
		if (may_run_without(job, oc)) {
			without_agent(job);
			rc = 0;
		} else {
			ocs_fail(&err, OCS_IO, "the agent does not answer");
			ocs_fail_reason(&err, "OpticalAgentDown");
		}
	} else if (job->het_job_offset && (leader = het_leader(job))) {
		rc = join(job, leader, req, oc, state, &err);
	} else {
		rc = begin(job, req, oc, state, &err);
	}
	if (rc < 0 && err.reason[0]) {
		/* Slurm keeps a description that job_begin sets. */
		xfree(job->state_desc);
		job->state_desc = xstrdup(err.reason);
	}
	if (state)
		lib->state_put(state);
	if (oc)
		lib->conf_put(oc);
	start = now_us() - start;
	pthread_mutex_lock(&lock);
	stats.begin_max_us = MAX(stats.begin_max_us, start);
	pthread_mutex_unlock(&lock);
	return rc;
}

int reserve_job_begin(job_record_t *job)
{
	struct ocs_request req;

	if (!lib_ops() || !job->details)
		return 0;
	if (expand_is(job))	/* what it asked for before it was one */
		compat_set_license(job, 0, true);
	if (!jobinfo_requested(job))
		return 0;
	if (!jobinfo_request(job, &req) || req.none) {
		jobinfo_env_clear(job);
		return 0;
	}
	/* Without nodes Slurm drops the start and tells nobody: take nothing. */
	if (!job->job_resrcs || !job->job_resrcs->nodes || !job->node_bitmap)
		return -1;
	return begin_optical(job, &req);
}

static void ended(struct entry *e, void *arg)
{
	if (e->phase == PH_RELEASE || e->phase == PH_COMPLETING)
		return;
	e->phase = PH_COMPLETING;
	e->ended_s = *(time_t *) arg;
	e->fini_ms = now_ms();
}

void reserve_job_fini(job_record_t *job)
{
	time_t when = time(NULL);
	const char *id;

	if (!lib_ops() || !(id = jobinfo_lease_id(job)))
		return;
	/* As sacct has it: nodes are given back later than the job's end, after a
	 * restart much later. Before its end a job's end is its limit's. */
	if (job->end_time >= job->start_time && job->end_time < when)
		when = job->end_time;
	if (!table_with(id, ended, &when)) {
		(void) table_add(id, job->job_id, PH_RUNNING, false, 0, NULL);
		(void) table_with(id, ended, &when);
	}
	worker_wake();
}

bool reserve_job_ready(job_record_t *job)
{
	/* What a burst buffer does before the job asks this, and asks again only
	 * a minute later, for ever if the job was put back meanwhile. It may go
	 * on: the gate, prolog_running, is closed by both of us. */
	return (job->burst_buffer && job->burst_buffer[0]) || circuits_up(job);
}
