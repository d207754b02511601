//! What time itself does to cases: run by the service, not by a caller.

use uuid::Uuid;

use crate::domain::clocks::ClockSubject;
use crate::domain::facts::Event;
use crate::domain::ids::{CaseId, CommitteeId};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::rules::wake::{Ladder, Woken, wake};
use crate::domain::rules::{follow_ups, obligations, reminders, terms};
use crate::error::Error;
use crate::store::tx::Tx;

/// Clocks of one case looked at in one commit; more are left to the next pass.
const CLOCKS_AT_ONCE: usize = 40;

/// Does what time brings to the clocks of a case, the longest overdue first: yellow lights and
/// reminders told, breaches marked with what follows from them, unanswered escalations climbed.
pub fn wake_clocks(tx: &mut Tx<'_>, case: Uuid) -> Result<usize, Error> {
    let id = CaseId::new(case);
    tx.lock_case(id)?;
    let now = tx.ctx.now;
    let calendar = tx.calendar()?;
    let mut owed = false;
    let mut done: usize = 0;
    while done < CLOCKS_AT_ONCE {
        let case = tx.raw_case(id)?;
        let file = tx.load_file(case)?;
        let due = |at: Option<_>| at.is_some_and(|at| at <= now);
        let first = file.clocks.iter().filter(|h| due(h.clock.wake_at));
        let Some(held) = first.min_by_key(|h| (h.clock.wake_at, h.clock.id)) else {
            break;
        };
        owed |= held.clock.subject == ClockSubject::Obligation;
        let Some(holder) = tx.seat(file.case.holder_id)? else {
            return Err(Error::internal("a case without a holder"));
        };
        let receiver = match file.pending_transfer().and_then(|t| t.to_id) {
            Some(to) => tx.seat(to)?,
            None => None,
        };
        let county = tx.county_centre()?;
        let ladder = Ladder {
            holder,
            receiver,
            county,
        };
        let mut ids = tx.ctx;
        match wake(&file, held, &ladder, &calendar, &mut ids, now) {
            Woken::Decided(d) => {
                tx.carry_out(*d)?;
            }
            Woken::Told(clock, notices) => {
                tx.technical();
                tx.update(&*clock)?;
                for (to, notice) in &notices {
                    tx.enqueue(Some(&file.case), *to, notice)?;
                }
            }
        }
        done = done.saturating_add(1);
    }
    if owed {
        late(tx, id)?;
    }
    Ok(done)
}

/// Tells a unit that the term of its committee ends, and records that it has ended.
pub fn end_term(tx: &mut Tx<'_>, committee: Uuid) -> Result<usize, Error> {
    let id = CommitteeId::new(committee);
    let committee = tx.lock_committee(id)?;
    let timers = terms::timers(&committee);
    let fired = tx.fired(&timers)?;
    let due = crate::domain::timer::due(timers, &fired, tx.ctx.now);
    let Some(last) = due.last() else {
        return Ok(0);
    };
    tx.technical();
    for timer in &due {
        tx.fire(timer, None)?;
    }
    if last.step == terms::ENDED {
        let stream = format!("committee/{id}");
        let on = committee.term_to;
        let event = Event::CommitteeTermEnded { committee: id, on };
        tx.record(&stream, stream.clone(), vec![event])?;
    }
    let notice = Notice::of(NoticeKind::CommitteeTerm);
    tx.enqueue(None, Recipient::Unit(committee.org_id), &notice)?;
    Ok(due.len())
}

/// Marks what fell due in a case and was not performed, and tells those concerned.
pub fn mark_overdue(tx: &mut Tx<'_>, case: Uuid) -> Result<usize, Error> {
    let id = CaseId::new(case);
    tx.lock_case(id)?;
    late(tx, id)
}

fn late(tx: &mut Tx<'_>, id: CaseId) -> Result<usize, Error> {
    let case = tx.raw_case(id)?;
    let file = tx.load_file(case)?;
    let calendar = tx.calendar()?;
    let Some(decision) = obligations::mark_overdue(&file, &calendar, tx.ctx.now) else {
        return Ok(0);
    };
    let late = decision.events.len();
    tx.carry_out(decision)?;
    Ok(late)
}

/// Marks the visits of a case whose day has come, and tells those who make them.
pub fn visits_fall_due(tx: &mut Tx<'_>, case: Uuid) -> Result<usize, Error> {
    let id = CaseId::new(case);
    tx.lock_case(id)?;
    let case = tx.raw_case(id)?;
    let file = tx.load_file(case)?;
    let Some(decision) = follow_ups::fall_due(&file, tx.ctx.now) else {
        return Ok(0);
    };
    let due = decision.events.len();
    tx.carry_out(decision)?;
    Ok(due)
}

/// Sends the reminders of a case that are due; returns how many timers that settled. The case is
/// locked first, so what another node sent a moment ago is seen here.
pub fn remind(tx: &mut Tx<'_>, case: Uuid) -> Result<usize, Error> {
    let id = CaseId::new(case);
    tx.lock_case(id)?;
    let case = tx.raw_case(id)?;
    let file = tx.load_file(case)?;
    let calendar = tx.calendar()?;
    let fired = tx.fired_of(id)?;
    let found = reminders::remind(&file, &calendar, &fired, tx.ctx.now);
    tx.technical();
    for timer in &found.timers {
        tx.fire(timer, Some(id))?;
    }
    for (to, notice) in &found.notices {
        tx.enqueue(Some(&file.case), *to, notice)?;
    }
    Ok(found.timers.len())
}
