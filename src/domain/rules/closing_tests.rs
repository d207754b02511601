use serde_json::{Value, json};

use super::*;
use crate::domain::case::CaseState;
use crate::domain::movement::{Transfer, TransferState, TransferVerb};
use crate::domain::party::Consent;
use crate::domain::record::{DocType, IncidentKind, ReportTarget, Satisfaction};
use crate::domain::rules::agreement_kit::*;
use crate::domain::rules::dossier::*;
use crate::domain::rules::evaluation::*;
use crate::domain::rules::open_duties::{OpenDutyKind, open_duties};
use crate::domain::rules::testkit::*;

fn shut(f: &CaseFile) -> Result<Decision, Vec<Refusal>> {
    close(f, &calendar(), now())
}

fn closed(mut f: CaseFile) -> CaseFile {
    let d = shut(&f).unwrap();
    apply(&mut f, &d);
    f
}

fn terminated(reason: TerminationReason) -> CaseFile {
    let mut f = mediating();
    f.case.state = CaseState::Terminated;
    f.case.detail.termination = Some(Termination {
        reason,
        note: None,
        at: now(),
        routes: Vec::new(),
        served_at: now(),
        service_proof: "签收".to_owned(),
        partial: false,
    });
    f
}

#[test]
fn a_success_closes_when_nothing_is_owed() {
    let f = agreed_with(json!([debt(0x501, 1000, "2026-04-01")]));
    assert_eq!(items(&shut(&f), Reason::ObligationsOpen), [ref_to(0x501)]);
    let f = closed(agreed_with(json!([])));
    assert_eq!(f.case.state, CaseState::ClosedSuccess);
    assert_eq!(f.case.outcome, Some(Outcome::SuccessWritten));
    assert_eq!(f.case.closed_at, Some(now()));
    assert!(!f.case.live);
}

/// 领导包案 lasts until it is signed off (section 4.3).
#[test]
fn a_leader_in_charge_signs_off_first() {
    let mut f = agreed_with(json!([]));
    f.owners.push(owner(0x710, 0x2D));
    assert_eq!(items(&shut(&f), Reason::NotSignedOff), [ref_to(0x710)]);
    let owed = open_duties(&f, now().local_date());
    let named = owed.iter().map(|d| (d.kind, d.who.id)).collect::<Vec<_>>();
    let leader = crate::domain::ids::UserId::new(uuid::Uuid::from_u128(0x2D));
    assert_eq!(named, [(OpenDutyKind::CaseOwner, leader.uuid)]);
    f.case.state = CaseState::ClosedSuccess;
    let bars = archive_guards(&f, now().local_date());
    assert!(bars.iter().any(|r| r.reason == Reason::NotSignedOff));
    f.owners[0].to_at = Some(now());
    f.case.state = CaseState::Agreed;
    assert!(shut(&f).is_ok());
    assert!(open_duties(&f, now().local_date()).is_empty());
}

#[test]
fn a_kept_promise_to_abstain_keeps_nothing_open() {
    let abstain = |due: &str| {
        json!([{"id": ref_to(0x501), "debtor_id": ref_to(B), "creditor_id": ref_to(A),
            "kind": "abstain", "description": "不再堵路", "due_on": due, "mode": "other"}])
    };
    let f = agreed_with(abstain("2026-06-01"));
    assert_eq!(reasons(&shut(&f)), [Reason::ObligationsOpen]);
    let f = closed(agreed_with(abstain("2026-03-01")));
    assert_eq!(f.case.state, CaseState::ClosedSuccess);
}

#[test]
fn refusal_and_withdrawal_are_no_failures() {
    use TerminationReason as R;
    for (reason, mediated, outcome) in [
        (R::RefusedAtStart, false, Outcome::Refused),
        (R::TerminationDemanded, false, Outcome::Refused),
        (R::TerminationDemanded, true, Outcome::Failed),
        (R::WithdrawnByApplicant, true, Outcome::Withdrawn),
        (R::SettledPrivately, true, Outcome::Withdrawn),
        (R::OutOfScopeFound, true, Outcome::Referred),
        (R::Irreconcilable, true, Outcome::Failed),
        (R::LimitExpired, true, Outcome::Failed),
        (R::Sham, true, Outcome::Failed),
    ] {
        let mut f = terminated(reason);
        if !mediated {
            f.sessions.clear();
        }
        let f = closed(f);
        assert_eq!(f.case.state, CaseState::ClosedFailed, "{reason}");
        assert_eq!(f.case.outcome, Some(outcome), "{reason}");
    }
    let mut f = mediating();
    f.case.state = CaseState::Rejected;
    let f = closed(f);
    assert_eq!(f.case.state, CaseState::ClosedNotAccepted);
    assert_eq!(f.case.outcome, Some(Outcome::NotAccepted));
}

