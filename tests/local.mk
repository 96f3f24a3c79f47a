# SPDX-License-Identifier: GPL-2.0-or-later
# Scripts that run without a cluster; those under tests/cluster are
# contrib/check's.
unit_tests = tests/fault/ctl-agent.t tests/fault/ctl-terms.t tests/fault/ctl-canned.t tests/unit/includes.t
cluster_tests = tests/cluster/0000-forward.t tests/cluster/0100-demo.t \
	tests/cluster/0200-sites.t \
	tests/cluster/0210-drivers.t \
	tests/cluster/0300-link-full.t tests/cluster/0305-narrow-pair.t \
	tests/cluster/0310-backfill.t \
	tests/cluster/0400-refusals.t \
	tests/cluster/0500-gate.t tests/cluster/0600-policies.t \
	tests/cluster/1000-access.t tests/cluster/1100-compute.t \
	tests/cluster/1200-tls.t tests/cluster/1250-attach.t \
	tests/cluster/1500-storm.t tests/cluster/1510-matrix.t \
	tests/cluster/1700-upgrade.t \
	tests/cluster/1600-in-and-out.t tests/cluster/1610-quiet.t \
	tests/cluster/1620-shadow.t \
	tests/cluster/1300-preempt.t \
	tests/cluster/1310-life.t tests/cluster/1320-nodes.t tests/cluster/1322-node-added.t \
	tests/cluster/1325-expand.t tests/cluster/1360-power.t \
	tests/cluster/1370-burst-buffer.t tests/cluster/1380-federation.t \
	tests/cluster/1330-het.t tests/cluster/1340-broken.t tests/cluster/1350-limits.t \
	tests/cluster/1410-shapes.t tests/cluster/1420-around.t tests/cluster/1430-protect.t \
	tests/fault/0600-setup-refused.t tests/fault/0610-commit-timeout.t \
	tests/fault/0640-network-faults.t tests/fault/0700-scancel.t \
	tests/fault/0800-crash.t tests/fault/0810-jobid-reuse.t \
	tests/fault/0900-agent-frozen.t tests/fault/0910-brake.t tests/fault/0920-end.t \
	tests/fault/0930-replaced.t tests/fault/0940-ha.t tests/fault/0950-freeze.t \
	tests/fault/0960-approval.t tests/fault/0970-agent-slow.t
EXTRA_DIST += $(unit_tests) $(cluster_tests) tests/unit/tap.h tests/CI_TIER tests/CI_TIER.24.11 \
	tests/fake/raw_submit.c tests/ALLOWED_SKIPS tests/lib/tap.sh tests/lib/cluster.sh \
	tests/lib/books.sh tests/lib/storm.py

# The agent alone.
unit_tests += tests/fault/agent-compute.t tests/fault/agent-latency.t tests/fault/agent-measure.t tests/fault/agent-page.t \
	tests/fault/agent-answers.t tests/fault/agent-attach.t tests/fault/agent-burst.t \
	 tests/fault/agent-api.t tests/fault/agent-auth.t \
	tests/fault/agent-conf.t tests/fault/agent-durable.t \
	tests/fault/agent-faults.t tests/fault/agent-freeze.t \
	tests/fault/agent-restore.t tests/fault/agent-stamp.t \
	tests/fault/agent-who.t \
	tests/fault/agent-members.t tests/fault/agent-ports.t \
	tests/fault/agent-disk.t tests/fault/agent-chaos.t \
	tests/fault/agent-openapi.t tests/fault/agent-tls.t \
	tests/fault/agent-notify.t tests/fault/agent-ops.t \
	tests/fault/agent-ledger.t \
	tests/fault/agent-points.t tests/fault/agent-sync.t \
	tests/fault/agent-exec.t tests/fault/agent-shared.t \
	tests/fault/agent-static.t tests/fault/agent-sim.t \
	tests/unit/openapi.t
EXTRA_DIST += tests/fake/agent-relay tests/fake/mems-switch tests/lib/agent.sh tests/lib/network.sh \
	tests/lib/certs.sh tests/lib/openapi.py

# Packages. The first two build nothing; the others are the full tier's.
unit_tests += tests/package/0000-files.t tests/package/0010-guard.t
EXTRA_DIST += tests/package/0100-build.t tests/package/0200-debian12.t \
	tests/package/0210-debian13.t tests/lib/distribution.sh \
	tests/lib/package.sh tests/lib/options.sh tests/lib/two-sites.sh

# SchedMD's tests, with cons_tres and with ours: the full tier's.
EXTRA_DIST += tests/conformance/expect.t

# The disk, full and read-only.
unit_tests += tests/fault/agent-full.t
# Stopped while clients come and go. For LD_PRELOAD: -rpath makes it a shared one.
unit_tests += tests/fault/agent-stop.t
check_LTLIBRARIES += tests/fake/slow_del.la
tests_fake_slow_del_la_SOURCES = tests/fake/slow_del.c
tests_fake_slow_del_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere
tests_fake_slow_del_la_LIBADD = -ldl
