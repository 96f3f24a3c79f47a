// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine - hold, commit, release: the arrows of the reservation axis
 *
 *  hold() --> HELD --commit()--> COMMITTED --release()--> TERMINATED
 *               |                    +--set-up fails--> FAILED
 *               +--HoldTTL, release()--> TERMINATED        |
 *                                  TERMINATED <--release()-+
 *  A hold that merely expired may be committed: it is routed and booked again
 *  in one transaction. Nothing that was released comes back (I3).
 *
 * The agent routes: all circuits of a lease together, each seeing what the
 * ones before it take.
 */
#include "agent/engine_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "common/core/net.h"
#include "common/sys/clock.h"

/* ---- what a request must be ---- */

static bool has_site(const struct ocs_lease *l, const char *name)
{
	for (unsigned int i = 0; i < l->nsites; i++)
		if (!strcmp(l->site[i].name, name))
			return true;
	return false;
}

static int check_circuit(struct ocs_engine *e, const struct ocs_lease *want,
			 unsigned int i, struct ocs_error *err)
{
	const struct ocs_circuit *c = &want->circuit[i];

	if (ocs_net_site(&e->net, c->a) < 0 || ocs_net_site(&e->net, c->z) < 0)
		return ocs_fail(err, OCS_RANGE,
				"circuits[%u]: there is no site '%s'", i,
				ocs_net_site(&e->net, c->a) < 0 ? c->a : c->z);
	/* the other one is an anchor: an endpoint, or a site, without nodes */
	if (!has_site(want, c->a) && !has_site(want, c->z))
		return ocs_fail(err, OCS_RANGE,
				"circuits[%u]: neither %s nor %s is a site of this lease",
				i, c->a, c->z);
	if (!strcmp(c->a, c->z))
		return ocs_fail(err, OCS_RANGE,
				"circuits[%u] joins %s with itself", i, c->a);
	if (!c->requested_bps || c->requested_bps > OCS_RATE_MAX_BPS ||
	    c->granted_bps > c->requested_bps)
		return ocs_fail(err, OCS_RANGE,
				"circuits[%u]: requested_bps is 1 to 100T and granted_bps not above it",
				i);
	for (unsigned int j = 0; j < i; j++) {
		const struct ocs_circuit *o = &want->circuit[j];

		if ((!strcmp(o->a, c->a) && !strcmp(o->z, c->z)) ||
		    (!strcmp(o->a, c->z) && !strcmp(o->z, c->a)))
			return ocs_fail(err, OCS_RANGE,
					"circuits[%u] joins the same sites as circuits[%u]",
					i, j);
	}
	return 0;
}

int engine_check_circuits(struct ocs_engine *e, const struct ocs_lease *want,
			  struct ocs_error *err)
{
	if (!want->ncircuits || want->ncircuits > OCS_CIRCUITS_MAX)
		return ocs_fail(err, OCS_RANGE,
				"circuits: 1 to %d are expected",
				OCS_CIRCUITS_MAX);
	for (unsigned int i = 0; i < want->ncircuits; i++)
		if (check_circuit(e, want, i, err) < 0)
			return -1;
	return 0;
}

static int check_want(struct ocs_engine *e, const struct ocs_lease *want,
		      struct ocs_error *err)
{
	if (!ocs_lease_id_ok(want->id))
		return ocs_fail(err, OCS_SYNTAX,
				"id: 32 lower-case hexadecimal digits are expected");
	if (!engine_cluster_find(e, want->cluster))
		return ocs_fail(err, OCS_RANGE,
				"cluster: there is no cluster '%s'",
				want->cluster);
	for (unsigned int i = 0; i < want->nsites; i++) {
		int site = ocs_net_site(&e->net, want->site[i].name);

		if (site < 0 || e->net.site[site].external)
			return ocs_fail(err, OCS_RANGE,
					"sites[%u]: there is no site '%s'", i,
					want->site[i].name);
	}
	return engine_check_circuits(e, want, err);
}

