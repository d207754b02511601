//! Calling for somebody until one acknowledges: again every five minutes, and one rung higher
//! every so often, by day and by night (section 11.6). Each call has a key and is made once.

use super::crisis_kit::CrisisFacts;
use crate::domain::clocks::mediation::due_in;
use crate::domain::crisis::{Crisis, Rung};
use crate::domain::notice::Recipient;
use crate::domain::time::Instant;

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallOut {
    /// Which one since the ladder began; 0 is made with the act itself.
    pub no: i64,
    pub at: Instant,
    /// The highest rung called.
    pub rung: Rung,
    /// Everybody on it and below.
    pub to: Vec<Recipient>,
}

fn seconds(crisis: &Crisis, facts: &CrisisFacts<'_>, policy: &str, default: i64) -> i64 {
    let from = crisis.called_at.unwrap_or(crisis.raised_at);
    let variant = Some(crisis.tier.variant());
    due_in(facts.book, policy, variant, facts.calendar, from)
        .and_then(|c| c.due_at)
        .map_or(default, |due| due.seconds_since(from))
        .max(60)
}

/// Waits for somebody to acknowledge it.
pub fn is_calling(crisis: &Crisis) -> bool {
    crisis.called_at.is_some() && crisis.acknowledged_at.is_none() && crisis.closed_at.is_none()
}

/// When the call after number `no` is due.
pub fn next_at(crisis: &Crisis, no: i64, facts: &CrisisFacts<'_>) -> Option<Instant> {
    let every = seconds(crisis, facts, "crisis_resend", 300);
    let from = crisis.called_at.filter(|_| is_calling(crisis))?;
    Some(from.plus_seconds(every.saturating_mul(no.saturating_add(1))))
}

/// The latest call that is due. Those that were missed while the service was away are one.
pub fn call_due(crisis: &Crisis, facts: &CrisisFacts<'_>, now: Instant) -> Option<CallOut> {
    let from = crisis.called_at.filter(|_| is_calling(crisis))?;
    let every = seconds(crisis, facts, "crisis_resend", 300);
    let climb = seconds(crisis, facts, "crisis_climb", 600);
    let no = now.seconds_since(from).max(0) / every;
    let at = from.plus_seconds(no.saturating_mul(every));
    let height = usize::try_from(at.seconds_since(from) / climb).unwrap_or(usize::MAX);
    let height = height.min(facts.rungs.len().checked_sub(1)?);
    let reached = facts.rungs.get(..=height)?;
    let (rung, _) = reached.last()?;
    let mut to: Vec<Recipient> = Vec::new();
    for post in reached.iter().flat_map(|(_, posts)| posts) {
        if !to.contains(post) {
            to.push(*post);
        }
    }
    Some(CallOut {
        no,
        at,
        rung: *rung,
        to,
    })
}
