//! How much of an agreement has been performed (section 2.2, follow-up record).

use serde::Serialize;

use crate::domain::agreement::{Obligation, ObligationState};

/// What was owed and what was done. Waived and void obligations do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Money owed, in fen.
    pub owed_fen: i64,
    /// Money paid, in fen.
    pub paid_fen: i64,
    /// Obligations of every kind.
    pub obligations: i64,
    /// Of these wholly performed.
    pub performed: i64,
    /// By money where money is owed, else by number; `None` where nothing is owed.
    pub percent: Option<i64>,
}

/// The rate over some obligations; the percentage is cut, so that 100 means all of it.
pub fn rate<'a>(obligations: impl IntoIterator<Item = &'a Obligation>) -> Rate {
    let mut r = Rate::default();
    for o in obligations {
        if matches!(o.state, ObligationState::Waived | ObligationState::Void) {
            continue;
        }
        r.obligations += 1;
        r.performed += i64::from(o.state == ObligationState::Performed);
        r.owed_fen = r.owed_fen.saturating_add(o.amount_fen.unwrap_or(0));
        if o.amount_fen.is_some() {
            r.paid_fen = r.paid_fen.saturating_add(o.performed_fen);
        }
    }
    r.percent = match (r.owed_fen, r.obligations) {
        (0, 0) => None,
        (0, all) => Some(r.performed * 100 / all),
        (owed, _) => Some(part_of_hundred(r.paid_fen, owed)),
    };
    r
}

fn part_of_hundred(part: i64, whole: i64) -> i64 {
    let percent = i128::from(part) * 100 / i128::from(whole);
    i64::try_from(percent).unwrap_or(100)
}
