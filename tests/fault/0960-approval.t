#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0960-approval - Mode=approve: a job's hold is taken and its set-up waits for an
# operator; squeue and opticalctl why say for what, also when it is frozen in
# between; approved it runs, denied it is back in the queue with the cause
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:3,lyon:3 --setup-time=500ms --release-time=300ms \
	--links=par-lyo:paris:lyon:460:3 --opticald-extra=Mode=approve
watch_books
LIMIT=60
OPTICAL=(-N2 --gpus-per-node=1 --ntasks-per-node=1 --optical-bw=400G --optical-span=2)
script=$(job_script <<'S'
sleep 600
S
)
reason_is() { wait_for 40 "[[ \$(job_reason $1) == '$2' ]]"; }

one=$(submit alice "${OPTICAL[@]}" "$script")
ok "the job is CONFIGURING" wait_for $LIMIT "job_is $one CONFIGURING" || diag_job "$one"
ok "and waits for an operator" reason_is "$one" "OpticalApproval(par-lyo)" || diag_job "$one"
ok "its circuits are booked" wait_for 10 '[ "$(booked par-lyo)" = 400000000000 ]'
like "$(opticalctl why "$one")" \
	'is CONFIGURING: OpticalApproval\(par-lyo\).*An operator must approve' \
	"opticalctl why says so"
ok "opticalctl freeze par-lyo" opticalctl freeze par-lyo --why="a storm"
ok "it is frozen now" reason_is "$one" "OpticalFrozen(par-lyo)" || diag_job "$one"
ok "opticalctl unfreeze par-lyo" opticalctl unfreeze par-lyo
ok "it waits for an operator again" reason_is "$one" "OpticalApproval(par-lyo)"
ok "opticalctl approve" opticalctl approve "$(lease_of "$one" id)"
ok "it runs" wait_job "$one" RUNNING $LIMIT || diag_job "$one"
is "$(job_reason "$one")" None "and waits for nothing"

two=$(submit bob "${OPTICAL[@]}" "$script")
ok "another waits" reason_is "$two" "OpticalApproval(par-lyo)" || diag_job "$two"
ok "opticalctl deny" opticalctl deny "$(lease_of "$two" id)" --why="not today"
ok "it is back in the queue" wait_job "$two" PENDING $LIMIT || diag_job "$two"
like "$(scontrol show job "$two")" 'OpticalDenied\([^)]*\).*not today' "and knows why"
scancel "$one" "$two"
ok "nothing is left" wait_for 30 nothing_booked
books_ok
cluster_stop_ok
done_testing
