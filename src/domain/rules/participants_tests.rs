use serde_json::{Value, json};

use super::*;
use crate::domain::case::CaseState;
use crate::domain::mediator::{Assignment, SelectionMode};
use crate::domain::rules::testkit::*;

const A: u128 = 0x101;
const B: u128 = 0x102;

fn pid(n: u128) -> PartyId {
    id(n)
}

fn add(f: &CaseFile, body: Value) -> Result<Decision, Vec<Refusal>> {
    let input = read(body, NewParticipant::read).unwrap_or_else(|v| panic!("{v:?}"));
    let by = who(0x20, &[VILLAGE]);
    add_participant(
        f,
        input,
        &by,
        &mut Ids(0x300 + f.participants.len() as u128),
        now(),
    )
}

fn agent_body(party: u128, mandate: Value) -> Value {
    let mut m =
        json!({"scopes": ["attend", "settle"], "from": "2026-01-01", "signed_by_principal": true});
    m.as_object_mut()
        .unwrap()
        .extend(mandate.as_object().unwrap().clone());
    json!({"kind": "agent", "party_id": pid(party), "name": "江海涛", "mandate": m})
}

#[test]
fn an_agent_brings_a_signed_mandate_in_force() {
    let f = file(CaseState::InMediation);
    let d = add(&f, agent_body(A, json!({}))).unwrap();
    assert_eq!(events(&d), ["participant_added"]);
    let bad = |m: Value| items(&add(&f, agent_body(A, m)), Reason::MandateInvalid);
    assert_eq!(
        bad(json!({"signed_by_principal": false})),
        ["signed_by_principal"]
    );
    assert_eq!(bad(json!({"until": "2026-03-01"})), ["until"]);
    assert!(bad(json!({"until": "2026-03-02"})).is_empty());
    let swapped = add(
        &f,
        agent_body(A, json!({"from": "2026-06-01", "until": "2026-05-01"})),
    );
    assert_eq!(reasons(&swapped), [Reason::TimeOrder]);
    let no_paper = json!({"document_id": id::<AttachmentKey>(0x90)});
    assert_eq!(
        reasons(&add(&f, agent_body(A, no_paper))),
        [Reason::UnknownReference]
    );
    assert_eq!(
        violations(read(
            json!({"kind": "agent", "name": "江"}),
            NewParticipant::read
        )),
        ["/mandate required", "/party_id required"]
    );
    let mut empty = agent_body(A, json!({"scopes": []}));
    assert_eq!(
        violations(read(empty.clone(), NewParticipant::read)),
        ["/mandate/scopes required"]
    );
    empty["mandate"]["scopes"] = json!(["settle"]);
    empty["kind"] = json!("expert");
    assert_eq!(
        violations(read(empty, NewParticipant::read)),
        ["/mandate not_applicable"]
    );
}

#[test]
fn one_agent_does_not_serve_both_sides() {
    let mut f = file(CaseState::InMediation);
    let d = add(&f, agent_body(A, json!({}))).unwrap();
    apply(&mut f, &d);
    assert_eq!(
        reasons(&add(&f, agent_body(B, json!({})))),
        [Reason::AgentBothSides]
    );
    assert_eq!(
        reasons(&add(&f, agent_body(A, json!({})))),
        [Reason::AlreadyDone]
    );
    f.participants[0].revoked_at = Some(now());
    assert!(add(&f, agent_body(B, json!({}))).is_ok());
    let mut self_dealing = agent_body(A, json!({}));
    self_dealing["name"] = json!(f.parties[1].name);
    assert_eq!(reasons(&add(&f, self_dealing)), [Reason::AgentBothSides]);
    let mut known_id = agent_body(B, json!({}));
    known_id["id"] = json!(f.participants[0].id);
    assert_eq!(reasons(&add(&f, known_id)), [Reason::Contradiction]);
}

