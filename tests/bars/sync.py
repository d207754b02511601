"""Bar R2: every 2xx of a write leaves the process after the WAL that holds it was synced.

usage: sync.py [--writes 1000] [--engine sqlite|postgres]   (installs strace by apt-get when it is missing)

The system calls of the server are traced. A 2xx counts as synced when, since the request was read,
the WAL was written, a sync of it succeeded after the last of these writes, and only then the answer
was sent. Two proofs that the bar can fail: made traces with known faults, and a run in which strace
makes every sync a call that does nothing.

On PostgreSQL (a cluster of its own with fsync on) one strace follows the server and every process of the
cluster, so that all calls stand in one order. Each commit of a transaction that changed rows is judged: the
backend that was told COMMIT must, before it says so, write the WAL and sync what it wrote. A 2xx counts as
synced when at least one such commit was confirmed since the request was read, all of them were synced, none
was open when the answer was sent, and none followed before the next request. Proofs that this can fail: made
traces, and a run against a cluster with fsync off; a cluster whose default is
synchronous_commit off must make no difference.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from cluster import Cluster
from harness import Client, Server, matter, verdict

CALLS = "fdatasync,fsync,msync,sync_file_range,pwrite64,pwritev,read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg"
ALONE = {"JIEYOU_RUN_WORKER": "false", "JIEYOU_WORKERS": "1"}
LINE = re.compile(r"^(\d+)\s+(.*)$")


def calls(lines):
    """(begin or end, process, text) of each call in the order of its end; a write to a socket is seen at its begin."""
    open_calls = {}
    for line in lines:
        m = LINE.match(line)
        if not m:
            continue
        pid, text = m.groups()
        if text.endswith("<unfinished ...>"):
            open_calls[pid] = text[: -len("<unfinished ...>")]
            yield "begin", pid, open_calls[pid]
        elif text.startswith("<... "):
            yield "end", pid, open_calls.pop(pid, "") + text.split("resumed>", 1)[-1]
        else:
            yield "begin", pid, text
            yield "end", pid, text


def judge(lines):
    """(answers, of these not synced). Requests come one after the other."""
    answers = unsynced = 0
    asked = wrote = synced = False
    for when, _, text in calls(lines):
        if when == "end" and text.startswith(("read", "recv")) and "POST /api/v1/" in text:
            asked, wrote, synced = True, False, False
        elif when == "begin" and text.startswith("pwrite") and "-wal>" in text:
            wrote, synced = True, False
        elif when == "end" and text.startswith(("fdatasync(", "fsync(")) and "-wal>" in text:
            synced = wrote and text.rstrip().endswith("= 0")
        elif when == "begin" and text.startswith(("write", "send")) and re.search(r'"HTTP/1\.1 2\d\d', text) and asked:
            answers += 1
            unsynced += not (wrote and synced)
            asked = False
    return answers, unsynced


WROTE = re.compile(r"(?:INSERT 0|UPDATE|DELETE|MERGE|COPY) [1-9]\d*\\0")
PATH = re.compile(r"^\w+\(\d+<([^>]*/pg_wal/[^>]*)>")


class Backends:
    """What the processes of a cluster do between BEGIN and the confirmed COMMIT."""

    def __init__(self):
        self.changed = set()  # backends with rows changed and not yet committed
        self.asked = {}  # backend told COMMIT -> WAL files it wrote since and did not sync; None before its first write
        self.commits = self.unsynced = 0

    def see(self, pid, when, text):
        if text.startswith("recv") and when == "end" and "COMMIT\\0" in text and pid in self.changed:
            self.asked[pid] = None
        elif text.startswith("send") and when == "begin" and "C\\0\\0\\0" in text:  # what a backend answers
            if WROTE.search(text):
                self.changed.add(pid)
            if pid in self.changed and re.search(r"COMMIT\\0|ROLLBACK\\0", text):
                self.changed.discard(pid)
                if "COMMIT" in text:
                    self.commits += 1
                    self.unsynced += self.asked.pop(pid, None) != set()
        elif pid in self.asked and (path := PATH.match(text)):
            if text.startswith("pwrite") and when == "begin":
                self.asked[pid] = (self.asked[pid] or set()) | {path[1]}
            elif text.startswith(("fdatasync(", "fsync(")) and when == "end" and text.rstrip().endswith("= 0") and self.asked[pid]:
                self.asked[pid].discard(path[1])


def judge_cluster(lines):
    """As `judge`, for the server and its cluster in one trace."""
    answers, faulty = 0, set()
    asked, seen = False, Backends()
    for when, pid, text in calls(lines):
        if when == "end" and text.startswith(("read", "recv")) and "POST /api/v1/" in text:
            if seen.commits or seen.changed:
                faulty.add(answers)  # a commit after the answer before
            asked, seen = True, Backends()
        elif when == "begin" and text.startswith(("write", "send")) and re.search(r'"HTTP/1\.1 2\d\d', text) and asked:
            answers += 1
            if not seen.commits or seen.unsynced or seen.changed:
                faulty.add(answers)
            asked, seen = False, Backends()
        else:
            seen.see(pid, when, text)
    if seen.commits or seen.changed:
        faulty.add(answers)
    return answers, len(faulty - {0})


READ = '7 recvfrom(9<TCP:[1]>, "POST /api/v1/cases HTTP/1.1", 8192) = 300'
PUT = '8 pwrite64(5</d/jieyou.db-wal>, "x", 4096, 0) = 4096'
SYNC = "8 fdatasync(5</d/jieyou.db-wal>) = 0"
SENT = '7 writev(9<TCP:[1]>, [{iov_base="HTTP/1.1 201 Created", iov_len=9}], 1) = 9'
MADE = [
    ([READ, PUT, SYNC, SENT], (1, 0)),
    ([READ, PUT, SENT, SYNC], (1, 1)),
    ([SYNC, READ, PUT, SENT], (1, 1)),
    ([READ, SYNC, PUT, SENT], (1, 1)),
    ([READ, SYNC, SENT], (1, 1)),
    ([READ, PUT, SYNC.replace("= 0", "= -1 EIO"), SENT], (1, 1)),
    ([READ, PUT, SYNC.replace("= 0", "= 0 (INJECTED)"), SENT], (1, 1)),
    ([READ, PUT, "8 fdatasync(5</d/other>) = 0", SENT], (1, 1)),
    ([READ, PUT, "8 fdatasync(5</d/jieyou.db-wal> <unfinished ...>", SENT, "8 <... fdatasync resumed>) = 0"], (1, 1)),
    ([READ, PUT, "8 fdatasync(5</d/jieyou.db-wal> <unfinished ...>", "8 <... fdatasync resumed>) = 0", SENT], (1, 0)),
]

CHANGE = '30 sendto(7<socket:[2]>, "2\\0\\0\\0\\4C\\0\\0\\0\\17INSERT 0 1\\0Z\\0\\0\\0\\5T", 32) = 32'
TELL = '30 recvfrom(7<socket:[2]>, "Q\\0\\0\\0\\vCOMMIT\\0", 8192) = 12'
WAL = '30 pwrite64(4</c/pg_wal/0001>, "x", 8192, 0) = 8192'
FLUSH = "30 fdatasync(4</c/pg_wal/0001>) = 0"
SAID = '30 sendto(7<socket:[2]>, "C\\0\\0\\0\\vCOMMIT\\0Z\\0\\0\\0\\5I", 18) = 18'
COMMIT = [CHANGE, TELL, WAL, FLUSH, SAID]
LAZY = [CHANGE, TELL, SAID]
MADE_CLUSTER = [
    ([READ, *COMMIT, SENT], (1, 0)),
    ([READ, *COMMIT, *COMMIT, SENT], (1, 0)),
    ([READ, *COMMIT, SENT, READ, *COMMIT, SENT], (2, 0)),
    ([READ, TELL.replace("COMMIT", "BEGIN"), TELL, SAID, *COMMIT, SENT], (1, 0)),  # nothing changed: nothing to sync
    ([READ, *LAZY, SENT], (1, 1)),
    ([READ, *COMMIT, *LAZY, SENT], (1, 1)),
    ([READ, *LAZY, WAL, FLUSH, SENT], (1, 1)),  # synced before the answer, but by chance
    ([READ, CHANGE, TELL, FLUSH, WAL, SAID, SENT], (1, 1)),
    ([READ, CHANGE, WAL, FLUSH, TELL, SAID, SENT], (1, 1)),
    ([READ, CHANGE, TELL, WAL, FLUSH.replace("= 0", "= -1 EIO"), SAID, SENT], (1, 1)),
    ([READ, CHANGE, TELL, WAL, FLUSH.replace("= 0", "= 0 (INJECTED)"), SAID, SENT], (1, 1)),
    ([READ, CHANGE, TELL, WAL, FLUSH.replace("pg_wal", "base"), SAID, SENT], (1, 1)),
    ([READ, CHANGE, TELL, WAL, FLUSH.replace("0001", "0002"), SAID, SENT], (1, 1)),
    ([READ, CHANGE, TELL, WAL, WAL.replace("30", "31"), FLUSH.replace("30", "31"), SAID, SENT], (1, 1)),  # another process
    ([READ, CHANGE, TELL, WAL, "30 fdatasync(4</c/pg_wal/0001> <unfinished ...>", SAID, SENT, "30 <... fdatasync resumed>) = 0"], (1, 1)),
    ([READ, *COMMIT, CHANGE, SENT, TELL, WAL, FLUSH, SAID], (1, 1)),  # answered with a transaction open
    ([READ, *COMMIT, SENT, *COMMIT, READ, *COMMIT, SENT], (2, 1)),  # a commit after the answer
    ([READ, SENT], (1, 1)),
]


def install():
    if shutil.which("strace"):
        return
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    env = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    subprocess.run([*env, "update", "-qq"], check=True)
    subprocess.run([*env, "install", "-y", "-qq", "strace"], check=True, stdout=subprocess.DEVNULL)


def traced(writes, *more):
    """Sequential writes to a traced server; (acknowledged, answers seen, of these not synced)."""
    server = Server(extra=ALONE)
    server.seed()
    with tempfile.NamedTemporaryFile(prefix="jieyou-strace-", suffix=".log") as log:
        try:
            server.start(wrapper=("strace", "-f", "-y", "-s", "96", "-o", log.name, "-e", f"trace={CALLS}", *more))
            begin = write(server, writes, log.name)
            # strace does not pass SIGTERM on: end the server itself
            with open(f"/proc/{server.process.pid}/task/{server.process.pid}/children") as children:
                for pid in children.read().split():
                    os.kill(int(pid), 15)
            server.process.wait(timeout=60)
            with open(log.name, errors="replace") as seen:
                seen.seek(begin)
                return (writes, *judge(seen))
        finally:
            server.remove()


def write(server, writes, log, settled=lambda: None):
    """The writes; where in the trace they begin."""
    client = Client(server, "zhengguoxing")
    client.login()
    settled()
    begin = os.path.getsize(log)
    for n in range(writes):
        status, _, doc = client.call("POST", "/cases", matter(n))
        if status != 201:
            raise RuntimeError(f"{status} {doc}")
    return begin


def traced_cluster(writes, **settings):
    """As `traced`, on a cluster that does nothing of its own accord meanwhile."""
    quiet = {"autovacuum": "off", "checkpoint_timeout": "1h", "max_wal_size": "8GB", "wal_level": "minimal", "max_wal_senders": 0}
    with Cluster({**quiet, **settings}) as cluster, tempfile.NamedTemporaryFile(prefix="jieyou-strace-", suffix=".log") as log:
        server = Server(cluster.url, extra=ALONE)
        try:
            server.seed()
            server.start()
            pids = [server.process.pid, *cluster.processes()]
            tracer = subprocess.Popen(["strace", "-f", "-y", "-s", "4096", "-o", log.name, "-e", f"trace={CALLS}",
                                       *(arg for pid in pids for arg in ("-p", str(pid)))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                begin = write(server, writes, log.name, lambda: followed(tracer, pids))
            finally:
                tracer.terminate()
                tracer.wait()
            with open(log.name, errors="replace") as seen:
                seen.seek(begin)
                return (writes, *judge_cluster(seen))
        finally:
            server.remove()


def followed(tracer, pids):
    """Waits until every thread of these processes is traced."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        tasks = [status for pid in pids for status in glob.glob(f"/proc/{pid}/task/*/status")]
        if tasks and all(f"TracerPid:\t{tracer.pid}\n" in open(status).read() for status in tasks):
            return
        time.sleep(0.1)
    raise RuntimeError("strace did not attach")


def sqlite(writes):
    wrong = [n for n, (trace, want) in enumerate(MADE) if judge(trace) != want]
    yield verdict("R2 made traces", not wrong, f"{len(MADE)} traces, misjudged {wrong}")
    few = min(writes, 20)
    _, answers, unsynced = traced(few, "-e", "inject=fdatasync,fsync:retval=0")
    yield verdict("R2 control", answers == few and unsynced == few, f"syncs made void: {unsynced}/{answers} answers found unsynced")
    writes, answers, unsynced = traced(writes)
    yield verdict("R2", answers == writes and unsynced == 0, f"{answers - unsynced}/{writes} answers sent after the sync of the WAL, {unsynced} not")


def postgres(writes):
    wrong = [n for n, (trace, want) in enumerate(MADE_CLUSTER) if judge_cluster(trace) != want]
    yield verdict("R2 made traces", not wrong, f"{len(MADE_CLUSTER)} traces, misjudged {wrong}")
    few = min(writes, 20)
    _, answers, unsynced = traced_cluster(few, fsync="off")
    yield verdict("R2 control", answers == few and unsynced == few, f"PostgreSQL, fsync off: {unsynced}/{answers} answers found unsynced")
    _, answers, unsynced = traced_cluster(few, synchronous_commit="off")
    yield verdict("R2 default off", answers == few and unsynced == 0, f"PostgreSQL, synchronous_commit off by default: {unsynced}/{answers} answers found unsynced")
    writes, answers, unsynced = traced_cluster(writes)
    yield verdict("R2", answers == writes and unsynced == 0, f"PostgreSQL: {answers - unsynced}/{writes} answers sent after the sync of the WAL, {unsynced} not")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--writes", type=int, default=1000)
    p.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    a = p.parse_args()
    install()
    results = list({"sqlite": sqlite, "postgres": postgres}[a.engine](a.writes))
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
