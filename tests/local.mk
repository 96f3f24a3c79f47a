# SPDX-License-Identifier: GPL-2.0-or-later
# Scripts that run without a cluster; those under tests/cluster are
# contrib/check's.
unit_tests = tests/fault/ctl-agent.t tests/fault/ctl-terms.t tests/fault/ctl-canned.t tests/unit/includes.t
cluster_tests = tests/cluster/0000-forward.t tests/cluster/0100-demo.t \
	tests/cluster/0200-sites.t \
	tests/cluster/0300-link-full.t tests/cluster/0400-refusals.t \
	tests/cluster/0500-gate.t tests/cluster/0600-policies.t \
	tests/cluster/1000-access.t tests/cluster/1100-compute.t \
	tests/cluster/1200-tls.t \
	tests/fault/0600-setup-refused.t tests/fault/0610-commit-timeout.t \
	tests/fault/0700-scancel.t \
	tests/fault/0800-crash.t tests/fault/0810-jobid-reuse.t \
	tests/fault/0900-agent-frozen.t tests/fault/0910-brake.t tests/fault/0920-end.t \
	tests/fault/0930-replaced.t
EXTRA_DIST += $(unit_tests) $(cluster_tests) tests/unit/tap.h tests/CI_TIER \
	tests/fake/raw_submit.c tests/ALLOWED_SKIPS tests/lib/tap.sh tests/lib/cluster.sh \
	tests/lib/books.sh

# The agent alone.
unit_tests += tests/fault/agent-compute.t tests/fault/agent-measure.t tests/fault/agent-page.t \
	tests/fault/agent-answers.t \
	 tests/fault/agent-api.t tests/fault/agent-auth.t \
	tests/fault/agent-conf.t tests/fault/agent-durable.t \
	tests/fault/agent-faults.t tests/fault/agent-who.t \
	tests/fault/agent-disk.t tests/fault/agent-chaos.t \
	tests/fault/agent-openapi.t tests/fault/agent-tls.t \
	tests/fault/agent-notify.t tests/fault/agent-ops.t \
	tests/fault/agent-ledger.t \
	tests/fault/agent-points.t \
	tests/unit/openapi.t
EXTRA_DIST += tests/lib/agent.sh tests/lib/certs.sh tests/lib/openapi.py
