// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * driver_mux - several drivers as one, so that the engine sees one network
 *
 * A service becomes one piece for each stretch of its route that is of one
 * driver; pieces have the service's own id, the second and further ones of the
 * same driver ".2" and so on behind it. All or none (I6):
 *
 *  create	all at once; if one fails, those that are there are removed before
 *	the failure is told
 *  resize	all at once; if one is refused, the others go back to what they
 *	carried
 *  look	absent when all are, lit when all are; a part only: being built, so
 *	that the engine goes on with it, or takes it down
 *
 * A later operation on a service overtakes an earlier one, whose answers are no
 * longer waited for.
 */
#include "agent/driver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "agent/driver_calls.h"
#include "agent/text.h"
#include "common/core/net.h"

#define BUCKETS 1024		/* a power of 2 */

enum kind { CREATE, REMOVE, LOOK, RESIZE, UNDO_CREATE, UNDO_RESIZE };

struct piece {
	LIST_ENTRY(piece) hash;	/* while an answer is owed */
	struct job *job;
	unsigned int part;
	uint64_t op;		/* ours; 0: nothing is owed */
	uint64_t old_bps;	/* RESIZE: carried before; 0: not known */
	char port[2][OCS_NAME_MAX];	/* at the service's own ends; "" */
	enum ocs_outcome outcome;
	enum ocs_light light;
	struct ocs_service svc;
};

struct job {
	LIST_ENTRY(job) list;
	enum kind kind;
	char id[OCS_SERVICE_ID_MAX];
	struct ocs_owed to;
	enum ocs_outcome outcome;	/* UNDO_*: to be told at its end */
	char cause[256];
	unsigned int npieces, left;
	struct piece piece[];
};
LIST_HEAD(jobs, job);

struct part {
	struct mux *mux;
	struct ocs_driver *drv;
};

struct mux {
	struct ocs_driver drv;
	struct ocs_driver_ops ops;	/* as the parts can */
	char name[64];
	struct ocs_net net;
	unsigned int *of_link;
	unsigned int nparts;
	struct part *part;
	struct ocs_calls *calls;
	struct ocs_driver_watch watch;
	pthread_mutex_t lock;	/* guards all below; before the parts' */
	uint64_t last_op;
	LIST_HEAD(, piece) owed[BUCKETS];	/* by op */
	struct jobs jobs[BUCKETS];		/* by id */
};

/* ---- pieces ---- */

static struct jobs *jobs_of(struct mux *mux, const char *id)
{
	uint32_t h = 2166136261U;

	for (; *id; id++)
		h = (h ^ (unsigned char) *id) * 16777619U;
	return &mux->jobs[h & (BUCKETS - 1)];
}

static void piece_begin(struct mux *mux, const struct ocs_service *svc,
			struct job *job, unsigned int part, const char *from)
{
	struct piece *p = &job->piece[job->npieces++];
	unsigned int nth = 1;

	for (struct piece *o = job->piece; o < p; o++)
		nth += o->part == part;
	p->job = job;
	p->part = part;
	snprintf(p->svc.id, sizeof(p->svc.id), "%s", svc->id);
	if (nth > 1)
		snprintf(p->svc.id + strlen(p->svc.id),
			 sizeof(p->svc.id) - strlen(p->svc.id), ".%u", nth);
	p->svc.rate_bps = svc->rate_bps;
	strcpy(p->svc.a, from);
	if (p == job->piece && svc->port_a)
		p->svc.port_a = strcpy(p->port[0], svc->port_a);
}

/* SVC in pieces, into JOB; -1 with CAUSE: a link is nobody's, or the links
 * don't follow one another. */
static int split(struct mux *mux, const struct ocs_service *svc,
		 struct job *job)
{
	int at = ocs_net_site(&mux->net, svc->a);

