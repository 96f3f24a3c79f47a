// SPDX-License-Identifier: GPL-2.0-or-later
/* rules - the keys of opticald.conf that say what may be done when */
#include "agent/rules.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/core/defaults.h"

enum key {
	R_MODE, R_SETUPS, R_MINLIT, R_MINJOB, R_WINDOW, R_ONE, R_RESTORE,
	R_HOLDOFF, R_REVERT, R_WTR, R_RESTOREMAX, R_APPROVE
};
const char *const ocs_rules_keys[] = {
	"Mode", "MaxSetupsPerHour", "MinLit", "MinJobForSetup",
	"ChangeWindow", "OneOpPerDegree", "Restore", "HoldOff", "Revert",
	"WaitToRestore", "RestoreTimeout", "ApproveTimeout", NULL
};
static const char *const modes[] = { "auto", "approve", "observe", NULL };
static const char *const restores[] = { "none", "controller", "agent", NULL };

const char *ocs_mode_name(enum ocs_mode mode)
{
	return modes[mode];
}

const char *ocs_restore_name(enum ocs_restore restore)
{
	return restores[restore];
}

void ocs_rules_default(struct ocs_rules *rules)
{
	memset(rules, 0, sizeof(*rules));
	rules->one_per_degree = true;
	rules->approve_s = OCS_APPROVE_S;
	rules->hold_off_ms = OCS_HOLD_OFF_MS;
	rules->restore_s = OCS_RESTORE_S;
	rules->wait_to_restore_s = OCS_WAIT_TO_RESTORE_S;
}

/* ---- times of the week ---- */

/* "Mon" at *P: 0 to 6 and *P behind it, or -1. */
static int day_of(const char **p)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
					    "Sat", "Sun" };

	for (int i = 0; i < 7; i++)
		if (!strncasecmp(*p, days[i], 3)) {
			*p += 3;
			return i;
		}
	return -1;
}

/* "HH:MM" at *P: minutes, 24:00 too, or -1. */
static int minute_of(const char **p)
{
	const char *s = *p;
	int m;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? s[i] != ':' : s[i] < '0' || s[i] > '9')
			return -1;
	m = ((s[0] - '0') * 10 + s[1] - '0') * 60 + (s[3] - '0') * 10 + s[4] -
	    '0';
	*p += 5;
	return m <= 24 * 60 && s[3] < '6' ? m : -1;
}

static int span_add(struct ocs_week *week, int day, int from, int to)
{
	if (week->n == OCS_WEEK_MAX)
		return -1;
	if (to <= from)		/* it ends on the next day */
		to += 24 * 60;
	week->span[week->n].from = (uint16_t) (day * 24 * 60 + from);
	week->span[week->n++].to = (uint16_t) ((day * 24 * 60 + to) %
					       OCS_WEEK_MIN);
	return 0;
}

/* One "Mon-Fri/22:00-06:00" or "22:00-06:00" at *P. */
static int span_parse(const char **p, struct ocs_week *week)
{
	int first = day_of(p), last = first, from, to;

	if (first < 0) {
		first = 0;
		last = 6;
	} else {
		if (**p == '-') {
			++*p;
			last = day_of(p);
		}
		if (last < first || *(*p)++ != '/')
			return -1;
	}
	from = minute_of(p);
	if (from < 0 || from == 24 * 60 || *(*p)++ != '-' ||
	    (to = minute_of(p)) < 0 || to == from)
		return -1;
	for (int day = first; day <= last; day++)
		if (span_add(week, day, from, to) < 0)
			return -1;
	return 0;
}

int ocs_week_parse(const char *text, struct ocs_week *week)
{
	struct ocs_week w = { 0 };

	for (;; text++) {
		if (span_parse(&text, &w) < 0 || (*text && *text != ','))
			return -1;
		if (!*text)
			break;
	}
	*week = w;
	return 0;
}

static int week_minute(int64_t now_s, int *second)
{
	time_t t = (time_t) now_s;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		memset(&tm, 0, sizeof(tm));
	*second = tm.tm_sec > 59 ? 59 : tm.tm_sec;
	return ((tm.tm_wday + 6) % 7 * 24 + tm.tm_hour) * 60 + tm.tm_min;
}

int64_t ocs_week_wait_s(const struct ocs_week *week, int64_t now_s)
{
	int second, now = week_minute(now_s, &second), least = OCS_WEEK_MIN;

	if (!week->n)
		return 0;
	for (unsigned int i = 0; i < week->n; i++) {
		int from = week->span[i].from, to = week->span[i].to;

		if (to <= from ? now >= from || now < to :
		    now >= from && now < to)
			return 0;
		from = (from - now + OCS_WEEK_MIN) % OCS_WEEK_MIN;
		if (from < least)
			least = from;
	}
	return (int64_t) least * 60 - second;
}

/* ---- keys ---- */

