use serde_json::{Value, json};

use super::*;
use crate::domain::casefile::CaseFile;
use crate::domain::rules::testkit::*;

const A: u128 = 0x101;
const B: u128 = 0x102;

/// The respondent has not answered yet.
fn open(state: CaseState) -> CaseFile {
    let mut f = file(state);
    f.parties[1].consent = Consent::Pending;
    f
}

fn answer(f: &CaseFile, n: u128, body: Value) -> Result<Decision, Vec<Refusal>> {
    let input = read(body, Answer::read).unwrap();
    record_consent(f, id(n), input, &calendar(), now())
}

fn stop(f: &CaseFile, n: u128, body: Value) -> Result<Decision, Vec<Refusal>> {
    let input = read(body, Declaration::read).unwrap();
    demand_termination(f, id(n), input, &calendar(), now())
}

#[test]
fn asking_moves_to_consent_pending_and_writes_to_the_party() {
    for state in [
        CaseState::Registered,
        CaseState::Screening,
        CaseState::ConsentPending,
    ] {
        let f = open(state);
        let d = ask_consent(&f, id(B), &calendar(), now()).unwrap();
        assert_eq!(d.case().state, CaseState::ConsentPending);
        assert_eq!(events(&d), ["consent_asked"]);
        assert_eq!(d.notices[0].0, Recipient::Party(id(B)));
    }
}

#[test]
fn nobody_is_asked_twice_or_pressed() {
    let mut f = open(CaseState::ConsentPending);
    let ask = |f: &CaseFile, n: u128| reasons(&ask_consent(f, id(n), &calendar(), now()));
    assert_eq!(ask(&f, A), [Reason::AlreadyDone]);
    f.parties[1].consent = Consent::Refused;
    assert_eq!(ask(&f, B), [Reason::StopDemanded]);
    assert_eq!(ask(&f, 0x999), [Reason::UnknownReference]);
    f.parties[1].withdrawn_at = Some(now());
    assert_eq!(ask(&f, B), [Reason::WrongState]);
}

#[test]
fn the_last_consent_makes_the_case_ready_for_acceptance() {
    let mut f = open(CaseState::ConsentPending);
    let d = answer(&f, B, json!({"answer": "given", "via": "phone"})).unwrap();
    assert_eq!(events(&d), ["consent_given"]);
    assert_eq!(d.case().next_step, Some(NextStep::Accept));
    apply(&mut f, &d);
    assert_eq!(f.parties[1].detail.consent_via, Some(DeclaredBy::Phone));
    let again = answer(&f, B, json!({"answer": "given", "via": "phone"}));
    assert_eq!(reasons(&again), [Reason::AlreadyDone]);
}

#[test]
fn a_refusal_leaves_only_termination_until_the_party_comes_back() {
    let mut f = open(CaseState::ConsentPending);
    let body = json!({"answer": "refused", "via": "in_person", "words": "不要你们管"});
    let d = answer(&f, B, body).unwrap();
    assert_eq!(events(&d), ["consent_refused"]);
    assert_eq!(d.case().next_step, Some(NextStep::Close));
    assert_eq!(
        d.case().next_due_at,
        Some(at("2026-03-04T00:00:00+08:00")),
        "one working day"
    );
    apply(&mut f, &d);
    assert_eq!(stop_demanded(&f), [id(B)]);
    assert!(f.case.detail.stop_demands[0].refused_at_start);
    assert_eq!(
        f.parties[1].detail.refusal_words.as_deref(),
        Some("不要你们管")
    );

    let d = answer(&f, B, json!({"answer": "given", "via": "signed"})).unwrap();
    apply(&mut f, &d);
    assert!(stop_demanded(&f).is_empty());
    assert!(f.case.detail.stop_demands.is_empty());
    assert_eq!(f.parties[1].detail.refusal_words, None);
    assert_eq!(f.case.next_step, Some(NextStep::Accept));
}

#[test]
fn a_demand_in_mediation_withdraws_consent() {
    let mut f = file(CaseState::InMediation);
    f.case.accepted_at = Some(now());
    let d = stop(&f, A, json!({"via": "in_person"})).unwrap();
    assert_eq!(events(&d), ["consent_withdrawn"]);
    apply(&mut f, &d);
    assert_eq!(f.parties[0].consent, Consent::Withdrawn);
    assert!(!f.case.detail.stop_demands[0].refused_at_start);
    assert_eq!(
        reasons(&stop(&f, A, json!({"via": "phone"}))),
        [Reason::AlreadyDone]
    );
    let d = answer(&f, A, json!({"answer": "given", "via": "signed"})).unwrap();
    assert_eq!(d.case().next_step, Some(NextStep::Mediate));
}

#[test]
fn a_demand_before_any_answer_is_a_refusal() {
    let f = open(CaseState::ConsentPending);
    let d = stop(&f, B, json!({"via": "phone"})).unwrap();
    assert_eq!(events(&d), ["consent_refused"]);
}

#[test]
fn only_who_may_speak_for_the_party_is_heard() {
    let mut f = open(CaseState::ConsentPending);
    f.parties[1].capacity = Capacity::Limited;
    let yes = |by: Option<u128>| {
        let mut body = json!({"answer": "given", "via": "signed"});
        if let Some(n) = by {
            body["by_participant"] = json!(id::<crate::domain::ids::ParticipantKey>(n));
        }
        body
    };
    assert_eq!(
        reasons(&answer(&f, B, yes(None))),
        [Reason::LegalRepMissing]
    );
    f.participants.push(participant(
        0x301,
        ParticipantKind::LegalRepresentative,
        Some(B),
    ));
    f.participants
        .push(agent(0x302, B, &[MandateScope::Attend]));
    f.participants
        .push(participant(0x303, ParticipantKind::SupportPerson, Some(B)));
    assert!(answer(&f, B, yes(Some(0x301))).is_ok());
    assert_eq!(
        reasons(&answer(&f, B, yes(Some(0x302)))),
        [Reason::MandateInvalid]
    );
    assert_eq!(
        reasons(&answer(&f, B, yes(Some(0x303)))),
        [Reason::MandateInvalid]
    );
    assert_eq!(
        reasons(&answer(&f, B, yes(Some(0x399)))),
        [Reason::UnknownReference]
    );
    f.participants[1] = agent(0x302, B, &[MandateScope::Apply]);
    assert!(answer(&f, B, yes(Some(0x302))).is_ok());
    f.participants[0].name_key = f.parties[0].name_key.clone();
    assert_eq!(
        reasons(&answer(&f, B, yes(Some(0x301)))),
        [Reason::OpposingRepresentative]
    );
}

#[test]
fn times_and_ways_must_be_true() {
    let f = open(CaseState::ConsentPending);
    let late = json!({"answer": "given", "via": "phone", "at": "2026-03-02T10:00:01+08:00"});
    assert_eq!(reasons(&answer(&f, B, late)), [Reason::InFuture]);
    let by_applying = json!({"answer": "given", "via": "application"});
    assert_eq!(
        reasons(&answer(&f, B, by_applying)),
        [Reason::Contradiction]
    );
    assert_eq!(
        violations(read(
            json!({"answer": "pending", "via": "phone"}),
            Answer::read
        )),
        ["/answer not_applicable"]
    );
}

#[test]
fn represented_members_are_not_principals() {
    let f = group_file(CaseState::ConsentPending, 1, 12);
    let r = answer(&f, 0x201, json!({"answer": "given", "via": "phone"}));
    assert_eq!(reasons(&r), [Reason::WrongState]);
}
