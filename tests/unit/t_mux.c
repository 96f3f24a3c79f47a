// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests the mux by two drivers that answer when and what they are told: a
 * service in pieces is there whole or not at all (I6), and what was undone is
 * gone before anybody hears that it failed.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "agent/driver.h"
#include "common/core/net.h"
#include "common/sys/clock.h"
#include "tests/unit/graph.h"
#include "tests/unit/tap.h"

#define ID "0123456789abcdef0123456789abcdef.0m2"

/* ---- drivers by hand ---- */

struct asked {
	char kind;		/* C, R, L, S (resize); 0 none */
	struct ocs_service svc;
	char port[2][OCS_NAME_MAX];
	uint64_t op;
	ocs_driver_done_f done;
	void *arg;
};

/* What part P was asked last and has not answered, and all that it was. */
static struct part {
	struct ocs_driver drv;
	struct asked now;
	char all[32];
	uint64_t carries;
} part[2];

static void ask(struct ocs_driver *d, char kind, const struct ocs_service *svc,
		uint64_t op, ocs_driver_done_f done, void *arg)
{
	struct part *p = (struct part *) d;

	p->now = (struct asked) { .kind = kind, .svc = *svc, .op = op,
				  .done = done, .arg = arg };
	strcpy(p->now.port[0], svc->port_a ? svc->port_a : "");
	strcpy(p->now.port[1], svc->port_z ? svc->port_z : "");
	p->all[strlen(p->all)] = kind;
}

static void hand_create(struct ocs_driver *d, const struct ocs_service *svc,
			uint64_t op, ocs_driver_done_f done, void *arg)
{
	ask(d, 'C', svc, op, done, arg);
}

static void hand_remove(struct ocs_driver *d, const struct ocs_service *svc,
			uint64_t op, ocs_driver_done_f done, void *arg)
{
	ask(d, 'R', svc, op, done, arg);
}

static void hand_look(struct ocs_driver *d, const struct ocs_service *svc,
		      uint64_t op, ocs_driver_done_f done, void *arg)
{
	ask(d, 'L', svc, op, done, arg);
}

static void hand_resize(struct ocs_driver *d, const struct ocs_service *svc,
			uint64_t op, ocs_driver_done_f done, void *arg)
{
	ask(d, 'S', svc, op, done, arg);
}

static bool hand_real(struct ocs_driver *d, const struct ocs_service *svc,
		      struct ocs_real *real)
{
	memset(real, 0, sizeof(*real));
	real->rate_bps = ((struct part *) d)->carries;
	return true;
}

static int hand_start(struct ocs_driver *d, const struct ocs_driver_watch *w,
		      struct ocs_error *err)
{
	return 0;
}

static void hand_nothing(struct ocs_driver *d)
{
}

static const struct ocs_driver_ops hand_ops = {
	.name = "hand", .start = hand_start, .stop = hand_nothing,
	.destroy = hand_nothing, .create = hand_create,
	.remove = hand_remove, .look = hand_look, .resize = hand_resize,
	.real = hand_real,
};

/* ---- what the mux says ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool told;
static enum ocs_outcome told_outcome;
static enum ocs_light told_light;
static char told_cause[256], told_id[64];

static void on_done(void *arg, const char *id, uint64_t op,
		    enum ocs_outcome outcome, enum ocs_light light,
		    const char *cause)
{
	pthread_mutex_lock(&lock);
	told = true;
	told_outcome = outcome;
	told_light = light;
	snprintf(told_cause, sizeof(told_cause), "%s", cause);
	snprintf(told_id, sizeof(told_id), "%s", id);
	pthread_mutex_unlock(&lock);
}

static bool was_told(void)
{
	bool yes;

	pthread_mutex_lock(&lock);
	yes = told;
	pthread_mutex_unlock(&lock);
	return yes;
}

/* Within 5 s: true. */
static bool is_told(void)
{
	uint64_t until = ocs_clock_mono_ms() + 5000;
	struct timespec ts = { .tv_nsec = 1000000 };

	while (!was_told() && ocs_clock_mono_ms() < until)
		nanosleep(&ts, NULL);
	return was_told();
}

static struct ocs_driver *mux;

