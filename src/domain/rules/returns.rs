//! Giving a transfer back: the receiver returns it, the sender recalls it (G-35). Custody never
//! moved, so nothing moves back; the holder's own step goes on where it stood.

use super::answers::{answer_guards, decided, find, undecided};
use super::custody::acts_for_holder;
use super::quarrel::settled_guards;
use super::{Who, next_step};
use crate::domain::calendar::Calendar;
use crate::domain::case::{NextStep, Procedure};
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::{OrgId, TransferId};
use crate::domain::input::{Line, Obj, Text};
use crate::domain::movement::{ReturnDefect, SenderConsent, Transfer, TransferState};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

/// A pair of units may send a case back and forth twice; then the conference decides (4.3).
pub const MAX_RETURNS: usize = 2;

/// Working days within which a petition may be returned (信访工作条例 第二十三条).
const PETITION_RETURN_DAYS: u32 = 5;

/// How many times one of the two units returned this case to the other.
pub fn returns_between(file: &CaseFile, a: OrgId, b: OrgId) -> usize {
    let pair = |t: &&Transfer| {
        (t.from_id, t.to_id) == (a, Some(b)) || (t.from_id, t.to_id) == (b, Some(a))
    };
    file.transfers
        .iter()
        .filter(|t| t.state == TransferState::Returned)
        .filter(pair)
        .count()
}

/// The receiver sends it back.
#[derive(Clone, Debug)]
pub struct ReturnTransfer {
    pub defects: Vec<ReturnDefect>,
    pub text: Option<String>,
    /// A petition goes back only with it.
    pub sender_consent: Option<SenderConsent>,
}

impl ReturnTransfer {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let defects = o.list("defects", 6);
        let text = o.opt::<Text<2000>>("text");
        let consent = o.object("sender_consent", |c| {
            let by = c.req::<Line<60>>("by");
            let at = c.req("at");
            Some(SenderConsent { by: by?.0, at: at? })
        });
        Some(Self {
            defects: defects?,
            text: text?.map(|t| t.0),
            sender_consent: consent?,
        })
    }
}

/// G-35: what bars a return whatever its grounds: two returns already, or too late.
pub fn return_guards(
    file: &CaseFile,
    transfer: &Transfer,
    calendar: &Calendar,
    who: &Who,
    now: Instant,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(answer_guards(file, transfer, who));
    g.extend(settled_guards(transfer));
    if let Some(to) = transfer.to_id {
        let returns = returns_between(file, transfer.from_id, to);
        g.require(returns < MAX_RETURNS, Reason::ReturnLimit);
    }
    let late = return_until(file, transfer, calendar).is_some_and(|t| now >= t);
    g.require(!late, Reason::ReturnLate);
    g.into_inner()
}

/// The end of the time to return: the answer's, for a petition never less than the legal one.
pub fn return_until(file: &CaseFile, transfer: &Transfer, calendar: &Calendar) -> Option<Instant> {
    let due = transfer.due_at?;
    if file.case.procedure != Procedure::Petition {
        return Some(due);
    }
    let from = transfer.submitted_at.local_date();
    let legal = calendar.add_working_days(from, PETITION_RETURN_DAYS).end();
    Some(due.max(legal))
}

/// Returns the case with coded defects and a text, a petition with the agreement of who sent it
/// (G-35). Custody never moved.
pub fn return_transfer(
    file: &CaseFile,
    id: TransferId,
    input: ReturnTransfer,
    calendar: &Calendar,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let transfer = find(file, id)?;
    let mut g = Guards::new();
    g.extend(return_guards(file, transfer, calendar, who, now));
    let missing = [
        input.defects.is_empty().then_some("defects"),
        input.text.is_none().then_some("text"),
    ];
    g.forbid(missing.into_iter().flatten(), Reason::DefectsMissing);
    match &input.sender_consent {
        Some(consent) => {
            g.require(consent.at <= now, Reason::InFuture);
            g.require(consent.at >= transfer.submitted_at, Reason::TimeOrder);
        }
        None => {
            let petition = file.case.procedure == Procedure::Petition;
            g.require(!petition, Reason::SenderConsentMissing);
        }
    }
    g.done()?;

    let mut d = Decision::on(file);
    let mut returned = decided(transfer, TransferState::Returned, input.text, who, now);
    returned.defects.clone_from(&input.defects);
    returned.sender_consent = input.sender_consent;
    d.update(returned);
    d.event(Event::TransferReturned {
        transfer: id,
        by: transfer.to_id.unwrap_or(transfer.from_id),
        defects: input.defects,
    });
    if transfer.to_id.is_some() {
        resume_step(&mut d, calendar, now);
        let notice = Notice::transfer(NoticeKind::TransferReturned, id);
        d.tell(Recipient::Unit(transfer.from_id), notice.clone());
        d.tell(Recipient::Team, notice);
    }
    Ok(d)
}

/// The holder's own step goes on where it stood; what was overdue stays overdue.
pub(super) fn resume_step(d: &mut Decision, calendar: &Calendar, now: Instant) {
    let case = d.case_mut();
    let paused = case.detail.paused_step.take();
    if case.next_step != Some(NextStep::DecideTransfer) {
        return; // the case moved on meanwhile and has a step of its own
    }
    (case.next_step, case.next_due_at) = match paused {
        Some(p) => {
            let waited = now.0.saturating_sub(p.since.0).max(0);
            let due = p.due_at.map(|t| Instant(t.0.saturating_add(waited)));
            (p.step, due)
        }
        None => next_step(case.state, calendar, now),
    };
}

/// What bars the sender from taking it back.
pub fn recall_guards(file: &CaseFile, transfer: &Transfer, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    undecided(&mut g, transfer);
    let ours = who.units.contains(&transfer.from_id) || acts_for_holder(file, who);
    g.require(ours, Reason::NotSender);
    g.into_inner()
}

/// The sender takes it back before anybody decided.
#[derive(Clone, Debug, Default)]
pub struct Recall {
    pub note: Option<String>,
}

impl Recall {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let note = o.opt::<Text<2000>>("note")?.map(|t| t.0);
        Some(Self { note })
    }
}

pub fn recall(
    file: &CaseFile,
    id: TransferId,
    input: Recall,
    calendar: &Calendar,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let transfer = find(file, id)?;
    let mut g = Guards::new();
    g.extend(recall_guards(file, transfer, who));
    g.done()?;

    let mut d = Decision::on(file);
    d.update(decided(
        transfer,
        TransferState::Recalled,
        input.note,
        who,
        now,
    ));
    d.event(Event::TransferRecalled { transfer: id });
    if let Some(to) = transfer.to_id {
        resume_step(&mut d, calendar, now);
        let notice = Notice::transfer(NoticeKind::TransferRecalled, id);
        d.tell(Recipient::Unit(to), notice);
    }
    Ok(d)
}
