//! Signs checkpoints over the audit trail and puts copies where they are safe.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use crate::crypto::ledger::key::SigningKey;
use crate::ctx::Ctx;
use crate::error::Error;
use crate::store::db::Db;

/// Takes everything pending into the tree; returns how many checkpoints were signed.
///
/// # Errors
/// When the database does not answer; the next round goes on where this one stopped.
pub async fn run_once(
    db: &Db,
    ctx: &Ctx,
    key: &Arc<SigningKey>,
    copy: Option<&Path>,
) -> Result<usize, Error> {
    let mut signed = 0_usize;
    loop {
        let key = Arc::clone(key);
        let Some(row) = db.write(ctx.clone(), move |tx| tx.sequence(&key)).await? else {
            return Ok(signed);
        };
        signed = signed.saturating_add(1);
        if let Some(path) = copy {
            append(path, &row.note).map_err(Error::internal)?;
        }
    }
}

/// Appends a note to the copy on another volume, durably.
fn append(path: &Path, note: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    file.write_all(note.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}
