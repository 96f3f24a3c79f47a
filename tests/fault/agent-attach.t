#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Attachment: VLANs are one lease's at a time (I1); programs are called before
# ACTIVE (I4) and before the light goes, killed at their limit, believed only
# when their answer is right, called again after any crash.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/agent.sh"

# What the program does, by the files beside it:
#  wait.ACTION.SITE   it waits until the file is gone
#  exit.ACTION.SITE   it ends with that status
#  say.ACTION.SITE    it answers that
#  calls              gets "ACTION SITE begin|end", one a line
#  json.ACTION.SITE   gets what it was told
cat >"$D/hook" <<'X'
#!/bin/bash
cd "$(dirname "$0")" || exit 9
in=$(cat)
[[ $in =~ \"action\":\"([a-z]+)\" ]] && action=${BASH_REMATCH[1]}
[[ $in =~ \"site\":\"([a-z]+)\" ]] && site=${BASH_REMATCH[1]}
[[ $in =~ \"vlan\":([0-9]+) ]] && vlan=${BASH_REMATCH[1]}
printf '%s\n' "$in" >"json.$action.$site"
echo "$action $site begin" >>calls
id -un >"user.$action.$site"
echo $BASHPID >"pid.$action.$site"
while [ -e "wait.$action.$site" ]; do sleep 0.05; done
[ ! -e "hang.$action.$site" ] || { sleep "$(<nap)" & wait; }
[ ! -e "loud.$action.$site" ] || yes
echo "$action $site end" >>calls
echo "some words" >&2
if [ -e "say.$action.$site" ]; then
	cat "say.$action.$site"
else
	echo '{"version":1,"interface":"opt'$vlan'","prefix":"10.9.'$vlan'.0/25"}'
fi
[ ! -e "exit.$action.$site" ] || exit "$(<"exit.$action.$site")"
X
chmod 755 "$D/hook"
NAP=9$$000		# nobody else sleeps that long
echo $NAP >"$D/nap"

# sites SITE=KEYS...: those lines of the configuration get these keys
sites()
{
	local s

	agent_conf "$FAST" "Operator=root"
	for s; do
		sed -i "s#^SiteName=${s%%=*}\$#& ${s#*=}#" "$D/opticald.conf"
	done
}
calls() { grep -c "$1" "$D/calls" 2>/dev/null; }
forget_calls() { rm -f "$D"/{calls,json.*,wait.*,exit.*,say.*,hang.*,loud.*}; }
at() { get "$1"; field ".circuits[0].attachment.$2"; }
# until_at N STATE
until_at() { wait_for 15 '[ "$(at '"$1"' state)" = '"$2"' ]'; }
alarm() { req GET /v1/state; field '.alarms[0].code'; }
gone() { until_word "$1" GONE; }
# events N: FROM->TO of the axis attachment, in order
events()
{
	req GET "/v1/leases/$(lid "$1")/events"
	printf %s "$BODY" | perl -MJSON::PP -e '
		local $/; my $s = JSON::PP->new->decode(<STDIN>);
		print join " ", map { "$_->{from}>$_->{to}" }
			grep { $_->{axis} eq "attachment" } @{$s->{events}}'
}

# ---- VLANs ----
sites 'paris=Attach=vlan Vlans=100-102 Interface=bond0.{vlan} Prefix=10.{vlan/100}.{vlan%100}.0/24 Mtu=9000' \
	'lyon=Attach=vlan Vlans=101-103 Mtu=1500' \
	'nice=Attach=vlan Vlans=101-103'
starts "with pools of VLANs"
hold 1 100 paris-lyon
is "$STATUS $(field '.circuits[0].attachment.vlan') $(field '.circuits[0].attachment.state')" \
	"201 101 DETACHED" "a hold has a VLAN of both pools"
is "$(field '.circuits[0].attachment.a.interface') $(field '.circuits[0].attachment.a.prefix')" \
	"bond0.101 10.1.1.0/24" "the interface and the prefix that it makes"
is "$(field '.circuits[0].attachment.mtu')" 1500 "the smaller MTU"
hold 2 100 paris-lyon
is "$STATUS $(field '.circuits[0].attachment.vlan')" "201 102" "the next has another"
hold 3 100 paris-lyon
is "$STATUS" 409 "the third finds none"
like "$BODY" 'OpticalVlan\(paris-lyon,free=0\)' "and is told so"
hold 4 100 lyon-nice
is "$STATUS $(field '.circuits[0].attachment.vlan')" "201 103" \
	"a VLAN that is free at its ends only"
hold 5 100 paris-nice
is "$STATUS" 409 "101 and 102 are taken at paris, 103 is not its own"
commit 1 100 paris-lyon
ok "ACTIVE without anybody being called" until_word 1 ACTIVE
is "$(at 1 state)" ATTACHED "it is attached"
is "$(events 1)" "DETACHED>ATTACHED" "an event says so"
agent_kill
starts "after kill -9"
hold 3 100 paris-lyon
is "$STATUS" 409 "the VLANs are booked still"
release 2
ok "a hold goes" gone 2
hold 3 100 paris-lyon
is "$STATUS $(field '.circuits[0].attachment.vlan')" "201 102" "its VLAN comes back"
release 1
ok "a lease goes" gone 1
is "$(events 1)" "DETACHED>ATTACHED ATTACHED>DETACHED" "detached"
hold 6 100 paris-lyon
is "$STATUS $(field '.circuits[0].attachment.vlan')" "201 101" "its VLAN comes back"
for n in 3 4 6; do release $n; gone $n; done
body=$(lease 7 100 paris-lyon)
body=${body/'"z":"lyon"'/'"z":"lyon","attachment":{"vlan":102,"state":"ATTACHED"}'}
req POST /v1/leases "$body"
is "$STATUS $(field '.circuits[0].attachment.vlan') $(field '.circuits[0].attachment.state')" \
	"201 102 DETACHED" "a wish for a VLAN, and no more than that"
body=${body//$(lid 7)/$(lid 8)}
req POST /v1/leases "$body"
is "$STATUS $(field '.circuits[0].attachment.vlan')" "201 101" "one that is taken is another's"
body=${body//$(lid 8)/$(lid 9)}
req POST /v1/leases "${body/102/4095}"
is "$STATUS" 422 "4095 is no VLAN"
agent_stop
is "$RC" 0 "it ends well"

# ---- programs: as it should be ----
H="Attach=hook Vlans=200 AttachProgram=$D/hook"
rm -rf "$D/ledger"
sites "paris=$H AttachTimeout=60s Mtu=9000 Prefix=10.9.{vlan}.0/24" "lyon=$H"
sed -i "s#^\(SiteName=lyon.*\)AttachProgram=$D/hook#\1AttachProgram=\"$D/hook a b\"#" "$D/opticald.conf"
starts "with programs"
touch "$D/wait.attach.paris"
commit 1 100 paris-lyon
ok "both ends are called" wait_for 15 '[ "$(calls begin)" = 2 ]'
ok "one has ended" wait_for 15 '[ "$(calls end)" = 1 ]'
is "$(word 1) $(at 1 state)" "PROVISIONING ATTACHING" "it is not ACTIVE (I4)"
json=$(<"$D/json.attach.paris")
like "$json" '"version":1,"action":"attach","lease":"0+1","cluster":"alpha","job_id":1,"user":"anna","user_id":1000' \
	"the program is told who"
like "$json" '"end":"a","site":"paris","nodes":"paris\[1-2\]","peer_site":"lyon","peer_nodes":"lyon\[1-2\]"' \
	"and where"
like "$json" '"vlan":200,"interface":"","prefix":"10.9.200.0/24","peer_prefix":"","rate_bps":100000000000,"mtu":9000' \
	"and what"
rm "$D/wait.attach.paris"
ok "then it is ACTIVE" until_word 1 ACTIVE
is "$(at 1 a.interface) $(at 1 z.prefix) $(at 1 told_bps)" \
	"opt200 10.9.200.0/25 100000000000" "what the programs say is shown"
is "$(events 1)" "DETACHED>ATTACHING ATTACHING>ATTACHED" "events"
touch "$D/wait.detach.lyon"
release 1
ok "detach is called" wait_for 15 '[ "$(calls "detach.*begin")" = 2 ]'
ok "one end is done" wait_for 15 '[ "$(calls "detach.*end")" = 1 ]'
is "$(word 1) $(at 1 state) $(booked par-lyo)" "RELEASING DETACHING 400" \
	"the light stays until it is detached"
hold 2 100 paris-lyon
is "$STATUS" 409 "and the VLAN is booked"
get 1
is "$(field '.circuits[0].provisioning')" RELEASING "it is still lit"
rm "$D/wait.detach.lyon"
ok "then all goes" gone 1
req GET "/v1/leases/$(lid 1)/events"
like "$(grep -oE '"to":"(DETACHED|RELEASED)"' <<<"$BODY" | tr '\n' ' ')" \
	'^"to":"DETACHED" "to":"RELEASED" $' "the light after the traffic"
is "$(events 1)" "DETACHED>ATTACHING ATTACHING>ATTACHED ATTACHED>DETACHING DETACHING>DETACHED" \
	"events"
is "$(booked par-lyo)" 0 "nothing is booked"

# a released lease whose attach still runs
forget_calls
touch "$D/wait.attach.paris"
commit 3 100 paris-lyon
ok "attach runs" wait_for 15 '[ "$(calls begin)" = 2 ]'
release 3
ok "it is being released" until_at 3 DETACHING
is "$(calls detach)" "0" "no detach beside a running attach"
rm "$D/wait.attach.paris"
ok "detach comes after it" gone 3
is "$(grep paris "$D/calls" | tr '\n' ' ')" \
	"attach paris begin attach paris end detach paris begin detach paris end " "in this order"

# ---- programs that fail ----
# fails N NAME REGEX BLAME
fails()
{
	commit "$1" 100 paris-lyon
	ok "$2: the lease fails and is taken down" gone "$1"
	get "$1"
	is "$(field .reservation) $(field .blame)" "FAILED $4" "$2: $4"
	like "$(field .cause)" "$3" "$2: the cause"
	is "$(calls 'detach paris end') $(calls 'detach lyon end')" "1 1" "$2: detach is called for both ends"
	forget_calls
}
forget_calls
echo 1 >"$D/exit.attach.lyon"
fails 10 "exit 1" '^attach at lyon: exit status 1: some words$' fault
echo 2 >"$D/exit.attach.paris"
echo '{"version":1,"cause":"no such node"}' >"$D/say.attach.paris"
fails 11 "exit 2" '^attach at paris: exit status 2: no such node$' refused
n=20
for bad in '' 'hello' '[]' '{"version":2}' '{}' '{"version":1,"interface":"a b"}' \
	'{"version":1,"prefix":"10.0.0.0"}' '{"version":1,"interface":7}' '{"version":1}}'; do
	printf %s "$bad" >"$D/say.attach.paris"
	fails $((++n)) "answer '$bad'" '^attach at paris: its answer is no good: ' fault
done
touch "$D/loud.attach.paris"
fails 40 "an answer without end" '^attach at paris: killed: it said more' fault
agent_stop
sites "paris=$H AttachTimeout=1s" "lyon=$H"
starts "with a limit of a second"
touch "$D/hang.attach.paris"
fails 41 "a program that hangs" '^attach at paris: killed after AttachTimeout, 1000 ms$' fault
not_ok "its children are killed, too" pgrep -f "^sleep $NAP\$"
agent_stop
cp "$D/hook" "$D/going"
sed -i "s#^\(SiteName=paris.*\)AttachProgram=[^ ]*#\1AttachProgram=$D/going#" "$D/opticald.conf"
starts "with a program"
rm "$D/going"
commit 42 100 paris-lyon
ok "a program that is gone fails the lease" wait_for 15 'get 42; [ "$(field .reservation)" = FAILED ]'
get 42
like "$(field .cause)" 'attach at paris: not started: .*No such file' "and says why"
is "$(field .state)" FAILED "it can't be detached"
cp "$D/hook" "$D/going"
ok "until the program is back" until_word 42 GONE 60
agent_stop

# ---- detach fails, then heals ----
forget_calls
sites "paris=$H" "lyon=$H"
starts "again"
commit 50 100 paris-lyon
ok "it is attached" until_word 50 ACTIVE
echo 3 >"$D/exit.detach.paris"
release 50
ok "detach fails and is called again" wait_for 20 '[ "$(calls "detach paris end")" -ge 2 ]'
is "$(word 50) $(at 50 state)" "RELEASING DETACHING" "it stays so"
like "$(at 50 cause)" '^detach at paris: exit status 3: some words$' "it says why"
is "$(calls 'detach lyon end')" 1 "the other end is not called again"
is "$(alarm)" attach-failed "an operator is told"
is "$(booked par-lyo)" 400 "the light is booked"
hold 51 100 paris-lyon
is "$STATUS" 409 "and so is the VLAN"
agent_kill
starts "after kill -9"
ok "it is called again" wait_for 20 '[ "$(calls "detach lyon end")" -ge 2 ]'
ok "and told again" wait_for 15 '[ "$(alarm)" = attach-failed ]'
rm "$D/exit.detach.paris"
ok "then it heals" until_word 50 GONE 60
is "$(alarm)" null "no alarm"
hold 51 100 paris-lyon
is "$STATUS" 201 "the VLAN is free"
release 51

# ---- the agent dies in the middle ----
forget_calls
touch "$D/wait.attach.paris"
commit 60 100 paris-lyon
ok "attach runs" wait_for 15 '[ "$(calls begin)" = 2 ]'
agent_kill
starts "after kill -9 while attach runs"
ok "it waits for the old program" wait_for 15 'grep -q event=attach-wait "$D/log"'
is "$(calls begin)" 2 "and calls nobody beside it"
rm "$D/wait.attach.paris"
ok "then it calls again" until_word 60 ACTIVE
is "$(calls 'attach paris begin')" 2 "twice in all"
touch "$D/wait.detach.paris"
release 60
ok "detach runs" wait_for 15 '[ "$(calls "detach.*begin")" = 2 ]'
agent_kill
rm "$D/wait.detach.paris"
starts "after kill -9 while detach runs"
ok "it is detached" gone 60
is "$(booked par-lyo)" 0 "nothing is booked"

# ---- a freeze holds programs, too ----
forget_calls
commit 65 100 paris-lyon
ok "it is attached" until_word 65 ACTIVE
req POST /v1/freeze '{"frozen":true,"why":"a storm"}'
release 65
ok "it is being released" until_at 65 DETACHING
get 65 '?wait=3&state=RELEASING'	# answers when that changes, or after 3 s
is "$(field .state)" RELEASING "and stays so"
is "$(calls detach)" 0 "no program is called while it is frozen"
req POST /v1/freeze '{"frozen":false}'
ok "then it goes on" gone 65
is "$(calls 'detach paris end')" 1 "the program was called once"

# ---- the rate changes ----
forget_calls
commit 70 100 paris-lyon
ok "it is attached" until_word 70 ACTIVE
req PATCH "/v1/leases/$(lid 70)" '{"rate_bps":200000000000,"controller_epoch":0}'
is "$STATUS" 202 "the rate is changed"
ok "the programs are told" wait_for 15 '[ "$(at 70 told_bps)" = 200000000000 ]'
like "$(<"$D/json.attach.lyon")" '"action":"attach".*"rate_bps":200000000000' "by another attach"
is "$(word 70) $(at 70 state)" "ACTIVE ATTACHED" "it was attached all the time"

# ---- the end ----
forget_calls
touch "$D/hang.detach.paris"
release 70
ok "detach hangs" wait_for 15 '[ "$(calls "detach paris begin")" = 1 ]'
agent_stop
is "$RC" 0 "a program that hangs does not keep opticald from ending"
not_ok "it is killed" pgrep -f "^sleep $NAP\$"
forget_calls
if [ "$(id -u)" = 0 ]; then
	chmod 777 "$D"
	echo "AttachUser=nobody AttachParallel=1" >>"$D/opticald.conf"
	rm -f "$D"/pid.* "$D"/user.*
	starts "with AttachUser=nobody"
	ok "the rest is done" gone 70
	is "$(<"$D/user.detach.paris")" nobody "as that user"
	agent_stop
else
	skip "not root: can't become another user" 3
fi
done_testing
