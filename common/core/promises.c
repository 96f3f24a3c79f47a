// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * promises - nodes x links x time, the links' part: step 3 of a job's way
 *
 * One calendar has what is booked and, of the promises, those that the job
 * that was asked about last has to keep clear of. Jobs are asked about in the
 * order of the queue, so from one to the next few go in or out.
 */
#include "common/core/promises.h"

#include <stdlib.h>
#include <string.h>

#include "common/core/books.h"
#include "common/core/paths.h"

/* Times that are tried one by one. */
#define TRIES_MAX 32

/* What is promised, by names, which outlive a change of the network: a link; a
 * wavelength of one, from 1; or a port. */
struct need {
	char name[OCS_NAME_MAX];
	unsigned int wave;		/* 0: none of the link's */
	bool port;
	uint64_t bps;
};

struct promise {
	struct ocs_rank rank;
	int64_t from_s, to_s, until_s;
	unsigned int nneeds;
	struct need *need;		/* owned */
	struct ocs_booking *booking;	/* owned; those of what there is */
	unsigned int nbookings;
	bool in;			/* BOOKING is in the calendar */
};

struct ocs_promises {
	struct promise *v;		/* owned */
	unsigned int n, max;
	struct ocs_net net;		/* as given */
	struct ocs_net then;		/* the same links, to be booked */
	struct ocs_calendar *cal;	/* NULL: there is no network */
	struct ocs_paths paths;		/* over THEN */
	int64_t now_s;			/* of the base */
	int64_t *end;			/* owned; of bookings, sorted */
	unsigned int nends;
	struct ocs_booking *window;	/* owned */
	unsigned int nwindows;
};

bool ocs_rank_before(const struct ocs_rank *a, const struct ocs_rank *b)
{
	if (a->reserved != b->reserved)
		return a->reserved;
	if (a->tier != b->tier)
		return a->tier > b->tier;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->submit_s != b->submit_s)
		return a->submit_s < b->submit_s;
	return a->job_id < b->job_id;
}

struct ocs_promises *ocs_promises_create(void)
{
	return calloc(1, sizeof(struct ocs_promises));
}

static void base_fini(struct ocs_promises *p)
{
	if (p->cal)
		ocs_paths_fini(&p->paths);
	ocs_calendar_destroy(p->cal);
	p->cal = NULL;
	ocs_net_fini(&p->net);
	ocs_net_fini(&p->then);
	free(p->end);
	p->end = NULL;
	p->nends = 0;
	free(p->window);
	p->window = NULL;
	p->nwindows = 0;
	for (unsigned int i = 0; i < p->n; i++)
		p->v[i].in = false;
}

static void promise_fini(struct promise *e)
{
	free(e->need);
	free(e->booking);
}

void ocs_promises_destroy(struct ocs_promises *p)
{
	if (!p)
		return;
	base_fini(p);
	for (unsigned int i = 0; i < p->n; i++)
		promise_fini(&p->v[i]);
	free(p->v);
	free(p);
}

static int by_time(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* What of the links' bookings BOOKED does not tell of: it never ends. */
static int book_rest(struct ocs_promises *p, const struct ocs_booking *booked,
		     unsigned int n, struct ocs_error *err)
{
	unsigned int all = ocs_net_resources(&p->net), nrest = 0;
	struct ocs_booking *rest = calloc(all + 1, sizeof(*rest));
	uint64_t *known = calloc(all + 1, sizeof(*known));
	int rc = -1;

	if (!rest || !known) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto out;
	}
	for (unsigned int i = 0; i < n; i++)
		if (booked[i].link < all && booked[i].start_s <= p->now_s)
			known[booked[i].link] += booked[i].bps;
	for (unsigned int i = 0; i < all; i++) {
		uint64_t bps = *ocs_net_booked(&p->net, i);

		if (bps <= known[i])
			continue;
		rest[nrest].link = i;
		rest[nrest].bps = bps - known[i];
		rest[nrest].start_s = p->now_s;
		rest[nrest++].end_s = OCS_TIME_OPEN;
	}
	rc = nrest ? ocs_calendar_force(p->cal, NULL, 0, rest, nrest, err) : 0;
out:
	free(rest);
	free(known);
	return rc;
}