#[test]
fn a_breach_closes_only_by_a_way_taken() {
    let mut f = agreed_with(json!([debt(0x501, 1000, "2026-03-03")]));
    f.case.state = CaseState::Breached;
    f.agreements[0].state = AgreementState::Breached;
    f.obligations[0].state = ObligationState::Defaulted;
    assert_eq!(reasons(&shut(&f)), [Reason::ObligationsOpen]);
    for (route, state) in [
        (BreachRoute::PaymentOrder, CaseState::ClosedToCourt),
        (BreachRoute::Enforcement, CaseState::ClosedToCourt),
        (BreachRoute::Government, CaseState::ClosedFailed),
    ] {
        f.agreements[0].detail.breach_route = Some(route);
        let done = closed(f.clone());
        assert_eq!(done.case.state, state, "{route}");
        assert_eq!(done.case.outcome, Some(Outcome::Referred));
    }
    f.agreements[0].detail.breach_route = Some(BreachRoute::ReMediation);
    assert_eq!(reasons(&shut(&f)), [Reason::ObligationsOpen]);
}

#[test]
fn a_part_agreed_is_a_partial_outcome() {
    let mut f = agreed_with(json!([]));
    f.case.state = CaseState::Terminated;
    f.case.detail.termination = terminated(TerminationReason::Irreconcilable)
        .case
        .detail
        .termination;
    let f = closed(f);
    assert_eq!(f.case.state, CaseState::ClosedSuccess);
    assert_eq!(f.case.outcome, Some(Outcome::Partial));
}

#[test]
fn loose_ends_and_unreported_dangers_keep_a_case_open() {
    let mut f = terminated(TerminationReason::Irreconcilable);
    f.case.risk = Risk::Red;
    f.case.detail.minor_harm = true;
    f.transfers.push(Transfer {
        id: id(0x90),
        case_id: id(1),
        verb: TransferVerb::Escalate,
        from_id: id(VILLAGE),
        to_id: Some(id(DESK)),
        external_target: None,
        route: None,
        state: TransferState::Submitted,
        reasons: Vec::new(),
        note: String::new(),
        handling_so_far: None,
        materials: Vec::new(),
        no_materials: None,
        result_required: false,
        result_due_at: None,
        due_at: None,
        submitted_by: id(0x20),
        submitted_at: now(),
        decided_by: None,
        decided_at: None,
        defects: Vec::new(),
        sender_consent: None,
        answer: None,
        result: None,
        result_at: None,
        parent_id: None,
        contest: None,
        designation: None,
        climb: None,
    });
    let got = shut(&f);
    assert_eq!(
        reasons(&got),
        [
            Reason::TransferPending,
            Reason::IncidentMissing,
            Reason::MinorHarmNotReported
        ]
    );
    f.transfers.clear();
    f.case.detail.minor_harm = false;
    f.incidents
        .push(incident(IncidentKind::RiskRed, &[ReportTarget::Police]));
    assert!(shut(&f).is_ok());
}

#[test]
fn a_paper_out_for_signature_is_finished_or_given_up_first() {
    let mut f = agreed_with(json!([]));
    let mut second = f.agreements[0].clone();
    second.id = id(0x402);
    second.state = AgreementState::Signing;
    f.agreements.push(second);
    assert_eq!(items(&shut(&f), Reason::NotAllSigned), [ref_to(0x402)]);
    f.agreements[1].state = AgreementState::Draft;
    let d = shut(&f).unwrap();
    assert_eq!(events(&d), ["agreement_dropped", "case_closed"]);
}

fn try_reopen(f: &CaseFile, ground: &str, consents: Value) -> Result<Decision, Vec<Refusal>> {
    let body = json!({"ground": ground, "consents": consents, "reason": "再起纠纷"});
    let input = read(body, Reopen::read).unwrap();
    reopen(f, input, &calendar(), at("2026-05-01T10:00:00+08:00"))
}

