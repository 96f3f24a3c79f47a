// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * broken - a circuit of a running job breaks: --optical-on-failure
 *
 * The agent tries to restore it; what counts here is a circuit that stays
 * down. AdminComment says which one, since when, and what was done about it;
 * after a restart of slurmctld that is how we know what was done.
 */
#include "plugins/select/optical.h"

#include <stdarg.h>
#include <time.h>

#include "src/common/proc_args.h"

/* The first circuit of LEASE that was up and is down, or NULL. */
static const struct ocs_circuit *broken_circuit(const struct ocs_lease *lease)
{
	for (unsigned int i = 0; i < lease->ncircuits; i++)
		if (lease->circuit[i].prov == OCS_PROVISIONED &&
		    lease->circuit[i].data == OCS_DOWN)
			return &lease->circuit[i];
	return NULL;
}

static void set_broken(struct entry *e, void *arg)
{
	e->broken_ms = *(uint64_t *) arg;
}

static void set_acted(struct entry *e, void *arg)
{
	e->acted = *(bool *) arg;
}

static void now_text(char buf[static 32])
{
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm) ||
	    !strftime(buf, 32, "%Y-%m-%dT%H:%M:%S", &tm))
		buf[0] = '\0';
}

/* The word in AdminComment, the rest of the token as it is. */
__attribute__((format(printf, 3, 4)))
static void tell(job_record_t *job, const char *word, const char *fmt, ...)
{
	struct token t;
	va_list ap;

	jobinfo_token_get(job, &t);
	snprintf(t.state, sizeof(t.state), "%s", word);
	va_start(ap, fmt);
	vsnprintf(t.cause, sizeof(t.cause), fmt, ap);
	va_end(ap);
	jobinfo_token_set(job, &t);
}

/* Not before SetupRetryDelay: by then the agent knows which links are down. */
static void requeue(job_record_t *job, const struct entry *e,
		    const struct ocs_conf *oc, const char *pair,
		    const char *when)
{
	int rc;

	/* First: Slurm logs the end of this run inside the requeue. */
	tell(job, "IMPAIRED", "%s broke at %s: requeued", pair, when);
	if (oc)
		job->details->begin_time = time(NULL) +
			oc->setup_retry_delay_s;
	rc = compat_requeue(job, false);
	info("ocs: job=%u lease=%.8s event=broken pair=%s action=requeue rc=%d",
	     e->job_id, e->lease_id, pair, rc);
	if (rc == SLURM_SUCCESS) {
		if (oc)
			kick_in((uint64_t) oc->setup_retry_delay_s * 1000 +
				500);
		return;
	}
	job->details->begin_time = 0;
	tell(job, "IMPAIRED", "%s broke at %s: can't be requeued, continues",
	     pair, when);
}

static void signal_one(job_record_t *job, void *arg)
{
	compat_signal(job, *(int *) arg);
}

static void act(job_record_t *job, const struct entry *e,
		const struct ocs_conf *oc, const char *pair)
{
	struct ocs_request req;
	char when[32];
	int sig;

	now_text(when);
	if (!jobinfo_request(job, &req) || req.on_failure == OCS_CONTINUE) {
		tell(job, "IMPAIRED", "%s broke at %s: continues", pair, when);
		info("ocs: job=%u lease=%.8s event=broken pair=%s action=continue",
		     e->job_id, e->lease_id, pair);
	} else if (req.on_failure == OCS_REQUEUE) {
		requeue(job, e, oc, pair, when);
	} else {
		sig = sig_name2num(req.signal);
		tell(job, "IMPAIRED", "%s broke at %s: sent %s", pair, when,
		     req.signal);
		info("ocs: job=%u lease=%.8s event=broken pair=%s action=signal signal=%s",
		     e->job_id, e->lease_id, pair, req.signal);
		het_each(job, signal_one, &sig);
		compat_signal(job, sig);
	}
}

static void do_act(const struct entry *e, const struct ocs_circuit *c)
{
	const struct ocs_conf *oc = lib_ops()->conf_get();
	char pair[2 * OCS_NAME_MAX];
	bool acted = true;
	job_record_t *job;

	snprintf(pair, sizeof(pair), "%s-%s", c->a, c->z);
	compat_lock_write();
	if ((job = worker_job(e)) && IS_JOB_RUNNING(job)) {
		act(job, e, oc, pair);
		(void) table_with(e->lease_id, set_acted, &acted);
	}
	compat_unlock_write();
	if (oc)
		lib_ops()->conf_put(oc);
}

static void restored(const struct entry *e)
{
	char when[32];
	bool acted = false;
	job_record_t *job;
	struct token t;

	now_text(when);
	compat_lock_write();
	if ((job = worker_job(e))) {
		jobinfo_token_get(job, &t);
		if (!strcmp(t.state, "IMPAIRED"))
			tell(job, "ACTIVE", "%.90s, restored at %s", t.cause,
			     when);
		info("ocs: job=%u lease=%.8s event=restored", e->job_id,
		     e->lease_id);
	}
	compat_unlock_write();
	(void) table_with(e->lease_id, set_acted, &acted);
}

void broken_check(const struct entry *e, const struct ocs_state *state)
{
	const struct ocs_lease *lease = state ?
		ocs_state_lease(state, e->lease_id) : NULL;
	const struct ocs_circuit *c;
	uint64_t ms = 0;

	if (!lease || lease->resv != OCS_COMMITTED)
		return;
	if (!(c = broken_circuit(lease))) {
		if (e->broken_ms)
			(void) table_with(e->lease_id, set_broken, &ms);
		if (e->acted && ocs_lease_up(lease))
			restored(e);
		return;
	}
	if (!e->broken_ms) {
		ms = now_ms();
		(void) table_with(e->lease_id, set_broken, &ms);
	} else if (!e->acted &&
		   now_ms() - e->broken_ms >= OCS_BROKEN_S * 1000) {
		do_act(e, c);
	}
}

void broken_adopt(const job_record_t *job, const char *lease_id)
{
	bool acted = true;
	struct token t;

	jobinfo_token_get(job, &t);
	if (!strcmp(t.state, "IMPAIRED"))
		(void) table_with(lease_id, set_acted, &acted);
}
