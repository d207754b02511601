"""Bars D1 (gzip bombs), D2 (slow clients), D3 (hostile bodies), and that requests given up by their clients leave nothing
behind, against a server with its own limits on requests under way.

usage: slow.py [--sockets 2000] [--only D1,D3,hang-ups,D2] [--database-url postgres://…]
(needs a built binary; opens twice as many sockets at once)
"""
import argparse
import gzip
import multiprocessing
import resource
import selectors
import socket
import sys
import threading
import time

from harness import Client, Server, matter, threads, verdict

HEAD_LIMIT, BODY_LIMIT = 8, 33  # seconds until the last slow socket must be closed


def rss_mib(server):
    with open(f"/proc/{server.process.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) / 1024


def bombs(server, count=64):
    """D1: bodies that unpack to 200 MB are refused unread."""
    bomb = gzip.compress(bytes(200 << 20), 9)
    normal(server, 2, [])  # a sign-in alone takes the memory that hashing a password takes
    before, top, answers, stop = rss_mib(server), [0.0], [], threading.Event()

    def watch():
        while not stop.wait(0.005):
            top[0] = max(top[0], rss_mib(server))

    watcher = threading.Thread(target=watch)
    watcher.start()

    def throw(_):
        client = Client(server, "zhengguoxing")
        status, _, doc = client.call("POST", "/cases", bomb, extra={"Content-Encoding": "gzip"})
        answers.append((status, doc.get("code")))

    faults = threads(count, throw)
    stop.set()
    watcher.join()
    rise = max(0.0, top[0] - before)
    good = answers.count((415, "unsupported_media_type")) == count and rise <= 32
    return verdict("D1", good, f"{count} bombs of {len(bomb) // 1000} KB at once: {answers.count((415, 'unsupported_media_type'))} answered 415, RSS +{rise:.1f} MiB, faults {faults[:1]}")


def hostile(server):
    """D3: bodies and queries that are no input: a problem document soon, never a 5xx, memory flat."""
    client = Client(server, "zhengguoxing")
    client.login()
    members = ",".join(f'"k{n}":1' for n in range(1_000_000)).encode()
    bodies = {
        "3 MB": b" " * (3 << 20), "depth 100,000": b"[" * 100_000, "1,000,000 members": b"{" + members + b"}",
        "20,000 members": b"{" + members[: members.index(b',"k20000"')] + b"}",
        "bad UTF-8": b'{"summary": "\xff\xfe"}', "lone surrogate": b'{"summary": "\\ud800"}', "NUL": b'{"summary": "\\u0000"}',
        "huge number": b'{"amount_fen": ' + b"9" * 10_000 + b"}", "1e400": b'{"amount_fen": 1e400}', "duplicate": b'{"type": "other", "type": "other"}',
        "no JSON": b"<xml/>", "array": b"[]",
    }
    before, worst, wrong = rss_mib(server), (0, ""), []
    tries = [("POST", "/cases", body, name) for name, body in bodies.items()]
    for n in (500, 10_000):
        tries.append(("GET", "/cases?" + "&".join(f"p{i}=1" for i in range(n)), None, f"{n} query members"))
    for method, path, body, name in tries * 3:
        began = time.monotonic()
        try:
            status, head, doc = client.call(method, path, body)
        except OSError:  # refused before the body was sent to its end
            status, head, doc = 413, {"content-type": "application/problem+json"}, {"request_id": "?"}
        took = (time.monotonic() - began) * 1000
        worst = max(worst, (took, name))
        if name == "10000 query members":  # too long a head for the HTTP parser: it answers without a body
            wrong += [] if (status, doc) == (400, b"") else [(name, status)]
        elif not 400 <= status < 500 or "problem+json" not in head.get("content-type", "") or not (isinstance(doc, dict) and doc.get("request_id")):
            wrong.append((name, status, head.get("content-type")))
    rise = rss_mib(server) - before
    return verdict("D3", not wrong and worst[0] <= 100 and rise <= 32, f"{len(tries)} kinds, three times each: slowest {worst[0]:.0f} ms ({worst[1]}), RSS {rise:+.1f} MiB, not a 4xx problem {wrong[:3]}, the longest head a bare 400")


def normal(server, seconds, out):
    """Calls of clients who behave: reads and writes, one after the other."""
    client, n = Client(server, "zhengguoxing"), 0
    client.login()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        n += 1
        began = time.monotonic()
        try:
            status = client.call("POST", "/cases", matter(n))[0] if n % 5 == 0 else client.call("GET", "/cases?limit=5")[0]
        except OSError as e:
            status = type(e).__name__
        out.append((time.monotonic() - began, status))
        time.sleep(0.02)


def load(server, seconds, callers=4):
    """From a process of its own: this one is busy with its sockets."""
    ways = multiprocessing.get_context("fork")
    told, told_to = ways.Pipe(duplex=False)

    def work():
        out = []
        faults = threads(callers, lambda _: normal(server, seconds, out))
        told_to.send(out + [(0, f) for f in faults])

    Client(server, "zhengguoxing").login()
    other = ways.Process(target=work)
    other.start()
    out = told.recv()
    other.join()
    times = sorted(t for t, _ in out)
    return times[int(len(times) * 0.99)] * 1000, [s for _, s in out if s not in (200, 201)], len(out)


def slow(server, count):
    """D2: half of the sockets send a header a byte at a time, half a body; all are let go in time."""
    p99, wrong, calls = load(server, 8)
    head = b"GET /api/v1/cases HTTP/1.1\r\nHost: x\r\nX-Slow: "
    body = (b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{\"username\": \"")
    pick = selectors.DefaultSelector()
    opened, closed, statuses, refused = {}, {"head": [], "body": []}, {}, 0
    result = []
    other = threading.Thread(target=lambda: result.append(load(server, 40)))
    other.start()
    for n in range(2 * count):
        kind = "head" if n % 2 else "body"
        try:
            s = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            s.sendall(head if kind == "head" else body)
        except OSError:
            refused += 1
            continue
        s.setblocking(False)
        opened[s] = (kind, time.monotonic())
        pick.register(s, selectors.EVENT_READ)
    drip = time.monotonic()
    while opened and time.monotonic() - drip < 60:
        for key, _ in pick.select(timeout=0.1):
            s = key.fileobj
            kind, since = opened[s]
            try:
                data = s.recv(4096)
            except OSError:
                data = b""
            if data:
                word = data[9:12].decode(errors="replace")
                statuses[kind, word] = statuses.get((kind, word), 0) + 1
                if b"connection: close" not in data.lower():
                    continue
            closed[kind].append(time.monotonic() - since)
            pick.unregister(s)
            s.close()
            del opened[s]
        if int(time.monotonic() * 2) % 2 == 0:
            for s in list(opened)[::7]:
                try:
                    s.send(b"a")
                except OSError:
                    pass
    left = len(opened)
    for s in opened:
        s.close()
    other.join()
    after, failed, during = result[0]
    worst = {kind: max(times, default=0) for kind, times in closed.items()}
    good = (not refused and not left and not wrong and not failed and len(closed["head"]) == len(closed["body"]) == count
            and worst["head"] <= HEAD_LIMIT and worst["body"] <= BODY_LIMIT and after <= max(2 * p99, 20))
    return verdict("D2", good, f"{count} slow heads closed after at most {worst['head']:.1f} s, {count} slow bodies after {worst['body']:.1f} s, "
                   f"{left} left open, {refused} refused, answers {statuses}; others: p99 {p99:.1f} ms before ({calls} calls), {after:.1f} ms meanwhile ({during} calls), "
                   f"{len(failed)} failed {sorted(set(map(str, failed)))[:3]}")


def given_up(server, count):
    """Requests whose clients hang up while they run must not use up the server's room for requests."""
    def hang_up(i):
        client = Client(server, "zhengguoxing")
        for n in range(count // 16):
            try:
                client.call("POST", "/cases", matter(i * 1000 + n), cut=True)
            except OSError:
                pass

    faults = threads(16, hang_up)
    time.sleep(2)
    _, wrong, calls = load(server, 2)
    return verdict("hang-ups", not wrong and not faults, f"{count} requests given up, then {calls} calls: {len(wrong)} failed {sorted(set(map(str, wrong)))[:3]}, faults {faults[:1]}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--sockets", type=int, default=2000)
    p.add_argument("--only", default="D1,D3,hang-ups,D2")
    p.add_argument("--database-url")
    a = p.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = 2 * a.sockets + 1000
    if soft < need:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(need, hard), hard))
    server = Server(a.database_url)
    del server.env["JIEYOU_MAX_IN_FLIGHT"]  # the limit as it is shipped
    results = []
    try:
        server.seed()
        server.start()
        programs = {"D1": lambda: bombs(server), "D3": lambda: hostile(server), "hang-ups": lambda: given_up(server, 1600), "D2": lambda: slow(server, a.sockets)}
        results = [programs[name]() for name in a.only.split(",")]
    finally:
        server.remove()
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
