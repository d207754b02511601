//! The periods worked out by hand, and the engine against a slow count of its own.
#![cfg(test)]

use proptest::prelude::*;
use uuid::Uuid;

use super::clock::*;
use super::codes::*;
use super::count::trace;
use super::explain::explain;
use super::kit::{calendar, date, local, policy, slow};
use super::replay::replay;
use super::trace::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::SuspendReason;
use crate::domain::codes::Code;
use crate::domain::ids::Id;
use crate::domain::time::Instant;

const CASES: &str = include_str!("../../../tests/data/clock_cases.txt");

/// A clock and its policy out of a line of the table.
fn set(
    spec: &str,
    start: Instant,
    fixed: Option<Instant>,
    c: &Calendar,
) -> (Clock, super::policy_file::Policy) {
    let parts: Vec<&str> = spec.split(':').collect();
    let unit = Unit::parse(parts[0]);
    let (policy, variant) = match unit {
        Some(unit) => {
            let mut p = policy("med_general");
            p.length = Length {
                unit,
                n: parts[1].parse().unwrap(),
            };
            p.roll = parts.contains(&"roll");
            if parts.contains(&"closing") {
                p.ends = DayEnd::Closing;
            }
            (p, None)
        }
        None => (policy(parts[0]), parts.get(1).copied()),
    };
    let on = On {
        case: Id::new(Uuid::nil()),
        subject: Uuid::nil(),
    };
    let clock = Clock::start(Id::new(Uuid::nil()), on, &policy, variant, fixed, c, start);
    assert_eq!(clock.variant.as_deref(), variant, "{spec}");
    (clock, policy)
}

fn shown(clock: &Clock, left: Option<Left>) -> String {
    match (clock.due_at, clock.last_day, left) {
        (None, _, Some(Left::Days(n))) => format!("paused {n}"),
        (None, _, Some(Left::Micros(n))) => format!("paused {}", n / 60_000_000),
        (Some(at), Some(day), _) if at == day.end() => format!("{day} 24:00"),
        (Some(at), _, _) => at.local_text(),
        _ => "nothing".to_owned(),
    }
}

#[test]
fn the_periods_worked_out_by_hand() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for line in CASES
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        let f: Vec<&str> = line.split('|').map(str::trim).collect();
        let [spec, start, pauses, extensions, region, due, why] = f[..] else {
            panic!("{line}");
        };
        assert!(!why.is_empty(), "{line}");
        let c = calendar(region);
        let set_on = matches!(spec, "order_result" | "obligation_due");
        let fixed = set_on.then(|| local(extensions));
        let (mut clock, p) = set(spec, local(start), fixed, &c);
        for pause in pauses.split(';').filter(|p| !p.is_empty()) {
            let (from, to) = pause.split_once("..").unwrap();
            clock.detail.pauses.push(ClockPause {
                reason: SuspendReason::Appraisal,
                from: local(from),
                to: (!to.trim().is_empty()).then(|| local(to)),
                approver: None,
                note: None,
            });
        }
        for x in extensions.split(';').filter(|x| x.contains('@')) {
            let (until, at) = x.split_once('@').unwrap();
            clock.detail.extensions.push(ClockExtension {
                until: date(until),
                at: local(at),
                consents: Vec::new(),
                approver: None,
                note: None,
            });
        }
        clock.recompute(&p, &c);
        let got = shown(&clock, clock.left(&p, &c));
        if got != due {
            wrong.push(format!("{line}\n    got {got}"));
        }
        let account = explain(&clock, &p, &c);
        assert_eq!(replay(&account), Ok(clock.due_at), "{line}\n{account:#?}");
        let json = serde_json::to_string(&account).unwrap();
        let back: super::Explanation = serde_json::from_str(&json).unwrap();
        assert_eq!(back, account, "{line}");
        assert_eq!(account.text.zh.len(), account.text.en.len());
        seen += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 200, "{seen}");
}

