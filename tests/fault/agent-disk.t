#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# I2 at the system calls: holds are written before their answer, commits,
# releases and epochs are on the disk before theirs; a disk that fails.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

command -v strace >/dev/null || skip_all "no strace"
strace -o /dev/null true 2>/dev/null || skip_all "strace is not allowed"
CALLS=pwrite64,fdatasync,sendto,sendmsg,write,writev

# agent_pid: of opticald itself, not of its strace
agent_stop_traced()
{
	pkill -TERM -P "$AGENT_PID"
	wait "$AGENT_PID"
	AGENT_PID=
}
at_exit '[ -z "$AGENT_PID" ] || pkill -KILL -P "$AGENT_PID"'

# before STATUS: the system calls up to the first answer with STATUS, since the
# last look; one letter each: w a write of the ledger's log, s a sync that
# succeeded
SEEN=0
before()
{
	wait_for 10 'tail -n +$((SEEN + 1)) "$D/trace" | grep -q "HTTP/1.1 '"$1"'"'
	tail -n +$((SEEN + 1)) "$D/trace" |
		sed -n '/HTTP\/1.1 '"$1"'/q
			s/.*pwrite64(.*/w/p
			s/.*\(fdatasync(.*\|fdatasync resumed.*\) = 0.*/s/p' |
		tr -d '\n'
}
seen()
{
	SEEN=$(wc -l <"$D/trace")
}

agent_conf "$FAST"
AGENT_WRAP=(strace -f -q -y -e "trace=$CALLS" -s 32 -o "$D/trace")
starts "the agent starts under strace"
seen
hold 1 400 paris-lyon
is "$STATUS" 201 "hold"
like "$(before 201)" 'w' "I2: in the log before its answer"
seen
commit 1 400 paris-lyon
is "$STATUS" 202 "commit"
like "$(before 202)" 'w.*s' "I2: on the disk before its answer"
ok "active" until_word 1 ACTIVE
seen
release 1
is "$STATUS" 202 "release"
like "$(before 202)" 'w.*s' "I2: on the disk before its answer"
ok "gone" until_word 1 GONE
seen
req POST /v1/clusters/alpha/epoch
is "$STATUS" 200 "epoch"
like "$(before 200)" 'w.*s' "I2: on the disk before its answer"
EPOCH=1
seen
release 9
is "$STATUS" 404 "a tombstone"
like "$(before 404)" 'w.*s' "I2: on the disk before its answer"
agent_stop_traced

# the disk fails
AGENT_WRAP=()
starts "the agent starts"
commit 2 400 paris-lyon
is "$STATUS" 202 "a commit that is synced"
ok "active" until_word 2 ACTIVE
strace -f -q -e trace=fdatasync -e inject=fdatasync:error=EIO -o "$D/trace2" \
	-p $AGENT_PID 2>"$D/strace" &
STRACE=$!
at_exit 'kill $STRACE 2>/dev/null'
if ! wait_for 10 'grep -q "^TracerPid:[[:space:]]*[1-9]" /proc/$AGENT_PID/task/*/status &&
		! grep -L "^TracerPid:[[:space:]]*[1-9]" /proc/$AGENT_PID/task/*/status | grep -q .'; then
	cat "$D/strace" >&2
	bail "strace can't be attached"
fi
commit 3 400 paris-lyon
is "$STATUS $(field .code)" "503 io" "I2: one that is not is not confirmed"
like "$(field .detail)" 'Input/output error' "and says why"
like "$(<"$D/log")" 'event=ledger-failed' "it is logged"
not_ok "I2: the network was not told" grep -q "$(lid 3)" "$D/ledger/ledger.db.sim"
hold 4 400 lyon-nice
is "$STATUS $(field .code)" "503 io" "nothing more is promised"
release 2
is "$STATUS $(field .code)" "503 io" "nor released"
req GET /v1/state
is "$STATUS" 200 "it still tells what it knows"
agent_kill
wait $STRACE
starts "restarted on a disk that works"
ok "what was confirmed is there" until_word 2 ACTIVE
release 2
is "$STATUS" 202 "and it goes on"
agent_stop
is $RC 0 "it ends well"
done_testing