static int read_seconds(const struct ocs_kvline *line, const struct ocs_kv *kv,
			uint64_t min_ms, uint64_t max_ms, uint32_t *s,
			struct ocs_error *err)
{
	uint64_t ms;

	if (ocs_kv_ms(line, kv, min_ms, max_ms, &ms, err) < 0)
		return -1;
	*s = (uint32_t) ((ms + 999) / 1000);
	return 0;
}

static int read_key(const struct ocs_kvline *line, const struct ocs_kv *kv,
		    enum key key, struct ocs_rules *r, struct ocs_error *err)
{
	const uint64_t day = 86400000;
	unsigned int word;
	uint64_t n;

	switch (key) {
	case R_MODE:
		if (ocs_kv_word(line, kv, modes, &word, err) < 0)
			return -1;
		r->mode = (enum ocs_mode) word;
		return 0;
	case R_RESTORE:
		if (ocs_kv_word(line, kv, restores, &word, err) < 0)
			return -1;
		r->restore = (enum ocs_restore) word;
		return 0;
	case R_SETUPS:
		if (ocs_kv_uint(line, kv, 0, OCS_SETUPS_MAX, &n, err) < 0)
			return -1;
		r->setups_per_h = (uint32_t) n;
		return 0;
	case R_HOLDOFF:
		if (ocs_kv_ms(line, kv, 0, day / 24, &n, err) < 0)
			return -1;
		r->hold_off_ms = (uint32_t) n;
		return 0;
	case R_WINDOW:
		if (ocs_week_parse(kv->value, &r->window) == 0)
			return 0;
		return ocs_kv_fail(line, err, OCS_SYNTAX,
				   "bad ChangeWindow='%.80s': [DAY[-DAY]/]HH:MM-HH:MM,... is expected, at most %d days in all (example: Mon-Fri/22:00-06:00,Sun/00:00-24:00)",
				   kv->value, OCS_WEEK_MAX);
	case R_ONE:
		return ocs_kv_bool(line, kv, &r->one_per_degree, err);
	case R_REVERT:
		return ocs_kv_bool(line, kv, &r->revert, err);
	case R_MINLIT:
		return read_seconds(line, kv, 0, 30 * day, &r->min_lit_s, err);
	case R_MINJOB:
		return read_seconds(line, kv, 0, 30 * day, &r->min_job_s, err);
	case R_WTR:
		return read_seconds(line, kv, 0, day, &r->wait_to_restore_s,
				    err);
	case R_RESTOREMAX:
		return read_seconds(line, kv, 0, 30 * day, &r->restore_s, err);
	case R_APPROVE:
		return read_seconds(line, kv, 1000, day, &r->approve_s, err);
	}
	return -1;
}

int ocs_rules_read(const struct ocs_kvline *line, const struct ocs_kv *kv,
		   bool link, struct ocs_rules *rules, struct ocs_error *err)
{
	for (unsigned int i = 0; ocs_rules_keys[i]; i++) {
		if (strcasecmp(kv->key, ocs_rules_keys[i]))
			continue;
		if (link && i == R_APPROVE)
			return ocs_kv_fail(line, err, OCS_SYNTAX,
					   "ApproveTimeout= is for all links: it stands on a line of its own");
		if (rules->set & (1U << i))
			return ocs_kv_fail(line, err, OCS_CONFLICT,
					   "%s is there twice",
					   ocs_rules_keys[i]);
		if (read_key(line, kv, (enum key) i, rules, err) < 0)
			return -1;
		rules->set |= 1U << i;
		return 1;
	}
	return 0;
}

void ocs_rules_inherit(struct ocs_rules *r, const struct ocs_rules *all)
{
	struct ocs_rules own = *r;

	*r = *all;
	r->set = own.set;
	if (own.set & 1U << R_MODE)
		r->mode = own.mode;
	if (own.set & 1U << R_SETUPS)
		r->setups_per_h = own.setups_per_h;
	else
		r->setups_per_h = 0;	/* the limit of all counts all */
	if (own.set & 1U << R_MINLIT)
		r->min_lit_s = own.min_lit_s;
	if (own.set & 1U << R_MINJOB)
		r->min_job_s = own.min_job_s;
	if (own.set & 1U << R_WINDOW)
		r->window = own.window;
	if (own.set & 1U << R_ONE)
		r->one_per_degree = own.one_per_degree;
	if (own.set & 1U << R_RESTORE)
		r->restore = own.restore;
	if (own.set & 1U << R_HOLDOFF)
		r->hold_off_ms = own.hold_off_ms;
	if (own.set & 1U << R_REVERT)
		r->revert = own.revert;
	if (own.set & 1U << R_WTR)
		r->wait_to_restore_s = own.wait_to_restore_s;
	if (own.set & 1U << R_RESTOREMAX)
		r->restore_s = own.restore_s;
}
