#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1360-power - nodes that are powered up for a job with circuits (State=CLOUD,
# SuspendProgram, ResumeProgram): the circuits are set up meanwhile, the job starts
# when it has both; nodes that never come; powered down again; after each turn
# leases, jobs and sacct agree (I7, I8)
# limit: 500
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:2,lyon:2 --links=par-lyo:paris:lyon:460:1:400G:client \
	--setup-time=1s --release-time=0.5s
watch_books

# slurmctld, as its user, only says which nodes it wants; the test is the cloud.
mkdir "$D/work/cloud" && chmod 777 "$D/work/cloud"
for w in up down; do
	printf '#!/bin/bash\nfor n in $(%s show hostnames "$1"); do touch "%s/$n.%s"; done\n' \
		"$(command -v scontrol)" "$D/work/cloud" $w >"$D/work/$w"
	chmod 755 "$D/work/$w"
done
powered_down() { [ "$(scontrol -o show node lyo[001-002] | grep -c 'State=IDLE+CLOUD+POWERED_DOWN ')" = 2 ]; }
nodes() { scontrol -o show node | grep -o 'NodeName=[^ ]*\|State=[^ ]*\|Reason=.*' | xargs; }
wanted() { ls "$D/work/cloud" | sed -n "s/\.$1\$//p" | xargs; }
# A node that comes has booted just now: slurmd -b says so.
come()
{
	local n

	for n; do
		sed -i 's/ -D -N / -b -D -N /' "$D/run/slurmd.$n.cmd"
		restart_one slurmd "$n" >/dev/null 2>&1 &
	done
	wait_for 60 "! scontrol -o show node $(echo "$@" | tr ' ' ,) | grep -E 'State=\S*(POWER|NOT_RESP|DOWN)'"
}

for n in lyo001 lyo002; do
	ok "$n is not there" kill_one slurmd "$n"
done
ok "slurmctld" kill_one slurmctld
# nodes of a cloud are new ones; since 26.05 only -i starts without those of before
rm -f "$D"/state/node_state*
cp "$D/run/slurmctld.cmd" "$D/work/slurmctld.cmd"
sed -i 's/slurmctld /slurmctld -i /' "$D/run/slurmctld.cmd"
sed -i 's/^\(NodeName=lyo.*\)State=UNKNOWN/\1State=CLOUD/' "$D/etc/slurm.conf"
cat >>"$D/etc/slurm.conf" <<X
SuspendProgram=$D/work/down
ResumeProgram=$D/work/up
SuspendTime=3600
SuspendTimeout=5
ResumeTimeout=45
PrivateData=cloud
X
ok "its nodes at lyon are in a cloud" restart_one slurmctld
cp "$D/work/slurmctld.cmd" "$D/run/"
ok "and powered down" wait_for 30 powered_down || diag "$(nodes)"

until_go=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
two=(-N4 --optical-span=2 -t 5)

# ---- nodes and circuits at the same time
job=$(submit alice "${two[@]}" --optical-bw=400G "$until_go")
ok "slurmctld wants the nodes" wait_for 60 '[ "$(wanted up)" = "lyo001 lyo002" ]' || diag_job "$job"
ok "meanwhile the circuit is set up" wait_for 20 "lease_is $job ACTIVE" || diag_job "$job"
is "$(job_state "$job")" CONFIGURING "without the nodes the job does not start"
ok "the nodes come" come lyo001 lyo002 || diag "$(nodes)"
ok "it starts" wait_job "$job" RUNNING 60 || diag_job "$job"
is "$(lease_of "$job" state)" ACTIVE "with its circuit"
agree "powered up"
ok "powered up nodes and circuits outlive slurmctld" eval 'wait_saved $job && restart_one slurmctld && wait_for 20 "job_is $job RUNNING && lease_is $job ACTIVE"'
agree "restarted"
go "$job"
over_and_free "$job" "powered up"
agree "over"

# ---- powered down when idle; a job waits for its nodes, and is put back when they
# do not come
rm -f "$D"/work/cloud/*
ok "powered down" scontrol update NodeName=lyo[001-002] State=POWER_DOWN
ok "slurmctld says so" wait_for 40 '[ "$(wanted down)" = "lyo001 lyo002" ]'
for n in lyo001 lyo002; do
	ok "$n goes" kill_one slurmd "$n"
done
ok "they are powered down" wait_for 60 powered_down || diag "$(nodes)"
is "$(leases)" "" "no lease is left"
job=$(submit alice "${two[@]}" --requeue --optical-bw=400G "$until_go")
ok "a job has its circuit" wait_for 60 "lease_is $job ACTIVE" || diag_job "$job"
ok "slurmctld wants the nodes" wait_for 20 '[ "$(wanted up)" = "lyo001 lyo002" ]'
id=$(lease_of "$job" id)
ok "nodes that do not come are down" wait_for 120 'scontrol -o show node lyo001 | grep -E "State=DOWN.* Reason=ResumeTimeout"' || diag "$(nodes)"
ok "its circuit is given back" wait_for 60 "agent GET /v1/leases/$id | json .state | grep -x GONE" || diag_job "$job"
agree "nodes did not come"
is "$(job_state "$job")" PENDING "the job is put back"
rm -f "$D"/work/cloud/*
ok "the administrator has them again" eval 'scontrol update NodeName=lyo[001-002] State=POWER_DOWN_FORCE && scontrol update NodeName=lyo[001-002] State=RESUME'
ok "slurmctld wants them" wait_for 90 '[ "$(wanted up)" = "lyo001 lyo002" ]' || diag_job "$job"
ok "they come" come lyo001 lyo002 || diag "$(nodes)"
ok "it starts" wait_job "$job" RUNNING 90 || diag_job "$job"
ok "with a circuit of this run" eval 'lease_is $job ACTIVE && [ "$(lease_of $job id)" != $id ]'
agree "put back"

go "$job"
over_and_free "$job" "put back"
ok "nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
