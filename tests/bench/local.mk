# SPDX-License-Identifier: GPL-2.0-or-later
# make bench-agent: the agent beside its building blocks. Built by make check,
# run by nobody but people: no test depends on how fast a machine is.
check_PROGRAMS += tests/bench/agent
tests_bench_agent_SOURCES = tests/bench/agent.c tests/bench/bare.c \
	tests/bench/bench.h tests/bench/large.c tests/bench/load.c \
	tests/bench/site.c
tests_bench_agent_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS) $(SQLITE_CFLAGS)
tests_bench_agent_LDADD = $(agent_libs)
EXTRA_DIST += tests/bench/run.sh
# For LD_PRELOAD: -rpath makes it a shared one.
check_LTLIBRARIES += tests/fake/slow_sync.la
tests_fake_slow_sync_la_SOURCES = tests/fake/slow_sync.c
tests_fake_slow_sync_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere
tests_fake_slow_sync_la_LIBADD = -ldl
.PHONY: bench-agent
bench-agent: tests/bench/agent$(EXEEXT) agent/opticald$(EXEEXT) \
		tests/fake/slow_sync.la
	@ulimit -n 8192; OCS_SLOW_SYNC=$(abs_builddir)/tests/fake/.libs/slow_sync.so \
		$(top_srcdir)/tests/bench/run.sh \
		$(abs_builddir)/tests/bench/agent$(EXEEXT) \
		$(abs_builddir)/agent/opticald$(EXEEXT) $(BENCH_PARTS)

# make bench-scheduler: Slurm with and without us, on real clusters; what is
# installed is measured.
EXTRA_DIST += tests/bench/scheduler.py tests/bench/bed.py
check_LTLIBRARIES += tests/fake/time_job_test.la
tests_fake_time_job_test_la_SOURCES = tests/fake/time_job_test.c
tests_fake_time_job_test_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere
tests_fake_time_job_test_la_LIBADD = -ldl
.PHONY: bench-scheduler
bench-scheduler: tests/fake/time_job_test.la
	@ulimit -n $$(ulimit -Hn); PYTHONDONTWRITEBYTECODE=1 \
		python3 $(top_srcdir)/tests/bench/scheduler.py \
		--inst=$${OCS_INST:-$(prefix)} \
		--time-job-test=$(abs_builddir)/tests/fake/.libs/time_job_test.so \
		$(BENCH_PARTS)
# What the plugins cost those who ask for nothing: two clusters, as root.
EXTRA_DIST += tests/bench/clients.sh tests/bench/clients.py
.PHONY: bench-clients
bench-clients:
	@OCS_INST=$${OCS_INST:-$(prefix)} $(top_srcdir)/tests/bench/clients.sh $(BENCH_ROUNDS)
