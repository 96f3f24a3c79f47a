# SPDX-License-Identifier: GPL-2.0-or-later
"""clients.py DIR ROUNDS - for clients.sh, which has the clusters DIR/plain, DIR/on

Each round calls every command once in each way, in an order that turns. Printed
per command and way, in milliseconds, of the time and of the CPU time: the
median; by how much a call takes longer than the plain one of its round, in the
median, with an interval that holds the true median with 95 %. "measurable":
that interval is above 0, and the median beyond what `again`, the plain one once
more, may differ by.
"""
import math
import os
import pwd
import subprocess
import sys
import time

WAYS = {"plain": "plain/etc", "again": "plain/etc", "installed": "plain/installed",
        "on": "on/etc", "configless": "on/cache"}
COMMANDS = ["sinfo", "squeue", "scontrol show node", "scontrol show job", "sacct -X",
            "sbatch -H --wrap true", "srun -Q -n1 true"]


def call(base, way, command):
    """Run COMMAND as the ordinary user; its time and its CPU time."""
    conf = os.path.join(base, WAYS[way])
    env = dict(os.environ, SLURM_CONF=conf + "/slurm.conf")
    work = os.path.join(base, WAYS[way].split("/")[0], "work")
    start = time.monotonic()
    child = subprocess.Popen(command.split(), env=env, cwd=work, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, user=USER.pw_uid, group=USER.pw_gid,
                             extra_groups=[])
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = status
    if status:
        sys.exit(f"{way}: {command}: status {status}")
    return (time.monotonic() - start) * 1000, (used.ru_utime + used.ru_stime) * 1000


def middle(values):
    """The median, and the values between which the true one is with 95 %."""
    s = sorted(values)
    half = 0.98 * math.sqrt(len(s))
    low = max(0, math.floor(len(s) / 2 - half))
    high = min(len(s) - 1, math.ceil(len(s) / 2 + half))
    return s[len(s) // 2], s[low], s[high]


def report(command, got):
    """got[way]: a list of (time, CPU time)."""
    lines = {way: f"{command:22} {way:10}" for way in WAYS}
    for which in (0, 1):
        plain = [g[which] for g in got["plain"]]
        noise = None
        for way in ["again"] + [w for w in WAYS if w != "again"]:
            mine = [g[which] for g in got[way]]
            text = f" {middle(mine)[0]:8.2f}"
            if way != "plain":
                mid, low, high = middle([a - b for a, b in zip(mine, plain)])
                text += f" {mid:+7.2f} ({low:+.2f} to {high:+.2f})"
                if noise is None:
                    noise = max(abs(low), abs(high))
                elif low > 0 and mid > noise:
                    text += " measurable"
            lines[way] += f"{text:44}"
    print("\n".join(line.rstrip() for line in lines.values()), flush=True)


BASE, ROUNDS = sys.argv[1], int(sys.argv[2])
USER = pwd.getpwnam("ocsalice")
times = {c: {w: [] for w in WAYS} for c in COMMANDS}
names = list(WAYS)
for w in names:             # the first calls read files
    for c in COMMANDS:
        call(BASE, w, c)
for n in range(ROUNDS):
    for c in COMMANDS:
        for i in range(len(names)):
            w = names[(n + i) % len(names)]
            times[c][w].append(call(BASE, w, c))
        call(BASE, "on", c)     # so many jobs there as on the other cluster
print(f"# {ROUNDS} rounds, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
print(f"{'# command':22} {'way':10} {'time, ms: longer than plain (95 %)':44}CPU, ms")
for c in COMMANDS:
    report(c, times[c])
