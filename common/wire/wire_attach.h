/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_attach - what the agent and a site's attachment program tell each other
 * (opticald-hook(7))
 */
#ifndef OCS_WIRE_WIRE_ATTACH_H
#define OCS_WIRE_WIRE_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/attach.h"
#include "common/core/error.h"
#include "common/core/lease.h"

#define OCS_HOOK_VERSION 1
/* Bytes of a program's answer; the rest of it would be for nobody. */
#define OCS_HOOK_ANSWER_MAX 65536

/* {"version":1,"action":"attach",...}: what the program of the A end (Z end)
 * of circuit I of LEASE gets; the circuit has an attachment. NULL: out of
 * memory; the caller frees. */
char *ocs_wire_encode_hook(const struct ocs_lease *lease, unsigned int i,
			   bool z, bool attach);

struct ocs_hook_answer {
	char interface[OCS_IFACE_MAX];	/* "": not told */
	char prefix[OCS_PREFIX_MAX];
	char cause[128];		/* why it failed; "": not told */
};
/* Untrusted TEXT. 0; or -1 with ERR saying what is wrong, *ANSWER zeroed. */
int ocs_wire_decode_hook_answer(const char *text, size_t len,
				struct ocs_hook_answer *answer,
				struct ocs_error *err);

#endif
