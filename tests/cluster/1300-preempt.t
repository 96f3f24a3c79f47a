#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1300-preempt - preemption for circuits: victims that are requeued or cancelled
# free theirs, those that are suspended keep them; no more go than must
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:1:400G:client \
	--setup-time=0.5s --release-time=0.5s \
	--slurm-conf-extra='PreemptType=preempt/partition_prio' \
	--slurm-conf-extra='PreemptMode=SUSPEND,GANG' \
	--slurm-conf-extra='PartitionName=requeue Nodes=ALL PriorityTier=1 PreemptMode=REQUEUE DefaultTime=10' \
	--slurm-conf-extra='PartitionName=cancel Nodes=ALL PriorityTier=1 PreemptMode=CANCEL DefaultTime=10' \
	--slurm-conf-extra='PartitionName=suspend Nodes=ALL PriorityTier=1 PreemptMode=SUSPEND DefaultTime=10' \
	--slurm-conf-extra='PartitionName=high Nodes=ALL PriorityTier=9 PreemptMode=OFF DefaultTime=10'
watch_books

until_go=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
two=(-N4 --optical-span=2 -t 5)

# ---- requeue: one of two is enough
low1=$(submit alice -p requeue "${two[@]}" --requeue --optical-bw=200G "$until_go")
low2=$(submit alice -p requeue "${two[@]}" --requeue --optical-bw=200G "$until_go")
ok "two low ones fill the link" eval "wait_job $low1 RUNNING && wait_job $low2 RUNNING"
high=$(submit bob -p high "${two[@]}" --optical-bw=150G "$until_go")
ok "the high one starts" wait_job "$high" RUNNING 60 || diag_job "$high"
n=0
for j in "$low1" "$low2"; do
	if job_is "$j" RUNNING >/dev/null; then n=$((n + 1)); else victim=$j; fi
done
is $n 1 "one of the low ones runs on"
like "$(job_state "${victim:-0}")" 'PENDING' "the other one was requeued"
ok "it waits for the link" \
	wait_for 30 "job_reason ${victim:-0} | grep -E 'BeginTime|OpticalLink\(par-lyo,need=200G,free=50G\)|Resources|Priority'"
agree "requeued"
go "$high"
ok "the high one ends" wait_job "$high" COMPLETED
ok "the victim starts again" wait_job "$victim" RUNNING 60 || diag_job "$victim"
go "$low1"; go "$low2"
ok "both end" eval "wait_job $low1 COMPLETED && wait_job $low2 COMPLETED"
agree "its second run"

# ---- cancel
low1=$(submit alice -p cancel "${two[@]}" --optical-bw=400G "$until_go")
ok "a low one fills the link" wait_job "$low1" RUNNING
high=$(submit bob -p high "${two[@]}" --optical-bw=400G "$until_go")
ok "the high one starts" wait_job "$high" RUNNING 60 || diag_job "$high"
like "$(job_state "$low1")" 'PREEMPTED' "the low one was cancelled"
agree "cancelled"
go "$high"
ok "the high one ends" wait_job "$high" COMPLETED

# ---- suspend: it keeps its circuits, so that it would help nobody
low1=$(submit alice -p suspend "${two[@]}" --optical-bw=400G "$until_go")
ok "a low one fills the link" wait_job "$low1" RUNNING
nodes=$(submit bob -p high -N8 --exclusive -t 5 "$until_go")
ok "it is suspended for its nodes" wait_job "$low1" SUSPENDED 60 || diag_job "$low1"
is "$(lease_of "$low1" state)" ACTIVE "it keeps its circuit"
agree "suspended"
high=$(submit bob -p high "${two[@]}" --optical-bw=200G "$until_go")
ok "the high one names the link" \
	wait_for 20 "job_reason $high | grep -xF 'OpticalLink(par-lyo,need=200G,free=0G)'" || diag_job "$high"
go "$nodes"
ok "it goes on when they are free" wait_job "$low1" RUNNING 60
is "$(job_state "$high")" PENDING "the high one waits for the circuit still"
go "$low1"
ok "and starts when it has ended" wait_job "$high" RUNNING 60 || diag_job "$high"
go "$high"
ok "it ends" wait_job "$high" COMPLETED
agree "resumed"

ok "nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
