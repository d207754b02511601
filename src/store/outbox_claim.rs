//! The outbox as the worker sees it: messages are claimed under a lease and settled by its token.
//!
//! A lease that ran out makes its message claimable again, so a worker that died loses nothing.
//! Attempts are counted at the claim: a message that kills its worker ends in the dead letters
//! like any other. Within one case the messages to one recipient go out in the order they were
//! written: none is claimed while an older one is due or leased.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use uuid::Uuid;

use super::row::{FromRaw, build};
use super::tables::org::{org_units, role_grants};
use super::tables::system::*;
use super::tx::{Snap, Tx};
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::codes::Code;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::notice::{Notice, NoticeKind};
use crate::domain::org::{OrgKind, Role};
use crate::domain::time::Instant;
use crate::error::Error;

/// Ways out of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Mail,
    Sms,
    Webhook,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Mail, Self::Sms, Self::Webhook];

    /// The stored name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::Webhook => "webhook",
        }
    }
}

/// What a worker asks for.
#[derive(Clone, Debug)]
pub struct ClaimAsk {
    pub channel: Channel,
    pub limit: i64,
    /// Only messages due by then.
    pub horizon: Instant,
    /// How long the lease holds.
    pub lease_seconds: i64,
    /// Attempts after which a message is dead.
    pub max_attempts: i32,
    /// Mails one recipient gets in an hour at most.
    pub mails_per_hour: i64,
    /// Receivers to leave alone for now.
    pub except: Vec<WebhookId>,
}

/// What a worker got.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// Leased rows, attempt counted, token set.
    pub rows: Vec<OutboxRow>,
    /// Put off because the recipient had enough mail this hour; no attempt counted.
    pub deferred: usize,
    /// Given up because every attempt was used and the last worker never came back.
    pub dead: usize,
}

/// The end of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    Sent,
    /// Once more, not before `at`.
    Retry {
        at: Instant,
        reason: String,
    },
    /// No more. `quiet` when nobody needs to look: the recipient or the subscription is gone.
    Dead {
        reason: String,
        quiet: bool,
    },
}

diesel::alias!(const OLDER: Alias<Older> = outbox as older);

/// A row of the outbox that no older one to the same recipient in the same case stands before.
macro_rules! unblocked {
    () => {
        not(exists(
            OLDER
                .filter(OLDER.field(outbox::case_id).eq(outbox::case_id))
                .filter(OLDER.field(outbox::id).lt(outbox::id))
                .filter(OLDER.field(outbox::state).eq_any(["due", "leased"]))
                .filter(
                    OLDER
                        .field(outbox::user_id)
                        .eq(outbox::user_id)
                        .or(OLDER.field(outbox::party_id).eq(outbox::party_id))
                        .or(OLDER.field(outbox::webhook_id).eq(outbox::webhook_id)),
                )
                .select(OLDER.field(outbox::id)),
        ))
    };
}

