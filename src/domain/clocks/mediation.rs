//! The mediation limit of a case: which clock it is, and what it was before clocks were kept.

use super::clock::*;
use super::codes::ClockEvent;
use super::policy_file::{Policy, PolicyBook};
use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::Id;
use crate::domain::time::{Instant, LocalDate};

/// The clocks one of which limits the mediation of a case (section 1.9).
pub const LIMITS: &[&str] = &[
    "med_general",
    "med_labour",
    "med_medical",
    "med_court_pre",
    "med_court_trial",
];

/// Which limit binds a case.
pub fn limit_code(case: &Case) -> &'static str {
    let service = case.detail.relation_kind == Some(RelationKind::Service);
    match case.kind {
        _ if case.procedure == Procedure::CourtDelegated => match case.detail.delegation_stage {
            None | Some(DelegationStage::PreFiling) => "med_court_pre",
            Some(DelegationStage::TrialOrdinary | DelegationStage::TrialSummary) => {
                "med_court_trial"
            }
        },
        CaseType::LabourOther => "med_labour",
        CaseType::WageArrears if !service => "med_labour",
        CaseType::Medical => "med_medical",
        _ => "med_general",
    }
}

/// The variant of the limit's policy: fifteen days in trial, seven in summary procedure.
fn limit_variant(case: &Case) -> Option<&'static str> {
    let court = case.procedure == Procedure::CourtDelegated;
    let summary = case.detail.delegation_stage == Some(DelegationStage::TrialSummary);
    (court && summary).then_some("summary")
}

/// When the limit of the present round began to run. A labour dispute counts from the
/// application.
pub fn limit_start(case: &Case) -> Option<Instant> {
    let first = if limit_code(case) == "med_labour" {
        Some(case.registered_at)
    } else {
        case.accepted_at
    };
    case.detail.round_began_at.or(first)
}

/// The limit as the facts of the case alone give it: for a case without a clock of its own.
pub fn from_case(case: &Case, book: &PolicyBook, calendar: &Calendar) -> Option<(Clock, Policy)> {
    let start = limit_start(case)?;
    let policy = book.in_force(limit_code(case), start.local_date())?;
    let on = On {
        case: case.id,
        subject: case.id.uuid,
    };
    let id = Id::new(case.id.uuid);
    let variant = limit_variant(case);
    let mut clock = Clock::start(id, on, policy, variant, None, calendar, start);
    let past = case.detail.pauses.iter().map(|p| ClockPause {
        reason: p.reason,
        from: p.from,
        to: Some(p.to),
        approver: None,
        note: None,
    });
    let running = case.detail.suspension.iter().map(|s| ClockPause {
        reason: s.reason,
        from: s.since,
        to: None,
        approver: Some(s.approver),
        note: None,
    });
    let pauses = past.chain(running).filter(|p| policy.pauses_for(p.reason));
    clock.detail.pauses = pauses.collect();
    if clock.is_paused() {
        clock.state = super::codes::ClockState::Paused;
    }
    clock.detail.extensions = case.detail.extension.iter().map(extension_of).collect();
    clock.recompute(policy, calendar);
    Some((clock, policy.clone()))
}

/// The extension of a case as one of its clock.
pub fn extension_of(e: &Extension) -> ClockExtension {
    let signed = |party: &crate::domain::ids::PartyId| ClockConsent {
        party: *party,
        at: e.at,
    };
    ClockExtension {
        until: e.until,
        at: e.at,
        consents: e.signed_by.iter().map(signed).collect(),
        approver: None,
        note: None,
    }
}

/// The last day of the mediation limit of the present round; `None` before acceptance. While it
/// stands still, as if it went on at `now`.
pub fn last_day(file: &CaseFile, calendar: &Calendar, now: Instant) -> Option<LocalDate> {
    file.case.accepted_at?;
    let code = limit_code(&file.case);
    let held = file.clocks.iter().find(|h| {
        let c = &h.clock;
        c.policy == code && c.is_open() && c.detail.ended_by != Some(ClockEvent::Superseded)
    });
    let trace = match held {
        Some(h) => h.clock.as_if_running(&h.policy, calendar, now),
        None => {
            let (clock, policy) = from_case(&file.case, PolicyBook::built_in(), calendar)?;
            clock.as_if_running(&policy, calendar, now)
        }
    };
    trace.last_day
}

/// A clock and the version of the policy it follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub clock: Clock,
    pub policy: std::sync::Arc<Policy>,
}

/// When a period of the shipped registry that starts at `at` is over.
pub fn due_of(
    code: &str,
    variant: Option<&str>,
    calendar: &Calendar,
    at: Instant,
) -> Option<Clock> {
    due_in(PolicyBook::built_in(), code, variant, calendar, at)
}

/// The same by the policies of a book.
pub fn due_in(
    book: &PolicyBook,
    code: &str,
    variant: Option<&str>,
    calendar: &Calendar,
    at: Instant,
) -> Option<Clock> {
    let policy = book.in_force(code, at.local_date())?;
    let nil = uuid::Uuid::nil();
    let on = On {
        case: Id::new(nil),
        subject: nil,
    };
    Some(Clock::start(
        Id::new(nil),
        on,
        policy,
        variant,
        None,
        calendar,
        at,
    ))
}
