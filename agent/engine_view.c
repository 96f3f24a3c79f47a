// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine_view - what callers may see
 *
 * Under the lock only references are taken; texts are made without it.
 * Users see pairs of sites instead of links, and their own leases without
 * routes.
 */
#include "agent/engine_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/text.h"
#include "common/sys/clock.h"

/* References to versions of leases. */
struct refs {
	unsigned int n, cap;
	struct ocs_lease_ref **ref;
};

static int refs_add(struct refs *r, struct ocs_lease_ref *ref)
{
	struct ocs_lease_ref **grown;

	if (r->n == r->cap) {
		unsigned int cap = r->cap ? 2 * r->cap : 64;

		if (!(grown = realloc(r->ref, cap * sizeof(*grown))))
			return -1;
		r->ref = grown;
		r->cap = cap;
	}
	r->ref[r->n++] = ref;
	return 0;
}

static void refs_fini(struct refs *r)
{
	for (unsigned int i = 0; i < r->n; i++)
		ocs_lease_ref_put(r->ref[i]);
	free(r->ref);
}

static int by_id(const void *x, const void *y)
{
	const struct ocs_lease_ref *const *a = x, *const *b = y;

	return strcmp((*a)->lease->id, (*b)->lease->id);
}

/* Locked. What is in memory and CALLER may see of Q; past means
 * what has ended and is remembered for a while. */
static int collect(struct ocs_engine *e, const struct ocs_caller *caller,
		   const struct ocs_lease_query *q, struct refs *refs)
{
	for (unsigned int b = 0; b < e->nbuckets; b++) {
		for (struct engine_rec *r = e->bucket[b]; r;
		     r = r->hash_next) {
			const struct ocs_lease *l = r->cur->lease;

			if (!ocs_caller_may_see(caller, l) ||
			    (!q->past && l->gone_ms) ||
			    (*q->cluster && strcmp(l->cluster, q->cluster)) ||
			    (q->job_id && l->job_id != q->job_id) ||
			    strcmp(l->id, q->after) <= 0)
				continue;
			if (refs_add(refs, ocs_lease_ref_get(r->cur)) < 0) {
				ocs_lease_ref_put(r->cur);
				return -1;
			}
		}
	}
	return 0;
}

/* A lease without its routes, for users. */
static struct ocs_lease *veiled(const struct ocs_lease *l)
{
	struct ocs_lease *copy = ocs_lease_copy(l);

	if (copy)
		ocs_lease_members_drop(copy);
	for (unsigned int i = 0; copy && i < copy->ncircuits; i++) {
		copy->circuit[i].nhops = 0;
		memset(copy->circuit[i].hop, 0, sizeof(copy->circuit[i].hop));
	}
	return copy;
}

char *ocs_engine_lease_text(const struct ocs_caller *caller,
			    const struct ocs_lease_ref *ref,
			    struct ocs_error *err)
{
	struct ocs_lease *copy;
	char *text = NULL;

	if (caller->role != OCS_ROLE_USER) {
		text = ref->json ? strdup(ref->json) :
		       ocs_wire_encode_lease(ref->lease);
	} else if ((copy = veiled(ref->lease))) {
		text = ocs_wire_encode_lease(copy);
		ocs_lease_destroy(copy);
	}
	if (!text)
		ocs_fail(err, OCS_NOMEM, "out of memory");
	return text;
}

/* "[LEASE,LEASE...]" */
static int add_leases(struct ocs_text *t, const struct ocs_caller *caller,
		      const struct refs *refs, struct ocs_error *err)
{
	ocs_text_add(t, "[");
	for (unsigned int i = 0; i < refs->n; i++) {
		const char *json = refs->ref[i]->json;
		char *own = NULL;

		if (caller->role == OCS_ROLE_USER || !json) {
			own = ocs_engine_lease_text(caller, refs->ref[i], err);
			if (!(json = own))
				return -1;
		}
		if (i)
			ocs_text_add(t, ",");
		ocs_text_add_bytes(t, json, strlen(json));
		free(own);
	}
	ocs_text_add(t, "]");
	return 0;
}

/* ---- sites' pairs for users ---- */

/*
 * One abstract link per pair of sites that are connected: the widest way
 * between them, and the shortest latency.
 */
