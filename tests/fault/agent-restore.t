#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A circuit of a running job goes dark: restored by the controller, by the agent
# or by nobody; hold-off, bounds, reversion, flapping; what the lease says of it.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

changes()
{
	grep -cE 'event=driver.*operation=(create|remove|resize)' "$D/log"
}

# anew LINE...: a new network and ledger
anew()
{
	agent_kill
	rm -rf "$D/ledger"
	agent_conf "$@" SimSetupTime=100ms SimReleaseTime=100ms
	starts "the agent starts: $*"
	commit 1 400 paris-lyon
	ok "a circuit is lit" until_word 1 ACTIVE
}

# shows N DATA CAUSE [LIMIT]: the data plane and the lease's cause
shows()
{
	wait_for "${4-15}" 'get '"$1"'; [ "$(field .circuits[0].data_plane) $(field .cause)" = "'"$2 $3"'" ]'
}
events() { req GET "/v1/leases/$(lid "$1")/events"; }

# ---- by the controller, or nobody ----
anew Restore=controller RestoreTimeout=4s
N=$(changes)
fault par-lyo cut
ok "controller: it is RESTORING" shows 1 RESTORING 'OpticalRestoring(paris-lyon)'
get 1
is "$(field .state) $(field .reservation)" "IMPAIRED COMMITTED" "and IMPAIRED"
events 1
like "$BODY" '"from":"UP","to":"DOWN","cause":"' "the ledger has that it was down"
like "$BODY" '"from":"DOWN","to":"RESTORING","cause":"its controller' \
	"and who restores it"
fault '*' recover
ok "it comes back" shows 1 UP ''
get 1
is "$(field .state)" ACTIVE "as if nothing had been"
fault par-lyo cut
ok "RESTORING again" shows 1 RESTORING 'OpticalRestoring(paris-lyon)'
ok "for RestoreTimeout, then DOWN" shows 1 DOWN 'OpticalDown(paris-lyon)'
events 1
like "$BODY" '"from":"RESTORING","to":"DOWN","cause":"not restored in 4 s"' \
	"the ledger says so"
fault '*' recover
ok "late is not never" shows 1 UP ''
is "$(changes)" "$N" "the agent changed nothing"

anew Restore=none
N=$(changes)
fault par-lyo cut
ok "nobody: DOWN" shows 1 DOWN 'OpticalDown(paris-lyon)'
agent_kill
starts "it starts again"
ok "still DOWN" shows 1 DOWN 'OpticalDown(paris-lyon)'
fault '*' recover
ok "it comes back" shows 1 UP ''
is "$(changes)" "$N" "the agent changed nothing"

# ---- by the agent ----
anew Restore=agent HoldOff=4s
N=$(changes)
fault par-lyo cut
ok "agent: RESTORING" shows 1 RESTORING 'OpticalRestoring(paris-lyon)'
fault '*' recover
ok "back within HoldOff" shows 1 UP ''
sleep 4			# what it would have waited
is "$(changes)" "$N" "nothing was taken down"

anew Restore=agent HoldOff=100ms
is "$(get 1; field .circuits[0].route[0])" par-lyo "it goes over par-lyo"
fault par-lyo cut
ok "another way" wait_for 20 'get 1; [ "$(field .state) $(field .circuits[0].route[0])" = "ACTIVE par-nce" ]'
get 1
is "$(field .circuits[0].route[1]) $(field .circuits[0].latency_us)" \
	"lyo-nce 6067" "with what that takes"
is "$(booked par-lyo) $(booked par-nce) $(booked lyo-nce)" "0 400 400" \
	"I1: what it uses is booked, and nothing else"
events 1
like "$BODY" '"from":"PROVISIONED","to":"RELEASING","cause":"taken down, to go another way"' \
	"the ledger tells it"
like "$BODY" '"from":"RESTORING","to":"UP"' "up to its end"
fault '*' recover
sleep 2
get 1
is "$(field .circuits[0].route[0])" par-nce "it stays there: not revertive"

# a bound that the other way breaks
commit 2 400 paris-lyon
release 1
ok "over par-lyo again" until_word 2 ACTIVE
ok "the first is gone" until_word 1 GONE
req POST "/v1/leases/$(lid 3)/commit" "$(lease 3 400 paris-lyon |
	sed s/\"requested_bps\"/\"max_latency_us\":3000,\&/)"
ok "one with a bound" until_word 3 ACTIVE
is "$(field .circuits[0].route[0])" par-lyo "within it"
release 2
ok "alone" until_word 2 GONE
fault par-lyo cut
ok "the other way is too long: IMPAIRED" \
	shows 3 IMPAIRED 'OpticalImpaired(paris-lyon)' 20
