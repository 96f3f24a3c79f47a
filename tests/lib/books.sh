# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# books.sh - what tests ask about leases and about what is booked
#
# Sourced; brings cluster.sh. Everything is judged from single answers of the
# agent, so that what is compared belongs together.
# shellcheck source=tests/lib/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

# The judge of a state on standard input. "wrong": prints what breaks I1, that
# is links booked beyond their capacity or otherwise than their leases say;
# "left": prints what is still booked, of job $2 only if given. Fails when it
# printed something.
books_judge()
{
	perl -MJSON::PP -e '
		my ($what, $job) = @ARGV;
		my $s = decode_json(join "", <STDIN>);
		my (%sum, %granule, @said);
		$granule{$_->{name}} = $_->{granule_bps} || 1 for @{$s->{links}};
		for my $l (@{$s->{leases}}) {
			my $whole = $l->{reservation} =~ /^(HELD|COMMITTED)$/;
			my $booked = $whole;
			for my $c (@{$l->{circuits}}) {
				next unless $whole || $c->{provisioning} ne "RELEASED";
				$booked = 1;
				for my $hop (@{$c->{route}}) {
					my $g = $granule{$hop} || 1;
					$sum{$hop} += $g * int(($c->{granted_bps} + $g - 1) / $g);
				}
			}
			push @said, "job $l->{job_id} lease $l->{id} is $l->{state}"
				if $what eq "left" && $booked && (!$job || $job == $l->{job_id});
		}
		for my $k (@{$s->{links}}) {
			my $b = $k->{booked_bps};
			if ($what eq "left") {
				push @said, "link $k->{name} has $b booked" if $b && !$job;
				next;
			}
			push @said, "link $k->{name}: $b booked of $k->{capacity_bps}"
				if $b > $k->{capacity_bps};
			push @said, "link $k->{name}: $b booked, its leases have " . ($sum{$k->{name}} // 0)
				if $b != ($sum{$k->{name}} // 0);
		}
		print map { "generation $s->{generation}: $_\n" } @said;
		exit(@said ? 1 : 0)' "$@"
}

# nothing_booked [JOB]: no lease (of JOB) that is not gone, no link booked.
nothing_booked()
{
	local s

	s=$(agent GET /v1/state) && books_judge left "$@" <<<"$s"
}

# booked LINK: bits per second.
booked()
{
	agent GET /v1/state | perl -MJSON::PP -e '
		print map { "$_->{booked_bps}\n" } grep { $_->{name} eq $ARGV[0] }
			@{decode_json(join "", <STDIN>)->{links}}' "$1"
}

# Judge every state of the agent from now on, in the background.
watch_books()
{
	: >"$D/work/books.wrong"
	echo 0 >"$D/work/books.count"
	(
		trap - EXIT INT TERM HUP
		trap 'kill $! 2>/dev/null; exit' TERM
		gen=0 n=0
		while [ -d "$D" ]; do
			agent GET "/v1/state?since=$gen&wait=2" >"$D/work/books.state" 2>/dev/null &
			if wait $! && g=$(json .generation <"$D/work/books.state" 2>/dev/null); then
				gen=$g
				books_judge wrong <"$D/work/books.state" >>"$D/work/books.wrong"
				echo $((++n)) >"$D/work/books.count"
			else
				sleep 0.2
			fi
		done
	) &
	BOOKS_PID=$!
	at_exit books_unwatch
}

books_unwatch()
{
	[ -n "${BOOKS_PID:-}" ] || return 0
	kill -TERM "$BOOKS_PID" 2>/dev/null
	wait "$BOOKS_PID" 2>/dev/null
	BOOKS_PID=
}

# The check on what watch_books saw.
books_ok()
{
	local n

	books_unwatch
	n=$(cat "$D/work/books.count")
	is "$(head -n 5 "$D/work/books.wrong")" "" \
		"no link was ever booked beyond its capacity or unlike its leases (I1)"
	ok "of that $n states were looked at" [ "$n" -gt 0 ]
}

# The word optical{...} of JOB's AdminComment.
token_of()
{
	scontrol -o show job "$1" | grep -o 'optical{[^}]*}'
}

# token_like JOB REGEX: for wait_for.
token_like()
{
	local t

	t=$(token_of "$1")
	echo "$t"
	[[ $t =~ $2 ]]
}

# The state of the newest lease of JOB is one of WORD[|WORD]...: for wait_for.
lease_is()
{
	local s

	s=$(lease_of "$1" state) || { echo "job $1 has no lease"; return 1; }
	echo "lease of job $1: $s"
	[[ "|$2|" == *"|$s|"* ]]
}

# The number of lines "ocs: ... event=EVENT" of JOB in slurmctld's log.
event_count()
{
	grep -cE "ocs: job=$1 .*event=$2( |\$)" "$D/log/slurmctld.log"
}

# events_are JOB EVENT NUMBER: for wait_for.
events_are()
{
	local n

	n=$(event_count "$1" "$2")
	echo "$n times event=$2 of job $1"
	[ "$n" -ge "$3" ]
}

# What a failed check needs beside it.
diag_job()
{
	diag "$(scontrol show job "$1" 2>&1 | grep -E 'JobState|Reason|AdminComment|StartTime')"
	diag "$(grep "ocs: job=$1 " "$D/log/slurmctld.log" | tail -n 12)"
	diag "$(leases 2>&1)"
}

# The job has left COMPLETING: it holds no node any more.
job_over()
{
	local s

	s=$(squeue -h -a -j "$1" -t all -o %T 2>&1)
	echo "job $1: $s"
	case $s in
	*PENDING* | *CONFIGURING* | *RUNNING* | *COMPLETING* | *SUSPENDED*) return 1 ;;
	esac
}

# over_and_free JOB NAME: JOB leaves COMPLETING, and within 10 s nothing of it
# is booked.
over_and_free()
{
	local t

	ok "$2: the job is over" wait_for 60 "job_over $1" || diag_job "$1"
	t=$(date +%s%3N)
	if ok "$2: nothing of it is left within 10 s" wait_for 10 "nothing_booked $1"; then
		diag "$2: free after $(($(date +%s%3N) - t)) ms"
	else
		diag_job "$1"
	fi
}
