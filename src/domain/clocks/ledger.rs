//! The clocks of one case while an act is carried out: which start, which end.

use uuid::Uuid;

use super::clock::*;
use super::codes::*;
use super::policy_file::{Policy, PolicyBook};
use crate::domain::calendar::Calendar;
use crate::domain::case::SuspendReason;
use crate::domain::decision::FreshIds;
use crate::domain::ids::*;
use crate::domain::time::Instant;

/// What an act does to the clocks of its case: changes first, then new ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moves {
    pub change: Vec<Clock>,
    pub start: Vec<Clock>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Kept,
    Changed,
    Fresh,
}

/// Open clocks with what became of them.
pub struct Ledger<'a, I> {
    case: CaseId,
    book: &'a PolicyBook,
    calendar: &'a Calendar,
    now: Instant,
    ids: I,
    clocks: Vec<(Clock, Mark)>,
}

impl<'a, I: FreshIds> Ledger<'a, I> {
    pub fn new(
        case: CaseId,
        open: Vec<Clock>,
        book: &'a PolicyBook,
        calendar: &'a Calendar,
        ids: I,
        now: Instant,
    ) -> Self {
        Self {
            case,
            book,
            calendar,
            now,
            ids,
            clocks: open.into_iter().map(|c| (c, Mark::Kept)).collect(),
        }
    }

    /// What to write.
    pub fn moves(self) -> Moves {
        let mut out = Moves::default();
        for (clock, mark) in self.clocks {
            match mark {
                Mark::Kept => {}
                Mark::Changed => out.change.push(clock),
                Mark::Fresh => out.start.push(clock),
            }
        }
        out
    }

    fn policy_of(&self, clock: &Clock) -> Option<&'a Policy> {
        self.book.version(&clock.policy, clock.policy_version)
    }

    /// The open clocks that `which` picks.
    fn each(&mut self, which: impl Fn(&Clock) -> bool, change: impl Fn(&Clock) -> Option<Clock>) {
        for (clock, mark) in &mut self.clocks {
            if clock.is_open()
                && which(clock)
                && let Some(new) = change(clock)
            {
                *clock = new;
                if *mark == Mark::Kept {
                    *mark = Mark::Changed;
                }
            }
        }
    }

    pub fn open(&self, which: impl Fn(&Clock) -> bool) -> Option<&Clock> {
        let found = self.clocks.iter().find(|(c, _)| c.is_open() && which(c));
        found.map(|(c, _)| c)
    }

    /// Starts a clock in the version in force; one that runs already goes on.
    pub fn start(&mut self, code: &str, variant: Option<&str>, subject: Uuid, at: Instant) {
        self.start_at(code, variant, subject, at, None);
    }

    /// As [`Self::start`], with the instant of a clock that has one.
    pub fn start_at(
        &mut self,
        code: &str,
        variant: Option<&str>,
        subject: Uuid,
        at: Instant,
        fixed: Option<Instant>,
    ) {
        let runs = self.open(|c| c.policy == code && c.subject_id == subject);
        if runs.is_some() {
            return;
        }
        // A period that begins later follows the version known today.
        let day = at.min(self.now).local_date();
        let Some(policy) = self.book.in_force(code, day) else {
            return;
        };
        let on = On {
            case: self.case,
            subject,
        };
        let id = self.ids.id();
        let clock = Clock::start(id, on, policy, variant, fixed, self.calendar, at);
        self.clocks.push((clock, Mark::Fresh));
    }

    /// Says what the clocks of this act on `subject` are set on, where it is no usual one of their
    /// policy.
    pub fn set_on(&mut self, subject: Uuid, kind: ClockSubject) {
        for (clock, mark) in &mut self.clocks {
            if *mark == Mark::Fresh && clock.subject_id == subject {
                clock.subject = kind;
            }
        }
    }

    /// Adds a clock made elsewhere, under an id of its own.
    pub fn add(&mut self, clock: Clock) {
        let clock = Clock {
            id: self.ids.id(),
            ..clock
        };
        self.clocks.push((clock, Mark::Fresh));
    }

    /// What was owed is done.
    pub fn satisfy(&mut self, codes: &[&str], subject: Option<Uuid>, by: ClockEvent) {
        let now = self.now;
        self.each(
            |c| codes.contains(&c.policy.as_str()) && subject.is_none_or(|s| c.subject_id == s),
            |c| Some(c.satisfied(by, now)),
        );
    }

    /// What was owed was done at an instant that may lie behind.
    pub fn satisfy_at(&mut self, code: &str, subject: Uuid, by: ClockEvent, at: Instant) {
        self.each(
            |c| c.policy == code && c.subject_id == subject,
            |c| Some(c.satisfied(by, at)),
        );
    }

    /// It is owed no longer.
    pub fn stop(&mut self, which: impl Fn(&Clock) -> bool, by: ClockEvent) {
        let now = self.now;
        self.each(which, |c| Some(c.stopped(by, now)));
    }

    /// Mediation is suspended: every clock that may stand still for the reason does.
    pub fn pause(&mut self, reason: SuspendReason, approver: Option<UserId>) {
        let (book, calendar, now) = (self.book, self.calendar, self.now);
        let ask = AskPause {
            reason,
            approver,
            note: None,
        };
        self.each(
            |_| true,
            |c| {
                let policy = book.version(&c.policy, c.policy_version)?;
                c.pause(policy, calendar, ask.clone(), now).ok()
            },
        );
    }

    /// Mediation goes on: the clocks that stood still since `from` do, too.
    pub fn resume(&mut self, from: Instant) {
        let (book, calendar, now) = (self.book, self.calendar, self.now);
        self.each(
            |c| {
                let last = c.detail.pauses.last();
                last.is_some_and(|p| p.to.is_none() && p.from == from)
            },
            |c| {
                let policy = book.version(&c.policy, c.policy_version)?;
                c.resume(policy, calendar, now).ok()
            },
        );
    }

    /// The parties extended the clock `which` picks; the rule has checked their signatures.
    pub fn extend(&mut self, which: impl Fn(&Clock) -> bool, extension: &ClockExtension) {
        let (book, calendar, now) = (self.book, self.calendar, self.now);
        self.each(which, |c| {
            let policy = book.version(&c.policy, c.policy_version)?;
            Some(c.extended_by(policy, calendar, extension.clone(), now))
        });
    }

    /// The policy of an open clock, for those who look at its terms.
    pub fn terms(&self, clock: &Clock) -> Option<&'a Policy> {
        self.policy_of(clock)
    }
}
