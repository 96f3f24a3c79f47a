#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0500-gate - no task of a job starts before all its circuits are up, however
# it was started (I4)
. "$(dirname "$0")/../lib/cluster.sh"

SETUP_MS=3000
cluster_start --sites=paris:2,lyon:2 --setup-time=3s --release-time=0s

# Each task says when it started, by the clock that the agent has, too.
batch=$(job_script <<'X'
echo "batch $(date +%s%3N) $OPTICAL_CIRCUITS"
srun bash -c 'echo "task $(date +%s%3N) $OPTICAL_CIRCUITS"'
X
)
task='echo "task $(date +%s%3N) $OPTICAL_CIRCUITS $SLURM_JOB_ID"'

plain=$(submit bob -N4 "$batch")
job=$(submit alice -N4 --optical-bw=400G "$batch")
array=$(submit alice -N4 --optical-bw=400G --array=0-1 "$batch")
as_user alice salloc -N4 --optical-bw=400G bash -c "
	echo \"command \$(date +%s%3N) \$OPTICAL_CIRCUITS\"
	srun bash -c '$task'" >salloc.out 2>salloc.err &
salloc_pid=$!
as_user bob srun -N4 --optical-bw=400G bash -c "$task" >srun.out 2>srun.err &
srun_pid=$!

ok "sbatch: the job is CONFIGURING, and says for what" wait_for 10 \
	"squeue -h -j $job -o '%T %r' | grep -E '^CONFIGURING OpticalSetup\((paris-lyon|lyon-paris)'"
ok "a job without circuits completes" wait_job "$plain" COMPLETED
ok "sbatch: completes" wait_job "$job" COMPLETED
ok "array: both tasks complete" wait_for 30 "squeue -h -j $array | wc -l | grep -x 0"
wait $salloc_pid
is $? 0 "salloc: succeeds" || diag "$(cat salloc.err)"
wait $srun_pid
is $? 0 "srun: succeeds" || diag "$(cat srun.err)"

# gated NAME JOB FILE LINES: each of FILE's lines was written after all of the
# job's circuits were up, and that took the set-up time.
gated()
{
	local name=$1 job=$2 file=$3 n=$4 lease held active up first

	lease=$(agent GET "/v1/leases?job_id=$job&all=1")
	is "$(json .leases <<<"$lease") $(json .leases.0.circuits <<<"$lease")" "1 1" \
		"$name: one lease with one circuit" || { diag "$lease"; return 1; }
	held=$(json .leases.0.held_ms <<<"$lease")
	active=$(json .leases.0.active_ms <<<"$lease")
	up=$(json .leases.0.circuits.0.up_ms <<<"$lease")
	is "$(wc -l <"$file")" "$n" "$name: $n lines were written" || diag "$(cat "$file")"
	first=$(cut -d' ' -f2 "$file" | sort -n | head -n 1)
	ok "$name: the set-up took $((active - held)) ms, at least $SETUP_MS" \
		test $((active - held)) -ge $SETUP_MS
	ok "$name: the circuit was up when the lease was ACTIVE" \
		test "$up" -gt 0 -a "$up" -le "$active"
	ok "$name: the first task started $((first - active)) ms after that" \
		test "$active" -gt 0 -a "$first" -ge "$active" || diag "$(cat "$file")"
	is "$(cut -d' ' -f3 "$file" | sort -u | sed 's/lyon-paris/paris-lyon/')" \
		paris-lyon:400G:2274us "$name: every task knew the circuit"
}

gated sbatch "$job" "$D/work/$job.out" 5
ok "the job without circuits was not held up by those of others" \
	test "$(cut -d' ' -f2 "$D/work/$plain.out" | head -n 1)" -lt "$(lease_of "$job" active_ms)"
jobs=$(scontrol -o show job "$array" | sed -n 's/^JobId=\([0-9]*\) .*/\1/p' | xargs)
is "$(wc -w <<<"$jobs")" 2 "array: two jobs"
n=0
for j in $jobs; do
	gated "array task $((n++))" "$j" "$D/work/$j.out" 5
done
gated salloc "$(awk '$1 == "task" { print $4; exit }' salloc.out)" salloc.out 5
gated srun "$(awk '{ print $4; exit }' srun.out)" srun.out 4
ids=$(agent GET '/v1/leases?all=1' | perl -MJSON::PP -e '
	my %seen; my @l = @{decode_json(join "", <STDIN>)->{leases}};
	$seen{$_->{id}}++ for @l; print scalar(@l), " ", scalar(keys %seen)')
is "$ids" "5 5" "five runs had five leases"
ok "nothing is booked" wait_for 10 "[ \"\$(agent GET /v1/state | json .links.0.booked_bps)\" = 0 ]"

cluster_stop_ok
done_testing
