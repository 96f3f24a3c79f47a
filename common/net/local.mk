# SPDX-License-Identifier: GPL-2.0-or-later
# wire + sys + libcurl + munge: the agent's client, and libocs.so, which the
# plugins inside slurmctld open by its path.
noinst_LTLIBRARIES += common/libnet.la
common_libnet_la_SOURCES = \
	common/net/auth.c common/net/auth.h \
	common/net/client.c common/net/client.h \
	common/net/hold.c common/net/hold.h \
	common/net/http.c common/net/http.h \
	common/net/shelf.c common/net/shelf.h \
	common/net/watch.c common/net/watch.h
common_libnet_la_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)

pkglib_LTLIBRARIES += common/libocs.la
common_libocs_la_SOURCES = common/net/ocslib.h common/net/shared.c
# nodelete: its thread must not lose its code
common_libocs_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -pthread \
	-Wl,-z,nodelete \
	-Wl,--version-script=$(srcdir)/common/net/libocs.map
common_libocs_la_LIBADD = common/libnet.la common/libwire.la \
	common/libsys.la common/libcore.la \
	$(CURL_LIBS) $(JSON_LIBS) $(MUNGE_LIBS)
EXTRA_common_libocs_la_DEPENDENCIES = common/net/libocs.map
EXTRA_DIST += common/net/libocs.map

check_PROGRAMS += tests/unit/t_client
tests_unit_t_client_SOURCES = tests/unit/t_client.c tests/unit/tap.h \
	tests/unit/toy_agent.c tests/unit/toy_agent.h \
	tests/unit/tls_relay.c tests/unit/tls_relay.h
tests_unit_t_client_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS)
tests_unit_t_client_LDFLAGS = $(AM_LDFLAGS) -pthread
tests_unit_t_client_LDADD = $(common_libocs_la_LIBADD) $(GNUTLS_LIBS)

check_PROGRAMS += tests/unit/t_ocslib
tests_unit_t_ocslib_SOURCES = tests/unit/t_ocslib.c tests/unit/tap.h \
	tests/unit/toy_agent.c tests/unit/toy_agent.h
tests_unit_t_ocslib_LDFLAGS = $(AM_LDFLAGS) -pthread
tests_unit_t_ocslib_LDADD = common/libsys.la common/libcore.la $(MUNGE_LIBS)
# it opens the library by its path
EXTRA_tests_unit_t_ocslib_DEPENDENCIES = common/libocs.la
