//! Answering a transfer: accept it, redirect it, report the result (11.3.3; G-36).
//!
//! Giving it back is in [`super::returns`].

use super::custody::{acts_for_holder, hand_over};
use super::movement::{Fit, Seat, answer_due, fit};
use super::quarrel::settled_guards;
use super::{Who, next_step};
use crate::domain::calendar::Calendar;
use crate::domain::case::{Difficulty, NextStep};
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::mediation::due_of;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::{OrgId, TransferId};
use crate::domain::input::{Obj, Text};
use crate::domain::movement::{Transfer, TransferState, TransferVerb};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::{OrgKind, OrgUnit};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

pub(super) fn find(file: &CaseFile, id: TransferId) -> Result<&Transfer, Vec<Refusal>> {
    file.transfers
        .iter()
        .find(|t| t.id == id)
        .ok_or_else(|| vec![Refusal::about(Reason::UnknownReference, [id])])
}

/// What the receiver's answers share (G-36): the transfer is undecided, and the actor answers for
/// the receiving unit. What a body outside said to a referral, the holder writes down.
pub fn answer_guards(file: &CaseFile, transfer: &Transfer, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    undecided(&mut g, transfer);
    let ours = match transfer.to_id {
        Some(to) => who.units.contains(&to),
        None => acts_for_holder(file, who),
    };
    g.require(ours, Reason::NotReceiver);
    g.into_inner()
}

/// What bars reporting the result of a transfer taken on.
pub fn complete_guards(file: &CaseFile, transfer: &Transfer, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    match transfer.state {
        TransferState::Accepted => {}
        TransferState::Submitted if transfer.verb == TransferVerb::ReferOut => {}
        TransferState::Completed => g.require(false, Reason::AlreadyDone),
        other => g.add(Refusal::about(Reason::WrongState, [other])),
    }
    let ours = match transfer.to_id {
        Some(to) => {
            who.units.contains(&to) || file.case.holder_id == to && acts_for_holder(file, who)
        }
        None => acts_for_holder(file, who),
    };
    g.require(ours, Reason::NotReceiver);
    g.into_inner()
}

pub(super) fn undecided(g: &mut Guards, transfer: &Transfer) {
    if transfer.state != TransferState::Submitted {
        g.add(Refusal::about(Reason::TransferDecided, [transfer.state]));
    }
}

/// The transfer as decided.
pub(super) fn decided(
    t: &Transfer,
    state: TransferState,
    answer: Option<String>,
    who: &Who,
    now: Instant,
) -> Transfer {
    Transfer {
        state,
        answer,
        decided_by: Some(who.user),
        decided_at: Some(now),
        ..t.clone()
    }
}

/// The receiver takes the case on.
#[derive(Clone, Debug, Default)]
pub struct AcceptTransfer {
    pub note: Option<String>,
}

impl AcceptTransfer {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let note = o.opt::<Text<2000>>("note")?.map(|t| t.0);
        Some(Self { note })
    }
}

#[derive(Clone, Debug)]
pub struct AcceptTransferFacts {
    pub calendar: Calendar,
    /// The receiving unit; `None` for a referral outside.
    pub to: Option<OrgUnit>,
}

/// What bars accepting a transfer, but for a receiver that works no more.
pub fn accept_guards(file: &CaseFile, transfer: &Transfer, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(answer_guards(file, transfer, who));
    let gone = transfer.to_id.is_some() && !file.case.live;
    g.forbid(gone.then_some(file.case.state), Reason::WrongState);
    g.into_inner()
}

/// Accepts: custody moves at this instant and no other (G-36). Accepting a referral says that the
/// body outside received it; custody stays.
pub fn accept_transfer(
    file: &CaseFile,
    id: TransferId,
    input: AcceptTransfer,
    facts: &AcceptTransferFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let transfer = find(file, id)?;
    let mut g = Guards::new();
    g.extend(accept_guards(file, transfer, who));
    let to = facts.to.as_ref().filter(|u| Some(u.id) == transfer.to_id);
    if let Some(to_id) = transfer.to_id {
        let fits = to.is_some_and(|u| u.active);
        g.forbid((!fits).then_some(to_id), Reason::ReceiverInvalid);
    }
    g.done()?;

    let mut d = Decision::on(file);
    let accepted = decided(transfer, TransferState::Accepted, input.note, who, now);
    let by = transfer.to_id.unwrap_or(transfer.from_id);
    d.update(accepted);
    d.event(Event::TransferAccepted { transfer: id, by });
    if let Some(to) = to {
        hand_over(&mut d, file, transfer, to, ids, now);
        discharge_orders(&mut d, file, transfer, to.id, now);
        take_up_step(&mut d, transfer, to, &facts.calendar, now);
        let notice = Notice::transfer(NoticeKind::TransferAccepted, id);
        d.tell(Recipient::Unit(transfer.from_id), notice.clone());
        d.tell(Recipient::Team, notice);
    }
    Ok(d)
}

/// When the orderer takes the case back, its order is answered by what came with it.
fn discharge_orders(d: &mut Decision, file: &CaseFile, back: &Transfer, to: OrgId, now: Instant) {
    let owed = file.transfers.iter().filter(|t| {
        t.state == TransferState::Accepted
            && t.result_required
            && t.from_id == to
            && t.verb != TransferVerb::ReferOut
    });
    let said = back.handling_so_far.clone();
    let result = said.unwrap_or_else(|| back.note.clone());
    for order in owed {
        d.update(Transfer {
            state: TransferState::Completed,
            result: Some(result.clone()),
            result_at: Some(now),
            ..order.clone()
        });
        d.event(Event::TransferCompleted { transfer: order.id });
    }
}

