// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * modify - extend and modify leases; what-if; measure
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/ctl.h"
#include "cli/when.h"
#include "common/core/units.h"
#include "common/wire/wire_maint.h"
#include "common/wire/wire_measure.h"

static int no_memory(struct ctl *ctl)
{
	struct ocs_error err;

	ocs_fail(&err, OCS_NOMEM, "out of memory");
	return ctl_fail(ctl, &err);
}

/* The value of "KEY=VALUE" if ARG begins with KEY=, or NULL. */
static const char *value_of(const char *arg, const char *key)
{
	size_t n = strlen(key);

	return !strncmp(arg, key, n) && arg[n] == '=' ? arg + n + 1 : NULL;
}

/* Find the lease that TEXT names; -1 with *RC the exit code. */
static struct ocs_lease *get_lease(struct ctl *ctl, const char *text, int *rc)
{
	char id[OCS_LEASE_ID_MAX], path[96];
	struct ocs_lease *lease;
	struct ocs_error err;
	struct reply reply;

	if (ctl_lease_id(ctl, text, id, &err) < 0) {
		*rc = err.code == OCS_SYNTAX && !ctl->client ?
		      ctl_usage(ctl, "%s", err.text) : ctl_fail(ctl, &err);
		return NULL;
	}
	snprintf(path, sizeof(path), "/v1/leases/%s", id);
	if (ctl_request(ctl, "GET", path, NULL, &reply, &err) < 0) {
		*rc = ctl_fail(ctl, &err);
		return NULL;
	}
	lease = ocs_wire_decode_lease(reply.text, reply.len, &err);
	reply_fini(&reply);
	if (!lease)
		*rc = ctl_fail(ctl, &err);
	return lease;
}

/* Ask for MOD of LEASE, and say what it is then. */
static int modify(struct ctl *ctl, const struct ocs_lease *lease,
		  const struct ocs_modify *mod)
{
	char path[96], a[STAMP_TEXT_MAX], b[STAMP_TEXT_MAX];
	char rate[OCS_RATE_TEXT_MAX];
	struct ocs_lease *now;
	struct ocs_error err;
	struct reply reply;
	char *body;
	int rc;

	if (!(body = ocs_wire_encode_modify(mod)))
		return no_memory(ctl);
	snprintf(path, sizeof(path), "/v1/leases/%s", lease->id);
	rc = ctl_request(ctl, "PATCH", path, body, &reply, &err);
	free(body);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	now = ocs_wire_decode_lease(reply.text, reply.len, &err);
	if (!now) {
		reply_fini(&reply);
		return ctl_fail(ctl, &err);
	}
	if (ctl->json)
		ctl_print_json(&reply);
	else
		printf("lease %s of job %" PRIu32 " (%s): %s Start=%s End=%s Rate=%s Version=%" PRIu32 "%s\n",
		       now->id, now->job_id, now->cluster,
		       ocs_lease_word(now),
		       stamp_format(now->start_s * 1000LL, false, a),
		       now->end_s ? stamp_format(now->end_s * 1000LL, false,
						 b) : "open",
		       now->ncircuits ?
		       ocs_rate_format(now->circuit[0].granted_bps, rate) : "-",
		       now->version, now->version == lease->version ?
		       " (as before)" : "");
	reply_fini(&reply);
	ocs_lease_destroy(now);
	return CTL_OK;
}

int cmd_extend(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_modify mod = { .has_end = true, .has_version = true };
	struct ocs_lease *lease;
	struct ocs_error err;
	int64_t span = 0;
	int rc = CTL_OK;

	/* read first: a mistyped time needs no agent */
	if (*argv[1] == '+' ? when_span(argv[1] + 1, &span, &err) < 0 :
	    when_parse(argv[1], time(NULL), &mod.end_s, &err) < 0)
		return ctl_usage(ctl, "%s", err.text);
	if (!(lease = get_lease(ctl, argv[0], &rc)))
		return rc;
	if (span && !lease->end_s) {
		ocs_fail(&err, OCS_RANGE, "lease %s has no end: there is nothing to extend",
			 lease->id);
		rc = ctl_fail(ctl, &err);
	} else {
		if (span)
			mod.end_s = lease->end_s + span;
		mod.version = lease->version;
		rc = modify(ctl, lease, &mod);
	}
	ocs_lease_destroy(lease);
	return rc;
}