	for (unsigned int i = 0; i < svc->nhops; i++) {
		int l = ocs_net_link(&mux->net, svc->hop[i]);
		const struct ocs_link *link = l < 0 ? NULL : &mux->net.link[l];
		struct piece *p;

		if (!link || at < 0 ||
		    ((unsigned int) at != link->a &&
		     (unsigned int) at != link->z)) {
			snprintf(job->cause, sizeof(job->cause),
				 "no driver has link %.63s on the way from %.63s",
				 svc->hop[i], svc->a);
			return -1;
		}
		if (!job->npieces || mux->of_link[l] !=
		    job->piece[job->npieces - 1].part)
			piece_begin(mux, svc, job, mux->of_link[l],
				    mux->net.site[at].name);
		at = (int) (link->a == (unsigned int) at ? link->z : link->a);
		p = &job->piece[job->npieces - 1];
		strcpy(p->svc.hop[p->svc.nhops++], svc->hop[i]);
		strcpy(p->svc.z, mux->net.site[at].name);
	}
	if (job->npieces) {
		struct piece *last = &job->piece[job->npieces - 1];

		if (svc->port_z)
			last->svc.port_z = strcpy(last->port[1], svc->port_z);
		return 0;
	}
	snprintf(job->cause, sizeof(job->cause), "a service without links");
	return -1;
}

/* The most pieces that SVC can have. */
static struct job *job_create(struct mux *mux, const struct ocs_service *svc,
			      enum kind kind, const struct ocs_owed *to)
{
	struct job *job = calloc(1, sizeof(*job) + (svc->nhops + 1) *
				 sizeof(job->piece[0]));

	if (!job)
		return NULL;
	job->kind = kind;
	job->to = *to;
	strcpy(job->id, svc->id);
	if (split(mux, svc, job) == 0)
		return job;
	job->npieces = 0;
	return job;
}

static void job_drop(struct job *job)
{
	for (unsigned int i = 0; i < job->npieces; i++)
		if (job->piece[i].op)
			LIST_REMOVE(&job->piece[i], hash);
	LIST_REMOVE(job, list);
	free(job);
}

/* What is under way for service ID is no longer waited for. */
static void overtake(struct mux *mux, const char *id)
{
	struct job *job, *next;

	for (job = LIST_FIRST(jobs_of(mux, id)); job; job = next) {
		next = LIST_NEXT(job, list);
		if (strcmp(job->id, id) || job->kind == LOOK)
			continue;
		ocs_calls_answer(mux->calls, &job->to, id, OCS_DRV_ABORTED,
				 OCS_LIGHT_BUILDING,
				 "another operation came in between");
		job_drop(job);
	}
}

/* ---- asking and hearing ---- */

static void piece_done(void *arg, const char *id, uint64_t op,
		       enum ocs_outcome outcome, enum ocs_light light,
		       const char *cause);

/* Ask for P what KIND says. */
static void ask(struct mux *mux, struct piece *p, enum kind kind)
{
	struct ocs_driver *drv = mux->part[p->part].drv;

	p->op = ++mux->last_op;
	p->job->left++;
	LIST_INSERT_HEAD(&mux->owed[p->op & (BUCKETS - 1)], p, hash);
	switch (kind) {
	case CREATE:
		drv->ops->create(drv, &p->svc, p->op, piece_done, mux);
		return;
	case REMOVE:
	case UNDO_CREATE:
		drv->ops->remove(drv, &p->svc, p->op, piece_done, mux);
		return;
	case LOOK:
		drv->ops->look(drv, &p->svc, p->op, piece_done, mux);
		return;
	case RESIZE:
	case UNDO_RESIZE:
		drv->ops->resize(drv, &p->svc, p->op, piece_done, mux);
		return;
	}
}

static void answer(struct mux *mux, struct job *job, enum ocs_outcome outcome,
		   enum ocs_light light)
{
	ocs_calls_answer(mux->calls, &job->to, job->id, outcome, light, "%s",
			 job->cause);
	job_drop(job);
}