impl Snap<'_> {
    /// Messages that could be claimed now, those of lost workers first, then by due time.
    pub fn claimable(&mut self, ask: &ClaimAsk) -> Result<Vec<OutboxRow>, Error> {
        let except: Vec<UuidCol> = ask.except.iter().map(Col::put).collect();
        let here = || {
            outbox::table
                .filter(outbox::channel.eq(ask.channel.code()))
                .filter(
                    outbox::webhook_id
                        .is_null()
                        .or(outbox::webhook_id.ne_all(except.clone())),
                )
        };
        let mut rows = here()
            .filter(outbox::state.eq("leased"))
            .filter(outbox::lease_until.lt(InstantCol(self.ctx.now)))
            .order((outbox::due_at, outbox::id))
            .limit(ask.limit)
            .load::<<OutboxRow as FromRaw>::Raw>(self.conn)?;
        let left = ask
            .limit
            .saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        if left > 0 {
            rows.extend(
                here()
                    .filter(outbox::state.eq("due"))
                    .filter(outbox::due_at.le(InstantCol(ask.horizon)))
                    .filter(unblocked!())
                    .order((outbox::due_at, outbox::id))
                    .limit(left)
                    .load::<<OutboxRow as FromRaw>::Raw>(self.conn)?,
            );
        }
        Ok(build(rows)?)
    }

    /// Messages waiting (due or under way) and dead ones.
    pub fn backlog(&mut self) -> Result<(i64, i64), Error> {
        let mut count = |states: &[&str]| -> QueryResult<i64> {
            outbox::table
                .filter(outbox::channel.eq_any(Channel::ALL.map(Channel::code)))
                .filter(outbox::state.eq_any(states.to_vec()))
                .count()
                .get_result(self.conn)
        };
        Ok((count(&["due", "leased"])?, count(&["dead"])?))
    }

    /// When a recipient who had enough mail may get the next one; `None` when now.
    fn ceiling(&mut self, row: &OutboxRow, per_hour: i64) -> Result<Option<Instant>, Error> {
        let since = InstantCol(self.ctx.now.plus_hours(-1));
        macro_rules! of_recipient {
            ($column:ident, $id:expr) => {{
                // One statement sees a message that is being settled once; two could miss it.
                let counted = || {
                    outbox::table
                        .filter(outbox::$column.eq($id.put()))
                        .filter(outbox::channel.eq(Channel::Mail.code()))
                        .filter(
                            outbox::state
                                .eq("leased")
                                .or(outbox::state.eq("sent").and(outbox::settled_at.gt(since))),
                        )
                };
                let many: i64 = counted().count().get_result(self.conn)?;
                if many < per_hour {
                    return Ok(None);
                }
                counted()
                    .filter(outbox::state.eq("sent"))
                    .order(outbox::settled_at)
                    .select(outbox::settled_at)
                    .first::<Option<InstantCol>>(self.conn)
                    .optional()?
                    .flatten()
            }};
        }
        let oldest = match (row.user_id, row.party_id) {
            (Some(id), _) => of_recipient!(user_id, id),
            (_, Some(id)) => of_recipient!(party_id, id),
            _ => return Ok(None),
        };
        let next = oldest.map_or(self.ctx.now.plus_minutes(1), |at| at.0.plus_hours(1));
        Ok(Some(next.max(self.ctx.now.plus_seconds(1))))
    }
}

