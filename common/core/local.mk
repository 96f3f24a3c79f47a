# SPDX-License-Identifier: GPL-2.0-or-later
# Pure code: libc only.
noinst_LTLIBRARIES += common/libcore.la
common_libcore_la_SOURCES = \
	common/core/defaults.h \
	common/core/error.c common/core/error.h \
	common/core/lease.c common/core/lease.h \
	common/core/request.c common/core/request.h \
	common/core/scan.h \
	common/core/units.c common/core/units.h