/* The worst that came of the pieces: what is not known is worst. */
static enum ocs_outcome worst(const struct job *job)
{
	static const int rank[] = {
		[OCS_DRV_DONE] = 0, [OCS_DRV_REFUSED] = 1, [OCS_DRV_FAULT] = 2,
		[OCS_DRV_ABORTED] = 3, [OCS_DRV_LOST] = 4,
	};
	enum ocs_outcome w = OCS_DRV_DONE;

	for (unsigned int i = 0; i < job->npieces; i++)
		if (rank[job->piece[i].outcome] > rank[w])
			w = job->piece[i].outcome;
	return w;
}

static enum ocs_light together(const struct job *job)
{
	unsigned int n[OCS_LIGHT_TEARING + 1] = { 0 };

	for (unsigned int i = 0; i < job->npieces; i++)
		n[job->piece[i].light]++;
	if (n[OCS_LIGHT_TEARING])
		return OCS_LIGHT_TEARING;
	if (n[OCS_LIGHT_ABSENT] == job->npieces)
		return OCS_LIGHT_ABSENT;
	if (n[OCS_LIGHT_LIT] == job->npieces)
		return OCS_LIGHT_LIT;
	return n[OCS_LIGHT_DARK] ? OCS_LIGHT_DARK : OCS_LIGHT_BUILDING;
}

/* Not all pieces came to be: away with those that did or may have. */
static void undo_create(struct mux *mux, struct job *job)
{
	job->outcome = worst(job);
	job->kind = UNDO_CREATE;
	job->left = 1;		/* not over while we are asking */
	for (unsigned int i = 0; i < job->npieces; i++)
		if (job->piece[i].outcome != OCS_DRV_REFUSED)
			ask(mux, &job->piece[i], UNDO_CREATE);
		else
			job->piece[i].outcome = OCS_DRV_DONE;
	job->left--;
}

/* Not all could: those that did go back. */
static void undo_resize(struct mux *mux, struct job *job)
{
	job->outcome = worst(job);
	job->kind = UNDO_RESIZE;
	job->left = 1;
	for (unsigned int i = 0; i < job->npieces; i++) {
		struct piece *p = &job->piece[i];

		if (p->outcome == OCS_DRV_REFUSED) {
			p->outcome = OCS_DRV_DONE;	/* as it was */
		} else if (p->outcome == OCS_DRV_DONE && p->old_bps) {
			p->svc.rate_bps = p->old_bps;
			ask(mux, p, UNDO_RESIZE);
		}
	}
	job->left--;
}

static void finish(struct mux *mux, struct job *job)
{
	enum ocs_outcome w = worst(job);

	switch (job->kind) {
	case CREATE:
		if (w == OCS_DRV_DONE || w == OCS_DRV_ABORTED ||
		    job->npieces == 1) {
			answer(mux, job, w, w == OCS_DRV_DONE ?
			       OCS_LIGHT_LIT : OCS_LIGHT_DARK);
			return;
		}
		undo_create(mux, job);
		break;
	case RESIZE:
		if (w == OCS_DRV_DONE || job->npieces == 1) {
			answer(mux, job, w, OCS_LIGHT_LIT);
			return;
		}
		undo_resize(mux, job);
		break;
	case UNDO_CREATE:
	case UNDO_RESIZE:	/* what could not be undone is a fault */
		answer(mux, job, w == OCS_DRV_DONE ? job->outcome :
		       OCS_DRV_FAULT, OCS_LIGHT_DARK);
		return;
	case REMOVE:
		answer(mux, job, w, OCS_LIGHT_ABSENT);
		return;
	case LOOK:
		answer(mux, job, w == OCS_DRV_DONE ? w : OCS_DRV_LOST,
		       together(job));
		return;
	}
	if (!job->left)
		finish(mux, job);
}

