//! Who is at a session: the list, who came, whom to tell, and what becomes of the list when the
//! team changes.

use uuid::Uuid;

use super::conflicts::was_recused;
use super::free_slots::{Busy, clashes};
use super::people::speaks;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::party::{Participant, Party};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::session::{Attendee, AttendeeKind, Session, SessionState};
use crate::domain::time::Instant;

/// Somebody expected, not yet seen.
pub fn expected(kind: AttendeeKind, id: Uuid) -> Attendee {
    Attendee {
        kind,
        id,
        present: None,
        at: None,
    }
}

/// Whether the list has this person.
pub fn is_listed(session: &Session, id: Uuid) -> bool {
    session.attendees.iter().any(|a| a.id == id)
}

/// Whether this person came.
pub fn is_present(session: &Session, id: Uuid) -> bool {
    session
        .attendees
        .iter()
        .any(|a| a.id == id && a.present == Some(true))
}

/// Staff who came.
pub fn present_staff(session: &Session) -> impl Iterator<Item = UserId> {
    session
        .attendees
        .iter()
        .filter(|a| a.kind == AttendeeKind::Staff && a.present == Some(true))
        .map(|a| UserId::new(a.id))
}

/// Participants who came and still take part.
pub fn present_participants<'a>(
    file: &'a CaseFile,
    session: &Session,
) -> impl Iterator<Item = &'a Participant> {
    file.participants
        .iter()
        .filter(|p| p.revoked_at.is_none() && is_present(session, p.id.uuid))
}

/// Parties who take part, in person or through somebody present who speaks for them.
pub fn attending_parties<'a>(file: &'a CaseFile, session: &Session) -> Vec<&'a Party> {
    file.live_parties()
        .filter(|party| {
            is_present(session, party.id.uuid)
                || present_participants(file, session)
                    .any(|p| speaks(p.kind) && p.party_id == Some(party.id))
        })
        .collect()
}

/// Parties of two sides take part at once.
pub fn is_face_to_face(attending: &[&Party]) -> bool {
    let mut sides = attending.iter().map(|p| p.side);
    let first = sides.next();
    sides.any(|s| Some(s) != first)
}

/// Marks people as there (or not) at an instant. Who is not on the list is put on it when they
/// belong to the case: a live party or participant, the team, or other staff named in `staff`.
///
/// # Errors
/// `not_attending` with the ids that belong to nobody who may be there.
pub fn mark(
    file: &CaseFile,
    session: &mut Session,
    ids: &[Uuid],
    staff: &[UserId],
    present: bool,
    at: Instant,
) -> Result<(), Refusal> {
    let mut strangers = Vec::new();
    for id in ids {
        if let Some(known) = session.attendees.iter_mut().find(|a| a.id == *id) {
            known.present = Some(present);
            known.at = Some(at);
            continue;
        }
        match kind_of(file, *id, staff) {
            Some(kind) => session.attendees.push(Attendee {
                kind,
                id: *id,
                present: Some(present),
                at: Some(at),
            }),
            None => strangers.push(*id),
        }
    }
    if strangers.is_empty() {
        Ok(())
    } else {
        Err(Refusal::about(Reason::NotAttending, strangers))
    }
}

fn kind_of(file: &CaseFile, id: Uuid, staff: &[UserId]) -> Option<AttendeeKind> {
    let user = UserId::new(id);
    if file.live_parties().any(|p| p.id.uuid == id) {
        Some(AttendeeKind::Party)
    } else if file
        .participants
        .iter()
        .any(|p| p.id.uuid == id && p.revoked_at.is_none())
    {
        Some(AttendeeKind::Participant)
    } else if file.team().any(|a| a.user_id == user)
        || (staff.contains(&user) && !was_recused(file, user))
    {
        Some(AttendeeKind::Staff)
    } else {
        None
    }
}

fn recipient(attendee: &Attendee) -> Recipient {
    match attendee.kind {
        AttendeeKind::Party => Recipient::Party(Id::new(attendee.id)),
        AttendeeKind::Participant => Recipient::Participant(Id::new(attendee.id)),
        AttendeeKind::Staff => Recipient::User(Id::new(attendee.id)),
    }
}

