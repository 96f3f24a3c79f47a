// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests the engine against a driver that answers when and what it is told:
 * lost, late and wrong answers, a full disk, no memory, many at once.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "agent/engine_priv.h"
#include "agent/log.h"
#include "common/sys/clock.h"
#include "tests/unit/nomem.h"
#include "tests/unit/tap.h"

static char dir[] = "/tmp/ocs-t_engine.XXXXXX";
static char path[64];
static struct ocs_agent_conf conf;
static struct ocs_store *store;
static struct ocs_engine *engine;

/* ---- a driver by hand ---- */

#define ASKED_MAX 64

static struct asked {
	char kind;		/* L, C, R; 0 none */
	char id[OCS_SERVICE_ID_MAX];
	uint64_t op;
	ocs_driver_done_f done;
	void *arg;
} asked[ASKED_MAX];
static unsigned int nasked;	/* ever */
static pthread_mutex_t asked_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ocs_driver_watch watch;

static void ask(char kind, const struct ocs_service *svc, uint64_t op,
		ocs_driver_done_f done, void *arg)
{
	struct asked *a;

	pthread_mutex_lock(&asked_lock);
	a = &asked[nasked++ % ASKED_MAX];
	a->kind = kind;
	strcpy(a->id, svc->id);
	a->op = op;
	a->done = done;
	a->arg = arg;
	pthread_mutex_unlock(&asked_lock);
}

static void hand_create(struct ocs_driver *d, const struct ocs_service *svc,
			uint64_t op, ocs_driver_done_f done, void *arg)
{
	ask('C', svc, op, done, arg);
}

static void hand_remove(struct ocs_driver *d, const struct ocs_service *svc,
			uint64_t op, ocs_driver_done_f done, void *arg)
{
	ask('R', svc, op, done, arg);
}

static void hand_look(struct ocs_driver *d, const struct ocs_service *svc,
		      uint64_t op, ocs_driver_done_f done, void *arg)
{
	ask('L', svc, op, done, arg);
}

static int hand_start(struct ocs_driver *d, const struct ocs_driver_watch *w,
		      struct ocs_error *err)
{
	watch = *w;
	return 0;
}

static void hand_stop(struct ocs_driver *d)
{
}

static const struct ocs_driver_ops hand_ops = {
	.name = "hand", .simulated = true, .start = hand_start,
	.stop = hand_stop, .create = hand_create, .remove = hand_remove,
	.look = hand_look,
};
static struct ocs_driver hand = { .ops = &hand_ops };

static void pause_ms(long ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000 };

	nanosleep(&ts, NULL);
}

/* The next question about lease N's circuit I, taken out of the list. Fails
 * the test if it is not of KIND within 5 s. */
static struct asked next(char kind, unsigned int n, unsigned int i)
{
	uint64_t until = ocs_clock_mono_ms() + 5000;
	char id[OCS_SERVICE_ID_MAX];
	struct asked a = { 0 };

	snprintf(id, sizeof(id), "%032x.%u", n, i);
	while (!a.kind && ocs_clock_mono_ms() < until) {
		pthread_mutex_lock(&asked_lock);
		for (unsigned int k = 0; k < ASKED_MAX && !a.kind; k++) {
			if (!asked[k].kind || strcmp(asked[k].id, id))
				continue;
			a = asked[k];
			asked[k].kind = 0;
		}
		pthread_mutex_unlock(&asked_lock);
		if (!a.kind)
			pause_ms(1);
	}
	if (a.kind != kind)
		ok(false, "lease %u circuit %u: asked '%c', not '%c'", n, i,
		   a.kind ? a.kind : '-', kind);
	return a;
}

static void say(struct asked a, enum ocs_outcome outcome, enum ocs_light light,
		const char *cause)
{
	if (a.kind)
		a.done(a.arg, a.id, a.op, outcome, light, cause);
}

/* NEXT and SAY: that was KIND, and this comes of it. */
static void go(char kind, unsigned int n, unsigned int i,
	       enum ocs_outcome outcome, enum ocs_light light)
{
	say(next(kind, n, i), outcome, light, "by hand");
}

/* ---- leases ---- */

