//! Performance of obligations (人民调解法 第三十一条; 若干规定 第三十六、三十七条; section 11.3.5).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Text};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

use super::Who;
use super::agreement_plan::Sum;
use super::notify::tell_parties;
use super::standing::{Work, after_obligation, in_force, is_open, obligations_of};

/// The obligation with its agreement, or the refusal that names it.
pub(super) fn found(
    file: &CaseFile,
    id: ObligationId,
) -> Result<(&Obligation, &Agreement), Vec<Refusal>> {
    file.obligation(id)
        .and_then(|o| Some((o, file.agreement(o.agreement_id)?)))
        .ok_or_else(|| vec![Refusal::about(Reason::UnknownReference, [id])])
}

/// Guards of every act on an obligation: its agreement binds, and something is still owed.
pub(super) fn owed_guards(o: &Obligation, a: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    if !in_force(a) {
        g.add(Refusal::about(Reason::WrongState, [a.state]));
    }
    if !is_open(o) {
        g.add(Refusal::about(Reason::AlreadyDone, [o.state]));
    }
    g.into_inner()
}

/// Past its due date. A last day that is a rest day moves to the next working day (民法典
/// 第二百零三条). A duty to abstain is broken, never late.
pub fn is_overdue(o: &Obligation, today: LocalDate, calendar: &Calendar) -> bool {
    is_open(o) && o.kind != ObligationKind::Abstain && calendar.roll(o.due_on) < today
}

/// What was performed, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Perform {
    pub id: Option<PerformanceId>,
    /// Of a sum of money; `None` is all that is left of it.
    pub amount_fen: Option<i64>,
    /// Of anything else: done in part.
    pub partly: bool,
    pub performed_at: Instant,
    pub confirmed_by_creditor: bool,
    pub proof: Option<AttachmentId>,
    pub note: Option<String>,
}

impl Perform {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let amount = o.opt::<Sum>("amount_fen");
        let partly = o.or("partly", false);
        let performed_at = o.req("performed_at");
        let confirmed = o.or("confirmed_by_creditor", false);
        let proof = o.opt("proof_id");
        let note = o.opt::<Text<500>>("note");
        Some(Self {
            id: id?,
            amount_fen: amount?.map(|n| n.0),
            partly: partly?,
            performed_at: performed_at?,
            confirmed_by_creditor: confirmed?,
            proof: proof?,
            note: note?.map(|n| n.0),
        })
    }
}

/// Records performance, whole or in part, verified by the creditor or by proof.
///
/// # Errors
/// `performance_unproved`, `amounts_do_not_sum` with what is left, `already_done`,
/// `wrong_state`, `unknown_reference`, times.
pub fn perform(
    file: &CaseFile,
    obligation: ObligationId,
    input: Perform,
    who: &Who,
    ids: &mut impl FreshIds,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let (old, agreement) = found(file, obligation)?;
    let mut g = Guards::new();
    g.extend(owed_guards(old, agreement));
    g.require(input.performed_at <= now, Reason::InFuture);
    let from = file.case.accepted_at;
    g.require(
        from.is_none_or(|t| t <= input.performed_at),
        Reason::TimeOrder,
    );
    g.require(
        input.confirmed_by_creditor || input.proof.is_some(),
        Reason::PerformanceUnproved,
    );
    let unknown = input.proof.filter(|id| file.attachment(*id).is_none());
    g.forbid(unknown, Reason::UnknownReference);
    // Of a sum found by a formula, what may still be paid is told by its cap.
    let variable = old.amount_fen.is_none() && old.formula.is_some();
    let most = old.amount_fen.or(old.cap_fen.filter(|_| variable));
    let left = most.map(|all| all - old.performed_fen);
    if variable && input.amount_fen.is_none() {
        g.add(Refusal::about(Reason::AmountsDoNotSum, ["amount_fen"]));
    }
    let paid = match (left, input.amount_fen) {
        (Some(left), None) => {
            // Part of a sum is a sum.
            if input.partly && !variable {
                g.add(Refusal::about(Reason::AmountsDoNotSum, ["amount_fen"]));
            }
            Some(left)
        }
        (Some(left), Some(n)) if n > left => {
            g.add(Refusal::about(
                Reason::AmountsDoNotSum,
                [format!("left:{left}")],
            ));
            Some(n)
        }
        (None, Some(n)) => {
            g.add(Refusal::about(Reason::AmountsDoNotSum, ["left:0"]));
            Some(n)
        }
        (_, given) => given,
    };
    g.done()?;

    let mut new = old.clone();
    new.performed_fen = old.performed_fen.saturating_add(paid.unwrap_or(0));
    let whole = match new.amount_fen {
        Some(all) => new.performed_fen >= all,
        None => !input.partly,
    };
    if whole {
        new.state = ObligationState::Performed;
        new.performed_at = Some(input.performed_at);
    } else if old.state == ObligationState::Pending {
        new.state = ObligationState::Partial;
    }
    let mut work = Work::on(file, now);
    work.d.event(Event::PerformanceRecorded {
        obligation: new.id,
        state: if whole {
            new.state
        } else {
            ObligationState::Partial
        },
        amount_fen: paid,
    });
    work.add_performance(Performance {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        obligation_id: new.id,
        amount_fen: paid,
        performed_at: input.performed_at,
        confirmed_by_creditor: input.confirmed_by_creditor,
        proof_id: input.proof,
        note: input.note,
        recorded_by: who.user,
        recorded_at: now,
    });
    let id = new.agreement_id;
    work.put_obligation(new);
    after_obligation(&mut work, id, calendar, now)?;
    Ok(work.d)
}

