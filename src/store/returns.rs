//! Statistical returns: the list of entries each is made of, and the figures over that list.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;

use super::cached::fixed;
use super::conn::{AnyConn, Multi};
use super::row::{FromRaw, build, one};
use super::tables::returns::*;
use super::tx::{Snap, Tx};
use super::types::sql::{BigInt, DbDate, DbInstant, DbUuid};
use super::types::{Col, UuidCol};
use crate::domain::codes::Code;
use crate::domain::figures::*;
use crate::domain::ids::*;
use crate::domain::time::Instant;
use crate::error::Error;

macro_rules! text_of {
    ($list:expr) => {
        $list.iter().map(|c| c.code()).collect::<Vec<_>>()
    };
}

impl Snap<'_> {
    pub fn stat_return(&mut self, id: ReturnId) -> Result<StatReturn, Error> {
        let row = returns::table
            .filter(returns::id.eq(id.put()))
            .first::<<StatReturn as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    /// Returns of these units, newest first, before a known one.
    pub fn stat_returns(
        &mut self,
        units: &[OrgId],
        state: Option<ReturnState>,
        before: Option<ReturnId>,
        limit: i64,
    ) -> Result<Vec<StatReturn>, Error> {
        let units: Vec<UuidCol> = units.iter().map(Col::put).collect();
        let mut q = returns::table
            .filter(returns::org_id.eq_any(units))
            .order(returns::id.desc())
            .limit(limit)
            .into_boxed();
        if let Some(state) = state {
            q = q.filter(returns::state.eq(state.code()));
        }
        if let Some(id) = before {
            q = q.filter(returns::id.lt(id.put()));
        }
        let rows = q.load::<<StatReturn as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The newest submitted return of a unit for a period.
    pub fn last_submitted(&mut self, r: &StatReturn) -> Result<Option<StatReturn>, Error> {
        let row = returns::table
            .filter(returns::org_id.eq(r.org_id.put()))
            .filter(returns::period.eq(r.period.code()))
            .filter(returns::from_on.eq(r.from_on.put()))
            .filter(returns::state.eq(ReturnState::Submitted.code()))
            .order(returns::revision.desc())
            .first::<<StatReturn as FromRaw>::Raw>(self.conn)
            .optional()?;
        row.map(|r| Ok(one(r)?)).transpose()
    }

    /// The figures over a return's list of entries.
    pub fn figures_of(&mut self, id: ReturnId) -> Result<Figures, Error> {
        use return_entries as e;
        type Row = (
            (
                String,
                Option<String>,
                String,
                String,
                String,
                Option<String>,
                Option<String>,
                bool,
                Option<String>,
            ),
            i64,
            i64,
            i64,
        );
        let keys = (
            e::act,
            e::committee_kind,
            e::kind,
            e::source,
            e::channel,
            e::result,
            e::form,
            e::complex,
            e::averted,
        );
        let rows: Vec<Row> = return_items::table
            .inner_join(e::table.on(e::id.eq(return_items::entry_id)))
            .filter(return_items::return_id.eq(id.put()))
            .group_by(keys)
            .select((
                keys,
                count_star(),
                sql::<BigInt>("CAST(sum(persons) AS BIGINT)"),
                sql::<BigInt>("CAST(sum(amount_fen) AS BIGINT)"),
            ))
            .load(self.conn)?;
        let group = |(k, n, persons, amount_fen): Row| -> Result<Group, super::types::BadColumn> {
            Ok(Group {
                act: Col::take(k.0)?,
                committee_kind: Col::take(k.1)?,
                kind: Col::take(k.2)?,
                source: Col::take(k.3)?,
                channel: Col::take(k.4)?,
                result: Col::take(k.5)?,
                form: Col::take(k.6)?,
                complex: k.7,
                averted: Col::take(k.8)?,
                n,
                persons,
                amount_fen,
            })
        };
        let groups: Result<Vec<Group>, _> = rows.into_iter().map(group).collect();
        Ok(Figures::sum(&groups.map_err(Error::internal)?))
    }

    /// The frozen list: entry and case, by entry.
    pub fn items_of(&mut self, id: ReturnId) -> Result<Vec<(EntryId, CaseId)>, Error> {
        let rows: Vec<(UuidCol, UuidCol)> = return_items::table
            .inner_join(return_entries::table.on(return_entries::id.eq(return_items::entry_id)))
            .filter(return_items::return_id.eq(id.put()))
            .order(return_items::entry_id)
            .select((return_items::entry_id, return_entries::case_id))
            .load(self.conn)?;
        Ok(rows
            .into_iter()
            .map(|(e, c)| (EntryId::new(e.0), CaseId::new(c.0)))
            .collect())
    }

    /// The entries that count for a unit in a period as known at an instant, by entry.
    pub fn entries_as_of(
        &mut self,
        r: &StatReturn,
        reach: Reach,
        as_of: Instant,
    ) -> Result<Vec<EntryId>, Error> {
        use return_entries as e;
        let mut q = e::table
            .filter(e::on_date.between(r.from_on.put(), r.to_on.put()))
            .filter(e::recorded_at.le(as_of.put()))
            .filter(
                e::undone_at
                    .is_null()
                    .or(e::undone_at.gt(Some(as_of.put()))),
            )
            .order(e::id)
            .select(e::id)
            .into_boxed();
        match reach {
            Reach::County => {}
            Reach::Desk(id) => q = q.filter(e::desk_id.eq(Some(id.put()))),
            Reach::Unit(id) => q = q.filter(e::org_id.eq(id.put())),
        }
        let rows: Vec<UuidCol> = q.load(self.conn)?;
        Ok(rows.into_iter().map(|id| EntryId::new(id.0)).collect())
    }

    /// Entries behind one cell of a return, by id after a known one.
    pub fn entries_of_cell(
        &mut self,
        id: ReturnId,
        cell: Cell,
        after: Option<EntryId>,
        limit: i64,
    ) -> Result<Vec<ReturnEntry>, Error> {
        use return_entries as e;
        let mut q = e::table
            .inner_join(return_items::table.on(return_items::entry_id.eq(e::id)))
            .filter(return_items::return_id.eq(id.put()))
            .order(return_items::entry_id)
            .limit(limit)
            .select(e::all_columns)
            .into_boxed::<Multi>();
        if let Some(after) = after {
            q = q.filter(return_items::entry_id.gt(after.put()));
        }
        let act = match cell {
            Cell::Accepted | Cell::FoundByPatrol => CountedAct::Accepted,
            Cell::PreventedDisputes | Cell::AvertedCases(_) | Cell::AvertedPersons(_) => {
                CountedAct::Prevented
            }
            _ => CountedAct::Closed,
        };
        q = q.filter(e::act.eq(act.code()));
        if act == CountedAct::Closed {
            let otherwise = Some(CountedResult::Otherwise.code());
            q = if cell == Cell::Otherwise {
                q.filter(e::result.eq(otherwise))
            } else {
                q.filter(e::result.ne(otherwise))
            };
        }
        let result = |r: CountedResult| e::result.eq(Some(r.code()));
        q = match cell {
            Cell::FoundByPatrol => q.filter(e::channel.eq_any(text_of!(PATROL_CHANNELS))),
            Cell::Success => q.filter(result(CountedResult::Success)),
            Cell::Partial => q.filter(result(CountedResult::Partial)),
            Cell::Failed => q.filter(result(CountedResult::Failed)),
            Cell::Complex => q.filter(e::complex.eq(true)),
            Cell::Amount => q.filter(e::amount_fen.ne(0)),
            Cell::Persons => q.filter(e::persons.ne(0)),
            Cell::Committee(k) => q.filter(e::committee_kind.eq_any(text_of!(committee_column(k)))),
            Cell::Source(s) => q.filter(e::source.eq_any(text_of!(source_column(s)))),
            Cell::Type(t) => q.filter(e::kind.eq(t.code())),
            Cell::Form(f) => q.filter(e::form.eq(Some(f.code()))),
            Cell::AvertedCases(a) | Cell::AvertedPersons(a) => {
                q.filter(e::averted.eq(Some(a.code())))
            }
            _ => q,
        };
        let rows = q.load::<<ReturnEntry as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Entries that stand in one of two returns only, by id after a known one.
    pub fn differing(
        &mut self,
        older: ReturnId,
        newer: ReturnId,
        after: Option<EntryId>,
        limit: i64,
    ) -> Result<Vec<(Side, ReturnEntry)>, Error> {
        let mut out = self.only_in(older, newer, after, limit, Side::Left)?;
        out.extend(self.only_in(newer, older, after, limit, Side::Came)?);
        out.sort_by_key(|(_, e)| e.id);
        out.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(out)
    }

    fn only_in(
        &mut self,
        this: ReturnId,
        other: ReturnId,
        after: Option<EntryId>,
        limit: i64,
        side: Side,
    ) -> Result<Vec<(Side, ReturnEntry)>, Error> {
        use return_entries as e;
        let there = diesel::alias!(return_items as there);
        let theirs = there
            .filter(there.field(return_items::return_id).eq(other.put()))
            .filter(there.field(return_items::entry_id).eq(e::id))
            .select(there.field(return_items::entry_id));
        let from = after.map_or(uuid::Uuid::nil(), |id| id.uuid);
        let rows = e::table
            .inner_join(return_items::table.on(return_items::entry_id.eq(e::id)))
            .filter(return_items::return_id.eq(this.put()))
            .filter(return_items::entry_id.gt(UuidCol(from)))
            .filter(diesel::dsl::not(diesel::dsl::exists(theirs)))
            .order(return_items::entry_id)
            .limit(limit)
            .select(e::all_columns)
            .load::<<ReturnEntry as FromRaw>::Raw>(self.conn)?;
        let list: Vec<ReturnEntry> = build(rows)?;
        Ok(list.into_iter().map(|e| (side, e)).collect())
    }
}

impl Tx<'_> {
    /// A return, with the row held until the commit.
    pub fn lock_return(&mut self, id: ReturnId) -> Result<StatReturn, Error> {
        if let AnyConn::Pg(c) = self.conn() {
            returns::table
                .filter(returns::id.eq(id.put()))
                .select(returns::id)
                .for_update()
                .first::<UuidCol>(c)?;
        }
        self.stat_return(id)
    }

    /// Makes the list of a draft anew: what counted for the unit in the period, as known at the
    /// draft's instant.
    pub fn list_entries(&mut self, r: &StatReturn, reach: Reach) -> Result<(), Error> {
        self.wrote = true;
        self.drop_items(r.id)?;
        let start = fixed("INSERT INTO return_items (return_id, entry_id) SELECT ")
            .bind::<DbUuid, _>(r.id.put())
            .sql(", id FROM return_entries WHERE on_date >= ")
            .bind::<DbDate, _>(r.from_on.put())
            .sql(" AND on_date <= ")
            .bind::<DbDate, _>(r.to_on.put())
            .sql(" AND recorded_at <= ")
            .bind::<DbInstant, _>(r.as_of.put())
            .sql(" AND (undone_at IS NULL OR undone_at > ")
            .bind::<DbInstant, _>(r.as_of.put());
        match reach {
            Reach::County => start.sql(")").execute(self.conn)?,
            Reach::Desk(id) => start
                .sql(") AND desk_id = ")
                .bind::<DbUuid, _>(id.put())
                .execute(self.conn)?,
            Reach::Unit(id) => start
                .sql(") AND org_id = ")
                .bind::<DbUuid, _>(id.put())
                .execute(self.conn)?,
        };
        Ok(())
    }

    fn drop_items(&mut self, id: ReturnId) -> Result<(), Error> {
        diesel::delete(return_items::table.filter(return_items::return_id.eq(id.put())))
            .execute(self.conn)?;
        Ok(())
    }

    /// Removes a draft with its list.
    pub fn drop_return(&mut self, id: ReturnId) -> Result<(), Error> {
        self.wrote = true;
        self.drop_items(id)?;
        diesel::delete(returns::table.filter(returns::id.eq(id.put()))).execute(self.conn)?;
        Ok(())
    }
}
