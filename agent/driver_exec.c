// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * driver_exec - a program of the operator's sets circuits up
 *
 *  DOWN --start--> HELLO --its answer--> READY (an inventory first)
 *  DOWN <--ends, is silent, another protocol-- HELLO, READY
 *
 * The program is untrusted: a line that is not as opticald-exec(7) says is
 * logged once and changes nothing. What was under way when it ends is lost
 * (OCS_DRV_LOST): the engine looks before it does anything else. It is started
 * again after a while that grows.
 */
#include "agent/driver.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/driver_calls.h"
#include "agent/exec_child.h"
#include "agent/log.h"
#include "common/core/net.h"
#include "common/sys/clock.h"
#include "common/wire/wire_exec.h"
#include "ocs_config.h"

/* Times, in ms. */
#define HELLO_MS 10000
#define LOOK_MS 30000		/* look and inventory */
#define CHANGE_MS (OCS_DRIVER_TIMEOUT_S * 1000)	/* create, remove, resize */
#define INVENTORY_EVERY_MS 30000
#define RESTART_MS 1000		/* doubled up to the last */
#define RESTART_MAX_MS 60000
/* One that ran so long is well: it is started again soon. */
#define WELL_MS 60000
#define GRACE_MS 2000
/* Requests under way; lines of its standard error in one run that go into the
 * log. */
#define PENDING_MAX 65536
#define SAID_LINES_MAX 100
#define CHAINS 1024		/* a power of 2 */

enum state { DOWN, HELLO, READY };

struct request {
	TAILQ_ENTRY(request) list;
	LIST_ENTRY(request) hash;	/* by number */
	uint64_t id;
	enum ocs_exec_op op;
	uint64_t until_ms;	/* monotonic */
	struct ocs_owed to;	/* not owed: its answer is for nobody */
	char service[OCS_SERVICE_ID_MAX];
};

/* What the program last said of a service that is not absent. */
struct known {
	LIST_ENTRY(known) list;
	char id[OCS_SERVICE_ID_MAX];
	enum ocs_light light;
	uint64_t seen;		/* by which inventory; 0: by none */
	struct ocs_real *real;	/* owned; NULL: nothing is known */
};

struct exec {
	struct ocs_driver drv;
	struct ocs_driver_ops ops;
	char domain[OCS_NAME_MAX];
	char program[1024];
	struct ocs_net net;
	struct ocs_calls *calls;
	pthread_t thread;
	bool running;
	int wake;		/* eventfd */
	struct exec_child child;	/* the thread's; to: under the lock */
	uint64_t started_ms, restart_ms, wait_ms, inventory_ms;
	unsigned int said;
	bool complained;
	pthread_mutex_t lock;	/* guards all below, and child.to */
	bool stopping;
	enum state state;
	uint64_t last_id, inventories;
	unsigned int npending;
	TAILQ_HEAD(, request) pending;	/* oldest first */
	LIST_HEAD(, request) by_id[CHAINS];
	LIST_HEAD(, known) known[CHAINS];
	struct ocs_exec_link *link;	/* per link of net, as last told */
};

static const struct ocs_driver_ops exec_ops;

/* ---- tables; locked ---- */

static unsigned int hash(const char *id)
{
	uint32_t h = 2166136261U;

	for (; *id; id++)
		h = (h ^ (unsigned char) *id) * 16777619U;
	return h & (CHAINS - 1);
}

static struct known *known_find(struct exec *ex, const char *id)
{
	struct known *k;

	LIST_FOREACH(k, &ex->known[hash(id)], list)
		if (!strcmp(k->id, id))
			return k;
	return NULL;
}

static void known_drop(struct known *k)
{
	if (!k)
		return;
	LIST_REMOVE(k, list);
	free(k->real);
	free(k);
}

/* ID is known to be so from now on; NULL: it is absent, or no memory. */
static struct known *known_put(struct exec *ex, const char *id,
			       enum ocs_light light)
{
	struct known *k = known_find(ex, id);

	if (light == OCS_LIGHT_ABSENT) {
		known_drop(k);
		return NULL;
	}
	if (!k && (k = calloc(1, sizeof(*k)))) {
		snprintf(k->id, sizeof(k->id), "%s", id);
		LIST_INSERT_HEAD(&ex->known[hash(id)], k, list);
	}
	if (k)
		k->light = light;
	return k;
}

