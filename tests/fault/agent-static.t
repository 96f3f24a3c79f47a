#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Driver=static: circuits that exist already, no controller, nothing simulated.
# And several drivers at once: all or none (I6).
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

AGENT_DRIVER="Driver=static DownFile=$D/down"
agent_conf
is "$("$AGENT" -f "$D/opticald.conf" --check)" \
	"OK $D/opticald.conf: 3 sites, 3 links, 2 clusters, driver static" \
	"--check names the driver"
starts "the agent starts"
req GET /v1/state
is "$(field .simulated)" 0 "nothing is simulated"
commit 1 400 paris-lyon lyon-nice
get 1 '?wait=20&state=PROVISIONING'
is "$(field .state)" ACTIVE "what is booked is there"
is "$(booked par-lyo) $(booked lyo-nce)" "400 400" "and booked"
commit 2 800 paris-lyon
is "$STATUS $(field .code)" "409 busy" "admission: no more than there is"
ok "there is no network of its own" [ ! -e "$D/ledger/ledger.db.sim" ]
req POST /v1/sim/faults '{"link":"par-lyo","fault":"cut"}'
is "$STATUS $(field .code)" "501 unsupported" "it makes no faults"
req PATCH "/v1/leases/$(lid 1)" '{"rate_bps":200000000000}'
is "$STATUS" 202 "a circuit is made narrower"
ok "at once" wait_for 10 'get 1; [ "$(field .circuits[0].granted_bps)" = 200000000000 ]'

# restarts
agent_kill
starts "killed and started again"
get 1
is "$(field .state)" ACTIVE "the lease is as it was"
unlike "$(<"$D/log")" 'to=DOWN' "and was so all the time"

# the operator says what is down
echo "par-lyo  # splicing" >"$D/down"
ok "a line of the operator's: the link is down" wait_for 10 \
	'req GET /v1/state; [ "$(field .links[0].down)" = 1 ]'
ok "its circuit is impaired" until_word 1 IMPAIRED
commit 3 400 paris-lyon
is "$STATUS $(field .circuits[0].route[0])" "202 par-nce" "new ones go around"
ok "and are there" until_word 3 ACTIVE
echo "no-such-link" >"$D/down"
ok "nonsense is refused" wait_for 10 'grep -q "no link .no-such-link" "$D/log"'
get 1
is "$(field .state)" IMPAIRED "and changes nothing"
rm "$D/down"
ok "no line, no fault" until_word 1 ACTIVE
echo "lyo-nce" >"$D/down"
ok "another one" until_word 1 IMPAIRED
release 1
ok "it is released, down or not" until_word 1 GONE
release 3
ok "the other one, too" until_word 3 GONE
is "$(booked par-lyo)$(booked lyo-nce)$(booked par-nce)" 000 "nothing is booked"
agent_stop
is $RC 0 "it ends well"

# ---- several drivers
rm -rf "$D/ledger" "$D/down"
AGENT_DRIVER="Driver=static"
agent_conf 'DomainName=core Driver=sim SimRealism=off SimSetupTime=200ms SimReleaseTime=200ms'
sed -i '/^LinkName=lyo-nce/s/$/ Domain=core/; /^LinkName=par-nce/d' "$D/opticald.conf"
starts "the agent starts with two drivers"
req GET /v1/state
is "$(field .simulated)" 1 "some light is simulated, and it says so"
like "$(<"$D/log")" 'event=ready .*driver=static\+sim ' "it names both"
commit 11 400 paris-nice
get 11 '?wait=20&state=PROVISIONING'
is "$(field .state) $(field .circuits[0].route[0]) $(field .circuits[0].route[1])" \
	"ACTIVE par-lyo lyo-nce" "a circuit over both"
ok "its simulated half is in that network" \
	grep -q "^S $(lid 11).0 lit [0-9]* 400000000000 lyon nice lyo-nce" "$D/ledger/ledger.db.core.sim"
fault lyo-nce cut
ok "half of it dark: it is impaired" until_word 11 IMPAIRED
fault '*' recover
ok "and recovers" until_word 11 ACTIVE
fault par-lyo cut
is "$STATUS $(field .code)" "501 unsupported" "static makes no faults"
agent_kill
starts "killed and started again"
ok "it is still there" until_word 11 ACTIVE
fault lyo-nce refuse
commit 12 400 paris-nice
get 12 '?wait=20&state=PROVISIONING'
is "$(field .reservation) $(field .blame)" "FAILED refused" \
	"one driver refuses: the lease fails"
is "$(field .cause)" "sim refused lyo-nce: set-up refused on command" \
	"with that driver's cause"
ok "I6: both halves are gone" until_word 12 GONE
is "$(booked par-lyo) $(booked lyo-nce)" "400 400" "only the first is booked"
fault lyo-nce fail_late
commit 13 400 paris-nice
get 13 '?wait=20&state=PROVISIONING'
is "$(field .reservation) $(field .blame)" "FAILED fault" "one fails late: the same"
ok "nothing of it stays" until_word 13 GONE
unlike "$(awk '$1 == "S" { s[$2] = 1 } $1 == "D" { delete s[$2] } END { for (i in s) print i }' "$D/ledger/ledger.db.core.sim")" \
	"$(lid 13)" "nor in the network"
release 11
ok "the first is released" until_word 11 GONE
is "$(booked par-lyo)$(booked lyo-nce)" 00 "nothing is booked"
unlike "$(<"$D/log")" 'ledger-error|driver-silent' "no trouble in the log"
agent_stop
is $RC 0 "it ends well"
done_testing
