#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
#
# 0810-jobid-reuse - slurmctld comes back with an older state and gives the
# same job ids again: other leases (lease ids are never derived from job ids),
# the old ones go once an operator confirms, nothing is ever double-booked
. "$(dirname "$0")/../lib/books.sh"

# four jobs fill the link
cluster_start --sites=paris:2,lyon:2 --links=par-lyo:paris:lyon:460:4 \
	--setup-time=1s --release-time=1s
watch_books
LIMIT=40
OPTICAL=(-N3 --gpus-per-node=1 --optical-bw=400G)

before=$(submit alice "${OPTICAL[@]}" --wrap 'sleep 600')
ok "an optical job runs" wait_job "$before" RUNNING $LIMIT || diag_job "$before"
before_lease=$(lease_of "$before" id)
ok "slurmctld saves its state" wait_saved "$before"
ok "a copy of it is kept" cp -a "$D/state" "$D/state.old"

old=() old_lease=()
for i in 0 1 2; do
	old[i]=$(submit alice "${OPTICAL[@]}" --wrap 'sleep 600')
done
for i in 0 1 2; do
	ok "job ${old[i]} runs" wait_job "${old[i]}" RUNNING $LIMIT || diag_job "${old[i]}"
	old_lease[i]=$(lease_of "${old[i]}" id)
done
is "$(booked par-lyo)" 1600000000000 "the link is full"

ok "slurmctld is killed" kill_one slurmctld -KILL
rm -rf "${D:?}/state"
ok "it gets its older state" mv "$D/state.old" "$D/state"
ok "it comes back" restart_one slurmctld
is "$(squeue -h -o %i)" "$before" "it knows of the first job alone"

new=$(submit alice "${OPTICAL[@]}" --wrap 'sleep 600')
is "$new" "${old[0]}" "the next job has the id of an older one"
ok "the link is full: it waits" \
	wait_for $LIMIT "job_reason $new | grep '^OpticalLink(par-lyo,'" || diag_job "$new"
is "$(booked par-lyo)" 1600000000000 "all is booked"

# None goes by itself: slurmctld knows none of their jobs.
held() { agent GET /v1/state | json .alarms.0.count; }
ok "the brake holds all three" wait_for 75 '[ "$(held)" = 3 ]' || diag "$(agent GET /v1/state)"
is "$(leases | grep -c ^ACTIVE)" 4 "all are lit"
ok "opticalctl confirm" opticalctl confirm alpha
ok "so the job starts" wait_job "$new" RUNNING $LIMIT || diag_job "$new"
new_lease=$(lease_of "$new" id)
unlike " ${old_lease[*]} $before_lease " " $new_lease " "with a lease of its own"
is "$(lease_of "$before" id)" "$before_lease" "the first job has its lease"
ok "the old ones go" wait_for 30 '[ $(leases | wc -l) -eq 2 ]' || diag "$(leases)"
is "$(leases | awk '{ print $3 }' | sort)" "$(printf '%s\n' "$before_lease" "$new_lease" | sort)" \
	"what is left are the leases of the two jobs"
ok "both active" wait_for 10 '[ "$(leases | grep -c ^ACTIVE)" -eq 2 ]'
for id in "${old_lease[@]}"; do
	is "$(agent GET "/v1/leases/$id" | json .state)" GONE "lease ${id:0:8} is gone"
done

scancel "$before" "$new"
over_and_free "$before" "the first"
over_and_free "$new" "the second with its id"
ok "at last nothing is booked" wait_for 10 nothing_booked
books_ok
cluster_stop_ok
done_testing
