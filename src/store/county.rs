//! Whistles, joint conferences, supervision orders and leaders in charge in the database.

use diesel::prelude::*;

use super::conn::Multi;
use super::row::{FromRaw, build, one};
use super::tables::case::cases;
use super::tables::clocks::clocks;
use super::tables::county::*;
use super::tables::org::{org_units, role_grants, users};
use super::tx::{Snap, Tx};
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::case::Case;
use crate::domain::clocks::Clock;
use crate::domain::codes::Code;
use crate::domain::county::*;
use crate::domain::ids::*;
use crate::domain::org::{OrgUnit, Role, UserState};
use crate::domain::policy::{Action, role_may};
use crate::domain::time::Instant;
use crate::error::Error;

/// Where the next page of red clocks starts: when the last row fell due, and its id.
pub type DuePosition = (String, uuid::Uuid);

/// Rows of a case, oldest first.
macro_rules! of_case {
    ($self:ident, $table:ident, $ty:ty, $case:expr) => {
        build::<$ty>(
            $table::table
                .filter($table::case_id.eq($case.put()))
                .order($table::id)
                .load::<<$ty as FromRaw>::Raw>($self.conn)?,
        )
        .map_err(Error::from)
    };
}

/// One row of a case by its id.
macro_rules! one_of_case {
    ($self:ident, $table:ident, $ty:ty, $case:expr, $id:expr) => {{
        let row = $table::table
            .filter($table::id.eq($id.put()))
            .filter($table::case_id.eq($case.put()))
            .first::<<$ty as FromRaw>::Raw>($self.conn)?;
        one::<$ty>(row).map_err(Error::from)
    }};
}

impl Snap<'_> {
    /// The leaders in charge of a case, past and present.
    pub fn owners_of(&mut self, case: CaseId) -> Result<Vec<CaseOwner>, Error> {
        of_case!(self, case_owners, CaseOwner, case)
    }

    pub fn whistles_of(&mut self, case: CaseId) -> Result<Vec<Whistle>, Error> {
        of_case!(self, whistles, Whistle, case)
    }

    pub fn whistle(&mut self, case: CaseId, id: WhistleId) -> Result<Whistle, Error> {
        one_of_case!(self, whistles, Whistle, case, id)
    }

    pub fn conferences_of(&mut self, case: CaseId) -> Result<Vec<Conference>, Error> {
        of_case!(self, conferences, Conference, case)
    }

    pub fn conference(&mut self, case: CaseId, id: ConferenceId) -> Result<Conference, Error> {
        one_of_case!(self, conferences, Conference, case, id)
    }

    pub fn supervisions_of(&mut self, case: CaseId) -> Result<Vec<Supervision>, Error> {
        of_case!(self, supervisions, Supervision, case)
    }

    /// The orders about any of these cases, oldest first.
    pub fn supervisions_of_cases(&mut self, ids: &[CaseId]) -> Result<Vec<Supervision>, Error> {
        let ids: Vec<UuidCol> = ids.iter().map(Col::put).collect();
        let rows = supervisions::table
            .filter(supervisions::case_id.eq_any(ids))
            .order(supervisions::id)
            .load::<<Supervision as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    pub fn supervision(&mut self, case: CaseId, id: SupervisionId) -> Result<Supervision, Error> {
        one_of_case!(self, supervisions, Supervision, case, id)
    }

    /// The units with these ids, in no order; ids of none are left out.
    pub fn find_orgs(&mut self, ids: &[OrgId]) -> Result<Vec<OrgUnit>, Error> {
        let ids: Vec<UuidCol> = ids.iter().map(Col::put).collect();
        let rows = org_units::table
            .filter(org_units::id.eq_any(ids))
            .load::<<OrgUnit as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Whether a user is in office with a role that reads cases.
    pub fn reads_cases(&mut self, user: UserId) -> Result<bool, Error> {
        let active: i64 = users::table
            .filter(users::id.eq(user.put()))
            .filter(users::state.ne(UserState::Disabled.code()))
            .count()
            .get_result(self.conn)?;
        let roles: Vec<String> = role_grants::table
            .filter(role_grants::user_id.eq(user.put()))
            .filter(role_grants::revoked_at.is_null())
            .select(role_grants::role)
            .load(self.conn)?;
        let reads = |r: &String| Role::parse(r).is_some_and(|r| role_may(r, Action::ListCases));
        Ok(active == 1 && roles.iter().any(reads))
    }

    /// Open clocks of these policies that are past due and not under a supervision order yet, with
    /// their cases, longest overdue first.
    pub fn red_clocks(
        &mut self,
        policies: &[&str],
        after: Option<&DuePosition>,
        limit: i64,
    ) -> Result<Vec<(Clock, Case)>, Error> {
        let supervised = supervisions::table
            .filter(supervisions::state.eq(SupervisionState::Open.code()))
            .filter(supervisions::about_id.is_not_null())
            .select(supervisions::about_id.assume_not_null());
        let mut q = clocks::table
            .inner_join(cases::table.on(cases::id.eq(clocks::case_id)))
            .filter(clocks::ended_at.is_null())
            .filter(clocks::due_at.le(InstantCol(self.ctx.now)))
            .filter(clocks::policy.eq_any(policies))
            .filter(clocks::subject_id.ne_all(supervised))
            .order((clocks::due_at, clocks::id))
            .select((clocks::all_columns, cases::all_columns))
            .into_boxed::<Multi>();
        if let Some((at, id)) = after
            && let Some(at) = Instant::parse(at).map(InstantCol)
        {
            q = q.filter(clocks::due_at.ge(at)).filter(
                clocks::due_at
                    .gt(at)
                    .or(clocks::id.gt(UuidCol(*id)).nullable()),
            );
        }
        type Row = (<Clock as FromRaw>::Raw, <Case as FromRaw>::Raw);
        let rows = q.limit(limit).load::<Row>(self.conn)?;
        rows.into_iter()
            .map(|(k, c)| Ok((one::<Clock>(k)?, one::<Case>(c)?)))
            .collect()
    }
}

impl Tx<'_> {
    /// The next number of the county's minutes in a year, without gaps.
    pub fn next_minutes_number(&mut self, county: OrgId, year: i16) -> Result<i64, Error> {
        self.next_number(&format!("minutes:{county}:{year}"))
    }
}