int engine_check_epoch(struct ocs_engine *e, const char *cluster,
		       uint64_t epoch, struct ocs_error *err)
{
	struct engine_cluster *c = engine_cluster_find(e, cluster);

	if (epoch > INT64_MAX)
		return ocs_fail(err, OCS_RANGE,
				"controller_epoch %" PRIu64 " is too large",
				epoch);
	if (c && epoch < c->kept.epoch)
		return ocs_fail(err, OCS_STALE,
				"controller epoch %" PRIu64 " of cluster %s is over: %" PRIu64 " has begun",
				epoch, cluster, c->kept.epoch);
	return 0;
}

/* A ledger that was restored may be behind: never give an epoch twice. */
static void learn_epoch(struct ocs_engine *e, struct engine_change *ch,
			struct ocs_store_cluster *kept)
{
	struct engine_cluster *c = engine_cluster_find(e, ch->next->cluster);

	if (!c || ch->next->controller_epoch <= c->kept.epoch)
		return;
	*kept = c->kept;
	kept->epoch = ch->next->controller_epoch;
	ch->cluster = kept;
}

static void learned_epoch(struct ocs_engine *e,
			  const struct ocs_store_cluster *kept)
{
	struct engine_cluster *c = engine_cluster_find(e, kept->name);

	if (c && kept->name[0])
		c->kept.epoch = kept->epoch;
}

/* What only the agent sets is as if it had not been sent. */
static void reset(struct ocs_lease *l)
{
	l->blame = OCS_BLAME_NONE;
	l->cause[0] = '\0';
	l->held_ms = l->committed_ms = l->active_ms = 0;
	l->approved_ms = 0;
	l->ended_ms = l->gone_ms = l->billed_ms = 0;
	l->sched = OCS_IN_TERM;
	l->admin = OCS_IN_SERVICE;
	l->version = 1;
	ocs_lease_members_drop(l);
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		struct ocs_circuit *c = &l->circuit[i];

		if (!c->granted_bps)
			c->granted_bps = c->requested_bps;
		c->prov = OCS_RELEASED;
		c->data = OCS_DOWN;
		c->up_ms = 0;
		c->lit_bps = 0;
		if (c->at)	/* the VLAN is a wish */
			*c->at = (struct ocs_attachment) {
				.vlan = c->at->vlan,
			};
		c->nhops = 0;
		c->mtu = 0;
		c->latency_us = c->delay_variation_us = 0;
		c->latency_ms = 0;
		c->latency_reported = c->energy_unknown = false;
		c->joule = c->cost = c->watt = c->cost_per_h = 0;
		memset(c->hop, 0, sizeof(c->hop));
	}
}

bool engine_place_room(struct ocs_engine *e, const struct ocs_lease *l,
		       int64_t now_s, const struct engine_books *own,
		       int64_t say_s)
{
	int64_t start = l->start_s > now_s ? l->start_s : now_s;
	int64_t end = engine_end_s(e, l);

	if (end < start + ENGINE_STEP_S)
		end = start + ENGINE_STEP_S;
	engine_room(e, l, start, end, now_s, own);
	return say_s && engine_gate_close(e, l, say_s);
}

int engine_place(struct ocs_engine *e, struct ocs_lease *l, int64_t now_s,
		 const struct engine_books *own, int64_t say_s,
		 struct ocs_error *err)
{
	if (!engine_place_room(e, l, now_s, own, say_s))
		return engine_route(e, l, err);
	if (engine_route(e, l, NULL) == 0)
		return 0;
	/* Is it the operator's say that keeps it off? */
	engine_place_room(e, l, now_s, own, 0);
	if (engine_route(e, l, err) < 0)
		return -1;
	return engine_gate_refuse(e, l, say_s, err);
}

/* ---- finding ---- */

/* The rec of ID; one that memory has forgotten is read from the ledger.
 * 0 with *REC NULL: never heard of. */
int engine_find(struct ocs_engine *e, const char *id, struct engine_rec **rec,
		struct ocs_error *err)
{
	struct ocs_lease *old;