static int read_change(struct ctl *ctl, const char *arg,
		       struct ocs_modify *mod)
{
	int64_t now_s = time(NULL);
	struct ocs_error err;
	const char *v;
	int rc = -1;

	if ((v = value_of(arg, "start"))) {
		mod->has_start = true;
		rc = when_parse(v, now_s, &mod->start_s, &err);
	} else if ((v = value_of(arg, "end"))) {
		mod->has_end = true;
		mod->end_s = 0;
		rc = !strcmp(v, "open") ? 0 :
		     when_parse(v, now_s, &mod->end_s, &err);
	} else if ((v = value_of(arg, "rate"))) {
		mod->has_rate = true;
		rc = ocs_rate_parse(v, &mod->rate_bps, &err);
	} else {
		return ctl_usage(ctl, "unknown change '%s': start=TIME, end=TIME, end=open or rate=RATE are right",
				 arg);
	}
	return rc < 0 ? ctl_usage(ctl, "%s", err.text) : CTL_OK;
}

int cmd_modify(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_modify mod = { .has_version = true };
	struct ocs_lease *lease;
	int rc;

	for (int i = 1; i < argc; i++)
		if ((rc = read_change(ctl, argv[i], &mod)))
			return rc;
	if (!(lease = get_lease(ctl, argv[0], &rc)))
		return rc;
	mod.version = lease->version;
	rc = modify(ctl, lease, &mod);
	ocs_lease_destroy(lease);
	return rc;
}

/* ---- what-if ---- */

/* "paris-lyon:400G" or "paris-lyon:400G:3ms"; names may have a '-', so the
 * agent's sites would have to decide: '/' separates as well. */
static int read_circuit(struct ctl *ctl, const char *text,
			struct ocs_circuit *c)
{
	const char *colon = strchr(text, ':'), *dash, *more;
	char ends[2 * OCS_NAME_MAX], rate[64];
	struct ocs_error err;

	if (!colon || (size_t) (colon - text) >= sizeof(ends))
		goto bad;
	snprintf(ends, sizeof(ends), "%.*s", (int) (colon - text), text);
	if (!(dash = strchr(ends, '/')) && !(dash = strchr(ends, '-')))
		goto bad;
	snprintf(c->a, sizeof(c->a), "%.*s", (int) (dash - ends), ends);
	snprintf(c->z, sizeof(c->z), "%.63s", dash + 1);
	more = strchr(colon + 1, ':');
	snprintf(rate, sizeof(rate), "%.*s",
		 more ? (int) (more - colon - 1) : 63, colon + 1);
	if (!ctl_plain(c->a) || !ctl_plain(c->z))
		goto bad;
	if (ocs_rate_parse(rate, &c->requested_bps, &err) < 0 ||
	    (more && ocs_time_parse(more + 1, &c->max_latency_us, &err) < 0))
		return ctl_usage(ctl, "%s", err.text);
	return CTL_OK;
bad:
	return ctl_usage(ctl, "bad circuit '%s': SITE-SITE:RATE[:LATENCY] is right (example: paris-lyon:400G:3ms; paris/lyon where names have a '-')",
			 text);
}

