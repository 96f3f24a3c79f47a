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
.PHONY: bench-agent
bench-agent: tests/bench/agent$(EXEEXT) agent/opticald$(EXEEXT)
	@ulimit -n 8192; $(top_srcdir)/tests/bench/run.sh \
		$(abs_builddir)/tests/bench/agent$(EXEEXT) \
		$(abs_builddir)/agent/opticald$(EXEEXT) $(BENCH_PARTS)
