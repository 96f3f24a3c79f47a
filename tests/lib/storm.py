#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
storm - jobs of mixed kinds against a cluster that loses its parts meanwhile

    storm.py --dir=D --cluster=PROGRAM --jobs=N --seconds=S --seed=SEED

Submits N jobs within S seconds, about 30 % with circuits, and from time to time
cancels or requeues one, kills a slurmd, cuts a link, restarts or kills
slurmctld or opticald. Then it mends what is broken, waits until the queue is
empty, and judges what is left: what sacct says against the agent's leases and
against what the jobs wrote themselves. Prints `KIND NUMBER` for what was done
and `wrong: TEXT` for what broke an invariant; exits 1 if anything did.
"""
import argparse
import collections
import http.client
import json
import os
import random
import re
import socket
import subprocess
import sys
import time

# sacct counts seconds, a lease milliseconds; slurmctld tells both ends.
SECONDS_APART = 2
OPERATOR_S = 60         # between two looks at the alarms
QUEUE_LIMIT_S = 240     # without a job less
SETTLE_LIMIT_S = 1000   # in all, with what waits for a pair of sites in back-off

JOB = """#!/bin/bash
echo "start $(date +%s%3N) ${OPTICAL_LEASE_ID:-none} ${OPTICAL_CIRCUITS:-}"
sleep "$1"
exit "${2:-0}"
"""


class Agent(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Storm:
    def __init__(self, args):
        self.a = args
        self.rng = random.Random(args.seed)
        self.did = collections.Counter()
        self.wrong = []
        self.jobs = []
        self.log = ""
        self.ghosts = set()
        self.down = {}          # slurmd: when it comes back
        self.cut = {}           # link: when it is mended
        self.work = args.dir + "/work"
        self.script = self.work + "/storm.sh"
        with open(self.script, "w", encoding="ascii") as f:
            f.write(JOB)
        os.chmod(self.script, 0o755)
        self.nodes = self.out("scontrol", "show", "hostnames",
                              self.out("sinfo", "-h", "-o", "%N").strip()
                              ).split()
        self.links = [k["name"] for k in self.agent("/v1/state")["links"]]

    def agent(self, path):
        for attempt in range(20):
            conn = Agent(self.a.dir + "/opticald/opticald.sock")
            try:
                conn.request("GET", path)
                answer = conn.getresponse()
                body = answer.read()
                if answer.status == 200:
                    return json.loads(body)
            except OSError:
                pass
            finally:
                conn.close()
            time.sleep(0.25)    # it is being restarted: bounded above
        raise RuntimeError("the agent does not answer " + path)

    def out(self, *cmd, ok=False, limit=60):
        """What CMD prints; OK: a failure is no surprise."""
        try:
            p = subprocess.run(cmd, stdout=subprocess.PIPE, timeout=limit,
                               stderr=subprocess.PIPE, text=True, cwd=self.work,
                               check=False)
        except subprocess.TimeoutExpired:
            if ok:
                return ""
            raise
        if p.returncode and not ok:
            raise RuntimeError(f"{' '.join(cmd)}: {p.stderr.strip()}")
        return p.stdout if not p.returncode else ""

    def cluster(self, verb, *args):
        return subprocess.run([self.a.cluster, verb, self.a.dir, *args],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True,
                              timeout=180, check=False).returncode == 0

    # ---- what is done ----

    def submit(self):
        r = self.rng
        kind = r.choices(["optical", "plain", "wide", "array", "later"],
                         [30, 40, 15, 10, 5])[0]
        user = r.choice(["ocsalice", "ocsbob"])
        cmd = ["setpriv", "--reuid", user, "--regid", user, "--init-groups",
               "sbatch", "--parsable", "-t", "2", "-o", self.work + "/%A_%a_%j.out",
               "--open-mode=append"]
        if r.random() < 0.2:
            cmd.append("--no-requeue")
        if kind == "optical":
            # at most four fit over any of the links
            bw = r.choice(["100G", "400G", "400G", "800G,min=400G"])
            n = r.choice([2, 2, 3, 4])
            cmd += [f"-N{n}", "--gpus-per-node=1", "--ntasks-per-node=1",
                    "--optical-bw=" + bw, f"--optical-span={min(n, r.choice([2, 2, 3]))}"]
        elif kind == "wide":
            cmd += [f"-N{r.randint(2, 4)}", "--ntasks-per-node=1"]
        elif kind == "array":
            cmd += ["--array=1-3", "-n1"]
        elif kind == "later":
            cmd += ["-n1", "--begin=now+5"]
        else:
            cmd += ["-n1", f"--gpus={r.choice([0, 1, 2])}"]
        cmd += [self.script, f"{r.uniform(0, self.a.longest):.1f}", str(r.choice([0] * 9 + [3]))]
        said = self.out(*cmd, ok=True)
        if said.strip():
            self.did["submitted_" + kind] += 1
            self.jobs.append(int(said.split(";", maxsplit=1)[0]))
        else:
            # slurmctld was away
            self.did["not_taken"] += 1

    def some_job(self):
        return str(self.rng.choice(self.jobs[-60:])) if self.jobs else None

    def disturb(self):
        what = self.rng.choices(
            ["cancel", "requeue", "slurmd", "cut", "ctld_restart",
             "ctld_kill", "agent_restart", "agent_kill"],
            [8, 8, 4, 5, 1, 1, 2, 2])[0]
        if what in ("cancel", "requeue"):
            job = self.some_job()
            if job and self.out(*(["scancel"] if what == "cancel" else
                                  ["scontrol", "requeue"]), job, ok=True) is not None:
                self.did[what] += 1
        elif what == "slurmd":
            node = self.rng.choice(self.nodes)
            if node not in self.down and self.cluster("kill", "slurmd", node, "-KILL"):
                self.down[node] = time.monotonic() + self.rng.uniform(1, 5)
                self.did[what] += 1
        elif what == "cut":
            link = self.rng.choice(self.links)
            if link not in self.cut:
                self.out("opticalctl", "sim", "fault", "cut", link, ok=True)
                self.cut[link] = time.monotonic() + self.rng.uniform(1, 5)
                self.did[what] += 1
        else:
            name = "slurmctld" if what.startswith("ctld") else "opticald"
            if what.endswith("kill"):
                if name == "slurmctld":
                    self.saved()
                self.cluster("kill", name, "-KILL")
            if not self.cluster("restart-one", name):
                self.wrong.append(f"{name} did not come back")
            self.did[what] += 1

    def saved(self):
        """Wait until slurmctld has saved its jobs: what it has not, it forgets
        when it is killed, and gives its ids to others."""
        path = self.a.dir + "/state/job_state"
        before = os.stat(path).st_mtime_ns
        self.until(lambda: os.stat(path).st_mtime_ns != before, 8)

    def mend(self, everything=False):
        now = time.monotonic()
        for node, when in list(self.down.items()):
            if everything or now >= when:
                if not self.cluster("restart-one", "slurmd", node):
                    said = self.out("scontrol", "-o", "show", "node", node, ok=True)
                    self.wrong.append(f"slurmd {node} did not come back: {said}")
                del self.down[node]
        for link, when in list(self.cut.items()):
            if everything or now >= when:
                self.out("opticalctl", "sim", "fault", "recover", link, ok=True)
                del self.cut[link]

    def operator(self):
        """What slurmctld forgot when it was killed stays lit, and in the way of
        others, until somebody says so: as one who looks once a minute does."""
        if any(a["code"] == "removals-held" for a in self.agent("/v1/state").get("alarms", [])):
            self.did["confirmed_meanwhile"] += 1
            self.out("opticalctl", "confirm", "alpha", ok=True)

    def blow(self):
        begin = time.monotonic()
        next_event = begin + self.a.calm
        next_look = begin + OPERATOR_S
        for i in range(self.a.jobs):
            due = begin + self.a.seconds * (i + 1) / self.a.jobs
            self.submit()
            while time.monotonic() < due:
                if time.monotonic() >= next_event:
                    self.disturb()
                    next_event = time.monotonic() + self.rng.expovariate(1 / self.a.calm)
                self.mend()
                if time.monotonic() >= next_look:
                    self.operator()
                    next_look = time.monotonic() + OPERATOR_S
                time.sleep(min(0.05, max(0, due - time.monotonic())))
        self.did["seconds"] = round(time.monotonic() - begin)

    # ---- what is left ----

    def settle(self):
        self.mend(everything=True)
        begin, fewest = time.monotonic(), sys.maxsize
        end = begin + QUEUE_LIMIT_S
        while True:
            left = self.out("squeue", "-h", "-a", "-t",
                            "PD,R,CF,CG,S,RQ,RH", "-o", "%A %T %r", ok=True)
            left = "\n".join(k for k in left.splitlines() if not self.ghost(k))
            states = left.split()
            if not states and self.cluster("pid", "slurmctld"):
                break
            if len(states) < fewest:
                fewest = len(states)
                end = max(end, min(time.monotonic() + QUEUE_LIMIT_S,
                                   begin + SETTLE_LIMIT_S))
            # sites whose set-ups failed too often are left alone for minutes
            for s in re.findall(r"OpticalBackoff\([^)]*~(\d+)s\)", left):
                end = min(max(end, time.monotonic() + int(s) + 60),
                          begin + SETTLE_LIMIT_S)
            if time.monotonic() > end:
                self.wrong.append("the queue does not empty: " + "; ".join(left.splitlines()[:5]))
                break
            # what holds itself is not to be waited for
            for line in left.splitlines():
                if "OpticalSetupFailed" in line or "held" in line.lower():
                    self.out("scancel", line.split()[0], ok=True)
                    self.did["held_cancelled"] += 1
            time.sleep(0.5)
        # what slurmctld forgot when it was killed stays lit until somebody says so
        self.until(lambda: not self.left(), 45)
        if self.left():
            self.did["confirmed"] += len(self.left())
            self.out("opticalctl", "confirm", "alpha", ok=True)
            self.until(lambda: not self.left(), 45)
        for lease in self.left():
            self.wrong.append(f"I7: job {lease['job_id']} lease {lease['id']} is {lease['state']}")

    def ghost(self, line):
        """A job that squeue lists and slurmctld does not know by its id: what
        22.05 makes of arrays whose ids it has given twice."""
        job = line.split()[0]
        if job in self.ghosts:
            return True
        if self.did["ctld_kill"] and "launch failed" in line and \
                not self.out("scontrol", "show", "job", job, ok=True):
            self.ghosts.add(job)
            self.did["ghosts_of_slurm"] += 1
        return job in self.ghosts

    @staticmethod
    def until(cond, limit):
        end = time.monotonic() + limit
        while not cond() and time.monotonic() < end:
            time.sleep(0.25)

    def leases(self):
        found, after = [], ""
        while True:
            page = self.agent("/v1/leases?all=1&limit=500" + (f"&after={after}" if after else ""))
            found += page["leases"]
            after = page.get("next", "")
            if not after:
                return found

    def left(self):
        return [k for k in self.leases() if k["state"] != "GONE"]

    def judge(self):
        state = self.agent("/v1/state")
        for link in state["links"]:
            if link["booked_bps"]:
                self.wrong.append(f"I1: {link['name']} has {link['booked_bps']} b/s booked at the end")
        leases = self.leases()
        with open(self.a.dir + "/log/slurmctld.log", encoding="utf-8",
                  errors="replace") as f:
            self.log = f.read()
        self.did["leases"] = len(leases)
        ran = [k for k in leases if k.get("active_ms")]
        self.did["leases_active"] = len(ran)
        self.judge_starts({k["id"]: k for k in leases})
        self.judge_gpus(ran)
        self.judge_sacct(ran)
        for word in ("fatal:", "Assertion", "free():", "corrupt"):
            if word in self.log:
                self.wrong.append(f"slurmctld's log says '{word}'")

    def judge_starts(self, by_id):
        """I4: no task starts before all circuits of its lease are up."""
        for name in os.listdir(self.work):
            if not name.endswith(".out"):
                continue
            with open(os.path.join(self.work, name), encoding="utf-8",
                      errors="replace") as f:
                for line in f:
                    m = re.match(r"start (\d+) ([0-9a-f]{32})", line)
                    if not m:
                        continue
                    self.did["starts_with_circuits"] += 1
                    lease = by_id.get(m.group(2))
                    if not lease:
                        self.wrong.append(f"I2: {name} ran with a lease {m.group(2)} that the agent does not know")
                    elif not lease.get("active_ms") or int(m.group(1)) < lease["active_ms"]:
                        self.wrong.append(f"I4: {name} started at {m.group(1)}, its circuits were up at {lease.get('active_ms')}")

    def judge_gpus(self, ran):
        """I5: GPUs wait for circuits no longer than CommitTimeout."""
        for k in ran:
            if k["active_ms"] - k["held_ms"] > self.a.commit_timeout * 1000:
                self.wrong.append(f"I5: job {k['job_id']} waited {k['active_ms'] - k['held_ms']} ms")

    def requeued_later(self, job, ends):
        """Slurm gives the run of a finished job the time of its requeue as end."""
        for m in re.finditer(rf"\[([-0-9T:]+)\.\d+\] Requeuing JobId={job}(?!\d)", self.log):
            at = time.mktime(time.strptime(m.group(1), "%Y-%m-%dT%H:%M:%S"))
            if any(abs(at - e) <= SECONDS_APART for e in ends):
                return True
        return False

    def judge_sacct(self, ran):
        """I8: sacct and ledger tell the same bandwidth and the same seconds."""
        os.environ["SLURM_TIME_FORMAT"] = "%s"
        rows = collections.defaultdict(list)
        text = ""
        for _ in range(40):
            text = self.out("sacct", "-aDnPX", "-S", "now-2hours", "-o",
                            "JobIDRaw,State,Start,End,AllocTRES")
            if not re.search(r"\|(RUNNING|PENDING|COMPLETING)\|", text):
                break
            time.sleep(0.5)     # slurmdbd hears of the ends a little later
        for line in text.splitlines():
            job, st, start, end, tres = line.split("|")
            m = re.search(r"license/optical=(\d+)", tres)
            if start.isdigit() and end.isdigit():
                rows[int(job)].append((int(start), int(end), int(m.group(1)) if m else 0, st))
        for k in ran:
            gbps = -(-sum(c["granted_bps"] for c in k["circuits"]) // 10**9)
            held, ended = k["held_ms"] / 1000, k["ended_ms"] / 1000
            same = [r for r in rows[k["job_id"]] if abs(r[0] - held) <= SECONDS_APART]
            if not same:
                # slurmctld was killed before it had told slurmdbd
                self.did["sacct_never_told"] += 1
                if not self.did["ctld_kill"]:
                    self.wrong.append(f"I8: job {k['job_id']} lease {k['id']}: no record of sacct begins at {held:.3f}: {rows[k['job_id']]}")
                continue
            self.did["sacct_compared"] += 1
            if gbps not in [r[2] for r in same]:
                self.wrong.append(f"I8: job {k['job_id']} lease {k['id']}: {gbps} Gb/s, sacct has {[r[2] for r in same]}")
            if min(abs(r[1] - ended) for r in same) > SECONDS_APART:
                if self.requeued_later(k["job_id"], [r[1] for r in same]):
                    self.did["requeued_when_over"] += 1
                elif f"lease={k['id'][:8]} event=lost" in self.log:
                    # killed before it had saved that the job was over
                    self.did["end_forgotten_by_slurmctld"] += 1
                elif k["cause"].startswith("released: job"):
                    self.wrong.append(f"I8: job {k['job_id']} lease {k['id']}: ended {ended:.3f}, sacct has {[r[1] for r in same]} {k['cause']}")
                else:
                    self.did["ended_by_reconcile"] += 1


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--dir", required=True)
    p.add_argument("--cluster", required=True)
    p.add_argument("--jobs", type=int, default=200)
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--calm", type=float, default=2, help="seconds between disturbances, on the average")
    p.add_argument("--longest", type=float, default=6, help="seconds that a job runs at most")
    p.add_argument("--commit-timeout", type=float, default=1200)
    storm = Storm(p.parse_args())
    storm.blow()
    storm.settle()
    storm.judge()
    for what, n in sorted(storm.did.items()):
        print(what, n)
    for w in storm.wrong:
        print("wrong:", w)
    sys.exit(1 if storm.wrong else 0)


main()