#[test]
fn all_consent_to_a_new_round() {
    let mut f = closed(terminated(TerminationReason::TerminationDemanded));
    f.parties[1].consent = Consent::Withdrawn;
    f.case.detail.stop_demands.push(StopDemand {
        party_id: id(B),
        at: now(),
        refused_at_start: false,
    });
    f.issues[0].state = IssueState::Referred;
    let got = try_reopen(&f, "consent", json!([ref_to(A)]));
    assert_eq!(items(&got, Reason::NotReopenable), [ref_to(B)]);
    let d = try_reopen(&f, "consent", json!([ref_to(A), ref_to(B)])).unwrap();
    assert_eq!(
        events(&d),
        ["case_reopened", "consent_given", "issue_changed"]
    );
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::InMediation);
    assert!(f.case.live && f.case.closed_at.is_none() && f.case.outcome.is_none());
    assert_eq!(f.case.detail.round_no, 2);
    assert!(f.case.detail.stop_demands.is_empty());
    assert_eq!(f.parties[1].consent, Consent::Given);
    assert_eq!(f.issues[0].state, IssueState::Open);
    let limit = super::super::limits::limit(&f, &calendar(), now());
    assert_eq!(limit, Some(day("2026-06-01")), "a new limit");
}

#[test]
fn grounds_are_borne_out_and_unaccepted_matters_are_screened_again() {
    let f = closed(agreed_with(json!([])));
    assert_eq!(
        items(&try_reopen(&f, "breach", json!([])), Reason::NotReopenable),
        ["ground:breach"]
    );
    assert!(try_reopen(&f, "variation", json!([])).is_ok());
    let abstain = json!([{"id": ref_to(0x501), "debtor_id": ref_to(B), "creditor_id": ref_to(A),
        "kind": "abstain", "description": "不再堵路", "due_on": "2026-03-01", "mode": "other"}]);
    let mut f = closed(agreed_with(abstain));
    let d = try_reopen(&f, "breach", json!([])).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.issues[0].state, IssueState::Open);

    let mut f = file(CaseState::ClosedNotAccepted);
    f.case.outcome = Some(Outcome::NotAccepted);
    let d = try_reopen(&f, "consent", json!([ref_to(A)])).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.case.state, CaseState::Screening);
    let f = file(CaseState::ClosedFailed);
    let d = try_reopen(&f, "consent", json!([ref_to(A), ref_to(B)])).unwrap();
    assert_eq!(d.case().state, CaseState::Screening, "never accepted");
}

#[test]
fn the_dossier_tells_what_it_lacks() {
    let mut f = closed(agreed_with(json!([])));
    let lacking = dossier_missing(&f);
    assert_eq!(
        lacking,
        [
            "application".to_owned(),
            format!("rights_notice:{}", ref_to(A)),
            format!("identity:{}", ref_to(A)),
            format!("rights_notice:{}", ref_to(B)),
            format!("identity:{}", ref_to(B)),
            "follow_up".to_owned(),
        ]
    );
    let archived = |f: &CaseFile, waiver: Option<&str>| {
        let input = Archive {
            follow_up_waiver: waiver.map(str::to_owned),
            ..Archive::default()
        };
        archive(f, input, &calendar(), now())
    };
    assert_eq!(
        items(&archived(&f, None), Reason::DossierIncomplete),
        lacking
    );
    for (n, doc) in [
        (0x901, DocType::Application),
        (0x902, DocType::RightsNotice),
        (0x903, DocType::IdentityProof),
    ] {
        f.attachments.push(paper(n, doc));
    }
    assert_eq!(dossier_missing(&f), ["follow_up"]);
    let d = archived(&f, Some("当事人外出务工，电话已确认")).unwrap();
    assert_eq!(events(&d), ["case_archived"]);
    assert_eq!(d.case().state, CaseState::Archived);
    assert_eq!(d.case().detail.retention, Some(Retention::Long));
    f.sessions[0].minutes = None;
    f.attachments.push(paper(0x904, DocType::FollowUp));
    assert_eq!(dossier_missing(&f), [format!("record:{}", ref_to(0x70))]);
    let longer = Archive {
        retention: Some(Retention::Permanent),
        retention_reason: Some("涉侨".to_owned()),
        ..Archive::default()
    };
    let shorter = Archive {
        retention: Some(Retention::Short),
        ..Archive::default()
    };
    f.sessions[0].minutes = Some(crate::domain::secret::Secret::new("x"));
    for (input, want) in [(longer, Retention::Permanent), (shorter, Retention::Long)] {
        let d = archive(&f, input, &calendar(), now()).unwrap();
        assert_eq!(d.case().detail.retention, Some(want));
    }
}

