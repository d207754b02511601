//! Reading the whole ledger out of the database: for its verification and its export.
//!
//! The database also holds copies that the published format does not know (columns beside the
//! header, tree nodes, the list of events that wait). They are compared here, so that an edit of a
//! copy is named just like an edit of the original. A row that cannot be read is a named fault and
//! never the end of the reading.

use std::collections::HashMap;
use std::io::Write;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::conn::AnyConn;
use super::ledger::{node_id, to_u64};
use super::row::{FromRaw, build};
use super::tables::case::cases;
use super::tables::system::*;
use super::tables::trail::audit_rotations;
use super::tx::Snap;
use super::types::UuidCol;
use crate::crypto::ledger::checkpoint::{Checkpoint, Rotation};
use crate::crypto::ledger::export::Writer;
use crate::crypto::ledger::note::Note;
use crate::crypto::ledger::record::{EventRow, HeadRow, LeafRow as LeafRecord, Opened, Record};
use crate::crypto::ledger::report::{Fault, FaultKind, Span, Window};
use crate::crypto::ledger::tree::{Frontier, leaf_hash};
use crate::crypto::ledger::{jcs, parse_hash};
use crate::error::Error;

/// How many rows are read at a time.
const CHUNK: i64 = 5_000;
/// How many tree nodes are asked for at a time.
const NODES: usize = 1_000;

/// What reading gives: a record of the format, or a fault of the rows themselves.
#[derive(Debug)]
pub enum Found {
    Record(Record),
    Fault(Fault),
}

fn fault(kind: FaultKind, stream: &str, seq: i64, detail: impl Into<String>) -> Fault {
    Fault {
        stream: Some(stream.to_owned()),
        seq: u64::try_from(seq).ok(),
        kind,
        detail: detail.into(),
    }
}

fn nameless(kind: FaultKind, detail: String) -> Fault {
    Fault {
        stream: None,
        seq: None,
        kind,
        detail,
    }
}

/// An event row with its time as text, whatever stands there.
type RawEvent = (
    String,
    i64,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    String,
);

