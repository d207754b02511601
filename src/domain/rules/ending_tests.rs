use serde_json::{Value, json};

use super::*;
use crate::domain::case::CaseState;
use crate::domain::rules::agreement_kit::*;
use crate::domain::rules::course::{Suspend, resume, suspend};
use crate::domain::rules::limits::{Extend, extend, limit};
use crate::domain::rules::testkit::*;
use crate::domain::session::SessionState;

fn try_end(f: &CaseFile, reason: &str, changes: Value) -> Result<Decision, Vec<Refusal>> {
    let body = with(
        json!({"reason": reason, "routes": ["civil_suit"], "served_at": NOW,
            "service_proof": "当面送达，签收"}),
        changes,
    );
    let input = read(body, Terminate::read).unwrap();
    terminate(f, input, &calendar(), now())
}

#[test]
fn the_routes_are_told_fit_and_reach_the_parties() {
    let f = mediating();
    let nothing = json!({"routes": [], "service_proof": null});
    assert_eq!(
        reasons(&try_end(&f, "irreconcilable", nothing)),
        [Reason::RoutesMissing, Reason::ServiceProofMissing]
    );
    let wrong = try_end(&f, "irreconcilable", json!({"routes": ["labour_arb"]}));
    assert_eq!(items(&wrong, Reason::RouteMismatch), ["labour_arb"]);
    let later = json!({"served_at": "2026-03-02T11:00:00+08:00"});
    assert_eq!(
        reasons(&try_end(&f, "irreconcilable", later)),
        [Reason::InFuture]
    );
    let other = json!({"reason": "other", "routes": [], "served_at": NOW});
    assert_eq!(violations(read(other, Terminate::read)), ["/note required"]);
}

#[test]
fn mediation_ends_with_everything_that_hangs_on_it() {
    let mut f = mediating();
    drafted(&mut f, complete());
    let mut next = f.sessions[0].clone();
    next.id = id(0x71);
    next.state = SessionState::Planned;
    next.opened_at = None;
    f.sessions.push(next);
    let d = try_end(&f, "irreconcilable", json!({})).unwrap();
    assert_eq!(
        events(&d),
        [
            "case_terminated",
            "agreement_dropped",
            "issue_changed",
            "session_cancelled"
        ]
    );
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::Terminated);
    let t = f.case.detail.termination.clone().unwrap();
    assert!(!t.partial && t.routes[0].limit_zh.contains("三年"));
    assert_eq!(f.issues[0].state, IssueState::Referred);
    assert_eq!(f.issues[0].referred_to, Some(Route::CivilSuit));
    assert_eq!(
        f.agreements[0].state,
        crate::domain::agreement::AgreementState::ExpiredUnsigned
    );
}

#[test]
fn a_ground_is_borne_out_by_the_file() {
    let f = mediating();
    for reason in [
        "refused_at_start",
        "termination_demanded",
        "limit_expired",
        "sham",
        "withdrawn_by_applicant",
        "party_died_no_successor",
    ] {
        let got = try_end(&f, reason, json!({}));
        assert_eq!(items(&got, Reason::GroundMissing), [reason]);
    }
    let mut refused = file(CaseState::ConsentPending);
    refused.parties[1].consent = Consent::Refused;
    assert!(try_end(&refused, "refused_at_start", json!({})).is_ok());
    let mut demanded = mediating();
    demanded.case.detail.stop_demands.push(StopDemand {
        party_id: id(B),
        at: now(),
        refused_at_start: false,
    });
    assert!(try_end(&demanded, "termination_demanded", json!({})).is_ok());
    let mut sham = mediating();
    sham.case.detail.sham = true;
    assert!(try_end(&sham, "sham", json!({})).is_ok());
}

#[test]
fn a_running_session_is_closed_first() {
    let mut f = mediating();
    f.sessions[0].state = SessionState::Open;
    let got = try_end(&f, "irreconcilable", json!({}));
    assert_eq!(items(&got, Reason::SessionOverlap), [ref_to(0x70)]);
}

#[test]
fn violence_does_not_end_without_word_of_the_protection_order() {
    let mut f = mediating();
    f.case.detail.dv = true;
    assert_eq!(
        reasons(&try_end(&f, "irreconcilable", json!({}))),
        [Reason::ProtectionInfoMissing]
    );
    let told = json!({"routes": ["civil_suit", "protection_order"]});
    assert!(try_end(&f, "irreconcilable", told).is_ok());
}

