//! Whistles (吹哨—分哨—应哨—评哨): proposed, sounded by the chief, answered in time, rated.

use super::Who;
use super::tasks::{NewTask, call_off, case_guards, finish, open_task, takes_tasks};
pub use super::whistle_input::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::Risk;
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::mediation::due_of;
use crate::domain::county::*;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::{OrgKind, OrgUnit};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::task::{Task, TaskKind, TaskState};
use crate::domain::time::Instant;

/// Proposes a whistle of the holder. `units` are the departments that were found.
pub fn propose(
    file: &CaseFile,
    input: Propose,
    holder: &OrgUnit,
    units: &[OrgUnit],
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(propose_guards(file, holder));
    let called: Vec<OrgId> = input.calls.iter().map(|c| c.0).collect();
    g.require(!called.is_empty(), Reason::NobodyCalled);
    let unfit = called.iter().enumerate().filter(|(n, id)| {
        let unit = units.iter().find(|u| u.id == **id);
        let answers = unit.is_some_and(|u| {
            matches!(
                u.kind,
                OrgKind::Department | OrgKind::PoliceStation | OrgKind::JusticeOffice
            )
        });
        let twice = called.iter().take(*n).any(|c| c == *id);
        !takes_tasks(unit) || !answers || twice
    });
    g.forbid(unfit.map(|(_, id)| *id), Reason::UnitUnfit);
    g.done()?;
    let whistle = Whistle {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        state: WhistleState::Proposed,
        unit_id: holder.id,
        reason: input.reason,
        place: input.place,
        calls: input
            .calls
            .into_iter()
            .map(|(unit_id, need)| WhistleCall {
                unit_id,
                need,
                task_id: None,
                due_at: None,
                response: None,
                declined: None,
                accuracy: None,
                rating: None,
            })
            .collect(),
        proposed_by: who.user,
        proposed_at: now,
        decided_by: None,
        decided_at: None,
        note: None,
        closed_at: None,
        accuracy: None,
    };
    let mut d = Decision::on(file);
    d.event(Event::WhistleProposed {
        whistle: whistle.id,
        units: called,
    });
    let notice = Notice::of(NoticeKind::WhistleProposed);
    d.tell(Recipient::Unit(holder.id), notice);
    d.insert(whistle);
    Ok(d)
}

fn in_state(w: &Whistle, wanted: WhistleState) -> Guards {
    let mut g = Guards::new();
    g.forbid((w.state != wanted).then_some(w.state), Reason::WrongState);
    g
}

/// What bars proposing a whistle at all. `holder`: the unit that holds the case.
pub fn propose_guards(file: &CaseFile, holder: &OrgUnit) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(case_guards(file));
    let may = matches!(holder.kind, OrgKind::TownshipDesk | OrgKind::CountyCentre);
    g.require(may, Reason::WhistleNotHere);
    g.into_inner()
}

/// What bars sounding a whistle.
pub fn sound_guards(file: &CaseFile, w: &Whistle) -> Vec<Refusal> {
    let mut g = in_state(w, WhistleState::Proposed);
    g.extend(case_guards(file));
    g.require(file.case.holder_id == w.unit_id, Reason::NotHolder);
    g.into_inner()
}

/// What bars refusing a whistle.
pub fn refuse_guards(w: &Whistle) -> Vec<Refusal> {
    in_state(w, WhistleState::Proposed).into_inner()
}

/// What bars taking a whistle back.
pub fn withdraw_guards(w: &Whistle) -> Vec<Refusal> {
    let mut g = Guards::new();
    let over = !matches!(w.state, WhistleState::Proposed | WhistleState::Sounded);
    g.forbid(over.then_some(w.state), Reason::WrongState);
    g.into_inner()
}

