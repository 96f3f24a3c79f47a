#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
scheduler - `make bench-scheduler`: is Slurm any slower with slurm-optical?

    scheduler.py --inst=PREFIX --time-job-test=FILE.so [PART]...

Two clusters alike, one of plain Slurm, are measured in turns; a figure is the
median of five rounds. HACKING.md says which figure is what. Exits 1 if one is
short, 2 if there is none.
"""
import argparse
import os
import signal
import statistics
import subprocess
import sys

import bed
from bed import Broken, ratios

ROUNDS = 5
BIG_BF = "--slurm-conf-extra=SchedulerParameters=" \
    "bf_interval=5,bf_continue,bf_max_time=600,bf_max_job_test=1000"
TWO_NODES = ("-N2", "-t", "10")
CIRCUIT = ("--optical-bw=10G", "--optical-span=2")


# ---- submit: how fast jobs come in ----

TURN, TURNS = 40, 20        # short ones: a machine is not as fast at all times


def submit_turn(b, *options):
    """TURN held jobs, by 8 sbatch at a time: wall seconds and CPU, of all and
    of slurmctld."""
    before, ctld = bed.children_cpu_s(), b.ctld_cpu_s()
    took = b.submit_many([b.top + "/job.sh"] * TURN, "-H", *TWO_NODES, *options)
    ctld = b.ctld_cpu_s() - ctld
    return took, bed.children_cpu_s() - before + ctld, ctld


def submit_round(plain, ours, options, flip):
    """TURNS of each: jobs per second of wall time and of CPU time, CPU
    of slurmctld in ms per job; of plain, of ours."""
    sums = ([0.0] * 3, [0.0] * 3)
    for i in range(TURNS):
        turns = [(plain, ()), (ours, options)]
        for b, o in turns[::-1 if (i + flip) % 2 else 1]:
            for k, x in enumerate(submit_turn(b, *o)):
                sums[b is ours][k] += x
    n = TURN * TURNS
    return [(n / s[0], n / s[1], s[2] * 1000 / n) for s in sums]


def job_script(b):
    with open(b.top + "/job.sh", "w", encoding="ascii") as f:
        f.write("#!/bin/sh\nexit 0\n")
    os.chmod(b.top + "/job.sh", 0o755)


def part_submit(beds, f):
    plain, ours = beds.pair("--cloud", bed.site_options(["paris", "lyon"], 50))
    for b in (plain, ours):
        job_script(b)
        submit_turn(b)          # all that is read once has been read
    got = {"": ([], []), "_with_option": ([], [])}
    for r in range(ROUNDS):
        for kind, rows in got.items():
            both = submit_round(plain, ours, CIRCUIT if kind else (), r)
            rows[0].append(both[0])
            rows[1].append(both[1])
    for kind, (p, o) in got.items():
        for i, what in enumerate(("per_s", "per_cpu_s",
                                  "slurmctld_cpu_ms_per_job")):
            for name, rows in (("plain", p), ("ours", o)):
                f.note(f"submit{kind}_{what}_{name}",
                       statistics.median(x[i] for x in rows))
        for i, what in enumerate(("rate", "rate_by_cpu")):
            f.figure(f"submit_{what}{kind}_of_plain",
                     ratios([x[i] for x in o], [x[i] for x in p]),
                     0.9 if kind else 0.97, at_least=True)


# ---- memory of slurmctld, after each round of a part ----

class Memory:
    """How much depends on which thread's heap took what, too: medians."""

    def __init__(self, *pair):
        self.pair = pair
        self.mb = ([], [])      # (resident, anonymous) of each round

    def take(self):
        for b, rows in zip(self.pair, self.mb):
            rows.append(b.memory_mb())

    def figure(self, f, name):
        for b, rows in zip(self.pair, self.mb):
            f.note(f"memory_{name}_mb_{b.name}",
                   " ".join(f"{x[0]:.1f}" for x in rows))
            f.note(f"memory_{name}_anonymous_mb_{b.name}",
                   " ".join(f"{x[1]:.1f}" for x in rows))
        p, o = ([x[0] for x in rows] for rows in self.mb)
        f.figure(f"memory_{name}_of_plain", ratios(o, p), 1.10)


