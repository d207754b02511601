use serde_json::{Value, json};

use super::*;
use crate::domain::case::Risk;
use crate::domain::mediator::{ConflictKind, TeamRole};
use crate::domain::party::{Capacity, Consent, ParticipantKind, Party, PartyRole};
use crate::domain::record::{Incident, IncidentKind, ReportTarget};
use crate::domain::rules::conflicts::Candidate;
use crate::domain::rules::session_kit::*;
use crate::domain::rules::sessions::notify;
use crate::domain::rules::testkit::*;

/// A ready case with an invited joint session.
fn invited() -> CaseFile {
    let mut f = ready();
    plan_joint(&mut f);
    let outcome = notify(&f, &last(&f), now());
    done(&mut f, outcome);
    f
}

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn told_of_protection(kind: IncidentKind, to: &[ReportTarget]) -> Incident {
    Incident {
        protection_order_told: true,
        ..incident(kind, to)
    }
}

fn attend(file: &CaseFile, body: Value) -> Result<Decision, Vec<Refusal>> {
    let input = read(body, Attendance::read).unwrap();
    let facts = SessionFacts {
        known_staff: vec![id(COLLEAGUE)],
        ..SessionFacts::default()
    };
    record_attendance(file, &last(file), &input, &facts, after(10))
}

fn consent(file: &mut CaseFile, party: u128, given: bool) {
    let say = ConsentToSession {
        party_id: id(party),
        given,
        at: None,
    };
    let outcome = consent_to_session(file, &last(file), say, now());
    done(file, outcome);
}

#[test]
fn the_first_opening_begins_mediation() {
    let mut f = invited();
    let input = everybody(&last(&f));
    let outcome = open_it(&f, &input);
    let d = carry(&mut f, outcome);
    assert_eq!(
        events(&d),
        ["session_opened", "attendance_recorded", "mediation_began"]
    );
    assert_eq!(f.case.state, CaseState::InMediation);
    let s = last(&f);
    assert_eq!((s.state, s.opened_at), (SessionState::Open, Some(after(0))));
    assert!(s.attendees.iter().all(|a| a.present == Some(true)));

    // A second one while it runs.
    let due = f.case.next_due_at;
    planned(
        &mut f,
        json!({"kind": "joint", "venue_kind": "home", "venue": "叶家",
        "planned_from": "2026-03-03T09:00:00+08:00", "planned_to": "2026-03-03T10:00:00+08:00"}),
    );
    let input = everybody(&last(&f));
    assert_eq!(reasons(&open_it(&f, &input)), [Reason::SessionOverlap]);
    f.sessions[0].state = SessionState::Closed;
    let outcome = open_it(&f, &input);
    let d = carry(&mut f, outcome);
    assert_eq!(events(&d), ["session_opened", "attendance_recorded"]);
    assert_eq!(f.case.next_due_at, due, "the clock of mediation runs on");
}

