"""Bar A1: the trail is complete and holds nothing else, over mixed calls of many roles with kills in between.

usage: complete.py [--calls 50000] [--minutes 60] [--kills 20] [--tellers 16] [--break act|read|answer] [--verbose] [--postgres]

On SQLite, or with `--postgres` on a cluster of its own that keeps commit times, which show that
the events of an act and the reply kept under its key are one commit.

Every call carries an `X-Request-Id` of its own, by which the events of the trail are tied to it; a call whose answer
was cut off is made again under the same key and another request id until it is settled. What is personal data is known
from outside: the names, notes, minutes, numbers and files of the stories bear a mark, and an answer that holds it
returned personal data. Shown:
- an act answered 2xx <-> events of exactly one of its requests; a refused one has none; no event is without its act;
- at the time of a 2xx answer its key is kept already, and the record of a read of personal data is there already
  (looked up by the caller after each answer);
- after each kill: a reply kept <-> its events (one commit);
- a read that returned personal data <-> exactly one access record of that request; no record without its call.
`--break` takes a row out of what was read (an act's events, an access record) or makes up an answer: must fail.
"""
import argparse
import datetime
import itertools
import json
import random
import re
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict

import stories
from cluster import Cluster
from crash import DOUBT, trail_ok
from harness import Client, Server, threads, verdict

PERSONAL = re.compile(rb"\xe9\x87\x91\xe4\xb8\x9d\xe9\x9b\x80|CANARY|\b1390\d{7}\b|\b359901197003\d{5}[0-9X]\b")
RID = re.compile(r'"request_id":"a1-(\d+)-(\d+)"')
# Acts whose answer is not kept under the key: a reveal asked for again is another reveal, a file stored twice is there once.
UNKEPT = {"POST /cases/*/parties/*/reveal", "PUT /cases/*/attachments/*/file"}
REPEATED = "POST /cases/*/parties/*/reveal"
# Questions asked by POST: they change nothing.
QUESTIONS = {"POST /case-searches", "POST /duplicate-candidates"}
AGAIN = ("idempotency_in_flight", "unavailable", "outcome_unknown")


def shape(method, path):
    return method + " " + re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "*", path.split("?")[0])


class Call:
    __slots__ = ("n", "op", "who", "key", "tries", "status", "late", "idle")

    def __init__(self, n, op, who, key):
        self.n, self.op, self.who, self.key, self.tries, self.status, self.late = n, op, who, key, [], None, None
        self.idle = False  # answered 2xx: nothing to do


