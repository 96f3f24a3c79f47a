# SPDX-License-Identifier: GPL-2.0-or-later
# opticalctl: common only, never Slurm. What tests need of it is a library.
noinst_LTLIBRARIES += cli/libctl.la
cli_libctl_la_SOURCES = \
	cli/hostlist.c cli/hostlist.h \
	cli/when.c cli/when.h \
	cli/slurmconf.c cli/slurmconf.h \
	cli/table.c cli/table.h \
	cli/why.h cli/why_parse.c

bin_PROGRAMS += cli/opticalctl
cli_opticalctl_SOURCES = cli/act.c cli/bill.c \
	cli/check.c cli/check.h cli/check_net.c cli/check_slurm.c \
	cli/check_topology.c \
	cli/compute.c cli/ctl.h cli/gate.c cli/lease.c cli/main.c \
	cli/maint.c cli/modify.c cli/node.c \
	cli/report.c cli/report.h cli/show.c cli/talk.c cli/why.c
cli_opticalctl_CPPFLAGS = $(AM_CPPFLAGS) \
	-DCTL_SLURM_CONF_DEFAULT=\"/etc/slurm/slurm.conf\" \
	-DCTL_SLURMPLUGINDIR=\"$(slurmplugindir)\"
cli_opticalctl_LDADD = cli/libctl.la common/libnet.la common/libhttps.la \
	common/libwire.la common/libsys.la common/libcore.la \
	common/libnode.la $(CURL_LIBS) $(JSON_LIBS) $(MUNGE_LIBS) $(HWLOC_LIBS)

check_PROGRAMS += tests/unit/t_ctl
tests_unit_t_ctl_SOURCES = tests/unit/t_ctl.c
tests_unit_t_ctl_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
tests_unit_t_ctl_LDADD = cli/libctl.la common/libsys.la common/libcore.la
EXTRA_DIST += tests/fake/canned-agent
