//! The step owed, told to whoever owes it: while a transfer waits for its answer, the holder's own
//! step stands aside and is changed there.

use super::move_to;
use crate::domain::calendar::Calendar;
use crate::domain::case::{Case, CaseState, NextStep};
use crate::domain::decision::Decision;
use crate::domain::machine::Act;
use crate::domain::refusal::Refusal;
use crate::domain::time::Instant;

/// Sets the step owed and when it is due.
pub fn owe(case: &mut Case, step: Option<NextStep>, due: Option<Instant>) {
    match &mut case.detail.paused_step {
        Some(aside) => {
            aside.step = step;
            aside.due_at = due;
        }
        None => {
            case.next_step = step;
            case.next_due_at = due;
        }
    }
}

/// The step the holder owes in mediation, a pending transfer left out, and when it is due.
pub fn owed(case: &Case) -> (Option<NextStep>, Option<Instant>) {
    case.detail
        .paused_step
        .as_ref()
        .map_or((case.next_step, case.next_due_at), |aside| {
            (aside.step, aside.due_at)
        })
}

/// Moves the case as [`move_to`] does, leaving the answer that a pending transfer is owed in its
/// place.
///
/// # Errors
/// `wrong_state` when the machine has no such move.
pub fn advance(
    d: &mut Decision,
    act: Act,
    to: CaseState,
    calendar: &Calendar,
    now: Instant,
) -> Result<(), Vec<Refusal>> {
    let answer = (d.case().next_step, d.case().next_due_at);
    move_to(d, act, to, calendar, now)?;
    let case = d.case_mut();
    if case.detail.paused_step.is_some() {
        let (step, due) = (case.next_step, case.next_due_at);
        (case.next_step, case.next_due_at) = answer;
        owe(case, step, due);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::PausedStep;
    use crate::domain::rules::testkit::{calendar, file, now};

    #[test]
    fn a_pending_answer_stays_due() {
        let mut f = file(CaseState::Assigned);
        f.case.next_step = Some(NextStep::DecideTransfer);
        f.case.next_due_at = Some(now());
        f.case.detail.paused_step = Some(PausedStep {
            step: Some(NextStep::FirstSession),
            due_at: None,
            since: now(),
        });
        let mut d = Decision::on(&f);
        advance(
            &mut d,
            Act::OpenSession,
            CaseState::InMediation,
            &calendar(),
            now(),
        )
        .unwrap();
        let case = d.case();
        assert_eq!(case.state, CaseState::InMediation);
        assert_eq!(case.next_step, Some(NextStep::DecideTransfer));
        assert_eq!(case.next_due_at, Some(now()));
        assert_eq!(owed(case).0, Some(NextStep::Mediate));
    }
}
