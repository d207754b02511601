"""Bars R1 (kills), R2 (sync before the answer), R9 (duplicate retries), R11 (races), reduced.

usage: crash.py [--kills 50] [--writers 32] [--database-url postgres://…]   (needs a built binary)
"""
import argparse
import http.client
import json
import random
import shutil
import sys
import tempfile
import threading
import time
import uuid

from harness import Client, Server, matter, threads, verdict

DOUBT = (OSError, http.client.HTTPException, json.JSONDecodeError)


def trail_ok(server):
    out = server.command("audit", "verify", check=False)
    return out.returncode == 0, out.stdout[-400:]


def kills(server, count, writers):
    """R1: SIGKILL at random points under load; nothing acknowledged is lost, doubled or torn."""
    server.seed()
    acked, doubt, lock, stop = {}, {}, threading.Lock(), threading.Event()
    up = threading.Event()
    numbers = iter(range(1, 10**9))

    def write(_):
        client = Client(server, "zhengguoxing")
        while not stop.is_set():
            if not up.wait(timeout=1):
                continue
            with lock:
                n = next(numbers)
            key = str(uuid.uuid4())
            while not stop.is_set():
                try:
                    status, _, doc = client.call("POST", "/cases", matter(n), key=key)
                except DOUBT:
                    with lock:
                        doubt[key] = n
                    time.sleep(0.02)
                    up.wait(timeout=5)
                    continue
                if status == 201:
                    with lock:
                        acked[key] = doc["id"]
                        doubt.pop(key, None)
                    break
                if status in (429, 503, 409):
                    time.sleep(0.05)
                    continue
                raise RuntimeError(f"{status} {doc}")

    ready = [server.start()]
    Client(server, "zhengguoxing").login()
    up.set()
    runner = []
    t = threading.Thread(target=lambda: runner.extend(threads(writers, write)))
    t.start()
    broken = 0
    for _ in range(count):
        time.sleep(random.uniform(0.2, 1.2))
        up.clear()
        server.kill()
        ok, text = trail_ok(server)
        if not ok:
            broken += 1
            print(text)
        ready.append(server.start())
        up.set()
    time.sleep(1)
    stop.set()
    up.set()
    t.join()
    client = Client(server, "zhengguoxing")
    for key, n in list(doubt.items()):
        status, _, doc = client.call("POST", "/cases", matter(n), key=key)
        if status == 201:
            acked[key] = doc["id"]
    ids, cursor = set(), None
    total = 0
    while True:
        path = "/cases?limit=200" + (f"&cursor={cursor}" if cursor else "")
        _, _, page = client.call("GET", path)
        total += len(page["data"])
        ids.update(c["id"] for c in page["data"])
        cursor = page["page"]["next_cursor"]
        if not page["page"]["has_more"]:
            break
    lost = [i for i in acked.values() if i not in ids]
    ok, text = trail_ok(server)
    p99 = sorted(ready)[int(len(ready) * 0.99) - 1]
    good = not lost and total == len(acked) and broken == 0 and ok and not runner
    return verdict("R1", good, f"{count} kills, {len(acked)} acknowledged, {len(lost)} lost, {total - len(acked)} extra, "
                   f"{broken} broken trails, ready again p99 {p99:.2f} s, thread faults {runner[:2]}")


