/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostlist - a host list expression such as par[001-064,070],gw1 in full
 *
 * opticalctl never links Slurm and needs no more than this: prefix, any number
 * of [...] with numbers and ranges (leading zeros keep their width), suffix,
 * commas. Bounded, so that a typing error can't eat the memory.
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CLI_HOSTLIST_H
#define OCS_CLI_HOSTLIST_H

#include "common/core/error.h"

/* Most names that one expression may stand for: more nodes than any Slurm
 * cluster has. */
#define OCS_HOSTLIST_MAX 262144
/* Bytes of one name with its NUL. */
#define OCS_HOST_NAME_MAX 256

struct ocs_hostlist {
	unsigned int n;
	char **name;		/* owned, in the order written */
};

/*
 * Append what TEXT stands for to *LIST (zeroed before the first time).
 * An empty TEXT is nothing. Returns 0; or -1 with ERR set (OCS_SYNTAX,
 * OCS_RANGE: too many or too long, OCS_NOMEM), *LIST as it was.
 */
int ocs_hostlist_add(struct ocs_hostlist *list, const char *text,
		     struct ocs_error *err);

/* Frees what LIST holds and zeroes it; NULL is allowed. */
void ocs_hostlist_fini(struct ocs_hostlist *list);

#endif
