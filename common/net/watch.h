/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch - a thread that keeps the newest snapshot by a long poll
 *
 * It asks again as soon as it is answered, backs off when the agent is away,
 * and tells a listener of every change.  One per process.
 */
#ifndef OCS_NET_WATCH_H
#define OCS_NET_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/error.h"
#include "common/sys/agent_url.h"
#include "common/wire/wire.h"

/* Where to ask. The snapshot of another agent than before is dropped. */
void ocs_watch_target(const struct ocs_agent_at *at);
/* Start the thread; 0 as well if it runs. */
int ocs_watch_start(struct ocs_error *err);
/* End and join it; takes milliseconds. */
void ocs_watch_stop(void);

/* As in struct ocslib_ops. */
const struct ocs_state *ocs_watch_get(void);
void ocs_watch_put(const struct ocs_state *state);
uint64_t ocs_watch_silent_ms(void);
bool ocs_watch_trouble(struct ocs_error *err);
void ocs_watch_listen(void (*fn)(void *arg), void *arg);

#endif