static struct ocs_lease *want(unsigned int n, unsigned int gbps,
			      const char *const *pair)
{
	struct ocs_lease *l = ocs_lease_create();

	snprintf(l->id, sizeof(l->id), "%032x", n);
	strcpy(l->cluster, "alpha");
	l->job_id = n;
	l->nsites = 3;
	strcpy(l->site[0].name, "paris");
	strcpy(l->site[1].name, "lyon");
	strcpy(l->site[2].name, "nice");
	l->circuit = calloc(4, sizeof(*l->circuit));
	for (; *pair; pair++) {
		struct ocs_circuit *c = &l->circuit[l->ncircuits++];

		sscanf(*pair, "%63[^-]-%63s", c->a, c->z);
		c->requested_bps = gbps * UINT64_C(1000000000);
	}
	return l;
}
#define PAIRS(...) ((const char *const []) { __VA_ARGS__, NULL })

static int hold(unsigned int n, const char *const *pair, struct ocs_error *err)
{
	struct ocs_lease *l = want(n, 400, pair);
	struct ocs_lease_ref *ref = NULL;
	bool fresh;
	int rc = ocs_engine_hold(engine, l, &ref, &fresh, err);

	if (rc == 0)
		ocs_lease_ref_put(ref);
	ocs_lease_destroy(l);
	return rc;
}

static int commit(unsigned int n, const char *const *pair,
		  struct ocs_error *err)
{
	struct ocs_lease *l = want(n, 400, pair);
	struct ocs_lease_ref *ref = NULL;
	uint64_t seq;
	bool fresh;
	int rc = ocs_engine_commit(engine, l, &ref, &fresh, &seq, err);

	if (rc == 0)
		ocs_lease_ref_put(ref);
	ocs_lease_destroy(l);
	return rc;
}

static int drop(unsigned int n, struct ocs_error *err)
{
	char id[OCS_LEASE_ID_MAX];
	struct ocs_release rel = { .id = id, .why = "job", .who = "test",
		.any_epoch = true };
	struct ocs_lease_ref *ref = NULL;
	uint64_t seq;
	bool releasing;
	int rc;

	snprintf(id, sizeof(id), "%032x", n);
	rc = ocs_engine_release(engine, &rel, &ref, &releasing, &seq, err);
	if (rc == 0)
		ocs_lease_ref_put(ref);
	return rc;
}

static struct ocs_lease_ref *lease(unsigned int n)
{
	char id[OCS_LEASE_ID_MAX];

	snprintf(id, sizeof(id), "%032x", n);
	return ocs_engine_lease(engine, id, NULL);
}

static void is_word(unsigned int n, const char *word, const char *what)
{
	uint64_t until = ocs_clock_mono_ms() + 5000;
	const char *got = "none";

	do {
		struct ocs_lease_ref *ref = lease(n);

		got = ref ? ocs_lease_word(ref->lease) : "none";
		ocs_lease_ref_put(ref);
		if (!strcmp(got, word))
			break;
		pause_ms(1);
	} while (ocs_clock_mono_ms() < until);
	is_str(got, word, "%s", what);
}

static struct ocs_state *state(void)
{
	struct ocs_caller caller = { .role = OCS_ROLE_OPERATOR };
	char *text = ocs_engine_state_text(engine, &caller, NULL);
	struct ocs_error err;
	struct ocs_state *st;

	if (!text)
		return NULL;
	st = ocs_wire_decode_state(text, strlen(text), &err);
	if (!st)
		printf("# state: %s\n", err.text);
	free(text);
	return st;
}

/* Booked on link L, in Gb/s. */
static long booked(unsigned int l)
{
	struct ocs_state *st = state();
	long g = st ? (long) (st->net.link[l].booked_bps / 1000000000) : -1;

	ocs_state_destroy(st);
	return g;
}

/* ---- engine's life ---- */

static bool begin(struct ocs_driver *drv)
{
	struct ocs_error err = { 0 };

	store = ocs_store_open(path, &err);
	engine = store ? ocs_engine_create(&conf, store, drv, &err) : NULL;
	if (engine && ocs_engine_start(engine, &err) == 0)
		return true;
	return ok(false, "the engine starts: %s", err.text);
}

static void end(void)
{
	ocs_engine_destroy(engine);
	ocs_store_close(store);
	memset(asked, 0, sizeof(asked));
}

#define P_L PAIRS("paris-lyon")
#define BOTH PAIRS("paris-lyon", "lyon-nice")

