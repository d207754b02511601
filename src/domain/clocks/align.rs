//! What an act shows as due is what the clock says that counts it: the policies and calendars in
//! force decide, not the defaults a rule may have reckoned with.

use super::clock::Clock;
use super::ledger::Moves;
use super::mediation::LIMITS;
use crate::domain::case::NextStep;
use crate::domain::decision::{Decision, Entity, Put};
use crate::domain::movement::{Transfer, TransferState};
use crate::domain::time::Instant;

/// The policies of the clocks that time a step of a case.
fn policies_of(step: NextStep) -> &'static [&'static str] {
    match step {
        NextStep::Screen => &["triage"],
        NextStep::AskConsent => &["ask_consent"],
        NextStep::Accept => &["accept_decision"],
        NextStep::Assign => &["appoint"],
        NextStep::FirstSession => &["first_session"],
        NextStep::Mediate => LIMITS,
        NextStep::HandleBreach => &["breach_handling"],
        NextStep::Close => &["close_case"],
        NextStep::Archive => &["archive"],
        NextStep::Resume | NextStep::Sign | NextStep::Supervise | NextStep::DecideTransfer => &[],
    }
}

/// The policies of the clocks that time the answer to a transfer.
pub const ANSWERS: &[&str] = &["escalation_answer", "quarrel_decision"];

/// Puts what the clocks say into the step of the case, where this act set it, and into the
/// transfers that wait for an answer. `open` are the clocks as they stood before.
pub fn align(d: &mut Decision, moves: &Moves, open: &[Clock]) {
    // Of a clock changed twice the act's own word comes first.
    let written = d.puts.iter().filter_map(|put| match put {
        Put::Insert(Entity::Clock(c)) | Put::Update(Entity::Clock(c)) => Some(c.clone()),
        _ => None,
    });
    let mut now: Vec<Clock> = written.collect();
    for clock in moves.start.iter().chain(&moves.change).chain(open) {
        if !now.iter().any(|c| c.id == clock.id) {
            now.push(clock.clone());
        }
    }
    now.retain(|c| c.is_open() && c.due_at.is_some());
    let due = |policies: &[&str], subject: uuid::Uuid| -> Option<Instant> {
        let of = |c: &&Clock| policies.contains(&c.policy.as_str()) && c.subject_id == subject;
        now.iter().find(of).and_then(|c| c.due_at)
    };
    let mut answer = None;
    for put in &mut d.puts {
        let (Put::Insert(entity) | Put::Update(entity)) = put;
        if let Entity::Transfer(t) = entity
            && waits(t)
            && let Some(at) = due(ANSWERS, t.id.uuid)
        {
            t.due_at = Some(at);
            answer = Some(at);
        }
    }
    if !d.step_set() {
        return;
    }
    let (step, case) = (d.case().next_step, d.case().id.uuid);
    let at = match step {
        Some(NextStep::DecideTransfer) => answer,
        // An order's own deadline stands.
        Some(step) if !d.case().next_due_at.is_some_and(|t| ordered(d, t)) => {
            due(policies_of(step), case)
        }
        _ => None,
    };
    if at.is_some() {
        d.case_mut().next_due_at = at;
    }
}

fn waits(t: &Transfer) -> bool {
    t.state == TransferState::Submitted && t.to_id.is_some()
}

/// The step is due when an order taken on in this act says.
fn ordered(d: &Decision, at: Instant) -> bool {
    d.puts.iter().any(|put| {
        let (Put::Insert(entity) | Put::Update(entity)) = put;
        matches!(entity, Entity::Transfer(t) if t.state == TransferState::Accepted && t.result_due_at == Some(at))
    })
}