impl Tx<'_> {
    /// Takes the lease of each row that is still as it was read; one text for both engines.
    pub fn take_leases(&mut self, rows: &[OutboxRow], ask: &ClaimAsk) -> Result<Claimed, Error> {
        self.technical();
        let mut out = Claimed::default();
        for row in rows {
            if row.attempts >= ask.max_attempts {
                let end = Settlement::Dead {
                    reason: format!("worker lost {} times", row.attempts),
                    quiet: false,
                };
                out.dead = out
                    .dead
                    .saturating_add(usize::from(self.swap(row, &end, None)?));
                continue;
            }
            if ask.channel == Channel::Mail
                && let Some(at) = self.ceiling(row, ask.mails_per_hour)?
            {
                out.deferred = out
                    .deferred
                    .saturating_add(usize::from(self.put_off(row, at)?));
                continue;
            }
            let leased = OutboxRow {
                state: "leased".to_owned(),
                attempts: row.attempts.saturating_add(1),
                lease_until: Some(self.ctx.now.plus_seconds(ask.lease_seconds)),
                lease_token: Some(self.ctx.ids.uuid()),
                ..row.clone()
            };
            let hit = diesel::update(
                outbox::table
                    .filter(outbox::id.eq(row.id.put()))
                    .filter(outbox::state.eq(&row.state))
                    .filter(outbox::attempts.eq(row.attempts)),
            )
            .set((
                outbox::state.eq(&leased.state),
                outbox::attempts.eq(leased.attempts),
                outbox::lease_until.eq(Col::put(&leased.lease_until)),
                outbox::lease_token.eq(Col::put(&leased.lease_token)),
            ))
            .execute(self.conn)?;
            if hit == 1 {
                out.rows.push(leased);
            }
        }
        Ok(out)
    }

    /// A claimable row that has to wait for its recipient's hour to pass.
    fn put_off(&mut self, row: &OutboxRow, at: Instant) -> Result<bool, Error> {
        let hit = diesel::update(
            outbox::table
                .filter(outbox::id.eq(row.id.put()))
                .filter(outbox::state.eq(&row.state))
                .filter(outbox::attempts.eq(row.attempts)),
        )
        .set((
            outbox::state.eq("due"),
            outbox::due_at.eq(InstantCol(at)),
            outbox::lease_until.eq(None::<InstantCol>),
            outbox::lease_token.eq(None::<UuidCol>),
        ))
        .execute(self.conn)?;
        Ok(hit == 1)
    }

    /// Writes the end of an attempt, if the lease is still ours. A late worker changes nothing.
    pub fn settle(&mut self, row: &OutboxRow, end: &Settlement) -> Result<bool, Error> {
        self.technical();
        self.swap(row, end, row.lease_token)
    }

    fn swap(
        &mut self,
        row: &OutboxRow,
        end: &Settlement,
        token: Option<Uuid>,
    ) -> Result<bool, Error> {
        let (state, due_at, error, settled_at) = match end {
            Settlement::Sent => ("sent", row.due_at, None, Some(self.ctx.now)),
            Settlement::Retry { at, reason } => ("due", *at, Some(reason), None),
            Settlement::Dead { reason, .. } => {
                ("dead", row.due_at, Some(reason), Some(self.ctx.now))
            }
        };
        let error = error.map(|e| e.chars().take(200).collect::<String>());
        let same = outbox::table
            .filter(outbox::id.eq(row.id.put()))
            .filter(outbox::state.eq(&row.state))
            .filter(outbox::attempts.eq(row.attempts));
        let change = (
            outbox::state.eq(state),
            outbox::due_at.eq(InstantCol(due_at)),
            outbox::lease_until.eq(None::<InstantCol>),
            outbox::lease_token.eq(None::<UuidCol>),
            outbox::last_error.eq(error),
            outbox::settled_at.eq(Col::put(&settled_at)),
        );
        let hit = match token {
            Some(token) => diesel::update(same.filter(outbox::lease_token.eq(UuidCol(token))))
                .set(change)
                .execute(self.conn)?,
            None => diesel::update(same).set(change).execute(self.conn)?,
        };
        if hit == 1
            && let Settlement::Dead { quiet: false, .. } = end
        {
            self.tell_of_dead(row)?;
        }
        Ok(hit == 1)
    }

    /// An inbox item (never a mail: that could die in turn) for the county's dispatchers; one
    /// unread item for each case is enough.
    fn tell_of_dead(&mut self, row: &OutboxRow) -> Result<(), Error> {
        let case_id = row.case_id.filter(|_| row.webhook_id.is_none());
        let notice = Notice::of(NoticeKind::DeliveryDead);
        let mut people: Vec<UuidCol> = role_grants::table
            .inner_join(org_units::table.on(org_units::id.eq(role_grants::org_id)))
            .filter(role_grants::role.eq(Role::CountyDispatcher.code()))
            .filter(role_grants::revoked_at.is_null())
            .filter(org_units::kind.eq(OrgKind::CountyCentre.code()))
            .select(role_grants::user_id)
            .load(self.conn)?;
        people.sort_by_key(|p| p.0);
        people.dedup();
        // Two workers that give up at the same instant must not both find nothing unread.
        self.lock_name("delivery_dead")?;
        for person in people {
            let unread = inbox_items::table
                .filter(inbox_items::user_id.eq(person))
                .filter(inbox_items::read_at.is_null())
                .filter(inbox_items::kind.eq(notice.kind.code()));
            let known: i64 = match case_id {
                Some(id) => unread
                    .filter(inbox_items::case_id.eq(id.put()))
                    .count()
                    .get_result(self.conn)?,
                None => unread
                    .filter(inbox_items::case_id.is_null())
                    .count()
                    .get_result(self.conn)?,
            };
            let user = UserId::new(person.0);
            if known == 0 && !self.is_off(user, notice.kind, "inbox")? {
                self.put_in_inbox(user, case_id, &notice)?;
            }
        }
        Ok(())
    }

    /// Ends a subscription whose receiver said that it is gone.
    pub fn disable_webhook(&mut self, id: WebhookId, reason: &str) -> Result<(), Error> {
        let hit = diesel::update(
            webhooks::table
                .filter(webhooks::id.eq(id.put()))
                .filter(webhooks::active.eq(true)),
        )
        .set((
            webhooks::active.eq(false),
            webhooks::disabled_reason.eq(reason),
        ))
        .execute(self.conn)?;
        if hit == 1 {
            let fact = Event::WebhookChanged { webhook: id };
            self.record("system", format!("webhook/{id}"), vec![fact])?;
        }
        Ok(())
    }
}
