#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 0610-commit-timeout - circuits that don't come up give the GPUs back (I5): the
# job is requeued after CommitTimeout, the pair of sites is left alone for a
# while, and what was begun is taken down
. "$(dirname "$0")/../lib/books.sh"

cluster_start --setup-time=300s --release-time=1s \
	--optical-extra=CommitTimeout=4s --optical-extra=SetupRetryDelay=2s
watch_books
LIMIT=30

job=$(submit alice -N6 --optical-bw=400G --wrap 'echo started')
ok "the job is configuring" wait_job "$job" CONFIGURING $LIMIT || diag_job "$job"
ok "scontrol says what it waits for" \
	wait_for 10 "job_show $job Reason | grep -xE 'OpticalSetup\((paris-lyon|lyon-paris)\)'" || diag_job "$job"
ok "it gives up" wait_for $LIMIT "events_are $job setup_failed 1" || diag_job "$job"
is "$(squeue -h -t R,CG,CF -o %i)" "" "it holds no node any more"
like "$(token_of "$job")" 'state=FAILED.*cause=.*CommitTimeout' "AdminComment says why"
unlike "$(token_of "$job")" 'failures=[1-9]' "it is no refusal: not counted"
held=$(grep -c "job=$job .*event=hold" "$D/log/slurmctld.log")
is "$held" 1 "one hold so far"
ok "the pair is left alone" \
	wait_for $LIMIT "job_reason $job | grep -E '^OpticalBackoff\((paris-lyon|lyon-paris),'" || diag_job "$job"
ok "nothing is left booked" wait_for 15 nothing_booked || diag_job "$job"
ok "no task of it has run" [ ! -s "$D/work/$job.out" ]

# Another job between the same sites waits, too; one that needs no circuit runs.
other=$(submit bob -N6 --optical-bw=400G --wrap true)
one=$(submit bob -N3 --optical-bw=400G --wrap true)
ok "a job of one site runs meanwhile" wait_job "$one" COMPLETED $LIMIT || diag_job "$one"
is "$(job_state "$other")" PENDING "one that needs the pair does not"

scancel "$job" "$other"
ok "at last nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
