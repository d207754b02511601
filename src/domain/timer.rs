//! Things that time itself brings about, each once.
//!
//! A timer is derived, not stored: from what a thing is now (a session and its hour, an obligation
//! and its day) a rule says which timers it has and when each is due. What is stored is that one
//! fired, under [`Timer::key`], in the commit that carries out what it is for. So a thing that
//! moves has other timers from then on, one that is off has none, and a change of the steps needs
//! no repair of rows. Two nodes, or one that starts anew, find the key and do nothing; the primary
//! key of `timers_fired` is the last line. A further duty needs a rule that lists its timers, an
//! indexed query for the cases that may have one due, and an arm in `commands::jobs`.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::time::Instant;

/// One thing to do once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// What it is for, e.g. a kind of notice.
    pub kind: &'static str,
    /// The session, obligation, … it belongs to.
    pub subject: Uuid,
    /// The time of the subject it is reckoned from: a subject that moves gets new timers.
    pub anchor: String,
    /// Which of several, e.g. `-1d`.
    pub step: &'static str,
    pub at: Instant,
}

impl Timer {
    /// Its name for all time.
    pub fn key(&self) -> String {
        format!(
            "{}:{}:{}:{}",
            self.kind, self.subject, self.anchor, self.step
        )
    }
}

/// Those that are due and did not fire yet.
pub fn due(timers: Vec<Timer>, fired: &BTreeSet<String>, now: Instant) -> Vec<Timer> {
    timers
        .into_iter()
        .filter(|t| t.at <= now && !fired.contains(&t.key()))
        .collect()
}

/// Nobody is disturbed from this hour on (county time).
const QUIET_FROM_HOUR: i64 = 22;
/// Nor before this one.
const QUIET_TO_HOUR: i64 = 7;

/// Whether people are left in peace at this instant (section 11.6); danger knows no such hours.
pub fn is_quiet(at: Instant) -> bool {
    after_quiet(at) != at
}

/// The instant itself, or the end of the quiet hours it lies in.
pub fn after_quiet(at: Instant) -> Instant {
    let day = at.local_date();
    let morning = day.start().plus_hours(QUIET_TO_HOUR);
    if at < morning {
        morning
    } else if at >= day.start().plus_hours(QUIET_FROM_HOUR) {
        morning.plus_days(1)
    } else {
        at
    }
}

/// The last hour before the night that `at` lies in.
pub fn before_quiet(at: Instant) -> Instant {
    after_quiet(at).plus_hours(QUIET_FROM_HOUR - 1 - 24 - QUIET_TO_HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}+08:00")).unwrap()
    }

    #[test]
    fn the_night_is_quiet() {
        for (when, until) in [
            ("2026-03-02T22:00:00", "2026-03-03T07:00:00"),
            ("2026-03-02T23:59:59", "2026-03-03T07:00:00"),
            ("2026-03-03T00:00:00", "2026-03-03T07:00:00"),
            ("2026-03-03T06:59:59", "2026-03-03T07:00:00"),
        ] {
            assert!(is_quiet(at(when)), "{when}");
            assert_eq!(after_quiet(at(when)), at(until), "{when}");
            assert_eq!(before_quiet(at(when)), at("2026-03-02T21:00:00"), "{when}");
        }
        for when in ["2026-03-03T07:00:00", "2026-03-03T21:59:59"] {
            assert!(!is_quiet(at(when)), "{when}");
        }
    }
}