/* The resource that N is of, or -1. */
static int64_t find_need(const struct ocs_net *net, const struct need *n)
{
	int at = n->port ? ocs_net_port(net, n->name) :
			   ocs_net_link(net, n->name);

	if (at < 0)
		return -1;
	if (n->port)
		return ocs_port_resource(net, (unsigned int) at);
	if (!n->wave)
		return at;
	if (n->wave > net->link[at].nwaves)
		return -1;
	return ocs_wave_resource(net, net->link[at].first_wave + n->wave - 1);
}

/* The same backwards; false: there is no such resource. */
static bool name_need(const struct ocs_net *net, unsigned int resource,
		      struct need *n)
{
	memset(n, 0, sizeof(*n));
	if (resource < net->nlinks) {
		memcpy(n->name, net->link[resource].name, OCS_NAME_MAX);
		return true;
	}
	resource -= net->nlinks;
	if (resource < net->nports) {
		n->port = true;
		memcpy(n->name, net->port[resource].name, OCS_NAME_MAX);
		return true;
	}
	resource -= net->nports;
	for (unsigned int i = 0; i < net->nlinks; i++) {
		const struct ocs_link *l = &net->link[i];

		if (resource < l->first_wave ||
		    resource - l->first_wave >= l->nwaves)
			continue;
		memcpy(n->name, l->name, OCS_NAME_MAX);
		n->wave = resource - l->first_wave + 1;
		return true;
	}
	return false;
}

/* The bookings of what E is promised, as it is numbered now. */
static void resolve(const struct ocs_net *net, struct promise *e)
{
	e->nbookings = 0;
	for (unsigned int i = 0; i < e->nneeds; i++) {
		int64_t at = find_need(net, &e->need[i]);
		struct ocs_booking *b = &e->booking[e->nbookings];

		if (at < 0)
			continue;
		b->link = (unsigned int) at;
		b->bps = e->need[i].bps;
		b->start_s = e->from_s;
		b->end_s = e->to_s;
		e->nbookings++;
	}
}

int ocs_promises_base(struct ocs_promises *p, const struct ocs_net *net,
		      const struct ocs_booking *booked, unsigned int n,
		      int64_t now_s, struct ocs_error *err)
{
	base_fini(p);
	p->now_s = now_s;
	if (ocs_net_copy(&p->net, net) < 0 ||
	    ocs_net_copy(&p->then, net) < 0 ||
	    !(p->end = calloc(n + 1, sizeof(*p->end))))
		goto nomem;
	if (!(p->cal = ocs_calendar_create(net)))
		goto nomem;
	if (ocs_paths_init(&p->paths, &p->then, err) < 0) {
		ocs_calendar_destroy(p->cal);
		p->cal = NULL;
		goto fail;
	}
	if ((n && ocs_calendar_force(p->cal, NULL, 0, booked, n, err) < 0) ||
	    book_rest(p, booked, n, err) < 0)
		goto fail;
	for (unsigned int i = 0; i < n; i++)
		if (booked[i].end_s != OCS_TIME_OPEN)
			p->end[p->nends++] = booked[i].end_s;
	qsort(p->end, p->nends, sizeof(*p->end), by_time);
	for (unsigned int i = 0; i < p->n; i++)
		resolve(&p->net, &p->v[i]);
	return 0;
nomem:
	ocs_fail(err, OCS_NOMEM, "out of memory");
fail:
	base_fini(p);
	return -1;
}

int ocs_promises_windows(struct ocs_promises *p,
			 const struct ocs_booking *window, unsigned int n)
{
	free(p->window);
	p->nwindows = 0;
	if (!(p->window = calloc(n + 1, sizeof(*window))))
		return -1;
	for (unsigned int i = 0; i < n; i++)
		if (window[i].link < p->net.nlinks)
			p->window[p->nwindows++] = window[i];
	return 0;
}

static void set_in(struct ocs_promises *p, struct promise *e, bool in)
{
	if (e->in == in || !p->cal)
		return;
	if (!in)
		ocs_calendar_give_back(p->cal, e->booking, e->nbookings);
	else if (e->nbookings &&
		 ocs_calendar_force(p->cal, NULL, 0, e->booking, e->nbookings,
				    NULL) < 0)
		return;		/* no memory: as if nothing were promised */
	e->in = in;
}

/* Have in the calendar what a job of RANK has to keep clear of. */
static void look_as(struct ocs_promises *p, const struct ocs_rank *rank)
{
	for (unsigned int i = 0; i < p->n; i++)
		set_in(p, &p->v[i],
		       rank && p->v[i].rank.job_id != rank->job_id &&
			       ocs_rank_before(&p->v[i].rank, rank));
}

