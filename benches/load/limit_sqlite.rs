//! The limit on SQLite: the statements of a scenario in a plain loop over prepared statements, one
//! writer and as many readers as the service has connections.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use jieyou::ctx::{Clock, Ids, SystemClock, SystemIds};
use rusqlite::{Connection, OpenFlags};

use crate::county::{self, DESKS, Kind, id};
use crate::measure::{self, Figures, Step};
use crate::mix::{Rng, word};
use crate::scenarios::{QUEUE_TYPES, Scenario};
use crate::{Fault, Plan, samples};

/// What the access log takes into one commit, as in the service.
const BATCH: usize = 256;

fn open(path: &Path, writes: bool) -> Result<Connection, Fault> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(Duration::from_secs(5))?;
    for pragma in [
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA secure_delete = ON",
        "PRAGMA cache_size = -8192",
    ] {
        conn.prepare(pragma)?.query([])?.next()?;
    }
    if !writes {
        conn.prepare("PRAGMA query_only = ON")?.query([])?.next()?;
    }
    conn.set_prepared_statement_cache_capacity(128);
    Ok(conn)
}

/// Runs one statement.
pub fn tell(path: &Path, sql: &str) -> Result<(), Fault> {
    open(path, true)?.execute(sql, [])?;
    Ok(())
}

/// The statements of a file, by part: a line `-- @name` begins a part.
fn parts(scenario: Scenario) -> Result<Vec<(String, Vec<String>)>, Fault> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/sql")
        .join(format!("sqlite_{}.sql", scenario.name()));
    let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut out: Vec<(String, Vec<String>)> = vec![("all".to_owned(), Vec::new())];
    let mut sql = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("-- @") {
            out.push((name.trim().to_owned(), Vec::new()));
            continue;
        }
        if line.starts_with("--") {
            continue;
        }
        sql.push_str(line);
        sql.push('\n');
        if line.trim_end().ends_with(';')
            && let Some((_, list)) = out.last_mut()
        {
            list.push(expanded(&std::mem::take(&mut sql)));
        }
    }
    Ok(out)
}

/// `:page*` becomes as many parameters as the list has members, up to the next power of two.
fn expanded(sql: &str) -> String {
    let numbered = |name: &str, length: usize| {
        let names: Vec<String> = (0..length).map(|i| format!("{name}{i}")).collect();
        names.join(", ")
    };
    sql.replace(":page*", &numbered(":page", 64))
        .replace(":candidates*", &numbered(":candidates", 16))
        .replace(":names*", &numbered(":names", 8))
}

fn part(all: &[(String, Vec<String>)], name: &str) -> Vec<String> {
    all.iter()
        .find(|(n, _)| n == name)
        .map(|(_, list)| list.clone())
        .unwrap_or_default()
}

/// Values for the named parameters of one transaction.
struct Values {
    rng: Rng,
    desk: u64,
    per_desk: u64,
    list: Vec<(String, String)>,
    /// The last number in the access log.
    next: i64,
}

impl Values {
    fn new(number: u64, cases: u64) -> Self {
        Self {
            rng: Rng(SystemIds.uuid().as_u64_pair().1),
            desk: number % DESKS,
            per_desk: (cases / DESKS).max(1),
            list: Vec::new(),
            next: 0,
        }
    }

    /// Fresh values for the next transaction.
    fn next(&mut self) {
        let k = self.rng.below(self.per_desk);
        let n = k * DESKS + if self.desk == 0 { DESKS } else { self.desk };
        let case = id::<()>(Kind::Case, n);
        let word = word(&mut self.rng);
        let tokens = samples::tokens(&word, " AND ");
        let fresh = SystemIds.uuid();
        let fixed = [
            (":case_id", case.to_string()),
            (":stream", format!("case/{case}")),
            (":party1", id::<()>(Kind::Party, n * 4).to_string()),
            (":party2", id::<()>(Kind::Party, n * 4 + 1).to_string()),
            (":desk_id", county::desk(self.desk).to_string()),
            (":committee_id", county::committee(self.desk).to_string()),
            (":user_id", county::head(self.desk).to_string()),
            (":mediator_id", county::mediator(self.desk, 0).to_string()),
            (":kind", self.rng.pick(&QUEUE_TYPES).to_owned()),
            (":tokens", tokens),
            (":like", format!("%{word}%")),
            (":new_id", fresh.to_string()),
            (":new_stream", format!("case/{fresh}")),
            (":new_party1", SystemIds.uuid().to_string()),
            (":new_party2", SystemIds.uuid().to_string()),
            (":new_custody", SystemIds.uuid().to_string()),
            (":new_issue", SystemIds.uuid().to_string()),
            (
                ":new_key",
                format!("{}:{}", county::head(self.desk), SystemIds.uuid()),
            ),
            (":hash1", format!("{:064x}", self.rng.next())),
            (":hash2", format!("{:064x}", self.rng.next())),
            (":hash3", format!("{:064x}", self.rng.next())),
            (":now", SystemClock.now().to_string()),
            (":later", SystemClock.now().plus_days(7).to_string()),
            (":earlier", SystemClock.now().plus_days(-180).to_string()),
            (":new_code", format!("YL-{}", fresh.simple())),
            (":place", format!("{:032x}", n % 1_512)),
            (":kept", samples::KEPT.to_owned()),
            (":body", samples::body()),
            (":header", samples::HEADER.to_owned()),
            (":payload", samples::PAYLOAD.to_owned()),
        ];
        self.list = fixed
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        self.many(":page", samples::page(self.desk));
        let candidates = samples::page(self.desk).into_iter().take(16);
        self.many(":candidates", candidates.collect());
        self.many(":names", samples::names(self.desk));
    }

