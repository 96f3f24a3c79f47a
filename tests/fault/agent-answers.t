#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What comes late, twice, or from one that is no longer in charge: each has one
# defined answer, and none brings back or takes away what it must not (I3).
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

# lit N: how often a circuit of lease N was built, and how many of it there are
# now: "BUILT NOW", from the network's own file
lit()
{
	awk -v id="$(lid "$1")." '
		index($2, id) == 1 && $1 == "S" && $3 == "building" { built[$2 $4] = 1 }
		index($2, id) == 1 { now[$2] = $1 == "S" }
		END { for (i in built) b++; for (i in now) n += now[i]
			print b + 0, n + 0 }' "$D/ledger/ledger.db.sim"
}
# answers NAME STATUS CODE: what the last request got
answers() { is "$STATUS $(field .code)" "$2 $3" "$1"; }
gone() { ok "${2-lease $1 goes}" until_word "$1" GONE; }

agent_conf "$FAST" HoldTTL=400ms
starts "opticald starts"

# ---- a commit after HoldTTL ----
hold 1 400 paris-lyon
ok "late commit: the hold expires" until_word 1 GONE
is "$(booked par-lyo)" 0 "late commit: and frees what it had"
commit 1 400 paris-lyon
is "$STATUS $(field .reservation)" "202 COMMITTED" \
	"late commit: while there is room the lease is taken again"
ok "late commit: and becomes active" until_word 1 ACTIVE
is "$(booked par-lyo)" 400 "late commit: booked"
hold 2 800 lyon-nice
ok "late commit: another hold expires" until_word 2 GONE
hold 3 400 lyon-nice
commit 3 400 lyon-nice
until_word 3 ACTIVE
commit 2 800 lyon-nice
answers "late commit: without room it is busy" 409 busy
like "$(field .reason)" '^OpticalLink\(' "late commit: and says what is short"
get 2
is "$(field .state) $(field .reservation)" "GONE TERMINATED" \
	"late commit: the lease stays as it was"
is "$(lit 2)" "0 0" "late commit: nothing of it was lit"

# ---- commit twice ----
hold 4 400 paris-lyon
commit 4 400 paris-lyon
is "$STATUS" 202 "commit twice: the first"
until_word 4 ACTIVE
get 4
FIRST=$(field .committed_ms)
commit 4 400 paris-lyon
is "$STATUS $(field .state) $(field .committed_ms)" "200 ACTIVE $FIRST" \
	"commit twice: the second gets the same lease"
is "$(lit 4)" "1 1" "commit twice: lit once"
is "$(booked par-lyo)" 800 "commit twice: booked once"
hold 5 400 paris-nice
body=$(lease 5 400 paris-nice)
for ((n = 0; n < 8; n++)); do
	curl -s -o /dev/null -w '%{http_code}\n' --unix-socket "$D/sock" -m 20 \
		--data-binary "$body" "http://agent/v1/leases/$(lid 5)/commit" \
		>"$D/twice.$n" &
	PIDS[n]=$!
done
wait "${PIDS[@]}"
is "$(sort "$D"/twice.* | uniq -c | xargs)" "7 200 1 202" \
	"commit twice: eight at once, one of them made it"
until_word 5 ACTIVE
is "$(lit 5)" "1 1" "commit twice: lit once"
req GET "/v1/leases/$(lid 5)/events"
is "$(grep -o '"to":"COMMITTED"' <<<"$BODY" | wc -l)" 1 \
	"commit twice: it happened once"

# ---- release twice ----
release 4
is "$STATUS $(field .state)" "202 RELEASING" "release twice: the first"
ENDED=$(field .ended_ms)
release 4
like "$STATUS" '^20[02]$' "release twice: the second meanwhile"
gone 4 "release twice: it goes"
release 4
is "$STATUS $(field .state) $(field .ended_ms)" "200 GONE $ENDED" \
	"release twice: later gets the same lease"
is "$(booked par-lyo)" 400 "release twice: given back once"
req GET "/v1/leases/$(lid 4)/events"
is "$(grep -o '"to":"TERMINATED"' <<<"$BODY" | wc -l)" 1 \
	"release twice: it happened once"
commit 4 400 paris-lyon
answers "release twice: nothing brings it back" 409 conflict
release 999
answers "release twice: of what was never there" 404 not_found
release 999
answers "release twice: again" 404 not_found
hold 999 400 paris-lyon
answers "release twice: a hold that comes after its release" 409 conflict
commit 999 400 paris-lyon
answers "release twice: a commit, too" 409 conflict

