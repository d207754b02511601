//! Supervised tasks: opened, reported, judged, passed on, given up.
//!
//! Other areas open theirs with [`open_task`] in the decision of their own act; the clock of a task
//! starts and ends with it ([`crate::domain::clocks::course`]).

use super::Who;
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Text};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::{OrgKind, OrgUnit};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::task::{Task, TaskKind, TaskState};
use crate::domain::time::Instant;

/// A task to be opened by an act of another area.
#[derive(Clone, Debug)]
pub struct NewTask {
    pub id: TaskId,
    pub kind: TaskKind,
    pub source_id: Option<uuid::Uuid>,
    pub unit_id: OrgId,
    pub text: String,
    /// The first instant that is too late; a task without one has no clock.
    pub due_at: Option<Instant>,
    /// The unit that will judge the result.
    pub ordered_for: OrgId,
    pub ordered_by: UserId,
}

/// Opens a task in the commit of the decision: row, fact, clock, and a notice to the unit.
pub fn open_task(d: &mut Decision, new: NewTask, now: Instant) -> Task {
    open_from(d, new, None, now)
}

fn open_from(d: &mut Decision, new: NewTask, parent: Option<TaskId>, now: Instant) -> Task {
    let task = Task {
        id: new.id,
        case_id: d.case().id,
        kind: new.kind,
        source_id: new.source_id,
        unit_id: new.unit_id,
        text: new.text,
        due_at: new.due_at,
        state: TaskState::Open,
        ordered_for: new.ordered_for,
        ordered_by: new.ordered_by,
        ordered_at: now,
        parent_id: parent,
        result: None,
        evidence: Vec::new(),
        reported_by: None,
        reported_at: None,
        decided_by: None,
        decided_at: None,
        note: None,
        sent_back: 0,
    };
    d.event(Event::TaskOpened {
        task: task.id,
        kind: task.kind,
        unit: task.unit_id,
        due: task.due_at,
    });
    d.tell(
        Recipient::Unit(task.unit_id),
        Notice::of(match task.kind {
            TaskKind::Whistle => NoticeKind::WhistleSounded,
            TaskKind::Conference => NoticeKind::ConferenceInvited,
            TaskKind::SupervisionReply => NoticeKind::SupervisionOrdered,
            _ => NoticeKind::TaskOpened,
        }),
    );
    d.insert(task.clone());
    task
}

/// Whether a unit can be given a task: there is such a unit, it works, and it is no court.
pub fn takes_tasks(unit: Option<&OrgUnit>) -> bool {
    unit.is_some_and(|u| u.active && u.kind != OrgKind::Court)
}

/// Nothing more is ordered about a case that lies in the archive or went into another.
pub fn case_guards(file: &CaseFile) -> Vec<Refusal> {
    let gone = matches!(file.case.state, CaseState::Archived | CaseState::Merged);
    let state = file.case.state;
    gone.then(|| Refusal::about(Reason::WrongState, [state]))
        .into_iter()
        .collect()
}

/// A task ordered by hand.
#[derive(Clone, Debug)]
pub struct OrderTask {
    pub id: Option<TaskId>,
    pub kind: TaskKind,
    pub unit: OrgId,
    pub text: String,
    pub due: Instant,
}

impl OrderTask {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let kind = o.req::<TaskKind>("kind");
        if let Some(kind) = kind
            && !matches!(kind, TaskKind::Order | TaskKind::CoHandling)
        {
            o.fault("kind", "not_by_hand");
        }
        let unit = o.req("unit_id");
        let text = o.req::<Text<2000>>("text");
        let due = o.req("due_at");
        Some(Self {
            id: id?,
            kind: kind?,
            unit: unit?,
            text: text?.0,
            due: due?,
        })
    }
}

/// Orders a task of one unit. `unit` is that unit, if there is one; `for_unit` the orderer's.
pub fn order(
    file: &CaseFile,
    input: OrderTask,
    unit: Option<&OrgUnit>,
    for_unit: OrgId,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(case_guards(file));
    g.forbid(
        (!takes_tasks(unit)).then_some(input.unit),
        Reason::UnitUnfit,
    );
    g.forbid((input.due <= now).then_some("due_at"), Reason::TimeOrder);
    let known = input.id.filter(|id| file.task(*id).is_some());
    g.forbid(known, Reason::AlreadyDone);
    g.done()?;
    let mut d = Decision::on(file);
    let new = NewTask {
        id: input.id.unwrap_or_else(|| ids.id()),
        kind: input.kind,
        source_id: None,
        unit_id: input.unit,
        text: input.text,
        due_at: Some(input.due),
        ordered_for: for_unit,
        ordered_by: who.user,
    };
    open_task(&mut d, new, now);
    Ok(d)
}