static struct request *request_find(struct exec *ex, uint64_t id)
{
	struct request *r;

	LIST_FOREACH(r, &ex->by_id[id & (CHAINS - 1)], hash)
		if (r->id == id)
			return r;
	return NULL;
}

static void request_drop(struct exec *ex, struct request *r)
{
	TAILQ_REMOVE(&ex->pending, r, list);
	LIST_REMOVE(r, hash);
	ex->npending--;
	free(r);
}

static uint64_t limit_ms(enum ocs_exec_op op)
{
	return op == OCS_EXEC_HELLO ? HELLO_MS :
	       op == OCS_EXEC_LOOK || op == OCS_EXEC_INVENTORY ? LOOK_MS :
	       CHANGE_MS;
}

/* Put a request into what is to be written: its number, or 0. */
static uint64_t request_put(struct exec *ex, enum ocs_exec_op op,
			    const struct ocs_exec_want *want,
			    const struct ocs_owed *to)
{
	uint64_t id = ex->last_id + 1;
	char *line = op == OCS_EXEC_HELLO ?
		     ocs_wire_exec_hello(id, "opticald " PACKAGE_VERSION,
					 &ex->net) :
		     ocs_wire_exec_request(op, id, want);
	struct request *r = line && ex->npending < PENDING_MAX ?
			    calloc(1, sizeof(*r)) : NULL;

	if (!r || exec_child_put(&ex->child, line) < 0) {
		free(line);
		free(r);
		return 0;
	}
	free(line);
	ex->last_id = r->id = id;
	r->op = op;
	r->until_ms = ocs_clock_mono_ms() + limit_ms(op);
	if (to)
		r->to = *to;
	if (want)
		snprintf(r->service, sizeof(r->service), "%s", want->id);
	TAILQ_INSERT_TAIL(&ex->pending, r, list);
	LIST_INSERT_HEAD(&ex->by_id[id & (CHAINS - 1)], r, hash);
	ex->npending++;
	return id;
}

static void wake(struct exec *ex)
{
	uint64_t one = 1;

	if (write(ex->wake, &one, sizeof(one)) < 0) {
		/* it is awake anyway */
	}
}

/* ---- from the program; locked ---- */

/* Once in a run. */
static void complain(struct exec *ex, const char *cause)
{
	if (!ex->complained)
		ocs_log("driver-exec", "domain=%s refused=%s note=\"a line of the program is not as opticald-exec(7) says; further ones are not logged\"",
			ex->domain[0] ? ex->domain : "-",
			ocs_quote(cause).text);
	ex->complained = true;
}

static enum ocs_light light_of(enum ocs_exec_light light)
{
	static const enum ocs_light of[] = {
		[OCS_EXEC_ABSENT] = OCS_LIGHT_ABSENT,
		[OCS_EXEC_BUILDING] = OCS_LIGHT_BUILDING,
		[OCS_EXEC_LIT] = OCS_LIGHT_LIT,
		[OCS_EXEC_DARK] = OCS_LIGHT_DARK,
		[OCS_EXEC_TEARING] = OCS_LIGHT_TEARING,
	};

	return of[light];
}

static void take_link(struct exec *ex, const struct ocs_exec_link *l)
{
	int i = ocs_net_link(&ex->net, l->name);
	struct ocs_exec_link *was;

	if (i < 0) {
		complain(ex, "it names a link that is not one of its own");
		return;
	}
	was = &ex->link[i];
	if (l->has_down && l->down != was->down) {
		was->down = l->down;
		ocs_calls_link(ex->calls, l->name, l->down);
	}
	if (l->has_foreign && l->foreign_bps != was->foreign_bps) {
		was->foreign_bps = l->foreign_bps;
		ocs_calls_foreign(ex->calls, l->name, l->foreign_bps);
	}
	if (!l->has_latency || (was->has_latency &&
				l->latency_us == was->latency_us &&
				l->variation_us == was->variation_us))
		return;
	was->has_latency = true;
	was->latency_us = l->latency_us;
	was->variation_us = l->variation_us;
	ocs_calls_latency(ex->calls, l->name, l->latency_us, l->variation_us);
}

