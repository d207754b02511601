use serde_json::json;

use super::*;
use crate::domain::casefile::CaseFile;
use crate::domain::rules::agreement_kit::*;
use crate::domain::rules::testkit::{at, calendar, day, events, id, items, now, reasons};

/// In effect since 2026-03-20, a Friday; thirty days later is Sunday 2026-04-19.
fn effective() -> CaseFile {
    let mut f = mediating();
    drafted(&mut f, complete());
    make_effective(&mut f, PAPER, at("2026-03-20T10:00:00+08:00"));
    f
}

fn try_apply(f: &CaseFile, on: &str) -> Result<Decision, Vec<Refusal>> {
    let input = Apply {
        court: "云岭县人民法院".to_owned(),
        applicants: vec![id(A), id(B)],
        applied_on: day(on),
    };
    let now = at("2026-04-30T10:00:00+08:00");
    apply(f, id(PAPER), input, &me(), &calendar(), now)
}

#[test]
fn the_window_ends_on_the_monday_after() {
    let f = effective();
    assert_eq!(
        window_end(&f.agreements[0], &calendar()),
        Some(day("2026-04-20"))
    );
    assert!(try_apply(&f, "2026-04-17").is_ok());
    assert!(try_apply(&f, "2026-04-20").is_ok());
    let late = try_apply(&f, "2026-04-21");
    assert_eq!(items(&late, Reason::WindowClosed), ["2026-04-20"]);
    assert_eq!(reasons(&try_apply(&f, "2026-03-19")), [Reason::TimeOrder]);
    assert_eq!(
        reasons(&try_apply(&f, "2026-05-01")),
        [Reason::WindowClosed, Reason::InFuture]
    );
}

#[test]
fn both_apply_to_confirm_what_is_in_effect() {
    let mut f = effective();
    let alone = Apply {
        court: "法院".to_owned(),
        applicants: vec![id(A)],
        applied_on: day("2026-04-17"),
    };
    let now = at("2026-04-17T10:00:00+08:00");
    let got = apply(&f, id(PAPER), alone, &me(), &calendar(), now);
    assert_eq!(items(&got, Reason::NotJoint), [ref_to(B)]);
    f.agreements[0].state = AgreementState::Signing;
    f.agreements[0].effective_at = None;
    assert_eq!(
        reasons(&try_apply(&f, "2026-04-17")),
        [Reason::NotEffective]
    );
}

#[test]
fn ownership_and_status_are_not_confirmed_and_the_courts_refusal_is_kept() {
    let mut f = mediating();
    let body = with(
        complete(),
        json!({"terms": "老宅归大旺所有", "ownership_reason": "仅为双方之间的安排"}),
    );
    drafted(&mut f, body);
    make_effective(&mut f, PAPER, now());
    let got = try_apply(&f, "2026-03-05");
    assert_eq!(items(&got, Reason::NotConfirmable), ["ownership"]);
    let refused = CourtAnswer {
        state: ConfirmationState::NotAccepted,
        decided_on: day("2026-03-06"),
        ruling_no: None,
    };
    let d = answer(&f, id(PAPER), refused, at("2026-03-07T10:00:00+08:00")).unwrap();
    testkit_apply(&mut f, &d);
    assert_eq!(f.agreements[0].confirmation, ConfirmationState::NotAccepted);
    assert_eq!(f.agreements[0].state, AgreementState::Effective);
}

#[test]
fn the_court_answers_step_by_step() {
    let mut f = effective();
    let say = |f: &CaseFile, state, on: &str| {
        let input = CourtAnswer {
            state,
            decided_on: day(on),
            ruling_no: Some("（2026）云岭民特1号".to_owned()),
        };
        answer(f, id(PAPER), input, at("2026-05-30T10:00:00+08:00"))
    };
    let early = say(&f, ConfirmationState::Confirmed, "2026-04-20");
    assert_eq!(reasons(&early), [Reason::WrongState]);
    let d = try_apply(&f, "2026-04-17").unwrap();
    assert_eq!(events(&d), ["confirmation_applied"]);
    testkit_apply(&mut f, &d);
    let again = try_apply(&f, "2026-04-17");
    assert_eq!(reasons(&again), [Reason::AlreadyDone]);
    let before = say(&f, ConfirmationState::CourtAccepted, "2026-04-16");
    assert_eq!(reasons(&before), [Reason::TimeOrder]);
    for (state, on) in [
        (ConfirmationState::CourtAccepted, "2026-04-18"),
        (ConfirmationState::Confirmed, "2026-05-10"),
    ] {
        let d = say(&f, state, on).unwrap();
        testkit_apply(&mut f, &d);
    }
    let a = &f.agreements[0];
    assert_eq!(a.confirmation, ConfirmationState::Confirmed);
    let application = a.detail.application.as_ref().unwrap();
    assert_eq!(
        application.ruling_no.as_deref(),
        Some("（2026）云岭民特1号")
    );
    let after = say(&f, ConfirmationState::Dismissed, "2026-05-11");
    assert_eq!(items(&after, Reason::WrongState), ["confirmed"]);
}

fn testkit_apply(f: &mut CaseFile, d: &Decision) {
    crate::domain::rules::testkit::apply(f, d);
}
