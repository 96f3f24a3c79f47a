#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# opticald's command line, its start as root and its end.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

# run ARGUMENT...: sets OUT, ERR, RC
run()
{
	OUT=$("$AGENT" "$@" 2>"$D/err")
	RC=$?
	ERR=$(<"$D/err")
}

run --help
is $RC 0 "--help"
like "$OUT" 'Usage: opticald' "prints how to use it"
run --version
is $RC 0 "--version"
like "$OUT" '^opticald [0-9]' "prints it"
run --bogus
is $RC 2 "an option that is none"
run -f "$D/opticald.conf" extra
is $RC 2 "an argument too many"
run -f "$D/missing.conf" --check
is $RC 2 "no configuration"
like "$ERR" 'missing.conf' "is named"
agent_conf "$FAST"
run -f "$D/opticald.conf" --check
is $RC 0 "--check of a good one"
like "$OUT" '^OK .*: 3 sites, 3 links, 2 clusters' "says OK"
not_ok "and makes nothing" test -e "$D/ledger/ledger.db"
agent_conf 'SiteName=rome Color=red'
run -f "$D/opticald.conf" --check
is $RC 2 "--check of a bad one"
like "$ERR" "opticald.conf:[0-9]+: unknown key 'Color'" "names file and line"
run -f "$D/opticald.conf"
is $RC 2 "nor does it start"

# what only shows when it starts
agent_conf "Ledger=$D/nowhere/ledger.db"
run -f "$D/opticald.conf"
is $RC 2 "a second Ledger="
agent_conf
sed -i "s,^Ledger=.*,Ledger=$D/nowhere/ledger.db," "$D/opticald.conf"
run -f "$D/opticald.conf"
is $RC 1 "a ledger directory that is not there"
like "$ERR" 'event=start-failed cause=.*nowhere' "is named"
agent_conf
echo garbage >"$D/sock"
run -f "$D/opticald.conf"
is "$RC $(<"$D/sock")" "1 garbage" "a file in the socket's place is kept"
rm "$D/sock"
head -c 8192 /dev/urandom >"$D/ledger/ledger.db"
run -f "$D/opticald.conf"
is $RC 1 "a ledger that is none"
like "$ERR" 'not a database' "is named"
rm -rf "$D/ledger"
mkdir "$D/ledger"
echo 'X what' >"$D/ledger/ledger.db.sim"
run -f "$D/opticald.conf"
is $RC 1 "a network that is none"
like "$ERR" 'ledger.db.sim:1' "is named"
rm -rf "$D/ledger"

# a socket left behind by one that was killed
agent_conf "$FAST"
starts "the agent starts"
agent_kill
ok "killed, it leaves its socket" test -S "$D/sock"
starts "which the next one takes over"
agent_stop
is $RC 0 "SIGTERM"
like "$(<"$D/log")" 'event=stopped' "it says so"

if [ "$(id -u)" = 0 ]; then
	chmod 711 "$D"
	rm -rf "$D/ledger"
	agent_conf "$FAST" 'RunAs=nobody'
	chown nobody "$D/ledger"
	starts "RunAs="
	is "$(ps -o user= -p $AGENT_PID)" nobody "it is that user"
	is "$(grep -E '^(Uid|Gid|Groups)' /proc/$AGENT_PID/status | tr -s '\t ' ' ' |
		grep -c ' 0\b')" 0 "and nothing else"
	is "$(stat -c %U "$D/ledger/ledger.db")" nobody "so is the ledger's owner"
	req GET /v1/ping
	is "$STATUS $(field .role)" "200 operator" "root is an operator still"
	commit 1 400 paris-lyon
	ok "it works" until_word 1 ACTIVE
	agent_stop
	is $RC 0 "it ends well"
else
	skip "only root can become another user" 7
fi
done_testing
