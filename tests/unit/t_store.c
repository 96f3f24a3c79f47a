// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests the ledger: what is written is read, whole (I2), by one agent. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store.h"
#include "tests/unit/tap.h"

static char dir[] = "/tmp/ocs-t_store.XXXXXX";
static char path[64];

/* A lease with every member set. */
static struct ocs_lease *full(unsigned int n)
{
	struct ocs_lease *l = ocs_lease_create();

	snprintf(l->id, sizeof(l->id), "%032x", n);
	strcpy(l->cluster, "alpha");
	l->job_id = n;
	l->user_id = 1000;
	strcpy(l->user, "anna");
	l->submit_s = 1714557700;
	l->restart_cnt = 2;
	l->end_s = 1714561300;
	l->controller_epoch = 7;
	l->nsites = 2;
	strcpy(l->site[0].name, "paris");
	l->site[0].nodes = strdup("par[001-004]");
	strcpy(l->site[1].name, "lyon");
	l->site[1].nodes = strdup("lyo1");
	l->ncircuits = 1;
	l->circuit = calloc(1, sizeof(*l->circuit));
	strcpy(l->circuit[0].a, "paris");
	strcpy(l->circuit[0].z, "lyon");
	l->circuit[0].requested_bps = 400000000000;
	l->circuit[0].granted_bps = 200000000000;
	l->circuit[0].max_latency_us = 5000;
	l->circuit[0].latency_us = 2274;
	l->circuit[0].nhops = 2;
	strcpy(l->circuit[0].hop[0], "par-dij");
	strcpy(l->circuit[0].hop[1], "dij-lyo");
	l->circuit[0].prov = OCS_RELEASING;
	l->circuit[0].data = OCS_IMPAIRED;
	l->circuit[0].up_ms = 1714557723045;
	l->resv = OCS_FAILED;
	l->blame = OCS_BLAME_FAULT;
	strcpy(l->cause, "it said \"no\" \\ and left");
	l->held_ms = 1714557720000 + n;
	l->committed_ms = 1714557720040;
	l->active_ms = 1714557723045;
	l->ended_ms = 1714557730000;
	return l;
}

static int put(struct ocs_store *s, const struct ocs_lease *l)
{
	char *json = ocs_wire_encode_lease(l);
	int rc = ocs_store_lease_put(s, l, json, NULL);

	free(json);
	return rc;
}

static int count_lease(struct ocs_lease *l, void *arg, struct ocs_error *err)
{
	unsigned int *n = arg;

	++*n;
	ocs_lease_destroy(l);
	return 0;
}

static int count_cluster(const struct ocs_store_cluster *c, void *arg)
{
	struct ocs_store_cluster *out = arg;

	*out = *c;
	return 0;
}

static int count_removal(const char *cluster, int64_t time_ms, void *arg)
{
	unsigned int *n = arg;

	++*n;
	return 0;
}

static void test_leases(struct ocs_store *s)
{
	struct ocs_lease *l = full(1), *got = NULL;
	char *want = ocs_wire_encode_lease(l), *have = NULL;
	struct ocs_error err;
	unsigned int n = 0;

	ok(ocs_store_begin(s, &err) == 0 && put(s, l) == 0 &&
	   ocs_store_end(s, &err) == 0, "a lease is written");
	ok(ocs_store_lease_get(s, l->id, &got, &err) == 0 && got, "and read");
	if (got)
		have = ocs_wire_encode_lease(got);
	is_str(have, want, "I2: all of it");
	ocs_lease_destroy(got);
	free(have);
	free(want);

	l->gone_ms = 5000;
	ocs_store_begin(s, NULL);
	put(s, l);
	ocs_store_undo(s);
	ocs_store_lease_get(s, l->id, &got, &err);
	ok(got && got->gone_ms == 0, "undone: as before");
	ocs_lease_destroy(got);
	ocs_store_undo(s);
	ok(ocs_store_lease_get(s, "nothing", &got, &err) == 0 && !got,
	   "what is not there is no error");

	ok(ocs_store_each_live(s, 9000, count_lease, &n, &err) == 0 && n == 1,
	   "one is not gone");
	ocs_store_begin(s, NULL);
	put(s, l);		/* now gone at 5000 */
	ocs_store_end(s, NULL);
	n = 0;
	ocs_store_each_live(s, 4999, count_lease, &n, &err);
	is_num(n, 1, "gone a moment ago: still shown");
	n = 0;
	ocs_store_each_live(s, 5000, count_lease, &n, &err);
	is_num(n, 0, "gone long ago: not shown");
	ocs_store_each_past(s, 5000, "", 0, 10, count_lease, &n, &err);
	is_num(n, 1, "but past");
	n = 0;
	ocs_store_each_past(s, 5000, "beta", 0, 10, count_lease, &n, &err);
	ocs_store_each_past(s, 5000, "alpha", 2, 10, count_lease, &n, &err);
	ocs_store_each_past(s, 5000, "alpha", 1, 0, count_lease, &n, &err);
	is_num(n, 0, "of another cluster, another job, beyond the limit");
	ocs_store_each_past(s, 5000, "alpha", 1, 1, count_lease, &n, &err);
	is_num(n, 1, "of this one");
	ocs_lease_destroy(l);
}

