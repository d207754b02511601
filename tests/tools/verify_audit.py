#!/usr/bin/env python3
"""Verify an exported audit ledger by api-spec/audit-format.md alone (needs the package `cryptography`).
usage: verify_audit.py EXPORT.ndjson PUBLIC_KEY [--checkpoint FILE]...     exit 0 = no fault, 1 = faults, one a line"""
import base64, functools, hashlib, json, re, sys
from datetime import datetime, timedelta
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX, HEX, ASTRAL = 2**53 - 1, re.compile("[0-9a-f]{64}").fullmatch, re.compile("[\U00010000-\U0010ffff]").search
TIME = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d\.\d{6}Z", re.A).fullmatch
NAME, WRONG = re.compile(r"[^\s+\x00-\x1f\x7f-\x9f]+").fullmatch, (ValueError, LookupError, TypeError, AttributeError, RecursionError, InvalidSignature)
def refuse(rule): raise ValueError(rule)
def require(holds, rule="form"): return holds or refuse(rule)
def number(text): return int(text) if text != "-0" and -MAX <= int(text) <= MAX else refuse("number")
DECODE = json.JSONDecoder(parse_int=number, parse_float=number, parse_constant=number).decode
SORTED, AS_IS = (json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=s).encode for s in (True, False))
def in_order(v): return ({k: in_order(v[k]) for k in sorted(v, key=lambda k: k.encode("utf-16-be"))} if isinstance(v, dict) else
                         [in_order(x) for x in v] if isinstance(v, list) else v)  # sorted by UTF-16 units, not code points
def jcs(v): return AS_IS(in_order(v)) if ASTRAL(text := SORTED(v)) else text
# Texts that differ from the canonical text of their own members are refused. Marks: ? or null, # integer, ! boolean, * canonical already
S = json.encoder.encode_basestring
FORMS = {"": S, "?": lambda t: "null" if t is None else S(t), "#": "{:d}".format, "!": {True: "true", False: "false"}.__getitem__, "*": str}
def writer(spec):
    members = [(f'"{m}":', m, FORMS[mark]) for m, mark in sorted(re.findall(r"(\w+)(\W?)(?: |$)", spec))]
    return lambda r: "{" + ",".join([label + form(r[name]) for label, name, form in members]) + "}"
HEADER = writer("v# stream seq# at actor on_behalf? action object? outcome request_id? ip_pfx? purpose? kid? commit prev")
LINES = {kind: writer("kind " + spec) for kind, spec in {
    "export": "payloads! v#", "rotation": "note", "checkpoint": "note", "erased": "kid", "head": "stream seq# hash",
    "event": "stream seq# hash header payload* salt?", "leaf": "index# stream seq# hash?"}.items()}
def record_of(line, first):
    require(line[-1:] == b"\n" and len(line) <= 2**24 + 1, "line")
    r = DECODE(text := line[:-1].decode())
    if r["kind"] == "event": r["payload"] = jcs(r["payload"])
    require(LINES[r["kind"]](r) == text and (r["kind"] == "export") == first and all(r.get(n, 0) >= 0 for n in ("seq", "index")))
    require(r.get("v", 1) == 1 and (r.get("payload", "null") == "null") == (r.get("salt") is None))
    return require(all(HEX(r[n]) for n in ("hash", "salt") if r.get(n) is not None) and r)
def when(at): return datetime.fromisoformat(at[:-1]) if at else datetime.min
def header_of(text):
    require(HEADER(h := DECODE(text)) == text and h["v"] == 1 and h["seq"] > 0 and h["stream"] and len(text.encode()) < 65536)
    return require(HEX(h["commit"]) and HEX(h["prev"]) and TIME(h["at"]) and when(h["at"]) and h)
