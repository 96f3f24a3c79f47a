#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# opticald over its Unix socket: what each address does, what is refused, I1
# and I3 as clients see them.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

agent_conf "$FAST"
starts "the agent starts"
is "$(stat -c %a "$D/sock")" 666 "everybody may connect"

# ping and state
req GET /v1/ping
is "$STATUS" 200 "ping"
INSTANCE=$(field .instance)
like "$INSTANCE" '^[0-9a-f]{32}$' "it has an instance"
is "$(field .simulated)" 1 "it says that it is simulated"
req GET /v1/state
is "$(field .links[0].latency_us)" 2274 "460 km take 2274 us"
is "$(field .links[0].capacity_bps)" 800000000000 "2 wavelengths of 400G"
is "$(field '.leases.#')" 0 "no leases yet"
GEN=$(field .generation)

# hold
hold 1 400 paris-lyon
is "$STATUS" 201 "hold"
is "$(field .state)" HELD "it is HELD"
is "$(field .circuits[0].route[0])" par-lyo "it has a route"
is "$(field .circuits[0].latency_us)" 2274 "and its latency"
is "$(field .circuits[0].granted_bps)" 400000000000 "granted as requested"
is "$(booked par-lyo)" 400 "it is booked"
req GET /v1/state
ok "the generation has grown" [ "$(field .generation)" -gt "$GEN" ]
hold 1 400 paris-lyon
is "$STATUS $(field .state)" "200 HELD" "I3: the same hold again"
is "$(booked par-lyo)" 400 "I3: booked once"
hold 1 200 paris-lyon
is "$STATUS $(field .code)" "409 conflict" "I3: same id, other request"
hold 2 1200 paris-nice
is "$STATUS $(field .code)" "422 range" "more than any way could carry"
hold 3 400 paris-lyon lyon-nice paris-nice
is "$STATUS" 201 "a mesh of three"
is "$(booked par-lyo) $(booked lyo-nce) $(booked par-nce)" "800 400 400" \
	"I1: its circuits share the rest"
hold 4 400 paris-lyon
is "$STATUS $(field .code)" "409 busy" "I1: the link is taken"
is "$(field .reason)" 'OpticalLink(par-lyo,need=400G,free=0G)' "named so"
is "$(field .type)" urn:slurm-optical:problem:busy "a problem document"
hold 4 400 lyon-nice paris-lyon
is "$STATUS" 409 "one of two circuits does not fit"
is "$(booked lyo-nce)" 400 "I6: then none is booked"
get 4
is "$STATUS $(field .code)" "404 not_found" "refusals are not remembered"

# commit
commit 1 400 paris-lyon
is "$STATUS $(field .state)" "202 PROVISIONING" "commit"
commit 1 400 paris-lyon
is "$STATUS" 200 "I3: committed before"
get 1 '?wait=20&state=PROVISIONING'
is "$(field .state)" ACTIVE "it becomes ACTIVE while we wait"
ok "since a time" [ "$(field .active_ms)" -gt 0 ]
commit 1 200 paris-lyon
is "$STATUS $(field .code)" "409 conflict" "commit of another request"
commit 5 400 lyon-nice
is "$STATUS" 202 "commit without a hold takes it"
commit 6 400 lyon-nice
is "$STATUS $(field .code)" "409 busy" "unless it is taken"
req POST "/v1/leases/$(lid 7)/commit" "$(lease 8 400 lyon-nice)"
is "$STATUS $(field .code)" "400 syntax" "the address and the body agree"

# release
release 1
is "$STATUS $(field .state)" "202 RELEASING" "release"
ok "it ends" until_word 1 GONE
get 1
ok "at a time" [ "$(field .gone_ms)" -gt 0 ]
release 1
is "$STATUS" 200 "I3: released before"
hold 1 400 paris-lyon
is "$STATUS $(field .code)" "409 conflict" "I3: never held again"
commit 1 400 paris-lyon
is "$STATUS $(field .code)" "409 conflict" "I3: nor committed"
release 3
is "$STATUS $(field .state)" "200 GONE" "a hold is released at once"
is "$(booked par-lyo) $(booked par-nce)" "0 0" "nothing of it is booked"
release 99
is "$STATUS $(field .code)" "404 not_found" "releasing what is not there"
hold 99 400 paris-lyon
is "$STATUS $(field .code)" "409 conflict" "I3: but it is remembered"
commit 99 400 paris-lyon
is "$STATUS $(field .code)" "409 conflict" "for commit, too"

