#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
#
# 1700-upgrade - Slurm 24.11 becomes a newer one in place: slurmdbd, slurmctld on
# the same state directory, slurmds. A job that runs with a circuit, one that
# waits for it and plain ones keep all that they have.
#
# The older Slurm is OCS_UPGRADE_SLURM_DIR (/usr: the distribution's) with
# slurm-optical for it in OCS_UPGRADE_INST; the newer one is OCS_SLURM_DIR and
# OCS_INST. (Full tier.)
. "$(dirname "$0")/../lib/books.sh"

[ -n "${OCS_UPGRADE_SLURM_DIR:-}" ] && [ -n "${OCS_UPGRADE_INST:-}" ] && [ -n "${OCS_SLURM_DIR:-}" ] ||
	skip_all "no two built Slurms (OCS_UPGRADE_SLURM_DIR, OCS_UPGRADE_INST, OCS_SLURM_DIR)"
NEW_SLURM=$OCS_SLURM_DIR NEW_INST=$OCS_INST
export OCS_SLURM_DIR=${OCS_UPGRADE_SLURM_DIR#/usr} OCS_INST=$OCS_UPGRADE_INST
PATH_BEFORE=$PATH

cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:1 --setup-time=1s --release-time=1s
like "$(scontrol show config | grep SLURM_VERSION)" "= $(slurm_version)" "Slurm $(slurm_version) runs"
like "$(slurm_version)" '^2[45]\.' "that is an older one"
from=$(slurm_version)
until_go=$(job_script <<'J'
env | grep -E '^(OPTICAL|NCCL)_' | sort
until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.1; done
J
)
running=$(submit alice -N6 --time=60 --optical-bw=400G "$until_go")
ok "an optical job runs" wait_job "$running" RUNNING 60
ok "with its circuit" wait_for 20 "[ \"\$(lease_of $running state)\" = ACTIVE ]"
plain=$(submit bob -N2 --time=60 "$until_go")
ok "a plain one, too" wait_job "$plain" RUNNING
pending=$(submit alice -N6 --time=60 --optical-bw=400G "$until_go")
held=$(submit bob -N1 --hold --time=60 "$until_go")
ok "another optical job waits" wait_for 30 "job_reason $pending | grep -E '^(OpticalLink|Resources|Priority)'"
lease=$(lease_of "$running" id)
start=$(job_show "$running" StartTime)
token=$(job_show "$running" AdminComment)
ok "slurmctld saves its state" wait_saved "$running"

# ids COUNT: how often the select plugin's id 110 stands before a job's part
# for the select plugin, in the saved jobs.
ids() { perl -0777 -ne 'print scalar(() = /\0\0\0\x6e/g)' "$D/state/job_state"; }
ok "slurmctld ends in order" kill_one slurmctld
ok "the saved jobs have plugin id 110 of $from" test "$(ids)" -ge 4

ok "cluster upgrade" "$CLUSTER_SH" upgrade "$D" --slurm-dir="$NEW_SLURM" --inst="$NEW_INST"
PATH=$PATH_BEFORE
eval "$("$CLUSTER_SH" env "$D")"
to=$(slurm_version)
ok "$to is the later one" test "$from" != "$to" -a "$(printf '%s\n' "$from" "$to" | sort -V | tail -n 1)" = "$to"
like "$(scontrol show config | grep SLURM_VERSION)" "= $to" "slurmctld is $to"
like "$(scontrol show config | grep SelectType)" 'select/cons_tres_optical' "with select/cons_tres_optical"
unlike "$(grep -A99999 "slurmctld version $to" "$D/log/slurmctld.log")" \
	'fatal|Incomplete job|plugin type|select plugin|job state (recovery|format)' "which has read all of the state"

is "$(squeue -h -o %i | sort -n | xargs)" "$running $plain $pending $held" "no job is lost, none is new"
is "$(job_state "$running") $(job_show "$running" StartTime)" "RUNNING $start" "the optical job runs since then"
is "$(job_show "$running" AdminComment)" "$token" "and has its AdminComment"
is "$(lease_of "$running" id) $(lease_of "$running" state)" "$lease ACTIVE" "and its lease, which is lit"
is "$(agent GET /v1/leases?all=1 | json .leases)" 1 "there is no other"
is "$(booked par-lyo)" 400000000000 "its link is booked once"
ok "the other waits, for the link" wait_for 60 "job_reason $pending | grep -E '^OpticalLink\(par-lyo'" || diag_job "$pending"
is "$(job_show "$pending" Licenses)" optical:400 "with its licences"
is "$(job_state "$plain") $(job_state "$held") $(job_reason "$held")" "RUNNING PENDING JobHeldUser" "plain ones are as they were"

ok "slurmctld saves its state" wait_saved "$running"
ok "and is killed" kill_one slurmctld -9
ok "and started again" restart_one slurmctld
is "$(lease_of "$running" id) $(lease_of "$running" state) $(job_state "$running")" "$lease ACTIVE RUNNING" \
	"the job has its lease after that, too"

touch "$D/work/go.$running" "$D/work/go.$plain"
ok "the optical job ends" wait_job "$running" COMPLETED 60
ok "its lease is given back" wait_for 60 "[ \"\$(lease_of $running state)\" = GONE ]"
ok "the other runs" wait_job "$pending" RUNNING 90 || diag_job "$pending"
touch "$D/work/go.$pending"
ok "and ends" wait_job "$pending" COMPLETED 60
like "$(cat "$D/work/$pending.out")" 'OPTICAL_CIRCUITS=(paris-lyon|lyon-paris):400G' "it had what it asked for before the upgrade"
ok "the plain one ends" wait_job "$plain" COMPLETED 60
scontrol release "$held"
touch "$D/work/go.$held"
ok "the held one, too" wait_job "$held" COMPLETED 60
for job in $running $pending; do
	ok "sacct: job $job is completed" wait_sacct "$job" State COMPLETED
	like ",$(sacct_field "$job" AllocTRES)," ',license/optical=400,' "sacct: with its rate"
done
ok "nothing is booked" wait_for 30 nothing_booked
cluster_stop_ok
done_testing
