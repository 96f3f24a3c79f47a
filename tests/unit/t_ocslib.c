// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests libocs.so as slurmctld's plugins use it: opened by its path, one
 * symbol, snapshots that are borrowed while the agent comes and goes.
 */
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/net/ocslib.h"
#include "common/sys/clock.h"
#include "tests/unit/tap.h"
#include "tests/unit/toy_agent.h"

#define LIMIT_MS 10000

static char dir[] = "/tmp/ocs-t_ocslib.XXXXXX";
static char conf_path[160];
static struct toy toy, other;
static const struct ocslib_ops *ops;
static _Atomic int changes;

static void count(void *arg)
{
	(*(_Atomic int *) arg)++;
}

static void write_conf(const char *url, const char *more)
{
	FILE *f = fopen(conf_path, "w");

	fprintf(f, "AgentURL=%s\nSiteName=paris Nodes=par[1-4]\n%s\n", url,
		more);
	fclose(f);
}

/* Wait until COND, at most LIMIT_MS; its value then. */
#define until(cond) ({ \
	uint64_t end_ = ocs_clock_mono_ms() + LIMIT_MS; \
	while (!(cond) && ocs_clock_mono_ms() < end_) \
		poll(NULL, 0, 2); \
	(cond); })

static uint64_t generation(void)
{
	const struct ocs_state *s = ops->state_get();
	uint64_t g = s ? s->generation : 0;

	ops->state_put(s);
	return g;
}

static int64_t time_ms(void)
{
	const struct ocs_state *s = ops->state_get();
	int64_t t = s ? s->time_ms : 0;

	ops->state_put(s);
	return t;
}

static char instance(void)
{
	const struct ocs_state *s = ops->state_get();
	char c = s ? s->instance[0] : '-';

	ops->state_put(s);
	return c;
}

static bool load(void)
{
	const char *build = getenv("OCS_BUILDDIR");
	char path[512];
	void *lib;

	snprintf(path, sizeof(path), "%s/common/.libs/" OCSLIB_NAME,
		 build ? build : ".");
	if (!(lib = dlopen(path, RTLD_NOW | RTLD_LOCAL))) {
		printf("Bail out! %s\n", dlerror());
		return false;
	}
	ops = dlsym(lib, OCSLIB_SYMBOL);
	ok(ops && ops->abi == OCSLIB_ABI, "its one symbol");
	ok(!dlsym(lib, "ocs_client_create") && !dlsym(lib, "ocs_fail") &&
	   !dlsym(lib, "ocs_wire_decode_state"), "and no other");
	return ops;
}

static void test_before(void)
{
	struct ocs_error err = { 0 };
	struct ocs_lease lease = { .id = "0" }, *got = NULL;
	struct ocs_compute none = { .valid_s = 60 };
	bool maybe = true;
	uint64_t epoch;

	ok(!ops->conf_get() && !ops->state_get(), "nothing to borrow yet");
	ops->conf_put(NULL);
	ops->state_put(NULL);
	ok(ops->silent_ms() == UINT64_MAX, "never heard");
	ok(ops->watch(&err) < 0 && *err.text, "no watch without a conf");
	ok(ops->prime(100, &err) < 0, "no prime");
	ok(ops->take_control(&epoch, 100, &err) < 0, "no control");
	ok(ops->commit(&lease, 100, &err) < 0, "no commit");
	ok(ops->release("0123456789abcdef0123456789abcdef", "job", 0, 100,
			&err) < 0, "no release");
	ok(!ops->hold_ready() && ops->hold(&lease, 50, &got, &maybe, &err) <
	   0 && err.code == OCS_IO && !maybe, "no hold");
	ok(ops->compute(&none, 100, &err) < 0, "nothing is told");
	ok(!ops->trouble(&err), "no trouble either");
	ops->stop();
}

static void test_configure(void)
{
	const struct ocs_conf *first, *second;
	struct ocs_error err;

	write_conf(toy.url, "HoldTimout=3");
	ok(ops->configure(conf_path, "alpha", &err) < 0 &&
	   strstr(err.text, "HoldTimeout?") && !ops->conf_get(),
	   "a bad optical.conf is refused");
	write_conf(toy.url, "MaxSpan=3");
	ok(ops->configure(conf_path, "", &err) < 0, "no cluster name");
	ok(ops->configure(conf_path, NULL, &err) < 0, "none at all");
	ok(ops->configure(conf_path, "../x", &err) < 0, "a bad one");
	ok(ops->configure(conf_path, "alpha", &err) == 0, "a good one is taken");
	first = ops->conf_get();
	ok(first && first->max_span == 3, "and borrowed");
	write_conf(toy.url, "MaxSpan=9");
	ok(ops->configure(conf_path, "alpha", &err) < 0, "a bad one after it");
	second = ops->conf_get();
	ok(second == first, "leaves the former in use");
	ops->conf_put(second);
	write_conf(toy.url, "MaxSpan=4");
	ok(ops->configure(conf_path, "alpha", &err) == 0, "another good one");
	second = ops->conf_get();
	ok(second->max_span == 4 && first->max_span == 3,
	   "while the former is still borrowed");
	ops->conf_put(first);
	ops->conf_put(second);
}

