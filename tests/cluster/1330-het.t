#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1330-het - heterogeneous jobs: the sites of all components are planned
# together, the leader holds the whole lease, every component waits for it, a
# failed set-up puts the leader back
# limit: 600
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:1:400G:client \
	--setup-time=2s --release-time=0.5s \
	--optical-extra='SetupRetryDelay=2s'
watch_books

until_go=$(job_script <<'X'
env | grep -E '^OPTICAL_' | sort
echo "launched $(date +%s%3N)"
srun --het-group=1 sh -c 'echo "step $(date +%s%3N)"; env | grep ^OPTICAL_ | sort' >"step.$SLURM_JOB_ID"
until [ -e "go.$SLURM_JOB_ID" ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
het_over() { [ -z "$(squeue -h -j "$1" 2>/dev/null)" ]; }

# ---- three nodes of paris and three of lyon
job=$(submit alice --optical-bw=200G -t 5 -N3 -w 'par[001-003]' : -N3 -w 'lyo[001-003]' "$until_go")
ok "a heterogeneous job runs" wait_job "$job" RUNNING 60 || diag_job "$job"
ok "its circuit is up" wait_for 30 "lease_is $job ACTIVE" || diag_job "$job"
is "$(leases | wc -l)" 1 "it has one lease"
lease=$(agent GET "/v1/leases/$(lease_of "$job" id)")
is "$(json .job_id <<<"$lease")" "$job" "its leader's"
is "$(json .circuits <<<"$lease")" 1 "with one circuit"
is "$(for i in 0 1; do json .sites.$i.name <<<"$lease"; json .sites.$i.nodes <<<"$lease"; done | sort | xargs)" \
	"lyo[001-003] lyon par[001-003] paris" "and the nodes of both components"
ok "the batch script is launched" wait_for 20 "grep ^launched $job.out"
ok "a step of the other component, too" wait_for 20 "grep ^step step.$job"
up=$(json .active_ms <<<"$(agent GET "/v1/leases/$(lease_of "$job" id)")")
ok "after the circuit was up (I4)" test "$(sed -n 's/^launched //p' "$job.out")" -ge "${up:-9999999999999}"
like "$(cat "step.$job")" 'OPTICAL_CIRCUITS=(paris-lyon|lyon-paris):200G' "the component knows the circuit"
is "$(job_show "$job" Licenses) $(job_show "$((job + 1))" Licenses)" "optical:200 (null)" "the leader's licences count"
agree "het"
go "$job"
ok "it ends" wait_for 30 "het_over $job"
ok "nothing is booked" wait_for 15 nothing_booked
agree "het ended"

# ---- components that fit into one site go there, without a circuit
job=$(submit alice --optical-bw=400G -t 5 -N2 : -N2 "$until_go")
ok "two small components run" wait_job "$job" RUNNING 60 || diag_job "$job"
ok "it is launched" wait_for 20 "grep ^launched $job.out"
is "$(scontrol show hostnames "$(job_show "$job" NodeList),$(job_show "$((job + 1))" NodeList)" | cut -c1-3 | sort -u | wc -l)" \
	1 "at one site"
is "$(leases | wc -l)" 0 "without a lease"
go "$job"
ok "it ends" wait_for 30 "het_over $job"

# ---- two sites that the components must span together
job=$(submit alice --optical-bw=100G --optical-span=2 -t 5 -N3 : -N3 "$until_go")
ok "a job that must span two runs" wait_job "$job" RUNNING 60 || diag_job "$job"
ok "its circuit is up" wait_for 30 "lease_is $job ACTIVE" || diag_job "$job"
agree "het, span=2"

# ---- what does not fit beside it waits, all of it
wait=$(submit bob --optical-bw=400G -t 5 -N1 -w par004 : -N1 -w lyo004 "$until_go")
ok "another one names the link" \
	wait_for 30 "job_reason $wait | grep -F 'OpticalLink(par-lyo,need=400G,free=300G)'" || diag_job "$wait"
is "$(job_state "$((wait + 1))")" PENDING "its other component waits, too"
ok "the first one is cancelled" as_user alice scancel "$job"
ok "and goes" wait_for 30 "het_over $job"
ok "the other one starts" wait_job "$wait" RUNNING 60 || diag_job "$wait"
ok "its circuit is up" wait_for 30 "lease_is $wait ACTIVE" || diag_job "$wait"
agree "het cancelled, the next one started"
ok "it is cancelled while it runs" as_user bob scancel "$wait"
over_and_free "$wait" "het"

# ---- set-up fails: the leader is put back with all components, then it runs
ok "the next set-up is to fail" agent POST /v1/sim/faults '{"link":"par-lyo","fault":"refuse","count":1}'
job=$(submit alice --optical-bw=200G -t 5 -N1 -w par001 : -N1 -w lyo001 "$until_go")
ok "the set-up fails once" wait_for 60 "events_are $job setup_failed 1" || diag_job "$job"
ok "it runs the second time" wait_for 90 "job_is $job RUNNING && lease_is $job ACTIVE" || diag_job "$job"
agree "het put back"
ok "it was launched once" wait_for 20 "[ \$(grep -c ^launched $job.out) = 1 ]"
go "$job"
ok "it ends" wait_for 30 "het_over $job"

ok "nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
