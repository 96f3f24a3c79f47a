// SPDX-License-Identifier: GPL-2.0-or-later
/* facts - what a job is told of its circuits; step 4 of its way */
#include "common/core/facts.h"

#include <string.h>

#define NO_WAY UINT64_MAX

/* Latency of the shortest way between two sites of the lease. */
struct ways {
	unsigned int n;
	uint64_t us[OCS_SPAN_MAX][OCS_SPAN_MAX];
};

static unsigned int site_of(const struct ocs_lease *lease, const char *name)
{
	unsigned int i = 0;

	while (i < lease->nsites && strcmp(lease->site[i].name, name))
		i++;
	return i;
}

static void add(struct ways *w, unsigned int a, unsigned int z, uint64_t us)
{
	if (us < w->us[a][z])
		w->us[a][z] = w->us[z][a] = us;
}

/* Over site VIA, where that is shorter. */
static void go_over(struct ways *w, unsigned int via)
{
	for (unsigned int a = 0; a < w->n; a++)
		for (unsigned int z = 0; z < w->n; z++)
			if (w->us[a][via] != NO_WAY && w->us[via][z] != NO_WAY)
				add(w, a, z, w->us[a][via] + w->us[via][z]);
}

/* The longest way from a site to the next one in the ring of sites. */
static uint64_t round_trip(struct ways *w)
{
	uint64_t worst = 0;

	for (unsigned int i = 0; i < w->n; i++)
		go_over(w, i);
	for (unsigned int i = 0; i < w->n; i++) {
		uint64_t us = w->us[i][(i + 1) % w->n];

		if (us != NO_WAY && us > worst)
			worst = us;
	}
	return worst;
}

/* Take circuit C into account; false: it does not lie between sites. */
static bool count(const struct ocs_lease *lease, const struct ocs_circuit *c,
		  bool anchors, struct ways *w, uint64_t *rate_bps,
		  uint64_t *latency_us)
{
	unsigned int a = site_of(lease, c->a), z = site_of(lease, c->z);
	bool between = a < lease->nsites && z < lease->nsites;

	if (!between && !anchors)
		return false;
	if (between)
		add(w, a, z, c->latency_us);
	if (!*rate_bps || c->granted_bps < *rate_bps)
		*rate_bps = c->granted_bps;
	if (c->latency_us > *latency_us)
		*latency_us = c->latency_us;
	return between;
}

void ocs_lease_facts(const struct ocs_lease *lease, uint64_t *rate_bps,
		     uint64_t *latency_us)
{
	struct ways w = { .n = lease->nsites };
	bool any = false;
	uint64_t us;

	memset(w.us, 0xff, sizeof(w.us));
	*rate_bps = *latency_us = 0;
	for (unsigned int i = 0; i < lease->ncircuits; i++)
		any |= count(lease, &lease->circuit[i], false, &w, rate_bps,
			     latency_us);
	for (unsigned int i = 0; !any && i < lease->ncircuits; i++)
		count(lease, &lease->circuit[i], true, &w, rate_bps,
		      latency_us);
	if (any && (us = round_trip(&w)) > *latency_us)
		*latency_us = us;
}
