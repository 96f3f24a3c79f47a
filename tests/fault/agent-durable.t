#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# opticald dies by SIGKILL in every state and comes back: I1, I2, I3, and nothing
# that was lit goes dark.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

# restart NAME: kill -9 and start again
restart()
{
	agent_kill
	starts "$1"
}

agent_conf SimSetupTime=700ms SimReleaseTime=700ms HoldTTL=10s
starts "the agent starts"
req GET /v1/ping
INSTANCE=$(field .instance) GEN=$(field .generation)

# held
hold 1 400 paris-lyon
restart "killed with a hold"
req GET /v1/ping
is "$(field .instance)" "$INSTANCE" "the instance stays"
ok "the generation grows" [ "$(field .generation)" -gt "$GEN" ]
get 1
is "$(field .state)" HELD "I2: the hold is there"
is "$(booked par-lyo)" 400 "I1: and booked"
hold 1 400 paris-lyon
is "$STATUS" 200 "I3: a repeat gets the same"
commit 1 400 paris-lyon
is "$STATUS" 202 "it can be committed"

# being set up
restart "killed during set-up"
get 1
is "$(field .reservation)" COMMITTED "I2: the commit is there"
get 1 '?wait=20&state=PROVISIONING'
is "$(field .state)" ACTIVE "and is set up"
ACTIVE_MS=$(field .active_ms)
is "$(grep -c '^S .*\.0 building' "$D/ledger/ledger.db.sim")" 1 \
	"once: the controller went on meanwhile"

# active
restart "killed when active"
get 1
is "$(field .state) $(field .active_ms)" "ACTIVE $ACTIVE_MS" \
	"it never went dark"
wait_for 5 '! grep -q "from=UP to=DOWN" "$D/log"'
unlike "$(<"$D/log")" 'from=UP to=DOWN' "not even in the log"
is "$(booked par-lyo)" 400 "I1: booked"
commit 1 400 paris-lyon
is "$STATUS $(field .state)" "200 ACTIVE" "I3: commit again"

# the light went out while we were dead
agent_kill
sed -i '/^S /d' "$D/ledger/ledger.db.sim"
starts "killed, and the network lost the circuit"
ok "it is set up again" until_word 1 ACTIVE
req GET "/v1/leases/$(lid 1)/events"
like "$BODY" '"cause":"not found in the network"' "and the events say why"

# being released
release 1
is "$STATUS" 202 "release"
restart "killed during release"
get 1
is "$(field .reservation)" TERMINATED "I2: the release is there"
ok "it goes on" until_word 1 GONE
is "$(booked par-lyo)" 0 "and nothing is booked"
ok "nothing is lit" wait_for 5 '! tail -n 1 "$D/ledger/ledger.db.sim" | grep -q "^S"'
restart "killed when gone"
hold 1 400 paris-lyon
is "$STATUS $(field .code)" "409 conflict" "I3: it does not come back"
release 77
restart "killed with a tombstone"
hold 77 400 paris-lyon
is "$STATUS $(field .code)" "409 conflict" "I3: which holds"

# failing
fault par-lyo fail_late
commit 2 400 paris-lyon lyon-nice
get 2 '?wait=20&state=PROVISIONING'
is "$(field .reservation)" FAILED "a failure"
restart "killed during compensation"
get 2
is "$(field .reservation) $(field .blame)" "FAILED fault" "I2: it is known"
ok "its circuits are taken down" wait_for 15 '[ "$(booked par-lyo)$(booked lyo-nce)" = 00 ]'
fault par-lyo refuse
restart "killed with a fault ordered"
req GET /v1/sim/faults
is "$(field .faults[0].refuse)" 1 "the network remembers it"
fault '*' recover

# a hold that expires while we are dead gets its time again
hold 3 400 paris-lyon
restart "killed with a hold again"
get 3
is "$(field .state)" HELD "it is held"
get 3 '?wait=30&state=HELD'
is "$(field .reservation) $(field .cause)" "TERMINATED hold expired" \
	"and expires later"
restart "killed after that"
commit 3 400 paris-lyon
is "$STATUS" 202 "an expired hold can be committed still"

# epochs and the brake's confirm are durable
req POST /v1/clusters/alpha/epoch
is "$(field .controller_epoch)" 1 "a controller takes over"
restart "killed after an epoch"
req POST /v1/clusters/alpha/epoch
is "$(field .controller_epoch)" 2 "epochs are never given twice"
hold 4 400 lyon-nice
is "$STATUS $(field .code)" "409 stale" "older controllers are refused"
EPOCH=2
hold 4 400 lyon-nice
is "$STATUS" 201 "the newest is not"

# one agent per ledger, and what the ledger holds
sed "s,unix:$D/sock,unix:$D/sock2," "$D/opticald.conf" >"$D/two.conf"
OUT=$("$AGENT" -f "$D/two.conf" 2>&1)
is $? 1 "a second agent on the ledger is refused"
like "$OUT" 'used by another opticald' "and told why"
OUT=$("$AGENT" -f "$D/opticald.conf" 2>&1)
is $? 1 "so is one on the same socket"
like "$OUT" 'another process listens' "and told why"
req GET /v1/ping
is "$STATUS" 200 "the first one is well"
is "$(stat -c %a "$D/ledger/ledger.db")" 600 "the ledger is private"
if [ -x "$(command -v sqlite3)" ]; then
	is "$(sqlite3 -readonly "$D/ledger/ledger.db" 'PRAGMA integrity_check')" \
		ok "the ledger is sound"
else
	skip "no sqlite3"
fi
agent_stop
is $RC 0 "it ends well"
if [ -x "$(command -v sqlite3)" ]; then
	sqlite3 "$D/ledger/ledger.db" 'PRAGMA user_version=99'
	OUT=$("$AGENT" -f "$D/opticald.conf" 2>&1)
	is $? 1 "a ledger of another version is refused"
	like "$OUT" 'schema 99' "and named"
else
	skip "no sqlite3" 2
fi
done_testing
