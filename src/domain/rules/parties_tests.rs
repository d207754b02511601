use serde_json::{Value, json};

use super::*;
use crate::domain::agreement::{ObligationKind, PerformanceMode};
use crate::domain::case::{CaseState, Confidentiality, Difficulty};
use crate::domain::rules::people::consent_complete;
use crate::domain::rules::testkit::*;
use crate::domain::secret::Secret;

const A: u128 = 0x101;
const B: u128 = 0x102;

fn add(f: &CaseFile, body: Value) -> Result<Decision, Vec<Refusal>> {
    let input = read(body, NewParty::read).unwrap();
    add_party(f, input, &who(0x20, &[VILLAGE]), &mut Ids::default(), now())
}

fn leave(f: &CaseFile, n: u128) -> Result<Decision, Vec<Refusal>> {
    let input = read(json!({"via": "in_person"}), Declaration::read).unwrap();
    withdraw(f, id(n), input, now())
}

fn replace(f: &CaseFile, n: u128, body: Value) -> Result<Decision, Vec<Refusal>> {
    let input = read(body, Substitute::read).unwrap();
    let by = who(0x20, &[VILLAGE]);
    substitute(f, id(n), input, &by, &mut Ids::default(), now())
}

#[test]
fn a_party_who_joins_is_still_to_be_asked() {
    let mut f = file(CaseState::InMediation);
    let d = add(
        &f,
        json!({"role": "respondent", "kind": "natural_person", "name": "叶小六", "birth_date": "2012-01-01"}),
    )
    .unwrap();
    assert!(d.case_changed());
    assert_eq!(d.case().detail.confidentiality, Some(Confidentiality::L4));
    apply(&mut f, &d);
    assert_eq!(consent_complete(&f), [f.parties[2].id]);
}

#[test]
fn sides_stay_pure_and_nobody_is_in_twice() {
    let mut f = file(CaseState::Registered);
    f.parties[0].id_no = Some(Secret::new("11010519491231002X"));
    let same = json!({"role": "third_party", "kind": "natural_person", "name": "别名", "id_no": "11010519491231002X"});
    assert_eq!(reasons(&add(&f, same.clone())), [Reason::Contradiction]);
    f.parties[0].withdrawn_at = Some(now());
    assert!(add(&f, same).is_ok(), "who left may come back");
    let mixed = json!({"role": "applicant", "side": 2, "kind": "natural_person", "name": "甲"});
    assert_eq!(reasons(&add(&f, mixed)), [Reason::SideMismatch]);
    let known = json!({"id": f.parties[1].id, "role": "respondent", "kind": "natural_person", "name": "甲"});
    assert_eq!(reasons(&add(&f, known)), [Reason::Contradiction]);
}

#[test]
fn the_tenth_person_makes_it_complex() {
    let mut f = file(CaseState::Screening);
    for n in 0..8 {
        assert_eq!(f.case.difficulty, Difficulty::Simple);
        let body =
            json!({"role": "applicant", "kind": "natural_person", "name": format!("村民{n}")});
        let input = read(body, NewParty::read).unwrap();
        let by = who(0x20, &[VILLAGE]);
        let d = add_party(&f, input, &by, &mut Ids(n), now()).unwrap();
        apply(&mut f, &d);
    }
    assert_eq!(f.case.difficulty, Difficulty::Complex);
}

#[test]
fn one_of_several_may_leave_but_not_the_last() {
    let mut f = file(CaseState::InMediation);
    let r = leave(&f, B);
    assert_eq!(items(&r, Reason::LastOfSide), ["2"]);
    f.parties.push(party(0x103, 2, PartyRole::Respondent));
    f.participants
        .push(agent(0x301, B, &[MandateScope::Attend]));
    let d = leave(&f, B).unwrap();
    assert_eq!(events(&d), ["party_withdrawn", "participant_revoked"]);
    apply(&mut f, &d);
    assert!(f.parties[1].withdrawn_at.is_some() && f.participants[0].revoked_at.is_some());
    assert_eq!(reasons(&leave(&f, B)), [Reason::WrongState]);
}

