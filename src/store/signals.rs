//! The search for made-up cases: what changed, who is like whom, and what was found.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Array;

use super::cached::fixed;
use super::conn::AnyConn;
use super::row::{FromRaw, Stored, build, one};
use super::signal_links::{Links, pair_keys};
use super::tables::case::{assignments, cases};
use super::tables::fabrication::*;
use super::tables::system::change_log;
use super::tx::{Snap, Tx};
use super::types::sql::{BigInt, DbUuid, Text};
use super::types::{Col, UuidCol};
use crate::crypto::secret::MacKey;
use crate::domain::case::Case;
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::mediator::{Assignment, TeamRole};
use crate::domain::near_copy::Print;
use crate::domain::party::ParticipantKind;
use crate::domain::signals::{self as found, Facts, Parts, Signal, SignalReview};
use crate::error::Error;

/// Which signals a list shows.
#[derive(Clone, Debug, Default)]
pub struct SignalFilter {
    pub review: Option<SignalReview>,
    pub min_score: i32,
    pub township: Option<OrgId>,
    /// Never shown one's own cases, nor those of one's own units.
    pub not_of: Option<UserId>,
    pub not_in: Vec<OrgId>,
}

fn counts(case: &Case) -> bool {
    case.accepted_at.is_some() && case.closed_at.is_some() && case.outcome.is_some()
}

