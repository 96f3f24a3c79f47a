// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_alarm - what waits for an operator: removals that the brake holds
 * back, and what the network has that the ledger does not know
 *
 * A new or an older ledger, or a cluster that has lost its jobs, never makes
 * anything dark by itself.
 */
#include "agent/engine_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"

/* Unknown services that are remembered; more are only logged. */
#define STRAYS_MAX 65536

void engine_hold_back(struct ocs_engine *e, struct engine_rec *rec,
		      const char *cause)
{
	if (rec->held_back)
		return;
	rec->held_back = true;
	ocs_log("held-back", "lease=%s cluster=%s cause=%s",
		rec->cur->lease->id, rec->cur->lease->cluster,
		ocs_quote(cause).text);
	engine_bump(e);
}

void engine_let_go(struct ocs_engine *e, const char *cluster)
{
	for (unsigned int b = 0; b < e->nbuckets; b++) {
		for (struct engine_rec *r = e->bucket[b]; r;
		     r = r->hash_next) {
			if (!r->held_back ||
			    strcmp(r->cur->lease->cluster, cluster))
				continue;
			r->held_back = false;
			r->confirmed = true;
		}
	}
}

void engine_stray(struct ocs_engine *e, const char *id, bool there)
{
	unsigned int i = 0;
	void *grown;

	while (i < e->nstrays && strcmp(e->stray[i], id))
		i++;
	if (i < e->nstrays && !there) {
		memmove(&e->stray[i], &e->stray[i + 1],
			(e->nstrays - i - 1) * sizeof(*e->stray));
		e->nstrays--;
		engine_bump(e);
	}
	if (i < e->nstrays || !there)
		return;
	/* Never removed by itself: the ledger may be an old one. */
	ocs_log("orphan", "service=%s note=\"it is in the network, not in the ledger\"",
		ocs_quote(id).text);
	if (e->nstrays == STRAYS_MAX ||
	    !(grown = realloc(e->stray, (e->nstrays + 1) * sizeof(*e->stray))))
		return;
	e->stray = grown;
	snprintf(e->stray[e->nstrays++], sizeof(*e->stray), "%s", id);
	engine_bump(e);
}

/* Those that leases have come for in the meantime are none. */
static void forget_strays(struct ocs_engine *e)
{
	unsigned int kept = 0, circuit;

	for (unsigned int i = 0; i < e->nstrays; i++)
		if (!engine_rec_of_service(e, e->stray[i], &circuit))
			memmove(e->stray[kept++], e->stray[i],
				sizeof(*e->stray));
	e->nstrays = kept;
}

static struct ocs_alarm *alarm_add(struct ocs_state *st, const char *code,
				   const char *cluster, unsigned int count)
{
	struct ocs_alarm *a;

	if (st->nalarms == OCS_ALARMS_MAX)
		return NULL;
	a = &st->alarm[st->nalarms++];
	snprintf(a->code, sizeof(a->code), "%s", code);
	snprintf(a->cluster, sizeof(a->cluster), "%s", cluster);
	a->count = count;
	return a;
}

unsigned int engine_strays(struct ocs_engine *e)
{
	forget_strays(e);
	return e->nstrays;
}

unsigned int engine_held_back(const struct ocs_engine *e, const char *cluster)
{
	unsigned int n = 0;

	for (unsigned int b = 0; b < e->nbuckets; b++)
		for (struct engine_rec *r = e->bucket[b]; r; r = r->hash_next)
			n += r->held_back && !r->cur->lease->gone_ms &&
			     !strcmp(r->cur->lease->cluster, cluster);
	return n;
}

/* Leases that wait for an operator's approval. */
static unsigned int asking(const struct ocs_engine *e)
{
	uint64_t waits[ENGINE_GATES];

	engine_gate_count(e, waits);
	return (unsigned int) waits[GATE_APPROVAL];
}

/* What operators have said, and what they are asked. */
static void operators(struct ocs_engine *e, struct ocs_state *st)
{
	unsigned int n = e->gate.nfrozen;
	const struct ocs_freeze *all = &e->gate.all;
	struct ocs_alarm *a;

	if ((n || all->frozen) && (a = alarm_add(st, "frozen", "", n)))
		snprintf(a->text, sizeof(a->text),
			 "%s frozen%s%.90s: nothing of it is set up or taken down until opticalctl unfreeze%s",
			 all->frozen ? "all links are" : n == 1 ?
			 "a link is" : "links are",
			 *all->why ? ": " : "", all->why,
			 all->frozen ? " --all" : "");
	if (e->gate.observes && (a = alarm_add(st, "observing", "", 0)))
		snprintf(a->text, sizeof(a->text),
			 "the agent only observes (Mode=observe): it sets nothing up");
	n = e->gate.approves ? asking(e) : 0;
	if (n && (a = alarm_add(st, "approval", "", n)))
		snprintf(a->text, sizeof(a->text),
			 "%u circuits wait for an operator: opticalctl approve or deny",
			 n);
}

void engine_alarms(struct ocs_engine *e, const struct ocs_caller *caller,
		   struct ocs_state *st)
{
	struct ocs_alarm *a;

	for (unsigned int i = 0; i < e->nclusters; i++) {
		const char *name = e->cluster[i].kept.name;
		unsigned int n;

		if (!e->cluster[i].kept.brake ||
		    !ocs_caller_may_write(caller, name))
			continue;
		n = engine_held_back(e, name);
		if ((a = alarm_add(st, "removals-held", name, n)))
			snprintf(a->text, sizeof(a->text),
				 "removal of %u leases of cluster %s is held back: compare opticalctl leases with squeue, then opticalctl confirm %s",
				 n, name, name);
	}
	if (caller->role != OCS_ROLE_USER)
		operators(e, st);
	if (e->nfailing && caller->role != OCS_ROLE_USER &&
	    (a = alarm_add(st, "attach-failed", "", e->nfailing)))
		snprintf(a->text, sizeof(a->text),
			 "the attachment programs of %u circuits fail and are called again; light and VLANs stay booked: opticalctl leases, opticald's log",
			 e->nfailing);
	if (engine_strays(e) && caller->role != OCS_ROLE_USER &&
	    (a = alarm_add(st, "unknown-circuits", "", e->nstrays)))
		snprintf(a->text, sizeof(a->text),
			 "the network has %u circuits that the ledger does not know: is it new, or an old one?",
			 e->nstrays);
}
