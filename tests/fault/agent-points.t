#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
kill -9 at each place that agent/point.h names, under load, with many seeds:
what was acknowledged is there afterwards, once; nothing is booked or lit that
no lease has.

 agent-points.t [POINT [SEED]]

OCS_POINT_SEEDS (20) seeds for each point. A seed decides
what the clients ask and at which passing the agent dies; the order in which
threads run is theirs.
"""
import http.client
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

top = os.environ.get('OCS_SRCDIR') or os.path.join(os.path.dirname(__file__),
                                                   '../..')
build = os.environ['OCS_BUILDDIR']
AGENT = build + '/agent/opticald'
POINTED = build + '/tests/fault/opticald-points'
SEEDS = int(os.environ.get('OCS_POINT_SEEDS') or
            20)
G = 10 ** 9
LINKS = {'par-lyo': 4000 * G, 'lyo-nce': 4000 * G, 'spare': 400 * G}

# How often a place is passed in a short load: the passing that kills is
# 1 to this one.
OFTEN, SOME, RARE = 60, 8, 2
RARELY = {'ledger.removal', 'ledger.generation', 'ledger.checkpoint',
          'ledger.checkpointed', 'driver.link', 'driver.service',
          'request.asleep', 'request.awake'}
SOMETIMES = {'ledger.cluster', 'ledger.tombstone', 'ledger.doc',
             'driver.resize', 'attach.call', 'attach.spawn', 'attach.spawned',
             'attach.answer', 'attach.answered'}

CONF = '''Listen=unix:%(d)s/sock
Ledger=%(d)s/ledger/ledger.db
Cluster=alpha User=daemon
Driver=sim SimRealism=off SimSetupTime=5ms SimReleaseTime=5ms
HoldTTL=1h
SiteName=paris
SiteName=lyon
SiteName=nice
LinkName=par-lyo A=paris Z=lyon Km=460 Wavelengths=10 Rate=400G Granularity=client
LinkName=lyo-nce A=lyon Z=nice Km=300 Wavelengths=10 Rate=400G Granularity=client
LinkName=spare A=paris Z=lyon Km=4600 Wavelengths=1 Rate=400G Granularity=client
'''
# Where attachment is what is killed: paris and lyon have a program each, whose
# files say which lease has which VLAN there ("": nobody).
HOOK = '''#!/bin/sh
read -r in
lease=${in#*\\"lease\\":\\"} lease=${lease%%\\"*}
site=${in#*\\"site\\":\\"} site=${site%%\\"*}
vlan=${in#*\\"vlan\\":} vlan=${vlan%%,*}
file=@D/vlan/$site.$vlan owner=
[ ! -e "$file" ] || read -r owner <"$file"
case $in in
*\\"action\\":\\"attach\\"*)
	[ -z "$owner" ] || [ "$owner" = "$lease" ] || exit 1
	echo "$lease" >"$file" ;;
*)
	[ "$owner" != "$lease" ] || : >"$file" ;;
esac
echo '{"version":1}'
'''


def members(cir):
    """Each member of a circuit: its service's name behind the circuit's, its
    links, its part of a rate."""
    each = cir.get('members') or [{}]
    part = sum(not m.get('standby') for m in each)
    for n, m in enumerate(each, 1):
        yield 'm%d' % n if n > 1 else '', m.get('route', cir['route']), part


class Wrong(Exception):
    pass


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Client:
    """One connection; None for an answer that never came."""

    def __init__(self, path):
        self.http = Unix(path)

    def ask(self, method, target, body=None):
        try:
            self.http.request(method, target,
                              json.dumps(body) if body is not None else None)
            answer = self.http.getresponse()
            text = answer.read()
            return answer.status, json.loads(text or b'{}')
        except (OSError, http.client.HTTPException, ValueError):
            self.http.close()
            return None, None


class Run:
    def __init__(self, point, seed):
        self.point = point
        self.seed = seed
        self.dice = random.Random('%s:%d' % (point, seed))
        shm = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        self.d = tempfile.mkdtemp(prefix='ocs-point.', dir=shm)
        os.mkdir(self.d + '/ledger', 0o700)
        conf = CONF % {'d': self.d}
        self.hooks = point.startswith('attach.')
        if self.hooks:
            os.mkdir(self.d + '/vlan')
            with open(self.d + '/hook', 'w') as f:
                f.write(HOOK.replace('@D', self.d))
            os.chmod(self.d + '/hook', 0o755)
            for site in ('paris', 'lyon'):
                conf = conf.replace(
                    'SiteName=%s\n' % site, 'SiteName=%s Attach=hook '
                    'Vlans=1-4000 AttachProgram=%s/hook\n' % (site, self.d))
        with open(self.d + '/conf', 'w') as f:
            f.write(conf)
        self.agent = None
        self.lock = threading.Lock()
        self.lease = {}         # id: what was asked and answered
        self.epoch = 0          # acknowledged
        self.tried_epoch = 0
        self.drained = None     # what is sure of the spare link
        self.windows = {}       # id: True acknowledged, None unsure
        self.tombs = set()
        self.n = 0

    def start(self, program, kill=None):
        env = dict(os.environ, LC_ALL='C')
        env.pop('OCS_POINT_KILL', None)
        if kill:
            env['OCS_POINT_KILL'] = kill
        log = open(self.d + '/log', 'a')
        self.agent = subprocess.Popen([program, '-f', self.d + '/conf'],
                                      stdin=subprocess.DEVNULL, stdout=log,
                                      stderr=log, env=env)
        log.close()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if Client(self.d + '/sock').ask('GET', '/v1/ping')[0] == 200:
                return True
            if self.agent.poll() is not None:
                return False
            time.sleep(0.002)
        raise Wrong('the agent does not answer')

    def dead(self):
        return self.agent.poll() is not None

    # ---- the load ----

    def new_id(self):
        with self.lock:
            self.n += 1
            return '%08x%08x%016x' % (self.seed, self.n,
                                      self.dice.getrandbits(64))

    def body(self, i, dice):
        later = dice.random() < 0.15
        now = int(time.time())
        sites = dice.choice([('paris', 'lyon'), ('lyon', 'nice'),
                             ('paris', 'nice')])
        return {'id': i, 'cluster': 'alpha', 'job_id': dice.randrange(1 << 31),
                'user_id': 1000, 'user': 'anna', 'controller_epoch':
                self.epoch, 'start_s': now + 9999 if later else 0,
                'end_s': now + 20000, 'sites': [{'name': s} for s in sites],
                'circuits': [{'a': sites[0], 'z': sites[1], 'requested_bps':
                              dice.choice([10, 50, 100, 900]) * G,
                              'protect': dice.choice(
                                  ['none', 'diverse', '1+1'])
                              if sites == ('paris', 'lyon') else 'none'}]}

    def call(self, c, i, verb, method, target, body=None):
        """One call about lease I, remembered before and after."""
        with self.lock:
            rec = self.lease.setdefault(i, {'tried': set(), 'acked': set(),
                                            'body': None, 'refused': False,
                                            'unsure': False})
            rec['tried'].add(verb)
            if body and verb in ('hold', 'commit'):
                rec['body'] = rec['body'] or body
        status, answer = c.ask(method, target, body)
        with self.lock:
            if status in (200, 201, 202):
                rec['acked'].add(verb)
            elif status is None:
                rec['unsure'] = True
            elif verb == 'hold' and 'hold' not in rec['acked']:
                rec['refused'] = True
        return status

    def hold(self, c, dice):
        i = self.new_id()
        self.call(c, i, 'hold', 'POST', '/v1/leases', self.body(i, dice))

    def some(self, dice, *acked):
        with self.lock:
            ids = [i for i, r in self.lease.items()
                   if set(acked) <= r['acked'] and 'release' not in r['tried']]
        return dice.choice(ids) if ids else None

    def commit(self, c, dice):
        i = self.some(dice, 'hold')
        if i:
            body = dict(self.lease[i]['body'], controller_epoch=self.epoch)
            self.call(c, i, 'commit', 'POST', '/v1/leases/%s/commit' % i, body)

    def release(self, c, dice, why='job'):
        i = self.some(dice, *dice.choice([('hold',), ('hold', 'commit')]))
        if i:
            self.call(c, i, 'release', 'DELETE',
                      '/v1/leases/%s?controller_epoch=%d&why=%s' %
                      (i, self.epoch, why))

    def modify(self, c, dice):
        i = self.some(dice, 'hold', 'commit')
        if i:
            self.call(c, i, 'modify', 'PATCH', '/v1/leases/' + i,
                      {'controller_epoch': self.epoch, 'rate_bps':
                       dice.randrange(5, 120) * G})

    def again(self, c, dice):
        with self.lock:
            ids = [i for i, r in self.lease.items() if r['body']]
        if ids:
            i = dice.choice(ids)
            self.call(c, i, 'hold', 'POST', '/v1/leases',
                      self.lease[i]['body'])

    def tomb(self, c, dice):
        i = self.new_id()
        status, _ = c.ask('DELETE', '/v1/leases/%s?why=job' % i)
        if status == 404:
            self.tombs.add(i)

    def new_epoch(self, c, dice):
        status, answer = c.ask('POST', '/v1/clusters/alpha/epoch')
        with self.lock:
            self.tried_epoch += 1
            if status == 200:
                self.epoch = max(self.epoch, answer['controller_epoch'])

    def drain(self, c, dice):
        want = dice.random() < 0.5
        with self.lock:         # one at a time: else the order is not known
            self.drained = None
            status, _ = c.ask('POST', '/v1/links/spare/drain',
                              {'drained': want})
            if status == 200:
                self.drained = want

    def window(self, c, dice):
        i = self.new_id()
        now = int(time.time())
        self.windows[i] = None
        status, _ = c.ask('POST', '/v1/windows', {
            'id': i, 'link': 'spare', 'start_s': now + 50000,
            'end_s': now + 50100})
        if status == 201:
            self.windows[i] = True
            if dice.random() < 0.5:
                self.windows[i] = None
                if c.ask('DELETE', '/v1/windows/' + i)[0] == 200:
                    del self.windows[i]

    def fault(self, c, dice):
        c.ask('POST', '/v1/sim/faults', {'link': 'lyo-nce', 'fault':
              dice.choice(['cut', 'recover', 'recover', 'refuse']),
              'count': 1})

    def wait(self, c, dice):
        status, st = c.ask('GET', '/v1/ping')
        if status == 200:
            c.ask('GET', '/v1/state?since=%d&wait=1' % st['generation'])

    def client(self, k):
        dice = random.Random('%s:%d:%d' % (self.point, self.seed, k))
        c = Client(self.d + '/sock')
        verbs = [self.hold] * 5 + [self.commit] * 4 + [self.release] * 4 + \
            [self.modify] * 3 + [self.again, self.tomb, self.wait,
                                 self.drain, self.window]
        if k == 0:
            verbs += [self.new_epoch, self.fault, self.removal]
        while not self.dead() and time.monotonic() < self.limit:
            dice.choice(verbs)(c, dice)

    def removal(self, c, dice):
        self.release(c, dice, 'reconcile')
        if dice.random() < 0.3:
            c.ask('POST', '/v1/clusters/alpha/confirm')

    # ---- afterwards ----

    def check(self):
        c = Client(self.d + '/sock')
        status, answer = c.ask('GET', '/v1/leases?all=1')
        if status != 200:
            raise Wrong('leases: %s' % status)
        there = {}
        for lease in answer['leases']:
            if lease['id'] in there:
                raise Wrong('%s is there twice' % lease['id'])
            there[lease['id']] = lease
        for i, r in self.lease.items():
            self.check_lease(i, r, there.get(i))
        for i in there:
            if i not in self.lease:
                raise Wrong('%s was never asked for' % i)
        self.check_links(c)
        epoch = c.ask('POST', '/v1/clusters/alpha/epoch')[1]
        if epoch['controller_epoch'] <= self.epoch:
            raise Wrong('epoch %d was given before' %
                        epoch['controller_epoch'])
        self.epoch = epoch['controller_epoch']
        self.check_repeats(c, there)
        return there

    def check_lease(self, i, r, lease):
        acked, tried = r['acked'], r['tried']
        if not lease:
            if acked:
                raise Wrong('%s is lost: %s acknowledged' % (i, acked))
            return
        state = lease['reservation']
        if r['refused'] and not r['unsure'] and not acked and \
                'commit' not in tried and \
                state in ('HELD', 'COMMITTED'):
            raise Wrong('%s was refused and is %s' % (i, state))
        if 'release' in acked and state != 'TERMINATED':
            raise Wrong('%s was released and is %s' % (i, state))
        if 'release' not in tried:
            if 'commit' in acked and state not in ('COMMITTED', 'FAILED'):
                raise Wrong('%s was committed and is %s' % (i, state))
            if state == 'TERMINATED':
                raise Wrong('%s is TERMINATED: %s' % (i, lease['cause']))

    def check_links(self, c):
        st = c.ask('GET', '/v1/state')[1]
        booked = dict.fromkeys(LINKS, 0)
        granule = {k['name']: k.get('granule_bps') or 1 for k in st['links']}
        for lease in st['leases']:
            if lease['schedule'] == 'WAITING':
                continue
            for cir in lease['circuits']:
                if lease['reservation'] in ('HELD', 'COMMITTED') or \
                        cir['provisioning'] != 'RELEASED':
                    rate = max(cir['granted_bps'], cir['lit_bps'])
                    for _, route, part in members(cir):
                        for link in route:
                            g = granule[link]
                            booked[link] += -(-(rate // part) // g) * g
        for link in st['links']:
            if booked[link['name']] != link['booked_bps']:
                raise Wrong('%s: %d booked, leases have %d' % (
                    link['name'], link['booked_bps'], booked[link['name']]))
            if link['booked_bps'] > LINKS[link['name']]:
                raise Wrong('%s is oversold' % link['name'])
            if link['name'] == 'spare' and self.drained is not None and \
                    link['drained'] != self.drained:
                raise Wrong('the drain is lost')
        ids = [w['id'] for w in c.ask('GET', '/v1/windows')[1]['windows']]
        for i, sure in self.windows.items():
            if sure and i not in ids:
                raise Wrong('window %s is lost' % i)
        for i in ids:
            if i not in self.windows:
                raise Wrong('window %s was taken back' % i)

    def check_repeats(self, c, there):
        for i in self.tombs:
            body = self.body(i, self.dice)
            if c.ask('POST', '/v1/leases', body)[0] not in (409, 422):
                raise Wrong('%s was released, and held after it' % i)
        done = 0
        for i, r in self.lease.items():
            if not r['body'] or i not in there or done > 40:
                continue
            done += 1
            body = dict(r['body'], controller_epoch=self.epoch)
            status, _ = c.ask('POST', '/v1/leases', body)
            if status == 409:   # a set-up may have failed meanwhile
                there[i] = c.ask('GET', '/v1/leases/' + i)[1]
            ended = there[i]['reservation'] in ('TERMINATED', 'FAILED')
            if status != (409 if ended else 200):
                raise Wrong('%s, %s: repeated hold is %s' % (
                    i, there[i]['reservation'], status))

    def network(self):
        """Services in the simulated network's file."""
        services = {}
        with open(self.d + '/ledger/ledger.db.sim') as f:
            for line in f:
                word = line.split()
                if word[:1] == ['S']:
                    services[word[1]] = word[2]
                elif word[:1] == ['D']:
                    services.pop(word[1], None)
        return services

    def attached(self, leases):
        """What the programs did is what the leases say."""
        want, have = {}, {}
        for lease in leases:
            for cir in lease['circuits']:
                at = cir['attachment']
                if at['state'] == 'DETACHED':
                    continue
                if at['state'] != 'ATTACHED':
                    return False
                for site, end in ((cir['a'], at['a']), (cir['z'], at['z'])):
                    if end['hook']:
                        want['%s.%d' % (site, at['vlan'])] = lease['id']
        for name in os.listdir(self.d + '/vlan'):
            with open(self.d + '/vlan/' + name) as f:
                owner = f.read().strip()
            if owner:
                have[name] = owner
        return want == have

    def settle(self):
        """When all is done, light and leases are the same (I6)."""
        c = Client(self.d + '/sock')
        c.ask('POST', '/v1/sim/faults', {'link': '*', 'fault': 'recover',
                                         'count': 1})
        end = time.monotonic() + 30
        while True:
            want = set()
            leases = c.ask('GET', '/v1/state')[1]['leases']
            busy = [x for x in leases if x['state'] in
                    ('PROVISIONING', 'RELEASING', 'IMPAIRED', 'FAILED')]
            for x in leases:
                if x['reservation'] == 'COMMITTED' and \
                        x['schedule'] != 'WAITING':
                    want |= {'%s.%d%s' % (x['id'], k, name)
                             for k, cir in enumerate(x['circuits'])
                             for name, _, _ in members(cir)}
            lit = self.network()
            if not busy and set(lit) == want and \
                    set(lit.values()) <= {'lit'} and \
                    (not self.hooks or self.attached(leases)):
                return
            if time.monotonic() > end:
                raise Wrong('lit %s, wanted %s' % (
                    sorted(set(lit.items()))[:5], sorted(want)[:5]))
            time.sleep(0.01)

    def run(self):
        most = RARE if self.point in RARELY else \
            SOME if self.point in SOMETIMES else OFTEN
        nth = 1 + self.dice.randrange(most)
        if self.point == 'ledger.generation':
            nth = 1
        self.limit = time.monotonic() + 30
        reached = not self.start(POINTED, '%s:%d' % (self.point, nth))
        if not reached:
            threads = [threading.Thread(target=self.client, args=(k,))
                       for k in range(4)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
        self.agent.poll()
        if self.agent.returncode != -signal.SIGKILL:
            raise Wrong('never passed %d times (rc %s)' %
                        (nth, self.agent.returncode))
        self.start(AGENT)
        self.check()
        self.settle()
        self.agent.send_signal(signal.SIGTERM)
        if self.agent.wait(20):
            raise Wrong('the agent ends with %d' % self.agent.returncode)
        return nth

    def end(self):
        if self.agent and self.agent.poll() is None:
            self.agent.kill()
            self.agent.wait()
        shutil.rmtree(self.d, ignore_errors=True)


def one(job):
    run = Run(*job)
    try:
        return job, run.run(), None
    except Wrong as e:
        with open(run.d + '/log') as f:
            return job, 0, '\n#   '.join([str(e)] + f.read().splitlines()[-4:])
    finally:
        run.end()


def names():
    """The points of the sources, which are those of the header's table."""
    found = set()
    for name in os.listdir(top + '/agent'):
        if name.endswith('.c'):
            with open('%s/agent/%s' % (top, name)) as f:
                found |= set(re.findall(r'OCS_POINT\("([a-z.]+)"\)',
                                        f.read()))
    with open(top + '/agent/point.h') as f:
        table = f.read().split('*/')[1]
    listed, group = set(), ''
    for word in re.findall(r'(?<=[ ,])([a-z]*\.[a-z]+)(?=[,\s])', table):
        group = word.split('.')[0] or group
        listed.add(group + '.' + word.split('.')[1])
    return found, listed


def main():
    found, listed = names()
    count, failed = 0, 0

    def ok(good, name, *more):
        nonlocal count, failed
        count += 1
        print('%sok %d - %s' % ('' if good else 'not ', count, name),
              flush=True)
        for line in [] if good else more:
            print('# ' + line, file=sys.stderr, flush=True)
        failed += not good

    if len(sys.argv) > 1:
        found = {sys.argv[1]}
        seeds = [int(sys.argv[2])] if len(sys.argv) > 2 else range(SEEDS)
    else:
        seeds = range(SEEDS)
        ok(found == listed, 'the header names the points',
           str(sorted(found ^ listed)))
        ok(len(found) >= 24, '%d points' % len(found))
        with open(AGENT, 'rb') as f:
            shipped = f.read()
        ok(b'OCS_POINT_KILL' not in shipped and
           b'driver.answered' not in shipped, 'opticald itself has none')
    jobs = [(p, s) for p in sorted(found) for s in seeds]
    print('# %d points, seeds %d to %d' % (len(found), seeds[0], seeds[-1]))
    results = {}
    with multiprocessing.Pool(min(8, 2 * (os.cpu_count() or 1))) as pool:
        for job, nth, wrong in pool.imap_unordered(one, jobs):
            results.setdefault(job[0], []).append((job[1], nth, wrong))
    for point in sorted(results):
        bad = [r for r in results[point] if r[2]]
        ok(not bad, '%s: killed there %d times' % (
            point, len(results[point]) - len(bad)),
           *['seed %d: %s' % (s, w) for s, _, w in bad[:5]])
    print('1..%d' % count)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
