//! Views of sessions.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Sees;
use crate::domain::agreement::{SignMethod, Signature, SignedAs};
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::party::GivenConsent;
use crate::domain::rules::session_signatures::{signatures, wanting};
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

/// A signature under the record of a session.
#[derive(Debug, Serialize)]
pub struct RecordSignature {
    pub id: SignatureId,
    pub signed_as: SignedAs,
    pub party_id: Option<PartyId>,
    pub participant_id: Option<ParticipantId>,
    pub user_id: Option<UserId>,
    pub method: SignMethod,
    pub signed_at: Instant,
    pub image_sha256: Option<String>,
    pub note: Option<String>,
    pub recorded_by: UserId,
    pub recorded_at: Instant,
}

impl RecordSignature {
    fn of(s: &Signature, sees: Sees) -> Self {
        Self {
            id: s.id,
            signed_as: s.signed_as,
            party_id: s.party_id,
            participant_id: s.participant_id,
            user_id: s.user_id,
            method: s.method,
            signed_at: s.signed_at,
            image_sha256: s.image_sha256.clone(),
            note: s.note.clone().filter(|_| sees.full),
            recorded_by: s.recorded_by,
            recorded_at: s.recorded_at,
        }
    }
}

/// One session with its course and the signatures under its record.
#[derive(Debug, Serialize)]
pub struct SessionWhole {
    #[serde(flatten)]
    pub session: SessionView,
    /// Consents to this very session.
    pub consents: Vec<GivenConsent>,
    pub postponed_from: Option<Instant>,
    pub postpone_reason: Option<String>,
    pub cancel_reason: Option<String>,
    pub no_show_side: Option<i32>,
    pub single_staff_reason: Option<String>,
    pub public_objections: Vec<PartyId>,
    pub signatures: Vec<RecordSignature>,
    /// Parties and staff whose hand is wanting under a record that is drawn up.
    pub unsigned: Vec<String>,
    /// The record, where it is read; acts do not repeat it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<Option<String>>,
    /// Children asked for with `include`.
    #[serde(flatten)]
    pub included: Map<String, Value>,
}

impl SessionWhole {
    pub fn of(file: &CaseFile, s: &Session, sees: Sees) -> Self {
        let text = |t: &Option<String>| t.clone().filter(|_| sees.full);
        let given: Vec<&Signature> = signatures(file, s).collect();
        let drawn_up = s.minutes.is_some() && s.state != SessionState::Closed;
        Self {
            session: SessionView::of(s, sees),
            consents: s.detail.consents.clone(),
            postponed_from: s.detail.postponed_from,
            postpone_reason: text(&s.detail.postpone_reason),
            cancel_reason: text(&s.detail.cancel_reason),
            no_show_side: s.detail.no_show_side,
            single_staff_reason: text(&s.detail.single_staff_reason),
            public_objections: s.detail.public_objections.clone(),
            unsigned: if drawn_up {
                wanting(file, s, &given)
            } else {
                Vec::new()
            },
            signatures: given.iter().map(|g| RecordSignature::of(g, sees)).collect(),
            minutes: None,
            included: Map::new(),
        }
    }

    /// With the record, for those who see the case in full.
    pub fn with_minutes(mut self, s: &Session, sees: Sees) -> Self {
        let text = s.minutes.as_ref().filter(|_| sees.full);
        self.minutes = Some(text.map(|m| m.reveal().to_owned()));
        self
    }
}
