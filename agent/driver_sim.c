// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * driver_sim - a controller and its network, simulated
 *
 * Set-up takes SimSetupTime and release SimReleaseTime; faults are made on
 * request. The network is a file of its own beside the ledger: each change is
 * one appended line, written before it is reported, so that after kill -9 what
 * was lit is lit, and what was being built goes on being built, as with a real
 * controller. It needs no fsync: a simulated network may go dark with the host.
 *
 *  S ID STATE DUE_MS RATE A Z HOP,HOP...   a service (Unix ms of its end)
 *  D ID                                    it is gone
 *  L LINK up|down                          data plane of a link
 *  F LINK REFUSE FAIL_LATE                 faults still to come
 */
#include "ocs_config.h"	/* asprintf() */

#include "agent/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "agent/point.h"
#include "agent/text.h"
#include "common/core/net.h"
#include "common/sys/clock.h"

/* The file is rewritten when it has this many lines more than it needs. */
#define SLACK_LINES 10000
#define LINE_BYTES 2048
#define FAULTS_MAX 1000000
#define CHAINS_MIN 64

enum sim_state { SIM_BUILDING, SIM_LIT, SIM_BROKEN, SIM_TEARING };
static const char *const state_names[] = {
	"building", "lit", "broken", "tearing"
};

/* An answer that is owed. */
struct answer {
	uint64_t op;		/* 0: none */
	ocs_driver_done_f done;
	void *arg;
};

struct sim_service {
	LIST_ENTRY(sim_service) hash;
	TAILQ_ENTRY(sim_service) queue;
	struct queue *in;	/* of those that are due some time, or NULL */
	enum sim_state state;
	int64_t due_ms;		/* Unix ms: building and tearing end */
	bool will_fail;		/* fail_late was taken for it */
	const char *fail_link;	/* the name in sim_link or svc */
	struct answer create, remove;
	struct ocs_service svc;	/* last: only nhops of its hops are there */
};
LIST_HEAD(chain, sim_service);
TAILQ_HEAD(queue, sim_service);

/* A call that is to be made without our lock. */
struct call {
	struct call *next;
	bool watch;		/* of the watcher, not an answer */
	struct answer to;
	enum ocs_outcome outcome;
	enum ocs_light light;
	char id[OCS_SERVICE_ID_MAX];	/* watch: the service, or "" */
	const struct sim_link *changed;
	bool down;
	char *cause;		/* owned; NULL: none */
};

struct sim_link {
	char name[OCS_NAME_MAX];	/* [0] is "*" */
	bool down;
	unsigned int refuse, fail_late;
};

struct sim {
	struct ocs_driver drv;
	char path[300];
	uint64_t setup_ms, release_ms;
	pthread_mutex_t lock;	/* guards all below */
	pthread_cond_t wake;
	pthread_t thread;
	bool running, stopping;
	FILE *file;
	unsigned int lines;	/* in the file */
	struct ocs_driver_watch watch;
	unsigned int nlinks;
	struct sim_link *link;
	struct sim_link **by_name;
	unsigned int nservices, nchains;	/* a power of 2 */
	struct chain *chain;	/* services by their ids */
	struct queue building, tearing;		/* soonest first */
	struct call *first, **last;
};

static const struct ocs_driver_ops sim_ops;

/* ---- the network's file ---- */

static void put_service(FILE *f, const struct sim_service *s)
{
	fprintf(f, "S %s %s %" PRId64 " %" PRIu64 " %s %s ", s->svc.id,
		s->state == SIM_BUILDING && s->will_fail ? "failing" :
		state_names[s->state], s->due_ms, s->svc.rate_bps, s->svc.a,
		s->svc.z);
	for (unsigned int i = 0; i < s->svc.nhops; i++)
		fprintf(f, "%s%s", i ? "," : "", s->svc.hop[i]);
	fputs("\n", f);
}

static void put_link(FILE *f, const struct sim_link *l)
{
	fprintf(f, "L %s %s\n", l->name, l->down ? "down" : "up");
}

static void put_faults(FILE *f, const struct sim_link *l)
{
	fprintf(f, "F %s %u %u\n", l->name, l->refuse, l->fail_late);
}

