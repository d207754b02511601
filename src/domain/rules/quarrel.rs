//! A quarrel over whose case it is: the receiver contests it, the unit above both decides, else the
//! joint conference (信访工作条例 第二十四条; section 4.3). Custody stays where it is until the
//! designated unit accepts (G-36).

use super::Who;
use super::answers::{answer_guards, decided, find, send_on, undecided, wait_for_answer};
use super::movement::{Fit, Seat, answer_due, fit, leads};
use super::returns::resume_step;
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::mediation::due_of;
use crate::domain::county::Conference;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::{ConferenceId, OrgId, TransferId};
use crate::domain::input::{Obj, Text};
use crate::domain::movement::{Contest, Designation, Transfer, TransferState, TransferVerb};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

/// Whose decision a quarrel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decider {
    pub unit: OrgId,
    /// Nobody stands above both: the county centre convenes the joint conference.
    pub conference: bool,
}

/// The nearest unit of the line above both, else the county centre for the joint conference.
pub fn decider(from: &Seat, to: &Seat, county: Option<OrgId>) -> Option<Decider> {
    let above_both = from
        .above
        .iter()
        .filter(|u| u.active && leads(u.kind) && u.id != to.unit.id)
        .find(|u| to.above.iter().any(|a| a.id == u.id));
    match above_both {
        Some(unit) => Some(Decider {
            unit: unit.id,
            conference: false,
        }),
        None => county.map(|unit| Decider {
            unit,
            conference: true,
        }),
    }
}

/// What bars giving it away: whose it is was decided, or is about to be (G-35).
pub fn settled_guards(transfer: &Transfer) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(transfer.designation.is_none(), Reason::Designated);
    g.require(!transfer.is_contested(), Reason::TransferContested);
    g.into_inner()
}

/// Units that were told, in an earlier quarrel, that the case is the holder's own and not theirs.
pub fn barred_receiver(file: &CaseFile, to: OrgId) -> bool {
    file.transfers.iter().any(|t| {
        t.to_id == Some(to)
            && t.designation
                .as_ref()
                .is_some_and(|d| d.to_id == file.case.holder_id)
    })
}

/// The receiver contests that the case is its own.
#[derive(Clone, Debug)]
pub struct ContestTransfer {
    pub text: String,
}

impl ContestTransfer {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let text = o.req::<Text<2000>>("text")?.0;
        Some(Self { text })
    }
}

#[derive(Clone, Debug)]
pub struct ContestFacts {
    pub calendar: Calendar,
    pub from: Seat,
    /// The receiving unit; `None` for a referral outside.
    pub to: Option<Seat>,
    pub county: Option<OrgId>,
}

/// What bars a contest whatever its grounds.
pub fn contest_guards(file: &CaseFile, transfer: &Transfer, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(answer_guards(file, transfer, who));
    g.extend(settled_guards(transfer));
    g.into_inner()
}

/// Puts the quarrel to who decides it. The transfer stays pending; the receiver may still accept.
///
/// # Errors
/// `not_receiver`, `transfer_decided`, `transfer_contested`, `designated`, `receiver_invalid`.
pub fn contest(
    file: &CaseFile,
    id: TransferId,
    input: ContestTransfer,
    facts: &ContestFacts,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let transfer = find(file, id)?;
    let mut g = Guards::new();
    g.extend(contest_guards(file, transfer, who));
    let to = facts
        .to
        .as_ref()
        .filter(|s| Some(s.unit.id) == transfer.to_id);
    let by = to.and_then(|to| decider(&facts.from, to, facts.county));
    g.require(by.is_some(), Reason::ReceiverInvalid);
    g.done()?;
    let (Some(by), Some(to)) = (by, to) else {
        return Err(vec![Refusal::new(Reason::ReceiverInvalid)]);
    };

    let mut d = Decision::on(file);
    let due_at = due_of("quarrel_decision", None, &facts.calendar, now).and_then(|c| c.due_at);
    d.update(Transfer {
        contest: Some(Contest {
            by: who.user,
            at: now,
            text: input.text,
            decider_id: by.unit,
            conference: by.conference,
        }),
        due_at: due_at.or(transfer.due_at),
        ..transfer.clone()
    });
    wait_for_answer(&mut d, due_at);
    d.event(Event::TransferContested {
        transfer: id,
        by: to.unit.id,
        decider: by.unit,
    });
    let notice = Notice::transfer(NoticeKind::TransferContested, id);
    d.tell(Recipient::Unit(by.unit), notice.clone());
    d.tell(Recipient::Unit(transfer.from_id), notice);
    Ok(d)
}

/// The decider says whose it is.
#[derive(Clone, Debug)]
pub struct Designate {
    pub to: OrgId,
    pub reason: String,
    /// The conference whose minutes say so.
    pub conference_id: Option<ConferenceId>,
}