def sha(*data): return hashlib.sha256(b"".join(data)).digest()
def b64(text): return require(base64.b64encode(base64.b64decode(text)).decode() == text, "base64") and base64.b64decode(text)
def size_of(text): return int(text) if str(int(text)) == text and 0 <= int(text) <= MAX else refuse("size")
def key_of(text):
    name, key_id, data = text.split("+", 2)
    require(NAME(name) and b64(data)[0] == 1 and len(b64(data)) == 33 and sha(name.encode(), b"\n", b64(data))[:4].hex() == key_id, "key")
    return name, bytes.fromhex(key_id), b64(data)[1:]
def note_of(note):
    text, lines = note[:note.rindex("\n\n") + 1], [line.split(" ") for line in note[note.rindex("\n\n") + 2:].split("\n")]
    require(lines.pop() == [""] and 0 < len(lines) <= 64 and len(note.encode()) <= 65536 and not re.search(r"[\x00-\x09\x0b-\x1f]", text))
    require(all(dash == "\u2014" and NAME(name) and len(b64(data)) > 4 for dash, name, data in lines), "signature line")
    return text, [(name, b64(data)[:4], b64(data)[4:]) for _, name, data in lines]
def signers(text, signatures, keys):
    found = [(key, signed) for key in keys for *name, signed in signatures if tuple(name) == key[:2]]
    for key, signed in found: Ed25519PublicKey.from_public_bytes(key[2]).verify(signed, text.encode())
    return require([key for key, _ in found], "no signature by a known key")
def checkpoint_of(note):
    text, signatures = note_of(note)
    origin, at, root, end = text.split("\n")
    limits = [ring[key] for key in signers(text, signatures, ring) if key[0] == origin]
    require(origin and end == "" and len(b64(root)) == 32 and any(low <= size_of(at) <= high for low, high in limits), "checkpoint")
    return size_of(at), b64(root)

ring, waiting, signed, wanted, roots = {}, [], [], set(), {0: sha()}  # key -> its sizes, rotations, checkpoints, sizes and their roots
payloads, erased, events, last, heads = True, set(), {}, {}, {}       # events: (stream, seq) -> (hash, at); last: stream -> (seq, hash, at)
edge, size, broken, leaves, covered, faults = [], 0, False, [], {}, []  # edge: complete subtrees, largest first; covered: stream -> {seq}
def fault(kind, stream="", seq="", detail=""): faults.append(kind), print("FAULT", kind, f"{stream}#{seq}", detail)
def rotation(note):
    text, signatures = note_of(note)
    first, at, old, new = text[:-1].split("\n")
    old, new = key_of(old), key_of(new)
    require(old != new and {old[0] + "/rotation", new[0] + "/rotation"} == {first}, "rotation")
    waiting.append((size_of(at), *signers(text, signatures, [old]), *signers(text, signatures, [new])))
    while step := next((w for w in waiting if w[1] in ring or w[2] in ring), None):
        waiting.remove(step)
        for key, low, high in (step[1], 0, step[0]), (step[2], step[0], MAX):
            ring[key] = max(low, ring.get(key, (0, MAX))[0]), min(high, ring.get(key, (0, MAX))[1])
def checkpoint(note):
    signed.append(checkpoint_of(note)), wanted.add(signed[-1][0]), keep_root()
    if signed[-1][0] < size: fault("order", detail=f"size {signed.pop()[0]}")
def event(r):
    name, header, text, (before, prev, at) = (r["stream"], r["seq"]), None, r["header"].encode(), last.get(r["stream"], (0, "0" * 64, ""))
    if sha(b"mct/event/v1\0", len(text).to_bytes(4, "big"), text).hex() != r["hash"]: fault("hash", *name)
    try:
        header = header_of(r["header"])
        if (header["stream"], header["seq"]) != name: fault("row", *name)
        if not r["salt"] and payloads and header["kid"] not in erased: fault("payload", *name)
        opened = r["salt"] and sha(b"mct/payload/v1\0", bytes.fromhex(r["salt"]), r["payload"].encode()).hex()
        if opened and opened != header["commit"]: fault("commit", *name)
    except WRONG as e: fault("header", *name, repr(e))
    if r["seq"] <= before: return fault("duplicate", *name)
    if r["seq"] > before + 1: fault("gap", r["stream"], before + 1)
    elif header and header["prev"] != prev: fault("prev", *name)
    if header and header["at"] < at: fault("time", *name)
    events[name] = r["hash"], header["at"] if header else at
    last[r["stream"]] = r["seq"], *events[name]
