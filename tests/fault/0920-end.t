#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0920-end - a lease ends when its job does: changed time limits, a launch later
# than the placement, suspension, no limit at all
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:2,lyon:2 --links=par-lyo:paris:lyon:460:2 \
	--setup-time=3s --release-time=1s
LIMIT=30
OPTICAL=(-N4 --gpus-per-node=1 --optical-bw=400G)

# end_is JOB: lease and job end within 8 s of each other
end_is()
{
	local end lease
	end=$(date -d "$(job_show "$1" EndTime)" +%s) || return 1
	lease=$(lease_of "$1" end_s)
	echo "job $end lease $lease"
	[ "$lease" -ge $((end - 8)) ] && [ "$lease" -le $((end + 8)) ]
}
# end_in JOB MIN MAX: its lease ends so many seconds from now
end_in()
{
	local left=$(($(lease_of "$1" end_s) - $(date +%s)))
	echo "left $left"
	[ $left -ge "$2" ] && [ $left -le "$3" ]
}

job=$(submit alice -t 10 "${OPTICAL[@]}" --wrap 'sleep 600')
ok "a job of 10 minutes runs" wait_job "$job" RUNNING $LIMIT || diag_job "$job"
ok "its circuits are up" wait_for $LIMIT "lease_is $job ACTIVE"
ok "its lease ends with it" wait_for 15 "end_is $job"
grace=$(lease_of "$job" grace_s)
ok "with a grace of KillWait and more ($grace s)" [ "$grace" -ge 65 ]

ok "30 minutes" scontrol update JobId="$job" TimeLimit=30
ok "the lease follows within 15 s" wait_for 15 "end_in $job 1500 1810 && end_is $job"
ok "5 minutes" scontrol update JobId="$job" TimeLimit=5
ok "it follows that, too" wait_for 15 "end_in $job 200 310 && end_is $job"
ok "the change has its version" [ "$(lease_of "$job" version)" -ge 3 ]

ok "suspend" scontrol suspend "$job"
ok "the lease of a suspended job ends later" wait_for 15 "end_in $job 1000 1600"
ok "resume" scontrol resume "$job"
ok "then with the job again" wait_for 15 "end_is $job"
is "$(lease_of "$job" state)" ACTIVE "it was lit all the time"

# ---- over a restart of slurmctld ----
wait_saved "$job"
ok "slurmctld dies" kill_one slurmctld -KILL
ok "and is back" restart_one slurmctld
ok "40 minutes" wait_for 20 "scontrol update JobId=$job TimeLimit=40"
ok "the lease follows the new slurmctld" wait_for 20 "end_in $job 2000 2410 && end_is $job"
scancel "$job"
over_and_free "$job" "the first"

job=$(submit alice -t UNLIMITED "${OPTICAL[@]}" --wrap 'sleep 600')
ok "a job without a limit runs" wait_for $LIMIT "lease_is $job ACTIVE" || diag_job "$job"
ok "its lease is for a day" end_in "$job" 80000 86500
scancel "$job"
over_and_free "$job" "the second"

cluster_stop_ok
done_testing
