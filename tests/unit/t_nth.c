// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests engine and ledger with the nth write, the nth sync, the nth truncation
 * and the nth allocation failing, for every n that a day's work reaches: what
 * was acknowledged is there afterwards, what was refused is not, every refusal
 * says why, and nothing is lit or booked that no lease has.
 *
 * The calls are caught on their way to the C library, also those of SQLite and
 * json-c. A failure comes once, or for good, as a full disk's does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sys/clock.h"
#include "tests/unit/model.h"
#include "tests/unit/tap.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_MALLOC 0
#endif
#endif
#ifndef OWN_MALLOC
#define OWN_MALLOC 1
#endif

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

/* ---- failures ---- */

enum kind { K_WRITE, K_SYNC, K_TRUNCATE, K_MALLOC, NKINDS };
static const char *const kind_names[NKINDS] = {
	"write", "sync", "truncation", "allocation"
};

static struct {
	enum kind kind;
	long n;			/* the nth from now fails; 0: none does */
	bool for_good;
	bool hit;
	int error;
} fault;

static bool fails(enum kind kind)
{
	if (!fault.n || fault.kind != kind)
		return false;
	if (fault.n > 1) {
		fault.n--;
		return false;
	}
	if (!fault.for_good)
		fault.n = 0;
	fault.hit = true;
	errno = fault.error;
	return true;
}

/* The libraries find these before the C library's. */
#pragma GCC visibility push(default)
/* All that goes to files; the terminal's is not counted. */
ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	if (fails(K_WRITE))
		return -1;
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off_t at);
ssize_t pwrite64(int fd, const void *buf, size_t n, off_t at)
{
	if (fails(K_WRITE))
		return -1;
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	if (fd > 2 && fails(K_WRITE))
		return -1;
	return syscall(SYS_write, fd, buf, n);
}

int fsync(int fd)
{
	return fails(K_SYNC) ? -1 : (int) syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return fails(K_SYNC) ? -1 : (int) syscall(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t len)
{
	return fails(K_TRUNCATE) ? -1 : (int) syscall(SYS_ftruncate, fd, len);
}

int ftruncate64(int fd, off_t len);
int ftruncate64(int fd, off_t len)
{
	return fails(K_TRUNCATE) ? -1 : (int) syscall(SYS_ftruncate, fd, len);
}

#if OWN_MALLOC
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	return fails(K_MALLOC) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(K_MALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(K_MALLOC) ? NULL : __libc_realloc(p, n);
}
#endif

#pragma GCC visibility pop

/* ---- the agent ---- */

#define NLEASES 6

static char dir[64];
static struct dice dice = { 1 };
static struct model m;
static struct network net;
static struct ocs_agent_conf conf;
static struct ocs_store *store;
static struct ocs_engine *engine;
static uint64_t epoch;

/* What was acknowledged. */
static struct {
	bool held[NLEASES], committed[NLEASES], released[NLEASES];
	bool refused[NLEASES];	/* all that ever was asked */
	int64_t end_s[NLEASES];	/* of the last change; 0 none */
	bool drained, window;
	uint64_t epoch;
} acked;
static bool unclear;	/* a refusal without a word */
static unsigned int nrefused;

static void asked(const struct ocs_service *svc, char kind)
{
}

static bool boot(struct ocs_error *err)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/l.db", dir);
	err->text[0] = '\0';
	store = ocs_store_open(path, err);
	engine = store ? ocs_engine_create(&conf, store, &net.drv, err) : NULL;
	if (engine) {
		net.engine = engine;
		network_greet(&net);
		return true;
	}
	ocs_store_close(store);
	store = NULL;
	return false;
}

static void halt(void)
{
	ocs_engine_destroy(engine);
	ocs_store_close(store);
	engine = NULL;
	store = NULL;
	network_forget(&net);
}

static void turn(void)
{
	bool more = true;

	for (int i = 0; i < 500 && more; i++) {
		pthread_mutex_lock(&engine->lock);
		more = engine_work(engine);
		if (engine->want_seq > engine->settled_seq &&
		    !engine->disk_failed) {
			engine_settle(engine);
			more = true;
		}
		pthread_mutex_unlock(&engine->lock);
		more |= network_step(&net);
	}
}

static void pass(int64_t ms)
{
	for (int64_t end = model_now_ms + ms; model_now_ms < end;) {
		model_now_ms += ms < 2000 ? ms : 1000;
		turn();
	}
}

