//! Supervised tasks in the database.

use diesel::prelude::*;

use super::conn::Multi;
use super::row::{FromRaw, build, one};
use super::tables::case::cases;
use super::tables::clocks::clocks;
use super::tables::county::tasks;
use super::tx::Snap;
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::case::Case;
use crate::domain::clocks::Clock;
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::policy::Sight;
use crate::domain::task::{Task, TaskKind, TaskState};
use crate::domain::time::Instant;
use crate::error::Error;

/// The policies whose clocks run on tasks.
pub const TASK_CLOCKS: &[&str] = &["order_result", "whistle_response"];

/// What the list of tasks is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    pub states: Vec<TaskState>,
    pub kinds: Vec<TaskKind>,
    pub unit: Option<OrgId>,
    /// With a clock that is due before this instant, or was.
    pub due_before: Option<Instant>,
    pub newest_first: bool,
}

impl Snap<'_> {
    /// The tasks of a case, oldest first.
    pub fn tasks_of(&mut self, case: CaseId) -> Result<Vec<Task>, Error> {
        let rows = tasks::table
            .filter(tasks::case_id.eq(case.put()))
            .order((tasks::ordered_at, tasks::id))
            .load::<<Task as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Those of these ids that are tasks.
    pub fn tasks_with(&mut self, ids: &[uuid::Uuid]) -> Result<Vec<Task>, Error> {
        let ids: Vec<UuidCol> = ids.iter().copied().map(UuidCol).collect();
        let rows = tasks::table
            .filter(tasks::id.eq_any(ids))
            .load::<<Task as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The open clocks of these tasks.
    pub fn task_clocks(&mut self, ids: &[TaskId]) -> Result<Vec<Clock>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<UuidCol> = ids.iter().map(Col::put).collect();
        let rows = clocks::table
            .filter(clocks::subject_id.eq_any(ids))
            .filter(clocks::policy.eq_any(TASK_CLOCKS))
            .filter(clocks::ended_at.is_null())
            .load::<<Clock as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Tasks of the caller's units (all for who sees every case), with their cases. Whether the
    /// caller sees each case is the caller's to ask.
    pub fn list_tasks(
        &mut self,
        sight: &Sight,
        f: &TaskFilter,
        after: Option<TaskId>,
        limit: i64,
    ) -> Result<Vec<(Task, Case)>, Error> {
        let mut q = tasks::table
            .inner_join(cases::table.on(cases::id.eq(tasks::case_id)))
            .select((tasks::all_columns, cases::all_columns))
            .into_boxed::<Multi>();
        if !sight.all {
            let mut units = self.units_of_desks(&sight.heads)?;
            units.extend(&sight.answers_for);
            let units: Vec<UuidCol> = units.iter().map(Col::put).collect();
            q = q.filter(tasks::unit_id.eq_any(units));
        }
        if let Some(unit) = f.unit {
            q = q.filter(tasks::unit_id.eq(unit.put()));
        }
        if !f.states.is_empty() {
            let states: Vec<&str> = f.states.iter().map(|s| s.code()).collect();
            q = q.filter(tasks::state.eq_any(states));
        }
        if !f.kinds.is_empty() {
            let kinds: Vec<&str> = f.kinds.iter().map(|k| k.code()).collect();
            q = q.filter(tasks::kind.eq_any(kinds));
        }
        if let Some(before) = f.due_before {
            let due = clocks::table
                .filter(clocks::policy.eq_any(TASK_CLOCKS))
                .filter(clocks::ended_at.is_null())
                .filter(clocks::due_at.le(InstantCol(before)))
                .select(clocks::subject_id);
            q = q.filter(tasks::id.eq_any(due));
        }
        if let Some(id) = after {
            q = if f.newest_first {
                q.filter(tasks::id.lt(id.put()))
            } else {
                q.filter(tasks::id.gt(id.put()))
            };
        }
        q = if f.newest_first {
            q.order(tasks::id.desc())
        } else {
            q.order(tasks::id.asc())
        };
        type Row = (<Task as FromRaw>::Raw, <Case as FromRaw>::Raw);
        let rows = q.limit(limit).load::<Row>(self.conn)?;
        rows.into_iter()
            .map(|(t, c)| Ok((one::<Task>(t)?, one::<Case>(c)?)))
            .collect()
    }
}
