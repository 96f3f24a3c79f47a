// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * driver_static - circuits that exist already: admission only
 *
 * What most first sites have: lines that are always lit, and no controller, or
 * none that may be asked. A circuit is there as soon as it is booked, since its
 * light is; taking it down takes only the booking away. So that the engine sees
 * what it wants to see, a service counts as dark from its remove() until that
 * was looked at. Services are known since the engine looked at them, only to
 * tell it which ones a link takes along: nothing is kept over restarts.
 */
#include "agent/driver.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/driver_calls.h"
#include "agent/log.h"
#include "common/core/net.h"

/* How often the file is looked at, in s. */
#define LOOK_S 1
/* A file with more than this is none of ours, in bytes. */
#define FILE_MAX (1 << 20)

#define CHAINS 1024		/* a power of 2 */

struct known {
	LIST_ENTRY(known) list;
	bool removed;		/* and nobody looked yet */
	struct ocs_service svc;	/* last: only nhops of its hops are there */
};
LIST_HEAD(chain, known);

struct line {
	char name[OCS_NAME_MAX];
	bool down, was;
};

struct fixed {
	struct ocs_driver drv;
	char path[256];		/* "": none */
	struct ocs_calls *calls;
	pthread_mutex_t lock;	/* guards all below */
	pthread_cond_t wake;
	pthread_t thread;
	bool running, stopping;
	struct chain chain[CHAINS];	/* by ids */
	unsigned int nlines;
	struct line *line;	/* in order of names */
	struct timespec mtime;
	off_t size;
	ino_t ino;
	bool complained;
};

static const struct ocs_driver_ops static_ops;

static int by_name(const void *x, const void *y)
{
	const struct line *a = x, *b = y;

	return strcmp(a->name, b->name);
}

static int name_is(const void *name, const void *y)
{
	const struct line *l = y;

	return strcmp(name, l->name);
}

static struct line *line_find(struct fixed *fx, const char *name)
{
	return bsearch(name, fx->line, fx->nlines, sizeof(*fx->line), name_is);
}

static struct chain *chain_of(struct fixed *fx, const char *id)
{
	uint32_t h = 2166136261U;

	for (; *id; id++)
		h = (h ^ (unsigned char) *id) * 16777619U;
	return &fx->chain[h & (CHAINS - 1)];
}

static struct known *known_find(struct fixed *fx, const char *id)
{
	struct known *k;

	LIST_FOREACH(k, chain_of(fx, id), list)
		if (!strcmp(k->svc.id, id))
			return k;
	return NULL;
}

/* SVC as known, made if it must be; NULL: out of memory. */
static struct known *known_get(struct fixed *fx, const struct ocs_service *svc)
{
	size_t size = offsetof(struct ocs_service, hop) +
		      svc->nhops * sizeof(svc->hop[0]);
	struct known *k = known_find(fx, svc->id);

	if (k || !(k = calloc(1, offsetof(struct known, svc) + size)))
		return k;
	memcpy(&k->svc, svc, size);
	k->svc.port_a = k->svc.port_z = NULL;	/* not ours to keep */
	LIST_INSERT_HEAD(chain_of(fx, svc->id), k, list);
	return k;
}

static void known_drop(struct known *k)
{
	LIST_REMOVE(k, list);
	free(k);
}

/* The link of SVC that is down, or not ours; NULL: none. */
static const char *down_link(struct fixed *fx, const struct ocs_service *svc)
{
	for (unsigned int i = 0; i < svc->nhops; i++) {
		const struct line *l = line_find(fx, svc->hop[i]);

		if (!l || l->down)
			return svc->hop[i];
	}
	return NULL;
}

static void static_create(struct ocs_driver *drv,
			  const struct ocs_service *svc, uint64_t op,
			  ocs_driver_done_f done, void *arg)
{
	struct fixed *fx = (struct fixed *) drv;
	struct ocs_owed to = { op, done, arg };
	struct known *k;
	const char *down;

	pthread_mutex_lock(&fx->lock);
	if (!(k = known_get(fx, svc))) {
		ocs_calls_answer(fx->calls, &to, svc->id, OCS_DRV_LOST,
				 OCS_LIGHT_ABSENT, "static: out of memory");
	} else if ((down = down_link(fx, svc))) {
		k->removed = false;
		ocs_calls_answer(fx->calls, &to, svc->id, OCS_DRV_FAULT,
				 OCS_LIGHT_DARK, "static: %s is down", down);
	} else {
		k->removed = false;
		ocs_calls_answer(fx->calls, &to, svc->id, OCS_DRV_DONE,
				 OCS_LIGHT_LIT, "%s", "");
	}
	pthread_mutex_unlock(&fx->lock);
}

