#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each fault of the simulated network, and what SimRealism=full does by itself:
# ledger and network agree at the end of each, I1 holds all the time.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"
# shellcheck source=tests/lib/network.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/network.sh"

# over NAME N: lease N is released, all is as before
over()
{
	release "$2"
	ok "$1: released" until_word "$2" GONE 30
	agrees "$1"
	ok "$1: nothing is left" wait_for 10 nothing_left
}
# answer N: waits for the end of its set-up
answer() { get "$1" '?wait=30&state=PROVISIONING'; }

AGENT_DRIVER='Driver=sim SimRealism=off SimSetupTime=100ms SimReleaseTime=100ms DriverTimeout=3s'
agent_conf HoldTTL=10min
starts "the agent starts"
books_watch

fault par-lyo refuse
commit 1 400 paris-lyon
answer 1
is "$(field .reservation) $(field .blame)" "FAILED refused" "refuse: it fails"
over refuse 1

fault par-lyo fail-late
commit 2 400 paris-lyon
answer 2
is "$(field .reservation) $(field .blame)" "FAILED fault" "fail-late: it fails"
over fail-late 2

fault par-lyo never-answer
commit 3 400 paris-lyon
answer 3
is "$(field .state)" ACTIVE "never-answer: looked at when time is up, it is there"
like "$(<"$D/log")" "event=driver-silent lease=$(lid 3)" "the silence is logged"
fault par-lyo never-answer
over never-answer 3

fault par-lyo answer-twice 2
commit 4 400 paris-lyon
answer 4
is "$(field .state)" ACTIVE "answer-twice: once is enough"
over answer-twice 4
req GET /v1/sim/faults
is "$(field '.faults.#')" 0 "both were met"

fault par-lyo lie
commit 5 400 paris-lyon
answer 5
is "$(field .state)" ACTIVE "lie: not believed, asked for again"
agrees "after a lie"
over lie 5
fault par-lyo lie 9
commit 6 400 paris-lyon
answer 6
is "$(field .reservation) $(field .cause)" "FAILED said to be set up, but not there" \
	"lies without end: it fails"
fault par-lyo recover
over lies 6

fault par-lyo reroute
commit 7 400 paris-lyon
answer 7
is "$(field .state) $(field '.circuits[0].route.#')" "ACTIVE 2" \
	"reroute: the real route is booked"
over reroute 7

fault par-lyo slow-delete
commit 8 400 paris-lyon
answer 8
release 8
ok "slow-delete: booked while DriverTimeout passes" \
	wait_for 15 'grep -q "event=driver-silent lease='"$(lid 8)"'" "$D/log"'
is "$(booked par-lyo)" 400 "slow-delete: still booked"
commit 9 400 paris-lyon
answer 9
is "$(field .state)" ACTIVE "slow-delete: others go on beside it"
release 9
ok "slow-delete: and end" until_word 9 GONE

fault par-lyo stale
commit 10 400 paris-lyon
answer 10
is "$(field .state)" ACTIVE "stale: what was is not taken for what is"
fault par-lyo stale
release 10
ok "stale: released" until_word 10 GONE 30

commit 11 400 paris-lyon
answer 11
fault par-lyo cut
ok "cut: impaired" until_word 11 IMPAIRED
fault par-lyo recover
ok "recover: whole again" until_word 11 ACTIVE
agrees "after the cut"

fault par-lyo flap 3
ok "flap: impaired" until_word 11 IMPAIRED
ok "flap: whole again" until_word 11 ACTIVE
ok "flap: it is over" wait_for 15 'req GET /v1/sim/faults; [ "$(field ".faults.#")" = 0 ]'
ok "flap: and is whole once it has been calm for half a minute" until_word 11 ACTIVE 75
agrees "after flapping"

hold 12 400 lyon-nice
fault lyo-nce foreign 2
commit 12 400 lyon-nice
answer 12
is "$(field .reservation)" FAILED "foreign: what others have is not to be had"
fault lyo-nce recover
ok "foreign: gone" until_word 12 GONE
fault '*' explode
is "$STATUS" 400 "no such fault"

# the slow one is due after a minute: the network is told the time
agent_stop
now=$(date +%s%3N)
sed -i -E 's/^(S '"$(lid 8)"'.0 tearing) [0-9]+/\1 '"$now/" "$D/ledger/ledger.db.sim"
starts "the agent starts again"
books_ok
books_watch
ok "slow-delete: it ends" until_word 8 GONE 30
agrees "all but one are gone"
over last 11
books_ok
agent_stop
is $RC 0 "it ends well"

# ---- full, 200 times as fast
rm -rf "$D/ledger" "$D/log"
AGENT_DRIVER='Driver=sim SimSeed=4711 SimSpeed=200 SimTransponders=2'
agent_conf
sed -i '/^LinkName=par-nce/s/Wavelengths=1/Wavelengths=2/' "$D/opticald.conf"
starts "the agent starts, simulating in full"
books_watch
t=$(date +%s%3N)
commit 1 400 paris-lyon
answer 1
t=$(($(date +%s%3N) - t))
is "$(field .state)" ACTIVE "a wavelength is lit"
ok "which takes its time ($t ms)" [ $t -ge 300 ]
fault par-lyo foreign 1
ok "an inventory tells of others, later" wait_for 10 '[ "$(booked par-lyo)" = 800 ]'
fault par-lyo recover
# transponders: two at each site
commit 2 400 lyon-nice
ok "a second one" until_word 2 ACTIVE 30
commit 3 400 lyon-nice
answer 3
is "$(field .reservation) $(field .blame)" "FAILED refused" \
	"a third is refused though the link has room"
like "$(field .cause)" 'no transponder is left at lyon' "and says why"
release 3

# continuity: par-lyo has its second wavelength free, lyo-nce its first
fault lyo-nce foreign 1
fault par-nce foreign 2
release 2
ok "one goes" until_word 2 GONE 30
ok "others have theirs" wait_for 10 '[ "$(booked lyo-nce) $(booked par-nce)" = "400 800" ]'
is "$(awk '$1 == "S" { s[$2] = $8 " " $NF } $1 == "D" { delete s[$2] } END { for (i in s) print s[i] }' \
	"$D/ledger/ledger.db.sim" | sort | xargs)" "lyo-nce 1 par-lyo 0 par-nce 0 par-nce 1" \
	"the first of par-lyo and the second of lyo-nce are taken"
hold 4 400 paris-nice
is "$STATUS $(field '.circuits[0].route.#')" "201 2" "by capacity there is room over both"
commit 4 400 paris-nice
answer 4
is "$(field .reservation) $(field .blame)" "FAILED refused" "but it is blocked"
like "$(field .cause)" 'no wavelength is free all along the route' "and says why"
release 4
fault lyo-nce recover
fault par-nce recover
ok "others leave" wait_for 10 '[ "$(booked lyo-nce) $(booked par-nce)" = "0 0" ]'
agrees "full"

# restoration by the controller
is "$(word 1)" ACTIVE "the first one shines all the time"
fault par-lyo cut
ok "a cut" until_word 1 IMPAIRED
ok "the controller restores it" until_word 1 ACTIVE 30
get 1
is "$(field .circuits[0].route[0]) $(field .circuits[0].latency_us)" "par-nce 6067" \
	"another way, with another latency"
agrees "restored"
release 1
ok "it goes" until_word 1 GONE 30
fault '*' recover
ok "nothing is left" wait_for 10 nothing_left
agrees "at the end"
books_ok
agent_stop
is $RC 0 "it ends well"
done_testing
