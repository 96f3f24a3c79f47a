// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * steps - the tree under the calendar
 *
 * A treap over the times at which the function changes. A node has what is
 * added at its time; the value at a time is the sum of all nodes up to it.
 * Each node also knows, for its whole subtree, the sum and the highest and
 * lowest of its running sums, so that a peak or the next time of change is
 * found on the way down. Priorities are a hash of the time: no random
 * numbers.
 */
#include "common/core/steps.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct ocs_steps_node {
	struct ocs_steps_node *left, *right;
	int64_t time_s;
	unsigned int refs;	/* bars that start or end here */
	int64_t booked, taken;	/* added at time_s; taken has both kinds */
	/* of the subtree */
	int64_t booked_sum, booked_max;
	int64_t taken_sum, taken_max, taken_min;
};

/* ---- spare nodes ---- */

int ocs_steps_reserve(struct ocs_steps_spare *spare, unsigned int n)
{
	while (n--) {
		struct ocs_steps_node *node = malloc(sizeof(*node));

		if (!node)
			return -1;
		node->right = spare->first;
		spare->first = node;
	}
	return 0;
}

void ocs_steps_spare_fini(struct ocs_steps_spare *spare)
{
	while (spare->first) {
		struct ocs_steps_node *node = spare->first;

		spare->first = node->right;
		free(node);
	}
}

static struct ocs_steps_node *spare_take(struct ocs_steps_spare *spare,
					 int64_t time_s)
{
	struct ocs_steps_node *node = spare->first;

	spare->first = node->right;
	memset(node, 0, sizeof(*node));
	node->time_s = time_s;
	return node;
}

/* Calls itself as deep as the tree is, O(log n). */
static void nodes_free(struct ocs_steps_node *node)
{
	while (node) {
		struct ocs_steps_node *right = node->right;

		nodes_free(node->left);
		free(node);
		node = right;
	}
}

void ocs_steps_fini(struct ocs_steps *s)
{
	nodes_free(s->root);
	s->root = NULL;
}

/* ---- the tree ---- */

