# SPDX-License-Identifier: GPL-2.0-or-later
# Pure code: libc only.
noinst_LTLIBRARIES += common/libcore.la
common_libcore_la_SOURCES = \
	common/core/defaults.h \
	common/core/earliest.c \
	common/core/error.c common/core/error.h \
	common/core/hints.c common/core/hints.h \
	common/core/lease.c common/core/lease.h \
	common/core/net.c common/core/net.h \
	common/core/paths.c common/core/paths.h \
	common/core/place.c common/core/place.h \
	common/core/plan.c \
	common/core/request.c common/core/request.h \
	common/core/scan.h \
	common/core/sets.c common/core/sets.h \
	common/core/units.c common/core/units.h
