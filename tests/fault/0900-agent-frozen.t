#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
#
# 0900-agent-frozen - opticald stands still for a minute: ordinary jobs neither
# wait nor notice, optical ones pend with the reason and start afterwards; what
# was spent under slurmctld's locks keeps to HoldTimeout and HoldBudget
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:4,lyon:4 --setup-time=1s --release-time=1s
watch_books
LIMIT=40
FREEZE=60
JOBS=100
OPTICAL=(-N6 --gpus-per-node=1 --optical-bw=400G)

# Ordinary jobs named $1 that are not COMPLETED. For wait_for.
all_completed()
{
	local n

	n=$(squeue -h -n "$1" -t all -o %T | grep -c '^COMPLETED')
	echo "$n of $2 completed; $(squeue -h -n "$1" -o '%T %r' | sort | uniq -c | head -n 5)"
	[ "$n" -eq "$2" ]
}

# Ask slurmctld for a job over and over; the answers' times in ms, one a line.
probe()
{
	local t

	trap - EXIT INT TERM HUP
	while [ ! -e "$D/work/probe.end" ] && [ -d "$D" ]; do
		t=$(date +%s%3N)
		scontrol show job "$1" >/dev/null || echo 999999
		echo $(($(date +%s%3N) - t))
		sleep 0.2
	done
}

# The newest value of counter $1 in slurmctld's log.
counter() { grep -o "event=stats .*" "$D/log/slurmctld.log" | tail -n 1 | grep -o " $1=[0-9]*" | cut -d= -f2; }

run=$(submit alice "${OPTICAL[@]}" --wrap 'sleep 600')
ok "an optical job runs" wait_job "$run" RUNNING $LIMIT || diag_job "$run"
ok "the plugin tells its counters" wait_for 20 '[ "$(counter holds)" -ge 1 ]'
diag "before: $(log_has slurmctld 'event=stats' | tail -n 1)"

ok "opticald is stopped" kill_one opticald -STOP
start=$SECONDS
probe "$run" >"$D/work/probe.ms" 2>/dev/null &
probe=$!
at_exit "touch $D/work/probe.end; wait $probe"

optical=
for i in 1 2 3 4; do
	optical="$optical $(submit bob "${OPTICAL[@]}" -J optical --wrap 'echo started')"
done
for ((i = 0; i < JOBS; i++)); do
	submit alice -N1 -J ordinary --wrap true >/dev/null || diag "sbatch $i failed"
done
ok "$JOBS ordinary jobs were submitted" \
	[ "$(squeue -h -t all -n ordinary -o %i | wc -l)" -eq $JOBS ]
for j in $optical; do
	ok "optical job $j waits for the agent" \
		wait_for 20 "job_reason $j | grep -xE 'OpticalAgent(Slow|Down)'" || diag_job "$j"
done
ok "all $JOBS finish while it stands still" \
	wait_for $((FREEZE - (SECONDS - start))) "all_completed ordinary $JOBS"
diag "$JOBS jobs were finished $((SECONDS - start)) s after the stop"
ok "later the agent counts as down" \
	wait_for 30 "[ \"\$(squeue -h -n optical -o %r | sort -u)\" = OpticalAgentDown ]" ||
	diag "$(squeue -n optical)"
# the rest of the minute, with jobs still coming
while [ $((SECONDS - start)) -lt $FREEZE ]; do
	submit alice -N1 -J late --wrap true >/dev/null
	sleep 1
done
is "$(squeue -h -n optical -t PD -o %i | wc -l)" 4 "the optical jobs have waited"
is "$(job_state "$run")" RUNNING "the first optical job has run on"

ok "opticald goes on" kill_one opticald -CONT
start=$SECONDS
for j in $optical; do
	ok "optical job $j completes" wait_job "$j" COMPLETED $LIMIT || diag_job "$j"
done
diag "the last optical job was done $((SECONDS - start)) s after opticald went on"
late=$(squeue -h -t all -n late -o %i | wc -l)
ok "the late $late ordinary jobs have finished" wait_for $LIMIT "all_completed late $late"

touch "$D/work/probe.end"
wait $probe
max=$(sort -n "$D/work/probe.ms" | tail -n 1)
diag "scontrol show job: $(wc -l <"$D/work/probe.ms") times, at most $max ms"
ok "slurmctld answered scontrol show job within 2 s at any time (at most $max ms)" [ "$max" -lt 2000 ]

# one line every 10 s when there was a hold
holds=$(event_count '[0-9]+' hold)
ok "the counters have all holds" wait_for 15 "[ \"\$(counter holds)\" -ge $((holds))  ]"
diag "after: $(log_has slurmctld 'event=stats' | tail -n 1)"
one=$(counter hold_max_us) second=$(counter hold_second_max_us) begin=$(counter begin_max_us)
ok "no hold took longer than HoldTimeout + 20 ms ($one us)" [ "${one:-999999}" -le 70000 ]
ok "holds took at most HoldBudget + 20 ms in a second ($second us)" [ "${second:-999999}" -le 120000 ]
ok "job_begin took no longer than that ($begin us)" [ "${begin:-999999}" -le 75000 ]
ok "some hold has met the standstill" [ "$(counter failed)" -ge 1 ]

# holds without an answer may have been taken by the agent afterwards
ok "only the running job has a lease" wait_for 15 '[ "$(leases | wc -l)" -eq 1 ]' || diag "$(leases)"
is "$(leases | cut -d" " -f2)" "$run" "its own"
scancel "$run"
over_and_free "$run" "the first"
ok "at last nothing is booked" wait_for 10 nothing_booked || diag "$(leases)"
books_ok
cluster_stop_ok
done_testing