	if ((*rec = engine_rec_find(e, id)))
		return 0;
	if (ocs_store_lease_get(e->store, id, &old, err) < 0)
		return -1;
	if (!old)
		return 0;
	if (!(*rec = engine_rec_add(e, old)))
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	(*rec)->until_ms = ocs_clock_mono_ms();	/* forget it again */
	engine_timer(e, (*rec)->until_ms);
	return 0;
}

int engine_find_one(struct ocs_engine *e, const char *id,
		    struct engine_rec **rec, struct ocs_error *err)
{
	if (engine_find(e, id, rec, err) < 0)
		return -1;
	return *rec ? 0 : ocs_fail(err, OCS_NOT_FOUND,
				   "there is no lease %.32s", id);
}

static bool expired(const struct ocs_lease *l)
{
	return l->resv == OCS_TERMINATED && !l->committed_ms &&
	       !strcmp(l->cause, ENGINE_CAUSE_EXPIRED);
}

static int refuse_ended(const struct ocs_lease *l, struct ocs_error *err)
{
	return ocs_fail(err, OCS_CONFLICT,
			"lease %s has ended (%s): a new run needs a new id",
			l->id, l->cause[0] ? l->cause : ocs_resv_name(l->resv));
}

static int check_tombstone(struct ocs_engine *e, const char *id,
			   struct ocs_error *err)
{
	int rc = ocs_store_tombstone_has(e->store, id, err);

	if (rc > 0)
		return ocs_fail(err, OCS_CONFLICT,
				"lease %s was released before it was held", id);
	return rc;
}

static int check_same(const struct engine_rec *rec,
		      const struct ocs_lease *want, struct ocs_error *err)
{
	if (ocs_lease_same_request(rec->cur->lease, want))
		return 0;
	return ocs_fail(err, OCS_CONFLICT,
			"lease %s is there with another request", want->id);
}

static void answer(struct engine_rec *rec, struct ocs_lease_ref **ref)
{
	*ref = ocs_lease_ref_get(rec->cur);
}

/* ---- hold ---- */

static int check_end(const struct ocs_lease *l, int64_t now_s,
		     struct ocs_error *err)
{
	if (!l->end_s || l->end_s > now_s)
		return 0;
	return ocs_fail(err, OCS_RANGE,
			"end_s: a time after now is expected, or 0");
}

/* What follows for a lease that is committed in CH. */
static void committed(struct engine_change *ch)
{
	ch->next->committed_ms = ch->now_ms;
	ch->settle = true;
	for (unsigned int s = 0; engine_lit_wanted(ch->next) &&
				 s < ocs_strands(ch->next); s++)
		engine_change_prov(ch, s, OCS_PROVISIONING, "");
}

/* Make WANT a lease in state TO, over REC (NULL: a new one). */
static int take(struct ocs_engine *e, const struct ocs_lease *want,
		struct engine_rec **rec, enum ocs_resv to, const char *cause,
		struct ocs_error *err)
{
	struct ocs_store_cluster kept = { 0 };
	struct engine_change ch;

	if (engine_change_begin(&ch, *rec, want, err) < 0)
		return -1;
	reset(ch.next);
	ch.next->resv = *rec ? (*rec)->cur->lease->resv : to;
	engine_change_resv(&ch, to, cause);
	/* What is committed may be lit: then nothing has to be set up. */
	if ((to == OCS_HELD &&
	     check_end(ch.next, ch.now_ms / 1000, err) < 0) ||
	    engine_place(e, ch.next, ch.now_ms / 1000,
			 *rec ? &(*rec)->books : NULL,
			 to == OCS_HELD ? ch.now_ms / 1000 : 0, err) < 0 ||
	    engine_attach_plan(e, ch.next, err) < 0) {
		engine_change_drop(&ch);
		return -1;
	}
	ch.next->held_ms = ch.now_ms;
	if (ch.next->start_s > ch.now_ms / 1000)
		engine_change_sched(&ch, OCS_WAITING, "it starts later");
	if (to == OCS_COMMITTED)
		committed(&ch);
	learn_epoch(e, &ch, &kept);
	if (engine_change_apply(e, &ch, rec, err) < 0)
		return -1;
	learned_epoch(e, &kept);
	return 0;
}

