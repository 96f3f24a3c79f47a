# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets: what they test is compiled anew here, with ASan and UBSan,
# whatever the rest of the tree is compiled with. (Sanitizers make gcc warn of
# what is not there: no -Werror.)
fuzz_tests = tests/fuzz/0000-short.t tests/fuzz/0010-long.t
EXTRA_DIST += $(fuzz_tests) tests/fuzz/run.sh tests/fuzz/corpus
EXTRA_DIST += m4/fuzz.m4

if FUZZ
fuzz_san = -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer -Wno-error
fuzz_cflags = $(AM_CFLAGS) $(fuzz_san) $(OCS_FUZZ_CFLAGS)
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=address,undefined
fuzz_libs = $(JSON_LIBS) $(MHD_LIBS) $(SQLITE_LIBS) $(MUNGE_LIBS) -lpthread

check_LTLIBRARIES += tests/fuzz/libfuzzed.la
tests_fuzz_libfuzzed_la_SOURCES = tests/fuzz/fuzz.c tests/fuzz/fuzz.h \
	$(common_libcore_la_SOURCES) $(common_libwire_la_SOURCES) \
	$(common_libsys_la_SOURCES) $(cli_libctl_la_SOURCES) \
	$(agent_libagent_la_SOURCES) \
	common/net/http_parse.c common/net/http_parse.h \
	plugins/job_submit/limits.c plugins/job_submit/limits.h \
	plugins/job_submit/logic.c plugins/job_submit/logic.h \
	plugins/job_submit/network.c plugins/job_submit/network.h \
	plugins/select/token.c plugins/select/optical_token.h \
	plugins/spank/hintenv.c plugins/spank/hintenv.h
tests_fuzz_libfuzzed_la_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS) \
	$(MHD_CFLAGS) $(SQLITE_CFLAGS)
tests_fuzz_libfuzzed_la_CFLAGS = $(fuzz_cflags)

fuzz_ldadd = tests/fuzz/libfuzzed.la $(fuzz_libs)
if LIBFUZZER
fuzz_ldflags += $(OCS_FUZZ_LDFLAGS)
EXTRA_DIST += tests/fuzz/driver.c
else
check_LTLIBRARIES += tests/fuzz/libdriver.la
tests_fuzz_libdriver_la_SOURCES = tests/fuzz/driver.c tests/fuzz/fuzz.h
# before ASan is ready, its options are asked for and counted as code reached
tests_fuzz_libdriver_la_CFLAGS = $(AM_CFLAGS) -fno-sanitize=all
fuzz_ldadd += tests/fuzz/libdriver.la
endif

fuzz_targets = \
	tests/fuzz/f_api \
	tests/fuzz/f_attach \
	tests/fuzz/f_docs \
	tests/fuzz/f_exec \
	tests/fuzz/f_hintenv \
	tests/fuzz/f_hostlist \
	tests/fuzz/f_http \
	tests/fuzz/f_lease \
	tests/fuzz/f_ledger \
	tests/fuzz/f_optical_conf \
	tests/fuzz/f_opticald_conf \
	tests/fuzz/f_request \
	tests/fuzz/f_rows \
	tests/fuzz/f_simfile \
	tests/fuzz/f_slurmconf \
	tests/fuzz/f_state \
	tests/fuzz/f_submit \
	tests/fuzz/f_target \
	tests/fuzz/f_token \
	tests/fuzz/f_units \
	tests/fuzz/f_why
