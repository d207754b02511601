//! When a light turns yellow.

use super::codes::Unit;
use super::trace::{Plan, Span, Step, Trace};
use crate::domain::calendar::Calendar;
use crate::domain::time::{Instant, LocalDate};

/// The running parts of `[from, to)`.
pub fn running(pauses: &[Span], from: Instant, to: Instant) -> Vec<(Instant, Instant)> {
    let mut out = Vec::new();
    let mut at = from;
    for p in pauses {
        let stop = p.from.clamp(at, to.max(at));
        if stop > at {
            out.push((at, stop));
        }
        at = p.to.map_or(to, |t| t.clamp(at, to.max(at)));
    }
    if at < to {
        out.push((at, to));
    }
    out
}

/// When the light turns yellow: the earliest instant at which no more than one part in `part` of
/// the running time is left, or, where days are counted, no more than `working_days` whole
/// working days. `None` while the clock stands still.
pub fn yellow_at(
    plan: &Plan,
    calendar: &Calendar,
    trace: &Trace,
    part: u32,
    working_days: Option<u32>,
) -> Option<Instant> {
    let due = trace.due_at?;
    let ran: Vec<(Instant, Instant)> = if plan.length.unit == Unit::WorkingHours {
        office_time(trace, due, &plan.pauses)
    } else {
        running(&plan.pauses, plan.start, due)
    };
    let by_part = last_part(&ran, part).unwrap_or(due);
    let by_days = match (trace.last_day, working_days) {
        (Some(last), Some(k)) => before_working_days(calendar, last, k, plan.start),
        _ => due,
    };
    Some(by_part.min(by_days).max(plan.start))
}

/// The office time counted, and what an extension added.
fn office_time(trace: &Trace, due: Instant, pauses: &[Span]) -> Vec<(Instant, Instant)> {
    let mut out: Vec<(Instant, Instant)> = Vec::new();
    for step in &trace.steps {
        if let Step::Ran { from, to } = step {
            out.push((*from, *to));
        }
    }
    if let Some((_, end)) = out.last().copied()
        && end < due
    {
        out.extend(running(pauses, end, due));
    }
    out
}

/// The instant from which one part in `part` of the intervals is left.
fn last_part(ran: &[(Instant, Instant)], part: u32) -> Option<Instant> {
    let all: i64 = ran.iter().map(|(a, b)| b.0 - a.0).sum();
    let mut left = all / i64::from(part.max(1));
    for (from, to) in ran.iter().rev() {
        let have = to.0 - from.0;
        if left <= have {
            return Some(Instant(to.0 - left));
        }
        left -= have;
    }
    ran.first().map(|(from, _)| *from)
}

/// The end of the working day after which just `k` working days are left up to `last`.
fn before_working_days(calendar: &Calendar, last: LocalDate, k: u32, start: Instant) -> Instant {
    let mut seen = 0;
    let mut day = last;
    loop {
        if !calendar.is_rest_day(day) {
            if seen == k {
                return day.end();
            }
            seen += 1;
        }
        if day.start() <= start {
            return start;
        }
        day = day.plus_days(-1);
    }
}
