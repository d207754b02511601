//! What the county's dashboard counts. Every question is answered from one index.

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::tables::case::{cases, transfers};
use super::tx::Snap;
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::case::CaseType;
use crate::domain::codes::Code;
use crate::domain::ids::OrgId;
use crate::domain::movement::TransferState;
use crate::domain::time::Instant;
use crate::error::Error;

/// A registration, as far as the dashboard asks.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub at: Instant,
    pub kind: CaseType,
    pub origin: OrgId,
}

/// Live cases by the light of their next step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lights {
    /// Past due.
    pub red: i64,
    /// Due soon.
    pub yellow: i64,
    pub green: i64,
    /// Nothing due: waiting for others, or no clock runs.
    pub grey: i64,
}

impl Snap<'_> {
    /// Registrations since an instant.
    pub fn arrivals(&mut self, since: Instant) -> Result<Vec<Arrival>, Error> {
        let rows: Vec<(InstantCol, String, UuidCol)> = cases::table
            .filter(cases::registered_at.ge(since.put()))
            .select((cases::registered_at, cases::kind, cases::origin_id))
            .load(self.conn)?;
        rows.into_iter()
            .map(|(at, kind, origin)| {
                let kind =
                    Col::take(kind).map_err(|e: super::types::BadColumn| Error::internal(e))?;
                Ok(Arrival {
                    at: at.0,
                    kind,
                    origin: OrgId::new(origin.0),
                })
            })
            .collect()
    }

    /// Closings since an instant.
    pub fn closings(&mut self, since: Instant) -> Result<Vec<Instant>, Error> {
        let rows: Vec<Option<InstantCol>> = cases::table
            .filter(cases::closed_at.ge(since.put()))
            .select(cases::closed_at)
            .load(self.conn)?;
        Ok(rows.into_iter().flatten().map(|at| at.0).collect())
    }

    /// Live cases registered in `[from, before)`.
    pub fn live_registered(
        &mut self,
        from: Option<Instant>,
        before: Option<Instant>,
    ) -> Result<i64, Error> {
        let mut q = cases::table.filter(cases::live.eq(true)).into_boxed();
        if let Some(from) = from {
            q = q.filter(cases::registered_at.ge(from.put()));
        }
        if let Some(before) = before {
            q = q.filter(cases::registered_at.lt(before.put()));
        }
        Ok(q.count().get_result(self.conn)?)
    }

    /// The lights of the live cases. They follow the step each case owes next; this is the one
    /// place to change when they are to follow the clocks of a case instead.
    pub fn lights(&mut self, now: Instant, soon: Instant) -> Result<Lights, Error> {
        let live = || cases::table.filter(cases::live.eq(true));
        let red = live()
            .filter(cases::next_due_at.lt(now.put()))
            .count()
            .get_result(self.conn)?;
        let yellow = live()
            .filter(cases::next_due_at.ge(now.put()))
            .filter(cases::next_due_at.lt(soon.put()))
            .count()
            .get_result(self.conn)?;
        let green = live()
            .filter(cases::next_due_at.ge(soon.put()))
            .count()
            .get_result(self.conn)?;
        let grey = live()
            .filter(cases::next_due_at.is_null())
            .count()
            .get_result(self.conn)?;
        Ok(Lights {
            red,
            yellow,
            green,
            grey,
        })
    }

    /// Transfers returned since an instant: who returned them to whom, and how many.
    pub fn returned_transfers(
        &mut self,
        since: Instant,
    ) -> Result<Vec<(Option<OrgId>, OrgId, i64)>, Error> {
        let pair = (transfers::to_id, transfers::from_id);
        let rows: Vec<(Option<UuidCol>, UuidCol, i64)> = transfers::table
            .filter(transfers::state.eq(TransferState::Returned.code()))
            .filter(transfers::decided_at.ge(since.put()))
            .group_by(pair)
            .select((transfers::to_id, transfers::from_id, count_star()))
            .load(self.conn)?;
        Ok(rows
            .into_iter()
            .map(|(to, from, n)| (to.map(|t| OrgId::new(t.0)), OrgId::new(from.0), n))
            .collect())
    }
}

diesel::allow_columns_to_appear_in_same_group_by_clause!(transfers::to_id, transfers::from_id,);
