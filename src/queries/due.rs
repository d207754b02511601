//! What time has something to do with, found by index.
//!
//! Each function takes one step of a walk: the things it found due, and where the walk goes on.

use uuid::Uuid;

use crate::domain::ids::{CaseId, ClockId, CrisisId, CrisisStepId, ObligationId, SessionId};
use crate::domain::rules::reminders::*;
use crate::domain::rules::terms;
use crate::domain::time::Instant;
use crate::domain::timer::{self, Timer};
use crate::error::Error;
use crate::store::tx::Snap;

/// Rows looked at in one step of a walk.
const STEP: i64 = 200;

/// Where a walk stands: the sort key of the row it has reached.
pub type Mark = (Instant, Uuid);

/// One step of a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What has something due: mostly ids of cases. One may be named more than once.
    pub on: Vec<Uuid>,
    /// Where the walk goes on; `None` at its end.
    pub next: Option<Mark>,
}

impl Page {
    /// A page of rows in the order of `mark`: a full one is not the last.
    pub fn of<R>(rows: &[R], mark: impl Fn(&R) -> Mark, on: Vec<Uuid>) -> Self {
        let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= STEP;
        Self {
            on,
            next: rows.last().filter(|_| full).map(mark),
        }
    }
}

/// When somebody is called next to acknowledge an urgent matter.
pub fn next_call(snap: &mut Snap<'_>) -> Result<Option<Instant>, Error> {
    snap.next_call()
}

/// Cases with an urgent matter that nobody has acknowledged.
pub fn urgent_calls(snap: &mut Snap<'_>, after: Option<Mark>) -> Result<Page, Error> {
    let after = after.map(|(at, id)| (at, CrisisId::new(id)));
    let rows = snap.crises_calling(after, STEP)?;
    let on = rows.iter().map(|(_, _, case)| case.uuid).collect();
    Ok(Page::of(&rows, |(at, id, _)| (*at, id.uuid), on))
}

/// When somebody is called next over a late step.
pub fn next_late_step(snap: &mut Snap<'_>) -> Result<Option<Instant>, Error> {
    snap.next_step_call()
}

/// Cases with a late step over which somebody is to be called.
pub fn late_steps(snap: &mut Snap<'_>, after: Option<Mark>) -> Result<Page, Error> {
    let after = after.map(|(at, id)| (at, CrisisStepId::new(id)));
    let rows = snap.steps_calling(after, STEP)?;
    let on = rows.iter().map(|(_, _, case)| case.uuid).collect();
    Ok(Page::of(&rows, |(at, id, _)| (*at, id.uuid), on))
}

/// When a clock wakes next.
pub fn next_clock(snap: &mut Snap<'_>) -> Result<Option<Instant>, Error> {
    snap.next_wake()
}

/// Cases with a clock to be looked at.
pub fn clocks(snap: &mut Snap<'_>, after: Option<Mark>) -> Result<Page, Error> {
    let after = after.map(|(at, id)| (at, ClockId::new(id)));
    let rows = snap.waking_clocks(after, STEP)?;
    let on = rows.iter().map(|(_, _, case)| case.uuid).collect();
    Ok(Page::of(&rows, |(at, id, _)| (*at, id.uuid), on))
}

/// Cases with an obligation that fell due and is not marked.
pub fn late_obligations(snap: &mut Snap<'_>, after: Option<Mark>) -> Result<Page, Error> {
    let today = snap.ctx.now.local_date();
    let after = after.map(|(_, id)| CaseId::new(id));
    let cases = snap.cases_with_something_late(today, after, STEP)?;
    let on = cases.iter().map(|id| id.uuid).collect();
    Ok(Page::of(&cases, |id| (Instant(0), id.uuid), on))
}

/// Cases with a follow-up visit whose day has come and is not marked.
pub fn visits(snap: &mut Snap<'_>, after: Option<Mark>) -> Result<Page, Error> {
    let today = snap.ctx.now.local_date();
    let after = after.map(|(_, id)| CaseId::new(id));
    let cases = snap.cases_with_visits_due(today, after, STEP)?;
    let on = cases.iter().map(|id| id.uuid).collect();
    Ok(Page::of(&cases, |id| (Instant(0), id.uuid), on))
}

/// Cases with a session of which the invited are to be reminded.
pub fn session_reminders(snap: &mut Snap<'_>, after: Option<Mark>) -> Result<Page, Error> {
    let now = snap.ctx.now;
    let until = now.plus_hours(SESSION_AHEAD_HOURS);
    let after = after.map(|(at, id)| (at, SessionId::new(id)));
    let rows = snap.sessions_ahead(now, until, after, STEP)?;
    let timers = rows
        .iter()
        .flat_map(|s| session_timers(s, now).into_iter().map(|t| (s.case_id, t)));
    let timers = timers.collect();
    let on = unfired(snap, timers)?;
    Ok(Page::of(&rows, |s| (s.planned_from, s.id.uuid), on))
}

/// Cases with an obligation of which those concerned are to be reminded.
pub fn obligation_reminders(snap: &mut Snap<'_>, after: Option<Mark>) -> Result<Page, Error> {
    let now = snap.ctx.now;
    let today = now.local_date();
    let calendar = snap.calendar()?;
    let rows = snap.obligations_ahead(
        today.plus_days(-OBLIGATION_LOOK_BACK_DAYS),
        today.plus_days(OBLIGATION_AHEAD_DAYS),
        after.map(|(at, id)| (at.local_date(), ObligationId::new(id))),
        STEP,
    )?;
    let timers = rows.iter().flat_map(|(o, effective_at)| {
        let found = obligation_timers(o, *effective_at, &calendar, now);
        found.into_iter().map(|t| (o.case_id, t))
    });
    let timers = timers.collect();
    let on = unfired(snap, timers)?;
    let mark = |(o, _): &(_, _)| -> Mark {
        let o: &crate::domain::agreement::Obligation = o;
        (o.due_on.start(), o.id.uuid)
    };
    Ok(Page::of(&rows, mark, on))
}

/// The cases whose timers are due and did not fire.
fn unfired(snap: &mut Snap<'_>, mut timers: Vec<(CaseId, Timer)>) -> Result<Vec<Uuid>, Error> {
    let now = snap.ctx.now;
    timers.retain(|(_, t)| t.at <= now);
    let (cases, timers): (Vec<_>, Vec<_>) = timers.into_iter().unzip();
    let fired = snap.fired(&timers)?;
    let due = cases
        .into_iter()
        .zip(timers)
        .filter(|(_, t)| !timer::due(vec![t.clone()], &fired, now).is_empty());
    Ok(due.map(|(case, _)| case.uuid).collect())
}

/// Committees whose unit is to be told that their term ends. They are few: one page.
pub fn committee_terms(snap: &mut Snap<'_>, _: Option<Mark>) -> Result<Page, Error> {
    let now = snap.ctx.now;
    let today = now.local_date();
    let found = snap.committees_ending(
        today.plus_days(-terms::BEHIND_DAYS),
        today.plus_days(terms::AHEAD_DAYS),
    )?;
    let timers: Vec<Timer> = found.iter().flat_map(terms::timers).collect();
    let fired = snap.fired(&timers)?;
    let due = timer::due(timers, &fired, now);
    Ok(Page {
        on: due.iter().map(|t| t.subject).collect(),
        next: None,
    })
}
