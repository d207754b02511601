use serde_json::json;

use super::*;
use crate::domain::case::{CaseState, CaseType, NextStep};
use crate::domain::casefile::CaseFile;
use crate::domain::party::{IssueState, MandateScope, ParticipantKind, PartyRole, SettleAuth};
use crate::domain::rules::agreement_kit::*;
use crate::domain::rules::signing::{Sign, StartSigning, start_signing};
use crate::domain::rules::standing::unbound;
use crate::domain::rules::testkit::*;

fn start(f: &CaseFile) -> Result<Decision, Vec<Refusal>> {
    start_signing(f, id(PAPER), &StartSigning::default(), &calendar(), now())
}

#[test]
fn everything_missing_is_told_at_once() {
    let mut f = mediating();
    f.parties[1].birth_date = None;
    drafted(
        &mut f,
        json!({"id": ref_to(PAPER), "issues": [], "terms": "乙改沟",
        "copies": 2, "obligations": [debt(0x501, 100, "2026-04-01")]}),
    );
    f.obligations[0].amount_fen = None;
    let got = start(&f);
    assert_eq!(
        items(&got, Reason::ContentIncomplete),
        [
            "issues",
            "facts",
            "liability",
            "performance",
            "place",
            "copies",
            &format!("party:{}", ref_to(B)),
            &format!("obligation:{}:amount", ref_to(0x501)),
            &format!("obligation:{}:place", ref_to(0x501)),
        ]
    );
    let mut f = mediating();
    drafted(&mut f, with(complete(), json!({"parties": [ref_to(A)]})));
    assert_eq!(items(&start(&f), Reason::ContentIncomplete), ["two_sides"]);
}

#[test]
fn a_plan_that_does_not_add_up_is_not_signed() {
    let mut f = mediating();
    let plan = json!([{"debtor_id": ref_to(B), "creditor_id": ref_to(A), "kind": "pay",
        "description": "还款", "mode": "bank", "total_fen": 1000,
        "instalments": [{"amount_fen": 1000, "due_on": "2026-04-01"}]}]);
    drafted(&mut f, with(complete(), json!({"obligations": plan})));
    f.obligations[0].amount_fen = Some(999);
    assert_eq!(items(&start(&f), Reason::AmountsDoNotSum), ["plan:1"]);
}

#[test]
fn signing_numbers_the_paper_and_tells_the_parties() {
    let mut f = mediating();
    drafted(&mut f, complete());
    let d = start(&f).unwrap();
    assert_eq!(events(&d), ["signing_started"]);
    assert_eq!(d.notices.len(), 3, "two parties and the team");
    apply(&mut f, &d);
    let a = f.agreement(id(PAPER)).unwrap();
    assert_eq!(a.number.as_deref(), Some("（2026）凤溪人调字第1号-1"));
    assert_eq!(a.detail.copies, 3);
    assert_eq!(f.case.next_step, Some(NextStep::Sign));
    assert_eq!(reasons(&start(&f)), [Reason::WrongState]);
}

