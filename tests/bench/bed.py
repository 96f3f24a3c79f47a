# SPDX-License-Identifier: GPL-2.0-or-later
"""
bed - the clusters that `make bench-scheduler` measures, and what it reads there

Each is one of contrib/cluster's, on the loopback, below a directory of its own;
all that was started ends with Beds.close(), which removes the directories, too.
"""
import mmap
import os
import re
import resource
import shutil
import signal
import statistics
import struct
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CLUSTER = os.path.join(HERE, "..", "..", "contrib", "cluster")
START_LIMIT_S = 540
RECORD = struct.Struct("<QQIi")     # of tests/fake/time_job_test.c
RECORDS = 65536
# Commands that submit at the same time.
PARALLEL = 8


class Broken(Exception):
    """The bench cannot go on."""


class Figures:
    """`NAME value limit ok|short`, and `# NAME value` for what is beside it."""

    def __init__(self):
        self.short = False

    def figure(self, name, value, limit, at_least=False):
        good = value >= limit if at_least else value <= limit
        self.short = self.short or not good
        print(f"{name} {value:.3f} {limit:g} {'ok' if good else 'short'}",
              flush=True)

    @staticmethod
    def note(name, value):
        text = value if isinstance(value, str) else f"{value:.3f}"
        print(f"# {name} {text}", flush=True)


def part_of(values, part):
    """Of VALUES, the one below which PART of them are."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def ratios(ours, plain):
    """The median of the ratios of those that were measured side by side."""
    return statistics.median(o / p for o, p in zip(ours, plain))


class JobTests:
    """What select_g_job_test() took, call by call."""

    def __init__(self, path):
        with open(path, "wb") as f:
            f.truncate((1 + RECORDS) * RECORD.size)
        shutil.chown(path, "slurm", "slurm")
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 0)

    def count(self):
        return struct.unpack_from("<Q", self.map)[0]

    def since(self, n):
        """(cpu_ns, wall_ns, mode, rc) of each call from number N on."""
        now = self.count()
        if now - n > RECORDS:
            raise Broken("too many calls of job_test at once")
        return [RECORD.unpack_from(self.map, (1 + i % RECORDS) * RECORD.size)
                for i in range(n, now)]


class Bed:
    """One cluster; NAME is plain or ours, DIR where it lives."""

    def __init__(self, name, top):
        self.name = name
        self.top = top
        self.dir = os.path.join(top, "c")
        self.env = {}
        self.job_tests = JobTests(os.path.join(top, "job_tests"))
        self.starting = None

    def control(self, *args, limit=180):
        """contrib/cluster, in a session of its own: an interrupt is ours."""
        p = subprocess.Popen([CLUSTER, *args], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True,
                             start_new_session=True)
        self.starting = p
        try:
            said, _ = p.communicate(timeout=limit)
        finally:
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)   # it ends what it has started
                p.communicate(timeout=120)
            self.starting = None
        if p.returncode:
            raise Broken(f"cluster {' '.join(args)}: {said.strip()}")
        return said

    def start(self, options, preload=None):
        """PRELOAD: the shared object of time_job_test.c. Plugins lie as the
        packages install them."""
        args = ["start", self.dir, "--no-dbd", "--one-plugindir",
                "--cluster=" + self.name, *options]
        if preload:
            args += ["--daemon-env=LD_PRELOAD=" + preload,
                     "--daemon-env=OCS_TIME_JOB_TEST=" + self.top +
                     "/job_tests"]
        self.control(*args, limit=START_LIMIT_S)
        env = subprocess.run(
            ["bash", "-c", 'eval "$("$0" env "$1")" && env -0', CLUSTER,
             self.dir], stdout=subprocess.PIPE, check=True).stdout
        self.env = dict(line.split("=", 1)
                        for line in env.decode().split("\0") if "=" in line)

    def stop(self):
        if os.path.exists(self.dir + "/etc/cluster.sh"):
            try:
                self.control("stop", self.dir, "--rm")
            except Broken as e:
                print("# " + str(e).replace("\n", "\n# "), flush=True)
        shutil.rmtree(self.top, ignore_errors=True)

    def pid(self, daemon="slurmctld"):
        return int(self.control("pid", self.dir, daemon))

    def signal(self, daemon, sig):
        os.kill(self.pid(daemon), sig)

    def run(self, *cmd, check=True):
        """What CMD prints."""
        p = subprocess.run(cmd, stdout=subprocess.PIPE, cwd=self.top,
                           stderr=subprocess.PIPE, env=self.env, text=True,
                           timeout=300, check=False)
        if check and p.returncode:
            raise Broken(f"{self.name}: {' '.join(cmd)}: {p.stderr.strip()}")
        return p.stdout if not p.returncode else ""

    def answers(self, *cmd):
        """Whether CMD succeeds."""
        return not subprocess.run(
            cmd, stdout=subprocess.DEVNULL, cwd=self.top, env=self.env,
            stderr=subprocess.DEVNULL, timeout=300, check=False).returncode

    def submit_many(self, lines, *common):
        """One sbatch for each of LINES, its arguments. Seconds that it took."""
        started = time.monotonic()
        p = subprocess.run(
            ["xargs", "-P", str(PARALLEL), "-L", "1", "sbatch", "--parsable",
             "-o", "/dev/null", *common], env=self.env, cwd=self.top,
            input="".join(line + "\n" for line in lines), text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if p.returncode:
            raise Broken(f"{self.name}: sbatch: {p.stderr.strip()[:500]}")
        return time.monotonic() - started

    def wait(self, what, limit_s, ready):
        """Until READY() is true."""
        until = time.monotonic() + limit_s
        while not ready():
            if time.monotonic() > until:
                raise Broken(f"{self.name}: {limit_s} s are over: {what}\n" +
                             self.tail())
            time.sleep(0.05)

    def tail(self):
        with open(self.dir + "/log/slurmctld.log", errors="replace",
                  encoding="utf-8") as f:
            return "".join(f.readlines()[-12:])

    # ---- what slurmctld says of itself, and what the kernel does ----

    def sdiag(self):
        text = self.run("sdiag")
        main, _, backfill = text.partition("Backfilling stats")

        def value(where, name):
            m = re.search(name + r": +(\d+)", where)
            return int(m.group(1)) if m else 0
        when = re.search(r"Last cycle when:.*\((\d+)\)", backfill)
        rpcs = {m.group(1): (int(m.group(2)), int(m.group(3))) for m in
                re.finditer(r"(\w+) +\( *\d+\) count:(\d+) +ave_time:\d+ +"
                            r"total_time:(\d+)", text)}
        return {
            "completed": value(main, "Jobs completed"),
            "started": value(main, "Jobs started"),
            "failed": value(main, "Jobs failed"),
            "bf_when": int(when.group(1)) if when else 0,
            "bf_cycles": value(backfill, "Total cycles"),
            "bf_last_us": value(backfill, "Last cycle"),
            "bf_depth": value(backfill, "Last depth cycle"),
            "rpc": rpcs,
        }

    def rpc_ms(self, name, before, after):
        n, us = (a - b for a, b in zip(after["rpc"].get(name, (0, 0)),
                                       before["rpc"].get(name, (0, 0))))
        return us / n / 1000 if n else 0

    def thread_cpu_s(self, comm):
        """Of slurmctld's thread of this name, if there is one."""
        base = f"/proc/{self.pid()}/task"
        for task in os.listdir(base):
            with open(f"{base}/{task}/comm", encoding="ascii") as f:
                if f.read().strip() != comm:
                    continue
            with open(f"{base}/{task}/schedstat", encoding="ascii") as f:
                return int(f.read().split()[0]) / 1e9
        raise Broken(f"slurmctld has no thread {comm}")

    def ctld_cpu_s(self):
        with open(f"/proc/{self.pid()}/stat", encoding="utf-8") as f:
            stat = f.read().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self):
        """Resident, and of that what is nobody else's."""
        with open(f"/proc/{self.pid()}/status", encoding="ascii") as f:
            kb = dict(re.findall(r"(\w+):\s+(\d+) kB", f.read()))
        return int(kb["VmRSS"]) / 1024, int(kb["RssAnon"]) / 1024