/// The time column of a table in the form of the headers.
fn time_text(conn: &AnyConn, column: &str) -> String {
    match conn {
        AnyConn::Sqlite(_) => column.to_owned(),
        AnyConn::Pg(_) => {
            format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        }
    }
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    stream: String,
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

impl Snap<'_> {
    /// About how many records [`Snap::ledger_records`] will hand over: its events and leaves.
    pub fn ledger_size(&mut self) -> Result<i64, Error> {
        let leaves = self.last_checkpoint()?.map_or(0, |c| c.size);
        let pending = self.pending_events()?;
        Ok(leaves.saturating_mul(2).saturating_add(pending))
    }

    /// Hands everything in the ledger to `take`, in the order of the export format.
    pub fn ledger_records(
        &mut self,
        mut take: impl FnMut(Found) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let AnyConn::Pg(c) = self.conn() {
            // The limits of requests are too narrow for statements over everything.
            diesel::sql_query("SET LOCAL statement_timeout = '10min'").execute(c)?;
            diesel::sql_query("SET LOCAL idle_in_transaction_session_timeout = '10min'")
                .execute(c)?;
        }
        take(Found::Record(Record::Export { payloads: true }))?;
        self.rotation_records(&mut take)?;
        self.checkpoint_records(&mut take)?;
        self.event_records(&mut take)?;
        self.head_records(&mut take)?;
        self.leaf_records(&mut take)
    }

    fn rotation_records(
        &mut self,
        take: &mut impl FnMut(Found) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let rows: Vec<(i64, String)> = audit_rotations::table
            .order(audit_rotations::size)
            .select((audit_rotations::size, audit_rotations::note))
            .load(self.conn)?;
        for (size, note) in rows {
            if let Ok(signed) = Rotation::open(&note)
                && i64::try_from(signed.size) != Ok(size)
            {
                let detail = format!("rotation row={size} note={} columns differ", signed.size);
                take(Found::Fault(nameless(FaultKind::Note, detail)))?;
            }
            take(Found::Record(Record::Rotation { note }))?;
        }
        Ok(())
    }

    fn checkpoint_records(
        &mut self,
        take: &mut impl FnMut(Found) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let rows: Vec<(i64, String, String)> = audit_checkpoints::table
            .order(audit_checkpoints::size)
            .select((
                audit_checkpoints::size,
                audit_checkpoints::root,
                audit_checkpoints::note,
            ))
            .load(self.conn)?;
        for (size, root, note) in rows {
            let signed = Note::parse(&note).and_then(|n| Checkpoint::parse(n.text()));
            // A note that cannot be read is a fault of the verifier's own.
            if let Ok(signed) = signed
                && (i64::try_from(signed.size) != Ok(size) || hex::encode(signed.root) != root)
            {
                let detail = format!("row={size} note={} columns differ", signed.size);
                take(Found::Fault(nameless(FaultKind::Note, detail)))?;
            }
            take(Found::Record(Record::Checkpoint { note }))?;
        }
        Ok(())
    }

    fn event_records(
        &mut self,
        take: &mut impl FnMut(Found) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut last = (String::new(), i64::MIN);
        loop {
            let after = audit_events::stream
                .gt(last.0.clone())
                .or(audit_events::stream
                    .eq(last.0.clone())
                    .and(audit_events::seq.gt(last.1)));
            let at = time_text(self.conn, "at");
            let rows: Vec<RawEvent> = audit_events::table
                .filter(audit_events::stream.ge(last.0.clone()))
                .filter(after)
                .order((audit_events::stream, audit_events::seq))
                .limit(CHUNK)
                .select((
                    audit_events::stream,
                    audit_events::seq,
                    sql::<Text>(&at),
                    audit_events::action,
                    audit_events::actor,
                    audit_events::header,
                    audit_events::payload,
                    audit_events::salt,
                    audit_events::hash,
                ))
                .load(self.conn)?;
            let Some(end) = rows.last() else {
                return Ok(());
            };
            last = (end.0.clone(), end.1);
            for row in rows {
                event_record(row, take)?;
            }
        }
    }

    fn head_records(
        &mut self,
        take: &mut impl FnMut(Found) -> Result<(), Error>,
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
                take(head_record(format!("case/{}", id.0), seq, &hash))?;
            }
        }
        let heads: Vec<(String, i64, String)> = audit_heads::table
            .order(audit_heads::stream)
            .select((audit_heads::stream, audit_heads::seq, audit_heads::hash))
            .load(self.conn)?;
        for (stream, seq, hash) in heads {
            take(head_record(stream, seq, &hash))?;
        }
        // The next event of a stream takes its time from the head.
        for of in [
            "SELECT h.stream AS stream, h.seq AS seq FROM audit_heads h \
             JOIN audit_events e ON e.stream = h.stream AND e.seq = h.seq WHERE e.at <> h.at",
            "SELECT e.stream AS stream, e.seq AS seq FROM cases c JOIN audit_events e \
             ON e.stream = CAST('case/' AS text) || CAST(c.id AS text) AND e.seq = c.audit_seq \
             WHERE e.at <> c.updated_at",
        ] {
            for h in diesel::sql_query(of).load::<Named>(self.conn)? {
                let detail = "time differs from the last event";
                take(Found::Fault(fault(
                    FaultKind::Head,
                    &h.stream,
                    h.seq,
                    detail,
                )))?;
            }
        }
        Ok(())
    }

    fn leaf_records(
        &mut self,
        take: &mut impl FnMut(Found) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut after = i64::MIN;
        let mut nodes = NodeCheck::default();
        loop {
            let rows = audit_leaves::table
                .filter(audit_leaves::leaf_index.gt(after))
                .order(audit_leaves::leaf_index)
                .limit(CHUNK)
                .load::<<LeafRow as FromRaw>::Raw>(self.conn)?;
            let rows: Vec<LeafRow> = build(rows)?;
            let Some(last) = rows.last() else {
                return nodes.finish(self.conn, take);
            };
            after = last.leaf_index;
            for row in rows {
                let (Ok(index), Ok(seq)) = (to_u64(row.leaf_index), to_u64(row.seq)) else {
                    let detail = format!("index={}", row.leaf_index);
                    take(Found::Fault(fault(
                        FaultKind::Leaf,
                        &row.stream,
                        row.seq,
                        detail,
                    )))?;
                    continue;
                };
                let hash = leaf_hash(&parse_hash(&row.hash).unwrap_or_default());
                nodes.leaf(self.conn, &row, index, hash, take)?;
                take(Found::Record(Record::Leaf(LeafRecord {
                    index,
                    stream: row.stream,
                    seq,
                    hash: Some(hash),
                })))?;
            }
        }
    }

    /// What is wrong with the list of waiting events: each event of the window must be on it, and
    /// nothing else.
    pub fn pending_faults(&mut self, window: &Window) -> Result<Vec<Fault>, Error> {
        let mut out = Vec::new();
        for Span { stream, from, to } in &window.spans {
            let from = i64::try_from(*from).map_err(Error::internal)?;
            let to = i64::try_from(*to).map_err(Error::internal)?;
            let waiting: Vec<i64> = audit_pending::table
                .filter(audit_pending::stream.eq(stream))
                .filter(audit_pending::seq.between(from, to))
                .select(audit_pending::seq)
                .load(self.conn)?;
            for seq in (from..=to).filter(|seq| !waiting.contains(seq)) {
                let detail = "waits for no checkpoint";
                out.push(fault(FaultKind::LeafMissing, stream, seq, detail));
            }
        }
        let strange = "SELECT p.stream AS stream, p.seq AS seq FROM audit_pending p \
             LEFT JOIN audit_events e ON e.stream = p.stream AND e.seq = p.seq \
             LEFT JOIN audit_leaves l ON l.stream = p.stream AND l.seq = p.seq \
             WHERE e.stream IS NULL OR l.stream IS NOT NULL";
        for p in diesel::sql_query(strange).load::<Named>(self.conn)? {
            let detail = "waits without an event, or again";
            out.push(fault(FaultKind::Leaf, &p.stream, p.seq, detail));
        }
        Ok(out)
    }

    /// Writes the whole ledger as newline-delimited JSON.
    pub fn export_ledger(&mut self, out: impl Write) -> Result<(), Error> {
        let mut writer = Writer::new(out, true).map_err(Error::internal)?;
        self.ledger_records(|found| match found {
            // The writer has put the first line already.
            Found::Record(Record::Export { .. }) => Ok(()),
            Found::Record(record) => writer.write(&record).map_err(Error::internal),
            Found::Fault(fault) => {
                tracing::error!(
                    stream = fault.stream, seq = fault.seq, kind = %fault.kind, detail = fault.detail,
                    "fault in the audit trail"
                );
                Ok(())
            }
        })?;
        writer.finish().map_err(Error::internal)?;
        Ok(())
    }
}

