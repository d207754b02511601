//! Which acts a case is open to, and what stands in the way of the others: everything that does
//! not depend on the input of the act.

use crate::domain::agreement::{Agreement, AgreementState};
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::machine::{self, Act};
use crate::domain::movement::TransferVerb;
use crate::domain::policy::Action;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::session::SessionState;
use crate::domain::time::Instant;

use super::session_guards::{SessionFacts, open_guards};
use super::signing::{sign_guards, start_guards, without_unauthorised};
use super::{
    Who, acceptance, agreement_plan, agreements, breach, closing, confirmation, consent, course,
    dossier, ending, evaluation, limits, mediators, merge, movement, obligations, sessions,
    variation,
};

/// What the guards look at beside the file.
#[derive(Debug)]
pub struct AvailableFacts<'a> {
    pub calendar: &'a Calendar,
    pub session: SessionFacts,
    pub who: Who,
    /// Who acts, with those units alone that the actor speaks for.
    pub answering: Who,
    pub now: Instant,
}

/// What stands in the way of one act.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// The policy does not give the actor the right.
    pub forbidden: bool,
    /// The state does not know the act; its guards are not asked then.
    pub illegal: bool,
    pub refusals: Vec<Refusal>,
}

impl Blocks {
    /// The act may be tried: only its input can be refused.
    pub fn allowed(&self) -> bool {
        !self.forbidden && !self.illegal && self.refusals.is_empty()
    }
}

/// The right an act needs.
pub fn right_of(act: Act) -> Action {
    match act {
        Act::Edit => Action::EditCase,
        Act::Screen | Act::Reject | Act::Accept => Action::DecideAcceptance,
        Act::RequestConsent | Act::RecordConsent | Act::AddParty | Act::EditParty => {
            Action::ManageParties
        }
        Act::Appoint => Action::Appoint,
        Act::PlanSession => Action::PlanSession,
        Act::OpenSession => Action::RunSession,
        Act::DraftAgreement
        | Act::SignAgreement
        | Act::EditAgreement
        | Act::VaryAgreement
        | Act::RescindAgreement
        | Act::Confirm => Action::Agree,
        Act::RecordPerformance | Act::TakeBreachRoute => Action::RecordPerformance,
        Act::Suspend | Act::Resume | Act::Extend | Act::Terminate | Act::Withdraw => Action::Course,
        Act::Close | Act::Reopen => Action::Close,
        Act::Archive => Action::Archive,
        Act::Merge | Act::Unmerge => Action::Merge,
        Act::Escalate | Act::ReferOut => Action::Escalate,
        Act::AssignDown | Act::Forward => Action::Dispatch,
        Act::Flag | Act::Report => Action::Flag,
        Act::GiveFeedback => Action::Feedback,
        Act::Evaluate => Action::Evaluate,
        Act::AddEvidence => Action::AddEvidence,
        Act::FollowUp => Action::FollowUp,
    }
}

/// What stands in the way of an act on this case for one who has the rights that `may` grants.
pub fn blocks(
    file: &CaseFile,
    act: Act,
    facts: &AvailableFacts<'_>,
    may: impl Fn(Action) -> bool,
) -> Blocks {
    let illegal = !machine::permits(file.case.state, act);
    Blocks {
        forbidden: !may(right_of(act)),
        illegal,
        refusals: if illegal {
            Vec::new()
        } else {
            guards(file, act, facts)
        },
    }
}

/// Whether the state of the case and of its children is open to an act; what else may stand in its
/// way (a signature, a consent) is not asked.
pub fn state_open_to(file: &CaseFile, act: Act, facts: &AvailableFacts<'_>) -> bool {
    machine::permits(file.case.state, act)
        && !guards(file, act, facts)
            .iter()
            .any(|r| r.reason == Reason::WrongState)
}

