/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_child - a program of the operator's, its lines in and out
 *
 * Started with three pipes and nothing else of the agent's: no descriptor, no
 * environment but PATH and LANG, a process group of its own. Not thread safe.
 */
#ifndef OCS_AGENT_EXEC_CHILD_H
#define OCS_AGENT_EXEC_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/core/error.h"

/* What waits to be written to a program that does not read, in bytes. */
#define EXEC_BACKLOG_MAX (8U << 20)

struct exec_buffer {
	char *text;
	size_t len, cap;
};

struct exec_child {
	pid_t pid;		/* 0: none */
	int in, out, err;	/* its standard input, output, error; -1 */
	struct exec_buffer to, from, said;
	size_t given, told;	/* bytes of the lines that were last given */
	bool skip;		/* the rest of a line that is too long */
};

void exec_child_init(struct exec_child *c);
/* PROGRAM: an absolute path and words. 0, or -1 with ERR set. */
int exec_child_start(struct exec_child *c, const char *program,
		     struct ocs_error *err);
/* It gets so many ms to end by itself once its input is closed, and is killed
 * with its group then. Frees all that C holds; returns its wait status. */
int exec_child_stop(struct exec_child *c, int grace_ms);
/* LINE, to be written; -1: there is too much already. */
int exec_child_put(struct exec_child *c, const char *line);
/* Write what can be written. -1: it does not want it any more. */
int exec_child_flush(struct exec_child *c);
/* Read what is there. 1: more may come; 0: its output has ended. */
int exec_child_fill(struct exec_child *c);
/* The next whole line of its output, without its end, valid until the next
 * call of anything here; NULL: none. *TOO_LONG: one was dropped before. */
char *exec_child_line(struct exec_child *c, size_t *len, bool *too_long);
/* The next line of its standard error; the same. */
char *exec_child_said(struct exec_child *c);

#endif
