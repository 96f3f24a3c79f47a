# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# network.sh - the ledger and the simulated network, side by side
#
# Sourced after agent.sh.

# books_wrong: a state on standard input; prints what breaks I1: a link booked
# beyond its capacity, or otherwise than its leases and others say.
books_wrong()
{
	perl -MJSON::PP -e '
		my $s = decode_json(join "", <STDIN>);
		my (%sum, %link, %port, @said);
		$link{$_->{name}} = $_ for @{$s->{links}};
		for my $l (@{$s->{leases}}) {
			my $whole = $l->{reservation} =~ /^(HELD|COMMITTED)$/;
			for my $c (@{$l->{circuits}}) {
				next unless $whole || $c->{provisioning} ne "RELEASED";
				my @m = @{$c->{members} // [{}]};
				my $n = grep { !$_->{standby} } @m;
				for my $m (@m) {
					my $bps = int($c->{granted_bps} / $n);
					for my $hop (@{$m->{route} // $c->{route}}) {
						my $g = $link{$hop}{granule_bps} || 1;
						$sum{$hop} += $g * int(($bps + $g - 1) / $g);
					}
					$port{$_} += $bps for grep { $_ } @$m{qw(port_a port_z)};
				}
			}
		}
		for my $k (values %link) {
			my ($b, $cap) = ($k->{booked_bps}, $k->{capacity_bps});
			my $own = $sum{$k->{name}} // 0;
			my $all = $own + ($k->{foreign_bps} // 0);
			push @said, "$k->{name}: our own $own of $cap" if $own > $cap;
			push @said, "$k->{name}: $b shown, $all known"
				if $b != ($all > $cap ? $cap : $all);
		}
		for my $p (@{$s->{ports} // []}) {
			my $b = $p->{booked_bps} // 0;
			push @said, "port $p->{name}: $b of $p->{rate_bps}"
				if $b > $p->{rate_bps};
			push @said, "port $p->{name}: $b shown, $port{$p->{name}} known"
				if $b != ($port{$p->{name}} // 0) && !$p->{exclusive};
		}
		print map { "generation $s->{generation}: $_\n" } @said;
		exit(@said ? 1 : 0)'
}

# Judge every state of the agent from now on, in the background.
books_watch()
{
	: >"$D/books.wrong"
	echo 0 >"$D/books.count"
	(
		trap - EXIT INT TERM HUP
		trap 'kill $! 2>/dev/null; exit' TERM
		gen=0 n=0
		while [ -d "$D" ]; do
			curl -s -m 40 --unix-socket "$D/sock" -o "$D/books.state" \
				"http://agent/v1/state?since=$gen&wait=2" &
			if wait $! && g=$(grep -oE '"generation":[0-9]+' "$D/books.state" | cut -d: -f2) &&
					[ -n "$g" ]; then
				gen=$g
				books_wrong <"$D/books.state" >>"$D/books.wrong"
				echo $((++n)) >"$D/books.count"
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

# The check on what books_watch saw.
books_ok()
{
	books_unwatch
	is "$(head -n 5 "$D/books.wrong")" "" \
		"I1: no link was ever oversold, or booked unlike its leases"
	ok "of that $(cat "$D/books.count") states were looked at" \
		[ "$(cat "$D/books.count")" -gt 0 ]
}

# agree: prints where leases and the simulated network (others' services and what
# is being released left out) differ; for wait_for, since both move.
agree()
{
	req GET /v1/state
	printf %s "$BODY" | perl -MJSON::PP -e '
		my ($file) = @ARGV;
		local @ARGV = ($file);
		my (%net, %want, %moves, %rate, %port, @said);
		while (<>) {
			my @w = split;
			if ($w[0] eq "S" && $w[1] !~ /^foreign/) {
				my $port = $w[-1] =~ /^@(.*)/ ? $1 : "";
				pop @w if $port;
				$net{$w[1]} = [ $w[2], $w[8] && $w[8] ne "-" ? $w[8] : $w[7], $w[4], $port ];
			}
			delete $net{$w[1]} if $w[0] eq "D";
		}
		my $s = decode_json(join "", <STDIN>);
		for my $l (@{$s->{leases}}) {
			my $i = 0;
			for my $c (@{$l->{circuits}}) {
				my @m = @{$c->{members} // [{}]};
				my $n = grep { !$_->{standby} } @m;
				for my $k (1 .. @m) {
					my $m = $m[$k - 1];
					my $id = "$l->{id}.$i" . ($k > 1 ? "m$k" : "");
					my $prov = $m->{provisioning} // $c->{provisioning};
					$want{$id} = join ",", @{$m->{route} // $c->{route}}
						if $prov eq "PROVISIONED";
					$rate{$id} = int($c->{granted_bps} / $n);
					$port{$id} = join ",", map { $_ // "-" } @$m{qw(port_a port_z)};
					$moves{$id} = 1 if $prov eq "RELEASING";
				}
				$i++;
			}
		}
		for (keys %want) {
			push @said, "$_ is not in the network" and next unless $net{$_};
			push @said, "$_ is $net{$_}[0]" if $net{$_}[0] ne "lit";
			push @said, "$_ goes $net{$_}[1], not $want{$_}"
				if $net{$_}[1] ne $want{$_};
			push @said, "$_ carries $net{$_}[2], not $rate{$_}"
				if $net{$_}[2] != $rate{$_};
			push @said, "$_ ends at $net{$_}[3], not $port{$_}"
				if $net{$_}[3] ne ($port{$_} eq "-,-" ? "" : $port{$_});
		}
		push @said, map { "$_ is only in the network: $net{$_}[0]" }
			grep { !$want{$_} && !$moves{$_} } keys %net;
		print map { "$_\n" } @said;
		exit(@said ? 1 : 0)' "${1:-$D/ledger/ledger.db.sim}" &&
		printf %s "$BODY" | books_wrong
}

# agrees NAME: the check
agrees() { ok "$1: ledger and network agree" wait_for 20 agree; }

# nothing_left: no lease of ours books anything
nothing_left()
{
	req GET /v1/state
	printf %s "$BODY" | perl -MJSON::PP -e '
		my $s = decode_json(join "", <STDIN>);
		my @left = map { "$_->{name} $_->{booked_bps}" }
			grep { $_->{booked_bps} != ($_->{foreign_bps} // 0) } @{$s->{links}};
		print map { "$_\n" } @left;
		exit(@left ? 1 : 0)'
}
