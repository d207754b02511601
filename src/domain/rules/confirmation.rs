//! Judicial confirmation up to the court's answer (人民调解法 第三十三条; 民事诉讼法 第二百零五、二百零六条;
//! G-23, M-90…M-95).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::mediation::due_of;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

use super::Who;
use super::agreement_content::look_at;
use super::standing::{Work, agreement_of, in_force, masters_of, obligations_of, successor};

/// The last day to apply: thirty days after the agreement took effect, the day itself not counted,
/// moved off a rest day. `None` before it is in effect.
pub fn window_end(agreement: &Agreement, calendar: &Calendar) -> Option<LocalDate> {
    due_of("confirm_window", None, calendar, agreement.effective_at?)?.last_day
}

/// A joint application to the court.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apply {
    pub court: String,
    pub applicants: Vec<PartyId>,
    pub applied_on: LocalDate,
}

impl Apply {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let court = o.req::<Line<100>>("court");
        let applicants = o.list("applicants", 500);
        let applied_on = o.req("applied_on");
        Some(Self {
            court: court?.0,
            applicants: applicants?,
            applied_on: applied_on?,
        })
    }
}

/// What a court does not confirm (民事诉讼法解释 第三百五十五条): `oral` (nothing to submit),
/// `divorce_effect`, `kinship`, `ownership`.
pub fn unconfirmable(file: &CaseFile, agreement: &Agreement) -> Vec<&'static str> {
    let obligations: Vec<Obligation> = obligations_of(file, agreement.id).cloned().collect();
    no_court_confirms(agreement, &obligations)
}

/// The same of an agreement under which these obligations are owed.
pub fn no_court_confirms(agreement: &Agreement, obligations: &[Obligation]) -> Vec<&'static str> {
    let found = look_at(agreement, obligations);
    let d = &agreement.detail;
    [
        ("oral", agreement.form == AgreementForm::Oral),
        ("divorce_effect", d.divorce_effect || found.divorce_effect),
        ("kinship", d.kinship || found.kinship),
        ("ownership", d.ownership || found.ownership),
    ]
    .into_iter()
    .filter(|(_, on)| *on)
    .map(|(code, _)| code)
    .collect()
}

/// Guards that do not depend on the input, on the date `today`.
pub fn apply_guards(
    file: &CaseFile,
    agreement: &Agreement,
    calendar: &Calendar,
    today: LocalDate,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    let end = window_end(agreement, calendar).filter(|_| in_force(agreement));
    g.require(end.is_some(), Reason::NotEffective);
    if let Some(end) = end.filter(|end| today > *end) {
        g.add(Refusal::about(Reason::WindowClosed, [end]));
    }
    g.forbid(unconfirmable(file, agreement), Reason::NotConfirmable);
    if !matches!(
        agreement.confirmation,
        ConfirmationState::None | ConfirmationState::Withdrawn
    ) {
        g.add(Refusal::about(
            Reason::AlreadyDone,
            [agreement.confirmation],
        ));
    }
    g.into_inner()
}

/// Records the joint application.
///
/// # Errors
/// G-23: `not_effective`, `not_joint` naming who did not apply, `window_closed` with its end,
/// `not_confirmable`; `time_order`, `in_future`, `already_done`.
pub fn apply(
    file: &CaseFile,
    agreement: AgreementId,
    input: Apply,
    who: &Who,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let old = agreement_of(file, agreement)?;
    let mut g = Guards::new();
    g.extend(apply_guards(file, old, calendar, input.applied_on));
    g.require(input.applied_on <= now.local_date(), Reason::InFuture);
    let from = old.effective_at.map(Instant::local_date);
    g.require(
        from.is_none_or(|day| day <= input.applied_on),
        Reason::TimeOrder,
    );
    let bound = &old.detail.parties;
    let strangers = input
        .applicants
        .iter()
        .filter(|a| !bound.iter().any(|p| successor(file, *p) == **a));
    g.forbid(strangers, Reason::UnknownReference);
    let silent = masters_of(file, old)
        .into_iter()
        .filter(|p| !input.applicants.contains(p));
    g.forbid(silent, Reason::NotJoint);
    g.done()?;
    let window_ends_on = window_end(old, calendar).unwrap_or(input.applied_on);
    let mut new = old.clone();
    new.confirmation = ConfirmationState::Applied;
    // Applied for in time, recorded afterwards.
    new.detail.window_lapsed_at = None;
    new.detail.application = Some(ConfirmationApplication {
        court: input.court,
        applicants: input.applicants,
        applied_on: input.applied_on,
        window_ends_on,
        filed_by: who.user,
        at: now,
        decided_on: None,
        ruling_no: None,
    });
    let mut work = Work::on(file, now);
    work.d.event(Event::ConfirmationApplied {
        agreement: new.id,
        window_ends_on,
    });
    work.put_agreement(new);
    Ok(work.d)
}

