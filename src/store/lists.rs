//! Lists of cases within the caller's sight, keyset-paged.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};

use super::conn::Multi;
use super::row::{FromRaw, build};
use super::search;
use super::tables::case::{assignments, cases, transfers};
use super::tables::county::{case_owners, tasks};
use super::tables::crisis::crises;
use super::tx::Snap;
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::case::*;
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::policy::Sight;
use crate::domain::time::Instant;
use crate::error::Error;

/// A condition on `cases`.
type Cond = Box<dyn BoxableExpression<cases::table, Multi, SqlType = Nullable<Bool>>>;

/// Which part of the caller's sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Everything in sight.
    All,
    /// Held by the units the caller answers for.
    Desk,
    /// With the caller on the team.
    Mine,
    /// Registered at the caller's units, now held elsewhere.
    Sent,
    /// Registered by the caller.
    Registered,
}

/// The order of a list; the id always decides ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Due,
    /// The highest risk first, then what is due first.
    Risk,
    Newest,
    Oldest,
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    pub states: Vec<CaseState>,
    pub kinds: Vec<CaseType>,
    pub risks: Vec<Risk>,
    pub sources: Vec<Source>,
    pub difficulties: Vec<Difficulty>,
    pub live: Option<bool>,
    pub overdue_at: Option<Instant>,
    pub due_before: Option<Instant>,
    pub registered_from: Option<Instant>,
    pub registered_before: Option<Instant>,
    pub village: Option<OrgId>,
    pub township: Option<OrgId>,
    pub mediator: Option<UserId>,
    pub transfer_pending: bool,
    /// Full-text words.
    pub text: Option<String>,
}

/// Where the next page starts: the due instant (for `Due`; for `Risk` behind the risk and a blank)
/// and the id of the last row.
pub type Position = (Option<String>, uuid::Uuid);

/// The risks asked for (all, where none is named), the highest first, from where a page begins.
pub(super) fn falling(asked: &[Risk], from: Option<Risk>) -> impl Iterator<Item = Risk> {
    let wanted = move |r: &Risk| from.is_none_or(|top| *r <= top);
    let all = Risk::ALL.iter().rev().copied();
    let asked = asked.to_vec();
    all.filter(move |r| asked.is_empty() || asked.contains(r))
        .filter(wanted)
}

fn ids<T>(list: &[Id<T>]) -> Vec<UuidCol> {
    list.iter().map(Col::put).collect()
}

fn some_ids<T>(list: &[Id<T>]) -> Vec<Option<UuidCol>> {
    list.iter().map(|i| Some(i.put())).collect()
}

fn codes<C: Code>(list: &[C]) -> Vec<&'static str> {
    list.iter().map(|c| c.code()).collect()
}

fn on_team(user: UserId) -> Cond {
    Box::new(
        cases::id
            .eq_any(
                assignments::table
                    .filter(
                        assignments::user_id
                            .eq(user.put())
                            .and(assignments::to_at.is_null()),
                    )
                    .select(assignments::case_id),
            )
            .nullable(),
    )
}

/// `$column` is one of `$values`; a single value by equality, so that an index can give the order.
macro_rules! among {
    ($column:expr, $values:expr) => {{
        let cond: Cond = match $values.as_slice() {
            [one] => Box::new($column.eq(*one).nullable()),
            many => Box::new($column.eq_any(many.to_vec()).nullable()),
        };
        cond
    }};
}

/// Held in one of the desks.
fn desk_among(desks: &[OrgId]) -> Cond {
    among!(cases::holder_desk_id, some_ids(desks))
}

/// Registered in one of the desks.
fn origin_desk_among(desks: &[OrgId]) -> Cond {
    among!(cases::origin_desk_id, some_ids(desks))
}

fn any(conds: Vec<Cond>) -> Option<Cond> {
    conds.into_iter().reduce(|a, b| Box::new(a.or(b)))
}

/// Held by one of the units or in one of the desks.
fn held_by(units: &[OrgId], desks: &[OrgId]) -> Option<Cond> {
    let mut out: Vec<Cond> = Vec::new();
    if !units.is_empty() {
        out.push(among!(cases::holder_id, ids(units)));
    }
    if !desks.is_empty() {
        out.push(desk_among(desks));
    }
    any(out)
}