/* What ERR says of a refusal must be of use. */
static bool said(int rc, const struct ocs_error *err)
{
	if (rc == 0)
		return true;
	nrefused++;
	if (!err->text[0] || (err->code != OCS_IO && err->code != OCS_NOMEM &&
			      err->code != OCS_BUSY &&
			      err->code != OCS_CONFLICT &&
			      err->code != OCS_NOT_FOUND))
		unclear = true;
	return false;
}

static bool settled(uint64_t seq)
{
	struct ocs_error err = { 0 };
	int rc;

	pthread_mutex_lock(&engine->lock);
	if (engine->settled_seq < seq && !engine->disk_failed)
		engine_settle(engine);
	pthread_mutex_unlock(&engine->lock);
	rc = ocs_engine_settled(engine, seq, &err);
	return said(rc == 1 ? 0 : -1, &err);
}

static void want(unsigned int n, struct ocs_lease *l,
		 struct ocs_circuit *circuit)
{
	memset(l, 0, sizeof(*l));
	memset(circuit, 0, sizeof(*circuit));
	snprintf(l->id, sizeof(l->id), "%032x", n + 1);
	strcpy(l->cluster, "alpha");
	l->job_id = n;
	l->controller_epoch = epoch;
	l->end_s = model_now_ms / 1000 + 5000;
	l->nsites = 2;
	strcpy(l->site[0].name, "paris");
	strcpy(l->site[1].name, "lyon");
	l->ncircuits = 1;
	l->circuit = circuit;
	strcpy(circuit->a, "paris");
	strcpy(circuit->z, "lyon");
	circuit->requested_bps = 100 * G;
}

static void hold(unsigned int n)
{
	struct ocs_circuit circuit;
	struct ocs_lease l;
	struct ocs_lease_ref *ref = NULL;
	struct ocs_error err = { 0 };
	bool fresh;

	want(n, &l, &circuit);
	if (said(ocs_engine_hold(engine, &l, &ref, &fresh, &err), &err))
		acked.held[n] = true;
	else
		acked.refused[n] = true;
	ocs_lease_ref_put(ref);
}

static void commit(unsigned int n)
{
	struct ocs_circuit circuit;
	struct ocs_lease l;
	struct ocs_lease_ref *ref = NULL;
	struct ocs_error err = { 0 };
	bool fresh;
	uint64_t seq;

	want(n, &l, &circuit);
	if (said(ocs_engine_commit(engine, &l, &ref, &fresh, &seq, &err),
		 &err)) {
		acked.refused[n] = false;
		if (settled(seq))
			acked.committed[n] = true;
	} else if (!acked.held[n]) {
		acked.refused[n] = true;
	}
	ocs_lease_ref_put(ref);
}

static void release(unsigned int n, const char *why)
{
	char id[OCS_LEASE_ID_MAX];
	struct ocs_release rel = { .id = id, .why = why, .who = "test",
				   .any_epoch = true };
	struct ocs_lease_ref *ref = NULL;
	struct ocs_error err = { 0 };
	bool releasing;
	uint64_t seq = 0;

	snprintf(id, sizeof(id), "%032x", n + 1);
	if (said(ocs_engine_release(engine, &rel, &ref, &releasing, &seq,
				    &err), &err) && settled(seq))
		acked.released[n] = true;
	else if (err.code == OCS_NOT_FOUND && seq && settled(seq))
		acked.released[n] = true;
	ocs_lease_ref_put(ref);
}

static void extend(unsigned int n)
{
	struct ocs_modify mod = { .has_end = true };
	struct ocs_lease_ref *ref = NULL;
	struct ocs_error err = { 0 };
	char id[OCS_LEASE_ID_MAX];
	bool changed;
	uint64_t seq;

	snprintf(id, sizeof(id), "%032x", n + 1);
	mod.end_s = model_now_ms / 1000 + 9000;
	if (said(ocs_engine_modify(engine, id, &mod, "test", &ref, &changed,
				   &seq, &err), &err) && settled(seq))
		acked.end_s[n] = mod.end_s;
	ocs_lease_ref_put(ref);
}

