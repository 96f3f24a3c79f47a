/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attach - runs the operator's attachment programs (opticald-hook(7))
 *
 * A call is one run of one program: JSON on its standard input, JSON from its
 * standard output, a process group of its own that is killed at its time limit
 * and when it has ended. As many run at a time as AttachParallel= says; the
 * rest waits. What a program leaves open of descriptor 3, a lock, keeps the
 * next opticald from calling the same again beside it.
 *
 * DONE is called once for each call, from a thread of this file, with no lock
 * held; after ocs_attacher_stop() has returned it is called no more.
 */
#ifndef OCS_AGENT_ATTACH_H
#define OCS_AGENT_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf.h"
#include "agent/driver.h"
#include "common/wire/wire_attach.h"

/* Bytes of a program's last words on standard error that are logged. */
#define OCS_ATTACH_WORDS_MAX 512

struct ocs_attach_call {
	char id[OCS_SERVICE_ID_MAX];	/* LEASEID.INDEX */
	bool z;				/* at the Z end */
	bool attach;			/* else detach */
	uint64_t op;
	char *text;			/* owned: the JSON */
	const char *program;		/* borrowed */
	uint64_t timeout_ms;
};

enum ocs_attach_end_of {
	OCS_ATTACH_DONE,
	OCS_ATTACH_REFUSED,	/* this request can't be done here */
	OCS_ATTACH_FAULT	/* anything else */
};

/* ANSWER is valid for OCS_ATTACH_DONE; CAUSE is never NULL. */
typedef void (*ocs_attach_done_f)(void *arg,
				  const struct ocs_attach_call *call,
				  enum ocs_attach_end_of end,
				  const struct ocs_hook_answer *answer,
				  const char *cause);

struct ocs_attacher;

/* CONF is borrowed. Its threads run from here on. NULL with ERR set. */
struct ocs_attacher *ocs_attacher_create(const struct ocs_agent_conf *conf,
					 ocs_attach_done_f done, void *arg,
					 struct ocs_error *err);
/* Programs that run are killed; calls are not answered. NULL is allowed. */
void ocs_attacher_destroy(struct ocs_attacher *a);
/* Queue CALL, which is copied; its text is taken over, even on failure. Never
 * blocks. 0, or -1 (out of memory). */
int ocs_attacher_call(struct ocs_attacher *a,
		      const struct ocs_attach_call *call);

#endif
