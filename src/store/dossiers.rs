//! Bound dossiers, and the numbers of what is left out of them.

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::row::{FromRaw, build};
use super::tables::case::{dossier_entries, dossiers, notes};
use super::tx::Snap;
use super::types::Col;
use crate::domain::codes::Code;
use crate::domain::dossier::{Dossier, DossierEntry};
use crate::domain::ids::CaseId;
use crate::domain::session::NoteVisibility;
use crate::error::Error;

impl Snap<'_> {
    /// The last edition of a case's dossier with its papers in order.
    pub fn dossier(&mut self, case: CaseId) -> Result<Option<(Dossier, Vec<DossierEntry>)>, Error> {
        let row = dossiers::table
            .filter(dossiers::case_id.eq(case.put()))
            .order(dossiers::edition.desc())
            .first::<<Dossier as FromRaw>::Raw>(self.conn)
            .optional()?;
        let Some(dossier) = build::<Dossier>(row.into_iter().collect())?.pop() else {
            return Ok(None);
        };
        let rows = dossier_entries::table
            .filter(dossier_entries::dossier_id.eq(dossier.id.put()))
            .order(dossier_entries::no)
            .load::<<DossierEntry as FromRaw>::Raw>(self.conn)?;
        Ok(Some((dossier, build(rows)?)))
    }

    /// How many notes of one visibility a case has. Their text is not looked at.
    pub fn note_count(&mut self, case: CaseId, visibility: NoteVisibility) -> Result<i64, Error> {
        Ok(notes::table
            .filter(notes::case_id.eq(case.put()))
            .filter(notes::visibility.eq(visibility.code()))
            .select(count_star())
            .first(self.conn)?)
    }
}
