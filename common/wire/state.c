// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * state - the snapshot as an object; no JSON here, so that the select plugin
 * can hold one without json-c
 */
#include "common/wire/wire.h"

#include <stdlib.h>
#include <string.h>

struct ocs_state *ocs_state_create(void)
{
	struct ocs_state *state = calloc(1, sizeof(*state));

	if (state)
		state->transport_up = true;
	return state;
}

void ocs_state_destroy(struct ocs_state *state)
{
	if (!state)
		return;
	ocs_net_fini(&state->net);
	free(state->window);
	for (unsigned int i = 0; i < state->nleases; i++)
		ocs_lease_destroy(state->lease[i]);
	free(state->lease);
	free(state);
}

static int by_id(const void *x, const void *y)
{
	const struct ocs_lease *const *a = x, *const *b = y;

	return strcmp((*a)->id, (*b)->id);
}

void ocs_state_sort(struct ocs_state *state)
{
	if (state->nleases)
		qsort(state->lease, state->nleases, sizeof(*state->lease),
		      by_id);
}

static int key_id(const void *key, const void *elem)
{
	const struct ocs_lease *const *lease = elem;

	return strcmp(key, (*lease)->id);
}

const struct ocs_lease *ocs_state_lease(const struct ocs_state *state,
					const char *id)
{
	struct ocs_lease **found;

	if (!state->nleases)
		return NULL;
	found = bsearch(id, state->lease, state->nleases,
			sizeof(*state->lease), key_id);
	return found ? *found : NULL;
}
