# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# cluster.sh - a test's own cluster, and short words for what tests do with it
#
# Sourced; brings tap.sh. OCS_INST is where slurm-optical is installed
# (default: inst beside this tree's tests). OCS_TEST_LOGS, when set, is where
# a failed test leaves its cluster's logs.
TESTLIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SRCDIR=$(cd "$TESTLIB/../.." && pwd)
TEST_NAME=$(basename "$0" .t)
OCS_INST=${OCS_INST:-$SRCDIR/inst}
CLUSTER_SH=$SRCDIR/contrib/cluster
# what the caller's shell has set for Slurm or for us is not the test's
# shellcheck disable=SC2046
unset $(compgen -e | grep -E '^(SLURM|SLURMD|SBATCH|SALLOC|SRUN|SQUEUE|SINFO|SACCT|OPTICAL|NCCL|_SLURM)')
# shellcheck source=tests/lib/tap.sh
. "$TESTLIB/tap.sh"

# cluster_start OPTION...: as contrib/cluster start takes them. Sets D, the
# cluster's directory, and the environment for its commands. Ends the test
# when there is no cluster. Registers its end.
cluster_start()
{
	local base=/tmp out

	[ "$(id -u)" = 0 ] || bail "must run as root"
	[ -d "$OCS_INST" ] || bail "slurm-optical is not installed in $OCS_INST: run contrib/check, or set OCS_INST"
	[ "$(df -Pk /run | awk 'NR == 2 { print $4 }')" -lt 500000 ] || base=/run
	D=$(mktemp -d "$base/ocs-test.XXXXXX") || bail "cannot make a directory in $base"
	at_exit "cluster_end '$D'"
	[ -z "${OCS_CLUSTERS:-}" ] || echo "$D" >>"$OCS_CLUSTERS"
	if ! out=$("$CLUSTER_SH" start "$D" --inst="$OCS_INST" "$@" 2>&1); then
		diag "$out"
		bail "the cluster did not start"
	fi
	eval "$("$CLUSTER_SH" env "$D")"
	cd "$D/work" || bail "$D/work"
	TAP_ON_FAIL=cluster_show
}

# How the cluster is now: jobs, leases, the last words of slurmctld.
cluster_show()
{
	[ -d "${D:-}" ] || return 0
	diag "$(timeout 10 squeue -a -o '%.7i %.9P %.9u %.3t %.8M %.5D %R' 2>&1)"
	diag "$(timeout 10 scontrol -o show jobs 2>&1 | tail -n 6 |
		grep -oE '(^| )(JobId|JobState|Reason|NodeList|AdminComment|Comment|Licenses|TRES|StartTime)=[^ ]*' | xargs)"
	[ ! -S "$D/opticald/opticald.sock" ] || diag "leases: $(leases 2>&1)"
	diag "$(grep -vE 'Registered|sched: Running job_scheduler' \
		"$D/log/slurmctld.log" | tail -n 15)"
}

# End the cluster in DIRECTORY, the last one without it; keep its logs when the
# test failed.
cluster_end()
{
	local D=${1:-${D:-}}

	[ -d "$D" ] || return 0
	cd /
	if [ "$TAP_FAILED" -gt 0 ] && [ -n "${OCS_TEST_LOGS:-}" ]; then
		rm -rf "${OCS_TEST_LOGS:?}/$TEST_NAME"
		mkdir -p "$OCS_TEST_LOGS/$TEST_NAME"
		cp -r "$D/log" "$D/etc" "$OCS_TEST_LOGS/$TEST_NAME/"
		diag "logs: $OCS_TEST_LOGS/$TEST_NAME"
	fi
	if [ -e "$D/etc/cluster.sh" ]; then
		"$CLUSTER_SH" stop "$D" || diag "the cluster did not stop by itself"
	fi
	rm -rf --one-file-system "$D"
}

# Stop the cluster now and check that it left no process.
cluster_stop_ok()
{
	local left

	ok "the cluster stops" "$CLUSTER_SH" stop "$D"
	left=$(left_running)
	is "$left" "" "nothing is left running"
}

# Processes that have anything of the cluster's open, or in their environment.
left_running()
{
	local p

	{
		find /proc/[0-9]*/fd -lname "$D/*" 2>/dev/null
		grep -lzs "^SLURM_CONF=$D/" /proc/[0-9]*/environ |
			xargs -r grep -lzs '^SLURMD_NODENAME='
	} | cut -d/ -f3 | sort -un | while read -r p; do
		tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null && echo "($p)"
	done
}

# The Slurm that runs: 22.05, 24.11, 26.05.
slurm_version() { sinfo -V | sed 's/[^0-9]*\([0-9]*\.[0-9]*\).*/\1/'; }
# slurm_since VERSION: it is that or a later one.
slurm_since() { printf '%s\n' "$1" "$(slurm_version)" | sort -VC; }

# kill_one, restart_one DAEMON [NODE] [-SIGNAL]
kill_one() { "$CLUSTER_SH" kill "$D" "$@"; }
restart_one() { "$CLUSTER_SH" restart-one "$D" "$@"; }
pid_of() { "$CLUSTER_SH" pid "$D" "$@"; }

