/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire - JSON text <-> structs, bounded and checked
 *
 * The other side is not trusted: every size, type and range is checked, an
 * unknown member is ignored, a missing one that is needed is OCS_SYNTAX with
 * its path in the text (circuits[2].a).  Names are of A-Z a-z 0-9 . _ - and
 * shorter than OCS_NAME_MAX; texts for people lose control characters and are
 * cut.  json-c stops here.
 */
#ifndef OCS_WIRE_WIRE_H
#define OCS_WIRE_WIRE_H

#include <stddef.h>

#include "common/core/lease.h"
#include "common/core/maint.h"
#include "common/core/net.h"

/* Counts that either side takes in one document. */
#define OCS_WIRE_SITES_MAX 1024
#define OCS_WIRE_LINKS_MAX 8192
#define OCS_WIRE_WINDOWS_MAX 16384
#define OCS_WIRE_LEASES_MAX 200000
#define OCS_WIRE_EVENTS_MAX 10000
#define OCS_PING_CLUSTERS_MAX 32
#define OCS_WIRE_CLUSTERS_MAX 1024

/* What waits for an operator. */
#define OCS_ALARMS_MAX 16
struct ocs_alarm {
	char code[24];		/* "removals-held", "unknown-circuits",
				 * "frozen", "observing", "approval" */
	char cluster[OCS_NAME_MAX];	/* "": none in particular */
	uint32_t count;
	char text[256];
};

/* What the agent knows, as the plugins see it. */
struct ocs_state {
	char instance[OCS_LEASE_ID_MAX];	/* of the ledger */
	uint64_t generation;	/* changes with every change of the rest */
	int64_t time_ms;	/* agent's clock, Unix ms */
	bool simulated;		/* some link is a simulator's */
	bool brake;		/* removals wait for opticalctl confirm */
	bool transport_up;	/* reserved: true */
	unsigned int nalarms;
	struct ocs_alarm alarm[OCS_ALARMS_MAX];
	struct ocs_net net;
	unsigned int nwindows;	/* maintenance, without id and note */
	struct ocs_window *window;	/* owned */
	unsigned int nleases;	/* the caller's own */
	struct ocs_lease **lease;	/* sorted by id, see ocs_state_sort() */
};
struct ocs_state *ocs_state_create(void);
void ocs_state_destroy(struct ocs_state *state);
/* Sort the leases by id. Decoded states are. */
void ocs_state_sort(struct ocs_state *state);
/* The lease with ID, borrowed, or NULL. The leases must be sorted. */
const struct ocs_lease *ocs_state_lease(const struct ocs_state *state,
					const char *id);

/* Who the caller is to the agent, and what the agent is: GET /v1/ping. */
struct ocs_ping {
	char instance[OCS_LEASE_ID_MAX];
	uint64_t generation;
	char version[OCS_NAME_MAX];
	char role[OCS_NAME_MAX];	/* operator, cluster or user */
	char user[OCS_NAME_MAX];
	unsigned int nclusters;		/* that the caller may write for */
	char cluster[OCS_PING_CLUSTERS_MAX][OCS_NAME_MAX];
	bool simulated;
};

/* One change of a lease: GET /v1/leases/ID/events. */
struct ocs_event {
	int64_t time_ms;
	char axis[16];			/* reservation, provisioning, ... */
	/* "paris-lyon", "paris-lyon/2" its second member; "": the lease */
	char circuit[2 * OCS_NAME_MAX + 8];
	char from[16];			/* "": it began here */
	char to[16];
	char cause[256];
};

/* Encoders return malloc'ed text (the caller frees) or NULL: out of memory. */
char *ocs_wire_encode_lease(const struct ocs_lease *lease);
char *ocs_wire_encode_state(const struct ocs_state *state);
/* The same with LEASE_TEXT[0..N), leases encoded before, for STATE's own. */
char *ocs_wire_encode_state_texts(const struct ocs_state *state,
				  const char *const *lease_text,
				  unsigned int n);
/* {"leases":[...]}, {"events":[...]} and the ping. */
char *ocs_wire_encode_leases(const struct ocs_lease *const *lease,
			     unsigned int nleases);
char *ocs_wire_encode_events(const struct ocs_event *event,
			     unsigned int nevents);
char *ocs_wire_encode_ping(const struct ocs_ping *ping);
/* RFC 9457 problem document with members type, title, status, detail, code
 * (ocs_code_name) and reason. */
char *ocs_wire_encode_problem(int status, const struct ocs_error *problem);

/* Decoders take LEN bytes, not NUL-terminated. They return an object that the
 * caller destroys, or NULL with ERR set. */
struct ocs_lease *ocs_wire_decode_lease(const char *text, size_t len,
					struct ocs_error *err);
/* The same as decode_lease and several times as fast, but only where TEXT is what
 * ocs_wire_encode_lease() makes of a common lease. NULL: ask decode_lease. */
struct ocs_lease *ocs_wire_read_row(const char *text, size_t len);
struct ocs_state *ocs_wire_decode_state(const char *text, size_t len,
					struct ocs_error *err);
/* 0 with an array that the caller frees (leases: each destroyed as well; NULL
 * when there are none), or -1 with ERR set. */
int ocs_wire_decode_leases(const char *text, size_t len,
			   struct ocs_lease ***lease, unsigned int *nleases,
			   struct ocs_error *err);
/* The same, and NEXT the id to go on after; "": there are no more. */
int ocs_wire_decode_page(const char *text, size_t len,
			 struct ocs_lease ***lease, unsigned int *nleases,
			 char next[static OCS_LEASE_ID_MAX],
			 struct ocs_error *err);
int ocs_wire_decode_events(const char *text, size_t len,
			   struct ocs_event **event, unsigned int *nevents,
			   struct ocs_error *err);
int ocs_wire_decode_ping(const char *text, size_t len, struct ocs_ping *ping,
			 struct ocs_error *err);
/* Fill PROBLEM from a problem document; if TEXT is none, from STATUS alone. */
void ocs_wire_decode_problem(int status, const char *text, size_t len,
			     struct ocs_error *problem);
/* {"MEMBER":VALUE}: an answer of one number. */
char *ocs_wire_encode_u64(const char *member, uint64_t value);
/* One member of a flat object: 0 and the value, or -1 with ERR set:
 * OCS_NOT_FOUND it is missing, OCS_SYNTAX or OCS_RANGE. */
int ocs_wire_decode_u64(const char *text, size_t len, const char *member,
			uint64_t *value, struct ocs_error *err);
int ocs_wire_decode_string(const char *text, size_t len, const char *member,
			   char *buf, size_t size, struct ocs_error *err);

#endif
