// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlay - the snapshot as it would be had it come after our last hold
 *
 * One scheduling pass starts many jobs, faster than a new snapshot comes.
 * Without this each would be promised what the one before has just taken, and
 * only the agent's refusal would stop it.
 */
#include "plugins/select/optical.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/core/books.h"

/* Holds of one pass; beyond this the agent's refusal has to do. */
#define GRANTS OVERLAY_GRANTS
/* By then every snapshot shows it, or the lease is gone. */
#define KEEP_MS 10000

struct grant {
	struct ocs_lease *lease;	/* owned; NULL: free */
	uint64_t at_ms;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* grants */
static struct grant grants[GRANTS];
static uint64_t version;

uint64_t overlay_version(void)
{
	uint64_t v;

	pthread_mutex_lock(&lock);
	v = version;
	pthread_mutex_unlock(&lock);
	return v;
}

static void forget(struct grant *g)
{
	ocs_lease_destroy(g->lease);
	g->lease = NULL;
}

/* Without memory the agent's refusal has to do. */
void overlay_add(const struct ocs_lease *got)
{
	uint64_t now = now_ms();
	struct grant *g = NULL;

	pthread_mutex_lock(&lock);
	version++;
	for (unsigned int i = 0; i < GRANTS && !g; i++)
		if (!grants[i].lease || now - grants[i].at_ms > KEEP_MS)
			g = &grants[i];
	if (g) {
		forget(g);
		g->lease = ocs_lease_copy(got);
		g->at_ms = now;
	}
	pthread_mutex_unlock(&lock);
}

unsigned int overlay_book(const struct ocs_net *net,
			  const struct ocs_lease *l, unsigned int i,
			  int64_t start_s, int64_t end_s,
			  struct ocs_booking *out)
{
	struct ocs_use *use = calloc(ocs_circuit_uses_max(l, i) + 1,
				     sizeof(*use));
	unsigned int n = use ?
		ocs_circuit_uses(net, l, i, l->circuit[i].granted_bps, use) :
		0;

	for (unsigned int k = 0; k < n; k++)
		out[k] = (struct ocs_booking) {
			.link = use[k].resource, .bps = use[k].bps,
			.start_s = start_s, .end_s = end_s,
		};
	free(use);
	return n;
}

unsigned int overlay_bookings(const struct ocs_state *state,
			      struct ocs_booking *out)
{
	uint64_t now = now_ms();
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < GRANTS; i++) {
		const struct ocs_lease *l = grants[i].lease;

		if (!l || now - grants[i].at_ms > KEEP_MS || !l->end_s ||
		    ocs_state_lease(state, l->id))
			continue;
		for (unsigned int k = 0; k < l->ncircuits; k++) {
			if (ocs_circuit_uses_max(l, k) >
			    OVERLAY_BOOKINGS_MAX - n)
				break;
			n += overlay_book(&state->net, l, k, 1, l->end_s,
					  out + n);
		}
	}
	pthread_mutex_unlock(&lock);
	return n;
}

void overlay_change(struct ocs_net *net, const struct ocs_lease *l, bool more)
{
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		struct ocs_use *use = calloc(ocs_circuit_uses_max(l, i) + 1,
					     sizeof(*use));
		unsigned int n = use ?
			ocs_circuit_uses(net, l, i, l->circuit[i].granted_bps,
					 use) : 0;

		for (unsigned int k = 0; k < n; k++) {
			uint64_t *booked = ocs_net_booked(net, use[k].resource);
			uint64_t cap = ocs_net_capacity(net, use[k].resource);

			if (!more)
				*booked -= MIN(use[k].bps, *booked);
			else if (*booked < cap)
				*booked += MIN(use[k].bps, cap - *booked);
		}
		free(use);
	}
}

int overlay_net(const struct ocs_state *state, struct ocs_net *net)
{
	uint64_t now = now_ms();

	if (ocs_net_copy(net, &state->net) < 0)
		return -1;
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < GRANTS; i++) {
		struct grant *g = &grants[i];

		if (!g->lease)
			continue;
		if (now - g->at_ms > KEEP_MS ||
		    ocs_state_lease(state, g->lease->id))
			forget(g);
		else
			overlay_change(net, g->lease, true);
	}
	pthread_mutex_unlock(&lock);
	return 0;
}
