# SPDX-License-Identifier: GPL-2.0-or-later
# Scripts that run without a cluster; those under tests/cluster are
# contrib/check's.
unit_tests =
EXTRA_DIST += $(unit_tests) tests/unit/tap.h
