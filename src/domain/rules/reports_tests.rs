//! Flags, reports and the end of incidents.
#![cfg(test)]

use serde_json::json;

use super::flags::*;
use super::incidents::{red_reported, session_risk_guards};
use super::reports::*;
use super::testkit::*;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::ids::*;
use crate::domain::notice::Recipient;
use crate::domain::party::Capacity;
use crate::domain::record::IncidentKind;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::time::Instant;

type Outcome = Result<Decision, Vec<Refusal>>;

fn flag(f: &CaseFile, body: serde_json::Value) -> Outcome {
    let input = read(body, Raise::read).expect("a readable body");
    let facts = RaiseFacts {
        calendar: calendar(),
        county: Some(id(COUNTY)),
    };
    let mut ids = Ids(0xF000 + f.incidents.len() as u128);
    raise(f, input, &facts, &who(0x20, &[]), &mut ids, now())
}

fn flagged(state: CaseState, body: serde_json::Value) -> CaseFile {
    let mut f = file(state);
    let d = flag(&f, body).expect("raised");
    apply(&mut f, &d);
    f
}

fn tell(f: &CaseFile, to: &[&str], at: Instant) -> Outcome {
    let body = json!({"reported_to": to, "reported_at": now(), "receipt_no": "凤溪110-7",
        "safety_plan": "两名工作人员在场"});
    let input = read(body, Report::read).expect("a readable body");
    report(f, f.incidents[0].id, input, at)
}

fn close(f: &CaseFile, body: serde_json::Value, unit: u128, at: Instant) -> Outcome {
    let input = read(body, CloseIncident::read).expect("a readable body");
    close_incident(f, f.incidents[0].id, input, &who(0x21, &[unit]), at)
}

#[test]
fn a_red_flag_marks_alerts_and_waits_for_its_report() {
    let f = file(CaseState::InMediation);
    let d = flag(&f, json!({"kind": "risk_red"})).unwrap();
    assert_eq!(events(&d), ["flag_raised", "risk_changed"]);
    let told: Vec<_> = d.notices.iter().map(|(to, _)| *to).collect();
    for to in [id(VILLAGE), id(DESK), id(COUNTY)] {
        assert!(told.contains(&Recipient::Unit(to)));
    }
    let mut f = f;
    apply(&mut f, &d);
    assert_eq!(f.case.risk, Risk::Red);
    assert!(!red_reported(&f));
    assert_eq!(report_due(&f.incidents[0], []), Some(now().plus_hours(2)));

    assert_eq!(
        reasons(&tell(&f, &["superior"], now())),
        [Reason::IncidentMissing]
    );
    let d = tell(&f, &["police"], now()).unwrap();
    assert!(!d.case_changed());
    apply(&mut f, &d);
    assert!(red_reported(&f));
    assert!(session_risk_guards(&f, &[], true).is_empty());
}

#[test]
fn the_same_flag_is_raised_once_while_open() {
    let f = flagged(CaseState::Screening, json!({"kind": "crime"}));
    assert_eq!(
        reasons(&flag(&f, json!({"kind": "crime"}))),
        [Reason::AlreadyDone]
    );
    assert!(flag(&f, json!({"kind": "risk_red"})).is_ok());
    let mut f = f;
    f.incidents[0].closed_at = Some(now());
    assert!(flag(&f, json!({"kind": "crime"})).is_ok());
}

#[test]
fn violence_hides_the_victims_contacts() {
    let victim = id::<PartyKey>(0x101);
    let f = flagged(
        CaseState::Accepted,
        json!({"kind": "dv", "victim_party_id": victim}),
    );
    assert!(f.case.detail.dv);
    assert_eq!(f.case.risk, Risk::Orange);
    assert_eq!(f.case.detail.confidentiality, Some(Confidentiality::L4));
    assert_eq!(f.case.detail.risk_hints, [RiskHint::Dv]);
    assert_eq!(
        (f.parties[0].contact_hidden, f.parties[1].contact_hidden),
        (true, false)
    );

    let f = flagged(CaseState::Accepted, json!({"kind": "dv"}));
    assert!(
        f.parties.iter().all(|p| p.contact_hidden),
        "nobody is named"
    );

    let stranger = id::<PartyKey>(0x999);
    let outcome = flag(&f, json!({"kind": "dv", "victim_party_id": stranger}));
    assert_eq!(reasons(&outcome), [Reason::UnknownReference]);
}

