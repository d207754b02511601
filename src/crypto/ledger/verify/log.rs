//! The tree: leaves in order, the roots at the signed sizes, and the pinned checkpoints.

use std::collections::BTreeMap;

use super::super::checkpoint::{Checkpoint, KeyRing, Rotation};
use super::super::key::VerifyingKey;
use super::super::note::Note;
use super::super::record::LeafRow;
use super::super::report::{Fault, FaultKind, Faults, Report};
use super::super::tree::{Frontier, leaf_hash};
use super::super::{Hash, LedgerError};
use super::streams::Streams;
use crate::domain::time::Instant;

/// The most leaves that a root fault lists by name: those between two checkpoints of a healthy log.
const MAX_NAMED: usize = 1_024;

struct Expected {
    checkpoint: Checkpoint,
    pinned: bool,
}

pub(super) struct Log {
    ring: KeyRing,
    witnesses: Vec<VerifyingKey>,
    pinned: Vec<Result<(Note, Checkpoint), LedgerError>>,
    frontier: Frontier,
    next_index: u64,
    /// A leaf could not be computed, so no later root can be.
    broken: bool,
    expected: BTreeMap<u64, Vec<Expected>>,
    /// The first leaves after the last root that was right.
    since_good: Vec<(String, u64)>,
    good_size: u64,
    signed_size: u64,
    wrong_root: Option<Fault>,
    wrong_roots: u64,
    last_leaf: Option<(String, u64, Instant)>,
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
        let read = |note: &String| {
            let note = Note::parse(note)?;
            let checkpoint = Checkpoint::parse(note.text())?;
            Ok((note, checkpoint))
        };
        let mut log = Self {
            ring: KeyRing::new(keys),
            witnesses,
            pinned: pinned.iter().map(read).collect(),
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
            checkpoints: 0,
            verified: None,
            witnessed: None,
        };
        let heads: Vec<Checkpoint> = log.pinned.iter().flatten().map(|p| p.1.clone()).collect();
        for checkpoint in heads {
            let pinned = true;
            log.expected
                .entry(checkpoint.size)
                .or_default()
                .push(Expected { checkpoint, pinned });
        }
        log
    }

    pub(super) fn rotation(&mut self, note: &str, faults: &mut Faults) {
        match Rotation::open(note) {
            Ok(rotation) => self.ring.rotate(rotation),
            Err(error) => faults.push(nameless(FaultKind::Note, format!("rotation {error}"))),
        }
    }

    pub(super) fn checkpoint(&mut self, note: &str, faults: &mut Faults) {
        let opened = Note::parse(note).and_then(|note| {
            let checkpoint = self.ring.open(&note)?;
            let witnessed = match note.verify(&self.witnesses) {
                Ok(_) => true,
                Err(LedgerError::NotTrusted) => false,
                Err(error) => return Err(error),
            };
            Ok((checkpoint, witnessed))
        });
        let (checkpoint, witnessed) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let size = note.lines().nth(1).and_then(|l| l.parse::<u64>().ok());
                let size = size.map_or(String::new(), |size| format!("size={size} "));
                faults.push(nameless(FaultKind::Note, format!("{size}rule={error}")));
                return;
            }
        };
        let size = checkpoint.size;
        self.checkpoints = self.checkpoints.saturating_add(1);
        self.signed_size = self.signed_size.max(size);
        if witnessed {
            self.witnessed = self.witnessed.max(Some(size));
        }
        if size < self.next_index {
            let detail = format!("checkpoint size={size} after leaf={}", self.next_index - 1);
            faults.push(nameless(FaultKind::Order, detail));
            return;
        }
        self.expected.entry(size).or_default().push(Expected {
            checkpoint,
            pinned: false,
        });
        if size == self.next_index && size > 0 {
            self.compare(faults);
        }
    }

    pub(super) fn leaf(&mut self, row: &LeafRow, streams: &mut Streams, faults: &mut Faults) {
        // The empty tree has a root as well.
        if self.next_index == 0 {
            self.compare(faults);
        }
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
                self.last_leaf = Some((row.stream.clone(), row.seq, kept.at));
                let computed = leaf_hash(&kept.hash);
                if row.hash.is_some_and(|stored| stored != computed) {
                    fault(FaultKind::Leaf, format!("index={} hash differs", row.index));
                }
                // As with events: the stored value keeps the fault at its own place.
                Some(row.hash.unwrap_or(computed))
            }
        };
        if self.since_good.len() < MAX_NAMED && self.wrong_root.is_none() {
            self.since_good.push((row.stream.clone(), row.seq));
        }
        match leaf {
            Some(leaf) if !self.broken => {
                self.frontier.append(leaf, |_| {});
                self.compare(faults);
            }
            _ => self.broken = true,
        }
    }

    /// Compares the root with what is signed or pinned at this size: checks (5) and (6).
    fn compare(&mut self, faults: &mut Faults) {
        if self.broken {
            return;
        }
        let size = self.frontier.size();
        let Some(expected) = self.expected.remove(&size) else {
            return;
        };
        let root = self.frontier.root();
        for Expected { checkpoint, pinned } in expected {
            let right = checkpoint.root == root;
            if right && !pinned {
                self.good_size = size;
                self.since_good.clear();
                self.verified = Some(checkpoint);
            } else if !right && pinned {
                faults.push(
                    self.at_last_leaf(FaultKind::Pinned, differ(size, &checkpoint.root, &root)),
                );
            } else if !right {
                self.wrong_roots += 1;
                if self.wrong_root.is_none() {
                    let detail = format!(
                        "{} leaves={}..{} among={}",
                        differ(size, &checkpoint.root, &root),
                        self.good_size,
                        size.saturating_sub(1),
                        named(&self.since_good)
                    );
                    let (stream, seq) = self.since_good.first().cloned().unzip();
                    let kind = FaultKind::Root;
                    self.wrong_root = Some(Fault {
                        stream,
                        seq,
                        kind,
                        detail,
                    });
                }
            }
        }
    }

    fn at_last_leaf(&self, kind: FaultKind, detail: String) -> Fault {
        let last = self.last_leaf.as_ref();
        Fault {
            stream: last.map(|(stream, _, _)| stream.clone()),
            seq: last.map(|(_, seq, _)| *seq),
            kind,
            detail,
        }
    }

    /// The time of the event of the last leaf.
    pub(super) fn last_at(&self) -> Option<Instant> {
        self.last_leaf.as_ref().map(|(_, _, at)| *at)
    }

    /// Everything that only the end of the data can show.
    pub(super) fn finish(mut self, report: &mut Report, faults: &mut Faults) {
        if self.next_index == 0 {
            self.compare(faults);
        }
        for rotation in self.ring.unconnected() {
            let detail = format!("rotation size={} not connected", rotation.size);
            faults.push(nameless(FaultKind::Note, detail));
        }
        if let Some(mut fault) = self.wrong_root.take() {
            fault.detail = format!("wrong_roots={} {}", self.wrong_roots, fault.detail);
            faults.push(fault);
        }
        let leaves = self.next_index;
        let mut short = None;
        for (size, expected) in &self.expected {
            for expected in expected {
                let detail = format!("size={size} leaves={leaves} broken={}", self.broken);
                if expected.pinned {
                    faults.push(self.at_last_leaf(FaultKind::Pinned, detail));
                } else if *size > leaves {
                    short = Some(detail);
                }
            }
        }
        if let Some(detail) = short {
            faults.push(self.at_last_leaf(FaultKind::TreeShort, detail));
        }
        if leaves > self.signed_size {
            let detail = format!("leaves={}..{}", self.signed_size, leaves - 1);
            faults.push(self.at_last_leaf(FaultKind::Unsigned, detail));
        }
        for pinned in &self.pinned {
            let signed = match pinned {
                Ok((note, _)) => self.ring.open(note).err(),
                Err(error) => Some(*error),
            };
            if let Some(error) = signed {
                faults.push(nameless(FaultKind::Pinned, format!("rule={error}")));
            }
        }
        report.leaves = leaves;
        report.checkpoints = self.checkpoints;
        report.verified = self.verified;
        report.witnessed = self.witnessed;
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

fn differ(size: u64, signed: &Hash, computed: &Hash) -> String {
    format!(
        "size={size} signed={} computed={}",
        hex::encode(signed),
        hex::encode(computed)
    )
}

/// `case/1#3-5 case/2#1`: consecutive events of a stream in one piece.
fn named(leaves: &[(String, u64)]) -> String {
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
