#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The running agent does what agent/openapi.yaml says, and all of it.

Each documented status of each address is provoked. No answer has a status, a
type, a member or a value that is not documented, and no good request has.
"""
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.environ.get('OCS_SRCDIR') or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('OCS_BUILDDIR', TOP)
sys.path.insert(0, os.path.join(TOP, 'tests/lib'))
sys.dont_write_bytecode = True

try:
    import openapi
except ImportError as e:
    print('1..0 # SKIP %s' % e)
    sys.exit(0)
if os.geteuid():
    print('1..0 # SKIP only root can be several users')
    sys.exit(0)

count = failed = 0


def ok(good, name, *more):
    global count, failed
    count += 1
    print('%sok %d - %s' % ('' if good else 'not ', count,
                            name.replace('#', '')), flush=True)
    if not good:
        failed += 1
        for line in more:
            print('#   %s' % line, file=sys.stderr, flush=True)
    return good


class Unix(http.client.HTTPConnection):
    """The Unix socket as user WHO; the kernel tells the agent."""

    def __init__(self, path, who):
        super().__init__('localhost', timeout=40)
        self.path = path
        self.who = who

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(40)
        os.seteuid(pwd.getpwnam(self.who).pw_uid)
        try:
            self.sock.connect(self.path)
        finally:
            os.seteuid(0)


D = tempfile.mkdtemp()
os.chmod(D, 0o711)
SOCK = D + '/sock'
doc = openapi.Document(TOP + '/agent/openapi.yaml')
used = set()        # codes of problems, by (op, status)


def send(conn, method, target, body, headers):
    """(status, type, body, headers); hangs up afterwards."""
    try:
        try:
            conn.request(method, target, body, headers)
        except BrokenPipeError:
            pass        # refused before all was sent: the answer is there
        r = conn.getresponse()
        return (r.status, (r.getheader('Content-Type') or '').split(';')[0],
                r.read(), r.headers)
    finally:
        conn.close()


def call(op, status, body=None, who='root', query='', tcp=None, headers=(),
         quiet=False, **params):
    """One request of OP that must be answered by STATUS (a number, or None for
    any). BODY: a value, or bytes as they are. Returns the answer's value."""
    method, path, node = doc.op[op]
    for name, value in params.items():
        path = path.replace('{%s}' % name, value)
    headers = dict(headers)
    raw = body
    if body is not None and not isinstance(body, bytes):
        raw = json.dumps(body).encode()
        headers['Content-Type'] = 'application/json'
    if tcp is None:
        conn = Unix(SOCK, who)
    else:
        conn = http.client.HTTPConnection('127.0.0.1', PORT, timeout=40)
        headers.update(tcp)
    got, kind, text, _ = send(conn, method, path + query, raw, headers)
    bad = doc.answer_errors(op, got, kind, text)
    if status is not None and got != status:
        bad.append('status %d, expected %d' % (got, status))
    if not isinstance(body, bytes):
        wrong = doc.request_errors(op, body)
        if got < 300 and wrong:
            bad += ['taken though its body is not as documented'] + wrong
    try:
        value = json.loads(text)
    except ValueError:
        value = {}
    if got >= 400 and isinstance(value, dict):
        used.add((op, got, value.get('code')))
    if bad or not quiet:
        ok(not bad, '%s %s%s as %s: %d' % (
            method, path[:80], query[:40],
            'nobody known' if tcp == {} else who, got),
           *bad, 'body: %s' % text[:300].decode('utf-8', 'replace'))
    return value


