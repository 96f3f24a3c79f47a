# SPDX-License-Identifier: GPL-2.0-or-later
# The decisions alone, so that they can be tested without Slurm.
check_PROGRAMS += tests/unit/t_hintenv
tests_unit_t_hintenv_SOURCES = tests/unit/t_hintenv.c \
	plugins/spank/hintenv.c plugins/spank/hintenv.h
tests_unit_t_hintenv_LDADD = common/libcore.la

EXTRA_DIST += plugins/spank/spank.map
if HAVE_SLURM_HEADERS
slurmplugin_LTLIBRARIES += plugins/spank/spank_optical.la
plugins_spank_spank_optical_la_SOURCES = \
	plugins/spank/spank_optical.c \
	plugins/spank/hints.c plugins/spank/hints.h \
	plugins/spank/hintenv.c plugins/spank/hintenv.h
plugins_spank_spank_optical_la_CPPFLAGS = $(AM_CPPFLAGS) $(SLURM_PUB_CPPFLAGS)
# A command that ends need not take it out of memory first.
plugins_spank_spank_optical_la_LDFLAGS = $(plugin_ldflags) -Wl,-z,nodelete \
	-Wl,--version-script=$(srcdir)/plugins/spank/spank.map
plugins_spank_spank_optical_la_LIBADD = common/libcore.la
EXTRA_plugins_spank_spank_optical_la_DEPENDENCIES = plugins/spank/spank.map
endif