impl Designate {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let to = o.req("to");
        let reason = o.req::<Text<2000>>("reason");
        let conference = o.opt("conference_id");
        Some(Self {
            to: to?,
            reason: reason?.0,
            conference_id: conference?,
        })
    }
}

#[derive(Clone, Debug)]
pub struct DesignateFacts {
    pub calendar: Calendar,
    /// The unit that decides; `None` while nobody contests.
    pub decider: Option<Seat>,
    /// The unit designated; `None` when unknown.
    pub to: Option<Seat>,
    /// The conference named; `None` when this case has no such one.
    pub conference: Option<Conference>,
}

/// What bars a decision whatever it says.
pub fn designate_guards(transfer: &Transfer, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    undecided(&mut g, transfer);
    match &transfer.contest {
        None => g.require(false, Reason::NotContested),
        Some(_) if transfer.designation.is_some() => g.require(false, Reason::Designated),
        Some(c) => g.require(who.units.contains(&c.decider_id), Reason::NotDecider),
    }
    g.into_inner()
}

/// Decides the quarrel: the receiver keeps it, the sender gets it back, or a third unit receives
/// it. The designated unit can only accept. Where nobody stands above both, the minutes of the
/// joint conference must say the same.
///
/// # Errors
/// `not_contested`, `not_decider`, `minutes_missing`, `receiver_invalid`.
pub fn designate(
    file: &CaseFile,
    id: TransferId,
    input: Designate,
    facts: &DesignateFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let transfer = find(file, id)?;
    let mut g = Guards::new();
    g.extend(designate_guards(transfer, who));
    let Some(contest) = &transfer.contest else {
        g.done()?;
        return Err(vec![Refusal::new(Reason::NotContested)]);
    };
    let said = facts.conference.as_ref();
    let agrees = said.is_some_and(|c| c.designates_unit() == Some(input.to));
    let free = !contest.conference && input.conference_id.is_none();
    g.require(agrees || free, Reason::MinutesMissing);
    let to = facts.to.as_ref().filter(|s| s.unit.id == input.to);
    let fits = match (&facts.decider, to) {
        (Some(decider), Some(to)) => may_handle(transfer, decider, to),
        _ => false,
    };
    g.forbid((!fits).then_some(input.to), Reason::ReceiverInvalid);
    g.done()?;

    let designation = Designation {
        by: who.user,
        at: now,
        decider_id: contest.decider_id,
        to_id: input.to,
        reason: input.reason.clone(),
        minutes_no: said.and_then(|c| c.number.clone()),
    };
    let due_at = answer_due(file.case.risk, &facts.calendar, now);
    let mut d = Decision::on(file);
    let mut tell = vec![transfer.from_id];
    if Some(input.to) == transfer.to_id {
        tell.push(input.to);
        d.update(Transfer {
            due_at: Some(due_at),
            designation: Some(designation),
            ..transfer.clone()
        });
        wait_for_answer(&mut d, Some(due_at));
        d.event(Event::TransferDesignated {
            transfer: id,
            to: input.to,
        });
    } else if input.to == transfer.from_id {
        tell.extend(transfer.to_id);
        let reason = Some(input.reason);
        d.update(Transfer {
            designation: Some(designation),
            ..decided(transfer, TransferState::Returned, reason, who, now)
        });
        d.event(Event::TransferDesignated {
            transfer: id,
            to: input.to,
        });
        d.event(Event::TransferReturned {
            transfer: id,
            by: contest.decider_id,
            defects: Vec::new(),
        });
        resume_step(&mut d, &facts.calendar, now);
    } else {
        tell.extend(transfer.to_id);
        tell.push(input.to);
        let old = Transfer {
            designation: Some(designation),
            ..decided(
                transfer,
                TransferState::Redirected,
                Some(input.reason),
                who,
                now,
            )
        };
        let next = send_on(&mut d, old, input.to, due_at, who, ids, now);
        d.event(Event::TransferDesignated {
            transfer: next,
            to: input.to,
        });
    }
    for unit in tell {
        let notice = Notice::transfer(NoticeKind::TransferDesignated, id);
        d.tell(Recipient::Unit(unit), notice);
    }
    Ok(d)
}

/// The two who quarrel, the decider itself, or a unit to which it may send.
fn may_handle(transfer: &Transfer, decider: &Seat, to: &Seat) -> bool {
    let unit = to.unit.id;
    unit == transfer.from_id
        || Some(unit) == transfer.to_id
        || to.unit.active
            && (unit == decider.unit.id
                || [TransferVerb::AssignDown, TransferVerb::Forward]
                    .iter()
                    .any(|verb| fit(*verb, decider, to) == Fit::Fits))
}
