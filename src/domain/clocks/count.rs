//! Counting, step by step. The steps are the computation: what explains is what decides.

use super::codes::{DayEnd, SkipReason, Unit};
use super::trace::{Later, Left, Plan, Span, Step, Trace};
use crate::domain::calendar::{Calendar, DayKind, WEEKEND_SOURCE};
use crate::domain::time::{Instant, LocalDate};

const MINUTE: i64 = 60_000_000;
/// No period is longer than this many days, whatever the data say.
const MOST_DAYS: i64 = 60_000;

/// Counts a plan on a calendar.
pub fn trace(plan: &Plan, calendar: &Calendar) -> Trace {
    let mut count = Count {
        plan,
        calendar,
        steps: Vec::new(),
        run: None,
        left: None,
    };
    let reached = if plan.length.unit.by_day() {
        count.days()
    } else if plan.length.unit == Unit::Instant && plan.roll {
        count.date_set()
    } else {
        count.time().map(|at| (None, at))
    };
    let reached = reached.and_then(|(day, at)| count.extended(day, at));
    let (last_day, due_at) = match reached {
        Some((day, at)) => (day, Some(at)),
        None => (None, None),
    };
    let upto = due_at.or(plan.pauses.last().map(|p| p.from));
    Trace {
        assumed_years: assumed(plan.start, upto, calendar),
        steps: count.steps,
        due_at,
        last_day,
        left: count.left,
    }
}

/// Years between two instants without an official notice.
fn assumed(from: Instant, to: Option<Instant>, calendar: &Calendar) -> Vec<i16> {
    let first = from.local_date().year();
    // A period that ends at 24:00 of 31 December does not reach the next year.
    let last = to.map_or(first, |at| Instant(at.0 - 1).local_date().year());
    (first..=last)
        .filter(|y| calendar.year(*y).is_none_or(|note| !note.official))
        .collect()
}

struct Count<'a> {
    plan: &'a Plan,
    calendar: &'a Calendar,
    steps: Vec<Step>,
    /// The run of counted days not yet written down.
    run: Option<(LocalDate, LocalDate, i64)>,
    left: Option<Left>,
}

/// What became of a day.
enum Met {
    Counted,
    Skipped,
    /// The clock stands still before the day ends, and nobody knows until when.
    Stands(Instant),
}

