//! Nothing queued is lost, whatever the relay does; nothing is sent that was not committed.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jieyou::cli::demo::county;
use jieyou::domain::codes::Code as _;
use jieyou::domain::notice::{Notice, NoticeKind, Recipient};
use jieyou::error::{Code, Error};
use jieyou::store::outbox_desk::Redrive;
use jieyou::worker::run::{Worker, run_loop};
use tokio::sync::watch;

use super::kit::Yard;
use super::wire::arrivals;
use crate::support::smtp_sink::{Fault, Plan, Sink, Stage};

const KINDS: &[NoticeKind] = &[
    NoticeKind::CaseAssigned,
    NoticeKind::CaseAccepted,
    NoticeKind::AgreementReady,
    NoticeKind::ObligationDue,
    NoticeKind::CaseClosed,
];

/// `each` notices to one user of each case; the users take turns.
fn queue(yard: &Yard, cases: usize, users: usize, each: usize) -> usize {
    let people: Vec<&str> = county::logins()
        .into_iter()
        .map(|l| l.0)
        .take(users)
        .collect();
    let cases: Vec<_> = (0..cases).map(|_| yard.case()).collect();
    let mut count = 0;
    for n in 0..each {
        yard.write(|tx| {
            tx.technical();
            for (i, case) in cases.iter().enumerate() {
                let to = Recipient::User(county::user(people[i % people.len()]));
                tx.enqueue(Some(case), to, &Notice::of(KINDS[n % KINDS.len()]))?;
            }
            Ok(())
        });
        count += cases.len();
    }
    count
}

/// Every queued message arrived under its own Message-ID, duplicates only where an
/// acknowledgement was lost or a worker was cut off (`cut` attempts at most), and in order for
/// each case and recipient.
fn assert_all_arrived(yard: &Yard, sink: &Sink, wanted: usize, cut: u64) {
    let rows = yard.rows();
    assert_eq!(rows.len(), wanted);
    let unsent: Vec<_> = rows
        .iter()
        .filter(|r| r.state != "sent")
        .map(|r| (&r.state, r.attempts, &r.last_error))
        .collect();
    assert!(unsent.is_empty(), "{unsent:?}");
    let received = sink.received();
    let first = arrivals(&received);
    let ours: HashSet<String> = rows
        .iter()
        .map(|r| format!("<{}@jieyou.example>", r.message_id))
        .collect();
    assert_eq!(first.iter().cloned().collect::<HashSet<_>>(), ours);
    let counts = sink.counts();
    let duplicates = received.len() - first.len();
    assert!(
        u64::try_from(duplicates).unwrap() <= counts.swallowed + cut,
        "{duplicates} duplicates, {counts:?}"
    );
    assert_eq!(counts.bare_breaks, 0);
    let place: HashMap<&str, usize> = first
        .iter()
        .enumerate()
        .map(|(i, m)| (m.as_str(), i))
        .collect();
    let mut last: HashMap<_, usize> = HashMap::new();
    for row in &rows {
        let at = place[format!("<{}@jieyou.example>", row.message_id).as_str()];
        let before = last.insert((row.case_id, row.user_id), at);
        assert!(
            before.is_none_or(|b| b < at),
            "{} overtook an older message",
            row.id
        );
    }
}

#[test]
fn nothing_is_lost_at_a_relay_that_misbehaves() {
    let (yard, sink) = Yard::with_sink(Plan::Chance {
        seed: 7,
        refuse: 0.20,
        close_mid_data: 0.10,
        swallow: 0.05,
        stall: 0.01,
        stall_for: Duration::from_secs(3),
    });
    let wanted = queue(&yard, 60, 20, 5);
    assert_eq!(wanted, 300);
    let worker = yard.worker();
    let stats = yard.work_off(&worker);
    assert_eq!(stats.lost, 0);
    // Ten failures in a row are rare but may happen; the operator sends such a message again.
    let dead = yard.dead();
    assert!(dead.len() <= 3, "{} dead", dead.len());
    assert!(
        dead.iter()
            .all(|r| r.attempts == 10 && r.last_error.as_deref().unwrap().contains("10 attempts"))
    );
    sink.set_plan(Plan::Honest);
    yard.write(|tx| tx.redrive(Redrive::AllDead));
    yard.work_off(&worker);
    assert_all_arrived(&yard, &sink, wanted, 0);
    let counts = sink.counts();
    assert!(
        counts.refused > 20 && counts.closed > 10 && counts.swallowed > 3,
        "{counts:?}"
    );
    let text = yard.app.state.metrics.text();
    assert!(
        text.contains("jieyou_outbox_due 0") && text.contains("jieyou_outbox_dead 0"),
        "{text}"
    );
    assert!(
        text.contains("jieyou_deliveries_total{channel=\"mail\",outcome=\"sent\"} 300"),
        "{text}"
    );
}

