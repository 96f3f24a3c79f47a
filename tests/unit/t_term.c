// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests leases in time, with the simulator and a clock that can be turned on:
 * later starts, ends, overdue, changes, drains, maintenance, what-if, and all
 * of it over a restart.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/engine.h"
#include "agent/log.h"
#include "common/sys/clock.h"
#include "tests/unit/tap.h"

#define G UINT64_C(1000000000)

static atomic_llong ahead_ms;
static uint64_t epoch;	/* of the controller */

static int64_t read_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000 +
	       atomic_load(&ahead_ms);
}

int64_t ocs_clock_unix_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

uint64_t ocs_clock_mono_ms(void)
{
	return (uint64_t) read_ms(CLOCK_MONOTONIC);
}

static char dir[] = "/tmp/ocs-t_term.XXXXXX";
static char path[64], sim_path[64];
static struct ocs_agent_conf conf;
static struct ocs_store *store;
static struct ocs_driver *drv;
static struct ocs_engine *engine;

static int64_t now_s(void)
{
	return ocs_clock_unix_ms() / 1000;
}

static void boot(void)
{
	struct ocs_error err;

	store = ocs_store_open(path, &err);
	drv = ocs_driver_sim_create(sim_path, conf.net.link, conf.net.nlinks,
				    0, 0, &err);
	engine = store && drv ? ocs_engine_create(&conf, store, drv, &err) :
		 NULL;
	if (!engine || ocs_engine_start(engine, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
}

static void halt(void)
{
	ocs_engine_stop(engine);
	ocs_engine_destroy(engine);
	drv->ops->destroy(drv);
	ocs_store_close(store);
}

static void reboot(void)
{
	halt();
	boot();
}

static int drain(const char *link, bool on, unsigned int *touched,
		 struct ocs_error *err)
{
	struct ocs_lease_refs refs = { 0 };
	struct ocs_drain d = { .drained = on, .note = "by the test" };
	uint64_t seq;

	strcpy(d.link, link);
	if (ocs_engine_drain(engine, &d, "test", &refs, &seq, err) < 0)
		return -1;
	if (touched)
		*touched = refs.n;
	ocs_lease_refs_fini(&refs);
	return 0;
}

/* The clock goes on by S seconds; the worker looks at it. */
static void pass(int64_t s)
{
	atomic_fetch_add(&ahead_ms, s * 1000);
	drain("spare", false, NULL, NULL);
}

static void id_of(unsigned int n, char id[OCS_LEASE_ID_MAX])
{
	snprintf(id, OCS_LEASE_ID_MAX, "%032x", n);
}

static struct ocs_lease *want(unsigned int n, unsigned int gbps,
			      int64_t start_s, int64_t end_s)
{
	struct ocs_lease *l = ocs_lease_create();

	id_of(n, l->id);
	strcpy(l->cluster, "alpha");
	l->job_id = n;
	l->controller_epoch = epoch;
	l->start_s = start_s;
	l->end_s = end_s;
	l->nsites = 2;
	strcpy(l->site[0].name, "paris");
	strcpy(l->site[1].name, "lyon");
	l->circuit = calloc(1, sizeof(*l->circuit));
	l->ncircuits = 1;
	strcpy(l->circuit[0].a, "paris");
	strcpy(l->circuit[0].z, "lyon");
	l->circuit[0].requested_bps = gbps * G;
	return l;
}

static struct ocs_error last;

static enum ocs_code hold(unsigned int n, unsigned int gbps, int64_t start_s,
			  int64_t end_s)
{
	struct ocs_lease *l = want(n, gbps, start_s, end_s);
	struct ocs_lease_ref *ref = NULL;
	bool fresh;
	int rc;

	memset(&last, 0, sizeof(last));
	rc = ocs_engine_hold(engine, l, &ref, &fresh, &last);
	ocs_lease_ref_put(ref);
	ocs_lease_destroy(l);
	return rc == 0 ? OCS_OK : last.code;
}

static enum ocs_code commit(unsigned int n, unsigned int gbps, int64_t start_s,
			    int64_t end_s)
{
	struct ocs_lease *l = want(n, gbps, start_s, end_s);
	struct ocs_lease_ref *ref = NULL;
	uint64_t seq;
	bool fresh;
	int rc;

	memset(&last, 0, sizeof(last));
	rc = ocs_engine_commit(engine, l, &ref, &fresh, &seq, &last);
	ocs_lease_ref_put(ref);
	ocs_lease_destroy(l);
	return rc == 0 ? OCS_OK : last.code;
}

static enum ocs_code drop(unsigned int n)
{
	char id[OCS_LEASE_ID_MAX];
	struct ocs_release rel = { .id = id, .why = "job", .who = "test",
				   .any_epoch = true };
	struct ocs_lease_ref *ref = NULL;
	uint64_t seq;
	bool releasing;
	int rc;

	id_of(n, id);
	rc = ocs_engine_release(engine, &rel, &ref, &releasing, &seq, &last);
	ocs_lease_ref_put(ref);
	return rc == 0 ? OCS_OK : last.code;
}

static enum ocs_code change(unsigned int n, const struct ocs_modify *mod)
{
	struct ocs_lease_ref *ref = NULL;
	char id[OCS_LEASE_ID_MAX];
	uint64_t seq;
	bool changed;
	int rc;

	id_of(n, id);
	memset(&last, 0, sizeof(last));
	rc = ocs_engine_modify(engine, id, mod, "test", &ref, &changed, &seq,
			       &last);
	ocs_lease_ref_put(ref);
	return rc == 0 ? changed ? OCS_OK : OCS_NOT_FOUND : last.code;
}
#define SAME OCS_NOT_FOUND	/* of change(): it is like that already */

static enum ocs_code end_at(unsigned int n, int64_t end_s)
{
	struct ocs_modify mod = { .has_end = true, .end_s = end_s };

	return change(n, &mod);
}

static enum ocs_code rate(unsigned int n, unsigned int gbps)
{
	struct ocs_modify mod = { .has_rate = true, .rate_bps = gbps * G };

	return change(n, &mod);
}

static struct ocs_lease_ref *lease(unsigned int n)
{
	char id[OCS_LEASE_ID_MAX];

	id_of(n, id);
	return ocs_engine_lease(engine, id, NULL);
}

static void pause_ms(long ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000 };

	nanosleep(&ts, NULL);
}

/* Within 5 s of the real clock lease N is WORD. */
static void is_word(unsigned int n, const char *word, const char *what)
{
	char got[32] = "none";

	for (int i = 0; i < 5000 && strcmp(got, word); i++) {
		struct ocs_lease_ref *ref = lease(n);

		strcpy(got, ref ? ocs_lease_word(ref->lease) : "none");
		ocs_lease_ref_put(ref);
		if (strcmp(got, word))
			pause_ms(1);
	}
	is_str(got, word, "%s", what);
}

static void is_granted(unsigned int n, long gbps, long lit, const char *what)
{
	long got = -1, carried = -1;

	for (int i = 0; i < 5000 && (got != gbps || carried != lit); i++) {
		struct ocs_lease_ref *ref = lease(n);

		got = ref ? (long) (ref->lease->circuit[0].granted_bps / G) :
		      -1;
		carried = ref ? (long) (ref->lease->circuit[0].lit_bps / G) :
			  -1;
		ocs_lease_ref_put(ref);
		if (got != gbps || carried != lit)
			pause_ms(1);
	}
	ok(got == gbps && carried == lit, "%s: granted %ldG, lit %ldG", what,
	   got, carried);
}

static bool event(unsigned int n, const char *axis, const char *from,
		  const char *to)
{
	struct ocs_event *ev = NULL;
	char id[OCS_LEASE_ID_MAX];
	unsigned int nev = 0;
	bool found = false;

	id_of(n, id);
	ocs_engine_events(engine, id, &ev, &nev, NULL);
	for (unsigned int i = 0; i < nev; i++)
		found |= !strcmp(ev[i].axis, axis) &&
			 !strcmp(ev[i].from, from) && !strcmp(ev[i].to, to) &&
			 ev[i].cause[0] && ev[i].time_ms;
	free(ev);
	return found;
}

/* Booked on "main" at this moment, in Gb/s. */
static long booked(void)
{
	struct ocs_caller caller = { .role = OCS_ROLE_OPERATOR };
	char *text = ocs_engine_state_text(engine, &caller, NULL);
	struct ocs_state *st = text ? ocs_wire_decode_state(text, strlen(text),
							    NULL) : NULL;
	long g = st ? (long) (st->net.link[0].booked_bps / G) : -1;

	ocs_state_destroy(st);
	free(text);
	return g;
}

/* ---- starts and ends ---- */

static void test_later(void)
{
	int64_t t = now_s() + 1000;

	is_num(hold(1, 800, t, t + 100), OCS_OK, "800G of 800G, later");
	is_num(commit(1, 800, t, t + 100), OCS_OK, "committed");
	is_word(1, "WAITING", "it waits");
	is_num(booked(), 0, "nothing is booked now");
	is_num(hold(2, 400, 0, 0), OCS_BUSY, "nothing for ever is left");
	is_str(last.reason, "OpticalLink(main,need=400G,free=0G)",
	       "the link is named");
	is_num(hold(3, 800, 0, t - 200), OCS_OK, "but all until then, with the grace");
	is_num(hold(4, 100, 0, t - 100), OCS_BUSY, "and no more");
	is_num(hold(1, 800, t, t + 100), OCS_OK, "the same hold again");
	is_num(hold(1, 800, t + 1, t + 100), OCS_CONFLICT,
	       "with another start it is another");
	is_num(drop(3), OCS_OK, "released");
	is_word(3, "GONE", "gone");
	reboot();
	is_word(1, "WAITING", "after a restart it waits");
	is_num(hold(5, 400, t + 50, t + 60), OCS_BUSY, "and is booked");
	pass(1001);
	is_word(1, "ACTIVE", "its start has come: lit");
	ok(event(1, "schedule", "WAITING", "IN_TERM"), "which is on record");
	is_num(booked(), 800, "booked now");
	is_num(drop(1), OCS_OK, "released");
	is_word(1, "GONE", "gone");
	is_num(hold(6, 1, now_s() + 10, 5), OCS_RANGE, "an end before now");
}

static void test_overdue(void)
{
	int64_t t = now_s() + 300;

	is_num(commit(10, 800, 0, t), OCS_OK, "800G until a time");
	is_word(10, "ACTIVE", "lit");
	is_num(commit(11, 400, t + 200, t + 900), OCS_OK,
	       "400G after its grace");
	pass(301);
	is_word(10, "ACTIVE", "in its grace");
	pass(120);
	is_word(10, "OVERDUE", "past it");
	ok(event(10, "schedule", "IN_TERM", "PAST_END"), "on record");
	is_num(booked(), 800, "booked still");
	is_num(hold(12, 100, 0, 0), OCS_BUSY, "for nobody else");
	pass(80);
	is_word(11, "WAITING", "the next one can't start");
	{
		struct ocs_lease_ref *ref = NULL;

		for (int i = 0; i < 5000; i++) {
			ref = lease(11);
			if (ref->lease->cause[0])
				break;
			ocs_lease_ref_put(ref);
			ref = NULL;
			pause_ms(1);
		}
		is_str(ref ? ref->lease->cause : "",
		       "OpticalLink(main,need=400G,free=0G)",
		       "it says what it waits for");
		ocs_lease_ref_put(ref);
	}
	reboot();
	is_word(10, "OVERDUE", "after a restart as well");
	is_num(end_at(10, now_s() + 50), OCS_BUSY,
	       "it can't be longer: that is the other's time");
	is_num(drop(10), OCS_OK, "released");
	is_word(10, "GONE", "gone");
	pass(6);
	is_word(11, "ACTIVE", "now the other starts");
	pass(1000);
	is_word(11, "OVERDUE", "overdue itself");
	is_num(end_at(11, now_s() + 500), OCS_OK, "longer");
	is_word(11, "ACTIVE", "so it is not overdue");
	pass(700);
	is_word(11, "OVERDUE", "it is again");
	pass(conf.overdue_max_s);
	is_word(11, "GONE", "and ends at last");
	{
		struct ocs_lease_ref *ref = lease(11);

		is_str(ref->lease->cause, "released: overdue", "with its cause");
		ocs_lease_ref_put(ref);
	}
}

/* ---- changes ---- */

static void test_modify(void)
{
	struct ocs_modify both = { .has_end = true, .has_rate = true };
	struct ocs_modify stale = { .has_end = true, .has_epoch = true };
	struct ocs_modify old = { .has_end = true, .has_version = true,
				  .version = 1 };
	int64_t t = now_s() + 1000;

	is_num(commit(20, 200, 0, t), OCS_OK, "200G");
	is_word(20, "ACTIVE", "lit");
	is_num(commit(21, 400, t + 500, t + 900), OCS_OK, "400G later");
	is_num(end_at(20, t + 100), OCS_OK, "longer");
	is_num(end_at(20, t + 100), SAME, "the same again");
	is_num(end_at(20, t + 600), OCS_OK, "into the other: there is room");
	is_num(rate(20, 500), OCS_BUSY, "but not for 500G");
	is_str(last.reason, "OpticalLink(main,need=300G,free=200G)",
	       "the change is what has no room");
	is_granted(20, 200, 200, "nothing changed");
	both.end_s = t + 300;
	both.rate_bps = 800 * G;
	is_num(change(20, &both), OCS_OK, "shorter and wider at once");
	is_granted(20, 800, 800, "resized");
	is_num(booked(), 800, "booked");
	is_num(hold(22, 100, 0, t), OCS_BUSY, "all is taken");
	is_num(rate(20, 300), OCS_OK, "narrower");
	is_granted(20, 300, 300, "resized");
	is_num(booked(), 300, "booked");
	drv->ops->fault(drv, "main", "refuse", 1, NULL);
	is_num(rate(20, 400), OCS_OK, "wider, which the network refuses");
	is_granted(20, 300, 300, "so it is as it was");
	is_num(booked(), 300, "also in the books");
	old.end_s = t;
	is_num(change(20, &old), OCS_CONFLICT, "a version that is over");
	is_num(end_at(20, 5), OCS_RANGE, "an end that is over");
	is_num(end_at(99, t), OCS_NOT_FOUND, "no such lease");
	is_num(commit(20, 200, 0, t), OCS_OK,
	       "its first commit again, though it is another now");
	is_granted(20, 300, 300, "has no effect");
	reboot();
	is_granted(20, 300, 300, "a restart neither");
	is_word(20, "ACTIVE", "lit");
	{
		uint64_t seq;

		ocs_engine_epoch(engine, "alpha", &epoch, &seq, NULL);
		stale.controller_epoch = epoch - 1;
		stale.end_s = t;
		is_num(change(20, &stale), OCS_STALE, "an older controller");
	}
	{
		struct ocs_modify later = { .has_start = true,
					    .start_s = t + 600,
					    .has_rate = true,
					    .rate_bps = 800 * G };

		is_num(change(21, &later), OCS_OK,
		       "one that waits: later and wider");
		is_word(21, "WAITING", "it waits");
		later.start_s = t + 100;
		is_num(change(21, &later), OCS_BUSY, "not into the first");
		is_num(change(20, &later), OCS_CONFLICT,
		       "what has begun can't begin later");
	}
	drop(20);
	is_word(20, "GONE", "gone");
	is_num(end_at(20, t), OCS_CONFLICT, "what has ended can't be changed");
	drop(21);
	is_word(21, "GONE", "what waits is gone at once");
}

/* ---- what operators say ---- */

static enum ocs_code window(const char *id, const char *link, int64_t start_s,
			    int64_t end_s, unsigned int *touched)
{
	struct ocs_window w = { .start_s = start_s, .end_s = end_s };
	struct ocs_lease_refs refs = { 0 };
	uint64_t seq;
	bool fresh;
	int rc;

	strcpy(w.id, id);
	strcpy(w.link, link);
	rc = ocs_engine_window_put(engine, &w, "test", &refs, &fresh, &seq,
				   &last);
	*touched = refs.n;
	ocs_lease_refs_fini(&refs);
	return rc == 0 ? OCS_OK : last.code;
}

static void is_admin(unsigned int n, enum ocs_admin admin, const char *what)
{
	enum ocs_admin got = 9;

	for (int i = 0; i < 5000 && got != admin; i++) {
		struct ocs_lease_ref *ref = lease(n);

		got = ref->lease->admin;
		ocs_lease_ref_put(ref);
		if (got != admin)
			pause_ms(1);
	}
	is_str(ocs_admin_name(got), ocs_admin_name(admin), "%s", what);
}

#define W1 "11111111111111111111111111111111"
#define W2 "22222222222222222222222222222222"

static void test_maintenance(void)
{
	int64_t t = now_s() + 1000;
	unsigned int touched;
	struct ocs_maint m;
	uint64_t seq;

	is_num(commit(30, 100, 0, t + 500), OCS_OK, "100G over the window");
	is_num(commit(31, 100, 0, t - 500), OCS_OK, "100G before it");
	is_word(30, "ACTIVE", "lit");
	is_word(31, "ACTIVE", "lit");
	is_num(window(W1, "main", t, t + 100, &touched), OCS_OK, "a window");
	is_num(touched, 1, "touches one lease");
	is_num(window(W1, "main", t, t + 100, &touched), OCS_OK, "again");
	is_num(window(W1, "main", t, t + 99, &touched), OCS_CONFLICT,
	       "with another end");
	is_num(window(W2, "none", t, t + 99, &touched), OCS_RANGE, "no link");
	is_num(window(W2, "main", 5, 6, &touched), OCS_RANGE, "long over");
	is_num(hold(32, 100, 0, t + 50), OCS_BUSY, "nothing new into it");
	is_str(last.reason, "OpticalLinkDrained(main)", "the reason is drained");
	is_num(hold(33, 100, 0, t - 300), OCS_OK, "before it is free");
	is_num(hold(34, 100, t + 100, t + 900), OCS_OK, "and after it");
	is_num(end_at(31, t + 50), OCS_BUSY, "nothing longer into it");
	is_str(last.reason, "OpticalLinkDrained(main)", "the same reason");
	is_num(end_at(30, t + 400), OCS_OK, "what is there may be shorter");
	reboot();
	is_num(hold(35, 100, 0, t + 50), OCS_BUSY, "it outlives a restart");
	is_admin(30, OCS_IN_SERVICE, "in service so far");
	pass(1001);
	is_admin(30, OCS_MAINTENANCE, "then in maintenance");
	ok(event(30, "administrative", "IN_SERVICE", "MAINTENANCE"),
	   "on record");
	is_word(30, "ACTIVE", "and lit");
	pass(100);
	is_admin(30, OCS_IN_SERVICE, "after it in service");
	is_num(ocs_engine_maint(engine, &m, NULL), 0, "list");
	is_num(m.nwindows, 0, "the window is over");
	ocs_maint_fini(&m);

	is_num(drain("main", true, &touched, &last), 0, "drained");
	ok(touched >= 1, "with the leases on it");
	is_num(hold(36, 100, 0, 0), OCS_BUSY, "nothing new");
	is_str(last.reason, "OpticalLinkDrained(main)", "the reason is drained");
	is_num(hold(37, 100, now_s() + 9999, 0), OCS_BUSY, "nor later");
	is_admin(30, OCS_MAINTENANCE, "in maintenance");
	reboot();
	is_num(hold(38, 100, 0, 0), OCS_BUSY, "after a restart neither");
	is_num(drain("none", true, &touched, &last), -1, "no such link");
	is_num(last.code, OCS_NOT_FOUND, "not found");
	is_num(drain("main", false, &touched, &last), 0, "back in service");
	is_admin(30, OCS_IN_SERVICE, "so is the lease");
	is_num(hold(38, 100, 0, 0), OCS_OK, "room again");
	is_num(window(W2, "main", now_s() + 500, now_s() + 600, &touched),
	       OCS_OK, "another window");
	is_num(ocs_engine_window_del(engine, W2, "test", &seq, &last), 0,
	       "taken back");
	is_num(ocs_engine_window_del(engine, W2, "test", &seq, &last), -1,
	       "only once");
	is_num(hold(39, 100, 0, 0), OCS_OK, "it is out of the way");
	for (unsigned int n = 30; n < 40; n++)
		drop(n);
	is_word(30, "GONE", "gone");
	is_word(31, "GONE", "gone");
}

static void ask(unsigned int gbps, int64_t start_s, int64_t duration_s,
		struct ocs_whatif_answer *a)
{
	struct ocs_whatif w = { .ncircuits = 1, .start_s = start_s,
				.duration_s = duration_s };

	strcpy(w.circuit[0].a, "paris");
	strcpy(w.circuit[0].z, "lyon");
	w.circuit[0].requested_bps = gbps * G;
	is_num(ocs_engine_whatif(engine, &w, true, a, &last), 0, "what if");
}

static void test_whatif(void)
{
	struct ocs_whatif_answer a;
	int64_t t = now_s() + 1000;

	ask(800, 0, 0, &a);
	ok(a.possible && a.rate_bps == 800 * G && a.latency_us, "all is free");
	is_num(commit(40, 500, 0, t), OCS_OK, "500G until a time");
	is_word(40, "ACTIVE", "lit");
	ask(800, 0, 100, &a);
	ok(!a.possible, "not now");
	is_str(a.reason, "OpticalLink(main,need=800G,free=300G)",
	       "what is short");
	is_num(a.when_s, t + 120, "possible after its grace");
	is_num(a.rate_bps / G, 300, "or less now");
	is_str(a.change, "ask for 300G to start now", "the smallest change");
	ask(900, 0, 100, &a);
	ok(!a.possible && !a.when_s, "900G never");
	is_num(commit(41, 800, t + 150, t + 500), OCS_OK, "the next");
	ask(400, 0, 20, &a);
	is_num(a.when_s, t + 620, "no gap of 20 s and its grace before");
	drop(41);
	is_num(commit(42, 800, t + 280, t + 500), OCS_OK, "a bit later");
	ask(400, 0, 60, &a);
	is_num(a.when_s, t + 620, "no gap of 60 s and its grace before");
	ask(400, 0, 40, &a);
	is_num(a.when_s, t + 120, "one of 40 s is");
	drop(42);
	drop(40);
	drop(41);
	is_word(40, "GONE", "gone");
}

/* What what-if says and what a hold is answered are the same. */
static void is_true(unsigned int n, const struct ocs_whatif_answer *a,
		    unsigned int gbps, int64_t start_s, int64_t duration_s,
		    const char *reason, const char *what)
{
	enum ocs_code code = hold(n, gbps, start_s, duration_s ?
				  (start_s ? start_s : now_s()) + duration_s :
				  0);

	ok(a->possible == (code == OCS_OK), "%s: a hold is answered %s", what,
	   ocs_code_name(code));
	is_str(a->reason, reason, "%s: why", what);
	is_str(last.reason, code == OCS_OK ? last.reason : reason,
	       "%s: the hold's reason", what);
	if (code == OCS_OK)
		drop(n);
}

static void freeze(bool on)
{
	struct ocs_freeze f = { .link = "main", .frozen = on };
	uint64_t seq;

	is_num(ocs_engine_freeze(engine, &f, "test", &seq, &last), 0,
	       on ? "freeze" : "unfreeze");
}

static void test_frozen(void)
{
	struct ocs_whatif_answer a;

	freeze(true);
	ask(400, 0, 100, &a);
	is_true(50, &a, 400, 0, 100, "OpticalFrozen(main)", "frozen");
	ok(!a.when_s && !a.rate_bps, "until somebody thaws it");
	is_str(a.change, "choose other sites, or wait for the operators",
	       "what helps");
	ask(400, now_s() + 50, 100, &a);
	is_true(51, &a, 400, now_s() + 50, 100, "", "later");
	is_str(a.waits, "OpticalFrozen(main)", "it would wait then");
	is_num(ocs_engine_whatif(engine, &(struct ocs_whatif) {
			.ncircuits = 1, .circuit = { { .a = "paris",
				.z = "lyon", .requested_bps = 400 * G } },
		}, false, &a, &last), 0, "users ask");
	is_str(a.reason, "OpticalFrozen(paris-lyon)", "they see a pair");
	freeze(false);
	ask(400, 0, 100, &a);
	is_true(52, &a, 400, 0, 100, "", "thawed");
	is_str(a.waits, "", "nothing to wait for");
}

/* Minutes of the week, of the host's time zone. */
static unsigned int minute(int64_t s)
{
	time_t t = (time_t) s;
	struct tm tm;

	localtime_r(&t, &tm);
	return (unsigned int) (((tm.tm_wday + 6) % 7 * 24 + tm.tm_hour) * 60 +
			       tm.tm_min);
}

static void test_rules(void)
{
	struct ocs_rules *r = &conf.rules;
	struct ocs_whatif_answer a;
	unsigned int m;

	halt();
	m = minute(now_s());
	ocs_rules_default(r);
	r->window.n = 1;
	r->window.span[0].from = (uint16_t) ((m + 60) % OCS_WEEK_MIN);
	r->window.span[0].to = (uint16_t) ((m + 90) % OCS_WEEK_MIN);
	boot();
	ask(400, 0, 100, &a);
	ok(!a.possible, "shut");
	is_true(60, &a, 400, 0, 100, a.reason, "change window");
	ok(!strncmp(a.reason, "OpticalChangeWindow(main,opens=", 31),
	   "it says when: %s", a.reason);
	ok(a.when_s > now_s() + 59 * 60 - 1 && a.when_s <= now_s() + 60 * 60,
	   "the earliest start is when it opens");
	ask(400, a.when_s, 100, &a);
	is_true(61, &a, 400, a.when_s, 100, "", "when it opens");
	is_num(hold(62, 800, a.when_s - 70, a.when_s + 100), OCS_BUSY,
	       "not before");
	is_num(commit(63, 800, a.when_s, a.when_s + 100), OCS_OK, "then");
	ask(400, 0, 100, &a);
	ok(a.when_s > now_s() + 60 * 60, "after that lease's grace, %d min",
	   (int) (a.when_s - now_s()) / 60);
	is_num(hold(64, 400, a.when_s, a.when_s + 100), OCS_OK,
	       "it can be had");
	drop(63);
	drop(64);

	halt();
	ocs_rules_default(r);
	r->min_job_s = 3600;
	boot();
	ask(400, 0, 100, &a);
	is_true(65, &a, 400, 0, 100, "OpticalMinJob(main,need=1h,is=100s)",
		"too short");
	is_str(a.change, "ask for a longer time limit", "what helps");
	ask(400, 0, 3600, &a);
	is_true(66, &a, 400, 0, 3601, "", "long enough");

	halt();
	ocs_rules_default(r);
	r->mode = OCS_MODE_APPROVE;
	r->approve_s = 100;
	boot();
	ask(400, 0, 100, &a);
	is_true(67, &a, 400, 0, 100, "", "approve");
	is_str(a.waits, "OpticalApproval(main)", "but it would wait");

	halt();
	ocs_rules_default(r);
	r->setups_per_h = 1;
	boot();
	ask(400, 0, 100, &a);
	is_str(a.waits, "", "the first set-up of the hour");
	is_num(commit(68, 100, 0, 0), OCS_OK, "is made");
	is_word(68, "ACTIVE", "lit");
	ask(400, 0, 100, &a);
	is_str(a.waits, "OpticalSetupRate(all,max=1/h)", "the second waits");
	drop(68);
	halt();
	ocs_rules_default(r);
	boot();
}

static void test_vlans(void)
{
	struct ocs_attach_site site = { .by = OCS_BY_VLAN, .pool = true };
	struct ocs_whatif_answer a;
	int64_t t;

	halt();
	is_num(ocs_vlans_parse("100-101", &site.vlans, &last), 0, "a pool");
	is_num(ocs_attach_sites_add(&conf.attach, 0, &site, &last), 0,
	       "paris");
	is_num(ocs_attach_sites_add(&conf.attach, 1, &site, &last), 0, "lyon");
	boot();
	t = now_s() + 500;
	is_num(commit(70, 10, 0, t + 100), OCS_OK, "one VLAN");
	ask(10, 0, 100, &a);
	is_true(71, &a, 10, 0, 100, "", "the other");
	is_num(commit(72, 10, 0, t), OCS_OK, "is taken");
	ask(10, 0, 100, &a);
	is_true(73, &a, 10, 0, 100, "OpticalVlan(paris-lyon,free=0)",
		"no VLAN left");
	is_num(a.when_s, t + 120, "but when a lease is over");
	is_num(a.rate_bps, 0, "whatever the rate");
	ask(10, now_s() + 50, 100, &a);
	is_true(74, &a, 10, now_s() + 50, 100, "OpticalVlan(paris-lyon,free=0)",
		"a VLAN is taken at the hold");
	drop(72);
	is_word(72, "GONE", "gone");
	ask(10, 0, 100, &a);
	is_true(75, &a, 10, 0, 100, "", "one is free again");
	drop(70);
	is_word(70, "GONE", "gone");
	halt();
	ocs_attach_sites_fini(&conf.attach);
	memset(&conf.attach, 0, sizeof(conf.attach));
	boot();
}

static void test_bad(void)
{
	static const struct {
		const char *a, *z;
	} bad[] = { { "paris", "oslo" }, { "oslo", "paris" },
		    { "paris", "paris" } };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ocs_whatif w = { .ncircuits = 1 };
		struct ocs_whatif_answer a;

		strcpy(w.circuit[0].a, bad[i].a);
		strcpy(w.circuit[0].z, bad[i].z);
		w.circuit[0].requested_bps = G;
		is_num(ocs_engine_whatif(engine, &w, true, &a, &last), -1,
		       "%s-%s", bad[i].a, bad[i].z);
		is_num(last.code, OCS_RANGE, "is no question");
		w.circuit[1] = w.circuit[0];
		strcpy(w.circuit[0].a, "paris");
		strcpy(w.circuit[0].z, "lyon");
		strcpy(w.circuit[1].a, "lyon");
		strcpy(w.circuit[1].z, "paris");
		w.ncircuits = 2;
		w.circuit[1].requested_bps = G;
		is_num(ocs_engine_whatif(engine, &w, true, &a, &last), -1,
		       "nor twice the same pair");
	}
}

