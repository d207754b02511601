//! Planning sessions: plan, invite, postpone, cancel, no-show (state machine 11.3.2).

use super::Who;
use super::conflicts::was_recused;
use super::free_slots::{Busy, clashes};
use super::people::{invitees_without_consent, speaks, stop_demanded};
use super::session_guards::public_barred;
use super::session_people::{expected, is_face_to_face, is_listed, tell_all};
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, SecretText};
use crate::domain::notice::NoticeKind;
use crate::domain::org::Room;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::session::*;
use crate::domain::time::Instant;

/// No session is planned for longer than this.
pub const LONGEST_HOURS: i64 = 24;

/// `POST /cases/{case_id}/sessions`.
#[derive(Clone, Debug)]
pub struct Plan {
    pub id: Option<SessionId>,
    pub kind: SessionKind,
    pub from: Instant,
    pub to: Instant,
    pub venue_kind: VenueKind,
    pub room_id: Option<RoomId>,
    pub venue: Option<Secret>,
    pub is_public: bool,
    /// Absent: every principal party (nobody for a conference).
    pub parties: Option<Vec<PartyId>>,
    /// Absent: who speaks for those parties.
    pub participants: Option<Vec<ParticipantId>>,
    /// Absent: the team.
    pub staff: Option<Vec<UserId>>,
}

impl Plan {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let kind = o.req("kind");
        let from = o.req("planned_from");
        let to = o.req("planned_to");
        let venue_kind = o.req("venue_kind");
        let room_id = o.opt("room_id");
        let venue = o.opt::<SecretText<300>>("venue");
        let is_public = o.or("is_public", false);
        let (has_parties, has_participants, has_staff) =
            (o.has("parties"), o.has("participants"), o.has("staff"));
        let parties = o.list("parties", 300);
        let participants = o.list("participants", 100);
        let staff = o.list("staff", 50);
        let kind = kind?;
        let venue_kind = venue_kind?;
        let venue = venue?;
        let mut fits = true;
        let mut refuse = |o: &mut Obj<'_>, name: &str, code| {
            o.fault(name, code);
            fits = false;
        };
        if !venue_fits(kind, venue_kind) {
            refuse(o, "venue_kind", "does_not_fit_kind");
        }
        match (venue_kind, room_id) {
            (VenueKind::Room, Some(None)) => refuse(o, "room_id", "required"),
            (VenueKind::Site | VenueKind::Home | VenueKind::Online, Some(Some(_))) => {
                refuse(o, "room_id", "not_allowed");
            }
            _ => {}
        }
        if matches!(venue_kind, VenueKind::Site | VenueKind::Home) && venue.is_none() {
            refuse(o, "venue", "required");
        }
        let nobody = has_parties && parties.as_ref().is_some_and(Vec::is_empty);
        let must_name = kind == SessionKind::Caucus && !has_parties;
        if must_name || (nobody && kind != SessionKind::Conference) {
            refuse(o, "parties", "required");
        }
        if !fits {
            return None;
        }
        Some(Self {
            id: id?,
            kind,
            from: from?,
            to: to?,
            venue_kind,
            room_id: room_id?,
            venue: venue.map(|t| t.0),
            is_public: is_public?,
            parties: parties.map(|v| has_parties.then_some(v))?,
            participants: participants.map(|v| has_participants.then_some(v))?,
            staff: staff.map(|v| has_staff.then_some(v))?,
        })
    }
}

fn venue_fits(kind: SessionKind, venue: VenueKind) -> bool {
    match kind {
        SessionKind::Online => venue == VenueKind::Online,
        SessionKind::OnSite => matches!(venue, VenueKind::Site | VenueKind::Home),
        SessionKind::Joint => venue != VenueKind::Online,
        SessionKind::Caucus | SessionKind::Conference => true,
    }
}

/// What planning needs from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct PlanFacts {
    /// The room asked for, when it exists.
    pub room: Option<Room>,
    /// Of the staff asked for: active users.
    pub known_staff: Vec<UserId>,
    /// What sessions of other cases take of the rooms and people asked for.
    pub busy: Vec<Busy>,
}

/// What bars planning whatever the input.
pub fn plan_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(stop_demanded(file), Reason::StopDemanded);
    g.require(file.team().next().is_some(), Reason::NoLiveTeam);
    g.into_inner()
}

/// Plans a session; nobody is told yet.
///
/// # Errors
/// All failing guards; `room_taken` and `person_taken` carry free slots.
pub fn plan(
    file: &CaseFile,
    input: Plan,
    facts: &PlanFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(plan_guards(file));
    check_times(&mut g, file, input.from, input.to);
    let attendees = invited(&mut g, file, &input, facts);
    check_room(&mut g, input.room_id, facts);
    let last = file.sessions.iter().map(|s| s.no).max().unwrap_or(0);
    let session = Session {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        no: last.saturating_add(1),
        kind: input.kind,
        state: SessionState::Planned,
        planned_from: input.from,
        planned_to: input.to,
        venue_kind: input.venue_kind,
        room_id: input.room_id,
        venue: input.venue,
        is_public: input.is_public,
        sequence: 0,
        opened_at: None,
        closed_at: None,
        result: None,
        caucus_party: None,
        minutes: None,
        attendees,
        created_by: who.user,
        created_at: now,
        detail: SessionDetail::default(),
    };
    if session.is_public {
        g.forbid(
            public_barred(file, now.local_date()),
            Reason::PublicNotAllowed,
        );
    }
    g.extend(clashes(file, &session, &facts.busy, now));
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    d.event(Event::SessionPlanned {
        session: session.id,
        no: session.no,
        kind: session.kind,
        from: session.planned_from,
    });
    d.insert(session);
    Ok(d)
}

