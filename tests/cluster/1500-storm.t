#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 2400
#
# 1500-storm - jobs of mixed kinds on three sites, cancelled and requeued at
# random, while nodes fail, links are cut and both daemons are restarted and
# killed: no violation of I1 to I8, nothing leaked. 200 jobs in a minute;
# OCS_STORM="JOBS SECONDS" for more, OCS_SEED to repeat one.
. "$(dirname "$0")/../lib/books.sh"

read -r jobs seconds <<<"${OCS_STORM:-200 60}"
seed=${OCS_SEED:-$RANDOM}
diag "OCS_SEED=$seed OCS_STORM=\"$jobs $seconds\""
cluster_start --sites=paris:4,lyon:4,nice:4 --setup-time=700ms --release-time=300ms \
	--links=par-lyo:paris:lyon:460:4,lyo-nic:lyon:nice:470:4,par-nic:paris:nice:930:4 \
	--slurm-conf-extra=MaxArraySize=10 --slurm-conf-extra=MinJobAge=7200 \
	--slurm-conf-extra='SchedulerParameters=bf_interval=2,max_rpc_cnt=0' \
	--optical-extra=SetupRetryDelay=2s --optical-extra=CommitTimeout=60s
watch_books
out=$("$TESTLIB/storm.py" --dir="$D" --cluster="$CLUSTER_SH" --jobs="$jobs" \
	--seconds="$seconds" --seed="$seed" --commit-timeout=60 2>&1)
rc=$?
diag "$out"
is "$rc" 0 "the storm is over, and nothing is wrong (I2, I4, I5, I7, I8)"
for what in submitted_optical submitted_plain cancel requeue leases_active \
		starts_with_circuits sacct_compared; do
	n=$(sed -n "s/^$what //p" <<<"$out")
	ok "$what: ${n:-0}, not none" [ "${n:-0}" -gt 0 ]
done
books_ok
ok "the ledger is whole (I2)" "$OCS_INST/sbin/opticald" -f "$D/etc/opticald.conf" --check-ledger
ok "slurmctld answers" scontrol ping
cluster_stop_ok
done_testing
