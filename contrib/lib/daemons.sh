# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# daemons.sh - start daemons, remember exactly them, and end exactly them
#
# Sourced, after say.sh. RUN is the directory of the records: for a daemon NAME,
# RUN/NAME.pid holds "PID START" (START as in /proc/PID/stat, so that a pid
# which the kernel gave to somebody else is never taken for ours) and
# RUN/NAME.cmd the command line to start it again with. LOG is the directory
# of RUN's daemons' output.

# Start time of process $1, in the kernel's ticks. Fails when there is none.
proc_start()
{
	local stat

	{ read -r stat </proc/"$1"/stat; } 2>/dev/null || return 1
	# the name in parentheses may hold blanks
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	[ "$1" != Z ] && echo "${20}"
}

# poll LIMIT WHAT LOGFILE COMMAND...
# Run COMMAND every 0.1 s until it succeeds. After LIMIT seconds: say what was
# waited for, show the end of LOGFILE and the last words of COMMAND, fail. A
# COMMAND that returns 99 will never succeed: fail at once.
poll()
{
	local limit=$1 what=$2 log=$3 start=$SECONDS out rc

	shift 3
	until out=$("$@" 2>&1); do
		rc=$?
		if [ $rc -eq 99 ] || [ $((SECONDS - start)) -ge "$limit" ]; then
			say "waited $((SECONDS - start)) s for $what"
			[ -z "$out" ] || say "last answer: ${out:0:400}"
			if [ -s "$log" ]; then
				say "the end of $log:"
				tail -n 15 "$log" >&2
			fi
			return 1
		fi
		sleep 0.1
	done
}

# The pid of daemon $1, if it runs.
daemon_pid()
{
	local pid start now

	{ read -r pid start <"$RUN/$1.pid"; } 2>/dev/null || return 1
	now=$(proc_start "$pid") && [ "$now" = "$start" ] && echo "$pid"
}

# daemon_start NAME COMMAND...: start it in the background, its own session,
# a clean environment, standard output and error in LOG/NAME.out.
daemon_start()
{
	local name=$1

	shift
	printf '%q ' "$@" >"$RUN/$name.cmd"
	daemon_again "$name"
}

# Start daemon $1 as it was started the first time.
daemon_again()
{
	local name=$1 pid
	local -a cmd

	eval "cmd=($(cat "$RUN/$name.cmd"))"
	# the open descriptors of whoever calls us are none of a daemon's
	(
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			[ "$fd" -le 2 ] || eval "exec $fd>&-"
		done
		cd / && exec setsid env -i \
			PATH="${SYSTEM_PATH:-/usr/sbin:/usr/bin:/sbin:/bin}" LC_ALL=C \
			SLURM_CONF="${SLURM_CONF:-}" ${DAEMON_ENV:+"${DAEMON_ENV[@]}"} \
			"${cmd[@]}"
	) </dev/null >>"$LOG/$name.out" 2>&1 &
	pid=$!
	echo "$pid $(proc_start "$pid")" >"$RUN/$name.pid"
}

# alive NAME COMMAND...: COMMAND, for poll: 99 when daemon NAME has ended.
alive()
{
	local name=$1

	shift
	daemon_pid "$name" >/dev/null || { echo "$name has ended"; return 99; }
	"$@"
}

# Nothing of the daemons $@ runs.
daemons_gone()
{
	local name

	for name; do
		if daemon_pid "$name" >/dev/null; then
			echo "$name runs"
			return 1
		fi
	done
}

# daemons_stop LIMIT NAME...: SIGTERM to all, SIGKILL to what is left after
# LIMIT seconds; stopped ones are continued first. Fails if it took SIGKILL.
daemons_stop()
{
	local limit=$1 name pid rc=0

	shift
	for name; do
		pid=$(daemon_pid "$name") && kill -TERM "$pid" && kill -CONT "$pid"
	done 2>/dev/null
	if ! poll "$limit" "the end of $*" /dev/null daemons_gone "$@"; then
		rc=1
		for name; do
			pid=$(daemon_pid "$name") || continue
			say "killing $name (pid $pid)"
			kill -KILL "$pid" 2>/dev/null
		done
		poll 10 "the end of killed $*" /dev/null daemons_gone "$@"
	fi
	for name; do
		rm -f "$RUN/$name.pid"
	done
	return $rc
}

# The names of all recorded daemons that match the glob $1.
daemons_named()
{
	local f

	for f in "$RUN"/$1.pid; do
		[ -e "$f" ] || continue
		f=${f##*/}
		echo "${f%.pid}"
	done
}
