#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1310-life - each turn of an optical job's life, and after each that leases,
# jobs and sacct agree (I7, I8): arrays, requeue, suspend and resume, hold and
# release, time limits, dependencies, --exclusive, --no-requeue, --immediate
# limit: 600
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:1:400G:client \
	--setup-time=0.5s --release-time=0.5s
watch_books

until_go=$(job_script <<'X'
until [ -e "go.$SLURM_JOB_ID" ] || [ -e go.all ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
two=(-N4 --optical-span=2 -t 5)
ends() { go "$1"; ok "${2:-it} ends" wait_job "$1" COMPLETED || diag_job "$1"; }
# lease_ends JOB FROM TO: when its lease ends, Unix seconds; for wait_for
lease_ends() { local t; t=$(lease_of "$1" end_s); echo "ends at $t, wanted $2..$3"; [ "${t:-0}" -ge "$2" ] && [ "$t" -le "$3" ]; }

# ---- arrays: each task has its own lease
array=$(submit alice --array=1-4%3 "${two[@]}" --optical-bw=100G "$until_go")
ok "three of four tasks run" wait_for 30 '[ "$(squeue -h -t R -o %A | wc -l)" = 3 ]' || diag "$(squeue)"
ok "each has its lease" wait_for 10 '[ "$(leases | grep -c ^ACTIVE)" = 3 ]'
agree "array"
ok "one task is cancelled" as_user alice scancel "${array}_2"
ok "the fourth follows" wait_for 40 'squeue -h -t R -o %K | grep -x 4' || diag "$(squeue)"
agree "a task of the array cancelled"
touch "$D/work/go.all"
ok "all end" wait_for 40 '[ -z "$(squeue -h)" ]' || diag "$(squeue)"
rm "$D/work/go.all"
agree "array ended"

# ---- requeue: the second run has a lease of its own
job=$(submit alice "${two[@]}" --requeue --optical-bw=200G "$until_go")
ok "a job runs" wait_job "$job" RUNNING
ok "its circuit is up" wait_for 10 "lease_is $job ACTIVE"
id=$(lease_of "$job" id)
ok "scontrol requeue" scontrol requeue "$job"
ok "it runs again" wait_for 60 "job_is $job RUNNING && [ \$(lease_of $job id) != $id ]" || diag_job "$job"
ok "with its circuit" wait_for 10 "lease_is $job ACTIVE"
agree "requeue"
is "$(agent GET "/v1/leases/$id" | json .state)" GONE "the first lease is gone"

# ---- suspend and resume: the circuit stays, its end moves on
end=$(lease_of "$job" end_s)
ok "scontrol suspend" scontrol suspend "$job"
ok "its lease ends later" wait_for 20 "lease_ends $job $((end + 60)) $((end + 99999))"
is "$(lease_of "$job" state)" ACTIVE "its circuit is lit"
agree "suspend"
ok "scontrol resume" scontrol resume "$job"
ok "it runs" wait_job "$job" RUNNING
ok "its lease ends when it does" wait_for 30 "lease_ends $job $((end - 5)) $((end + 120))"
agree "resume"

# ---- time limits
t=$(date +%s)
ok "scontrol update TimeLimit" scontrol update JobId="$job" TimeLimit=60
ok "its lease follows" wait_for 30 "lease_ends $job $((t + 3000)) $((t + 3700))"
agree "time limit"
ends "$job"
agree "it ended"

# ---- hold and release of a job that waits; a dependency
first=$(submit alice "${two[@]}" --optical-bw=400G "$until_go")
ok "a job fills the link" wait_job "$first" RUNNING
held=$(submit alice "${two[@]}" --optical-bw=400G "$until_go")
after=$(submit bob "${two[@]}" --dependency=afterok:"$first" --optical-bw=400G "$until_go")
ok "one waits for the link" wait_for 20 "job_reason $held | grep ^OpticalLink" || diag_job "$held"
ok "it is held by its owner" as_user alice scontrol hold "$held"
ok "and says so" wait_for 10 "job_reason $held | grep -x JobHeldUser"
is "$(job_reason "$after")" Dependency "another one waits for the first"
ends "$first" "the first"
ok "the dependent one runs" wait_job "$after" RUNNING 40 || diag_job "$after"
is "$(job_state "$held")" PENDING "the held one does not"
agree "hold and dependency"
ends "$after" "the dependent one"
ok "the held one is released" as_user alice scontrol release "$held"
ok "and runs" wait_job "$held" RUNNING 40 || diag_job "$held"
agree "release"
ends "$held"

# ---- --exclusive, --no-requeue
job=$(submit alice -N6 -t 5 --exclusive --no-requeue --optical-bw=400G "$until_go")
ok "--exclusive --no-requeue runs" wait_job "$job" RUNNING 40 || diag_job "$job"
ok "its circuit is up" wait_for 10 "lease_is $job ACTIVE"
not_ok "it can't be requeued" scontrol requeue "$job"
agree "exclusive"
# ---- --immediate: now or not at all
out=$(as_user bob timeout 60 salloc -N4 --optical-span=2 --immediate=3 --optical-bw=400G true 2>&1)
ok "salloc --immediate of what can't be now ends without it: $(echo "$out" | tail -n 1)" test $? -ne 99
unlike "$out" 'Granted job allocation' "nothing was granted"
ok "it is not in the queue" wait_for 20 '[ -z "$(squeue -h -u ocsbob)" ]'
ends "$job" "the exclusive one"
ok "its circuit is gone" wait_for 15 nothing_booked
ok "salloc --immediate of what can be now gets it" \
	as_user bob timeout 60 salloc -N4 --optical-span=2 --immediate=30 --optical-bw=400G true
agree "immediate"

# ---- cancelled while it waits, while it is set up, while it runs
job=$(submit alice "${two[@]}" --optical-bw=400G "$until_go")
ok "a job runs" wait_job "$job" RUNNING
wait=$(submit alice "${two[@]}" --optical-bw=400G "$until_go")
ok "one waits" wait_for 20 "job_reason $wait | grep ^OpticalLink"
ok "both are cancelled" as_user alice scancel "$job" "$wait"
over_and_free "$job" "cancelled"
is "$(agent GET "/v1/leases?all=1&job_id=$wait" | json .leases)" 0 "the waiting one never had a lease"
agree "cancelled"

ok "nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