static void test_rest(struct ocs_store *s)
{
	struct ocs_event ev = { .time_ms = 7, .axis = "reservation",
		.from = "HELD", .to = "TERMINATED", .cause = "'; DROP --" };
	struct ocs_store_cluster c = { .name = "alpha", .epoch = 9,
		.brake = true }, got = { 0 };
	struct ocs_event *list = NULL;
	struct ocs_error err;
	unsigned int n = 0;

	ocs_store_begin(s, NULL);
	ok(ocs_store_event_add(s, "x", &ev, &err) == 0 &&
	   ocs_store_cluster_put(s, &c, &err) == 0 &&
	   ocs_store_removal_add(s, "alpha", 100, &err) == 0 &&
	   ocs_store_removal_add(s, "alpha", 200, &err) == 0 &&
	   ocs_store_tombstone_add(s, "old", 1000, 0, &err) == 0 &&
	   ocs_store_tombstone_add(s, "new", 2000, 1001, &err) == 0 &&
	   ocs_store_generation_put(s, UINT64_C(1) << 40, &err) == 0 &&
	   ocs_store_end(s, &err) == 0, "the rest is written");
	ok(ocs_store_events(s, "x", &list, &n, &err) == 0 && n == 1 &&
	   !memcmp(&list[0], &ev, sizeof(ev)), "events");
	free(list);
	ok(ocs_store_events(s, "y", &list, &n, &err) == 0 && n == 0,
	   "no events");
	free(list);
	ocs_store_clusters(s, count_cluster, &got, &err);
	ok(got.epoch == 9 && got.brake && !strcmp(got.name, "alpha"),
	   "clusters");
	n = 0;
	ocs_store_removals(s, count_removal, &n, &err);
	is_num(n, 2, "removals");
	ocs_store_removal_forget(s, "alpha", 100, &err);
	ocs_store_removal_forget(s, "beta", 900, &err);
	n = 0;
	ocs_store_removals(s, count_removal, &n, &err);
	is_num(n, 1, "the older one is forgotten");
	is_num(ocs_store_tombstone_has(s, "new", &err), 1, "a tombstone");
	is_num(ocs_store_tombstone_has(s, "old", &err), 0, "an old one is gone");
	ok(ocs_store_generation(s) == UINT64_C(1) << 40, "the generation");
}

/* Many transactions: the log is moved into the database, beside writers. */
static void test_log(struct ocs_store *s)
{
	struct ocs_lease *l = full(2);
	struct ocs_error err;
	char wal[80];
	struct stat st;
	bool good = true;

	for (unsigned int i = 0; i < 3000; i++) {
		snprintf(l->id, sizeof(l->id), "%032x", i + 10);
		good &= ocs_store_begin(s, &err) == 0 && put(s, l) == 0 &&
			ocs_store_end(s, &err) == 0;
		if (i % 10 == 0) {
			good &= ocs_store_sync(s, &err) == 0;
			ocs_store_checkpoint(s);
		}
	}
	ok(good, "3000 transactions");
	snprintf(wal, sizeof(wal), "%s-wal", path);
	ok(stat(wal, &st) == 0 && st.st_size < 16 << 20,
	   "the log does not grow for ever: %lld", (long long) st.st_size);
	ocs_lease_destroy(l);
}

/* Who got what: each once, whole. */
#define MANY 5000
static struct {
	unsigned int times[MANY + 1], n, stop_at;
	bool whole;
} seen;

