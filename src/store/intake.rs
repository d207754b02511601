//! What registration and acceptance need: case numbers, public codes, traits of duplicates.

use diesel::prelude::*;
use diesel::sql_types::Array;

use super::cached::fixed;
use super::conn::AnyConn;
use super::row::{FromRaw, Stored, build};
use super::tables::case::cases;
use super::tables::org::{org_units, role_grants};
use super::tables::system::{DuplicateKey, case_counters, duplicate_keys};
use super::tx::{Snap, Tx};
use super::types::sql::{DbInstant, DbUuid, Text};
use super::types::{Col, InstantCol, UuidCol};
use crate::crypto::secret::{MacKey, random_bytes};
use crate::domain::case::Case;
use crate::domain::case_code::CaseCode;
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::rules::duplicates::{Trait, petition_trait, window_start};
use crate::domain::time::Instant;
use crate::error::Error;

/// A case that shares traits with another.
#[derive(Clone, Debug)]
pub struct Match {
    pub case_id: CaseId,
    /// Codes of `trait_kind`.
    pub shared: Vec<String>,
}

fn blind(key: &MacKey, t: &Trait) -> String {
    let mac = key.mac(&[t.kind.code().as_bytes(), b"\0", t.value.reveal().as_bytes()]);
    hex::encode(mac.get(..16).unwrap_or(&mac))
}

impl Tx<'_> {
    /// The next number of a committee in a year; taken in the same commit as the acceptance, so a
    /// refused one leaves no gap (I2).
    pub fn next_case_number(&mut self, committee: CommitteeId, year: i16) -> Result<i64, Error> {
        self.next_number(&format!("{committee}:{year}"))
    }

    /// The next number of a series; part of the commit, so there are no gaps.
    pub(super) fn next_number(&mut self, series: &str) -> Result<i64, Error> {
        let id = series;
        let conn = self.conn();
        let values = (case_counters::id.eq(id), case_counters::last.eq(0_i64));
        match conn {
            AnyConn::Pg(c) => diesel::insert_into(case_counters::table)
                .values(values)
                .on_conflict_do_nothing()
                .execute(c)?,
            AnyConn::Sqlite(c) => diesel::insert_into(case_counters::table)
                .values(values)
                .on_conflict_do_nothing()
                .execute(c)?,
        };
        // The update takes the row lock; nobody else reads this number before our commit.
        diesel::update(case_counters::table.filter(case_counters::id.eq(id)))
            .set(case_counters::last.eq(case_counters::last + 1_i64))
            .execute(conn)?;
        Ok(case_counters::table
            .filter(case_counters::id.eq(id))
            .select(case_counters::last)
            .first(conn)?)
    }

    /// A public code that no case has.
    pub fn fresh_case_code(&mut self) -> Result<String, Error> {
        for _ in 0..8 {
            let code = CaseCode::from_random(random_bytes().map_err(Error::internal)?).to_string();
            let taken: i64 = cases::table
                .filter(cases::code.eq(&code))
                .count()
                .get_result(self.conn)?;
            if taken == 0 {
                return Ok(code);
            }
        }
        Err(Error::internal("no free case code in eight tries"))
    }

    /// Keeps the traits of a case, blinded, for later comparison; replaces what was kept.
    pub fn keep_traits(
        &mut self,
        key: &MacKey,
        case: &Case,
        traits: &[Trait],
    ) -> Result<(), Error> {
        diesel::delete(duplicate_keys::table.filter(duplicate_keys::case_id.eq(case.id.put())))
            .execute(self.conn)?;
        let rows: Vec<DuplicateKey> = traits
            .iter()
            .map(|t| {
                let hash = blind(key, t);
                DuplicateKey {
                    id: format!("{}:{}:{hash}", case.id, t.kind.code()),
                    case_id: case.id,
                    kind: t.kind.code().to_owned(),
                    hash,
                    registered_at: case.registered_at,
                }
            })
            .collect();
        match self.conn() {
            // One journey for all of them.
            AnyConn::Pg(c) => {
                let text = |f: fn(&DuplicateKey) -> &str| rows.iter().map(f).collect::<Vec<_>>();
                fixed(
                    "INSERT INTO duplicate_keys (case_id, registered_at, id, kind, hash) SELECT ",
                )
                .bind::<DbUuid, _>(case.id.put())
                .sql(", ")
                .bind::<DbInstant, _>(case.registered_at.put())
                .sql(", t.* FROM unnest(")
                .bind::<Array<Text>, _>(text(|r| &r.id))
                .sql(", ")
                .bind::<Array<Text>, _>(text(|r| &r.kind))
                .sql(", ")
                .bind::<Array<Text>, _>(text(|r| &r.hash))
                .sql(") AS t")
                .execute(c)?;
            }
            AnyConn::Sqlite(_) => {
                for row in rows {
                    row.insert(self.conn)?;
                }
            }
        }
        Ok(())
    }
}

