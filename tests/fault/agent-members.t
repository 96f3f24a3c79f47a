#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Circuits of several members: each is set up by itself, with its own route,
# ports and state; all or none of them; a part of them dark; restored one by
# one; apart as diverse and 1+1 promise, or the lease says that they are not.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"
# shellcheck source=tests/lib/network.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/network.sh"

no_trouble()
{
	[ ! -s "$D/log" ] || unlike "$(<"$D/log")" \
		'event=(ledger-error|driver-silent)' "no trouble in the log"
}

# Four ports of 400G at each end, three ways between them: par-lyo, par-gap and
# gap-lyo, which are apart; and by nice, which shares a risk with par-lyo.
anew()
{
	agent_kill
	no_trouble
	: >"$D/log"
	rm -rf "$D/ledger"
	agent_conf 'SiteName=gap' \
		'LinkName=par-gap A=paris Z=gap Km=250 Wavelengths=4 Rate=400G' \
		'LinkName=gap-lyo A=gap Z=lyon Km=250 Wavelengths=4 Rate=400G' \
		'LinkName=by-nce A=paris Z=lyon Km=900 Wavelengths=2 Rate=400G Risk=rhone' \
		PortName={par-{1,2,3,4}' Site=paris',lyo-{1,2,3,4}' Site=lyon'}' Rate=400G' \
		"$@"
	sed -i '/^LinkName=par-lyo/s/$/ Risk=rhone/; /^LinkName=.*-nce/s/Wavelengths=[12]/Wavelengths=1/; /^LinkName=par-nce/d' \
		"$D/opticald.conf"
	starts "the agent starts: $*"
}