def start():
    global agent
    with open(D + '/log', 'ab') as log:
        agent = subprocess.Popen(
            [BUILD + '/agent/opticald', '-f', D + '/opticald.conf'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
    end = time.time() + 20
    while time.time() < end and agent.poll() is None:
        try:
            return send(Unix(SOCK, 'root'), 'GET', '/v1/ping', None, {})
        except OSError:
            time.sleep(0.05)
    with open(D + '/log') as log:
        sys.stderr.write(''.join('# ' + line for line in log))
    sys.exit('opticald does not start')


def until(what, good, limit=15):
    end = time.time() + limit
    while not good():
        if time.time() > end:
            return ok(False, what)
        time.sleep(0.05)
    return True


def lid(n):
    return '%032x' % n


EPOCH = 0


def lease(n, a='paris', z='lyon', rate=400, cluster='alpha', **more):
    value = {'id': lid(n), 'cluster': cluster, 'job_id': n, 'user_id': 65534,
             'user': 'anna', 'submit_s': 1714557700, 'restart_cnt': 0,
             'end_s': 0, 'controller_epoch': EPOCH,
             'sites': [{'name': a, 'nodes': a + '[1-2]'}, {'name': z}],
             'circuits': [{'a': a, 'z': z,
                           'requested_bps': rate * 10**9}]}
    value.update(more)
    return value


def word(n):
    text = send(Unix(SOCK, 'root'), 'GET', '/v1/leases/' + lid(n), None,
                {})[2]
    return json.loads(text).get('state')


def becomes(n, want):
    return until('lease %d becomes %s' % (n, want), lambda: word(n) == want)


def api_ops():
    return [op for op, (_, path, _) in doc.op.items()
            if path.startswith('/v1/')]


# ---- what any address may answer ----

def some_path(op):
    """Parameters that make an address of OP."""
    _, path, _ = doc.op[op]
    good = {'id': lid(1), 'name': 'alpha', 'circuit': lid(1) + '.0'}
    if path.startswith('/v1/links/'):
        good['name'] = 'par-lyo'
    return {name: good[name] for name in re.findall(r'{(\w+)}', path)}


def test_any():
    big = b'{' + b' ' * (1 << 20) + b'}'
    for op in api_ops():
        at = some_path(op)
        call(op, 401, tcp={}, **at)
        call(op, 401, tcp={'Authorization': 'Bearer ' + 'a' * 32}, **at)
        call(op, 400, query='?a=%zz', **at)
        call(op, 422, query='?' + '&'.join(
            'a%d=1' % i for i in range(17)), **at)
        call(op, 413, body=big, **at)


def test_methods():
    """Addresses take no other methods, and Allow says which they take."""
    for path, item in doc.doc['paths'].items():
        if not path.startswith('/v1/'):
            continue
        takes = {m.upper() for m in item if m in openapi.METHODS}
        for m in {'GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD', 'BREW',
                  'OPTIONS'} - takes:
            op = next(o for o, (_, p, _) in doc.op.items() if p == path)
            at = path
            for name, value in some_path(op).items():
                at = at.replace('{%s}' % name, value)
            status, _, _, headers = send(Unix(SOCK, 'root'), m, at, None, {})
            allow = set((headers.get('Allow') or '').split(', '))
            if status != 405 or allow != takes:
                ok(False, '%s %s: %d, Allow: %s' % (m, at, status, allow))
    ok(True, 'other methods get 405, and Allow is right')


def test_rubbish():
    """Whatever comes, the answer is a documented one."""
    bodies = [None, b'{', b'[]', b'{}', b'null', b'\xff', b'"x"',
              b'{"id":1,"sites":{},"link":[],"latency_us":"x"}',
              b'[' * 1000, b'{"a":1e999}', b'{"a":1}{']
    segments = ['x', '%00', '%ff', '..', '.', 'A' * 300, lid(7),
                lid(7) + '.0', '%2f', '*', "'--", lid(7).upper()]
    queries = ['', '?wait=x', '?wait=-1', '?limit=99999', '?all=2',
               '?since=99999999999999999999', '?why=x', '?a&a',
               '?controller_epoch=-1', '?job_id=4294967296', '?=', '?&&&',
               '?state=%0a', '?ended_s=1e3', '?after=x']
    before = count, failed
    for op in api_ops():
        names = re.findall(r'{(\w+)}', doc.op[op][1])
        for body in bodies:
            call(op, None, body=body, quiet=True, **some_path(op))
        for segment in segments:
            call(op, None, body=b'{}', quiet=True,
                 **{name: segment for name in names})
        for query in queries:
            call(op, None, body=b'{}', query=query, quiet=True,
                 **some_path(op))
        for who in 'daemon', 'nobody':
            call(op, None, body=b'{}', who=who, quiet=True, **some_path(op))
    ok(before == (count, failed), 'rubbish gets documented answers')


# ---- each address ----

def test_agent():
    call('ping', 200)
    for who in 'daemon', 'games', 'nobody':
        call('ping', 200, who=who)
        call('state', 200, who=who)
    g = call('state', 200)['generation']
    call('state', 200, query='?since=%d&wait=1' % g)
    call('state', 400, query='?since=x')
    call('state', 422, query='?wait=31')
    token = call('session', 201)['token']
    bearer = {'Authorization': 'Bearer ' + token}
    call('ping', 200, tcp=bearer)
    call('session', 403, tcp=bearer)


def test_leases():
    call('leases', 200)
    call('hold', 201, lease(1))
    call('hold', 200, lease(1))
    call('hold', 201, lease(2, 'lyon', 'nice', job_id=7,
                            end_s=int(time.time()) + 3600))
    page = call('leases', 200, query='?limit=1')
    call('leases', 200, query='?limit=1&after=' + page['next'])
    call('leases', 422, query='?limit=0')
    call('leases', 400, query='?after=x')
    call('hold', 400, lease(3, id='x'))
    call('hold', 400, b'{')
    call('hold', 403, lease(3), who='nobody')
    call('hold', 403, lease(3, cluster='beta'), who='daemon')
    call('hold', 422, lease(3, z='oslo'))
    call('hold', 422, lease(3, cluster='gamma'))
    call('hold', 409, lease(1, rate=200))           # conflict
    call('hold', 201, lease(4, rate=800, a='nice', z='rome'))
    call('hold', 409, lease(5, rate=800, a='nice', z='rome'))   # busy
    call('lease', 200, id=lid(1))
    call('lease', 200, id=lid(1), query='?wait=1&state=ACTIVE')
    call('lease', 200, id=lid(1), who='nobody')
    call('lease', 403, id=lid(1), who='bin')
    call('lease', 404, id=lid(99))
    call('lease', 400, id=lid(1), query='?wait=x')
    call('lease', 422, id=lid(1), query='?wait=31')
    call('commit', 202, lease(1), id=lid(1))
    call('commit', 200, lease(1), id=lid(1))
    call('commit', 400, lease(1), id=lid(2))
    call('commit', 403, lease(2), id=lid(2), who='nobody')
    call('commit', 409, lease(1, rate=100), id=lid(1))
    call('commit', 422, lease(1, a='oslo'), id=lid(1))
    becomes(1, 'ACTIVE')
    call('lease', 200, id=lid(1))
    call('events', 200, id=lid(1))
    call('events', 403, id=lid(1), who='bin')
    call('events', 404, id=lid(99))
    call('state', 200)


def test_measured():
    at = {'circuit': lid(1) + '.0'}
    good = {'latency_us': 3000, 'source': 'STAMP'}
    call('measurement', 404, **at)
    call('putMeasurement', 200, good, **at)
    call('putMeasurement', 200, {
        'latency_us': 3000, 'source': 'ODU', 'delay_variation_us': 2,
        'loss_ratio': 1e-9, 'time_ms': int(time.time() * 1000),
        'valid_s': 60}, **at)
    call('measurement', 200, **at)
    call('measurement', 200, who='nobody', **at)
    call('lease', 200, id=lid(1))
    call('measurement', 403, who='bin', **at)
    call('putMeasurement', 403, good, who='daemon', **at)
    call('putMeasurement', 400, {'latency_us': 3000}, **at)
    call('putMeasurement', 422, {'latency_us': 1, 'source': 'x'}, **at)
    call('putMeasurement', 404, good, circuit=lid(99) + '.0')
    call('putMeasurement', 409, good, circuit=lid(2) + '.0')    # not lit


def test_release():
    global EPOCH
    call('release', 400, id=lid(2), query='?why=because')
    call('release', 403, id=lid(2), query='?why=job', who='nobody')
    call('release', 404, id=lid(98), query='?why=job')
    call('hold', 409, lease(98))                    # its id is remembered
    call('release', 202, id=lid(1), query='?why=operator')
    becomes(1, 'GONE')
    call('release', 200, id=lid(1), query='?why=operator')
    call('hold', 409, lease(1))
    call('leases', 200, query='?all=1')
    call('epoch', 403, who='nobody', name='alpha')
    call('epoch', 404, name='gamma')
    old = call('epoch', 200, name='alpha')['controller_epoch']
    EPOCH = call('epoch', 200, {}, name='alpha')['controller_epoch']
    call('hold', 409, lease(6, controller_epoch=old))           # stale
    call('commit', 409, lease(2, 'lyon', 'nice', job_id=7,
                              controller_epoch=old), id=lid(2))
    call('release', 409, id=lid(2),
         query='?why=job&controller_epoch=%d' % old)
    for n in range(20, 23):
        call('hold', 201, lease(n, rate=1))
    by = '?why=reconcile&controller_epoch=%d' % EPOCH
    for n in range(20, 22):
        call('release', 200, id=lid(n), query=by)
    call('release', 423, id=lid(22), query=by)
    call('state', 200)
    call('release', 423, id=lid(22), query=by.replace('reconcile', 'unknown'))
    call('confirm', 403, name='alpha', who='daemon')
    call('confirm', 404, name='gamma')
    call('confirm', 200, name='alpha')
    call('release', 200, id=lid(22), query=by)


def test_compute():
    whole = {'time_ms': int(time.time() * 1000), 'valid_s': 60, 'sites': [{
        'name': 'paris', 'nodes_total': 4, 'nodes_idle': 3,
        'gpus': [{'type': 'h100', 'total': 32, 'idle': 24}]}],
        'pending': {'jobs': 1, 'circuits_bps': 400 * 10**9},
        'predicted_starts': [{'start_s': int(time.time()) + 60,
                              'sites': ['paris'], 'rate_bps': 10**9}]}
    call('compute', 200)
    call('putCompute', 200, {'sites': []}, name='beta')
    call('putCompute', 200, whole, name='alpha', who='daemon')
    call('compute', 200)
    call('compute', 200, who='daemon')
    call('compute', 403, who='nobody')
    call('putCompute', 400, {}, name='alpha')
    call('putCompute', 403, whole, name='alpha', who='nobody')
    call('putCompute', 404, whole, name='gamma')
    call('putCompute', 422, dict(whole, valid_s=0), name='alpha')


def test_gate():
    """Freeze and approval."""
    call('freezeAll', 200, {'frozen': True, 'why': 'a storm'})
    call('freezes', 200)
    call('freezes', 200, who='daemon')
    call('freezes', 403, who='nobody')
    call('state', 200)
    call('hold', 409, lease(44, 'paris', 'rome', rate=1))   # busy: frozen
    call('freezeAll', 400, {})
    call('freezeAll', 403, {'frozen': False}, who='daemon')
    call('freezeAll', 200, {'frozen': False})
    call('freezeLink', 200, {'frozen': True}, name='par-lyo')
    call('freezeLink', 400, {'frozen': 1, 'link': 'lyo-nce'}, name='par-lyo')
    call('freezeLink', 403, {'frozen': True}, name='par-lyo', who='daemon')
    call('freezeLink', 404, {'frozen': True}, name='nowhere')
    call('freezeLink', 200, {'frozen': False}, name='par-lyo')
    call('approve', 200, {'approve': True}, id=lid(40))     # WAITING
    call('approve', 200, {'approve': True}, id=lid(40))
    call('approve', 400, {}, id=lid(40))
    call('approve', 403, {'approve': True}, id=lid(40), who='daemon')
    call('approve', 404, {'approve': True}, id=lid(99))
    call('approve', 409, {'approve': False}, id=lid(41))    # it is lit
    call('lease', 200, id=lid(40))


def test_terms():
    """Later starts, changes, drains, windows, what-if."""
    now = int(time.time())
    later = lease(40, 'paris', 'rome', rate=100, start_s=now + 3600, end_s=now + 7200,
                  grace_s=60)
    call('hold', 201, later)
    call('commit', 202, later, id=lid(40))
    call('lease', 200, id=lid(40))                  # WAITING
    call('modify', 202, {'end_s': now + 7300, 'version': 1}, id=lid(40))
    call('modify', 200, {'end_s': now + 7300}, id=lid(40))
    call('modify', 202, {'start_s': now + 3700}, id=lid(40))
    call('modify', 409, {'end_s': now + 8000, 'version': 1}, id=lid(40))
    call('hold', 201, lease(43, 'paris', 'rome', rate=100,
                            start_s=now + 3600, end_s=now + 7200))
    call('modify', 409, {'rate_bps': 350 * 10**9}, id=lid(40))    # busy
    call('modify', 409, {'end_s': now + 8000, 'controller_epoch': 0},
         id=lid(40), who='daemon')                  # stale
    call('modify', 400, {'end_s': 'x'}, id=lid(40))
    call('modify', 403, {'end_s': 0}, id=lid(40), who='nobody')
    call('modify', 404, {'end_s': 0}, id=lid(99))
    call('modify', 422, {'end_s': now - 10}, id=lid(40))
    call('modify', 422, {'start_s': now - 10}, id=lid(40))
    call('hold', 201, lease(41, 'paris', 'rome', rate=100))
    call('commit', 202, lease(41, 'paris', 'rome', rate=100), id=lid(41))
    becomes(41, 'ACTIVE')
    call('modify', 202, {'rate_bps': 10**11 * 2}, id=lid(41))
    call('lease', 200, id=lid(41))
    call('events', 200, id=lid(40))
    call('events', 200, id=lid(41))
    asked = {'circuits': [{'a': 'paris', 'z': 'rome',
                           'requested_bps': 10**11}]}
    full = {'circuits': [dict(asked['circuits'][0], requested_bps=10**13)],
            'start_s': now + 100, 'duration_s': 3600}
    for who in 'root', 'daemon', 'nobody':
        call('whatIf', 200, asked, who=who)
        call('whatIf', 200, full, who=who)
    call('whatIf', 400, {}, )
    call('whatIf', 422, {'circuits': [{'a': 'nice', 'z': 'oslo',
                                       'requested_bps': 1}]})
    call('windows', 200)
    window = {'id': lid(60), 'link': 'par-rom', 'start_s': now + 10,
              'end_s': now + 4000, 'note': 'splice'}
    call('addWindow', 201, window)
    call('addWindow', 200, window)
    call('addWindow', 409, dict(window, end_s=now + 5000))
    call('addWindow', 400, dict(window, id='x'))
    call('addWindow', 403, window, who='daemon')
    call('addWindow', 422, dict(window, id=lid(61), end_s=now - 10,
                                start_s=now - 20))
    call('drain', 200, {'drained': True, 'note': 'works'}, name='par-lyo')
    call('drain', 400, {'drained': 'yes'}, name='par-lyo')
    call('drain', 403, {'drained': True}, name='par-lyo', who='daemon')
    call('drain', 404, {'drained': True}, name='nowhere')
    call('windows', 200)
    call('windows', 200, who='daemon')
    call('windows', 403, who='nobody')
    call('hold', 409, lease(42))                    # drained
    call('state', 200)
    call('drain', 200, {'drained': False}, name='par-lyo')
    test_gate()
    call('removeWindow', 403, id=lid(60), who='daemon')
    call('removeWindow', 200, id=lid(60))
    call('removeWindow', 404, id=lid(60))


def test_faults():
    call('faults', 200)
    call('faults', 403, who='daemon')
    call('fault', 403, {'link': 'par-lyo', 'fault': 'cut'}, who='daemon')
    call('fault', 200, {'link': 'par-lyo', 'fault': 'refuse', 'count': 1})
    call('faults', 200)
    call('fault', 400, {'link': 'par-lyo', 'fault': 'burn'})
    call('fault', 404, {'link': 'nowhere', 'fault': 'cut'})
    call('fault', 422, {'link': 'par-lyo', 'fault': 'cut', 'count': 0})
    call('fault', 200, {'link': 'nce-rom', 'fault': 'foreign', 'count': 9})
    call('state', 200)
    call('fault', 409, {'link': 'nce-rom', 'fault': 'foreign'})
    call('fault', 200, {'link': 'nce-rom', 'fault': 'recover'})
    call('hold', 201, lease(30))
    call('commit', 202, lease(30), id=lid(30))      # refused: FAILED
    until('lease 30 has failed', lambda: word(30) in ('FAILED', 'GONE'))
    call('lease', 200, id=lid(30))
    call('events', 200, id=lid(30))
    call('fault', 200, {'link': 'lyo-nce', 'fault': 'cut'})
    call('state', 200)
    call('fault', 200, {'link': '*', 'fault': 'recover'})


def public(method, path):
    return send(http.client.HTTPConnection('127.0.0.1', PUBLIC, timeout=40),
                method, path, None, {})


def test_public():
    """HttpListen: what is documented for it, and nothing of the rest."""
    call('hold', 201, lease(50, user='zaphod', rate=1))
    call('commit', 202, lease(50, user='zaphod', rate=1), id=lid(50))
    becomes(50, 'ACTIVE')
    for op in set(doc.op) - set(api_ops()):
        method, path, _ = doc.op[op]
        status, kind, body, headers = public(method, path)
        bad = doc.answer_errors(op, status, kind, body)
        ok(status == 200 and not bad, '%s on HttpListen: %d' % (path, status),
           *bad)
        whole = body + str(headers).encode()
        named = [name for name in (b'zaphod', b'anna', b'daemon', b'games',
                                   lid(50).encode(), b'uid=')
                 if name in whole]
        ok(not named, '%s names no user and no lease' % path, str(named))
        ok(public('POST', path)[0] == 405, 'POST %s: 405' % path)
        ok(send(Unix(SOCK, 'root'), 'GET', path, None, {})[0] == 404,
           '%s is not among the addresses of leases' % path)
    wrong = []
    for op in api_ops():
        method, path, _ = doc.op[op]
        for name, value in some_path(op).items():
            path = path.replace('{%s}' % name, value)
        for m in {method, 'GET'}:
            status, _, body, _ = public(m, path)
            if status != 404 or b'zaphod' in body:
                wrong.append('%s %s: %d' % (m, path, status))
    ok(not wrong, 'nothing of /v1 is on HttpListen', *wrong)


def test_trouble():
    """The disk fails: 503, with a problem that is documented."""
    global EPOCH
    EPOCH = call('epoch', 200, name='alpha')['controller_epoch']
    trace = subprocess.Popen(
        ['strace', '-f', '-q', '-e', 'trace=fdatasync', '-e',
         'inject=fdatasync:error=EIO', '-o', '/dev/null', '-p',
         str(agent.pid)], stderr=subprocess.PIPE)
    try:
        if not until('strace is attached to all threads', lambda: all(
                'TracerPid:\t0' not in open(
                    '/proc/%d/task/%s/status' % (agent.pid, t)).read()
                for t in os.listdir('/proc/%d/task' % agent.pid))):
            return
        call('commit', 503, lease(51, rate=1), id=lid(51))
        call('hold', 503, lease(52, rate=1))
        call('epoch', 503, name='beta')
        call('drain', 503, {'drained': True}, name='par-lyo')
        call('state', 200)
        status, kind, body, _ = public('GET', '/readyz')
        bad = doc.answer_errors('readyz', status, kind, body)
        ok(status == 503 and not bad, 'not ready: %s' % body, *bad)
    finally:
        trace.terminate()
        trace.wait()


def finish():
    """All that is documented was seen, and each code that 409 has."""
    missing = sorted(doc.documented() - set(doc.seen))
    ok(not missing, 'every documented status was provoked',
       *['%s %s: never %s' % (doc.op[op][0], doc.op[op][1], status)
         for op, status in missing])
    extra = sorted(k for k in set(doc.seen) - doc.documented()
                   if int(k[1]) < 500)
    ok(not extra, 'no other was seen', *map(str, extra))
    for op, codes in ('hold', {'busy', 'conflict', 'stale'}), \
            ('commit', {'conflict', 'stale'}), \
            ('modify', {'busy', 'conflict', 'stale'}):
        have = {c for o, s, c in used if o == op and s == 409}
        ok(codes <= have, '%s: 409 for each of %s' % (
            op, ', '.join(sorted(codes))), str(have))


def main():
    global PORT, PUBLIC
    with open(D + '/opticald.conf', 'w') as f:
        f.write('''Listen=unix:%s/sock
Listen=127.0.0.1:0
HttpListen=127.0.0.1:0
Ledger=%s/ledger.db
Cluster=alpha User=daemon
Cluster=beta User=bin
Operator=games
Driver=sim SimRealism=off SimSetupTime=30ms SimReleaseTime=30ms
SiteName=paris
SiteName=lyon
SiteName=nice
SiteName=rome
LinkName=par-lyo A=paris Z=lyon Km=460 Wavelengths=8 Rate=400G
LinkName=lyo-nce A=lyon Z=nice Km=300 Wavelengths=8 Rate=400G
LinkName=nce-rom A=nice Z=rome Km=500 Wavelengths=2 Rate=400G
LinkName=par-rom A=paris Z=rome Km=1100 Wavelengths=1 Rate=400G Granularity=client
''' % (D, D))
    ok(not doc.check(), 'the schemas are schemas', *doc.check())
    start()
    with open(D + '/log') as log:
        text = log.read()
    PORT = int(re.search(r'at=127\.0\.0\.1:(\d+)$',
                         text, re.M).group(1))
    PUBLIC = int(re.search(
        r'at=127\.0\.0\.1:(\d+) public=yes', text).group(1))
    test_any()
    test_methods()
    test_agent()
    test_leases()
    test_measured()
    test_release()
    test_compute()
    test_terms()
    test_faults()
    test_public()
    test_rubbish()
    test_trouble()
    finish()
    agent.send_signal(signal.SIGTERM)
    ok(agent.wait(20) == 0, 'it ends well')
    print('1..%d' % count)
    return failed != 0


agent = None
try:
    sys.exit(main())
finally:
    if agent and agent.poll() is None:
        agent.kill()
        agent.wait()
    shutil.rmtree(D, ignore_errors=True)