/* Something is known of service ID that was not, or is otherwise. */
static void take_service(struct exec *ex, const char *id,
			 enum ocs_light light, const char *cause)
{
	struct known *k = known_find(ex, id);
	enum ocs_light was = k ? k->light : OCS_LIGHT_ABSENT;

	known_put(ex, id, light);
	if (light != was)
		ocs_calls_service(ex->calls, id, light, "%s", cause);
}

static void take_inventory(struct exec *ex, const struct ocs_exec_line *line)
{
	struct known *k, *next;

	ex->inventories++;
	for (unsigned int i = 0; i < line->nservices; i++) {
		take_service(ex, line->services[i].id,
			     light_of(line->services[i].light),
			     "as the inventory says");
		if ((k = known_find(ex, line->services[i].id)))
			k->seen = ex->inventories;
	}
	for (unsigned int i = 0; i < CHAINS; i++) {
		for (k = LIST_FIRST(&ex->known[i]); k; k = next) {
			next = LIST_NEXT(k, list);
			if (k->seen == ex->inventories)
				continue;
			ocs_calls_service(ex->calls, k->id, OCS_LIGHT_ABSENT,
					  "the inventory does not have it");
			known_drop(k);
		}
	}
	for (unsigned int i = 0; i < line->nlinks; i++)
		take_link(ex, &line->link[i]);
}

static void remember(struct exec *ex, const struct request *r,
		     const struct ocs_exec_service *s)
{
	struct known *k = known_put(ex, r->service, light_of(s->light));

	if (!k || s->light != OCS_EXEC_LIT)
		return;
	if (!k->real && !(k->real = malloc(sizeof(*k->real))))
		return;
	memset(k->real, 0, sizeof(*k->real));
	k->real->rate_bps = s->rate_bps;
	k->real->latency_us = s->latency_us;
	k->real->nhops = s->nhops;
	memcpy(k->real->hop, s->hop, sizeof(s->hop));
}

/* 0; or -1: we can't talk with it. */
static int take_hello(struct exec *ex, const struct ocs_exec_line *line)
{
	if (line->outcome != OCS_EXEC_DONE ||
	    line->protocol != OCS_EXEC_PROTOCOL) {
		ocs_log("driver-exec", "domain=%s protocol=%u cause=%s note=\"protocol %d is expected\"",
			ex->domain[0] ? ex->domain : "-", line->protocol,
			ocs_quote(line->cause).text, OCS_EXEC_PROTOCOL);
		return -1;
	}
	ocs_log("driver-exec", "domain=%s pid=%d ready=1 resize=%d",
		ex->domain[0] ? ex->domain : "-", (int) ex->child.pid,
		line->resize);
	ex->state = READY;
	ex->inventory_ms = ocs_clock_mono_ms();	/* at once */
	return 0;
}

/* What LINE, the answer to R, says. */
static void take_answer(struct exec *ex, struct request *r,
			const struct ocs_exec_line *line)
{
	static const enum ocs_outcome of[] = {
		[OCS_EXEC_DONE] = OCS_DRV_DONE,
		[OCS_EXEC_REFUSED] = OCS_DRV_REFUSED,
		[OCS_EXEC_FAULT] = OCS_DRV_FAULT,
		[OCS_EXEC_LOST] = OCS_DRV_LOST,
	};
	enum ocs_outcome outcome = of[line->outcome];
	const struct ocs_exec_service *s = &line->service;
	const char *cause = line->cause;

	if (r->op == OCS_EXEC_LOOK && outcome == OCS_DRV_DONE &&
	    !s->has_light) {
		complain(ex, "an answer to look without light");
		outcome = OCS_DRV_LOST;
		cause = "the program did not say how it is";
	}
	if (r->op == OCS_EXEC_LOOK && outcome == OCS_DRV_DONE)
		remember(ex, r, s);
	if (!cause[0] && outcome != OCS_DRV_DONE)
		cause = "the program gave no cause";
	ocs_calls_answer(ex->calls, &r->to, r->service, outcome,
			 light_of(s->light), "%s", cause);
}

