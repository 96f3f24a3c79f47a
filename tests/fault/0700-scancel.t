#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0700-scancel - scancel at any moment leaves no lease and nothing booked once
# the job has left COMPLETING; until then its circuit stays lit and booked
. "$(dirname "$0")/../lib/books.sh"

# one wavelength: the second job has to wait
cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:1 \
	--setup-time=4s --release-time=1s
watch_books
LIMIT=30
OPTICAL=(-N6 --gpus-per-node=2 --optical-bw=400G)

# ---- running: the task will not go before SIGKILL, KillWait (5 s) later ----
script=$(job_script <<'X'
trap '' TERM
echo started
while :; do sleep 0.2; done
X
)
run=$(submit alice "${OPTICAL[@]}" "$script")
ok "a job with the only circuit runs" wait_job "$run" RUNNING $LIMIT || diag_job "$run"
ok "its task has started" wait_for $LIMIT "grep started $D/work/$run.out"

# ---- pending ----
wait=$(submit bob "${OPTICAL[@]}" --wrap 'echo started')
ok "the next one waits for the link" \
	wait_for $LIMIT "job_reason $wait | grep '^OpticalLink(par-lyo,'" || diag_job "$wait"
not_ok "it is not another user's to cancel" as_user alice scancel "$wait"
ok "scancel of the pending job" as_user bob scancel "$wait"
over_and_free "$wait" pending
is "$(booked par-lyo)" 400000000000 "the running job has its bandwidth still"
is "$(lease_of "$wait" id)" "" "the pending job never had a lease"

# ---- running, continued ----
ok "scancel of the running job" as_user alice scancel "$run"
ok "it is completing" wait_for 10 "job_is $run COMPLETING"
seen=0 lost=0
while job_is "$run" COMPLETING >/dev/null; do
	b=$(booked par-lyo)
	# only what was so before and after the look counts
	job_is "$run" COMPLETING >/dev/null || break
	seen=$((seen + 1))
	[ "$b" = 400000000000 ] || lost=$((lost + 1))
	sleep 0.1
done
ok "it was seen completing ($seen times)" [ $seen -gt 2 ]
is $lost 0 "while it completed its circuit stayed booked"
over_and_free "$run" running
ok "sacct has it cancelled" wait_for 20 "sacct_field $run State | grep CANCELLED"
like "$(sacct_field "$run" AllocTRES)" 'license/optical=400' "and what it had"

# ---- configuring ----
conf=$(submit alice "${OPTICAL[@]}" --wrap 'echo started')
ok "a job is configuring" wait_for $LIMIT "job_is $conf CONFIGURING && lease_is $conf PROVISIONING" ||
	diag_job "$conf"
like "$(job_reason "$conf")" '^(OpticalSetup\(|None)' "squeue says what it waits for"
ok "scancel of the configuring job" as_user alice scancel "$conf"
over_and_free "$conf" configuring
ok "no task of it has run" [ ! -s "$D/work/$conf.out" ]

# ---- configuring, waited for at a terminal ----
as_user alice salloc "${OPTICAL[@]}" -J terminal sh -c 'echo started' >"$D/work/salloc.out" 2>&1 &
salloc=$!
ok "salloc waits" wait_for $LIMIT 'squeue -h -n terminal -t CF -o %A | grep .'
term=$(squeue -h -n terminal -o %A)
ok "scancel of salloc's job" as_user alice scancel "$term"
ok "salloc ends" wait_for 20 "! kill -0 $salloc"
wait "$salloc"
ok "with a failure" [ $? -ne 0 ]
unlike "$(cat "$D/work/salloc.out")" '^started|[^a-z]started' "no task of it has run"
over_and_free "$term" salloc

# ---- at once, in any moment of its start ----
jobs=
for delay in 0 0.05 0.1 0.2 0.3 0.5 0.8 1.2; do
	j=$(submit alice "${OPTICAL[@]}" --wrap 'sleep 300')
	sleep $delay
	as_user alice scancel "$j"
	jobs="$jobs $j"
done
for j in $jobs; do
	ok "job $j is over" wait_for 60 "job_over $j" || diag_job "$j"
done
ok "nothing of them is left within 10 s" wait_for 10 nothing_booked || diag "$(leases)"

# ---- an array: one task at a time has the circuit ----
arr=$(submit alice --array=1-4 "${OPTICAL[@]}" --wrap 'sleep 300')
ok "a task of an array is configuring" wait_for $LIMIT "squeue -h -r -j $arr -t CF -o %i | grep _"
ok "scancel of the whole array" as_user alice scancel "$arr"
ok "it is over" wait_for 60 '[ -z "$(squeue -h -o %i)" ]'
ok "nothing of it is left within 10 s" wait_for 10 nothing_booked || diag "$(leases)"

last=$(submit bob "${OPTICAL[@]}" --wrap 'echo started')
ok "the circuit is free for the next" wait_job "$last" COMPLETED $LIMIT || diag_job "$last"
over_and_free "$last" "the last"
books_ok
cluster_stop_ok
done_testing
