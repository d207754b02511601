//! The search for made-up cases, and the counting of cases from before figures were kept: bit by
//! bit, each bit in a transaction of its own, so that nobody waits and a stop loses nothing.

use std::sync::Arc;

use crate::crypto::secret::MacKey;
use crate::ctx::{Clock, Ids, system_ctx};
use crate::domain::ids::CaseId;
use crate::error::Error;
use crate::store::db::Db;
use crate::store::tx::Tx;

/// Changes read and cases looked at in one transaction.
const BATCH: i64 = 10;

/// What a pass works with.
#[derive(Clone)]
pub struct Parts {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Blinds the pairs of people.
    pub key: MacKey,
}

/// Reads the changes since the last pass and looks at the cases they are about. Returns how many
/// cases were looked at.
///
/// # Errors
/// When the database cannot be asked; what was done until then is kept.
pub fn follow(parts: &Parts) -> Result<usize, Error> {
    let mut seen = 0_usize;
    loop {
        let ctx = system_ctx(&*parts.clock, &parts.ids);
        let changes = parts.db.read_now(&ctx, |snap| {
            let cursor = snap.signal_cursor()?;
            snap.changes_after(cursor, BATCH)
        })?;
        let Some((xid, seq, _)) = changes.last().copied() else {
            return Ok(seen);
        };
        let ids: Vec<CaseId> = changes.iter().map(|(_, _, id)| *id).collect();
        let looked = parts.db.write_now(&ctx, |tx: &mut Tx<'_>| {
            let looked = tx.look_for_signals(&parts.key, &ids)?;
            tx.keep_signal_cursor((xid, seq))?;
            Ok(looked)
        })?;
        seen = seen.saturating_add(looked);
    }
}

/// Looks at every closed case, whatever changed.
///
/// # Errors
/// See [`follow`].
pub fn search_all(parts: &Parts) -> Result<usize, Error> {
    let mut after = None;
    let mut seen = 0_usize;
    loop {
        let ctx = system_ctx(&*parts.clock, &parts.ids);
        let ids = parts
            .db
            .read_now(&ctx, |snap| snap.closed_after(after, BATCH))?;
        let Some(last) = ids.last().copied() else {
            return Ok(seen);
        };
        let looked = parts
            .db
            .write_now(&ctx, |tx| tx.look_for_signals(&parts.key, &ids))?;
        seen = seen.saturating_add(looked);
        after = Some(last);
    }
}

/// Counts accepted cases from before entries of the statistics were kept.
///
/// # Errors
/// See [`follow`].
pub fn count_existing(parts: &Parts) -> Result<usize, Error> {
    let mut after = None;
    let mut counted = 0_usize;
    loop {
        let ctx = system_ctx(&*parts.clock, &parts.ids);
        let ids = parts
            .db
            .read_now(&ctx, |snap| snap.uncounted_cases(after, BATCH))?;
        let Some(last) = ids.last().copied() else {
            return Ok(counted);
        };
        parts.db.write_now(&ctx, |tx| {
            ids.iter().try_for_each(|id| tx.count_existing(*id))
        })?;
        counted = counted.saturating_add(ids.len());
        after = Some(last);
    }
}
