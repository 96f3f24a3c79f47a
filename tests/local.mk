# SPDX-License-Identifier: GPL-2.0-or-later
# Scripts that run without a cluster; those under tests/cluster are
# contrib/check's.
unit_tests = tests/fault/ctl-agent.t tests/fault/ctl-canned.t tests/unit/includes.t
cluster_tests = tests/cluster/0000-forward.t tests/cluster/0200-sites.t \
	tests/cluster/0300-link-full.t tests/cluster/0400-refusals.t \
	tests/cluster/0500-gate.t tests/cluster/1000-access.t
EXTRA_DIST += $(unit_tests) $(cluster_tests) tests/unit/tap.h tests/CI_TIER \
	tests/fake/raw_submit.c tests/ALLOWED_SKIPS tests/lib/tap.sh tests/lib/cluster.sh
