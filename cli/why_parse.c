// SPDX-License-Identifier: GPL-2.0-or-later
/* why_parse - one record of `scontrol -o show job` into a struct why_job */
#include "cli/why.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/core/units.h"

/* The value of " KEY=" in the first line of TEXT, up to the next blank. */
static void field(const char *text, const char *key, char *buf, size_t size)
{
	size_t klen = strlen(key), line = strcspn(text, "\n"), len;
	const char *p = text, *end = text + line;

	buf[0] = '\0';
	while (p && p < end) {
		if ((p == text || p[-1] == ' ') &&
		    (size_t) (end - p) > klen && !strncmp(p, key, klen) &&
		    p[klen] == '=') {
			p += klen + 1;
			len = strcspn(p, " \n");
			snprintf(buf, size, "%.*s", (int) len, p);
			return;
		}
		p = memchr(p, ' ', (size_t) (end - p));
		p = p ? p + 1 : NULL;
	}
}

/* The pair KEY of the token at P, of LEN bytes. */
static void pair(const char *p, size_t len, const char *key, char *buf,
		 size_t size)
{
	size_t klen = strlen(key);
	const char *end = p + len;

	buf[0] = '\0';
	while (p < end) {
		const char *next = memchr(p, ';', (size_t) (end - p));

		if (!next)
			next = end;
		if ((size_t) (next - p) > klen && !memcmp(p, key, klen) &&
		    p[klen] == '=') {
			p += klen + 1;
			snprintf(buf, size, "%.*s", (int) (next - p), p);
			for (char *c = buf; *c; c++)
				if (!isprint((unsigned char) *c))
					*c = '?';
			return;
		}
		p = next + 1;
	}
}

/* "paris-lyon:400G": a name may hold a '-', what follows the first one is the
 * other site unless it is written with '/'. */
static void circuit(const char *text, size_t len, struct why_job *job)
{
	struct ocs_circuit *c = &job->circuit[job->ncircuits];
	char buf[3 * OCS_NAME_MAX], *rate, *z;

	if (len >= sizeof(buf))
		return;
	snprintf(buf, sizeof(buf), "%.*s", (int) len, text);
	if (!(rate = strchr(buf, ':')))
		return;
	*rate++ = '\0';
	if (!(z = strchr(buf, '/')) && !(z = strchr(buf, '-')))
		return;
	*z++ = '\0';
	rate[strcspn(rate, ":")] = '\0';
	if (strlen(buf) >= sizeof(c->a) || strlen(z) >= sizeof(c->z) ||
	    ocs_rate_parse(rate, &c->requested_bps, NULL) < 0)
		return;
	snprintf(c->a, sizeof(c->a), "%s", buf);
	snprintf(c->z, sizeof(c->z), "%s", z);
	job->ncircuits++;
}

static void token(const char *text, struct why_job *job)
{
	static const char open[] = "optical{";
	char circuits[512];
	const char *p = strstr(text, open), *end;

	if (!p || !(end = strpbrk(p + sizeof(open) - 1, "{}\n")) ||
	    *end != '}')
		return;
	p += sizeof(open) - 1;
	pair(p, (size_t) (end - p), "cause", job->cause, sizeof(job->cause));
	pair(p, (size_t) (end - p), "advice", job->advice,
	     sizeof(job->advice));
	pair(p, (size_t) (end - p), "bounds", job->bounds,
	     sizeof(job->bounds));
	pair(p, (size_t) (end - p), "circuits", circuits, sizeof(circuits));
	for (p = circuits; *p && job->ncircuits < OCS_CIRCUITS_MAX;) {
		size_t len = strcspn(p, ",");

		circuit(p, len, job);
		p += len + (p[len] == ',');
	}
}

/* "latency=2ms,variation=10us,availability=99.99,protect=1+1" into each
 * circuit. 100 per cent is no bound, nor is none. */
static void bounds(struct why_job *job)
{
	struct ocs_circuit all = { 0 };
	char buf[sizeof(job->bounds)], *save = NULL;

	strcpy(buf, job->bounds);
	for (char *p = strtok_r(buf, ",", &save); p;
	     p = strtok_r(NULL, ",", &save)) {
		if (!strncmp(p, "latency=", 8))
			(void) ocs_time_parse(p + 8, &all.max_latency_us,
					      NULL);
		else if (!strncmp(p, "variation=", 10))
			(void) ocs_time_parse(p + 10,
					      &all.max_delay_variation_us,
					      NULL);
		else if (!strncmp(p, "availability=", 13))
			(void) ocs_availability_parse(p + 13,
						      &all.max_unavailable_ppb,
						      NULL);
		else if (!strncmp(p, "protect=", 8))
			(void) ocs_protect_from_name(p + 8, &all.protect);
	}
	for (unsigned int i = 0; i < job->ncircuits; i++) {
		struct ocs_circuit *c = &job->circuit[i];

		c->max_latency_us = all.max_latency_us;
		c->max_delay_variation_us = all.max_delay_variation_us;
		c->max_unavailable_ppb = all.max_unavailable_ppb % OCS_PPB;
		c->protect = all.protect;
	}
}

/* [D-]HH:MM:SS, in seconds; 0: something else, such as UNLIMITED. */
static int64_t limit(const char *text)
{
	const char *dash = strchr(text, '-');
	unsigned int d = 0, h = 0, m = 0, s = 0;

	if (dash && sscanf(text, "%4u-", &d) != 1)
		return 0;
	if (sscanf(dash ? dash + 1 : text, "%2u:%2u:%2u", &h, &m, &s) != 3)
		return 0;
	return ((d * 24LL + h) * 60 + m) * 60 + s;
}

int why_parse(const char *text, struct why_job *job, struct ocs_error *err)
{
	char time[32];

	memset(job, 0, sizeof(*job));
	field(text, "JobId", job->id, sizeof(job->id));
	field(text, "JobState", job->state, sizeof(job->state));
	if (!job->id[0] || !job->state[0])
		return ocs_fail(err, OCS_NOT_FOUND,
				"scontrol shows no such job");
	field(text, "Reason", job->reason, sizeof(job->reason));
	field(text, "StartTime", job->start, sizeof(job->start));
	field(text, "TimeLimit", time, sizeof(time));
	job->limit_s = limit(time);
	token(text, job);
	bounds(job);
	return 0;
}
