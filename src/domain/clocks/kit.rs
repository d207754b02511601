//! Builders for the tests of the clocks, and a slow count of its own that shares nothing with the
//! engine but the calendar's days.
#![cfg(test)]

use super::calendar_file::{build, shipped};
use super::codes::*;
use super::policy_file::{Policy, PolicyBook};
use super::trace::*;
use crate::domain::calendar::Calendar;
use crate::domain::time::{Instant, LocalDate};

pub fn calendar(region: &str) -> Calendar {
    match region {
        "plain" => Calendar::default(),
        _ => build(region, &shipped().unwrap()).unwrap(),
    }
}

pub fn policy(code: &str) -> Policy {
    let book = PolicyBook::shipped();
    book.in_force(code, date("2026-01-01")).unwrap().clone()
}

pub fn date(text: &str) -> LocalDate {
    LocalDate::parse(text).unwrap_or_else(|| panic!("{text}"))
}

/// `YYYY-MM-DD HH:MM` in the county, `24:00` for the end of the day.
pub fn local(text: &str) -> Instant {
    let (day, time) = text.trim().split_once(' ').unwrap();
    let (h, m) = time.split_once(':').unwrap();
    let minutes: i64 = h.parse::<i64>().unwrap() * 60 + m.parse::<i64>().unwrap();
    date(day).start().plus_minutes(minutes)
}

/// Day by day, hour by hour: when a plan is due, found by trying every day or minute in turn.
pub fn slow(plan: &Plan, calendar: &Calendar) -> Option<Instant> {
    let base = if plan.length.unit.by_day() {
        let last = slow_last_day(plan, calendar)?;
        closing(plan, calendar, last)
    } else {
        slow_minutes(plan, calendar)?
    };
    let mut due = base;
    for x in &plan.extensions {
        let mut day = x.until;
        // Every midnight since, spent in a pause that began since, is a day more.
        let mut seen = x.at.local_date();
        while seen < day {
            seen = seen.plus_days(1);
            if still(plan, seen, Some(x.at))? {
                day = day.plus_days(1);
            }
        }
        due = due.max(closing(plan, calendar, day));
    }
    Some(due)
}

fn closing(plan: &Plan, calendar: &Calendar, day: LocalDate) -> Instant {
    match calendar.open_spans(day).last() {
        Some((_, close)) if plan.ends == DayEnd::Closing => *close,
        _ => day.end(),
    }
}

/// Whether the midnight that ends `day` falls into a pause; `None` if nobody knows yet.
fn still(plan: &Plan, day: LocalDate, since: Option<Instant>) -> Option<bool> {
    for p in &plan.pauses {
        if since.is_some_and(|s| p.from < s) || p.from >= day.end() {
            continue;
        }
        if day.end() <= p.to? {
            return Some(true);
        }
    }
    Some(false)
}

fn slow_last_day(plan: &Plan, calendar: &Calendar) -> Option<LocalDate> {
    let start = plan.start.local_date();
    let n = plan.length.n;
    let mut left = match plan.length.unit {
        Unit::Months => month_days(start, n),
        Unit::Years => month_days(start, n * 12),
        _ => n,
    };
    let mut day = start;
    while left > 0 {
        day = day.plus_days(1);
        let rests = calendar.is_rest_day(day);
        if plan.length.unit == Unit::WorkingDays && rests {
            // A rest day counts for nothing, paused or not, but nobody knows beyond an open pause.
            still(plan, day, None)?;
            continue;
        }
        if !still(plan, day, None)? {
            left -= 1;
        }
    }
    if plan.roll && plan.length.unit != Unit::WorkingDays && calendar.is_rest_day(day) {
        loop {
            day = day.plus_days(1);
            let paused = still(plan, day, None)?;
            if !paused && !calendar.is_rest_day(day) {
                break;
            }
        }
    }
    Some(day)
}

/// The length of `n` months from `start`: the days walked until the wanted month's wanted day.
fn month_days(start: LocalDate, n: u32) -> u32 {
    let text = start.to_string();
    let year: u32 = text[..4].parse().unwrap();
    let month: u32 = text[5..7].parse().unwrap();
    let wanted: u32 = text[8..].parse().unwrap();
    let index = year * 12 + month - 1 + n;
    let (year, month) = (index / 12, index % 12 + 1);
    let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let target = format!("{year:04}-{month:02}-{:02}", wanted.min(length));
    let mut days = 0;
    let mut day = start;
    while day.to_string() != target {
        day = day.plus_days(1);
        days += 1;
    }
    days
}

fn slow_minutes(plan: &Plan, calendar: &Calendar) -> Option<Instant> {
    let n = i64::from(plan.length.n);
    let mut left = match plan.length.unit {
        Unit::Minutes => n,
        Unit::Hours | Unit::WorkingHours => n * 60,
        _ => return plan.fixed,
    };
    let office = plan.length.unit == Unit::WorkingHours;
    let mut at = plan.start;
    while left > 0 {
        let next = at.plus_minutes(1);
        let open = !office
            || calendar
                .open_spans(at.local_date())
                .iter()
                .any(|(a, b)| *a <= at && next <= *b);
        let mut paused = false;
        for p in &plan.pauses {
            if p.from <= at {
                paused |= at < p.to?;
            }
        }
        if open && !paused {
            left -= 1;
        }
        at = next;
    }
    Some(at)
}
