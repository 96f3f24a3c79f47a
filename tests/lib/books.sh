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
				# members carry equal parts, and a standby one the same again
				my @m = @{$c->{members} // [{}]};
				my $bps = int($c->{granted_bps} / ((grep { !$_->{standby} } @m) || 1));
				for my $m (@m) {
					for my $hop (@{$m->{route} // $c->{route}}) {
						my $g = $granule{$hop} || 1;
						$sum{$hop} += $g * int(($bps + $g - 1) / $g);
					}
				}
			}
			push @said, "job $l->{job_id} lease $l->{id} is $l->{state}"
				if $what eq "left" && $booked && (!$job || $job == $l->{job_id});
		}
		for my $k (@{$s->{links}}) {
			my $b = $k->{booked_bps};
			if ($what eq "left") {
				push @said, "link $k->{name} has $b booked"
					if $b != ($k->{foreign_bps} // 0) && !$job;
				next;
			}
			push @said, "link $k->{name}: $b booked of $k->{capacity_bps}"
				if $b > $k->{capacity_bps};
			my $all = ($sum{$k->{name}} // 0) + ($k->{foreign_bps} // 0);
			$all = $k->{capacity_bps} if $all > $k->{capacity_bps} && $k->{foreign_bps};
			push @said, "link $k->{name}: $b booked, its leases and others have $all"
				if $b != $all;
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

# What the agent, slurmctld and slurmdbd say of the same jobs, compared. Prints
# what differs; fails when it printed something.
#  I7  leases that are not on their way out are those of the jobs that run, and
#      of the same bandwidth
#  I8  sacct has the lease's bandwidth, and the job's start and end to 2 s. Slurm
#      resets the start of a job whose nodes were powered up to when they were
#      there, and says so in its log; the lease is older.
# For wait_for: either side may be a moment behind.
books_compare()
{
	local jobs leases acct

	# in this order: what is looked at later knows what was there before
	acct=$(SLURM_TIME_FORMAT=%s sacct -aDXnP -S now-1day -o JobIDRaw,Start,End,AllocTRES,State) || return 1
	leases=$(agent GET "/v1/leases?all=1") || return 1
	jobs=$(scontrol -o show jobs) || return 1
	LEASES=$leases JOBS=$jobs ACCT=$acct perl -MJSON::PP -MPOSIX=mktime -e '
		my (@said, %run, %held, %rows, %reset);
		while (<STDIN>) {
			/^\[(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\S*\] Resetting JobId=(\d+) start/ or next;
			push @{$reset{$7}}, mktime($6, $5, $4, $3, $2 - 1, $1 - 1900, 0, 0, -1);
		}
		for (split /\n/, $ENV{JOBS}) {
			my ($id) = /^JobId=(\d+)/ or next;
			my ($state) = / JobState=(\S+)/;
			my ($has) = / LicensesAlloc=(\S+)/;
			($has) = / Licenses=(\S+)/ unless defined $has;
			my ($gbps) = ($has // "") =~ /optical:(\d+)/;
			$run{$id} = $gbps if $state =~ /^(RUNNING|CONFIGURING|SUSPENDED)$/ && $gbps;
		}
		for (split /\n/, $ENV{ACCT}) {
			my ($id, $start, $end, $tres, $state) = split /\|/;
			my ($gbps) = $tres =~ m{license/optical=(\d+)};
			push @{$rows{$id}}, [$start, $end, $gbps // 0, $state] if $start =~ /^\d+$/;
		}
		for my $l (@{decode_json($ENV{LEASES})->{leases}}) {
			my $id = $l->{job_id};
			my $gbps = 0;
			$gbps += int(($_->{granted_bps} + 999999999) / 1e9) *
				(($_->{protect} // "") eq "1+1" ? 2 : 1) for @{$l->{circuits}};
			$held{$id} = $gbps if $l->{state} =~ /^(HELD|PROVISIONING|ACTIVE|IMPAIRED)$/;
			next unless $l->{active_ms};
			my $from = int($l->{held_ms} / 1000);
			my ($up) = grep { $_ >= $from && (!$l->{ended_ms} || $_ <= $l->{ended_ms} / 1000) }
				@{$reset{$id} // []};
			$from = $up if $up;
			my ($row) = grep { abs($_->[0] - $from) <= 2 } @{$rows{$id} // []};
			# a job that gave back nodes has one row for each size
			my $last = $row;
			my %seen;	# two changes in one second: rows that begin as they end
			while ($last && $last->[3] eq "RESIZING") {
				$seen{$last} = 1;
				my ($next) = grep { $_->[0] eq $last->[1] && !$seen{$_} } @{$rows{$id}};
				last unless $next;
				push @said, "I8: job $id: sacct has $next->[2] Gb/s after a change of its size, the lease $gbps"
					if $next->[2] != $gbps;
				$last = $next;
			}
			if (!$row) {
				push @said, "I8: sacct has no start of job $id at $from";
				next;
			}
			push @said, "I8: job $id: sacct has $row->[2] Gb/s, the lease $gbps"
				if $row->[2] != $gbps;
			my $end = $l->{ended_ms} ? int($l->{ended_ms} / 1000) : 0;
			push @said, "I8: job $id: sacct has its end at $last->[1] ($last->[3]), the lease at $end"
				if $end && $last->[1] !~ /^\d+$/ || $end && abs($last->[1] - $end) > 2;
		}
		for (sort keys %{{%run, %held}}) {
			push @said, "I7: job $_: it has " . ($run{$_} // 0) . " Gb/s, its lease " . ($held{$_} // 0)
				if ($run{$_} // 0) != ($held{$_} // 0);
		}
		print map { "$_\n" } @said;
		exit(@said ? 1 : 0)' <"$D/log/slurmctld.log"
}

# The check that they agree, after WHAT: within 10 s (I7), and what slurmdbd
# takes to hear of it.
agree()
{
	ok "$1: leases, jobs and sacct agree (I7, I8)" wait_for 20 books_compare
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
