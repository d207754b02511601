"""Bars R1 (kills), N2 (a change, its events and its messages are one commit), R9 (duplicate
retries), R11 (races), reduced.

usage: crash.py [--kills 50] [--writers 32] [--operations 300] [--attempts 1280] [--cases 20] [--only R1,R9,R11]
                [--database-url postgres://…]      (needs a built binary; PostgreSQL also `psql`)

R11 makes `--attempts` on `--cases` cases and a quarter as many on one.

On PostgreSQL R9 and R11 run over two nodes.
"""
import argparse
import http.client
import json
import random
import sys
import threading
import time
import uuid
from collections import Counter

from harness import Client, Server, matter, threads, verdict

DOUBT = (OSError, http.client.HTTPException, json.JSONDecodeError)
# One message for every event of a case, in the commit of the event; nobody listens there.
HOOK = {"url": "http://127.0.0.1:9/", "events": []}
TRIAL = {"JIEYOU_WEBHOOKS__ALLOW_INSECURE_LOOPBACK": "true"}


def trail_ok(server):
    out = server.command("audit", "verify", check=False)
    return out.returncode == 0, (out.stdout + out.stderr)[-400:]


def torn(server):
    """N2: changes without their events or messages, and events or messages without their change."""
    with server.db.still() as query:
        cases = {row[0] for row in query("SELECT id FROM cases")}
        users = {row[0] for row in query("SELECT id FROM users WHERE username LIKE 'bar-%'")}
        all_users = {row[0] for row in query("SELECT id FROM users")}
        events = Counter(dict((s, int(n)) for s, n in query("SELECT stream, count(*) FROM audit_events GROUP BY stream")))
        hooks = Counter(dict((s, int(n)) for s, n in query("SELECT case_id, count(*) FROM outbox WHERE channel = 'webhook' GROUP BY case_id")))
        mails = Counter(dict((s, int(n)) for s, n in query("SELECT user_id, count(*) FROM outbox WHERE kind = 'account_invited' GROUP BY user_id")))
        inbox = Counter(dict((s, int(n)) for s, n in query("SELECT user_id, count(*) FROM inbox_items WHERE kind = 'account_invited' GROUP BY user_id")))
        invites = Counter(dict((s, int(n)) for s, n in query("SELECT user_id, count(*) FROM invites GROUP BY user_id")))
    faults = [f"case {i}: {events['case/' + i]} events, {hooks[i]} messages" for i in cases if not 0 < events["case/" + i] == hooks[i]]
    faults += [f"user {i}: {events['user/' + i]} events, {mails[i]} mails, {invites[i]} invites" for i in users
               if (events["user/" + i], mails[i], invites[i], inbox[i]) != (2, 1, 1, 1)]
    faults += [f"events of no case: {s}" for s in events if s.startswith("case/") and s[5:] not in cases]
    faults += [f"message of no case: {i}" for i in hooks if i not in cases]
    faults += [f"mail to nobody: {i}" for i in mails if i not in all_users]
    return faults, len(cases), len(users), sum(hooks.values()) + sum(mails.values())


def newcomer(n):
    return {"username": f"bar-{n}", "name": f"甲{n}", "email": f"bar-{n}@yunling.example"}


