#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 900
#
# 0910-brake - an empty ledger, an older ledger, slurmctld -c, an empty
# StateSaveLocation: while optical jobs run, none of these makes anything dark
# that is lit before an operator confirms; who looks is told; afterwards both
# sides agree
# shellcheck disable=SC2016
. "$(dirname "$0")/../lib/books.sh"

cluster_start --sites=paris:2,lyon:2 --links=par-lyo:paris:lyon:460:8 \
	--setup-time=1s --release-time=1s --opticald-extra=HttpListen=127.0.0.1:0
watch_books
LIMIT=40
OPTICAL=(-N3 --gpus-per-node=1 --optical-bw=400G)
LEDGER=$D/opticald/ledger.db
export OPTICALD_URL=unix:$D/opticald/opticald.sock
script=$(job_script <<'X'
while [ ! -e end.$SLURM_JOB_ID ]; do sleep 0.2; done
X
)

# lit: the leases whose circuits are lit in the network, by its own file
lit()
{
	awk '$1 == "S" { s[$2] = $3 } $1 == "D" { delete s[$2] }
		END { for (i in s) if (s[i] == "lit") print i }' "$LEDGER.sim" |
		cut -d. -f1 | sort
}
# all_lit LEASE...: each is
all_lit()
{
	local missing

	missing=$(comm -13 <(lit) <(printf '%s\n' "$@" | sort))
	[ -z "$missing" ] || { echo "dark: $missing"; return 1; }
}
# start N: so many jobs; sets JOBS and LEASES
start()
{
	local i

	JOBS=() LEASES=()
	for ((i = 0; i < $1; i++)); do
		JOBS[i]=$(submit alice "${OPTICAL[@]}" "$script")
	done
	for i in "${!JOBS[@]}"; do
		wait_job "${JOBS[i]}" RUNNING $LIMIT || return
		LEASES[i]=$(lease_of "${JOBS[i]}" id)
		wait_for $LIMIT "lease_is ${JOBS[i]} ACTIVE" || return
	done
}
# alarms CODE: how many it is about; nothing when there is none
alarms()
{
	agent GET /v1/state | perl -MJSON::PP -e '
		print map { $_->{count} } grep { $_->{code} eq $ARGV[0] }
			@{decode_json(join "", <STDIN>)->{alarms}}' "$1"
}
# alarm_is CODE COUNT, for wait_for
alarm_is() { echo "alarm $1: $(alarms "$1")"; [ "$(alarms "$1")" = "$2" ]; }
# metric NAME: its value
metric()
{
	local port

	port=$(sed -n 's/.*at=127.0.0.1:\([0-9]*\) public=yes.*/\1/p' "$D/log/opticald.out" | tail -n 1)
	curl -s -m 10 "http://127.0.0.1:$port/metrics" | sed -n "s/^$1\({cluster=\"alpha\"}\)\{0,1\} //p"
}
# told REGEX NAME: opticalctl says so to whoever looks
told()
{
	like "$(opticalctl links 2>&1 >/dev/null)" "ALARM: $1" "$2: links"
	like "$(opticalctl check 2>&1)" "$1" "$2: check"
}
# agree NAME: the leases that are left are those of the jobs that run
agree()
{
	ok "$1: leases and jobs agree" wait_for 60 '[ "$(leases | awk "{ print \$2 }" | sort | xargs)" = "$(squeue -h -o %A | sort | xargs)" ]' ||
		diag "$(leases; squeue)"
	ok "$1: the lit circuits are theirs" wait_for 20 '[ "$(lit)" = "$(leases | awk "{ print \$3 }" | sort)" ]' ||
		diag "lit: $(lit)" "leases: $(leases)"
	ok "$1: and what is booked" wait_for 20 '[ "$(booked par-lyo)" = $((400000000000 * $(leases | wc -l))) ]'
}
# running_all N: so many were started, and their circuits are ACTIVE
running_all() { [ ${#LEASES[@]} -ge "$1" ] && running; }
running()
{
	local j

	for j in "${JOBS[@]}"; do job_is "$j" RUNNING || return; done
}

start 4
ok "four optical jobs run" running_all 4
ok "their circuits are lit" all_lit "${LEASES[@]}"

# ---- an empty ledger ----
ok "empty ledger: opticald is killed" kill_one opticald -KILL
rm -f "$LEDGER" "$LEDGER-wal" "$LEDGER-shm"
ok "empty ledger: it comes back with a new one" restart_one opticald
ok "empty ledger: all circuits are lit" all_lit "${LEASES[@]}"
ok "empty ledger: the log says so" wait_for 10 '[ "$(log_has opticald event=orphan | wc -l)" = 4 ]'
if [ "$(alarms unknown-circuits)" = 4 ]; then
	told "the network has 4 circuits that the ledger does not know" \
		"empty ledger: the alarm"
	is "$(metric opticald_unknown_circuits)" 4 "empty ledger: the alarm: metrics"
else
	# the jobs' leases were committed again before we could look
	skip "all is committed again already" 3
fi
ok "empty ledger: slurmctld notices" wait_for 20 'log_has slurmctld event=other_ledger'
ok "empty ledger: and commits all again" wait_for 60 '[ "$(leases | grep -c ^ACTIVE)" = 4 ]' ||
	diag "$(leases)"
ok "empty ledger: the alarm is over" wait_for 10 'alarm_is unknown-circuits ""'
ok "empty ledger: all circuits are lit still" all_lit "${LEASES[@]}"
ok "empty ledger: the jobs run" running
is "$(grep -cE "^D (${LEASES[0]}|${LEASES[1]}|${LEASES[2]}|${LEASES[3]})" "$LEDGER.sim")" 0 \
	"empty ledger: none was dark in between"
agree "empty ledger"

# ---- an older ledger ----
keep=("${JOBS[@]}") keep_lease=("${LEASES[@]}")
start 3
ok "older ledger: three more jobs run" running_all 3
ended=("${JOBS[@]}") ended_lease=("${LEASES[@]}")
ok "older ledger: a copy of it is kept" sqlite3 "$LEDGER" ".backup $D/old.db"
for j in "${ended[@]}"; do touch "$D/work/end.$j"; done
for j in "${ended[@]}"; do wait_job "$j" COMPLETED $LIMIT; done
ok "older ledger: they end" wait_for $LIMIT '[ $(leases | wc -l) = 4 ]'
start 1
ok "older ledger: another job runs" running_all 1
JOBS+=("${keep[@]}") LEASES+=("${keep_lease[@]}")
ok "older ledger: opticald is killed" kill_one opticald -KILL
rm -f "$LEDGER-wal" "$LEDGER-shm"
ok "older ledger: it gets the older one" install -o "$(stat -c %U "$LEDGER")" -g "$(stat -c %G "$LEDGER")" -m 600 "$D/old.db" "$LEDGER"
ok "older ledger: and comes back" restart_one opticald
ok "older ledger: all circuits are lit" all_lit "${LEASES[@]}"
ok "older ledger: two that ended may go, the brake holds the third" \
	wait_for 75 'alarm_is removals-held 1' || diag "$(agent GET /v1/state)"
told "removal of 1 leases of cluster alpha is held back" "older ledger: the alarm"
is "$(metric opticald_cluster_removals_held)" 1 "older ledger: the alarm: metrics"
ok "older ledger: the log says so" log_has opticald 'event=held-back .*too many removals'
ok "older ledger: the newest job's lease is committed again" wait_for 60 "lease_is ${JOBS[0]} ACTIVE"
ok "older ledger: all circuits are lit still" all_lit "${LEASES[@]}"
ok "older ledger: the jobs run" running
ok "older ledger: opticalctl confirm" opticalctl confirm alpha
agree "older ledger"
ok "older ledger: the alarm is over" alarm_is removals-held ""
ok "older ledger: all circuits are lit to the end" all_lit "${LEASES[@]}"

# lost WHAT: slurmctld knows none of its jobs
lost()
{
	is "$(squeue -h | wc -l)" 0 "$1: it knows no job"
	ok "$1: the brake holds all of them" wait_for 75 "alarm_is removals-held ${#LEASES[@]}" ||
		diag "$(agent GET /v1/state)" "$(leases)"
	ok "$1: all circuits are lit" all_lit "${LEASES[@]}"
	told "removal of ${#LEASES[@]} leases of cluster alpha is held back" "$1: the alarm"
	is "$(metric opticald_cluster_removals_held)" ${#LEASES[@]} "$1: the alarm: metrics"
	ok "$1: the log says so" log_has opticald 'event=held-back .*does not know its job'
	ok "$1: slurmctld's, too" log_has slurmctld 'event=orphan_kept .*opticalctl confirm alpha'
	ok "$1: opticald is killed" kill_one opticald -KILL
	ok "$1: it comes back" restart_one opticald
	ok "$1: the brake holds still" wait_for 60 "alarm_is removals-held ${#LEASES[@]}"
	ok "$1: all circuits are lit still" all_lit "${LEASES[@]}"
	ok "$1: opticalctl confirm" opticalctl confirm alpha
	ok "$1: then all goes" wait_for 60 '[ -z "$(lit)" ]' || diag "$(leases)"
	ok "$1: nothing is booked" wait_for 20 nothing_booked
	ok "$1: the alarm is over" alarm_is removals-held ""
}

# ---- slurmctld -c ----
ok "slurmctld -c: it ends" kill_one slurmctld
cp "$D/run/slurmctld.cmd" "$D/slurmctld.cmd"
sed -i 's/^slurmctld /slurmctld -c /' "$D/run/slurmctld.cmd"
ok "slurmctld -c: it comes back" restart_one slurmctld
cp "$D/slurmctld.cmd" "$D/run/slurmctld.cmd"
lost "slurmctld -c"

# ---- an empty StateSaveLocation ----
ok "empty state: the nodes are back" wait_for 60 '[ "$(sinfo -h -N -t idle | wc -l)" = 4 ]' || diag "$(sinfo)"
start 4
ok "empty state: four optical jobs run" running_all 4
ok "empty state: slurmctld is killed" kill_one slurmctld -KILL
rm -rf "${D:?}"/state/*
ok "empty state: it comes back" restart_one slurmctld
lost "empty state"
ok "empty state: the nodes are back" wait_for 60 '[ "$(sinfo -h -N -t idle | wc -l)" = 4 ]' || diag "$(sinfo)"
start 1
ok "empty state: a job runs after it" running_all 1
touch "$D/work/end.${JOBS[0]}"
ok "empty state: and ends" wait_for 60 nothing_booked
books_ok
cluster_stop_ok
done_testing
