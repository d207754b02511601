use super::*;
use crate::domain::case::CaseState;
use crate::domain::rules::agreement_kit::{A, B, PAPER, agreed_with, debt};
use crate::domain::rules::session_kit::{plan_joint, ready};
use crate::domain::rules::testkit::*;
use serde_json::json;

/// A case whose invited were told of a session at this hour.
fn invited(from: &str, told_at: &str) -> CaseFile {
    let mut f = ready();
    plan_joint(&mut f);
    let s = f.sessions.last_mut().unwrap();
    s.state = SessionState::Notified;
    s.planned_from = at(from);
    s.planned_to = at(from).plus_hours(2);
    s.detail.told_at = Some(at(told_at));
    f
}

/// When each reminder goes out, with its step, looking every ten minutes from `from` on.
fn told(f: &CaseFile, from: &str, until: &str) -> Vec<String> {
    let (mut fired, mut out) = (BTreeSet::new(), Vec::new());
    let mut now = at(from);
    while now <= at(until) {
        let found = remind(f, &calendar(), &fired, now);
        assert_eq!(found.timers.is_empty(), found.notices.is_empty());
        let steps: Vec<&str> = found.timers.iter().map(|t| t.step).collect();
        if !steps.is_empty() {
            let kind = found.notices[0].1.kind;
            out.push(format!("{} {kind} {}", now.local_text(), steps.join(",")));
        }
        fired.extend(found.timers.iter().map(Timer::key));
        now = now.plus_minutes(10);
    }
    out
}

#[test]
fn a_session_is_told_of_three_times() {
    let f = invited("2026-03-12T15:00:00+08:00", "2026-03-02T10:00:00+08:00");
    let all = told(&f, "2026-03-02T10:00:00+08:00", "2026-03-13T00:00:00+08:00");
    assert_eq!(
        all,
        [
            "2026-03-09 15:00 session_reminder -3d",
            "2026-03-11 15:00 session_reminder -1d",
            "2026-03-12 13:00 session_reminder -2h",
        ]
    );
}

#[test]
fn steps_that_lay_behind_the_invitation_are_left_out() {
    let f = invited("2026-03-03T15:00:00+08:00", "2026-03-02T16:00:00+08:00");
    let all = told(&f, "2026-03-02T16:00:00+08:00", "2026-03-04T00:00:00+08:00");
    assert_eq!(all, ["2026-03-03 13:00 session_reminder -2h"]);
}

#[test]
fn nobody_is_woken() {
    // Two hours before is 06:30: in the morning; three days and one day before are daytime.
    let f = invited("2026-03-12T08:30:00+08:00", "2026-03-11T12:00:00+08:00");
    let all = told(&f, "2026-03-11T12:00:00+08:00", "2026-03-12T10:00:00+08:00");
    assert_eq!(all, ["2026-03-12 07:00 session_reminder -2h"]);
    // An hour that begins before the morning does is told the evening before.
    let f = invited("2026-03-12T06:30:00+08:00", "2026-03-11T12:00:00+08:00");
    let all = told(&f, "2026-03-11T12:00:00+08:00", "2026-03-12T10:00:00+08:00");
    assert_eq!(all, ["2026-03-11 21:00 session_reminder -2h"]);
    // What waited while the service was away waits for the morning too.
    let f = invited("2026-03-12T15:00:00+08:00", "2026-03-02T10:00:00+08:00");
    let all = told(&f, "2026-03-11T23:00:00+08:00", "2026-03-12T10:00:00+08:00");
    assert_eq!(all, ["2026-03-12 07:00 session_reminder -3d,-1d"]);
}

