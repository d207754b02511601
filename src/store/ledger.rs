//! The Merkle tree over the audit trail in the database: sequencing, checkpoints, proofs, export.

use std::io::Write;

use diesel::prelude::*;

use super::conn::AnyConn;
use super::row::{FromRaw, Stored as _, build, one};
use super::tables::case::cases;
use super::tables::system::*;
use super::tx::{Snap, Tx};
use super::types::UuidCol;
use crate::crypto::ledger::Hash;
use crate::crypto::ledger::checkpoint::Checkpoint;
use crate::crypto::ledger::export::Writer;
use crate::crypto::ledger::key::SigningKey;
use crate::crypto::ledger::record::{EventRow, HeadRow, LeafRow as LeafRecord, Opened, Record};
use crate::crypto::ledger::tree::{
    Frontier, TreeError, consistency_proof, inclusion_proof, leaf_hash,
};
use crate::error::{Code, Error};

/// How many events one pass takes into the tree.
const PASS: i64 = 5_000;
/// How many rows an export reads at a time.
const CHUNK: i64 = 5_000;
/// The lock of the one sequencer of a database.
const SEQUENCER: i64 = 0x6a69_6579_6f75;

fn to_u64(n: i64) -> Result<u64, Error> {
    u64::try_from(n).map_err(Error::internal)
}

fn to_i64(n: u64) -> Result<i64, Error> {
    i64::try_from(n).map_err(Error::internal)
}

fn hash_of(text: &str) -> Result<Hash, Error> {
    let mut out = [0; 32];
    hex::decode_to_slice(text, &mut out).map_err(Error::internal)?;
    Ok(out)
}

fn node_id(level: u8, index: u64) -> String {
    format!("{level}:{index}")
}

fn fetch_node(conn: &mut AnyConn, level: u8, index: u64) -> Result<Hash, Error> {
    let hash: String = audit_nodes::table
        .filter(audit_nodes::id.eq(node_id(level, index)))
        .select(audit_nodes::hash)
        .first(conn)?;
    hash_of(&hash)
}

fn tree_fault(e: TreeError<Error>) -> Error {
    match e {
        TreeError::Range => Error::of(Code::BadQuery),
        TreeError::Fetch(e) => e,
    }
}

impl Tx<'_> {
    /// Takes committed events into the tree and signs a checkpoint over it. Nothing to do, or
    /// another node at work: `None`.
    pub fn sequence(&mut self, key: &SigningKey) -> Result<Option<CheckpointRow>, Error> {
        self.technical();
        if !self.lead()? {
            return Ok(None);
        }
        let size = self.last_checkpoint()?.map_or(0, |c| c.size);
        let conn = self.conn();
        let pending: Vec<(String, i64, String)> = audit_pending::table
            .inner_join(
                audit_events::table.on(audit_events::stream
                    .eq(audit_pending::stream)
                    .and(audit_events::seq.eq(audit_pending::seq))),
            )
            .order((audit_pending::stream, audit_pending::seq))
            .limit(PASS)
            .select((audit_events::stream, audit_events::seq, audit_events::hash))
            .load(conn)?;
        if pending.is_empty() {
            return Ok(None);
        }
        let mut frontier =
            Frontier::load(to_u64(size)?, |level, index| fetch_node(conn, level, index))
                .map_err(tree_fault)?;
        for (stream, seq, hash) in pending {
            let mut nodes = Vec::new();
            let leaf_index = to_i64(frontier.size())?;
            frontier.append(leaf_hash(&hash_of(&hash)?), |n| nodes.push(n));
            for n in nodes {
                NodeRow {
                    id: node_id(n.level, n.index),
                    hash: hex::encode(n.hash),
                }
                .insert(conn)?;
            }
            diesel::delete(
                audit_pending::table.filter(
                    audit_pending::stream
                        .eq(&stream)
                        .and(audit_pending::seq.eq(seq)),
                ),
            )
            .execute(conn)?;
            LeafRow {
                leaf_index,
                stream,
                seq,
                hash,
            }
            .insert(conn)?;
        }
        let checkpoint = Checkpoint {
            origin: key.verifying().name().to_owned(),
            size: frontier.size(),
            root: frontier.root(),
        };
        let row = CheckpointRow {
            size: to_i64(checkpoint.size)?,
            root: hex::encode(checkpoint.root),
            note: checkpoint.sign(key).map_err(Error::internal)?.to_string(),
            created_at: self.ctx.now,
        };
        self.insert(&row)?;
        Ok(Some(row))
    }

    /// True for the one node that sequences now.
    fn lead(&mut self) -> Result<bool, Error> {
        match self.conn() {
            AnyConn::Sqlite(_) => Ok(true),
            AnyConn::Pg(c) => Ok(diesel::select(
                diesel::dsl::sql::<diesel::sql_types::Bool>("pg_try_advisory_xact_lock(")
                    .bind::<diesel::sql_types::BigInt, _>(SEQUENCER)
                    .sql(")"),
            )
            .get_result(c)?),
        }
    }
}