#[test]
fn after_a_partial_agreement_only_the_rest_ends() {
    let mut f = mediating();
    f.issues.push(issue(0x302, 2));
    drafted(&mut f, with(complete(), json!({"issues": [ref_to(ISSUE)]})));
    make_effective(&mut f, PAPER, now());
    let d = try_end(&f, "irreconcilable", json!({})).unwrap();
    apply(&mut f, &d);
    assert!(f.case.detail.termination.as_ref().unwrap().partial);
    assert_eq!(f.issues[0].state, IssueState::Agreed);
    assert_eq!(f.issues[1].state, IssueState::Referred);
}

#[test]
fn the_applicants_withdraw_together() {
    let mut f = mediating();
    let mut second = party(0x103, 1, PartyRole::Applicant);
    second.birth_date = Some(day("1970-01-01"));
    f.parties.push(second);
    let by = |f: &CaseFile, changes: Value| {
        let body = with(
            json!({"applicants": [ref_to(A), ref_to(0x103)], "routes": ["civil_suit"],
                "served_at": NOW, "service_proof": "签收"}),
            changes,
        );
        withdraw(f, read(body, Withdraw::read).unwrap(), &calendar(), now())
    };
    let one = by(&f, json!({"applicants": [ref_to(A)]}));
    assert_eq!(items(&one, Reason::GroundMissing), [ref_to(0x103)]);
    let other = by(
        &f,
        json!({"applicants": [ref_to(A), ref_to(0x103), ref_to(B)]}),
    );
    assert_eq!(items(&other, Reason::UnknownReference), [ref_to(B)]);
    f.participants
        .push(agent(0x801, A, &[MandateScope::Attend]));
    let agent_says = json!({"participant_id": ref_to(0x801)});
    assert_eq!(
        reasons(&by(&f, agent_says.clone())),
        [Reason::MandateInvalid]
    );
    f.participants[0] = agent(0x801, A, &[MandateScope::Apply]);
    let d = by(&f, agent_says).unwrap();
    apply(&mut f, &d);
    let t = f.case.detail.termination.as_ref().unwrap();
    assert_eq!(t.reason, TerminationReason::WithdrawnByApplicant);
    assert_eq!(f.issues[0].state, IssueState::Dropped);
}

fn limited(kind: CaseType) -> CaseFile {
    let mut f = mediating();
    f.case.kind = kind;
    f
}

#[test]
fn limits_follow_the_type_and_the_calendar() {
    let end = |f: &CaseFile| limit(f, &calendar(), now()).unwrap().to_string();
    // Accepted and registered on Sunday 2026-03-01.
    assert_eq!(end(&limited(CaseType::Neighbour)), "2026-04-01");
    assert_eq!(end(&limited(CaseType::LabourOther)), "2026-03-16");
    assert_eq!(end(&limited(CaseType::Medical)), "2026-04-10");
    let mut service = limited(CaseType::WageArrears);
    assert_eq!(end(&service), "2026-03-16");
    service.case.detail.relation_kind = Some(RelationKind::Service);
    assert_eq!(end(&service), "2026-04-01");
    let mut court = limited(CaseType::LabourOther);
    court.case.procedure = Procedure::CourtDelegated;
    assert_eq!(end(&court), "2026-03-31");
    let mut month_end = limited(CaseType::Neighbour);
    month_end.case.accepted_at = Some(at("2026-01-31T10:00:00+08:00"));
    assert_eq!(end(&month_end), "2026-02-28", "a Saturday made a workday");
    let before = CaseFile::new(case(CaseState::Screening));
    assert_eq!(limit(&before, &calendar(), now()), None);
}

fn try_extend(f: &CaseFile, by: Vec<PartyId>, when: &str) -> Result<Decision, Vec<Refusal>> {
    let input = Extend {
        until: day("2026-04-30"),
        signed_by: by,
        signed_at: at(when),
    };
    extend(f, input, &calendar(), at(when))
}

