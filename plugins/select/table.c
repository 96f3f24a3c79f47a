// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table - the leases that this controller looks after
 *
 * job_begin and job_fini put work in, under Slurm's locks; the worker takes it
 * out. What is here is never the truth: that is at the agent and in the job
 * records, and recover rebuilds the table from both.
 */
#include "plugins/select/optical.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* all below */
static struct entry *bucket[BUCKETS];
static unsigned int count;

/* Ids are random: any digits do. */
static unsigned int hash(const char *id)
{
	unsigned int h = 0;

	for (int i = 0; i < 8 && id[i]; i++)
		h = h * 31 + (unsigned char) id[i];
	return h % BUCKETS;
}

static struct entry **slot(const char *id)
{
	struct entry **p = &bucket[hash(id)];

	while (*p && strcmp((*p)->lease_id, id))
		p = &(*p)->next;
	return p;
}

int table_add(const char *lease_id, uint32_t job_id, enum phase phase,
	      bool gated, uint64_t deadline_ms, struct ocs_lease *lease)
{
	struct entry **p, *e = calloc(1, sizeof(*e));

	if (!e)
		return -1;
	snprintf(e->lease_id, sizeof(e->lease_id), "%s", lease_id);
	e->job_id = job_id;
	e->phase = phase;
	e->gated = gated;
	e->deadline_ms = deadline_ms;
	e->lease = lease;
	e->why = "job";

	pthread_mutex_lock(&lock);
	p = slot(lease_id);
	if (!*p) {
		*p = e;
		count++;
		e = NULL;
	}
	pthread_mutex_unlock(&lock);
	if (e) {
		ocs_lease_destroy(e->lease);
		free(e);
	}
	return 0;
}

bool table_with(const char *lease_id, void (*fn)(struct entry *e, void *arg),
		void *arg)
{
	struct entry *e;

	pthread_mutex_lock(&lock);
	if ((e = *slot(lease_id)))
		fn(e, arg);
	pthread_mutex_unlock(&lock);
	return e;
}

bool table_has(const char *lease_id)
{
	bool found;

	pthread_mutex_lock(&lock);
	found = *slot(lease_id);
	pthread_mutex_unlock(&lock);
	return found;
}

void table_drop(const char *lease_id)
{
	struct entry **p, *e;

	pthread_mutex_lock(&lock);
	p = slot(lease_id);
	if ((e = *p)) {
		*p = e->next;
		count--;
	}
	pthread_mutex_unlock(&lock);
	if (e)
		ocs_lease_destroy(e->lease);
	free(e);
}

void table_clear(void)
{
	struct entry *all = NULL, *e;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < BUCKETS; i++)
		while ((e = bucket[i])) {
			bucket[i] = e->next;
			e->next = all;
			all = e;
		}
	count = 0;
	pthread_mutex_unlock(&lock);
	while ((e = all)) {
		all = e->next;
		ocs_lease_destroy(e->lease);
		free(e);
	}
}

struct entry *table_list(unsigned int *n)
{
	struct entry *list;

	*n = 0;
	pthread_mutex_lock(&lock);
	if ((list = calloc(count ? count : 1, sizeof(*list))))
		for (unsigned int i = 0; i < BUCKETS; i++)
			for (struct entry *e = bucket[i]; e; e = e->next) {
				list[*n] = *e;
				list[*n].next = NULL;
				list[(*n)++].lease = NULL;
			}
	pthread_mutex_unlock(&lock);
	return list;
}

struct ocs_lease *table_lease(const char *lease_id)
{
	struct ocs_lease *lease = NULL;
	struct entry *e;

	pthread_mutex_lock(&lock);
	if ((e = *slot(lease_id)) && e->lease)
		lease = ocs_lease_copy(e->lease);
	pthread_mutex_unlock(&lock);
	return lease;
}
