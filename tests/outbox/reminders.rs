//! Reminders: once each, whoever passes and however often; none for what moved or is off.

use serde_json::json;

use jieyou::domain::notice::NoticeKind;
use jieyou::domain::time::Instant;
use jieyou::worker::duties::{Done, Keep};

use super::kit::Yard;
use crate::support::mediation::Story as Mediation;
use crate::support::stories;

/// How many timers a pass settled by reminders.
#[derive(Debug)]
struct Reminded {
    reminded: usize,
    failed: usize,
}

impl Reminded {
    fn of(done: &Done) -> Self {
        Self {
            reminded: done.of("session_reminders") + done.of("obligation_reminders"),
            failed: done.failed,
        }
    }
}

impl Yard {
    fn do_duties(&self) -> Reminded {
        let done = self.runtime.block_on(self.app.duties().pass()).unwrap();
        assert_eq!(done.failed, 0);
        Reminded::of(&done)
    }

    /// Passes every ten minutes up to an instant; gives when somebody was reminded.
    fn pass_until(&self, until: Instant) -> Vec<String> {
        let mut out = Vec::new();
        while self.app.now() < until {
            self.app.forward_minutes(10);
            let done = self.do_duties();
            if done.reminded > 0 {
                out.push(format!("{} {}", self.app.now().local_text(), done.reminded));
            }
        }
        out
    }

    fn items(&self, username: &str, kind: NoticeKind) -> usize {
        let list = self.app.client(username).get("/inbox?limit=200").ok();
        let data = list["data"].as_array().unwrap();
        data.iter()
            .filter(|i| i["kind"] == kind.to_string())
            .count()
    }
}

#[test]
fn the_invited_are_reminded_and_reminded_anew_when_the_session_moves() {
    let yard = Yard::new();
    let story = stories::assigned_case(&yard.app);
    let chair = yard.app.client("chenyuee");
    let now = yard.app.now();
    let day = now.local_date();
    let (from, to) = (
        day.plus_days(5).start().plus_hours(9),
        day.plus_days(5).start().plus_hours(11),
    );
    let plan = json!({"kind": "joint", "venue_kind": "site", "venue": "村委会门口",
        "planned_from": from, "planned_to": to});
    let made = chair.do_(&story.path("sessions"), plan).ok();
    let session = made["id"].as_str().unwrap().to_owned();
    // Planned only: nobody was told, nobody is reminded.
    assert_eq!(yard.do_duties().reminded, 0);
    let told = story.session_path(&session, "notify");
    chair.do_(&told, json!({})).ok();
    let seen = yard.pass_until(from.plus_hours(-48));
    assert_eq!(seen, [format!("{} 1", from.plus_hours(-72).local_text())]);

    // Moved a week ahead, after which the old hours pass in silence.
    let moved = story.session_path(&session, "postpone");
    let body = json!({"planned_from": from.plus_days(7), "planned_to": to.plus_days(7)});
    chair.do_(&moved, body).ok();
    let from = from.plus_days(7);
    let seen = yard.pass_until(from.plus_hours(-23));
    let hours = [72, 24].map(|h| format!("{} 1", from.plus_hours(-h).local_text()));
    assert_eq!(seen, hours);

    // Called off: the last one is not sent.
    let off = story.session_path(&session, "cancel");
    chair.do_(&off, json!({"reason": "一方来不了"})).ok();
    assert_eq!(yard.pass_until(from.plus_hours(1)), Vec::<String>::new());
    assert_eq!(yard.items("chenyuee", NoticeKind::SessionReminder), 3);
}

