// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * calendar - I1 over time: the engine asks here before it promises
 *
 * A change is first laid out as edges, each a link, a time and by how much its
 * use rises or falls there. Between two edges the change adds the same all the
 * time; where that is more than nothing, the fullest moment must have room.
 * Then all memory is had, and only then is anything done.
 */
#include "common/core/calendar.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/units.h"

/* All bars of a link together stay within this: sums can't overflow, not even
 * while one change is half done. */
#define TOTAL_MAX (INT64_MAX / 4)

enum kind { KIND_LINK, KIND_PORT, KIND_WAVE };

struct line {
	const char *name;	/* of a wavelength, its link's */
	enum kind kind;
	int64_t capacity_bps;
	int64_t total;		/* sum of all bars, windows too */
	struct ocs_steps steps;
};

struct ocs_calendar {
	unsigned int nlinks;	/* all resources */
	struct line *link;	/* owned */
	char (*name)[OCS_NAME_MAX];	/* owned, of links and ports */
};

struct edge {
	unsigned int link;
	bool out;		/* of what is given back */
	int64_t time_s;
	int64_t rise;
};

/* What a call wants. */
struct wanted {
	const struct ocs_booking *out, *in;
	unsigned int nout, nin;
	enum ocs_steps_kind kind;
	bool force;
};

static int64_t clamped(uint64_t bps)
{
	return bps > TOTAL_MAX ? TOTAL_MAX : (int64_t) bps;
}

static void name_line(struct ocs_calendar *cal, unsigned int i,
		      const char *name, enum kind kind, uint64_t bps)
{
	memcpy(cal->name[i], name, OCS_NAME_MAX);
	cal->link[i].name = cal->name[i];
	cal->link[i].kind = kind;
	cal->link[i].capacity_bps = clamped(bps);
}

static void fill_lines(struct ocs_calendar *cal, const struct ocs_net *net)
{
	for (unsigned int i = 0; i < net->nlinks; i++) {
		const struct ocs_link *l = &net->link[i];

		name_line(cal, i, l->name, KIND_LINK, l->capacity_bps);
		for (unsigned int k = 0; k < l->nwaves; k++)
			cal->link[ocs_wave_resource(net, l->first_wave + k)] =
				(struct line) {
					.name = cal->name[i],
					.kind = KIND_WAVE,
					.capacity_bps = clamped(l->wave_bps),
				};
	}
	for (unsigned int i = 0; i < net->nports; i++)
		name_line(cal, ocs_port_resource(net, i), net->port[i].name,
			  KIND_PORT, net->port[i].rate_bps);
}

struct ocs_calendar *ocs_calendar_create(const struct ocs_net *net)
{
	struct ocs_calendar *cal = calloc(1, sizeof(*cal));
	unsigned int n = ocs_net_resources(net);

	if (!cal)
		return NULL;
	cal->link = calloc(n ? n : 1, sizeof(*cal->link));
	cal->name = calloc(net->nlinks + net->nports + 1, sizeof(*cal->name));
	if (!cal->link || !cal->name) {
		free(cal->link);
		free(cal->name);
		free(cal);
		return NULL;
	}
	cal->nlinks = n;
	fill_lines(cal, net);
	return cal;
}

void ocs_calendar_destroy(struct ocs_calendar *cal)
{
	if (!cal)
		return;
	for (unsigned int i = 0; i < cal->nlinks; i++)
		ocs_steps_fini(&cal->link[i].steps);
	free(cal->link);
	free(cal->name);
	free(cal);
}

/* ---- what is wanted, as edges ---- */

static int check_booking(const struct ocs_calendar *cal,
			 const struct ocs_booking *b, struct ocs_error *err)
{
	if (b->link >= cal->nlinks)
		return ocs_fail(err, OCS_RANGE, "there is no link %u",
				b->link);
	if (b->start_s >= b->end_s)
		return ocs_fail(err, OCS_RANGE,
				"link %s: from %" PRId64 " to %" PRId64 " there is no time",
				cal->link[b->link].name, b->start_s, b->end_s);
	if (!b->bps || b->bps > TOTAL_MAX)
		return ocs_fail(err, OCS_RANGE,
				"link %s: %" PRIu64 " b/s can't be booked",
				cal->link[b->link].name, b->bps);
	return 0;
}

static unsigned int lay_out(const struct ocs_booking *b, bool out,
			    struct edge *edge)
{
	int64_t rise = out ? -(int64_t) b->bps : (int64_t) b->bps;

