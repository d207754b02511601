//! Mediation sessions, attendance, records, notes.

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::ids::*;
use super::party::GivenConsent;
use super::secret::Secret;
use super::time::Instant;

codes! {
    /// Kind of session.
    SessionKind in "session_kind" {
        Joint = "joint", "面对面调解", "Joint session";
        Caucus = "caucus", "背靠背调解", "Caucus";
        OnSite = "on_site", "现场调解", "On-site session";
        Online = "online", "线上调解", "Online session";
        Conference = "conference", "联席会", "Conference";
    }
    /// State of a session (state machine 11.3.2).
    SessionState in "session_state" {
        Planned = "planned", "已计划", "Planned";
        Notified = "notified", "已通知", "Notified";
        Open = "open", "进行中", "Open";
        CaucusOpen = "caucus_open", "背靠背中", "In caucus";
        RecordDraft = "record_draft", "笔录待签", "Record to be signed";
        RecordSigned = "record_signed", "笔录已签", "Record signed";
        Closed = "closed", "已结束", "Closed";
        Postponed = "postponed", "已延期", "Postponed";
        Cancelled = "cancelled", "已取消", "Cancelled";
        NoShow = "no_show", "缺席", "No-show";
    }
    /// Result of a session.
    SessionResult in "session_result" {
        Agreed = "agreed", "调解成功", "Agreed";
        Partial = "partial", "部分达成", "Partly agreed";
        NotAgreed = "not_agreed", "调解不成", "Not agreed";
        Continue = "continue", "有待继续调解", "To be continued";
    }
    /// Kind of venue.
    VenueKind in "venue_kind" {
        Room = "room", "调解室", "Mediation room";
        Site = "site", "现场", "On site";
        Online = "online", "线上", "Online";
        Home = "home", "当事人家中", "A party's home";
    }
    /// Who a person at the session is.
    AttendeeKind in "attendee_kind" {
        Party = "party", "当事人", "Party";
        Participant = "participant", "参加人", "Participant";
        Staff = "staff", "工作人员", "Staff";
    }
    /// Who may read a note.
    NoteVisibility in "note_visibility" {
        Team = "team", "调解组", "Mediating team";
        Caucus = "caucus", "背靠背保密", "Caucus, confidential";
    }
}

impl SessionState {
    /// The session still holds its room and people.
    pub fn is_booked(self) -> bool {
        matches!(
            self,
            Self::Planned | Self::Notified | Self::Open | Self::CaucusOpen
        )
    }
}

/// One person expected or present. `id` is a party, participant or user id by `kind`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attendee {
    pub kind: AttendeeKind,
    pub id: uuid::Uuid,
    pub present: Option<bool>,
    pub at: Option<Instant>,
}

/// A mediation session.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub id: SessionId,
    pub case_id: CaseId,
    pub no: i32,
    pub kind: SessionKind,
    pub state: SessionState,
    pub planned_from: Instant,
    pub planned_to: Instant,
    pub venue_kind: VenueKind,
    pub room_id: Option<RoomId>,
    pub venue: Option<Secret>,
    pub is_public: bool,
    /// iCalendar SEQUENCE: rises with every change told to the invited.
    pub sequence: i32,
    pub opened_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub result: Option<SessionResult>,
    /// The party in caucus while `caucus_open`.
    pub caucus_party: Option<PartyId>,
    /// The record (笔录): what was said and done.
    pub minutes: Option<Secret>,
    pub attendees: Vec<Attendee>,
    pub created_by: UserId,
    pub created_at: Instant,
    pub detail: SessionDetail,
}

/// The rest of a session, kept as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionDetail {
    /// Consents to this one session: the DV victim's (G-27), everyone's for an online one.
    pub consents: Vec<GivenConsent>,
    pub cancel_reason: Option<String>,
    /// When the invited were last told the hour.
    pub told_at: Option<Instant>,
    pub postponed_from: Option<Instant>,
    pub postpone_reason: Option<String>,
    pub no_show_side: Option<i32>,
    pub single_staff_reason: Option<String>,
    pub public_objections: Vec<PartyId>,
    pub site_sheet: Option<AttachmentId>,
}

/// A note. Caucus notes are for the mediating team alone and leave it by no exit (G-17).
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub id: NoteId,
    pub case_id: CaseId,
    pub session_id: Option<SessionId>,
    /// The party a caucus note is about.
    pub party_id: Option<PartyId>,
    pub visibility: NoteVisibility,
    pub body: Secret,
    pub author_id: UserId,
    pub created_at: Instant,
}
