//! Users, units, committees: what identity and appointment need.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::cached::{Cached, padded};
use super::conn::AnyConn;
use super::row::{FromRaw, build, one};
use super::tables::case::{participants, parties};
use super::tables::org::*;
use super::tables::system::{LoginSession, login_sessions};
use super::tx::Snap;
use super::types::{Col, UuidCol};
use crate::domain::facts::Names;
use crate::domain::ids::*;
use crate::domain::org::*;
use crate::domain::persons::mask_name;
use crate::domain::policy::{Actor, ActorGrant};
use crate::error::Error;

/// Names by id, for timelines and views.
#[derive(Debug, Default)]
pub struct NameBook(pub HashMap<Uuid, String>);

impl Names for NameBook {
    fn name(&self, id: Uuid) -> Option<String> {
        self.0.get(&id).cloned()
    }
}

impl NameBook {
    /// Masks the names of a case's parties and participants.
    pub fn mask_people(&mut self, snap: &mut Snap<'_>, case: CaseId) -> Result<(), Error> {
        let mut people: Vec<UuidCol> = parties::table
            .filter(parties::case_id.eq(case.put()))
            .select(parties::id)
            .load(snap.conn)?;
        people.extend(
            participants::table
                .filter(participants::case_id.eq(case.put()))
                .select(participants::id)
                .load::<UuidCol>(snap.conn)?,
        );
        for id in people {
            if let Some(name) = self.0.get_mut(&id.0) {
                *name = mask_name(name);
            }
        }
        Ok(())
    }
}

impl Snap<'_> {
    /// The actor of a live login, with the rights of this instant; `None` when the user is not
    /// active or the login has ended.
    pub fn actor(&mut self, user: UserId, login: LoginId) -> Result<Option<Actor>, Error> {
        let row = users::table
            .inner_join(login_sessions::table.on(login_sessions::user_id.eq(users::id)))
            .filter(users::id.eq(user.put()))
            .filter(users::state.eq("active"))
            .filter(login_sessions::id.eq(login.put()))
            .filter(login_sessions::ended_at.is_null())
            .filter(login_sessions::expires_at.gt(self.ctx.now.put()))
            .select(users::name)
            .first::<String>(self.conn)
            .optional()?;
        let Some(name) = row else { return Ok(None) };
        let grants = self.actor_grants(user)?;
        Ok(Some(Actor {
            user_id: user,
            login_id: Some(login),
            name,
            grants,
        }))
    }

    /// The grants in force of a user.
    pub fn actor_grants(&mut self, user: UserId) -> Result<Vec<ActorGrant>, Error> {
        let rows: Vec<(String, UuidCol, String, Option<UuidCol>)> = role_grants::table
            .inner_join(org_units::table.on(org_units::id.eq(role_grants::org_id)))
            .filter(role_grants::user_id.eq(user.put()))
            .filter(role_grants::revoked_at.is_null())
            .filter(org_units::active.eq(true))
            .order(role_grants::id)
            .select((
                role_grants::role,
                role_grants::org_id,
                org_units::kind,
                org_units::desk_id,
            ))
            .load(self.conn)?;
        rows.into_iter()
            .map(|(role, org, kind, desk)| {
                Ok(ActorGrant {
                    role: Role::take(role).map_err(Error::internal)?,
                    org_id: OrgId::new(org.0),
                    org_kind: OrgKind::take(kind).map_err(Error::internal)?,
                    desk_id: desk.map(|d| OrgId::new(d.0)),
                })
            })
            .collect()
    }

    pub fn user(&mut self, id: UserId) -> Result<User, Error> {
        let row = users::table
            .filter(users::id.eq(id.put()))
            .first::<<User as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    pub fn user_by_name(&mut self, username: &str) -> Result<Option<User>, Error> {
        let row = users::table
            .filter(users::username.eq(username))
            .first::<<User as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    pub fn login(&mut self, id: LoginId) -> Result<Option<LoginSession>, Error> {
        let row = login_sessions::table
            .filter(login_sessions::id.eq(id.put()))
            .first::<<LoginSession as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    pub fn org(&mut self, id: OrgId) -> Result<OrgUnit, Error> {
        let row = org_units::table
            .filter(org_units::id.eq(id.put()))
            .first::<<OrgUnit as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    pub fn orgs(&mut self) -> Result<Vec<OrgUnit>, Error> {
        let rows = org_units::table
            .order(org_units::id)
            .load::<<OrgUnit as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    pub fn committee(&mut self, id: CommitteeId) -> Result<Committee, Error> {
        let row = committees::table
            .filter(committees::id.eq(id.put()))
            .first::<<Committee as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    pub fn committee_members(&mut self, id: CommitteeId) -> Result<Vec<Member>, Error> {
        let rows = committee_members::table
            .filter(committee_members::committee_id.eq(id.put()))
            .order(committee_members::id)
            .load::<<Member as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    pub fn relatives(&mut self, user: UserId) -> Result<Vec<Relative>, Error> {
        let rows = staff_relatives::table
            .filter(staff_relatives::user_id.eq(user.put()))
            .order(staff_relatives::id)
            .load::<<Relative as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The names of these users, units, committees, parties and participants; ids that name
    /// something else are left out.
    pub fn names_of(&mut self, wanted: &[Uuid]) -> Result<NameBook, Error> {
        let mut ids: Vec<UuidCol> = wanted.iter().copied().map(UuidCol).collect();
        ids.sort_by_key(|i| i.0);
        ids.dedup();
        let ids = padded(ids);
        macro_rules! named {
            ($table:ident) => {
                $table::table
                    .filter($table::id.eq_any(ids.clone()))
                    .select(($table::id, $table::name))
            };
        }
        macro_rules! all_named {
            ($conn:expr) => {
                Cached(
                    named!(users)
                        .union_all(named!(org_units))
                        .union_all(named!(committees))
                        .union_all(named!(parties))
                        .union_all(named!(participants)),
                )
                .load::<(UuidCol, String)>($conn)?
            };
        }
        let out = match self.conn() {
            AnyConn::Pg(c) => all_named!(c),
            AnyConn::Sqlite(c) => all_named!(c),
        };
        Ok(NameBook(
            out.into_iter().map(|(id, name)| (id.0, name)).collect(),
        ))
    }
}
