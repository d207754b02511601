//! Removes stored files that no row names: uploads that were broken off.

use std::path::Path;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use crate::ctx::Ctx;
use crate::error::Error;
use crate::store::db::Db;

/// An upload under way is younger, so it is never swept.
const MIN_AGE_HOURS: i64 = 24;
/// Names asked for in one statement.
const BATCH: usize = 500;

/// What a name in the folder of files is.
enum Named {
    /// A stored file, by its key.
    Key(Uuid),
    /// An upload not yet given its key.
    Temporary,
    /// Nothing of ours.
    Other,
}

fn named(name: &str) -> Named {
    if name.starts_with("incoming-") {
        return Named::Temporary;
    }
    match Uuid::try_parse(name) {
        Ok(key) if key.simple().to_string() == name => Named::Key(key),
        _ => Named::Other,
    }
}

/// Removes the files of `dir` that are older than a day by `ctx.now` and that no attachment names;
/// answers how many. Names that are not ours are left alone. Reads the disk: not for an async
/// thread.
///
/// # Errors
/// When the database does not answer. A file that cannot be removed is left for the next time.
pub fn sweep(db: &Db, ctx: &Ctx, dir: &Path) -> Result<usize, Error> {
    let oldest = ctx.now.plus_hours(-MIN_AGE_HOURS);
    let seconds = u64::try_from(oldest.unix()).unwrap_or(0);
    let limit = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Ok(0); // no folder yet: nothing was ever stored
    };
    let mut removed = 0;
    let mut keys = Vec::new();
    for entry in entries.flatten() {
        let old = entry
            .metadata()
            .and_then(|m| m.modified())
            .is_ok_and(|at| at < limit);
        if !old {
            continue;
        }
        match named(&entry.file_name().to_string_lossy()) {
            Named::Key(key) => keys.push(key),
            Named::Temporary => removed += remove(&entry.path()),
            Named::Other => {}
        }
    }
    for batch in keys.chunks(BATCH) {
        let wanted = batch.to_vec();
        let used = db.read_now(ctx, |snap| snap.files_in_use(&wanted))?;
        for key in batch.iter().filter(|k| !used.contains(k)) {
            removed += remove(&dir.join(key.simple().to_string()));
        }
    }
    Ok(removed)
}

fn remove(path: &Path) -> usize {
    match std::fs::remove_file(path) {
        Ok(()) => 1,
        Err(e) => {
            tracing::warn!(error = %e, "a file without a row could not be removed");
            0
        }
    }
}
