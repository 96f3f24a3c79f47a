# SPDX-License-Identifier: GPL-2.0-or-later
# Pure code: libc only.
noinst_LTLIBRARIES += common/libcore.la
common_libcore_la_SOURCES = \
	common/core/attach.c common/core/attach.h \
	common/core/bill.c common/core/bill.h \
	common/core/books.c common/core/books.h \
	common/core/calendar.c common/core/calendar.h \
	common/core/defaults.h \
	common/core/earliest.c \
	common/core/error.c common/core/error.h \
	common/core/facts.c common/core/facts.h \
	common/core/figure.c common/core/figure.h \
	common/core/hints.c common/core/hints.h \
	common/core/hunt.c common/core/hunt.h \
	common/core/lease.c common/core/lease.h common/core/maint.h \
	common/core/net.c common/core/net.h \
	common/core/paths.c common/core/paths.h \
	common/core/place.c common/core/place.h \
	common/core/plan.c \
	common/core/promises.c common/core/promises.h \
	common/core/signal.c common/core/signal.h \
	common/core/strand.c common/core/strand.h \
	common/core/request.c common/core/request.h \
	common/core/scan.h \
	common/core/sets.c common/core/sets.h \
	common/core/steps.c common/core/steps.h \
	common/core/units.c common/core/units.h \
	common/core/why.c

check_PROGRAMS += tests/unit/t_paths_brute
tests_unit_t_paths_brute_SOURCES = tests/unit/t_paths_brute.c tests/unit/tap.h
tests_unit_t_paths_brute_LDADD = common/libcore.la

core_tests = tests/unit/t_error tests/unit/t_bill tests/unit/t_figure tests/unit/t_units tests/unit/t_request \
	tests/unit/t_net tests/unit/t_plan tests/unit/t_place \
	tests/unit/t_lease tests/unit/t_hints tests/unit/t_calendar \
	tests/unit/t_promises tests/unit/t_strand
check_PROGRAMS += $(core_tests)
core_nomem_ldflags = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
tests_unit_t_error_SOURCES = tests/unit/t_error.c tests/unit/tap.h
tests_unit_t_error_LDADD = common/libcore.la
tests_unit_t_bill_SOURCES = tests/unit/t_bill.c tests/unit/tap.h
tests_unit_t_bill_LDADD = common/libcore.la -lm
tests_unit_t_figure_SOURCES = tests/unit/t_figure.c tests/unit/tap.h
tests_unit_t_figure_LDADD = common/libcore.la
tests_unit_t_units_SOURCES = tests/unit/t_units.c tests/unit/tap.h
tests_unit_t_units_LDADD = common/libcore.la
tests_unit_t_request_SOURCES = tests/unit/t_request.c tests/unit/tap.h
tests_unit_t_request_LDADD = common/libcore.la
tests_unit_t_hints_SOURCES = tests/unit/t_hints.c tests/unit/tap.h
tests_unit_t_hints_LDADD = common/libcore.la
tests_unit_t_lease_SOURCES = tests/unit/t_lease.c tests/unit/nomem.h \
	tests/unit/tap.h
tests_unit_t_lease_LDFLAGS = $(core_nomem_ldflags)
tests_unit_t_lease_LDADD = common/libcore.la
tests_unit_t_strand_SOURCES = tests/unit/t_strand.c tests/unit/graph.h \
	tests/unit/tap.h
tests_unit_t_strand_LDADD = common/libcore.la
tests_unit_t_net_SOURCES = tests/unit/t_net.c tests/unit/graph.h \
	tests/unit/nomem.h tests/unit/tap.h
tests_unit_t_net_LDFLAGS = $(core_nomem_ldflags)
tests_unit_t_net_LDADD = common/libcore.la
tests_unit_t_plan_SOURCES = tests/unit/t_plan.c tests/unit/graph.h \
	tests/unit/nomem.h tests/unit/tap.h
tests_unit_t_plan_LDFLAGS = $(core_nomem_ldflags)
tests_unit_t_plan_LDADD = common/libcore.la
tests_unit_t_place_SOURCES = tests/unit/t_place.c tests/unit/graph.h \
	tests/unit/nomem.h tests/unit/tap.h
tests_unit_t_place_LDFLAGS = $(core_nomem_ldflags)
tests_unit_t_place_LDADD = common/libcore.la

# make bench-place: what placing costs; no part of make check
EXTRA_PROGRAMS += tests/bench/place
CLEANFILES += tests/bench/place
tests_bench_place_SOURCES = tests/bench/place.c tests/unit/graph.h \
	tests/unit/tap.h
tests_bench_place_LDADD = common/libcore.la
.PHONY: bench-place
bench-place: tests/bench/place$(EXEEXT)
	@tests/bench/place$(EXEEXT)
tests_unit_t_calendar_SOURCES = tests/unit/t_calendar.c tests/unit/graph.h \
	tests/unit/nomem.h tests/unit/tap.h
tests_unit_t_calendar_LDFLAGS = $(core_nomem_ldflags)
tests_unit_t_calendar_LDADD = common/libcore.la
tests_unit_t_promises_SOURCES = tests/unit/t_promises.c tests/unit/graph.h \
	tests/unit/nomem.h tests/unit/tap.h
tests_unit_t_promises_LDFLAGS = $(core_nomem_ldflags)
tests_unit_t_promises_LDADD = common/libcore.la
