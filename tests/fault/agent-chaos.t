#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Several clients hold, commit and release at random while opticald is killed
# again and again, and the simulator refuses and fails. Whatever was answered
# must be true after each restart (I2), bookings must be sound at each look
# (I1), and in the end everything is dark. OCS_SEED repeats a run, OCS_KILLS
# says how often.
use strict;
use warnings;
use File::Temp ();
use IO::Socket::UNIX;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

my $agent = "$ENV{OCS_BUILDDIR}/agent/opticald";
my $dir   = File::Temp->newdir;
my $seed  = $ENV{OCS_SEED}  // int(time) % 1000000;
my $kills = $ENV{OCS_KILLS} // 8;
my @links = (["par-lyo", "paris", "lyon"], ["lyo-nce", "lyon", "nice"],
	     ["par-nce", "paris", "nice"]);
my ($count, $failed, $pid) = (0, 0, 0);

sub check
{
	my ($good, $name) = @_;

	$count++;
	$failed++ if !$good;
	print $good ? "ok" : "not ok", " $count - $name\n";
	return $good;
}

sub diag { print STDERR "# $_\n" for @_ }

sub start
{
	$pid = fork // die "fork: $!";
	if (!$pid) {
		open STDERR, ">>", "$dir/log" or die;
		open STDOUT, ">", "/dev/null" or die;
		exec $agent, "-f", "$dir/conf" or POSIX::_exit(127);
	}
	my $end = time + 20;
	while (time < $end) {
		return 1 if request("GET", "/v1/ping");
		return 0 if waitpid($pid, POSIX::WNOHANG()) > 0;
		sleep 0.01;
	}
	return 0;
}

# The answer (code, JSON), or nothing when there was none.
sub request
{
	my ($method, $path, $body) = @_;
	my $s = IO::Socket::UNIX->new(Peer => "$dir/sock") or return;
	my $text = defined $body ? $body : "";
	my $in = "";

	local $SIG{PIPE} = "IGNORE";
	$s->print("$method $path HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n",
		  "Content-Length: ", length $text, "\r\n\r\n", $text) or return;
	$s->flush;
	while (1) {
		my $n = $s->sysread($in, 1 << 16, length $in);

		last if !$n;
	}
	my ($head, $json) = split /\r\n\r\n/, $in, 2;
	return if !defined $json;
	my ($length) = $head =~ /^Content-Length: (\d+)/mi or return;
	return if length $json != $length;	# torn off
	my ($code) = $head =~ m{^HTTP/1.1 (\d+)} or return;
	return ($code, JSON::PP::decode_json($json));
}

sub lease
{
	my ($id, $job) = @_;
	my @pairs = $job % 3 ? ($links[$job % 3 - 1]) : @links[0, 1];
	my %sites = map { $_->[1] => 1, $_->[2] => 1 } @pairs;

	return JSON::PP::encode_json({
		id => $id, cluster => "alpha", job_id => $job, user_id => 1000,
		user => "anna", submit_s => 1, restart_cnt => 0, end_s => 0,
		controller_epoch => 0,
		sites => [map { { name => $_, nodes => "" } } sort keys %sites],
		circuits => [map { { a => $_->[1], z => $_->[2],
				     requested_bps => 100000000000 } } @pairs],
	});
}

