//! Closing a case and opening it again (人民调解法 第三十一条; G-26…G-28, G-39; section 11.3.1).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::codes;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Text};
use crate::domain::machine::Act;
use crate::domain::movement::Transfer;
use crate::domain::notice::{Notice, NoticeKind};
use crate::domain::party::{Consent, DeclaredBy, IssueState, Party, PartyRole};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

use super::breach::next_round;
use super::ending::mediated;
use super::follow_ups::due_visits;
use super::movement::results_owed;
use super::notify::tell_everybody;
use super::open_duties::{owners_in_charge, tasks_owed};
use super::petitions::{answered, unanswered};
use super::standing::{Work, in_force, is_open, obligations_of, reopen_issues, set_issues};
use super::variation::{give_up, is_unfinished};
use super::{incidents, move_to};

/// Something is still due: it keeps a case from closing as a success. A duty to abstain whose
/// time is over without a default has been kept.
fn is_due(o: &Obligation, today: LocalDate) -> bool {
    let kept = o.kind == ObligationKind::Abstain
        && o.state != ObligationState::Defaulted
        && o.due_on < today;
    is_open(o) && !kept
}

/// The agreement went to a court or the government after a default.
fn is_referred(a: &Agreement) -> bool {
    a.state == AgreementState::Breached
        && a.detail
            .breach_route
            .is_some_and(|r| r != BreachRoute::ReMediation)
}

fn binding(file: &CaseFile) -> impl Iterator<Item = &Agreement> {
    file.agreements.iter().filter(|a| in_force(a))
}

/// Obligations that keep the case open: due, and not gone to a court or the government.
pub(super) fn still_due(file: &CaseFile, today: LocalDate) -> Vec<ObligationId> {
    binding(file)
        .filter(|a| !is_referred(a))
        .flat_map(|a| obligations_of(file, a.id))
        .filter(|o| is_due(o, today))
        .map(|o| o.id)
        .collect()
}

/// What bars closing: open obligations (G-39), nothing agreed, a visit due, a task of another unit,
/// a leader in charge who has not signed off, a paper out for signature, a pending transfer, the result of an order or feedback owed, a danger
/// not reported (G-26, G-27, G-28).
pub fn close_guards(file: &CaseFile, today: LocalDate) -> Vec<Refusal> {
    let mut g = Guards::new();
    let agreed = matches!(
        file.case.state,
        CaseState::Agreed | CaseState::Performing | CaseState::Fulfilled | CaseState::Breached
    );
    let before = matches!(
        file.case.state,
        CaseState::Registered | CaseState::Screening | CaseState::ConsentPending
    );
    // Before acceptance only an answered petition is done with.
    let petition = file.case.petition().is_some();
    g.require(!before || petition, Reason::WrongState);
    let owed = petition && (unanswered(&file.case) || before && !answered(&file.case));
    g.require(!owed, Reason::PetitionUnanswered);
    g.forbid(still_due(file, today), Reason::ObligationsOpen);
    g.require(
        !agreed || binding(file).next().is_some(),
        Reason::NothingAgreed,
    );
    g.forbid(due_visits(file, today), Reason::FollowUpDue);
    g.forbid(tasks_owed(file), Reason::TasksOpen);
    g.forbid(owners_in_charge(file), Reason::NotSignedOff);
    let unsigned = file
        .agreements
        .iter()
        .filter(|a| a.state == AgreementState::Signing);
    g.forbid(unsigned.map(|a| a.id), Reason::NotAllSigned);
    g.forbid(
        file.pending_transfer().map(|t| t.id),
        Reason::TransferPending,
    );
    g.forbid(results_owed(file), Reason::ResultOwed);
    // Who handled it for others tells the parties what came of it (section 4.2).
    let told = file.case.detail.feedback.is_some() || answered(&file.case);
    let handed_on = file.transfers.iter().any(Transfer::is_taken_on);
    g.require(told || !handed_on, Reason::FeedbackMissing);
    if incidents::in_danger(file) {
        g.require(incidents::red_reported(file), Reason::IncidentMissing);
    }
    g.forbid(
        incidents::minor_harm_unreported(file),
        Reason::MinorHarmNotReported,
    );
    let unreported = incidents::dv_blocks(file, &[], false)
        .into_iter()
        .filter(|r| r.reason == Reason::DvReportMissing);
    g.extend(unreported.collect());
    g.into_inner()
}