fn event_record(
    row: RawEvent,
    take: &mut impl FnMut(Found) -> Result<(), Error>,
) -> Result<(), Error> {
    let (stream, seq, at, action, actor, header, payload, salt, hash) = row;
    let Ok(number) = to_u64(seq) else {
        let detail = format!("row seq={seq}");
        return take(Found::Fault(fault(FaultKind::Row, &stream, seq, detail)));
    };
    // The canonical header begins with the members that also are columns.
    let begin = jcs::to_text(&serde_json::json!({"action": action, "actor": actor, "at": at}));
    let begin = begin.map_err(Error::internal)?;
    if !header.starts_with(begin.trim_end_matches('}')) {
        let detail = "columns differ from the header";
        take(Found::Fault(fault(FaultKind::Row, &stream, seq, detail)))?;
    }
    let payload = match (payload, salt) {
        (Some(text), Some(salt)) => Some(Opened {
            value: opened(text),
            salt: parse_hash(&salt).unwrap_or_default(),
        }),
        (None, Some(_)) => {
            let detail = "salt without payload";
            take(Found::Fault(fault(
                FaultKind::Payload,
                &stream,
                seq,
                detail,
            )))?;
            None
        }
        (_, None) => None,
    };
    take(Found::Record(Record::Event(EventRow {
        stream,
        seq: number,
        hash: parse_hash(&hash).unwrap_or_default(),
        header,
        payload,
    })))
}

/// The value of a stored payload. A text that is not the canonical one opens to a string, which
/// fits no commitment.
fn opened(text: String) -> serde_json::Value {
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) if !value.is_null() && jcs::to_text(&value).is_ok_and(|t| t == text) => value,
        _ => serde_json::Value::String(text),
    }
}

fn head_record(stream: String, seq: i64, hash: &str) -> Found {
    match to_u64(seq) {
        Ok(number) => Found::Record(Record::Head(HeadRow {
            stream,
            seq: number,
            hash: parse_hash(hash).unwrap_or_default(),
        })),
        Err(_) => Found::Fault(fault(FaultKind::Head, &stream, seq, format!("head={seq}"))),
    }
}

/// Compares the stored tree nodes with those of the stored leaves.
#[derive(Default)]
struct NodeCheck {
    frontier: Frontier,
    waiting: Vec<(String, String, Name)>,
    /// A leaf is missing, so that no later node can be computed.
    broken: bool,
    seen: i64,
}

type Name = (String, i64);

impl NodeCheck {
    fn leaf(
        &mut self,
        conn: &mut AnyConn,
        row: &LeafRow,
        index: u64,
        hash: [u8; 32],
        take: &mut impl FnMut(Found) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.broken |= index != self.frontier.size();
        if self.broken {
            return Ok(());
        }
        let waiting = &mut self.waiting;
        self.frontier.append(hash, |n| {
            let name = (row.stream.clone(), row.seq);
            waiting.push((node_id(n.level, n.index), hex::encode(n.hash), name));
        });
        if self.waiting.len() < NODES {
            return Ok(());
        }
        self.compare(conn, take)
    }

    fn compare(
        &mut self,
        conn: &mut AnyConn,
        take: &mut impl FnMut(Found) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let waiting = std::mem::take(&mut self.waiting);
        let ids: Vec<&str> = waiting.iter().map(|(id, _, _)| id.as_str()).collect();
        let stored: HashMap<String, String> = audit_nodes::table
            .filter(audit_nodes::id.eq_any(ids))
            .select((audit_nodes::id, audit_nodes::hash))
            .load::<(String, String)>(conn)?
            .into_iter()
            .collect();
        for (id, hash, (stream, seq)) in waiting {
            self.seen = self.seen.saturating_add(1);
            if stored.get(&id) != Some(&hash) {
                let detail = format!("node={id} differs or is missing");
                take(Found::Fault(fault(FaultKind::Leaf, &stream, seq, detail)))?;
            }
        }
        Ok(())
    }

    fn finish(
        mut self,
        conn: &mut AnyConn,
        take: &mut impl FnMut(Found) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.compare(conn, take)?;
        let stored: i64 = audit_nodes::table.count().get_result(conn)?;
        if stored != self.seen && !self.broken {
            let detail = format!("nodes={stored} expected={}", self.seen);
            take(Found::Fault(nameless(FaultKind::Leaf, detail)))?;
        }
        Ok(())
    }
}
