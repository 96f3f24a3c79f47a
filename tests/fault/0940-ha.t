#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 900
#
# 0940-ha - two slurmctld that share their state: the primary is killed with
# jobs pending, CONFIGURING and running; the backup takes over and is clean (I7)
# within SlurmctldTimeout + 15 s, the primary takes control back, and one that
# was frozen meanwhile can't write when it wakes up
. "$(dirname "$0")/../lib/books.sh"
unshare --uts --mount true 2>/dev/null || skip_all "unshare is not allowed"

TIMEOUT=10
cluster_start --sites=paris:2,lyon:2 --backup --setup-time=6s --release-time=1s \
	--links=par-lyo:paris:lyon:460:4 \
	--slurm-conf-extra="SlurmctldTimeout=$TIMEOUT" \
	--slurm-conf-extra=MessageTimeout=5
watch_books
LIMIT=60
OPTICAL=(-N2 --gpus-per-node=1 --ntasks-per-node=1 --optical-bw=400G --optical-span=2)

script=$(job_script <<'S'
echo "started $OPTICAL_LEASE_ID $(date +%s%3N)"
while [ ! -e end.$SLURM_JOB_ID ]; do sleep 0.2; done
S
)

# The processes' own connections to the agent.
talks_to_agent()
{
	local pid inodes

	pid=$(pid_of "$1") || return 1
	inodes=$(ss -xpn 2>/dev/null | grep -F "pid=$pid," | grep -c .)
	ss -xpn | awk -v s="$D/opticald/opticald.sock" '$0 ~ s { print $6; print $8 }' >"$D/work/ends"
	ss -xpn | grep -F "pid=$pid," | awk '{ print $6; print $8 }' |
		grep -qxFf "$D/work/ends" || { echo "$1 (pid $pid, $inodes Unix sockets) has no connection to the agent"; return 1; }
}

# Every lease belongs to a job that runs or completes, and every such job with
# circuits has one lease: I7. For wait_for.
i7_clean()
{
	local want have

	want=$(squeue -h -t R,CF,CG,S -o %A | sort -u) || return 1
	have=$(leases | awk '{ print $2 }' | sort) || return 1
	echo "jobs: $(xargs <<<"$want") leases: $(leases | xargs)"
	[ "$want" = "$have" ]
}

# Clients ask the first controller first, and wait for one that is frozen: from
# now on they ask the backup first.
ask_backup_first()
{
	awk '/^SlurmctldHost=/ { line[++n] = $0; at[n] = NR } { all[NR] = $0 }
		END { all[at[1]] = line[2]; all[at[2]] = line[1]
			for (i = 1; i <= NR; i++) print all[i] }' \
		"$D/etc/slurm.conf" >"$D/etc/slurm-backup.conf"
	export SLURM_CONF=$D/etc/slurm-backup.conf
}

ok "the primary talks to the agent" wait_for 20 "talks_to_agent slurmctld"
not_ok "the standby does not" talks_to_agent slurmctld-backup
not_ok "and has never tried: no line of ours in its log" \
	grep 'ocs: ' "$D/log/backup/slurmctld.log"
epoch0=$(log_has opticald 'event=epoch' | wc -l)

run=$(submit alice "${OPTICAL[@]}" "$script")
ok "an optical job runs" wait_job "$run" RUNNING $LIMIT || diag_job "$run"
lease_run=$(lease_of "$run" id)
conf=$(submit bob "${OPTICAL[@]}" "$script")
ok "another is configuring" wait_for $LIMIT "job_is $conf CONFIGURING" || diag_job "$conf"
lease_conf=$(lease_of "$conf" id)
third=$(submit bob "${OPTICAL[@]}" "$script")
pend=$(submit bob "${OPTICAL[@]:0:4}" --optical-bw=800G --optical-span=2 "$script")
ok "a third one starts" wait_for $LIMIT "job_is $third 'CONFIGURING|RUNNING'"
ok "and one is pending" wait_for 20 "job_is $pend PENDING"
ok "the state is saved" wait_saved "$pend"

