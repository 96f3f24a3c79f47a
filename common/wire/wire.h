/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire - JSON text <-> structs, bounded and checked
 *
 * The other side is not trusted: every size, type and range is checked, an
 * unknown member is ignored, a missing one that is needed is OCS_SYNTAX with
 * its path in the text. json-c stops here.
 */
#ifndef OCS_WIRE_WIRE_H
#define OCS_WIRE_WIRE_H

#include <stddef.h>

#include "common/core/lease.h"
#include "common/core/net.h"

/* What the agent knows, as the plugins see it. */
struct ocs_state {
	char instance[OCS_LEASE_ID_MAX];	/* of the ledger */
	uint64_t generation;	/* changes with every change of the rest */
	int64_t time_ms;	/* agent's clock, Unix ms */
	bool simulated;		/* some link is a simulator's */
	bool brake;		/* removals wait for opticalctl confirm */
	bool transport_up;	/* reserved: true */
	struct ocs_net net;
	unsigned int nleases;	/* the caller's own */
	struct ocs_lease **lease;
};
struct ocs_state *ocs_state_create(void);
void ocs_state_destroy(struct ocs_state *state);
/* The lease with ID, borrowed, or NULL. */
const struct ocs_lease *ocs_state_lease(const struct ocs_state *state,
					const char *id);

/* Encoders return malloc'ed text (the caller frees) or NULL: out of memory. */
char *ocs_wire_encode_lease(const struct ocs_lease *lease);
char *ocs_wire_encode_state(const struct ocs_state *state);
/* RFC 9457 problem document with members type, title, status, detail, code
 * (ocs_code_name) and reason. */
char *ocs_wire_encode_problem(int status, const struct ocs_error *problem);

/* Decoders take LEN bytes, not NUL-terminated. They return an object that the
 * caller destroys, or NULL with ERR set. */
struct ocs_lease *ocs_wire_decode_lease(const char *text, size_t len,
					struct ocs_error *err);
struct ocs_state *ocs_wire_decode_state(const char *text, size_t len,
					struct ocs_error *err);
/* Fill PROBLEM from a problem document; if TEXT is none, from STATUS alone. */
void ocs_wire_decode_problem(int status, const char *text, size_t len,
			     struct ocs_error *problem);
/* One member of a flat object: 0 and the value, or -1 with ERR set. */
int ocs_wire_decode_u64(const char *text, size_t len, const char *member,
			uint64_t *value, struct ocs_error *err);
int ocs_wire_decode_string(const char *text, size_t len, const char *member,
			   char *buf, size_t size, struct ocs_error *err);

#endif