/* Drained are the links that are, and those with a window in [FROM_S, TO_S);
 * TO_S not after FROM_S: no windows. */
static void show_windows(struct ocs_promises *p, int64_t from_s, int64_t to_s,
			 struct ocs_net *net)
{
	if (to_s == OCS_TIME_OPEN)
		to_s = from_s + OCS_OPEN_LEASE_S;
	for (unsigned int i = 0; i < net->nlinks; i++)
		net->link[i].drained = p->net.link[i].drained;
	for (unsigned int i = 0; i < p->nwindows; i++)
		if (p->window[i].start_s < to_s && p->window[i].end_s > from_s)
			net->link[p->window[i].link].drained = true;
}

/* What is lit past its end is not free yet. */
static void show(struct ocs_promises *p, int64_t from_s, int64_t to_s,
		 struct ocs_net *net)
{
	ocs_calendar_show(p->cal, from_s, to_s, net);
	show_windows(p, from_s, to_s, net);
	for (unsigned int i = 0; from_s <= p->now_s &&
				 i < ocs_net_resources(net); i++) {
		uint64_t *bps = ocs_net_booked(net, i);

		if (*bps < *ocs_net_booked(&p->net, i))
			*bps = *ocs_net_booked(&p->net, i);
	}
}

void ocs_promises_view(struct ocs_promises *p, const struct ocs_rank *rank,
		       int64_t from_s, int64_t to_s, struct ocs_net *net)
{
	if (!p->cal || net->nlinks != p->net.nlinks ||
	    ocs_net_resources(net) != ocs_net_resources(&p->net))
		return;
	look_as(p, rank);
	show(p, from_s, to_s, net);
}

static int64_t end_of(int64_t start_s, int64_t duration_s)
{
	return duration_s > OCS_TIME_OPEN - start_s ? OCS_TIME_OPEN :
						      start_s + duration_s;
}

/* One question: everything about the job but when. */
struct question {
	int64_t duration_s;
	const unsigned int *site;
	unsigned int nsites;
	const struct ocs_request *req;
	struct ocs_plan *plan;		/* result */
};

static int plan_at(struct ocs_promises *p, const struct question *q,
		   int64_t start_s, struct ocs_error *err)
{
	show(p, start_s, end_of(start_s, q->duration_s), &p->then);
	ocs_paths_changed(&p->paths);
	return ocs_paths_plan(&p->paths, q->site, q->nsites, q->req, false,
			      q->plan, err);
}

/* TIME is sorted and has N of at most TRIES_MAX: the first ones there are. */
static unsigned int add_time(int64_t time[TRIES_MAX], unsigned int n,
			     int64_t t)
{
	unsigned int i = n;

	while (i && time[i - 1] > t)
		i--;
	if (i == TRIES_MAX || (i && time[i - 1] == t))
		return n;
	if (n == TRIES_MAX)
		n--;
	memmove(&time[i + 1], &time[i], (n - i) * sizeof(*time));
	time[i] = t;
	return n + 1;
}

/* The first times after FROM_S at which anything ends. */
static unsigned int ends(const struct ocs_promises *p, int64_t from_s,
			 int64_t time[TRIES_MAX])
{
	unsigned int n = 0, lo = 0, hi = p->nends;

	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;

		if (p->end[mid] > from_s)
			hi = mid;
		else
			lo = mid + 1;
	}
	for (; lo < p->nends; lo++) {
		if (n == TRIES_MAX && p->end[lo] > time[n - 1])
			break;
		n = add_time(time, n, p->end[lo]);
	}
	for (unsigned int i = 0; i < p->n; i++)
		if (p->v[i].in && p->v[i].to_s > from_s &&
		    p->v[i].to_s != OCS_TIME_OPEN)
			n = add_time(time, n, p->v[i].to_s);
	for (unsigned int i = 0; i < p->nwindows; i++)
		if (p->window[i].end_s > from_s)
			n = add_time(time, n, p->window[i].end_s);
	return n;
}

static void need(struct ocs_booking *list, unsigned int *n,
		 unsigned int resource, uint64_t bps)
{
	list[*n].link = resource;
	list[(*n)++].bps = bps;
}

/* What member K of PLAN takes of PORT: the first one there takes all that others
 * of the plan leave of an exclusive one. */
