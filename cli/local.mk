# SPDX-License-Identifier: GPL-2.0-or-later
# opticalctl: common only, never Slurm. What tests need of it is a library.
noinst_LTLIBRARIES += cli/libctl.la
cli_libctl_la_SOURCES = \
	cli/hostlist.c cli/hostlist.h \
	cli/slurmconf.c cli/slurmconf.h \
	cli/table.c cli/table.h

check_PROGRAMS += tests/unit/t_ctl
tests_unit_t_ctl_SOURCES = tests/unit/t_ctl.c
tests_unit_t_ctl_LDADD = cli/libctl.la common/libsys.la common/libcore.la