#[test]
fn every_side_signs_an_extension_before_the_limit() {
    let mut f = limited(CaseType::LabourOther);
    let when = "2026-03-10T10:00:00+08:00";
    let worker = try_extend(&f, vec![id(A)], when);
    assert_eq!(items(&worker, Reason::ExtensionNotSigned), [ref_to(B)]);
    let late = try_extend(&f, vec![id(A), id(B)], "2026-03-17T10:00:00+08:00");
    assert_eq!(items(&late, Reason::PastLimit), ["2026-03-16"]);
    let d = try_extend(&f, vec![id(A), id(B)], when).unwrap();
    assert_eq!(events(&d), ["limit_extended"]);
    apply(&mut f, &d);
    assert_eq!(limit(&f, &calendar(), now()), Some(day("2026-04-30")));
    let shorter = Extend {
        until: day("2026-04-30"),
        signed_by: vec![id(A), id(B)],
        signed_at: at(when),
    };
    assert_eq!(
        reasons(&extend(&f, shorter, &calendar(), at(when))),
        [Reason::TimeOrder]
    );
}

#[test]
fn past_the_limit_the_case_is_terminated_for_it() {
    let f = limited(CaseType::LabourOther);
    let body = json!({"reason": "limit_expired", "routes": ["labour_arb"],
        "served_at": "2026-03-17T10:00:00+08:00", "service_proof": "邮寄"});
    let on = |when: &str| {
        let input = read(body.clone(), Terminate::read).unwrap();
        terminate(&f, input, &calendar(), at(when))
    };
    assert!(on("2026-03-17T10:00:00+08:00").is_ok());
    let same_day = on("2026-03-16T23:59:00+08:00");
    assert_eq!(
        reasons(&same_day),
        [Reason::InFuture, Reason::GroundMissing]
    );
}

#[test]
fn a_pause_moves_the_general_limit_only() {
    let mut f = mediating();
    let waiting = |reason| Suspend {
        reason,
        note: None,
        approver: id(0x20),
        consents: vec![id(A), id(B)],
    };
    let approve = |f: &CaseFile, may| {
        suspend(
            f,
            waiting(SuspendReason::Appraisal),
            may,
            &calendar(),
            now(),
        )
    };
    let unknown = approve(&f, false);
    assert_eq!(items(&unknown, Reason::UnknownReference), [ref_to(0x20)]);
    let d = approve(&f, true).unwrap();
    assert_eq!(events(&d), ["case_suspended"]);
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::Suspended);
    let back = at("2026-03-12T10:00:00+08:00");
    assert_eq!(limit(&f, &calendar(), back), Some(day("2026-04-13")));
    let d = resume(&f, &calendar(), back).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::InMediation);
    assert_eq!(f.case.detail.pauses.len(), 1);
    // 2026-04-01 and ten days is Saturday the eleventh.
    let end = day("2026-04-13");
    assert_eq!(limit(&f, &calendar(), back), Some(end));
    assert_eq!(f.case.next_due_at, Some(end.end()));
    f.case.kind = CaseType::LabourOther;
    assert_eq!(limit(&f, &calendar(), back), Some(day("2026-03-16")));
}

#[test]
fn suspending_has_conditions() {
    let mut f = mediating();
    f.sessions[0].state = SessionState::Open;
    let with_reason = |f: &CaseFile, reason, consents: Vec<PartyId>| {
        let input = Suspend {
            reason,
            note: None,
            approver: id(0x20),
            consents,
        };
        suspend(f, input, true, &calendar(), now())
    };
    let got = with_reason(&f, SuspendReason::Absence, vec![id(A)]);
    assert_eq!(
        reasons(&got),
        [Reason::SessionOverlap, Reason::ConsentMissing]
    );
    assert!(with_reason(&f, SuspendReason::Crisis, vec![]).is_ok());
    f.case.detail.stop_demands.push(StopDemand {
        party_id: id(A),
        at: now(),
        refused_at_start: false,
    });
    let got = with_reason(&f, SuspendReason::Crisis, vec![]);
    assert_eq!(items(&got, Reason::StopDemanded), [ref_to(A)]);
}

#[test]
fn a_sham_review_ends_before_mediation_goes_on() {
    let mut f = mediating();
    f.case.detail.sham = true;
    let input = Suspend {
        reason: SuspendReason::ShamCheck,
        note: None,
        approver: id(0x20),
        consents: vec![],
    };
    let d = suspend(&f, input, true, &calendar(), now()).unwrap();
    apply(&mut f, &d);
    let later = at("2026-03-12T10:00:00+08:00");
    assert_eq!(
        reasons(&resume(&f, &calendar(), later)),
        [Reason::ShamUnderReview]
    );
    assert_eq!(
        limit(&f, &calendar(), later),
        Some(day("2026-04-01")),
        "a review of the desk's own stops no clock"
    );
    f.case.detail.sham = false;
    let d = resume(&f, &calendar(), later).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::InMediation);
}
