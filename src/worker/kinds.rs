//! The kinds of duty: what time asks for, one line each.
//!
//! A new kind needs an index that finds what is due (`queries/due.rs`), a job that does it on one
//! thing in one commit (`commands/jobs.rs`), and its line here. The job locks what it works on,
//! reads again what is due under the lock, and leaves a mark in the same commit by which it is no
//! longer due: a column the index runs over, or the key of a timer (`Tx::fire`). Then it does not
//! matter how many nodes pass, how often, or where one is killed.

use uuid::Uuid;

use crate::commands::{crisis, jobs};
use crate::domain::rules::reminders::OBLIGATION_HOUR;
use crate::domain::rules::terms;
use crate::domain::time::Instant;
use crate::error::Error;
use crate::queries::due::{self, Mark, Page};
use crate::store::tx::{Snap, Tx};

/// When a kind is looked at.
#[derive(Clone, Copy)]
pub enum When {
    /// At the instant something falls due, read from the first entry of an index; `None` for never.
    /// At most 15 seconds pass between two looks.
    Next(fn(&mut Snap<'_>) -> Result<Option<Instant>, Error>),
    /// Every so many seconds, where only a walk tells what is due.
    Every(i64),
    /// From this hour of the day on, once (county time), and when a node starts.
    Daily(i64),
}

/// A kind of duty.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its name in logs and in what a pass reports.
    pub code: &'static str,
    pub when: When,
    /// It does nothing but remind people: none of it at night. What changes a case or looks after
    /// somebody's safety does not wait; the mails it causes do, unless they are urgent.
    pub waits_for_morning: bool,
    /// A step of the walk over what is due, the most urgent first.
    pub due: fn(&mut Snap<'_>, Option<Mark>) -> Result<Page, Error>,
    /// Does all that is due of this kind on one thing; returns how much that was.
    pub job: fn(&mut Tx<'_>, Uuid) -> Result<usize, Error>,
}

/// All kinds, in the order a pass takes them: safety first.
pub static KINDS: &[Kind] = &[
    Kind {
        code: "urgent_calls",
        when: When::Next(due::next_call),
        waits_for_morning: false,
        due: due::urgent_calls,
        job: crisis::call_again,
    },
    Kind {
        code: "late_steps",
        when: When::Next(due::next_late_step),
        waits_for_morning: false,
        due: due::late_steps,
        job: crisis::call_late,
    },
    Kind {
        code: "clocks",
        when: When::Next(due::next_clock),
        waits_for_morning: false,
        due: due::clocks,
        job: jobs::wake_clocks,
    },
    Kind {
        code: "late_obligations",
        when: When::Every(300),
        waits_for_morning: false,
        due: due::late_obligations,
        job: jobs::mark_overdue,
    },
    Kind {
        code: "visits_due",
        when: When::Every(300),
        waits_for_morning: true,
        due: due::visits,
        job: jobs::visits_fall_due,
    },
    Kind {
        code: "session_reminders",
        when: When::Every(300),
        waits_for_morning: true,
        due: due::session_reminders,
        job: jobs::remind,
    },
    Kind {
        code: "obligation_reminders",
        when: When::Daily(OBLIGATION_HOUR),
        waits_for_morning: true,
        due: due::obligation_reminders,
        job: jobs::remind,
    },
    Kind {
        code: "committee_terms",
        when: When::Daily(terms::HOUR),
        waits_for_morning: true,
        due: due::committee_terms,
        job: jobs::end_term,
    },
];

#[cfg(test)]
mod tests {
    use super::KINDS;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let mut codes: Vec<&str> = KINDS.iter().map(|k| k.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), KINDS.len());
    }
}
