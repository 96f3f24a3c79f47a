// SPDX-License-Identifier: GPL-2.0-or-later
/* earliest - when a plan can be had at last, for start times in squeue */
#include <stdlib.h>
#include <string.h>

#include "common/core/books.h"
#include "common/core/net.h"
#include "common/core/paths.h"

/* Bookings in the order in which they end, and a net to give them back in. */
struct calendar {
	const struct ocs_net *net;
	struct ocs_net then;		/* a copy of NET; PATHS is over it */
	struct ocs_paths paths;
	struct ocs_booking_end *end;	/* owned, sorted */
	unsigned int nends;
};

static int by_end(const void *x, const void *y)
{
	const struct ocs_booking_end *a = x, *b = y;

	return (a->end_s > b->end_s) - (a->end_s < b->end_s);
}

/* What should have ended may do so at any moment, but has not. */
static int64_t ends_at(const struct ocs_booking_end *end, int64_t now_s)
{
	return end->end_s > now_s || now_s == INT64_MAX ? end->end_s :
							  now_s + 1;
}

static void fini_calendar(struct calendar *c)
{
	ocs_paths_fini(&c->paths);
	ocs_net_fini(&c->then);
	free(c->end);
}

static int init_calendar(struct calendar *c, const struct ocs_net *net,
			 const struct ocs_booking_end *end, unsigned int nends,
			 int64_t now_s, struct ocs_error *err)
{
	memset(c, 0, sizeof(*c));
	c->net = net;
	c->end = calloc(nends ? nends : 1, sizeof(*c->end));
	if (!c->end || ocs_net_copy(&c->then, net) < 0)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	if (ocs_paths_init(&c->paths, &c->then, err) < 0)
		return -1;
	for (unsigned int i = 0; i < nends; i++) {
		if (!end[i].end_s || end[i].link >= ocs_net_resources(net))
			continue;
		c->end[c->nends] = end[i];
		c->end[c->nends++].end_s = ends_at(&end[i], now_s);
	}
	qsort(c->end, c->nends, sizeof(*c->end), by_end);
	return 0;
}

/* Let the first N bookings have ended. */
static void end_bookings(struct calendar *c, unsigned int n)
{
	for (unsigned int i = 0; i < c->net->nlinks; i++)
		c->then.link[i].booked_bps = c->net->link[i].booked_bps;
	for (unsigned int i = 0; i < c->net->nports; i++)
		c->then.port[i].booked_bps = c->net->port[i].booked_bps;
	for (unsigned int i = 0; i < c->net->nwaves; i++)
		c->then.wave[i].booked_bps = c->net->wave[i].booked_bps;
	for (unsigned int i = 0; i < n; i++) {
		uint64_t *bps = ocs_net_booked(&c->then, c->end[i].link);

		*bps -= c->end[i].bps < *bps ? c->end[i].bps : *bps;
	}
	ocs_paths_changed(&c->paths);
}

/* How many have ended when END[N] has: all of that second. */
static unsigned int ended_with(const struct calendar *c, unsigned int n)
{
	int64_t at = c->end[n].end_s;

	while (n < c->nends && c->end[n].end_s == at)
		n++;
	return n;
}

/*
 * What is free only grows, so that halving finds the time; the plan of that
 * time is always one that was really made.
 */
int ocs_plan_earliest(const struct ocs_net *net,
		      const struct ocs_booking_end *end, unsigned int nends,
		      const unsigned int *site, unsigned int nsites,
		      const struct ocs_request *req, int64_t now_s,
		      int64_t *when_s, struct ocs_plan *plan,
		      struct ocs_error *err)
{
	unsigned int lo = 0, hi;
	struct ocs_error why;
	struct calendar c;
	int rc;

	if ((rc = init_calendar(&c, net, end, nends, now_s, err)) < 0)
		goto out;
	rc = ocs_paths_plan(&c.paths, site, nsites, req, false, plan, &why);
	if (!rc) {
		*when_s = now_s;
		goto out;
	}
	if (why.code == OCS_BUSY && c.nends) {
		end_bookings(&c, c.nends);
		rc = ocs_paths_plan(&c.paths, site, nsites, req, false, plan,
				    &why);
	}
	if (rc < 0) {
		if (err)
			*err = why;
		goto out;
	}

	for (hi = c.nends - 1; lo < hi;) {
		unsigned int mid = lo + (hi - lo) / 2;

		end_bookings(&c, ended_with(&c, mid));
		if (ocs_paths_plan(&c.paths, site, nsites, req, false, plan,
				   NULL) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*when_s = c.end[hi].end_s;
out:
	fini_calendar(&c);
	return rc;
}
