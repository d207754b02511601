//! A clock and what may happen to it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::codes::*;
use super::policy_file::{Policy, Yellow};
use super::trace::{Later, Left, Plan, Span, Trace};
use super::{count, lights};
use crate::domain::calendar::Calendar;
use crate::domain::case::SuspendReason;
use crate::domain::ids::*;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

/// A clock that runs, stood still or has ended. Its policy and version never change.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    pub id: ClockId,
    pub case_id: CaseId,
    /// Code of the policy.
    pub policy: String,
    pub policy_version: i64,
    pub variant: Option<String>,
    pub subject: ClockSubject,
    pub subject_id: Uuid,
    /// The calendar it was last computed on, see [`Calendar::version`].
    pub calendar: String,
    pub started_at: Instant,
    pub state: ClockState,
    /// The first instant that is too late; `None` while it stands still.
    pub due_at: Option<Instant>,
    /// When the light turns yellow; `None` while it stands still.
    pub yellow_at: Option<Instant>,
    pub last_day: Option<LocalDate>,
    /// Only says what time there is, see [`Policy::informs`].
    pub informs: bool,
    /// When the passing of time has something to do with it next; `None` for nothing.
    pub wake_at: Option<Instant>,
    /// When it was missed; stays when it is satisfied afterwards.
    pub breached_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub detail: ClockDetail,
}

/// What a clock went through.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockDetail {
    /// Of a clock with a fixed instant.
    pub fixed: Option<Instant>,
    pub pauses: Vec<ClockPause>,
    pub extensions: Vec<ClockExtension>,
    pub ended_by: Option<ClockEvent>,
    /// Up to when the passing of time has been dealt with.
    pub woken_at: Option<Instant>,
    /// Of a missed clock: when it is looked at again.
    pub again_at: Option<Instant>,
}

/// A time during which it stood still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockPause {
    pub reason: SuspendReason,
    pub from: Instant,
    pub to: Option<Instant>,
    pub approver: Option<UserId>,
    pub note: Option<String>,
}

/// An extension, with those who agreed to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockExtension {
    pub until: LocalDate,
    /// When it was recorded.
    pub at: Instant,
    pub consents: Vec<ClockConsent>,
    pub approver: Option<UserId>,
    pub note: Option<String>,
}

/// A party's signature under an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockConsent {
    pub party: PartyId,
    pub at: Instant,
}

/// What a clock is set on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct On {
    pub case: CaseId,
    pub subject: Uuid,
}

/// A pause asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskPause {
    pub reason: SuspendReason,
    pub approver: Option<UserId>,
    pub note: Option<String>,
}

/// An extension asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskExtension {
    pub until: LocalDate,
    pub consents: Vec<ClockConsent>,
    pub approver: Option<UserId>,
    pub note: Option<String>,
}

impl Clock {
    /// Starts a clock. `fixed` is the instant of a clock that has one.
    pub fn start(
        id: ClockId,
        on: On,
        policy: &Policy,
        variant: Option<&str>,
        fixed: Option<Instant>,
        calendar: &Calendar,
        at: Instant,
    ) -> Self {
        let mut clock = Self {
            id,
            case_id: on.case,
            policy: policy.code.clone(),
            policy_version: policy.version,
            variant: policy.variant(variant).map(|v| v.code.clone()),
            subject: policy.subject,
            subject_id: on.subject,
            calendar: String::new(),
            started_at: at,
            state: ClockState::Running,
            due_at: None,
            yellow_at: None,
            last_day: None,
            informs: policy.informs(),
            wake_at: None,
            breached_at: None,
            ended_at: None,
            detail: ClockDetail {
                fixed,
                ..ClockDetail::default()
            },
        };
        clock.recompute(policy, calendar);
        clock
    }

    /// What the count depends on.
    pub fn plan(&self, policy: &Policy) -> Plan {
        let pauses = self.detail.pauses.iter().map(|p| Span {
            from: p.from,
            to: p.to,
        });
        let extensions = self.detail.extensions.iter().map(|e| Later {
            until: e.until,
            at: e.at,
        });
        Plan {
            start: self.started_at,
            length: policy.length_of(self.variant.as_deref()),
            fixed: self.detail.fixed,
            roll: policy.roll,
            ends: policy.ends,
            pauses: pauses.collect(),
            extensions: extensions.collect(),
        }
    }

    /// Counts anew on a calendar.
    pub fn trace(&self, policy: &Policy, calendar: &Calendar) -> Trace {
        count::trace(&self.plan(policy), calendar)
    }

