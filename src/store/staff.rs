//! Users and what belongs to them: lists, grants, ties.

use diesel::prelude::*;

use super::conn::Multi;
use super::row::{FromRaw, build, one};
use super::tables::org::*;
use super::tx::Snap;
use super::types::{Col, UuidCol};
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::org::*;
use crate::error::Error;

/// What a list of users is narrowed to; everything is optional.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    pub state: Option<UserState>,
    /// Holds this role now.
    pub role: Option<Role>,
    /// Holds a role at this unit now.
    pub org_id: Option<OrgId>,
    /// Part of the user name or the display name.
    pub text: Option<String>,
}

/// The pattern that finds a text anywhere, its own wildcards taken literally.
fn anywhere(text: &str) -> String {
    let plain = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{plain}%")
}

impl Snap<'_> {
    /// A page of users after a user name, in the order of user names.
    pub fn users_page(
        &mut self,
        filter: &UserFilter,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<User>, Error> {
        let mut query = users::table.into_boxed::<Multi>();
        if let Some(state) = filter.state {
            query = query.filter(users::state.eq(state.code()));
        }
        let held = role_grants::table
            .filter(role_grants::revoked_at.is_null())
            .select(role_grants::user_id);
        query = match (filter.role.map(Code::code), filter.org_id.map(|o| o.put())) {
            (None, None) => query,
            (Some(role), None) => {
                query.filter(users::id.eq_any(held.filter(role_grants::role.eq(role))))
            }
            (None, Some(org)) => {
                query.filter(users::id.eq_any(held.filter(role_grants::org_id.eq(org))))
            }
            (Some(role), Some(org)) => query.filter(
                users::id.eq_any(
                    held.filter(role_grants::role.eq(role))
                        .filter(role_grants::org_id.eq(org)),
                ),
            ),
        };
        if let Some(text) = &filter.text {
            query = query.filter(
                users::username
                    .like(anywhere(&text.to_lowercase()))
                    .escape('\\')
                    .or(users::name.like(anywhere(text)).escape('\\')),
            );
        }
        if let Some(name) = after {
            query = query.filter(users::username.gt(name));
        }
        let rows = query
            .order(users::username)
            .limit(limit)
            .load::<<User as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Whether there is any user at all.
    pub fn has_users(&mut self) -> Result<bool, Error> {
        let first = users::table
            .select(users::id)
            .first::<UuidCol>(self.conn)
            .optional()?;
        Ok(first.is_some())
    }

    /// Every grant of a user, those revoked included, the oldest first.
    pub fn grants(&mut self, user: UserId) -> Result<Vec<Grant>, Error> {
        let rows = role_grants::table
            .filter(role_grants::user_id.eq(user.put()))
            .order(role_grants::id)
            .load::<<Grant as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The grants in force of several users, by id.
    pub fn grants_in_force(&mut self, of: &[UserId]) -> Result<Vec<Grant>, Error> {
        let ids: Vec<UuidCol> = of.iter().map(Col::put).collect();
        let rows = role_grants::table
            .filter(role_grants::user_id.eq_any(ids))
            .filter(role_grants::revoked_at.is_null())
            .order(role_grants::id)
            .load::<<Grant as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// One grant of a user; 404 when it is another's.
    pub fn grant_of(&mut self, user: UserId, id: GrantId) -> Result<Grant, Error> {
        let row = role_grants::table
            .filter(role_grants::id.eq(id.put()))
            .filter(role_grants::user_id.eq(user.put()))
            .first::<<Grant as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }
}
