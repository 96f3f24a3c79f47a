// SPDX-License-Identifier: GPL-2.0-or-later
/* figure.c: which number counts, by table */
#include "common/core/figure.h"
#include "tests/unit/tap.h"

#define NOW INT64_C(1700000000000)
#define AGE 600
#define CONF { true, OCS_SOURCE_CONFIGURED, 0, 100, 0 }
#define COMP { true, OCS_SOURCE_COMPUTED, 0, 100, 0 }
#define REPT(us, ago_s) \
	{ true, OCS_SOURCE_REPORTED, 0, us, NOW - (ago_s) * INT64_C(1000) }
#define MEAS(us, valid_s, ago_s) \
	{ true, OCS_SOURCE_MEASURED, valid_s, us, NOW - (ago_s) * INT64_C(1000) }
#define NONE { false, OCS_SOURCE_MEASURED, 0, 1, NOW }

static const struct {
	const char *what;
	struct ocs_figure f[3];
	int best;
} table[] = {
	{ "nothing is known", { NONE, NONE, NONE }, -1 },
	{ "configured alone", { CONF, NONE, NONE }, 0 },
	{ "computed alone", { COMP, NONE, NONE }, 0 },
	{ "reported beats configured", { CONF, REPT(90, 1), NONE }, 1 },
	{ "reported beats computed", { COMP, REPT(90, 1), NONE }, 1 },
	{ "however old", { CONF, REPT(90, 9999999), NONE }, 1 },
	{ "measured beats configured", { CONF, NONE, MEAS(80, 60, 1) }, 2 },
	{ "measured beats reported", { CONF, REPT(90, 0), MEAS(80, 60, 1) }, 2 },
	{ "also when it is older", { CONF, REPT(90, 0), MEAS(80, 60, 59) }, 2 },
	{ "in any order", { MEAS(80, 60, 59), REPT(90, 0), CONF }, 0 },
	{ "too old: reported", { CONF, REPT(90, 0), MEAS(80, 60, 60) }, 1 },
	{ "too old: configured", { CONF, NONE, MEAS(80, 60, 61) }, 0 },
	{ "older than the agent lets it be",
	  { CONF, NONE, MEAS(80, 86400, AGE) }, 0 },
	{ "not yet", { CONF, NONE, MEAS(80, 86400, AGE - 1) }, 2 },
	{ "for ever is for as long as the agent lets it",
	  { CONF, NONE, MEAS(80, 0, AGE) }, 0 },
	{ "the newer of two", { CONF, MEAS(70, 60, 9), MEAS(80, 60, 3) }, 2 },
	{ "in any order", { CONF, MEAS(70, 60, 3), MEAS(80, 60, 9) }, 1 },
	{ "the newer that counts",
	  { CONF, MEAS(70, 2, 3), MEAS(80, 60, 9) }, 2 },
	{ "all are too old", { MEAS(1, 1, 9), MEAS(2, 1, 9), NONE }, -1 },
};

static void test_best(void)
{
	struct ocs_figure odd = MEAS(1, UINT32_MAX, 0);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		is_num(ocs_figure_best(table[i].f, 3, NOW, AGE),
		       table[i].best, "%s", table[i].what);
	is_num(ocs_figure_best(table[0].f, 0, NOW, AGE), -1, "of none");
	odd.time_ms = INT64_MAX;
	is_num(ocs_figure_until_ms(&odd, 0), INT64_MAX, "times don't wrap");
	is_num(ocs_figure_until_ms(&table[9].f[0], 0), NOW + 1000,
	       "without a bound of the agent's");
	is_num(ocs_figure_until_ms(&table[3].f[1], 1), INT64_MAX,
	       "which is for measurements alone");
}

static void test_physical(void)
{
	ok(!ocs_figure_physical(0, 0), "0 us is not known");
	ok(ocs_figure_physical(1, 0), "without a length all else may be");
	ok(!ocs_figure_physical(99, 100), "faster than light");
	ok(ocs_figure_physical(100, 100), "as fast as light");
	ok(ocs_figure_physical(OCS_LATENCY_MAX_US, 100), "10 s");
	ok(!ocs_figure_physical(OCS_LATENCY_MAX_US + 1, 100), "more");
	ok(!ocs_figure_physical(12345678, 100), "12345678");
}

static void test_alike(void)
{
	struct ocs_figure a = REPT(5, 0), b = REPT(5, 9), c = REPT(6, 0);
	struct ocs_figure none = NONE;
	const struct ocs_figure *f[3] = { &a, &b, &a };

	ok(ocs_figures_alike(f, 3), "three are");
	ok(ocs_figures_alike(f, 2), "two are");
	ok(!ocs_figures_alike(f, 1), "one can't be");
	ok(!ocs_figures_alike(f, 0), "nor none");
	f[2] = &c;
	ok(!ocs_figures_alike(f, 3), "one is another");
	f[2] = &none;
	ok(!ocs_figures_alike(f, 3), "one is not known");
}

static void test_sum(void)
{
	static const struct ocs_figure hop[] = {
		MEAS(10, 60, 5), REPT(20, 9), COMP, CONF,
	};
	struct ocs_figure sum = { false };

	ocs_figure_add(&sum, &hop[0]);
	ok(sum.known && sum.us == 10 && sum.source == OCS_SOURCE_MEASURED &&
	   sum.time_ms == NOW - 5000, "of one hop");
	ocs_figure_add(&sum, &hop[1]);
	ok(sum.us == 30 && sum.source == OCS_SOURCE_REPORTED &&
	   sum.time_ms == NOW - 9000, "the weaker, the older");
	ocs_figure_add(&sum, &hop[0]);
	ok(sum.us == 40 && sum.source == OCS_SOURCE_REPORTED &&
	   sum.time_ms == NOW - 9000, "in any order");
	ocs_figure_add(&sum, &hop[2]);
	ok(sum.us == 140 && sum.source == OCS_SOURCE_COMPUTED &&
	   sum.time_ms == NOW - 9000, "what has no time has no age");
	ocs_figure_add(&sum, &hop[3]);
	ok(sum.us == 240 && sum.source == OCS_SOURCE_COMPUTED,
	   "computed and configured are alike");
}

int main(void)
{
	test_best();
	test_physical();
	test_alike();
	test_sum();
	return tap_done();
}