/// Marks that the window closed without an application: the agreement binds on as a contract, but
/// no court confirms it any more.
pub fn lapse(file: &CaseFile, agreement: &Agreement, now: Instant) -> Decision {
    let mut work = Work::on(file, now);
    let mut new = agreement.clone();
    new.detail.window_lapsed_at = Some(now);
    work.d
        .event(Event::ConfirmationLapsed { agreement: new.id });
    work.put_agreement(new);
    work.d
}

/// What the court answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourtAnswer {
    pub state: ConfirmationState,
    pub decided_on: LocalDate,
    pub ruling_no: Option<String>,
}

impl CourtAnswer {
    /// Reads an answer; `none`, `applied` and `lapsed` are none.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let state = o.req::<ConfirmationState>("state");
        let decided_on = o.req("decided_on");
        let ruling_no = o.opt::<Line<64>>("ruling_no");
        if matches!(
            state,
            Some(ConfirmationState::None | ConfirmationState::Applied | ConfirmationState::Lapsed)
        ) {
            o.fault("state", "not_allowed");
        }
        Some(Self {
            state: state?,
            decided_on: decided_on?,
            ruling_no: ruling_no?.map(|r| r.0),
        })
    }
}

/// Which answers may follow. A refusal to accept may also answer an application the parties made
/// by themselves.
fn may_follow(from: ConfirmationState, to: ConfirmationState) -> bool {
    use ConfirmationState as C;
    match from {
        C::None | C::Lapsed => to == C::NotAccepted,
        C::Applied => !matches!(to, C::None | C::Applied | C::Lapsed),
        C::CourtAccepted => matches!(to, C::Confirmed | C::Dismissed | C::Withdrawn),
        C::Confirmed | C::Dismissed | C::NotAccepted | C::Withdrawn => false,
    }
}

/// What bars recording any answer of the court.
pub fn answer_guards(agreement: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(in_force(agreement), Reason::NotEffective);
    let decided = matches!(
        agreement.confirmation,
        ConfirmationState::Confirmed
            | ConfirmationState::Dismissed
            | ConfirmationState::NotAccepted
            | ConfirmationState::Withdrawn
    );
    if decided {
        g.add(Refusal::about(Reason::WrongState, [agreement.confirmation]));
    }
    g.into_inner()
}

/// Records the court's answer. A dismissed agreement binds on as a contract; the parties may vary
/// it or sue (M-95).
///
/// # Errors
/// `wrong_state`, `not_effective`, `time_order`, `in_future`.
pub fn answer(
    file: &CaseFile,
    agreement: AgreementId,
    input: CourtAnswer,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let old = agreement_of(file, agreement)?;
    let mut g = Guards::new();
    g.extend(answer_guards(old));
    if g.is_empty() && !may_follow(old.confirmation, input.state) {
        g.add(Refusal::about(Reason::WrongState, [old.confirmation]));
    }
    g.require(input.decided_on <= now.local_date(), Reason::InFuture);
    let applied = old.detail.application.as_ref().map(|a| a.applied_on);
    g.require(
        applied.is_none_or(|day| day <= input.decided_on),
        Reason::TimeOrder,
    );
    g.done()?;
    let mut new = old.clone();
    new.confirmation = input.state;
    if let Some(application) = new.detail.application.as_mut() {
        application.decided_on = Some(input.decided_on);
        application.ruling_no = input.ruling_no;
    }
    let mut work = Work::on(file, now);
    work.d.event(Event::ConfirmationDecided {
        agreement: new.id,
        state: new.confirmation,
    });
    work.put_agreement(new);
    Ok(work.d)
}

#[cfg(test)]
#[path = "confirmation_tests.rs"]
mod tests;
