//! Idempotency keys: the reply is kept in the same commit as the effect.

use diesel::prelude::*;
use serde_json::{Value, json};

use super::cached::fixed;
use super::conn::AnyConn;
use super::row::{FromRaw, one};
use super::tables::system::{IdempotencyRow, idempotency_keys};
use super::tx::Snap;
use super::types::sql::{DbJson, DbSecret, DbUuid, Integer, Nullable, Text};
use super::types::{Col, InstantCol};
use crate::ctx::Ctx;
use crate::domain::policy::{Action, Verdict, decide};
use crate::domain::secret::Secret;
use crate::error::{Code, Error};
use crate::reply::Reply;

/// Villages go offline for days.
const KEEP_DAYS: i64 = 7;

/// A key as the caller sent it, bound to its principal, with the request's fingerprint.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// `principal:key`.
    pub id: String,
    /// SHA-256 over method, route, path ids, query, If-Match and body.
    pub fingerprint: String,
}

/// What claiming a key found.
pub enum Claim {
    New,
    Seen(Box<IdempotencyRow>),
}

/// Inserts the key; a rival waits for it on PostgreSQL, and cannot exist on SQLite.
pub fn claim(conn: &mut AnyConn, ctx: &Ctx, key: &IdempotencyKey) -> QueryResult<Claim> {
    use idempotency_keys::dsl as k;
    let values = (
        k::id.eq(&key.id),
        k::fingerprint.eq(&key.fingerprint),
        k::status.eq(0),
        k::headers.eq(Col::put(&Value::Null)),
        k::body.eq(Col::put(&Secret::default())),
        k::created_at.eq(InstantCol(ctx.now)),
        k::expires_at.eq(InstantCol(ctx.now.plus_days(KEEP_DAYS))),
    );
    let fresh = match conn {
        AnyConn::Pg(c) => diesel::insert_into(idempotency_keys::table)
            .values(values)
            .on_conflict_do_nothing()
            .execute(c)?,
        AnyConn::Sqlite(c) => diesel::insert_into(idempotency_keys::table)
            .values(values)
            .on_conflict_do_nothing()
            .execute(c)?,
    };
    if fresh == 1 {
        return Ok(Claim::New);
    }
    let row = idempotency_keys::table
        .filter(k::id.eq(&key.id))
        .first::<<IdempotencyRow as FromRaw>::Raw>(conn)?;
    let row: IdempotencyRow = one(row)?;
    if row.expires_at < ctx.now {
        diesel::delete(idempotency_keys::table.filter(k::id.eq(&key.id))).execute(conn)?;
        return claim(conn, ctx, key);
    }
    Ok(Claim::Seen(Box::new(row)))
}

/// Keeps the reply under the claimed key.
pub fn save(conn: &mut AnyConn, _: &Ctx, key: &IdempotencyKey, reply: &Reply) -> QueryResult<()> {
    let headers =
        json!({"content_type": reply.content_type, "headers": reply.headers, "reads": reply.reads});
    fixed("UPDATE idempotency_keys SET status = ")
        .bind::<Integer, _>(i32::from(reply.status))
        .sql(", headers = ")
        .bind::<DbJson, _>(headers.put())
        .sql(", body = ")
        .bind::<DbSecret, _>(Secret::new(reply.body.clone()).put())
        .sql(", case_id = ")
        .bind::<Nullable<DbUuid>, _>(reply.case_id.put())
        .sql(" WHERE id = ")
        .bind::<Text, _>(key.id.as_str())
        .execute(conn)
        .map(|_| ())
}

/// The kept reply, if the caller may still see what it speaks of.
pub fn replay(
    snap: &mut Snap<'_>,
    key: &IdempotencyKey,
    row: IdempotencyRow,
) -> Result<Reply, Error> {
    if row.fingerprint != key.fingerprint {
        return Err(Error::of(Code::IdempotencyKeyReused));
    }
    if row.status == 0 {
        return Err(Error::of(Code::IdempotencyInFlight));
    }
    if let Some(id) = row.case_id {
        let scope = snap.case_scope(id)?;
        if decide(&snap.ctx.actor, Action::ViewCase, &scope) == Verdict::Hide {
            return Err(Error::not_found());
        }
    }
    let text = |name: &str| row.headers.get(name).cloned().unwrap_or(Value::Null);
    Ok(Reply {
        status: u16::try_from(row.status).unwrap_or(500),
        content_type: text("content_type").as_str().unwrap_or_default().to_owned(),
        headers: serde_json::from_value(text("headers")).unwrap_or_default(),
        body: row.body.reveal().to_owned(),
        case_id: row.case_id,
        reads: serde_json::from_value(text("reads")).unwrap_or_default(),
        replayed: true,
        next: None,
    })
}

impl super::tx::Tx<'_> {
    /// Removes up to 500 expired keys; returns how many.
    pub fn purge_keys(&mut self) -> Result<usize, Error> {
        use idempotency_keys::dsl as k;
        let old: Vec<String> = idempotency_keys::table
            .filter(k::expires_at.lt(InstantCol(self.ctx.now)))
            .order(k::expires_at)
            .limit(500)
            .select(k::id)
            .load(self.conn)?;
        self.technical();
        Ok(diesel::delete(idempotency_keys::table.filter(k::id.eq_any(old))).execute(self.conn)?)
    }
}