class Eye:
    """Looks into the database while the server runs: a connection of its own."""

    def __init__(self, server):
        self.server, self.floor = server, defaultdict(int)
        self.psql = self.lite = None
        if server.db.url:
            self.psql = subprocess.Popen(["psql", "-XqAt", "-F", "\t", server.db.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        else:
            self.lite = sqlite3.connect(server.db.path, timeout=30, isolation_level=None, check_same_thread=False)

    def rows(self, sql):
        if self.lite:
            return self.lite.execute(sql).fetchall()
        self.psql.stdin.write(sql + ";\nSELECT '--end--';\n")
        self.psql.stdin.flush()
        out = []
        while (line := self.psql.stdout.readline().rstrip("\n")) != "--end--":
            if not line and self.psql.poll() is not None:
                raise RuntimeError("psql ended")
            out.append(tuple(line.split("\t")))
        return out

    def access_recorded(self, rid):
        found, hour = False, datetime.datetime.now(datetime.timezone.utc)
        for at in {hour.strftime("%Y-%m-%d-%H"), (hour - datetime.timedelta(seconds=60)).strftime("%Y-%m-%d-%H")}:
            stream = f"reads/{NODE}/{at}"
            for seq, header in self.rows(f"SELECT seq, header FROM audit_events WHERE stream = '{stream}' AND seq > {self.floor[stream]}"):
                self.floor[stream] = max(self.floor[stream], int(seq))
                found |= f'"request_id":"{rid}"' in header
        return found

    def act_recorded(self, case, rid):
        return any(f'"request_id":"{rid}' in header for (header,) in self.rows(f"SELECT header FROM audit_events WHERE stream = 'case/{case}'"))

    def kept(self, user, key):
        return [int(s) for (s,) in self.rows(f"SELECT status FROM idempotency_keys WHERE id = '{user}:{key}'")]

    def close(self):
        if self.lite:
            self.lite.close()
        else:
            self.psql.stdin.close()
            self.psql.wait()


NODE = "node1"
OFFICERS = ("liujianhong", "huangzhiyuan", "tangqiaoyun", "lengxiaofeng")


class Run:
    def __init__(self, server, calls):
        self.server, self.wanted, self.log, self.numbers = server, calls, [], itertools.count(1)
        self.up, self.over, self.people, self.keys = threading.Event(), threading.Event(), {}, {}

    def survey(self):
        """Ids of people and units, from the API."""
        admin = Client(self.server, "sysadmin")
        users = admin.call("GET", "/users?limit=200")[2]["data"]
        self.people = {u["username"]: u["id"] for u in users}
        units = {u["id"]: u for u in admin.call("GET", "/org-units?limit=200")[2]["data"]}
        self.orgs = list(units)
        self.county = next(i for i, u in units.items() if u["kind"] == "county_centre")
        committees = admin.call("GET", "/committees?limit=200")[2]["data"]
        self.committees, self.parents, homes = {}, {}, {}
        for desk, _ in stories.PLACES:
            grants = Client(self.server, desk).call("GET", "/auth/me")[2]["user"]["grants"]
            homes[desk] = next(g["org_id"] for g in grants if g["role"] in ("village_steward", "desk_head", "county_dispatcher"))
            self.committees[desk] = next(c["id"] for c in committees if c["org_id"] == homes[desk])
            self.parents[desk] = units[homes[desk]].get("parent_id") or self.county
        self.heads = {unit: desk for desk, unit in homes.items()}


class Teller:
    """One thread's way of making calls, and noting what came of them."""

    def __init__(self, run):
        self.run, self.links, self.eye = run, {}, Eye(run.server)
        self.county, self.parents, self.heads = run.county, run.parents, run.heads

    def say(self, who, method, path, body=None, version=None, purpose=True):
        run = self.run
        if run.over.is_set():
            raise stories.Over
        link = self.links.setdefault(who, Client(run.server, who))
        call = Call(next(run.numbers), shape(method, path), who, str(uuid.uuid4()))
        run.keys[call.key] = call
        extra = {"X-Access-Purpose": "audit-bar"} if purpose else {}
        if method != "GET":
            extra["Idempotency-Key"] = call.key
        if isinstance(body, bytes):
            extra["Content-Type"] = "application/pdf"
        elif method == "PATCH":
            extra["Content-Type"] = "application/merge-patch+json"
        while True:
            run.up.wait(timeout=60)
            rid = f"a1-{call.n}-{len(call.tries)}"
            extra["X-Request-Id"] = rid
            try:
                if link.token is None or time.monotonic() - link.token_at > 400:
                    link.login()
            except (RuntimeError, *DOUBT):
                time.sleep(0.05)
                continue
            try:
                status, head, doc = link.call(method, path, body, key=call.key, version=version, extra=extra)
            except DOUBT:
                call.tries.append((None, False))
                time.sleep(0.02)
                continue
            call.tries.append((status, PERSONAL.search(link.bytes) is not None))
            code = doc.get("code") if isinstance(doc, dict) else None
            if status == 503 or status == 409 and code in AGAIN:
                time.sleep(0.05)
                continue
            break
        call.status = status
        call.idle = call.op == "POST /inbox/read-all" and doc.get("read") == 0
        if 200 <= status < 300:
            if method == "GET" or call.op in QUESTIONS:
                call.late = call.tries[-1][1] and not self.eye.access_recorded(rid)
            elif call.op in UNKEPT:
                call.late = not self.eye.act_recorded(path.split("/")[2], f"a1-{call.n}-")
            else:
                call.late = self.eye.kept(run.people[who], call.key) != [status]
        run.log.append(call)
        if len(run.log) >= run.wanted:
            run.over.set()
        return status, head, doc


def told(run, i, refused):
    teller, rng = Teller(run), random.Random(i)
    committee, home = run.committees["zhengguoxing"], next(unit for unit, desk in run.heads.items() if desk == "zhengguoxing")
    try:
        for n in itertools.count(1):
            number = i * 100_000 + n * 37
            try:
                if i < len(stories.PLACES):
                    tale = stories.Tale(teller, stories.PLACES[i], run.people, run.committees, rng)
                    story = rng.choice(stories.CASES)
                    story(tale, number)
                else:
                    story = stories.office
                    story(teller, rng, run.orgs, committee, home, OFFICERS[i % len(OFFICERS)], number)
            except stories.Refused as e:
                refused[f"{story.__name__}: {re.sub('[0-9a-f]{8}-[0-9a-f-]{27}', '*', str(e))}"] += 1
    except stories.Over:
        pass
    finally:
        teller.eye.close()


def trail(query):
    """(request number -> attempt -> [(stream, seq, action)]) of acts, of reads, of denials; and events of no request of ours."""
    acts, reads, denials, others = (defaultdict(lambda: defaultdict(list)) for _ in range(4))
    for stream, seq, action, actor, header in query("SELECT stream, seq, action, actor, header FROM audit_events ORDER BY stream, seq"):
        found = RID.search(header)
        if not found:
            others[action][actor].append(stream)
            continue
        kind = {"read": reads, "access_denied": denials}.get(action, acts)
        kind[int(found[1])][int(found[2])].append((stream, int(seq), action))
    return acts, reads, denials, others


def torn(run, query):
    """Replies kept without their events, and events without the reply: one commit writes both."""
    acts = trail(query)[0]
    calls, kept = {c.n: c for c in list(run.keys.values())}, {}
    for id_, status in query("SELECT id, status FROM idempotency_keys"):
        call = run.keys.get(id_.split(":", 1)[-1])
        if call and call.op not in QUESTIONS:
            kept[call.n] = (int(status), call.op)
    faults = [f"{op} {n}: kept {status}, {sum(map(len, acts[n].values())) if n in acts else 0} events" for n, (status, op) in kept.items()
              if (200 <= status < 300) != (n in acts) and not (n in calls and calls[n].idle)]
    return faults + [f"events of {n} without a reply kept" for n in acts if n not in kept and calls[n].op not in UNKEPT], len(kept)


def strangers(others):
    """Events of no request of this run, by action and actor; sign-ins are not among its calls."""
    return Counter({(action, actor): len(streams) for action, by in others.items() for actor, streams in by.items() if action != "logged_in"})


def judge(run, query, spoil=None):
    acts, reads, denials, others = trail(query)
    log = {c.n: c for c in run.log}
    if spoil == "act":
        acts.pop(next(n for n in acts if n in log and log[n].op == "POST /cases"))
    elif spoil == "read":
        reads.pop(next(n for n in reads if n in log and log[n].tries[-1] == (200, True)))
    elif spoil == "answer":
        next(c for c in run.log if c.op == "POST /cases" and c.status == 201).status = 409
    missing, orphan, late, beyond = [], [], [], Counter()
    seen = Counter()
    for c in run.log:
        ok = 200 <= c.status < 300
        done = acts.get(c.n, {})
        act = not c.op.startswith("GET") and c.op not in QUESTIONS
        if c.late:
            late.append((c.op, c.n))
        seen["acts" if act and ok else "acts refused" if act else "reads" if ok else "reads refused"] += 1
        if act and ok and c.op == REPEATED:
            missing += [(c.op, c.n, "no event") for attempt, (status, _) in enumerate(c.tries) if status and status < 300 and attempt not in done]
        elif act and ok and len(done) != (not c.idle):
            missing.append((c.op, c.n, f"events of {len(done)} requests"))
        elif done and not (act and ok):
            orphan.append((c.op, c.n, c.status, list(done.values())[0]))
        for attempt, events in done.items():
            runs = defaultdict(list)
            for stream, seq, _ in events:
                runs[stream].append(seq)
            if any(seqs != list(range(seqs[0], seqs[0] + len(seqs))) for seqs in runs.values()):
                orphan.append((c.op, c.n, "not in one piece", events))
        for attempt, (status, personal) in enumerate(c.tries):
            records = len(reads.get(c.n, {}).get(attempt, []))
            if status is None:
                seen["answers cut off"] += 1
                if records > 1:
                    orphan.append((c.op, c.n, "read twice"))
                continue
            ok = 200 <= status < 300
            if not act and ok and personal:
                seen["reads of personal data"] += 1
                if records != 1:
                    missing.append((c.op, c.n, f"{records} access records", c.who))
            elif records and not ok or records > 1:
                orphan.append((c.op, c.n, status, f"{records} access records"))
            elif records:
                beyond[c.op] += 1
            refused = len(denials.get(c.n, {}).get(attempt, []))
            if refused != (status in (403, 404)):
                (missing if not refused else orphan).append((c.op, c.n, status, f"{refused} records of denial", c.who))
            seen["denials"] += refused
    orphan += [("of no call", *who, count) for who, count in (strangers(others) - run.before).items()]
    for kind in (acts, reads, denials):
        orphan += [("no such call", n) for n in kind if n not in log]
    return missing, orphan, late, beyond, seen, others


def one_commit(run, server):
    """PostgreSQL: the events of an act and the reply kept under its key have one commit time."""
    times = defaultdict(set)
    for header, at in server.db.query("SELECT header, pg_xact_commit_timestamp(xmin) FROM audit_events WHERE action NOT IN ('read', 'access_denied')"):
        if found := RID.search(header):
            times[int(found[1])].add(at)
    count = 0
    for id_, at in server.db.query("SELECT id, pg_xact_commit_timestamp(xmin) FROM idempotency_keys WHERE status BETWEEN 200 AND 299"):
        call = run.keys.get(id_.split(":", 1)[-1])
        if call and call.n in times:
            times[call.n].add(at)
            count += 1
    log = {c.n: c.op for c in run.log}
    return count, [n for n, at in times.items() if len(at) != 1 and log.get(n) not in UNKEPT]


def perform(server, a):
    server.seed()
    server.start()
    run = Run(server, a.calls)
    run.survey()
    run.before = strangers(trail(server.db.query)[3])
    refused, faults, began = Counter(), [], time.monotonic()
    run.up.set()
    hand = threading.Thread(target=lambda: faults.extend(threads(a.tellers, lambda i: told(run, i, refused))))
    hand.start()
    split, checked, killed = [], 0, 0
    for k in range(a.kills):
        share = (k + 0.5) / a.kills
        while len(run.log) < a.calls * share and time.monotonic() - began < 60 * a.minutes * share and hand.is_alive():
            time.sleep(0.05)
        time.sleep(random.uniform(0, 0.3))
        if not hand.is_alive():
            break
        run.up.clear()
        server.kill()
        killed += 1
        split += server.db.check()
        with server.db.still() as query:
            bad, checked = torn(run, query)
        split += bad
        server.start()
        run.up.set()
    while hand.is_alive() and time.monotonic() - began < 60 * a.minutes:
        time.sleep(0.1)
    run.over.set()
    hand.join()
    took = time.monotonic() - began
    missing, orphan, late, beyond, seen, others = judge(run, server.db.query, a.spoil)
    bad, checked = torn(run, server.db.query)
    split += bad
    sound, text = trail_ok(server)
    ops = Counter(c.op for c in run.log if 200 <= c.status < 300 and not c.op.startswith("GET"))
    reading = Counter(c.op for c in run.log if 200 <= c.status < 300 and c.tries[-1][1] and c.op.startswith("GET"))
    foreign = {action: len(by) for action, by in others.items()}
    more = ""
    if a.postgres:
        count, apart = one_commit(run, server)
        split += apart
        more = f", {count} acts with one commit time, {len(apart)} apart"
    if a.verbose:
        for name, counts in (("refused", refused), ("acts", ops), ("reads", reading), ("recorded without a mark", beyond)):
            print(name, json.dumps(counts.most_common(80), ensure_ascii=False, indent=0))
        print("statuses", Counter((c.op, c.status) for c in run.log if c.status >= 400).most_common(60))
        print("of nobody", foreign)
        for name, list_ in (("missing", missing), ("orphan", orphan), ("late", late), ("split", split)):
            print(name, Counter(str(x[0]) + str(x[2:]) for x in list_).most_common(25) if name != "split" else list_[:10])
    good = not (missing or orphan or late or split or faults) and sound and killed == a.kills and len(run.log) >= min(a.calls, 1000)
    return verdict("A1", good, f"{len(run.log)} calls of {len({c.who for c in run.log})} people, {killed} kills, {took:.0f} s: {dict(seen)}; {len(ops)} kinds of acts, "
                   f"{len(reading)} of reads of personal data; {len(missing)} missing {missing[:2]}, {len(orphan)} orphan {orphan[:2]}, {len(late)} not there at the answer {late[:2]}, "
                   f"{len(split)} in two commits of {checked} {split[:2]}{more}, {sum(beyond.values())} reads recorded without a mark in the answer, "
                   f"trail verified {sound}{'' if sound else text}, faults {faults[:2]}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--calls", type=int, default=50_000)
    p.add_argument("--minutes", type=float, default=60, help="ends the run before its last call, for a slow machine")
    p.add_argument("--kills", type=int, default=20)
    p.add_argument("--tellers", type=int, default=16)
    p.add_argument("--break", dest="spoil", choices=("act", "read", "answer"))
    p.add_argument("--postgres", action="store_true")
    p.add_argument("--verbose", action="store_true")
    a = p.parse_args()

    def on(url):
        server = Server(url, extra={"JIEYOU_NODE": NODE, "JIEYOU_WEBHOOKS__ALLOW_INSECURE_LOOPBACK": "true"})
        try:
            return perform(server, a)
        finally:
            server.remove()

    if a.postgres:
        with Cluster({"track_commit_timestamp": "on"}) as cluster:
            good = on(cluster.url)
    else:
        good = on(None)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
