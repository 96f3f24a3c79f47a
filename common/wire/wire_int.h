/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_int - what the files of common/wire share beside json.h
 */
#ifndef OCS_WIRE_WIRE_INT_H
#define OCS_WIRE_WIRE_INT_H

#include "common/wire/json.h"
#include "common/wire/wire.h"

/* A lease is an element of the array that is open. */
void ocs_wire_put_lease(struct ocs_json_out *out,
			const struct ocs_lease *lease);
/* The lease that AT is, or NULL with the error set. */
struct ocs_lease *ocs_wire_get_lease(const struct ocs_json_at *at);
/* All of the member "leases" of AT; see ocs_wire_decode_leases(). */
int ocs_wire_get_leases(const struct ocs_json_at *at,
			struct ocs_lease ***lease, unsigned int *nleases);
void ocs_wire_free_leases(struct ocs_lease **lease, unsigned int nleases);
/* An id of 32 hexadecimal digits into BUF. */
int ocs_wire_get_id(const struct ocs_json_at *at, const char *name,
		    bool needed, char buf[static OCS_LEASE_ID_MAX]);

#endif
