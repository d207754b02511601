use serde_json::json;

use super::*;
use crate::domain::case::{CaseState, CaseType, Difficulty};
use crate::domain::party::{Consent, PartyRole};
use crate::domain::record::{IncidentKind, ReportTarget};
use crate::domain::rules::agreement_kit::*;
use crate::domain::rules::agreement_plan::{NewObligation, add_obligation, remove_obligation};
use crate::domain::rules::standing;
use crate::domain::rules::testkit::*;
use crate::domain::rules::variation::*;

#[test]
fn a_draft_takes_everybody_and_every_open_issue_unless_told() {
    let mut f = mediating();
    let d = try_draft(&f, complete()).unwrap();
    assert_eq!(events(&d), ["agreement_drafted"]);
    apply(&mut f, &d);
    let a = f.agreement(id(PAPER)).unwrap();
    assert_eq!(a.detail.parties, [id(A), id(B)]);
    assert_eq!(a.detail.issues, [id(ISSUE)]);
    assert_eq!((a.no, a.state), (1, AgreementState::Draft));
    assert_eq!(f.case.state, CaseState::InMediation);
}

#[test]
fn the_unwilling_and_strangers_are_no_parties_to_an_agreement() {
    let mut f = mediating();
    f.parties[1].consent = Consent::Withdrawn;
    let got = try_draft(&f, with(complete(), json!({"issues": [ref_to(0x999)]})));
    assert_eq!(
        reasons(&got),
        [
            Reason::ConsentMissing,
            Reason::StopDemanded,
            Reason::UnknownReference
        ]
    );
    assert_eq!(items(&got, Reason::StopDemanded), [ref_to(B)]);
    let got = try_draft(
        &mediating(),
        with(complete(), json!({"parties": [ref_to(A), ref_to(0x9)]})),
    );
    assert_eq!(items(&got, Reason::UnknownReference), [ref_to(0x9)]);
}

#[test]
fn forbidden_content_is_blocked_by_flag_and_by_wording() {
    for (change, item) in [
        (json!({"divorce_effect": true}), "divorce_effect"),
        (json!({"terms": "双方自即日起离婚。"}), "divorce_effect"),
        (json!({"kinship": true}), "kinship"),
        (json!({"criminal_waiver": true}), "criminal_waiver"),
        (
            json!({"terms": "甲不再追究乙的刑事责任"}),
            "criminal_waiver",
        ),
        (json!({"third_party_harm": true}), "third_party_harm"),
    ] {
        let got = try_draft(&mediating(), with(complete(), change.clone()));
        assert_eq!(reasons(&got), [Reason::ContentForbidden], "{change}");
        assert_eq!(items(&got, Reason::ContentForbidden), [item]);
    }
}

#[test]
fn ownership_needs_a_reason_and_is_logged() {
    let mut f = mediating();
    f.case.kind = CaseType::HouseHomestead;
    let body = with(complete(), json!({"terms": "老宅归大旺所有"}));
    let got = try_draft(&f, body.clone());
    assert_eq!(reasons(&got), [Reason::ContentWarningUnanswered]);
    let answered = with(
        body,
        json!({"ownership_reason": "双方已有产权证，仅确认现状"}),
    );
    let d = try_draft(&f, answered).unwrap();
    assert_eq!(events(&d), ["agreement_drafted", "content_warned"]);
    apply(&mut f, &d);
    let a = f.agreement(id(PAPER)).unwrap();
    assert!(a.detail.ownership, "found in the wording");
    assert_eq!(a.detail.warnings[0].rule, "G-20");
}

#[test]
fn nobody_pays_the_desk() {
    let mut f = mediating();
    let got = try_draft(&f, with(complete(), json!({"terms": "乙承担调解费200元"})));
    assert_eq!(reasons(&got), [Reason::FeeForbidden]);
    let mut desk = party(0x103, 1, PartyRole::Applicant);
    desk.name = "凤溪乡人民调解委员会".to_owned();
    f.parties.push(desk);
    let mut owed = debt(0x501, 100, "2026-04-01");
    owed["creditor_id"] = json!(ref_to(0x103));
    let got = try_draft(&f, with(complete(), json!({"obligations": [owed]})));
    assert_eq!(items(&got, Reason::FeeForbidden), [ref_to(0x501)]);
}

