//! The limit on PostgreSQL: the statements of a scenario by pgbench.

use std::path::Path;
use std::process::Command;

use crate::county::DESKS;
use crate::scenarios::Scenario;
use crate::{Fault, Plan, samples, tell_pg};

/// Spells the ids of the made county, as `county::id` does.
const BENCH_ID: &str = "CREATE OR REPLACE FUNCTION bench_id(kind integer, n bigint) RETURNS uuid \
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ \
    SELECT ('01901111-0000-7000-8000-' || lpad(to_hex(kind), 2, '0') || lpad(to_hex(n), 10, '0'))::uuid $$";

/// The head of the access log of each pgbench client.
const HEADS: &str = "INSERT INTO audit_heads (stream, seq, hash, at) \
    SELECT 'reads/bench/' || c, 0, repeat('0', 64), now() FROM generate_series(0, 63) c \
    ON CONFLICT DO NOTHING";

fn array(list: impl IntoIterator<Item = String>) -> String {
    let list: Vec<String> = list.into_iter().collect();
    format!("{{{}}}", list.join(","))
}

/// Transactions a second of the scenario's script.
#[allow(clippy::disallowed_methods)]
pub fn run(plan: &Plan, scenario: Scenario, url: &str, cases: u64) -> Result<f64, Fault> {
    tell_pg(url, BENCH_ID)?;
    tell_pg(url, HEADS)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/sql")
        .join(format!("pg_{}.sql", scenario.name()));
    let words = samples::words(64);
    let variables = [
        ("per_desk", (cases / DESKS).max(1).to_string()),
        ("page", array(samples::page(1))),
        ("names", array(samples::names(1))),
        (
            "tokens",
            array(
                words
                    .iter()
                    .map(|w| format!("\"{}\"", samples::tokens(w, " & "))),
            ),
        ),
        ("likes", array(words.iter().map(|w| format!("%{w}%")))),
        ("header", samples::HEADER.to_owned()),
        ("payload", samples::PAYLOAD.to_owned()),
        ("candidates", array(samples::page(1).into_iter().take(16))),
        ("kept", samples::KEPT.to_owned()),
        ("body", samples::body()),
    ];
    let mut command = Command::new("pgbench");
    command.args(["-M", "prepared", "-n", "-j", "2", "-c"]);
    command.arg(plan.connections.to_string());
    command.arg("-T");
    command.arg(plan.span.measured.as_secs().max(1).to_string());
    for (name, value) in variables {
        command.arg("-D").arg(format!("{name}={value}"));
    }
    let out = command
        .arg("-f")
        .arg(script)
        .arg(url)
        .output()
        .map_err(|e| format!("pgbench: {e}"))?;
    let text = String::from_utf8_lossy(&out.stdout);
    let told = String::from_utf8_lossy(&out.stderr);
    if !out.status.success() || told.contains("aborted") {
        let tail: Vec<&str> = told
            .lines()
            .filter(|l| l.contains("rror"))
            .take(2)
            .collect();
        return Err(format!("pgbench of {}: {}", scenario.name(), tail.join(" | ")).into());
    }
    text.lines()
        .find_map(|l| l.strip_prefix("tps = "))
        .and_then(|v| v.split_whitespace().next())
        .and_then(|v| v.parse::<f64>().ok())
        .ok_or_else(|| "pgbench gave no tps line".into())
}
