//! The outbox as people see it: lists, redrive.

use diesel::prelude::*;

use super::row::{FromRaw, build, one};
use super::tables::system::*;
use super::tx::{Snap, Tx};
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::time::Instant;
use crate::error::{Code, Error};

/// States of a message.
pub const STATES: &[&str] = &["due", "leased", "sent", "dead"];

/// Which messages to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redrive {
    /// One dead message.
    One(MessageId),
    /// Every dead message.
    AllDead,
}

impl Snap<'_> {
    /// The newest messages, of one state or of all.
    pub fn outbox_list(
        &mut self,
        state: Option<&str>,
        limit: i64,
    ) -> Result<Vec<OutboxRow>, Error> {
        let wanted: Vec<&str> = STATES
            .iter()
            .copied()
            .filter(|s| state.is_none_or(|w| w == *s))
            .collect();
        let rows = outbox::table
            .filter(outbox::state.eq_any(wanted))
            .order(outbox::id.desc())
            .limit(limit)
            .load::<<OutboxRow as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// How many messages stand in each state.
    pub fn outbox_counts(&mut self) -> Result<Vec<(String, i64)>, Error> {
        STATES
            .iter()
            .map(|state| {
                let n = outbox::table
                    .filter(outbox::state.eq(*state))
                    .count()
                    .get_result(self.conn)?;
                Ok(((*state).to_owned(), n))
            })
            .collect()
    }

    /// The subscriptions, oldest first.
    pub fn webhooks(&mut self) -> Result<Vec<WebhookRow>, Error> {
        let rows = webhooks::table
            .order(webhooks::id)
            .load::<<WebhookRow as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    pub fn webhook(&mut self, id: WebhookId) -> Result<WebhookRow, Error> {
        let row = webhooks::table
            .filter(webhooks::id.eq(id.put()))
            .first::<<WebhookRow as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    /// Messages of a subscription, newest first, before a known one.
    pub fn deliveries(
        &mut self,
        hook: WebhookId,
        state: Option<&str>,
        before: Option<MessageId>,
        limit: i64,
    ) -> Result<Vec<OutboxRow>, Error> {
        let mut query = outbox::table
            .filter(outbox::webhook_id.eq(hook.put()))
            .order(outbox::id.desc())
            .limit(limit)
            .into_boxed();
        if let Some(state) = state {
            query = query.filter(outbox::state.eq(state.to_owned()));
        }
        if let Some(id) = before {
            query = query.filter(outbox::id.lt(id.put()));
        }
        let rows = query.load::<<OutboxRow as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// One message of a subscription.
    pub fn delivery(&mut self, hook: WebhookId, id: MessageId) -> Result<OutboxRow, Error> {
        let row = outbox::table
            .filter(outbox::id.eq(id.put()))
            .filter(outbox::webhook_id.eq(hook.put()))
            .first::<<OutboxRow as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }
}

impl Tx<'_> {
    /// Gives dead messages a fresh set of attempts, under the Message-ID they always had.
    pub fn redrive(&mut self, which: Redrive) -> Result<i64, Error> {
        let ids: Vec<UuidCol> = match which {
            Redrive::AllDead => outbox::table
                .filter(outbox::state.eq("dead"))
                .select(outbox::id)
                .load(self.conn)?,
            Redrive::One(id) => outbox::table
                .filter(outbox::id.eq(id.put()))
                .filter(outbox::state.eq("dead"))
                .select(outbox::id)
                .load(self.conn)?,
        };
        let mut messages = 0_i64;
        for id in ids {
            messages = messages.saturating_add(i64::from(self.start_anew(id, "dead")?));
        }
        if messages > 0 {
            let fact = Event::OutboxRedriven { messages };
            self.record("system", "outbox".to_owned(), vec![fact])?;
        }
        Ok(messages)
    }

    /// Sends one message of a subscription again, whatever became of it.
    ///
    /// # Errors
    /// 409 while it is under way.
    pub fn resend(&mut self, hook: WebhookId, id: MessageId) -> Result<OutboxRow, Error> {
        let row = self.delivery(hook, id)?;
        if row.state == "leased" || !self.start_anew(id.put(), &row.state)? {
            return Err(Error::with(Code::Conflict, "under way"));
        }
        let fact = Event::OutboxRedriven { messages: 1 };
        self.record("system", format!("webhook/{hook}"), vec![fact])?;
        self.delivery(hook, id)
    }

    fn start_anew(&mut self, id: UuidCol, from: &str) -> Result<bool, Error> {
        let hit = diesel::update(
            outbox::table
                .filter(outbox::id.eq(id))
                .filter(outbox::state.eq(from)),
        )
        .set((
            outbox::state.eq("due"),
            outbox::attempts.eq(0),
            outbox::due_at.eq(InstantCol(self.ctx.now)),
            outbox::lease_until.eq(None::<InstantCol>),
            outbox::lease_token.eq(None::<UuidCol>),
            outbox::settled_at.eq(None::<InstantCol>),
        ))
        .execute(self.conn)?;
        self.wrote |= hit == 1;
        self.posted |= hit == 1;
        Ok(hit == 1)
    }
}

/// Rows that one purge removes of each state at most.
const PURGE: i64 = 500;

impl Tx<'_> {
    /// Removes up to 500 messages each that were sent before one instant or given up before
    /// another; returns how many.
    pub fn purge_outbox(
        &mut self,
        sent_before: Instant,
        dead_before: Instant,
    ) -> Result<usize, Error> {
        let mut gone = 0;
        for (state, before) in [("sent", sent_before), ("dead", dead_before)] {
            let old: Vec<UuidCol> = outbox::table
                .filter(outbox::state.eq(state))
                .filter(outbox::settled_at.lt(before.put()))
                .order(outbox::settled_at)
                .limit(PURGE)
                .select(outbox::id)
                .load(self.conn())?;
            gone += diesel::delete(outbox::table.filter(outbox::id.eq_any(old)))
                .execute(self.conn())?;
        }
        self.technical();
        Ok(gone)
    }
}
