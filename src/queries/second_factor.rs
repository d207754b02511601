//! How one stands with one's second factor.

use serde::Serialize;

use crate::call::Call;
use crate::domain::time::Instant;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// The second factor of the caller.
#[derive(Debug, Serialize)]
struct StatusView {
    enrolled: bool,
    enrolled_at: Option<Instant>,
    /// Not the codes: how many are left.
    recovery_codes_left: usize,
    /// The caller's roles demand one.
    required: bool,
    /// Until when the caller may do without.
    grace_ends_at: Option<Instant>,
}

/// `GET /auth/second-factor`.
pub fn status(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let user = snap.ctx.actor.user_id;
    let roles = snap.ctx.actor.grants.iter().map(|g| g.role);
    let required = call.env.second_factor.demands(roles);
    let enrolled_at = snap.factor_in_force(user)?.and_then(|f| f.confirmed_at);
    let grace = snap.factor_grace(user)?;
    let view = StatusView {
        enrolled: enrolled_at.is_some(),
        enrolled_at,
        recovery_codes_left: snap.recovery_codes(user)?.len(),
        required,
        grace_ends_at: grace.filter(|_| required && enrolled_at.is_none()),
    };
    Reply::json(200, &view)
}
