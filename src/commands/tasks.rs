//! Supervised tasks: ordered, reported, judged, passed on, given up.
//!
//! No version of the case is asked for: a task has a state of its own, looked at under the lock.

use super::movement::answering;
use super::{answer_child, open_append, who};
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::ids::{OrgId, TaskId};
use crate::domain::input::Text;
use crate::domain::policy::Action;
use crate::domain::rules::tasks::*;
use crate::domain::task::Task;
use crate::error::Error;
use crate::queries::tasks::task_view;
use crate::reply::Reply;
use crate::store::tx::Tx;

/// Opens the case of a task.
fn open(tx: &mut Tx<'_>, call: &Call, action: Action) -> Result<(CaseFile, Task), Error> {
    let id: TaskId = call.id("task_id")?;
    let file = open_append(tx, call, action, None)?;
    let task = file.task(id).cloned().ok_or_else(Error::not_found)?;
    Ok((file, task))
}

fn answer(tx: &mut Tx<'_>, status: u16, d: Decision, id: TaskId) -> Result<Reply, Error> {
    let case = tx.carry_out(d)?;
    let view = task_view(tx, &case, id)?;
    answer_child(&case, status, &view)
}

/// The unit the actor orders for: the holder where they answer for it, else the first of theirs.
pub(super) fn ordering_unit(tx: &Tx<'_>, file: &CaseFile) -> OrgId {
    let units = who(tx).units;
    let desk = file.case.holder_desk_id;
    let held = units
        .iter()
        .find(|u| **u == file.case.holder_id || Some(**u) == desk);
    held.or(units.first())
        .copied()
        .unwrap_or(file.case.holder_id)
}

/// `POST /cases/{case_id}/tasks`
pub fn order_task(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(OrderTask::read)?;
    let file = open_append(tx, call, Action::OrderTask, None)?;
    let unit = tx.find_org(input.unit)?;
    let for_unit = ordering_unit(tx, &file);
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = OrderTask {
        id: Some(id),
        ..input
    };
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = order(&file, input, unit.as_ref(), for_unit, &who, &mut ids, now)?;
    answer(tx, 201, d, id)
}

/// `POST /cases/{case_id}/tasks/{task_id}/report`
pub fn report_task(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(ReportTask::read)?;
    let (file, task) = open(tx, call, Action::AnswerTask)?;
    let unit = tx.org(task.unit_id)?;
    let d = report(&file, &task, &unit, input, &answering(tx), tx.ctx.now)?;
    answer(tx, 200, d, task.id)
}

/// `POST /cases/{case_id}/tasks/{task_id}/accept`
pub fn accept_result(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let note = call.read(|o| o.opt::<Text<1000>>("note"))?.map(|t| t.0);
    let (file, task) = open(tx, call, Action::OrderTask)?;
    let d = accept(&file, &task, note, &who(tx), tx.ctx.now)?;
    answer(tx, 200, d, task.id)
}

/// `POST /cases/{case_id}/tasks/{task_id}/send-back`
pub fn send_back_result(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(SendBack::read)?;
    let (file, task) = open(tx, call, Action::OrderTask)?;
    let d = send_back(&file, &task, input, &who(tx), tx.ctx.now)?;
    answer(tx, 200, d, task.id)
}

/// `POST /cases/{case_id}/tasks/{task_id}/reassign`: answers with the task that goes on.
pub fn reassign_task(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Reassign::read)?;
    let (file, task) = open(tx, call, Action::OrderTask)?;
    let to = tx.find_org(input.to)?;
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = reassign(&file, &task, input, to.as_ref(), &who, &mut ids, now)?;
    let next = opened(&d).unwrap_or(task.id);
    answer(tx, 200, d, next)
}

fn opened(d: &Decision) -> Option<TaskId> {
    use crate::domain::decision::{Entity, Put};
    d.puts.iter().find_map(|put| match put {
        Put::Insert(Entity::Task(t)) => Some(t.id),
        _ => None,
    })
}

/// `POST /cases/{case_id}/tasks/{task_id}/cancel`
pub fn cancel_task(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let reason = call.read(|o| o.req::<Text<1000>>("reason"))?.0;
    let (file, task) = open(tx, call, Action::OrderTask)?;
    let d = cancel(&file, &task, reason, &who(tx), tx.ctx.now)?;
    answer(tx, 200, d, task.id)
}