#[test]
fn effect_comes_with_the_last_of_signatures_and_seal() {
    let mut f = mediating();
    drafted(&mut f, complete());
    put_to_signature(&mut f, PAPER);
    let early = try_seal(&f, PAPER, now());
    assert_eq!(
        items(&early, Reason::SealBeforeSignatures),
        [ref_to(A), ref_to(B), "mediator".to_owned()]
    );
    let signed = at("2026-03-02T16:00:00+08:00");
    all_sign(&mut f, PAPER, signed);
    assert_eq!(
        f.agreement(id(PAPER)).unwrap().state,
        AgreementState::Signing
    );
    assert_eq!(
        reasons(&try_seal(&f, PAPER, now())),
        [Reason::TimeOrder],
        "not before the last signature"
    );
    let sealed = at("2026-03-03T09:00:00+08:00");
    let d = try_seal(&f, PAPER, sealed).unwrap();
    assert_eq!(
        events(&d),
        [
            "agreement_signed",
            "agreement_effective",
            "issue_changed",
            "case_agreed"
        ]
    );
    apply(&mut f, &d);
    let a = f.agreement(id(PAPER)).unwrap();
    assert_eq!(a.state, AgreementState::Effective);
    assert_eq!(a.effective_at, Some(sealed));
    assert_eq!(a.effective_at.unwrap().local_date(), day("2026-03-03"));
    assert!(!a.partial);
    assert_eq!(f.case.state, CaseState::Agreed);
    assert_eq!(f.case.next_step, Some(NextStep::Supervise));
    let seal = f.signatures.last().unwrap();
    assert_eq!(seal.note.as_deref(), Some("FX-01"));
    assert_eq!(reasons(&try_seal(&f, PAPER, sealed)), [Reason::WrongState]);
}

#[test]
fn the_seal_is_the_committees_own_and_in_term() {
    let mut f = mediating();
    drafted(&mut f, complete());
    put_to_signature(&mut f, PAPER);
    all_sign(&mut f, PAPER, now());
    let try_with = |committee: Option<&Committee>, seal_no: &str| {
        let input = Seal {
            id: None,
            seal_no: Some(seal_no.to_owned()),
            method: SignMethod::Seal,
            sealed_at: now(),
            image_sha256: None,
        };
        let calendar = calendar();
        let facts = SealFacts {
            committee,
            calendar: &calendar,
        };
        let got = seal(
            &f,
            id(PAPER),
            input,
            facts,
            &me(),
            &mut Ids::default(),
            now(),
        );
        items(&got, Reason::CommitteeInvalid)
    };
    assert_eq!(try_with(None, "FX-01"), ["committee"]);
    let mut c = committee();
    assert_eq!(try_with(Some(&c), "XX"), ["seal_no"]);
    c.term_to = day("2026-03-01");
    assert_eq!(try_with(Some(&c), "FX-01"), ["term"]);
    c.id = id(0x51);
    assert_eq!(try_with(Some(&c), "FX-01"), ["committee"]);
}

#[test]
fn a_child_signs_by_its_representative_after_being_heard() {
    let mut f = mediating();
    f.parties[1].birth_date = Some(day("2015-05-05"));
    f.parties[1].capacity = crate::domain::party::Capacity::Limited;
    drafted(&mut f, complete());
    assert_eq!(
        reasons(&start(&f)),
        [Reason::LegalRepMissing, Reason::ChildViewMissing]
    );
    let mut mother = participant(0x801, ParticipantKind::LegalRepresentative, Some(B));
    mother.name_key = "母".to_owned();
    f.participants.push(mother);
    f.parties[1].detail.child_view = Some("愿意".to_owned());
    put_to_signature(&mut f, PAPER);
    let own = try_sign(&f, PAPER, json!({"party_id": ref_to(B)}), now());
    assert_eq!(reasons(&own), [Reason::LegalRepMissing]);
    let other = json!({"signed_as": "legal_representative", "participant_id": ref_to(0x802),
        "party_id": ref_to(B)});
    assert_eq!(
        reasons(&try_sign(&f, PAPER, other, now())),
        [Reason::LegalRepMissing]
    );
    all_sign(&mut f, PAPER, now());
    assert!(try_seal(&f, PAPER, now()).is_ok());
}