/// A swallowed acknowledgement leaves a message in doubt: it waits ten minutes and comes again
/// as the same bytes.
#[test]
fn a_lost_acknowledgement_means_the_same_message_again() {
    let (yard, sink) = Yard::with_sink(Plan::Script(vec![Fault::Swallow]));
    let case = yard.case();
    yard.tell_user(Some(&case), "lindeshui", NoticeKind::CaseAssigned);
    let worker = yard.worker();
    assert_eq!(yard.pass(&worker).retried, 1);
    let row = yard.rows().remove(0);
    assert_eq!((row.state.as_str(), row.attempts), ("due", 1));
    assert!(
        row.due_at >= yard.app.now().plus_minutes(10),
        "{}",
        row.due_at
    );
    yard.app.forward_minutes(9);
    assert_eq!(yard.pass(&worker).claimed, 0);
    yard.app.forward_minutes(2);
    assert_eq!(yard.pass(&worker).sent, 1);
    let got = sink.received();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].message_id, got[1].message_id);
    assert_eq!(got[0].raw, got[1].raw);
}

#[test]
fn a_change_that_is_rolled_back_leaves_no_message() {
    let yard = Yard::new();
    let case = yard.case();
    let notice = Notice::of(NoticeKind::CaseAssigned);
    let to = Recipient::User(county::user("lindeshui"));
    let out = yard.try_write(|tx| {
        tx.technical();
        tx.enqueue(Some(&case), to, &notice)?;
        Err::<(), _>(Error::of(Code::Conflict))
    });
    assert_eq!(out.unwrap_err().status(), 409);
    // Nor does one that forgets to say what happened.
    let out = yard.try_write(|tx| tx.enqueue(Some(&case), to, &notice));
    assert_eq!(out.unwrap_err().status(), 500);
    assert!(yard.rows().is_empty());
    assert_eq!(yard.pass(&yard.worker()).claimed, 0);
    assert!(yard.files().is_empty());
    let inbox = yard.app.client("lindeshui").get("/inbox").ok();
    assert_eq!(inbox["data"].as_array().unwrap().len(), 0);
}

#[test]
fn a_worker_that_dies_loses_nothing() {
    let stall = Fault::Stall(Stage::Data, Duration::from_secs(30));
    let (yard, sink) = Yard::with_sink(Plan::Script(vec![stall; 4]));
    let wanted = queue(&yard, 6, 6, 1);
    let (_keep, stopped) = watch::channel(false);
    let running = yard.runtime.spawn(run_loop(yard.worker(), stopped));
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(20));
        if sink.counts().stalled > 0 {
            break;
        }
    }
    running.abort();
    let _ = yard.runtime.block_on(running);
    let leased = yard.rows().iter().filter(|r| r.state == "leased").count();
    assert!(leased > 0, "the worker was cut off in the middle");
    sink.set_plan(Plan::Honest);
    let worker = yard.worker();
    assert_eq!(
        yard.pass(&worker).claimed,
        wanted - leased,
        "leases keep others away"
    );
    yard.app.forward_minutes(3);
    assert_eq!(yard.pass(&worker).sent, leased);
    assert_all_arrived(&yard, &sink, wanted, 4);
    assert!(yard.rows().iter().any(|r| r.attempts == 2));
}

#[test]
fn an_orderly_stop_gives_the_leases_back() {
    let stall = Fault::Stall(Stage::Data, Duration::from_secs(30));
    let (yard, sink) = Yard::with_sink(Plan::Script(vec![stall; 4]));
    queue(&yard, 6, 6, 1);
    let (stop, stopped) = watch::channel(false);
    let mut parts = yard.parts();
    parts.grace = Duration::from_millis(50);
    let running = yard.runtime.spawn(run_loop(Worker::new(parts), stopped));
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(20));
        if sink.counts().stalled > 0 {
            break;
        }
    }
    stop.send(true).unwrap();
    yard.runtime.block_on(running).unwrap();
    let rows = yard.rows();
    assert!(rows.iter().all(|r| r.state != "leased"), "{rows:?}");
    assert!(
        rows.iter()
            .any(|r| r.last_error.as_deref() == Some("worker stopped"))
    );
    sink.set_plan(Plan::Honest);
    let worker = yard.worker();
    yard.work_off(&worker);
    assert_all_arrived(&yard, &sink, 6, 4);
}

/// The loop is woken by a commit, and two loops share the work.
#[test]
fn workers_beside_each_other_deliver_each_message_once() {
    let (yard, sink) = Yard::with_sink(Plan::Honest);
    let (stop, stopped) = watch::channel(false);
    let running: Vec<_> = (0..3)
        .map(|_| yard.runtime.spawn(run_loop(yard.worker(), stopped.clone())))
        .collect();
    let wanted = queue(&yard, 20, 10, 3);
    for _ in 0..500 {
        std::thread::sleep(Duration::from_millis(20));
        if yard.waiting() == 0 {
            break;
        }
    }
    stop.send(true).unwrap();
    for one in running {
        yard.runtime.block_on(one).unwrap();
    }
    assert_all_arrived(&yard, &sink, wanted, 0);
    assert_eq!(sink.received().len(), wanted, "no message twice");
}

#[test]
fn every_kind_of_notice_is_delivered() {
    let yard = Yard::new();
    let case = yard.case();
    for kind in NoticeKind::ALL {
        yard.tell_user(Some(&case), "lindeshui", *kind);
    }
    let stats = yard.work_off(&yard.worker());
    assert_eq!((stats.sent, stats.dead), (NoticeKind::ALL.len(), 0));
    assert_eq!(yard.files().len(), NoticeKind::ALL.len());
}