/* a - m - z: the first link is part 0's, the second part 1's. */
static struct ocs_service service(void)
{
	struct ocs_service svc = { .id = ID, .a = "a", .z = "z",
				   .port_a = "a-1", .port_z = "z-1",
				   .rate_bps = 400 * G, .nhops = 2,
				   .hop = { "am", "mz" } };

	return svc;
}

static void begin(char kind, uint64_t rate_bps)
{
	struct ocs_service svc = service();

	for (unsigned int i = 0; i < 2; i++) {
		memset(&part[i].now, 0, sizeof(part[i].now));
		memset(part[i].all, 0, sizeof(part[i].all));
		part[i].carries = 400 * G;
	}
	told = false;
	svc.rate_bps = rate_bps;
	if (kind == 'C')
		mux->ops->create(mux, &svc, 7, on_done, NULL);
	else if (kind == 'R')
		mux->ops->remove(mux, &svc, 7, on_done, NULL);
	else if (kind == 'S')
		mux->ops->resize(mux, &svc, 7, on_done, NULL);
	else
		mux->ops->look(mux, &svc, 7, on_done, NULL);
}

static void say(unsigned int p, enum ocs_outcome outcome, enum ocs_light light,
		const char *cause)
{
	struct asked a = part[p].now;

	part[p].now.kind = 0;
	a.done(a.arg, a.svc.id, a.op, outcome, light, cause);
}

