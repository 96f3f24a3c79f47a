/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * api - routes: what each address does, for whom (agent/openapi.yaml)
 *
 * A request that must wait is put aside by the server and handled again after
 * each change (long poll) or when the promise is on disk; it keeps its api_call
 * meanwhile. Thread safe.
 */
#ifndef OCS_AGENT_API_H
#define OCS_AGENT_API_H

#include "agent/auth.h"
#include "agent/compute.h"
#include "agent/engine.h"
#include "agent/measure.h"
#include "agent/target.h"

/* Longest wait of one request. */
#define OCS_WAIT_MAX_S 30
/* More than there are routes. */
#define OCS_API_ROUTES_MAX 64

struct ocs_metrics;

struct ocs_api {
	struct ocs_engine *engine;
	struct ocs_auth *auth;
	struct ocs_computes *computes;
	struct ocs_measures *measures;
	struct ocs_metrics *metrics;
};

/* One request. Zeroed by the server, which fills the first part. */
struct ocs_api_call {
	struct ocs_caller caller;
	const char *method;
	const struct ocs_target *target;
	const char *body;
	size_t len;
	bool stopping;		/* answer with what there is */
	unsigned int route;	/* set by handling; 0: there is none */
	bool for_disk;		/* set by it: waits for the settling of seq */
	/* kept from one handling to the next */
	uint64_t deadline_ms;	/* monotonic; the server wakes us then */
	bool done;		/* the change is made, only its settling lacks */
	int status;
	uint64_t seq;
	uint64_t number;
	struct ocs_lease_ref *ref;
	struct ocs_error problem;
	char *kept;		/* the answer, once it may be given */
	char word[16];
};

struct ocs_reply {
	int status;
	enum ocs_code code;	/* of a problem */
	char *body;		/* ocs_reply_fini() frees it */
	struct ocs_shared *shared;	/* whose text BODY is, or NULL */
	const char *type;	/* of the body */
	const char *policy;	/* Content-Security-Policy, or NULL */
	char allow[48];		/* with 405, or "" */
};

/* 0 with *REPLY, or 1: handle it again after a change (for_disk: when seq is
 * settled) or at deadline_ms. */
int ocs_api_handle(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply);
/* Labels of ROUTE for metrics, `method="GET",route="/v1/leases"`, in BUF;
 * false: there is none. 0 is where requests go that match none. */
bool ocs_api_route_name(unsigned int route, char *buf, size_t size);
/* Frees what CALL keeps. */
void ocs_api_fini(struct ocs_api_call *call);
void ocs_reply_fini(struct ocs_reply *reply);
/* REPLY = the problem document of ERR; STATUS 0: as its code says. */
void ocs_api_problem(struct ocs_reply *reply, int status,
		     const struct ocs_error *err);

#endif
