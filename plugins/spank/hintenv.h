/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hintenv - which NCCL variables a task's environment gets, and which it loses
 *
 * Facts come as OPTICAL_* of the task's own job; those of another job (a job
 * submitted within a job inherits the environment) are not believed. What the
 * user, the image or nccl.conf decided is never touched.
 * Pure: the environment is read by a callback and changed by the caller.
 */
#ifndef OCS_SPANK_HINTENV_H
#define OCS_SPANK_HINTENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/request.h"

/* The value of NAME in the task's environment, or NULL; borrowed until the
 * decision is made. */
typedef const char *(*ocs_hintenv_getenv_f)(void *arg, const char *name);
/* True if an nccl.conf that NCCL will read sets NAME. */
typedef bool (*ocs_hintenv_inconf_f)(void *arg, const char *name);

struct ocs_hintenv_in {
	uint32_t job_id;		/* of the task */
	enum ocs_hints_mode fallback;	/* when OPTICAL_HINTS says nothing */
	ocs_hintenv_getenv_f get;
	ocs_hintenv_inconf_f inconf;
	void *arg;			/* of both */
};

enum ocs_hintenv_op {
	OCS_HINTENV_SET,	/* name=value, whatever it was */
	OCS_HINTENV_UNSET,
	OCS_HINTENV_PRINT,	/* value is a line for the user's eyes */
};

struct ocs_hintenv_action {
	enum ocs_hintenv_op op;
	char name[48];
	char value[512];
};

#define OCS_HINTENV_MAX 64

struct ocs_hintenv_plan {
	unsigned int n;
	struct ocs_hintenv_action action[OCS_HINTENV_MAX];
};

/* Fill *PLAN; it is empty when there is nothing to do. */
void ocs_hintenv_decide(const struct ocs_hintenv_in *in,
			struct ocs_hintenv_plan *plan);

/* True if TEXT, LEN bytes of an nccl.conf (NAME=VALUE lines, '#' comments),
 * sets NAME. */
bool ocs_hintenv_conf_has(const char *text, size_t len, const char *name);

#endif
