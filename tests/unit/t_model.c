// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests the engine by random histories against the naive model of model.h, in
 * virtual time, over the real ledger: every answer must be the one that the
 * model allows, and I1, I2, I3 and I6 hold after every step.
 *
 * A crash is a copy of the ledger's files in the middle of a call: the engine
 * that made it is thrown away with all that it did afterwards, and another one
 * opens the copy. The network knows nothing of it.
 *
 *  t_model [--seed=N] [--histories=N] [--jobs=N] [--verbose]
 *
 * One seed is one history: `t_model --seed=N --histories=1 --verbose` tells it
 * step by step. OCS_MODEL_HISTORIES sets the number, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sys/clock.h"
#include "tests/unit/model.h"
#include "tests/unit/tap.h"

#define HISTORIES 10000
#define STEPS 48
#define GRACE_S 20
#define TTL_MS 60000
#define OVERDUE_S 3000
#define APPROVE_S 300
#define HOLD_OFF_MS 2000
#define RESTORE_S 120
#define WTR_S 60

uint64_t ocs_clock_mono_ms(void)
{
	return (uint64_t) model_now_ms;
}

uint64_t ocs_clock_mono_us(void)
{
	return (uint64_t) model_now_ms * 1000;
}

int64_t ocs_clock_unix_ms(void)
{
	return model_now_ms;
}

/* ---- what is counted ---- */

enum op {
	HOLD, HOLD_LATER, HOLD_AGAIN, COMMIT, COMMIT_UNHELD, COMMIT_LATE,
	COMMIT_AGAIN, OTHER_BODY, OLD_EPOCH, RELEASE, RELEASE_AGAIN,
	RELEASE_UNKNOWN, RECONCILE, CONFIRM, EPOCH, EXTEND, SHORTEN, WIDEN,
	NARROW, MOVE, DRAIN, UNDRAIN, WINDOW, WINDOW_AWAY, CUT, RECOVER,
	FAULTS, WHATIF, FREEZE, FREEZE_ALL, UNFREEZE, APPROVE, DENY,
	HOOK_FAULTS, PASS, CRASH, REBOOT, NOPS
};
static const char *const op_names[NOPS] = {
	"hold", "hold for later", "hold again", "commit",
	"commit what was not held", "commit after HoldTTL", "commit again",
	"same id with another body", "older controller epoch", "release",
	"release again", "release what is unknown", "release by reconcile",
	"confirm", "epoch", "extend", "shorten", "more bandwidth",
	"less bandwidth", "another start", "drain", "undrain", "window",
	"window taken back", "cut", "recover", "faults to come", "what if",
	"freeze a link", "freeze all", "unfreeze", "approve", "deny",
	"faults of programs to come", "time passes", "crash", "restart",
};
enum refusal {
	R_BUSY, R_DRAINED, R_FROZEN, R_VLAN, R_RANGE, R_LATENCY, R_CONFLICT, R_STALE, R_BRAKE,
	R_NOT_FOUND, NREFUSALS
};
static const char *const refusal_names[NREFUSALS] = {
	"busy: OpticalLink", "busy: OpticalLinkDrained",
	"busy: OpticalFrozen", "busy: OpticalVlan", "range",
	"range: OpticalLatency", "conflict", "stale", "brake", "not found",
};
enum event {
	E_EXPIRED, E_STARTED, E_BLOCKED, E_OVERDUE, E_ENDED, E_FAILED,
	E_RESIZED, E_LOST, E_TWICE, E_WAITED, E_THAWED, E_APPROVED, E_DENIED,
	E_UNAPPROVED, E_ATTACHED, E_DETACHED, E_HOOK_REFUSED, E_HOOK_FAILED,
	E_RESTORING, E_REROUTED, E_CONTROLLER, E_REVERTED, E_IMPAIRED,
	E_GAVE_UP, E_CRASH_WRITE, E_CRASH_SYNC, E_CRASH_DRV,
	NEVENTS
};
static const char *const event_names[NEVENTS] = {
	"hold expired", "later start begun", "start without room", "overdue",
	"ended by OverdueMax", "set-up failed", "resized", "answer lost",
	"answer twice", "a commit waits for operators", "and goes on",
	"set-up after approval", "denied", "not approved in time",
	"attached", "detached", "program refused", "program failed",
	"restoring", "restored over another route", "restored where it was",
	"reverted", "impaired by its bound", "not restored in time",
	"crash at a write", "crash at a sync",
	"crash at a driver's call",
};
struct counts {
	unsigned long op[NOPS], refusal[NREFUSALS], event[NEVENTS];
	unsigned long histories, steps, checks;
	unsigned long violations;
	uint64_t seed[8];	/* of the first violations */
};
static struct counts *count;

/* ---- one history ---- */

struct known {			/* a lease as the model knows it */
	struct ocs_lease *req;	/* as asked for, NULL: unused */
	bool acked;		/* the agent has said yes once */
	bool tomb;		/* released before it was known */
	bool released;		/* never comes back */
	bool unsure;		/* a crash cut a call about it */
	bool committed;		/* a commit was taken */
	bool approved;		/* by an operator, of this commit */
	bool waited;		/* for an operator */
	bool rerouted;
	enum ocs_resv resv;	/* as it must be */
	int64_t ttl_ms;		/* HELD: when it expires */
	bool expired;
};

static struct {
	uint64_t seed;
	struct dice dice;
	struct model m;
	struct network net;
	struct hooks hooks;
	bool reverts;		/* Revert=yes */
	enum ocs_restore restore;
	struct known k[LEASES_MAX];
	unsigned int nk;
	struct ocs_agent_conf conf;
	struct ocs_store *store;
	struct ocs_engine *e;
	char dir[2][64];
	unsigned int at;	/* dir[at] is in use */
	uint64_t epoch;
	bool brake;
	unsigned int nremovals;
	int64_t removal_ms[256];
	unsigned int crash_in;	/* 0: none; else hooks to go */
	bool crashed;
	unsigned long ends, synced;	/* store's transactions */
	unsigned long change_end[LEASES_MAX];
	unsigned int step, windows;
	bool failed;
	bool verbose;
} h;

__attribute__((format(printf, 1, 2))) static void tell(const char *fmt, ...)
{
	va_list ap;

	if (!h.verbose)
		return;
	printf("# %3u %8" PRId64 " ", h.step, model_now_ms / 1000);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

__attribute__((format(printf, 1, 2))) static void violation(const char *fmt,
							     ...)
{
	va_list ap;

	if (h.failed)
		return;
	h.failed = true;
	printf("# violation: seed %" PRIu64 " step %u: ", h.seed, h.step);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static uint32_t dice(uint32_t sides)
{
	return roll(&h.dice, sides);
}

static int64_t now_s(void)
{
	return model_now_ms / 1000;
}

/* ---- crashes ---- */

static int copy(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY), out;
	ssize_t n = 0;

	if (in < 0)
		return errno == ENOENT ? 0 : -1;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	while (out >= 0 && (n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t) n) != n)
			n = -1;
	close(in);
	if (out < 0 || n < 0)
		return -1;
	return close(out);
}

static void remove_files(unsigned int at)
{
	static const char *const names[] = { "l.db", "l.db-wal", "l.db-shm" };
	char path[100];

	for (unsigned int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", h.dir[at], names[i]);
		unlink(path);
	}
}

/* What kill -9 leaves: the files as they are. */
static void crash(enum event where)
{
	static const char *const names[] = { "l.db", "l.db-wal" };
	char from[100], to[100];

	if (h.crashed || !h.crash_in || --h.crash_in)
		return;
	h.crashed = true;
	h.net.dead = true;
	count->event[where]++;
	remove_files(!h.at);
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(from, sizeof(from), "%s/%s", h.dir[h.at], names[i]);
		snprintf(to, sizeof(to), "%s/%s", h.dir[!h.at], names[i]);
		if (copy(from, to) < 0)
			violation("the test can't copy %s", from);
	}
	tell("killed: %s", event_names[where]);
}

int __real_ocs_store_end(struct ocs_store *s, struct ocs_error *err);
int __wrap_ocs_store_end(struct ocs_store *s, struct ocs_error *err);
int __wrap_ocs_store_end(struct ocs_store *s, struct ocs_error *err)
{
	int rc;

	crash(E_CRASH_WRITE);
	rc = __real_ocs_store_end(s, err);
	h.ends++;
	crash(E_CRASH_WRITE);
	return rc;
}

int __real_ocs_store_sync(struct ocs_store *s, struct ocs_error *err);
int __wrap_ocs_store_sync(struct ocs_store *s, struct ocs_error *err);
int __wrap_ocs_store_sync(struct ocs_store *s, struct ocs_error *err)
{
	unsigned long ends = h.ends;
	int rc;

	crash(E_CRASH_SYNC);
	rc = __real_ocs_store_sync(s, err);
	h.synced = ends;
	crash(E_CRASH_SYNC);
	return rc;
}

/* ---- the engine ---- */

static void id_of(unsigned int n, char id[OCS_LEASE_ID_MAX])
{
	snprintf(id, OCS_LEASE_ID_MAX, "%032x", n + 1);
}

static unsigned int number_of(const char *id)
{
	return (unsigned int) strtoul(id + 24, NULL, 16) - 1;
}

