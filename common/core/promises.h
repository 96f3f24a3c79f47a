/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * promises - links over time as a scheduler sees them: what is booked until
 * when, and what jobs that wait were promised
 *
 * A pass over the queue promises each job that can't start yet its circuits
 * from some time on. A job that comes later in the queue finds the links as if
 * these were booked, so that it delays none; one that comes earlier does not
 * see them. A promise that the next passes don't renew ends by itself.
 *
 * Times are Unix seconds. Pure: no clock, no files, no network, no Slurm. Not
 * thread safe.
 */
#ifndef OCS_CORE_PROMISES_H
#define OCS_CORE_PROMISES_H

#include "common/core/calendar.h"
#include "common/core/net.h"

/* Jobs that can be promised something at a time; more are not looked ahead
 * for. */
#define OCS_PROMISES_MAX 1024

/* A job's place in the queue, as Slurm sorts it. */
struct ocs_rank {
	bool reserved;		/* runs in an advance reservation: first */
	uint32_t tier;		/* of its partition: the highest first */
	uint32_t priority;	/* the highest first */
	int64_t submit_s;	/* the earliest first */
	uint32_t job_id;	/* the lowest first */
};
/* True if A comes before B. */
bool ocs_rank_before(const struct ocs_rank *a, const struct ocs_rank *b);

struct ocs_promises;
struct ocs_promises *ocs_promises_create(void);	/* NULL: out of memory */
void ocs_promises_destroy(struct ocs_promises *p);	/* NULL is allowed */

/*
 * The network as it is: NET, of whose booked_bps BOOKED[0..N) (ends known, not
 * before NOW_S) is a part; the rest of it has no end. BOOKED that begins later
 * comes on top. Promises are kept; links that are gone drop out of them.
 * Copies NET. 0; or -1 with ERR set (OCS_NOMEM), P then knows no network.
 */
int ocs_promises_base(struct ocs_promises *p, const struct ocs_net *net,
		      const struct ocs_booking *booked, unsigned int n,
		      int64_t now_s, struct ocs_error *err);

/*
 * Links that take nothing new all through WINDOW[0..N) (bps is not looked at):
 * maintenance, in place of what was said before; ocs_promises_base() forgets it.
 * Who has no end asks for a day at a time. 0; or -1 out of memory: there are
 * none.
 */
int ocs_promises_windows(struct ocs_promises *p,
			 const struct ocs_booking *window, unsigned int n);

/*
 * Make NET, a copy of the network given last, what a job of RANK finds all
 * through [FROM_S, TO_S), FROM_S not before the NOW_S of the base: booked_bps such
 * that what is free is left, and drained where there is a window. RANK NULL: as
 * if nothing were promised.
 */
void ocs_promises_view(struct ocs_promises *p, const struct ocs_rank *rank,
		       int64_t from_s, int64_t to_s, struct ocs_net *net);

/*
 * The earliest *WHEN_S >= FROM_S at which ocs_plan_make() finds circuits for
 * DURATION_S (OCS_TIME_OPEN: for ever) for a job of RANK. The first 32 times
 * at which something ends are tried, then it is the earliest over the routes
 * that an empty network would give.
 * Returns 0 with *WHEN_S and *PLAN, and ERR filled with what is short at
 * FROM_S if it is later; -1 with ERR if never, both untouched.
 */
int ocs_promises_earliest(struct ocs_promises *p, const struct ocs_rank *rank,
			  int64_t from_s, int64_t duration_s,
			  const unsigned int *site, unsigned int nsites,
			  const struct ocs_request *req, int64_t *when_s,
			  struct ocs_plan *plan, struct ocs_error *err);

/*
 * The longest duration, in s, for which a job of RANK finds circuits from FROM_S
 * on, all of them ending as something that was promised, or a window, begins; 0:
 * there is none. What would help a job that is too long to start before others.
 */
int64_t ocs_promises_longest(struct ocs_promises *p,
			     const struct ocs_rank *rank, int64_t from_s,
			     const unsigned int *site, unsigned int nsites,
			     const struct ocs_request *req);

/* Promise PLAN, made for the network given last, to RANK's job over
 * [FROM_S, TO_S), in place of what it was promised before, until UNTIL_S
 * unless renewed. 0, or -1 (out of memory, too many): it has no promise. */
int ocs_promises_put(struct ocs_promises *p, const struct ocs_rank *rank,
		     int64_t from_s, int64_t to_s, const struct ocs_plan *plan,
		     int64_t until_s);
void ocs_promises_drop(struct ocs_promises *p, uint32_t job_id);
/* Drop what was not renewed by NOW_S, and what GONE says; which job it is
 * about can be found in a moment. */
void ocs_promises_prune(struct ocs_promises *p, int64_t now_s,
			bool (*gone)(uint32_t job_id, void *arg), void *arg);
/* When the job was promised to start; 0: nothing was promised to it. */
int64_t ocs_promises_start(const struct ocs_promises *p, uint32_t job_id);
unsigned int ocs_promises_count(const struct ocs_promises *p);

#endif
