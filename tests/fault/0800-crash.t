#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
#
# 0800-crash - kill -9 of slurmctld, slurmd and opticald, while an optical job
# runs and while another is being set up: both go on, with the leases that they
# had (I2), which are given back at their ends
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:2,lyon:2 --setup-time=9s --release-time=1s
watch_books
LIMIT=40
OPTICAL=(-N3 --gpus-per-node=2 --optical-bw=400G)

# Writes a line when it starts, then lives until told to end.
script=$(job_script <<'X'
echo "started $OPTICAL_LEASE_ID"
while [ ! -e end.$SLURM_JOB_ID ]; do sleep 0.2; date +%s >beat.$SLURM_JOB_ID; done
echo ended
X
)

# lease_whole JOB ID WORD...: JOB has the lease ID, in a state of WORD|..., and
# no other. For wait_for.
lease_whole()
{
	local out

	out=$(leases | awk -v j="$1" '$2 == j { print $1, $3 }')
	echo "leases of job $1: $out"
	[[ $out =~ ^($3)\ $2$ ]]
}

# The job writes its lines still: none older than 3 s.
beats() { [ $(($(date +%s) - $(cat "$D/work/beat.$1"))) -le 3 ]; }

# The agent's and the job's own idea of when the circuit was up.
started_after_up()
{
	local up

	up=$(lease_of "$1" active_ms)
	[ -n "$up" ] && [ "$up" -gt 0 ] &&
		[ "$up" -le "$(stat -c %.3W "$D/work/$1.out" | tr -d .)" ]
}

run=$(submit alice "${OPTICAL[@]}" "$script")
ok "an optical job runs" wait_job "$run" RUNNING $LIMIT || diag_job "$run"
run_lease=$(lease_of "$run" id)
ok "its task has started" wait_for $LIMIT "grep started $D/work/$run.out"

# crash DAEMON [batch]: kill it while one job runs and another is CONFIGURING;
# batch: the slurmd of the running job's batch script.
crash()
{
	local what=$1 node=() conf lease

	[ -z "${2:-}" ] || node=("$(job_show "$run" BatchHost)")
	conf=$(submit bob "${OPTICAL[@]}" "$script")
	ok "$what: another job is configuring" \
		wait_for $LIMIT "job_is $conf CONFIGURING && lease_is $conf PROVISIONING" || diag_job "$conf"
	lease=$(lease_of "$conf" id)
	ok "$what: slurmctld saves its state" wait_saved "$conf"
	ok "$what: the job is configuring still" job_is "$conf" CONFIGURING
	ok "$what: kill -9" kill_one "$what" "${node[@]}" -KILL
	ok "$what: it comes back" restart_one "$what" "${node[@]}"
	ok "$what: the running job runs" job_is "$run" RUNNING || diag_job "$run"
	ok "$what: with its lease" wait_for 20 "lease_whole $run $run_lease ACTIVE" || diag_job "$run"
	ok "$what: its task lives" wait_for 5 "beats $run"
	ok "$what: the configuring job starts" wait_job "$conf" RUNNING $LIMIT || diag_job "$conf"
	is "$(job_show "$conf" Restarts)" 0 "$what: it was not requeued"
	ok "$what: with its lease" wait_for 20 "lease_whole $conf $lease ACTIVE" || diag_job "$conf"
	ok "$what: its task starts" wait_for $LIMIT "grep 'started $lease' $D/work/$conf.out" ||
		diag_job "$conf"
	ok "$what: and not before the circuit was up" started_after_up "$conf" ||
		diag "up $(lease_of "$conf" active_ms), started $(stat -c %.3W "$D/work/$conf.out")"
	touch "$D/work/end.$conf"
	ok "$what: it completes" wait_job "$conf" COMPLETED $LIMIT || diag_job "$conf"
	over_and_free "$conf" "$what"
}

crash slurmctld

# An interactive job: its srun asks slurmctld over and over whether it may start.
as_user bob srun "${OPTICAL[@]}" -J terminal \
	sh -c 'echo $(date +%s%3N) $OPTICAL_LEASE_ID' >"$D/work/srun.out" 2>"$D/work/srun.err" &