/* What operators say of it. */
static void asked_operators(const struct ocs_service *svc, char kind,
			    unsigned int n)
{
	char id[OCS_LEASE_ID_MAX];
	const struct engine_rec *rec;
	bool active, wanted;

	id_of(n, id);
	if (!(rec = engine_rec_find(h.e, id)))
		return;
	active = rec->cur->lease->active_ms;
	wanted = engine_lit_wanted(rec->cur->lease);
	for (unsigned int i = 0; i < svc->nhops; i++) {
		int l = ocs_net_link(&h.m.net, svc->hop[i]);

		if (naive_frozen(&h.m, (unsigned int) l))
			violation("%c of lease %u over link %d, which is frozen",
				  kind, n, l);
		if (kind == 'C' && !active && h.m.approve[l] &&
		    !h.k[n].approved)
			violation("a set-up of lease %u that nobody approved",
				  n);
	}
	for (int z = 0; z < 2; z++)
		if (kind == 'R' && !wanted &&
		    hooks_attached(&h.hooks, svc->id, z))
			violation("%s goes dark before it is detached",
				  svc->id);
}

/* I2 towards the network: nothing is asked for that is not on disk. */
static void asked(const struct ocs_service *svc, char kind)
{
	char id[OCS_LEASE_ID_MAX];
	unsigned int n;

	memcpy(id, svc->id, sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	n = number_of(id);
	crash(E_CRASH_DRV);
	if (h.crashed || kind == 'L')
		return;
	if (n >= h.nk || !h.k[n].req)
		violation("%c of service %s, which nobody asked for", kind,
			  svc->id);
	else if (kind == 'C' && h.k[n].released)
		violation("a set-up of lease %u, which was released", n);
	else if (h.change_end[n] > h.synced)
		violation("%c of lease %u before it is on disk", kind, n);
	else
		asked_operators(svc, kind, n);
}

/* I2 and I4 towards the programs. */
static void hook_asked(const struct ocs_attach_call *call, const char *why)
{
	char id[OCS_LEASE_ID_MAX];
	struct engine_rec *rec;
	unsigned int n, i;

	memcpy(id, call->id, sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	n = number_of(id);
	i = (unsigned int) atoi(call->id + sizeof(id));
	crash(E_CRASH_DRV);
	if (h.crashed)
		return;
	rec = engine_rec_find(h.e, id);
	if (why)
		violation("a program is called for %s %s", call->id, why);
	else if (n >= h.nk || !rec)
		violation("a program is called for %s, which nobody asked for",
			  call->id);
	else if (h.change_end[n] > h.synced)
		violation("a program of lease %u before it is on disk", n);
	else if (call->attach &&
		 rec->cur->lease->circuit[i].prov != OCS_PROVISIONED)
		violation("%s is attached without light", call->id);
}

/* What the agent knows to be frozen. */
static void sync_freezes(void)
{
	struct ocs_freeze *list;
	unsigned int n;

	if (ocs_engine_freezes(h.e, &list, &n, NULL) < 0)
		return;
	memset(h.m.frozen, 0, sizeof(h.m.frozen));
	h.m.frozen_all = false;
	for (unsigned int i = 0; i < n; i++)
		if (list[i].link[0])
			h.m.frozen[ocs_net_link(&h.m.net, list[i].link)] =
				true;
		else
			h.m.frozen_all = true;
	free(list);
}

static void boot(void)
{
	struct ocs_error err;
	char path[100];

	snprintf(path, sizeof(path), "%s/l.db", h.dir[h.at]);
	h.net.dead = false;
	h.ends = h.synced = 0;
	memset(h.change_end, 0, sizeof(h.change_end));
	if (!(h.store = ocs_store_open(path, &err)) ||
	    !(h.e = ocs_engine_create(&h.conf, h.store, &h.net.drv, &err))) {
		printf("Bail out! %s\n", err.text);
		fflush(stdout);
		_exit(1);
	}
	h.net.engine = h.hooks.engine = h.e;
	/* calls go to model_hooks.c: it need not be one */
	h.e->attacher = (struct ocs_attacher *) &h.hooks;
	sync_freezes();
	network_greet(&h.net);
}

static void halt(void)
{
	h.e->attacher = NULL;
	ocs_engine_destroy(h.e);
	ocs_store_close(h.store);
	h.e = NULL;
	h.store = NULL;
	network_forget(&h.net);
	hooks_forget(&h.hooks);
}

/* Holds live their whole time again in a new agent; those that were to expire
 * when the old one was killed may have. */
static void renew_holds(void)
{
	for (unsigned int i = 0; i < h.nk; i++) {
		if (h.k[i].acked && h.k[i].resv == OCS_HELD &&
		    model_now_ms >= h.k[i].ttl_ms)
			h.k[i].unsure = true;
		h.k[i].ttl_ms = model_now_ms + TTL_MS;
	}
}

/* All threads until they would sleep. */
static void turn(void)
{
	unsigned int rounds = 0;
	bool more;

	do {
		pthread_mutex_lock(&h.e->lock);
		more = engine_work(h.e);
		if (h.e->want_seq > h.e->settled_seq && !h.e->disk_failed) {
			engine_settle(h.e);
			more = true;
		}
		pthread_mutex_unlock(&h.e->lock);
		if (!h.crashed) {
			more |= network_step(&h.net);
			more |= hooks_step(&h.hooks);
		}
		if (++rounds > 1000) {
			violation("the engine never rests: scan in %" PRId64
				  " ms, todo %d, admin %d",
				  (int64_t) h.e->scan_ms - model_now_ms,
				  h.e->todo, h.e->admin_todo);
			for (unsigned int i = 0; i < h.nk; i++) {
				char id[OCS_LEASE_ID_MAX];
				struct engine_rec *r;

				id_of(i, id);
				if ((r = engine_rec_find(h.e, id)))
					tell("lease %u %s %s due %" PRId64, i,
					     ocs_resv_name(r->cur->lease->resv),
					     ocs_sched_name(r->cur->lease->sched),
					     r->due_s == INT64_MAX ? -1 : r->due_s - now_s());
			}
			return;
		}
	} while (more);
}

/* The crash that was under way, if any: the copy takes over. */
static void bury(void)
{
	if (!h.crashed)
		return;
	count->op[CRASH]++;
	halt();
	remove_files(h.at);
	h.at = !h.at;
	h.crashed = false;
	h.crash_in = 0;
	boot();
	renew_holds();
	turn();
}

/* ---- looking ---- */

static void forget_shown(void)
{
	for (unsigned int i = 0; i < LEASES_MAX; i++) {
		ocs_lease_destroy(h.m.shown[i]);
		h.m.shown[i] = NULL;
	}
	h.m.nshown = 0;
}

/* What became of a circuit that was dark. */
static void count_restored(struct known *k, const struct ocs_circuit *was,
			   const struct ocs_circuit *is,
			   const struct ocs_lease *l)
{
	bool other = was->nhops != is->nhops;

	for (unsigned int j = 0; !other && j < is->nhops; j++)
		other = strcmp(was->hop[j], is->hop[j]);
	if (was->data != OCS_RESTORING && is->data == OCS_RESTORING)
		count->event[E_RESTORING]++;
	if (was->data == OCS_RESTORING && is->data == OCS_DOWN)
		count->event[E_GAVE_UP]++;
	if (was->data == OCS_RESTORING && is->data == OCS_UP && !other &&
	    h.restore == OCS_RESTORE_CONTROLLER)
		count->event[E_CONTROLLER]++;
	if (is->data == OCS_IMPAIRED && is->max_latency_us &&
	    is->latency_us > is->max_latency_us && was->data != is->data)
		count->event[E_IMPAIRED]++;
	if (!other || !l->active_ms)
		return;
	if (h.reverts && k->rerouted && was->data == OCS_UP)
		count->event[E_REVERTED]++;
	else
		count->event[E_REROUTED]++;
	k->rerouted = true;
}

static void count_waiting(struct known *k, const struct ocs_lease *is)
{
	bool waits = is->resv == OCS_COMMITTED && !is->active_ms &&
		     (!strncmp(is->cause, "OpticalApproval(", 16) ||
		      !strncmp(is->cause, "OpticalFrozen(", 14));

	if (waits && !k->waited)
		count->event[E_WAITED]++;
	if (k->waited && is->active_ms) {
		count->event[E_THAWED]++;
		count->event[E_APPROVED] += k->approved;
	}
	k->waited = waits || (k->waited && !is->active_ms);
}

static void count_changes(struct known *k, const struct ocs_lease *was,
			  const struct ocs_lease *is)
{
	if (is)
		count_waiting(k, is);
	if (!was || !is)
		return;
	for (unsigned int c = 0; c < is->ncircuits; c++)
		count_restored(k, &was->circuit[c], &is->circuit[c], is);
	if (was->sched == OCS_WAITING && is->sched == OCS_IN_TERM)
		count->event[E_STARTED]++;
	if (was->sched != OCS_PAST_END && is->sched == OCS_PAST_END)
		count->event[E_OVERDUE]++;
	if (is->sched == OCS_WAITING && is->cause[0] && !was->cause[0])
		count->event[E_BLOCKED]++;
}

static void look(void)
{
	char id[OCS_LEASE_ID_MAX];

	for (unsigned int i = 0; i < h.nk; i++) {
		struct ocs_lease *was = h.m.shown[i];
		struct ocs_lease_ref *ref;

		h.m.shown[i] = NULL;
		id_of(i, id);
		if ((ref = ocs_engine_lease(h.e, id, NULL)))
			h.m.shown[i] = ocs_lease_copy(ref->lease);
		ocs_lease_ref_put(ref);
		count_changes(&h.k[i], was, h.m.shown[i]);
		ocs_lease_destroy(was);
	}
	h.m.nshown = h.nk;
}

static bool hurt(void)		/* the network may have refused or failed */
{
	return h.net.nrefused || h.net.nfailed || h.net.nlost ||
	       h.hooks.nrefused || h.hooks.nfailed || count->op[CUT];
}

/* Until when an operator may approve L. */
static int64_t approve_by(const struct ocs_lease *l)
{
	int64_t from = l->committed_ms > l->start_s * 1000 ? l->committed_ms :
		       l->start_s * 1000;

	return from + APPROVE_S * 1000;
}

/* What may become of lease I by itself. */
static void follow(unsigned int i)
{
	struct known *k = &h.k[i];
	const struct ocs_lease *l = h.m.shown[i];
	int64_t end = naive_end_s(&h.m, l);

	if (k->unsure) {
		k->unsure = false;
		k->acked = true;
		k->resv = l->resv;
		k->expired = l->resv == OCS_TERMINATED && !l->committed_ms &&
			     !strcmp(l->cause, ENGINE_CAUSE_EXPIRED);
		k->released = l->resv == OCS_TERMINATED && !k->expired;
		k->committed = l->committed_ms != 0;
		k->approved = l->approved_ms != 0;
		k->ttl_ms = model_now_ms + TTL_MS;
		return;
	}
	if (l->resv == k->resv)
		return;
	if (k->resv == OCS_HELD && l->resv == OCS_TERMINATED &&
	    model_now_ms >= k->ttl_ms) {
		k->expired = true;
		count->event[E_EXPIRED]++;
	} else if (k->resv == OCS_COMMITTED && l->resv == OCS_FAILED &&
		   !k->approved && strstr(l->cause, "no operator approved") &&
		   model_now_ms >= approve_by(l)) {
		count->event[E_UNAPPROVED]++;
	} else if (k->resv == OCS_COMMITTED && l->resv == OCS_FAILED &&
		   hurt()) {
		count->event[E_FAILED]++;
	} else if (k->resv == OCS_COMMITTED && l->resv == OCS_TERMINATED &&
		   end <= now_s() &&
		   (end + OVERDUE_S <= now_s() || l->start_s)) {
		k->released = true;
		count->event[E_ENDED]++;
	} else {
		violation("lease %u is %s, not %s (%s)", i,
			  ocs_resv_name(l->resv), ocs_resv_name(k->resv),
			  l->cause);
	}
	k->resv = l->resv;
}

/* A path from end to end over links that exist; one that is UP keeps to its
 * bound, also after it was restored. */
static void check_route_of(unsigned int i, unsigned int circuit)
{
	const struct ocs_lease *l = h.m.shown[i];
	const struct ocs_circuit *c = &l->circuit[circuit];
	unsigned int at = (unsigned int) ocs_net_site(&h.m.net, c->a);
	uint64_t us = 0;

	for (unsigned int j = 0; j < c->nhops; j++) {
		int k = ocs_net_link(&h.m.net, c->hop[j]);
		const struct ocs_link *link = &h.m.net.link[k];

		if (k < 0 || (link->a != at && link->z != at)) {
			violation("circuit %u.%u: its route is none", i,
				  circuit);
			return;
		}
		at = link->a == at ? link->z : link->a;
		us += link->latency_us;
	}
	if (c->nhops && (int) at != ocs_net_site(&h.m.net, c->z))
		violation("circuit %u.%u does not end at %s", i, circuit,
			  c->z);
	if (c->nhops && c->latency_us != us)
		violation("circuit %u.%u: %" PRIu64 " us, not %" PRIu64, i,
			  circuit, c->latency_us, us);
	if (c->max_latency_us && us > c->max_latency_us &&
	    c->prov == OCS_PROVISIONED && c->data == OCS_UP)
		violation("circuit %u.%u is UP and breaks its bound", i,
			  circuit);
}

/* What the lease says and what the programs have left. */
static void check_attachment(const char *id, const struct ocs_lease *l,
			     const struct ocs_circuit *c)
{
	for (int z = 0; c->at && z < 2; z++) {
		bool hook = z ? c->at->z.hook : c->at->a.hook;
		bool is = hooks_attached(&h.hooks, id, z);

		if (c->at->state == OCS_ATTACHED && hook && !is)
			violation("%s is ATTACHED and is not", id);
		if (c->at->state == OCS_DETACHED && is)
			violation("%s is DETACHED and is not", id);
	}
	if (c->at && c->at->state != OCS_ATTACHED && ocs_lease_up(l))
		violation("%s is up without its attachment (I4)", id);
}

static void check_lease(unsigned int i)
{
	const struct known *k = &h.k[i];
	const struct ocs_lease *l = h.m.shown[i];
	int64_t end = naive_end_s(&h.m, l);

	if (k->resv == OCS_HELD && model_now_ms >= k->ttl_ms)
		violation("hold %u has outlived its time", i);
	if (l->job_id != k->req->job_id || l->ncircuits != k->req->ncircuits)
		violation("lease %u is another", i);
	if (l->resv == OCS_COMMITTED &&
	    (l->sched == OCS_PAST_END) !=
	    (l->sched != OCS_WAITING && end <= now_s()))
		violation("lease %u: schedule %s at its end", i,
			  ocs_sched_name(l->sched));
	for (unsigned int c = 0; c < l->ncircuits; c++) {
		char id[OCS_LEASE_ID_MAX + 12];

		snprintf(id, sizeof(id), "%s.%u", l->id, c);
		if (l->circuit[c].prov == OCS_RELEASED &&
		    network_find(&h.net, id))
			violation("%s is in the network, but released", id);
		if (naive_runs(l) && !l->circuit[c].nhops)
			violation("circuit %s has no route", id);
		check_route_of(i, c);
		check_attachment(id, l, &l->circuit[c]);
	}
}

/* I1, at this moment and at all that is promised. */
static void check_links(void)
{
	for (unsigned int n = 0; n < naive_resources(&h.m); n++) {
		uint64_t cap = naive_capacity(&h.m, n);
		uint64_t now = naive_now(&h.m, n);

		if (now > cap)
			violation("link %u is oversold now: %" PRIu64
				  "G of %" PRIu64 "G", n, now / G, cap / G);
		if (now != h.e->booked[n])
			violation("link %u has %" PRIu64 "G booked, not %"
				  PRIu64 "G", n, h.e->booked[n] / G, now / G);
		for (unsigned int i = 0; i < h.nk; i++) {
			uint64_t sum = 0;
			int64_t t;

			if (!h.m.shown[i] || !naive_runs(h.m.shown[i]))
				continue;
			t = h.m.shown[i]->start_s;
			if (t <= now_s())
				continue;
			/* what stays past its time is no promise */
			for (unsigned int j = 0; j < h.nk; j++)
				if (h.m.shown[j] && naive_runs(h.m.shown[j]) &&
				    naive_end_s(&h.m, h.m.shown[j]) > t)
					sum += naive_booked(&h.m,
							    h.m.shown[j], n, t,
							    TAIL_SHORT);
			if (sum > cap)
				violation("link %u is promised twice at %"
					  PRId64 ": %" PRIu64 "G of %" PRIu64
					  "G", n, t, sum / G, cap / G);
		}
	}
}

/* A link's only wavelength, where it is told apart, has what the link has; it is
 * lit while a circuit on it may be. */
static void check_waves(void)
{
	for (unsigned int i = 0; i < h.m.net.nlinks; i++) {
		const struct ocs_link *l = &h.e->net.link[i];
		uint64_t now = naive_now(&h.m, i);
		unsigned int r;

		if (!l->nwaves)
			continue;
		r = ocs_wave_resource(&h.e->net, l->first_wave);
		if (h.e->booked[r] != now)
			violation("the wavelength of link %u has %" PRIu64
				  "G booked, not %" PRIu64 "G", i,
				  h.e->booked[r] / G, now / G);
		if (h.e->lit_bps[r] && !h.e->net.wave[l->first_wave].lit)
			violation("the wavelength of link %u is not lit", i);
	}
}

static void check(void)
{
	count->checks++;
	look();
	for (unsigned int i = 0; i < h.nk && !h.failed; i++) {
		struct known *k = &h.k[i];

		if (!h.m.shown[i]) {
			if (k->acked && !k->unsure)
				violation("lease %u is lost (I2)", i);
			k->unsure = false;
			continue;
		}
		if (!k->acked && !k->unsure) {
			violation("lease %u was refused and is there", i);
			continue;
		}
		follow(i);
		check_lease(i);
	}
	check_links();
	check_waves();
	if (naive_vlan_twice(&h.m))
		violation("VLAN %u is had twice at a site (I1)",
			  naive_vlan_twice(&h.m));
	for (unsigned int i = 0; i < LEASES_MAX * 4 && !h.failed; i++) {
		const struct service *s = &h.net.service[i];
		unsigned int n, c;
		char id[OCS_LEASE_ID_MAX];

		if (!s->used)
			continue;
		memcpy(id, s->svc.id, sizeof(id) - 1);
		id[sizeof(id) - 1] = '\0';
		n = number_of(id);
		c = (unsigned int) atoi(s->svc.id + sizeof(id));
		if (n >= h.nk || !h.m.shown[n] ||
		    h.m.shown[n]->circuit[c].prov == OCS_RELEASED)
			violation("%s is lit and nobody's", s->svc.id);
	}
}

/* ---- answers ---- */

static void refused(const struct ocs_error *err)
{
	switch (err->code) {
	case OCS_BUSY:
		count->refusal[!strncmp(err->reason, "OpticalLinkDrained",
					18) ? R_DRAINED :
			       !strncmp(err->reason, "OpticalFrozen", 13) ?
			       R_FROZEN :
			       !strncmp(err->reason, "OpticalVlan", 11) ?
			       R_VLAN : R_BUSY]++;
		break;
	case OCS_RANGE:
		count->refusal[strncmp(err->reason, "OpticalLatency", 14) ?
			       R_RANGE : R_LATENCY]++;
		break;
	case OCS_CONFLICT:
		count->refusal[R_CONFLICT]++;
		break;
	case OCS_STALE:
		count->refusal[R_STALE]++;
		break;
	case OCS_BRAKE:
		count->refusal[R_BRAKE]++;
		break;
	case OCS_NOT_FOUND:
		count->refusal[R_NOT_FOUND]++;
		break;
	default:
		violation("refused as %s: %s", ocs_code_name(err->code),
			  err->text);
	}
}

/* ERR is what was answered; it must be SHORT or LONG. */
static void expect(const char *what, unsigned int i,
		   const struct ocs_error *err, enum ocs_code x,
		   enum ocs_code y)
{
	tell("%s %u: %s %s", what, i, ocs_code_name(err->code), err->reason);
	if (err->code != OCS_OK)
		refused(err);
	if (!h.crashed && err->code != x && err->code != y)
		violation("%s %u: %s (%s), not %s", what, i,
			  ocs_code_name(err->code), err->text,
			  ocs_code_name(x));
}

static bool same_hops(const struct ocs_lease *x, const struct ocs_lease *y)
{
	for (unsigned int i = 0; i < x->ncircuits; i++) {
		if (x->circuit[i].nhops != y->circuit[i].nhops)
			return false;
		for (unsigned int j = 0; j < x->circuit[i].nhops; j++)
			if (strcmp(x->circuit[i].hop[j],
				   y->circuit[i].hop[j]))
				return false;
	}
	return true;
}

/* What a new booking of REQ would be answered; ROUTED gets its hops if both
 * tails agree on them, else nothing. */
static void predict(const struct ocs_lease *req, const struct ocs_lease *own,
		    bool obey, enum ocs_code *x, enum ocs_code *y,
		    struct ocs_lease **routed)
{
	bool can, must;
	struct ocs_lease *s = ocs_lease_copy(req), *l = ocs_lease_copy(req);

	for (unsigned int i = 0; i < req->ncircuits; i++) {
		s->circuit[i].granted_bps = s->circuit[i].requested_bps;
		l->circuit[i].granted_bps = l->circuit[i].requested_bps;
	}
	*x = obey ? naive_hold(&h.m, s, TAIL_SHORT, false) :
	     naive_route(&h.m, s, own, TAIL_SHORT);
	*y = obey ? naive_hold(&h.m, l, TAIL_LONG, false) :
	     naive_route(&h.m, l, own, TAIL_LONG);
	naive_vlans(&h.m, req, &can, &must);
	if (!can && *x == OCS_OK)
		*x = OCS_BUSY;
	if (!must && *y == OCS_OK)
		*y = OCS_BUSY;
	*routed = NULL;
	if (*x == OCS_OK && *y == OCS_OK && same_hops(s, l)) {
		*routed = s;
		s = NULL;
	}
	ocs_lease_destroy(s);
	ocs_lease_destroy(l);
}

static void check_route(unsigned int i, const struct ocs_lease_ref *ref,
			const struct ocs_lease *routed)
{
	if (!h.crashed && ref && routed && !same_hops(ref->lease, routed))
		violation("lease %u has another route than the best", i);
}

static bool ended(const struct known *k)
{
	return k->acked && (k->resv == OCS_FAILED || k->resv == OCS_TERMINATED);
}

/* ---- hold and commit ---- */

/* In networks whose circuits the agent restores often so that only the way of
 * lowest latency keeps to it. */
static uint64_t random_bound(unsigned int a, unsigned int z)
{
	uint64_t least = UINT64_MAX;

	if (h.restore != OCS_RESTORE_AGENT || dice(2))
		return dice(6) ? 0 : 500 + dice(60000);
	for (unsigned int i = 0; i < h.m.net.nlinks; i++) {
		const struct ocs_link *l = &h.m.net.link[i];

		if (((l->a == a && l->z == z) || (l->a == z && l->z == a)) &&
		    l->latency_us < least)
			least = l->latency_us;
	}
	return least == UINT64_MAX ? 0 : least + dice(100);
}

static struct ocs_lease *random_request(unsigned int n)
{
	static const unsigned int rates[] = { 10, 50, 100, 200, 400, 900 };
	struct ocs_lease *l = ocs_lease_create();
	unsigned int s = h.m.net.nsites;
	unsigned int rate = rates[dice(20) ? dice(5) : 5];

	id_of(n, l->id);
	strcpy(l->cluster, "alpha");
	l->job_id = n;
	l->nsites = s;
	for (unsigned int i = 0; i < s; i++)
		strcpy(l->site[i].name, h.m.net.site[i].name);
	l->circuit = calloc(3, sizeof(*l->circuit));
	for (unsigned int a = 0; a < s; a++) {
		for (unsigned int z = a + 1; z < s; z++) {
			struct ocs_circuit *c = &l->circuit[l->ncircuits];

			if (l->ncircuits == 3 ||
			    (l->ncircuits && dice(3)) ||
			    (!l->ncircuits && dice(2) && z + 1 < s))
				continue;
			strcpy(c->a, h.m.net.site[a].name);
			strcpy(c->z, h.m.net.site[z].name);
			c->requested_bps = rate * G;
			c->max_latency_us = random_bound(a, z);
			l->ncircuits++;
		}
	}
	if (!dice(4))
		l->start_s = now_s() + 1 + dice(400);
	if (dice(5))
		l->end_s = (l->start_s ? l->start_s : now_s()) + 5 + dice(900);
	if (!dice(30))
		l->end_s = now_s() - 5 > l->start_s ? now_s() - 5 : l->end_s;
	l->grace_s = dice(3) ? 0 : 1 + dice(100);
	return l;
}

static void grant(unsigned int i, enum ocs_resv resv)
{
	struct known *k = &h.k[i];

	k->acked = true;
	k->expired = k->approved = k->rerouted = false;
	k->resv = resv;
	k->ttl_ms = model_now_ms + TTL_MS;
}

static void do_hold(unsigned int i, struct ocs_lease *req, const char *what)
{
	struct known *k = &h.k[i];
	struct ocs_error err = { 0 };
	struct ocs_lease_ref *ref = NULL;
	struct ocs_lease *routed = NULL;
	enum ocs_code x, y;
	bool fresh = false;

	if (req->controller_epoch < h.epoch)
		x = y = OCS_STALE;
	else if (k->acked && !ocs_lease_same_request(h.m.shown[i], req))
		x = y = OCS_CONFLICT;
	else if (k->acked)
		x = y = ended(k) ? OCS_CONFLICT : OCS_OK;
	else if (k->tomb)
		x = y = OCS_CONFLICT;
	else if (req->end_s && req->end_s <= now_s())
		x = y = OCS_RANGE;
	else
		predict(req, NULL, true, &x, &y, &routed);
	if (ocs_engine_hold(h.e, req, &ref, &fresh, &err) == 0)
		err.code = OCS_OK;
	expect(what, i, &err, x, y);
	if (h.crashed) {
		k->unsure = true;
	} else if (err.code == OCS_OK && fresh) {
		check_route(i, ref, routed);
		grant(i, OCS_HELD);
	}
	ocs_lease_ref_put(ref);
	ocs_lease_destroy(routed);
}

static bool settle(uint64_t seq)
{
	pthread_mutex_lock(&h.e->lock);
	if (dice(2))	/* the worker may come before the syncer */
		engine_work(h.e);
	if (h.e->settled_seq < seq)
		engine_settle(h.e);
	pthread_mutex_unlock(&h.e->lock);
	return ocs_engine_settled(h.e, seq, NULL) == 1;
}

static void do_commit(unsigned int i, struct ocs_lease *req, const char *what)
{
	struct known *k = &h.k[i];
	struct ocs_error err = { 0 };
	struct ocs_lease_ref *ref = NULL;
	struct ocs_lease *routed = NULL;
	enum ocs_code x, y;
	bool fresh = false;
	uint64_t seq = 0;

	if (req->controller_epoch < h.epoch)
		x = y = OCS_STALE;
	else if (k->acked && !ocs_lease_same_request(h.m.shown[i], req))
		x = y = OCS_CONFLICT;
	else if (k->acked && naive_runs(h.m.shown[i]))
		x = y = OCS_OK;
	else if ((k->acked && !k->expired) || (!k->acked && k->tomb))
		x = y = OCS_CONFLICT;
	else
		predict(req, k->acked ? h.m.shown[i] : NULL, false, &x, &y,
			&routed);
	if (ocs_engine_commit(h.e, req, &ref, &fresh, &seq, &err) == 0)
		err.code = OCS_OK;
	if (err.code == OCS_OK && fresh)
		h.change_end[i] = h.ends;
	if (err.code == OCS_OK && !settle(seq))
		violation("commit %u is never settled", i);
	expect(what, i, &err, x, y);
	if (h.crashed) {
		k->unsure = true;
	} else if (err.code == OCS_OK && fresh) {
		check_route(i, ref, routed);
		grant(i, OCS_COMMITTED);
		k->committed = true;
	}
	ocs_lease_ref_put(ref);
	ocs_lease_destroy(routed);
}

static unsigned int fresh_one(void)
{
	struct known *k = &h.k[h.nk];

	if (h.nk == LEASES_MAX)
		return LEASES_MAX;
	memset(k, 0, sizeof(*k));
	k->req = random_request(h.nk);
	k->req->controller_epoch = h.epoch;
	return h.nk++;
}

static void op_hold(bool commit_at_once)
{
	unsigned int i = fresh_one();

	if (i == LEASES_MAX)
		return;
	if (commit_at_once) {
		count->op[COMMIT_UNHELD]++;
		do_commit(i, h.k[i].req, "commit unheld");
		return;
	}
	count->op[h.k[i].req->start_s ? HOLD_LATER : HOLD]++;
	do_hold(i, h.k[i].req, "hold");
}

/* One that was known before; LEASES_MAX: none is. */
static unsigned int old_one(void)
{
	return h.nk ? dice(h.nk) : LEASES_MAX;
}

static void op_again(void)
{
	unsigned int i = old_one();
	struct known *k;

	if (i == LEASES_MAX)
		return;
	k = &h.k[i];
	k->req->controller_epoch = h.epoch;
	if (dice(2)) {
		count->op[HOLD_AGAIN]++;
		do_hold(i, k->req, "hold again");
		return;
	}
	count->op[!k->acked ? COMMIT_UNHELD : k->expired ? COMMIT_LATE :
		  k->resv == OCS_HELD ? COMMIT : COMMIT_AGAIN]++;
	do_commit(i, k->req, "commit");
}

static void op_other_body(void)
{
	unsigned int i = old_one();
	struct ocs_lease *other;

	if (i == LEASES_MAX || !h.k[i].acked)
		return;
	count->op[OTHER_BODY]++;
	other = ocs_lease_copy(h.k[i].req);
	other->controller_epoch = h.epoch;
	other->job_id += 1000;
	if (dice(2))
		do_hold(i, other, "another hold");
	else
		do_commit(i, other, "another commit");
	ocs_lease_destroy(other);
}

/* ---- release ---- */

static unsigned int live(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < h.nk; i++)
		n += h.m.shown[i] && naive_runs(h.m.shown[i]);
	return n;
}

/* Would one removal more be too many? */
static bool braked(void)
{
	unsigned int n = 0, limit;

	for (unsigned int i = 0; i < h.nremovals; i++)
		if (h.removal_ms[i] > model_now_ms - 600000)
			n++;
	limit = (live() + n) / 10 > 2 ? (live() + n) / 10 : 2;
	return h.brake || n >= limit;
}

static void do_release(unsigned int i, const char *why, uint64_t epoch)
{
	struct known *k = &h.k[i];
	char id[OCS_LEASE_ID_MAX];
	struct ocs_release rel = { .id = id, .why = why, .who = "model",
				   .epoch = epoch };
	struct ocs_error err = { 0 };
	struct ocs_lease_ref *ref = NULL;
	bool reconcile = !strcmp(why, "reconcile"), releasing;
	bool runs = k->acked && naive_runs(h.m.shown[i]);
	uint64_t seq = 0;
	unsigned long before = h.ends;
	enum ocs_code x = OCS_OK;

	id_of(i, id);
	if (!k->acked)
		x = OCS_NOT_FOUND;
	else if (epoch < h.epoch)
		x = OCS_STALE;
	else if (reconcile && runs && braked())
		x = OCS_BRAKE;
	if (ocs_engine_release(h.e, &rel, &ref, &releasing, &seq, &err) == 0)
		err.code = OCS_OK;
	if (err.code == OCS_OK && h.ends != before)
		h.change_end[i] = h.ends;
	if (seq && !settle(seq))
		violation("release %u is never settled", i);
	expect(why, i, &err, x, x);
	ocs_lease_ref_put(ref);
	if (h.crashed) {
		k->unsure = true;
		if (!k->acked)
			k->tomb = true;	/* or not: see below */
		return;
	}
	if (err.code == OCS_NOT_FOUND) {
		k->tomb = true;
	} else if (err.code == OCS_BRAKE) {
		h.brake = true;
	} else if (err.code == OCS_OK) {
		if (reconcile && runs)
			h.removal_ms[h.nremovals++ % 256] = model_now_ms;
		k->released = true;
		k->resv = OCS_TERMINATED;
		k->expired = false;
	}
}

static void op_release(void)
{
	unsigned int i = old_one();
	struct known *k;

	if (i == LEASES_MAX)
		return;
	k = &h.k[i];
	if (!dice(4) && k->acked) {
		count->op[RECONCILE]++;
		do_release(i, "reconcile", h.epoch);
		return;
	}
	count->op[!k->acked ? RELEASE_UNKNOWN : k->released ? RELEASE_AGAIN :
		  RELEASE]++;
	do_release(i, "job", h.epoch);
}

static void op_old_epoch(void)
{
	unsigned int i = old_one();
	struct ocs_lease *old;

	if (i == LEASES_MAX || !h.epoch)
		return;
	count->op[OLD_EPOCH]++;
	old = ocs_lease_copy(h.k[i].req);
	old->controller_epoch = h.epoch - 1;
	switch (dice(3)) {
	case 0:
		do_hold(i, old, "hold of an old controller");
		break;
	case 1:
		do_commit(i, old, "commit of an old controller");
		break;
	default:
		if (h.k[i].acked)
			do_release(i, "job", h.epoch - 1);
	}
	ocs_lease_destroy(old);
}

static void op_epoch(void)
{
	struct ocs_error err = { 0 };
	uint64_t epoch = 0, seq;

	count->op[EPOCH]++;
	if (ocs_engine_epoch(h.e, "alpha", &epoch, &seq, &err) < 0)
		violation("epoch: %s", err.text);
	tell("epoch %" PRIu64, epoch);
	if (epoch <= h.epoch)
		violation("epoch %" PRIu64 " after %" PRIu64, epoch, h.epoch);
	if (!h.crashed)
		h.epoch = epoch;
}

static void op_confirm(void)
{
	struct ocs_error err = { 0 };
	uint64_t seq;

	count->op[CONFIRM]++;
	if (ocs_engine_confirm(h.e, "alpha", "model", &seq, &err) < 0)
		violation("confirm: %s", err.text);
	tell("confirm");
	if (!h.crashed) {
		h.brake = false;
		h.nremovals = 0;
	}
}

/* ---- changes ---- */

static bool any_lit(const struct ocs_lease *l)
{
	for (unsigned int i = 0; i < l->ncircuits; i++)
		if (l->circuit[i].prov != OCS_RELEASED)
			return true;
	return false;
}

static bool resizable(const struct ocs_lease *l)
{
	for (unsigned int i = 0; i < l->ncircuits; i++) {
		const struct ocs_circuit *c = &l->circuit[i];

		if (c->prov != OCS_RELEASED &&
		    (c->prov != OCS_PROVISIONED ||
		     (c->lit_bps && c->lit_bps != c->granted_bps)))
			return false;
	}
	return true;
}

static struct ocs_lease *changed(const struct ocs_lease *l,
				 const struct ocs_modify *mod, bool *other)
{
	struct ocs_lease *next = ocs_lease_copy(l);

	*other = false;
	if (mod->has_start) {
		*other |= next->start_s != mod->start_s;
		next->start_s = mod->start_s;
	}
	if (mod->has_end) {
		*other |= next->end_s != mod->end_s;
		next->end_s = mod->end_s;
	}
	for (unsigned int i = 0; mod->has_rate && i < l->ncircuits; i++) {
		struct ocs_circuit *c = &next->circuit[i];

		*other |= c->granted_bps != mod->rate_bps;
		c->granted_bps = mod->rate_bps;
		c->requested_bps = mod->rate_bps;
	}
	return next;
}

static enum ocs_code allowed(const struct ocs_lease *l,
			     const struct ocs_modify *mod,
			     const struct ocs_lease *next, enum tail own,
			     enum tail tail)
{
	int64_t from = next->start_s > now_s() ? next->start_s : now_s();
	struct ocs_lease *moved;
	enum ocs_code code;

	if (mod->has_start && mod->start_s != l->start_s &&
	    next->start_s <= now_s())
		return OCS_RANGE;
	if (next->end_s && next->end_s <= from &&
	    (next->end_s != l->end_s || next->start_s != l->start_s))
		return OCS_RANGE;
	if (mod->has_rate && !resizable(l))
		return OCS_CONFLICT;
	code = naive_change(&h.m, l, next, own, tail);
	if (code == OCS_OK || any_lit(next))
		return code;
	moved = ocs_lease_copy(next);
	code = naive_route(&h.m, moved, l, tail);
	ocs_lease_destroy(moved);
	return code;
}

static void op_modify(void)
{
	unsigned int i = old_one(), kind = dice(5);
	struct ocs_modify mod = { .has_epoch = true,
				  .controller_epoch = h.epoch };
	const struct ocs_lease *l;
	struct ocs_lease_ref *ref = NULL;
	struct ocs_error err = { 0 };
	enum ocs_code x, y;
	char id[OCS_LEASE_ID_MAX];
	bool did = false, other;
	uint64_t seq = 0;

	if (i == LEASES_MAX)
		return;
	id_of(i, id);
	l = h.m.shown[i];
	if (!l) {
		x = y = OCS_NOT_FOUND;
		mod.has_end = true;
		kind = 0;
	} else if (kind == 0) {
		mod.has_end = true;
		mod.end_s = dice(8) ? (l->end_s ? l->end_s : now_s()) +
			    dice(400) : 0;
	} else if (kind == 1) {
		mod.has_end = true;
		mod.end_s = l->end_s ? l->end_s - dice(300) :
			    now_s() + dice(500);
		if (mod.end_s < 1)
			mod.end_s = 1;
	} else if (kind == 2 || kind == 3) {
		uint64_t is = l->circuit[0].granted_bps;

		mod.has_rate = true;
		mod.rate_bps = kind == 2 ? is + (1 + dice(200)) * G :
			       is > 20 * G ? is - (1 + dice(19)) * G : is;
		if (!dice(3)) {
			mod.has_end = true;
			mod.end_s = now_s() + 10 + dice(500);
		}
	} else {
		mod.has_start = true;
		mod.start_s = now_s() + dice(300);
	}
	count->op[kind == 0 ? EXTEND : kind == 1 ? SHORTEN : kind == 2 ?
		  WIDEN : kind == 3 ? NARROW : MOVE]++;
	if (!dice(10) && h.epoch)
		mod.controller_epoch--;
	if (l) {
		struct ocs_lease *next = changed(l, &mod, &other);

		if (mod.controller_epoch < h.epoch)
			x = y = OCS_STALE;
		else if (!naive_runs(l) ||
			 (mod.has_start && mod.start_s != l->start_s &&
			  l->sched != OCS_WAITING))
			x = y = OCS_CONFLICT;
		else if (!other)
			x = y = OCS_OK;
		else {
			/* what it has reaches far and what others have
			 * does not, and the other way round */
			x = allowed(l, &mod, next, TAIL_LONG, TAIL_SHORT);
			y = allowed(l, &mod, next, TAIL_SHORT, TAIL_LONG);
		}
		ocs_lease_destroy(next);
	}
	if (ocs_engine_modify(h.e, id, &mod, "model", &ref, &did, &seq,
			      &err) == 0)
		err.code = OCS_OK;
	if (err.code == OCS_OK && !settle(seq))
		violation("modify %u is never settled", i);
	expect("modify", i, &err, x, y);
	if (h.crashed)
		h.k[i].unsure = h.k[i].acked;
	ocs_lease_ref_put(ref);
}

/* ---- operators ---- */

static void op_drain(bool on)
{
	unsigned int link = dice(h.m.net.nlinks);
	struct ocs_drain d = { .drained = on };
	struct ocs_lease_refs refs = { 0 };
	struct ocs_error err = { 0 };
	uint64_t seq;

	count->op[on ? DRAIN : UNDRAIN]++;
	strcpy(d.link, h.m.net.link[link].name);
	tell("%s %s", on ? "drain" : "undrain", d.link);
	if (ocs_engine_drain(h.e, &d, "model", &refs, &seq, &err) < 0)
		violation("drain: %s", err.text);
	ocs_lease_refs_fini(&refs);
	/* killed in it: ask the next agent what it knows */
	h.m.drained[link] = on;
}

static void sync_maint(void)
{
	struct ocs_maint maint;

	if (ocs_engine_maint(h.e, &maint, NULL) < 0)
		return;
	memset(h.m.drained, 0, sizeof(h.m.drained));
	for (unsigned int i = 0; i < maint.ndrains; i++)
		h.m.drained[ocs_net_link(&h.m.net, maint.drain[i].link)] =
			true;
	for (unsigned int w = 0; w < WINDOWS_MAX; w++) {
		bool there = false;

		for (unsigned int i = 0; i < maint.nwindows; i++)
			there |= !strcmp(maint.window[i].id,
					 h.m.window[w].id);
		if (!there)
			h.m.window[w].end_s = 0;
	}
	ocs_maint_fini(&maint);
}

static void op_window(void)
{
	struct ocs_lease_refs refs = { 0 };
	struct ocs_window want = { 0 };
	struct ocs_error err = { 0 };
	struct model_window *w = &h.m.window[dice(WINDOWS_MAX)];
	uint64_t seq;
	bool fresh;

	if (w->end_s) {
		count->op[WINDOW_AWAY]++;
		if (ocs_engine_window_del(h.e, w->id, "model", &seq,
					  &err) < 0 && !h.crashed)
			violation("window away: %s", err.text);
		tell("window away %s", w->id);
		if (!h.crashed)		/* else sync_maint() tells */
			w->end_s = 0;
		return;
	}
	count->op[WINDOW]++;
	snprintf(w->id, sizeof(w->id), "%032x", 0x1000000 + ++h.windows);
	w->link = dice(h.m.net.nlinks);
	w->start_s = now_s() + dice(300);
	w->end_s = w->start_s + 10 + dice(200);
	strcpy(want.id, w->id);
	strcpy(want.link, h.m.net.link[w->link].name);
	want.start_s = w->start_s;
	want.end_s = w->end_s;
	tell("window %s %" PRId64 " to %" PRId64, want.link, want.start_s,
	     want.end_s);
	if (ocs_engine_window_put(h.e, &want, "model", &refs, &fresh, &seq,
				  &err) < 0)
		violation("window: %s", err.text);
	ocs_lease_refs_fini(&refs);
}

/* Mostly one that carries something. */
static unsigned int link_to_cut(void)
{
	for (unsigned int n = 0; n < 8 && h.nk; n++) {
		const struct ocs_lease *l = h.m.shown[dice(h.nk)];

		if (l && l->active_ms && naive_runs(l))
			return (unsigned int) ocs_net_link(&h.m.net,
							   l->circuit[0].hop[0]);
	}
	return dice(h.m.net.nlinks);
}

static void op_network(void)
{
	switch (dice(6)) {
	case 0:
	case 1:
		count->op[CUT]++;
		tell("cut");
		network_cut(&h.net, link_to_cut(), true);
		break;
	case 2:
	case 3:
		count->op[RECOVER]++;
		tell("recover");
		for (unsigned int i = 0; i < h.m.net.nlinks; i++)
			network_cut(&h.net, i, false);
		break;
	default:
		count->op[FAULTS]++;
		h.net.refuse = dice(3) == 0;
		h.net.fail = dice(3) == 0;
		h.net.lose = dice(4) == 0;
		h.net.twice = dice(3) == 0;
		if (!h.m.nvlans)
			break;
		count->op[HOOK_FAULTS]++;
		h.hooks.refuse = dice(4) == 0;
		h.hooks.fail = dice(4) == 0;
	}
}

static void op_freeze(void)
{
	unsigned int link = dice(h.m.net.nlinks);
	struct ocs_freeze f = { .frozen = true, .why = "by the model" };
	struct ocs_error err = { 0 };
	bool all = !dice(3);
	uint64_t seq;

	if (dice(2)) {
		count->op[all ? FREEZE_ALL : FREEZE]++;
	} else {
		count->op[UNFREEZE]++;
		f.frozen = false;
		all = h.m.frozen_all;
		for (unsigned int i = 0; i < h.m.net.nlinks; i++)
			if (h.m.frozen[i])
				link = i;
	}
	if (!all)
		strcpy(f.link, h.m.net.link[link].name);
	tell("%s %s", f.frozen ? "freeze" : "unfreeze", all ? "all" : f.link);
	if (!f.frozen) {	/* from the call on it may go */
		if (all)
			h.m.frozen_all = false;
		else
			h.m.frozen[link] = false;
	}
	if (ocs_engine_freeze(h.e, &f, "model", &seq, &err) < 0)
		violation("freeze: %s", err.text);
	if (!h.crashed)
		sync_freezes();
	if (!h.crashed && (all ? h.m.frozen_all : h.m.frozen[link]) !=
			  f.frozen)
		violation("%s is not as it was frozen", all ? "all" : f.link);
}

static void op_approve(void)
{
	unsigned int i = old_one();
	struct ocs_lease_ref *ref = NULL;
	const struct ocs_lease *l;
	struct ocs_error err = { 0 };
	char id[OCS_LEASE_ID_MAX];
	bool yes = dice(4);
	enum ocs_code x;
	uint64_t seq = 0;
	unsigned long before = h.ends;

	if (i == LEASES_MAX)
		return;
	/* one that waits, if there is one */
	for (unsigned int j = 0; j < h.nk; j++)
		if (h.m.shown[j] && dice(2) &&
		    !strncmp(h.m.shown[j]->cause, "OpticalApproval(", 16))
			i = j;
	l = h.m.shown[i];
	id_of(i, id);
	count->op[yes ? APPROVE : DENY]++;
	if (!l)
		x = OCS_NOT_FOUND;
	else if (l->resv != OCS_COMMITTED ||
		 (l->active_ms && !(yes && l->approved_ms)))
		x = OCS_CONFLICT;
	else
		x = OCS_OK;
	if (ocs_engine_approve(h.e, id, yes, "so", "model", &ref, &seq,
			       &err) == 0)
		err.code = OCS_OK;
	if (err.code == OCS_OK && yes) {
		if (h.ends != before)	/* else nothing was written */
			h.change_end[i] = h.ends;
		h.k[i].approved = true;	/* it may go before we look */
	}
	if (seq && !settle(seq))
		violation("approval %u is never settled", i);
	expect(yes ? "approve" : "deny", i, &err, x, x);
	ocs_lease_ref_put(ref);
	if (h.crashed) {
		h.k[i].unsure = h.k[i].acked;
	} else if (err.code == OCS_OK && !yes) {
		h.k[i].resv = OCS_FAILED;
		count->event[E_DENIED]++;
	}
}

static void op_whatif(void)
{
	struct ocs_lease *req = random_request(LEASES_MAX), *routed;
	struct ocs_whatif w = { .ncircuits = req->ncircuits };
	struct ocs_whatif_answer a;
	struct ocs_error err = { 0 };
	enum ocs_code x, y;
	int64_t start = req->start_s ? req->start_s : now_s();

	count->op[WHATIF]++;
	memcpy(w.circuit, req->circuit,
	       req->ncircuits * sizeof(*req->circuit));
	w.start_s = req->start_s;
	req->grace_s = 0;
	if (req->end_s < start + ENGINE_STEP_S)
		req->end_s = 0;
	w.duration_s = req->end_s ? req->end_s - start : 0;
	predict(req, NULL, true, &x, &y, &routed);
	if (ocs_engine_whatif(h.e, &w, true, &a, &err) < 0) {
		violation("what if: %s", err.text);
	} else if (x == y && a.possible != (x == OCS_OK)) {
		violation("what if: %d, not %s", a.possible,
			  ocs_code_name(x));
	} else if (!a.possible && a.when_s) {
		/* What it promises can be had: ask for it then. */
		req->start_s = a.when_s;
		req->end_s = w.duration_s ? a.when_s + w.duration_s : 0;
		/* a VLAN is taken then, not now */
		for (unsigned int i = 0; i < req->ncircuits; i++)
			req->circuit[i].granted_bps =
				req->circuit[i].requested_bps;
		x = naive_hold(&h.m, req, TAIL_SHORT, true);
		y = naive_hold(&h.m, req, TAIL_LONG, true);
		if (x != OCS_OK && y != OCS_OK)
			violation("what if: %" PRId64 " is too early",
				  a.when_s);
	}
	ocs_lease_destroy(routed);
	ocs_lease_destroy(req);
}

/* ---- time ---- */

static int64_t next_ms(int64_t target)
{
	int64_t at = network_next(&h.net), hook = hooks_next(&h.hooks);
	uint64_t scan = h.e->scan_ms;

	if (at > target)
		at = target;
	if (hook < at)
		at = hook;
	if (scan < (uint64_t) at)
		at = (int64_t) scan;
	return at > model_now_ms ? at : model_now_ms + 1;
}

static void op_pass(int64_t ms)
{
	int64_t target = model_now_ms + ms;

	count->op[PASS]++;
	tell("%" PRId64 " s pass", ms / 1000);
	while (model_now_ms < target && !h.crashed) {
		model_now_ms = next_ms(target);
		turn();
	}
	bury();
	sync_maint();
	look();
}

/* After a crash only what the new agent shows is sure. */
static void learn(void)
{
	struct engine_cluster *c = engine_cluster_find(h.e, "alpha");

	sync_maint();
	h.epoch = c->kept.epoch > h.epoch ? c->kept.epoch : h.epoch;
	h.brake = c->kept.brake;
	h.nremovals = c->nremovals < 256 ? c->nremovals : 256;
	if (h.nremovals)
		memcpy(h.removal_ms, c->removal_ms,
		       h.nremovals * sizeof(*h.removal_ms));
	for (unsigned int i = 0; i < h.nk; i++)
		if (h.k[i].tomb && !h.k[i].acked) {
			char id[OCS_LEASE_ID_MAX];

			id_of(i, id);
			h.k[i].tomb = ocs_store_tombstone_has(h.store, id,
							      NULL) > 0;
		}
}

/* ---- histories ---- */

/* In one of two networks each site has a port, all of one rate. */
static void random_ports(struct ocs_net *net, struct ocs_port *port)
{
	uint64_t rate = (1 + dice(8)) * 100 * G;

	memset(port, 0, SITES_MAX * sizeof(*port));
	net->port = port;
	net->nports = dice(2) ? 0 : net->nsites;
	for (unsigned int i = 0; i < net->nports; i++) {
		snprintf(port[i].name, sizeof(port[i].name), "p%u", i);
		port[i].site = i;
		port[i].rate_bps = rate;
	}
}

/* In one of two networks links are one wavelength each, some of slots; light
 * goes through some sites. */
static void random_wavelengths(struct ocs_net *net)
{
	if (dice(2))
		return;
	for (unsigned int i = 0; i < net->nsites; i++)
		net->site[i].no_regen = dice(2);
	for (unsigned int i = 0; i < net->nlinks; i++) {
		struct ocs_link *l = &net->link[i];

		l->grain = (enum ocs_grain) dice(3);
		l->wave_bps = l->capacity_bps;
		if (l->grain == OCS_GRAIN_WAVELENGTH)
			l->granule_bps = l->wave_bps;
		if (l->grain == OCS_GRAIN_ODU)
			l->granule_bps = ocs_slot_bps(l->wave_bps);
	}
}

/* In one of three networks circuits need VLANs, few, and in some of these
 * programs are called. */
static void random_attachment(void)
{
	static struct ocs_attach_site sites[SITES_MAX];
	static struct ocs_attach_site *index[SITES_MAX];

	memset(sites, 0, sizeof(sites));
	if (dice(3))
		return;
	h.m.nvlans = 2 + dice(7);
	for (unsigned int i = 0; i < h.m.net.nsites; i++) {
		char text[32];

		index[i] = NULL;
		if (!dice(4))
			continue;
		snprintf(text, sizeof(text), "%d-%u", VLAN_FIRST,
			 VLAN_FIRST + h.m.nvlans - 1);
		index[i] = &sites[i];
		h.m.pool[i] = sites[i].pool = true;
		if (ocs_vlans_parse(text, &sites[i].vlans, NULL) < 0)
			exit(1);
		sites[i].by = dice(2) ? OCS_BY_HOOK : OCS_BY_VLAN;
		strcpy(sites[i].program, "/model");
	}
	h.conf.attach.n = h.m.net.nsites;
	h.conf.attach.site = index;
}

/* In one of three networks operators approve, of all links or of some; circuits
 * are restored by somebody in two of three. */
static void random_rules(void)
{
	static struct ocs_rules rules[LINKS_MAX];
	bool approve = !dice(3);

	h.restore = (enum ocs_restore) dice(3);
	h.reverts = dice(2);
	ocs_rules_default(&h.conf.rules);
	h.conf.rules.approve_s = APPROVE_S;
	h.conf.rules.restore = h.restore;
	h.conf.rules.hold_off_ms = HOLD_OFF_MS;
	h.conf.rules.restore_s = RESTORE_S;
	h.conf.rules.revert = h.reverts;
	h.conf.rules.wait_to_restore_s = WTR_S;
	for (unsigned int i = 0; i < h.m.net.nlinks; i++) {
		rules[i] = h.conf.rules;
		h.m.approve[i] = approve && dice(3);
		if (h.m.approve[i])
			rules[i].mode = OCS_MODE_APPROVE;
	}
	h.conf.link_rules = rules;
}

static void random_net(void)
{
	static struct ocs_site site[SITES_MAX];
	static struct ocs_link link[LINKS_MAX];
	static struct ocs_port port[SITES_MAX];
	static struct ocs_net kept;
	static const unsigned int caps[] = { 100, 400, 400, 800, 800 };
	static const unsigned int grains[] = { 1, 1, 10, 100 };
	struct ocs_net *net = &h.m.net;

	net->nsites = 2 + dice(3);
	net->nlinks = 1 + dice(LINKS_MAX);
	if (net->nlinks < net->nsites - 1 && dice(10))
		net->nlinks = net->nsites - 1;
	net->site = site;
	net->link = link;
	memset(site, 0, sizeof(site));
	memset(link, 0, sizeof(link));
	for (unsigned int i = 0; i < net->nsites; i++)
		snprintf(site[i].name, sizeof(site[i].name), "s%u", i);
	for (unsigned int i = 0; i < net->nlinks; i++) {
		struct ocs_link *l = &link[i];

		snprintf(l->name, sizeof(l->name), "l%u", i);
		l->a = i < net->nsites - 1 ? i : dice(net->nsites);
		l->z = i < net->nsites - 1 ? i + 1 :
		       (l->a + 1 + dice(net->nsites - 1)) % net->nsites;
		l->capacity_bps = caps[dice(5)] * G;
		l->granule_bps = grains[dice(4)] * G;
		/* no two sums are the same */
		l->latency_us = 1000 + dice(500) * 64 + (1U << i);
	}
	random_ports(net, port);
	random_wavelengths(net);
	free(kept.wave);	/* the last history's */
	free(kept.sorted);
	free(kept.sorted_sites);
	if (ocs_net_index(net) < 0)
		exit(1);
	kept = *net;
	memset(&h.conf, 0, sizeof(h.conf));
	h.conf.net = *net;
	h.conf.hold_ttl_ms = TTL_MS;
	h.conf.grace_s = GRACE_S;
	h.conf.overdue_max_s = OVERDUE_S;
	h.conf.users.nclusters = 1;
	strcpy(h.conf.users.cluster[0].cluster, "alpha");
	h.m.grace_s = GRACE_S;
	random_attachment();
	random_rules();
}

static void step(void)
{
	unsigned int r = dice(100);

	if (!h.crash_in && !dice(12))
		h.crash_in = 1 + dice(8);
	if (r < 22)
		op_hold(!dice(5));
	else if (r < 44)
		op_again();
	else if (r < 54)
		op_release();
	else if (r < 62)
		op_modify();
	else if (r < 64)
		op_freeze();
	else if (r < 67)
		op_other_body();
	else if (r < 69)
		op_old_epoch();
	else if (r < 70)
		op_epoch();
	else if (r < 71)
		op_confirm();
	else if (r < 74)
		op_approve();
	else if (r < 76)
		op_drain(!dice(3));
	else if (r < 79)
		op_window();
	else if (r < 84)
		op_network();
	else if (r < 87)
		op_whatif();
	else if (r < 88) {
		count->op[REBOOT]++;
		tell("restart");
		halt();
		boot();
		renew_holds();
		turn();
		sync_maint();
	} else
		op_pass(dice(4) ? 1000 * (1 + dice(70)) :
			dice(6) ? 1000 * (1 + dice(1000)) : 4000000);
}

static void thaw(void)
{
	struct ocs_freeze f = { .frozen = false };
	struct ocs_error err = { 0 };
	uint64_t seq;
	int rc;

	h.m.frozen_all = false;
	memset(h.m.frozen, 0, sizeof(h.m.frozen));
	rc = ocs_engine_freeze(h.e, &f, "model", &seq, &err);
	for (unsigned int i = 0; rc == 0 && i < h.m.net.nlinks; i++) {
		strcpy(f.link, h.m.net.link[i].name);
		rc = ocs_engine_freeze(h.e, &f, "model", &seq, &err);
	}
	if (rc < 0)
		violation("thaw: %s", err.text);
}

/* No more faults, and all the time that anything takes: all or nothing (I6),
 * and what has ended is dark. */
static void quiet(void)
{
	h.crash_in = 0;
	h.net.refuse = h.net.fail = h.net.lose = h.net.twice = 0;
	h.hooks.refuse = h.hooks.fail = 0;
	for (unsigned int i = 0; i < h.m.net.nlinks; i++)
		network_cut(&h.net, i, false);
	thaw();
	/* beyond a driver's deadline and the longest wait after it */
	for (unsigned int i = 0; i < 30 && !h.failed; i++) {
		op_pass(100000);
		check();
	}
	for (unsigned int i = 0; i < h.nk && !h.failed; i++) {
		const struct ocs_lease *l = h.m.shown[i];
		unsigned int lit = 0;

		for (unsigned int c = 0; l && c < l->ncircuits; c++) {
			char id[OCS_LEASE_ID_MAX + 12];
			const struct service *s;

			snprintf(id, sizeof(id), "%s.%u", l->id, c);
			s = network_find(&h.net, id);
			lit += s && s->light == L_LIT &&
			       s->svc.rate_bps == l->circuit[c].granted_bps;
			if (s && !engine_lit_wanted(l) &&
			    l->ended_ms < model_now_ms - 10000)
				violation("%s is lit in the end, but %s", id,
					  ocs_lease_word(l));
		}
		if (l && engine_lit_wanted(l) && lit != l->ncircuits)
			violation("lease %u: %u of %u circuits are lit (I6)",
				  i, lit, l->ncircuits);
	}
}

static void history(uint64_t seed, bool verbose)
{
	uint64_t dirs[2][8];

	memcpy(dirs, h.dir, sizeof(dirs));
	forget_shown();
	for (unsigned int i = 0; i < LEASES_MAX; i++)
		ocs_lease_destroy(h.k[i].req);
	memset(&h, 0, sizeof(h));
	memcpy(h.dir, dirs, sizeof(dirs));
	h.seed = h.dice.state = seed;
	h.verbose = verbose;
	model_now_ms = INT64_C(1700000000000);
	random_net();
	network_init(&h.net, &h.m, &h.dice, asked);
	hooks_init(&h.hooks, &h.dice);
	model_hook_asked = hook_asked;
	remove_files(0);
	remove_files(1);
	boot();
	turn();
	for (h.step = 0; h.step < STEPS && !h.failed; h.step++) {
		bool was_crashed;

		look();
		step();
		count->steps++;
		if (!h.crashed)
			turn();
		was_crashed = h.crashed;
		bury();
		if (was_crashed)
			learn();
		check();
	}
	if (!h.failed)
		quiet();
	count->event[E_RESIZED] += h.net.nresized;
	count->event[E_LOST] += h.net.nlost;
	count->event[E_TWICE] += h.net.ntwice;
	count->event[E_ATTACHED] += h.hooks.ndone[1];
	count->event[E_DETACHED] += h.hooks.ndone[0];
	count->event[E_HOOK_REFUSED] += h.hooks.nrefused;
	count->event[E_HOOK_FAILED] += h.hooks.nfailed;
	halt();
	count->histories++;
	if (h.failed && count->violations < 8)
		count->seed[count->violations] = seed;
	count->violations += h.failed;
}

/* ---- the report ---- */

static int run(uint64_t seed, unsigned long n, unsigned int job,
	       unsigned int jobs, bool verbose)
{
	const char *shm = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	char base[32];

	snprintf(base, sizeof(base), "%s/ocs-model.XXXXXX", shm);
	if (!mkdtemp(base) || (!verbose && !freopen("/dev/null", "w", stderr)))
		return 1;
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(h.dir[i], sizeof(h.dir[i]), "%.31s/%u", base, i);
		mkdir(h.dir[i], 0700);
	}
	for (unsigned long i = job; i < n; i += jobs)
		history(seed + i, verbose);
	for (unsigned int i = 0; i < 2; i++) {
		remove_files(i);
		rmdir(h.dir[i]);
	}
	rmdir(base);
	return 0;
}

