//! The Merkle tree over the audit trail in the database: sequencing, checkpoints, proofs.

use std::fmt;

use diesel::prelude::*;

use super::conn::AnyConn;
use super::row::{FromRaw, Stored as _, build, one};
use super::tables::system::*;
use super::tables::trail::{RotationRow, audit_rotations};
use super::tx::{Snap, Tx};
use crate::crypto::ledger::checkpoint::{Checkpoint, KeyRing, Rotation, advance};
use crate::crypto::ledger::key::SigningKey;
use crate::crypto::ledger::note::Note;
use crate::crypto::ledger::tree::{
    Frontier, TreeError, consistency_proof, inclusion_proof, leaf_hash,
};
use crate::crypto::ledger::{Hash, parse_hash};
use crate::domain::facts::Event;
use crate::error::{Code, Error};

/// How many events one checkpoint adds at most.
pub const PASS: i64 = 1_000;
/// Events outside the tree in the order they came, so that nothing waits long behind a backlog and a
/// pass costs the same behind a long one. A row that was slipped in for an event of the tree must
/// not stop the others. `CROSS JOIN` keeps SQLite from walking all events there ever were.
const WAITING: &str = "SELECT p.id AS id, e.stream AS stream, e.seq AS seq, e.hash AS hash \
     FROM audit_pending p CROSS JOIN audit_events e \
     WHERE e.stream = p.stream AND e.seq = p.seq \
     AND NOT EXISTS (SELECT 1 FROM audit_leaves l WHERE l.stream = p.stream AND l.seq = p.seq) \
     ORDER BY p.id LIMIT $1";
/// The lock of the one sequencer of a database.
const SEQUENCER: i64 = 0x6a69_6579_6f75;

pub(super) fn to_u64(n: i64) -> Result<u64, Error> {
    u64::try_from(n).map_err(Error::internal)
}

/// An event that waits for the tree.
#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    id: i64,
    #[diesel(sql_type = diesel::sql_types::Text)]
    stream: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    seq: i64,
    #[diesel(sql_type = diesel::sql_types::Text)]
    hash: String,
}

fn to_i64(n: u64) -> Result<i64, Error> {
    i64::try_from(n).map_err(Error::internal)
}

/// Why a tree is not signed: the stored ledger is not the one that was signed before. Only an
/// operator can settle what happened to it.
#[derive(Debug)]
pub struct NotSigned(pub String);

impl fmt::Display for NotSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for NotSigned {}

fn not_signed(why: impl fmt::Display) -> Error {
    Error::internal(NotSigned(why.to_string()))
}

fn hash_of(text: &str) -> Result<Hash, Error> {
    parse_hash(text).ok_or_else(|| not_signed("a stored hash cannot be read"))
}

pub(super) fn node_id(level: u8, index: u64) -> String {
    format!("{level}:{index}")
}

fn fetch_node(conn: &mut AnyConn, level: u8, index: u64) -> Result<Hash, Error> {
    let id = node_id(level, index);
    let hash: Option<String> = audit_nodes::table
        .filter(audit_nodes::id.eq(&id))
        .select(audit_nodes::hash)
        .first(conn)
        .optional()?;
    hash_of(&hash.ok_or_else(|| not_signed(format!("tree node {id} is missing")))?)
}

/// Writes leaves and nodes; in one statement each on PostgreSQL, where every statement is a journey.
fn keep_tree(conn: &mut AnyConn, leaves: &[LeafRow], nodes: &[NodeRow]) -> QueryResult<()> {
    if let AnyConn::Pg(c) = conn {
        let nodes: Vec<_> = nodes
            .iter()
            .map(|n| (audit_nodes::id.eq(&n.id), audit_nodes::hash.eq(&n.hash)))
            .collect();
        diesel::insert_into(audit_nodes::table)
            .values(nodes)
            .execute(c)?;
        let leaves: Vec<_> = leaves
            .iter()
            .map(|l| {
                (
                    audit_leaves::leaf_index.eq(l.leaf_index),
                    audit_leaves::stream.eq(&l.stream),
                    audit_leaves::seq.eq(l.seq),
                    audit_leaves::hash.eq(&l.hash),
                )
            })
            .collect();
        diesel::insert_into(audit_leaves::table)
            .values(leaves)
            .execute(c)?;
        return Ok(());
    }
    nodes.iter().try_for_each(|n| n.insert(conn))?;
    leaves.iter().try_for_each(|l| l.insert(conn))
}

fn tree_fault(e: TreeError<Error>) -> Error {
    match e {
        TreeError::Range => Error::of(Code::BadQuery),
        TreeError::Fetch(e) => e,
    }
}

