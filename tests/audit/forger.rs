//! The hand of one who owns the tables but not the signing key.

use std::collections::BTreeMap;

use jieyou::crypto::ledger::chain::{self, Header};
use jieyou::crypto::ledger::checkpoint::Checkpoint;
use jieyou::crypto::ledger::note::Note;
use serde_json::json;

use super::kit::{Owner, Row};

/// Small numbers, the same on every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

pub type Name = (String, i64);

/// What an edit did: the statements, and the events that the report must name.
pub struct Edit {
    pub sql: String,
    pub named: Vec<Name>,
    /// The edit shows in an export as well, not only in what the database keeps beside it.
    pub exported: bool,
}

pub fn edit(sql: impl Into<String>, named: &[&Row]) -> Edit {
    Edit {
        sql: sql.into(),
        named: named.iter().map(|r| (r.stream.clone(), r.seq)).collect(),
        exported: true,
    }
}

pub fn beside(sql: impl Into<String>, named: &[&Row]) -> Edit {
    Edit {
        exported: false,
        ..edit(sql, named)
    }
}

pub fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

pub fn at(row: &Row) -> String {
    format!("stream = {} AND seq = {}", text(&row.stream), row.seq)
}

pub fn set(row: &Row, column: &str, value: &str) -> String {
    format!(
        "UPDATE audit_events SET {column} = {} WHERE {}",
        text(value),
        at(row)
    )
}

/// The ledger as the forger reads it.
pub struct Loot {
    pub rows: Vec<Row>,
    /// Rows under a checkpoint, so that their leaf is known.
    pub covered: Vec<Row>,
    pub notes: Vec<String>,
    pub size: usize,
    /// Leaves by event.
    pub leaves: BTreeMap<Name, usize>,
}

impl Loot {
    pub fn any<'a>(&'a self, dice: &mut Dice) -> &'a Row {
        &self.covered[dice.below(self.covered.len())]
    }

    pub fn of(&self, stream: &str) -> Vec<&Row> {
        self.rows.iter().filter(|r| r.stream == stream).collect()
    }

    /// A covered row that has a covered row after it.
    pub fn inner<'a>(&'a self, dice: &mut Dice) -> (&'a Row, &'a Row) {
        let pairs: Vec<_> = self
            .covered
            .windows(2)
            .filter(|w| w[0].stream == w[1].stream)
            .collect();
        let pair = pairs[dice.below(pairs.len())];
        (&pair[0], &pair[1])
    }

    pub fn leaf(&self, row: &Row) -> usize {
        self.leaves[&(row.stream.clone(), row.seq)]
    }
}

/// The head of a stream set to a row, in whichever table it lies.
pub fn head_at(row: &Row) -> String {
    match row.stream.strip_prefix("case/") {
        Some(id) => format!(
            "UPDATE cases SET audit_seq = {}, audit_hash = {}, updated_at = (SELECT at FROM audit_events WHERE {}) WHERE id = '{id}'",
            row.seq,
            text(&row.hash),
            at(row)
        ),
        None => format!(
            "UPDATE audit_heads SET seq = {}, hash = {}, at = (SELECT at FROM audit_events WHERE {}) WHERE stream = {}",
            row.seq,
            text(&row.hash),
            at(row),
            text(&row.stream)
        ),
    }
}

/// Flips one letter or digit of a text, so that it stays what it was made of.
pub fn flipped(text: &str, dice: &mut Dice) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let places: Vec<usize> = (0..bytes.len())
        .filter(|i| bytes[*i].is_ascii_digit())
        .collect();
    let place = places[dice.below(places.len())];
    bytes[place] = b'0' + (bytes[place] - b'0' + 1) % 10;
    String::from_utf8(bytes).unwrap()
}

/// A chain rewritten from `from` on with valid hashes: what one without the key can do.
pub fn recomputed(rows: &[&Row], from: i64) -> Vec<Row> {
    let mut prev = [0; 32];
    let mut out = Vec::new();
    for row in rows {
        let mut row = (*row).clone();
        let mut header = Header::parse(&row.header).unwrap();
        if row.seq == from {
            let payload = json!({"type": "forged"});
            let salt: [u8; 32] = hex::decode(row.salt.as_ref().unwrap())
                .unwrap()
                .try_into()
                .unwrap();
            header.commit = chain::commit(&salt, &payload).unwrap();
            row.payload = Some(payload.to_string());
        }
        if row.seq >= from {
            header.prev = prev;
        }
        let sealed = chain::seal(&header).unwrap();
        row.header = sealed.header_text;
        row.hash = hex::encode(sealed.hash);
        prev = sealed.hash;
        out.push(row);
    }
    out
}

pub fn rewrite(rows: &[Row]) -> String {
    let mut sql: Vec<String> = rows
        .iter()
        .map(|r| {
            format!(
                "UPDATE audit_events SET header = {}, payload = {}, hash = {} WHERE {}",
                text(&r.header),
                text(r.payload.as_ref().unwrap()),
                text(&r.hash),
                at(r)
            )
        })
        .collect();
    sql.extend(rows.last().map(head_at));
    sql.join("; ")
}

/// Makes up one edit.
pub type Forge = fn(&Loot, &mut Dice) -> Edit;

pub fn checkpoint(note: &str) -> Checkpoint {
    Checkpoint::parse(Note::parse(note).unwrap().text()).unwrap()
}

pub fn loot(owner: &mut Owner, notes: &[String]) -> Loot {
    let rows = owner.events();
    let mut leaves = BTreeMap::new();
    for row in &rows {
        let n = owner.number(&format!(
            "SELECT coalesce(max(leaf_index), -1) AS n FROM audit_leaves WHERE {}",
            at(row)
        ));
        if let Ok(n) = usize::try_from(n) {
            leaves.insert((row.stream.clone(), row.seq), n);
        }
    }
    let known = |r: &&Row| leaves.contains_key(&(r.stream.clone(), r.seq));
    Loot {
        covered: rows.iter().filter(known).cloned().collect(),
        size: leaves.len(),
        leaves,
        rows,
        notes: notes.to_vec(),
    }
}
