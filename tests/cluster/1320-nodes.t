#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1320-nodes - nodes come and go under optical jobs: shrink, expand, failure,
# advance reservations, cloud nodes; after each, leases, jobs and sacct agree
# limit: 600
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:1:400G:client \
	--setup-time=0.5s --release-time=0.5s \
	--slurm-conf-extra='SlurmdTimeout=5' \
	--slurm-conf-extra='SchedulerParameters=bf_interval=5,permit_job_expansion'
watch_books

until_go=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ] || [ -e go.all ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
two=(-N4 --optical-span=2 -t 5)
ends() { go "$1"; ok "${2:-it} ends" wait_job "$1" COMPLETED || diag_job "$1"; }

# ---- shrink: the circuit stays as it was granted
job=$(submit alice -w 'par[001-002],lyo[001-002]' -t 5 --optical-bw=200G "$until_go")
ok "a job runs" wait_job "$job" RUNNING || diag_job "$job"
ok "its circuit is up" wait_for 10 "lease_is $job ACTIVE"
ok "it gives back a node" scontrol update JobId="$job" NodeList='par001,lyo[001-002]'
ok "it runs on three" wait_for 10 '[ "$(job_show '"$job"' NumNodes)" = 3 ]'
is "$(lease_of "$job" state)" ACTIVE "its circuit is up"
agree "shrink"

# ---- expand: what it gets comes with a job of its own, without circuits
more=$(submit alice -N1 -t 5 --dependency=expand:"$job" "$until_go" 2>&1)
ok "a job that is to expand it runs, or Slurm refuses it: $more" \
	eval '[[ $more != [0-9]* ]] || wait_job $more "RUNNING|COMPLETED" 30'
agree "expand"
[[ $more != [0-9]* ]] || scancel "$more"
ends "$job"
agree "it ended"

# ---- a node fails: requeued, its circuit is given back, the next run has one
job=$(submit alice "${two[@]}" --requeue --optical-bw=400G "$until_go")
ok "a job runs" wait_job "$job" RUNNING || diag_job "$job"
ok "its circuit is up" wait_for 10 "lease_is $job ACTIVE"
id=$(lease_of "$job" id) node=$(scontrol show hostnames "$(job_show "$job" NodeList)" | tail -n 1)
ok "slurmd of $node is killed" kill_one slurmd "$node" -KILL
ok "scontrol update State=DOWN" scontrol update NodeName="$node" State=DOWN Reason=test
ok "it runs again elsewhere" wait_for 60 "job_is $job RUNNING && [ \$(lease_of $job id) != $id ]" || diag_job "$job"
ok "with its circuit" wait_for 10 "lease_is $job ACTIVE" || diag_job "$job"
ok "the first one is gone" wait_for 10 "agent GET /v1/leases/$id | json .state | grep -x GONE"
agree "node failure"
ends "$job"

# ---- --no-kill: it runs on with fewer nodes and its circuit
ok "slurmd is back" restart_one slurmd "$node"
ok "the node is there" wait_for 30 "sinfo -hn $node -o %t | grep -x idle"
job=$(submit alice "${two[@]}" --no-kill --optical-bw=400G "$until_go")
ok "a job with --no-kill runs" wait_job "$job" RUNNING || diag_job "$job"
ok "its circuit is up" wait_for 10 "lease_is $job ACTIVE"
node=$(scontrol show hostnames "$(job_show "$job" NodeList)" | tail -n 1)
ok "scontrol update State=DOWN" scontrol update NodeName="$node" State=DOWN Reason=test
ok "it runs on with three" wait_for 20 '[ "$(job_show '"$job"' NumNodes)" = 3 ]' || diag_job "$job"
is "$(lease_of "$job" state)" ACTIVE "its circuit is up"
agree "--no-kill"
ok "it is cancelled" scancel "$job"
over_and_free "$job" "--no-kill"
ok "the node is there" wait_for 60 "scontrol update NodeName=$node State=RESUME 2>/dev/null; sinfo -hn $node -o %t | grep -x idle"

# ---- an advance reservation of nodes: its jobs have circuits, others wait
ok "a reservation of all of lyon" scontrol create reservation ReservationName=r StartTime=now \
	Duration=30 Users=ocsalice Nodes='lyo[001-004],par001'
out=$(submit bob "${two[@]}" --optical-bw=400G "$until_go")
job=$(submit alice -N4 --optical-span=2 -t 5 --reservation=r --optical-bw=400G "$until_go")
ok "a job in it runs" wait_job "$job" RUNNING 40 || diag_job "$job"
ok "its circuit is up" wait_for 10 "lease_is $job ACTIVE"
is "$(job_state "$out")" PENDING "one outside of it waits"
agree "reservation"
ends "$job"
ok "scontrol delete" scontrol delete ReservationName=r
ok "the other one runs" wait_job "$out" RUNNING 60 || diag_job "$out"
agree "after the reservation"
ends "$out"

ok "nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