/// The closed state and the outcome a case has by now; `None` where nothing can be closed yet.
/// A refusal or a withdrawal is no failed mediation.
fn ending_of(file: &CaseFile) -> Option<(CaseState, Outcome)> {
    let routes: Vec<BreachRoute> = binding(file)
        .filter(|a| is_referred(a))
        .filter_map(|a| a.detail.breach_route)
        .collect();
    let to_court = routes.iter().any(|r| *r != BreachRoute::Government);
    let referred = if to_court {
        CaseState::ClosedToCourt
    } else {
        CaseState::ClosedFailed
    };
    match file.case.state {
        CaseState::Rejected => Some((CaseState::ClosedNotAccepted, Outcome::NotAccepted)),
        // Answered in its own procedure, not mediated.
        CaseState::Registered | CaseState::Screening | CaseState::ConsentPending
            if answered(&file.case) =>
        {
            Some((CaseState::ClosedNotAccepted, Outcome::Referred))
        }
        CaseState::Agreed | CaseState::Performing | CaseState::Fulfilled => {
            let written = binding(file).any(|a| a.form == AgreementForm::Written);
            let outcome = if written {
                Outcome::SuccessWritten
            } else {
                Outcome::SuccessOral
            };
            Some((CaseState::ClosedSuccess, outcome))
        }
        CaseState::Breached if !routes.is_empty() => Some((referred, Outcome::Referred)),
        CaseState::Terminated if binding(file).next().is_some() => {
            let to = if routes.is_empty() {
                CaseState::ClosedSuccess
            } else {
                referred
            };
            Some((to, Outcome::Partial))
        }
        CaseState::Terminated => {
            let reason = file.case.detail.termination.as_ref().map(|t| t.reason);
            Some((CaseState::ClosedFailed, outcome_of(file, reason)))
        }
        _ => None,
    }
}

fn outcome_of(file: &CaseFile, reason: Option<TerminationReason>) -> Outcome {
    use TerminationReason as R;
    match reason {
        Some(R::RefusedAtStart) => Outcome::Refused,
        Some(R::TerminationDemanded) if !mediated(file) => Outcome::Refused,
        Some(R::WithdrawnByApplicant | R::SettledPrivately) => Outcome::Withdrawn,
        Some(R::OutOfScopeFound | R::AcceptedElsewhere | R::CrimeFound) => Outcome::Referred,
        _ => Outcome::Failed,
    }
}

/// Closes a case; state and outcome follow from what happened and are not chosen.
///
/// # Errors
/// See [`close_guards`]; `obligations_open` also for a breach on which no way was taken.
pub fn close(file: &CaseFile, calendar: &Calendar, now: Instant) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(close_guards(file, now.local_date()));
    g.done()?;
    let Some((to, outcome)) = ending_of(file) else {
        return Err(vec![Refusal::about(Reason::WrongState, [file.case.state])]);
    };
    let mut work = Work::on(file, now);
    for agreement in file.agreements.iter().filter(|a| is_unfinished(a)) {
        give_up(&mut work, agreement, None);
    }
    move_to(&mut work.d, Act::Close, to, calendar, now)?;
    work.d.case_mut().outcome = Some(outcome);
    work.d.event(Event::CaseClosed { state: to, outcome });
    let notice = Notice::of(NoticeKind::CaseClosed);
    tell_everybody(&mut work.d, file, &notice);
    Ok(work.d)
}

codes! {
    /// Why a closed case is opened again (section 11.3.1).
    ReopenGround in "reopen_ground" {
        Consent = "consent", "各方同意", "Consent of all";
        Breach = "breach", "违约", "Breach";
        Variation = "variation", "变更协议", "Variation";
    }
}

/// Opening a closed case again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reopen {
    pub ground: ReopenGround,
    pub consents: Vec<PartyId>,
    pub via: DeclaredBy,
    pub reason: String,
}