#[test]
fn an_agent_needs_the_power_to_settle_on_the_day() {
    let mut f = mediating();
    drafted(&mut f, complete());
    put_to_signature(&mut f, PAPER);
    let hand = json!({"signed_as": "agent", "participant_id": ref_to(0x801), "method": "sign"});
    f.participants
        .push(agent(0x801, B, &[MandateScope::Attend]));
    let refused = |f: &CaseFile| {
        items(
            &try_sign(f, PAPER, hand.clone(), now()),
            Reason::MandateInvalid,
        )
    };
    assert_eq!(refused(&f), [ref_to(0x801)], "no scope");
    f.participants[0] = agent(0x801, B, &[MandateScope::Settle]);
    f.participants[0].mandate.as_mut().unwrap().until = Some(day("2026-03-01"));
    assert_eq!(refused(&f), [ref_to(0x801)], "expired");
    f.participants[0] = agent(0x801, B, &[MandateScope::Settle]);
    let d = try_sign(&f, PAPER, hand.clone(), now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.signatures[0].party_id, Some(id(B)));
    let again = try_sign(&f, PAPER, hand, now());
    assert_eq!(reasons(&again), [Reason::AlreadyDone]);
}

#[test]
fn only_the_team_signs_as_mediator() {
    let mut f = mediating();
    drafted(&mut f, complete());
    put_to_signature(&mut f, PAPER);
    let hand =
        |user: u128| json!({"signed_as": "mediator", "method": "sign", "user_id": ref_to(user)});
    let stranger = try_sign(&f, PAPER, hand(0x99), now());
    assert_eq!(
        items(&stranger, Reason::MediatorNotEligible),
        [ref_to(0x99)]
    );
    f.assignments[0].to_at = Some(at("2026-03-02T09:00:00+08:00"));
    let gone = try_sign(&f, PAPER, hand(CHAIR), now());
    assert_eq!(reasons(&gone), [Reason::MediatorNotEligible]);
}

#[test]
fn electronic_signature_is_chosen_by_all_and_not_for_personal_status() {
    let by_all = json!({"e_sign_by": [ref_to(A), ref_to(B)]});
    let mut f = mediating();
    f.case.kind = CaseType::MarriageFamily;
    let got = try_draft(&f, with(complete(), by_all.clone()));
    assert_eq!(reasons(&got), [Reason::ESignNotAllowed]);
    drafted(&mut f, complete());
    put_to_signature(&mut f, PAPER);
    let e_sign = json!({"party_id": ref_to(A), "method": "e_sign"});
    assert_eq!(
        reasons(&try_sign(&f, PAPER, e_sign.clone(), now())),
        [Reason::ESignNotAllowed, Reason::ESignNotChosen]
    );
    let mut f = mediating();
    drafted(&mut f, with(complete(), json!({"e_sign_by": [ref_to(A)]})));
    assert_eq!(items(&start(&f), Reason::ESignNotChosen), [ref_to(B)]);
    let mut f = mediating();
    drafted(&mut f, with(complete(), by_all));
    put_to_signature(&mut f, PAPER);
    assert!(try_sign(&f, PAPER, e_sign, now()).is_ok());
}

#[test]
fn times_of_signing_are_in_order_and_past() {
    let mut f = mediating();
    drafted(&mut f, complete());
    put_to_signature(&mut f, PAPER);
    let before = json!({"party_id": ref_to(A), "signed_at": "2026-02-28T10:00:00+08:00"});
    assert_eq!(
        reasons(&try_sign(&f, PAPER, before, now())),
        [Reason::TimeOrder]
    );
    let later = json!({"party_id": ref_to(A), "signed_at": "2026-03-02T10:00:01+08:00"});
    assert_eq!(
        reasons(&try_sign(&f, PAPER, later, now())),
        [Reason::InFuture]
    );
    let faults = read(
        json!({"signed_as": "committee_seal", "method": "refused", "signed_at": NOW,
            "image_sha256": "zz"}),
        Sign::read,
    );
    assert_eq!(
        violations(faults),
        [
            "/image_sha256 invalid_sha256",
            "/method not_allowed",
            "/signed_as not_allowed"
        ]
    );
}