#[test]
fn harm_to_a_minor_is_never_settled() {
    let mut f = mediating();
    f.case.detail.minor_harm = true;
    let got = try_draft(&f, with(complete(), json!({"minor_harm": false})));
    assert_eq!(reasons(&got), [Reason::MinorHarmNotReported]);
    let targets = [
        ReportTarget::Police,
        ReportTarget::CivilAffairs,
        ReportTarget::Education,
    ];
    f.incidents
        .push(incident(IncidentKind::MinorHarm, &targets));
    let not_said = try_draft(&f, complete());
    assert_eq!(reasons(&not_said), [Reason::MinorHarmNotMediable]);
    let settled = json!({"minor_harm": false, "terms": "殴打孩子一事赔偿后了结"});
    let got = try_draft(&f, with(complete(), settled));
    assert_eq!(reasons(&got), [Reason::MinorHarmNotMediable]);
    let left_alone = with(complete(), json!({"minor_harm": false}));
    assert!(try_draft(&f, left_alone).is_ok());
}

#[test]
fn sham_stops_agreements() {
    let mut f = mediating();
    f.case.detail.sham = true;
    assert_eq!(
        reasons(&try_draft(&f, complete())),
        [Reason::ShamUnderReview]
    );
}

fn oral(changes: serde_json::Value) -> serde_json::Value {
    with(
        with(
            complete(),
            json!({"form": "oral", "performed_on_the_spot": true, "reached_at": NOW,
                "obligations": [{"id": ref_to(0x501), "debtor_id": ref_to(B), "creditor_id": ref_to(A),
                    "kind": "do", "description": "当场改造檐沟"}]}),
        ),
        changes,
    )
}

#[test]
fn an_oral_agreement_performed_at_once_fulfils_the_case() {
    let mut f = mediating();
    let d = try_draft(&f, oral(json!({}))).unwrap();
    assert_eq!(
        events(&d),
        [
            "oral_agreement_recorded",
            "obligation_added",
            "performance_recorded",
            "issue_changed",
            "case_agreed",
            "case_fulfilled"
        ]
    );
    apply(&mut f, &d);
    let a = f.agreement(id(PAPER)).unwrap();
    assert_eq!(a.state, AgreementState::Fulfilled);
    assert_eq!(a.effective_at, Some(now()));
    assert_eq!(a.number.as_deref(), Some("（2026）凤溪人调字第1号-1"));
    assert_eq!(f.obligations[0].state, ObligationState::Performed);
    assert_eq!(f.performances.len(), 1);
    assert_eq!(f.case.state, CaseState::Fulfilled);
}

#[test]
fn an_oral_agreement_has_conditions() {
    let refused = |f: &CaseFile, body| items(&try_draft(f, body), Reason::OralNotAllowed);
    assert_eq!(
        refused(&mediating(), oral(json!({"performed_on_the_spot": false}))),
        ["not_performed"]
    );
    let mut f = mediating();
    f.parties[0].detail.wants_writing = true;
    f.case.kind = CaseType::WageArrears;
    f.case.difficulty = Difficulty::Complex;
    assert_eq!(
        refused(&f, oral(json!({}))),
        [
            format!("asked_for_writing:{}", ref_to(A)),
            "type:wage_arrears".to_owned(),
            "difficulty:complex".to_owned()
        ]
    );
    let mut f = mediating();
    f.case.kind = CaseType::ForestLand;
    assert_eq!(refused(&f, oral(json!({}))), ["type:forest_land"]);
    f.case.detail.subtype = Some("water_source".to_owned());
    assert!(try_draft(&f, oral(json!({}))).is_ok());
    let later = json!({"obligations": [{"id": ref_to(0x501), "debtor_id": ref_to(B),
        "creditor_id": ref_to(A), "kind": "do", "description": "改沟", "due_on": "2026-04-01"}]});
    assert_eq!(
        refused(&mediating(), oral(later)),
        [format!("not_performed:{}", ref_to(0x501))]
    );
    let future = oral(json!({"reached_at": "2026-03-02T10:00:01+08:00"}));
    assert_eq!(
        reasons(&try_draft(&mediating(), future)),
        [Reason::InFuture]
    );
}

#[test]
fn an_oral_input_must_say_when() {
    let body = json!({"form": "oral", "facts": "x", "terms": "y"});
    assert_eq!(
        violations(read(body, Draft::read)),
        ["/reached_at required"]
    );
}

fn obligation(body: serde_json::Value) -> NewObligation {
    read(body, |o| NewObligation::read(o, false)).unwrap()
}

