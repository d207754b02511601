use serde_json::{Value, json};

use super::*;
use crate::domain::casefile::CaseFile;
use crate::domain::party::{IssueState, MandateScope};
use crate::domain::record::DocType;
use crate::domain::rules::agreement_kit::*;
use crate::domain::rules::breach::{TakeRoute, take_route};
use crate::domain::rules::performance_rate::rate;
use crate::domain::rules::testkit::*;
use crate::domain::rules::waiver::{Waive, waive};

/// Five monthly instalments of 10,000 yuan from 2026-04-01.
fn loan() -> CaseFile {
    let parts: Vec<Value> = (4..9)
        .map(|m| {
            json!({"id": ref_to(0x500 + m), "amount_fen": 1_000_000,
                "due_on": format!("2026-{m:02}-01")})
        })
        .collect();
    agreed_with(
        json!([{"debtor_id": ref_to(B), "creditor_id": ref_to(A), "kind": "pay",
        "description": "归还借款", "mode": "bank", "total_fen": 5_000_000, "instalments": parts}]),
    )
}

fn try_perform(
    f: &CaseFile,
    n: u128,
    changes: Value,
    when: &str,
) -> Result<Decision, Vec<Refusal>> {
    let body = with(
        json!({"performed_at": when, "confirmed_by_creditor": true}),
        changes,
    );
    let input = read(body, Perform::read).unwrap();
    perform(
        f,
        id(n),
        input,
        &me(),
        &mut fresh_ids(f),
        &calendar(),
        at(when),
    )
}

fn paid(f: &mut CaseFile, n: u128, when: &str) {
    let d = try_perform(f, n, json!({}), when).unwrap();
    apply(f, &d);
}

fn noticed(when: &str) -> EstablishDefault {
    EstablishDefault {
        notice_at: at(when),
    }
}

fn state(f: &CaseFile, n: u128) -> ObligationState {
    f.obligation(id(n)).unwrap().state
}

#[test]
fn two_of_five_paid_then_default_and_a_suit() {
    let mut f = loan();
    assert_eq!(f.case.state, CaseState::Performing);
    assert_eq!(f.case.next_due_at, Some(day("2026-04-01").end()));
    paid(&mut f, 0x504, "2026-04-01T10:00:00+08:00");
    paid(&mut f, 0x505, "2026-05-01T10:00:00+08:00");
    assert_eq!(f.case.next_due_at, Some(day("2026-06-01").end()));
    let r = rate(&f.obligations);
    assert_eq!(
        (r.paid_fen, r.owed_fen, r.percent),
        (2_000_000, 5_000_000, Some(40))
    );

    let june = at("2026-06-02T09:00:00+08:00");
    assert_eq!(
        reasons(&urge(&f, id(0x507), &calendar(), june)),
        [Reason::NotOverdue]
    );
    assert!(mark_overdue(&f, &calendar(), at("2026-06-01T23:59:00+08:00")).is_none());
    let d = mark_overdue(&f, &calendar(), june).unwrap();
    assert_eq!(events(&d), ["obligation_overdue"]);
    apply(&mut f, &d);
    assert_eq!(state(&f, 0x506), ObligationState::Overdue);
    let unurged = establish_default(&f, id(0x506), noticed(NOW), &calendar(), june);
    assert_eq!(reasons(&unurged), [Reason::NotUrged]);
    for _ in 0..2 {
        let d = urge(&f, id(0x506), &calendar(), june).unwrap();
        apply(&mut f, &d);
    }
    assert_eq!(f.obligation(id(0x506)).unwrap().urged, 2);
    let d = establish_default(&f, id(0x506), noticed(NOW), &calendar(), june).unwrap();
    assert_eq!(events(&d), ["obligation_defaulted", "case_breached"]);
    assert_eq!(d.notices.len(), 3);
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::Breached);
    let a = f.agreement(id(PAPER)).unwrap();
    assert_eq!(a.state, AgreementState::Breached);
    assert_eq!(a.detail.breach_notice_at, Some(now()));

    let route = |f: &CaseFile, body: Value| {
        let input = read(body, TakeRoute::read).unwrap();
        take_route(f, id(PAPER), input, &calendar(), june)
    };
    assert_eq!(
        reasons(&route(&f, json!({"route": "enforcement"}))),
        [Reason::EnforcementNeedsConfirmation]
    );
    let wrong = json!({"route": "court_suit", "claimant_id": ref_to(A), "defendant_id": ref_to(A)});
    assert_eq!(reasons(&route(&f, wrong)), [Reason::UnknownReference]);
    let suit = json!({"route": "court_suit", "claimant_id": ref_to(A), "defendant_id": ref_to(B)});
    let d = route(&f, suit).unwrap();
    assert_eq!(events(&d), ["breach_route_taken", "case_closed"]);
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::ClosedToCourt);
    assert_eq!(f.case.outcome, Some(crate::domain::case::Outcome::Referred));
    let claim = f
        .agreement(id(PAPER))
        .unwrap()
        .detail
        .court_claim
        .clone()
        .unwrap();
    assert_eq!(claim.defendant, id(B));
    paid(&mut f, 0x506, "2026-07-01T10:00:00+08:00");
    assert_eq!(f.case.state, CaseState::ClosedToCourt, "paid at the court");
}

