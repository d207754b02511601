//! Clashes of rooms and people, and the free slots offered instead.

use std::fmt;

use serde::Serialize;
use uuid::Uuid;

use crate::domain::casefile::CaseFile;
use crate::domain::ids::SessionId;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::session::Session;
use crate::domain::time::{Instant, LocalDate};

/// Sessions are offered within 08:00–18:00 of the county's day, on the half hour.
const OPENS_MINUTE: i64 = 8 * 60;
const CLOSES_MINUTE: i64 = 18 * 60;
const STEP_MINUTES: i64 = 30;
/// Days looked at from the wanted one on.
const DAYS_AHEAD: i64 = 3;
/// Slots named in a refusal.
const OFFERED: usize = 6;

/// What can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusyKind {
    Room,
    /// A party, participant or member of staff of this case, by that id.
    Person,
}

/// A room or person of this case that is taken for a while by another session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    pub kind: BusyKind,
    pub id: Uuid,
    pub from: Instant,
    pub to: Instant,
}

impl Busy {
    fn overlaps(&self, from: Instant, to: Instant) -> bool {
        self.from < to && from < self.to
    }
}

/// A stretch of time in which everything needed is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Slot {
    pub from: Instant,
    pub to: Instant,
}

/// `slot:<from>/<to>`: an item of a refusal.
impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot:{}/{}", self.from, self.to)
    }
}

/// Free slots of `minutes` on `days` days from `day` on, none before `not_before`. `busy` holds
/// only what the session needs.
pub fn free_slots(
    busy: &[Busy],
    minutes: i64,
    day: LocalDate,
    days: i64,
    not_before: Instant,
) -> Vec<Slot> {
    let mut out = Vec::new();
    if minutes <= 0 {
        return out;
    }
    for offset in 0..days {
        let midnight = day.plus_days(offset).start();
        let mut start = OPENS_MINUTE;
        while start.saturating_add(minutes) <= CLOSES_MINUTE {
            let from = midnight.plus_minutes(start);
            let to = from.plus_minutes(minutes);
            if from >= not_before && !busy.iter().any(|b| b.overlaps(from, to)) {
                out.push(Slot { from, to });
            }
            start += STEP_MINUTES;
        }
    }
    out
}

/// The time that [`clashes`] looks at for a session wanted at `from`–`to`.
pub fn horizon(from: Instant, to: Instant, now: Instant) -> (Instant, Instant) {
    let day = from.local_date().max(now.local_date());
    let last = day.plus_days(DAYS_AHEAD).start();
    (from.min(day.start()), to.max(last))
}

/// What the other sessions of the same case take.
pub fn taken_by_own(file: &CaseFile, except: Option<SessionId>) -> Vec<Busy> {
    file.sessions
        .iter()
        .filter(|s| s.state.is_booked() && Some(s.id) != except)
        .flat_map(taken_by)
        .collect()
}

/// The room and the people a session takes.
pub fn taken_by(session: &Session) -> Vec<Busy> {
    let take = |kind, id| Busy {
        kind,
        id,
        from: session.planned_from,
        to: session.planned_to,
    };
    let room = session.room_id.map(|id| take(BusyKind::Room, id.uuid));
    let people = session
        .attendees
        .iter()
        .map(|a| take(BusyKind::Person, a.id));
    room.into_iter().chain(people).collect()
}

/// `room_taken` and `person_taken`, each with the ids taken and the free slots nearest to the
/// wanted time. `busy` holds what other cases take; the case's own sessions are added here.
pub fn clashes(file: &CaseFile, session: &Session, busy: &[Busy], now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    let (from, to) = (session.planned_from, session.planned_to);
    if to <= now {
        return g.into_inner();
    }
    let needed: Vec<Uuid> = taken_by(session).iter().map(|b| b.id).collect();
    let mut relevant = taken_by_own(file, Some(session.id));
    relevant.extend_from_slice(busy);
    relevant.retain(|b| needed.contains(&b.id));
    let clashing = |kind| {
        let mut ids: Vec<Uuid> = relevant
            .iter()
            .filter(|b| b.kind == kind && b.overlaps(from, to))
            .map(|b| b.id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let reasons = [
        (clashing(BusyKind::Room), Reason::RoomTaken),
        (clashing(BusyKind::Person), Reason::PersonTaken),
    ];
    let minutes = to.seconds_since(from).div_euclid(60);
    let day = from.local_date().max(now.local_date());
    let offers = free_slots(&relevant, minutes, day, DAYS_AHEAD, now);
    for (taken, reason) in reasons {
        if taken.is_empty() {
            continue;
        }
        let ids = taken.iter().map(ToString::to_string);
        let slots = offers.iter().take(OFFERED).map(ToString::to_string);
        g.add(Refusal::about(reason, ids.chain(slots)));
    }
    g.into_inner()
}
