/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_gate - JSON of the operator's say: freezes, approvals, and of routes to
 * go back to; bounded and checked as everything of wire.h
 */
#ifndef OCS_WIRE_WIRE_GATE_H
#define OCS_WIRE_WIRE_GATE_H

#include <stddef.h>

#include "common/core/maint.h"

/* Encoders return malloc'ed text (the caller frees) or NULL: out of memory.
 * Decoders take LEN bytes; 0, or -1 with ERR set. */
char *ocs_wire_encode_freeze(const struct ocs_freeze *f);
int ocs_wire_decode_freeze(const char *text, size_t len, struct ocs_freeze *f,
			   struct ocs_error *err);
/* {"freezes":[...]}; *LIST is the caller's to free. */
char *ocs_wire_encode_freezes(const struct ocs_freeze *list, unsigned int n);
int ocs_wire_decode_freezes(const char *text, size_t len,
			    struct ocs_freeze **list, unsigned int *n,
			    struct ocs_error *err);

char *ocs_wire_encode_home(const struct ocs_home *home);
int ocs_wire_decode_home(const char *text, size_t len, struct ocs_home *home,
			 struct ocs_error *err);

/* {"approve":true,"why":""} */
struct ocs_approval {
	bool approve;		/* false: deny */
	char why[OCS_NOTE_MAX];
};
char *ocs_wire_encode_approval(const struct ocs_approval *a);
int ocs_wire_decode_approval(const char *text, size_t len,
			     struct ocs_approval *a, struct ocs_error *err);

#endif