# ---- job_test: what one answer of the select plugin costs ----

def asked(b, *options):
    """One `sbatch --test-only`: what it spent in job_test, CPU in ms."""
    n = b.job_tests.count()
    b.run("sbatch", "--test-only", "-t", "60", *options, b.top + "/job.sh")
    calls = b.job_tests.since(n)
    if not calls:
        raise Broken(f"{b.name}: job_test was not called")
    return sum(c[0] for c in calls) / 1e6


def warm(plain, ours, kinds):
    """Each question, until it is answered: nodes and the agent are there; and
    ten times more."""
    for common, option in kinds.values():
        for b, o in ((plain, ()), (ours, option)):
            b.wait("a question is answered", 60, lambda b=b, o=o: b.answers(
                "sbatch", "--test-only", "-t", "60", *common, *o,
                b.top + "/job.sh"))
    for _ in range(10):
        for common, option in kinds.values():
            asked(plain, *common)
            asked(ours, *common, *option)


def job_test_kinds(plain, ours, kinds, per_round):
    """{KIND: (plain, ours)}, the medians of rounds; all; the memory. Questions
    of one kind take turns, and who is first does: each slurmctld was asked the
    same before, so that its data are as near to the processor. Each round has
    slurmctlds of its own: how its memory happens to lie makes one faster than
    the next."""
    got = {k: ([], []) for k in kinds}
    every = {k: ([], []) for k in kinds}
    mem = Memory(plain, ours)
    for b in (plain, ours):
        job_script(b)
    for r in range(ROUNDS):
        for b in (plain, ours) if r else ():
            b.control("restart-one", b.dir, "slurmctld")
        warm(plain, ours, kinds)
        rows = {k: ([], []) for k in kinds}
        for k, (common, option) in kinds.items():
            turns = [(0, plain, common), (1, ours, (*common, *option))]
            for _ in range(per_round):
                for side, b, args in turns:
                    rows[k][side].append(asked(b, *args))
                turns.reverse()
        for k, pair in rows.items():
            for side in (0, 1):
                got[k][side].append(statistics.median(pair[side]))
                every[k][side].extend(pair[side])
        mem.take()
    return got, every, mem