int main(void)
{
	static struct ocs_site sites[2] = {
			{ .name = "paris" }, { .name = "lyon" }
		};
	static struct ocs_link links[2] = {
		{ .name = "main", .a = 0, .z = 1, .capacity_bps = 800 * G,
		  .granule_bps = G, .latency_us = 2274 },
		{ .name = "spare", .a = 0, .z = 1, .capacity_bps = G / 2,
		  .granule_bps = 1, .latency_us = 9000 },
	};

	if (!mkdtemp(dir) || !freopen("/dev/null", "w", stderr))
		return 1;
	snprintf(path, sizeof(path), "%s/l.db", dir);
	snprintf(sim_path, sizeof(sim_path), "%s/sim", dir);
	conf.hold_ttl_ms = 3600000;
	conf.grace_s = 120;
	conf.overdue_max_s = 86400;
	conf.net = (struct ocs_net) {
			.nsites = 2, .site = sites, .nlinks = 2, .link = links
		};
	conf.users.nclusters = 1;
	strcpy(conf.users.cluster[0].cluster, "alpha");
	boot();
	test_later();
	test_overdue();
	test_modify();
	test_maintenance();
	test_whatif();
	test_frozen();
	test_rules();
	test_vlans();
	test_bad();
	halt();
	{
		char cmd[80];

		snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
		ok(system(cmd) == 0, "cleaned up");
	}
	return tap_done();
}
