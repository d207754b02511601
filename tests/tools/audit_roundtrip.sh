#!/usr/bin/env bash
# The whole way of the audit trail from outside: events, checkpoint, export, and two verifiers that
# must agree about the true export and about every damaged one.
# usage: audit_roundtrip.sh PYTHON    (an interpreter with the package `cryptography`)
set -euo pipefail

PYTHON=${1:?usage: audit_roundtrip.sh PYTHON}
cd "$(dirname "$0")/../.."
BIN=target/debug/jieyou
[ -x "$BIN" ] || cargo build --locked --quiet --bin jieyou
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
export JIEYOU_DATA_DIR="$WORK/data" JIEYOU_CHECKPOINT_FILE="$WORK/outside.txt" JIEYOU_LOG_FILTER=error
unset DATABASE_URL JIEYOU_DATABASE_URL JIEYOU_CONFIG 2>/dev/null || true
mkdir "$WORK/data"

fail() { printf 'FAILED  %s\n' "$1"; exit 1; }
pass() { printf 'ok      %s\n' "$1"; }
# want NAME true|false COMMAND…: the command must succeed or fail, as told.
want() {
    local name=$1 expected=$2 found=true
    shift 2
    "$@" >"$WORK/out" 2>&1 || found=false
    if [ "$found" = "$expected" ]; then pass "$name"; else cat "$WORK/out"; fail "$name"; fi
}
ours() { "$BIN" audit verify --export "$1" --key "$KEY" "${@:2}"; }
theirs() { "$PYTHON" tests/tools/verify_audit.py "$1" "$KEY" "${@:2}"; }
# A verifier that refuses must also say why: a crash is no verdict.
named() { [ "$1" = true ] || grep -q '^FAULT ' "$WORK/out" || { cat "$WORK/out"; fail "a fault is named"; }; }
both() {
    want "$1: audit verify" "$2" ours "${@:3}"; named "$2"
    want "$1: verify_audit.py" "$2" theirs "${@:3}"; named "$2"
}
add() { "$BIN" user add --username "$1" --name "$2" --role "$3"; }

want "migrate" true "$BIN" migrate
want "first user" true add sysadmin 席管理 sys_admin
want "second user" true add secadmin 安管理 sec_admin
want "checkpoint" true "$BIN" audit checkpoint
cp "$WORK/out" "$WORK/early.txt"
for n in 1 2 3 4; do want "reset $n" true "$BIN" user reset --username sysadmin; done
want "later checkpoint" true "$BIN" audit checkpoint
cp "$WORK/out" "$WORK/late.txt"
[ "$(cat "$WORK/early.txt" <(echo) "$WORK/late.txt" <(echo))" = "$(cat "$WORK/outside.txt"; echo)" ] || fail "outside copy"
pass "outside copy holds both checkpoints"
want "database verifies" true "$BIN" audit verify
KEY=$("$BIN" audit key)
TRUE="$WORK/true.ndjson"
want "export" true "$BIN" audit export "$TRUE"

both "true export" true "$TRUE"
both "pinned checkpoints" true "$TRUE" --checkpoint "$WORK/early.txt" --checkpoint "$WORK/late.txt"
for n in 1 2 3 4 5 6; do
    "$PYTHON" - "$TRUE" "$WORK/bad.ndjson" "$n" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) * int(sys.argv[3]) // 7] ^= 1
open(sys.argv[2], "wb").write(data)
PY
    both "one byte flipped ($n)" false "$WORK/bad.ndjson"
done
sed '$d' "$TRUE" >"$WORK/bad.ndjson"
both "last line cut off" false "$WORK/bad.ndjson"
OTHER=$(JIEYOU_DATA_DIR="$WORK/other" "$BIN" audit key)
MINE=$KEY KEY=$OTHER
both "key of another house" false "$TRUE"
KEY=$MINE

# The key is handed over: each key leads to the other, but not past a hand-over that is not there.
want "key handed over" true "$BIN" audit rotate-key
NEXT=$("$BIN" audit key)
[ "$NEXT" != "$KEY" ] || fail "a new key"
want "event after the hand-over" true "$BIN" user reset --username sysadmin
want "checkpoint of the new key" true "$BIN" audit checkpoint
want "export over the hand-over" true "$BIN" audit export "$TRUE"
grep -v '"kind":"rotation"' "$TRUE" >"$WORK/bad.ndjson"
for k in "$MINE" "$NEXT"; do
    KEY=$k
    both "over the hand-over" true "$TRUE" --checkpoint "$WORK/early.txt"
    both "hand-over left out" false "$WORK/bad.ndjson"
done
KEY=$NEXT
want "database verifies with the new key" true "$BIN" audit verify
mv "$WORK/data/keys/audit.pem" "$WORK/kept.pem"
want "key not signed over: refused" false "$BIN" audit checkpoint
mv -f "$WORK/kept.pem" "$WORK/data/keys/audit.pem"

# The service signs what waits by itself, and counts it.
want "event before serving" true "$BIN" user reset --username sysadmin
read -r API METRICS < <("$PYTHON" -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(s.getsockname()[1] for s in held))')
JIEYOU_BIND="127.0.0.1:$API" JIEYOU_METRICS_BIND="127.0.0.1:$METRICS" "$BIN" serve >"$WORK/serve.log" 2>&1 &
SERVE=$!
trap 'kill "$SERVE" 2>/dev/null || true; rm -rf "$WORK"' EXIT
want "service signs" true "$PYTHON" - "$API" "$METRICS" <<'PY'
import json, sys, time, urllib.request
def get(port, path): return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).read().decode()
for _ in range(120):
    try:
        note = json.loads(get(sys.argv[1], "/api/v1/audit/checkpoints/latest"))["note"]
        lines = dict(l.rsplit(" ", 1) for l in get(sys.argv[2], "/metrics").splitlines() if l[:1] != "#")
        if int(lines["jieyou_audit_size"]) == int(note.split("\n")[1]) and lines["jieyou_audit_pending"] == "0":
            sys.exit(0)
    except (OSError, KeyError): pass
    time.sleep(0.5)
sys.exit("no checkpoint")
PY
kill -TERM "$SERVE"
wait "$SERVE" || fail "orderly end of the service"
pass "orderly end of the service"
trap 'rm -rf "$WORK"' EXIT
want "after serving: database verifies" true "$BIN" audit verify

# A database that was set back to an earlier state: sound in itself, but not signed any more.
for f in "$WORK"/data/jieyou.db*; do cp "$f" "$f.kept"; done
want "another event" true "$BIN" user reset --username sysadmin
want "third checkpoint" true "$BIN" audit checkpoint
rm "$WORK"/data/jieyou.db "$WORK"/data/jieyou.db-wal "$WORK"/data/jieyou.db-shm 2>/dev/null || true
for f in "$WORK"/data/*.kept; do mv "$f" "${f%.kept}"; done
want "set back: signing refused" false "$BIN" audit checkpoint
grep -q "does not continue" "$WORK/out" || fail "the reason is told"
want "set back: database does not verify" false "$BIN" audit verify
printf 'audit round trip: all agree\n'