# protected N RATE WORD: a lease, committed
protected()
{
	req POST "/v1/leases/$(lid "$1")/commit" "$(lease "$1" "$2" paris-lyon |
		sed 's/"requested_bps"/"protect":"'"$3"'",&/')"
}
# planes N: the data planes of circuit 0's members
planes()
{
	get "$1"
	printf %s "$BODY" | perl -MJSON::PP -e '
		my $l = decode_json(join "", <STDIN>);
		print join " ", map { $_->{data_plane} } @{$l->{circuits}[0]{members}}'
}
# routes N: of circuit 0's members, each as a+b
routes()
{
	get "$1"
	printf %s "$BODY" | perl -MJSON::PP -e '
		my $c = decode_json(join "", <STDIN>)->{circuits}[0];
		print join " ", map { join "+", @{$_->{route} // $c->{route}} } @{$c->{members}}'
}
events() { req GET "/v1/leases/$(lid "$1")/events"; }
# services: in the simulated network
services()
{
	perl -ne '
		my @w = split;
		$s{$w[1]} = 1 if $w[0] eq "S";
		delete $s{$w[1]} if $w[0] eq "D";
		END { print join " ", map { s/^0*//r } sort keys %s }' "$D/ledger/ledger.db.sim"
}

# ---- all of them, with what each has ----
anew "$FAST"
books_watch
commit 1 1600 paris-lyon
is "$STATUS" 202 "1.6T on ports of 400G"
ok "it is lit" until_word 1 ACTIVE
is "$(routes 1)" "par-lyo par-lyo par-gap+gap-lyo par-gap+gap-lyo" \
	"four members, where there is room"
is "$(planes 1)" "UP UP UP UP" "each with its state"
is "$(services)" "1.0 1.0m2 1.0m3 1.0m4" "each a service of its own"
agrees "1.6T"
is "$(booked par-lyo) $(booked par-gap)" "800 800" "I1: what they use is booked"
agent_kill
starts "killed, it starts again"
ok "all is as it was" until_word 1 ACTIVE
agrees "after a restart"
is "$(grep -c "event=driver .*operation=create" "$D/log")" 4 "nothing was set up again"
release 1
ok "all are released" until_word 1 GONE
is "$(services)" "" "and gone"
ok "nothing is booked" nothing_left

# ---- none, when one can't be ----
fault gap-lyo refuse
commit 2 1600 paris-lyon
ok "one is refused: none stays" until_word 2 GONE
get 2
is "$(field .reservation) $(field .blame)" "FAILED refused" "the lease has failed"
is "$(services)" "" "I6: what had been built is gone"
ok "nothing is booked" nothing_left
fault gap-lyo fail-late
commit 3 1600 paris-lyon
ok "one fails late: none stays" until_word 3 GONE
get 3
is "$(field .reservation) $(field .blame)" "FAILED fault" "a fault"
is "$(services)" "" "I6: what had been built is gone"
agrees "after failures"
books_ok

# ---- killed with some of them lit ----
for n in 2 3 4; do
	agent_kill
	sed -i s/SimSetupTime=50ms/SimSetupTime=3s/ "$D/opticald.conf"
	AGENT=${OCS_BUILDDIR:?}/tests/fault/opticald-points
	export OCS_POINT_KILL=driver.create:$n
	starts "it dies when member $n is sent"
	commit $((3 + n)) 1600 paris-lyon
	{ wait "$AGENT_PID"; } 2>/dev/null
	AGENT_PID=
	unset OCS_POINT_KILL
	AGENT=${OCS_BUILDDIR:?}/agent/opticald
	is "$(services | wc -w)" $((n - 1)) "$((n - 1)) of them are in the network"
	sed -i s/SimSetupTime=3s/SimSetupTime=50ms/ "$D/opticald.conf"
	starts "it starts again"
	ok "all are set up" until_word $((3 + n)) ACTIVE
	agrees "from $((n - 1)) of 4"
	release $((3 + n))
	ok "and released" until_word $((3 + n)) GONE
done

# ---- a part is dark ----
anew Restore=none "$FAST"
commit 1 1600 paris-lyon
ok "it is lit" until_word 1 ACTIVE
fault par-gap cut
ok "two of four are dark: IMPAIRED" until_word 1 IMPAIRED
is "$(planes 1)" "UP UP DOWN DOWN" "their states"
get 1
is "$(field .circuits[0].data_plane) $(field .circuits[0].provisioning) $(field .cause)" \
	"IMPAIRED PROVISIONED OpticalImpaired(paris-lyon)" "the circuit's and the lease's"
events 1
like "$BODY" '"circuit":"paris-lyon/3","from":"UP","to":"DOWN"' \
	"the ledger has it of the member"
like "$BODY" '"circuit":"paris-lyon","from":"UP","to":"IMPAIRED","cause":"3 of its 4 members carry light"' \
	"and of the circuit"
fault par-lyo cut
ok "all are dark: DOWN" wait_for 15 'get 1; [ "$(field .cause)" = "OpticalDown(paris-lyon)" ]'
is "$(planes 1)" "DOWN DOWN DOWN DOWN" "as they are"
agent_kill
starts "killed, it starts again"
fault par-gap recover
ok "two are back" wait_for 15 '[ "$(planes 1)" = "DOWN DOWN UP UP" ]'
get 1
is "$(field .state) $(field .cause)" "IMPAIRED OpticalImpaired(paris-lyon)" "IMPAIRED"
fault par-lyo recover
ok "as if nothing had been" until_word 1 ACTIVE
agrees "after cuts"
"${OCS_BUILDDIR:?}/cli/opticalctl" --url="unix:$D/sock" lease "$(lid 1)" >"$D/out" 2>&1
like "$(<"$D/out")" 'paris-lyon/3 +- +400G .*PROVISIONED +UP +par-gap,gap-lyo +par-[1-4],lyo-[1-4]' \
	"opticalctl shows each member with its route and ports"
# what is not ours is told and left alone
agent_kill
echo "S $(lid 1).0m7 lit 0 400000000000 paris lyon by-nce" >>"$D/ledger/ledger.db.sim"
echo "S $(lid 77).0m2 lit 0 400000000000 paris lyon by-nce" >>"$D/ledger/ledger.db.sim"
starts "two members that no lease has are in the network"
ok "an alarm" wait_for 15 'req GET /v1/state; [[ $BODY == *\"unknown-circuits\",*\"count\":2* ]]'
get 1 "?wait=1&state=RELEASING"	# time that it would have had
is "$(services)" "1.0 1.0m2 1.0m3 1.0m4 1.0m7 4d.0m2" "they are left alone"

# ---- from a ledger in which several were one service ----
anew "$FAST"
commit 1 400 paris-lyon
commit 2 1200 paris-lyon
ok "one member" until_word 1 ACTIVE
ok "three members" until_word 2 ACTIVE
agent_kill
sqlite3 "$D/ledger/ledger.db" "UPDATE leases SET body = json_remove(body,
	'\$.circuits[0].members[0].provisioning', '\$.circuits[0].members[0].data_plane',
	'\$.circuits[0].members[0].latency_us',
	'\$.circuits[0].members[1].provisioning', '\$.circuits[0].members[1].data_plane',
	'\$.circuits[0].members[1].latency_us',
	'\$.circuits[0].members[2].provisioning', '\$.circuits[0].members[2].data_plane',
	'\$.circuits[0].members[2].latency_us')"
printf 'D %s\n' "$(lid 2).0m2" "$(lid 2).0m3" >>"$D/ledger/ledger.db.sim"
starts "an older agent's ledger"
ok "its light is known again, the rest is set up" wait_for 15 \
	'[ "$(word 2) $(planes 2)" = "ACTIVE UP UP UP" ]'
is "$(word 1)" ACTIVE "what had one member is as it was"
agrees "after an upgrade"
is "$(grep -c "event=driver service=$(lid 1).* operation=create" "$D/log")" 1 \
	"it was set up once"

# ---- diverse, by the agent ----
anew Restore=agent HoldOff=100ms "$FAST"
protected 1 800 diverse
ok "diverse: it is lit" until_word 1 ACTIVE
is "$(routes 1)" "par-lyo par-gap+gap-lyo" "over two ways"
fault par-lyo cut
ok "one is cut: it goes by nice, apart from the other" wait_for 20 \
	'[ "$(routes 1) $(word 1)" = "by-nce par-gap+gap-lyo ACTIVE" ]'
agrees "one member went another way"
is "$(booked par-lyo) $(booked by-nce) $(booked par-gap)" "0 400 400" \
	"I1: what it uses is booked"
is "$(grep -c "event=driver service=$(lid 1).0m2 operation=remove" "$D/log")" 0 \
	"the other one was not touched"
# now only a way is left that shares its risk
fault par-lyo recover
fault par-gap cut
ok "the other is cut: there is light" wait_for 20 \
	'[ "$(planes 1)" = "UP UP" ]'
is "$(routes 1)" "by-nce par-lyo" "by a way that is not apart"
get 1
is "$(field .state) $(field .circuits[0].data_plane) $(field .cause)" \
	"IMPAIRED IMPAIRED OpticalImpaired(paris-lyon)" "IMPAIRED"
events 1
like "$BODY" '"circuit":"paris-lyon","from":"[A-Z]*","to":"IMPAIRED","cause":"not diverse any more: risk group rhone has 2 of its 2 members"' \
	"the ledger says why"
agent_kill
starts "killed, it starts again"
is "$(word 1)" IMPAIRED "still so"
fault par-gap recover
fault by-nce cut
ok "and over when they are apart again" wait_for 20 \
	'[ "$(routes 1) $(word 1)" = "par-gap+gap-lyo par-lyo ACTIVE" ]'
agrees "at the end"
release 1
ok "gone" until_word 1 GONE
fault by-nce recover
# by its controller, at the set-up
fault par-gap reroute
protected 2 800 diverse
ok "set up otherwise than asked for, not apart: it fails" until_word 2 GONE
get 2
like "$(field .cause)" '^not diverse any more: (link par-lyo|risk group rhone) has 2 of its 2 members' \
	"and says why"
is "$(services)" "" "I6: nothing is left"

# ---- 1+1 ----
anew Restore=none "$FAST"
protected 1 400 1+1
ok "1+1: it is lit" until_word 1 ACTIVE
is "$(routes 1) $(field .circuits[0].members[1].standby)" \
	"par-lyo par-gap+gap-lyo 1" "both legs"
agrees "1+1"
fault par-lyo cut
ok "one leg is cut: no longer protected" until_word 1 IMPAIRED
is "$(planes 1)" "DOWN UP" "traffic goes on"
fault par-lyo recover
ok "it is again" until_word 1 ACTIVE
req PATCH "/v1/leases/$(lid 1)" '{"rate_bps":200000000000}'
is "$STATUS" 202 "narrower"
ok "all of it" wait_for 15 'agree >/dev/null'
get 1
is "$(field .circuits[0].granted_bps) $(field .circuits[0].lit_bps)" \
	"200000000000 200000000000" "both legs are"
fault par-gap refuse
req PATCH "/v1/leases/$(lid 1)" '{"rate_bps":400000000000}'
ok "wider, and one leg is refused: both stay" wait_for 15 'get 1
	[ "$(field .circuits[0].granted_bps) $(field .circuits[0].lit_bps)" = "200000000000 200000000000" ]'
agrees "after a refused change"
release 1
ok "gone" until_word 1 GONE

no_trouble
agent_stop
is $RC 0 "it ends well"
done_testing