/// What bars the answer to one call. `answers`: who acts speaks for the unit called.
pub fn call_guards(w: &Whistle, task: Option<&Task>, answers: bool) -> Vec<Refusal> {
    let mut g = in_state(w, WhistleState::Sounded);
    g.require(answers, Reason::NotResponsible);
    if let Some(task) = task {
        g.require(task.state != TaskState::Reported, Reason::AlreadyDone);
        g.require(task.state.is_live(), Reason::TaskEnded);
    }
    g.into_inner()
}

/// What bars rating the answer to one call.
pub fn rate_guards(
    w: &Whistle,
    unit: OrgId,
    call: Option<&WhistleCall>,
    task: Option<&Task>,
    who: &Who,
) -> Vec<Refusal> {
    let mut g = in_state(w, WhistleState::Sounded);
    g.require(who.units.contains(&w.unit_id), Reason::NotOrderer);
    let open = task.is_none_or(|t| t.state == TaskState::Open);
    g.forbid(open.then_some(unit), Reason::TaskNotReported);
    let rated = call.is_some_and(|c| c.rating.is_some());
    g.require(!rated, Reason::AlreadyDone);
    g.into_inner()
}

/// What bars the county's word on a whistle.
pub fn judge_guards(w: &Whistle) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(w.decided_at.is_some(), Reason::WrongState);
    g.require(w.accuracy.is_none(), Reason::AlreadyDone);
    g.into_inner()
}

/// The chief has reviewed it: every department is called at once, each against its clock.
pub fn sound(
    file: &CaseFile,
    w: &Whistle,
    note: Option<String>,
    calendar: &Calendar,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(sound_guards(file, w));
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::WhistleSounded {
        whistle: w.id,
        by: who.user,
    });
    let variant = (file.case.risk == Risk::Red).then_some("red");
    let due = due_of("whistle_response", variant, calendar, now).and_then(|c| c.due_at);
    let mut w = w.clone();
    for call in &mut w.calls {
        let task = ids.id();
        let new = NewTask {
            id: task,
            kind: TaskKind::Whistle,
            source_id: Some(w.id.uuid),
            unit_id: call.unit_id,
            text: call.need.clone(),
            due_at: due,
            ordered_for: w.unit_id,
            ordered_by: who.user,
        };
        open_task(&mut d, new, now);
        call.task_id = Some(task);
        call.due_at = due;
    }
    w.state = WhistleState::Sounded;
    w.decided_by = Some(who.user);
    w.decided_at = Some(now);
    w.note = note;
    d.update(w);
    Ok(d)
}

/// The chief does not let it be sounded.
pub fn refuse(
    file: &CaseFile,
    w: &Whistle,
    reason: String,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(refuse_guards(w));
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::WhistleRefused { whistle: w.id });
    d.update(Whistle {
        state: WhistleState::Refused,
        decided_by: Some(who.user),
        decided_at: Some(now),
        note: Some(reason),
        closed_at: Some(now),
        ..w.clone()
    });
    Ok(d)
}

/// Takes a whistle back; what was not answered is owed no longer.
pub fn withdraw(
    file: &CaseFile,
    w: &Whistle,
    reason: String,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(withdraw_guards(w));
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::WhistleWithdrawn { whistle: w.id });
    for task in tasks_of(file, w).filter(|t| t.state.is_live()) {
        call_off(&mut d, task, reason.clone(), who.user, now);
    }
    d.update(Whistle {
        state: WhistleState::Withdrawn,
        note: Some(reason),
        closed_at: Some(now),
        ..w.clone()
    });
    Ok(d)
}

fn tasks_of<'a>(file: &'a CaseFile, w: &Whistle) -> impl Iterator<Item = &'a Task> {
    let id = w.id.uuid;
    file.tasks.iter().filter(move |t| t.source_id == Some(id))
}

