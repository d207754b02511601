//! What movement needs: a unit with those above it, and the queue of transfers.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::conn::Multi;
use super::lists::falling;
use super::row::{FromRaw, one};
use super::tables::case::{cases, custody, transfers};
use super::tables::org::org_units;
use super::tx::Snap;
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::case::{Case, Risk};
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::movement::{Custody, EscalateReason, Transfer, TransferState, TransferVerb};
use crate::domain::org::{OrgKind, OrgUnit};
use crate::domain::policy::Sight;
use crate::domain::rules::movement::Seat;
use crate::domain::time::Instant;
use crate::error::Error;

/// No tree of units is deeper, whatever the rows say.
const MAX_DEPTH: usize = 8;

/// What the queue of transfers is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct TransferFilter {
    pub states: Vec<TransferState>,
    pub verbs: Vec<TransferVerb>,
    pub risks: Vec<Risk>,
    /// From or to this desk or a unit of it.
    pub township: Option<OrgId>,
    pub reason: Option<EscalateReason>,
    /// Whether it climbed because nobody answered.
    pub climbed: Option<bool>,
    /// Sent at this instant or earlier.
    pub sent_until: Option<Instant>,
    pub from: Option<OrgId>,
    pub to: Option<OrgId>,
    /// Only those whose receiver contests them, undecided.
    pub contested: bool,
    pub order: Order,
}

/// The order of the review queue; the id always decides ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Oldest,
    Newest,
    /// The highest risk of the case first, then what was sent first.
    Risk,
}

/// Where the next page starts: when the last row was sent (for `Risk` behind the risk of its case
/// and a blank), and its id.
pub type SentPosition = (String, uuid::Uuid);

fn uuids(list: &[OrgId]) -> Vec<UuidCol> {
    list.iter().map(Col::put).collect()
}

fn codes<C: Code>(list: &[C]) -> Vec<&'static str> {
    list.iter().map(|c| c.code()).collect()
}

/// From or to one of these units.
macro_rules! at_units {
    ($units:expr) => {{
        let ids = uuids($units);
        let to: Vec<Option<UuidCol>> = ids.iter().copied().map(Some).collect();
        transfers::from_id
            .eq_any(ids)
            .nullable()
            .or(transfers::to_id.eq_any(to))
    }};
}