def duplicates(server, operations, copies):
    """R9: simultaneous copies of one request have one effect and equal bytes."""
    clients = [Client(server, "zhengguoxing") for _ in range(copies)]
    for c in clients:
        c.login()
    before = clients[0].call("GET", "/cases?queue=registered&count=exact&limit=1")[2]["page"]["count"]
    answers = [[None] * copies for _ in range(operations)]
    keys = [str(uuid.uuid4()) for _ in range(operations)]

    def run(i):
        for n in range(operations):
            for _ in range(50):
                try:
                    status, head, doc = clients[i].call("POST", "/cases", matter(n), key=keys[n])
                except DOUBT:
                    continue
                if status in (409, 429, 503):
                    time.sleep(0.02)
                    continue
                answers[n][i] = (status, json.dumps(doc, sort_keys=True))
                break

    faults = threads(copies, run)
    after = clients[0].call("GET", "/cases?queue=registered&count=exact&limit=1")[2]["page"]["count"]
    unequal = sum(1 for a in answers if len(set(a)) != 1 or a[0] is None or a[0][0] != 201)
    reused = clients[0].call("POST", "/cases", matter(-1), key=keys[0])[0]
    missing = clients[0].raw("POST", "/api/v1/cases", {"Authorization": f"Bearer {clients[0].token}", "Content-Type": "application/json"}, matter(0))[0]
    good = after - before == operations and unequal == 0 and reused == 422 and missing == 400 and not faults
    return verdict("R9", good, f"{operations} operations x {copies} copies: {after - before} effects, {unequal} unequal answers, "
                   f"other body {reused}, no key {missing}, faults {faults[:2]}")


def races(server, cases, clients_n, rounds):
    """R11: one winner per version, the others 409 or 412, no lost update."""
    setup = Client(server, "zhengguoxing")
    ids = [setup.call("POST", "/cases", matter(n))[2]["id"] for n in range(cases)]
    won, lost, odd, lock = {}, [0], [], threading.Lock()

    def run(i):
        c = Client(server, "zhengguoxing")
        rng = random.Random(i)
        for _ in range(rounds):
            case = rng.choice(ids)
            version = int(c.call("GET", f"/cases/{case}")[1]["etag"].strip('"'))
            status, head, doc = c.call("POST", f"/cases/{case}/risk", {"level": rng.choice(["yellow", "orange"]), "hints": rng.sample(["threat", "alcohol", "history", "media"], 2)}, version=version)
            with lock:
                if status == 200:
                    won.setdefault((case, int(head["etag"].strip('"'))), []).append(i)
                elif status in (409, 412):
                    lost[0] += 1
                else:
                    odd.append((status, doc))

    faults = threads(clients_n, run)
    doubled = [k for k, v in won.items() if len(v) > 1]
    torn = 0
    for case in ids:
        top = int(setup.call("GET", f"/cases/{case}")[1]["etag"].strip('"'))
        mine = sorted(v for (c, v) in won if c == case)
        if mine != list(range(2, top + 1)):
            torn += 1
    good = not doubled and torn == 0 and not odd and not faults
    return verdict("R11", good, f"{len(won)} wins, {lost[0]} refused, {len(doubled)} double winners, {torn} lost updates, other {odd[:1]}, faults {faults[:1]}")


def synced(server_extra):
    """R2: between reading a request and answering it, the WAL was synced (strace)."""
    if not shutil.which("strace"):
        return verdict("R2", False, "strace is not installed: not measured")
    server = Server(extra=server_extra)
    server.seed()
    log = tempfile.mktemp(prefix="jieyou-strace-")
    server.start(wrapper=("strace", "-f", "-o", log, "-e", "trace=fdatasync,fsync,writev,sendto,write"))
    client = Client(server, "zhengguoxing")
    client.login()
    for n in range(100):
        status, _, doc = client.call("POST", "/cases", matter(n))
        assert status == 201, doc
    server.stop()
    unsynced, answers, since = 0, 0, 0
    for line in open(log, errors="replace"):
        if "fdatasync(" in line or "fsync(" in line:
            since += 1
        elif "HTTP/1.1 201" in line:
            answers += 1
            unsynced += since == 0
            since = 0
    server.remove()
    return verdict("R2", answers >= 100 and unsynced == 0, f"{answers} answers, {unsynced} without a sync before them")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--kills", type=int, default=50)
    p.add_argument("--writers", type=int, default=32)
    p.add_argument("--operations", type=int, default=300)
    p.add_argument("--database-url")
    a = p.parse_args()
    server = Server(database_url=a.database_url)
    results = []
    try:
        results.append(kills(server, a.kills, a.writers))
        results.append(duplicates(server, a.operations, 8))
        results.append(races(server, 20, 32, 40))
    finally:
        server.remove()
    if not a.database_url:
        results.append(synced({}))
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
