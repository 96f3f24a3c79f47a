#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0600-setup-refused - the network refuses to set a circuit up: all or none of
# a lease's circuits (I6), the job tries again and in the end is held with the
# cause, its owner releases it, and who waits at a terminal is told
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:2,lyon:2,nice:2 --setup-time=1s --release-time=1s \
	--optical-extra=SetupRetryDelay=2s --optical-extra=MaxSetupFailures=2
watch_books
LIMIT=30

refuse() { opticalctl sim fault refuse "$@"; }

# The number of runs that sacct has of JOB, requeued ones too, with REGEX in
# State|AdminComment.
runs_like()
{
	local out

	out=$(sacct -nPXD -j "$1" -o State,AdminComment)
	echo "$out"
	[ "$(grep -cE "$2" <<<"$out")" -eq "$3" ]
}

# held_for JOB: for wait_for.
held_for()
{
	job_is "$1" PENDING
	[ "$(job_show "$1" Priority)" = 0 ] && [[ $(job_reason "$1") == OpticalSetupFailed* ]]
}

# ---- three sites: one circuit is refused, twice ----
ok "two set-ups over lyo-nic will be refused" refuse lyo-nic 2
job=$(submit alice -N6 --optical-bw=400G --wrap 'echo started $OPTICAL_CIRCUITS')
ok "the first set-up fails" wait_for $LIMIT "events_are $job setup_failed 1" || diag_job "$job"
first=$(lease_of "$job" id)
ok "after the second the job is held" wait_for $LIMIT "held_for $job" || diag_job "$job"
second=$(lease_of "$job" id)
is "$(job_reason "$job")" "OpticalSetupFailed(lyon-nice)" "squeue names the pair"
like "$(token_of "$job")" 'state=FAILED.*failures=2.*cause=.*refused lyo-nic' \
	"scontrol shows the cause in AdminComment"
is "$(job_show "$job" Restarts)" 2 "it was requeued twice"
ok "sacct -D has both runs with the cause" \
	wait_for 20 "runs_like $job 'REQUEUED.*cause=[^}]*refused lyo-nic' 2"
unlike "$first" "^$second\$" "each run had a lease of its own"
ok "nothing is left booked" wait_for 10 nothing_booked || diag_job "$job"
for id in $first $second; do
	ev=$(agent GET "/v1/leases/$id/events")
	is "$(perl -MJSON::PP -e 'my %last; for (@{decode_json(join "", <STDIN>)->{events}}) {
		$last{$_->{circuit}} = $_->{to} if $_->{axis} eq "provisioning" }
		print join " ", map { "$_=$last{$_}" } sort keys %last' <<<"$ev")" \
		"lyon-nice=RELEASED lyon-paris=RELEASED nice-paris=RELEASED" \
		"all circuits of lease ${id:0:8} are down" || diag "$ev"
	is "$(agent GET "/v1/leases/$id" | json .blame)" refused "the blame is refused"
done
gap=$(agent GET "/v1/leases/$first" | json .ended_ms)
gap=$(($(agent GET "/v1/leases/$second" | json .held_ms) - gap))
# begin_time is in whole seconds; the scheduler comes by within a few
ok "the second try came $gap ms after the first, SetupRetryDelay is 2 s" \
	[ $gap -ge 1000 -a $gap -le 12000 ]
ok "no task of it has run" [ ! -s "$D/work/$job.out" ]
is "$(squeue -h -t R,CG,CF -o %i)" "" "it holds no node"

# ---- its owner releases it ----
not_ok "another user may not release it" as_user bob scontrol release "$job"
ok "one set-up over lyo-nic will be refused" refuse lyo-nic 1
ok "its owner may" as_user alice scontrol release "$job"
ok "it is tried again, and refused" wait_for $LIMIT "events_are $job setup_failed 3" || diag_job "$job"
like "$(token_of "$job")" 'failures=1;' "the count began anew"
ok "so it was not held, and completes" wait_job "$job" COMPLETED $LIMIT || diag_job "$job"
is "$(grep -c ^started "$D/work/$job.out")" 1 "it ran once"
unlike "$(token_of "$job")" 'failures=[1-9]' "the count is gone after success"
ok "sacct has its end" wait_sacct "$job" State COMPLETED
like "$(sacct_field "$job" AllocTRES)" 'license/optical=1200' "sacct: three circuits"
ok "nothing is left booked" wait_for 10 nothing_booked || diag_job "$job"

# ---- jobs that can't be requeued end with a message ----
ok "one set-up over par-lyo will be refused" refuse par-lyo 1
job=$(submit alice -N4 --no-requeue --optical-sites=paris,lyon --optical-bw=400G --wrap 'echo started')
ok "sbatch --no-requeue: the job ends" wait_job "$job" 'CANCELLED|FAILED' $LIMIT || diag_job "$job"
like "$(token_of "$job")" 'state=FAILED.*cause=.*refused par-lyo' "its AdminComment has the cause"
ok "so has sacct" wait_for 20 "runs_like $job 'cause=[^}]*refused par-lyo' 1"
ok "no task of it has run" [ ! -s "$D/work/$job.out" ]
ok "nothing is left booked" wait_for 10 nothing_booked || diag_job "$job"

for cmd in salloc srun; do
	ok "one set-up over par-lyo will be refused" refuse par-lyo 1
	out=$(as_user alice timeout 60 $cmd -N4 --optical-sites=paris,lyon --optical-bw=400G \
		sh -c 'echo started' 2>&1)
	rc=$?
	ok "$cmd ends with a failure" [ $rc -ne 0 -a $rc -ne 124 ] || diag "rc=$rc $out"
	like "$out" 'optical: .*(paris-lyon|lyon-paris).*refused par-lyo' "$cmd says why"
	unlike "$out" started "$cmd: no task has run"
	ok "$cmd: nothing is left booked" wait_for 10 nothing_booked || diag "$(leases)"
	ok "$cmd: no node is left taken" wait_for 20 '[ -z "$(squeue -h -t R,CG,CF -o %i)" ]'
done

# ---- a fault of the network is not the request's ----
ok "two set-ups over par-nic will fail late" opticalctl sim fault fail-late par-nic 2
pair=(-H -N2 --optical-sites=paris,nice --optical-span=2 --optical-bw=100G)
job=$(submit alice "${pair[@]}" --wrap 'echo started')
other=$(submit bob "${pair[@]}" --wrap 'echo started')
ok "both begin at once" scontrol release "$job,$other"
for j in $job $other; do
	ok "the set-up of job $j fails" wait_for $LIMIT "events_are $j setup_failed 1" || diag_job "$j"
	unlike "$(token_of "$j")" 'failures=[1-9]' "a fault does not count"
	like "$(token_of "$j")" 'state=FAILED.*cause=.*par-nic' "its cause is in AdminComment"
done
ok "the pair is left alone for a while" \
	wait_for $LIMIT "job_reason $job | grep '^OpticalBackoff(nice-paris,'" || diag_job "$job"
left=$(job_reason "$job" | sed -n 's/.*~\([0-9]*\)s.*/\1/p')
ok "a minute: both failed by the one fault (~$left s)" [ "${left:-999}" -le 60 ]
ok "nothing is left booked" wait_for 10 nothing_booked || diag_job "$job"
scancel "$job" "$other"

ok "at last nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