static void add(struct counts *to, const struct counts *from)
{
	unsigned long *t = (unsigned long *) to;
	const unsigned long *f = (const unsigned long *) from;

	for (size_t i = 0; i < offsetof(struct counts, violations) /
			       sizeof(*t); i++)
		t[i] += f[i];
	for (unsigned long i = 0; i < from->violations && i < 8; i++)
		if (to->violations + i < 8)
			to->seed[to->violations + i] = from->seed[i];
	to->violations += from->violations;
}

static void report(const struct counts *c, bool all)
{
	printf("# %lu histories, %lu steps, %lu checks\n", c->histories,
	       c->steps, c->checks);
	is_num(c->violations, 0, "no violation of I1, I2, I3 and I6");
	for (unsigned long i = 0; i < c->violations && i < 8; i++)
		printf("# again: t_model --seed=%" PRIu64
		       " --histories=1 --verbose\n", c->seed[i]);
	for (unsigned int i = 0; i < NOPS; i++)
		ok(c->op[i] || !all, "operation: %s: %lu", op_names[i],
		   c->op[i]);
	for (unsigned int i = 0; i < NREFUSALS; i++)
		ok(c->refusal[i] || !all, "refusal: %s: %lu",
		   refusal_names[i], c->refusal[i]);
	for (unsigned int i = 0; i < NEVENTS; i++)
		ok(c->event[i] || !all, "seen: %s: %lu", event_names[i],
		   c->event[i]);
}

