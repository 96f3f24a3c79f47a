/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics - what the agent tells monitoring, in Prometheus' text format
 *
 * Names of clusters and links are told, nothing of leases, jobs or users.
 * Thread safe; counting never blocks.
 */
#ifndef OCS_AGENT_METRICS_H
#define OCS_AGENT_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/caller.h"
#include "agent/conf.h"
#include "agent/engine.h"
#include "common/core/error.h"

/* Media type of ocs_metrics_text(). */
#define OCS_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct ocs_metrics;

/* CONF and ENGINE are borrowed and outlive it. NULL with ERR set. */
struct ocs_metrics *ocs_metrics_create(const struct ocs_agent_conf *conf,
				       struct ocs_engine *engine,
				       struct ocs_error *err);
void ocs_metrics_destroy(struct ocs_metrics *m);

/* A request of the API was answered. */
struct ocs_metrics_request {
	unsigned int route;	/* of ocs_api_route_name(); 0: none */
	int status;
	enum ocs_code code;	/* OCS_OK, or of the problem */
	bool waited;		/* for something to happen: US says nothing */
	uint64_t us;
};
void ocs_metrics_request(struct ocs_metrics *m,
			 const struct ocs_metrics_request *req);
/* CALLER has sent a request. */
void ocs_metrics_seen(struct ocs_metrics *m, const struct ocs_caller *caller);

/* FILE of TLS ends at ENDS_S, Unix s; 0: it has no end. */
void ocs_metrics_certificate(struct ocs_metrics *m, enum ocs_tls_file file,
			     int64_t ends_s);

/* Why the agent can't work, one a line; "" when it can. NULL: no memory. The
 * caller frees. */
char *ocs_metrics_trouble(struct ocs_metrics *m);
/* True unless the engine's worker stands still. */
bool ocs_metrics_alive(struct ocs_metrics *m);
/* All metrics. NULL with ERR set; the caller frees. */
char *ocs_metrics_text(struct ocs_metrics *m, struct ocs_error *err);

#endif