# wait_saved JOB: until slurmctld has saved the jobs as they are now. It does so
# within 5 s of a change, so JOB is given a mark that the file then has; what it
# has not saved is lost when it is killed.
wait_saved()
{
	local mark=saved-$EPOCHREALTIME

	scontrol update JobId="$1" MailUser="$mark" &&
		wait_for 20 "grep -aqF $mark $D/state/job_state"
}

# as_user alice|bob COMMAND...: as one of the two ordinary users.
as_user()
{
	local user=ocs$1

	shift
	setpriv --reuid "$user" --regid "$user" --init-groups \
		env HOME="$D/work" USER="$user" LOGNAME="$user" "$@"
}

# submit USER SBATCH-ARGUMENT...: prints the job id.
submit()
{
	local user=$1

	shift
	as_user "$user" sbatch --parsable -o "$D/work/%j.out" "$@"
}

# Write a job script from standard input; prints its path.
job_script()
{
	local f

	f=$(mktemp "$D/work/script.XXXXXX") || return 1
	{ echo '#!/bin/bash'; cat; } >"$f"
	chmod 0755 "$f"
	echo "$f"
}

# job_show JOB FIELD: one FIELD= of scontrol show job, of values without blanks. TRES, Licenses: what a job
# that runs has; since 23.02 that is AllocTRES, since 25.05 LicensesAlloc.
job_show()
{
	local out field=$2

	out=$(scontrol -o show job "$1") || return 1
	[ "$field" != TRES ] || field='(Alloc)?TRES'
	[ "$field" != Licenses ] || [[ $out != *JobState=RUNNING*\ LicensesAlloc=* ]] || field=LicensesAlloc
	[[ " $out" =~ \ $field=([^ ]*) ]] && echo "${BASH_REMATCH[-1]}"
}

job_state() { job_show "$1" JobState; }
job_reason() { squeue -h -j "$1" -o %r; }

# job_is JOB STATE[|STATE]...: for wait_for.
job_is()
{
	local s

	s=$(job_state "$1") || { echo "no job $1"; return 1; }
	echo "job $1: $s $(job_reason "$1" 2>/dev/null)"
	[[ "|$2|" == *"|$s|"* ]]
}

# wait_job JOB STATE[|STATE]... [LIMIT]
wait_job() { wait_for "${3:-30}" "job_is $1 '$2'"; }

# sacct_field JOB FIELD [STEP]: of the allocation, or of JOB.STEP.
sacct_field()
{
	if [ -n "${3:-}" ]; then
		sacct -nP -j "$1.$3" -o "$2"
	else
		sacct -nPX -j "$1" -o "$2"
	fi
}

# wait_sacct JOB FIELD VALUE [LIMIT]: slurmdbd hears of things a little later.
wait_sacct() { wait_for "${4:-20}" "sacct_field $1 $2; [ \"\$(sacct_field $1 $2)\" = '$3' ]"; }

# agent METHOD PATH [BODY]: one request to the agent, as root, its answer's body.
agent()
{
	curl -sS --max-time 35 --unix-socket "$D/opticald/opticald.sock" \
		-X "$1" ${3:+-H 'Content-Type: application/json' -d "$3"} \
		"http://localhost$2"
}

# json PATH: one value of the JSON on standard input; PATH as .leases.0.state,
# an array or object prints its number of members. Fails where there is none.
json()
{
	perl -MJSON::PP -e '
		my $v = JSON::PP->new->allow_nonref->decode(join "", <STDIN>);
		for my $k (grep { length } split /\./, $ARGV[0]) {
			$v = ref $v eq "ARRAY" ? $v->[$k] :
				ref $v eq "HASH" ? $v->{$k} : undef;
			exit 1 unless defined $v;
		}
		my $r = ref $v;
		print $r eq "ARRAY" ? scalar @$v : $r eq "HASH" ?
			scalar keys %$v : JSON::PP::is_bool($v) ?
			($v ? "true" : "false") : $v, "\n"' "$1"
}

# Leases that are not gone, one a line: STATE JOB_ID ID.
leases()
{
	agent GET /v1/leases | perl -MJSON::PP -e '
		print "$_->{state} $_->{job_id} $_->{id}\n"
			for @{decode_json(join "", <STDIN>)->{leases}}'
}

# lease_of JOB FIELD: of the newest lease of JOB.
lease_of()
{
	agent GET "/v1/leases?job_id=$1&all=1" | perl -MJSON::PP -e '
		my @l = sort { ($b->{held_ms} // 0) <=> ($a->{held_ms} // 0) }
			@{decode_json(join "", <STDIN>)->{leases}};
		exit 1 unless @l && defined $l[0]{$ARGV[0]};
		print "$l[0]{$ARGV[0]}\n"' "$2"
}

# log_has DAEMON REGEX: its log has a matching line (opticald's is .out).
log_has()
{
	local f=$D/log/$1.log

	[ "$1" != opticald ] || f=$D/log/opticald.out
	grep -E "$2" "$f"
}
