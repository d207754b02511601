//! Follow-up visits in the database: of a case, planned with an act, due in the county.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::conn::Multi;
use super::row::{FromRaw, build, one};
use super::tables::case::{agreements, assignments, cases, obligations};
use super::tables::visits::follow_ups;
use super::tx::{Snap, Tx};
use super::types::{Col, UuidCol};
use crate::domain::case::{Case, Risk};
use crate::domain::codes::Code;
use crate::domain::decision::Decision;
use crate::domain::follow_up::{FollowUp, FollowUpKind, FollowUpState};
use crate::domain::ids::*;
use crate::domain::policy::Sight;
use crate::domain::rules::follow_up_plan::{PlanFacts, concerns, follow};
use crate::domain::time::LocalDate;
use crate::error::Error;

/// What the list of visits is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct FollowUpFilter {
    /// Only visits that are still open.
    pub open: bool,
    pub kinds: Vec<FollowUpKind>,
    pub risks: Vec<Risk>,
    /// Of cases held in this desk.
    pub township: Option<OrgId>,
    pub due_from: Option<LocalDate>,
    /// Due on this day or earlier.
    pub due_until: Option<LocalDate>,
}

/// Where the next page starts: the day and the id of the last row.
pub type DuePosition = (String, uuid::Uuid);

fn codes<C: Code>(list: &[C]) -> Vec<&'static str> {
    list.iter().map(|c| c.code()).collect()
}

impl Snap<'_> {
    /// The visits of a case, by number.
    pub fn follow_ups(&mut self, id: CaseId) -> Result<Vec<FollowUp>, Error> {
        let rows = follow_ups::table
            .filter(follow_ups::case_id.eq(id.put()))
            .order(follow_ups::no)
            .load::<<FollowUp as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Visits that the caller's units and teams are to make (all for who sees every case), in the
    /// order of their days. Whether the caller sees each case is the caller's to ask.
    pub fn list_follow_ups(
        &mut self,
        sight: &Sight,
        f: &FollowUpFilter,
        after: Option<&DuePosition>,
        limit: i64,
    ) -> Result<Vec<(FollowUp, Case)>, Error> {
        let mut q = follow_ups::table
            .inner_join(cases::table.on(cases::id.eq(follow_ups::case_id)))
            .select((follow_ups::all_columns, cases::all_columns))
            .into_boxed::<Multi>();
        if !sight.all && !sight.all_closed {
            let mut units = sight.units.clone();
            units.extend(&sight.answers_for);
            let mut desks = sight.desks.clone();
            desks.extend(&sight.closed_desks);
            let units: Vec<UuidCol> = units.iter().map(Col::put).collect();
            let desks: Vec<Option<UuidCol>> = desks.iter().map(|d| Some(d.put())).collect();
            let user = sight.user.map_or(UuidCol(uuid::Uuid::nil()), |u| u.put());
            let seat = assignments::table
                .filter(assignments::case_id.eq(cases::id))
                .filter(assignments::user_id.eq(user))
                .filter(assignments::to_at.is_null());
            q = q.filter(
                cases::holder_id
                    .eq_any(units)
                    .nullable()
                    .or(cases::holder_desk_id.eq_any(desks))
                    .or(exists(seat).nullable()),
            );
        }
        if !f.risks.is_empty() {
            q = q.filter(cases::risk.eq_any(codes(&f.risks)));
        }
        if let Some(desk) = f.township {
            q = q.filter(cases::holder_desk_id.eq(Some(desk.put())));
        }
        if f.open {
            q = q.filter(follow_ups::settled_at.is_null());
        }
        if !f.kinds.is_empty() {
            q = q.filter(follow_ups::kind.eq_any(codes(&f.kinds)));
        }
        if let Some(from) = f.due_from {
            q = q.filter(follow_ups::due_on.ge(from.put()));
        }
        if let Some(until) = f.due_until {
            q = q.filter(follow_ups::due_on.le(until.put()));
        }
        if let Some((day, id)) = after
            && let Some(day) = LocalDate::parse(day)
        {
            q = q.filter(follow_ups::due_on.ge(day.put())).filter(
                follow_ups::due_on
                    .gt(day.put())
                    .or(follow_ups::id.gt(UuidCol(*id))),
            );
        }
        type Row = (<FollowUp as FromRaw>::Raw, <Case as FromRaw>::Raw);
        let rows = q
            .order((follow_ups::due_on, follow_ups::id))
            .limit(limit)
            .load::<Row>(self.conn)?;
        rows.into_iter()
            .map(|(f, c)| Ok((one::<FollowUp>(f)?, one::<Case>(c)?)))
            .collect()
    }

    /// Cases, in order of their ids after `after`, with a visit whose day has come and is not
    /// marked yet.
    pub fn cases_with_visits_due(
        &mut self,
        today: LocalDate,
        after: Option<CaseId>,
        limit: i64,
    ) -> Result<Vec<CaseId>, Error> {
        let from = after.map_or(uuid::Uuid::nil(), |id| id.uuid);
        let rows: Vec<UuidCol> = follow_ups::table
            .filter(follow_ups::settled_at.is_null())
            .filter(follow_ups::state.ne(FollowUpState::Due.code()))
            .filter(follow_ups::due_on.le(today.put()))
            .filter(follow_ups::case_id.gt(UuidCol(from)))
            .select(follow_ups::case_id)
            .distinct()
            .order(follow_ups::case_id)
            .limit(limit)
            .load(self.conn)?;
        Ok(rows.into_iter().map(|id| CaseId::new(id.0)).collect())
    }
}

impl Tx<'_> {
    /// Adds to a decision the visits that its facts plan or end.
    pub(super) fn plan_follow_ups(&mut self, d: &mut Decision) -> Result<(), Error> {
        if d.is_new_case() || !concerns(&d.events) {
            return Ok(());
        }
        let case = d.case().id;
        let book = self.clock_policies()?;
        let calendar = self.calendar()?;
        let agreed = agreements::table
            .filter(agreements::case_id.eq(case.put()))
            .order(agreements::no)
            .load(self.conn)?;
        let owed = obligations::table
            .filter(obligations::case_id.eq(case.put()))
            .load(self.conn)?;
        let ctx = self.ctx;
        let facts = PlanFacts {
            book: &book,
            calendar: &calendar,
            agreements: build(agreed)?,
            obligations: build(owed)?,
            follow_ups: self.follow_ups(case)?,
            by: ctx.actor.user_id,
            now: ctx.now,
        };
        let mut ids = ctx;
        follow(d, facts, &mut ids);
        Ok(())
    }
}