#[test]
fn two_nodes_and_a_restart_remind_once() {
    let yard = Yard::new();
    let story = stories::assigned_case(&yard.app);
    let chair = yard.app.client("chenyuee");
    let from = yard
        .app
        .now()
        .local_date()
        .plus_days(1)
        .start()
        .plus_hours(15);
    let plan = json!({"kind": "joint", "venue_kind": "site", "venue": "村委会门口",
        "planned_from": from, "planned_to": from.plus_hours(2)});
    let session = stories::id_of(&chair.do_(&story.path("sessions"), plan).ok());
    let told = story.session_path(&session, "notify");
    chair.do_(&told, json!({})).ok();
    yard.app.clock.set(from.plus_hours(-2));
    let before = yard.rows().len();
    let (one, two) = (yard.app.duties(), yard.app.duties());
    let (a, b) = yard.runtime.block_on(async {
        tokio::join!(tokio::spawn(async move { one.pass().await }), two.pass())
    });
    let (a, b) = (
        Reminded::of(&a.unwrap().unwrap()),
        Reminded::of(&b.unwrap()),
    );
    assert_eq!((a.failed, b.failed), (0, 0));
    assert!(a.reminded + b.reminded > 0, "{a:?} {b:?} {from}");
    let once = yard.rows().len();
    assert!(once > before);
    assert_eq!(yard.do_duties().reminded, 0);
    assert_eq!(yard.rows().len(), once);
    // The key in the database is what stands when all else fails.
    let timer = jieyou::domain::timer::Timer {
        kind: "trial",
        subject: uuid::Uuid::nil(),
        anchor: "1".into(),
        step: "0",
        at: yard.app.now(),
    };
    let fire = |tx: &mut jieyou::store::tx::Tx<'_>| {
        tx.technical();
        tx.fire(&timer, None)
    };
    yard.try_write(fire).unwrap();
    assert!(yard.try_write(fire).is_err());
}

#[test]
fn what_is_owed_is_told_of_until_it_is_performed() {
    let yard = Yard::new();
    let app = &yard.app;
    let m = Mediation::in_mediation(app, "fengxi", stories::neighbours());
    let day = app.now().local_date();
    let due = day.plus_days(9);
    let paper = m.drafted(json!({"obligations": [m.debt(1, 0, 10_000, &due.to_string())]}));
    m.effective(&paper, &[0, 1]);
    let last = app.read(|snap| snap.calendar().unwrap().roll(due));
    let at = |days: i64| last.plus_days(days).start().plus_hours(9);
    let seen = yard.pass_until(last.plus_days(1).start().plus_hours(6));
    let hours = [-7, -1, 0].map(|d| format!("{} 1", at(d).local_text()));
    assert_eq!(seen, hours);
    let chair = m.told.place.mediator;
    let told = yard.items(chair, NoticeKind::ObligationDue);
    assert_eq!(told, 3);
    // The day after it is overdue, at once; its mails wait for the morning. A week after, once more.
    assert_eq!(yard.items(chair, NoticeKind::ObligationOverdue), 1);
    let morning = last.plus_days(1).start().plus_hours(7);
    let rows = yard.rows();
    let mut mails = rows.iter().filter(|r| r.kind == "obligation_overdue");
    assert!(mails.all(|r| r.due_at == morning), "{rows:#?}");
    let seen = yard.pass_until(at(1));
    assert_eq!(
        (seen.len(), yard.items(chair, NoticeKind::ObligationOverdue)),
        (0, 1)
    );
    let seen = yard.pass_until(at(9));
    assert_eq!(seen, [format!("{} 1", at(7).local_text())]);
    assert_eq!(yard.items(chair, NoticeKind::ObligationOverdue), 2);
}

#[test]
fn what_is_done_with_goes_in_batches_and_the_rest_stays() {
    let yard = Yard::new();
    let worker = yard.worker();
    let case = yard.case();
    for _ in 0..3 {
        yard.tell_user(Some(&case), "lindeshui", NoticeKind::CaseAssigned);
    }
    yard.work_off(&worker);
    let keep = Keep {
        sent_days: 30,
        dead_days: 60,
    };
    let purge = || {
        yard.runtime
            .block_on(yard.app.duties().purge(keep))
            .unwrap()
    };
    yard.app.forward_days(29);
    purge();
    assert_eq!(yard.rows().len(), 3);
    yard.tell_user(Some(&case), "lindeshui", NoticeKind::CaseAssigned);
    yard.app.forward_days(2);
    purge();
    let left = yard.rows();
    assert_eq!(left.len(), 1, "only what is due stays");
    assert_eq!(left[0].state, "due");
    yard.app.forward_days(4_000);
    purge();
    assert_eq!(
        yard.rows().len(),
        1,
        "what was not delivered is never purged"
    );
}
