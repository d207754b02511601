"""Bar T1: what time asks for happens exactly once, whenever the service is killed.

usage: duties.py [--duties 2000] [--share 0.15] [--pause 0.2,1.2] [--doubled] [--database-url postgres://…]   (needs a built binary)

Cases are made over HTTP; then, the service stopped, their clocks are moved into the past in the database: two missed
clocks of each registered case, and the limit of each labour dispute (`--share` of the duties), which ends the case by
itself and tells both parties. The service is started and killed at random until nothing is due any more. On PostgreSQL
two nodes do the duties and either is killed. Then the mails are delivered to a sink, with kills, and the rows are counted.
`--doubled` shows that the bar can fail: one breach is recorded as due again in the database behind the service's back.
"""
import argparse
import json
import random
import re
import sys
import threading
import time
from collections import Counter

import relay
from crash import trail_ok
from harness import Client, Server, matter, threads, verdict

PAST, MISSED = "2026-01-05", "2026-02-05"
SCREENING = {"civil": True, "special_organ": False, "accepted_elsewhere": False, "clear_parties": True, "concrete_claim": True}


def labour(n):
    side = [{"role": role, "kind": "natural_person", "name": f"{who}{n}", "email": f"{code}-{n}@yunling.example"}
            for role, who, code in (("applicant", "甲", "a"), ("respondent", "乙", "b"))]
    return dict(matter(n), type="labour_other", summary=f"第{n}件：工伤赔偿。", parties=side, issues=[{"text": "赔偿"}],
                oral_note={"text": "口头申请，经宣读无误", "signed_by_party": True})


class Desk(Client):
    """A clerk who sees each case in the version it has."""

    def act(self, case, rest, body):
        for _ in range(50):
            version = int(self.call("GET", f"/cases/{case}")[1]["etag"].strip('"'))
            status, _, doc = self.call("POST", f"/cases/{case}/{rest}", body, version=version)
            if status in (200, 201):
                return doc
            if status not in (409, 412, 429, 503) or "blocked_by" in doc:
                break
            time.sleep(0.05)
        raise RuntimeError(f"{rest}: {status} {doc}")

    def register(self, body):
        for _ in range(50):
            status, _, doc = self.call("POST", "/cases", body)
            if status == 201:
                return doc["id"]
            if status not in (409, 429, 503):
                break
            time.sleep(0.05)
        raise RuntimeError(f"{status} {doc}")

    def accept(self, body, committee):
        case = self.register(body)
        self.act(case, "screen", SCREENING)
        for party in self.call("GET", f"/cases/{case}/parties")[2]["consent_missing"]:
            self.act(case, f"parties/{party}/consent", {"answer": "given", "via": "in_person"})
        self.act(case, "accept", {"committee_id": committee, "jurisdiction_basis": "dispute_place"})
        return case


def make(server, plain, ended):
    """The cases; returns the ids of the labour disputes."""
    found = Client(server, "sysadmin").call("GET", "/committees?limit=200")[2]["data"]
    head = Client(server, "zhengguoxing").call("GET", "/auth/me")[2]["user"]
    home = next(g["org_id"] for g in head["grants"] if g["role"] == "desk_head")
    committee = next(c["id"] for c in found if c["org_id"] == home)
    made, lock, numbers = [], threading.Lock(), iter(range(plain + ended))

    def work(_):
        desk = Desk(server, "zhengguoxing")
        while True:
            with lock:
                n = next(numbers, None)
            if n is None:
                return
            if n < plain:
                desk.register(matter(n))
                continue
            case = desk.accept(labour(n), committee)
            with lock:
                made.append(case)

    faults = threads(8, work)
    if faults:
        raise RuntimeError(faults[0])
    return made


def age(server, ended):
    """Moves the clocks into the past; returns the ids of those that are due now."""
    query = server.db.query
    shown = query("SELECT started_at FROM clocks LIMIT 1")[0][0]

    def day(d):
        return re.sub(r"\d{4}-\d\d-\d\d", d, shown, count=1)

    past, missed = day(PAST), day(MISSED)
    labour_ids = ", ".join(f"'{i}'" for i in ended) or "NULL"
    which = (f"ended_at IS NULL AND ((policy IN ('triage', 'accept_decision') AND case_id NOT IN ({labour_ids}))"
             f" OR (policy = 'med_labour' AND case_id IN ({labour_ids})))")
    ids = {row[0] for row in query(f"SELECT id FROM clocks WHERE {which}")}
    query(f"UPDATE clocks SET started_at = '{past}', due_at = '{missed}', yellow_at = '{missed}', wake_at = '{missed}', last_day = '{MISSED}' WHERE {which}")
    query(f"UPDATE cases SET registered_at = '{past}', accepted_at = '{past}' WHERE id IN ({labour_ids})")
    return ids, missed


def left(server, missed):
    return int(server.db.query(f"SELECT count(*) FROM clocks WHERE wake_at <= '{missed}'")[0][0])


def strike(nodes, pause, over, limit=1800):
    """Kills a node at random moments until `over()`; returns how often."""
    began, kills = time.monotonic(), 0
    while not over():
        if time.monotonic() - began > limit:
            raise RuntimeError("not done in time")
        time.sleep(random.uniform(*pause))
        node = random.choice(nodes)
        node.kill()
        kills += 1
        node.start()
    return kills


def counted(rows):
    return Counter({key: int(n) for *key, n in rows for key in [tuple(key)]})


