// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sim_fault - faults on command, and other customers
 *
 * Those of enum sim_fault wait for so many occasions; cut, recover, flap and
 * foreign happen at once. "*" stands for any link, or all links.
 */
#include "agent/sim_priv.h"

#include <inttypes.h>
#include <string.h>

#include "agent/text.h"
#include "common/sys/clock.h"

/* A flapping link changes this often. */
#define FLAP_MS 200

const char *const sim_fault_names[] = {
	"refuse", "fail_late", "never_answer", "answer_twice", "lie",
	"reroute", "slow_delete", "stale", NULL
};

struct sim_link *sim_meet(struct sim *sim, const struct ocs_service *svc,
			  enum sim_fault kind)
{
	for (unsigned int i = 0; i <= svc->nhops; i++) {
		struct sim_link *l = sim_link_find(sim, i < svc->nhops ?
						   svc->hop[i] : "*");

		if (!l || !l->left[kind])
			continue;
		l->left[kind]--;
		sim_save_faults(sim, l);
		return l;
	}
	return NULL;
}

/* ---- other customers ---- */

unsigned int sim_others_take(struct sim *sim, struct sim_link *l,
			     unsigned int units, int64_t until_ms)
{
	const struct ocs_link *is = &sim->net.link[l->index];
	struct ocs_service svc = { .nhops = 1 };
	char cause[200];
	unsigned int got = 0;

	svc.rate_bps = l->nchannels || !is->granule_bps ? is->granule_bps :
		       is->capacity_bps / 8 + 1;
	if (!svc.rate_bps)
		svc.rate_bps = is->capacity_bps;
	strcpy(svc.hop[0], l->name);
	strcpy(svc.a, "other");
	strcpy(svc.z, "customer");
	for (; got < units; got++) {
		struct sim_service *s;

		do
			snprintf(svc.id, sizeof(svc.id), "foreign.%u",
				 ++sim->nforeign);
		while (sim_service_find(sim, svc.id));
		if (!(s = sim_service_add(sim, &svc)))
			break;
		s->foreign = true;
		s->state = SIM_LIT;
		s->due_ms = until_ms;
		s->at.hop[s->at.nhops++] = l->index;
		if (sim_settle(sim, s, false, cause) < 0) {
			s->at.nhops = 0;
			sim_service_free(sim, s);
			break;
		}
		sim_enqueue(sim, s, until_ms ? &sim->leaving : NULL);
		sim_save_service(sim, s);
	}
	return got;
}

static void others_leave(struct sim *sim, const struct sim_link *l)
{
	struct sim_service *s, *next;

	for (unsigned int i = 0; i < sim->nchains; i++) {
		for (s = LIST_FIRST(&sim->chain[i]); s; s = next) {
			next = LIST_NEXT(s, hash);
			if (s->foreign && s->at.nhops &&
			    s->at.hop[0] == l->index)
				sim_service_drop(sim, s);
		}
	}
}

void sim_inventory(struct sim *sim)
{
	for (unsigned int i = 1; i < sim->nlinks; i++) {
		struct sim_link *l = &sim->link[i];

		if (l->foreign_bps == l->told_bps)
			continue;
		if (l->left[SIM_STALE]) {
			l->left[SIM_STALE]--;
			sim_save_faults(sim, l);
			continue;
		}
		l->told_bps = l->foreign_bps;
		ocs_calls_foreign(sim->calls, l->name, l->told_bps);
	}
}

/* ---- orders ---- */

static bool same(const char *x, const char *kind)
{
	for (; *x && *kind; x++, kind++)
		if (*x != *kind && !(*x == '_' && *kind == '-'))
			return false;
	return *x == *kind;
}

static int counted(const char *kind)
{
	for (int i = 0; i < SIM_NFAULTS; i++)
		if (same(sim_fault_names[i], kind))
			return i;
	return -1;
}

static void recover(struct sim *sim, struct sim_link *l)
{
	memset(l->left, 0, sizeof(l->left));
	if (l->flaps) {
		l->flaps = 0;
		sim->nflapping--;
	}
	if (l == &sim->link[0])
		return;
	sim_set_down(sim, l, false);
	others_leave(sim, l);
	if (l->foreign_bps != l->told_bps) {
		l->told_bps = l->foreign_bps;
		ocs_calls_foreign(sim->calls, l->name, l->told_bps);
	}
}

