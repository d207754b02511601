//! Cases in which time has something to do.

use std::collections::BTreeSet;

use crate::domain::ids::{CaseId, ObligationId, SessionId};
use crate::domain::rules::reminders::*;
use crate::domain::time::{Instant, LocalDate};
use crate::domain::timer::{self, Timer};
use crate::error::Error;
use crate::store::tx::Snap;

/// Where a walk over what may be due stands; a walk begins at the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Walk {
    #[default]
    Start,
    Sessions(Instant, SessionId),
    Obligations(Option<(LocalDate, ObligationId)>),
    End,
}

/// Rows looked at in one step of a walk.
const STEP: i64 = 200;

/// One step: the cases that have a reminder due, and where to go on.
pub fn reminders_due(snap: &mut Snap<'_>, walk: Walk) -> Result<(BTreeSet<CaseId>, Walk), Error> {
    let now = snap.ctx.now;
    let whole = usize::try_from(STEP).unwrap_or(usize::MAX);
    let mut timers: Vec<(CaseId, Timer)> = Vec::new();
    let next = match walk {
        Walk::End => Walk::End,
        Walk::Obligations(after) => {
            let today = now.local_date();
            let calendar = snap.calendar()?;
            let rows = snap.obligations_ahead(
                today.plus_days(-OBLIGATION_LOOK_BACK_DAYS),
                today.plus_days(OBLIGATION_AHEAD_DAYS),
                after,
                STEP,
            )?;
            for (o, effective_at) in &rows {
                let found = obligation_timers(o, *effective_at, &calendar, now);
                timers.extend(found.into_iter().map(|t| (o.case_id, t)));
            }
            match rows.last() {
                Some((o, _)) if rows.len() >= whole => Walk::Obligations(Some((o.due_on, o.id))),
                _ => Walk::End,
            }
        }
        Walk::Start | Walk::Sessions(..) => {
            let after = match walk {
                Walk::Sessions(at, id) => Some((at, id)),
                _ => None,
            };
            let until = now.plus_hours(SESSION_AHEAD_HOURS);
            let rows = snap.sessions_ahead(now, until, after, STEP)?;
            for s in &rows {
                timers.extend(session_timers(s, now).into_iter().map(|t| (s.case_id, t)));
            }
            match rows.last() {
                Some(s) if rows.len() >= whole => Walk::Sessions(s.planned_from, s.id),
                _ => Walk::Obligations(None),
            }
        }
    };
    timers.retain(|(_, t)| t.at <= now);
    let (cases, timers): (Vec<_>, Vec<_>) = timers.into_iter().unzip();
    let fired = snap.fired(&timers)?;
    let due = cases
        .into_iter()
        .zip(timers)
        .filter(|(_, t)| !timer::due(vec![t.clone()], &fired, now).is_empty())
        .map(|(case, _)| case)
        .collect();
    Ok((due, next))
}
