# SPDX-License-Identifier: GPL-2.0-or-later
# The file names are Slurm's: select_<type>.so. No DT_NEEDED beyond libc:
# on 22.05 and 24.11 every Slurm client loads this plugin.
EXTRA_DIST += plugins/select/select.map plugins/select/slurm_compat.h \
	plugins/select/hooks.h plugins/select/select_2205.c \
	plugins/select/place_job.c
if HAVE_SLURM_SRC
slurmplugin_LTLIBRARIES += plugins/select/select_cons_tres_optical.la
plugins_select_select_cons_tres_optical_la_SOURCES = \
	plugins/select/hooks.h \
	plugins/select/place_job.c \
	plugins/select/slurm_compat.h
if SLURM_API_2205
plugins_select_select_cons_tres_optical_la_SOURCES += \
	plugins/select/select_2205.c
endif
plugins_select_select_cons_tres_optical_la_CPPFLAGS = $(AM_CPPFLAGS) \
	$(SLURM_SRC_CPPFLAGS)
plugins_select_select_cons_tres_optical_la_LDFLAGS = $(AM_LDFLAGS) \
	-module -avoid-version -shared -Wl,-z,lazy -Wl,--exclude-libs,ALL \
	-Wl,--version-script=$(srcdir)/plugins/select/select.map
plugins_select_select_cons_tres_optical_la_LIBADD = common/libcore.la
endif
