#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0640-network-faults - each fault of the simulated network meets a job; at its
# end the ledger, the network and Slurm agree, and I1 holds all the time
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:1,lyon:1,nice:1 \
	--links=par-lyo:paris:lyon:460:2,lyo-nic:lyon:nice:300:2,par-nic:paris:nice:930:2 \
	--driver='Driver=sim SimRealism=off SimSpeed=20 SimSetupTime=10s SimReleaseTime=10s DriverTimeout=5s' \
	--optical-extra=SetupRetryDelay=2s
watch_books
LIMIT=60

sim() { opticalctl sim fault "$@"; }
# job: over paris and lyon, until there is a file go.JOBID
two_sites=$(job_script <<'X'
echo "circuits $OPTICAL_CIRCUITS"
until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.1; done
X
)
begin() { submit alice -N2 --optical-sites=paris,lyon --optical-bw=400G "$two_sites"; }

# network: services of ours in the simulated network, one a line
network()
{
	awk '$1 == "S" && $2 !~ /^foreign/ { s[$2] = $3 } $1 == "D" { delete s[$2] }
		END { for (i in s) print i, s[i] }' "$D/opticald/ledger.db.sim"
}
# all_over JOB: Slurm, ledger and network have nothing of it any more
all_over()
{
	job_over "$1" && nothing_booked && network && [ -z "$(network)" ]
}
# ends NAME JOB: it runs, completes, and leaves nothing
ends()
{
	ok "$1: the job runs" wait_job "$2" RUNNING $LIMIT || diag_job "$2"
	touch "$D/work/go.$2"
	ok "$1: it completes" wait_job "$2" COMPLETED $LIMIT || diag_job "$2"
	ok "$1: Slurm, ledger and network agree that it is over" \
		wait_for $LIMIT "all_over $2" || diag "$(network)"
	ok "$1: sacct has it" wait_sacct "$2" State COMPLETED
	ok "$1: opticalctl check is content" opticalctl check || diag "$(opticalctl check 2>&1)"
}

for fault in refuse never-answer answer-twice lie stale; do
	ok "$fault: ordered" sim $fault par-lyo 1
	job=$(begin)
	ends $fault "$job"
	is "$(event_count "$job" setup_failed)" "$([ $fault = refuse ] && echo 1 || echo 0)" \
		"$fault: set-ups that failed"
	sim recover '*' >/dev/null
done

ok "reroute: ordered" sim reroute par-lyo 1
job=$(begin)
ok "reroute: the job runs" wait_job "$job" RUNNING $LIMIT
id=$(lease_of "$job" id)
is "$(agent GET "/v1/leases/$id" | json .circuits.0.latency_us)" 6067 \
	"reroute: the lease has the real latency"
ok "reroute: the job is told it" wait_for 20 "grep -q 'circuits .*:6067us' $D/work/$job.out"
like "$(network)" 'lit' "reroute: the network has it"
ends reroute "$job"

ok "slow-delete: ordered" sim slow-delete par-lyo 1
job=$(begin)
ok "slow-delete: the job runs" wait_job "$job" RUNNING $LIMIT
touch "$D/work/go.$job"
ok "slow-delete: it completes" wait_job "$job" COMPLETED $LIMIT
ok "slow-delete: its nodes are free, its circuit is not" wait_for 20 \
	"job_over $job && lease_is $job RELEASING"
is "$(booked par-lyo)" 400000000000 "slow-delete: it stays booked"
ok "slow-delete: Slurm, ledger and network agree at its end" \
	wait_for $LIMIT "all_over $job" || diag "$(network)"

job=$(begin)
ok "cut: the job runs" wait_job "$job" RUNNING $LIMIT
sim cut par-lyo >/dev/null
ok "cut: its lease is impaired" wait_for 20 "lease_is $job IMPAIRED"
sim recover par-lyo >/dev/null
ok "recover: it is whole" wait_for 20 "lease_is $job ACTIVE"
sim flap par-lyo 3 >/dev/null
ok "flap: impaired" wait_for 20 "lease_is $job IMPAIRED"
ok "flap: whole again" wait_for 75 "lease_is $job ACTIVE"
ends "cut and flap" "$job"

sim foreign par-lyo 2 >/dev/null
sim foreign par-nic 2 >/dev/null
job=$(begin)
ok "foreign: the job waits for the link" wait_for $LIMIT \
	"job_is $job PENDING && [[ \$(job_reason $job) == OpticalLink* ]]" || diag_job "$job"
sim recover '*' >/dev/null
ends foreign "$job"

# last: a fault of the network puts the pair into back-off for a minute
ok "fail-late: ordered" sim fail-late par-lyo 1
job=$(begin)
ok "fail-late: the first set-up fails" wait_for $LIMIT "events_are $job setup_failed 1"
ok "fail-late: Slurm says what it waits for" wait_for $LIMIT \
	"[[ \$(job_reason $job) == OpticalBackoff* ]]"
LIMIT=200
ends fail-late "$job"

# I1, with what others have counted in
books_ok
cluster_stop_ok
done_testing
