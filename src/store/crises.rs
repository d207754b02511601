//! Crises of cases, their steps and timelines.

use diesel::prelude::*;

use super::row::{FromRaw, build};
use super::tables::crisis::{crises, crisis_events, crisis_steps};
use super::tx::{Snap, Tx};
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::case::Case;
use crate::domain::crisis::*;
use crate::domain::ids::*;
use crate::domain::notice::Recipient;
use crate::domain::time::Instant;
use crate::error::Error;

impl Snap<'_> {
    /// The crises of a case, oldest first, each with its steps.
    pub fn crises_of(&mut self, case: CaseId) -> Result<Vec<CrisisFile>, Error> {
        let rows = crises::table
            .filter(crises::case_id.eq(case.put()))
            .order(crises::id)
            .load::<<Crisis as FromRaw>::Raw>(self.conn)?;
        self.with_steps(build(rows)?)
    }

    /// The crisis of a case that is not closed; there is at most one.
    pub fn open_crisis(&mut self, case: CaseId) -> Result<Option<CrisisFile>, Error> {
        let rows = crises::table
            .filter(crises::case_id.eq(case.put()))
            .filter(crises::closed_at.is_null())
            .load::<<Crisis as FromRaw>::Raw>(self.conn)?;
        Ok(self.with_steps(build(rows)?)?.pop())
    }

    /// A crisis of a case.
    pub fn crisis_of(&mut self, case: CaseId, id: CrisisId) -> Result<CrisisFile, Error> {
        let rows = crises::table
            .filter(crises::case_id.eq(case.put()))
            .filter(crises::id.eq(id.put()))
            .load::<<Crisis as FromRaw>::Raw>(self.conn)?;
        let found = self.with_steps(build(rows)?)?.pop();
        found.ok_or_else(Error::not_found)
    }

    /// Crises, newest first, before a known one.
    pub fn list_crises(
        &mut self,
        open: bool,
        tiers: &[Tier],
        before: Option<CrisisId>,
        limit: i64,
    ) -> Result<Vec<CrisisFile>, Error> {
        use crate::domain::codes::Code;
        let mut q = crises::table
            .order(crises::id.desc())
            .limit(limit)
            .into_boxed();
        if open {
            q = q.filter(crises::closed_at.is_null());
        }
        if !tiers.is_empty() {
            let codes: Vec<&str> = tiers.iter().map(|t| t.code()).collect();
            q = q.filter(crises::tier.eq_any(codes));
        }
        if let Some(id) = before {
            q = q.filter(crises::id.lt(id.put()));
        }
        let rows = q.load::<<Crisis as FromRaw>::Raw>(self.conn)?;
        self.with_steps(build(rows)?)
    }

    fn with_steps(&mut self, list: Vec<Crisis>) -> Result<Vec<CrisisFile>, Error> {
        if list.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<UuidCol> = list.iter().map(|c| c.id.put()).collect();
        let rows = crisis_steps::table
            .filter(crisis_steps::crisis_id.eq_any(ids))
            .order((crisis_steps::due_at, crisis_steps::id))
            .load::<<CrisisStep as FromRaw>::Raw>(self.conn)?;
        let steps: Vec<CrisisStep> = build(rows)?;
        let of = |crisis: Crisis| CrisisFile {
            steps: steps
                .iter()
                .filter(|s| s.crisis_id == crisis.id)
                .cloned()
                .collect(),
            crisis,
        };
        Ok(list.into_iter().map(of).collect())
    }

    /// The timeline of a crisis.
    pub fn crisis_entries(&mut self, id: CrisisId) -> Result<Vec<CrisisEntry>, Error> {
        let rows = crisis_events::table
            .filter(crisis_events::crisis_id.eq(id.put()))
            .order(crisis_events::seq)
            .load::<<CrisisEntry as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Crises that are to be called again by now, by that instant, after a known one.
    pub fn crises_calling(
        &mut self,
        after: Option<(Instant, CrisisId)>,
        limit: i64,
    ) -> Result<Vec<(Instant, CrisisId, CaseId)>, Error> {
        let (from, id) = after.map_or((Instant(0), uuid::Uuid::nil()), |(at, id)| (at, id.uuid));
        let from = InstantCol(from);
        let rows: Vec<(Option<InstantCol>, UuidCol, UuidCol)> = crises::table
            .filter(crises::next_call_at.le(InstantCol(self.ctx.now)))
            .filter(crises::next_call_at.ge(from))
            .filter(
                crises::next_call_at
                    .gt(from)
                    .or(crises::id.gt(UuidCol(id)).nullable()),
            )
            .order((crises::next_call_at, crises::id))
            .limit(limit)
            .select((crises::next_call_at, crises::id, crises::case_id))
            .load(self.conn)?;
        Ok(rows
            .into_iter()
            .filter_map(|(at, id, case)| Some((at?.0, CrisisId::new(id.0), CaseId::new(case.0))))
            .collect())
    }

    /// When somebody is to be called next.
    pub fn next_call(&mut self) -> Result<Option<Instant>, Error> {
        let at: Option<Option<InstantCol>> = crises::table
            .filter(crises::next_call_at.is_not_null())
            .order((crises::next_call_at, crises::id))
            .select(crises::next_call_at)
            .first(self.conn)
            .optional()?;
        Ok(at.flatten().map(|at| at.0))
    }

    /// Late steps over which somebody is to be called by now, by that instant, after a known one.
    pub fn steps_calling(
        &mut self,
        after: Option<(Instant, CrisisStepId)>,
        limit: i64,
    ) -> Result<Vec<(Instant, CrisisStepId, CaseId)>, Error> {
        let (from, id) = after.map_or((Instant(0), uuid::Uuid::nil()), |(at, id)| (at, id.uuid));
        let from = InstantCol(from);
        let rows: Vec<(Option<InstantCol>, UuidCol, UuidCol)> = crisis_steps::table
            .filter(crisis_steps::call_at.le(InstantCol(self.ctx.now)))
            .filter(crisis_steps::call_at.ge(from))
            .filter(
                crisis_steps::call_at
                    .gt(from)
                    .or(crisis_steps::id.gt(UuidCol(id)).nullable()),
            )
            .order((crisis_steps::call_at, crisis_steps::id))
            .limit(limit)
            .select((
                crisis_steps::call_at,
                crisis_steps::id,
                crisis_steps::case_id,
            ))
            .load(self.conn)?;
        Ok(rows
            .into_iter()
            .filter_map(|(at, id, case)| {
                Some((at?.0, CrisisStepId::new(id.0), CaseId::new(case.0)))
            })
            .collect())
    }

    /// When somebody is called next over a late step.
    pub fn next_step_call(&mut self) -> Result<Option<Instant>, Error> {
        let at: Option<Option<InstantCol>> = crisis_steps::table
            .filter(crisis_steps::call_at.is_not_null())
            .order((crisis_steps::call_at, crisis_steps::id))
            .select(crisis_steps::call_at)
            .first(self.conn)
            .optional()?;
        Ok(at.flatten().map(|at| at.0))
    }
}

