# SPDX-License-Identifier: GPL-2.0-or-later
# The file names are Slurm's: select_<type>.so. No DT_NEEDED beyond libc:
# on 22.05 and 24.11 every Slurm client loads this plugin.
select_sources = \
	plugins/select/broken.c \
	plugins/select/compute.c \
	plugins/select/expand.c \
	plugins/select/future.c \
	plugins/select/het.c \
	plugins/select/hooks.h \
	plugins/select/jobinfo.c \
	plugins/select/kick.c \
	plugins/select/lib.c \
	plugins/select/optical.h \
	plugins/select/optical_token.h \
	plugins/select/overlay.c \
	plugins/select/place_job.c \
	plugins/select/place_job.h \
	plugins/select/place_later.c \
	plugins/select/place_nodes.c \
	plugins/select/place_plain.c \
	plugins/select/reasons.c \
	plugins/select/recover.c \
	plugins/select/reserve.c \
	plugins/select/slurm_compat.h \
	plugins/select/stack.h \
	plugins/select/stack_code.h \
	plugins/select/stack_next.h \
	plugins/select/stack_old.h \
	plugins/select/stack_old_code.h \
	plugins/select/switch_off.c \
	plugins/select/table.c \
	plugins/select/token.c \
	plugins/select/victims.c \
	plugins/select/worker.c
select_versions = \
	plugins/select/select_2205.c \
	plugins/select/select_2302.c \
	plugins/select/select_2311.c \
	plugins/select/select_2405.c \
	plugins/select/select_2411.c \
	plugins/select/select_2505.c \
	plugins/select/select_2511.c \
	plugins/select/select_2605.c
EXTRA_DIST += plugins/select/select.map $(select_sources) $(select_versions)
if HAVE_SLURM_SRC
# All but the face to Slurm, which is compiled twice: for select_cons_tres_optical.so
# and for the one that is called as cons_tres (common/sys/shadow.h).
noinst_LTLIBRARIES += plugins/select/libselect.la
plugins_select_libselect_la_SOURCES = $(select_sources) common/wire/state.c
plugins_select_libselect_la_CPPFLAGS = $(AM_CPPFLAGS) $(SLURM_SRC_CPPFLAGS)

slurmplugin_LTLIBRARIES += plugins/select/select_cons_tres_optical.la
select_ldflags = $(plugin_ldflags) \
	-shared -Wl,-z,lazy -Wl,--exclude-libs,ALL \
	-Wl,--version-script=$(srcdir)/plugins/select/select.map
plugins_select_select_cons_tres_optical_la_SOURCES =
# One of these, by what configure has found.
EXTRA_plugins_select_select_cons_tres_optical_la_SOURCES = $(select_versions)
plugins_select_select_cons_tres_optical_la_CPPFLAGS = $(AM_CPPFLAGS) \
	$(SLURM_SRC_CPPFLAGS)
plugins_select_select_cons_tres_optical_la_LDFLAGS = $(select_ldflags)
plugins_select_select_cons_tres_optical_la_LIBADD = \
	plugins/select/select_cons_tres_optical_la-select_$(SLURM_API).lo \
	plugins/select/libselect.la common/libsys.la common/libcore.la

shadowdir = $(pkglibdir)/shadow
shadow_LTLIBRARIES = plugins/select/select_cons_tres.la
plugins_select_select_cons_tres_la_SOURCES =
EXTRA_plugins_select_select_cons_tres_la_SOURCES = $(select_versions)
plugins_select_select_cons_tres_la_CPPFLAGS = -DOCS_SHADOW $(AM_CPPFLAGS) \
	$(SLURM_SRC_CPPFLAGS)
plugins_select_select_cons_tres_la_LDFLAGS = $(select_ldflags)
plugins_select_select_cons_tres_la_LIBADD = \
	plugins/select/select_cons_tres_la-select_$(SLURM_API).lo \
	plugins/select/libselect.la common/libsys.la common/libcore.la
endif

check_PROGRAMS += tests/unit/t_token
tests_unit_t_token_SOURCES = tests/unit/t_token.c tests/unit/tap.h \
	plugins/select/token.c plugins/select/optical_token.h
