"""Bar R11, the lists: notes appended to cases by many clients over all nodes are serialisable lists, and reads are fresh.

usage: lists.py [--appends 5000] [--clients 64] [--at-once 5] [--database-url postgres://…]     (two nodes on PostgreSQL)

Clients append notes to a few cases and read their lists back, each time over a node drawn at random. A list is filled
to `FULL` notes, so that one page, that is one transaction, reads it whole; then the next cases follow. From what was
asked and answered, and when, a graph of the calls is made:
  ww  the append of a note -> the append of the note after it in the list
  wr  the append of the last note of a list read -> the read
  rw  a read -> the append of the first note that it did not see
  rt  a call answered -> a call sent later
and searched for cycles: of ww alone G0; of ww and wr G1c; with one rw G-single, with more G2-item; those that need rt
(stale reads and lost real-time order) are counted as such. Beside: a note read whose append was refused (G1a), a list
that is no prefix of a longer one (no order of versions exists), a note twice, an acknowledged note that never shows.
Every act appends one note, so nothing between two appends of one act can be seen (G1b does not arise).
The checker first judges made histories, each with a known fault.
"""
import argparse
import random
import sys
import threading
import time
from collections import Counter, defaultdict

from crash import DOUBT, TRIAL, two
from harness import Client, Server, matter, threads, verdict

FULL = 150  # notes of one list; a page holds 200


class Op:
    """One call: `note` for an append, `seen` for a read; times in seconds; `ok` False for a refusal, None in doubt."""

    def __init__(self, case, begin, end, note=None, seen=None, ok=True):
        self.case, self.begin, self.end, self.note, self.seen, self.ok = case, begin, end, note, seen, ok


def judge(ops):
    """Faults by kind, each with an example."""
    faults = defaultdict(list)
    writers, reads = {}, defaultdict(list)
    for i, op in enumerate(ops):
        if op.note is not None:
            writers[op.note] = i
        elif op.ok:
            reads[op.case].append(i)
    edges = [[] for _ in ops]

    def edge(kind, a, b):
        if a != b:
            edges[a].append((b, kind))

    shown = set()
    for case, ids in reads.items():
        longest = max((ops[i].seen for i in ids), key=len, default=[])
        shown.update(longest)
        for i in ids:
            seen = ops[i].seen
            if len(set(seen)) != len(seen):
                faults["note twice"].append(seen)
            if seen != longest[: len(seen)]:
                faults["no prefix"].append((case, seen[-3:], longest[max(0, len(seen) - 3):][:4]))
                continue
            if seen and seen[-1] in writers:
                edge("wr", writers[seen[-1]], i)
            if len(seen) < len(longest) and longest[len(seen)] in writers:
                edge("rw", i, writers[longest[len(seen)]])
        for note in longest:
            if note not in writers or ops[writers[note]].case != case:
                faults["note of nobody"].append(note)
            elif ops[writers[note]].ok is False:
                faults["G1a"].append(note)
        known = [writers[n] for n in longest if n in writers]
        for a, b in zip(known, known[1:]):
            edge("ww", a, b)
        # an append acknowledged and in no list: every list read is older than it
        for note, w in writers.items():
            if ops[w].case == case and ops[w].ok and note not in shown:
                for i in ids:
                    edge("rw", i, w)
                    if ops[i].begin > ops[w].end:
                        faults["lost"].append((case, note))
    seen_kinds = {"G0": {"ww"}, "G1c": {"ww", "wr"}, "G": {"ww", "wr", "rw"}}
    for name, kinds in seen_kinds.items():
        for knot in knots(len(ops), lambda v: [(b, k) for b, k in edges[v] if k in kinds]):
            few = cycle(knot, edges, kinds)
            label = name if name != "G" else ("G-single" if few.count("rw") == 1 else "G2-item")
            if name == "G1c" and "wr" not in few or name == "G" and "rw" not in few:
                continue
            faults[label].append(few)
    for knot in realtime(ops, edges):
        faults["real time"].append(knot)
    return faults


