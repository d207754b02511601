//! Incidents and attachments of a case, and which stored files have a row.

use std::collections::HashSet;

use diesel::prelude::*;
use uuid::Uuid;

use super::row::{FromRaw, build};
use super::tables::case::{attachments, dossiers, incidents};
use super::tables::system::audit_events;
use super::tx::Snap;
use super::types::{Col, UuidCol};
use crate::domain::ids::CaseId;
use crate::domain::record::{Attachment, Incident};
use crate::error::Error;

impl Snap<'_> {
    /// The incidents of a case, by id.
    pub fn incidents(&mut self, id: CaseId) -> Result<Vec<Incident>, Error> {
        let rows = incidents::table
            .filter(incidents::case_id.eq(id.put()))
            .order(incidents::id)
            .load::<<Incident as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The attachments of a case, by id.
    pub fn attachments(&mut self, id: CaseId) -> Result<Vec<Attachment>, Error> {
        let rows = attachments::table
            .filter(attachments::case_id.eq(id.put()))
            .order(attachments::id)
            .load::<<Attachment as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Those of these stored files that an attachment or a bound dossier names.
    pub fn files_in_use(&mut self, keys: &[Uuid]) -> Result<HashSet<Uuid>, Error> {
        let wanted: Vec<Option<UuidCol>> = keys.iter().map(|k| Some(UuidCol(*k))).collect();
        let found: Vec<Option<UuidCol>> = attachments::table
            .filter(attachments::file_key.eq_any(wanted))
            .select(attachments::file_key)
            .load(self.conn)?;
        let bound: Vec<UuidCol> = dossiers::table
            .filter(dossiers::file_key.eq_any(keys.iter().map(|k| UuidCol(*k))))
            .select(dossiers::file_key)
            .load(self.conn)?;
        let found = found.into_iter().flatten().chain(bound);
        Ok(found.map(|k| k.0).collect())
    }

    /// The headers of those events of a stream that name a reporter: who raised or reported a
    /// danger is confidential.
    pub fn reporting_headers(&mut self, stream: &str) -> Result<Vec<String>, Error> {
        Ok(audit_events::table
            .filter(audit_events::stream.eq(stream))
            .filter(audit_events::action.eq_any(["flag_raised", "incident_recorded"]))
            .select(audit_events::header)
            .load(self.conn)?)
    }
}