/* Write the file anew; on failure the old one stays in use. */
static int rewrite(struct sim *sim, struct ocs_error *err)
{
	char tmp[sizeof(sim->path) + 8];
	unsigned int lines = 0;
	FILE *f;
	int fd;

	snprintf(tmp, sizeof(tmp), "%s.new", sim->path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || !(f = fdopen(fd, "w"))) {
		ocs_fail(err, OCS_IO, "%s: %s", tmp, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (unsigned int i = 0; i < sim->nchains; i++) {
		struct sim_service *s;

		LIST_FOREACH(s, &sim->chain[i], hash) {
			put_service(f, s);
			lines++;
		}
	}
	for (unsigned int i = 0; i < sim->nlinks; i++, lines += 2) {
		put_link(f, &sim->link[i]);
		put_faults(f, &sim->link[i]);
	}
	if (fflush(f) || rename(tmp, sim->path) < 0) {
		ocs_fail(err, OCS_IO, "%s: %s", tmp, strerror(errno));
		fclose(f);
		unlink(tmp);
		return -1;
	}
	if (sim->file)
		fclose(sim->file);
	sim->file = f;
	sim->lines = lines;
	return 0;
}

/* One line was printed: make it one write(2). */
static void flush_line(struct sim *sim)
{
	OCS_POINT("network.write");
	fflush(sim->file);
	OCS_POINT("network.written");
	clearerr(sim->file);
	if (++sim->lines > SLACK_LINES + 2 * (sim->nservices + sim->nlinks))
		rewrite(sim, NULL);
}

static void save_service(struct sim *sim, const struct sim_service *s)
{
	put_service(sim->file, s);
	flush_line(sim);
}

static int by_name(const void *x, const void *y)
{
	const struct sim_link *const *a = x, *const *b = y;

	return strcmp((*a)->name, (*b)->name);
}

static int name_is(const void *name, const void *y)
{
	const struct sim_link *const *l = y;

	return strcmp(name, (*l)->name);
}

static struct sim_link *link_find(struct sim *sim, const char *name)
{
	struct sim_link **l = bsearch(name, sim->by_name, sim->nlinks,
				      sizeof(*l), name_is);

	return l ? *l : NULL;
}

static struct chain *chain_of(struct sim *sim, const char *id)
{
	uint32_t h = 2166136261U;

	for (; *id; id++)
		h = (h ^ (unsigned char) *id) * 16777619U;
	return &sim->chain[h & (sim->nchains - 1)];
}

static struct sim_service *service_find(struct sim *sim, const char *id)
{
	struct sim_service *s;

	LIST_FOREACH(s, chain_of(sim, id), hash)
		if (!strcmp(s->svc.id, id))
			return s;
	return NULL;
}

/* Longer chains are only slow. */
static void grow(struct sim *sim)
{
	unsigned int old = sim->nchains;
	struct chain *from = sim->chain, *to;
	struct sim_service *s;

	if (sim->nservices < old || !(to = calloc(2 * old, sizeof(*to))))
		return;
	sim->chain = to;
	sim->nchains = 2 * old;
	for (unsigned int i = 0; i < old; i++) {
		while ((s = LIST_FIRST(&from[i]))) {
			LIST_REMOVE(s, hash);
			LIST_INSERT_HEAD(chain_of(sim, s->svc.id), s, hash);
		}
	}
	free(from);
}

/* Where S waits for its time, if its state is such. */
static void enqueue(struct sim *sim, struct sim_service *s)
{
	struct sim_service *after;

	if (s->in)
		TAILQ_REMOVE(s->in, s, queue);
	s->in = s->state == SIM_BUILDING ? &sim->building :
		s->state == SIM_TEARING ? &sim->tearing : NULL;
	if (!s->in)
		return;
	after = TAILQ_LAST(s->in, queue);
	while (after && after->due_ms > s->due_ms)
		after = TAILQ_PREV(after, queue, queue);
	if (after)
		TAILQ_INSERT_AFTER(s->in, after, s, queue);
	else
		TAILQ_INSERT_HEAD(s->in, s, queue);
}

static struct sim_service *service_add(struct sim *sim,
				       const struct ocs_service *svc)
{
	size_t size = offsetof(struct ocs_service, hop) +
		      svc->nhops * sizeof(svc->hop[0]);
	struct sim_service *s;

	s = calloc(1, offsetof(struct sim_service, svc) + size);
	if (!s)
		return NULL;
	memcpy(&s->svc, svc, size);
	grow(sim);
	LIST_INSERT_HEAD(chain_of(sim, svc->id), s, hash);
	sim->nservices++;
	return s;
}

static void service_free(struct sim *sim, struct sim_service *s)
{
	LIST_REMOVE(s, hash);
	if (s->in)
		TAILQ_REMOVE(s->in, s, queue);
	sim->nservices--;
	free(s);
}

static void service_drop(struct sim *sim, struct sim_service *s)
{
	fprintf(sim->file, "D %s\n", s->svc.id);
	flush_line(sim);
	service_free(sim, s);
}

static bool load_service(struct sim *sim, const char *line)
{
	char state[16], hops[OCS_HOPS_MAX * OCS_NAME_MAX] = "", *save = NULL;
	struct ocs_service svc = { 0 };
	struct sim_service *s;
	int64_t due;

	if (sscanf(line, "S %40s %15s %" SCNd64 " %" SCNu64
		   " %63s %63s %1023s", svc.id, state, &due, &svc.rate_bps,
		   svc.a, svc.z, hops) < 6)
		return false;
	for (char *h = strtok_r(hops, ",", &save); h;
	     h = strtok_r(NULL, ",", &save))
		if (svc.nhops < OCS_HOPS_MAX)
			snprintf(svc.hop[svc.nhops++], OCS_NAME_MAX, "%s", h);
	if (!(s = service_find(sim, svc.id)) && !(s = service_add(sim, &svc)))
		return false;
	s->svc.rate_bps = svc.rate_bps;
	s->due_ms = due;
	s->will_fail = !strcmp(state, "failing");
	s->state = SIM_BUILDING;
	for (unsigned int i = 0; i < 4; i++)
		if (!strcmp(state, state_names[i]))
			s->state = (enum sim_state) i;
	enqueue(sim, s);
	return true;
}

static bool load_line(struct sim *sim, const char *line)
{
	char name[OCS_NAME_MAX], word[16];
	unsigned int refuse, late;
	struct sim_service *s;
	struct sim_link *l;

	switch (line[0]) {
	case 'S':
		return load_service(sim, line);
	case 'D':
		if (sscanf(line, "D %63s", name) != 1)
			return false;
		if ((s = service_find(sim, name)))
			service_free(sim, s);
		return true;
	case 'L':
		if (sscanf(line, "L %63s %15s", name, word) != 2)
			return false;
		if ((l = link_find(sim, name)))
			l->down = !strcmp(word, "down");
		return true;
	case 'F':
		if (sscanf(line, "F %63s %u %u", name, &refuse, &late) != 3)
			return false;
		if ((l = link_find(sim, name))) {
			l->refuse = refuse;
			l->fail_late = late;
		}
		return true;
	}
	return false;
}

static int load(struct sim *sim, struct ocs_error *err)
{
	FILE *f = fopen(sim->path, "re");
	char line[LINE_BYTES];
	int rc = 0;

	if (!f)
		return errno == ENOENT ? 0 :
			ocs_fail(err, OCS_IO, "%s: %s", sim->path,
				 strerror(errno));
	/* The last line is torn if the host died while it was written. */
	for (unsigned int n = 1; fgets(line, sizeof(line), f); n++)
		if (!load_line(sim, line) && strchr(line, '\n'))
			rc = ocs_fail(err, OCS_IO,
				      "%s:%u: not a line of a simulated network",
				      sim->path, n);
	fclose(f);
	return rc;
}

/* ---- calls outwards ---- */

static struct call *call_add(struct sim *sim)
{
	struct call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;	/* the engine's own deadline covers this */
	*sim->last = c;
	sim->last = &c->next;
	pthread_cond_signal(&sim->wake);
	return c;
}

__attribute__((format(printf, 6, 7))) static void
answer(struct sim *sim, struct answer *to, const struct ocs_service *svc,
       enum ocs_outcome outcome, enum ocs_light light, const char *fmt, ...)
{
	struct call *c;
	va_list ap;

	if (!to->op || !(c = call_add(sim)))
		return;
	c->to = *to;
	strcpy(c->id, svc->id);
	c->outcome = outcome;
	c->light = light;
	va_start(ap, fmt);
	if (vasprintf(&c->cause, fmt, ap) < 0)
		c->cause = NULL;
	va_end(ap);
	memset(to, 0, sizeof(*to));
}

static void tell_service(struct sim *sim, const struct sim_service *s,
			 enum ocs_light light, const char *why,
			 const char *link)
{
	struct call *c = call_add(sim);

	if (!c)
		return;
	c->watch = true;
	c->light = light;
	strcpy(c->id, s->svc.id);
	if (*link && asprintf(&c->cause, "sim %s %s", link, why) < 0)
		c->cause = NULL;
}

static void tell_link(struct sim *sim, const struct sim_link *l)
{
	struct call *c = call_add(sim);

	if (!c)
		return;
	c->watch = true;
	c->changed = l;
	c->down = l->down;
}

/* Make all calls that are due, without the lock. */
static void make_calls(struct sim *sim)
{
	struct call *c = sim->first;
	struct ocs_driver_watch watch = sim->watch;

	sim->first = NULL;
	sim->last = &sim->first;
	pthread_mutex_unlock(&sim->lock);
	while (c) {
		struct call *next = c->next;
		const char *cause = c->cause ? c->cause : "";

		if (!c->watch)
			c->to.done(c->to.arg, c->id, c->to.op, c->outcome,
				   c->light, cause);
		else if (c->id[0])
			watch.service(watch.arg, c->id, c->light, cause);
		else
			watch.link(watch.arg, c->changed->name, c->down);
		free(c->cause);
		free(c);
		c = next;
	}
	pthread_mutex_lock(&sim->lock);
}

/* ---- the network ---- */

/* The first of its links that is down, or NULL. */
static const char *dark_link(struct sim *sim, const struct ocs_service *svc)
{
	for (unsigned int i = 0; i < svc->nhops; i++) {
		struct sim_link *l = link_find(sim, svc->hop[i]);

		if (!l || l->down)
			return svc->hop[i];
	}
	return NULL;
}

static enum ocs_light light_of(struct sim *sim, const struct sim_service *s)
{
	switch (s->state) {
	case SIM_BUILDING:
		return OCS_LIGHT_BUILDING;
	case SIM_TEARING:
		return OCS_LIGHT_TEARING;
	case SIM_BROKEN:
		return OCS_LIGHT_DARK;
	case SIM_LIT:
		break;
	}
	return dark_link(sim, &s->svc) ? OCS_LIGHT_DARK : OCS_LIGHT_LIT;
}

static void built(struct sim *sim, struct sim_service *s)
{
	const char *dark = dark_link(sim, &s->svc);

	if (s->will_fail || dark) {
		s->state = SIM_BROKEN;
		enqueue(sim, s);
		save_service(sim, s);
		answer(sim, &s->create, &s->svc, OCS_DRV_FAULT, OCS_LIGHT_DARK,
		       "sim failed %s: %s", dark ? dark : s->fail_link,
		       dark ? "link is down" : "set-up failed on command");
		return;
	}
	s->state = SIM_LIT;
	enqueue(sim, s);
	save_service(sim, s);
	answer(sim, &s->create, &s->svc, OCS_DRV_DONE, OCS_LIGHT_LIT, "%s", "");
}

/* Let what is due happen; returns Unix ms of what is due next. */
static int64_t advance(struct sim *sim)
{
	int64_t now = ocs_clock_unix_ms(), next = INT64_MAX;
	struct sim_service *s;

	while ((s = TAILQ_FIRST(&sim->building)) && s->due_ms <= now)
		built(sim, s);
	if (s)
		next = s->due_ms;
	while ((s = TAILQ_FIRST(&sim->tearing)) && s->due_ms <= now) {
		answer(sim, &s->remove, &s->svc, OCS_DRV_DONE, OCS_LIGHT_ABSENT,
		       "%s", "");
		service_drop(sim, s);
	}
	return s && s->due_ms < next ? s->due_ms : next;
}

static void *sim_main(void *arg)
{
	struct sim *sim = arg;
	struct timespec ts;
	int64_t next;

	pthread_mutex_lock(&sim->lock);
	while (!sim->stopping) {
		next = advance(sim);
		if (sim->first) {
			make_calls(sim);
			continue;
		}
		if (next == INT64_MAX) {
			pthread_cond_wait(&sim->wake, &sim->lock);
			continue;
		}
		ts.tv_sec = next / 1000;
		ts.tv_nsec = next % 1000 * 1000000;
		pthread_cond_timedwait(&sim->wake, &sim->lock, &ts);
	}
	pthread_mutex_unlock(&sim->lock);
	return NULL;
}

/* A fault that SVC's set-up meets: its link, or NULL. One is used up. */
static struct sim_link *meet(struct sim *sim, const struct ocs_service *svc,
			     bool late)
{
	for (unsigned int i = 0; i <= svc->nhops; i++) {
		struct sim_link *l = link_find(sim, i < svc->nhops ?
					       svc->hop[i] : "*");
		unsigned int *n = !l ? NULL : late ? &l->fail_late : &l->refuse;

		if (!n || !*n)
			continue;
		--*n;
		put_faults(sim->file, l);
		flush_line(sim);
		return l;
	}
	return NULL;
}

static const char *fault_name(const struct sim_link *l,
			      const struct ocs_service *svc)
{
	return strcmp(l->name, "*") || !svc->nhops ? l->name : svc->hop[0];
}

static void sim_create(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct sim *sim = (struct sim *) drv;
	struct answer to = { op, done, arg };
	struct sim_service *s;
	struct sim_link *l;

	pthread_mutex_lock(&sim->lock);
	if ((s = service_find(sim, svc->id))) {
		if (s->state == SIM_BUILDING)
			s->create = to;
		else if (s->state == SIM_LIT)
			answer(sim, &to, svc, OCS_DRV_DONE, OCS_LIGHT_LIT, "%s", "");
		else
			answer(sim, &to, svc, OCS_DRV_FAULT, light_of(sim, s),
			       "sim: an older set-up is still being removed");
	} else if ((l = meet(sim, svc, false))) {
		answer(sim, &to, svc, OCS_DRV_REFUSED, OCS_LIGHT_ABSENT,
		       "sim refused %s: set-up refused on command",
		       fault_name(l, svc));
	} else if (!(s = service_add(sim, svc))) {
		answer(sim, &to, svc, OCS_DRV_REFUSED, OCS_LIGHT_ABSENT,
		       "sim: out of memory");
	} else {
		s->create = to;
		s->state = SIM_BUILDING;
		s->due_ms = ocs_clock_unix_ms() + (int64_t) sim->setup_ms;
		enqueue(sim, s);
		if ((l = meet(sim, svc, true))) {
			s->will_fail = true;
			s->fail_link = fault_name(l, &s->svc);
		}
		save_service(sim, s);
		pthread_cond_signal(&sim->wake);
	}
	pthread_mutex_unlock(&sim->lock);
}

static void sim_remove(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct sim *sim = (struct sim *) drv;
	struct answer to = { op, done, arg };
	struct sim_service *s;

	pthread_mutex_lock(&sim->lock);
	s = service_find(sim, svc->id);
	if (!s) {
		answer(sim, &to, svc, OCS_DRV_DONE, OCS_LIGHT_ABSENT, "%s", "");
	} else {
		answer(sim, &s->create, &s->svc, OCS_DRV_ABORTED, OCS_LIGHT_TEARING,
		       "sim: removed while it was built");
		if (s->state != SIM_TEARING) {
			s->state = SIM_TEARING;
			s->due_ms = ocs_clock_unix_ms() +
				    (int64_t) sim->release_ms;
			enqueue(sim, s);
			save_service(sim, s);
		}
		s->remove = to;
		pthread_cond_signal(&sim->wake);
	}
	pthread_mutex_unlock(&sim->lock);
}

static void sim_look(struct ocs_driver *drv, const struct ocs_service *svc,
		     uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct sim *sim = (struct sim *) drv;
	struct answer to = { op, done, arg };
	struct sim_service *s;

	pthread_mutex_lock(&sim->lock);
	s = service_find(sim, svc->id);
	answer(sim, &to, svc, OCS_DRV_DONE, s ? light_of(sim, s) : OCS_LIGHT_ABSENT,
	       "%s", "");
	pthread_mutex_unlock(&sim->lock);
}

/* Hitless, as of an ODUflex (G.7044): at once. */
static void sim_resize(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct sim *sim = (struct sim *) drv;
	struct answer to = { op, done, arg };
	struct sim_service *s;
	struct sim_link *l;

	pthread_mutex_lock(&sim->lock);
	s = service_find(sim, svc->id);
	if (!s || s->state != SIM_LIT) {
		answer(sim, &to, svc, OCS_DRV_FAULT,
		       s ? light_of(sim, s) : OCS_LIGHT_ABSENT,
		       "sim: it is not lit");
	} else if (s->svc.rate_bps < svc->rate_bps &&
		   (l = meet(sim, svc, false))) {
		answer(sim, &to, svc, OCS_DRV_REFUSED, OCS_LIGHT_LIT,
		       "sim refused %s: more was refused on command",
		       fault_name(l, svc));
	} else {
		s->svc.rate_bps = svc->rate_bps;
		save_service(sim, s);
		answer(sim, &to, svc, OCS_DRV_DONE, OCS_LIGHT_LIT, "%s", "");
	}
	pthread_mutex_unlock(&sim->lock);
}

static bool crosses(const struct ocs_service *svc, const char *link)
{
	for (unsigned int i = 0; i < svc->nhops; i++)
		if (!strcmp(svc->hop[i], link))
			return true;
	return false;
}

static void set_down(struct sim *sim, struct sim_link *l, bool down)
{
	if (l->down == down || !strcmp(l->name, "*"))
		return;
	l->down = down;
	put_link(sim->file, l);
	flush_line(sim);
	tell_link(sim, l);
	for (unsigned int i = 0; i < sim->nchains; i++) {
		struct sim_service *s;

		LIST_FOREACH(s, &sim->chain[i], hash)
			if (s->state == SIM_LIT && crosses(&s->svc, l->name))
				tell_service(sim, s, light_of(sim, s),
					     down ? "was cut" : "recovered",
					     l->name);
	}
}

static int sim_fault(struct ocs_driver *drv, const char *link,
		     const char *kind, unsigned int count,
		     struct ocs_error *err)
{
	struct sim *sim = (struct sim *) drv;
	bool all = !strcmp(link, "*");
	struct sim_link *l;

	if (strcmp(kind, "refuse") && strcmp(kind, "fail_late") &&
	    strcmp(kind, "cut") && strcmp(kind, "recover"))
		return ocs_fail(err, OCS_SYNTAX,
				"bad fault '%.40s': refuse, fail_late, cut or recover is expected",
				kind);
	if (count < 1 || count > FAULTS_MAX)
		return ocs_fail(err, OCS_RANGE,
				"bad count %u: 1 to %d is expected", count,
				FAULTS_MAX);
	pthread_mutex_lock(&sim->lock);
	if (!(l = link_find(sim, link))) {
		pthread_mutex_unlock(&sim->lock);
		return ocs_fail(err, OCS_NOT_FOUND, "there is no link '%.63s'",
				link);
	}
	for (unsigned int i = 0; i < sim->nlinks; i++) {
		struct sim_link *each = &sim->link[i];

		if (each != l && !(all && (*kind == 'c' || !strcmp(kind, "recover"))))
			continue;
		if (!strcmp(kind, "refuse")) {
			each->refuse = count;
		} else if (!strcmp(kind, "fail_late")) {
			each->fail_late = count;
		} else if (!strcmp(kind, "cut")) {
			set_down(sim, each, true);
		} else {
			each->refuse = each->fail_late = 0;
			set_down(sim, each, false);
		}
		put_faults(sim->file, each);
		flush_line(sim);
	}
	pthread_mutex_unlock(&sim->lock);
	return 0;
}

static char *sim_faults(struct ocs_driver *drv)
{
	struct sim *sim = (struct sim *) drv;
	struct ocs_text t = { 0 };
	const char *comma = "";

	ocs_text_add(&t, "{\"faults\":[");
	pthread_mutex_lock(&sim->lock);
	for (unsigned int i = 0; i < sim->nlinks; i++) {
		struct sim_link *l = &sim->link[i];

		if (!l->down && !l->refuse && !l->fail_late)
			continue;
		ocs_text_add(&t, "%s{\"link\":", comma);
		ocs_text_add_json(&t, l->name);
		ocs_text_add(&t, ",\"refuse\":%u,\"fail_late\":%u,\"cut\":%s}",
			     l->refuse, l->fail_late,
			     l->down ? "true" : "false");
		comma = ",";
	}
	pthread_mutex_unlock(&sim->lock);
	ocs_text_add(&t, "]}");
	return ocs_text_take(&t);
}

/* ---- life ---- */

static int sim_start(struct ocs_driver *drv,
		     const struct ocs_driver_watch *watch,
		     struct ocs_error *err)
{
	struct sim *sim = (struct sim *) drv;
	struct sim_service *s;
	int rc;

	/* The engine may be asking already. */
	pthread_mutex_lock(&sim->lock);
	sim->watch = *watch;
	for (unsigned int i = 0; i < sim->nlinks; i++)
		if (sim->link[i].down)
			tell_link(sim, &sim->link[i]);
	for (unsigned int i = 0; i < sim->nchains; i++)
		LIST_FOREACH(s, &sim->chain[i], hash)
			tell_service(sim, s, light_of(sim, s), "", "");
	pthread_mutex_unlock(&sim->lock);
	if ((rc = pthread_create(&sim->thread, NULL, sim_main, sim)))
		return ocs_fail(err, OCS_IO, "driver sim: thread: %s",
				strerror(rc));
	sim->running = true;
	return 0;
}

static void sim_stop(struct ocs_driver *drv)
{
	struct sim *sim = (struct sim *) drv;

	if (!sim->running)
		return;
	pthread_mutex_lock(&sim->lock);
	sim->stopping = true;
	pthread_cond_signal(&sim->wake);
	pthread_mutex_unlock(&sim->lock);
	pthread_join(sim->thread, NULL);
	sim->running = false;
}

static void sim_destroy(struct ocs_driver *drv)
{
	struct sim *sim = (struct sim *) drv;
	struct sim_service *s;

	if (!sim)
		return;
	sim_stop(drv);
	for (unsigned int i = 0; i < sim->nchains; i++)
		while ((s = LIST_FIRST(&sim->chain[i])))
			service_free(sim, s);
	while (sim->first) {
		struct call *c = sim->first;

		sim->first = c->next;
		free(c->cause);
		free(c);
	}
	if (sim->file)
		fclose(sim->file);
	pthread_cond_destroy(&sim->wake);
	pthread_mutex_destroy(&sim->lock);
	free(sim->chain);
	free(sim->by_name);
	free(sim->link);
	free(sim);
}

struct ocs_driver *ocs_driver_sim_create(const char *state_path,
					 const struct ocs_link *link,
					 unsigned int nlinks,
					 uint64_t setup_ms,
					 uint64_t release_ms,
					 struct ocs_error *err)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (!sim) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	sim->drv.ops = &sim_ops;
	pthread_mutex_init(&sim->lock, NULL);
	pthread_cond_init(&sim->wake, NULL);
	sim->last = &sim->first;
	TAILQ_INIT(&sim->building);
	TAILQ_INIT(&sim->tearing);
	sim->link = calloc(nlinks + 1, sizeof(*sim->link));
	sim->by_name = calloc(nlinks + 1, sizeof(*sim->by_name));
	if (!sim->link || !sim->by_name ||
	    !(sim->chain = calloc(CHAINS_MIN, sizeof(*sim->chain)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		sim_destroy(&sim->drv);
		return NULL;
	}
	sim->nchains = CHAINS_MIN;
	sim->setup_ms = setup_ms;
	sim->release_ms = release_ms;
	snprintf(sim->path, sizeof(sim->path), "%s", state_path);
	strcpy(sim->link[0].name, "*");
	sim->nlinks = nlinks + 1;
	for (unsigned int i = 0; i < nlinks; i++)
		strcpy(sim->link[i + 1].name, link[i].name);
	for (unsigned int i = 0; i < sim->nlinks; i++)
		sim->by_name[i] = &sim->link[i];
	qsort(sim->by_name, sim->nlinks, sizeof(*sim->by_name), by_name);
	if (load(sim, err) < 0 || rewrite(sim, err) < 0) {
		sim_destroy(&sim->drv);
		return NULL;
	}
	return &sim->drv;
}

static const struct ocs_driver_ops sim_ops = {
	.name = "sim",
	.simulated = true,
	.start = sim_start,
	.stop = sim_stop,
	.destroy = sim_destroy,
	.create = sim_create,
	.remove = sim_remove,
	.look = sim_look,
	.resize = sim_resize,
	.fault = sim_fault,
	.faults = sim_faults,
};
