#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The operator's say: freeze stops changes of the network within a second and
# leaves what is lit alone; modes, approval, rates, windows, minimum times.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

# opticald's log says what the driver was told when
changes()
{
	grep -cE 'event=driver.*operation=(create|remove|resize)' "$D/log"
}

# When that was last, Unix ms
last_change()
{
	grep -E 'event=driver.*operation=(create|remove|resize)' "$D/log" |
		tail -n 1 | sed 's/.*time_ms=\([0-9]*\).*/\1/'
}

# waits_for N REASON: the lease says so
waits_for()
{
	wait_for 15 'get '"$1"'; [[ $(field .cause) == "'"$2"'"* ]]'
}

# restart with LINEs in opticald.conf, on a new ledger
anew()
{
	agent_kill
	rm -rf "$D/ledger"
	agent_conf "$@" SimSetupTime=50ms SimReleaseTime=50ms
	starts "the agent starts: $*"
}

freeze_all() { req POST /v1/freeze '{"frozen":'"$1"',"why":"a storm"}'; }
freeze_link() { req POST "/v1/links/$1/freeze" '{"frozen":'"$2"'}'; }

# ---- freeze ----
agent_conf SimSetupTime=3s SimReleaseTime=100ms
starts "the agent starts"
commit 1 400 paris-lyon
ok "one is lit" until_word 1 ACTIVE
commit 2 400 paris-lyon
commit 3 400 lyon-nice
ok "two are under way" wait_for 10 '[ "$(changes)" -ge 3 ]'
hold 4 400 lyon-nice
is "$STATUS" 201 "one is held"

freeze_all true
FROZEN_MS=$(date +%s%3N)
is "$STATUS $(field '.freezes.#') $(field .freezes[0].why)" "200 1 a storm" \
	"all is frozen"
N=$(changes)
commit 4 400 lyon-nice
is "$STATUS $(field .state)" "202 PROVISIONING" \
	"what was held before is committed"
release 1
is "$STATUS $(field .state)" "202 RELEASING" "one is released"
ok "the commit waits" waits_for 4 'OpticalFrozen(lyo-nce)'
ok "what was under way finishes: 2" until_word 2 ACTIVE
ok "and 3" until_word 3 ACTIVE
hold 5 100 paris-nice
is "$STATUS $(field .code) $(field .reason)" \
	"409 busy OpticalFrozen(par-nce)" "a new hold is refused"
NETWORK=$(md5sum <"$D/ledger/ledger.db.sim")
get 1 '?wait=2&state=RELEASING'	# time that it would have had
is "$(changes)" "$N" "nothing was told to the network since"
is "$(md5sum <"$D/ledger/ledger.db.sim")" "$NETWORK" \
	"the simulated network did not change, either"
ok "the last change was before the freeze's answer, or within a second" \
	[ "$(last_change)" -le $((FROZEN_MS + 1000)) ]
get 1
is "$(field .state) $(field .circuits[0].data_plane)" "RELEASING UP" \
	"released, and still lit"
is "$(booked par-lyo)" 800 "I1: and booked"
req GET /v1/state
is "$(field .links[0].frozen) $(field .alarms[0].code) $(field .alarms[0].count)" \
	"1 frozen 3" "the state says so"
like "$(field .alarms[0].text)" 'a storm' "and why"

# a restart while it is frozen
agent_kill
starts "it starts again"
req GET /v1/freeze
is "$(field .freezes[0].frozen) $(field .freezes[0].why)" "1 a storm" \
	"frozen as before"
ok "2 runs" until_word 2 ACTIVE
ok "3 runs" until_word 3 ACTIVE
ok "4 waits" waits_for 4 'OpticalFrozen(lyo-nce)'
hold 6 100 paris-nice
is "$(field .reason)" "OpticalFrozen(par-nce)" "holds are refused still"
NETWORK=$(md5sum <"$D/ledger/ledger.db.sim")
sleep 1
is "$(changes)" "$N" "and nothing is told to the network"
is "$(md5sum <"$D/ledger/ledger.db.sim")" "$NETWORK" \
	"the simulated network did not change, either"
freeze_all false
is "$STATUS $(field '.freezes.#')" "200 0" "thawed"
ok "what was released goes" until_word 1 GONE
ok "what waited is lit" until_word 4 ACTIVE
get 4
is "$(field .cause)" "" "and waits for nothing"
hold 5 400 paris-nice
is "$STATUS" 201 "holds are taken again"
release 5
req GET "/v1/leases/$(lid 4)/events"
like "$BODY" 'OpticalFrozen\(lyo-nce\)' "the ledger says what it waited for"

# one link
freeze_link par-lyo true
is "$STATUS $(field .freezes[0].link)" "200 par-lyo" "one link is frozen"
hold 7 400 paris-nice
is "$STATUS $(field .circuits[0].route[0])" "201 par-nce" \
	"others are not"
release 7
hold 8 400 paris-lyon
is "$STATUS $(field .reason)" "409 OpticalFrozen(par-lyo)" \
	"without another way there is none"
release 3
ok "a release over another link" until_word 3 GONE
hold 8 400 paris-lyon
is "$STATUS $(field .circuits[0].route[0])" "201 par-nce" \
	"a way around the frozen link is taken"
release 8
freeze_link nowhere true
is "$STATUS $(field .code)" "404 not_found" "no such link"
req_as daemon POST /v1/freeze '{"frozen":true}'
is "$STATUS" 403 "a cluster may not freeze"
req_as nobody GET /v1/freeze
is "$STATUS" 403 "nor a user see it"
freeze_link par-lyo false