def realtime(ops, edges):
    """Knots that need the order in time. Times are nodes of their own, so that edges stay few."""
    ends = sorted((op.end, i) for i, op in enumerate(ops))
    count, base = len(ops), len(ops)
    out = [[b for b, _ in es] for es in edges] + [[] for _ in ends]
    begins = sorted((op.begin, i) for i, op in enumerate(ops))
    at = 0
    for rank, (end, i) in enumerate(ends):
        out[i].append(base + rank)
        if rank + 1 < len(ends):
            out[base + rank].append(base + rank + 1)
    for begin, i in begins:
        while at < len(ends) and ends[at][0] < begin:
            at += 1
        if at:
            out[base + at - 1].append(i)
    plain = {v for knot in knots(count, lambda v: edges[v]) for v in knot}
    for knot in knots(len(out), lambda v: [(b, "") for b in out[v]]):
        calls = [v for v in knot if v < count]
        if any(v not in plain for v in calls):
            yield [("append" if ops[v].note is not None else "read", ops[v].case, ops[v].note or len(ops[v].seen or []), round(ops[v].begin, 4), round(ops[v].end, 4)) for v in calls[:4]]


def knots(count, next_of):
    """Strongly connected components with more than one node (Tarjan, without recursion)."""
    index, low, on, stack, at = [-1] * count, [0] * count, [False] * count, [], 0
    for root in range(count):
        if index[root] >= 0:
            continue
        work = [(root, iter(next_of(root)))]
        index[root] = low[root] = at
        at += 1
        stack.append(root)
        on[root] = True
        while work:
            v, following = work[-1]
            for w, _ in following:
                if index[w] < 0:
                    index[w] = low[w] = at
                    at += 1
                    stack.append(w)
                    on[w] = True
                    work.append((w, iter(next_of(w))))
                    break
                if on[w]:
                    low[v] = min(low[v], index[w])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[v])
                if low[v] == index[v]:
                    part = []
                    while True:
                        w = stack.pop()
                        on[w] = False
                        part.append(w)
                        if w == v:
                            break
                    if len(part) > 1:
                        yield part


def cycle(knot, edges, kinds):
    """The kinds of edges of a cycle in the knot with as few rw as can be found from any of its nodes."""
    inside, best = set(knot), None
    for start in knot[:50]:
        frontier, came = [start], {start: ()}
        queue = [(0, 0, start, ())]
        seen = {}
        while queue:
            queue.sort()
            cost, length, v, way = queue.pop(0)
            if v in seen:
                continue
            seen[v] = cost
            for w, kind in edges[v]:
                if w not in inside or kind not in kinds:
                    continue
                if w == start:
                    found = [*way, kind]
                    if best is None or found.count("rw") < best.count("rw"):
                        best = found
                elif w not in seen:
                    queue.append((cost + (kind == "rw"), length + 1, w, (*way, kind)))
        if best and best.count("rw") <= 1:
            break
    return best or []


def made():
    """Histories and what must be found in them."""
    a = lambda case, note, begin, end, ok=True: Op(case, begin, end, note=note, ok=ok)
    r = lambda case, seen, begin, end: Op(case, begin, end, seen=seen)
    good = [a("x", "1", 0, 1), a("x", "2", 2, 3), r("x", ["1"], 1.5, 2.5), r("x", ["1", "2"], 4, 5), r("x", [], 0, 0.5)]
    yield good, set()
    yield good + [a("x", "3", 6, 7), r("x", ["1", "2"], 8, 9), r("x", ["1", "2", "3"], 10, 11)], {"real time"}  # stale after the answer
    yield good + [r("x", ["1"], 6, 7)], {"real time"}
    yield [a("x", "1", 0, 1, ok=False), r("x", ["1"], 2, 3)], {"G1a"}
    yield [a("x", "1", 0, 9), a("x", "2", 0, 9), r("x", ["1", "2"], 0, 9), r("x", ["2"], 0, 9)], {"no prefix"}
    yield [a("x", "1", 0, 1), r("x", ["1", "1"], 2, 3)], {"note twice"}
    yield [a("x", "1", 0, 1), r("x", [], 2, 3)], {"lost", "real time"}
    yield [a("x", "1", 2, 3), a("x", "2", 0, 1), r("x", ["1", "2"], 4, 5)], {"real time"}  # the later append stands first
    yield [a("x", "1", 0, 1), r("y", ["1"], 2, 3)], {"note of nobody"}
    # one call with two parts, as an act over two lists would be: the graph search itself
    both = [a("x", "1", 0, 9), a("x", "2", 0, 9), r("x", ["1"], 0, 9)]
    for kinds, want in ((["ww", "ww"], "G0"), (["ww", "wr"], "G1c"), (["rw", "ww"], "G-single"), (["rw", "rw"], "G2-item")):
        edges = [[(1, kinds[0])], [(0, kinds[1])], []]
        found = set()
        for name, allowed in (("G0", {"ww"}), ("G1c", {"ww", "wr"}), ("G", {"ww", "wr", "rw"})):
            for knot in knots(len(both), lambda v: [(b, k) for b, k in edges[v] if k in allowed]):
                few = cycle(knot, edges, allowed)
                if name == "G" and "rw" in few:
                    found.add("G-single" if few.count("rw") == 1 else "G2-item")
                elif name == "G0" or name == "G1c" and "wr" in few:
                    found.add(name)
        yield found, {want}


