#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Driver=exec: opticald, a program of the operator's (the example that drives a
# MEMS switch by SCPI), a switch. The switch refuses, hangs and lies, the program
# dies and talks nonsense, cross-connections are stale or somebody else's.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"
SRC=${OCS_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}

# mems: starts the switch, writes the program's configuration
SWITCH_PID=
mems()
{
	mkdir -p "$D/mems"
	"$SRC/tests/fake/mems-switch" "$D/mems/switch" 16 \
		</dev/null >/dev/null 2>>"$D/log" &
	SWITCH_PID=$!
	wait_for 20 '[ -s "$D/mems/switch.port" ]' || bail "no switch"
	cat >"$D/mems/conf.json" <<-X
	{ "address": "127.0.0.1", "port": $(<"$D/mems/switch.port"), "timeout_s": 2,
	  "state": "$D/mems/state.json",
	  "links": {
	    "par-lyo": { "rate_bps": 400000000000, "pairs": [[1, 17], [2, 18]] },
	    "lyo-nce": { "rate_bps": 400000000000, "pairs": [[3, 19], [4, 20]] },
	    "par-nce": { "rate_bps": 400000000000, "pairs": [[5, 21]] } } }
	X
	chown -R daemon "$D/mems"
}
switch_kill()
{
	[ -n "$SWITCH_PID" ] || return 0
	kill -9 "$SWITCH_PID"
	wait "$SWITCH_PID" 2>/dev/null
	SWITCH_PID=
}
at_exit switch_kill
mood() { echo "$*" >"$D/mems/switch.mood"; }
# the switch's cross-connections, in order
connected() { sort -n "$D/mems/switch" 2>/dev/null | xargs; }
# the program, which is a child of the agent
program() { pgrep -P "$AGENT_PID" -f opticald-mems; }

mems
# somebody else's, on the second pair of par-lyo, and on ports of no link
printf '2 18\n9 10\n' >"$D/mems/switch"
chown daemon "$D/mems/switch"
AGENT_DRIVER="Driver=exec Program=\"$SRC/contrib/examples/opticald-mems $D/mems/conf.json\""
agent_conf
agent_start
ok "not as root: it does not start" [ $? -ne 0 ]
like "$(<"$D/log")" 'Program= is not run as root, RunAs=USER is needed' "and says why"
AGENT_PID=
echo "RunAs=daemon" >>"$D/opticald.conf"
rm -rf "$D/ledger"
mkdir "$D/ledger" && chown daemon "$D/ledger"
: >"$D/log"
starts "as another user it does"
ok "the program runs" wait_for 20 'grep -q "event=driver-exec .*ready=1" "$D/log"'
p=$(program)
is "$(stat -c %U "/proc/$p")" daemon "as that user"
is "$(tr '\0' '\n' <"/proc/$p/environ" | cut -d= -f1 | sort | xargs)" "LANG PATH" \
	"with nothing of the agent's environment"
is "$(find "/proc/$p/fd" -mindepth 1 -printf '%f\n' | sort -n | head -n 3 | xargs)" "0 1 2" \
	"its three pipes"
unlike "$(find "/proc/$p/fd" -lname '*ledger*')" ledger "and no descriptor of the ledger"
ok "others' use is told" wait_for 20 '[ "$(booked par-lyo)" = 400 ]'
req GET /v1/state
is "$(field .simulated) $(field .links[0].foreign_bps)" "0 400000000000" \
	"as others', and nothing is simulated"

# set up, looked at, released
commit 1 400 paris-lyon lyon-nice
get 1 '?wait=20&state=PROVISIONING'
is "$(field .state)" ACTIVE "two circuits are set up"
is "$(connected)" "1 17 2 18 3 19 9 10" "in the switch, beside the others"
is "$(booked par-lyo) $(booked lyo-nce)" "800 400" "and booked"
commit 2 400 paris-lyon
is "$(field .circuits[0].route[0])" par-nce "the next one goes around"
ok "over two links, so two cross-connections" until_word 2 ACTIVE
is "$(connected)" "1 17 2 18 3 19 4 20 5 21 9 10" "they are there"
release 2
ok "it is released" until_word 2 GONE
is "$(connected)" "1 17 2 18 3 19 9 10" "and they are gone"

# the switch refuses
mood refuse
commit 3 400 lyon-nice
get 3 '?wait=20&state=PROVISIONING'
is "$(field .reservation) $(field .blame)" "FAILED refused" "a refusal of the switch"
like "$(field .cause)" 'mirror stuck' "with its own words"
ok "nothing stays" until_word 3 GONE
mood lie
commit 4 400 lyon-nice
get 4 '?wait=30&state=PROVISIONING'
is "$(field .reservation) $(field .cause)" "FAILED said to be set up, but not there" \
	"a switch that lies is found out"
ok "nothing stays" until_word 4 GONE
mood ""

# the program dies with an operation under way
mood hang
commit 5 400 lyon-nice
ok "the program waits for the switch" wait_for 20 'grep -q "axis=provisioning .*to=PROVISIONING" "$D/log"'
kill -9 "$(program)"
ok "it dies" wait_for 20 'grep -q "event=driver-exec .*signal=9" "$D/log"'
get 1
is "$(field .state)" ACTIVE "who has circuits keeps them"
mood ""
ok "it is started again" wait_for 20 '[ -n "$(program)" ]'
get 5 '?wait=30&state=PROVISIONING'
is "$(field .state)" ACTIVE "and what was under way goes on, looked at first"
is "$(connected)" "1 17 2 18 3 19 4 20 9 10" "once, not twice"