static int take_line(struct exec *ex, const char *text, size_t len)
{
	struct ocs_exec_line line;
	struct request *r = NULL;
	struct ocs_error err;
	int rc = 0;

	if (ocs_wire_exec_decode(text, len, &line, &err) < 0) {
		complain(ex, err.text);
		return 0;
	}
	if (line.what == OCS_EXEC_EVENT_SERVICE && ex->state == READY)
		take_service(ex, line.service.id,
			     light_of(line.service.light), line.cause);
	else if (line.what == OCS_EXEC_EVENT_LINK && ex->state == READY)
		take_link(ex, line.link);
	else if (line.what == OCS_EXEC_ANSWER)
		r = request_find(ex, line.id);
	if (line.what == OCS_EXEC_ANSWER && !r)
		complain(ex, "an answer to nothing that was asked");
	if (r && r->op == OCS_EXEC_HELLO)
		rc = take_hello(ex, &line);
	else if (r && r->op != OCS_EXEC_INVENTORY)
		take_answer(ex, r, &line);
	else if (r && line.outcome == OCS_EXEC_DONE && line.has_inventory)
		take_inventory(ex, &line);
	else if (r)
		complain(ex, "an inventory without services");
	if (r)
		request_drop(ex, r);
	ocs_exec_line_fini(&line);
	return rc;
}

/* ---- the program's life; the thread's ---- */

static void log_said(struct exec *ex)
{
	char *said;

	while ((said = exec_child_said(&ex->child)))
		if (ex->said++ < SAID_LINES_MAX)
			ocs_log("driver-exec", "domain=%s says=%s",
				ex->domain[0] ? ex->domain : "-",
				ocs_quote(said).text);
}

/* All that is under way is lost. */
static void lose_all(struct exec *ex)
{
	struct request *r;

	while ((r = TAILQ_FIRST(&ex->pending))) {
		ocs_calls_answer(ex->calls, &r->to, r->service, OCS_DRV_LOST,
				 OCS_LIGHT_ABSENT,
				 "the program ended during it");
		request_drop(ex, r);
	}
}

static void go_down(struct exec *ex, const char *cause)
{
	uint64_t now = ocs_clock_mono_ms();
	int status;

	log_said(ex);
	pthread_mutex_lock(&ex->lock);
	ex->state = DOWN;
	lose_all(ex);
	status = exec_child_stop(&ex->child, ex->stopping ? GRACE_MS : 0);
	if (now - ex->started_ms >= WELL_MS)
		ex->wait_ms = 0;
	ex->wait_ms = !ex->wait_ms ? RESTART_MS : 2 * ex->wait_ms;
	if (ex->wait_ms > RESTART_MAX_MS)
		ex->wait_ms = RESTART_MAX_MS;
	ex->restart_ms = now + ex->wait_ms;
	if (!ex->stopping)
		ocs_log("driver-exec", "domain=%s ended=%s status=%d signal=%d again_ms=%" PRIu64,
			ex->domain[0] ? ex->domain : "-",
			ocs_quote(cause).text,
			WIFEXITED(status) ? WEXITSTATUS(status) : -1,
			WIFSIGNALED(status) ? WTERMSIG(status) : 0,
			ex->wait_ms);
	pthread_mutex_unlock(&ex->lock);
}

static void come_up(struct exec *ex)
{
	struct ocs_error err;

	ex->started_ms = ocs_clock_mono_ms();
	ex->complained = false;
	ex->said = 0;
	pthread_mutex_lock(&ex->lock);
	if (exec_child_start(&ex->child, ex->program, &err) < 0) {
		pthread_mutex_unlock(&ex->lock);
		go_down(ex, err.text);
		return;
	}
	ex->state = HELLO;
	request_put(ex, OCS_EXEC_HELLO, NULL, NULL);
	pthread_mutex_unlock(&ex->lock);
}

/* Locked. The first request that has waited too long; NULL: none. Changes are
 * given up alone, of the rest the whole program is. */
static const char *too_late(struct exec *ex, uint64_t now)
{
	struct request *r, *next;

	for (r = TAILQ_FIRST(&ex->pending); r; r = next) {
		next = TAILQ_NEXT(r, list);
		if (r->until_ms > now)
			continue;
		if (limit_ms(r->op) != CHANGE_MS)
			return "it did not answer in time";
		ocs_calls_answer(ex->calls, &r->to, r->service, OCS_DRV_LOST,
				 OCS_LIGHT_ABSENT,
				 "the program did not answer in time");
		request_drop(ex, r);
	}
	return NULL;
}