impl Snap<'_> {
    /// Cases of the last 180 days that share a trait, most traits first; at most 20.
    pub fn matches(
        &mut self,
        key: &MacKey,
        traits: &[Trait],
        at: Instant,
        but: Option<CaseId>,
    ) -> Result<Vec<Match>, Error> {
        let hashes: Vec<String> = traits.iter().map(|t| blind(key, t)).collect();
        let rows: Vec<(UuidCol, String)> = duplicate_keys::table
            .filter(duplicate_keys::hash.eq_any(hashes))
            .filter(duplicate_keys::registered_at.ge(InstantCol(window_start(at))))
            .order((duplicate_keys::case_id, duplicate_keys::kind))
            .limit(400)
            .select((duplicate_keys::case_id, duplicate_keys::kind))
            .load(self.conn)?;
        let mut out: Vec<Match> = Vec::new();
        for (id, kind) in rows {
            let case_id = CaseId::new(id.0);
            if Some(case_id) == but {
                continue;
            }
            match out.iter_mut().find(|m| m.case_id == case_id) {
                Some(m) if !m.shared.contains(&kind) => m.shared.push(kind),
                Some(_) => {}
                None => out.push(Match {
                    case_id,
                    shared: vec![kind],
                }),
            }
        }
        out.sort_by_key(|m| std::cmp::Reverse(m.shared.len()));
        out.truncate(20);
        Ok(out)
    }

    /// The public codes of other cases in which this petition was accepted, whenever that was
    /// (信访工作条例 第十九条); at most 20.
    pub fn petition_elsewhere(
        &mut self,
        key: &MacKey,
        no: &str,
        but: CaseId,
    ) -> Result<Vec<String>, Error> {
        let rows = duplicate_keys::table
            .inner_join(cases::table.on(cases::id.eq(duplicate_keys::case_id)))
            .filter(duplicate_keys::hash.eq(blind(key, &petition_trait(no))))
            .filter(duplicate_keys::case_id.ne(but.put()))
            .order(duplicate_keys::case_id)
            .limit(20)
            .select(cases::all_columns)
            .load::<<Case as FromRaw>::Raw>(self.conn)?;
        let found: Vec<Case> = build(rows)?;
        let accepted = |c: &&Case| {
            let petition = c.detail.petition.as_ref();
            petition.is_some_and(|p| p.acceptance.is_some())
        };
        Ok(found
            .iter()
            .filter(accepted)
            .map(|c| c.code.clone())
            .collect())
    }

    /// The units above a case's holder that hear of a red risk: its desk, then the county centre.
    pub fn alert_units(&mut self, holder_desk: Option<OrgId>) -> Result<Vec<OrgId>, Error> {
        let county: Vec<UuidCol> = org_units::table
            .filter(
                org_units::kind
                    .eq("county_centre")
                    .and(org_units::active.eq(true)),
            )
            .select(org_units::id)
            .load(self.conn)?;
        let mut out: Vec<OrgId> = holder_desk.into_iter().collect();
        out.extend(county.into_iter().map(|c| OrgId::new(c.0)));
        Ok(out)
    }

    /// Whether a user still holds any role.
    pub fn has_role(&mut self, user: UserId) -> Result<bool, Error> {
        let n: i64 = role_grants::table
            .filter(
                role_grants::user_id
                    .eq(user.put())
                    .and(role_grants::revoked_at.is_null()),
            )
            .count()
            .get_result(self.conn)?;
        Ok(n > 0)
    }
}
