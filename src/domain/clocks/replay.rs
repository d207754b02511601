//! Recomputes a clock from its explanation alone: no policy, no calendar. A forged or torn
//! explanation is told by where it breaks.

use super::codes::{SkipReason, Unit};
use super::explain::Explanation;
use super::trace::Step;
use crate::domain::time::{Instant, LocalDate};

const MINUTE: i64 = 60_000_000;

/// Why an explanation does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayFault {
    /// A day or a time is missing, comes twice or out of order.
    Gap,
    /// A step does not belong where it stands.
    Order,
    /// More or less was counted than the length asks for.
    Count,
    /// A day is not what it is said to be.
    Day,
}

/// The instant the steps lead to; `None` while the clock stands still.
///
/// # Errors
/// The first fault of the steps.
pub fn replay(x: &Explanation) -> Result<Option<Instant>, ReplayFault> {
    let mut r = Replay::new(x);
    for step in &x.steps {
        r.step(step)?;
        if r.standing {
            return Ok(None);
        }
    }
    r.close_extension()?;
    r.due.map(Some).ok_or(ReplayFault::Order)
}

struct Replay {
    unit: Unit,
    start: Instant,
    /// The last day seen.
    day: LocalDate,
    /// Still to be counted, days or microseconds.
    need: i64,
    /// The period's own last day has been reached.
    last: bool,
    time: Option<Instant>,
    fixed: bool,
    due: Option<Instant>,
    /// The date of an extension being looked at, with the pauses after it.
    extension: Option<LocalDate>,
    standing: bool,
}

impl Replay {
    fn new(x: &Explanation) -> Self {
        let n = i64::from(x.length.n);
        Self {
            unit: x.length.unit,
            start: x.started_at,
            day: x.started_at.local_date(),
            need: match x.length.unit {
                Unit::Days | Unit::WorkingDays => n,
                Unit::Hours | Unit::WorkingHours => n * 60 * MINUTE,
                Unit::Minutes => n * MINUTE,
                Unit::Months | Unit::Years | Unit::Instant => 0,
            },
            last: false,
            time: None,
            fixed: false,
            due: None,
            extension: None,
            standing: false,
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), ReplayFault> {
        match step {
            Step::StartDay { date } => held(*date == self.day, ReplayFault::Day),
            Step::StartInstant { at } => {
                held(*at == self.start, ReplayFault::Day)?;
                self.time = Some(*at);
                Ok(())
            }
            Step::Month {
                months, date, days, ..
            } => {
                let to = self.day.plus_months(i32::try_from(*months).unwrap_or(0));
                let long = to.epoch_days() - self.day.epoch_days();
                held(to == *date && long == *days, ReplayFault::Day)?;
                self.need = long;
                Ok(())
            }
            Step::Counted { from, to, days } => {
                held(*from == self.day.plus_days(1), ReplayFault::Gap)?;
                let long = to.epoch_days() - from.epoch_days() + 1;
                held(long == *days && long > 0, ReplayFault::Count)?;
                if self.unit == Unit::WorkingDays {
                    let weekend = (0..long).any(|i| from.plus_days(i).is_weekend());
                    held(!weekend, ReplayFault::Day)?;
                }
                self.day = *to;
                self.count(long)
            }
            Step::MakeUp { date, rolling, .. } => self.make_up(*date, *rolling),
            Step::Skipped {
                date,
                reason,
                rolling,
                ..
            } => self.skipped(*date, *reason, *rolling),
            Step::LastDay { date } => self.last_day(*date),
            Step::Ran { from, to } => self.ran(*from, *to),
            Step::Stood { from, to } => {
                held(from <= to, ReplayFault::Gap)?;
                held(self.time.is_none_or(|t| t <= *from), ReplayFault::Gap)?;
                self.time = Some(*to);
                Ok(())
            }
            Step::Extended { until, .. } => {
                self.close_extension()?;
                self.extension = Some(*until);
                self.last = false;
                Ok(())
            }
            Step::Standing { .. } => {
                self.standing = true;
                Ok(())
            }
            Step::Ends { date, minute } => {
                held(*date == self.day && self.last, ReplayFault::Order)?;
                held((1..=24 * 60).contains(minute), ReplayFault::Day)?;
                let at = date.start().plus_minutes(*minute);
                self.due = Some(self.due.map_or(at, |due| due.max(at)));
                self.extension = None;
                Ok(())
            }
            Step::Fixed { at } => {
                held(*at >= self.start, ReplayFault::Day)?;
                self.fixed = true;
                self.need = at.0 - self.start.0;
                self.due = Some(*at);
                self.day = Instant(at.0.saturating_sub(1)).local_date();
                Ok(())
            }
        }
    }

    fn count(&mut self, n: i64) -> Result<(), ReplayFault> {
        self.need -= n;
        held(self.need >= 0 && !self.last, ReplayFault::Count)
    }

    fn make_up(&mut self, date: LocalDate, rolling: bool) -> Result<(), ReplayFault> {
        held(date.is_weekend(), ReplayFault::Day)?;
        if rolling {
            return held(self.last && date == self.day, ReplayFault::Order);
        }
        if self.unit == Unit::WorkingHours {
            return Ok(());
        }
        held(date == self.day.plus_days(1), ReplayFault::Gap)?;
        self.day = date;
        self.count(1)
    }

    fn skipped(
        &mut self,
        date: LocalDate,
        reason: SkipReason,
        rolling: bool,
    ) -> Result<(), ReplayFault> {
        if reason == SkipReason::Weekend {
            held(date.is_weekend(), ReplayFault::Day)?;
        }
        if let Some(until) = self.extension {
            // A paused day adds itself to the date agreed on.
            held(reason == SkipReason::Paused, ReplayFault::Order)?;
            self.extension = Some(until.plus_days(1));
            return Ok(());
        }
        if rolling {
            // The last day moves on by one.
            held(self.last && date == self.day, ReplayFault::Order)?;
            self.day = date.plus_days(1);
            return Ok(());
        }
        if self.unit == Unit::WorkingHours {
            return Ok(());
        }
        held(!self.last, ReplayFault::Order)?;
        held(date == self.day.plus_days(1), ReplayFault::Gap)?;
        self.day = date;
        Ok(())
    }

    fn last_day(&mut self, date: LocalDate) -> Result<(), ReplayFault> {
        if let Some(until) = self.extension {
            held(until == date, ReplayFault::Count)?;
            self.day = date;
        } else {
            held(self.need == 0 || self.fixed, ReplayFault::Count)?;
            held(date == self.day, ReplayFault::Gap)?;
        }
        self.last = true;
        Ok(())
    }

    fn ran(&mut self, from: Instant, to: Instant) -> Result<(), ReplayFault> {
        held(from <= to, ReplayFault::Gap)?;
        let at = self.time.ok_or(ReplayFault::Order)?;
        let gap = from < at || (self.unit != Unit::WorkingHours && from != at);
        held(!gap, ReplayFault::Gap)?;
        self.time = Some(to);
        self.need -= to.0 - from.0;
        held(self.need >= 0, ReplayFault::Count)?;
        if self.need == 0 {
            self.due = Some(to);
        }
        Ok(())
    }

    fn close_extension(&mut self) -> Result<(), ReplayFault> {
        held(self.extension.is_none(), ReplayFault::Order)?;
        let counted = self.need == 0 || (self.fixed && self.due.is_some());
        held(counted, ReplayFault::Count)
    }
}

fn held(ok: bool, fault: ReplayFault) -> Result<(), ReplayFault> {
    if ok { Ok(()) } else { Err(fault) }
}
