# SPDX-License-Identifier: GPL-2.0-or-later
# The agent. libagent is everything but main(), for the tests.
noinst_LTLIBRARIES += agent/libagent.la
agent_libagent_la_SOURCES = \
	agent/caller.h \
	agent/conf.c agent/conf.h \
	agent/log.c agent/log.h \
	agent/target.c agent/target.h \
	agent/text.c agent/text.h \
	agent/store.h agent/store_sqlite.c \
	agent/driver.h agent/driver_sim.c \
	agent/engine.c agent/engine.h agent/engine_priv.h \
	agent/engine_change.c agent/engine_circuit.c \
	agent/engine_run.c agent/engine_view.c
agent_libagent_la_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS) $(SQLITE_CFLAGS)
