//! The tree: leaves in order, the roots at the signed sizes, and the pinned checkpoints.

use std::collections::BTreeMap;

use super::super::checkpoint::{Checkpoint, KeyRing, Rotation};
use super::super::key::VerifyingKey;
use super::super::note::Note;
use super::super::record::LeafRow;
use super::super::report::{Fault, FaultKind, Faults, Report};
use super::super::tree::{Frontier, empty_root, leaf_hash};
use super::super::{Hash, LedgerError};
use super::streams::Streams;
use crate::domain::time::Instant;

/// The most leaves that a root fault lists by name: those between two checkpoints of a healthy log.
const MAX_NAMED: usize = 1_024;

/// A stream and a sequence number.
type Name = (String, u64);

/// What the tree was at the size of a pinned checkpoint.
#[derive(Default)]
struct Seen {
    root: Option<Hash>,
    last: Option<Name>,
}

pub(super) struct Log {
    ring: KeyRing,
    witnesses: Vec<VerifyingKey>,
    pinned: Vec<Result<Note, LedgerError>>,
    pinned_sizes: BTreeMap<u64, Seen>,
    frontier: Frontier,
    next_index: u64,
    /// A leaf could not be computed, so no later root can be.
    broken: bool,
    expected: BTreeMap<u64, Vec<Checkpoint>>,
    /// The first leaves after the last root that was right.
    since_good: Vec<Name>,
    good_size: u64,
    signed_size: u64,
    wrong_root: Option<Fault>,
    wrong_roots: u64,
    last_leaf: Option<Name>,
    last_at: Option<Instant>,
    checkpoints: u64,
    verified: Option<Checkpoint>,
    witnessed: Option<u64>,
}

impl Log {
    pub(super) fn new(
        keys: Vec<VerifyingKey>,
        witnesses: Vec<VerifyingKey>,
        pinned: &[String],
    ) -> Self {
        let pinned: Vec<_> = pinned.iter().map(|note| Note::parse(note)).collect();
        let sizes = pinned
            .iter()
            .flatten()
            .map(|note| Checkpoint::parse(note.text()));
        let mut pinned_sizes: BTreeMap<u64, Seen> = sizes
            .flatten()
            .map(|checkpoint| (checkpoint.size, Seen::default()))
            .collect();
        if let Some(empty) = pinned_sizes.get_mut(&0) {
            empty.root = Some(empty_root());
        }
        Self {
            ring: KeyRing::new(keys),
            witnesses,
            pinned,
            pinned_sizes,
            frontier: Frontier::new(),
            next_index: 0,
            broken: false,
            expected: BTreeMap::new(),
            since_good: Vec::new(),
            good_size: 0,
            signed_size: 0,
            wrong_root: None,
            wrong_roots: 0,
            last_leaf: None,
            last_at: None,
            checkpoints: 0,
            verified: None,
            witnessed: None,
        }
    }

    pub(super) fn rotation(&mut self, note: &str, faults: &mut Faults) {
        match Rotation::open(note) {
            Ok(rotation) => self.ring.rotate(rotation),
            Err(error) => faults.push(nameless(FaultKind::Note, format!("rotation rule={error}"))),
        }
    }

    pub(super) fn checkpoint(&mut self, note: &str, faults: &mut Faults) {
        let (checkpoint, witnessed) = match self.open(note) {
            Ok(opened) => opened,
            Err(error) => {
                let size = note.lines().nth(1).and_then(|l| l.parse::<u64>().ok());
                let size = size.map_or(String::new(), |size| format!("size={size} "));
                faults.push(nameless(FaultKind::Note, format!("{size}rule={error}")));
                return;
            }
        };
        let size = checkpoint.size;
        if size < self.next_index {
            let detail = format!("size={size} leaves={}", self.next_index);
            faults.push(nameless(FaultKind::Order, detail));
            return;
        }
        self.checkpoints = self.checkpoints.saturating_add(1);
        self.signed_size = self.signed_size.max(size);
        if witnessed {
            self.witnessed = self.witnessed.max(Some(size));
        }
        self.expected.entry(size).or_default().push(checkpoint);
        if size == self.next_index {
            self.compare();
        }
    }

    fn open(&self, note: &str) -> Result<(Checkpoint, bool), LedgerError> {
        let note = Note::parse(note)?;
        let checkpoint = self.ring.open(&note)?;
        match note.verify(&self.witnesses) {
            Ok(_) => Ok((checkpoint, true)),
            Err(LedgerError::NotTrusted) => Ok((checkpoint, false)),
            Err(error) => Err(error),
        }
    }

    pub(super) fn leaf(&mut self, row: &LeafRow, streams: &mut Streams, faults: &mut Faults) {
        let mut fault = |kind, detail| faults.add(kind, &row.stream, row.seq, detail);
        if row.index != self.next_index {
            let detail = format!("index={} expected={}", row.index, self.next_index);
            fault(FaultKind::Leaf, detail);
            if row.index < self.next_index {
                return;
            }
            self.broken = true;
        }
        self.next_index = row.index.saturating_add(1);
        let leaf = match streams.find(&row.stream, row.seq) {
            None => {
                fault(FaultKind::EventMissing, format!("leaf={}", row.index));
                row.hash
            }
            Some(kept) => {
                if kept.covered {
                    fault(FaultKind::Leaf, format!("index={} second leaf", row.index));
                }
                kept.covered = true;
                self.last_at = Some(kept.at);
                let computed = leaf_hash(&kept.hash);
                if row.hash.is_some_and(|stored| stored != computed) {
                    fault(FaultKind::Leaf, format!("index={} hash differs", row.index));
                }
                // As with events: the stored value keeps the fault at its own place.
                Some(row.hash.unwrap_or(computed))
            }
        };
        let name = (row.stream.clone(), row.seq);
        if self.since_good.len() < MAX_NAMED && self.wrong_root.is_none() {
            self.since_good.push(name.clone());
        }
        match leaf {
            Some(leaf) if !self.broken => {
                self.frontier.append(leaf, |_| {});
                self.compare();
            }
            _ => self.broken = true,
        }
        if let Some(seen) = self.pinned_sizes.get_mut(&self.next_index) {
            seen.root = (!self.broken).then(|| self.frontier.root());
            seen.last = Some(name.clone());
        }
        self.last_leaf = Some(name);
    }

