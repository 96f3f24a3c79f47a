// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attach_run - one run of one program
 *
 * posix_spawn() because opticald has threads and much memory. Another user's
 * programs are started by setpriv(1): between fork and exec nothing of ours
 * runs. The process is waited for by its descriptor, so that its number can't
 * be another's when its group is killed.
 */
#define _GNU_SOURCE
#include "agent/attach_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/point.h"
#include "common/sys/clock.h"

/* Standard error that is read at all: who says more is killed. */
#define WORDS_READ_MAX (1U << 20)

enum { IN, OUT, ERR, NPIPES };

struct io {
	int pipe[NPIPES];	/* our ends; -1: closed */
	int pid_fd;
	pid_t pid;
	size_t in_done, err_read;
	size_t tail;		/* bytes in run->words */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- the start ---- */

static int make_pipes(struct io *io, int theirs[NPIPES],
		      struct ocs_error *err)
{
	for (int i = 0; i < NPIPES; i++)
		theirs[i] = io->pipe[i] = -1;
	for (int i = 0; i < NPIPES; i++) {
		int p[2], mine;

		if (pipe2(p, O_CLOEXEC) < 0)
			return ocs_fail(err, OCS_IO, "pipe: %s",
					strerror(errno));
		mine = i == IN ? 1 : 0;
		io->pipe[i] = p[mine];
		fcntl(p[mine], F_SETFL, O_NONBLOCK);
		/* above those that it becomes in the program */
		theirs[i] = fcntl(p[!mine], F_DUPFD_CLOEXEC, 10);
		close(p[!mine]);
		if (theirs[i] < 0)
			return ocs_fail(err, OCS_IO, "pipe: %s",
					strerror(errno));
	}
	return 0;
}

/* Descriptors 0 to 3 of the program, and no others. */
static int set_files(posix_spawn_file_actions_t *fa, const int theirs[NPIPES],
		     int lock_fd)
{
	int rc = 0;

	for (int i = 0; i < NPIPES; i++)
		rc |= posix_spawn_file_actions_adddup2(fa, theirs[i], i);
	if (lock_fd >= 0)
		rc |= posix_spawn_file_actions_adddup2(fa, lock_fd, 3);
	rc |= posix_spawn_file_actions_addclosefrom_np(fa,
						       lock_fd >= 0 ? 4 : 3);
	rc |= posix_spawn_file_actions_addchdir_np(fa, "/");
	return rc;
}

static int set_attr(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP |
					      POSIX_SPAWN_SETSIGDEF |
					      POSIX_SPAWN_SETSIGMASK) |
	       posix_spawnattr_setpgroup(attr, 0) |
	       posix_spawnattr_setsigmask(attr, &none) |
	       posix_spawnattr_setsigdefault(attr, &all);
}

static int spawn(const struct ocs_attach_run *run, struct io *io,
		 const int theirs[NPIPES], struct ocs_error *err)
{
	static char *const envp[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
		"OPTICALD_HOOK=1", NULL
	};
	char buf[512], uid[32], gid[32];
	char *argv[5 + OCS_ATTACH_ARGS_MAX + 1] = {
		"/usr/bin/setpriv", uid, gid, "--init-groups", "--",
	};
	char **first = run->user[0] ? argv : argv + 5;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int rc;

	snprintf(uid, sizeof(uid), "--reuid=%u", run->uid);
	snprintf(gid, sizeof(gid), "--regid=%u", run->gid);
	ocs_attach_argv(run->program, buf, argv + 5);
	if (posix_spawn_file_actions_init(&fa) || posix_spawnattr_init(&attr))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	rc = set_files(&fa, theirs, run->lock_fd) | set_attr(&attr);
	OCS_POINT("attach.spawn");
	if (rc == 0)
		rc = posix_spawn(&io->pid, first[0], &fa, &attr, first, envp);
	OCS_POINT("attach.spawned");
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	return rc == 0 ? 0 : ocs_fail(err, OCS_IO, "%s: %s", first[0],
				      strerror(rc));
}

/* ---- while it runs ---- */

static void feed(const struct ocs_attach_run *run, struct io *io)
{
	size_t len = strlen(run->input);
	ssize_t n = write(io->pipe[IN], run->input + io->in_done,
			  len - io->in_done);

	if (n > 0)
		io->in_done += (size_t) n;
	if (io->in_done == len || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&io->pipe[IN]);
}

