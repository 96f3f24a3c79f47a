/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attach_run - one run of one program, bounded in time and in what it says
 */
#ifndef OCS_AGENT_ATTACH_RUN_H
#define OCS_AGENT_ATTACH_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/attach.h"

struct ocs_attach_run {
	const char *program;	/* words; the first is an absolute path */
	const char *user;	/* "": as we are */
	unsigned int uid, gid;	/* of USER */
	int lock_fd;		/* becomes the program's descriptor 3; -1 */
	int stop_fd;		/* readable: kill it and return */
	const char *input;
	uint64_t timeout_ms;
	/* results */
	bool stopped;		/* by STOP_FD: nothing is known */
	bool late;		/* killed at its limit */
	bool loud;		/* killed for saying too much */
	int status;		/* as of waitpid() */
	size_t len;		/* of OUTPUT */
	char output[OCS_HOOK_ANSWER_MAX + 1];
	char words[OCS_ATTACH_WORDS_MAX + 1];	/* last line of stderr */
};

/* 0 when it has run and nothing of its process group is left; -1 with ERR set
 * when it could not be started. */
int ocs_attach_run(struct ocs_attach_run *run, struct ocs_error *err);

#endif