#[test]
fn a_suit_closes_nothing_that_could_not_be_closed() {
    let f = breached();
    let day = at("2026-03-11T09:00:00+08:00");
    let sue = |f: &CaseFile| {
        let body =
            json!({"route": "court_suit", "claimant_id": ref_to(A), "defendant_id": ref_to(B)});
        take_route(
            f,
            id(PAPER),
            read(body, TakeRoute::read).unwrap(),
            &calendar(),
            day,
        )
    };
    assert!(sue(&f).is_ok(), "what is owed under it goes to the court");
    let mut danger = f.clone();
    danger.case.detail.minor_harm = true;
    assert_eq!(reasons(&sue(&danger)), [Reason::MinorHarmNotReported]);
    let mut red = f.clone();
    red.case.risk = crate::domain::case::Risk::Red;
    assert_eq!(reasons(&sue(&red)), [Reason::IncidentMissing]);
    // Another agreement is still to be performed.
    let mut second = f.clone();
    let mut other = second.agreements[0].clone();
    other.id = id(0x402);
    other.state = crate::domain::agreement::AgreementState::Effective;
    other.detail.breach_route = None;
    second.agreements.push(other);
    let mut owed = second.obligations[0].clone();
    (owed.id, owed.agreement_id) = (id(0x599), id(0x402));
    second.obligations.push(owed);
    assert_eq!(
        items(&sue(&second), Reason::ObligationsOpen),
        [ref_to(0x599)]
    );
    // The rest is being mediated: nothing is closed yet.
    danger.case.state = CaseState::InMediation;
    assert!(sue(&danger).is_ok());
}

#[test]
fn a_suit_names_both_sides() {
    let got = read(json!({"route": "court_suit"}), TakeRoute::read);
    assert_eq!(
        violations(got),
        ["/claimant_id required", "/defendant_id required"]
    );
}

fn breached() -> CaseFile {
    let mut f = agreed_with(json!([debt(0x501, 1000, "2026-03-03")]));
    let later = at("2026-03-10T09:00:00+08:00");
    let d = urge(&f, id(0x501), &calendar(), later).unwrap();
    apply(&mut f, &d);
    let d = establish_default(&f, id(0x501), noticed(NOW), &calendar(), later).unwrap();
    apply(&mut f, &d);
    f
}

#[test]
fn a_confirmed_agreement_is_enforced_and_money_may_be_ordered() {
    let mut f = breached();
    let route = |f: &CaseFile, body: Value| {
        let input = read(body, TakeRoute::read).unwrap();
        take_route(
            f,
            id(PAPER),
            input,
            &calendar(),
            at("2026-03-11T09:00:00+08:00"),
        )
    };
    assert!(route(&f, json!({"route": "payment_order"})).is_ok());
    assert!(route(&f, json!({"route": "government"})).is_ok());
    f.obligations[0].kind = ObligationKind::Do;
    assert_eq!(
        reasons(&route(&f, json!({"route": "payment_order"}))),
        [Reason::RouteMismatch]
    );
    f.agreements[0].confirmation = ConfirmationState::Confirmed;
    let d = route(&f, json!({"route": "enforcement"})).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::Breached, "until it is closed");
}

#[test]
fn mediating_again_needs_both_and_opens_a_round() {
    let mut f = breached();
    let route = |f: &CaseFile, consents: Value| {
        let body = json!({"route": "re_mediation", "consents": consents});
        let input = read(body, TakeRoute::read).unwrap();
        take_route(
            f,
            id(PAPER),
            input,
            &calendar(),
            at("2026-03-11T09:00:00+08:00"),
        )
    };
    let got = route(&f, json!([ref_to(A)]));
    assert_eq!(items(&got, Reason::ConsentMissing), [ref_to(B)]);
    let d = route(&f, json!([ref_to(A), ref_to(B)])).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::InMediation);
    assert_eq!(f.case.detail.round_no, 2);
    assert_eq!(f.issues[0].state, IssueState::Open);
}

#[test]
fn late_payment_heals_a_breach() {
    let mut f = breached();
    paid(&mut f, 0x501, "2026-03-12T10:00:00+08:00");
    assert_eq!(f.case.state, CaseState::Fulfilled);
    assert_eq!(
        f.agreement(id(PAPER)).unwrap().state,
        AgreementState::Fulfilled
    );
}

