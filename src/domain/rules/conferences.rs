//! Joint conferences (联席会议): planned, held, minuted with resolution items, signed, closed.
//!
//! What a conference resolves are tasks of units (G-37). It makes no agreement and binds no party:
//! that is the parties' own, in mediation, over their signatures (人民调解法 第三、十七条).

use super::Who;
pub use super::conference_input::*;
use super::tasks::{
    NewTask, call_off, case_guards, evidence_guards, finish, give_up, open_task, takes_tasks,
};
use crate::domain::casefile::CaseFile;
use crate::domain::county::*;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::OrgUnit;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::task::TaskKind;
use crate::domain::time::Instant;

fn unfit(ids: &[OrgId], units: &[OrgUnit]) -> Vec<OrgId> {
    let fit = |id: &OrgId| takes_tasks(units.iter().find(|u| u.id == *id));
    ids.iter().copied().filter(|id| !fit(id)).collect()
}

fn member(unit_id: OrgId, task_id: Option<TaskId>) -> ConferenceMember {
    ConferenceMember {
        unit_id,
        task_id,
        attended: None,
        persons: Vec::new(),
        absent_reason: None,
        opinion: None,
        signed: None,
    }
}

/// Plans a conference and invites: a unit sees the case from its invitation to the conference's end.
pub fn plan(
    file: &CaseFile,
    input: PlanConference,
    convener: OrgId,
    units: &[OrgUnit],
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(case_guards(file));
    g.require(!input.units.is_empty(), Reason::NobodyCalled);
    g.forbid(unfit(&input.units, units), Reason::UnitUnfit);
    g.extend(evidence_guards(file, &input.materials));
    let late = input.planned_at <= now;
    g.forbid(late.then_some("planned_at"), Reason::TimeOrder);
    g.done()?;
    let id = input.id.unwrap_or_else(|| ids.id());
    let mut d = Decision::on(file);
    d.event(Event::ConferencePlanned {
        conference: id,
        units: input.units.clone(),
        at: input.planned_at,
    });
    let mut members = Vec::new();
    for unit in input.units {
        let task = ids.id();
        let new = NewTask {
            id: task,
            kind: TaskKind::Conference,
            source_id: Some(id.uuid),
            unit_id: unit,
            text: input.subject.clone(),
            due_at: None,
            ordered_for: convener,
            ordered_by: who.user,
        };
        open_task(&mut d, new, now);
        members.push(member(unit, Some(task)));
    }
    d.insert(Conference {
        id,
        case_id: file.case.id,
        state: ConferenceState::Planned,
        number: None,
        convener_id: convener,
        chair: input.chair,
        subject: input.subject,
        place: input.place,
        planned_at: input.planned_at,
        held_at: None,
        members,
        materials: input.materials,
        minutes: None,
        designates: None,
        created_by: who.user,
        created_at: now,
        closed_at: None,
        note: None,
    });
    Ok(d)
}

/// Moves a conference that was not held yet to another time or place, and tells the units that are
/// still invited. One whose hour passed without it can be moved as well.
pub fn reschedule(
    file: &CaseFile,
    c: &Conference,
    input: MoveConference,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(move_guards(file, c, who));
    let late = input.planned_at <= now;
    g.forbid(late.then_some("planned_at"), Reason::TimeOrder);
    let place = input.place.unwrap_or_else(|| c.place.clone());
    let same = input.planned_at == c.planned_at && place == c.place;
    g.forbid(same.then_some(c.id), Reason::AlreadyDone);
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::ConferenceMoved {
        conference: c.id,
        at: input.planned_at,
    });
    for m in &c.members {
        let invitation = m.task_id.and_then(|id| file.task(id));
        if invitation.is_some_and(|t| t.state.is_live()) {
            let notice = Notice::of(NoticeKind::ConferenceMoved);
            d.tell(Recipient::Unit(m.unit_id), notice);
        }
    }
    d.update(Conference {
        place,
        planned_at: input.planned_at,
        note: Some(input.reason),
        ..c.clone()
    });
    Ok(d)
}

/// Refuses who is not of the convening unit, and another state than one of these.
fn of_convener(c: &Conference, states: &[ConferenceState], who: &Who) -> Guards {
    let mut g = Guards::new();
    let own = who.units.contains(&c.convener_id) || who.user == c.created_by;
    g.require(own, Reason::NotOrderer);
    let wrong = !states.contains(&c.state);
    g.forbid(wrong.then_some(c.state), Reason::WrongState);
    g
}