#[test]
fn each_guard_of_the_opening_refuses() {
    type Change = fn(&mut CaseFile);
    let cases: [(Reason, Change); 17] = [
        (Reason::ConsentMissing, |f| {
            f.parties[1].consent = Consent::Pending
        }),
        (Reason::StopDemanded, |f| {
            f.case
                .detail
                .stop_demands
                .push(crate::domain::case::StopDemand {
                    party_id: id(RESPONDENT),
                    at: now(),
                    refused_at_start: false,
                });
        }),
        (Reason::ChairMissing, |f| {
            f.assignments[0].to_at = Some(now())
        }),
        (Reason::RecusalOpen, |f| {
            f.recusals.push(crate::domain::mediator::Recusal {
                id: id(0x70),
                case_id: id(1),
                assignment_id: f.assignments[0].id,
                requested_by: id(RESPONDENT),
                ground: None,
                note: None,
                requested_at: now(),
                state: crate::domain::mediator::RecusalState::Requested,
                replaced_by: None,
            });
        }),
        (Reason::ConflictNotWaived, |f| {
            f.assignments[0]
                .conflicts
                .push(crate::domain::mediator::Disclosure {
                    kind: ConflictKind::Interest,
                    party_id: None,
                    participant_id: None,
                    detected: false,
                    at: now(),
                    waivers: Vec::new(),
                });
        }),
        (Reason::RightsNoticeMissing, |f| {
            f.parties[0].rights_notice_at = None
        }),
        (Reason::InviteeConsentMissing, |f| {
            f.participants
                .push(participant(0x301, ParticipantKind::Invited, None));
            let listed = expected(AttendeeKind::Participant, uuid(0x301));
            f.sessions[0].attendees.push(listed);
        }),
        (Reason::PublicNotAllowed, |f| f.sessions[0].is_public = true),
        (Reason::LegalRepMissing, |f| {
            f.parties[1].capacity = Capacity::Limited
        }),
        (Reason::ChildViewMissing, |f| {
            f.parties.push(child(0x103));
        }),
        (Reason::RepresentativesMissing, |f| {
            f.parties.push(party(0x103, 2, PartyRole::Represented));
        }),
        (Reason::IncidentMissing, |f| {
            f.case.risk = Risk::Red;
            f.case.detail.safety_plan = Some("两人在场".to_owned());
        }),
        (Reason::SafetyPlanMissing, |f| {
            f.incidents.push(told_of_protection(
                IncidentKind::RiskRed,
                &[ReportTarget::Police],
            ));
        }),
        (Reason::DvJointRefused, |f| {
            f.incidents.push(told_of_protection(IncidentKind::Dv, &[]))
        }),
        (Reason::ProtectionInfoMissing, |f| {
            let mut i = told_of_protection(IncidentKind::Dv, &[]);
            i.protection_order_told = false;
            f.incidents.push(i);
            for p in [APPLICANT, RESPONDENT] {
                consent(f, p, true);
            }
        }),
        (Reason::MinorHarmNotReported, |f| {
            f.case.detail.minor_harm = true
        }),
        (Reason::ShamUnderReview, |f| f.case.detail.sham = true),
    ];
    for (want, change) in cases {
        let mut f = invited();
        change(&mut f);
        let outcome = open_it(&f, &everybody(&last(&f)));
        assert_eq!(reasons(&outcome), [want]);
    }
}

fn child(n: u128) -> Party {
    let mut p = party(n, 2, PartyRole::Respondent);
    p.birth_date = Some(day("2016-01-01"));
    p.capacity = Capacity::Limited;
    p.rights_notice_at = Some(now());
    p
}

#[test]
fn the_chair_must_be_there_and_somebody_to_mediate() {
    let f = invited();
    let only = |ids: &[u128]| Open {
        at: None,
        present: ids.iter().map(|n| uuid(*n)).collect(),
        public_objections: Vec::new(),
    };
    let outcome = open_it(&f, &only(&[APPLICANT, RESPONDENT, RECORDER]));
    assert_eq!(reasons(&outcome), [Reason::ChairMissing]);
    let outcome = open_it(&f, &only(&[CHAIR, RECORDER]));
    assert_eq!(reasons(&outcome), [Reason::NobodyAttending]);
    let outcome = open_it(&f, &only(&[CHAIR, APPLICANT, 0x999, COLLEAGUE]));
    assert_eq!(items(&outcome, Reason::NotAttending).len(), 2, "strangers");
}

#[test]
fn walk_ins_open_uninvited_when_all_are_there() {
    let mut f = ready();
    plan_joint(&mut f);
    let mut input = everybody(&last(&f));
    assert!(open_it(&f, &input).is_ok());
    input.present.retain(|n| *n != uuid(RESPONDENT));
    let outcome = open_it(&f, &input);
    assert_eq!(
        items(&outcome, Reason::WrongState),
        [uuid(RESPONDENT).to_string()]
    );
    // An agent stands in for the party.
    f.participants.push(agent(0x301, RESPONDENT, &[]));
    input.present.push(uuid(0x301));
    assert!(open_it(&f, &input).is_ok());
}

#[test]
fn an_opening_lies_between_acceptance_and_now() {
    let f = invited();
    let mut input = everybody(&last(&f));
    input.at = Some(after(1));
    assert_eq!(reasons(&open_it(&f, &input)), [Reason::InFuture]);
    input.at = Some(now().plus_seconds(-1));
    assert_eq!(reasons(&open_it(&f, &input)), [Reason::TimeOrder]);
}

