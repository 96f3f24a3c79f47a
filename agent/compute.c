// SPDX-License-Identifier: GPL-2.0-or-later
/* compute - the newest of each cluster, in memory and in the ledger */
#include "agent/compute.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "agent/log.h"
#include "common/sys/clock.h"

/* Of the ledger's documents. */
#define KIND "compute"

struct entry {
	struct ocs_compute *c;
	uint64_t got_ms;	/* monotonic */
	uint64_t before_ms;	/* its age then */
};

struct ocs_computes {
	struct ocs_engine *engine;
	pthread_mutex_t lock;	/* guards what follows */
	unsigned int n;
	struct entry *entry;	/* in order of names */
};

void ocs_computes_destroy(struct ocs_computes *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; i < t->n; i++)
		ocs_compute_destroy(t->entry[i].c);
	free(t->entry);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static int check(const struct ocs_computes *t, struct ocs_compute *c,
		 int64_t now_ms, struct ocs_error *err)
{
	if (!ocs_engine_has_cluster(t->engine, c->cluster))
		return ocs_fail(err, OCS_NOT_FOUND,
				"there is no cluster '%s'", c->cluster);
	for (unsigned int i = 0; i < c->nsites; i++)
		if (!ocs_engine_has_site(t->engine, c->site[i].name))
			return ocs_fail(err, OCS_RANGE,
					"site '%s' is not in opticald.conf",
					c->site[i].name);
	if (!c->time_ms)
		c->time_ms = now_ms;
	if (c->time_ms > now_ms + OCS_CLOCK_AHEAD_MS)
		return ocs_fail(err, OCS_RANGE,
				"time_ms %" PRId64 " is in the future: it is %" PRId64 " here",
				c->time_ms, now_ms);
	if (c->time_ms + (int64_t) c->valid_s * 1000 < now_ms)
		return ocs_fail(err, OCS_RANGE,
				"time_ms %" PRId64 " is more than valid_s %u ago: it is %" PRId64 " here",
				c->time_ms, (unsigned int) c->valid_s, now_ms);
	return 0;
}

/* Locked. Where NAME is or would be. */
static unsigned int place(const struct ocs_computes *t, const char *name,
			  bool *found)
{
	unsigned int i = 0;
	int cmp = 1;

	while (i < t->n && (cmp = strcmp(t->entry[i].c->cluster, name)) < 0)
		i++;
	*found = i < t->n && cmp == 0;
	return i;
}

/* Locked. A slot for NAME; NULL: out of memory. */
static struct entry *slot(struct ocs_computes *t, const char *name)
{
	struct entry *grown;
	bool found;
	unsigned int at = place(t, name, &found);

	if (found)
		return &t->entry[at];
	grown = t->n < OCS_WIRE_CLUSTERS_MAX ?
		realloc(t->entry, (t->n + 1) * sizeof(*grown)) : NULL;
	if (!grown)
		return NULL;
	t->entry = grown;
	memmove(grown + at + 1, grown + at, (t->n - at) * sizeof(*grown));
	t->n++;
	grown[at] = (struct entry) { .c = NULL };
	return &grown[at];
}

/* Take over C; false out of memory. */
static bool take(struct ocs_computes *t, struct ocs_compute *c, int64_t now_ms)
{
	struct entry *e;

	pthread_mutex_lock(&t->lock);
	if ((e = slot(t, c->cluster))) {
		ocs_compute_destroy(e->c);
		e->c = c;
		e->got_ms = ocs_clock_mono_ms();
		e->before_ms = c->time_ms < now_ms ?
			       (uint64_t) (now_ms - c->time_ms) : 0;
	}
	pthread_mutex_unlock(&t->lock);
	if (!e)
		ocs_compute_destroy(c);
	return e;
}

int ocs_computes_put(struct ocs_computes *t, struct ocs_compute *c,
		     struct ocs_error *err)
{
	int64_t now_ms = ocs_clock_unix_ms();
	char *json = NULL;
	int rc;

	rc = check(t, c, now_ms, err);
	if (rc == 0 && !(json = ocs_wire_encode_compute(c, true)))
		rc = ocs_fail(err, OCS_NOMEM, "out of memory");
	if (rc == 0)
		rc = ocs_engine_doc_put(t->engine, KIND, c->cluster, json,
					err);
	free(json);
	if (rc < 0) {
		ocs_compute_destroy(c);
		return -1;
	}
	return take(t, c, now_ms) ? 0 :
	       ocs_fail(err, OCS_NOMEM, "out of memory");
}

static int load(const char *id, const char *json, void *arg,
		struct ocs_error *err)
{
	struct ocs_compute *c;
	struct ocs_error why;

	c = ocs_wire_decode_compute(json, strlen(json), &why);
	if (c && !strcmp(c->cluster, id))
		return take(arg, c, ocs_clock_unix_ms()) ? 0 :
		       ocs_fail(err, OCS_NOMEM, "out of memory");
	/* a forecast is no reason not to start */
	ocs_log("compute-unreadable", "cluster=%s", ocs_quote(id).text);
	ocs_compute_destroy(c);
	return 0;
}

struct ocs_computes *ocs_computes_create(struct ocs_engine *engine,
					 struct ocs_error *err)
{
	struct ocs_computes *t = calloc(1, sizeof(*t));

	if (!t || pthread_mutex_init(&t->lock, NULL)) {
		free(t);
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	t->engine = engine;
	if (ocs_engine_docs(engine, KIND, load, t, err) == 0)
		return t;
	ocs_computes_destroy(t);
	return NULL;
}

char *ocs_computes_text(struct ocs_computes *t,
			const struct ocs_caller *caller)
{
	const struct ocs_compute **list;
	uint64_t now = ocs_clock_mono_ms();
	unsigned int n = 0;
	char *text = NULL;

	pthread_mutex_lock(&t->lock);
	list = calloc(t->n + 1, sizeof(struct ocs_compute *));
	for (unsigned int i = 0; list && i < t->n; i++) {
		struct entry *e = &t->entry[i];
		uint64_t age_ms = e->before_ms;

		if (!ocs_caller_may_write(caller, e->c->cluster))
			continue;
		if (now > e->got_ms)
			age_ms += now - e->got_ms;
		e->c->age_s = age_ms / 1000;
		e->c->stale = age_ms > (uint64_t) e->c->valid_s * 1000;
		list[n++] = e->c;
	}
	if (list)
		text = ocs_wire_encode_computes(list, n);
	pthread_mutex_unlock(&t->lock);
	free(list);
	return text;
}
