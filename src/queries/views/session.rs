//! Views of sessions.

use serde::Serialize;

use super::Sees;
use crate::domain::ids::*;
use crate::domain::session::*;
use crate::domain::time::Instant;

/// A session; the record's text only for who sees the case in full.
#[derive(Debug, Serialize)]
pub struct SessionView {
    pub id: SessionId,
    pub case_id: CaseId,
    pub no: i32,
    pub kind: SessionKind,
    pub state: SessionState,
    pub planned_from: Instant,
    pub planned_to: Instant,
    pub venue_kind: VenueKind,
    pub room_id: Option<RoomId>,
    pub venue: Option<String>,
    pub is_public: bool,
    pub sequence: i32,
    pub opened_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub result: Option<SessionResult>,
    pub in_caucus: bool,
    pub has_minutes: bool,
    pub attendees: Vec<Attendee>,
    pub created_at: Instant,
}

impl SessionView {
    pub fn of(s: &Session, sees: Sees) -> Self {
        // A party's home is an address: it stays with those who see the case in full.
        let venue = s
            .venue
            .as_ref()
            .filter(|_| sees.full)
            .map(|v| v.reveal().to_owned());
        Self {
            id: s.id,
            case_id: s.case_id,
            no: s.no,
            kind: s.kind,
            state: s.state,
            planned_from: s.planned_from,
            planned_to: s.planned_to,
            venue_kind: s.venue_kind,
            room_id: s.room_id,
            venue,
            is_public: s.is_public,
            sequence: s.sequence,
            opened_at: s.opened_at,
            closed_at: s.closed_at,
            result: s.result,
            in_caucus: s.state == SessionState::CaucusOpen,
            has_minutes: s.minutes.is_some(),
            attendees: s.attendees.clone(),
            created_at: s.created_at,
        }
    }
}