impl Tx<'_> {
    /// The posts of the ladder for a case. A post that nobody holds, or only who was called one
    /// rung lower, is no rung: it would cost time and reach nobody.
    pub fn ladder_of(&mut self, case: &Case) -> Result<Vec<(Rung, Vec<Recipient>)>, Error> {
        let county = self.county_centre()?;
        let mut reached: Vec<UserId> = Vec::new();
        let mut out = Vec::new();
        for (rung, posts) in LADDER {
            let place = |post: &Post| match post {
                Post::Holder => Some(Recipient::Unit(case.holder_id)),
                Post::Desk(role) => case.holder_desk_id.map(|d| Recipient::Role(*role, d)),
                Post::County(role) => county.map(|c| Recipient::Role(*role, c)),
            };
            let held: Vec<Recipient> = posts.iter().filter_map(place).collect();
            let staff = self.staff_of(&held)?;
            if staff.iter().any(|u| !reached.contains(u)) {
                reached.extend(staff);
                out.push((*rung, held));
            }
        }
        Ok(out)
    }

    /// Those who hold the posts of a ladder.
    pub fn people_of(
        &mut self,
        rungs: &[(Rung, Vec<Recipient>)],
    ) -> Result<Vec<(Rung, Vec<UserId>)>, Error> {
        let mut out = Vec::with_capacity(rungs.len());
        for (rung, posts) in rungs {
            out.push((*rung, self.staff_of(posts)?));
        }
        Ok(out)
    }
}