static void needs_of_port(const struct ocs_net *net,
			  const struct ocs_plan *plan, unsigned int k,
			  unsigned int port, struct ocs_booking *list,
			  unsigned int *n)
{
	uint64_t bps = plan->member[k].bps, others = 0;
	bool first = true;

	if (port == OCS_NO_PORT)
		return;
	for (unsigned int j = 0; j < plan->nmembers; j++) {
		const struct ocs_plan_member *m = &plan->member[j];

		if (j == k || (m->port_a != port && m->port_z != port))
			continue;
		first &= j > k;
		others += m->bps;
	}
	if (net->port[port].exclusive && first &&
	    net->port[port].rate_bps > others + bps)
		bps = net->port[port].rate_bps - others;
	need(list, n, ocs_port_resource(net, port), bps);
}

static void needs_of_member(const struct ocs_net *net,
			    const struct ocs_plan *plan, unsigned int k,
			    struct ocs_booking *list, unsigned int *n)
{
	const struct ocs_plan_member *m = &plan->member[k];

	for (unsigned int h = 0; h < m->route.nhops; h++) {
		const struct ocs_link *l = &net->link[m->route.link[h]];
		uint64_t bps = ocs_link_consumed(l, m->bps);

		need(list, n, m->route.link[h], bps);
		if (m->wave[h])
			need(list, n, ocs_wave_resource(net, l->first_wave +
							m->wave[h] - 1), bps);
	}
	needs_of_port(net, plan, k, m->port_a, list, n);
	needs_of_port(net, plan, k, m->port_z, list, n);
}

static unsigned int count_needs(const struct ocs_plan *plan)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < plan->ncircuits; i++)
		n += plan->circuit[i].route.nhops;
	for (unsigned int i = 0; i < plan->nmembers; i++)
		n += 2 * plan->member[i].route.nhops + 2;
	return n;
}

/* What PLAN takes of each resource; 0 or -1. *LIST is malloc'ed. */
static int needs_of(const struct ocs_net *net, const struct ocs_plan *plan,
		    struct ocs_booking **list, unsigned int *n)
{
	*n = 0;
	*list = calloc(count_needs(plan) + 1, sizeof(**list));
	if (!*list)
		return -1;
	for (unsigned int i = 0; i < plan->ncircuits; i++) {
		const struct ocs_plan_circuit *c = &plan->circuit[i];

		for (unsigned int k = 0; k < c->nmembers; k++)
			needs_of_member(net, plan, c->first_member + k, *list,
					n);
		for (unsigned int h = 0; !c->nmembers && h < c->route.nhops;
		     h++)
			need(*list, n, c->route.link[h],
			     ocs_link_consumed(&net->link[c->route.link[h]],
					       c->granted_bps));
	}
	return 0;
}

/* With nothing booked: the routes, or the reason why there never are any. */
static int plan_empty(struct ocs_promises *p, const struct question *q,
		      struct ocs_error *err)
{
	for (unsigned int i = 0; i < ocs_net_resources(&p->then); i++)
		*ocs_net_booked(&p->then, i) = 0;
	show_windows(p, 0, 0, &p->then);
	ocs_paths_changed(&p->paths);
	return ocs_paths_plan(&p->paths, q->site, q->nsites, q->req, false,
			      q->plan, err);
}

static int earliest(struct ocs_promises *p, const struct question *q,
		    int64_t from_s, int64_t *when_s, struct ocs_error *err)
{
	int64_t time[TRIES_MAX], last = OCS_TIME_OPEN;
	struct ocs_booking *need;
	unsigned int n;

	if (plan_empty(p, q, err) < 0)
		return -1;
	if (needs_of(&p->net, q->plan, &need, &n) < 0)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	if (n && ocs_calendar_earliest(p->cal, need, n, from_s + 1,
				       q->duration_s, &last, NULL) < 0)
		last = OCS_TIME_OPEN;
	free(need);
	n = ends(p, from_s, time);
	for (unsigned int i = 0; i <= n; i++) {
		/* the calendar knows no windows: LAST may be within one */
		int64_t t = i < n && time[i] < last ? time[i] : last;

		if (t != OCS_TIME_OPEN && plan_at(p, q, t, NULL) == 0) {
			*when_s = t;
			return 0;
		}
		if (i < n && t == last) {
			last = OCS_TIME_OPEN;
			i--;
		}
	}
	return -1;
}

int ocs_promises_earliest(struct ocs_promises *p, const struct ocs_rank *rank,
			  int64_t from_s, int64_t duration_s,
			  const unsigned int *site, unsigned int nsites,
			  const struct ocs_request *req, int64_t *when_s,
			  struct ocs_plan *plan, struct ocs_error *err)
{
	struct ocs_plan new;
	struct question q = {
		.duration_s = duration_s, .site = site, .nsites = nsites,
		.req = req, .plan = &new,
	};
	struct ocs_error never;
	int64_t when = from_s;

