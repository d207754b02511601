//! Views of supervised tasks.

use serde::Serialize;

use super::Sees;
use super::movement::TransferCase;
use crate::ctx::Ctx;
use crate::domain::case::Case;
use crate::domain::clocks::{Clock, Light};
use crate::domain::ids::*;
use crate::domain::policy::{Action, CaseScope, Verdict, answers_for_unit, decide};
use crate::domain::task::{Task, TaskKind, TaskState};
use crate::domain::time::Instant;
use crate::store::people::NameBook;

/// Which words of the tasks of a case a caller may read: who sees the case in full or orders tasks,
/// all; a unit called upon, its own.
#[derive(Clone, Debug)]
pub struct Words {
    all: bool,
    units: Vec<OrgId>,
}

impl Words {
    pub fn of(ctx: &Ctx, scope: &CaseScope) -> Self {
        let may = |action| decide(&ctx.actor, action, scope) == Verdict::Allow;
        let grants = ctx.actor.grants.iter();
        Self {
            all: may(Action::ViewFull) || may(Action::OrderTask),
            units: grants
                .filter(|g| answers_for_unit(g.role))
                .map(|g| g.org_id)
                .collect(),
        }
    }

    /// Everything said about the case's orders.
    pub fn all(&self) -> bool {
        self.all
    }

    pub fn show(&self, unit: OrgId) -> bool {
        self.all || self.units.contains(&unit)
    }
}

/// The clock of a task that runs.
#[derive(Debug, Serialize)]
pub struct TaskClock {
    pub id: ClockId,
    pub due_at: Option<Instant>,
    pub light: Option<Light>,
    pub breached_at: Option<Instant>,
}

impl TaskClock {
    /// The clock of this task among open ones.
    pub fn of(task: TaskId, clocks: &[Clock], now: Instant) -> Option<Self> {
        let clock = clocks.iter().find(|c| c.subject_id == task.uuid)?;
        Some(Self {
            id: clock.id,
            due_at: clock.due_at,
            light: clock.light(now),
            breached_at: clock.breached_at,
        })
    }
}

/// A task; what was written only for who is concerned.
#[derive(Debug, Serialize)]
pub struct TaskView {
    pub id: TaskId,
    pub case_id: CaseId,
    pub kind: TaskKind,
    pub source_id: Option<uuid::Uuid>,
    pub unit_id: OrgId,
    pub unit_name: String,
    pub text: Option<String>,
    pub due_at: Option<Instant>,
    pub state: TaskState,
    pub overdue: bool,
    pub clock: Option<TaskClock>,
    pub ordered_for: OrgId,
    pub ordered_for_name: String,
    pub ordered_by: UserId,
    pub ordered_at: Instant,
    pub parent_id: Option<TaskId>,
    pub result: Option<String>,
    pub evidence: Vec<AttachmentId>,
    pub reported_by: Option<UserId>,
    pub reported_at: Option<Instant>,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Instant>,
    pub note: Option<String>,
    pub sent_back: i32,
}

impl TaskView {
    pub fn of(t: &Task, words: &Words, clocks: &[Clock], now: Instant, names: &NameBook) -> Self {
        let shown = words.show(t.unit_id);
        let text = |t: &Option<String>| t.clone().filter(|_| shown);
        let clock = clocks.iter().find(|c| c.subject_id == t.id.uuid);
        let name = |id: OrgId| names.0.get(&id.uuid).cloned().unwrap_or_default();
        Self {
            id: t.id,
            case_id: t.case_id,
            kind: t.kind,
            source_id: t.source_id,
            unit_id: t.unit_id,
            unit_name: name(t.unit_id),
            text: Some(t.text.clone()).filter(|_| shown),
            due_at: t.due_at,
            state: t.state,
            overdue: clock.is_some_and(|c| c.is_overdue(now)),
            clock: TaskClock::of(t.id, clocks, now),
            ordered_for: t.ordered_for,
            ordered_for_name: name(t.ordered_for),
            ordered_by: t.ordered_by,
            ordered_at: t.ordered_at,
            parent_id: t.parent_id,
            result: text(&t.result),
            evidence: t.evidence.clone(),
            reported_by: t.reported_by,
            reported_at: t.reported_at,
            decided_by: t.decided_by,
            decided_at: t.decided_at,
            note: text(&t.note),
            sent_back: t.sent_back,
        }
    }
}

/// A task in a list over cases, with what is needed to choose which to open.
#[derive(Debug, Serialize)]
pub struct TaskItem {
    #[serde(flatten)]
    pub task: TaskView,
    pub case: TransferCase,
}

impl TaskItem {
    pub fn of(task: TaskView, case: &Case, sees: Sees, lang: crate::domain::codes::Lang) -> Self {
        Self {
            task,
            case: TransferCase::of(case, sees, lang),
        }
    }
}
