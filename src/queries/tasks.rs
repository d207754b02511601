//! Supervised tasks: those of a case, and those of the caller's units.

use serde_json::json;

use super::in_sight::{in_sight, named, with_reads};
use super::views::task::{TaskItem, TaskView, Words};
use crate::call::{Call, Query};
use crate::domain::case::Case;
use crate::domain::ids::*;
use crate::domain::policy::{Action, CaseScope, Sight};
use crate::domain::task::Task;
use crate::domain::time::Instant;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tasks::TaskFilter;
use crate::store::tx::Snap;

/// Tasks as the caller sees them, each with the scope of its case.
pub fn task_views(
    snap: &mut Snap<'_>,
    tasks: &[(&Task, &CaseScope)],
) -> Result<Vec<TaskView>, Error> {
    let units = tasks
        .iter()
        .flat_map(|(t, _)| [t.unit_id.uuid, t.ordered_for.uuid]);
    let names = snap.names_of(&units.collect::<Vec<_>>())?;
    let ids: Vec<TaskId> = tasks.iter().map(|(t, _)| t.id).collect();
    let clocks = snap.task_clocks(&ids)?;
    let (ctx, now) = (snap.ctx, snap.ctx.now);
    Ok(tasks
        .iter()
        .map(|(t, scope)| TaskView::of(t, &Words::of(ctx, scope), &clocks, now, &names))
        .collect())
}

/// One task of a case, as the caller sees it.
pub fn task_view(snap: &mut Snap<'_>, case: &Case, id: TaskId) -> Result<TaskView, Error> {
    let scope = snap.scope_of(case)?;
    let list = snap.tasks_of(case.id)?;
    let task = list.iter().find(|t| t.id == id);
    let task = task.ok_or_else(Error::not_found)?;
    let views = task_views(snap, &[(task, &scope)])?;
    views.into_iter().next().ok_or_else(Error::not_found)
}

/// `GET /cases/{case_id}/tasks`: oldest first.
pub fn of_case(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let mut tasks = snap.tasks_of(case.id)?;
    let hidden = snap.hidden_tasks(case.id)?;
    tasks.retain(|t| !hidden.contains(&t.id.uuid));
    let wanted: Vec<(&Task, &CaseScope)> = tasks.iter().map(|t| (t, &scope)).collect();
    let data = task_views(snap, &wanted)?;
    let reply = Reply::json(200, &json!({ "data": data }))?.case(case.id);
    Ok(reply.reads("case", case.id))
}

/// `GET /cases/{case_id}/tasks/{task_id}`.
pub fn one(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, _) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let id: TaskId = call.id("task_id")?;
    if snap.hidden_tasks(case.id)?.contains(&id.uuid) {
        return Err(Error::not_found());
    }
    let view = task_view(snap, &case, id)?;
    let reply = Reply::json(200, &view)?.case(case.id);
    Ok(reply.reads("case", case.id))
}

fn filter(q: &Query<'_>, now: Instant) -> Result<TaskFilter, Error> {
    let overdue = q.get::<bool>("overdue")?.unwrap_or(false);
    let before = q.get::<Instant>("due_before")?;
    Ok(TaskFilter {
        states: q.list("state")?,
        kinds: q.list("kind")?,
        unit: q.get("unit_id")?,
        due_before: match (overdue, before) {
            (true, before) => Some(before.map_or(now, |b| b.min(now))),
            (false, before) => before,
        },
        newest_first: q.one_of("sort", &["-ordered", "ordered"])? == "-ordered",
    })
}

/// `GET /tasks`: of the caller's units; the county sees all. Of cases in sight only.
pub fn mine(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    super::require(snap, Action::ListTasks)?;
    let q = call.query();
    let filter = filter(&q, snap.ctx.now)?;
    let page = q.page::<TaskId>()?;
    q.finish()?;
    let limit = page.fetch();
    let fetch = |snap: &mut Snap<'_>, sight: &Sight, after: Option<&TaskId>| {
        snap.list_tasks(sight, &filter, after.copied(), limit)
    };
    let rows = in_sight(snap, page.after, limit, |t: &Task| t.id, fetch)?;
    let wanted: Vec<(&Task, &CaseScope)> = rows.iter().map(|s| (&s.row, &s.scope)).collect();
    let views = task_views(snap, &wanted)?;
    let lang = snap.ctx.lang;
    let shown = usize::try_from(page.limit).unwrap_or(0);
    // A unit called on reads what its own task says, though the case is masked to it.
    let texts = views.iter().take(shown).filter(|v| v.text.is_some());
    let mut read = named(&rows, page.limit);
    read.extend(texts.map(|v| v.case_id));
    let rows: Vec<_> = rows.into_iter().zip(views).collect();
    let out = page.cut(
        &call.env,
        rows,
        |(s, _)| s.row.id,
        |(s, view)| TaskItem::of(view, &s.case, s.sees, lang),
    )?;
    Ok(with_reads(out.reply()?, read))
}
