# SPDX-License-Identifier: GPL-2.0-or-later
# core + the operating system: configuration, clock. Never logs.
noinst_LTLIBRARIES += common/libsys.la
common_libsys_la_SOURCES = \
	common/sys/agent_url.c common/sys/agent_url.h \
	common/sys/clock.c common/sys/clock.h \
	common/sys/conf_optical.c common/sys/conf_optical.h \
	common/sys/kvfile.c common/sys/kvfile.h common/sys/kvvalue.c \
	common/sys/shadow.c common/sys/shadow.h

check_PROGRAMS += tests/unit/t_conf
tests_unit_t_conf_SOURCES = tests/unit/t_conf.c tests/unit/nomem.h \
	tests/unit/tap.h
tests_unit_t_conf_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
tests_unit_t_conf_LDADD = common/libsys.la common/libcore.la
