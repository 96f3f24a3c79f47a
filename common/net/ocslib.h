/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ocslib - what libocs.so hands to the plugins inside slurmctld
 *
 * The select plugin is loaded by every Slurm client too and must not drag
 * curl, json-c and munge into them: these are in libocs.so, which slurmctld's
 * plugins open by its absolute path and share. One instance per process, one
 * watcher thread that keeps the snapshot by a long poll.
 *
 * All functions are thread safe. None takes a Slurm lock.
 */
#ifndef OCS_NET_OCSLIB_H
#define OCS_NET_OCSLIB_H

#include "common/sys/conf_optical.h"
#include "common/wire/wire.h"
#include "common/wire/wire_compute.h"

#define OCSLIB_NAME "libocs.so"
#define OCSLIB_SYMBOL "ocslib_ops"
#define OCSLIB_ABI 3

struct ocslib_ops {
	uint32_t abi;		/* OCSLIB_ABI, checked by the caller */

	/*
	 * (Re)read CONF_PATH and use it. Called at each reconfigure and by
	 * job_submit. If it can't be read the former configuration, if any,
	 * stays in use and -1 is returned with ERR set.
	 */
	int (*configure)(const char *conf_path, const char *cluster,
			 struct ocs_error *err);
	/* Start the watcher (once; later calls do nothing). Only a controller
	 * in charge calls this. */
	int (*watch)(struct ocs_error *err);
	/* Stop the watcher and join it, close the connections, forget the
	 * epoch; frees nothing that is borrowed. Takes milliseconds. By the
	 * worker, not from within on_change's FN. watch() may follow. */
	void (*stop)(void);

	/* Borrow the configuration or the newest snapshot; NULL when there is
	 * none. Give back with _put. Never block. */
	const struct ocs_conf *(*conf_get)(void);
	void (*conf_put)(const struct ocs_conf *conf);
	const struct ocs_state *(*state_get)(void);
	void (*state_put)(const struct ocs_state *state);
	/* Milliseconds since the agent was last heard; UINT64_MAX: never.
	 * The watcher hears from it at least every 5 s while it is healthy. */
	uint64_t (*silent_ms)(void);
	/* FN(ARG) is called from the watcher after each new snapshot and when
	 * the agent is lost or back. One listener. FN must not block. */
	void (*on_change)(void (*fn)(void *arg), void *arg);

	/*
	 * The one exchange allowed under slurmctld's locks: POST the lease on
	 * a connection that prime() opened and authenticated. Never connects.
	 * Ends within DEADLINE_MS. 0 with *GOT (the caller destroys), or -1:
	 * OCS_IO no connection is ready; OCS_TIMEOUT; OCS_BUSY with reason;
	 * others as the agent says. After a timeout or a broken connection with
	 * bytes sent, and after an answer that is no clear refusal, the agent
	 * may hold it: *MAYBE_HELD says so, and release() must follow. It is
	 * false after 0.
	 */
	int (*hold)(const struct ocs_lease *want, unsigned int deadline_ms,
		    struct ocs_lease **got, bool *maybe_held,
		    struct ocs_error *err);
	/* True if a primed connection is ready. Never blocks. */
	bool (*hold_ready)(void);

	/* Called by the worker only; each may block up to TIMEOUT_MS (and
	 * over TCP for munged's few seconds). */
	/* Have a connection ready for hold(): cheap when there is one that is
	 * fresh, so call it every few seconds and after each failed hold. When
	 * it fails no connection is left: the agent does not answer. */
	int (*prime)(unsigned int timeout_ms, struct ocs_error *err);
	/* A new controller epoch; sent with all later writes, whatever the
	 * lease says. Needed again when the agent's URL or instance changes. */
	int (*take_control)(uint64_t *epoch, unsigned int timeout_ms,
			    struct ocs_error *err);
	/* Idempotent. The lease's new state comes by the snapshot. */
	int (*commit)(const struct ocs_lease *lease, unsigned int timeout_ms,
		      struct ocs_error *err);
	/* WHY is "job", "reconcile" or "unknown" (agent/openapi.yaml); ENDED_S: when the job ended, Unix s, 0
	 * unknown. Not found counts as success. */
	int (*release)(const char *id, const char *why, int64_t ended_s,
		       unsigned int timeout_ms, struct ocs_error *err);

	/* True if the watcher does not hear the agent, with ERR saying why
	 * (for the log, after on_change); false if it does or is not there. */
	bool (*trouble)(struct ocs_error *err);

	/* The worker's, too: the lease ends at END_S now (0: open). Idempotent.
	 * OCS_BUSY: there is no room for so long. */
	int (*extend)(const char *id, int64_t end_s, unsigned int timeout_ms,
		      struct ocs_error *err);

	/* The worker's, too: tell the agent what this cluster has. */
	int (*compute)(const struct ocs_compute *compute,
		       unsigned int timeout_ms, struct ocs_error *err);
};

#endif
