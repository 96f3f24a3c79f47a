#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0950-freeze - opticalctl freeze stops all changes of the network at once, over
# a restart of the agent: running jobs are not touched, what ends keeps its
# light, what is new waits and says for what; unfreeze lets it all go on
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:3,lyon:3 --setup-time=500ms --release-time=300ms \
	--links=par-lyo:paris:lyon:460:3
watch_books
LIMIT=60
OPTICAL=(-N2 --gpus-per-node=1 --ntasks-per-node=1 --optical-bw=400G --optical-span=2)
script=$(job_script <<'S'
while [ ! -e end.$SLURM_JOB_ID ]; do sleep 0.2; date +%s%3N >beat.$SLURM_JOB_ID; done
S
)
beats() { [ $(($(date +%s%3N) - $(cat "$D/work/beat.$1"))) -le 3000 ]; }

# What the simulated network has, by the last word of its file on each.
services()
{
	awk '$1 == "S" { is[$2] = $3 } $1 == "D" { delete is[$2] }
		END { for (i in is) print i, is[i] }' "$D"/opticald/*.sim | sort
}

stays=$(submit alice "${OPTICAL[@]}" "$script")
ends=$(submit bob "${OPTICAL[@]}" "$script")
ok "two jobs run" eval "wait_job $stays RUNNING $LIMIT && wait_job $ends RUNNING $LIMIT"
ok "and beat" wait_for 20 "beats $stays && beats $ends"
lease=$(lease_of "$stays" id)
light=$(md5sum "$D"/opticald/*.sim)
services=$(services)
is "$(wc -l <<<"$services")" 2 "two services are lit"

ok "opticalctl freeze --all" opticalctl freeze --all --why="a storm"
like "$(opticalctl links 2>&1)" 'FROZEN|frozen' "opticalctl links says so"
new=$(submit alice "${OPTICAL[@]}" "$script")
ok "a new job waits and says for what" wait_for 40 \
	"[[ \$(job_reason $new) =~ ^OpticalFrozen ]]" || diag_job "$new"
touch "$D/work/end.$ends"
ok "a job that ends, ends" wait_for $LIMIT "job_over $ends" || diag_job "$ends"
ok "its lease is being released" wait_for 20 "lease_is $ends RELEASING"
is "$(booked par-lyo)" 800000000000 "its light is booked still (I1)"
is "$(md5sum "$D"/opticald/*.sim)" "$light" "the network is what it was"
ok "kill -9 of opticald" kill_one opticald -KILL
ok "it comes back" restart_one opticald
ok "frozen" wait_for 20 "opticalctl freeze | grep -q storm"
ok "the job that ran runs" wait_for 10 "job_is $stays RUNNING && beats $stays"
is "$(lease_of "$stays" id) $(lease_of "$stays" state)" "$lease ACTIVE" "with its lease"
is "$(lease_of "$ends" state)" RELEASING "the other lease waits"
ok "the new one, too" job_is "$new" PENDING
is "$(services)" "$services" "and the network has the same services lit"

ok "opticalctl unfreeze --all" opticalctl unfreeze --all
ok "what was to go goes" wait_for 20 "nothing_booked $ends"
ok "what waited starts" wait_job "$new" RUNNING $LIMIT || diag_job "$new"
ok "the job that ran runs" job_is "$stays" RUNNING
touch "$D/work/end.$new" "$D/work/end.$stays"
ok "both complete" eval "wait_job $new COMPLETED $LIMIT && wait_job $stays COMPLETED $LIMIT"
ok "nothing is left" wait_for 20 nothing_booked
books_ok
cluster_stop_ok
done_testing
