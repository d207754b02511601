//! Calendars as data: one JSON document per region and version.
//!
//! A document of a region may extend another (a minority area adds its own holidays to the State
//! Council's). Each year names its notice, or says why it is not official.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::calendar::{Calendar, DayKind, Exception, OfficeHours, Words, YearNote};
use crate::domain::time::LocalDate;

/// The format this build reads.
pub const FORMAT: &str = "jieyou-calendar/1";
/// The region of the whole country.
pub const NATION: &str = "CN";

const SHIPPED: &[&str] = &[
    include_str!("data/calendar-cn.json"),
    include_str!("data/calendar-cn-gx.json"),
];
const LONGEST_PERIOD: i64 = 31;
const DAY_MINUTES: i64 = 24 * 60;

/// A calendar document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarDoc {
    pub format: String,
    /// `CN`, or `CN-` and the code of a region.
    pub region: String,
    /// The region whose days hold where this document is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    pub version: String,
    pub zh: String,
    pub en: String,
    /// `["08:30", "12:00"]`, in order. Absent: those of the extended document, or the default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub office_hours: Vec<(String, String)>,
    pub years: Vec<YearDoc>,
}

/// The days of one year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearDoc {
    pub year: i16,
    pub official: bool,
    /// The notice, such as `国办发明电〔2025〕7号`.
    pub source: String,
    /// Why it is not official; needed then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Words>,
    pub periods: Vec<PeriodDoc>,
}

/// A run of days of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodDoc {
    pub kind: DayKind,
    pub from: LocalDate,
    pub to: LocalDate,
    pub zh: String,
    pub en: String,
    /// Of single days that are not certain in a year that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub official: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Words>,
}

/// What is wrong with a document, and where (a JSON pointer).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocFault {
    pub at: String,
    pub fault: &'static str,
}

impl DocFault {
    fn new(at: impl Into<String>, fault: &'static str) -> Self {
        Self {
            at: at.into(),
            fault,
        }
    }
}

/// The documents that come with the program.
///
/// # Errors
/// Only if the program was built with a broken file.
pub fn shipped() -> Result<Vec<CalendarDoc>, Vec<DocFault>> {
    SHIPPED.iter().map(|text| parse(text)).collect()
}

/// The calendar of the whole country as shipped; the plain week if the program was built broken.
pub fn nation() -> Calendar {
    shipped()
        .ok()
        .and_then(|docs| build(NATION, &docs).ok())
        .unwrap_or_default()
}

/// Reads one document and checks what can be checked without the others.
///
/// # Errors
/// Every fault found, or the first of the JSON itself.
pub fn parse(text: &str) -> Result<CalendarDoc, Vec<DocFault>> {
    let doc: CalendarDoc =
        serde_json::from_str(text).map_err(|_| vec![DocFault::new("", "not_a_calendar")])?;
    check(&doc)?;
    Ok(doc)
}

