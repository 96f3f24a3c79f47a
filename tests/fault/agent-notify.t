#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# opticald and the service manager: ready, reloading, alive, stopping; and the
# unit that goes with it.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

# the service manager: each message a line, its own lines by '|'
perl -MIO::Socket::UNIX -MSocket -e '
	$| = 1;
	my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0])
		or die "$!";
	print "listening\n";
	while (defined $s->recv(my $m, 4096)) {
		$m =~ s/\n/|/g;
		print "$m\n";
	}' "$D/notify" >"$D/told" 2>&1 &
MANAGER=$!
at_exit 'kill $MANAGER 2>/dev/null'
wait_for 10 'grep -q listening "$D/told"' || bail "no service manager"

# told PATTERN: some message since the last look
SEEN=1
told() { tail -n +$((SEEN + 1)) "$D/told" | grep -qE "$1"; }
seen() { SEEN=$(wc -l <"$D/told"); }

agent_conf "$FAST"
AGENT_WRAP=(env "NOTIFY_SOCKET=$D/notify" WATCHDOG_USEC=300000)
starts "opticald starts"
ok "it says when it is ready" wait_for 10 'told "^READY=1[|]STATUS=Running$"'
is "$(sed -n 2p "$D/told")" "READY=1|STATUS=Running" "and nothing before"
ok "that it is alive" wait_for 10 \
	'[ "$(grep -c "^WATCHDOG=1$" "$D/told")" -ge 5 ]'
seen
kill -HUP "$AGENT_PID"
ok "that it reads its configuration" wait_for 10 \
	'told "^RELOADING=1[|]MONOTONIC_USEC=[0-9]+$"'
ok "and has done so" wait_for 10 'told "^READY=1[|]STATUS=Running$"'
seen
echo 'Color=red' >>"$D/opticald.conf"
kill -HUP "$AGENT_PID"
ok "that it could not" wait_for 10 \
	'told "^READY=1[|]STATUS=.*refused: .*:[0-9]+: unknown key"'
kill -STOP "$AGENT_PID"
wait_for 10 'grep -q "^State:.*T" /proc/$AGENT_PID/status'
seen
sleep 1	# not for something to happen: for nothing
not_ok "frozen, it does not say that it is alive" told WATCHDOG
kill -CONT "$AGENT_PID"
ok "and again it does" wait_for 10 'told WATCHDOG=1'
seen
agent_stop
is $RC 0 "it ends"
ok "and says so" wait_for 10 'told "^STOPPING=1"'

# started in vain, it never says ready
seen
"${AGENT_WRAP[@]}" "$AGENT" -f "$D/opticald.conf" 2>/dev/null
is $? 2 "a configuration that is bad"
agent_conf "$FAST"
mkdir "$D/sock.d"
sed -i "s,^Listen=.*,Listen=unix:$D/sock.d," "$D/opticald.conf"
"${AGENT_WRAP[@]}" "$AGENT" -f "$D/opticald.conf" 2>/dev/null
is $? 1 "a socket that can't be"
not_ok "are no READY" told READY

# a manager that is gone does no harm
kill $MANAGER
agent_conf "$FAST"
AGENT_WRAP=(env "NOTIFY_SOCKET=$D/nowhere" WATCHDOG_USEC=100000)
starts "without a service manager that listens it starts as well"
agent_stop
is $RC 0 "and ends"

# the unit, with the program where it was built
unit=$D/opticald.service
sed "s,/usr/sbin/opticald,$AGENT,g" \
	"$OCS_SRCDIR/contrib/systemd/opticald.service" >"$unit"
if command -v systemd-analyze >/dev/null; then
	is "$(systemd-analyze verify --man=no "$unit" 2>&1 |
		grep -F opticald.service |
		grep -v 'Command .* is not executable')" "" \
		"systemd has nothing to say about the unit"
	score=$(systemd-analyze security --offline=true "$unit" 2>/dev/null |
		sed -n 's/.*exposure level.*: \([0-9]*\)\.\([0-9]\).*/\1\2/p')
	ok "and finds it locked up (${score:-none} of 100)" \
		[ "${score:-100}" -le 20 ]
else
	skip "no systemd-analyze" 2
fi
done_testing
