//! Calling for somebody until one acknowledges: again every five minutes, and one rung higher
//! every so often, by day and by night (section 11.6). Each call has a key and is made once.
//!
//! A step that is late calls as well: each level once, one after the other until it is done.

use std::collections::BTreeSet;

use super::crisis_kit::CrisisFacts;
use crate::domain::clocks::mediation::due_in;
use crate::domain::codes::Code;
use crate::domain::crisis::{Crisis, CrisisStep, Rung};
use crate::domain::ids::UserId;
use crate::domain::notice::Recipient;
use crate::domain::time::Instant;
use crate::domain::timer::{Timer, after_quiet};

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

/// A level that is called over a late step: the post, and who is reached there first.
pub type Level = (Rung, Vec<UserId>);

/// Who is called over a late step, in this order: whoever acknowledged, then the ladder. Below T3
/// nobody but the county knows of the crisis, so the county is where it begins.
///
/// `people`: the posts of the ladder with those who hold them.
pub fn late_levels(crisis: &Crisis, people: &[Level]) -> Vec<Level> {
    let begun = crisis.acknowledged_by.map(|u| (Rung::Answerer, vec![u]));
    let county = |rung: Rung| matches!(rung, Rung::CountyDuty | Rung::CountySupervisor);
    let ladder = people
        .iter()
        .filter(|(rung, _)| crisis.tier.holds() || county(*rung))
        .cloned();
    let mut reached = BTreeSet::new();
    let mut out = Vec::new();
    for (rung, users) in begun.into_iter().chain(ladder) {
        let fresh: Vec<UserId> = users.into_iter().filter(|u| reached.insert(*u)).collect();
        if !fresh.is_empty() {
            out.push((rung, fresh));
        }
    }
    out
}

/// The timers of a late step, one for each level. Where life is not in danger they keep the night.
pub fn late_timers(
    crisis: &Crisis,
    step: &CrisisStep,
    levels: &[Level],
    facts: &CrisisFacts<'_>,
) -> Vec<Timer> {
    let climb = seconds(crisis, facts, "crisis_climb", 600);
    let mut at = step.due_at;
    let mut out = Vec::with_capacity(levels.len());
    for (rung, _) in levels {
        if !crisis.tier.holds() {
            at = after_quiet(at);
        }
        out.push(Timer {
            kind: "step_late",
            subject: step.id.uuid,
            anchor: crisis.id.to_string(),
            step: rung.code(),
            at,
        });
        at = at.plus_seconds(climb);
    }
    out
}

/// What a late step calls for now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LateCall {
    /// The highest level called, and when its turn came.
    pub top: Option<(Rung, Instant)>,
    pub to: Vec<UserId>,
    /// The keys of the levels called.
    pub timers: Vec<Timer>,
    /// When the next level is called; `None` when all were.
    pub next_at: Option<Instant>,
}

/// Every level whose turn has come and that was not called yet: what was missed while the service
/// was away is one. Where nobody holds any post, it is looked at again later.
pub fn late_call(
    crisis: &Crisis,
    step: &CrisisStep,
    levels: &[Level],
    facts: &CrisisFacts<'_>,
    fired: &BTreeSet<String>,
    now: Instant,
) -> LateCall {
    let mut out = LateCall::default();
    if levels.is_empty() {
        out.next_at = Some(now.plus_seconds(seconds(crisis, facts, "crisis_climb", 600)));
    }
    let timers = late_timers(crisis, step, levels, facts);
    for ((rung, users), timer) in levels.iter().zip(timers) {
        if fired.contains(&timer.key()) {
            continue;
        }
        if timer.at > now {
            out.next_at = Some(timer.at);
            break;
        }
        out.top = Some((*rung, timer.at));
        out.to.extend(users);
        out.timers.push(timer);
    }
    out
}