get 3
is "$(field .state) $(field .circuits[0].provisioning) $(field .circuits[0].route[0])" \
	"IMPAIRED PROVISIONED par-nce" "lit, and said so"
events 3
like "$BODY" '"to":"IMPAIRED","cause":"[^"]*6067us, at most 3' \
	"the ledger says which bound"
release 3
ok "it goes" until_word 3 GONE
fault '*' recover

# no other way
ok "all is whole" wait_for 10 'req GET /v1/state; [ "$(field .links[0].down)" = 0 ]'
commit 4 400 paris-lyon
ok "another one" until_word 4 ACTIVE
N=$(changes)
fault par-nce cut
fault par-lyo cut
ok "RESTORING" shows 4 RESTORING 'OpticalRestoring(paris-lyon)'
ok "the log says that there is no way" wait_for 10 'grep -q "event=no-route" "$D/log"'
is "$(changes)" "$N" "what has no other way is not taken down"
is "$(booked par-lyo)" 400 "I1: and stays booked"
fault par-nce recover
ok "when there is one, it is taken" wait_for 20 'get 4; [ "$(field .state) $(field .circuits[0].route[0])" = "ACTIVE par-nce" ]'

# killed in the middle
agent_kill
sed -i s/SimReleaseTime=100ms/SimReleaseTime=3s/ "$D/opticald.conf"
starts "taking down takes 3 s"
ok "it runs" until_word 4 ACTIVE
fault '*' recover
fault lyo-nce cut
ok "RELEASING" wait_for 10 'get 4; [ "$(field .circuits[0].provisioning)" = RELEASING ]'
is "$(booked par-nce) $(booked par-lyo)" "400 0" \
	"I1: booked as before until it is gone"
agent_kill
starts "killed, it starts again"
ok "and goes on" wait_for 30 'get 4; [ "$(field .state) $(field .circuits[0].route[0])" = "ACTIVE par-lyo" ]'
is "$(booked par-nce) $(booked par-lyo)" "0 400" "I1: booked where it is"

# frozen
req POST /v1/freeze '{"frozen":true}'
N=$(changes)
fault par-lyo cut
fault lyo-nce recover
ok "dark while all is frozen" shows 4 RESTORING 'OpticalRestoring(paris-lyon)'
sleep 2
is "$(changes)" "$N" "nothing is changed"
req POST /v1/freeze '{"frozen":false}'
ok "thawed: it goes another way" wait_for 30 'get 4; [ "$(field .state) $(field .circuits[0].route[0])" = "ACTIVE par-nce" ]'

# released in the middle
fault '*' recover
fault par-nce cut
ok "RELEASING" wait_for 10 'get 4; [ "$(field .circuits[0].provisioning)" = RELEASING ]'
release 4
ok "released in the middle of it, it ends" until_word 4 GONE 30
is "$(booked par-nce)$(booked par-lyo)$(booked lyo-nce)" 000 "and books nothing"

# ---- reversion ----
anew Restore=agent HoldOff=0s Revert=yes WaitToRestore=4s
fault par-lyo cut
ok "another way" wait_for 20 'get 1; [ "$(field .state) $(field .circuits[0].route[0])" = "ACTIVE par-nce" ]'
agent_kill
starts "it starts again"
ok "it runs" until_word 1 ACTIVE
fault '*' recover
FROM=$(date +%s%3N)
ok "after WaitToRestore back to where it was" wait_for 30 'get 1; [ "$(field .state) $(field .circuits[0].route[0])" = "ACTIVE par-lyo" ]'
get 1
ok "not before" [ "$(field .circuits[0].up_ms)" -ge $((FROM + 3900)) ]
is "$(booked par-lyo) $(booked par-nce)" "400 0" "I1: booked where it is"
events 1
like "$BODY" 'to go back to where it was' "the ledger tells it"

# ---- a bound on how often it fails ----
# bounded N PPB A-Z [WORD]: a lease, committed
bounded()
{
	req POST "/v1/leases/$(lid "$1")/commit" "$(lease "$1" 400 "$3" |
		sed 's/"requested_bps"/"max_unavailable_ppb":'"$2${4:+,\"protect\":\"$4\"}"',&/')"
}
agent_kill
rm -rf "$D/ledger"
agent_conf Restore=agent HoldOff=100ms SimSetupTime=100ms SimReleaseTime=100ms \
	'LinkName=far A=paris Z=lyon Km=2000 Wavelengths=4 Rate=400G' \
	'LinkName=bad A=paris Z=nice Km=3000 Wavelengths=4 Rate=400G Availability=99'