static void static_remove(struct ocs_driver *drv,
			  const struct ocs_service *svc, uint64_t op,
			  ocs_driver_done_f done, void *arg)
{
	struct fixed *fx = (struct fixed *) drv;
	struct ocs_owed to = { op, done, arg };
	struct known *k;

	pthread_mutex_lock(&fx->lock);
	if ((k = known_get(fx, svc)))
		k->removed = true;
	ocs_calls_answer(fx->calls, &to, svc->id,
			 k ? OCS_DRV_DONE : OCS_DRV_LOST, OCS_LIGHT_ABSENT,
			 "%s", k ? "" : "static: out of memory");
	pthread_mutex_unlock(&fx->lock);
}

static void static_look(struct ocs_driver *drv, const struct ocs_service *svc,
			uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct fixed *fx = (struct fixed *) drv;
	struct ocs_owed to = { op, done, arg };
	enum ocs_light light;
	struct known *k;

	pthread_mutex_lock(&fx->lock);
	k = known_get(fx, svc);
	light = k && k->removed ? OCS_LIGHT_ABSENT : down_link(fx, svc) ?
		OCS_LIGHT_DARK : OCS_LIGHT_LIT;
	ocs_calls_answer(fx->calls, &to, svc->id,
			 k ? OCS_DRV_DONE : OCS_DRV_LOST, light, "%s",
			 k ? "" : "static: out of memory");
	if (k && k->removed)
		known_drop(k);
	pthread_mutex_unlock(&fx->lock);
}

/* The light is there whatever is booked of it. */
static void static_resize(struct ocs_driver *drv,
			  const struct ocs_service *svc, uint64_t op,
			  ocs_driver_done_f done, void *arg)
{
	struct fixed *fx = (struct fixed *) drv;
	struct ocs_owed to = { op, done, arg };

	ocs_calls_answer(fx->calls, &to, svc->id, OCS_DRV_DONE, OCS_LIGHT_LIT,
			 "%s", "");
}

/* ---- the operator's file ---- */

/* Once until it is well again. */
static void complain(struct fixed *fx, const char *text)
{
	if (!fx->complained)
		ocs_log("driver-static", "file=%s cause=%s note=\"links stay as they were\"",
			ocs_quote(fx->path).text, ocs_quote(text).text);
	fx->complained = true;
}

/* Names of FILE: what of ours they are is down. 0, or -1 and CAUSE. */
static int read_names(struct fixed *fx, FILE *f, char cause[static 160])
{
	char text[512], *name, *save;

	for (unsigned int n = 1; fgets(text, sizeof(text), f); n++) {
		text[strcspn(text, "#\n")] = '\0';
		for (name = strtok_r(text, " \t\r", &save); name;
		     name = strtok_r(NULL, " \t\r", &save)) {
			struct line *l = line_find(fx, name);

			if (!l) {
				snprintf(cause, 160,
					 "line %u: there is no link '%.63s' of this driver",
					 n, name);
				return -1;
			}
			l->down = true;
		}
	}
	return 0;
}

/* Links of which l->was is not l->down any more, and what they carry. */
static void tell(struct fixed *fx)
{
	for (unsigned int i = 0; i < fx->nlines; i++)
		if (fx->line[i].down != fx->line[i].was)
			ocs_calls_link(fx->calls, fx->line[i].name,
				       fx->line[i].down);
	for (unsigned int i = 0; i < CHAINS; i++) {
		struct known *k;

		LIST_FOREACH(k, &fx->chain[i], list) {
			const char *down = down_link(fx, &k->svc), *was = NULL;

			for (unsigned int j = 0; j < k->svc.nhops; j++) {
				struct line *l = line_find(fx, k->svc.hop[j]);

				if (l && l->was)
					was = l->name;
			}
			if (!k->removed && !down != !was)
				ocs_calls_service(fx->calls, k->svc.id,
						  down ? OCS_LIGHT_DARK :
						  OCS_LIGHT_LIT,
						  "static: %s %s",
						  down ? down : was,
						  down ? "is down" : "is up");
		}
	}
}

static int read_file(struct fixed *fx, char cause[static 160])
{
	FILE *f = fopen(fx->path, "re");
	int rc;

	if (!f && errno == ENOENT)
		return 0;	/* nothing is down */
	if (!f) {
		snprintf(cause, 160, "%s", strerror(errno));
		return -1;
	}
	rc = read_names(fx, f, cause);
	fclose(f);
	return rc;
}

