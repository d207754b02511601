//! Clock policies as data: a file of rows, each with its versions. A county adds rows of its own
//! in the same format; a version once in force is never changed.

use serde::{Deserialize, Serialize};

use super::codes::*;
use super::trace::Length;
use crate::domain::calendar::Words;
use crate::domain::case::SuspendReason;
use crate::domain::time::LocalDate;

/// The format this build reads.
pub const FORMAT: &str = "jieyou-clock-policies/1";

const SHIPPED: &str = include_str!("data/policies.json");
/// Nothing runs longer than a century.
const MOST_YEARS: u32 = 100;

/// One version of one clock (sections 4.6 and 11.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub code: String,
    pub version: i64,
    /// Clocks that start on this day or later follow it.
    pub effective_from: LocalDate,
    pub zh: String,
    pub en: String,
    pub track: Track,
    pub subject: ClockSubject,
    pub starts_at: ClockEvent,
    pub ends_at: Vec<ClockEvent>,
    pub length: Length,
    #[serde(default)]
    pub variants: Vec<Variant>,
    pub roll: bool,
    #[serde(default = "midnight")]
    pub ends: DayEnd,
    /// The reasons that stop it; none for a clock no act of the desk can stop.
    #[serde(default)]
    pub pausable: Vec<SuspendReason>,
    pub effect: Effect,
    pub on_breach: BreachAct,
    #[serde(default)]
    pub tell_yellow: Vec<Told>,
    #[serde(default)]
    pub tell_red: Vec<Told>,
    #[serde(default)]
    pub yellow: Yellow,
    #[serde(default)]
    pub reminders: Vec<Reminder>,
    #[serde(default)]
    pub extension: Option<ExtensionRule>,
    /// How long after a breach, and after every climb, an escalation climbs again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub climbs_every: Option<Length>,
    pub basis: Words,
    #[serde(default)]
    pub note: Option<Words>,
}

fn midnight() -> DayEnd {
    DayEnd::Midnight
}

/// Another length for a case of a kind, such as red risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    pub code: String,
    pub zh: String,
    pub en: String,
    pub length: Length,
    /// Instead of the policy's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub climbs_every: Option<Length>,
}

/// When the light turns yellow: one part in `part` of the time left, or so many working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Yellow {
    pub part: u32,
    /// Of clocks that count days.
    pub working_days: Option<u32>,
}

impl Default for Yellow {
    fn default() -> Self {
        Self {
            part: 3,
            working_days: Some(3),
        }
    }
}

/// A day on which something is said, counted from the start or from the due day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    pub from: ReminderFrom,
    pub days: i32,
}

/// What a reminder counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReminderFrom {
    Start,
    Due,
}

/// Who may make a clock longer, how often and how far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRule {
    /// [`ExtendBy::Parties`]: every principal party signs, before the clock runs out (G-25).
    pub by: ExtendBy,
    #[serde(default)]
    pub times: Option<u32>,
    /// Beyond the due instant it had, all extensions together.
    #[serde(default)]
    pub longest: Option<Length>,
    pub basis: Words,
}

impl Policy {
    /// The length of a variant; the policy's own without one, or for one it does not know.
    pub fn length_of(&self, variant: Option<&str>) -> Length {
        self.variant(variant).map_or(self.length, |v| v.length)
    }

    pub fn variant(&self, code: Option<&str>) -> Option<&Variant> {
        let code = code?;
        self.variants.iter().find(|v| v.code == code)
    }

    /// How long a variant waits between two climbs.
    pub fn climbs_every(&self, variant: Option<&str>) -> Option<Length> {
        let own = self.variant(variant).and_then(|v| v.climbs_every);
        own.or(self.climbs_every)
    }

    /// It tells the party what time it has and asks nothing of anybody: its end is no breach, and
    /// it has no red light.
    pub fn informs(&self) -> bool {
        self.effect == Effect::Info && matches!(self.on_breach, BreachAct::None | BreachAct::Notify)
    }

    pub fn pauses_for(&self, reason: SuspendReason) -> bool {
        self.pausable.contains(&reason)
    }
}

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyDoc {
    format: String,
    version: String,
    policies: Vec<Policy>,
}

/// What is wrong with a row, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFault {
    /// `code@version`, or empty for the file as a whole.
    pub row: String,
    pub fault: &'static str,
}

/// All versions of all policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyBook {
    /// By code, then version.
    rows: Vec<Policy>,
}

impl PolicyBook {
    /// The rows that come with the program; none if it was built with a broken file.
    pub fn shipped() -> Self {
        Self::default().with_file(SHIPPED).unwrap_or_default()
    }

