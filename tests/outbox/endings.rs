//! Poison, crash loops, recipients that are gone, too much mail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jieyou::cli::demo::county;
use jieyou::domain::ids::*;
use jieyou::domain::notice::{Notice, NoticeKind, Recipient};
use jieyou::domain::org::UserState;
use jieyou::domain::party::Party;
use jieyou::store::outbox_claim::{Channel, ClaimAsk};
use jieyou::store::outbox_desk::Redrive;
use jieyou::store::tables::system::OutboxRow;
use jieyou::worker::run::Worker;
use serde_json::{Value, json};

use super::kit::Yard;
use super::wire::arrivals;
use crate::support::smtp_sink::{Fault, Plan, Stage};

fn dispatcher_inbox(yard: &Yard) -> Vec<Value> {
    let inbox = yard.app.client("zhanglixin").get("/inbox?unread=true").ok();
    let items = inbox["data"].as_array().unwrap().clone();
    items
        .into_iter()
        .filter(|i| i["kind"] == "delivery_dead")
        .collect()
}

fn set_email(yard: &Yard, username: &str, email: Option<&str>) {
    let id = county::user(username);
    yard.write(|tx| {
        tx.technical();
        let mut user = tx.user(id)?;
        user.email = email.map(str::to_owned);
        tx.update(&user)
    });
}

/// Poison among good messages: the good ones arrive, the poison ends with a reason, and after
/// its cure it is sent once under its own Message-ID.
#[test]
fn poison_harms_nobody_else() {
    let (yard, sink) = Yard::with_sink(Plan::Honest);
    let case = yard.case();
    // Control characters in an address.
    set_email(&yard, "liliping", Some("li\r\nBcc: x@y.example"));
    yard.tell_user(Some(&case), "liliping", NoticeKind::CaseAssigned);
    // A payload that no template knows.
    yard.tell_user(Some(&case), "chihoushan", NoticeKind::CaseAssigned);
    let broken = yard.rows().pop().unwrap();
    yard.write(|tx| {
        tx.technical();
        tx.update(&OutboxRow {
            payload: json!({"kind": "no_such_kind"}),
            ..broken.clone()
        })
    });
    // One that makes its attempt panic, every time.
    yard.tell_user(Some(&case), "shishitang", NoticeKind::CaseAssigned);
    let cursed = yard.rows().pop().unwrap().id;
    // One that the relay refuses for good.
    yard.tell_user(Some(&case), "wusuban", NoticeKind::CaseAssigned);
    let refused = yard.rows().pop().unwrap().id;
    sink.set_plan(Plan::Script(vec![Fault::Reply(
        Stage::Rcpt,
        550,
        "5.1.1 no such user 金丝雀",
    )]));
    let cured = Arc::new(AtomicBool::new(false));
    let mut parts = yard.parts();
    let well = Arc::clone(&cured);
    parts.probe = Some(Arc::new(move |row| {
        assert!(row.id != cursed || well.load(Ordering::SeqCst), "poison");
    }));
    let worker = Worker::new(parts);
    assert_eq!(yard.pass(&worker).dead, 3);

    let mut good = 0;
    for (i, login) in county::logins().iter().enumerate() {
        if !["liliping", "chihoushan", "shishitang", "wusuban"].contains(&login.0) {
            yard.tell_user(Some(&yard.case()), login.0, NoticeKind::CaseAccepted);
            good += 1;
        }
        assert!(i < 100);
    }
    let stats = yard.pass(&worker);
    assert_eq!(stats.sent, good);
    assert_eq!(arrivals(&sink.received()).len(), good);
    yard.work_off(&worker);
    let dead = yard.dead();
    assert_eq!(dead.len(), 4);
    let reason = |id: MessageId| {
        dead.iter()
            .find(|r| r.id == id)
            .unwrap()
            .last_error
            .clone()
            .unwrap()
    };
    assert_eq!(reason(broken.id), "payload unreadable");
    assert_eq!(reason(cursed), "attempt panicked (10 attempts)");
    assert_eq!(reason(refused), "smtp reply 550 5.1.1");
    assert!(
        dead.iter()
            .any(|r| r.last_error.as_deref() == Some("recipient address invalid"))
    );
    assert!(
        dead.iter()
            .all(|r| r.attempts <= 10 && r.settled_at.is_some())
    );

    // One item for the case, in the dispatcher's inbox, and no mail about it.
    let items = dispatcher_inbox(&yard);
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(items[0]["case_id"], case.id.to_string());
    assert!(yard.rows().iter().all(|r| r.kind != "delivery_dead"));

    set_email(&yard, "liliping", Some("liliping@yunling.example"));
    cured.store(true, Ordering::SeqCst);
    yard.write(|tx| {
        tx.technical();
        let mut row = tx
            .outbox_list(Some("dead"), 99)?
            .into_iter()
            .find(|r| r.id == broken.id)
            .unwrap();
        row.payload = broken.payload.clone();
        tx.update(&row)
    });
    let before = sink.received().len();
    assert_eq!(yard.write(|tx| tx.redrive(Redrive::AllDead)), 4);
    assert_eq!(yard.pass(&worker).sent, 4);
    assert_eq!(yard.write(|tx| tx.redrive(Redrive::AllDead)), 0);
    let again: Vec<String> = sink.received()[before..]
        .iter()
        .map(|r| r.message_id.clone())
        .collect();
    assert_eq!(again.len(), 4);
    for row in &dead {
        assert!(again.contains(&format!("<{}@jieyou.example>", row.message_id)));
    }
    assert!(sink.received().iter().all(|r| !r.text().contains("Bcc")));
}

