//! Lengths of time between the instants of the domain.

use jiff::SignedDuration;

use crate::domain::time::Instant;

/// `at` moved by `by`, stopping at the ends of time.
pub(super) fn later(at: Instant, by: SignedDuration) -> Instant {
    let micros =
        i64::try_from(by.as_micros()).unwrap_or(if by.is_negative() { i64::MIN } else { i64::MAX });
    Instant(at.0.saturating_add(micros))
}

/// How long `at` is after `earlier`; negative when it is before.
pub(super) fn since(at: Instant, earlier: Instant) -> SignedDuration {
    SignedDuration::from_micros(at.0.saturating_sub(earlier.0))
}