impl Reopen {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let ground = o.req("ground");
        let consents = o.list("consents", 500);
        let via = o.or("via", DeclaredBy::Signed);
        let reason = o.req::<Text<1000>>("reason");
        Some(Self {
            ground: ground?,
            consents: consents?,
            via: via?,
            reason: reason?.0,
        })
    }
}

/// Why the ground does not carry; empty when it does.
fn ground_faults(file: &CaseFile, input: &Reopen) -> Vec<String> {
    let silent = |needed: Vec<PartyId>| -> Vec<String> {
        needed
            .iter()
            .filter(|p| !input.consents.contains(p))
            .map(ToString::to_string)
            .collect()
    };
    let fault = |ok: bool| -> Vec<String> {
        if ok {
            Vec::new()
        } else {
            vec![format!("ground:{}", input.ground)]
        }
    };
    match input.ground {
        // A matter never accepted is the applicants' to bring again.
        ReopenGround::Consent if file.case.outcome == Some(Outcome::NotAccepted) => silent(
            file.principals()
                .filter(|p| p.role == PartyRole::Applicant)
                .map(|p| p.id)
                .collect(),
        ),
        ReopenGround::Consent => silent(file.principals().map(|p| p.id).collect()),
        ReopenGround::Breach => fault(
            binding(file)
                .flat_map(|a| obligations_of(file, a.id))
                .any(|o| is_open(o) || o.kind == ObligationKind::Abstain),
        ),
        ReopenGround::Variation => fault(binding(file).next().is_some()),
    }
}

/// Where a reopened case goes on: mediation, or the steps it never had.
fn resumes_in(file: &CaseFile) -> CaseState {
    if file.case.accepted_at.is_none() {
        CaseState::Screening
    } else if file.chair().is_none() && !mediated(file) {
        CaseState::Accepted
    } else {
        CaseState::InMediation
    }
}

/// Opens a closed or archived case for a new round, with a new limit. Who consents takes an
/// earlier refusal back; who does not keeps it.
///
/// # Errors
/// `not_reopenable` naming who did not consent, or the ground that nothing on file bears out.
pub fn reopen(
    file: &CaseFile,
    input: Reopen,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.forbid(ground_faults(file, &input), Reason::NotReopenable);
    let unknown = input
        .consents
        .iter()
        .filter(|id| file.party(**id).is_none());
    g.forbid(unknown, Reason::UnknownReference);
    g.done()?;
    let mut work = Work::on(file, now);
    let to = resumes_in(file);
    move_to(&mut work.d, Act::Reopen, to, calendar, now)?;
    next_round(&mut work, now);
    let case = work.d.case_mut();
    case.outcome = None;
    case.closed_at = None;
    let detail = &mut case.detail;
    detail.termination = None;
    detail.rejection = None;
    detail.feedback = None;
    detail.retention = None;
    detail.reopen_reason = Some(input.reason);
    detail
        .stop_demands
        .retain(|d| !input.consents.contains(&d.party_id));
    let round = detail.round_no;
    work.d.event(Event::CaseReopened { round });
    renew_consents(&mut work, &input.consents, input.via, now);
    let referred: Vec<IssueId> = file.issues.iter().map(|i| i.id).collect();
    for from in [IssueState::Referred, IssueState::Dropped] {
        set_issues(&mut work, &referred, from, IssueState::Open);
    }
    if input.ground == ReopenGround::Breach {
        let open = |a: &&Agreement| obligations_of(file, a.id).any(is_open);
        for agreement in binding(file).filter(open) {
            reopen_issues(&mut work, agreement);
        }
    }
    Ok(work.d)
}

fn renew_consents(work: &mut Work, consents: &[PartyId], via: DeclaredBy, now: Instant) {
    let refused: Vec<Party> = work
        .file
        .parties
        .iter()
        .filter(|p| consents.contains(&p.id) && p.consent != Consent::Given)
        .cloned()
        .collect();
    for mut party in refused {
        party.consent = Consent::Given;
        party.consent_at = Some(now);
        party.detail.consent_via = Some(via);
        work.d.event(Event::ConsentGiven {
            party: party.id,
            via,
        });
        work.put_party(party);
    }
}

#[cfg(test)]
#[path = "closing_tests.rs"]
mod tests;