#[test]
fn retention_follows_the_matter() {
    assert_eq!(default_retention(&mediating()), Retention::Short);
    let mut f = mediating();
    f.case.kind = CaseType::HouseHomestead;
    assert_eq!(default_retention(&f), Retention::Permanent);
    let mut f = mediating();
    f.parties[0].detail.overseas = true;
    assert_eq!(default_retention(&f), Retention::Permanent);
    assert_eq!(
        default_retention(&group_file(CaseState::ClosedFailed, 5, 8)),
        Retention::Permanent
    );
    assert_eq!(default_retention(&agreed_with(json!([]))), Retention::Long);
}

/// Somebody who never was on the team.
fn desk() -> crate::domain::rules::Who {
    crate::domain::rules::Who {
        user: id(0x2F),
        units: Vec::new(),
    }
}

fn signed_by_a() -> crate::domain::record::Attachment {
    let mut paper = attachment(0x700);
    paper.signed_by = vec![id(A)];
    paper
}

#[test]
fn only_a_party_evaluates_once_after_feedback() {
    let mut f = closed(agreed_with(json!([])));
    let rate = |f: &CaseFile, participant: Option<u128>| {
        let input = Evaluate {
            id: None,
            party: id(A),
            satisfaction: Satisfaction::Basically,
            comment: None,
            given_via: DeclaredBy::Signed,
            by_participant: participant.map(id),
            evidence: id(0x700),
        };
        evaluate(f, input, &desk(), &mut Ids::default(), now())
    };
    f.attachments.push(signed_by_a());
    assert_eq!(reasons(&rate(&f, None)), [Reason::FeedbackMissing]);
    let told = GiveFeedback {
        text: "协议已履行".to_owned(),
        given_at: now(),
    };
    let d = give_feedback(&f, told.clone(), &me(), now()).unwrap();
    apply(&mut f, &d);
    let again = give_feedback(&f, told, &me(), now());
    assert_eq!(reasons(&again), [Reason::AlreadyDone]);
    f.participants.push(agent(
        0x801,
        B,
        &[crate::domain::party::MandateScope::Attend],
    ));
    let stranger = rate(&f, Some(0x801));
    assert_eq!(reasons(&stranger), [Reason::EvaluationNotByParty]);
    f.participants[0].party_id = Some(id(A));
    assert!(rate(&f, Some(0x801)).is_ok());
    let d = rate(&f, None).unwrap();
    assert!(!d.case_changed(), "a closed case stays as it is");
    apply(&mut f, &d);
    assert_eq!(reasons(&rate(&f, None)), [Reason::AlreadyEvaluated]);
    let faults = read(
        json!({"party_id": ref_to(A), "satisfaction": "not_rated", "given_via": "application",
            "evidence_id": ref_to(0x700)}),
        Evaluate::read,
    );
    assert_eq!(
        violations(faults),
        ["/given_via not_allowed", "/satisfaction not_allowed"]
    );
}

#[test]
fn a_ward_evaluates_by_its_representative() {
    let mut f = closed(agreed_with(json!([])));
    f.case.detail.feedback = Some(Feedback {
        text: "x".to_owned(),
        at: now(),
        by: id(CHAIR),
    });
    f.parties[0].capacity = crate::domain::party::Capacity::None;
    let input = Evaluate {
        id: None,
        party: id(A),
        satisfaction: Satisfaction::Satisfied,
        comment: None,
        given_via: DeclaredBy::InPerson,
        by_participant: None,
        evidence: id(0x700),
    };
    f.attachments.push(signed_by_a());
    let got = evaluate(&f, input, &desk(), &mut Ids::default(), now());
    assert_eq!(reasons(&got), [Reason::EvaluationNotByParty]);
}
