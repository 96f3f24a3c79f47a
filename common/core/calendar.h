/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * calendar - what is booked on each link, port and wavelength, now and later
 *
 * Per resource (ocs_net_resources(); "link" below) a step function of booked
 * bandwidth over time, and windows that take bandwidth away (maintenance,
 * drain). A hop in a wavelength is two bookings, of its link and of the
 * wavelength. Times are Unix seconds; an interval
 * is [start_s, end_s), its end may be OCS_TIME_OPEN. A change costs O(log n)
 * for each booking in it, n being how many the link has.
 *
 * The calendar knows no leases: who books remembers what was booked and gives
 * exactly that back. It reads no clock: what is over stays in it until it is
 * given back, and what is not given back at its end must be booked on.
 *
 * Pure: no files, no network, no Slurm. Not thread safe.
 */
#ifndef OCS_CORE_CALENDAR_H
#define OCS_CORE_CALENDAR_H

#include <stdint.h>

#include "common/core/error.h"
#include "common/core/net.h"
#include "common/core/steps.h"

struct ocs_calendar;

struct ocs_booking {
	unsigned int link;	/* which resource of the net */
	uint64_t bps;		/* consumed: ocs_link_consumed() */
	int64_t start_s;
	int64_t end_s;		/* > start_s; OCS_TIME_OPEN: none */
};

/* Nothing booked. Names and capacities are NET's as they are now; what NET
 * says of bookings, drains and cuts is not looked at. NULL: out of memory. */
struct ocs_calendar *ocs_calendar_create(const struct ocs_net *net);
void ocs_calendar_destroy(struct ocs_calendar *cal);	/* NULL is allowed */

/*
 * Give back OUT[0..NOUT), which were booked exactly like this, and book
 * IN[0..NIN): all or nothing. Several of one link add up. This is hold (nothing
 * out), release (nothing in), and each way to modify a lease: longer, shorter,
 * later, wider, narrower, another route.
 *
 * Room is asked for only where and when more is taken after the change than
 * before (I1): less is always possible, also on a link in maintenance or one
 * that has shrunk.
 * Returns 0; or -1 with ERR set and no effect:
 *  OCS_BUSY   reason OpticalLink(par-lyo,need=400G,free=200G), need being what
 *             the change adds at the fullest moment of the first stretch that
 *             has no room, or OpticalPort(...); or OpticalLinkDrained(par-lyo)
 *             where only a window is in the way
 *  OCS_RANGE  no such link, an empty interval, nothing booked or more than
 *             any link could have
 *  OCS_INTERNAL  OUT was not booked (as far as can be told)
 *  OCS_NOMEM
 */
int ocs_calendar_change(struct ocs_calendar *cal,
			const struct ocs_booking *out, unsigned int nout,
			const struct ocs_booking *in, unsigned int nin,
			struct ocs_error *err);

/* Would ocs_calendar_change() do it? Nothing is changed. */
int ocs_calendar_check(const struct ocs_calendar *cal,
		       const struct ocs_booking *out, unsigned int nout,
		       const struct ocs_booking *in, unsigned int nin,
		       struct ocs_error *err);
/* Give back what was booked exactly like this. Never fails. */
void ocs_calendar_give_back(struct ocs_calendar *cal,
			    const struct ocs_booking *out, unsigned int nout);

/* As ocs_calendar_change() without asking for room: for what is known to be there (a ledger
 * that is read after links have shrunk; a circuit that is lit past its end).
 * Never OCS_BUSY. */
int ocs_calendar_force(struct ocs_calendar *cal, const struct ocs_booking *out,
		       unsigned int nout, const struct ocs_booking *in,
		       unsigned int nin, struct ocs_error *err);

/* Windows: OUT ends, IN begins (each may be NULL); bps is what is taken away,
 * UINT64_MAX all. Bookings that are there stay; see ocs_calendar_booked().
 * Windows add up. As ocs_calendar_force(). */
int ocs_calendar_window(struct ocs_calendar *cal,
			const struct ocs_booking *out,
			const struct ocs_booking *in, struct ocs_error *err);

/* What can be booked on LINK all through [start_s, end_s). 0 for a link or an
 * interval that there is not. */
uint64_t ocs_calendar_free(const struct ocs_calendar *cal, unsigned int link,
			   int64_t start_s, int64_t end_s);
/* What can be booked on LINK at any time: no more than ocs_calendar_free() of
 * any interval, and found at once. */
uint64_t ocs_calendar_always_free(const struct ocs_calendar *cal,
				  unsigned int link);
/* The most that is booked there at any moment; windows don't count. */
uint64_t ocs_calendar_booked(const struct ocs_calendar *cal,
			     unsigned int link, int64_t start_s,
			     int64_t end_s);
/* Make NET, over the same links, ports and wavelengths, what a lease of [start_s, end_s) finds:
 * booked_bps such that ocs_calendar_free() is left. For ocs_route_find() and
 * ocs_plan_make(). */
void ocs_calendar_show(const struct ocs_calendar *cal, int64_t start_s,
		       int64_t end_s, struct ocs_net *net);
/* What would be free if OUT[0..NOUT), which is booked exactly like this, were
 * given back. */
uint64_t ocs_calendar_free_without(const struct ocs_calendar *cal,
				   const struct ocs_booking *out,
				   unsigned int nout, unsigned int link,
				   int64_t start_s, int64_t end_s);

/*
 * The first *WHEN_S >= FROM_S such that all of NEED[0..NNEED) (link and bps;
 * their times are not looked at; several of one link add up) can be booked
 * over [*WHEN_S, *WHEN_S + DURATION_S); DURATION_S > 0, OCS_TIME_OPEN for ever.
 * Returns 0; or -1 with ERR set, *WHEN_S untouched: OCS_RANGE more than a
 * link has, OCS_BUSY never, with reason as above; OCS_NOMEM.
 */
int ocs_calendar_earliest(const struct ocs_calendar *cal,
			  const struct ocs_booking *need, unsigned int nneed,
			  int64_t from_s, int64_t duration_s, int64_t *when_s,
			  struct ocs_error *err);

#endif