def kills(server, count, writers):
    """R1 and N2: SIGKILL at random points under load; nothing acknowledged is lost, doubled or torn."""
    server.seed()
    acked, doubt, lock, stop = {}, {}, threading.Lock(), threading.Event()
    up = threading.Event()
    numbers = iter(range(1, 10**9))

    def ask(client, kind, n, key):
        if kind == "case":
            status, _, doc = client.call("POST", "/cases", matter(n), key=key)
            return status, doc, doc.get("id")
        status, _, doc = client.call("POST", "/users", newcomer(n), key=key)
        return status, doc, doc.get("user", {}).get("id")

    def write(i):
        # every fourth writer makes users (each with a mail), and tries to make one twice: refused
        kind = "user" if i % 4 == 3 else "case"
        client = Client(server, "sysadmin" if kind == "user" else "zhengguoxing")
        while not stop.is_set():
            if not up.wait(timeout=1):
                continue
            with lock:
                n = next(numbers)
            key = str(uuid.uuid4())
            while not stop.is_set():
                try:
                    status, doc, made = ask(client, kind, n, key)
                    if status == 201 and kind == "user" and n % 3 == 0:
                        client.call("POST", "/users", newcomer(n))  # rolled back: the name is taken
                except DOUBT:
                    with lock:
                        if (kind, key) not in acked:
                            doubt[kind, key] = n
                    time.sleep(0.02)
                    up.wait(timeout=5)
                    continue
                if status == 201:
                    with lock:
                        acked[kind, key] = made
                        doubt.pop((kind, key), None)
                    break
                if status in (429, 503, 409):
                    time.sleep(0.05)
                    continue
                raise RuntimeError(f"{status} {doc}")

    ready = [server.start()]
    admin = Client(server, "sysadmin")
    status, _, doc = admin.call("POST", "/webhooks", HOOK)
    assert status == 201, doc
    Client(server, "zhengguoxing").login()
    up.set()
    runner = []
    t = threading.Thread(target=lambda: runner.extend(threads(writers, write)))
    t.start()
    broken, faults = 0, []
    for _ in range(count):
        time.sleep(random.uniform(0.2, 1.2))
        up.clear()
        server.kill()
        faults += server.db.check() + torn(server)[0]
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
    clients = {"case": Client(server, "zhengguoxing"), "user": admin}
    for (kind, key), n in list(doubt.items()):
        status, doc, made = ask(clients[kind], kind, n, key)
        if status != 201:
            runner.append(f"in doubt and not settled: {status} {doc}")
        acked[kind, key] = made
    ids, cursor = set(), None
    while True:
        path = "/cases?limit=200" + (f"&cursor={cursor}" if cursor else "")
        _, _, page = clients["case"].call("GET", path)
        ids.update(c["id"] for c in page["data"])
        cursor = page["page"]["next_cursor"]
        if not page["page"]["has_more"]:
            break
    ids.update(row[0] for row in server.db.query("SELECT id FROM users WHERE username LIKE 'bar-%'"))
    lost = [i for i in acked.values() if i not in ids]
    more, cases, users, messages = torn(server)
    ok, _ = trail_ok(server)
    p99 = sorted(ready)[int(len(ready) * 0.99) - 1]
    extra = cases + users - len(acked)
    good = not lost and extra == 0 and broken == 0 and ok and not runner
    first = verdict("R1", good, f"{count} kills, {len(acked)} acknowledged ({cases} cases, {users} users), {len(lost)} lost, {extra} extra, "
                    f"{broken} broken trails, ready again p99 {p99:.2f} s, thread faults {runner[:2]}")
    return first & verdict("N2", not faults + more, f"checked after each of {count} kills and at the end: {messages} messages of {cases + users} changes, "
                           f"torn or damaged {len(faults + more)} {(faults + more)[:2]}")


def two(server):
    """The nodes: two on PostgreSQL, one on SQLite."""
    nodes = [server]
    if server.db.url:
        nodes.append(Server(extra=TRIAL, beside=server))
    for node in nodes:
        if not node.alive():
            node.start()
    return nodes


def effects(server):
    """Cases, their registrations in the trail, their messages."""
    one = lambda sql: int(server.db.query(sql)[0][0])
    return (one("SELECT count(*) FROM cases"),
            one("SELECT count(*) FROM audit_events WHERE action = 'case_registered'"),
            one("SELECT count(*) FROM outbox WHERE kind = 'case_registered'"))


def duplicates(server, operations, copies, blows):
    """R9: simultaneous copies over the nodes, with cut sockets and kills, have one effect and equal bytes."""
    nodes = two(server)
    admin = Client(server, "sysadmin")
    if not any(h["url"] == HOOK["url"] for h in admin.call("GET", "/webhooks")[2]["data"]):
        admin.call("POST", "/webhooks", HOOK)
    for node in nodes:
        Client(node, "zhengguoxing").login()
    before = effects(server)
    answers = [[None] * copies for _ in range(operations)]
    keys = [str(uuid.uuid4()) for _ in range(operations)]
    odd, cuts, waits, bare = [], [0], [0], [0]
    done = threading.Event()

    def run(i):
        rng = random.Random(i)
        links = [Client(node, "zhengguoxing") for node in nodes]
        for n in range(operations):
            link = links[(i + n) % len(links)]
            for _ in range(400):
                cut = rng.random() < 0.1
                cuts[0] += cut
                try:
                    status, head, _ = link.call("POST", "/cases", matter(n), key=keys[n], cut=cut)
                except DOUBT:
                    time.sleep(0.01)
                    link = rng.choice(links)
                    continue
                if status in (409, 429, 503):
                    waits[0] += 1
                    bare[0] += "retry-after" not in head
                    time.sleep(0.02)
                    continue
                answers[n][i] = (status, link.bytes, head.get("idempotency-replayed"))
                break
            else:
                odd.append(f"operation {n} never answered")

    def strike():
        for _ in range(blows):
            time.sleep(random.uniform(0.5, 1.5))
            if done.is_set():
                return
            node = random.choice(nodes)
            node.kill()
            node.start()
            struck[0] += 1

    struck = [0]
    hand = threading.Thread(target=strike)
    hand.start()
    faults = threads(copies, run)
    done.set()
    hand.join()
    grown = tuple(b - a for a, b in zip(before, effects(server)))
    unequal = sum(1 for a in answers if None in a or len({(s, b) for s, b, _ in a}) != 1 or a[0][0] != 201)
    originals = sum(1 for a in answers if sum(1 for x in a if x and x[2] != "true") > 1)
    link = Client(server, "zhengguoxing")
    reused = link.call("POST", "/cases", matter(-1), key=keys[0])[0]
    missing = link.raw("POST", "/api/v1/cases", {"Authorization": f"Bearer {link.token}", "Content-Type": "application/json"}, matter(0))[0]
    other = Client(server, "sysadmin").call("POST", "/users", newcomer(f"k{uuid.uuid4().hex[:8]}"), key=keys[0])[0]
    good = grown == (operations,) * 3 and not unequal and not originals and not bare[0] and (reused, missing, other) == (422, 400, 201) and not faults and not odd
    for node in nodes[1:]:
        node.stop()
    return verdict("R9", good, f"{operations} operations x {copies} copies over {len(nodes)} node(s), {cuts[0]} sockets cut, {struck[0]} kills: "
                   f"{grown[0]} effects, {grown[1]} events, {grown[2]} messages, {unequal} unequal answers, {originals} with two originals, "
                   f"{waits[0]} told to wait ({bare[0]} without Retry-After), other body {reused}, no key {missing}, other user {other}, faults {(faults + odd)[:2]}")


