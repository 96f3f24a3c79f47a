#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1100-compute - slurmctld tells the agent what its sites have idle and what
# waits for circuits; opticalctl shows it
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --sites=paris:2,lyon:2 --setup-time=1s --release-time=1s
echo 'ComputeInterval=1s' >>"$D/etc/optical.conf"
scontrol reconfigure
export OPTICALD_URL=unix:$D/opticald/opticald.sock

# idle SITE: "NODES GPUS" that are idle, by opticalctl
idle()
{
	opticalctl -P -h compute | awk -F'|' -v s="$1" '$2 == s { print $4, $7 }'
}
# idle_is SITE NODES GPUS, for wait_for
idle_is() { echo "$1: $(idle "$1")"; [ "$(idle "$1")" = "$2 $3" ]; }

ok "two sites, all idle" wait_for 30 'idle_is paris 2 16 && idle_is lyon 2 16'
is "$(opticalctl -P -h compute | cut -d'|' -f1 | sort -u)" alpha \
	"of this cluster"
script=$(job_script <<'X'
while [ ! -e end.$SLURM_JOB_ID ]; do sleep 0.2; done
X
)
job=$(submit alice -N3 --gpus-per-node=2 --optical-bw=400G "$script")
ok "a job runs over both" wait_job "$job" RUNNING 40
ok "idle GPUs fall by its 6" wait_for 20 '[ $(($(idle paris | cut -d" " -f2) + $(idle lyon | cut -d" " -f2))) = 26 ]'
ok "idle nodes by its 3" wait_for 20 '[ $(($(idle paris | cut -d" " -f1) + $(idle lyon | cut -d" " -f1))) = 1 ]'
more=$(submit bob -N4 --exclusive --gpus-per-node=8 --optical-bw=800G "$script")
ok "a job that waits is told" wait_for 20 '[ "$(agent GET /v1/compute | json .clusters.0.pending.circuits_bps)" = 800000000000 ]'
like "$(opticalctl compute)" 'alpha +1 +800G' "opticalctl shows it"
scancel "$more"
touch "$D/work/end.$job"
ok "the job completes" wait_job "$job" COMPLETED 40
ok "all are idle again" wait_for 30 'idle_is paris 2 16 && idle_is lyon 2 16'
is "$(agent GET /v1/compute | json .clusters.0.pending.jobs)" 0 \
	"nothing waits"
ok "a drained node is not idle" scontrol update NodeName="$(sinfo -h -N -o %N | head -n 1)" State=DRAIN Reason=test
ok "nor are its GPUs" wait_for 20 'idle_is paris 1 8 || idle_is lyon 1 8'
kill_one slurmctld
ok "what nobody renews grows old" wait_for 20 '[ "$(agent GET /v1/compute | json .clusters.0.age_s)" -ge 3 ]'
done_testing
