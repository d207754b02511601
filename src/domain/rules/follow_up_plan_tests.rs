use super::*;
use crate::domain::agreement::*;
use crate::domain::case::{Outcome, Route};
use crate::domain::casefile::CaseFile;
use crate::domain::rules::testkit::*;

fn agreement(n: u128, effective: &str) -> Agreement {
    Agreement {
        id: id(n),
        case_id: id(1),
        no: 1,
        number: Some("（2026）凤溪人调字第1号-1".to_owned()),
        form: AgreementForm::Written,
        state: AgreementState::Effective,
        partial: false,
        reached_at: Some(at(effective)),
        signing_at: None,
        effective_at: Some(at(effective)),
        sealed_at: Some(at(effective)),
        confirmation: ConfirmationState::None,
        created_by: id(0x20),
        created_at: at(effective),
        detail: AgreementDetail::default(),
    }
}

fn owed(n: u128, agreement: u128, due: &str) -> Obligation {
    Obligation {
        id: id(n),
        case_id: id(1),
        agreement_id: id(agreement),
        no: 1,
        debtor_id: id(0x102),
        creditor_id: id(0x101),
        kind: ObligationKind::Pay,
        description: "支付约定款项".to_owned(),
        amount_fen: Some(300_000),
        formula: None,
        cap_fen: None,
        performed_fen: 0,
        due_on: day(due),
        place: String::new(),
        mode: PerformanceMode::Bank,
        state: ObligationState::Pending,
        plan_no: None,
        plan_total_fen: None,
        urged: 0,
        performed_at: None,
        created_at: now(),
    }
}

/// The visits of the file after an event, as `variant day`, open ones only.
fn after(f: &mut CaseFile, event: Event, now: Instant) -> Vec<String> {
    let calendar = calendar();
    let mut d = Decision::on(f);
    d.event(event);
    let facts = PlanFacts {
        book: PolicyBook::built_in(),
        calendar: &calendar,
        agreements: f.agreements.clone(),
        obligations: f.obligations.clone(),
        follow_ups: f.follow_ups.clone(),
        by: id(0x20),
        now,
    };
    let first = f.follow_ups.len();
    follow(&mut d, facts, &mut Ids(0xF000 + first as u128));
    apply(f, &d);
    f.follow_ups
        .iter()
        .filter(|v| v.is_open())
        .map(|v| format!("{} {}", v.variant.as_deref().unwrap_or(""), v.due_on))
        .collect()
}

fn effective(n: u128) -> Event {
    Event::AgreementEffective {
        agreement: id(n),
        effective_on: day("2026-03-03"),
    }
}

fn terminated() -> Event {
    Event::CaseTerminated {
        reason: TerminationReason::Irreconcilable,
        routes: vec![Route::CivilSuit],
    }
}

/// The table of section 1.10: what an agreement in force or a failure makes due, and when.
#[test]
fn the_first_visit_follows_the_rule() {
    let effective_at = "2026-03-03T09:00:00+08:00";
    // Last days to perform, risk, difficulty; the visits.
    type Row = (
        &'static [&'static str],
        Risk,
        Difficulty,
        &'static [&'static str],
    );
    let table: &[Row] = &[
        // The thirtieth day comes before the last day to perform.
        (
            &["2026-06-30"],
            Risk::Blue,
            Difficulty::Simple,
            &["after_effect 2026-04-02"],
        ),
        // Three days after the last of several days to perform.
        (
            &["2026-03-06", "2026-03-10"],
            Risk::Blue,
            Difficulty::Simple,
            &["after_due 2026-03-13"],
        ),
        // A rest day moves it: 2026-03-14 is a Saturday.
        (
            &["2026-03-11"],
            Risk::Yellow,
            Difficulty::Simple,
            &["after_due 2026-03-16"],
        ),
        // Nothing owed.
        (
            &[],
            Risk::Orange,
            Difficulty::Simple,
            &["after_effect 2026-04-02"],
        ),
        // Red, or hard: 7, 30, 90 days; 2026-06-01 is a Monday.
        (
            &["2026-03-06"],
            Risk::Red,
            Difficulty::Simple,
            &[
                "agreed_hard_1 2026-03-10",
                "agreed_hard_2 2026-04-02",
                "agreed_hard_3 2026-06-01",
            ],
        ),
        (
            &[],
            Risk::Blue,
            Difficulty::Complex,
            &[
                "agreed_hard_1 2026-03-10",
                "agreed_hard_2 2026-04-02",
                "agreed_hard_3 2026-06-01",
            ],
        ),
        (
            &[],
            Risk::Blue,
            Difficulty::Major,
            &[
                "agreed_hard_1 2026-03-10",
                "agreed_hard_2 2026-04-02",
                "agreed_hard_3 2026-06-01",
            ],
        ),
    ];
    for (due, risk, difficulty, want) in table {
        let mut f = file(CaseState::Performing);
        f.case.risk = *risk;
        f.case.difficulty = *difficulty;
        f.agreements.push(agreement(0x300, effective_at));
        for (n, day) in (0x400..).zip(due.iter()) {
            f.obligations.push(owed(n, 0x300, day));
        }
        let got = after(&mut f, effective(0x300), at(effective_at));
        assert_eq!(got, *want, "{due:?} {risk} {difficulty}");
        let red = *risk == Risk::Red;
        assert!(
            f.follow_ups
                .iter()
                .all(|v| (v.kind == FollowUpKind::Risk) == red)
        );
        let numbers: Vec<i32> = f.follow_ups.iter().map(|v| v.no).collect();
        assert_eq!(numbers, (1..).take(want.len()).collect::<Vec<_>>());
    }
}