impl Tx<'_> {
    /// Takes committed events into the tree and signs a checkpoint over it. Nothing to do, or
    /// another node at work: `None`. `seen` is the last checkpoint kept outside the database.
    ///
    /// # Errors
    /// An internal error caused by [`NotSigned`] where the stored tree is not the one last signed,
    /// or does not continue `seen`: a database that was rolled back must not be signed anew. Also
    /// where the last checkpoint is of a key that did not sign over to `key` (unless its key is
    /// `lost`), or `key` has been signed over to the next.
    pub fn sequence(
        &mut self,
        key: &SigningKey,
        seen: Option<&Checkpoint>,
        lost: bool,
    ) -> Result<Option<CheckpointRow>, Error> {
        self.technical();
        if !self.lead()? {
            return Ok(None);
        }
        let ring = self.key_ring(key)?;
        if !lost {
            self.signed_over(&ring)?;
        }
        let mut frontier = self.trusted_frontier(key, seen)?;
        let conn = self.conn();
        let pending: Vec<Waiting> = diesel::sql_query(WAITING)
            .bind::<diesel::sql_types::BigInt, _>(PASS)
            .load(conn)?;
        if pending.is_empty() {
            return Ok(None);
        }
        let (mut ids, mut leaves, mut nodes) = (Vec::new(), Vec::new(), Vec::new());
        for Waiting {
            id,
            stream,
            seq,
            hash,
        } in pending
        {
            let leaf_index = to_i64(frontier.size())?;
            frontier.append(leaf_hash(&hash_of(&hash)?), |n| {
                nodes.push(NodeRow {
                    id: node_id(n.level, n.index),
                    hash: hex::encode(n.hash),
                });
            });
            ids.push(id);
            leaves.push(LeafRow {
                leaf_index,
                stream,
                seq,
                hash,
            });
        }
        keep_tree(conn, &leaves, &nodes)?;
        diesel::delete(audit_pending::table.filter(audit_pending::id.eq_any(ids))).execute(conn)?;
        let checkpoint = Checkpoint {
            origin: key.verifying().name().to_owned(),
            size: frontier.size(),
            root: frontier.root(),
        };
        let note = checkpoint.sign(key).map_err(Error::internal)?;
        ring.open(&note).map_err(|_| {
            not_signed(format!(
                "the key {} was signed over to another",
                key.verifying()
            ))
        })?;
        let row = CheckpointRow {
            size: to_i64(checkpoint.size)?,
            root: hex::encode(checkpoint.root),
            note: note.to_string(),
            created_at: self.ctx.now,
        };
        self.insert(&row)?;
        Ok(Some(row))
    }

    /// Hands the log over from `old` to `new` at its present size. Everything must be signed:
    /// where events wait, or another node signs just now, nothing is done and the answer is `None`.
    ///
    /// # Errors
    /// As for [`Tx::sequence`]; and where `old` has signed nothing or was signed over before.
    pub fn rotate_audit_key(
        &mut self,
        old: &SigningKey,
        new: &SigningKey,
    ) -> Result<Option<RotationRow>, Error> {
        if !self.lead()? || self.pending_events()? > 0 {
            return Ok(None);
        }
        let ring = self.key_ring(old)?;
        self.signed_over(&ring)?;
        let last = self.last_checkpoint()?;
        let last = last.ok_or_else(|| not_signed("there is no checkpoint yet"))?;
        self.trusted_frontier(old, None)?;
        if self.rotations()?.iter().any(|r| r.size == last.size) {
            return Err(not_signed("the key was handed over at this size already"));
        }
        let note = Rotation::sign(to_u64(last.size)?, old, new).map_err(Error::internal)?;
        let row = RotationRow {
            size: last.size,
            note: note.to_string(),
            created_at: self.ctx.now,
        };
        self.insert(&row)?;
        let fact = Event::AuditKeyRotated {
            size: last.size,
            key: new.verifying().to_string(),
        };
        self.record("system", "audit_key".to_owned(), vec![fact])?;
        Ok(Some(row))
    }

    /// The last checkpoint must be of this key or of one that leads to it.
    fn signed_over(&mut self, ring: &KeyRing) -> Result<(), Error> {
        let Some(last) = self.last_checkpoint()? else {
            return Ok(());
        };
        match Note::parse(&last.note).and_then(|note| ring.open(&note)) {
            Ok(_) => Ok(()),
            Err(e) => Err(not_signed(format!(
                "the last checkpoint is of no key that signed over to this one: {e}"
            ))),
        }
    }

    /// The right edge of the stored tree, if it is the tree that was signed last and continues
    /// the checkpoint kept outside.
    fn trusted_frontier(
        &mut self,
        key: &SigningKey,
        seen: Option<&Checkpoint>,
    ) -> Result<Frontier, Error> {
        let last = self.last_checkpoint()?;
        let size = to_u64(last.as_ref().map_or(0, |c| c.size))?;
        let conn = self.conn();
        let frontier = Frontier::load(size, |l, i| fetch_node(conn, l, i)).map_err(tree_fault)?;
        let stored = Checkpoint {
            origin: key.verifying().name().to_owned(),
            size,
            root: frontier.root(),
        };
        if last.is_some_and(|c| c.root != hex::encode(stored.root)) {
            return Err(not_signed(
                "the stored tree differs from the last checkpoint",
            ));
        }
        let proof = match seen {
            Some(seen) if seen.size <= size => self.consistency(seen.size, size)?,
            _ => Vec::new(),
        };
        advance(seen, &stored, &proof).map_err(|e| {
            let seen_size = seen.map_or(0, |c| c.size);
            not_signed(format!(
                "the stored tree of {size} leaves does not continue the outside checkpoint of {seen_size}: {e}"
            ))
        })?;
        Ok(frontier)
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
    /// Hand-overs of the key, oldest first.
    pub fn rotations(&mut self) -> Result<Vec<RotationRow>, Error> {
        let rows = audit_rotations::table
            .order(audit_rotations::size)
            .load::<<RotationRow as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The keys that hand-overs connect to `key`, each with the sizes it may sign for. A note that
    /// is no hand-over leads nowhere; the verification names it.
    pub fn key_ring(&mut self, key: &SigningKey) -> Result<KeyRing, Error> {
        let mut ring = KeyRing::new([key.verifying().clone()]);
        for row in self.rotations()? {
            if let Ok(rotation) = Rotation::open(&row.note) {
                ring.rotate(rotation);
            }
        }
        Ok(ring)
    }

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

    /// Checkpoints of more than `size` leaves, oldest first.
    pub fn checkpoints_after(
        &mut self,
        size: i64,
        limit: i64,
    ) -> Result<Vec<CheckpointRow>, Error> {
        let rows = audit_checkpoints::table
            .filter(audit_checkpoints::size.gt(size))
            .order(audit_checkpoints::size)
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
}