/// A department answers its call. `answers` says whether who acts speaks for it.
pub fn answer(
    file: &CaseFile,
    w: &Whistle,
    input: Answer,
    answers: bool,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let call = w.calls.iter().find(|c| c.unit_id == input.unit);
    let task = call.and_then(|c| file.task(c.task_id?));
    let (Some(call), Some(task)) = (call, task) else {
        let mut g = in_state(w, WhistleState::Sounded);
        g.forbid(call.is_none().then_some(input.unit), Reason::NotResponsible);
        g.done()?;
        return Err(vec![Refusal::new(Reason::NotResponsible)]);
    };
    let mut g = Guards::new();
    g.extend(call_guards(w, Some(task), answers));
    if let How::Came { at, .. } = &input.how {
        g.require(*at <= now, Reason::InFuture);
        let before = w.decided_at.is_some_and(|t| *at < t);
        g.forbid(before.then_some("at"), Reason::TimeOrder);
    }
    g.done()?;
    let mut d = Decision::on(file);
    let mut next = call.clone();
    next.accuracy = input.accuracy.map(|accuracy| AccuracyWord {
        accuracy,
        note: input.accuracy_note,
        by: who.user,
        at: now,
    });
    let (result, at) = match input.how {
        How::Came {
            mode,
            at,
            persons,
            findings,
        } => {
            let late = call.due_at.is_some_and(|due| at >= due);
            d.event(Event::WhistleAnswered {
                whistle: w.id,
                unit: call.unit_id,
                mode,
                late,
            });
            next.response = Some(WhistleResponse {
                mode,
                at,
                persons,
                findings: findings.clone(),
                late,
            });
            (findings, at)
        }
        How::Declined { reason } => {
            d.event(Event::WhistleDeclined {
                whistle: w.id,
                unit: call.unit_id,
            });
            next.declined = Some(reason.clone());
            (reason, now)
        }
    };
    let notice = Notice::of(NoticeKind::WhistleAnswered);
    d.tell(Recipient::Unit(w.unit_id), notice);
    d.update(Task {
        state: TaskState::Reported,
        result: Some(result),
        reported_by: Some(who.user),
        reported_at: Some(at),
        ..task.clone()
    });
    d.update(with_call(w, next));
    Ok(d)
}

fn with_call(w: &Whistle, call: WhistleCall) -> Whistle {
    let mut w = w.clone();
    for old in &mut w.calls {
        if old.unit_id == call.unit_id {
            *old = call.clone();
        }
    }
    w
}

/// Rates one answer (评哨): with it the department's part ends; with the last one the whistle.
pub fn rate(
    file: &CaseFile,
    w: &Whistle,
    unit: OrgId,
    word: ResponseWord,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let call = w.calls.iter().find(|c| c.unit_id == unit);
    let task = call.and_then(|c| file.task(c.task_id?));
    let mut g = Guards::new();
    g.extend(rate_guards(w, unit, call, task, who));
    g.done()?;
    let mut d = Decision::on(file);
    let (Some(call), Some(task)) = (call, task) else {
        return Err(vec![Refusal::about(Reason::UnknownReference, [unit])]);
    };
    d.event(Event::WhistleRated {
        whistle: w.id,
        unit,
        rating: word.rating,
    });
    finish(&mut d, task, word.note.clone(), who.user, now);
    let notice = Notice::of(NoticeKind::TaskDecided);
    d.tell(Recipient::Unit(unit), notice);
    let mut w = with_call(
        w,
        WhistleCall {
            rating: Some(word),
            ..call.clone()
        },
    );
    if w.calls.iter().all(|c| c.rating.is_some()) {
        w.state = WhistleState::Closed;
        w.closed_at = Some(now);
    }
    d.update(w);
    Ok(d)
}

/// The county's word on whether the whistle called whom it should.
pub fn judge(file: &CaseFile, w: &Whistle, word: AccuracyWord) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(judge_guards(w));
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::WhistleJudged {
        whistle: w.id,
        accuracy: word.accuracy,
    });
    d.update(Whistle {
        accuracy: Some(word),
        ..w.clone()
    });
    Ok(d)
}