    /// The members of a list, under numbered names, as many as `expanded` asks for.
    fn many(&mut self, name: &str, values: Vec<String>) {
        let length = values.len().next_power_of_two();
        let last = values.last().cloned().unwrap_or_default();
        let padded = values
            .into_iter()
            .chain(std::iter::repeat(last))
            .take(length);
        self.list
            .extend(padded.enumerate().map(|(i, v)| (format!("{name}{i}"), v)));
    }

    /// Runs one statement and reads all it gives.
    fn run(&self, conn: &Connection, sql: &str) -> Result<(), Fault> {
        let mut statement = conn.prepare_cached(sql)?;
        for i in 1..=statement.parameter_count() {
            let name = statement.parameter_name(i).unwrap_or_default().to_owned();
            if name == ":next" {
                statement.raw_bind_parameter(i, self.next)?;
                continue;
            }
            let value = self
                .list
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| v.as_str())
                .ok_or_else(|| format!("no value for {name}"))?;
            statement.raw_bind_parameter(i, value)?;
        }
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            for i in 0..columns {
                std::hint::black_box(row.get_ref(i)?);
            }
        }
        Ok(())
    }
}

fn transaction(
    conn: &Connection,
    begin: &str,
    values: &Values,
    list: &[String],
    end: &str,
) -> Result<(), Fault> {
    conn.prepare_cached(begin)?.raw_execute()?;
    let out = list.iter().try_for_each(|sql| values.run(conn, sql));
    conn.prepare_cached(if out.is_ok() { end } else { "ROLLBACK" })?
        .raw_execute()?;
    out
}

/// Writes `count` records in one commit.
fn logged(
    conn: &Connection,
    values: &mut Values,
    before: &[String],
    each: &[String],
    after: &[String],
    count: usize,
) -> Result<(), Fault> {
    conn.prepare_cached("BEGIN IMMEDIATE")?.raw_execute()?;
    for sql in before {
        values.run(conn, sql)?;
    }
    for _ in 0..count {
        values.next += 1;
        for sql in each {
            values.run(conn, sql)?;
        }
    }
    for sql in after {
        values.run(conn, sql)?;
    }
    conn.prepare_cached("COMMIT")?.raw_execute()?;
    Ok(())
}

/// Waits for records and writes those that have come together in one commit.
fn log_writer(
    conn: &Connection,
    all: &[(String, Vec<String>)],
    inbox: &mpsc::Receiver<mpsc::Sender<bool>>,
) -> Result<(), Fault> {
    let (before, each, after) = (
        part(all, "log"),
        part(all, "log_each"),
        part(all, "log_end"),
    );
    let mut values = Values::new(0, DESKS);
    conn.execute(
        "INSERT OR IGNORE INTO audit_heads (stream, seq, hash, at) VALUES ('reads/bench', 0, '', '')",
        [],
    )?;
    values.next = conn.query_row(
        "SELECT seq FROM audit_heads WHERE stream = 'reads/bench'",
        [],
        |row| row.get(0),
    )?;
    while let Ok(first) = inbox.recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH {
            match inbox.try_recv() {
                Ok(next) => batch.push(next),
                Err(_) => break,
            }
        }
        values.next();
        let ok = logged(conn, &mut values, &before, &each, &after, batch.len());
        if let Err(e) = &ok {
            eprintln!("  limit: {e}");
        }
        for done in batch {
            let _ = done.send(ok.is_ok());
        }
    }
    Ok(())
}

/// Runs the scenario's statements.
pub fn run(plan: &Plan, scenario: Scenario, path: &Path, cases: u64) -> Result<Figures, Fault> {
    let all = parts(scenario)?;
    let reads = part(&all, "read");
    let writes = part(&all, "write");
    let logs = !part(&all, "log_each").is_empty();
    if !writes.is_empty() {
        let conn = open(path, true)?;
        let mut values = Values::new(0, cases);
        let step = move || {
            values.next();
            transaction(&conn, "BEGIN IMMEDIATE", &values, &writes, "COMMIT")
        };
        return Ok(measure::run(vec![Box::new(step)], plan.span));
    }
    let (queue, inbox) = mpsc::channel::<mpsc::Sender<bool>>();
    let mut workers: Vec<Box<dyn Step>> = Vec::new();
    for number in 0..plan.connections {
        let conn = open(path, false)?;
        let mut values = Values::new(number as u64, cases);
        let (reads, queue) = (reads.clone(), queue.clone());
        workers.push(Box::new(move || {
            values.next();
            transaction(&conn, "BEGIN", &values, &reads, "ROLLBACK")?;
            if logs {
                let (done, ok) = mpsc::channel();
                queue.send(done)?;
                if !ok.recv()? {
                    return Err("the log writer failed".into());
                }
            }
            Ok(())
        }));
    }
    drop(queue);
    let writer = open(path, true)?;
    let log =
        std::thread::spawn(move || log_writer(&writer, &all, &inbox).map_err(|e| e.to_string()));
    let out = measure::run(workers, plan.span);
    log.join().map_err(|_| "the log writer panicked")??;
    Ok(out)
}