/* Locked. Take what it wrote, write what waits. NULL; or why it must end. */
static const char *exchange(struct exec *ex)
{
	uint64_t now = ocs_clock_mono_ms();
	bool too_long, more;
	char *line;
	size_t len;

	do {
		more = exec_child_fill(&ex->child);
		for (;;) {
			line = exec_child_line(&ex->child, &len, &too_long);
			if (too_long)
				complain(ex, "a line that is too long");
			if (!line)
				break;
			if (take_line(ex, line, len) < 0)
				return "it speaks another protocol";
		}
		if (!more)
			return "its output ended";
	} while (ex->child.from.len >= OCS_EXEC_LINE_MAX);
	if (ex->state == READY && ex->inventory_ms <= now) {
		ex->inventory_ms = now + INVENTORY_EVERY_MS;
		request_put(ex, OCS_EXEC_INVENTORY, NULL, NULL);
	}
	if (exec_child_flush(&ex->child) < 0)
		return "it does not read";
	return too_late(ex, now);
}

/* How long nothing need be done, in ms. */
static int pause_ms(struct exec *ex)
{
	uint64_t now = ocs_clock_mono_ms();

	if (ex->state != DOWN)
		return 1000;
	return ex->restart_ms > now ? (int) (ex->restart_ms - now) : 0;
}

static void wait_for_more(struct exec *ex, bool writing)
{
	struct pollfd fd[] = {
		{ .fd = ex->wake, .events = POLLIN },
		{ .fd = ex->child.out, .events = POLLIN },
		{ .fd = ex->child.err, .events = POLLIN },
		{ .fd = writing ? ex->child.in : -1, .events = POLLOUT },
	};
	uint64_t n;

	if (poll(fd, 4, pause_ms(ex)) > 0 && fd[0].revents &&
	    read(ex->wake, &n, sizeof(n)) < 0) {
		/* another time */
	}
}

static void *exec_main(void *arg)
{
	struct exec *ex = arg;
	const char *cause;
	bool writing, stopping;

	for (;;) {
		cause = NULL;
		pthread_mutex_lock(&ex->lock);
		stopping = ex->stopping;
		if (!stopping && ex->state != DOWN)
			cause = exchange(ex);
		writing = ex->child.to.len;
		pthread_mutex_unlock(&ex->lock);
		if (stopping)
			break;
		log_said(ex);
		if (cause)
			go_down(ex, cause);
		else if (ex->state == DOWN && !pause_ms(ex))
			come_up(ex);
		else
			wait_for_more(ex, writing);
	}
	go_down(ex, "");
	return NULL;
}

/* ---- as a driver ---- */

static void ask(struct ocs_driver *drv, enum ocs_exec_op op,
		const struct ocs_service *svc, struct ocs_owed *to)
{
	struct exec *ex = (struct exec *) drv;
	const struct ocs_exec_want want = {
		.id = svc->id, .a = svc->a, .z = svc->z,
		.port_a = svc->port_a, .port_z = svc->port_z,
		.rate_bps = svc->rate_bps, .nhops = svc->nhops,
		.hop = svc->hop,
	};
	bool sent = false;

	pthread_mutex_lock(&ex->lock);
	for (struct request *r = op == OCS_EXEC_REMOVE ?
				 TAILQ_FIRST(&ex->pending) : NULL;
	     r; r = TAILQ_NEXT(r, list))
		if (r->op == OCS_EXEC_CREATE && !strcmp(r->service, svc->id))
			ocs_calls_answer(ex->calls, &r->to, svc->id,
					 OCS_DRV_ABORTED, OCS_LIGHT_TEARING,
					 "removed while it was built");
	if (ex->state == READY)
		sent = request_put(ex, op, &want, to);
	if (!sent)
		ocs_calls_answer(ex->calls, to, svc->id, OCS_DRV_LOST,
				 OCS_LIGHT_ABSENT,
				 ex->state == READY ?
				 "the program does not keep up" :
				 "the program does not run");
	pthread_mutex_unlock(&ex->lock);
	wake(ex);
}

static void exec_create(struct ocs_driver *drv, const struct ocs_service *svc,
			uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct ocs_owed to = { op, done, arg };

	ask(drv, OCS_EXEC_CREATE, svc, &to);
}

