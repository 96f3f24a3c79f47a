#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0970-agent-slow - the agent answers later than a hold may take, or refuses each
# hold though there is room: jobs that want circuits wait and say for what, and
# keep no nodes from the others
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:3,lyon:3 --setup-time=500ms --release-time=300ms \
	--links=par-lyo:paris:lyon:460:8:400G:client
watch_books
LIMIT=60
OPTICAL=(-N6 --ntasks-per-node=1 --optical-bw=100G)

mv "$D/opticald/opticald.sock" "$D/opticald/real.sock"
coproc RELAY { exec setpriv --reuid slurm --regid slurm --clear-groups \
	"$SRCDIR/tests/fake/agent-relay" "$D/opticald/opticald.sock" "$D/opticald/real.sock"; }
relay_pid=$RELAY_PID relay_in=${RELAY[1]} relay_out=${RELAY[0]}
at_exit "kill $relay_pid 2>/dev/null; wait $relay_pid 2>/dev/null"
# relay_is MODE
relay_is()
{
	echo "$1" >&"$relay_in"
	read -rt 10 done_ <&"$relay_out" && [ "$done_" = done ]
}
read -rt 10 done_ <&"$relay_out"
is "$done_" done "something is between slurmctld and opticald"
ok "slurmctld is restarted" restart_one slurmctld
first=$(submit alice "${OPTICAL[@]}" --wrap true)
ok "a job gets its circuits through it" wait_job "$first" COMPLETED $LIMIT || diag_job "$first"

# others_go WHAT REASON: jobs that want circuits wait for REASON, others run.
# Sets OPTICAL_JOBS.
others_go()
{
	local optical='' ordinary='' i

	for i in 1 2 3; do
		optical="$optical $(submit bob "${OPTICAL[@]}" -J "$1" --wrap true)"
	done
	for i in $optical; do
		ok "$1: job $i waits for its circuits" \
			wait_for $LIMIT "[[ \$(job_reason $i) =~ ^$2 ]]" || diag_job "$i"
	done
	for i in 1 2 3 4; do
		ordinary="$ordinary $(submit alice -N6 -J ordinary --wrap true)"
	done
	for i in $ordinary; do
		ok "$1: job $i, that wants none, runs on the same nodes" \
			wait_job "$i" COMPLETED $LIMIT || diag_job "$i"
	done
	is "$(squeue -h -n "$1" -t PD -o %i | wc -l)" 3 "$1: the others wait still"
	ok "$1: it is over" relay_is pass
	OPTICAL_JOBS=$optical
}

ok "each answer takes 200 ms" relay_is "delay 200"
others_go slow OpticalAgentSlow
for job in $OPTICAL_JOBS; do
	ok "slow: job $job starts then" wait_job "$job" COMPLETED 120 || diag_job "$job"
done
ok "each hold is refused" relay_is busy
others_go refused OpticalBusy
# what was refused is not asked for again until the network changes: it does not
# shellcheck disable=SC2086
ok "they are cancelled" scancel $OPTICAL_JOBS
ok "nothing is booked" wait_for 20 nothing_booked
books_ok
cluster_stop_ok
done_testing