impl Snap<'_> {
    /// How far the change log has been read.
    pub fn signal_cursor(&mut self) -> Result<(i64, i64), Error> {
        let row = signal_cursors::table
            .filter(signal_cursors::id.eq("signals"))
            .select((signal_cursors::xid, signal_cursors::seq))
            .first(self.conn)
            .optional()?;
        Ok(row.unwrap_or((-1, -1)))
    }

    /// Changes after a place in the log, in the order of their commits, none of which can still be
    /// preceded by another.
    pub fn changes_after(
        &mut self,
        (xid, seq): (i64, i64),
        limit: i64,
    ) -> Result<Vec<(i64, i64, CaseId)>, Error> {
        let postgres = !self.conn.is_sqlite();
        let mut q = change_log::table
            .filter(
                change_log::xid
                    .gt(xid)
                    .or(change_log::xid.eq(xid).and(change_log::seq.gt(seq))),
            )
            .order((change_log::xid, change_log::seq))
            .limit(limit)
            .select((change_log::xid, change_log::seq, change_log::case_id))
            .into_boxed();
        if postgres {
            q = q.filter(change_log::xid.lt(sql::<BigInt>(
                "pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
            )));
        }
        let rows: Vec<(i64, i64, UuidCol)> = q.load(self.conn)?;
        Ok(rows
            .into_iter()
            .map(|(x, s, id)| (x, s, CaseId::new(id.0)))
            .collect())
    }

    /// Closed cases in order of their ids, for a search from the beginning.
    pub fn closed_after(
        &mut self,
        after: Option<CaseId>,
        limit: i64,
    ) -> Result<Vec<CaseId>, Error> {
        let from = after.map_or(uuid::Uuid::nil(), |id| id.uuid);
        let rows: Vec<UuidCol> = cases::table
            .filter(cases::id.gt(UuidCol(from)))
            .filter(cases::closed_at.is_not_null())
            .filter(cases::accepted_at.is_not_null())
            .order(cases::id)
            .limit(limit)
            .select(cases::id)
            .load(self.conn)?;
        Ok(rows.into_iter().map(|id| CaseId::new(id.0)).collect())
    }

    fn parts_now(&mut self, this: &SignalCase, links: Links) -> Result<Parts, Error> {
        let id = this.case_id;
        let case = self.raw_case(id)?;
        let parties = self.parties(id)?;
        let sessions = self.sessions(id)?;
        let speaks = [ParticipantKind::Agent, ParticipantKind::LegalRepresentative];
        let agent_contact = self
            .participants(id)?
            .iter()
            .any(|p| speaks.contains(&p.kind) && p.phone.is_some());
        Ok(found::parts_of(&Facts {
            case: &case,
            parties: &parties,
            sessions: &sessions,
            agent_contact,
            copies: links.copies,
            same_pair: links.same_pair,
            reused: links.reused,
            share: self.share_of(this)?,
            denials: self.denials(id)?,
        }))
    }

    fn signal_of(&mut self, case: CaseId) -> Result<Option<Signal>, Error> {
        let row = signals::table
            .filter(signals::case_id.eq(case.put()))
            .first::<<Signal as FromRaw>::Raw>(self.conn)
            .optional()?;
        row.map(|r| Ok(one(r)?)).transpose()
    }

    /// One page of signals, the highest score first.
    pub fn signals(
        &mut self,
        f: &SignalFilter,
        after: Option<(i32, SignalId)>,
        limit: i64,
    ) -> Result<Vec<Signal>, Error> {
        let mut q = signals::table
            .inner_join(cases::table.on(cases::id.eq(signals::case_id)))
            .filter(signals::score.ge(f.min_score))
            .order((signals::score.desc(), signals::id.desc()))
            .limit(limit)
            .select(signals::all_columns)
            .into_boxed::<super::conn::Multi>();
        if let Some(review) = f.review {
            q = q.filter(signals::review.eq(review.code()));
        }
        if let Some((score, id)) = after {
            q = q.filter(
                signals::score
                    .lt(score)
                    .or(signals::score.eq(score).and(signals::id.lt(id.put()))),
            );
        }
        if let Some(township) = f.township {
            q = q.filter(cases::holder_desk_id.eq(Some(township.put())));
        }
        if let Some(user) = f.not_of {
            let seats = assignments::table
                .filter(assignments::case_id.eq(cases::id))
                .filter(assignments::user_id.eq(user.put()));
            q = q.filter(not(exists(seats.select(assignments::id))));
            q = q.filter(cases::registrar_id.ne(user.put()));
        }
        if !f.not_in.is_empty() {
            let units: Vec<UuidCol> = f.not_in.iter().map(Col::put).collect();
            let desks: Vec<Option<UuidCol>> = units.iter().copied().map(Some).collect();
            q = q
                .filter(cases::holder_id.ne_all(units.clone()))
                .filter(cases::origin_id.ne_all(units))
                .filter(
                    cases::holder_desk_id
                        .is_null()
                        .nullable()
                        .or(cases::holder_desk_id.ne_all(desks)),
                );
        }
        let rows = q.load::<<Signal as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Whether a list by this filter would show a signal.
    pub fn signal_shown(&mut self, id: SignalId, f: &SignalFilter) -> Result<bool, Error> {
        let signal = self.signal(id)?;
        // The one place after which it would come.
        let before = SignalId::new(uuid::Uuid::from_u128(id.uuid.as_u128().saturating_add(1)));
        let next = self.signals(f, Some((signal.score, before)), 1)?;
        Ok(next.first().is_some_and(|s| s.id == id))
    }

    /// A signal by its id.
    pub fn signal(&mut self, id: SignalId) -> Result<Signal, Error> {
        let row = signals::table
            .filter(signals::id.eq(id.put()))
            .first::<<Signal as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }
}