# ---- when the job ended, as the cluster tells it in whole seconds ----
# ended N OFFSET: what lease N, released as ended OFFSET s after its hold's
# second, says of its end: ms after its hold, or "now"
ended()
{
	local held

	hold "$1" 100 lyon-nice
	commit "$1" 100 lyon-nice
	until_word "$1" ACTIVE
	get "$1"
	held=$(field .held_ms)
	req DELETE "/v1/leases/$(lid "$1")?why=job&controller_epoch=$EPOCH&ended_s=$((held / 1000 + $2))"
	until_word "$1" GONE
	get "$1"
	if [ "$(field .ended_ms)" -gt $((held + 99)) ]; then
		echo now
	else
		echo $(($(field .ended_ms) - held))
	fi
}
is "$(ended 961 0)" 0 "ended: within the hold's second, not before the hold"
is "$(ended 962 -1)" now "ended: before its hold can't be true"
is "$(ended 963 3600)" now "ended: nor can what is to come"

# ---- release of an older lease of the same job ----
old=$(lease 6 400 paris-lyon) new=$(lease 7 400 paris-lyon)
new=${new/\"job_id\":7/\"job_id\":6}
new=${new/\"restart_cnt\":0/\"restart_cnt\":1}
req POST /v1/leases "$old"
req POST "/v1/leases/$(lid 6)/commit" "$old"
until_word 6 ACTIVE
release 6
gone 6 "older lease: the first run ends"
req POST /v1/leases "$new"
req POST "/v1/leases/$(lid 7)/commit" "$new"
until_word 7 ACTIVE
release 6
is "$STATUS $(field .state)" "200 GONE" "older lease: its release comes again"
get 7
is "$(field .state)" ACTIVE "older lease: the next run keeps its circuit"
is "$(lit 7)" "1 1" "older lease: it stays lit"
req POST "/v1/leases/$(lid 6)/commit" "$old"
answers "older lease: a commit of it comes late" 409 conflict
req GET "/v1/leases?job_id=6"
is "$(field '.leases.#')" 1 "older lease: the job has one"
release 7
gone 7

# ---- commit after the hold was lost ----
hold 8 400 paris-lyon
agent_kill
rm -f "$D"/ledger/*
starts "lost hold: opticald comes back with an empty ledger"
get 8
answers "lost hold: it knows nothing" 404 not_found
commit 8 400 paris-lyon
is "$STATUS $(field .reservation)" "202 COMMITTED" \
	"lost hold: the commit brings all that is needed"
ok "lost hold: it becomes active" until_word 8 ACTIVE
hold 9 400 lyon-nice
agent_kill
rm -f "$D"/ledger/*
starts "lost hold: once more"
hold 10 800 lyon-nice
commit 10 800 lyon-nice
until_word 10 ACTIVE
commit 9 400 lyon-nice
# there is another way, by paris
is "$STATUS $(field .circuits[0].route[0])" "202 par-lyo" \
	"lost hold: by another route when its own is taken"
hold 11 400 lyon-nice
agent_kill
rm -f "$D"/ledger/*
starts "lost hold: once more"
hold 12 800 lyon-nice
commit 12 800 lyon-nice
hold 13 400 paris-nice
commit 13 400 paris-nice
until_word 13 ACTIVE
commit 11 400 lyon-nice
answers "lost hold: without any room it is busy" 409 busy

# ---- the same id with another body ----
agent_kill
rm -f "$D"/ledger/*
starts "other body: a fresh start"
CHANGES=(
	's/"job_id":14/"job_id":15/' 's/"requested_bps":4/"requested_bps":2/'
	's/"user_id":1000/"user_id":1001/' 's/"restart_cnt":0/"restart_cnt":1/'
	's/"nodes":"paris.1-2."/"nodes":"paris[1-3]"/' 's/lyon/nice/g'
	's/"submit_s":1714557700/"submit_s":1714557701/'
)
# others WHEN: each change is refused, for hold and commit
others()
{
	local c body wrong=

	for c in "${CHANGES[@]}"; do
		body=$(lease 14 400 paris-lyon | sed "$c")
		[ "$body" != "$(lease 14 400 paris-lyon)" ] || wrong+=" same:$c"
		req POST /v1/leases "$body"
		[ "$STATUS $(field .code)" = "409 conflict" ] || wrong+=" hold:$c"
		req POST "/v1/leases/$(lid 14)/commit" "$body"
		[ "$STATUS $(field .code)" = "409 conflict" ] || wrong+=" commit:$c"
	done
	is "$wrong" "" "other body: refused for a lease that is $1"
}
sed -i 's/HoldTTL=400ms/HoldTTL=30s/' "$D/opticald.conf"
agent_kill
starts "other body: with longer holds"
hold 14 400 paris-lyon
others HELD
get 14
is "$(field .state)" HELD "other body: it stays HELD"
commit 14 400 paris-lyon
until_word 14 ACTIVE
others ACTIVE
get 14
is "$(field .state) $(lit 14)" "ACTIVE 1 1" "other body: it stays ACTIVE"
release 14
gone 14
others GONE

# ---- an older controller epoch ----
req POST /v1/clusters/alpha/epoch
FIRST=$(field .controller_epoch)
EPOCH=$FIRST
hold 15 400 paris-lyon
commit 15 400 paris-lyon
until_word 15 ACTIVE
req POST /v1/clusters/alpha/epoch
SECOND=$(field .controller_epoch)
# stale WHEN: what the first controller says is refused
stale()
{
	EPOCH=$FIRST
	hold 16 400 lyon-nice
	answers "older epoch: hold$1" 409 stale
	commit 16 400 lyon-nice
	answers "older epoch: commit$1" 409 stale
	commit 15 400 paris-lyon
	answers "older epoch: even a repeated commit$1" 409 stale
	release 15
	answers "older epoch: release$1" 409 stale
	release 15 reconcile
	answers "older epoch: reconcile$1" 409 stale
	req PATCH "/v1/leases/$(lid 15)" \
		'{"controller_epoch":'"$EPOCH"',"end_s":4000000000}'
	answers "older epoch: change$1" 409 stale
	get 15
	is "$(field .state) $(field .end_s)" "ACTIVE 0" \
		"older epoch: nothing has changed$1"
	EPOCH=$SECOND
}
stale ""
agent_kill
starts "older epoch: opticald is killed"
stale " after a restart"
commit 15 400 paris-lyon
is "$STATUS" 200 "older epoch: the newer controller adopts the lease"
EPOCH=0 CLUSTER=beta hold 17 400 lyon-nice
is "$STATUS" 201 "older epoch: other clusters have their own"
req DELETE "/v1/leases/$(lid 17)?why=operator"

# ---- a frozen controller comes back ----
# It takes control, holds, says where it is and is frozen before it commits
# what it held and releases what it thinks is over.
cat >"$D/controller.sh" <<'X'
ask()
{
	curl -s -o "$D/ctl.body" -w '%{http_code} ' --unix-socket "$D/sock" \
		-m 30 -X "$1" ${3:+--data-binary "$3"} "http://agent$2"
	grep -o '"code":"[a-z_]*"' "$D/ctl.body" || echo ok
}
epoch=$(curl -s --unix-socket "$D/sock" -X POST http://agent/v1/clusters/alpha/epoch | grep -o '[0-9]*')
held=${HELD/\"controller_epoch\":0/\"controller_epoch\":$epoch}
over=$OVER
ask POST /v1/leases "$held" >"$D/ctl.held"
echo "$epoch" >"$D/ctl.ready"
kill -STOP $$		# until somebody says CONT
{
	ask POST "/v1/leases/$HELD_ID/commit" "$held"
	ask DELETE "/v1/leases/$over?why=job&controller_epoch=$epoch"
	ask DELETE "/v1/leases/$over?why=reconcile&controller_epoch=$epoch"
	ask POST /v1/leases "$held"
} >"$D/ctl.said"
X
sed -i 's/HoldTTL=30s/HoldTTL=1s/' "$D/opticald.conf"
agent_stop
starts "frozen controller: with short holds"
HELD=$(EPOCH=0 lease 18 400 lyon-nice)
export D HELD HELD_ID OVER
HELD_ID=$(lid 18) OVER=$(lid 15)
bash "$D/controller.sh" &
CONTROLLER=$!
at_exit 'kill -9 $CONTROLLER 2>/dev/null'
ok "frozen controller: it is frozen between hold and commit" \
	wait_for 20 '[ -s "$D/ctl.ready" ] && grep -q "^State:.T" /proc/$CONTROLLER/status'
is "$(<"$D/ctl.held")" "201 ok" "frozen controller: its hold was taken"
req POST /v1/clusters/alpha/epoch
EPOCH=$(field .controller_epoch)
ok "frozen controller: another has taken over" \
	[ "$EPOCH" -gt "$(<"$D/ctl.ready")" ]
gone 18 "frozen controller: its hold expires"
hold 19 800 lyon-nice
commit 19 800 lyon-nice
ok "frozen controller: the new one uses what it had" until_word 19 ACTIVE
commit 15 400 paris-lyon
is "$STATUS" 200 "frozen controller: and has the older lease"
kill -CONT $CONTROLLER
wait $CONTROLLER
is "$(xargs <"$D/ctl.said" | sed 's/code://g')" \
	"409 stale 409 stale 409 stale 409 stale" \
	"frozen controller: all that it says after that is stale"
get 15
is "$(field .state) $(lit 15 | cut -d" " -f2)" "ACTIVE 1" \
	"frozen controller: nothing goes dark by it"
get 18
is "$(field .state) $(lit 18)" "GONE 0 0" \
	"frozen controller: nothing is lit by it"
get 19
is "$(field .state)" ACTIVE "frozen controller: the new one's lease stays"

agent_stop
is $RC 0 "it ends well"
done_testing
