//! Notes: caucus notes for the mediating team alone (G-17), and the team's working notes.
//!
//! Their text is in no event, no case file and no notice.

use super::Who;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, SecretText};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::session::{Note, NoteVisibility, Session};
use crate::domain::time::Instant;

/// `POST …/{session_id}/caucus-notes` (append).
#[derive(Clone, Debug)]
pub struct CaucusNote {
    pub id: Option<NoteId>,
    /// The party the confidence came from.
    pub party_id: PartyId,
    pub body: Secret,
}

impl CaucusNote {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let party_id = o.req("party_id");
        let body = o.req::<SecretText<10_000>>("body");
        Some(Self {
            id: id?,
            party_id: party_id?,
            body: body?.0,
        })
    }
}

/// Writes down what a party said in confidence (诉讼法解释 第一百零七条, 人民调解法 第十五条).
///
/// # Errors
/// `wrong_state` before the session opened or after the case closed, `unknown_reference` for a
/// party of another case.
pub fn write_caucus_note(
    file: &CaseFile,
    session: &Session,
    input: CaucusNote,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(caucus_guards(file, session));
    let stranger = file.party(input.party_id).is_none();
    g.forbid(stranger.then_some(input.party_id), Reason::UnknownReference);
    g.done()?;
    let note = Note {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        session_id: Some(session.id),
        party_id: Some(input.party_id),
        visibility: NoteVisibility::Caucus,
        body: input.body,
        author_id: who.user,
        created_at: now,
    };
    let mut d = Decision::on(file);
    d.event(Event::CaucusNoteWritten { note: note.id });
    d.insert(note);
    Ok(d)
}

/// `POST /cases/{case_id}/notes` (append).
#[derive(Clone, Debug)]
pub struct TeamNote {
    pub id: Option<NoteId>,
    pub session_id: Option<SessionId>,
    pub body: Secret,
}

impl TeamNote {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let session_id = o.opt("session_id");
        let body = o.req::<SecretText<10_000>>("body");
        Some(Self {
            id: id?,
            session_id: session_id?,
            body: body?.0,
        })
    }
}

/// Writes a working note.
///
/// # Errors
/// `wrong_state` after the case closed, `unknown_reference` for a session of another case.
pub fn write_note(
    file: &CaseFile,
    input: TeamNote,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(note_guards(file));
    let strange = input.session_id.filter(|id| file.session(*id).is_none());
    g.forbid(strange, Reason::UnknownReference);
    g.done()?;
    let note = Note {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        session_id: input.session_id,
        party_id: None,
        visibility: NoteVisibility::Team,
        body: input.body,
        author_id: who.user,
        created_at: now,
    };
    let mut d = Decision::on(file);
    d.event(Event::NoteWritten { note: note.id });
    d.insert(note);
    Ok(d)
}

/// What bars every note: the case has ended.
pub fn note_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    let over = !file.case.live;
    g.forbid(over.then_some(file.case.state), Reason::WrongState);
    g.into_inner()
}

/// What bars a caucus note: the session was never opened.
pub fn caucus_guards(file: &CaseFile, session: &Session) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(note_guards(file));
    let unopened = session.opened_at.is_none();
    g.forbid(unopened.then_some(session.state), Reason::WrongState);
    g.into_inner()
}