    /// [`Self::shipped`], read once.
    pub fn built_in() -> &'static Self {
        static BOOK: std::sync::OnceLock<PolicyBook> = std::sync::OnceLock::new();
        BOOK.get_or_init(Self::shipped)
    }

    /// The book with the rows of a file added.
    ///
    /// # Errors
    /// Every fault: a broken row, or a version that says something else than the book does.
    pub fn with_file(self, text: &str) -> Result<Self, Vec<PolicyFault>> {
        let whole = |fault| {
            vec![PolicyFault {
                row: String::new(),
                fault,
            }]
        };
        let doc: PolicyDoc = serde_json::from_str(text).map_err(|_| whole("not_policies"))?;
        if doc.format != FORMAT {
            return Err(whole("unknown_format"));
        }
        self.with_rows(doc.policies)
    }

    /// The book with rows added.
    ///
    /// # Errors
    /// As [`Self::with_file`].
    pub fn with_rows(mut self, rows: Vec<Policy>) -> Result<Self, Vec<PolicyFault>> {
        let mut faults = Vec::new();
        for row in rows {
            let name = format!("{}@{}", row.code, row.version);
            let mut fault = |fault| {
                faults.push(PolicyFault {
                    row: name.clone(),
                    fault,
                });
            };
            for f in faults_of(&row) {
                fault(f);
            }
            match self.version(&row.code, row.version) {
                Some(known) if *known != row => fault("version_changed"),
                Some(_) => continue,
                None => self.rows.push(row),
            }
        }
        self.rows
            .sort_by(|a, b| (&a.code, a.version).cmp(&(&b.code, b.version)));
        for pair in self.rows.windows(2) {
            if let [a, b] = pair
                && a.code == b.code
            {
                let row = format!("{}@{}", b.code, b.version);
                if b.effective_from < a.effective_from {
                    faults.push(PolicyFault {
                        row: row.clone(),
                        fault: "effective_before_its_predecessor",
                    });
                }
                if b.subject != a.subject || b.starts_at != a.starts_at {
                    faults.push(PolicyFault {
                        row,
                        fault: "another_clock",
                    });
                }
            }
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }

    pub fn rows(&self) -> &[Policy] {
        &self.rows
    }

    pub fn version(&self, code: &str, version: i64) -> Option<&Policy> {
        self.rows
            .iter()
            .find(|p| p.code == code && p.version == version)
    }

    /// The version in force for a clock that starts on this day.
    pub fn in_force(&self, code: &str, day: LocalDate) -> Option<&Policy> {
        self.rows
            .iter()
            .rfind(|p| p.code == code && p.effective_from <= day)
    }
}

fn code_ok(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (2..=40).contains(&text.len()) && text.chars().all(plain)
}

fn length_ok(length: Length) -> bool {
    let Length { unit, n } = length;
    match unit {
        Unit::Instant => n == 0,
        Unit::Years => (1..=MOST_YEARS).contains(&n),
        Unit::Months => (1..=MOST_YEARS * 12).contains(&n),
        Unit::Days | Unit::WorkingDays => (1..=36_500).contains(&n),
        Unit::Hours | Unit::WorkingHours => (1..=24 * 366).contains(&n),
        Unit::Minutes => (1..=24 * 60 * 366).contains(&n),
    }
}

fn faults_of(row: &Policy) -> Vec<&'static str> {
    let mut out = Vec::new();
    let mut need = |ok: bool, fault| {
        if !ok {
            out.push(fault);
        }
    };
    need(code_ok(&row.code), "invalid_code");
    need(row.version > 0, "invalid_version");
    let words = [&row.zh, &row.en, &row.basis.zh, &row.basis.en];
    need(words.iter().all(|w| !w.trim().is_empty()), "missing_text");
    need(length_ok(row.length), "invalid_length");
    let variants = &row.variants;
    let odd = |v: &Variant| !code_ok(&v.code) || !length_ok(v.length) || v.en.is_empty();
    need(!variants.iter().any(odd), "invalid_variant");
    let twice = |(i, v): (usize, &Variant)| variants.iter().skip(i + 1).any(|w| w.code == v.code);
    need(!variants.iter().enumerate().any(twice), "variant_twice");
    // A suspicion is no reason to let a period stand still (section 4.6).
    need(!row.pauses_for(SuspendReason::ShamCheck), "not_a_pause");
    need((2..=100).contains(&row.yellow.part), "invalid_yellow");
    let days = row.yellow.working_days.unwrap_or(0);
    need(days <= 366, "invalid_yellow");
    let far = |r: &Reminder| r.days.abs() > 3_660;
    need(!row.reminders.iter().any(far), "invalid_reminder");
    let climbs = [row.climbs_every]
        .into_iter()
        .chain(variants.iter().map(|v| v.climbs_every));
    let endless = |l: Length| l.unit == Unit::Instant || !length_ok(l);
    need(!climbs.flatten().any(endless), "invalid_length");
    if let Some(rule) = &row.extension {
        need(!rule.basis.zh.trim().is_empty(), "missing_text");
        need(rule.longest.is_none_or(length_ok), "invalid_length");
    }
    out
}

#[cfg(test)]
#[path = "policy_file_tests.rs"]
mod tests;