static void piece_done(void *arg, const char *id, uint64_t op,
		       enum ocs_outcome outcome, enum ocs_light light,
		       const char *cause)
{
	struct mux *mux = arg;
	struct piece *p;

	(void) id;
	pthread_mutex_lock(&mux->lock);
	LIST_FOREACH(p, &mux->owed[op & (BUCKETS - 1)], hash)
		if (p->op == op)
			break;
	if (p) {	/* else: overtaken */
		LIST_REMOVE(p, hash);
		p->op = 0;
		p->outcome = outcome;
		p->light = light;
		if (outcome != OCS_DRV_DONE && !p->job->cause[0])
			snprintf(p->job->cause, sizeof(p->job->cause), "%s",
				 cause);
		if (!--p->job->left)
			finish(mux, p->job);
	}
	pthread_mutex_unlock(&mux->lock);
}

static void begin(struct mux *mux, const struct ocs_service *svc,
		  enum kind kind, struct ocs_owed *to)
{
	struct job *job;

	pthread_mutex_lock(&mux->lock);
	if (kind != LOOK)
		overtake(mux, svc->id);
	if (!(job = job_create(mux, svc, kind, to))) {
		ocs_calls_answer(mux->calls, to, svc->id, OCS_DRV_LOST,
				 OCS_LIGHT_ABSENT, "out of memory");
		goto out;
	}
	LIST_INSERT_HEAD(jobs_of(mux, svc->id), job, list);
	if (!job->npieces) {
		/* None can have set it up; what is in the ledger of old links
		 * is gone with them. */
		answer(mux, job, kind == CREATE || kind == RESIZE ?
		       OCS_DRV_REFUSED : OCS_DRV_DONE, OCS_LIGHT_ABSENT);
		goto out;
	}
	job->left = 1;	/* not over while we are asking */
	for (unsigned int i = 0; i < job->npieces; i++) {
		struct piece *p = &job->piece[i];
		struct ocs_driver *drv = mux->part[p->part].drv;
		struct ocs_real real;

		if (kind == RESIZE && drv->ops->real &&
		    drv->ops->real(drv, &p->svc, &real))
			p->old_bps = real.rate_bps;
		ask(mux, p, kind);
	}
	if (!--job->left)
		finish(mux, job);
out:
	pthread_mutex_unlock(&mux->lock);
}

/* ---- as a driver ---- */

static void mux_create(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct ocs_owed to = { op, done, arg };

	begin((struct mux *) drv, svc, CREATE, &to);
}

static void mux_remove(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct ocs_owed to = { op, done, arg };

	begin((struct mux *) drv, svc, REMOVE, &to);
}

static void mux_look(struct ocs_driver *drv, const struct ocs_service *svc,
		     uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct ocs_owed to = { op, done, arg };

	begin((struct mux *) drv, svc, LOOK, &to);
}

static void mux_resize(struct ocs_driver *drv, const struct ocs_service *svc,
		       uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct ocs_owed to = { op, done, arg };

	begin((struct mux *) drv, svc, RESIZE, &to);
}

/* What is known of P, or as it was asked for. */
static bool piece_real(struct mux *mux, const struct piece *p,
		       struct ocs_real *real)
{
	struct ocs_driver *drv = mux->part[p->part].drv;
	bool known = drv->ops->real && drv->ops->real(drv, &p->svc, real);

	if (!known)
		memset(real, 0, sizeof(*real));
	if (!real->nhops) {
		real->nhops = p->svc.nhops;
		memcpy(real->hop, p->svc.hop, p->svc.nhops * OCS_NAME_MAX);
	}
	for (unsigned int i = 0; !real->latency_us && i < real->nhops; i++) {
		int l = ocs_net_link(&mux->net, real->hop[i]);

		real->latency_us += l < 0 ? 0 : mux->net.link[l].latency_us;
	}
	return known;
}

static bool mux_real(struct ocs_driver *drv, const struct ocs_service *svc,
		     struct ocs_real *real)
{
	struct mux *mux = (struct mux *) drv;
	struct ocs_owed none = { 0 };
	struct job *job = job_create(mux, svc, LOOK, &none);
	bool known = false;

