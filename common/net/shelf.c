// SPDX-License-Identifier: GPL-2.0-or-later
/* shelf - snapshots and configurations inside slurmctld live here */
#include "common/net/shelf.h"

#include <stdlib.h>

struct ocs_shelf_item {
	struct ocs_shelf_item *next;
	void *obj;
	unsigned int borrowed;
};

const void *ocs_shelf_get(struct ocs_shelf *shelf)
{
	const void *obj = NULL;

	pthread_mutex_lock(&shelf->lock);
	if (shelf->current) {
		shelf->current->borrowed++;
		obj = shelf->current->obj;
	}
	pthread_mutex_unlock(&shelf->lock);
	return obj;
}

void ocs_shelf_put(struct ocs_shelf *shelf, const void *obj)
{
	if (!obj)
		return;
	pthread_mutex_lock(&shelf->lock);
	for (struct ocs_shelf_item *i = shelf->first; i; i = i->next) {
		if (i->obj == obj) {
			if (i->borrowed)
				i->borrowed--;
			break;
		}
	}
	pthread_mutex_unlock(&shelf->lock);
}

int ocs_shelf_set(struct ocs_shelf *shelf, void *obj)
{
	struct ocs_shelf_item *item = NULL;

	if (obj && !(item = calloc(1, sizeof(*item))))
		return -1;
	pthread_mutex_lock(&shelf->lock);
	if (item) {
		item->obj = obj;
		item->next = shelf->first;
		shelf->first = item;
	}
	shelf->current = item;
	pthread_mutex_unlock(&shelf->lock);
	return 0;
}

void ocs_shelf_sweep(struct ocs_shelf *shelf)
{
	struct ocs_shelf_item **p, *i, *dead = NULL;

	pthread_mutex_lock(&shelf->lock);
	for (p = &shelf->first; (i = *p);) {
		if (i == shelf->current || i->borrowed) {
			p = &i->next;
			continue;
		}
		*p = i->next;
		i->next = dead;
		dead = i;
	}
	pthread_mutex_unlock(&shelf->lock);
	while ((i = dead)) {
		dead = i->next;
		shelf->destroy(i->obj);
		free(i);
	}
}
