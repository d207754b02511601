"""Bar N1, reduced: no notification is lost, and doubles are known as such, with a bad relay and kills.

usage: relay.py [--notices 1000] [--kills 20] [--lose 0] [--database-url postgres://…]     (needs a built binary)

A real `serve` process delivers by SMTP to a sink in this program that refuses 20 % of the messages
with 4xx, closes 10 % in the middle of DATA, takes 5 % and never answers, and stalls 5 %. The process is
killed while the messages are made and delivered. Waiting is cut short in the database: what is due
later is made due now, and the leases of a killed process are ended. The pauses of the worker itself
(30 s after five failures in a row) are waited for. `--lose 0.05` shows that the bar can fail: the sink then
says 250 to such a share and forgets the message.
"""
import argparse
import random
import re
import socketserver
import sys
import threading
import time
import uuid
from collections import Counter

from crash import DOUBT, newcomer
from harness import Client, Server, verdict

POOL = 4  # connections a worker holds to its relay
TIMEOUT = 2  # seconds the worker waits for an answer of the relay
ODDS = {"refuse": 0.20, "close": 0.10, "swallow": 0.05, "stall": 0.05}


class Sink(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, lose):
        super().__init__(("127.0.0.1", 0), Session)
        self.lock = threading.Lock()
        self.rng = random.Random(7)
        self.fates = Counter()
        self.received = []  # (Message-ID, recipient)
        self.odds = dict(ODDS, lose=lose)

    def handle_error(self, request, address):
        """The other side was killed, or this side hung up: both are meant."""

    def draw(self):
        with self.lock:
            point = self.rng.random()
            for fate, share in self.odds.items():
                point -= share
                if point < 0:
                    self.fates[fate] += 1
                    return fate
            self.fates["take"] += 1
            return "take"


class Session(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def silence(self):
        time.sleep(TIMEOUT + 1)
        raise ConnectionAbortedError

    def handle(self):
        self.say("220 sink")
        fate, to = "take", ""
        while line := self.rfile.readline().decode(errors="replace"):
            word = line[:4].upper()
            if word in ("EHLO", "HELO"):
                self.say("250 sink")
            elif word == "MAIL":
                fate = self.server.draw()
                self.say("250 ok")
            elif word == "RCPT":
                to = line
                if fate == "stall":
                    self.silence()
                self.say("451 4.3.0 later" if fate == "refuse" else "250 ok")
            elif word == "DATA":
                self.say("354 go on")
                if fate == "close":
                    self.rfile.read(40)
                    return
                body = []
                while (part := self.rfile.readline()) != b".\r\n":
                    if not part:
                        return  # killed in DATA: not received
                    body.append(part)
                found = re.findall(rb"(?im)^Message-ID:\s*<([^@>]+)@[^>]+>", b"".join(body))
                with self.server.lock:
                    if fate != "lose":
                        self.server.received.append((found[0].decode() if len(found) == 1 else f"{len(found)} ids", to.strip()))
                if fate == "swallow":
                    if self.server.rng.random() < 0.5:
                        return
                    self.silence()
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


def backlog(server):
    return {state: int(n) for state, n in server.db.query("SELECT state, count(*) FROM outbox WHERE channel = 'mail' GROUP BY state")}


def run(server, sink, notices, kills):
    server.seed()
    server.start()
    stop, up, faults, made = threading.Event(), threading.Event(), [], [0]
    up.set()

    def make():
        client = Client(server, "sysadmin")
        for n in range(notices):
            key = str(uuid.uuid4())
            while not stop.is_set():
                up.wait(timeout=5)
                try:
                    status, _, doc = client.call("POST", "/users", newcomer(n), key=key)
                except DOUBT:
                    time.sleep(0.05)
                    continue
                if status == 201:
                    made[0] += 1
                    break
                if status not in (409, 429, 503):
                    faults.append(f"{status} {doc}")
                    return
            time.sleep(0.005)

    maker = threading.Thread(target=make)
    maker.start()
    began, killed, redriven = time.monotonic(), 0, 0
    seen, step = 0, 0
    while time.monotonic() - began < max(1500, notices) and not faults:
        time.sleep(0.2)
        server.db.query("UPDATE outbox SET due_at = created_at WHERE state = 'due' AND due_at <> created_at")
        begun = sum(sink.fates.values())
        if killed < kills and begun - seen >= step:
            up.clear()
            time.sleep(random.uniform(0, 0.2))
            server.kill()
            server.db.query("UPDATE outbox SET lease_until = created_at WHERE state = 'leased'")
            server.start()
            up.set()
            killed += 1
            seen, step = begun, random.randint(1, max(1, 2 * notices // (kills + 4)))
        if maker.is_alive() or killed < kills and begun < notices:
            continue
        states = backlog(server)
        if states.get("dead"):
            server.command("outbox", "redrive", "--all-dead")
            redriven += states["dead"]
        elif not states.get("due") and not states.get("leased"):
            break
    stop.set()
    maker.join()
    time.sleep(TIMEOUT + 1)  # what is still on its way
    wanted = {row[0] for row in server.db.query("SELECT message_id FROM outbox WHERE channel = 'mail'")}
    got = Counter(i for i, _ in sink.received)
    astray = len(set(sink.received)) - len(got)
    missing, foreign = wanted - set(got), set(got) - wanted
    doubles = sum(got.values()) - len(got)
    allowed = sink.fates["swallow"] + killed * POOL
    good = (not faults and made[0] == notices and killed == kills and len(wanted) >= notices and not missing and not foreign
            and not astray and doubles <= allowed and set(backlog(server)) == {"sent"})
    return verdict("N1", good, f"{len(wanted)} notifications, {killed} kills, {dict(sink.fates)}: {len(got)} distinct Message-IDs received, "
                   f"{len(missing)} missing, {len(foreign)} foreign, {doubles} doubles (at most {allowed}), {astray} to another recipient, "
                   f"{redriven} redriven after their last attempt, states {backlog(server)}, {time.monotonic() - began:.0f} s, faults {faults[:1]}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--notices", type=int, default=1000)
    p.add_argument("--kills", type=int, default=20)
    p.add_argument("--lose", type=float, default=0.0)
    p.add_argument("--database-url")
    a = p.parse_args()
    sink = Sink(a.lose)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    server = Server(a.database_url, extra={
        "JIEYOU_MAIL__MODE": "smtp", "JIEYOU_MAIL__HOST": "127.0.0.1", "JIEYOU_MAIL__PORT": str(sink.server_address[1]),
        "JIEYOU_MAIL__TLS": "none", "JIEYOU_MAIL__TIMEOUT_SECONDS": str(TIMEOUT), "JIEYOU_MAIL__FROM": "desk@yunling.example"})
    try:
        good = run(server, sink, a.notices, a.kills)
    finally:
        server.remove()
        sink.shutdown()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