static void test_setup(void)
{
	struct ocs_error err;

	ok(hold(1, BOTH, &err) == 0, "hold");
	ok(commit(1, BOTH, &err) == 0, "commit");
	is_word(1, "PROVISIONING", "a set-up begins");
	go('L', 1, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	go('C', 1, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	is_word(1, "PROVISIONING", "I4: created is not lit");
	go('L', 1, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	is_word(1, "PROVISIONING", "I4: one of two is not all");
	go('L', 1, 1, OCS_DRV_DONE, OCS_LIGHT_LIT);
	is_word(1, "ACTIVE", "one that is lit already is taken as it is");

	watch.service(watch.arg, "00000000000000000000000000000001.1",
		      OCS_LIGHT_DARK, "cut");
	is_word(1, "IMPAIRED", "it goes dark");
	watch.service(watch.arg, "00000000000000000000000000000001.1",
		      OCS_LIGHT_LIT, "mended");
	is_word(1, "ACTIVE", "and comes back");
	watch.service(watch.arg, "00000000000000000000000000000001.7",
		      OCS_LIGHT_DARK, "");
	watch.service(watch.arg, "what", OCS_LIGHT_DARK, "");
	is_word(1, "ACTIVE", "others' services are none of its business");
	watch.service(watch.arg, "00000000000000000000000000000001.0",
		      OCS_LIGHT_ABSENT, "vanished");
	go('L', 1, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	is_word(1, "IMPAIRED", "it vanished");
	go('C', 1, 0, OCS_DRV_REFUSED, OCS_LIGHT_ABSENT);
	is_word(1, "IMPAIRED", "one that was active does not fail");
	go('L', 1, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	go('C', 1, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	go('L', 1, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	is_word(1, "ACTIVE", "but is tried again");
}

static void test_release(void)
{
	struct ocs_error err;

	ok(drop(1, &err) == 0, "release");
	go('R', 1, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	go('R', 1, 1, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	is_word(1, "RELEASING", "removed is not dark");
	is_num(booked(0), 400, "I1: booked until its absence is seen");
	go('L', 1, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	go('L', 1, 1, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	is_num(booked(0), 400, "I1: the driver was wrong, it is lit");
	is_num(booked(1), 0, "the other is dark");
	go('R', 1, 0, OCS_DRV_LOST, OCS_LIGHT_ABSENT);
	go('L', 1, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	is_word(1, "GONE", "in the end it is dark");
	is_num(booked(0), 0, "nothing is booked");
}

static void test_failures(void)
{
	struct ocs_error err;
	struct ocs_lease_ref *ref;
	struct asked late;

	/* refused, and built after all */
	commit(2, BOTH, &err);
	go('L', 2, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	go('L', 2, 1, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	late = next('C', 2, 1);
	go('C', 2, 0, OCS_DRV_REFUSED, OCS_LIGHT_ABSENT);
	is_word(2, "FAILED", "refused");
	ref = lease(2);
	ok(ref->lease->resv == OCS_FAILED &&
	   ref->lease->blame == OCS_BLAME_REFUSED &&
	   !strcmp(ref->lease->cause, "by hand"), "and blamed on it");
	ocs_lease_ref_put(ref);
	go('L', 2, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	go('R', 2, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	go('L', 2, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	say(late, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
	go('R', 2, 1, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	is_word(2, "FAILED", "I6: the other is taken down, too");
	say(late, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
	go('L', 2, 1, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	is_word(2, "GONE", "late answers change nothing");

	/* no answer to a create that worked */
	commit(3, P_L, &err);
	go('L', 3, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	go('C', 3, 0, OCS_DRV_LOST, OCS_LIGHT_ABSENT);
	go('L', 3, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	is_word(3, "ACTIVE", "a lost answer is healed by looking");

	/* released in the midst of a create */
	commit(4, P_L, &err);
	go('L', 4, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	late = next('C', 4, 0);
	drop(4, &err);
	is_word(4, "RELEASING", "released in the midst of a create");
	go('R', 4, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	say(late, OCS_DRV_ABORTED, OCS_LIGHT_TEARING, "");
	go('L', 4, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	is_word(4, "GONE", "and gone");

	/* set up, and dark all the same */
	commit(5, P_L, &err);
	go('L', 5, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	go('C', 5, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	go('L', 5, 0, OCS_DRV_DONE, OCS_LIGHT_DARK);
	is_word(5, "FAILED", "dark after its set-up is a fault");
	go('R', 5, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	go('L', 5, 0, OCS_DRV_DONE, OCS_LIGHT_ABSENT);
	is_word(5, "GONE", "and taken down");
}

/* After a restart: looked for, not set up anew. */
static void test_restart(void)
{
	end();
	begin(&hand);
	is_word(3, "ACTIVE", "after a restart it is what it was");
	is_num(booked(0), 400, "I1: booked");
	go('L', 3, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	is_word(3, "ACTIVE", "it is lit: nothing is done");
	end();
	begin(&hand);
	go('L', 3, 0, OCS_DRV_DONE, OCS_LIGHT_BUILDING);
	go('C', 3, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	go('L', 3, 0, OCS_DRV_DONE, OCS_LIGHT_LIT);
	is_word(3, "ACTIVE", "being built: joined");
}

/* A disk that takes no more: refused, and no effect. */
static void test_disk(void)
{
	struct rlimit old, none = { 0 };
	struct ocs_error err = { 0 };

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	none.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &none);
	ok(hold(20, P_L, &err) < 0 && err.code == OCS_IO,
	   "I2: a hold that can't be written is refused: %s", err.text);
	ok(commit(20, P_L, &err) < 0 && err.code == OCS_IO, "a commit, too");
	ok(drop(3, &err) < 0 && err.code == OCS_IO, "a release, too");
	setrlimit(RLIMIT_FSIZE, &old);
	is_num(booked(0), 400, "nothing is booked by it");
	is_word(3, "ACTIVE", "nothing is released by it");
	ok(!lease(20), "nothing is remembered of it");
	ok(hold(20, P_L, &err) == 0, "with room again it is taken");
	is_num(booked(0), 800, "and booked");
	ok(drop(20, &err) == 0, "and released");
}

static void test_nomem(void)
{
	struct ocs_error err = { 0 };
	struct ocs_lease *l = want(30, 400, BOTH);
	struct ocs_lease_ref *ref = NULL;
	uint64_t seq;
	bool fresh;
	long made;
	int rc;

	NOMEM_EACH(made, rc = ocs_engine_hold(engine, l, &ref, &fresh, &err),
		   rc < 0 && err.code == OCS_NOMEM);
	ok(rc == 0 && fresh && made > 3,
	   "hold: each of %ld allocations may fail", made);
	ocs_lease_ref_put(ref);
	is_num(booked(1), 400, "booked once");
	NOMEM_EACH(made, rc = ocs_engine_commit(engine, l, &ref, &fresh, &seq,
						&err),
		   rc < 0 && err.code == OCS_NOMEM);
	ok(rc == 0 && fresh && made > 2,
	   "commit: each of %ld allocations may fail", made);
	ocs_lease_ref_put(ref);
	ocs_lease_destroy(l);
}

/* ---- many at once, over the simulator ---- */

#define NTHREADS 4
#define NROUNDS 150

/* After a start there is one look for each lease: not all of them with the lock
 * held. No thread runs here. */
static void test_rounds(void)
{
	const unsigned int n = 2 * ENGINE_WORK + 10;
	struct ocs_error err = { 0 };
	unsigned int rounds = 0;
	bool more = true;

	store = ocs_store_open(path, &err);
	ocs_store_begin(store, &err);
	for (unsigned int i = 0; i < n; i++) {
		struct ocs_lease *l = want(0x1000 + i, 1, P_L);
		char *json;

		l->resv = OCS_COMMITTED;
		l->circuit[0].prov = OCS_PROVISIONED;
		l->circuit[0].granted_bps = l->circuit[0].requested_bps;
		l->circuit[0].nhops = 1;
		strcpy(l->circuit[0].hop[0], "par-lyo");
		json = ocs_wire_encode_lease(l);
		ocs_store_lease_put(store, l, json, &err);
		free(json);
		ocs_lease_destroy(l);
	}
	ok(ocs_store_end(store, &err) == 0, "a ledger of %u leases", n);
	engine = ocs_engine_create(&conf, store, &hand, &err);
	ok(engine, "is read");
	is_num(booked(0), n, "and booked");
	pthread_mutex_lock(&engine->lock);
	nasked = 0;
	for (; more && rounds < 10; rounds++) {
		more = engine_work(engine);
		if (!rounds)
			is_num(nasked, ENGINE_WORK, "some are looked at");
		if (!rounds)
			ok(more && engine->todo_now, "there is more");
	}
	pthread_mutex_unlock(&engine->lock);
	is_num(nasked, n, "all are looked at, once");
	ok(!engine->todo_now && !engine->todo_list && rounds <= 4,
	   "%u rounds", rounds);
	end();
}

static atomic_uint finished;

static void *hammer(void *arg)
{
	unsigned int self = *(unsigned int *) arg, seed = self;

	for (unsigned int i = 0; i < NROUNDS; i++) {
		unsigned int n = (self + 1) * 100000 + i;
		struct ocs_error err;
		const char *const *pair = rand_r(&seed) % 2 ? P_L : BOTH;

		switch (rand_r(&seed) % 4) {
		case 0:
			hold(n, pair, &err);
			break;
		case 1:
			if (hold(n, pair, &err) == 0)
				commit(n, pair, &err);
			break;
		default:
			commit(n, pair, &err);
		}
		if (i >= 2)
			drop(n - rand_r(&seed) % 3, &err);
		if (rand_r(&seed) % 16 == 0)
			ocs_engine_driver(engine)->ops->fault(
				ocs_engine_driver(engine), "*",
				rand_r(&seed) % 2 ? "refuse" : "fail_late", 1,
				NULL);
	}
	for (unsigned int i = 0; i < NROUNDS; i++)
		drop((self + 1) * 100000 + i, NULL);
	atomic_fetch_add(&finished, 1);
	return NULL;
}

/* I1 as everybody sees it: bookings are what leases that hold something
 * take, and never above the capacity. */
static bool sound(const struct ocs_state *st)
{
	uint64_t sum[2] = { 0 };

	for (unsigned int i = 0; i < st->nleases; i++) {
		const struct ocs_lease *l = st->lease[i];

		for (unsigned int j = 0; j < l->ncircuits; j++) {
			const struct ocs_circuit *c = &l->circuit[j];

			if (l->resv != OCS_HELD && l->resv != OCS_COMMITTED &&
			    c->prov == OCS_RELEASED)
				continue;
			for (unsigned int k = 0; k < c->nhops; k++)
				sum[ocs_net_link(&st->net, c->hop[k])] +=
					c->granted_bps;
		}
	}
	for (unsigned int l = 0; l < 2; l++)
		if (sum[l] != st->net.link[l].booked_bps ||
		    sum[l] > st->net.link[l].capacity_bps)
			return false;
	return true;
}

static void test_many(void)
{
	pthread_t thread[NTHREADS];
	unsigned int self[NTHREADS], looks = 0;
	char network[80];
	struct ocs_error err = { 0 };
	struct ocs_driver *sim;
	bool good = true;
	uint64_t until;

	atomic_store(&finished, 0);
	snprintf(network, sizeof(network), "%s/network", dir);
	sim = ocs_driver_sim_create(network, conf.net.link, 2, 1, 1, &err);
	if (!ok(sim, "a simulator %s", err.text) || !begin(sim))
		return;
	for (unsigned int i = 0; i < NTHREADS; i++) {
		self[i] = i;
		pthread_create(&thread[i], NULL, hammer, &self[i]);
	}
	for (; atomic_load(&finished) < NTHREADS; looks++) {
		struct ocs_state *st = state();

		good &= st && sound(st);
		ocs_state_destroy(st);
	}
	for (unsigned int i = 0; i < NTHREADS; i++)
		pthread_join(thread[i], NULL);
	ok(good, "I1: %u looks found the bookings sound", looks);
	until = ocs_clock_mono_ms() + 30000;
	while ((booked(0) || booked(1)) && ocs_clock_mono_ms() < until)
		pause_ms(10);
	is_num(booked(0) + booked(1), 0, "all is released in the end");
	end();
	sim->ops->destroy(sim);
}

int main(void)
{
	static struct ocs_site site[] = { { .name = "paris" }, { .name = "lyon" },
					  { .name = "nice" } };
	static struct ocs_link link[] = {
		{ .name = "par-lyo", .a = 0, .z = 1, .latency_us = 2274,
		  .capacity_bps = 1600000000000, .granule_bps = 1000000000 },
		{ .name = "lyo-nce", .a = 1, .z = 2, .latency_us = 1490,
		  .capacity_bps = 800000000000, .granule_bps = 1000000000 },
	};
	char text[128];

	if (!mkdtemp(dir) || !freopen("/dev/null", "w", stderr))
		return 1;
	snprintf(path, sizeof(path), "%s/ledger.db", dir);
	conf.hold_ttl_ms = 60000;
	conf.users.nclusters = 1;
	strcpy(conf.users.cluster[0].cluster, "alpha");
	conf.net.nsites = 3;
	conf.net.site = site;
	conf.net.nlinks = 2;
	conf.net.link = link;
	if (begin(&hand)) {
		test_setup();
		test_release();
		test_failures();
		test_restart();
		test_disk();
		test_nomem();
		end();
	}
	snprintf(path, sizeof(path), "%s/rounds.db", dir);
	test_rounds();
	snprintf(path, sizeof(path), "%s/many.db", dir);
	test_many();
	snprintf(text, sizeof(text), "rm -rf %s", dir);
	return system(text) ? 1 : tap_done();
}
