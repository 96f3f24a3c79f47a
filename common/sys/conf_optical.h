/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf_optical - optical.conf, the plugins' configuration (design section 5)
 *
 * Written like slurm.conf: KEY=VALUE pairs, any case, '#' comments, '\' at the
 * end of a line continues it, Include FILE. Unknown keys and bad values are
 * refused with file and line.
 */
#ifndef OCS_SYS_CONF_OPTICAL_H
#define OCS_SYS_CONF_OPTICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/error.h"
#include "common/core/request.h"
#include "common/sys/agent_url.h"

enum ocs_without_request { OCS_ANY, OCS_PREFER_SITE, OCS_SINGLE_SITE };
enum ocs_agent_down { OCS_AGENT_PEND, OCS_AGENT_RUN };
enum ocs_optical_jobs { OCS_JOBS_RUN, OCS_JOBS_HOLD };

struct ocs_conf_site {
	char name[OCS_NAME_MAX];
	char *nodes;		/* host list expression as written */
	unsigned int gpus;	/* per node; 8 */
	unsigned int nics;	/* per node; 8 */
};

struct ocs_conf_partition {
	char name[OCS_NAME_MAX];
	enum ocs_agent_down agent_down;
	enum ocs_without_request without;
	uint64_t max_rate_bps;	/* 0: no ceiling */
	unsigned int max_span;	/* 0: no ceiling */
	bool require_option;
};

/* An advance reservation of Slurm's. */
struct ocs_conf_reservation {
	char name[OCS_NAME_MAX];
	enum ocs_without_request without;
};

/* An intent that users name by --optical-class. */
struct ocs_conf_class {
	char name[OCS_NAME_MAX];
	struct ocs_request req;	/* what a job of it asks for */
};

struct ocs_conf {
	char path[256];
	struct ocs_agent_at agent;
	unsigned int nsites;
	struct ocs_conf_site *site;
	unsigned int npartitions;
	struct ocs_conf_partition *partition;
	unsigned int nreservations;
	struct ocs_conf_reservation *reservation;
	unsigned int nclasses;
	struct ocs_conf_class *class;
	enum ocs_without_request without;
	enum ocs_agent_down agent_down;
	enum ocs_optical_jobs optical_jobs;
	uint64_t max_rate_bps;		/* cluster-wide ceilings; 0: none */
	unsigned int max_span;
	unsigned int hold_timeout_ms;
	unsigned int hold_budget_ms;
	unsigned int breaker_time_ms;
	unsigned int commit_timeout_s;
	unsigned int setup_retry_delay_s;
	unsigned int max_setup_failures;
	unsigned int reconcile_interval_s;
	unsigned int compute_interval_s;	/* 0: tell nothing */
	uint64_t nccl_buffsize_max;
	bool admin_comment;
};

/* Read PATH. NULL with ERR set: `optical.conf:12: unknown key 'Nods' ...`. */
struct ocs_conf *ocs_conf_read(const char *path, struct ocs_error *err);
void ocs_conf_destroy(struct ocs_conf *conf);
/* The settings of partition NAME (NULL: none), cluster-wide values filled in
 * where the partition says nothing. Returns *OUT. */
const struct ocs_conf_partition *
ocs_conf_partition_get(const struct ocs_conf *conf, const char *name,
		       struct ocs_conf_partition *out);
/* What jobs without a request may run on in PARTITION (NULL: none) and
 * RESERVATION (NULL: none), which counts first. */
enum ocs_without_request ocs_conf_without(const struct ocs_conf *conf,
					  const char *partition,
					  const char *reservation);

#endif