srun=$!
ok "srun: a job is configuring" \
	wait_for $LIMIT 'squeue -h -n terminal -t CF -o %A | grep . && leases | grep ^PROVISIONING'
term=$(squeue -h -n terminal -o %A)
term_lease=$(lease_of "$term" id)
ok "srun: slurmctld saves its state" wait_saved "$run"
ok "srun: the job is configuring still" job_is "$term" CONFIGURING
# One node registers late with the new slurmctld: until then a step would be
# refused, and srun would not ask again for two minutes.
host=$(scontrol show hostnames "$(squeue -h -j "$term" -o %N)" | tail -n 1)
ok "srun: a slurmd of it is frozen" kill_one slurmd "$host" -STOP
ok "srun: kill -9 of slurmctld" kill_one slurmctld -KILL
ok "srun: it comes back" restart_one slurmctld
ok "srun: the circuit comes up" wait_for $LIMIT "lease_is $term ACTIVE"
ok "srun: the job waits for its node" job_is "$term" CONFIGURING
ok "srun: which wakes up" kill_one slurmd "$host" -CONT
ok "srun: it ends" wait_for $LIMIT "! kill -0 $srun"
wait $srun
is $? 0 "srun: well" || diag "$(cat "$D/work/srun.err")"
read -r started lease < <(sort -n "$D/work/srun.out")
is "$(wc -l <"$D/work/srun.out")" 3 "srun: three tasks have run"
is "${lease:-none}" "$term_lease" "srun: with its lease"
up=$(lease_of "$term" active_ms)
ok "srun: no task started before the circuit was up ($((${started:-0} - ${up:-0})) ms after)" \
	[ "${up:-0}" -gt 0 -a "${started:-0}" -ge "${up:-0}" ]
over_and_free "$term" srun

crash slurmd batch
crash opticald

# ---- ends that nobody saw ----
# Both jobs are up; one ends while slurmctld is dead, the other is cancelled
# while opticald is.
unseen=$(submit bob "${OPTICAL[@]}" "$script")
ok "one more job runs" wait_job "$unseen" RUNNING $LIMIT || diag_job "$unseen"
ok "its task has started" wait_for $LIMIT "grep started $D/work/$unseen.out"
ok "slurmctld saves its state" wait_saved "$unseen"
ok "slurmctld is killed" kill_one slurmctld -KILL
touch "$D/work/end.$unseen"
ok "the job ends meanwhile" wait_for 10 "grep ended $D/work/$unseen.out"
ok "slurmctld comes back" restart_one slurmctld
over_and_free "$unseen" "ended without slurmctld"

# A dead slurmd keeps a cancelled job COMPLETING over slurmctld's death.
dying=$(submit bob "${OPTICAL[@]}" "$script")
ok "one more job runs" wait_job "$dying" RUNNING $LIMIT || diag_job "$dying"
host=$(job_show "$dying" BatchHost)
ok "its slurmd is killed" kill_one slurmd "$host" -KILL
ok "the job is cancelled" scancel "$dying"
ok "it is completing" wait_for 10 "job_is $dying COMPLETING"
ok "slurmctld saves its state" wait_saved "$run"
ok "slurmctld is killed" kill_one slurmctld -KILL
ok "slurmctld comes back" restart_one slurmctld
ok "the job is completing still" job_is "$dying" COMPLETING
not_ok "its circuit is booked still" nothing_booked "$dying"
ok "its slurmd comes back" restart_one slurmd "$host"
over_and_free "$dying" "completing without slurmctld"

ok "opticald is killed" kill_one opticald -KILL
ok "the first job is cancelled" scancel "$run"
ok "it is over" wait_for 60 "job_over $run"
ok "opticald comes back" restart_one opticald
ok "its lease is gone within 10 s" wait_for 10 "nothing_booked $run" || diag_job "$run"

ok "sacct has it cancelled" wait_for 20 "sacct_field $run State | grep CANCELLED"
is "$(sacct -nPXD -j "$run" -o JobID | wc -l)" 1 "sacct has one run of it"
like "$(sacct_field "$run" AllocTRES)" 'license/optical=400' "with its bandwidth"
is "$(grep -c started "$D/work/$run.out")" 1 "it was started once"
ok "at last nothing is booked" wait_for 10 nothing_booked
books_ok
cluster_stop_ok
done_testing
