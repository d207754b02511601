//! The clocks of cases in the database.

use std::sync::Arc;

use diesel::prelude::*;

use super::row::{FromRaw, Stored, build, one};
use super::tables::case::obligations;
use super::tables::clocks::{CalendarVersion, PolicyRow, clock_policies, clocks};
use super::tx::{Snap, Tx};
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::agreement::Obligation;
use crate::domain::clocks::align::align;
use crate::domain::clocks::calendar_file::CalendarDoc;
use crate::domain::clocks::ledger::Moves;
use crate::domain::clocks::mediation::{Held, LIMITS};
use crate::domain::clocks::{Clock, PolicyBook, course};
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::org::OrgKind;
use crate::domain::rules::limits;
use crate::domain::time::Instant;
use crate::error::Error;

impl Snap<'_> {
    /// The clocks of a case, oldest first.
    pub fn clocks_of(&mut self, case: CaseId) -> Result<Vec<Clock>, Error> {
        let rows = clocks::table
            .filter(clocks::case_id.eq(case.put()))
            .order((clocks::started_at, clocks::id))
            .load::<<Clock as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Those that have not ended.
    pub(crate) fn open_clocks(&mut self, case: CaseId) -> Result<Vec<Clock>, Error> {
        let rows = clocks::table
            .filter(clocks::case_id.eq(case.put()))
            .filter(clocks::ended_at.is_null())
            .order((clocks::started_at, clocks::id))
            .load::<<Clock as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The open clocks of a case with the terms each follows.
    pub(crate) fn held_clocks(&mut self, case: CaseId) -> Result<Vec<Held>, Error> {
        let open = self.open_clocks(case)?;
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let book = self.clock_policies()?;
        let held = open.into_iter().filter_map(|clock| {
            let policy = book.version(&clock.policy, clock.policy_version)?;
            let policy = Arc::new(policy.clone());
            Some(Held { clock, policy })
        });
        Ok(held.collect())
    }

    /// One clock; whoever asks must be allowed to see its case.
    pub fn clock(&mut self, id: ClockId) -> Result<Clock, Error> {
        let row = clocks::table
            .filter(clocks::id.eq(id.put()))
            .first::<<Clock as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    /// Clocks that run, by id, after `after`: those a new calendar may move.
    pub fn running_clocks(
        &mut self,
        after: Option<ClockId>,
        limit: i64,
    ) -> Result<Vec<Clock>, Error> {
        let mut query = clocks::table
            .filter(clocks::ended_at.is_null())
            .filter(clocks::breached_at.is_null())
            .filter(clocks::due_at.is_not_null())
            .order(clocks::id)
            .limit(limit)
            .into_boxed();
        if let Some(id) = after {
            query = query.filter(clocks::id.gt(id.put()));
        }
        let rows = query.load::<<Clock as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// When time has something to do with a clock next.
    pub fn next_wake(&mut self) -> Result<Option<Instant>, Error> {
        let first: Option<Option<InstantCol>> = clocks::table
            .filter(clocks::wake_at.is_not_null())
            .order(clocks::wake_at)
            .select(clocks::wake_at)
            .first(self.conn)
            .optional()?;
        Ok(first.flatten().map(|at| at.0))
    }

    /// Clocks to be looked at by now, the longest overdue first, from the one after `after`: when,
    /// which, and of which case.
    pub fn waking_clocks(
        &mut self,
        after: Option<(Instant, ClockId)>,
        limit: i64,
    ) -> Result<Vec<(Instant, ClockId, CaseId)>, Error> {
        let now = InstantCol(self.ctx.now);
        let mut query = clocks::table
            .filter(clocks::wake_at.is_not_null())
            .filter(clocks::wake_at.le(now))
            .order((clocks::wake_at, clocks::id))
            .limit(limit)
            .select((clocks::wake_at, clocks::id, clocks::case_id))
            .into_boxed();
        if let Some((at, id)) = after {
            let at = InstantCol(at);
            query = query
                .filter(clocks::wake_at.ge(at))
                .filter(clocks::wake_at.gt(at).or(clocks::id.gt(id.put())));
        }
        let rows: Vec<(Option<InstantCol>, UuidCol, UuidCol)> = query.load(self.conn)?;
        let row = |(at, id, case): (Option<InstantCol>, UuidCol, UuidCol)| {
            Some((at?.0, ClockId::new(id.0), CaseId::new(case.0)))
        };
        Ok(rows.into_iter().filter_map(row).collect())
    }
}

impl Tx<'_> {
    /// Which clocks of the case its act starts and ends. What the decision shows as due is set to
    /// what they say.
    pub(super) fn clock_moves(&mut self, d: &mut Decision) -> Result<Moves, Error> {
        let case = d.case().id;
        let open = if d.is_new_case() {
            Vec::new()
        } else {
            self.open_clocks(case)?
        };
        let book = self.clock_policies()?;
        let calendar = self.calendar()?;
        let obligations = if course::needs_obligations(&d.events) {
            let rows = obligations::table
                .filter(obligations::case_id.eq(case.put()))
                .load::<<Obligation as FromRaw>::Raw>(self.conn)?;
            build(rows)?
        } else {
            Vec::new()
        };
        let moved = d.events.iter().find_map(|e| match e {
            Event::CustodyMoved { to, .. } => Some(*to),
            _ => None,
        });
        let county_holds = match moved {
            Some(to) => self.org(to)?.kind == OrgKind::CountyCentre,
            None => false,
        };
        let ctx = self.ctx;
        let missed = |c: &Clock| c.breached_at.is_some() && LIMITS.contains(&c.policy.as_str());
        if open.iter().any(missed) && limits::decides(d) {
            let tasks = self.tasks_of(case)?;
            limits::decided(d, &tasks, ctx.actor.user_id, ctx.now);
        }
        let facts = course::Facts {
            book: &book,
            calendar: &calendar,
            obligations,
            county_holds,
            now: ctx.now,
        };
        let moves = course::follow(d, open.clone(), &facts, ctx);
        align(d, &moves, &open);
        Ok(moves)
    }

    /// Writes them, in the commit of the act.
    pub(super) fn keep_clocks(&mut self, moves: &Moves) -> Result<(), Error> {
        // An ended clock makes room for its successor, so changes come first.
        for clock in &moves.change {
            clock.update(self.conn)?;
        }
        for clock in &moves.start {
            clock.insert(self.conn)?;
        }
        Ok(())
    }

    /// Keeps the policies a start has read. A version that says something else than it did is
    /// refused: clocks follow it.
    pub fn keep_policies(&mut self, book: &PolicyBook) -> Result<(), Error> {
        // Two nodes that start at once take turns.
        self.lock_name("clock policies and calendars")?;
        let known = self.clock_policies()?;
        let ids: Vec<String> = clock_policies::table
            .select(clock_policies::id)
            .load(self.conn)?;
        let now = self.ctx.now;
        for p in book.rows() {
            let id = format!("{}@{}", p.code, p.version);
            if let Some(old) = known.version(&p.code, p.version)
                && old != p
            {
                return Err(Error::internal(format!(
                    "clock policy {id} differs from the one in the database"
                )));
            }
            if ids.contains(&id) {
                continue;
            }
            let row = PolicyRow {
                id,
                code: p.code.clone(),
                version: p.version,
                effective_from: p.effective_from,
                body: p.clone(),
                loaded_at: now,
            };
            self.insert(&row)?;
        }
        Ok(())
    }

    /// Puts a calendar in force for every region that has none yet.
    pub fn keep_calendars(&mut self, docs: &[CalendarDoc]) -> Result<(), Error> {
        let known = self.calendar_versions()?;
        let ctx = self.ctx;
        for doc in docs {
            if known.iter().any(|v| v.region == doc.region) {
                continue;
            }
            let row = CalendarVersion {
                id: ctx.ids.uuid(),
                region: doc.region.clone(),
                version: doc.version.clone(),
                seq: 1,
                document: doc.clone(),
                committed_by: ctx.actor.user_id,
                committed_at: ctx.now,
            };
            self.insert(&row)?;
        }
        Ok(())
    }
}
