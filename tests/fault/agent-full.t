#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The ledger's file system, a real one, gets full, and becomes read-only, under
# an agent that runs: clear refusals, nothing is booked that nobody was promised,
# and all goes on when there is space again.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"

command -v mkfs.ext4 >/dev/null || skip_all "no mkfs.ext4"
# What is mounted here nobody else sees, and it goes with us.
if [ -z "${OCS_TEST_UNSHARED-}" ]; then
	unshare -m true 2>/dev/null || skip_all "mounts are not allowed"
	OCS_TEST_UNSHARED=1 exec unshare -m "$0" "$@"
fi
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"
mkdir "$D/ledger"
truncate -s 16M "$D/img"
mkfs.ext4 -q -F -m 0 "$D/img"
mount -o loop "$D/img" "$D/ledger" 2>/dev/null || skip_all "loop mounts are not allowed"
at_exit 'agent_kill; umount -l "$D/ledger"'

fill()
{
	cat /dev/zero >"$D/ledger/ballast" 2>/dev/null
	# what is left of a block's room for small files
	for i in 1 2 3 4 5; do
		head -c 512 /dev/zero 2>/dev/null >>"$D/ledger/ballast"
	done
}

# refused WHAT: a clear word, and no booking
refused()
{
	is "$STATUS $(field .code)" "503 io" "$1 is refused"
	like "$(field .detail)" "$2" "and it says why"
}

# until_refused: hold leases of the links nobody counts until one is refused;
# N of them were
until_refused()
{
	for N in $(seq 100 400); do
		hold "$N" 1 nice-oslo
		[ "$STATUS" = 201 ] || return 0
	done
	return 1
}

agent_conf "$FAST" \
	SiteName=oslo \
	"LinkName=big A=nice Z=oslo Km=100 Wavelengths=10 Rate=400G Granularity=client"
starts "the agent starts on an ext4 of 16 MiB"
commit 1 400 paris-lyon
is "$STATUS" 202 "a commit"
ok "active" until_word 1 ACTIVE
hold 2 400 paris-lyon
is "$STATUS" 201 "a hold"

# ---- full ----
fill
until_refused
is $? 0 "the disk is full: holds go on while there is room, then not"
refused "one" 'full'
# what the refused one had begun to write is room for something smaller
for i in $(seq 20); do
	req POST /v1/links/par-nce/drain '{"drained":true}'
	[ "$STATUS" = 200 ] || break
done
refused "in the end a drain, too," 'full'
req GET "/v1/leases/$(lid "$N")"
is "$STATUS" 404 "I2: there is no such lease"
held=$((N - 100))
is "$(booked big)" $held "I1: what was promised is booked, no more"
commit 2 400 paris-lyon
refused "a commit" 'full'
get 2
is "$(field .reservation)" HELD "it is as it was"
release 1
refused "a release" 'full'
is "$(word 1)" ACTIVE "it is as it was"
release 9999
refused "a release of what it does not know" 'full'
req POST /v1/clusters/alpha/epoch
refused "an epoch" 'full'
req GET /v1/state
is "$STATUS" 200 "it still tells what it knows"
is "$(booked par-lyo)" 800 "and what is booked"

# ---- room again ----
rm "$D/ledger/ballast"
hold "$N" 1 nice-oslo
is "$STATUS" 201 "with room again the same hold is taken"
commit 2 400 paris-lyon
is "$STATUS" 202 "and the same commit"
ok "which is set up" until_word 2 ACTIVE
release 1
is "$STATUS" 202 "and the same release"
ok "which ends" until_word 1 GONE
req POST /v1/clusters/alpha/epoch
is "$STATUS $(field .controller_epoch)" "200 1" "the first epoch: none was lost"
EPOCH=1
is "$(booked big)" $((held + 1)) "I1: all that was promised is booked"

# ---- a start on a full disk ----
agent_kill
fill
# what the log has of room is used up by the starts
for i in $(seq 200); do
	"$AGENT" -f "$D/opticald.conf" </dev/null >/dev/null 2>"$D/err" &
	AGENT_PID=$!
	wait_for 20 '! kill -0 $AGENT_PID 2>/dev/null || grep -q event=ready "$D/err"' || break
	kill -0 $AGENT_PID 2>/dev/null || break
	agent_kill
done
wait "$AGENT_PID"
is $? 1 "a start on a full disk is refused"
AGENT_PID=
like "$(<"$D/err")" 'event=start-failed cause=".*(full|No space)' "and says why"
rm -f "$D/ledger/ballast"
starts "with room again it starts"
is "$(booked big)" $((held + 1)) "I2: with all that was promised"
is "$(word 2)" ACTIVE "and lit"

# ---- read-only ----
hold 3 400 lyon-nice
is "$STATUS" 201 "a hold"
mount -o remount,abort "$D/ledger"
commit 3 400 lyon-nice
refused "a commit on a disk that has become read-only" \
	'[Rr]ead-only|readonly|I/O error'
hold 4 100 nice-oslo
refused "a hold" '[Rr]ead-only|readonly|I/O error'
release 2
refused "a release" '[Rr]ead-only|readonly|I/O error'
is "$(word 2)" ACTIVE "what is lit stays lit"
req GET "/v1/leases/$(lid 4)"
is "$STATUS" 404 "I2: no lease that nobody was promised"
is "$(booked big)" $((held + 1)) "I1: nor a booking of it"
agent_kill
umount "$D/ledger"
mount -o loop,ro "$D/img" "$D/ledger" 2>/dev/null ||
	{ fsck.ext4 -p "$D/img" >/dev/null; mount -o loop,ro "$D/img" "$D/ledger"; }
OUT=$("$AGENT" -f "$D/opticald.conf" 2>&1)
is $? 1 "a start on a read-only disk is refused"
like "$OUT" 'event=start-failed cause=".*([Rr]ead-only|readonly|unable to open)' \
	"and says why"
umount "$D/ledger"
fsck.ext4 -p "$D/img" >/dev/null
mount -o loop "$D/img" "$D/ledger"
starts "writable again it starts"
is "$(word 2)" ACTIVE "I2: with what was committed"
is "$(booked big)" $((held + 1)) "and with what was held"
# a hold survives the process, not the disk: a commit brings all of it again
commit 3 400 lyon-nice
is "$STATUS" 202 "the commit that was refused is taken"
agent_stop
is $RC 0 "it ends well"
done_testing
