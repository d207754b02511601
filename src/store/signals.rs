//! The search for made-up cases: what changed, who is like whom, and what was found.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::{count_star, exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Array;

use super::cached::fixed;
use super::conn::AnyConn;
use super::row::{FromRaw, Stored, build, one};
use super::tables::case::{assignments, cases, parties, signatures};
use super::tables::fabrication::*;
use super::tables::system::change_log;
use super::tx::{Snap, Tx};
use super::types::sql::{BigInt, DbUuid, Text};
use super::types::{Col, UuidCol};
use crate::crypto::secret::MacKey;
use crate::domain::agreement::{Signature, SignedAs};
use crate::domain::case::Case;
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::mediator::{Assignment, TeamRole};
use crate::domain::near_copy::Print;
use crate::domain::party::{ParticipantKind, Party, PartyRole};
use crate::domain::signals::{
    self as found, Facts, Parts, Reuse, Share, Signal, SignalReview, Twin,
};
use crate::domain::time::Instant;
use crate::error::Error;

/// How far apart cases between the same people are still seen together.
const PAIR_DAYS: i64 = 365;
const SHARE_DAYS: i64 = 7;
/// Like cases looked at for one.
const LIKE: i64 = 40;
/// Pairs of people kept for one case: a group case has thousands.
const PAIRS: usize = 12;

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

/// Who is like a case.
struct Links {
    copies: Vec<Twin>,
    same_pair: Vec<CaseId>,
    reused: Vec<Reuse>,
    /// Cases that share the image of a signature.
    elsewhere: Vec<CaseId>,
}

impl Links {
    /// Cases whose signals depend on this one.
    fn neighbours(&self) -> impl Iterator<Item = CaseId> {
        let copies = self.copies.iter().map(|c| c.case);
        let others = self.same_pair.iter().chain(&self.elsewhere).copied();
        copies.chain(others)
    }
}

