//! Changing, ending or giving up an agreement by the parties' will (M-78, 若干规定 第三十七条;
//! section 11.3.4).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Text};
use crate::domain::machine::Act;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::Who;
use super::agreement_input::Draft;
use super::agreements::{
    agree_guards, compose, keep_draft, stop_waiting_for_signatures, willing_guards,
};
use super::standing::{Work, agreement_of, in_force, masters_of, reopen_issues, void_open};
use super::steps::advance;

/// A new agreement in place of an old one.
#[derive(Clone, Debug, PartialEq)]
pub struct Vary {
    /// The parties to the old agreement who want the change.
    pub consents: Vec<PartyId>,
    pub draft: Draft,
}

impl Vary {
    /// Reads the consents beside the members of a draft; what is left out of the draft is taken
    /// from the old agreement where it can be.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let consents = o.list("consents", 500);
        let draft = Draft::read(o);
        Some(Self {
            consents: consents?,
            draft: draft?,
        })
    }
}

/// Guards of varying or rescinding that do not depend on the input: binding, and not before or
/// past a court.
pub fn change_guards(agreement: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    if !in_force(agreement) || agreement.state == AgreementState::Fulfilled {
        g.add(Refusal::about(Reason::WrongState, [agreement.state]));
    }
    if matches!(
        agreement.confirmation,
        ConfirmationState::Applied
            | ConfirmationState::CourtAccepted
            | ConfirmationState::Confirmed
    ) {
        g.add(Refusal::about(Reason::WrongState, [agreement.confirmation]));
    }
    g.into_inner()
}

/// Guards of varying that do not depend on the input.
pub fn vary_guards(file: &CaseFile, agreement: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(agree_guards(file));
    g.extend(willing_guards(file));
    g.extend(change_guards(agreement));
    let under_way = file
        .agreements
        .iter()
        .filter(|a| a.detail.supersedes == Some(agreement.id) && is_unfinished(a));
    g.forbid(under_way.map(|a| a.id), Reason::AlreadyDone);
    g.into_inner()
}

/// Every party who signed for itself, or its successor, must want it.
fn consent_guards(file: &CaseFile, agreement: &Agreement, consents: &[PartyId]) -> Vec<Refusal> {
    let mut g = Guards::new();
    let silent = masters_of(file, agreement)
        .into_iter()
        .filter(|p| !consents.contains(p));
    g.forbid(silent, Reason::ConsentMissing);
    g.into_inner()
}

/// Drafts the agreement that will replace one in force when it takes effect itself.
///
/// # Errors
/// `consent_missing`, `already_done` while another variation is under way, `wrong_state`, and all
/// that a draft may be refused for.
pub fn vary(
    file: &CaseFile,
    agreement: AgreementId,
    input: Vary,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let old = agreement_of(file, agreement)?;
    let mut g = Guards::new();
    g.extend(vary_guards(file, old));
    g.extend(consent_guards(file, old, &input.consents));
    let (new, rows) = compose(file, input.draft, Some(old), g, who, ids, now)?;
    Ok(keep_draft(file, new, rows, now))
}

/// Ending an agreement by all who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescind {
    pub consents: Vec<PartyId>,
    pub reason: String,
}

impl Rescind {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let consents = o.list("consents", 500);
        let reason = o.req::<Text<1000>>("reason");
        Some(Self {
            consents: consents?,
            reason: reason?.0,
        })
    }
}

/// Rescinds an agreement: what is still owed under it falls, its matters are open again, and the
/// case goes back to mediation.
///
/// # Errors
/// `consent_missing` (every party to it), `wrong_state`.
pub fn rescind(
    file: &CaseFile,
    agreement: AgreementId,
    input: Rescind,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let old = agreement_of(file, agreement)?;
    let mut g = Guards::new();
    g.extend(change_guards(old));
    g.extend(consent_guards(file, old, &input.consents));
    g.done()?;
    let mut work = Work::on(file, now);
    work.d
        .event(Event::AgreementRescinded { agreement: old.id });
    void_open(&mut work, old.id);
    let mut ended = old.clone();
    ended.state = AgreementState::Rescinded;
    ended.detail.end_reason = Some(input.reason);
    work.put_agreement(ended);
    reopen_issues(&mut work, old);
    if work.d.case().state != CaseState::InMediation {
        let to = CaseState::InMediation;
        advance(&mut work.d, Act::RescindAgreement, to, calendar, now)?;
        work.d.event(Event::MediationBegan {});
    }
    Ok(work.d)
}

/// Giving up a paper nobody will sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiveUp {
    pub reason: String,
}

impl GiveUp {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let reason = o.req::<Text<1000>>("reason");
        Some(Self { reason: reason?.0 })
    }
}

/// What bars giving an agreement up: it is in force, or has ended.
pub fn drop_guards(agreement: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    let over = !is_unfinished(agreement);
    g.forbid(over.then_some(agreement.state), Reason::WrongState);
    g.into_inner()
}

/// Gives up a draft, or a paper out for signature that was not completed.
///
/// # Errors
/// `wrong_state` when it is neither.
pub fn drop_unsigned(
    file: &CaseFile,
    agreement: AgreementId,
    input: GiveUp,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let old = agreement_of(file, agreement)?;
    let mut g = Guards::new();
    g.extend(drop_guards(old));
    g.done()?;
    let mut work = Work::on(file, now);
    give_up(&mut work, old, Some(input.reason));
    stop_waiting_for_signatures(&mut work, calendar, now);
    Ok(work.d)
}

/// A draft, or a paper out for signature.
pub fn is_unfinished(agreement: &Agreement) -> bool {
    matches!(
        agreement.state,
        AgreementState::Draft | AgreementState::Signing
    )
}

/// Marks an unfinished agreement as given up.
pub(super) fn give_up(work: &mut Work, agreement: &Agreement, reason: Option<String>) {
    let mut given_up = agreement.clone();
    given_up.state = AgreementState::ExpiredUnsigned;
    given_up.detail.end_reason = reason;
    work.d.event(Event::AgreementDropped {
        agreement: agreement.id,
    });
    work.put_agreement(given_up);
}
