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

/* Holds of one pass; beyond this the agent's refusal has to do. */
#define GRANTS 64
/* By then every snapshot shows it, or the lease is gone. */
#define KEEP_MS 10000

struct grant {
	char lease_id[OCS_LEASE_ID_MAX];	/* "": free */
	uint64_t at_ms;
	unsigned int n;
	struct {
		char link[OCS_NAME_MAX];
		uint64_t bps;
	} hop[OCS_CIRCUITS_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* grants */
static struct grant grants[GRANTS];

void overlay_add(const struct ocs_lease *got)
{
	uint64_t now = now_ms();
	struct grant *g = NULL;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < GRANTS && !g; i++)
		if (!grants[i].lease_id[0] ||
		    now - grants[i].at_ms > KEEP_MS)
			g = &grants[i];
	if (g) {
		memcpy(g->lease_id, got->id, sizeof(g->lease_id));
		g->at_ms = now;
		g->n = 0;
		for (unsigned int i = 0; i < got->ncircuits; i++)
			for (unsigned int h = 0; h < got->circuit[i].nhops &&
			     g->n < OCS_CIRCUITS_MAX; h++) {
				memcpy(g->hop[g->n].link,
				       got->circuit[i].hop[h], OCS_NAME_MAX);
				g->hop[g->n++].bps =
					got->circuit[i].granted_bps;
			}
	}
	pthread_mutex_unlock(&lock);
}

static void book(struct ocs_net *net, const struct grant *g)
{
	for (unsigned int i = 0; i < g->n; i++) {
		int link = ocs_net_link(net, g->hop[i].link);
		struct ocs_link *l;
		uint64_t bps;

		if (link < 0)
			continue;
		l = &net->link[link];
		bps = ocs_link_consumed(l, g->hop[i].bps);
		l->booked_bps = bps < l->capacity_bps - l->booked_bps ?
			l->booked_bps + bps : l->capacity_bps;
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

		if (!g->lease_id[0])
			continue;
		if (now - g->at_ms > KEEP_MS ||
		    ocs_state_lease(state, g->lease_id))
			g->lease_id[0] = '\0';
		else
			book(net, g);
	}
	pthread_mutex_unlock(&lock);
	return 0;
}