#[test]
fn who_mediated_does_not_act_as_agent() {
    let mut f = file(CaseState::InMediation);
    f.assignments.push(Assignment {
        id: id(0x70),
        case_id: id(1),
        user_id: id(0x21),
        role: TeamRole::Mediator,
        committee_id: None,
        mode: SelectionMode::Designated,
        from_at: now(),
        to_at: Some(now()),
        end_reason: None,
        conflicts: Vec::new(),
        created_by: id(0x20),
    });
    let mut body = agent_body(A, json!({}));
    body["user_id"] = json!(id::<UserKey>(0x21));
    assert_eq!(items(&add(&f, body), Reason::Contradiction), ["user_id"]);
}

#[test]
fn guardians_stand_for_those_who_cannot_act() {
    let mut f = file(CaseState::Screening);
    let body = |name: &str| json!({"kind": "legal_representative", "party_id": pid(A), "name": name, "relation": "母亲"});
    assert_eq!(reasons(&add(&f, body("叶母"))), [Reason::Contradiction]);
    f.parties[0].birth_date = Some(day("2015-01-01"));
    f.parties[0].capacity = Capacity::Limited;
    assert!(add(&f, body("叶母")).is_ok());
    let opposed = body(&f.parties[1].name.clone());
    assert_eq!(reasons(&add(&f, opposed)), [Reason::OpposingRepresentative]);
}

#[test]
fn lay_invitees_stay_out_where_somebody_was_hurt() {
    let mut f = file(CaseState::InMediation);
    let body = |kind: &str| json!({"kind": kind, "name": "老支书"});
    assert!(add(&f, body("invited")).is_ok());
    type Flag = fn(&mut CaseFile);
    let flags: [Flag; 2] = [
        |f| f.case.detail.dv = true,
        |f| f.case.detail.minor_harm = true,
    ];
    for flag in flags {
        let mut f = f.clone();
        flag(&mut f);
        for (kind, want) in [
            ("invited", true),
            ("observer", true),
            ("expert", false),
            ("support_person", false),
        ] {
            let refused = reasons(&add(&f, body(kind))) == [Reason::InviteeLimited];
            assert_eq!(refused, want, "{kind}");
        }
    }
    f.parties[0].withdrawn_at = Some(now());
    let gone = json!({"kind": "support_person", "name": "友", "party_id": pid(A)});
    assert_eq!(reasons(&add(&f, gone)), [Reason::WrongState]);
}

#[test]
fn each_principal_agrees_to_an_invited_person() {
    let mut f = file(CaseState::InMediation);
    f.participants
        .push(participant(0x301, ParticipantKind::Invited, None));
    f.participants
        .push(participant(0x302, ParticipantKind::Interpreter, None));
    let say = |f: &CaseFile, n: u128, party: u128, given: bool| {
        let body = json!({"party_id": pid(party), "given": given});
        invitee_consent(f, id(n), read(body, InviteeConsent::read).unwrap(), now())
    };
    for (party, given) in [(A, true), (B, false)] {
        let d = say(&f, 0x301, party, given).unwrap();
        apply(&mut f, &d);
    }
    assert_eq!(invitees_without_consent(&f), [id(0x301)]);
    let d = say(&f, 0x301, B, true).unwrap();
    apply(&mut f, &d);
    assert!(invitees_without_consent(&f).is_empty());
    assert_eq!(f.participants[0].consents.len(), 2, "a later word replaces");
    assert_eq!(reasons(&say(&f, 0x302, A, true)), [Reason::WrongState]);
    assert_eq!(
        reasons(&say(&f, 0x399, A, true)),
        [Reason::UnknownReference]
    );
    f.parties[0].capacity = Capacity::Limited;
    assert_eq!(reasons(&say(&f, 0x301, A, true)), [Reason::LegalRepMissing]);
}

#[test]
fn a_revoked_participant_has_left() {
    let mut f = file(CaseState::InMediation);
    f.participants
        .push(agent(0x301, A, &[MandateScope::Settle]));
    let d = revoke(&f, id(0x301), now()).unwrap();
    apply(&mut f, &d);
    assert!(agent_with_scope(&f, id(A), MandateScope::Settle, now().local_date()).is_none());
    assert_eq!(reasons(&revoke(&f, id(0x301), now())), [Reason::WrongState]);
}
