/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maint - what operators say of links: drains and maintenance windows, and
 * what may be asked of a lease afterwards
 *
 * Pure: no files, no network, no Slurm.
 */
#ifndef OCS_CORE_MAINT_H
#define OCS_CORE_MAINT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/defaults.h"
#include "common/core/lease.h"

/* Bytes of an operator's note with its NUL. */
#define OCS_NOTE_MAX 200

/* A link that takes nothing new until it is said otherwise. */
struct ocs_drain {
	char link[OCS_NAME_MAX];
	bool drained;
	char note[OCS_NOTE_MAX];
};

/* The same from start_s to end_s, Unix s. */
struct ocs_window {
	char id[OCS_LEASE_ID_MAX];	/* chosen by who made it */
	char link[OCS_NAME_MAX];
	int64_t start_s;
	int64_t end_s;
	char note[OCS_NOTE_MAX];
};

/* Nothing is changed in the network until it is said otherwise. */
struct ocs_freeze {
	char link[OCS_NAME_MAX];	/* "": all links */
	bool frozen;
	int64_t since_ms;		/* Unix ms */
	char who[OCS_NAME_MAX];
	char why[OCS_NOTE_MAX];
};

/* The route that a circuit had before it was restored. */
struct ocs_home {
	unsigned int nhops;	/* 0: none */
	char hop[OCS_HOPS_MAX][OCS_NAME_MAX];	/* names of links */
};

/* A change of a lease; what is not set stays as it is. */
struct ocs_modify {
	bool has_version, has_start, has_end, has_rate;
	uint64_t controller_epoch;	/* of the writer */
	bool has_epoch;
	uint32_t version;		/* the lease must have this one */
	int64_t start_s, end_s;		/* as of a lease */
	uint64_t rate_bps;		/* of each of its circuits */
};

/* What would be, if these circuits were asked for. */
struct ocs_whatif {
	unsigned int ncircuits;
	struct ocs_circuit circuit[OCS_CIRCUITS_MAX];
	int64_t start_s;		/* 0: now */
	int64_t duration_s;		/* 0: for ever */
};
struct ocs_whatif_answer {
	bool possible;		/* at start_s: a hold would be taken */
	int64_t when_s;		/* the earliest start known; 0: never */
	char reason[128];	/* of what is short, as in ocs_error */
	char detail[256];
	uint64_t latency_us;	/* the worst, when possible */
	uint64_t rate_bps;	/* the most that all could have at start_s */
	char waits[128];	/* when possible: what its set-up would wait
				 * for after the commit; else "" */
	char change[200];	/* the smallest change, for people */
};

#endif
