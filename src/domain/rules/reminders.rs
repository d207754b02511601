//! Reminders of sessions and obligations (section 11.6).

use std::collections::BTreeSet;

use super::notify::tell_parties;
use super::obligations::is_supervised;
use super::session_people::tell_all;
use super::standing::in_force;
use crate::domain::agreement::{Agreement, Obligation, ObligationKind, ObligationState};
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::Code;
use crate::domain::decision::Decision;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::session::{Session, SessionState};
use crate::domain::time::Instant;
use crate::domain::timer::{Timer, after_quiet, before_quiet, due, is_quiet};

/// How long before a session the invited are reminded, in hours.
const SESSION_STEPS: &[(&str, i64)] = &[("-3d", 72), ("-1d", 24), ("-2h", 2)];
/// The longest of them.
pub const SESSION_AHEAD_HOURS: i64 = 72;

/// On which days, counted from the last day to perform, those concerned are reminded. On the day
/// after it the obligation is marked overdue, and that tells them.
const OBLIGATION_STEPS: &[(&str, i64)] = &[("-7", -7), ("-1", -1), ("0", 0), ("+7", 7)];
/// The earliest of them.
pub const OBLIGATION_AHEAD_DAYS: i64 = 7;
/// Reminders of something overdue are not made up for after so many days.
const OBLIGATION_BEHIND_DAYS: i64 = 30;
/// How far back a due day can lie that still has a timer: the above, and a last day that rest
/// days moved.
pub const OBLIGATION_LOOK_BACK_DAYS: i64 = OBLIGATION_BEHIND_DAYS + 20;
/// The hour of the day (county time).
pub const OBLIGATION_HOUR: i64 = 9;

/// Timers of a session: those that lie ahead when the invited are told its hour, and none once it
/// begins. What falls into the night comes in the morning, or the evening before an early session.
pub fn session_timers(s: &Session, now: Instant) -> Vec<Timer> {
    if s.state != SessionState::Notified || s.planned_from <= now {
        return Vec::new();
    }
    let told_at = s.detail.told_at.unwrap_or(s.created_at);
    let timer = |(step, hours): &(&'static str, i64)| {
        let plain = s.planned_from.plus_hours(-hours);
        let morning = after_quiet(plain);
        let at = if morning < s.planned_from {
            morning
        } else {
            before_quiet(plain)
        };
        Timer {
            kind: NoticeKind::SessionReminder.code(),
            subject: s.id.uuid,
            anchor: s.planned_from.0.to_string(),
            step,
            at,
        }
    };
    let timers = SESSION_STEPS.iter().map(timer);
    timers.filter(|t| t.at > told_at).collect()
}

/// Timers of an obligation of an agreement in force: those that lie ahead when it takes effect.
/// Reminders to perform end with the last day, those of what is overdue with a default.
pub fn obligation_timers(
    o: &Obligation,
    effective_at: Option<Instant>,
    calendar: &Calendar,
    now: Instant,
) -> Vec<Timer> {
    use ObligationState::{Overdue, Partial, Pending, Urged};
    // A duty to abstain has a term, not a day to perform on.
    if o.kind == ObligationKind::Abstain {
        return Vec::new();
    }
    let last = calendar.roll(o.due_on);
    let today = now.local_date();
    let waiting = matches!(o.state, Pending | Partial) && today <= last;
    let late = matches!(o.state, Overdue | Urged)
        && today > last
        && today <= last.plus_days(OBLIGATION_BEHIND_DAYS);
    let timer = |(step, days): &(&'static str, i64)| Timer {
        kind: NoticeKind::ObligationDue.code(),
        subject: o.id.uuid,
        anchor: last.to_string(),
        step,
        at: last.plus_days(*days).start().plus_hours(OBLIGATION_HOUR),
    };
    OBLIGATION_STEPS
        .iter()
        .filter(|(_, days)| if *days > 0 { late } else { waiting })
        .map(timer)
        .filter(|t| effective_at.is_none_or(|from| t.at > from))
        .collect()
}

/// Who is told, and which timers that settles. Of several that fell due for one thing (the
/// service was away) one notice is made.
#[derive(Clone, Debug, Default)]
pub struct Reminders {
    pub timers: Vec<Timer>,
    pub notices: Vec<(Recipient, Notice)>,
}

/// The reminders of a case that are due and were not sent; none at night.
pub fn remind(
    file: &CaseFile,
    calendar: &Calendar,
    fired: &BTreeSet<String>,
    now: Instant,
) -> Reminders {
    let mut out = Reminders::default();
    if is_quiet(now) || !file.case.live {
        return out;
    }
    let mut d = Decision::on(file);
    for session in &file.sessions {
        let found = due(session_timers(session, now), fired, now);
        if !found.is_empty() {
            tell_all(&mut d, session, NoticeKind::SessionReminder);
            out.timers.extend(found);
        }
    }
    let supervised = is_supervised(file.case.state);
    let owed = file.obligations.iter().filter_map(|o| {
        let agreement = file.agreement(o.agreement_id)?;
        (supervised && in_force(agreement)).then_some((o, agreement))
    });
    for (o, agreement) in owed {
        let timers = obligation_timers(o, agreement.effective_at, calendar, now);
        let found = due(timers, fired, now);
        if !found.is_empty() {
            tell_of(&mut d, file, o, agreement);
            out.timers.extend(found);
        }
    }
    // Several obligations of one paper on one day are one notice.
    for told in d.notices {
        if !out.notices.contains(&told) {
            out.notices.push(told);
        }
    }
    out
}

fn tell_of(d: &mut Decision, file: &CaseFile, o: &Obligation, agreement: &Agreement) {
    let kind = match o.state {
        ObligationState::Pending | ObligationState::Partial => NoticeKind::ObligationDue,
        _ => NoticeKind::ObligationOverdue,
    };
    let notice = Notice::agreement(kind, agreement.id);
    tell_parties(d, file, &[o.debtor_id, o.creditor_id], &notice);
    d.tell(Recipient::Team, notice);
}

#[cfg(test)]
#[path = "reminders_tests.rs"]
mod tests;
