//! The rules of each area: pure functions of (file, input, facts, now) to a [`Decision`].
//!
//! A rule collects every failing guard before it refuses. It never looks at a clock, a database
//! or a random source; what it needs from elsewhere comes in as facts.

pub mod acceptance;
pub mod agreement_content;
pub mod agreement_input;
pub mod agreement_kit;
pub mod agreement_plan;
pub mod agreement_words;
pub mod agreements;
pub mod answers;
pub mod attachments;
pub mod available;
pub mod bookings;
pub mod breach;
pub mod closed_loop;
pub mod closing;
pub mod conference_input;
pub mod conferences;
pub mod confirmation;
pub mod conflicts;
pub mod consent;
pub mod course;
pub mod crisis;
pub mod crisis_course;
pub mod crisis_kit;
pub mod crisis_ladder;
pub mod crisis_review;
pub mod custody;
pub mod dossier;
pub mod dossier_catalogue;
pub mod dossier_forms;
pub mod dossier_hold;
pub mod dossier_papers;
pub mod duplicates;
pub mod edit;
pub mod ending;
pub mod evaluation;
pub mod file_types;
pub mod flags;
pub mod follow_up_plan;
pub mod follow_ups;
pub mod free_slots;
pub mod group;
pub mod group_approval;
pub mod incidents;
pub mod intake;
pub mod intake_input;
pub mod issues;
pub mod limits;
pub mod mediators;
pub mod merge;
pub mod movement;
pub mod movement_kit;
pub mod movement_tests;
pub mod movement_walks;
pub mod notes;
pub mod notify;
pub mod obligations;
pub mod ooxml;
pub mod open_duties;
pub mod operations;
pub mod oral;
pub mod participants;
pub mod parties;
pub mod party_checks;
pub mod party_edit;
pub mod party_input;
pub mod people;
pub mod performance_rate;
pub mod petitions;
pub mod quarrel;
pub mod records_of_session;
pub mod recusals;
pub mod reminders;
pub mod report_duties;
pub mod reports;
pub mod reports_tests;
pub mod returns;
pub mod reveal;
pub mod risk;
pub mod sealing;
pub mod session_changes;
pub mod session_course;
pub mod session_guards;
pub mod session_kit;
pub mod session_people;
pub mod session_signatures;
pub mod sessions;
pub mod signing;
pub mod standing;
pub mod statistics;
pub mod steps;
pub mod supervision;
pub mod tasks;
pub mod terms;
pub mod testkit;
pub mod variation;
pub mod waiver;
pub mod wake;
pub mod whistle_input;
pub mod whistles;

use super::calendar::Calendar;
use super::case::{Case, CaseState, NextStep};
use super::clocks::mediation::due_of;
use super::decision::Decision;
use super::ids::{OrgId, UserId};
use super::machine::{self, Act};
use super::policy::{Actor, answers_for_unit};
use super::refusal::{Reason, Refusal};
use super::time::Instant;

/// Who acts: the user, and the units they answer for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    pub user: UserId,
    pub units: Vec<OrgId>,
}

impl Who {
    /// The actor with every unit they belong to.
    pub fn of(actor: &Actor) -> Self {
        Self {
            user: actor.user_id,
            units: actor.grants.iter().map(|g| g.org_id).collect(),
        }
    }

    /// The actor with those units alone they speak for: a mediator of a desk does not accept for it.
    pub fn answering(actor: &Actor) -> Self {
        let grants = actor.grants.iter();
        Self {
            user: actor.user_id,
            units: grants
                .filter(|g| answers_for_unit(g.role))
                .map(|g| g.org_id)
                .collect(),
        }
    }
}

/// Moves the case to `to` and sets what follows from the state: liveness, the close instant, the
/// next step and its default clock (section 4.6).
///
/// # Errors
/// `wrong_state` when the machine has no such move: a mistake of the rule, told to the caller.
pub fn move_to(
    d: &mut Decision,
    act: Act,
    to: CaseState,
    calendar: &Calendar,
    now: Instant,
) -> Result<(), Vec<Refusal>> {
    if !machine::may_move(d.case().state, act, to) {
        return Err(vec![Refusal::about(Reason::WrongState, [d.case().state])]);
    }
    enter(d.case_mut(), to, calendar, now);
    Ok(())
}

/// Puts a case into a state with all that follows from it.
pub fn enter(case: &mut Case, to: CaseState, calendar: &Calendar, now: Instant) {
    case.state = to;
    case.live = to.is_live();
    case.closed_at = if to.is_closed() {
        Some(now)
    } else {
        case.closed_at.filter(|_| !to.is_live())
    };
    let (step, due) = next_step(to, calendar, now);
    case.next_step = step;
    case.next_due_at = due;
}

/// The step the holder owes in a state, and when it is due (defaults of section 4.6; the legal
/// clocks are kept apart).
pub fn next_step(
    state: CaseState,
    calendar: &Calendar,
    now: Instant,
) -> (Option<NextStep>, Option<Instant>) {
    let days = |n: i64| Some(now.local_date().plus_days(n).end());
    let by = |code| due_of(code, None, calendar, now).and_then(|c| c.due_at);
    match state {
        CaseState::Registered => (Some(NextStep::Screen), by("triage")),
        CaseState::Screening => (Some(NextStep::Accept), by("accept_decision")),
        CaseState::ConsentPending => (Some(NextStep::AskConsent), by("ask_consent")),
        CaseState::Accepted => (Some(NextStep::Assign), by("appoint")),
        CaseState::Assigned => (Some(NextStep::FirstSession), by("first_session")),
        CaseState::InMediation => (Some(NextStep::Mediate), by("med_general")),
        CaseState::Suspended => (Some(NextStep::Resume), days(30)),
        CaseState::Agreed | CaseState::Performing => (Some(NextStep::Supervise), days(30)),
        CaseState::Breached => (Some(NextStep::HandleBreach), by("breach_handling")),
        CaseState::Fulfilled | CaseState::Terminated | CaseState::Rejected => {
            (Some(NextStep::Close), by("close_case"))
        }
        CaseState::ClosedSuccess
        | CaseState::ClosedFailed
        | CaseState::ClosedNotAccepted
        | CaseState::ClosedToCourt => (Some(NextStep::Archive), by("archive")),
        CaseState::Merged | CaseState::Archived => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::codes::Code;

    #[test]
    fn every_move_of_the_table_may_be_tried() {
        for (from, act, to) in machine::TRANSITIONS {
            assert!(machine::permits(*from, *act), "{from} {act} {to}");
        }
    }

    #[test]
    fn every_live_state_has_a_next_step() {
        let calendar = Calendar::minimal_default();
        for state in CaseState::ALL.iter().filter(|s| s.is_live()) {
            let (step, due) = next_step(*state, &calendar, Instant(0));
            assert!(step.is_some() && due.is_some(), "{state}");
        }
    }
}