static void print_answer(const struct ocs_whatif_answer *a, int64_t now_s)
{
	char stamp[STAMP_TEXT_MAX], rate[OCS_RATE_TEXT_MAX];
	char time[OCS_TIME_TEXT_MAX];

	printf("Possible=%s", a->possible ? "yes" : "no");
	if (a->possible)
		printf(" Latency=%s", ocs_time_format(a->latency_us, time));
	if (a->when_s)
		printf(" Start=%s", a->when_s <= now_s ? "now" :
		       stamp_format(a->when_s * 1000LL, false, stamp));
	else
		printf(" Start=never");
	if (a->rate_bps)
		printf(" RateFree=%s", ocs_rate_format(a->rate_bps, rate));
	if (*a->reason)
		printf(" Reason=%s", a->reason);
	if (*a->waits)
		printf(" Waits=%s", a->waits);
	putchar('\n');
	if (*a->detail)
		printf("   %s\n", a->detail);
	if (*a->change)
		printf("   %s\n", a->change);
}

int cmd_whatif(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_whatif *want = calloc(1, sizeof(*want));
	struct ocs_whatif_answer answer;
	int64_t now_s = time(NULL);
	char *body = NULL;
	struct ocs_error err;
	struct reply reply;
	const char *v;
	int rc = CTL_OK;

	if (!want)
		return no_memory(ctl);
	for (int i = 0; i < argc && !rc; i++) {
		if ((v = value_of(argv[i], "start"))) {
			if (when_parse(v, now_s, &want->start_s, &err) < 0)
				rc = ctl_usage(ctl, "%s", err.text);
		} else if ((v = value_of(argv[i], "for"))) {
			if (when_span(v, &want->duration_s, &err) < 0)
				rc = ctl_usage(ctl, "%s", err.text);
		} else if (want->ncircuits == OCS_CIRCUITS_MAX) {
			rc = ctl_usage(ctl, "more than %d circuits",
				       OCS_CIRCUITS_MAX);
		} else {
			rc = read_circuit(ctl, argv[i],
					  &want->circuit[want->ncircuits++]);
		}
	}
	if (!rc && !want->ncircuits)
		rc = ctl_usage(ctl, "what-if: a circuit is needed (example: what-if paris-lyon:400G)");
	if (!rc && !(body = ocs_wire_encode_whatif(want)))
		rc = no_memory(ctl);
	free(want);
	if (rc)
		return rc;
	rc = ctl_request(ctl, "POST", "/v1/what-if", body, &reply, &err);
	free(body);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	rc = ocs_wire_decode_whatif_answer(reply.text, reply.len, &answer,
					   &err);
	if (rc < 0) {
		reply_fini(&reply);
		return ctl_fail(ctl, &err);
	}
	if (ctl->json)
		ctl_print_json(&reply);
	else
		print_answer(&answer, now_s);
	reply_fini(&reply);
	return answer.possible ? CTL_OK : CTL_REFUSED;
}

/* ---- measurements ---- */

/* CIRCUIT is ID or ID.INDEX; its address into PATH. */
static int measure_path(struct ctl *ctl, const char *circuit, char *path,
			size_t size, char name[static OCS_CIRCUIT_ID_MAX])
{
	const char *dot = strchr(circuit, '.');
	char text[OCS_LEASE_ID_MAX], id[OCS_LEASE_ID_MAX];
	struct ocs_error err;
	size_t n = dot ? (size_t) (dot - circuit) : strlen(circuit);
	size_t digits = dot ? strspn(dot + 1, "0123456789") : 1;

	if (n >= sizeof(text) || !digits || digits > 2 ||
	    (dot && dot[1 + digits]))
		return ctl_usage(ctl, "'%s' is no circuit: the id of a lease, or ID.NUMBER from 0, is right",
				 circuit);
	snprintf(text, sizeof(text), "%.*s", (int) n, circuit);
	if (ctl_lease_id(ctl, text, id, &err) < 0)
		return err.code == OCS_SYNTAX && !ctl->client ?
			ctl_usage(ctl, "%s", err.text) : ctl_fail(ctl, &err);
	snprintf(name, OCS_CIRCUIT_ID_MAX, "%s.%.2s", id, dot ? dot + 1 : "0");
	snprintf(path, size, "/v1/circuits/%s/measurements", name);
	return CTL_OK;
}