const PARTY_HANDS: [SignedAs; 3] = [
    SignedAs::Party,
    SignedAs::LegalRepresentative,
    SignedAs::Agent,
];

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

    fn keys_of(&mut self, id: CaseId) -> Result<Vec<String>, Error> {
        Ok(signal_keys::table
            .filter(signal_keys::case_id.eq(id.put()))
            .order(signal_keys::id)
            .select(signal_keys::key)
            .load(self.conn)?)
    }

    /// Other cases that share one of the keys, most shared first.
    fn sharing(&mut self, id: CaseId, keys: &[String]) -> Result<Vec<CaseId>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<UuidCol> = signal_keys::table
            .filter(signal_keys::key.eq_any(keys))
            .filter(signal_keys::case_id.ne(id.put()))
            .group_by(signal_keys::case_id)
            .order((count_star().desc(), signal_keys::case_id.desc()))
            .limit(LIKE)
            .select(signal_keys::case_id)
            .load(self.conn)?;
        Ok(rows.into_iter().map(|id| CaseId::new(id.0)).collect())
    }

    fn signal_cases(&mut self, ids: &[CaseId]) -> Result<Vec<SignalCase>, Error> {
        let ids: Vec<UuidCol> = ids.iter().map(Col::put).collect();
        let rows = signal_cases::table
            .filter(signal_cases::case_id.eq_any(ids))
            .order(signal_cases::case_id)
            .load::<<SignalCase as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    fn copies_of(&mut self, this: &SignalCase, keys: &[String]) -> Result<Vec<Twin>, Error> {
        let Some(print) = Print::parse(&this.print) else {
            return Ok(Vec::new());
        };
        let bands: Vec<String> = keys
            .iter()
            .filter(|k| k.starts_with("band:"))
            .cloned()
            .collect();
        let like = self.sharing(this.case_id, &bands)?;
        let mut out: Vec<Twin> = self
            .signal_cases(&like)?
            .iter()
            .filter_map(|other| {
                let likeness = Print::parse(&other.print)?.likeness(&print);
                (likeness >= found::NEAR).then_some(Twin {
                    case: other.case_id,
                    likeness,
                    older: (other.closed_at, other.case_id) < (this.closed_at, this.case_id),
                })
            })
            .collect();
        out.sort_by_key(|c| (std::cmp::Reverse(c.likeness), c.case));
        Ok(out)
    }

    fn same_pair(&mut self, this: &SignalCase, keys: &[String]) -> Result<Vec<CaseId>, Error> {
        let pairs: Vec<String> = keys
            .iter()
            .filter(|k| k.starts_with("pair:"))
            .cloned()
            .collect();
        let like = self.sharing(this.case_id, &pairs)?;
        let near = |at: Instant| {
            let days = at.seconds_since(this.closed_at).abs() / 86_400;
            days <= PAIR_DAYS
        };
        let known = self.signal_cases(&like)?;
        Ok(known
            .into_iter()
            .filter(|c| near(c.closed_at))
            .map(|c| c.case_id)
            .collect())
    }

    fn hands(&mut self, images: &[String]) -> Result<Vec<Signature>, Error> {
        let rows = signatures::table
            .filter(signatures::image_sha256.eq_any(images))
            .filter(signatures::signed_as.eq_any(PARTY_HANDS.map(Code::code)))
            .order(signatures::id)
            .limit(LIKE)
            .load::<<Signature as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Signatures of parties whose image is the file of another hand's, or of another case's.
    fn reuses(&mut self, id: CaseId) -> Result<(Vec<Reuse>, Vec<CaseId>), Error> {
        let images: Vec<Option<String>> = signatures::table
            .filter(signatures::case_id.eq(id.put()))
            .filter(signatures::signed_as.eq_any(PARTY_HANDS.map(Code::code)))
            .filter(signatures::image_sha256.is_not_null())
            .select(signatures::image_sha256)
            .distinct()
            .load(self.conn)?;
        let images: Vec<String> = images.into_iter().flatten().collect();
        if images.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let all = self.hands(&images)?;
        let people: Vec<UuidCol> = all.iter().filter_map(|s| s.party_id.put()).collect();
        let names: Vec<(UuidCol, String)> = parties::table
            .filter(parties::id.eq_any(people))
            .select((parties::id, parties::name_key))
            .load(self.conn)?;
        let name = |s: &Signature| {
            let party = s.party_id?.uuid;
            names.iter().find(|(id, _)| id.0 == party).map(|(_, n)| n)
        };
        let mut out = Vec::new();
        let mut elsewhere = BTreeSet::new();
        for mine in all.iter().filter(|s| s.case_id == id) {
            let like = all
                .iter()
                .filter(|o| o.id != mine.id && o.image_sha256 == mine.image_sha256)
                // One hand signs the record and the agreement of its case.
                .filter(|o| o.case_id != id || o.party_id != mine.party_id);
            for other in like {
                if other.case_id != id {
                    elsewhere.insert(other.case_id);
                }
                out.push(Reuse {
                    mine: mine.id,
                    other: other.id,
                    same_person: name(mine).is_some() && name(mine) == name(other),
                });
            }
        }
        Ok((out, elsewhere.into_iter().collect()))
    }

    fn share_of(&mut self, this: &SignalCase) -> Result<Share, Error> {
        let (Some(chair), Some(desk)) = (this.chair_id, this.desk_id) else {
            return Ok(Share::default());
        };
        let rows: Vec<(Option<UuidCol>, i64)> = signal_cases::table
            .filter(signal_cases::desk_id.eq(Some(desk.put())))
            .filter(signal_cases::closed_at.gt(this.closed_at.plus_days(-SHARE_DAYS).put()))
            .filter(signal_cases::closed_at.le(this.closed_at.put()))
            .group_by(signal_cases::chair_id)
            .select((signal_cases::chair_id, count_star()))
            .load(self.conn)?;
        let mut out = Share::default();
        for (who, n) in rows {
            if who.is_some_and(|w| w.0 == chair.uuid) {
                out.by_chair = n;
            } else if who.is_some() {
                out.by_others = out.by_others.saturating_add(n);
                out.others = out.others.saturating_add(1);
            }
        }
        Ok(out)
    }

    /// Requests to a party that were answered with a "no".
    fn denials(&mut self, id: CaseId) -> Result<Vec<uuid::Uuid>, Error> {
        self.denials_of(id)
    }

    /// The cases that are like this one, and how.
    fn links(&mut self, this: &SignalCase) -> Result<Links, Error> {
        let keys = self.keys_of(this.case_id)?;
        let (reused, elsewhere) = self.reuses(this.case_id)?;
        Ok(Links {
            copies: self.copies_of(this, &keys)?,
            same_pair: self.same_pair(this, &keys)?,
            reused,
            elsewhere,
        })
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

fn identity(p: &Party) -> String {
    p.id_no
        .as_ref()
        .map(|n| n.reveal().to_owned())
        .or_else(|| p.uscc.clone())
        .unwrap_or_else(|| p.name_key.clone())
}

/// Keys of two people against each other; the people cannot be told from them.
fn pair_keys(key: &MacKey, parties: &[Party]) -> Vec<String> {
    let own: Vec<&Party> = parties
        .iter()
        .filter(|p| p.role != PartyRole::Represented)
        .collect();
    let mut out = Vec::new();
    for (i, a) in own.iter().enumerate() {
        for b in own.iter().skip(i.saturating_add(1)) {
            if a.side == b.side || out.len() >= PAIRS {
                continue;
            }
            let mut two = [identity(a), identity(b)];
            two.sort();
            let mac = key.mac(&[b"pair\0", two[0].as_bytes(), b"\0", two[1].as_bytes()]);
            out.push(format!(
                "pair:{}",
                hex::encode(mac.get(..16).unwrap_or(&mac))
            ));
        }
    }
    out
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