ok "kill -9 of the primary" kill_one slurmctld -KILL
t=$SECONDS
ok "the backup takes over" wait_for $((TIMEOUT + 20)) "grep -q 'taking over' $D/log/backup/slurmctld.log"
not_ok "not without SlurmctldTimeout" [ $((SECONDS - t)) -lt $((TIMEOUT / 2)) ]
ok "leases and jobs agree within SlurmctldTimeout + 15 s (I7)" \
	wait_for $((t + TIMEOUT + 15 - SECONDS)) "i7_clean" ||
	diag "$(tail -n 30 "$D/log/backup/slurmctld.log")"
diag "I7-clean $((SECONDS - t)) s after the kill, SlurmctldTimeout=$TIMEOUT"
ok "the backup talks to the agent now" wait_for 5 "talks_to_agent slurmctld-backup"
ok "the running job runs" wait_for 20 "job_is $run RUNNING"
is "$(lease_of "$run" id)" "$lease_run" "with its lease"
ok "the configuring one starts" wait_job "$conf" RUNNING $LIMIT || diag_job "$conf"
is "$(lease_of "$conf" id)" "$lease_conf" "with its lease"
touch "$D/work/end.$run"
ok "the first job completes at the backup" wait_job "$run" COMPLETED $LIMIT
ok "nothing of it is left" wait_for 20 "nothing_booked $run"
ok "the pending one starts" wait_job "$pend" RUNNING $LIMIT || diag_job "$pend"
lease_pend=$(lease_of "$pend" id)
ok "the backup saves its state" wait_saved "$pend"

ok "the primary starts again" restart_one slurmctld
ok "it talks to the agent" wait_for 30 "talks_to_agent slurmctld"
ok "the backup gives control back" wait_for 30 \
	"grep -q 'event=control_given_back' $D/log/backup/slurmctld.log"
ok "and lets go of the agent" wait_for 10 "! talks_to_agent slurmctld-backup"
ok "leases and jobs agree (I7)" wait_for 20 i7_clean
is "$(lease_of "$pend" id)" "$lease_pend" "the last job has its lease still"
new=$(submit alice "${OPTICAL[@]}" "$script")
touch "$D/work/end.$conf"
ok "a new job starts at the primary" wait_job "$new" RUNNING $LIMIT || diag_job "$new"
touch "$D/work/end.$new"
ok "and completes" wait_job "$new" COMPLETED $LIMIT
ok "nothing of it is left" wait_for 20 "nothing_booked $new"

# ---- the same backup once more: it adopts anew ----
ok "the state is saved" wait_saved "$pend"
ok "the primary is frozen" kill_one slurmctld -STOP
ask_backup_first
ok "the backup takes over again" wait_for $((TIMEOUT + 30)) \
	"[ \$(grep -c 'taking over' $D/log/backup/slurmctld.log) = 2 ]"
ok "it knows the leases" wait_for 20 "[ \$(grep -c 'event=adopt' $D/log/backup/slurmctld.log) -ge 5 ]"
ok "leases and jobs agree (I7)" wait_for 20 i7_clean
# (slurmd tells the end of a job to the frozen one first, for minutes: one more
# job needs room that is there)
late=$(submit bob "${OPTICAL[@]}" "$script")
ok "a job starts there" wait_job "$late" RUNNING $LIMIT || diag_job "$late"
lease_late=$(lease_of "$late" id)
before=$(agent GET "/v1/leases/$lease_late/events" | md5sum)
ok "the frozen one wakes up" kill_one slurmctld -CONT
ok "what it writes is refused, or it has ended" wait_for 60 \
	"grep -q 'event=replaced' $D/log/slurmctld.log || ! pid_of slurmctld" ||
	diag "$(tail -n 20 "$D/log/slurmctld.log")"
is "$(lease_of "$late" state)" ACTIVE "the lease that it can't know is untouched"
is "$(agent GET "/v1/leases/$lease_late/events" | md5sum)" "$before" "nothing of it was changed"
books_ok
# a backup of 24.11 or later whose primary was frozen does not end by SIGTERM, with
# select/cons_tres and nothing of ours, too
! slurm_since 24.11 || kill_one slurmctld-backup -KILL
cluster_stop_ok
done_testing