def run(server, appends, clients, at_once):
    nodes = two(server)
    setup = Client(server, "zhengguoxing")
    ops, lock, filled, cases = [], threading.Lock(), Counter(), []
    asked, numbers = [0], iter(range(10**9))

    def pick(rng):
        with lock:
            while len(open_cases := [c for c in cases if filled[c] < FULL]) < at_once:
                cases.append(setup.call("POST", "/cases", matter(len(cases)))[2]["id"])
            return rng.choice(open_cases)

    def work(i):
        rng = random.Random(i)
        links = [Client(node, "zhengguoxing") for node in nodes]
        while asked[0] < appends:
            case, link, append = pick(rng), rng.choice(links), rng.random() < 0.5
            if append:
                with lock:
                    if filled[case] >= FULL:
                        continue
                    filled[case] += 1
                    asked[0] += 1
                    note = f"n{next(numbers)}"
            begin = time.monotonic()
            status, _, doc = link.call("POST", f"/cases/{case}/notes", {"body": note}) if append else link.call("GET", f"/cases/{case}/notes?limit=200")
            end = time.monotonic()
            if append:
                op = Op(case, begin, end, note=note, ok=True if status == 201 else None if status >= 500 else False)
            else:
                op = Op(case, begin, end, seen=[n["body"] for n in doc["data"]] if status == 200 else None, ok=status == 200)
            with lock:
                ops.append(op)

    faults = threads(clients, work)
    for case in cases:  # what is there at the end
        begin = time.monotonic()
        _, _, doc = setup.call("GET", f"/cases/{case}/notes?limit=200")
        ops.append(Op(case, begin, time.monotonic(), seen=[n["body"] for n in doc["data"]]))
    found = judge(ops)
    refused = sum(1 for op in ops if not op.ok)
    for node in nodes[1:]:
        node.stop()
    count = {kind: len(found[kind]) for kind in ("G0", "G1a", "G1c", "G-single", "G2-item", "real time", "no prefix", "note twice", "note of nobody", "lost")}
    good = not any(count.values()) and not faults and not refused
    return verdict("R11 lists", good, f"{clients} clients, {len(nodes)} node(s), {at_once} cases at once, {len(cases)} in all: {sum(op.note is not None for op in ops)} notes appended, "
                   f"{sum(op.seen is not None for op in ops)} lists read, {refused} refused: {count} {[(k, v[:2]) for k, v in found.items() if v][:3]}, faults {faults[:1]}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--appends", type=int, default=5000)
    p.add_argument("--clients", type=int, default=64)
    p.add_argument("--at-once", type=int, default=5)
    p.add_argument("--database-url")
    a = p.parse_args()
    wrong = []
    for n, (history, want) in enumerate(made()):
        found = history if isinstance(history, set) else {k for k, v in judge(history).items() if v}
        if found != want:
            wrong.append((n, found, want))
    teeth = verdict("R11 made histories", not wrong, f"{sum(1 for _ in made())} histories, misjudged {wrong}")
    server = Server(a.database_url, extra=TRIAL)
    try:
        server.seed()
        good = run(server, a.appends, a.clients, a.at_once)
    finally:
        server.remove()
    sys.exit(0 if teeth and good else 1)


if __name__ == "__main__":
    main()
