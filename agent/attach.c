// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attach - a queue of calls and the threads that make them
 *
 * The lock: LEDGER.hooks. Each program inherits a shared lock on it; before
 * the first call of a new opticald all of them must have ended, or their time
 * must be over. So a program that outlived the opticald which died under it
 * does not undo what its successor does.
 */
#define _GNU_SOURCE
#include "agent/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/attach_run.h"
#include "agent/log.h"
#include "agent/point.h"
#include "common/sys/clock.h"

/* While others run: how often we look whether they still do, in ms. */
#define OTHERS_MS 50

struct item {
	struct item *next;
	struct ocs_attach_call call;
};

struct ocs_attacher {
	const struct ocs_agent_conf *conf;
	ocs_attach_done_f done;
	void *arg;
	char lock_path[sizeof(((struct ocs_agent_conf *) NULL)->ledger) + 8];
	unsigned int uid, gid;
	int stop_fd;
	unsigned int nthreads;
	pthread_t *thread;

	pthread_mutex_t lock;	/* guards all below; taken after the engine's,
				 * never held while a program runs */
	pthread_cond_t wake;
	struct item *head, **tail;
	bool stopping;
	bool alone;		/* no program of another opticald runs */
};

static void call_fini(struct ocs_attach_call *call)
{
	free(call->text);
	call->text = NULL;
}

/* ---- one call ---- */

static int open_lock(struct ocs_attacher *a, int how)
{
	int fd = open(a->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), high;

	if (fd < 0)
		return -1;
	high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	close(fd);
	if (high >= 0 && flock(high, how | LOCK_NB) < 0) {
		close(high);
		high = -1;
	}
	return high;
}

static uint64_t longest_ms(const struct ocs_agent_conf *conf)
{
	uint64_t ms = 0;

	for (unsigned int i = 0; i < conf->attach.n; i++)
		if (conf->attach.site[i] &&
		    conf->attach.site[i]->timeout_ms > ms)
			ms = conf->attach.site[i]->timeout_ms;
	return ms;
}

/* Wait until no program of an opticald before us runs. */
static void become_alone(struct ocs_attacher *a)
{
	uint64_t end = ocs_clock_mono_ms() + longest_ms(a->conf);
	struct pollfd stop = { a->stop_fd, POLLIN, 0 };
	bool said = false;
	int fd;

	while ((fd = open_lock(a, LOCK_EX)) < 0 && errno == EWOULDBLOCK &&
	       ocs_clock_mono_ms() < end) {
		if (!said)
			ocs_log("attach-wait", "note=\"a program that an earlier opticald called still runs\"");
		said = true;
		if (poll(&stop, 1, OTHERS_MS) > 0)
			return;
	}
	if (fd >= 0)
		close(fd);
	else
		ocs_log("attach-wait", "over=yes cause=\"%s\"",
			strerror(errno));
}

static enum ocs_attach_end_of judge(const struct ocs_attach_call *call,
				    struct ocs_attach_run *run,
				    struct ocs_hook_answer *answer,
				    char cause[static 256])
{
	struct ocs_error err = { 0 };
	int rc = ocs_wire_decode_hook_answer(run->output, run->len, answer,
					     &err);
	int status = WIFEXITED(run->status) ? WEXITSTATUS(run->status) : -1;
	const char *said = answer->cause[0] ? answer->cause : run->words;

	if (run->late)
		snprintf(cause, 256, "killed after AttachTimeout, %llu ms",
			 (unsigned long long) call->timeout_ms);
	else if (run->loud)
		snprintf(cause, 256, "killed: it said more than %d bytes",
			 OCS_HOOK_ANSWER_MAX);
	else if (status < 0)
		snprintf(cause, 256, "ended by signal %d",
			 WTERMSIG(run->status));
	else if (status)
		snprintf(cause, 256, "exit status %d%s%.200s", status,
			 said[0] ? ": " : "", said);
	else if (rc < 0 && (call->attach || run->len))
		snprintf(cause, 256, "its answer is no good: %.200s",
			 err.text);
	else
		return OCS_ATTACH_DONE;
	return status == 2 && !run->late && !run->loud ? OCS_ATTACH_REFUSED :
	       OCS_ATTACH_FAULT;
}

/* Returns false if we are to stop. */
static bool make_call(struct ocs_attacher *a, struct ocs_attach_call *call,
		      struct ocs_attach_run *run)
{
	enum ocs_attach_end_of end = OCS_ATTACH_FAULT;
	struct ocs_hook_answer answer = { 0 };
	uint64_t start = ocs_clock_mono_ms();
	char cause[256] = "";
	struct ocs_error err;
	int rc;

	memset(run, 0, offsetof(struct ocs_attach_run, output));
	run->words[0] = '\0';
	run->program = call->program;
	run->user = a->conf->attach_user;
	run->uid = a->uid;
	run->gid = a->gid;
	run->stop_fd = a->stop_fd;
	run->input = call->text;
	run->timeout_ms = call->timeout_ms;
	run->lock_fd = open_lock(a, LOCK_SH);
	OCS_POINT("attach.call");
	rc = ocs_attach_run(run, &err);
	if (run->lock_fd >= 0)
		close(run->lock_fd);
	if (run->stopped)
		return false;
	if (rc < 0)
		snprintf(cause, sizeof(cause), "not started: %.230s",
			 err.text);
	else
		end = judge(call, run, &answer, cause);
	ocs_log("attach-call", "circuit=%s end=%s action=%s ms=%llu result=%s%s%s",
		call->id, call->z ? "z" : "a",
		call->attach ? "attach" : "detach",
		(unsigned long long) (ocs_clock_mono_ms() - start),
		end == OCS_ATTACH_DONE ? "done" :
		end == OCS_ATTACH_REFUSED ? "refused" : "fault",
		cause[0] ? " cause=" : "",
		cause[0] ? ocs_quote(cause).text : "");
	OCS_POINT("attach.answer");
	a->done(a->arg, call, end, &answer, cause);
	OCS_POINT("attach.answered");
	return true;
}

