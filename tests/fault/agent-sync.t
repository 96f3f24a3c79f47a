#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Concurrent clients share syncs, a hold does not wait for a disk that is slow,
# and each commit is answered after a sync that began when it was written.
# shellcheck disable=SC2016
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

command -v strace >/dev/null || skip_all "no strace"
strace -o /dev/null true 2>/dev/null || skip_all "strace is not allowed"
CLIENTS=32 EACH=10 SLOW_MS=300

# load: CLIENTS connections, each holds and commits EACH leases; when all have
# begun to commit, another holds 10 times. Tells what was answered, and the
# median time of those holds in ms.
load()
{
	python3 - "$D/sock" $CLIENTS $EACH <<-'X'
	import http.client, json, socket, sys, threading, time

	class Unix(http.client.HTTPConnection):
	    def connect(self):
	        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
	        self.sock.settimeout(120)
	        self.sock.connect(sys.argv[1])

	def ask(c, target, n):
	    c.request('POST', target.replace('ID', '%032x' % n), json.dumps({
	        'id': '%032x' % n, 'cluster': 'alpha', 'job_id': 1,
	        'user_id': 1000, 'user': 'anna', 'sites': [{'name': 'paris'},
	        {'name': 'lyon'}], 'circuits': [{'a': 'paris', 'z': 'lyon',
	        'requested_bps': 1000000}]}))
	    r = c.getresponse()
	    r.read()
	    return r.status

	clients, each = int(sys.argv[2]), int(sys.argv[3])
	count = {}
	lock = threading.Lock()
	begun = threading.Barrier(clients + 1)

	def client(k):
	    c = Unix('agent')
	    for i in range(each):
	        n = 1 + k * each + i
	        status = [ask(c, '/v1/leases', n)]
	        if not i:
	            begun.wait(120)
	        status.append(ask(c, '/v1/leases/ID/commit', n))
	        with lock:
	            for s in status:
	                count[s] = count.get(s, 0) + 1

	threads = [threading.Thread(target=client, args=(k,))
	           for k in range(clients)]
	for t in threads:
	    t.start()
	begun.wait(120)
	c, took = Unix('agent'), []
	for i in range(10):
	    start = time.monotonic()
	    status = ask(c, '/v1/leases', 1 + clients * each + i)
	    took.append(time.monotonic() - start)
	    with lock:
	        count[status] = count.get(status, 0) + 1
	for t in threads:
	    t.join()
	print(' '.join('%d:%d' % s for s in sorted(count.items())))
	print(int(sorted(took)[5] * 1000))
	X
}

# syncs: how many began so far
syncs()
{
	grep -c 'fdatasync(' "$D/trace"
}

agent_conf SimSetupTime=1h \
	"LinkName=big A=paris Z=lyon Km=100 Wavelengths=100 Rate=400G Granularity=client"
# a leak checker is a tracer itself
AGENT_WRAP=(env "ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0" strace -f -q -e trace=fdatasync
	-e "inject=fdatasync:delay_enter=$((SLOW_MS * 1000))" -o "$D/trace")
at_exit '[ -z "$AGENT_PID" ] || pkill -KILL -P "$AGENT_PID"'
starts "an agent whose disk needs $SLOW_MS ms for a sync"
before=$(syncs)
ok "$CLIENTS clients hold and commit" eval 'load >"$D/answers"'
commits=$((CLIENTS * EACH))
is "$(head -n 1 "$D/answers")" "201:$((commits + 10)) 202:$commits" \
	"each is answered as it should be"
n=$(($(syncs) - before))
ok "$commits commits share $n syncs: at least two each" [ $((2 * n)) -le $commits ]
ok "but there are some: no commit is older than its sync" [ $n -ge $EACH ]
ms=$(tail -n 1 "$D/answers")
ok "a hold meanwhile takes $ms ms: it waits for no sync" [ "$ms" -lt $((SLOW_MS / 2)) ]
pkill -TERM -P "$AGENT_PID"
wait "$AGENT_PID"
is $? 0 "it ends well"
AGENT_PID=
AGENT_WRAP=()
starts "again, without strace"
req GET "/v1/leases?all=1"
is "$(grep -o '"reservation":"COMMITTED"' <<<"$BODY" | wc -l)" $commits \
	"all that was committed is there"
agent_stop
is $RC 0 "it ends well"
done_testing
