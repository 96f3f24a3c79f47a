# SPDX-License-Identifier: GPL-2.0-or-later
# The agent. libagent is everything but main(), for the tests.
noinst_LTLIBRARIES += agent/libagent.la
agent_libagent_la_SOURCES = \
	agent/api.c agent/api.h agent/api_priv.h \
	agent/api_cluster.c agent/api_compute.c agent/api_lease.c \
	agent/api_gate.c agent/api_maint.c agent/api_measure.c agent/api_modify.c \
	agent/api_sim.c agent/api_state.c \
	agent/auth.c agent/auth.h \
	agent/attach.c agent/attach.h agent/attach_run.c agent/attach_run.h \
	agent/caller.h \
	agent/compute.c agent/compute.h \
	agent/conf.c agent/conf.h agent/conf_attach.c agent/conf_attach.h \
	agent/conf_driver.c agent/conf_driver.h agent/conf_net.c agent/conf_net.h \
	agent/driver.h agent/driver_calls.c agent/driver_calls.h \
	agent/driver_exec.c agent/driver_mux.c agent/driver_sim.c \
	agent/driver_static.c agent/drivers.c agent/drivers.h \
	agent/engine.c agent/engine.h agent/engine_priv.h \
	agent/engine_alarm.c agent/engine_attach.c agent/engine_change.c \
	agent/engine_doc.c agent/engine_page.c agent/engine_circuit.c \
	agent/engine_figure.c agent/engine_freeze.c agent/engine_gate.c \
	agent/engine_lit.c \
	agent/engine_maint.c agent/engine_modify.c \
	agent/engine_real.c agent/engine_reroute.c \
	agent/engine_restore.c agent/engine_run.c \
	agent/engine_settle.c agent/engine_shown.c agent/engine_stats.c \
	agent/engine_term.c agent/engine_view.c \
	agent/engine_whatif.c \
	agent/exec_child.c agent/exec_child.h \
	agent/http_bind.c agent/http_peer.c agent/http_priv.h \
	agent/http_request.c agent/http_server.c agent/http_server.h \
	agent/http_wait.c \
	agent/log.c agent/log.h \
	agent/measure.c agent/measure.h \
	agent/metrics.c agent/metrics.h \
	agent/notify.c agent/notify.h \
	agent/point.h \
	agent/public.c agent/public.h agent/public_page.c \
	agent/refusals.c agent/refusals.h \
	agent/rules.c agent/rules.h \
	agent/sim_fault.c agent/sim_file.c agent/sim_optics.c \
	agent/sim_priv.h agent/sim_service.c \
	agent/stats.h \
	agent/store.h agent/store_check.c agent/store_read.c \
	agent/store_schema.c agent/store_sql.h agent/store_sqlite.c \
	agent/store_write.c \
	agent/target.c agent/target.h \
	agent/text.c agent/text.h \
	agent/tls.c agent/tls.h
agent_libagent_la_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS) \
	$(GNUTLS_CFLAGS) $(SQLITE_CFLAGS)

agent_libs = agent/libagent.la common/libwire.la common/libsys.la \
	common/libcore.la $(MHD_LIBS) $(GNUTLS_LIBS) $(SQLITE_LIBS) $(JSON_LIBS) \
	$(MUNGE_LIBS) -lpthread

sbin_PROGRAMS += agent/opticald
agent_opticald_SOURCES = agent/main.c
agent_opticald_LDADD = $(agent_libs)
EXTRA_DIST += agent/openapi.yaml

check_PROGRAMS += tests/unit/t_agent_conf tests/unit/t_engine \
	tests/unit/t_store
tests_unit_t_agent_conf_SOURCES = tests/unit/t_agent_conf.c \
	tests/unit/nomem.h tests/unit/tap.h
tests_unit_t_agent_conf_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
tests_unit_t_agent_conf_LDADD = $(agent_libs)
tests_unit_t_store_SOURCES = tests/unit/t_store.c tests/unit/tap.h
tests_unit_t_store_LDADD = $(agent_libs)
tests_unit_t_engine_SOURCES = tests/unit/t_engine.c \
	tests/unit/nomem.h tests/unit/tap.h
tests_unit_t_engine_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
tests_unit_t_engine_LDADD = $(agent_libs)

check_PROGRAMS += tests/unit/t_mux
tests_unit_t_mux_SOURCES = tests/unit/t_mux.c tests/unit/graph.h \
	tests/unit/tap.h
tests_unit_t_mux_LDADD = $(agent_libs)

check_PROGRAMS += tests/unit/t_paths_table
tests_unit_t_paths_table_SOURCES = tests/unit/t_paths_table.c tests/unit/tap.h
tests_unit_t_paths_table_LDADD = $(agent_libs)

check_PROGRAMS += tests/unit/t_ops
tests_unit_t_ops_SOURCES = tests/unit/t_ops.c tests/unit/nomem.h \
	tests/unit/tap.h
tests_unit_t_ops_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
tests_unit_t_ops_LDADD = $(agent_libs)

check_PROGRAMS += tests/unit/t_term
tests_unit_t_term_SOURCES = tests/unit/t_term.c tests/unit/tap.h
tests_unit_t_term_LDADD = $(agent_libs)

check_PROGRAMS += tests/unit/t_model
tests_unit_t_model_SOURCES = tests/unit/t_model.c tests/unit/model.h \
	tests/unit/model_hooks.c tests/unit/model_naive.c \
	tests/unit/model_net.c tests/unit/tap.h
tests_unit_t_model_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=ocs_store_end,--wrap=ocs_store_sync,--wrap=ocs_attacher_call
tests_unit_t_model_LDADD = $(agent_libs)

check_PROGRAMS += tests/unit/t_nth
tests_unit_t_nth_SOURCES = tests/unit/t_nth.c tests/unit/model.h \
	tests/unit/model_naive.c tests/unit/model_net.c tests/unit/tap.h
tests_unit_t_nth_LDADD = $(agent_libs)

# The agent with places at which it kills itself; see agent/point.h.
check_PROGRAMS += tests/fault/opticald-points
tests_fault_opticald_points_SOURCES = agent/main.c \
	$(agent_libagent_la_SOURCES) tests/fake/points.c
tests_fault_opticald_points_CPPFLAGS = $(agent_libagent_la_CPPFLAGS) \
	-DOCS_POINTS
tests_fault_opticald_points_LDADD = common/libwire.la common/libsys.la \
	common/libcore.la $(MHD_LIBS) $(GNUTLS_LIBS) $(SQLITE_LIBS) \
	$(JSON_LIBS) $(MUNGE_LIBS) -lpthread
