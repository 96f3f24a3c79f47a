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