static void test_whole(void)
{
	begin('C', 400 * G);
	is_str(part[0].now.svc.id, ID, "a piece has the service's id");
	is_str(part[1].now.svc.id, ID, "so has the other driver's");
	is_str(part[0].now.port[0], "a-1", "the first piece begins at its port");
	is_str(part[0].now.port[1], "", "and ends at none");
	is_str(part[1].now.port[0], "", "the last begins at none");
	is_str(part[1].now.port[1], "z-1", "and ends at its port");
	say(0, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
	ok(!was_told(), "half of it is not it");
	say(1, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
	ok(is_told() && told_outcome == OCS_DRV_DONE, "all of it is");
	is_str(told_id, ID, "told of the service");
}

/* Part 1 answers its piece with OUTCOME when part 0's is there. */
static void test_undo(enum ocs_outcome outcome, enum ocs_outcome undone,
		      enum ocs_outcome want, const char *name)
{
	bool knows = outcome == OCS_DRV_REFUSED;

	begin('C', 400 * G);
	say(0, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
	say(1, outcome, OCS_LIGHT_DARK, "no");
	ok(!was_told(), "%s: nobody hears of it yet", name);
	is_str(part[0].all, "CR", "%s: what was built is taken down", name);
	is_str(part[1].all, knows ? "C" : "CR",
	       "%s: %s", name, knows ? "what was refused is not" :
				       "what may have been built, too");
	if (!knows)
		say(1, OCS_DRV_DONE, OCS_LIGHT_ABSENT, "");
	ok(!was_told(), "%s: not before it is gone", name);
	say(0, undone, OCS_LIGHT_ABSENT, "stuck");
	ok(is_told() && told_outcome == want, "%s: then it is told", name);
	is_str(told_cause, "no", "%s: with its cause", name);
}

/* Part 0 fails first, while part 1 is still at it. */
static void test_late(void)
{
	begin('C', 400 * G);
	say(0, OCS_DRV_REFUSED, OCS_LIGHT_ABSENT, "full");
	is_str(part[1].all, "C", "one is still being built");
	ok(!was_told(), "so nothing is told");
	say(1, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
	is_str(part[1].all, "CR", "it is taken down when it is there");
	say(1, OCS_DRV_DONE, OCS_LIGHT_ABSENT, "");
	ok(is_told() && told_outcome == OCS_DRV_REFUSED, "then it is refused");
}

static void test_resize(void)
{
	begin('S', 800 * G);
	say(0, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
	say(1, OCS_DRV_REFUSED, OCS_LIGHT_LIT, "full");
	ok(!was_told(), "resize: one refused, nobody hears of it yet");
	is_str(part[0].all, "SS", "resize: the other goes back");
	is_num(part[0].now.svc.rate_bps, 400 * G, "to what it carried");
	say(0, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
	ok(is_told() && told_outcome == OCS_DRV_REFUSED, "then it is refused");
	begin('S', 800 * G);
	say(0, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
	say(1, OCS_DRV_REFUSED, OCS_LIGHT_LIT, "full");
	say(0, OCS_DRV_FAULT, OCS_LIGHT_LIT, "stuck");
	ok(is_told() && told_outcome == OCS_DRV_FAULT,
	   "one that can't go back is a fault");
}

/* A removal comes while it is undone: its answers are nobody's. */
static void test_overtaken(void)
{
	struct asked undo;

	begin('C', 400 * G);
	say(0, OCS_DRV_DONE, OCS_LIGHT_LIT, "");
	say(1, OCS_DRV_FAULT, OCS_LIGHT_DARK, "no");
	undo = part[0].now;
	begin('R', 400 * G);
	ok(is_told() && told_outcome == OCS_DRV_ABORTED,
	   "a removal overtakes a set-up that is being undone");
	told = false;
	undo.done(undo.arg, undo.svc.id, undo.op, OCS_DRV_DONE,
		  OCS_LIGHT_ABSENT, "");
	ok(!was_told(), "what is answered to that is nobody's");
	say(0, OCS_DRV_DONE, OCS_LIGHT_ABSENT, "");
	say(1, OCS_DRV_DONE, OCS_LIGHT_ABSENT, "");
	ok(is_told() && told_outcome == OCS_DRV_DONE, "it is removed");
}

static void test_look(void)
{
	static const struct {
		enum ocs_light x, z, whole;
		const char *name;
	} row[] = {
		{ OCS_LIGHT_LIT, OCS_LIGHT_LIT, OCS_LIGHT_LIT, "lit" },
		{ OCS_LIGHT_ABSENT, OCS_LIGHT_ABSENT, OCS_LIGHT_ABSENT,
		  "absent" },
		{ OCS_LIGHT_LIT, OCS_LIGHT_ABSENT, OCS_LIGHT_BUILDING,
		  "a part only" },
		{ OCS_LIGHT_LIT, OCS_LIGHT_DARK, OCS_LIGHT_DARK, "dark" },
		{ OCS_LIGHT_LIT, OCS_LIGHT_TEARING, OCS_LIGHT_TEARING,
		  "being taken down" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin('L', 400 * G);
		say(0, OCS_DRV_DONE, row[i].x, "");
		say(1, OCS_DRV_DONE, row[i].z, "");
		ok(is_told() && told_light == row[i].whole, "look: %s",
		   row[i].name);
	}
}

int main(void)
{
	static const char *const names[] = { "a", "m", "z" };
	static const struct line lines[] = {
		{ "am", 0, 1, 1600, 0, 0, 100, false, false },
		{ "mz", 1, 2, 1600, 0, 0, 100, false, false },
	};
	static const unsigned int of_link[] = { 0, 1 };
	const struct ocs_driver_watch none = { 0 };
	struct ocs_driver *drv[2] = { &part[0].drv, &part[1].drv };
	struct ocs_error err = { 0 };
	struct ocs_net net;

	GRAPH(&net, 3, names, lines);
	part[0].drv.ops = part[1].drv.ops = &hand_ops;
	mux = ocs_driver_mux_create(drv, 2, &net, of_link, &err);
	if (!ok(mux && mux->ops->start(mux, &none, &err) == 0, "two drivers: %s",
		err.text))
		return tap_done();
	test_whole();
	test_undo(OCS_DRV_REFUSED, OCS_DRV_DONE, OCS_DRV_REFUSED, "refused");
	test_undo(OCS_DRV_FAULT, OCS_DRV_DONE, OCS_DRV_FAULT, "a fault");
	test_undo(OCS_DRV_LOST, OCS_DRV_DONE, OCS_DRV_LOST, "no answer");
	test_undo(OCS_DRV_REFUSED, OCS_DRV_LOST, OCS_DRV_FAULT,
		  "refused, and what was built can't be taken down");
	test_late();
	test_resize();
	test_overtaken();
	test_look();
	mux->ops->destroy(mux);
	ocs_net_fini(&net);
	return tap_done();
}