    /// Sets what follows from the count.
    pub fn recompute(&mut self, policy: &Policy, calendar: &Calendar) {
        let plan = self.plan(policy);
        let trace = count::trace(&plan, calendar);
        let Yellow { part, working_days } = policy.yellow;
        self.yellow_at = lights::yellow_at(&plan, calendar, &trace, part, working_days);
        self.due_at = trace.due_at;
        self.last_day = trace.last_day;
        self.informs = policy.informs();
        calendar.version().clone_into(&mut self.calendar);
        self.wake_at = self.next_wake(policy);
    }

    /// What is left while it stands still.
    pub fn left(&self, policy: &Policy, calendar: &Calendar) -> Option<Left> {
        self.trace(policy, calendar).left
    }

    pub fn is_paused(&self) -> bool {
        self.detail.pauses.last().is_some_and(|p| p.to.is_none())
    }

    /// It runs, stands still or is overdue: something is still owed.
    pub fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Whether an act at `now` is too late.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.is_open() && self.due_at.is_some_and(|due| now >= due)
    }

    /// The light; none once it has ended, or, where it only informs, has run out.
    pub fn light(&self, now: Instant) -> Option<Light> {
        if !self.is_open() || self.informs && self.is_overdue(now) {
            return None;
        }
        let Some(due) = self.due_at else {
            return Some(Light::Grey);
        };
        Some(if now >= due {
            Light::Red
        } else if self.is_paused() {
            Light::Grey
        } else if self.yellow_at.is_some_and(|at| now >= at) {
            Light::Yellow
        } else {
            Light::Green
        })
    }

    /// Stops the clock for one of the reasons its policy knows.
    ///
    /// # Errors
    /// `clock_ended`, `clock_paused`, `clock_run_out`, `not_pausable`, `time_order`.
    pub fn pause(
        &self,
        policy: &Policy,
        calendar: &Calendar,
        ask: AskPause,
        now: Instant,
    ) -> Result<Self, Vec<Refusal>> {
        let mut g = Guards::new();
        g.require(self.is_open(), Reason::ClockEnded);
        g.require(!self.is_paused(), Reason::ClockPaused);
        g.require(!self.is_overdue(now), Reason::ClockRunOut);
        g.require(policy.pauses_for(ask.reason), Reason::NotPausable);
        let latest = self.detail.pauses.iter().filter_map(|p| p.to).max();
        g.require(
            now >= latest.map_or(self.started_at, |t| t.max(self.started_at)),
            Reason::TimeOrder,
        );
        g.done()?;
        let mut new = self.clone();
        new.state = ClockState::Paused;
        new.detail.pauses.push(ClockPause {
            reason: ask.reason,
            from: now,
            to: None,
            approver: ask.approver,
            note: ask.note,
        });
        new.recompute(policy, calendar);
        Ok(new)
    }

    /// Lets it run on with what was left.
    ///
    /// # Errors
    /// `clock_ended`, `clock_running`, `time_order`.
    pub fn resume(
        &self,
        policy: &Policy,
        calendar: &Calendar,
        now: Instant,
    ) -> Result<Self, Vec<Refusal>> {
        let mut g = Guards::new();
        g.require(self.is_open(), Reason::ClockEnded);
        g.require(self.is_paused(), Reason::ClockRunning);
        let from = self.detail.pauses.last().map(|p| p.from);
        g.require(from.is_none_or(|from| from <= now), Reason::TimeOrder);
        g.done()?;
        let mut new = self.clone();
        new.state = ClockState::Running;
        if let Some(last) = new.detail.pauses.last_mut() {
            last.to = Some(now);
        }
        new.recompute(policy, calendar);
        Ok(new)
    }

    /// Makes it longer by the will of everybody the rule names: `needed` are the parties whose
    /// signatures count (G-25).
    ///
    /// # Errors
    /// `clock_ended`, `clock_run_out`, `not_extendable`, `extension_not_signed` naming who did not
    /// sign, `in_future`, `time_order`, `extension_too_long` with the latest day.
    pub fn extend(
        &self,
        policy: &Policy,
        calendar: &Calendar,
        needed: &[PartyId],
        ask: AskExtension,
        now: Instant,
    ) -> Result<Self, Vec<Refusal>> {
        let mut g = Guards::new();
        g.require(self.is_open(), Reason::ClockEnded);
        g.require(!self.is_overdue(now), Reason::ClockRunOut);
        let Some(rule) = &policy.extension else {
            g.add(Refusal::new(Reason::NotExtendable));
            return Err(g.into_inner());
        };
        let often = u32::try_from(self.detail.extensions.len()).unwrap_or(u32::MAX);
        g.require(
            rule.times.is_none_or(|times| often < times),
            Reason::NotExtendable,
        );
        match rule.by {
            ExtendBy::Parties => {
                let signed = |id: &&PartyId| ask.consents.iter().any(|c| c.party == **id);
                let silent = needed.iter().filter(|id| !signed(id));
                g.forbid(silent, Reason::ExtensionNotSigned);
            }
            ExtendBy::Officer => g.require(ask.approver.is_some(), Reason::ExtensionNotSigned),
        }
        let ahead = ask.consents.iter().any(|c| c.at > now);
        g.require(!ahead, Reason::InFuture);
        let here = self.as_if_running(policy, calendar, now).due_at;
        g.require(
            here.is_none_or(|due| ask.until.end() > due),
            Reason::TimeOrder,
        );
        let latest = self.latest(policy, calendar, now);
        g.forbid(
            latest.filter(|day| ask.until > *day),
            Reason::ExtensionTooLong,
        );
        g.done()?;
        let mut new = self.clone();
        new.detail.extensions.push(ClockExtension {
            until: ask.until,
            at: now,
            consents: ask.consents,
            approver: ask.approver,
            note: ask.note,
        });
        new.recompute(policy, calendar);
        Ok(new)
    }

    /// With an extension a rule has checked. One that was agreed in time undoes a breach.
    pub fn extended_by(
        &self,
        policy: &Policy,
        calendar: &Calendar,
        extension: ClockExtension,
        now: Instant,
    ) -> Self {
        let mut new = self.clone();
        new.detail.extensions.push(extension);
        new.recompute(policy, calendar);
        if new.state == ClockState::Breached && !new.is_overdue(now) {
            new.state = ClockState::Running;
            new.breached_at = None;
            new.detail.again_at = None;
            new.wake_at = new.next_wake(policy);
        }
        new
    }

    /// The count if a pause that still runs ended now.
    pub fn as_if_running(&self, policy: &Policy, calendar: &Calendar, now: Instant) -> Trace {
        let mut plan = self.plan(policy);
        close(&mut plan, now);
        count::trace(&plan, calendar)
    }

    /// The latest day an extension may reach.
    fn latest(&self, policy: &Policy, calendar: &Calendar, now: Instant) -> Option<LocalDate> {
        let longest = policy.extension.as_ref()?.longest?;
        let mut plan = self.plan(policy);
        close(&mut plan, now);
        plan.extensions.clear();
        let base = count::trace(&plan, calendar).last_day?;
        let beyond = Plan {
            start: base.start(),
            length: longest,
            fixed: None,
            roll: policy.roll,
            ends: DayEnd::Midnight,
            pauses: Vec::new(),
            extensions: Vec::new(),
        };
        count::trace(&beyond, calendar).last_day
    }

    /// Ends it: what was owed is done. Done too late, the breach stays on record.
    pub fn satisfied(&self, by: ClockEvent, at: Instant) -> Self {
        self.ended(ClockState::Satisfied, by, at)
    }

    /// Ends it: it is owed no longer.
    pub fn stopped(&self, by: ClockEvent, at: Instant) -> Self {
        self.ended(ClockState::Stopped, by, at)
    }

    fn ended(&self, state: ClockState, by: ClockEvent, at: Instant) -> Self {
        let mut new = self.clone();
        if !self.is_open() {
            return new;
        }
        if self.is_overdue(at) && !self.informs {
            new.breached_at = new.breached_at.or(self.due_at);
        }
        if let Some(last) = new.detail.pauses.last_mut() {
            last.to = last.to.or(Some(at.max(last.from)));
        }
        new.state = state;
        new.wake_at = None;
        new.ended_at = Some(at);
        new.detail.ended_by = Some(by);
        new
    }

    /// Records that it was missed; `None` when it was not, is recorded already, or nothing was
    /// owed in it.
    pub fn breached(&self, now: Instant) -> Option<Self> {
        if !self.is_overdue(now) || self.breached_at.is_some() || self.informs {
            return None;
        }
        let mut new = self.clone();
        new.state = ClockState::Breached;
        new.breached_at = self.due_at;
        new.wake_at = None;
        Some(new)
    }
}

fn close(plan: &mut Plan, now: Instant) {
    if let Some(last) = plan.pauses.last_mut() {
        last.to = last.to.or(Some(now.max(last.from)));
    }
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