static void operators(void)
{
	struct ocs_drain d = { .link = "b", .drained = true };
	struct ocs_window w = { .link = "b" };
	struct ocs_lease_refs refs = { 0 };
	struct ocs_error err = { 0 };
	uint64_t seq, got;
	bool fresh;

	if (said(ocs_engine_drain(engine, &d, "test", &refs, &seq, &err),
		 &err) && settled(seq))
		acked.drained = true;
	ocs_lease_refs_fini(&refs);
	strcpy(w.id, "0123456789abcdef0123456789abcdef");
	w.start_s = model_now_ms / 1000 + 50000;
	w.end_s = w.start_s + 100;
	memset(&err, 0, sizeof(err));
	if (said(ocs_engine_window_put(engine, &w, "test", &refs, &fresh, &seq,
				       &err), &err) && settled(seq))
		acked.window = true;
	ocs_lease_refs_fini(&refs);
	memset(&err, 0, sizeof(err));
	if (said(ocs_engine_epoch(engine, "alpha", &got, &seq, &err), &err)) {
		epoch = got;
		if (settled(seq))
			acked.epoch = got;
	}
	memset(&err, 0, sizeof(err));
	said(ocs_engine_confirm(engine, "alpha", "test", &seq, &err), &err);
}

/* A day's work. */
static void work(void)
{
	hold(0);
	commit(0);
	pass(4000);
	hold(1);
	release(1, "job");
	commit(2);		/* unheld */
	pass(4000);
	extend(0);
	operators();
	release(5, "job");	/* unknown */
	release(2, "reconcile");
	pass(2000);
	hold(3);		/* expires */
	pass(70000);
	commit(3);		/* and is taken again */
	hold(4);
	pass(4000);
	release(0, "job");
	pass(3000);
	pthread_mutex_lock(&engine->lock);
	ocs_store_checkpoint(engine->store);
	pthread_mutex_unlock(&engine->lock);
}

/* ---- afterwards ---- */

static char wrong[300];

__attribute__((format(printf, 1, 2))) static void bad(const char *fmt, ...)
{
	va_list ap;

	if (wrong[0])
		return;
	va_start(ap, fmt);
	vsnprintf(wrong, sizeof(wrong), fmt, ap);
	va_end(ap);
}

static struct ocs_lease *lease(unsigned int n)
{
	char id[OCS_LEASE_ID_MAX];
	struct ocs_lease_ref *ref;
	struct ocs_lease *l = NULL;

	snprintf(id, sizeof(id), "%032x", n + 1);
	if ((ref = ocs_engine_lease(engine, id, NULL)))
		l = ocs_lease_copy(ref->lease);
	ocs_lease_ref_put(ref);
	return l;
}

/* AGAIN: time has passed since the agent came back. */
static void check_lease(unsigned int n, bool again)
{
	struct ocs_lease *l = lease(n);
	enum ocs_resv resv = l ? l->resv : OCS_TERMINATED;

	if (!l && (acked.committed[n] || (acked.held[n])))
		bad("lease %u is lost", n);
	if (l && acked.refused[n] && !acked.held[n] && !acked.committed[n] &&
	    naive_runs(l))
		bad("lease %u was refused and is %s", n, ocs_resv_name(resv));
	if (l && acked.released[n] && naive_runs(l))
		bad("lease %u was released and is %s", n, ocs_resv_name(resv));
	if (l && acked.committed[n] && !acked.released[n] &&
	    resv == OCS_HELD)
		bad("lease %u was committed and is HELD", n);
	if (l && acked.end_s[n] && !acked.released[n] && naive_runs(l) &&
	    l->end_s != acked.end_s[n])
		bad("lease %u has an older end", n);
	for (unsigned int c = 0; again && l && c < l->ncircuits; c++) {
		char id[OCS_LEASE_ID_MAX + 12];
		struct service *s;

		snprintf(id, sizeof(id), "%s.%u", l->id, c);
		s = network_find(&net, id);
		if (s && !engine_lit_wanted(l))
			bad("%s is lit for a lease that is %s", id,
			    ocs_resv_name(resv));
		if (!s && engine_lit_wanted(l))
			bad("%s is dark", id);
	}
	ocs_lease_destroy(m.shown[n]);
	m.shown[n] = l;
	if (n >= m.nshown)
		m.nshown = n + 1;
}

static void check(bool again)
{
	struct ocs_maint maint = { 0 };

	for (unsigned int n = 0; n < NLEASES; n++)
		check_lease(n, again);
	for (unsigned int i = 0; i < m.net.nlinks; i++) {
		if (naive_now(&m, i) != engine->booked[i])
			bad("link %u has %" PRIu64 "G booked, not %" PRIu64
			    "G", i, engine->booked[i] / G,
			    naive_now(&m, i) / G);
		if (engine->booked[i] > m.net.link[i].capacity_bps)
			bad("link %u is oversold", i);
	}
	if (ocs_engine_maint(engine, &maint, NULL) < 0 ||
	    (acked.drained && maint.ndrains != 1) ||
	    (acked.window && maint.nwindows != 1))
		bad("what operators said is lost");
	ocs_maint_fini(&maint);
	if (engine_cluster_find(engine, "alpha")->kept.epoch < acked.epoch)
		bad("an epoch is lost");
}

