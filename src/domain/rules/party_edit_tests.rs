use serde_json::{Value, json};

use super::*;
use crate::domain::agreement::*;
use crate::domain::case::CaseState;
use crate::domain::mediator::{Assignment, SelectionMode};
use crate::domain::persons::id_check_char;
use crate::domain::rules::testkit::*;

const A: u128 = 0x101;
const B: u128 = 0x102;

fn change(f: &CaseFile, n: u128, body: Value) -> Result<Decision, Vec<Refusal>> {
    edit_party(f, id(n), read(body, PartyPatch::read).unwrap(), now())
}

fn id_number(birth: &str, order: &str) -> String {
    let body = format!("359901{birth}{order}");
    format!("{body}{}", id_check_char(&body).unwrap())
}

#[test]
fn fields_are_named_never_shown() {
    let mut f = file(CaseState::InMediation);
    let d = change(
        &f,
        A,
        json!({"phone": "13900139000", "address": "上垅村3号", "contact_hidden": true}),
    )
    .unwrap();
    let said = serde_json::to_string(&d.events).unwrap();
    assert!(said.contains("phone") && !said.contains("139") && !said.contains("上垅"));
    apply(&mut f, &d);
    assert!(f.parties[0].contact_hidden);
    let d = change(&f, A, json!({"phone": null})).unwrap();
    apply(&mut f, &d);
    assert!(f.parties[0].phone.is_none());
    let same = change(&f, A, json!({"contact_hidden": true})).unwrap();
    assert!(same.events.is_empty() && !same.case_changed());
}

#[test]
fn an_id_number_brings_birth_gender_and_capacity() {
    let mut f = file(CaseState::Registered);
    let d = change(&f, A, json!({"id_no": id_number("20100101", "001")})).unwrap();
    apply(&mut f, &d);
    let p = &f.parties[0];
    assert_eq!(
        (p.birth_date, p.gender),
        (Some(day("2010-01-01")), Gender::Male)
    );
    assert_eq!(p.capacity, Capacity::Limited);
    let wrong = change(&f, A, json!({"birth_date": "1990-01-01"}));
    assert_eq!(items(&wrong, Reason::Contradiction), ["birth_date"]);
    let both = json!({"id_no": id_number("19900101", "001"), "birth_date": "1990-01-02", "gender": "female"});
    assert_eq!(
        items(&change(&f, A, both), Reason::Contradiction),
        ["birth_date", "gender"]
    );
    let future = json!({"id_no": id_number("20270101", "001")});
    assert_eq!(reasons(&change(&f, A, future)), [Reason::InFuture]);
}

#[test]
fn members_must_suit_the_kind_and_the_side() {
    let mut f = file(CaseState::Registered);
    let r = change(
        &f,
        A,
        json!({"uscc": "91350100M000100Y43", "name": "甲\u{200b}"}),
    );
    assert_eq!(items(&r, Reason::Contradiction), ["name", "uscc"]);
    let r = change(&f, A, json!({"role": "third_party"}));
    assert_eq!(items(&r, Reason::Contradiction), ["side"]);
    assert!(change(&f, A, json!({"role": "third_party", "side": 0})).is_ok());
    let r = change(&f, A, json!({"side": 2}));
    assert_eq!(reasons(&r), [Reason::SideMismatch]);
    f.parties[1].id_no = Some(Secret::new("11010519491231002X"));
    let r = change(&f, A, json!({"id_no": "11010519491231002X"}));
    assert_eq!(reasons(&r), [Reason::Contradiction]);
    assert_eq!(
        violations(read(
            json!({"name": null, "kind": "household"}),
            PartyPatch::read
        )),
        ["/kind unknown_field", "/name required"]
    );
}

#[test]
fn what_an_agreement_recites_is_frozen_and_the_phone_is_not() {
    let mut f = file(CaseState::Performing);
    f.agreements.push(Agreement {
        id: id(0x60),
        case_id: id(1),
        no: 1,
        number: None,
        form: AgreementForm::Written,
        state: AgreementState::Effective,
        partial: false,
        reached_at: None,
        signing_at: None,
        effective_at: None,
        sealed_at: None,
        confirmation: ConfirmationState::None,
        created_by: id(0x20),
        created_at: now(),
        detail: AgreementDetail::default(),
    });
    let r = change(&f, A, json!({"name": "改名", "phone": "13900139000"}));
    assert_eq!(items(&r, Reason::WrongState), ["name"]);
    assert!(change(&f, A, json!({"phone": "13900139000"})).is_ok());
}

#[test]
fn rights_are_told_to_who_can_understand_them() {
    let mut f = file(CaseState::Accepted);
    let tell = |f: &CaseFile, body| {
        rights_notice(f, id(B), read(body, RightsNotice::read).unwrap(), now())
    };
    let d = tell(&f, json!({})).unwrap();
    assert_eq!(events(&d), ["rights_notice_given"]);
    let late = json!({"at": "2026-03-02T10:00:01+08:00"});
    assert_eq!(reasons(&tell(&f, late)), [Reason::InFuture]);
    f.parties[1].capacity = Capacity::None;
    assert_eq!(reasons(&tell(&f, json!({}))), [Reason::LegalRepMissing]);
    f.participants.push(participant(
        0x301,
        ParticipantKind::LegalRepresentative,
        Some(B),
    ));
    let d = tell(&f, json!({"at": "2026-03-02T09:00:00+08:00"})).unwrap();
    apply(&mut f, &d);
    assert_eq!(
        f.parties[1].rights_notice_at,
        Some(at("2026-03-02T09:00:00+08:00"))
    );
}

#[test]
fn only_a_childs_view_is_recorded() {
    let mut f = file(CaseState::InMediation);
    let hear = |f: &CaseFile| {
        let input = read(json!({"text": "愿随母亲"}), ChildView::read).unwrap();
        child_view(f, id(A), input, now())
    };
    for (birth, ok) in [
        (None, false),
        (Some("2018-03-03"), false),
        (Some("2018-03-02"), true),
        (Some("2008-03-02"), false),
    ] {
        f.parties[0].birth_date = birth.map(day);
        assert_eq!(hear(&f).is_ok(), ok, "{birth:?}");
    }
}

#[test]
fn a_party_accepts_a_mediator_in_force() {
    let mut f = file(CaseState::Assigned);
    let accept = |f: &CaseFile, n: u128| {
        let body = json!({"assignment_id": id::<AssignmentKey>(n)});
        accept_mediator(f, id(A), read(body, AcceptMediator::read).unwrap(), now())
    };
    assert_eq!(reasons(&accept(&f, 0x70)), [Reason::UnknownReference]);
    f.assignments.push(Assignment {
        id: id(0x70),
        case_id: id(1),
        user_id: id(0x21),
        role: TeamRole::Chair,
        committee_id: None,
        mode: SelectionMode::Designated,
        from_at: now(),
        to_at: None,
        end_reason: None,
        conflicts: Vec::new(),
        created_by: id(0x20),
    });
    let d = accept(&f, 0x70).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.parties[0].detail.accepted_mediators, [id(0x70)]);
    assert_eq!(reasons(&accept(&f, 0x70)), [Reason::AlreadyDone]);
    f.parties[0].detail.accepted_mediators.clear();
    f.assignments[0].role = TeamRole::Recorder;
    assert_eq!(reasons(&accept(&f, 0x70)), [Reason::UnknownReference]);
}