#[test]
fn violence_against_the_incapable_goes_to_the_police() {
    let mut f = file(CaseState::Accepted);
    f.parties[0].capacity = Capacity::Limited;
    let d = flag(
        &f,
        json!({"kind": "dv", "victim_party_id": f.parties[0].id}),
    )
    .unwrap();
    apply(&mut f, &d);
    assert_eq!(
        reasons(&tell(&f, &["women_federation"], now())),
        [Reason::DvReportMissing]
    );
    let outcome = json!({"outcome": "已安置"});
    assert_eq!(
        reasons(&close(&f, outcome.clone(), DESK, now())),
        [Reason::DvReportMissing, Reason::ProtectionInfoMissing]
    );
    let d = tell(&f, &["women_federation", "police"], now()).unwrap();
    apply(&mut f, &d);
    let called = close(&f, outcome.clone(), DESK, now());
    assert_eq!(
        items(&called, Reason::DvReportMissing),
        ["written"],
        "the paper follows the call"
    );
    let body = json!({"reported_to": ["police"], "reported_at": now(), "via": "written", "receipt_no": "W-1"});
    let paper = read(body, Report::read).expect("a readable body");
    let d = report(&f, f.incidents[0].id, paper, now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(
        reasons(&close(&f, outcome, DESK, now())),
        [Reason::ProtectionInfoMissing]
    );
}

#[test]
fn harm_to_a_minor_is_reported_to_all_three() {
    let f = flagged(CaseState::InMediation, json!({"kind": "minor_harm"}));
    assert_eq!(f.case.risk, Risk::Red);
    assert_eq!(f.case.detail.confidentiality, Some(Confidentiality::L5));
    assert_eq!(
        report_due(&f.incidents[0], []),
        Some(now().plus_minutes(30))
    );
    let two = tell(&f, &["police", "education"], now());
    assert_eq!(items(&two, Reason::MinorHarmNotReported), ["civil_affairs"]);
    assert!(tell(&f, &["police", "education", "civil_affairs"], now()).is_ok());
    let away = close(&f, json!({"outcome": "x", "unfounded": true}), DESK, now());
    assert_eq!(
        reasons(&away),
        [Reason::MinorHarmNotReported],
        "never waved away"
    );
}

#[test]
fn nothing_was_prevented_without_measures_and_a_report() {
    let mut f = flagged(CaseState::InMediation, json!({"kind": "risk_red"}));
    f.attachments.push(attachment(0x50));
    f.attachments[0].stored_at = Some(now());
    let claim = json!({"outcome": "防止民转刑", "prevention_evidence": [f.attachments[0].id]});
    let later = now().plus_days(30);
    let refused = close(&f, claim.clone(), DESK, later);
    assert_eq!(
        reasons(&refused),
        [Reason::IncidentMissing, Reason::MeasuresMissing]
    );
    let d = tell(&f, &["police"], now()).unwrap();
    apply(&mut f, &d);
    assert!(close(&f, claim.clone(), DESK, later).is_ok());
    f.incidents[0].kind = IncidentKind::Crime;
    assert_eq!(
        reasons(&close(&f, claim, DESK, later)),
        [Reason::MeasuresMissing],
        "what happened was not prevented"
    );
}

#[test]
fn a_level_is_never_lowered() {
    let mut f = file(CaseState::InMediation);
    f.case.risk = Risk::Red;
    f.case.detail.confidentiality = Some(Confidentiality::L5);
    let d = flag(&f, json!({"kind": "dv"})).unwrap();
    assert!(!events(&d).contains(&"risk_changed"));
    apply(&mut f, &d);
    assert_eq!(f.case.risk, Risk::Red);
    assert_eq!(f.case.detail.confidentiality, Some(Confidentiality::L5));
}

#[test]
fn sham_suspends_mediation_until_the_review_ends() {
    let mut f = flagged(CaseState::InMediation, json!({"kind": "sham"}));
    assert_eq!(f.case.state, CaseState::Suspended);
    let suspension = f.case.detail.suspension.clone().unwrap();
    assert_eq!(suspension.reason, SuspendReason::ShamCheck);
    assert_eq!(suspension.from_state, CaseState::InMediation);
    assert_eq!(f.case.risk, Risk::Blue);

    let confirmed = close(&f, json!({"outcome": "查实"}), DESK, now());
    assert_eq!(
        reasons(&confirmed),
        [Reason::IncidentMissing],
        "tell the court or the police"
    );
    let d = close(
        &f,
        json!({"outcome": "查无实据", "unfounded": true}),
        DESK,
        now(),
    )
    .unwrap();
    assert_eq!(events(&d), ["incident_closed", "flag_cleared"]);
    apply(&mut f, &d);
    assert!(!f.case.detail.sham);
    assert_eq!(
        f.case.state,
        CaseState::Suspended,
        "resuming is an act of its own"
    );

    let early = flagged(CaseState::Screening, json!({"kind": "sham"}));
    assert_eq!(early.case.state, CaseState::Screening);
}

#[test]
fn times_are_in_order() {
    let f = file(CaseState::InMediation);
    let late = flag(
        &f,
        json!({"kind": "crime", "found_at": now().plus_seconds(1)}),
    );
    assert_eq!(reasons(&late), [Reason::InFuture]);
    let before = json!({"kind": "crime", "found_at": now(), "report": {
        "reported_to": ["police"], "reported_at": now().plus_seconds(-1), "receipt_no": "1"}});
    assert_eq!(reasons(&flag(&f, before)), [Reason::TimeOrder]);
    let f = flagged(CaseState::InMediation, json!({"kind": "crime"}));
    assert_eq!(
        reasons(&tell(&f, &["police"], now().plus_seconds(-1))),
        [Reason::InFuture]
    );
}

#[test]
fn an_incident_may_come_with_its_report() {
    let body = json!({"kind": "risk_red", "found_at": now().plus_hours(-1), "report": {
        "reported_to": ["police", "health"], "reported_at": now(), "receipt_no": "凤溪110-7"}});
    let mut f = file(CaseState::InMediation);
    let d = flag(&f, body).unwrap();
    assert_eq!(
        events(&d),
        ["flag_raised", "risk_changed", "incident_recorded"]
    );
    apply(&mut f, &d);
    assert!(red_reported(&f));
    let d = tell(&f, &["court"], now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.incidents[0].reported_to.len(), 3, "a second report adds");
    assert_eq!(f.incidents[0].receipt_no.as_deref(), Some("凤溪110-7"));
    let none = json!({"reported_to": [], "reported_at": now(), "receipt_no": "1"});
    assert_eq!(
        violations(read(none, Report::read)),
        ["/reported_to required"]
    );
}

#[test]
fn prevention_is_claimed_after_thirty_quiet_days_with_evidence() {
    let mut f = flagged(CaseState::Rejected, json!({"kind": "risk_red"}));
    assert_eq!(
        reasons(&close(&f, json!({"outcome": "平稳"}), DESK, now())),
        [Reason::IncidentMissing]
    );
    let d = tell(&f, &["police"], now()).unwrap();
    apply(&mut f, &d);
    let outsider = close(&f, json!({"outcome": "平稳"}), 0x77, now());
    assert_eq!(reasons(&outsider), [Reason::NotHolder]);

    let claim = json!({"outcome": "已平稳", "prevention_evidence": [id::<AttachmentKey>(0x50)]});
    let quiet = now().plus_days(30);
    assert_eq!(
        reasons(&close(&f, claim.clone(), DESK, quiet)),
        [Reason::UnknownReference]
    );
    f.attachments.push(attachment(0x50));
    let soon = close(&f, claim.clone(), DESK, quiet.plus_seconds(-1));
    assert_eq!(reasons(&soon), [Reason::NotQuiet]);
    let d = close(&f, claim, DESK, quiet).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.incidents[0].closed_at, Some(quiet));
    assert_eq!(f.incidents[0].prevention_evidence, [id(0x50)]);
    assert_eq!(
        reasons(&tell(&f, &["police"], quiet)),
        [Reason::AlreadyDone]
    );
    assert_eq!(f.incidents[0].kind, IncidentKind::RiskRed);
}
