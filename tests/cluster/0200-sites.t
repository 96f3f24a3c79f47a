#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0200-sites - one site when it is enough, else two with one circuit between
# them; what jobs without --optical-bw may do by default and under single_site
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --sites=paris:4,lyon:4 --setup-time=1s --release-time=1s \
	--optical-extra="PartitionName=single JobsWithoutRequest=single_site" \
	--slurm-conf-extra="PartitionName=single Nodes=ALL DefaultTime=10 MaxTime=INFINITE State=UP"

# Runs until there is a file $D/work/go.JOBID, and says what it was told.
until_go=$(job_script <<'X'
env | grep -E '^(OPTICAL_|SLURM_JOB_NODELIST)' | sort
until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.1; done
X
)
go() { touch "$D/work/go.$1"; }

# said JOB NAME: the value that the job's environment had.
said() { sed -n "s/^$2=//p" "$D/work/$1.out"; }

# nodes_at JOB PREFIX: how many of its nodes are at the site.
nodes_at()
{
	scontrol show hostnames "$(job_show "$1" NodeList)" | grep -c "^$2"
}

booked() { agent GET /v1/state | json .links.0.booked_bps; }
all_leases_of() { agent GET "/v1/leases?job_id=$1&all=1" | json .leases; }
nothing_booked() { booked; [ "$(booked)" = 0 ]; }

# ---- six nodes with the option: two sites, one circuit
job=$(submit alice -N6 --gpus-per-node=8 --optical-bw=400G "$until_go")
ok "-N6 --optical-bw=400G runs" wait_job "$job" RUNNING
ok "its task starts" wait_for 20 "grep SLURM_JOB_NODELIST $job.out"
par=$(nodes_at "$job" par) lyo=$(nodes_at "$job" lyo)
ok "over two sites ($par+$lyo nodes)" test "$par" -gt 0 -a "$lyo" -gt 0
is $((par + lyo)) 6 "on six nodes"
is "$(leases | wc -l)" 1 "there is one lease"
id=$(lease_of "$job" id)
lease=$(agent GET "/v1/leases/$id")
is "$(json .state <<<"$lease")" ACTIVE "it is ACTIVE"
is "$(json .cluster <<<"$lease") $(json .job_id <<<"$lease") $(json .user_id <<<"$lease")" \
	"alpha $job $(id -u ocsalice)" "of this cluster, job and user"
is "$(json .circuits <<<"$lease")" 1 "with one circuit"
is "$(json .circuits.0.granted_bps <<<"$lease")" 400000000000 "of 400 Gb/s"
is "$(for i in 0 1; do json .sites.$i.name <<<"$lease"; done | sort | xargs)" \
	"lyon paris" "between the two sites"
is "$(for i in 0 1; do scontrol show hostnames "$(json .sites.$i.nodes <<<"$lease")"; done | sort)" \
	"$(scontrol show hostnames "$(job_show "$job" NodeList)" | sort)" \
	"whose nodes are the job's"
is "$(booked)" 400000000000 "the link has 400 Gb/s booked"
is "$(said "$job" OPTICAL_NSITES)" 2 "OPTICAL_NSITES"
is "$(said "$job" OPTICAL_LEASE_ID)" "$id" "OPTICAL_LEASE_ID"
like "$(said "$job" OPTICAL_CIRCUITS)" '^(paris-lyon|lyon-paris):400G:2274us$' "OPTICAL_CIRCUITS"
is "$(said "$job" OPTICAL_RATE_BPS)" 400000000000 "OPTICAL_RATE_BPS"
is "$(said "$job" OPTICAL_RTT_US)" 4548 "OPTICAL_RTT_US"
is "$(said "$job" OPTICAL_JOB_ID)" "$job" "OPTICAL_JOB_ID"
is "$(job_show "$job" Licenses)" optical:400 "scontrol: the licences"
like "$(scontrol -o show lic optical)" 'Used=400 ' "400 of them are used"
like "$(scontrol -o show job "$job")" \
	'AdminComment=.*optical\{state=ACTIVE;lease='"${id:0:8}"';circuits=(paris-lyon|lyon-paris):400G[;}]' \
	"AdminComment tells the circuit"
