#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The brake on reconcile, controller epochs, and who may do what (peer credentials).
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

agent_conf "$FAST"
starts "the agent starts"

# the larger of 2 and 10 % in 10 min, per cluster
for n in 1 2; do commit $n 400 paris-lyon; done
commit 3 400 lyon-nice
CLUSTER=beta commit 4 400 lyon-nice
is "$STATUS" 202 "leases of two clusters"
release 1 reconcile
is "$STATUS" 202 "reconcile may remove one"
release 1 reconcile
like "$STATUS" '^20' "a repeat does not count"
release 2 reconcile
is "$STATUS" 202 "and two"
req GET /v1/state
is "$(field .brake)" 0 "no brake yet"
release 3 reconcile
is "$STATUS $(field .code)" "423 brake" "the third is stopped"
req GET /v1/state
is "$(field .brake)" 1 "the state says so"
get 3
is "$(field .reservation)" COMMITTED "the lease stays"
CLUSTER=beta release 4 reconcile
is "$STATUS" 202 "other clusters are not stopped"
agent_kill
starts "killed with the brake on"
release 3 reconcile
is "$STATUS" 423 "I2: it is still on"
release 3 job
is "$STATUS" 202 "jobs that end are not stopped"
like "$(<"$D/log")" 'event=brake cluster=alpha removals=2' "it is logged"
commit 5 400 paris-lyon
req POST /v1/clusters/alpha/confirm
is "$STATUS" 200 "an operator confirms"
req GET /v1/state
is "$(field .brake)" 0 "the brake is off"
release 5 reconcile
is "$STATUS" 202 "reconcile goes on"
req POST /v1/clusters/gamma/confirm
is "$STATUS" 404 "no such cluster"
# 10 % of many
for ((n = 100; n < 130; n++)); do
	LIST+="$(lease $n 13 paris-lyon)"$'\n'
done
agent_stop
agent_conf "$FAST" "LinkName=wide A=paris Z=lyon Km=400 Wavelengths=8 Rate=800G Granularity=client"
starts "with a wide link"
req POST /v1/clusters/alpha/confirm
while IFS= read -r line; do
	[ -z "$line" ] || req POST /v1/leases "$line"
done <<<"$LIST"
is "$STATUS" 201 "thirty leases"
for ((n = 100; n < 103; n++)); do release $n reconcile; done
is "$STATUS" 200 "three of thirty may go"
release 103 reconcile
is "$STATUS" 423 "the fourth may not"

# epochs
req POST /v1/clusters/alpha/epoch
FIRST=$(field .controller_epoch)
req POST /v1/clusters/alpha/epoch
ok "epochs grow" [ "$(field .controller_epoch)" -gt "$FIRST" ]
EPOCH=$FIRST
hold 6 400 paris-lyon
is "$STATUS $(field .code)" "409 stale" "an older controller can't hold"
commit 6 400 paris-lyon
is "$STATUS $(field .code)" "409 stale" "nor commit"
release 110
is "$STATUS $(field .code)" "409 stale" "nor release"
req DELETE "/v1/leases/$(lid 110)?why=operator"
is "$STATUS" 200 "an operator needs no epoch"
EPOCH=$((FIRST + 1))
hold 6 400 paris-lyon
is "$STATUS" 201 "the newest can"
EPOCH=0 CLUSTER=beta hold 7 400 lyon-nice
is "$STATUS" 201 "other clusters have their own"

# who may
if [ "$(id -u)" != 0 ]; then
	skip "only root can be several users" 20
	done_testing
	exit
fi
chmod 711 "$D"
req_as games GET /v1/ping
is "$(field .role) $(field .user)" "operator games" "Operator="
req_as daemon GET /v1/ping
is "$(field .role) $(field .clusters[0]) $(field '.clusters.#')" \
	"cluster alpha 1" "Cluster= User="