/// What came of a task.
#[derive(Clone, Debug)]
pub struct ReportTask {
    pub result: String,
    pub evidence: Vec<AttachmentId>,
}

impl ReportTask {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let result = o.req::<Text<4000>>("result");
        let evidence = o.list("evidence", 50);
        Some(Self {
            result: result?.0,
            evidence: evidence?,
        })
    }
}

/// Evidence must lie in the case and be there.
pub fn evidence_guards(file: &CaseFile, evidence: &[AttachmentId]) -> Vec<Refusal> {
    let mut g = Guards::new();
    let unknown = |id: &&AttachmentId| file.attachment(**id).is_none();
    g.forbid(evidence.iter().filter(unknown), Reason::UnknownReference);
    let missing = |id: &&AttachmentId| file.attachment(**id).is_some_and(|a| a.stored_at.is_none());
    g.forbid(evidence.iter().filter(missing), Reason::FileMissing);
    g.into_inner()
}

/// Whether who acts speaks for the unit responsible, itself or as the head of its desk.
pub fn answers(unit: &OrgUnit, who: &Who) -> bool {
    who.units.contains(&unit.id) || unit.desk_id.is_some_and(|d| who.units.contains(&d))
}

/// What bars a report whatever it says. `unit`: the unit responsible.
pub fn report_guards(task: &Task, unit: &OrgUnit, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(answers(unit, who), Reason::NotResponsible);
    g.require(task.kind.stands_alone(), Reason::TaskFollows);
    g.require(task.state != TaskState::Reported, Reason::TaskReported);
    g.require(task.state.is_live(), Reason::TaskEnded);
    g.into_inner()
}

/// The unit responsible reports. What follows a whistle or a conference has its own way.
pub fn report(
    file: &CaseFile,
    task: &Task,
    unit: &OrgUnit,
    input: ReportTask,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(report_guards(task, unit, who));
    g.extend(evidence_guards(file, &input.evidence));
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::TaskReported {
        task: task.id,
        unit: task.unit_id,
    });
    tell_orderer(&mut d, task);
    d.update(Task {
        state: TaskState::Reported,
        result: Some(input.result),
        evidence: input.evidence,
        reported_by: Some(who.user),
        reported_at: Some(now),
        ..task.clone()
    });
    Ok(d)
}

fn tell_orderer(d: &mut Decision, task: &Task) {
    let notice = Notice::of(NoticeKind::TaskReported);
    d.tell(Recipient::Unit(task.ordered_for), notice.clone());
    d.tell(Recipient::User(task.ordered_by), notice);
}

/// Whether who acts ordered the task, or is of the unit it was ordered for.
fn ordered(task: &Task, who: &Who) -> bool {
    task.ordered_by == who.user || who.units.contains(&task.ordered_for)
}

/// What bars every word of the one who ordered the task: calling it off too.
pub fn judge_guards(task: &Task, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(ordered(task, who), Reason::NotOrderer);
    g.require(task.kind.stands_alone(), Reason::TaskFollows);
    g.require(task.state.is_live(), Reason::TaskEnded);
    g.into_inner()
}

/// What bars judging a result: accepting it or sending it back.
pub fn result_guards(task: &Task, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(judge_guards(task, who));
    g.require(task.state != TaskState::Open, Reason::TaskNotReported);
    g.into_inner()
}

/// What bars passing a task on.
pub fn reassign_guards(task: &Task, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(judge_guards(task, who));
    g.require(task.state != TaskState::Reported, Reason::TaskReported);
    g.into_inner()
}

fn tell_unit(d: &mut Decision, unit: OrgId) {
    d.tell(Recipient::Unit(unit), Notice::of(NoticeKind::TaskDecided));
}

/// Who ordered it is content with the result.
pub fn accept(
    file: &CaseFile,
    task: &Task,
    note: Option<String>,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(result_guards(task, who));
    g.done()?;
    let mut d = Decision::on(file);
    finish(&mut d, task, note, who.user, now);
    tell_unit(&mut d, task.unit_id);
    Ok(d)
}