go "$job"
ok "it completes" wait_job "$job" COMPLETED
ok "the link is free again" wait_for 10 nothing_booked
is "$(lease_of "$job" state)" GONE "its lease is gone"
ok "sacct: completed" wait_sacct "$job" State COMPLETED
like ",$(sacct_field "$job" AllocTRES)," ',license/optical=400,' "sacct: license/optical=400"
like ",$(sacct_field "$job" AllocTRES)," ',gres/gpu=48,' "sacct: 48 GPUs"
like "$(scontrol -o show lic optical)" 'Used=0 ' "no licence is used"

# ---- three nodes with the option: one site, no circuit
job=$(submit alice -N3 --optical-bw=400G "$until_go")
ok "-N3 --optical-bw=400G runs" wait_job "$job" RUNNING
ok "its task starts" wait_for 20 "grep SLURM_JOB_NODELIST $job.out"
like "$(nodes_at "$job" par) $(nodes_at "$job" lyo)" '^(3 0|0 3)$' "in one site"
is "$(leases)" "" "without a lease"
is "$(booked)" 0 "nothing is booked"
is "$(said "$job" OPTICAL_NSITES)" 1 "OPTICAL_NSITES is 1"
like "$(said "$job" OPTICAL_SITES)" '^(paris|lyon)$' "OPTICAL_SITES"
is "$(said "$job" OPTICAL_CIRCUITS)$(said "$job" OPTICAL_LEASE_ID)" "" "no circuit in its environment"
unlike "$(job_show "$job" TRES)" 'license/optical' "scontrol: no license/optical"
go "$job"
ok "it completes" wait_job "$job" COMPLETED
is "$(all_leases_of "$job")" 0 "it never had a lease"
ok "sacct: completed" wait_sacct "$job" State COMPLETED
unlike "$(sacct_field "$job" AllocTRES)" 'license/optical' "sacct: no license/optical in AllocTRES"

# ---- without the option
job=$(submit alice -N6 "$until_go")
ok "-N6 without the option runs" wait_job "$job" RUNNING
ok "its task starts" wait_for 20 "grep SLURM_JOB_NODELIST $job.out"
is "$(($(nodes_at "$job" par) + $(nodes_at "$job" lyo)))" 6 "on six nodes"
is "$(leases)" "" "without a lease"
unlike "$(cat "$job.out")" 'OPTICAL_' "nothing of ours is in its environment"
go "$job"

none=$(submit bob -N6 -p single --optical-bw=none "$until_go")
ok "single_site: -N6 --optical-bw=none runs" wait_job "$none" RUNNING
is "$(leases)" "" "without a lease"
go "$none"

out=$(submit alice -N6 -p single "$until_go" 2>&1)
rc=$?
ok "single_site: -N6 without the option is refused" test $rc -ne 0
like "$out" '--optical-bw=RATE \(example: --optical-bw=400G\)' "with the option's name and an example"
is "$(squeue -h -p single -o %i | grep -vx "$none")" "" "it is not queued"
ok "the jobs before complete" eval "wait_job $job COMPLETED && wait_job $none COMPLETED"

# ---- single_site places in one site: paris and lyon have 2 and 3 whole nodes
block=$(submit bob -w 'par[001-002],lyo001' --exclusive "$until_go")
ok "three nodes are taken" wait_job "$block" RUNNING
job=$(submit alice -N3 -p single --exclusive "$until_go")
ok "single_site: -N3 runs" wait_job "$job" RUNNING
is "$(nodes_at "$job" par) $(nodes_at "$job" lyo)" "0 3" "in the only site with three free nodes"
big=$(submit alice -N4 -p single --exclusive "$until_go")
two=$(submit alice -N2 -t 1 -p single --exclusive "$until_go")
ok "a second one of two nodes takes the other site" wait_job "$two" RUNNING
is "$(job_state "$big")" PENDING "four nodes wait"
go "$block"; go "$job"; go "$two"
ok "until one site has them" wait_job "$big" RUNNING 40
like "$(nodes_at "$big" par) $(nodes_at "$big" lyo)" '^(4 0|0 4)$' "all four in it"
go "$big"
ok "and complete" wait_job "$big" COMPLETED

# ---- what can never be
out=$(submit alice -N9 --optical-bw=400G --wrap true 2>&1)
rc=$?
ok "more nodes than there are: refused" test $rc -ne 0
like "$out" 'optical: -N 9 needs more nodes than the 8 of ' "with the number that there is"

cluster_stop_ok
done_testing