pub(super) fn check_times(g: &mut Guards, file: &CaseFile, from: Instant, to: Instant) {
    let after_acceptance = file.case.accepted_at.is_none_or(|at| from >= at);
    let in_order = from < to && to <= from.plus_hours(LONGEST_HOURS);
    g.require(after_acceptance && in_order, Reason::TimeOrder);
}

pub(super) fn check_room(g: &mut Guards, room_id: Option<RoomId>, facts: &PlanFacts) {
    let usable = |id: &RoomId| facts.room.as_ref().is_some_and(|r| r.id == *id && r.active);
    g.forbid(room_id.filter(|id| !usable(id)), Reason::UnknownReference);
}

/// The list of a planned session, with the defaults filled in.
fn invited(g: &mut Guards, file: &CaseFile, input: &Plan, facts: &PlanFacts) -> Vec<Attendee> {
    let parties = input.parties.clone().unwrap_or_else(|| match input.kind {
        SessionKind::Conference => Vec::new(),
        _ => file.principals().map(|p| p.id).collect(),
    });
    let participants = input.participants.clone().unwrap_or_else(|| {
        file.participants
            .iter()
            .filter(|p| p.revoked_at.is_none() && speaks(p.kind))
            .filter(|p| p.party_id.is_some_and(|id| parties.contains(&id)))
            .map(|p| p.id)
            .collect()
    });
    let staff = input
        .staff
        .clone()
        .unwrap_or_else(|| file.team().map(|a| a.user_id).collect());
    let gone = |id: &&PartyId| !file.live_parties().any(|p| p.id == **id);
    g.forbid(parties.iter().filter(gone), Reason::UnknownReference);
    let revoked = |id: &&ParticipantId| {
        file.participant(**id)
            .is_none_or(|p| p.revoked_at.is_some())
    };
    g.forbid(
        participants.iter().filter(revoked),
        Reason::UnknownReference,
    );
    let unwelcome = invitees_without_consent(file);
    g.forbid(
        participants.iter().filter(|id| unwelcome.contains(id)),
        Reason::InviteeConsentMissing,
    );
    let strange =
        |id: &&UserId| !facts.known_staff.contains(id) && !file.team().any(|a| a.user_id == **id);
    g.forbid(staff.iter().filter(strange), Reason::UnknownReference);
    let recused = staff.iter().filter(|id| was_recused(file, **id));
    g.forbid(recused, Reason::MediatorNotEligible);
    let parties = parties
        .iter()
        .map(|id| expected(AttendeeKind::Party, id.uuid));
    let participants = participants
        .iter()
        .map(|id| expected(AttendeeKind::Participant, id.uuid));
    let staff = staff
        .iter()
        .map(|id| expected(AttendeeKind::Staff, id.uuid));
    parties.chain(participants).chain(staff).collect()
}

/// What bars inviting to a session.
pub fn notify_guards(file: &CaseFile, session: &Session, now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    in_state(&mut g, session, &[SessionState::Planned]);
    g.forbid(stop_demanded(file), Reason::StopDemanded);
    g.require(session.planned_to > now, Reason::TimeOrder);
    let listed: Vec<_> = file
        .live_parties()
        .filter(|p| is_listed(session, p.id.uuid))
        .collect();
    if is_face_to_face(&listed) {
        let refused = super::incidents::dv_victims(file).into_iter().filter(|p| {
            let last = session
                .detail
                .consents
                .iter()
                .rev()
                .find(|c| c.party_id == p.id);
            last.is_some_and(|c| !c.given)
        });
        g.forbid(refused.map(|p| p.id), Reason::DvJointRefused);
    }
    g.into_inner()
}

/// Invites everybody on the list.
///
/// # Errors
/// `wrong_state` unless planned; `dv_joint_refused` when the victim said no to this session.
pub fn notify(file: &CaseFile, session: &Session, now: Instant) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(notify_guards(file, session, now));
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    let mut told = session.clone();
    told.state = SessionState::Notified;
    told.detail.told_at = Some(now);
    tell_all(&mut d, &told, NoticeKind::SessionInvited);
    d.event(Event::SessionNotified {
        session: told.id,
        no: told.no,
    });
    d.update(told);
    Ok(d)
}

/// `wrong_state`, naming the state, unless the session is in one of `states`.
pub(super) fn in_state(g: &mut Guards, session: &Session, states: &[SessionState]) {
    if !states.contains(&session.state) {
        g.add(Refusal::about(Reason::WrongState, [session.state]));
    }
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
