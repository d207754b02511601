//! What the scheduler costs with many open clocks: one scan that finds all of them due, one look
//! that finds nothing due, and breaches carried out.
//!
//! `cargo bench --bench duties [-- --clocks 50000 --breaches 500 --pg postgres://…]`; exits with 1
//! when the scan takes two seconds or more. Without `--pg` it measures SQLite in a folder of its
//! own; `--pg` names an empty database.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use jieyou::app;
use jieyou::cli::demo::county;
use jieyou::ctx::{Ids, SystemIds, system_ctx};
use jieyou::domain::case::*;
use jieyou::domain::clocks::{Clock, On, PolicyBook};
use jieyou::domain::ids::*;
use jieyou::domain::time::Instant;
use jieyou::queries::due;
use jieyou::store::conn::DbUrl;
use jieyou::store::db::{Db, DbOptions};
use jieyou::worker::kinds::{KINDS, When};
use uuid::Uuid;

const LIMIT_SECONDS: f64 = 2.0;
/// Open clocks of one case.
const A_CASE: usize = 10;
const IDLE_LOOKS: u32 = 200;

struct Set(AtomicI64);

impl jieyou::ctx::Clock for Set {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

fn case(n: u64, at: Instant) -> Case {
    Case {
        id: Id::new(Uuid::from_u128(0x1000_0000 + u128::from(n))),
        code: format!("YL-DUTY-{n}"),
        case_no: None,
        committee_id: None,
        procedure: Procedure::PeopleMediation,
        title: "檐沟滴水".to_owned(),
        kind: CaseType::Neighbour,
        state: CaseState::Registered,
        outcome: None,
        risk: Risk::Blue,
        difficulty: Difficulty::Simple,
        source: Source::Application,
        channel: Channel::WalkIn,
        origin_id: county::org("fengxi"),
        origin_desk_id: Some(county::org("fengxi")),
        holder_id: county::org("fengxi"),
        holder_desk_id: Some(county::org("fengxi")),
        holder_since: at,
        registrar_id: county::user("zhengguoxing"),
        registered_at: at,
        accepted_at: None,
        closed_at: None,
        next_step: None,
        next_due_at: None,
        live: true,
        version: 1,
        audit_seq: 0,
        audit_hash: String::new(),
        amount_fen: None,
        summary: String::new(),
        updated_at: at,
        detail: CaseDetail::default(),
    }
}

fn argument(name: &str) -> Option<String> {
    let mut args = std::env::args().skip_while(|a| a != name);
    args.nth(1)
}

fn number(name: &str, otherwise: usize) -> usize {
    argument(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

fn main() {
    let clocks = number("--clocks", 50_000);
    let breaches = number("--breaches", 500);
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("duties.db");
    let url = argument("--pg").unwrap_or_else(|| format!("sqlite://{}", path.display()));
    let options = DbOptions {
        url: DbUrl::parse(&url).expect("a database URL"),
        connections: 4,
        acquire: Duration::from_secs(5),
    };
    let db = Db::open(&options).expect("the database opens");
    db.migrate().expect("the schema");
    let start = Instant::parse("2026-03-02T09:00:00+08:00").expect("an instant");
    let time = Arc::new(Set(AtomicI64::new(start.0)));
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let ctx = || system_ctx(&*time, &ids);
    db.write_now(&ctx(), |tx| county::seed(tx, "x"))
        .expect("the county");

    let book = PolicyBook::built_in();
    let calendar = db
        .read_now(&ctx(), |snap| snap.calendar())
        .expect("a calendar");
    let policy = book
        .in_force("accept_decision", start.local_date())
        .expect("a policy");
    let began = Stopwatch::now();
    let cases = clocks.div_ceil(A_CASE);
    for batch in (0..cases).collect::<Vec<_>>().chunks(200) {
        db.write_now(&ctx(), |tx| {
            tx.technical();
            for n in batch {
                let case = case(*n as u64, start);
                tx.insert(&case)?;
                // Each a little later than the one before, as registrations are.
                let at = start.plus_seconds(*n as i64);
                for _ in 0..A_CASE {
                    let id = Id::new(ids.uuid());
                    let on = On {
                        case: case.id,
                        subject: ids.uuid(),
                    };
                    tx.insert(&Clock::start(id, on, policy, None, None, &calendar, at))?;
                }
            }
            Ok(())
        })
        .expect("clocks");
    }
    println!(
        "{} clocks of {cases} cases made in {:.1} s",
        cases * A_CASE,
        began.elapsed().as_secs_f64()
    );

    // Nothing is due: what a node does every 15 seconds.
    let look = || {
        db.read_now(&ctx(), |snap| {
            for kind in KINDS {
                if let When::Next(next) = kind.when {
                    next(snap)?;
                }
            }
            Ok(())
        })
        .expect("a look");
    };
    look();
    let began = Stopwatch::now();
    (0..IDLE_LOOKS).for_each(|_| look());
    let idle = began.elapsed().as_secs_f64() * 1_000.0 / f64::from(IDLE_LOOKS);
    println!("idle look: {idle:.3} ms");

    // A month later all are due.
    time.0.store(start.plus_days(30).0, Ordering::SeqCst);
    let began = Stopwatch::now();
    let (mut found, mut at) = (0, None);
    loop {
        let page = db
            .read_now(&ctx(), |snap| due::clocks(snap, at))
            .expect("a page");
        found += page.on.len();
        at = page.next;
        if at.is_none() {
            break;
        }
    }
    let scan = began.elapsed().as_secs_f64();
    println!("one scan: {found} of {} due in {scan:.3} s", cases * A_CASE);

    // Breaches carried out, all clocks of a case in one commit.
    let began = Stopwatch::now();
    let mut done = 0;
    for n in 0..breaches.div_ceil(A_CASE).min(cases) {
        let id = case(n as u64, start).id.uuid;
        let job = |tx: &mut jieyou::store::tx::Tx<'_>| jieyou::commands::jobs::wake_clocks(tx, id);
        done += db.write_now(&ctx(), job).expect("a job");
    }
    let each = began.elapsed().as_secs_f64() * 1_000.0 / done.max(1) as f64;
    println!("{done} breaches carried out, {each:.2} ms each, {A_CASE} in a commit");

    // A whole pass with nothing due, the walks of reminders included.
    time.0.store(start.0, Ordering::SeqCst);
    let duties = app::duties(db.clone(), time.clone(), Arc::clone(&ids));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let began = Stopwatch::now();
    let did = runtime.block_on(duties.pass()).expect("a pass");
    println!(
        "a pass over all kinds with nothing due: {:.2} ms, {} done",
        began.elapsed().as_secs_f64() * 1_000.0,
        did.all()
    );
    if found != cases * A_CASE || scan >= LIMIT_SECONDS {
        std::process::exit(1);
    }
}