fn plans() -> impl Strategy<Value = (Plan, &'static str)> {
    let unit = prop_oneof![
        Just((Unit::Minutes, 600u32)),
        Just((Unit::Hours, 90)),
        Just((Unit::WorkingHours, 40)),
        Just((Unit::Days, 70)),
        Just((Unit::WorkingDays, 40)),
        Just((Unit::Months, 14)),
        Just((Unit::Years, 3)),
    ];
    // Minutes from 2023-12-20 on, over three years of notices and into a year without one.
    let start = 0i64..1_600_000;
    let spans = proptest::collection::vec((1i64..20_000, 1i64..15_000), 0..4);
    let later = proptest::collection::vec((1i64..40_000, 1i64..60), 0..3);
    let region = prop_oneof![Just("CN"), Just("CN-GX"), Just("plain")];
    (
        unit,
        1u32..1000,
        start,
        any::<(bool, bool, bool)>(),
        spans,
        later,
        region,
    )
        .prop_map(
            |((unit, most), n, start, (roll, close, open), spans, later, region)| {
                let start = local("2023-12-20 00:00").plus_minutes(start);
                let mut at = start;
                let mut pauses = Vec::new();
                for (gap, length) in spans {
                    let from = at.plus_minutes(gap);
                    at = from.plus_minutes(length);
                    pauses.push(Span { from, to: Some(at) });
                }
                if let (true, Some(last)) = (open, pauses.last_mut()) {
                    last.to = None;
                }
                let mut signed = start;
                let mut extensions = Vec::new();
                for (gap, days) in later {
                    signed = signed.plus_minutes(gap);
                    let until = signed.local_date().plus_days(days);
                    extensions.push(Later { until, at: signed });
                }
                let plan = Plan {
                    start,
                    length: Length {
                        unit,
                        n: n % most + 1,
                    },
                    fixed: None,
                    roll,
                    ends: if close {
                        DayEnd::Closing
                    } else {
                        DayEnd::Midnight
                    },
                    pauses,
                    extensions,
                };
                (plan, region)
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_engine_agrees_with_a_slow_count((plan, region) in plans()) {
        let c = calendar(region);
        let t = trace(&plan, &c);
        prop_assert_eq!(t.due_at, slow(&plan, &c));
        prop_assert_eq!(t.left.is_some(), t.due_at.is_none());
    }

    /// Whatever was left when it was paused is what runs after it is resumed.
    #[test]
    fn a_pause_keeps_what_was_left((mut plan, region) in plans(), gap in 1i64..30_000, long in 1i64..30_000) {
        let c = calendar(region);
        plan.extensions.clear();
        plan.pauses.clear();
        plan.roll = false;
        let due = trace(&plan, &c).due_at.unwrap();
        let from = plan.start.plus_minutes(gap);
        prop_assume!(from < due);
        plan.pauses.push(Span { from, to: None });
        let left = trace(&plan, &c).left;
        let resumed = from.plus_minutes(long);
        plan.pauses[0].to = Some(resumed);
        let later = trace(&plan, &c).due_at.unwrap();
        prop_assert!(later >= due);
        match left {
            Some(Left::Micros(n)) => {
                let rest = Plan { start: resumed, pauses: Vec::new(), length: Length { unit: Unit::Minutes, n: 1 }, ..plan.clone() };
                // Time: the same amount counted from the resumption.
                let minutes = u32::try_from(n / 60_000_000).unwrap();
                let unit = plan.length.unit;
                let slow_rest = if unit == Unit::WorkingHours {
                    slow_office(&c, resumed, minutes)
                } else {
                    trace(&Plan { length: Length { unit: Unit::Minutes, n: minutes }, ..rest }, &c).due_at.unwrap()
                };
                prop_assert_eq!(later, slow_rest);
            }
            Some(Left::Days(n)) => {
                // Days: that many days that end from the resumption on.
                let working = plan.length.unit == Unit::WorkingDays;
                let mut day = resumed.local_date().plus_days(-1);
                let mut seen = 0;
                // The day of the start is not counted even if it ends in the pause.
                day = day.max(plan.start.local_date());
                while seen < n {
                    day = day.plus_days(1);
                    if !(working && c.is_rest_day(day)) && day.end() > resumed {
                        seen += 1;
                    }
                }
                prop_assert_eq!(trace(&plan, &c).last_day, Some(day));
            }
            // The period was over before the pause began, but for the roll.
            None => prop_assert_eq!(later, due),
        }
    }
}

fn slow_office(c: &Calendar, from: Instant, minutes: u32) -> Instant {
    let mut at = from;
    let mut left = minutes;
    while left > 0 {
        let next = at.plus_minutes(1);
        let open = c.open_spans(at.local_date());
        if open.iter().any(|(a, b)| *a <= at && next <= *b) {
            left -= 1;
        }
        at = next;
    }
    at
}
