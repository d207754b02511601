"""Bar R2: every 2xx of a write leaves the process after the WAL that holds it was synced (SQLite).

usage: sync.py [--writes 1000]   (installs strace by apt-get when it is missing)

The system calls of the server are traced. A 2xx counts as synced when, since the request was read,
the WAL was written, a sync of it succeeded after the last of these writes, and only then the answer
was sent. Two proofs that the bar can fail: made traces with known faults, and a run in which strace
makes every sync a call that does nothing.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

from harness import Client, Server, matter, verdict

CALLS = "fdatasync,fsync,msync,sync_file_range,pwrite64,pwritev,read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg"
LINE = re.compile(r"^(\d+)\s+(.*)$")


def calls(lines):
    """(begin, end) text of each call in the order of its end; a write to a socket is seen at its begin."""
    open_calls = {}
    for line in lines:
        m = LINE.match(line)
        if not m:
            continue
        pid, text = m.groups()
        if text.endswith("<unfinished ...>"):
            open_calls[pid] = text[: -len("<unfinished ...>")]
            yield "begin", open_calls[pid]
        elif text.startswith("<... "):
            yield "end", open_calls.pop(pid, "") + text.split("resumed>", 1)[-1]
        else:
            yield "begin", text
            yield "end", text


def judge(lines):
    """(answers, of these not synced). Requests come one after the other."""
    answers = unsynced = 0
    asked = wrote = synced = False
    for when, text in calls(lines):
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


def install():
    if shutil.which("strace"):
        return
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    env = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    subprocess.run([*env, "update", "-qq"], check=True)
    subprocess.run([*env, "install", "-y", "-qq", "strace"], check=True, stdout=subprocess.DEVNULL)


def traced(writes, *more):
    """Sequential writes to a traced server; (acknowledged, answers seen, of these not synced)."""
    server = Server(extra={"JIEYOU_RUN_WORKER": "false", "JIEYOU_WORKERS": "1"})
    server.seed()
    with tempfile.NamedTemporaryFile(prefix="jieyou-strace-", suffix=".log") as log:
        try:
            server.start(wrapper=("strace", "-f", "-y", "-s", "96", "-o", log.name, "-e", f"trace={CALLS}", *more))
            client = Client(server, "zhengguoxing")
            client.login()
            with open(log.name, errors="replace") as seen:
                seen.seek(0, os.SEEK_END)
                begin = seen.tell()
            for n in range(writes):
                status, _, doc = client.call("POST", "/cases", matter(n))
                if status != 201:
                    raise RuntimeError(f"{status} {doc}")
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


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--writes", type=int, default=1000)
    a = p.parse_args()
    install()
    wrong = [n for n, (trace, want) in enumerate(MADE) if judge(trace) != want]
    teeth = verdict("R2 made traces", not wrong, f"{len(MADE)} traces, misjudged {wrong}")
    few = min(a.writes, 20)
    _, answers, unsynced = traced(few, "-e", "inject=fdatasync,fsync:retval=0")
    control = verdict("R2 control", answers == few and unsynced == few, f"syncs made void: {unsynced}/{answers} answers found unsynced")
    writes, answers, unsynced = traced(a.writes)
    good = verdict("R2", answers == writes and unsynced == 0, f"{answers - unsynced}/{writes} answers sent after the sync of the WAL, {unsynced} not")
    sys.exit(0 if teeth and control and good else 1)


if __name__ == "__main__":
    main()