/// The caller's whole sight as one condition; `None` means everything.
fn in_sight(s: &Sight) -> Option<Cond> {
    if s.all {
        return None;
    }
    let mut out: Vec<Cond> = Vec::new();
    out.extend(held_by(&s.units, &s.desks));
    if !s.units.is_empty() {
        out.push(among!(cases::origin_id, ids(&s.units)));
    }
    if !s.desks.is_empty() {
        out.push(origin_desk_among(&s.desks));
    }
    const CLOSED: &[CaseState] = &[
        CaseState::ClosedSuccess,
        CaseState::ClosedFailed,
        CaseState::ClosedNotAccepted,
        CaseState::ClosedToCourt,
        CaseState::Archived,
    ];
    if s.all_closed {
        out.push(Box::new(cases::state.eq_any(codes(CLOSED)).nullable()));
    }
    if !s.closed_desks.is_empty() {
        let own = desk_among(&s.closed_desks).or(origin_desk_among(&s.closed_desks));
        out.push(Box::new(
            cases::state.eq_any(codes(CLOSED)).nullable().and(own),
        ));
    }
    if !s.pending_units.is_empty() {
        let units = ids(&s.pending_units);
        let to = transfers::to_id.eq_any(units.iter().copied().map(Some).collect::<Vec<_>>());
        let pending = transfers::table
            .filter(
                transfers::state
                    .eq("submitted")
                    .and(transfers::verb.ne("refer_out"))
                    .nullable()
                    .and(to.or(transfers::from_id.eq_any(units).nullable())),
            )
            .select(transfers::case_id);
        out.push(Box::new(cases::id.eq_any(pending).nullable()));
    }
    if !s.involved_units.is_empty() {
        let units = ids(&s.involved_units);
        let to = transfers::to_id.eq_any(units.iter().copied().map(Some).collect::<Vec<_>>());
        let through = transfers::table
            .filter(
                transfers::state
                    .eq_any(["accepted", "completed"])
                    .nullable()
                    .and(to.or(transfers::from_id.eq_any(units).nullable())),
            )
            .select(transfers::case_id);
        out.push(Box::new(cases::id.eq_any(through).nullable()));
    }
    if !s.called_units.is_empty() {
        let called = tasks::table
            .filter(tasks::state.eq_any(["open", "reported"]))
            .filter(tasks::unit_id.eq_any(ids(&s.called_units)))
            .select(tasks::case_id);
        out.push(Box::new(cases::id.eq_any(called).nullable()));
    }
    if s.crises {
        let with_crisis = crises::table.select(crises::case_id);
        out.push(Box::new(cases::id.eq_any(with_crisis).nullable()));
    }
    if let Some(user) = s.user {
        out.push(on_team(user));
        if s.owns {
            let owned = case_owners::table
                .filter(case_owners::user_id.eq(user.put()))
                .filter(case_owners::to_at.is_null())
                .select(case_owners::case_id);
            out.push(Box::new(cases::id.eq_any(owned).nullable()));
        }
        if s.registers {
            out.push(Box::new(cases::registrar_id.eq(user.put()).nullable()));
        }
    }
    any(out)
}

/// A recused user sees the case no more, unless back on the team.
fn not_recused(user: UserId) -> Cond {
    // Asked row by row through `assignments_user`: a list of all the user's cases would grow with
    // the years.
    let seats = || {
        assignments::table
            .filter(assignments::user_id.eq(user.put()))
            .filter(assignments::case_id.eq(cases::id))
    };
    Box::new(
        not(exists(
            seats().filter(assignments::end_reason.eq("recused")),
        ))
        .or(exists(seats().filter(assignments::to_at.is_null())))
        .nullable(),
    )
}

type Boxed<'a> = cases::BoxedQuery<'a, Multi>;

fn narrow<'a>(mut q: Boxed<'a>, f: &CaseFilter, sqlite: bool) -> Option<Boxed<'a>> {
    if !f.states.is_empty() {
        q = q.filter(among!(cases::state, codes(&f.states)));
    }
    if !f.kinds.is_empty() {
        q = q.filter(among!(cases::kind, codes(&f.kinds)));
    }
    if !f.risks.is_empty() {
        q = q.filter(among!(cases::risk, codes(&f.risks)));
    }
    if !f.sources.is_empty() {
        q = q.filter(among!(cases::source, codes(&f.sources)));
    }
    if !f.difficulties.is_empty() {
        q = q.filter(among!(cases::difficulty, codes(&f.difficulties)));
    }
    if let Some(live) = f.live {
        q = q.filter(cases::live.eq(live));
    }
    if let Some(now) = f.overdue_at {
        q = q.filter(cases::next_due_at.lt(InstantCol(now)));
    }
    if let Some(before) = f.due_before {
        q = q.filter(cases::next_due_at.lt(InstantCol(before)));
    }
    if let Some(from) = f.registered_from {
        q = q.filter(cases::registered_at.ge(InstantCol(from)));
    }
    if let Some(before) = f.registered_before {
        q = q.filter(cases::registered_at.lt(InstantCol(before)));
    }
    if let Some(v) = f.village {
        q = q.filter(
            cases::origin_id
                .eq(v.put())
                .or(cases::holder_id.eq(v.put())),
        );
    }
    if let Some(t) = f.township {
        q = q.filter(
            cases::origin_desk_id
                .eq(t.put())
                .or(cases::holder_desk_id.eq(t.put())),
        );
    }
    if let Some(user) = f.mediator {
        q = q.filter(on_team(user));
    }
    if f.transfer_pending {
        let pending = transfers::table
            .filter(transfers::state.eq("submitted"))
            .filter(transfers::verb.ne("refer_out"))
            .select(transfers::case_id);
        q = q.filter(cases::id.eq_any(pending));
    }
    if let Some(text) = &f.text {
        q = q.filter(search::matching(sqlite, text)?);
    }
    Some(q)
}