/// What bars holding or calling off a conference.
pub fn planned_guards(c: &Conference, who: &Who) -> Vec<Refusal> {
    of_convener(c, &[ConferenceState::Planned], who).into_inner()
}

/// What bars moving a conference.
pub fn move_guards(file: &CaseFile, c: &Conference, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(planned_guards(c, who));
    g.extend(case_guards(file));
    g.into_inner()
}

/// What bars drawing up the minutes.
pub fn resolve_guards(file: &CaseFile, c: &Conference, who: &Who) -> Vec<Refusal> {
    let mut g = of_convener(c, &[ConferenceState::Held], who);
    g.extend(case_guards(file));
    g.into_inner()
}

/// What bars signing the minutes.
pub fn sign_guards(c: &Conference, who: &Who) -> Vec<Refusal> {
    of_convener(c, &[ConferenceState::Resolved], who).into_inner()
}

/// What bars ending a conference.
pub fn close_guards(c: &Conference, who: &Who) -> Vec<Refusal> {
    let mut g = of_convener(c, &[ConferenceState::Resolved], who);
    let unsigned = c.members.iter();
    let unsigned = unsigned.filter(|m| m.attended == Some(true) && m.signed.is_none());
    g.forbid(unsigned.map(|m| m.unit_id), Reason::MinutesUnsigned);
    g.into_inner()
}

/// Records the conference as it was held: every unit invited is accounted for, each that came with
/// its persons and its opinion.
pub fn hold(
    file: &CaseFile,
    c: &Conference,
    input: HoldConference,
    units: &[OrgUnit],
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(planned_guards(c, who));
    g.require(input.held_at <= now, Reason::InFuture);
    let early = input.held_at < c.created_at;
    g.forbid(early.then_some("held_at"), Reason::TimeOrder);
    g.extend(evidence_guards(file, &input.materials));
    let present: Vec<OrgId> = input.present.iter().map(|p| p.0).collect();
    let absent: Vec<OrgId> = input.absent.iter().map(|p| p.0).collect();
    g.forbid(unfit(&present, units), Reason::UnitUnfit);
    let times = |id: OrgId| {
        present
            .iter()
            .chain(&absent)
            .filter(|seen| **seen == id)
            .count()
    };
    let invited: Vec<OrgId> = c.members.iter().map(|m| m.unit_id).collect();
    let unaccounted = invited.iter().filter(|id| times(**id) != 1);
    let twice = present.iter().filter(|id| times(**id) != 1);
    let stray = absent.iter().filter(|id| !invited.contains(id));
    let wrong: Vec<OrgId> = unaccounted.chain(twice).chain(stray).copied().collect();
    g.forbid(wrong, Reason::UnitUnaccounted);
    g.require(!present.is_empty(), Reason::NobodyAttending);
    g.done()?;
    let mut next = c.clone();
    for (unit, persons, opinion) in input.present {
        if !invited.contains(&unit) {
            next.members.push(member(unit, None));
        }
        if let Some(m) = next.members.iter_mut().find(|m| m.unit_id == unit) {
            m.attended = Some(true);
            m.persons = persons;
            m.opinion = Some(opinion);
        }
    }
    for (unit, reason) in input.absent {
        if let Some(m) = next.members.iter_mut().find(|m| m.unit_id == unit) {
            m.attended = Some(false);
            m.absent_reason = Some(reason);
        }
    }
    next.state = ConferenceState::Held;
    next.held_at = Some(input.held_at);
    next.chair = input.chair.unwrap_or(next.chair);
    next.materials.extend(input.materials);
    next.materials.sort_unstable();
    next.materials.dedup();
    let mut d = Decision::on(file);
    d.event(Event::ConferenceHeld {
        conference: c.id,
        present,
        absent,
    });
    d.update(next);
    Ok(d)
}

/// What may not be resolved: items without a unit or a deadline, duties of parties (G-37).
fn item_guards(items: &[Item], units: &[OrgUnit], now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    let at = |n: usize, what: &str| format!("items/{n}/{what}");
    let mut missing = Vec::new();
    for (n, item) in items.iter().enumerate() {
        if item.unit.is_none() {
            missing.push(at(n, "unit_id"));
        }
        if item.due.is_none() {
            missing.push(at(n, "due_at"));
        }
    }
    g.forbid(missing, Reason::ItemIncomplete);
    let parties = items.iter().filter_map(|i| i.party);
    g.forbid(parties, Reason::ConferenceBindsNobody);
    let named: Vec<OrgId> = items.iter().filter_map(|i| i.unit).collect();
    g.forbid(unfit(&named, units), Reason::UnitUnfit);
    let late = items.iter().enumerate();
    let late = late.filter(|(_, i)| i.due.is_some_and(|t| t <= now));
    g.forbid(late.map(|(n, _)| at(n, "due_at")), Reason::TimeOrder);
    g.into_inner()
}