/// Tells everybody on the list.
pub fn tell_all(d: &mut Decision, session: &Session, kind: NoticeKind) {
    for attendee in &session.attendees {
        d.tell(recipient(attendee), Notice::session(kind, session.id));
    }
}

fn is_upcoming(session: &Session) -> bool {
    matches!(
        session.state,
        SessionState::Planned | SessionState::Notified | SessionState::Postponed
    )
}

/// Who of a change of the team leaves the list of a session, and who joins it.
fn swap(
    session: &Session,
    old: Option<UserId>,
    new: Option<UserId>,
) -> (Option<UserId>, Option<UserId>) {
    let leaves = old.filter(|u| is_listed(session, u.uuid));
    let joins = new.filter(|u| !is_listed(session, u.uuid) && (old.is_none() || leaves.is_some()));
    (leaves, joins)
}

fn swapped(session: &Session, leaves: Option<UserId>, joins: Option<UserId>) -> Session {
    let mut changed = session.clone();
    changed
        .attendees
        .retain(|a| Some(a.id) != leaves.map(|u| u.uuid));
    let staff = joins.map(|u| expected(AttendeeKind::Staff, u.uuid));
    changed.attendees.extend(staff);
    changed
}

/// Sessions to come whose time is fixed: who joins them must be free then.
pub fn booked_ahead(file: &CaseFile) -> impl Iterator<Item = &Session> {
    file.sessions
        .iter()
        .filter(|s| is_upcoming(s) && s.state.is_booked())
}

/// `person_taken` for each session that [`restaff`] would put somebody into who is elsewhere then,
/// with the slots that are free for all who would be there.
pub fn restaff_guards(
    file: &CaseFile,
    old: Option<UserId>,
    new: UserId,
    busy: &[Busy],
    now: Instant,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    for session in booked_ahead(file) {
        let (leaves, Some(joins)) = swap(session, old, Some(new)) else {
            continue;
        };
        let mut alone = session.clone();
        alone.room_id = None;
        alone.attendees = vec![expected(AttendeeKind::Staff, joins.uuid)];
        if !clashes(file, &alone, busy, now).is_empty() {
            let changed = swapped(session, leaves, Some(joins));
            g.extend(clashes(file, &changed, busy, now));
        }
    }
    g.into_inner()
}

/// Carries a change of the team into the sessions to come: `old` leaves their lists, `new` takes
/// the place (of nobody in particular when `old` is `None`). Those two are told, nobody else is.
pub fn restaff(d: &mut Decision, file: &CaseFile, old: Option<UserId>, new: Option<UserId>) {
    for session in file.sessions.iter().filter(|s| is_upcoming(s)) {
        let (leaves, joins) = swap(session, old, new);
        if leaves.is_none() && joins.is_none() {
            continue;
        }
        let mut changed = swapped(session, leaves, joins);
        if session.state == SessionState::Notified {
            changed.sequence = changed.sequence.saturating_add(1);
            let told = |kind| Notice::session(kind, session.id);
            if let Some(user) = leaves {
                d.tell(Recipient::User(user), told(NoticeKind::SessionCancelled));
            }
            if let Some(user) = joins {
                d.tell(Recipient::User(user), told(NoticeKind::SessionInvited));
            }
        }
        d.update(changed);
    }
}

/// Cancels one session and tells those who were invited.
pub fn call_off(d: &mut Decision, session: &Session, reason: Option<String>) {
    let mut off = session.clone();
    off.state = SessionState::Cancelled;
    off.sequence = off.sequence.saturating_add(1);
    off.detail.cancel_reason = reason;
    if session.state == SessionState::Notified {
        tell_all(d, &off, NoticeKind::SessionCancelled);
    }
    d.event(Event::SessionCancelled {
        session: off.id,
        no: off.no,
    });
    d.update(off);
}

/// Cancels every session to come: mediation is suspended or over.
pub fn call_off_upcoming(d: &mut Decision, file: &CaseFile) {
    for session in file.sessions.iter().filter(|s| is_upcoming(s)) {
        call_off(d, session, None);
    }
}
