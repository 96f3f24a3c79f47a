#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 1340-broken - --optical-on-failure: a circuit breaks in mid job and is not
# restored; the job goes on, is requeued or gets a signal, and AdminComment says
# when and what. --optical-class: an intent that optical.conf defines
# limit: 600
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:4,lyon:4 --links=par-lyo:paris:lyon:460:1:400G:client \
	--setup-time=0.5s --release-time=0.5s \
	--optical-extra='SetupRetryDelay=2s' \
	--optical-extra='ClassName=train Rate=200G MinRate=100G Latency=10ms Span=2 OnFailure=signal=USR1' \
	--optical-extra='ClassName=slow Latency=20ms'
watch_books

script=$(job_script <<'X'
trap 'echo "got USR1"' USR1
trap 'echo "got TERM"; exit' TERM
until [ -e "go.$SLURM_JOB_ID" ]; do read -rt 0.2 <> <(:) || :; done
X
)
go() { touch "$D/work/go.$1"; }
two=(-N4 --optical-span=2 -t 5)
fault() { agent POST /v1/sim/faults '{"link":"par-lyo","fault":"'"$1"'","count":1}'; }

# ---- three jobs, three ways
stay=$(submit alice "${two[@]}" --optical-bw=50G "$script")
back=$(submit alice "${two[@]}" --requeue --optical-bw=50G --optical-on-failure=requeue "$script")
sig=$(submit alice "${two[@]}" --optical-bw=50G --optical-on-failure=signal=SIGUSR1 "$script")
norq=$(submit alice "${two[@]}" --no-requeue --optical-bw=50G --optical-on-failure=requeue "$script")
for j in "$stay" "$back" "$sig" "$norq"; do
	ok "job $j runs" wait_job "$j" RUNNING 40 || diag_job "$j"
	ok "its circuit is up" wait_for 20 "lease_is $j ACTIVE"
done
agree "before"
ok "the link is cut" fault cut
ok "continue: it is told" wait_for 30 "token_like $stay 'state=IMPAIRED.*cause=(paris-lyon|lyon-paris) broke at 20[0-9T:-]*: continues'" || diag_job "$stay"
is "$(job_state "$stay")" RUNNING "and runs"
ok "signal: it is told" wait_for 30 "token_like $sig 'broke at 20[0-9T:-]*: sent USR1'" || diag_job "$sig"
ok "its batch script gets USR1" wait_for 20 "grep 'got USR1' $sig.out"
is "$(job_state "$sig")" RUNNING "and runs"
ok "requeue: it waits again" wait_for 30 "job_is $back PENDING" || diag_job "$back"
ok "and is told" token_like "$back" 'broke at 20[0-9T:-]*: requeued' || diag_job "$back"
ok "its circuit is given back" wait_for 20 '[ "$(leases | grep -c " '"$back"' ")" = 0 ]' || diag "$(leases)"
ok "--no-requeue: it is told that it can't be" \
	wait_for 30 "token_like $norq 'broke at 20[0-9T:-]*: can.t be requeued, continues'" || diag_job "$norq"
is "$(job_state "$norq")" RUNNING "and runs"
ok "requeue: it waits for the link" \
	wait_for 40 "job_reason $back | grep -E '^Optical'" || diag_job "$back"

# ---- slurmctld starts anew: nothing is done twice
ok "slurmctld is killed" eval "wait_saved $stay && kill_one slurmctld -KILL"
ok "and back" restart_one slurmctld
ok "its jobs are known" wait_job "$sig" RUNNING 30
ok "it has looked at them" wait_for 20 "[ \$(event_count $sig adopt) = 1 ]"

ok "the link is back" fault recover
ok "they are told" wait_for 30 "token_like $stay 'state=ACTIVE.*, restored at 20'" || diag_job "$stay"
ok "the signalled one, too" wait_for 30 "token_like $sig 'state=ACTIVE.*sent USR1, restored at 20'" || diag_job "$sig"
is "$(grep -c 'got USR1' "$sig.out")" 1 "it got one signal"
ok "the requeued one runs again" wait_job "$back" RUNNING 120 || diag_job "$back"
ok "with a circuit" wait_for 20 "lease_is $back ACTIVE"
agree "restored"
for j in "$stay" "$back" "$sig" "$norq"; do
	go "$j"
	ok "job $j ends" wait_job "$j" COMPLETED || diag_job "$j"
done
ok "sacct has the requeued one's second run" wait_sacct "$back" State COMPLETED

# ---- classes
job=$(submit alice -N4 -t 5 --optical-class=train "$script")
ok "a job of a class runs" wait_job "$job" RUNNING 40 || diag_job "$job"
ok "its circuit is up" wait_for 20 "lease_is $job ACTIVE"
is "$(agent GET "/v1/leases/$(lease_of "$job" id)" | json .circuits.0.granted_bps)" 200000000000 "of the class's rate"
less=$(submit bob -N4 -t 5 --optical-class=train --optical-bw=300G,min=150G "$script")
ok "one that asks for another rate runs" wait_job "$less" RUNNING 40 || diag_job "$less"
is "$(agent GET "/v1/leases/$(lease_of "$less" id)" | json .circuits.0.granted_bps)" 200000000000 "with what is left of its own"
out=$(submit alice -N4 --optical-class=sloth --wrap true 2>&1)
like "$out" "no class 'sloth' \(known: train, slow\)" "a class that there is not is refused, with those that there are"
out=$(submit alice -N4 --optical-class=slow --wrap true 2>&1)
like "$out" 'need --optical-bw' "one without a rate needs --optical-bw"
out=$(submit alice -N4 --optical-bw=100G --optical-on-failure=signal=FOO --wrap true 2>&1)
like "$out" 'signals are HUP' "a signal that there is not is refused"
agree "class"
go "$job"; go "$less"
ok "they end" eval "wait_job $job COMPLETED && wait_job $less COMPLETED"

ok "nothing is booked" wait_for 15 nothing_booked
books_ok
cluster_stop_ok
done_testing
