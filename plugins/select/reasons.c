// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reasons - why optical jobs pend, so that squeue can name the link
 *
 * Slurm clears state_desc after each failed attempt, so the worker writes the
 * reason back. Also here: pairs of sites that are left alone for a while after
 * a fault of the network.
 */
#include "plugins/select/optical.h"

#include <pthread.h>

/* Jobs beyond this show Slurm's own reason: the table never grows. */
#define SLOTS 1024
/* A reason that no attempt renewed within this time is old, in ms. */
#define FRESH_MS 120000

struct note {
	uint32_t job_id;		/* 0: free */
	uint64_t at_ms;
	uint64_t generation;		/* of a refused hold */
	struct ocs_error err;
	char circuits[128];		/* that it would take; "": not known */
	char bounds[96];		/* of these */
	char advice[96];		/* "": none */
	bool changed;			/* these three, and the job knows not */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* all below */
/* SLOTS of them from the first one on. Not static: clients map this plugin,
 * too, and a megabyte costs each of them a table of pages. */
static struct note *notes;

static struct note *find(uint32_t job_id)
{
	for (unsigned int i = 0; notes && i < 8; i++) {
		struct note *n = &notes[(job_id + i) % SLOTS];

		if (n->job_id == job_id)
			return n;
	}
	return NULL;
}

/* Its own slot, a free one, or the oldest of eight; NULL: no memory. */
static struct note *place(uint32_t job_id)
{
	struct note *best = find(job_id);

