//! What a count is made of, and the record of every step of it.

use serde::{Deserialize, Serialize};

use super::codes::{DayEnd, SkipReason, Unit};
use crate::domain::time::{Instant, LocalDate};

/// How long a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Length {
    pub unit: Unit,
    pub n: u32,
}

/// A time during which the clock stood still, `[from, to)`; without an end it still does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: Instant,
    pub to: Option<Instant>,
}

/// A later last day, and when it was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Later {
    pub until: LocalDate,
    pub at: Instant,
}

/// All a count depends on beside the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub start: Instant,
    pub length: Length,
    /// The instant itself, where the unit is [`Unit::Instant`].
    pub fixed: Option<Instant>,
    /// A last day that is a rest day moves to the next working day.
    pub roll: bool,
    pub ends: DayEnd,
    /// In order, apart; only the last may be open.
    pub pauses: Vec<Span>,
    /// In order of `at`.
    pub extensions: Vec<Later>,
}

/// One step of a count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The day of the start, which is not counted (民法典 201).
    StartDay { date: LocalDate },
    /// Hours run from the instant itself (民法典 201).
    StartInstant { at: Instant },
    /// A period in months ends on the corresponding day, or on the month's end (民法典 202). It
    /// is `days` long.
    Month {
        months: u32,
        date: LocalDate,
        month_end: bool,
        days: i64,
    },
    /// A run of days counted one by one.
    Counted {
        from: LocalDate,
        to: LocalDate,
        days: i64,
    },
    /// A Saturday or Sunday that is a working day (调休): counted, or, `rolling`, the reason why
    /// the last day stays where it is.
    MakeUp {
        date: LocalDate,
        zh: String,
        en: String,
        source: String,
        official: bool,
        rolling: bool,
    },
    /// A day left out; `rolling`: passed over on the way to the next working day.
    Skipped {
        date: LocalDate,
        reason: SkipReason,
        zh: String,
        en: String,
        source: String,
        official: bool,
        rolling: bool,
    },
    /// The last day by the count alone.
    LastDay { date: LocalDate },
    /// Time that was counted.
    Ran { from: Instant, to: Instant },
    /// Office time that was not, for a pause.
    Stood { from: Instant, to: Instant },
    /// A later last day agreed on; days of later pauses are added to it.
    Extended { until: LocalDate, at: Instant },
    /// The clock stands still with this much left: days, or microseconds where time is counted.
    Standing { since: Instant, left: i64 },
    /// The day ends so many minutes after it began.
    Ends { date: LocalDate, minute: i64 },
    /// A fixed instant.
    Fixed { at: Instant },
}

/// What is left of a clock that stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unit", content = "left", rename_all = "snake_case")]
pub enum Left {
    /// Days still to be counted, calendar or working as the unit says.
    Days(i64),
    /// Microseconds still to run, office time where the unit is working hours.
    Micros(i64),
}

/// The result of a count and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    pub steps: Vec<Step>,
    /// The first instant that is too late; `None` while the clock stands still.
    pub due_at: Option<Instant>,
    /// The last day, where days are counted.
    pub last_day: Option<LocalDate>,
    pub left: Option<Left>,
    /// Years the count reaches for which no official notice is loaded.
    pub assumed_years: Vec<i16>,
}
