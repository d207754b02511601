//! Builders for the tests of mediators and sessions.
#![cfg(test)]

use serde_json::json;

use super::conflicts::Candidate;
use super::session_guards::SessionFacts;
use super::sessions::PlanFacts;
use super::testkit::*;
use super::{Who, session_course, sessions};
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::mediator::*;
use crate::domain::notice::{NoticeKind, Recipient};
use crate::domain::org::*;
use crate::domain::refusal::Refusal;
use crate::domain::session::*;
use crate::domain::time::Instant;

/// The committee of the township desk, which is that of the case.
pub const COMMITTEE: u128 = 0x50;
/// The chair 林德水, his recorder, a second mediator 陈月娥, a colleague off the team.
pub const CHAIR: u128 = 0x61;
pub const RECORDER: u128 = 0x62;
pub const SECOND: u128 = 0x63;
pub const COLLEAGUE: u128 = 0x64;
pub const APPLICANT: u128 = 0x101;
pub const RESPONDENT: u128 = 0x102;

pub fn staff() -> Who {
    who(CHAIR, &[VILLAGE])
}

pub fn user(n: u128) -> User {
    User {
        id: id(n),
        username: format!("u{n:x}"),
        name: format!("林{n:x}"),
        email: None,
        phone: None,
        id_no: None,
        address: None,
        birth_date: Some(day("1970-05-01")),
        locale: "zh-CN".to_owned(),
        state: UserState::Active,
        password_phc: None,
        password_changed_at: None,
        epoch: 0,
        created_at: now(),
        updated_at: now(),
    }
}

pub fn committee(n: u128, org: u128) -> Committee {
    Committee {
        id: id(n),
        org_id: id(org),
        kind: CommitteeKind::Township,
        name: "凤溪乡人民调解委员会".to_owned(),
        prefix: "凤溪".to_owned(),
        seal_no: "S-1".to_owned(),
        term_from: day("2024-01-01"),
        term_to: day("2026-12-31"),
        active: true,
        created_at: now(),
    }
}

pub fn member(committee: u128, user: u128) -> Member {
    Member {
        id: id(0x5000 + user),
        committee_id: id(committee),
        user_id: id(user),
        appointment: AppointmentKind::Engaged,
        full_time: true,
        is_chair: false,
        female: true,
        from_on: day("2024-01-01"),
        to_on: None,
        created_at: now(),
    }
}

/// A member of the case's committee without any tie.
pub fn candidate(n: u128) -> Candidate {
    Candidate {
        user: user(n),
        memberships: vec![(committee(COMMITTEE, DESK), member(COMMITTEE, n))],
        relatives: Vec::new(),
        agent_of: Vec::new(),
    }
}

pub fn seat(user: u128, role: TeamRole) -> Assignment {
    Assignment {
        id: id(0x700 + user),
        case_id: id(1),
        user_id: id(user),
        role,
        committee_id: Some(id(COMMITTEE)),
        mode: SelectionMode::Designated,
        from_at: now(),
        to_at: None,
        end_reason: None,
        conflicts: Vec::new(),
        created_by: id(0x20),
    }
}

/// An assigned case with a chair and a recorder, whose parties were told their rights.
pub fn ready() -> CaseFile {
    let mut file = file(CaseState::Assigned);
    file.case.committee_id = Some(id(COMMITTEE));
    file.case.accepted_at = Some(now());
    for party in &mut file.parties {
        party.rights_notice_at = Some(now());
    }
    file.assignments.push(seat(CHAIR, TeamRole::Chair));
    file.assignments.push(seat(RECORDER, TeamRole::Recorder));
    file
}

/// Carries the outcome out, or says why not.
#[track_caller]
pub fn done(file: &mut CaseFile, outcome: Result<Decision, Vec<Refusal>>) {
    let _ = carry(file, outcome);
}

/// Carries the outcome out and gives it.
#[track_caller]
pub fn carry(file: &mut CaseFile, outcome: Result<Decision, Vec<Refusal>>) -> Decision {
    let decision = outcome.unwrap_or_else(|r| panic!("refused: {r:?}"));
    apply(file, &decision);
    decision
}

/// Plans a joint session in the afternoon, 14:00–16:00, with the defaults.
pub fn plan_joint(file: &mut CaseFile) -> Session {
    planned(
        file,
        json!({"kind": "joint", "venue_kind": "site", "venue": "村委会门口",
        "planned_from": "2026-03-02T14:00:00+08:00", "planned_to": "2026-03-02T16:00:00+08:00"}),
    )
}

/// Plans a session and gives it.
#[track_caller]
pub fn planned(file: &mut CaseFile, body: serde_json::Value) -> Session {
    let input = read(body, sessions::Plan::read).expect("a valid plan");
    let facts = PlanFacts::default();
    let mut ids = Ids(0x9000 + 0x10 * file.sessions.len() as u128);
    let outcome = sessions::plan(file, input, &facts, &staff(), &mut ids, now());
    done(file, outcome);
    last(file)
}

/// The newest session.
pub fn last(file: &CaseFile) -> Session {
    file.sessions.last().expect("a session").clone()
}

/// An instant of the first day, 14:00 and some minutes.
pub fn after(minutes: i64) -> Instant {
    at("2026-03-02T14:00:00+08:00").plus_minutes(minutes)
}

/// Invites to the newest session and opens it with everybody there.
pub fn run(file: &mut CaseFile) -> Session {
    let outcome = sessions::notify(file, &last(file), now());
    done(file, outcome);
    let input = everybody(&last(file));
    let outcome = open_it(file, &input);
    done(file, outcome);
    last(file)
}

/// Opens the newest session at 14:00.
pub fn open_it(file: &CaseFile, input: &session_course::Open) -> Result<Decision, Vec<Refusal>> {
    let facts = SessionFacts::default();
    session_course::open(file, &last(file), input, &facts, &calendar(), after(0))
}

pub fn everybody(session: &Session) -> session_course::Open {
    session_course::Open {
        at: None,
        present: session.attendees.iter().map(|a| a.id).collect(),
        public_objections: Vec::new(),
    }
}

/// Who is told of a kind, as numbers, sorted.
pub fn told(decision: &Decision, kind: NoticeKind) -> Vec<u128> {
    let mut out: Vec<u128> = decision
        .notices
        .iter()
        .filter(|(_, n)| n.kind == kind)
        .map(|(to, _)| match to {
            Recipient::User(id) => id.uuid.as_u128(),
            Recipient::Party(id) => id.uuid.as_u128(),
            Recipient::Participant(id) => id.uuid.as_u128(),
            Recipient::Role(_, id) | Recipient::Unit(id) => id.uuid.as_u128(),
            Recipient::PartyBy(id, _) => id.uuid.as_u128(),
            Recipient::Team | Recipient::Supervisors => 0,
        })
        .collect();
    out.sort_unstable();
    out
}