static void hear(struct ocs_attach_run *run, struct io *io)
{
	ssize_t n = read(io->pipe[OUT], run->output + run->len,
			 OCS_HOOK_ANSWER_MAX + 1 - run->len);

	if (n > 0)
		run->len += (size_t) n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(&io->pipe[OUT]);
	if (run->len > OCS_HOOK_ANSWER_MAX)
		run->loud = true;
}

/* Only the end of what it says is kept. */
static void hear_words(struct ocs_attach_run *run, struct io *io)
{
	char buf[4096];
	ssize_t n = read(io->pipe[ERR], buf, sizeof(buf));
	size_t len, keep;

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			close_fd(&io->pipe[ERR]);
		return;
	}
	len = (size_t) n;
	io->err_read += len;
	if (io->err_read > WORDS_READ_MAX)
		run->loud = true;
	if (len > OCS_ATTACH_WORDS_MAX) {
		memcpy(run->words, buf + len - OCS_ATTACH_WORDS_MAX,
		       OCS_ATTACH_WORDS_MAX);
		io->tail = OCS_ATTACH_WORDS_MAX;
		return;
	}
	keep = io->tail;
	if (keep > OCS_ATTACH_WORDS_MAX - len)
		keep = OCS_ATTACH_WORDS_MAX - len;
	memmove(run->words, run->words + io->tail - keep, keep);
	memcpy(run->words + keep, buf, len);
	io->tail = keep + len;
}

/* Until it has ended, or is to be killed. */
static void attend(struct ocs_attach_run *run, struct io *io)
{
	uint64_t end = ocs_clock_mono_ms() + run->timeout_ms, now;

	while (!run->loud) {
		struct pollfd p[5] = {
			{ io->pipe[IN], POLLOUT, 0 },
			{ io->pipe[OUT], POLLIN, 0 },
			{ io->pipe[ERR], POLLIN, 0 },
			{ io->pid_fd, POLLIN, 0 },
			{ run->stop_fd, POLLIN, 0 },
		};

		now = ocs_clock_mono_ms();
		if (now >= end) {
			run->late = true;
			return;
		}
		if (poll(p, 5, (int) (end - now)) < 0 && errno != EINTR)
			return;
		if (p[4].revents) {
			run->stopped = true;
			return;
		}
		if (p[IN].revents)
			feed(run, io);
		if (p[OUT].revents)
			hear(run, io);
		if (p[ERR].revents)
			hear_words(run, io);
		if (p[3].revents)
			return;
	}
}

/* What is in the pipes still; those who hold them may have left the group. */
static void drain(struct ocs_attach_run *run, struct io *io)
{
	size_t before;

	do {
		before = run->len;
		if (io->pipe[OUT] >= 0)
			hear(run, io);
	} while (run->len > before && !run->loud);
	do {
		before = io->err_read;
		if (io->pipe[ERR] >= 0)
			hear_words(run, io);
	} while (io->err_read > before && !run->loud);
}

/* The last line, of printable characters. */
static void last_line(char *words, size_t len)
{
	size_t from;

	while (len && (words[len - 1] == '\n' || words[len - 1] == ' '))
		len--;
	words[len] = '\0';
	for (from = len; from && words[from - 1] != '\n'; from--)
		;
	memmove(words, words + from, len - from + 1);
}

/* Whatever is left of its group goes with it. */
static void finish(struct ocs_attach_run *run, struct io *io)
{
	kill(-io->pid, SIGKILL);
	if (run->late || run->loud || run->stopped)
		kill(io->pid, SIGKILL);	/* had it not made its group yet */
	while (waitpid(io->pid, &run->status, 0) < 0 && errno == EINTR)
		;
	drain(run, io);
	run->output[run->len <= OCS_HOOK_ANSWER_MAX ? run->len : 0] = '\0';
	last_line(run->words, io->tail);
}

int ocs_attach_run(struct ocs_attach_run *run, struct ocs_error *err)
{
	struct io io = { .pid_fd = -1 };
	int theirs[NPIPES], rc;

	rc = make_pipes(&io, theirs, err);
	if (rc == 0)
		rc = spawn(run, &io, theirs, err);
	for (int i = 0; i < NPIPES; i++)
		close_fd(&theirs[i]);
	if (rc == 0) {
		io.pid_fd = pidfd_open(io.pid, 0);
		if (io.pid_fd < 0) {
			rc = ocs_fail(err, OCS_IO, "pidfd: %s",
				      strerror(errno));
			run->stopped = true;
		} else {
			attend(run, &io);
		}
		finish(run, &io);
		close_fd(&io.pid_fd);
	}
	for (int i = 0; i < NPIPES; i++)
		close_fd(&io.pipe[i]);
	return rc;
}