	edge[0] = (struct edge) { b->link, out, b->start_s, rise };
	edge[1] = (struct edge) { b->link, out, b->end_s, -rise };
	return 2;
}

static int by_link_and_time(const void *x, const void *y)
{
	const struct edge *a = x, *b = y;

	if (a->link != b->link)
		return a->link < b->link ? -1 : 1;
	return (a->time_s > b->time_s) - (a->time_s < b->time_s);
}

/* The edges of W, sorted; the caller frees. NULL with ERR set. */
static struct edge *edges_of(const struct ocs_calendar *cal,
			     const struct wanted *w, unsigned int *nedges,
			     struct ocs_error *err)
{
	size_t n = 2 * ((size_t) w->nout + w->nin);
	struct edge *edge;

	*nedges = 0;
	for (unsigned int i = 0; i < w->nout; i++)
		if (check_booking(cal, &w->out[i], err) < 0)
			return NULL;
	for (unsigned int i = 0; i < w->nin; i++)
		if (check_booking(cal, &w->in[i], err) < 0)
			return NULL;
	if (!(edge = malloc((n ? n : 1) * sizeof(*edge)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	for (unsigned int i = 0; i < w->nout; i++)
		*nedges += lay_out(&w->out[i], true, edge + *nedges);
	for (unsigned int i = 0; i < w->nin; i++)
		*nedges += lay_out(&w->in[i], false, edge + *nedges);
	if (*nedges)
		qsort(edge, *nedges, sizeof(*edge), by_link_and_time);
	return edge;
}

/* ---- may it be? ---- */

static int fail_not_there(const struct line *link, struct ocs_error *err)
{
	return ocs_fail(err, OCS_INTERNAL,
			"link %s: what is given back was not booked",
			link->name);
}

/* The sums of what LINK gives back and gets; EDGE[0..N) are all its edges. */
static int check_sums(const struct line *link, const struct edge *edge,
		      unsigned int n, struct ocs_error *err)
{
	int64_t out = 0, in = 0;
	unsigned int refs = 0;

	for (unsigned int i = 0; i < n; i++) {
		int64_t *sum = edge[i].out ? &out : &in;
		/* each bar has two edges, one of which rises */
		int64_t part = edge[i].rise > 0 ? edge[i].rise : 0;

		if (part > TOTAL_MAX - *sum)
			return ocs_fail(err, OCS_RANGE,
					"link %s: that much can't be booked",
					link->name);
		*sum += part;
		if (i && edge[i].time_s != edge[i - 1].time_s)
			refs = 0;
		refs += edge[i].out;
		if (edge[i].out &&
		    !ocs_steps_has(&link->steps, edge[i].time_s, refs))
			return fail_not_there(link, err);
	}
	if (out > link->total)
		return fail_not_there(link, err);
	if (in > TOTAL_MAX - (link->total - out))
		return ocs_fail(err, OCS_RANGE,
				"link %s: too much is booked already",
				link->name);
	return 0;
}

static const char *const word[] = {
	[KIND_LINK] = "OpticalLink", [KIND_PORT] = "OpticalPort",
	[KIND_WAVE] = "OpticalLink",
};
static const char *const what[] = {
	[KIND_LINK] = "link", [KIND_PORT] = "port",
	[KIND_WAVE] = "a wavelength of link",
};

static int fail_room(const struct line *link, int64_t need, int64_t taken,
		     int64_t booked, struct ocs_error *err)
{
	int64_t left = link->capacity_bps - taken;
	char text[OCS_RATE_TEXT_MAX], room[OCS_RATE_TEXT_MAX];

	if (need <= link->capacity_bps - booked) {
		ocs_fail(err, OCS_BUSY, "%s %s is drained at that time",
			 what[link->kind], link->name);
		return ocs_fail_reason(err, "%sDrained(%s)",
				       word[link->kind], link->name);
	}
	ocs_rate_format((uint64_t) need, text);
	ocs_rate_format(left > 0 ? (uint64_t) left : 0, room);
	ocs_fail(err, OCS_BUSY, "%s %s has %s free at that time, %s is needed",
		 what[link->kind], link->name, room, text);
	return ocs_fail_reason(err, "%s(%s,need=%s,free=%s)",
			       word[link->kind], link->name, text, room);
}

/* I1: where more is taken than before, there is room for it. */
static int check_room(const struct line *link, const struct edge *edge,
		      unsigned int n, struct ocs_error *err)
{
	int64_t more = 0;

	for (unsigned int i = 0; i + 1 < n; i++) {
		int64_t from = edge[i].time_s, to = edge[i + 1].time_s;
		int64_t taken;

		more += edge[i].rise;
		if (more <= 0 || from == to)
			continue;
		taken = ocs_steps_peak(&link->steps, from, to);
		if (more > link->capacity_bps - taken)
			return fail_room(link, more, taken,
					 ocs_steps_peak_booked(&link->steps,
							       from, to), err);
	}
	return 0;
}

static int check_change(const struct ocs_calendar *cal, const struct wanted *w,
			const struct edge *edge, unsigned int nedges,
			struct ocs_error *err)
{
	unsigned int i = 0, n;

	for (; i < nedges; i += n) {
		const struct line *link = &cal->link[edge[i].link];

		for (n = 1; i + n < nedges &&
			    edge[i + n].link == edge[i].link;)
			n++;
		if (check_sums(link, edge + i, n, err) < 0 ||
		    (!w->force && check_room(link, edge + i, n, err) < 0))
			return -1;
	}
	return 0;
}

/* ---- a change ---- */

/* Whether nothing but absurd numbers could refuse W, which only adds, and asks
 * for no room: then nothing need be laid out. */
static bool only_adds(const struct ocs_calendar *cal, const struct wanted *w)
{
	if (!w->force || w->nout || !w->nin)
		return false;
	for (unsigned int i = 0; i < w->nin; i++) {
		const struct ocs_booking *b = &w->in[i];

		if (check_booking(cal, b, NULL) < 0 ||
		    b->bps > (uint64_t) TOTAL_MAX / 2 / w->nin ||
		    cal->link[b->link].total > TOTAL_MAX / 2)
			return false;
	}
	return true;
}

static int apply(struct ocs_calendar *cal, const struct wanted *w,
		 struct ocs_error *err)
{
	struct ocs_steps_spare spare = { NULL };
	unsigned int nedges;
	struct edge *edge = NULL;
	int rc = -1;

	if (!only_adds(cal, w) &&
	    (!(edge = edges_of(cal, w, &nedges, err)) ||
	     check_change(cal, w, edge, nedges, err) < 0))
		goto out;
	if (ocs_steps_reserve(&spare, 2 * w->nin) < 0) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}

	/* From here on nothing fails. */
	for (unsigned int i = 0; i < w->nin; i++) {
		struct line *link = &cal->link[w->in[i].link];

		link->total += (int64_t) w->in[i].bps;
		ocs_steps_add(&link->steps, w->kind, w->in[i].start_s,
			      w->in[i].end_s, (int64_t) w->in[i].bps, &spare);
	}
	for (unsigned int i = 0; i < w->nout; i++) {
		struct line *link = &cal->link[w->out[i].link];

		link->total -= (int64_t) w->out[i].bps;
		ocs_steps_drop(&link->steps, w->kind, w->out[i].start_s,
			       w->out[i].end_s, (int64_t) w->out[i].bps);
	}
	rc = 0;
out:
	ocs_steps_spare_fini(&spare);
	free(edge);
	return rc;
}

int ocs_calendar_change(struct ocs_calendar *cal,
			const struct ocs_booking *out, unsigned int nout,
			const struct ocs_booking *in, unsigned int nin,
			struct ocs_error *err)
{
	struct wanted w = { out, in, nout, nin, OCS_STEPS_BOOKED, false };

	return apply(cal, &w, err);
}

int ocs_calendar_check(const struct ocs_calendar *cal,
		       const struct ocs_booking *out, unsigned int nout,
		       const struct ocs_booking *in, unsigned int nin,
		       struct ocs_error *err)
{
	struct wanted w = { out, in, nout, nin, OCS_STEPS_BOOKED, false };
	unsigned int nedges;
	struct edge *edge = edges_of(cal, &w, &nedges, err);
	int rc = edge ? check_change(cal, &w, edge, nedges, err) : -1;

	free(edge);
	return rc;
}

void ocs_calendar_give_back(struct ocs_calendar *cal,
			    const struct ocs_booking *out, unsigned int nout)
{
	for (unsigned int i = 0; i < nout; i++) {
		struct line *link = &cal->link[out[i].link];

		link->total -= (int64_t) out[i].bps;
		ocs_steps_drop(&link->steps, OCS_STEPS_BOOKED, out[i].start_s,
			       out[i].end_s, (int64_t) out[i].bps);
	}
}

int ocs_calendar_force(struct ocs_calendar *cal, const struct ocs_booking *out,
		       unsigned int nout, const struct ocs_booking *in,
		       unsigned int nin, struct ocs_error *err)
{
	struct wanted w = { out, in, nout, nin, OCS_STEPS_BOOKED, true };

	return apply(cal, &w, err);
}

/* B with its bps as they are taken away. */
static struct ocs_booking window_of(const struct ocs_calendar *cal,
				    const struct ocs_booking *b)
{
	struct ocs_booking w = *b;

	if (b->link < cal->nlinks &&
	    clamped(b->bps) > cal->link[b->link].capacity_bps)
		w.bps = (uint64_t) cal->link[b->link].capacity_bps;
	return w;
}

int ocs_calendar_window(struct ocs_calendar *cal,
			const struct ocs_booking *out,
			const struct ocs_booking *in, struct ocs_error *err)
{
	struct ocs_booking o, i;
	struct wanted w = { &o, &i, out != NULL, in != NULL, OCS_STEPS_AWAY,
			    true };

	if (out)
		o = window_of(cal, out);
	if (in)
		i = window_of(cal, in);
	return apply(cal, &w, err);
}

/* ---- asking ---- */

uint64_t ocs_calendar_free(const struct ocs_calendar *cal, unsigned int link,
			   int64_t start_s, int64_t end_s)
{
	const struct line *l;
	int64_t left;

	if (link >= cal->nlinks || start_s >= end_s)
		return 0;
	l = &cal->link[link];
	left = l->capacity_bps - ocs_steps_peak(&l->steps, start_s, end_s);
	return left > 0 ? (uint64_t) left : 0;
}

/* The next time after AT, before END_S, at which a bar of OUT on LINK begins
 * or ends. */
static int64_t next_cut(const struct ocs_booking *out, unsigned int nout,
			unsigned int link, int64_t at, int64_t end_s)
{
	for (unsigned int i = 0; i < nout; i++) {
		if (out[i].link != link)
			continue;
		if (out[i].start_s > at && out[i].start_s < end_s)
			end_s = out[i].start_s;
		if (out[i].end_s > at && out[i].end_s < end_s)
			end_s = out[i].end_s;
	}
	return end_s;
}

uint64_t ocs_calendar_free_without(const struct ocs_calendar *cal,
				   const struct ocs_booking *out,
				   unsigned int nout, unsigned int link,
				   int64_t start_s, int64_t end_s)
{
	uint64_t least = UINT64_MAX;
	int64_t from = start_s, to, own, left;

	if (link >= cal->nlinks || start_s >= end_s)
		return 0;
	for (; from < end_s; from = to) {
		to = next_cut(out, nout, link, from, end_s);
		own = 0;
		for (unsigned int i = 0; i < nout; i++)
			if (out[i].link == link && out[i].start_s <= from &&
			    out[i].end_s > from)
				own += (int64_t) out[i].bps;
		left = cal->link[link].capacity_bps + own -
		       ocs_steps_peak(&cal->link[link].steps, from, to);
		if (left < 0)
			left = 0;
		if ((uint64_t) left < least)
			least = (uint64_t) left;
	}
	return least;
}

uint64_t ocs_calendar_always_free(const struct ocs_calendar *cal,
				  unsigned int link)
{
	const struct line *l;
	int64_t left;

	if (link >= cal->nlinks)
		return 0;
	l = &cal->link[link];
	left = l->capacity_bps - ocs_steps_peak_ever(&l->steps);
	return left > 0 ? (uint64_t) left : 0;
}

uint64_t ocs_calendar_booked(const struct ocs_calendar *cal,
			     unsigned int link, int64_t start_s,
			     int64_t end_s)
{
	if (link >= cal->nlinks || start_s >= end_s)
		return 0;
	return (uint64_t) ocs_steps_peak_booked(&cal->link[link].steps,
						start_s, end_s);
}

/* What is taken of resource I, so that what is free of ALL is left. */
static uint64_t shown(const struct ocs_calendar *cal, unsigned int i,
		      uint64_t all, int64_t start_s, int64_t end_s)
{
	uint64_t left = ocs_calendar_free(cal, i, start_s, end_s);

	return left < all ? all - left : 0;
}

void ocs_calendar_show(const struct ocs_calendar *cal, int64_t start_s,
		       int64_t end_s, struct ocs_net *net)
{
	for (unsigned int i = 0; i < net->nlinks; i++) {
		struct ocs_link *l = &net->link[i];

		l->booked_bps = shown(cal, i, l->capacity_bps, start_s, end_s);
		for (unsigned int k = 0; k < l->nwaves; k++) {
			unsigned int w = l->first_wave + k;

			net->wave[w].booked_bps =
				shown(cal, ocs_wave_resource(net, w),
				      l->wave_bps, start_s, end_s);
		}
	}
	for (unsigned int i = 0; i < net->nports; i++)
		net->port[i].booked_bps =
			shown(cal, ocs_port_resource(net, i),
			      net->port[i].rate_bps, start_s, end_s);
}

/* ---- the earliest ---- */

static int by_link(const void *x, const void *y)
{
	const struct ocs_booking *a = x, *b = y;

	return (a->link > b->link) - (a->link < b->link);
}

static int check_capacity(const struct line *l, uint64_t bps,
			  struct ocs_error *err)
{
	char text[OCS_RATE_TEXT_MAX], max[OCS_RATE_TEXT_MAX];

	if (bps <= (uint64_t) l->capacity_bps)
		return 0;
	ocs_rate_format(bps, text);
	ocs_rate_format((uint64_t) l->capacity_bps, max);
	ocs_fail(err, OCS_RANGE,
		 "%s %s never has more than %s, %s is needed", what[l->kind],
		 l->name, max, text);
	return ocs_fail_reason(err, "%s(%s,need=%s,max=%s)", word[l->kind],
			       l->name, text, max);
}

/* NEED with one entry per link, checked; the caller frees. NULL with ERR. */
static struct ocs_booking *needs_of(const struct ocs_calendar *cal,
				    const struct ocs_booking *need,
				    unsigned int n, unsigned int *nsums,
				    struct ocs_error *err)
{
	struct ocs_booking *sum = malloc((n ? n : 1) * sizeof(*sum));
	unsigned int k = 0;

	if (!sum) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	for (unsigned int i = 0; i < n; i++) {
		sum[i] = need[i];
		sum[i].start_s = 0;
		sum[i].end_s = OCS_TIME_OPEN;
		if (check_booking(cal, &sum[i], err) < 0)
			goto fail;
	}
	if (n)
		qsort(sum, n, sizeof(*sum), by_link);
	for (unsigned int i = 0; i < n; i++) {
		if (k && sum[k - 1].link == sum[i].link)
			sum[k - 1].bps += sum[i].bps;
		else
			sum[k++] = sum[i];
		/* each time: the sum of two that passed can't overflow */
		if (check_capacity(&cal->link[sum[k - 1].link],
				   sum[k - 1].bps, err) < 0)
			goto fail;
	}
	*nsums = k;
	return sum;
fail:
	free(sum);
	return NULL;
}

/* Each round leaves one stretch behind that is too full; there are no more of
 * them than starts and ends on the links. */
int ocs_calendar_earliest(const struct ocs_calendar *cal,
			  const struct ocs_booking *need, unsigned int nneed,
			  int64_t from_s, int64_t duration_s, int64_t *when_s,
			  struct ocs_error *err)
{
	int64_t at = from_s, end, limit, full;
	unsigned int n, fits = 0;
	struct ocs_booking *sum;
	int rc = -1;

	if (duration_s <= 0)
		return ocs_fail(err, OCS_RANGE, "a duration is above 0");
	if (!(sum = needs_of(cal, need, nneed, &n, err)))
		return -1;
	for (unsigned int i = 0; fits < n; i = (i + 1) % n) {
		const struct line *l = &cal->link[sum[i].link];

		if (__builtin_add_overflow(at, duration_s, &end))
			end = OCS_TIME_OPEN;
		limit = l->capacity_bps - (int64_t) sum[i].bps;
		full = ocs_steps_above(&l->steps, at, limit);
		if (full >= end) {
			fits++;
			continue;
		}
		fits = 0;	/* all are asked again at the later time */
		at = ocs_steps_within(&l->steps, full, limit);
		if (at < OCS_TIME_OPEN)
			continue;
		fail_room(l, (int64_t) sum[i].bps,	/* as it stays */
			  ocs_steps_peak(&l->steps, at - 1, at),
			  ocs_steps_peak_booked(&l->steps, at - 1, at), err);
		goto out;
	}
	*when_s = at;
	rc = 0;
out:
	free(sum);
	return rc;
}
