//! Rest days and the ends of periods (民法典 200–203, 民事诉讼法 85).
//!
//! The day a period starts on is not counted; a period in months ends on the corresponding day,
//! or on the month's end if there is none; a last day that is a rest day moves to the next
//! working day. The last day itself ends at 24:00, see [`LocalDate::end`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::time::{Instant, LocalDate};

codes! {
    /// Why a date departs from the plain week.
    DayKind in "day_kind" {
        Holiday = "holiday", "放假", "Holiday";
        Workday = "workday", "调休上班", "Make-up workday";
    }
}

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

/// What rests on Saturdays and Sundays.
pub const WEEKEND_SOURCE: &str = "国务院关于职工工作时间的规定 第七条";

/// A date that departs from the plain week, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    pub kind: DayKind,
    pub zh: String,
    pub en: String,
    /// The notice it comes from.
    pub source: String,
    pub official: bool,
}

/// What is known of a year as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearNote {
    pub source: String,
    pub official: bool,
    /// Why it is not official.
    pub reason: Option<Words>,
}

/// The office's opening times on a working day: minutes after midnight, in order, apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeHours(pub Vec<(i64, i64)>);

impl Default for OfficeHours {
    fn default() -> Self {
        Self(vec![(8 * 60 + 30, 12 * 60), (14 * 60 + 30, 17 * 60 + 30)])
    }
}

/// The plain week with its exceptions: holidays and make-up workdays (调休).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    exceptions: BTreeMap<LocalDate, Exception>,
    years: BTreeMap<i16, YearNote>,
    hours: OfficeHours,
    region: String,
    version: String,
    official: bool,
}

impl Calendar {
    /// The exceptions as the State Council's notices for the years in use give them.
    pub fn official(exceptions: impl IntoIterator<Item = (LocalDate, DayKind, String)>) -> Self {
        Self {
            exceptions: collect(exceptions, true),
            official: true,
            ..Self::default()
        }
    }

    /// What stands in for the notice where none is needed: the single make-up workday of 2026 that
    /// the requirements name. **Not official**: no holiday is in it.
    pub fn minimal_default() -> Self {
        let spring = LocalDate::new(2026, 2, 28)
            .map(|date| (date, DayKind::Workday, "春节调休上班".to_owned()));
        Self {
            exceptions: collect(spring, false),
            ..Self::default()
        }
    }

    /// A calendar read from a file, see [`super::clocks::calendar_file`].
    pub(super) fn of(
        region: String,
        version: String,
        hours: OfficeHours,
        years: BTreeMap<i16, YearNote>,
        exceptions: BTreeMap<LocalDate, Exception>,
    ) -> Self {
        let official = years.values().all(|y| y.official);
        Self {
            exceptions,
            years,
            hours,
            region,
            version,
            official,
        }
    }

    /// False while some exceptions do not come from an official notice.
    pub fn is_official(&self) -> bool {
        self.official
    }

    /// The region it holds for, such as `CN` or `CN-GX`.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Its version within the region.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn office_hours(&self) -> &OfficeHours {
        &self.hours
    }

    /// What is known of a year; `None` when no notice is loaded and the plain week stands in.
    pub fn year(&self, year: i16) -> Option<&YearNote> {
        self.years.get(&year)
    }

    pub fn years(&self) -> impl Iterator<Item = (i16, &YearNote)> {
        self.years.iter().map(|(y, n)| (*y, n))
    }

    /// The exception of a date, if it has one.
    pub fn exception(&self, date: LocalDate) -> Option<&Exception> {
        self.exceptions.get(&date)
    }

    /// The exceptions in order of date.
    pub fn exceptions(&self) -> impl Iterator<Item = (LocalDate, &Exception)> {
        self.exceptions.iter().map(|(date, x)| (*date, x))
    }

    /// A holiday, or a Saturday or Sunday that is no make-up workday (法定休假日).
    pub fn is_rest_day(&self, date: LocalDate) -> bool {
        match self.exceptions.get(&date).map(|x| x.kind) {
            Some(DayKind::Holiday) => true,
            Some(DayKind::Workday) => false,
            None => date.is_weekend(),
        }
    }

    /// The opening times of the office on a date; none on a rest day.
    pub fn open_spans(&self, date: LocalDate) -> Vec<(Instant, Instant)> {
        if self.is_rest_day(date) {
            return Vec::new();
        }
        let start = date.start();
        let at = |minutes: i64| start.plus_minutes(minutes);
        self.hours.0.iter().map(|(a, b)| (at(*a), at(*b))).collect()
    }

    /// `date` if it is a working day, else the next one.
    pub fn roll(&self, date: LocalDate) -> LocalDate {
        let mut day = date;
        while self.is_rest_day(day) {
            let next = day.plus_days(1);
            if next == day {
                break; // the calendar's last date
            }
            day = next;
        }
        day
    }

    /// The last day of a period of `n` calendar days from `start`, moved off a rest day if `roll`.
    pub fn end_of_period_days(&self, start: LocalDate, n: u32, roll: bool) -> LocalDate {
        self.rolled(start.plus_days(i64::from(n)), roll)
    }

    /// The last day of a period of `n` months from `start` (a year is twelve), moved off a rest
    /// day if `roll`.
    pub fn end_of_period_months(&self, start: LocalDate, n: u32, roll: bool) -> LocalDate {
        let months = i32::try_from(n).unwrap_or(i32::MAX);
        self.rolled(start.plus_months(months), roll)
    }

    /// The `n`-th working day after `start`; `start` itself for zero.
    pub fn add_working_days(&self, start: LocalDate, n: u32) -> LocalDate {
        let mut day = start;
        for _ in 0..n {
            let next = self.roll(day.plus_days(1));
            if next == day {
                break; // the calendar's last date
            }
            day = next;
        }
        day
    }

    fn rolled(&self, date: LocalDate, roll: bool) -> LocalDate {
        if roll { self.roll(date) } else { date }
    }
}

