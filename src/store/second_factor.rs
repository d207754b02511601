//! Authenticators, recovery codes, sign-ins that wait for a second factor.

use diesel::prelude::*;

use super::conn::AnyConn;
use super::row::{FromRaw, Stored, build, one};
use super::tables::factor::*;
use super::tx::{Snap, Tx};
use super::types::Col;
use crate::domain::ids::*;
use crate::domain::policy::Actor;
use crate::domain::second_factor::FactorPolicy;
use crate::domain::time::Instant;
use crate::error::Error;

impl Snap<'_> {
    /// The authenticator of a user, confirmed or not.
    pub fn factor(&mut self, user: UserId) -> Result<Option<SecondFactor>, Error> {
        let row = second_factors::table
            .filter(second_factors::user_id.eq(user.put()))
            .first::<<SecondFactor as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    /// The authenticator in force of a user.
    pub fn factor_in_force(&mut self, user: UserId) -> Result<Option<SecondFactor>, Error> {
        Ok(self.factor(user)?.filter(|f| f.confirmed_at.is_some()))
    }

    /// The recovery codes a user has left.
    pub fn recovery_codes(&mut self, user: UserId) -> Result<Vec<RecoveryCode>, Error> {
        let rows = recovery_codes::table
            .filter(recovery_codes::user_id.eq(user.put()))
            .filter(recovery_codes::used_at.is_null())
            .order(recovery_codes::id)
            .load::<<RecoveryCode as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// A waiting sign-in by the hash of its token, whatever became of it.
    pub fn challenge(&mut self, hash: &str) -> Result<Option<LoginChallenge>, Error> {
        let row = login_challenges::table
            .filter(login_challenges::hash.eq(hash))
            .first::<<LoginChallenge as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    /// Until when a user may work without a second factor; `None` when that never began.
    pub fn factor_grace(&mut self, user: UserId) -> Result<Option<Instant>, Error> {
        let row = second_factor_grace::table
            .filter(second_factor_grace::user_id.eq(user.put()))
            .first::<<FactorGrace as FromRaw>::Raw>(self.conn)
            .optional()?;
        let grace: Option<FactorGrace> = row.map(one).transpose()?;
        Ok(grace.map(|g| g.ends_at))
    }

    /// Whether a member of staff must set a second factor up before anything else.
    pub fn must_enrol(&mut self, actor: &Actor, policy: &FactorPolicy) -> Result<bool, Error> {
        if !policy.demands(actor.grants.iter().map(|g| g.role)) {
            return Ok(false);
        }
        let ended = self
            .factor_grace(actor.user_id)?
            .is_some_and(|ends| ends <= self.ctx.now);
        Ok(ended && self.factor_in_force(actor.user_id)?.is_none())
    }
}

impl Tx<'_> {
    /// Marks the step of a code used, if neither it nor a later one was: compare and set.
    pub fn use_step(&mut self, user: UserId, step: i64) -> Result<bool, Error> {
        let unused = second_factors::last_step
            .is_null()
            .or(second_factors::last_step.lt(step));
        let hit = diesel::update(
            second_factors::table
                .filter(second_factors::user_id.eq(user.put()))
                .filter(second_factors::confirmed_at.is_not_null())
                .filter(unused),
        )
        .set(second_factors::last_step.eq(step))
        .execute(self.conn)?;
        Ok(hit == 1)
    }

    /// Marks a recovery code used, if it was not: compare and set.
    pub fn use_recovery_code(&mut self, id: RecoveryCodeId) -> Result<bool, Error> {
        let hit = diesel::update(
            recovery_codes::table
                .filter(recovery_codes::id.eq(id.put()))
                .filter(recovery_codes::used_at.is_null()),
        )
        .set(recovery_codes::used_at.eq(self.ctx.now.put()))
        .execute(self.conn)?;
        Ok(hit == 1)
    }

    /// Marks a waiting sign-in done, if it was not: compare and set.
    pub fn use_challenge(&mut self, hash: &str) -> Result<bool, Error> {
        let hit = diesel::update(
            login_challenges::table
                .filter(login_challenges::hash.eq(hash))
                .filter(login_challenges::used_at.is_null()),
        )
        .set(login_challenges::used_at.eq(self.ctx.now.put()))
        .execute(self.conn)?;
        Ok(hit == 1)
    }

    /// A waiting sign-in, with the row held until the commit.
    pub fn lock_challenge(&mut self, hash: &str) -> Result<Option<LoginChallenge>, Error> {
        if let AnyConn::Pg(c) = self.conn() {
            login_challenges::table
                .filter(login_challenges::hash.eq(hash))
                .select(login_challenges::hash)
                .for_no_key_update()
                .first::<String>(c)
                .optional()?;
        }
        self.challenge(hash)
    }

    /// Puts an authenticator in the place of any other of the user.
    pub fn put_factor(&mut self, factor: &SecondFactor) -> Result<(), Error> {
        self.wrote = true;
        match factor.update(self.conn) {
            Err(diesel::result::Error::NotFound) => Ok(factor.insert(self.conn)?),
            other => Ok(other?),
        }
    }

    /// Puts fresh recovery codes in the place of all others of the user.
    pub fn put_recovery_codes(&mut self, user: UserId, hashes: &[String]) -> Result<(), Error> {
        self.wrote = true;
        self.drop_recovery_codes(user)?;
        for code_hash in hashes {
            let code = RecoveryCode {
                id: self.ctx.id(),
                user_id: user,
                code_hash: code_hash.clone(),
                created_at: self.ctx.now,
                used_at: None,
            };
            self.insert(&code)?;
        }
        Ok(())
    }

    fn drop_recovery_codes(&mut self, user: UserId) -> Result<(), Error> {
        diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user.put())))
            .execute(self.conn)?;
        Ok(())
    }

    /// Removes the authenticator and the recovery codes of a user.
    pub fn drop_factor(&mut self, user: UserId) -> Result<(), Error> {
        self.wrote = true;
        self.drop_recovery_codes(user)?;
        diesel::delete(second_factors::table.filter(second_factors::user_id.eq(user.put())))
            .execute(self.conn)?;
        Ok(())
    }

    /// Sets until when a user may work without a second factor.
    pub fn put_factor_grace(&mut self, user_id: UserId, ends_at: Instant) -> Result<(), Error> {
        self.wrote = true;
        let grace = FactorGrace { user_id, ends_at };
        match grace.update(self.conn) {
            Err(diesel::result::Error::NotFound) => Ok(grace.insert(self.conn)?),
            other => Ok(other?),
        }
    }

    /// Removes waiting sign-ins past their end; returns how many.
    pub(super) fn purge_challenges(&mut self) -> Result<usize, Error> {
        let now = self.ctx.now.put();
        Ok(
            diesel::delete(login_challenges::table.filter(login_challenges::expires_at.lt(now)))
                .execute(self.conn)?,
        )
    }
}