struct pairs {
	unsigned int n;
	uint64_t *capacity, *spare, *latency;	/* n * n */
};

static void pairs_fini(struct pairs *p)
{
	free(p->capacity);
	free(p->spare);
	free(p->latency);
}

static uint64_t least(uint64_t x, uint64_t y)
{
	return x < y ? x : y;
}

static int pairs_make(const struct ocs_net *net, struct pairs *p)
{
	unsigned int n = net->nsites;
	size_t cells = (size_t) n * n + 1;

	p->n = n;
	p->capacity = calloc(cells, sizeof(uint64_t));
	p->spare = calloc(cells, sizeof(uint64_t));
	p->latency = calloc(cells, sizeof(uint64_t));
	if (!p->capacity || !p->spare || !p->latency)
		return -1;
	for (unsigned int i = 0; i < net->nlinks; i++) {
		const struct ocs_link *l = &net->link[i];
		size_t az = (size_t) l->a * n + l->z;
		size_t za = (size_t) l->z * n + l->a;

		if (p->capacity[az] < l->capacity_bps)
			p->capacity[az] = p->capacity[za] = l->capacity_bps;
		if (p->spare[az] < ocs_link_free(l))
			p->spare[az] = p->spare[za] = ocs_link_free(l);
		if (!p->latency[az] || p->latency[az] > l->latency_us)
			p->latency[az] = p->latency[za] = l->latency_us;
	}
	for (size_t k = 0; k < n; k++) {
		for (size_t i = 0; i < n; i++) {
			for (size_t j = 0; i != k && j < n; j++) {
				size_t ij = i * n + j, ik = i * n + k,
				       kj = k * n + j;
				uint64_t c, s;

				if (i == j || j == k || !p->capacity[ik] ||
				    !p->capacity[kj])
					continue;
				c = least(p->capacity[ik], p->capacity[kj]);
				s = least(p->spare[ik], p->spare[kj]);
				if (p->capacity[ij] < c)
					p->capacity[ij] = c;
				if (p->spare[ij] < s)
					p->spare[ij] = s;
				c = p->latency[ik] + p->latency[kj];
				if (!p->latency[ij] || p->latency[ij] > c)
					p->latency[ij] = c;
			}
		}
	}
	return 0;
}

/* Replace the links of NET by pairs of its sites, and forget the rest. */
static int net_veil(struct ocs_net *net)
{
	struct pairs p = { 0 };
	struct ocs_link *link = NULL;
	unsigned int n = 0;
	int rc = -1;

	if (pairs_make(net, &p) < 0 ||
	    !(link = calloc((size_t) p.n * p.n / 2 + 1, sizeof(*link))))
		goto out;
	for (unsigned int a = 0; a < p.n; a++) {
		for (unsigned int z = a + 1; z < p.n; z++) {
			size_t az = (size_t) a * p.n + z;

			if (!p.capacity[az] || n == OCS_WIRE_LINKS_MAX)
				continue;
			snprintf(link[n].name, sizeof(link[n].name),
				 "%.31s-%.31s", net->site[a].name,
				 net->site[z].name);
			link[n].a = a;
			link[n].z = z;
			link[n].capacity_bps = p.capacity[az];
			link[n].booked_bps = p.capacity[az] - p.spare[az];
			link[n++].latency_us = p.latency[az];
		}
	}
	free(net->link);
	free(net->port);
	free(net->wave);
	free(net->risk);
	free(net->domain);
	free(net->sorted);
	net->port = NULL;
	net->wave = NULL;
	net->risk = net->domain = NULL;
	net->sorted = NULL;
	net->nports = net->nwaves = net->nrisks = net->ndomains = 0;
	net->link = link;
	net->nlinks = n;
	link = NULL;
	rc = 0;
out:
	free(link);
	pairs_fini(&p);
	return rc;
}

/* ---- the documents ---- */

/* Locked. Those that a lease might meet. */
static int copy_windows(const struct ocs_engine *e, struct ocs_state *st)
{
	st->window = calloc(e->nwindows + 1, sizeof(*st->window));
	if (!st->window)
		return -1;
	for (unsigned int i = 0; i < e->nwindows; i++)
		if (e->window[i].link >= 0)
			st->window[st->nwindows++] = e->window[i].w;
	return 0;
}