    /// Compares the root with what is signed at this size: check (5).
    fn compare(&mut self) {
        let size = self.frontier.size();
        if self.broken {
            return;
        }
        let Some(signed) = self.expected.remove(&size) else {
            return;
        };
        let root = self.frontier.root();
        for checkpoint in signed.iter().filter(|checkpoint| checkpoint.root != root) {
            self.wrong_roots = self.wrong_roots.saturating_add(1);
            if self.wrong_root.is_none() {
                let (stream, seq) = self.since_good.first().cloned().unzip();
                let detail = format!(
                    "size={size} signed={} computed={} leaves={}..{size} among={}",
                    hex::encode(checkpoint.root),
                    hex::encode(root),
                    self.good_size,
                    named(&self.since_good)
                );
                let kind = FaultKind::Root;
                self.wrong_root = Some(Fault {
                    stream,
                    seq,
                    kind,
                    detail,
                });
            }
        }
        if let Some(right) = signed
            .into_iter()
            .find(|checkpoint| checkpoint.root == root)
        {
            self.good_size = size;
            self.since_good.clear();
            self.verified = Some(right);
        }
    }

    fn at_leaf(leaf: Option<&Name>, kind: FaultKind, detail: String) -> Fault {
        let (stream, seq) = leaf.cloned().unzip();
        Fault {
            stream,
            seq,
            kind,
            detail,
        }
    }

    /// The time of the event of the last leaf.
    pub(super) fn last_at(&self) -> Option<Instant> {
        self.last_at
    }

    /// Everything that only the end of the data can show.
    pub(super) fn finish(mut self, report: &mut Report, faults: &mut Faults) {
        for rotation in self.ring.unconnected() {
            let detail = format!("rotation size={} not connected", rotation.size);
            faults.push(nameless(FaultKind::Note, detail));
        }
        if let Some(mut fault) = self.wrong_root.take() {
            fault.detail = format!("wrong_roots={} {}", self.wrong_roots, fault.detail);
            faults.push(fault);
        }
        let (leaves, last) = (self.next_index, self.last_leaf.as_ref());
        if self.signed_size > leaves {
            let detail = format!("size={} leaves={leaves}", self.signed_size);
            faults.push(Self::at_leaf(last, FaultKind::TreeShort, detail));
        }
        if leaves > self.signed_size {
            let detail = format!("signed={} leaves={leaves}", self.signed_size);
            faults.push(Self::at_leaf(last, FaultKind::Unsigned, detail));
        }
        self.check_pinned(faults);
        report.leaves = leaves;
        report.checkpoints = self.checkpoints;
        report.verified = self.verified;
        report.witnessed = self.witnessed;
    }

    /// Check (6).
    fn check_pinned(&self, faults: &mut Faults) {
        for pinned in &self.pinned {
            let opened = match pinned {
                Ok(note) => self.ring.open(note),
                Err(error) => Err(*error),
            };
            let checkpoint = match opened {
                Ok(checkpoint) => checkpoint,
                Err(error) => {
                    faults.push(nameless(FaultKind::Pinned, format!("rule={error}")));
                    continue;
                }
            };
            let size = checkpoint.size;
            let seen = self.pinned_sizes.get(&size);
            let root = seen.and_then(|seen| seen.root);
            if root == Some(checkpoint.root) {
                continue;
            }
            let detail = match root {
                Some(root) => format!(
                    "size={size} signed={} computed={}",
                    hex::encode(checkpoint.root),
                    hex::encode(root)
                ),
                None => format!(
                    "size={size} leaves={} broken={}",
                    self.next_index, self.broken
                ),
            };
            // Where the tree is too short, its end is the nearest place.
            let short = self.last_leaf.as_ref().filter(|_| size > self.next_index);
            let last = seen.and_then(|seen| seen.last.as_ref()).or(short);
            faults.push(Self::at_leaf(last, FaultKind::Pinned, detail));
        }
    }
}

fn nameless(kind: FaultKind, detail: String) -> Fault {
    Log::at_leaf(None, kind, detail)
}

/// `case/1#3-5 case/2#1`: consecutive events of a stream in one piece.
fn named(leaves: &[Name]) -> String {
    let mut sorted: Vec<_> = leaves.iter().collect();
    sorted.sort();
    let mut pieces: Vec<(&str, u64, u64)> = Vec::new();
    for (stream, seq) in sorted {
        match pieces.last_mut() {
            Some((name, _, to)) if name == stream && to.checked_add(1) == Some(*seq) => *to = *seq,
            _ => pieces.push((stream, *seq, *seq)),
        }
    }
    let text = |(name, from, to): &(&str, u64, u64)| {
        if from == to {
            format!("{name}#{from}")
        } else {
            format!("{name}#{from}-{to}")
        }
    };
    pieces.iter().map(text).collect::<Vec<_>>().join(" ")
}
