#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0310-backfill - nodes x links x time: a job whose link is full until T is
# promised T, nothing of lower priority that would delay it starts, all else
# does, and it starts at T
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:6,lyon:6 --links=par-lyo:paris:lyon:460:1:400G:client \
	--setup-time=0.5s --release-time=0.5s
watch_books

until_go=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
# at JOB FIELD: a time of the job in Unix seconds; 0: none yet
at()
{
	local t

	t=$(job_show "$1" "$2")
	if [[ $t == ????-* ]]; then date -d "$t" +%s; else echo 0; fi
}
# starts_between JOB FROM TO: its promised start; for wait_for
starts_between()
{
	local t

	t=$(at "$1" StartTime)
	echo "job $1 starts at $t, wanted $2..$3"
	[ "$t" -ge "$2" ] && [ "$t" -le "$3" ]
}
# would_start USER SBATCH-ARGUMENT...: Unix seconds, as sbatch --test-only says
would_start()
{
	local u=$1 out

	shift
	out=$(as_user "$u" sbatch --test-only "$@" 2>&1)
	[[ $out =~ to\ start\ at\ ([0-9T:-]+) ]] && date -d "${BASH_REMATCH[1]}" +%s
}

# Backfill keeps whole nodes for those that wait: there are enough of them, so
# that all is about the link.
two=(-N2 --optical-span=2)

# ---- the link has 100 of 400 Gb/s left until T, when the first job must end
first=$(submit alice -N4 --optical-span=2 -t 1 --optical-bw=300G --wrap 'exec sleep 57')
ok "a job that takes 300G of 400G for a minute runs" wait_job "$first" RUNNING
T=$(at "$first" EndTime)

high=$(submit alice -N4 --optical-span=2 -t 2 --optical-bw=350G "$until_go")
ok "one that wants 350G is promised the end of the first" \
	wait_for 20 "starts_between $high $((T - 1)) $((T + 6))"
H=$(at "$high" StartTime)
diag "promised $((H - T)) s after T"
ok "its reason names the link" \
	wait_for 10 "job_reason $high | grep -xF 'OpticalLink(par-lyo,need=350G,free=100G)'"

delays=$(submit bob "${two[@]}" -t 5 --optical-bw=100G "$until_go")
ok "one that would delay it is told so" \
	wait_for 20 "job_reason $delays | grep -xF 'OpticalPromised(par-lyo,need=100G,free=50G)'"
is "$(job_state "$delays")" PENDING "it pends, though the link has 100G now"
ok "opticalctl why: what was promised, and what would help" \
	wait_for 15 "as_user bob $OCS_INST/bin/opticalctl why $delays | tr '\n' ' ' | grep -E 'promised to jobs before it.*(Smallest change: none for circuits|Smallest change: a time limit|It takes)'"
beside=$(submit bob "${two[@]}" -t 5 --optical-bw=50G "$until_go")
plain=$(submit bob -N2 -t 1 --wrap true)
ok "a job without circuits runs" wait_job "$plain" COMPLETED
ok "a lower one beside which the promise can be kept runs" wait_job "$beside" RUNNING
E=$((H + 120))
ok "it is promised the end of the high one" \
	wait_for 20 "starts_between $delays $((E - 1)) $((E + 6))"
ok "the promise of the high one stands" starts_between "$high" $((T - 1)) $((T + 6))

# ---- sbatch --test-only tells the same
# (Slurm adds what the jobs before it take of all nodes: 90 s here.)
t=$(would_start bob "${two[@]}" -t 5 --optical-bw=100G "$until_go")
ok "sbatch --test-only of such a job: when the high one has ended (${t:-none}, $E)" \
	test "${t:-0}" -ge $((E - 1)) -a "${t:-0}" -le $((E + 120))
n=$(date +%s)
t=$(would_start bob -N2 -t 1 "$until_go")
ok "of one without circuits: it waits for nothing (${t:-none}, now $n)" \
	test "${t:-$((n + 999))}" -le $((n + 120))

# ---- opticalctl why
ok "the reason of the high one follows what is booked" \
	wait_for 20 "job_reason $high | grep -xF 'OpticalLink(par-lyo,need=350G,free=50G)'"
why=$(as_user bob "$OCS_INST/bin/opticalctl" why "$high")
like "$why" "Job $high is PENDING: OpticalLink\(par-lyo,need=350G,free=50G\)" "why: the reason of the high one"
like "$why" 'link par-lyo between (paris and lyon|lyon and paris) has 50G free, 350G is needed' "in a sentence"
like "$why" 'It takes (paris-lyon|lyon-paris):350G for 2min' "the circuits that it takes, and how long"
like "$why" "expects it to start at $(job_show "$high" StartTime)" "its start"
like "$why" 'Smallest change: ask for --optical-bw=50G' "what would let it start now"
why=$(as_user bob "$OCS_INST/bin/opticalctl" why "$delays")
diag "$why"
like "$why" 'PENDING: Optical(Link|Promised)\(par-lyo,need=100G,free=50G\)' "why: the reason of the lower one"
like "$why" 'Smallest change: ask for --optical-bw=50G' "and what would help"
ok "why of no job fails" eval '! as_user bob "$OCS_INST/bin/opticalctl" why 99999 2>/dev/null'

# ---- one of higher priority is not bound by it
above=$(submit alice "${two[@]}" -t 1 --optical-bw=50G "$until_go")
ok "scontrol update Priority" scontrol update JobId="$above" Priority=4294901999
ok "a job before it in the queue takes what it was promised" wait_job "$above" RUNNING 20
go "$above"
ok "and ends" wait_job "$above" COMPLETED

# ---- T
ok "just before T the first one ends" wait_job "$first" COMPLETED $((T - n + 30)) || diag_job "$first"
ok "the high one starts" wait_job "$high" RUNNING 30 || diag_job "$high"
over=$(at "$first" EndTime) start=$(at "$high" StartTime)
ok "within bf_interval and what the network takes after that ($((start - over)) s)" \
	test $((start - over)) -le 10
is "$(job_state "$delays")" PENDING "the lower one waits on"
go "$high"
ok "until the high one has ended" wait_job "$delays" RUNNING 30 || diag_job "$delays"
go "$delays"; go "$beside"
ok "all end" eval "wait_job $delays COMPLETED && wait_job $beside COMPLETED"
ok "nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