/* Locked. Everything of the state but the leases. */
static int state_head(struct ocs_engine *e, const struct ocs_caller *caller,
		      struct ocs_state *st)
{
	strcpy(st->instance, ocs_store_instance(e->store));
	st->generation = e->generation;
	st->time_ms = ocs_clock_unix_ms();
	st->simulated = e->drv->ops->simulated;
	st->transport_up = true;
	for (unsigned int i = 0; i < e->nclusters; i++)
		if (e->cluster[i].kept.brake &&
		    ocs_caller_may_write(caller, e->cluster[i].kept.name))
			st->brake = true;
	engine_alarms(e, caller, st);
	if (caller->role != OCS_ROLE_USER && copy_windows(e, st) < 0)
		return -1;
	return ocs_net_copy(&st->net, &e->net);
}

char *ocs_engine_state_text(struct ocs_engine *e,
			    const struct ocs_caller *caller,
			    struct ocs_error *err)
{
	struct ocs_state *st = ocs_state_create();
	const struct ocs_lease_query all = {
		.cluster = "", .past = true, .after = "",
	};
	struct refs refs = { 0 };
	struct ocs_text t = { 0 };
	char *text = NULL, *head = NULL;
	size_t len;
	int rc = -1;

	if (!st)
		goto out;
	pthread_mutex_lock(&e->lock);
	if (state_head(e, caller, st) == 0)
		rc = collect(e, caller, &all, &refs);
	pthread_mutex_unlock(&e->lock);
	if (rc < 0 ||
	    (caller->role == OCS_ROLE_USER && net_veil(&st->net) < 0) ||
	    !(head = ocs_wire_encode_state_texts(st, NULL, 0)))
		goto out;
	if (refs.n)
		qsort(refs.ref, refs.n, sizeof(*refs.ref), by_id);
	/* Leases come last, and one by one: together they may be large. */
	len = strlen(head) - strlen("[]}");
	ocs_text_add_bytes(&t, head, len);
	if (add_leases(&t, caller, &refs, NULL) == 0) {
		ocs_text_add(&t, "}");
		text = ocs_text_take(&t);
	}
out:
	free(t.buf);
	free(head);
	ocs_state_destroy(st);
	refs_fini(&refs);
	if (!text)
		ocs_fail(err, OCS_NOMEM, "out of memory");
	return text;
}

/* What the ledger has beyond memory. */
struct past {
	const struct ocs_caller *caller;
	const struct ocs_lease_query *q;
	struct refs *refs;
};

static int past_lease(struct ocs_lease *lease, void *arg,
		      struct ocs_error *err)
{
	struct past *p = arg;
	struct ocs_lease_ref *ref;

	if (!ocs_caller_may_see(p->caller, lease) ||
	    strcmp(lease->id, p->q->after) <= 0) {
		ocs_lease_destroy(lease);
		return 0;
	}
	if (!(ref = calloc(1, sizeof(*ref)))) {
		ocs_lease_destroy(lease);
		return ocs_fail(err, OCS_NOMEM, "out of memory");
	}
	atomic_init(&ref->refs, 1);
	ref->lease = lease;
	ref->json = ocs_wire_encode_lease(lease);
	if (ref->json && refs_add(p->refs, ref) == 0)
		return 0;
	ocs_lease_ref_put(ref);
	return ocs_fail(err, OCS_NOMEM, "out of memory");
}

/* Those of memory were read by collect() and may be in the ledger's past. */
static void drop_doubles(struct refs *refs)
{
	unsigned int kept = 0;

	if (!refs->n)
		return;
	qsort(refs->ref, refs->n, sizeof(*refs->ref), by_id);
	for (unsigned int i = 0; i < refs->n; i++) {
		if (kept && !strcmp(refs->ref[kept - 1]->lease->id,
				    refs->ref[i]->lease->id))
			ocs_lease_ref_put(refs->ref[i]);
		else
			refs->ref[kept++] = refs->ref[i];
	}
	refs->n = kept;
}

char *ocs_engine_leases_text(struct ocs_engine *e,
			     const struct ocs_caller *caller,
			     const struct ocs_lease_query *q,
			     struct ocs_error *err)
{
	struct ocs_text t = { 0 };
	struct refs refs = { 0 };
	struct past p = { caller, q, &refs };
	char *text = NULL;
	bool more;
	int rc;

