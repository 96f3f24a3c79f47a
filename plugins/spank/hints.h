/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hints - put NCCL hints into the environment of a task about to start
 *
 * Runs as the user, in the task's own process and, when the plugin stands
 * after pyxis in plugstack.conf, inside its container. Never fails a task: what
 * goes wrong is a warning in the task's stderr.
 */
#ifndef OCS_SPANK_HINTS_H
#define OCS_SPANK_HINTS_H

#include <slurm/spank.h>

#include "common/core/request.h"

/* FALLBACK: plugstack.conf's word, for jobs whose facts have none. */
void ocs_hints_task_init(spank_t sp, enum ocs_hints_mode fallback);

#endif