static void test_writes(void)
{
	struct ocs_lease *lease = calloc(1, sizeof(*lease)), *got = NULL;
	struct ocs_error err = { 0 };
	bool maybe = true;
	uint64_t epoch = 0;

	strcpy(lease->id, "0123456789abcdef0123456789abcdef");
	strcpy(lease->cluster, "alpha");
	lease->controller_epoch = 3;
	lease->nsites = 2;
	strcpy(lease->site[0].name, "paris");
	strcpy(lease->site[1].name, "lyon");
	lease->ncircuits = 1;
	lease->circuit = calloc(1, sizeof(*lease->circuit));
	strcpy(lease->circuit->a, "paris");
	strcpy(lease->circuit->z, "lyon");
	lease->circuit->requested_bps = 1000;

	ok(ops->prime(5000, &err) == 0 && ops->hold_ready(), "prime");
	ok(ops->hold(lease, 2000, &got, &maybe, &err) == 0 && !maybe &&
	   got->controller_epoch == 0, "before control the epoch is 0");
	ocs_lease_destroy(got);
	ok(ops->take_control(&epoch, 5000, &err) == 0 && epoch == 11,
	   "take_control");
	ok(ops->hold(lease, 2000, &got, &maybe, &err) == 0 &&
	   got->controller_epoch == 11, "then it is the new one");
	ocs_lease_destroy(got);
	ok(ops->commit(lease, 5000, &err) == 0 &&
	   toy.shared->last_epoch == 11, "in commit as well");
	toy.shared->last_epoch = 0;
	ok(ops->release(lease->id, "reconcile", 0, 5000, &err) == 0 &&
	   toy.shared->last_epoch == 11, "release of what is gone succeeds");
	ok(ops->release("../x", "job", 0, 5000, &err) < 0 &&
	   err.code == OCS_SYNTAX, "release of no id");
	toy.shared->mode = TOY_ERROR;
	ok(ops->release(lease->id, "job", 0, 5000, &err) < 0 &&
	   err.code == OCS_INTERNAL, "release that fails");
	ok(ops->commit(lease, 5000, &err) < 0 && err.code == OCS_INTERNAL,
	   "commit that fails");
	toy.shared->mode = TOY_GOOD;
	free(lease->circuit);
	free(lease);
}

static void test_watch(void)
{
	const struct ocs_state *old;
	struct ocs_error err;
	int before;

	ops->on_change(count, &changes);
	ok(ops->watch(&err) == 0 && ops->watch(&err) == 0, "watch, twice");
	ok(until(generation() == 1), "the first snapshot");
	ok(until(changes == 1), "and the listener knows");
	old = ops->state_get();
	before = changes;
	toy.shared->generation = 2;
	ok(until(generation() == 2), "the next one");
	ok(old->generation == 1 && old->net.nsites == 2,
	   "W1: the one that is borrowed stays");
	ops->state_put(old);
	ok(until(changes == before + 1), "one change, one call");
	ok(ops->silent_ms() < 6000 && !ops->trouble(&err), "it is heard");

	/* the same generation of another ledger */
	toy.shared->instance = 'b';
	toy.shared->hang_up++;
	ok(until(instance() == 'b'), "another instance is noticed");
	toy.shared->generation = 1;
	ok(until(generation() == 1), "and an older generation");
}

static void test_loss(void)
{
	struct ocs_error err = { 0 };
	uint64_t silent, back_ms;
	int before = changes, requests;

	toy.shared->mode = TOY_RESET;
	toy.shared->hang_up++;
	ok(until(ops->trouble(&err)) && err.code == OCS_IO && *err.text,
	   "lost: %.60s", err.text);
	ok(until(changes == before + 1), "the listener is told once");
	ok(generation() == 1, "the last snapshot is kept");
	requests = toy.shared->requests;
	silent = ops->silent_ms();
	poll(NULL, 0, 1000);
	ok(toy.shared->requests - requests <= 10, "W3: no busy loop: %d "
	   "questions in a second", toy.shared->requests - requests);
	ok(ops->silent_ms() >= silent + 900, "silence grows");
	is_num(changes, before + 1, "and is told no more");
	toy.shared->mode = TOY_GOOD;
	back_ms = ocs_clock_mono_ms();
	ok(until(!ops->trouble(&err)), "back");
	ok(until(changes == before + 2), "and told");
	back_ms = ocs_clock_mono_ms() - back_ms;
	ok(back_ms < 3500, "without waiting for a change: %d ms",
	   (int) back_ms);

	toy.shared->mode = TOY_TYPES;
	toy.shared->hang_up++;
	ok(until(ops->trouble(&err) && err.code == OCS_SYNTAX),
	   "what can't be read is a loss too: %.60s", err.text);
	toy.shared->mode = TOY_GOOD;
	ok(until(!ops->trouble(NULL)), "back again");
}

