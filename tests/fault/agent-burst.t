#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Requests of many connections at the same moment are all answered. A thread of
# libmicrohttpd takes 128 events at a time, and when it got exactly so many it
# waits for the next before it looks at these: no thread may have so many
# connections. Where one has, this finds it and asks on all of them.
# shellcheck source=tests/lib/tap.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/tap.sh"
# shellcheck source=tests/lib/agent.sh
. "${OCS_SRCDIR:-$(dirname "$0")/../..}/tests/lib/agent.sh"

# burst PID: as many connections as five clusters may have; prints how many
# were opened, and how many requests at once got no answer
burst()
{
	python3 - "$1" "$D/sock" <<-'X'
	import os, resource, select, signal, socket, sys, time

	PING = b'GET /v1/ping HTTP/1.1\r\nHost: a\r\n\r\n'
	pid, path = int(sys.argv[1]), sys.argv[2]
	hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
	resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

	def sets():
	    """How many sockets each epoll set of the agent has."""
	    for fd in os.listdir('/proc/%d/fd' % pid):
	        try:
	            if os.readlink('/proc/%d/fd/%s' % (pid, fd)) == \
	                    'anon_inode:[eventpoll]':
	                with open('/proc/%d/fdinfo/%s' % (pid, fd)) as f:
	                    yield sum(line.startswith('tfd:') for line in f)
	        except OSError:
	            pass

	def unanswered(conns, limit_s):
	    left = {s.fileno(): s for s in conns}
	    poll, until = select.epoll(), time.monotonic() + limit_s
	    for fd in left:
	        poll.register(fd, select.EPOLLIN)
	    while left and time.monotonic() < until:
	        for fd, _ in poll.poll(0.2):
	            if left[fd].recv(65536):
	                poll.unregister(fd)
	                del left[fd]
	            else:
	                sys.exit('the agent hung up')
	    return len(left)

	conns = []
	while len(conns) < 1000:
	    os.seteuid(60001 + len(conns) // 200)
	    s = socket.socket(socket.AF_UNIX)
	    s.connect(path)
	    os.seteuid(0)
	    s.send(PING)
	    if unanswered([s], 10):
	        sys.exit('connection %d gets no answer' % len(conns))
	    conns.append(s)
	    # the socket that listens and the eventfd are of the set, too
	    if len(conns) > 126 and max(sets()) == 128 + 2:
	        break
	os.kill(pid, signal.SIGSTOP)
	try:
	    for s in conns:
	        s.send(PING)
	finally:
	    os.kill(pid, signal.SIGCONT)
	print(len(conns), unanswered(conns, 10))
	X
}

if [ "$(id -u)" != 0 ]; then
	skip "not root: can't become another user" 2
	done_testing
	exit
fi
agent_conf "$FAST" "Cluster=c1 User=60001" "Cluster=c2 User=60002" \
	"Cluster=c3 User=60003" "Cluster=c4 User=60004" "Cluster=c5 User=60005"
starts "the agent"
got=$(burst $AGENT_PID)
is "${got#* }" 0 "each request of a burst is answered (connections, left: $got)"
is "${got% *}" 1000 "and no thread has as many connections as it takes events at a time"
agent_stop
is "$RC" 0 "it ends well"
done_testing
