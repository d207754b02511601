//! Units, committees and rooms: lists and what stands in the way of closing them.

use diesel::prelude::*;

use super::conn::AnyConn;
use super::row::{FromRaw, build, one};
use super::tables::case::cases;
use super::tables::org::*;
use super::tx::{Snap, Tx};
use super::types::{Col, UuidCol};
use crate::domain::ids::*;
use crate::domain::org::*;
use crate::error::Error;

impl Snap<'_> {
    /// The unit at the root of the tree, if it is made yet.
    pub fn county(&mut self) -> Result<Option<OrgUnit>, Error> {
        let all = self.orgs()?;
        Ok(all.into_iter().find(|o| o.kind == OrgKind::CountyCentre))
    }

    /// Every committee, by id.
    pub fn committees(&mut self) -> Result<Vec<Committee>, Error> {
        let rows = committees::table
            .order(committees::id)
            .load::<<Committee as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// A membership of a committee; 404 when it is another's.
    pub fn member_of(&mut self, committee: CommitteeId, id: MemberId) -> Result<Member, Error> {
        let row = committee_members::table
            .filter(committee_members::id.eq(id.put()))
            .filter(committee_members::committee_id.eq(committee.put()))
            .first::<<Member as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    /// Every room, by id.
    pub fn rooms(&mut self) -> Result<Vec<Room>, Error> {
        let rows = rooms::table
            .order(rooms::id)
            .load::<<Room as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Whether a unit holds live cases.
    pub fn holds_live_cases(&mut self, org: OrgId) -> Result<bool, Error> {
        let first = cases::table
            .filter(cases::holder_id.eq(org.put()))
            .filter(cases::live.eq(true))
            .select(cases::id)
            .first::<UuidCol>(self.conn)
            .optional()?;
        Ok(first.is_some())
    }

    /// Whether active units hang under a unit.
    pub fn has_active_children(&mut self, org: OrgId) -> Result<bool, Error> {
        let first = org_units::table
            .filter(org_units::parent_id.eq(org.put()))
            .filter(org_units::active.eq(true))
            .select(org_units::id)
            .first::<UuidCol>(self.conn)
            .optional()?;
        Ok(first.is_some())
    }
}

impl Tx<'_> {
    /// A unit, with the row held until the commit.
    pub fn lock_org(&mut self, id: OrgId) -> Result<OrgUnit, Error> {
        if let AnyConn::Pg(c) = self.conn() {
            org_units::table
                .filter(org_units::id.eq(id.put()))
                .select(org_units::id)
                .for_no_key_update()
                .first::<UuidCol>(c)?;
        }
        self.org(id)
    }

    /// A committee, with the row held until the commit.
    pub fn lock_committee(&mut self, id: CommitteeId) -> Result<Committee, Error> {
        if let AnyConn::Pg(c) = self.conn() {
            committees::table
                .filter(committees::id.eq(id.put()))
                .select(committees::id)
                .for_no_key_update()
                .first::<UuidCol>(c)?;
        }
        self.committee(id)
    }
}
