/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attach - how the traffic of a site gets onto a circuit that ends there
 *
 *  attachment, per circuit
 *      DETACHED -> ATTACHING -> ATTACHED -> DETACHING -> DETACHED
 *      ATTACHING -> DETACHING (it failed, or the lease ended meanwhile)
 *
 * A circuit is attached after its light is up and detached before that goes.
 * A VLAN is one circuit's at both its ends for as long as anything of the lease
 * is booked (I1).
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_ATTACH_H
#define OCS_CORE_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/error.h"

#define OCS_VLAN_MAX 4094	/* IEEE 802.1Q; 0 and 4095 are none */
/* Bytes with the NUL: of an interface (the kernel's IFNAMSIZ), of a prefix in
 * digits (INET6_ADDRSTRLEN and "/128"). */
#define OCS_IFACE_MAX 16
#define OCS_PREFIX_MAX 50

enum ocs_attach {
	OCS_DETACHED, OCS_ATTACHING, OCS_ATTACHED, OCS_DETACHING
};

const char *ocs_attach_name(enum ocs_attach v);		/* "DETACHED" */
int ocs_attach_from_name(const char *name, enum ocs_attach *v);	/* or -1 */

/* What a job is told of one end, alike on all its nodes there. */
struct ocs_attach_end {
	bool hook;			/* an operator's program does it */
	char interface[OCS_IFACE_MAX];	/* "": not told */
	char prefix[OCS_PREFIX_MAX];	/* 10.1.37.0/25; "": not told */
};

struct ocs_attachment {
	enum ocs_attach state;
	uint16_t vlan;			/* 0: none */
	uint32_t mtu;			/* bytes, at both ends; 0: not told */
	uint64_t told_bps;		/* rate that programs know; 0: none */
	int64_t since_ms;		/* of STATE, Unix ms; 0: from the start */
	char cause[128];		/* of the last failure; "" */
	struct ocs_attach_end a, z;
};

/* A program of the operator's does a part of it. */
bool ocs_attach_by_hook(const struct ocs_attachment *at);

/* A name that the kernel takes: 1 to 15 of A-Z a-z 0-9 . _ -, not . or .. */
bool ocs_iface_ok(const char *text);
/* ADDRESS/BITS, IPv4 or IPv6, in digits. */
bool ocs_prefix_ok(const char *text);

/* A set of VLANs. */
struct ocs_vlans {
	uint64_t bits[(OCS_VLAN_MAX + 64) / 64];
};
bool ocs_vlans_has(const struct ocs_vlans *v, unsigned int vlan);
/* "100-199,300": 0, or -1 with ERR saying what is expected. */
int ocs_vlans_parse(const char *text, struct ocs_vlans *v,
		    struct ocs_error *err);
unsigned int ocs_vlans_count(const struct ocs_vlans *v);
bool ocs_vlans_common(const struct ocs_vlans *x, const struct ocs_vlans *y);

/*
 * TEMPLATE with {vlan}, {vlan/N} (whole part) and {vlan%N} (rest), N from 1 to
 * 4096, in digits, into BUF: "10.{vlan/100}.{vlan%100}.0/24" of 137 is
 * "10.1.37.0/24". 0, or -1 with ERR set: no such word in braces, too long, or
 * VLAN is 0 and it is asked for.
 */
int ocs_attach_expand(const char *template, unsigned int vlan, char *buf,
		      size_t size, struct ocs_error *err);

#endif
