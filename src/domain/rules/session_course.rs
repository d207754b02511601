//! A session while it runs: consent to it, opening, caucus, attendance (state machine 11.3.2).

use uuid::Uuid;

use super::limits::limit_guards;
use super::session_guards::{SessionFacts, open_guards, presence_guards};
use super::session_people::*;
use super::sessions::in_state;
use super::steps::advance;
use crate::domain::calendar::Calendar;
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Scalar};
use crate::domain::machine::Act;
use crate::domain::party::GivenConsent;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::session::*;
use crate::domain::time::Instant;

/// The id of a party, participant or user, told apart by the case file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AnyId(Uuid);

impl Scalar for AnyId {
    fn read(value: &serde_json::Value) -> Result<Self, &'static str> {
        Id::<()>::read(value).map(|id| Self(id.uuid))
    }
}

fn any_ids(o: &mut Obj<'_>, name: &'static str) -> Option<Vec<Uuid>> {
    let ids = o.list::<AnyId>(name, 400)?;
    Some(ids.into_iter().map(|id| id.0).collect())
}

/// `POST …/{session_id}/consent`: one party's word on this very session.
#[derive(Clone, Copy, Debug)]
pub struct ConsentToSession {
    pub party_id: PartyId,
    pub given: bool,
    /// When it was said; defaults to now.
    pub at: Option<Instant>,
}

impl ConsentToSession {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let party_id = o.req("party_id");
        let given = o.req("given");
        let at = o.opt("at");
        Some(Self {
            party_id: party_id?,
            given: given?,
            at: at?,
        })
    }
}

/// Records a consent to (or refusal of) one session: the violence victim's to each joint one
/// (G-27), everybody's to an online one (M-52). The latest word counts.
///
/// # Errors
/// `wrong_state` once the session is over, `unknown_reference` for a party not taking part in the
/// case.
pub fn consent_to_session(
    file: &CaseFile,
    session: &Session,
    input: ConsentToSession,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(consent_guards(session));
    if !file.live_parties().any(|p| p.id == input.party_id) {
        g.add(Refusal::about(Reason::UnknownReference, [input.party_id]));
    }
    let at = input.at.unwrap_or(now);
    g.require(at <= now, Reason::InFuture);
    g.require(at >= session.created_at, Reason::TimeOrder);
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    let mut heard = session.clone();
    heard
        .detail
        .consents
        .retain(|c| c.party_id != input.party_id);
    heard.detail.consents.push(GivenConsent {
        party_id: input.party_id,
        given: input.given,
        at,
    });
    d.event(Event::SessionConsented {
        session: session.id,
        party: input.party_id,
        given: input.given,
    });
    d.update(heard);
    Ok(d)
}

/// `POST …/{session_id}/open`.
#[derive(Clone, Debug)]
pub struct Open {
    /// When it began; defaults to now.
    pub at: Option<Instant>,
    /// Who is there: parties, participants, staff.
    pub present: Vec<Uuid>,
    /// Parties who object to the public: any objection closes the doors (若干规定 第二十九条).
    pub public_objections: Vec<PartyId>,
}

impl Open {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let at = o.opt("opened_at");
        let present = any_ids(o, "present");
        let public_objections = o.list("public_objections", 300);
        Some(Self {
            at: at?,
            present: present?,
            public_objections: public_objections?,
        })
    }
}

/// Opens a session. The first one moves the case into mediation. One that nobody was invited to
/// opens only when every listed party is there anyway: walk-ins, on the spot.
///
/// # Errors
/// All failing guards: [`open_guards`] and [`presence_guards`], `past_limit` (G-25), and
/// `chair_missing` when the chair is not there.
pub fn open(
    file: &CaseFile,
    session: &Session,
    input: &Open,
    facts: &SessionFacts,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    in_state(
        &mut g,
        session,
        &[SessionState::Planned, SessionState::Notified],
    );
    let at = input.at.unwrap_or(now);
    g.require(at <= now, Reason::InFuture);
    g.require(
        file.case.accepted_at.is_none_or(|accepted| at >= accepted),
        Reason::TimeOrder,
    );
    let mut opened = session.clone();
    if let Err(refusal) = mark(
        file,
        &mut opened,
        &input.present,
        &facts.known_staff,
        true,
        at,
    ) {
        g.add(refusal);
    }
    let strangers = input
        .public_objections
        .iter()
        .filter(|id| !file.live_parties().any(|p| p.id == **id));
    g.forbid(strangers, Reason::UnknownReference);
    if !input.public_objections.is_empty() {
        opened.is_public = false;
        opened
            .detail
            .public_objections
            .clone_from(&input.public_objections);
    }
    if session.state == SessionState::Planned {
        let uninvited = absent_parties(file, &opened);
        if !uninvited.is_empty() {
            g.add(Refusal::about(Reason::WrongState, uninvited));
        }
    }
    g.extend(limit_guards(file, calendar, at));
    let today = at.local_date();
    g.extend(open_guards(file, facts, today));
    g.extend(limit_guards(file, calendar, at));
    g.extend(presence_guards(file, &opened, today));
    let absent_chair = file
        .chair()
        .filter(|a| !present_staff(&opened).any(|u| u == a.user_id));
    g.forbid(absent_chair.map(|a| a.user_id), Reason::ChairMissing);
    g.done()?;
    opened.state = SessionState::Open;
    opened.opened_at = Some(at);
    let mut d = Decision::on(file);
    d.case_mut();
    d.event(Event::SessionOpened {
        session: opened.id,
        no: opened.no,
    });
    d.event(attendance(&opened));
    if file.case.state == CaseState::Assigned {
        advance(
            &mut d,
            Act::OpenSession,
            CaseState::InMediation,
            calendar,
            now,
        )?;
        d.event(Event::MediationBegan {});
    }
    d.update(opened);
    Ok(d)
}