fn collect(
    exceptions: impl IntoIterator<Item = (LocalDate, DayKind, String)>,
    official: bool,
) -> BTreeMap<LocalDate, Exception> {
    let named = |(date, kind, name): (LocalDate, DayKind, String)| {
        let exception = Exception {
            kind,
            en: name.clone(),
            zh: name,
            source: String::new(),
            official,
        };
        (date, exception)
    };
    exceptions.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> LocalDate {
        LocalDate::parse(text).unwrap()
    }

    /// A made-up week off with a make-up Sunday on each side.
    fn with_long_holiday() -> Calendar {
        let off = (1..=7).map(|d| {
            let day = LocalDate::new(2026, 10, d).unwrap();
            (day, DayKind::Holiday, "国庆节".to_owned())
        });
        let on = ["2026-09-27", "2026-10-11"].map(|d| (date(d), DayKind::Workday, String::new()));
        Calendar::official(off.chain(on))
    }

    #[test]
    fn the_confirmation_window_moves_off_a_sunday() {
        let c = Calendar::minimal_default();
        let effective = date("2026-03-20");
        assert_eq!(
            c.end_of_period_days(effective, 30, false),
            date("2026-04-19")
        );
        assert_eq!(
            c.end_of_period_days(effective, 30, true),
            date("2026-04-20")
        );
    }

    #[test]
    fn a_missing_corresponding_day_is_the_months_end() {
        let accepted = date("2026-01-31");
        let with_make_up = Calendar::minimal_default();
        assert!(!with_make_up.is_official());
        assert_eq!(
            with_make_up.end_of_period_months(accepted, 1, true),
            date("2026-02-28")
        );
        let without = Calendar::default();
        assert_eq!(
            without.end_of_period_months(accepted, 1, true),
            date("2026-03-02")
        );
        assert_eq!(
            without.end_of_period_months(accepted, 1, false),
            date("2026-02-28")
        );
        assert_eq!(
            without.end_of_period_months(date("2028-01-31"), 1, false),
            date("2028-02-29")
        );
        assert_eq!(
            without.end_of_period_months(date("2026-11-30"), 3, false),
            date("2027-02-28")
        );
    }

    #[test]
    fn make_up_days_work_and_holidays_rest() {
        let c = with_long_holiday();
        assert!(c.is_rest_day(date("2026-10-01")));
        assert!(!c.is_rest_day(date("2026-09-27")));
        assert!(c.is_rest_day(date("2026-09-26")));
        assert_eq!(
            c.end_of_period_days(date("2026-09-01"), 30, true),
            date("2026-10-08")
        );
        assert_eq!(c.roll(date("2026-10-10")), date("2026-10-11"));
        assert!(c.is_official());
        assert_eq!(c.exceptions().count(), 9);
    }

    #[test]
    fn working_days_skip_rest_days() {
        let c = with_long_holiday();
        assert_eq!(
            c.add_working_days(date("2026-09-25"), 0),
            date("2026-09-25")
        );
        assert_eq!(
            c.add_working_days(date("2026-09-25"), 1),
            date("2026-09-27")
        );
        assert_eq!(
            c.add_working_days(date("2026-09-30"), 1),
            date("2026-10-08")
        );
        assert_eq!(
            c.add_working_days(date("2026-09-30"), 3),
            date("2026-10-11")
        );
        let plain = Calendar::default();
        assert_eq!(
            plain.add_working_days(date("2026-03-20"), 30),
            date("2026-05-01")
        );
    }

    #[test]
    fn the_end_of_time_ends() {
        let last = LocalDate::from_epoch_days(i64::MAX);
        let c = Calendar::official([(last, DayKind::Holiday, String::new())]);
        assert_eq!(c.roll(last), last);
        assert_eq!(c.add_working_days(last, u32::MAX), last);
        assert_eq!(c.end_of_period_days(last, u32::MAX, true), last);
        let far = Calendar::default().end_of_period_months(date("2026-01-01"), u32::MAX, true);
        assert!(far > date("2026-01-01"));
    }

    proptest! {
        #[test]
        fn a_rolled_end_is_the_first_working_day(start in 18_000i64..25_000, n in 0u32..400) {
            let c = with_long_holiday();
            let start = LocalDate::from_epoch_days(start);
            let plain = c.end_of_period_days(start, n, false);
            let end = c.end_of_period_days(start, n, true);
            prop_assert!(!c.is_rest_day(end));
            let skipped = end.epoch_days() - plain.epoch_days();
            prop_assert!((0..skipped).all(|i| c.is_rest_day(plain.plus_days(i))));
        }

        #[test]
        fn working_days_are_counted_one_by_one(start in 20_000i64..21_000, n in 1u32..60) {
            let c = with_long_holiday();
            let start = LocalDate::from_epoch_days(start);
            let end = c.add_working_days(start, n);
            let span = end.epoch_days() - start.epoch_days();
            let worked = (1..=span).filter(|i| !c.is_rest_day(start.plus_days(*i))).count();
            prop_assert_eq!(worked, n as usize);
            prop_assert!(!c.is_rest_day(end));
        }
    }
}