pub(super) fn live_guard(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    if !file.case.live {
        g.add(Refusal::about(Reason::WrongState, [file.case.state]));
    }
    g.into_inner()
}

/// What bars urging: nothing is owed, or it is not late.
pub fn urge_guards(
    file: &CaseFile,
    o: &Obligation,
    a: &Agreement,
    today: LocalDate,
    calendar: &Calendar,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(live_guard(file));
    g.extend(owed_guards(o, a));
    let late = is_overdue(o, today, calendar);
    let broken = o.kind == ObligationKind::Abstain;
    g.require(late || broken || !is_open(o), Reason::NotOverdue);
    g.into_inner()
}

/// What bars establishing a default (M-78).
pub fn default_guards(
    file: &CaseFile,
    o: &Obligation,
    a: &Agreement,
    today: LocalDate,
    calendar: &Calendar,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    if o.state == ObligationState::Defaulted {
        g.add(Refusal::about(Reason::AlreadyDone, [o.state]));
    }
    g.extend(urge_guards(file, o, a, today, calendar));
    g.require(o.urged > 0 || !is_open(o), Reason::NotUrged);
    g.into_inner()
}

/// Urges the debtor of an overdue obligation; at least once before default (M-78).
///
/// # Errors
/// `not_overdue`, `already_done`, `wrong_state`.
pub fn urge(
    file: &CaseFile,
    obligation: ObligationId,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let (old, agreement) = found(file, obligation)?;
    let mut g = Guards::new();
    g.extend(urge_guards(
        file,
        old,
        agreement,
        now.local_date(),
        calendar,
    ));
    g.done()?;
    let mut new = old.clone();
    new.urged = new.urged.saturating_add(1);
    if new.state != ObligationState::Defaulted {
        new.state = ObligationState::Urged;
    }
    let mut work = Work::on(file, now);
    work.d.event(Event::PerformanceUrged {
        obligation: new.id,
        times: new.urged,
    });
    let notice = Notice::agreement(NoticeKind::ObligationOverdue, agreement.id);
    tell_parties(&mut work.d, file, &[new.debtor_id], &notice);
    work.put_obligation(new);
    Ok(work.d)
}

/// The finding that an obligation is not performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EstablishDefault {
    /// When the creditor was told the ways on: basic-level government, court (M-78).
    pub notice_at: Instant,
}

impl EstablishDefault {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let notice_at = o.req("notice_at");
        Some(Self {
            notice_at: notice_at?,
        })
    }
}

/// Establishes a default after urging: the agreement and the case are in breach, both sides are
/// told.
///
/// # Errors
/// `not_overdue`, `not_urged`, `in_future`, `already_done`, `wrong_state`.
pub fn establish_default(
    file: &CaseFile,
    obligation: ObligationId,
    input: EstablishDefault,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let (old, agreement) = found(file, obligation)?;
    let mut g = Guards::new();
    g.extend(default_guards(
        file,
        old,
        agreement,
        now.local_date(),
        calendar,
    ));
    g.require(input.notice_at <= now, Reason::InFuture);
    g.done()?;
    let mut new = old.clone();
    new.state = ObligationState::Defaulted;
    let mut work = Work::on(file, now);
    work.d
        .event(Event::ObligationDefaulted { obligation: new.id });
    let notice = Notice::agreement(NoticeKind::ObligationOverdue, agreement.id);
    let both = [new.debtor_id, new.creditor_id];
    tell_parties(&mut work.d, file, &both, &notice);
    work.d.tell(Recipient::Team, notice);
    let mut told = agreement.clone();
    told.detail.breach_notice_at = Some(input.notice_at);
    told.state = AgreementState::Breached;
    work.put_agreement(told);
    work.put_obligation(new);
    after_obligation(&mut work, agreement.id, calendar, now)?;
    Ok(work.d)
}

/// Whether performance is looked after in this state of a case.
pub fn is_supervised(state: CaseState) -> bool {
    matches!(
        state,
        CaseState::InMediation
            | CaseState::Agreed
            | CaseState::Performing
            | CaseState::Breached
            | CaseState::Terminated
    )
}

/// Marks what fell due and was not performed; `None` when nothing did. The creditor, the debtor
/// and the team are told. For the daily job.
pub fn mark_overdue(file: &CaseFile, calendar: &Calendar, now: Instant) -> Option<Decision> {
    let supervised = is_supervised(file.case.state);
    let today = now.local_date();
    let late: Vec<Obligation> = file
        .agreements
        .iter()
        .filter(|a| supervised && in_force(a))
        .flat_map(|a| obligations_of(file, a.id))
        .filter(|o| {
            let waiting = matches!(o.state, ObligationState::Pending | ObligationState::Partial);
            waiting && is_overdue(o, today, calendar)
        })
        .cloned()
        .collect();
    if late.is_empty() {
        return None;
    }
    let mut work = Work::on(file, now);
    for mut o in late {
        o.state = ObligationState::Overdue;
        work.d.event(Event::ObligationOverdue { obligation: o.id });
        let notice = Notice::agreement(NoticeKind::ObligationOverdue, o.agreement_id);
        tell_parties(&mut work.d, file, &[o.debtor_id, o.creditor_id], &notice);
        work.d.tell(Recipient::Team, notice);
        work.put_obligation(o);
    }
    Some(work.d)
}

#[cfg(test)]
#[path = "obligations_tests.rs"]
mod tests;
