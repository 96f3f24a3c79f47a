#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1325-expand - a job with circuits gets the nodes of another (--dependency=expand):
# the other has no circuits of its own and goes only to the sites that the
# circuits join; after each turn leases, jobs and sacct agree (I7, I8)
# limit: 400
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=arles:4,paris:4,lyon:4 --links=par-lyo:paris:lyon:460:1:400G:client,arl-par:arles:paris:900:1 \
	--setup-time=0.5s --release-time=0.5s \
	--slurm-conf-extra='SchedulerParameters=bf_interval=5,permit_job_expansion'
# with select/cons_tres and nothing of ours, too
! slurm_since 26.05 || skip_all "slurmctld of Slurm 26.05 ends itself at a merge"
watch_books

until_go=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ] || [ -e go.all ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
ends() { go "$1"; ok "${2:-it} ends" wait_job "$1" COMPLETED || diag_job "$1"; }
# expander ARGUMENT...: an allocation without a step and GPUs (Slurm merges no
# other), of whole nodes; MORE is its id, SAID what salloc says.
expander()
{
	SAID=$(as_user alice timeout 60 salloc --no-shell -t 5 --ntasks-per-node=1 -c32 "$@" 2>&1)
	MORE=$(sed -n 's/.*Granted job allocation \([0-9]*\).*/\1/p' <<<"$SAID")
	ok "a job that is to expand it starts at once" test -n "$MORE" || diag "$SAID"
}
# Its nodes become those of the job that it was for.
merge()
{
	as_user alice scontrol update JobId="$1" NumNodes=0 &&
		as_user alice scontrol update JobId="$2" NumNodes=ALL
}
sites_of() { scontrol show hostnames "$(job_show "$1" NodeList)" | cut -c1-3 | sort -u | xargs; }

# ---- a job between two sites
job=$(submit alice -N4 --ntasks-per-node=1 -c32 -w 'par[001-002],lyo[001-002]' -t 5 --optical-bw=200G "$until_go")
ok "a job runs" wait_job "$job" RUNNING || diag_job "$job"
ok "its circuit is up" wait_for 10 "lease_is $job ACTIVE"
id=$(lease_of "$job" id)
expander -N2 --dependency=expand:"$job"
like "$(sites_of "$MORE")" '^(lyo|par|lyo par)$' "where the first one has circuits"
agree "expander"
ok "its nodes become the first one's" merge "$MORE" "$job"
is "$(job_show "$job" NumNodes)" 6 "which has six nodes"
ok "the other one is over" wait_job "$MORE" COMPLETED
is "$(lease_of "$job" id) $(lease_of "$job" state)" "$id ACTIVE" "its circuit is as it was"
like ",$(job_show "$job" TRES)," ',license/optical=200,' "and counts as before"
agree "expanded"

# ---- one that asks for circuits, too: a shell inside the job passes the option on
# (22.05's own select/cons_tres loses count of cores at a merge and might give out
# nodes again: only these will do. Newer ones merge no job that names its nodes)
expander -N2 -x 'arl[001-004],par[001-002],lyo[001-004]' --dependency=expand:"$job" --optical-bw=400G --optical-span=2
like "$SAID" 'has no circuits of its own' "and is told that it has none of its own"
not_ok "it has no lease" lease_of "$MORE" id
agree "expander with --optical-bw"
ok "its nodes become the first one's" merge "$MORE" "$job"
is "$(job_show "$job" NumNodes)" 8 "which has eight nodes"
is "$(lease_of "$job" id) $(lease_of "$job" state)" "$id ACTIVE" "its circuit is as it was"
like ",$(job_show "$job" TRES)," ',license/optical=200,' "and counts as before"
agree "expanded again"

# ---- no more room there: nodes of a third site are idle, but not for it
out=$(submit bob -N4 -t 5 --optical-sites=arles --optical-bw=100G "$until_go")
ok "the third site can be had" wait_job "$out" RUNNING || diag_job "$out"
ends "$out" "another's job there"
rest=$(as_user alice sbatch --parsable -o /dev/null -N1 -w arl001 -t 5 --dependency=expand:"$job" "$until_go")
plain=$(submit bob -N1 -w arl001 -t 5 "$until_go")
ok "a job of nobody's runs there" wait_job "$plain" RUNNING || diag_job "$plain"
is "$(job_state "$rest")" PENDING "one that was to expand ours does not"
ok "it is cancelled" scancel "$rest"
ends "$plain" "the other"

# ---- after a restart of slurmctld
ok "slurmctld starts again" eval 'wait_saved $job && restart_one slurmctld'
is "$(job_show "$job" NumNodes)" 8 "the job still has eight nodes"
ok "its circuit is as it was" wait_for 15 "lease_is $job ACTIVE"
agree "restarted"
ends "$job"
over_and_free "$job" "expanded"
agree "it ended"

# ---- a job without circuits goes where it likes
job=$(submit alice -N1 --ntasks-per-node=1 -c32 -x 'arl[001-004],lyo[001-004]' -t 5 "$until_go")
ok "a job without --optical-bw runs" wait_job "$job" RUNNING || diag_job "$job"
expander -N1 -x 'par[001-004],lyo[001-004]' --dependency=expand:"$job"
ok "its nodes become the first one's" merge "$MORE" "$job"
is "$(sites_of "$job")" "arl par" "which is at two sites"
agree "expanded without circuits"
ends "$job"

ok "nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
