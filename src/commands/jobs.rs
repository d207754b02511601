//! What time itself does to cases: run by the service, not by a caller.

use crate::domain::ids::CaseId;
use crate::domain::rules::{obligations, reminders};
use crate::error::Error;
use crate::store::tx::Tx;

/// Marks what fell due in a case and was not performed, and tells those concerned.
pub fn mark_overdue(tx: &mut Tx<'_>, id: CaseId) -> Result<(), Error> {
    tx.lock_case(id)?;
    let case = tx.raw_case(id)?;
    let file = tx.load_file(case)?;
    let calendar = tx.calendar()?;
    if let Some(decision) = obligations::mark_overdue(&file, &calendar, tx.ctx.now) {
        tx.carry_out(decision)?;
    }
    Ok(())
}

/// Sends the reminders of a case that are due; returns how many timers that settled. The case is
/// locked first, so what another node sent a moment ago is seen here.
pub fn remind(tx: &mut Tx<'_>, id: CaseId) -> Result<usize, Error> {
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
