#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A controller with other customers: capacity that is gone between hold and
# commit, a route other than the predicted one, a release that takes a minute
# (of the simulated clock). Ledger and network agree at the end, I1 holds.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"
# shellcheck source=tests/lib/network.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/network.sh"

# OCS_SIM_SPEED=1: the release takes a real minute
SPEED=${OCS_SIM_SPEED:-20}
AGENT_DRIVER="Driver=sim SimRealism=off SimSpeed=$SPEED SimSetupTime=$((SPEED / 10))s SimReleaseTime=$((SPEED / 10))s"
agent_conf HoldTTL=10min
sed -i '/^LinkName/s/$/ Capacity=shared/' "$D/opticald.conf"
starts "the agent starts"
books_watch
req GET /v1/state
is "$(field .links[0].capacity)" shared "the state says whose capacity it is"

# gone between hold and commit
hold 1 400 paris-lyon lyon-nice
is "$STATUS $(field .state)" "201 HELD" "two circuits are held"
fault lyo-nce foreign 2
is "$STATUS $(field .faults[0].foreign_bps)" "200 800000000000" \
	"another customer takes the second one's link"
ok "what others have is booked" wait_for 10 '[ "$(booked lyo-nce)" = 800 ]'
commit 1 400 paris-lyon lyon-nice
get 1 '?wait=20&state=PROVISIONING'
is "$(field .reservation) $(field .blame)" "FAILED refused" "the commit fails"
is "$(field .cause)" "sim refused lyo-nce: no capacity is left there" \
	"and says why"
ok "I6: the other circuit is taken down" until_word 1 GONE
ok "nothing of it is booked" wait_for 10 nothing_left
agrees "after the refusal"
hold 2 400 lyon-nice
is "$STATUS $(field .circuits[0].route[0])" "201 par-lyo" \
	"a new circuit avoids what others have"
release 2
hold 3 800 lyon-nice
is "$STATUS $(field .code)" "409 busy" "or is told that it is busy"
like "$(field .detail)$(field .reason)" 'lyo-nce|par-nce' "naming a link"
fault lyo-nce recover
ok "the others leave" wait_for 10 '[ "$(booked lyo-nce)" = 0 ]'

# more foreign use than there is beside what we have lit
commit 4 400 lyon-nice
ok "a circuit of ours is lit" until_word 4 ACTIVE
fault lyo-nce foreign 5
ok "others get the rest only" wait_for 10 '[ "$(booked lyo-nce)" = 800 ]'
fault lyo-nce foreign 1
is "$STATUS $(field .code)" "409 busy" "and no more"
agrees "with others on the link"
fault '*' recover
release 4
ok "ours goes" until_word 4 GONE

# another route than the predicted one
hold 5 400 paris-lyon
is "$(field .circuits[0].route[0]) $(field '.circuits[0].route.#')" "par-lyo 1" \
	"predicted: the direct link"
fault par-lyo reroute
commit 5 400 paris-lyon
get 5 '?wait=20&state=PROVISIONING'
is "$(field .state) $(field .circuits[0].route[0]) $(field .circuits[0].route[1])" \
	"ACTIVE par-nce lyo-nce" "built over two others, and so booked"
is "$(field .circuits[0].latency_us)" 6067 "with their latency"
is "$(booked par-lyo) $(booked par-nce) $(booked lyo-nce)" "0 400 400" \
	"what is really used is booked, what is not is free"
agrees "rerouted"
req GET "/v1/leases/$(lid 5)/events"
like "$BODY" 'as the network really goes' "an event tells"
release 5
ok "it goes" until_word 5 GONE

# one that breaks the bound on latency
lease_in()	# N RATE US A-Z
{
	lease "$1" "$2" "$4" | sed "s/\"requested_bps\"/\"max_latency_us\":$3,&/"
}
fault par-lyo reroute
req POST "/v1/leases/$(lid 6)/commit" "$(lease_in 6 400 3000 paris-lyon)"
is "$STATUS" 202 "a circuit of at most 3 ms"
get 6 '?wait=20&state=PROVISIONING'
is "$(field .reservation) $(field .blame)" "FAILED fault" \
	"rerouted over 6 ms: it fails"
like "$(field .cause)" '^it goes over par-nce,lyo-nce: 6067us, at most 3000us' \
	"and says why"
ok "it is taken down" until_word 6 GONE
agrees "too long a way"

# one over what somebody else of ours holds
hold 7 800 lyon-nice
is "$(field .circuits[0].route[0])" lyo-nce "a part of the way around is held"
fault par-lyo reroute
commit 8 400 paris-lyon
get 8 '?wait=20&state=PROVISIONING'
is "$(field .reservation) $(field .blame)" "FAILED fault" \
	"rerouted over it: it fails"
like "$(field .cause)" '^it goes over par-nce,lyo-nce: ' "and says why"
ok "it is taken down" until_word 8 GONE
get 7
is "$(field .state)" HELD "who held it still does"
release 7
agrees "no room on the real route"

# a release that takes a minute: 3 s at the usual speed
commit 9 400 paris-lyon
ok "a circuit is lit" until_word 9 ACTIVE
fault par-lyo slow_delete
release 9
is "$STATUS $(field .state)" "202 RELEASING" "its release begins"
t=$(date +%s%3N)
is "$(booked par-lyo)" 400 "I1: booked until it is dark"
commit 10 800 paris-lyon
is "$STATUS $(field .code)" "409 busy" "nobody else gets it meanwhile"
ok "it ends" until_word 9 GONE $((20 + 60 / SPEED))
ok "after a minute of the simulated clock" \
	[ $(($(date +%s%3N) - t)) -ge $((50000 / SPEED)) ]
commit 11 800 paris-lyon
is "$STATUS" 202 "then it can be had again"
ok "and is lit" until_word 11 ACTIVE
agrees "after the slow release"
release 11
ok "all is over" until_word 11 GONE
ok "nothing is left" wait_for 10 nothing_left
agrees "at the end"
books_ok
unlike "$(<"$D/log")" 'ledger-error|driver-silent' "no trouble in the log"
agent_stop
is $RC 0 "it ends well"
done_testing
