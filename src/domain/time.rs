//! Instants and legal dates.
//!
//! An [`Instant`] is a UTC point in time with microsecond precision (what both databases keep).
//! A [`LocalDate`] is a legal date in the county's zone, Asia/Shanghai, which has had a fixed
//! offset of +08:00 without daylight saving since 1991.

use std::fmt;

use jiff::civil::Date;
use serde::{Serialize, Serializer};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const SHANGHAI_OFFSET: i64 = 8 * 3_600 * MICROS_PER_SECOND;

/// A UTC instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// Parses RFC 3339 with any offset; sub-microsecond digits are cut.
    pub fn parse(text: &str) -> Option<Self> {
        let ts: jiff::Timestamp = text.parse().ok()?;
        Some(Self(ts.as_microsecond()))
    }

    /// The legal date of this instant in the county's zone.
    pub fn local_date(self) -> LocalDate {
        let days = (self.0.saturating_add(SHANGHAI_OFFSET)).div_euclid(MICROS_PER_DAY);
        LocalDate::from_epoch_days(days)
    }

    /// `YYYY-MM-DD HH:MM` in the county's zone, for people.
    pub fn local_text(self) -> String {
        let shifted = self.0.saturating_add(SHANGHAI_OFFSET);
        let minutes = shifted.rem_euclid(MICROS_PER_DAY) / (60 * MICROS_PER_SECOND);
        format!(
            "{} {:02}:{:02}",
            self.local_date(),
            minutes / 60,
            minutes % 60
        )
    }

    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(
            self.0
                .saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)),
        )
    }

    pub fn plus_minutes(self, minutes: i64) -> Self {
        self.plus_seconds(minutes.saturating_mul(60))
    }

    pub fn plus_hours(self, hours: i64) -> Self {
        self.plus_seconds(hours.saturating_mul(3_600))
    }

    pub fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    /// Whole seconds from `earlier` to `self` (negative when `earlier` is later).
    pub fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / MICROS_PER_SECOND
    }

    /// Whole seconds since the epoch.
    pub fn unix(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }
}

/// `YYYY-MM-DDThh:mm:ss.ffffffZ`: fixed width, so text order is time order.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = LocalDate::from_epoch_days(self.0.div_euclid(MICROS_PER_DAY));
        let rest = self.0.rem_euclid(MICROS_PER_DAY);
        let seconds = rest / MICROS_PER_SECOND;
        write!(
            f,
            "{date}T{:02}:{:02}:{:02}.{:06}Z",
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60,
            rest % MICROS_PER_SECOND
        )
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("invalid instant"))
    }
}

/// A legal date (`YYYY-MM-DD`) in Asia/Shanghai.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDate(pub Date);

impl LocalDate {
    /// Parses exactly `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 10)
            .then(|| text.parse().ok().map(Self))
            .flatten()
    }

    /// The date, if the calendar has it.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self)
    }

    /// Days since 1970-01-01; out of range clamps to the calendar's ends.
    pub fn from_epoch_days(days: i64) -> Self {
        let epoch = Date::constant(1970, 1, 1);
        let span = jiff::Span::new().try_days(days);
        let clamp = if days < 0 { Date::MIN } else { Date::MAX };
        Self(
            span.ok()
                .and_then(|s| epoch.checked_add(s).ok())
                .unwrap_or(clamp),
        )
    }

    /// Days since 1970-01-01.
    pub fn epoch_days(self) -> i64 {
        let epoch = Date::constant(1970, 1, 1);
        epoch
            .until(self.0)
            .map(|s| i64::from(s.get_days()))
            .unwrap_or(0)
    }

    pub fn plus_days(self, days: i64) -> Self {
        Self::from_epoch_days(self.epoch_days().saturating_add(days))
    }

    /// The corresponding day `months` later, or the month's end if there is none (民法典 200–203).
    pub fn plus_months(self, months: i32) -> Self {
        Self(
            self.0
                .saturating_add(jiff::Span::new().months(months.clamp(-12_000, 12_000))),
        )
    }

    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The day of the month, from 1.
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// Saturday or Sunday; make-up workdays are the calendar's business.
    pub fn is_weekend(self) -> bool {
        matches!(
            self.0.weekday(),
            jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
        )
    }

    /// The first instant of this date in the county's zone.
    pub fn start(self) -> Instant {
        Instant(
            self.epoch_days()
                .saturating_mul(MICROS_PER_DAY)
                .saturating_sub(SHANGHAI_OFFSET),
        )
    }

    /// The first instant after this date: a legal day ends at 24:00.
    pub fn end(self) -> Instant {
        self.plus_days(1).start()
    }
}

impl fmt::Display for LocalDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.0.year(),
            self.0.month(),
            self.0.day()
        )
    }
}

impl Serialize for LocalDate {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for LocalDate {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("invalid date"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_print_and_parse() {
        let t = Instant::parse("2026-06-30T23:59:59+08:00").unwrap();
        assert_eq!(t.to_string(), "2026-06-30T15:59:59.000000Z");
        assert_eq!(t.local_date().to_string(), "2026-06-30");
        assert_eq!(t.plus_seconds(1).local_date().to_string(), "2026-07-01");
        assert_eq!(t.local_text(), "2026-06-30 23:59");
        assert_eq!(Instant(-1).to_string(), "1969-12-31T23:59:59.999999Z");
        assert_eq!(Instant::parse(&t.to_string()), Some(t));
    }

    #[test]
    fn dates_go_by_the_calendar() {
        let d = LocalDate::parse("2026-01-31").unwrap();
        assert_eq!(d.plus_months(1).to_string(), "2026-02-28");
        assert_eq!(d.end(), LocalDate::parse("2026-02-01").unwrap().start());
        assert_eq!(LocalDate::from_epoch_days(d.epoch_days()), d);
        assert_eq!(LocalDate::parse("2026-1-31"), None);
    }
}