#[test]
fn an_objection_closes_the_doors() {
    let mut f = invited();
    f.sessions[0].is_public = true;
    let mut input = everybody(&last(&f));
    input.public_objections = vec![id(APPLICANT)];
    let outcome = open_it(&f, &input);
    done(&mut f, outcome);
    assert!(!last(&f).is_public);
    assert_eq!(last(&f).detail.public_objections, [id(APPLICANT)]);
}

#[test]
fn a_ward_comes_with_a_fit_representative() {
    let mut f = invited();
    f.parties[1] = child(RESPONDENT);
    f.parties[1].detail.child_view = Some("愿意".to_owned());
    let rep = participant(
        0x301,
        ParticipantKind::LegalRepresentative,
        Some(RESPONDENT),
    );
    f.participants.push(rep);
    let mut input = everybody(&last(&f));
    let outcome = open_it(&f, &input);
    assert_eq!(
        items(&outcome, Reason::LegalRepMissing),
        [uuid(RESPONDENT).to_string()]
    );
    // The representative alone stands for the child, who still must have been told.
    input.present.retain(|n| *n != uuid(RESPONDENT));
    input.present.push(uuid(0x301));
    assert!(open_it(&f, &input).is_ok());
    f.parties[1].rights_notice_at = None;
    assert_eq!(reasons(&open_it(&f, &input)), [Reason::RightsNoticeMissing]);
    f.parties[1].rights_notice_at = Some(now());
    f.participants[0].name_key = f.parties[0].name_key.clone();
    let outcome = open_it(&f, &input);
    assert_eq!(
        reasons(&outcome),
        [Reason::OpposingRepresentative, Reason::LegalRepMissing],
        "the other side's own"
    );
}

#[test]
fn an_online_session_needs_each_attending_party() {
    let mut f = ready();
    planned(
        &mut f,
        json!({"kind": "online", "venue_kind": "online",
        "planned_from": "2026-03-02T14:00:00+08:00", "planned_to": "2026-03-02T15:00:00+08:00"}),
    );
    consent(&mut f, APPLICANT, true);
    let outcome = open_it(&f, &everybody(&last(&f)));
    assert_eq!(
        items(&outcome, Reason::OnlineConsentMissing),
        [uuid(RESPONDENT).to_string()]
    );
    consent(&mut f, RESPONDENT, false);
    assert!(open_it(&f, &everybody(&last(&f))).is_err());
    consent(&mut f, RESPONDENT, true);
    assert!(open_it(&f, &everybody(&last(&f))).is_ok());
}

#[test]
fn a_victim_decides_on_every_meeting_with_the_other_side() {
    let mut f = ready();
    let mut dv = told_of_protection(IncidentKind::Dv, &[]);
    dv.victim_party_id = Some(id(APPLICANT));
    f.incidents.push(dv);
    // Called a caucus, yet both sides sit in it.
    planned(
        &mut f,
        json!({"kind": "caucus", "venue_kind": "home", "venue": "叶家",
        "parties": [uuid(APPLICANT), uuid(RESPONDENT)],
        "planned_from": "2026-03-02T14:00:00+08:00", "planned_to": "2026-03-02T15:00:00+08:00"}),
    );
    let outcome = open_it(&f, &everybody(&last(&f)));
    assert_eq!(
        items(&outcome, Reason::DvJointRefused),
        [uuid(APPLICANT).to_string()]
    );
    f.sessions[0].attendees.retain(|a| a.id != uuid(RESPONDENT));
    let outcome = open_it(&f, &everybody(&last(&f)));
    done(&mut f, outcome);
    // The other side walks in.
    let outcome = attend(&f, json!({"present": [uuid(RESPONDENT)]}));
    assert_eq!(reasons(&outcome), [Reason::DvJointRefused]);
    consent(&mut f, APPLICANT, true);
    assert!(attend(&f, json!({"present": [uuid(RESPONDENT)]})).is_ok());
}

