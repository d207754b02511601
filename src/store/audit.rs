//! The ledger in the database: events in the same commit as what they tell.

use diesel::prelude::*;

use super::cached::fixed;
use super::conn::AnyConn;
use super::row::{FromRaw, Stored, build, one};
use super::tables::system::{AuditRow, StreamHead, audit_events, audit_heads, audit_pending};
use super::tx::{Snap, Tx};
use super::types::Col;
use crate::crypto::ledger::chain::{self, Header, Tip};
use crate::crypto::ledger::jcs;
use crate::crypto::secret::random_bytes;
use crate::ctx::Ctx;
use crate::domain::facts::Event;
use crate::domain::time::Instant;
use crate::error::{Code, Error};

/// The actor of jobs that nobody asked for.
pub const SYSTEM: &str = "system";

/// Where an event stands besides its payload.
pub struct Place<'a> {
    pub stream: &'a str,
    pub object: String,
    pub outcome: &'a str,
}

/// Every failure to write the trail fails the act: closed, with 503.
fn closed(e: impl std::fmt::Display) -> Error {
    tracing::error!(error = %e, "audit write failed");
    Error::Wait(Code::Unavailable, 2)
}

fn hex_hash(text: &str) -> Result<[u8; 32], Error> {
    let mut out = [0; 32];
    hex::decode_to_slice(text, &mut out).map_err(Error::internal)?;
    Ok(out)
}

/// The name of who acts in audit headers.
pub fn actor_name(ctx: &Ctx) -> String {
    if ctx.actor.user_id.uuid.is_nil() {
        SYSTEM.to_owned()
    } else {
        format!("user/{}", ctx.actor.user_id)
    }
}

/// The rows of `events` after `tip`, and the tip they lead to.
fn sealed_rows(
    ctx: &Ctx,
    place: &Place<'_>,
    mut tip: Option<Tip>,
    events: &[Event],
    rows: &mut Vec<AuditRow>,
) -> Result<Option<Tip>, Error> {
    for event in events {
        let payload = serde_json::to_value(event).map_err(Error::internal)?;
        let salt: [u8; 32] = random_bytes().map_err(closed)?;
        let (seq, at, prev) = chain::next(tip.as_ref(), ctx.now);
        let actor = actor_name(ctx);
        let header = Header {
            v: chain::VERSION,
            stream: place.stream.to_owned(),
            seq,
            at,
            actor: actor.clone(),
            on_behalf: None,
            action: event.code().to_owned(),
            object: Some(place.object.clone()),
            outcome: place.outcome.to_owned(),
            request_id: Some(ctx.request_id.clone()),
            ip_pfx: ctx.ip_prefix.clone(),
            purpose: ctx.purpose.clone(),
            kid: None,
            commit: chain::commit(&salt, &payload).map_err(closed)?,
            prev,
        };
        let sealed = chain::seal(&header).map_err(closed)?;
        rows.push(AuditRow {
            stream: place.stream.to_owned(),
            seq: i64::try_from(seq).map_err(Error::internal)?,
            at,
            action: header.action,
            actor,
            header: sealed.header_text,
            payload: Some(jcs::to_text(&payload).map_err(closed)?),
            salt: Some(hex::encode(salt)),
            hash: hex::encode(sealed.hash),
        });
        tip = Some(Tip {
            seq,
            hash: sealed.hash,
            at,
        });
    }
    Ok(tip)
}

/// Writes events and marks them for the tree: in one statement on PostgreSQL, where every
/// statement is a journey.
fn write_rows(conn: &mut AnyConn, rows: &[AuditRow]) -> QueryResult<()> {
    if let AnyConn::Pg(c) = conn {
        return write_rows_pg(c, rows);
    }
    for row in rows {
        row.insert(conn)?;
        diesel::insert_into(audit_pending::table)
            .values((
                audit_pending::stream.eq(&row.stream),
                audit_pending::seq.eq(row.seq),
            ))
            .execute(conn)?;
    }
    Ok(())
}

fn write_rows_pg(conn: &mut PgConnection, rows: &[AuditRow]) -> QueryResult<()> {
    use super::types::sql::{BigInt, DbInstant, Nullable, Text};
    use diesel::sql_types::Array;
    let text = |f: fn(&AuditRow) -> &str| rows.iter().map(f).collect::<Vec<_>>();
    let maybe = |f: fn(&AuditRow) -> Option<&str>| rows.iter().map(f).collect::<Vec<_>>();
    fixed(
        "WITH written AS (INSERT INTO audit_events (stream, seq, at, action, actor, header, payload, salt, hash) \
         SELECT * FROM unnest(",
    )
    .bind::<Array<Text>, _>(text(|r| &r.stream))
    .sql(", ")
    .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.seq).collect::<Vec<_>>())
    .sql(", ")
    .bind::<Array<DbInstant>, _>(rows.iter().map(|r| r.at.put()).collect::<Vec<_>>())
    .sql(", ")
    .bind::<Array<Text>, _>(text(|r| &r.action))
    .sql(", ")
    .bind::<Array<Text>, _>(text(|r| &r.actor))
    .sql(", ")
    .bind::<Array<Text>, _>(text(|r| &r.header))
    .sql(", ")
    .bind::<Array<Nullable<Text>>, _>(maybe(|r| r.payload.as_deref()))
    .sql(", ")
    .bind::<Array<Nullable<Text>>, _>(maybe(|r| r.salt.as_deref()))
    .sql(", ")
    .bind::<Array<Text>, _>(text(|r| &r.hash))
    .sql(
        ") RETURNING stream, seq) \
         INSERT INTO audit_pending (stream, seq) SELECT stream, seq FROM written",
    )
    .execute(conn)
    .map(|_| ())
}

