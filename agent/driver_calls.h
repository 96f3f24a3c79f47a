/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver_calls - what a driver owes the engine, told by a thread of its own
 *
 * Answers and reports are put into a queue, with any lock of the driver held,
 * and made in that order by one thread without any. A call that finds no
 * memory is dropped: the engine's own deadlines cover that.
 */
#ifndef OCS_AGENT_DRIVER_CALLS_H
#define OCS_AGENT_DRIVER_CALLS_H

#include "agent/driver.h"

/* An answer that is owed. */
struct ocs_owed {
	uint64_t op;		/* 0: none */
	ocs_driver_done_f done;
	void *arg;
};

struct ocs_calls;

struct ocs_calls *ocs_calls_create(struct ocs_error *err);
/* From now on calls are made, those that wait already first. NAME is the
 * driver's, for errors. */
int ocs_calls_start(struct ocs_calls *calls, const char *name,
		    const struct ocs_driver_watch *watch,
		    struct ocs_error *err);
/* No call is made after this. */
void ocs_calls_stop(struct ocs_calls *calls);
void ocs_calls_destroy(struct ocs_calls *calls);	/* NULL is allowed */

/* TO, if it is owed, is answered and no longer owed. */
void ocs_calls_answer(struct ocs_calls *calls, struct ocs_owed *to,
		      const char *id, enum ocs_outcome outcome,
		      enum ocs_light light, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* Reports; see struct ocs_driver_watch. */
void ocs_calls_service(struct ocs_calls *calls, const char *id,
		       enum ocs_light light, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void ocs_calls_link(struct ocs_calls *calls, const char *name, bool down);
void ocs_calls_latency(struct ocs_calls *calls, const char *name, uint64_t us,
		       uint64_t variation_us);
void ocs_calls_foreign(struct ocs_calls *calls, const char *name,
		       uint64_t bps);

#endif
