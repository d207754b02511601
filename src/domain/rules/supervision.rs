//! Supervision orders (督办、挂牌督办) and leaders in charge (领导包案).

use super::Who;
use super::tasks::{NewTask, case_guards, finish, open_task, takes_tasks};
use crate::domain::casefile::CaseFile;
use crate::domain::county::*;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj, Text};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::{OrgKind, OrgUnit};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::task::{Task, TaskKind, TaskState};
use crate::domain::time::Instant;

/// An order to be made.
#[derive(Clone, Debug)]
pub struct Supervise {
    pub id: Option<SupervisionId>,
    /// What is overdue: the id of a task or of a transfer; absent for the case as a whole.
    pub about: Option<uuid::Uuid>,
    pub level: Option<SupervisionLevel>,
    pub reason: String,
    pub due: Instant,
}

impl Supervise {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let about = o.opt::<TaskId>("about_id");
        let level = o.opt("level");
        let reason = o.req::<Text<2000>>("reason");
        let due = o.req("due_at");
        Some(Self {
            id: id?,
            about: about?.map(|id| id.uuid),
            level: level?,
            reason: reason?.0,
            due: due?,
        })
    }
}

/// The unit an order about this goes to: of a task its unit, of a transfer who must answer it or
/// took the order on, else the holder. `None` when nothing in the case has this id.
pub fn addressee(file: &CaseFile, about: Option<uuid::Uuid>) -> Option<OrgId> {
    let Some(id) = about.filter(|id| *id != file.case.id.uuid) else {
        return Some(file.case.holder_id);
    };
    let task = file.tasks.iter().find(|t| t.id.uuid == id);
    let transfer = || file.transfers.iter().find(|t| t.id.uuid == id);
    match task {
        Some(t) => Some(t.unit_id),
        None => transfer().map(|t| t.to_id.unwrap_or(file.case.holder_id)),
    }
}

/// The level a further order about the same thing has: one above the highest so far.
pub fn next_level(past: &[Supervision], about: Option<uuid::Uuid>) -> SupervisionLevel {
    let same = past.iter().filter(|s| s.about_id == about);
    let highest = same.map(|s| s.level).max();
    highest.map_or(SupervisionLevel::Order, SupervisionLevel::raised)
}

/// What an order needs from elsewhere.
#[derive(Debug)]
pub struct SuperviseFacts {
    /// The orders about the case so far.
    pub past: Vec<Supervision>,
    /// The unit the order goes to, if there is one.
    pub unit: Option<OrgUnit>,
    /// The unit that orders.
    pub for_unit: OrgId,
}

/// Orders supervision: the unit owes a reply by a deadline. A repeated order about the same thing
/// is of a higher level.
pub fn supervise(
    file: &CaseFile,
    input: Supervise,
    facts: &SuperviseFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let (past, for_unit) = (&facts.past, facts.for_unit);
    let unit = facts.unit.as_ref();
    let mut g = Guards::new();
    g.extend(case_guards(file));
    let about = input.about.filter(|id| *id != file.case.id.uuid);
    let to = addressee(file, about);
    g.forbid(about.filter(|_| to.is_none()), Reason::UnknownReference);
    let fit = takes_tasks(unit);
    g.forbid(to.filter(|_| !fit), Reason::UnitUnfit);
    // The county's supervisor watches over its centre as well.
    let own = to == Some(for_unit) && unit.is_some_and(|u| u.kind != OrgKind::CountyCentre);
    g.require(!own, Reason::OwnUnit);
    g.forbid((input.due <= now).then_some("due_at"), Reason::TimeOrder);
    let wanted = next_level(past, about);
    let level = input.level.unwrap_or(wanted);
    let first = !past.iter().any(|s| s.about_id == about);
    let low = !first && level < wanted;
    g.forbid(low.then_some(wanted), Reason::LevelNotRaised);
    g.done()?;
    let Some(unit_id) = to else {
        return Err(vec![Refusal::new(Reason::UnknownReference)]);
    };
    let (id, task) = (input.id.unwrap_or_else(|| ids.id()), ids.id());
    let mut d = Decision::on(file);
    d.event(Event::SupervisionOrdered {
        supervision: id,
        unit: unit_id,
        level,
        due: input.due,
    });
    let new = NewTask {
        id: task,
        kind: TaskKind::SupervisionReply,
        source_id: Some(id.uuid),
        unit_id,
        text: input.reason.clone(),
        due_at: Some(input.due),
        ordered_for: for_unit,
        ordered_by: who.user,
    };
    open_task(&mut d, new, now);
    d.insert(Supervision {
        id,
        case_id: file.case.id,
        state: SupervisionState::Open,
        level,
        unit_id,
        about_id: about,
        reason: input.reason,
        due_at: input.due,
        task_id: task,
        talks: Vec::new(),
        ordered_by: who.user,
        ordered_at: now,
        released_by: None,
        released_at: None,
        note: None,
    });
    Ok(d)
}

/// What bars every act on an order: it is in force no more.
pub fn in_force(s: &Supervision) -> Vec<Refusal> {
    let mut g = Guards::new();
    let over = s.state != SupervisionState::Open;
    g.forbid(over.then_some(s.state), Reason::WrongState);
    g.into_inner()
}

