/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules - what operators let the agent do to the network, and when: modes,
 * rates of change, change windows, restoration (design section 6)
 *
 * Each key stands for all links, or on a LinkName= line for that link, whose
 * own rules win. A zeroed struct is "everything at once, nobody restores".
 *
 * Pure but for the file that is read and the host's time zone, in which change
 * windows are.
 */
#ifndef OCS_AGENT_RULES_H
#define OCS_AGENT_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/error.h"
#include "common/sys/kvfile.h"

enum ocs_mode { OCS_MODE_AUTO, OCS_MODE_APPROVE, OCS_MODE_OBSERVE };
/* Who brings a dark circuit back. */
enum ocs_restore {
	OCS_RESTORE_NONE, OCS_RESTORE_CONTROLLER, OCS_RESTORE_AGENT
};
const char *ocs_mode_name(enum ocs_mode mode);	/* "auto" */
const char *ocs_restore_name(enum ocs_restore restore);

/* Times of the week at which changes are allowed. */
#define OCS_WEEK_MAX 8		/* spans of one ChangeWindow= */
#define OCS_WEEK_MIN (7 * 24 * 60)
struct ocs_week {
	unsigned int n;		/* 0: at any time */
	struct {
		uint16_t from, to;	/* minutes since Monday 00:00, [from,
					 * to); to <= from: over Sunday night */
	} span[OCS_WEEK_MAX];
};

#define OCS_SETUPS_MAX 100000
struct ocs_rules {
	uint32_t set;			/* bits: which keys were given */
	enum ocs_mode mode;
	enum ocs_restore restore;
	bool one_per_degree;		/* one photonic operation per degree at
					 * a time */
	bool revert;
	uint32_t setups_per_h;		/* 0: no limit */
	uint32_t min_lit_s;
	uint32_t min_job_s;		/* shorter jobs get no new light */
	uint32_t approve_s;		/* for all links alone */
	uint32_t hold_off_ms;
	uint32_t restore_s;		/* RESTORING for longer is DOWN; 0:
					 * for ever */
	uint32_t wait_to_restore_s;
	struct ocs_week window;
};

/* What opticald.conf means without keys. */
void ocs_rules_default(struct ocs_rules *rules);
/* 1: KV is one of ours and in RULES now; 0: it is not; -1 with ERR set. LINK:
 * it stands on a link's line. */
int ocs_rules_read(const struct ocs_kvline *line, const struct ocs_kv *kv,
		   bool link, struct ocs_rules *rules, struct ocs_error *err);
/* What RULES does not say is as in ALL. */
void ocs_rules_inherit(struct ocs_rules *rules, const struct ocs_rules *all);
/* All keys, ends with NULL: for "did you mean". */
extern const char *const ocs_rules_keys[];

/* DAYS/HH:MM-HH:MM,...: 0, or -1 with *WEEK untouched. */
int ocs_week_parse(const char *text, struct ocs_week *week);
/* Seconds from NOW_S (Unix) until WEEK is open; 0: it is. */
int64_t ocs_week_wait_s(const struct ocs_week *week, int64_t now_s);

#endif
