// SPDX-License-Identifier: GPL-2.0-or-later
/* sim_service - what the simulated network consists of: services and links */
#include "agent/sim_priv.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/sys/clock.h"

static int name_is(const void *name, const void *y)
{
	const struct sim_link *const *l = y;

	return strcmp(name, (*l)->name);
}

struct sim_link *sim_link_find(struct sim *sim, const char *name)
{
	struct sim_link **l = bsearch(name, sim->by_name, sim->nlinks,
				      sizeof(*l), name_is);

	return l ? *l : NULL;
}

/* ---- services ---- */

static uint32_t hash(const char *id)
{
	uint32_t h = 2166136261U;

	for (; *id; id++)
		h = (h ^ (unsigned char) *id) * 16777619U;
	return h;
}

static struct sim_chain *chain_of(struct sim *sim, uint32_t h)
{
	return &sim->chain[h & (sim->nchains - 1)];
}

struct sim_service *sim_service_find(struct sim *sim, const char *id)
{
	struct sim_service *s;
	uint32_t h = hash(id);

	LIST_FOREACH(s, chain_of(sim, h), hash)
		if (s->hash_of_id == h && !strcmp(s->svc.id, id))
			return s;
	return NULL;
}

/* Longer chains are only slow. */
static void grow(struct sim *sim)
{
	unsigned int old = sim->nchains;
	struct sim_chain *from = sim->chain, *to;
	struct sim_service *s;

	if (sim->nservices < old || !(to = calloc(2 * old, sizeof(*to))))
		return;
	sim->chain = to;
	sim->nchains = 2 * old;
	for (unsigned int i = 0; i < old; i++) {
		while ((s = LIST_FIRST(&from[i]))) {
			LIST_REMOVE(s, hash);
			LIST_INSERT_HEAD(chain_of(sim, s->hash_of_id), s,
					 hash);
		}
	}
	free(from);
}

void sim_enqueue(struct sim *sim, struct sim_service *s, struct sim_queue *q)
{
	struct sim_service *after;

	if (s->in)
		TAILQ_REMOVE(s->in, s, queue);
	s->in = q ? q : s->state == SIM_BUILDING ? &sim->building :
		s->state == SIM_TEARING ? &sim->tearing : NULL;
	if (!s->in)
		return;
	after = TAILQ_LAST(s->in, sim_queue);
	while (after && after->due_ms > s->due_ms)
		after = TAILQ_PREV(after, sim_queue, queue);
	if (after)
		TAILQ_INSERT_AFTER(s->in, after, s, queue);
	else
		TAILQ_INSERT_HEAD(s->in, s, queue);
}

/* There are OCS_PORTS_MAX at most. */
static int16_t port_named(const struct sim *sim, const char *name)
{
	return (int16_t) (name ? ocs_net_port(&sim->net, name) : -1);
}

struct sim_service *sim_service_add(struct sim *sim,
				    const struct ocs_service *svc)
{
	size_t size = offsetof(struct ocs_service, hop) +
		      svc->nhops * sizeof(svc->hop[0]);
	struct sim_service *s;

	s = calloc(1, offsetof(struct sim_service, svc) + size);
	if (!s)
		return NULL;
	memcpy(&s->svc, svc, size);
	s->port_a = port_named(sim, svc->port_a);
	s->port_z = port_named(sim, svc->port_z);
	s->svc.port_a = s->svc.port_z = NULL;	/* not ours to keep */
	grow(sim);
	s->hash_of_id = hash(svc->id);
	LIST_INSERT_HEAD(chain_of(sim, s->hash_of_id), s, hash);
	sim->nservices++;
	return s;
}

void sim_service_free(struct sim *sim, struct sim_service *s)
{
	sim_occupy(sim, s, false);
	LIST_REMOVE(s, hash);
	if (s->in)
		TAILQ_REMOVE(s->in, s, queue);
	sim->nservices--;
	free(s);
}

void sim_service_drop(struct sim *sim, struct sim_service *s)
{
	if (!s->foreign && s->state == SIM_TEARING)
		strcpy(sim->gone[sim->ngone++ % 64], s->svc.id);
	sim_save_gone(sim, s->svc.id);
	sim_service_free(sim, s);
}

/* ---- light ---- */

const char *sim_dark_link(struct sim *sim, const struct sim_service *s)
{
	for (unsigned int i = 0; i < s->at.nhops; i++)
		if (sim->link[s->at.hop[i] + 1].down)
			return sim->link[s->at.hop[i] + 1].name;
	for (unsigned int i = 0; !s->at.nhops && i < s->svc.nhops; i++)
		if (!sim_link_find(sim, s->svc.hop[i]))
			return s->svc.hop[i];
	return NULL;
}

enum ocs_light sim_light(struct sim *sim, const struct sim_service *s)
{
	switch (s->state) {
	case SIM_BUILDING:
		return OCS_LIGHT_BUILDING;
	case SIM_TEARING:
		return OCS_LIGHT_TEARING;
	case SIM_BROKEN:
		return OCS_LIGHT_DARK;
	case SIM_LIT:
		break;
	}
	return sim_dark_link(sim, s) ? OCS_LIGHT_DARK : OCS_LIGHT_LIT;
}

static void touch_service(struct sim *sim, struct sim_service *s,
			  const struct sim_link *l, int64_t now)
{
	if (s->foreign)
		return;
	ocs_calls_service(sim->calls, s->svc.id, sim_light(sim, s),
			  "sim %s %s", l->name,
			  l->down ? "was cut" : "recovered");
	if (!sim->opt.full || !l->down || s->in)
		return;
	s->due_ms = now + sim_restore_time(sim);
	sim_enqueue(sim, s, &sim->restoring);
}

static bool crosses(const struct sim_service *s, const struct sim_link *l)
{
	for (unsigned int i = 0; i < s->at.nhops; i++)
		if (s->at.hop[i] == l->index)
			return true;
	return false;
}

void sim_set_down(struct sim *sim, struct sim_link *l, bool down)
{
	int64_t now = ocs_clock_unix_ms();
	struct sim_service *s;

	if (l->down == down || l == &sim->link[0])
		return;
	l->down = down;
	sim_save_link(sim, l);
	ocs_calls_link(sim->calls, l->name, down);
	for (unsigned int i = 0; i < sim->nchains; i++)
		LIST_FOREACH(s, &sim->chain[i], hash)
			if (s->state == SIM_LIT && crosses(s, l))
				touch_service(sim, s, l, now);
	pthread_cond_signal(&sim->wake);
}