/// What bars releasing an order. `task`: the reply it asks for.
pub fn release_guards(s: &Supervision, task: Option<&Task>) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(in_force(s));
    let open = task.is_some_and(|t| t.state == TaskState::Open);
    g.require(!open, Reason::TaskNotReported);
    g.into_inner()
}

/// What bars signing a case off.
pub fn sign_off_guards(file: &CaseFile, owner: &CaseOwner, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(owner.user_id == who.user, Reason::NotOwner);
    g.require(owner.to_at.is_none(), Reason::AlreadyDone);
    let owed = file.tasks.iter().filter(|t| t.state.is_live());
    g.forbid(owed.map(|t| t.id), Reason::TasksOpen);
    g.into_inner()
}

/// Reads the record of a talk.
pub fn read_talk(o: &mut Obj<'_>, by: UserId) -> Option<Talk> {
    let at = o.req("held_at");
    let persons = o.list::<Line<50>>("persons", 20);
    if persons.as_ref().is_some_and(Vec::is_empty) {
        o.fault("persons", "required");
    }
    let record = o.req::<Text<8000>>("record");
    Some(Talk {
        at: at?,
        persons: persons?.into_iter().map(|p| p.0).collect(),
        record: record?.0,
        by,
    })
}

/// Records a talk with those responsible (约谈).
pub fn talk(
    file: &CaseFile,
    s: &Supervision,
    talk: Talk,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(in_force(s));
    g.require(talk.at <= now, Reason::InFuture);
    let early = talk.at < s.ordered_at;
    g.forbid(early.then_some("held_at"), Reason::TimeOrder);
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::SupervisionTalked {
        supervision: s.id,
        unit: s.unit_id,
    });
    let mut next = s.clone();
    next.talks.push(talk);
    d.update(next);
    Ok(d)
}

/// Releases an order whose reply has come; with it the reply is accepted.
pub fn release(
    file: &CaseFile,
    s: &Supervision,
    note: String,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let task = file.task(s.task_id);
    let mut g = Guards::new();
    g.extend(release_guards(s, task));
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::SupervisionReleased {
        supervision: s.id,
        unit: s.unit_id,
    });
    if let Some(task) = task.filter(|t| t.state == TaskState::Reported) {
        finish(&mut d, task, Some(note.clone()), who.user, now);
    }
    let notice = Notice::of(NoticeKind::TaskDecided);
    d.tell(Recipient::Unit(s.unit_id), notice);
    d.update(Supervision {
        state: SupervisionState::Released,
        released_by: Some(who.user),
        released_at: Some(now),
        note: Some(note),
        ..s.clone()
    });
    Ok(d)
}

/// A leader to be put in charge.
#[derive(Clone, Debug)]
pub struct NameOwner {
    pub id: Option<CaseOwnerId>,
    pub user: UserId,
    pub org: OrgId,
    pub reason: String,
}

impl NameOwner {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let user = o.req("user_id");
        let org = o.req("org_id");
        let reason = o.req::<Text<1000>>("reason");
        Some(Self {
            id: id?,
            user: user?,
            org: org?,
            reason: reason?.0,
        })
    }
}

/// Puts a leader in charge. Who was in charge for the same unit is so no longer. `reads_cases`:
/// the user is in office and has a role that reads cases.
pub fn name_owner(
    file: &CaseFile,
    input: NameOwner,
    unit: Option<&OrgUnit>,
    reads_cases: bool,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(case_guards(file));
    g.forbid((!reads_cases).then_some(input.user), Reason::OwnerUnfit);
    let fit = unit.is_some_and(|u| u.active);
    g.forbid((!fit).then_some(input.org), Reason::UnitUnfit);
    let old = file
        .owners
        .iter()
        .find(|o| o.to_at.is_none() && o.org_id == input.org);
    let same = old.is_some_and(|o| o.user_id == input.user);
    g.require(!same, Reason::AlreadyDone);
    g.done()?;
    let mut d = Decision::on(file);
    // The database refuses a second one of a unit, so the old one ends first.
    if let Some(old) = old {
        d.event(Event::OwnerEnded {
            owner: old.user_id,
            end: OwnerEnd::Changed,
        });
        d.update(CaseOwner {
            to_at: Some(now),
            end_reason: Some(OwnerEnd::Changed),
            note: Some(input.reason.clone()),
            ..old.clone()
        });
    }
    d.event(Event::OwnerNamed {
        owner: input.user,
        org: input.org,
    });
    let notice = Notice::of(NoticeKind::CaseOwnerNamed);
    d.tell(Recipient::User(input.user), notice);
    d.insert(CaseOwner {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        user_id: input.user,
        org_id: input.org,
        reason: input.reason,
        named_by: who.user,
        from_at: now,
        to_at: None,
        end_reason: None,
        note: None,
    });
    Ok(d)
}

/// The leader signs the case off (销号): nothing it is in charge of is still owed.
pub fn sign_off(
    file: &CaseFile,
    owner: &CaseOwner,
    note: String,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(sign_off_guards(file, owner, who));
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::OwnerEnded {
        owner: owner.user_id,
        end: OwnerEnd::SignedOff,
    });
    d.tell(
        Recipient::Unit(file.case.holder_id),
        Notice::of(NoticeKind::TaskDecided),
    );
    d.update(CaseOwner {
        to_at: Some(now),
        end_reason: Some(OwnerEnd::SignedOff),
        note: Some(note),
        ..owner.clone()
    });
    Ok(d)
}
