//! Edits of heads, leaves, nodes, checkpoints and of the list of waiting events.

use jieyou::crypto::ledger::key::SigningKey;

use super::forger::*;
use super::kit::Row;

pub const TREE: &[(&str, Forge)] = &[
    ("head set back", |l, d| {
        let (a, b) = l.inner(d);
        let last = l.of(&b.stream).into_iter().next_back().unwrap();
        edit(head_at(a), &[last])
    }),
    ("head hash changed", |l, d| {
        let r = l.any(d);
        let mut last = (*l.of(&r.stream).into_iter().next_back().unwrap()).clone();
        last.hash = flipped(&last.hash, d);
        edit(head_at(&last), &[&last])
    }),
    ("head time changed", |l, d| {
        let r = l.any(d);
        let last = l.of(&r.stream).into_iter().next_back().unwrap();
        let sql = match r.stream.strip_prefix("case/") {
            Some(id) => format!(
                "UPDATE cases SET updated_at = '2031-01-01T00:00:00.000000Z' WHERE id = '{id}'"
            ),
            None => format!(
                "UPDATE audit_heads SET at = '2031-01-01T00:00:00.000000Z' WHERE stream = {}",
                text(&r.stream)
            ),
        };
        beside(sql, &[last])
    }),
    ("leaf hash changed", |l, d| {
        let r = l.any(d);
        edit(
            format!(
                "UPDATE audit_leaves SET hash = {} WHERE {}",
                text(&flipped(&r.hash, d)),
                at(r)
            ),
            &[r],
        )
    }),
    ("leaf deleted", |l, d| {
        let r = l.any(d);
        let next = l.leaf(r) + 1;
        let mut named: Vec<&Row> = l.covered.iter().filter(|x| l.leaf(x) == next).collect();
        named.push(r);
        edit(format!("DELETE FROM audit_leaves WHERE {}", at(r)), &named)
    }),
    ("leaf of nothing", |l, d| {
        let mut named = l.any(d).clone();
        named.seq += 70_000;
        edit(
            format!(
                "INSERT INTO audit_leaves SELECT {}, {}, {}, hash FROM audit_leaves WHERE leaf_index = 0",
                l.size,
                text(&named.stream),
                named.seq
            ),
            &[&named],
        )
    }),
    ("leaf before the first", |l, d| {
        let mut named = l.any(d).clone();
        named.stream = "user/nobody".into();
        beside(
            format!(
                "INSERT INTO audit_leaves SELECT -1, stream, seq, hash FROM (SELECT 'user/nobody' AS stream, {} AS seq, hash FROM audit_leaves WHERE leaf_index = 0) AS l",
                named.seq
            ),
            &[&named],
        )
    }),
    ("leaves swapped", |l, d| {
        let (a, b) = l.inner(d);
        let (x, y) = (l.leaf(a), l.leaf(b));
        edit(
            format!(
                "UPDATE audit_leaves SET leaf_index = -7 WHERE leaf_index = {x}; UPDATE audit_leaves SET leaf_index = {x} WHERE leaf_index = {y}; UPDATE audit_leaves SET leaf_index = {y} WHERE leaf_index = -7"
            ),
            &[a, b],
        )
    }),
    ("node changed", |l, d| {
        let r = l.any(d);
        beside(
            format!(
                "UPDATE audit_nodes SET hash = {} WHERE id = '0:{}'",
                text(&flipped(&r.hash, d)),
                l.leaf(r)
            ),
            &[r],
        )
    }),
    ("node deleted", |l, d| {
        let r = l.any(d);
        beside(
            format!("DELETE FROM audit_nodes WHERE id = '0:{}'", l.leaf(r)),
            &[r],
        )
    }),
    ("node of nothing", |_, d| {
        beside(
            format!(
                "INSERT INTO audit_nodes SELECT '{}:77777', hash FROM audit_nodes WHERE id = '0:0'",
                d.below(9)
            ),
            &[],
        )
    }),
    ("checkpoint root column changed", |l, d| {
        let size = checkpoint(&l.notes[d.below(l.notes.len())]).size;
        beside(
            format!(
                "UPDATE audit_checkpoints SET root = '{}' WHERE size = {size}",
                "0".repeat(64)
            ),
            &[],
        )
    }),
    ("checkpoint size column changed", |l, d| {
        let size = checkpoint(&l.notes[d.below(l.notes.len())]).size;
        beside(
            format!("UPDATE audit_checkpoints SET size = size * 1000 WHERE size = {size}"),
            &[],
        )
    }),
    ("note changed", |l, d| {
        let note = &l.notes[d.below(l.notes.len())];
        let size = checkpoint(note).size;
        let forged = note.replacen("\n", "\n1", 1);
        edit(
            format!(
                "UPDATE audit_checkpoints SET note = {} WHERE size = {size}",
                text(&forged)
            ),
            &[],
        )
    }),
    ("note of another key", |l, d| {
        let signed = checkpoint(&l.notes[d.below(l.notes.len())]);
        let seed = [u8::try_from(d.below(256)).unwrap(); 32];
        let key = SigningKey::from_seed(&signed.origin, &seed).unwrap();
        let note = signed.sign(&key).unwrap().to_string();
        edit(
            format!(
                "UPDATE audit_checkpoints SET note = {} WHERE size = {}",
                text(&note),
                signed.size
            ),
            &[],
        )
    }),
    ("last checkpoint deleted", |l, _| {
        let size = checkpoint(l.notes.last().unwrap()).size;
        edit(
            format!("DELETE FROM audit_checkpoints WHERE size = {size}"),
            &[],
        )
    }),
    ("waiting event taken off the list", |l, d| {
        let waiting: Vec<&Row> = l
            .rows
            .iter()
            .filter(|r| !l.covered.iter().any(|c| at(c) == at(r)))
            .collect();
        let r = waiting[d.below(waiting.len())];
        beside(format!("DELETE FROM audit_pending WHERE {}", at(r)), &[r])
    }),
    ("event of the tree waits again", |l, d| {
        let r = l.any(d);
        beside(
            format!(
                "INSERT INTO audit_pending (stream, seq) VALUES ({}, {})",
                text(&r.stream),
                r.seq
            ),
            &[r],
        )
    }),
];