impl Snap<'_> {
    /// A unit and the units above it; `None` when there is no such unit.
    pub fn seat(&mut self, id: OrgId) -> Result<Option<Seat>, Error> {
        let Some(unit) = self.find_org(id)? else {
            return Ok(None);
        };
        let mut above = Vec::new();
        let mut next = unit.parent_id;
        while let Some(parent) = next {
            if above.len() == MAX_DEPTH {
                return Err(Error::internal("the tree of units runs in a circle"));
            }
            let up = self.org(parent)?;
            next = up.parent_id;
            above.push(up);
        }
        Ok(Some(Seat { unit, above }))
    }

    /// A unit, if there is one with this id.
    pub fn find_org(&mut self, id: OrgId) -> Result<Option<OrgUnit>, Error> {
        let row = org_units::table
            .filter(org_units::id.eq(id.put()))
            .first::<<OrgUnit as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    /// The county centre that hears of every red risk.
    pub fn county_centre(&mut self) -> Result<Option<OrgId>, Error> {
        let id = org_units::table
            .filter(org_units::kind.eq(OrgKind::CountyCentre.code()))
            .filter(org_units::active.eq(true))
            .order(org_units::id)
            .select(org_units::id)
            .first::<UuidCol>(self.conn)
            .optional()?;
        Ok(id.map(|id| OrgId::new(id.0)))
    }

    /// The units of these desks, the desks among them.
    pub fn units_of_desks(&mut self, desks: &[OrgId]) -> Result<Vec<OrgId>, Error> {
        if desks.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<Option<UuidCol>> = uuids(desks).into_iter().map(Some).collect();
        let ids: Vec<UuidCol> = org_units::table
            .filter(org_units::desk_id.eq_any(wanted))
            .order(org_units::id)
            .select(org_units::id)
            .load(self.conn)?;
        Ok(ids.into_iter().map(|id| OrgId::new(id.0)).collect())
    }

    /// The periods of custody of a case, oldest first.
    pub fn custody(&mut self, id: CaseId) -> Result<Vec<Custody>, Error> {
        let rows = custody::table
            .filter(custody::case_id.eq(id.put()))
            .order((custody::from_at, custody::id))
            .load::<<Custody as FromRaw>::Raw>(self.conn)?;
        Ok(super::row::build(rows)?)
    }

    /// Those of these ids that are transfers.
    pub fn transfers_with(&mut self, ids: &[uuid::Uuid]) -> Result<Vec<Transfer>, Error> {
        let ids: Vec<UuidCol> = ids.iter().copied().map(UuidCol).collect();
        let rows = transfers::table
            .filter(transfers::id.eq_any(ids))
            .load::<<Transfer as FromRaw>::Raw>(self.conn)?;
        Ok(super::row::build(rows)?)
    }

    /// Transfers at the caller's units (all for who sees every case), with their cases, in the
    /// order asked for. Whether the caller sees each case is the caller's to ask.
    pub fn list_transfers(
        &mut self,
        sight: &Sight,
        f: &TransferFilter,
        after: Option<&SentPosition>,
        limit: i64,
    ) -> Result<Vec<(Transfer, Case)>, Error> {
        if f.order != Order::Risk {
            return self.transfers_by_time(sight, f, after, limit);
        }
        let reached = after.and_then(|(key, id)| {
            let (risk, at) = key.split_once(' ')?;
            Some((Risk::parse(risk)?, (at.to_owned(), *id)))
        });
        let from = reached.as_ref().map(|(risk, _)| *risk);
        let mut out = Vec::new();
        for risk in falling(&f.risks, from) {
            let of_risk = TransferFilter {
                risks: vec![risk],
                order: Order::Oldest,
                ..f.clone()
            };
            let after = reached.as_ref().filter(|(r, _)| *r == risk);
            let after = after.map(|(_, position)| position);
            let rest = limit - i64::try_from(out.len()).unwrap_or(limit);
            out.extend(self.transfers_by_time(sight, &of_risk, after, rest)?);
            if i64::try_from(out.len()).unwrap_or(limit) >= limit {
                break;
            }
        }
        Ok(out)
    }

    fn transfers_by_time(
        &mut self,
        sight: &Sight,
        f: &TransferFilter,
        after: Option<&SentPosition>,
        limit: i64,
    ) -> Result<Vec<(Transfer, Case)>, Error> {
        let mut q = transfers::table
            .inner_join(cases::table.on(cases::id.eq(transfers::case_id)))
            .select((transfers::all_columns, cases::all_columns))
            .into_boxed::<Multi>();
        if !sight.all {
            let mut units = self.units_of_desks(&sight.heads)?;
            units.extend(&sight.answers_for);
            q = q.filter(at_units!(&units));
        }
        if let Some(desk) = f.township {
            let mut units = self.units_of_desks(&[desk])?;
            units.push(desk);
            q = q.filter(at_units!(&units));
        }
        if !f.states.is_empty() {
            q = q.filter(transfers::state.eq_any(codes(&f.states)));
        }
        if !f.verbs.is_empty() {
            q = q.filter(transfers::verb.eq_any(codes(&f.verbs)));
        }
        if !f.risks.is_empty() {
            q = q.filter(cases::risk.eq_any(codes(&f.risks)));
        }
        if let Some(reason) = f.reason {
            // A list of codes as text is the same on both engines: `["…", "…"]`.
            let listed = diesel::dsl::sql::<Bool>("CAST(transfers.reasons AS TEXT) LIKE ");
            q = q.filter(listed.bind::<Text, _>(format!("%\"{}\"%", reason.code())));
        }
        if f.contested {
            q = q
                .filter(transfers::state.eq(TransferState::Submitted.code()))
                .filter(transfers::contest.is_not_null())
                .filter(transfers::designation.is_null());
        }
        match f.climbed {
            Some(true) => q = q.filter(transfers::climb.is_not_null()),
            Some(false) => q = q.filter(transfers::climb.is_null()),
            None => {}
        }
        if let Some(until) = f.sent_until {
            q = q.filter(transfers::submitted_at.le(InstantCol(until)));
        }
        if let Some(from) = f.from {
            q = q.filter(transfers::from_id.eq(from.put()));
        }
        if let Some(to) = f.to {
            q = q.filter(transfers::to_id.eq(to.put()));
        }
        if let Some((at, id)) = after
            && let Some(at) = Instant::parse(at).map(InstantCol)
        {
            // The first half lets the index seek; the second decides within one instant.
            let id = UuidCol(*id);
            q = if f.order == Order::Newest {
                q.filter(transfers::submitted_at.le(at))
                    .filter(transfers::submitted_at.lt(at).or(transfers::id.lt(id)))
            } else {
                q.filter(transfers::submitted_at.ge(at))
                    .filter(transfers::submitted_at.gt(at).or(transfers::id.gt(id)))
            };
        }
        q = if f.order == Order::Newest {
            q.order((transfers::submitted_at.desc(), transfers::id.desc()))
        } else {
            q.order((transfers::submitted_at.asc(), transfers::id.asc()))
        };
        type Row = (<Transfer as FromRaw>::Raw, <Case as FromRaw>::Raw);
        let rows = q.limit(limit).load::<Row>(self.conn)?;
        rows.into_iter()
            .map(|(t, c)| Ok((one::<Transfer>(t)?, one::<Case>(c)?)))
            .collect()
    }
}
