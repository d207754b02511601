//! The load benchmark: a made county on each engine, the release binary under load, and beside
//! every figure the limit, the same SQL without the service.
//!
//! `cargo build --release && cargo bench --bench load -- --help`

#![forbid(unsafe_code)]

mod cases;
mod client;
mod county;
mod fill;
mod intake;
mod limit_pg;
mod limit_sqlite;
mod measure;
mod mix;
mod report;
mod samples;
mod scenarios;
mod server;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use diesel::prelude::*;
use jieyou::config::Config;
use jieyou::ctx::{Clock, SystemClock};
use jieyou::store::conn::DbUrl;
use jieyou::store::db::{Db, DbOptions};

use measure::{Span, Step};
use report::{Row, Table};
use scenarios::{Caller, Scenario};
use server::Server;

/// Whatever went wrong, in words.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Parser)]
#[command(about = "Load benchmark of Jieyou on SQLite and PostgreSQL")]
struct Args {
    /// Sizes of the data sets, in cases (five events each).
    #[arg(long, value_delimiter = ',', default_value = "2000")]
    cases: Vec<u64>,
    /// Engines to measure.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,pg")]
    engines: Vec<String>,
    /// A PostgreSQL server that databases may be made on, as `postgres://USER@HOST:PORT/postgres`.
    #[arg(long)]
    pg: Option<String>,
    /// A directory for the data sets, kept and reused; PostgreSQL databases are kept as well.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Keep-alive connections, and database connections of the service and the limit.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Seconds before counting begins.
    #[arg(long, default_value_t = 5)]
    warm_up: u64,
    /// Seconds measured, of the service and of the limit each.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Only these scenarios.
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Scenario>,
    /// Leave the limits out.
    #[arg(long)]
    no_limit: bool,
    /// Load the data sets and stop.
    #[arg(long)]
    load_only: bool,
    /// Write the figures to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

/// How every scenario is run.
pub struct Plan {
    pub connections: usize,
    pub span: Span,
}

/// One data set.
struct Set {
    engine: &'static str,
    cases: u64,
    url: String,
    data_dir: PathBuf,
    /// The database to drop at the end: server URL and name.
    drop: Option<(String, String)>,
}

fn with_database(server: &str, name: &str) -> Result<String, Fault> {
    let mut url = url::Url::parse(server)?;
    url.set_path(name);
    Ok(url.to_string())
}

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

fn ask_pg(url: &str, sql: &str) -> Result<Vec<String>, Fault> {
    let mut conn = PgConnection::establish(url)?;
    let rows = diesel::sql_query(sql).load::<Text>(&mut conn)?;
    Ok(rows.into_iter().map(|r| r.text).collect())
}

/// Runs one statement.
pub fn tell_pg(url: &str, sql: &str) -> Result<(), Fault> {
    let mut conn = PgConnection::establish(url)?;
    diesel::sql_query(sql).execute(&mut conn)?;
    Ok(())
}

fn set_of(args: &Args, engine: &str, cases: u64, temp: &Path) -> Result<Option<Set>, Fault> {
    let home = args.keep.as_deref().unwrap_or(temp);
    let data_dir = home.join(format!("{engine}-{cases}"));
    std::fs::create_dir_all(&data_dir)?;
    match engine {
        "sqlite" => Ok(Some(Set {
            engine: "SQLite",
            cases,
            url: format!("sqlite:{}", data_dir.join("jieyou.db").display()),
            data_dir,
            drop: None,
        })),
        "pg" => {
            let Some(server) = &args.pg else {
                println!("PostgreSQL is left out: no --pg URL");
                return Ok(None);
            };
            // Data made in a directory that is thrown away has keys that are thrown away.
            let name = match &args.keep {
                Some(_) => format!("jieyou_bench_{cases}"),
                None => format!("jieyou_bench_{cases}_{}", std::process::id()),
            };
            let there =
                format!("SELECT datname::text AS text FROM pg_database WHERE datname = '{name}'");
            if ask_pg(server, &there)?.is_empty() {
                tell_pg(server, &format!("CREATE DATABASE {name}"))?;
            }
            Ok(Some(Set {
                engine: "PostgreSQL",
                cases,
                url: with_database(server, &name)?,
                data_dir,
                drop: args.keep.is_none().then(|| (server.clone(), name)),
            }))
        }
        other => Err(format!("unknown engine {other}: sqlite or pg").into()),
    }
}

fn events(set: &Set) -> Result<i64, Fault> {
    let db = Db::open(&DbOptions {
        url: DbUrl::parse(&set.url)?,
        connections: 1,
        acquire: Duration::from_secs(10),
    })?;
    let counts = db.row_counts()?;
    Ok(counts
        .into_iter()
        .find(|(name, _)| *name == "audit_events")
        .map_or(0, |(_, n)| n))
}

/// Takes what fell due before the measuring as told: the service is measured, not its way through
/// the missed clocks of two years.
fn settle(set: &Set) -> Result<(), Fault> {
    let soon = SystemClock.now().plus_days(1);
    let sql = format!("UPDATE clocks SET wake_at = NULL WHERE wake_at < '{soon}'");
    if set.url.starts_with("postgres") {
        return tell_pg(&set.url, &sql);
    }
    limit_sqlite::tell(&set.data_dir.join("jieyou.db"), &sql)
}

/// What decides over the figures and is not ours.
fn settings(set: &Set) -> Result<Vec<(String, String)>, Fault> {
    if !set.url.starts_with("postgres") {
        return Ok(Vec::new());
    }
    [
        "server_version",
        "shared_buffers",
        "fsync",
        "synchronous_commit",
    ]
    .iter()
    .map(|name| {
        let sql = format!("SELECT current_setting('{name}') AS text");
        let value = ask_pg(&set.url, &sql)?.pop().unwrap_or_default();
        Ok(((*name).to_owned(), value))
    })
    .collect()
}

fn measure_set(args: &Args, plan: &Plan, set: &Set) -> Result<Option<Table>, Fault> {
    println!("{}, {} cases", set.engine, set.cases);
    let config = Config {
        data_dir: set.data_dir.clone(),
        database_url: set.url.clone(),
        ..Config::default()
    };
    fill::fill(&config, set.cases)?;
    settle(set)?;
    let on_pg = set.drop.is_some() || set.url.starts_with("postgres");
    if on_pg {
        // What autovacuum does by itself a little later.
        tell_pg(&set.url, "VACUUM (ANALYZE)")?;
    }
    if args.load_only {
        return Ok(None);
    }
    let events = events(set)?;
    let server = Server::start(&set.data_dir, &set.url, plan.connections)?;
    let mut rows = Vec::new();
    let wanted = if args.only.is_empty() {
        Scenario::ALL.to_vec()
    } else {
        args.only.clone()
    };
    for scenario in &wanted {
        println!("  {} through the service", scenario.name());
        let callers = (0..plan.connections)
            .map(|n| {
                let caller =
                    Caller::new(*scenario, server.addr, &set.data_dir, n as u64, set.cases)?;
                Ok(Box::new(caller) as Box<dyn Step>)
            })
            .collect::<Result<Vec<_>, Fault>>()?;
        let figures = measure::run(callers, plan.span);
        rows.push((*scenario, figures, server.memory()?.now));
    }
    let (start_ms, peak) = (server.start_ms, server.memory()?.peak);
    server.stop()?;
    let mut out = Vec::new();
    for (scenario, figures, rss) in rows {
        let limit = if args.no_limit {
            None
        } else {
            println!("  {} at the limit", scenario.name());
            Some(if on_pg {
                limit_pg::run(plan, scenario, &set.url, set.cases)?
            } else {
                let path = set.data_dir.join("jieyou.db");
                let figures = limit_sqlite::run(plan, scenario, &path, set.cases)?;
                if let Some(why) = figures.first_error {
                    return Err(format!("limit of {}: {why}", scenario.name()).into());
                }
                figures.per_second
            })
        };
        out.push(Row::new(scenario, figures, limit, rss));
    }
    Ok(Some(Table {
        engine: set.engine,
        cases: set.cases,
        events,
        connections: plan.connections,
        start_ms,
        peak_rss_mib: peak,
        settings: settings(set)?,
        rows: out,
    }))
}

fn work(args: &Args) -> Result<u64, Fault> {
    let temp = tempfile::Builder::new().prefix("jieyou-bench").tempdir()?;
    let plan = Plan {
        connections: args.connections.max(1),
        span: Span {
            warm: Duration::from_secs(args.warm_up),
            measured: Duration::from_secs(args.seconds.max(1)),
        },
    };
    let mut tables = Vec::new();
    for engine in &args.engines {
        for cases in &args.cases {
            let Some(set) = set_of(args, engine, *cases, temp.path())? else {
                continue;
            };
            let out = measure_set(args, &plan, &set);
            if let Some((server, name)) = &set.drop {
                tell_pg(
                    server,
                    &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                )?;
            }
            if let Some(table) = out? {
                table.print();
                tables.push(table);
            }
        }
    }
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_string_pretty(&tables)?)?;
    }
    println!();
    tables.iter().for_each(Table::print);
    Ok(tables.iter().map(Table::errors).sum())
}

fn main() -> ExitCode {
    match work(&Args::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(errors) => {
            eprintln!("{errors} errors");
            ExitCode::FAILURE
        }
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}