static int read_measured(struct ctl *ctl, const char *arg,
			 struct ocs_measurement *m)
{
	struct ocs_error err;
	int64_t span = 0;
	const char *v;
	double loss;
	char *end;
	int rc = 0;

	if ((v = value_of(arg, "latency"))) {
		rc = ocs_time_parse(v, &m->latency_us, &err);
	} else if ((v = value_of(arg, "variation"))) {
		m->has_variation = true;
		rc = ocs_time_parse(v, &m->delay_variation_us, &err);
	} else if ((v = value_of(arg, "valid"))) {
		rc = when_span(v, &span, &err);
		if (rc == 0 && (span < 1 || span > OCS_VALID_MAX_S))
			return ctl_usage(ctl, "bad valid='%s': 1s to 24h is right",
					 v);
		m->valid_s = (uint32_t) span;
	} else if ((v = value_of(arg, "loss"))) {
		loss = strtod(v, &end);
		if (!*v || *end || !(loss >= 0 && loss <= 1))
			return ctl_usage(ctl, "bad loss='%s': 0 to 1 is right",
					 v);
		m->has_loss = true;
		m->loss_ppb = (uint32_t) (loss * 1e9 + 0.5);
	} else if ((v = value_of(arg, "source")) && ctl_plain(v) &&
		   strlen(v) < sizeof(m->source)) {
		snprintf(m->source, sizeof(m->source), "%.31s", v);
	} else {
		return ctl_usage(ctl, "bad '%s': latency=TIME, variation=TIME, loss=RATIO, source=NAME or valid=TIME are right",
				 arg);
	}
	return rc < 0 ? ctl_usage(ctl, "%s", err.text) : CTL_OK;
}

static void print_measured(const char *name, const struct ocs_measurement *m)
{
	char time[OCS_TIME_TEXT_MAX], stamp[STAMP_TEXT_MAX];

	printf("Circuit=%s Latency=%s", name,
	       ocs_time_format(m->latency_us, time));
	if (m->has_variation)
		printf(" Variation=%s",
		       ocs_time_format(m->delay_variation_us, time));
	if (m->has_loss)
		printf(" Loss=%g", (double) m->loss_ppb / 1e9);
	printf(" Source=%s Measured=%s Valid=%" PRIu32 "s\n", m->source,
	       stamp_format(m->time_ms, false, stamp), m->valid_s);
}

int cmd_measure(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_measurement m = {
		.source = "opticalctl", .valid_s = OCS_MEASURE_VALID_S,
	};
	char path[128], name[OCS_CIRCUIT_ID_MAX], *body = NULL;
	struct ocs_error err;
	struct reply reply;
	int rc;

	for (int i = 1; i < argc; i++)
		if ((rc = read_measured(ctl, argv[i], &m)))
			return rc;
	if (argc > 1 && !m.latency_us)
		return ctl_usage(ctl, "measure: latency=TIME is needed");
	rc = measure_path(ctl, argv[0], path, sizeof(path), name);
	if (rc)
		return rc;
	m.time_ms = (int64_t) time(NULL) * 1000;
	if (argc > 1 && !(body = ocs_wire_encode_measurement(NULL, &m)))
		return no_memory(ctl);
	rc = ctl_request(ctl, body ? "PUT" : "GET", path, body, &reply, &err);
	free(body);
	if (rc == 0)
		rc = ocs_wire_decode_measurement(reply.text, reply.len, &m,
						 &err);
	else
		return ctl_fail(ctl, &err);
	if (rc == 0 && ctl->json)
		ctl_print_json(&reply);
	else if (rc == 0)
		print_measured(name, &m);
	reply_fini(&reply);
	return rc < 0 ? ctl_fail(ctl, &err) : CTL_OK;
}