static int hold(struct ocs_engine *e, const struct ocs_lease *want,
		struct ocs_lease_ref **ref, bool *fresh, struct ocs_error *err)
{
	struct engine_rec *rec;

	*fresh = false;
	if (check_want(e, want, err) < 0 ||
	    engine_check_epoch(e, want->cluster, want->controller_epoch, err) < 0 ||
	    engine_find(e, want->id, &rec, err) < 0)
		return -1;
	if (rec) {
		if (check_same(rec, want, err) < 0)
			return -1;
		if (rec->cur->lease->resv == OCS_FAILED ||
		    rec->cur->lease->resv == OCS_TERMINATED)
			return refuse_ended(rec->cur->lease, err);
		answer(rec, ref);
		return 0;
	}
	if (check_tombstone(e, want->id, err) < 0 ||
	    take(e, want, &rec, OCS_HELD, "", err) < 0)
		return -1;
	rec->until_ms = ocs_clock_mono_ms() + e->conf->hold_ttl_ms;
	engine_timer(e, rec->until_ms);
	*fresh = true;
	answer(rec, ref);
	return 0;
}

int ocs_engine_hold(struct ocs_engine *e, const struct ocs_lease *want,
		    struct ocs_lease_ref **ref, bool *fresh,
		    struct ocs_error *err)
{
	int rc;

	pthread_mutex_lock(&e->lock);
	rc = hold(e, want, ref, fresh, err);
	pthread_mutex_unlock(&e->lock);
	return rc;
}

/* ---- commit ---- */

/* A commit may say another end than its hold; what is later needs room, else
 * the hold's stays. */
static int commit_end(struct ocs_engine *e, struct engine_rec *rec,
		      struct engine_change *ch, const struct ocs_lease *want,
		      struct ocs_error *err)
{
	struct ocs_lease *l = ch->next;
	struct engine_books books;
	struct ocs_error why;
	int rc;

	if (l->version > 1 ||	/* a later change of it counts */
	    (l->end_s == want->end_s && l->grace_s == want->grace_s))
		return 0;
	l->end_s = want->end_s;
	l->grace_s = want->grace_s;
	if (engine_books_make(e, l, ch->now_ms / 1000, &books, err) < 0)
		return -1;
	rc = ocs_calendar_check(e->cal, rec->books.b, rec->books.n, books.b,
				books.n, &why);
	free(books.b);
	if (rc < 0) {
		l->end_s = rec->cur->lease->end_s;
		l->grace_s = rec->cur->lease->grace_s;
	}
	return 0;
}

static int commit_held(struct ocs_engine *e, struct engine_rec *rec,
		       const struct ocs_lease *want, struct ocs_error *err)
{
	struct ocs_store_cluster kept = { 0 };
	struct engine_change ch;

	if (engine_change_begin(&ch, rec, rec->cur->lease, err) < 0)
		return -1;
	if (commit_end(e, rec, &ch, want, err) < 0) {
		engine_change_drop(&ch);
		return -1;
	}
	engine_change_resv(&ch, OCS_COMMITTED, "");
	ch.next->controller_epoch = want->controller_epoch;
	committed(&ch);
	learn_epoch(e, &ch, &kept);
	if (engine_change_apply(e, &ch, NULL, err) < 0)
		return -1;
	learned_epoch(e, &kept);
	return 0;
}

static int commit(struct ocs_engine *e, const struct ocs_lease *want,
		  struct ocs_lease_ref **ref, bool *fresh, uint64_t *seq,
		  struct ocs_error *err)
{
	struct engine_rec *rec;