/* An agent that does not wait though asked to. */
static void test_hasty(void)
{
	int before = changes, requests;
	int64_t then = time_ms();

	toy.shared->wait_ms = 0;
	toy.shared->hang_up++;
	poll(NULL, 0, 300);
	requests = toy.shared->requests;
	poll(NULL, 0, 1000);
	requests = toy.shared->requests - requests;
	ok(requests >= 1 && requests <= 7, "W3: %d questions in a second",
	   requests);
	ok(changes - before <= 2, "the same again is no change");
	ok(time_ms() > then, "but of a later time");
	toy.shared->wait_ms = -1;
	requests = toy.shared->requests;
	ok(until(toy.shared->requests > requests), "it waits again");
}

static void test_target(void)
{
	const struct ocs_state *old = ops->state_get();
	struct ocs_error err;
	uint64_t epoch = 0, ms;

	ok(ops->hold_ready() || ops->prime(5000, &err) == 0,
	   "a connection to the first agent");
	other.shared->instance = 'c';
	other.shared->generation = 1;
	write_conf(other.url, "");
	ok(ops->configure(conf_path, "alpha", &err) == 0, "another AgentURL");
	ok(!ops->hold_ready(), "its connection is dropped");
	ok(instance() == '-' || instance() == 'c', "W2: so is its snapshot");
	ms = ocs_clock_mono_ms();
	ok(until(instance() == 'c'), "the other agent's comes");
	ms = ocs_clock_mono_ms() - ms;
	ok(ms < 2000, "at once: %d ms", (int) ms);
	ok(old && old->instance[0] != 'c', "the borrowed one stays");
	ops->state_put(old);
	ok(ops->take_control(&epoch, 5000, &err) == 0 &&
	   other.shared->requests > 1, "the worker moves over too");
	ok(ops->prime(5000, &err) == 0 && ops->hold_ready(), "and the hold");
}

static void test_stop(void)
{
	struct ocs_error err;
	uint64_t ms;

	poll(NULL, 0, 100);	/* it is in its long poll */
	ms = ocs_clock_mono_ms();
	ops->stop();
	ms = ocs_clock_mono_ms() - ms;
	ok(ms < 1000, "stop in a long poll takes %d ms", (int) ms);
	ok(ops->silent_ms() == UINT64_MAX, "nothing is heard any more");
	ok(generation() == 1, "the snapshot can still be borrowed");
	ops->stop();
	toy_stop(&other);
	ok(ops->watch(&err) == 0 && until(ops->trouble(&err)),
	   "watch again, without an agent");
	ms = ocs_clock_mono_ms();
	ops->stop();
	ms = ocs_clock_mono_ms() - ms;
	ok(ms < 1000, "stop in a pause takes %d ms", (int) ms);
}

/* All at once, for the thread sanitizer. */
static _Atomic bool done;

static void *reader(void *arg)
{
	uint64_t sum = 0;

	while (!done) {
		const struct ocs_state *s = ops->state_get();
		const struct ocs_conf *c = ops->conf_get();

		if (s)
			sum += s->generation + s->net.nsites;
		if (c)
			sum += c->max_span;
		sum += ops->silent_ms() + ops->hold_ready() +
		       ops->trouble(NULL);
		ops->state_put(s);
		ops->conf_put(c);
	}
	return (void *) (uintptr_t) sum;
}

static void test_together(void)
{
	pthread_t thread[2];
	struct ocs_error err;

	write_conf(toy.url, "MaxSpan=2");
	ok(ops->configure(conf_path, "alpha", &err) == 0 &&
	   ops->watch(&err) == 0, "back to the first agent");
	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, reader, NULL);
	for (unsigned int i = 0; i < 20; i++) {
		toy.shared->generation = 100 + i;
		ops->prime(5000, &err);
		if (i % 5 == 0)
			ops->configure(conf_path, "alpha", &err);
		if (i % 7 == 0) {
			ops->stop();
			ops->watch(&err);
		}
		if (!until(generation() == 100 + i))
			ok(false, "generation %u", 100 + i);
	}
	done = true;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	ops->stop();
	ok(true, "readers, worker and watcher at once");
}

int main(void)
{
	if (!mkdtemp(dir) || !toy_start(&other, dir, "other") ||
	    !toy_start(&toy, dir, "toy")) {
		printf("Bail out! no toy agents\n");
		return 1;
	}
	snprintf(conf_path, sizeof(conf_path), "%s/optical.conf", dir);
	if (!load())
		return 1;
	test_before();
	test_configure();
	test_writes();
	test_watch();
	test_loss();
	test_hasty();
	test_target();
	test_stop();
	test_together();
	toy_stop(&toy);
	unlink(conf_path);
	rmdir(dir);
	return tap_done();
}