/* splitmix64 */
static uint64_t priority(int64_t time_s)
{
	uint64_t x = (uint64_t) time_s + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static bool above(const struct ocs_steps_node *x,
		  const struct ocs_steps_node *y)
{
	return priority(x->time_s) > priority(y->time_s);
}

static int64_t most(int64_t x, int64_t y)
{
	return x > y ? x : y;
}

static int64_t least(int64_t x, int64_t y)
{
	return x < y ? x : y;
}

/* What NODE knows of its subtree, from its children. */
static void sum_up(struct ocs_steps_node *node)
{
	const struct ocs_steps_node *l = node->left, *r = node->right;
	int64_t booked = (l ? l->booked_sum : 0) + node->booked;
	int64_t taken = (l ? l->taken_sum : 0) + node->taken;

	node->booked_sum = booked;
	node->booked_max = booked;
	node->taken_sum = taken;
	node->taken_max = node->taken_min = taken;
	if (l) {
		node->booked_max = most(node->booked_max, l->booked_max);
		node->taken_max = most(node->taken_max, l->taken_max);
		node->taken_min = least(node->taken_min, l->taken_min);
	}
	if (r) {
		node->booked_max = most(node->booked_max,
					booked + r->booked_max);
		node->taken_max = most(node->taken_max, taken + r->taken_max);
		node->taken_min = least(node->taken_min, taken + r->taken_min);
		node->booked_sum += r->booked_sum;
		node->taken_sum += r->taken_sum;
	}
}

static struct ocs_steps_node *merge(struct ocs_steps_node *l,
				    struct ocs_steps_node *r)
{
	if (!l || !r)
		return l ? l : r;
	if (above(l, r)) {
		l->right = merge(l->right, r);
		sum_up(l);
		return l;
	}
	r->left = merge(l, r->left);
	sum_up(r);
	return r;
}

/* All of NODE before TIME_S into *L, the rest into *R. */
static void split(struct ocs_steps_node *node, int64_t time_s,
		  struct ocs_steps_node **l, struct ocs_steps_node **r)
{
	if (!node) {
		*l = *r = NULL;
	} else if (node->time_s < time_s) {
		split(node->right, time_s, &node->right, r);
		sum_up(node);
		*l = node;
	} else {
		split(node->left, time_s, l, &node->left);
		sum_up(node);
		*r = node;
	}
}

static const struct ocs_steps_node *find(const struct ocs_steps *s,
					 int64_t time_s)
{
	const struct ocs_steps_node *node = s->root;

	while (node && node->time_s != time_s)
		node = time_s < node->time_s ? node->left : node->right;
	return node;
}

static void insert(struct ocs_steps_node **at, struct ocs_steps_node *node)
{
	if (!*at || above(node, *at)) {
		split(*at, node->time_s, &node->left, &node->right);
		*at = node;
	} else {
		insert(node->time_s < (*at)->time_s ? &(*at)->left :
						      &(*at)->right, node);
	}
	sum_up(*at);
}

/* Add AMOUNT at TIME_S; false: no node is there, and nothing was done. */
static bool raise_at(struct ocs_steps_node *node, enum ocs_steps_kind kind,
		     int64_t time_s, int64_t amount)
{
	if (!node)
		return false;
	if (node->time_s == time_s) {
		node->refs++;
		node->taken += amount;
		if (kind == OCS_STEPS_BOOKED)
			node->booked += amount;
	} else if (!raise_at(time_s < node->time_s ? node->left : node->right,
			     kind, time_s, amount)) {
		return false;
	}
	sum_up(node);
	return true;
}

/* Take AMOUNT back at TIME_S, which has a node; one nobody needs is freed. */
static void lower(struct ocs_steps_node **at, enum ocs_steps_kind kind,
		  int64_t time_s, int64_t amount)
{
	struct ocs_steps_node *node = *at;

	if (node->time_s != time_s) {
		lower(time_s < node->time_s ? &node->left : &node->right,
		      kind, time_s, amount);
	} else {
		node->refs--;
		node->taken -= amount;
		if (kind == OCS_STEPS_BOOKED)
			node->booked -= amount;
		if (!node->refs) {
			*at = merge(node->left, node->right);
			free(node);
			return;
		}
	}
	sum_up(node);
}

static void add_at(struct ocs_steps *s, enum ocs_steps_kind kind,
		   int64_t time_s, int64_t amount,
		   struct ocs_steps_spare *spare)
{
	struct ocs_steps_node *node;

	if (time_s == OCS_TIME_OPEN || raise_at(s->root, kind, time_s, amount))
		return;
	node = spare_take(spare, time_s);
	node->refs = 1;
	node->taken = amount;
	if (kind == OCS_STEPS_BOOKED)
		node->booked = amount;
	insert(&s->root, node);
}

void ocs_steps_add(struct ocs_steps *s, enum ocs_steps_kind kind,
		   int64_t start_s, int64_t end_s, int64_t amount,
		   struct ocs_steps_spare *spare)
{
	add_at(s, kind, start_s, amount, spare);
	add_at(s, kind, end_s, -amount, spare);
}

void ocs_steps_drop(struct ocs_steps *s, enum ocs_steps_kind kind,
		    int64_t start_s, int64_t end_s, int64_t amount)
{
	lower(&s->root, kind, start_s, amount);
	if (end_s != OCS_TIME_OPEN)
		lower(&s->root, kind, end_s, -amount);
}

bool ocs_steps_has(const struct ocs_steps *s, int64_t time_s, unsigned int n)
{
	const struct ocs_steps_node *node = find(s, time_s);

	return time_s == OCS_TIME_OPEN || (node && node->refs >= n);
}

/* ---- asking ---- */

struct sums {
	int64_t booked, taken;
};

/* What is taken at TIME_S. */
static struct sums sums_at(const struct ocs_steps *s, int64_t time_s)
{
	const struct ocs_steps_node *node = s->root;
	struct sums v = { 0, 0 };

	while (node) {
		if (time_s < node->time_s) {
			node = node->left;
			continue;
		}
		v.booked += node->booked;
		v.taken += node->taken;
		if (node->left) {
			v.booked += node->left->booked_sum;
			v.taken += node->left->taken_sum;
		}
		node = node->right;
	}
	return v;
}

/* Raise *BEST to the highest running sums of the nodes in (LO, HI). BASE: the
 * sum of all before NODE's subtree; LO_IN, HI_IN: all of the subtree is above
 * LO, below HI. */
static void highest(const struct ocs_steps_node *node, struct sums base,
		    int64_t lo, int64_t hi, bool lo_in, bool hi_in,
		    struct sums *best)
{
	struct sums here = base;

	if (!node)
		return;
	if (lo_in && hi_in) {
		best->booked = most(best->booked,
				    base.booked + node->booked_max);
		best->taken = most(best->taken, base.taken + node->taken_max);
		return;
	}
	here.booked += node->booked +
		       (node->left ? node->left->booked_sum : 0);
	here.taken += node->taken + (node->left ? node->left->taken_sum : 0);
	if (node->time_s > lo && node->time_s < hi) {
		best->booked = most(best->booked, here.booked);
		best->taken = most(best->taken, here.taken);
	}
	if (node->time_s > lo)
		highest(node->left, base, lo, hi, lo_in,
			hi_in || node->time_s <= hi, best);
	if (node->time_s < hi)
		highest(node->right, here, lo, hi,
			lo_in || node->time_s >= lo, hi_in, best);
}

static struct sums peaks(const struct ocs_steps *s, int64_t start_s,
			 int64_t end_s)
{
	struct sums best = sums_at(s, start_s), none = { 0, 0 };

	highest(s->root, none, start_s, end_s, false, false, &best);
	return best;
}

int64_t ocs_steps_peak(const struct ocs_steps *s, int64_t start_s,
		       int64_t end_s)
{
	return peaks(s, start_s, end_s).taken;
}

int64_t ocs_steps_peak_ever(const struct ocs_steps *s)
{
	return s->root && s->root->taken_max > 0 ? s->root->taken_max : 0;
}

int64_t ocs_steps_peak_booked(const struct ocs_steps *s, int64_t start_s,
			      int64_t end_s)
{
	return peaks(s, start_s, end_s).booked;
}

/* The first node after FROM_S whose running sum is above LIMIT (or, not UP, at
 * most LIMIT), or NULL. Subtrees that have none are left out whole. */
static const struct ocs_steps_node *
first(const struct ocs_steps_node *node, int64_t base, int64_t from_s,
      int64_t limit, bool up)
{
	const struct ocs_steps_node *hit;
	int64_t here;

	if (!node || (up ? base + node->taken_max <= limit :
			   base + node->taken_min > limit))
		return NULL;
	here = base + node->taken + (node->left ? node->left->taken_sum : 0);
	if (node->time_s > from_s) {
		if ((hit = first(node->left, base, from_s, limit, up)))
			return hit;
		if (up ? here > limit : here <= limit)
			return node;
	}
	return first(node->right, here, from_s, limit, up);
}

static int64_t next_time(const struct ocs_steps *s, int64_t from_s,
			 int64_t limit, bool up)
{
	int64_t now = sums_at(s, from_s).taken;
	const struct ocs_steps_node *node;

	if (up ? now > limit : now <= limit)
		return from_s;
	node = first(s->root, 0, from_s, limit, up);
	return node ? node->time_s : OCS_TIME_OPEN;
}

int64_t ocs_steps_above(const struct ocs_steps *s, int64_t from_s,
			int64_t limit)
{
	return next_time(s, from_s, limit, true);
}

int64_t ocs_steps_within(const struct ocs_steps *s, int64_t from_s,
			 int64_t limit)
{
	return next_time(s, from_s, limit, false);
}