#[test]
fn a_failure_is_watched_at_red_risk_only() {
    let ended = at("2026-03-02T10:00:00+08:00");
    let mut red = file(CaseState::Terminated);
    red.case.risk = Risk::Red;
    let want = [
        "failed_red_1 2026-03-05",
        "failed_red_2 2026-03-17",
        "failed_red_3 2026-04-01",
    ];
    assert_eq!(after(&mut red, terminated(), ended), want);
    let mut orange = file(CaseState::Terminated);
    orange.case.risk = Risk::Orange;
    assert!(after(&mut orange, terminated(), ended).is_empty());
    // Where an agreement is in force, the failure was of the rest alone.
    let mut partial = file(CaseState::Terminated);
    partial.case.risk = Risk::Red;
    partial
        .agreements
        .push(agreement(0x300, "2026-03-01T09:00:00+08:00"));
    assert!(after(&mut partial, terminated(), ended).is_empty());
    // Who took the matter over sees to it.
    let mut elsewhere = file(CaseState::Terminated);
    elsewhere.case.risk = Risk::Red;
    let crime = Event::CaseTerminated {
        reason: TerminationReason::CrimeFound,
        routes: vec![Route::Police],
    };
    assert!(after(&mut elsewhere, crime, ended).is_empty());
    // A new round ends the watch.
    assert!(after(&mut red, Event::CaseReopened { round: 2 }, ended).is_empty());
    assert!(
        red.follow_ups
            .iter()
            .all(|v| v.ended_as == Some(FollowUpEnd::Superseded))
    );
}

#[test]
fn visits_end_with_the_agreement_they_are_about() {
    let now = at("2026-03-03T09:00:00+08:00");
    let mut f = file(CaseState::Performing);
    f.agreements
        .push(agreement(0x300, "2026-03-03T09:00:00+08:00"));
    assert_eq!(after(&mut f, effective(0x300), now).len(), 1);
    f.agreements
        .push(agreement(0x301, "2026-03-03T09:00:00+08:00"));
    let varied = Event::AgreementVaried {
        agreement: id(0x300),
        successor: id(0x301),
    };
    assert!(after(&mut f, varied, now).is_empty());
    assert_eq!(
        after(&mut f, effective(0x301), now),
        ["after_effect 2026-04-02"]
    );
    assert!(after(&mut f, Event::CaseMerged { into: id(9) }, now).is_empty());
    assert!(!f.follow_ups.iter().any(FollowUp::counts));
}

#[test]
fn closing_makes_up_for_visits_never_planned() {
    let closed = Event::CaseClosed {
        state: CaseState::ClosedSuccess,
        outcome: Outcome::SuccessWritten,
    };
    let mut f = file(CaseState::ClosedSuccess);
    f.agreements
        .push(agreement(0x300, "2026-01-05T09:00:00+08:00"));
    let now = at("2026-03-02T10:00:00+08:00");
    // The thirtieth day is long past: three days from now.
    assert_eq!(after(&mut f, closed.clone(), now), ["after_due 2026-03-05"]);
    assert_eq!(after(&mut f, closed, now).len(), 1, "once");
}