/// The new holder owes the step of the state: by the order's deadline, else by its own clock.
fn take_up_step(d: &mut Decision, t: &Transfer, to: &OrgUnit, calendar: &Calendar, now: Instant) {
    let case = d.case_mut();
    case.detail.paused_step = None;
    let (step, due) = next_step(case.state, calendar, now);
    let county = (to.kind == OrgKind::CountyCentre).then(|| {
        let hard = matches!(case.difficulty, Difficulty::Complex | Difficulty::Major);
        let variant = hard.then_some("complex");
        due_of("county_handling", variant, calendar, now)
    });
    let county = county.flatten().and_then(|c| c.due_at);
    case.next_step = step;
    case.next_due_at = t.result_due_at.or(county).or(due);
}

/// The receiver names the unit it belongs to.
#[derive(Clone, Debug)]
pub struct Redirect {
    pub to: OrgId,
    pub note: String,
}

impl Redirect {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let to = o.req("to");
        let note = o.req::<Text<2000>>("note");
        Some(Self {
            to: to?,
            note: note?.0,
        })
    }
}

#[derive(Clone, Debug)]
pub struct RedirectFacts {
    pub calendar: Calendar,
    /// The unit that redirects.
    pub at: Seat,
    /// The unit it redirects to; `None` when unknown.
    pub to: Option<Seat>,
}

/// Redirects: the transfer goes on to another unit and stays pending there. Only sideways or
/// down, never back to the sender (that is a return) nor round in a circle.
pub fn redirect(
    file: &CaseFile,
    id: TransferId,
    input: Redirect,
    facts: &RedirectFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let transfer = find(file, id)?;
    let mut g = Guards::new();
    g.extend(answer_guards(file, transfer, who));
    g.extend(settled_guards(transfer));
    let to = facts.to.as_ref().filter(|s| s.unit.id == input.to);
    let fits = transfer.to_id == Some(facts.at.unit.id)
        && input.to != transfer.from_id
        && !been_at(file, transfer, input.to)
        && to.is_some_and(|to| {
            [TransferVerb::AssignDown, TransferVerb::Forward]
                .iter()
                .any(|verb| fit(*verb, &facts.at, to) == Fit::Fits)
        });
    g.forbid((!fits).then_some(input.to), Reason::ReceiverInvalid);
    g.done()?;

    let mut d = Decision::on(file);
    let old = decided(
        transfer,
        TransferState::Redirected,
        Some(input.note),
        who,
        now,
    );
    let due_at = answer_due(file.case.risk, &facts.calendar, now);
    let next = send_on(&mut d, old, input.to, due_at, who, ids, now);
    let redirected = Notice::transfer(NoticeKind::TransferRedirected, next);
    d.tell(Recipient::Unit(transfer.from_id), redirected);
    let submitted = Notice::transfer(NoticeKind::TransferSubmitted, next);
    d.tell(Recipient::Unit(input.to), submitted);
    Ok(d)
}

/// A transfer, decided as redirected, goes on to a unit as another one that waits for its answer.
pub(super) fn send_on(
    d: &mut Decision,
    old: Transfer,
    to: OrgId,
    due_at: Instant,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> TransferId {
    let next = Transfer {
        id: ids.id(),
        to_id: Some(to),
        state: TransferState::Submitted,
        due_at: Some(due_at),
        submitted_by: who.user,
        submitted_at: now,
        decided_by: None,
        decided_at: None,
        answer: None,
        parent_id: Some(old.id),
        contest: None,
        climb: None,
        ..old.clone()
    };
    let id = next.id;
    wait_for_answer(d, Some(due_at));
    d.event(Event::TransferRedirected {
        transfer: old.id,
        to,
    });
    // The database refuses a second pending transfer, so the old one is decided first.
    d.update(old);
    d.insert(next);
    id
}

/// The answer to the pending transfer is due at another time.
pub(super) fn wait_for_answer(d: &mut Decision, due_at: Option<Instant>) {
    if d.case().next_step == Some(NextStep::DecideTransfer) && due_at.is_some() {
        d.case_mut().next_due_at = due_at;
    }
}

/// Whether this transfer was at the unit already, counting what it continues.
fn been_at(file: &CaseFile, transfer: &Transfer, unit: OrgId) -> bool {
    let mut at = Some(transfer);
    // No chain is longer than the list of transfers, whatever the rows say.
    for _ in 0..=file.transfers.len() {
        let Some(t) = at else { return false };
        if t.to_id == Some(unit) {
            return true;
        }
        at = t
            .parent_id
            .and_then(|p| file.transfers.iter().find(|t| t.id == p));
    }
    true
}

/// The result is reported back to the sender.
#[derive(Clone, Debug)]
pub struct Complete {
    pub result: String,
}

impl Complete {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let result = o.req::<Text<4000>>("result")?.0;
        Some(Self { result })
    }
}

/// Reports the result (交办 demands it). Custody does not move by it.
pub fn complete(
    file: &CaseFile,
    id: TransferId,
    input: Complete,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let transfer = find(file, id)?;
    let mut g = Guards::new();
    g.extend(complete_guards(file, transfer, who));
    g.done()?;

    let mut d = Decision::on(file);
    d.update(Transfer {
        state: TransferState::Completed,
        result: Some(input.result),
        result_at: Some(now),
        ..transfer.clone()
    });
    d.event(Event::TransferCompleted { transfer: id });
    if transfer.to_id.is_some() {
        let notice = Notice::transfer(NoticeKind::TransferCompleted, id);
        d.tell(Recipient::Unit(transfer.from_id), notice);
    }
    Ok(d)
}