fn scoped<'a>(mut q: Boxed<'a>, sight: &Sight, queue: Queue) -> Option<Boxed<'a>> {
    // A queue is part of the sight by construction; only `All` needs the whole condition.
    match queue {
        Queue::All => {
            if let Some(cond) = in_sight(sight) {
                q = q.filter(cond);
            }
        }
        Queue::Desk => {
            let county: &[OrgId] = &sight.answers_for;
            q = q.filter(held_by(county, &sight.heads)?);
        }
        Queue::Mine => q = q.filter(on_team(sight.user?)),
        Queue::Registered => {
            if !sight.registers {
                return None;
            }
            q = q.filter(cases::registrar_id.eq(sight.user?.put()));
        }
        Queue::Sent => {
            let units = ids(&sight.answers_for);
            let desks: Vec<Option<UuidCol>> = ids(&sight.heads).into_iter().map(Some).collect();
            let mine = cases::origin_id
                .eq_any(units.clone())
                .nullable()
                .or(cases::origin_desk_id.eq_any(desks.clone()));
            // "Held elsewhere" must also hold where the holder has no desk (the county).
            let away = cases::holder_id.ne_all(units).nullable().and(
                cases::holder_desk_id
                    .is_null()
                    .nullable()
                    .or(cases::holder_desk_id.ne_all(desks)),
            );
            q = q.filter(mine.and(away));
        }
    }
    if let Some(user) = sight.not_recused {
        q = q.filter(not_recused(user));
    }
    Some(q)
}

impl Snap<'_> {
    /// One page of cases.
    pub fn list_cases(
        &mut self,
        sight: &Sight,
        queue: Queue,
        filter: &CaseFilter,
        sort: Sort,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<Case>, Error> {
        if sort == Sort::Risk {
            return self.list_by_risk(sight, queue, filter, after, limit);
        }
        let sqlite = self.conn.is_sqlite();
        let Some(q) = scoped(cases::table.into_boxed(), sight, queue) else {
            return Ok(Vec::new());
        };
        let Some(mut q) = narrow(q, filter, sqlite) else {
            return Ok(Vec::new());
        };
        let last = after.map(|(_, id)| UuidCol(*id));
        q = match sort {
            Sort::Due | Sort::Risk => {
                q = q.filter(cases::next_due_at.is_not_null());
                let due = after
                    .and_then(|(due, _)| Instant::parse(due.as_deref()?))
                    .map(InstantCol);
                if let (Some(due), Some(id)) = (due, last) {
                    // The first half lets the index seek; the second decides within one instant.
                    q = q
                        .filter(cases::next_due_at.ge(due))
                        .filter(cases::next_due_at.gt(due).or(cases::id.gt(id).nullable()));
                }
                q.order((cases::next_due_at.asc(), cases::id.asc()))
            }
            Sort::Newest => {
                if let Some(id) = last {
                    q = q.filter(cases::id.lt(id));
                }
                q.order(cases::id.desc())
            }
            Sort::Oldest => {
                if let Some(id) = last {
                    q = q.filter(cases::id.gt(id));
                }
                q.order(cases::id.asc())
            }
        };
        let rows = q.limit(limit).load::<<Case as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The list of each risk in turn, the highest first: an index gives each in its order, and a
    /// page asks for no more of them than it needs.
    fn list_by_risk(
        &mut self,
        sight: &Sight,
        queue: Queue,
        filter: &CaseFilter,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<Case>, Error> {
        let reached = after.and_then(|(key, id)| {
            let (risk, due) = key.as_deref()?.split_once(' ')?;
            Some((Risk::parse(risk)?, (Some(due.to_owned()), *id)))
        });
        let from = reached.as_ref().map(|(risk, _)| *risk);
        let mut out: Vec<Case> = Vec::new();
        for risk in falling(&filter.risks, from) {
            let of_risk = CaseFilter {
                risks: vec![risk],
                ..filter.clone()
            };
            let after = reached.as_ref().filter(|(r, _)| *r == risk);
            let rest = limit - i64::try_from(out.len()).unwrap_or(limit);
            let after = after.map(|(_, position)| position);
            out.extend(self.list_cases(sight, queue, &of_risk, Sort::Due, after, rest)?);
            if i64::try_from(out.len()).unwrap_or(limit) >= limit {
                break;
            }
        }
        Ok(out)
    }

    /// How many cases a list has in all.
    pub fn count_cases(
        &mut self,
        sight: &Sight,
        queue: Queue,
        filter: &CaseFilter,
    ) -> Result<i64, Error> {
        let sqlite = self.conn.is_sqlite();
        let Some(q) = scoped(cases::table.into_boxed(), sight, queue) else {
            return Ok(0);
        };
        let Some(q) = narrow(q, filter, sqlite) else {
            return Ok(0);
        };
        Ok(q.count().get_result(self.conn)?)
    }
}