# ---- observe ----
anew Mode=observe
N=$(changes)
hold 1 400 paris-lyon
is "$STATUS $(field .reason)" "409 OpticalObserve(par-lyo)" \
	"observe: a hold is a forecast"
hold 2 900 paris-nice
is "$(field .reason)" "OpticalLink(par-lyo,need=900G,max=800G)" \
	"also of what would not be"
commit 3 400 paris-lyon
ok "a commit waits for ever" waits_for 3 'OpticalObserve(par-lyo)'
release 3
ok "and ends when it is released" until_word 3 GONE
req GET /v1/state
is "$(field .alarms[0].code)" observing "the state says it"
is "$(changes)" "$N" "the network was never told to change"

# ---- approve ----
anew Mode=approve ApproveTimeout=8s
N=$(changes)
commit 1 400 paris-lyon
ok "a commit waits for approval" waits_for 1 'OpticalApproval(par-lyo)'
req GET /v1/state
is "$(field .alarms[0].code) $(field .alarms[0].count)" "approval 1" \
	"an alarm asks for it"
req_as daemon POST "/v1/leases/$(lid 1)/approve" '{"approve":true}'
is "$STATUS" 403 "not by a cluster"
is "$(changes)" "$N" "nothing is set up"
req POST "/v1/leases/$(lid 1)/approve" '{"approve":true,"why":"fine"}'
is "$STATUS" 200 "approved"
ok "it is set up" until_word 1 ACTIVE
req POST "/v1/leases/$(lid 1)/approve" '{"approve":false}'
is "$STATUS $(field .code)" "409 conflict" "too late to deny"
commit 2 400 paris-lyon
ok "another waits" waits_for 2 'OpticalApproval(par-lyo)'
req POST "/v1/leases/$(lid 2)/approve" '{"approve":false,"why":"not today"}'
is "$STATUS $(field .reservation) $(field .blame)" "200 FAILED refused" \
	"denied"
like "$(field .cause)" '^OpticalDenied\(.*\): not today$' "and says why"
ok "it is gone" until_word 2 GONE
commit 3 400 paris-lyon
N=$(changes)
get 3 '?wait=30&state=PROVISIONING'
is "$(field .reservation) $(field .blame)" "FAILED none" \
	"no answer: it fails, and nobody is to blame"
like "$(field .cause)" '^OpticalApproval\(par-lyo\): no operator approved' \
	"and says so"
ok "it is gone" until_word 3 GONE
is "$(changes)" "$N" "nothing was sent for it"
req POST "/v1/leases/$(lid 9)/approve" '{"approve":true}'
is "$STATUS" 404 "no such lease"

# ---- rates ----
anew MaxSetupsPerHour=2
commit 1 400 paris-lyon
commit 2 400 paris-lyon
ok "two" until_word 2 ACTIVE
commit 3 400 lyon-nice
ok "the third waits" waits_for 3 'OpticalSetupRate(all,max=2/h)'
req GET /v1/state
is "$(booked lyo-nce)" 400 "and is booked"
release 3
ok "it can be released" until_word 3 GONE

# ---- one operation per degree ----
anew OneOpPerDegree=yes
agent_kill
sed -i s/SimSetupTime=50ms/SimSetupTime=2s/ "$D/opticald.conf"
starts "set-ups take 2 s"
commit 1 400 paris-lyon
commit 2 400 paris-lyon
commit 3 400 lyon-nice
get 2
ok "the second waits" waits_for 2 'OpticalDegreeBusy(par-lyo)'
ok "the first is lit" until_word 1 ACTIVE
get 2
is "$(field .state)" PROVISIONING "before the second"
ok "the third did not wait" until_word 3 ACTIVE
ok "the second is lit" until_word 2 ACTIVE
ok "as long after as a set-up takes" \
	[ "$(get 2; field .active_ms)" -ge $(($(get 1; field .active_ms) + 1900)) ]

# ---- minimum lit time, shortest job, change windows ----
anew MinLit=6s MinJobForSetup=30min
LATER=$(($(date +%s) + 600))
req POST /v1/leases "$(lease 1 400 paris-lyon | sed s/\"end_s\":0/\"end_s\":$LATER/)"
is "$STATUS" 409 "a short job gets no new light"
like "$(field .reason)" '^OpticalMinJob\(par-lyo,need=30min,is=' "and why"
like "$(field .detail)" 'a time limit of at least 30min' "and what would be right"
commit 2 400 paris-lyon
ok "a long one does" until_word 2 ACTIVE
release 2
sleep 1
get 2
is "$(field .state) $(field .circuits[0].data_plane)" "RELEASING UP" \
	"released before MinLit: still lit"
ok "then it goes" until_word 2 GONE 20
ok "not before MinLit" \
	[ "$(get 2; field .gone_ms)" -ge $(($(get 2; field .active_ms) + 5900)) ]

DAYS=(Sun Mon Tue Wed Thu Fri Sat)
TOMORROW=${DAYS[$((($(date +%w) + 2) % 7))]}
anew "ChangeWindow=$TOMORROW/00:00-24:00"
hold 1 400 paris-lyon
is "$STATUS" 409 "no set-up out of the change window"
is "$(field .reason)" "OpticalChangeWindow(par-lyo,opens=$TOMORROW.00:00)" \
	"and when it opens"
anew "ChangeWindow=00:00-24:00"
hold 1 400 paris-lyon
is "$STATUS" 201 "one in it"

unlike "$(<"$D/log")" 'ledger-error|driver-silent' "no trouble in the log"
agent_stop
is $RC 0 "it ends well"
done_testing
