//! The countable facts of the statistics, kept in the commit of the act that makes them.

use diesel::prelude::*;

use super::row::{FromRaw, Stored, build};
use super::tables::case::cases;
use super::tables::returns::return_entries;
use super::tx::{Snap, Tx};
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::case::{Case, CaseState};
use crate::domain::casefile::CaseFile;
use crate::domain::codes::Code;
use crate::domain::facts::Event;
use crate::domain::figures::{CountedAct, ReturnEntry};
use crate::domain::ids::*;
use crate::domain::org::CommitteeKind;
use crate::domain::rules::statistics::{self, Note};
use crate::domain::time::Instant;
use crate::error::Error;

impl Snap<'_> {
    /// The entries of a case that count now.
    pub fn standing_entries(&mut self, case: CaseId) -> Result<Vec<ReturnEntry>, Error> {
        let rows = return_entries::table
            .filter(return_entries::case_id.eq(case.put()))
            .filter(return_entries::undone_at.is_null())
            .order(return_entries::id)
            .load::<<ReturnEntry as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Accepted cases without any entry, from before entries were kept, in order of their ids.
    pub fn uncounted_cases(
        &mut self,
        after: Option<CaseId>,
        limit: i64,
    ) -> Result<Vec<CaseId>, Error> {
        let from = after.map_or(uuid::Uuid::nil(), |id| id.uuid);
        let counted = return_entries::table
            .filter(return_entries::case_id.eq(cases::id))
            .select(return_entries::id);
        let rows: Vec<UuidCol> = cases::table
            .filter(cases::id.gt(UuidCol(from)))
            .filter(cases::accepted_at.is_not_null())
            .filter(cases::state.ne(CaseState::Merged.code()))
            .filter(diesel::dsl::not(diesel::dsl::exists(counted)))
            .order(cases::id)
            .limit(limit)
            .select(cases::id)
            .load(self.conn)?;
        Ok(rows.into_iter().map(|id| CaseId::new(id.0)).collect())
    }

    fn committee_kind(&mut self, case: &Case) -> Result<Option<CommitteeKind>, Error> {
        match case.committee_id {
            Some(id) => Ok(Some(self.committee(id)?.kind)),
            None => Ok(None),
        }
    }
}

impl Tx<'_> {
    /// Takes note of what the events of one act mean for the statistics.
    pub(super) fn count(&mut self, case: &Case, events: &[Event]) -> Result<(), Error> {
        let notes = statistics::notes_of(case, events);
        if notes.is_empty() {
            return Ok(());
        }
        let kind = self.committee_kind(case)?;
        let standing = self.standing_entries(case.id)?;
        let now = self.ctx.now;
        let of = |act: CountedAct| standing.iter().filter(move |e| e.act == act);
        let mut file: Option<CaseFile> = None;
        for note in notes {
            match note {
                Note::Accepted | Note::Back => {
                    let known = of(CountedAct::Accepted).next().is_some();
                    let entry = statistics::acceptance(case, kind, self.ctx.id(), now);
                    if let Some(entry) = entry.filter(|_| !known) {
                        entry.insert(self.conn)?;
                    }
                }
                Note::Gone => self.undo_entries(of(CountedAct::Accepted), now)?,
                Note::Reopened => self.undo_entries(of(CountedAct::Closed), now)?,
                Note::Closed | Note::Corrected => {
                    let file = self.whole(&mut file, case)?;
                    let entry = statistics::closing(file, kind, self.ctx.id(), now);
                    let same = |e: &&ReturnEntry| entry.as_ref().is_some_and(|n| n.counts_as(e));
                    if of(CountedAct::Closed).any(|e| same(&e)) {
                        continue;
                    }
                    self.undo_entries(of(CountedAct::Closed), now)?;
                    if let Some(entry) = entry {
                        entry.insert(self.conn)?;
                    }
                }
                Note::IncidentClosed(id) => {
                    let file = self.whole(&mut file, case)?;
                    let incident = file.incidents.iter().find(|i| i.id == id);
                    let fresh = self.ctx.id();
                    let entry = incident.and_then(|i| statistics::averted(file, i, fresh, now));
                    if let Some(entry) = entry {
                        entry.insert(self.conn)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn whole<'f>(
        &mut self,
        file: &'f mut Option<CaseFile>,
        case: &Case,
    ) -> Result<&'f CaseFile, Error> {
        let loaded = match file.take() {
            Some(loaded) => loaded,
            None => self.load_file(case.clone())?,
        };
        Ok(file.insert(loaded))
    }

    fn undo_entries<'e>(
        &mut self,
        entries: impl Iterator<Item = &'e ReturnEntry>,
        now: Instant,
    ) -> Result<(), Error> {
        let ids: Vec<UuidCol> = entries.map(|e| e.id.put()).collect();
        if !ids.is_empty() {
            diesel::update(return_entries::table.filter(return_entries::id.eq_any(ids)))
                .set(return_entries::undone_at.eq(Some(InstantCol(now))))
                .execute(self.conn)?;
        }
        Ok(())
    }

    /// Counts a case from before entries were kept, by what is on file: its facts were known here
    /// when they happened.
    pub fn count_existing(&mut self, id: CaseId) -> Result<(), Error> {
        self.technical();
        self.lock_case(id)?;
        let case = self.raw_case(id)?;
        if !self.standing_entries(id)?.is_empty() || case.state == CaseState::Merged {
            return Ok(());
        }
        let kind = self.committee_kind(&case)?;
        let file = self.load_file(case)?;
        let fresh = || self.ctx.id();
        let known = |at: Option<Instant>| at.unwrap_or(self.ctx.now);
        let (accepted, closed) = (file.case.accepted_at, file.case.closed_at);
        let mut out = Vec::new();
        out.extend(statistics::acceptance(
            &file.case,
            kind,
            fresh(),
            known(accepted),
        ));
        out.extend(statistics::closing(&file, kind, fresh(), known(closed)));
        for incident in &file.incidents {
            let at = known(incident.closed_at);
            out.extend(statistics::averted(&file, incident, fresh(), at));
        }
        out.iter()
            .try_for_each(|entry| Ok(entry.insert(self.conn)?))
    }
}
