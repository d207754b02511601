//! How long a county waits for its quarterly return and its dashboard, on each engine.
//!
//! `cargo bench --bench county -- --pg postgres://USER@HOST:PORT/postgres`
//!
//! The return is drawn up over as many closed cases as asked for, all of one quarter (list of
//! entries, figures, digest, commit); the dashboard is computed over twice as many cases of two
//! years, a fifth of them live.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::{Duration, Instant as Timer};

use clap::Parser;
use diesel::prelude::*;
use jieyou::app::system_ctx;
use jieyou::cli::demo::county;
use jieyou::commands::returns::draw_up;
use jieyou::ctx::{Ctx, Ids, SystemClock, SystemIds};
use jieyou::domain::agreement::AgreementForm;
use jieyou::domain::case::*;
use jieyou::domain::codes::Code;
use jieyou::domain::figures::*;
use jieyou::domain::org::CommitteeKind;
use jieyou::domain::time::{Instant, LocalDate};
use jieyou::queries::dashboard;
use jieyou::store::conn::DbUrl;
use jieyou::store::db::{Db, DbOptions};

type Fault = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Parser)]
#[command(about = "Times the quarterly return and the dashboard of a county")]
struct Args {
    /// Closed cases of the quarter.
    #[arg(long, default_value_t = 100_000)]
    cases: u64,
    /// A PostgreSQL server that a database may be made on.
    #[arg(long)]
    pg: Option<String>,
    /// Leave SQLite out.
    #[arg(long)]
    no_sqlite: bool,
    /// Times each is run.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

const BATCH: u64 = 2_000;
const DESKS: [&str; 4] = ["fengxi", "cuihu", "shitang", "liping"];
const VILLAGES: [&str; 4] = ["shanglong", "hukou", "shitangcun", "lipingcun"];

fn store(e: jieyou::error::Error) -> Fault {
    format!("{e:?}").into()
}

fn pick<T: Copy>(list: &[T], n: u64) -> T {
    list[(n % list.len() as u64) as usize]
}

fn spread(n: u64, below: u64) -> u64 {
    (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) % below
}

/// Case `n` of a county of two years; every fifth is live.
fn case(ctx: &Ctx, n: u64, end: Instant) -> Case {
    let days = i64::try_from(spread(n, 730)).unwrap_or(0);
    let live = n.is_multiple_of(5);
    let at = if live {
        end.plus_days(-(days % 90))
    } else {
        end.plus_days(-days)
    };
    let at = at.plus_minutes(-i64::try_from(spread(n ^ 77, 1_440)).unwrap_or(0));
    let desk = county::org(pick(&DESKS, n));
    let due = i64::try_from(spread(n ^ 5, 30 * 24)).unwrap_or(0) - 240;
    Case {
        id: ctx.id(),
        code: format!("YL-BENCH-{n}"),
        case_no: None,
        committee_id: Some(county::committee("tw_fengxi")),
        procedure: Procedure::PeopleMediation,
        title: "测试".into(),
        kind: pick(CaseType::ALL, spread(n, 1_000)),
        state: if live {
            CaseState::InMediation
        } else {
            CaseState::ClosedSuccess
        },
        outcome: (!live).then_some(Outcome::SuccessWritten),
        risk: Risk::Yellow,
        difficulty: Difficulty::Normal,
        source: pick(Source::ALL, n),
        channel: pick(Channel::ALL, n),
        origin_id: county::org(pick(&VILLAGES, n)),
        origin_desk_id: Some(desk),
        holder_id: desk,
        holder_desk_id: Some(desk),
        holder_since: at,
        registrar_id: county::user("lindeshui"),
        registered_at: at,
        accepted_at: Some(at),
        closed_at: (!live).then(|| at.plus_days(12)),
        next_step: live.then_some(NextStep::Mediate),
        next_due_at: live.then(|| end.plus_hours(due)),
        live,
        version: 1,
        audit_seq: 0,
        audit_hash: String::new(),
        amount_fen: None,
        summary: "双方因通道使用发生争执，请求调解。".into(),
        updated_at: at,
        detail: CaseDetail::default(),
    }
}

/// The closing of a case, on some day of the second quarter of 2026.
fn entry(ctx: &Ctx, c: &Case, n: u64, from: LocalDate) -> ReturnEntry {
    let day = from.plus_days(i64::try_from(spread(n ^ 3, 91)).unwrap_or(0));
    let form = pick(AgreementForm::ALL, spread(n, 7));
    ReturnEntry {
        id: ctx.id(),
        case_id: c.id,
        act: CountedAct::Closed,
        at: day.start(),
        on_date: day,
        recorded_at: day.start(),
        undone_at: None,
        org_id: c.holder_id,
        desk_id: c.holder_desk_id,
        committee_kind: Some(pick(CommitteeKind::ALL, spread(n, 100))),
        kind: c.kind,
        source: c.source,
        channel: c.channel,
        result: Some(pick(CountedResult::ALL, spread(n, 90))),
        form: Some(form),
        complex: n.is_multiple_of(11),
        persons: 2,
        amount_fen: i64::try_from(spread(n, 5_000_000)).unwrap_or(0),
        averted: None,
        incident_id: None,
    }
}

fn fill(db: &Db, ctx: &Ctx, counted: u64) -> Result<(), Fault> {
    let timer = Timer::now();
    db.write_now(ctx, |tx| county::seed(tx, "-"))
        .map_err(store)?;
    let from = LocalDate::parse("2026-04-01").ok_or("date")?;
    let mut n = 0;
    while n < counted * 2 {
        let last = (n + BATCH).min(counted * 2);
        db.write_now(ctx, |tx| {
            tx.technical();
            for i in n..last {
                let c = case(ctx, i, ctx.now);
                tx.insert(&c)?;
                if i % 2 == 1 {
                    tx.insert(&entry(ctx, &c, i, from))?;
                }
            }
            Ok(())
        })
        .map_err(store)?;
        n = last;
    }
    println!(
        "  {n} cases, {} counted, filled in {:.0} s",
        n / 2,
        timer.elapsed().as_secs_f64()
    );
    Ok(())
}

fn shown(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let of = |i: usize| times.get(i).map_or(0.0, |t| t.as_secs_f64() * 1_000.0);
    println!(
        "  {name}: median {:.0} ms, slowest {:.0} ms, of {}",
        of(times.len() / 2),
        of(times.len().saturating_sub(1)),
        times.len()
    );
}

fn measure(db: &Db, ctx: &Ctx, rounds: usize) -> Result<(), Fault> {
    let mut returns = Vec::new();
    let mut boards = Vec::new();
    let from = LocalDate::parse("2026-04-01").ok_or("date")?;
    for _ in 0..rounds {
        let mut r = StatReturn {
            id: ctx.id(),
            org_id: county::org("county"),
            period: ReturnPeriod::Quarter,
            from_on: from,
            to_on: from.plus_days(90),
            revision: 0,
            revises: None,
            state: ReturnState::Draft,
            as_of: ctx.now,
            figures: Figures::default(),
            entries: 0,
            digest: String::new(),
            reason: None,
            created_by: county::user("zhouminghua"),
            created_at: ctx.now,
            submitted_by: None,
            submitted_at: None,
        };
        let timer = Timer::now();
        r = db
            .write_now(ctx, |tx| {
                tx.technical();
                let mut r = r.clone();
                let unit = tx.org(r.org_id)?;
                draw_up(tx, &mut r, &unit)?;
                tx.insert(&r)?;
                Ok(r)
            })
            .map_err(store)?;
        returns.push(timer.elapsed());
        assert_eq!(
            r.figures.get(Cell::Total) + r.figures.get(Cell::Otherwise),
            r.entries
        );
        let timer = Timer::now();
        let board = db.read_now(ctx, dashboard::view).map_err(store)?;
        let text = serde_json::to_string(&board)?;
        boards.push(timer.elapsed());
        assert!(text.len() > 1_000);
    }
    shown("quarterly return", returns);
    shown("dashboard", boards);
    Ok(())
}

fn run(url: &str, args: &Args) -> Result<(), Fault> {
    let db = Db::open(&DbOptions {
        url: DbUrl::parse(url)?,
        connections: 2,
        acquire: Duration::from_secs(10),
    })?;
    db.migrate()?;
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let ctx = Ctx {
        now: Instant::parse("2026-07-02T09:00:00+08:00").ok_or("instant")?,
        ..system_ctx(&SystemClock, &ids)
    };
    fill(&db, &ctx, args.cases)?;
    if url.starts_with("postgres") {
        // As the server does by itself in time.
        tell(url, "VACUUM ANALYZE")?;
    }
    measure(&db, &ctx, args.rounds)
}

fn tell(url: &str, sql: &str) -> Result<(), Fault> {
    let mut conn = PgConnection::establish(url)?;
    diesel::sql_query(sql).execute(&mut conn)?;
    Ok(())
}

fn main() -> Result<(), Fault> {
    let args = Args::parse();
    if !args.no_sqlite {
        println!("SQLite");
        let dir = tempfile::tempdir()?;
        run(
            &format!("sqlite:{}", dir.path().join("bench.db").display()),
            &args,
        )?;
    }
    if let Some(server) = &args.pg {
        println!("PostgreSQL");
        let name = format!("jieyou_county_{}", std::process::id());
        tell(server, &format!("CREATE DATABASE {name}"))?;
        let mut url = url::Url::parse(server)?;
        url.set_path(&name);
        let done = run(url.as_str(), &args);
        tell(
            server,
            &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        )?;
        done?;
    }
    Ok(())
}
