// SPDX-License-Identifier: GPL-2.0-or-later
/* exec_child - starts, feeds, reads and ends a program of the operator's */
#include "ocs_config.h"	/* pipe2(), posix_spawn_file_actions_addclosefrom_np() */

#include "agent/exec_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/wire/wire_exec.h"

#define WORDS_MAX 32
/* A line of its standard error is cut here, in bytes. */
#define SAID_MAX 4096

void exec_child_init(struct exec_child *c)
{
	memset(c, 0, sizeof(*c));
	c->in = c->out = c->err = -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Nothing of ours goes along but the three pipes. */
static int spawn(struct exec_child *c, char *const *argv, const int theirs[3])
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char lang[] = "LANG=C.UTF-8";
	char *const env[] = { path, lang, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&attr);
	for (int i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&fa, theirs[i], i);
	posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
				 POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	rc = posix_spawn(&c->pid, argv[0], &fa, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	if (rc)
		c->pid = 0;
	return rc;
}

/* A pipe of ours (kept out of every other child) and theirs. */
static int pipe_pair(int *read_end, int *write_end)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	*read_end = fd[0];
	*write_end = fd[1];
	return 0;
}

int exec_child_start(struct exec_child *c, const char *program,
		     struct ocs_error *err)
{
	char *words = strdup(program), *save, *argv[WORDS_MAX + 1] = { NULL };
	int theirs[3] = { -1, -1, -1 }, rc = -1, e;
	unsigned int n = 0;

	if (!words)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	for (char *w = strtok_r(words, " \t", &save); w && n < WORDS_MAX;
	     w = strtok_r(NULL, " \t", &save))
		argv[n++] = w;
	if (pipe_pair(&theirs[0], &c->in) < 0 ||
	    pipe_pair(&c->out, &theirs[1]) < 0 ||
	    pipe_pair(&c->err, &theirs[2]) < 0 ||
	    fcntl(c->in, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(c->out, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(c->err, F_SETFL, O_NONBLOCK) < 0) {
		ocs_fail(err, OCS_IO, "pipe: %s", strerror(errno));
		goto out;
	}
	if ((e = spawn(c, argv, theirs))) {
		ocs_fail(err, OCS_IO, "%.200s: %s", argv[0], strerror(e));
		goto out;
	}
	rc = 0;
out:
	for (int i = 0; i < 3; i++)
		close_fd(&theirs[i]);
	if (rc < 0) {
		close_fd(&c->in);
		close_fd(&c->out);
		close_fd(&c->err);
	}
	free(words);
	return rc;
}

int exec_child_stop(struct exec_child *c, int grace_ms)
{
	const struct timespec tick = { .tv_nsec = 10000000 };
	int status = 0;
	pid_t gone = 0;

	close_fd(&c->in);
	while (c->pid && !(gone = waitpid(c->pid, &status, WNOHANG)) &&
	       grace_ms > 0) {
		nanosleep(&tick, NULL);
		grace_ms -= 10;
	}
	if (c->pid) {	/* with whatever it has started */
		kill(-c->pid, SIGKILL);
		while (!gone && waitpid(c->pid, &status, 0) < 0 &&
		       errno == EINTR)
			;
	}
	close_fd(&c->out);
	close_fd(&c->err);
	free(c->to.text);
	free(c->from.text);
	free(c->said.text);
	exec_child_init(c);
	return status;
}

/* ---- lines ---- */

static int room(struct exec_buffer *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 4096;
	char *grown;

	while (cap < b->len + n)
		cap *= 2;
	if (cap == b->cap)
		return 0;
	if (!(grown = realloc(b->text, cap)))
		return -1;
	b->text = grown;
	b->cap = cap;
	return 0;
}

static void eat(struct exec_buffer *b, size_t n)
{
	b->len -= n;
	memmove(b->text, b->text + n, b->len);
}

int exec_child_put(struct exec_child *c, const char *line)
{
	size_t n = strlen(line);

	if (c->to.len + n > EXEC_BACKLOG_MAX || room(&c->to, n) < 0)
		return -1;
	memcpy(c->to.text + c->to.len, line, n);
	c->to.len += n;
	return 0;
}

int exec_child_flush(struct exec_child *c)
{
	while (c->to.len) {
		ssize_t n = write(c->in, c->to.text, c->to.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		eat(&c->to, (size_t) n);
	}
	return 0;
}

/* Read FD into B, at most a line and as much again. 1, or 0 at its end. */
static int fill(int fd, struct exec_buffer *b, size_t max)
{
	while (b->len < max) {
		ssize_t n;

		if (room(b, 4096) < 0)
			return 1;	/* later */
		n = read(fd, b->text + b->len, b->cap - b->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return 0;
		b->len += (size_t) n;
	}
	return 1;
}

int exec_child_fill(struct exec_child *c)
{
	if (c->err >= 0 && !fill(c->err, &c->said, SAID_MAX))
		close_fd(&c->err);
	return fill(c->out, &c->from, OCS_EXEC_LINE_MAX);
}

char *exec_child_line(struct exec_child *c, size_t *len, bool *too_long)
{
	struct exec_buffer *b = &c->from;
	char *end;

	*too_long = false;
	for (;;) {
		if (c->given) {
			eat(b, c->given);
			c->given = 0;
		}
		end = b->len ? memchr(b->text, '\n', b->len) : NULL;
		if (!end && b->len < OCS_EXEC_LINE_MAX)
			return NULL;
		if (!end) {	/* drop what there is, and its rest */
			b->len = 0;
			*too_long = *too_long || !c->skip;
			c->skip = true;
			return NULL;
		}
		c->given = (size_t) (end - b->text) + 1;
		if (!c->skip)
			break;
		c->skip = false;
	}
	*end = '\0';
	*len = (size_t) (end - b->text);
	return b->text;
}

char *exec_child_said(struct exec_child *c)
{
	struct exec_buffer *b = &c->said;
	char *end;

	if (c->told)
		eat(b, c->told);
	c->told = 0;
	end = b->len ? memchr(b->text, '\n', b->len) : NULL;
	if (!end && b->len >= SAID_MAX)
		end = b->text + b->len - 1;
	if (!end)
		return NULL;
	*end = '\0';
	c->told = (size_t) (end - b->text) + 1;
	return b->text;
}