	*fresh = false;
	if (check_want(e, want, err) < 0 ||
	    engine_check_epoch(e, want->cluster, want->controller_epoch, err) < 0 ||
	    engine_find(e, want->id, &rec, err) < 0)
		return -1;
	if (rec && check_same(rec, want, err) < 0)
		return -1;
	if (!rec) {
		if (check_tombstone(e, want->id, err) < 0 ||
		    take(e, want, &rec, OCS_COMMITTED, "committed unheld",
			 err) < 0)
			return -1;
	} else if (rec->cur->lease->resv == OCS_HELD) {
		if (commit_held(e, rec, want, err) < 0)
			return -1;
	} else if (expired(rec->cur->lease)) {
		if (take(e, want, &rec, OCS_COMMITTED,
			 "taken again after its hold expired", err) < 0)
			return -1;
	} else if (rec->cur->lease->resv != OCS_COMMITTED) {
		return refuse_ended(rec->cur->lease, err);
	} else {
		*seq = rec->seq;
		answer(rec, ref);
		return 0;
	}
	for (unsigned int s = 0; engine_lit_wanted(rec->cur->lease) &&
				 s < ocs_strands(rec->cur->lease); s++)
		engine_redirect(e, rec, s, NEXT_LOOK);
	*fresh = true;
	*seq = rec->seq;
	answer(rec, ref);
	return 0;
}

int ocs_engine_commit(struct ocs_engine *e, const struct ocs_lease *want,
		      struct ocs_lease_ref **ref, bool *fresh, uint64_t *seq,
		      struct ocs_error *err)
{
	int rc;

	pthread_mutex_lock(&e->lock);
	engine_wait_begin(e);
	*seq = 0;
	rc = commit(e, want, ref, fresh, seq, err);
	engine_wait_end(e, *seq);
	pthread_mutex_unlock(&e->lock);
	return rc;
}

/* ---- the brake ---- */

static unsigned int live(struct ocs_engine *e, const char *cluster)
{
	unsigned int n = 0;

	for (unsigned int b = 0; b < e->nbuckets; b++)
		for (struct engine_rec *r = e->bucket[b]; r; r = r->hash_next)
			if ((r->cur->lease->resv == OCS_HELD ||
			     r->cur->lease->resv == OCS_COMMITTED) &&
			    !strcmp(r->cur->lease->cluster, cluster))
				n++;
	return n;
}

static int brake_engage(struct ocs_engine *e, struct engine_cluster *c,
			struct ocs_error *err)
{
	struct ocs_store_cluster kept = c->kept;

	kept.brake = true;
	if (ocs_store_begin(e->store, err) < 0)
		return -1;
	if (ocs_store_cluster_put(e->store, &kept, err) < 0 ||
	    ocs_store_end(e->store, err) < 0) {
		ocs_store_undo(e->store);
		return -1;
	}
	c->kept.brake = true;
	engine_want(e, ++e->seq);
	engine_bump(e);
	ocs_log("brake", "cluster=%s removals=%u window_s=%d", c->kept.name,
		c->nremovals, OCS_AUTO_REMOVE_WINDOW_S);
	return 0;
}

/* May reconcile remove REC's lease? Never if the cluster does not even know its
 * job, which says more of the job list than of the lease. */
static int check_brake(struct ocs_engine *e, struct engine_rec *rec,
		       bool unknown, struct ocs_error *err)
{
	const char *cluster = rec->cur->lease->cluster;
	struct engine_cluster *c = engine_cluster_get(e, cluster);
	int64_t since = ocs_clock_unix_ms() -
			(int64_t) OCS_AUTO_REMOVE_WINDOW_S * 1000;
	unsigned int limit, kept = 0;

	if (!c)
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	for (unsigned int i = 0; i < c->nremovals; i++)
		if (c->removal_ms[i] > since)
			c->removal_ms[kept++] = c->removal_ms[i];
	c->nremovals = kept;
	limit = (live(e, cluster) + kept) * OCS_MAX_AUTO_REMOVE_PERCENT / 100;
	if (limit < OCS_MAX_AUTO_REMOVE)
		limit = OCS_MAX_AUTO_REMOVE;
	if (!unknown && !c->kept.brake && kept < limit)
		return 0;
	if (!c->kept.brake && brake_engage(e, c, err) < 0)
		return -1;
	engine_hold_back(e, rec, unknown ? "its cluster does not know its job" :
			 "too many removals");
	if (unknown)
		return ocs_fail(err, OCS_BRAKE,
				"cluster %s does not know job %" PRIu32 ", its list of jobs may be lost: an operator must confirm (opticalctl confirm %s)",
				cluster, rec->cur->lease->job_id, cluster);
	return ocs_fail(err, OCS_BRAKE,
			"reconcile of cluster %s has removed %u leases in %d min: an operator must confirm (opticalctl confirm %s)",
			cluster, kept, OCS_AUTO_REMOVE_WINDOW_S / 60, cluster);
}

