#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/examples/stamp-probe: the packets of RFC 8762, over a path with a
# delay that is known, and what it tells the agent.
# shellcheck disable=SC2016
. "${OCS_SRCDIR:?}/tests/lib/tap.sh"
. "$OCS_SRCDIR/tests/lib/agent.sh"
PROBE=$OCS_SRCDIR/contrib/examples/stamp-probe
at_exit 'kill $REFLECTOR $RELAY 2>/dev/null; wait'

agent_conf SimSetupTime=50ms SimReleaseTime=50ms Measurer=games
starts "opticald starts"
commit 1 400 paris-lyon
ok "a circuit is lit" until_word 1 ACTIVE

# relay PORT MS: UDP from a port of its own, printed, to PORT on loopback and
# back, each way MS late; every 10th packet is lost
relay()
{
	exec python3 -u -c '
import heapq, select, socket, sys, time
to, ms = int(sys.argv[1]), float(sys.argv[2])
front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
front.bind(("127.0.0.1", 0))
back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
back.connect(("127.0.0.1", to))
print(front.getsockname()[1])
queue, peer, n, seen = [], None, 0, 0
while True:
    left = max(0, queue[0][0] - time.monotonic()) if queue else None
    for s in select.select([front, back], [], [], left)[0]:
        data, who = s.recvfrom(2048)
        n += 1
        if s is front:
            peer = who
            seen += 1
            if seen % 10 == 0:
                continue
        heapq.heappush(queue, (time.monotonic() + ms / 1000, n, s is front, data))
    while queue and queue[0][0] <= time.monotonic():
        _, _, out, data = heapq.heappop(queue)
        if out:
            back.send(data)
        else:
            front.sendto(data, peer)
' "$@"
}

python3 -u "$PROBE" reflect --bind 127.0.0.1 --port 0 >"$D/reflector" &
REFLECTOR=$!
ok "a reflector" wait_for 10 'grep -q reflecting "$D/reflector"'
PORT=$(sed 's/.* port //' "$D/reflector")

# the packet, octet by octet
python3 - "$PORT" >"$D/packet" <<'X'
import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.connect(('127.0.0.1', int(sys.argv[1])))
sent = struct.pack('!IIIH', 7, 0x01020304, 0x05060708, 0x8a2b) + bytes(30)
s.send(bytes(43))       # too short: no answer
s.send(sent)
r = s.recv(2048)
print('length', len(r), 'sequence', struct.unpack('!I', r[:4])[0])
print('echo', struct.unpack('!IIIH', r[24:38]) ==
      (7, 0x01020304, 0x05060708, 0x8a2b))
print('mbz', r[14:16] == b'\0\0' and r[38:40] == b'\0\0' and
      r[41:] == b'\0\0\0')
unix = time.time() + 2208988800
took = struct.unpack('!I', r[16:20])[0]
print('times', abs(took - unix) < 60, r[4:12] >= r[16:24])
s.send(sent + b'x' * 100)
print('padded', len(s.recv(2048)))
X
is "$(<"$D/packet")" "length 44 sequence 7
echo True
mbz True
times True True
padded 144" "what it answers is RFC 8762's packet, as long as what came"

relay "$PORT" 8 >"$D/relay" &
RELAY=$!
ok "a path of 8 ms each way" wait_for 10 '[ -s "$D/relay" ]'
OUT=$(python3 "$PROBE" send 127.0.0.1 --port "$(<"$D/relay")" --count 50 \
	--circuit "$(lid 1).0" --agent "unix:$D/sock" 2>&1)
is $? 0 "it measures, and the agent takes it: $OUT"
req GET "/v1/circuits/$(lid 1).0/measurements"
is "$STATUS $(field .source) $(field .valid_s)" "200 STAMP 300" \
	"the agent has it"
US=$(field .latency_us)
ok "8 ms one way, and what a loaded machine adds: $US us" \
	[ "$US" -ge 8000 -a "$US" -lt 30000 ]
is "$(field .loss_ratio)" 0.1 "a tenth was lost"
ok "opticalctl shows it" grep -q STAMP \
	<("$OCS_BUILDDIR/cli/opticalctl" -u "unix:$D/sock" measure "$(lid 1)")

OUT=$(python3 "$PROBE" send 127.0.0.1 --port "$PORT" --count 20 \
	--circuit "$(lid 1).0" --agent "unix:$D/sock" 2>&1)
is $? 1 "over loopback alone it is faster than light"
like "$OUT" 'the agent says 422.*light needs' "which the agent does not believe"
OUT=$(python3 "$PROBE" send 127.0.0.1 --port 9 --count 3 --timeout 0.2 2>&1)
is $? 1 "nothing came back"
like "$OUT" 'nothing came back|refused' "and it says so"
agent_stop
is $RC 0 "opticald ends well"
done_testing
