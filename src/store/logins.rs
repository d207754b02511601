//! Logins, refresh tokens, invites and throttles: what proves who somebody is.

use diesel::prelude::*;

use super::conn::AnyConn;
use super::row::{FromRaw, Stored, build, one};
use super::tables::org::users;
use super::tables::system::*;
use super::tx::{Snap, Tx};
use super::types::{Col, UuidCol};
use crate::crypto::throttle::{AccountState, Bucket, Gate, Rate};
use crate::domain::ids::*;
use crate::domain::org::User;
use crate::domain::time::Instant;
use crate::error::Error;

/// Rows that one purge removes of each kind at most.
const PURGE: i64 = 500;
/// How long an ended login stays listed for the sake of its history.
const KEEP_LOGIN_DAYS: i64 = 90;
/// After a quiet day a throttle counts nothing any more.
const KEEP_THROTTLE_DAYS: i64 = 2;

impl Snap<'_> {
    /// The logins of a user that have not ended, the oldest first.
    pub fn live_logins(&mut self, user: UserId) -> Result<Vec<LoginSession>, Error> {
        let rows = login_sessions::table
            .filter(login_sessions::user_id.eq(user.put()))
            .filter(login_sessions::ended_at.is_null())
            .filter(login_sessions::expires_at.gt(self.ctx.now.put()))
            .order((login_sessions::created_at, login_sessions::id))
            .load::<<LoginSession as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Whether the user ever signed in before.
    pub fn has_logins(&mut self, user: UserId) -> Result<bool, Error> {
        let first = login_sessions::table
            .filter(login_sessions::user_id.eq(user.put()))
            .select(login_sessions::id)
            .first::<UuidCol>(self.conn)
            .optional()?;
        Ok(first.is_some())
    }

    /// A refresh token by its hash.
    pub fn refresh_token(&mut self, hash: &str) -> Result<Option<RefreshToken>, Error> {
        let row = refresh_tokens::table
            .filter(refresh_tokens::hash.eq(hash))
            .first::<<RefreshToken as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    /// An invite that can still be redeemed, by the hash of its code.
    pub fn open_invite(&mut self, hash: &str) -> Result<Option<Invite>, Error> {
        let row = invites::table
            .filter(invites::code_hash.eq(hash))
            .filter(invites::used_at.is_null())
            .filter(invites::expires_at.gt(self.ctx.now.put()))
            .first::<<Invite as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }
}

impl Tx<'_> {
    /// Holds a name until the commit, so that nobody else reads and writes what it stands for in
    /// between. SQLite has one writer anyway.
    pub fn hold(&mut self, name: &str) -> Result<(), Error> {
        if let AnyConn::Pg(c) = self.conn() {
            diesel::select(
                diesel::dsl::sql::<diesel::sql_types::Text>("pg_advisory_xact_lock(hashtext(")
                    .bind::<diesel::sql_types::Text, _>(name)
                    .sql("))::text"),
            )
            .execute(c)?;
        }
        Ok(())
    }

    /// Takes one attempt from the bucket of a key.
    pub fn take(&mut self, key: &str, rate: Rate) -> Result<Gate, Error> {
        let row = self.throttle(key)?;
        let (gate, next) = rate.take(row.map(|r| r.at), self.ctx.now);
        if gate == Gate::Open {
            self.save_bucket(key, next)?;
        }
        Ok(gate)
    }

    /// Gives an attempt back to the bucket of a key: it succeeded, or was never made.
    pub fn give_back(&mut self, key: &str, rate: Rate) -> Result<(), Error> {
        let row = self.throttle(key)?;
        let next = rate.give_back(row.map(|r| r.at), self.ctx.now);
        self.save_bucket(key, next)
    }

    fn save_bucket(&mut self, key: &str, bucket: Bucket) -> Result<(), Error> {
        self.save_throttle(&ThrottleRow {
            key: key.to_owned(),
            streak: 0,
            day: 0,
            at: bucket.unwrap_or(self.ctx.now),
        })
    }

    /// Reserves one attempt at an account, counted as failed until it is given back.
    pub fn reserve(&mut self, key: &str) -> Result<Gate, Error> {
        let (gate, next) = self.account(key)?.reserve(self.ctx.now);
        if gate == Gate::Open {
            self.save_account(key, next)?;
        }
        Ok(gate)
    }

    /// Gives a reserved attempt back after a full success.
    pub fn succeeded(&mut self, key: &str) -> Result<(), Error> {
        let next = self.account(key)?.succeeded();
        self.save_account(key, next)
    }

    /// Gives a reserved attempt back that was never made; the wait stays.
    pub fn unreserve(&mut self, key: &str) -> Result<(), Error> {
        let now = self.account(key)?;
        let next = AccountState {
            streak: now.streak.saturating_sub(1),
            day: now.day.saturating_sub(1),
            last: now.last,
        };
        self.save_account(key, next)
    }

    fn account(&mut self, key: &str) -> Result<AccountState, Error> {
        let count = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
        Ok(self
            .throttle(key)?
            .map_or_else(AccountState::default, |row| AccountState {
                streak: count(row.streak),
                day: count(row.day),
                last: Some(row.at),
            }))
    }

    fn save_account(&mut self, key: &str, state: AccountState) -> Result<(), Error> {
        self.save_throttle(&ThrottleRow {
            key: key.to_owned(),
            streak: i64::from(state.streak),
            day: i64::from(state.day),
            at: state.last.unwrap_or(self.ctx.now),
        })
    }

    /// The counters of a key, held until the commit; `None` for one never seen.
    fn throttle(&mut self, key: &str) -> Result<Option<ThrottleRow>, Error> {
        self.hold(key)?;
        let row = throttles::table
            .filter(throttles::key.eq(key))
            .first::<<ThrottleRow as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    /// Keeps the counters of a held key. Counters are no facts of the trail.
    fn save_throttle(&mut self, row: &ThrottleRow) -> Result<(), Error> {
        match row.update(self.conn) {
            Err(diesel::result::Error::NotFound) => Ok(row.insert(self.conn)?),
            other => Ok(other?),
        }
    }

    /// A user, with the row held until the commit.
    pub fn lock_user(&mut self, id: UserId) -> Result<User, Error> {
        if let AnyConn::Pg(c) = self.conn() {
            users::table
                .filter(users::id.eq(id.put()))
                .select(users::id)
                .for_no_key_update()
                .first::<UuidCol>(c)?;
        }
        self.user(id)
    }

    /// A login, with the row held until the commit.
    pub fn lock_login(&mut self, id: LoginId) -> Result<Option<LoginSession>, Error> {
        if let AnyConn::Pg(c) = self.conn() {
            login_sessions::table
                .filter(login_sessions::id.eq(id.put()))
                .select(login_sessions::id)
                .for_no_key_update()
                .first::<UuidCol>(c)
                .optional()?;
        }
        self.login(id)
    }

    /// Marks a token used and names its successor, if it was unused: compare and set.
    pub fn use_refresh_token(
        &mut self,
        hash: &str,
        successor: &str,
        at: Instant,
    ) -> Result<bool, Error> {
        let hit = diesel::update(
            refresh_tokens::table
                .filter(refresh_tokens::hash.eq(hash))
                .filter(refresh_tokens::used_at.is_null()),
        )
        .set((
            refresh_tokens::used_at.eq(at.put().to_owned()),
            refresh_tokens::successor_hash.eq(successor),
        ))
        .execute(self.conn)?;
        Ok(hit == 1)
    }

    /// Ends one login.
    pub fn end_login(&mut self, mut login: LoginSession, reason: &str) -> Result<(), Error> {
        login.ended_at = Some(self.ctx.now);
        login.end_reason = Some(reason.to_owned());
        self.update(&login)
    }

    /// Ends every live login of a user but one; returns those ended.
    pub fn end_logins(
        &mut self,
        user: UserId,
        except: Option<LoginId>,
        reason: &str,
    ) -> Result<Vec<LoginId>, Error> {
        let mut out = Vec::new();
        for login in self.live_logins(user)? {
            if Some(login.id) != except {
                out.push(login.id);
                self.end_login(login, reason)?;
            }
        }
        Ok(out)
    }

    /// Marks an invite used, if it was not: compare and set.
    pub fn use_invite(&mut self, id: InviteId) -> Result<bool, Error> {
        let hit = diesel::update(
            invites::table
                .filter(invites::id.eq(id.put()))
                .filter(invites::used_at.is_null()),
        )
        .set(invites::used_at.eq(self.ctx.now.put()))
        .execute(self.conn)?;
        Ok(hit == 1)
    }

    /// Makes every open invite of a user worthless.
    pub fn void_invites(&mut self, user: UserId) -> Result<(), Error> {
        diesel::update(
            invites::table
                .filter(invites::user_id.eq(user.put()))
                .filter(invites::used_at.is_null()),
        )
        .set(invites::used_at.eq(self.ctx.now.put()))
        .execute(self.conn)?;
        Ok(())
    }

    /// Removes counters, tokens, logins and invites that can mean nothing any more; returns how
    /// many rows. For the upkeep job; the facts stay in the trail.
    pub fn purge_logins(&mut self) -> Result<usize, Error> {
        let now = self.ctx.now;
        let old: Vec<String> = throttles::table
            .filter(throttles::at.lt(now.plus_days(-KEEP_THROTTLE_DAYS).put()))
            .limit(PURGE)
            .select(throttles::key)
            .load(self.conn)?;
        let mut gone = diesel::delete(throttles::table.filter(throttles::key.eq_any(old)))
            .execute(self.conn)?;
        let before = now.plus_days(-KEEP_LOGIN_DAYS).put();
        let old: Vec<UuidCol> = login_sessions::table
            .filter(login_sessions::expires_at.lt(before))
            .limit(PURGE)
            .select(login_sessions::id)
            .load(self.conn)?;
        gone += diesel::delete(
            refresh_tokens::table.filter(refresh_tokens::login_id.eq_any(old.clone())),
        )
        .execute(self.conn)?;
        gone += diesel::delete(login_sessions::table.filter(login_sessions::id.eq_any(old)))
            .execute(self.conn)?;
        gone += diesel::delete(invites::table.filter(invites::expires_at.lt(before)))
            .execute(self.conn)?;
        gone += self.purge_challenges()?;
        self.technical();
        Ok(gone)
    }
}