	if (!p->cal)
		return ocs_fail(err, OCS_INTERNAL, "there is no network");
	look_as(p, rank);
	if (plan_at(p, &q, from_s, err) < 0) {
		never = (struct ocs_error) { 0 };
		if (earliest(p, &q, from_s, &when, &never) < 0) {
			if (err && never.text[0])
				*err = never;
			return -1;
		}
	}
	*when_s = when;
	*plan = new;
	return 0;
}

int64_t ocs_promises_longest(struct ocs_promises *p,
			     const struct ocs_rank *rank, int64_t from_s,
			     const unsigned int *site, unsigned int nsites,
			     const struct ocs_request *req)
{
	int64_t time[TRIES_MAX], longest = 0;
	struct ocs_plan plan;
	struct question q = {
		.site = site, .nsites = nsites, .req = req, .plan = &plan,
	};
	unsigned int n = 0;

	if (!p->cal)
		return 0;
	look_as(p, rank);
	for (unsigned int i = 0; i < p->n; i++)
		if (p->v[i].in && p->v[i].from_s > from_s)
			n = add_time(time, n, p->v[i].from_s);
	for (unsigned int i = 0; i < p->nwindows; i++)
		if (p->window[i].start_s > from_s)
			n = add_time(time, n, p->window[i].start_s);
	for (unsigned int i = 0; i < n; i++) {
		q.duration_s = time[i] - from_s;
		if (plan_at(p, &q, from_s, NULL) < 0)
			break;
		longest = q.duration_s;
	}
	return longest;
}

static struct promise *find(const struct ocs_promises *p, uint32_t job_id)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->v[i].rank.job_id == job_id)
			return &p->v[i];
	return NULL;
}

static void drop(struct ocs_promises *p, struct promise *e)
{
	set_in(p, e, false);
	promise_fini(e);
	*e = p->v[--p->n];
}

void ocs_promises_drop(struct ocs_promises *p, uint32_t job_id)
{
	struct promise *e = find(p, job_id);

	if (e)
		drop(p, e);
}

/* Room for one more. */
static int grow(struct ocs_promises *p)
{
	unsigned int max = p->max ? p->max * 2 : 16;
	struct promise *v;

	if (p->n < p->max)
		return 0;
	if (p->n >= OCS_PROMISES_MAX ||
	    !(v = realloc(p->v, max * sizeof(*v))))
		return -1;
	p->v = v;
	p->max = max;
	return 0;
}

int ocs_promises_put(struct ocs_promises *p, const struct ocs_rank *rank,
		     int64_t from_s, int64_t to_s, const struct ocs_plan *plan,
		     int64_t until_s)
{
	struct promise e = {
		.rank = *rank, .from_s = from_s, .to_s = to_s,
		.until_s = until_s,
	};

	ocs_promises_drop(p, rank->job_id);
	if (!plan->ncircuits || to_s <= from_s)
		return 0;
	if (!p->cal || grow(p) < 0 ||
	    needs_of(&p->net, plan, &e.booking, &e.nneeds) < 0)
		return -1;
	if (!(e.need = calloc(e.nneeds + 1, sizeof(*e.need)))) {
		free(e.booking);
		return -1;
	}
	for (unsigned int i = 0, n = e.nneeds; i < n; i++) {
		const struct ocs_booking *b = &e.booking[i];
		struct need *need = &e.need[i + e.nneeds - n];

		if (name_need(&p->net, b->link, need))
			need->bps = b->bps;
		else
			e.nneeds--;
	}
	resolve(&p->net, &e);
	p->v[p->n++] = e;
	return 0;
}

void ocs_promises_prune(struct ocs_promises *p, int64_t now_s,
			bool (*gone)(uint32_t job_id, void *arg), void *arg)
{
	for (unsigned int i = 0; i < p->n;)
		if (p->v[i].until_s < now_s ||
		    (gone && gone(p->v[i].rank.job_id, arg)))
			drop(p, &p->v[i]);
		else
			i++;
}

int64_t ocs_promises_start(const struct ocs_promises *p, uint32_t job_id)
{
	const struct promise *e = find(p, job_id);

	return e ? e->from_s : 0;
}

unsigned int ocs_promises_count(const struct ocs_promises *p)
{
	return p->n;
}
