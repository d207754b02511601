//! Notes. They are loaded here alone, for the two operations that show them.

use diesel::prelude::*;
use uuid::Uuid;

use super::row::{FromRaw, build};
use super::tables::case::notes;
use super::tx::Snap;
use super::types::{Col, UuidCol};
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::session::{Note, NoteVisibility};
use crate::error::Error;

impl Snap<'_> {
    /// One page of the notes of a case that are of one visibility, oldest first.
    pub fn notes(
        &mut self,
        case: CaseId,
        visibility: NoteVisibility,
        session: Option<SessionId>,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Note>, Error> {
        let mut q = notes::table
            .filter(notes::case_id.eq(case.put()))
            .filter(notes::visibility.eq(visibility.code()))
            .into_boxed();
        if let Some(session) = session {
            q = q.filter(notes::session_id.eq(Some(session.put())));
        }
        if let Some(after) = after {
            q = q.filter(notes::id.gt(UuidCol(after)));
        }
        let rows = q
            .order(notes::id)
            .limit(limit)
            .load::<<Note as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }
}
