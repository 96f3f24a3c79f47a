# SPDX-License-Identifier: GPL-2.0-or-later
# wire + sys + libcurl + munge: the agent's client, and libocs.so, which the
# plugins inside slurmctld open by its path; libcurl only for https.
noinst_LTLIBRARIES += common/libnet.la
common_libnet_la_SOURCES = \
	common/net/auth.c common/net/auth.h \
	common/net/client.c common/net/client.h \
	common/net/hold.c common/net/hold.h \
	common/net/http.c common/net/http.h \
	common/net/http_parse.c common/net/http_parse.h \
	common/net/http_plain.c common/net/http_way.h \
	common/net/shelf.c common/net/shelf.h \
	common/net/watch.c common/net/watch.h

# The way with TLS, as a part of programs and as what slurmctld may load.
noinst_LTLIBRARIES += common/libhttps.la
common_libhttps_la_SOURCES = common/net/http_curl.c common/net/http_linked.c
common_libhttps_la_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
pkglib_LTLIBRARIES += common/libocs-https.la
common_libocs_https_la_SOURCES = common/net/http_curl.c
common_libocs_https_la_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
# nodelete: nobody else may end libcurl
common_libocs_https_la_LDFLAGS = $(plugin_ldflags) \
	-pthread -Wl,-z,nodelete -Wl,--exclude-libs,ALL
common_libocs_https_la_LIBADD = common/libsys.la common/libcore.la $(CURL_LIBS)

pkglib_LTLIBRARIES += common/libocs.la
common_libocs_la_SOURCES = common/net/ocslib.h common/net/shared.c \
	common/net/http_load.c
# nodelete: its thread must not lose its code
common_libocs_la_LDFLAGS = $(plugin_ldflags) -pthread \
	-Wl,-z,nodelete \
	-Wl,--version-script=$(srcdir)/common/net/libocs.map
common_libocs_la_LIBADD = common/libnet.la common/libwire.la \
	common/libsys.la common/libcore.la \
	$(JSON_LIBS) $(MUNGE_LIBS) -ldl
EXTRA_common_libocs_la_DEPENDENCIES = common/net/libocs.map
EXTRA_DIST += common/net/libocs.map

check_PROGRAMS += tests/unit/t_client
tests_unit_t_client_SOURCES = tests/unit/t_client.c tests/unit/tap.h \
	tests/unit/toy_agent.c tests/unit/toy_agent.h \
	tests/unit/tls_relay.c tests/unit/tls_relay.h
tests_unit_t_client_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS)
tests_unit_t_client_LDFLAGS = $(AM_LDFLAGS) -pthread
tests_unit_t_client_LDADD = common/libnet.la common/libhttps.la \
	common/libwire.la common/libsys.la common/libcore.la \
	$(CURL_LIBS) $(JSON_LIBS) $(MUNGE_LIBS) $(GNUTLS_LIBS)

check_PROGRAMS += tests/unit/t_ocslib
tests_unit_t_ocslib_SOURCES = tests/unit/t_ocslib.c tests/unit/tap.h \
	tests/unit/toy_agent.c tests/unit/toy_agent.h
tests_unit_t_ocslib_LDFLAGS = $(AM_LDFLAGS) -pthread
tests_unit_t_ocslib_LDADD = common/libsys.la common/libcore.la $(MUNGE_LIBS)
# it opens the library by its path
EXTRA_tests_unit_t_ocslib_DEPENDENCIES = common/libocs.la

check_PROGRAMS += tests/unit/t_http_parse
tests_unit_t_http_parse_SOURCES = tests/unit/t_http_parse.c tests/unit/tap.h
tests_unit_t_http_parse_LDADD = common/libnet.la common/libcore.la
