/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * api_priv - what the handlers of requests share
 *
 *  api.c          the routes, and the helpers below
 *  api_cluster.c  controller epochs, the brake
 *  api_compute.c  what clusters tell of their compute
 *  api_lease.c    hold, commit, read, release
 *  api_measure.c  what was measured on circuits
 *  api_maint.c    drains and maintenance windows
 *  api_modify.c   changes of leases, what-if
 *  api_sim.c      the simulator's faults
 *  api_state.c    ping, state, sessions
 *
 * A handler returns 0 with *REPLY filled, or 1: "handle me again after a
 * change, or at call->deadline_ms". What it must not do twice it marks with
 * call->done.
 */
#ifndef OCS_AGENT_API_PRIV_H
#define OCS_AGENT_API_PRIV_H

#include "agent/api.h"

/* Answers; each always returns 0, for `return api_...`. */
/* BODY, JSON, is taken over; NULL: out of memory. */
int api_answer(struct ocs_reply *reply, int status, char *body);
/* The lease as the caller may see it. */
int api_answer_lease(struct ocs_api_call *call, struct ocs_reply *reply,
		     int status, const struct ocs_lease_ref *ref);
/* The status is ERR's code's. */
int api_problem(struct ocs_reply *reply, const struct ocs_error *err);
int api_denied(struct ocs_reply *reply, const char *what);

/* Set the deadline at the first handling; true while there is time. */
bool api_may_wait(struct ocs_api_call *call, uint64_t wait_s);
/* The change is made: is it on disk (I2)? 0 yes; 1 not yet, return 1; or -1
 * with ERR set. */
int api_settled(struct ocs_api *api, struct ocs_api_call *call,
		struct ocs_error *err);
/* Lease ID, if the caller may see it; or NULL with ERR set. */
struct ocs_lease_ref *api_lease(struct ocs_api *api, struct ocs_api_call *call,
				const char *id, struct ocs_error *err);
/* The lease of the address (segment 2), if the caller may see it; or NULL with
 * ERR set. */
struct ocs_lease_ref *api_seen_lease(struct ocs_api *api,
				     struct ocs_api_call *call,
				     struct ocs_error *err);
/* The caller, for logs and events: "uid=1000". */
#define API_WHO_MAX 32
void api_who(const struct ocs_api_call *call, char who[static API_WHO_MAX]);

typedef int (*api_handler_f)(struct ocs_api *api, struct ocs_api_call *call,
			     struct ocs_reply *reply);

/* api_cluster.c */
int api_post_epoch(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply);
int api_post_confirm(struct ocs_api *api, struct ocs_api_call *call,
		     struct ocs_reply *reply);
/* api_compute.c */
int api_put_compute(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply);
int api_get_compute(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply);
/* api_gate.c */
int api_post_freeze(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply);
int api_get_freeze(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply);
int api_post_approve(struct ocs_api *api, struct ocs_api_call *call,
		     struct ocs_reply *reply);
/* api_lease.c */
int api_post_lease(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply);
int api_post_commit(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply);
int api_get_leases(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply);
int api_get_lease(struct ocs_api *api, struct ocs_api_call *call,
		  struct ocs_reply *reply);
int api_get_events(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply);
int api_delete_lease(struct ocs_api *api, struct ocs_api_call *call,
		     struct ocs_reply *reply);
/* api_measure.c */
int api_put_measurement(struct ocs_api *api, struct ocs_api_call *call,
			struct ocs_reply *reply);
int api_get_measurement(struct ocs_api *api, struct ocs_api_call *call,
			struct ocs_reply *reply);
/* api_maint.c */
int api_post_drain(struct ocs_api *api, struct ocs_api_call *call,
		   struct ocs_reply *reply);
int api_post_window(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply);
int api_get_windows(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply);
int api_delete_window(struct ocs_api *api, struct ocs_api_call *call,
		      struct ocs_reply *reply);
/* api_modify.c */
int api_patch_lease(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply);
int api_post_whatif(struct ocs_api *api, struct ocs_api_call *call,
		    struct ocs_reply *reply);
/* api_sim.c */
int api_faults(struct ocs_api *api, struct ocs_api_call *call,
	       struct ocs_reply *reply);
/* api_state.c */
int api_get_ping(struct ocs_api *api, struct ocs_api_call *call,
		 struct ocs_reply *reply);
int api_get_state(struct ocs_api *api, struct ocs_api_call *call,
		  struct ocs_reply *reply);
int api_post_session(struct ocs_api *api, struct ocs_api_call *call,
		     struct ocs_reply *reply);

#endif
