# SPDX-License-Identifier: GPL-2.0-or-later
# core + hwloc. Users add $(HWLOC_LIBS) themselves.
noinst_LTLIBRARIES += common/libnode.la
common_libnode_la_SOURCES = common/node/nic.c common/node/nic.h
common_libnode_la_CPPFLAGS = $(AM_CPPFLAGS) $(HWLOC_CFLAGS)

check_PROGRAMS += tests/unit/t_nic
tests_unit_t_nic_SOURCES = tests/unit/t_nic.c
tests_unit_t_nic_LDADD = common/libnode.la common/libcore.la $(HWLOC_LIBS)
