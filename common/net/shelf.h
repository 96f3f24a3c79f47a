/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shelf - one current object that others borrow while it may be replaced
 *
 * Borrowing and giving back only count, so that they may be done under
 * slurmctld's locks; a replaced object is destroyed by whoever sweeps.
 */
#ifndef OCS_NET_SHELF_H
#define OCS_NET_SHELF_H

#include <pthread.h>

struct ocs_shelf_item;

struct ocs_shelf {
	pthread_mutex_t lock;		/* guards all below; held for moments */
	struct ocs_shelf_item *first;	/* the current one and old ones */
	struct ocs_shelf_item *current;	/* NULL: none */
	void (*destroy)(void *obj);
};

#define OCS_SHELF_INIT(fn) \
	{ .lock = PTHREAD_MUTEX_INITIALIZER, .destroy = (fn) }

/* The current object, borrowed; NULL if there is none. */
const void *ocs_shelf_get(struct ocs_shelf *shelf);
/* Give OBJ back; NULL is allowed. */
void ocs_shelf_put(struct ocs_shelf *shelf, const void *obj);
/* Make OBJ, which becomes the shelf's, current; NULL: nothing is. 0, or -1 when
 * out of memory: nothing has changed then. */
int ocs_shelf_set(struct ocs_shelf *shelf, void *obj);
/* Destroy what is neither current nor borrowed. May take its time. */
void ocs_shelf_sweep(struct ocs_shelf *shelf);

#endif