# A client until its time is over: what was answered goes to its file, one line
# each, written before the next request.
sub client
{
	my ($self, $until) = @_;
	my @mine;

	srand($seed * 100 + $self);
	open my $out, ">>", "$dir/client.$self" or die;
	$out->autoflush(1);
	while (time < $until) {
		my $what = int rand 4;
		my ($code, $reply);

		if ($what == 0 || !@mine) {
			my $job = 1 + int rand 1000000;
			my $id = join "", map { sprintf "%04x", rand 65536 } 1 .. 8;

			($code) = request("POST", "/v1/leases", lease($id, $job));
			print $out "hold $id\n" if ($code // 0) == 201;
			push @mine, [$id, $job] if !$code || $code == 201;
		} elsif ($what < 3) {
			my ($id, $job) = @{$mine[rand @mine]};

			($code) = request("POST", "/v1/leases/$id/commit",
					  lease($id, $job));
			print $out "commit $id\n" if ($code // 0) =~ /^20/;
		} else {
			my ($m) = splice @mine, rand @mine, 1;

			for my $try (1 .. 1000) {	# until it is answered
				print $out "try $m->[0]\n";
				($code) = request("DELETE",
				    "/v1/leases/$m->[0]?why=job&controller_epoch=0");
				last if $code;
				sleep 0.01;
				last if time > $until + 15;
			}
			print $out "release $m->[0]\n" if $code;
		}
		sleep 0.02 if !$code;	# the agent is dead just now
	}
	POSIX::_exit(0);
}

# What is wrong with the state as it is, or "".
sub unsound
{
	my ($st) = @_;
	my %sum;

	for my $l (@{$st->{leases}}) {
		for my $c (@{$l->{circuits}}) {
			next if $l->{reservation} !~ /^(HELD|COMMITTED)$/ &&
				$c->{provisioning} eq "RELEASED";
			$sum{$_} += $c->{granted_bps} for @{$c->{route}};
		}
		return "$l->{id} is $l->{state} before it is up"
			if $l->{state} eq "ACTIVE" && !$l->{active_ms};
	}
	for my $link (@{$st->{links}}) {
		my $sum = $sum{$link->{name}} // 0;

		return "$link->{name}: booked $link->{booked_bps}, leases $sum"
			if $sum != $link->{booked_bps};
		return "$link->{name} is oversold"
			if $sum > $link->{capacity_bps};
	}
	return "";
}

# No client writes or asks while FN looks.
sub stopped
{
	my ($fn, @pids) = @_;
	my @run = grep { kill "STOP", $_ } @pids;

	for my $p (@run) {
		my $end = time + 10;

		while (time < $end) {
			open my $stat, "<", "/proc/$p/stat" or last;
			last if <$stat> =~ /\) [TZ]/;
			sleep 0.001;
		}
	}
	my $result = $fn->();
	kill "CONT", @run;
	return $result;
}

# What clients were told and is not so, or "".
sub broken
{
	my (%last, %tried);

	for my $file (glob "$dir/client.*") {
		open my $in, "<", $file or die;
		while (<$in>) {
			my ($what, $id) = split;

			$tried{$id} = 1 if $what eq "try";
			$last{$id} = $what if $what ne "try";
		}
	}
	for my $id (keys %last) {
		my ($code, $l) = request("GET", "/v1/leases/$id");
		my $resv = ($code // 0) == 200 ? $l->{reservation} : "";

		if ($last{$id} eq "release") {
			return "$id was released and is $resv"
				if $resv && $resv ne "TERMINATED";
			next;
		}
		return "$id: $last{$id} was answered, it is gone" if !$resv;
		next if $tried{$id};
		return "$id: $last{$id} was answered, it is $resv"
			if $last{$id} eq "commit" ?
			   $resv !~ /^(COMMITTED|FAILED)$/ :
			   $resv !~ /^(HELD|COMMITTED|FAILED)$/;
	}
	return "";
}

srand($seed);
diag("OCS_SEED=$seed");
mkdir "$dir/ledger" or die;
open my $conf, ">", "$dir/conf" or die;
print $conf "Listen=unix:$dir/sock\nLedger=$dir/ledger/ledger.db\n",
	"Cluster=alpha User=daemon\nDriver=sim SimRealism=off SimSetupTime=30ms ",
	"SimReleaseTime=30ms\nHoldTTL=1h\n",
	(map { "SiteName=$_\n" } qw(paris lyon nice)),
	(map { "LinkName=$_->[0] A=$_->[1] Z=$_->[2] Km=100 Wavelengths=10 " .
	       "Rate=100G Granularity=client\n" } @links);
close $conf;
check(start(), "the agent starts") or do { print "1..1\n"; exit 1 };

my $until = time + 0.4 * $kills + 2;
my @clients = map {
	my $self = $_;
	my $child = fork // die "fork: $!";

	client($self, $until) if !$child;
	$child;
} 1 .. 3;

my ($looks, $wrong, $starts) = (0, "", 0);
for my $kill (1 .. $kills) {
	my $next = time + rand 0.6;

	while (time < $next) {
		my ($code, $st) = request("GET", "/v1/state");

		$wrong ||= unsound($st) if ($code // 0) == 200;
		$looks++;
		request("POST", "/v1/sim/faults",
			JSON::PP::encode_json({ link => "*", count => 1,
			    fault => rand 2 < 1 ? "refuse" : "fail_late" }))
			if rand 4 < 1;
	}
	kill 9, $pid;
	waitpid $pid, 0;
	$starts += start();
	my $lie = stopped(\&broken, @clients);
	if (!check(!$lie, "I2: after kill $kill all that was answered is so")) {
		diag($lie);
	}
}
check($starts == $kills, "it started again $kills times");
waitpid $_, 0 for @clients;
check(!$wrong, "I1: bookings were sound at $looks looks") or diag($wrong);
my $lie = broken();
check(!$lie, "I2: in the end all that was answered is so") or diag($lie);

request("POST", "/v1/sim/faults", '{"link":"*","fault":"recover"}');
my ($code, $all) = request("GET", "/v1/leases");
request("DELETE", "/v1/leases/$_->{id}?why=operator") for @{$all->{leases}};
my $end = time + 90;
my $busy = 1;
while ($busy && time < $end) {
	($code, my $st) = request("GET", "/v1/state");
	$busy = grep { $_->{booked_bps} } @{$st->{links}};
	sleep 0.05 if $busy;
}
check(!$busy, "I6: released, nothing stays booked");
kill 15, $pid;
waitpid $pid, 0;
check($? == 0, "SIGTERM ends it well");
my %lit;
open my $net, "<", "$dir/ledger/ledger.db.sim" or die;
while (<$net>) {
	$lit{$1} = 1 if /^S (\S+)/;
	delete $lit{$1} if /^D (\S+)/;
}
check(!%lit, "and nothing stays lit") or diag(keys %lit);
if ($failed) {
	open my $log, "<", "$dir/log" or die;
	my @lines = <$log>;
	diag("log: " . s/\n//r) for splice @lines, -20;
}
print "1..$count\n";
exit($failed ? 1 : 0);