#[test]
fn instalments_add_up_and_leave_together() {
    let mut f = mediating();
    drafted(&mut f, complete());
    let plan = |total: i64, last: &str| {
        obligation(
            json!({"debtor_id": ref_to(B), "creditor_id": ref_to(A), "kind": "pay",
            "description": "分期还款", "mode": "bank", "total_fen": total,
            "instalments": [{"amount_fen": 600, "due_on": "2026-04-01"},
                {"amount_fen": 400, "due_on": last}]}),
        )
    };
    let add = |f: &CaseFile, new| add_obligation(f, id(PAPER), new, &mut fresh_ids(f), now());
    let got = add(&f, plan(1001, "2026-05-01"));
    assert_eq!(
        items(&got, Reason::AmountsDoNotSum),
        ["total:1001", "sum:1000"]
    );
    assert_eq!(
        reasons(&add(&f, plan(1000, "2026-04-01"))),
        [Reason::TimeOrder]
    );
    let d = add(&f, plan(1000, "2026-05-01")).unwrap();
    assert_eq!(events(&d), ["obligation_added", "obligation_added"]);
    apply(&mut f, &d);
    let single = obligation(debt(0x501, 50, "2026-04-01"));
    let d = add(&f, single).unwrap();
    apply(&mut f, &d);
    let numbers: Vec<_> = f.obligations.iter().map(|o| (o.no, o.plan_no)).collect();
    assert_eq!(numbers, [(1, Some(1)), (2, Some(1)), (3, None)]);
    let d = remove_obligation(&f, f.obligations[0].id, now()).unwrap();
    assert_eq!(events(&d), ["obligation_removed", "obligation_removed"]);
    apply(&mut f, &d);
    let kept: Vec<_> = obligations_of(&f, id(PAPER)).map(|o| o.no).collect();
    assert_eq!(kept, [3]);
    let again = remove_obligation(&f, f.obligations[0].id, now());
    assert_eq!(reasons(&again), [Reason::UnknownReference]);
}

#[test]
fn an_obligation_says_all_it_must() {
    let bad = json!({"debtor_id": ref_to(A), "creditor_id": ref_to(A), "kind": "pay",
        "description": "x", "mode": "bank"});
    let got = read(bad, |o| NewObligation::read(o, false));
    assert_eq!(violations(got), ["/creditor_id same_as_debtor"]);
    let bad = json!({"debtor_id": ref_to(A), "creditor_id": ref_to(B), "kind": "pay",
        "description": "x", "mode": "bank"});
    let got = read(bad, |o| NewObligation::read(o, false));
    assert_eq!(
        violations(got),
        ["/amount_fen required", "/due_on required"]
    );
    let mut f = mediating();
    drafted(&mut f, complete());
    let mut owed = debt(0x501, 50, "2026-04-01");
    owed["debtor_id"] = json!(ref_to(0x9));
    let got = add_obligation(&f, id(PAPER), obligation(owed), &mut Ids::default(), now());
    assert_eq!(items(&got, Reason::UnknownReference), [ref_to(0x9)]);
}

#[test]
fn a_draft_is_edited_until_somebody_signs() {
    let mut f = mediating();
    drafted(&mut f, complete());
    let change = |f: &CaseFile, body| {
        let input = read(body, Edit::read).unwrap();
        edit(f, id(PAPER), input, &calendar(), now())
    };
    let got = change(&f, json!({"terms": "双方自即日起离婚"}));
    assert_eq!(reasons(&got), [Reason::ContentForbidden]);
    let d = change(&f, json!({"terms": "乙改沟", "place": null})).unwrap();
    apply(&mut f, &d);
    let a = f.agreement(id(PAPER)).unwrap();
    assert_eq!(
        (a.detail.terms.as_str(), a.detail.place.as_str()),
        ("乙改沟", "")
    );
    let d = change(&f, json!({"place": "上垅村"})).unwrap();
    apply(&mut f, &d);
    put_to_signature(&mut f, PAPER);
    let d = change(&f, json!({"terms": "乙在三日内改沟"})).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.agreement(id(PAPER)).unwrap().state, AgreementState::Draft);
    assert_eq!(f.case.next_step, Some(NextStep::Mediate));
    put_to_signature(&mut f, PAPER);
    let d = try_sign(&f, PAPER, json!({"party_id": ref_to(A)}), now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(
        reasons(&change(&f, json!({"terms": "x"}))),
        [Reason::WrongState]
    );
}