#[test]
fn performance_is_proved_and_not_more_than_owed() {
    let mut f = agreed_with(json!([debt(0x501, 1000, "2026-04-01")]));
    let when = "2026-03-05T10:00:00+08:00";
    let bare = json!({"confirmed_by_creditor": false});
    assert_eq!(
        reasons(&try_perform(&f, 0x501, bare, when)),
        [Reason::PerformanceUnproved]
    );
    let stray = json!({"confirmed_by_creditor": false, "proof_id": ref_to(0x901)});
    assert_eq!(
        reasons(&try_perform(&f, 0x501, stray.clone(), when)),
        [Reason::UnknownReference]
    );
    assert_eq!(
        reasons(&try_perform(&f, 0x501, json!({"partly": true}), when)),
        [Reason::AmountsDoNotSum]
    );
    let too_much = try_perform(&f, 0x501, json!({"amount_fen": 1001}), when);
    assert_eq!(items(&too_much, Reason::AmountsDoNotSum), ["left:1000"]);
    f.attachments.push(paper(0x901, DocType::Voucher));
    let part = with(stray, json!({"amount_fen": 400}));
    let d = try_perform(&f, 0x501, part, when).unwrap();
    apply(&mut f, &d);
    assert_eq!(state(&f, 0x501), ObligationState::Partial);
    assert_eq!(f.case.state, CaseState::Performing);
    paid(&mut f, 0x501, when);
    let o = f.obligation(id(0x501)).unwrap();
    assert_eq!(
        (o.state, o.performed_fen),
        (ObligationState::Performed, 1000)
    );
    assert_eq!(f.performances[1].amount_fen, Some(600));
    assert_eq!(f.case.state, CaseState::Fulfilled);
    let again = try_perform(&f, 0x501, json!({}), when);
    assert_eq!(reasons(&again), [Reason::AlreadyDone]);
}

#[test]
fn part_of_a_deed_is_partial_and_an_overdue_one_stays_overdue() {
    let deed = json!({"id": ref_to(0x501), "debtor_id": ref_to(B), "creditor_id": ref_to(A),
        "kind": "do", "description": "建沼气池", "due_on": "2026-03-04", "mode": "other"});
    let mut f = agreed_with(json!([deed]));
    let late = "2026-03-05T10:00:00+08:00";
    let d = mark_overdue(&f, &calendar(), at(late)).unwrap();
    apply(&mut f, &d);
    let d = try_perform(&f, 0x501, json!({"partly": true}), late).unwrap();
    apply(&mut f, &d);
    assert_eq!(state(&f, 0x501), ObligationState::Overdue);
    assert_eq!(rate(&f.obligations).percent, Some(0));
    paid(&mut f, 0x501, late);
    assert_eq!(rate(&f.obligations).percent, Some(100));
}

#[test]
fn a_due_date_on_a_rest_day_moves_and_abstaining_is_never_late() {
    let abstain = json!({"id": ref_to(0x502), "debtor_id": ref_to(B), "creditor_id": ref_to(A),
        "kind": "abstain", "description": "不再堵路", "due_on": "2026-03-07", "mode": "other"});
    // 2026-03-07 is a Saturday.
    let f = agreed_with(json!([debt(0x501, 100, "2026-03-07"), abstain]));
    assert!(mark_overdue(&f, &calendar(), at("2026-03-09T12:00:00+08:00")).is_none());
    let d = mark_overdue(&f, &calendar(), at("2026-03-10T12:00:00+08:00")).unwrap();
    assert_eq!(d.puts.len(), 1);
}

#[test]
fn a_creditor_waives_over_a_signature() {
    let mut f = agreed_with(json!([debt(0x501, 1000, "2026-04-01")]));
    let when = at("2026-03-05T10:00:00+08:00");
    let try_waive = |f: &CaseFile, changes: Value| {
        let body = with(
            json!({"method": "fingerprint", "signed_at": when.to_string()}),
            changes,
        );
        let input = read(body, Waive::read).unwrap();
        waive(
            f,
            id(0x501),
            input,
            &me(),
            &mut fresh_ids(f),
            &calendar(),
            when,
        )
    };
    f.participants
        .push(agent(0x801, A, &[MandateScope::Settle]));
    let by_agent = json!({"signed_as": "agent", "participant_id": ref_to(0x801)});
    assert_eq!(
        reasons(&try_waive(&f, by_agent.clone())),
        [Reason::MandateInvalid]
    );
    f.participants[0] = agent(0x801, A, &[MandateScope::Claims]);
    assert!(try_waive(&f, by_agent).is_ok());
    let d = try_waive(&f, json!({})).unwrap();
    assert_eq!(events(&d), ["obligation_waived", "case_fulfilled"]);
    apply(&mut f, &d);
    assert_eq!(state(&f, 0x501), ObligationState::Waived);
    assert_eq!(rate(&f.obligations).percent, None, "nothing is owed");
    assert_eq!(f.case.state, CaseState::Fulfilled);
}