int ocs_engine_confirm(struct ocs_engine *e, const char *cluster,
		       const char *who, uint64_t *seq, struct ocs_error *err)
{
	struct engine_cluster *c;
	struct ocs_store_cluster kept;
	int rc = -1;

	pthread_mutex_lock(&e->lock);
	if (!(c = engine_cluster_find(e, cluster))) {
		ocs_fail(err, OCS_NOT_FOUND, "there is no cluster '%s'",
			 cluster);
		goto out;
	}
	kept = c->kept;
	kept.brake = false;
	if (ocs_store_begin(e->store, err) < 0)
		goto out;
	if (ocs_store_cluster_put(e->store, &kept, err) < 0 ||
	    ocs_store_removal_forget(e->store, cluster, INT64_MAX, err) < 0 ||
	    ocs_store_end(e->store, err) < 0) {
		ocs_store_undo(e->store);
		goto out;
	}
	c->kept.brake = false;
	c->nremovals = 0;
	engine_let_go(e, cluster);
	*seq = ++e->seq;
	engine_want(e, e->seq);
	engine_bump(e);
	ocs_log("confirm", "cluster=%s by=%s", cluster, ocs_quote(who).text);
	rc = 0;
out:
	pthread_mutex_unlock(&e->lock);
	return rc;
}

/* ---- release ---- */

static int remember_unknown(struct ocs_engine *e, const struct ocs_release *rel,
			    uint64_t *seq, struct ocs_error *err)
{
	int64_t now = ocs_clock_unix_ms();

	if (ocs_store_begin(e->store, err) < 0)
		return -1;
	if (ocs_store_tombstone_add(e->store, rel->id, now,
				    now - ENGINE_TOMBSTONE_MS, err) < 0 ||
	    ocs_store_end(e->store, err) < 0) {
		ocs_store_undo(e->store);
		return -1;
	}
	*seq = ++e->seq;
	engine_want(e, e->seq);
	ocs_log("tombstone", "lease=%s by=%s", rel->id,
		ocs_quote(rel->who).text);
	return ocs_fail(err, OCS_NOT_FOUND, "there is no lease %s", rel->id);
}

/* When the job ended, if what we are told can be true. It is told in whole
 * seconds: the second in which the hold came is the hold's own time. */
static int64_t ended_ms(const struct ocs_release *rel,
			const struct engine_change *ch)
{
	int64_t held = ch->next->held_ms;
	int64_t ms = rel->ended_s > 0 && rel->ended_s < INT64_MAX / 1000 ?
		     rel->ended_s * 1000 : ch->now_ms;

	if (ms < held && ms / 1000 == held / 1000)
		ms = held;
	return ms >= held && ms <= ch->now_ms ? ms : ch->now_ms;
}

int engine_terminate(struct ocs_engine *e, struct engine_rec *rec,
		     const struct ocs_release *rel, bool counts,
		     struct ocs_error *err)
{
	const struct ocs_lease *l = rec->cur->lease;
	struct engine_cluster *c = engine_cluster_find(e, l->cluster);
	struct engine_change ch;
	char cause[256];

