//! Trying a transaction again after a deadlock or a busy database.

use std::time::Duration;

use super::errors::may_retry;
use crate::error::{Code, Error};

/// One try: an error that may be tried again, or the end.
pub(super) enum Step {
    Again(Error),
    Stop(Error),
}

impl Step {
    pub(super) fn from_error(e: Error) -> Self {
        match &e {
            Error::Internal { cause, .. } => match cause.downcast_ref::<diesel::result::Error>() {
                Some(d) if may_retry(d) => Self::Again(e),
                _ => Self::Stop(e),
            },
            // The mapped form of "database is locked" and deadlocks: nothing was kept.
            Error::Wait(Code::Unavailable, 2) => Self::Again(e),
            _ => Self::Stop(e),
        }
    }
}

impl From<Step> for Error {
    fn from(step: Step) -> Self {
        match step {
            Step::Again(e) | Step::Stop(e) => e,
        }
    }
}

impl From<diesel::result::Error> for Step {
    fn from(e: diesel::result::Error) -> Self {
        if may_retry(&e) {
            Self::Again(e.into())
        } else {
            Self::Stop(e.into())
        }
    }
}

/// At most three tries with a short rising pause. A commit whose result is unknown is not tried
/// again here: the idempotency key settles it.
pub(super) fn retrying<T>(mut once: impl FnMut() -> Result<T, Step>) -> Result<T, Error> {
    for pause_ms in [10, 40] {
        match once() {
            Ok(v) => return Ok(v),
            Err(Step::Stop(e)) => return Err(e),
            Err(Step::Again(_)) => std::thread::sleep(Duration::from_millis(pause_ms)),
        }
    }
    once().map_err(Error::from)
}
