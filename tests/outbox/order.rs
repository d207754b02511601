//! Within a case, messages to one recipient keep their order; nobody else waits for them.

use jieyou::cli::demo::county;
use jieyou::domain::notice::{Notice, NoticeKind, Recipient};

use super::kit::Yard;
use super::wire::parts;
use crate::support::smtp_sink::{Fault, Plan, Stage};

#[test]
fn a_stuck_message_holds_back_its_successors_only() {
    let yard_and_sink = Yard::with_sink(Plan::Script(vec![Fault::Reply(
        Stage::Data,
        451,
        "4.3.0 later",
    )]));
    let (yard, sink) = yard_and_sink;
    let worker = yard.worker();
    let (one, two) = (yard.case(), yard.case());
    yard.tell_user(Some(&one), "lindeshui", NoticeKind::CaseAssigned);
    assert_eq!(yard.pass(&worker).retried, 1);
    yard.tell_user(Some(&one), "lindeshui", NoticeKind::CaseClosed);
    yard.tell_user(Some(&one), "chenyuee", NoticeKind::CaseClosed);
    yard.tell_user(Some(&two), "lindeshui", NoticeKind::CaseClosed);
    yard.tell_user(None, "lindeshui", NoticeKind::NewDeviceLogin);
    assert_eq!(yard.pass(&worker).sent, 3);
    yard.app.forward_minutes(1);
    assert_eq!(yard.pass(&worker).sent, 2);
    let order: Vec<String> = sink
        .received()
        .iter()
        .filter(|r| r.rcpt_to.contains("lindeshui") && r.text().len() > 1)
        .map(|r| parts(&r.text())[0].clone())
        .filter(|t| t.contains(&one.code))
        .collect();
    assert!(
        order[0].contains("分配") && order[1].contains("办结"),
        "{order:?}"
    );
}

/// A dead message does not hold anybody back.
#[test]
fn the_dead_hold_nobody_back() {
    let (yard, _sink) = Yard::with_sink(Plan::Script(vec![Fault::Reply(
        Stage::Rcpt,
        550,
        "5.1.1 no",
    )]));
    let case = yard.case();
    let to = Recipient::User(county::user("lindeshui"));
    yard.write(|tx| {
        tx.technical();
        tx.enqueue(Some(&case), to, &Notice::of(NoticeKind::CaseAssigned))?;
        tx.enqueue(Some(&case), to, &Notice::of(NoticeKind::CaseClosed))
    });
    let stats = yard.pass(&yard.worker());
    assert_eq!((stats.dead, stats.sent), (1, 1));
}

/// Five failures in a row leave the relay alone for thirty seconds.
#[test]
fn a_relay_that_is_down_is_left_alone() {
    let (yard, sink) = Yard::with_sink(Plan::Script(vec![Fault::Close(Stage::Greeting); 8]));
    for _ in 0..20 {
        yard.tell_user(Some(&yard.case()), "lindeshui", NoticeKind::CaseAssigned);
    }
    let worker = yard.worker();
    let first = yard.pass(&worker);
    assert!((5..=12).contains(&first.claimed), "{first:?}");
    assert_eq!(yard.pass(&worker).claimed, 0);
    yard.app.clock.set(yard.app.now().plus_seconds(31));
    sink.set_plan(Plan::Honest);
    assert!(yard.pass(&worker).sent > 0);
    yard.work_off(&worker);
    assert_eq!(sink.received().len(), 20);
}