	memset(real, 0, sizeof(*real));
	for (unsigned int i = 0; job && i < job->npieces; i++) {
		struct ocs_real r;

		known |= piece_real(mux, &job->piece[i], &r);
		if (r.rate_bps && (!real->rate_bps ||
				   r.rate_bps < real->rate_bps))
			real->rate_bps = r.rate_bps;
		real->latency_us += r.latency_us;
		for (unsigned int j = 0; j < r.nhops &&
					 real->nhops < OCS_HOPS_MAX; j++)
			strcpy(real->hop[real->nhops++], r.hop[j]);
	}
	free(job);
	return known;
}

static int mux_fault(struct ocs_driver *drv, const char *link,
		     const char *kind, unsigned int count,
		     struct ocs_error *err)
{
	struct mux *mux = (struct mux *) drv;
	int l = ocs_net_link(&mux->net, link), rc = 0;
	struct ocs_driver *part;

	if (l < 0 && strcmp(link, "*"))
		return ocs_fail(err, OCS_NOT_FOUND, "there is no link '%.63s'",
				link);
	for (unsigned int i = 0; rc == 0 && i < mux->nparts; i++) {
		part = mux->part[i].drv;
		if (l >= 0 && mux->of_link[l] != i)
			continue;
		if (part->ops->fault)
			rc = part->ops->fault(part, link, kind, count, err);
		else if (l >= 0)
			return ocs_fail(err, OCS_UNSUPPORTED,
					"driver %s of %s makes no faults",
					part->ops->name, link);
	}
	return rc;
}

static char *mux_faults(struct ocs_driver *drv)
{
	static const char head[] = "{\"faults\":[", tail[] = "]}";
	struct mux *mux = (struct mux *) drv;
	struct ocs_text t = { 0 };
	const char *comma = "";

	ocs_text_add(&t, "%s", head);
	for (unsigned int i = 0; i < mux->nparts; i++) {
		struct ocs_driver *part = mux->part[i].drv;
		char *text = part->ops->faults ? part->ops->faults(part) : NULL;
		size_t n = text ? strlen(text) : 0;

		if (n > sizeof(head) + sizeof(tail) - 2) {
			ocs_text_add(&t, "%s", comma);
			ocs_text_add_bytes(&t, text + sizeof(head) - 1,
					   n - (sizeof(head) - 1) -
					   (sizeof(tail) - 1));
			comma = ",";
		}
		free(text);
	}
	ocs_text_add(&t, "%s", tail);
	return ocs_text_take(&t);
}

/* ---- what the parts report ---- */

/* A piece is told as its service. */
static void on_service(void *arg, const char *id, enum ocs_light light,
		       const char *cause)
{
	struct part *part = arg;
	char whole[OCS_SERVICE_ID_MAX];
	char *dot;

	snprintf(whole, sizeof(whole), "%s", id);
	if ((dot = strchr(whole, '.')) && (dot = strchr(dot + 1, '.')))
		*dot = '\0';
	ocs_calls_service(part->mux->calls, whole, light, "%s", cause);
}

static void on_link(void *arg, const char *name, bool down)
{
	struct part *part = arg;

	ocs_calls_link(part->mux->calls, name, down);
}

static void on_foreign(void *arg, const char *name, uint64_t bps)
{
	struct part *part = arg;

	ocs_calls_foreign(part->mux->calls, name, bps);
}

static void on_latency(void *arg, const char *name, uint64_t us,
		       uint64_t variation_us)
{
	struct part *part = arg;

	ocs_calls_latency(part->mux->calls, name, us, variation_us);
}

/* ---- life ---- */

static int mux_start(struct ocs_driver *drv,
		     const struct ocs_driver_watch *watch,
		     struct ocs_error *err)
{
	struct mux *mux = (struct mux *) drv;

