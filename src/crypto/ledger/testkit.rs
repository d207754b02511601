//! A small town's ledger in memory, for tests: the tables as a store keeps them.

use serde_json::json;

use super::Hash;
use super::chain::{self, Header, Tip};
use super::checkpoint::Checkpoint;
use super::key::{SigningKey, VerifyingKey};
use super::record::{EventRow, HeadRow, LeafRow, Opened, Record};
use super::report::Report;
use super::sha256;
use super::tree::{Frontier, leaf_hash};
use super::verify::{Options, Verifier};
use crate::domain::time::Instant;

/// Reproducible numbers for tests (a 64-bit linear congruential generator).
pub struct Lcg(u64);

impl Lcg {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) ^ (self.0 << 20)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 7) % n
    }

    pub fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }
}

pub const ORIGIN: &str = "xiangzhen.example/audit";
/// Seconds between two events.
pub const STEP: i64 = 7;

#[derive(Clone, Debug)]
pub struct Town {
    pub events: Vec<EventRow>,
    pub heads: Vec<HeadRow>,
    pub leaves: Vec<LeafRow>,
    pub notes: Vec<String>,
    pub erased: Vec<String>,
}

impl Town {
    pub fn key() -> SigningKey {
        SigningKey::from_seed(ORIGIN, &[42; 32]).unwrap()
    }

    pub fn public() -> VerifyingKey {
        Self::key().verifying().clone()
    }

    /// `events` events in `streams` streams, a checkpoint after each `batch`; what is left of a
    /// batch at the end is the window.
    pub fn grow(events: usize, streams: u64, batch: usize, seed: u64) -> Self {
        let mut random = Lcg::new(seed);
        let mut town = Self {
            events: Vec::new(),
            heads: Vec::new(),
            leaves: Vec::new(),
            notes: Vec::new(),
            erased: vec!["dek/9".into()],
        };
        for number in 1..=events {
            let stream = match random.below(streams) {
                0 => "system".to_owned(),
                n => format!("case/{n:04}"),
            };
            let payload = match random.below(8) {
                // An event whose key has been destroyed.
                0 => None,
                n => Some(json!({"说明": format!("第{number}次调解"), "n": n, "ok": true})),
            };
            town.append(&stream, number as i64, payload);
            if number % batch == 0 {
                town.checkpoint(&Self::key());
            }
        }
        town
    }

    pub fn head(&self, stream: &str) -> Option<&HeadRow> {
        self.heads.iter().find(|h| h.stream == stream)
    }

    pub fn row(&self, stream: &str, seq: u64) -> &EventRow {
        let found = |e: &&EventRow| e.stream == stream && e.seq == seq;
        self.events.iter().find(found).unwrap()
    }

    /// Appends an event at `step` steps; `None` stands for an erased payload.
    pub fn append(&mut self, stream: &str, step: i64, payload: Option<serde_json::Value>) {
        let at = Instant(1_767_225_600_000_000 + step * STEP * 1_000_000 + step);
        let tip = self.head(stream).map(|head| Tip {
            seq: head.seq,
            hash: head.hash,
            at: Header::parse(&self.row(stream, head.seq).header)
                .unwrap()
                .at,
        });
        let (seq, at, prev) = chain::next(tip.as_ref(), at);
        let salt = sha256(&[stream.as_bytes(), &seq.to_be_bytes(), b"salt"]);
        let commit = match &payload {
            Some(payload) => chain::commit(&salt, payload).unwrap(),
            None => sha256(&[b"unknown", &salt]),
        };
        let header = Header {
            v: 1,
            stream: stream.to_owned(),
            seq,
            at,
            actor: format!("user/{}", seq % 3 + 1),
            on_behalf: (seq % 5 == 0).then(|| "user/9".into()),
            action: if seq == 1 { "case.open" } else { "case.note" }.into(),
            object: Some(stream.to_owned()),
            outcome: "ok".into(),
            request_id: Some(format!("r-{step}")),
            ip_pfx: Some("10.2.3.0/24".into()),
            purpose: None,
            kid: Some(if payload.is_some() { "dek/1" } else { "dek/9" }.into()),
            commit,
            prev,
        };
        let sealed = chain::seal(&header).unwrap();
        self.set_head(stream, seq, sealed.hash);
        self.events.push(EventRow {
            stream: stream.to_owned(),
            seq,
            hash: sealed.hash,
            header: sealed.header_text,
            payload: payload.map(|value| Opened { value, salt }),
        });
    }

    pub fn set_head(&mut self, stream: &str, seq: u64, hash: Hash) {
        match self.heads.iter_mut().find(|h| h.stream == stream) {
            Some(head) => (head.seq, head.hash) = (seq, hash),
            None => self.heads.push(HeadRow {
                stream: stream.to_owned(),
                seq,
                hash,
            }),
        }
    }

    /// Gives every event a leaf and signs the root, as an honest sequencer does.
    pub fn checkpoint(&mut self, key: &SigningKey) {
        for event in &self.events {
            let has = |l: &LeafRow| l.stream == event.stream && l.seq == event.seq;
            if !self.leaves.iter().any(has) {
                self.leaves.push(LeafRow {
                    index: self.leaves.len() as u64,
                    stream: event.stream.clone(),
                    seq: event.seq,
                    hash: Some(leaf_hash(&event.hash)),
                });
            }
        }
        let checkpoint = self.tree_head(self.leaves.len());
        self.notes.push(checkpoint.sign(key).unwrap().to_string());
    }

    pub fn tree_head(&self, size: usize) -> Checkpoint {
        let mut frontier = Frontier::new();
        for leaf in &self.leaves[..size] {
            frontier.append(leaf.hash.unwrap(), |_| {});
        }
        Checkpoint {
            origin: ORIGIN.into(),
            size: size as u64,
            root: frontier.root(),
        }
    }

    /// The records as a store would read them: by primary key.
    pub fn records(&self) -> Vec<Record> {
        let mut events = self.events.clone();
        events.sort_by(|a, b| (&a.stream, a.seq).cmp(&(&b.stream, b.seq)));
        let mut leaves = self.leaves.clone();
        leaves.sort_by_key(|l| l.index);
        let mut records = vec![Record::Export { payloads: true }];
        let notes = self.notes.iter().cloned();
        records.extend(notes.map(|note| Record::Checkpoint { note }));
        let erased = self.erased.iter().cloned();
        records.extend(erased.map(|kid| Record::Erased { kid }));
        records.extend(events.into_iter().map(Record::Event));
        records.extend(self.heads.iter().cloned().map(Record::Head));
        records.extend(leaves.into_iter().map(Record::Leaf));
        records
    }

    pub fn verify(&self, pinned: &[String]) -> Report {
        verify(&self.records(), pinned)
    }
}

pub fn verify(records: &[Record], pinned: &[String]) -> Report {
    let mut verifier = Verifier::new(Options {
        keys: vec![Town::public()],
        witnesses: Vec::new(),
        pinned: pinned.to_vec(),
    });
    for record in records {
        verifier.record(record);
    }
    verifier.finish()
}