/// Appends events after `tip`; returns the new tip.
pub fn append_after(
    conn: &mut AnyConn,
    ctx: &Ctx,
    place: &Place<'_>,
    tip: Option<Tip>,
    events: &[Event],
) -> Result<Option<Tip>, Error> {
    let mut rows = Vec::with_capacity(events.len());
    let tip = sealed_rows(ctx, place, tip, events, &mut rows)?;
    write_rows(conn, &rows).map_err(closed)?;
    Ok(tip)
}

/// Builds a tip from stored head columns.
pub fn tip_of(seq: i64, hash: &str, at: Instant) -> Result<Option<Tip>, Error> {
    if seq == 0 {
        return Ok(None);
    }
    let seq = u64::try_from(seq).map_err(Error::internal)?;
    Ok(Some(Tip {
        seq,
        hash: hex_hash(hash)?,
        at,
    }))
}

impl Tx<'_> {
    /// Records accesses of several callers in one stream and one commit.
    pub fn record_accesses(
        &mut self,
        stream: &str,
        facts: &[(Ctx, String, &'static str, Event)],
    ) -> Result<(), Error> {
        let head = self.lock_head(stream)?;
        let mut tip = match &head {
            Some(h) => tip_of(h.seq, &h.hash, h.at)?,
            None => None,
        };
        let mut rows = Vec::with_capacity(facts.len());
        for (ctx, object, outcome, event) in facts {
            let place = Place {
                stream,
                object: object.clone(),
                outcome,
            };
            tip = sealed_rows(ctx, &place, tip, std::slice::from_ref(event), &mut rows)?;
            self.events.push(event.clone());
        }
        write_rows(self.conn, &rows).map_err(closed)?;
        self.save_head(stream, head.is_some(), tip)
    }

    fn save_head(&mut self, stream: &str, exists: bool, tip: Option<Tip>) -> Result<(), Error> {
        let Some(tip) = tip else { return Ok(()) };
        let row = StreamHead {
            stream: stream.to_owned(),
            seq: i64::try_from(tip.seq).map_err(Error::internal)?,
            hash: hex::encode(tip.hash),
            at: tip.at,
        };
        if exists {
            row.update(self.conn).map_err(closed)
        } else {
            row.insert(self.conn).map_err(closed)
        }
    }

    /// Records facts in a stream that is no case: `user/<id>`, `org/<id>`, `system`, `reads/…`.
    pub fn record(
        &mut self,
        stream: &str,
        object: String,
        events: Vec<Event>,
    ) -> Result<(), Error> {
        self.record_as(stream, object, "ok", events)
    }

    /// `record` with an outcome other than `ok`.
    pub fn record_as(
        &mut self,
        stream: &str,
        object: String,
        outcome: &str,
        events: Vec<Event>,
    ) -> Result<(), Error> {
        let ctx = self.ctx;
        let head = self.lock_head(stream)?;
        let tip = match &head {
            Some(h) => tip_of(h.seq, &h.hash, h.at)?,
            None => None,
        };
        let place = Place {
            stream,
            object,
            outcome,
        };
        let tip = append_after(self.conn, ctx, &place, tip, &events)?;
        self.save_head(stream, head.is_some(), tip)?;
        self.events.extend(events);
        Ok(())
    }

    /// The head of a stream, locked until the commit.
    fn lock_head(&mut self, stream: &str) -> Result<Option<StreamHead>, Error> {
        if self.conn.is_sqlite() {
            return self.head_of(stream, false);
        }
        match self.head_of(stream, true)? {
            Some(head) => Ok(Some(head)),
            // The first event of a stream has no row to lock: its name keeps two openers apart.
            None => {
                self.lock_name(stream).map_err(closed)?;
                self.head_of(stream, true)
            }
        }
    }

    fn head_of(&mut self, stream: &str, lock: bool) -> Result<Option<StreamHead>, Error> {
        type Raw = <StreamHead as FromRaw>::Raw;
        let of_stream = audit_heads::table.filter(audit_heads::stream.eq(stream));
        let row = match self.conn() {
            AnyConn::Pg(c) if lock => of_stream.for_no_key_update().first::<Raw>(c),
            conn => of_stream.first::<Raw>(conn),
        };
        let row = row.optional().map_err(closed)?;
        row.map(|r| one(r).map_err(closed)).transpose()
    }
}

/// One event of a stream as stored, for timelines and the audit API.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    pub row: AuditRow,
    pub event: Option<Event>,
}

impl Snap<'_> {
    /// Events of a stream after `after`, oldest first.
    pub fn stream_events(
        &mut self,
        stream: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, Error> {
        let rows = audit_events::table
            .filter(audit_events::stream.eq(stream))
            .filter(audit_events::seq.gt(after))
            .order(audit_events::seq)
            .limit(limit)
            .load::<<AuditRow as FromRaw>::Raw>(self.conn)?;
        opened(build(rows)?)
    }

    /// The last events of a stream, newest first.
    pub fn last_events(
        &mut self,
        stream: &str,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, Error> {
        let rows = audit_events::table
            .filter(audit_events::stream.eq(stream))
            .filter(audit_events::seq.lt(before.unwrap_or(i64::MAX)))
            .order(audit_events::seq.desc())
            .limit(limit)
            .load::<<AuditRow as FromRaw>::Raw>(self.conn)?;
        opened(build(rows)?)
    }
}

fn opened(rows: Vec<AuditRow>) -> Result<Vec<StoredEvent>, Error> {
    rows.into_iter()
        .map(|row| {
            let event = row
                .payload
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(Error::internal)?;
            Ok(StoredEvent { row, event })
        })
        .collect()
}