class Beds:
    """Pairs of clusters, to be closed."""

    def __init__(self, inst, preload, figures):
        self.inst = inst
        self.preload = preload
        self.f = figures
        self.open = []

    def pair(self, *options, ours=(), plain=()):
        """Two alike, plain Slurm and with slurm-optical."""
        out = []
        for name, more in (("plain", plain),
                           ("ours", ("--inst=" + self.inst, *ours))):
            top = tempfile.mkdtemp(prefix="ocs-bench.", dir="/tmp")
            os.chmod(top, 0o755)
            bed = Bed(name, top)
            self.open.append(bed)
            bed.start([*options, *more], self.preload)
            out.append(bed)
        return out

    def close(self):
        while self.open:
            self.open.pop().stop()

    def note_load(self):
        self.f.note("load_average", " ".join(f"{x:.1f}"
                                             for x in os.getloadavg()))


def children_cpu_s():
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def site_names(n):
    """Of which no two begin with the same three letters."""
    letters = "abcdefghij"
    return [f"s{letters[i // 10]}{letters[i % 10]}" for i in range(n)]


def site_options(names, nodes):
    return "--sites=" + ",".join(f"{s}:{nodes}" for s in names)


def torus_option(names, width, wavelengths):
    """Each site is linked to its right and to its lower neighbour."""
    n, links = len(names), []
    for i in range(n):
        right = i - i % width + (i + 1) % width
        for j in (right, (i + width) % n):
            if i != j:
                links.append(f"{names[i]}-{names[j]}:{names[i]}:{names[j]}:"
                             f"{80 + 7 * (i % 13)}:{wavelengths}:400G:client")
    return "--links=" + ",".join(links)