impl Tx<'_> {
    /// Looks at cases that changed and at those whose signals depend on them. Derived data: the
    /// facts it is made of are in the ledger.
    pub fn look_for_signals(&mut self, key: &MacKey, ids: &[CaseId]) -> Result<usize, Error> {
        self.technical();
        self.wrote = true;
        let changed: BTreeSet<CaseId> = ids.iter().copied().collect();
        let mut concerned = changed.clone();
        let list: Vec<CaseId> = changed.iter().copied().collect();
        // Who was like a case before it changed is concerned as well.
        for before in self.signal_cases(&list)? {
            concerned.extend(self.links(&before)?.neighbours());
        }
        for id in &changed {
            self.note_case(key, *id)?;
        }
        let mut links: BTreeMap<CaseId, (SignalCase, Links)> = BTreeMap::new();
        for this in self.signal_cases(&list)? {
            let found = self.links(&this)?;
            concerned.extend(found.neighbours());
            links.insert(this.case_id, (this, found));
        }
        let others: Vec<CaseId> = concerned.difference(&changed).copied().collect();
        for this in self.signal_cases(&others)? {
            let found = self.links(&this)?;
            links.insert(this.case_id, (this, found));
        }
        for id in &concerned {
            let known = links.remove(id);
            self.assess(*id, known)?;
        }
        Ok(concerned.len())
    }

    /// Keeps how far the change log has been read.
    pub fn keep_signal_cursor(&mut self, (xid, seq): (i64, i64)) -> Result<(), Error> {
        self.technical();
        let row = SignalCursor {
            id: "signals".to_owned(),
            xid,
            seq,
        };
        match row.update(self.conn) {
            Err(diesel::result::Error::NotFound) => Ok(row.insert(self.conn)?),
            other => Ok(other?),
        }
    }

    fn note_case(&mut self, key: &MacKey, id: CaseId) -> Result<(), Error> {
        diesel::delete(signal_keys::table.filter(signal_keys::case_id.eq(id.put())))
            .execute(self.conn)?;
        diesel::delete(signal_cases::table.filter(signal_cases::case_id.eq(id.put())))
            .execute(self.conn)?;
        let case = self.raw_case(id)?;
        let Some(closed_at) = case.closed_at.filter(|_| counts(&case)) else {
            return Ok(());
        };
        let parties = self.parties(id)?;
        let names: Vec<&str> = parties.iter().map(|p| p.name.as_str()).collect();
        let print = Print::of(&case.summary, &names);
        let seats = assignments::table
            .filter(assignments::case_id.eq(id.put()))
            .filter(assignments::role.eq(TeamRole::Chair.code()))
            .order(assignments::from_at.desc())
            .load::<<Assignment as FromRaw>::Raw>(self.conn)?;
        let seats: Vec<Assignment> = build(seats)?;
        SignalCase {
            case_id: id,
            print: print.as_ref().map(Print::to_text).unwrap_or_default(),
            chair_id: seats.first().map(|s| s.user_id),
            desk_id: case.holder_desk_id,
            closed_at,
        }
        .insert(self.conn)?;
        let mut keys = pair_keys(key, &parties);
        keys.extend(print.iter().flat_map(Print::bands));
        keys.sort();
        keys.dedup();
        if keys.is_empty() {
            return Ok(());
        }
        let start = fixed("INSERT INTO signal_keys (case_id, id, key) SELECT ")
            .bind::<DbUuid, _>(id.put())
            .sql(", ")
            .bind::<Text, _>(id.to_string());
        match self.conn() {
            AnyConn::Pg(c) => start
                .sql(" || ':' || k.value, k.value FROM unnest(")
                .bind::<Array<Text>, _>(&keys)
                .sql(") AS k(value)")
                .execute(c)?,
            AnyConn::Sqlite(c) => {
                let list = serde_json::to_string(&keys).map_err(Error::internal)?;
                start
                    .sql(" || ':' || k.value, k.value FROM json_each(")
                    .bind::<Text, _>(list)
                    .sql(") AS k")
                    .execute(c)?
            }
        };
        Ok(())
    }

    /// Computes the signal of one case anew. What a person found stays beside it.
    fn assess(&mut self, id: CaseId, known: Option<(SignalCase, Links)>) -> Result<(), Error> {
        let old = self.signal_of(id)?;
        let parts = match known {
            Some((this, links)) => self.parts_now(&this, links)?,
            None => Vec::new(),
        };
        let score = found::score(&parts);
        match old {
            Some(old) if score == 0 && old.review == SignalReview::Open => {
                diesel::delete(signals::table.filter(signals::id.eq(old.id.put())))
                    .execute(self.conn)?;
            }
            Some(old) if old.parts != parts => {
                let now = self.ctx.now;
                Signal {
                    score,
                    parts,
                    computed_at: now,
                    ..old
                }
                .update(self.conn)?;
            }
            Some(_) => {}
            None if score == 0 => {}
            None => {
                let row = Signal {
                    id: self.ctx.id(),
                    case_id: id,
                    score,
                    parts,
                    computed_at: self.ctx.now,
                    review: SignalReview::Open,
                    note: None,
                    reviewed_by: None,
                    reviewed_at: None,
                    reviewed_score: None,
                };
                row.insert(self.conn)?;
            }
        }
        Ok(())
    }
}