#[test]
fn ties_to_people_who_joined_later_are_found_at_the_opening() {
    let f = invited();
    let tied = Candidate {
        agent_of: vec![id(RESPONDENT)],
        ..candidate(CHAIR)
    };
    let facts = SessionFacts {
        known_staff: Vec::new(),
        team: vec![tied],
    };
    let input = everybody(&last(&f));
    let outcome = open_with(&f, &input, &facts);
    let tie = format!("prior_agent:{}", uuid(RESPONDENT));
    assert_eq!(items(&outcome, Reason::ConflictNotWaived), [tie]);
}

fn open_with(f: &CaseFile, input: &Open, facts: &SessionFacts) -> Result<Decision, Vec<Refusal>> {
    open(f, &last(f), input, facts, &calendar(), after(0))
}

#[test]
fn a_caucus_is_with_a_party_that_is_there() {
    let mut f = invited();
    let with = |n| OpenCaucus { party_id: id(n) };
    assert_eq!(
        reasons(&open_caucus(&f, &last(&f), with(APPLICANT))),
        [Reason::WrongState, Reason::NotAttending]
    );
    let input = everybody(&last(&f));
    let outcome = open_it(&f, &input);
    done(&mut f, outcome);
    let outcome = open_caucus(&f, &last(&f), with(APPLICANT));
    let d = carry(&mut f, outcome);
    assert_eq!(events(&d), ["caucus_opened"]);
    let s = last(&f);
    assert_eq!(
        (s.state, s.caucus_party),
        (SessionState::CaucusOpen, Some(id(APPLICANT)))
    );
    assert_eq!(
        reasons(&open_caucus(&f, &s, with(RESPONDENT))),
        [Reason::WrongState]
    );
    let outcome = end_caucus(&f, &s);
    done(&mut f, outcome);
    assert_eq!(
        (last(&f).state, last(&f).caucus_party),
        (SessionState::Open, None)
    );
    assert_eq!(reasons(&end_caucus(&f, &last(&f))), [Reason::WrongState]);
}

#[test]
fn late_comers_satisfy_what_the_opening_asked() {
    let mut f = invited();
    let mut input = everybody(&last(&f));
    input.present.retain(|n| *n != uuid(RESPONDENT));
    f.parties[1].rights_notice_at = None;
    let outcome = open_it(&f, &input);
    done(&mut f, outcome);
    let late = json!({"present": [uuid(RESPONDENT), uuid(COLLEAGUE)]});
    assert_eq!(
        reasons(&attend(&f, late.clone())),
        [Reason::RightsNoticeMissing]
    );
    f.parties[1].rights_notice_at = Some(now());
    let version = f.case.version;
    let outcome = attend(&f, late);
    let d = carry(&mut f, outcome);
    assert!(!d.case_changed(), "appended");
    assert_eq!(f.case.version, version);
    assert_eq!(present_staff(&last(&f)).count(), 3);
    assert_eq!(
        reasons(&attend(&f, json!({"present": [uuid(0x999)]}))),
        [Reason::NotAttending]
    );

    let both = json!({"present": [uuid(CHAIR)], "absent": [uuid(CHAIR)]});
    assert_eq!(
        violations(read(both, Attendance::read)),
        ["/absent duplicate"]
    );
    assert_eq!(
        violations(read(json!({}), Attendance::read)),
        ["/present required"]
    );
}

#[test]
fn consent_to_a_session_is_asked_while_it_lasts() {
    let mut f = invited();
    consent(&mut f, APPLICANT, true);
    consent(&mut f, APPLICANT, false);
    assert_eq!(last(&f).detail.consents.len(), 1);
    let say = ConsentToSession {
        party_id: id(0x999),
        given: true,
        at: Some(after(0)),
    };
    f.sessions[0].state = SessionState::Closed;
    assert_eq!(
        reasons(&consent_to_session(&f, &last(&f), say, now())),
        [
            Reason::WrongState,
            Reason::UnknownReference,
            Reason::InFuture
        ]
    );
}

#[test]
fn a_new_chair_who_is_on_no_list_may_open() {
    let mut f = invited();
    f.assignments[0].to_at = Some(now());
    f.assignments.push(seat(SECOND, TeamRole::Chair));
    let mut input = everybody(&last(&f));
    input.present.push(uuid(SECOND));
    assert!(open_it(&f, &input).is_ok());
}