impl Count<'_> {
    /// Counts whole days; the last day and the instant it ends.
    fn days(&mut self) -> Option<(Option<LocalDate>, Instant)> {
        let start = self.plan.start.local_date();
        let n = self.plan.length.n;
        self.steps.push(Step::StartDay { date: start });
        let working = self.plan.length.unit == Unit::WorkingDays;
        let need = match self.plan.length.unit {
            Unit::Months => self.months(start, n),
            Unit::Years => self.months(start, n.saturating_mul(12)),
            _ => i64::from(n),
        };
        let mut day = start;
        let mut counted = 0;
        for _ in 0..MOST_DAYS {
            if counted >= need {
                break;
            }
            let next = day.plus_days(1);
            match self.meet(next, working, &self.plan.pauses, false) {
                Met::Counted => counted += 1,
                Met::Skipped => {}
                Met::Stands(since) => return self.stands(since, need - counted),
            }
            day = next;
        }
        self.close_run();
        self.steps.push(Step::LastDay { date: day });
        if self.plan.roll && !working {
            day = self.roll(day)?;
        }
        Some((Some(day), self.end_of(day)))
    }

    /// The length in days of a period in months.
    fn months(&mut self, start: LocalDate, months: u32) -> i64 {
        let date = start.plus_months(i32::try_from(months).unwrap_or(i32::MAX));
        let days = date.epoch_days() - start.epoch_days();
        self.steps.push(Step::Month {
            months,
            date,
            month_end: date.day() < start.day(),
            days,
        });
        days
    }

    /// Moves the last day off rest days.
    fn roll(&mut self, last: LocalDate) -> Option<LocalDate> {
        let mut day = last;
        for _ in 0..MOST_DAYS {
            // The period's own last day was counted; days it moves to must end while it runs.
            let pauses: &[Span] = if day == last { &[] } else { &self.plan.pauses };
            match self.meet(day, true, pauses, true) {
                Met::Counted => break,
                Met::Skipped => day = day.plus_days(1),
                Met::Stands(since) => return self.stands(since, 0),
            }
        }
        Some(day)
    }

    /// Looks at one day and writes down what it is.
    fn meet(&mut self, day: LocalDate, working: bool, pauses: &[Span], rolling: bool) -> Met {
        let end = day.end();
        let open = pauses.iter().find(|p| p.to.is_none() && p.from < end);
        if let Some(p) = open {
            return Met::Stands(p.from);
        }
        if working && self.calendar.is_rest_day(day) {
            self.skip_rest(day, rolling);
            return Met::Skipped;
        }
        if stood_at(pauses, end) {
            self.skip(day, SkipReason::Paused, String::new(), true, rolling);
            return Met::Skipped;
        }
        let make_up = self
            .calendar
            .exception(day)
            .filter(|x| working && x.kind == DayKind::Workday);
        if let Some(x) = make_up {
            let step = Step::MakeUp {
                date: day,
                zh: x.zh.clone(),
                en: x.en.clone(),
                source: x.source.clone(),
                official: x.official,
                rolling,
            };
            self.close_run();
            self.steps.push(step);
        } else if !rolling {
            self.run = match self.run {
                Some((from, _, days)) => Some((from, day, days + 1)),
                None => Some((day, day, 1)),
            };
        }
        Met::Counted
    }

    fn skip_rest(&mut self, day: LocalDate, rolling: bool) {
        match self.calendar.exception(day) {
            Some(x) => {
                let (zh, en) = (x.zh.clone(), x.en.clone());
                let (source, official) = (x.source.clone(), x.official);
                self.close_run();
                self.steps.push(Step::Skipped {
                    date: day,
                    reason: SkipReason::Holiday,
                    zh,
                    en,
                    source,
                    official,
                    rolling,
                });
            }
            None => self.skip(
                day,
                SkipReason::Weekend,
                WEEKEND_SOURCE.to_owned(),
                self.calendar.year(day.year()).is_some_and(|y| y.official),
                rolling,
            ),
        }
    }

    fn skip(
        &mut self,
        date: LocalDate,
        reason: SkipReason,
        source: String,
        official: bool,
        rolling: bool,
    ) {
        use crate::domain::codes::{Code, Lang};
        self.close_run();
        self.steps.push(Step::Skipped {
            date,
            reason,
            zh: reason.label(Lang::Zh).to_owned(),
            en: reason.label(Lang::En).to_owned(),
            source,
            official,
            rolling,
        });
    }

    fn close_run(&mut self) {
        if let Some((from, to, days)) = self.run.take() {
            self.steps.push(Step::Counted { from, to, days });
        }
    }

    fn stands<T>(&mut self, since: Instant, left: i64) -> Option<T> {
        self.close_run();
        self.steps.push(Step::Standing { since, left });
        self.left = Some(if self.plan.length.unit.by_day() {
            Left::Days(left)
        } else {
            Left::Micros(left)
        });
        None
    }

    /// The instant a last day ends at.
    fn end_of(&mut self, date: LocalDate) -> Instant {
        let closing = match self.plan.ends {
            DayEnd::Closing if !self.calendar.is_rest_day(date) => {
                self.calendar.office_hours().0.last().map(|span| span.1)
            }
            _ => None,
        };
        let minute = closing.unwrap_or(24 * 60);
        self.steps.push(Step::Ends { date, minute });
        date.start().plus_minutes(minute)
    }

    /// A date that was set: its last day moves off rest days as any other.
    fn date_set(&mut self) -> Option<(Option<LocalDate>, Instant)> {
        let start = self.plan.start;
        let at = self.plan.fixed.unwrap_or(start).max(start);
        self.steps.push(Step::Fixed { at });
        let date = Instant(at.0.saturating_sub(1)).local_date();
        if !self.calendar.is_rest_day(date) {
            return Some((Some(date), at));
        }
        self.steps.push(Step::LastDay { date });
        let day = self.roll(date)?;
        Some((Some(day), self.end_of(day)))
    }

    /// Counts time; the instant it has run out.
    fn time(&mut self) -> Option<Instant> {
        let start = self.plan.start;
        let n = i64::from(self.plan.length.n);
        match self.plan.length.unit {
            Unit::Minutes => self.plain(n * MINUTE),
            Unit::Hours => self.plain(n * 60 * MINUTE),
            Unit::WorkingHours => self.office(n * 60 * MINUTE),
            _ => {
                let at = self.plan.fixed.unwrap_or(start).max(start);
                self.steps.push(Step::Fixed { at });
                if self.plan.pauses.is_empty() {
                    return Some(at);
                }
                self.plain(at.0 - start.0)
            }
        }
    }

    fn plain(&mut self, need: i64) -> Option<Instant> {
        let start = self.plan.start;
        self.steps.push(Step::StartInstant { at: start });
        let mut need = need;
        let far = Instant(i64::MAX);
        match self.spend((start, far), &mut need) {
            Spent::Done(at) => Some(at),
            Spent::Stands(since) => self.stands(since, need),
            Spent::Some => None,
        }
    }

    fn office(&mut self, need: i64) -> Option<Instant> {
        let start = self.plan.start;
        self.steps.push(Step::StartInstant { at: start });
        let mut need = need;
        let mut day = start.local_date();
        let calendar = self.calendar;
        for _ in 0..MOST_DAYS {
            if calendar.is_rest_day(day) {
                self.skip_rest(day, false);
            } else if calendar.exception(day).is_some() {
                self.meet(day, true, &[], false);
            }
            for (open, close) in calendar.open_spans(day) {
                if close <= start {
                    continue;
                }
                match self.spend((open.max(start), close), &mut need) {
                    Spent::Done(at) => return Some(at),
                    Spent::Stands(since) => return self.stands(since, need),
                    Spent::Some => {}
                }
            }
            day = day.plus_days(1);
        }
        None
    }

    /// Spends `need` out of a span, pauses left out.
    fn spend(&mut self, span: (Instant, Instant), need: &mut i64) -> Spent {
        let mut at = span.0;
        for p in &self.plan.pauses {
            if p.to.is_some_and(|to| to <= at) || p.from >= span.1 {
                continue;
            }
            if p.from > at
                && let Some(done) = self.run_for(at, p.from, need)
            {
                return Spent::Done(done);
            }
            let from = p.from.max(at);
            let Some(to) = p.to else {
                return Spent::Stands(p.from);
            };
            let to = to.min(span.1);
            self.steps.push(Step::Stood { from, to });
            at = to;
        }
        if at < span.1
            && let Some(done) = self.run_for(at, span.1, need)
        {
            return Spent::Done(done);
        }
        Spent::Some
    }

    /// Runs from `from` towards `to`; the instant the need is met, if it is.
    fn run_for(&mut self, from: Instant, to: Instant, need: &mut i64) -> Option<Instant> {
        let have = to.0.saturating_sub(from.0);
        let spent = have.min(*need);
        let until = Instant(from.0.saturating_add(spent));
        *need -= spent;
        self.steps.push(Step::Ran { from, to: until });
        (*need == 0).then_some(until)
    }

    /// Applies the extensions. A pause that began before an extension was agreed does not move
    /// the date the parties named, a later one does.
    fn extended(
        &mut self,
        day: Option<LocalDate>,
        at: Instant,
    ) -> Option<(Option<LocalDate>, Instant)> {
        let (mut last_day, mut due) = (day, at);
        for Later { until, at } in self.plan.extensions.clone() {
            self.steps.push(Step::Extended { until, at });
            let later: Vec<Span> = self
                .plan
                .pauses
                .iter()
                .filter(|p| p.from >= at)
                .copied()
                .collect();
            let day = self.after_pauses(until, at, &later)?;
            self.steps.push(Step::LastDay { date: day });
            let end = self.end_of(day);
            if end > due {
                due = end;
                last_day = Some(day);
            }
        }
        Some((last_day, due))
    }

    /// `until`, later by every day from `at` that ends while the clock stands still.
    fn after_pauses(
        &mut self,
        until: LocalDate,
        at: Instant,
        pauses: &[Span],
    ) -> Option<LocalDate> {
        let mut need = until.epoch_days() - at.local_date().epoch_days();
        if pauses.is_empty() || need <= 0 {
            return Some(until);
        }
        let mut day = at.local_date();
        for _ in 0..MOST_DAYS {
            if need == 0 {
                break;
            }
            day = day.plus_days(1);
            let end = day.end();
            if let Some(p) = pauses.iter().find(|p| p.to.is_none() && p.from < end) {
                return self.stands(p.from, need);
            }
            if stood_at(pauses, end) {
                self.skip(day, SkipReason::Paused, String::new(), true, false);
            } else {
                need -= 1;
            }
        }
        Some(day)
    }
}

enum Spent {
    Done(Instant),
    Some,
    Stands(Instant),
}

/// Whether the clock stood still in the moment before `at`.
pub fn stood_at(pauses: &[Span], at: Instant) -> bool {
    pauses
        .iter()
        .any(|p| p.from < at && p.to.is_none_or(|to| at <= to))
}