/* What happens to L at once. */
static int at_once(struct sim *sim, struct sim_link *l, const char *kind,
		   unsigned int count, struct ocs_error *err)
{
	if (same("cut", kind)) {
		sim_set_down(sim, l, true);
	} else if (same("recover", kind)) {
		recover(sim, l);
	} else if (same("flap", kind)) {
		sim->nflapping += !l->flaps;
		l->flaps = 2 * count;
		l->flap_ms = ocs_clock_unix_ms();
	} else if (!sim_others_take(sim, l, count, 0)) {
		return ocs_fail(err, OCS_BUSY,
				"nothing is left on %s that another customer could have",
				l->name);
	} else if (!sim->opt.full) {
		sim_inventory(sim);
	}
	return 0;
}

static int order(struct sim *sim, const char *link, const char *kind,
		 unsigned int count, struct ocs_error *err)
{
	struct sim_link *l = sim_link_find(sim, link);
	int i = counted(kind), rc = 0;

	if (!l)
		return ocs_fail(err, OCS_NOT_FOUND, "there is no link '%.63s'",
				link);
	if (i >= 0) {
		l->left[i] = count;
		sim_save_faults(sim, l);
		return 0;
	}
	for (unsigned int j = 0; rc == 0 && j < sim->nlinks; j++) {
		struct sim_link *each = &sim->link[j];

		if (l != &sim->link[0] ? each != l :
		    each == l && !same("recover", kind))
			continue;
		rc = at_once(sim, each, kind, count, err);
		sim_save_faults(sim, each);
	}
	pthread_cond_signal(&sim->wake);
	return rc;
}

int sim_fault(struct ocs_driver *drv, const char *link, const char *kind,
	      unsigned int count, struct ocs_error *err)
{
	struct sim *sim = (struct sim *) drv;
	int rc;

	if (counted(kind) < 0 && !same("cut", kind) &&
	    !same("recover", kind) && !same("flap", kind) &&
	    !same("foreign", kind))
		return ocs_fail(err, OCS_SYNTAX,
				"bad fault '%.40s': refuse, fail_late, never_answer, answer_twice, lie, reroute, slow_delete, stale, cut, flap, foreign or recover is expected",
				kind);
	if (count < 1 || count > SIM_FAULTS_MAX)
		return ocs_fail(err, OCS_RANGE,
				"bad count %u: 1 to %d is expected", count,
				SIM_FAULTS_MAX);
	pthread_mutex_lock(&sim->lock);
	rc = order(sim, link, kind, count, err);
	pthread_mutex_unlock(&sim->lock);
	return rc;
}

static bool quiet(const struct sim_link *l)
{
	for (unsigned int i = 0; i < SIM_NFAULTS; i++)
		if (l->left[i])
			return false;
	return !l->down && !l->foreign_bps && !l->flaps;
}

char *sim_faults(struct ocs_driver *drv)
{
	struct sim *sim = (struct sim *) drv;
	struct ocs_text t = { 0 };
	const char *comma = "";

	ocs_text_add(&t, "{\"faults\":[");
	pthread_mutex_lock(&sim->lock);
	for (unsigned int i = 0; i < sim->nlinks; i++) {
		struct sim_link *l = &sim->link[i];

		if (quiet(l))
			continue;
		ocs_text_add(&t, "%s{\"link\":", comma);
		ocs_text_add_json(&t, l->name);
		for (unsigned int k = 0; k < SIM_NFAULTS; k++)
			ocs_text_add(&t, ",\"%s\":%u", sim_fault_names[k],
				     l->left[k]);
		ocs_text_add(&t, ",\"cut\":%s,\"flap\":%u,\"foreign_bps\":%"
			     PRIu64 "}", l->down ? "true" : "false",
			     (l->flaps + 1) / 2, l->foreign_bps);
		comma = ",";
	}
	pthread_mutex_unlock(&sim->lock);
	ocs_text_add(&t, "]}");
	return ocs_text_take(&t);
}
