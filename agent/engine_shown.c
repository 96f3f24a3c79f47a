// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_shown - the state's text, made once for many readers
 *
 * What operators and clusters see changes with the generation only, apart from
 * time_ms, which is when the text was made: it is kept for a second at most.
 * Users see what nobody else does; theirs is made each time.
 */
#include "agent/engine_priv.h"

#include <stdlib.h>
#include <string.h>

#include "common/sys/clock.h"

#define KEPT_MS 1000

void ocs_shared_put(struct ocs_shared *shared)
{
	if (!shared || atomic_fetch_sub(&shared->refs, 1) != 1)
		return;
	free(shared->text);
	free(shared);
}

static void slot_clear(struct engine_shown *s)
{
	ocs_shared_put(s->shared);
	memset(s, 0, sizeof(*s));
}

static bool same_eyes(const struct ocs_caller *x, const struct ocs_caller *y)
{
	if (x->role != y->role || x->nclusters != y->nclusters)
		return false;
	for (unsigned int i = 0; i < x->nclusters; i++)
		if (strcmp(x->cluster[i], y->cluster[i]))
			return false;
	return true;
}

/* Locked. What CALLER may see of GENERATION, if it is there and young. */
static struct ocs_shared *find(struct ocs_engine *e,
			       const struct ocs_caller *caller, uint64_t now)
{
	for (unsigned int i = 0; i < ENGINE_SHOWN; i++) {
		struct engine_shown *s = &e->shown[i];

		if (!s->shared || s->generation != e->generation ||
		    now - s->made_ms >= KEPT_MS ||
		    !same_eyes(&s->caller, caller))
			continue;
		atomic_fetch_add(&s->shared->refs, 1);
		return s->shared;
	}
	return NULL;
}

/* Locked. What is old goes; a slot that is empty, or NULL. */
static struct engine_shown *forget(struct ocs_engine *e, uint64_t now)
{
	struct engine_shown *empty = NULL;

	for (unsigned int i = 0; i < ENGINE_SHOWN; i++) {
		struct engine_shown *s = &e->shown[i];

		if (s->shared && (s->generation != e->generation ||
				  now - s->made_ms >= KEPT_MS))
			slot_clear(s);
		if (!s->shared)
			empty = s;
	}
	return empty;
}

/* Locked. Keep SHARED; what is old goes, then whatever is in the way. */
static void keep(struct ocs_engine *e, const struct ocs_caller *caller,
		 struct ocs_shared *shared, uint64_t generation, uint64_t now)
{
	struct engine_shown *at = forget(e, now);

	if (generation != e->generation)
		return;
	if (!at)
		at = &e->shown[generation % ENGINE_SHOWN];
	slot_clear(at);
	at->caller = *caller;
	at->generation = generation;
	at->made_ms = now;
	at->shared = shared;
	atomic_fetch_add(&shared->refs, 1);
}

struct ocs_shared *ocs_engine_state(struct ocs_engine *e,
				    const struct ocs_caller *caller,
				    struct ocs_error *err)
{
	bool kept = caller->role != OCS_ROLE_USER;
	uint64_t now = ocs_clock_mono_ms(), generation;
	struct ocs_shared *shared;
	char *text;

	pthread_mutex_lock(&e->lock);
	generation = e->generation;
	shared = kept ? find(e, caller, now) : NULL;
	if (!shared)	/* before the next is made: they may be large */
		forget(e, now);
	pthread_mutex_unlock(&e->lock);
	if (shared)
		return shared;
	if (!(text = ocs_engine_state_text(e, caller, err)))
		return NULL;
	if (!(shared = malloc(sizeof(*shared)))) {
		free(text);
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	atomic_init(&shared->refs, 1);
	shared->text = text;
	shared->len = strlen(text);
	pthread_mutex_lock(&e->lock);
	/* No younger than the generation that was read before it was made: if
	 * that is still the newest, it is its. */
	if (kept)
		keep(e, caller, shared, generation, now);
	pthread_mutex_unlock(&e->lock);
	return shared;
}

void engine_shown_fini(struct ocs_engine *e)
{
	for (unsigned int i = 0; i < ENGINE_SHOWN; i++)
		slot_clear(&e->shown[i]);
}
