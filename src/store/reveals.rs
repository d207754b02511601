//! How often somebody looked at full personal data.

use diesel::prelude::*;

use super::audit::actor_name;
use super::tables::system::audit_events;
use super::tx::Snap;
use super::types::InstantCol;
use crate::domain::time::Instant;
use crate::error::Error;

impl Snap<'_> {
    /// When the actor looked at a party's full data, from `since` on, oldest first.
    pub fn reveals_since(&mut self, since: Instant) -> Result<Vec<Instant>, Error> {
        let rows: Vec<InstantCol> = audit_events::table
            .filter(audit_events::actor.eq(actor_name(self.ctx)))
            .filter(audit_events::at.ge(InstantCol(since)))
            .filter(audit_events::action.eq("party_revealed"))
            .order(audit_events::at)
            .select(audit_events::at)
            .load(self.conn)?;
        Ok(rows.into_iter().map(|r| r.0).collect())
    }
}