#[test]
fn members_are_not_left_without_a_representative() {
    let mut f = group_file(CaseState::InMediation, 1, 12);
    assert_eq!(reasons(&leave(&f, 0x111)), [Reason::RepresentativesMissing]);
    f = group_file(CaseState::InMediation, 2, 12);
    assert!(leave(&f, 0x111).is_ok());
    assert!(leave(&f, 0x201).is_ok());
}

#[test]
fn a_debtor_does_not_leave_the_debt() {
    let mut f = file(CaseState::InMediation);
    f.parties.push(party(0x103, 2, PartyRole::Respondent));
    f.obligations.push(Obligation {
        id: id(0x60),
        case_id: id(1),
        agreement_id: id(0x61),
        no: 1,
        debtor_id: id(B),
        creditor_id: id(A),
        kind: ObligationKind::Pay,
        description: "付款".into(),
        amount_fen: Some(100),
        performed_fen: 0,
        due_on: day("2026-06-30"),
        place: "村委会".into(),
        mode: PerformanceMode::Cash,
        state: ObligationState::Pending,
        plan_no: None,
        plan_total_fen: None,
        urged: 0,
        performed_at: None,
        created_at: now(),
        formula: None,
        cap_fen: None,
    });
    assert_eq!(reasons(&leave(&f, B)), [Reason::ObligationsOpen]);
    f.obligations[0].state = ObligationState::Performed;
    assert!(leave(&f, B).is_ok());
}

#[test]
fn heirs_take_the_place_and_are_asked_again() {
    let mut f = file(CaseState::InMediation);
    f.participants
        .push(agent(0x301, B, &[MandateScope::Settle]));
    let body = json!({"died_on": "2026-02-28", "successors": [
        {"kind": "natural_person", "name": "叶大毛"}, {"kind": "natural_person", "name": "叶二毛"}]});
    let d = replace(&f, B, body).unwrap();
    assert_eq!(
        events(&d),
        [
            "party_added",
            "party_added",
            "party_substituted",
            "party_substituted",
            "participant_revoked"
        ]
    );
    apply(&mut f, &d);
    assert_eq!(f.live_parties().count(), 3);
    assert_eq!(f.parties[1].substituted_by, Some(f.parties[2].id));
    let heirs: Vec<_> = f.parties.iter().skip(2).collect();
    assert!(heirs.iter().all(|h| h.side == 2
        && h.role == PartyRole::Respondent
        && h.detail.substitutes_for == Some(id(B))));
    assert_eq!(consent_complete(&f).len(), 2);
}

#[test]
fn an_heir_may_be_in_the_case_already() {
    let mut f = file(CaseState::InMediation);
    f.parties.push(party(0x103, 2, PartyRole::Respondent));
    let by = |n: u128| json!({"died_on": "2026-02-28", "successor_ids": [id::<PartyKey>(n)]});
    let d = replace(&f, B, by(0x103)).unwrap();
    assert_eq!(events(&d), ["party_substituted"]);
    assert_eq!(reasons(&replace(&f, B, by(A))), [Reason::Contradiction]);
    assert_eq!(reasons(&replace(&f, B, by(B))), [Reason::Contradiction]);
    assert_eq!(
        reasons(&replace(&f, B, by(0x999))),
        [Reason::UnknownReference]
    );
    assert_eq!(
        violations(read(json!({"died_on": "2026-02-28"}), Substitute::read)),
        ["/successors required"]
    );
}

#[test]
fn deaths_are_past_and_human() {
    let mut f = file(CaseState::InMediation);
    f.parties[1].birth_date = Some(day("1980-01-01"));
    let on = |date: &str| json!({"died_on": date, "successors": [{"kind": "natural_person", "name": "叶大毛"}]});
    assert_eq!(
        reasons(&replace(&f, B, on("2026-03-03"))),
        [Reason::InFuture]
    );
    assert_eq!(
        reasons(&replace(&f, B, on("1979-12-31"))),
        [Reason::TimeOrder]
    );
    f.parties[1].kind = PartyKind::LegalPerson;
    assert_eq!(
        reasons(&replace(&f, B, on("2026-03-01"))),
        [Reason::Contradiction]
    );
    let merged = json!({"successors": [{"kind": "legal_person", "name": "新公司"}]});
    assert!(replace(&f, B, merged).is_ok());
}