static bool option(const char *arg, const char *name, unsigned long long *v)
{
	size_t n = strlen(name);
	char *end;

	if (strncmp(arg, name, n))
		return false;
	*v = strtoull(arg + n, &end, 10);
	return arg[n] && !*end;
}

int main(int argc, char **argv)
{
	unsigned long long seed = 1, n = HISTORIES, jobs = 0;
	const char *env = getenv("OCS_MODEL_HISTORIES");
	struct counts *all, sum = { 0 };
	bool verbose = false;
	int status, rc = 0;

	if (env && *env)
		n = strtoull(env, NULL, 10);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--verbose"))
			verbose = true;
		else if (!option(argv[i], "--seed=", &seed) &&
			 !option(argv[i], "--histories=", &n) &&
			 !option(argv[i], "--jobs=", &jobs)) {
			fprintf(stderr, "usage: t_model [--seed=N] [--histories=N] [--jobs=N] [--verbose]\n");
			return 2;
		}
	}
	if (!jobs) {
		long cpus = sysconf(_SC_NPROCESSORS_ONLN);

		jobs = cpus > 1 ? (unsigned long long) cpus : 1;
	}
	if (jobs > 64)
		jobs = 64;
	if (jobs > n || verbose)
		jobs = verbose || !n ? 1 : n;
	all = mmap(NULL, jobs * sizeof(*all), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		return 1;
	printf("# seeds %llu to %llu, %llu at a time\n", seed, seed + n - 1,
	       jobs);
	fflush(stdout);
	for (unsigned int i = 0; i < jobs; i++) {
		count = &all[i];
		if (fork() == 0)
			exit(run(seed, n, i, (unsigned int) jobs, verbose));
	}
	while (wait(&status) > 0)
		rc |= status;
	for (unsigned int i = 0; i < jobs; i++)
		add(&sum, &all[i]);
	ok(rc == 0, "all processes ended well");
	is_num(sum.histories, n, "all histories were run");
	report(&sum, n >= 1000);
	return tap_done();
}