def job_test_size(beds, f, nodes, sites):
    names = bed.site_names(sites)
    plain, ours = beds.pair("--cloud", bed.site_options(names, nodes // sites))
    big = ("-N64", "--gpus-per-node=8")
    kinds = {
        "": (big, ()),
        "_with_option": (big, CIRCUIT),
        "_with_option_one_site": (big, ("--optical-bw=10G",)),
    }
    if nodes // sites < 64:
        del kinds["_with_option_one_site"]
    before = [b.sdiag() for b in (plain, ours)]
    got, _, mem = job_test_kinds(plain, ours, kinds, 10)
    for k, (p, o) in got.items():
        f.note(f"job_test_{nodes}{k}_ms_plain", statistics.median(p))
        f.note(f"job_test_{nodes}{k}_ms_ours", statistics.median(o))
        f.figure(f"job_test_{nodes}{k}_of_plain", ratios(o, p),
                 1.10 if k else 1.03)
    for b, was in zip((plain, ours), before):
        f.note(f"job_test_{nodes}_will_run_rpc_ms_{b.name}",
               b.rpc_ms("REQUEST_JOB_WILL_RUN", was, b.sdiag()))
    mem.figure(f, str(nodes))
    beds.close()


def part_job_test(beds, f):
    job_test_size(beds, f, 1000, 20)
    job_test_size(beds, f, 10000, 20)


# ---- sites: placement over many ----

def part_sites(beds, f):
    """64 sites of 200 nodes in a torus of 128 links: requests for circuits
    that need one, two or four sites, and others beside them."""
    names = bed.site_names(64)
    plain, ours = beds.pair(
        "--cloud", bed.site_options(names, 200),
        ours=[bed.torus_option(names, 8, 8), "--setup-time=10ms"])
    kinds = {
        "1_site": (("-N100", "--gpus-per-node=8"), ("--optical-bw=100G",)),
        "2_sites": (("-N256", "--gpus-per-node=8"), ("--optical-bw=100G",)),
        "4_sites": (("-N512", "--gpus-per-node=8"),
                    ("--optical-bw=100G", "--optical-span=4")),
    }
    _, every, mem = job_test_kinds(plain, ours, kinds, 20)
    for k, (p, o) in every.items():
        p, o = bed.part_of(p, 0.99), bed.part_of(o, 0.99)
        f.note(f"sites_64_{k}_p99_ms_plain", p)
        f.note(f"sites_64_{k}_p99_ms_ours", o)
        f.figure(f"sites_64_{k}_p99_ms_above_plain", o - p, 5)
    mem.figure(f, "sites_64")


# ---- backfill: one cycle over a queue that cannot start ----

def fill(b, n_running, n_pending, optical):
    """All nodes are taken for a while, and a queue waits for them."""
    job_script(b)
    # a fifth of what runs and of what waits has circuits
    def option(i, nodes):
        return f" {' '.join(CIRCUIT)}" if optical and i % 5 == 0 and \
            nodes > 1 else ""
    b.submit_many([f"-N50 -t 60{option(i, 50)} {b.top}/job.sh"
                   for i in range(n_running)], "--gpus-per-node=8")
    b.wait("all nodes are taken", 120, lambda: len(b.run(
        "squeue", "-h", "-t", "CF,R", "-o", "%i").split()) == n_running)
    if optical:
        b.wait("the circuits are up", 60, lambda: b.run(
            "opticalctl", "leases", "--all").count(" ACTIVE ") ==
            n_running // 5)
    pause(b, True)
    b.submit_many([f"-N{2 + 7 * i % 31} -t {60 << i % 3}"
                   f"{option(i, 2)} {b.top}/job.sh" for i in
                   range(n_pending)], "--gpus-per-node=8")


def pause(b, down):
    """Jobs of a partition that is down are nothing to schedule."""
    b.run("scontrol", "update", "PartitionName=all",
          "State=" + ("DOWN" if down else "UP"))


def cycle(b, depth):
    """One backfill cycle over all: CPU in s of its thread, of that in
    job_test; what sdiag says, in s."""
    was, cpu, n = b.sdiag(), b.thread_cpu_s("bckfl"), b.job_tests.count()
    seen = {}
    pause(b, False)

    def over():
        seen.update(b.sdiag())
        return seen["bf_cycles"] > was["bf_cycles"] and \
            seen["bf_depth"] >= depth
    b.wait("a cycle of backfill", 300, over)
    cpu = b.thread_cpu_s("bckfl") - cpu
    pause(b, True)
    if seen["started"] > was["started"]:
        raise Broken(f"{b.name}: jobs were started")
    tests = sum(c[0] for c in b.job_tests.since(n)) / 1e9
    return cpu, tests, seen["bf_last_us"] / 1e6


def part_backfill(beds, f):
    pending = 400
    plain, ours = beds.pair(
        "--cloud", bed.site_options(bed.site_names(20), 50), BIG_BF,
        ours=["--setup-time=10ms"])
    for b in (plain, ours):
        fill(b, 20, pending, b is ours)
    rows, mem = ([], []), Memory(plain, ours)
    for r in range(ROUNDS + 1):
        turn = [cycle(b, pending) for b in (plain, ours)]
        if r:
            mem.take()
        f.note("backfill_round", " ".join(f"{x:.3f}" for x in
                                          turn[0] + turn[1]))
        for side in (0, 1):
            if r:               # the first warms up
                rows[side].append(turn[side])
    for b, side in ((plain, rows[0]), (ours, rows[1])):
        for i, what in enumerate(("cpu_s", "job_test_cpu_s", "wall_s")):
            f.note(f"backfill_cycle_{what}_{b.name}",
                   statistics.median(x[i] for x in side))
    for i, what in ((0, "cpu"), (2, "wall")):
        f.figure(f"backfill_cycle_{what}_of_plain",
                 ratios([x[i] for x in rows[1]], [x[i] for x in rows[0]]),
                 1.05)
    mem.figure(f, "1000_queue")


# ---- jobs: from their submission until all are done ----

def jobs_round(b, n, optical):
    """N jobs of two nodes: so many per second; CPU of slurmctld, ms a job."""
    was, cpu = b.sdiag(), b.ctld_cpu_s()
    lines = [f"{' '.join(CIRCUIT) if optical and i % 5 == 0 else ''} "
             f"{b.top}/job.sh" for i in range(n)]
    started = bed.time.monotonic()
    b.submit_many(lines, *TWO_NODES)
    seen = {}

    def over():
        seen.update(b.sdiag())
        return seen["completed"] - was["completed"] >= n
    b.wait(f"{n} jobs are done", 400, over)
    took = bed.time.monotonic() - started
    if seen["failed"] > was["failed"]:
        raise Broken(f"{b.name}: jobs failed")
    return n / took, (b.ctld_cpu_s() - cpu) * 1000 / n


def part_jobs(beds, f):
    """On 1,000 slurmds for each of the two clusters. A job starts as soon as
    it can: by Slurm's own settings up to 3 s after it came and 100 at a time,
    so that a round would be so many times 3 s, and nothing else."""
    n = 400
    plain, ours = beds.pair(
        bed.site_options(bed.site_names(10), 100),
        "--slurm-conf-extra=SchedulerParameters=bf_interval=30,"
        "batch_sched_delay=0,sched_min_interval=100000,"
        "default_queue_depth=1000",
        ours=["--setup-time=10ms", "--release-time=10ms"])
    for b in (plain, ours):
        job_script(b)
        jobs_round(b, n, b is ours)
    got = {"": ([], []), "_with_option": ([], [])}
    mem = Memory(plain, ours)
    for r in range(ROUNDS):
        for kind in got:
            turns = [(plain, False), (ours, bool(kind))]
            for b, optical in turns[::-1 if r % 2 else 1]:
                got[kind][b is ours].append(jobs_round(b, n, optical))
        mem.take()
    for kind, (p, o) in got.items():
        for i, what in ((0, "per_s"), (1, "slurmctld_cpu_ms")):
            for name, rows in (("plain", p), ("ours", o)):
                f.note(f"jobs{kind}_{what}_{name}",
                       statistics.median(x[i] for x in rows))
        f.figure(f"jobs_rate{kind}_of_plain",
                 ratios([x[0] for x in o], [x[0] for x in p]), 0.95,
                 at_least=True)
    mem.figure(f, "1000_slurmds")


# ---- agent: one that does not do what it should ----

STATES = ("pass", "frozen", "delay 45", "delay 1000", "garbage", "refuse",
          "busy")


class Relay:
    """tests/fake/agent-relay in front of the agent of B."""

    def __init__(self, b):
        path = b.dir + "/opticald/opticald.sock"
        os.rename(path, path + ".real")
        self.b = b
        self.p = subprocess.Popen(
            ["setpriv", "--reuid", "slurm", "--regid", "slurm",
             "--clear-groups", sys.executable,
             os.path.join(bed.HERE, "..", "fake", "agent-relay"), path, path + ".real"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True)
        self.done()
        # its connections are of before
        b.control("restart-one", b.dir, "slurmctld")

    def done(self):
        if self.p.stdout.readline() != "done\n":
            raise Broken("the relay has ended")

    def set(self, state):
        frozen = state == "frozen"
        self.b.signal("opticald", signal.SIGSTOP if frozen else signal.SIGCONT)
        self.p.stdin.write(("pass" if frozen else state) + "\n")
        self.p.stdin.flush()
        self.done()

    def close(self):
        self.p.stdin.close()
        self.p.wait()


def call_ms(b, *cmd):
    started = bed.time.monotonic()
    b.run(*cmd)
    return (bed.time.monotonic() - started) * 1000


def calls(b, n, circuit, job, got):
    """N times each command, with jobs of which every second asks for
    circuits; times into GOT."""
    for i in range(n):
        option = circuit if i % 2 == 0 else ()
        got["sbatch"].append(call_ms(
            b, "sbatch", "--parsable", "-o", "/dev/null", *TWO_NODES, *option,
            b.top + "/job.sh"))
        got["show"].append(call_ms(b, "scontrol", "show", "job", job))
        got["update"].append(call_ms(b, "scontrol", "update", "job", job,
                                     f"Comment=c{i}"))


def part_agent(beds, f):
    plain, ours = beds.pair(
        bed.site_options(["paris", "lyon"], 4),
        ours=["--setup-time=10ms", "--release-time=10ms",
              "--links=par-lyo:paris:lyon:460:8:400G:client"])
    held = {}
    for b in (plain, ours):
        job_script(b)
        held[b] = b.run("sbatch", "--parsable", "-H", *TWO_NODES,
                        b.top + "/job.sh").strip()
    relay = Relay(ours)
    try:
        for state in STATES:
            agent_state(f, relay, state, plain, ours, held)
    finally:
        relay.close()


def agent_state(f, relay, state, plain, ours, held):
    relay.set(state)
    times = {b: {"show": [], "update": [], "sbatch": []}
             for b in (plain, ours)}
    for _ in range(ROUNDS):
        for b in (plain, ours):
            calls(b, 40, CIRCUIT if b is ours else (), held[b], times[b])
    name = state.replace(" ", "_")
    for cmd in times[plain]:
        p, o = (bed.part_of(times[b][cmd], 0.99) for b in (plain, ours))
        f.note(f"agent_{name}_{cmd}_p99_ms_plain", p)
        f.note(f"agent_{name}_{cmd}_max_ms_ours", max(times[ours][cmd]))
        f.figure(f"agent_{name}_{cmd}_p99_ms", o, max(250, 2 * p))
    for b in (plain, ours):
        left = b.run("squeue", "-h", "-t", "PD,CF,R,CG", "-o", "%i").split()
        f.note(f"agent_{name}_jobs_left_{b.name}", len(left) - 1)
    relay.set("pass")
    for b in (plain, ours):
        b.run("scancel", *[j for j in b.run(
            "squeue", "-h", "-o", "%i").split() if j != held[b]], check=False)


PARTS = {
    "submit": part_submit,
    "job_test": part_job_test,
    "sites": part_sites,
    "backfill": part_backfill,
    "jobs": part_jobs,
    "agent": part_agent,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--inst", required=True)
    parser.add_argument("--time-job-test", required=True)
    parser.add_argument("part", nargs="*", default=[])
    a = parser.parse_args()
    for p in a.part:
        if p not in PARTS:
            parser.error(f"no part {p}: {' '.join(PARTS)}")
    if os.geteuid():
        parser.error("must run as root, as contrib/cluster")
    if not os.path.exists(a.inst + "/sbin/opticald"):
        parser.error(f"nothing is installed in {a.inst}: make install")

    def ends(sig, _frame):
        raise Broken(f"signal {sig}")
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, ends)
    f = bed.Figures()
    beds = bed.Beds(a.inst, a.time_job_test, f)
    f.note("cores", str(os.cpu_count()))
    try:
        for name in a.part or PARTS:
            beds.note_load()
            PARTS[name](beds, f)
            beds.close()
        beds.note_load()
    except Broken as e:
        print("# " + str(e).replace("\n", "\n# "), flush=True)
        return 2
    finally:
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, signal.SIG_IGN)
        beds.close()
    return 1 if f.short else 0


if __name__ == "__main__":
    sys.exit(main())