req_as nobody GET /v1/ping
is "$(field .role) $(field '.clusters.#')" "user 0" "anybody else"
req_as daemon GET "/v1/leases/$(lid 6)"
is "$STATUS $(field .circuits[0].route[0])" "200 wide" "a cluster sees its own"
req_as daemon GET "/v1/leases/$(lid 7)"
is "$STATUS $(field .code)" "403 denied" "not others'"
CLUSTER=beta EPOCH=0
req_as daemon POST /v1/leases "$(lease 8 400 lyon-nice)"
is "$STATUS" 403 "nor writes for them"
req_as daemon DELETE "/v1/leases/$(lid 7)?why=job&controller_epoch=0"
is "$STATUS" 403 "nor releases them"
req_as daemon POST /v1/clusters/beta/epoch
is "$STATUS" 403 "nor takes control"
req_as daemon POST /v1/clusters/alpha/confirm
is "$STATUS" 403 "no cluster takes its own brake off"
req_as daemon POST /v1/sim/faults '{"link":"wide","fault":"cut"}'
is "$STATUS" 403 "nor cuts links"
CLUSTER=alpha EPOCH=$((FIRST + 1)) USER_ID=$(id -u nobody)
req_as daemon POST /v1/leases "$(lease 9 400 lyon-nice)"
is "$STATUS" 201 "a cluster writes its own"
req_as daemon DELETE "/v1/leases/$(lid 9)?why=operator&controller_epoch=$EPOCH"
is "$STATUS" 403 "but is no operator"
req_as daemon GET /v1/state
like "$BODY" '"id":"0*6"' "its state has its leases"
unlike "$BODY" '"cluster":"beta"' "and no others"
req_as nobody GET /v1/state
is "$(field '.leases.#') $(field .leases[0].job_id)" "1 9" \
	"a user sees the own jobs' leases"
is "$(field '.leases[0].circuits[0].route.#')" 0 "without routes"
is "$(field .links[0].name)" paris-lyon "and pairs of sites for links"
is "$(field .links[0].capacity_bps)" 6400000000000 "with what they carry"
unlike "$BODY" 'wide|par-lyo' "no names of links"
req_as nobody GET "/v1/leases/$(lid 6)"
is "$STATUS" 403 "not others'"
req_as nobody GET "/v1/leases"
is "$(field '.leases.#')" 1 "in the list, too"
req_as nobody POST /v1/leases "$(lease 10 400 lyon-nice)"
is "$STATUS" 403 "users can't hold"
req_as nobody DELETE "/v1/leases/$(lid 9)?why=job"
is "$STATUS" 403 "nor release their own"
req_as nobody DELETE "/v1/leases/$(lid 999)?why=job"
is "$STATUS" 403 "nor make tombstones"
req_as games DELETE "/v1/leases/$(lid 9)?why=operator"
is "$STATUS" 200 "operators may"

# connections: prints how many of 40 that say nothing are still open
cat >"$D/crowd.pl" <<'X'
use IO::Socket::UNIX;
use IO::Select;
my @open = grep { $_ } map { IO::Socket::UNIX->new(Peer => $ARGV[0]) } 1 .. 40;
my $end = time + 10;
my $s = IO::Select->new(@open);
while (@open > 32 && time < $end) {
	for my $c ($s->can_read(0.1)) {	# closed
		$s->remove($c);
		@open = grep { $_ != $c } @open;
	}
}
print scalar @open, "\n";
$| = 1;
print STDERR "ready\n";
<STDIN>;
X
chmod 644 "$D/crowd.pl"
mkfifo "$D/fifo"
setpriv --reuid "$(id -u nobody)" --regid "$(id -g nobody)" --clear-groups \
	perl "$D/crowd.pl" "$D/sock" <"$D/fifo" >"$D/crowd" 2>"$D/crowd.err" &
CROWD=$!
exec 7>"$D/fifo"
wait_for 20 'grep -q ready "$D/crowd.err"'
req_as nobody GET /v1/ping
is "$STATUS" 000 "a user with 32 connections gets no more"
req_as daemon GET /v1/ping
is "$STATUS" 200 "clusters do"
exec 7>&-
wait $CROWD
is "$(<"$D/crowd")" 32 "the others stay open"
ok "afterwards it is let in again" wait_for 10 'req_as nobody GET /v1/ping; [ "$STATUS" = 200 ]'
agent_stop
is $RC 0 "it ends well"
done_testing
