//! Views of notes.

use serde::Serialize;

use crate::domain::ids::*;
use crate::domain::session::Note;
use crate::domain::time::Instant;

/// A note without its text: the answer to who wrote it, who has the text. Kept replies and logs
/// must not hold it a second time.
#[derive(Debug, Serialize)]
pub struct NoteHead {
    pub id: NoteId,
    pub case_id: CaseId,
    pub session_id: Option<SessionId>,
    pub party_id: Option<PartyId>,
    pub author_id: UserId,
    pub created_at: Instant,
}

impl NoteHead {
    pub fn of(n: &Note) -> Self {
        Self {
            id: n.id,
            case_id: n.case_id,
            session_id: n.session_id,
            party_id: n.party_id,
            author_id: n.author_id,
            created_at: n.created_at,
        }
    }
}

/// A note for those who may read it.
#[derive(Debug, Serialize)]
pub struct NoteView {
    #[serde(flatten)]
    pub head: NoteHead,
    pub body: String,
}

impl NoteView {
    pub fn of(n: &Note) -> Self {
        Self {
            head: NoteHead::of(n),
            body: n.body.reveal().to_owned(),
        }
    }
}
