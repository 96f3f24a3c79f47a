// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure - a sorted array of what is valid; what is not goes when its place
 * is needed
 */
#include "agent/measure.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/sys/clock.h"

struct entry {
	char id[OCS_LEASE_ID_MAX];	/* of the lease */
	unsigned int index;
	uint64_t until_ms;		/* monotonic */
	struct ocs_measurement m;
};

struct ocs_measures {
	pthread_mutex_t lock;	/* guards what follows */
	unsigned int n, cap;
	struct entry *entry;	/* by id and index */
};

struct ocs_measures *ocs_measures_create(struct ocs_error *err)
{
	struct ocs_measures *t = calloc(1, sizeof(*t));

	if (t && pthread_mutex_init(&t->lock, NULL) == 0)
		return t;
	free(t);
	ocs_fail(err, OCS_NOMEM, "out of memory");
	return NULL;
}

void ocs_measures_destroy(struct ocs_measures *t)
{
	if (!t)
		return;
	free(t->entry);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* Locked. Where circuit INDEX of ID is or would be. */
static unsigned int place(const struct ocs_measures *t, const char *id,
			  unsigned int index, bool *found)
{
	unsigned int lo = 0, hi = t->n;

	*found = false;
	while (lo < hi && !*found) {
		unsigned int mid = lo + (hi - lo) / 2;
		const struct entry *e = &t->entry[mid];
		int cmp = strcmp(e->id, id);

		if (!cmp)
			cmp = e->index < index ? -1 : e->index > index;
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
		if (!cmp) {
			*found = true;
			lo = mid;
		}
	}
	return lo;
}

/* Locked. Drop what is not valid; if all is, what ends first. */
static void make_room(struct ocs_measures *t, uint64_t now)
{
	unsigned int kept = 0, first = 0;

	for (unsigned int i = 0; i < t->n; i++)
		if (t->entry[i].until_ms > now)
			t->entry[kept++] = t->entry[i];
	t->n = kept;
	if (kept < OCS_MEASURES_MAX)
		return;
	for (unsigned int i = 1; i < kept; i++)
		if (t->entry[i].until_ms < t->entry[first].until_ms)
			first = i;
	memmove(t->entry + first, t->entry + first + 1,
		(kept - first - 1) * sizeof(*t->entry));
	t->n--;
}

/* Locked. An entry for circuit INDEX of ID; NULL: out of memory. */
static struct entry *slot(struct ocs_measures *t, const char *id,
			  unsigned int index, uint64_t now)
{
	struct entry *grown;
	unsigned int at;
	bool found;

	at = place(t, id, index, &found);
	if (found)
		return &t->entry[at];
	if (t->n == t->cap)
		make_room(t, now);
	if (t->n == t->cap) {
		unsigned int cap = t->cap ? 2 * t->cap : 64;

		if (!(grown = realloc(t->entry, cap * sizeof(*grown))))
			return NULL;
		t->entry = grown;
		t->cap = cap;
	}
	at = place(t, id, index, &found);
	memmove(t->entry + at + 1, t->entry + at,
		(t->n - at) * sizeof(*t->entry));
	t->n++;
	memset(&t->entry[at], 0, sizeof(t->entry[at]));
	memcpy(t->entry[at].id, id, OCS_LEASE_ID_MAX);
	t->entry[at].index = index;
	return &t->entry[at];
}

static int check(const struct ocs_lease *lease, unsigned int index,
		 uint64_t fibre_us, const struct ocs_measurement *m,
		 int64_t now_ms, struct ocs_error *err)
{
	const struct ocs_circuit *c = &lease->circuit[index];

	if (c->prov != OCS_PROVISIONED)
		return ocs_fail(err, OCS_CONFLICT,
				"circuit %s-%s is %s: there is nothing to measure",
				c->a, c->z, ocs_prov_name(c->prov));
	if (m->latency_us > OCS_LATENCY_MAX_US)
		return ocs_fail(err, OCS_RANGE,
				"latency_us %" PRIu64 " is more than %" PRIu64,
				m->latency_us, OCS_LATENCY_MAX_US);
	if (m->latency_us < fibre_us || !m->latency_us)
		return ocs_fail(err, OCS_RANGE,
				"latency_us %" PRIu64 " can't be: light needs %" PRIu64 " us one way in the fibre of this route",
				m->latency_us, fibre_us ? fibre_us : 1);
	if (m->time_ms > now_ms + OCS_CLOCK_AHEAD_MS)
		return ocs_fail(err, OCS_RANGE,
				"time_ms %" PRId64 " is in the future: it is %" PRId64 " here",
				m->time_ms, now_ms);
	if (m->time_ms + (int64_t) m->valid_s * 1000 <= now_ms)
		return ocs_fail(err, OCS_RANGE,
				"time_ms %" PRId64 " is more than valid_s %u ago: it is %" PRId64 " here",
				m->time_ms, (unsigned int) m->valid_s, now_ms);
	return 0;
}

int ocs_measures_put(struct ocs_measures *t, const struct ocs_lease *lease,
		     unsigned int index, uint64_t fibre_us,
		     struct ocs_measurement *m, struct ocs_error *err)
{
	int64_t now_ms = ocs_clock_unix_ms(), left_ms;
	uint64_t now = ocs_clock_mono_ms();
	struct entry *e;

	if (!m->time_ms)
		m->time_ms = now_ms;
	if (check(lease, index, fibre_us, m, now_ms, err) < 0)
		return -1;
	left_ms = m->time_ms + (int64_t) m->valid_s * 1000 - now_ms;
	pthread_mutex_lock(&t->lock);
	if ((e = slot(t, lease->id, index, now))) {
		e->m = *m;
		e->until_ms = now + (uint64_t) left_ms;
	}
	pthread_mutex_unlock(&t->lock);
	return e ? 0 : ocs_fail(err, OCS_NOMEM, "out of memory");
}

bool ocs_measures_get(struct ocs_measures *t, const char *id,
		      unsigned int index, struct ocs_measurement *m)
{
	uint64_t now = ocs_clock_mono_ms();
	unsigned int at;
	bool found;

	pthread_mutex_lock(&t->lock);
	at = place(t, id, index, &found);
	if (found && t->entry[at].until_ms > now)
		*m = t->entry[at].m;
	else
		found = false;
	pthread_mutex_unlock(&t->lock);
	return found;
}

struct ocs_lease *ocs_measures_shown(struct ocs_measures *t,
				     const struct ocs_lease *lease)
{
	struct ocs_lease *copy = NULL;
	struct ocs_measurement m;

	for (unsigned int i = 0; i < lease->ncircuits; i++) {
		if (!ocs_measures_get(t, lease->id, i, &m) ||
		    (!copy && !(copy = ocs_lease_copy(lease))))
			continue;
		copy->circuit[i].measured_latency_us = m.latency_us;
		copy->circuit[i].measured_ms = m.time_ms;
	}
	return copy;
}