/// Checks a document by itself.
///
/// # Errors
/// Every fault found.
pub fn check(doc: &CalendarDoc) -> Result<(), Vec<DocFault>> {
    let mut faults = Vec::new();
    let mut fault = |at: String, what| faults.push(DocFault::new(at, what));
    if doc.format != FORMAT {
        fault("/format".into(), "unknown_format");
    }
    if !region_ok(&doc.region) {
        fault("/region".into(), "invalid_region");
    }
    if doc.extends.as_deref() == Some(&doc.region) {
        fault("/extends".into(), "extends_itself");
    }
    if doc.version.is_empty() || doc.version.len() > 32 || !doc.version.is_ascii() {
        fault("/version".into(), "invalid_version");
    }
    for (name, text) in [("zh", &doc.zh), ("en", &doc.en)] {
        if text.trim().is_empty() || text.chars().count() > 200 {
            fault(format!("/{name}"), "missing");
        }
    }
    if hours(&doc.office_hours).is_none() {
        fault("/office_hours".into(), "invalid_hours");
    }
    let mut years = BTreeSet::new();
    for (i, year) in doc.years.iter().enumerate() {
        let at = format!("/years/{i}");
        if !(1990..=2200).contains(&year.year) || !years.insert(year.year) {
            fault(format!("{at}/year"), "invalid_year");
        }
        if year.source.trim().is_empty() {
            fault(format!("{at}/source"), "missing");
        }
        if !year.official && year.reason.is_none() {
            fault(format!("{at}/reason"), "missing");
        }
        let mut seen = BTreeSet::new();
        for (j, p) in year.periods.iter().enumerate() {
            let at = format!("{at}/periods/{j}");
            let length = p.to.epoch_days() - p.from.epoch_days() + 1;
            if !(1..=LONGEST_PERIOD).contains(&length) {
                fault(format!("{at}/to"), "invalid_period");
                continue;
            }
            if p.zh.trim().is_empty() || p.en.trim().is_empty() {
                fault(at.clone(), "unnamed");
            }
            if p.official == Some(false) && p.reason.is_none() {
                fault(format!("{at}/reason"), "missing");
            }
            for day in days_of(p) {
                if day.year() != year.year {
                    fault(at.clone(), "outside_the_year");
                }
                if !seen.insert(day) {
                    fault(at.clone(), "day_named_twice");
                }
                // A make-up workday is a Saturday or Sunday by its nature.
                if p.kind == DayKind::Workday && !day.is_weekend() {
                    fault(at.clone(), "workday_on_a_weekday");
                }
            }
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// The calendar of a region out of the documents in force, one per region.
///
/// # Errors
/// `unknown_region`, `extends_in_a_circle`.
pub fn build(region: &str, docs: &[CalendarDoc]) -> Result<Calendar, Vec<DocFault>> {
    let mut line = Vec::new();
    let mut wanted = Some(region.to_owned());
    while let Some(name) = wanted.take() {
        let Some(doc) = docs.iter().find(|d| d.region == name) else {
            return Err(vec![DocFault::new("/extends", "unknown_region")]);
        };
        if line.iter().any(|d: &&CalendarDoc| d.region == name) {
            return Err(vec![DocFault::new("/extends", "extends_in_a_circle")]);
        }
        line.push(doc);
        wanted.clone_from(&doc.extends);
    }
    let mut office = OfficeHours::default();
    let mut years = BTreeMap::new();
    let mut exceptions = BTreeMap::new();
    for doc in line.iter().rev() {
        if !doc.office_hours.is_empty()
            && let Some(h) = hours(&doc.office_hours)
        {
            office = OfficeHours(h);
        }
        for year in &doc.years {
            lay(year, &mut years, &mut exceptions);
        }
    }
    let versions: Vec<String> = line
        .iter()
        .map(|d| format!("{}@{}", d.region, d.version))
        .collect();
    Ok(Calendar::of(
        region.to_owned(),
        versions.join("+"),
        office,
        years,
        exceptions,
    ))
}

fn lay(
    year: &YearDoc,
    years: &mut BTreeMap<i16, YearNote>,
    exceptions: &mut BTreeMap<LocalDate, Exception>,
) {
    // The nation's notice stays the year's own; a region only adds days to it.
    years.entry(year.year).or_insert_with(|| YearNote {
        source: year.source.clone(),
        official: year.official,
        reason: year.reason.clone(),
    });
    for p in &year.periods {
        for day in days_of(p) {
            let exception = Exception {
                kind: p.kind,
                zh: p.zh.clone(),
                en: p.en.clone(),
                source: year.source.clone(),
                official: p.official.unwrap_or(year.official),
            };
            exceptions.insert(day, exception);
        }
    }
}

fn days_of(p: &PeriodDoc) -> impl Iterator<Item = LocalDate> + use<> {
    let from = p.from;
    let n = (p.to.epoch_days() - from.epoch_days() + 1).clamp(0, LONGEST_PERIOD);
    (0..n).map(move |i| from.plus_days(i))
}

fn region_ok(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    (2..=24).contains(&text.len()) && text.starts_with(NATION) && text.chars().all(plain)
}

/// Spans in order and apart, within the day; `None` if they are not.
fn hours(spans: &[(String, String)]) -> Option<Vec<(i64, i64)>> {
    let mut out: Vec<(i64, i64)> = Vec::new();
    for (from, to) in spans {
        let span = (minutes(from)?, minutes(to)?);
        if span.0 >= span.1 || out.last().is_some_and(|last| last.1 > span.0) {
            return None;
        }
        out.push(span);
    }
    Some(out)
}

fn minutes(text: &str) -> Option<i64> {
    let (h, m) = text.split_once(':')?;
    if h.len() != 2 || m.len() != 2 {
        return None;
    }
    let (h, m): (i64, i64) = (h.parse().ok()?, m.parse().ok()?);
    let all = h * 60 + m;
    ((0..60).contains(&m) && (0..=DAY_MINUTES).contains(&all)).then_some(all)
}

#[cfg(test)]
#[path = "calendar_file_tests.rs"]
mod tests;