static int see(struct ocs_lease *l, void *arg, struct ocs_error *err)
{
	struct ocs_lease *same = full(l->job_id);

	(void) arg;
	if (l->job_id <= MANY)
		seen.times[l->job_id]++;
	seen.whole = seen.whole && ocs_lease_same_request(l, same) &&
		     !strcmp(l->circuit[0].hop[1], "dij-lyo");
	ocs_lease_destroy(same);
	ocs_lease_destroy(l);
	if (++seen.n == seen.stop_at)
		return ocs_fail(err, OCS_BUSY, "enough");
	return 0;
}

static unsigned int most_times(void)
{
	unsigned int most = 0;

	for (unsigned int i = 0; i <= MANY; i++)
		if (seen.times[i] > most)
			most = seen.times[i];
	return most;
}

/* More leases than are read at a time. */
static void test_batches(void)
{
	char name[96];
	struct ocs_error err = { 0 };
	struct ocs_lease *l;
	struct ocs_store *s;

	snprintf(name, sizeof(name), "%s/many", dir);
	mkdir(name, 0700);
	snprintf(name, sizeof(name), "%s/many/ledger.db", dir);
	s = ocs_store_open(name, &err);
	ocs_store_begin(s, &err);
	for (unsigned int i = 1; i <= MANY; i++) {
		l = full(i);
		if (i % 7)	/* the others have something escaped */
			strcpy(l->cause, "plain");
		put(s, l);
		ocs_lease_destroy(l);
	}
	ok(ocs_store_end(s, &err) == 0, "%d leases are written", MANY);
	seen.whole = true;
	ok(ocs_store_each_live(s, 0, see, NULL, &err) == 0, "and read");
	is_num(seen.n, MANY, "all of them");
	is_num(most_times(), 1, "each once");
	ok(seen.whole, "and whole");

	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 4500;
	ok(ocs_store_each_live(s, 0, see, NULL, &err) < 0 &&
	   err.code == OCS_BUSY, "who has enough: %s", err.text);
	is_num(seen.n, 4500, "gets no more");

	l = full(4999);
	ocs_store_begin(s, &err);
	ocs_store_lease_put(s, l, "{\"id\":7}", &err);
	ocs_store_end(s, &err);
	ocs_lease_destroy(l);
	memset(&seen, 0, sizeof(seen));
	ok(ocs_store_each_live(s, 0, see, NULL, &err) < 0 &&
	   err.code == OCS_IO, "a lease that is none: %s", err.text);
	ok(seen.n < MANY && most_times() == 1, "%u before it", seen.n);
	memset(&seen, 0, sizeof(seen));
	ok(ocs_store_begin(s, &err) == 0, "the ledger goes on");
	ocs_store_undo(s);
	ocs_store_close(s);
}

int main(void)
{
	struct ocs_store *s, *second;
	struct ocs_error err = { 0 };
	char instance[OCS_LEASE_ID_MAX], text[128];
	unsigned int n = 0;
	struct stat st;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/ledger.db", dir);
	s = ocs_store_open(path, &err);
	if (!ok(s, "a new ledger %s", err.text))
		return 1;
	ok(ocs_lease_id_ok(ocs_store_instance(s)), "has an instance");
	is_num(ocs_store_fence(s), 1, "is opened for the first time");
	stat(path, &st);
	is_num(st.st_mode & 0777, 0600, "and private");
	second = ocs_store_open(path, &err);
	ok(!second && err.code == OCS_CONFLICT, "a second agent: %s", err.text);
	snprintf(text, sizeof(text), "%s/other.db", dir);
	second = ocs_store_open(text, &err);
	ok(!second && err.code == OCS_CONFLICT, "nor beside it: %s", err.text);
	test_leases(s);
	test_rest(s);
	test_log(s);
	strcpy(instance, ocs_store_instance(s));
	ocs_store_close(s);

	s = ocs_store_open(path, &err);
	if (!ok(s, "opened again %s", err.text))
		return 1;
	is_str(ocs_store_instance(s), instance, "the same instance");
	is_num(ocs_store_fence(s), 2, "the second time");
	ocs_store_each_live(s, 0, count_lease, &n, &err);
	is_num(n, 3001, "all leases are there");
	is_num(ocs_store_tombstone_has(s, "new", &err), 1, "tombstones, too");
	ocs_store_close(s);

	test_batches();
	ok(!ocs_store_open("/nonexistent/l.db", &err) && err.code == OCS_IO,
	   "no directory: %s", err.text);
	ok(truncate(path, 100) == 0 && !ocs_store_open(path, &err) &&
	   err.code == OCS_IO, "a torn file: %s", err.text);
	snprintf(text, sizeof(text), "rm -rf %s", dir);
	return system(text) ? 1 : tap_done();
}
