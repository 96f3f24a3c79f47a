#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Attach=port: nothing tells jobs apart at a port, so one lease has all of it;
# Attach=vlan: leases share it. And the MTU of ports is told.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"
# shellcheck source=tests/lib/network.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/network.sh"

# anew ATTACH: paris has one port, lyon two; nice has none
anew()
{
	agent_kill
	rm -rf "$D/ledger"
	agent_conf 'SimSetupTime=50ms SimReleaseTime=1s' 'PortName=par-1 Site=paris Rate=400G Mtu=9000' \
		'PortName=lyo-1 Site=lyon Rate=400G' \
		'PortName=lyo-2 Site=lyon Rate=400G Mtu=4000'
	sed -i "s/^SiteName=.*/& $1/; /^LinkName=/s/\$/ Granularity=client/" "$D/opticald.conf"
	starts "the agent starts: $1"
}
# port NAME: booked of it, in G
port()
{
	req GET /v1/state
	printf %s "$BODY" | perl -MJSON::PP -e '
		local $/; my $s = JSON::PP->new->decode(<STDIN>);
		print map { $_->{booked_bps} / 1e9 } grep { $_->{name} eq $ARGV[0] } @{$s->{ports}}' "$1"
}

anew Attach=port
req GET /v1/state
is "$(field .ports[0].exclusive)" 1 "the state says so"
commit 1 100 paris-lyon
ok "one of 100G is lit" until_word 1 ACTIVE
is "$(port par-1) $(booked par-lyo)" "400 100" \
	"it has the whole port, of the link only its rate"
commit 2 100 paris-nice
is "$STATUS $(field .code) $(field .reason)" \
	"409 busy OpticalPort(par-1,need=100G,free=0G)" "another one has to wait for it"
commit 3 100 lyon-nice
is "$STATUS" 202 "not one from the other port"
ok "it is lit" until_word 3 ACTIVE
get 3
is "$(field .circuits[0].members[0].port_a)" lyo-2 "that nobody has"
commit 4 100 lyon-nice
is "$STATUS $(field .code)" "409 busy" "now both have somebody"
agrees "with whole ports"
req PATCH "/v1/leases/$(lid 1)" '{"rate_bps":200000000000}'
is "$STATUS" 202 "it is made wider"
ok "in the network, too" wait_for 15 agree
is "$(port par-1)" 400 "the port was its own anyway"
agent_kill
starts "killed, it starts again"
ok "it runs" until_word 1 ACTIVE
is "$(port par-1)" 400 "with the whole port"
release 1
ok "released" until_word 1 GONE
is "$(port par-1)" 0 "the port is free"
release 3
ok "the other, too" until_word 3 GONE
# circuits of one lease are one job's traffic
commit 5 100 paris-lyon paris-nice
ok "two circuits of one lease share its port" until_word 5 ACTIVE
is "$(port par-1)" 400 "all of it"
get 5
is "$(field .circuits[0].members[0].port_a) $(field .circuits[1].members[0].port_a)" \
	"par-1 par-1" "both end there"
is "$(field .circuits[0].mtu) $(field .circuits[1].mtu)" "9000 9000" \
	"the MTU that is known is told"
agrees "two circuits at one port"
commit 6 100 paris-nice
is "$STATUS" 409 "and nobody else's"
release 5
ok "released" until_word 5 GONE
is "$(port par-1)" 0 "the port is free"
commit 7 100 paris-lyon
ok "one more" until_word 7 ACTIVE
release 7
commit 8 400 paris-lyon
is "$STATUS" 409 "while it is taken down the port is not free"
ok "released" until_word 7 GONE

anew "Attach=vlan Vlans=100-199 Mtu=8000"
commit 1 100 paris-lyon
commit 2 100 paris-lyon
ok "VLANs: one is lit" until_word 1 ACTIVE
ok "so is another at the same port" until_word 2 ACTIVE
is "$(port par-1)" 200 "with what they need"
get 1
is "$(field .circuits[0].attachment.mtu)" 8000 "the least MTU: the site's"
commit 3 400 lyon-nice
get 3
is "$(field .circuits[0].attachment.mtu)" 4000 "or the port's"
is "$(field .circuits[0].members[0].port_a)" lyo-2 "which that is"

unlike "$(<"$D/log")" 'event=(ledger-error|driver-silent)' "no trouble in the log"
agent_stop
is $RC 0 "it ends well"
done_testing
