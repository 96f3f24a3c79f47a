# SPDX-License-Identifier: GPL-2.0-or-later
# The file names are Slurm's: select_<type>.so. No DT_NEEDED beyond libc:
# on 22.05 and 24.11 every Slurm client loads this plugin.
select_sources = \
	plugins/select/compute.c \
	plugins/select/hooks.h \
	plugins/select/jobinfo.c \
	plugins/select/kick.c \
	plugins/select/lib.c \
	plugins/select/optical.h \
	plugins/select/optical_token.h \
	plugins/select/overlay.c \
	plugins/select/place_job.c \
	plugins/select/reasons.c \
	plugins/select/recover.c \
	plugins/select/reserve.c \
	plugins/select/slurm_compat.h \
	plugins/select/table.c \
	plugins/select/token.c \
	plugins/select/worker.c
EXTRA_DIST += plugins/select/select.map plugins/select/select_2205.c \
	plugins/select/select_2411.c \
	$(select_sources)
if HAVE_SLURM_SRC
slurmplugin_LTLIBRARIES += plugins/select/select_cons_tres_optical.la
plugins_select_select_cons_tres_optical_la_SOURCES = $(select_sources) \
	common/wire/state.c
if SLURM_API_2205
plugins_select_select_cons_tres_optical_la_SOURCES += \
	plugins/select/select_2205.c
endif
if SLURM_API_2411
plugins_select_select_cons_tres_optical_la_SOURCES += \
	plugins/select/select_2411.c
endif
plugins_select_select_cons_tres_optical_la_CPPFLAGS = $(AM_CPPFLAGS) \
	$(SLURM_SRC_CPPFLAGS)
plugins_select_select_cons_tres_optical_la_LDFLAGS = $(AM_LDFLAGS) \
	-module -avoid-version -shared -Wl,-z,lazy -Wl,--exclude-libs,ALL \
	-Wl,--version-script=$(srcdir)/plugins/select/select.map
plugins_select_select_cons_tres_optical_la_LIBADD = common/libsys.la \
	common/libcore.la
endif

check_PROGRAMS += tests/unit/t_token
tests_unit_t_token_SOURCES = tests/unit/t_token.c tests/unit/tap.h \
	plugins/select/token.c plugins/select/optical_token.h