# the agent dies; the switch changes meanwhile
agent_kill
ok "without opticald the program ends" wait_for 20 '! pgrep -f "$D/mems/conf.json"'
printf '1 17\n2 18\n3 19\n9 10\n' >"$D/mems/switch"	# 4-20 is gone
starts "opticald is started again"
ok "a circuit that went is set up again" wait_for 30 \
	'[ "$(connected)" = "1 17 2 18 3 19 4 20 9 10" ]'
ok "the lease is whole" until_word 5 ACTIVE 30
get 1
is "$(field .state)" ACTIVE "the others are as they were"

# a cross-connection goes away by itself
sed -i '/^3 19$/d' "$D/mems/switch"
ok "one that goes is seen, and comes back" wait_for 60 \
	'[ "$(connected)" = "1 17 2 18 3 19 4 20 9 10" ] && [ "$(word 1)" = ACTIVE ]'

# stale: of a lease that this ledger does not know
agent_stop
is $RC 0 "it stops well"
ok "and the program with it" wait_for 20 '! pgrep -f "$D/mems/conf.json"'
rm -rf "$D/ledger"
mkdir "$D/ledger" && chown daemon "$D/ledger"
starts "with an empty ledger"
ok "stale services are alarms" wait_for 20 \
	'req GET /v1/state; [[ $BODY == *\"code\":\"unknown-circuits* ]]'
is "$(connected)" "1 17 2 18 3 19 4 20 9 10" "and are never removed by themselves"
commit 6 400 lyon-nice
get 6 '?wait=20&state=PROVISIONING'
is "$(field .reservation)" FAILED "their ports are not given away"
like "$(field .cause)" 'lyo-nce: 0 of 2 port pairs are free' "it says why"
switch_kill
commit 7 400 paris-nice
ok "a switch that is gone: nothing is believed" wait_for 30 \
	'get 7; [ "$(field .state)" = PROVISIONING ]'
release 7
agent_stop

# ---- a program that talks nonsense
cat >"$D/mems/nonsense" <<'X'
#!/usr/bin/python3
import json, sys
sent = False
for line in sys.stdin:
    r = json.loads(line)
    a = {"id": r["id"], "outcome": "done"}
    if r["op"] == "hello":
        print(json.dumps(dict(a, protocol=1)), flush=True)
    elif r["op"] == "inventory":
        print(json.dumps(dict(a, services=[])), flush=True)
    elif not sent:
        sent = True
        print("not JSON at all")
        print('{"id":99999,"outcome":"done","light":"lit"}')
        print('{"event":"link","link":"no-such-link","down":true}')
        print('{"event":"service","service":"../../x","light":"lit"}')
        print("x" * 3000000)
        print("a secret in words", file=sys.stderr)
        print('{"id":%d,"outcome":"perhaps"}' % r["id"], flush=True)
        print(json.dumps(dict(a, light="absent")), flush=True)
    elif r["op"] == "look":
        print(json.dumps(dict(a, light="lit")), flush=True)
    else:
        print(json.dumps(a), flush=True)
X
chmod 755 "$D/mems/nonsense"
rm -rf "$D/ledger"
mkdir "$D/ledger" && chown daemon "$D/ledger"
sed -i "s|^Driver=.*|Driver=exec Program=$D/mems/nonsense|" "$D/opticald.conf"
: >"$D/log"
starts "with a program that talks nonsense"
ok "it runs" wait_for 20 'grep -q ready=1 "$D/log"'
commit 1 400 paris-lyon
get 1 '?wait=20&state=PROVISIONING'
is "$(field .state)" ACTIVE "what is right between it is heard"
is "$(grep -c 'event=driver-exec .*refused=' "$D/log")" 1 "the rest is logged once"
req GET /v1/state
is "$(field .links[0].down)" 0 "and never believed"
agent_stop
is $RC 0 "it stops well"

# another protocol, silence, no program at all
cat >"$D/mems/old" <<'X'
#!/bin/sh
read -r line
echo '{"id":1,"outcome":"done","protocol":9}'
cat >/dev/null
X
chmod 755 "$D/mems/old"
sed -i "s|^Driver=.*|Driver=exec Program=$D/mems/old|" "$D/opticald.conf"
: >"$D/log"
starts "with a program of another protocol"
ok "which is ended" wait_for 20 'grep -q "ended=.it speaks another protocol" "$D/log"'
ok "and tried again, later and later" wait_for 20 'grep -q "again_ms=2000" "$D/log"'
agent_stop
sed -i "s|^Driver=.*|Driver=exec Program=$D/mems/none|" "$D/opticald.conf"
: >"$D/log"
starts "with none at all"
ok "it says so" wait_for 20 'grep -q "No such file" "$D/log"'
get 1
is "$STATUS $(field .state)" "200 ACTIVE" "leases are as they were"
agent_stop
is $RC 0 "it stops well"
done_testing
