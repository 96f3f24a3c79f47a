// SPDX-License-Identifier: GPL-2.0-or-later
/* refusals - auth asks before it logs */
#include "agent/refusals.h"

#include <stdio.h>
#include <string.h>

static bool quiet(const struct ocs_refusal *one, uint64_t now_ms)
{
	return one->used && now_ms - one->logged_ms < OCS_REFUSALS_QUIET_MS;
}

static bool tell(struct ocs_refusal *one, uint64_t now_ms, uint64_t *since)
{
	if (quiet(one, now_ms)) {
		one->since++;
		return false;
	}
	*since = one->used ? one->since : 0;
	one->used = true;
	one->since = 0;
	one->logged_ms = now_ms;
	return true;
}

bool ocs_refusals_note(struct ocs_refusals *r, unsigned int cause,
		       const char *peer, uint64_t now_ms, uint64_t *since)
{
	struct ocs_refusal *free_one = NULL;
	char name[sizeof(free_one->peer)];

	snprintf(name, sizeof(name), "%s", peer);
	for (unsigned int i = 0; i < OCS_REFUSALS_PEERS_MAX; i++) {
		struct ocs_refusal *one = &r->one[i];

		if (one->used && one->cause == cause &&
		    !strcmp(one->peer, name))
			return tell(one, now_ms, since);
		/* rather one that has nothing left to tell */
		if (!quiet(one, now_ms) &&
		    (!free_one || (free_one->since && !one->since)))
			free_one = one;
	}
	if (!free_one)
		return tell(&r->rest[cause], now_ms, since);
	memset(free_one, 0, sizeof(*free_one));
	free_one->cause = cause;
	strcpy(free_one->peer, name);
	return tell(free_one, now_ms, since);
}
