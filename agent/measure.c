// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure - a sorted array of what is valid; what is not goes when its place
 * is needed
 */
#include "agent/measure.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/sys/clock.h"

/* Of the ledger's documents; their ids are LEASEID.INDEX. */
#define KIND "measurement"

struct entry {
	char id[OCS_LEASE_ID_MAX];	/* of the lease */
	unsigned int index;
	uint64_t until_ms;		/* monotonic */
	struct ocs_measurement m;
};

struct ocs_measures {
	struct ocs_engine *engine;
	pthread_mutex_t lock;	/* guards what follows; before the engine's */
	unsigned int n, cap;
	struct entry *entry;	/* by id and index */
};

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

/* Locked. Write what E has; JSON NULL: it is gone. */
static int keep(struct ocs_measures *t, const struct entry *e,
		const char *json, struct ocs_error *err)
{
	char name[OCS_CIRCUIT_ID_MAX];

	snprintf(name, sizeof(name), "%s.%u", e->id, e->index);
	return ocs_engine_doc_put(t->engine, KIND, name, json, err);
}

/* Locked. Drop what is not valid; if all is, what ends first. */
static void make_room(struct ocs_measures *t, uint64_t now)
{
	unsigned int kept = 0, first = 0;

	for (unsigned int i = 0; i < t->n; i++)
		if (t->entry[i].until_ms > now)
			t->entry[kept++] = t->entry[i];
		else
			keep(t, &t->entry[i], NULL, NULL);
	t->n = kept;
	if (kept < OCS_MEASURES_MAX)
		return;
	for (unsigned int i = 1; i < kept; i++)
		if (t->entry[i].until_ms < t->entry[first].until_ms)
			first = i;
	keep(t, &t->entry[first], NULL, NULL);
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

static int check(const struct ocs_engine *engine,
		 const struct ocs_lease *lease, unsigned int index,
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
	if (!ocs_engine_measure_counts(engine, c, m->time_ms, m->valid_s))
		return ocs_fail(err, OCS_RANGE,
				"time_ms %" PRId64 " is too long ago (MeasureMaxAge=), or the circuit went another way since",
				m->time_ms);
	return 0;
}

int ocs_measures_put(struct ocs_measures *t, const struct ocs_lease *lease,
		     unsigned int index, uint64_t fibre_us,
		     struct ocs_measurement *m, struct ocs_error *err)
{
	int64_t now_ms = ocs_clock_unix_ms(), left_ms;
	uint64_t now = ocs_clock_mono_ms();
	struct entry *e, next = { .index = index };
	char *json;
	int rc;

	if (!m->time_ms)
		m->time_ms = now_ms;
	if (check(t->engine, lease, index, fibre_us, m, now_ms, err) < 0)
		return -1;
	left_ms = m->time_ms + (int64_t) m->valid_s * 1000 - now_ms;
	memcpy(next.id, lease->id, OCS_LEASE_ID_MAX);
	if (!(json = ocs_wire_encode_measurement(NULL, m)))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	pthread_mutex_lock(&t->lock);
	if (!(e = slot(t, lease->id, index, now)))
		rc = ocs_fail(err, OCS_NOMEM, "out of memory");
	else if ((rc = keep(t, &next, json, err)) == 0) {
		e->m = *m;
		e->until_ms = now + (uint64_t) left_ms;
		rc = ocs_engine_measured(t->engine, lease->id, index, m, err);
	}
	pthread_mutex_unlock(&t->lock);
	free(json);
	return rc;
}

struct loading {
	struct ocs_measures *t;
	unsigned int nold, cap;
	char (*old)[OCS_CIRCUIT_ID_MAX];	/* no longer valid */
};

static void forget(struct loading *ld, const char *id)
{
	void *grown;

	if (ld->nold == ld->cap) {
		unsigned int cap = ld->cap ? 2 * ld->cap : 64;

		if (!(grown = realloc(ld->old, cap * sizeof(*ld->old))))
			return;		/* the next start tries again */
		ld->old = grown;
		ld->cap = cap;
	}
	snprintf(ld->old[ld->nold++], OCS_CIRCUIT_ID_MAX, "%s", id);
}

static int load(const char *id, const char *json, void *arg,
		struct ocs_error *err)
{
	struct loading *ld = arg;
	char lease[OCS_LEASE_ID_MAX] = "";
	struct ocs_measurement m = { .valid_s = 0 };
	struct ocs_error why;
	struct entry *e;
	int64_t left_ms;

	if (strlen(id) > OCS_LEASE_ID_MAX && id[OCS_LEASE_ID_MAX - 1] == '.')
		memcpy(lease, id, OCS_LEASE_ID_MAX - 1);
	ocs_wire_decode_measurement(json, strlen(json), &m, &why);
	left_ms = m.time_ms + (int64_t) m.valid_s * 1000 - ocs_clock_unix_ms();
	if (!ocs_lease_id_ok(lease) || left_ms <= 0 ||
	    ld->t->n >= OCS_MEASURES_MAX) {
		forget(ld, id);
		return 0;
	}
	e = slot(ld->t, lease, (unsigned int) strtoul(id + OCS_LEASE_ID_MAX,
						      NULL, 10), 0);
	if (!e)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	e->m = m;
	e->until_ms = ocs_clock_mono_ms() + (uint64_t) left_ms;
	return 0;
}

/* The engine knows nothing of before it was started. */
static int tell(struct ocs_measures *t, struct ocs_error *err)
{
	for (unsigned int i = 0; i < t->n; i++)
		if (ocs_engine_measured(t->engine, t->entry[i].id,
					t->entry[i].index, &t->entry[i].m,
					err) < 0)
			return -1;
	return 0;
}

struct ocs_measures *ocs_measures_create(struct ocs_engine *engine,
					 struct ocs_error *err)
{
	struct ocs_measures *t = calloc(1, sizeof(*t));
	struct loading ld = { .t = t };
	int rc;

	if (!t || pthread_mutex_init(&t->lock, NULL)) {
		free(t);
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	t->engine = engine;
	rc = ocs_engine_docs(engine, KIND, load, &ld, err);
	for (unsigned int i = 0; i < ld.nold; i++)
		ocs_engine_doc_put(engine, KIND, ld.old[i], NULL, NULL);
	free(ld.old);
	if (rc == 0 && tell(t, err) == 0)
		return t;
	ocs_measures_destroy(t);
	return NULL;
}

bool ocs_measures_get(struct ocs_measures *t, const struct ocs_lease *lease,
		      unsigned int index, struct ocs_measurement *m)
{
	uint64_t now = ocs_clock_mono_ms();
	unsigned int at;
	bool found;

	pthread_mutex_lock(&t->lock);
	at = place(t, lease->id, index, &found);
	if (found && t->entry[at].until_ms > now &&
	    ocs_engine_measure_counts(t->engine, &lease->circuit[index],
				      t->entry[at].m.time_ms,
				      t->entry[at].m.valid_s))
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
		if (!ocs_measures_get(t, lease, i, &m) ||
		    (!copy && !(copy = ocs_lease_copy(lease))))
			continue;
		copy->circuit[i].measured_latency_us = m.latency_us;
		copy->circuit[i].measured_ms = m.time_ms;
	}
	return copy;
}
