/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_int - what the files of common/wire share beside json.h
 */
#ifndef OCS_WIRE_WIRE_INT_H
#define OCS_WIRE_WIRE_INT_H

#include "common/wire/json.h"
#include "common/wire/wire.h"

/* A host list of 100,000 odd names; in bytes. */
#define OCS_WIRE_NODES_MAX (512U << 10)

/* A number of thousandths. */
static inline float ocs_wire_milli(uint64_t n)
{
	return (float) ((double) n / 1000);
}

/* A lease is an element of the array that is open. */
void ocs_wire_put_lease(struct ocs_json_out *out,
			const struct ocs_lease *lease);
/* The lease that AT is, or NULL with the error set. */
struct ocs_lease *ocs_wire_get_lease(const struct ocs_json_at *at);
/* All of the member "leases" of AT; see ocs_wire_decode_leases(). */
int ocs_wire_get_leases(const struct ocs_json_at *at,
			struct ocs_lease ***lease, unsigned int *nleases);
void ocs_wire_free_leases(struct ocs_lease **lease, unsigned int nleases);
/* How circuit C is to be protected, and its bound on delay variation. */
int ocs_wire_get_protect(const struct ocs_json_at *at, struct ocs_circuit *c);
/* The member "members" of circuit CIRCUIT of L, where it has any; and the same
 * out of AT, which is that circuit, onto L's. */
void ocs_wire_put_members(struct ocs_json_out *out, const struct ocs_lease *l,
			  unsigned int circuit);
int ocs_wire_get_members(const struct ocs_json_at *at, struct ocs_lease *l,
			 unsigned int circuit);
/* Sites, ports and links of NET as members of the object that is open; and out
 * of AT into NET, which is empty. */
void ocs_wire_put_net(struct ocs_json_out *out, const struct ocs_net *net);
int ocs_wire_get_net(const struct ocs_json_at *at, struct ocs_net *net);
/* The member "attachment". Get: *ATTACHMENT is the caller's; untouched when
 * there is none. */
void ocs_wire_put_attachment(struct ocs_json_out *out,
			     const struct ocs_attachment *at);
int ocs_wire_get_attachment(const struct ocs_json_at *at,
			    struct ocs_attachment **attachment);
/* An id of 32 hexadecimal digits into BUF. */
int ocs_wire_get_id(const struct ocs_json_at *at, const char *name,
		    bool needed, char buf[static OCS_LEASE_ID_MAX]);

#endif