# lists and events
req GET '/v1/leases?job_id=5'
is "$(field '.leases.#') $(field .leases[0].job_id)" "1 5" "by job"
req GET '/v1/leases?cluster=beta'
is "$(field '.leases.#')" 0 "by cluster"
req GET '/v1/leases?all=1'
is "$(field '.leases.#')" 3 "all"
req GET "/v1/leases/$(lid 1)/events"
is "$(field .events[0].to) $(field .events[1].to)" "HELD COMMITTED" "events"
is "$(field .events[1].axis)" reservation "with their axis"
is "$(field .events[2].circuit)" paris-lyon "and circuit"
ok "and time" [ "$(field .events[2].time_ms)" -gt 0 ]

# long polls
req GET /v1/state
GEN=$(field .generation)
req GET "/v1/state?since=$((GEN - 1))&wait=30"
is "$(field .generation)" "$GEN" "an older generation is answered at once"
curl -s --unix-socket "$D/sock" -m 30 \
	"http://agent/v1/state?since=$GEN&wait=25" >"$D/poll" &
POLL=$!
req GET "/v1/state?since=$GEN&wait=1"
is "$(field .generation)" "$GEN" "nothing new: answered when time is up"
wait_for 10 'grep -q "event=waiting .*wait=25" "$D/log"'
ok "the other poll still waits" kill -0 $POLL
hold 10 400 paris-lyon
wait $POLL
BODY=$(<"$D/poll")
ok "a change answers it" [ "$(field .generation)" -gt "$GEN" ]

# refusals
for try in 'syntax 400 {' 'syntax 400 []' 'syntax 400 {"id":1}' \
	'syntax 400 not-json' 'syntax 400 {}'; do
	read -r code want body <<<"$try"
	req POST /v1/leases "$body"
	is "$STATUS $(field .code)" "$want $code" "a body like $body"
done
req POST /v1/leases
is "$STATUS" 400 "no body"
for try in "$(lease 20 400 paris-mars)" "$(lease 20 400 paris-paris)" \
	"$(CLUSTER=gamma lease 20 400 paris-lyon)" "$(lease 20 400)" \
	"$(lease 20 400 paris-lyon paris-lyon)" \
	"$(lease 20 400 paris-lyon lyon-paris)"; do
	req POST /v1/leases "$try"
	like "$STATUS $(field .code)" '^4(00|22) (range|syntax)$' \
		"refused: $(field .detail)"
done
head -c 1100000 /dev/zero | tr '\0' ' ' >"$D/big"
STATUS=$(curl -s -o "$D/body" -w '%{http_code}' --unix-socket "$D/sock" \
	--data-binary "@$D/big" http://agent/v1/leases)
is "$STATUS" 413 "a body over 1 MiB"
STATUS=$(curl -s -o "$D/body" -w '%{http_code}' --unix-socket "$D/sock" \
	-H 'Transfer-Encoding: chunked' -H 'Expect:' \
	--data-binary "@$D/big" http://agent/v1/leases)
is "$STATUS" 413 "the same in chunks"
req GET /v1/nothing
is "$STATUS $(field .code)" "404 not_found" "no such address"
req GET /
is "$STATUS" 404 "nor this"
req PUT /v1/leases '{}'
is "$STATUS" 405 "no such method"
req GET '/v1/state?since=x'
is "$STATUS $(field .code)" "400 syntax" "since is a number"
req GET '/v1/state?since=1&wait=31'
is "$STATUS $(field .code)" "422 range" "wait is at most 30 s"
req GET '/v1/ping?%zz'
is "$STATUS" 400 "broken escapes"
req DELETE "/v1/leases/$(lid 10)?why=boredom"
is "$STATUS $(field .code)" "400 syntax" "why has three values"
req DELETE /v1/leases/xyz?why=job
is "$STATUS" 404 "an id that is none"
req POST /v1/clusters/gamma/epoch
is "$STATUS" 404 "no such cluster"
req GET /v1/ping
is "$STATUS" 200 "after all that it is well"
like "$(<"$D/log")" 'event=lease lease=[0-9a-f]{32} cluster=alpha job=1 axis=reservation from=HELD to=COMMITTED' \
	"it logs what it does"

# its end
curl -s --unix-socket "$D/sock" -m 30 \
	"http://agent/v1/leases/$(lid 5)?wait=30&state=ACTIVE" >"$D/poll" &
POLL=$!
wait_for 10 'grep -q "event=waiting .*state=ACTIVE" "$D/log"'
agent_stop
is $RC 0 "SIGTERM ends it well"
wait $POLL
BODY=$(<"$D/poll")
is "$(field .state)" ACTIVE "who waited got an answer"
not_ok "its socket is gone" test -e "$D/sock"
done_testing