	if (ocs_calls_start(mux->calls, mux->name, watch, err) < 0)
		return -1;
	for (unsigned int i = 0; i < mux->nparts; i++) {
		struct part *part = &mux->part[i];
		const struct ocs_driver_watch mine = {
			.service = on_service, .link = on_link,
			.foreign = on_foreign, .latency = on_latency,
			.arg = part,
		};

		if (part->drv->ops->start(part->drv, &mine, err) < 0)
			return -1;	/* who starts us stops us then */
	}
	return 0;
}

static void mux_stop(struct ocs_driver *drv)
{
	struct mux *mux = (struct mux *) drv;

	for (unsigned int i = 0; i < mux->nparts; i++)
		mux->part[i].drv->ops->stop(mux->part[i].drv);
	ocs_calls_stop(mux->calls);
}

static void mux_free(struct mux *mux)
{
	for (unsigned int i = 0; i < BUCKETS; i++)
		while (LIST_FIRST(&mux->jobs[i]))
			job_drop(LIST_FIRST(&mux->jobs[i]));
	ocs_calls_destroy(mux->calls);
	pthread_mutex_destroy(&mux->lock);
	ocs_net_fini(&mux->net);
	free(mux->of_link);
	free(mux->part);
	free(mux);
}

static void mux_destroy(struct ocs_driver *drv)
{
	struct mux *mux = (struct mux *) drv;

	if (!mux)
		return;
	mux_stop(drv);
	for (unsigned int i = 0; i < mux->nparts; i++)
		mux->part[i].drv->ops->destroy(mux->part[i].drv);
	mux_free(mux);
}

static const struct ocs_driver_ops mux_ops = {
	.start = mux_start,
	.stop = mux_stop,
	.destroy = mux_destroy,
	.create = mux_create,
	.remove = mux_remove,
	.look = mux_look,
	.real = mux_real,
};

/* What all can, or one. */
static void mux_can(struct mux *mux)
{
	bool resize = true;
	size_t n = 0;

	mux->ops = mux_ops;
	mux->drv.ops = &mux->ops;
	for (unsigned int i = 0; i < mux->nparts; i++) {
		const struct ocs_driver_ops *ops = mux->part[i].drv->ops;

		resize = resize && ops->resize;
		mux->ops.simulated = mux->ops.simulated || ops->simulated;
		if (ops->fault) {
			mux->ops.fault = mux_fault;
			mux->ops.faults = mux_faults;
		}
		if (n < sizeof(mux->name) - 16 &&
		    !strstr(mux->name, ops->name))
			n += (size_t) snprintf(mux->name + n,
					       sizeof(mux->name) - n, "%s%s",
					       n ? "+" : "", ops->name);
	}
	mux->ops.resize = resize ? mux_resize : NULL;
	mux->ops.name = mux->name;
}

struct ocs_driver *ocs_driver_mux_create(struct ocs_driver *const *part,
					 unsigned int nparts,
					 const struct ocs_net *net,
					 const unsigned int *of_link,
					 struct ocs_error *err)
{
	struct mux *mux = calloc(1, sizeof(*mux));

	if (!mux) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&mux->lock, NULL);
	mux->part = calloc(nparts, sizeof(*mux->part));
	mux->of_link = calloc(net->nlinks + 1, sizeof(*mux->of_link));
	if (!mux->part || !mux->of_link ||
	    ocs_net_copy(&mux->net, net) < 0) {
		ocs_fail(err, OCS_NOMEM, "out of memory");
		mux_free(mux);
		return NULL;
	}
	if (!(mux->calls = ocs_calls_create(err))) {
		mux_free(mux);
		return NULL;
	}
	memcpy(mux->of_link, of_link, net->nlinks * sizeof(*of_link));
	for (unsigned int i = 0; i < nparts; i++) {
		mux->part[i].mux = mux;
		mux->part[i].drv = part[i];
	}
	mux->nparts = nparts;
	mux_can(mux);
	return &mux->drv;
}