/// What a resolution needs from elsewhere.
#[derive(Debug)]
pub struct ResolveFacts {
    /// The number of the minutes.
    pub number: String,
    /// The units named that were found.
    pub units: Vec<OrgUnit>,
}

/// Draws up the minutes under a number; every item becomes a supervised task in the same commit.
pub fn resolve(
    file: &CaseFile,
    c: &Conference,
    input: Resolve,
    facts: ResolveFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let ResolveFacts { number, units } = facts;
    let mut g = Guards::new();
    g.extend(resolve_guards(file, c, who));
    g.extend(item_guards(&input.items, &units, now));
    let named: Vec<OrgId> = input.designates.into_iter().collect();
    g.forbid(unfit(&named, &units), Reason::UnitUnfit);
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::ConferenceResolved {
        conference: c.id,
        number: number.clone(),
        items: i64::try_from(input.items.len()).unwrap_or(i64::MAX),
        designates: input.designates,
    });
    for item in input.items {
        let (Some(unit_id), Some(due)) = (item.unit, item.due) else {
            continue;
        };
        let new = NewTask {
            id: ids.id(),
            kind: TaskKind::ResolutionItem,
            source_id: Some(c.id.uuid),
            unit_id,
            text: item.text,
            due_at: Some(due),
            ordered_for: c.convener_id,
            ordered_by: who.user,
        };
        open_task(&mut d, new, now);
    }
    d.update(Conference {
        state: ConferenceState::Resolved,
        number: Some(number),
        minutes: Some(input.minutes),
        designates: input.designates,
        ..c.clone()
    });
    Ok(d)
}

/// A unit that was there signs, or is recorded as refusing to.
pub fn sign(
    file: &CaseFile,
    c: &Conference,
    input: SignMinutes,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(sign_guards(c, who));
    g.require(input.at <= now, Reason::InFuture);
    let early = c.held_at.is_some_and(|t| input.at < t);
    g.forbid(early.then_some("signed_at"), Reason::TimeOrder);
    let there = c.members.iter().find(|m| m.unit_id == input.unit);
    let there = there.filter(|m| m.attended == Some(true));
    g.forbid(there.is_none().then_some(input.unit), Reason::NotAttending);
    let done = there.is_some_and(|m| m.signed.is_some());
    g.require(!done, Reason::AlreadyDone);
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::ConferenceSigned {
        conference: c.id,
        unit: input.unit,
        refused: input.refused,
    });
    let mut next = c.clone();
    for m in &mut next.members {
        if m.unit_id == input.unit {
            m.signed = Some(ConferenceSignature {
                name: input.name.clone(),
                at: input.at,
                refused: input.refused,
                note: input.note.clone(),
            });
        }
    }
    d.update(next);
    Ok(d)
}

/// Ends a conference whose minutes every unit that was there has signed, or refused to. Its items
/// go on as tasks; the invitations end.
pub fn close(
    file: &CaseFile,
    c: &Conference,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(close_guards(c, who));
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::ConferenceClosed { conference: c.id });
    for m in &c.members {
        let Some(task) = m.task_id.and_then(|id| file.task(id)) else {
            continue;
        };
        if m.attended == Some(true) {
            finish(&mut d, task, None, who.user, now);
        } else {
            give_up(&mut d, task, m.absent_reason.clone(), who.user, now);
        }
    }
    d.update(Conference {
        state: ConferenceState::Closed,
        closed_at: Some(now),
        ..c.clone()
    });
    Ok(d)
}

/// Calls a planned conference off.
pub fn cancel(
    file: &CaseFile,
    c: &Conference,
    reason: String,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(planned_guards(c, who));
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::ConferenceCancelled { conference: c.id });
    for task in c.members.iter().filter_map(|m| file.task(m.task_id?)) {
        call_off(&mut d, task, reason.clone(), who.user, now);
    }
    d.update(Conference {
        state: ConferenceState::Cancelled,
        closed_at: Some(now),
        note: Some(reason),
        ..c.clone()
    });
    Ok(d)
}