/* ---- the threads ---- */

/* The next call; NULL: we stop. Locked. */
static struct item *next_item(struct ocs_attacher *a)
{
	struct item *item;

	while (!a->stopping && !a->head)
		pthread_cond_wait(&a->wake, &a->lock);
	if (a->stopping)
		return NULL;
	item = a->head;
	a->head = item->next;
	if (!a->head)
		a->tail = &a->head;
	return item;
}

static void *caller_main(void *arg)
{
	struct ocs_attacher *a = arg;
	struct ocs_attach_run *run = malloc(sizeof(*run));
	struct item *item;
	bool on = run;

	pthread_mutex_lock(&a->lock);
	while (!a->alone && !a->stopping)	/* the first thread sees to it */
		pthread_cond_wait(&a->wake, &a->lock);
	while (on && (item = next_item(a))) {
		pthread_mutex_unlock(&a->lock);
		on = make_call(a, &item->call, run);
		call_fini(&item->call);
		free(item);
		pthread_mutex_lock(&a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	free(run);
	return NULL;
}

static void *first_main(void *arg)
{
	struct ocs_attacher *a = arg;

	become_alone(a);
	pthread_mutex_lock(&a->lock);
	a->alone = true;
	pthread_cond_broadcast(&a->wake);
	pthread_mutex_unlock(&a->lock);
	return caller_main(a);
}

int ocs_attacher_call(struct ocs_attacher *a,
		      const struct ocs_attach_call *call)
{
	struct item *item = malloc(sizeof(*item));

	if (!item) {
		free(call->text);
		return -1;
	}
	*item = (struct item) { .call = *call };
	pthread_mutex_lock(&a->lock);
	*a->tail = item;
	a->tail = &item->next;
	pthread_cond_signal(&a->wake);
	pthread_mutex_unlock(&a->lock);
	return 0;
}

/* ---- life ---- */

static int find_user(struct ocs_attacher *a, const char *name,
		     struct ocs_error *err)
{
	struct passwd pw, *found = NULL;
	char buf[16384];
	char *end;

	if (!name[0])
		return 0;
	if (geteuid() != 0)
		return ocs_fail(err, OCS_DENIED,
				"AttachUser=%s needs an opticald that runs as root",
				name);
	if (getpwnam_r(name, &pw, buf, sizeof(buf), &found) || !found)
		getpwuid_r((uid_t) strtoul(name, &end, 10), &pw, buf,
			   sizeof(buf), &found);
	if (!found)
		return ocs_fail(err, OCS_NOT_FOUND, "AttachUser=%s: no such user",
				name);
	a->uid = found->pw_uid;
	a->gid = found->pw_gid;
	return 0;
}

struct ocs_attacher *ocs_attacher_create(const struct ocs_agent_conf *conf,
					 ocs_attach_done_f done, void *arg,
					 struct ocs_error *err)
{
	struct ocs_attacher *a = calloc(1, sizeof(*a));
	unsigned int n = conf->attach_parallel;
	int rc = 0;

	if (!a || !(a->thread = calloc(n, sizeof(*a->thread)))) {
		free(a);
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	a->conf = conf;
	a->done = done;
	a->arg = arg;
	a->tail = &a->head;
	snprintf(a->lock_path, sizeof(a->lock_path), "%s.hooks", conf->ledger);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->wake, NULL);
	a->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (a->stop_fd < 0) {
		ocs_fail(err, OCS_IO, "eventfd: %s", strerror(errno));
		goto fail;
	}
	if (find_user(a, conf->attach_user, err) < 0)
		goto fail;
	while (a->nthreads < n &&
	       !(rc = pthread_create(&a->thread[a->nthreads], NULL,
				     a->nthreads ? caller_main : first_main,
				     a)))
		a->nthreads++;
	if (a->nthreads)
		return a;
	ocs_fail(err, OCS_IO, "thread: %s", strerror(rc));
fail:
	ocs_attacher_destroy(a);
	return NULL;
}

void ocs_attacher_destroy(struct ocs_attacher *a)
{
	uint64_t one = 1;
	struct item *item;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stopping = true;
	pthread_cond_broadcast(&a->wake);
	pthread_mutex_unlock(&a->lock);
	if (a->stop_fd >= 0 && write(a->stop_fd, &one, sizeof(one)) < 0)
		ocs_log("attach-stop", "cause=\"%s\"", strerror(errno));
	for (unsigned int i = 0; i < a->nthreads; i++)
		pthread_join(a->thread[i], NULL);
	while ((item = a->head)) {
		a->head = item->next;
		call_fini(&item->call);
		free(item);
	}
	if (a->stop_fd >= 0)
		close(a->stop_fd);
	pthread_cond_destroy(&a->wake);
	pthread_mutex_destroy(&a->lock);
	free(a->thread);
	free(a);
}