	if (q->past && q->limit)
		return engine_page_text(e, caller, q, err);
	pthread_mutex_lock(&e->lock);
	rc = collect(e, caller, q, &refs);
	if (rc < 0)
		ocs_fail(err, OCS_NOMEM, "out of memory");
	else if (q->past)
		rc = ocs_store_each_past(e->store, INT64_MAX, q->cluster,
					 q->job_id, ENGINE_PAST_MAX,
					 past_lease, &p, err);
	pthread_mutex_unlock(&e->lock);
	if (rc < 0)
		goto out;
	drop_doubles(&refs);
	more = q->limit && refs.n > q->limit;
	while (more && refs.n > q->limit)
		ocs_lease_ref_put(refs.ref[--refs.n]);
	ocs_text_add(&t, "{\"leases\":");
	if (add_leases(&t, caller, &refs, err) < 0)
		goto out;
	if (more)
		ocs_text_add(&t, ",\"next\":\"%s\"",
			     refs.ref[refs.n - 1]->lease->id);
	ocs_text_add(&t, "}");
	if (!(text = ocs_text_take(&t)))
		ocs_fail(err, OCS_NOMEM, "out of memory");
out:
	free(t.buf);
	refs_fini(&refs);
	return text;
}

struct ocs_lease_ref *ocs_engine_lease(struct ocs_engine *e, const char *id,
				       struct ocs_error *err)
{
	struct ocs_lease_ref *ref = NULL;
	struct ocs_lease *old = NULL;
	struct engine_rec *rec;
	int rc = 0;

	pthread_mutex_lock(&e->lock);
	if ((rec = engine_rec_find(e, id)))
		ref = ocs_lease_ref_get(rec->cur);
	else
		rc = ocs_store_lease_get(e->store, id, &old, err);
	pthread_mutex_unlock(&e->lock);
	if (ref || rc < 0)
		return ref;
	if (!old) {
		ocs_fail(err, OCS_NOT_FOUND, "there is no lease %.32s", id);
		return NULL;
	}
	if (!(ref = calloc(1, sizeof(*ref)))) {
		ocs_lease_destroy(old);
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	atomic_init(&ref->refs, 1);
	ref->lease = old;
	if ((ref->json = ocs_wire_encode_lease(old)))
		return ref;
	ocs_lease_ref_put(ref);
	ocs_fail(err, OCS_NOMEM, "out of memory");
	return NULL;
}

int ocs_engine_events(struct ocs_engine *e, const char *id,
		      struct ocs_event **event, unsigned int *nevents,
		      struct ocs_error *err)
{
	int rc;

	pthread_mutex_lock(&e->lock);
	rc = ocs_store_events(e->store, id, event, nevents, err);
	pthread_mutex_unlock(&e->lock);
	return rc;
}

bool ocs_engine_has_cluster(struct ocs_engine *e, const char *name)
{
	bool has;

	pthread_mutex_lock(&e->lock);
	has = engine_cluster_find(e, name);
	pthread_mutex_unlock(&e->lock);
	return has;
}

bool ocs_engine_has_site(const struct ocs_engine *e, const char *name)
{
	return ocs_net_site(&e->conf->net, name) >= 0;	/* never changes */
}

uint64_t ocs_engine_fibre_us(const struct ocs_engine *e,
			     const struct ocs_circuit *c)
{
	uint64_t us = 0;

	for (unsigned int i = 0; i < c->nhops; i++) {
		int l = ocs_net_link(&e->conf->net, c->hop[i]);

		if (l >= 0)
			us += e->conf->net.link[l].fibre_us;
	}
	return us;
}

uint64_t ocs_engine_generation(struct ocs_engine *e)
{
	uint64_t generation;

	pthread_mutex_lock(&e->lock);
	generation = e->generation;
	pthread_mutex_unlock(&e->lock);
	return generation;
}

const char *ocs_engine_instance(const struct ocs_engine *e)
{
	return ocs_store_instance(e->store);
}

struct ocs_driver *ocs_engine_driver(struct ocs_engine *e)
{
	return e->drv;
}
