//! What fell due: cases, committees.

use diesel::prelude::*;

use super::row::{FromRaw, build};
use super::tables::case::{cases, obligations};
use super::tables::org::committees;
use super::tx::Snap;
use super::types::{Col, UuidCol};
use crate::domain::agreement::ObligationState;
use crate::domain::codes::Code;
use crate::domain::ids::CaseId;
use crate::domain::org::Committee;
use crate::domain::time::LocalDate;
use crate::error::Error;

impl Snap<'_> {
    /// Cases, in order of their ids after `after`, that are not closed and have an unmarked
    /// obligation whose day has passed. On a rest day that can still be in time; the rule decides.
    pub fn cases_with_something_late(
        &mut self,
        today: LocalDate,
        after: Option<CaseId>,
        limit: i64,
    ) -> Result<Vec<CaseId>, Error> {
        let waiting = [ObligationState::Pending, ObligationState::Partial];
        let from = after.map_or(uuid::Uuid::nil(), |id| id.uuid);
        let rows: Vec<UuidCol> = obligations::table
            .inner_join(cases::table.on(cases::id.eq(obligations::case_id)))
            .filter(cases::live.eq(true))
            .filter(obligations::state.eq_any(waiting.map(Code::code)))
            .filter(obligations::due_on.lt(today.put()))
            .filter(obligations::case_id.gt(UuidCol(from)))
            .select(obligations::case_id)
            .distinct()
            .order(obligations::case_id)
            .limit(limit)
            .load(self.conn())?;
        Ok(rows.into_iter().map(|id| CaseId::new(id.0)).collect())
    }

    /// Committees at work whose term ends between two days.
    pub fn committees_ending(
        &mut self,
        from: LocalDate,
        until: LocalDate,
    ) -> Result<Vec<Committee>, Error> {
        let rows = committees::table
            .filter(committees::term_to.ge(from.put()))
            .filter(committees::term_to.le(until.put()))
            .filter(committees::active.eq(true))
            .order((committees::term_to, committees::id))
            .load::<<Committee as FromRaw>::Raw>(self.conn())?;
        Ok(build(rows)?)
    }
}