static void exec_remove(struct ocs_driver *drv, const struct ocs_service *svc,
			uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct ocs_owed to = { op, done, arg };

	ask(drv, OCS_EXEC_REMOVE, svc, &to);
}

static void exec_look(struct ocs_driver *drv, const struct ocs_service *svc,
		      uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct ocs_owed to = { op, done, arg };

	ask(drv, OCS_EXEC_LOOK, svc, &to);
}

static void exec_resize(struct ocs_driver *drv, const struct ocs_service *svc,
			uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct ocs_owed to = { op, done, arg };

	ask(drv, OCS_EXEC_RESIZE, svc, &to);
}

static bool exec_real(struct ocs_driver *drv, const struct ocs_service *svc,
		      struct ocs_real *real)
{
	struct exec *ex = (struct exec *) drv;
	struct known *k;
	bool is;

	pthread_mutex_lock(&ex->lock);
	k = known_find(ex, svc->id);
	is = k && k->real;
	if (is)
		*real = *k->real;
	pthread_mutex_unlock(&ex->lock);
	return is;
}

static int exec_start(struct ocs_driver *drv,
		      const struct ocs_driver_watch *watch,
		      struct ocs_error *err)
{
	struct exec *ex = (struct exec *) drv;
	int rc;

	if (ocs_calls_start(ex->calls, "exec", watch, err) < 0)
		return -1;
	if ((rc = pthread_create(&ex->thread, NULL, exec_main, ex)))
		return ocs_fail(err, OCS_IO, "driver exec: thread: %s",
				strerror(rc));
	ex->running = true;
	return 0;
}

static void exec_stop(struct ocs_driver *drv)
{
	struct exec *ex = (struct exec *) drv;

	if (ex->running) {
		pthread_mutex_lock(&ex->lock);
		ex->stopping = true;
		pthread_mutex_unlock(&ex->lock);
		wake(ex);
		pthread_join(ex->thread, NULL);
		ex->running = false;
	}
	ocs_calls_stop(ex->calls);
}

static void exec_destroy(struct ocs_driver *drv)
{
	struct exec *ex = (struct exec *) drv;

	if (!ex)
		return;
	exec_stop(drv);
	while (TAILQ_FIRST(&ex->pending))
		request_drop(ex, TAILQ_FIRST(&ex->pending));
	for (unsigned int i = 0; i < CHAINS; i++)
		while (LIST_FIRST(&ex->known[i]))
			known_drop(LIST_FIRST(&ex->known[i]));
	ocs_calls_destroy(ex->calls);
	pthread_mutex_destroy(&ex->lock);
	if (ex->wake >= 0)
		close(ex->wake);
	ocs_net_fini(&ex->net);
	free(ex->link);
	free(ex);
}

struct ocs_driver *ocs_driver_exec_create(const char *domain,
					  const char *program,
					  const struct ocs_net *net,
					  struct ocs_error *err)
{
	struct exec *ex;

	if (geteuid() == 0) {
		ocs_fail(err, OCS_DENIED,
			 "Driver=exec: Program= is not run as root, RunAs=USER is needed");
		return NULL;
	}
	if (!(ex = calloc(1, sizeof(*ex)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	ex->ops = exec_ops;
	ex->drv.ops = &ex->ops;
	pthread_mutex_init(&ex->lock, NULL);
	TAILQ_INIT(&ex->pending);
	exec_child_init(&ex->child);
	snprintf(ex->domain, sizeof(ex->domain), "%s", domain);
	snprintf(ex->program, sizeof(ex->program), "%s", program);
	if ((ex->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) {
		ocs_fail(err, OCS_IO, "eventfd: %s", strerror(errno));
		goto fail;
	}
	if (ocs_net_copy(&ex->net, net) < 0 ||
	    !(ex->link = calloc(net->nlinks + 1, sizeof(*ex->link)))) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		goto fail;
	}
	if ((ex->calls = ocs_calls_create(err)))
		return &ex->drv;
fail:
	exec_destroy(&ex->drv);
	return NULL;
}

static const struct ocs_driver_ops exec_ops = {
	.name = "exec",
	.start = exec_start,
	.stop = exec_stop,
	.destroy = exec_destroy,
	.create = exec_create,
	.remove = exec_remove,
	.look = exec_look,
	.real = exec_real,
	.resize = exec_resize,
};
