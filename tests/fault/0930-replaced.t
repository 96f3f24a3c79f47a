#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0930-replaced - slurmctld is frozen, another controller takes over at the
# agent, and slurmctld comes back: what it says then changes nothing, until it
# is in charge again
# shellcheck disable=SC2016
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:2,lyon:2 --setup-time=1s --release-time=1s
watch_books
LIMIT=40
OPTICAL=(-N3 --gpus-per-node=1 --optical-bw=400G)

first=$(submit alice "${OPTICAL[@]}" --wrap 'sleep 600')
ok "an optical job runs" wait_job "$first" RUNNING $LIMIT || diag_job "$first"
ok "with its circuit" wait_for 20 "lease_is $first ACTIVE"
first_lease=$(lease_of "$first" id)
ok "slurmctld is frozen" kill_one slurmctld -STOP

# the other controller: an epoch of its own, and a lease
epoch=$(agent POST /v1/clusters/alpha/epoch | json .controller_epoch)
ok "another controller takes over" [ "$epoch" -gt 0 ]
other=$(printf '%032x' 4711)
body='{"id":"'$other'","cluster":"alpha","job_id":4711,"user_id":1000,
	"user":"anna","submit_s":1714557700,"controller_epoch":'$epoch',
	"sites":[{"name":"paris"},{"name":"lyon"}],"circuits":[{"a":"paris",
	"z":"lyon","requested_bps":400000000000}]}'
agent POST /v1/leases "$body" >/dev/null
agent POST "/v1/leases/$other/commit" "$body" >/dev/null
ok "and has a lease" wait_for 20 '[ "$(agent GET /v1/leases/$other | json .state)" = ACTIVE ]'

ok "slurmctld goes on" kill_one slurmctld -CONT
scancel "$first"
ok "its job ends" wait_job "$first" CANCELLED $LIMIT
ok "its release is refused" wait_for 30 'log_has slurmctld "event=replaced .*is over"'
is "$(agent GET "/v1/leases/$first_lease" | json .state)" ACTIVE \
	"the circuit stays, for the other to judge"
second=$(submit bob "${OPTICAL[@]}" --wrap 'sleep 600')
ok "a job of it gets no circuit" wait_for 20 'log_has slurmctld "job=$second .*event=hold_.*is over"'
is "$(job_state "$second")" PENDING "and waits"
is "$(leases | wc -l)" 2 "there is no other lease"
is "$(agent GET "/v1/leases/$other" | json .state)" ACTIVE \
	"the other controller's lease is as it was"
is "$(agent GET "/v1/leases/$other" | json .controller_epoch)" "$epoch" "in its epoch"

ok "scontrol reconfigure: slurmctld takes control again" scontrol reconfigure
ok "what it had to release goes" \
	wait_for 30 '[ "$(agent GET /v1/leases/$first_lease | json .state)" = GONE ]'
ok "its job starts" wait_job "$second" RUNNING 90 || diag_job "$second"
ok "with a circuit" wait_for 20 "lease_is $second ACTIVE"
is "$(agent GET "/v1/leases/$other" | json .state)" ACTIVE \
	"what it does not know it leaves alone"
scancel "$second"
agent DELETE "/v1/leases/$other?why=operator" >/dev/null
ok "at last nothing is booked" wait_for 60 nothing_booked
books_ok
cluster_stop_ok
done_testing
