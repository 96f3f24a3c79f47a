#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1380-federation - two clusters of one federation, each with sites and an agent of
# its own: a job with circuits has one lease, at the cluster that runs it, and its
# sibling holds nothing; after each turn leases, jobs and sacct of both agree
# (I7, I8)
# limit: 500
. "$(dirname "$0")/../lib/books.sh"

LINK=:460:1:400G:client
cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon$LINK --setup-time=0.5s --release-time=0.5s
ALPHA=$D
cluster_start --cluster=beta --beside="$ALPHA" --sites=nice:4,turin:4 --links=nic-tur:nice:turin$LINK \
	--setup-time=0.5s --release-time=0.5s
BETA=$D
# commands show what this cluster has, not the federation's view
export SCONTROL_LOCAL=1 SQUEUE_LOCAL=1 SACCT_LOCAL=1
# at alpha|beta: what follows is about that cluster
at()
{
	[ "$1" = alpha ] && D=$ALPHA || D=$BETA
	eval "$("$CLUSTER_SH" env "$D")"
	cd "$D/work" || bail "$D/work"
}
other() { [ "$1" = alpha ] && echo beta || echo alpha; }
# Both agree after WHAT.
both_agree()
{
	local c

	for c in alpha beta; do
		at $c
		agree "$1, $c"
	done
}
# runs_at JOB: prints the cluster where it runs; for wait_for
runs_at()
{
	local c

	for c in alpha beta; do
		at $c
		[[ $(job_state "$1" 2>/dev/null) != RUNNING ]] || { echo $c; return; }
	done
	squeue -h -o '%i %T %r'
	return 1
}
# leases_are ALPHA BETA: so many leases are not gone
leases_are()
{
	local a b

	a=$(at alpha; leases | grep -c .)
	b=$(at beta; leases | grep -c .)
	echo "alpha $a, beta $b"
	[ "$a $b" = "$1 $2" ]
}

at alpha
ok "a federation" sacctmgr -i add federation fed clusters=alpha,beta
for c in alpha beta; do
	at $c
	ok "$c knows its sibling" wait_for 60 'scontrol show federation | grep -A3 "Sibling:" | grep "ConnSend/Recv:Yes/Yes"' ||
		bail "$(scontrol show federation)"
done
at alpha
until_go=$(job_script <<X
until [ -e "$ALPHA/work/go.\$SLURM_JOB_ID" ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$ALPHA/work/go.$1"; }
two=(-N4 --optical-span=2 -t 5 --optical-bw=400G)
fed() { (at alpha; submit alice -o /dev/null "${two[@]}" "$@" "$until_go" | cut -d';' -f1); }
# run_fed NAME: JOB is a job that runs, WHERE its cluster
run_fed()
{
	JOB=$(fed)
	ok "$1 runs" wait_for 60 "runs_at $JOB" || { at alpha; diag_job "$JOB"; at beta; diag_job "$JOB"; }
	WHERE=$(runs_at "$JOB")
}

# ---- one lease, where it runs
run_fed "a job"
first=$JOB first_at=$WHERE
at "$first_at"
ok "at $first_at it has its circuit" wait_for 15 "lease_is $first ACTIVE"
at "$(other "$first_at")"
not_ok "at the other cluster it has no lease" lease_of "$first" id
both_agree "one job"

# ---- the links of that cluster are taken: the next one runs at the other
run_fed "a second job"
second=$JOB
is "$WHERE" "$(other "$first_at")" "at the other cluster"
at "$WHERE"
ok "with its circuit" wait_for 15 "lease_is $second ACTIVE"
ok "one lease at each" leases_are 1 1
both_agree "a job at each"

# ---- both are taken: it waits at both and has nothing at either
third=$(fed)
at "$(other "$first_at")"
ok "a third job waits at one" wait_for 30 "job_reason $third | grep ^Optical" || diag_job "$third"
at "$first_at"
ok "and at the other" wait_for 30 "job_reason $third | grep ^Optical" || diag_job "$third"
ok "it has no lease" leases_are 1 1
both_agree "a job that waits"
go "$first"
ok "when the first has ended it runs" wait_for 60 "[ \"\$(runs_at $third)\" = $first_at ]" || diag_job "$third"
at "$first_at"
ok "with its circuit" wait_for 15 "lease_is $third ACTIVE"
ok "one lease at each" wait_for 15 'leases_are 1 1'
both_agree "it runs"

# ---- put back: the next run has a lease of its own, wherever it is
id=$(at "$first_at"; lease_of "$third" id)
ok "scontrol requeue" scontrol requeue "$third"
ok "it runs again" wait_for 90 "at $first_at; [ \"\$(agent GET /v1/leases/$id | json .state)\" = GONE ] && runs_at $third" || diag_job "$third"
ok "one lease at each" wait_for 20 'leases_are 1 1'
both_agree "put back"

# ---- cancelled while it waits at both
fourth=$(fed)
at alpha
ok "a fourth job waits" wait_for 30 "job_reason $fourth | grep ^Optical"
ok "it is cancelled" as_user alice scancel "$fourth"
for c in alpha beta; do
	at $c
	ok "at $c it is over" wait_for 30 "! squeue -h -a -j $fourth -t PD,R,CG,CF -o %T 2>/dev/null | grep ."
	is "$(agent GET "/v1/leases?all=1&job_id=$fourth" | json .leases)" 0 "and never had a lease"
done

# ---- a request that only one of them can grant
at alpha
out=$(as_user alice sbatch --parsable -o /dev/null "${two[@]}" --optical-sites=nice,turin "$until_go" 2>&1)
like "$out" 'nice' "sites of the other cluster are refused where it is submitted, by name: $out"
out=$(as_user alice sbatch -M beta --parsable -o /dev/null "${two[@]}" --optical-sites=nice,turin "$until_go" 2>&1)
like "$out" '^[0-9]+' "-M beta takes them"
go "$second"; go "$third"; go "${out%%;*}"
at beta
ok "and runs it there" wait_job "${out%%;*}" "RUNNING|COMPLETED" 60 || diag_job "${out%%;*}"
for c in alpha beta; do
	at $c
	ok "all end at $c" wait_for 60 '[ -z "$(squeue -h)" ]' || diag "$(squeue)"
	ok "nothing is booked" wait_for 15 nothing_booked
done
both_agree "over"

at beta
ok "beta stops" "$CLUSTER_SH" stop "$D"
at alpha
cluster_stop_ok
done_testing