/// Ends a task as done, in the decision of the act that settles it.
pub fn finish(d: &mut Decision, task: &Task, note: Option<String>, by: UserId, now: Instant) {
    d.event(Event::TaskDone {
        task: task.id,
        unit: task.unit_id,
    });
    d.update(Task {
        state: TaskState::Done,
        decided_by: Some(by),
        decided_at: Some(now),
        note,
        ..task.clone()
    });
}

/// A reason with a new deadline.
#[derive(Clone, Debug)]
pub struct SendBack {
    pub reason: String,
    pub due: Instant,
}

impl SendBack {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let reason = o.req::<Text<1000>>("reason");
        let due = o.req("due_at");
        Some(Self {
            reason: reason?.0,
            due: due?,
        })
    }
}

/// The result does not do: the task is open again, with a clock of its own.
pub fn send_back(
    file: &CaseFile,
    task: &Task,
    input: SendBack,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(result_guards(task, who));
    g.forbid((input.due <= now).then_some("due_at"), Reason::TimeOrder);
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::TaskSentBack {
        task: task.id,
        unit: task.unit_id,
        due: Some(input.due),
    });
    tell_unit(&mut d, task.unit_id);
    d.update(Task {
        state: TaskState::Open,
        due_at: Some(input.due),
        decided_by: Some(who.user),
        decided_at: Some(now),
        note: Some(input.reason),
        sent_back: task.sent_back.saturating_add(1),
        ..task.clone()
    });
    Ok(d)
}

/// To which unit a task passes, and why.
#[derive(Clone, Debug)]
pub struct Reassign {
    pub to: OrgId,
    pub reason: String,
    /// A new deadline; without one the old one holds.
    pub due: Option<Instant>,
}

impl Reassign {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let to = o.req("to");
        let reason = o.req::<Text<1000>>("reason");
        let due = o.opt("due_at");
        Some(Self {
            to: to?,
            reason: reason?.0,
            due: due?,
        })
    }
}

/// Passes the task to another unit: the old one owes it no longer, the new one does from now on.
pub fn reassign(
    file: &CaseFile,
    task: &Task,
    input: Reassign,
    to: Option<&OrgUnit>,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(reassign_guards(task, who));
    let fit = takes_tasks(to) && input.to != task.unit_id;
    g.forbid((!fit).then_some(input.to), Reason::UnitUnfit);
    let due = input.due.or(task.due_at);
    let late = due.is_some_and(|t| t <= now);
    g.forbid(late.then_some("due_at"), Reason::TimeOrder);
    g.done()?;
    let mut d = Decision::on(file);
    let next = ids.id();
    d.event(Event::TaskReassigned {
        task: task.id,
        from: task.unit_id,
        to: input.to,
        successor: next,
    });
    tell_unit(&mut d, task.unit_id);
    d.update(Task {
        state: TaskState::Reassigned,
        decided_by: Some(who.user),
        decided_at: Some(now),
        note: Some(input.reason),
        ..task.clone()
    });
    let new = NewTask {
        id: next,
        kind: task.kind,
        source_id: task.source_id,
        unit_id: input.to,
        text: task.text.clone(),
        due_at: due,
        ordered_for: task.ordered_for,
        ordered_by: who.user,
    };
    open_from(&mut d, new, Some(task.id), now);
    Ok(d)
}

/// Gives a task up: it is owed no longer.
pub fn cancel(
    file: &CaseFile,
    task: &Task,
    reason: String,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(judge_guards(task, who));
    g.done()?;
    let mut d = Decision::on(file);
    call_off(&mut d, task, reason, who.user, now);
    Ok(d)
}

/// Gives a task up and tells its unit.
pub fn call_off(d: &mut Decision, task: &Task, reason: String, by: UserId, now: Instant) {
    give_up(d, task, Some(reason), by, now);
    tell_unit(d, task.unit_id);
}

/// Ends a task that is owed no longer, in the decision of the act that says so.
pub fn give_up(d: &mut Decision, task: &Task, note: Option<String>, by: UserId, now: Instant) {
    d.event(Event::TaskCancelled {
        task: task.id,
        unit: task.unit_id,
    });
    d.update(Task {
        state: TaskState::Cancelled,
        decided_by: Some(by),
        decided_at: Some(now),
        note,
        ..task.clone()
    });
}
