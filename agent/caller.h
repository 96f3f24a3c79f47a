/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * caller - who sent a request, and what that lets them do
 *
 * An operator may everything; a cluster writes and sees its own leases; a user
 * sees the own jobs' leases and no routes.
 */
#ifndef OCS_AGENT_CALLER_H
#define OCS_AGENT_CALLER_H

#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

#include "common/core/lease.h"
#include "common/wire/wire.h"

enum ocs_role { OCS_ROLE_USER, OCS_ROLE_CLUSTER, OCS_ROLE_OPERATOR };
enum ocs_via { OCS_VIA_PEER, OCS_VIA_MUNGE, OCS_VIA_SESSION, OCS_VIA_CERT };

struct ocs_caller {
	uid_t uid;		/* (uid_t) -1: a certificate without user */
	enum ocs_via via;
	enum ocs_role role;
	bool measurer;		/* may tell of all circuits, besides */
	unsigned int nclusters;	/* that it may write for */
	char cluster[OCS_PING_CLUSTERS_MAX][OCS_NAME_MAX];
};

static inline const char *ocs_role_name(enum ocs_role role)
{
	return role == OCS_ROLE_OPERATOR ? "operator" :
	       role == OCS_ROLE_CLUSTER ? "cluster" : "user";
}

static inline bool ocs_caller_may_write(const struct ocs_caller *caller,
					const char *cluster)
{
	if (caller->role == OCS_ROLE_OPERATOR)
		return true;
	for (unsigned int i = 0; i < caller->nclusters; i++)
		if (!strcmp(caller->cluster[i], cluster))
			return true;
	return false;
}

static inline bool ocs_caller_may_see(const struct ocs_caller *caller,
				      const struct ocs_lease *lease)
{
	return ocs_caller_may_write(caller, lease->cluster) ||
	       (caller->role == OCS_ROLE_USER && lease->user_id == caller->uid);
}

#endif