/// Sixty villagers, five of them representatives; 52 authorise, 8 do not (G-15).
fn villagers() -> CaseFile {
    let mut f = mediating();
    f.parties.remove(0);
    for n in 0..60_u128 {
        let mut p = party(0x1000 + n, 1, PartyRole::Represented);
        p.birth_date = Some(day("1970-01-01"));
        p.settle_auth = if n < 52 {
            SettleAuth::Yes
        } else {
            SettleAuth::No
        };
        if n < 5 {
            p.role = PartyRole::Applicant;
            p.is_representative = true;
            p.detail.mandate_signed = true;
        }
        f.parties.push(p);
    }
    f
}

#[test]
fn representatives_bind_only_those_who_authorised() {
    let mut f = villagers();
    drafted(&mut f, complete());
    assert_eq!(f.agreement(id(PAPER)).unwrap().detail.parties.len(), 61);
    let got = start(&f);
    assert_eq!(reasons(&got), [Reason::MemberNotAuthorised]);
    assert_eq!(items(&got, Reason::MemberNotAuthorised).len(), 8);
    let leave_out = StartSigning {
        leave_out_unauthorised: true,
    };
    let d = start_signing(&f, id(PAPER), &leave_out, &calendar(), now()).unwrap();
    apply(&mut f, &d);
    let a = f.agreement(id(PAPER)).unwrap();
    assert_eq!((a.detail.parties.len(), a.detail.left_out.len()), (53, 8));
    all_sign(&mut f, PAPER, now());
    assert_eq!(
        f.signatures.len(),
        7,
        "five representatives, the other side, the chair"
    );
    let d = try_seal(&f, PAPER, now()).unwrap();
    apply(&mut f, &d);
    let a = f.agreement(id(PAPER)).unwrap();
    assert!(a.partial && a.state == AgreementState::Effective);
    assert_eq!(f.case.state, CaseState::InMediation, "eight go on");
    assert_eq!(unbound(&f).len(), 8);
    assert_eq!(f.issues[0].state, IssueState::Open);
}

#[test]
fn members_without_representatives_cannot_be_bound() {
    let mut f = villagers();
    for p in &mut f.parties {
        p.detail.mandate_signed = false;
        p.settle_auth = SettleAuth::Yes;
    }
    drafted(&mut f, complete());
    assert_eq!(items(&start(&f), Reason::RepresentativesMissing), ["1"]);
}

#[test]
fn a_partial_agreement_leaves_the_rest_in_mediation() {
    let mut f = mediating();
    f.issues.push(issue(0x302, 2));
    let first = with(
        complete(),
        json!({"issues": [ref_to(ISSUE)],
        "obligations": [debt(0x501, 100, "2026-04-01")]}),
    );
    drafted(&mut f, first);
    make_effective(&mut f, PAPER, now());
    assert!(f.agreement(id(PAPER)).unwrap().partial);
    assert_eq!(f.issues[0].state, IssueState::Agreed);
    assert_eq!(f.issues[1].state, IssueState::Open);
    assert_eq!(f.case.state, CaseState::InMediation);
    let again = try_draft(
        &f,
        with(
            complete(),
            json!({"id": ref_to(0x402), "issues": [ref_to(ISSUE)]}),
        ),
    );
    assert_eq!(items(&again, Reason::AlreadyDone), [ref_to(ISSUE)]);
    drafted(&mut f, with(complete(), json!({"id": ref_to(0x402)})));
    assert_eq!(f.agreement(id(0x402)).unwrap().no, 2);
    make_effective(&mut f, 0x402, now());
    assert!(!f.agreement(id(0x402)).unwrap().partial);
    assert_eq!(f.case.state, CaseState::Performing, "owed under the first");
    assert_eq!(f.case.next_due_at, Some(day("2026-04-01").end()));
}

#[test]
fn a_declared_partial_agreement_stays_partial() {
    let mut f = mediating();
    drafted(&mut f, with(complete(), json!({"partial": true})));
    make_effective(&mut f, PAPER, now());
    assert_eq!(f.case.state, CaseState::InMediation);
}