check_PROGRAMS += $(fuzz_targets)
fuzz_rig = tests/fuzz/rig.c tests/fuzz/rig.h tests/fuzz/fuzz.h
fuzz_rig_ldflags = $(fuzz_ldflags) -Wl,--wrap=ocs_log
tests_fuzz_f_api_SOURCES = tests/fuzz/f_api.c $(fuzz_rig)
tests_fuzz_f_api_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_api_LDFLAGS = $(fuzz_rig_ldflags)
tests_fuzz_f_api_LDADD = $(fuzz_ldadd)
tests_fuzz_f_docs_SOURCES = tests/fuzz/f_docs.c tests/fuzz/fuzz.h
tests_fuzz_f_docs_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_docs_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_docs_LDADD = $(fuzz_ldadd)
tests_fuzz_f_exec_SOURCES = tests/fuzz/f_exec.c tests/fuzz/fuzz.h
tests_fuzz_f_exec_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_exec_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_exec_LDADD = $(fuzz_ldadd)
tests_fuzz_f_hintenv_SOURCES = tests/fuzz/f_hintenv.c tests/fuzz/fuzz.h
tests_fuzz_f_hintenv_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_hintenv_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_hintenv_LDADD = $(fuzz_ldadd)
tests_fuzz_f_attach_SOURCES = tests/fuzz/f_attach.c tests/fuzz/fuzz.h
tests_fuzz_f_attach_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_attach_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_attach_LDADD = $(fuzz_ldadd)
tests_fuzz_f_hostlist_SOURCES = tests/fuzz/f_hostlist.c tests/fuzz/fuzz.h
tests_fuzz_f_hostlist_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_hostlist_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_hostlist_LDADD = $(fuzz_ldadd)
tests_fuzz_f_http_SOURCES = tests/fuzz/f_http.c tests/fuzz/fuzz.h
tests_fuzz_f_http_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_http_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_http_LDADD = $(fuzz_ldadd)
tests_fuzz_f_lease_SOURCES = tests/fuzz/f_lease.c tests/fuzz/fuzz.h
tests_fuzz_f_lease_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_lease_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_lease_LDADD = $(fuzz_ldadd)
tests_fuzz_f_ledger_SOURCES = tests/fuzz/f_ledger.c $(fuzz_rig)
tests_fuzz_f_ledger_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_ledger_LDFLAGS = $(fuzz_rig_ldflags)
tests_fuzz_f_ledger_LDADD = $(fuzz_ldadd)
tests_fuzz_f_optical_conf_SOURCES = tests/fuzz/f_optical_conf.c tests/fuzz/fuzz.h
tests_fuzz_f_optical_conf_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_optical_conf_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_optical_conf_LDADD = $(fuzz_ldadd)
tests_fuzz_f_opticald_conf_SOURCES = tests/fuzz/f_opticald_conf.c tests/fuzz/fuzz.h
tests_fuzz_f_opticald_conf_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_opticald_conf_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_opticald_conf_LDADD = $(fuzz_ldadd)
tests_fuzz_f_request_SOURCES = tests/fuzz/f_request.c tests/fuzz/fuzz.h
tests_fuzz_f_request_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_request_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_request_LDADD = $(fuzz_ldadd)
tests_fuzz_f_rows_SOURCES = tests/fuzz/f_rows.c $(fuzz_rig)
tests_fuzz_f_rows_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_rows_LDFLAGS = $(fuzz_rig_ldflags)
tests_fuzz_f_rows_LDADD = $(fuzz_ldadd)
tests_fuzz_f_simfile_SOURCES = tests/fuzz/f_simfile.c tests/fuzz/fuzz.h
tests_fuzz_f_simfile_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_simfile_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_simfile_LDADD = $(fuzz_ldadd)
tests_fuzz_f_slurmconf_SOURCES = tests/fuzz/f_slurmconf.c tests/fuzz/fuzz.h
tests_fuzz_f_slurmconf_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_slurmconf_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_slurmconf_LDADD = $(fuzz_ldadd)
tests_fuzz_f_state_SOURCES = tests/fuzz/f_state.c tests/fuzz/fuzz.h
tests_fuzz_f_state_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_state_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_state_LDADD = $(fuzz_ldadd)
tests_fuzz_f_submit_SOURCES = tests/fuzz/f_submit.c tests/fuzz/fuzz.h
tests_fuzz_f_submit_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_submit_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_submit_LDADD = $(fuzz_ldadd)
tests_fuzz_f_target_SOURCES = tests/fuzz/f_target.c tests/fuzz/fuzz.h
tests_fuzz_f_target_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_target_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_target_LDADD = $(fuzz_ldadd)
tests_fuzz_f_token_SOURCES = tests/fuzz/f_token.c tests/fuzz/fuzz.h
tests_fuzz_f_token_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_token_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_token_LDADD = $(fuzz_ldadd)
tests_fuzz_f_units_SOURCES = tests/fuzz/f_units.c tests/fuzz/fuzz.h
tests_fuzz_f_units_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_units_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_units_LDADD = $(fuzz_ldadd)
endif
tests_fuzz_f_why_SOURCES = tests/fuzz/f_why.c tests/fuzz/fuzz.h
tests_fuzz_f_why_CFLAGS = $(fuzz_cflags)
tests_fuzz_f_why_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_f_why_LDADD = $(fuzz_ldadd)