def run(server, sink, duties, share, pause, doubled):
    server.seed()
    server.start()
    ended_n = round(duties * share)
    plain_n = (duties - ended_n) // 2
    ended = make(server, plain_n, ended_n)
    server.stop()
    ids, missed = age(server, ended)
    nodes = [server]
    if server.db.url:
        nodes.append(Server(beside=server, extra=server.extra))
    began = time.monotonic()
    for node in nodes:
        node.start()
    kills = strike(nodes, pause, lambda: left(server, missed) == 0)
    took = time.monotonic() - began
    query = server.db.query
    if doubled:
        one = sorted(ids)[0]
        query(f"UPDATE clocks SET breached_at = NULL, ended_at = NULL, state = 'running', wake_at = due_at WHERE id = '{one}'")
        time.sleep(20)

    # Mails: to the parties of the cases that ended, each a recipient of its own.
    def waiting():
        query("UPDATE outbox SET due_at = created_at WHERE party_id IS NOT NULL AND state = 'due' AND due_at <> created_at")
        query("UPDATE outbox SET lease_until = created_at WHERE state = 'leased'")
        return int(query("SELECT count(*) FROM outbox WHERE party_id IS NOT NULL AND channel = 'mail' AND kind = 'case_terminated' AND state <> 'sent'")[0][0])

    mail_kills = strike(nodes, (0.5, 1.5), lambda: waiting() == 0, 600)
    for node in nodes:
        node.stop()
    faults = server.db.check()
    ok, text = trail_ok(server)
    breaches = Counter(json.loads(row[0])["clock"] for row in query("SELECT payload FROM audit_events WHERE action = 'clock_breached'"))
    actors = {row[0] for row in query("SELECT DISTINCT actor FROM audit_events WHERE action = 'clock_breached'")}
    ends = counted(query("SELECT stream, count(*) FROM audit_events WHERE action = 'case_terminated' GROUP BY stream"))
    states = Counter(row[0] for row in query("SELECT state FROM cases"))
    marked = {row[0] for row in query("SELECT id FROM clocks WHERE breached_at IS NOT NULL")}
    inbox = counted(query("SELECT case_id, user_id, kind, count(*) FROM inbox_items WHERE kind IN ('clock_red', 'limit_missed') GROUP BY case_id, user_id, kind"))
    posted = counted(query("SELECT case_id, party_id, kind, count(*) FROM outbox WHERE kind = 'case_terminated' AND party_id IS NOT NULL GROUP BY case_id, party_id, kind"))
    wanted = {row[0] for row in query("SELECT message_id FROM outbox WHERE kind = 'case_terminated' AND party_id IS NOT NULL")}
    known = {row[0] for row in query("SELECT message_id FROM outbox WHERE channel = 'mail'")}
    got = Counter(i for i, _ in sink.received)
    astray = len(set(sink.received)) - len(got)
    twice = sum(1 for n in breaches.values() if n != 1)
    missing, foreign = ids - set(breaches), set(breaches) - ids
    red = Counter(n for (_, _, kind), n in inbox.items() if kind == "clock_red")
    due = Counter(n for (_, _, kind), n in inbox.items() if kind == "limit_missed")
    told = red == {2: plain_n} and set(due) <= {1} and due[1] >= ended_n
    mails = len(posted) == 2 * ended_n and set(posted.values()) <= {1} and wanted <= set(got) and set(got) <= known and not astray
    good = (not faults and ok and not twice and not missing and not foreign and ids <= marked and len(ids) == 2 * plain_n + ended_n
            and len(ends) == ended_n and set(ends.values()) <= {1} and states["terminated"] == ended_n and told and mails and kills >= 3)
    if not ok:
        print(text)
    return verdict("T1", good, f"{len(ids)} due duties over {len(nodes)} node(s), {kills} kills in {took:.0f} s: {len(breaches)} breaches recorded by {len(actors)} actor(s), "
                   f"{twice} not once, {len(missing)} missing, {len(foreign)} foreign; {len(ends)} of {ended_n} cases ended, each once: {set(ends.values()) <= {1}}; "
                   f"inbox items a case and reader {dict(red)} and {dict(due)}; {len(posted)} mails to parties, {mail_kills} more kills: {len(wanted & set(got))} arrived, "
                   f"{sum(got[i] - 1 for i in wanted if got[i])} doubles under the same Message-ID, {astray} to another recipient; trail {'sound' if ok else 'broken'}, faults {faults[:1]}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--duties", type=int, default=2000)
    p.add_argument("--share", type=float, default=0.15)
    p.add_argument("--pause", default="0.2,1.2")
    p.add_argument("--doubled", action="store_true")
    p.add_argument("--database-url")
    a = p.parse_args()
    relay.ODDS.clear()
    sink = relay.Sink(0)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    extra = {"JIEYOU_MAIL__MODE": "smtp", "JIEYOU_MAIL__HOST": "127.0.0.1", "JIEYOU_MAIL__PORT": str(sink.server_address[1]),
             "JIEYOU_MAIL__TLS": "none", "JIEYOU_MAIL__TIMEOUT_SECONDS": "5", "JIEYOU_MAIL__FROM": "desk@yunling.example"}
    server = Server(a.database_url, extra=extra)
    server.extra = extra
    try:
        good = run(server, sink, a.duties, a.share, tuple(float(x) for x in a.pause.split(",")), a.doubled)
    finally:
        server.remove()
        sink.shutdown()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