impl Snap<'_> {
    pub fn last_checkpoint(&mut self) -> Result<Option<CheckpointRow>, Error> {
        let row = audit_checkpoints::table
            .order(audit_checkpoints::size.desc())
            .first::<<CheckpointRow as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    /// Checkpoints below `before`, newest first.
    pub fn checkpoints(
        &mut self,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<CheckpointRow>, Error> {
        let rows = audit_checkpoints::table
            .filter(audit_checkpoints::size.lt(before.unwrap_or(i64::MAX)))
            .order(audit_checkpoints::size.desc())
            .limit(limit)
            .load::<<CheckpointRow as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The leaf of an event; 404 while it is not in the tree.
    pub fn leaf_of(&mut self, stream: &str, seq: i64) -> Result<LeafRow, Error> {
        let row = audit_leaves::table
            .filter(
                audit_leaves::stream
                    .eq(stream)
                    .and(audit_leaves::seq.eq(seq)),
            )
            .first::<<LeafRow as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    /// The audit path of a leaf in the tree of `size` leaves.
    pub fn inclusion(&mut self, size: u64, index: u64) -> Result<Vec<Hash>, Error> {
        let conn = self.conn();
        inclusion_proof(size, index, |l, i| fetch_node(conn, l, i)).map_err(tree_fault)
    }

    /// The proof that the tree of `old` leaves begins the tree of `new` leaves.
    pub fn consistency(&mut self, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        let conn = self.conn();
        consistency_proof(old, new, |l, i| fetch_node(conn, l, i)).map_err(tree_fault)
    }

    /// Events that are not under a checkpoint yet.
    pub fn pending_events(&mut self) -> Result<i64, Error> {
        Ok(audit_pending::table.count().get_result(self.conn)?)
    }

    /// Hands every record of the ledger to `take`, in the order of the export format.
    pub fn ledger_records(
        &mut self,
        mut take: impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        take(Record::Export { payloads: true })?;
        let notes: Vec<String> = audit_checkpoints::table
            .order(audit_checkpoints::size)
            .select(audit_checkpoints::note)
            .load(self.conn)?;
        for note in notes {
            take(Record::Checkpoint { note })?;
        }
        self.event_records(&mut take)?;
        self.head_records(&mut take)?;
        self.leaf_records(&mut take)
    }

    fn event_records(
        &mut self,
        take: &mut impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut last = (String::new(), 0_i64);
        loop {
            let after = audit_events::stream
                .gt(last.0.clone())
                .or(audit_events::stream
                    .eq(last.0.clone())
                    .and(audit_events::seq.gt(last.1)));
            let rows = audit_events::table
                .filter(audit_events::stream.ge(last.0.clone()))
                .filter(after)
                .order((audit_events::stream, audit_events::seq))
                .limit(CHUNK)
                .load::<<AuditRow as FromRaw>::Raw>(self.conn)?;
            let rows: Vec<AuditRow> = build(rows)?;
            let Some(end) = rows.last() else {
                return Ok(());
            };
            last = (end.stream.clone(), end.seq);
            for row in rows {
                take(Record::Event(event_record(row)?))?;
            }
        }
    }

    fn head_records(
        &mut self,
        take: &mut impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut after = uuid::Uuid::nil();
        loop {
            let rows: Vec<(UuidCol, i64, String)> = cases::table
                .filter(cases::id.gt(UuidCol(after)))
                .order(cases::id)
                .limit(CHUNK)
                .select((cases::id, cases::audit_seq, cases::audit_hash))
                .load(self.conn)?;
            let Some((last, _, _)) = rows.last() else {
                break;
            };
            after = last.0;
            for (id, seq, hash) in rows {
                let row = HeadRow {
                    stream: format!("case/{}", id.0),
                    seq: to_u64(seq)?,
                    hash: hash_of(&hash)?,
                };
                take(Record::Head(row))?;
            }
        }
        let heads = audit_heads::table
            .order(audit_heads::stream)
            .load::<<StreamHead as FromRaw>::Raw>(self.conn)?;
        for h in build::<StreamHead>(heads)? {
            take(Record::Head(HeadRow {
                stream: h.stream,
                seq: to_u64(h.seq)?,
                hash: hash_of(&h.hash)?,
            }))?;
        }
        Ok(())
    }

    fn leaf_records(
        &mut self,
        take: &mut impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut after = -1_i64;
        loop {
            let rows = audit_leaves::table
                .filter(audit_leaves::leaf_index.gt(after))
                .order(audit_leaves::leaf_index)
                .limit(CHUNK)
                .load::<<LeafRow as FromRaw>::Raw>(self.conn)?;
            let rows: Vec<LeafRow> = build(rows)?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = last.leaf_index;
            for row in rows {
                let leaf = LeafRecord {
                    index: to_u64(row.leaf_index)?,
                    stream: row.stream,
                    seq: to_u64(row.seq)?,
                    hash: Some(leaf_hash(&hash_of(&row.hash)?)),
                };
                take(Record::Leaf(leaf))?;
            }
        }
    }

    /// Writes the whole ledger as newline-delimited JSON.
    pub fn export_ledger(&mut self, out: impl Write) -> Result<(), Error> {
        let mut writer = Writer::new(out, true).map_err(Error::internal)?;
        self.ledger_records(|record| match record {
            // The writer has put the first line already.
            Record::Export { .. } => Ok(()),
            record => writer.write(&record).map_err(Error::internal),
        })?;
        writer.finish().map_err(Error::internal)?;
        Ok(())
    }
}

fn event_record(row: AuditRow) -> Result<EventRow, Error> {
    let payload = match (row.payload, row.salt) {
        (Some(text), Some(salt)) => {
            // A row that was tampered with must become a named fault, not an abort: what cannot be
            // read opens to a value that fits no commitment.
            let value = serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
            Some(Opened {
                value,
                salt: hash_of(&salt).unwrap_or([0; 32]),
            })
        }
        _ => None,
    };
    Ok(EventRow {
        stream: row.stream,
        seq: to_u64(row.seq)?,
        hash: hash_of(&row.hash).unwrap_or([0; 32]),
        header: row.header,
        payload,
    })
}
