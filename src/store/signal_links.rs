//! Who is like a case: near copies, the same people, the same signature images, one chair's share.

use std::collections::BTreeSet;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::row::{FromRaw, build};
use super::tables::case::{parties, signatures};
use super::tables::fabrication::*;
use super::tx::Snap;
use super::types::{Col, UuidCol};
use crate::crypto::secret::MacKey;
use crate::domain::agreement::{Signature, SignedAs};
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::near_copy::Print;
use crate::domain::party::{Party, PartyRole};
use crate::domain::signals::{self as found, Reuse, Share, Twin};
use crate::domain::time::Instant;
use crate::error::Error;

/// How far apart cases between the same people are still seen together.
const PAIR_DAYS: i64 = 365;
const SHARE_DAYS: i64 = 7;
/// Like cases looked at for one.
const LIKE: i64 = 40;
/// Pairs of people kept for one case: a group case has thousands.
const PAIRS: usize = 12;

/// Who is like a case.
pub(super) struct Links {
    pub(super) copies: Vec<Twin>,
    pub(super) same_pair: Vec<CaseId>,
    pub(super) reused: Vec<Reuse>,
    /// Cases that share the image of a signature.
    pub(super) elsewhere: Vec<CaseId>,
}

impl Links {
    /// Cases whose signals depend on this one.
    pub(super) fn neighbours(&self) -> impl Iterator<Item = CaseId> {
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

impl Snap<'_> {
    pub(super) fn keys_of(&mut self, id: CaseId) -> Result<Vec<String>, Error> {
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

    pub(super) fn signal_cases(&mut self, ids: &[CaseId]) -> Result<Vec<SignalCase>, Error> {
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

    pub(super) fn share_of(&mut self, this: &SignalCase) -> Result<Share, Error> {
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
    pub(super) fn denials(&mut self, id: CaseId) -> Result<Vec<uuid::Uuid>, Error> {
        self.denials_of(id)
    }

    /// The cases that are like this one, and how.
    pub(super) fn links(&mut self, this: &SignalCase) -> Result<Links, Error> {
        let keys = self.keys_of(this.case_id)?;
        let (reused, elsewhere) = self.reuses(this.case_id)?;
        Ok(Links {
            copies: self.copies_of(this, &keys)?,
            same_pair: self.same_pair(this, &keys)?,
            reused,
            elsewhere,
        })
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
pub(super) fn pair_keys(key: &MacKey, parties: &[Party]) -> Vec<String> {
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