fn ask(yard: &Yard) -> ClaimAsk {
    ClaimAsk {
        channel: Channel::Mail,
        limit: 10,
        horizon: yard.app.now(),
        lease_seconds: 120,
        max_attempts: 10,
        mails_per_hour: 30,
        except: Vec::new(),
    }
}

/// A message that kills its worker each time is given up after ten claims.
#[test]
fn a_crash_loop_ends_in_the_dead_letters() {
    let yard = Yard::new();
    let case = yard.case();
    yard.tell_user(Some(&case), "lindeshui", NoticeKind::CaseAssigned);
    let claim = |yard: &Yard| {
        let ask = ask(yard);
        let rows = yard.app.read(|snap| snap.claimable(&ask).unwrap());
        yard.write(|tx| tx.take_leases(&rows, &ask))
    };
    for n in 1..=10 {
        let claimed = claim(&yard);
        assert_eq!(claimed.rows.len(), 1, "claim {n}");
        assert_eq!(claimed.rows[0].attempts, n);
        assert!(claim(&yard).rows.is_empty(), "the lease keeps others away");
        yard.app.forward_minutes(3);
    }
    let last = claim(&yard);
    assert_eq!((last.rows.len(), last.dead), (0, 1));
    let dead = yard.dead();
    assert_eq!(dead[0].last_error.as_deref(), Some("worker lost 10 times"));
    assert_eq!(dispatcher_inbox(&yard).len(), 1);
    assert_eq!(yard.pass(&yard.worker()).claimed, 0);
}

/// Whoever comes back after the lease was taken over writes nothing.
#[test]
fn a_late_worker_changes_nothing() {
    use jieyou::store::outbox_claim::Settlement;
    let yard = Yard::new();
    yard.tell_user(None, "lindeshui", NoticeKind::NewDeviceLogin);
    let claim = || {
        let ask = ask(&yard);
        let rows = yard.app.read(|snap| snap.claimable(&ask).unwrap());
        yard.write(|tx| tx.take_leases(&rows, &ask)).rows.remove(0)
    };
    let late = claim();
    yard.app.forward_minutes(3);
    let present = claim();
    let dead = Settlement::Dead {
        reason: "late".into(),
        quiet: false,
    };
    assert!(!yard.write(|tx| tx.settle(&late, &dead)));
    assert_eq!(yard.rows()[0].state, "leased");
    assert!(yard.write(|tx| tx.settle(&present, &Settlement::Sent)));
    assert!(!yard.write(|tx| tx.settle(&present, &dead)));
    assert_eq!(yard.rows()[0].state, "sent");
    assert!(dispatcher_inbox(&yard).is_empty());
}

#[test]
fn recipients_who_are_gone_get_nothing() {
    let yard = Yard::new();
    let case = yard.case();
    let mut stays = yard.party(case.id, "stays@people.example");
    let mut leaves = yard.party(case.id, "leaves@people.example");
    (stays.side, leaves.side) = (1, 2);
    let unknown = Party {
        email: None,
        ..yard.party(case.id, "x@y.example")
    };
    yard.write(|tx| {
        tx.technical();
        tx.insert(&stays)?;
        tx.insert(&leaves)?;
        tx.insert(&unknown)
    });
    for party in [&stays, &leaves, &unknown] {
        yard.tell(
            Some(&case),
            Recipient::Party(party.id),
            &Notice::of(NoticeKind::CaseAccepted),
        );
    }
    yard.tell_user(Some(&case), "lindeshui", NoticeKind::CaseAssigned);
    assert_eq!(
        yard.rows().len(),
        3,
        "nothing is queued for somebody without an address"
    );
    yard.write(|tx| {
        tx.technical();
        let mut user = tx.user(county::user("lindeshui"))?;
        user.state = UserState::Disabled;
        tx.update(&user)?;
        tx.update(&Party {
            withdrawn_at: Some(leaves.created_at),
            ..leaves.clone()
        })
    });
    let stats = yard.pass(&yard.worker());
    assert_eq!((stats.sent, stats.dead), (1, 2));
    assert!(
        yard.dead()
            .iter()
            .all(|r| r.last_error.as_deref() == Some("recipient_gone"))
    );
    assert!(yard.files()[0].contains("stays@people.example"));
    assert!(
        dispatcher_inbox(&yard).is_empty(),
        "nobody needs to look at this"
    );
}

#[test]
fn nobody_gets_more_than_thirty_mails_an_hour() {
    let yard = Yard::new();
    for _ in 0..42 {
        yard.tell_user(Some(&yard.case()), "lindeshui", NoticeKind::CaseAssigned);
    }
    yard.tell_user(None, "chenyuee", NoticeKind::NewDeviceLogin);
    let worker = yard.worker();
    let stats = yard.pass(&worker);
    assert_eq!((stats.sent, stats.deferred), (31, 12));
    assert!(
        yard.rows().iter().all(|r| r.attempts <= 1),
        "waiting is no attempt"
    );
    yard.app.forward_minutes(59);
    assert_eq!(yard.pass(&worker).claimed, 0);
    yard.app.forward_minutes(2);
    assert_eq!(yard.pass(&worker).sent, 12);
}
