//! Timers that fired, and the cases that may have one due.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::row::{FromRaw, Stored, build};
use super::tables::case::{agreements, cases, obligations, sessions};
use super::tables::system::{FiredTimer, timers_fired};
use super::tx::{Snap, Tx};
use super::types::{Col, UuidCol};
use crate::domain::agreement::{AgreementState, Obligation, ObligationState};
use crate::domain::codes::Code;
use crate::domain::ids::{CaseId, ObligationId, SessionId};
use crate::domain::session::{Session, SessionState};
use crate::domain::time::{Instant, LocalDate};
use crate::domain::timer::Timer;
use crate::error::Error;

/// Rows that one purge removes at most.
const PURGE: i64 = 500;
/// A timer's thing lies in the past long before this.
const KEEP_DAYS: i64 = 180;

impl Snap<'_> {
    /// Sessions of live cases whose invited wait for them between two instants, by hour and id
    /// from the one after `after`.
    pub fn sessions_ahead(
        &mut self,
        from: Instant,
        until: Instant,
        after: Option<(Instant, SessionId)>,
        limit: i64,
    ) -> Result<Vec<Session>, Error> {
        let (start, id) = after.map_or((from, uuid::Uuid::nil()), |(at, id)| (at, id.uuid));
        let rows = sessions::table
            .inner_join(cases::table.on(cases::id.eq(sessions::case_id)))
            .filter(cases::live.eq(true))
            .filter(sessions::state.eq(SessionState::Notified.code()))
            .filter(sessions::planned_from.ge(start.put()))
            .filter(
                sessions::planned_from
                    .gt(start.put())
                    .or(sessions::id.gt(UuidCol(id))),
            )
            .filter(sessions::planned_from.le(until.put()))
            .order((sessions::planned_from, sessions::id))
            .limit(limit)
            .select(sessions::all_columns)
            .load::<<Session as FromRaw>::Raw>(self.conn())?;
        Ok(build(rows)?)
    }

    /// Open obligations of agreements in force, in live cases, that are due between two days, with
    /// the instant their agreement took effect; by day and id from the one after `after`.
    pub fn obligations_ahead(
        &mut self,
        from: LocalDate,
        until: LocalDate,
        after: Option<(LocalDate, ObligationId)>,
        limit: i64,
    ) -> Result<Vec<(Obligation, Option<Instant>)>, Error> {
        use ObligationState::{Overdue, Partial, Pending, Urged};
        let in_force = [
            AgreementState::Effective,
            AgreementState::Fulfilled,
            AgreementState::Breached,
        ];
        let (start, id) = after.map_or((from, uuid::Uuid::nil()), |(day, id)| (day, id.uuid));
        let rows = obligations::table
            .inner_join(cases::table.on(cases::id.eq(obligations::case_id)))
            .inner_join(agreements::table.on(agreements::id.eq(obligations::agreement_id)))
            .filter(cases::live.eq(true))
            .filter(agreements::state.eq_any(in_force.map(Code::code)))
            .filter(obligations::state.eq_any([Pending, Partial, Overdue, Urged].map(Code::code)))
            .filter(obligations::due_on.ge(start.put()))
            .filter(
                obligations::due_on
                    .gt(start.put())
                    .or(obligations::id.gt(UuidCol(id))),
            )
            .filter(obligations::due_on.le(until.put()))
            .order((obligations::due_on, obligations::id))
            .limit(limit)
            .select((obligations::all_columns, agreements::effective_at))
            .load::<(
                <Obligation as FromRaw>::Raw,
                Option<super::types::InstantCol>,
            )>(self.conn())?;
        let (rows, times): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let times = times.into_iter().map(|at| at.map(|at| at.0));
        Ok(build(rows)?.into_iter().zip(times).collect())
    }

    /// Which of these timers fired.
    pub fn fired(&mut self, timers: &[Timer]) -> Result<BTreeSet<String>, Error> {
        let keys: Vec<String> = timers.iter().map(Timer::key).collect();
        if keys.is_empty() {
            return Ok(BTreeSet::new());
        }
        let found: Vec<String> = timers_fired::table
            .filter(timers_fired::id.eq_any(keys))
            .select(timers_fired::id)
            .load(self.conn())?;
        Ok(found.into_iter().collect())
    }

    /// The timers of a case that fired.
    pub fn fired_of(&mut self, case: CaseId) -> Result<BTreeSet<String>, Error> {
        let found: Vec<String> = timers_fired::table
            .filter(timers_fired::case_id.eq(case.put()))
            .select(timers_fired::id)
            .load(self.conn())?;
        Ok(found.into_iter().collect())
    }
}

impl Tx<'_> {
    /// Writes down that a timer fired. One that did before is refused by its key, and with it the
    /// whole transaction.
    pub fn fire(&mut self, timer: &Timer, case_id: Option<CaseId>) -> Result<(), Error> {
        self.wrote = true;
        FiredTimer {
            id: timer.key(),
            case_id,
            due_at: timer.at,
            fired_at: self.ctx.now,
        }
        .insert(self.conn())?;
        Ok(())
    }

    /// Removes up to 500 timers that fired long ago; returns how many.
    pub fn purge_timers(&mut self) -> Result<usize, Error> {
        let before = self.ctx.now.plus_days(-KEEP_DAYS);
        let old: Vec<String> = timers_fired::table
            .filter(timers_fired::fired_at.lt(before.put()))
            .order(timers_fired::fired_at)
            .limit(PURGE)
            .select(timers_fired::id)
            .load(self.conn())?;
        self.technical();
        Ok(
            diesel::delete(timers_fired::table.filter(timers_fired::id.eq_any(old)))
                .execute(self.conn())?,
        )
    }
}