static void remove_files(void)
{
	static const char *const names[] = { "l.db", "l.db-wal", "l.db-shm" };
	char path[100];

	for (unsigned int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
}

/* One day with the Nth call of KIND failing; false: it was not reached. */
static bool one(enum kind kind, long n, bool for_good)
{
	struct ocs_error err = { 0 };
	bool up;

	remove_files();
	memset(&acked, 0, sizeof(acked));
	network_init(&net, &m, &dice, asked);
	epoch = 0;
	model_now_ms = INT64_C(1700000000000);
	fault.kind = kind;
	fault.n = n;
	fault.for_good = for_good;
	fault.hit = false;
	fault.error = n % 2 ? EIO : ENOSPC;
	up = boot(&err);
	if (!up && !err.text[0])
		bad("it does not start and does not say why");
	if (up)
		work();
	fault.n = 0;
	if (up)
		check(false);
	if (up)
		halt();
	if (!boot(&err)) {
		bad("it does not start again: %s", err.text);
		return fault.hit;
	}
	/* Its epoch may be one that only the other side did not hear of. */
	check(false);
	pass(4000);
	pass(1400000);	/* beyond a lost answer's deadline */
	check(true);
	halt();
	return fault.hit;
}

static void every(enum kind kind, bool for_good)
{
	long n = 1, stride = 1;
	const char *sampled = getenv("OCS_NTH_STRIDE");

	if (sampled && atol(sampled) > 0)
		stride = atol(sampled);
	nrefused = 0;
	unclear = false;
	wrong[0] = '\0';
	while (!wrong[0] && one(kind, n, for_good))
		n += stride;
	ok(!wrong[0] && n > 1,
	   "each of %ld: the nth %s fails %s: %u clear refusals", n - 1,
	   kind_names[kind], for_good ? "and all after it" : "once", nrefused);
	if (wrong[0])
		printf("# n=%ld: %s\n", n, wrong);
	ok(!unclear, "each says why");
}

/* t_nth [KIND N [good]]: that one alone, with the agent's log */
int main(int argc, char **argv)
{
	static struct ocs_site sites[2] = { { .name = "paris" }, { .name = "lyon" } };
	static struct ocs_link links[2] = {
		{ .name = "a", .a = 0, .z = 1, .capacity_bps = 800 * G,
		  .granule_bps = G, .latency_us = 2000 },
		{ .name = "b", .a = 0, .z = 1, .capacity_bps = 800 * G,
		  .granule_bps = G, .latency_us = 9000 },
	};
	const char *shm = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(dir, sizeof(dir), "%s/ocs-nth.XXXXXX", shm);
	if (!mkdtemp(dir) || (argc < 3 && !freopen("/dev/null", "w", stderr)))
		return 1;
	conf.hold_ttl_ms = 60000;
	conf.grace_s = 120;
	conf.overdue_max_s = 86400;
	conf.net = (struct ocs_net) {
		.nsites = 2, .site = sites, .nlinks = 2, .link = links
	};
	conf.users.nclusters = 1;
	strcpy(conf.users.cluster[0].cluster, "alpha");
	m.net = conf.net;
	m.grace_s = conf.grace_s;
	for (enum kind k = 0; argc > 2 && k < NKINDS; k++) {
		if (strcmp(argv[1], kind_names[k]))
			continue;
		one(k, 0, false);	/* what is made once is made */
		one(k, atol(argv[2]), argc > 3);
		is_str(wrong, "", "%s %s", argv[1], argv[2]);
		return tap_done();
	}
	ok(!one(K_WRITE, 0, false) && !wrong[0] && nrefused == 1,
	   "a day without a fault");
	if (wrong[0])
		printf("# %s\n", wrong);
	for (enum kind k = 0; k < NKINDS; k++) {
		if (k == K_MALLOC && !OWN_MALLOC) {
			ok(true, "allocations # SKIP a sanitizer has its own");
			continue;
		}
		every(k, false);
		every(k, true);
	}
	remove_files();
	rmdir(dir);
	return tap_done();
}