/* Read the file if it is another than before, and say what changed. */
static void refresh(struct fixed *fx)
{
	char cause[160] = "";
	struct stat st;

	if (stat(fx->path, &st) < 0)
		memset(&st, 0, sizeof(st));
	if (st.st_size == fx->size && st.st_ino == fx->ino &&
	    st.st_mtim.tv_sec == fx->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == fx->mtime.tv_nsec)
		return;
	fx->size = st.st_size;
	fx->ino = st.st_ino;
	fx->mtime = st.st_mtim;
	for (unsigned int i = 0; i < fx->nlines; i++) {
		fx->line[i].was = fx->line[i].down;
		fx->line[i].down = false;
	}
	if (st.st_size > FILE_MAX)
		snprintf(cause, sizeof(cause), "it has more than %d bytes",
			 FILE_MAX);
	if (cause[0] || read_file(fx, cause) < 0) {
		for (unsigned int i = 0; i < fx->nlines; i++)
			fx->line[i].down = fx->line[i].was;
		complain(fx, cause);
		return;
	}
	fx->complained = false;
	tell(fx);
}

static void *static_main(void *arg)
{
	struct fixed *fx = arg;
	struct timespec ts;

	pthread_mutex_lock(&fx->lock);
	while (!fx->stopping) {
		refresh(fx);
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_sec += LOOK_S;
		pthread_cond_timedwait(&fx->wake, &fx->lock, &ts);
	}
	pthread_mutex_unlock(&fx->lock);
	return NULL;
}

/* ---- life ---- */

static int static_start(struct ocs_driver *drv,
			const struct ocs_driver_watch *watch,
			struct ocs_error *err)
{
	struct fixed *fx = (struct fixed *) drv;
	int rc;

	if (ocs_calls_start(fx->calls, "static", watch, err) < 0)
		return -1;
	if (!fx->path[0])
		return 0;
	pthread_mutex_lock(&fx->lock);
	refresh(fx);	/* before anything is admitted */
	pthread_mutex_unlock(&fx->lock);
	if ((rc = pthread_create(&fx->thread, NULL, static_main, fx)))
		return ocs_fail(err, OCS_IO, "driver static: thread: %s",
				strerror(rc));
	fx->running = true;
	return 0;
}

static void static_stop(struct ocs_driver *drv)
{
	struct fixed *fx = (struct fixed *) drv;

	if (fx->running) {
		pthread_mutex_lock(&fx->lock);
		fx->stopping = true;
		pthread_cond_signal(&fx->wake);
		pthread_mutex_unlock(&fx->lock);
		pthread_join(fx->thread, NULL);
		fx->running = false;
	}
	ocs_calls_stop(fx->calls);
}

static void static_destroy(struct ocs_driver *drv)
{
	struct fixed *fx = (struct fixed *) drv;

	if (!fx)
		return;
	static_stop(drv);
	for (unsigned int i = 0; i < CHAINS; i++)
		while (LIST_FIRST(&fx->chain[i]))
			known_drop(LIST_FIRST(&fx->chain[i]));
	ocs_calls_destroy(fx->calls);
	pthread_cond_destroy(&fx->wake);
	pthread_mutex_destroy(&fx->lock);
	free(fx->line);
	free(fx);
}

struct ocs_driver *ocs_driver_static_create(const char *down_path,
					    const struct ocs_net *net,
					    struct ocs_error *err)
{
	struct fixed *fx = calloc(1, sizeof(*fx));

	if (!fx) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	fx->drv.ops = &static_ops;
	pthread_mutex_init(&fx->lock, NULL);
	pthread_cond_init(&fx->wake, NULL);
	snprintf(fx->path, sizeof(fx->path), "%s", down_path);
	if (!(fx->line = calloc(net->nlinks + 1, sizeof(*fx->line)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto fail;
	}
	if (!(fx->calls = ocs_calls_create(err)))
		goto fail;
	for (unsigned int i = 0; i < net->nlinks; i++)
		strcpy(fx->line[i].name, net->link[i].name);
	fx->nlines = net->nlinks;
	qsort(fx->line, fx->nlines, sizeof(*fx->line), by_name);
	return &fx->drv;
fail:
	static_destroy(&fx->drv);
	return NULL;
}

static const struct ocs_driver_ops static_ops = {
	.name = "static",
	.start = static_start,
	.stop = static_stop,
	.destroy = static_destroy,
	.create = static_create,
	.remove = static_remove,
	.look = static_look,
	.resize = static_resize,
};
