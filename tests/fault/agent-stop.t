#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SIGTERM while clients come and go: the agent ends well each time. A thread of
# its pool that has just been woken is given time to be in the way.
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"
SLOW=$OCS_BUILDDIR/tests/fake/.libs/slow_del.so
[ -f "$SLOW" ] || bail "$SLOW is not built"

# come_and_go: connections of one request each, until $D/enough is there
come_and_go()
{
	python3 - "$D" <<-'X'
	import os, socket, sys, threading

	def client():
	    while not os.path.exists(sys.argv[1] + '/enough'):
	        try:
	            s = socket.socket(socket.AF_UNIX)
	            s.settimeout(5)
	            s.connect(sys.argv[1] + '/sock')
	            s.send(b'GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n')
	            s.recv(4096)
	            s.close()
	        except OSError:
	            pass

	for i in range(3):
	    threading.Thread(target=client).start()
	X
}

agent_conf "$FAST"
AGENT_WRAP=(env "LD_PRELOAD=$SLOW"
	"ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0")
at_exit 'touch "$D/enough"; wait'
come_and_go &
for i in $(seq 25); do
	agent_start || bail "the agent does not start"
	agent_stop
	[ "$RC" = 0 ] || break
done
is "$RC" 0 "25 times it was stopped, and ended well ($i)"
touch "$D/enough"
wait
not_ok "no word of libmicrohttpd's" grep -q 'Fatal error' "$D/log"
done_testing
