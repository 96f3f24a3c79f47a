# SPDX-License-Identifier: GPL-2.0-or-later
# core + json-c: JSON text <-> structs.
noinst_LTLIBRARIES += common/libwire.la
common_libwire_la_SOURCES = \
	common/wire/json.h common/wire/json_in.c common/wire/json_out.c common/wire/json_parse.c \
	common/wire/state.c \
	common/wire/wire.h common/wire/wire_int.h \
	common/wire/wire_attach.c common/wire/wire_attach.h \
	common/wire/wire_cli.c common/wire/wire_cli.h \
	common/wire/wire_compute.c common/wire/wire_compute.h \
	common/wire/wire_exec.c common/wire/wire_exec.h \
	common/wire/wire_doc.c common/wire/wire_lease.c common/wire/wire_row.c \
	common/wire/wire_member.c common/wire/wire_net.c \
	common/wire/wire_gate.c common/wire/wire_gate.h \
	common/wire/wire_measure.c common/wire/wire_measure.h \
	common/wire/wire_touched.c common/wire/wire_touched.h \
	common/wire/wire_maint.c common/wire/wire_maint.h \
	common/wire/wire_state.c
common_libwire_la_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS)

check_PROGRAMS += tests/unit/t_wire
tests_unit_t_wire_SOURCES = tests/unit/t_wire.c tests/unit/nomem.h \
	tests/unit/tap.h
tests_unit_t_wire_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
tests_unit_t_wire_LDADD = common/libwire.la common/libcore.la $(JSON_LIBS)

check_PROGRAMS += tests/unit/t_wire_row
tests_unit_t_wire_row_SOURCES = tests/unit/t_wire_row.c tests/unit/nomem.h \
	tests/unit/tap.h
tests_unit_t_wire_row_LDFLAGS = $(tests_unit_t_wire_LDFLAGS)
tests_unit_t_wire_row_LDADD = common/libwire.la common/libcore.la $(JSON_LIBS)

check_PROGRAMS += tests/unit/t_attach
tests_unit_t_attach_SOURCES = tests/unit/t_attach.c tests/unit/tap.h
tests_unit_t_attach_LDADD = common/libwire.la common/libcore.la $(JSON_LIBS)

check_PROGRAMS += tests/unit/t_compute
tests_unit_t_compute_SOURCES = tests/unit/t_compute.c tests/unit/nomem.h \
	tests/unit/tap.h
tests_unit_t_compute_LDFLAGS = $(tests_unit_t_wire_LDFLAGS)
tests_unit_t_compute_LDADD = common/libwire.la common/libcore.la $(JSON_LIBS)

check_PROGRAMS += tests/unit/t_exec
tests_unit_t_exec_SOURCES = tests/unit/t_exec.c tests/unit/nomem.h \
	tests/unit/tap.h
tests_unit_t_exec_LDFLAGS = $(tests_unit_t_wire_LDFLAGS)
tests_unit_t_exec_LDADD = common/libwire.la common/libcore.la $(JSON_LIBS)