	snprintf(cause, sizeof(cause), "released: %s", rel->why);
	if (engine_change_begin(&ch, rec, l, err) < 0)
		return -1;
	if (!ch.next->ended_ms)
		ch.next->ended_ms = ended_ms(rel, &ch);
	engine_change_resv(&ch, OCS_TERMINATED, cause);
	if (!ch.next->cause[0] || expired(l))
		snprintf(ch.next->cause, sizeof(ch.next->cause), "%s", cause);
	engine_change_away(&ch, cause);
	engine_attach_away(&ch, cause);
	ch.settle = true;
	ch.removal = counts;
	if (engine_change_apply(e, &ch, NULL, err) < 0)
		return -1;
	if (counts && c)
		engine_cluster_removal(c, ch.now_ms);
	/* A lease that failed is being taken down already. */
	l = rec->cur->lease;
	for (unsigned int s = 0; s < ocs_strands(l); s++)
		if (ocs_strand_prov(l, s) == OCS_RELEASING &&
		    (rec->strand[s].kind != NEXT_REMOVE ||
		     !rec->strand[s].op))
			engine_redirect(e, rec, s, NEXT_REMOVE);
	return 0;
}

static int release(struct ocs_engine *e, const struct ocs_release *rel,
		   struct ocs_lease_ref **ref, bool *releasing, uint64_t *seq,
		   struct ocs_error *err)
{
	bool unknown = !strcmp(rel->why, "unknown");
	bool counts = unknown || !strcmp(rel->why, "reconcile");
	struct engine_rec *rec;

	if (engine_find(e, rel->id, &rec, err) < 0)
		return -1;
	if (!rec)
		return remember_unknown(e, rel, seq, err);
	if (!rel->any_epoch &&
	    engine_check_epoch(e, rec->cur->lease->cluster, rel->epoch, err) < 0)
		return -1;
	if (rec->cur->lease->resv != OCS_TERMINATED ||
	    expired(rec->cur->lease)) {
		/* What has ended by itself does not count. */
		counts = counts && !rec->confirmed &&
			 (rec->cur->lease->resv == OCS_HELD ||
			  rec->cur->lease->resv == OCS_COMMITTED);
		if ((counts && check_brake(e, rec, unknown, err) < 0) ||
		    engine_terminate(e, rec, rel, counts, err) < 0)
			return -1;
	}
	*seq = rec->seq;
	*releasing = ocs_lease_booked(rec->cur->lease);
	answer(rec, ref);
	return 0;
}

int ocs_engine_release(struct ocs_engine *e, const struct ocs_release *rel,
		       struct ocs_lease_ref **ref, bool *releasing,
		       uint64_t *seq, struct ocs_error *err)
{
	int rc;

	*seq = 0;
	pthread_mutex_lock(&e->lock);
	engine_wait_begin(e);
	rc = release(e, rel, ref, releasing, seq, err);
	engine_wait_end(e, *seq);
	pthread_mutex_unlock(&e->lock);
	return rc;
}

/* ---- epochs ---- */

int ocs_engine_epoch(struct ocs_engine *e, const char *cluster,
		     uint64_t *epoch, uint64_t *seq, struct ocs_error *err)
{
	struct engine_cluster *c;
	struct ocs_store_cluster kept;
	int rc = -1;

	pthread_mutex_lock(&e->lock);
	if (!(c = engine_cluster_find(e, cluster))) {
		ocs_fail(err, OCS_NOT_FOUND, "there is no cluster '%s'",
			 cluster);
		goto out;
	}
	kept = c->kept;
	kept.epoch++;
	if (ocs_store_begin(e->store, err) < 0)
		goto out;
	if (ocs_store_cluster_put(e->store, &kept, err) < 0 ||
	    ocs_store_end(e->store, err) < 0) {
		ocs_store_undo(e->store);
		goto out;
	}
	c->kept = kept;
	*epoch = kept.epoch;
	*seq = ++e->seq;
	engine_want(e, e->seq);
	ocs_log("epoch", "cluster=%s controller_epoch=%" PRIu64, cluster,
		kept.epoch);
	rc = 0;
out:
	pthread_mutex_unlock(&e->lock);
	return rc;
}
