/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_exec - lines between the agent and a program that drives a network
 *
 * opticald-exec(7) is their specification. What a program writes is untrusted:
 * every size is bounded, and a line is either taken whole or not at all.
 */
#ifndef OCS_WIRE_EXEC_H
#define OCS_WIRE_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/error.h"
#include "common/core/net.h"

#define OCS_EXEC_PROTOCOL 1
/* Bytes of one line with its end: an inventory of 10,000 services. */
#define OCS_EXEC_LINE_MAX (1U << 20)
/* Services in one inventory. */
#define OCS_EXEC_SERVICES_MAX 20000
/* Bytes of a service's id with its NUL. */
#define OCS_EXEC_ID_MAX (OCS_LEASE_ID_MAX + 8)

enum ocs_exec_op {
	OCS_EXEC_HELLO, OCS_EXEC_INVENTORY, OCS_EXEC_CREATE, OCS_EXEC_REMOVE,
	OCS_EXEC_LOOK, OCS_EXEC_RESIZE
};
enum ocs_exec_outcome {
	OCS_EXEC_DONE, OCS_EXEC_REFUSED, OCS_EXEC_FAULT, OCS_EXEC_LOST
};
enum ocs_exec_light {
	OCS_EXEC_ABSENT, OCS_EXEC_BUILDING, OCS_EXEC_LIT, OCS_EXEC_DARK,
	OCS_EXEC_TEARING
};
const char *ocs_exec_op_name(enum ocs_exec_op op);	/* "create" */

/* What a request says of a service; borrowed. */
struct ocs_exec_want {
	const char *id, *a, *z;
	const char *port_a, *port_z;	/* NULL: not told */
	uint64_t rate_bps;
	unsigned int nhops;
	const char (*hop)[OCS_NAME_MAX];
};

/* One line, with its end; the caller frees. NULL: out of memory. WANT is NULL
 * for an inventory. */
char *ocs_wire_exec_request(enum ocs_exec_op op, uint64_t id,
			    const struct ocs_exec_want *want);
/* The first one: who speaks, and the links of NET. */
char *ocs_wire_exec_hello(uint64_t id, const char *version,
			  const struct ocs_net *net);

/* A service, in an answer or an event. */
struct ocs_exec_service {
	char id[OCS_EXEC_ID_MAX];	/* "" in an answer */
	bool has_light;
	enum ocs_exec_light light;
	uint64_t rate_bps;	/* really carried; 0: not told */
	uint64_t latency_us;	/* one way; 0: not told */
	unsigned int nhops;	/* really gone; 0: not told */
	char hop[OCS_HOPS_MAX][OCS_NAME_MAX];
};

/* One of an inventory. */
struct ocs_exec_listed {
	char id[OCS_EXEC_ID_MAX];
	enum ocs_exec_light light;
};

struct ocs_exec_link {
	char name[OCS_NAME_MAX];
	bool has_down, down;
	bool has_foreign;
	uint64_t foreign_bps;
	bool has_latency;
	uint64_t latency_us;	/* one way; 0: it is not known any more */
	uint64_t variation_us;	/* UINT64_MAX: not told */
};

enum ocs_exec_what {
	OCS_EXEC_ANSWER,	/* to request .id */
	OCS_EXEC_EVENT_SERVICE,	/* .service */
	OCS_EXEC_EVENT_LINK	/* .link[0] */
};

struct ocs_exec_line {
	enum ocs_exec_what what;
	uint64_t id;
	enum ocs_exec_outcome outcome;
	char cause[200];	/* for people; "": none */
	uint32_t protocol;	/* 0: not told */
	bool resize;		/* it can */
	struct ocs_exec_service service;
	bool has_inventory;
	unsigned int nservices, nlinks;
	struct ocs_exec_listed *services;	/* owned */
	struct ocs_exec_link *link;		/* owned */
};

/* TEXT, a line without its end. 0 and *LINE, the caller's to fini; or -1 with
 * ERR set. */
int ocs_wire_exec_decode(const char *text, size_t len,
			 struct ocs_exec_line *line, struct ocs_error *err);
void ocs_exec_line_fini(struct ocs_exec_line *line);

#endif
