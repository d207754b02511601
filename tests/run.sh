#!/usr/bin/env bash
# Installs what is missing and runs every test: format, lints, unit and HTTP tests on SQLite and on
# a throw-away PostgreSQL cluster, contract, audit verifier, compose file, dependency audit.
# Usage: bash tests/run.sh [quick]     (quick: without PostgreSQL and the dependency audit)
set -euo pipefail
cd "$(dirname "$0")/.."
QUICK=${1:-}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/jieyou-tests.XXXXXX")
chmod 755 "$WORK"
STEP=""
say() { STEP="$*"; printf '\n== %s\n' "$*"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
# initdb refuses root: the cluster then belongs to the postgres account.
as_pg() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

PGDATA_DIR=""
finish() {
    code=$?
    if [ -n "$PGDATA_DIR" ]; then as_pg "$PGBIN/pg_ctl" -D "$PGDATA_DIR" -m immediate stop >/dev/null 2>&1 || true; fi
    rm -rf "$WORK"
    if [ $code -ne 0 ]; then printf '\nFAILED at: %s\n' "$STEP"; fi
    exit $code
}
trap finish EXIT

find_pg() { PGBIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true); [ -x "${PGBIN:-/nonexistent}/initdb" ]; }

start_postgres() {
    if ! find_pg; then
        say "install PostgreSQL"
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql postgresql-contrib >/dev/null
        find_pg
    fi
    PGDATA_DIR="$WORK/pg"
    mkdir "$PGDATA_DIR"
    if [ "$(id -u)" = 0 ]; then chown postgres "$PGDATA_DIR"; fi
    as_pg "$PGBIN/initdb" -D "$PGDATA_DIR" -U jieyou -A trust -E UTF8 --no-sync >/dev/null
    PGPORT=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
    as_pg "$PGBIN/pg_ctl" -D "$PGDATA_DIR" -w -l "$PGDATA_DIR/log" \
        -o "-p $PGPORT -k $PGDATA_DIR -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=400" start >/dev/null
    export TEST_DATABASE_URL="postgres://jieyou@127.0.0.1:$PGPORT/postgres"
}

python_tools() {
    if [ ! -x "$WORK/venv/bin/python" ]; then
        python3 -m venv "$WORK/venv" 2>/dev/null || { as_root apt-get update -qq; as_root apt-get install -y -qq python3-venv >/dev/null; python3 -m venv "$WORK/venv"; }
        "$WORK/venv/bin/pip" install -q --disable-pip-version-check "$@"
    fi
}

say "format"
cargo fmt --check
say "lints"
cargo clippy --locked --all-targets -- -D warnings

if ! command -v pdftotext >/dev/null; then
    say "install pdftotext, which reads the dossiers back"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq poppler-utils >/dev/null
fi

say "tests on SQLite"
rm -rf target/seen
env -u TEST_DATABASE_URL cargo test --locked

if [ "$QUICK" != quick ]; then
    say "tests on PostgreSQL"
    start_postgres
    cargo test --locked --test api
    unset TEST_DATABASE_URL

    say "independent audit verifier and compose file"
    python_tools cryptography pyyaml
    "$WORK/venv/bin/python" tests/tools/check_compose.py docker-compose.yml Dockerfile
    bash tests/tools/audit_roundtrip.sh "$WORK/venv/bin/python"

    say "dependency audit"
    bash tests/tools/deny.sh
fi

say "done"
