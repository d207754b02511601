//! When the passing of time has something to do with a clock: its light turns yellow, a reminder
//! falls due, it is missed, what it stands for climbs.

use super::clock::Clock;
use super::count;
use super::policy_file::{Policy, Reminder, ReminderFrom};
use super::trace::Plan;
use crate::domain::calendar::Calendar;
use crate::domain::time::Instant;

/// The hour of the day at which reminders fall due (county time).
const REMINDER_HOUR: i64 = 9;

impl Clock {
    /// When the scheduler looks at it next.
    pub fn next_wake(&self, policy: &Policy) -> Option<Instant> {
        if !self.is_open() {
            return None;
        }
        if self.breached_at.is_some() {
            return self.detail.again_at;
        }
        let due = self.due_at?;
        let hints = self.hints(policy).into_iter();
        let next = hints.filter(|at| self.detail.woken_at.is_none_or(|seen| seen < *at));
        next.chain([due]).min()
    }

    /// Before it is due: when those who owe the step are told. Reminders stand in the place of the
    /// yellow light. Nobody is told at all where the policy names nobody.
    fn hints(&self, policy: &Policy) -> Vec<Instant> {
        let Some(due) = self.due_at else {
            return Vec::new();
        };
        if policy.tell_yellow.is_empty() || self.is_paused() {
            return Vec::new();
        }
        let mut out: Vec<Instant> = if policy.reminders.is_empty() {
            self.yellow_at.into_iter().collect()
        } else {
            let all = policy.reminders.iter();
            all.filter_map(|r| self.reminder_at(r)).collect()
        };
        out.retain(|at| *at < due && self.started_at <= *at);
        out
    }

    fn reminder_at(&self, reminder: &Reminder) -> Option<Instant> {
        let from = match reminder.from {
            ReminderFrom::Start => self.started_at.local_date(),
            ReminderFrom::Due => self.last_day?,
        };
        let day = from.plus_days(i64::from(reminder.days));
        Some(day.start().plus_hours(REMINDER_HOUR))
    }

    /// Whether something is to be said now, before it is due.
    pub fn hints_at(&self, policy: &Policy, now: Instant) -> bool {
        let seen = self.detail.woken_at;
        let fresh = |at: &Instant| *at <= now && seen.is_none_or(|seen| seen < *at);
        !self.is_overdue(now) && self.hints(policy).iter().any(fresh)
    }

    /// The clock after all that was to be done up to `now`.
    pub fn woken(&self, policy: &Policy, now: Instant) -> Self {
        let mut new = self.clone();
        new.detail.woken_at = Some(now);
        new.wake_at = new.next_wake(policy);
        new
    }

    /// The missed clock, to be looked at again; `None` for never.
    pub fn looked_at_again(&self, at: Option<Instant>) -> Self {
        let mut new = self.clone();
        new.detail.again_at = at;
        new.wake_at = at.filter(|_| new.is_open());
        new
    }

    /// When an escalation that climbed at `now` climbs again; `None` when its policy says never.
    pub fn climbs_again(
        &self,
        policy: &Policy,
        calendar: &Calendar,
        now: Instant,
    ) -> Option<Instant> {
        let length = policy.climbs_every(self.variant.as_deref())?;
        let plan = Plan {
            start: now,
            length,
            fixed: None,
            roll: policy.roll,
            ends: policy.ends,
            pauses: Vec::new(),
            extensions: Vec::new(),
        };
        count::trace(&plan, calendar).due_at
    }
}