sed -i '/^LinkName=par-nce/s/$/ Availability=99.9/; /^LinkName=lyo-nce/s/$/ Availability=99.95/' \
	"$D/opticald.conf"
starts "links that fail"
bounded 1 1499999 paris-lyon
ok "99.8500001 % of the time: it is lit" until_word 1 ACTIVE
fault par-lyo cut
ok "par-nce and lyo-nce are 99.85 %: not over them" wait_for 20 \
	'get 1; [ "$(field .state) $(field .circuits[0].route[0])" = "ACTIVE far" ]'
agent_kill
starts "it starts again"
ok "it runs" until_word 1 ACTIVE
get 1
is "$(field .circuits[0].max_unavailable_ppb)" 1499999 "the ledger has its bound"
fault far cut
ok "there is no other: IMPAIRED" \
	shows 1 IMPAIRED 'OpticalImpaired(paris-lyon)' 20
get 1
is "$(field .circuits[0].route[0])" par-nce "lit, and said so"
events 1
like "$BODY" '"to":"IMPAIRED","cause":"its route is available 99.85% of the time, at least 99.8500001% was asked for"' \
	"the ledger says which bound"
release 1
ok "it goes" until_word 1 GONE
fault '*' recover
ok "all is whole" wait_for 10 'req GET /v1/state; [ "$(field .links[0].down)" = 0 ]'
bounded 2 499999 paris-nice
is "$STATUS $(field .reason)" \
	"422 OpticalAvailability(paris-nice,need=99.9500001,best=99.95)" \
	"what no way is within is refused"
bounded 3 499 paris-nice 1+1
is "$STATUS $(field .reason)" \
	"422 OpticalAvailability(paris-nice,need=99.9999501,best=99.99995)" \
	"two routes at once, too"
bounded 4 500 paris-nice 1+1
ok "but what they have can be had" until_word 4 ACTIVE
req POST /v1/what-if '{"circuits":[{"a":"paris","z":"nice","requested_bps":1000000000,"max_unavailable_ppb":499999}]}'
is "$(field .possible) $(field .reason)" \
	"0 OpticalAvailability(paris-nice,need=99.9500001,best=99.95)" \
	"what-if says the same"
bounded 5 1000000000 paris-nice
like "$STATUS $BODY" '^422 .*max_unavailable_ppb' "all of the time is no bound"
# routes of circuit 0's members, sorted
legs()
{
	get "$1"
	printf %s "$BODY" | perl -MJSON::PP -e '
		my $c = decode_json(join "", <STDIN>)->{circuits}[0];
		print join " ", sort map { join "+", @{$_->{route} // $c->{route}} } @{$c->{members}}'
}
is "$(legs 4)" "par-lyo+lyo-nce par-nce" "over these"
fault par-lyo cut
ok "one is cut: over far both are as good" wait_for 20 \
	'[ "$(legs 4) $(word 4)" = "far+lyo-nce par-nce ACTIVE" ]'
fault par-nce cut
ok "the other is cut: over bad they are not, and the ledger says so" \
	wait_for 20 'events 4; [[ $BODY == *"\"to\":\"IMPAIRED\",\"cause\":\"its two routes are available 99.9995% of the time, at least 99.99995% was asked for"* ]]'
is "$(legs 4) $(word 4)" "bad far+lyo-nce IMPAIRED" "it is lit, and IMPAIRED"
fault par-nce recover
fault bad cut
ok "over when they are again" wait_for 20 \
	'[ "$(legs 4) $(word 4)" = "far+lyo-nce par-nce ACTIVE" ]'
release 4
ok "gone" until_word 4 GONE

# ---- flapping ----
anew Restore=controller
for _ in 1 2 3; do
	fault par-lyo cut
	ok "dark" shows 1 RESTORING 'OpticalRestoring(paris-lyon)'
	fault par-lyo recover
	ok "lit" shows 1 UP ''
done
fault par-lyo cut
ok "the fourth time within a minute: it flaps" \
	shows 1 IMPAIRED 'OpticalImpaired(paris-lyon)'
events 1
N=$(field '.events.#')
for _ in 1 2 3 4 5 6 7 8; do
	fault par-lyo recover
	fault par-lyo cut
done
fault par-lyo recover
events 1
is "$(field '.events.#')" "$N" "what flaps is not written each time"
ok "when it is calm it is UP" shows 1 UP '' 60

unlike "$(<"$D/log")" 'ledger-error|driver-silent' "no trouble in the log"
agent_stop
is $RC 0 "it ends well"
done_testing
