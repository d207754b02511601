//! What becomes of a planned session: postponed, cancelled, not attended (state machine 11.3.2).

use super::free_slots::clashes;
use super::session_people::{call_off, tell_all};
use super::sessions::{PlanFacts, check_room, check_times, in_state, plan_guards};
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Int, Line, Obj};
use crate::domain::notice::NoticeKind;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::session::*;
use crate::domain::time::Instant;

/// `POST …/{session_id}/postpone`: to a new time, or without one until it is known.
#[derive(Clone, Debug)]
pub struct Postpone {
    pub to_time: Option<(Instant, Instant)>,
    pub room_id: Option<RoomId>,
    pub reason: Option<String>,
}

impl Postpone {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let from = o.opt("planned_from");
        let to = o.opt("planned_to");
        let room_id = o.opt("room_id");
        let reason = o.opt::<Line<200>>("reason");
        let to_time = match (from?, to?) {
            (Some(from), Some(to)) => Some((from, to)),
            (None, None) => None,
            (Some(_), None) => {
                o.fault("planned_to", "required");
                return None;
            }
            (None, Some(_)) => {
                o.fault("planned_from", "required");
                return None;
            }
        };
        Some(Self {
            to_time,
            room_id: room_id?,
            reason: reason?.map(|l| l.0),
        })
    }
}

/// Moves a session. Whoever was invited is told, with a higher iCalendar sequence; without a new
/// time it leaves their calendars, and is planned anew once there is one.
///
/// # Errors
/// All failing guards; `room_taken` and `person_taken` carry free slots.
pub fn postpone(
    file: &CaseFile,
    session: &Session,
    input: Postpone,
    facts: &PlanFacts,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    use SessionState::{Notified, Planned, Postponed};
    let mut g = Guards::new();
    g.extend(unopened_guards(session));
    let invited = session.state == Notified;
    let mut moved = session.clone();
    moved.sequence = moved.sequence.saturating_add(1);
    moved.detail.postponed_from = Some(session.planned_from);
    moved.detail.postpone_reason = input.reason;
    if let Some(room) = input.room_id {
        g.require(session.venue_kind == VenueKind::Room, Reason::WrongState);
        check_room(&mut g, Some(room), facts);
        moved.room_id = Some(room);
    }
    let told = match input.to_time {
        Some((from, to)) => {
            check_times(&mut g, file, from, to);
            g.extend(plan_guards(file));
            moved.planned_from = from;
            moved.planned_to = to;
            moved.state = if invited { Notified } else { Planned };
            g.extend(clashes(file, &moved, &facts.busy, now));
            NoticeKind::SessionChanged
        }
        None => {
            g.require(session.state != Postponed, Reason::AlreadyDone);
            moved.state = Postponed;
            NoticeKind::SessionCancelled
        }
    };
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    if invited {
        moved.detail.told_at = Some(now);
        tell_all(&mut d, &moved, told);
    }
    d.event(Event::SessionPostponed {
        session: moved.id,
        no: moved.no,
        from: input.to_time.map(|(from, _)| from),
    });
    d.update(moved);
    Ok(d)
}

/// `POST …/{session_id}/cancel`.
#[derive(Clone, Debug)]
pub struct Cancel {
    pub reason: String,
}

impl Cancel {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        Some(Self {
            reason: o.req::<Line<200>>("reason")?.0,
        })
    }
}

/// Cancels a session that has not begun.
///
/// # Errors
/// `wrong_state` once it has.
pub fn cancel(file: &CaseFile, session: &Session, input: Cancel) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(unopened_guards(session));
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    call_off(&mut d, session, Some(input.reason));
    Ok(d)
}

/// What bars moving or cancelling a session: it has begun.
pub fn unopened_guards(session: &Session) -> Vec<Refusal> {
    use SessionState::{Notified, Planned, Postponed};
    let mut g = Guards::new();
    in_state(&mut g, session, &[Planned, Notified, Postponed]);
    g.into_inner()
}

/// What bars recording that a side did not come.
pub fn no_show_guards(session: &Session, now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    in_state(&mut g, session, &[SessionState::Notified]);
    g.require(session.planned_from <= now, Reason::InFuture);
    g.into_inner()
}

/// `POST …/{session_id}/no-show`.
#[derive(Clone, Copy, Debug)]
pub struct NoShow {
    pub side: i32,
}

impl NoShow {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let side = o.req::<Int<0, 99>>("side")?;
        Some(Self {
            side: i32::try_from(side.0).unwrap_or(0),
        })
    }
}

/// A side that was invited did not come, and the session did not begin.
///
/// # Errors
/// `wrong_state` unless invited, `in_future` before the hour, `not_attending` when nobody of that
/// side was invited.
pub fn no_show(
    file: &CaseFile,
    session: &Session,
    input: NoShow,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(no_show_guards(session, now));
    let missing: Vec<_> = file
        .parties
        .iter()
        .filter(|p| p.side == input.side)
        .map(|p| p.id.uuid)
        .collect();
    let mut absent = session.clone();
    let mut found = false;
    for a in &mut absent.attendees {
        if a.kind == AttendeeKind::Party && missing.contains(&a.id) {
            a.present = Some(false);
            a.at = Some(now);
            found = true;
        }
    }
    g.require(found, Reason::NotAttending);
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    absent.state = SessionState::NoShow;
    absent.detail.no_show_side = Some(input.side);
    d.event(Event::SessionNoShow {
        session: absent.id,
        no: absent.no,
        side: input.side,
    });
    d.update(absent);
    Ok(d)
}
