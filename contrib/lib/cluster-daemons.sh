# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# cluster-daemons.sh - start the daemons of an emulated cluster in their order,
# wait for each, and end all of them with what their jobs left
#
# Sourced by contrib/cluster, after daemons.sh.

start_munged()
{
	head -c 128 /dev/urandom >"$D/munge/munge.key"
	chown munge: "$D/munge/munge.key"
	chmod 0400 "$D/munge/munge.key"
	daemon_start munged setpriv --reuid munge --regid munge --clear-groups \
		munged --foreground --key-file="$D/munge/munge.key" \
		--socket="$MUNGE_SOCKET" --pid-file="$D/munge/munged.pid" \
		--seed-file="$D/munge/munged.seed" --log-file="$D/munge/munged.log" \
		--num-threads=4
}

# Wait until the daemon answers that was started. Its limits are generous:
# they only say when to give up.
wait_munged() { poll 20 "munged" "$LOG/munged.out" alive munged munge -n -S "$MUNGE_SOCKET"; }
wait_slurmctld() { poll 60 "slurmctld" "$LOG/slurmctld.log" alive slurmctld ctld_answers primary; }
wait_slurmctld_backup() { poll 60 "slurmctld-backup" "$LOG/backup/slurmctld.log" alive slurmctld-backup ctld_answers backup; }
wait_slurmdbd() { poll 60 "slurmdbd" "$LOG/slurmdbd.log" alive slurmdbd timeout 10 sacctmgr -nP show cluster; }
wait_opticald() { poll 20 "opticald" "$LOG/opticald.out" alive opticald unix_accepts "$D/opticald/opticald.sock"; }

# slurmctld $1, primary or backup, answers.
ctld_answers()
{
	timeout 10 scontrol ping | grep "($1) at .* is UP"
}

# Start slurmctld $1, which with a backup lives on a host name and with a pid
# and log file of its own: $2 the name, $3 the directory of these.
start_slurmctld()
{
	if [ "$BACKUP" = yes ]; then
		daemon_start "$1" "$LIB/as-host" "$2" "$D/etc/hosts" "$3" "$D/ctl" slurmctld -D
	else
		daemon_start "$1" slurmctld -D
	fi
}

unix_accepts()
{
	perl -MSocket -e 'socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die;
		connect($s, sockaddr_un($ARGV[0])) or die "$ARGV[0]: $!\n"' "$1"
}

# slurmd of node $1 is there: registered, that is neither down nor unknown.
wait_slurmd() { poll 60 "slurmd $1" "$LOG/slurmd.$1.log" alive "slurmd.$1" slurmd_registered "$1"; }

slurmd_registered()
{
	local node started

	node=$(SLURM_TIME_FORMAT=%s timeout 10 scontrol -o show node "$1") || return 1
	started=${node##*SlurmdStartTime=}
	# what the controller knows may be of the slurmd before
	[ "${started%% *}" -ge "${STARTED_S:-0}" ] && nodes_up "$1"
}

# Node $1, or all, are up. Never will be those whose slurmd has ended.
nodes_up()
{
	local bad n

	bad=$(timeout 10 sinfo -h -N ${1:+-n "$1"} -t down,unknown,no_respond,drain,fail,future -o "%N %T" | sort -u) ||
		return 1
	[ -n "$bad" ] || return 0
	echo "not up: $(head -n 5 <<<"$bad" | tr "\n" ";")"
	for n in $(head -n 20 <<<"$bad" | cut -d" " -f1); do
		if ! daemon_pid "slurmd.$n" >/dev/null; then
			echo "slurmd $n has ended"
			tail -n 5 "$LOG/slurmd.$n.log"
			return 99
		fi
	done
	return 1
}

start_slurmd()
{
	daemon_start "slurmd.$1" slurmd -D -N "$1"
}

# The Slurm that runs is of version $1, as 24.11, or a later one.
slurm_since()
{
	slurmctld -V | sed 's/[^0-9]*\([0-9]*\.[0-9]*\).*/\1/' |
		{ echo "$1"; cat; } | sort -VC
}

# Start the slurmdbd of an empty database. Debian 12's ends, once in some
# hundred starts, while it makes its tables: the client library has no error
# and no result for one query ("We should have gotten a result: 'No error'").
# Started again it goes on where it was.
first_slurmdbd()
{
	daemon_start slurmdbd slurmdbd -D
	wait_slurmdbd && return 0
	! daemon_pid slurmdbd >/dev/null || return 1
	grep -q "We should have gotten a result: 'No error'" "$LOG/slurmdbd.log" ||
		return 1
	say "slurmdbd had no answer from its database: starting it again"
	daemon_again slurmdbd
	wait_slurmdbd
}

start_daemons()
{
	local n

	if [ -z "$BESIDE" ]; then
		start_munged
		[ "$DBD" = no ] || start_mariadbd || return 1
	fi
	if [ "$AGENT" != no ]; then
		# as its unit does: many slurmds share this machine
		daemon_start opticald nice -n -10 "$INST/sbin/opticald" -f "$D/etc/opticald.conf"
	fi
	[ -n "$BESIDE" ] || wait_munged || return 1
	if [ -n "$BESIDE" ]; then
		add_accounts || return 1
	elif [ "$DBD" = yes ]; then
		wait_mariadbd || return 1
		first_slurmdbd || return 1
		add_accounts || return 1
	fi
	[ "$AGENT" = no ] || wait_opticald || return 1
	start_slurmctld slurmctld "$CTL_HOST" "$D/log"
	wait_slurmctld || return 1
	if [ "$DBD" = yes ] && slurm_since 25.05; then
		# From 25.05 on a slurmctld that was killed before it has once saved
		# all of its state does not start again: it ends here in order.
		daemons_stop 30 slurmctld && daemon_again slurmctld && wait_slurmctld || return 1
	fi
	if [ "$BACKUP" = yes ]; then
		start_slurmctld slurmctld-backup "$BACKUP_HOST" "$D/log/backup"
		wait_slurmctld_backup || return 1
	fi
	for n in $(slurmd_names); do
		start_slurmd "$n"
	done
	poll 120 "all nodes" "$LOG/slurmctld.log" nodes_up
}

# Job processes of this cluster: the step daemons have its slurmd logs open,
# tasks have its SLURM_CONF and a SLURMD_NODENAME in their environment.
job_processes()
{
	local p

	{
		find /proc/[0-9]*/fd -lname "$D/log/slurmd.*.log" 2>/dev/null
		grep -lzsxF "SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ |
			xargs -r grep -lzs '^SLURMD_NODENAME='
	} | cut -d/ -f3 | sort -un | while read -r p; do
		[ "$p" != $$ ] && [ "$p" != $BASHPID ] && echo "$p"
	done
}

no_job_processes()
{
	local left

	left=$(job_processes)
	[ -z "$left" ] || { echo "processes left: $left"; return 1; }
}

stop_all()
{
	local rc=0 slurmds pids

	mapfile -t slurmds < <(daemons_named 'slurmd.*')
	# the backup first: it would take over
	[ "$BACKUP" = no ] || daemons_stop 20 slurmctld-backup || rc=1
	daemons_stop 20 "${slurmds[@]}" slurmctld opticald || rc=1
	pids=$(job_processes)
	if [ -n "$pids" ]; then
		# shellcheck disable=SC2086
		kill -KILL $pids 2>/dev/null
		poll 10 "the end of jobs' processes" /dev/null no_job_processes || rc=1
	fi
	daemons_stop 20 slurmdbd || rc=1
	daemons_stop 30 mariadbd munged || rc=1
	return $rc
}