def keep_root():
    if size in wanted and edge and not broken: roots[size] = functools.reduce(lambda right, left: sha(b"\1", left, right), reversed(edge))
def leaf(name, index, node):
    global size, broken
    if index != size: fault("leaf", *name, f"index {index}")
    if index < size: return
    broken, size = broken or index > size, index + 1
    leaves.append(name)
    if name[1] in covered.setdefault(name[0], set()): fault("leaf", *name, "second leaf")
    if name in events:
        if (computed := sha(b"\0", bytes.fromhex(events[name][0]))) != node and node: fault("leaf", *name, "hash differs")
        node = node or computed
        covered[name[0]].add(name[1])
    else: fault("event_missing", *name)
    broken = broken or node is None
    while not broken and index & 1: node, index = sha(b"\1", edge.pop(), node), index >> 1
    edge.append(node), keep_root()

(export, key, *options), count = sys.argv[1:], 0
ring[key_of(key)], pins = (0, MAX), [open(path, encoding="utf-8", newline="").read() for path in options[1::2]]
wanted |= {int(text) for pin in pins for text in pin.split("\n")[1:2] if re.fullmatch("[0-9]{1,16}", text)}
for count, line in enumerate(open(export, "rb"), 1):
    r = None
    try:
        r = record_of(line, count == 1)
        if r["kind"] == "event": event(r)
        elif r["kind"] == "leaf": leaf((r["stream"], r["seq"]), r["index"], r["hash"] and bytes.fromhex(r["hash"]))
        elif r["kind"] == "head" and r["stream"] not in heads: heads[r["stream"]] = r["seq"], r["hash"]
        elif r["kind"] == "head": fault("head", r["stream"], r["seq"], "twice")
        elif r["kind"] == "erased": erased.add(r["kid"])
        elif r["kind"] == "export": payloads = r["payloads"]
        else: {"checkpoint": checkpoint, "rotation": rotation}[r["kind"]](r["note"])
    except WRONG as e: fault("note" if r else "malformed", detail=f"line {count} {e!r}")
if not count: fault("malformed", detail="empty file")
for stream in last.keys() | heads.keys():
    (seq, known, _), head = last.get(stream, (0, "", "")), heads.get(stream, (0, None))
    if head[1] and (head[0] > seq or seq == 0): fault("event_missing", stream, head[0])
    elif head != (seq, known): fault("head", stream, seq)
newest = next((events[n][1] for n in reversed(leaves) if n in events), max((at for _, _, at in last.values()), default=""))
window, reach = [n for n in events if n[1] not in covered.get(n[0], ())], {stream: max(seqs, default=0) for stream, seqs in covered.items()}
late = [n for n in window if n[1] < reach.get(n[0], 0) or when(newest) - when(events[n][1]) > timedelta(seconds=300)]
for name in late: fault("leaf_missing", *name)
wrong = min((at for at, root in signed if roots.get(at, root) != root), default=None)
good = max((at for at, _ in signed if wrong and at < wrong), default=0)
if wrong is not None: fault("root", *(leaves[good:wrong] or [()])[0], f"size {wrong}")
if any(at > size for at, _ in signed): fault("tree_short", *(leaves or [()])[-1])
if size > max((at for at, _ in signed), default=0): fault("unsigned", *leaves[-1])
if waiting: fault("note", detail="rotation of unknown keys")
for pin in pins:
    try:
        if (found := checkpoint_of(pin)) not in roots.items(): fault("pinned", *(leaves[:found[0]] or [()])[-1])
    except WRONG as e: fault("pinned", detail=repr(e))
print(f"{len(events)} events, {size} leaves, {len(window) - len(late)} events in the window, {len(faults)} faults")
sys.exit(1 if faults else 0)
