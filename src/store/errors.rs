//! Database errors become ours, once.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::error::{Code, Error};

/// True for errors after which the whole closure may run again: nothing of it was kept.
pub fn may_retry(e: &DieselError) -> bool {
    match e {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        DieselError::DatabaseError(_, info) => {
            let m = info.message();
            m.contains("deadlock detected") || m.contains("database is locked")
        }
        _ => false,
    }
}

/// PostgreSQL gave up waiting for a lock.
pub fn is_lock_timeout(e: &DieselError) -> bool {
    matches!(e, DieselError::DatabaseError(_, info) if info.message().contains("lock timeout"))
}

/// A unique key was hit.
pub fn is_unique(e: &DieselError) -> bool {
    matches!(
        e,
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

impl From<DieselError> for Error {
    #[track_caller]
    fn from(e: DieselError) -> Self {
        match &e {
            DieselError::NotFound => Self::not_found(),
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Self::of(Code::Conflict)
            }
            DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
                Self::invalid("", "unknown_reference")
            }
            DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | DieselError::BrokenTransactionManager => Self::Wait(Code::Unavailable, 2),
            DieselError::DatabaseError(_, info) => {
                by_message(info.message()).unwrap_or_else(|| Self::internal(e))
            }
            _ => Self::internal(e),
        }
    }
}

/// Kinds that both engines report by text alone.
fn by_message(m: &str) -> Option<Error> {
    let has = |needle: &str| m.contains(needle);
    if has("disk is full") || has("No space left") {
        Some(Error::Wait(Code::StorageFull, 30))
    } else if has("database is locked")
        || has("lock timeout")
        || has("statement timeout")
        || has("deadlock detected")
        || has("server closed the connection")
        || has("terminating connection")
        || has("shutting down")
        || has("disk I/O error")
        || has("readonly database")
        || has("append only")
        || has("permission denied")
    {
        Some(Error::Wait(Code::Unavailable, 2))
    } else {
        None
    }
}
