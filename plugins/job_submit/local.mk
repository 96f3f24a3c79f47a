# SPDX-License-Identifier: GPL-2.0-or-later
# The decisions alone, so that they can be tested without Slurm.
check_PROGRAMS += tests/unit/t_submit_logic
tests_unit_t_submit_logic_SOURCES = tests/unit/t_submit_logic.c \
	plugins/job_submit/limits.c plugins/job_submit/limits.h \
	plugins/job_submit/logic.c plugins/job_submit/logic.h \
	plugins/job_submit/network.c plugins/job_submit/network.h
tests_unit_t_submit_logic_LDADD = common/libsys.la common/libcore.la

# job_modify looks into the job record, which only Slurm's source declares.
submit_versions = plugins/job_submit/submit_2205.c \
	plugins/job_submit/submit_2302.c plugins/job_submit/submit_2311.c
EXTRA_DIST += plugins/job_submit/job_submit.map $(submit_versions)
if HAVE_SLURM_SRC
slurmplugin_LTLIBRARIES += plugins/job_submit/job_submit_optical.la
plugins_job_submit_job_submit_optical_la_SOURCES = \
	plugins/job_submit/job_submit_optical.c \
	plugins/job_submit/library.c plugins/job_submit/library.h \
	plugins/job_submit/limits.c plugins/job_submit/limits.h \
	plugins/job_submit/logic.c plugins/job_submit/logic.h \
	plugins/job_submit/network.c plugins/job_submit/network.h \
	plugins/job_submit/submit_compat.h
# One of these, by what configure has found.
EXTRA_plugins_job_submit_job_submit_optical_la_SOURCES = $(submit_versions)
plugins_job_submit_job_submit_optical_la_CPPFLAGS = $(AM_CPPFLAGS) \
	$(SLURM_SRC_CPPFLAGS)
plugins_job_submit_job_submit_optical_la_LDFLAGS = $(plugin_ldflags) \
	-shared -Wl,-z,lazy -Wl,--exclude-libs,ALL \
	-Wl,--version-script=$(srcdir)/plugins/job_submit/job_submit.map
plugins_job_submit_job_submit_optical_la_LIBADD = \
	plugins/job_submit/job_submit_optical_la-submit_$(SUBMIT_API).lo common/libsys.la \
	common/libcore.la
EXTRA_plugins_job_submit_job_submit_optical_la_DEPENDENCIES = \
	plugins/job_submit/job_submit.map
endif