	if (!notes && !(notes = calloc(SLOTS, sizeof(*notes))))
		return NULL;
	for (unsigned int i = 0; !best && i < 8; i++)
		if (!notes[(job_id + i) % SLOTS].job_id)
			best = &notes[(job_id + i) % SLOTS];
	for (unsigned int i = 0; i < 8 && (!best || best->job_id); i++) {
		struct note *n = &notes[(job_id + i) % SLOTS];

		if (best && best->job_id == job_id)
			break;
		if (!best || n->at_ms < best->at_ms)
			best = n;
	}
	return best;
}

void reasons_note(uint32_t job_id, const struct ocs_error *err,
		  uint64_t generation)
{
	struct note *n;

	if (!err->reason[0])
		return;
	pthread_mutex_lock(&lock);
	if ((n = place(job_id))) {
		if (n->job_id != job_id)
			memset(n, 0, sizeof(*n));
		n->job_id = job_id;
		n->at_ms = now_ms();
		if (generation)
			n->generation = generation;
		n->err = *err;
	}
	pthread_mutex_unlock(&lock);
}

void reasons_explain(uint32_t job_id, const char *circuits,
		     const char *bounds, const char *advice)
{
	struct note *n;

	pthread_mutex_lock(&lock);
	if ((n = find(job_id))) {
		n->changed |= strcmp(n->circuits, circuits) ||
			      strcmp(n->bounds, bounds) ||
			      strcmp(n->advice, advice);
		snprintf(n->circuits, sizeof(n->circuits), "%s", circuits);
		snprintf(n->bounds, sizeof(n->bounds), "%s", bounds);
		snprintf(n->advice, sizeof(n->advice), "%s", advice);
	}
	pthread_mutex_unlock(&lock);
}

void reasons_forget(uint32_t job_id)
{
	struct note *n;

	pthread_mutex_lock(&lock);
	if ((n = find(job_id)))
		n->job_id = 0;
	pthread_mutex_unlock(&lock);
}

uint64_t reasons_refused(uint32_t job_id, struct ocs_error *err)
{
	uint64_t generation = 0;
	struct note *n;

	pthread_mutex_lock(&lock);
	if ((n = find(job_id)) && (generation = n->generation))
		*err = n->err;
	pthread_mutex_unlock(&lock);
	return generation;
}

/* Those of the last minutes; with the lock held. Copied to FRESH, if any. */
static unsigned int take_fresh(struct note *fresh)
{
	uint64_t now = now_ms();
	unsigned int n = 0;

	for (unsigned int i = 0; notes && i < SLOTS; i++) {
		if (!notes[i].job_id || now - notes[i].at_ms >= FRESH_MS)
			continue;
		if (fresh)
			fresh[n] = notes[i];
		n++;
	}
	return n;
}

bool reasons_any(void)
{
	bool any;

	pthread_mutex_lock(&lock);
	any = take_fresh(NULL) > 0;
	pthread_mutex_unlock(&lock);
	return any;
}

/* The job knows what N says. */
static void written(const struct note *was)
{
	struct note *n;

	if (!was->changed)
		return;
	pthread_mutex_lock(&lock);
	if ((n = find(was->job_id)) && !strcmp(n->circuits, was->circuits) &&
	    !strcmp(n->bounds, was->bounds) && !strcmp(n->advice, was->advice))
		n->changed = false;
	pthread_mutex_unlock(&lock);
}

/* Only where Slurm has nothing better to say. That another cluster of the
 * federation looked at the job in the same moment is over by then, but stays
 * its reason until the main scheduler looks again. */
static bool shows_none(const job_record_t *job, const struct note *n)
{
	if (!IS_JOB_PENDING(job) || IS_JOB_COMPLETING(job) || !job->priority)
		return false;
	if (job->state_reason != WAIT_RESOURCES &&
	    job->state_reason != WAIT_NO_REASON &&
	    job->state_reason != WAIT_FED_JOB_LOCK &&
	    job->state_reason != WAIT_LICENSES &&
	    job->state_reason != WAIT_PRIORITY)
		return false;
	return n->changed || !job->state_desc ||
		strcmp(job->state_desc, n->err.reason);
}

/* The sentence behind the reason, the circuits and what would help: for
 * `opticalctl why`. What a former set-up or run has left stays. */
static void explain(job_record_t *job, const struct note *n)
{
	struct token t, was;

	jobinfo_token_get(job, &t);
	if (t.failures || !strcmp(t.state, "FAILED") ||
	    !strcmp(t.state, "IMPAIRED"))
		return;
	was = t;
	memset(&t, 0, sizeof(t));
	snprintf(t.state, sizeof(t.state), "PENDING");
	snprintf(t.circuits, sizeof(t.circuits), "%s", n->circuits);
	snprintf(t.bounds, sizeof(t.bounds), "%s", n->bounds);
	snprintf(t.advice, sizeof(t.advice), "%s", n->advice);
	snprintf(t.cause, sizeof(t.cause), "%.159s", n->err.text);
	if (memcmp(&t, &was, sizeof(t)))
		jobinfo_token_set(job, &t);
}

/* Look under the read lock first: mostly nothing is to be done. */
static bool any_changed(const struct note *fresh, unsigned int n)
{
	bool changed = false;

	compat_lock_read();
	for (unsigned int i = 0; !changed && i < n; i++) {
		job_record_t *job = find_job_record(fresh[i].job_id);

		changed = job && shows_none(job, &fresh[i]);
	}
	compat_unlock_read();
	return changed;
}

static void write_all(const struct note *fresh, unsigned int n)
{
	compat_lock_write();
	for (unsigned int i = 0; i < n; i++) {
		job_record_t *job = find_job_record(fresh[i].job_id);

		if (!job || !shows_none(job, &fresh[i]))
			continue;
		xfree(job->state_desc);
		job->state_desc = xstrdup(fresh[i].err.reason);
		explain(job, &fresh[i]);
		written(&fresh[i]);
		last_job_update = time(NULL);
	}
	compat_unlock_write();
}

void reasons_apply(void)
{
	struct note *fresh = NULL;
	unsigned int n;

	pthread_mutex_lock(&lock);
	if ((n = take_fresh(NULL)) && (fresh = malloc(n * sizeof(*fresh))))
		n = take_fresh(fresh);
	pthread_mutex_unlock(&lock);
	if (fresh && any_changed(fresh, n))
		write_all(fresh, n);
	free(fresh);
}

/* Back-off of pairs: 1 to 30 minutes, doubling. */
#define PAIRS 256
#define BACKOFF_MIN_MS 60000
#define BACKOFF_MAX_MS 1800000

struct pair {
	char a[OCS_NAME_MAX], z[OCS_NAME_MAX];
	uint64_t until_ms, step_ms;
};
static pthread_mutex_t pair_lock = PTHREAD_MUTEX_INITIALIZER; /* pairs */
static struct pair pairs[PAIRS];

static struct pair *pair_find(const char *a, const char *z)
{
	for (unsigned int i = 0; i < PAIRS; i++)
		if ((!strcmp(pairs[i].a, a) && !strcmp(pairs[i].z, z)) ||
		    (!strcmp(pairs[i].a, z) && !strcmp(pairs[i].z, a)))
			return &pairs[i];
	return NULL;
}

void backoff_add(const char *a, const char *z)
{
	uint64_t now = now_ms();
	struct pair *p;

	pthread_mutex_lock(&pair_lock);
	if (!(p = pair_find(a, z)) && (p = pair_find("", ""))) {
		snprintf(p->a, sizeof(p->a), "%s", a);
		snprintf(p->z, sizeof(p->z), "%s", z);
		p->step_ms = 0;
	}
	/* Set-ups that were under way failed by the same fault. */
	if (p && p->until_ms <= now) {
		p->step_ms = p->step_ms ? p->step_ms * 2 : BACKOFF_MIN_MS;
		if (p->step_ms > BACKOFF_MAX_MS)
			p->step_ms = BACKOFF_MAX_MS;
		p->until_ms = now + p->step_ms;
		kick_in(p->step_ms + 1);
	}
	pthread_mutex_unlock(&pair_lock);
}

void backoff_clear(const char *a, const char *z)
{
	struct pair *p;

	pthread_mutex_lock(&pair_lock);
	if ((p = pair_find(a, z)))
		memset(p, 0, sizeof(*p));
	pthread_mutex_unlock(&pair_lock);
}

unsigned int backoff_left(const char *a, const char *z)
{
	unsigned int left = 0;
	uint64_t now = now_ms();
	struct pair *p;

	pthread_mutex_lock(&pair_lock);
	if ((p = pair_find(a, z)) && p->until_ms > now)
		left = (unsigned int) ((p->until_ms - now + 999) / 1000);
	pthread_mutex_unlock(&pair_lock);
	return left;
}
