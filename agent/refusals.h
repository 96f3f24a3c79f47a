/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refusals - which of many refusals are worth a line in the log
 *
 * Each cause is told once a minute for each peer, with how many there were
 * since. When more peers than fit are refused within a minute, the rest is told
 * once a minute for each cause. Pure; the caller locks.
 */
#ifndef OCS_AGENT_REFUSALS_H
#define OCS_AGENT_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

#define OCS_REFUSALS_QUIET_MS 60000
#define OCS_REFUSALS_PEERS_MAX 64
#define OCS_REFUSALS_CAUSES_MAX 32

struct ocs_refusal {
	unsigned int cause;
	char peer[64];		/* cut at that */
	uint64_t logged_ms;
	uint64_t since;		/* not told since then */
	bool used;
};

/* Zeroed: none yet. */
struct ocs_refusals {
	struct ocs_refusal one[OCS_REFUSALS_PEERS_MAX];
	struct ocs_refusal rest[OCS_REFUSALS_CAUSES_MAX];
};

/* PEER is refused because of CAUSE, less than OCS_REFUSALS_CAUSES_MAX. True if
 * that is to be told; *SINCE were not. */
bool ocs_refusals_note(struct ocs_refusals *r, unsigned int cause,
		       const char *peer, uint64_t now_ms, uint64_t *since);

#endif
