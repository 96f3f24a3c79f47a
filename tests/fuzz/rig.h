/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rig - an agent without its threads and sockets, for fuzz targets
 *
 * Linked with --wrap=ocs_log: what the agent logs is made and dropped.
 */
#ifndef OCS_TESTS_FUZZ_RIG_H
#define OCS_TESTS_FUZZ_RIG_H

#include "agent/api.h"

struct rig {
	char *ledger, *network;	/* paths */
	struct ocs_agent_conf *conf;
	struct ocs_store *store;
	struct ocs_driver *drv;
	struct ocs_engine *engine;
	struct ocs_api api;
};

/* Once: the configuration, and what a new ledger is. */
void rig_init(struct rig *r);
/* The ledger becomes these bytes; NULL: a new one. */
void rig_ledger(struct rig *r, const void *data, size_t size);
/* 0, or -1 with ERR set: the ledger is refused. */
int rig_up(struct rig *r, struct ocs_error *err);
void rig_down(struct rig *r);
/* One request; ROLE o, c (cluster alpha) or u. */
void rig_request(struct rig *r, char role, const char *method,
		 const char *target, const char *body);
/* What every reader may ask. */
void rig_read_all(struct rig *r);

#endif