#[test]
fn a_paper_nobody_signs_is_given_up() {
    let mut f = mediating();
    drafted(&mut f, complete());
    put_to_signature(&mut f, PAPER);
    let reason = || GiveUp {
        reason: "甲不愿签字".to_owned(),
    };
    let d = drop_unsigned(&f, id(PAPER), reason(), &calendar(), now()).unwrap();
    assert_eq!(events(&d), ["agreement_dropped"]);
    apply(&mut f, &d);
    assert_eq!(f.case.next_step, Some(NextStep::Mediate));
    let again = drop_unsigned(&f, id(PAPER), reason(), &calendar(), now());
    assert_eq!(reasons(&again), [Reason::WrongState]);
}

#[test]
fn a_variation_replaces_when_it_takes_effect() {
    let mut f = agreed_with(json!([debt(0x501, 1000, "2026-04-01")]));
    let vary_with = |f: &CaseFile, consents: serde_json::Value| {
        let body = json!({"id": ref_to(0x402), "consents": consents, "terms": "改为五月付",
            "performance": "转账", "obligations": [debt(0x502, 1000, "2026-05-01")]});
        let input = read(body, Vary::read).unwrap();
        vary(f, id(PAPER), input, &me(), &mut fresh_ids(f), now())
    };
    let got = vary_with(&f, json!([ref_to(A)]));
    assert_eq!(items(&got, Reason::ConsentMissing), [ref_to(B)]);
    let d = vary_with(&f, json!([ref_to(A), ref_to(B)])).unwrap();
    apply(&mut f, &d);
    assert_eq!(
        f.agreement(id(PAPER)).unwrap().state,
        AgreementState::Effective
    );
    let twice = vary_with(&f, json!([ref_to(A), ref_to(B)]));
    assert_eq!(items(&twice, Reason::AlreadyDone), [ref_to(0x402)]);
    make_effective(&mut f, 0x402, now());
    let old = f.agreement(id(PAPER)).unwrap();
    assert_eq!(old.state, AgreementState::Varied);
    assert_eq!(old.detail.superseded_by, Some(id(0x402)));
    let new = f.agreement(id(0x402)).unwrap();
    assert_eq!(new.detail.facts, old.detail.facts, "kept from the old one");
    assert_eq!(
        f.obligation(id(0x501)).unwrap().state,
        ObligationState::Void
    );
    assert_eq!(f.case.state, CaseState::Performing);
}

#[test]
fn a_successor_stands_in_for_a_party_who_died() {
    let mut f = agreed_with(json!([debt(0x501, 1000, "2026-04-01")]));
    let mut heir = party(0x103, 2, PartyRole::Respondent);
    heir.birth_date = Some(day("1990-01-01"));
    heir.detail.substitutes_for = Some(id(B));
    f.parties[1].substituted_by = Some(id(0x103));
    f.parties.push(heir);
    assert!(standing::unbound(&f).is_empty());
    let body = json!({"consents": [ref_to(A), ref_to(0x103)], "terms": "改为五月付"});
    let input = read(body, Vary::read).unwrap();
    let d = vary(&f, id(PAPER), input, &me(), &mut fresh_ids(&f), now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.agreements[1].detail.parties, [id(A), id(0x103)]);
}

#[test]
fn both_may_rescind_and_mediate_on() {
    let mut f = agreed_with(json!([debt(0x501, 1000, "2026-04-01")]));
    let by = |f: &CaseFile, consents: Vec<PartyId>| {
        let input = Rescind {
            consents,
            reason: "情况变化".to_owned(),
        };
        rescind(f, id(PAPER), input, &calendar(), now())
    };
    let got = by(&f, vec![id(B)]);
    assert_eq!(items(&got, Reason::ConsentMissing), [ref_to(A)]);
    let d = by(&f, vec![id(A), id(B)]).unwrap();
    assert_eq!(
        events(&d),
        ["agreement_rescinded", "issue_changed", "mediation_began"]
    );
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::InMediation);
    assert_eq!(f.issues[0].state, IssueState::Open);
    assert_eq!(
        f.obligation(id(0x501)).unwrap().state,
        ObligationState::Void
    );
    let mut f = agreed_with(json!([debt(0x501, 1000, "2026-04-01")]));
    f.agreements[0].confirmation = ConfirmationState::Confirmed;
    assert_eq!(
        items(&by(&f, vec![id(A), id(B)]), Reason::WrongState),
        ["confirmed"]
    );
}