def races(server, cases, clients_n, rounds):
    """R11: one winner per version, the others 409 or 412, no lost update, no stale read after an answer."""
    nodes = two(server)
    setup = Client(server, "zhengguoxing")
    ids = [setup.call("POST", "/cases", matter(n))[2]["id"] for n in range(cases)]
    won, lost, stale, odd, lock = {}, [0], [0], [], threading.Lock()

    def run(i):
        links = [Client(node, "zhengguoxing") for node in nodes]
        rng = random.Random(i)
        for _ in range(rounds):
            case = rng.choice(ids)
            a, b = rng.sample(links, 2) if len(links) > 1 else (links[0], links[0])
            version = int(a.call("GET", f"/cases/{case}")[1]["etag"].strip('"'))
            status, head, doc = b.call("POST", f"/cases/{case}/risk", {"level": rng.choice(["yellow", "orange"]), "hints": rng.sample(["threat", "alcohol", "history", "media"], 2)}, version=version)
            if status == 200:
                mine = int(head["etag"].strip('"'))
                seen = int(a.call("GET", f"/cases/{case}")[1]["etag"].strip('"'))
            with lock:
                if status == 200:
                    won.setdefault((case, mine), []).append(i)
                    stale[0] += seen < mine
                elif status in (409, 412):
                    lost[0] += 1
                else:
                    odd.append((status, doc))

    faults = threads(clients_n, run)
    doubled = [k for k, v in won.items() if len(v) > 1]
    torn_cases = 0
    setup = Client(server, "zhengguoxing")  # the connection from before was idle for too long
    for case in ids:
        top = int(setup.call("GET", f"/cases/{case}")[1]["etag"].strip('"'))
        if sorted(v for (c, v) in won if c == case) != list(range(2, top + 1)):
            torn_cases += 1
    good = not doubled and torn_cases == 0 and not stale[0] and not odd and not faults
    for node in nodes[1:]:
        node.stop()
    return verdict("R11", good, f"{clients_n} clients, {cases} case(s), {len(nodes)} node(s): {len(won)} wins, {lost[0]} refused, {len(doubled)} double winners, "
                   f"{torn_cases} cases with lost updates, {stale[0]} stale reads, other {odd[:1]}, faults {faults[:1]}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--kills", type=int, default=50)
    p.add_argument("--writers", type=int, default=32)
    p.add_argument("--operations", type=int, default=300)
    p.add_argument("--blows", type=int, default=10)
    p.add_argument("--clients", type=int, default=32)
    p.add_argument("--attempts", type=int, default=1280)
    p.add_argument("--cases", type=int, default=20)
    p.add_argument("--only", default="R1,R9,R11")
    p.add_argument("--database-url")
    a = p.parse_args()
    only = a.only.split(",")
    server = Server(a.database_url, extra=TRIAL)
    results = []
    try:
        if "R1" in only:
            results.append(kills(server, a.kills, a.writers))
        else:
            server.seed()
        if "R9" in only:
            results.append(duplicates(server, a.operations, 8, a.blows))
        if "R11" in only:
            results.append(races(server, a.cases, a.clients, -(-a.attempts // a.clients)))
            results.append(races(server, 1, a.clients, -(-a.attempts // (4 * a.clients))))
    finally:
        server.remove()
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