/// Parties on the list of whom nobody came, neither they nor anybody speaking for them.
fn absent_parties(file: &CaseFile, session: &Session) -> Vec<Uuid> {
    let attending = attending_parties(file, session);
    session
        .attendees
        .iter()
        .filter(|a| a.kind == AttendeeKind::Party)
        .map(|a| a.id)
        .filter(|id| !attending.iter().any(|p| p.id.uuid == *id))
        .collect()
}

fn attendance(session: &Session) -> Event {
    let present = session
        .attendees
        .iter()
        .filter(|a| a.present == Some(true))
        .count();
    Event::AttendanceRecorded {
        session: session.id,
        present: i64::try_from(present).unwrap_or(i64::MAX),
    }
}

/// `POST …/{session_id}/open-caucus`.
#[derive(Clone, Copy, Debug)]
pub struct OpenCaucus {
    pub party_id: PartyId,
}

impl OpenCaucus {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        Some(Self {
            party_id: o.req("party_id")?,
        })
    }
}

/// In these states attendance is taken.
pub const ATTENDED: &[SessionState] = &[
    SessionState::Open,
    SessionState::CaucusOpen,
    SessionState::RecordDraft,
];

/// What bars a party's word on a session: it is over.
pub fn consent_guards(session: &Session) -> Vec<Refusal> {
    if session.state.is_booked() {
        Vec::new()
    } else {
        state_guards(session, &[])
    }
}

/// `wrong_state` unless the session is in one of these.
pub fn state_guards(session: &Session, states: &[SessionState]) -> Vec<Refusal> {
    let mut g = Guards::new();
    in_state(&mut g, session, states);
    g.into_inner()
}

/// Goes apart with one party.
///
/// # Errors
/// `wrong_state` unless the session is open, `not_attending` unless the party takes part in it.
pub fn open_caucus(
    file: &CaseFile,
    session: &Session,
    input: OpenCaucus,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(state_guards(session, &[SessionState::Open]));
    let attends = attending_parties(file, session)
        .iter()
        .any(|p| p.id == input.party_id);
    if !attends {
        g.add(Refusal::about(Reason::NotAttending, [input.party_id]));
    }
    g.done()?;
    let mut apart = session.clone();
    apart.state = SessionState::CaucusOpen;
    apart.caucus_party = Some(input.party_id);
    let mut d = Decision::on(file);
    d.case_mut();
    d.event(Event::CaucusOpened {
        session: session.id,
    });
    d.update(apart);
    Ok(d)
}

/// Ends the caucus.
///
/// # Errors
/// `wrong_state` unless in caucus.
pub fn end_caucus(file: &CaseFile, session: &Session) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(state_guards(session, &[SessionState::CaucusOpen]));
    g.done()?;
    let mut together = session.clone();
    together.state = SessionState::Open;
    together.caucus_party = None;
    let mut d = Decision::on(file);
    d.case_mut();
    d.event(Event::CaucusEnded {
        session: session.id,
    });
    d.update(together);
    Ok(d)
}

/// `POST …/{session_id}/attendance` (append).
#[derive(Clone, Debug)]
pub struct Attendance {
    pub present: Vec<Uuid>,
    pub absent: Vec<Uuid>,
    /// When it was seen; defaults to now.
    pub at: Option<Instant>,
}

impl Attendance {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let present = any_ids(o, "present");
        let absent = any_ids(o, "absent");
        let at = o.opt("at");
        let (present, absent, at) = (present?, absent?, at?);
        if present.is_empty() && absent.is_empty() {
            o.fault("present", "required");
            return None;
        }
        if absent.iter().any(|id| present.contains(id)) {
            o.fault("absent", "duplicate");
            return None;
        }
        Some(Self {
            present,
            absent,
            at,
        })
    }
}

/// Notes who came, late or as a walk-in, and who did not. Whoever comes in must satisfy what an
/// opening asks of those present. Appended: the version of the case does not rise.
///
/// # Errors
/// All failing guards; `wrong_state` before the opening and after the close.
pub fn record_attendance(
    file: &CaseFile,
    session: &Session,
    input: &Attendance,
    facts: &SessionFacts,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(state_guards(session, ATTENDED));
    let at = input.at.unwrap_or(now);
    g.require(at <= now, Reason::InFuture);
    g.require(
        session.opened_at.is_none_or(|opened| at >= opened),
        Reason::TimeOrder,
    );
    let mut seen = session.clone();
    for (ids, present) in [(&input.present, true), (&input.absent, false)] {
        if let Err(refusal) = mark(file, &mut seen, ids, &facts.known_staff, present, at) {
            g.add(refusal);
        }
    }
    if !input.present.is_empty() {
        g.extend(presence_guards(file, &seen, at.local_date()));
    }
    g.done()?;
    let mut d = Decision::on(file);
    d.event(attendance(&seen));
    d.update(seen);
    Ok(d)
}

#[cfg(test)]
#[path = "session_course_tests.rs"]
mod tests;