#[test]
fn a_session_that_moved_has_its_reminders_anew_and_one_that_is_off_has_none() {
    let f = invited("2026-03-12T15:00:00+08:00", "2026-03-02T10:00:00+08:00");
    let when = at("2026-03-11T16:00:00+08:00");
    let first = remind(&f, &calendar(), &BTreeSet::new(), when);
    let fired: BTreeSet<String> = first.timers.iter().map(Timer::key).collect();
    assert!(
        remind(&f, &calendar(), &fired, when.plus_minutes(5))
            .timers
            .is_empty()
    );
    let mut moved = f.clone();
    let s = moved.sessions.last_mut().unwrap();
    s.planned_from = s.planned_from.plus_days(7);
    s.detail.told_at = Some(when);
    let again = remind(&moved, &calendar(), &fired, when.plus_days(7));
    let steps: Vec<&str> = again.timers.iter().map(|t| t.step).collect();
    assert_eq!(steps, ["-3d", "-1d"]);
    for state in SessionState::ALL {
        let mut other = f.clone();
        other.sessions.last_mut().unwrap().state = *state;
        let found = remind(&other, &calendar(), &BTreeSet::new(), when);
        assert_eq!(
            found.timers.is_empty(),
            *state != SessionState::Notified,
            "{state}"
        );
    }
    let mut ended = f;
    ended.case.live = false;
    let found = remind(&ended, &calendar(), &BTreeSet::new(), when);
    assert!(found.timers.is_empty());
}

/// Two debts under one paper, in force since the morning of 2026-03-02 or so; the second is due
/// on a Sunday.
fn owing() -> CaseFile {
    let mut f = agreed_with(json!([
        debt(1, 10_000, "2026-03-20"),
        debt(2, 10_000, "2026-03-22"),
    ]));
    f.case.state = CaseState::Performing;
    f.agreements[0].effective_at = Some(at("2026-03-02T10:00:00+08:00"));
    f
}

#[test]
fn an_obligation_is_told_of_before_and_on_its_last_day() {
    let f = owing();
    assert_eq!(f.obligations.len(), 2);
    let all = told(&f, "2026-03-02T10:00:00+08:00", "2026-04-02T10:00:00+08:00");
    assert_eq!(
        all,
        [
            "2026-03-13 09:00 obligation_due -7",
            // A Sunday is not a last day: Monday is.
            "2026-03-16 09:00 obligation_due -7",
            "2026-03-19 09:00 obligation_due -1",
            "2026-03-20 09:00 obligation_due 0",
            "2026-03-22 09:00 obligation_due -1",
            "2026-03-23 09:00 obligation_due 0",
        ]
    );
    let found = remind(
        &f,
        &calendar(),
        &BTreeSet::new(),
        at("2026-03-13T09:00:00+08:00"),
    );
    let to: Vec<Recipient> = found.notices.iter().map(|(to, _)| *to).collect();
    assert!(to.contains(&Recipient::Party(id(A))) && to.contains(&Recipient::Party(id(B))));
    assert!(to.contains(&Recipient::Team));
    assert_eq!(found.notices[0].1.agreement_id, Some(id(PAPER)));
}

#[test]
fn what_is_performed_or_off_is_not_told_of() {
    let when = at("2026-03-13T09:00:00+08:00");
    for state in ObligationState::ALL {
        let mut f = owing();
        f.obligations[0].state = *state;
        let found = remind(&f, &calendar(), &BTreeSet::new(), when);
        let waits = matches!(state, ObligationState::Pending | ObligationState::Partial);
        assert_eq!(!found.timers.is_empty(), waits, "{state}");
    }
    let mut f = owing();
    f.agreements[0].state = crate::domain::agreement::AgreementState::Draft;
    assert!(
        remind(&f, &calendar(), &BTreeSet::new(), when)
            .timers
            .is_empty()
    );
    let mut f = owing();
    f.obligations[0].kind = ObligationKind::Abstain;
    assert!(
        remind(&f, &calendar(), &BTreeSet::new(), when)
            .timers
            .is_empty()
    );
}

#[test]
fn a_week_late_is_told_once_more() {
    let mut f = owing();
    for o in &mut f.obligations {
        o.state = ObligationState::Overdue;
    }
    let all = told(&f, "2026-03-21T10:00:00+08:00", "2026-05-10T10:00:00+08:00");
    assert_eq!(
        all,
        [
            "2026-03-27 09:00 obligation_overdue +7",
            "2026-03-30 09:00 obligation_overdue +7",
        ]
    );
}

#[test]
fn two_debts_of_one_day_are_one_notice() {
    let mut f = owing();
    f.obligations[1].due_on = f.obligations[0].due_on;
    let when = at("2026-03-13T09:00:00+08:00");
    let found = remind(&f, &calendar(), &BTreeSet::new(), when);
    assert_eq!(found.timers.len(), 2);
    let team = found
        .notices
        .iter()
        .filter(|(to, _)| *to == Recipient::Team)
        .count();
    assert_eq!(team, 1);
}
