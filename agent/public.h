/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * public - what anybody may read who reaches HttpListen=
 *
 *  /healthz  200 while the process works; else restart it
 *  /readyz   200 while it takes reservations; else 503 and why
 *  /metrics  Prometheus' text format
 *  /ui       a page for people, without scripts
 *
 * Read-only, and nothing of leases, jobs or users. Thread safe.
 */
#ifndef OCS_AGENT_PUBLIC_H
#define OCS_AGENT_PUBLIC_H

#include "agent/api.h"
#include "agent/target.h"

/* Always fills *REPLY. */
void ocs_public_handle(struct ocs_api *api, const char *method,
		       const struct ocs_target *target,
		       struct ocs_reply *reply);

/* The page. NULL with ERR set; the caller frees. */
char *ocs_public_page(struct ocs_engine *engine, struct ocs_error *err);

#endif
