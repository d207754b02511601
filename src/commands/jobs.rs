//! What time itself does to cases: run by the service, not by a caller.

use crate::domain::ids::CaseId;
use crate::domain::rules::obligations;
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
