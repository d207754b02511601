//! Edits of events and their numbering.

use jieyou::crypto::ledger::chain::{self, Header};

use super::forger::*;
use super::kit::TABLES;

pub const EVENTS: &[(&str, Forge)] = &[
    ("payload changed", |l, d| {
        let r = l.any(d);
        let p = r
            .payload
            .as_ref()
            .unwrap()
            .replacen(':', ":\"x\" ,\"y\":", 1);
        edit(set(r, "payload", &p), &[r])
    }),
    ("payload spaced out", |l, d| {
        let r = l.any(d);
        let p = r.payload.as_ref().unwrap().replacen(':', ": ", 1);
        edit(set(r, "payload", &p), &[r])
    }),
    ("payload removed", |l, d| {
        let r = l.any(d);
        edit(
            format!(
                "UPDATE audit_events SET payload = NULL, salt = NULL WHERE {}",
                at(r)
            ),
            &[r],
        )
    }),
    ("salt changed", |l, d| {
        let r = l.any(d);
        edit(set(r, "salt", &flipped(r.salt.as_ref().unwrap(), d)), &[r])
    }),
    ("hash changed", |l, d| {
        let r = l.any(d);
        edit(set(r, "hash", &flipped(&r.hash, d)), &[r])
    }),
    ("hash in capitals", |l, d| {
        let r = l.any(d);
        edit(set(r, "hash", &r.hash.to_uppercase()), &[r])
    }),
    ("header changed", |l, d| {
        let r = l.any(d);
        edit(set(r, "header", &flipped(&r.header, d)), &[r])
    }),
    ("header changed and sealed again", |l, d| {
        let r = l.any(d);
        let mut header = Header::parse(&r.header).unwrap();
        header.purpose = Some("forged".into());
        let sealed = chain::seal(&header).unwrap();
        let sql = [
            set(r, "header", &sealed.header_text),
            set(r, "hash", &hex::encode(sealed.hash)),
        ];
        edit(sql.join("; "), &[r])
    }),
    ("actor column changed", |l, d| {
        let r = l.any(d);
        beside(set(r, "actor", "user/somebody-else"), &[r])
    }),
    ("action column changed", |l, d| {
        let r = l.any(d);
        beside(set(r, "action", "case_closed"), &[r])
    }),
    ("time column changed", |l, d| {
        let r = l.any(d);
        beside(set(r, "at", "2025-01-01T00:00:00.000000Z"), &[r])
    }),
    ("event deleted", |l, d| {
        let r = l.any(d);
        edit(format!("DELETE FROM audit_events WHERE {}", at(r)), &[r])
    }),
    ("event put after the end", |l, d| {
        let r = l.any(d);
        let last = l.of(&r.stream).into_iter().next_back().unwrap();
        let (from, to) = (at(r), last.seq + 1 + i64::try_from(d.below(3)).unwrap());
        let mut named = (*last).clone();
        named.seq = to;
        edit(
            format!(
                "INSERT INTO audit_events SELECT stream, {to}, at, action, actor, header, payload, salt, hash FROM audit_events WHERE {from}"
            ),
            &[&named],
        )
    }),
    ("event put before the first", |l, d| {
        let r = l.any(d);
        let mut named = (*r).clone();
        named.seq = 0;
        edit(
            format!(
                "INSERT INTO audit_events SELECT stream, 0, at, action, actor, header, payload, salt, hash FROM audit_events WHERE {}",
                at(r)
            ),
            &[&named],
        )
    }),
    ("well-made event without a head", |l, d| {
        let r = l.any(d);
        let last = l.of(&r.stream).into_iter().next_back().unwrap();
        let mut header = Header::parse(&last.header).unwrap();
        header.seq += 1;
        header.prev = hex::decode(&last.hash).unwrap().try_into().unwrap();
        let sealed = chain::seal(&header).unwrap();
        let mut named = (*last).clone();
        named.seq += 1;
        edit(
            format!(
                "INSERT INTO audit_events SELECT stream, seq + 1, at, action, actor, {}, payload, salt, {} FROM audit_events WHERE {}",
                text(&sealed.header_text),
                text(&hex::encode(sealed.hash)),
                at(last)
            ),
            &[&named],
        )
    }),
    ("new stream without a head", |l, d| {
        let r = l.any(d);
        let mut named = (*r).clone();
        (named.stream, named.seq) = ("user/nobody".into(), 1);
        edit(
            format!(
                "INSERT INTO audit_events SELECT 'user/nobody', 1, at, action, actor, header, payload, salt, hash FROM audit_events WHERE {}",
                at(r)
            ),
            &[&named],
        )
    }),
    ("payloads swapped", |l, d| {
        let (a, mut b) = (l.any(d), l.any(d));
        while b.payload == a.payload && b.salt == a.salt {
            b = l.any(d);
        }
        let mut sql = String::new();
        for (to, from) in [(a, b), (b, a)] {
            sql += &format!(
                "{}; {}; ",
                set(to, "payload", from.payload.as_ref().unwrap()),
                set(to, "salt", from.salt.as_ref().unwrap())
            );
        }
        edit(sql, &[a, b])
    }),
    ("two events changed places", |l, d| {
        let (a, b) = l.inner(d);
        let of = text(&a.stream);
        edit(
            format!(
                "UPDATE audit_events SET seq = 99999 WHERE {}; UPDATE audit_events SET seq = {} WHERE {}; UPDATE audit_events SET seq = {} WHERE stream = {of} AND seq = 99999",
                at(a),
                a.seq,
                at(b),
                b.seq
            ),
            &[a, b],
        )
    }),
    ("renumbered from here on", |l, d| {
        let (a, _) = l.inner(d);
        let of = text(&a.stream);
        edit(
            format!(
                "UPDATE audit_events SET seq = seq + 50001 WHERE stream = {of} AND seq >= {}; UPDATE audit_events SET seq = seq - 50000 WHERE stream = {of} AND seq > 50000",
                a.seq
            ),
            &[a],
        )
    }),
    ("one event renumbered below zero", |l, d| {
        let r = l.any(d);
        edit(
            format!("UPDATE audit_events SET seq = -seq WHERE {}", at(r)),
            &[r],
        )
    }),
    ("event moved to another stream", |l, d| {
        let r = l.any(d);
        edit(
            format!(
                "UPDATE audit_events SET stream = 'user/nobody' WHERE {}",
                at(r)
            ),
            &[r],
        )
    }),
    ("tail cut, head set back", |l, d| {
        let (a, b) = l.inner(d);
        edit(
            format!(
                "{}; DELETE FROM audit_events WHERE stream = {} AND seq > {}; DELETE FROM audit_pending WHERE stream = {}",
                head_at(a),
                text(&a.stream),
                a.seq,
                text(&a.stream)
            ),
            &[b],
        )
    }),
    ("tail cut, leaves as well", |l, d| {
        let (a, _) = l.inner(d);
        let of = text(&a.stream);
        // Neither row nor leaf is left to name.
        edit(
            format!(
                "{}; DELETE FROM audit_events WHERE stream = {of} AND seq > {}; DELETE FROM audit_leaves WHERE stream = {of} AND seq > {}; DELETE FROM audit_pending WHERE stream = {of}",
                head_at(a),
                a.seq,
                a.seq
            ),
            &[],
        )
    }),
    ("chain recomputed", |l, d| {
        let r = l.any(d);
        let rows = recomputed(&l.of(&r.stream), r.seq);
        edit(rewrite(&rows), &[r])
    }),
    ("chain and leaves recomputed", |l, d| {
        let r = l.any(d);
        let rows = recomputed(&l.of(&r.stream), r.seq);
        let leaves: Vec<String> = rows
            .iter()
            .map(|r| {
                format!(
                    "UPDATE audit_leaves SET hash = {} WHERE {}",
                    text(&r.hash),
                    at(r)
                )
            })
            .collect();
        edit(format!("{}; {}", rewrite(&rows), leaves.join("; ")), &[r])
    }),
    ("stream forgotten", |l, d| {
        let r = l.any(d);
        let of = text(&r.stream);
        let last = l.covered.iter().rfind(|x| x.stream == r.stream).unwrap();
        edit(
            format!(
                "DELETE FROM audit_events WHERE stream = {of}; DELETE FROM audit_heads WHERE stream = {of}; DELETE FROM audit_pending WHERE stream = {of}"
            ),
            &[r, last],
        )
    }),
    ("all forgotten", |_, _| {
        edit(TABLES.map(|t| format!("DELETE FROM {t}")).join("; "), &[])
    }),
];