/// The guards of an act that no input cures.
fn guards(file: &CaseFile, act: Act, facts: &AvailableFacts<'_>) -> Vec<Refusal> {
    let (calendar, now) = (facts.calendar, facts.now);
    let today = now.local_date();
    match act {
        Act::Reject => acceptance::reject_guards(file),
        Act::Accept => acceptance::accept_guards(file, today),
        Act::RequestConsent => any_of(file.principals().map(consent::ask_guards)),
        Act::Appoint => mediators::appoint_guards(file),
        Act::PlanSession => sessions::plan_guards(file),
        Act::OpenSession => open_session(file, facts),
        Act::DraftAgreement => agreements::draft_guards(file),
        Act::SignAgreement => sign(file, now),
        Act::EditAgreement => any_of(file.agreements.iter().map(|a| {
            if variation::is_unfinished(a) {
                Vec::new()
            } else {
                agreement_plan::draft_only(a)
            }
        })),
        Act::VaryAgreement => any_of(
            file.agreements
                .iter()
                .map(|a| variation::vary_guards(file, a)),
        ),
        Act::RescindAgreement => any_of(file.agreements.iter().map(variation::change_guards)),
        Act::Confirm => confirm(file, calendar),
        Act::RecordPerformance => perform(file),
        Act::TakeBreachRoute => any_of(file.agreements.iter().map(breach::breach_guards)),
        Act::Suspend => course::suspend_guards(file),
        Act::Resume => course::resume_guards(file),
        Act::Extend => limits::extend_guards(file, calendar, now),
        Act::Terminate => ending::end_guards(file),
        Act::Withdraw => ending::withdraw_guards(file),
        Act::Close => closing::close_guards(file, today),
        Act::Archive => dossier::archive_guards(file, today),
        Act::Merge => merge::merge_guards(file),
        Act::Escalate => movement::submit_guards(file, TransferVerb::Escalate, &facts.answering),
        Act::AssignDown => {
            movement::submit_guards(file, TransferVerb::AssignDown, &facts.answering)
        }
        Act::Forward => movement::submit_guards(file, TransferVerb::Forward, &facts.answering),
        Act::ReferOut => movement::submit_guards(file, TransferVerb::ReferOut, &facts.answering),
        Act::GiveFeedback => evaluation::feedback_guards(file),
        Act::Evaluate => evaluate(file, &facts.who),
        // Their guards all hang on the input.
        Act::Edit
        | Act::Screen
        | Act::RecordConsent
        | Act::Reopen
        | Act::Unmerge
        | Act::Flag
        | Act::Report
        | Act::AddParty
        | Act::EditParty
        | Act::AddEvidence
        | Act::FollowUp => Vec::new(),
    }
}

/// What bars an act on every one of the things it could be done to: nothing when one is free,
/// `wrong_state` when there is none.
fn any_of(targets: impl IntoIterator<Item = Vec<Refusal>>) -> Vec<Refusal> {
    let mut all: Vec<Refusal> = Vec::new();
    for refusals in targets {
        if refusals.is_empty() {
            return Vec::new();
        }
        for refusal in refusals {
            if !all.contains(&refusal) {
                all.push(refusal);
            }
        }
    }
    if all.is_empty() {
        all.push(Refusal::new(Reason::WrongState));
    }
    all
}

fn open_session(file: &CaseFile, facts: &AvailableFacts<'_>) -> Vec<Refusal> {
    let mut bars = open_guards(file, &facts.session, facts.now.local_date());
    bars.extend(limits::limit_guards(file, facts.calendar, facts.now));
    let planned = |s: SessionState| matches!(s, SessionState::Planned | SessionState::Notified);
    if !file.sessions.iter().any(|s| planned(s.state)) {
        bars.push(Refusal::new(Reason::WrongState));
    }
    bars
}

/// Putting a draft to signature, signing, or sealing what is fully signed.
fn sign(file: &CaseFile, now: Instant) -> Vec<Refusal> {
    any_of(file.agreements.iter().map(|a| match a.state {
        AgreementState::Draft => start(file, a, now),
        _ => sign_guards(file, a),
    }))
}

/// What bars putting a draft to signature, as it is and without those who gave no authority.
pub fn start(file: &CaseFile, a: &Agreement, now: Instant) -> Vec<Refusal> {
    let without = start_guards(file, &without_unauthorised(file, a), now);
    if without.is_empty() {
        without
    } else {
        start_guards(file, a, now)
    }
}

/// Applying to the court, or recording what it answered. The day of the application is input, so
/// the window is measured when it is told.
fn confirm(file: &CaseFile, calendar: &Calendar) -> Vec<Refusal> {
    any_of(file.agreements.iter().map(|a| {
        let answer = confirmation::answer_guards(a);
        if answer.is_empty() {
            return answer;
        }
        let first_day = a.effective_at.unwrap_or(a.created_at).local_date();
        confirmation::apply_guards(file, a, calendar, first_day)
    }))
}

fn perform(file: &CaseFile) -> Vec<Refusal> {
    let owed = file.obligations.iter().filter_map(|o| {
        let agreement = file.agreement(o.agreement_id)?;
        Some(obligations::owed_guards(o, agreement))
    });
    any_of(owed)
}

fn evaluate(file: &CaseFile, who: &Who) -> Vec<Refusal> {
    let mut bars = evaluation::enter_guards(file, who);
    let silent = file
        .parties
        .iter()
        .any(|p| !file.evaluations.iter().any(|e| e.party_id == p.id));
    if !silent {
        bars.push(Refusal::new(Reason::AlreadyEvaluated));
    }
    bars
}
