#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The simulated controller refuses, fails late and cuts: I6, and what stays booked
# until its absence is confirmed (I1).
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

agent_conf SimSetupTime=1s SimReleaseTime=1500ms HoldTTL=3s
starts "the agent starts"

# refused
fault par-lyo refuse
is "$STATUS $(field .faults[0].refuse)" "200 1" "one refusal ordered"
commit 1 400 paris-lyon lyon-nice
is "$STATUS $(field .state)" "202 PROVISIONING" "commit of two circuits"
get 1 '?wait=20&state=PROVISIONING'
is "$(field .reservation) $(field .blame)" "FAILED refused" "I6: it fails"
is "$(field .cause)" "sim refused par-lyo: set-up refused on command" \
	"and says why"
ok "nothing stays booked" wait_for 10 '[ "$(booked lyo-nce)$(booked par-lyo)" = 00 ]'
get 1
is "$(field .reservation) $(field .state)" "FAILED GONE" "and it is gone"
ok "ended before gone" [ "$(field .ended_ms)" -le "$(field .gone_ms)" ]
is "$(field .active_ms)" 0 "it was never active"
commit 1 400 paris-lyon lyon-nice
is "$STATUS $(field .code)" "409 conflict" "I3: never committed again"
hold 1 400 paris-lyon lyon-nice
is "$STATUS $(field .code)" "409 conflict" "I3: nor held"
req GET /v1/state
is "$(field '.leases.#')" 1 "it stays visible"
release 1
is "$STATUS $(field .reservation)" "200 TERMINATED" "until it is released"
is "$(field .cause)" "sim refused par-lyo: set-up refused on command" \
	"still with its cause"
req GET /v1/sim/faults
is "$(field '.faults.#')" 0 "the order is used up"

# fails late
fault par-lyo fail_late
commit 2 400 lyon-nice paris-lyon
get 2 '?wait=20&state=PROVISIONING'
failed=$BODY
req GET /v1/state	# at once: it comes down in half a second
is "$(booked_then par-lyo lyo-nce)" "400 400" \
	"I1: what is half built is booked, and what comes down with it"
BODY=$failed
is "$(field .reservation) $(field .blame)" "FAILED fault" "a late fault"
like "$(field .cause)" '^sim failed par-lyo: ' "says where"
is "$(field .state)" FAILED "word FAILED while something is booked"
ok "until they are dark" wait_for 10 '[ "$(booked par-lyo)$(booked lyo-nce)" = 00 ]'
req GET "/v1/leases/$(lid 2)/events"
like "$BODY" '"from":"PROVISIONING","to":"UNKNOWN"' "it was UNKNOWN meanwhile"

# released while it is set up
commit 3 400 paris-lyon
is "$(field .state)" PROVISIONING "a set-up begins"
release 3
is "$STATUS $(field .state)" "202 RELEASING" "released in the midst of it"
is "$(booked par-lyo)" 400 "I1: booked"
ok "ends" until_word 3 GONE
is "$(booked par-lyo)" 0 "and books nothing"
get 3
is "$(field .reservation) $(field .active_ms)" "TERMINATED 0" "never lit"

# a hold expires, and is taken again by a commit
hold 4 400 paris-lyon
get 4 '?wait=20&state=HELD'
is "$(field .reservation) $(field .cause)" "TERMINATED hold expired" \
	"a hold expires"
is "$(booked par-lyo)" 0 "and books nothing"
hold 4 400 paris-lyon
is "$STATUS $(field .code)" "409 conflict" "it is not held again"
commit 4 400 paris-lyon
is "$STATUS $(field .state)" "202 PROVISIONING" "but committed"
get 4 '?wait=20&state=PROVISIONING'
is "$(field .state)" ACTIVE "and lit"
hold 5 400 paris-lyon
get 5 '?wait=20&state=HELD'
commit 6 400 paris-lyon paris-nice
commit 5 400 paris-lyon
is "$STATUS $(field .code)" "409 busy" "I1: not if the link is taken since"
release 5
is "$STATUS" 200 "an expired one is released"
release 6
ok "the link is free" until_word 6 GONE
commit 5 400 paris-lyon
is "$STATUS $(field .code)" "409 conflict" "I3: and is then over for good"

# cut and recovered
fault par-lyo cut
get 4 '?wait=20&state=ACTIVE'
is "$(field .state) $(field .circuits[0].data_plane)" "IMPAIRED DOWN" \
	"a cut shows"
req GET /v1/state
is "$(field .links[0].down)" 1 "on the link, too"
hold 7 400 paris-lyon
is "$STATUS $(field .circuits[0].route[0])" "201 par-nce" \
	"new circuits go another way"
fault '*' recover
get 4 '?wait=20&state=IMPAIRED'
is "$(field .state)" ACTIVE "and recovers"
ok "no state of the reservation changed" [ "$(field .reservation)" = COMMITTED ]

# cut between hold and set-up
hold 8 400 lyon-nice
is "$(field .circuits[0].route[0])" lyo-nce "held over a link"
fault lyo-nce cut
commit 8 400 lyon-nice
get 8 '?wait=20&state=PROVISIONING'
is "$(field .reservation) $(field .blame)" "FAILED fault" "that is cut"
fault '*' recover

# wrong orders
fault nowhere cut
is "$STATUS $(field .code)" "404 not_found" "no such link"
fault par-lyo explode
is "$STATUS $(field .code)" "400 syntax" "no such fault"
fault par-lyo refuse 0
is "$STATUS $(field .code)" "422 range" "not zero times"
unlike "$(<"$D/log")" 'ledger-error|driver-silent' "no trouble in the log"
agent_stop
is $RC 0 "it ends well"
done_testing
